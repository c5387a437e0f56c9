//! An answer to a probe, and the probe that it answers.

use std::net::IpAddr;
use std::time::Duration;

use super::{PROBE_AGE, TraceKey};
use crate::correlate::copies::before_translation;
use crate::correlate::flows::{Chain, Fingerprint, Ring};
use crate::correlate::lead::Lead;
use crate::correlate::trace::Fate;
use crate::icmp::object::Labels;
use crate::model::{AddrPair, FrameRef, Timestamp};

/// An answer that was captured again.
#[derive(Clone, Copy, Debug)]
pub(in crate::correlate) struct Again {
    /// Where it was before.
    pub(in crate::correlate) of: FrameRef,
    pub(in crate::correlate) frame: FrameRef,
    pub(in crate::correlate) ts: Timestamp,
    pub(in crate::correlate) ttl: Option<u8>,
}

/// Whether a trace took an answer before it was captured again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::correlate) enum Known {
    Before,
    Not,
}

/// One answer to a probe.
#[derive(Clone, Copy, Debug)]
pub(in crate::correlate) struct ProbeAnswer<'a> {
    /// Addresses and protocol of the probe, and how its transport begins.
    pub(in crate::correlate) addrs: AddrPair,
    pub(in crate::correlate) protocol: u8,
    pub(in crate::correlate) lead: Lead,
    /// TTL the probe was captured with.
    pub(in crate::correlate) ttl: u8,
    pub(in crate::correlate) probe: FrameRef,
    /// The frame that holds the answer.
    pub(in crate::correlate) frame: FrameRef,
    /// Who answered.
    pub(in crate::correlate) from: IpAddr,
    pub(in crate::correlate) rtt: Option<Duration>,
    /// TTL that the answer was captured with.
    pub(in crate::correlate) ttl_back: Option<u8>,
    pub(in crate::correlate) ts: Timestamp,
    /// The MPLS labels the router reported.
    pub(in crate::correlate) mpls: Option<Labels<'a>>,
    pub(in crate::correlate) fate: Fate,
    /// Whom the packet around the probe went between, if it was that which went no further.
    pub(in crate::correlate) tunnel: Option<AddrPair>,
    pub(in crate::correlate) shown: bool,
}

impl ProbeAnswer<'_> {
    pub(in crate::correlate) fn key(&self) -> TraceKey {
        TraceKey::new(self.addrs, self.protocol, self.lead)
    }

    /// As the one captured in `of` again.
    pub(in crate::correlate) fn again(&self, of: FrameRef) -> Again {
        Again {
            of,
            frame: self.frame,
            ts: self.ts,
            ttl: self.ttl_back,
        }
    }

    /// Whether the destination itself answers what no router would have passed on: the trace of a
    /// neighbor, where no TTL runs out.
    pub(super) fn is_by_neighbor(&self) -> bool {
        self.ttl == 1 && self.reaches()
    }

    /// Whether its probe came to the destination, which answers itself.
    pub(super) fn reaches(&self) -> bool {
        self.from == self.addrs.dst() && self.fate != Fate::Expired
    }

    /// Its probe before the source of that was translated, if it was captured there as well.
    pub(super) fn before_translation(&self, ring: &Ring) -> Option<Fingerprint> {
        let hashes = ring.hashes(self.addrs, self.protocol, self.lead);
        let mut probe = None;
        ring.walk(Chain::Flow, &hashes, |seen| {
            probe = (seen.frame == self.probe).then_some(*seen);
            probe.is_some() || self.ts.since(seen.ts) > Some(PROBE_AGE)
        });
        before_translation(ring, self.addrs, &probe?)
    }

    /// The same of an answer that came to `receiver`, and whose quote was not translated back: it is about
    /// what that sent.
    pub(in crate::correlate) fn received_by(self, receiver: IpAddr, ring: &Ring) -> Self {
        let before = self.before_translation(ring).and_then(|probe| {
            let addrs = ring.addrs_of(probe.pair)?;
            (addrs.src() == receiver).then_some((addrs, probe))
        });
        before.map_or(self, |(addrs, probe)| Self {
            addrs,
            lead: probe.lead,
            ttl: probe.ttl,
            probe: probe.frame,
            rtt: self.ts.since(probe.ts),
            ..self
        })
    }

    /// When the probe was captured.
    pub(super) fn probe_ts(&self) -> Timestamp {
        self.rtt.map_or(self.ts, |rtt| self.ts.before(rtt))
    }
}
