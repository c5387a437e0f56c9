//! The headers of tunnels over UDP by themselves.

use super::{Named, begins_ip, stack};
use crate::wire::bytes::{array_at, u8_at, u16_at, u32_at};
use crate::wire::defect::Limit;
use crate::wire::ip::{Ip, protocol, stated_length};
use crate::wire::link::{self, LinkHeader, Network};
use crate::wire::tunnel::TunnelKind;
use crate::wire::tunnel::gre::{self, plain};
use crate::wire::tunnel::header::{announced, ethernet, is_tunnel_protocol};
use crate::wire::tunnel::position::Rest;
use crate::wire::tunnel::udp::{
    HEADER, gue_header, has_tunnel_ports, l2tp, l2tp_session, port, teredo_headers,
};
use crate::wire::tunnel::{access, mobile, tap};

/// The tunnel that the header in a datagram names, whatever follows it. A port promises little: flags,
/// version and type have to be those of the tunnel, and where these tell nothing the length of the packet
/// inside has to be just that of what it lies in.
pub(super) fn named(ip: &Ip<'_>, rest: Rest<'_>) -> Option<Named> {
    let [src, dst] = [u16_at(rest.bytes, 0)?, u16_at(rest.bytes, 2)?];
    let inside = rest.behind(HEADER);
    let named = to_port(dst, inside)
        .or_else(|| at_port(dst, inside))
        .or_else(|| at_port(src, inside))
        .or_else(|| to_any_port(inside.bytes));
    named
        .map(|named| named.behind(HEADER))
        .or_else(|| by_length(ip, rest))
}

/// What no server answers from, or from another port.
fn to_port(port: u16, rest: Rest<'_>) -> Option<Named> {
    let bytes = rest.bytes;
    match port {
        port::VXLAN | port::VXLAN_LINUX => vxlan(bytes),
        port::VXLAN_GPE => vxlan_gpe(bytes),
        port::GENEVE => geneve(rest),
        port::LISP => lisp(bytes),
        port::GUE => gue(rest),
        port::GRE => gre::named(bytes),
        port::MPLS => stack::at_port(rest),
        _ => None,
    }
}

/// What answers come from as well.
fn at_port(port: u16, rest: Rest<'_>) -> Option<Named> {
    let bytes = rest.bytes;
    match port {
        port::GTP_U => gtp_u(rest).or_else(|| gtp_0(rest)),
        port::GTP_C | port::GTP_0 => (u8_at(bytes, 1) == Some(mobile::G_PDU))
            .then(|| gtp_u(rest).or_else(|| gtp_0(rest)))
            .flatten(),
        port::L2TP => in_l2tp(bytes),
        port::TEREDO => teredo(rest),
        port::AMT => amt(rest),
        port::AYIYA => ayiya(rest),
        port::CAPWAP => capwap(rest),
        port::TZSP if u8_at(bytes, 0)? == 1 => {
            link::inside_tzsp(bytes)?;
            let inside = access::tzsp(bytes).map(|(_, inside)| inside);
            Some(Named::leading(TunnelKind::Tzsp, inside))
        }
        port::GSMTAP => {
            let (kind, inside) = mobile::gsmtap(bytes)?;
            Some(Named::leading(kind, Some(inside)))
        }
        port::GPRS_NS | port::GPRS_NS_SGSN => {
            let (kind, inside) = mobile::gprs_ns(bytes)?;
            Some(Named::leading(kind, Some(inside)))
        }
        _ => None,
    }
}

/// What a number that it begins with tells.
fn to_any_port(bytes: &[u8]) -> Option<Named> {
    let kind = tap::by_magic(bytes)?;
    let inside = tap::behind_magic(bytes).map(|(_, inside)| inside);
    Some(Named::leading(kind, inside))
}

/// What nothing but the packet in it tells, of which no more than its length is there.
fn by_length(ip: &Ip<'_>, rest: Rest<'_>) -> Option<Named> {
    if rest.limit == Limit::Fragment || !has_tunnel_ports(rest.bytes) {
        return None;
    }
    let (kind, inside) = announced(ip).filter(|(_, inside)| inside.network == Network::Ip)?;
    let packet = rest.behind(inside.offset);
    let fills = stated_length(packet.bytes).is_ok_and(|length| length == packet.on_wire);
    (fills && begins_ip(packet)).then_some(Named::new(kind, inside))
}

/// The 24 bits behind the first word.
fn network(bytes: &[u8]) -> Option<u32> {
    let [a, b, c] = array_at(bytes, 4)?;
    Some(u32::from_be_bytes([0, a, b, c]))
}

const IDENTIFIER_VALID: u8 = 0x08;

/// RFC 7348 section 5.
fn vxlan(bytes: &[u8]) -> Option<Named> {
    let vni = network(bytes)?;
    let is_valid = u8_at(bytes, 0)? & IDENTIFIER_VALID != 0;
    is_valid.then(|| Named::leading(TunnelKind::Vxlan { vni }, ethernet(bytes, 8)))
}

/// Version 0 of the generic protocol extension (draft-ietf-nvo3-vxlan-gpe section 3).
fn vxlan_gpe(bytes: &[u8]) -> Option<Named> {
    const VERSION: u8 = 0x30;
    const NEXT_PROTOCOL: u8 = 0x04;
    let [flags, _, _, next] = array_at(bytes, 0)?;
    let kind = TunnelKind::Vxlan {
        vni: network(bytes)?,
    };
    let names_next = flags & NEXT_PROTOCOL != 0 && matches!(next, 1..=5);
    if flags & VERSION != 0 || flags & IDENTIFIER_VALID == 0 && !names_next {
        return None;
    }
    Some(match next {
        _ if !names_next => Named::ending(kind, 8),
        3 => Named::leading(kind, ethernet(bytes, 8)),
        4 => Named::new(kind, LinkHeader::at(Network::Nsh, 8)),
        5 => Named::new(kind, LinkHeader::at(Network::Mpls, 8)),
        _ => Named::new(kind, LinkHeader::at(Network::Ip, 8)),
    })
}

/// RFC 8926 section 3.4: version 0, an EtherType, and options that fit.
fn geneve(rest: Rest<'_>) -> Option<Named> {
    const BRIDGED_ETHERNET: u16 = 0x6558;
    const FIRST_TYPE: u16 = 0x0600;
    let bytes = rest.bytes;
    let first = u8_at(bytes, 0)?;
    let vni = network(bytes)?;
    let carried = u16_at(bytes, 2)?;
    let at = 8 + usize::from(first & 0x3f) * 4;
    if first >> 6 != 0 || carried < FIRST_TYPE || !fits(at, rest) {
        return None;
    }
    let inside = match carried {
        BRIDGED_ETHERNET => ethernet(bytes, at),
        kind => plain(bytes, kind, at),
    };
    Some(Named::leading(TunnelKind::Geneve { vni }, inside))
}

/// RFC 9300 section 5.1, and RFC 9305 section 3 for what else than a packet may follow.
fn lisp(bytes: &[u8]) -> Option<Named> {
    const NEXT_PROTOCOL: u8 = 0x04;
    let [flags, _, _, next] = array_at(bytes, 0)?;
    let kind = TunnelKind::Lisp {
        instance: Some(network(bytes)?),
    };
    if flags & IDENTIFIER_VALID == 0 {
        return None;
    }
    match next {
        3 if flags & NEXT_PROTOCOL != 0 => Some(Named::leading(kind, ethernet(bytes, 8))),
        4 if flags & NEXT_PROTOCOL != 0 => Some(Named::new(kind, LinkHeader::at(Network::Nsh, 8))),
        _ => packet_at(8, &[4, 6], bytes).map(|inside| Named::new(kind, inside)),
    }
}

/// Where the octet at `at` is none with which a packet of these versions begins, there is no packet.
fn packet_at(at: usize, versions: &[u8], bytes: &[u8]) -> Option<LinkHeader> {
    let is_one = u8_at(bytes, at).is_none_or(|first| versions.contains(&(first >> 4)));
    is_one.then_some(LinkHeader::at(Network::Ip, at))
}

/// Whether a header of so many octets has room in its datagram.
fn fits(octets: usize, rest: Rest<'_>) -> bool {
    rest.limit == Limit::Fragment || octets <= rest.on_wire
}

/// draft-ietf-intarea-gue section 3: data of version 0 with a protocol that carries packets, or the
/// packet itself, which version 1 is told by.
fn gue(rest: Rest<'_>) -> Option<Named> {
    let kind = TunnelKind::Gue;
    let bytes = rest.bytes;
    if u8_at(bytes, 0)? >> 6 == 1 {
        let inside = LinkHeader::at(Network::Ip, 0);
        return begins_ip(rest).then_some(Named::new(kind, inside));
    }
    let (next, octets) = gue_header(bytes)?;
    let flags = u16_at(bytes, 2)?;
    // Flags tell what extensions there are (section 3.2).
    if flags != 0 && octets == 4 || !fits(octets, rest) {
        return None;
    }
    let at = |version| packet_at(octets, &[version], bytes);
    match next {
        protocol::IPV4 => Some(Named::new(kind, at(4)?)),
        protocol::IPV6 => Some(Named::new(kind, at(6)?)),
        protocol::MPLS_IN_IP => Some(Named::new(kind, LinkHeader::at(Network::Mpls, octets))),
        next => is_tunnel_protocol(next).then_some(Named::ending(kind, octets)),
    }
}

/// 3GPP TS 29.281 section 5.1: version 1, of types that there are (section 6.1).
fn gtp_u(rest: Rest<'_>) -> Option<Named> {
    const VERSION_1: u8 = 3;
    let bytes = rest.bytes;
    let [flags, message] = array_at(bytes, 0)?;
    let teid = u32_at(bytes, 4)?;
    let is_known = matches!(message, 1 | 2 | 26 | 31 | 253..=mobile::G_PDU);
    if flags >> 4 != VERSION_1 || !is_known {
        return None;
    }
    let kind = TunnelKind::GtpU { teid };
    let packet = mobile::behind_gtp_u(bytes).filter(|_| message == mobile::G_PDU);
    Some(user_data(kind, packet, rest))
}

/// GSM 09.60 section 6: version 0, with all of the spare bits set.
fn gtp_0(rest: Rest<'_>) -> Option<Named> {
    const FLAGS: u8 = 0x1e;
    const N_PDU_PRESENT: u8 = 0x01;
    const HEADER: usize = 20;
    let [flags, message] = array_at(rest.bytes, 0)?;
    let flow = u16_at(rest.bytes, 6)?;
    let is_one = flags & !N_PDU_PRESENT == FLAGS && message == mobile::G_PDU;
    let kind = TunnelKind::GtpV0 { flow };
    is_one.then(|| user_data(kind, Some(HEADER), rest))
}

/// What a session of packet data carries at `at`: no field tells.
fn user_data(kind: TunnelKind, at: Option<usize>, rest: Rest<'_>) -> Named {
    match at.filter(|&at| begins_ip(rest.behind(at))) {
        Some(at) => Named::new(kind, LinkHeader::at(Network::Ip, at)),
        None => Named::any(kind),
    }
}

/// RFC 2661 section 3.1, control messages as well, and data of RFC 3931 section 4.1.2.1, where it is
/// agreed on what follows the session.
fn in_l2tp(bytes: &[u8]) -> Option<Named> {
    const CONTROL: u16 = 0x8000;
    let flags = u16_at(bytes, 0)?;
    match flags & 0x000f {
        2 => {
            let (kind, _) = l2tp_session(bytes, flags)?;
            let inside = l2tp(bytes).map(|(_, inside)| inside);
            Some(Named::leading(kind, inside))
        }
        3 if flags & CONTROL == 0 => {
            let session = u32_at(bytes, 4).filter(|&session| session != 0)?;
            Some(Named::ending(TunnelKind::L2tpV3 { session }, 8))
        }
        _ => None,
    }
}

/// RFC 4380 section 5.1.1: what stands before the packet, if anything does.
fn teredo(rest: Rest<'_>) -> Option<Named> {
    const SHORTEST: usize = 40;
    let kind = TunnelKind::Teredo;
    let bytes = rest.bytes;
    let [authentication, at] = teredo_headers(bytes)?;
    if at == 0 || !fits(at + SHORTEST, rest) {
        return None;
    }
    let is_there = |end| end > 0 && end <= bytes.len();
    match packet_at(at, &[6], bytes).filter(|_| is_there(at)) {
        Some(inside) => Some(Named::new(kind, inside)),
        // The origin indication is cut.
        None if is_there(authentication) => {
            let is_origin = bytes.len() <= at || bytes.get(at..) == Some(&[0]);
            is_origin.then_some(Named::any(kind))
        }
        None => None,
    }
}

/// RFC 7450 section 5.1: version 0.
fn amt(rest: Rest<'_>) -> Option<Named> {
    let bytes = rest.bytes;
    let start = match array_at(bytes, 0)? {
        [4 | 5, _] => 12,
        [6, 0] => 2,
        _ => return None,
    };
    let inside = packet_at(start, &[4, 6], bytes).filter(|_| bytes.len() >= start)?;
    fits(start, rest).then_some(Named::new(TunnelKind::Amt, inside))
}

/// draft-massar-v6ops-ayiya-02 section 3.1.
fn ayiya(rest: Rest<'_>) -> Option<Named> {
    const FORWARD: u8 = 1;
    let [identity, signature, operation, next] = array_at(rest.bytes, 0)?;
    let start = 8 + (1 << (identity >> 4)) + usize::from(signature >> 4) * 4;
    let version = match next {
        protocol::IPV4 => 4,
        protocol::IPV6 => 6,
        _ => return None,
    };
    let is_one = operation & 0x0f == FORWARD && rest.bytes.len() >= start && fits(start, rest);
    let inside = packet_at(start, &[version], rest.bytes).filter(|_| is_one)?;
    Some(Named::new(TunnelKind::Ayiya, inside))
}

/// RFC 5415 section 4.3: in the clear, and of a binding that there is (section 4.3, RFC 5416).
fn capwap(rest: Rest<'_>) -> Option<Named> {
    const NOT_DATA: u8 = 0x0f;
    let bytes = rest.bytes;
    let [preamble, length, ids, flags] = array_at(bytes, 0)?;
    let header = usize::from(length >> 3) * 4;
    let is_known = preamble == 0 && matches!(ids >> 1 & 0x1f, 1 | 3) && flags & NOT_DATA == 0;
    if !is_known || header < 8 || bytes.len() < header || !fits(header, rest) {
        return None;
    }
    let radio = (length & 7) << 2 | ids >> 6;
    let inside = access::capwap(bytes).map(|(_, inside)| inside);
    Some(Named::leading(TunnelKind::Capwap { radio }, inside))
}
