//! The tables of the options of IPv4, IPv6, dynamic source routing and segment routing.

mod label;

use super::{OPTION_HEADER, Table, ioam};
use crate::icmp::application::parts::Parts;
use crate::icmp::field::{FieldSpec, Names, spec};
use crate::icmp::item::Specs;
use crate::icmp::tcp;
use crate::wire::bytes::u8_at;
use crate::wire::ip::{IpOption, OptionSpace};

/// The name of an option's type and its fields, those before its value among them.
pub(super) fn specs(option: &IpOption<'_>) -> (Option<&'static str>, Specs) {
    let bytes = option.bytes;
    let (name, table) = format(option.space, option.kind, bytes);
    // Padding has a type alone.
    let header = OPTION_HEADER.get(..bytes.len()).unwrap_or(OPTION_HEADER);
    let with = |made: &[FieldSpec]| Specs::made(header.iter().chain(made).copied());
    let specs = match (option.space, option.kind) {
        (OptionSpace::Ipv6, CALIPSO) => with(&label::calipso(bytes)),
        (OptionSpace::Ipv6, METRICS) => with(&metrics(bytes)),
        (OptionSpace::Ipv6, IOAM | IOAM_MUTABLE) => ioam::specs(bytes),
        (OptionSpace::Tcp, tcp::MULTIPATH) => match tcp::data_sequence_signal(bytes) {
            Some(made) => Specs::made(header.iter().copied().chain(made)),
            None => Specs::Two(header, table),
        },
        _ => Specs::Two(header, table),
    };
    (name, specs)
}

/// The name of an option's type and the table of its fields, where they do not move.
pub(super) fn format(space: OptionSpace, kind: u8, bytes: &[u8]) -> (Option<&'static str>, Table) {
    let (name, table) = match space {
        OptionSpace::Ipv4 => option4(kind, bytes),
        OptionSpace::Ipv6 => option6(kind, bytes),
        OptionSpace::SegmentRouting => segment_routing_tlv(kind),
        OptionSpace::DynamicSourceRouting => source_routing(kind),
        OptionSpace::Tcp => tcp::option(kind),
    };
    ((!name.is_empty()).then_some(name), table)
}

/// Those of IPv6 whose fields hang on what they hold: RFC 5570 section 5.1, RFC 8250 section 3.2, RFC 9486
/// section 3.
const CALIPSO: u8 = 0x07;
const METRICS: u8 = 0x0f;
const IOAM: u8 = 0x11;
const IOAM_MUTABLE: u8 = 0x31;

const DATA: Table = &[spec::rest(2, "data")];
const ROUTE: Table = &[spec::u8(2, "pointer"), spec::v4_list(3, "addresses")];
const STAMPS: Table = &[
    spec::u8(2, "pointer"),
    spec::bits(3, 4, 4, "overflow"),
    spec::bits(3, 0, 4, "flag"),
    spec::number_list(4, 4, "timestamps"),
];
const ADDRESSED_STAMPS: Table = &[
    spec::u8(2, "pointer"),
    spec::bits(3, 4, 4, "overflow"),
    spec::bits(3, 0, 4, "flag"),
    spec::v4_times(4, "timestamps"),
];
/// RFC 4782 section 3.1: a rate of 40,000 times two to the power of that in bits a second.
const QUICK_START: Table = &[
    spec::named(spec::bits(2, 4, 4, "function"), &QUICK_START_FUNCTIONS),
    spec::bits(2, 0, 4, "rate"),
    spec::u8(3, "ttl"),
    QUICK_START_NONCE,
    QUICK_START_RESERVED,
];
/// A report of the rate that was approved has no time to live.
const QUICK_START_REPORT: Table = &[
    QUICK_START[0],
    QUICK_START[1],
    spec::reserved(3, 1, 0xff, "unused"),
    QUICK_START_NONCE,
    QUICK_START_RESERVED,
];
const QUICK_START_NONCE: FieldSpec = spec::bits_of(4, 4, 2, 30, "nonce");
const QUICK_START_RESERVED: FieldSpec = spec::reserved(4, 4, 0x03, "reserved");
const QUICK_START_FUNCTIONS: Names = Names {
    key: "function_name",
    words: &const { spec::sparse::<9>(&[(0, "request"), (8, "report")]) },
};

/// IANA registry `IP Option Numbers`; the RFC of each in its row.
fn option4(kind: u8, bytes: &[u8]) -> (&'static str, Table) {
    match kind {
        // RFC 791 section 3.1.
        0 => ("end_of_options", &[]),
        1 => ("no_operation", &[]),
        7 => ("record_route", ROUTE),
        68 => match u8_at(bytes, 3).map(|octet| octet & 0x0f) {
            Some(1 | 3) => ("timestamp", ADDRESSED_STAMPS),
            _ => ("timestamp", STAMPS),
        },
        131 => ("loose_source_route", ROUTE),
        137 => ("strict_source_route", ROUTE),
        136 => ("stream_id", &[const { spec::u16(2, "stream") }]),
        // RFC 791 section 3.1, RFC 1108 sections 2 and 3.
        130 => ("security", label::security(bytes)),
        133 => (
            "extended_security",
            &[
                const { spec::u8(2, "format_code") },
                const { spec::rest(3, "data") },
            ],
        ),
        134 => (
            "commercial_security",
            &[
                const { spec::u32(2, "domain_of_interpretation") },
                const { spec::parts(6, Parts::SecurityTags, "tags") },
            ],
        ),
        // RFC 1063.
        11 => ("mtu_probe", &[const { spec::u16(2, "mtu") }]),
        12 => ("mtu_reply", &[const { spec::u16(2, "mtu") }]),
        // RFC 4782 section 3.
        25 => ("quick_start", quick_start(bytes)),
        // RFC 1393 section 2.2.
        82 => (
            "traceroute",
            &[
                const { spec::u16(2, "id") },
                const { spec::u16(4, "outbound_hops") },
                const { spec::u16(6, "return_hops") },
                const { spec::v4(8, "originator") },
            ],
        ),
        // RFC 2113.
        148 => ("router_alert", &[const { spec::u16(2, "value") }]),
        // RFC 6814 section 3 and IANA's registry: of old, without a layout that is known.
        10 => ("zsu", DATA),
        15 => ("encode", DATA),
        142 => ("visa", DATA),
        144 => ("imi_traffic_descriptor", DATA),
        145 => ("extended_internet_protocol", DATA),
        147 => ("address_extension", DATA),
        149 => ("selective_directed_broadcast", DATA),
        151 => ("dynamic_packet_state", DATA),
        152 => ("upstream_multicast_packet", DATA),
        205 => ("experimental_flow_control", DATA),
        // RFC 4727 section 2.5.
        30 | 94 | 158 | 222 => ("experiment", DATA),
        _ => ("", DATA),
    }
}

/// IANA registry `Destination Options and Hop-by-Hop Options`.
fn option6(kind: u8, bytes: &[u8]) -> (&'static str, Table) {
    match kind {
        // RFC 8200 section 4.2.
        0 => ("pad1", &[]),
        1 => ("padn", DATA),
        // RFC 2473 section 4.1.1.
        0x04 => (
            "tunnel_encapsulation_limit",
            &[const { spec::u8(2, "limit") }],
        ),
        // RFC 2711 section 2.1.
        0x05 => (
            "router_alert",
            &[const { spec::named(spec::u16(2, "value"), &ALERTS) }],
        ),
        CALIPSO => ("calipso", &[]),
        0x08 => ("smf_duplicate_detection", duplicate_detection(bytes)),
        METRICS => ("performance_and_diagnostic_metrics", &[]),
        IOAM | IOAM_MUTABLE => ("ioam", &[]),
        // RFC 9343 section 3.1.
        0x12 | 0x32 => (
            "alternate_marking",
            &[
                const { spec::bits_of(2, 4, 12, 20, "flow_monitor_id") },
                const { spec::flag(4, 0x08, "loss") },
                const { spec::flag(4, 0x04, "delay") },
                const { spec::reserved(4, 2, 0x03ff, "reserved") },
            ],
        ),
        // RFC 4782 section 3.2.
        0x26 => ("quick_start", quick_start(bytes)),
        // RFC 9268 section 5.
        0x30 => (
            "minimum_path_mtu",
            &[
                const { spec::u16(2, "mtu") },
                const { spec::masked(4, 0xfffe, "returned_mtu") },
                const { spec::masked(4, 0x0001, "return_wanted") },
            ],
        ),
        // RFC 6553 section 3, RFC 9008 section 11.1 and RFC 9914 section 4.2.
        0x23 | 0x63 => (
            "rpl",
            &[
                const { spec::flag(2, 0x80, "down") },
                const { spec::flag(2, 0x40, "rank_error") },
                const { spec::flag(2, 0x20, "forwarding_error") },
                const { spec::flag(2, 0x10, "projected_route") },
                const { spec::reserved(2, 1, 0x0f, "reserved") },
                const { spec::u8(3, "instance") },
                const { spec::u16(4, "sender_rank") },
            ],
        ),
        0x6d => ("mpl", multicast_seed(bytes)),
        // RFC 6744 section 2.
        0x8b => ("ilnp_nonce", &[const { spec::rest(2, "nonce") }]),
        // RFC 6788 section 7.
        0x8c => (
            "line_identification",
            &[
                const { spec::u8(2, "line_id_length") },
                const { spec::text(3, "line_id") },
            ],
        ),
        // RFC 2675 section 2.
        0xc2 => ("jumbo_payload", &[const { spec::u32(2, "payload_length") }]),
        // RFC 6275 section 6.3.
        0xc9 => ("home_address", &[const { spec::v6(2, "address") }]),
        // RFC 6971 section 13.1.2.
        0xee => (
            "depth_first_forwarding",
            &[
                const { spec::bits(2, 6, 2, "version") },
                const { spec::flag(2, 0x20, "duplicate") },
                const { spec::flag(2, 0x10, "return") },
                const { spec::reserved(2, 1, 0x0f, "reserved") },
                const { spec::u16(3, "sequence") },
            ],
        ),
        // RFC 4727 section 3.5.
        0x1e | 0x3e | 0x5e | 0x7e | 0x9e | 0xbe | 0xde | 0xfe => ("experiment", DATA),
        _ => ("", DATA),
    }
}

/// RFC 8250 section 3.2: times as they stand there, and what they are by their scales.
fn metrics(bytes: &[u8]) -> [FieldSpec; 8] {
    let scale = |at| u8_at(bytes, at).unwrap_or(0);
    [
        spec::u8(2, "scale_last_received"),
        spec::u8(3, "scale_last_sent"),
        spec::u16(4, "packet_sequence"),
        spec::u16(6, "last_received_sequence"),
        spec::u16(8, "delta_last_received"),
        spec::attoseconds(8, scale(2), "delta_last_received_ns"),
        spec::u16(10, "delta_last_sent"),
        spec::attoseconds(10, scale(3), "delta_last_sent_ns"),
    ]
}

fn quick_start(bytes: &[u8]) -> Table {
    const REPORT: u8 = 8;
    match u8_at(bytes, 2).map(|octet| octet >> 4) {
        Some(REPORT) => QUICK_START_REPORT,
        _ => QUICK_START,
    }
}

/// RFC 6621 section 6.1.1: a value that makes a hash differ, or a number, perhaps of who gave it.
fn duplicate_detection(bytes: &[u8]) -> Table {
    const HASH: u8 = 0x80;
    match u8_at(bytes, 2) {
        Some(first) if first & HASH != 0 => &[
            const { spec::flag(2, HASH, "hash") },
            const { spec::rest(2, "data") },
        ],
        _ => &[
            const { spec::bits(2, 4, 3, "tagger_type") },
            const { spec::bits(2, 0, 4, "tagger_length") },
            const { spec::rest(3, "data") },
        ],
    }
}

/// RFC 7731 section 6.1: a message of a seed, which is the packet's source or so many octets name.
fn multicast_seed(bytes: &[u8]) -> Table {
    macro_rules! table {
        ($($seed:expr),*) => {
            &[
                const { spec::named(spec::bits(2, 6, 2, "seed_id_size"), &SEED_ID_SIZES) },
                const { spec::flag(2, 0x20, "largest") },
                const { spec::flag(2, 0x10, "other_version") },
                const { spec::reserved(2, 1, 0x0f, "reserved") },
                const { spec::u8(3, "sequence") },
                $(const { $seed }),*
            ]
        };
    }
    match u8_at(bytes, 2).map(|octet| octet >> 6) {
        Some(1) => table!(spec::hex(4, 2, "seed_id")),
        Some(2) => table!(spec::hex(4, 8, "seed_id")),
        Some(3) => table!(spec::v6(4, "seed_id")),
        _ => table!(),
    }
}

/// What a router is to look for (RFC 2711 section 2.1).
const ALERTS: Names = Names {
    key: "value_name",
    words: &["mld", "rsvp", "active_networks"],
};

const SEED_ID_SIZES: Names = Names {
    key: "seed_id_size_name",
    words: &["source_address", "16_bits", "64_bits", "128_bits"],
};

/// RFC 8754 section 2.1 and IANA registry `Segment Routing Header TLVs`.
fn segment_routing_tlv(kind: u8) -> (&'static str, Table) {
    match kind {
        0 => ("pad1", &[]),
        4 => ("padn", DATA),
        5 => (
            "hmac",
            &[
                const { spec::flag(2, 0x80, "destination_unverified") },
                const { spec::reserved(2, 2, 0x7fff, "reserved") },
                const { spec::u32(4, "key_id") },
                const { spec::rest(8, "hmac") },
            ],
        ),
        _ => ("", DATA),
    }
}

/// RFC 4728 sections 6.2 to 6.8, and IANA's registry of its options.
fn source_routing(kind: u8) -> (&'static str, Table) {
    match kind {
        0 => ("padn", DATA),
        1 => (
            "route_request",
            &[
                const { spec::u16(2, "id") },
                const { spec::v4(4, "target") },
                const { spec::v4_list(8, "addresses") },
            ],
        ),
        2 => (
            "route_reply",
            &[
                const { spec::flag(2, 0x80, "last_hop_external") },
                const { spec::v4_list(3, "addresses") },
            ],
        ),
        3 => (
            "route_error",
            &[
                const { spec::u8(2, "error") },
                const { spec::bits(3, 0, 4, "salvage") },
                const { spec::v4(4, "src") },
                const { spec::v4(8, "dst") },
                const { spec::rest(12, "data") },
            ],
        ),
        32 => (
            "acknowledgment",
            &[
                const { spec::u16(2, "id") },
                const { spec::v4(4, "src") },
                const { spec::v4(8, "dst") },
            ],
        ),
        96 => (
            "source_route",
            &[
                const { spec::masked(2, 0x8000, "first_hop_external") },
                const { spec::masked(2, 0x4000, "last_hop_external") },
                const { spec::bits_of(2, 2, 6, 4, "salvage") },
                const { spec::masked(2, 0x003f, "segments_left") },
                const { spec::v4_list(4, "addresses") },
            ],
        ),
        160 => ("acknowledgment_request", &[const { spec::u16(2, "id") }]),
        224 => ("pad1", &[]),
        _ => ("", DATA),
    }
}

#[cfg(test)]
mod tests;
