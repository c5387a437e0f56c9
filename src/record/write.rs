//! Text made of numbers, addresses and times, appended to a reused buffer.
//!
//! Both sinks format one record per captured message, so nothing here allocates beyond the
//! buffer's growth or goes through `core::fmt`.

mod time;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub use self::time::{
    clock, clock_text, date, millis, millis_fixed, rfc3339, span, split, split_day,
};

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

/// What a number is called, and its decimal digits.
pub fn number(out: &mut Vec<u8>, label: &[u8], value: u64) {
    out.extend_from_slice(label);
    decimal(out, value);
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
}
