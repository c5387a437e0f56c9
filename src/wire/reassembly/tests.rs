mod networks;

use proptest::prelude::*;

use super::*;
use crate::model::{Frame, LinkType, SourceId};
use crate::wire::checksum::internet;
use crate::wire::{ChecksumStatus, Classified, classify, icmp_checksum};

mod carriers;
mod counted;
mod headers;
mod late;
mod pieces;

const ROOM: usize = 1 << 20;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_parts(seconds, 0)
}

fn frame_ref(number: u64) -> FrameRef {
    FrameRef::new(SourceId(0), number)
}

/// Raw IP.
fn packet(data: &[u8]) -> Packet<'_> {
    let frame = Frame::alone(LinkType(101), data);
    match classify(&frame) {
        Classified::Icmp(packet) | Classified::OtherIp(packet) => packet,
        other => panic!("{other:?}"),
    }
}

/// An echo request over IPv4 with its checksum.
fn echo(length: usize) -> Vec<u8> {
    let mut message = vec![8, 0, 0, 0, 0, 1, 0, 1];
    message.extend((8..length).map(|n| u8::try_from(n % 251).unwrap()));
    let checksum = internet(&[&message]);
    message[2..4].copy_from_slice(&checksum.to_be_bytes());
    message
}

fn fragment4(id: u16, offset: usize, more: bool, octets: &[u8]) -> Vec<u8> {
    let mut data = vec![0x45, 0];
    data.extend(u16::try_from(20 + octets.len()).unwrap().to_be_bytes());
    data.extend(id.to_be_bytes());
    let field = u16::try_from(offset / 8).unwrap() | u16::from(more) << 13;
    data.extend(field.to_be_bytes());
    data.extend([64, 1, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2]);
    data.extend(octets);
    data
}

fn fragment6(next: u8, offset: usize, more: bool, octets: &[u8]) -> Vec<u8> {
    let mut data = vec![0x60, 0, 0, 0];
    data.extend(u16::try_from(8 + octets.len()).unwrap().to_be_bytes());
    data.extend([44, 64]);
    data.extend([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    data.extend([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
    data.extend([next, 0]);
    data.extend((u16::try_from(offset).unwrap() | u16::from(more)).to_be_bytes());
    data.extend([0, 0, 0, 9]);
    data.extend(octets);
    data
}

/// The message cut into pieces of `size`.
fn pieces4(id: u16, message: &[u8], size: usize) -> Vec<Vec<u8>> {
    let count = message.len().div_ceil(size);
    message
        .chunks(size)
        .enumerate()
        .map(|(n, octets)| fragment4(id, n * size, n + 1 < count, octets))
        .collect()
}

#[test]
fn fragments_in_every_order_make_the_message() {
    let message = echo(100);
    let pieces = pieces4(7, &message, 32);
    let orders = [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2], [2, 0, 3, 1]];
    for order in orders {
        let mut reassembler = Reassembler::new(ROOM);
        for (n, &which) in order.iter().enumerate() {
            let outcome = reassembler.feed(
                &packet(&pieces[which]),
                frame_ref(10 + which as u64),
                None,
                at(i64::try_from(n).unwrap()),
            );
            match outcome {
                Reassembly::Incomplete(_) => assert!(n < 3),
                Reassembly::Complete(whole) => {
                    assert_eq!(n, 3);
                    assert_eq!(whole.frames(), [10, 11, 12, 13].map(frame_ref));
                    let ip = whole.ip();
                    assert_eq!(ip.payload, message);
                    assert_eq!((ip.payload_length, ip.length), (100, 120));
                    assert!(ip.fragment.is_none() && ip.is_whole());
                    assert_eq!(icmp_checksum(&ip).status, ChecksumStatus::Good);
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((reassembler.waiting(), reassembler.memory()), (0, 0));
        let fates = Fates {
            complete: 1,
            ..Fates::default()
        };
        assert_eq!(reassembler.fates(), fates);
    }
}

#[test]
fn extension_headers_behind_the_fragment_header_are_part_of_it() {
    let options = [58, 0, 1, 4, 0, 0, 0, 0];
    let mut message = vec![128, 0, 0, 0, 0, 1, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    let data = fragment6(58, 0, false, &message);
    let whole = packet(&data);
    let pseudo = crate::wire::checksum::icmpv6_pseudo_header(&whole.ip).unwrap();
    let checksum = internet(&[&pseudo, &message]);
    message[2..4].copy_from_slice(&checksum.to_be_bytes());

    let mut reassembler = Reassembler::new(ROOM);
    let first = fragment6(60, 0, true, &[&options[..], &message[..8]].concat());
    let last = fragment6(60, 16, false, &message[8..]);
    // The later fragment does not tell that it is ICMPv6.
    assert_eq!(packet(&last).ip.protocol, 60);
    let outcome = reassembler.feed(&packet(&last), frame_ref(2), None, at(0));
    assert!(matches!(outcome, Reassembly::NotIcmpFragment));
    let Reassembly::Complete(whole) = reassembler.feed(&packet(&first), frame_ref(1), None, at(0))
    else {
        panic!("not whole");
    };
    let ip = whole.ip();
    assert_eq!((ip.protocol, ip.payload), (58, &message[..]));
    assert_eq!(icmp_checksum(&ip).status, ChecksumStatus::Good);
    assert_eq!(whole.frames(), [1, 2].map(frame_ref));
}

#[test]
fn only_fragments_of_icmp_are_taken() {
    let mut reassembler = Reassembler::new(ROOM);
    let mut tcp = fragment4(1, 0, true, &[0; 8]);
    tcp[9] = 6;
    for data in [
        tcp,
        fragment6(6, 0, true, &[0; 8]),
        fragment6(6, 8, false, &[0; 8]),
        fragment4(1, 0, false, &[0; 8]),
    ] {
        let outcome = reassembler.feed(&packet(&data), frame_ref(1), None, at(0));
        assert!(matches!(outcome, Reassembly::NotIcmpFragment));
    }
    assert_eq!(reassembler.waiting(), 0);
}

#[test]
fn the_same_fragment_twice_is_a_duplicate() {
    let message = echo(64);
    let pieces = pieces4(7, &message, 32);
    let mut reassembler = Reassembler::new(ROOM);
    reassembler.feed(&packet(&pieces[0]), frame_ref(1), None, at(0));
    let outcome = reassembler.feed(&packet(&pieces[0]), frame_ref(2), None, at(0));
    assert!(matches!(outcome, Reassembly::Duplicate { of } if of == frame_ref(1)));
    let outcome = reassembler.feed(&packet(&pieces[1]), frame_ref(3), None, at(0));
    let Reassembly::Complete(whole) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(whole.frames(), [1, 3].map(frame_ref));
}

/// The fragment that this one overlaps, and what they have in common.
fn overlap(outcome: &Reassembly) -> Option<(FrameRef, Common)> {
    match outcome {
        Reassembly::Overlap { with, common, .. } => Some((*with, (*common)?)),
        _ => None,
    }
}

/// Of several that it overlaps the one that it contradicts is told.
#[test]
fn an_overlap_is_told_of_the_octets_that_differ() {
    let message = echo(96);
    let mut changed = message.clone();
    changed[70] ^= 1;
    let mut reassembler = Reassembler::new(ROOM);
    for (number, start) in [(1, 0), (2, 32), (3, 64)] {
        let data = fragment4(7, start, true, &message[start..][..32]);
        reassembler.feed(&packet(&data), frame_ref(number), None, at(0));
    }
    let data = fragment4(7, 24, true, &changed[24..80]);
    let outcome = reassembler.feed(&packet(&data), frame_ref(4), None, at(0));
    let common = Common {
        first: 64,
        last: 79,
        octets: Octets::Other,
    };
    assert_eq!(overlap(&outcome), Some((frame_ref(3), common)));
}

#[test]
fn every_kind_of_overlap_is_told_and_nothing_merged() {
    let message = echo(96);
    let kept = fragment4(7, 32, true, &message[32..64]);
    let mut changed = message[32..64].to_vec();
    changed[0] ^= 1;
    for (offset, octets, first, last) in [
        (32, &changed[..], 32, 63),
        (32, &changed[..8], 32, 39),
        (24, &message[24..40], 32, 39),
        (56, &message[56..72], 56, 63),
        (40, &message[40..48], 40, 47),
        (0, &message[..96], 32, 63),
        (32, &message[32..40], 32, 39),
        (56, &message[56..64], 56, 63),
    ] {
        let mut reassembler = Reassembler::new(ROOM);
        reassembler.feed(&packet(&kept), frame_ref(1), None, at(0));
        let data = fragment4(7, offset, true, octets);
        let outcome = reassembler.feed(&packet(&data), frame_ref(2), None, at(0));
        let is_same = octets.first() != changed.first();
        let common = Common {
            first,
            last,
            octets: if is_same { Octets::Same } else { Octets::Other },
        };
        assert_eq!(overlap(&outcome), Some((frame_ref(1), common)), "{offset}");
        // What comes later finds it spoilt.
        for (number, data) in [
            (3, fragment4(7, 0, true, &message[..8])),
            (4, fragment4(7, 64, false, &message[64..])),
        ] {
            let outcome = reassembler.feed(&packet(&data), frame_ref(number), None, at(0));
            assert!(
                matches!(outcome, Reassembly::Refused(Refusal::Overlapped(_))),
                "{offset}: {outcome:?}"
            );
        }
        assert_eq!(reassembler.fates().overlapping, 1);
    }
    // The last fragment's octets again, as if more followed.
    let mut reassembler = Reassembler::new(ROOM);
    reassembler.feed(
        &packet(&fragment4(7, 32, false, &message[32..64])),
        frame_ref(1),
        None,
        at(0),
    );
    let outcome = reassembler.feed(&packet(&kept), frame_ref(2), None, at(0));
    assert!(matches!(outcome, Reassembly::Overlap { .. }));
}

#[test]
fn what_cannot_be_part_of_a_message_is_refused() {
    let mut reassembler = Reassembler::new(ROOM);
    let refusal = |reassembler: &mut Reassembler, data: &[u8]| match reassembler.feed(
        &packet(data),
        frame_ref(1),
        None,
        at(0),
    ) {
        Reassembly::Refused(why) => Some(why),
        _ => None,
    };
    let r = &mut reassembler;
    assert_eq!(
        refusal(r, &fragment4(1, 0, true, &[])),
        Some(Refusal::Empty)
    );
    assert_eq!(
        refusal(r, &fragment4(1, 0, true, &[0; 12])),
        Some(Refusal::Length)
    );
    assert_eq!(
        refusal(r, &fragment4(1, 65_528, false, &[0; 8])),
        Some(Refusal::TooLong)
    );
    let whole = fragment4(1, 0, true, &[0; 16]);
    assert_eq!(refusal(r, &whole[..whole.len() - 1]), Some(Refusal::Cut));
    assert_eq!(r.waiting(), 0);
    // Beyond the end, another end, an end before what is there.
    assert_eq!(refusal(r, &fragment4(1, 32, false, &[0; 8])), None);
    assert_eq!(
        refusal(r, &fragment4(1, 40, true, &[0; 8])),
        Some(Refusal::End)
    );
    assert_eq!(
        refusal(r, &fragment4(1, 16, false, &[0; 8])),
        Some(Refusal::End)
    );
    assert_eq!(refusal(r, &fragment4(2, 32, true, &[0; 8])), None);
    assert_eq!(
        refusal(r, &fragment4(2, 16, false, &[0; 8])),
        Some(Refusal::End)
    );
}

#[test]
fn what_tells_packets_apart() {
    let message = echo(64);
    let first = fragment4(7, 0, true, &message[..32]);
    let rest = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut data = fragment4(7, 32, false, &message[32..]);
        change(&mut data);
        data
    };
    for data in [
        rest(&|d| d[5] = 8),
        rest(&|d| d[15] = 9),
        rest(&|d| d[19] = 9),
    ] {
        let mut reassembler = Reassembler::new(ROOM);
        reassembler.feed(&packet(&first), frame_ref(1), None, at(0));
        let outcome = reassembler.feed(&packet(&data), frame_ref(2), None, at(0));
        assert!(matches!(outcome, Reassembly::Incomplete(_)));
        assert_eq!(reassembler.waiting(), 2);
    }
}

#[test]
fn later_fragments_that_name_an_extension_header_belong_to_the_message() {
    // Destination options with padding, then ICMPv6; only the first fragment names that.
    let mut part = vec![58, 0, 1, 4, 0, 0, 0, 0];
    part.extend([128, 0, 0, 0, 0, 1, 0, 1]);
    part.extend([7; 16]);
    let first = fragment6(60, 0, true, &part[..16]);
    let later = fragment6(60, 16, false, &part[16..]);
    let mut reassembler = Reassembler::new(ROOM);
    let outcome = reassembler.feed(&packet(&first), frame_ref(1), None, at(0));
    assert!(matches!(outcome, Reassembly::Incomplete(_)));
    assert_eq!(reassembler.fates().waiting, 1);
    let outcome = reassembler.feed(&packet(&later), frame_ref(2), None, at(0));
    assert!(matches!(outcome, Reassembly::Complete(_)));

    // The other way round the first tells of both.
    let mut reassembler = Reassembler::new(ROOM);
    let outcome = reassembler.feed(&packet(&later), frame_ref(3), None, at(0));
    assert!(matches!(outcome, Reassembly::NotIcmpFragment));
    assert_eq!(reassembler.fates().waiting, 0);
    let outcome = reassembler.feed(&packet(&first), frame_ref(4), None, at(0));
    assert!(matches!(outcome, Reassembly::Complete(whole) if whole.frames().len() == 2));

    // What turns out to be no ICMP is never told of.
    let mut reassembler = Reassembler::new(ROOM);
    part[0] = 6;
    for data in [
        fragment6(60, 0, true, &part[..16]),
        fragment6(60, 16, false, &part[16..]),
        fragment6(60, 13, true, &[0; 7]),
    ] {
        let outcome = reassembler.feed(&packet(&data), frame_ref(5), None, at(0));
        assert!(
            matches!(outcome, Reassembly::NotIcmpFragment),
            "{outcome:?}"
        );
    }
    reassembler.expire(at(1_000_000));
    assert_eq!(reassembler.fates(), Fates::default());
}

#[test]
fn fragments_expire_by_capture_time() {
    let message = echo(64);
    let pieces = pieces4(7, &message, 32);
    let expiry = i64::try_from(Reassembler::EXPIRY.as_secs()).unwrap();
    for (now, whole) in [(expiry - 1, true), (-1000, true), (expiry, false)] {
        let mut reassembler = Reassembler::new(ROOM);
        reassembler.feed(&packet(&pieces[0]), frame_ref(1), None, at(0));
        let outcome = reassembler.feed(&packet(&pieces[1]), frame_ref(2), None, at(now));
        assert_eq!(matches!(outcome, Reassembly::Complete(_)), whole, "{now}");
        assert_eq!(reassembler.fates().expired, u64::from(!whole));
    }
}

/// What comes of a message that was given up is no other one; what it did not lack is.
#[test]
fn a_message_that_was_given_up_counts_once() {
    let message = echo(96);
    let pieces = pieces4(7, &message, 32);
    let mut reassembler = Reassembler::new(ROOM);
    let mut feed = |which: usize, seconds| {
        reassembler.feed(
            &packet(&pieces[which]),
            frame_ref(which as u64),
            None,
            at(seconds),
        );
        let fates = reassembler.fates();
        (fates.expired, fates.waiting)
    };
    assert_eq!(feed(0, 0), (0, 1));
    assert_eq!(feed(2, 60), (1, 0));
    // The identification is used again.
    assert_eq!(feed(0, 61), (1, 1));
    // That one lacked its middle alone.
    assert_eq!(feed(2, 130), (2, 1));
    assert_eq!(feed(1, 191), (3, 0));
    // Too late to be of it.
    assert_eq!(feed(0, 260), (3, 1));
}

#[test]
fn memory_stays_under_the_limit_and_the_oldest_goes_first() {
    let limit = 20_000;
    let mut reassembler = Reassembler::new(limit);
    let octets = [0; 1000];
    let mut evicted = Vec::new();
    for id in 0..2000u16 {
        let data = fragment4(id, 0, true, &octets);
        reassembler.feed(&packet(&data), frame_ref(id.into()), None, at(0));
        evicted.extend(reassembler.evicted().map(FrameRef::number));
        assert!(reassembler.memory() <= limit);
        assert!(reassembler.messages.order.len() <= 2 * reassembler.waiting() + 17);
    }
    let waiting = reassembler.waiting();
    assert!(waiting > 5);
    assert_eq!(reassembler.fates().evicted, 2000 - waiting as u64);
    assert_eq!(evicted, (0..2000 - waiting as u64).collect::<Vec<_>>());
    // The newest are there still.
    let last = fragment4(1999, 1000, false, &[0; 8]);
    let outcome = reassembler.feed(&packet(&last), frame_ref(2), None, at(0));
    assert!(matches!(outcome, Reassembly::Complete(_)));
    let gone = fragment4(0, 1000, false, &[0; 8]);
    let before = reassembler.fates();
    let outcome = reassembler.feed(&packet(&gone), frame_ref(2), None, at(0));
    assert!(matches!(outcome, Reassembly::Incomplete(_)));
    // It is the rest of one that is counted.
    assert_eq!(reassembler.fates(), before);
    reassembler.expire(at(100));
    assert_eq!(reassembler.fates().evicted, before.evicted);
    assert_eq!(reassembler.fates().expired, before.waiting);

    let mut none = Reassembler::new(0);
    none.feed(&packet(&last), frame_ref(1), None, at(0));
    assert_eq!((none.waiting(), none.memory()), (0, 0));
}

#[test]
fn messages_that_become_whole_leave_no_trace() {
    let message = echo(64);
    let mut reassembler = Reassembler::new(ROOM);
    // One that stays, so that the order cannot simply be emptied from its front.
    reassembler.feed(
        &packet(&fragment4(9, 0, true, &[0; 8])),
        frame_ref(1),
        None,
        at(0),
    );
    for _ in 0..1000 {
        for data in pieces4(7, &message, 32) {
            reassembler.feed(&packet(&data), frame_ref(1), None, at(0));
        }
    }
    assert_eq!(reassembler.waiting(), 1);
    assert!(reassembler.messages.order.len() < 20);
}

proptest! {
    #[test]
    fn whatever_comes_is_told_once_and_stays_bounded(
        fragments in proptest::collection::vec(
            (0u16..3, 0usize..20, any::<bool>(), 0usize..5, any::<u8>()),
            0..60,
        ),
    ) {
        let mut reassembler = Reassembler::new(3000);
        for (n, (id, offset, more, words, value)) in fragments.into_iter().enumerate() {
            let data = fragment4(id, offset * 8, more, &vec![value; words * 8]);
            let outcome = reassembler.feed(&packet(&data), frame_ref(n as u64), None, at(0));
            if let Reassembly::Complete(whole) = outcome {
                prop_assert!(!whole.frames().is_empty());
                prop_assert!(whole.ip().payload.len().is_multiple_of(8));
            }
            prop_assert!(reassembler.memory() <= 3000);
        }
        reassembler.expire(at(1_000_000));
        prop_assert_eq!((reassembler.waiting(), reassembler.memory()), (0, 0));
    }
}
