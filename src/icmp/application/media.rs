//! Voice and video, and what finds a way for them through NATs: RTP, RTCP, STUN.

use std::ops::RangeInclusive;

use super::Payload;
use crate::icmp::field::{FieldSpec, spec};
use crate::icmp::item::Specs;
use crate::icmp::upper_header::UpperHeader;
use crate::wire::bytes::{u8_at, u16_at, u32_at};

/// Where version 2 stands in RTP and RTCP.
const VERSION_MASK: u8 = 0xc0;
const VERSION_2: u8 = 0x80;

/// Payload types that look like messages of RTCP (RFC 5761 section 4).
const RESERVED_FOR_RTCP: RangeInclusive<u8> = 64..=95;

/// RFC 3550 section 5.1.
const RTP: &[FieldSpec] = &[
    spec::flag(0, 0x20, "padding"),
    spec::flag(0, 0x10, "extension"),
    spec::flag(1, 0x80, "marker"),
    spec::bits(1, 0, 7, "payload_type"),
    spec::u16(2, "sequence"),
    spec::u32(4, "media_time"),
    spec::hex(8, 4, "source"),
];

pub(super) fn rtp<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    let octets = payload.octets;
    let kind = u8_at(octets, 1)? & 0x7f;
    if u8_at(octets, 0)? & VERSION_MASK != VERSION_2 || RESERVED_FOR_RTCP.contains(&kind) {
        return None;
    }
    let bytes = octets.get(..12).unwrap_or(octets);
    Some(UpperHeader::new(
        "rtp",
        None,
        None,
        bytes,
        Specs::Table(RTP),
    ))
}

/// RFC 3550 section 6.4.
const RTCP: &[FieldSpec] = &[
    spec::bits(0, 0, 5, "count"),
    spec::u8(1, "type"),
    spec::u16(2, "words"),
    spec::hex(4, 4, "source"),
];

/// Told by its type and a length that fits, as its ports are agreed upon.
pub(super) fn rtcp<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    let octets = payload.octets;
    let (first, kind) = (u8_at(octets, 0)?, u8_at(octets, 1)?);
    let message = match kind {
        200 => "sender_report",
        201 => "receiver_report",
        202 => "source_description",
        203 => "goodbye",
        204 => "application",
        // RFC 4585 section 6.1, RFC 3611.
        205 => "transport_feedback",
        206 => "payload_feedback",
        207 => "extended_report",
        _ => return None,
    };
    let length = (usize::from(u16_at(octets, 2)?) + 1) * 4;
    if first & VERSION_MASK != VERSION_2 || length > payload.length || payload.src_port < 1024 {
        return None;
    }
    let bytes = octets.get(..8).unwrap_or(octets);
    Some(UpperHeader::new(
        "rtcp",
        Some(kind.into()),
        Some(message),
        bytes,
        Specs::Table(RTCP),
    ))
}

/// RFC 8489 section 5.
const STUN: &[FieldSpec] = &[
    spec::hex(0, 2, "type"),
    spec::u16(2, "message_length"),
    spec::hex(4, 4, "cookie"),
    spec::octets(8, 12, "transaction"),
];

/// RFC 3489 section 11.1: where the cookie is now, the transaction began.
const STUN_WITHOUT_COOKIE: &[FieldSpec] = &[
    spec::hex(0, 2, "type"),
    spec::u16(2, "message_length"),
    spec::octets(4, 16, "transaction"),
];

/// Told by its magic cookie, or by the port and a length that fits where it is older (RFC 3489
/// section 11.1).
pub(super) fn stun<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    const COOKIE: u32 = 0x2112_a442;
    const PORT: u16 = 3478;
    const HEADER: usize = 20;
    let octets = payload.octets;
    let (kind, length) = (u16_at(octets, 0)?, usize::from(u16_at(octets, 2)?));
    let is_its_port = payload.has(PORT);
    let fits = length + HEADER == payload.length;
    let cookie = u32_at(octets, 4);
    if kind >> 14 != 0 || length % 4 != 0 || (cookie != Some(COOKIE) && !(is_its_port && fits)) {
        return None;
    }
    let message = match kind {
        0x0001 => Some("binding_request"),
        0x0011 => Some("binding_indication"),
        0x0101 => Some("binding_success"),
        0x0111 => Some("binding_error"),
        // RFC 8656 section 17.
        0x0003 => Some("allocate_request"),
        0x0103 => Some("allocate_success"),
        0x0113 => Some("allocate_error"),
        0x0004 => Some("refresh_request"),
        0x0104 => Some("refresh_success"),
        0x0114 => Some("refresh_error"),
        0x0016 => Some("send_indication"),
        0x0017 => Some("data_indication"),
        0x0008 => Some("create_permission_request"),
        0x0108 => Some("create_permission_success"),
        0x0118 => Some("create_permission_error"),
        0x0009 => Some("channel_bind_request"),
        0x0109 => Some("channel_bind_success"),
        0x0119 => Some("channel_bind_error"),
        _ => None,
    };
    let table = if cookie == Some(COOKIE) {
        STUN
    } else {
        STUN_WITHOUT_COOKIE
    };
    let bytes = octets.get(..HEADER).unwrap_or(octets);
    Some(UpperHeader::new(
        "stun",
        Some(kind),
        message,
        bytes,
        Specs::Table(table),
    ))
}
