//! TLS, DTLS and QUIC: what they begin with, and whom a client asks for. What they encrypt stays so;
//! that is the rest of QUIC's first packet, too (RFC 9001 section 5.2).

use super::Payload;
use crate::icmp::field::{FieldSpec, spec};
use crate::icmp::item::Specs;
use crate::icmp::upper_header::UpperHeader;
use crate::wire::bytes::{array_at, tail, u8_at, u16_at, u32_at};

const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;

/// RFC 8446 section 5.1.
const fn content(kind: u8) -> Option<&'static str> {
    Some(match kind {
        20 => "change_cipher_spec",
        21 => "alert",
        HANDSHAKE => "handshake",
        23 => "application_data",
        24 => "heartbeat",
        // RFC 9147 section 4.
        25 => "connection_id",
        _ => return None,
    })
}

/// RFC 8446 section 4, RFC 5246 section 7.4, RFC 6347 section 4.3.2.
const fn handshake(kind: u8) -> Option<&'static str> {
    Some(match kind {
        0 => "hello_request",
        CLIENT_HELLO => "client_hello",
        2 => "server_hello",
        3 => "hello_verify_request",
        4 => "new_session_ticket",
        8 => "encrypted_extensions",
        11 => "certificate",
        12 => "server_key_exchange",
        13 => "certificate_request",
        14 => "server_hello_done",
        15 => "certificate_verify",
        16 => "client_key_exchange",
        20 => "finished",
        _ => return None,
    })
}

/// The name of a message: that of the handshake's, where it is not encrypted and so has a length
/// that fits into its record.
fn message(octets: &[u8], at: usize, record: usize) -> Option<&'static str> {
    let content = content(u8_at(octets, 0)?)?;
    let inside = || {
        let length = u32_at(octets, at)? & 0x00ff_ffff;
        let fits = usize::try_from(length).ok()? + 4 <= record;
        handshake(u8_at(octets, at)?).filter(|_| fits)
    };
    let inside = inside().filter(|_| octets.first() == Some(&HANDSHAKE));
    Some(inside.unwrap_or(content))
}

/// RFC 8446 section 5.1.
const RECORD: [FieldSpec; 3] = [
    spec::u8(0, "type"),
    spec::hex(1, 2, "version"),
    spec::u16(3, "record_length"),
];

pub(super) fn record<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    const HEADER: usize = 5;
    /// Of what is encrypted (RFC 8446 section 5.2).
    const LONGEST: u16 = (1 << 14) + 2048;
    let octets = payload.octets;
    let length = u16_at(octets, 3)?;
    if !matches!(u16_at(octets, 1)?, 0x0300..=0x0304) || length > LONGEST {
        return None;
    }
    let message = message(octets, HEADER, length.into())?;
    let name = (message == "client_hello")
        .then(|| server_name(octets, HEADER + 4))
        .flatten();
    let bytes = octets.get(..name.map_or(HEADER, |(at, length)| at + length));
    let name = name.and_then(|(at, length)| {
        Some(spec::text_of(
            u16::try_from(at).ok()?,
            u16::try_from(length).ok()?,
            "server_name",
        ))
    });
    let specs = Specs::made(RECORD.into_iter().chain(name));
    let kind = u8_at(octets, 0).map(u16::from);
    Some(UpperHeader::new(
        "tls",
        kind,
        Some(message),
        bytes.unwrap_or(octets),
        specs,
    ))
}

/// Where a client's hello that begins at `at` has the name of the server, if all of that is there
/// (RFC 8446 section 4.1.2, RFC 6066 section 3), and how long it is.
fn server_name(octets: &[u8], at: usize) -> Option<(usize, usize)> {
    const VERSION_AND_RANDOM: usize = 34;
    const SERVER_NAME: u16 = 0;
    const HOST_NAME: u8 = 0;
    let mut at = at + VERSION_AND_RANDOM;
    at += 1 + usize::from(u8_at(octets, at)?);
    at += 2 + usize::from(u16_at(octets, at)?);
    at += 1 + usize::from(u8_at(octets, at)?);
    at += 2;
    while u16_at(octets, at)? != SERVER_NAME {
        at += 4 + usize::from(u16_at(octets, at + 2)?);
    }
    // Behind the extension's header and the length of its list.
    at += 6;
    let length = usize::from(u16_at(octets, at + 1)?);
    let name = tail(octets, at + 3).get(..length)?;
    let is_name = u8_at(octets, at)? == HOST_NAME && !name.is_empty();
    is_name.then_some((at + 3, length))
}

/// RFC 9147 section 4, RFC 6347 section 4.1.
const DATAGRAM: &[FieldSpec] = &[
    spec::u8(0, "type"),
    spec::hex(1, 2, "version"),
    spec::u16(3, "epoch"),
    spec::number(5, 6, "sequence"),
    spec::u16(11, "record_length"),
];

pub(super) fn datagram<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    const HEADER: usize = 13;
    const DTLS_1_0: u16 = 0xfeff;
    const DTLS_1_2: u16 = 0xfefd;
    let octets = payload.octets;
    if !matches!(u16_at(octets, 1)?, DTLS_1_0 | DTLS_1_2) {
        return None;
    }
    let message = message(octets, HEADER, u16_at(octets, 11).unwrap_or(0).into())?;
    let bytes = octets.get(..HEADER).unwrap_or(octets);
    let kind = u8_at(octets, 0).map(u16::from);
    Some(UpperHeader::new(
        "dtls",
        kind,
        Some(message),
        bytes,
        Specs::Table(DATAGRAM),
    ))
}

/// Ports that QUIC is met at.
const PORTS: [u16; 6] = [443, 784, 853, 4433, 4443, 8853];

const LONG: u8 = 0x80;
const FIXED: u8 = 0x40;

fn has_port(payload: &Payload<'_>) -> bool {
    PORTS.iter().any(|&port| payload.has(port))
}

/// RFC 9369 section 3.1.
const V2: u32 = 0x6b33_43cf;

/// Versions that are known: drafts too, of which the last is 34, those of mvfst, those of Google, those that
/// no one is to know (RFC 9000 section 15).
const fn is_version(version: u32) -> bool {
    matches!(version, 1 | V2 | 0xff00_0000..=0xff00_0022)
        || version >> 8 == 0x00fa_ceb0
        || matches!(version >> 16, 0x5130 | 0x5430)
        || version & 0x0f0f_0f0f == 0x0a0a_0a0a
}

/// Where the identifiers of connections begin, behind the length of the first.
const IDS: usize = 6;

/// Whether the datagram ends in a list of versions, behind two identifiers (RFC 8999 section 6). Four zeros
/// may be anything, so that one of the versions is to be known at a port that is not QUIC's.
fn is_negotiation(payload: &Payload<'_>) -> bool {
    const VERSION: usize = 4;
    let octets = payload.octets;
    let id = |at: usize| u8_at(octets, at).map(|length| at + 1 + usize::from(length));
    let Some(list) = id(IDS - 1).and_then(id) else {
        return false;
    };
    let length = payload.length.saturating_sub(list);
    let mut versions =
        (tail(octets, list).chunks_exact(VERSION)).filter_map(|word| u32_at(word, 0));
    length >= VERSION
        && length.is_multiple_of(VERSION)
        && (has_port(payload) || versions.any(is_version))
}

/// A long header (RFC 9000 section 17.2), told by a version that is known.
pub(super) fn quic<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    const NEGOTIATION: u32 = 0;
    /// Before RFC 9000 they might be longer in no version that is known here.
    const LONGEST_ID: usize = 20;
    let octets = payload.octets;
    let (first, version) = (u8_at(octets, 0)?, u32_at(octets, 1)?);
    let is_one = match version {
        NEGOTIATION => is_negotiation(payload),
        _ => is_version(version),
    };
    let destination = usize::from(u8_at(octets, 5)?);
    if first & LONG == 0 || !is_one {
        return None;
    }
    // Ends that agreed on it set that bit at random (RFC 9287).
    let may_grease = matches!(version, 1 | V2) && has_port(payload);
    let is_fixed = first & FIXED != 0 || version == NEGOTIATION || may_grease;
    if !is_fixed || destination > LONGEST_ID {
        return None;
    }
    // Version 2 counts its types from another one on (RFC 9369 section 3.2).
    let kind = (first >> 4).wrapping_sub(u8::from(version == V2)) & 0x03;
    let message = match (version, kind) {
        (NEGOTIATION, _) => "version_negotiation",
        (_, 0) => "initial",
        (_, 1) => "0rtt",
        (_, 2) => "handshake",
        _ => "retry",
    };
    let source = u8_at(octets, IDS + destination).map(usize::from);
    let source = source.filter(|&length| length <= LONGEST_ID);
    let end = IDS + destination + 1 + source.unwrap_or(0);
    let bytes = octets.get(..end).unwrap_or(octets);
    let rows = [
        spec::hex(1, 4, "version"),
        spec::octets(6, u16::try_from(destination).ok()?, "destination_id"),
        spec::octets(
            u16::try_from(IDS + destination + 1).ok()?,
            u16::try_from(source.unwrap_or(0)).ok()?,
            "source_id",
        ),
    ];
    Some(UpperHeader::new(
        "quic",
        None,
        Some(message),
        bytes,
        Specs::made(rows),
    ))
}

/// The header that Google's QUIC had up to version 43, with its version (`QUIC Wire Layout
/// Specification` of 2016, public packet header): that of a client's first packets.
pub(super) fn google_quic<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    const HEADER: usize = 13;
    const HAS_VERSION: u8 = 0x01;
    const HAS_CONNECTION: u8 = 0x08;
    const UNUSED: u8 = 0xc0;
    const TABLE: &[FieldSpec] = &[
        spec::hex(0, 1, "flags"),
        spec::octets(1, 8, "connection"),
        spec::text_of(9, 4, "version"),
    ];
    let octets = payload.octets;
    let flags = u8_at(octets, 0)? & (UNUSED | HAS_VERSION | HAS_CONNECTION);
    let [q, version @ ..]: [u8; 4] = array_at(octets, 9)?;
    let is_version = q == b'Q' && version.iter().all(u8::is_ascii_digit);
    if flags != HAS_VERSION | HAS_CONNECTION || !is_version {
        return None;
    }
    let specs = Specs::Table(TABLE);
    let bytes = octets.get(..HEADER)?;
    Some(UpperHeader::new("google_quic", None, None, bytes, specs))
}

/// A short header (RFC 9000 section 17.3), at its port: all but one bit of it is protected.
pub(super) fn protected<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    const TABLE: &[FieldSpec] = &[spec::flag(0, 0x20, "spin")];
    let octets = payload.octets;
    if u8_at(octets, 0)? & (LONG | FIXED) != FIXED {
        return None;
    }
    let specs = Specs::Table(TABLE);
    Some(UpperHeader::new(
        "quic",
        None,
        Some("protected"),
        octets.get(..1)?,
        specs,
    ))
}
