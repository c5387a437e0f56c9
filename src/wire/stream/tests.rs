//! Units of streams, taken apart in any way.

use std::collections::HashMap;

use proptest::prelude::*;

use super::followed::Followed;
use super::*;
use crate::model::LinkType;

const MPEG_2_TS: LinkType = LinkType(243);

/// An IPv4 packet of so many octets, of which those behind the header count.
fn packet(octets: u16) -> Vec<u8> {
    let [high, low] = octets.to_be_bytes();
    let header = [
        0x45, 0, high, low, 0, 1, 0, 0, 64, 1, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
    ];
    let rest = (header.len()..octets.into()).map(|n| u8::try_from(n % 256).unwrap());
    header.into_iter().chain(rest).collect()
}

fn section(packet: &[u8]) -> Vec<u8> {
    let length = u16::try_from(9 + packet.len() + 4).unwrap() | 0xb000;
    let header = [2, 1, 0xc1, 0, 0, 0, 0, 0, 2];
    [&[0x3e], &length.to_be_bytes()[..], &header, packet, &[0; 4]].concat()
}

fn ule(packet: &[u8]) -> Vec<u8> {
    let length = u16::try_from(packet.len() + 4).unwrap() | 0x8000;
    [&length.to_be_bytes()[..], &[8, 0], packet, &[0; 4]].concat()
}

fn docsis(packet: &[u8]) -> Vec<u8> {
    let length = u16::try_from(14 + packet.len()).unwrap();
    let ethernet = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0];
    [
        &[0, 0],
        &length.to_be_bytes()[..],
        &[0; 2],
        &ethernet,
        packet,
    ]
    .concat()
}

/// Packets of a stream with these units, each of so many octets of them at most.
fn packets(pid: u16, units: &[Vec<u8>], sizes: &[usize]) -> Vec<[u8; 188]> {
    let all = units.concat();
    let mut begins = Vec::new();
    let mut at = 0;
    for unit in units {
        begins.push(at);
        at += unit.len();
    }
    let mut packets = Vec::new();
    let mut at = 0;
    let mut sizes = sizes.iter().cycle();
    while at < all.len() {
        // A pointer takes an octet.
        let most = all.len().min(at + sizes.next().unwrap().clamp(&1, &183));
        let first = begins.iter().find(|begin| (at..most).contains(begin));
        let counter = u8::try_from(packets.len() % 16).unwrap();
        let begin = if first.is_some() { 0x40 } else { 0 };
        let [high, low] = pid.to_be_bytes();
        let pointer: Vec<u8> = first
            .map(|begin| u8::try_from(begin - at).unwrap())
            .into_iter()
            .collect();
        let payload = [&pointer, &all[at..most]].concat();
        let room = 184 - payload.len();
        let mut header = vec![0x47, begin | high, low, 0x10 | counter];
        if room > 0 {
            // An adaptation field fills it, of no octet or more.
            header[3] |= 0x20;
            header.push(u8::try_from(room - 1).unwrap());
            header.extend((1..room).map(|n| if n == 1 { 0 } else { 0xff }));
        }
        header.extend(payload);
        packets.push(header.try_into().expect("a packet"));
        at = most;
    }
    packets
}

/// What becomes of the packets: each with its octets, as far as they came in order.
fn read(frames: impl IntoIterator<Item = Vec<u8>>) -> (Vec<Vec<u8>>, usize) {
    let mut streams = Streams::default();
    let mut units = Units::default();
    let (mut whole, mut begun, mut lost) = (Vec::new(), HashMap::new(), 0);
    for data in frames {
        streams.take(&Frame::alone(MPEG_2_TS, &data), None, &mut units);
        for found in units.found() {
            let piece = match found {
                Found::Packet(piece) | Found::Piece(piece) => piece,
                Found::Lost(_) => {
                    lost += 1;
                    continue;
                }
                Found::Cut(..) => panic!("nothing is cut"),
            };
            let begun: &mut Vec<u8> = begun.entry(piece.carrier).or_default();
            assert_eq!(piece.begins, begun.is_empty());
            begun.extend_from_slice(piece.octets);
            if piece.ends {
                whole.push(begun.clone());
            }
        }
    }
    (whole, lost)
}

type Make = fn(&[u8]) -> Vec<u8>;

fn one_by_one(packets: Vec<[u8; 188]>) -> Vec<Vec<u8>> {
    packets.into_iter().map(Vec::from).collect()
}

#[test]
fn a_unit_is_the_same_however_it_is_taken_apart() {
    let all = [packet(28), packet(1000), packet(160), packet(29)];
    // Of a unit of ULE its beginning has to tell that it is one.
    let kinds: [(Make, usize); 2] = [(section, 1), (ule, 8)];
    for (make, smallest) in kinds {
        let units = all.clone().map(|packet| make(&packet));
        for size in smallest..=183 {
            let frames = packets(256, &units, &[size]);
            assert_eq!(read([frames.concat()]), (all.to_vec(), 0), "{size}");
            assert_eq!(read(one_by_one(frames)), (all.to_vec(), 0), "{size}");
        }
    }
    let units = all.map(|packet| docsis(&packet));
    for size in 1..=183 {
        let frames = one_by_one(packets(0x1ffe, &units, &[size]));
        assert_eq!(read(frames), (units.to_vec(), 0), "{size}");
    }
}

#[test]
fn programs_are_read_apart() {
    let (one, other) = ([section(&packet(1000))], [section(&packet(700))]);
    let (one, other) = (packets(256, &one, &[180]), packets(257, &other, &[180]));
    let mixed: Vec<_> = one.iter().zip(&other).flat_map(|(a, b)| [*a, *b]).collect();
    let rest = &one[other.len()..];
    let all = vec![packet(1000), packet(700)];
    assert_eq!(read([[&mixed, rest].concat().concat()]), (all, 0));
    let frames = one_by_one([&mixed, rest].concat());
    assert_eq!(read(frames), (vec![packet(700), packet(1000)], 0));
}

#[test]
fn what_is_lost_ends_a_unit_and_what_is_sent_again_does_not() {
    let units = [section(&packet(700)), section(&packet(600))];
    let frames = one_by_one(packets(256, &units, &[180]));
    for lost in 0..frames.len() {
        let mut left = frames.clone();
        left.remove(lost);
        let (whole, parts) = read(left);
        // The first unit ends in the packet that the second begins in.
        let expected = match lost {
            0..=2 => vec![packet(600)],
            3 => vec![],
            _ => vec![packet(700)],
        };
        assert_eq!(whole, expected, "{lost}");
        // That packets come in this program is not known without the first.
        assert_eq!(parts > 0, (1..frames.len() - 1).contains(&lost), "{lost}");
    }
    let again: Vec<_> = frames
        .iter()
        .flat_map(|one| [one.clone(), one.clone()])
        .collect();
    assert_eq!(read(again).0.last(), Some(&packet(600)));
    let mut scrambled = frames.clone();
    scrambled[1][3] |= 0x80;
    assert_eq!(read(scrambled).0, [packet(600)]);
    let mut damaged = frames;
    damaged[1][1] |= 0x80;
    assert_eq!(read(damaged).0, [packet(600)]);
}

#[test]
fn what_carries_no_packet_is_let_pass() {
    let with = |at: usize, octet: u8| {
        let mut section = section(&packet(100));
        section[at] = octet;
        section
    };
    let pictures = [&[0, 0, 1, 0xe0][..], &[0; 100]].concat();
    for unit in [
        with(0, 0x42),
        with(5, 0xf1),
        with(6, 1),
        with(2, 5),
        pictures,
    ] {
        let frames = one_by_one(packets(256, &[unit.clone(), unit], &[150]));
        assert_eq!(read(frames), (vec![], 0));
    }
    for kind in [0_u16, 3, 0x0301, 0x05ff] {
        let mut unit = ule(&packet(100));
        unit[2..4].copy_from_slice(&kind.to_be_bytes());
        let units = [ule(&packet(40)), unit, ule(&packet(41))];
        let frames = one_by_one(packets(256, &units, &[150]));
        let whole = read(frames).0;
        assert_eq!(
            (&whole[0], whole.last().unwrap()),
            (&packet(40), &packet(41))
        );
    }
}

/// RFC 4326 sections 4.5, 5.1 and 5.2.
#[test]
fn headers_that_extend_a_unit_are_stepped_over() {
    let unit = |first: u8, octets: &[u8]| {
        let length = u8::try_from(octets.len() + 2).unwrap();
        [&[first, length][..], octets, &[0; 4]].concat()
    };
    let ethernet = [&[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0][..], &packet(60)].concat();
    let address = [2, 0, 0, 0, 0, 7];
    for (unit, carried) in [
        (unit(0x80, &[&[8, 0], &packet(60)[..]].concat()), packet(60)),
        (
            unit(0, &[&[8, 0][..], &address, &packet(60)].concat()),
            packet(60),
        ),
        (
            unit(0x80, &[&[1, 9, 8, 0], &packet(60)[..]].concat()),
            packet(60),
        ),
        (
            unit(
                0,
                &[&[3, 9][..], &address, &[1, 2, 3, 4, 8, 0], &packet(60)].concat(),
            ),
            packet(60),
        ),
        (
            unit(0x80, &[&[0, 1], &ethernet[..]].concat()),
            ethernet.clone(),
        ),
        (
            unit(0x80, &[&[1, 9, 0, 1], &ethernet[..]].concat()),
            ethernet.clone(),
        ),
    ] {
        // The check was counted with the octets behind type and length.
        let frames = one_by_one(packets(256, std::slice::from_ref(&unit), &[100]));
        assert_eq!(read(frames), (vec![carried], 0), "{unit:02x?}");
    }
}

#[test]
fn a_cut_frame_ends_what_it_begins() {
    let mut streams = Streams::default();
    let mut units = Units::default();
    let frames = packets(256, &[section(&packet(300))], &[180]).concat();
    for captured in 0..frames.len() {
        let whole = Frame::alone(MPEG_2_TS, &frames);
        let data = &frames[..captured];
        streams.take(&Frame { data, ..whole }, None, &mut units);
        // Of the packet nothing is there before its octets begin.
        let is_there = captured > 20;
        assert_eq!(!units.is_empty(), is_there, "{captured}");
        for found in units.found() {
            match found {
                Found::Cut(piece, 300) => assert!(packet(300).starts_with(piece.octets)),
                Found::Packet(piece) => assert_eq!(piece.octets, packet(300)),
                other => panic!("{captured}: {other:?}"),
            }
        }
    }
    // Nothing is left to go on with.
    let rest = packets(256, &[section(&packet(300))], &[180])[1];
    streams.take(&Frame::alone(MPEG_2_TS, &rest), None, &mut units);
    assert!(units.found().all(|found| matches!(found, Found::Lost(0))));
}

#[test]
fn no_more_streams_are_followed_than_there_is_room_for() {
    let most = u32::try_from(Followed::<u32, u32>::MOST).unwrap();
    let mut followed = Followed::default();
    for n in 0..3 * most {
        followed.set(n, n);
        followed.set(n, n + 1);
        if n % 2 == 0 {
            followed.remove(&n);
        }
        let (streams, order) = followed.len();
        assert!(streams <= most as usize && order <= 2 * most as usize);
    }
    assert_eq!(followed.get(&(3 * most - 1)), Some(3 * most));
    assert_eq!(followed.get(&1), None);
}

proptest! {
    #[test]
    fn any_sizes_and_places_lead_to_the_same(
        lengths in proptest::collection::vec(28u16..1400, 1..12),
        sizes in proptest::collection::vec(16usize..184, 1..9),
        frames in 1usize..9,
        of_ule in any::<bool>(),
    ) {
        let all: Vec<_> = lengths.into_iter().map(packet).collect();
        let make = if of_ule { ule } else { section };
        let units: Vec<_> = all.iter().map(|packet| make(packet)).collect();
        let packets = packets(300, &units, &sizes);
        let frames = packets.chunks(frames).map(<[_]>::concat);
        prop_assert_eq!(read(frames), (all, 0));
    }

    #[test]
    fn any_octets_are_let_pass(
        frames in proptest::collection::vec(
            (proptest::collection::vec(any::<u8>(), 0..400), any::<u8>()), 0..20),
    ) {
        let mut streams = Streams::default();
        let mut units = Units::default();
        for (mut data, kind) in frames {
            if kind % 4 > 0 {
                // What a packet begins with.
                let header = [0x47, 0x40 | kind & 0x1f, kind & 2, 0x10 | kind >> 4, kind % 8];
                for (place, octet) in data.iter_mut().zip(header) {
                    *place = octet;
                }
            }
            streams.take(&Frame::alone(MPEG_2_TS, &data), None, &mut units);
            for found in units.found() {
                if let Found::Packet(piece) | Found::Piece(piece) = found {
                    prop_assert!(!piece.octets.is_empty() && piece.octets.len() <= data.len());
                }
            }
        }
    }

    #[test]
    fn any_octets_of_bluetooth_are_let_pass(
        frames in proptest::collection::vec(
            (proptest::collection::vec(any::<u8>(), 0..60), any::<u8>()), 0..40),
    ) {
        let mut streams = Streams::default();
        let mut units = Units::default();
        for (octets, kind) in frames {
            let link = LinkType([187, 201, 251, 254, 256][usize::from(kind % 5)]);
            let length = u8::try_from(octets.len()).unwrap();
            // Handle, length; of L2CAP length and channel; a command that opens or configures one.
            let begin = if kind & 0x40 == 0 { 0x20 } else { 0x10 };
            let channel = [1, 5, 0x40, 0x41][usize::from(kind >> 3 & 3)];
            let code = [2, 3, 4, 6, 0x14, 0x15, 0x17, 0x18][usize::from(kind >> 5)];
            let l2cap = [length + 8, 0, channel, 0, code, 1, length, 0, kind & 0x2f, 0, 0x40, 0];
            let acl = [1, begin, length + 12, 0];
            let le = [1, 2, 3, 4, if begin == 0x20 { 2 } else { 1 }, length + 12];
            let before: &[&[u8]] = match link.0 {
                187 => &[&[2], &acl],
                201 => &[&[0, 0, 0, kind & 1, 2], &acl],
                254 => &[&[0, 0, 0, 4 + (kind & 1)], &acl],
                251 => &[&le],
                _ => &[&[0; 8], &[0, 1 + (kind & 1)], &le],
            };
            let data = [&before.concat(), &l2cap[..], &octets].concat();
            streams.take(&Frame::alone(link, &data), None, &mut units);
            for found in units.found() {
                if let Found::Packet(piece) | Found::Piece(piece) = found {
                    prop_assert!(!piece.octets.is_empty() && piece.octets.len() <= data.len());
                }
            }
        }
    }
}
