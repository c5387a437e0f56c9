//! Options of DHCP (RFC 2132) and of DHCPv6 (RFC 8415 section 21).

use super::part;
use super::reads::Reads;
use crate::icmp::application::addressing;
use crate::icmp::field::{FieldSpec, spec};
use crate::icmp::item::{Item, Specs};
use crate::wire::bytes::{tail, u8_at, u16_at};

const GROUP: &str = "options";

const PAD: u8 = 0;
/// The option that ends all others.
pub(in crate::icmp::application) const END: u8 = 255;

/// The option in front of `octets`, behind what pads it, and the octets of both; none of the end.
pub(super) fn option(octets: &[u8]) -> Option<(Item<'_>, usize)> {
    const HEADER: usize = 2;
    const CODE: FieldSpec = spec::u8(0, "type");
    let pads = octets.iter().take_while(|&&octet| octet == PAD).count();
    let octets = tail(octets, pads);
    let code = u8_at(octets, 0).filter(|&code| code != END)?;
    let value = u8_at(octets, 1)?;
    let length = HEADER + usize::from(value);
    let (name, reads) = format(code);
    octets.get(..length)?;
    let bytes = octets.get(..reads.shown(HEADER, length))?;
    let row = match (code, value) {
        (MESSAGE_TYPE, 1) => {
            let row = spec::u8(2, "message");
            let word = addressing::message(u8_at(octets, HEADER)?);
            Some(word.map_or(row, |word| spec::found(row, "message_name", word)))
        }
        // A name in text, if it is not that of DNS (RFC 4702 section 2).
        (FULL_NAME, 4..) if u8_at(octets, HEADER)? & 0x04 == 0 => {
            Reads::Text.row(5, u16::from(value) - 3)
        }
        (FULL_NAME, 4..) => Reads::Names.row(5, u16::from(value) - 3),
        _ => reads.row(2, value.into()),
    };
    let length_row = matches!(reads, Reads::Secret).then_some(spec::u8(1, "length"));
    let specs = Specs::made([CODE].into_iter().chain(length_row).chain(row));
    let item = Item {
        number: Some(code.into()),
        ..part(GROUP, name, bytes, specs)
    };
    Some((item, pads + length))
}

const MESSAGE_TYPE: u8 = 53;
const FULL_NAME: u8 = 81;

/// IANA registry `BOOTP Vendor Extensions and DHCP Options`, of those that are met daily.
const fn format(code: u8) -> (Option<&'static str>, Reads) {
    let (name, reads) = match code {
        1 => ("subnet_mask", Reads::V4),
        2 => ("time_offset", Reads::Data),
        3 => ("routers", Reads::V4List),
        4 => ("time_servers", Reads::V4List),
        6 => ("dns_servers", Reads::V4List),
        7 => ("log_servers", Reads::V4List),
        12 => ("host_name", Reads::Text),
        15 => ("domain_name", Reads::Text),
        17 => ("root_path", Reads::Text),
        26 => ("mtu", Reads::Number),
        28 => ("broadcast_address", Reads::V4),
        42 => ("ntp_servers", Reads::V4List),
        43 => ("vendor_specific", Reads::Data),
        44 => ("netbios_name_servers", Reads::V4List),
        46 => ("netbios_node_type", Reads::Number),
        50 => ("requested_address", Reads::V4),
        51 => ("lease_time", Reads::Seconds),
        52 => ("overload", Reads::Number),
        MESSAGE_TYPE => ("message_type", Reads::Number),
        54 => ("server_id", Reads::V4),
        55 => ("parameter_requests", Reads::Numbers(1)),
        56 => ("message", Reads::Text),
        57 => ("max_message_size", Reads::Number),
        58 => ("renewal_time", Reads::Seconds),
        59 => ("rebinding_time", Reads::Seconds),
        60 => ("vendor_class", Reads::Text),
        61 => ("client_id", Reads::Data),
        66 => ("tftp_server", Reads::Text),
        67 => ("boot_file", Reads::Text),
        77 => ("user_class", Reads::Data),
        80 => ("rapid_commit", Reads::Data),
        FULL_NAME => ("full_name", Reads::Data),
        82 => ("relay_agent", Reads::Data),
        // RFC 3118 section 2: may be a password.
        90 => ("authentication", Reads::Secret),
        93 => ("client_architecture", Reads::Number),
        // RFC 8925.
        108 => ("ipv6_only_preferred", Reads::Seconds),
        // RFC 8910.
        114 => ("captive_portal", Reads::Text),
        116 => ("auto_configuration", Reads::Number),
        119 => ("domain_search", Reads::Data),
        // RFC 3442.
        121 => ("classless_routes", Reads::Data),
        125 => ("vendor_options", Reads::Data),
        // RFC 5859.
        150 => ("tftp_servers", Reads::V4List),
        252 => ("proxy_discovery", Reads::Text),
        _ => return (None, Reads::Data),
    };
    (Some(name), reads)
}

/// How deep options stand in others: what is in the deepest is octets.
pub(in crate::icmp::application) const DEEPEST: u8 = 3;

/// The option of DHCPv6 in front of `octets`, with so many levels inside it at most, and its octets.
pub(super) fn option_6(octets: &[u8], levels: u8) -> Option<(Item<'_>, usize)> {
    const CODE: FieldSpec = spec::u16(0, "type");
    let (code, value) = (u16_at(octets, 0)?, u16_at(octets, 2)?);
    let length = 4 + usize::from(value);
    octets.get(..length)?;
    let (name, table, reads) = format_6(code);
    let bytes = octets.get(..reads.shown(4, length))?;
    let before = table.iter().map(|row| row.at + octets_of(row)).max();
    let at = before.unwrap_or(4);
    let left = (4 + value).saturating_sub(at);
    let row = match (code, levels.checked_sub(1)) {
        (3..=5 | 25 | 26, Some(levels)) => Some(spec::parts(
            at,
            super::Parts::Dhcp6Options(levels),
            "options",
        )),
        // What a relay hands on.
        (9, Some(levels)) => {
            let inside = super::Parts::Dhcp6Options(levels);
            let is_relayed = matches!(u8_at(octets, 4), Some(12 | 13));
            (!is_relayed).then_some(spec::parts(8, inside, "options"))
        }
        _ => reads.row(at, left),
    };
    let length_row = matches!(reads, Reads::Secret).then_some(spec::u16(2, "length"));
    let rows = [CODE].into_iter().chain(length_row);
    let specs = Specs::made(rows.chain(table.iter().copied()).chain(row));
    let item = Item {
        number: Some(code),
        ..part(GROUP, name, bytes, specs)
    };
    Some((item, length))
}

/// Octets of a field of the tables below.
const fn octets_of(row: &FieldSpec) -> u16 {
    use crate::icmp::field::FieldKind;
    match row.kind {
        FieldKind::Number(octets) | FieldKind::Hex(octets) => octets as u16,
        FieldKind::V6 => 16,
        FieldKind::Seconds => 4,
        _ => 1,
    }
}

type Table = &'static [FieldSpec];

/// RFC 8415 section 21.4 and 21.21.
const ASSOCIATION: Table = &[
    spec::hex(4, 4, "association"),
    spec::seconds(8, "t1"),
    spec::seconds(12, "t2"),
];
const TEMPORARY: Table = &[spec::hex(4, 4, "association")];
const ADDRESS: Table = &[
    spec::v6(4, "address"),
    spec::seconds(20, "preferred"),
    spec::seconds(24, "valid"),
];
const PREFIX: Table = &[
    spec::seconds(4, "preferred"),
    spec::seconds(8, "valid"),
    spec::u8(12, "prefix_length"),
    spec::v6(13, "prefix"),
];
const RELAYED: Table = &[spec::u8(4, "message"), spec::hex(5, 3, "transaction")];
const STATUS: Table = &[spec::u16(4, "status")];
const ENTERPRISE: Table = &[spec::u32(4, "enterprise")];

/// IANA registry `DHCPv6 Option Codes`, of those that are met daily: the fields before the value.
const fn format_6(code: u16) -> (Option<&'static str>, Table, Reads) {
    let (name, table, reads): (_, Table, _) = match code {
        1 => ("client_id", &[], Reads::Data),
        2 => ("server_id", &[], Reads::Data),
        3 => ("ia_na", ASSOCIATION, Reads::Data),
        4 => ("ia_ta", TEMPORARY, Reads::Data),
        5 => ("ia_address", ADDRESS, Reads::Data),
        6 => ("option_requests", &[], Reads::Numbers(2)),
        7 => ("preference", &[], Reads::Number),
        8 => (
            "elapsed_time",
            const { &[spec::centis(4, "elapsed_cs")] },
            Reads::Data,
        ),
        9 => ("relay_message", RELAYED, Reads::Data),
        11 => ("authentication", &[], Reads::Secret),
        12 => ("server_unicast", &[], Reads::V6),
        13 => ("status_code", STATUS, Reads::Text),
        14 => ("rapid_commit", &[], Reads::Data),
        15 => ("user_class", &[], Reads::Data),
        16 => ("vendor_class", ENTERPRISE, Reads::Data),
        17 => ("vendor_options", ENTERPRISE, Reads::Data),
        18 => ("interface_id", &[], Reads::Data),
        19 => ("reconfigure_message", &[], Reads::Number),
        20 => ("reconfigure_accept", &[], Reads::Data),
        // RFC 3646.
        23 => ("dns_servers", &[], Reads::V6List),
        24 => ("domain_search", &[], Reads::Names),
        25 => ("ia_pd", ASSOCIATION, Reads::Data),
        26 => ("ia_prefix", PREFIX, Reads::Data),
        31 => ("sntp_servers", &[], Reads::V6List),
        32 => ("information_refresh_time", &[], Reads::Seconds),
        37 => ("remote_id", ENTERPRISE, Reads::Data),
        // RFC 4704.
        39 => (
            "full_name",
            const { &[spec::hex(4, 1, "flags")] },
            Reads::Names,
        ),
        56 => ("ntp_servers", &[], Reads::Data),
        59 => ("boot_file", &[], Reads::Text),
        // RFC 6939.
        79 => (
            "link_layer_address",
            const { &[spec::u16(4, "hardware_type")] },
            Reads::Data,
        ),
        82 => ("max_solicit_timeout", &[], Reads::Seconds),
        83 => ("max_information_timeout", &[], Reads::Seconds),
        103 => ("captive_portal", &[], Reads::Text),
        _ => return (None, &[], Reads::Data),
    };
    (Some(name), table, reads)
}
