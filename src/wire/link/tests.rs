use proptest::prelude::*;

use super::*;
use crate::wire::{Classified, classify};

fn frame(link: u32, data: &[u8]) -> Frame<'_> {
    Frame::alone(LinkType(link), data)
}

/// An IPv4 packet without payload.
const IP: [u8; 20] = [
    0x45, 0, 0, 20, 0, 1, 0, 0, 64, 1, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2,
];

/// Addresses of an Ethernet frame, destination first.
const MAC: [u8; 12] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];

fn ether(rest: &[u8]) -> Vec<u8> {
    [&MAC[..], rest].concat()
}

const SNAP: [u8; 6] = [0xaa, 0xaa, 3, 0, 0, 0];

/// A link type, a header that leads to IP, and the VLANs it names.
type Header = (u32, Vec<u8>, Vec<u16>);

fn plain(link: u32, header: Vec<u8>) -> Header {
    (link, header, Vec::new())
}

fn zeros(n: usize) -> Vec<u8> {
    vec![0; n]
}

fn headers() -> Vec<Header> {
    [
        ethernet_headers(),
        pseudo_headers(),
        serial_headers(),
        wireless_headers(),
        other_headers(),
        switch_headers(),
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
        plain(178, juniper(0x82, &[0, 3, 1, 1, 1])),
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

fn wireless_headers() -> Vec<Header> {
    let dot11 = |control: u8, flags: u8, length: usize| {
        let mut header = vec![control, flags];
        header.resize(length, 0);
        header
    };
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

#[test]
fn every_header_leads_to_ip() {
    for (link, header, vlans) in headers() {
        let data = [&header[..], &IP].concat();
        let found = parse(&frame(link, &data)).unwrap();
        assert_eq!(found.network, Network::Ip, "{link}: {header:x?}");
        assert_eq!(found.offset, header.len(), "{link}: {header:x?}");
        assert_eq!(found.vlans.as_slice(), vlans, "{link}: {header:x?}");
        assert!(matches!(classify(&frame(link, &data)), Classified::Icmp(_)));
        assert!(is_known(LinkType(link)));
    }
}

#[test]
fn every_prefix_is_short() {
    for (link, header, _) in headers() {
        let data = [&header[..], &IP].concat();
        for length in 0..data.len() {
            let cut = frame(link, &data[..length]);
            let found = classify(&cut);
            // What is cut may look like another kind of frame, but never like a packet.
            assert!(
                !matches!(found, Classified::Icmp(_) | Classified::OtherIp(_)),
                "{link}: {length} octets of {data:x?}: {found:?}"
            );
            if link == 1 {
                assert!(
                    matches!(found, Classified::Undecodable(Undecodable::Short)),
                    "{length} octets of {data:x?}: {found:?}"
                );
            }
        }
    }
}

#[test]
fn other_protocols_are_no_ip() {
    for (link, data, kind) in [
        (1, ether(&[8, 6, 0, 1]), 0x0806),
        (1, ether(&[0x81, 0, 0, 5, 8, 6]), 0x0806),
        (1, ether(&[0, 38, 0x42, 0x42, 3, 0, 0, 0]), 0x4242),
        (1, ether(&[0, 50, 0xff, 0xff, 0, 50]), 0xffff),
        (
            1,
            ether(&[0, 50, 0xaa, 0xaa, 3, 0, 0, 0x0c, 0x20, 0]),
            0x2000,
        ),
        (1, ether(&[0x88, 0xe5, 0x2c, 0, 0, 0, 0, 1, 8, 0]), 0x88e5),
        (113, [&[0; 14][..], &[0, 1]].concat(), 1),
        (9, vec![0xff, 3, 0xc0, 0x21], 0xc021),
        (0, vec![7, 0, 0, 0], 7),
        (107, vec![0x18, 0x41, 3, 0x81], 0x81),
        // Encrypted, and without data.
        (105, [&[0x08, 0x41][..], &[0; 40]].concat(), 0),
        (105, [&[0x48, 0x01][..], &[0; 40]].concat(), 0),
        (105, [&[0x80, 0x00][..], &[0; 40]].concat(), 0),
    ] {
        let found = parse(&frame(link, &data)).unwrap();
        assert_eq!(found.network, Network::Other(kind), "{link}: {data:x?}");
        assert!(matches!(classify(&frame(link, &data)), Classified::NotIp));
    }
}

#[test]
fn headers_that_contradict_themselves() {
    for (link, data) in [
        (0, vec![1, 2, 3, 4]),
        (107, vec![0x19, 0x41, 3, 0xcc]),
        (107, vec![0, 0, 0, 0, 0]),
        (127, vec![1, 0, 8, 0, 0, 0, 0, 0]),
        (127, vec![0, 0, 7, 0, 0, 0, 0, 0]),
        (192, vec![0, 0, 7, 0, 1, 0, 0, 0]),
        (239, vec![2, 1, 0, 0, 4, 0, 9, 0]),
        (239, vec![2, 0, 0, 0, 3, 0, 1, 0]),
        (117, vec![8, 2, 0, 0]),
    ] {
        assert_eq!(
            parse(&frame(link, &data)),
            Err(Undecodable::Malformed),
            "{link}: {data:x?}"
        );
    }
    // A header that names another such header is not followed.
    let nested = [0, 0, 8, 0, 192, 0, 0, 0, 0, 0, 8, 0, 1, 0, 0, 0];
    assert_eq!(parse(&frame(192, &nested)), Err(Undecodable::LinkType));
}

#[test]
fn unknown_link_types_say_so() {
    for link in [147, 187, 231, 65535, u32::MAX] {
        assert_eq!(parse(&frame(link, &IP)), Err(Undecodable::LinkType));
        assert!(!is_known(LinkType(link)));
    }
}

#[test]
fn addresses_and_tags() {
    let data = ether(&[0x88, 0xa8, 0xf0, 100, 0x81, 0, 0x20, 10, 8, 0]);
    let found = addresses(&frame(1, &data));
    assert_eq!(found.dst.unwrap().to_string(), "02:00:00:00:00:02");
    assert_eq!(found.src.unwrap().to_string(), "02:00:00:00:00:01");
    assert_eq!(found.ether_type, Some(0x0800));
    let tags: Vec<_> = found.tags().collect();
    assert_eq!(tags.len(), 2);
    assert_eq!((tags[0].tpid, tags[0].id()), (0x88a8, 100));
    assert_eq!((tags[0].priority(), tags[0].drop_eligible()), (7, true));
    assert_eq!((tags[1].priority(), tags[1].drop_eligible()), (1, false));

    let cooked = [0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0];
    let found = addresses(&frame(113, &cooked));
    assert_eq!(found.src.unwrap().as_slice(), [2, 0, 0, 0, 0, 1]);
    assert_eq!((found.dst, found.ether_type), (None, Some(0x0800)));

    // From the distribution system: receiver, BSSID, then who sent it.
    let mut wireless = vec![0x08, 2, 0, 0];
    for station in 1..=3u8 {
        wireless.extend([2, 0, 0, 0, 0, station]);
    }
    wireless.extend([0, 0, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0]);
    let found = addresses(&frame(105, &wireless));
    assert_eq!(found.dst.unwrap().to_string(), "02:00:00:00:00:01");
    assert_eq!(found.src.unwrap().to_string(), "02:00:00:00:00:03");
    assert_eq!(found.ether_type, Some(0x0800));
}

proptest! {
    #[test]
    fn no_octets_panic(
        number in 0u32..300,
        data in proptest::collection::vec(any::<u8>(), 0..120),
    ) {
        let any = frame(number, &data);
        let _ = (parse(&any), addresses(&any), classify(&any));
    }

    #[test]
    fn no_change_of_a_header_panics(
        which in 0usize..60,
        at in 0usize..80,
        value in any::<u8>(),
        rest in proptest::collection::vec(any::<u8>(), 0..60),
    ) {
        let all = headers();
        let (link, mut data, _) = all[which % all.len()].clone();
        if let Some(octet) = data.get_mut(at) {
            *octet = value;
        }
        data.extend(rest);
        let any = frame(link, &data);
        let _ = (parse(&any), addresses(&any), classify(&any));
    }
}
