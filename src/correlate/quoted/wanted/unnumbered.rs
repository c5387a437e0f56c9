//! Datagrams that nothing numbers, before one of their ends was rewritten. IPv4 asks for no identification of
//! what is not to be taken apart (RFC 6864 section 4.1): what they hold tells them.

use super::{Sums, Wanted};
use crate::correlate::copies::tells_content;
use crate::correlate::flows::{Chain, Fingerprint, Hashes, Ring, has_ports};
use crate::correlate::lead::Lead;
use crate::correlate::quoted::{ERROR_DELAY, REDIRECTED_DEPTH};
use crate::icmp::cause::arithmetic::Sum;
use crate::model::{AddrPair, Timestamp};
use crate::wire::ip::protocol::{TCP, UDP};

/// Destination port and the length of a datagram.
const DESTINATION: u64 = 0x0000_ffff_ffff_0000;
/// Source port and the length of a datagram.
const SOURCE: u64 = 0xffff_0000_ffff_0000;
/// Both ports.
const PORTS: u64 = 0xffff_ffff_0000_0000;

/// What was found on a walk.
#[derive(Clone, Copy, Default)]
struct Found {
    best: Option<Fingerprint>,
    /// Whether that has both ports as quoted, which translators keep where they can (RFC 4787 section 4.2.1).
    keeps_ports: bool,
    /// Whether another fits as well.
    is_ambiguous: bool,
}

impl Found {
    /// With a packet before it that fits, too.
    fn and(mut self, seen: &Fingerprint, keeps_ports: bool) -> Self {
        let Some(best) = &mut self.best else {
            return Self::one(seen, keeps_ports);
        };
        if (best.pair, best.lead) == (seen.pair, seen.lead) {
            // A copy, or the same sent again: the last that was.
            if seen.is_nearer_than(best) {
                *best = *seen;
            }
        } else if keeps_ports && !self.keeps_ports {
            return Self::one(seen, keeps_ports);
        } else {
            self.is_ambiguous |= keeps_ports == self.keeps_ports;
        }
        self
    }

    const fn one(seen: &Fingerprint, keeps_ports: bool) -> Self {
        Self {
            best: Some(*seen),
            keeps_ports,
            is_ambiguous: false,
        }
    }
}

impl Wanted {
    /// The packet before its translation, of an error that was captured at `ts`: the only one of late that
    /// holds what the quote shows, or the only one of those with the quoted ports.
    pub(in crate::correlate::quoted) fn unnumbered(
        &self,
        ring: &Ring,
        hashes: &Hashes,
        ts: Timestamp,
    ) -> Option<Fingerprint> {
        let is_datagram = has_ports(self.protocol) && self.protocol != TCP;
        if !is_datagram || self.label != 0 || self.known < 8 || self.is_later_fragment {
            return None;
        }
        let is_old = |seen: &Fingerprint| (ts.since(seen.ts)).is_some_and(|age| age > ERROR_DELAY);
        let keeps_ports = |seen: &Fingerprint| self.lead.agrees(seen.lead, PORTS);
        let mut found = Found::default();
        ring.walk(Chain::Destination, hashes, |seen| {
            if is_old(seen) {
                return true;
            }
            if self.holds_the_same(ring, seen, DESTINATION) {
                found = found.and(seen, keeps_ports(seen));
            }
            false
        });
        if found.best.is_none() {
            let recent = ring
                .recent(REDIRECTED_DEPTH)
                .filter(|seen| !is_old(seen) && self.holds_the_same(ring, seen, SOURCE));
            found = recent.fold(found, |found, seen| found.and(seen, keeps_ports(seen)));
        }
        found.best.filter(|_| !found.is_ambiguous)
    }

    /// Whether `seen` has what a translation of one end leaves of the leading octets, and the same behind them.
    fn holds_the_same(&self, ring: &Ring, seen: &Fingerprint, kept: u64) -> bool {
        seen.protocol == self.protocol
            && seen.pair != self.pair
            && (seen.label, seen.length) == (0, self.length)
            && self.lead.agrees(seen.lead, kept)
            && self.content.agrees(seen.content) == Some(true)
            && self.sums_but_for_ends(ring, seen) != Sums::Differ
    }

    /// What the checksums tell that cover what is rewritten, and that translators mend with it.
    fn sums_but_for_ends(&self, ring: &Ring, seen: &Fingerprint) -> Sums {
        /// Ports and checksum among the halves of the leading words.
        const COVERED: [u32; 3] = [0, 1, 3];
        let addrs = ring.addrs_of(seen.pair).filter(|_| self.protocol == UDP);
        let Some(addrs) = addrs else {
            return Sums::Untold;
        };
        let is_final = |lead, addrs| tells_content(UDP, lead, addrs);
        if !is_final(self.lead, self.addrs) || !is_final(seen.lead, addrs) {
            return Sums::Untold;
        }
        let sum = |lead: Lead, addrs: AddrPair| {
            let halves = COVERED.map(|at| Sum::of(lead.half(at)));
            halves.into_iter().fold(Sum::of_addrs(addrs), Sum::plus)
        };
        if sum(self.lead, self.addrs) == sum(seen.lead, addrs) {
            Sums::Agree
        } else {
            Sums::Differ
        }
    }
}
