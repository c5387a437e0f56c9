//! The fields of options whose fields move.

use std::ops::Range;

use super::DOMAIN;
use super::tables::{FIELDS, ROUTE};
use crate::icmp::application::parts::Parts;
use crate::icmp::field::{FieldSpec, spec};
use crate::icmp::item::Specs;
use crate::icmp::x509::{Part, der_length};
use crate::icmp::{dns, ndp};
use crate::wire::bytes::{tail, u8_at, u16_at};

/// The fields of an option with an identifier and padding behind it (RFC 5271 section 6).
pub(super) fn identifier(bytes: &[u8], stated: usize, table: &'static [FieldSpec]) -> Specs {
    rows(table, [spec::octets(4, id_octets(bytes, stated), "id")])
}

/// The same of a mobile node's, both kinds of which are text (RFC 5271 section 3).
pub(super) fn node_identifier(bytes: &[u8], stated: usize, table: &'static [FieldSpec]) -> Specs {
    let length = id_octets(bytes, stated);
    let name = match u8_at(bytes, 2) {
        Some(1) => Some("nai"),
        Some(2) => Some("imsi"),
        _ => None,
    };
    let text = name.map(|name| spec::text_of(4, length, name));
    rows(
        table,
        [spec::octets(4, length, "id")].into_iter().chain(text),
    )
}

fn id_octets(bytes: &[u8], stated: usize) -> u16 {
    let length = u16::from(u8_at(bytes, 3).unwrap_or(0));
    let room = u16::try_from(stated.saturating_sub(4)).unwrap_or(u16::MAX);
    length.min(room)
}

/// A link-layer address of eight octets, and padding.
pub(super) fn eui_64() -> Specs {
    rows(&[], [spec::octets(2, 8, "address")])
}

/// The fields of a link-layer address of a fast handover (RFC 5568 section 6.4.3), of which nothing says
/// how long it is: one of six octets, or of eight, and zeros behind it.
pub(super) fn handover_address(bytes: &[u8], table: &'static [FieldSpec]) -> Specs {
    let octets = match *tail(bytes, 3) {
        [_, _, _, _, _, _, 0, 0, 0, 0, 0, 0, 0] => 6,
        [_, _, _, _, _, _, _, _, 0, 0, 0, 0, 0] => 8,
        _ => 13,
    };
    let code = table.first().copied();
    let address = spec::octets(3, octets, "address");
    rows(&[], code.into_iter().chain([address]))
}

/// The fields of a trust anchor, without the padding behind its name (RFC 3971 section 6.4.3).
pub(super) fn trust_anchor(bytes: &[u8], stated: usize, table: &'static [FieldSpec]) -> Specs {
    const NAME: usize = 4;
    let padding = usize::from(u8_at(bytes, 3).unwrap_or(0));
    let length = stated.saturating_sub(NAME + padding);
    let octets = u16::try_from(length).unwrap_or(u16::MAX);
    let name = match u8_at(bytes, 2) {
        Some(DOMAIN) => [Some(spec::dns_names_of(4, octets, "domains")), None],
        _ => [
            Some(spec::octets(4, octets, "anchor")),
            Some(spec::x509(4, Part::Name, "anchor_name")),
        ],
    };
    // Padding that runs over what is before it leaves no name.
    rows(table, name.into_iter().flatten().filter(|_| length > 0))
}

/// The fields of a handover key request: the key has the format of a CGA's (RFC 5269 section 4.1).
pub(super) fn handover_key_request(
    bytes: &[u8],
    stated: usize,
    table: &'static [FieldSpec],
) -> Specs {
    const KEY: u16 = 4;
    let key = handover_key_at(bytes, stated, KEY);
    let is_der = tail(bytes, KEY.into()).first() == Some(&DER_SEQUENCE);
    let parts = key.filter(|_| is_der).map(|_| key_parts(KEY));
    rows(table, key.into_iter().chain(parts.into_iter().flatten()))
}

/// The fields of a handover key reply, whose key is encrypted (RFC 5269 section 4.2).
pub(super) fn handover_key_reply(
    bytes: &[u8],
    stated: usize,
    table: &'static [FieldSpec],
) -> Specs {
    rows(table, handover_key_at(bytes, stated, 6))
}

/// A handover key, without the padding behind it.
fn handover_key_at(bytes: &[u8], stated: usize, at: u16) -> Option<FieldSpec> {
    let padding = u16::from(u8_at(bytes, 2).unwrap_or(0));
    let room = u16::try_from(stated).unwrap_or(u16::MAX).saturating_sub(at);
    // Padding that runs over what is before it leaves no key.
    let length = room.checked_sub(padding).filter(|length| *length > 0);
    length.map(|length| spec::octets(at, length, "key"))
}

/// What DER begins the encoding of a public key with.
const DER_SEQUENCE: u8 = 0x30;

/// What the DER encoding of a public key tells of it.
fn key_parts(at: u16) -> [FieldSpec; 3] {
    [
        spec::x509(at, Part::AlgorithmOf, "key_algorithm"),
        spec::x509(at, Part::BitsOf, "key_bits"),
        spec::x509(at, Part::ExponentOf, "key_exponent"),
    ]
}

/// The fields of a provisioning domain (RFC 8801 section 3.1): its name, padded to eight octets, then,
/// where the R flag is set, the header of a router advertisement, and options.
pub(super) fn provisioning_domain(bytes: &[u8], table: &'static [FieldSpec]) -> Specs {
    let (length, header) = domain_parts(bytes);
    let short = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
    let name = [spec::dns_names_of(
        short(DOMAIN_NAME),
        short(length),
        "domains",
    )];
    let parts = |at, parts, name| spec::parts(short(at), parts, name);
    // What pads it to the option's end is nobody's field.
    let behind_name = DOMAIN_NAME + length;
    let padding =
        padding(behind_name, header.start - behind_name).filter(|_| header.start < bytes.len());
    let header_part =
        (!header.is_empty()).then(|| parts(header.start, Parts::RouterAdvertisement, "header"));
    let behind = [parts(header.end, Parts::DomainOptions, "options")];
    rows(
        table,
        name.into_iter()
            .chain(padding)
            .chain(header_part)
            .chain(behind),
    )
}

/// Padding of so many octets at `at`, fewer than eight, if there is any.
fn padding(at: usize, octets: usize) -> Option<FieldSpec> {
    let octets = u8::try_from(octets).ok().filter(|&n| n > 0)?;
    let mask = u64::MAX.checked_shr(u32::from(8_u8.checked_sub(octets)?) * 8)?;
    Some(spec::reserved(
        u16::try_from(at).ok()?,
        octets,
        mask,
        "reserved2",
    ))
}

/// Octets before the name of a provisioning domain.
const DOMAIN_NAME: usize = 6;

/// Octets of a provisioning domain's name, and where the header of a router advertisement is behind it,
/// which may have none.
pub(super) fn domain_parts(bytes: &[u8]) -> (usize, Range<usize>) {
    const ROUTER_ADVERTISEMENT: u8 = 0x20;
    let length = dns::first(tail(bytes, DOMAIN_NAME)).wire_len();
    let at = (DOMAIN_NAME + length).next_multiple_of(8);
    let has_header = u8_at(bytes, 2).is_some_and(|flags| flags & ROUTER_ADVERTISEMENT != 0);
    let octets = if has_header {
        ndp::fixed_len(ndp::ADVERTISEMENT)
    } else {
        0
    };
    (length, at..at + octets)
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
    let key = key.into_iter().chain(key_parts(short(KEY)));
    let own = key.chain(extension.into_iter().flatten());
    rows(table, own)
}

/// The fields of an encrypted DNS option before its name.
pub(super) const ENCRYPTED_DNS: &[FieldSpec] = &[
    spec::u16(2, "service_priority"),
    spec::seconds(4, "lifetime"),
    spec::u16(8, "name_length"),
];

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
        // Octets that are no whole address.
        spec::octets(
            parameters_at.saturating_sub(addresses % 16),
            addresses % 16,
            "data",
        ),
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
    rows(ROUTE, [spec::v6_prefix_of(8, 0, "prefix")])
}

/// The fields of every option, then those of a table, then others.
pub(super) fn rows(table: &[FieldSpec], own: impl IntoIterator<Item = FieldSpec>) -> Specs {
    Specs::made(FIELDS.iter().chain(table).copied().chain(own))
}
