//! What the core of a mobile network is run with: GTP version 1 and 2, GTP', PFCP.

use super::{Layout, is_whole};
use crate::icmp::application::Payload;
use crate::icmp::field::{FieldSpec, spec};
use crate::wire::bytes::{u8_at, u16_at};

/// The octet that versions and flags are in.
fn first(payload: &Payload<'_>) -> u8 {
    payload.octets.first().copied().unwrap_or(0)
}

/// Whether the length in octets 2 and 3 is that of the rest, behind so many octets.
fn has_length(payload: &Payload<'_>, behind: u64) -> bool {
    is_whole(payload, u16_at(payload.octets, 2), behind)
}

/// What all have in front.
const HEADER: &[FieldSpec] = &[
    spec::bits(0, 5, 3, "version"),
    spec::u8(1, "type"),
    spec::u16(2, "message_length"),
];

const TEID: FieldSpec = spec::hex(4, 4, "teid");
const NEXT_EXTENSION: FieldSpec = spec::hex(11, 1, "next_extension");

/// Flags of version 1 (3GPP TS 29.060 section 6): with any of them all three fields are there, of which
/// those without a flag hold nothing. Control messages have no use for the number of an N-PDU (section
/// 8.2).
const EXTENSION: u8 = 0x04;
const SEQUENCE: u8 = 0x02;
const N_PDU: u8 = 0x01;

/// Whether it is a message of version 1 with these flags and no other; one bit is spare.
fn is_gtp_1(payload: &Payload<'_>, flags: u8) -> bool {
    const SPARE: u8 = 0x08;
    first(payload) & !SPARE == 0x30 | flags && has_length(payload, 8)
}

/// 3GPP TS 29.060 section 6, TS 29.274 section 5.1.
pub(super) const GTP: &[Layout] = &[
    Layout {
        name: "gtp",
        fits: |payload| is_gtp_1(payload, 0),
        common: HEADER,
        fields: &[TEID],
        length: 8,
        messages: MESSAGES_1,
    },
    Layout {
        name: "gtp",
        fits: |payload| is_gtp_1(payload, N_PDU),
        common: HEADER,
        fields: &[TEID],
        length: 12,
        messages: MESSAGES_1,
    },
    Layout {
        name: "gtp",
        fits: |payload| is_gtp_1(payload, SEQUENCE) || is_gtp_1(payload, SEQUENCE | N_PDU),
        common: HEADER,
        fields: &[TEID, spec::u16(8, "sequence")],
        length: 12,
        messages: MESSAGES_1,
    },
    Layout {
        name: "gtp",
        fits: |payload| is_gtp_1(payload, EXTENSION) || is_gtp_1(payload, EXTENSION | N_PDU),
        common: HEADER,
        fields: &[TEID, NEXT_EXTENSION],
        length: 12,
        messages: MESSAGES_1,
    },
    Layout {
        name: "gtp",
        fits: |payload| {
            is_gtp_1(payload, EXTENSION | SEQUENCE)
                || is_gtp_1(payload, EXTENSION | SEQUENCE | N_PDU)
        },
        common: HEADER,
        fields: &[TEID, spec::u16(8, "sequence"), NEXT_EXTENSION],
        length: 12,
        messages: MESSAGES_1,
    },
    Layout {
        name: "gtp",
        fits: |payload| first(payload) & 0xf8 == 0x48 && has_length(payload, 4),
        common: HEADER,
        fields: &[TEID, spec::number(8, 3, "sequence")],
        length: 12,
        messages: MESSAGES_2,
    },
    Layout {
        name: "gtp",
        fits: |payload| first(payload) & 0xf8 == 0x40 && has_length(payload, 4),
        common: HEADER,
        fields: &[spec::number(4, 3, "sequence")],
        length: 8,
        messages: MESSAGES_2,
    },
    // Another message follows (piggybacked).
    Layout {
        name: "gtp",
        fits: |payload| {
            let length = u16_at(payload.octets, 2).map_or(usize::MAX, usize::from);
            first(payload) & 0xf8 == 0x58 && length.saturating_add(4) < payload.length
        },
        common: &[],
        fields: &[
            spec::bits(0, 5, 3, "version"),
            spec::flag(0, 0x10, "piggybacked"),
            spec::u8(1, "type"),
            spec::u16(2, "message_length"),
            TEID,
            spec::number(8, 3, "sequence"),
        ],
        length: 12,
        messages: MESSAGES_2,
    },
];

/// 3GPP TS 29.060 section 7.1.
const MESSAGES_1: &[(u16, &str)] = &[
    (1, "echo_request"),
    (2, "echo_response"),
    (3, "version_not_supported"),
    (16, "create_pdp_context_request"),
    (17, "create_pdp_context_response"),
    (18, "update_pdp_context_request"),
    (19, "update_pdp_context_response"),
    (20, "delete_pdp_context_request"),
    (21, "delete_pdp_context_response"),
    (22, "initiate_pdp_context_activation_request"),
    (23, "initiate_pdp_context_activation_response"),
    (26, "error_indication"),
    (27, "pdu_notification_request"),
    (28, "pdu_notification_response"),
    (31, "supported_extension_headers"),
    (48, "identification_request"),
    (49, "identification_response"),
    (50, "sgsn_context_request"),
    (51, "sgsn_context_response"),
    (52, "sgsn_context_acknowledge"),
];

/// 3GPP TS 29.274 section 6.1.
const MESSAGES_2: &[(u16, &str)] = &[
    (1, "echo_request"),
    (2, "echo_response"),
    (3, "version_not_supported"),
    (32, "create_session_request"),
    (33, "create_session_response"),
    (34, "modify_bearer_request"),
    (35, "modify_bearer_response"),
    (36, "delete_session_request"),
    (37, "delete_session_response"),
    (38, "change_notification_request"),
    (39, "change_notification_response"),
    (64, "modify_bearer_command"),
    (65, "modify_bearer_failure_indication"),
    (66, "delete_bearer_command"),
    (67, "delete_bearer_failure_indication"),
    (68, "bearer_resource_command"),
    (69, "bearer_resource_failure_indication"),
    (70, "downlink_data_notification_failure_indication"),
    (95, "create_bearer_request"),
    (96, "create_bearer_response"),
    (97, "update_bearer_request"),
    (98, "update_bearer_response"),
    (99, "delete_bearer_request"),
    (100, "delete_bearer_response"),
    (128, "identification_request"),
    (129, "identification_response"),
    (130, "context_request"),
    (131, "context_response"),
    (132, "context_acknowledge"),
    (133, "forward_relocation_request"),
    (134, "forward_relocation_response"),
    (170, "release_access_bearers_request"),
    (171, "release_access_bearers_response"),
    (176, "downlink_data_notification"),
    (177, "downlink_data_notification_acknowledge"),
];

/// GTP version 0 (GSM 09.60 section 6), which has that port too, but for packets of users, and GTP' (3GPP TS
/// 32.295 section 6.1.2), whose header of version 0 may have as many octets.
pub(super) const GTP_PRIME: &[Layout] = &[
    Layout {
        name: "gtp",
        fits: |payload| {
            const USER_DATA: u8 = 255;
            let is_control = u8_at(payload.octets, 1).is_some_and(|kind| kind != USER_DATA);
            first(payload) & 0xf0 == 0x10 && is_control && has_length(payload, 20)
        },
        common: HEADER,
        fields: &[
            spec::u16(4, "sequence"),
            spec::u16(6, "flow_label"),
            spec::digits(12, 8, "tid"),
        ],
        length: 20,
        messages: MESSAGES_1,
    },
    Layout {
        name: "gtp_prime",
        fits: |payload| {
            let first = first(payload);
            let is_long = first & 0xe1 == 0;
            first & 0x10 == 0
                && first >> 5 <= 2
                && has_length(payload, if is_long { 20 } else { 6 })
        },
        common: HEADER,
        fields: &[spec::u16(4, "sequence")],
        length: 6,
        messages: &[
            (1, "echo_request"),
            (2, "echo_response"),
            (3, "version_not_supported"),
            (4, "node_alive_request"),
            (5, "node_alive_response"),
            (6, "redirection_request"),
            (7, "redirection_response"),
            (240, "data_record_transfer_request"),
            (241, "data_record_transfer_response"),
        ],
    },
];

/// 3GPP TS 29.244 section 7.2.2: with and without a session.
pub(super) const PFCP: &[Layout] = &[
    Layout {
        name: "pfcp",
        fits: |payload| first(payload) & 0xe1 == 0x21 && is_pfcp(payload),
        common: HEADER,
        fields: &[spec::hex(4, 8, "session"), spec::number(12, 3, "sequence")],
        length: 16,
        messages: PFCP_MESSAGES,
    },
    Layout {
        name: "pfcp",
        fits: |payload| first(payload) & 0xe1 == 0x20 && is_pfcp(payload),
        common: HEADER,
        fields: &[spec::number(4, 3, "sequence")],
        length: 8,
        messages: PFCP_MESSAGES,
    },
];

/// Others may follow if the flag says so.
fn is_pfcp(payload: &Payload<'_>) -> bool {
    const FOLLOWED: u8 = 0x04;
    let length = u16_at(payload.octets, 2).map_or(usize::MAX, usize::from);
    let is_followed = first(payload) & FOLLOWED != 0 && length.saturating_add(4) <= payload.length;
    (has_length(payload, 4) || is_followed) && u8_at(payload.octets, 1) != Some(0)
}

/// 3GPP TS 29.244 section 7.3.
const PFCP_MESSAGES: &[(u16, &str)] = &[
    (1, "heartbeat_request"),
    (2, "heartbeat_response"),
    (3, "pfd_management_request"),
    (4, "pfd_management_response"),
    (5, "association_setup_request"),
    (6, "association_setup_response"),
    (7, "association_update_request"),
    (8, "association_update_response"),
    (9, "association_release_request"),
    (10, "association_release_response"),
    (11, "version_not_supported"),
    (12, "node_report_request"),
    (13, "node_report_response"),
    (14, "session_set_deletion_request"),
    (15, "session_set_deletion_response"),
    (50, "session_establishment_request"),
    (51, "session_establishment_response"),
    (52, "session_modification_request"),
    (53, "session_modification_response"),
    (54, "session_deletion_request"),
    (55, "session_deletion_response"),
    (56, "session_report_request"),
    (57, "session_report_response"),
];
