//! What networks and devices are run with: RADIUS, CoAP, sFlow, `OpenFlow`.

use super::Payload;
use super::parts::{Parts, radius::may_be_told};
use crate::icmp::field::{FieldSpec, Names, spec};
use crate::icmp::item::Specs;
use crate::icmp::upper_header::{UpperHeader, l2tp};
use crate::wire::bytes::{tail, u8_at, u16_at, u32_at};

/// RFC 2865 section 3.
const RADIUS: &[FieldSpec] = &[
    spec::u8(0, "type"),
    spec::u8(1, "id"),
    spec::u16(2, "message_length"),
    spec::octets(4, 16, "authenticator"),
    spec::parts(20, Parts::RadiusAttributes, "attributes"),
];

pub(super) fn radius<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    const HEADER: usize = 20;
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
    // Octets behind the length are no part of it; what a quote cuts may be a secret.
    let bytes = octets.get(..u16_at(octets, 2).map_or(HEADER, usize::from));
    let bytes = bytes.unwrap_or(octets);
    let attributes = tail(bytes, HEADER);
    let there = Parts::RadiusAttributes.complete(attributes);
    let bytes = if may_be_told(tail(attributes, there)) {
        bytes
    } else {
        bytes.get(..HEADER + there)?
    };
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

pub(super) fn l2tp_3<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    l2tp::in_udp(payload.octets)
}

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
        // RFC 8132 section 6.
        5 => Some("fetch"),
        6 => Some("patch"),
        7 => Some("ipatch"),
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

/// Version 5 of `sFlow`, section 5 of its specification; that of an agent in IPv6 has 12 octets more.
const SFLOW_V4: &[FieldSpec] = &[
    spec::u32(0, "version"),
    spec::v4(8, "agent"),
    spec::u32(12, "sub_agent"),
    spec::u32(16, "sequence"),
    spec::millis(20, 4, "uptime_ms"),
    spec::u32(24, "sample_count"),
];
const SFLOW_V6: &[FieldSpec] = &[
    spec::u32(0, "version"),
    spec::v6(8, "agent"),
    spec::u32(24, "sub_agent"),
    spec::u32(28, "sequence"),
    spec::millis(32, 4, "uptime_ms"),
    spec::u32(36, "sample_count"),
];

pub(super) fn sflow<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    const VERSION: u32 = 5;
    let octets = payload.octets;
    if u32_at(octets, 0)? != VERSION {
        return None;
    }
    let (table, length) = match u32_at(octets, 4) {
        None | Some(1) => (SFLOW_V4, 28),
        Some(2) => (SFLOW_V6, 40),
        _ => return None,
    };
    let bytes = octets.get(..length).unwrap_or(octets);
    let specs = Specs::Table(table);
    Some(UpperHeader::new("sflow", None, None, bytes, specs))
}

/// Section A.1 of the `OpenFlow` switch specification.
const OPENFLOW: &[FieldSpec] = &[
    spec::u8(0, "version"),
    spec::u8(1, "type"),
    spec::u16(2, "message_length"),
    spec::hex(4, 4, "transaction"),
];

pub(super) fn openflow<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    const HEADER: usize = 8;
    /// That of 1.5, and its highest type.
    const LAST_VERSION: u8 = 6;
    const LAST_TYPE: u8 = 35;
    let octets = payload.octets;
    let (version, kind) = (u8_at(octets, 0)?, u8_at(octets, 1)?);
    let length = usize::from(u16_at(octets, 2)?);
    if !(1..=LAST_VERSION).contains(&version) || kind > LAST_TYPE || length < HEADER {
        return None;
    }
    let message = match kind {
        0 => Some("hello"),
        1 => Some("error"),
        2 => Some("echo_request"),
        3 => Some("echo_reply"),
        4 => Some("experimenter"),
        5 => Some("features_request"),
        6 => Some("features_reply"),
        7 => Some("configuration_request"),
        8 => Some("configuration_reply"),
        9 => Some("set_configuration"),
        10 => Some("packet_in"),
        11 => Some("flow_removed"),
        12 => Some("port_status"),
        13 => Some("packet_out"),
        14 => Some("flow_modification"),
        // What the others are called differs from version to version.
        _ => None,
    };
    let bytes = octets.get(..HEADER).unwrap_or(octets);
    let specs = Specs::Table(OPENFLOW);
    let kind = Some(kind.into());
    Some(UpperHeader::new("openflow", kind, message, bytes, specs))
}
