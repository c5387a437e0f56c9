//! The same error, or other message that nobody asked for, captured twice: on another interface, in
//! another VLAN, at another hop or between other stations of the link.

use std::collections::VecDeque;
use std::hash::{BuildHasher, Hash};
use std::time::Duration;

use foldhash::fast::RandomState;

use super::sighting::{COPY_WINDOW, MIRROR_WINDOW, Mirror, Place, Sent};
use super::verdict::Evidence;
use crate::model::{AddrPair, Frame, FrameRef, Timestamp};
use crate::wire::Packet;
use crate::wire::link::linktype;

/// Messages that a new one is compared with: those of some seconds, as the clocks of two captures may
/// differ.
const REMEMBERED: usize = 1 << 11;
/// Of how many it is asked whether a mirror gave them.
const MIRRORED: usize = 64;
/// Chains of those with the same lower bits of their hashes.
const CHAINS: usize = 1 << 8;
/// So many errors that differ, each captured twice and none once, tell that a mirror gives all twice.
const TWINS: usize = 3;

/// The last messages of a kind.
#[derive(Debug)]
pub(super) struct Repeats {
    seen: VecDeque<Seen>,
    /// How many were forgotten: the number of the first in `seen`.
    forgotten: u64,
    /// The number of the newest in each chain, if it has one.
    newest: [Option<u64>; CHAINS],
    hasher: RandomState,
}

impl Default for Repeats {
    fn default() -> Self {
        Self {
            seen: VecDeque::new(),
            forgotten: 0,
            newest: [None; CHAINS],
            hasher: RandomState::default(),
        }
    }
}

/// Where and how an error was captured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot {
    place: Place,
    sent: Sent,
    /// Destination and source of its Ethernet frame.
    stations: Option<[u8; 12]>,
    ts: Timestamp,
    frame: FrameRef,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    /// Hash of evidence, addresses and message.
    hash: u64,
    spot: Spot,
    /// How often it was captured again where it had been, a moment later.
    again: u8,
    /// The number of the one before in its chain.
    before: Option<u64>,
}

impl Spot {
    pub(super) fn of(frame: &Frame<'_>, packet: &Packet<'_>) -> Self {
        let is_ethernet = frame.link == linktype::ETHERNET;
        Self {
            place: Place::of(frame, packet),
            sent: Sent::of(frame),
            stations: frame.data.first_chunk().filter(|_| is_ethernet).copied(),
            ts: frame.ts,
            frame: frame.reference(),
        }
    }

    /// What an error with the octets of one at `earlier` is to that.
    fn tells(&self, earlier: &Self) -> Option<Alike> {
        // A frame that holds it twice was sent with it twice.
        if self.frame.is_beside(earlier.frame) {
            return None;
        }
        let apart = self.ts.since(earlier.ts);
        let soon = is_within(COPY_WINDOW, apart);
        if self.place.proves_copy_of(earlier.place)
            || soon && (self.is_elsewhere(earlier) || self.sent.repeats(earlier.sent))
        {
            return Some(Alike::Copy);
        }
        let may_be_mirrored = self.place == earlier.place && is_within(MIRROR_WINDOW, apart);
        may_be_mirrored.then_some(Alike::Twin)
    }

    /// Whether where the two were captured makes them one: routers answer the same packet once, and
    /// number what they send.
    fn is_elsewhere(&self, earlier: &Self) -> bool {
        let (a, b) = (earlier.place, self.place);
        let numbered = a.is_numbered() && a.ip_id == b.ip_id;
        // On its way a packet passes from station to station.
        let passed_on = a.ip_id == b.ip_id
            && matches!((earlier.stations, self.stations), (Some(a), Some(b)) if a != b);
        numbered || a.is_copy_of(b) || passed_on
    }
}

impl Repeats {
    /// The frame in which the message with these octets was captured, or reported, before; a new one is
    /// remembered. Whether a mirror is at work is asked, with that frame, where all else agrees.
    pub(super) fn copy_of(
        &mut self,
        evidence: Evidence,
        addrs: AddrPair,
        octets: impl Hash,
        (spot, mirror): (&Spot, impl Fn(FrameRef) -> Mirror),
    ) -> Option<FrameRef> {
        let hash = self.hasher.hash_one((evidence, addrs, octets));
        #[allow(clippy::cast_possible_truncation)] // the lower bits, by design
        let chain = hash as usize % CHAINS;
        let newest = self.newest.get(chain).copied().flatten();
        let at = |number: u64| {
            let place = usize::try_from(number.checked_sub(self.forgotten)?).ok()?;
            Some((place, self.seen.get(place)?))
        };
        let mut newest_first =
            std::iter::successors(newest.and_then(at), |(_, seen)| at(seen.before?));
        let alike = newest_first.find_map(|(at, seen)| {
            let is_alike = seen.hash == hash;
            Some((at, is_alike.then(|| spot.tells(&seen.spot))??))
        });
        if let Some((at, alike)) = alike {
            let first = self.seen.get(at)?.spot.frame;
            let is_copy = alike == Alike::Copy
                || mirror(first) == Mirror::AtWork
                || self.all_come_twice(hash, spot);
            let seen = self.seen.get_mut(at)?;
            seen.again = seen.again.saturating_add(u8::from(alike == Alike::Twin));
            if !is_copy {
                // Copies that come now are likelier to be of this one.
                seen.spot = *spot;
            }
            return is_copy.then_some(first);
        }
        if self.seen.len() == REMEMBERED {
            self.seen.pop_front();
            self.forgotten += 1;
        }
        let number = self.forgotten + self.seen.len() as u64;
        if let Some(newest) = self.newest.get_mut(chain) {
            *newest = Some(number);
        }
        self.seen.push_back(Seen {
            hash,
            spot: *spot,
            again: 0,
            before: newest,
        });
        None
    }

    /// Whether those that were captured before in the same network tell of a mirror: enough that differ,
    /// also from this one, and each came twice.
    fn all_come_twice(&self, hash: u64, spot: &Spot) -> bool {
        let is_over = |seen: &&Seen| !is_within(MIRROR_WINDOW, spot.ts.since(seen.spot.ts));
        let here = |seen: &&Seen| seen.spot.place.scope() == spot.place.scope();
        let mut others = [hash; 1 + TWINS];
        let mut count = 1;
        let last = self.seen.iter().rev().take(MIRRORED);
        for seen in last.filter(here).filter(is_over) {
            if seen.again != 1 {
                return false;
            }
            let known = others
                .get(..count)
                .is_some_and(|known| known.contains(&seen.hash));
            if let Some(place) = others.get_mut(count).filter(|_| !known) {
                *place = seen.hash;
                count += 1;
            }
        }
        count > TWINS
    }
}

/// What an error is to one with the same octets.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Alike {
    Copy,
    /// That, or another.
    Twin,
}

fn is_within(window: Duration, apart: Option<Duration>) -> bool {
    // Time that goes backwards between two interfaces is no evidence against.
    apart.is_none_or(|apart| apart <= window)
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
        let spot = Spot {
            place: place.0,
            sent: Sent::default(),
            stations: None,
            ts: Timestamp::from_nanos(millis * 1_000_000),
            frame: FrameRef::new(SourceId(0), number),
        };
        let mirror = |_| place.1;
        let of = repeats.copy_of(Evidence::Captured, addrs, octets, (&spot, mirror));
        of.map(FrameRef::number)
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
        assert_eq!(told(Mirror::AtWork, (4, 2)), Some(3));
        assert_eq!(told(Mirror::AtWork, (5, 9)), None);
    }

    #[test]
    fn an_error_between_other_stations_is_on_its_way() {
        let addrs = AddrPair::new([10, 0, 3, 2].into(), [10, 0, 1, 1].into());
        for (stations, is_copy) in [(1, false), (2, true)] {
            let mut repeats = Repeats::default();
            let mut told = |number, stations| {
                let spot = Spot {
                    place: place(None, 63, 1),
                    sent: Sent::default(),
                    stations: Some([stations; 12]),
                    ts: Timestamp::from_nanos(0),
                    frame: FrameRef::new(SourceId(0), number),
                };
                let mirror = |_| Mirror::Unknown;
                repeats.copy_of(Evidence::Captured, addrs, ERROR, (&spot, mirror))
            };
            assert_eq!(told(1, 1), None);
            assert_eq!(told(2, stations).is_some(), is_copy);
        }
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
    fn a_copy_is_known_by_another_clock_after_many_others() {
        let mut repeats = Repeats::default();
        for round in 0..2 {
            for id in 1..500 {
                let place = place(Some(id), 64 - round, u32::from(round));
                let number = u64::from(round) * 1000 + u64::from(id);
                let of = told(&mut repeats, ERROR, place, (number, i64::from(round) * 700));
                assert_eq!(of, (round == 1).then(|| id.into()), "{id}");
            }
        }
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut repeats = Repeats::default();
        for id in 0..5000 {
            told(&mut repeats, ERROR, place(Some(id), 63, 1), (id.into(), 0));
        }
        assert_eq!(repeats.seen.len(), REMEMBERED);
    }
}
