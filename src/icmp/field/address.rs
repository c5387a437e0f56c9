//! Addresses of which octets were left out.

use std::net::Ipv6Addr;

/// An address whose last octets were left out because they are zero.
pub(in crate::icmp) fn prefix(octets: &[u8]) -> Ipv6Addr {
    let mut address = [0; 16];
    for (to, from) in address.iter_mut().zip(octets) {
        *to = *from;
    }
    address.into()
}

/// The significant bits of a NAT64 prefix by the low three bits of `code` (RFC 8781 section 4);
/// `None` for those that are reserved.
pub(in crate::icmp) fn pref64_length(code: u8) -> Option<u8> {
    const LENGTHS: [u8; 6] = [96, 64, 56, 48, 40, 32];
    LENGTHS.get(usize::from(code & 7)).copied()
}

/// Octets of a NAT64 prefix.
pub(in crate::icmp) const PREF64: usize = 12;

/// A NAT64 prefix as far as its length, told by `code`, reaches; all of it where that is reserved.
pub(in crate::icmp) fn pref64(code: u8, octets: &[u8]) -> Ipv6Addr {
    let bits = prefix(octets).to_bits();
    let length = pref64_length(code).unwrap_or(128);
    let beyond = u128::MAX.checked_shr(length.into()).unwrap_or(0);
    Ipv6Addr::from_bits(bits & !beyond)
}

/// An address whose last octets are these, and the others those of `other`.
pub(super) fn suffix(other: Ipv6Addr, octets: &[u8]) -> Ipv6Addr {
    let mut address = other.octets();
    for (to, from) in address.iter_mut().rev().zip(octets.iter().rev()) {
        *to = *from;
    }
    address.into()
}
