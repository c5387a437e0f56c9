//! Frames and packets behind EtherTypes and LLC that announce other networks.

use super::headers::{Header, MAC, SNAP, ether, plain, zeros};
use super::*;

/// A frame of Ethernet whose type announces IP, as far as that.
fn frame_inside() -> Vec<u8> {
    ether(&[8, 0])
}

fn snap() -> Vec<u8> {
    [&SNAP[..], &[8, 0]].concat()
}

/// Ethernet with this type and octets behind it.
fn typed(kind: u16, parts: &[&[u8]]) -> Header {
    plain(
        1,
        ether(&[&kind.to_be_bytes(), &parts.concat()[..]].concat()),
    )
}

/// A frame of Fibre Channel with LLC, perhaps behind a network header.
fn fibre_channel(network: bool) -> Vec<u8> {
    let mut header = zeros(24);
    (header[0], header[8], header[13]) = (4, 5, u8::from(network) << 5);
    header.resize(if network { 40 } else { 24 }, 0);
    [header, snap()].concat()
}

/// A mailbox of `EtherCAT` before a frame that has 34 octets: the fragment of this number, and the last.
fn mailbox(number: u8) -> Vec<u8> {
    [
        &[38, 0, 0, 0, 0, 0x12, 0, 1, number, 0][..],
        &frame_inside(),
    ]
    .concat()
}

fn datagram(command: u8, offset: u16, length: u16, data: &[u8]) -> Vec<u8> {
    [
        &[command, 7, 0xe9, 3][..],
        &offset.to_le_bytes(),
        &length.to_le_bytes(),
        &[0, 0],
        data,
    ]
    .concat()
}

/// A frame of `WiMAX` with this first octet, which is 26 octets long.
const fn wimax(first: u8) -> [u8; 6] {
    [first, 0, 26, 0x20, 0, 0]
}

pub(super) fn of_ether_types() -> Vec<Header> {
    let frame = frame_inside();
    let mesh = |next: u8| [&[1, next, 0, 10, 0, 0, 0, 7][..], &MAC].concat();
    vec![
        typed(0x8906, &[&zeros(14), &fibre_channel(false)]),
        typed(0x8906, &[&zeros(14), &fibre_channel(true)]),
        typed(0xfcfc, &[&zeros(16), &fibre_channel(false)]),
        typed(0x88ae, &[&[0x60, 1], &fibre_channel(false)]),
        typed(0xabcd, &[&[0x20, 1], &fibre_channel(true)]),
        typed(0x9021, &[&[8, 0, 2, 1]]),
        typed(0x80d5, &[&[0, 28, 0], &snap()]),
        typed(0x80d5, &[&[0, 23, 0, 6, 6, 3]]),
        typed(0x08f0, &[&[0, 1, 0, 1, 9, 26], &wimax(0)]),
        typed(
            0x08f0,
            &[
                &[
                    0, 1, 0, 2, 4, 1, 0, 9, 0x82, 0, 34, 0x40, 0, 8, 0, 0, 0, 1, 2,
                ],
                &wimax(0),
            ],
        ),
        typed(0x88a1, &[&[0x78, 0, 0, 0, 0, 0, 0, 0], &frame]),
        typed(0xe555, &[&zeros(38), &frame]),
        typed(0x88a9, &[&[0, 2], &frame]),
        typed(0x88a9, &[&[0, 1], &mesh(2), &frame]),
    ]
}

/// A message of netlink in a cooked frame, of this family and type, with this header of the family's and
/// attributes, the last of which is `octets` long and not written.
fn netlink(family: u8, kind: u16, own: [u8; 4], attributes: &[&[u8]], octets: u8) -> Vec<u8> {
    let attributes = attributes.concat();
    let length = 20 + u32::try_from(attributes.len()).unwrap() + u32::from(octets);
    [
        &[0, 4, 3, 0x38, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, family][..],
        &length.to_le_bytes(),
        &kind.to_le_bytes(),
        &[0; 10],
        &own,
        &attributes,
    ]
    .concat()
}

pub(super) fn of_netlink() -> Vec<Header> {
    let frame = frame_inside();
    let queued = netlink(
        12,
        0x300,
        [2, 0, 0, 0],
        &[
            &[11, 0, 1, 0, 0, 0, 0, 1, 8, 0, 1, 0],
            &[8, 0, 5, 0, 0, 0, 0, 1],
            &[24, 0, 10, 0],
        ],
        20,
    );
    let logged = netlink(
        12,
        0x400,
        [2, 0, 0, 1],
        &[
            &[8, 0, 1, 0, 8, 0, 1, 0],
            &[7, 0, 10, 0, b'a', b'b', 0, 0],
            &[24, 0, 9, 0],
        ],
        20,
    );
    let dropped = |protocol: u8, rest: &[u8], octets: u8| {
        netlink(
            16,
            0x1e,
            [5, 2, 0, 0],
            &[
                &[12, 0, 2, 0, 0, 0, 0, 0x81, 0xff, 0xff, 0xff, 0xff],
                &[6, 0, 6, 0, protocol, 8, 0, 0],
                &[octets + 4, 0, 7, 0],
                rest,
            ],
            20,
        )
    };
    let sampled = |protocol: &[u8]| {
        netlink(
            16,
            0x1f,
            [0, 1, 0, 0],
            &[
                &[6, 0, 0, 0, 2, 0, 0, 0],
                protocol,
                &[8, 0, 2, 0, 34, 0, 0, 0],
                &[8, 0, 5, 0, 100, 0, 0, 0],
                &[38, 0, 6, 0],
                &frame,
            ],
            20,
        )
    };
    let big_endian = [
        &[0, 4, 3, 0x38, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12][..],
        &[0, 0, 0, 52, 4, 0],
        &[0; 10],
        &[2, 0, 0, 1],
        &[0, 8, 0, 1, 8, 0, 1, 0, 0, 24, 0, 9],
    ]
    .concat();
    // The same by the interface that stands for all.
    let cooked = |header: &[u8]| {
        let mut second = zeros(20);
        (second[1], second[8], second[9]) = (header[15], 3, 0x38);
        [second, header[16..].to_vec()].concat()
    };
    vec![
        plain(253, queued.clone()),
        plain(253, logged.clone()),
        plain(253, big_endian),
        plain(253, dropped(0, &frame, 34)),
        plain(253, dropped(0, &[], 20)),
        plain(253, sampled(&[6, 0, 14, 0, 0, 8, 0, 0])),
        plain(253, sampled(&[])),
        plain(113, queued.clone()),
        plain(276, cooked(&queued)),
        plain(276, cooked(&logged)),
    ]
}

pub(super) fn of_link_types() -> Vec<Header> {
    let frame = frame_inside();
    let docsis = [&[0, 0, 0, 60, 0, 0][..], &frame].concat();
    let call = |last: u8| [0x82, 0x84, 0x86, 0x40, 0x40, 0x40, 0x60 | last];
    let net_rom = [&call(0)[..], &call(1), &[3, 0xcf], &call(0), &call(1)].concat();
    vec![
        plain(273, [&[1, 1, 0, 0][..], &docsis].concat()),
        plain(273, [&[1, 74, 0, 3, 1, 1, 5][..], &docsis].concat()),
        plain(196, vec![0, 0, 0, 0, 18, 0x18, 0x41, 3, 0xcc]),
        plain(101, vec![0xff, 3, 0, 0x21]),
        plain(101, vec![0, 0xff, 3, 0, 0x21]),
        plain(101, zeros(10)),
        plain(
            236,
            vec![
                7, 0, 1, 0, 0, 5, 29, 0, 0, 0xf9, 7, 0xef, 0x35, 0x7e, 0xff, 3, 0, 0x21,
            ],
        ),
        plain(
            236,
            [
                &[14, 0, 1, 0, 1, 5, 7, 0, 0, 2, 0, 0, 8, 28, 0][..],
                &[0, 0xf9, 7, 0xef, 0x35, 0x7e, 1, 2, 0x7e, 0, 0x21],
            ]
            .concat(),
        ),
        plain(3, [&net_rom[..], &[7, 0x0c, 0x0c, 0, 0, 0]].concat()),
    ]
}

/// What LLC and SNAP lead to beside EtherTypes.
pub(super) fn bridged() -> Vec<Header> {
    let atm = |kind: u8, rest: &[u8]| {
        let bridged = [0xaa, 0xaa, 3, 0, 0x80, 0xc2, 0, kind];
        plain(100, [&bridged, rest, &MAC, &snap()].concat())
    };
    let frame_relay = |kind: u8, control: u8| {
        let bridged = [0x18, 0x41, 3, 0, 0x80, 0, 0x80, 0xc2, 0, kind, 0, control];
        plain(107, [&bridged[..], &MAC, &snap()].concat())
    };
    let direct = |rest: &[u8]| {
        let data = [&[8, 0][..], &zeros(22)].concat();
        let llc = [0xaa, 0xaa, 3, 0, 0x17, 0xf2, 8, 0, 3, 4, 1, 0];
        plain(105, [&data, &llc[..], rest].concat())
    };
    vec![
        atm(3, &[0, 0, 0x10, 0x40]),
        atm(9, &[0, 0, 0x10, 0x40]),
        atm(4, &[0, 0, 0, 0x50]),
        atm(10, &[0, 0, 0, 0x50]),
        frame_relay(3, 0x40),
        frame_relay(10, 0x50),
        plain(1, ether(&[0, 25, 0x80, 0x80, 3, 8, 0])),
        direct(&[0, 0, 0x86, 0xdd]),
        direct(&[3, 4, 1, 2, 3, 4, 1, 2, 5, 5, 3, 1, 9, 8, 0]),
    ]
}

#[test]
fn frames_in_mailboxes_are_read() {
    for (_, data, _) in [
        typed(
            0x88a4,
            &[&[56, 0x10], &datagram(5, 0x1000, 44, &mailbox(0))],
        ),
        typed(
            0x88a4,
            &[
                &[76, 0x10],
                &datagram(4, 0x1000, 0x8008, &[0; 8]),
                &[1, 0],
                &datagram(4, 0x1080, 44, &mailbox(0)),
            ],
        ),
        typed(0x88a4, &[&[44, 0x50], &mailbox(0)]),
    ] {
        let data = [&data[..], &IP].concat();
        for end in 0..data.len() {
            let cut = Frame {
                data: &data[..end],
                ..frame(1, &data)
            };
            let found = classify(&cut);
            assert!(!matches!(found, Classified::Icmp(packet) if packet.ip.is_whole()));
        }
        let found = classify(&frame(1, &data));
        let (Classified::Icmp(packet) | Classified::OtherIp(packet)) = found else {
            panic!("{data:x?}: {found:?}");
        };
        assert_eq!(packet.tunnels.len(), 1);
        assert!(packet.ip.is_whole());
    }
}

#[test]
fn what_holds_anything_else_is_no_ip() {
    let inner = frame_inside();
    let mut written = fibre_channel(false);
    written[8] = 8;
    for (_, data, _) in [
        // SCSI; a fragment behind the first, a mailbox of another protocol, a register.
        typed(0x8906, &[&zeros(14), &written]),
        typed(
            0x88a4,
            &[&[56, 0x10], &datagram(5, 0x1000, 44, &mailbox(1))],
        ),
        typed(
            0x88a4,
            &[&[56, 0x10], &datagram(5, 0x0800, 44, &mailbox(0))],
        ),
        typed(0x88a4, &[&[44, 0x40], &mailbox(0)]),
        typed(0x88a1, &[&zeros(8), &inner]),
        typed(0x88a9, &[&[0, 3], &inner]),
        typed(0x9021, &[&[8, 0, 2, 0]]),
        // Encrypted, in fragments, and not as long as it says.
        typed(0x08f0, &[&[0, 1, 0, 1, 9, 26], &wimax(0x40)]),
        typed(0x08f0, &[&[0, 1, 0, 2, 4, 1, 1, 9, 26], &wimax(0)]),
        typed(
            0x08f0,
            &[&[0, 1, 0, 1, 9, 20, 0x40, 0, 0, 0, 0, 0], &wimax(0)],
        ),
        typed(0x08f0, &[&[0, 1, 0, 1, 9, 0x83, 0, 0, 26], &wimax(0)]),
    ] {
        let data = [&data[..], &IP].concat();
        let found = classify(&frame(1, &data));
        assert!(matches!(found, Classified::NotIp), "{data:x?}: {found:?}");
    }
    let alert = [
        &[12, 0, 2, 0][..],
        &[0; 8],
        &[6, 0, 6, 0, 6, 8, 0, 0],
        &[38, 0, 7, 0],
        &inner,
    ];
    for (link, data) in [
        // A verdict; a drop whose EtherType is another; a sample without a rate; of no such family.
        (253, netlink(12, 0x301, [0; 4], &[&[24, 0, 10, 0]], 20)),
        (253, netlink(16, 0x1e, [5, 2, 0, 0], &alert, 20)),
        (
            253,
            netlink(16, 0x1f, [0, 1, 0, 0], &[&[38, 0, 6, 0], &inner], 20),
        ),
        (253, netlink(0, 0x10, [2, 0, 0, 0], &[&[24, 0, 9, 0]], 20)),
        // Not the first fragment of a message; bursts; LAPB; a circuit that is one.
        (236, vec![7, 0, 1, 0, 1, 1, 20, 0, 0, 0x7e, 0, 0x21]),
        (273, vec![1, 2, 0, 0]),
        (196, vec![0, 0, 0, 0, 1]),
    ] {
        let data = [&data[..], &IP].concat();
        let found = classify(&frame(link, &data));
        assert!(matches!(found, Classified::NotIp), "{data:x?}: {found:?}");
    }
}
