//! The same packet of any protocol at several points of capture: on both sides of a router, in a
//! mirror of both ports, in captures of several hosts, behind an address translation.

use std::net::IpAddr;
use std::time::Duration;

use super::flows::{Chain, Fingerprint, Ring, datagram_checksum, has_ports};
use super::lead::Lead;
use super::sighting::{COPY_WINDOW, MIRROR_WINDOW};
use crate::model::{AddrPair, SourceId};
use crate::wire::IpVersion;
use crate::wire::checksum::internet;
use crate::wire::ip::protocol::{SCTP, TCP, UDP, is_icmp};

/// How far apart two captures see a packet at one hop whose content nothing tells: those of one host, by
/// one clock. Programs take longer to send the next.
const BESIDE: Duration = Duration::from_micros(20);

/// What two packets are to each other, by what is kept of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Likeness {
    Different,
    /// Nothing tells their content: one packet, or two of a flow that look alike.
    Alike,
    /// One packet.
    Same,
}

impl Fingerprint {
    /// Whether the two, between these addresses, are one packet, seen at two points. Which of them is
    /// first tells nothing where two captures were merged: their clocks differ.
    pub(super) fn likeness(&self, other: &Self, addrs: AddrPair) -> Likeness {
        let facts = |it: &Self| (it.pair, it.protocol, it.label, it.length);
        if facts(self) != facts(other) {
            return Likeness::Different;
        }
        if self.content.is_other(other.content, self.protocol) {
            return Likeness::Different;
        }
        let numbered = IpVersion::of(addrs.src()) == IpVersion::V4 && self.label != 0;
        let elsewhere = self.source() != other.source();
        // Where a later fragment belongs stands there as well, and is its own.
        let has_checksum = self.lead.flow_word(self.protocol) != 0;
        let checksum = datagram_checksum(self.protocol);
        let offloads = checksum != 0 && has_checksum;
        let told = |it: &Self| match it.protocol {
            // What leads it tells the association only.
            SCTP => false,
            protocol => !offloads || tells_content(protocol, it.lead, addrs),
        };
        let both_told = told(self) && told(other);
        let mask = if offloads && (numbered || elsewhere && !both_told) {
            !checksum
        } else {
            u64::MAX
        };
        if !self.lead.agrees(other.lead, mask) {
            return Likeness::Different;
        }
        let (earlier, later) = if self.ts <= other.ts {
            (self, other)
        } else {
            (other, self)
        };
        let (window, likeness) = match (elsewhere, numbered) {
            (true, true) => (Duration::MAX, Likeness::Same),
            (true, false) if self.lead == other.lead && self.ttl != other.ttl => {
                (Duration::MAX, Likeness::Same)
            }
            // Where the card fills in checksums, datagrams that differ in what they hold look alike.
            (true, false) if !both_told && self.ttl == other.ttl => (BESIDE, Likeness::Alike),
            (true, false) => (COPY_WINDOW, Likeness::Same),
            (false, true) if later.ttl < earlier.ttl => (Duration::MAX, Likeness::Same),
            (false, _) if later.ttl < earlier.ttl => (COPY_WINDOW, Likeness::Same),
            (false, true) if later.ttl == earlier.ttl => (COPY_WINDOW, Likeness::Same),
            // One program may send the same to hop after hop.
            (false, false) if offloads && self.ttl != other.ttl => return Likeness::Different,
            (false, false) if !both_told => (MIRROR_WINDOW, Likeness::Alike),
            (false, _) => (MIRROR_WINDOW, Likeness::Same),
        };
        let apart = later.ts.since(earlier.ts);
        if apart.is_none_or(|apart| apart <= window) {
            likeness
        } else {
            Likeness::Different
        }
    }

    /// Whether it was seen nearer to its sender than its copy `other`: routers only lower the TTL.
    pub(super) fn is_nearer_than(&self, other: &Self) -> bool {
        self.ttl > other.ttl
    }

    /// Whether it is `before` behind a translation of its source, by what that leaves alone, and at the
    /// next hop, or further on in another capture.
    fn is_translated_of(&self, before: &Self) -> bool {
        let facts = |it: &Self| (it.protocol, it.label, it.length, it.data, it.flags);
        // Ports, or a query's identifier, are rewritten, and checksums with them.
        let kept = match self.protocol {
            TCP => 0x0000_ffff_ffff_ffff,
            protocol if has_ports(protocol) => 0x0000_ffff_ffff_0000,
            protocol if is_icmp(protocol) => 0xffff_0000_0000_ffff,
            _ => u64::MAX,
        };
        let is_further = if self.source() == before.source() {
            self.ttl.checked_add(1) == Some(before.ttl)
        } else {
            self.ttl < before.ttl
        };
        is_further
            && self.pair != before.pair
            && facts(self) == facts(before)
            && self.lead.agrees(before.lead, kept)
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
    addrs: AddrPair,
    /// Whether the nearest was met in two captures beside each other.
    is_beside: bool,
    looked: usize,
}

impl Copies {
    /// How many packets of the flow before the one seen nearest are looked at: in a loop each comes by
    /// once more for each hop.
    const DEPTH: usize = 16;
    /// How long before it another capture may have seen it, by a clock that is behind.
    const APART: Duration = Duration::from_secs(10);

    /// Those of `first`, between these addresses, as seen from the capture `source`.
    pub(super) fn of(first: Fingerprint, source: SourceId, addrs: AddrPair) -> Self {
        Self {
            nearest: first,
            timed: first,
            last_ttl: first.ttl,
            source,
            addrs,
            is_beside: false,
            looked: 0,
        }
    }

    /// Whether a packet came so long before that none from there on is a copy.
    pub(super) fn are_over(&self, seen: &Fingerprint) -> bool {
        self.nearest.ts.since(seen.ts) > Some(Self::APART)
    }

    /// Whether a packet of the flow is one of them, where so much likeness is enough.
    pub(super) fn may_have(&self, seen: &Fingerprint, enough: Likeness) -> bool {
        seen.likeness(&self.nearest, self.addrs) >= enough
    }

    /// Takes the packet of the flow before; says whether that is enough.
    pub(super) fn met(&mut self, seen: &Fingerprint) -> bool {
        let here = |it: &Fingerprint| it.source() == self.source;
        let is_copy = match seen.likeness(&self.nearest, self.addrs) {
            Likeness::Same => true,
            // The first in the other capture, going back from one, is that one.
            Likeness::Alike if here(seen) => !here(&self.timed),
            Likeness::Alike => {
                seen.source() != self.nearest.source()
                    && !std::mem::replace(&mut self.is_beside, true)
            }
            Likeness::Different => false,
        };
        if is_copy {
            if seen.is_nearer_than(&self.nearest) {
                // As many times as there are TTLs, at most.
                self.looked = 0;
                self.is_beside = false;
            }
            if !self.nearest.is_nearer_than(seen) {
                self.nearest = *seen;
            }
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

/// A packet between these addresses, which the ring has, as it was seen nearest to its sender before.
pub(super) fn nearest(ring: &Ring, addrs: AddrPair, packet: &Fingerprint) -> Fingerprint {
    let hashes = ring.hashes(addrs, packet.protocol, packet.lead);
    let mut copies = Copies::of(*packet, packet.source(), addrs);
    let mut is_met = false;
    ring.walk(Chain::Flow, &hashes, |seen| {
        if seen.pair != packet.pair || seen.protocol != packet.protocol {
            return false;
        }
        if is_met {
            return copies.are_over(seen) || copies.met(seen);
        }
        is_met = seen.frame == packet.frame;
        false
    });
    copies.nearest
}

/// A packet of IPv4 between these addresses before its source was translated, if it was captured there as
/// well; where none is numbered, nothing tells.
pub(super) fn before_translation(
    ring: &Ring,
    addrs: AddrPair,
    seen: &Fingerprint,
) -> Option<Fingerprint> {
    if IpVersion::of(addrs.src()) != IpVersion::V4 || seen.label == 0 {
        return None;
    }
    let hashes = ring.hashes(addrs, seen.protocol, seen.lead);
    let mut before = None;
    ring.walk(Chain::Destination, &hashes, |other| {
        let apart = other.ts.apart(seen.ts);
        let is_it = apart.is_some_and(|apart| apart <= COPY_WINDOW) && seen.is_translated_of(other);
        before = is_it.then_some(*other);
        is_it || seen.ts.since(other.ts) > Some(COPY_WINDOW)
    });
    before
}

/// Whether the checksum of a datagram tells what it holds: it is there, and not that of the addresses
/// and lengths alone, as where the card is to add the rest.
pub(super) fn tells_content(protocol: u8, lead: Lead, addrs: AddrPair) -> bool {
    let (kind, length) = ([0, UDP], lead.half(2).to_be_bytes());
    let sum = match (addrs.src(), addrs.dst()) {
        (IpAddr::V4(src), IpAddr::V4(dst)) => {
            internet(&[&src.octets(), &dst.octets(), &kind, &length])
        }
        (IpAddr::V6(src), IpAddr::V6(dst)) => {
            internet(&[&src.octets(), &dst.octets(), &kind, &length])
        }
        _ => return false,
    };
    protocol == UDP && lead.half(3) != 0 && !sum != lead.half(3)
}
