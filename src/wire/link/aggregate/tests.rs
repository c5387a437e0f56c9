use proptest::prelude::*;

use super::*;
use crate::wire::link::{self, LinkAddress, addresses};
use crate::wire::{Classified, classify};

const DST: [u8; 6] = [2, 0, 0, 0, 0, 0x11];
const SRC: [u8; 6] = [2, 0, 0, 0, 0, 0x22];

/// An IPv4 packet that ends in its own number, behind LLC and SNAP.
fn packet(number: u8) -> Vec<u8> {
    let mut packet = vec![0xaa, 0xaa, 3, 0, 0, 0, 8, 0];
    packet.extend([0x45, 0, 0, 21, 0, number, 0, 0, 64, 1, 0, 0]);
    packet.extend([10, 0, 0, 1, 10, 0, 0, 2, number]);
    packet
}

/// The header of an aggregate of these flags.
fn header(flags: u8) -> Vec<u8> {
    let mut header = vec![0x88, flags];
    // To a group, which meshes send without a fourth address.
    header.resize(if flags & 3 == 3 { 30 } else { 24 }, 1);
    header[22] = 0;
    header.extend([0x80, u8::from(flags & 2 != 0)]);
    header
}

/// A frame of subframes of these lengths and octets, each but the last padded.
fn aggregate(header: &[u8], subframes: &[([u8; 2], Vec<u8>)]) -> Vec<u8> {
    let mut data = header.to_vec();
    for (length, octets) in subframes {
        data.resize(
            header.len() + (data.len() - header.len()).next_multiple_of(4),
            0,
        );
        data.extend(DST);
        data.extend(SRC);
        data.extend(length);
        data.extend(octets);
    }
    data
}

/// A frame of packets with these numbers.
fn of_packets(numbers: &[u8]) -> Vec<u8> {
    let subframe = |number: &u8| {
        let packet = packet(*number);
        (claimed(packet.len()), packet)
    };
    let subframes: Vec<_> = numbers.iter().map(subframe).collect();
    aggregate(&header(1), &subframes)
}

fn claimed(length: usize) -> [u8; 2] {
    u16::try_from(length).unwrap().to_be_bytes()
}

/// Number of each packet in its frame, and in itself if it is all there.
fn found(frame: &Frame<'_>) -> Vec<(u32, Option<u8>)> {
    let mut octets = Vec::new();
    Packets::of(frame).map_or(Vec::new(), |packets| {
        (packets.map(|packet| {
            let alone = packet.alone(&mut octets);
            assert_eq!((alone.link, alone.fcs_len), (frame.link, 0));
            let number = alone.packet().map_or(0, NonZeroU32::get);
            (number, number_in(&alone))
        }))
        .collect()
    })
}

fn number_in(alone: &Frame<'_>) -> Option<u8> {
    match classify(alone) {
        Classified::Icmp(packet) if packet.ip.payload.len() == 1 => {
            assert!(packet.ip.defects().is_empty());
            packet.ip.payload.first().copied()
        }
        _ => None,
    }
}

#[test]
fn each_packet_is_found_in_a_frame_of_its_own() {
    let data = of_packets(&[1, 2, 3]);
    let expected = [(1, Some(1)), (2, Some(2)), (3, Some(3))];
    assert_eq!(found(&Frame::alone(lt::IEEE802_11, &data)), expected);
    let behind = |header: &[u8]| [header, &data].concat();
    let mut prism = vec![0; 144];
    prism[..4].copy_from_slice(&[0, 0, 0, 0x44]);
    let avs = [0x80, 0x21, 0x10, 0, 0, 0, 0, 8];
    let ppi = [0, 0, 8, 0, 105, 0, 0, 0];
    let pktap = [12, 0, 0, 0, 1, 0, 0, 0, 105, 0, 0, 0];
    for (link, data) in [
        (lt::IEEE802_11_RADIOTAP, behind(&[0, 0, 8, 0, 0, 0, 0, 0])),
        (lt::IEEE802_11_PRISM, behind(&prism)),
        (lt::IEEE802_11_AVS, behind(&avs)),
        (lt::PPI, behind(&ppi)),
        (lt::PKTAP, behind(&pktap)),
        (lt::TZSP, behind(&[1, 0, 0, 18, 1])),
    ] {
        assert_eq!(found(&Frame::alone(link, &data)), expected, "{link:?}");
    }
}

#[test]
fn addresses_are_the_packets_own() {
    let data = of_packets(&[1, 2]);
    let mut octets = Vec::new();
    let frame = Frame::alone(lt::IEEE802_11, &data);
    for packet in Packets::of(&frame).unwrap() {
        let told = addresses(&packet.alone(&mut octets));
        assert_eq!(told.dst, LinkAddress::new(&DST));
        assert_eq!(told.src, LinkAddress::new(&SRC));
        assert_eq!(told.ether_type, Some(0x0800));
    }
}

#[test]
fn the_only_packet_has_no_number() {
    let data = of_packets(&[1]);
    assert_eq!(found(&Frame::alone(lt::IEEE802_11, &data)), [(0, Some(1))]);
}

#[test]
fn what_is_no_aggregate_has_no_packets() {
    let none = |data: &[u8]| Packets::of(&Frame::alone(lt::IEEE802_11, data)).is_none();
    let data = of_packets(&[1, 2]);
    assert!(!none(&data));
    let mut other = data.clone();
    other[24] = 0;
    assert!(none(&other), "one packet");
    other = data.clone();
    other[1] |= 0x40;
    assert!(none(&other), "encrypted");
    other = data.clone();
    other[0] = 0x80;
    assert!(none(&other), "a beacon");
    assert!(Packets::of(&Frame::alone(lt::ETHERNET, &data)).is_none());
}

#[test]
fn however_short_what_is_there_is_told() {
    let data = of_packets(&[1, 2, 3]);
    let starts = [26, 70, 114];
    for length in 0..=data.len() {
        let mut cut = Frame::alone(lt::IEEE802_11, &data[..length]);
        cut.wire_len = u32::try_from(data.len()).unwrap();
        let found = found(&cut);
        // One more than those whose header is there: the rest is one at least.
        let headers = starts.iter().filter(|at| **at + 14 <= length).count();
        let expected = if length < 26 { 0 } else { (headers + 1).min(3) };
        assert_eq!(found.len(), expected, "{length}");
        let whole = [69, 113, 157].iter().filter(|end| **end <= length).count();
        assert_eq!(
            found.iter().filter(|(_, number)| number.is_some()).count(),
            whole
        );
        // The same, sent short.
        let short = Frame::alone(lt::IEEE802_11, &data[..length]);
        let sent = starts.iter().filter(|at| **at + 14 < length).count();
        assert_eq!(self::found(&short).len(), sent, "{length}");
        let _ = (link::parse(&short), addresses(&short));
    }
}

#[test]
fn no_packet_reaches_into_the_next() {
    // The IP header of the first claims what stands behind it.
    let mut data = of_packets(&[1, 2]);
    data[26 + 14 + 8 + 3] = 60;
    let frame = Frame::alone(lt::IEEE802_11, &data);
    let mut octets = Vec::new();
    let mut packets = Packets::of(&frame).unwrap();
    let first = packets.next().unwrap();
    let Classified::Icmp(packet) = classify(&first.alone(&mut octets)) else {
        panic!("no ICMP");
    };
    assert_eq!(packet.ip.payload, [1]);
    assert!(!packet.ip.defects().is_empty());
    let second = packets.next().unwrap();
    assert_eq!(number_in(&second.alone(&mut octets)), Some(2));
}

#[test]
fn lengths_that_lie_end_with_the_frame() {
    let (one, two) = (packet(1), packet(2));
    let right = |packet: &Vec<u8>| (claimed(packet.len()), packet.clone());
    for (subframes, expected) in [
        // Beyond the frame.
        (
            vec![right(&one), ([0xff, 0xff], two.clone())],
            vec![(1, Some(1)), (2, Some(2))],
        ),
        // Nothing in it: no packet.
        (vec![([0, 0], vec![]), right(&two)], vec![(0, Some(2))]),
        (
            vec![right(&one), ([0, 0], vec![]), right(&two)],
            vec![(1, Some(1)), (2, Some(2))],
        ),
        // Too short for LLC, and for what that announces.
        (
            vec![(claimed(1), vec![0xaa]), right(&two)],
            vec![(1, None), (2, Some(2))],
        ),
        (
            vec![(claimed(8), one[..8].to_vec()), right(&two)],
            vec![(1, None), (2, Some(2))],
        ),
        (vec![], vec![]),
        (vec![([0, 0], vec![])], vec![]),
    ] {
        let data = aggregate(&header(1), &subframes);
        assert_eq!(found(&Frame::alone(lt::IEEE802_11, &data)), expected);
    }
}

#[test]
fn padding_and_check_sequence_are_no_packet() {
    for more in 0..=14 {
        let data = [of_packets(&[1]), vec![0xff; more]].concat();
        assert_eq!(
            found(&Frame::alone(lt::IEEE802_11, &data)).len(),
            1,
            "{more}"
        );
    }
    let zeros = [of_packets(&[1, 2]), vec![0; 100]].concat();
    assert_eq!(found(&Frame::alone(lt::IEEE802_11, &zeros)).len(), 2);
    let mut data = of_packets(&[1, 2]);
    data.extend([0xff; 19]);
    let mut frame = Frame::alone(lt::IEEE802_11, &data);
    frame.fcs_len = 4;
    assert_eq!(found(&frame).len(), 2);
    frame.fcs_len = 0;
    assert_eq!(found(&frame).len(), 3);
}

#[test]
fn meshes_are_read_in_each_of_their_ways() {
    let little = |length: usize| u16::try_from(length).unwrap().to_le_bytes();
    let control = |mode: u8| {
        let mut control = vec![0; 6 + 6 * usize::from(mode)];
        (control[0], control[1]) = (mode, 31);
        control
    };
    for flags in [2, 3] {
        for mode in [0, 1, 2] {
            let (within, without) = (control(mode).len() + packet(1).len(), packet(1).len());
            for length in [little(without), claimed(without), claimed(within)] {
                let subframe = |number| (length, [control(mode), packet(number)].concat());
                let data = aggregate(&header(flags), &[1, 2, 3].map(subframe));
                assert_eq!(
                    found(&Frame::alone(lt::IEEE802_11, &data)),
                    [(1, Some(1)), (2, Some(2)), (3, Some(3))],
                    "{flags} {mode} {length:?}"
                );
            }
        }
    }
}

#[test]
fn sent_without_an_aggregate_it_is_an_ordinary_frame() {
    for flags in [0, 1, 2, 3] {
        let mut header = header(flags);
        header[25] = 0;
        if flags == 3 {
            (header[30], header[31]) = (0x80, 0);
        }
        let subframe = |number| (claimed(packet(number).len()), packet(number));
        let data = aggregate(&header, &[1, 2].map(subframe));
        let frame = Frame::alone(lt::IEEE802_11, &data);
        let (mut octets, mut plain) = (Vec::new(), Vec::new());
        for (number, packet) in (1..).zip(Packets::of(&frame).unwrap()) {
            let alone = packet.alone(&mut octets);
            let wire_len = sent_alone(&alone, &mut plain).unwrap();
            assert_eq!(wire_len as usize, plain.len());
            assert_eq!(plain.len(), header.len() + self::packet(number).len());
            let sent = Frame::alone(lt::IEEE802_11, &plain);
            assert!(Packets::of(&sent).is_none());
            assert_eq!(number_in(&sent), Some(number));
            let told = addresses(&sent);
            assert_eq!(told.dst, LinkAddress::new(&DST), "{flags}");
            assert_eq!(told.src, LinkAddress::new(&SRC), "{flags}");
            assert_eq!(sent_alone(&sent, &mut octets.clone()), None);
        }
    }
}

proptest! {
    #[test]
    fn any_octets_have_no_more_packets_than_room(
        flags in 0u8..4,
        qos in any::<u8>(),
        body in proptest::collection::vec(any::<u8>(), 0..300),
        more in 0u32..100,
        fcs_len in 0u8..5,
    ) {
        let mut data = header(flags);
        *data.last_mut().unwrap() = qos;
        data.extend(&body);
        let mut frame = Frame::alone(lt::IEEE802_11, &data);
        frame.wire_len += more;
        frame.fcs_len = fcs_len;
        let (mut octets, mut plain) = (Vec::new(), Vec::new());
        let (mut count, mut together) = (0, 0);
        for packet in Packets::of(&frame).unwrap() {
            let alone = packet.alone(&mut octets);
            prop_assert!(alone.data.len() <= alone.wire_len as usize);
            count += 1;
            together += alone.wire_len as usize - header(flags).len();
            let _ = (classify(&alone), addresses(&alone), sent_alone(&alone, &mut plain));
        }
        let room = body.len() + more as usize;
        prop_assert!(together <= room && count * 15 <= room.max(15));
    }
}
