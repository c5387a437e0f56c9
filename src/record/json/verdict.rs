//! Records of drop verdicts.

use std::net::IpAddr;
use std::num::NonZeroU64;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::packet::put_identifiers;
use super::story::{OnWayBack, References, own_source};
use super::value::{Addr, Fields, Protocol, Time};
use super::{Context, Reference};
use crate::correlate::verdict::{
    Aftermath, Carried, DropVerdict, Evidence, Hops, Role, TunnelNetwork, Within,
};
use crate::icmp::names;
use crate::model::{FlowKey, flow::FlowPorts};
use crate::record::app_error::{AppError, Errno, Raised};
use crate::record::community::CommunityId;
use crate::wire::IpVersion;

/// The VLAN or the tunnel that the packets were in.
fn within<M: SerializeMap>(map: &mut M, within: Within) -> Result<(), M::Error> {
    match within {
        Within::Unknown => Ok(()),
        Within::Vlan(vlan) => map.put("vlan", &[vlan]),
        Within::Tunnel(tunnel) => map.put("tunnel", &[Around(TunnelNetwork::of(tunnel))]),
    }
}

pub(super) fn drop<S: Serializer>(
    verdict: &DropVerdict,
    context: &Context,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let own = own_source(verdict.error_frames.iter().chain(&verdict.original_frames));
    let frames = |frames| References {
        frames,
        own,
        context,
    };
    let reference = |frame| Reference {
        frame,
        own,
        context,
    };
    let mut map = serializer.serialize_map(None)?;
    map.name("type", "drop")?;
    map.put("source", &context.source(own))?;
    let community_id = context.community.borrow_mut().flow(&verdict.flow);
    map.put(
        "flow",
        &Flow {
            flow: &verdict.flow,
            community_id,
        },
    )?;
    within(&mut map, verdict.scope.within())?;
    if let Some(flow) = &verdict.sent_as {
        let community_id = context.community.borrow_mut().flow(flow);
        map.put("sent_as", &Flow { flow, community_id })?;
    }
    if let Carried::Flow(flow) = &verdict.carried {
        let community_id = context.community.borrow_mut().flow(flow);
        map.put("carried", &Flow { flow, community_id })?;
    }
    map.put("dropper", &Addr(verdict.dropper))?;
    map.put(
        "icmp",
        &ErrorKind(verdict.version, verdict.kind, Some(verdict.code)),
    )?;
    map.word("reason", &verdict.reason)?;
    map.fact("reported", verdict.evidence == Evidence::Reported)?;
    map.put("part", &verdict.part)?;
    map.put("count", &verdict.count)?;
    map.maybe("discarded", NonZeroU64::new(verdict.discarded))?;
    map.maybe("short_quotes", NonZeroU64::new(verdict.short_quotes))?;
    map.maybe("half_translated", NonZeroU64::new(verdict.half_translated))?;
    map.maybe(
        "half_translated_frames",
        (verdict.halves.as_ref()).map(|halves| frames(&halves.frames)),
    )?;
    map.maybe("out_of_window", NonZeroU64::new(verdict.out_of_window))?;
    map.maybe("arrived", NonZeroU64::new(verdict.arrived))?;
    map.maybe("arrived_later", NonZeroU64::new(verdict.arrived_later))?;
    if let Some(undelivered) = verdict.undelivered {
        map.put("undelivered", &undelivered.count)?;
        map.put("undelivered_by", &OnWayBack(undelivered.first, reference))?;
    }
    map.put("first", &Time(verdict.first))?;
    map.put("last", &Time(verdict.last))?;
    map.put("error_frames", &frames(&verdict.error_frames))?;
    map.put("original_frames", &frames(&verdict.original_frames))?;
    map.put("original_count", &verdict.original_count)?;
    if let Some(missed) = verdict.missed.filter(|_| verdict.original_count == 0) {
        map.word("original_reason", &missed)?;
    }
    map.maybe("answered", NonZeroU64::new(verdict.answered))?;
    map.maybe("mtu", verdict.mtu)?;
    map.maybe("still_too_large", NonZeroU64::new(verdict.still_too_large))?;
    map.put("bytes", &verdict.bytes)?;
    map.span("slowest_ns", verdict.slowest)?;
    map.maybe("original_ttl", verdict.original_ttl)?;
    map.maybe("ttl_spent", verdict.ttl_spent)?;
    map.maybe("hops_to_dropper", verdict.hops_to_dropper.map(HopCount))?;
    let estimated = |count| {
        HopCount(Hops {
            count,
            estimate: true,
        })
    };
    map.maybe("return_hops", verdict.return_hops.map(estimated))?;
    if let Some(there) = &verdict.same_as {
        let community_id = context.community.borrow_mut().flow(&there.flow);
        map.put(
            "same_as",
            &Elsewhere {
                flow: &there.flow,
                dropper: there.dropper,
                community_id,
                error: reference(there.error),
            },
        )?;
    }
    map.maybe(
        "was_open",
        verdict.was_open.map(|open| Before {
            role: open.role,
            last: reference(open.last),
        }),
    )?;
    map.fact("probe", verdict.probe)?;
    map.put("aftermath", &WhatCameAfter(&verdict.aftermath))?;
    map.maybe("app_error", AppError::of_verdict(verdict).map(Sockets))?;
    map.end()
}

/// The tunnel that tells the network of a flow.
struct Around(TunnelNetwork);

impl Serialize for Around {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let network = &self.0;
        let mut map = serializer.serialize_map(None)?;
        map.name("kind", network.kind.name())?;
        if network.is_identified {
            put_identifiers(&mut map, network.kind)?;
        }
        if let Some((a, b)) = network.ends {
            map.put("src", &Addr(a))?;
            map.put("dst", &Addr(b))?;
        }
        let vlans = network.vlans.as_slice();
        if !vlans.is_empty() {
            map.put("vlan", vlans)?;
        }
        map.end()
    }
}

/// The same packets on the other side of an address translation.
struct Elsewhere<'a> {
    flow: &'a FlowKey,
    dropper: IpAddr,
    community_id: Option<CommunityId>,
    error: Reference<'a>,
}

impl Serialize for Elsewhere<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.put("src", &Addr(self.flow.addrs.src()))?;
        map.put("dst", &Addr(self.flow.addrs.dst()))?;
        match self.flow.ports {
            FlowPorts::Ports { src, dst } => {
                map.put("src_port", &src)?;
                map.put("dst_port", &dst)?;
            }
            FlowPorts::Query { id, .. } => map.put("id", &id)?,
            FlowPorts::Spi(_) | FlowPorts::Message(_) | FlowPorts::None => {}
        }
        map.maybe("community_id", self.community_id)?;
        map.put("dropper", &Addr(self.dropper))?;
        map.put("error", &self.error)?;
        map.end()
    }
}

struct Flow<'a> {
    flow: &'a FlowKey,
    community_id: Option<CommunityId>,
}

impl Serialize for Flow<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let flow = self.flow;
        let mut map = serializer.serialize_map(None)?;
        map.put("protocol", &Protocol(flow.protocol))?;
        map.put("src", &Addr(flow.addrs.src()))?;
        map.maybe(
            "dst",
            flow.has_destination().then(|| Addr(flow.addrs.dst())),
        )?;
        match flow.ports {
            FlowPorts::Ports { src, dst } => {
                map.put("src_port", &src)?;
                map.put("dst_port", &dst)?;
            }
            FlowPorts::Query { kind, id } => {
                map.put("icmp_type", &kind)?;
                map.put("id", &id)?;
            }
            FlowPorts::Message(kind) => map.put("icmp_type", &kind)?,
            FlowPorts::Spi(spi) => map.put("spi", &spi)?,
            FlowPorts::None => {}
        }
        map.maybe("community_id", self.community_id)?;
        map.end()
    }
}

/// Version, type and code with their names.
pub(super) struct ErrorKind(pub(super) IpVersion, pub(super) u8, pub(super) Option<u8>);

impl ErrorKind {
    pub(super) fn put_into<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let Self(version, kind, code) = *self;
        map.put("version", &version.number())?;
        map.put("type", &kind)?;
        map.maybe("code", code)?;
        map.name("name", names::type_name(version, kind).unwrap_or("unknown"))?;
        map.maybe(
            "code_name",
            code.and_then(|code| names::code_name(version, kind, code)),
        )
    }
}

impl Serialize for ErrorKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.put_into(&mut map)?;
        map.end()
    }
}

/// The port before it refused.
struct Before<'a> {
    role: Option<Role>,
    last: Reference<'a>,
}

impl Serialize for Before<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.put("last", &self.last)?;
        if let Some(role) = &self.role {
            map.word("role", role)?;
        }
        map.end()
    }
}

struct HopCount(Hops);

impl Serialize for HopCount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.put("count", &self.0.count)?;
        map.put("estimate", &self.0.estimate)?;
        map.end()
    }
}

struct WhatCameAfter<'a>(&'a Aftermath);

impl Serialize for WhatCameAfter<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let after = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.word("outcome", &after.outcome)?;
        map.put("packets", &after.packets)?;
        map.maybe("answers", (after.answers > 0).then_some(after.answers))?;
        map.put("retransmissions", &after.retransmissions)?;
        map.fact("acknowledged", after.acknowledged)?;
        map.fact("acknowledged_in_part", after.in_part)?;
        map.maybe("retried", (after.retried > 0).then_some(after.retried))?;
        map.maybe("size_before", after.size_before)?;
        map.maybe("size_after", after.size_after)?;
        map.span("lasted_ns", after.lasted)?;
        map.end()
    }
}

struct Sockets(AppError);

impl Serialize for Sockets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (socket, raised) in self.0.sockets() {
            map.put(
                socket.word(),
                &Sight {
                    raised,
                    errno: self.0.errno(),
                },
            )?;
        }
        map.put("text", &format_args!("{}", self.0))?;
        map.end()
    }
}

struct Sight {
    raised: Raised,
    errno: Option<Errno>,
}

impl Serialize for Sight {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.put("raised", self.raised.word())?;
        if self.raised != Raised::Never {
            map.maybe("errno", self.errno.map(Errno::name))?;
        }
        map.end()
    }
}
