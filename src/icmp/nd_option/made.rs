//! The fields of options whose fields move.

use super::tables::{CODED_IDENTIFIER, ENCRYPTED_DNS, FIELDS, ROUTE};
use crate::icmp::field::{FieldSpec, spec};
use crate::icmp::item::Specs;
use crate::icmp::x509::der_length;
use crate::wire::bytes::{tail, u8_at, u16_at};

/// The fields of an option with an identifier and padding behind it (RFC 5271 section 4).
pub(super) fn identifier(bytes: &[u8], stated: usize) -> Specs {
    let length = u16::from(u8_at(bytes, 3).unwrap_or(0));
    let room = u16::try_from(stated.saturating_sub(4)).unwrap_or(u16::MAX);
    rows(CODED_IDENTIFIER, [spec::octets(4, length.min(room), "id")])
}

/// The fields of a CGA option (RFC 3971 section 5.1): behind the key, whose DER encoding tells how
/// long it is, may be an extension (RFC 4581 section 2), and padding.
pub(super) fn cga(bytes: &[u8], stated: usize, table: &'static [FieldSpec]) -> Specs {
    const KEY: usize = 29;
    let short = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
    let padding = usize::from(u8_at(bytes, 2).unwrap_or(0));
    let end = stated.saturating_sub(padding).max(KEY);
    let room = end - KEY;
    let key_length = der_length(tail(bytes, KEY)).unwrap_or(room).min(room);
    let at = KEY + key_length;
    let key = [spec::octets(short(KEY), short(key_length), "public_key")];
    let length = u16_at(bytes, at + 2).filter(|_| at + 4 <= end);
    let extension = length.map(|length| {
        let held = usize::from(length).min(end - at - 4);
        [
            spec::u16(short(at), "extension_kind"),
            spec::u16(short(at + 2), "extension_length"),
            spec::octets(short(at + 4), short(held), "extension"),
        ]
    });
    let own = key.into_iter().chain(extension.into_iter().flatten());
    rows(table, own)
}

/// The fields of an encrypted DNS option (RFC 9463 section 6.1): a length before each of its parts.
pub(super) fn encrypted_dns(bytes: &[u8]) -> Specs {
    let length_at = |at: u16| u16_at(bytes, usize::from(at)).unwrap_or(0);
    // Lengths that lead out of the option lead to fields that are not there.
    let name = length_at(8);
    let addresses_at = name.saturating_add(10);
    let addresses = length_at(addresses_at);
    let parameters_at = addresses_at.saturating_add(2).saturating_add(addresses);
    let own = [
        spec::dns_names_of(10, name, "domains"),
        spec::u16(addresses_at, "addresses_length"),
        spec::v6_array(addresses_at.saturating_add(2), addresses / 16, "addresses"),
        spec::u16(parameters_at, "parameters_length"),
        spec::svc_params(
            parameters_at.saturating_add(2),
            length_at(parameters_at),
            "parameters",
        ),
    ];
    rows(ENCRYPTED_DNS, own)
}

/// The fields of an option that is shorter than its table: those that are whole, then what is left.
pub(super) fn too_short(bytes: &[u8], table: &'static [FieldSpec]) -> Specs {
    let whole = table.iter().filter_map(|spec| spec.read(bytes));
    let behind = whole
        .map(|field| field.range.end)
        .max()
        .unwrap_or(FIELDS.len());
    rows(
        table,
        [spec::rest(
            u16::try_from(behind).unwrap_or(u16::MAX),
            "data",
        )],
    )
}

/// A route whose prefix has no octets (RFC 4191 section 2.3).
pub(super) fn default_route() -> Specs {
    rows(ROUTE, [spec::v6_prefix_of_none(8, "prefix")])
}

/// The fields of every option, then those of a table, then others.
fn rows(table: &[FieldSpec], own: impl IntoIterator<Item = FieldSpec>) -> Specs {
    Specs::made(FIELDS.iter().chain(table).copied().chain(own))
}
