//! Link states of OSPF: their headers, and what they say (RFC 2328 section A.4, RFC 5340 section A.4).

use super::super::listed::{self, Listed};
use super::{Name, Table, Version};
use crate::icmp::field::{Extent, FieldSpec, spec};
use crate::icmp::item::{Item, Specs};
use crate::wire::bytes::{u8_at, u16_at, u32_at};

/// Octets of the header of a link state.
const HEADER: usize = 20;

/// Whether more than its header stands there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Body {
    /// It is left out.
    Left,
    /// It follows.
    Sent,
}

const BEHIND_TYPE: [FieldSpec; 5] = [
    spec::v4(4, "id"),
    spec::v4(8, "advertising_router"),
    spec::hex(12, 4, "sequence"),
    spec::hex(16, 2, "checksum"),
    spec::u16(18, "lsa_length"),
];
/// RFC 2328 section A.4.1; the flag is of RFC 1793 section 2.2.
const HEADER_2: [FieldSpec; 4] = [
    spec::flag(0, 0x80, "does_not_age"),
    AGE,
    spec::hex(2, 1, "options"),
    spec::u8(3, "type"),
];
/// RFC 5340 section A.4.2.
const HEADER_3: [FieldSpec; 3] = [
    spec::flag(0, 0x80, "does_not_age"),
    AGE,
    spec::u16(2, "type"),
];
const AGE: FieldSpec = spec::masked_seconds(0, 0x7fff, "age");

/// The link state in front of `octets`, as far as it is there behind its header, and its octets.
pub(in super::super) fn advertisement(
    octets: &[u8],
    version: Version,
    body: Body,
) -> Option<(Item<'_>, usize)> {
    let stated = usize::from(u16_at(octets, HEADER - 2)?);
    let length = match body {
        Body::Left => HEADER,
        Body::Sent => stated.max(HEADER),
    };
    let bytes = octets.get(..length).unwrap_or(octets);
    let (kind, name, own) = match version {
        Version::Two => {
            let kind = u8_at(bytes, 3)?.into();
            (kind, name_2(kind), table_2(kind))
        }
        Version::Three | Version::ThreeOfV4 => {
            let kind = u16_at(bytes, 2)?;
            (kind, name_3(kind), table_3(kind, version))
        }
    };
    let moving = match version {
        Version::Two => [None; 4],
        _ => moving_3(bytes, kind, version),
    };
    let rows = own.iter().copied().chain(moving.into_iter().flatten());
    let rows = rows.filter(|_| body == Body::Sent);
    let specs = match version {
        Version::Two => Specs::made(HEADER_2.into_iter().chain(BEHIND_TYPE).chain(rows)),
        _ => Specs::made(HEADER_3.into_iter().chain(BEHIND_TYPE).chain(rows)),
    };
    let item = Item {
        extent: Extent::of(bytes.len(), length),
        ..listed::item("advertisements", kind, name, bytes, specs)
    };
    Some((item, bytes.len()))
}

/// RFC 2328 section A.4.1, RFC 3101 and RFC 5250.
const fn name_2(kind: u16) -> Name {
    Some(match kind {
        1 => "router",
        2 => "network",
        3 => "summary",
        4 => "boundary_router_summary",
        5 => "as_external",
        6 => "group_membership",
        7 => "nssa_external",
        8 => "external_attributes",
        9 => "opaque_of_link",
        10 => "opaque_of_area",
        11 => "opaque_of_as",
        _ => return None,
    })
}

/// The bits of a type without those that say where it is flooded.
const FUNCTION: u16 = 0x1fff;

/// RFC 5340 section A.4.2.1.
const fn name_3(kind: u16) -> Name {
    Some(match kind & FUNCTION {
        1 => "router",
        2 => "network",
        3 => "inter_area_prefix",
        4 => "inter_area_router",
        5 => "as_external",
        6 => "group_membership",
        7 => "nssa_external",
        8 => "link",
        9 => "intra_area_prefix",
        // RFC 7770 section 2.2.
        12 => "router_information",
        _ => return None,
    })
}

/// RFC 2328 sections A.4.2 to A.4.5, RFC 3101 section 2.2, RFC 5250 section A.2.
const fn table_2(kind: u16) -> Table {
    match kind {
        1 => {
            const {
                &[
                    spec::flag(20, 0x04, "virtual_link_endpoint"),
                    spec::flag(20, 0x02, "boundary_router"),
                    spec::flag(20, 0x01, "border_router"),
                    spec::u16(22, "link_count"),
                    spec::parts(24, Listed::RouterLinks(Version::Two).parts(), "links"),
                ]
            }
        }
        2 => const { &[spec::v4(20, "mask"), spec::v4_list(24, "routers")] },
        3 | 4 => const { &[spec::v4(20, "mask"), spec::number(25, 3, "metric")] },
        5 | 7 => {
            const {
                &[
                    spec::v4(20, "mask"),
                    spec::flag(24, 0x80, "type_2_metric"),
                    spec::number(25, 3, "metric"),
                    spec::v4(28, "forwarding_address"),
                    spec::u32(32, "route_tag"),
                ]
            }
        }
        _ => const { &[spec::rest(20, "data")] },
    }
}

/// RFC 5340 sections A.4.3 to A.4.10, with what stands where it always stands; see [`moving_3`].
const fn table_3(kind: u16, version: Version) -> Table {
    match kind & FUNCTION {
        // RFC 5838 section 2.5.
        8 if matches!(version, Version::ThreeOfV4) => {
            const {
                &[
                    spec::u8(20, "priority"),
                    spec::hex(21, 3, "options"),
                    spec::v4(24, "link_address"),
                    spec::u32(40, "prefix_count"),
                ]
            }
        }
        1 => {
            const {
                &[
                    spec::flag(20, 0x10, "nssa_translator"),
                    spec::flag(20, 0x04, "virtual_link_endpoint"),
                    spec::flag(20, 0x02, "boundary_router"),
                    spec::flag(20, 0x01, "border_router"),
                    spec::hex(21, 3, "options"),
                    spec::parts(24, Listed::RouterLinks(Version::Three).parts(), "links"),
                ]
            }
        }
        2 => const { &[spec::hex(21, 3, "options"), spec::v4_list(24, "routers")] },
        3 => const { &[spec::number(21, 3, "metric"), spec::u8(24, "prefix_length")] },
        4 => {
            const {
                &[
                    spec::hex(21, 3, "options"),
                    spec::number(25, 3, "metric"),
                    spec::v4(28, "router"),
                ]
            }
        }
        5 | 7 => {
            const {
                &[
                    spec::flag(20, 0x04, "type_2_metric"),
                    spec::number(21, 3, "metric"),
                    spec::u8(24, "prefix_length"),
                    spec::hex(25, 1, "prefix_options"),
                ]
            }
        }
        8 => {
            const {
                &[
                    spec::u8(20, "priority"),
                    spec::hex(21, 3, "options"),
                    spec::v6(24, "link_local"),
                    spec::u32(40, "prefix_count"),
                ]
            }
        }
        9 => {
            const {
                &[
                    spec::u16(20, "prefix_count"),
                    spec::hex(22, 2, "referenced_type"),
                    spec::v4(24, "referenced_id"),
                    spec::v4(28, "referenced_router"),
                ]
            }
        }
        _ => const { &[spec::rest(20, "data")] },
    }
}

/// What stands behind a prefix, and prefixes.
fn moving_3(bytes: &[u8], kind: u16, version: Version) -> [Option<FieldSpec>; 4] {
    const PREFIX: u16 = 28;
    let prefixes = |at| spec::parts(at, Listed::LinkPrefixes(version).parts(), "prefixes");
    let prefix = || prefix_row(u8_at(bytes, 24)?, PREFIX, version);
    match kind & FUNCTION {
        3 => [prefix(), None, None, None],
        5 | 7 => {
            let has = |mask| u8_at(bytes, HEADER).is_some_and(|flags| flags & mask != 0);
            let mut end =
                match u8_at(bytes, 24).and_then(|bits| u16::try_from(octets_of(bits)).ok()) {
                    Some(octets) => PREFIX + octets,
                    None => return [None; 4],
                };
            let mut row =
                |is_there: bool, length: u16, row: fn(u16, &'static str) -> FieldSpec, name| {
                    let at = end;
                    end += if is_there { length } else { 0 };
                    is_there.then(|| row(at, name))
                };
            [
                prefix(),
                // RFC 5838 section 2.6: one of IPv4 has the first four octets.
                match version {
                    Version::ThreeOfV4 => row(has(0x02), 16, spec::v4, "forwarding_address"),
                    _ => row(has(0x02), 16, spec::v6, "forwarding_address"),
                },
                row(has(0x01), 4, spec::u32, "route_tag"),
                row(
                    u16_at(bytes, 26).is_some_and(|referenced| referenced != 0),
                    4,
                    spec::v4,
                    "referenced_id",
                ),
            ]
        }
        8 => [Some(prefixes(44)), None, None, None],
        9 => [Some(prefixes(32)), None, None, None],
        _ => [None; 4],
    }
}

/// Octets that a prefix of so many bits takes: words of four.
fn octets_of(bits: u8) -> usize {
    usize::from(bits).div_ceil(32) * 4
}

/// A prefix of so many bits; `None` of more than its address has.
fn prefix_row(bits: u8, at: u16, version: Version) -> Option<FieldSpec> {
    let octets = u8::try_from(octets_of(bits)).ok()?;
    match (version, octets) {
        (Version::ThreeOfV4, 4) => Some(spec::v4(at, "prefix")),
        (Version::ThreeOfV4, _) => None,
        _ => (octets <= 16).then(|| spec::v6_prefix_of(at, octets, "prefix")),
    }
}

/// The prefix in front of `octets`, and its octets (RFC 5340 section A.4.1).
pub(in super::super) fn prefix(octets: &[u8], version: Version) -> Option<(Item<'_>, usize)> {
    let bits = u8_at(octets, 0)?;
    let length = 4 + octets_of(bits);
    let bytes = octets.get(..length)?;
    let rows = [
        spec::u8(0, "prefix_length"),
        spec::hex(1, 1, "options"),
        spec::u16(2, "metric"),
    ];
    let specs = Specs::made(rows.into_iter().chain(prefix_row(bits, 4, version)));
    Some((listed::plain("prefixes", bytes, specs), length))
}

/// The link in front of `octets`, and its octets.
pub(in super::super) fn link(octets: &[u8], version: Version) -> Option<(Item<'_>, usize)> {
    const LINK_2: Table = &[
        spec::v4(0, "id"),
        spec::v4(4, "link_data"),
        spec::u8(8, "type"),
        spec::u8(9, "tos_count"),
        spec::u16(10, "metric"),
        spec::rest(12, "tos_metrics"),
    ];
    const LINK_3: Table = &[
        spec::u8(0, "type"),
        spec::u16(2, "metric"),
        spec::u32(4, "interface"),
        spec::u32(8, "neighbor_interface"),
        spec::v4(12, "neighbor"),
    ];
    let (kind, length, table) = match version {
        Version::Two => {
            let tos = usize::from(u8_at(octets, 9)?);
            (u8_at(octets, 8)?, 12 + tos * 4, LINK_2)
        }
        Version::Three | Version::ThreeOfV4 => (u8_at(octets, 0)?, 16, LINK_3),
    };
    let name = match (kind, version) {
        (1, _) => Some("point_to_point"),
        (2, _) => Some("transit"),
        (3, Version::Two) => Some("stub"),
        (4, _) => Some("virtual"),
        _ => None,
    };
    let bytes = octets.get(..length)?;
    let specs = Specs::Table(table);
    Some((
        listed::item("links", kind.into(), name, bytes, specs),
        length,
    ))
}

/// The request in front of `octets`, and its octets.
pub(in super::super) fn request(octets: &[u8], version: Version) -> Option<(Item<'_>, usize)> {
    const LENGTH: usize = 12;
    const REQUEST: Table = &[
        spec::u32(0, "type"),
        spec::v4(4, "id"),
        spec::v4(8, "advertising_router"),
    ];
    let bytes = octets.get(..LENGTH)?;
    // The upper half is reserved in version 3.
    let kind = u16::try_from(u32_at(bytes, 0)? & 0xffff).ok()?;
    let name = match version {
        Version::Two => name_2(kind),
        Version::Three | Version::ThreeOfV4 => name_3(kind),
    };
    let specs = Specs::Table(REQUEST);
    Some((listed::item("requests", kind, name, bytes, specs), LENGTH))
}
