//! Packets, frames and the schema for the tests of records.

#![allow(dead_code)] // each test takes what it needs

pub(crate) mod samples;

use std::collections::HashSet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use icmpdump::correlate::Relation;
use icmpdump::icmp::Message;
use icmpdump::model::{Frame, FrameRef, InterfaceId, LinkType, Options, SourceId, Timestamp};
use icmpdump::record::{IcmpEvent, Record, Start};
use icmpdump::sink::{JsonOptions, JsonSink, Sink};
use icmpdump::source::{InterfaceInfo, Resolution, SourceInfo};
use icmpdump::wire::{Classified, classify};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

pub(crate) fn addr(text: &str) -> IpAddr {
    text.parse().unwrap()
}

pub(crate) fn frame(number: u64) -> FrameRef {
    frame_of(0, number)
}

pub(crate) fn frame_of(source: u16, number: u64) -> FrameRef {
    FrameRef::new(SourceId(source), number)
}

pub(crate) fn sources(names: &[&str]) -> Vec<SourceInfo> {
    let source = |(id, name): (usize, &&str)| SourceInfo {
        id: SourceId(u16::try_from(id).unwrap()),
        name: (*name).to_owned(),
        format: "pcapng",
        comments: Vec::new(),
        interfaces: vec![InterfaceInfo {
            name: Some("eth0".to_owned()),
            link: LinkType(101),
            filter: None,
            comments: Vec::new(),
            snaplen: 262_144,
            fcs_len: 0,
            resolution: Resolution::Microseconds,
        }],
    };
    names.iter().enumerate().map(source).collect()
}

fn checksum(parts: &[&[u8]]) -> [u8; 2] {
    let mut sum = 0_u64;
    for part in parts {
        for pair in part.chunks(2) {
            sum += u64::from(pair[0]) << 8 | u64::from(pair.get(1).copied().unwrap_or(0));
        }
    }
    while sum >> 16 != 0 {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    (!u16::try_from(sum).unwrap()).to_be_bytes()
}

pub(crate) fn ip4(protocol: u8, src: &str, dst: &str, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(20 + payload.len()).unwrap().to_be_bytes();
    let mut packet = vec![
        0x45, 0, length[0], length[1], 0, 7, 0x40, 0, 64, protocol, 0, 0,
    ];
    packet.extend(src.parse::<Ipv4Addr>().unwrap().octets());
    packet.extend(dst.parse::<Ipv4Addr>().unwrap().octets());
    let sum = checksum(&[&packet]);
    packet[10..12].copy_from_slice(&sum);
    packet.extend(payload);
    packet
}

pub(crate) fn ip6(next: u8, src: &str, dst: &str, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
    let mut packet = vec![0x60, 0, 0, 0, length[0], length[1], next, 255];
    packet.extend(src.parse::<Ipv6Addr>().unwrap().octets());
    packet.extend(dst.parse::<Ipv6Addr>().unwrap().octets());
    packet.extend(payload);
    packet
}

pub(crate) fn icmp4(kind: u8, code: u8, rest: &[u8]) -> Vec<u8> {
    let mut message = vec![kind, code, 0, 0];
    message.extend(rest);
    let sum = checksum(&[&message]);
    message[2..4].copy_from_slice(&sum);
    message
}

pub(crate) fn icmp6(src: &str, dst: &str, kind: u8, code: u8, rest: &[u8]) -> Vec<u8> {
    let mut message = vec![kind, code, 0, 0];
    message.extend(rest);
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    let src = src.parse::<Ipv6Addr>().unwrap().octets();
    let dst = dst.parse::<Ipv6Addr>().unwrap().octets();
    let sum = checksum(&[&src, &dst, &length, &[0, 0, 0, 58], &message]);
    message[2..4].copy_from_slice(&sum);
    message
}

pub(crate) fn udp(src: u16, dst: u16) -> Vec<u8> {
    let mut datagram = Vec::new();
    datagram.extend(src.to_be_bytes());
    datagram.extend(dst.to_be_bytes());
    datagram.extend([0, 40, 0, 0]);
    datagram.resize(40, 0);
    datagram
}

/// A raw IP frame of the first source, 2025-07-26 08:25:50.469472 UTC.
pub(crate) struct Captured<'a> {
    frame: Frame<'a>,
}

impl<'a> Captured<'a> {
    pub(crate) fn new(octets: &'a [u8], number: u64) -> Self {
        Self::cut(octets, octets.len(), number).unwrap()
    }

    /// Of `on_wire` octets these were captured; `None` if they are not known as ICMP.
    pub(crate) fn cut(octets: &'a [u8], on_wire: usize, number: u64) -> Option<Self> {
        Self::on_link(101, octets, on_wire, number)
    }

    /// The same behind the header of another link type.
    pub(crate) fn on_link(
        link: u32,
        octets: &'a [u8],
        on_wire: usize,
        number: u64,
    ) -> Option<Self> {
        let frame = Frame {
            source: SourceId(0),
            number,
            interface: Some(InterfaceId(0)),
            ts: Timestamp::from_nanos(1_753_518_350_469_472_000),
            link: LinkType(link),
            wire_len: u32::try_from(on_wire).unwrap(),
            fcs_len: 0,
            data: octets,
            options: Options::NONE,
            transfer: None,
            cipher: None,
            expanded: None,
            part: None,
        };
        matches!(classify(&frame), Classified::Icmp(_)).then_some(Self { frame })
    }

    pub(crate) fn with_event<T>(
        &self,
        relation: Relation,
        names: &[&str],
        take: impl FnOnce(&IcmpEvent<'_>) -> T,
    ) -> T {
        let Classified::Icmp(packet) = classify(&self.frame) else {
            panic!("this is not ICMP");
        };
        let message = Message::parse(&packet.ip);
        take(&IcmpEvent {
            frame: &self.frame,
            packet: &packet,
            message: &message,
            relation,
            reassembly: None,
            whole: None,
            proven: None,
            sources: &sources(names),
        })
    }

    pub(crate) fn text(&self, relation: Relation, names: &[&str]) -> String {
        self.with_event(relation, names, |event| text(&Record::Icmp(event), names))
    }

    pub(crate) fn json(&self, relation: Relation, names: &[&str]) -> Value {
        parse(&self.text(relation, names))
    }
}

/// The line that a record is written as.
fn text(record: &Record<'_>, names: &[&str]) -> String {
    let mut out = Vec::new();
    let mut sink = JsonSink::new(&mut out, JsonOptions::default());
    if !matches!(record, Record::Start(_)) {
        let start = Start {
            sources: sources(names),
            filter: None,
        };
        sink.write(&Record::Start(&start)).unwrap();
    }
    sink.write(record).unwrap();
    sink.flush().unwrap();
    drop(sink);
    let text = String::from_utf8(out).unwrap();
    text.split_inclusive('\n').next_back().unwrap().to_owned()
}

pub(crate) fn json(record: &Record<'_>, names: &[&str]) -> Value {
    parse(&text(record, names))
}

/// A JSON value; fails if an object has two fields of one name, of which others see the last.
pub(crate) fn parse(text: &str) -> Value {
    let _: Unique = serde_json::from_str(text).unwrap_or_else(|e| panic!("{e} in {text}"));
    serde_json::from_str(text).unwrap()
}

/// Any value in which each object's fields differ in name.
struct Unique;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Unique {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        let mut seen = HashSet::new();
        while let Some((key, Self)) = map.next_entry::<String, Self>()? {
            if !seen.insert(key.clone()) {
                return Err(A::Error::custom(format!("two fields {key}")));
            }
        }
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self, A::Error> {
        while seq.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }
}

/// Fails if any fact is written as null.
pub(crate) fn no_nulls(value: &Value) {
    match value {
        Value::Null => panic!("a null"),
        Value::Array(items) => items.iter().for_each(no_nulls),
        Value::Object(fields) => fields.values().for_each(no_nulls),
        _ => {}
    }
}

/// The schema that ships with icmpdump, one validator per record type.
pub(crate) struct Schema {
    validators: Vec<(String, jsonschema::Validator)>,
}

impl Schema {
    pub(crate) fn load() -> Self {
        let text = std::fs::read_to_string("schema/icmpdump.schema.json").unwrap();
        let whole: Value = serde_json::from_str(&text).unwrap();
        assert!(jsonschema::meta::is_valid(&whole), "the schema itself");
        let kinds = whole["oneOf"].as_array().unwrap().iter().map(|one| {
            let pointer = one["$ref"].as_str().unwrap();
            pointer.rsplit('/').next().unwrap().to_owned()
        });
        let validators = kinds.map(|kind| {
            // The whole with one choice left: messages then name the field that is wrong.
            let mut one = whole.clone();
            one["oneOf"] = serde_json::json!([{ "$ref": format!("#/$defs/{kind}") }]);
            one["allOf"] = one["oneOf"].take();
            one.as_object_mut().unwrap().remove("oneOf");
            (kind, jsonschema::draft202012::new(&one).unwrap())
        });
        Self {
            validators: validators.collect(),
        }
    }

    /// What is wrong with a record; `None` if nothing is.
    pub(crate) fn errors(&self, record: &Value) -> Option<String> {
        let kind = record["type"].as_str().unwrap_or_default();
        let Some((_, validator)) = self.validators.iter().find(|(name, _)| name == kind) else {
            return Some(format!("no record type {kind}"));
        };
        let errors: Vec<String> = validator
            .iter_errors(record)
            .map(|error| format!("{} at {}", error, error.instance_path()))
            .collect();
        (!errors.is_empty()).then(|| errors.join("\n"))
    }

    pub(crate) fn check(&self, record: &Value) {
        if let Some(errors) = self.errors(record) {
            panic!("{errors}\nin {record}");
        }
    }
}
