//! Traceroutes found in the capture.

use std::net::IpAddr;
use std::time::Duration;

use super::verdict::DropReason;
use crate::model::FrameRef;

/// A traceroute, whatever made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// Who probed.
    pub src: IpAddr,
    /// Where to.
    pub dst: IpAddr,
    /// IP protocol of the probes.
    pub protocol: u8,
    /// Hops by TTL, without gaps from the first to the last seen.
    pub hops: Vec<Hop>,
    /// Whether the destination itself answered.
    pub reached: bool,
    /// The first probe.
    pub first_probe: FrameRef,
    /// Some frame it names passed the filter.
    pub shown: bool,
}

/// What answered at one TTL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// TTL the probes were sent with.
    pub ttl: u8,
    /// The routers that answered, in order of first answer: more than one where load is balanced.
    pub routers: Vec<HopRouter>,
    /// Probes that nobody answered.
    pub unanswered: u32,
}

/// One router at a hop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HopRouter {
    /// Its address.
    pub router: IpAddr,
    /// Round trips of its answers, in order; the first [`HopRouter::RTTS`] of them.
    pub rtts: Vec<Duration>,
    /// How many answers in all.
    pub answers: u32,
    /// MPLS labels it reported (RFC 4950), outermost first.
    pub mpls: Vec<u32>,
    /// Why it let no probe through, if that is what it said.
    pub refusal: Option<DropReason>,
}

impl HopRouter {
    /// How many round trips are kept per router and hop.
    pub const RTTS: usize = 16;
}
