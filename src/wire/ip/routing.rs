//! IPv6 routing headers: where they still lead to, and what contradicts itself in them.

use std::net::{IpAddr, Ipv6Addr};

use super::Ip;
use super::behind::{IpOptions, OptionSpace};
use super::fault::Fault;
use super::source_route::{FIRST_ADDRESS, SourceRoute};
use crate::wire::bytes::{array_at, tail, u8_at};

/// Addresses that are visited in turn (RFC 5095), the address of a mobile node (RFC 6275 section 6.4),
/// those of an RPL source route (RFC 6554), and of segment routing (RFC 8754).
const IN_TURN: u8 = 0;
const HOME: u8 = 2;
const RPL: u8 = 3;
const SEGMENTS: u8 = 4;

/// Finds where a routing header still leads to.
pub(super) fn read(ip: &mut Ip<'_>, header: &[u8], at: usize) {
    let Some([kind, left]) = array_at(header, 2) else {
        return;
    };
    if left == 0 {
        return;
    }
    let length = (usize::from(u8_at(header, 1).unwrap_or(0)) + 1) * 8;
    let address = |at: usize| array_at::<16>(header, at).map(Ipv6Addr::from);
    let last = match kind {
        // RFC 5095 and RFC 6275: addresses in the order they are visited.
        IN_TURN | HOME => length
            .checked_sub(16)
            .filter(|&at| at >= 8)
            .and_then(address),
        RPL => source_route(ip, header)
            .and_then(|route| route.last(tail(header, FIRST_ADDRESS.into()))),
        // RFC 8754 section 2: the last segment comes first.
        SEGMENTS => address(8),
        _ => None,
    };
    if header.len() == length {
        segments(ip, header, at, last.is_some());
    }
    ip.final_destination = last.or(ip.final_destination);
}

/// The addresses of an RPL source route, which complete the destination's.
fn source_route(ip: &Ip<'_>, header: &[u8]) -> Option<SourceRoute> {
    match ip.addrs.dst() {
        IpAddr::V6(destination) => SourceRoute::of(header, destination),
        IpAddr::V4(_) => None,
    }
}

/// Tells of a routing header whose counts lead out of its segments: RFC 8754 section 4.3.1.1 for those
/// of segment routing, RFC 6554 section 4.2 for those of RPL, RFC 8200 section 4.4 for the others, which
/// are to be answered with an error.
fn segments(ip: &mut Ip<'_>, header: &[u8], at: usize, leads_on: bool) {
    let Some([words, kind, left]) = array_at(header, 1) else {
        return;
    };
    let room = match kind {
        IN_TURN | HOME | SEGMENTS => usize::from(words / 2),
        RPL => source_route(ip, header).map_or(usize::MAX, SourceRoute::count),
        _ => usize::MAX,
    };
    let entries = match (kind, u8_at(header, 4)) {
        (SEGMENTS, Some(last)) => usize::from(last) + 1,
        _ => room,
    };
    if !leads_on && matches!(kind, IN_TURN | HOME | RPL | SEGMENTS) {
        ip.faults.rule(Fault::NoSegments, at + 3);
    } else if usize::from(left) > entries.min(room) {
        ip.faults.rule(Fault::SegmentsLeft, at + 3);
    }
    if leads_on && entries > room {
        ip.faults.rule(Fault::LastEntry, at + 4);
    }
    match kind {
        // RFC 6275 section 6.4.1.
        HOME if leads_on && words != 2 => ip.faults.rule(Fault::HomeRouteLength, at + 1),
        RPL => multicast(ip, header, at),
        SEGMENTS if entries <= room => values(ip, header, at, entries),
        _ => {}
    }
}

/// No address of an RPL source route is a group's (RFC 6554 section 4.2).
fn multicast(ip: &mut Ip<'_>, header: &[u8], at: usize) {
    let addresses = tail(header, FIRST_ADDRESS.into());
    let is_group = source_route(ip, header)
        .is_some_and(|route| route.addresses(addresses).any(|each| each.is_multicast()));
    if is_group {
        ip.faults
            .rule(Fault::MulticastSegment, at + usize::from(FIRST_ADDRESS));
    }
}

/// What stands behind so many segments ends with the header (RFC 8754 section 2.1).
fn values(ip: &mut Ip<'_>, header: &[u8], at: usize, segments: usize) {
    let mut start = usize::from(FIRST_ADDRESS) + segments * 16;
    for option in IpOptions::new(OptionSpace::SegmentRouting, tail(header, start)) {
        if start + option.stated() > header.len() {
            ip.faults.rule(Fault::ExtensionOptionEnd, at + start + 1);
        } else if !option.fits() {
            ip.faults.rule(Fault::ExtensionOptionLayout, at + start + 1);
        }
        start += option.stated();
    }
}
