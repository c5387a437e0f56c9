//! Address protection for low-power networks: identifiers made of keys, and signatures with these
//! (RFC 8928 sections 4.3 and 4.4).

use super::made;
use crate::icmp::field::{FieldSpec, spec};
use crate::icmp::item::Specs;
use crate::wire::bytes::u16_at;

/// Octets before a key or signature.
const FIXED: u16 = 8;
/// Those of its length, in the low bits of two octets.
const LENGTH: u16 = 0x07ff;

/// The parameters of an identifier, before its key.
pub(super) const PARAMETERS: &[FieldSpec] = &[
    spec::reserved(2, 1, 0xf8, "reserved1"),
    spec::masked(2, LENGTH, "public_key_length"),
    spec::u8(4, "crypto_type"),
    spec::u8(5, "modifier"),
    spec::u8(6, "registration_length"),
    spec::reserved(7, 1, 0xff, "reserved2"),
];

/// What stands before a signature.
pub(super) const SIGNATURE: &[FieldSpec] = &[
    spec::reserved(2, 1, 0xf8, "reserved1"),
    spec::masked(2, LENGTH, "signature_length"),
    spec::reserved(4, 4, 0xffff_ffff, "reserved2"),
];

/// The fields of either, without the padding behind it.
pub(super) fn fields(bytes: &[u8], table: &[FieldSpec], name: &'static str) -> Specs {
    made::rows(table, [spec::octets(FIXED, length(bytes), name)])
}

/// Whether the key or signature ends in its option.
pub(super) fn fits(option: &[u8]) -> bool {
    usize::from(FIXED + length(option)) <= option.len()
}

fn length(option: &[u8]) -> u16 {
    u16_at(option, 2).unwrap_or(0) & LENGTH
}
