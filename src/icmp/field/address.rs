//! Addresses of which octets were left out.

use std::net::{Ipv4Addr, Ipv6Addr};

/// An address whose last octets were left out because they are zero.
pub(in crate::icmp) fn prefix(octets: &[u8]) -> Ipv6Addr {
    let mut address = [0; 16];
    for (to, from) in address.iter_mut().zip(octets) {
        *to = *from;
    }
    address.into()
}

/// The same of IPv4.
pub(super) fn prefix_v4(octets: &[u8]) -> Ipv4Addr {
    let [a, b, c, d, ..] = prefix(octets).octets();
    Ipv4Addr::from([a, b, c, d])
}

/// An address whose last octets are these, and the others those of `other`.
pub(super) fn suffix(other: Ipv6Addr, octets: &[u8]) -> Ipv6Addr {
    let mut address = other.octets();
    for (to, from) in address.iter_mut().rev().zip(octets.iter().rev()) {
        *to = *from;
    }
    address.into()
}
