//! The JSON shape of every record: one object per record, one line per object.
//!
//! `schema/icmpdump.schema.json` says what each field means; tests hold the two together. Rules
//! for all: a fact that is not known is left out, not null; times are RFC 3339 in UTC with nine
//! decimals; spans are integers in nanoseconds with names that end in `_ns`; text that a packet
//! controls is escaped ([`escape`](super::escape)). `source` at the top of a record is the source
//! of the first frame it names, and every frame of another source says so beside its number.

mod body;
mod dns;
mod field;
mod icmp;
mod link;
mod link_detail;
mod options;
mod packet;
mod quoted;
mod radio;
mod story;
mod summary;
mod system;
mod text;
mod value;
mod verdict;

use std::cell::RefCell;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::community::CommunityIds;
use super::{LinkHeader, Payloads, Record, SCHEMA, Start};
use crate::icmp::payload::Senders;
use crate::model::{FrameRef, SourceId};
use crate::source::{InterfaceInfo, RecordedFilter, SourceInfo};
pub(crate) use field::is_link_address;
pub(crate) use value::nanos;
use value::{Fields, Plain, Text};

/// The names by which output tells sources apart: file names without folders, with a number
/// behind those that occur twice (`a.pcap`, `a.pcap(2)`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceNames(Vec<String>);

impl SourceNames {
    /// Names for the sources, in their order.
    pub fn new(sources: &[SourceInfo]) -> Self {
        let mut names: Vec<String> = Vec::with_capacity(sources.len());
        for source in sources {
            let plain = super::escape::Escaped(source.name.as_bytes()).to_string();
            let mut name = plain.clone();
            let mut count = 1;
            while names.contains(&name) {
                count += 1;
                name = format!("{plain}({count})");
            }
            names.push(name);
        }
        Self(names)
    }

    /// The name of a source, escaped; empty for one that was never told of.
    pub fn get(&self, source: SourceId) -> &str {
        self.0.get(usize::from(source.0)).map_or("", String::as_str)
    }

    /// Whether there is more than one, so that a frame number alone does not tell a frame.
    pub fn several(&self) -> bool {
        self.0.len() > 1
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no source was told of yet.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What serialization needs beside the record, kept by the sink from record to record.
#[derive(Default)]
pub struct Context {
    /// Names of the sources.
    pub names: SourceNames,
    /// Whether none of them needs an escape: each record tells one.
    names_are_plain: bool,
    link_header: LinkHeader,
    payloads: Payloads,
    community: RefCell<CommunityIds>,
    senders: RefCell<Senders>,
}

impl Context {
    /// For these sources.
    pub fn new(sources: &[SourceInfo], link_header: LinkHeader, payloads: Payloads) -> Self {
        let names = SourceNames::new(sources);
        Self {
            names_are_plain: names.0.iter().all(|name| value::is_plain(name.as_bytes())),
            names,
            link_header,
            payloads,
            community: RefCell::default(),
            senders: RefCell::default(),
        }
    }

    fn source(&self, source: SourceId) -> SourceName<'_> {
        SourceName {
            name: self.names.get(source),
            is_plain: self.names_are_plain,
        }
    }
}

struct SourceName<'a> {
    name: &'a str,
    is_plain: bool,
}

impl Serialize for SourceName<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.is_plain {
            return Plain(self.name).serialize(serializer);
        }
        self.name.serialize(serializer)
    }
}

/// A record in its JSON shape.
pub struct Json<'a> {
    /// The record.
    pub record: &'a Record<'a>,
    /// What belongs to all of them.
    pub context: &'a Context,
}

impl Json<'_> {
    /// Appends the record's text to `out`.
    ///
    /// # Errors
    ///
    /// None that is known: all that records are made of can be told in JSON.
    pub fn append(&self, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
        let Self { record, context } = *self;
        let text = text::JsonText::new(out);
        match record {
            Record::Start(start) => serialize_start(start, context, text),
            Record::Icmp(event) => icmp::Event { event, context }.serialize(text),
            Record::Exchange(exchange) | Record::Decided(exchange) => {
                story::exchange(exchange, context, text)
            }
            Record::Drop(verdict) => verdict::drop(verdict, context, text),
            Record::Path(path) => story::path(path, context, text),
            Record::Finding(finding) => story::finding(finding, context, text),
            Record::Summary(summary) => summary::summary(summary, context, text),
        }
    }
}

fn serialize_start<S: Serializer>(
    start: &Start,
    context: &Context,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    map.name("type", "start")?;
    map.put("schema", SCHEMA)?;
    map.put("version", env!("CARGO_PKG_VERSION"))?;
    map.put(
        "sources",
        &value::List(&start.sources, |s| StartSource { source: s, context }),
    )?;
    map.maybe("filter", start.filter.as_deref())?;
    map.end()
}

struct StartSource<'a> {
    source: &'a SourceInfo,
    context: &'a Context,
}

impl Serialize for StartSource<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.put("name", &self.context.source(self.source.id))?;
        map.put("format", self.source.format)?;
        put_comments(&mut map, &self.source.comments)?;
        map.put(
            "interfaces",
            &value::List(&self.source.interfaces, StartInterface),
        )?;
        map.end()
    }
}

struct StartInterface<'a>(&'a InterfaceInfo);

impl Serialize for StartInterface<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let interface = self.0;
        let mut map = serializer.serialize_map(None)?;
        let name = interface.name.as_deref();
        map.maybe("name", name.map(|name| Text(name.as_bytes())))?;
        map.put("link_type", &interface.link.0)?;
        map.some("snaplen", interface.snaplen)?;
        map.some("fcs_length", interface.fcs_len.into())?;
        match &interface.filter {
            Some(RecordedFilter::Expression(filter)) => {
                map.put("filter", &Text(filter.as_bytes()))?;
            }
            Some(RecordedFilter::Program(octets)) => map.put("filter_octets", octets)?,
            None => {}
        }
        put_comments(&mut map, &interface.comments)?;
        map.end()
    }
}

fn put_comments<M: SerializeMap>(map: &mut M, comments: &[String]) -> Result<(), M::Error> {
    if comments.is_empty() {
        return Ok(());
    }
    let texts = || comments.iter().map(|comment| Text(comment.as_bytes()));
    map.put("comments", &value::Iter(texts))
}

/// A reference to a frame from a record of source `own`.
#[derive(Clone, Copy)]
pub(crate) struct Reference<'a> {
    frame: FrameRef,
    own: SourceId,
    context: &'a Context,
}

impl Serialize for Reference<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.put_into(&mut map)?;
        map.end()
    }
}

impl Reference<'_> {
    /// The same fields in an object that has others too.
    fn put_into<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        map.put("frame", &self.frame.number())?;
        map.maybe("packet", self.frame.packet())?;
        if self.frame.source() != self.own {
            map.put("source", &self.context.source(self.frame.source()))?;
        }
        Ok(())
    }
}
