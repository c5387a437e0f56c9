//! The same error captured twice: on another interface, in another VLAN, at another hop.

use std::collections::VecDeque;
use std::hash::BuildHasher;
use std::time::Duration;

use foldhash::fast::RandomState;

use super::sighting::{COPY_WINDOW, MIRROR_WINDOW, Mirror, Place, Sent};
use super::verdict::Evidence;
use crate::model::{AddrPair, FrameRef, Timestamp};

/// Errors that a new one is compared with.
const REMEMBERED: usize = 64;

/// The last errors.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    seen: VecDeque<Seen>,
    hasher: RandomState,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    /// Hash of evidence, addresses and message.
    hash: u64,
    place: Place,
    sent: Sent,
    ts: Timestamp,
    frame: FrameRef,
}

impl Repeats {
    /// The frame in which the error with these octets was captured, or reported, before; a new one is
    /// remembered. Whether a mirror is at work is asked where all else agrees.
    pub(super) fn copy_of(
        &mut self,
        evidence: Evidence,
        addrs: AddrPair,
        octets: &[u8],
        (place, sent, mirror): (Place, Sent, impl Fn() -> Mirror),
        (frame, ts): (FrameRef, Timestamp),
    ) -> Option<FrameRef> {
        let hash = self.hasher.hash_one((evidence, addrs, octets));
        let mut newest_first = self.seen.iter().rev();
        let known = newest_first.find(|seen| {
            let mirrored = || {
                seen.place == place
                    && is_within(MIRROR_WINDOW, ts.since(seen.ts))
                    && mirror() == Mirror::AtWork
            };
            let soon = || is_within(COPY_WINDOW, ts.since(seen.ts));
            let is_alike =
                || is_same_packet(seen.place, place) || sent.repeats(seen.sent) || mirrored();
            seen.hash == hash
                && (place.proves_copy_of(seen.place) || soon() && is_alike())
                // A frame that holds it twice was sent with it twice.
                && !frame.is_beside(seen.frame)
        });
        if let Some(seen) = known {
            return Some(seen.frame);
        }
        if self.seen.len() == REMEMBERED {
            self.seen.pop_front();
        }
        self.seen.push_back(Seen {
            hash,
            place,
            sent,
            ts,
            frame,
        });
        None
    }
}

fn is_within(window: Duration, apart: Option<Duration>) -> bool {
    // Time that goes backwards between two interfaces is no evidence against.
    apart.is_none_or(|apart| apart <= window)
}

/// Two errors with the same octets: routers answer the same packet once, and number what they send.
fn is_same_packet(a: Place, b: Place) -> bool {
    a.is_numbered() && a.ip_id == b.ip_id || a.is_copy_of(b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SourceId;

    const ERROR: &[u8] = &[3, 3, 0, 0, 0, 0, 0, 0, 0x45];

    fn place(ip_id: Option<u32>, ttl: u8, interface: u32) -> Place {
        Place {
            ip_id,
            ttl,
            interface,
            ..Place::default()
        }
    }

    /// The number of the frame that this one, captured at so many milliseconds, repeats.
    fn told(repeats: &mut Repeats, octets: &[u8], place: Place, at: (u64, i64)) -> Option<u64> {
        told_with(repeats, octets, (place, Mirror::Unknown), at)
    }

    fn told_with(
        repeats: &mut Repeats,
        octets: &[u8],
        place: (Place, Mirror),
        at: (u64, i64),
    ) -> Option<u64> {
        let (number, millis) = at;
        let addrs = AddrPair::new([10, 0, 3, 2].into(), [10, 0, 1, 1].into());
        let frame = FrameRef::new(SourceId(0), number);
        let ts = Timestamp::from_nanos(millis * 1_000_000);
        repeats
            .copy_of(
                Evidence::Captured,
                addrs,
                octets,
                (place.0, Sent::default(), || place.1),
                (frame, ts),
            )
            .map(FrameRef::number)
    }

    #[test]
    fn one_error_at_two_hops_is_one_error() {
        let mut repeats = Repeats::default();
        assert_eq!(
            told(&mut repeats, ERROR, place(Some(7), 63, 1), (1, 0)),
            None
        );
        assert_eq!(
            told(&mut repeats, ERROR, place(Some(7), 62, 2), (2, 0)),
            Some(1)
        );
        assert_eq!(
            told(&mut repeats, ERROR, place(Some(7), 61, 3), (3, 1)),
            Some(1)
        );
        // ICMPv6 has no identification.
        assert_eq!(told(&mut repeats, ERROR, place(None, 64, 1), (4, 2)), None);
        assert_eq!(
            told(&mut repeats, ERROR, place(None, 63, 1), (5, 2)),
            Some(4)
        );
    }

    #[test]
    fn mirrored_errors_are_known_by_their_identification() {
        let mut repeats = Repeats::default();
        assert_eq!(
            told(&mut repeats, ERROR, place(Some(7), 63, 1), (1, 0)),
            None
        );
        assert_eq!(
            told(&mut repeats, ERROR, place(Some(7), 63, 1), (2, 0)),
            Some(1)
        );
    }

    #[test]
    fn mirrored_errors_without_a_number_are_known_by_their_request() {
        let mut repeats = Repeats::default();
        let place = place(None, 63, 1);
        let mut told = |mirror, at| told_with(&mut repeats, ERROR, (place, mirror), at);
        assert_eq!(told(Mirror::AtWork, (1, 0)), None);
        assert_eq!(told(Mirror::AtWork, (2, 1)), Some(1));
        // Two that answer two packets, as far as anybody can tell.
        assert_eq!(told(Mirror::Unknown, (3, 1)), None);
        assert_eq!(told(Mirror::AtWork, (4, 5)), None);
    }

    #[test]
    fn another_error_is_no_copy() {
        let mut repeats = Repeats::default();
        assert_eq!(
            told(&mut repeats, ERROR, place(Some(7), 63, 1), (1, 0)),
            None
        );
        assert_eq!(
            told(&mut repeats, ERROR, place(Some(8), 62, 1), (2, 0)),
            None
        );
        assert_eq!(
            told(&mut repeats, &ERROR[..8], place(Some(7), 62, 1), (3, 0)),
            None
        );
        // Identification 0 says nothing, and the place is the same.
        assert_eq!(
            told(&mut repeats, ERROR, place(Some(0), 63, 1), (4, 0)),
            None
        );
        assert_eq!(
            told(&mut repeats, ERROR, place(Some(0), 63, 1), (5, 0)),
            None
        );
    }

    #[test]
    fn after_a_while_it_takes_a_number_or_another_place_to_tell_a_copy() {
        for (first, again, is_copy) in [
            (place(Some(7), 63, 1), place(Some(7), 62, 1), true),
            (place(Some(7), 63, 1), place(Some(7), 63, 2), true),
            (place(None, 63, 1), place(None, 60, 2), true),
            // A packet that is sent again is refused again.
            (place(Some(7), 63, 1), place(Some(7), 63, 1), false),
            (place(None, 63, 1), place(None, 62, 1), false),
            (place(Some(0), 63, 1), place(Some(0), 63, 2), false),
        ] {
            let mut repeats = Repeats::default();
            assert_eq!(told(&mut repeats, ERROR, first, (1, 0)), None);
            let known = told(&mut repeats, ERROR, again, (2, 500));
            assert_eq!(known.is_some(), is_copy, "{first:?} {again:?}");
        }
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut repeats = Repeats::default();
        for id in 0..1000 {
            told(&mut repeats, ERROR, place(Some(id), 63, 1), (id.into(), 0));
        }
        assert_eq!(repeats.seen.len(), REMEMBERED);
    }
}
