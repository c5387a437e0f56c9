//! How much may wait for the thread behind: room for a burst of packets.

use std::time::Duration;

/// Octets that may wait in any case: few enough to stay in the cache.
const CACHED: usize = 1 << 20;
/// Octets that may wait at the most: some 270,000 messages of 98 octets.
const BURST: usize = 64 << 20;
/// How long it may take to tell what waits.
const AT_MOST: Duration = Duration::from_millis(250);

/// What may be done with packets that nobody has time for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pressure {
    /// They can be read later.
    Waits,
    /// They come as they come, and are lost if they are not read.
    Bursts,
}

/// What waits for the thread, and how much may.
///
/// The end of a run waits for all of it. So where packets come in bursts there is room for what the
/// thread tells in a quarter of a second, as fast as it was lately: whoever takes the output slowly
/// gets little.
#[derive(Debug)]
pub(super) struct Backlog {
    pressure: Pressure,
    /// Octets that wait.
    waiting: usize,
    /// Octets told lately, and how long that took.
    told: usize,
    took: Duration,
}

impl Backlog {
    pub(super) fn new(pressure: Pressure) -> Self {
        Self {
            pressure,
            waiting: 0,
            told: 0,
            took: Duration::ZERO,
        }
    }

    /// So many octets more wait.
    pub(super) fn add(&mut self, octets: usize) {
        self.waiting += octets;
    }

    /// So many were told in that time.
    pub(super) fn told(&mut self, octets: usize, took: Duration) {
        self.waiting = self.waiting.saturating_sub(octets);
        self.told += octets;
        self.took = self.took.saturating_add(took);
        // What is longer ago counts less and less.
        while self.took > AT_MOST {
            self.told /= 2;
            self.took /= 2;
        }
    }

    /// Whether whoever reads is to wait.
    pub(super) fn is_full(&self) -> bool {
        self.waiting > self.room()
    }

    fn room(&self) -> usize {
        match self.pressure {
            Pressure::Waits => CACHED,
            Pressure::Bursts => {
                let room = self.told as u128 * AT_MOST.as_nanos() / self.took.as_nanos().max(1);
                usize::try_from(room).unwrap_or(BURST).clamp(CACHED, BURST)
            }
        }
    }

    /// Whether more waits than stays in the cache.
    pub(super) fn is_long(&self) -> bool {
        self.waiting > CACHED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A backlog of which mebioctets were told, so many a second.
    fn telling(pressure: Pressure, a_second: u32) -> Backlog {
        let mut backlog = Backlog::new(pressure);
        for _ in 0..a_second {
            backlog.told(1 << 20, Duration::from_secs(1) / a_second);
        }
        backlog
    }

    #[test]
    fn there_is_room_for_what_is_told_in_a_quarter_of_a_second() {
        for a_second in [8, 40, 100, 200] {
            let room = telling(Pressure::Bursts, a_second).room();
            assert!(room.abs_diff((a_second as usize) << 18) < 1 << 10, "{room}");
        }
    }

    #[test]
    fn who_gets_slow_gets_little_room_soon() {
        let mut backlog = telling(Pressure::Bursts, 200);
        for _ in 0..2 {
            backlog.told(1 << 10, Duration::from_secs(2));
        }
        assert_eq!(backlog.room(), CACHED);
    }

    #[test]
    fn room_has_bounds() {
        assert_eq!(Backlog::new(Pressure::Bursts).room(), CACHED);
        assert_eq!(telling(Pressure::Bursts, 1).room(), CACHED);
        assert_eq!(telling(Pressure::Bursts, 100_000).room(), BURST);
        let mut backlog = Backlog::new(Pressure::Bursts);
        backlog.told(1 << 20, Duration::MAX);
        assert_eq!(backlog.room(), CACHED);
    }

    #[test]
    fn who_can_wait_waits() {
        let mut backlog = telling(Pressure::Waits, 1000);
        backlog.add(CACHED);
        assert!(!backlog.is_full() && !backlog.is_long());
        backlog.add(1);
        assert!(backlog.is_full() && backlog.is_long());
    }
}
