//! Times as numbers of fixed point.

use super::number;
use crate::model::Timestamp;

/// `None` of zero.
pub(super) fn ntp_time(fixed: u64) -> Option<Timestamp> {
    /// From 1900 to 1970, and from there to 2036, in seconds.
    const UNIX: i64 = 2_208_988_800;
    const SECOND_ERA: i64 = 2_085_978_496;
    let seconds = i64::try_from(fixed >> 32).ok()?;
    let nanos = u32::try_from(((fixed & 0xffff_ffff) * 1_000_000_000) >> 32).ok()?;
    let since_1970 = if fixed >> 63 == 0 {
        seconds + SECOND_ERA
    } else {
        seconds - UNIX
    };
    (fixed != 0).then(|| Timestamp::from_parts(since_1970, nanos))
}

/// `None` of a time that nanoseconds in 64 bits do not reach.
pub(super) fn time(octets: &[u8]) -> Option<Timestamp> {
    const SECOND: u64 = 1_000_000_000;
    let fixed = number(octets);
    let (seconds, fraction) = (fixed >> 16, fixed & 0xffff);
    let nanos = seconds
        .checked_mul(SECOND)?
        .checked_add((fraction * SECOND) >> 16)?;
    Some(Timestamp::from_nanos(i64::try_from(nanos).ok()?))
}
