//! Packets of tunnels that hold several.

use super::frames::{rftap, tipc};
use super::*;
use crate::model::Part;

/// An echo request of this sequence number, and the octets of its message.
fn echo(seq: u8) -> Vec<u8> {
    v4(1, &message(seq))
}

fn message(seq: u8) -> [u8; 8] {
    [8, 0, 0xf7, 0xfd, 0, 1, 0, seq]
}

/// A data frame of 802.11 with these packets, each by its EtherType, the last without padding.
fn amsdu(packets: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let mut frame = vec![0x88, 0x02, 0, 0];
    frame.extend([
        2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 3, 2, 0, 0, 0, 0, 1, 0x10, 0, 0x80, 0,
    ]);
    let start = frame.len();
    for (kind, packet) in packets {
        frame.resize(start + (frame.len() - start).next_multiple_of(4), 0);
        frame.extend([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1]);
        let length = u16::try_from(8 + packet.len()).unwrap();
        frame.extend(length.to_be_bytes());
        frame.extend([0xaa, 0xaa, 3, 0, 0, 0]);
        frame.extend(kind.to_be_bytes());
        frame.extend(packet);
    }
    frame
}

/// One that is not IP, then three.
fn four() -> Vec<u8> {
    let packets = [
        (0x0806, vec![0; 28]),
        (0x0800, echo(1)),
        (0x0800, echo(2)),
        (0x0800, echo(3)),
    ];
    amsdu(&packets)
}

fn over_udp(port: u16, parts: &[&[u8]]) -> Vec<u8> {
    ether(0x0800, &v4(17, &udp(40000, port, &parts.concat())))
}

/// A packet of PPP multiplexing: LCP, then three of which but the first tells its protocol, one with a
/// length of two octets.
fn multiplexed() -> Vec<u8> {
    let mut octets = vec![0x86, 0xc0, 0x21, 9, 1, 0, 4];
    octets.extend([0x9d, 0x21]);
    octets.extend(echo(1));
    octets.push(28);
    octets.extend(echo(2));
    octets.extend([0x40, 28]);
    octets.extend(echo(3));
    octets
}

/// Entries of TECMP, of which the first is no IP packet.
fn recorded() -> Vec<u8> {
    let mut octets = vec![0, 1, 0, 2, 3, 3, 0, 0x80, 0, 0, 0, 0];
    for frame in [
        ether(0x0806, &[0; 28]),
        ether(0x0800, &echo(1)),
        ether(0x0800, &echo(2)),
        ether(0x0800, &echo(3)),
    ] {
        octets.extend([0; 12]);
        octets.extend(u16::try_from(frame.len()).unwrap().to_be_bytes());
        octets.extend([0, 0]);
        octets.extend(frame);
    }
    octets
}

/// Datagrams of `EtherCAT`, of which the first and the last have no frame.
fn mailboxes() -> Vec<u8> {
    let datagram = |data: &[u8], is_last: bool| {
        let more = if is_last { 0 } else { 0x8000 };
        let length = (u16::try_from(data.len()).unwrap() | more).to_le_bytes();
        let header = [5, 1, 0xe9, 3, 0, 0x10, length[0], length[1], 0, 0];
        [&header[..], data, &[1, 0]].concat()
    };
    let mailbox = |packet: &[u8]| {
        let frame = ether(0x0800, packet);
        let length = u16::try_from(4 + frame.len()).unwrap().to_le_bytes();
        [
            &[length[0], length[1], 7, 0, 0, 0x12, 0, 1, 0, 0],
            &frame[..],
        ]
        .concat()
    };
    let all = [
        datagram(&[0; 8], false),
        datagram(&mailbox(&echo(1)), false),
        datagram(&mailbox(&echo(2)), false),
        datagram(&[0; 12], false),
        datagram(&mailbox(&echo(3)), false),
        datagram(&[], true),
    ]
    .concat();
    let length = (u16::try_from(all.len()).unwrap() | 0x1000).to_le_bytes();
    [&length[..], &all].concat()
}

/// A message of netlink that logs a packet.
fn logged(packet: &[u8]) -> Vec<u8> {
    let payload = u16::try_from(4 + packet.len()).unwrap();
    let length = 20 + 8 + u32::from(payload);
    let mut octets = length.to_le_bytes().to_vec();
    octets.extend([0, 4, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
    octets.extend([2, 0, 0, 1, 8, 0, 1, 0, 0x08, 0, 0, 0]);
    octets.extend(payload.to_le_bytes());
    octets.extend([9, 0]);
    octets.extend(packet);
    octets.resize(octets.len().next_multiple_of(4), 0);
    octets
}

fn netlink() -> Vec<u8> {
    let other = [20, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let mut octets = vec![0, 4, 3, 56, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12];
    octets.extend(other);
    for seq in 1..=3 {
        octets.extend(logged(&echo(seq)));
    }
    octets
}

/// Frames with three echo requests, of their link type, and how many packets are before those.
fn samples() -> Vec<(u32, Vec<u8>, u32)> {
    let peekremote = [&[0, 0xff, 0xab, 0xcd, 2, 0, 0, 0, 21][..], &[7; 12]].concat();
    let mut swapped = four();
    swapped.swap(0, 1);
    let pppoe = ether(
        0x8864,
        &[&[0x11, 0, 0, 1, 0, 150, 0, 0x59], &multiplexed()[..]].concat(),
    );
    let hollow = tipc(0, 6, b"none");
    let messages = [1, 2, 3].map(|seq| tipc(0, 6, &echo(seq)));
    let bundle = tipc(6, 10, &[hollow, messages.concat()].concat());
    let aruba = [&[0, 0, 0x82, 0x10], &four()[..]].concat();
    vec![
        (1, ether(0x0800, &v4(47, &aruba)), 1),
        (1, over_udp(37008, &[&[1, 0, 0, 0x12, 1], &four()]), 1),
        (
            1,
            over_udp(5247, &[&[0, 0x10, 3, 0, 0, 0, 0, 0], &swapped]),
            1,
        ),
        (1, over_udp(12222, &[&[0, 0, 0, 60, 50, 20], &four()]), 1),
        (
            1,
            over_udp(12223, &[&[1, 2, 3, 4, 5, 6, 0, 0, 0, 60, 50, 20], &four()]),
            1,
        ),
        (1, over_udp(9, &[&peekremote, &four()]), 1),
        (1, over_udp(9, &[&rftap(105), &four()]), 1),
        (1, ether(0x2452, &four()), 1),
        (1, pppoe, 1),
        (9, [&[0xff, 3, 0, 0x59], &multiplexed()[..]].concat(), 1),
        (1, ether(0x99fe, &recorded()), 1),
        (1, ether(0x88a4, &mailboxes()), 0),
        (1, over_udp(34980, &[&mailboxes()]), 0),
        (1, over_udp(6118, &[&bundle]), 0),
        (1, ether(0x88ca, &bundle), 0),
        (253, netlink(), 0),
    ]
}

/// The messages of ICMP in a frame that holds several packets, by their numbers.
fn told(frame: &Frame<'_>) -> Vec<(u32, Vec<u8>)> {
    let mut octets = Vec::new();
    let mut told = Vec::new();
    for packet in Several::of(frame).into_iter().flatten() {
        let alone = packet.alone(&mut octets);
        assert!(alone.part.is_some() && Several::of(&alone).is_none());
        if let Classified::Icmp(packet) = classify(&alone) {
            let number = alone.packet().map_or(0, std::num::NonZeroU32::get);
            told.push((number, packet.ip.payload.to_vec()));
        }
    }
    told
}

#[test]
fn each_packet_is_read() {
    for (link, data, before) in samples() {
        let frame = frame(link, &data);
        let expected: Vec<_> = (1..=3)
            .map(|seq| (before + u32::from(seq), message(seq).to_vec()))
            .collect();
        assert_eq!(told(&frame), expected, "{data:02x?}");
        let mut octets = Vec::new();
        for packet in Several::of(&frame).unwrap() {
            let alone = packet.alone(&mut octets);
            assert!(!alone.is_cut(), "{data:02x?}");
            if let Classified::Icmp(packet) = classify(&alone) {
                assert!(packet.ip.is_whole() && !packet.ip.is_defective());
                assert!(
                    packet
                        .tunnels
                        .walk()
                        .all(|step| step.outer.is_none_or(|ip| !ip.is_defective()))
                );
            }
        }
    }
}

#[test]
fn what_was_cut_is_told_as_far_as_it_goes() {
    for (link, data, _) in samples() {
        let all = told(&frame(link, &data));
        for length in 0..data.len() {
            let cut = Frame {
                data: &data[..length],
                ..frame(link, &data)
            };
            for (number, message) in told(&cut) {
                let whole = all.iter().find(|(other, _)| *other == number);
                // A packet that is the only one left has no number.
                let is_there = |(_, whole): &(u32, Vec<u8>)| whole.starts_with(&message);
                assert!(number == 0 || whole.is_some_and(is_there), "{length}");
            }
        }
    }
}

#[test]
fn one_packet_alone_is_not_several() {
    let one = amsdu(&[(0x0800, echo(1))]);
    for data in [
        over_udp(37008, &[&[1, 0, 0, 0x12, 1], &one]),
        ether(0x2452, &one),
        over_udp(6118, &[&tipc(6, 10, &tipc(0, 6, &echo(1)))]),
        over_udp(6118, &[&tipc(0, 6, &echo(1))]),
        over_udp(4789, &[&[8, 0, 0, 0, 0, 0, 5, 0], &ether(0x0800, &echo(1))]),
        ether(0x0800, &echo(1)),
        ether(0x0806, &[0; 28]),
    ] {
        assert!(Several::of(&frame(1, &data)).is_none(), "{data:02x?}");
    }
    // One of netlink's that another message stands before is read by itself.
    let mut other = netlink();
    other.truncate(16 + 20 + logged(&echo(1)).len());
    let frame = frame(253, &other);
    let packets: Vec<_> = Several::of(&frame).unwrap().collect();
    assert_eq!(packets.len(), 1);
    let mut octets = Vec::new();
    let alone = packets[0].alone(&mut octets);
    assert_eq!(alone.part, Some(Part::Only));
    assert_eq!(icmp(&alone).ip.payload, message(1));
}

proptest! {
    #[test]
    fn no_octets_break_it(
        which in 0..samples().len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        length in any::<prop::sample::Index>(),
    ) {
        let (link, mut data, _) = samples().swap_remove(which);
        let octets = data.len();
        for (at, value) in changes {
            data[at.index(octets)] = value;
        }
        let cut = Frame {
            data: &data[..=length.index(octets)],
            ..frame(link, &data)
        };
        prop_assert!(told(&cut).len() <= 1023);
    }
}
