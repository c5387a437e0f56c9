//! The walk along the packets of a flow, from the newest back, for the one that an error quotes.

use super::wanted::{Fit, Wanted};
use super::{ERROR_DELAY, FLOW_DEPTH};
use crate::correlate::MatchKind;
use crate::correlate::copies::{Copies, Likeness};
use crate::correlate::flows::Fingerprint;
use crate::correlate::sighting::COPY_WINDOW;
use crate::model::{AddrPair, SourceId, Timestamp};

/// How many packets of the flow are looked at for a better match once one of its segments was
/// found: retransmissions of the same octets differ in their identification.
const BETTER_MATCH_DEPTH: usize = 64;

/// How far it came.
#[derive(Debug)]
pub(super) struct Search<'w> {
    wanted: &'w Wanted,
    /// When the error was captured.
    ts: Timestamp,
    source: SourceId,
    addrs: AddrPair,
    /// The packet that all tells to be the one, so well.
    told: Option<(Fit, Copies)>,
    /// Another of the same octets was sent as well, a while before, or one that it may be a piece of.
    is_ambiguous: bool,
    best: Option<(MatchKind, Copies)>,
    /// Whether the packet of the flow that is the best so far, or any if it is a segment, may be the one.
    may_be: bool,
    looked: usize,
    since_segment: usize,
}

impl<'w> Search<'w> {
    /// For the packet of an error that was captured at this time in `source`.
    pub(super) fn new(
        wanted: &'w Wanted,
        (ts, source): (Timestamp, SourceId),
        addrs: AddrPair,
    ) -> Self {
        Self {
            wanted,
            ts,
            source,
            addrs,
            told: None,
            is_ambiguous: false,
            best: None,
            may_be: false,
            looked: 0,
            since_segment: 0,
        }
    }

    /// Takes the packet before; says whether that is enough.
    pub(super) fn meets(&mut self, seen: &Fingerprint) -> bool {
        if !self.wanted.is_flow(seen) {
            return (self.told.as_ref()).is_some_and(|(_, copies)| copies.are_over(seen));
        }
        let fit = self.wanted.fit(seen);
        match &mut self.told {
            Some((known, copies)) if fit <= *known => {
                if copies.are_over(seen) {
                    return true;
                }
                let may_be_piece = *known == Fit::Lone && self.wanted.may_be_piece_of(seen);
                let is_as_likely = (fit == *known || may_be_piece)
                    && seen.frame != copies.nearest.frame
                    && is_another(seen, &copies.nearest)
                    && is_recent(self.ts, seen);
                let likeness = match fit {
                    Fit::Lone => Likeness::Same,
                    _ => Likeness::Alike,
                };
                self.is_ambiguous |= is_as_likely && !copies.may_have(seen, likeness);
                copies.met(seen)
            }
            _ if fit >= Fit::Lone => {
                self.told = Some((fit, Copies::of(*seen, self.source, self.addrs)));
                self.is_ambiguous &= fit == Fit::Lone;
                false
            }
            _ => self.meets_untold(seen, fit),
        }
    }

    /// Takes a packet of the flow that nothing tells to be the one.
    fn meets_untold(&mut self, seen: &Fingerprint, fit: Fit) -> bool {
        let wanted = self.wanted;
        let copies = || Copies::of(*seen, self.source, self.addrs);
        let may_be = wanted.may_be(seen, fit);
        self.is_ambiguous |= wanted.may_be_piece_of(seen) && is_recent(self.ts, seen);
        let segment = matches!(self.best, Some((MatchKind::Segment, _)));
        match &mut self.best {
            Some((MatchKind::Segment, copies)) => {
                let nearest = copies.nearest;
                copies.met(seen);
                if copies.nearest.is_nearer_than(&nearest) {
                    self.since_segment = 0;
                }
            }
            _ if wanted.is_segment(seen) => self.best = Some((MatchKind::Segment, copies())),
            None if wanted.known >= 4 => self.best = Some((MatchKind::Flow, copies())),
            Some(_) if may_be && !self.may_be => self.best = Some((MatchKind::Flow, copies())),
            _ => {}
        }
        self.may_be = self.may_be || may_be;
        self.looked += 1;
        self.since_segment += usize::from(segment);
        self.since_segment > BETTER_MATCH_DEPTH || self.looked > FLOW_DEPTH
    }

    /// Whether the packet it came to can be the one, where it is no more than one of its flow.
    pub(super) fn may_be(&self) -> bool {
        self.may_be || self.told.is_some()
    }

    /// The packet it came to, and how it fits.
    pub(super) fn found(self) -> Option<(MatchKind, Copies)> {
        let Some((_, copies)) = self.told else {
            return self.best;
        };
        let match_kind = match self.is_ambiguous {
            false => MatchKind::Exact,
            true if self.wanted.is_segment(&copies.nearest) => MatchKind::Segment,
            true => MatchKind::Flow,
        };
        Some((match_kind, copies))
    }
}

/// Whether an error that was captured at `ts` may have come for so long.
fn is_recent(ts: Timestamp, seen: &Fingerprint) -> bool {
    ts.since(seen.ts).is_none_or(|age| age <= ERROR_DELAY)
}

/// Whether a packet of the same octets is no sighting of this one at another point.
fn is_another(seen: &Fingerprint, nearest: &Fingerprint) -> bool {
    let apart = nearest.ts.since(seen.ts);
    seen.source() == nearest.source() || apart.is_some_and(|apart| apart > COPY_WINDOW)
}
