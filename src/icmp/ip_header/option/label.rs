//! Options that label packets with a security level: that of IPv4 in its two forms, and CALIPSO.

use super::super::Table;
use crate::icmp::field::{FewNames, FieldSpec, spec};
use crate::wire::bytes::u8_at;
use crate::wire::ip::label::{self, CalipsoChecksum, SecurityForm};

pub(super) fn security(bytes: &[u8]) -> Table {
    match SecurityForm::of(bytes) {
        SecurityForm::Rfc791 => RFC_791,
        SecurityForm::Rfc1108 => RFC_1108,
    }
}

/// RFC 791 section 3.1: restrictions and control codes are letters and digits.
const RFC_791: Table = &[
    spec::few_named(spec::hex(2, 2, "security"), &SECURITY),
    spec::hex(4, 2, "compartments"),
    spec::text_of(6, 2, "handling_restrictions"),
    spec::text_of(8, 3, "transmission_control_code"),
];
const SECURITY: FewNames = FewNames {
    key: "security_name",
    words: &[
        (0x0000, "unclassified"),
        (0xf135, "confidential"),
        (0x789a, "efto"),
        (0xbc4d, "mmmm"),
        (0x5e26, "prog"),
        (0xaf13, "restricted"),
        (0xd788, "secret"),
        (0x6bc5, "top_secret"),
        (0x35e2, "reserved"),
        (0x9af1, "reserved"),
        (0x4d78, "reserved"),
        (0x24bd, "reserved"),
        (0x135e, "reserved"),
        (0x89af, "reserved"),
        (0xc4d6, "reserved"),
        (0xe26b, "reserved"),
    ],
};

/// RFC 1108 sections 2.3 and 2.4.
const RFC_1108: Table = &[
    spec::few_named(spec::hex(2, 1, "classification"), &CLASSIFICATIONS),
    spec::flag(3, 0x80, "genser"),
    spec::flag(3, 0x40, "siop_esi"),
    spec::flag(3, 0x20, "sci"),
    spec::flag(3, 0x10, "nsa"),
    spec::flag(3, 0x08, "doe"),
    spec::reserved(3, 1, 0x06, "unassigned_authorities"),
    spec::flag(3, 0x01, "more_authorities"),
    spec::rest(4, "further_authorities"),
];
const CLASSIFICATIONS: FewNames = FewNames {
    key: "classification_name",
    words: &[
        (0x01, "reserved_4"),
        (0x3d, "top_secret"),
        (0x5a, "secret"),
        (0x96, "confidential"),
        (0x66, "reserved_3"),
        (0xcc, "reserved_2"),
        (0xab, "unclassified"),
        (0xf1, "reserved_1"),
    ],
};

/// RFC 5570 section 5.1: the checksum with what it came to.
pub(super) fn calipso(bytes: &[u8]) -> [FieldSpec; 5] {
    let checksum = spec::hex(8, 2, "checksum");
    let status = |word| spec::found(checksum, "checksum_status", word);
    let words = u8_at(bytes, 6).map_or(0, u16::from);
    let behind = u16::try_from(bytes.len().saturating_sub(label::CALIPSO)).unwrap_or(u16::MAX);
    [
        spec::u32(2, "domain_of_interpretation"),
        spec::u8(6, "compartment_words"),
        spec::u8(7, "sensitivity"),
        match CalipsoChecksum::of(bytes) {
            Some(CalipsoChecksum::Good) => status("good"),
            Some(CalipsoChecksum::Bad) => status("bad"),
            None => checksum,
        },
        spec::octets(10, (words * 4).min(behind), "compartments"),
    ]
}
