//! The options and extension headers of IP packets as items: with names, fields and places, like
//! the parts of messages.

use std::net::IpAddr;

use super::field::{Extent, FieldSpec, spec};
use super::item::{Item, Specs};
use super::tcp;
use crate::wire::Ip;
use crate::wire::bytes::u8_at;
use crate::wire::ip::source_route::{FIRST_ADDRESS, SourceRoute};
use crate::wire::ip::{ExtensionHeader, IpOption, OptionSpace, protocol};

/// The options of an IPv4 header, padding included.
pub fn options<'a>(ip: &Ip<'a>) -> impl Iterator<Item = Item<'a>> + use<'a> {
    ip.options().map(|each| option(&each))
}

/// An option by its name and fields. The length it states is among these; its octets are as many
/// as were captured.
pub fn option<'a>(option: &IpOption<'a>) -> Item<'a> {
    let kind = option.kind;
    let (name, table) = format(option.space, kind, option.bytes);
    // Padding has a type alone.
    let header = (OPTION_HEADER.get(..option.bytes.len())).unwrap_or(OPTION_HEADER);
    Item {
        group: "options",
        number: Some(kind.into()),
        name,
        length: option.length().map(u32::from),
        bytes: option.bytes,
        extent: Extent::of(option.bytes.len(), option.stated()),
        specs: Specs::Two(header, table),
    }
}

/// The option types that have a name, with it, in ascending order.
pub fn option_types(space: OptionSpace) -> impl Iterator<Item = (u8, &'static str)> {
    (0..=u8::MAX).filter_map(move |kind| Some((kind, format(space, kind, &[]).0?)))
}

/// The name of an option's type and the table of its fields.
fn format(space: OptionSpace, kind: u8, bytes: &[u8]) -> (Option<&'static str>, Table) {
    let (name, table) = match space {
        OptionSpace::Ipv4 => option4(kind, bytes),
        OptionSpace::Ipv6 => option6(kind),
        OptionSpace::SegmentRouting => segment_routing_tlv(kind),
        OptionSpace::DynamicSourceRouting => source_routing(kind),
        OptionSpace::Tcp => tcp::option(kind),
    };
    ((!name.is_empty()).then_some(name), table)
}

/// An extension header by its name and fixed fields; its options are apart.
pub fn extension_header<'a>(header: &ExtensionHeader<'a>) -> Item<'a> {
    let (name, specs) = match header.protocol {
        protocol::HOPOPT => ("hop_by_hop_options", Specs::Table(EXTENSION)),
        protocol::DEST_OPTIONS => ("destination_options", Specs::Table(EXTENSION)),
        protocol::ROUTE => ("routing", routing(header)),
        protocol::FRAG => ("fragment", Specs::Table(FRAGMENT)),
        protocol::AH => ("authentication", Specs::Table(AUTHENTICATION)),
        protocol::DSR if header.is_flow_state() => {
            ("dynamic_source_routing", Specs::Table(SOURCE_ROUTING_FLOW))
        }
        protocol::DSR => ("dynamic_source_routing", Specs::Table(SOURCE_ROUTING)),
        protocol::MOBILITY => ("mobility", Specs::Two(EXTENSION, MOBILITY)),
        protocol::HIP => ("host_identity", Specs::Two(EXTENSION, OTHER)),
        protocol::SHIM6 => ("shim6", Specs::Two(EXTENSION, OTHER)),
        _ => ("extension_header", Specs::Two(EXTENSION, OTHER)),
    };
    Item {
        group: "extension_headers",
        number: Some(header.protocol.into()),
        name: Some(name),
        length: None,
        bytes: header.bytes,
        extent: Extent::of(header.bytes.len(), header.length()),
        specs,
    }
}

/// The name of a routing header's type (IANA registry `Routing Types`).
pub const fn routing_type_name(kind: u8) -> Option<&'static str> {
    Some(match kind {
        0 => "source_route",
        1 => "nimrod",
        2 => "mobile_ipv6",
        3 => "rpl_source_route",
        4 => "segment_routing",
        5 => "compact_routing_16",
        6 => "compact_routing_32",
        253 => "experiment_1",
        254 => "experiment_2",
        _ => return None,
    })
}

type Table = &'static [FieldSpec];

const OPTION_HEADER: Table = &[spec::u8(0, "type"), spec::u8(1, "length")];
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
const QUICK_START: Table = &[
    spec::bits(2, 4, 4, "function"),
    spec::bits(2, 0, 4, "rate"),
    spec::u8(3, "ttl"),
    spec::hex(4, 4, "nonce"),
];

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
        // RFC 1108 sections 2 and 3.
        130 => (
            "security",
            &[
                const { spec::hex(2, 1, "classification") },
                const { spec::rest(3, "protection_authority") },
            ],
        ),
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
                const { spec::rest(6, "tags") },
            ],
        ),
        // RFC 1063.
        11 => ("mtu_probe", &[const { spec::u16(2, "mtu") }]),
        12 => ("mtu_reply", &[const { spec::u16(2, "mtu") }]),
        // RFC 4782 section 3.1.
        25 => ("quick_start", QUICK_START),
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
        // RFC 4727 section 3.
        30 | 94 | 158 | 222 => ("experiment", DATA),
        _ => ("", DATA),
    }
}

/// IANA registry `Destination Options and Hop-by-Hop Options`.
fn option6(kind: u8) -> (&'static str, Table) {
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
        0x05 => ("router_alert", &[const { spec::u16(2, "value") }]),
        // RFC 5570 section 5.1.
        0x07 => (
            "calipso",
            &[
                const { spec::u32(2, "domain_of_interpretation") },
                const { spec::u8(6, "compartment_words") },
                const { spec::u8(7, "sensitivity") },
                const { spec::hex(8, 2, "checksum") },
                const { spec::rest(10, "compartments") },
            ],
        ),
        // RFC 6621 section 6.1.1.
        0x08 => ("smf_duplicate_detection", DATA),
        // RFC 8250 section 3.2.
        0x0f => (
            "performance_and_diagnostic_metrics",
            &[
                const { spec::u8(2, "scale_last_received") },
                const { spec::u8(3, "scale_last_sent") },
                const { spec::u16(4, "packet_sequence") },
                const { spec::u16(6, "last_received_sequence") },
                const { spec::u16(8, "delta_last_received") },
                const { spec::u16(10, "delta_last_sent") },
            ],
        ),
        // RFC 9486 section 3.
        0x11 | 0x31 => (
            "ioam",
            &[
                const { spec::u8(3, "ioam_type") },
                const { spec::rest(4, "data") },
            ],
        ),
        // RFC 9343 section 3.1.
        0x12 | 0x32 => ("alternate_marking", DATA),
        // RFC 4782 section 3.1.
        0x26 => ("quick_start", QUICK_START),
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
                const { spec::u8(3, "instance") },
                const { spec::u16(4, "sender_rank") },
            ],
        ),
        // RFC 7731 section 6.1.
        0x6d => (
            "mpl",
            &[
                const { spec::bits(2, 6, 2, "seed_id_size") },
                const { spec::flag(2, 0x20, "largest") },
                const { spec::u8(3, "sequence") },
                const { spec::rest(4, "seed_id") },
            ],
        ),
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
        // RFC 6971 section 7.1.
        0xee => (
            "depth_first_forwarding",
            &[
                const { spec::flag(2, 0x20, "duplicate") },
                const { spec::flag(2, 0x10, "return") },
                const { spec::u16(3, "sequence") },
            ],
        ),
        // RFC 4727 section 3.2.
        0x1e | 0x3e | 0x5e | 0x7e | 0x9e | 0xbe | 0xde | 0xfe => ("experiment", DATA),
        _ => ("", DATA),
    }
}

/// RFC 8754 section 2.1 and IANA registry `Segment Routing Header TLVs`.
fn segment_routing_tlv(kind: u8) -> (&'static str, Table) {
    match kind {
        0 => ("pad1", &[]),
        4 => ("padn", DATA),
        5 => (
            "hmac",
            &[
                const { spec::flag(2, 0x80, "destination_unverified") },
                const { spec::u32(4, "key_id") },
                const { spec::rest(8, "hmac") },
            ],
        ),
        _ => ("", DATA),
    }
}

const EXTENSION: Table = &[
    spec::u8(0, "next_header"),
    spec::u8(1, "header_extension_length"),
];
const OTHER: Table = &[spec::rest(2, "data")];

/// RFC 8200 section 4.5.
const FRAGMENT: Table = &[
    spec::u8(0, "next_header"),
    spec::masked(2, 0xfff8, "offset"),
    spec::masked(2, 0x0001, "more"),
    spec::hex(4, 4, "id"),
];

/// RFC 4302 section 2.
const AUTHENTICATION: Table = &[
    spec::u8(0, "next_header"),
    spec::u8(1, "header_extension_length"),
    spec::hex(4, 4, "spi"),
    spec::u32(8, "sequence"),
    spec::rest(12, "integrity_check_value"),
];

/// RFC 4728 section 6.1.
const SOURCE_ROUTING: Table = &[spec::u8(0, "next_header"), spec::u16(2, "payload_length")];

/// RFC 4728 section 6.9.
const SOURCE_ROUTING_FLOW: Table = &[
    spec::u8(0, "next_header"),
    spec::flag(1, 0x80, "flow_state"),
    spec::bits(1, 0, 7, "hops"),
    spec::u16(2, "flow"),
];

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

/// RFC 6275 section 6.1.1.
const MOBILITY: Table = &[
    spec::u8(2, "mobility_type"),
    spec::hex(4, 2, "checksum"),
    spec::rest(6, "data"),
];

/// The fields of a routing header (RFC 8200 section 4.4), whose kinds differ behind four octets.
fn routing(header: &ExtensionHeader<'_>) -> Specs {
    let common = [
        spec::u8(0, "next_header"),
        spec::u8(1, "header_extension_length"),
        spec::u8(2, "routing_type"),
        spec::u8(3, "segments_left"),
    ];
    let own: &[FieldSpec] = match header.routing_type() {
        // RFC 5095 and RFC 6275 section 6.4.1.
        Some(0 | 2) => &[
            const { spec::hex(4, 4, "reserved") },
            const { spec::v6_list(8, "segments") },
        ],
        // RFC 6554 section 3.
        Some(3) => &[
            spec::bits(4, 4, 4, "common_octets"),
            spec::bits(4, 0, 4, "common_octets_of_last"),
            spec::bits(5, 4, 4, "padding_octets"),
            compressed_segments(header),
        ],
        // RFC 8754 section 2.
        Some(4) => {
            let count = u16::try_from(header.segments()).unwrap_or(u16::MAX);
            &[
                spec::u8(4, "last_entry"),
                spec::hex(5, 1, "flags"),
                spec::hex(6, 2, "tag"),
                spec::v6_array(8, count, "segments"),
            ]
        }
        _ => &[const { spec::rest(4, "data") }],
    };
    Specs::made(common.iter().chain(own).copied())
}

/// Addresses without the octets that they have in common (RFC 6554 section 3).
fn compressed_segments(header: &ExtensionHeader<'_>) -> FieldSpec {
    let route = match header.destination {
        IpAddr::V6(destination) => SourceRoute::of(header.bytes, destination),
        IpAddr::V4(_) => None,
    };
    match route {
        Some(route) => spec::source_route(FIRST_ADDRESS, route, "segments"),
        None => spec::rest(FIRST_ADDRESS, "compressed_segments"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::icmp::field::Value;
    use crate::wire::Limit;

    /// An IPv4 packet with these options, an IPv6 packet with these extension headers.
    fn packet(version: u8, behind: &[u8]) -> Vec<u8> {
        if version == 4 {
            let mut packet = vec![0x40 | u8::try_from(5 + behind.len() / 4).unwrap()];
            packet.resize(20, 0);
            packet[9] = protocol::ICMP;
            packet.extend(behind);
            packet
        } else {
            let mut packet = vec![0x60, 0, 0, 0];
            packet.extend(u16::try_from(behind.len()).unwrap().to_be_bytes());
            packet.extend([protocol::ROUTE, 64]);
            packet.resize(40, 0);
            packet.extend(behind);
            packet
        }
    }

    fn values<'a>(item: &Item<'a>) -> Vec<(&'static str, Value<'a>)> {
        item.fields().map(|f| (f.name, f.value)).collect()
    }

    #[test]
    fn timestamps_with_and_without_addresses() {
        let stamps = [68, 12, 13, 0x10, 0, 0, 0, 1, 0x80, 0, 0, 2];
        let addressed = [68, 12, 13, 0x23, 10, 0, 0, 1, 0, 0, 0, 9];
        let octets = packet(4, &[&stamps[..], &addressed].concat());
        let ip = Ip::parse(&octets, Limit::Frame).unwrap();
        let items: Vec<_> = options(&ip).collect();
        assert_eq!(items.len(), 2);
        assert_eq!(
            values(&items[0])[3..],
            [
                ("overflow", Value::Number(1)),
                ("flag", Value::Number(0)),
                ("timestamps", Value::NumberList(4, &stamps[4..]))
            ]
        );
        assert_eq!(
            values(&items[1])[5],
            ("timestamps", Value::V4Times(&addressed[4..]))
        );
    }
}
