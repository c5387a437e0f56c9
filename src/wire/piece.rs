//! Pieces of packets that a link or a tunnel took apart below IP: those of IEEE 802.11, CAPWAP, PPP
//! multilink, multilink Frame Relay, Frame Relay, SNDCP and AX.25. [`super::reassembly`] puts them together.

mod segments;

use std::net::IpAddr;

use super::bytes::{array_at, tail, u8_at, u16_at, u32_at};
use super::ip::{Ip, protocol};
use super::link::{self, linktype};
use super::tunnel::{self, Tunnel};
use crate::model::{Expanded, Form, Frame, LinkType};
pub(super) use segments::sndcp;

/// What took packets apart, with what its pieces have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Carrier {
    /// IEEE 802.11 section 10.4.
    Ieee80211 {
        /// Receiver and transmitter.
        ends: [[u8; 6]; 2],
        /// 12-bit number of the packet.
        sequence: u16,
        /// Traffic identifier, 0 if there is none.
        tid: u8,
    },
    /// CAPWAP (RFC 5415 section 3.4).
    Capwap {
        /// Source and destination.
        ends: (IpAddr, IpAddr),
        /// Their ports.
        ports: (u16, u16),
        /// Identifier of the packet.
        id: u16,
    },
    /// PPP multilink (RFC 1990), all links of a capture taken for one bundle.
    Multilink {
        /// The tunnel that the link goes through.
        tunnel: Option<Tunnel>,
        /// What tells the direction, where the capture does.
        direction: Option<u8>,
    },
    /// Multilink Frame Relay (FRF.16.1).
    MultilinkFrameRelay,
    /// Frame Relay between its ends (FRF.12).
    FrameRelay {
        /// Data link connection identifier.
        identifier: u32,
        /// What tells the direction, where the capture does.
        direction: Option<u8>,
    },
    /// SNDCP of GPRS (3GPP TS 44.065).
    Sndcp {
        /// The tunnel that it goes through.
        tunnel: Option<Tunnel>,
        /// The mobile's temporary identifier (TLLI), where the tunnel tells it.
        mobile: Option<u32>,
        /// Network service access point.
        access_point: u8,
        /// 12-bit number of the packet.
        number: u16,
    },
    /// AX.25 (2.2 section 6.6).
    Ax25 {
        /// Destination and source.
        stations: [[u8; 7]; 2],
    },
    /// A unit of a stream ([`super::stream`]).
    Unit {
        /// No other has this number.
        number: u64,
        /// Whether the stream goes through a tunnel.
        in_tunnel: bool,
    },
}

impl Carrier {
    /// Whether its numbers do not tell which packet a piece is of: they count all that are sent, or
    /// begin again with each packet.
    pub(super) const fn numbers_all(self) -> bool {
        matches!(
            self,
            Self::Multilink { .. }
                | Self::MultilinkFrameRelay
                | Self::FrameRelay { .. }
                | Self::Ax25 { .. }
        )
    }

    /// Whether the pieces travel in a tunnel, and so in other packets.
    pub const fn is_in_tunnel(self) -> bool {
        match self {
            Self::Capwap { .. } => true,
            Self::Unit { in_tunnel, .. } => in_tunnel,
            Self::Multilink { tunnel, .. } | Self::Sndcp { tunnel, .. } => tunnel.is_some(),
            Self::Ieee80211 { .. }
            | Self::MultilinkFrameRelay
            | Self::FrameRelay { .. }
            | Self::Ax25 { .. } => false,
        }
    }

    /// Whether what begins at `start` follows what ends at `end`: numbers begin again.
    pub(super) const fn joins(self, end: u32, start: u32) -> bool {
        const LONG: u32 = 1 << 24;
        const SHORT: u32 = 1 << 12;
        end == start || self.numbers_all() && start == 0 && (end == LONG || end == SHORT)
    }
}

/// How a piece is numbered.
#[derive(Clone, Copy, Debug)]
pub(super) enum Numbers<'a> {
    /// As its carrier has it always.
    Own,
    /// By 24 bits, for certain.
    Long,
    /// By 12 bits, for certain.
    Short,
    /// As its bundle has it: by 24 bits, unless that is by 12.
    Either {
        /// Number and octets then.
        short: (u32, &'a [u8]),
    },
}

/// What stands before a packet, up to what the longest one has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Header {
    octets: [u8; 24],
    length: usize,
}

impl Header {
    /// These octets, or as many as there is room for.
    pub(super) fn of(header: &[u8]) -> Self {
        let mut made = Self::default();
        for (place, octet) in made.octets.iter_mut().zip(header) {
            *place = *octet;
            made.length += 1;
        }
        made
    }

    fn as_slice(&self) -> &[u8] {
        self.octets.get(..self.length).unwrap_or_default()
    }
}

/// A piece of a packet.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'a> {
    /// Who it is from.
    pub carrier: Carrier,
    /// The first place that it takes: octets of the packet before it, or its number.
    pub(super) start: u32,
    /// The place behind it.
    pub(super) end: u32,
    /// Whether the packet begins with it.
    pub begins: bool,
    /// Whether the packet ends with it.
    pub(super) ends: bool,
    /// What stands before the packet when that is whole.
    header: Header,
    /// Its octets.
    pub octets: &'a [u8],
    /// How it is numbered.
    pub(super) numbers: Numbers<'a>,
    /// Tunnels around the packet.
    depth: u8,
    /// What the packet is a frame of.
    link: LinkType,
}

impl<'a> Piece<'a> {
    /// The same with the number that it has if that is short.
    pub(super) fn with_short_number(&self, (start, octets): (u32, &'a [u8])) -> Self {
        Self {
            start,
            end: start + 1,
            octets,
            numbers: Numbers::Own,
            ..*self
        }
    }

    /// Makes the packet, or what these octets are of it.
    pub fn make(&self, octets: &[u8], into: &mut Expanded) {
        into.clear();
        into.octets.extend_from_slice(self.header.as_slice());
        into.octets.extend_from_slice(octets);
        into.set_wire_len(into.octets.len());
        into.depth = self.depth;
        into.link = Some(self.link);
        into.form = Form::Part;
        into.piece = self.octets.len();
    }
}

/// What a frame holds of a unit of a stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct UnitPart<'a> {
    /// The number of the unit.
    pub(super) number: u64,
    /// Octets of the packet before it.
    pub(super) before: usize,
    /// Octets of all of the packet.
    pub(super) of: usize,
    /// What stands before the packet.
    pub(super) header: Header,
    /// What the packet is a frame of.
    pub(super) link: LinkType,
    /// Its octets.
    pub(super) octets: &'a [u8],
    /// Tunnels around it.
    pub(super) depth: u8,
}

impl<'a> Piece<'a> {
    /// The piece that a part of a unit is; all of it where that is whole.
    pub(super) fn of_unit(part: &UnitPart<'a>) -> Self {
        let place = |octets: usize| u32::try_from(octets).unwrap_or(u32::MAX);
        let end = part.before + part.octets.len();
        Self {
            carrier: Carrier::Unit {
                number: part.number,
                in_tunnel: part.depth > 0,
            },
            start: place(part.before),
            end: place(end),
            begins: part.before == 0,
            ends: end >= part.of,
            header: part.header,
            octets: part.octets,
            numbers: Numbers::Own,
            depth: part.depth,
            link: part.link,
        }
    }
}

/// The piece that `frame` holds, if it holds one that was captured whole.
pub fn find<'a>(frame: &Frame<'a>) -> Option<Piece<'a>> {
    if frame.expanded.is_some() || frame.is_cut() {
        return None;
    }
    let piece = match frame.link {
        linktype::MFR => multilink_frame_relay(frame.data),
        linktype::FRELAY | linktype::FRELAY_WITH_DIR => segments::frame_relay(frame),
        linktype::AX25 | linktype::AX25_KISS => segments::ax25(frame),
        _ => ieee802_11(frame).or_else(|| tunnel::piece(frame)),
    };
    piece.filter(|piece| !(piece.octets.is_empty() || piece.begins && piece.ends))
}

fn ieee802_11<'a>(frame: &Frame<'a>) -> Option<Piece<'a>> {
    const FRAGMENT: u16 = 0x000f;
    const RECEIVER: usize = 4;
    const TRANSMITTER: usize = 10;
    let part = link::part_of_802_11(frame)?;
    let header: [u8; 24] = array_at(part.header, 0)?;
    let control = u16::from_le_bytes([header[22], header[23]]);
    let number = u32::from(control & FRAGMENT);
    Some(Piece {
        carrier: Carrier::Ieee80211 {
            ends: [
                array_at(&header, RECEIVER)?,
                array_at(&header, TRANSMITTER)?,
            ],
            sequence: control >> 4,
            tid: part.tid,
        },
        start: number,
        end: number + 1,
        begins: number == 0,
        ends: !part.more,
        header: Header::of(&link::unfragmented_802_11(header)),
        octets: part.body,
        numbers: Numbers::Own,
        depth: 0,
        link: linktype::IEEE802_11,
    })
}

/// A piece of CAPWAP in `ip`, inside of which so many tunnels end (RFC 5415 section 4.3).
pub(super) fn capwap<'a>(ip: &Ip<'a>, depth: u8) -> Option<Piece<'a>> {
    const PORT: u16 = 5247;
    const UDP: usize = 8;
    const NATIVE: u8 = 0x01;
    const FRAGMENT: u8 = 0x80;
    const LAST: u8 = 0x40;
    if !matches!(ip.protocol, protocol::UDP | protocol::UDP_LITE) || ip.fragment.is_some() {
        return None;
    }
    let ports = (u16_at(ip.payload, 0)?, u16_at(ip.payload, 2)?);
    if ports.0 != PORT && ports.1 != PORT {
        return None;
    }
    let bytes = tail(ip.payload, UDP);
    let [preamble, length, ids, flags] = array_at(bytes, 0)?;
    if preamble != 0 || flags & FRAGMENT == 0 || !ip.is_whole() {
        return None;
    }
    let octets = tail(bytes, usize::from(length >> 3) * 4);
    let start = u32::from(u16_at(bytes, 6)? & 0xfff8);
    Some(Piece {
        carrier: Carrier::Capwap {
            ends: (ip.src(), ip.dst()),
            ports,
            id: u16_at(bytes, 4)?,
        },
        start,
        end: start + u32::try_from(octets.len()).ok()?,
        begins: start == 0,
        ends: flags & LAST != 0,
        header: Header::default(),
        octets,
        numbers: Numbers::Own,
        depth,
        link: if ids & NATIVE == 0 {
            linktype::ETHERNET
        } else {
            linktype::IEEE802_11
        },
    })
}

/// A piece of PPP multilink (RFC 1990 section 3): whether it begins and ends a packet, and a number
/// of 24 or 12 bits.
pub(super) fn multilink(
    bytes: &[u8],
    tunnel: Option<Tunnel>,
    direction: Option<u8>,
    depth: u8,
) -> Option<Piece<'_>> {
    const BEGINS: u8 = 0x80;
    const ENDS: u8 = 0x40;
    const SHORT: u16 = 0x0fff;
    const LONG: u32 = 0x00ff_ffff;
    let flags = u8_at(bytes, 0)?;
    let short = (u32::from(u16_at(bytes, 0)? & SHORT), tail(bytes, 2));
    let long = (u32_at(bytes, 0).unwrap_or(0) & LONG, tail(bytes, 4));
    let begins = flags & BEGINS != 0;
    // No piece is empty.
    let may_be_long = flags & !(BEGINS | ENDS) == 0 && !long.1.is_empty();
    let length = tunnel::multilink_header(bytes).filter(|_| begins);
    let numbers = match length {
        _ if !may_be_long => Numbers::Short,
        Some(2) => Numbers::Short,
        Some(_) => Numbers::Long,
        None => Numbers::Either { short },
    };
    let is_short = matches!(numbers, Numbers::Short);
    let (start, octets) = if is_short { short } else { long };
    Some(Piece {
        carrier: Carrier::Multilink { tunnel, direction },
        start,
        end: start + 1,
        begins,
        ends: flags & ENDS != 0,
        header: Header::default(),
        octets,
        numbers,
        depth,
        link: linktype::PPP,
    })
}

/// A piece of multilink Frame Relay (FRF.16.1 section 2.1), whose first one has the address.
fn multilink_frame_relay(data: &[u8]) -> Option<Piece<'_>> {
    numbered_as_frame_relay(data, Carrier::MultilinkFrameRelay)
}

/// A piece behind whether it begins and ends a frame, and a number of 12 bits.
fn numbered_as_frame_relay(data: &[u8], carrier: Carrier) -> Option<Piece<'_>> {
    const BEGINS: u8 = 0x80;
    const ENDS: u8 = 0x40;
    const CONTROL: u8 = 0x20;
    let [flags, low] = array_at(data, 0)?;
    let start = u32::from(flags & 0x1e) << 7 | u32::from(low);
    (flags & CONTROL == 0).then_some(Piece {
        carrier,
        start,
        end: start + 1,
        begins: flags & BEGINS != 0,
        ends: flags & ENDS != 0,
        header: Header::default(),
        octets: tail(data, 2),
        numbers: Numbers::Own,
        depth: 0,
        link: linktype::FRELAY,
    })
}
