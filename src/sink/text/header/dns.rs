//! The DNS message that a quoted packet carries.

use super::super::fields::dns_name;
use crate::icmp::dns_record::{Class, Edns, Record, RecordData};
use crate::icmp::quoted_dns::{QuotedDns, class_name, opcode_name, rcode_name, type_name};
use crate::record::dns;
use crate::record::write::{self, number};

/// An update of a zone, whose sections hold something else (RFC 2136 section 2.2).
const UPDATE: u8 = 5;

/// `DNS query 4660 A? lab.test, flags [rd]`: an ellipsis where the quote cuts the name. Of a response
/// what came of it, and the records that were quoted.
pub(in super::super) fn dns(out: &mut Vec<u8>, quoted: &QuotedDns<'_>) {
    out.extend_from_slice(b"DNS ");
    kind(out, quoted);
    write::decimal(out, quoted.id.into());
    if let Some(questions) = quoted.questions.filter(|&count| count > 1) {
        number(out, b" [", questions.into());
        out.extend_from_slice(b" questions]");
    }
    questions(out, quoted);
    for (i, flag) in quoted.flags().enumerate() {
        out.extend_from_slice(if i == 0 { b", flags [" } else { b", " });
        out.extend_from_slice(flag.as_bytes());
    }
    if quoted.flags().next().is_some() {
        out.push(b']');
    }
    if let Some(rcode) = quoted.rcode() {
        match rcode_name(rcode) {
            Some(name) => {
                out.extend_from_slice(b", ");
                out.extend_from_slice(name.as_bytes());
            }
            None => number(out, b", rcode ", rcode.into()),
        }
    }
    let sections: [&[u8]; 3] = match quoted.opcode() {
        UPDATE => [b", prerequisites ", b", updates ", b", additional "],
        _ => [b", answers ", b", authorities ", b", additional "],
    };
    for (name, count) in sections.iter().zip(quoted.counts) {
        if count > 0 {
            number(out, name, count.into());
        }
    }
    for (i, each) in quoted.records().enumerate() {
        out.extend_from_slice(if i == 0 { b": " } else { b"; " });
        record(out, &each);
    }
}

/// `query `, `response `, `update response `.
fn kind(out: &mut Vec<u8>, quoted: &QuotedDns<'_>) {
    const QUERY: u8 = 0;
    match (quoted.opcode(), opcode_name(quoted.opcode())) {
        (QUERY, _) if quoted.is_response() => {}
        (QUERY, _) => out.extend_from_slice(b"query "),
        (_, Some(name)) => {
            out.extend_from_slice(name.as_bytes());
            out.push(b' ');
        }
        (opcode, None) => {
            number(out, b"opcode ", opcode.into());
            out.push(b' ');
        }
    }
    if quoted.is_response() {
        out.extend_from_slice(b"response ");
    }
}

/// ` A? lab.test`, each behind the one before.
fn questions(out: &mut Vec<u8>, quoted: &QuotedDns<'_>) {
    if let Some(kind) = quoted.query_type {
        asked(out, kind, quoted.query_class);
    }
    if let Some(name) = &quoted.name {
        out.push(b' ');
        dns_name(out, name);
        if !name.complete {
            out.extend_from_slice(b"...");
        }
    }
    for question in quoted.further_questions() {
        out.push(b',');
        asked(out, question.kind, Some(question.class));
        out.push(b' ');
        dns::name(out, question.name);
    }
}

/// ` PTR (QU)?`: the mark of multicast DNS wants the response unicast.
fn asked(out: &mut Vec<u8>, kind: u16, class: Option<Class>) {
    record_type(out, kind);
    if let Some(class) = class {
        record_class(out, class);
        if class.marked {
            out.extend_from_slice(b" (QU)");
        }
    }
    out.push(b'?');
}

fn record(out: &mut Vec<u8>, record: &Record<'_>) {
    dns::name(out, record.name());
    record_type(out, record.kind);
    if let Some(class) = record.class {
        record_class(out, class);
        if class.marked {
            out.extend_from_slice(b" (cache flush)");
        }
    }
    if let Some(found) = record.edns {
        edns(out, found);
    }
    if let Some(data) = record
        .data()
        .filter(|data| *data != RecordData::Octets(&[]))
    {
        out.push(b' ');
        dns::data(out, data);
    }
    if let Some(ttl) = record.ttl {
        number(out, b" ttl ", ttl.into());
    }
}

/// ` udp size 4096 do`.
fn edns(out: &mut Vec<u8>, found: Edns) {
    number(out, b" udp size ", found.udp_size.into());
    if found.version > 0 {
        number(out, b" version ", found.version.into());
    }
    if found.extended_rcode > 0 {
        number(out, b" extended rcode ", found.extended_rcode.into());
    }
    if found.dnssec_ok {
        out.extend_from_slice(b" do");
    }
}

/// ` AAAA`, or ` TYPE65280` (RFC 3597 section 5).
fn record_type(out: &mut Vec<u8>, kind: u16) {
    mnemonic(out, type_name(kind), b" TYPE", kind);
}

/// ` CH`, or ` CLASS17`; nothing of the Internet's.
fn record_class(out: &mut Vec<u8>, class: Class) {
    if class.number != Class::IN {
        mnemonic(out, class_name(class.number), b" CLASS", class.number);
    }
}

fn mnemonic(out: &mut Vec<u8>, name: Option<&str>, otherwise: &[u8], value: u16) {
    match name {
        Some(name) => {
            out.push(b' ');
            out.extend_from_slice(name.as_bytes());
        }
        None => number(out, otherwise, value.into()),
    }
}
