//! The kernel's counters, which are 32 bits wide and wrap, in 64.

use crate::source::notice::KernelCounts;

/// One reading of libpcap's `pcap_stats`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) received: u32,
    pub(super) dropped: u32,
    pub(super) interface_dropped: u32,
}

/// The sum of all differences between readings.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counters {
    last: Reading,
    total: KernelCounts,
}

impl Counters {
    /// None of what was counted up to `now`.
    pub(super) fn since(now: Reading) -> Self {
        Self {
            last: now,
            total: KernelCounts::default(),
        }
    }

    /// Takes a reading and gives what was counted since the one before. Readings must be taken
    /// more often than 2^31 packets arrive.
    pub(super) fn read(&mut self, now: Reading) -> KernelCounts {
        let delta = KernelCounts {
            received: difference(self.last.received, now.received),
            dropped: difference(self.last.dropped, now.dropped),
            interface_dropped: difference(self.last.interface_dropped, now.interface_dropped),
        };
        self.last = now;
        self.total = self.total.plus(delta);
        delta
    }

    /// What [`Self::total`] would be after this reading.
    pub(super) fn peek(&self, now: Reading) -> KernelCounts {
        let mut ahead = *self;
        ahead.read(now);
        ahead.total()
    }

    /// What was counted since the start.
    pub(super) fn total(&self) -> KernelCounts {
        self.total
    }
}

/// From one reading to the next. A counter that went back was set to nothing, as drivers do with
/// theirs when an interface goes down: that is no difference of four billion.
fn difference(before: u32, now: u32) -> u64 {
    let forward = now.wrapping_sub(before);
    if forward > u32::MAX / 2 {
        return 0;
    }
    u64::from(forward)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(dropped: u32) -> Reading {
        Reading {
            received: dropped.wrapping_mul(2),
            dropped,
            interface_dropped: 0,
        }
    }

    #[test]
    fn counters_that_wrap_are_counted_on() {
        let mut counters = Counters::default();
        let mut expected = 0_u64;
        // Five times around, in steps that hit the end at different places.
        for step in 0..30_u64 {
            let now = step * 800_000_007;
            let delta = counters.read(reading(u32::try_from(now & 0xffff_ffff).unwrap()));
            assert_eq!(delta.dropped, now - expected, "{step}");
            expected = now;
        }
        assert_eq!(counters.total().dropped, 29 * 800_000_007);
        assert!(counters.total().dropped > 5 * (1 << 32));
    }

    #[test]
    fn a_counter_set_to_nothing_is_no_drop() {
        let mut counters = Counters::default();
        counters.read(reading(5000));
        assert_eq!(counters.read(reading(0)).dropped, 0);
        assert_eq!(counters.read(reading(7)).dropped, 7);
        assert_eq!(counters.total().dropped, 5007);
    }
}
