//! GRE, and what it carries.

use super::TunnelKind;
use super::header::{ethernet, or_encrypted};
use super::header_alone::Named;
use crate::wire::bytes::{array_at, tail, u8_at, u16_at, u32_at};
use crate::wire::defect::Limit;
use crate::wire::ip::Ip;
use crate::wire::link::{self, LinkHeader, Network, Vlans, linktype};

/// The header of GRE, version 0 (RFC 2784, key and sequence number of RFC 2890, the source route of
/// RFC 1701).
struct Header {
    /// EtherType of what it carries.
    kind: u16,
    key: Option<u32>,
    is_sequenced: bool,
    octets: usize,
}

impl Header {
    const VERSION: u16 = 0x0007;
    const SEQUENCE: u16 = 0x1000;

    fn parse(payload: &[u8]) -> Option<Self> {
        const CHECKSUM: u16 = 0x8000;
        const ROUTING: u16 = 0x4000;
        const KEY: u16 = 0x2000;
        let flags = u16_at(payload, 0)?;
        let kind = u16_at(payload, 2)?;
        if flags & Self::VERSION != 0 {
            return None;
        }
        let mut at = 4;
        if flags & (CHECKSUM | ROUTING) != 0 {
            at += 4;
        }
        let mut key = None;
        if flags & KEY != 0 {
            key = Some(u32_at(payload, at)?);
            at += 4;
        }
        let is_sequenced = flags & Self::SEQUENCE != 0;
        if is_sequenced {
            at += 4;
        }
        if flags & ROUTING != 0 {
            // Entries of family, offset, length; one of length 0 ends them.
            loop {
                let [_, _, _, length] = array_at(payload, at)?;
                at += 4 + usize::from(length);
                if length == 0 {
                    break;
                }
            }
        }
        Some(Self {
            kind,
            key,
            is_sequenced,
            octets: at,
        })
    }
}

/// GRE, whose version 1 is PPTP's (RFC 2637), and that of `MikroTik` for its Ethernet over IP.
pub(super) fn gre(payload: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    const ACKNOWLEDGMENT: u16 = 0x0080;
    let flags = u16_at(payload, 0)?;
    if flags & Header::VERSION != 1 {
        let header = Header::parse(payload)?;
        let (named, inside) =
            carried_by_gre(payload, header.kind, header.is_sequenced, header.octets)?;
        let key = header.key;
        return Some((named.unwrap_or(TunnelKind::Gre { key }), inside));
    }
    if u16_at(payload, 2)? == ETHERNET_OVER_IP {
        // Unlike the length before it this is little-endian.
        let tunnel = u16::from_le_bytes(array_at(payload, 6)?);
        return Some((TunnelKind::Eoip { tunnel }, ethernet(payload, 8)?));
    }
    let call = u16_at(payload, 6)?;
    let at = 8
        + 4 * usize::from(flags & Header::SEQUENCE != 0)
        + 4 * usize::from(flags & ACKNOWLEDGMENT != 0);
    Some((TunnelKind::Pptp { call }, link::ppp(payload, at).ok()?))
}

/// The tunnel that a header names by itself, if what it says is behind it carries packets.
pub(super) fn named(payload: &[u8]) -> Option<Named> {
    const FIRST_TYPE: u16 = 0x0600;
    const ISO: u16 = 0x00fe;
    const ARP: u16 = 0x0806;
    let flags = u16_at(payload, 0)?;
    if flags & Header::VERSION == 1 {
        let inside = gre(payload).map(|(_, inside)| inside);
        return Some(Named::leading(enhanced(payload)?, inside));
    }
    let sequenced = flags & Header::SEQUENCE != 0;
    let carried = u16_at(payload, 2).filter(|_| flags & Header::VERSION == 0)?;
    // The rest of the header may be cut.
    let header = Header::parse(payload);
    let inside = header.as_ref().and_then(|header| {
        let (_, inside) = carried_by_gre(payload, carried, sequenced, header.octets)?;
        Some(inside)
    });
    let leads_nowhere = inside.is_some_and(|inside| {
        matches!(inside.network, Network::Other(_)) && inside.frame.is_none()
    });
    let kind = match carried {
        ERSPAN if !sequenced => TunnelKind::Erspan { session: None },
        ERSPAN | ERSPAN_3 => TunnelKind::Erspan {
            session: header.and_then(|header| erspan_session(payload, header.octets)),
        },
        FIRST_TYPE.. | ISO if !leads_nowhere || carried == ARP => TunnelKind::Gre {
            key: header.and_then(|header| header.key),
        },
        _ => return None,
    };
    Some(Named::leading(kind, inside))
}

/// What a header of version 1 is of.
fn enhanced(payload: &[u8]) -> Option<TunnelKind> {
    const PPP: u16 = 0x880b;
    match u16_at(payload, 2)? {
        // Unlike the length before it this is little-endian.
        ETHERNET_OVER_IP => Some(TunnelKind::Eoip {
            tunnel: u16::from_le_bytes(array_at(payload, 6)?),
        }),
        PPP => Some(TunnelKind::Pptp {
            call: u16_at(payload, 6)?,
        }),
        _ => None,
    }
}

/// In the header of type II or III at `at`.
fn erspan_session(payload: &[u8], at: usize) -> Option<u16> {
    Some(u16_at(payload, at + 2)? & 0x03ff)
}

/// Where a message of NHRP starts, if the header announces one.
pub(super) fn nhrp_at(payload: &[u8]) -> Option<usize> {
    const NHRP: u16 = 0x2001;
    Header::parse(payload)
        .filter(|header| header.kind == NHRP)
        .map(|header| header.octets)
}

const BRIDGED_ETHERNET: u16 = 0x6558;
const ERSPAN: u16 = 0x88be;
const ERSPAN_3: u16 = 0x22eb;
/// Ethernet over IP, by its maker's choice.
const ETHERNET_OVER_IP: u16 = 0x6400;

/// What an EtherType in GRE leads to; some name a tunnel of their own.
fn carried_by_gre(
    payload: &[u8],
    kind: u16,
    sequenced: bool,
    at: usize,
) -> Option<(Option<TunnelKind>, LinkHeader)> {
    const WCCP: u16 = 0x883e;
    const FRAME_RELAY: u16 = 0x6559; // RFC 1701
    const ARUBA_FIRST: u16 = 0x8200;
    const ARUBA_LAST: u16 = 0x83f0;
    const ISO: u16 = 0x00fe; // RFC 1701
    const CDMA2000: u16 = 0x8881; // 3GPP2 A.S0012
    const UNSTRUCTURED: u16 = 0x88d2; // 3GPP2 A.S0012
    let erspan = |session| Some(TunnelKind::Erspan { session });
    let session = || erspan_session(payload, at);
    Some(match kind {
        BRIDGED_ETHERNET | ETHERNET_OVER_IP => (None, ethernet(payload, at)?),
        FRAME_RELAY => (
            None,
            or_encrypted(link::dispatch(linktype::FRELAY, payload, at), at)?,
        ),
        // Each of these is a radio, or one of its networks, of an access point by Aruba.
        ARUBA_FIRST..=ARUBA_LAST if kind.trailing_zeros() >= 4 => {
            (None, LinkHeader::at(Network::Ieee80211, at))
        }
        ISO if matches!(u8_at(payload, at)?, link::NLPID_IPV4 | link::NLPID_IPV6) => {
            (None, LinkHeader::at(Network::Ip, at + 1))
        }
        CDMA2000 | UNSTRUCTURED => (None, framed_ppp(payload, at)?),
        // Type I is bare; type II has 8 octets, and counts its packets.
        ERSPAN if !sequenced => (erspan(None), ethernet(payload, at)?),
        ERSPAN => (erspan(session()), ethernet(payload, at + 8)?),
        ERSPAN_3 => {
            let last = u16_at(payload, at + 10)?;
            let header = 12 + 8 * usize::from(last & 1);
            let inside = match last >> 10 & 0x1f {
                2 => LinkHeader::at(Network::Ip, at + header),
                _ => ethernet(payload, at + header)?,
            };
            (erspan(session()), inside)
        }
        // A redirect header of 4 octets stands before the packet, or not.
        WCCP => {
            let start = if u8_at(payload, at)? >> 4 == 4 {
                at
            } else {
                at + 4
            };
            (None, LinkHeader::at(Network::Ip, start))
        }
        // Here the EtherType that follows the metadata stands before them.
        link::CISCO_METADATA => {
            let kind = u16_at(payload, at)?;
            (None, plain(payload, kind, at + 8)?)
        }
        kind => (None, plain(payload, kind, at)?),
    })
}

/// PPP in the framing of HDLC (RFC 1662), as radio networks hand it on. Only a frame of which no
/// octet is escaped leads on: one that is longer than its packet has some.
fn framed_ppp(payload: &[u8], at: usize) -> Option<LinkHeader> {
    const FLAG: u8 = 0x7e;
    let start = at + usize::from(u8_at(payload, at)? == FLAG);
    let inside = link::ppp(payload, start).ok()?;
    let rest = tail(payload, inside.offset);
    let ip = Ip::parse(rest, Limit::Capture).ok()?;
    let behind = rest.len().checked_sub(usize::try_from(ip.length).ok()?)?;
    // A check sequence, and the flag that ends the frame.
    (inside.network == Network::Ip && behind <= 3).then_some(inside)
}

/// From an EtherType that stands apart from what it announces, at `at`.
pub(super) fn plain(bytes: &[u8], kind: u16, at: usize) -> Option<LinkHeader> {
    or_encrypted(link::follow(bytes, Vlans::default(), kind, at), at)
}
