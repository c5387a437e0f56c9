//! Pieces of packets that were taken apart below IP.

use super::*;
use crate::wire::piece::{self, Piece};

const PPP: LinkType = LinkType(9);

/// A piece of PPP multilink.
fn multilink(number: u32, flags: u8, octets: &[u8]) -> Vec<u8> {
    let header = (u32::from(flags) << 24 | number).to_be_bytes();
    [&[0xff, 3, 0, 0x3d], &header[..], octets].concat()
}

fn piece(data: &[u8]) -> Piece<'_> {
    piece::find(&Frame::alone(PPP, data)).unwrap()
}

fn feed(reassembler: &mut Reassembler, number: u64, data: &[u8], now: i64) -> Outcome {
    let captured = Captured {
        frame: frame_ref(number),
        interface: None,
        at: at(now),
    };
    reassembler.piece(&piece(data), captured, &mut Expanded::default())
}

const BEGINS: u8 = 0x80;
const ENDS: u8 = 0x40;

#[test]
fn memory_stays_under_the_limit_and_nothing_is_left_of_what_is_whole() {
    let limit = 20_000;
    let mut reassembler = Reassembler::new(limit);
    for n in 0..2000_u32 {
        // Every second number is missing.
        feed(
            &mut reassembler,
            n.into(),
            &multilink(2 * n, BEGINS, &[7; 300]),
            0,
        );
        assert!(reassembler.memory() <= limit);
    }
    assert!(reassembler.waiting() > 5);
    reassembler.expire(at(1_000_000));
    assert_eq!((reassembler.waiting(), reassembler.memory()), (0, 0));
    for number in (0..4000_u32).step_by(2) {
        feed(
            &mut reassembler,
            number.into(),
            &multilink(number, BEGINS, &[7; 300]),
            0,
        );
        let last = multilink(number + 1, ENDS, &[7; 300]);
        let outcome = feed(&mut reassembler, u64::from(number) + 1, &last, 0);
        assert!(matches!(outcome, Outcome::Whole { .. }));
        assert_eq!((reassembler.waiting(), reassembler.memory()), (0, 0));
    }
}

#[test]
fn pieces_expire_by_capture_time() {
    let expiry = i64::try_from(Reassembler::EXPIRY.as_secs()).unwrap();
    for (now, is_whole) in [(expiry - 1, true), (-1000, true), (expiry, false)] {
        let mut reassembler = Reassembler::new(ROOM);
        feed(&mut reassembler, 1, &multilink(1, BEGINS, &[7; 30]), 0);
        let outcome = feed(&mut reassembler, 2, &multilink(2, ENDS, &[7; 30]), now);
        assert_eq!(matches!(outcome, Outcome::Whole { .. }), is_whole, "{now}");
    }
}

#[test]
fn numbers_begin_again() {
    let mut reassembler = Reassembler::new(ROOM);
    feed(
        &mut reassembler,
        1,
        &multilink(0x00ff_ffff, BEGINS, &[7; 30]),
        0,
    );
    let outcome = feed(&mut reassembler, 2, &multilink(0, ENDS, &[7; 30]), 0);
    assert!(matches!(outcome, Outcome::Whole { frames, .. } if frames.len() == 2));
    // What is left of the last round gives way.
    feed(&mut reassembler, 3, &multilink(5, 0, &[1; 30]), 0);
    let outcome = feed(&mut reassembler, 4, &multilink(5, BEGINS, &[2; 30]), 0);
    assert_eq!(outcome, Outcome::Begins);
    assert_eq!(reassembler.waiting(), 1);
}

proptest! {
    #[test]
    fn any_pieces_stay_bounded(
        pieces in proptest::collection::vec((0u32..6, 0u8..4, 1usize..9, any::<u8>()), 0..80),
    ) {
        let mut reassembler = Reassembler::new(3000);
        for (n, (number, flags, length, value)) in (1..).zip(pieces) {
            let data = multilink(number, flags << 6, &vec![value; length + 4]);
            let frame = Frame::alone(PPP, &data);
            if piece::find(&frame).is_none() {
                continue;
            }
            if let Outcome::Whole { frames, .. } = feed(&mut reassembler, n, &data, 0) {
                prop_assert!(frames.len() > 1);
            }
            prop_assert!(reassembler.memory() <= 3000);
        }
        reassembler.expire(at(1_000_000));
        prop_assert_eq!((reassembler.waiting(), reassembler.memory()), (0, 0));
    }
}
