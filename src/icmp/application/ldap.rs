//! LDAP (RFC 4511): which operation, on what, and what came of it; never what a client proves itself with.

use super::Payload;
use super::snmp::Ber;
use crate::icmp::field::{FewNames, FieldSpec, Names, spec};
use crate::icmp::item::Specs;
use crate::icmp::upper_header::UpperHeader;

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const ENUMERATED: u8 = 0x0a;
/// A name in an extended request (RFC 4511 section 4.12).
const REQUEST_NAME: u8 = 0x80;
/// What a client proves itself with by SASL (section 4.2).
const SASL: u8 = 0xa3;

const SCOPES: Names = Names {
    key: "scope_name",
    words: &[
        "base_object",
        "single_level",
        "whole_subtree",
        "subordinate_subtree",
    ],
};
/// RFC 4511 section 4.1.9, of those that are met.
const RESULTS: FewNames = FewNames {
    key: "result_name",
    words: &[
        (0, "success"),
        (1, "operations_error"),
        (2, "protocol_error"),
        (3, "time_limit_exceeded"),
        (4, "size_limit_exceeded"),
        (8, "stronger_auth_required"),
        (10, "referral"),
        (14, "sasl_bind_in_progress"),
        (32, "no_such_object"),
        (34, "invalid_dn_syntax"),
        (49, "invalid_credentials"),
        (50, "insufficient_access_rights"),
        (51, "busy"),
        (52, "unavailable"),
        (53, "unwilling_to_perform"),
    ],
};

/// RFC 4511 section 4.
const fn operation(tag: u8) -> Option<&'static str> {
    Some(match tag {
        0x60 => "bind_request",
        0x61 => "bind_response",
        0x42 => "unbind_request",
        0x63 => "search_request",
        0x64 => "search_entry",
        0x65 => "search_done",
        0x66 => "modify_request",
        0x67 => "modify_response",
        0x68 => "add_request",
        0x69 => "add_response",
        0x4a => "delete_request",
        0x6b => "delete_response",
        0x6c => "modify_name_request",
        0x6d => "modify_name_response",
        0x6e => "compare_request",
        0x6f => "compare_response",
        0x50 => "abandon_request",
        0x73 => "search_reference",
        0x77 => "extended_request",
        0x78 => "extended_response",
        0x79 => "intermediate_response",
        _ => return None,
    })
}

pub(super) fn message<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    let octets = payload.octets;
    let outer = Ber::at(octets, 0)?.of(SEQUENCE)?;
    let id = Ber::at(octets, outer.start())?.of(INTEGER)?;
    let id_row = id.number("id")?;
    let body = id.next(octets)?;
    let name = operation(body.tag())?;
    let rows = [Some(id_row)].into_iter().chain(fields(octets, &body));
    let rows = rows.flatten();
    let end = rows
        .clone()
        .filter_map(|row| row.read(octets))
        .map(|field| field.range.end);
    let bytes = octets.get(..end.max()?)?;
    Some(UpperHeader::new(
        "ldap",
        None,
        Some(name),
        bytes,
        Specs::made(rows),
    ))
}

/// A value, if it is of that kind.
fn of(value: Option<&Ber>, tag: u8) -> Option<&Ber> {
    value.filter(|value| value.tag() == tag)
}

/// The field of a string.
fn text(value: &Ber, name: &'static str) -> Option<FieldSpec> {
    value.row(spec::text_of, name)
}

/// The fields of an operation.
fn fields(octets: &[u8], body: &Ber) -> [Option<FieldSpec>; 3] {
    let first = Ber::at(octets, body.start());
    let second = first.as_ref().and_then(|value| value.next(octets));
    let third = second.as_ref().and_then(|value| value.next(octets));
    let (first, second, third) = (first.as_ref(), second.as_ref(), third.as_ref());
    let string = |value, name| text(of(value, OCTET_STRING)?, name);
    let enumerated = |value, name| of(value, ENUMERATED)?.number(name);
    match body.tag() {
        0x60 => [
            of(first, INTEGER).and_then(|value| value.number("version")),
            string(second, "user"),
            of(third, SASL).and_then(|sasl| {
                let mechanism = Ber::at(octets, sasl.start());
                text(of(mechanism.as_ref(), OCTET_STRING)?, "mechanism")
            }),
        ],
        0x61 | 0x65 | 0x67 | 0x69 | 0x6b | 0x6d | 0x6f | 0x78 => [
            enumerated(first, "result").map(|row| spec::few_named(row, &RESULTS)),
            string(second, "matched"),
            string(third, "diagnostic"),
        ],
        0x63 => [
            string(first, "object"),
            enumerated(second, "scope").map(|row| spec::named(row, &SCOPES)),
            None,
        ],
        0x64 | 0x66 | 0x68 | 0x6c | 0x6e => [string(first, "object"), None, None],
        0x4a => [text(body, "object"), None, None],
        0x77 => [
            of(first, REQUEST_NAME).and_then(|name| text(name, "request")),
            None,
            None,
        ],
        _ => [None; 3],
    }
}
