//! Headers of networks on the move: recorders in vehicles, networks between those, and of roofs.

use super::{Part, Step};
use crate::icmp::field::{FieldSpec, spec};
use crate::icmp::item::Specs;
use crate::wire::bytes::u8_at;

type Table = &'static [FieldSpec];

/// Which of these headers.
#[derive(Clone, Copy, Debug)]
pub(super) enum Header {
    Tecmp,
    GeoNetworking,
    /// Of `GeoNetworking`, by type and subtype of the addressing.
    GeoAddressing(u8),
    Roofnet,
}

impl Header {
    /// The header, with which `rest` begins.
    pub(super) fn step(self, rest: &[u8]) -> Option<Step> {
        match self {
            Self::Tecmp => Some(tecmp()),
            Self::GeoNetworking => geo_networking(rest),
            Self::GeoAddressing(kind) => Some(geo_addressing(kind)),
            Self::Roofnet => roofnet(rest),
        }
    }
}

/// TECMP's header with that of its first entry, behind which the frame is.
fn tecmp() -> Step {
    const HEADER: Table = &[
        spec::u16(0, "device"),
        spec::u16(2, "counter"),
        spec::u8(4, "version"),
        spec::u8(5, "message_type"),
        spec::hex(6, 2, "data_type"),
        spec::reserved(8, 2, 0xffff, "reserved"),
        spec::hex(10, 2, "device_flags"),
        spec::u32(12, "interface"),
        spec::number(16, 8, "timestamp"),
        spec::u16(24, "data_length"),
        spec::hex(26, 2, "data_flags"),
    ];
    Step::new(28, "tecmp", HEADER, Part::Ethernet)
}

/// ETSI EN 302 636-4-1 sections 9.6 and 9.7: the basic header and the common one.
fn geo_networking(rest: &[u8]) -> Option<Step> {
    const HEADER: Table = &[
        spec::bits(0, 4, 4, "version"),
        spec::bits(0, 0, 4, "next_header"),
        spec::reserved(1, 1, 0xff, "reserved"),
        spec::hex(2, 1, "lifetime"),
        spec::u8(3, "remaining_hop_limit"),
        spec::bits(4, 4, 4, "common_next_header"),
        spec::reserved(4, 1, 0x0f, "common_reserved"),
        spec::bits(5, 4, 4, "type"),
        spec::bits(5, 0, 4, "subtype"),
        spec::hex(6, 1, "traffic_class"),
        spec::hex(7, 1, "flags"),
        spec::u16(8, "payload_length"),
        spec::u8(10, "maximum_hop_limit"),
        spec::reserved(11, 1, 0xff, "last_reserved"),
    ];
    let addressing = Part::Mobile(Header::GeoAddressing(u8_at(rest, 5)?));
    Some(Step::new(12, "geo_networking", HEADER, addressing))
}

/// Section 9.8: whose packet it is, and for whom, by type and subtype.
fn geo_addressing(kind: u8) -> Step {
    const SINGLE_HOP: u8 = 0x50;
    let (length, specs) = match (kind, kind >> 4) {
        (_, 1) => (24, Specs::Table(BEACON)),
        (_, 2) => (48, Specs::Two(BROADCAST, DESTINATION)),
        (SINGLE_HOP, _) => (28, Specs::Table(BEACON)),
        (_, 5) => (28, Specs::Table(BROADCAST)),
        _ => (44, Specs::Two(BROADCAST, AREA)),
    };
    Step::of(length, "geo_addressing", specs, Part::End)
}

const BEACON: Table = &[
    spec::octets(0, 8, "source"),
    spec::u32(8, "timestamp"),
    spec::i32(12, "latitude"),
    spec::i32(16, "longitude"),
    spec::hex(20, 2, "speed"),
    spec::u16(22, "heading"),
    spec::reserved(24, 4, 0xffff_ffff, "reserved"),
];

const BROADCAST: Table = &[
    spec::u16(0, "sequence"),
    spec::reserved(2, 2, 0xffff, "reserved"),
    spec::octets(4, 8, "source"),
    spec::u32(12, "timestamp"),
    spec::i32(16, "latitude"),
    spec::i32(20, "longitude"),
    spec::hex(24, 2, "speed"),
    spec::u16(26, "heading"),
];

/// For one station: behind what a broadcast has.
const DESTINATION: Table = &[
    spec::octets(28, 8, "destination"),
    spec::u32(36, "destination_timestamp"),
    spec::i32(40, "destination_latitude"),
    spec::i32(44, "destination_longitude"),
];

/// For those in an area: the same.
const AREA: Table = &[
    spec::i32(28, "area_latitude"),
    spec::i32(32, "area_longitude"),
    spec::u16(36, "distance_a"),
    spec::u16(38, "distance_b"),
    spec::u16(40, "angle"),
    spec::reserved(42, 2, 0xffff, "area_reserved"),
];

/// Roofnet's header, and the links of the way that the packet takes.
fn roofnet(rest: &[u8]) -> Option<Step> {
    const FIXED: usize = 24;
    const LINK: usize = 20;
    const HEADER: Table = &[
        spec::u8(0, "version"),
        spec::u8(1, "type"),
        spec::u8(2, "link_count"),
        spec::u8(3, "next"),
        spec::u16(4, "ttl"),
        spec::hex(6, 2, "checksum"),
        spec::hex(8, 2, "flags"),
        spec::u16(10, "data_length"),
        spec::v4(12, "query_destination"),
        spec::u32(16, "sequence"),
        spec::v4(20, "node"),
        spec::rest(24, "links"),
    ];
    let links = usize::from(u8_at(rest, 2)?);
    Some(Step::new(
        FIXED + LINK * links,
        "roofnet",
        HEADER,
        Part::End,
    ))
}
