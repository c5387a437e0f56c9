//! How much may wait for the thread behind: room for a burst of packets.

use std::time::Duration;

use crate::model::Timestamp;

/// Octets that may wait in any case: few enough to stay in the cache.
const CACHED: usize = 1 << 20;
/// Octets that may wait at the most: some 270,000 messages of 98 octets.
const BURST: usize = 64 << 20;
/// Of what was told in the last of these spans, and in this one, as much may wait.
const SPAN: Duration = Duration::from_millis(250);

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
/// thread tells in a quarter to half a second, by the time of the packets: as much as it told lately.
/// Whoever takes the output slowly gets little room, as that is the end's time, too.
#[derive(Debug)]
pub(super) struct Backlog {
    pressure: Pressure,
    /// Octets that wait.
    waiting: usize,
    /// When this span began.
    since: Timestamp,
    /// Octets told in this span, and in the last one.
    told: usize,
    told_before: usize,
}

impl Backlog {
    pub(super) fn new(pressure: Pressure) -> Self {
        Self {
            pressure,
            waiting: 0,
            since: Timestamp::MIN,
            told: 0,
            told_before: 0,
        }
    }

    /// So many octets more wait.
    pub(super) fn add(&mut self, octets: usize) {
        self.waiting += octets;
    }

    /// So many were told, at the time of the newest packet.
    pub(super) fn told(&mut self, octets: usize, now: Timestamp) {
        self.waiting = self.waiting.saturating_sub(octets);
        if now.since(self.since).is_none_or(|span| span >= SPAN) {
            self.told_before = std::mem::take(&mut self.told);
            self.since = now;
        }
        self.told += octets;
    }

    /// Whether whoever reads is to wait.
    pub(super) fn is_full(&self) -> bool {
        let room = match self.pressure {
            Pressure::Waits => CACHED,
            Pressure::Bursts => (self.told + self.told_before).clamp(CACHED, BURST),
        };
        self.waiting > room
    }

    /// Whether more waits than stays in the cache.
    pub(super) fn is_long(&self) -> bool {
        self.waiting > CACHED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tells what is told, a mebioctet at a time, at so many a second for a second.
    fn told_for_a_second(backlog: &mut Backlog, a_second: u32) {
        for step in 1..=a_second {
            let now = Duration::from_secs(1) * step / a_second;
            backlog.told(1 << 20, Timestamp::from_nanos(1_000_000_000).after(now));
        }
    }

    fn room(backlog: &mut Backlog) -> usize {
        backlog.waiting = 0;
        while !backlog.is_full() {
            backlog.add(1 << 10);
        }
        backlog.waiting - (1 << 10)
    }

    #[test]
    fn there_is_room_for_what_is_told_in_a_quarter_to_half_a_second() {
        for a_second in [8, 40, 100] {
            let mut backlog = Backlog::new(Pressure::Bursts);
            assert_eq!(room(&mut backlog), CACHED);
            told_for_a_second(&mut backlog, a_second);
            let quarter = (a_second as usize) << 18;
            assert!((quarter..=2 * quarter + (1 << 20)).contains(&room(&mut backlog)));
        }
    }

    #[test]
    fn room_has_bounds() {
        let mut backlog = Backlog::new(Pressure::Bursts);
        told_for_a_second(&mut backlog, 1);
        assert_eq!(room(&mut backlog), CACHED);
        told_for_a_second(&mut backlog, 100_000);
        assert_eq!(room(&mut backlog), BURST);
    }

    #[test]
    fn who_can_wait_waits() {
        let mut backlog = Backlog::new(Pressure::Waits);
        told_for_a_second(&mut backlog, 1000);
        assert_eq!(room(&mut backlog), CACHED);
        assert!(backlog.is_long());
        backlog.waiting = CACHED;
        assert!(!backlog.is_long());
    }

    #[test]
    fn a_clock_set_back_or_forth_leaves_room() {
        let mut backlog = Backlog::new(Pressure::Bursts);
        for now in [Timestamp::MAX, Timestamp::MIN, Timestamp::from_nanos(0)] {
            backlog.told(1 << 20, now);
            assert!(room(&mut backlog) >= CACHED);
        }
    }
}
