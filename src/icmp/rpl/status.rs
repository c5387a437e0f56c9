//! Statuses of acknowledgments and of cleanups.

use crate::icmp::field::{FieldSpec, Names, spec};
use crate::icmp::lowpan::REGISTRATION_STATUSES;

/// That it rejects (RFC 9010 section 6.3, RFC 9914 section 5.2).
const REJECTION: u8 = 0x80;
/// That the value is one of address registration (RFC 9010 section 6.3).
const OF_REGISTRATION: u8 = 0x40;
/// What bears no meaning in the status of an answer to a request for a route (RFC 9914 section 5.2).
const REQUEST_RESERVED: u8 = 0x40;

/// The status of an acknowledgment or cleanup, whose parts are told, too.
pub(super) const fn octet(at: u16) -> FieldSpec {
    spec::named(spec::u8(at, "status"), &STATUSES)
}

pub(super) const fn rejection(at: u16) -> FieldSpec {
    spec::flag(at, REJECTION, "rejection")
}

pub(super) const fn of_registration(at: u16) -> FieldSpec {
    spec::flag(at, OF_REGISTRATION, "address_registration")
}

pub(super) const fn value(at: u16) -> FieldSpec {
    spec::bits(at, 0, 6, "status_value")
}

/// The status of an answer to a request for a route.
pub(super) const fn of_request(at: u16) -> FieldSpec {
    spec::named(spec::u8(at, "status"), &REQUEST_STATUSES)
}

pub(super) const fn reserved_of_request(at: u16) -> FieldSpec {
    spec::reserved(at, 1, REQUEST_RESERVED as u64, "status_reserved")
}

/// IANA registries "RPL Rejection Status" and "RPL Non-Rejection Status" (RFC 9010; RFC 9914 for the
/// last four), and that of address registrations.
const STATUSES: Names = Names {
    key: "status_name",
    words: &with_registrations(spec::sparse::<256>(&[
        (0, "unqualified_acceptance"),
        (128, "unqualified_rejection"),
        (129, "no_routing_entry"),
        (130, "out_of_resources"),
        (131, "error_in_vio"),
        (132, "predecessor_unreachable"),
        (133, "unreachable_target"),
    ])),
};

/// Statuses with those of address registration, accepting and rejecting.
const fn with_registrations(mut words: [&'static str; 256]) -> [&'static str; 256] {
    let statuses = REGISTRATION_STATUSES.words;
    let mut status = 0;
    while status < statuses.len() {
        words[OF_REGISTRATION as usize | status] = statuses[status];
        words[(REJECTION | OF_REGISTRATION) as usize | status] = statuses[status];
        status += 1;
    }
    words
}

/// IANA registries "PDR-ACK Acceptance Status Values" and "PDR-ACK Rejection Status Values".
const REQUEST_STATUSES: Names = Names {
    key: "status_name",
    words: &without_reserved(spec::sparse::<256>(&[
        (0, "unqualified_acceptance"),
        (128, "unqualified_rejection"),
        (129, "transient_failure"),
    ])),
};

/// Statuses whose reserved bit does not count.
const fn without_reserved(mut words: [&'static str; 256]) -> [&'static str; 256] {
    let mut status = 0;
    while status < words.len() {
        words[status] = words[status & !(REQUEST_RESERVED as usize)];
        status += 1;
    }
    words
}
