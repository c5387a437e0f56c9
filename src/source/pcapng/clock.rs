//! An interface's clock: the unit and the offset of its time stamps.

use crate::model::Timestamp;
use crate::source::Resolution;

const NANOS: u64 = 1_000_000_000;

/// How to read the time stamps of an interface (`if_tsresol`, `if_tsoffset`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    unit: Unit,
    /// Seconds to be added.
    offset: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    /// So many nanoseconds.
    Nanos(u64),
    /// So many to a nanosecond.
    PerNano(u128),
    /// 2 to the power of minus so many seconds.
    Binary(u8),
}

impl Default for Clock {
    /// Microseconds since the epoch.
    fn default() -> Self {
        Self {
            unit: Unit::Nanos(1000),
            offset: 0,
        }
    }
}

impl Clock {
    /// With the unit of `if_tsresol`: a negative power of ten, or of two where the top bit is set.
    #[must_use]
    pub(super) fn with_resolution(self, resolution: u8) -> Self {
        let exponent = resolution & 0x7f;
        let unit = if resolution & 0x80 != 0 {
            Unit::Binary(exponent)
        } else if let Some(finer) = exponent.checked_sub(9) {
            // Beyond what fits, 64 bits of time stamp are less than a nanosecond.
            Unit::PerNano(10_u128.checked_pow(u32::from(finer)).unwrap_or(u128::MAX))
        } else {
            Unit::Nanos(10_u64.pow(9 - u32::from(exponent)))
        };
        Self { unit, ..self }
    }

    /// With the offset of `if_tsoffset` in seconds.
    #[must_use]
    pub(super) fn with_offset(self, offset: i64) -> Self {
        Self { offset, ..self }
    }

    /// How fine its time stamps are.
    pub(super) fn resolution(self) -> Resolution {
        match self.unit {
            Unit::Nanos(1000..) | Unit::Binary(0..=19) => Resolution::Microseconds,
            Unit::Nanos(_) | Unit::PerNano(_) | Unit::Binary(_) => Resolution::Nanoseconds,
        }
    }

    /// The time of a time stamp.
    #[inline]
    pub(super) fn at(self, stamp: u64) -> Timestamp {
        let nanos = match self.unit {
            // 64 bits of time stamp and at most 30 of unit.
            Unit::Nanos(nanos) => u128::from(stamp) * u128::from(nanos),
            Unit::PerNano(count) => u128::from(stamp) / count,
            Unit::Binary(exponent) => (u128::from(stamp) * u128::from(NANOS)) >> exponent,
        };
        let nanos = i128::try_from(nanos).unwrap_or(i128::MAX);
        Timestamp::from_nanos_wide(
            nanos.saturating_add(i128::from(self.offset) * i128::from(NANOS)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_of_ten_and_of_two() {
        let at = |resolution, stamp| Clock::default().with_resolution(resolution).at(stamp);
        assert_eq!(Clock::default().at(1), Timestamp::from_nanos(1000));
        assert_eq!(at(0, 3), Timestamp::from_parts(3, 0));
        assert_eq!(at(3, 1_500), Timestamp::from_parts(1, 500_000_000));
        assert_eq!(at(9, 7), Timestamp::from_nanos(7));
        assert_eq!(at(12, 7_999), Timestamp::from_nanos(7));
        assert_eq!(at(0x80, 2), Timestamp::from_parts(2, 0));
        // 2^-20 and 2^-64 seconds.
        assert_eq!(at(0x94, 1 << 19), Timestamp::from_nanos(500_000_000));
        assert_eq!(at(0xc0, 1 << 63), Timestamp::from_nanos(500_000_000));
    }

    #[test]
    fn the_offset_counts_seconds_and_may_be_negative() {
        let clock = Clock::default().with_offset(-1);
        assert_eq!(clock.at(1_000_000), Timestamp::from_nanos(0));
        assert_eq!(clock.at(0), Timestamp::from_parts(-1, 0));
    }

    #[test]
    fn every_value_gives_a_time() {
        for resolution in 0..=u8::MAX {
            for offset in [i64::MIN, 0, i64::MAX] {
                let clock = Clock::default().with_offset(offset);
                let clock = clock.with_resolution(resolution);
                assert!(clock.at(0) <= clock.at(u64::MAX));
            }
        }
        let wild = Clock::default().with_resolution(0).at(u64::MAX);
        assert_eq!(wild, Timestamp::MAX);
    }
}
