//! The parts of a packet of Babel (RFC 8966 section 4.6).

use std::net::Ipv6Addr;

use super::part as item;
use crate::icmp::field::{FieldSpec, spec};
use crate::icmp::item::{Item, Specs};
use crate::wire::bytes::u8_at;

type Table = &'static [FieldSpec];

const GROUP: &str = "messages";

/// The part in front of `octets`, and its octets.
pub(super) fn part(octets: &[u8]) -> Option<(Item<'_>, usize)> {
    const PAD_1: u8 = 0;
    let kind = u8_at(octets, 0)?;
    if kind == PAD_1 {
        let pad = octets.get(..1)?;
        return Some((item(GROUP, Some("pad1"), pad, Specs::Table(&[])), 1));
    }
    let length = 2 + usize::from(u8_at(octets, 1)?);
    let bytes = octets.get(..length)?;
    let (name, table, address): (Option<&str>, Table, Option<Address>) = match kind {
        1 => (Some("padn"), &[], None),
        2 => (Some("acknowledgment_request"), ACKNOWLEDGMENT_REQUEST, None),
        3 => (Some("acknowledgment"), ACKNOWLEDGMENT, None),
        4 => (Some("hello"), HELLO, None),
        5 => (Some("ihu"), IHU, Some(Address::Whole(8))),
        6 => (Some("router_id"), ROUTER_ID, None),
        7 => (Some("next_hop"), ENCODING, Some(Address::Whole(4))),
        8 => (Some("update"), UPDATE, Some(Address::Prefix(12))),
        9 => (
            Some("route_request"),
            ROUTE_REQUEST,
            Some(Address::Prefix(4)),
        ),
        10 => (
            Some("seqno_request"),
            SEQNO_REQUEST,
            Some(Address::Prefix(16)),
        ),
        _ => (None, OTHER, None),
    };
    let address = address.and_then(|address| address.row(bytes));
    let specs = Specs::made(table.iter().copied().chain(address));
    let part = Item {
        number: Some(kind.into()),
        ..item(GROUP, name, bytes, specs)
    };
    Some((part, length))
}

/// Where a part has an address, or a prefix: to the part's end, if it has no parts of its own.
#[derive(Clone, Copy)]
enum Address {
    Whole(u16),
    Prefix(u16),
}

impl Address {
    /// Its field. Of a prefix octets may be left out that it has in common with one before; those that
    /// are there are told.
    fn row(self, part: &[u8]) -> Option<FieldSpec> {
        const IPV4: u8 = 1;
        const IPV6: u8 = 2;
        const LINK_LOCAL: u8 = 3;
        let (at, name, rest) = match self {
            Self::Whole(at) => (at, "neighbor", "neighbor_octets"),
            Self::Prefix(at) => (at, "prefix", "prefix_octets"),
        };
        let octets = part.get(usize::from(at)..)?.len();
        Some(match (u8_at(part, 2)?, octets) {
            (IPV4, 4) => spec::v4(at, name),
            (IPV6, 16) => spec::v6(at, name),
            (LINK_LOCAL, 8) => spec::v6_suffix(at, LINK_LOCAL_PREFIX, 8, name),
            _ => spec::rest(at, rest),
        })
    }
}

const LINK_LOCAL_PREFIX: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0);

const OTHER: Table = &[spec::rest(2, "data")];
const ENCODING: Table = &[spec::u8(2, "address_encoding")];
const ACKNOWLEDGMENT_REQUEST: Table = &[spec::hex(4, 2, "opaque"), spec::centis(6, "interval_cs")];
const ACKNOWLEDGMENT: Table = &[spec::hex(2, 2, "opaque")];
const HELLO: Table = &[
    spec::flag(2, 0x80, "unicast"),
    spec::u16(4, "sequence"),
    spec::centis(6, "interval_cs"),
];
const IHU: Table = &[
    spec::u8(2, "address_encoding"),
    spec::u16(4, "receive_cost"),
    spec::centis(6, "interval_cs"),
];
const ROUTER_ID: Table = &[spec::octets(4, 8, "router_id")];
const UPDATE: Table = &[
    spec::u8(2, "address_encoding"),
    spec::flag(3, 0x80, "default_prefix"),
    spec::flag(3, 0x40, "router_id_from_prefix"),
    spec::u8(4, "prefix_length"),
    spec::u8(5, "omitted"),
    spec::centis(6, "interval_cs"),
    spec::u16(8, "sequence"),
    spec::u16(10, "metric"),
];
const ROUTE_REQUEST: Table = &[
    spec::u8(2, "address_encoding"),
    spec::u8(3, "prefix_length"),
];
const SEQNO_REQUEST: Table = &[
    spec::u8(2, "address_encoding"),
    spec::u8(3, "prefix_length"),
    spec::u16(4, "sequence"),
    spec::u8(6, "hop_count"),
    spec::octets(8, 8, "router_id"),
];
