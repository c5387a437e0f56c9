//! What makes and tests label switched paths: LDP, LSP ping, LMP.

use super::Payload;
use crate::icmp::field::{FieldSpec, Names, spec};
use crate::icmp::item::Specs;
use crate::icmp::upper_header::UpperHeader;
use crate::wire::bytes::{u8_at, u16_at};

/// RFC 5036 sections 3.1 and 3.5: a PDU, and its first message.
const LDP: &[FieldSpec] = &[
    spec::u16(0, "version"),
    spec::u16(2, "pdu_length"),
    spec::v4(4, "router_id"),
    spec::u16(8, "label_space"),
    spec::bits_of(10, 2, 0, 15, "type"),
    spec::u16(12, "message_length"),
    spec::hex(14, 4, "id"),
];
/// RFC 5036 section 3.5.2.
const LDP_HELLO: &[FieldSpec] = &[
    spec::seconds_of(22, 2, "hold_time"),
    spec::flag(24, 0x80, "targeted"),
    spec::flag(24, 0x40, "request_targeted"),
];
/// RFC 5036 section 3.5.2.1.
const LDP_HELLO_FROM: &[FieldSpec] = &[
    LDP_HELLO[0],
    LDP_HELLO[1],
    LDP_HELLO[2],
    spec::v4(30, "transport_address"),
];
/// RFC 5036 section 3.5.3.
const LDP_SESSION: &[FieldSpec] = &[
    spec::seconds_of(24, 2, "keepalive"),
    spec::v4(30, "receiver"),
];
/// RFC 5036 section 3.4.6.
const LDP_STATUS: &[FieldSpec] = &[
    spec::flag(22, 0x80, "fatal"),
    spec::flag(22, 0x40, "forward"),
    spec::bits_of(22, 4, 0, 30, "status"),
];

pub(super) fn ldp<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    const HELLO: u16 = 0x0100;
    const VERSION: u16 = 1;
    let octets = payload.octets;
    if u16_at(octets, 0)? != VERSION {
        return None;
    }
    let kind = u16_at(octets, 10).map(|kind| kind & 0x7fff);
    let message = match kind {
        Some(0x0001) => Some("notification"),
        Some(HELLO) => Some("hello"),
        Some(0x0200) => Some("initialization"),
        Some(0x0201) => Some("keepalive"),
        Some(0x0300) => Some("address"),
        Some(0x0301) => Some("address_withdraw"),
        Some(0x0400) => Some("label_mapping"),
        Some(0x0401) => Some("label_request"),
        Some(0x0402) => Some("label_withdraw"),
        Some(0x0403) => Some("label_release"),
        Some(0x0404) => Some("label_abort_request"),
        _ => None,
    };
    // Their first part is to be that of the message.
    let (own, length) = match (kind, u16_at(octets, 18), u16_at(octets, 26)) {
        (Some(HELLO), Some(0x0400), Some(0x0401)) => (LDP_HELLO_FROM, 34),
        (Some(HELLO), Some(0x0400), _) => (LDP_HELLO, 26),
        (Some(0x0200), Some(0x0500), _) => (LDP_SESSION, 34),
        (Some(0x0001), Some(0x0300), _) => (LDP_STATUS, 26),
        _ => (&[][..], 18),
    };
    let bytes = octets.get(..length).unwrap_or(octets);
    let specs = Specs::Two(LDP, own);
    Some(UpperHeader::new("ldp", kind, message, bytes, specs))
}

const REPLY_MODES: Names = Names {
    key: "reply_mode_name",
    words: &["", "none", "udp", "udp_router_alert", "control_channel"],
};

const RETURN_CODES: Names = Names {
    key: "return_code_name",
    words: &[
        "none",
        "malformed",
        "not_understood",
        "egress",
        "no_mapping",
        "downstream_mismatch",
        "unknown_upstream_interface",
        "",
        "label_switched",
        "label_switched_without_mpls",
        "other_label",
        "no_label_entry",
        "wrong_protocol",
        "premature_termination",
    ],
};

/// RFC 8029 section 3.
const LSP_PING: &[FieldSpec] = &[
    spec::u16(0, "version"),
    spec::hex(2, 2, "flags"),
    spec::u8(4, "type"),
    spec::named(spec::u8(5, "reply_mode"), &REPLY_MODES),
    spec::named(spec::u8(6, "return_code"), &RETURN_CODES),
    spec::u8(7, "return_subcode"),
    spec::hex(8, 4, "sender"),
    spec::u32(12, "sequence"),
    spec::ntp_time(16, "sent"),
    spec::ntp_time(24, "received"),
];

pub(super) fn lsp_ping<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    const VERSION: u16 = 1;
    let octets = payload.octets;
    if u16_at(octets, 0)? != VERSION {
        return None;
    }
    let kind = u8_at(octets, 4);
    let message = match kind {
        Some(1) => Some("echo_request"),
        Some(2) => Some("echo_reply"),
        Some(3) => Some("downstream_request"),
        Some(4) => Some("downstream_reply"),
        _ => None,
    };
    let bytes = octets.get(..32).unwrap_or(octets);
    let specs = Specs::Table(LSP_PING);
    let kind = kind.map(u16::from);
    Some(UpperHeader::new("lsp_ping", kind, message, bytes, specs))
}

/// RFC 4204 section 13.1.
const LMP: &[FieldSpec] = &[
    spec::bits(0, 4, 4, "version"),
    spec::flag(2, 0x01, "control_channel_down"),
    spec::flag(2, 0x02, "restart"),
    spec::u8(3, "type"),
    spec::u16(4, "message_length"),
];

pub(super) fn lmp<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    let octets = payload.octets;
    if u8_at(octets, 0)? >> 4 != 1 {
        return None;
    }
    let kind = u8_at(octets, 3)?;
    let message = match kind {
        1 => "config",
        2 => "config_ack",
        3 => "config_nack",
        4 => "hello",
        5 => "begin_verify",
        6 => "begin_verify_ack",
        7 => "begin_verify_nack",
        8 => "end_verify",
        9 => "end_verify_ack",
        10 => "test",
        11 => "test_status_success",
        12 => "test_status_failure",
        13 => "test_status_ack",
        14 => "link_summary",
        15 => "link_summary_ack",
        16 => "link_summary_nack",
        17 => "channel_status",
        18 => "channel_status_ack",
        19 => "channel_status_request",
        20 => "channel_status_response",
        _ => return None,
    };
    let bytes = octets.get(..6).unwrap_or(octets);
    let specs = Specs::Table(LMP);
    let kind = Some(kind.into());
    Some(UpperHeader::new("lmp", kind, Some(message), bytes, specs))
}
