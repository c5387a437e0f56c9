//! The upper-layer headers of quoted packets as items: with names, fields and places. A quote holds
//! eight octets of them at least (RFC 792), so that most fields come early in these tables.

pub mod listed;
mod mobility;
mod multicast;
pub mod ospf;
mod pim;
mod vrrp;

use super::field::{Extent, FieldSpec, spec};
use super::item::{Item, Specs};
use super::{Quote, QuotedTransport, tunnel_header};
use crate::wire::bytes::u8_at;
use crate::wire::ip::protocol;

/// A header, and what the message that it begins is called.
#[derive(Clone, Debug)]
pub struct UpperHeader<'a> {
    /// Its name and fields.
    pub item: Item<'a>,
    /// The snake-case name of the message by its type, where the protocol has several.
    pub message: Option<&'static str>,
}

impl<'a> UpperHeader<'a> {
    /// One that begins `bytes`, with the number and the name of its type.
    pub(super) const fn new(
        name: &'static str,
        number: Option<u16>,
        message: Option<&'static str>,
        bytes: &'a [u8],
        specs: Specs,
    ) -> Self {
        let item = Item {
            group: "headers",
            number,
            name: Some(name),
            length: None,
            bytes,
            extent: Extent::Whole,
            specs,
        };
        Self { item, message }
    }
}

/// The header of the protocol that a quoted packet carries; of a later fragment there is none.
pub fn of<'a>(quote: &Quote<'a>) -> Option<UpperHeader<'a>> {
    let ip = &quote.ip;
    let octets = ip.payload;
    if ip.is_later_fragment() || octets.is_empty() {
        return None;
    }
    if ip.protocol == protocol::GRE {
        let item = tunnel_header::gre_header(octets)?;
        let message = None;
        return Some(UpperHeader { item, message });
    }
    let first = u8_at(octets, 0).unwrap_or(0);
    let second = u8_at(octets, 1).unwrap_or(0);
    let table = |name, table| (name, Specs::Table(table), None);
    let of_type =
        |name, table, number, message: Name| (name, Specs::Table(table), Some((number, message)));
    let (name, specs, kind) = match ip.protocol {
        protocol::TCP => table("tcp", TCP),
        protocol::UDP | protocol::UDP_LITE => table("udp", UDP),
        protocol::SCTP => table("sctp", SCTP),
        protocol::DCCP => table("dccp", DCCP),
        protocol::ICMP | protocol::IPV6_ICMP if has_id(quote) => {
            ("icmp", Specs::Two(ICMP, QUERY), None)
        }
        protocol::ICMP | protocol::IPV6_ICMP => table("icmp", ICMP),
        protocol::ESP => table("esp", ESP),
        IGMP if first == IGMP_V3_REPORT => of_type("igmp", IGMP_REPORT, first, igmp(first)),
        IGMP => of_type("igmp", IGMP_QUERY, first, igmp(first)),
        RSVP => of_type("rsvp", RSVP_FIELDS, second, rsvp(second)),
        EIGRP => of_type("eigrp", EIGRP_FIELDS, second, eigrp(second)),
        protocol::IP_COMP => table("ipcomp", tunnel_header::IP_COMP),
        OSPF => return ospf::header(octets),
        PIM => return pim::header(octets),
        protocol::VRRP => return vrrp::header(ip),
        PGM => return Some(multicast::pgm(octets)),
        protocol::L2TP => table("l2tp", const { &[spec::u32(0, "session")] }),
        protocol::MOBILITY => return Some(mobility::header(octets)),
        protocol::HIP => {
            let kind = u8_at(octets, 2).unwrap_or(0) & 0x7f;
            of_type("hip", HIP, kind, hip(kind))
        }
        _ => return None,
    };
    let number = kind.map(|(number, _)| number.into());
    let message = kind.and_then(|(_, message)| message);
    Some(UpperHeader::new(name, number, message, octets, specs))
}

/// Whether a quoted ICMP message is a query with identifier and sequence number.
fn has_id(quote: &Quote<'_>) -> bool {
    matches!(quote.transport, QuotedTransport::Icmp { id: Some(_), .. })
}

/// IP protocols (IANA registry `Assigned Internet Protocol Numbers`).
const IGMP: u8 = 2;
const RSVP: u8 = 46;
const EIGRP: u8 = 88;
const OSPF: u8 = 89;
const PIM: u8 = 103;
const PGM: u8 = 113;

type Table = &'static [FieldSpec];
type Name = Option<&'static str>;

const TCP: Table = &[
    spec::u16(0, "src_port"),
    spec::u16(2, "dst_port"),
    spec::u32(4, "seq"),
    spec::u32(8, "ack"),
    spec::hex(12, 2, "header_words_and_flags"),
    spec::u16(14, "window"),
    spec::hex(16, 2, "checksum"),
    spec::u16(18, "urgent_pointer"),
];

const UDP: Table = &[
    spec::u16(0, "src_port"),
    spec::u16(2, "dst_port"),
    spec::u16(4, "length"),
    spec::hex(6, 2, "checksum"),
];

const SCTP: Table = &[
    spec::u16(0, "src_port"),
    spec::u16(2, "dst_port"),
    spec::hex(4, 4, "verification_tag"),
    spec::hex(8, 4, "checksum"),
];

/// The rest is behind that: see [`super::quoted_transport`].
const DCCP: Table = &[
    spec::u16(0, "src_port"),
    spec::u16(2, "dst_port"),
    spec::hex(6, 2, "checksum"),
];

const ICMP: Table = &[
    spec::u8(0, "type"),
    spec::u8(1, "code"),
    spec::hex(2, 2, "checksum"),
];

/// What a query has behind [`ICMP`].
const QUERY: Table = &[spec::u16(4, "id"), spec::u16(6, "seq")];

/// RFC 4303 section 2.
pub(super) const ESP: Table = &[spec::hex(0, 4, "spi"), spec::u32(4, "sequence")];

/// RFC 3376 section 4.2.
const IGMP_V3_REPORT: u8 = 0x22;

/// RFC 2236 section 2, RFC 3376 section 4.1.
const IGMP_QUERY: Table = &[
    spec::hex(0, 1, "type"),
    spec::u8(1, "max_response_tenths"),
    spec::hex(2, 2, "checksum"),
    spec::v4(4, "group"),
];

/// RFC 3376 section 4.2.
const IGMP_REPORT: Table = &[
    spec::hex(0, 1, "type"),
    spec::hex(2, 2, "checksum"),
    spec::u16(6, "record_count"),
    spec::u8(8, "record_type"),
    spec::v4(12, "group"),
];

const fn igmp(kind: u8) -> Name {
    Some(match kind {
        0x11 => "query",
        0x12 => "v1_report",
        0x13 => "dvmrp",
        0x14 => "pim_v1",
        0x16 => "v2_report",
        0x17 => "leave",
        0x1e => "mtrace_response",
        0x1f => "mtrace",
        IGMP_V3_REPORT => "v3_report",
        0x30 => "router_advertisement",
        0x31 => "router_solicitation",
        0x32 => "router_termination",
        _ => return None,
    })
}

/// RFC 2205 section 3.1.1.
const RSVP_FIELDS: Table = &[
    spec::bits(0, 4, 4, "version"),
    spec::bits(0, 0, 4, "flags"),
    spec::u8(1, "type"),
    spec::hex(2, 2, "checksum"),
    spec::u8(4, "send_ttl"),
    spec::u16(6, "message_length"),
];

const fn rsvp(kind: u8) -> Name {
    Some(match kind {
        1 => "path",
        2 => "resv",
        3 => "path_error",
        4 => "resv_error",
        5 => "path_tear",
        6 => "resv_tear",
        7 => "resv_confirmation",
        // RFC 2961 and RFC 3209.
        12 => "bundle",
        13 => "ack",
        15 => "summary_refresh",
        20 => "hello",
        _ => return None,
    })
}

/// RFC 7868 section 6.6.
const EIGRP_FIELDS: Table = &[
    spec::u8(0, "version"),
    spec::u8(1, "type"),
    spec::hex(2, 2, "checksum"),
    spec::hex(4, 4, "flags"),
    spec::u32(8, "sequence"),
    spec::u32(12, "acknowledgment"),
    spec::u16(16, "virtual_router"),
    spec::u16(18, "autonomous_system"),
];

const fn eigrp(opcode: u8) -> Name {
    Some(match opcode {
        1 => "update",
        2 => "request",
        3 => "query",
        4 => "reply",
        5 => "hello",
        10 => "sia_query",
        11 => "sia_reply",
        _ => return None,
    })
}

/// RFC 7401 section 5.1.
const HIP: Table = &[
    spec::u8(0, "payload_protocol"),
    spec::u8(1, "header_length"),
    spec::bits(2, 0, 7, "type"),
    spec::bits(3, 4, 4, "version"),
    spec::hex(4, 2, "checksum"),
    spec::hex(6, 2, "controls"),
    spec::v6(8, "sender"),
    spec::v6(24, "receiver"),
];

const fn hip(kind: u8) -> Name {
    Some(match kind {
        1 => "i1",
        2 => "r1",
        3 => "i2",
        4 => "r2",
        16 => "update",
        17 => "notify",
        18 => "close",
        19 => "close_ack",
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
