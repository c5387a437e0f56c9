//! The header of Juniper's routers, in tcpdump's words.

use super::{ethernet, llc, serial};
use crate::model::LinkType;
use crate::record::write::{self, number};
use crate::wire::bytes::{tail, u8_at, u16_at};
use crate::wire::link::{FrameRelay, Juniper, JuniperPayload, linktype as lt};

/// First octets of the cookies of services modules.
const LINK_SERVICES: u8 = 0x54;
const ADAPTIVE_SERVICES: u8 = 0x47;

/// ` In ATM1-PIC, cookie-len 4, cookie 0x00000000: hlen 8, proto 0xaaaa, ` and the link's own header.
pub(super) fn header(out: &mut Vec<u8>, link: LinkType, data: &[u8], told: Juniper, length: u32) {
    out.extend_from_slice(if told.came_in() { b" In " } else { b"Out " });
    if told.has_no_link_header() {
        out.extend_from_slice(b"no-L2-hdr, ");
        return;
    }
    let module = module(link);
    let (mut hlen, mut protocol) = (told.header, 0);
    if let Some((name, octets)) = module {
        let cookie = cookie(link, data, told.header, octets);
        let (length, kind) = behind_cookie(link, data, told.header, cookie);
        (hlen, protocol) = (told.header + length, kind);
        out.extend_from_slice(name);
        number(out, b"-PIC, cookie-len ", cookie as u64);
        if cookie > 0 {
            out.extend_from_slice(b", cookie 0x");
            let octets = tail(data, told.header);
            write::hex_octets(out, octets.get(..cookie).unwrap_or(octets), b"");
        }
        out.extend_from_slice(b": ");
    }
    number(out, b"hlen ", hlen as u64);
    out.extend_from_slice(b", proto 0x");
    write::hex(out, protocol.into(), 4);
    out.extend_from_slice(b", ");
    says(out, link, data, &told);
    let before = u32::try_from(told.at).unwrap_or(u32::MAX);
    behind(out, data, &told, length.saturating_sub(before));
}

/// The name of a module that puts a cookie before the packet, and how long that is if nothing says
/// otherwise.
fn module(link: LinkType) -> Option<(&'static [u8], usize)> {
    Some(match link {
        lt::JUNIPER_ATM1 => (b"ATM1", 4),
        lt::JUNIPER_ATM2 => (b"ATM2", 8),
        lt::JUNIPER_MLPPP => (b"MLPPP", 2),
        lt::JUNIPER_MLFR => (b"MLFR", 2),
        lt::JUNIPER_MFR => (b"MFR", 4),
        lt::JUNIPER_PPPOE => (b"PPPoE", 0),
        lt::JUNIPER_PPPOE_ATM => (b"PPPoE ATM", 0),
        lt::JUNIPER_GGSN => (b"GGSN", 8),
        lt::JUNIPER_MONITOR => (b"MONITOR", 8),
        lt::JUNIPER_SERVICES => (b"AS", 8),
        lt::JUNIPER_ES => (b"ES", 0),
        _ => return None,
    })
}

fn cookie(link: LinkType, data: &[u8], at: usize, of_module: usize) -> usize {
    /// A frame that is not in fragments begins with these bits, on one link of several.
    const WHOLE: u8 = 0xc0;
    match u8_at(data, at) {
        Some(LINK_SERVICES) => of_module + 2,
        Some(ADAPTIVE_SERVICES) => 8,
        Some(first) if link == lt::JUNIPER_MFR && first & WHOLE == WHOLE => 0,
        _ => of_module,
    }
}

/// Octets up to what tcpdump reads on from, and the protocol that it finds on the way.
fn behind_cookie(link: LinkType, data: &[u8], at: usize, cookie: usize) -> (usize, u16) {
    let first = u8_at(data, at);
    let is_multilink = matches!(link, lt::JUNIPER_MLPPP | lt::JUNIPER_MLFR | lt::JUNIPER_MFR);
    let protocol = match first {
        Some(ADAPTIVE_SERVICES) if is_multilink => {
            u8_at(data, at + 5).map_or(0, |kind| u16::from(kind & 0x70))
        }
        _ => u16_at(data, at + cookie).unwrap_or(0),
    };
    let takes_protocol = match link {
        lt::JUNIPER_MLFR => first != Some(ADAPTIVE_SERVICES),
        lt::JUNIPER_MFR => first == Some(LINK_SERVICES),
        _ => false,
    };
    (cookie + if takes_protocol { 2 } else { 0 }, protocol)
}

/// What the cookie says. tcpdump takes some of this from the packet in the cookie's place.
fn says(out: &mut Vec<u8>, link: LinkType, data: &[u8], told: &Juniper) {
    let at = told.header;
    let word = |place: usize| u64::from(u16_at(data, at + place).unwrap_or(0));
    let octet = |place: usize| u64::from(u8_at(data, at + place).unwrap_or(0));
    match link {
        lt::JUNIPER_GGSN if told.at == at + 8 => {
            out.extend_from_slice(match octet(2) {
                2 => b"proto IPv4 (",
                6 => b"proto IPv6 (",
                _ => b"proto Unknown (".as_slice(),
            });
            write::decimal(out, octet(2));
            number(out, b"), vlan ", word(4));
            out.extend_from_slice(b": ");
        }
        lt::JUNIPER_MONITOR => {
            number(out, b"service-id ", word(4) << 16 | word(6));
            number(out, b", iif ", word(2));
            number(out, b", pkt-type ", octet(0));
            out.extend_from_slice(b": ");
        }
        lt::JUNIPER_SERVICES => {
            number(out, b"service-id ", octet(0));
            out.extend_from_slice(b" flags 0x");
            write::hex(out, octet(1), 2);
            out.extend_from_slice(b" service-set-id 0x");
            write::hex(out, word(2), 4);
            number(out, b" iif ", octet(5) << 16 | word(6));
            out.extend_from_slice(b": ");
        }
        // One link of a bundle has PPP's first octets in the cookie's place.
        lt::JUNIPER_MLPPP if !matches!(word(0), 0x0023 | 0xff03) => {
            number(out, b"Bundle-ID ", bundle(data, at));
            out.extend_from_slice(b": ");
        }
        lt::JUNIPER_MLFR | lt::JUNIPER_MFR
            if told.payload != JuniperPayload::MultilinkFrameRelay
                && (link, octet(0)) != (lt::JUNIPER_MFR, ADAPTIVE_SERVICES.into()) =>
        {
            number(out, b"Bundle-ID ", bundle(data, at));
            out.extend_from_slice(b", ");
        }
        _ => {}
    }
}

fn bundle(data: &[u8], at: usize) -> u64 {
    let octet = |place: usize| u8_at(data, at + place).unwrap_or(0);
    match octet(0) {
        LINK_SERVICES => octet(1).into(),
        ADAPTIVE_SERVICES => u64::from(u16_at(data, at + 6).unwrap_or(0) >> 3 & 0xfff),
        first => first.into(),
    }
}

/// The header of the link that Juniper's is put before.
fn behind(out: &mut Vec<u8>, data: &[u8], told: &Juniper, length: u32) {
    let at = told.at;
    match told.payload {
        JuniperPayload::Ethernet => ethernet(out, data, at, length),
        JuniperPayload::Ppp => serial::ppp(out, data, serial::ppp_protocol_at(data, at), length),
        JuniperPayload::CiscoHdlc => serial::c_hdlc(out, data, at, length),
        JuniperPayload::Llc => llc::header(out, data, at, length),
        JuniperPayload::FrameRelay => {
            if let Some(circuit) = FrameRelay::parse(data, at) {
                serial::frame_relay(out, data, at, circuit, length);
            }
        }
        JuniperPayload::MultilinkFrameRelay => serial::multilink_frame_relay(out, data, at, length),
        JuniperPayload::Nlpid => llc::nlpid(out, u8_at(data, at + 1).unwrap_or(0)),
        JuniperPayload::Ip
        | JuniperPayload::Mpls
        | JuniperPayload::EtherType
        | JuniperPayload::Other => {}
    }
}
