//! Frames of IEEE 802.15.4 that sniffers and bridges send on in UDP, with what their radio told of them:
//! the `ZigBee` Encapsulation Protocol of Exegin's sniffers, `ZigBee`'s `SCoP`, and what the server of NXP's
//! sniffer sends. There is no public specification but Wireshark's dissectors.

use super::header::or_encrypted;
use super::{TunnelKind, rftap, tcp};
use crate::model::{Frame, LinkType};
use crate::wire::bytes::{array_at, tail, u8_at, u16_at};
use crate::wire::ip::{Ip, protocol};
use crate::wire::link::{self, LinkHeader, Network, linktype};

pub(super) use port::SCOP;

/// UDP ports; `SCoP` has its own over TCP as well. Sniffers may send from them as well as to them.
mod port {
    pub(super) const ZEP: u16 = 17754;
    pub(in crate::wire::tunnel) const SCOP: u16 = 17755;
    pub(super) const SCOP_SECURED: u16 = 17756;
    pub(super) const NXP: u16 = 49999;
}

/// Whether such frames are looked for behind this port.
pub(super) const fn is_port(number: u16) -> bool {
    matches!(
        number,
        port::ZEP | port::SCOP | port::SCOP_SECURED | port::NXP
    )
}

/// Octets of UDP's header.
const UDP: usize = 8;

/// What a header says that is needed to go on.
struct Header {
    kind: TunnelKind,
    /// Octets of the header.
    octets: usize,
    /// Octets of the frame.
    length: usize,
    /// Whether what stands in the place of the check sequence, which may be the radio's own account, is
    /// there.
    link: LinkType,
}

impl Header {
    fn parse(port: u16, bytes: &[u8]) -> Option<Self> {
        match port {
            port::ZEP => Self::zep(bytes),
            port::SCOP | port::SCOP_SECURED => Self::scop(bytes),
            port::NXP => Self::nxp(bytes),
            _ => None,
        }
    }

    /// Version 1 has 16 octets, later ones 32; an acknowledgment carries no frame.
    fn zep(bytes: &[u8]) -> Option<Self> {
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
            kind: TunnelKind::Zep { channel },
            octets,
            length: length.into(),
            link: linktype::IEEE802_15_4_WITHFCS,
        })
    }

    /// Transport, version, length of all, service: a bridge sends frames, in the clear over two.
    fn scop(bytes: &[u8]) -> Option<Self> {
        const HEADER: usize = 5;
        const CLEAR: [u8; 2] = [1, 2];
        const BRIDGE: u8 = 1;
        let transport = u8_at(bytes, 0)?;
        let length = usize::from(u16_at(bytes, 2)?).checked_sub(HEADER)?;
        let is_frame = CLEAR.contains(&transport) && u8_at(bytes, 4)? == BRIDGE;
        is_frame.then_some(Self {
            kind: TunnelKind::Scop,
            octets: HEADER,
            length,
            link: linktype::IEEE802_15_4_NOFCS,
        })
    }

    /// Time, the sniffer's name up to an octet of 0, channel, quality, length.
    fn nxp(bytes: &[u8]) -> Option<Self> {
        const TIME: usize = 5;
        let name = tail(bytes, TIME).iter().position(|octet| *octet == 0)?;
        let place = TIME + name + 1;
        let [channel, _, length] = array_at(bytes, place)?;
        Some(Self {
            kind: TunnelKind::NxpSniffer { channel },
            octets: place + 3,
            length: length.into(),
            link: linktype::IEEE802_15_4_WITHFCS,
        })
    }
}

/// A header behind UDP's, and that of the frame: only data in the clear leads on.
pub(super) fn sniffed(port: u16, bytes: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    let header = Header::parse(port, bytes)?;
    let read = link::ieee802154::parse(header.link, bytes, header.octets);
    let inside = or_encrypted(read, header.octets)?;
    matches!(inside.network, Network::Lowpan | Network::Encrypted(_))
        .then_some((header.kind, inside))
}

/// The link type of the frame that `RFtap` hands on, where it starts and how long it is.
fn received(ip: &Ip<'_>, bytes: &[u8]) -> Option<(LinkType, usize, usize)> {
    let rftap::Header { link, octets } = rftap::Header::parse(bytes)?;
    let length = usize::try_from(ip.payload_length).ok()?;
    let length = length.checked_sub(UDP + octets)?;
    link::ieee802154::is_ieee802_15_4(link).then_some((link, octets, length))
}

/// The frame that `ip` carries, as if it had been captured by itself; `around` is the one that it
/// came in.
pub fn radio_frame<'a>(ip: &Ip<'a>, around: &Frame<'a>) -> Option<Frame<'a>> {
    let bytes = match ip.protocol {
        protocol::UDP if !ip.is_later_fragment() => tail(ip.payload, UDP),
        protocol::TCP => tcp::octets_of(ip, around.place()?.section?),
        _ => return None,
    };
    let [a, b, c, d] = array_at(ip.payload, 0)?;
    let mut ports = [[c, d], [a, b]].map(u16::from_be_bytes).into_iter();
    let (link, octets, length) = match ports.find(|port| is_port(*port)) {
        Some(port) => {
            let header = Header::parse(port, bytes)?;
            (header.link, header.octets, header.length)
        }
        None if ip.protocol == protocol::UDP => received(ip, bytes)?,
        None => return None,
    };
    let data = tail(bytes, octets);
    if data.len() > length {
        // Not what it seems: no sniffer sends more than it says.
        return None;
    }
    Some(Frame {
        link,
        wire_len: u32::try_from(length).unwrap_or(u32::MAX),
        fcs_len: 0,
        data,
        expanded: None,
        ..*around
    })
}
