//! Addresses and SPIs of which some digits may be any, as in Wireshark's table `esp_sa`.

use std::net::{IpAddr, Ipv6Addr};

use super::association::{End, Masked};
use super::line::number_in;

/// Stands for any digit, or any part of an address.
const ANY: char = '*';

impl Masked<u32> {
    pub(super) const fn of(number: u32) -> Self {
        let mask = u32::MAX;
        Self { number, mask }
    }

    /// The number that it takes, if it is one alone.
    pub(super) fn only(self) -> Option<u32> {
        (self.mask == u32::MAX).then_some(self.number)
    }
}

/// An address alone.
pub(super) fn of_addr(addr: IpAddr) -> End {
    within(addr, u8::MAX)
}

/// Those that begin with so many bits of this one.
fn within(addr: IpAddr, bits: u8) -> End {
    let bits = u32::from(bits);
    match addr {
        IpAddr::V4(addr) => End::V4(Masked {
            number: addr.to_bits(),
            mask: !u32::MAX.checked_shr(bits).unwrap_or(0),
        }),
        IpAddr::V6(addr) => End::V6(Masked {
            number: addr.to_bits(),
            mask: !u128::MAX.checked_shr(bits).unwrap_or(0),
        }),
    }
}

/// An address, with the length of a prefix perhaps, or with parts that may be any.
pub(super) fn end(text: &[u8]) -> Option<End> {
    let text = str::from_utf8(text).ok()?;
    if text == "*" {
        return Some(End::Any);
    }
    match text.split_once('/') {
        Some((addr, bits)) => Some(within(addr.parse().ok()?, bits.parse().ok()?)),
        None if text.contains(':') => end_v6(text).map(End::V6),
        None => end_v4(text).map(End::V4),
    }
}

fn end_v4(text: &str) -> Option<Masked<u32>> {
    let parts: Vec<_> = text.split('.').collect();
    let parts: [&str; 4] = parts.try_into().ok()?;
    let mask = parts.map(|part| if part == "*" { 0 } else { u8::MAX });
    let addr: std::net::Ipv4Addr = parts
        .map(|part| if part == "*" { "0" } else { part })
        .join(".")
        .parse()
        .ok()?;
    Some(Masked {
        number: addr.to_bits(),
        mask: u32::from_be_bytes(mask),
    })
}

fn end_v6(text: &str) -> Option<Masked<u128>> {
    let addr: Ipv6Addr = text.replace(ANY, "0").parse().ok()?;
    let mut mask = [u16::MAX; 8];
    let (left, right) = text.split_once("::").unwrap_or((text, ""));
    for (mask, part) in mask.iter_mut().zip(left.split(':')) {
        *mask = mask_of(part);
    }
    for (mask, part) in mask.iter_mut().rev().zip(right.rsplit(':')) {
        *mask &= mask_of(part);
    }
    Some(Masked {
        number: addr.to_bits(),
        mask: Ipv6Addr::from(mask).to_bits(),
    })
}

/// The mask of a part of an address of IPv6: of all of it where all of it may be any.
fn mask_of(part: &str) -> u16 {
    match part {
        "*" => 0,
        digits => u16::try_from(digits_known(digits) & 0xffff).unwrap_or(u16::MAX),
    }
}

/// The bits of a hexadecimal number that are told.
fn digits_known(digits: &str) -> u32 {
    digits.chars().fold(u32::MAX, |mask, digit| {
        mask << 4 | if digit == ANY { 0 } else { 0xf }
    })
}

/// An SPI, or with digits that may be any.
pub(super) fn spi(text: &[u8]) -> Option<Masked<u32>> {
    let text = str::from_utf8(text).ok()?;
    if text == "*" {
        return Some(Masked { number: 0, mask: 0 });
    }
    let number = number_in(text.replace(ANY, "0").as_bytes())?;
    let mask = digits_known(text.strip_prefix("0x").unwrap_or_default());
    let is_decimal = !text.starts_with("0x") && text.contains(ANY);
    (!is_decimal).then_some(Masked { number, mask })
}
