//! PGM, which sends to groups and hears what they miss.

use super::{Name, UpperHeader};
use crate::icmp::field::{FieldSpec, spec};
use crate::icmp::item::Specs;
use crate::wire::bytes::u8_at;

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
    /// Of SPM and the polls.
    const PATH: &[FieldSpec] = &[
        spec::u32(16, "sequence"),
        spec::u32(20, "trail"),
        spec::u32(24, "lead"),
        spec::v4(32, "path"),
    ];
    /// Of data.
    const DATA: &[FieldSpec] = &[spec::u32(16, "sequence"), spec::u32(20, "trail")];
    /// Of those that miss it.
    const MISSED: &[FieldSpec] = &[spec::u32(16, "sequence")];
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
        Some(13) => Some("source_path_request"),
        Some(14) => Some("ack"),
        _ => None,
    };
    // The address behind another family than that of IPv4 is longer.
    let is_v4 = u8_at(octets, 28) == Some(0) && u8_at(octets, 29) == Some(1);
    let (own, length) = match kind {
        Some(0) if is_v4 => (PATH, 36),
        Some(0) => (&PATH[..3], 28),
        Some(4 | 5) => (DATA, 24),
        Some(8..=10) => (MISSED, 20),
        _ => (&[][..], 16),
    };
    let bytes = octets.get(..length).unwrap_or(octets);
    let specs = Specs::Two(HEADER, own);
    let kind = kind.map(u16::from);
    UpperHeader::new("pgm", kind, message, bytes, specs)
}
