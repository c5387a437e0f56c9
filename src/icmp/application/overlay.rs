//! What tells where prefixes and nodes are, beside routing protocols of the Internet: OLSR, LISP, RPKI to
//! routers.

use super::Payload;
use crate::icmp::field::{FieldSpec, spec};
use crate::icmp::item::Specs;
use crate::icmp::upper_header::UpperHeader;
use crate::wire::IpVersion;
use crate::wire::bytes::{u8_at, u16_at, u32_at};

/// RFC 3626 section 3.3: a packet, and its first message.
const OLSR: &[FieldSpec] = &[
    spec::u16(0, "packet_length"),
    spec::u16(2, "packet_sequence"),
    spec::u8(4, "type"),
    spec::hex(5, 1, "valid"),
    spec::u16(6, "message_length"),
];
const OLSR_V4: &[FieldSpec] = &[
    spec::v4(8, "originator"),
    spec::u8(12, "ttl"),
    spec::u8(13, "hop_count"),
    spec::u16(14, "sequence"),
];
const OLSR_V6: &[FieldSpec] = &[
    spec::v6(8, "originator"),
    spec::u8(24, "ttl"),
    spec::u8(25, "hop_count"),
    spec::u16(26, "sequence"),
];

pub(super) fn olsr<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    let octets = payload.octets;
    if usize::from(u16_at(octets, 0)?) > payload.length || u16_at(octets, 2).is_none() {
        return None;
    }
    let kind = u8_at(octets, 4);
    let message = match kind {
        Some(1) => Some("hello"),
        Some(2) => Some("topology_control"),
        Some(3) => Some("multiple_interfaces"),
        Some(4) => Some("network_association"),
        _ => None,
    };
    let (own, length) = match payload.version {
        IpVersion::V4 => (OLSR_V4, 16),
        IpVersion::V6 => (OLSR_V6, 28),
    };
    let bytes = octets.get(..length).unwrap_or(octets);
    let specs = Specs::Two(OLSR, own);
    let kind = kind.map(u16::from);
    Some(UpperHeader::new("olsr", kind, message, bytes, specs))
}

/// RFC 9301 sections 5.2, 5.4, 5.6 and 5.7.
macro_rules! lisp {
    ($($own:expr),*) => {
        &[
            spec::bits(0, 4, 4, "type"),
            $($own,)*
            spec::u8(3, "record_count"),
            spec::hex(4, 8, "nonce"),
        ]
    };
}

const LISP_REQUEST: &[FieldSpec] = lisp!(
    spec::flag(0, 0x08, "authoritative"),
    spec::flag(0, 0x04, "map_data_present"),
    spec::flag(0, 0x02, "probe"),
    spec::flag(0, 0x01, "solicit")
);
const LISP_REPLY: &[FieldSpec] = lisp!(
    spec::flag(0, 0x08, "probe"),
    spec::flag(0, 0x04, "echo_nonce"),
    spec::flag(0, 0x02, "security")
);
const LISP_REGISTER: &[FieldSpec] = lisp!(
    spec::flag(0, 0x08, "proxy_reply"),
    spec::flag(0, 0x04, "security"),
    spec::flag(0, 0x02, "xtr_id_present"),
    spec::flag(2, 0x01, "want_notify")
);
const LISP_NOTIFY: &[FieldSpec] = lisp!(spec::flag(0, 0x08, "xtr_id_present"));
/// What authenticates.
const LISP_KEY: &[FieldSpec] = &[
    spec::u8(12, "key_id"),
    spec::u8(13, "algorithm"),
    spec::u16(14, "authentication_length"),
];

pub(super) fn lisp<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    const ENCAPSULATED: &[FieldSpec] =
        &[spec::bits(0, 4, 4, "type"), spec::flag(0, 0x08, "security")];
    let octets = payload.octets;
    let kind = u8_at(octets, 0)? >> 4;
    let (message, specs, length) = match kind {
        1 => ("map_request", Specs::Table(LISP_REQUEST), 12),
        2 => ("map_reply", Specs::Table(LISP_REPLY), 12),
        3 => ("map_register", Specs::Two(LISP_REGISTER, LISP_KEY), 16),
        4 => ("map_notify", Specs::Two(LISP_NOTIFY, LISP_KEY), 16),
        5 => ("map_notify_ack", Specs::Two(LISP_NOTIFY, LISP_KEY), 16),
        8 => ("encapsulated_control", Specs::Table(ENCAPSULATED), 4),
        _ => return None,
    };
    u8_at(octets, 3)?;
    let bytes = octets.get(..length).unwrap_or(octets);
    let kind = Some(kind.into());
    Some(UpperHeader::new("lisp", kind, Some(message), bytes, specs))
}

/// RFC 8210 section 5.
const RPKI: &[FieldSpec] = &[
    spec::u8(0, "version"),
    spec::u8(1, "type"),
    spec::u32(4, "message_length"),
];
const RPKI_SESSION: &[FieldSpec] = &[spec::u16(2, "session")];
const RPKI_SERIAL: &[FieldSpec] = &[spec::u16(2, "session"), spec::u32(8, "serial")];
const RPKI_V4: &[FieldSpec] = &[
    spec::flag(8, 0x01, "announcement"),
    spec::u8(9, "prefix_length"),
    spec::u8(10, "longest"),
    spec::v4(12, "prefix"),
    spec::u32(16, "autonomous_system"),
];
const RPKI_V6: &[FieldSpec] = &[
    spec::flag(8, 0x01, "announcement"),
    spec::u8(9, "prefix_length"),
    spec::u8(10, "longest"),
    spec::v6(12, "prefix"),
    spec::u32(28, "autonomous_system"),
];
const RPKI_ERROR: &[FieldSpec] = &[spec::u16(2, "error")];

pub(super) fn rpki<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    const LAST_VERSION: u8 = 2;
    let octets = payload.octets;
    let (version, kind) = (u8_at(octets, 0)?, u8_at(octets, 1)?);
    let (message, own, length) = match kind {
        0 => ("serial_notify", RPKI_SERIAL, 12),
        1 => ("serial_query", RPKI_SERIAL, 12),
        2 => ("reset_query", &[][..], 8),
        3 => ("cache_response", RPKI_SESSION, 8),
        4 => ("ipv4_prefix", RPKI_V4, 20),
        6 => ("ipv6_prefix", RPKI_V6, 32),
        7 => ("end_of_data", RPKI_SERIAL, 12),
        8 => ("cache_reset", &[][..], 8),
        9 => ("router_key", &[][..], 8),
        10 => ("error_report", RPKI_ERROR, 8),
        _ => return None,
    };
    // The lengths of keys and reports vary.
    let stated = usize::try_from(u32_at(octets, 4)?).ok()?;
    let fits = match kind {
        9 | 10 => (8..=1 << 16).contains(&stated),
        7 => matches!(stated, 12 | 24),
        _ => stated == length,
    };
    if version > LAST_VERSION || !fits {
        return None;
    }
    let bytes = octets.get(..length).unwrap_or(octets);
    let specs = Specs::Two(RPKI, own);
    let kind = Some(kind.into());
    Some(UpperHeader::new(
        "rpki_router",
        kind,
        Some(message),
        bytes,
        specs,
    ))
}
