//! PGM, which sends to groups and hears what they miss.

use super::{Name, UpperHeader};
use crate::icmp::field::{FieldSpec, spec};
use crate::icmp::item::Specs;
use crate::wire::bytes::{u8_at, u16_at};

/// RFC 3208 section 8.
pub(super) fn pgm(octets: &[u8]) -> UpperHeader<'_> {
    const HEADER: &[FieldSpec] = &[
        spec::u16(0, "src_port"),
        spec::u16(2, "dst_port"),
        spec::u8(4, "type"),
        spec::hex(5, 1, "options"),
        spec::hex(6, 2, "checksum"),
        spec::octets(8, 6, "source"),
        spec::u16(14, "data_length"),
    ];
    /// Of SPM.
    const PATH: &[FieldSpec] = &[
        spec::u32(16, "sequence"),
        spec::u32(20, "trail"),
        spec::u32(24, "lead"),
        spec::v4(32, "path"),
    ];
    /// Of data.
    const DATA: &[FieldSpec] = &[spec::u32(16, "sequence"), spec::u32(20, "trail")];
    /// Of those that miss it.
    const MISSED: &[FieldSpec] = &[
        spec::u32(16, "sequence"),
        spec::v4(24, "source_address"),
        spec::v4(32, "group"),
    ];
    /// RFC 3208 sections 14.7.1 and 14.7.2.
    const POLL: &[FieldSpec] = &[
        spec::u32(16, "sequence"),
        spec::u16(20, "round"),
        spec::u16(22, "subtype"),
        spec::v4(28, "path"),
        spec::u32(32, "back_off_us"),
        spec::hex(36, 4, "random"),
        spec::hex(40, 4, "mask"),
    ];
    let kind = u8_at(octets, 4);
    let message: Name = match kind {
        Some(0) => Some("source_path"),
        Some(1) => Some("poll"),
        Some(2) => Some("poll_response"),
        Some(4) => Some("data"),
        Some(5) => Some("repair_data"),
        Some(8) => Some("nak"),
        Some(9) => Some("null_nak"),
        Some(10) => Some("nak_confirmation"),
        Some(12) => Some("source_path_request"),
        Some(13) => Some("ack"),
        _ => None,
    };
    // The address behind another family than that of IPv4 is longer.
    let is_v4 = |at| u16_at(octets, at) == Some(1);
    let (own, length) = match kind {
        Some(0) if is_v4(28) => (PATH, 36),
        Some(0) => (&PATH[..3], 28),
        Some(1) if is_v4(24) => (POLL, 44),
        Some(1) => (&POLL[..3], 24),
        Some(2) => (&POLL[..2], 22),
        Some(4 | 5) => (DATA, 24),
        Some(8..=10) if is_v4(20) && is_v4(28) => (MISSED, 36),
        Some(8..=10) => (&MISSED[..1], 20),
        _ => (&[][..], 16),
    };
    let bytes = octets.get(..length).unwrap_or(octets);
    let specs = Specs::Two(HEADER, own);
    let kind = kind.map(u16::from);
    UpperHeader::new("pgm", kind, message, bytes, specs)
}
