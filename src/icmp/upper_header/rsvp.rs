//! RSVP (RFC 2205 section 3.1), with the objects of its messages (RFC 2205 appendix A, RFC 3209
//! section 4).

use super::listed::{self, Listed};
use super::{Name, Table, UpperHeader};
use crate::icmp::field::{Names, spec};
use crate::icmp::item::{Item, Specs};
use crate::wire::bytes::{u8_at, u16_at};

/// RFC 2205 section 3.1.1.
const FIELDS: Table = &[
    spec::bits(0, 4, 4, "version"),
    spec::bits(0, 0, 4, "flags"),
    spec::u8(1, "type"),
    spec::hex(2, 2, "checksum"),
    spec::u8(4, "send_ttl"),
    spec::u16(6, "message_length"),
    spec::parts(8, Listed::RsvpObjects.parts(), "objects"),
];

const fn message(kind: u8) -> Name {
    Some(match kind {
        1 => "path",
        2 => "resv",
        3 => "path_error",
        4 => "resv_error",
        5 => "path_tear",
        6 => "resv_tear",
        7 => "resv_confirmation",
        // RFC 2961 and RFC 3209.
        12 => "bundle",
        13 => "ack",
        15 => "summary_refresh",
        20 => "hello",
        // RFC 3473 section 4.3.
        21 => "notify",
        _ => return None,
    })
}

pub(super) fn header(octets: &[u8]) -> UpperHeader<'_> {
    const HEADER: usize = 8;
    let kind = u8_at(octets, 1);
    let length = u16_at(octets, 6).map(|length| HEADER.max(length.into()));
    let bytes = length.and_then(|length| octets.get(..length));
    let message = kind.and_then(message);
    UpperHeader::new(
        "rsvp",
        kind.map(u16::from),
        message,
        bytes.unwrap_or(octets),
        Specs::Table(FIELDS),
    )
}

/// The object in front of `octets`, and its octets (RFC 2205 section 3.1.2).
pub(super) fn object(octets: &[u8]) -> Option<(Item<'_>, usize)> {
    const HEADER: Table = &[
        spec::u16(0, "length"),
        spec::u8(2, "type"),
        spec::u8(3, "c_type"),
    ];
    let length = usize::from(u16_at(octets, 0)?);
    let bytes = octets.get(..length).filter(|_| length >= 4)?;
    let (class, c_type) = (u8_at(bytes, 2)?, u8_at(bytes, 3)?);
    let specs = Specs::Two(HEADER, table(class, c_type));
    let item = listed::item("objects", class.into(), name(class), bytes, specs);
    Some((item, length))
}

/// IANA registry `Class Names, Class Numbers, and Class Types` of RSVP.
const fn name(class: u8) -> Name {
    Some(match class {
        0 => "null",
        1 => "session",
        3 => "hop",
        4 => "integrity",
        5 => "time_values",
        6 => "error_spec",
        7 => "scope",
        8 => "style",
        9 => "flow_spec",
        10 => "filter_spec",
        11 => "sender_template",
        12 => "sender_tspec",
        13 => "adspec",
        14 => "policy_data",
        15 => "resv_confirm",
        // RFC 3209 and RFC 2961.
        16 => "label",
        19 => "label_request",
        20 => "explicit_route",
        21 => "record_route",
        22 => "hello",
        23 => "message_id",
        24 => "message_id_ack",
        25 => "message_id_list",
        // RFC 3473 and RFC 4090.
        35 => "recovery_label",
        36 => "upstream_label",
        37 => "label_set",
        38 => "protection",
        63 => "detour",
        129 => "suggested_label",
        131 => "restart_cap",
        205 => "fast_reroute",
        207 => "session_attribute",
        _ => return None,
    })
}

const DATA: Table = &[spec::rest(4, "data")];

/// What is behind class and c-type.
const fn table(class: u8, c_type: u8) -> Table {
    match (class, c_type) {
        (1, 1) => SESSION_V4,
        (1, 2) => SESSION_V6,
        (1, 7) => TUNNEL_V4,
        (1, 8) => TUNNEL_V6,
        (3, 1) => const { &[spec::v4(4, "address"), spec::hex(8, 4, "interface_handle")] },
        (3, 2) => const { &[spec::v6(4, "address"), spec::hex(20, 4, "interface_handle")] },
        (4, 1) => INTEGRITY,
        (5, 1) => const { &[spec::millis(4, 4, "refresh_period")] },
        (6, 1) => ERROR_V4,
        (6, 2) => ERROR_V6,
        (7, 1) => const { &[spec::v4_list(4, "sources")] },
        (7, 2) => const { &[spec::v6_list(4, "sources")] },
        (8, 1) => STYLE,
        (10 | 11, 1) => const { &[spec::v4(4, "src"), spec::u16(10, "src_port")] },
        (10 | 11, 2) => const { &[spec::v6(4, "src"), spec::u16(22, "src_port")] },
        (10 | 11, 3) => const { &[spec::v6(4, "src"), spec::number(21, 3, "flow_label")] },
        (10 | 11, 7) => const { &[spec::v4(4, "src"), spec::u16(10, "lsp_id")] },
        (10 | 11, 8) => const { &[spec::v6(4, "src"), spec::u16(22, "lsp_id")] },
        (15, 1) => const { &[spec::v4(4, "receiver")] },
        (15, 2) => const { &[spec::v6(4, "receiver")] },
        (16, 1) => const { &[spec::u32(4, "label")] },
        (19, 1) => const { &[spec::hex(6, 2, "protocol")] },
        (22, 1 | 2) => {
            const {
                &[
                    spec::hex(4, 4, "src_instance"),
                    spec::hex(8, 4, "dst_instance"),
                ]
            }
        }
        (23 | 24, 1) => MESSAGE_ID,
        (207, 7) => SESSION_ATTRIBUTE,
        _ => DATA,
    }
}

const SESSION_V4: Table = &[
    spec::v4(4, "dst"),
    spec::u8(8, "protocol"),
    spec::hex(9, 1, "flags"),
    spec::u16(10, "dst_port"),
];
const SESSION_V6: Table = &[
    spec::v6(4, "dst"),
    spec::u8(20, "protocol"),
    spec::hex(21, 1, "flags"),
    spec::u16(22, "dst_port"),
];
/// RFC 3209 section 4.6.1.
const TUNNEL_V4: Table = &[
    spec::v4(4, "endpoint"),
    spec::u16(10, "tunnel_id"),
    spec::v4(12, "extended_tunnel_id"),
];
const TUNNEL_V6: Table = &[
    spec::v6(4, "endpoint"),
    spec::u16(22, "tunnel_id"),
    spec::v6(24, "extended_tunnel_id"),
];
/// RFC 2747 section 2.
const INTEGRITY: Table = &[
    spec::hex(4, 1, "flags"),
    spec::hex(6, 6, "key_id"),
    spec::number(12, 8, "sequence"),
    spec::rest(20, "digest"),
];
const ERROR_V4: Table = &[
    spec::v4(4, "node"),
    spec::flag(8, 0x01, "in_place"),
    spec::flag(8, 0x02, "not_guilty"),
    spec::named(spec::u8(9, "error_code"), &ERRORS),
    spec::u16(10, "error_value"),
];
const ERROR_V6: Table = &[
    spec::v6(4, "node"),
    spec::flag(20, 0x01, "in_place"),
    spec::flag(20, 0x02, "not_guilty"),
    spec::named(spec::u8(21, "error_code"), &ERRORS),
    spec::u16(22, "error_value"),
];
const STYLE: Table = &[
    spec::hex(4, 1, "flags"),
    spec::named(spec::bits_of(5, 3, 0, 5, "style"), &STYLES),
];
/// RFC 2961 section 4.1.
const MESSAGE_ID: Table = &[
    spec::hex(4, 1, "flags"),
    spec::hex(5, 3, "epoch"),
    spec::u32(8, "message_id"),
];
/// RFC 3209 section 4.7.1.
const SESSION_ATTRIBUTE: Table = &[
    spec::u8(4, "setup_priority"),
    spec::u8(5, "holding_priority"),
    spec::hex(6, 1, "flags"),
    spec::u8(7, "name_length"),
    spec::text(8, "session_name"),
];

/// RFC 2205 section A.7: how reservations are shared, and whose they are.
const STYLES: Names = Names {
    key: "style_name",
    words: &spec::sparse::<19>(&[
        (0b01010, "fixed_filter"),
        (0b10001, "wildcard_filter"),
        (0b10010, "shared_explicit"),
    ]),
};

/// RFC 2205 appendix B, RFC 3209 section 7.3.
const ERRORS: Names = Names {
    key: "error_code_name",
    words: &spec::sparse::<26>(&[
        (0, "confirmation"),
        (1, "admission_control_failure"),
        (2, "policy_control_failure"),
        (3, "no_path_information"),
        (4, "no_sender_information"),
        (5, "conflicting_style"),
        (6, "unknown_style"),
        (7, "conflicting_dst_ports"),
        (8, "conflicting_sender_ports"),
        (12, "service_preempted"),
        (13, "unknown_class"),
        (14, "unknown_c_type"),
        (21, "traffic_control_error"),
        (22, "traffic_control_system_error"),
        (23, "rsvp_system_error"),
        (24, "routing_problem"),
        (25, "notify"),
    ]),
};
