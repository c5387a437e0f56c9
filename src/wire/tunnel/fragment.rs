//! Packets of tunnels in fragments, and pieces of those that tunnels took apart.

use super::classify::descend;
use super::header;
use super::mobile;
use super::packet::{Packet, may_carry_ip};
use super::path::{Tunnel, TunnelPath};
use super::position::{Position, inside_ip, made_at, without_fcs};
use crate::model::{Expanded, Frame};
use crate::wire::ip::{Ip, is_extension, protocol};
use crate::wire::ipcomp;
use crate::wire::link::{self, LinkHeader, Network};
use crate::wire::piece::{self, Piece};

/// The innermost packet of one that was put together, and the tunnels that lead to it: in that, or in
/// what was made of it.
pub(in crate::wire) fn innermost(made: &Expanded) -> Option<(TunnelPath<'_>, Ip<'_>)> {
    let at = Position::made(made_at(Some(made), 0)?);
    let tunnels = TunnelPath::new(at, Some(made));
    let packet = descend(LinkHeader::at(Network::Ip, 0), tunnels, at.rest.ip().ok()?);
    Some((packet.tunnels, packet.ip))
}

/// Whether it may turn out that `outer`, a first fragment in which `packet` was found, carries ICMP.
pub(in crate::wire) fn may_lead_to_icmp(packet: &Packet<'_>, outer: &Ip<'_>) -> bool {
    /// Octets of headers that may stand before that of ICMP.
    const HEADERS: usize = 256;
    let ip = &packet.ip;
    match ip.protocol {
        protocol::ICMP | protocol::IPV6_ICMP => true,
        // It was cut in the header of an extension.
        _ if is_extension(outer.protocol) || ipcomp::is_compressed(ip) => true,
        _ if !may_carry_ip(outer) => false,
        // What was cut may name another header.
        _ if !packet.tunnels.fragmented => outer.payload.len() < HEADERS,
        _ if ip.is_later_fragment() => may_be_fragment_of_carrier(ip),
        _ => ip.payload.is_empty() || may_carry_ip(ip),
    }
}

/// The same of a fragment, for all that its protocol tells. Behind an extension header, which a first
/// fragment names where that was cut, any may stand.
pub(in crate::wire) fn may_be_fragment_of_carrier(ip: &Ip<'_>) -> bool {
    match ip.protocol {
        protocol::UDP | protocol::ESP => true,
        other => {
            is_extension(other) || ip.may_be_cut_in_extension() || header::is_tunnel_protocol(other)
        }
    }
}

/// The piece of a packet that some header in `frame` tells of.
pub(in crate::wire) fn piece<'a>(frame: &Frame<'a>) -> Option<Piece<'a>> {
    let header = link::parse(frame).ok()?;
    let direction = link::direction_of_ppp(frame);
    let mut at = Position {
        network: header.network,
        rest: without_fcs(frame).inside(&header),
    };
    let (mut tunnel, mut mobile) = (None, None);
    for depth in (1u8..).take(TunnelPath::CAPACITY) {
        let (outer, entered) = match at.network {
            Network::Multilink => {
                return piece::multilink(at.rest.bytes, tunnel, direction, depth);
            }
            Network::SndcpSegment { check } => {
                let octets = at.rest.bytes;
                let segment = octets.get(..octets.len().checked_sub(check.into())?)?;
                return piece::sndcp(segment, tunnel, mobile, depth - 1);
            }
            Network::Ip => {
                let ip = at.rest.ip().ok()?;
                if let Some(piece) = piece::capwap(&ip, depth) {
                    return Some(piece);
                }
                (Some((ip.src(), ip.dst())), inside_ip(&ip, None, &mut None)?)
            }
            _ => (None, at.inside_shim().ok()??),
        };
        mobile = mobile::of_gprs_ns(entered.header);
        tunnel = Some(Tunnel {
            kind: entered.kind,
            outer,
            vlans: entered.vlans,
        });
        at = entered.inside;
    }
    None
}
