//! Tunnels of mobile networks.

use super::TunnelKind;
use super::gre::gre;
use super::header::leads_to_certain_ip;
use super::udp::{certain, is_gprs_ns};
use crate::wire::Encryption;
use crate::wire::bytes::{array_at, tail, u8_at, u16_at, u32_at};
use crate::wire::link::{self, LinkHeader, Network};

/// GTP of either version, by its first octet: their ports are mixed up in the field.
pub(super) fn gtp(bytes: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    gtp_u(bytes).or_else(|| gtp_0(bytes))
}

/// 3GPP TS 29.281 section 5: version 1, G-PDU, with its optional fields and extension headers.
fn gtp_u(bytes: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    let [flags, message] = array_at(bytes, 0)?;
    if flags & 0xf0 != 0x30 || message != G_PDU {
        return None;
    }
    let teid = u32_at(bytes, 4)?;
    let at = behind_gtp_u(bytes)?;
    Some((TunnelKind::GtpU { teid }, user_data(bytes, at)?))
}

/// The type of message that carries a packet.
pub(super) const G_PDU: u8 = 255;

/// Where that starts, behind optional fields and extension headers, if these are all there.
pub(super) fn behind_gtp_u(bytes: &[u8]) -> Option<usize> {
    let mut at = 8;
    let flags = u8_at(bytes, 0)?;
    if flags & 0x07 != 0 {
        let mut next = if flags & 0x04 == 0 {
            0
        } else {
            u8_at(bytes, 11)?
        };
        at = 12;
        while next != 0 {
            // Its length is in units of 4 octets; the next header's type is the last of them.
            let length = usize::from(u8_at(bytes, at)?) * 4;
            next = u8_at(bytes, at + length.checked_sub(1)?)?;
            at += length;
        }
    }
    (at <= bytes.len()).then_some(at)
}

/// GSM 09.60 section 6: version 0, T-PDU. Its port is that of GTP' too, which carries charging
/// records and lacks the protocol type's bit.
fn gtp_0(bytes: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    const HEADER: usize = 20;
    const T_PDU: u8 = 255;
    let [flags, message] = array_at(bytes, 0)?;
    if flags & 0xf0 != 0x10 || message != T_PDU {
        return None;
    }
    let flow = u16_at(bytes, 6)?;
    Some((TunnelKind::GtpV0 { flow }, user_data(bytes, HEADER)?))
}

/// What a session of packet data carries: IP by its version, or PPP, or Ethernet, of which nothing
/// tells.
fn user_data(bytes: &[u8], at: usize) -> Option<LinkHeader> {
    match u8_at(bytes, at)? >> 4 {
        4 | 6 => Some(LinkHeader::at(Network::Ip, at)),
        _ => [link::ppp, link::ethernet]
            .into_iter()
            .filter_map(|read| read(bytes, at).ok())
            .find(|inside| leads_to_certain_ip(bytes, inside, 0)),
    }
}

/// Tunnel data of Mobile IP (RFC 3519 section 3.3): type, what follows, two octets.
pub(super) fn mobile_ip(bytes: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    const TUNNEL_DATA: u8 = 4;
    const GRE: u8 = 47;
    const HEADER: usize = 4;
    let [kind, next] = array_at(bytes, 0)?;
    if kind != TUNNEL_DATA {
        return None;
    }
    let inside = if next == GRE {
        let (_, inside) = gre(tail(bytes, HEADER))?;
        let offset = inside.offset + HEADER;
        LinkHeader { offset, ..inside }
    } else {
        LinkHeader::at(Network::Ip, HEADER)
    };
    certain(bytes, TunnelKind::MobileIp, inside)
}

/// The network service of GPRS (3GPP TS 48.016 section 9.2.10): unit data, behind the identifier of
/// a virtual connection.
pub(super) fn gprs_ns(bytes: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    const UNIT_DATA: u8 = 0;
    if u8_at(bytes, 0)? != UNIT_DATA {
        return None;
    }
    llc(bytes, bssgp(bytes, 4)?)
}

/// Which mobile (TLLI) the unit data behind this header, that of UDP included, is from or for.
pub(super) fn of_gprs_ns(header: &[u8]) -> Option<u32> {
    /// Behind the headers of UDP and the network service, and the type of BSSGP.
    const TLLI: usize = 8 + 4 + 1;
    let has_one = [0, 2]
        .iter()
        .any(|&at| u16_at(header, at).is_some_and(is_gprs_ns));
    u32_at(header, TLLI).filter(|_| has_one)
}

/// Where the LLC stands in unit data of BSSGP (3GPP TS 48.018 sections 10.2.1 and 10.2.2): behind
/// its fixed fields are elements of type, length and value.
fn bssgp(bytes: &[u8], at: usize) -> Option<usize> {
    const DOWNLINK: u8 = 0;
    const UPLINK: u8 = 1;
    const FIXED: usize = 8;
    const LLC_PDU: u8 = 0x0e;
    const SHORT: u8 = 0x80;
    if !matches!(u8_at(bytes, at)?, DOWNLINK | UPLINK) {
        return None;
    }
    let mut at = at + FIXED;
    loop {
        let [kind, first] = array_at(bytes, at)?;
        let (header, length) = if first & SHORT == 0 {
            (3, u16_at(bytes, at + 1)?)
        } else {
            (2, u16::from(first & !SHORT))
        };
        at += header;
        if kind == LLC_PDU {
            return Some(at);
        }
        at += usize::from(length);
    }
}

/// GSMTAP version 2 (osmocom's `gsmtap.h`): LLC of GPRS, or SNDCP, behind its header in words.
pub(super) fn gsmtap(bytes: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    const LLC: u8 = 8;
    const SNDCP: u8 = 9;
    let [version, words, kind] = array_at(bytes, 0)?;
    let at = usize::from(words) * 4;
    match (version, kind) {
        (2, LLC) => llc(bytes, at),
        (2, SNDCP) => sndcp(bytes, at, 0),
        _ => None,
    }
}

/// The LLC of GPRS (3GPP TS 44.064 section 6): unconfirmed information for a user's data.
fn llc(bytes: &[u8], at: usize) -> Option<(TunnelKind, LinkHeader)> {
    const USER_DATA: [u8; 4] = [3, 5, 9, 11];
    const PROTOCOL: u8 = 0x80;
    const INFORMATION: u16 = 0xc000;
    const ENCRYPTED: u16 = 0x0002;
    const CHECK: u8 = 3;
    let address = u8_at(bytes, at)?;
    let control = u16_at(bytes, at + 1)?;
    let is_data = address & PROTOCOL == 0
        && USER_DATA.contains(&(address & 0x0f))
        && control & 0xe000 == INFORMATION;
    if !is_data {
        return None;
    }
    if control & ENCRYPTED != 0 {
        // Which access point it is for is encrypted as well.
        let network = Network::Encrypted(Encryption::GprsLlc);
        return Some((
            TunnelKind::Sndcp { nsapi: 0 },
            LinkHeader::at(network, at + 3),
        ));
    }
    sndcp(bytes, at + 3, CHECK)
}

/// SNDCP (3GPP TS 44.065 section 7), behind which `check` octets belong to LLC: a segment, or data whose headers are
/// not compressed, nor anything else.
fn sndcp(bytes: &[u8], at: usize, check: u8) -> Option<(TunnelKind, LinkHeader)> {
    const FIRST: u8 = 0x40;
    const UNIT_DATA: u8 = 0x20;
    const MORE: u8 = 0x10;
    let [flags, compression] = array_at(bytes, at)?;
    let kind = TunnelKind::Sndcp {
        nsapi: flags & 0x0f,
    };
    if flags & (FIRST | MORE) != FIRST {
        let segment = LinkHeader::at(Network::SndcpSegment { check }, at);
        return (flags & UNIT_DATA != 0).then_some((kind, segment));
    }
    if compression != 0 {
        return None;
    }
    let start = at + if flags & UNIT_DATA == 0 { 3 } else { 4 };
    Some((kind, LinkHeader::at(Network::Ip, start)))
}
