//! In which order probes go out: their TTLs rise one by one, and another run begins from the first again.

use super::SILENCE;
use crate::correlate::flows::Fingerprint;
use crate::model::{SourceId, Timestamp};

/// So many TTLs, one by one, are no accident.
const STEPS: u8 = 3;
/// How far apart the ports of two probes are at most, where they are counted up.
const PORTS_APART: u16 = 16;

/// How the probes of one run go on. Copies of a probe are no part of it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Course {
    /// Which capture has them: another one counts other TTLs, and by another clock.
    source: Option<SourceId>,
    /// The lowest TTL, 0 before any probe.
    low: u8,
    /// Up to where they rose from there one by one.
    top: u8,
    highest: u8,
    /// The lowest TTL was sent several times before the next.
    several: bool,
    ports: Ports,
}

/// Where the probes go to.
#[derive(Clone, Copy, Debug, Default)]
enum Ports {
    #[default]
    None,
    /// All to one, as of TCP.
    One(u16),
    /// Each to another, counted up.
    Counted { first: u16, last: u16 },
}

impl Course {
    /// Takes the next probe; `port` is where it goes to.
    pub(super) fn sent(&mut self, probe: &Fingerprint, port: Option<u16>) {
        self.went_on((probe.source(), probe.ttl), port);
    }

    fn went_on(&mut self, (source, ttl): (SourceId, u8), port: Option<u16>) {
        if self.source != Some(source) {
            *self = Self {
                source: Some(source),
                ..Self::default()
            };
        }
        if self.low == 0 || ttl < self.low {
            (self.low, self.top, self.several) = (ttl, ttl, false);
        } else if ttl == self.top.saturating_add(1) {
            self.top = ttl;
        } else if ttl == self.low && self.top == self.low {
            self.several = true;
        }
        self.highest = self.highest.max(ttl);
        if let Some(port) = port {
            self.ports = match self.ports {
                Ports::None => Ports::One(port),
                Ports::One(known) if known == port => self.ports,
                Ports::One(first) | Ports::Counted { first, .. } => {
                    Ports::Counted { first, last: port }
                }
            };
        }
    }

    /// The TTLs that it went through one by one, a bit each, if they are enough to tell a traceroute.
    pub(super) fn climbed(&self) -> u64 {
        if self.low > 0 && self.top - self.low >= STEPS - 1 {
            (self.low..=self.top).fold(0, |bits, ttl| {
                bits | 1_u64.checked_shl(ttl.into()).unwrap_or(0)
            })
        } else {
            0
        }
    }

    /// Whether a probe to this port is the first of another run, where the last one was sent, or answered,
    /// at `last`. mtr(8) goes round in one: it sends one probe to each hop, and never to a port again.
    pub(super) fn is_over(&self, probe: &Fingerprint, port: u16, last: Timestamp) -> bool {
        let is_late = probe
            .ts
            .since(last)
            .is_some_and(|silence| silence > SILENCE);
        self.source == Some(probe.source()) && self.begins_anew(probe.ttl, port, is_late)
    }

    fn begins_anew(&self, ttl: u8, port: u16, is_late: bool) -> bool {
        let (at_start, went_back) = (ttl <= self.low, ttl < self.highest);
        let rose = self.top > self.low;
        let is_other = match self.ports {
            Ports::None => false,
            Ports::One(known) if known == port => ttl == self.low && self.several,
            Ports::One(_) => went_back,
            Ports::Counted { first, .. } if first == port => went_back,
            Ports::Counted { last, .. } => {
                let goes_on = last < port && port - last <= PORTS_APART;
                at_start && self.climbed() > 0 && !goes_on
            }
        };
        rose && (is_other || at_start && is_late)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many runs these probes make, TTL and port of each, sent a millisecond after each other.
    fn runs(probes: impl IntoIterator<Item = (u8, u16)>) -> usize {
        let mut course = Course::default();
        let mut runs = 1;
        for (ttl, port) in probes {
            if course.begins_anew(ttl, port, false) {
                (course, runs) = (Course::default(), runs + 1);
            }
            course.went_on((SourceId(0), ttl), Some(port));
        }
        runs
    }

    /// The TTLs from `first` to `last`, so many probes each.
    fn ttls(first: u8, last: u8, probes: usize) -> impl Iterator<Item = u8> + Clone {
        (first..=last).flat_map(move |ttl| std::iter::repeat_n(ttl, probes))
    }

    #[test]
    fn a_run_begins_with_the_first_ttl_and_port_again() {
        for probes in [1, 2, 3] {
            let counted = |first, port| ttls(first, 6, probes).zip(port..);
            assert_eq!(runs(counted(1, 33434)), 1);
            assert_eq!(runs(counted(1, 33434).chain(counted(1, 33434))), 2);
            // From the second hop on, and from the next port.
            assert_eq!(runs(counted(1, 33434).chain(counted(2, 33434))), 2);
            assert_eq!(runs(counted(1, 33434).chain(counted(1, 33435))), 2);
            assert_eq!(runs(counted(1, 33434).chain(counted(1, 50000))), 2);
        }
    }

    #[test]
    fn runs_to_one_port_are_told_apart_by_that_or_by_how_often_they_ask_the_first_hop() {
        let one = |probes, port| ttls(1, 6, probes).map(move |ttl| (ttl, port));
        assert_eq!(runs(one(2, 80).chain(one(2, 80))), 2);
        assert_eq!(runs(one(1, 80).chain(one(1, 443))), 2);
        let counted = ttls(1, 6, 2).zip(33434..);
        assert_eq!(runs(counted.clone().chain(one(2, 53))), 2);
        assert_eq!(runs(one(2, 53).chain(counted)), 2);
    }

    #[test]
    fn who_goes_round_makes_one_run() {
        let round = || (0..5).flat_map(|_| ttls(1, 6, 1));
        assert_eq!(runs(round().zip(33000..)), 1);
        assert_eq!(runs(round().map(|ttl| (ttl, 80))), 1);
        // A neighbor, and what was captured a little out of order.
        assert_eq!(runs((33000..33020).map(|port| (1, port))), 1);
        assert_eq!(runs([(1, 1), (1, 3), (2, 4), (1, 2), (2, 5), (3, 6)]), 1);
        // Downwards from a guess, as nmap(1).
        assert_eq!(
            runs((1..=10).rev().flat_map(|ttl| [(ttl, 80), (ttl, 80)])),
            1
        );
    }

    #[test]
    fn ttls_that_rise_one_by_one_are_no_accident() {
        let climbed = |ttls: &[u8]| {
            let mut course = Course::default();
            for ttl in ttls {
                course.went_on((SourceId(0), *ttl), None);
            }
            course.climbed()
        };
        assert_eq!(climbed(&[1, 1, 2, 2, 3, 3]), 0b1110);
        assert_eq!(climbed(&[30, 1, 30, 2, 30, 3, 30]), 0b1110);
        assert_eq!(climbed(&[32, 30, 31, 32]).count_ones(), 3);
        for other in [
            &[][..],
            &[1, 2],
            &[1, 64],
            &[30, 29, 28, 27],
            &[1, 3, 5, 7],
            &[0, 0],
        ] {
            assert_eq!(climbed(other), 0, "{other:?}");
        }
    }
}
