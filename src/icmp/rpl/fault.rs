//! What messages hold that their RFCs forbid, and what they lack, but for what one option holds.

use std::net::{IpAddr, Ipv6Addr};

use super::{Rpl, RplKind};
use crate::icmp::decode::Decoder;
use crate::icmp::{rpl_measurement, rpl_option, rpl_route_option as route_option};
use crate::wire::bytes::u8_at;

/// That an `RPLInstanceID` is local to its DODAG (RFC 6550 section 5.1).
pub(in crate::icmp) const LOCAL: u8 = 0x80;
/// All RPL nodes of a link (RFC 6550 section 20.19).
const ALL_RPL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x1a);
/// The mode of operation of routes that are discovered (RFC 6997 section 6, RFC 9854 section 9).
const ROUTE_DISCOVERY: u8 = 4;

/// Tells what is wrong with a message whose base begins at `base` and whose options at `options`.
/// What it lacks is told where all its options `are_there`.
pub(super) fn check(
    message: &Rpl<'_>,
    (base, options): (usize, usize),
    are_there: bool,
    decoder: &mut Decoder<'_, '_>,
) {
    of_base(message, base, decoder);
    of_addresses(message.kind, decoder);
    if are_there {
        missing(message, options, decoder);
    }
    without_target(message, options, decoder);
}

fn of_base(message: &Rpl<'_>, at: usize, decoder: &mut Decoder<'_, '_>) {
    let clear = message.clear();
    let (Some(instance), Some(octet)) = (u8_at(clear, 0), u8_at(clear, 1)) else {
        return;
    };
    match message.kind {
        // RFC 6550 section 6.3.1.
        RplKind::Dio if message.dodag_id().is_some_and(|id| !is_routable(id)) => {
            decoder.rule(at + 8, "DODAGID is not routable");
        }
        // RFC 6550 section 6.4.1, RFC 9009 section 4.3. Of a projected route it may be the packet's
        // destination (RFC 9914 section 4.1.1).
        RplKind::Dao | RplKind::Dco
            if instance & LOCAL != 0 && !message.kind.has_dodag_id(octet) =>
        {
            const PROJECTED: u8 = 0x20;
            if message.kind == RplKind::Dco || octet & PROJECTED == 0 {
                decoder.rule(at + 1, "local instance without a DODAGID");
            }
        }
        // RFC 6997 sections 8 and 10.
        RplKind::Dro | RplKind::DroAck if octet != 0 => {
            decoder.rule(at + 1, "version of a discovered route is not 0");
        }
        RplKind::Measurement => {
            for (offset, rule) in rpl_measurement::faults(clear) {
                decoder.rule(at + offset, rule);
            }
        }
        _ => {}
    }
}

/// From where and to where discovery replies are sent (RFC 6997 sections 8 and 10).
fn of_addresses(kind: RplKind, decoder: &mut Decoder<'_, '_>) {
    let ip = decoder.ip;
    let (IpAddr::V6(src), IpAddr::V6(dst)) = (ip.src(), ip.dst()) else {
        return;
    };
    if ip.hides_addresses() != (false, false) || !ip.unknown_prefix.is_none() {
        return;
    }
    match kind {
        RplKind::Dro => {
            if !src.is_unicast_link_local() {
                decoder.rule(0, "source of a discovery reply is not link-local");
            }
            if dst != ALL_RPL_NODES {
                decoder.rule(0, "discovery reply not to all RPL nodes");
            }
        }
        RplKind::DroAck if !is_routable(src) || !is_routable(dst) => {
            decoder.rule(
                0,
                "discovery reply acknowledged between addresses of a link",
            );
        }
        _ => {}
    }
}

/// Options of which a message has none, or more than it may.
fn missing(message: &Rpl<'_>, at: usize, decoder: &mut Decoder<'_, '_>) {
    let count = |kind| message.options().filter(|o| o.kind == kind).count();
    match message.kind {
        RplKind::Dio => {
            let requests = count(route_option::ROUTE_REQUEST);
            let replies = count(route_option::ROUTE_REPLY);
            let targets = count(route_option::TARGET);
            // RFC 9854 sections 4.1 and 4.2.
            if requests > 1 || replies > 1 {
                decoder.rule(at, "more than one route request or reply");
            }
            // Section 4.3.
            if requests > 0 && targets == 0 {
                decoder.rule(at, "route request without a target");
            }
            if replies > 0 && targets != 1 {
                decoder.rule(at, "route reply without exactly one target");
            }
            // RFC 6997 section 6.1.
            let is_discovery =
                u8_at(message.clear(), 4).is_some_and(|octet| octet >> 3 & 7 == ROUTE_DISCOVERY);
            if is_discovery
                && requests + replies == 0
                && count(rpl_option::P2P_ROUTE_DISCOVERY) != 1
            {
                decoder.rule(at, "route discovery without exactly one option for it");
            }
        }
        // RFC 6997 section 8.
        RplKind::Dro if count(rpl_option::P2P_ROUTE_DISCOVERY) != 1 => {
            decoder.rule(at, "discovery reply without exactly one route");
        }
        // RFC 9914 section 5.1.
        RplKind::ProjectedDaoRequest if count(rpl_option::RPL_TARGET) == 0 => {
            decoder.rule(at, "request for a route without a target");
        }
        // RFC 6998 section 3.1.
        RplKind::Measurement
            if rpl_measurement::is_request(message.clear()) && count(rpl_option::METRICS) == 0 =>
        {
            decoder.rule(at, "measurement request without a metric container");
        }
        _ => {}
    }
}

/// Tells of how to reach what no option before it tells of (RFC 6550 section 6.7.8).
fn without_target(message: &Rpl<'_>, mut at: usize, decoder: &mut Decoder<'_, '_>) {
    if !matches!(message.kind, RplKind::Dao | RplKind::Dco) {
        return;
    }
    for option in message.options() {
        match option.kind {
            rpl_option::RPL_TARGET => return,
            rpl_option::TRANSIT => {
                return decoder.rule(at, "transit information without a target before it");
            }
            _ => at += option.bytes.len(),
        }
    }
}

/// Whether an address may be one of a host beyond its link.
fn is_routable(address: Ipv6Addr) -> bool {
    !address.is_multicast()
        && !address.is_unspecified()
        && !address.is_loopback()
        && !address.is_unicast_link_local()
}
