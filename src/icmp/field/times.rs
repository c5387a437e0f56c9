//! Times as numbers of fixed point, or with an exponent.

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

/// Ten bits in milliseconds, times two to the power of the six bits before them.
pub(super) fn uptime(bits: u64) -> Option<u64> {
    (bits & 0x3ff).checked_mul(1 << (bits >> 10 & 0x3f))
}

/// Nanoseconds of a number of attoseconds that is shifted left by `scale` bits; `None` of too many, and of
/// less than one that is not zero.
pub(super) fn attoseconds(count: u64, scale: u8) -> Option<u64> {
    const NANOSECOND: u128 = 1_000_000_000;
    let count = u128::from(count);
    if count == 0 {
        return Some(0);
    }
    let shifted = count.checked_mul(1_u128.checked_shl(scale.into())?)?;
    u64::try_from(shifted / NANOSECOND)
        .ok()
        .filter(|&nanos| nanos > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attoseconds_as_nanoseconds() {
        // RFC 8250 appendix B.1: what 39,838 us and 32,311,072 us come to.
        assert_eq!(attoseconds(0x8d88, 40), Some(39_837_505));
        assert_eq!(attoseconds(0xe033, 49), Some(32_310_512_576));
        assert_eq!(attoseconds(0, 255), Some(0));
        assert_eq!(attoseconds(1, 0), None);
        assert_eq!(attoseconds(999, 20), Some(1));
        assert_eq!(attoseconds(0xffff, 77), Some(9_903_369_198_555_590_370));
        for scale in 78..=u8::MAX {
            assert_eq!(attoseconds(0xffff, scale), None);
        }
    }
}
