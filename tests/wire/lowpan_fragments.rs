//! Datagrams in fragments, of both kinds and in any order.

use std::net::Ipv6Addr;

use icmpdump::model::{Expanded, Frame, Timestamp};
use icmpdump::wire::lowpan::Expander;
use icmpdump::wire::reassembly::{Reassembler, Reassembly};
use icmpdump::wire::{ChecksumStatus, Classified, Undecodable, classify, icmp_checksum};
use proptest::prelude::*;

use crate::lowpan::{NO_FCS, frame};
use crate::nodes::{icmpv6, ipv6, mac, plain_fragments, recoverable_fragments};

const SRC: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
const DST: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 2);

fn echo(octets: usize) -> Vec<u8> {
    let payload: Vec<u8> = (0..octets)
        .map(|n| u8::try_from(n % 251).unwrap())
        .collect();
    icmpv6(
        SRC,
        DST,
        &[&[128, 0, 0, 0, 0, 1, 0, 2][..], &payload].concat(),
    )
}

/// An echo request in 248 octets, uncompressed and with its header compressed to 34.
fn request() -> (Vec<u8>, Vec<u8>) {
    let message = echo(200);
    let packet = ipv6(0, 0, 58, 64, SRC, DST, &message);
    let header = [&[0x7a, 0x00, 58][..], &SRC.octets(), &DST.octets()].concat();
    (packet, [header, message].concat())
}

/// What a capture of these MAC payloads comes to, as the pipeline does it.
struct Capture {
    expander: Expander,
    reassembler: Reassembler,
    number: u64,
}

impl Default for Capture {
    fn default() -> Self {
        Self {
            expander: Expander::default(),
            reassembler: Reassembler::new(1 << 20),
            number: 0,
        }
    }
}

impl Capture {
    fn feed(&mut self, packet: &Expanded, frame: &Frame<'_>, of: &Frame<'_>) -> Reassembly {
        let expanded = Frame {
            expanded: Some(packet),
            ..*frame
        };
        match &classify(&expanded) {
            Classified::Icmp(packet) | Classified::OtherIp(packet) => {
                self.reassembler
                    .feed(packet, of.reference(), None, frame.ts)
            }
            Classified::Undecodable(_) | Classified::NotIp => Reassembly::NotIcmpFragment,
        }
    }

    /// The next frame, so many seconds after the first.
    fn frame(&mut self, payload: &[u8], seconds: i64) -> Result<Vec<Reassembly>, Undecodable> {
        self.number += 1;
        let octets = mac(false, true, payload);
        let frame = Frame {
            number: self.number,
            ts: Timestamp::from_nanos(seconds * 1_000_000_000),
            ..frame(NO_FCS, &octets)
        };
        let mut into = Expanded::default();
        if !self.expander.expand(&frame, &mut into)? {
            return Ok(Vec::new());
        }
        let mut found = vec![self.feed(&into, &frame, &frame)];
        while let Some(earlier) = self.expander.earlier_fragment(&mut into) {
            let of = Frame {
                number: earlier.number(),
                ..frame
            };
            found.push(self.feed(&into, &frame, &of));
        }
        Ok(found)
    }
}

/// The message that the last of these came to.
fn whole(found: &[Reassembly]) -> (Vec<u8>, Vec<u64>) {
    let complete = found.iter().find_map(|outcome| match outcome {
        Reassembly::Complete(whole) => Some(whole),
        _ => None,
    });
    let whole = complete.unwrap_or_else(|| panic!("{found:?}"));
    assert_eq!(icmp_checksum(&whole.ip()).status, ChecksumStatus::Good);
    let frames = whole.frames().iter().map(|frame| frame.number());
    (whole.ip().payload.to_vec(), frames.collect())
}

fn orders() -> Vec<[usize; 3]> {
    let all = (0..27).map(|n| [n / 9, n / 3 % 3, n % 3]);
    all.filter(|[a, b, c]| a != b && b != c && a != c).collect()
}

/// In whatever order fragments come, the last of them makes the message whole; those before the
/// first are undecodable until then.
#[test]
fn fragments_make_the_message_in_every_order() {
    let (packet, sent) = request();
    let plain = plain_fragments(&packet, 9, &[88, 168, 248]);
    let recoverable = recoverable_fragments(&sent, 9, &[80, 151, sent.len()]);
    let uncompressed = [&[0x41][..], &packet].concat();
    let uncompressed = recoverable_fragments(&uncompressed, 9, &[70, 141, uncompressed.len()]);
    for fragments in [plain, recoverable, uncompressed] {
        for order in orders() {
            let mut capture = Capture::default();
            let mut last = Vec::new();
            let mut begun = false;
            for part in order {
                begun |= part == 0;
                match capture.frame(&fragments[part], 0) {
                    Ok(found) => last = found,
                    Err(why) => {
                        assert_eq!(why, Undecodable::FirstFragment);
                        assert!(!begun, "{order:?}");
                    }
                }
            }
            let (message, frames) = whole(&last);
            assert_eq!(message, packet[40..], "{order:?}");
            let place = |part| 1 + order.iter().position(|there| *there == part).unwrap();
            let expected = [0, 1, 2].map(|part| u64::try_from(place(part)).unwrap());
            assert_eq!(frames, expected, "{order:?}");
        }
    }
}

/// What comes too late, belongs to another datagram or was given up by its sender makes nothing.
#[test]
fn early_fragments_wait_for_their_own_first_one_and_not_for_long() {
    let (packet, sent) = request();
    let fragments = plain_fragments(&packet, 9, &[88, 248]);
    let other = plain_fragments(&packet, 10, &[88, 248]);
    let waits = |capture: &mut Capture, payload: &[u8]| {
        assert_eq!(
            capture.frame(payload, 0).unwrap_err(),
            Undecodable::FirstFragment
        );
    };
    let mut capture = Capture::default();
    waits(&mut capture, &fragments[1]);
    assert_eq!(capture.frame(&other[0], 1).unwrap().len(), 1);
    assert_eq!(capture.frame(&fragments[0], 59).unwrap().len(), 2);
    assert_eq!(
        capture.frame(&fragments[0], 59).unwrap().len(),
        1,
        "given once"
    );

    let mut capture = Capture::default();
    waits(&mut capture, &fragments[1]);
    assert_eq!(
        capture.frame(&fragments[0], 60).unwrap().len(),
        1,
        "too old"
    );
    let too_late = capture.frame(&fragments[1], 121).unwrap_err();
    assert_eq!(too_late, Undecodable::FirstFragment);

    let mut capture = Capture::default();
    let fragments = recoverable_fragments(&sent, 9, &[80, sent.len()]);
    let abort = [0xe8, 9, 4, 0, 0, 0];
    let acknowledgment = [0xea, 9, 0xff, 0xff, 0xff, 0xff];
    waits(&mut capture, &fragments[1]);
    assert!(capture.frame(&acknowledgment, 1).unwrap().is_empty());
    assert!(capture.frame(&abort, 1).unwrap().is_empty());
    assert_eq!(capture.frame(&fragments[0], 1).unwrap().len(), 1);
    assert!(capture.frame(&abort, 1).unwrap().is_empty());
    waits(&mut capture, &fragments[1]);
}

/// The oldest make room for the others, so that memory has a bound.
#[test]
fn the_oldest_early_fragments_are_given_up() {
    let (packet, _) = request();
    let mut capture = Capture::default();
    for tag in 0..5000 {
        let fragments = plain_fragments(&packet, tag, &[88, 248]);
        assert!(capture.frame(&fragments[1], 0).is_err());
    }
    let first = |tag| plain_fragments(&packet, tag, &[88, 248])[0].clone();
    assert_eq!(capture.frame(&first(0), 0).unwrap().len(), 1);
    assert_eq!(capture.frame(&first(4999), 0).unwrap().len(), 2);
}

/// An echo request in fragments that were compressed generically: RFC 7400 compresses each frame
/// for itself, so that only the first is.
#[test]
fn a_first_fragment_may_be_compressed_generically() {
    let (packet, _) = request();
    let header = [&[0x7e, 0x00][..], &SRC.octets(), &DST.octets()].concat();
    let literal = [&[0xdf, 48][..], &packet[40..88]].concat();
    let first = [&[0xc0, 248, 0, 9][..], &header, &literal].concat();
    let later = plain_fragments(&packet, 9, &[88, 248])[1].clone();
    let mut capture = Capture::default();
    capture.frame(&first, 0).unwrap();
    let found = capture.frame(&later, 0).unwrap();
    assert_eq!(whole(&found).0, packet[40..]);
}

/// The first fragment may be cut anywhere, and no fragment of it makes a message then.
#[test]
fn cut_fragments_complete_nothing() {
    let (_, sent) = request();
    let fragments = recoverable_fragments(&sent, 9, &[80, sent.len()]);
    for length in 0..fragments[0].len() {
        let mut capture = Capture::default();
        let octets = mac(false, true, &fragments[0]);
        let cut = octets.len() - fragments[0].len() + length;
        let mut cut = frame(NO_FCS, &octets[..cut]);
        cut.wire_len = u32::try_from(octets.len()).unwrap();
        let mut into = Expanded::default();
        if capture.expander.expand(&cut, &mut into).is_ok() {
            capture.feed(&into, &cut, &cut);
        }
        let found = capture.frame(&fragments[1], 0).unwrap_or_default();
        let complete = found
            .iter()
            .any(|found| matches!(found, Reassembly::Complete(_)));
        assert!(!complete, "{length}");
    }
}

proptest! {
    /// Any fragments in any order: no panic, nothing longer than a packet, and what is whole has
    /// as many octets as its fragments.
    #[test]
    fn hostile_fragments_stay_within_bounds(
        payloads in prop::collection::vec(
            (
                prop::sample::select(vec![0xc0_u8, 0xe0, 0xe8, 0xe9, 0xea]),
                prop::collection::vec(prop_oneof![Just(0_u8), Just(9), Just(0x41), any::<u8>()], 0..90),
            ),
            1..40,
        ),
        step in 0..30_i64,
    ) {
        let mut capture = Capture::default();
        for (n, (first, rest)) in (0_i64..).zip(payloads) {
            let payload = [&[first][..], &rest].concat();
            for outcome in capture.frame(&payload, n * step).unwrap_or_default() {
                if let Reassembly::Complete(whole) = outcome {
                    prop_assert!(whole.ip().payload.len() <= 40 * 90);
                }
            }
            prop_assert!(capture.reassembler.memory() < 1 << 20);
        }
    }
}
