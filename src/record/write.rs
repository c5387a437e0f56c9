//! Text made of numbers, addresses and times, appended to a reused buffer.
//!
//! Both sinks format one record per captured message, so nothing here allocates beyond the
//! buffer's growth or goes through `core::fmt`.

use std::cell::Cell;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use crate::model::Timestamp;

/// Nanoseconds in a second.
const SECOND: i64 = 1_000_000_000;
/// Seconds in a day.
const DAY: i64 = 86_400;

/// Decimal digits of `value`.
#[inline]
#[allow(clippy::cast_possible_truncation)] // of a digit
pub fn decimal(out: &mut Vec<u8>, value: u64) {
    match value {
        ..10 => out.push(b'0' + value as u8),
        10..EIGHT_DIGITS => without_zeros(out, eight(value)),
        EIGHT_DIGITS.. => large(out, value),
    }
}

#[cold]
fn large(out: &mut Vec<u8>, value: u64) {
    decimal(out, value / EIGHT_DIGITS);
    out.extend_from_slice(&text_of(eight(value)));
}

/// The digits, not all of which are 0, from the first on that is not.
fn without_zeros(out: &mut Vec<u8>, digits: u64) {
    let zeros = digits.trailing_zeros() / 8;
    // Eight octets are copied at once, and those too many taken off again.
    out.extend_from_slice(&text_of(digits >> (8 * zeros)));
    out.truncate(out.len() - zeros as usize);
}

/// What has more than eight decimal digits.
const EIGHT_DIGITS: u64 = 100_000_000;

/// The last eight decimal digits of `value`, one in each octet, the first in the lowest.
#[inline]
fn eight(value: u64) -> u64 {
    // Both halves, then all four quarters, then all eight digits at once. To multiply by the
    // inverse divides exactly: by 100 below 10,000 with 20 bits, by 10 below 100 with 10 bits.
    let value = value % EIGHT_DIGITS;
    let halves = (value / 10_000) | ((value % 10_000) << 32);
    let hundreds = (halves * 10_486) >> 20 & 0x7f_0000_007f;
    let quarters = hundreds | (halves - 100 * hundreds) << 16;
    let tens = (quarters * 103) >> 10 & 0x0f_000f_000f_000f;
    tens | (quarters - 10 * tens) << 8
}

/// Digits as text.
#[inline]
fn text_of(digits: u64) -> [u8; 8] {
    (digits | u64::from_ne_bytes([b'0'; 8])).to_le_bytes()
}

/// The last two digits of `value`.
fn two(value: u64) -> [u8; 2] {
    let [.., tens, ones] = text_of(eight(value));
    [tens, ones]
}

/// The last six digits of `value`: microseconds.
pub fn six(out: &mut Vec<u8>, value: u64) {
    let [_, _, six @ ..] = text_of(eight(value));
    out.extend_from_slice(&six);
}

/// The last nine digits of `value`: nanoseconds.
pub fn nine(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(&nine_digits(value));
}

#[allow(clippy::cast_possible_truncation)] // of a digit
fn nine_digits(value: u64) -> [u8; 9] {
    let mut text = [b'0' + (value / EIGHT_DIGITS % 10) as u8; 9];
    text[1..].copy_from_slice(&text_of(eight(value)));
    text
}

/// Decimal digits of `value`, filled up on the left with `fill` to `width`.
pub fn padded(out: &mut Vec<u8>, value: u64, width: usize, fill: u8) {
    let digits = value.checked_ilog10().map_or(1, |log| log as usize + 1);
    for _ in digits..width {
        out.push(fill);
    }
    decimal(out, value);
}

/// Hexadecimal digits of `value` without leading zeros, but at least `width` of them.
#[allow(clippy::cast_possible_truncation)] // the lower half
pub fn hex(out: &mut Vec<u8>, value: u64, width: u32) {
    let digits = eight_hex(value as u32);
    if value >> 32 > 0 || width > 8 {
        hex(out, value >> 32, width.saturating_sub(8));
        out.extend_from_slice(&digits.to_le_bytes());
        return;
    }
    let significant = (u64::BITS - value.leading_zeros()).div_ceil(4);
    let count = significant.max(width).clamp(1, 8);
    out.extend_from_slice(&(digits >> (8 * (8 - count))).to_le_bytes());
    out.truncate(out.len() - 8 + count as usize);
}

/// The eight hexadecimal digits of `value`, the first in the lowest octet.
fn eight_hex(value: u32) -> u64 {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    let octets = u64::from(value.swap_bytes());
    let pairs = (octets | octets << 16) & 0xffff_0000_ffff;
    let quarters = (pairs | pairs << 8) & 0xff_00ff_00ff_00ff;
    let digits = (quarters >> 4 | quarters << 8) & (0xf * ONES);
    // Those beyond 9 are letters.
    let letters = (digits + 6 * ONES) >> 4 & ONES;
    digits + u64::from(b'0') * ONES + u64::from(b'a' - b'0' - 10) * letters
}

/// The octets in hexadecimal, `separator` between any two.
pub fn hex_octets(out: &mut Vec<u8>, octets: &[u8], separator: &[u8]) {
    for (i, octet) in octets.iter().enumerate() {
        if i > 0 {
            out.extend_from_slice(separator);
        }
        hex(out, u64::from(*octet), 2);
    }
}

/// An address as people write it: dotted quad, or RFC 5952.
pub fn ip(out: &mut Vec<u8>, addr: IpAddr) {
    match addr {
        IpAddr::V4(addr) => ipv4(out, addr),
        IpAddr::V6(addr) => ipv6(out, addr),
    }
}

/// A dotted quad.
pub fn ipv4(out: &mut Vec<u8>, addr: Ipv4Addr) {
    /// Each octet with a dot behind it; what stands behind that dot is to be written over.
    const DOTTED: [[u8; 4]; 256] = {
        let mut dotted = [[b'.'; 4]; 256];
        let mut octet = 0_u8;
        loop {
            let (tens, ones) = (b'0' + octet / 10 % 10, b'0' + octet % 10);
            dotted[octet as usize] = match octet {
                0..10 => [ones, b'.', b'.', b'.'],
                10..100 => [tens, ones, b'.', b'.'],
                _ => [b'0' + octet / 100, tens, ones, b'.'],
            };
            if octet == u8::MAX {
                break dotted;
            }
            octet += 1;
        }
    };
    let mut text = [0; 16];
    let mut end = 0;
    for octet in addr.octets() {
        if let Some(place) = text.get_mut(end..end + 4) {
            place.copy_from_slice(&DOTTED[usize::from(octet)]);
        }
        end += 2 + usize::from(octet >= 10) + usize::from(octet >= 100);
    }
    // Without the dot behind the last.
    out.extend_from_slice(&text);
    out.truncate(out.len() - text.len() + end - 1);
}

/// The text of an IPv6 address by RFC 5952: the longest run of two or more zero groups (the first
/// of equals) becomes `::`, and an IPv4-mapped address ends in a dotted quad.
pub fn ipv6(out: &mut Vec<u8>, addr: Ipv6Addr) {
    let groups = addr.segments();
    if let Some(mapped) = addr.to_ipv4_mapped() {
        out.extend_from_slice(b"::ffff:");
        ipv4(out, mapped);
        return;
    }
    let (mut start, mut len) = (8, 1);
    let mut i = 0;
    while i < 8 {
        let run = groups[i..].iter().take_while(|g| **g == 0).count();
        if run > len {
            (start, len) = (i, run);
        }
        i += run.max(1);
    }
    let mut i = 0;
    while i < 8 {
        if i == start {
            out.extend_from_slice(b"::");
            i += len;
            continue;
        }
        if i > 0 && i != start + len {
            out.push(b':');
        }
        hex(out, u64::from(groups[i]), 1);
        i += 1;
    }
}

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

/// What one of these writers writes.
#[cfg(test)]
pub(crate) fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8(out).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_those_of_the_standard_library() {
        for n in (0..1200).chain([u64::MAX, u64::MAX - 1, 1 << 32, 10_u64.pow(19), 999_999]) {
            assert_eq!(text(|o| decimal(o, n)), n.to_string());
            assert_eq!(text(|o| padded(o, n, 6, b'0')), format!("{n:06}"));
            assert_eq!(text(|o| six(o, n)), format!("{:06}", n % 1_000_000));
            assert_eq!(text(|o| nine(o, n)), format!("{:09}", n % 1_000_000_000));
            assert_eq!(text(|o| padded(o, n, 5, b' ')), format!("{n:5}"));
            assert_eq!(text(|o| hex(o, n, 1)), format!("{n:x}"));
            assert_eq!(text(|o| hex(o, n, 8)), format!("{n:08x}"));
        }
        assert_eq!(text(|o| hex(o, 1, 20)), format!("{:020x}", 1));
    }

    #[test]
    fn addresses_are_those_of_the_standard_library() {
        for text_form in [
            "0.0.0.0",
            "255.255.255.255",
            "10.9.1.100",
            "1.22.203.9",
            "::",
            "::1",
            "1::",
            "fe80::1",
            "2001:db8::1:0:0:1",
            "2001:db8:0:1:1:1:1:1",
            "2001:0:0:1::1",
            "1:0:0:2:0:0:0:3",
            "0:0:1::",
            "1:2:3:4:5:6:7:8",
            "ff02::1:ff00:42",
            "::ffff:192.0.2.1",
            "64:ff9b::c000:201",
            "0:1:0:1:0:1:0:1",
            "1:0:1:0:1:0:1:0",
            "::1:0:0:0:0",
            "0:0:0:1:0:0:0:1",
        ] {
            let addr: IpAddr = text_form.parse().unwrap();
            assert_eq!(text(|o| ip(o, addr)), addr.to_string());
        }
        for bits in 0..=255_u16 {
            let groups = std::array::from_fn::<u16, 8, _>(|i| (bits >> i & 1) * 0xa0b);
            let addr = Ipv6Addr::from(groups);
            if addr.to_ipv4().is_none() {
                assert_eq!(text(|o| ipv6(o, addr)), addr.to_string(), "{groups:x?}");
            }
        }
    }

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
