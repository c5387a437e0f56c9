//! Options that protect the registration of an address (RFC 8928 sections 4.3 and 4.4).

use super::fault::{LENGTH, LONGER_PART, Tell};
use super::made::rows;
use crate::icmp::field::{FieldSpec, Names, spec};
use crate::icmp::item::Specs;
use crate::wire::bytes::{u8_at, u16_at};

/// Parameters of a crypto-ID.
pub(super) const PARAMETERS: u8 = 39;
/// A signature that proves who owns one.
pub(super) const SIGNATURE: u8 = 40;

/// Octets before a public key, and before a signature.
const KEY_AT: u16 = 7;
const SIGNATURE_AT: u16 = 8;
/// The bits of two octets that tell how long either is.
const LENGTH_BITS: u8 = 11;

pub(super) const PARAMETER_FIELDS: &[FieldSpec] = &[
    spec::reserved(2, 2, 0xf800, "reserved"),
    spec::bits_of(2, 2, 0, LENGTH_BITS, "public_key_length"),
    spec::named(spec::u8(4, "crypto_type"), &CRYPTO_TYPES),
    spec::u8(5, "modifier"),
    spec::words(6, "registration_length"),
];

pub(super) const SIGNATURE_FIELDS: &[FieldSpec] = &[
    spec::reserved(2, 2, 0xf800, "reserved1"),
    spec::bits_of(2, 2, 0, LENGTH_BITS, "signature_length"),
    spec::reserved(4, 4, 0xffff_ffff, "reserved2"),
];

/// IANA registry "Crypto-Types" (RFC 8928 section 8.2).
const CRYPTO_TYPES: Names = Names {
    key: "crypto_type_name",
    words: &["ecdsa256", "ed25519", "ecdsa25519"],
};

/// The fields of parameters, without the padding behind the key.
pub(super) fn parameters(bytes: &[u8]) -> Specs {
    let key = spec::octets(KEY_AT, part_octets(bytes), "public_key");
    rows(PARAMETER_FIELDS, [key])
}

/// The fields of a signature, without the padding behind it.
pub(super) fn signature(bytes: &[u8]) -> Specs {
    let signature = spec::octets(SIGNATURE_AT, part_octets(bytes), "signature");
    rows(SIGNATURE_FIELDS, [signature])
}

/// Octets of a key or signature.
fn part_octets(option: &[u8]) -> u16 {
    u16_at(option, 2).unwrap_or(0) & ((1 << LENGTH_BITS) - 1)
}

/// Tells of parameters whose key their option does not end with, but for padding, and of one that is not
/// as long as its type has them.
pub(super) fn parameter_faults(option: &[u8], tell: Tell<'_>) {
    part_faults(option, KEY_AT, tell);
    let lengths = u8_at(option, 4).and_then(key_octets);
    if lengths.is_some_and(|lengths| !lengths.contains(&part_octets(option))) {
        tell(2, "key length wrong for its type");
    }
}

/// Octets that a public key may have, compressed or not (RFC 8928 section 8.2).
const fn key_octets(crypto_type: u8) -> Option<&'static [u16]> {
    match crypto_type {
        0 | 2 => Some(&[33, 65]),
        1 => Some(&[32]),
        _ => None,
    }
}

/// The same of a signature.
pub(super) fn signature_faults(option: &[u8], tell: Tell<'_>) {
    part_faults(option, SIGNATURE_AT, tell);
}

fn part_faults(option: &[u8], at: u16, tell: Tell<'_>) {
    let end = usize::from(at + part_octets(option));
    if end > option.len() {
        tell(2, LONGER_PART);
    } else if end.next_multiple_of(8) != option.len() {
        tell(1, LENGTH);
    }
}
