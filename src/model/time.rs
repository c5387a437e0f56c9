//! Capture time: nanoseconds since the Unix epoch, with differences that cannot wrap.

use std::time::Duration;

/// A point in capture time, in nanoseconds since 1970-01-01 00:00:00 UTC.
///
/// It covers the years 1677 to 2262; what a file claims beyond that saturates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The earliest time that can be told.
    pub const MIN: Self = Self(i64::MIN);
    /// The latest time that can be told.
    pub const MAX: Self = Self(i64::MAX);

    /// From nanoseconds since the epoch.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// From nanoseconds since the epoch, saturating beyond the years 1677 and 2262.
    pub fn from_nanos_wide(nanos: i128) -> Self {
        Self(i64::try_from(nanos).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX }))
    }

    /// From seconds and nanoseconds since the epoch; a fraction over one second carries.
    pub fn from_parts(seconds: i64, nanos: u32) -> Self {
        match seconds.checked_mul(1_000_000_000) {
            Some(whole) => Self(whole.saturating_add(i64::from(nanos))),
            None => Self(if seconds < 0 { i64::MIN } else { i64::MAX }),
        }
    }

    /// Nanoseconds since the epoch.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// Whether it tells a time: formats without leave zero, and some cannot be told.
    pub const fn is_told(self) -> bool {
        !matches!(self.0, 0 | i64::MIN | i64::MAX)
    }

    /// The time passed since `earlier`, or `None` where time went backwards, and between two stamps
    /// that tell no time: the zero that formats without time leave, or beyond what can be told.
    pub fn since(self, earlier: Self) -> Option<Duration> {
        if self == earlier && !self.is_told() {
            return None;
        }
        let nanos = i128::from(self.0) - i128::from(earlier.0);
        // The widest difference of two i64 fits in 65 bits unsigned: it saturates at u64::MAX.
        (nanos >= 0).then(|| Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)))
    }

    /// The time between the two, whichever came first; `None` as for [`Self::since`].
    pub fn apart(self, other: Self) -> Option<Duration> {
        self.since(other).or_else(|| other.since(self))
    }

    /// This time plus `span`, saturating.
    #[must_use]
    pub fn after(self, span: Duration) -> Self {
        let nanos = i64::try_from(span.as_nanos()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(nanos))
    }

    /// This time minus `span`, saturating.
    #[must_use]
    pub fn before(self, span: Duration) -> Self {
        let nanos = i64::try_from(span.as_nanos()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(nanos))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_never_wrap_and_never_go_negative() {
        assert_eq!(Timestamp::MIN.since(Timestamp::MAX), None);
        assert_eq!(
            Timestamp::MAX.since(Timestamp::MIN),
            Some(Duration::from_nanos(u64::MAX))
        );
        let t = Timestamp::from_parts(10, 5);
        assert_eq!(
            t.since(Timestamp::from_parts(9, 0)),
            Some(Duration::new(1, 5))
        );
        assert_eq!(Timestamp::from_parts(9, 0).since(t), None);
        assert_eq!(t.since(t), Some(Duration::ZERO));
    }

    #[test]
    fn between_stamps_that_tell_no_time_nothing_is_known() {
        for untold in [Timestamp::default(), Timestamp::MIN, Timestamp::MAX] {
            assert_eq!(untold.since(untold), None);
        }
        let first = Timestamp::from_nanos(1);
        assert_eq!(
            first.since(Timestamp::default()),
            Some(Duration::from_nanos(1))
        );
    }

    #[test]
    fn what_lies_beyond_saturates() {
        assert_eq!(Timestamp::from_parts(i64::MAX, 0), Timestamp::MAX);
        assert_eq!(Timestamp::from_parts(i64::MIN, 0), Timestamp::MIN);
        assert_eq!(Timestamp::from_nanos_wide(i128::MAX), Timestamp::MAX);
        assert_eq!(Timestamp::MAX.after(Duration::MAX), Timestamp::MAX);
    }
}
