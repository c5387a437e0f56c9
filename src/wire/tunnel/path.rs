//! The tunnels around a packet.

use std::net::IpAddr;

use super::classify::next_ip;
use super::position::{Entered, Position, Rest, inside_clear, inside_ip, made_at};
use super::{Report, TunnelKind, shim};
use crate::model::frame::Place;
use crate::model::{EspParts, Expanded, LinkType, Proof, Sealing};
use crate::wire::bytes::array_at;
use crate::wire::defect::Limit;
use crate::wire::ip::{Ip, protocol, stated_length};
use crate::wire::link::{Network, Vlans};

/// The tunnels around a packet: up to [`TunnelPath::CAPACITY`]. They are read when asked for.
#[derive(Clone, Copy, Debug)]
pub struct TunnelPath<'a> {
    /// What is behind the link header, and how to read it.
    start: &'a [u8],
    on_wire: u32,
    network: Network,
    pub(super) depth: u8,
    /// Whether the packet of one of them is a fragment.
    pub(super) fragmented: bool,
    /// Whether one of them takes packets apart.
    pub(super) has_pieces: bool,
    /// A packet that was made, around which some of them are.
    pub(super) expanded: Option<&'a Expanded>,
    /// Which one of the packets is meant that are data of another protocol, if one is.
    pub(super) place: Option<Place>,
    /// Whether they are those of a packet that is quoted.
    is_quoted: bool,
}

impl<'a> TunnelPath<'a> {
    /// How deep tunnels are followed.
    pub const CAPACITY: usize = Expanded::DEEPEST as usize;

    pub(super) fn new(at: Position<'a>, expanded: Option<&'a Expanded>) -> Self {
        Self {
            start: at.rest.bytes,
            on_wire: u32::try_from(at.rest.on_wire).unwrap_or(u32::MAX),
            network: at.network,
            depth: 0,
            fragmented: false,
            has_pieces: false,
            expanded,
            place: None,
            is_quoted: false,
        }
    }

    /// The outermost packet of them that is a fragment, and the tunnels around that.
    pub fn fragment(self) -> Option<(Self, Ip<'a>)> {
        if !self.fragmented {
            return None;
        }
        let mut walk = (0..self.depth).zip(self.walk());
        walk.find_map(|(depth, step)| {
            let ip = step.outer.filter(|ip| ip.fragment.is_some())?;
            Some((Self { depth, ..self }, ip))
        })
    }

    /// The tunnels, outermost first.
    pub fn iter(self) -> impl Iterator<Item = Tunnel> + use<'a> {
        self.encapsulations().map(|around| around.tunnel)
    }

    /// The tunnels, outermost first, each with the octets that make it up.
    pub fn encapsulations(self) -> impl Iterator<Item = Encapsulation<'a>> + use<'a> {
        self.walk().map(
            |Step {
                 entered,
                 outer,
                 fragment,
                 sealing,
             }| Encapsulation {
                tunnel: Tunnel {
                    kind: entered.kind,
                    outer: (outer.as_ref())
                        .filter(|ip| ip.hides_addresses() != (true, true))
                        .map(|ip| (ip.src(), ip.dst())),
                    vlans: entered.vlans,
                },
                outer,
                fragment,
                header: entered.header,
                behind: Behind::of(&entered, outer.as_ref()),
                frame: entered.frame,
                report: entered.report,
                sealing,
            },
        )
    }

    /// How many there are.
    pub fn len(self) -> usize {
        usize::from(self.depth)
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.depth == 0
    }

    /// Whether one of them takes packets apart: then this may be in a piece of one.
    pub const fn has_pieces(self) -> bool {
        self.has_pieces
    }

    pub(super) fn walk(self) -> impl Iterator<Item = Step<'a>> + use<'a> {
        let mut at = Position {
            network: self.network,
            rest: Rest {
                bytes: self.start,
                on_wire: usize::try_from(self.on_wire).unwrap_or(usize::MAX),
                limit: Limit::Frame,
            },
        };
        let mut reported = self.place;
        (0..self.depth).map_while(move |depth| {
            let made = made_at(self.expanded, depth);
            let mut fragment = None;
            if let Some(packet) = made {
                fragment = at.fragment();
                at = Position::made(packet);
            }
            let outer = match at.network {
                Network::Ip => Some(at.ip(made).ok()?),
                _ => None,
            };
            let inside = made_at(self.expanded, depth + 1);
            let mut entered = match &outer {
                Some(ip) if self.is_quoted && inside.is_none() => in_quote(ip)?,
                Some(ip) => inside_ip(ip, inside, &mut reported)?,
                None => at.inside_shim().ok()??,
            };
            if let Some(made) = inside
                && entered.kind == TunnelKind::PppMultilink
                && !shim::begins_packet(at.rest.bytes)
            {
                let header = at.rest.bytes.len().saturating_sub(made.piece);
                entered.header = at.rest.bytes.get(..header).unwrap_or_default();
            }
            at = entered.inside;
            Some(Step {
                entered,
                outer,
                fragment,
                sealing: inside.and_then(|made| made.sealing),
            })
        })
    }
}

/// A tunnel on the way to a packet.
pub(super) struct Step<'a> {
    pub(super) entered: Entered<'a>,
    /// Its packet.
    pub(super) outer: Option<Ip<'a>>,
    /// The fragment of that which the frame has.
    fragment: Option<Ip<'a>>,
    /// How what is inside was encrypted.
    sealing: Option<Sealing>,
}

/// A tunnel with the octets that make it up.
#[derive(Clone, Copy, Debug)]
pub struct Encapsulation<'a> {
    /// What tells it from others.
    pub tunnel: Tunnel,
    /// Its IP packet; `None` where there is none (MPLS, `PPPoE`).
    pub outer: Option<Ip<'a>>,
    /// The fragment of that which the frame has, where it was put together.
    pub fragment: Option<Ip<'a>>,
    /// What is between its IP header, or the link header, and the packet that it carries: UDP's
    /// header, its own, and the link header of a frame inside.
    pub header: &'a [u8],
    /// The link header of a frame inside, with its link type, where that may name its ends.
    pub frame: Option<(LinkType, &'a [u8])>,
    /// What is behind the header; `None` in fragments, and where it need not be there.
    pub behind: Option<Behind>,
    /// What it tells of the packet, where it is no tunnel but a message about that.
    pub report: Option<Report>,
    /// How it encrypts what is inside, if that was opened.
    pub sealing: Option<Sealing>,
}

impl<'a> Encapsulation<'a> {
    /// By what it is known that its keys are right, if it was opened with any.
    pub fn proof(&self) -> Option<Proof> {
        match self.sealing? {
            Sealing::WireGuard(proof) | Sealing::Esp(EspParts { proof, .. }) => Some(proof),
            Sealing::NullEsp(_) => None,
        }
    }

    /// Its IP packet, or the fragment of that, as the frame has it.
    pub fn captured(&self) -> Option<&Ip<'a>> {
        self.fragment.as_ref().or(self.outer.as_ref())
    }
}

/// What is behind the header of a tunnel, in octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Behind {
    /// All that was there on the wire.
    pub on_wire: usize,
    /// The packet inside, as it says itself; 0 where it is none of IP.
    pub packet: usize,
}

impl Behind {
    fn of(entered: &Entered<'_>, outer: Option<&Ip<'_>>) -> Option<Self> {
        let Position { network, rest } = entered.inside;
        if rest.limit == Limit::Fragment {
            return None;
        }
        let on_wire = match outer {
            Some(ip) => {
                let payload = usize::try_from(ip.payload_length).ok()?;
                payload
                    .max(ip.payload.len())
                    .saturating_sub(entered.header.len())
            }
            None => rest.on_wire,
        };
        let packet = match network {
            Network::Ip => stated_length(rest.bytes).unwrap_or(0),
            _ => 0,
        };
        Some(Self { on_wire, packet })
    }
}

/// One tunnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tunnel {
    /// What kind.
    pub kind: TunnelKind,
    /// Source and destination of the outer IP packet; `None` where there is none (MPLS, `PPPoE`).
    pub outer: Option<(IpAddr, IpAddr)>,
    /// VLAN tags of the frame that it carries.
    pub vlans: Vlans,
}

fn in_quote<'a>(ip: &Ip<'a>) -> Option<Entered<'a>> {
    inside_ip(ip, None, &mut None).or_else(|| inside_clear(ip))
}

/// The packet that `ip` carries, one step inwards, and the tunnels that lead to it; `packet` are the
/// octets of `ip` from its header on.
pub fn inside<'a>(ip: &Ip<'a>, packet: &'a [u8]) -> Option<(TunnelPath<'a>, Ip<'a>)> {
    let known = next_ip(ip, 0, None, &mut None).map(|(depth, inner, _)| (depth, inner));
    let (depth, inner) = known.or_else(|| Some((1, inside_clear(ip)?.inside.ip(None).ok()?)))?;
    Some((quoted(ip, packet, (depth, None)), inner))
}

/// The packet that `made` is, which `ip` carries, and the tunnel that leads to it; `packet` are the octets
/// of `ip` from its header on.
pub fn inside_made<'a>(
    ip: &Ip<'a>,
    packet: &'a [u8],
    made: &'a Expanded,
) -> Option<(TunnelPath<'a>, Ip<'a>)> {
    inside_ip(ip, Some(made), &mut None)?;
    let mut at = Position::made(made);
    at.rest.limit = Limit::Quote;
    if ip.fragment.is_some() {
        // Its own lengths are those of all fragments.
        at.rest.on_wire = at.rest.bytes.len();
        at.rest.limit = Limit::Fragment;
    }
    let inner = at.ip(None).ok()?;
    Some((quoted(ip, packet, (made.depth, Some(made))), inner))
}

/// So many tunnels from `ip` on, which is quoted.
fn quoted<'a>(
    ip: &Ip<'a>,
    packet: &'a [u8],
    (depth, expanded): (u8, Option<&'a Expanded>),
) -> TunnelPath<'a> {
    TunnelPath {
        start: packet,
        on_wire: ip
            .length
            .max(u32::try_from(packet.len()).unwrap_or(u32::MAX)),
        network: Network::Ip,
        depth,
        fragmented: ip.fragment.is_some(),
        has_pieces: false,
        expanded,
        place: None,
        is_quoted: true,
    }
}

/// Source and destination port of a tunnel's packet, if the tunnel is one over UDP, or TCP.
pub fn outer_ports(outer: &Ip<'_>) -> Option<(u16, u16)> {
    let [a, b, c, d] = array_at(outer.payload, 0)?;
    (matches!(outer.protocol, protocol::UDP | protocol::TCP) && !outer.is_later_fragment())
        .then(|| (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])))
}
