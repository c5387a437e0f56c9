//! Why the checksum of what a quoted packet carries, or a tunnel's, may be bad.

use super::arithmetic::Sum;
use super::{ChecksumCause, QuotedBy, is_old_ttl, of, of_way};
use crate::icmp::Message;
use crate::model::AddrPair;
use crate::wire::checksum::{pseudo_header_sum, upper_checksum};
use crate::wire::ip::{header_checksum, protocol};
use crate::wire::{Checksum, ChecksumStatus, Ip, IpVersion};

/// The cause that explains a bad checksum of the TCP, UDP or ICMP right behind the headers of `ip`, if one
/// does; `by` is the error that quotes it.
pub fn of_quoted(checksum: Checksum, ip: &Ip<'_>, by: Option<QuotedBy>) -> Option<ChecksumCause> {
    let (ChecksumStatus::Bad { expected }, Some(found)) = (checksum.status, checksum.found) else {
        return None;
    };
    if let Some(proven) = by.and_then(|by| by.proven.quoted) {
        return Some(proven);
    }
    let error = by.map(|by| by.addrs);
    let own = match ip.protocol {
        protocol::TCP | protocol::UDP if found == pseudo_header_sum(ip)? => {
            Some(ChecksumCause::Offload)
        }
        // UDP has none then (RFC 768).
        protocol::TCP | protocol::UDP if found == 0 => Some(ChecksumCause::NotFilledIn),
        protocol::TCP | protocol::UDP => of_next_address(checksum, ip)
            .or_else(|| of_way(found, expected))
            .or_else(|| of_translation(checksum, ip, error)),
        protocol::ICMP | protocol::IPV6_ICMP => of_message(checksum, ip, error),
        _ => None,
    };
    own.or_else(|| of_error(checksum, ip, by?.checksum))
}

/// Whether the checksum, or the partial sum in its place, is right for the destination in the header, where
/// a route leads on from that.
fn of_next_address(checksum: Checksum, ip: &Ip<'_>) -> Option<ChecksumCause> {
    let [next, last] = [ip.dst(), ip.ends().dst()].map(Sum::of_addr);
    let by = last.minus(next);
    if by.is_zero() {
        None
    } else if Sum::off(checksum)? == by {
        Some(ChecksumCause::NoRoutingHeader)
    } else {
        let partial = Sum::of(pseudo_header_sum(ip)?);
        (partial.minus(Sum::of(checksum.found?)) == by).then_some(ChecksumCause::Offload)
    }
}

/// Whether that of the error is off by as much: what both cover was changed since it was made.
fn of_error(checksum: Checksum, ip: &Ip<'_>, error: Checksum) -> Option<ChecksumCause> {
    let off = Sum::off(checksum).filter(|off| Sum::off(error) == Some(*off))?;
    let header = header_checksum(ip).and_then(Sum::off);
    Some(if off.is_one_bit() {
        ChecksumCause::FlippedBit
    } else if header.is_some_and(|header| !is_old_ttl(header)) {
        ChecksumCause::QuoteRewritten
    } else {
        ChecksumCause::QuoteAltered
    })
}

/// The message covers addresses as TCP does where it is of IPv6.
fn of_message(checksum: Checksum, ip: &Ip<'_>, error: Option<AddrPair>) -> Option<ChecksumCause> {
    let own = of(ip, &Message::parse(ip));
    let translated = match ip.version {
        IpVersion::V6 if ip.protocol == protocol::IPV6_ICMP => of_translation(checksum, ip, error),
        _ => None,
    };
    match own {
        // Of two that explain it neither is proven.
        Some(ChecksumCause::FlippedBit) => own.xor(translated),
        own => own.or(translated),
    }
}

/// Whether the checksum, or the partial sum in its place, is right with another address.
fn of_translation(
    checksum: Checksum,
    ip: &Ip<'_>,
    error: Option<AddrPair>,
) -> Option<ChecksumCause> {
    let partial = Sum::of(pseudo_header_sum(ip)?);
    let header = header_checksum(ip).and_then(Sum::off);
    // An error goes to whom the quoted packet came from, and may come from where that went.
    let ends = error.map(|error| {
        let from = AddrPair::new(error.dst(), ip.dst());
        [from, ip.addrs.with_dst(error.src())]
    });
    let of_ends = ends.into_iter().flatten().filter_map(|addrs| {
        let mut before = *ip;
        before.addrs = addrs;
        Some(partial.minus(Sum::of(pseudo_header_sum(&before)?)))
    });
    let by_full = Sum::off(checksum)?;
    let by_partial = partial.minus(Sum::of(checksum.found?));
    let mut by_addresses = (header.into_iter().chain(of_ends)).filter(|by| !by.is_zero());
    by_addresses.find_map(|by| {
        if by == by_full {
            Some(ChecksumCause::Translated)
        } else if by == by_partial {
            Some(ChecksumCause::OffloadTranslated)
        } else {
            None
        }
    })
}

/// Whether the TCP or UDP behind an IPv4 header tells that an address in it was translated.
pub(super) fn tells_translation(ip: &Ip<'_>) -> bool {
    if !matches!(ip.protocol, protocol::TCP | protocol::UDP) {
        return false;
    }
    let cause = upper_checksum(ip).and_then(|sum| of_quoted(sum, ip, None));
    matches!(
        cause,
        Some(ChecksumCause::Translated | ChecksumCause::OffloadTranslated)
    )
}
