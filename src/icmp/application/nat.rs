//! What hosts ask a NAT for: NAT-PMP and PCP.

use super::Payload;
use crate::icmp::field::{FieldSpec, Names, spec};
use crate::icmp::item::Specs;
use crate::icmp::upper_header::UpperHeader;
use crate::wire::bytes::u8_at;

const RESPONSE: u8 = 0x80;

const PMP_RESULTS: Names = Names {
    key: "result_name",
    words: &[
        "success",
        "unsupported_version",
        "not_authorized",
        "network_failure",
        "out_of_resources",
        "unsupported_opcode",
    ],
};

const VERSION: FieldSpec = spec::u8(0, "version");
const OPCODE: FieldSpec = spec::bits(1, 0, 7, "opcode");

/// RFC 6886 section 3.2.
const PMP_ADDRESS: &[FieldSpec] = &[VERSION, OPCODE];
const PMP_RESULT: &[FieldSpec] = &[
    VERSION,
    OPCODE,
    spec::named(spec::u16(2, "result"), &PMP_RESULTS),
    spec::seconds_of(4, 4, "epoch"),
];
const PMP_PUBLIC: &[FieldSpec] = &[spec::v4(8, "external_address")];
/// RFC 6886 section 3.3.
const PMP_MAP: &[FieldSpec] = &[
    spec::u16(4, "internal_port"),
    spec::u16(6, "external_port"),
    spec::seconds_of(8, 4, "lifetime"),
];
const PMP_MAPPED: &[FieldSpec] = &[
    spec::u16(8, "internal_port"),
    spec::u16(10, "external_port"),
    spec::seconds_of(12, 4, "lifetime"),
];

const PCP_RESULTS: Names = Names {
    key: "result_name",
    words: &[
        "success",
        "unsupported_version",
        "not_authorized",
        "malformed_request",
        "unsupported_opcode",
        "unsupported_option",
        "malformed_option",
        "network_failure",
        "no_resources",
        "unsupported_protocol",
        "user_exceeded_quota",
        "cannot_provide_external",
        "address_mismatch",
        "excessive_remote_peers",
    ],
};

/// RFC 6887 section 7.1.
const PCP_REQUEST: &[FieldSpec] = &[
    VERSION,
    OPCODE,
    spec::seconds_of(4, 4, "lifetime"),
    spec::v6(8, "client"),
];
/// RFC 6887 section 7.2.
const PCP_RESPONSE: &[FieldSpec] = &[
    VERSION,
    OPCODE,
    spec::named(spec::u8(3, "result"), &PCP_RESULTS),
    spec::seconds_of(4, 4, "lifetime"),
    spec::seconds_of(8, 4, "epoch"),
];
/// RFC 6887 sections 11.1 and 12.1.
const PCP_MAP: &[FieldSpec] = &[
    spec::octets(24, 12, "nonce"),
    spec::u8(36, "protocol"),
    spec::u16(40, "internal_port"),
    spec::u16(42, "external_port"),
    spec::v6(44, "external_address"),
];

/// NAT-PMP has version 0, PCP 2.
pub(super) fn mapping<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    let octets = payload.octets;
    let (version, second) = (u8_at(octets, 0)?, u8_at(octets, 1)?);
    let (opcode, is_response) = (second & !RESPONSE, second & RESPONSE != 0);
    let (name, message, specs, length) = match (version, opcode, is_response) {
        (0, 0, false) => ("nat_pmp", "address_request", (PMP_ADDRESS, &[][..]), 2),
        (0, 0, true) => ("nat_pmp", "address_response", (PMP_RESULT, PMP_PUBLIC), 12),
        (0, 1, false) => ("nat_pmp", "map_udp_request", (PMP_ADDRESS, PMP_MAP), 12),
        (0, 2, false) => ("nat_pmp", "map_tcp_request", (PMP_ADDRESS, PMP_MAP), 12),
        (0, 1, true) => ("nat_pmp", "map_udp_response", (PMP_RESULT, PMP_MAPPED), 16),
        (0, 2, true) => ("nat_pmp", "map_tcp_response", (PMP_RESULT, PMP_MAPPED), 16),
        (2, 0, false) => ("pcp", "announce_request", (PCP_REQUEST, &[][..]), 24),
        (2, 1, false) => ("pcp", "map_request", (PCP_REQUEST, PCP_MAP), 60),
        (2, 2, false) => ("pcp", "peer_request", (PCP_REQUEST, PCP_MAP), 60),
        (2, 0, true) => ("pcp", "announce_response", (PCP_RESPONSE, &[][..]), 24),
        (2, 1, true) => ("pcp", "map_response", (PCP_RESPONSE, PCP_MAP), 60),
        (2, 2, true) => ("pcp", "peer_response", (PCP_RESPONSE, PCP_MAP), 60),
        _ => return None,
    };
    let bytes = octets.get(..length).unwrap_or(octets);
    let specs = Specs::Two(specs.0, specs.1);
    Some(UpperHeader::new(name, None, Some(message), bytes, specs))
}
