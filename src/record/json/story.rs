//! Records that sum up several frames: `exchange`, `path`, `finding`.

use std::num::NonZeroU64;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::value::{Addr, Fields, Iter, List, Plain, Protocol, Time, nanos};
use super::{Context, Reference};
use crate::correlate::exchange::{Exchange, ExchangeEnd, ReplyDrop};
use crate::correlate::trace::{Hop, HopRouter, Path};
use crate::findings::Finding;
use crate::model::options::LocalDrop;
use crate::model::{FrameRef, SourceId};
use crate::wire::reassembly::{Gap, InPart};

pub(super) fn exchange<S: Serializer>(
    exchange: &Exchange,
    context: &Context,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let own = exchange.request.source();
    let reference = |frame| Reference {
        frame,
        own,
        context,
    };
    let mut map = serializer.serialize_map(None)?;
    map.name("type", "exchange")?;
    map.put("source", &context.source(own))?;
    map.word("kind", &exchange.kind)?;
    map.put("src", &Addr(exchange.addrs.src()))?;
    map.put("dst", &Addr(exchange.addrs.dst()))?;
    map.maybe("id", exchange.id)?;
    map.maybe("seq", exchange.seq)?;
    map.put("ts", &Time(exchange.requested))?;
    map.put("request", &reference(exchange.request))?;
    match exchange.end {
        Some(ExchangeEnd::Reply(frame)) => map.put("reply", &reference(frame))?,
        Some(ExchangeEnd::Error(frame)) => map.put("error", &reference(frame))?,
        None => {}
    }
    map.span("rtt_ns", exchange.rtt)?;
    map.word("outcome", &exchange.outcome)?;
    map.maybe("reply_code", exchange.refusal)?;
    map.maybe("reply_code_name", exchange.refusal_name())?;
    map.put("duplicates", &exchange.duplicates)?;
    map.put("corrupted", &exchange.corrupted)?;
    map.maybe("dropped", exchange.dropped.map(Dropped))?;
    let reply_dropped = (exchange.reply_dropped).map(|dropped| OnWayBack(dropped, reference));
    map.maybe("reply_dropped", reply_dropped)?;
    map.fact("one_sided_possible", exchange.one_sided_possible)?;
    map.maybe(
        "request_part",
        exchange.request_part.as_ref().map(|part| Incomplete {
            first: None,
            overlap: part.overlap.map(reference),
            part,
        }),
    )?;
    map.maybe(
        "reply_part",
        exchange.reply_part.as_ref().map(|part| Incomplete {
            first: Some(reference(part.first)),
            overlap: part.part.overlap.map(reference),
            part: &part.part,
        }),
    )?;
    map.end()
}

/// What dropped a reply or an error, with what names the frame of the error about it.
pub(super) struct OnWayBack<F>(pub(super) ReplyDrop, pub(super) F);

impl<'a, F: Fn(FrameRef) -> Reference<'a>> Serialize for OnWayBack<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            ReplyDrop::Error { frame, dropper } => {
                let mut map = serializer.serialize_map(None)?;
                map.put("error", &(self.1)(frame))?;
                map.put("dropper", &Addr(dropper))?;
                map.end()
            }
            ReplyDrop::WhereCaptured(dropped) => Dropped(dropped).serialize(serializer),
        }
    }
}

struct Dropped(LocalDrop);

impl Serialize for Dropped {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.name("by", self.0.by())?;
        map.maybe("name", self.0.name().map(Plain))?;
        map.end()
    }
}

/// The source of the first frame; of no frame, the first source.
pub(super) fn own_source<'a>(frames: impl IntoIterator<Item = &'a FrameRef>) -> SourceId {
    frames
        .into_iter()
        .next()
        .map_or(SourceId(0), |frame| frame.source())
}

/// A message that came in fragments and is not put together.
struct Incomplete<'a> {
    first: Option<Reference<'a>>,
    overlap: Option<Reference<'a>>,
    part: &'a InPart,
}

impl Serialize for Incomplete<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.maybe("first", self.first)?;
        map.put("missing", &List(self.part.gaps.told(), MissingOctets))?;
        map.maybe("more_gaps", NonZeroU64::new(self.part.gaps.more()))?;
        map.maybe("overlap", self.overlap)?;
        map.end()
    }
}

struct MissingOctets<'a>(&'a Gap);

impl Serialize for MissingOctets<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Gap { start, end } = *self.0;
        let mut map = serializer.serialize_map(None)?;
        map.put("offset", &start)?;
        map.maybe("length", end.map(|end| end.saturating_sub(start)))?;
        map.end()
    }
}

pub(super) struct References<'a> {
    pub(super) frames: &'a [FrameRef],
    pub(super) own: SourceId,
    pub(super) context: &'a Context,
}

impl Serialize for References<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        List(self.frames, |frame: &FrameRef| Reference {
            frame: *frame,
            own: self.own,
            context: self.context,
        })
        .serialize(serializer)
    }
}

pub(super) fn path<S: Serializer>(
    path: &Path,
    context: &Context,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let own = path.first_probe.source();
    let mut map = serializer.serialize_map(None)?;
    map.name("type", "path")?;
    map.put("source", &context.source(own))?;
    map.put("src", &Addr(path.src))?;
    map.put("dst", &Addr(path.dst))?;
    map.put("protocol", &Protocol(path.protocol))?;
    map.maybe("id", path.id)?;
    let first_probe = Reference {
        frame: path.first_probe,
        own,
        context,
    };
    map.put("first_probe", &first_probe)?;
    map.put("hops", &List(&path.hops, PathHop))?;
    map.put("reached", &path.reached)?;
    map.word("ended", &path.end())?;
    map.end()
}

struct PathHop<'a>(&'a Hop);

impl Serialize for PathHop<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.put("ttl", &self.0.ttl)?;
        if let Some((first, others)) = self.0.routers.split_first() {
            put_router(&mut map, first)?;
            if !others.is_empty() {
                map.put("alternatives", &List(others, Alternative))?;
            }
        }
        map.put("unanswered", &self.0.unanswered)?;
        map.end()
    }
}

struct Alternative<'a>(&'a HopRouter);

impl Serialize for Alternative<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        put_router(&mut map, self.0)?;
        map.end()
    }
}

fn put_router<M: SerializeMap>(map: &mut M, router: &HopRouter) -> Result<(), M::Error> {
    map.put("router", &Addr(router.router))?;
    map.put("rtts_ns", &Iter(|| router.rtts.iter().copied().map(nanos)))?;
    map.put("answers", &router.answers)?;
    if !router.mpls.is_empty() {
        map.put("mpls", &router.mpls)?;
    }
    map.maybe("return_hops", router.return_hops)?;
    if let Some(refusal) = router.refusal {
        map.word("refusal", &refusal)?;
    }
    if let Some(ends) = router.tunnel {
        map.put("tunnel_src", &Addr(ends.src()))?;
        map.put("tunnel_dst", &Addr(ends.dst()))?;
    }
    Ok(())
}

pub(super) fn finding<S: Serializer>(
    finding: &Finding,
    context: &Context,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let own = own_source(&finding.evidence);
    let mut map = serializer.serialize_map(None)?;
    map.name("type", "finding")?;
    map.put("source", &context.source(own))?;
    map.name("finding", finding.name)?;
    map.word("severity", &finding.severity)?;
    map.put("title", &finding.title)?;
    let evidence = References {
        frames: &finding.evidence,
        own,
        context,
    };
    map.put("evidence", &evidence)?;
    map.word("confidence", &finding.confidence)?;
    map.put("advice", &finding.advice)?;
    map.end()
}
