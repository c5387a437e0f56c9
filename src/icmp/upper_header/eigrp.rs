//! EIGRP (RFC 7868 section 6), with the parts of its packets.

use super::listed::{self, Listed};
use super::{Name, Table, UpperHeader};
use crate::icmp::field::{FieldSpec, Names, spec};
use crate::icmp::item::{Item, Specs};
use crate::wire::bytes::{u8_at, u16_at};

/// RFC 7868 section 6.6.
const FIELDS: Table = &[
    spec::u8(0, "version"),
    spec::u8(1, "type"),
    spec::hex(2, 2, "checksum"),
    spec::hex(4, 4, "flags"),
    spec::flag(7, 0x01, "init"),
    spec::flag(7, 0x02, "conditional_receive"),
    spec::flag(7, 0x04, "restart"),
    spec::flag(7, 0x08, "end_of_table"),
    spec::u32(8, "sequence"),
    spec::u32(12, "acknowledgment"),
    spec::u16(16, "virtual_router"),
    spec::u16(18, "autonomous_system"),
    spec::parts(20, Listed::EigrpParts.parts(), "parts"),
];

const fn message(opcode: u8) -> Name {
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

pub(super) fn header(octets: &[u8]) -> UpperHeader<'_> {
    let kind = u8_at(octets, 1);
    let message = kind.and_then(message);
    let specs = Specs::Table(FIELDS);
    UpperHeader::new("eigrp", kind.map(u16::from), message, octets, specs)
}

const TYPE_AND_LENGTH: [FieldSpec; 2] = [spec::hex(0, 2, "type"), spec::u16(2, "length")];

/// The part in front of `octets`, and its octets.
pub(super) fn part(octets: &[u8]) -> Option<(Item<'_>, usize)> {
    const HEADER: usize = 4;
    let kind = u16_at(octets, 0)?;
    let length = usize::from(u16_at(octets, 2)?);
    let bytes = octets.get(..length).filter(|_| length >= HEADER)?;
    let (name, layout) = format(kind);
    let specs = match layout {
        Layout::Fixed(table) => Specs::Two(&TYPE_AND_LENGTH, table),
        Layout::Route(family, kind) => route(family, kind),
    };
    Some((listed::item("parts", kind, name, bytes, specs), length))
}

enum Layout {
    Fixed(Table),
    Route(Family, RouteKind),
}

/// Whose addresses they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// Where a route comes from.
#[derive(Clone, Copy)]
enum RouteKind {
    Internal,
    /// From another protocol, which stands there.
    External,
}

/// RFC 7868 sections 6.7 and 6.8.
const fn format(kind: u16) -> (Name, Layout) {
    use Layout::{Fixed, Route};
    match kind {
        1 => (Some("parameters"), Fixed(PARAMETERS)),
        2 => (Some("authentication"), Fixed(AUTHENTICATION)),
        3 => (Some("sequence"), Fixed(DATA)),
        4 => (Some("software_version"), Fixed(SOFTWARE_VERSION)),
        5 => (Some("multicast_sequence"), Fixed(MULTICAST_SEQUENCE)),
        6 => (Some("peer_information"), Fixed(DATA)),
        7 => (Some("peer_termination"), Fixed(DATA)),
        8 => (Some("topology_list"), Fixed(TOPOLOGY_LIST)),
        0x0102 => (
            Some("internal_route"),
            Route(Family::V4, RouteKind::Internal),
        ),
        0x0103 => (
            Some("external_route"),
            Route(Family::V4, RouteKind::External),
        ),
        0x0402 => (
            Some("internal_route"),
            Route(Family::V6, RouteKind::Internal),
        ),
        0x0403 => (
            Some("external_route"),
            Route(Family::V6, RouteKind::External),
        ),
        0x0104 | 0x0404 => (Some("community"), Fixed(DATA)),
        // RFC 7868 section 6.9: metrics of another form.
        0x0602 => (Some("multiprotocol_internal_route"), Fixed(MULTIPROTOCOL)),
        0x0603 => (Some("multiprotocol_external_route"), Fixed(MULTIPROTOCOL)),
        _ => (None, Fixed(DATA)),
    }
}

const DATA: Table = &[spec::rest(4, "data")];
const PARAMETERS: Table = &[
    spec::u8(4, "k1"),
    spec::u8(5, "k2"),
    spec::u8(6, "k3"),
    spec::u8(7, "k4"),
    spec::u8(8, "k5"),
    spec::u8(9, "k6"),
    spec::seconds_of(10, 2, "hold_time"),
];
const AUTHENTICATION: Table = &[
    spec::u8(4, "authentication_type"),
    spec::u8(5, "authentication_length"),
    spec::rest(6, "data"),
];
const SOFTWARE_VERSION: Table = &[
    spec::u8(4, "vendor_major"),
    spec::u8(5, "vendor_minor"),
    spec::u8(6, "eigrp_major"),
    spec::u8(7, "eigrp_minor"),
];
const MULTICAST_SEQUENCE: Table = &[spec::u32(4, "sequence")];
const TOPOLOGY_LIST: Table = &[spec::number_list(4, 2, "topologies")];
const MULTIPROTOCOL: Table = &[
    spec::u16(4, "family"),
    spec::u16(6, "topology"),
    spec::v4(8, "router_id"),
    spec::rest(12, "data"),
];

/// RFC 7868 sections 6.8.2 to 6.8.6.
fn route(family: Family, kind: RouteKind) -> Specs {
    let (next_hop, mut at) = match family {
        Family::V4 => (spec::v4(4, "next_hop"), 8),
        Family::V6 => (spec::v6(4, "next_hop"), 20),
    };
    let exterior = match kind {
        RouteKind::Internal => None,
        RouteKind::External => {
            let rows = [
                spec::v4(at, "router_id"),
                spec::u32(at + 4, "external_autonomous_system"),
                spec::u32(at + 8, "route_tag"),
                spec::u32(at + 12, "external_metric"),
                spec::named(spec::u8(at + 18, "external_protocol"), &PROTOCOLS),
                spec::hex(at + 19, 1, "external_flags"),
            ];
            at += 20;
            Some(rows)
        }
    };
    let metrics = [
        spec::u32(at, "scaled_delay"),
        spec::u32(at + 4, "scaled_bandwidth"),
        spec::number(at + 8, 3, "mtu"),
        spec::u8(at + 11, "hop_count"),
        spec::u8(at + 12, "reliability"),
        spec::u8(at + 13, "load"),
        spec::u8(at + 14, "route_internal_tag"),
        spec::hex(at + 15, 1, "route_flags"),
        spec::parts(at + 16, Listed::EigrpPrefixes(family).parts(), "prefixes"),
    ];
    Specs::made(
        TYPE_AND_LENGTH
            .into_iter()
            .chain([next_hop])
            .chain(exterior.into_iter().flatten())
            .chain(metrics),
    )
}

/// RFC 7868 section 6.8.3.
const PROTOCOLS: Names = Names {
    key: "external_protocol_name",
    words: &[
        "",
        "igrp",
        "eigrp",
        "static",
        "rip",
        "hello",
        "ospf",
        "is_is",
        "egp",
        "bgp",
        "idrp",
        "connected",
    ],
};

/// The destination in front of `octets`, and its octets (RFC 7868 section 6.8.4).
pub(super) fn prefix(octets: &[u8], family: Family) -> Option<(Item<'_>, usize)> {
    let bits = u8_at(octets, 0)?;
    // Of IPv6 one more than the bits fill, if they fill one.
    let (there, most) = match (family, bits) {
        (_, 0) => (0, 0),
        (Family::V4, _) => (bits.div_ceil(8), 4),
        (Family::V6, 128) => (16, 16),
        (Family::V6, _) => (bits / 8 + 1, 16),
    };
    let bytes = octets
        .get(..1 + usize::from(there))
        .filter(|_| there <= most)?;
    let prefix = match family {
        Family::V4 => spec::v4_prefix_of(1, there, "prefix"),
        Family::V6 => spec::v6_prefix_of(1, there, "prefix"),
    };
    let specs = Specs::made([spec::u8(0, "prefix_length"), prefix]);
    Some((listed::plain("prefixes", bytes, specs), bytes.len()))
}
