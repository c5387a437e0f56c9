//! The `ZigBee` Encapsulation Protocol: frames of IEEE 802.15.4 that a sniffer sends on in UDP, with
//! what its radio told of them. Exegin's sniffers define it; there is no public specification but
//! Wireshark's dissector.

use super::TunnelKind;
use super::header::or_encrypted;
use crate::model::Frame;
use crate::wire::bytes::{array_at, tail, u8_at};
use crate::wire::ip::{Ip, protocol};
use crate::wire::link::{self, LinkHeader, Network, linktype};

/// Its UDP port; sniffers may send from it as well as to it.
pub(super) const PORT: u16 = 17754;

/// Octets of UDP's header.
const UDP: usize = 8;

/// What a header says that is needed to go on.
struct Header {
    /// The radio channel.
    channel: u8,
    /// Octets of the header.
    octets: usize,
    /// Octets of the frame.
    length: usize,
}

impl Header {
    /// Version 1 has 16 octets, later ones 32; an acknowledgment carries no frame.
    fn parse(bytes: &[u8]) -> Option<Self> {
        const PREAMBLE: [u8; 2] = *b"EX";
        const ACKNOWLEDGMENT: u8 = 2;
        const LENGTH: u8 = 0x7f;
        let [a, b, version, next, after] = array_at(bytes, 0)?;
        if [a, b] != PREAMBLE {
            return None;
        }
        let (channel, octets) = match (version, next) {
            (1, channel) => (channel, 16),
            (2 | 3, kind) if kind != ACKNOWLEDGMENT => (after, 32),
            _ => return None,
        };
        // The length is the last octet.
        let length = u8_at(bytes, octets - 1)? & LENGTH;
        Some(Self {
            channel,
            octets,
            length: length.into(),
        })
    }
}

/// A header behind UDP's, and that of the frame: only data in the clear leads on.
pub(super) fn zep(bytes: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    let Header {
        channel, octets, ..
    } = Header::parse(bytes)?;
    let read = link::ieee802154::parse(linktype::IEEE802_15_4_WITHFCS, bytes, octets);
    let inside = or_encrypted(read, octets)?;
    matches!(inside.network, Network::Lowpan | Network::Encrypted(_))
        .then_some((TunnelKind::Zep { channel }, inside))
}

/// The frame that `ip` carries, as if it had been captured by itself; `around` is the one that it
/// came in.
pub fn radio_frame<'a>(ip: &Ip<'a>, around: &Frame<'a>) -> Option<Frame<'a>> {
    if ip.protocol != protocol::UDP || ip.is_later_fragment() {
        return None;
    }
    let [a, b, c, d] = array_at(ip.payload, 0)?;
    if ![[a, b], [c, d]].map(u16::from_be_bytes).contains(&PORT) {
        return None;
    }
    let bytes = tail(ip.payload, UDP);
    let Header { octets, length, .. } = Header::parse(bytes)?;
    let data = tail(bytes, octets);
    if data.len() > length {
        // Not what it seems: no sniffer sends more than it says.
        return None;
    }
    Some(Frame {
        // What stands in the place of the check sequence may be the radio's own account.
        link: linktype::IEEE802_15_4_WITHFCS,
        wire_len: u32::try_from(length).unwrap_or(u32::MAX),
        fcs_len: 0,
        data,
        expanded: None,
        ..*around
    })
}
