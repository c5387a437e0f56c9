//! ICMPv6 types and codes.

use super::Standing::{Experimental, Reserved};
use super::{CodeNames, EXTENDED_ECHO_REPLY, TypeNames, code, current, other};

pub(super) const TYPES: &[TypeNames] = &[
    current(
        1,
        "destination_unreachable",
        "destination unreachable",
        UNREACHABLE,
    ),
    current(2, "packet_too_big", "packet too big", &[]),
    current(3, "time_exceeded", "time exceeded", TIME_EXCEEDED),
    current(
        4,
        "parameter_problem",
        "parameter problem",
        PARAMETER_PROBLEM,
    ),
    other(
        Experimental,
        100,
        "private_error_1",
        "private experiment, error 1",
    ),
    other(
        Experimental,
        101,
        "private_error_2",
        "private experiment, error 2",
    ),
    other(
        Reserved,
        127,
        "error_expansion",
        "reserved for expansion of errors",
    ),
    current(128, "echo_request", "echo request", &[]),
    current(129, "echo_reply", "echo reply", &[]),
    current(
        130,
        "multicast_listener_query",
        "multicast listener query",
        &[],
    ),
    current(
        131,
        "multicast_listener_report",
        "multicast listener report",
        &[],
    ),
    current(
        132,
        "multicast_listener_done",
        "multicast listener done",
        &[],
    ),
    current(133, "router_solicitation", "router solicitation", &[]),
    current(134, "router_advertisement", "router advertisement", &[]),
    current(135, "neighbor_solicitation", "neighbor solicitation", &[]),
    current(136, "neighbor_advertisement", "neighbor advertisement", &[]),
    current(137, "redirect", "redirect", &[]),
    current(
        138,
        "router_renumbering",
        "router renumbering",
        ROUTER_RENUMBERING,
    ),
    current(
        139,
        "node_information_query",
        "node information query",
        NODE_QUERY,
    ),
    current(
        140,
        "node_information_response",
        "node information response",
        NODE_RESPONSE,
    ),
    current(
        141,
        "inverse_neighbor_solicitation",
        "inverse neighbor solicitation",
        &[],
    ),
    current(
        142,
        "inverse_neighbor_advertisement",
        "inverse neighbor advertisement",
        &[],
    ),
    current(
        143,
        "multicast_listener_report_v2",
        "multicast listener report v2",
        &[],
    ),
    current(
        144,
        "home_agent_discovery_request",
        "home agent address discovery request",
        &[],
    ),
    current(
        145,
        "home_agent_discovery_reply",
        "home agent address discovery reply",
        &[],
    ),
    current(
        146,
        "mobile_prefix_solicitation",
        "mobile prefix solicitation",
        &[],
    ),
    current(
        147,
        "mobile_prefix_advertisement",
        "mobile prefix advertisement",
        &[],
    ),
    current(
        148,
        "certification_path_solicitation",
        "certification path solicitation",
        &[],
    ),
    current(
        149,
        "certification_path_advertisement",
        "certification path advertisement",
        &[],
    ),
    other(
        Experimental,
        150,
        "seamoby_experimental",
        "experimental mobility protocol",
    ),
    current(
        151,
        "multicast_router_advertisement",
        "multicast router advertisement",
        &[],
    ),
    current(
        152,
        "multicast_router_solicitation",
        "multicast router solicitation",
        &[],
    ),
    current(
        153,
        "multicast_router_termination",
        "multicast router termination",
        &[],
    ),
    current(154, "fmipv6", "fast handovers for Mobile IPv6", &[]),
    current(155, "rpl_control", "RPL control", RPL),
    current(156, "ilnpv6_locator_update", "ILNPv6 locator update", &[]),
    current(
        157,
        "duplicate_address_request",
        "duplicate address request",
        DUPLICATE_REQUEST,
    ),
    current(
        158,
        "duplicate_address_confirmation",
        "duplicate address confirmation",
        DUPLICATE_CONFIRMATION,
    ),
    current(159, "mpl_control", "MPL control", &[]),
    current(160, "extended_echo_request", "extended echo request", &[]),
    current(
        161,
        "extended_echo_reply",
        "extended echo reply",
        EXTENDED_ECHO_REPLY,
    ),
    other(
        Experimental,
        200,
        "private_information_1",
        "private experiment 1",
    ),
    other(
        Experimental,
        201,
        "private_information_2",
        "private experiment 2",
    ),
    other(
        Reserved,
        255,
        "information_expansion",
        "reserved for expansion of informational messages",
    ),
];

/// RFC 4443 section 3.1, RFC 6550 section 20.18 (7), RFC 8883 section 3.
const UNREACHABLE: &[CodeNames] = &[
    code(0, "no_route", "no route to destination"),
    code(
        1,
        "admin_prohibited",
        "communication administratively prohibited",
    ),
    code(2, "beyond_scope", "beyond scope of source address"),
    code(3, "address_unreachable", "address unreachable"),
    code(4, "port_unreachable", "port unreachable"),
    code(
        5,
        "source_policy_failed",
        "source address failed ingress or egress policy",
    ),
    code(6, "reject_route", "reject route to destination"),
    code(7, "source_routing_header", "error in source routing header"),
    code(8, "headers_too_long", "headers too long"),
    code(9, "projected_route", "error in projected route"),
];

const TIME_EXCEEDED: &[CodeNames] = &[
    code(0, "hop_limit_exceeded", "hop limit exceeded in transit"),
    code(
        1,
        "reassembly_time_exceeded",
        "fragment reassembly time exceeded",
    ),
];

/// RFC 4443 section 3.4, RFC 7112, RFC 8754, RFC 8883 section 2.
const PARAMETER_PROBLEM: &[CodeNames] = &[
    code(0, "header_field", "erroneous header field encountered"),
    code(
        1,
        "next_header",
        "unrecognized next header type encountered",
    ),
    code(2, "option", "unrecognized IPv6 option encountered"),
    code(
        3,
        "incomplete_header_chain",
        "first fragment has incomplete header chain",
    ),
    code(
        4,
        "sr_upper_layer",
        "segment routing upper-layer header error",
    ),
    code(
        5,
        "next_header_at_node",
        "unrecognized next header at intermediate node",
    ),
    code(6, "extension_header_too_big", "extension header too big"),
    code(
        7,
        "extension_header_chain_too_long",
        "extension header chain too long",
    ),
    code(
        8,
        "too_many_extension_headers",
        "too many extension headers",
    ),
    code(
        9,
        "too_many_options",
        "too many options in extension header",
    ),
    code(10, "option_too_big", "option too big"),
];

/// RFC 2894 section 3.
const ROUTER_RENUMBERING: &[CodeNames] = &[
    code(0, "command", "command"),
    code(1, "result", "result"),
    code(255, "sequence_number_reset", "sequence number reset"),
];

/// RFC 4620 section 4.
const NODE_QUERY: &[CodeNames] = &[
    code(0, "subject_ipv6", "subject is an IPv6 address"),
    code(1, "subject_name", "subject is a name"),
    code(2, "subject_ipv4", "subject is an IPv4 address"),
];

const NODE_RESPONSE: &[CodeNames] = &[
    code(0, "success", "success"),
    code(1, "refused", "responder refuses to answer"),
    code(2, "unknown_qtype", "unknown qtype"),
];

/// RFC 8505 section 9.3: how long the owner is; 0 is that of RFC 6775.
macro_rules! by_owner {
    ($name:literal) => {
        &[
            code(0, $name, "owner as in RFC 6775"),
            code(1, concat!("e", $name, "_64"), "owner of 64 bits"),
            code(2, concat!("e", $name, "_128"), "owner of 128 bits"),
            code(3, concat!("e", $name, "_192"), "owner of 192 bits"),
            code(4, concat!("e", $name, "_256"), "owner of 256 bits"),
        ]
    };
}

const DUPLICATE_REQUEST: &[CodeNames] = by_owner!("dar");
const DUPLICATE_CONFIRMATION: &[CodeNames] = by_owner!("dac");

/// RFC 6550 section 6; RFC 6997 for the discovery reply object, RFC 6998 for the measurement
/// object, RFC 9009 for the destination cleanup object, RFC 9914 for projected routes.
const RPL: &[CodeNames] = &[
    code(0x00, "dis", "DODAG information solicitation"),
    code(0x01, "dio", "DODAG information object"),
    code(0x02, "dao", "destination advertisement object"),
    code(
        0x03,
        "dao_ack",
        "destination advertisement object acknowledgment",
    ),
    code(0x04, "dro", "discovery reply object"),
    code(0x05, "dro_ack", "discovery reply object acknowledgment"),
    code(0x06, "mo", "measurement object"),
    code(0x07, "dco", "destination cleanup object"),
    code(0x08, "dco_ack", "destination cleanup object acknowledgment"),
    code(0x09, "pdr", "projected DAO request"),
    code(0x0a, "pdr_ack", "projected DAO request acknowledgment"),
    code(0x80, "secure_dis", "secure DODAG information solicitation"),
    code(0x81, "secure_dio", "secure DODAG information object"),
    code(
        0x82,
        "secure_dao",
        "secure destination advertisement object",
    ),
    code(
        0x83,
        "secure_dao_ack",
        "secure destination advertisement object acknowledgment",
    ),
    code(0x84, "secure_dro", "secure discovery reply object"),
    code(
        0x85,
        "secure_dro_ack",
        "secure discovery reply object acknowledgment",
    ),
    code(0x86, "secure_mo", "secure measurement object"),
    code(0x87, "secure_dco", "secure destination cleanup object"),
    code(
        0x88,
        "secure_dco_ack",
        "secure destination cleanup object acknowledgment",
    ),
    code(0x8a, "consistency_check", "consistency check"),
];
