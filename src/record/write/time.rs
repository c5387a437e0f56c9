//! Points in time and spans as text.

use std::cell::Cell;
use std::time::Duration;

use super::{decimal, nine_digits, padded, two};
use crate::model::Timestamp;

/// Nanoseconds in a second.
const SECOND: i64 = 1_000_000_000;
/// Seconds in a day.
const DAY: i64 = 86_400;

/// `YYYY-MM-DD` for a day since the epoch (proleptic Gregorian calendar).
pub fn date(out: &mut Vec<u8>, day: i64) {
    // Days are counted from 0000-03-01, so that leap days end a year; 400 years are 146,097 days.
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    padded(out, year.unsigned_abs(), 4, b'0');
    out.push(b'-');
    padded(out, month.unsigned_abs(), 2, b'0');
    out.push(b'-');
    padded(out, of_month.unsigned_abs(), 2, b'0');
}

/// `HH:MM:SS` for a second of the day, or of a span that is longer: then with as many hours.
pub fn clock(out: &mut Vec<u8>, second: u64) {
    if second >= 360_000 {
        decimal(out, second / 360_000);
    }
    out.extend_from_slice(&clock_text(second));
}

/// `HH:MM:SS` for a second of the day.
pub fn clock_text(second: u64) -> [u8; 8] {
    let mut text = *b"00:00:00";
    for (place, value) in text
        .chunks_mut(3)
        .zip([second / 3600, second / 60 % 60, second % 60])
    {
        place[..2].copy_from_slice(&two(value));
    }
    text
}

/// Seconds since the epoch and the nanoseconds beyond them, rounded towards the past.
pub fn split(ts: Timestamp) -> (i64, u64) {
    let nanos = ts.as_nanos();
    (
        nanos.div_euclid(SECOND),
        nanos.rem_euclid(SECOND).unsigned_abs(),
    )
}

/// A day since the epoch and the second of that day.
pub fn split_day(seconds: i64) -> (i64, u64) {
    (
        seconds.div_euclid(DAY),
        seconds.rem_euclid(DAY).unsigned_abs(),
    )
}

/// RFC 3339 in UTC with nanoseconds: `2025-07-26T08:25:50.469472000Z`.
pub fn rfc3339(out: &mut Vec<u8>, ts: Timestamp) {
    let (seconds, nanos) = split(ts);
    second_again(out, seconds);
    let mut text = [b'Z'; 10];
    text[..9].copy_from_slice(&nine_digits(nanos));
    out.extend_from_slice(&text);
}

/// `2025-07-26T08:25:50.`, without computing anew what is told again and again: the same second,
/// that of requests ten seconds before, that of a sender whose clock is off.
fn second_again(out: &mut Vec<u8>, seconds: i64) {
    type Known = Cell<(i64, [u8; 20])>;
    thread_local! {
        static LAST: [Known; 8] = const { [const { Cell::new((0, *b"1970-01-01T00:00:00.")) }; 8] };
    }
    let slot = (seconds.unsigned_abs() % 8) as usize;
    LAST.with(|last| {
        let (known, text) = last[slot].get();
        if known == seconds {
            out.extend_from_slice(&text);
            return;
        }
        let start = out.len();
        let (day, second) = split_day(seconds);
        date(out, day);
        out.push(b'T');
        clock(out, second);
        out.push(b'.');
        if let Some(text) = out.get(start..).and_then(|text| text.try_into().ok()) {
            last[slot].set((seconds, text));
        }
    });
}

/// Milliseconds with up to three decimals, trailing zeros left out, unit included: `0.028 ms`.
pub fn millis(out: &mut Vec<u8>, span: Duration) {
    let micros = rounded_micros(span);
    decimal(out, micros / 1000);
    let mut rest = micros % 1000;
    if rest > 0 {
        let mut width = 3;
        while rest.is_multiple_of(10) {
            rest /= 10;
            width -= 1;
        }
        out.push(b'.');
        padded(out, rest, width, b'0');
    }
    out.extend_from_slice(b" ms");
}

/// Microseconds, rounded to the nearest.
fn rounded_micros(span: Duration) -> u64 {
    u64::try_from((span.as_nanos() + 500) / 1000).unwrap_or(u64::MAX)
}

/// Milliseconds with exactly three decimals and no unit, for tables.
pub fn millis_fixed(out: &mut Vec<u8>, span: Duration) {
    let micros = rounded_micros(span);
    decimal(out, micros / 1000);
    out.push(b'.');
    padded(out, micros % 1000, 3, b'0');
}

/// A span for people, rounded: milliseconds below one second, then seconds, minutes, hours, days.
pub fn span(out: &mut Vec<u8>, span: Duration) {
    const TENTH: u128 = 100_000_000;
    let tenths = u64::try_from((span.as_nanos() + TENTH / 2) / TENTH).unwrap_or(u64::MAX);
    let seconds = tenths.saturating_add(5) / 10;
    let minutes = seconds.saturating_add(30) / 60;
    if rounded_micros(span) < 1_000_000 {
        millis(out, span);
    } else if tenths < 600 {
        decimal(out, tenths / 10);
        out.push(b'.');
        decimal(out, tenths % 10);
        out.extend_from_slice(b" s");
    } else if seconds < 3600 {
        decimal(out, seconds / 60);
        out.extend_from_slice(b" min ");
        decimal(out, seconds % 60);
        out.extend_from_slice(b" s");
    } else if minutes < 24 * 60 {
        decimal(out, minutes / 60);
        out.extend_from_slice(b" h ");
        decimal(out, minutes % 60);
        out.extend_from_slice(b" min");
    } else {
        let hours = minutes.saturating_add(30) / 60;
        decimal(out, hours / 24);
        out.extend_from_slice(b" d ");
        decimal(out, hours % 24);
        out.extend_from_slice(b" h");
    }
}

#[cfg(test)]
mod tests {
    use super::super::text;
    use super::*;

    #[test]
    fn times_are_those_of_jiff() {
        for nanos in [
            0,
            1,
            -1,
            SECOND,
            -SECOND,
            951_782_400 * SECOND,
            951_868_799 * SECOND + 5,
            1_753_518_350_469_472_000,
            i64::MAX,
            i64::MIN,
            4_102_444_799 * SECOND,
            -2_203_891_200 * SECOND,
        ] {
            let expected = jiff::Timestamp::from_nanosecond(i128::from(nanos)).unwrap();
            // Computed, and as it is known then.
            for _ in 0..2 {
                assert_eq!(
                    text(|o| rfc3339(o, Timestamp::from_nanos(nanos))),
                    format!("{expected:.9}"),
                );
            }
        }
        // Every day of 28 years around a century that is a leap year, and one that is not.
        for first in [10_000, 46_000] {
            for day in first..first + 366 * 28 {
                let expected = jiff::Timestamp::from_second(day * DAY).unwrap();
                assert_eq!(text(|o| date(o, day)), expected.strftime("%F").to_string());
            }
        }
    }

    #[test]
    fn clocks_have_as_many_hours_as_there_are() {
        for (second, expected) in [
            (0, "00:00:00"),
            (86_399, "23:59:59"),
            (359_999, "99:59:59"),
            (360_000, "100:00:00"),
            (4_294_967, "1193:02:47"),
        ] {
            let mut out = Vec::new();
            clock(&mut out, second);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }

    #[test]
    fn spans_are_rounded_and_trimmed() {
        let ns = Duration::from_nanos;
        assert_eq!(text(|o| millis(o, ns(28_000))), "0.028 ms");
        assert_eq!(text(|o| millis(o, ns(270_000))), "0.27 ms");
        assert_eq!(text(|o| millis(o, ns(1_000_000))), "1 ms");
        assert_eq!(text(|o| millis(o, ns(10_499))), "0.01 ms");
        assert_eq!(text(|o| millis(o, ns(499))), "0 ms");
        assert_eq!(
            text(|o| millis(o, Duration::new(12, 5_000_000))),
            "12005 ms"
        );
        assert_eq!(text(|o| millis_fixed(o, ns(28_000))), "0.028");
        assert_eq!(text(|o| millis_fixed(o, Duration::new(1, 0))), "1000.000");
        assert_eq!(text(|o| span(o, Duration::new(12, 350_000_000))), "12.4 s");
        assert_eq!(text(|o| span(o, ns(999_999_499))), "999.999 ms");
        assert_eq!(text(|o| span(o, ns(999_999_500))), "1.0 s");
        assert_eq!(text(|o| span(o, ns(59_949_999_999))), "59.9 s");
        assert_eq!(text(|o| span(o, ns(59_950_000_000))), "1 min 0 s");
        assert_eq!(
            text(|o| span(o, Duration::new(3599, 500_000_000))),
            "1 h 0 min"
        );
        assert_eq!(text(|o| span(o, Duration::from_secs(125))), "2 min 5 s");
        assert_eq!(text(|o| span(o, Duration::from_secs(7300))), "2 h 2 min");
        for (seconds, expected) in [
            (86_369, "23 h 59 min"),
            (86_370, "1 d 0 h"),
            (2 * 86_400 - 1800, "2 d 0 h"),
            (2 * 86_400 + 5 * 3600, "2 d 5 h"),
        ] {
            assert_eq!(text(|o| span(o, Duration::from_secs(seconds))), expected);
        }
        millis(&mut Vec::new(), Duration::MAX);
        span(&mut Vec::new(), Duration::MAX);
    }
}
