//! What networks and devices are run with: NTP, RADIUS, CoAP.

use super::Payload;
use crate::icmp::field::{FieldSpec, Names, spec};
use crate::icmp::item::Specs;
use crate::icmp::upper_header::UpperHeader;
use crate::wire::bytes::{u8_at, u16_at};

/// RFC 5905 section 7.3.
const NTP: &[FieldSpec] = &[
    spec::bits(0, 6, 2, "leap"),
    spec::bits(0, 3, 3, "version"),
    spec::bits(0, 0, 3, "mode"),
    spec::u8(1, "stratum"),
    spec::u8(2, "poll"),
    spec::hex(12, 4, "reference"),
];

/// RFC 9327 section 2.
const NTP_CONTROL: &[FieldSpec] = &[
    spec::bits(0, 3, 3, "version"),
    spec::bits(0, 0, 3, "mode"),
    spec::bits(1, 0, 5, "opcode"),
    spec::u16(2, "sequence"),
    spec::hex(4, 2, "status"),
    spec::u16(6, "association"),
];

/// What `ntpdc` sends: no RFC has it.
const NTP_PRIVATE: &[FieldSpec] = &[
    spec::bits(0, 3, 3, "version"),
    spec::bits(0, 0, 3, "mode"),
    spec::u8(2, "implementation"),
    spec::u8(3, "request"),
];

pub(super) fn ntp<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    /// What clocks said is left to a dump.
    const CLOCKLESS: usize = 16;
    let octets = payload.octets;
    let first = u8_at(octets, 0)?;
    let (message, table, length) = match first & 0x07 {
        1 => (Some("symmetric_active"), NTP, CLOCKLESS),
        2 => (Some("symmetric_passive"), NTP, CLOCKLESS),
        3 => (Some("client"), NTP, CLOCKLESS),
        4 => (Some("server"), NTP, CLOCKLESS),
        5 => (Some("broadcast"), NTP, CLOCKLESS),
        6 => (Some("control"), NTP_CONTROL, 12),
        7 => (Some("private"), NTP_PRIVATE, 4),
        // NTP version 1 has no modes (RFC 1059 section 3.2.1).
        _ => (None, NTP, CLOCKLESS),
    };
    if !(1..=4).contains(&(first >> 3 & 0x07)) {
        return None;
    }
    let bytes = octets.get(..length).unwrap_or(octets);
    Some(UpperHeader::new(
        "ntp",
        None,
        message,
        bytes,
        Specs::Table(table),
    ))
}

/// RFC 2865 section 3.
const RADIUS: &[FieldSpec] = &[
    spec::u8(0, "type"),
    spec::u8(1, "id"),
    spec::u16(2, "message_length"),
    spec::octets(4, 16, "authenticator"),
];

pub(super) fn radius<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    let octets = payload.octets;
    let code = u8_at(octets, 0)?;
    let message = match code {
        1 => "access_request",
        2 => "access_accept",
        3 => "access_reject",
        4 => "accounting_request",
        5 => "accounting_response",
        11 => "access_challenge",
        12 => "status_server",
        13 => "status_client",
        // RFC 5176 section 2.3.
        40 => "disconnect_request",
        41 => "disconnect_ack",
        42 => "disconnect_nak",
        43 => "coa_request",
        44 => "coa_ack",
        45 => "coa_nak",
        _ => return None,
    };
    let bytes = octets.get(..20).unwrap_or(octets);
    let specs = Specs::Table(RADIUS);
    Some(UpperHeader::new(
        "radius",
        Some(code.into()),
        Some(message),
        bytes,
        specs,
    ))
}

const COAP_TYPES: Names = Names {
    key: "kind_name",
    words: &["confirmable", "non_confirmable", "acknowledgment", "reset"],
};

/// RFC 7252 section 3.
const COAP: &[FieldSpec] = &[
    spec::bits(0, 6, 2, "version"),
    spec::named(spec::bits(0, 4, 2, "kind"), &COAP_TYPES),
    spec::bits(1, 5, 3, "code_class"),
    spec::bits(1, 0, 5, "code_detail"),
    spec::u16(2, "id"),
];

pub(super) fn coap<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    let octets = payload.octets;
    let first = u8_at(octets, 0)?;
    if first >> 6 != 1 || first & 0x0f > 8 || u16_at(octets, 2).is_none() {
        return None;
    }
    let message = match u8_at(octets, 1)? {
        0 => Some("empty"),
        1 => Some("get"),
        2 => Some("post"),
        3 => Some("put"),
        4 => Some("delete"),
        0x40..=0x5f => Some("success"),
        0x80..=0x9f => Some("client_error"),
        0xa0..=0xbf => Some("server_error"),
        _ => None,
    };
    Some(UpperHeader::new(
        "coap",
        None,
        message,
        octets.get(..4)?,
        Specs::Table(COAP),
    ))
}
