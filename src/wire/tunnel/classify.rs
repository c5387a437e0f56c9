//! The way from the link header to the innermost IP packet.

use super::packet::{Packet, may_carry_ip};
use super::path::TunnelPath;
use super::position::{Position, inside_ip, made_at, without_fcs};
use crate::model::frame::Place;
use crate::model::{Expanded, Frame};
use crate::wire::bytes::offset_in;
use crate::wire::defect::Limit;
use crate::wire::ip::{Ip, protocol};
use crate::wire::link::{self, LinkHeader, Network};
use crate::wire::{Classified, Undecodable};

/// Tells what `frame` is.
///
/// Headers are made where they are returned, or they would be copied: so the most frequent way,
/// IP right behind Ethernet, is one of its own from the first octet to the last.
#[inline]
pub(in crate::wire) fn classify<'a>(frame: &Frame<'a>) -> Classified<'a> {
    // Ports that a message told lead to no packet without it.
    if frame.expanded.is_some() || frame.place().is_some() {
        return classify_expanded(frame);
    }
    if frame.link == link::linktype::ETHERNET
        && let Some(link) = link::untagged_ip(frame.data)
    {
        return classify_ordinary(frame, link);
    }
    match link::parse(frame) {
        Ok(link) => classify_behind(frame, link),
        Err(why) => Classified::Undecodable(why),
    }
}

/// A frame of which a packet was made, or of which one in messages is meant.
#[cold]
fn classify_expanded<'a>(frame: &Frame<'a>) -> Classified<'a> {
    // A later piece alone may lead nowhere.
    let link = link::parse(frame).unwrap_or(LinkHeader::at(Network::Other(0), 0));
    classify_any(frame, link)
}

#[inline(never)]
fn classify_behind<'a>(frame: &Frame<'a>, link: LinkHeader) -> Classified<'a> {
    classify_ordinary(frame, link)
}

#[inline]
fn classify_ordinary<'a>(frame: &Frame<'a>, link: LinkHeader) -> Classified<'a> {
    let start = Position {
        network: link.network,
        rest: without_fcs(frame).inside(&link),
    };
    if link.network == Network::Ip
        && let Some(ip) = Ip::parse_ordinary(start.rest.bytes, start.rest.on_wire)
        && !may_carry_ip(&ip)
    {
        let tunnels = TunnelPath::new(start, None);
        return classified(Packet { link, tunnels, ip });
    }
    classify_any(frame, link)
}

#[inline]
fn classified(packet: Packet<'_>) -> Classified<'_> {
    match packet.ip.protocol {
        protocol::ICMP | protocol::IPV6_ICMP => Classified::Icmp(packet),
        _ => Classified::OtherIp(packet),
    }
}

/// A frame that has anything out of the ordinary: MPLS or `PPPoE` before the IP packet, other
/// packets in it, options, lengths that do not fit.
#[inline(never)]
fn classify_any<'a>(frame: &Frame<'a>, link: LinkHeader) -> Classified<'a> {
    let mut at = Position {
        network: link.network,
        rest: without_fcs(frame).inside(&link),
    };
    let mut tunnels = TunnelPath::new(at, frame.expanded);
    tunnels.place = frame.place();
    loop {
        let made = made_at(frame.expanded, tunnels.depth);
        if let Some(packet) = made {
            at = Position::made(packet);
        }
        if at.network == Network::Ip {
            return match at.ip(made) {
                Ok(ip) => marked(descend(link, tunnels, ip)),
                Err(why) => Classified::Undecodable(why),
            };
        }
        if tunnels.len() == TunnelPath::CAPACITY {
            return Classified::NotIp;
        }
        match at.inside_shim() {
            Ok(Some(entered)) => {
                tunnels.has_pieces |= entered.kind.takes_apart();
                at = entered.inside;
            }
            Ok(None) => {
                return match at.network {
                    Network::Encrypted(by) => Classified::Undecodable(Undecodable::Encrypted(by)),
                    _ => Classified::NotIp,
                };
            }
            Err(why) => return Classified::Undecodable(why),
        }
        tunnels.depth += 1;
    }
}

/// Tells what is not known of the innermost addresses of what was made.
fn marked(mut packet: Packet<'_>) -> Classified<'_> {
    if let Some(made) = packet.tunnels.expanded
        && offset_in(&made.octets, packet.ip.header) == Some(made.innermost)
    {
        packet.ip.unknown_prefix = made.unknown_prefix;
    }
    classified(packet)
}

/// Follows tunnels from `ip` inwards. A header that leads nowhere ends the way before it.
#[cold]
pub(super) fn descend<'a>(
    link: LinkHeader,
    mut tunnels: TunnelPath<'a>,
    mut ip: Ip<'a>,
) -> Packet<'a> {
    let mut reported = tunnels.place;
    while let Some((more, inner, has_pieces)) =
        next_ip(&ip, tunnels.depth, tunnels.expanded, &mut reported)
    {
        if usize::from(tunnels.depth + more) > TunnelPath::CAPACITY {
            break;
        }
        tunnels.depth += more;
        tunnels.fragmented |= ip.fragment.is_some();
        tunnels.has_pieces |= has_pieces;
        ip = inner;
    }
    Packet { link, tunnels, ip }
}

/// The next IP packet inside of `ip`, which stands behind so many tunnels, how many more lead there,
/// and whether one of these takes packets apart; one that was made is taken from `expanded`.
pub(super) fn next_ip<'a>(
    ip: &Ip<'a>,
    depth: u8,
    expanded: Option<&'a Expanded>,
    reported: &mut Option<Place>,
) -> Option<(u8, Ip<'a>, bool)> {
    let mut entered = inside_ip(ip, made_at(expanded, depth + 1), reported)?;
    let mut has_pieces = entered.kind.takes_apart();
    for more in (1u8..).take(TunnelPath::CAPACITY) {
        let made = made_at(expanded, depth + more);
        let mut at = made.map_or(entered.inside, Position::made);
        if made.is_some_and(|packet| packet.sealing.is_some())
            && ip.message_limit() == Limit::Fragment
        {
            // Its own lengths are those of all fragments.
            at.rest.on_wire = at.rest.bytes.len();
            at.rest.limit = Limit::Fragment;
        }
        if at.network == Network::Ip {
            return at.ip(made).ok().map(|inner| (more, inner, has_pieces));
        }
        entered = at.inside_shim().ok()??;
        has_pieces |= entered.kind.takes_apart();
    }
    None
}
