//! Headers that lead to IP, of each link type and in each of its forms.

use super::carried::{bridged, of_ether_types, of_link_types, of_netlink};
use super::modules::{carriers, juniper_modules, recorders};

/// Addresses of an Ethernet frame, destination first.
pub(super) const MAC: [u8; 12] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];

pub(super) fn ether(rest: &[u8]) -> Vec<u8> {
    [&MAC[..], rest].concat()
}

pub(super) const SNAP: [u8; 6] = [0xaa, 0xaa, 3, 0, 0, 0];

/// A link type, a header that leads to IP, and the VLANs it names.
pub(super) type Header = (u32, Vec<u8>, Vec<u16>);

pub(super) fn plain(link: u32, header: Vec<u8>) -> Header {
    (link, header, Vec::new())
}

pub(super) fn zeros(n: usize) -> Vec<u8> {
    vec![0; n]
}

pub(super) fn headers() -> Vec<Header> {
    [
        ethernet_headers(),
        pseudo_headers(),
        serial_headers(),
        wireless_headers(),
        wireless_bodies(),
        other_headers(),
        switch_headers(),
        juniper_modules(),
        recorders(),
        carriers(),
        of_ether_types(),
        of_link_types(),
        of_netlink(),
        bridged(),
    ]
    .concat()
}

fn switch_headers() -> Vec<Header> {
    let behind = |rest: &[&[u8]]| [&MAC[..], &rest.concat()].concat();
    let juniper = |flags: u8, rest: &[u8]| [&[0x4d, 0x47, 0x43, flags][..], rest].concat();
    let erf = |kind: u8, rest: &[u8]| {
        let mut header = zeros(16);
        header[8] = kind;
        header.extend(rest);
        header
    };
    let docsis = |control: u8, parameter: u8, extended: usize| {
        let ether = ether(&[8, 0]);
        [
            &[control, parameter, 0, 60][..],
            &zeros(extended),
            &[0, 0],
            &ether,
        ]
        .concat()
    };
    vec![
        plain(281, behind(&[&[0, 1, 2, 3], &[8, 0]])),
        plain(282, [&[0, 1, 2, 3][..], &behind(&[&[8, 0]])].concat()),
        plain(284, behind(&[&[0xc0, 0x10, 0, 5], &[8, 0]])),
        (284, behind(&[&[0xe0, 0x10, 0x51, 5], &[8, 0]]), vec![0x105]),
        (
            285,
            behind(&[&[0xda, 0xda, 0, 0, 0x20, 0, 0, 9], &[0x81, 0, 0, 7, 8, 0]]),
            vec![9, 7],
        ),
        plain(259, [&[0x55; 8][..], &ether(&[8, 0])].concat()),
        plain(143, docsis(0, 0, 0)),
        plain(143, docsis(1, 4, 4)),
        plain(197, erf(2, &[&[0, 0][..], &ether(&[8, 0])].concat())),
        plain(197, erf(0x82, &[&[0; 10][..], &ether(&[8, 0])].concat())),
        plain(197, erf(1, &[0x0f, 0, 8, 0])),
        plain(197, erf(22, &[])),
        plain(178, juniper(0, &ether(&[8, 0]))),
        plain(178, juniper(0x82, &[0, 3, 1, 1, 1, 2, 0, 0, 0])),
        plain(179, juniper(0x80, &[0, 0, 0xff, 3, 0, 0x21])),
        plain(180, juniper(0, &[0x18, 0x41, 3, 0xcc])),
        plain(181, juniper(0, &[0x0f, 0, 8, 0])),
        plain(182, vec![0xc0, 0, 0x18, 0x41, 3, 0xcc]),
        plain(205, vec![0, 0x0f, 0, 8, 0]),
        plain(206, vec![1, 0x18, 0x41, 3, 0xcc]),
        plain(106, [&SNAP[..], &[8, 0]].concat()),
        plain(123, [&[2, 0, 0, 100][..], &SNAP, &[8, 0]].concat()),
        plain(
            123,
            [&[0x81, 0, 0, 100, 0, 1][..], &ether(&[8, 0])].concat(),
        ),
        plain(
            100,
            [
                &[0xaa, 0xaa, 3, 0, 0x80, 0xc2, 0, 7, 0, 0][..],
                &ether(&[8, 0]),
            ]
            .concat(),
        ),
        plain(100, vec![0xfe, 0xfe, 3, 0xcc]),
        plain(100, vec![0xfe, 0xfe, 3, 0xcf, 0, 0x21]),
    ]
}

fn ethernet_headers() -> Vec<Header> {
    vec![
        plain(1, ether(&[8, 0])),
        plain(1, ether(&[0x86, 0xdd])),
        (1, ether(&[0x81, 0, 0xe0, 10, 8, 0]), vec![10]),
        (
            1,
            ether(&[0x88, 0xa8, 0, 100, 0x81, 0, 0x10, 10, 8, 0]),
            vec![100, 10],
        ),
        (
            1,
            ether(&[
                0x91, 0, 0, 1, 0x92, 0, 0, 2, 0x81, 0, 0, 3, 0x81, 0, 0, 4, 0x81, 0, 0, 5, 8, 0,
            ]),
            vec![1, 2, 3, 4],
        ),
        // LLC/SNAP, IEEE 802.1H, and IP's own SAP.
        plain(1, ether(&[[0, 28].as_slice(), &SNAP, &[8, 0]].concat())),
        plain(1, ether(&[0, 28, 0xaa, 0xaa, 3, 0, 0, 0xf8, 8, 0])),
        plain(1, ether(&[0, 23, 6, 6, 3])),
        // Tags on either side of SNAP.
        (
            1,
            ether(&[&[0x81, 0, 0, 7, 0, 32], &SNAP[..], &[0x81, 0, 0, 8, 8, 0]].concat()),
            vec![7, 8],
        ),
        // Ethernet bridged in SNAP; backbone bridging; FabricPath; VN-Tag; Cisco metadata.
        plain(
            1,
            [
                &ether(&[0, 42, 0xaa, 0xaa, 3, 0, 0x80, 0xc2, 0, 7]),
                &ether(&[8, 0])[..],
            ]
            .concat(),
        ),
        (
            1,
            ether(
                &[
                    &[0x88, 0xa8, 0, 9, 0x88, 0xe7, 0, 0, 0, 5],
                    &ether(&[8, 0])[..],
                ]
                .concat(),
            ),
            vec![9],
        ),
        plain(1, ether(&[&[0x89, 3, 0, 0], &ether(&[8, 0])[..]].concat())),
        plain(1, ether(&[0x89, 0x26, 0, 0, 0, 0, 8, 0])),
        plain(1, ether(&[0x89, 9, 1, 1, 0, 1, 0, 0, 8, 0])),
        // MACsec with and without channel identifier, Arista's timestamps.
        plain(1, ether(&[0x88, 0xe5, 0, 0, 0, 0, 0, 1, 8, 0])),
        plain(
            1,
            ether(&[
                0x88, 0xe5, 0x20, 0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 8, 0,
            ]),
        ),
        plain(
            1,
            ether(&[0xd2, 0x8b, 0, 1, 0, 0x10, 1, 2, 3, 4, 5, 6, 7, 8, 8, 0]),
        ),
        plain(
            1,
            ether(&[0xd2, 0x8b, 0, 1, 1, 0x20, 1, 2, 3, 4, 5, 6, 8, 0]),
        ),
        plain(1, ether(&[0x88, 0x0b, 0, 0x21])),
    ]
}

fn pseudo_headers() -> Vec<Header> {
    vec![
        // Loopback, either order, and the families of each system.
        plain(0, vec![2, 0, 0, 0]),
        plain(0, vec![0, 0, 0, 2]),
        plain(0, vec![30, 0, 0, 0]),
        plain(0, vec![0, 0, 0, 28]),
        plain(108, vec![0, 0, 0, 24]),
        plain(109, vec![0, 0, 0, 2, 1, 2, 3, 4, 0, 0, 0, 0]),
        plain(12, vec![]),
        plain(14, vec![]),
        plain(101, vec![]),
        plain(228, vec![]),
        plain(229, vec![]),
        // Cooked captures.
        plain(113, vec![0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0]),
        (
            113,
            vec![
                0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x81, 0, 0, 5, 8, 0,
            ],
            vec![5],
        ),
        plain(113, [&[0; 14][..], &[0, 4], &SNAP, &[8, 0]].concat()),
        plain(276, [&[8, 0], &zeros(18)[..]].concat()),
        (
            276,
            [&[0x81, 0], &zeros(18)[..], &[0, 6, 0x86, 0xdd]].concat(),
            vec![6],
        ),
        // The tag is there, and the header names what is behind it; the other way round.
        (
            276,
            [&[8, 0], &zeros(18)[..], &[0xe0, 6, 8, 0]].concat(),
            vec![6],
        ),
        plain(276, [&[0x81, 0], &zeros(18)[..]].concat()),
    ]
}

fn serial_headers() -> Vec<Header> {
    vec![
        // PPP and its relatives.
        plain(9, vec![0xff, 3, 0, 0x21]),
        plain(9, vec![0xff, 3, 0x21]),
        plain(9, vec![0, 0x57]),
        plain(50, vec![0xff, 3, 0, 0x21]),
        plain(50, vec![0x0f, 0, 8, 0]),
        plain(50, vec![0x8f, 0, 0x86, 0xdd]),
        plain(204, vec![1, 0xff, 3, 0, 0x21]),
        plain(204, vec![0, 0, 0x57]),
        plain(166, vec![1, 3, 0, 0x21]),
        plain(104, vec![0x0f, 0, 8, 0]),
        // Frame Relay: NLPID, with padding, SNAP, Cisco's way, a long address.
        plain(107, vec![0x18, 0x41, 3, 0xcc]),
        plain(107, vec![0x18, 0x41, 3, 0, 0x8e]),
        plain(107, vec![0x18, 0x41, 3, 0, 0x80, 0, 0, 0, 8, 0]),
        plain(107, vec![0x18, 0x41, 8, 0]),
        plain(107, vec![0x18, 0x40, 0x40, 0x41, 3, 0xcc]),
    ]
}

fn dot11(control: u8, flags: u8, length: usize) -> Vec<u8> {
    let mut header = vec![control, flags];
    header.resize(length, 0);
    header
}

/// 802.11 with what is rare before LLC, or in its place.
fn wireless_bodies() -> Vec<Header> {
    vec![
        // Mesh control with and without addresses, to one station and to a group.
        plain(
            105,
            [
                &dot11(0x88, 3, 31)[..],
                &[1, 0, 31, 1, 0, 0, 0],
                &SNAP,
                &[8, 0],
            ]
            .concat(),
        ),
        plain(
            105,
            [
                &[0x88, 2, 0, 0, 0xff, 0xff][..],
                &zeros(19),
                &[1, 1, 31, 1, 0, 0, 0],
                &zeros(6),
                &SNAP,
                &[8, 0],
            ]
            .concat(),
        ),
        // Without LLC, a whole Ethernet frame, two octets before LLC.
        plain(105, [&dot11(0x08, 1, 24)[..], &[8, 0]].concat()),
        plain(
            105,
            [
                &[8, 2, 0, 0],
                &MAC[..],
                &MAC[6..],
                &[0x10, 0x20],
                &ether(&[8, 0]),
            ]
            .concat(),
        ),
        plain(
            105,
            [&dot11(0x08, 1, 24)[..], &[0, 0], &SNAP, &[8, 0]].concat(),
        ),
        plain(
            105,
            [
                &dot11(0x08, 1, 22)[..],
                &[0x10, 0x20, 0x10, 0x20],
                &SNAP,
                &[8, 0],
            ]
            .concat(),
        ),
    ]
}

fn wireless_headers() -> Vec<Header> {
    vec![
        // 802.11: data, QoS with HT control, both DS, an aggregate; radiotap with padding.
        plain(105, [&dot11(0x08, 1, 24), &SNAP[..], &[8, 0]].concat()),
        plain(105, [&dot11(0x88, 0x82, 30), &SNAP[..], &[8, 0]].concat()),
        plain(105, [&dot11(0x08, 3, 30), &SNAP[..], &[8, 0]].concat()),
        plain(
            105,
            [
                &dot11(0x88, 1, 24)[..],
                &[0x80, 0],
                &zeros(14)[..],
                &SNAP,
                &[8, 0],
            ]
            .concat(),
        ),
        plain(
            127,
            [
                &[0, 0, 8, 0, 0, 0, 0, 0],
                &dot11(0x08, 1, 24)[..],
                &SNAP,
                &[8, 0],
            ]
            .concat(),
        ),
        plain(
            127,
            [
                &[0, 0, 17, 0, 3, 0, 0, 0],
                &zeros(8)[..],
                &[0x20],
                &dot11(0x88, 1, 28),
                &SNAP,
                &[8, 0],
            ]
            .concat(),
        ),
        plain(
            119,
            [&zeros(144), &dot11(0x08, 1, 24), &SNAP[..], &[8, 0]].concat(),
        ),
        plain(
            163,
            [
                &[0x80, 0x21, 0x10, 1, 0, 0, 0, 64],
                &zeros(56)[..],
                &dot11(0x08, 1, 24),
                &SNAP,
                &[8, 0],
            ]
            .concat(),
        ),
    ]
}

fn other_headers() -> Vec<Header> {
    vec![
        // Netfilter log: a prefix field of 5 octets before the payload, in either order.
        plain(
            239,
            vec![2, 0, 0, 0, 5, 0, 10, 0, b'x', 0, 0, 0, 24, 0, 9, 0],
        ),
        plain(
            239,
            vec![2, 0, 0, 0, 0, 5, 0, 10, b'x', 0, 0, 0, 0, 24, 0, 9],
        ),
        plain(117, [&[61, 2], &zeros(62)[..]].concat()),
        plain(226, [&[1, 2], &zeros(22)[..]].concat()),
        // Headers that name what follows.
        plain(
            192,
            [&[0, 0, 8, 0, 1, 0, 0, 0], &ether(&[8, 0])[..]].concat(),
        ),
        plain(258, vec![12, 0, 0, 0, 1, 0, 0, 0, 12, 0, 0, 0]),
        // The rest.
        plain(8, zeros(16)),
        plain(100, [&SNAP[..], &[8, 0]].concat()),
        plain(10, [&[0x50], &MAC[..], &SNAP, &[8, 0]].concat()),
        plain(6, [&[0x10, 0x40], &MAC[..], &SNAP, &[8, 0]].concat()),
        plain(
            6,
            [
                &[0x10, 0x40, 2, 0, 0, 0, 0, 2, 0x82, 0, 0, 0, 0, 1],
                &[4, 0, 0, 0][..],
                &SNAP,
                &[8, 0],
            ]
            .concat(),
        ),
        plain(122, [&zeros(16)[..], &SNAP, &[8, 0]].concat()),
        plain(138, [&zeros(16)[..], &[8, 0]].concat()),
        plain(242, [&zeros(40)[..], &[8, 0, 0, 0]].concat()),
        plain(240, [&zeros(4)[..], &ether(&[8, 0])].concat()),
        plain(241, [&zeros(12)[..], &ether(&[8, 0])].concat()),
        plain(274, [&zeros(8)[..], &ether(&[8, 0])].concat()),
        plain(129, vec![1, 2, 0, 0, 212, 0, 0, 1]),
        plain(129, vec![1, 2, 0, 0, 240]),
    ]
}
