//! ICMP types and codes for IPv4.

use super::Standing::{Deprecated, Experimental};
use super::{CodeNames, EXTENDED_ECHO_REPLY, TypeNames, code, current, other};

pub(super) const TYPES: &[TypeNames] = &[
    current(0, "echo_reply", "echo reply", &[]),
    current(
        3,
        "destination_unreachable",
        "destination unreachable",
        UNREACHABLE,
    ),
    other(Deprecated, 4, "source_quench", "source quench"),
    current(5, "redirect", "redirect", REDIRECT),
    other(
        Deprecated,
        6,
        "alternate_host_address",
        "alternate host address",
    ),
    current(8, "echo_request", "echo request", &[]),
    current(
        9,
        "router_advertisement",
        "router advertisement",
        ROUTER_ADVERTISEMENT,
    ),
    current(10, "router_solicitation", "router solicitation", &[]),
    current(11, "time_exceeded", "time exceeded", TIME_EXCEEDED),
    current(
        12,
        "parameter_problem",
        "parameter problem",
        PARAMETER_PROBLEM,
    ),
    current(13, "timestamp_request", "timestamp request", &[]),
    current(14, "timestamp_reply", "timestamp reply", &[]),
    other(Deprecated, 15, "information_request", "information request"),
    other(Deprecated, 16, "information_reply", "information reply"),
    other(
        Deprecated,
        17,
        "address_mask_request",
        "address mask request",
    ),
    other(Deprecated, 18, "address_mask_reply", "address mask reply"),
    deprecated(30, "traceroute", "traceroute", TRACEROUTE),
    deprecated(
        31,
        "datagram_conversion_error",
        "datagram conversion error",
        CONVERSION,
    ),
    other(
        Deprecated,
        32,
        "mobile_host_redirect",
        "mobile host redirect",
    ),
    other(Deprecated, 33, "ipv6_where_are_you", "IPv6 where-are-you"),
    other(Deprecated, 34, "ipv6_i_am_here", "IPv6 I-am-here"),
    other(
        Deprecated,
        35,
        "mobile_registration_request",
        "mobile registration request",
    ),
    other(
        Deprecated,
        36,
        "mobile_registration_reply",
        "mobile registration reply",
    ),
    other(Deprecated, 37, "domain_name_request", "domain name request"),
    other(Deprecated, 38, "domain_name_reply", "domain name reply"),
    other(Deprecated, 39, "skip", "SKIP algorithm discovery"),
    current(40, "photuris", "Photuris security failure", PHOTURIS),
    other(
        Experimental,
        41,
        "seamoby_experimental",
        "experimental mobility protocol",
    ),
    current(42, "extended_echo_request", "extended echo request", &[]),
    current(
        43,
        "extended_echo_reply",
        "extended echo reply",
        EXTENDED_ECHO_REPLY,
    ),
    other(Experimental, 253, "experiment_1", "RFC 3692 experiment 1"),
    other(Experimental, 254, "experiment_2", "RFC 3692 experiment 2"),
];

const fn deprecated(
    kind: u8,
    name: &'static str,
    title: &'static str,
    codes: &'static [CodeNames],
) -> TypeNames {
    TypeNames {
        codes,
        ..other(Deprecated, kind, name, title)
    }
}

/// RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1.
const UNREACHABLE: &[CodeNames] = &[
    code(0, "net_unreachable", "net unreachable"),
    code(1, "host_unreachable", "host unreachable"),
    code(2, "protocol_unreachable", "protocol unreachable"),
    code(3, "port_unreachable", "port unreachable"),
    code(4, "fragmentation_needed", "fragmentation needed and DF set"),
    code(5, "source_route_failed", "source route failed"),
    code(6, "net_unknown", "destination network unknown"),
    code(7, "host_unknown", "destination host unknown"),
    code(8, "source_host_isolated", "source host isolated"),
    code(9, "net_prohibited", "network administratively prohibited"),
    code(10, "host_prohibited", "host administratively prohibited"),
    code(
        11,
        "net_unreachable_for_tos",
        "network unreachable for this type of service",
    ),
    code(
        12,
        "host_unreachable_for_tos",
        "host unreachable for this type of service",
    ),
    code(
        13,
        "admin_prohibited",
        "communication administratively prohibited",
    ),
    code(14, "host_precedence_violation", "host precedence violation"),
    code(15, "precedence_cutoff", "precedence cutoff in effect"),
];

const REDIRECT: &[CodeNames] = &[
    code(0, "net", "for the network"),
    code(1, "host", "for the host"),
    code(2, "tos_and_net", "for the type of service and network"),
    code(3, "tos_and_host", "for the type of service and host"),
];

/// RFC 1256, RFC 5944 section 2.1.
const ROUTER_ADVERTISEMENT: &[CodeNames] = &[
    code(0, "normal", "normal router advertisement"),
    code(
        16,
        "not_for_common_traffic",
        "does not route common traffic",
    ),
];

const TIME_EXCEEDED: &[CodeNames] = &[
    code(0, "ttl_exceeded", "time to live exceeded in transit"),
    code(
        1,
        "reassembly_time_exceeded",
        "fragment reassembly time exceeded",
    ),
];

/// RFC 792, RFC 1108, RFC 1122 section 3.2.2.5.
const PARAMETER_PROBLEM: &[CodeNames] = &[
    code(0, "pointer", "pointer indicates the error"),
    code(1, "missing_option", "required option is missing"),
    code(2, "bad_length", "bad length"),
];

/// RFC 1393 section 2.
const TRACEROUTE: &[CodeNames] = &[
    code(0, "forwarded", "outbound packet successfully forwarded"),
    code(1, "no_route", "no route for outbound packet"),
];

/// RFC 1475 section 6.2.
const CONVERSION: &[CodeNames] = &[
    code(0, "unspecified", "unknown or unspecified error"),
    code(1, "dont_convert", "don't convert option present"),
    code(
        2,
        "unknown_mandatory_option",
        "unknown mandatory option present",
    ),
    code(3, "unsupported_option", "known unsupported option present"),
    code(4, "unsupported_transport", "unsupported transport protocol"),
    code(5, "length_exceeded", "overall length exceeded"),
    code(6, "header_length_exceeded", "IP header length exceeded"),
    code(7, "transport_number", "transport protocol above 255"),
    code(8, "port_out_of_range", "port conversion out of range"),
    code(
        9,
        "transport_header_length",
        "transport header length exceeded",
    ),
    code(
        10,
        "rollover_missing",
        "32-bit rollover missing and ACK set",
    ),
    code(
        11,
        "unknown_transport_option",
        "unknown mandatory transport option",
    ),
];

/// RFC 2521 section 2.
const PHOTURIS: &[CodeNames] = &[
    code(0, "bad_spi", "bad SPI"),
    code(1, "authentication_failed", "authentication failed"),
    code(2, "decompression_failed", "decompression failed"),
    code(3, "decryption_failed", "decryption failed"),
    code(4, "need_authentication", "need authentication"),
    code(5, "need_authorization", "need authorization"),
];
