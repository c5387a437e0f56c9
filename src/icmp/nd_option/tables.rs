//! The formats of options.

use super::certificate::certificate_rows;
use super::format::{Format, row, sized};
use super::names::{ANCHOR_NAMES, BORDER_ROUTER_LIFETIMES, CERTIFICATES, HANDOVER_STATUSES};
use super::{card, handover, made, protection};
use crate::icmp::field::{FieldSpec, spec};
use crate::icmp::lowpan::{OPAQUE_KINDS, REGISTERED_KINDS, REGISTRATION_STATUSES};
use crate::icmp::x509::Part;

/// The format of a type, where it is known here.
pub(super) fn format(kind: u8) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.kind == kind)
}

/// The fields that every option begins with.
pub(in crate::icmp) const FIELDS: &[FieldSpec] = &[spec::u8(0, "type"), spec::words(1, "length")];

/// What is behind type and length of an option that is not known here.
pub(super) const UNKNOWN: &[FieldSpec] = &[spec::rest(2, "data")];

const LINK_LAYER: &[FieldSpec] = &[spec::rest(2, "address")];
pub(in crate::icmp) const ROUTE: &[FieldSpec] = &[
    spec::u8(2, "prefix_length"),
    spec::preference(3, "preference"),
    spec::reserved(3, 1, 0xe7, "reserved"),
    spec::seconds(4, "lifetime"),
    spec::v6_prefix(8, "prefix"),
];
const ADDRESS_LIST: &[FieldSpec] = &[
    spec::reserved(2, 6, 0xffff_ffff_ffff, "reserved"),
    spec::v6_list(8, "addresses"),
];
const SIGNATURE: &[FieldSpec] = &[
    spec::reserved(2, 2, 0xffff, "reserved"),
    spec::octets(4, 16, "key_hash"),
    spec::rest(20, "signature"),
];

/// A registration with what stands in the octet of its status (RFC 8505 section 4.1, RFC 9685 section
/// 7.1, RFC 9927 section 3).
macro_rules! registration {
    ($($status:expr),*) => {
        &[
            $($status,)*
            spec::u8(3, "opaque"),
            spec::reserved(4, 1, 0x80, "reserved"),
            spec::flag(4, 0x40, "crypto_id"),
            spec::named(spec::bits(4, 4, 2, "address_kind"), &REGISTERED_KINDS),
            spec::named(spec::bits(4, 2, 2, "opaque_kind"), &OPAQUE_KINDS),
            spec::flag(4, 0x02, "register_routing"),
            spec::flag(4, 0x01, "has_transaction"),
            spec::u8(5, "transaction"),
            spec::minutes(6, "lifetime"),
            spec::rest(8, "owner"),
        ]
    };
}

/// The registration of a prefix in a solicitation (RFC 9926 section 7.2).
pub(super) const PREFIX_REGISTRATION: &[FieldSpec] = registration!(
    spec::flag(2, 0x80, "forwarding"),
    spec::bits(2, 0, 7, "prefix_length")
);

/// All of them, by ascending type.
pub(super) const FORMATS: &[Format] = &[
    // RFC 4861 section 4.6.
    row(
        super::SOURCE_LINK_LAYER,
        "source_link_layer_address",
        1,
        LINK_LAYER,
    ),
    row(2, "target_link_layer_address", 1, LINK_LAYER),
    sized(
        3,
        "prefix_information",
        4,
        4,
        &[
            spec::u8(2, "prefix_length"),
            spec::flag(3, 0x80, "on_link"),
            spec::flag(3, 0x40, "autonomous"),
            // RFC 6275 section 7.2.
            spec::flag(3, 0x20, "router_address"),
            // RFC 9762.
            spec::flag(3, 0x10, "prefix_delegation_preferred"),
            spec::reserved(3, 1, 0x0f, "reserved1"),
            spec::seconds(4, "valid_lifetime"),
            spec::seconds(8, "preferred_lifetime"),
            spec::reserved(12, 4, 0xffff_ffff, "reserved2"),
            spec::v6(16, "prefix"),
        ],
    ),
    row(
        super::REDIRECTED_HEADER,
        "redirected_header",
        1,
        &[
            spec::reserved(2, 6, 0xffff_ffff_ffff, "reserved"),
            spec::rest(8, "packet"),
        ],
    ),
    sized(
        5,
        "mtu",
        1,
        1,
        &[
            spec::reserved(2, 2, 0xffff, "reserved"),
            spec::u32(4, "mtu"),
        ],
    ),
    // RFC 2491 appendix D.
    sized(
        super::SHORTCUT_LIMIT,
        "nbma_shortcut_limit",
        1,
        1,
        &[
            spec::u8(2, "shortcut_limit"),
            spec::reserved(3, 1, 0xff, "reserved1"),
            spec::reserved(4, 4, 0xffff_ffff, "reserved2"),
        ],
    ),
    // RFC 6275 sections 7.3 and 7.4.
    sized(
        7,
        "advertisement_interval",
        1,
        1,
        &[
            spec::reserved(2, 2, 0xffff, "reserved"),
            spec::millis(4, 4, "interval"),
        ],
    ),
    sized(
        super::HOME_AGENT_INFORMATION,
        "home_agent_information",
        1,
        1,
        &[
            // RFC 3963 section 7.3.
            spec::flag(2, 0x80, "mobile_router"),
            spec::reserved(2, 2, 0x7fff, "reserved"),
            spec::u16(4, "preference"),
            spec::seconds_of(6, 2, "lifetime"),
        ],
    ),
    // RFC 3122 section 3.
    row(9, "source_address_list", 1, ADDRESS_LIST),
    row(
        super::TARGET_ADDRESS_LIST,
        "target_address_list",
        1,
        ADDRESS_LIST,
    ),
    // RFC 3971 sections 5 and 6.4.
    row(
        super::CGA,
        "cga",
        4,
        &[
            spec::u8(2, "pad_length"),
            spec::reserved(3, 1, 0xff, "reserved"),
            // The parameters of RFC 3972 section 3.
            spec::octets(4, 16, "modifier"),
            spec::octets(20, 8, "subnet_prefix"),
            spec::u8(28, "collision_count"),
        ],
    ),
    row(super::RSA_SIGNATURE, "rsa_signature", 3, SIGNATURE),
    sized(
        super::TIMESTAMP,
        "timestamp",
        2,
        2,
        &[
            spec::reserved(2, 6, 0xffff_ffff_ffff, "reserved"),
            spec::when(8, "time"),
            spec::number(8, 6, "seconds"),
            spec::u16(14, "fraction_in_65536ths"),
        ],
    ),
    row(super::NONCE, "nonce", 1, &[spec::rest(2, "nonce")]),
    row(
        super::TRUST_ANCHOR,
        "trust_anchor",
        1,
        &[
            spec::named(spec::u8(2, "name_type"), &ANCHOR_NAMES),
            spec::u8(3, "pad_length"),
        ],
    ),
    row(
        super::CERTIFICATE,
        "certificate",
        1,
        certificate_rows!(
            [
                spec::named(spec::u8(2, "certificate_type"), &CERTIFICATES),
                spec::reserved(3, 1, 0xff, "reserved")
            ],
            4
        ),
    ),
    // RFC 5568 section 6.4.1.
    sized(17, "ip_address_prefix", 3, 3, handover::CODED_ADDRESS),
    // RFC 4068 section 6.4.2.
    sized(
        super::NEW_ROUTER_PREFIX,
        "new_router_prefix",
        3,
        3,
        handover::ROUTER_PREFIX,
    ),
    row(
        super::HANDOVER_LINK_LAYER,
        "link_layer_address",
        1,
        handover::HANDOVER_ADDRESS,
    ),
    sized(
        20,
        "neighbor_advertisement_ack",
        1,
        3,
        &[
            spec::u8(2, "option_code"),
            spec::named(spec::u8(3, "status"), &HANDOVER_STATUSES),
            spec::reserved(4, 4, 0xffff_ffff, "reserved"),
            spec::v6(8, "new_care_of_address"),
        ],
    ),
    // RFC 8801 section 3.1.
    row(
        super::PROVISIONING_DOMAIN,
        "pvd_id",
        1,
        &[
            spec::flag(2, 0x80, "http"),
            spec::flag(2, 0x40, "legacy"),
            spec::flag(2, 0x20, "router_advertisement"),
            spec::reserved(2, 2, 0x1ff0, "reserved"),
            spec::bits(3, 0, 4, "delay"),
            spec::u16(4, "sequence"),
        ],
    ),
    // RFC 5380 section 5.
    sized(
        23,
        "map",
        3,
        3,
        &[
            spec::bits(2, 4, 4, "distance"),
            spec::bits(2, 0, 4, "preference"),
            spec::flag(3, 0x80, "regional_care_of_address"),
            spec::reserved(3, 1, 0x7f, "reserved"),
            spec::seconds(4, "valid_lifetime"),
            spec::v6(8, "address"),
        ],
    ),
    // RFC 4191 section 2.3.
    sized(super::ROUTE_INFORMATION, "route_information", 1, 3, ROUTE),
    // RFC 8106 section 5.1.
    row(
        25,
        "rdnss",
        3,
        &[
            spec::reserved(2, 2, 0xffff, "reserved"),
            spec::seconds(4, "lifetime"),
            spec::v6_list(8, "servers"),
        ],
    ),
    // RFC 5175 sections 4 and 5: the last two bits are for experiments.
    row(
        super::RA_FLAGS,
        "ra_flags",
        1,
        &[
            spec::octets(2, 6, "flags"),
            spec::flag(7, 0x02, "experiment_54"),
            spec::flag(7, 0x01, "experiment_55"),
        ],
    ),
    // RFC 5269 section 4.
    row(
        super::HANDOVER_KEY_REQUEST,
        "handover_key_request",
        1,
        &[
            spec::u8(2, "pad_length"),
            spec::bits(3, 4, 4, "algorithm"),
            spec::reserved(3, 1, 0x0f, "reserved"),
        ],
    ),
    row(
        super::HANDOVER_KEY_REPLY,
        "handover_key_reply",
        1,
        &[
            spec::u8(2, "pad_length"),
            spec::bits(3, 4, 4, "algorithm"),
            spec::reserved(3, 1, 0x0f, "reserved"),
            spec::seconds_of(4, 2, "lifetime"),
        ],
    ),
    // RFC 5271 section 6.
    row(
        super::HANDOVER_ASSIST,
        "handover_assist",
        1,
        handover::ASSIST,
    ),
    row(
        super::MOBILE_NODE_IDENTIFIER,
        "mobile_node_identifier",
        1,
        handover::NODE_IDENTIFIER,
    ),
    // RFC 8106 section 5.2.
    row(
        31,
        "dnssl",
        2,
        &[
            spec::reserved(2, 2, 0xffff, "reserved"),
            spec::seconds(4, "lifetime"),
            spec::dns_names(8, "domains"),
        ],
    ),
    // RFC 6496 section 5.1.
    row(32, "proxy_signature", 3, SIGNATURE),
    // RFC 6775 section 4.1, RFC 8505 section 4.1, RFC 9010 section 8.
    sized(
        super::ADDRESS_REGISTRATION,
        "address_registration",
        2,
        5,
        registration!(
            spec::reserved(2, 1, 0xc0, "status_reserved"),
            spec::named(spec::bits(2, 0, 6, "status"), &REGISTRATION_STATUSES)
        ),
    ),
    // RFC 6775 section 4.2.
    sized(
        34,
        "6lowpan_context",
        2,
        3,
        &[
            spec::u8(2, "context_length"),
            spec::flag(3, 0x10, "compression"),
            spec::bits(3, 0, 4, "context_id"),
            spec::reserved(3, 3, 0x00e0_ffff, "reserved"),
            spec::minutes(6, "lifetime"),
            spec::v6_prefix(8, "prefix"),
        ],
    ),
    // RFC 6775 section 4.3.
    sized(
        35,
        "authoritative_border_router",
        3,
        3,
        &[
            spec::low_half_first(2, "version"),
            spec::named(spec::minutes(6, "lifetime"), &BORDER_ROUTER_LIFETIMES),
            spec::v6(8, "address"),
        ],
    ),
    // RFC 7400 section 3.3, RFC 8505 section 4.3, RFC 8928 section 4.5, RFC 9685 section 14.6, RFC 9926
    // section 13.2.
    sized(
        36,
        "6lowpan_capability",
        1,
        1,
        &[
            spec::reserved(2, 2, 0xff00, "more_flags"),
            spec::flag(3, 0x80, "multicast_and_anycast_registration"),
            spec::flag(3, 0x40, "address_protection"),
            spec::flag(3, 0x20, "extended_duplicate_address"),
            spec::flag(3, 0x10, "low_power_router"),
            spec::flag(3, 0x08, "border_router"),
            spec::flag(3, 0x04, "routing_registrar"),
            spec::flag(3, 0x02, "extended_address_registration"),
            spec::flag(3, 0x01, "generic_header_compression"),
            spec::flag(4, 0x80, "prefix_registration"),
            spec::reserved(4, 4, 0x7fff_ffff, "reserved"),
        ],
    ),
    // RFC 8910 section 2.3.
    row(37, "captive_portal", 1, &[spec::text(2, "uri")]),
    // RFC 8781 section 4.
    sized(
        38,
        "pref64",
        2,
        2,
        &[
            // 13 bits in units of 8 seconds: with the low bits masked they are seconds.
            spec::masked_seconds(2, 0xfff8, "lifetime"),
            spec::masked(2, 0x0007, "length_code"),
            spec::pref64_length(2, "prefix_length"),
            spec::v6_prefix(4, "prefix"),
        ],
    ),
    // RFC 8928 sections 4.3 and 4.4.
    row(
        protection::PARAMETERS,
        "crypto_id_parameters",
        1,
        protection::PARAMETER_FIELDS,
    ),
    row(
        protection::SIGNATURE,
        "nd_signature",
        1,
        protection::SIGNATURE_FIELDS,
    ),
    // RFC 6775 based, RFC 9176 section 4.1.1.
    sized(
        41,
        "resource_directory_address",
        3,
        3,
        &[
            spec::minutes(2, "lifetime"),
            spec::reserved(4, 4, 0xffff_ffff, "reserved"),
            spec::v6(8, "address"),
        ],
    ),
    // RFC 9685 section 10.
    sized(
        42,
        "consistent_uptime",
        1,
        1,
        &[
            spec::bits(2, 2, 6, "uptime_exponent"),
            spec::bits_of(2, 2, 0, 10, "uptime_mantissa"),
            spec::uptime(2, "uptime"),
            spec::flag(4, 0x80, "sleeps"),
            spec::flag(4, 0x40, "knows_peer"),
            spec::reserved(4, 1, 0x3f, "reserved"),
            spec::bits_of(5, 2, 4, 12, "state_sequence"),
            spec::bits_of(6, 2, 0, 12, "peer_state_sequence"),
        ],
    ),
    // RFC 4066 section 5.1.
    row(card::REQUEST, "card_request", 1, card::REQUEST_FIELDS),
    row(card::REPLY, "card_reply", 1, card::REPLY_FIELDS),
    // RFC 9463 section 6.1.
    row(
        super::ENCRYPTED_DNS,
        "encrypted_dns",
        1,
        made::ENCRYPTED_DNS,
    ),
    row(253, "experiment_1", 1, UNKNOWN),
    row(254, "experiment_2", 1, UNKNOWN),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_ascend_and_their_fields_do_not_overlap_the_header() {
        assert!(FORMATS.windows(2).all(|w| w[0].kind < w[1].kind));
        for format in FORMATS {
            assert!(format.min_words > 0);
            assert!(
                format.fields.iter().all(|field| field.at >= 2),
                "{}",
                format.name
            );
            assert!(
                format.fields.windows(2).all(|w| w[0].at <= w[1].at),
                "{}",
                format.name
            );
        }
    }
}
