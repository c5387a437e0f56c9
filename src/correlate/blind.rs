//! When the capture itself did not see: kernel drops, clocks that were set, errors that were cut.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;

use foldhash::fast::RandomState;

use super::sighting::Place;
use crate::model::{AddrPair, InterfaceId, SourceId, Timestamp};

/// Intervals that are remembered; where there are more, the oldest grow together.
const INTERVALS: usize = 1024;

/// The times at which a packet may have been missed, in order.
#[derive(Debug, Default)]
pub(super) struct Blind {
    intervals: VecDeque<(Timestamp, Timestamp)>,
    /// Only part of the traffic is captured at all.
    always: bool,
    /// Where only part of it is.
    partly: HashSet<(SourceId, InterfaceId), RandomState>,
    /// Errors that do not tell which packet they are about, by whom they may be about: the first and
    /// the last.
    vague: HashMap<AddrPair, (Timestamp, Timestamp), RandomState>,
}

/// Pairs of addresses of which errors that do not tell more are remembered; of more, any packet
/// may be the one.
const VAGUE: usize = 1 << 12;

impl Blind {
    pub(super) fn new(always: bool) -> Self {
        Self {
            always,
            ..Self::default()
        }
    }

    /// Only part of the traffic is captured, as it turns out.
    pub(super) fn part_is_captured(&mut self) {
        self.always = true;
    }

    /// Only part of the traffic is captured on an interface.
    pub(super) fn part_is_captured_on(&mut self, source: SourceId, interface: InterfaceId) {
        self.partly.insert((source, interface));
    }

    /// Whether what answers a packet that was seen at one place alone may have been missed there.
    pub(super) fn hides_at(&self, place: Place) -> bool {
        !self.partly.is_empty()
            && (place.interface()).is_some_and(|at| self.partly.contains(&(place.source, at)))
    }

    /// Whether only part of the traffic is captured at all.
    pub(super) fn is_always(&self) -> bool {
        self.always
    }

    /// Packets may have been missed between two times.
    pub(super) fn add(&mut self, from: Timestamp, until: Timestamp) {
        let (from, until) = (from.min(until), from.max(until));
        match self.intervals.back_mut() {
            Some(last) if from <= last.1 => {
                // Readings follow one upon the other, but for a clock that was set back.
                *last = (last.0.min(from), last.1.max(until));
            }
            _ => self.intervals.push_back((from, until)),
        }
        if self.intervals.len() > INTERVALS
            && let Some((from, _)) = self.intervals.pop_front()
            && let Some(oldest) = self.intervals.front_mut()
        {
            oldest.0 = from;
        }
    }

    /// An error at `ts` was about a packet between these, or of one of them where it is a pair with
    /// itself: which one it does not tell.
    pub(super) fn add_vague(&mut self, addrs: AddrPair, ts: Timestamp) {
        let room = self.vague.len() < VAGUE;
        match self.vague.get_mut(&addrs) {
            Some((first, last)) => (*first, *last) = ((*first).min(ts), (*last).max(ts)),
            None if room => drop(self.vague.insert(addrs, (ts, ts))),
            None => self.add(ts, ts),
        }
    }

    /// Whether what a packet between these met within `window` from `start` may have been missed.
    pub(super) fn hides(&self, addrs: AddrPair, start: Timestamp, window: Duration) -> bool {
        let is_vague = |addrs| {
            (self.vague.get(&addrs))
                .is_some_and(|(first, last)| *first <= start.after(window) && start <= *last)
        };
        self.overlaps(start, window)
            || !self.vague.is_empty()
                && (is_vague(addrs) || is_vague(AddrPair::of_one(addrs.src())))
    }

    /// The clock was set back to `now`: what lies in what is now the future did not happen there.
    pub(super) fn step_back(&mut self, now: Timestamp) {
        self.intervals.retain_mut(|(from, until)| {
            *until = now.min(*until);
            *from < now
        });
    }

    /// Whether a packet may have been missed within `window` from `start`.
    pub(super) fn overlaps(&self, start: Timestamp, window: Duration) -> bool {
        self.always || {
            let end = start.after(window);
            // From the newest back: what is asked about is recent.
            (self.intervals.iter().rev())
                .take_while(|(_, until)| *until >= start)
                .any(|(from, _)| *from <= end)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_parts(seconds, 0)
    }

    const TEN: Duration = Duration::from_secs(10);

    #[test]
    fn windows_overlap_what_lies_within_or_touches() {
        let mut blind = Blind::default();
        blind.add(at(100), at(101));
        blind.add(at(200), at(201));
        for (start, overlaps) in [
            (80, false),
            (89, false),
            (90, true),
            (100, true),
            (101, true),
            (102, false),
            (195, true),
            (202, false),
        ] {
            assert_eq!(blind.overlaps(at(start), TEN), overlaps, "{start}");
        }
        assert!(Blind::new(true).overlaps(at(0), TEN));
    }

    #[test]
    fn errors_that_do_not_tell_their_packet_hide_what_it_met() {
        let host = |last| std::net::IpAddr::from([192, 0, 2, last]);
        let (pair, other) = (
            AddrPair::new(host(1), host(2)),
            AddrPair::new(host(1), host(3)),
        );
        let mut blind = Blind::default();
        blind.add_vague(pair, at(100));
        blind.add_vague(pair, at(120));
        for (start, hides) in [
            (89, false),
            (90, true),
            (110, true),
            (120, true),
            (121, false),
        ] {
            assert_eq!(blind.hides(pair, at(start), TEN), hides, "{start}");
            assert!(!blind.hides(other, at(start), TEN));
        }
        blind.add_vague(AddrPair::of_one(host(1)), at(200));
        assert!(blind.hides(other, at(195), TEN));
        assert!(!blind.hides(other.reversed(), at(195), TEN));
        for i in 0..u32::try_from(VAGUE).unwrap() {
            blind.add_vague(
                AddrPair::of_one(std::net::Ipv4Addr::from_bits(i).into()),
                at(1),
            );
        }
        assert!(blind.hides(other.reversed(), at(1), TEN), "no room");
    }

    #[test]
    fn many_intervals_take_no_more_room_and_hide_nothing() {
        let mut blind = Blind::default();
        for i in 0..10_000 {
            blind.add(at(100 * i), at(100 * i + 1));
        }
        assert_eq!(blind.intervals.len(), INTERVALS);
        assert!(blind.overlaps(at(50), TEN), "grown together");
        assert!(blind.overlaps(at(999_900), TEN));
        assert!(!blind.overlaps(at(999_950), TEN));
    }

    #[test]
    fn what_a_step_back_makes_future_is_forgotten() {
        let mut blind = Blind::default();
        blind.add(at(100), at(101));
        blind.add(at(200), at(201));
        blind.step_back(at(150));
        assert!(blind.overlaps(at(95), TEN));
        assert!(!blind.overlaps(at(195), TEN));
        blind.step_back(at(50));
        assert!(!blind.overlaps(at(95), TEN));
    }
}
