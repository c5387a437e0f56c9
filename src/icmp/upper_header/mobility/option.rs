//! Options in the header of mobility (RFC 6275 section 6.2, IANA registry `Mobility Options`).

use super::super::listed;
use super::{Name, Table};
use crate::icmp::field::{FieldSpec, Names, spec};
use crate::icmp::item::{Item, Specs};
use crate::icmp::type_length::{self, PADDING};
use crate::wire::bytes::u8_at;

/// The option in front of `octets`, and its octets.
pub(in super::super) fn option(octets: &[u8]) -> Option<(Item<'_>, usize)> {
    let (bytes, stated) = type_length::next(&mut &*octets)?;
    let kind = u8_at(bytes, 0)?;
    let (name, table) = format(kind, bytes.len());
    let specs = match kind {
        PADDING => Specs::Table(const { &[spec::u8(0, "type")] }),
        _ => Specs::Two(listed::TYPE_AND_LENGTH, table),
    };
    let length = stated.filter(|&length| length == bytes.len())?;
    let item = listed::item("options", kind.into(), name, bytes, specs);
    Some((item, length))
}

const DATA: Table = &[spec::rest(2, "data")];
const TOKEN: Table = &[spec::octets(2, 8, "keygen_token")];
const PREFIX: Table = &[
    spec::reserved(2, 1, 0xff, "reserved"),
    spec::u8(3, "prefix_length"),
    spec::v6(4, "prefix"),
];
const V6: Table = &[spec::v6(2, "address")];
const V4: Table = &[
    spec::reserved(2, 2, 0xffff, "reserved"),
    spec::v4(4, "address"),
];
/// RFC 5555 section 3.2.1, RFC 5844 section 3.3.
const V4_STATUS: Table = &[
    spec::u8(2, "status"),
    spec::bits(3, 2, 6, "prefix_length"),
    spec::v4(4, "address"),
];
/// RFC 5844 section 3.3.1.
const V4_HOME: Table = &[
    spec::bits(2, 2, 6, "prefix_length"),
    spec::v4(4, "home_address"),
];
/// RFC 5648 section 4.1: a care-of address follows that is none, of IPv4 or of IPv6.
const BINDING: [FieldSpec; 3] = [
    spec::u16(2, "binding_id"),
    spec::u8(4, "status"),
    spec::flag(5, 0x80, "simultaneous_home_and_foreign"),
];

/// The name of a type, and the fields behind the length of one that has so many octets.
fn format(kind: u8, length: usize) -> (Name, Table) {
    let Some(&(name, table)) = OPTIONS.get(usize::from(kind)) else {
        return (None, DATA);
    };
    let table = match (kind, length) {
        (35, 10) => BINDING_V4,
        (35, 22) => BINDING_V6,
        (41, 8) => ANCHOR_V4,
        (55, 8) => DELEGATED_V4,
        _ => table,
    };
    (Some(name), table)
}

const BINDING_V4: Table = &[BINDING[0], BINDING[1], BINDING[2], spec::v4(6, "address")];
const BINDING_V6: Table = &[BINDING[0], BINDING[1], BINDING[2], spec::v6(6, "address")];
/// RFC 5949 section 6.2.2.
const ANCHOR_V4: Table = &[spec::u8(2, "option_code"), spec::v4(4, "address")];
const ANCHOR_V6: Table = &[spec::u8(2, "option_code"), spec::v6(4, "address")];
/// RFC 7148 section 4.1.
const DELEGATED_V4: Table = &[
    spec::flag(2, 0x80, "ipv4"),
    spec::u8(3, "prefix_length"),
    spec::v4(4, "prefix"),
];
const DELEGATED_V6: Table = &[
    spec::flag(2, 0x80, "ipv4"),
    spec::u8(3, "prefix_length"),
    spec::v6(4, "prefix"),
];

/// By number.
const OPTIONS: &[(&str, Table)] = &[
    ("pad1", &[]),
    ("padn", &[]),
    (
        "binding_refresh_advice",
        &[spec::seconds_by(2, 2, 4, "refresh_interval")],
    ),
    ("alternate_care_of_address", V6),
    (
        "nonce_indices",
        &[spec::u16(2, "home_nonce"), spec::u16(4, "care_of_nonce")],
    ),
    ("authorization_data", &[spec::rest(2, "authenticator")]),
    // RFC 3963 section 4.3.
    ("mobile_network_prefix", PREFIX),
    // RFC 5568 section 6.4.4.
    (
        "link_layer_address",
        &[spec::u8(2, "option_code"), spec::rest(3, "address")],
    ),
    // RFC 4283 section 3.
    (
        "mobile_node_identifier",
        &[
            spec::named(spec::u8(2, "subtype"), &IDENTIFIERS),
            spec::text(3, "identifier"),
        ],
    ),
    // RFC 4285 sections 5 and 6.
    (
        "authentication",
        &[
            spec::u8(2, "subtype"),
            spec::hex(3, 4, "spi"),
            spec::rest(7, "authenticator"),
        ],
    ),
    ("message_id", &[spec::ntp_time(2, "timestamp")]),
    // RFC 4866 section 5.
    ("cga_parameters_request", DATA),
    ("cga_parameters", &[spec::rest(2, "parameters")]),
    ("signature", &[spec::rest(2, "signature")]),
    ("permanent_home_keygen_token", TOKEN),
    ("care_of_test_init", DATA),
    ("care_of_test", TOKEN),
    // RFC 5026 section 8.1.
    (
        "dns_update",
        &[
            spec::u8(2, "status"),
            spec::flag(3, 0x80, "remove"),
            spec::text(4, "identity"),
        ],
    ),
    ("experimental", DATA),
    // RFC 5094 section 3.
    (
        "vendor_specific",
        &[
            spec::u32(2, "vendor"),
            spec::u8(6, "subtype"),
            spec::rest(7, "data"),
        ],
    ),
    // RFC 5149 section 3.
    ("service_selection", &[spec::text(2, "identifier")]),
    // RFC 5568 section 6.4.5.
    (
        "fast_authorization_data",
        &[spec::hex(2, 4, "spi"), spec::rest(6, "authenticator")],
    ),
    // RFC 5213 sections 8.3 to 8.8.
    ("home_network_prefix", PREFIX),
    (
        "handoff_indicator",
        &[
            spec::reserved(2, 1, 0xff, "reserved"),
            spec::named(spec::u8(3, "handoff"), &HANDOFFS),
        ],
    ),
    (
        "access_technology_type",
        &[
            spec::reserved(2, 1, 0xff, "reserved"),
            spec::named(spec::u8(3, "technology"), &TECHNOLOGIES),
        ],
    ),
    (
        "mobile_node_link_layer_identifier",
        &[
            spec::reserved(2, 2, 0xffff, "reserved"),
            spec::rest(4, "address"),
        ],
    ),
    ("link_local_address", V6),
    ("timestamp", &[spec::when(2, "timestamp")]),
    // RFC 5847 section 3.4.
    ("restart_counter", &[spec::u32(2, "counter")]),
    // RFC 5555 section 3.
    (
        "ipv4_home_address",
        &[
            spec::bits(2, 2, 6, "prefix_length"),
            spec::flag(2, 0x02, "wants_prefix"),
            spec::v4(4, "address"),
        ],
    ),
    ("ipv4_address_acknowledgment", V4_STATUS),
    (
        "nat_detection",
        &[
            spec::flag(2, 0x80, "forces_udp"),
            spec::seconds(4, "refresh_time"),
        ],
    ),
    ("ipv4_care_of_address", V4),
    // RFC 5845 section 6.1: none in a request.
    (
        "gre_key",
        &[
            spec::reserved(2, 2, 0xffff, "reserved"),
            spec::u32(4, "key"),
        ],
    ),
    // RFC 5568 section 6.4.2.
    (
        "ipv6_address_prefix",
        &[
            spec::u8(2, "option_code"),
            spec::u8(3, "prefix_length"),
            spec::v6(4, "address"),
        ],
    ),
    ("binding_identifier", &BINDING),
    // RFC 5844 section 3.
    ("ipv4_home_address_request", V4_HOME),
    ("ipv4_home_address_reply", V4_STATUS),
    ("ipv4_default_router_address", V4),
    ("ipv4_dhcp_support_mode", &[spec::flag(3, 0x01, "server")]),
    // RFC 5949 section 6.2.
    ("context_request", DATA),
    ("local_mobility_anchor_address", ANCHOR_V6),
    (
        "mobile_node_interface_identifier",
        &[
            spec::reserved(2, 2, 0xffff, "reserved"),
            spec::octets(4, 8, "interface_identifier"),
        ],
    ),
    // RFC 6058 section 5.1.
    (
        "transient_binding",
        &[
            spec::flag(2, 0x01, "late_path_switch"),
            spec::millis_by(3, 1, 100, "lifetime"),
        ],
    ),
    // RFC 6089 section 4.
    ("flow_summary", &[spec::number_list(2, 2, "flows")]),
    ("flow_identification", DATA),
    // RFC 6463 section 4.
    ("redirect_capability", DATA),
    ("redirect", DATA),
    (
        "load_information",
        &[
            spec::u16(2, "priority"),
            spec::u32(4, "sessions"),
            spec::u32(8, "maximum_sessions"),
            spec::u32(12, "used_capacity"),
            spec::u32(16, "maximum_capacity"),
        ],
    ),
    ("alternate_ipv4_care_of_address", &[spec::v4(2, "address")]),
    // RFC 6602 section 4.2.
    (
        "mobile_node_group_identifier",
        &[spec::u8(2, "subtype"), spec::u32(4, "group")],
    ),
    ("gateway_ipv6_address", &[spec::v6(4, "address")]),
    ("access_network_identifier", DATA),
    ("ipv4_traffic_offload_selector", DATA),
    ("dynamic_multicast_selector", DATA),
    // RFC 7148 section 4.1.
    ("delegated_mobile_network_prefix", DELEGATED_V6),
    ("active_multicast_subscription_ipv4", DATA),
    ("active_multicast_subscription_ipv6", DATA),
    ("quality_of_service", DATA),
    ("user_plane_address", DATA),
    ("multicast_mobility", DATA),
    ("multicast_acknowledgment", DATA),
    ("controlled_gateway_parameters", DATA),
    ("multipath_binding", DATA),
    ("gateway_identifier", DATA),
];

const IDENTIFIERS: Names = Names {
    key: "subtype_name",
    words: &["", "network_access_identifier"],
};

const HANDOFFS: Names = Names {
    key: "handoff_name",
    words: &[
        "",
        "attachment_over_new_interface",
        "between_interfaces",
        "between_gateways",
        "unknown",
        "not_changed",
    ],
};

/// IANA registry `Access Technology Type Option type values`.
const TECHNOLOGIES: Names = Names {
    key: "technology_name",
    words: &[
        "",
        "virtual",
        "ppp",
        "ieee_802_3",
        "ieee_802_11",
        "ieee_802_16e",
        "3gpp_geran",
        "3gpp_utran",
        "3gpp_e_utran",
        "3gpp2_ehrpd",
        "3gpp2_hrpd",
        "3gpp2_1xrtt",
        "3gpp2_umb",
    ],
};
