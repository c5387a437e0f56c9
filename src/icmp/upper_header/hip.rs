//! HIP (RFC 7401 section 5), with the parameters of its packets.

use super::listed::{self, Listed};
use super::{Name, Table, UpperHeader};
use crate::icmp::field::{FieldSpec, spec};
use crate::icmp::item::{Item, Specs};
use crate::wire::bytes::{u8_at, u16_at};

/// RFC 7401 section 5.1.
const FIELDS: Table = &[
    spec::u8(0, "payload_protocol"),
    spec::u8(1, "header_length"),
    spec::bits(2, 0, 7, "type"),
    spec::bits(3, 4, 4, "version"),
    spec::hex(4, 2, "checksum"),
    spec::hex(6, 2, "controls"),
    spec::v6(8, "sender"),
    spec::v6(24, "receiver"),
    spec::parts(40, Listed::HipParameters.parts(), "parameters"),
];

const fn message(kind: u8) -> Name {
    Some(match kind {
        1 => "i1",
        2 => "r1",
        3 => "i2",
        4 => "r2",
        16 => "update",
        17 => "notify",
        18 => "close",
        19 => "close_ack",
        _ => return None,
    })
}

pub(super) fn header(octets: &[u8]) -> UpperHeader<'_> {
    let kind = u8_at(octets, 2).unwrap_or(0) & 0x7f;
    // In units of eight octets, without the first ones.
    let length = u8_at(octets, 1).map(|length| (usize::from(length) + 1) * 8);
    let bytes = length.and_then(|length| octets.get(..length));
    UpperHeader::new(
        "hip",
        Some(kind.into()),
        message(kind),
        bytes.unwrap_or(octets),
        Specs::Table(FIELDS),
    )
}

/// The parameter in front of `octets`, and its octets with what pads it (RFC 7401 section 5.2.1).
pub(super) fn parameter(octets: &[u8]) -> Option<(Item<'_>, usize)> {
    const HEADER: [FieldSpec; 2] = [spec::u16(0, "type"), spec::u16(2, "contents_length")];
    let (kind, contents) = (u16_at(octets, 0)?, u16_at(octets, 2)?);
    let length = (4 + usize::from(contents)).next_multiple_of(8);
    let bytes = octets.get(..length)?;
    let (name, table, rest) = format(kind);
    // What is behind that pads it.
    let rest = rest.map(|(at, name)| spec::octets(at, contents.saturating_sub(at - 4), name));
    let rows = HEADER.into_iter().chain(table.iter().copied()).chain(rest);
    let specs = Specs::made(rows);
    let item = listed::item("parameters", kind, name, bytes, specs);
    Some((item, length))
}

/// RFC 7401 section 5.2, with those of RFC 7402, RFC 8003, RFC 8004 and RFC 8046; the fields, and where
/// octets without further ones begin.
const fn format(kind: u16) -> (Name, Table, Option<(u16, &'static str)>) {
    const DATA: Option<(u16, &str)> = Some((4, "data"));
    let (name, table, rest): (_, Table, _) = match kind {
        65 => ("esp_info", ESP_INFO, None),
        129 => (
            "r1_counter",
            const { &[spec::number(8, 8, "counter")] },
            None,
        ),
        193 => ("locator_set", &[], DATA),
        257 => ("puzzle", PUZZLE, Some((8, "random"))),
        321 => ("solution", SOLUTION, Some((8, "random_and_solution"))),
        385 => ("seq", const { &[spec::u32(4, "update_id")] }, None),
        449 => ("ack", &[], DATA),
        511 => ("dh_group_list", &[], DATA),
        513 => ("diffie_hellman", &[], DATA),
        579 => ("hip_cipher", &[], DATA),
        641 => ("encrypted", &[], DATA),
        705 => ("host_id", &[], DATA),
        715 => ("hit_suite_list", &[], DATA),
        768 => ("cert", &[], DATA),
        832 => ("notification", &[], DATA),
        897 => ("echo_request_signed", &[], DATA),
        930 => ("reg_info", &[], DATA),
        932 => ("reg_request", &[], DATA),
        934 => ("reg_response", &[], DATA),
        936 => ("reg_failed", &[], DATA),
        961 => ("echo_response_signed", &[], DATA),
        2049 => ("transport_format_list", &[], DATA),
        4095 => ("esp_transform", &[], DATA),
        61505 => ("hip_mac", &[], DATA),
        61569 => ("hip_mac_2", &[], DATA),
        61633 => ("hip_signature_2", &[], DATA),
        61697 => ("hip_signature", &[], DATA),
        63425 => ("echo_response_unsigned", &[], DATA),
        63661 => ("echo_request_unsigned", &[], DATA),
        65498 => ("from", const { &[spec::v6(4, "address")] }, None),
        65500 => ("rvs_hmac", &[], DATA),
        65502 => ("via_rvs", const { &[spec::v6_list(4, "addresses")] }, None),
        _ => return (None, &[], DATA),
    };
    (Some(name), table, rest)
}

/// RFC 7402 section 5.1.1.
const ESP_INFO: Table = &[
    spec::u16(6, "key_index"),
    spec::hex(8, 4, "old_spi"),
    spec::hex(12, 4, "new_spi"),
];
/// RFC 7401 sections 5.2.4 and 5.2.5: in a puzzle the lifetime is a power of two of seconds.
const PUZZLE: Table = &[
    spec::u8(4, "bits"),
    spec::u8(5, "lifetime_exponent"),
    spec::hex(6, 2, "opaque"),
];
/// Of its answer.
const SOLUTION: Table = &[spec::u8(4, "bits"), spec::hex(6, 2, "opaque")];
