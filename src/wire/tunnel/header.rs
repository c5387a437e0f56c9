//! Headers that carry packets: what they are called, what follows them, and where.

use super::TunnelKind;
use crate::wire::Undecodable;
use crate::wire::bytes::{array_at, tail, u8_at, u16_at, u32_at};
use crate::wire::checksum::ChecksumStatus;
use crate::wire::defect::Limit;
use crate::wire::esp::NAT_TRAVERSAL;
use crate::wire::ip::{Ip, header_checksum, protocol};
use crate::wire::link::{self, LinkHeader, Network, Vlans};

type Step = Result<(TunnelKind, LinkHeader), Undecodable>;

/// A label stack (RFC 3032) and what is behind it, which no field of it tells: IP by its version
/// nibble, or the Ethernet frame of a pseudowire (RFC 4448).
pub(super) fn mpls(bytes: &[u8]) -> Step {
    const BOTTOM: u32 = 1 << 8;
    let mut at = 0;
    let label = loop {
        let entry = u32_at(bytes, at).ok_or(Undecodable::Short)?;
        at += 4;
        if entry & BOTTOM != 0 {
            break entry >> 12;
        }
    };
    // Whether a pseudowire has a control word is agreed on beforehand, not said in the packet.
    let inside = match bytes.get(at).ok_or(Undecodable::Short)? >> 4 {
        4 | 6 if Ip::parse(tail(bytes, at), Limit::Capture).is_ok() => {
            LinkHeader::at(Network::Ip, at)
        }
        _ => [at + 4, at]
            .into_iter()
            .filter_map(|start| link::ethernet(bytes, start).ok())
            .find(|inside| leads_to_ip(bytes, inside))
            .unwrap_or(LinkHeader::at(Network::Other(0), at)),
    };
    Ok((TunnelKind::Mpls { label }, inside))
}

/// Whether what a header calls IP begins like it.
fn leads_to_ip(bytes: &[u8], header: &LinkHeader) -> bool {
    header.network == Network::Ip && Ip::parse(tail(bytes, header.offset), Limit::Capture).is_ok()
}

/// A `PPPoE` session header (RFC 2516 section 4), then PPP.
pub(super) fn pppoe(bytes: &[u8]) -> Step {
    const HEADER: usize = 6;
    const VERSION_1_SESSION: u16 = 0x1100;
    let session = u16_at(bytes, 2).ok_or(Undecodable::Short)?;
    let inside = if u16_at(bytes, 0) == Some(VERSION_1_SESSION) {
        link::from_ppp_protocol(bytes, Vlans::default(), HEADER)?
    } else {
        LinkHeader::at(Network::Other(0), HEADER)
    };
    Ok((TunnelKind::Pppoe { session }, inside))
}

/// A network service header (RFC 8300 section 2): its length is in words, its last octet of the
/// first word tells what follows.
pub(super) fn nsh(bytes: &[u8]) -> Step {
    const FIXED: usize = 8;
    let [_, words, _, next] = array_at(bytes, 0).ok_or(Undecodable::Short)?;
    let length = usize::from(words & 0x3f) * 4;
    let path = u32_at(bytes, 4).ok_or(Undecodable::Short)? >> 8;
    if length < FIXED {
        return Err(Undecodable::Malformed);
    }
    let inside = match next {
        1 | 2 => LinkHeader::at(Network::Ip, length),
        3 => link::ethernet(bytes, length)?,
        4 => LinkHeader::at(Network::Nsh, length),
        5 => LinkHeader::at(Network::Mpls, length),
        other => LinkHeader::at(Network::Other(other.into()), length),
    };
    Ok((TunnelKind::Nsh { path }, inside))
}

/// L2TP (RFC 3931 keeps its port).
const L2TP: u16 = 1701;
const GTP_U: u16 = 2152;
const GTP_0: u16 = 3386; // GSM 09.60 section 13
const TEREDO: u16 = 3544;
const VXLAN: u16 = 4789;
const VXLAN_GPE: u16 = 4790;
const GUE: u16 = 6080; // draft-ietf-intarea-gue section 6.1
const GENEVE: u16 = 6081;
const MPLS_IN_UDP: u16 = 6635; // RFC 7510
/// What Linux took for VXLAN before there was an assignment, and still does by default.
const VXLAN_LINUX: u16 = 8472;

/// Whether packets are looked for behind these UDP ports, source and destination. Teredo's
/// servers and relays answer from their port. ESP may hold a packet, though none that can be read.
#[inline]
pub(super) const fn are_tunnel_ports(src: u16, dst: u16) -> bool {
    is_tunnel_port(dst) || src == TEREDO || dst == NAT_TRAVERSAL
}

const fn is_tunnel_port(port: u16) -> bool {
    matches!(
        port,
        L2TP | GTP_U
            | GTP_0
            | TEREDO
            | VXLAN
            | VXLAN_GPE
            | GUE
            | GENEVE
            | MPLS_IN_UDP
            | VXLAN_LINUX
    )
}

/// IP protocols, but for UDP, behind which packets are looked for.
#[inline]
pub(super) const fn is_tunnel_protocol(number: u8) -> bool {
    matches!(
        number,
        protocol::IPV4
            | protocol::IPV6
            | protocol::GRE
            | protocol::ETHER_IP
            | protocol::L2TP
            | protocol::MPLS_IN_IP
    )
}

/// The tunnel header that `ip` carries: what it is, what follows it, and where in the payload.
pub(super) fn carried(ip: &Ip<'_>) -> Option<(TunnelKind, LinkHeader)> {
    let payload = ip.payload;
    let found = match ip.protocol {
        protocol::IPV4 | protocol::IPV6 => {
            Some((TunnelKind::IpInIp, LinkHeader::at(Network::Ip, 0)))
        }
        protocol::ETHER_IP if u8_at(payload, 0)? >> 4 == 3 => {
            Some((TunnelKind::EtherIp, link::ethernet(payload, 2).ok()?))
        }
        protocol::MPLS_IN_IP => mpls(payload).ok(),
        protocol::GRE => gre(payload),
        protocol::L2TP => l2tp_3(payload, 0),
        protocol::UDP => {
            // Any payload may go to these ports: what is called IP must agree with its length.
            return udp(payload).filter(|(_, inside)| match inside.network {
                Network::Ip => {
                    let missing = usize::try_from(ip.payload_length)
                        .map_or(0, |length| length.saturating_sub(payload.len()));
                    let inner = tail(payload, inside.offset);
                    Ip::parse_on_wire(inner, inner.len() + missing, Limit::IpLength)
                        .is_ok_and(|inner| ip.fragment.is_some() || !inner.is_defective())
                }
                _ => true,
            });
        }
        _ => None,
    };
    found.filter(|(_, inside)| inside.network != Network::Ip || leads_to_ip(payload, inside))
}

/// GRE: RFC 2784, key and sequence number of RFC 2890, the source route of RFC 1701; version 1
/// is PPTP's (RFC 2637).
fn gre(payload: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    const CHECKSUM: u16 = 0x8000;
    const ROUTING: u16 = 0x4000;
    const KEY: u16 = 0x2000;
    const SEQUENCE: u16 = 0x1000;
    const ACKNOWLEDGMENT: u16 = 0x0080;
    const VERSION: u16 = 0x0007;

    let flags = u16_at(payload, 0)?;
    let kind = u16_at(payload, 2)?;
    let mut at = 4;
    if flags & VERSION == 1 {
        let call = u16_at(payload, 6)?;
        at = 8
            + 4 * usize::from(flags & SEQUENCE != 0)
            + 4 * usize::from(flags & ACKNOWLEDGMENT != 0);
        return Some((TunnelKind::Pptp { call }, link::ppp(payload, at).ok()?));
    }
    if flags & VERSION != 0 {
        return None;
    }
    if flags & (CHECKSUM | ROUTING) != 0 {
        at += 4;
    }
    let mut key = None;
    if flags & KEY != 0 {
        key = Some(u32_at(payload, at)?);
        at += 4;
    }
    if flags & SEQUENCE != 0 {
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
    carried_by_gre(payload, kind, flags & SEQUENCE != 0, at)
        .map(|(named, inside)| (named.unwrap_or(TunnelKind::Gre { key }), inside))
}

/// What an EtherType in GRE leads to; some name a tunnel of their own.
fn carried_by_gre(
    payload: &[u8],
    kind: u16,
    sequenced: bool,
    at: usize,
) -> Option<(Option<TunnelKind>, LinkHeader)> {
    const BRIDGED_ETHERNET: u16 = 0x6558;
    const ERSPAN: u16 = 0x88be;
    const ERSPAN_3: u16 = 0x22eb;
    const WCCP: u16 = 0x883e;
    let erspan = |session| Some(TunnelKind::Erspan { session });
    let session = || Some(u16_at(payload, at + 2)? & 0x03ff);
    Some(match kind {
        BRIDGED_ETHERNET => (None, link::ethernet(payload, at).ok()?),
        // Type I is bare; type II has 8 octets, and counts its packets.
        ERSPAN if !sequenced => (erspan(None), link::ethernet(payload, at).ok()?),
        ERSPAN => (erspan(session()), link::ethernet(payload, at + 8).ok()?),
        ERSPAN_3 => {
            let last = u16_at(payload, at + 10)?;
            let header = 12 + 8 * usize::from(last & 1);
            let inside = match last >> 10 & 0x1f {
                2 => LinkHeader::at(Network::Ip, at + header),
                _ => link::ethernet(payload, at + header).ok()?,
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

/// From an EtherType that stands apart from what it announces, at `at`.
fn plain(bytes: &[u8], kind: u16, at: usize) -> Option<LinkHeader> {
    link::follow(bytes, Vlans::default(), kind, at).ok()
}

fn udp(payload: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    const HEADER: usize = 8;
    let inside = tail(payload, HEADER);
    let port = match u16_at(payload, 2)? {
        port if is_tunnel_port(port) => port,
        _ if u16_at(payload, 0)? == TEREDO => TEREDO,
        _ => return None,
    };
    let (kind, header) = match port {
        VXLAN | VXLAN_LINUX => vxlan(inside),
        VXLAN_GPE => vxlan_gpe(inside),
        GUE => gue(inside),
        GENEVE => geneve(inside),
        GTP_U => gtp_u(inside),
        GTP_0 => gtp_0(inside),
        L2TP => l2tp(inside),
        TEREDO => teredo(inside),
        MPLS_IN_UDP => mpls(inside).ok(),
        _ => None,
    }?;
    Some((
        kind,
        LinkHeader {
            offset: header.offset + HEADER,
            ..header
        },
    ))
}

/// RFC 7348 section 5; the flags that group policy adds are let pass.
fn vxlan(bytes: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    const VNI_VALID: u8 = 0x08;
    if u8_at(bytes, 0)? & VNI_VALID == 0 {
        return None;
    }
    let vni = u32_at(bytes, 4)? >> 8;
    Some((TunnelKind::Vxlan { vni }, link::ethernet(bytes, 8).ok()?))
}

/// The generic protocol extension (draft-ietf-nvo3-vxlan-gpe section 3) tells what follows.
fn vxlan_gpe(bytes: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    let [flags, _, _, next] = array_at(bytes, 0)?;
    let vni = u32_at(bytes, 4)? >> 8;
    let inside = match next {
        1 | 2 if flags & 0x04 != 0 => LinkHeader::at(Network::Ip, 8),
        3 => link::ethernet(bytes, 8).ok()?,
        4 => LinkHeader::at(Network::Nsh, 8),
        _ => return None,
    };
    Some((TunnelKind::Vxlan { vni }, inside))
}

/// RFC 8926 section 3.4.
fn geneve(bytes: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    const BRIDGED_ETHERNET: u16 = 0x6558;
    let first = u8_at(bytes, 0)?;
    if first >> 6 != 0 {
        return None;
    }
    let at = 8 + usize::from(first & 0x3f) * 4;
    let vni = u32_at(bytes, 4)? >> 8;
    let inside = match u16_at(bytes, 2)? {
        BRIDGED_ETHERNET => link::ethernet(bytes, at).ok()?,
        kind => plain(bytes, kind, at)?,
    };
    Some((TunnelKind::Geneve { vni }, inside))
}

/// 3GPP TS 29.281 section 5: version 1, G-PDU, with its optional fields and extension headers.
fn gtp_u(bytes: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    const G_PDU: u8 = 255;
    let [flags, message] = array_at(bytes, 0)?;
    if flags & 0xf0 != 0x30 || message != G_PDU {
        return None;
    }
    let teid = u32_at(bytes, 4)?;
    let mut at = 8;
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
    Some((TunnelKind::GtpU { teid }, LinkHeader::at(Network::Ip, at)))
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
    let inside = LinkHeader::at(Network::Ip, HEADER);
    Some((TunnelKind::GtpV0 { flow }, inside))
}

/// Generic UDP encapsulation (draft-ietf-intarea-gue section 3): version 0 has a header that names
/// the protocol, version 1 is the IP packet itself.
fn gue(bytes: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    const CONTROL: u8 = 0x20;
    let [first, protocol] = array_at(bytes, 0)?;
    let inside = match first >> 6 {
        0 if first & CONTROL == 0 => {
            let length = 4 + usize::from(first & 0x1f) * 4;
            match protocol {
                protocol::IPV4 | protocol::IPV6 => LinkHeader::at(Network::Ip, length),
                protocol::MPLS_IN_IP => LinkHeader::at(Network::Mpls, length),
                _ => return None,
            }
        }
        1 => LinkHeader::at(Network::Ip, 0),
        _ => return None,
    };
    Some((TunnelKind::Gue, inside))
}

/// RFC 3931 sections 4.1.1 and 4.1.2: data messages of version 3, their session at `at`. What
/// follows is agreed on beforehand, as are the lengths of cookie and sublayer header (none, or 4 and
/// 8 octets, and none or 4): an Ethernet frame with an IP packet is looked for, then PPP or Cisco
/// HDLC (RFC 4349), then an IP packet alone.
fn l2tp_3(bytes: &[u8], at: usize) -> Option<(TunnelKind, LinkHeader)> {
    let session = u32_at(bytes, at).filter(|&session| session != 0)?;
    let places = || [4, 8, 12, 16].into_iter().map(|skip| at + skip);
    let ethernet = || {
        places()
            .filter_map(|start| link::ethernet(bytes, start).ok())
            .find(|inside| leads_to_ip(bytes, inside))
    };
    let serial = || {
        places()
            .filter_map(|start| link::ppp_or_hdlc(bytes, start).ok())
            .find(|inside| leads_to_certain_ip(bytes, inside))
    };
    let alone = || {
        places()
            .map(|start| LinkHeader::at(Network::Ip, start))
            .find(|inside| leads_to_certain_ip(bytes, inside))
    };
    let inside = ethernet().or_else(serial).or_else(alone)?;
    Some((TunnelKind::L2tpV3 { session }, inside))
}

/// The same where nothing but the packet tells that it is one: by its length, or where it was cut
/// by the checksum of an IPv4 header.
fn leads_to_certain_ip(bytes: &[u8], header: &LinkHeader) -> bool {
    let rest = tail(bytes, header.offset);
    header.network == Network::Ip
        && Ip::parse(rest, Limit::Capture).is_ok_and(|ip| {
            let checksum = || header_checksum(&ip).map(|checksum| checksum.status);
            usize::try_from(ip.length).is_ok_and(|length| length == rest.len())
                || checksum() == Some(ChecksumStatus::Good)
        })
}

/// RFC 2661 section 3.1: data messages of version 2, then PPP.
fn l2tp(bytes: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    const CONTROL: u16 = 0x8000;
    const LENGTH: u16 = 0x4000;
    const SEQUENCE: u16 = 0x0800;
    const OFFSET: u16 = 0x0200;
    let flags = u16_at(bytes, 0)?;
    match flags & (CONTROL | 0x000f) {
        2 => {}
        3 => return l2tp_3(bytes, 4),
        _ => return None,
    }
    let mut at = if flags & LENGTH == 0 { 2 } else { 4 };
    let tunnel = u16_at(bytes, at)?;
    let session = u16_at(bytes, at + 2)?;
    at += 4;
    if flags & SEQUENCE != 0 {
        at += 4;
    }
    if flags & OFFSET != 0 {
        at += 2 + usize::from(u16_at(bytes, at)?);
    }
    Some((
        TunnelKind::L2tp { tunnel, session },
        link::ppp(bytes, at).ok()?,
    ))
}

/// RFC 4380 section 5.1.1: authentication and origin indication may stand before the packet.
fn teredo(bytes: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    const AUTHENTICATION: u16 = 0x0001;
    const ORIGIN: u16 = 0x0000;
    let mut at = 0;
    if u16_at(bytes, at)? == AUTHENTICATION {
        let [id, value] = array_at(bytes, at + 2)?;
        at += 13 + usize::from(id) + usize::from(value);
    }
    if u16_at(bytes, at)? == ORIGIN {
        at += 8;
    }
    let is_v6 = u8_at(bytes, at)? >> 4 == 6;
    is_v6.then_some((TunnelKind::Teredo, LinkHeader::at(Network::Ip, at)))
}
