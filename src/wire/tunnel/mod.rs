//! Packets in packets: the way from the link header to the innermost IP packet.

mod access;
mod checksum;
mod fragment;
mod gre;
mod header;
mod kind;
mod mobile;
mod report;
mod shim;
#[cfg(test)]
mod tests;
mod udp;
mod zep;

use std::net::IpAddr;

use super::bytes::{array_at, offset_in, tail};
use super::defect::Limit;
use super::ip::{HeaderOrigin, Ip, protocol};
use super::link::{self, LinkHeader, Network, Vlans};
use super::{Classified, Undecodable, wireguard};
use crate::model::frame::Reported;
use crate::model::{Expanded, Form, Frame};
pub(super) use fragment::{innermost, may_be_fragment_of_carrier, may_lead_to_icmp, piece};
pub use kind::TunnelKind;
pub(super) use report::has_reporting_port;
pub use report::{Output, Report, ReportHeader, ReportMessage, Reports, Span, Templates};
pub(super) use shim::multilink_header;
pub(super) use udp::has_tunnel_ports;
pub use zep::radio_frame;

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
        self.tunnels.walk().find_map(|(_, outer)| outer)
    }

    /// Whether it may be in a piece of a packet, or be one.
    pub fn may_be_in_piece(&self) -> bool {
        self.tunnels.has_pieces || !self.is_of_fragment() && may_carry_ip(&self.ip)
    }

    /// Whether it is a fragment, or inside of one.
    pub const fn is_of_fragment(&self) -> bool {
        self.ip.fragment.is_some() || self.tunnels.fragmented
    }

    /// What of this packet, which is made of what `frame` holds, is told with that: all, or what the
    /// last piece adds to what the first one told.
    #[must_use]
    pub fn as_told(&self, frame: &Frame<'_>) -> Self {
        let ip = match frame.expanded {
            Some(made) if matches!(made.form, Form::Last | Form::Later) => {
                self.ip.later_piece(made.piece, made.form == Form::Later)
            }
            _ => self.ip,
        };
        Self { ip, ..*self }
    }

    /// Whether `ip` carries a packet again, which lies deeper than tunnels are followed.
    pub fn goes_deeper(&self) -> bool {
        !self.tunnels.is_empty() && next_ip(&self.ip, 0, None, &mut None).is_some()
    }

    /// What a message of another protocol tells of `ip`, if that is the message's data.
    pub fn report(&self) -> Option<Report> {
        self.tunnels.reported?;
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
}

/// The tunnels around a packet: up to [`TunnelPath::CAPACITY`]. They are read when asked for.
#[derive(Clone, Copy, Debug)]
pub struct TunnelPath<'a> {
    /// What is behind the link header, and how to read it.
    start: &'a [u8],
    on_wire: u32,
    network: Network,
    depth: u8,
    /// Whether the packet of one of them is a fragment.
    fragmented: bool,
    /// Whether one of them takes packets apart.
    has_pieces: bool,
    /// A packet that was made, around which some of them are.
    expanded: Option<&'a Expanded>,
    /// Which one of the packets that another protocol reports is meant, if one is.
    reported: Option<Reported>,
}

impl<'a> TunnelPath<'a> {
    /// How deep tunnels are followed.
    pub const CAPACITY: usize = 16;

    fn new(at: Position<'a>, expanded: Option<&'a Expanded>) -> Self {
        Self {
            start: at.rest.bytes,
            on_wire: u32::try_from(at.rest.on_wire).unwrap_or(u32::MAX),
            network: at.network,
            depth: 0,
            fragmented: false,
            has_pieces: false,
            expanded,
            reported: None,
        }
    }

    /// The outermost packet of them that is a fragment, and the tunnels around that.
    pub fn fragment(self) -> Option<(Self, Ip<'a>)> {
        if !self.fragmented {
            return None;
        }
        let mut walk = (0..self.depth).zip(self.walk());
        walk.find_map(|(depth, (_, outer))| {
            let ip = outer.filter(|ip| ip.fragment.is_some())?;
            Some((Self { depth, ..self }, ip))
        })
    }

    /// The tunnels, outermost first.
    pub fn iter(self) -> impl Iterator<Item = Tunnel> + use<'a> {
        self.encapsulations().map(|around| around.tunnel)
    }

    /// The tunnels, outermost first, each with the octets that make it up.
    pub fn encapsulations(self) -> impl Iterator<Item = Encapsulation<'a>> + use<'a> {
        self.walk().map(|(entered, outer)| Encapsulation {
            tunnel: Tunnel {
                kind: entered.kind,
                outer: (outer.as_ref())
                    .filter(|ip| ip.hides_addresses() != (true, true))
                    .map(|ip| (ip.src(), ip.dst())),
                vlans: entered.vlans,
            },
            outer,
            header: entered.header,
            report: entered.report,
        })
    }

    /// How many there are.
    pub fn len(self) -> usize {
        usize::from(self.depth)
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.depth == 0
    }

    fn walk(self) -> impl Iterator<Item = (Entered<'a>, Option<Ip<'a>>)> + use<'a> {
        let mut at = Position {
            network: self.network,
            rest: Rest {
                bytes: self.start,
                on_wire: usize::try_from(self.on_wire).unwrap_or(usize::MAX),
                limit: Limit::Frame,
            },
        };
        let mut reported = self.reported;
        (0..self.depth).map_while(move |depth| {
            let made = made_at(self.expanded, depth);
            if let Some(packet) = made {
                at = Position::made(packet);
            }
            let outer = match at.network {
                Network::Ip => Some(at.ip(made).ok()?),
                _ => None,
            };
            let inside = made_at(self.expanded, depth + 1);
            let mut entered = match &outer {
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
            Some((entered, outer))
        })
    }
}

/// The packet that was made to stand behind so many tunnels.
#[inline]
fn made_at(expanded: Option<&Expanded>, depth: u8) -> Option<&Expanded> {
    expanded.filter(|packet| packet.depth == depth)
}

/// Whether it was encrypted before.
#[inline]
fn is_decrypted(made: Option<&Expanded>) -> bool {
    made.is_some_and(|packet| packet.form == Form::Decrypted)
}

/// Source and destination port of a tunnel's packet, if the tunnel is one over UDP, or TCP.
pub fn outer_ports(outer: &Ip<'_>) -> Option<(u16, u16)> {
    let [a, b, c, d] = array_at(outer.payload, 0)?;
    (matches!(outer.protocol, protocol::UDP | protocol::TCP) && !outer.is_later_fragment())
        .then(|| (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])))
}

/// The packet that `ip` carries, one step inwards, and the tunnels that lead to it; `packet` are the
/// octets of `ip` from its header on.
pub fn inside<'a>(ip: &Ip<'a>, packet: &'a [u8]) -> Option<(TunnelPath<'a>, Ip<'a>)> {
    let (depth, inner, _) = next_ip(ip, 0, None, &mut None)?;
    let tunnels = TunnelPath {
        start: packet,
        on_wire: ip
            .length
            .max(u32::try_from(packet.len()).unwrap_or(u32::MAX)),
        network: Network::Ip,
        depth,
        fragmented: ip.fragment.is_some(),
        has_pieces: false,
        expanded: None,
        reported: None,
    };
    Some((tunnels, inner))
}

/// A tunnel with the octets that make it up.
#[derive(Clone, Copy, Debug)]
pub struct Encapsulation<'a> {
    /// What tells it from others.
    pub tunnel: Tunnel,
    /// Its IP packet; `None` where there is none (MPLS, `PPPoE`).
    pub outer: Option<Ip<'a>>,
    /// What is between its IP header, or the link header, and the packet that it carries: UDP's
    /// header, its own, and the link header of a frame inside.
    pub header: &'a [u8],
    /// What it tells of the packet, where it is no tunnel but a message about that.
    pub report: Option<Report>,
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

/// Octets that are still to be read.
#[derive(Clone, Copy)]
struct Rest<'a> {
    /// Those that were captured.
    bytes: &'a [u8],
    /// How many there were on the wire.
    on_wire: usize,
    /// What ends them on the wire.
    limit: Limit,
}

impl<'a> Rest<'a> {
    /// What is behind the first `at` octets.
    #[inline]
    fn behind(self, at: usize) -> Self {
        Self {
            bytes: tail(self.bytes, at),
            on_wire: self.on_wire.saturating_sub(at),
            limit: self.limit,
        }
    }

    #[inline]
    fn ip(self) -> Result<Ip<'a>, Undecodable> {
        Ip::parse_on_wire(self.bytes, self.on_wire, self.limit)
    }
}

/// How far a frame has been read.
#[derive(Clone, Copy)]
struct Position<'a> {
    network: Network,
    rest: Rest<'a>,
}

/// What is behind a tunnel header.
struct Entered<'a> {
    kind: TunnelKind,
    vlans: Vlans,
    header: &'a [u8],
    inside: Position<'a>,
    report: Option<Report>,
}

impl<'a> Entered<'a> {
    /// Steps over `header`, with which `rest` begins.
    fn new(kind: TunnelKind, header: &LinkHeader, rest: Rest<'a>) -> Self {
        Self {
            kind,
            vlans: header.vlans,
            header: rest.bytes.get(..header.offset).unwrap_or(rest.bytes),
            inside: Position {
                network: header.network,
                rest: rest.behind(header.offset),
            },
            report: None,
        }
    }
}

impl<'a> Position<'a> {
    /// Where a packet starts that was made.
    fn made(packet: &'a Expanded) -> Self {
        let mut at = Self::whole(&packet.octets);
        at.rest.on_wire = usize::try_from(packet.wire_len).unwrap_or(usize::MAX);
        if matches!(packet.form, Form::Part | Form::Later) || packet.fragment.is_some() {
            at.rest.limit = Limit::Fragment;
        }
        if let Some(link) = packet.link {
            let header = link::header_of_made(link, &packet.octets);
            at.network = header.network;
            at.rest = at.rest.behind(header.offset);
        }
        at
    }

    /// The IP packet that starts here, of which `made` tells more.
    fn ip(&self, made: Option<&Expanded>) -> Result<Ip<'a>, Undecodable> {
        let mut ip = self.rest.ip()?;
        if let Some(packet) = made
            && let Some(fragment) = packet.fragment
        {
            ip.set_link_fragment(fragment, packet.wire_len);
        }
        if made.is_some_and(|packet| matches!(packet.form, Form::Headerless(_))) {
            ip.origin = HeaderOrigin::Made;
        }
        Ok(ip)
    }

    /// Where one starts that is all there.
    fn whole(packet: &'a [u8]) -> Self {
        Self {
            network: Network::Ip,
            rest: Rest {
                bytes: packet,
                on_wire: packet.len(),
                limit: Limit::Frame,
            },
        }
    }

    /// Steps over a header between the link's and IP's; `None` where nothing is known to follow.
    fn inside_shim(&self) -> Result<Option<Entered<'a>>, Undecodable> {
        let step = shim::shim(self.network, self.rest.bytes).transpose()?;
        Ok(step.map(|(kind, header)| Entered::new(kind, &header, self.rest)))
    }
}

/// Tells what `frame` is.
///
/// Headers are made where they are returned, or they would be copied: so the most frequent way,
/// IP right behind Ethernet, is one of its own from the first octet to the last.
#[inline]
pub(super) fn classify<'a>(frame: &Frame<'a>) -> Classified<'a> {
    if frame.expanded.is_some() {
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

/// A frame of which a packet was made.
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
        rest: without_fcs(frame).behind(link.offset),
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

/// The frame without its check sequence, which only a frame captured whole ends in.
#[inline]
fn without_fcs<'a>(frame: &Frame<'a>) -> Rest<'a> {
    let wire = usize::try_from(frame.wire_len).unwrap_or(usize::MAX);
    let on_wire = wire.saturating_sub(usize::from(frame.fcs_len));
    Rest {
        bytes: frame.data.get(..on_wire).unwrap_or(frame.data),
        on_wire,
        limit: Limit::Frame,
    }
}

/// A frame that has anything out of the ordinary: MPLS or `PPPoE` before the IP packet, other
/// packets in it, options, lengths that do not fit.
#[inline(never)]
fn classify_any<'a>(frame: &Frame<'a>, link: LinkHeader) -> Classified<'a> {
    let mut at = Position {
        network: link.network,
        rest: without_fcs(frame).behind(link.offset),
    };
    let mut tunnels = TunnelPath::new(at, frame.expanded);
    tunnels.reported = frame.reported();
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

/// Whether it is worth a closer look at what `ip` carries.
#[inline]
fn may_carry_ip(ip: &Ip<'_>) -> bool {
    match ip.protocol {
        protocol::UDP => has_tunnel_ports(ip.payload),
        protocol::TCP => has_reporting_port(ip.payload),
        other => header::is_tunnel_protocol(other),
    }
}

/// Follows tunnels from `ip` inwards. A header that leads nowhere ends the way before it.
#[cold]
fn descend<'a>(link: LinkHeader, mut tunnels: TunnelPath<'a>, mut ip: Ip<'a>) -> Packet<'a> {
    let mut reported = tunnels.reported;
    while let Some((more, inner, has_pieces)) =
        next_ip(&ip, tunnels.depth, tunnels.expanded, &mut reported)
    {
        if usize::from(tunnels.depth + more) > TunnelPath::CAPACITY {
            break;
        }
        let is_decrypted = is_decrypted(made_at(tunnels.expanded, tunnels.depth + 1));
        tunnels.depth += more;
        // Of an encrypted one other fragments tell nothing without this one.
        tunnels.fragmented |= ip.fragment.is_some() && !is_decrypted;
        tunnels.has_pieces |= has_pieces;
        ip = inner;
    }
    Packet { link, tunnels, ip }
}

/// The next IP packet inside of `ip`, which stands behind so many tunnels, how many more lead there,
/// and whether one of these takes packets apart; one that was made is taken from `expanded`.
fn next_ip<'a>(
    ip: &Ip<'a>,
    depth: u8,
    expanded: Option<&'a Expanded>,
    reported: &mut Option<Reported>,
) -> Option<(u8, Ip<'a>, bool)> {
    let mut entered = inside_ip(ip, made_at(expanded, depth + 1), reported)?;
    let mut has_pieces = entered.kind.takes_apart();
    for more in (1u8..).take(TunnelPath::CAPACITY) {
        let made = made_at(expanded, depth + more);
        let at = made.map_or(entered.inside, Position::made);
        if at.network == Network::Ip {
            return at.ip(made).ok().map(|inner| (more, inner, has_pieces));
        }
        entered = at.inside_shim().ok()??;
        has_pieces |= entered.kind.takes_apart();
    }
    None
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

/// What is behind the tunnel header in `ip`, if it carries one, behind which `made` stands. Of packets
/// that are reported the one that is meant; of those that it reports in turn the first.
fn inside_ip<'a>(
    ip: &Ip<'a>,
    made: Option<&Expanded>,
    reported: &mut Option<Reported>,
) -> Option<Entered<'a>> {
    if ip.is_later_fragment() {
        return None;
    }
    if let Some(which) = *reported
        && let Some(entered) = report::enter(ip, which)
    {
        *reported = Some(Reported::FIRST);
        return Some(entered);
    }
    // Nothing but the keys tells for certain what goes to any port.
    let (kind, header) = if is_decrypted(made) {
        wireguard::enter(ip)?
    } else {
        header::carried(ip)?
    };
    let rest = Rest {
        bytes: ip.payload,
        on_wire: usize::try_from(ip.payload_length)
            .unwrap_or(usize::MAX)
            .max(ip.payload.len()),
        limit: ip.message_limit(),
    };
    Some(Entered::new(kind, &header, rest))
}
