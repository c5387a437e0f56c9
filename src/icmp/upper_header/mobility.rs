//! The header of mobility (RFC 6275 section 6.1), with the options of its messages (IANA registry
//! `Mobile IPv6 parameters`).

mod option;

use super::listed::Listed;
use super::{Name, Table, UpperHeader};
use crate::icmp::field::{FieldSpec, Names, spec};
use crate::icmp::item::Specs;
use crate::wire::bytes::u8_at;

pub(super) use option::option;

/// RFC 6275 section 6.1.1.
const COMMON: Table = &[
    spec::u8(0, "payload_protocol"),
    spec::u8(1, "header_length"),
    spec::u8(2, "type"),
    spec::reserved(3, 1, 0xff, "reserved"),
    spec::hex(4, 2, "checksum"),
];

const fn options(at: u16) -> FieldSpec {
    spec::parts(at, Listed::MobilityOptions.parts(), "options")
}

const OTHER: Table = &[spec::rest(6, "data")];
/// RFC 6275 section 6.1.2.
const REFRESH: Table = &[options(8)];
/// RFC 6275 sections 6.1.3 and 6.1.4.
const TEST_INIT: Table = &[spec::octets(8, 8, "cookie"), options(16)];
/// RFC 6275 sections 6.1.5 and 6.1.6.
const TEST: Table = &[
    spec::u16(6, "nonce_index"),
    spec::octets(8, 8, "cookie"),
    spec::octets(16, 8, "keygen_token"),
    options(24),
];
/// RFC 6275 section 6.1.7. The flags behind `key_management` are of RFC 5380 section 4.1, RFC 3963
/// section 4.1, RFC 5213 section 8.1, RFC 5555 section 3.1.5, RFC 5845 section 6.2, RFC 6602 section 4.1
/// and RFC 7161 section 3.3.
const UPDATE: Table = &[
    spec::u16(6, "sequence"),
    spec::hex(8, 2, "flags"),
    spec::masked(8, 0x8000, "acknowledge"),
    spec::masked(8, 0x4000, "home_registration"),
    spec::masked(8, 0x2000, "link_local_compatible"),
    spec::masked(8, 0x1000, "key_management"),
    spec::masked(8, 0x0800, "map_registration"),
    spec::masked(8, 0x0400, "mobile_router"),
    spec::masked(8, 0x0200, "proxy_registration"),
    spec::masked(8, 0x0100, "forces_udp"),
    spec::masked(8, 0x0080, "tlv_header"),
    spec::masked(8, 0x0040, "bulk_update"),
    spec::masked(8, 0x0020, "multicast_signaling"),
    LIFETIME,
    options(12),
];
/// RFC 6275 section 6.1.8. The flags behind `key_management` are of the RFCs that have those of updates.
const ACKNOWLEDGMENT: Table = &[
    spec::named(spec::u8(6, "status"), &STATUSES),
    spec::hex(7, 1, "flags"),
    spec::flag(7, 0x80, "key_management"),
    spec::flag(7, 0x40, "mobile_router"),
    spec::flag(7, 0x20, "proxy_registration"),
    spec::flag(7, 0x10, "tlv_header"),
    spec::flag(7, 0x08, "bulk_update"),
    spec::u16(8, "sequence"),
    LIFETIME,
    options(12),
];
/// RFC 5568 section 6.2.2: the lifetime is in seconds.
const FAST_UPDATE: Table = &[
    spec::u16(6, "sequence"),
    spec::hex(8, 2, "flags"),
    spec::masked(8, 0x8000, "acknowledge"),
    spec::masked(8, 0x4000, "home_registration"),
    spec::masked(8, 0x2000, "link_local_compatible"),
    spec::masked(8, 0x1000, "key_management"),
    FAST_LIFETIME,
    options(12),
];
/// RFC 5568 section 6.2.3.
const FAST_ACKNOWLEDGMENT: Table = &[
    spec::named(spec::u8(6, "status"), &FAST_STATUSES),
    spec::hex(7, 1, "flags"),
    spec::flag(7, 0x80, "key_management"),
    spec::u16(8, "sequence"),
    FAST_LIFETIME,
    options(12),
];
/// RFC 6275 section 6.1.9.
const ERROR: Table = &[
    spec::named(spec::u8(6, "status"), &ERRORS),
    spec::v6(8, "home_address"),
    options(24),
];
/// RFC 5847 section 3.3.
const HEARTBEAT: Table = &[
    spec::flag(7, 0x02, "unsolicited"),
    spec::flag(7, 0x01, "response"),
    spec::u32(8, "sequence"),
    options(12),
];
/// RFC 5568 section 6.2.1.1, RFC 5949 section 6.1.1.
const HANDOVER_INITIATE: Table = &[
    spec::u16(6, "sequence"),
    spec::hex(8, 1, "flags"),
    spec::flag(8, 0x80, "assigned_address"),
    spec::flag(8, 0x40, "buffer"),
    spec::flag(8, 0x20, "proxy"),
    spec::flag(8, 0x10, "forwarding"),
    spec::u8(9, "code"),
    options(10),
];
/// RFC 5568 section 6.2.1.2, RFC 5949 section 6.1.2.
const HANDOVER_ACKNOWLEDGE: Table = &[
    spec::u16(6, "sequence"),
    spec::hex(8, 1, "flags"),
    spec::flag(8, 0x80, "buffer"),
    spec::flag(8, 0x40, "proxy"),
    spec::flag(8, 0x20, "forwarding"),
    spec::u8(9, "code"),
    options(10),
];

/// In units of four seconds.
const LIFETIME: FieldSpec = spec::seconds_by(10, 2, 4, "lifetime");
const FAST_LIFETIME: FieldSpec = spec::seconds_of(10, 2, "lifetime");

const FAST_STATUSES: Names = Names {
    key: "status_name",
    words: &spec::sparse::<132>(&[
        (0, "accepted"),
        (1, "accepted_use_address_supplied"),
        (128, "unspecified"),
        (129, "administratively_prohibited"),
        (130, "insufficient_resources"),
        (131, "incorrect_interface_identifier_length"),
    ]),
};

const ERRORS: Names = Names {
    key: "status_name",
    words: &spec::sparse::<3>(&[
        (1, "unknown_binding_for_home_address"),
        (2, "unrecognized_type"),
    ]),
};

/// IANA registry `Status Codes` of Mobile IPv6.
const STATUSES: Names = Names {
    key: "status_name",
    words: &spec::sparse::<179>(&[
        (0, "accepted"),
        (1, "accepted_prefix_discovery_necessary"),
        (2, "gre_key_option_not_required"),
        (3, "gre_tunneling_but_tlv_header_not_supported"),
        (4, "mcoa_not_complete"),
        (5, "mcoa_return_home_without_ndp"),
        (6, "accepted_transient_binding_ignored"),
        (128, "unspecified"),
        (129, "administratively_prohibited"),
        (130, "insufficient_resources"),
        (131, "home_registration_not_supported"),
        (132, "not_home_subnet"),
        (133, "not_home_agent_for_this_node"),
        (134, "duplicate_address_detection_failed"),
        (135, "sequence_out_of_window"),
        (136, "expired_home_nonce_index"),
        (137, "expired_care_of_nonce_index"),
        (138, "expired_nonces"),
        (139, "registration_type_change_disallowed"),
        (140, "mobile_router_operation_not_permitted"),
        (141, "invalid_prefix"),
        (142, "not_authorized_for_prefix"),
        (143, "forwarding_setup_failed"),
        (144, "mipv6_id_mismatch"),
        (145, "mipv6_message_id_required"),
        (146, "mipv6_authentication_failed"),
        (147, "permanent_home_keygen_token_unavailable"),
        (148, "cga_and_signature_verification_failed"),
        (149, "permanent_home_keygen_token_exists"),
        (150, "non_null_home_nonce_index_expected"),
        (151, "service_authorization_failed"),
        (152, "proxy_registration_not_enabled"),
        (153, "not_mobility_anchor_for_this_node"),
        (154, "gateway_not_authorized_for_proxy_registration"),
        (155, "not_authorized_for_home_network_prefix"),
        (156, "timestamp_mismatch"),
        (157, "timestamp_lower_than_accepted"),
        (158, "missing_home_network_prefix"),
        (159, "prefix_sets_do_not_match"),
        (160, "missing_mobile_node_identifier"),
        (161, "missing_handoff_indicator"),
        (162, "missing_access_technology_type"),
        (163, "gre_key_option_required"),
        (164, "mcoa_malformed"),
        (165, "mcoa_other_binding_exists"),
        (166, "mcoa_prohibited"),
        (167, "mcoa_unknown_care_of_address"),
        (168, "mcoa_bulk_registration_prohibited"),
        (169, "mcoa_simultaneous_home_and_foreign_prohibited"),
        (170, "not_authorized_for_ipv4_mobility_service"),
        (171, "not_authorized_for_ipv4_home_address"),
        (172, "not_authorized_for_ipv6_mobility_service"),
        (173, "multiple_ipv4_home_addresses_not_supported"),
        (174, "invalid_care_of_address"),
        (175, "invalid_mobile_node_group_identifier"),
        (176, "reinitialize_security_association"),
        (177, "not_authorized_for_delegated_prefix"),
        (178, "requested_delegated_prefix_in_use"),
    ]),
};

/// IANA registry `Mobility Header Types`.
const fn format(kind: u8) -> (Name, Table) {
    match kind {
        0 => (Some("binding_refresh_request"), REFRESH),
        1 => (Some("home_test_init"), TEST_INIT),
        2 => (Some("care_of_test_init"), TEST_INIT),
        3 => (Some("home_test"), TEST),
        4 => (Some("care_of_test"), TEST),
        5 => (Some("binding_update"), UPDATE),
        6 => (Some("binding_acknowledgment"), ACKNOWLEDGMENT),
        7 => (Some("binding_error"), ERROR),
        8 => (Some("fast_binding_update"), FAST_UPDATE),
        9 => (Some("fast_binding_acknowledgment"), FAST_ACKNOWLEDGMENT),
        10 => (Some("fast_neighbor_advertisement"), OTHER),
        11 => (Some("experimental"), OTHER),
        12 => (Some("home_agent_switch"), OTHER),
        13 => (Some("heartbeat"), HEARTBEAT),
        14 => (Some("handover_initiate"), HANDOVER_INITIATE),
        15 => (Some("handover_acknowledge"), HANDOVER_ACKNOWLEDGE),
        16 => (Some("binding_revocation"), OTHER),
        17 => (Some("localized_routing_initiation"), OTHER),
        18 => (Some("localized_routing_acknowledgment"), OTHER),
        19 => (Some("update_notification"), OTHER),
        20 => (Some("update_notification_acknowledgment"), OTHER),
        21 => (Some("flow_binding"), OTHER),
        22 => (Some("subscription_query"), OTHER),
        23 => (Some("subscription_response"), OTHER),
        _ => (None, OTHER),
    }
}

pub(super) fn header(octets: &[u8]) -> UpperHeader<'_> {
    let kind = u8_at(octets, 2);
    let (message, own) = kind.map_or((None, OTHER), format);
    // In units of eight octets, without the first ones.
    let length = u8_at(octets, 1).map(|length| (usize::from(length) + 1) * 8);
    let bytes = length.and_then(|length| octets.get(..length));
    let specs = Specs::Two(COMMON, own);
    let (bytes, kind) = (bytes.unwrap_or(octets), kind.map(u16::from));
    UpperHeader::new("mobility", kind, message, bytes, specs)
}
