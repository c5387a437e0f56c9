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
            length: u32::try_from(length).ok(),
            bytes,
            extent: Extent::of(bytes.len(), length),
            specs: Specs::Two(FIELDS, table),
        })
    })
}

/// Where parameters break the rules of RFC 9460 section 2.2 or those of their key, and which.
pub(super) fn fault(octets: &[u8]) -> Option<(usize, &'static str)> {
    let mut at = 0;
    let mut last = None;
    for item in items(octets) {
        if item.extent == Extent::Cut {
            return Some((at, "parameter longer than its octets"));
        }
        if last >= item.number {
            return Some((at, "parameters do not ascend"));
        }
        if let Some((offset, rule)) = value_fault(item.number, tail(item.bytes, HEADER)) {
            return Some((at + HEADER + offset, rule));
        }
        last = item.number;
        at += item.bytes.len();
    }
    (at < octets.len()).then_some((at, "parameter longer than its octets"))
}

/// Where a value breaks the rules of its key, and which (RFC 9460 sections 7 and 8).
fn value_fault(key: Option<u16>, value: &[u8]) -> Option<(usize, &'static str)> {
    let rule = match key? {
        MANDATORY if value.is_empty() || !value.len().is_multiple_of(2) => {
            "keys that do not fill their value"
        }
        ALPN => return protocol_fault(value),
        NO_DEFAULT_ALPN | OHTTP if !value.is_empty() => "value of a parameter that has none",
        PORT if value.len() != 2 => "port that has not two octets",
        _ => return None,
    };
    Some((0, rule))
}

/// Names of protocols fill their value, and none is empty (RFC 7301 section 3.1).
fn protocol_fault(names: &[u8]) -> Option<(usize, &'static str)> {
    if names.is_empty() {
        return Some((0, "no protocol"));
    }
    let mut at = 0;
    while let Some(&length) = names.get(at) {
        if length == 0 {
            return Some((at, "empty name of a protocol"));
        }
        let end = at + 1 + usize::from(length);
        if end > names.len() {
            return Some((at, "name of a protocol longer than its octets"));
        }
        at = end;
    }
    None
}

/// Whether a parameter hints at addresses.
pub(super) const fn is_hint(key: u16) -> bool {
    matches!(key, IPV4_HINT | IPV6_HINT)
}

const MANDATORY: u16 = 0;
const ALPN: u16 = 1;
const NO_DEFAULT_ALPN: u16 = 2;
const PORT: u16 = 3;
const IPV4_HINT: u16 = 4;
const IPV6_HINT: u16 = 6;
const OHTTP: u16 = 8;

/// The fields that every parameter begins with: RFC 9460 calls the type a key.
const FIELDS: &[FieldSpec] = &[spec::u16(0, "type"), spec::u16(2, "length")];

/// IANA registry `Service Parameter Keys (SvcParamKeys)`.
const fn format(key: u16) -> (Option<&'static str>, &'static [FieldSpec]) {
    const DATA: &[FieldSpec] = &[spec::rest(4, "data")];
    match key {
        MANDATORY => (
            Some("mandatory"),
            const { &[spec::number_list(4, 2, "keys")] },
        ),
        ALPN => (Some("alpn"), const { &[spec::strings(4, "protocols")] }),
        NO_DEFAULT_ALPN => (Some("no_default_alpn"), &[]),
        PORT => (Some("port"), const { &[spec::u16(4, "port")] }),
        IPV4_HINT => (Some("ipv4hint"), const { &[spec::v4_list(4, "addresses")] }),
        5 => (Some("ech"), DATA),
        IPV6_HINT => (Some("ipv6hint"), const { &[spec::v6_list(4, "addresses")] }),
        // RFC 9461 section 5.
        7 => (Some("dohpath"), const { &[spec::text(4, "path")] }),
        // RFC 9540 section 4.
        OHTTP => (Some("ohttp"), &[]),
        _ => (None, DATA),
    }
}
