//! Headers that recorders and radios put before the frames of other links.

use super::{Part, Step, Table, radio};
use crate::icmp::field::spec;
use crate::model::LinkType;
use crate::wire::bytes::{array_at, tail, u8_at, u16_at};
use crate::wire::link::linktype as lt;

pub(super) fn step(link: LinkType, rest: &[u8]) -> Option<Step> {
    let le16 = |at| array_at(rest, at).map(u16::from_le_bytes);
    Some(match link {
        lt::NETANALYZER => Step::new(4, "netanalyzer", NETANALYZER, Part::Ethernet),
        lt::NETANALYZER_TRANSPARENT => {
            Step::new(12, "netanalyzer", NETANALYZER_WITH_PREAMBLE, Part::Ethernet)
        }
        lt::ETHERNET_MPACKET => Step::new(8, "preamble", PREAMBLE, Part::Ethernet),
        lt::EPON => Step::new(8, "preamble", EPON, Part::Ethernet),
        lt::IEEE802_11_RADIOTAP => radio::radiotap(rest)?,
        lt::IEEE802_11_PRISM => Step::of_length(144, "prism", PRISM, Part::Ieee80211),
        lt::IEEE802_11_AVS => Step::of_length(u16_at(rest, 6)?, "avs", AVS, Part::Ieee80211),
        lt::PPI => radio::ppi(rest)?,
        lt::PKTAP | lt::USER2 => {
            let length = u16::try_from(array_at(rest, 0).map(u32::from_le_bytes)?).ok()?;
            let then = of_number(array_at(rest, 8).map(u32::from_le_bytes)?);
            Step::of_length(length, "packet_tap", PACKET_TAP, then)
        }
        lt::IEEE802_15_4_TAP => {
            Step::of_length(le16(2)?, "ieee802_15_4_tap", TAP, Part::Ieee802154)
        }
        lt::TZSP => super::nothing_before(Part::Tzsp),
        lt::SYMANTEC_FIREWALL => match u16_at(rest, 10)? {
            0 => Step::new(44, "symantec", SYMANTEC, Part::End),
            _ => Step::new(56, "symantec", SYMANTEC_LATER, Part::End),
        },
        lt::EBHSCR => Step::new(32, "elektrobit", ELEKTROBIT, Part::Ethernet),
        lt::SITA => Step::new(5, "sita", SITA, Part::Link(lt::FRELAY)),
        lt::REDBACK => redback(rest)?,
        lt::ERF => erf(rest)?,
        lt::VPP_DISPATCH => vpp(rest)?,
        link if crate::wire::link::is_juniper(link) || link == lt::JUNIPER_VN => juniper(rest)?,
        _ => return None,
    })
}

/// The part by a DLT number.
pub(super) fn of_number(number: u32) -> Part {
    match number {
        11 => Part::Link(lt::ATM_RFC1483),
        // None names another that names one.
        192 | 258 | 149 | 128 => Part::End,
        other => Part::Link(LinkType(other)),
    }
}

impl Step {
    /// A header of so many octets, as it tells, with an octet at least.
    fn of_length(length: u16, name: &'static str, table: Table, then: Part) -> Self {
        Self::new(usize::from(length).max(1), name, table, then)
    }
}

/// Endace's extensible record format, its extension headers as octets.
fn erf(rest: &[u8]) -> Option<Step> {
    const HEADER: u16 = 16;
    const MORE: u8 = 0x80;
    const EXTENSION: u16 = 8;
    let kind = u8_at(rest, 8)?;
    let (mut behind, mut more) = (HEADER, kind & MORE != 0);
    while more {
        more = u8_at(rest, behind.into())? & MORE != 0;
        behind = behind.checked_add(EXTENSION)?;
    }
    let (then, before): (Part, u16) = match kind & !MORE {
        1 | 10 | 15 | 19 => (Part::Link(lt::PPP_HDLC), 0),
        5 | 17 => (Part::Link(lt::PPP_HDLC), 4),
        4 => (Part::Link(lt::ATM_RFC1483), 4),
        9 => (Part::Link(lt::ATM_RFC1483), 8),
        2 | 11 | 16 | 20 => (Part::Ethernet, 2),
        21 => (Part::Link(lt::INFINIBAND), 0),
        _ => (Part::End, 0),
    };
    let rows = [
        spec::hex_little_endian(0, 8, "timestamp"),
        spec::flag(8, 0x80, "extended"),
        spec::bits(8, 0, 7, "record_type"),
        spec::hex(9, 1, "flags"),
        spec::u16(10, "record_length"),
        spec::u16(12, "loss_counter"),
        spec::u16(14, "wire_length"),
        spec::octets(HEADER, behind - HEADER, "extension_headers"),
        spec::octets(behind, before, "offset_and_channel"),
    ];
    let length = usize::from(behind) + usize::from(before);
    Some(Step::made(length, "erf", rows, then))
}

/// Redback's `SmartEdge`.
fn redback(rest: &[u8]) -> Option<Step> {
    const BRIDGED: u16 = 6;
    let [protocol, start, packet] = [18, 20, 22].map(|at| u16_at(rest, at));
    let (protocol, start) = (protocol?, start?);
    let then = match protocol {
        3 | 4 | BRIDGED | 8 => Part::Ethernet,
        1 | 2 | 9 if start < packet? => Part::Ethernet,
        _ => Part::End,
    };
    let rows = [
        spec::u32(0, "context"),
        spec::hex(4, 4, "flags"),
        spec::hex(8, 8, "circuit"),
        spec::u16(16, "length"),
        spec::u16(18, "protocol"),
        spec::u16(20, "data_offset"),
        spec::u16(22, "packet_offset"),
    ];
    let before = if protocol == BRIDGED { 4 } else { 0 };
    let length = usize::from(start) + before;
    Some(Step::made(length.max(24), "redback", rows, then))
}

/// The trace of VPP: its texts as octets.
fn vpp(rest: &[u8]) -> Option<Step> {
    let [texts, hint] = array_at(rest, 2)?;
    let mut behind: usize = 8;
    for _ in 0..if texts > 4 { 5 } else { 4 } {
        let end = tail(rest, behind).iter().position(|octet| *octet == 0)?;
        behind += end + 1;
    }
    let octets = u16::try_from(behind - 8).ok()?;
    let rows = [
        spec::u8(0, "version"),
        spec::hex(1, 1, "flags"),
        spec::u8(2, "texts"),
        spec::u8(3, "protocol_hint"),
        spec::u32(4, "buffer"),
        spec::octets(8, octets, "trace"),
    ];
    let then = if hint > 1 { Part::End } else { Part::Ethernet };
    Some(Step::made(behind, "vpp", rows, then))
}

/// Juniper's header, whose cookie and protocol differ by the module.
fn juniper(rest: &[u8]) -> Option<Step> {
    const EXTENSIONS: u8 = 0x80;
    let flags = u8_at(rest, 3)?;
    let extensions = match flags & EXTENSIONS {
        0 => None,
        _ => Some(u16_at(rest, 4)?),
    };
    let behind = extensions.map_or(4, |octets| octets.saturating_add(6));
    let rows = [
        spec::hex(0, 3, "magic"),
        spec::hex(3, 1, "flags"),
        spec::flag(3, 0x01, "came_in"),
        spec::flag(3, 0x02, "no_link_header"),
    ];
    let extensions = extensions.into_iter().flat_map(|octets| {
        [
            spec::u16(4, "extensions_length"),
            spec::octets(6, octets, "extensions"),
        ]
    });
    let cookie = spec::rest(behind, "cookie_and_link_header");
    let rows = rows.into_iter().chain(extensions).chain([cookie]);
    Some(Step::made(rest.len(), "juniper", rows, Part::End))
}

const NETANALYZER: Table = &[spec::hex(0, 4, "port_and_flags")];

const NETANALYZER_WITH_PREAMBLE: Table = &[
    spec::hex(0, 4, "port_and_flags"),
    spec::hex(4, 8, "preamble"),
];

const PREAMBLE: Table = &[
    spec::octets(0, 7, "preamble"),
    spec::hex(7, 1, "start_of_frame"),
];

/// IEEE 802.3 section 65.1.3.
const EPON: Table = &[
    spec::hex(0, 2, "preamble"),
    spec::hex(2, 1, "start_of_logical_link"),
    spec::hex(3, 2, "preamble_2"),
    spec::u16(5, "logical_link"),
    spec::hex(7, 1, "check"),
];

const PRISM: Table = &[
    spec::hex(0, 4, "message"),
    spec::hex(4, 4, "message_length"),
    spec::text_of(8, 16, "device"),
    spec::rest(24, "radio_fields"),
];

const AVS: Table = &[
    spec::hex(0, 4, "version"),
    spec::u32(4, "header_length"),
    spec::hex(8, 8, "mac_time"),
    spec::hex(16, 8, "host_time"),
    spec::rest(24, "radio_fields"),
];

const PACKET_TAP: Table = &[
    spec::little_endian(0, 4, "header_length"),
    spec::little_endian(4, 4, "next_type"),
    spec::little_endian(8, 4, "link_type"),
    spec::text_of(12, 24, "interface"),
    spec::hex_little_endian(36, 4, "flags"),
    spec::little_endian(40, 4, "protocol_family"),
    spec::little_endian(44, 4, "link_header_length"),
    spec::little_endian(48, 4, "trailer_length"),
    spec::little_endian(52, 4, "process"),
    spec::text_of(56, 20, "command"),
    spec::little_endian(76, 4, "service_class"),
    spec::little_endian(80, 2, "interface_type"),
    spec::little_endian(82, 2, "interface_unit"),
    spec::little_endian(84, 4, "effective_process"),
    spec::text_of(88, 20, "effective_command"),
];

const TAP: Table = &[
    spec::u8(0, "version"),
    spec::little_endian(2, 2, "header_length"),
    spec::rest(4, "fields"),
];

const SYMANTEC: Table = &[
    spec::octets(0, 6, "interface"),
    spec::hex(6, 2, "ether_type"),
    spec::rest(8, "rest_of_header"),
];

const SYMANTEC_LATER: Table = &[
    spec::octets(0, 10, "interface"),
    spec::hex(10, 2, "ether_type"),
    spec::rest(12, "rest_of_header"),
];

const ELEKTROBIT: Table = &[
    spec::hex(0, 1, "bus"),
    spec::u8(1, "channel"),
    spec::hex(2, 2, "status"),
    spec::hex(4, 4, "slot_and_flags"),
    spec::when(8, "start"),
    spec::when(16, "stop"),
    spec::hex(24, 8, "bus_header"),
];

const SITA: Table = &[
    spec::hex(0, 1, "flags"),
    spec::hex(1, 1, "signals"),
    spec::hex(2, 2, "errors"),
    spec::u8(4, "protocol"),
];
