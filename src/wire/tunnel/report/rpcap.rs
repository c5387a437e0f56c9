//! RPCAP: a machine captures for another and sends it the frames, in connections of their own, of which
//! messages in the one that controls it tell the ports. There is no specification but libpcap's
//! `rpcap-protocol.h`.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::ops::Range;

use super::super::tcp::Start;
use super::{Held, Report, ReportHeader, ReportMessage, Span, TunnelKind};
use crate::model::frame::{Section, SectionStart};
use crate::model::{AddrPair, LinkType};
use crate::wire::bytes::{tail, u8_at, u16_at, u32_at};
use crate::wire::ip::{Ip, protocol};

/// That of the connection that controls a machine, and where such a one connects by itself.
pub(in crate::wire::tunnel) const PORT: u16 = 2002;
pub(in crate::wire::tunnel) const PORT_ACTIVE: u16 = 2003;

/// Octets of a message's header, and of the packet's behind it.
const HEADER: usize = 8;
const PACKET_HEADER: usize = 20;
/// Octets of UDP's header.
const UDP: usize = 8;

const VERSION: u8 = 0;

/// Types of messages.
mod kind {
    pub(super) const OPEN_REPLY: u8 = 0x83;
    pub(super) const START_REQUEST: u8 = 4;
    pub(super) const START_REPLY: u8 = 0x84;
    pub(super) const PACKET: u8 = 7;
    pub(super) const LAST: u8 = 11;
    pub(super) const REPLY: u8 = 0x80;
}

/// What the octets that a message begins with tell of it. Those that tell of captures are wanted as those
/// that hold a packet are.
pub(in crate::wire::tunnel) fn start(octets: &[u8]) -> Start {
    if u8_at(octets, 0).is_some_and(|version| version != VERSION) {
        return Start::None;
    }
    let (Some(kind), Some(length)) = (u8_at(octets, 1), u32_at(octets, 4)) else {
        return Start::Short(HEADER);
    };
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let length = length.saturating_add(HEADER);
    match kind {
        kind::OPEN_REPLY | kind::START_REQUEST | kind::START_REPLY | kind::PACKET => {
            Start::Holds(length)
        }
        other if (1..=kind::LAST).contains(&(other & !kind::REPLY)) => Start::Other(length),
        _ => Start::None,
    }
}

/// The frame in the message that lies there, which this machine captured on a link of this number.
pub(in crate::wire::tunnel) fn held(
    bytes: &[u8],
    message: Range<usize>,
    by: IpAddr,
    link: u16,
) -> Option<Held> {
    /// More than libpcap lets a frame have.
    const MOST: usize = 1 << 20;
    let Range { start: at, end } = message;
    if u8_at(bytes, at + 1)? != kind::PACKET {
        return None;
    }
    let octets = |place| usize::try_from(u32_at(bytes, place)?).ok();
    let captured = octets(at + HEADER + 8)?;
    let sent = octets(at + HEADER + 12)?;
    let start = at + HEADER + PACKET_HEADER;
    let link = LinkType::from_registry(link);
    let header = Span {
        header: ReportHeader::Rpcap { link },
        at,
        octets: HEADER + PACKET_HEADER,
    };
    let report = Report {
        message: ReportMessage::RemoteCapture,
        by,
        sampling_rate: None,
        input: None,
        output: None,
        spans: [Some(header), None, None],
    };
    let end = end.min(start.saturating_add(captured));
    (start < end).then(|| Held {
        on_wire: sent.min(MOST),
        ..Held::whole(TunnelKind::Rpcap, report, start..end, link)
    })
}

/// What messages told of captures, for which frames are to come.
#[derive(Debug, Default)]
pub(in crate::wire::tunnel) struct RemoteCaptures {
    /// The latest last.
    opened: VecDeque<Opened>,
    under_way: VecDeque<UnderWay>,
}

/// An interface that a machine opened for another.
#[derive(Debug)]
struct Opened {
    /// From that machine.
    addrs: AddrPair,
    ports: [u16; 2],
    /// Number of its link type.
    link: u16,
}

/// A connection, of TCP or UDP, that frames come by.
#[derive(Debug)]
struct UnderWay {
    /// From the machine that captures.
    addrs: AddrPair,
    /// That of either end.
    port: u16,
    link: u16,
}

impl RemoteCaptures {
    /// More than are under way at once.
    const MOST: usize = 64;

    /// Learns what a message tells that came in a segment of a control connection.
    pub(in crate::wire::tunnel) fn learn(&mut self, ip: &Ip<'_>, message: &[u8]) {
        let port_at = |at| u16_at(message, HEADER + at).filter(|&port| port != 0);
        // Who asks may tell a port of his own, who answers one of his.
        match u8_at(message, 1) {
            Some(kind::OPEN_REPLY) => self.open(ip, message),
            Some(kind::START_REQUEST) => self.begin(ip, Sender::Asks, port_at(10)),
            Some(kind::START_REPLY) => self.begin(ip, Sender::Captures, port_at(4)),
            _ => {}
        }
    }

    fn open(&mut self, ip: &Ip<'_>, reply: &[u8]) {
        let link = u32_at(reply, HEADER).and_then(|link| u16::try_from(link).ok());
        let (Some(link), Some(ports)) = (link, ports(ip)) else {
            return;
        };
        let opened = Opened {
            addrs: ip.addrs,
            ports,
            link,
        };
        (self.opened).retain(|other| (other.addrs, other.ports) != (opened.addrs, opened.ports));
        push_latest(&mut self.opened, opened);
    }

    fn begin(&mut self, ip: &Ip<'_>, sender: Sender, port: Option<u16>) {
        let (Some(port), Some([src, dst])) = (port, ports(ip)) else {
            return;
        };
        let (addrs, ports) = match sender {
            Sender::Captures => (ip.addrs, [src, dst]),
            Sender::Asks => (ip.addrs.reversed(), [dst, src]),
        };
        let mut opened = self.opened.iter().rev();
        if let Some(opened) = opened.find(|opened| (opened.addrs, opened.ports) == (addrs, ports)) {
            let link = opened.link;
            (self.under_way).retain(|other| (other.addrs, other.port) != (addrs, port));
            push_latest(&mut self.under_way, UnderWay { addrs, port, link });
        }
    }

    /// The number of the link of the frames that come in a packet, if some do.
    pub(in crate::wire::tunnel) fn link_in(&self, ip: &Ip<'_>) -> Option<u16> {
        if self.under_way.is_empty() {
            return None;
        }
        let ports = ports(ip)?;
        let is_it = |known: &&UnderWay| known.addrs == ip.addrs && ports.contains(&known.port);
        self.under_way.iter().find(is_it).map(|known| known.link)
    }

    /// The message with a frame in a datagram.
    pub(super) fn in_datagram(&self, ip: &Ip<'_>) -> Option<Section> {
        if ip.protocol != protocol::UDP || ip.fragment.is_some() {
            return None;
        }
        let link = self.link_in(ip)?;
        let Start::Holds(octets) = start(tail(ip.payload, UDP)) else {
            return None;
        };
        Some(Section {
            at: u16::try_from(UDP).ok()?,
            octets: u16::try_from(octets).ok()?,
            begins: SectionStart::Captured(link),
        })
    }
}

/// Who sends a message.
#[derive(Clone, Copy, Debug)]
enum Sender {
    Captures,
    Asks,
}

fn ports(ip: &Ip<'_>) -> Option<[u16; 2]> {
    Some([u16_at(ip.payload, 0)?, u16_at(ip.payload, 2)?])
}

fn push_latest<T>(known: &mut VecDeque<T>, latest: T) {
    if known.len() == RemoteCaptures::MOST {
        known.pop_front();
    }
    known.push_back(latest);
}
