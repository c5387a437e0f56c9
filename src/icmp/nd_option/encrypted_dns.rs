//! What an encrypted DNS option must not hold (RFC 9463 sections 3.1.8, 6.1 and 6.2).

use std::net::Ipv6Addr;

use super::fault::{LONGER_PART, Tell, names};
use crate::icmp::svc_param;
use crate::wire::bytes::u16_at;

/// Octets before the length of the name, and of each length.
const FIRST: usize = 8;
const LENGTH: usize = 2;
/// Octets of an address.
const ADDRESS: usize = 16;

/// Tells what is wrong with the name, the addresses and the parameters, each behind its length.
pub(super) fn faults(option: &[u8], tell: Tell<'_>) {
    let mut at = FIRST;
    let mut parts = [&[][..]; 3];
    for part in &mut parts {
        // Where the name stands alone nothing need follow it.
        let Some(length) = u16_at(option, at).map(usize::from) else {
            break;
        };
        at += LENGTH;
        let Some(octets) = option.get(at..at + length) else {
            return tell(at - LENGTH, LONGER_PART);
        };
        *part = octets;
        at += length;
    }
    let [name, addresses, parameters] = parts;
    if name.is_empty() {
        tell(FIRST, "no name");
    }
    names(name, FIRST + LENGTH, tell);
    let at = FIRST + LENGTH + name.len();
    self::addresses(addresses, at, tell);
    if parameters.is_empty() {
        return;
    }
    if addresses.is_empty() {
        tell(at, "parameters without an address");
    }
    let at = at + LENGTH + addresses.len() + LENGTH;
    if let Some((offset, rule)) = svc_param::fault(parameters) {
        tell(at + offset, rule);
    }
    if svc_param::items(parameters).any(|item| item.number.is_some_and(svc_param::is_hint)) {
        tell(at, "address hint among the parameters");
    }
}

/// Addresses behind their length, which is at `at`.
fn addresses(octets: &[u8], at: usize, tell: Tell<'_>) {
    let whole = octets.chunks_exact(ADDRESS);
    if !whole.remainder().is_empty() {
        tell(at, "length of the addresses no multiple of 16");
    }
    let mut all = whole.filter_map(|octets| <[u8; ADDRESS]>::try_from(octets).ok());
    let unusable = all.position(|octets| {
        let address = Ipv6Addr::from(octets);
        address.is_multicast() || address.is_loopback()
    });
    if let Some(n) = unusable {
        tell(
            at + LENGTH + n * ADDRESS,
            "address is multicast or loopback",
        );
    }
}
