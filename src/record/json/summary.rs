//! The `summary` record: the closing account.

use std::collections::BTreeMap;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::Context;
use super::value::{Addr, Fields, Iter, List, Text, Time};
use super::verdict::ErrorKind;
use crate::correlate::Evictions;
use crate::correlate::verdict::Evidence;
use crate::model::LinkType;
use crate::record::summary::{
    DropperSummary, FrameCounts, MessageCounts, MessageKind, PairSummary, RttSummary, Summary,
};
use crate::record::words::Word;
use crate::source::{Damage, InterfaceCounts, KernelCounts, Octets};
use crate::wire::reassembly::Fates;

pub(super) fn summary<S: Serializer>(
    summary: &Summary,
    context: &Context,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    map.name("type", "summary")?;
    map.put("frames", &Frames(&summary.frames))?;
    map.maybe(
        "kernel",
        (summary.kernel.as_ref().zip(summary.kernel_total()))
            .map(|(interfaces, total)| Kernel { interfaces, total }),
    )?;
    map.put("checksums", &Checksums(summary.checksums()))?;
    map.put(
        "messages",
        &Iter(|| summary.messages.iter().map(MessageRow)),
    )?;
    map.put("fragments", &summary.fragments)?;
    if summary.reassembly != Fates::default() {
        map.put("reassembly", &Reassembly(summary.reassembly))?;
    }
    map.put("exchanges", &Nested(&summary.exchanges))?;
    map.put("unsolicited", &summary.unsolicited)?;
    map.put("late", &summary.late)?;
    map.put("errors", &Nested(&summary.errors))?;
    map.put("pairs", &List(&summary.pairs, Pair))?;
    map.put("requests_omitted", &summary.requests_omitted)?;
    map.put("droppers", &List(&summary.droppers, Dropper))?;
    map.put("errors_omitted", &summary.errors_omitted)?;
    map.put("evicted", &Evicted(&summary.evictions))?;
    map.maybe("first", summary.first.map(Time))?;
    map.maybe("last", summary.last.map(Time))?;
    if summary.time_backwards > 0 {
        map.put("time_backwards", &summary.time_backwards)?;
        map.span("largest_step_back_ns", Some(summary.largest_step_back))?;
    }
    if !summary.unread.undecodable.is_empty() {
        map.put("undecodable", &Counts(&summary.unread.undecodable))?;
    }
    if !summary.unread.in_tunnels.is_empty() {
        map.put("in_tunnels", &Counts(&summary.unread.in_tunnels))?;
    }
    if summary.unread.esp > 0 {
        map.put("esp", &summary.unread.esp)?;
    }
    if summary.unread.deep > 0 {
        map.put("deep", &summary.unread.deep)?;
    }
    if summary.unread.messages > 0 {
        map.put("incomplete_messages", &summary.unread.messages)?;
    }
    if !summary.unknown_links.is_empty() {
        let links = || summary.unknown_links.iter().map(UnknownLink);
        map.put("unknown_links", &Iter(links))?;
    }
    let damaged = List(&summary.damaged, |damage| Broken { damage, context });
    map.put("damaged", &damaged)?;
    map.end()
}

struct Frames<'a>(&'a FrameCounts);

impl Serialize for Frames<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.put("read", &self.0.read)?;
        if self.0.further_packets > 0 {
            map.put("further_packets", &self.0.further_packets)?;
        }
        if self.0.reported > 0 {
            map.put("reported", &self.0.reported)?;
        }
        map.put("icmp", &self.0.icmp)?;
        map.put("other", &self.0.other)?;
        map.put("filtered", &self.0.filtered)?;
        map.put("undecodable", &self.0.undecodable)?;
        map.end()
    }
}

struct Reassembly(Fates);

impl Serialize for Reassembly {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(5))?;
        map.put("complete", &self.0.complete)?;
        map.put("waiting", &self.0.waiting)?;
        map.put("expired", &self.0.expired)?;
        map.put("evicted", &self.0.evicted)?;
        map.put("overlapping", &self.0.overlapping)?;
        map.end()
    }
}

struct Kernel<'a> {
    interfaces: &'a [InterfaceCounts],
    total: KernelCounts,
}

impl Serialize for Kernel<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        kernel_counts(&self.total, &mut map)?;
        map.put("interfaces", &List(self.interfaces, OfInterface))?;
        map.end()
    }
}

fn kernel_counts<M: SerializeMap>(counts: &KernelCounts, map: &mut M) -> Result<(), M::Error> {
    map.put("received", &counts.received)?;
    map.put("dropped", &counts.dropped)?;
    map.put("interface_dropped", &counts.interface_dropped)
}

struct OfInterface<'a>(&'a InterfaceCounts);

impl Serialize for OfInterface<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.put("name", &Text(self.0.name.as_bytes()))?;
        map.put("read", &self.0.read)?;
        kernel_counts(&self.0.counts, &mut map)?;
        if self.0.unread > 0 {
            map.put("unread", &self.0.unread)?;
        }
        map.end()
    }
}

struct Checksums(MessageCounts);

impl Checksums {
    fn put_into<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        map.put("good", &self.0.good)?;
        map.put("bad", &self.0.bad)?;
        map.put("unverified", &self.0.unverified)?;
        map.put("absent", &self.0.absent)
    }
}

impl Serialize for Checksums {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(4))?;
        self.put_into(&mut map)?;
        map.end()
    }
}

struct MessageRow<'a>((&'a MessageKind, &'a MessageCounts));

impl Serialize for MessageRow<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (kind, counts) = self.0;
        let mut map = serializer.serialize_map(None)?;
        ErrorKind(kind.version, kind.kind, kind.code).put_into(&mut map)?;
        map.put("count", &counts.total())?;
        Checksums(*counts).put_into(&mut map)?;
        if counts.reported > 0 {
            map.put("reported", &counts.reported)?;
        }
        map.end()
    }
}

/// Counts by two values, keyed by their words.
struct Nested<'a, K, L>(&'a BTreeMap<K, BTreeMap<L, u64>>);

impl<K: Word, L: Word> Serialize for Nested<'_, K, L> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(
            self.0
                .iter()
                .map(|(key, counts)| (key.word(), Counts(counts))),
        )
    }
}

struct Counts<'a, K>(&'a BTreeMap<K, u64>);

impl<K: Word> Serialize for Counts<'_, K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, count)| (key.word(), count)))
    }
}

struct Pair<'a>(&'a PairSummary);

impl Serialize for Pair<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let pair = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.put("src", &Addr(pair.addrs.src()))?;
        map.put("dst", &Addr(pair.addrs.dst()))?;
        map.put("id", &pair.id)?;
        map.put("sent", &pair.sent)?;
        map.put("answered", &pair.answered)?;
        map.put("lost", &pair.lost)?;
        map.put("errors", &pair.errors)?;
        map.put("pending", &pair.pending)?;
        map.put("unknown", &pair.unknown)?;
        map.put("no_reply_expected", &pair.no_reply_expected)?;
        map.put("duplicates", &pair.duplicates)?;
        map.put("corrupted", &pair.corrupted)?;
        map.maybe("loss", pair.loss())?;
        map.maybe("rtt", pair.rtt.map(Rtt))?;
        map.fact("one_sided_possible", pair.one_sided_possible)?;
        map.fact("probe", pair.probe)?;
        map.end()
    }
}

struct Rtt(RttSummary);

impl Serialize for Rtt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rtt = &self.0;
        let mut map = serializer.serialize_map(None)?;
        map.span("min_ns", Some(rtt.min))?;
        map.span("median_ns", Some(rtt.median))?;
        map.span("p95_ns", Some(rtt.p95))?;
        map.span("p99_ns", Some(rtt.p99))?;
        map.span("max_ns", Some(rtt.max))?;
        map.end()
    }
}

struct Dropper<'a>(&'a DropperSummary);

impl Serialize for Dropper<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let dropper = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.put("dropper", &Addr(dropper.dropper))?;
        map.put(
            "icmp",
            &ErrorKind(dropper.version, dropper.kind, Some(dropper.code)),
        )?;
        map.word("reason", &dropper.reason)?;
        map.put("first", &Time(dropper.first))?;
        map.put("count", &dropper.count)?;
        map.put("flows", &dropper.flows)?;
        map.fact("reported", dropper.evidence == Evidence::Reported)?;
        map.maybe("probes", (dropper.probes > 0).then_some(dropper.probes))?;
        map.maybe("mtu", dropper.mtu)?;
        map.end()
    }
}

/// Counts by table and reason.
struct Evicted<'a>(&'a Evictions);

impl Serialize for Evicted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (table, count) in self.0.by_table() {
            map.put(table, &MemoryLimit(count))?;
        }
        map.end()
    }
}

struct MemoryLimit(u64);

impl Serialize for MemoryLimit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.put("memory_limit", &self.0)?;
        map.end()
    }
}

struct UnknownLink<'a>((&'a LinkType, &'a u64));

impl Serialize for UnknownLink<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (link, frames) = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.put("link_type", &link.0)?;
        map.put("frames", frames)?;
        map.end()
    }
}

struct Broken<'a> {
    damage: &'a Damage,
    context: &'a Context,
}

impl Serialize for Broken<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let damage = self.damage;
        let mut map = serializer.serialize_map(None)?;
        map.put("source", &self.context.source(damage.source))?;
        map.put("offset", &damage.offset)?;
        map.fact("decompressed", damage.of == Octets::Decompressed)?;
        map.put("frame", &damage.frame)?;
        map.word("kind", &damage.kind)?;
        map.put("why", &Text(damage.why.as_bytes()))?;
        map.end()
    }
}
