//! One message at several points of capture counts once.

use super::*;
use crate::model::InterfaceId;

/// Where fragments are captured: file, interface and TTL.
type Point = (u16, Option<u32>, u8);

const INSIDE: Point = (0, Some(0), 64);
const OUTSIDE: Point = (0, Some(1), 63);

/// What became of messages of which these fragments came, at these points and times, in milliseconds.
fn fates(came: &[(&[u8], Point, i64)]) -> Fates {
    let mut reassembler = Reassembler::new(ROOM);
    // They run beside each other: none is the rest of the other one.
    for source in [0, 1] {
        reassembler.capture_begins(SourceId(source), at(1));
    }
    for (number, (piece, (source, interface, ttl), millis)) in (1..).zip(came) {
        let mut piece = piece.to_vec();
        piece[8] = *ttl;
        let frame = FrameRef::new(SourceId(*source), number);
        let at = Timestamp::from_nanos((10_000 + millis) * 1_000_000);
        reassembler.feed(&packet(&piece), frame, interface.map(InterfaceId), at);
    }
    reassembler.fates()
}

fn whole(complete: u64) -> Fates {
    Fates {
        complete,
        ..Fates::default()
    }
}

#[test]
fn a_message_at_several_points_of_capture_counts_once() {
    let pieces = pieces4(7, &echo(96), 32);
    for elsewhere in [OUTSIDE, (1, None, 64), (0, None, 63), (0, Some(1), 64)] {
        let here = (0, elsewhere.1.and(Some(0)), 64);
        for (here, elsewhere) in [(here, elsewhere), (elsewhere, here)] {
            if here.0 == elsewhere.0 && here.2 < elsewhere.2 && here.1.is_none() {
                continue;
            }
            let mut all: Vec<_> = pieces.iter().map(|piece| (&piece[..], here, 0)).collect();
            all.extend(pieces.iter().map(|piece| (&piece[..], elsewhere, 200)));
            assert_eq!(fates(&all), whole(1), "{here:?} {elsewhere:?}");
            // Where one point lacks some of it the other one has all.
            for lacking in 0..all.len() {
                let mut some = all.clone();
                some.remove(lacking);
                assert_eq!(fates(&some), whole(1), "{here:?} {elsewhere:?} {lacking}");
            }
            // Both lack the same.
            let last = pieces.len() - 1;
            all.remove(pieces.len() + last);
            all.remove(last);
            let incomplete = Fates {
                waiting: 1,
                ..Fates::default()
            };
            assert_eq!(fates(&all), incomplete, "{here:?} {elsewhere:?}");
        }
    }
}

#[test]
fn what_is_given_up_at_several_points_is_given_up_once() {
    let pieces = pieces4(7, &echo(96), 32);
    let mut reassembler = Reassembler::new(ROOM);
    for interface in [0, 1] {
        let interface = Some(InterfaceId(interface));
        reassembler.feed(&packet(&pieces[0]), frame_ref(1), interface, at(0));
    }
    reassembler.expire(at(60));
    let expired = Fates {
        expired: 1,
        ..Fates::default()
    };
    assert_eq!(reassembler.fates(), expired);
}

#[test]
fn messages_of_one_number_that_are_no_copies_count_each() {
    let (one, other) = (echo(96), echo(88));
    let pieces = |message: &[u8], at: Point, millis| {
        (pieces4(7, message, 32).into_iter()).map(move |piece| (piece, at, millis))
    };
    let count = |first: (&[u8], Point, i64), second: (&[u8], Point, i64)| {
        let all = pieces(first.0, first.1, first.2).chain(pieces(second.0, second.1, second.2));
        let all: Vec<_> = all.collect();
        let came: Vec<_> = (all.iter())
            .map(|(piece, at, millis)| (&piece[..], *at, *millis))
            .collect();
        fates(&came)
    };
    // The number is used again, or a mirror gives all twice.
    assert_eq!(count((&one, INSIDE, 0), (&one, INSIDE, 1000)), whole(2));
    assert_eq!(count((&one, INSIDE, 0), (&one, INSIDE, 1)), whole(1));
    // Another message, in a network that uses the same addresses.
    assert_eq!(count((&one, INSIDE, 0), (&other, OUTSIDE, 1)), whole(2));
    // Later than any clock is wrong.
    assert_eq!(count((&one, INSIDE, 0), (&one, OUTSIDE, 10_000)), whole(2));
    // TTLs of one message only fall: a program that traces a route sends another.
    let (near, far) = ((0, None, 1), (0, None, 2));
    assert_eq!(count((&one, near, 0), (&one, far, 1000)), whole(2));
    assert_eq!(count((&one, far, 0), (&one, near, 1000)), whole(1));
}
