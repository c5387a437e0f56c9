//! Ones' complement arithmetic of 16 bits (RFC 1071): what changes of words make of a checksum that is not
//! mended, and what one is off by (RFC 1624).

use std::net::IpAddr;

use crate::model::AddrPair;
use crate::wire::bytes::u8_at;
use crate::wire::checksum::internet;
use crate::wire::{Checksum, ChecksumStatus};

/// The numbers that it tells apart.
const MODULUS: u32 = 0xffff;

/// A sum of words. 0 and 0xffff are one number, here 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sum(u32);

impl Sum {
    /// Of one word, or of several that were summed up.
    pub(crate) fn of(word: u16) -> Self {
        Self(u32::from(word) % MODULUS)
    }

    /// Of the words of an address.
    pub(crate) fn of_addr(addr: IpAddr) -> Self {
        Self::of(match addr {
            IpAddr::V4(addr) => !internet(&[&addr.octets()]),
            IpAddr::V6(addr) => !internet(&[&addr.octets()]),
        })
    }

    /// Of the words of both addresses.
    pub(crate) fn of_addrs(addrs: AddrPair) -> Self {
        Self::of_addr(addrs.src()).plus(Self::of_addr(addrs.dst()))
    }

    /// How far a bad checksum is above the right one: by as much as the words that it covers rose since it
    /// was right.
    pub(crate) fn off(checksum: Checksum) -> Option<Self> {
        match (checksum.status, checksum.found) {
            (ChecksumStatus::Bad { expected }, Some(found)) => {
                Some(Self::of(found).minus(Self::of(expected)))
            }
            _ => None,
        }
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self((self.0 + other.0) % MODULUS)
    }

    pub(crate) fn minus(self, other: Self) -> Self {
        Self((self.0 + MODULUS - other.0) % MODULUS)
    }

    pub(crate) fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// What counting down the TTL of IPv4 so many times takes from it: the upper octet of its word.
    pub(crate) fn of_hops(hops: u8) -> Self {
        Self(u32::from(hops) << 8)
    }

    /// Whether it is a power of two, or lacks one: what one flipped bit makes of a sum.
    pub(super) fn is_one_bit(self) -> bool {
        self.0.is_power_of_two() || (MODULUS - self.0).is_power_of_two()
    }
}

/// The word at an even offset, as a checksum takes it: a last octet alone is its upper half.
pub(crate) fn word_at(octets: &[u8], at: usize) -> Option<u16> {
    let low = u8_at(octets, at + 1).unwrap_or(0);
    Some(u16::from_be_bytes([u8_at(octets, at)?, low]))
}
