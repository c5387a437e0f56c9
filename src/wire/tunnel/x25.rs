//! Packets of X.25 (ITU-T X.25 section 5) that carry others (RFC 1356), also in TCP (RFC 1613).

use super::TunnelKind;
use super::header::leads_to_certain_ip;
use super::shim::Step;
use super::tcp::Start;
use crate::wire::Undecodable;
use crate::wire::bytes::{array_at, u8_at, u16_at};
use crate::wire::link::{self, LinkHeader, Network};

/// TCP port of X.25.
pub(super) const XOT_PORT: u16 = 1998;

/// The header of a packet.
struct Header {
    /// Group and number of the logical channel.
    channel: u16,
    /// What the packet is.
    kind: Kind,
}

enum Kind {
    /// Data, which start there.
    Data(usize),
    /// What sets a call up, or keeps it.
    Other,
}

impl Header {
    /// Sections 5.1 and 5.3.1: numbers of data take one octet or two, as the first octet tells.
    fn parse(packet: &[u8], at: usize) -> Option<Self> {
        const LONG: u8 = 0x20;
        let [format, channel, kind] = array_at(packet, at)?;
        let is_data = kind & 1 == 0;
        Some(Self {
            channel: u16::from_be_bytes([format & 0x0f, channel]),
            kind: match format & 0x30 {
                0x10 if is_data => Kind::Data(at + 3),
                LONG if is_data => Kind::Data(at + 4),
                _ => Kind::Other,
            },
        })
    }
}

/// What a packet leads to.
pub(super) fn x25(packet: &[u8]) -> Step {
    let header = Header::parse(packet, 0).ok_or(Undecodable::Short)?;
    let channel = header.channel;
    let inside = match header.kind {
        Kind::Data(start) => ip_in(packet, start),
        Kind::Other => None,
    };
    let nowhere = LinkHeader::at(Network::Other(0), 3);
    Ok((TunnelKind::X25 { channel }, inside.unwrap_or(nowhere)))
}

/// The IP packet in data. What they are was agreed on when the call was set up, or an identifier tells
/// it (RFC 1356 section 3.2), so nothing but the packet is certain.
fn ip_in(packet: &[u8], start: usize) -> Option<LinkHeader> {
    const SNAP: [u8; 4] = [0x80, 0, 0, 0];
    const IPV4: u16 = 0x0800;
    const IPV6: u16 = 0x86dd;
    let at = match u8_at(packet, start)? {
        link::NLPID_IPV4 | link::NLPID_IPV6 => start + 1,
        _ if array_at(packet, start) == Some(SNAP)
            && matches!(u16_at(packet, start + 4), Some(IPV4 | IPV6)) =>
        {
            start + 6
        }
        _ => start,
    };
    let inside = LinkHeader::at(Network::Ip, at);
    leads_to_certain_ip(packet, &inside, 0).then_some(inside)
}

/// Octets before a packet in TCP: version and length (RFC 1613 section 4).
const XOT_HEADER: usize = 4;

/// What the octets that a message begins with tell of it.
pub(super) fn xot_start(octets: &[u8]) -> Start {
    const VERSION: u8 = 0;
    /// Of the shortest packet.
    const SHORTEST: usize = 3;
    if octets.iter().take(2).any(|octet| *octet != VERSION) {
        return Start::None;
    }
    let Some(header) = Header::parse(octets, XOT_HEADER) else {
        return Start::Short(XOT_HEADER + SHORTEST);
    };
    match (u16_at(octets, 2).map(usize::from), header.kind) {
        (Some(length @ SHORTEST..), Kind::Data(_)) => Start::Holds(XOT_HEADER + length),
        (Some(length @ SHORTEST..), Kind::Other) => Start::Other(XOT_HEADER + length),
        _ => Start::None,
    }
}

/// The IP packet that a message carries.
pub(super) fn xot(message: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    let header = Header::parse(message, XOT_HEADER)?;
    let channel = header.channel;
    match header.kind {
        Kind::Data(start) => Some((TunnelKind::Xot { channel }, ip_in(message, start)?)),
        Kind::Other => None,
    }
}
