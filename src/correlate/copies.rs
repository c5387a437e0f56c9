//! The same packet of any protocol at several points of capture: on both sides of a router, in a
//! mirror of both ports, in captures of several hosts.

use std::time::Duration;

use super::flows::{Fingerprint, datagram_checksum};
use super::sighting::{COPY_WINDOW, MIRROR_WINDOW};
use crate::model::SourceId;
use crate::wire::IpVersion;

impl Fingerprint {
    /// Whether the two are one packet of this IP version, seen at two points. Which of them is first
    /// tells nothing where two captures were merged: their clocks differ.
    pub(super) fn is_copy_of(&self, other: &Self, version: IpVersion) -> bool {
        let facts = |it: &Self| (it.pair, it.protocol, it.label, it.length);
        if facts(self) != facts(other) {
            return false;
        }
        let numbered = version == IpVersion::V4 && self.label != 0;
        let elsewhere = self.source() != other.source();
        // Where a later fragment belongs stands there as well, and is its own.
        let has_checksum = self.lead.flow_word(self.protocol) != 0;
        let checksum = datagram_checksum(self.protocol);
        let offloads = checksum != 0 && has_checksum;
        let mask = if offloads && (numbered || elsewhere) {
            !checksum
        } else {
            u64::MAX
        };
        let (earlier, later) = if self.ts <= other.ts {
            (self, other)
        } else {
            (other, self)
        };
        let window = match (elsewhere, numbered) {
            (true, true) => Duration::MAX,
            (true, false) if self.lead == other.lead && self.ttl != other.ttl => Duration::MAX,
            (true, false) if offloads && self.ttl == other.ttl => return false,
            (true, false) => COPY_WINDOW,
            (false, true) if later.ttl < earlier.ttl => Duration::MAX,
            (false, _) if later.ttl < earlier.ttl => COPY_WINDOW,
            (false, true) if later.ttl == earlier.ttl => COPY_WINDOW,
            // Where the card fills in checksums, datagrams that differ in what they hold look alike.
            (false, false) if offloads => return false,
            (false, _) => MIRROR_WINDOW,
        };
        let apart = later.ts.since(earlier.ts);
        self.lead.agrees(other.lead, mask) && apart.is_none_or(|apart| apart <= window)
    }

    /// Whether it was seen nearer to its sender than its copy `other`: routers only lower the TTL.
    pub(super) fn is_nearer_than(&self, other: &Self) -> bool {
        self.ttl > other.ttl
    }

    /// Which capture has it.
    pub(super) fn source(&self) -> SourceId {
        self.frame.source()
    }
}

/// One packet among its copies, as they are met on a walk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Copies {
    /// The one seen nearest to the sender.
    pub(super) nearest: Fingerprint,
    /// The one to measure times from in a capture: by one clock, where that capture has it.
    pub(super) timed: Fingerprint,
    /// The lowest TTL that it has in that capture, where it was seen furthest on its way.
    pub(super) last_ttl: u8,
    source: SourceId,
    version: IpVersion,
    looked: usize,
}

impl Copies {
    /// How many packets of the flow before the one seen nearest are looked at: in a loop each comes by
    /// once more for each hop.
    const DEPTH: usize = 16;
    /// How long before it another capture may have seen it, by a clock that is behind.
    const APART: Duration = Duration::from_secs(10);

    /// Those of `first`, as seen from the capture `source`.
    pub(super) fn of(first: Fingerprint, source: SourceId, version: IpVersion) -> Self {
        Self {
            nearest: first,
            timed: first,
            last_ttl: first.ttl,
            source,
            version,
            looked: 0,
        }
    }

    /// Whether a packet came so long before that none from there on is a copy.
    pub(super) fn are_over(&self, seen: &Fingerprint) -> bool {
        self.nearest.ts.since(seen.ts) > Some(Self::APART)
    }

    /// Takes the packet of the flow before; says whether that is enough.
    pub(super) fn met(&mut self, seen: &Fingerprint) -> bool {
        if seen.is_copy_of(&self.nearest, self.version) {
            if seen.is_nearer_than(&self.nearest) {
                // As many times as there are TTLs, at most.
                self.looked = 0;
            }
            if !self.nearest.is_nearer_than(seen) {
                self.nearest = *seen;
            }
            let here = |it: &Fingerprint| it.source() == self.source;
            if here(seen) {
                let is_first = !here(&self.timed);
                self.last_ttl = if is_first {
                    seen.ttl
                } else {
                    self.last_ttl.min(seen.ttl)
                };
            }
            if here(seen) && (!here(&self.timed) || !self.timed.is_nearer_than(seen)) {
                self.timed = *seen;
            }
        }
        self.looked += 1;
        self.looked >= Self::DEPTH
    }
}
