//! Probes and answers of which copies may come still.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Duration;

use crate::correlate::copies::Likeness;
use crate::correlate::flows::{Fingerprint, datagram_checksum};
use crate::correlate::trace::Fate;
use crate::model::{AddrPair, FrameRef, SourceId};

/// Points of capture of a probe that are kept beside the first and the nearest: both sides of some routers,
/// and of the tunnels between them.
const ELSEWHERE: usize = 8;

/// A probe, of which copies may come still.
#[derive(Clone, Copy, Debug)]
pub(super) struct Probe {
    /// Where it was seen first.
    pub(super) first: FrameRef,
    /// As it was seen nearest to its sender.
    pub(super) nearest: Fingerprint,
    /// Where it was seen as near, last of all.
    beside: Fingerprint,
    /// Where else, the first few times: an error may be about any of these, as in a tunnel further on.
    elsewhere: [Option<FrameRef>; ELSEWHERE],
}

/// An answer to a probe of which copies may come still.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    /// The frame that the probe was found in.
    pub(super) probe: FrameRef,
    /// The TTL it had there.
    pub(super) ttl: u8,
    pub(super) from: IpAddr,
    pub(super) rtt: Option<Duration>,
    pub(super) ttl_back: Option<u8>,
    pub(super) fate: Fate,
    /// Whether its probe came to the destination, which answers itself.
    pub(super) reaches: bool,
    pub(super) tunnel: Option<AddrPair>,
    pub(super) mpls: Vec<u32>,
    /// The frame of the answer itself.
    pub(super) frame: FrameRef,
    /// Those of its copies, the first few.
    pub(super) copies: Vec<FrameRef>,
    /// Which capture has the probe and the answer that `rtt` is between.
    pub(super) timed_in: SourceId,
}

impl Probe {
    /// One that was seen for the first time.
    pub(super) fn new(seen: &Fingerprint) -> Self {
        Self {
            first: seen.frame,
            nearest: *seen,
            beside: *seen,
            elsewhere: [None; ELSEWHERE],
        }
    }

    /// Takes it where it was seen again: that or what is known may be nearer.
    pub(super) fn sent_again(&mut self, seen: &Fingerprint) {
        let left = if seen.is_nearer_than(&self.nearest) {
            std::mem::replace(&mut self.nearest, *seen)
        } else if !self.nearest.is_nearer_than(seen) {
            std::mem::replace(&mut self.beside, *seen)
        } else {
            *seen
        };
        if !self.is_in(left.frame)
            && let Some(free) = self.elsewhere.iter_mut().find(|kept| kept.is_none())
        {
            *free = Some(left.frame);
        }
    }

    /// Whether `frame` holds it, as far as is kept.
    pub(super) fn is_in(&self, frame: FrameRef) -> bool {
        self.frames().any(|known| known == frame)
    }

    fn frames(&self) -> impl Iterator<Item = FrameRef> {
        let near = [self.first, self.nearest.frame, self.beside.frame];
        near.into_iter().chain(self.elsewhere.into_iter().flatten())
    }

    /// As it was seen nearest to its sender in that capture, if it was seen nowhere nearer.
    pub(super) fn near_in(&self, source: SourceId) -> Option<&Fingerprint> {
        let near = [&self.nearest, &self.beside];
        let mut near = near.into_iter().filter(|seen| seen.ttl == self.nearest.ttl);
        near.find(|seen| seen.source() == source)
    }

    /// Whether a packet between these addresses is this probe, seen again.
    pub(super) fn is_seen_again(&self, seen: &Fingerprint, addrs: AddrPair) -> bool {
        let nearest = &self.nearest;
        match seen.likeness(nearest, addrs) {
            Likeness::Same => true,
            // A capture has each probe once, unless it is that of a mirror: no tool sends two that are
            // alike so soon.
            Likeness::Alike => {
                seen.source() == nearest.source() || !self.is_known_in(seen.source())
            }
            Likeness::Different => false,
        }
    }

    pub(super) fn is_known_in(&self, source: SourceId) -> bool {
        self.frames().any(|frame| frame.source() == source)
    }

    /// Whether a packet may be this probe in another capture, which has it not yet: whatever the clocks
    /// say, and whoever fills in its checksum.
    pub(super) fn may_be_elsewhere(&self, seen: &Fingerprint) -> bool {
        let facts = |it: &Fingerprint| (it.pair, it.protocol, it.label, it.length);
        let checksum = datagram_checksum(seen.protocol);
        !self.is_known_in(seen.source())
            && facts(seen) == facts(&self.nearest)
            && seen.lead.agrees(self.nearest.lead, !checksum)
    }
}

/// The probe that `frame` holds.
pub(super) fn probe_in(probes: &VecDeque<Probe>, frame: FrameRef) -> Option<&Probe> {
    probes.iter().rev().find(|probe| probe.is_in(frame))
}

impl Answer {
    /// Whether `frame` holds it, as far as is kept.
    pub(super) fn is_in(&self, frame: FrameRef) -> bool {
        frame == self.frame || self.copies.contains(&frame)
    }
}
