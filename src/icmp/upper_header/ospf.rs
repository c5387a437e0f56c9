//! OSPF of both versions (RFC 2328 section A.3, RFC 5340 section A.3).

mod link_state;

use std::ops::Range;

use super::listed::Listed;
use super::{Name, Table, UpperHeader};
use crate::icmp::field::{FieldSpec, spec};
use crate::icmp::item::Specs;
use crate::wire::bytes::{u8_at, u16_at};

pub(super) use link_state::{Body, advertisement, link, prefix, request};

/// What both versions begin with.
const COMMON: [FieldSpec; 6] = [
    spec::u8(0, "version"),
    spec::u8(1, "type"),
    spec::u16(2, "packet_length"),
    spec::v4(4, "router_id"),
    spec::v4(8, "area"),
    spec::hex(12, 2, "checksum"),
];

/// A table with the options of a router at `$at` and the bits of these: RFC 2328 section A.2, of them
/// multicast RFC 1584, NSSA RFC 3101, link-local signalling RFC 5613, opaque RFC 5250, down RFC 4576.
macro_rules! with_options_2 {
    ($at:literal, [$($before:expr),* $(,)?], [$($behind:expr),* $(,)?]) => {
        &[
            $($before,)*
            spec::hex($at, 1, "options"),
            spec::flag($at, 0x80, "down"),
            spec::flag($at, 0x40, "opaque"),
            spec::flag($at, 0x20, "demand_circuits"),
            spec::flag($at, 0x10, "link_local_signaling"),
            spec::flag($at, 0x08, "nssa"),
            spec::flag($at, 0x04, "multicast"),
            spec::flag($at, 0x02, "external"),
            spec::flag($at, 0x01, "multi_topology"),
            $($behind,)*
        ]
    };
}

/// The same of RFC 5340 section A.2, of them address families RFC 5838, authentication RFC 7166.
macro_rules! with_options_3 {
    ($at:literal, [$($before:expr),* $(,)?], [$($behind:expr),* $(,)?]) => {
        &[
            $($before,)*
            spec::hex($at, 3, "options"),
            spec::masked($at + 1, 0x0400, "authentication_trailer"),
            spec::masked($at + 1, 0x0200, "link_local_signaling"),
            spec::masked($at + 1, 0x0100, "address_families"),
            spec::masked($at + 1, 0x0020, "demand_circuits"),
            spec::masked($at + 1, 0x0010, "router"),
            spec::masked($at + 1, 0x0008, "nssa"),
            spec::masked($at + 1, 0x0002, "external"),
            spec::masked($at + 1, 0x0001, "ipv6"),
            $($behind,)*
        ]
    };
}

/// RFC 2328 section A.3.1.
const OSPF_2: Table = &[spec::u16(14, "authentication_type")];
/// RFC 2328 section A.3.2.
const OSPF_2_HELLO: Table = with_options_2!(
    30,
    [
        spec::u16(14, "authentication_type"),
        spec::v4(24, "mask"),
        spec::seconds_of(28, 2, "hello_interval"),
    ],
    [
        spec::u8(31, "priority"),
        spec::seconds_of(32, 4, "dead_interval"),
        spec::v4(36, "designated_router"),
        spec::v4(40, "backup_router"),
        spec::v4_list(44, "neighbors"),
    ]
);
/// RFC 2328 section A.3.3; the first flag is of RFC 4811 section 2.2.
const OSPF_2_DATABASE: Table = with_options_2!(
    26,
    [spec::u16(14, "authentication_type"), spec::u16(24, "mtu"),],
    [
        spec::hex(27, 1, "flags"),
        spec::flag(27, 0x08, "resynchronizes"),
        spec::flag(27, 0x04, "init"),
        spec::flag(27, 0x02, "more"),
        spec::flag(27, 0x01, "master"),
        spec::u32(28, "sequence"),
        advertisements(32, Version::Two),
    ]
);
/// RFC 2328 section A.3.5.
const OSPF_2_UPDATE: Table = &[
    spec::u16(14, "authentication_type"),
    spec::u32(24, "advertisement_count"),
    spec::parts(
        28,
        Listed::LinkStateUpdates(Version::Two).parts(),
        "advertisements",
    ),
];
/// RFC 2328 section A.3.4.
const OSPF_2_REQUEST: Table = &[
    spec::u16(14, "authentication_type"),
    spec::parts(
        24,
        Listed::LinkStateRequests(Version::Two).parts(),
        "requests",
    ),
];
/// RFC 2328 section A.3.6.
const OSPF_2_ACKNOWLEDGMENT: Table = &[
    spec::u16(14, "authentication_type"),
    advertisements(24, Version::Two),
];
/// RFC 5340 section A.3.1.
const OSPF_3: Table = &[spec::u8(14, "instance")];
/// RFC 5340 section A.3.2.
const OSPF_3_HELLO: Table = with_options_3!(
    21,
    [
        spec::u8(14, "instance"),
        spec::u32(16, "interface"),
        spec::u8(20, "priority"),
    ],
    [
        spec::seconds_of(24, 2, "hello_interval"),
        spec::seconds_of(26, 2, "dead_interval"),
        spec::v4(28, "designated_router"),
        spec::v4(32, "backup_router"),
        spec::v4_list(36, "neighbors"),
    ]
);
/// RFC 5340 section A.3.3.
const OSPF_3_DATABASE: Table = with_options_3!(
    17,
    [spec::u8(14, "instance"),],
    [
        spec::u16(20, "mtu"),
        spec::hex(23, 1, "flags"),
        spec::flag(23, 0x08, "resynchronizes"),
        spec::flag(23, 0x04, "init"),
        spec::flag(23, 0x02, "more"),
        spec::flag(23, 0x01, "master"),
        spec::u32(24, "sequence"),
        advertisements(28, Version::Three),
    ]
);
/// RFC 5340 section A.3.5.
const OSPF_3_UPDATE: Table = &[
    spec::u8(14, "instance"),
    spec::u32(16, "advertisement_count"),
    spec::parts(
        20,
        Listed::LinkStateUpdates(Version::Three).parts(),
        "advertisements",
    ),
];
/// The same in an instance for IPv4 (RFC 5838 section 2.1).
const OSPF_3_UPDATE_OF_V4: Table = &[
    spec::u8(14, "instance"),
    spec::u32(16, "advertisement_count"),
    spec::parts(
        20,
        Listed::LinkStateUpdates(Version::ThreeOfV4).parts(),
        "advertisements",
    ),
];
/// RFC 5340 section A.3.4.
const OSPF_3_REQUEST: Table = &[
    spec::u8(14, "instance"),
    spec::parts(
        16,
        Listed::LinkStateRequests(Version::Three).parts(),
        "requests",
    ),
];
/// RFC 5340 section A.3.6.
const OSPF_3_ACKNOWLEDGMENT: Table =
    &[spec::u8(14, "instance"), advertisements(16, Version::Three)];

/// Headers of link states from here on.
const fn advertisements(at: u16, version: Version) -> FieldSpec {
    spec::parts(at, Listed::LinkStates(version).parts(), "advertisements")
}

/// Which version, and what its prefixes are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// That of RFC 2328.
    Two,
    /// That of RFC 5340.
    Three,
    /// The same in an instance for IPv4 (RFC 5838 section 2.1).
    ThreeOfV4,
}

pub(super) fn header(octets: &[u8]) -> Option<UpperHeader<'_>> {
    const HEADER_2: usize = 24;
    const HEADER_3: usize = 16;
    const INSTANCES_OF_V4: Range<u8> = 64..128;
    let (version, kind) = (u8_at(octets, 0)?, u8_at(octets, 1).unwrap_or(0));
    let message: Name = match kind {
        1 => Some("hello"),
        2 => Some("database_description"),
        3 => Some("link_state_request"),
        4 => Some("link_state_update"),
        5 => Some("link_state_acknowledgment"),
        _ => None,
    };
    let is_of_v4 = u8_at(octets, 14).is_some_and(|instance| INSTANCES_OF_V4.contains(&instance));
    let (own, least) = match (version, kind) {
        (3, 1) => (OSPF_3_HELLO, HEADER_3),
        (3, 2) => (OSPF_3_DATABASE, HEADER_3),
        (3, 3) => (OSPF_3_REQUEST, HEADER_3),
        (3, 4) if is_of_v4 => (OSPF_3_UPDATE_OF_V4, HEADER_3),
        (3, 4) => (OSPF_3_UPDATE, HEADER_3),
        (3, 5) => (OSPF_3_ACKNOWLEDGMENT, HEADER_3),
        (3, _) => (OSPF_3, HEADER_3),
        (_, 1) => (OSPF_2_HELLO, HEADER_2),
        (_, 2) => (OSPF_2_DATABASE, HEADER_2),
        (_, 3) => (OSPF_2_REQUEST, HEADER_2),
        (_, 4) => (OSPF_2_UPDATE, HEADER_2),
        (_, 5) => (OSPF_2_ACKNOWLEDGMENT, HEADER_2),
        _ => (OSPF_2, HEADER_2),
    };
    // What authenticates a packet stands behind its length.
    let stated = u16_at(octets, 2).map(|length| least.max(length.into()));
    let bytes = stated.and_then(|length| octets.get(..length));
    let specs = Specs::Two(&COMMON, own);
    let kind = Some(kind.into());
    Some(UpperHeader::new(
        "ospf",
        kind,
        message,
        bytes.unwrap_or(octets),
        specs,
    ))
}
