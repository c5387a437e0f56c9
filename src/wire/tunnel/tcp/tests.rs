mod carriers;

use proptest::prelude::*;

use super::super::tests::{ECHO, ether, v4};
use super::*;
use crate::model::{SourceId, Timestamp};
use crate::wire::link::linktype;
use crate::wire::tcp::ACK;
use crate::wire::{Classified, classify};

/// A segment of a stream.
#[derive(Clone)]
struct Sent {
    sequence: u32,
    flags: u8,
    data: Vec<u8>,
    /// Octets that the snap length cut.
    cut: usize,
    seconds: i64,
}

const FIRST: u32 = 0xffff_ff00;

fn at(offset: usize, data: &[u8]) -> Sent {
    Sent {
        sequence: FIRST.wrapping_add(u32::try_from(offset).unwrap()),
        flags: ACK,
        data: data.to_vec(),
        cut: 0,
        seconds: 0,
    }
}

fn packet(port: u16, sent: &Sent) -> Vec<u8> {
    let mut tcp = vec![0xc3, 0x50];
    tcp.extend(port.to_be_bytes());
    tcp.extend(sent.sequence.to_be_bytes());
    tcp.extend([0, 0, 0, 1, 0x50, sent.flags, 1, 0, 0, 0, 0, 0]);
    tcp.extend(&sent.data);
    ether(0x0800, &v4(6, &tcp))
}

/// A message of ICMP that was told.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Told {
    /// The frame that it was told with, from 1.
    frame: u64,
    /// Those that its octets came in, if several.
    frames: Vec<u64>,
    icmp: Vec<u8>,
}

/// Those of the segments of one connection, and how many messages lack octets.
fn told(port: u16, segments: &[Sent]) -> (Vec<Told>, u64) {
    let mut streams = TcpStreams::default();
    let mut known = Known::default();
    let mut all = Vec::new();
    for (number, sent) in (1..).zip(segments) {
        let data = packet(port, sent);
        let captured = data.len() - sent.cut;
        let frame = Frame {
            data: &data[..captured],
            number,
            source: SourceId(0),
            ts: Timestamp::from_nanos(sent.seconds * 1_000_000_000),
            ..Frame::alone(linktype::ETHERNET, &data)
        };
        let Classified::OtherIp(packet) = classify(&frame) else {
            panic!("no segment");
        };
        for message in streams
            .take(&frame, &packet, &mut known)
            .unwrap_or_default()
        {
            if let Classified::Icmp(packet) = classify(&message.frame(&frame)) {
                let frames = message.made.iter().flat_map(|(_, frames)| frames);
                all.push(Told {
                    frame: number,
                    frames: frames.map(|frame| frame.number()).collect(),
                    icmp: packet.ip.payload.to_vec(),
                });
            }
        }
    }
    (all, streams.incomplete())
}

fn echo(seq: u8, length: usize) -> Vec<u8> {
    let mut message = ECHO.to_vec();
    message[7] = seq;
    message.resize(8 + length, seq);
    message
}

/// What a switch hands on: such a message.
fn packet_in(icmp: &[u8]) -> Vec<u8> {
    let frame = ether(0x0800, &v4(1, icmp));
    let length = u16::try_from(18 + frame.len()).unwrap().to_be_bytes();
    let total = u16::try_from(frame.len()).unwrap().to_be_bytes();
    let head = [
        1, 10, length[0], length[1], 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, total[0], total[1], 0, 5,
        0, 0,
    ];
    [&head[..], &frame].concat()
}

/// One that holds no packet.
fn hello(length: u8) -> Vec<u8> {
    let mut message = vec![1, 0, 0, length, 0, 0, 0, 1];
    message.resize(length.into(), 9);
    message
}

fn source_active(icmp: &[u8]) -> Vec<u8> {
    let packet = v4(1, icmp);
    let length = u16::try_from(8 + packet.len()).unwrap().to_be_bytes();
    [&[1, length[0], length[1], 0, 203, 0, 113, 1][..], &packet].concat()
}

/// The stream of these, cut at these places.
fn cut(stream: &[u8], places: &[usize]) -> Vec<Sent> {
    let mut places: Vec<usize> = places.iter().map(|place| place % stream.len()).collect();
    places.extend([0, stream.len()]);
    places.sort_unstable();
    places.dedup();
    let ends = places.windows(2);
    ends.map(|ends| at(ends[0], &stream[ends[0]..ends[1]]))
        .collect()
}

fn icmp_of(told: &[Told]) -> Vec<Vec<u8>> {
    told.iter().map(|told| told.icmp.clone()).collect()
}

#[test]
fn a_message_may_end_in_a_later_segment() {
    let message = packet_in(&echo(1, 40));
    for place in 1..message.len() {
        let (told, incomplete) = told(6653, &cut(&message, &[place]));
        let expected = Told {
            frame: 2,
            frames: vec![1, 2],
            icmp: echo(1, 40),
        };
        assert_eq!((told, incomplete), (vec![expected], 0), "{place}");
    }
}

#[test]
fn several_in_a_segment_are_told_where_they_lie() {
    let (first, second) = (packet_in(&echo(1, 0)), packet_in(&echo(2, 0)));
    let stream = [&hello(8)[..], &first, &hello(30), &second, &first[..20]].concat();
    let (told, incomplete) = told(6633, &[at(0, &stream)]);
    assert_eq!(icmp_of(&told), [echo(1, 0), echo(2, 0)]);
    assert!(told.iter().all(|told| told.frames.is_empty()));
    assert_eq!(incomplete, 1);
}

#[test]
fn what_came_before_is_told_once() {
    let stream = [packet_in(&echo(1, 9)), packet_in(&echo(2, 9))].concat();
    let half = stream.len() / 2 - 7;
    let (first, second) = (at(0, &stream[..half]), at(half, &stream[half..]));
    let overlap = at(half - 5, &stream[half - 5..]);
    for segments in [
        vec![first.clone(), first.clone(), second.clone()],
        vec![first.clone(), second.clone(), second.clone(), first.clone()],
        vec![first.clone(), overlap],
        vec![first, second, at(0, &stream)],
    ] {
        let (told, incomplete) = told(6653, &segments);
        assert_eq!(icmp_of(&told), [echo(1, 9), echo(2, 9)]);
        assert_eq!(incomplete, 0);
    }
}

#[test]
fn a_segment_may_come_late() {
    let messages = [1, 2, 3].map(|seq| packet_in(&echo(seq, 50)));
    let stream = messages.concat();
    let (one, two) = (messages[0].len() - 9, messages[0].len() + 21);
    let parts = [
        at(0, &stream[..one]),
        at(one, &stream[one..two]),
        at(two, &stream[two..]),
    ];
    let [first, second, third] = &parts;
    let (told_late, incomplete) = told(6653, &[first.clone(), third.clone(), second.clone()]);
    assert_eq!(icmp_of(&told_late), [1, 2, 3].map(|seq| echo(seq, 50)));
    assert_eq!(told_late[0].frames, [1, 3]);
    assert_eq!(told_late[1].frames, [3, 2]);
    // Whole in a segment that came before, and known now.
    assert_eq!(
        (told_late[2].frame, &told_late[2].frames[..]),
        (3, &[2][..])
    );
    assert_eq!(incomplete, 0);
}

#[test]
fn a_message_that_lacks_octets_is_counted_and_none_made_up() {
    let messages = [1, 2, 3].map(|seq| packet_in(&echo(seq, 50)));
    let stream = messages.concat();
    let length = messages[0].len();
    // The end of the first and the beginning of the second are missing, or too late.
    let first = at(0, &stream[..length - 9]);
    let rest = at(length + 7, &stream[length + 7..2 * length]);
    let third = at(2 * length, &messages[2]);
    let (found, incomplete) = told(6653, &[first.clone(), rest.clone(), third.clone()]);
    assert_eq!(icmp_of(&found), [echo(3, 50)]);
    assert_eq!(incomplete, 2);
    let late = Sent {
        seconds: 61,
        ..at(length - 9, &stream[length - 9..length])
    };
    let (found, incomplete) = told(6653, &[first.clone(), late]);
    assert_eq!((found.len(), incomplete), (0, 1));
    let (found, incomplete) = told(6653, &[first]);
    assert_eq!((found.len(), incomplete), (0, 1));
}

#[test]
fn a_connection_that_begins_anew_is_another() {
    let message = packet_in(&echo(1, 50));
    let begin = |sequence: u32| Sent {
        flags: SYN,
        sequence,
        ..at(0, &[])
    };
    let data = |sequence: u32, data: &[u8]| Sent {
        sequence,
        ..at(0, data)
    };
    let segments = [
        begin(9),
        begin(9),
        data(10, &message[..30]),
        begin(5000),
        data(5001, &message[..1]),
        data(5002, &message[1..]),
    ];
    let (told, incomplete) = told(6653, &segments);
    assert_eq!(icmp_of(&told), [echo(1, 50)]);
    assert_eq!(told[0].frames, [5, 6]);
    assert_eq!(incomplete, 1);
}

#[test]
fn what_the_snap_length_left_is_told() {
    let messages = [1, 2].map(|seq| packet_in(&echo(seq, 50)));
    let stream = messages.concat();
    let half = messages[0].len() - 20;
    let cut = |sent: Sent, octets| Sent {
        cut: octets,
        ..sent
    };
    // The end of a message lies in the next segment: where that is follows all the same.
    let first = cut(at(0, &stream[..half]), 5);
    let (told_cut, incomplete) = told(6653, &[first, at(half, &stream[half..])]);
    let captured = 8 + 50 - 20 - 5;
    assert_eq!(
        icmp_of(&told_cut),
        [echo(1, 50)[..captured].to_vec(), echo(2, 50)]
    );
    assert_eq!(incomplete, 0);
    // What has begun in an earlier segment is not whole then.
    let second = cut(at(half, &stream[half..]), stream.len() - half - 5);
    let (told_cut, incomplete) = told(6653, &[at(0, &stream[..half]), second]);
    assert_eq!((told_cut.len(), incomplete), (0, 1));
}

#[test]
fn what_is_no_stream_of_messages_is_let_pass() {
    let other: Vec<Sent> = (0..9).map(|part| at(part * 400, &[0x16; 400])).collect();
    assert_eq!(told(6653, &other), (Vec::new(), 0));
    let message = packet_in(&echo(1, 0));
    assert_eq!(told(6654, &[at(0, &message)]), (Vec::new(), 0));
    // Where a capture begins in the midst of a message the next one that begins a segment is read.
    let segments = [at(0, &message[33..]), at(message.len() - 33, &message)];
    assert_eq!(told(6653, &segments).0.len(), 1);
}

#[test]
fn each_direction_and_each_tunnel_is_a_stream_of_its_own() {
    let message = source_active(&echo(1, 50));
    let mut streams = TcpStreams::default();
    let mut count = 0;
    for (number, around) in [4_u8, 41, 4].into_iter().enumerate() {
        let sent = match number {
            2 => at(30, &message[30..]),
            _ => at(0, &message[..30]),
        };
        let inner = packet(639, &sent).split_off(14);
        let data = ether(0x0800, &v4(4, &inner));
        let data = match around {
            41 => ether(0x0800, &inner),
            _ => data,
        };
        let frame = Frame::alone(linktype::ETHERNET, &data);
        let Classified::OtherIp(packet) = classify(&frame) else {
            panic!("no segment");
        };
        for message in streams
            .take(&frame, &packet, &mut Known::default())
            .unwrap()
        {
            let frame = message.frame(&frame);
            let Classified::Icmp(packet) = classify(&frame) else {
                panic!("no ICMP");
            };
            assert_eq!(packet.tunnels.len(), 2);
            assert_eq!(packet.ip.payload, echo(1, 50));
            count += 1;
        }
    }
    assert_eq!((count, streams.incomplete()), (1, 1));
}

#[test]
fn streams_keep_within_their_memory() {
    let mut streams = TcpStreams::default();
    let message = packet_in(&echo(1, 60_000));
    for ports in 0..400_u16 {
        let mut data = packet(6653, &at(0, &message[..50_000]));
        data[34..36].copy_from_slice(&(10_000 + ports).to_be_bytes());
        let frame = Frame::alone(linktype::ETHERNET, &data);
        let Classified::OtherIp(packet) = classify(&frame) else {
            panic!("no segment");
        };
        assert!(
            streams
                .take(&frame, &packet, &mut Known::default())
                .unwrap()
                .is_empty()
        );
        assert!(streams.memory() <= 4 << 20, "{}", streams.memory());
    }
    // What was given up for others is counted as what still waits.
    assert_eq!(streams.incomplete(), 400);
    assert!(streams.memory() > 2 << 20);
}

#[test]
fn ports_are_told_at_a_glance() {
    for number in 0..=u16::MAX {
        let [high, low] = number.to_be_bytes();
        let expected = Protocol::of_port(number).is_some();
        assert_eq!(has_port(&[high, low, 0xc0, 1]), expected, "{number}");
        assert_eq!(has_port(&[0xc0, 1, high, low]), expected, "{number}");
    }
}

/// Messages with what is told of them.
fn stream(kinds: &[(u8, usize)], message: fn(&[u8]) -> Vec<u8>) -> (Vec<u8>, Vec<Vec<u8>>) {
    let (mut octets, mut expected) = (Vec::new(), Vec::new());
    for (seq, length) in kinds {
        let icmp = echo(*seq, *length);
        octets.extend(message(&icmp));
        expected.push(icmp);
    }
    (octets, expected)
}

proptest! {
    /// However a stream is cut into segments, and whatever of it is sent again, its messages are the same.
    #[test]
    fn any_segments_in_order_give_the_same_messages(
        kinds in proptest::collection::vec((any::<u8>(), 0usize..200), 1..9),
        places in proptest::collection::vec(any::<usize>(), 0..20),
        repeated in proptest::collection::vec(any::<prop::sample::Index>(), 0..6),
        is_msdp in any::<bool>(),
    ) {
        let (octets, expected) = if is_msdp {
            stream(&kinds, source_active)
        } else {
            stream(&kinds, packet_in)
        };
        let port = if is_msdp { 639 } else { 6653 };
        let mut segments = cut(&octets, &places);
        for index in repeated {
            let again = index.index(segments.len());
            segments.insert(again + 1, segments[again].clone());
        }
        let (told, incomplete) = told(port, &segments);
        prop_assert_eq!(icmp_of(&told), expected);
        prop_assert_eq!(incomplete, 0);
    }

    /// In any order, each is told once at the most, and as it was sent.
    #[test]
    fn any_order_makes_nothing_up(
        kinds in proptest::collection::vec((any::<u8>(), 0usize..200), 1..9),
        places in proptest::collection::vec(any::<usize>(), 0..12),
        order in proptest::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let (octets, expected) = stream(&kinds, packet_in);
        let mut segments = cut(&octets, &places);
        for index in order {
            let moved = segments.remove(index.index(segments.len()));
            segments.push(moved);
        }
        let (told, _) = told(6653, &segments);
        let mut left = expected;
        for icmp in icmp_of(&told) {
            let known = left.iter().position(|expected| *expected == icmp);
            prop_assert!(known.is_some(), "{:?}", icmp);
            left.remove(known.unwrap());
        }
    }

    /// No octets whatever lead astray.
    #[test]
    fn anything_is_let_pass(
        segments in proptest::collection::vec(
            (0usize..300, proptest::collection::vec(0u8..14, 0..60), 0usize..60),
            0..30,
        ),
        is_msdp in any::<bool>(),
    ) {
        let sent: Vec<Sent> = (segments.iter())
            .map(|(offset, data, cut)| Sent {
                cut: *cut.min(&data.len()),
                ..at(*offset, data)
            })
            .collect();
        told(if is_msdp { 639 } else { 6653 }, &sent);
    }
}
