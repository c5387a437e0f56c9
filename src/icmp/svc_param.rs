//! Service parameters (RFC 9460 section 2.2), as an encrypted DNS option carries them (RFC 9463
//! section 6.1): how a resolver is to be spoken to.

use super::field::{Extent, FieldSpec, spec};
use super::item::{Item, Specs};
use crate::wire::bytes::{tail, u16_at};

/// Octets of key and length.
const HEADER: usize = 4;

/// The parameters that stand one behind the other in `octets`; one that was cut is given as far as
/// it goes.
pub fn items(octets: &[u8]) -> impl Iterator<Item = Item<'_>> + Clone {
    let mut rest = octets;
    std::iter::from_fn(move || {
        let (key, length) = (u16_at(rest, 0)?, u16_at(rest, 2)?);
        let length = HEADER + usize::from(length);
        let bytes = rest.get(..length).unwrap_or(rest);
        rest = tail(rest, length);
        let (name, table) = format(key);
        Some(Item {
            group: "parameters",
            number: Some(key),
            name,
            length: None,
            bytes,
            extent: Extent::of(bytes.len(), length),
            specs: Specs::Two(FIELDS, table),
        })
    })
}

/// The fields that every parameter begins with: RFC 9460 calls the type a key.
const FIELDS: &[FieldSpec] = &[spec::u16(0, "type"), spec::u16(2, "length")];

/// IANA registry `Service Parameter Keys (SvcParamKeys)`.
const fn format(key: u16) -> (Option<&'static str>, &'static [FieldSpec]) {
    const DATA: &[FieldSpec] = &[spec::rest(4, "data")];
    match key {
        0 => (Some("mandatory"), DATA),
        1 => (Some("alpn"), const { &[spec::strings(4, "protocols")] }),
        2 => (Some("no_default_alpn"), &[]),
        3 => (Some("port"), const { &[spec::u16(4, "port")] }),
        4 => (Some("ipv4hint"), const { &[spec::v4_list(4, "addresses")] }),
        5 => (Some("ech"), DATA),
        6 => (Some("ipv6hint"), const { &[spec::v6_list(4, "addresses")] }),
        // RFC 9461 section 5.
        7 => (Some("dohpath"), const { &[spec::text(4, "path")] }),
        _ => (None, DATA),
    }
}
