//! Packets of X.25 (ITU-T X.25 section 5) that carry others (RFC 1356), also in TCP (RFC 1613).

use super::TunnelKind;
use super::header::leads_to_certain_ip;
use super::position::without_fcs;
use super::shim::Step;
use super::tcp::{self, Start};
use crate::model::Frame;
use crate::model::frame::Place;
use crate::wire::Undecodable;
use crate::wire::bytes::{array_at, tail, u8_at, u16_at};
use crate::wire::ip::Ip;
use crate::wire::link::{self, LinkHeader, Network};

/// TCP port of X.25.
pub(super) const XOT_PORT: u16 = 1998;

/// The header of a packet.
struct Header {
    /// Group and number of the logical channel.
    channel: u16,
    kind: Kind,
}

/// What a packet is.
enum Kind {
    Data(Numbered),
    /// What sets a call up, or keeps it.
    Other,
}

/// How data are numbered.
struct Numbered {
    number: u8,
    /// The highest number.
    last: u8,
    /// Whether the next data belong to the same packet.
    more: bool,
    /// Where they start.
    start: usize,
}

impl Header {
    /// Sections 5.1 and 5.3.1: numbers of data take one octet or two, as the first octet tells.
    fn parse(packet: &[u8], at: usize) -> Option<Self> {
        const SHORT: u8 = 0x10;
        const LONG: u8 = 0x20;
        let [format, channel, third] = array_at(packet, at)?;
        let kind = match format & (SHORT | LONG) {
            _ if third & 1 != 0 => Kind::Other,
            SHORT => Kind::Data(Numbered {
                number: third >> 1 & 7,
                last: 7,
                more: third & 0x10 != 0,
                start: at + 3,
            }),
            LONG => Kind::Data(Numbered {
                number: third >> 1,
                last: 0x7f,
                more: u8_at(packet, at + 3)? & 1 != 0,
                start: at + 4,
            }),
            _ => Kind::Other,
        };
        Some(Self {
            channel: u16::from_be_bytes([format & 0x0f, channel]),
            kind,
        })
    }
}

/// What a packet leads to. One that goes on in the next leads nowhere by itself.
pub(super) fn x25(packet: &[u8]) -> Step {
    let header = Header::parse(packet, 0).ok_or(Undecodable::Short)?;
    let channel = header.channel;
    let inside = match header.kind {
        Kind::Data(data) if !data.more => ip_in(packet, data.start),
        _ => None,
    };
    let nowhere = LinkHeader::at(Network::Other(0), 3);
    Ok((TunnelKind::X25 { channel }, inside.unwrap_or(nowhere)))
}

/// The IP packet in data. What they are was agreed on when the call was set up, or an identifier tells
/// it, so nothing but the packet is certain.
fn ip_in(packet: &[u8], start: usize) -> Option<LinkHeader> {
    let inside = LinkHeader::at(Network::Ip, start + identifier(tail(packet, start))?);
    leads_to_certain_ip(packet, &inside, 0).then_some(inside)
}

/// Octets that tell which protocol is behind them (RFC 1356 section 3.2), if these are any; `None` where
/// more has to come.
pub(in crate::wire) fn identifier(data: &[u8]) -> Option<usize> {
    const SNAP: [u8; 4] = [0x80, 0, 0, 0];
    const IPV4: u16 = 0x0800;
    const IPV6: u16 = 0x86dd;
    match u8_at(data, 0)? {
        link::NLPID_IPV4 | link::NLPID_IPV6 => Some(1),
        0x80 => match (array_at(data, 0)?, u16_at(data, 4)?) {
            (SNAP, IPV4 | IPV6) => Some(6),
            _ => Some(0),
        },
        _ => Some(0),
    }
}

/// Data that are part of a packet.
pub(in crate::wire) struct X25Data<'a> {
    pub(in crate::wire) channel: u16,
    pub(in crate::wire) number: u8,
    /// The highest number, of 3 bits or 7.
    pub(in crate::wire) last_number: u8,
    /// Whether the next ones belong to the same packet.
    pub(in crate::wire) more: bool,
    pub(in crate::wire) octets: &'a [u8],
}

fn data(packet: &[u8]) -> Option<X25Data<'_>> {
    let header = Header::parse(packet, 0)?;
    match header.kind {
        Kind::Data(data) => Some(X25Data {
            channel: header.channel,
            number: data.number,
            last_number: data.last,
            more: data.more,
            octets: tail(packet, data.start),
        }),
        Kind::Other => None,
    }
}

/// Those in a frame.
pub(in crate::wire) fn in_frame<'a>(frame: &Frame<'a>) -> Option<X25Data<'a>> {
    let header = link::parse(frame).ok()?;
    if header.network != Network::X25 {
        return None;
    }
    data(without_fcs(frame).behind(header.offset).bytes)
}

/// Those in this message of a segment.
pub(in crate::wire) fn in_message<'a>(ip: &Ip<'a>, which: Place) -> Option<X25Data<'a>> {
    let is_it = [0, 2]
        .into_iter()
        .any(|at| u16_at(ip.payload, at) == Some(XOT_PORT));
    data(tail(tcp::octets_of(ip, which.section?), XOT_HEADER)).filter(|_| is_it)
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
        // Long numbers take an octet more.
        return Start::Short((XOT_HEADER + SHORTEST).max(octets.len() + 1));
    };
    match (u16_at(octets, 2).map(usize::from), header.kind) {
        (Some(length @ SHORTEST..), Kind::Data(_)) => Start::Holds(XOT_HEADER + length),
        (Some(length @ SHORTEST..), Kind::Other) => Start::Other(XOT_HEADER + length),
        _ => Start::None,
    }
}

/// What a message with data leads to.
pub(super) fn xot(message: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    Header::parse(message, XOT_HEADER)?;
    Some((TunnelKind::Xot, LinkHeader::at(Network::X25, XOT_HEADER)))
}
