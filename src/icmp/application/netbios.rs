//! `NetBIOS` over UDP and TCP (RFC 1002 section 4).

use super::Payload;
use crate::icmp::field::{FieldSpec, spec};
use crate::icmp::item::Specs;
use crate::icmp::upper_header::UpperHeader;
use crate::wire::bytes::{u8_at, u16_at};

/// Octets of a name as encoded, and before that of the first question.
const ENCODED: u8 = 32;
const QUESTION: usize = 12;

const NAMES: &[FieldSpec] = &[
    spec::hex(0, 2, "id"),
    spec::hex(2, 2, "flags"),
    spec::u16(4, "questions"),
    spec::u16(6, "answers"),
    spec::u16(8, "authorities"),
    spec::u16(10, "additional_records"),
];

const NAME: &[FieldSpec] = &[spec::netbios_name(13, "name_asked")];

/// The name service (RFC 1002 section 4.2): the question, or the name of the record of an answer.
pub(super) fn names<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    const RESPONSE: u16 = 0x8000;
    let octets = payload.octets;
    let flags = u16_at(octets, 2)?;
    let is_response = flags & RESPONSE != 0;
    let message = match (flags >> 11 & 0x0f, is_response) {
        (0, false) => "query",
        (0, true) => "response",
        (5, false) => "registration",
        (5, true) => "registration_response",
        (6, _) => "release",
        (7, _) => "wait",
        (8 | 9, _) => "refresh",
        _ => return None,
    };
    let has_name = u8_at(octets, QUESTION) == Some(ENCODED);
    let own = if has_name { NAME } else { &[] };
    let end = if has_name {
        QUESTION + 1 + usize::from(ENCODED)
    } else {
        QUESTION
    };
    let bytes = octets.get(..end).unwrap_or(octets);
    let specs = Specs::Two(NAMES, own);
    Some(UpperHeader::new("nbns", None, Some(message), bytes, specs))
}

/// RFC 1002 section 4.4.1.
const DATAGRAM: &[FieldSpec] = &[
    spec::u8(0, "type"),
    spec::hex(1, 1, "flags"),
    spec::hex(2, 2, "id"),
    spec::v4(4, "sender"),
    spec::u16(8, "sender_port"),
];

const ENDS: &[FieldSpec] = &[
    spec::netbios_name(15, "sender_name"),
    spec::netbios_name(49, "receiver_name"),
];

/// The datagram service.
pub(super) fn datagram<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    /// Where both names begin where neither has a scope.
    const NAMES: [usize; 2] = [14, 48];
    let octets = payload.octets;
    let kind = u8_at(octets, 0)?;
    let message = match kind {
        0x10 => "direct_unique",
        0x11 => "direct_group",
        0x12 => "broadcast",
        0x13 => "error",
        0x14 => "query_request",
        0x15 => "positive_query_response",
        0x16 => "negative_query_response",
        _ => return None,
    };
    let is_plain = NAMES
        .iter()
        .all(|&at| u8_at(octets, at).is_none_or(|n| n == ENCODED));
    let (own, end) = if is_plain && kind <= 0x12 {
        (ENDS, 81)
    } else {
        (&[][..], 10)
    };
    let bytes = octets.get(..end).unwrap_or(octets);
    let specs = Specs::Two(DATAGRAM, own);
    Some(UpperHeader::new(
        "nbds",
        Some(kind.into()),
        Some(message),
        bytes,
        specs,
    ))
}

/// RFC 1002 section 4.3.1; SMB has a length of three octets without flags.
const SESSION: &[FieldSpec] = &[spec::u8(0, "type"), spec::number(1, 3, "message_length")];

const CALL: &[FieldSpec] = &[
    spec::netbios_name(5, "called"),
    spec::netbios_name(39, "calling"),
];

/// The session service, and SMB behind its header.
pub(super) fn session<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    const HEADER: usize = 4;
    const MESSAGE: u8 = 0;
    /// What SMB 1, 2 and 3 begin with.
    const SMB: [[u8; 4]; 4] = [*b"\xffSMB", *b"\xfeSMB", *b"\xfdSMB", *b"\xfcSMB"];
    let octets = payload.octets;
    let kind = u8_at(octets, 0)?;
    let message = match kind {
        MESSAGE if SMB.contains(octets.get(HEADER..)?.first_chunk()?) => "message",
        0x81 => "request",
        0x82 => "positive_response",
        0x83 => "negative_response",
        0x84 => "retarget_response",
        0x85 => "keepalive",
        _ => return None,
    };
    // The flags but for the length's first bit are zero.
    if kind != MESSAGE && u8_at(octets, 1)? > 1 {
        return None;
    }
    let has_names = kind == 0x81 && u8_at(octets, HEADER) == Some(ENCODED);
    let (own, end) = if has_names {
        (CALL, 71)
    } else {
        (&[][..], HEADER)
    };
    let bytes = octets.get(..end).unwrap_or(octets);
    let specs = Specs::Two(SESSION, own);
    Some(UpperHeader::new(
        "nbss",
        Some(kind.into()),
        Some(message),
        bytes,
        specs,
    ))
}
