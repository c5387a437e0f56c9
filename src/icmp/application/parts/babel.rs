//! The parts of a packet of Babel (RFC 8966 section 4.6).

use super::part as item;
use crate::icmp::field::{FieldSpec, spec};
use crate::icmp::item::{Item, Specs};
use crate::wire::bytes::u8_at;

type Table = &'static [FieldSpec];

const PAD_1: u8 = 0;
const PAD_N: u8 = 1;

/// The part in front of `octets`, and its octets.
pub(super) fn part(octets: &[u8]) -> Option<(Item<'_>, usize)> {
    const GROUP: &str = "messages";
    let kind = u8_at(octets, 0)?;
    if kind == PAD_1 {
        return Some((
            item(GROUP, Some("pad1"), octets.get(..1)?, Specs::Table(&[])),
            1,
        ));
    }
    let length = 2 + usize::from(u8_at(octets, 1)?);
    let bytes = octets.get(..length)?;
    let (name, table): (Option<&str>, Table) = match kind {
        PAD_N => (Some("padn"), &[]),
        2 => (Some("acknowledgment_request"), ACKNOWLEDGMENT_REQUEST),
        3 => (Some("acknowledgment"), ACKNOWLEDGMENT),
        4 => (Some("hello"), HELLO),
        5 => (Some("ihu"), IHU),
        6 => (Some("router_id"), ROUTER_ID),
        7 => (Some("next_hop"), NEXT_HOP),
        8 => (Some("update"), UPDATE),
        9 => (Some("route_request"), ROUTE_REQUEST),
        10 => (Some("seqno_request"), SEQNO_REQUEST),
        _ => (None, OTHER),
    };
    Some((item(GROUP, name, bytes, Specs::Table(table)), length))
}

const OTHER: Table = &[spec::u8(0, "type"), spec::rest(2, "data")];
const ACKNOWLEDGMENT_REQUEST: Table = &[
    spec::hex(4, 2, "opaque"),
    spec::u16(6, "interval_centiseconds"),
];
const ACKNOWLEDGMENT: Table = &[spec::hex(2, 2, "opaque")];
const HELLO: Table = &[
    spec::flag(2, 0x80, "unicast"),
    spec::u16(4, "sequence"),
    spec::u16(6, "interval_centiseconds"),
];
const IHU: Table = &[
    spec::u8(2, "address_encoding"),
    spec::u16(4, "receive_cost"),
    spec::u16(6, "interval_centiseconds"),
    spec::rest(8, "address_octets"),
];
const ROUTER_ID: Table = &[spec::octets(4, 8, "router_id")];
const NEXT_HOP: Table = &[
    spec::u8(2, "address_encoding"),
    spec::rest(4, "address_octets"),
];
const UPDATE: Table = &[
    spec::u8(2, "address_encoding"),
    spec::flag(3, 0x80, "default_prefix"),
    spec::flag(3, 0x40, "router_id_from_prefix"),
    spec::u8(4, "prefix_length"),
    spec::u8(5, "omitted"),
    spec::u16(6, "interval_centiseconds"),
    spec::u16(8, "sequence"),
    spec::u16(10, "metric"),
    spec::rest(12, "prefix_octets"),
];
const ROUTE_REQUEST: Table = &[
    spec::u8(2, "address_encoding"),
    spec::u8(3, "prefix_length"),
    spec::rest(4, "prefix_octets"),
];
const SEQNO_REQUEST: Table = &[
    spec::u8(2, "address_encoding"),
    spec::u8(3, "prefix_length"),
    spec::u16(4, "sequence"),
    spec::u8(6, "hop_count"),
    spec::octets(8, 8, "router_id"),
    spec::rest(16, "prefix_octets"),
];
