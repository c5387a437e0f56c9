//! The options and extension headers of IP packets as items: with names, fields and places, like
//! the parts of messages.

pub(super) mod cipso;
mod ioam;
mod option;

use std::net::IpAddr;

pub use ioam::Recorded;

use super::field::{Extent, FieldSpec, spec};
use super::item::{Item, Specs};
use crate::wire::Ip;
use crate::wire::ip::source_route::{FIRST_ADDRESS, SourceRoute};
use crate::wire::ip::{ExtensionHeader, IpOption, OptionSpace, protocol};

/// The options of an IPv4 header, padding included.
pub fn options<'a>(ip: &Ip<'a>) -> impl Iterator<Item = Item<'a>> + use<'a> {
    ip.options().map(|each| option(&each))
}

/// An option by its name and fields. The length it states is among these; its octets are as many
/// as were captured.
pub fn option<'a>(option: &IpOption<'a>) -> Item<'a> {
    let (name, specs) = option::specs(option);
    Item {
        group: "options",
        number: Some(option.kind.into()),
        name,
        length: option.length().map(u32::from),
        bytes: option.bytes,
        extent: Extent::of(option.bytes.len(), option.stated()),
        specs,
    }
}

/// The option types that have a name, with it, in ascending order.
pub fn option_types(space: OptionSpace) -> impl Iterator<Item = (u8, &'static str)> {
    (0..=u8::MAX).filter_map(move |kind| Some((kind, option::format(space, kind, &[]).0?)))
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
const EXTENSION: Table = &[
    spec::u8(0, "next_header"),
    spec::u8(1, "header_extension_length"),
];
const OTHER: Table = &[spec::rest(2, "data")];

/// RFC 8200 section 4.5.
const FRAGMENT: Table = &[
    spec::u8(0, "next_header"),
    spec::reserved(1, 1, 0xff, "reserved"),
    spec::masked(2, 0xfff8, "offset"),
    spec::reserved(2, 2, 0x0006, "reserved2"),
    spec::masked(2, 0x0001, "more"),
    spec::hex(4, 4, "id"),
];

/// RFC 4302 section 2.
const AUTHENTICATION: Table = &[
    spec::u8(0, "next_header"),
    spec::u8(1, "header_extension_length"),
    spec::reserved(2, 2, 0xffff, "reserved"),
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

/// RFC 6275 section 6.1.1.
const MOBILITY: Table = &[
    spec::u8(2, "mobility_type"),
    spec::reserved(3, 1, 0xff, "reserved"),
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
            spec::reserved(5, 3, 0x0f_ffff, "reserved"),
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
