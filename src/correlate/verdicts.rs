//! Errors gathered into drop verdicts.

mod key;
mod reported;
mod unfit;
mod way;

use std::time::Duration;

pub(super) use self::key::VerdictKey;
use self::key::{Seen, Written};
pub(super) use self::reported::Reported;
pub(super) use self::unfit::Unfit;
pub(super) use self::way::{Answered, Captured};
use super::aftermath::Followed;
use super::exchange::ReplyDrop;
use super::exchanges::BATCH;
use super::network::Link;
use super::table::{Displaced, Table};
use super::translated::Translated;
use super::verdict::{Carried, DropReason, DropVerdict, Evidence, OtherSide, Scope, Undelivered};
use super::{MatchKind, Original};
use crate::icmp::field::Extent;
use crate::icmp::{self, Body, Error, ErrorClass, mtu, payload};
use crate::model::{FrameRef, Timestamp};
use crate::wire::{IpVersion, Limit};

/// A verdict is written when neither an error nor a packet of its flow came for this long.
pub(super) const QUIET: Duration = Duration::from_mins(5);

/// The verdicts that are still growing.
#[derive(Debug)]
pub(super) struct Verdicts {
    open: Table<VerdictKey, DropVerdict>,
    written: Table<VerdictKey, Written>,
    translated: Translated,
    /// How many were begun by a report.
    reported: u64,
    evicted: u64,
}

impl Verdicts {
    pub(super) fn new(memory: usize) -> Self {
        const FRAMES: usize = 3 * DropVerdict::FRAMES * size_of::<FrameRef>();
        Self {
            open: Table::with_memory_and_heap(memory / 10 * 9, FRAMES),
            written: Table::with_memory(memory / 10),
            translated: Translated::default(),
            reported: 0,
            evicted: 0,
        }
    }

    /// How many verdicts were written early for want of room.
    pub(super) fn evicted(&self) -> u64 {
        self.evicted
    }

    /// The last errors, which may have been translated.
    pub(super) fn translated(&self) -> &Translated {
        &self.translated
    }

    /// What tells the verdict of an error from that of another network, about the same addresses and ports.
    pub(super) fn apart(&self, error: &Reported<'_, '_>) -> Link {
        let link = error.domain.link;
        let Some((first, _)) = error.verdict().filter(|_| !link.is_unknown()) else {
            return Link::UNKNOWN;
        };
        let seen = |key: &VerdictKey| {
            let open = self.open.get(key).map(Seen::of);
            open.or_else(|| Some(self.written.get(key)?.seen))
        };
        let is_apart = seen(&VerdictKey {
            apart: link,
            ..first
        })
        .is_some()
            || seen(&first).is_some_and(|seen| seen.is_elsewhere(error));
        if is_apart { link } else { Link::UNKNOWN }
    }

    /// Adds an error; a verdict that had to make room is handed back.
    pub(super) fn error(&mut self, error: &Reported<'_, '_>) -> Option<DropVerdict> {
        let (key, reason) = error.verdict()?;
        if self.is_known_otherwise(&key) {
            return None;
        }
        let other_side = match error.evidence {
            Evidence::Captured => self.translated.other_side(&error.look()),
            Evidence::Reported => None,
        };
        // The same message, behind a translation that left alone what it quotes, is counted already.
        let is_counted = other_side.is_some_and(|there| key.is_of(&there));
        if is_counted && let Some(verdict) = self.open.get_mut(&key) {
            verdict.count_unfit_if_heard(error);
            return None;
        }
        let other_side = other_side.filter(|_| !is_counted);
        if let Some(there) = other_side {
            self.link(&key, there, error);
        }
        if let Some(verdict) = self.open.get_mut(&key) {
            if verdict.same_as.is_none() {
                verdict.same_as = other_side;
            }
            add(verdict, error);
            return None;
        }
        self.reported += u64::from(error.evidence == Evidence::Reported);
        let mut verdict = begin(&key, reason, error);
        verdict.same_as = other_side;
        verdict.counted_there = other_side.is_some();
        verdict.part = (self.written.get(&key)).map_or(1, |written| written.part + 1);
        add(&mut verdict, error);
        match self.open.insert(key, verdict) {
            Some(Displaced::Oldest(_, verdict)) => {
                self.evicted += 1;
                Some(verdict)
            }
            _ => None,
        }
    }

    /// Names the frames of an error that was added by the first of them.
    pub(super) fn came_in(&mut self, error: &Reported<'_, '_>) {
        if let Some((key, _)) = error.verdict()
            && let Some(verdict) = self.open.get_mut(&key)
            && let Some(first) = error.frames.first()
            && verdict.error_frames.contains(first)
        {
            note(&mut verdict.error_frames, error.frames);
        }
    }

    /// Whether the verdict under `key` names a packet.
    pub(super) fn has_original(&self, key: &VerdictKey, original: FrameRef) -> bool {
        (self.open.get(key)).is_some_and(|verdict| verdict.has_original(original))
    }

    /// The very packet of an error under `key` came after it, in this frame, with this TTL; `forget` takes
    /// back what was thought of that before.
    pub(super) fn found_late(
        &mut self,
        key: &VerdictKey,
        answered: Answered,
        original: (FrameRef, u8, bool),
        forget: impl FnOnce(&mut DropVerdict),
    ) {
        let (frame, ttl, shown) = original;
        if let Some(verdict) = self.open.get_mut(key) {
            forget(verdict);
            verdict.hasty += 1;
            let original = Original::Found {
                match_kind: MatchKind::Exact,
                frame,
                before: None,
                ttl,
                last_ttl: ttl,
                // What the error is about, its quote told.
                flags: 0,
                shown,
                is_other: false,
            };
            found(verdict, answered, original);
        }
    }

    /// One of the errors under `key`, that which begins in `first`, was dropped so on its way back, as a packet
    /// tells that is shown or not. What would have been made of it then counts no more.
    pub(super) fn undelivered(
        &mut self,
        key: &VerdictKey,
        (first, unfit): (FrameRef, Option<Unfit>),
        (by, shown): (ReplyDrop, bool),
    ) {
        if let Some(verdict) = self.open.get_mut(key) {
            verdict.shown |= shown;
            verdict.uncount_unfit(unfit, first);
            let known = (verdict.undelivered).get_or_insert(Undelivered {
                count: 0,
                first: by,
            });
            known.count += 1;
        }
    }

    /// Takes back an error that was added, of which more is known now.
    pub(super) fn withdraw(&mut self, error: &Reported<'_, '_>) {
        let Some((key, _)) = error.verdict() else {
            return;
        };
        let Some(verdict) = self.open.get_mut(&key) else {
            return;
        };
        let is_named = verdict.error_frames.contains(&error.frame);
        if !is_named && verdict.error_frames.len() < DropVerdict::FRAMES {
            return;
        }
        if verdict.count <= 1 {
            self.open.remove(&key);
            return;
        }
        verdict.count -= 1;
        verdict.uncount_unfit(error.unfit(), error.frame);
        if let Some(undelivered) = &mut verdict.undelivered {
            undelivered.count = undelivered.count.min(verdict.count);
        }
        verdict.fragmentable = verdict.fragmentable.min(verdict.count);
        verdict.never_sent -= u64::from(error.never_sent).min(verdict.never_sent);
        verdict.answered -= u64::from(error.answered).min(verdict.answered);
        verdict.bytes = (verdict.bytes).saturating_sub(error.quote.ip.length.into());
        verdict.error_frames.retain(|frame| *frame != error.frame);
        if let Some(Original::Found {
            frame,
            is_other: false,
            ..
        }) = error.original
        {
            if verdict.repeated > 0 {
                verdict.repeated -= 1;
            } else {
                verdict.forget_original(frame);
            }
        }
    }

    /// Whether an error adds nothing as others like it were captured themselves: those count, and what
    /// is reported of the same packets does not.
    fn is_known_otherwise(&mut self, key: &VerdictKey) -> bool {
        let of = |evidence| VerdictKey { evidence, ..*key };
        match key.evidence {
            Evidence::Captured => {
                if self.reported > 0 {
                    self.open.remove(&of(Evidence::Reported));
                }
                false
            }
            Evidence::Reported => {
                let captured = of(Evidence::Captured);
                self.open.get(&captured).is_some() || self.written.get(&captured).is_some()
            }
        }
    }

    /// Tells the verdict on the other side of a translation of the one under `key`.
    fn link(&mut self, key: &VerdictKey, there: OtherSide, error: &Reported<'_, '_>) {
        let key_there = VerdictKey {
            flow: there.flow,
            dropper: there.dropper,
            apart: Link::UNKNOWN,
            ..*key
        };
        let Some(verdict) = self.open.get_mut(&key_there) else {
            return;
        };
        if key.flow == there.flow {
            verdict.count_unfit_if_heard(error);
        }
        verdict.same_as.get_or_insert(OtherSide {
            flow: key.flow,
            dropper: key.dropper,
            error: error.frame,
        });
    }

    /// Takes out verdicts about which nothing was heard since `QUIET` before `clock`, a batch of
    /// them.
    pub(super) fn quiet(&mut self, clock: Timestamp, flows: &Followed) -> Vec<DropVerdict> {
        let mut quiet = Vec::new();
        let mut slot = self.open.oldest();
        while let Some(at) = slot
            && quiet.len() < BATCH
        {
            slot = self.open.newer(at);
            let (Some(&key), Some(verdict)) = (self.open.key_at(at), self.open.at(at)) else {
                continue;
            };
            let last = flows
                .last_packet(verdict.followed(), verdict.scope.followed())
                .map_or(verdict.last, |packet| packet.max(verdict.last));
            if last.after(QUIET) < clock
                && let Some((_, verdict)) = self.open.remove_at(at)
            {
                let (part, seen) = (verdict.part, Seen::of(&verdict));
                self.written.insert(key, Written { part, seen });
                quiet.push(verdict);
            }
        }
        quiet
    }

    /// Those that are still growing, the oldest first.
    pub(super) fn open(&self) -> impl Iterator<Item = &DropVerdict> {
        let slots = std::iter::successors(self.open.oldest(), |&slot| self.open.newer(slot));
        slots.filter_map(|slot| self.open.at(slot))
    }

    /// Those that are still growing, the newest first.
    pub(super) fn newest(&self) -> impl Iterator<Item = &DropVerdict> {
        let slots = std::iter::successors(self.open.newest(), |&slot| self.open.older(slot));
        slots.filter_map(|slot| self.open.at(slot))
    }

    /// Takes out the oldest verdict.
    pub(super) fn pop(&mut self) -> Option<DropVerdict> {
        self.open.pop_oldest().map(|(_, verdict)| verdict)
    }
}

fn begin(key: &VerdictKey, reason: DropReason, error: &Reported<'_, '_>) -> DropVerdict {
    let kind = (key.version, key.kind, key.code);
    DropVerdict {
        evidence: error.evidence,
        scope: Scope::apart(key.apart),
        // A report tells how far it came to who reports.
        return_hops: (error.ip.hop_limit())
            .filter(|_| error.evidence == Evidence::Captured)
            .map(payload::hops),
        ..DropVerdict::new(key.flow, key.dropper, kind, reason, error.ts)
    }
}

fn add(verdict: &mut DropVerdict, error: &Reported<'_, '_>) {
    verdict.carried = match verdict.count {
        0 => error.carried.map_or(Carried::Unknown, Carried::Flow),
        // Flows that look alike, of two networks in one tunnel.
        _ if (verdict.scope.followed().network).is_other_than(error.followed.network) => {
            match verdict.carried {
                Carried::Flow(flow) if error.carried == Some(flow) => {
                    Carried::Between(flow.addrs, flow.protocol)
                }
                carried => carried.and(error.carried),
            }
        }
        _ => verdict.carried.and(error.carried),
    };
    verdict.scope.add(error.domain, error.followed);
    let segment = error.segment();
    verdict.segment = match verdict.count {
        0 => segment,
        _ => verdict.segment.filter(|known| segment == Some(*known)),
    };
    verdict.count += 1;
    verdict.count_unfit(error);
    verdict.sent_as = verdict.sent_as.or(error.sent_as);
    verdict.answered += u64::from(error.answered);
    verdict.unresolved = verdict.unresolved.and(error.unresolved);
    verdict.shown |= error.shown;
    verdict.never_sent += u64::from(error.never_sent);
    verdict.bytes = verdict.bytes.saturating_add(error.quote.ip.length.into());
    note(&mut verdict.error_frames, error.frames);
    if let Body::Error(Error {
        class: ErrorClass::TooBig { mtu: Some(mtu) },
        ..
    }) = error.message.body
    {
        goes_on(verdict, error);
        verdict.fragmentable += u64::from(icmp::may_be_fragmented(&error.quote.ip));
        verdict.mtu = match error.message.version {
            IpVersion::V4 => mtu::smaller(verdict.mtu, Some(mtu)),
            // There 0 is an MTU as well (RFC 8201 section 4).
            IpVersion::V6 => verdict.mtu.map_or(Some(mtu), |known| Some(known.min(mtu))),
        };
    }
    let identified = matches!(error.original, Some(Original::Found { match_kind, .. }) if match_kind != MatchKind::Flow);
    if !identified && error.quote.ip.limit == Limit::Capture {
        verdict.quotes = Extent::Cut;
    }
    verdict.missed = verdict.missed.max(error.missed());
    if let Some(original) = error.original {
        found(verdict, Answered::of(error), original);
    }
    verdict.last = verdict.last.max(error.ts);
}

/// Takes note of an error about a packet that is too big, though others told the MTU before: soon after
/// them it may have been on its way, and long after them its sender tries anew (RFC 1191 section 6.3).
fn goes_on(verdict: &mut DropVerdict, error: &Reported<'_, '_>) {
    const ON_THE_WAY: Duration = Duration::from_secs(1);
    const ANEW: Duration = Duration::from_mins(1);
    if (error.ts.since(verdict.last)).is_some_and(|gap| gap > ANEW) {
        verdict.run = error.ts;
    }
    let is_long = (error.ts.since(verdict.run)).is_some_and(|time| time >= ON_THE_WAY);
    let is_larger = (verdict.mtu).is_some_and(|mtu| mtu > 0 && error.quote.ip.length > mtu);
    verdict.still_too_large += u64::from(is_long && is_larger);
}

/// Adds what the packet of an error tells.
fn found(verdict: &mut DropVerdict, error: Answered, original: Original) {
    let Original::Found {
        match_kind,
        frame,
        before,
        ttl,
        last_ttl,
        shown,
        is_other,
        ..
    } = original
    else {
        return;
    };
    if !is_other {
        verdict.shown |= shown;
        let is_new = verdict.add_original(frame);
        verdict.repeated += u64::from(!is_new && match_kind == MatchKind::Exact);
    }
    verdict.original_ttl = verdict.original_ttl.max(Some(ttl));
    if match_kind != MatchKind::Flow {
        verdict.slowest = verdict.slowest.max(before);
    }
    error.distance(verdict, (match_kind, ttl, last_ttl));
}

fn note(frames: &mut Vec<FrameRef>, more: &[FrameRef]) {
    for frame in more {
        if frames.len() < DropVerdict::FRAMES && !frames.contains(frame) {
            frames.push(*frame);
        }
    }
}
