//! When the capture itself did not see: kernel drops, clocks that were set, errors that were cut.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::Hash;
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
    /// Errors that do not tell which packet they are about.
    vague: Vague<AddrPair>,
    /// Those that may be about a reply, by the capture that has them, too.
    replies: Vague<(AddrPair, SourceId)>,
}

/// Pairs of addresses of which errors that do not tell more are remembered; of more, any packet
/// may be the one.
const VAGUE: usize = 1 << 12;

/// The first and the last of such errors, by what they may be about.
#[derive(Debug)]
struct Vague<K>(HashMap<K, (Timestamp, Timestamp), RandomState>);

impl<K> Default for Vague<K> {
    fn default() -> Self {
        Self(HashMap::default())
    }
}

impl<K: Eq + Hash> Vague<K> {
    /// Takes one at `ts`; says whether there was room.
    fn add(&mut self, about: K, ts: Timestamp) -> bool {
        let room = self.0.len() < VAGUE;
        match self.0.get_mut(&about) {
            Some((first, last)) => (*first, *last) = ((*first).min(ts), (*last).max(ts)),
            None if room => drop(self.0.insert(about, (ts, ts))),
            None => return false,
        }
        true
    }

    /// Whether one of them may have come within `window` from `start`.
    fn hits(&self, about: &K, start: Timestamp, window: Duration) -> bool {
        (self.0.get(about))
            .is_some_and(|(first, last)| *first <= start.after(window) && start <= *last)
    }
}

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
        if !self.vague.add(addrs, ts) {
            self.add(ts, ts);
        }
    }

    /// The same of an error in this capture that may be about a reply. Where there is no room replies are
    /// taken for what they look like, as those are of which nobody tells.
    pub(super) fn add_vague_reply(&mut self, addrs: AddrPair, source: SourceId, ts: Timestamp) {
        self.replies.add((addrs, source), ts);
    }

    /// Whether an error within `window` from `start` may be about a reply between these, which no other
    /// capture than this one has nearer to who asked.
    pub(super) fn doubts(
        &self,
        addrs: AddrPair,
        source: SourceId,
        (start, window): (Timestamp, Duration),
    ) -> bool {
        let is_vague = |addrs| self.replies.hits(&(addrs, source), start, window);
        !self.replies.0.is_empty() && (is_vague(addrs) || is_vague(AddrPair::of_one(addrs.src())))
    }

    /// Whether what a packet between these met within `window` from `start` may have been missed.
    pub(super) fn hides(&self, addrs: AddrPair, start: Timestamp, window: Duration) -> bool {
        let is_vague = |addrs| self.vague.hits(&addrs, start, window);
        self.overlaps(start, window)
            || !self.vague.0.is_empty()
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

    #[test]
    fn replies_that_an_error_may_be_about_are_doubted() {
        use etherparse::PacketBuilder;

        use crate::correlate::exchange::ExchangeOutcome;
        use crate::correlate::replay::Replay;
        use crate::correlate::{Outcome, exchange::Exchange};

        let host = |last| {
            let mut octets = [0; 16];
            (octets[0], octets[1], octets[15]) = (0x20, 1, last);
            octets
        };
        let echo = |is_reply: bool, seq: u16| {
            let mut packet = Vec::new();
            let (src, dst) = if is_reply { (2, 1) } else { (1, 2) };
            let ip = PacketBuilder::ipv6(host(src), host(dst), 64);
            let icmp = if is_reply {
                ip.icmpv6_echo_reply(7, seq)
            } else {
                ip.icmpv6_echo_request(7, seq)
            };
            icmp.write(&mut packet, b"there and back").unwrap();
            packet
        };
        // What a router says of the second reply, to a snap length of so many octets, where the first one
        // was sent so long before it.
        let outcomes = |snap_length: usize, apart: i64| {
            let mut play = Replay::new();
            for (at, seq) in [(20_000 - apart, 1), (20_000, 2), (40_000, 3)] {
                play.at(at, &echo(false, seq));
                play.at(at + 1, &echo(true, seq));
                if seq == 2 {
                    let mut error = Vec::new();
                    PacketBuilder::ipv6(host(3), host(2), 64)
                        .icmpv6_raw(1, 1, [0; 4])
                        .write(&mut error, &echo(true, seq))
                        .unwrap();
                    play.at_cut(at + 2, &error, snap_length);
                }
            }
            play.at(60_000, &echo(false, 4));
            let told = play.end().into_iter().filter_map(|outcome| match outcome {
                Outcome::Exchange(Exchange { outcome, .. }) => Some(outcome),
                _ => None,
            });
            told.take(3).collect::<Vec<_>>()
        };
        let (came, lost) = (ExchangeOutcome::Answered, ExchangeOutcome::Lost);
        let unknown = ExchangeOutcome::Unknown;
        // The last ones leave one reply that it can be about.
        for snap_length in [200, 48 + 25, 48 + 40, 48 + 46] {
            let told = outcomes(snap_length, 20_000);
            assert_eq!(told, [came, lost, came], "{snap_length}");
        }
        // To whom it was is not known, or which of two it was.
        assert_eq!(outcomes(48 + 24, 20_000), [came, unknown, came]);
        for snap_length in [48 + 25, 48 + 40, 48 + 46] {
            let told = outcomes(snap_length, 1000);
            assert_eq!(told, [unknown, unknown, came], "{snap_length}");
        }
        // It was no reply.
        let mut blind = Blind::default();
        let addr = |last| std::net::IpAddr::from(host(last));
        let back = AddrPair::new(addr(2), addr(1));
        let doubts = |blind: &Blind, source| blind.doubts(back, SourceId(source), (at(99), TEN));
        blind.add_vague(back, at(100));
        assert!(!doubts(&blind, 0));
        blind.add_vague_reply(back, SourceId(0), at(100));
        assert!(doubts(&blind, 0));
        // Another capture has the reply nearer to who asked.
        assert!(!doubts(&blind, 1));
    }
}
