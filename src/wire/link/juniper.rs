//! The headers that Juniper's routers put before the link's own.
//!
//! Their layout was never published: it is what tcpdump and Wireshark know of it. Where these two
//! look for the packet in different places, it is where an IP header begins.

use super::{LinkHeader, Network, Vlans, ether, linktype as lt, ppp};
use crate::model::LinkType;
use crate::wire::Undecodable;
use crate::wire::bytes::{array_at, tail, u8_at, u16_at, u32_at};

/// Octets of a cookie by its first octet, whatever the module: multilink services, then others.
const LINK_SERVICES: u8 = 0x54;
const ADAPTIVE_SERVICES: u8 = 0x47;

/// What Juniper's header says, and what stands behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Juniper {
    /// Flags: 1 came in, 2 without the link's own header, 0x80 with extensions.
    pub flags: u8,
    /// Octets before the cookie.
    pub header: usize,
    /// What stands behind that.
    pub payload: Payload,
    /// Where that starts.
    pub at: usize,
}

/// What stands behind Juniper's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    /// An IP packet.
    Ip,
    /// An MPLS label stack.
    Mpls,
    /// PPP, perhaps with address and control.
    Ppp,
    /// Ethernet.
    Ethernet,
    /// LLC.
    Llc,
    /// Frame Relay from its address on.
    FrameRelay,
    /// What follows the address in Frame Relay: control and NLPID.
    Nlpid,
    /// Cisco HDLC.
    CiscoHdlc,
    /// An EtherType.
    EtherType,
    /// Multilink Frame Relay.
    MultilinkFrameRelay,
    /// Something else: cells of ATM's own, IS-IS.
    Other,
}

impl Juniper {
    const EXTENSIONS: u8 = 0x80;
    const NO_LINK_HEADER: u8 = 0x02;

    /// Whether the frame came in.
    pub const fn came_in(self) -> bool {
        self.flags & 1 != 0
    }

    /// Whether the link's own header was left out.
    pub const fn has_no_link_header(self) -> bool {
        self.flags & Self::NO_LINK_HEADER != 0
    }

    /// Reads the header at `at`: a magic number, flags, and if these say so extensions behind their
    /// length; then what the module adds that `link` names.
    pub(super) fn parse(link: LinkType, data: &[u8], at: usize) -> Result<Self, Undecodable> {
        const MAGIC: [u8; 3] = [0x4d, 0x47, 0x43];
        let [a, b, c, flags] = array_at(data, at).ok_or(Undecodable::Short)?;
        if [a, b, c] != MAGIC {
            return Err(Undecodable::Malformed);
        }
        let mut behind = at + 4;
        if flags & Self::EXTENSIONS != 0 {
            let length = u16_at(data, behind).ok_or(Undecodable::Short)?;
            behind += 2 + usize::from(length);
        }
        let (payload, at) = if flags & Self::NO_LINK_HEADER != 0 {
            named(data, behind)?
        } else {
            module(link, data, behind, flags)?
        };
        Ok(Self {
            flags,
            header: behind,
            payload,
            at,
        })
    }

    /// The network header that it leads to.
    pub(super) fn follow(self, data: &[u8]) -> Result<LinkHeader, Undecodable> {
        let at = self.at;
        match self.payload {
            Payload::Ip => Ok(LinkHeader::at(Network::Ip, at)),
            Payload::Mpls => Ok(LinkHeader::at(Network::Mpls, at)),
            Payload::Ppp => ppp::ppp(data, at),
            Payload::Ethernet => ether::ethernet(data, at),
            Payload::Llc => ether::llc_over_atm(data, at),
            Payload::FrameRelay => ppp::frame_relay(data, at),
            Payload::Nlpid => ppp::control_and_nlpid(data, at),
            Payload::CiscoHdlc => ppp::c_hdlc(data, at),
            Payload::EtherType => ether::from_ether_type(data, Vlans::default(), at),
            Payload::MultilinkFrameRelay => ppp::multilink_frame_relay(data, at),
            Payload::Other => Ok(LinkHeader::at(Network::Other(0), at)),
        }
    }
}

/// Where the link's own header was left out a number in the router's byte order names what follows.
fn named(data: &[u8], at: usize) -> Result<(Payload, usize), Undecodable> {
    let number: [u8; 4] = array_at(data, at).ok_or(Undecodable::Short)?;
    let behind = at + 4;
    Ok(match u32::from_le_bytes(number) {
        4 | 5 | 8 | 32 => (Payload::Mpls, behind),
        200 => (Payload::Ppp, behind),
        202 | 203 => (Payload::Llc, behind),
        204 => (Payload::Ethernet, behind),
        207 => (Payload::FrameRelay, behind),
        208 => (Payload::CiscoHdlc, behind),
        _ => packet(data, &[behind, behind + 4])?,
    })
}

/// What a module puts before the packet: the octets of its cookie, what follows that, and where.
fn module(
    link: LinkType,
    data: &[u8],
    at: usize,
    flags: u8,
) -> Result<(Payload, usize), Undecodable> {
    let first = u8_at(data, at).ok_or(Undecodable::Short)?;
    let is_in = flags & 1 != 0;
    let length = |of_module| match first {
        LINK_SERVICES => of_module + 2,
        ADAPTIVE_SERVICES => 8,
        _ => of_module,
    };
    match link {
        lt::JUNIPER_PPP => Ok((Payload::Ppp, at)),
        lt::JUNIPER_FRELAY => Ok((Payload::FrameRelay, at)),
        lt::JUNIPER_CHDLC => Ok((Payload::CiscoHdlc, at)),
        lt::JUNIPER_PPPOE_ATM => Ok((Payload::EtherType, at)),
        lt::JUNIPER_ATM1 => atm(data, at, 4, is_in),
        lt::JUNIPER_ATM2 => atm(data, at, 8, is_in),
        lt::JUNIPER_MLPPP => multilink_ppp(data, at, first),
        lt::JUNIPER_MLFR | lt::JUNIPER_MFR => multilink_frame_relay(link, data, at, first),
        // What was encrypted has a header of its own before it, the rest has not.
        lt::JUNIPER_ES => {
            let is_tunnelled = matches!(u8_at(data, at + 3), Some(3..=5));
            let places = [if is_tunnelled { at + 16 } else { at }, at];
            packet(data, &places)
        }
        // A VLAN stands where the shorter header would end.
        lt::JUNIPER_GGSN => packet(data, &[at + 4, at + 8]),
        lt::JUNIPER_MONITOR => packet(data, &[at + length(8)]),
        lt::JUNIPER_SERVICES => {
            let service = if is_in { 16 } else { 12 };
            packet(data, &[at + length(8), at + service])
        }
        lt::JUNIPER_VP => Ok((Payload::Ip, at + 18)),
        lt::JUNIPER_ST => secure_tunnel(data, at),
        _ => Ok((Payload::Ethernet, at)),
    }
}

/// The first of these places where an IP header begins; MPLS has no such mark.
fn packet(data: &[u8], places: &[usize]) -> Result<(Payload, usize), Undecodable> {
    let is_ip = |at: &&usize| u8_at(data, **at).is_some_and(is_first_of_ip);
    if let Some(at) = places.iter().find(is_ip) {
        return Ok((Payload::Ip, *at));
    }
    let last = places.iter().copied().max().unwrap_or(0);
    if tail(data, last).is_empty() {
        return Err(Undecodable::Short);
    }
    Ok((Payload::Other, last))
}

const fn is_first_of_ip(octet: u8) -> bool {
    matches!(octet, 0x45..=0x4f | 0x60..=0x6f)
}

/// Cells of ATM put together: LLC, Ethernet, or what a circuit carries alone.
fn atm(
    data: &[u8],
    at: usize,
    cookie: usize,
    is_in: bool,
) -> Result<(Payload, usize), Undecodable> {
    const GAPS: u32 = 0x3f;
    let behind = at + cookie;
    let start = u32_at(data, at).ok_or(Undecodable::Short)?;
    let last = u8_at(data, behind - 1).ok_or(Undecodable::Short)?;
    let is_atm2 = cookie == 8;
    let maintains = if is_atm2 {
        last & 0x70 != 0
    } else {
        start >> 24 == 0x80
    };
    if maintains {
        return Ok((Payload::Other, behind));
    }
    let payload = match array_at(data, behind).ok_or(Undecodable::Short)? {
        [0xaa, 0xaa, 0x03] | [0xfe, 0xfe, 0x03] => Payload::Llc,
        _ if is_atm2 && !is_in && start & GAPS != 0 => Payload::Ethernet,
        [0x03, _, _] => Payload::Nlpid,
        [high, low, _] if is_atm2 && is_ppp(u16::from_be_bytes([high, low])) => Payload::Ppp,
        [first, _, _] if is_first_of_ip(first) => Payload::Ip,
        _ => Payload::Other,
    };
    Ok((payload, behind))
}

/// The protocols of PPP that a router of Juniper's has.
const fn is_ppp(protocol: u16) -> bool {
    matches!(
        protocol,
        0x0021
            | 0x0023
            | 0x003d
            | 0x0057
            | 0x0281
            | 0x0283
            | 0x8021
            | 0x8023
            | 0x8057
            | 0x8281
            | 0xc021
            | 0xc023
            | 0xc223
    )
}

/// What a services module says of the packet behind its cookie.
fn of_services(data: &[u8], at: usize, otherwise: Payload) -> Result<Payload, Undecodable> {
    let kind = u8_at(data, at + 5).ok_or(Undecodable::Short)? & 0x70;
    let first = u8_at(data, at + 8).ok_or(Undecodable::Short)?;
    Ok(match kind {
        // To the routing engine go packets of PPP itself.
        0 if !is_first_of_ip(first) => otherwise,
        0 | 0x10 => Payload::Ip,
        0x20 => Payload::Mpls,
        _ => Payload::Other,
    })
}

/// Multilink PPP.
fn multilink_ppp(data: &[u8], at: usize, first: u8) -> Result<(Payload, usize), Undecodable> {
    const APOLLO: u8 = 0x40;
    const ADDRESS_AND_CONTROL: u16 = 0xff03;
    Ok(match first {
        ADAPTIVE_SERVICES | APOLLO => (of_services(data, at, Payload::Ppp)?, at + 8),
        LINK_SERVICES => (Payload::Ppp, at + 4),
        // One link of a bundle has no cookie.
        _ => match (u16_at(data, at), u16_at(data, at + 2)) {
            (Some(ADDRESS_AND_CONTROL), _) => (Payload::Ppp, at + 2),
            (_, Some(protocol)) if is_ppp(protocol) || protocol == ADDRESS_AND_CONTROL => {
                (Payload::Ppp, at + 2)
            }
            (Some(protocol), Some(_)) if is_ppp(protocol) => (Payload::Ppp, at),
            (_, Some(_)) => (Payload::Other, at + 2),
            (_, None) => return Err(Undecodable::Short),
        },
    })
}

/// Multilink Frame Relay, of two ends (FRF.15) or between networks (FRF.16).
fn multilink_frame_relay(
    link: LinkType,
    data: &[u8],
    at: usize,
    first: u8,
) -> Result<(Payload, usize), Undecodable> {
    const APOLLO: u8 = 0x40;
    const WHOLE: u8 = 0xc0;
    let is_mfr = link == lt::JUNIPER_MFR;
    Ok(match first {
        first if is_mfr && first & WHOLE == WHOLE => (Payload::MultilinkFrameRelay, at),
        ADAPTIVE_SERVICES => (of_services(data, at, Payload::Nlpid)?, at + 8),
        APOLLO if !is_mfr => (of_services(data, at, Payload::Nlpid)?, at + 8),
        LINK_SERVICES if is_mfr => (Payload::Nlpid, at + 6),
        LINK_SERVICES => (Payload::Nlpid, at + 4),
        _ if is_mfr => (Payload::Nlpid, at + 4),
        // A bundle's number, or the address of one link.
        _ => (Payload::Nlpid, at + 2),
    })
}

/// A packet that came out of a tunnel of `IPsec`: behind Ethernet, IPv4 and ESP of that,
/// and 16 octets.
fn secure_tunnel(data: &[u8], at: usize) -> Result<(Payload, usize), Undecodable> {
    const ESP: usize = 8;
    const UNKNOWN: usize = 16;
    let ip = at + 14;
    let version = u8_at(data, ip).ok_or(Undecodable::Short)?;
    let header = usize::from(version & 0x0f) * 4;
    packet(data, &[ip + header + ESP + UNKNOWN])
}

/// The virtual networks that a frame goes between, in fields of type and length, then Ethernet.
pub(super) fn virtual_networks(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    const LAST: u8 = 255;
    let mut field = at;
    loop {
        let [kind, length] = array_at(data, field).ok_or(Undecodable::Short)?;
        field += 2 + usize::from(length);
        match kind {
            LAST => return ether::ethernet(data, field),
            1..=4 => {}
            _ => return Ok(LinkHeader::at(Network::Other(kind.into()), field)),
        }
    }
}
