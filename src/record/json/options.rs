//! What a capture file tells of a packet beside its octets.

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::value::{Fields, Hex, Iter, Plain, Text};
use crate::model::Options;
use crate::model::options::{PacketHash, Verdict};

/// What is told of a packet.
pub(super) struct Told<'a>(Options<'a>);

impl<'a> Told<'a> {
    /// That, if anything is.
    pub(super) fn of(options: Options<'a>) -> Option<Self> {
        let is_told = !options.is_empty()
            && (options.flags().is_some()
                || options.packet_id().is_some()
                || options.queue().is_some()
                || options.process_thread().is_some()
                || options.verdicts().next().is_some()
                || options.hashes().next().is_some()
                || options.comments().next().is_some());
        is_told.then_some(Self(options))
    }
}

impl Serialize for Told<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let told = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.maybe("dropped", told.dropped().map(VerdictOf))?;
        if let Some(flags) = told.flags() {
            map.maybe("direction", flags.direction().map(Plain))?;
            map.maybe("reception", flags.reception().map(Plain))?;
            map.maybe("fcs_length", flags.fcs_len())?;
            map.fact("checksum_not_ready", flags.checksum_not_ready())?;
            map.fact("checksum_valid", flags.checksum_valid())?;
            map.fact("to_be_segmented", flags.to_be_segmented())?;
            if flags.errors().next().is_some() {
                map.put("errors", &Iter(|| flags.errors().map(Plain)))?;
            }
        }
        map.maybe("packet_id", told.packet_id())?;
        map.maybe("queue", told.queue())?;
        if let Some((process, thread)) = told.process_thread() {
            map.put("process", &process)?;
            map.put("thread", &thread)?;
        }
        if told.verdicts().next().is_some() {
            map.put("verdicts", &Iter(|| told.verdicts().map(VerdictOf)))?;
        }
        if told.hashes().next().is_some() {
            map.put("hashes", &Iter(|| told.hashes().map(HashOf)))?;
        }
        if told.comments().next().is_some() {
            map.put("comments", &Iter(|| told.comments().map(Text)))?;
        }
        map.end()
    }
}

struct VerdictOf<'a>(Verdict<'a>);

impl Serialize for VerdictOf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let verdict = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.name("by", verdict.by())?;
        map.maybe("name", verdict.name().map(Plain))?;
        map.maybe("number", verdict.number())?;
        match verdict {
            Verdict::Hardware(data) => map.put("data", &Hex(data))?,
            Verdict::Other(kind, data) => {
                map.put("kind", &kind)?;
                map.put("data", &Hex(data))?;
            }
            Verdict::TrafficControl(_) | Verdict::Xdp(_) => {}
        }
        map.end()
    }
}

struct HashOf<'a>(PacketHash<'a>);

impl Serialize for HashOf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.put("algorithm", &self.0.algorithm)?;
        map.maybe("name", self.0.name().map(Plain))?;
        map.put("value", &Hex(self.0.octets))?;
        map.end()
    }
}
