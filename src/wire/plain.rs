//! The packets that most are: TCP or UDP right behind IP right behind Ethernet.
//!
//! They are told by their fixed headers alone, and only what correlation takes note of is read:
//! on a busy link nearly every frame takes this way.

use super::bytes::u16_at;
use super::ip::protocol::{TCP, UDP};
use super::link::linktype;
use super::{IpVersion, esp, tunnel};
use crate::model::Frame;
use crate::model::flow::AddrBits;

/// Such a packet: neither a fragment, nor with IP options, nor a tunnel's, nor one that may report
/// others.
#[derive(Clone, Copy, Debug)]
pub struct Plain<'a> {
    /// Version of IP.
    pub version: IpVersion,
    /// Addresses.
    pub addrs: AddrBits,
    /// Time to live or hop limit.
    pub ttl: u8,
    /// TCP or UDP.
    pub protocol: u8,
    /// IPv4 identification, or IPv6 flow label.
    pub label: u32,
    /// Length of the IP packet in octets, as its header claims.
    pub length: u32,
    /// What was captured of the transport.
    pub payload: &'a [u8],
    /// Length of the transport in octets.
    pub payload_length: u32,
    /// Whether it carries ESP, which may hold a packet, though none that can be read without a key.
    pub is_esp: bool,
}

/// The packet in `frame` if it is such a one; `None` tells only that [`super::classify`] is to be
/// asked.
#[expect(
    clippy::inline_always,
    reason = "what the caller does not ask for is never made"
)]
#[inline(always)]
pub fn plain<'a>(frame: &Frame<'a>) -> Option<Plain<'a>> {
    let mut plain = ordinary(frame)?;
    let may_hold_packets = if plain.protocol == TCP {
        tunnel::has_tcp_port(plain.payload)
    } else {
        plain.is_esp = esp::is_in_udp(plain.payload);
        tunnel::has_tunnel_ports(plain.payload) || plain.is_esp && esp::may_be_clear(plain.payload)
    };
    (!may_hold_packets).then_some(plain)
}

/// The hosts of which one tells the other in `frame` of frames to come (RPCAP), that may go by any port.
#[cold]
pub fn capturing(frame: &Frame<'_>) -> Option<AddrBits> {
    let packet = ordinary(frame).filter(|packet| packet.protocol == TCP)?;
    tunnel::tells_of_captures(packet.payload).then_some(packet.addrs)
}

/// The packet in `frame`, whatever it holds.
// What the caller does not ask for is never made.
#[inline(always)]
fn ordinary<'a>(frame: &Frame<'a>) -> Option<Plain<'a>> {
    const HEADER: usize = 14;
    if frame.link != linktype::ETHERNET {
        return None;
    }
    let wire_len = usize::try_from(frame.wire_len).unwrap_or(usize::MAX);
    let on_wire = wire_len.checked_sub(usize::from(frame.fcs_len) + HEADER)?;
    let (header, packet) = frame.data.split_at_checked(HEADER)?;
    let packet = packet.get(..on_wire).unwrap_or(packet);
    match u16_at(header, 12)? {
        0x0800 => v4(packet, on_wire),
        0x86dd => v6(packet, on_wire),
        _ => None,
    }
}

// What the caller does not ask for is never made.
#[inline(always)]
fn v4(packet: &[u8], on_wire: usize) -> Option<Plain<'_>> {
    const FIXED: usize = 20;
    let (fixed, rest) = packet.split_first_chunk::<FIXED>()?;
    let half = |at: usize| u16::from_be_bytes([fixed[at], fixed[at + 1]]);
    let word = |at: usize| u32::from(half(at)) << 16 | u32::from(half(at + 2));
    let length = half(2);
    let payload_length = usize::from(length).checked_sub(FIXED)?;
    let is_fragment = half(6) & 0x3fff != 0;
    let is_plain = fixed[0] == 0x45
        && matches!(fixed[9], TCP | UDP)
        && !is_fragment
        && usize::from(length) <= on_wire;
    if !is_plain {
        return None;
    }
    Some(Plain {
        version: IpVersion::V4,
        addrs: AddrBits::v4(word(12), word(16)),
        ttl: fixed[8],
        protocol: fixed[9],
        label: u32::from(half(4)),
        length: length.into(),
        payload: rest.get(..payload_length).unwrap_or(rest),
        payload_length: u32::from(length) - 20,
        is_esp: false,
    })
}

// What the caller does not ask for is never made.
#[inline(always)]
fn v6(packet: &[u8], on_wire: usize) -> Option<Plain<'_>> {
    const FIXED: usize = 40;
    let (fixed, rest) = packet.split_first_chunk::<FIXED>()?;
    let (head, addrs) = fixed.split_first_chunk::<8>()?;
    let (src, dst) = addrs.split_first_chunk::<16>()?;
    let payload_length = u16::from_be_bytes([head[4], head[5]]);
    let is_plain = head[0] >> 4 == 6
        && matches!(head[6], TCP | UDP)
        && payload_length > 0
        && FIXED + usize::from(payload_length) <= on_wire;
    let dst = dst.first_chunk::<16>()?;
    if !is_plain {
        return None;
    }
    Some(Plain {
        version: IpVersion::V6,
        addrs: AddrBits::v6(u128::from_be_bytes(*src), u128::from_be_bytes(*dst)),
        ttl: head[7],
        protocol: head[6],
        label: u32::from_be_bytes([0, head[1] & 0x0f, head[2], head[3]]),
        length: 40 + u32::from(payload_length),
        payload: (rest.get(..usize::from(payload_length))).unwrap_or(rest),
        payload_length: payload_length.into(),
        is_esp: false,
    })
}
