//! What keys are agreed upon and encrypted packets are sent with over UDP: IKE, ESP, Kerberos,
//! WireGuard.

use super::Payload;
use super::parts::{IkeVersion, Parts};
use crate::icmp::field::{FieldSpec, spec};
use crate::icmp::item::Specs;
use crate::icmp::upper_header::{ESP, UpperHeader};
use crate::wire::bytes::{tail, u8_at, u16_at, u32_at};

/// RFC 7296 section 3.1, RFC 2408 section 3.1.
const IKE: [FieldSpec; 7] = [
    spec::hex(0, 8, "initiator_spi"),
    spec::hex(8, 8, "responder_spi"),
    spec::bits(17, 4, 4, "version"),
    spec::u8(18, "type"),
    spec::hex(19, 1, "flags"),
    spec::hex(20, 4, "id"),
    spec::u32(24, "message_length"),
];

pub(super) fn ike<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    header(payload.octets)
}

fn header(octets: &[u8]) -> Option<UpperHeader<'_>> {
    if !matches!(u8_at(octets, 17)? >> 4, 1 | 2) {
        return None;
    }
    let exchange = u8_at(octets, 18);
    let message = match exchange {
        Some(2) => Some("identity_protection"),
        Some(4) => Some("aggressive"),
        Some(5) => Some("informational_v1"),
        Some(6) => Some("transaction"),
        Some(32) => Some("quick_mode"),
        Some(34) => Some("ike_sa_init"),
        Some(35) => Some("ike_auth"),
        Some(36) => Some("create_child_sa"),
        Some(37) => Some("informational"),
        Some(38) => Some("ike_session_resume"),
        Some(43) => Some("ike_intermediate"),
        _ => None,
    };
    let kind = exchange.map(u16::from);
    let (end, rows) = match proposals(octets) {
        Some((end, rows)) => (end, Some(rows)),
        None => (HEADER, None),
    };
    let bytes = octets.get(..end).unwrap_or(octets);
    let specs = Specs::made(IKE.into_iter().chain(rows.into_iter().flatten().flatten()));
    Some(UpperHeader::new("ike", kind, message, bytes, specs))
}

/// Octets of the header.
const HEADER: usize = 28;

/// Where a security association ends, if it comes first and is not encrypted, and its fields (RFC 2408
/// section 3.4, RFC 2407 section 4.6.1, RFC 7296 section 3.3).
fn proposals(octets: &[u8]) -> Option<(usize, [Option<FieldSpec>; 2])> {
    const ASSOCIATION_1: u8 = 1;
    const ASSOCIATION_2: u8 = 33;
    const ENCRYPTED: u8 = 0x01;
    let (next, version, flags) = (
        u8_at(octets, 16)?,
        u8_at(octets, 17)? >> 4,
        u8_at(octets, 19)?,
    );
    let end = HEADER + usize::from(u16_at(octets, HEADER + 2)?);
    let rows = match (version, next) {
        (1, ASSOCIATION_1) if flags & ENCRYPTED == 0 => [
            Some(spec::hex(36, 4, "situation")),
            Some(spec::parts(
                40,
                Parts::IkeProposals(IkeVersion::One),
                "proposals",
            )),
        ],
        (2, ASSOCIATION_2) => [
            None,
            Some(spec::parts(
                32,
                Parts::IkeProposals(IkeVersion::Two),
                "proposals",
            )),
        ],
        _ => return None,
    };
    Some((end, rows))
}

/// IKE behind a marker, ESP, or what keeps a NAT's mapping (RFC 3948 section 2).
pub(super) fn encapsulated<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    const MARKER: u32 = 0;
    const KEEPALIVE: &[FieldSpec] = &[spec::hex(0, 1, "keepalive")];
    let octets = payload.octets;
    if octets == [0xff] && payload.length == 1 {
        let specs = Specs::Table(KEEPALIVE);
        return Some(UpperHeader::new("nat_keepalive", None, None, octets, specs));
    }
    if u32_at(octets, 0)? == MARKER {
        return header(tail(octets, 4));
    }
    let bytes = octets.get(..8).unwrap_or(octets);
    let specs = Specs::Table(ESP);
    Some(UpperHeader::new("esp", None, None, bytes, specs))
}

/// RFC 4120 section 5.10: the application tag in front tells the message.
pub(super) fn kerberos<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    kerberos_message(payload.octets)
}

/// RFC 4120 section 7.2.2: the message behind its length.
pub(super) fn kerberos_segment<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    /// More than any ticket needs.
    const LONGEST: u32 = 1 << 20;
    let octets = payload.octets;
    u32_at(octets, 0).filter(|&length| length < LONGEST)?;
    kerberos_message(tail(octets, 4))
}

fn kerberos_message(octets: &[u8]) -> Option<UpperHeader<'_>> {
    const APPLICATION: u8 = 0x60;
    const TABLE: &[FieldSpec] = &[spec::bits(0, 0, 5, "type")];
    let tag = u8_at(octets, 0)?;
    if tag & 0xe0 != APPLICATION {
        return None;
    }
    let kind = tag & 0x1f;
    let message = match kind {
        10 => "as_request",
        11 => "as_reply",
        12 => "tgs_request",
        13 => "tgs_reply",
        14 => "ap_request",
        15 => "ap_reply",
        30 => "error",
        _ => return None,
    };
    let bytes = octets.get(..1)?;
    let specs = Specs::Table(TABLE);
    Some(UpperHeader::new(
        "kerberos",
        Some(kind.into()),
        Some(message),
        bytes,
        specs,
    ))
}

const WG_SENDER: &[FieldSpec] = &[spec::u8(0, "type"), spec::hex_little_endian(4, 4, "sender")];
const WG_RESPONSE: &[FieldSpec] = &[
    spec::u8(0, "type"),
    spec::hex_little_endian(4, 4, "sender"),
    spec::hex_little_endian(8, 4, "receiver"),
];
const WG_RECEIVER: &[FieldSpec] = &[
    spec::u8(0, "type"),
    spec::hex_little_endian(4, 4, "receiver"),
];
const WG_DATA: &[FieldSpec] = &[
    spec::u8(0, "type"),
    spec::hex_little_endian(4, 4, "receiver"),
    spec::little_endian(8, 8, "counter"),
];

/// Section 5.4 of the protocol's paper; a type in four octets, the low one first.
pub(super) fn wireguard<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    let octets = payload.octets;
    let (message, table, length) = match octets.first_chunk()? {
        [1, 0, 0, 0] => ("initiation", WG_SENDER, 8),
        [2, 0, 0, 0] => ("response", WG_RESPONSE, 12),
        [3, 0, 0, 0] => ("cookie_reply", WG_RECEIVER, 8),
        [4, 0, 0, 0] => ("transport_data", WG_DATA, 16),
        _ => return None,
    };
    let kind = u8_at(octets, 0)?;
    let bytes = octets.get(..length).unwrap_or(octets);
    let specs = Specs::Table(table);
    Some(UpperHeader::new(
        "wireguard",
        Some(kind.into()),
        Some(message),
        bytes,
        specs,
    ))
}
