//! Clocks that nobody knows the start of, as far as one time after another tells.

use std::collections::HashMap;

use super::Echo;
use crate::model::Timestamp;
use crate::model::flow::AddrPair;
use crate::wire::bytes::{array_at, tail};

/// The words that senders begin their payloads with where nothing but zeros follows. `BusyBox` has its
/// machine's microseconds there, toybox its milliseconds; another program may have anything.
#[derive(Debug, Default)]
pub(super) struct Ticking(HashMap<(AddrPair, u16), Last>);

/// What a clock counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Microseconds,
    Milliseconds,
}

impl Unit {
    const fn micros(self) -> u64 {
        match self {
            Self::Microseconds => 1,
            Self::Milliseconds => 1_000,
        }
    }
}

/// The word that came last, when that was captured, and what it counts if it had gone on from another as the
/// time of capture did.
#[derive(Clone, Copy, Debug)]
struct Last {
    word: [u8; 4],
    captured: Timestamp,
    unit: Option<Unit>,
}

/// What a word had become after another by the time that had passed.
enum Progress {
    /// The same packet again, or its like.
    None,
    /// As a clock does; of so little time that nothing else would differ from one.
    TooLittle,
    /// As a clock of that unit does.
    Clock(Unit),
    /// As none does.
    Other,
}

impl Ticking {
    /// Runs of echoes of which the last word is kept.
    const MOST: usize = 1024;

    /// What the clock counts with whose word the echo between `addrs` begins, which those before it prove.
    pub(super) fn unit(
        &mut self,
        addrs: AddrPair,
        echo: &Echo<'_>,
        captured: Timestamp,
    ) -> Option<Unit> {
        /// Octets that a word and zeros are told by.
        const LEAST: usize = 12;
        let word = array_at(echo.payload, 0).filter(|_| {
            echo.payload.len() >= LEAST && tail(echo.payload, 4).iter().all(|octet| *octet == 0)
        })?;
        let key = (addrs, echo.id);
        if self.0.len() >= Self::MOST && !self.0.contains_key(&key) {
            self.0.clear();
        }
        let last = self.0.entry(key).or_insert(Last {
            word,
            captured,
            unit: None,
        });
        let unit = match last.progress(word, captured) {
            Progress::None | Progress::TooLittle => return last.unit,
            Progress::Clock(unit) => Some(unit),
            Progress::Other => None,
        };
        *last = Last {
            word,
            captured,
            unit,
        };
        unit
    }
}

impl Last {
    fn progress(&self, word: [u8; 4], captured: Timestamp) -> Progress {
        const MILLISECOND: u64 = 1_000;
        /// Under this a number that counts packets would go on like a clock.
        const LEAST: u64 = 100 * MILLISECOND;
        /// Over this too much is like it.
        const MOST: u64 = 600_000 * MILLISECOND;
        if word == self.word {
            return Progress::None;
        }
        let Some(passed) = (captured.since(self.captured))
            .and_then(|passed| u64::try_from(passed.as_micros()).ok())
            .filter(|passed| *passed <= MOST)
        else {
            return Progress::Other;
        };
        // What is sent at even times is captured sooner or later by what it waits on its way.
        let may_differ = passed / 8 + 10 * MILLISECOND;
        let gone = [u32::from_le_bytes, u32::from_be_bytes]
            .map(|read| u64::from(read(word).wrapping_sub(read(self.word))));
        let unit = [Unit::Microseconds, Unit::Milliseconds]
            .into_iter()
            .find(|unit| {
                gone.into_iter()
                    .any(|gone| (gone * unit.micros()).abs_diff(passed) <= may_differ)
            });
        match (unit, passed) {
            (None, _) => Progress::Other,
            (_, ..LEAST) => Progress::TooLittle,
            (Some(unit), _) => Progress::Clock(unit),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::icmp::Direction;

    fn hosts() -> AddrPair {
        let [src, dst] = [1, 2].map(|host| Ipv4Addr::new(192, 0, 2, host).into());
        AddrPair::new(src, dst)
    }

    /// What is told of requests with these words, each with the milliseconds of its capture.
    fn told(packets: &[(u32, i64)], write: fn(u32) -> [u8; 4]) -> Vec<Option<Unit>> {
        let mut ticking = Ticking::default();
        let mut one = |&(word, millis): &(u32, i64)| {
            let payload = [&write(word)[..], &[0; 52]].concat();
            let echo = Echo {
                direction: Direction::Request,
                id: 7,
                seq: 0,
                payload: &payload,
            };
            let captured = Timestamp::from_nanos(millis * 1_000_000);
            ticking.unit(hosts(), &echo, captured)
        };
        packets.iter().map(&mut one).collect()
    }

    #[test]
    fn a_clock_goes_on_as_the_time_of_capture_does() {
        for write in [u32::to_le_bytes, u32::to_be_bytes] {
            // The third goes over the end of the word; the fourth is the third once more.
            let start = u32::MAX - 1_500_000;
            let packets = [0, 1_000_100, 2_003_000, 2_003_000, 3_000_000]
                .map(|passed| start.wrapping_add(passed));
            let times = [0, 1_000, 2_000, 2_001, 3_001];
            let packets: Vec<_> = packets.into_iter().zip(times).collect();
            let unit = Some(Unit::Microseconds);
            assert_eq!(told(&packets, write), [None, unit, unit, unit, unit]);
        }
    }

    #[test]
    fn a_clock_may_count_milliseconds() {
        for write in [u32::to_le_bytes, u32::to_be_bytes] {
            let start = u32::MAX - 1_500;
            let packets = [0, 1_000, 2_003, 2_003, 3_000].map(|passed| start.wrapping_add(passed));
            let times = [0, 1_000, 2_000, 2_001, 3_001];
            let packets: Vec<_> = packets.into_iter().zip(times).collect();
            let unit = Some(Unit::Milliseconds);
            assert_eq!(told(&packets, write), [None, unit, unit, unit, unit]);
        }
    }

    #[test]
    fn what_does_not_go_on_like_that_is_no_clock() {
        let le = u32::to_le_bytes;
        // The same text in each, a count, time that goes back, and one alone.
        let text = u32::from_le_bytes(*b"vm\n\0");
        assert_eq!(
            told(&[(text, 0), (text, 1_000), (text, 2_000)], le),
            [None; 3]
        );
        assert_eq!(told(&[(1, 0), (2, 1_000), (3, 2_000)], le), [None; 3]);
        assert_eq!(told(&[(1, 0), (2, 1), (3, 2), (4, 3)], le), [None; 4]);
        assert_eq!(
            told(&[(5_000_000, 5_000), (4_000_000, 4_000)], le),
            [None; 2]
        );
        assert_eq!(told(&[(0x1234_5678, 0)], le), [None]);
        // Too long after the other to tell.
        assert_eq!(told(&[(0, 0), (700_000_000, 700_000)], le), [None; 2]);
    }

    #[test]
    fn a_flood_is_told_by_those_that_are_apart() {
        let packets: Vec<_> = (0..300).map(|n: u32| (n * 1_000 + 77, n.into())).collect();
        let told = told(&packets, u32::to_le_bytes);
        let unit = Some(Unit::Microseconds);
        assert!(!told[..100].contains(&unit) && !told[100..].contains(&None));
    }

    #[test]
    fn tables_of_runs_are_bounded() {
        let mut ticking = Ticking::default();
        for id in 0..u16::MAX {
            let payload = [&[1_u8, 2, 3, 4][..], &[0; 12]].concat();
            let echo = Echo {
                direction: Direction::Request,
                id,
                seq: 0,
                payload: &payload,
            };
            ticking.unit(hosts(), &echo, Timestamp::from_nanos(0));
            assert!(ticking.0.len() <= Ticking::MOST);
        }
        assert!(!ticking.0.is_empty());
    }
}
