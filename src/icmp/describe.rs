//! The fields of any message, by name: for sinks that print what they do not know by heart.

use super::field::{Field, FieldSpec, read, spec};
use super::{Body, Message, mld, ndp};
use crate::wire::IpVersion::{V4, V6};

/// The fields that every message begins with.
#[allow(dead_code)]
pub(super) const HEADER: &[FieldSpec] = &[
    spec::u8(0, "type"),
    spec::u8(1, "code"),
    spec::hex(2, 2, "checksum"),
];

impl<'a> Message<'a> {
    /// The fields of the message behind type, code and checksum, in wire order, as far as they
    /// were captured. Quotes, options, records and extensions are not among them.
    pub fn fields(&self) -> impl Iterator<Item = Field<'a>> + use<'a> {
        read(table(self), self.bytes)
    }
}

/// The fixed fields of a message's type, by their place in the message.
pub(super) fn table(message: &Message<'_>) -> &'static [FieldSpec] {
    if matches!(message.body, Body::Fragment) {
        return &[];
    }
    match (message.version, message.kind) {
        (V4, 0 | 8) | (V6, 128 | 129) => ECHO,
        (V4, 3) if message.code == 4 => FRAGMENTATION_NEEDED,
        (V4, 3 | 11) => QUOTE_LENGTH_4,
        (V4, 5) => GATEWAY,
        (V4, 9) => ROUTERS,
        (V4, 12) => PARAMETER_PROBLEM_4,
        (V4, 13 | 14) => TIMESTAMP,
        (V4, 15 | 16) => QUERY,
        (V4, 17 | 18) => MASK,
        (V4, 31) | (V6, 4) => POINTER,
        (V4, 40) => PHOTURIS,
        (V4, 42) | (V6, 160) => EXTENDED_REQUEST,
        (V4, 43) | (V6, 161) => EXTENDED_REPLY,
        (V6, 1 | 3) => QUOTE_LENGTH_6,
        (V6, 2) => MTU,
        (V6, 130) if matches!(message.body, Body::Mld(mld::Mld::QueryV2(_))) => mld::V2_FIELDS,
        (V6, 130..=132) => mld::V1_FIELDS,
        (V6, 134) => ndp::ADVERTISEMENT_FIELDS,
        (V6, 135) => ndp::SOLICITATION_FIELDS,
        (V6, 136) => ndp::NEIGHBOR_FIELDS,
        (V6, 137) => ndp::REDIRECT_FIELDS,
        (V6, 143) => mld::REPORT_FIELDS,
        _ => &[],
    }
}

const ECHO: &[FieldSpec] = &[
    spec::u16(4, "id"),
    spec::u16(6, "seq"),
    spec::rest(8, "payload"),
];
const QUOTE_LENGTH_4: &[FieldSpec] = &[spec::u8(5, "quote_words")];
const QUOTE_LENGTH_6: &[FieldSpec] = &[spec::u8(4, "quote_words")];
const FRAGMENTATION_NEEDED: &[FieldSpec] = &[spec::u8(5, "quote_words"), spec::u16(6, "mtu")];
const GATEWAY: &[FieldSpec] = &[spec::v4(4, "gateway")];
const ROUTERS: &[FieldSpec] = &[
    spec::u8(4, "address_count"),
    spec::u8(5, "entry_words"),
    spec::u16(6, "lifetime"),
];
const PARAMETER_PROBLEM_4: &[FieldSpec] = &[spec::u8(4, "pointer"), spec::u8(5, "quote_words")];
const QUERY: &[FieldSpec] = &[spec::u16(4, "id"), spec::u16(6, "seq")];
const TIMESTAMP: &[FieldSpec] = &[
    spec::u16(4, "id"),
    spec::u16(6, "seq"),
    spec::u32(8, "originate"),
    spec::u32(12, "receive"),
    spec::u32(16, "transmit"),
];
const MASK: &[FieldSpec] = &[spec::u16(4, "id"), spec::u16(6, "seq"), spec::v4(8, "mask")];
const POINTER: &[FieldSpec] = &[spec::u32(4, "pointer")];
/// RFC 2521 section 2.
const PHOTURIS: &[FieldSpec] = &[spec::u16(6, "pointer")];
const MTU: &[FieldSpec] = &[spec::u32(4, "mtu")];
const EXTENDED_REQUEST: &[FieldSpec] = &[
    spec::u16(4, "id"),
    spec::u8(6, "seq"),
    spec::flag(7, 0x01, "local"),
];
const EXTENDED_REPLY: &[FieldSpec] = &[
    spec::u16(4, "id"),
    spec::u8(6, "seq"),
    spec::bits(7, 5, 3, "state"),
    spec::flag(7, 0x04, "active"),
    spec::flag(7, 0x02, "ipv4"),
    spec::flag(7, 0x01, "ipv6"),
];
