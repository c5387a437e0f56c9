//! Fragments that come when their message is whole.

use super::*;

fn millis(n: u32) -> Timestamp {
    Timestamp::from_parts(0, n * 1_000_000)
}

/// A message that is whole with frame 2.
fn whole(message: &[u8]) -> Reassembler {
    let mut reassembler = Reassembler::new(ROOM);
    for (number, piece) in (1..).zip(&pieces4(7, message, 32)) {
        reassembler.feed(&packet(piece), frame_ref(number), None, millis(0));
    }
    assert_eq!(reassembler.fates().complete, 1);
    reassembler
}

#[test]
fn other_octets_in_the_place_of_a_message_that_is_whole_are_told() {
    let message = echo(64);
    for (which, of) in [(0, 1), (1, 2)] {
        let mut forged = pieces4(7, &message, 32).swap_remove(which);
        forged[40] ^= 1;
        let mut reassembler = whole(&message);
        let outcome = reassembler.feed(&packet(&forged), frame_ref(3), None, millis(100));
        assert!(
            matches!(outcome, Reassembly::Overlap { with, .. } if with == frame_ref(of)),
            "{outcome:?}"
        );
        // It is no message of its own.
        let alone = Fates {
            complete: 1,
            ..Fates::default()
        };
        assert_eq!(reassembler.fates(), alone);
        reassembler.expire(at(100));
        assert_eq!(reassembler.fates(), alone);

        let mut reassembler = whole(&message);
        let outcome = reassembler.feed(&packet(&forged), frame_ref(3), None, millis(101));
        assert!(matches!(outcome, Reassembly::Incomplete(_)), "{outcome:?}");
        assert_eq!(reassembler.fates().waiting, 1);
    }
}

/// What comes in the places of a message that is whole keeps nobody from having it.
#[test]
fn several_in_one_place_of_a_message_that_is_whole_are_not_one_in_part() {
    let message = echo(64);
    let mut reassembler = whole(&message);
    for number in [3, 4, 5] {
        let mut forged = pieces4(7, &message, 32).swap_remove(0);
        forged[40] ^= u8::try_from(number).unwrap();
        let outcome = reassembler.feed(&packet(&forged), frame_ref(number), None, millis(50));
        assert!(
            matches!(outcome, Reassembly::Overlap { with, missing: None, .. } if with == frame_ref(1)),
            "{outcome:?}"
        );
    }
    assert_eq!(reassembler.fates().overlapping, 0);
}

/// The place need not be equal, nor does it spoil what comes again behind it.
#[test]
fn other_octets_over_some_of_a_message_that_is_whole_are_told() {
    let message = echo(64);
    let mut changed = message.clone();
    changed[28..36].fill(0xff);
    for (start, end, first, last, of) in [
        (24, 32, 24, 31, 1),
        (24, 40, 24, 31, 1),
        (32, 40, 32, 39, 2),
        (0, 40, 0, 31, 1),
        (32, 80, 32, 63, 2),
    ] {
        let mut octets = changed.clone();
        octets.resize(80, 0);
        let forged = fragment4(7, start, true, &octets[start..end]);
        let mut reassembler = whole(&message);
        let outcome = reassembler.feed(&packet(&forged), frame_ref(3), None, millis(50));
        let common = Common {
            first,
            last,
            octets: Octets::Other,
        };
        assert_eq!(overlap(&outcome), Some((frame_ref(of), common)), "{start}");
        for (number, copy) in (4..).zip(&pieces4(7, &message, 32)) {
            let outcome = reassembler.feed(&packet(copy), frame_ref(number), None, millis(60));
            assert!(
                matches!(outcome, Reassembly::Duplicate { of } if of == frame_ref(number - 3)),
                "{start}: {outcome:?}"
            );
        }
        let alone = Fates {
            complete: 1,
            ..Fates::default()
        };
        assert_eq!(reassembler.fates(), alone);
    }
}

/// The next hop may cut a packet anew.
#[test]
fn the_same_octets_cut_elsewhere_are_no_overlap_of_a_message_that_is_whole() {
    let message = echo(64);
    let mut reassembler = whole(&message);
    let outcomes: Vec<_> = (3..)
        .zip(&pieces4(7, &message, 24))
        .map(|(number, piece)| reassembler.feed(&packet(piece), frame_ref(number), None, millis(1)))
        .collect();
    assert!(matches!(outcomes[0], Reassembly::Incomplete(_)));
    assert!(matches!(outcomes[1], Reassembly::Incomplete(_)));
    assert!(matches!(&outcomes[2], Reassembly::Complete(whole) if whole.ip().payload == message));
}

/// Programs that never count their identifications use them again at once.
#[test]
fn another_message_of_the_same_identification_is_no_overlap() {
    let mut next = echo(64);
    next[7] = 2;
    next[50] ^= 1;
    let mut reassembler = whole(&echo(64));
    let [first, last] = pieces4(7, &next, 32).try_into().unwrap();
    let outcome = reassembler.feed(&packet(&first), frame_ref(3), None, millis(1));
    assert!(matches!(outcome, Reassembly::Incomplete(_)));
    assert_eq!(reassembler.fates().waiting, 1);
    let outcome = reassembler.feed(&packet(&last), frame_ref(4), None, millis(1));
    assert!(matches!(outcome, Reassembly::Complete(whole) if whole.ip().payload == next));
    assert_eq!(reassembler.fates().complete, 2);
}
