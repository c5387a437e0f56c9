//! The DNS message that a quoted packet carries.

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::field::DnsName;
use super::value::{Fields, Iter, escaped};
use crate::icmp::dns_record::{Class, Question, Record};
use crate::icmp::quoted_dns::{QuotedDns, class_name, opcode_name, rcode_name, type_name};
use crate::record::dns;

pub(super) struct Dns<'a>(pub(super) QuotedDns<'a>);

impl Serialize for Dns<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let dns = &self.0;
        let mut map = serializer.serialize_map(None)?;
        map.put("id", &dns.id)?;
        map.put("response", &dns.is_response())?;
        map.some("opcode", dns.opcode().into())?;
        if let Some(word) = opcode_name(dns.opcode()) {
            map.name("opcode_name", word)?;
        }
        map.put("flags", &Iter(|| dns.flags()))?;
        map.maybe("questions", dns.questions)?;
        if let Some(name) = dns.name {
            map.put("name", &DnsName(name))?;
            map.fact("name_cut", !name.complete)?;
        }
        map.maybe("query_type", dns.query_type.map(RecordType))?;
        if let Some(class) = dns.query_class {
            put_question_class(&mut map, class)?;
        }
        if dns.further_questions().next().is_some() {
            let questions = || dns.further_questions().map(QuestionEntry);
            map.put("further_questions", &Iter(questions))?;
        }
        map.maybe("rcode", dns.rcode())?;
        if let Some(word) = dns.rcode().and_then(rcode_name) {
            map.name("rcode_name", word)?;
        }
        for (key, count) in ["answers", "authorities", "additional"]
            .iter()
            .zip(dns.counts)
        {
            map.some(key, count.into())?;
        }
        if dns.records().next().is_some() {
            map.put("records", &Iter(|| dns.records().map(RecordEntry)))?;
        }
        map.end()
    }
}

fn put_question_class<M: SerializeMap>(map: &mut M, class: Class) -> Result<(), M::Error> {
    map.put("query_class", &RecordClass(class))?;
    map.fact("unicast_response", class.marked)
}

struct QuestionEntry<'a>(Question<'a>);

impl Serialize for QuestionEntry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Question { name, kind, class } = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.put("name", &Zone(|out: &mut Vec<u8>| dns::name(out, name)))?;
        map.fact("bad_name", !name.is_whole())?;
        map.put("query_type", &RecordType(kind))?;
        put_question_class(&mut map, class)?;
        map.end()
    }
}

/// Text that is written with its escapes.
struct Zone<F>(F);

impl<F: Fn(&mut Vec<u8>)> Serialize for Zone<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        escaped(serializer, &self.0)
    }
}

struct RecordEntry<'a>(Record<'a>);

impl Serialize for RecordEntry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let record = &self.0;
        let mut map = serializer.serialize_map(None)?;
        map.name("section", record.section.name())?;
        map.put(
            "name",
            &Zone(|out: &mut Vec<u8>| dns::name(out, record.name())),
        )?;
        map.fact("bad_name", !record.name().is_whole())?;
        map.put("type", &RecordType(record.kind))?;
        if let Some(class) = record.class {
            map.put("class", &RecordClass(class))?;
            map.fact("cache_flush", class.marked)?;
        }
        if let Some(edns) = record.edns {
            map.put("udp_size", &edns.udp_size)?;
            map.some("version", edns.version.into())?;
            map.some("extended_rcode", edns.extended_rcode.into())?;
            map.fact("dnssec_ok", edns.dnssec_ok)?;
        }
        map.maybe("ttl", record.ttl)?;
        let data = record.data();
        map.maybe(
            "data",
            data.map(|data| Zone(move |out: &mut Vec<u8>| dns::data(out, data))),
        )?;
        map.end()
    }
}

/// The mnemonic of a type, or `TYPE65280` (RFC 3597 section 5).
struct RecordType(u16);

impl Serialize for RecordType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match type_name(self.0) {
            Some(name) => serializer.serialize_str(name),
            None => serializer.collect_str(&format_args!("TYPE{}", self.0)),
        }
    }
}

/// The mnemonic of a class, or `CLASS17`.
struct RecordClass(Class);

impl Serialize for RecordClass {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Class { number, .. } = self.0;
        match class_name(number) {
            Some(name) => serializer.serialize_str(name),
            None => serializer.collect_str(&format_args!("CLASS{number}")),
        }
    }
}
