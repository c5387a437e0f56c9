//! An IP packet with all that stood around it.

use std::borrow::Cow;

use super::classify::next_ip;
use super::path::TunnelPath;
use super::position::{Entered, Rest, inside_ip};
use super::report::Report;
use super::{header, tcp, udp};
use crate::model::{Form, Frame};
use crate::wire::bytes::u8_at;
use crate::wire::ip::{Fragment, Ip, protocol};
use crate::wire::link::{LinkHeader, Network};
use crate::wire::{Limit, Undecodable};

/// An IP packet with all that stood around it.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// The link header.
    pub link: LinkHeader,
    /// Tunnels around `ip`, outermost first; empty for most packets.
    pub tunnels: TunnelPath<'a>,
    /// The innermost IP packet.
    pub ip: Ip<'a>,
}

impl<'a> Packet<'a> {
    /// The outermost IP packet, where `ip` travels inside of another; read anew at each call.
    pub fn outermost(&self) -> Option<Ip<'a>> {
        self.tunnels.walk().find_map(|step| step.outer)
    }

    /// The innermost frame around `ip`, up to what it carries, of those in `frame` and itself. `None`
    /// where that went through a tunnel which carries no frames.
    pub fn frame_around(&self, frame: &Frame<'a>) -> Option<Frame<'a>> {
        let within = |(link, data)| Frame {
            link,
            data,
            expanded: None,
            part: None,
            ..*frame
        };
        let mut around = Some(self.link.frame_in(frame.data).map_or(*frame, within));
        for tunnel in self.tunnels.encapsulations() {
            around = match (tunnel.frame, tunnel.outer) {
                (Some(inner), _) => Some(within(inner)),
                (None, Some(_)) => None,
                // Labels and sessions stand between a frame and its packet.
                (None, None) => around,
            };
        }
        around
    }

    /// Whether it may be in a piece of a packet, or be one, if it is not ICMP.
    pub fn may_be_in_piece(&self) -> bool {
        self.tunnels.has_pieces || !self.is_of_fragment() && may_carry_ip(&self.ip)
    }

    /// Whether it is a fragment, or inside of one.
    pub const fn is_of_fragment(&self) -> bool {
        self.ip.fragment.is_some() || self.tunnels.fragmented
    }

    /// What of this packet, which is made of what `frame` holds, is told with that: all, or what the
    /// last piece adds to what the first one told.
    pub fn as_told(&self, frame: &Frame<'_>) -> Cow<'_, Self> {
        match frame.expanded {
            Some(made) if matches!(made.form, Form::Last | Form::Later) => {
                let mut around = self.tunnels.encapsulations();
                let unit = if around.any(|tunnel| tunnel.fragment.is_some()) {
                    Fragment::CARRIED
                } else {
                    Fragment::PIECE_UNIT
                };
                let more = made.form == Form::Later;
                Cow::Owned(Self {
                    ip: self.ip.later_piece(made.piece, more, unit),
                    ..*self
                })
            }
            _ => Cow::Borrowed(self),
        }
    }

    /// Whether `ip` carries a packet again, which lies deeper than tunnels are followed.
    pub fn goes_deeper(&self) -> bool {
        !self.tunnels.is_empty() && next_ip(&self.ip, 0, None, &mut None).is_some()
    }

    /// What a message of another protocol tells of `ip`, if that is the message's data.
    pub fn report(&self) -> Option<Report> {
        self.tunnels.place?;
        self.tunnels
            .encapsulations()
            .find_map(|around| around.report)
    }

    /// What keeps a packet that tunnel headers behind `ip` lead to from being read, if it may be one.
    #[inline]
    pub fn hides(&self) -> Option<Undecodable> {
        if !may_carry_ip(&self.ip) {
            return None;
        }
        hidden_in(&self.ip)
    }

    /// Whether the capture ends before it is known whether what a tunnel carries in `ip` is ICMP.
    #[inline]
    pub fn is_cut_inside(&self) -> bool {
        self.ip.limit == Limit::Capture && may_carry_ip(&self.ip) && ends_before_inside(&self.ip)
    }
}

/// Whether packets of this protocol, to this port, are likely a tunnel's, or report others.
pub const fn is_to_tunnel(protocol: u8, port: Option<u16>) -> bool {
    match port {
        Some(port) => protocol == protocol::UDP && udp::is_tunnel_port(port),
        None => header::is_tunnel_protocol(protocol),
    }
}

/// Whether it is worth a closer look at what `ip` carries.
#[expect(
    clippy::inline_always,
    reason = "for a call it would be in memory, and copied to where it is returned"
)]
#[inline(always)]
pub(super) fn may_carry_ip(ip: &Ip<'_>) -> bool {
    match ip.protocol {
        protocol::UDP => udp::has_tunnel_ports(ip.payload),
        protocol::TCP => tcp::has_port(ip.payload),
        other => header::is_tunnel_protocol(other),
    }
}

/// See [`Packet::is_cut_inside`].
#[cold]
fn ends_before_inside(ip: &Ip<'_>) -> bool {
    /// Octets behind which it would be known whether a header leads to a packet: those of UDP, VXLAN and
    /// Ethernet.
    const HEADERS: usize = 8 + 8 + 14;
    if ip.protocol == protocol::TCP || ip.is_later_fragment() {
        // Streams count what they lack.
        return false;
    }
    let Some((kind, header)) = header::announced(ip) else {
        return ip.payload.len() < HEADERS;
    };
    let rest = Rest {
        bytes: ip.payload,
        on_wire: usize::try_from(ip.payload_length).unwrap_or(usize::MAX),
        limit: Limit::Capture,
    };
    let mut at = Entered::new(kind, &header, rest).inside;
    for _ in 0..TunnelPath::CAPACITY {
        if at.network == Network::Ip {
            let is_short = matches!(at.rest.ip(), Err(Undecodable::Short));
            return is_short && may_be_icmp(at.rest.bytes);
        }
        match at.inside_shim() {
            Ok(Some(entered)) => at = entered.inside,
            Ok(None) => return false,
            Err(why) => return why == Undecodable::Short,
        }
    }
    false
}

/// Whether a packet of which no more than these octets are there, too few for its header, may be ICMP,
/// or carry some.
fn may_be_icmp(octets: &[u8]) -> bool {
    let protocol = match octets.first().map(|octet| octet >> 4) {
        Some(4) => u8_at(octets, 9),
        Some(6) => u8_at(octets, 6),
        Some(_) => return false,
        None => None,
    };
    protocol.is_none_or(|protocol| !matches!(protocol, protocol::TCP | protocol::UDP))
}

/// See [`Packet::hides`].
#[cold]
fn hidden_in(ip: &Ip<'_>) -> Option<Undecodable> {
    let mut at = inside_ip(ip, None, &mut None)?.inside;
    for _ in 0..TunnelPath::CAPACITY {
        match at.network {
            Network::Encrypted(by) => return Some(Undecodable::Encrypted(by)),
            Network::Compressed => return Some(Undecodable::Compression),
            _ => {}
        }
        match at.inside_shim() {
            Ok(entered) => at = entered?.inside,
            Err(why) => return Some(why).filter(|why| why.hides()),
        }
    }
    None
}
