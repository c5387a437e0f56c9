//! Why the checksum of an IPv4 header may be bad.

use std::net::IpAddr;

use super::arithmetic::Sum;
use super::quoted::tells_translation;
use super::{ChecksumCause, QuotedBy, of_way};
use crate::icmp::Quote;
use crate::model::AddrPair;
use crate::wire::{ChecksumStatus, Ip, header_checksum};

/// The cause that explains the bad checksum of an IPv4 header, if one does; what it carries quotes `quote`.
pub fn of_header(ip: &Ip<'_>, quote: Option<&Quote<'_>>) -> Option<ChecksumCause> {
    // An error goes to whom the quoted packet came from, and may come from where that went.
    let before = quote.map(|quote| quote.ip.addrs.reversed());
    explained(ip, before, ChecksumCause::OldAddress)
}

/// The same of the header of a packet that is quoted `by` an error.
pub fn of_quoted_header(ip: &Ip<'_>, by: Option<QuotedBy>) -> Option<ChecksumCause> {
    let before = by.map(|by| by.addrs.reversed());
    let proven = by.and_then(|by| by.proven.quoted_header);
    proven.or_else(|| explained(ip, before, |_| ChecksumCause::Translated))
}

/// `before` has the addresses that it may have had in place of one of its own.
fn explained(
    ip: &Ip<'_>,
    before: Option<AddrPair>,
    translated: fn(IpAddr) -> ChecksumCause,
) -> Option<ChecksumCause> {
    let checksum = header_checksum(ip)?;
    let (ChecksumStatus::Bad { expected }, Some(found)) = (checksum.status, checksum.found) else {
        return None;
    };
    if found == 0 {
        return Some(ChecksumCause::NotFilledIn);
    }
    if let Some(cause) = of_way(found, expected) {
        return Some(cause);
    }
    if tells_translation(ip) {
        return Some(ChecksumCause::Translated);
    }
    let off = Sum::off(checksum)?;
    // Whether `off` is what counting the TTL down so many times leaves.
    let is_counted = |off: Sum, hops: u8| {
        let before = ip.hop_limit().and_then(|ttl| ttl.checked_add(hops));
        before.is_some() && off == Sum::default().minus(Sum::of_hops(hops))
    };
    let other = if is_counted(off, 1) {
        Some(ChecksumCause::OldTtl)
    } else {
        let is_bit = off.is_one_bit() && !(1..8).any(|bit| is_counted(off, 1 << bit));
        is_bit.then_some(ChecksumCause::FlippedBit)
    };
    let old = before.and_then(|before| {
        let ends = [(before.src(), ip.src()), (before.dst(), ip.dst())];
        ends.into_iter().find(|&(was, is)| {
            let by = Sum::of_addr(is).minus(Sum::of_addr(was));
            // The TTL may have been counted down with it.
            !by.is_zero() && (off == by || is_counted(off.minus(by), 1))
        })
    });
    // Of two that explain it neither is proven.
    old.map(|(was, _)| translated(was)).xor(other)
}
