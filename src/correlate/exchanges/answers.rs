//! What ends a request: its reply, or an error about it; and replies that fit none.

use std::time::Duration;

use super::open::{Open, Window};
use super::{CameTo, ExchangeEvent, Exchanges, Rtt, broadcast, exchange};
use crate::correlate::exchange::{ExchangeEnd, ExchangeKind, ExchangeOutcome};
use crate::correlate::query::{Query, QueryKey};
use crate::correlate::sighting::{Side, Sighting};
use crate::correlate::table::Slot;
use crate::correlate::verdict::DropReason;
use crate::correlate::{Answer, AnswerOutcome, NearMiss, PayloadChange, Relation};
use crate::model::FrameRef;

/// How far back a reply that fits nothing is compared with open requests.
const NEAR_MISS_DEPTH: usize = 64;

/// The request that a reply, or a copy of one, belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::correlate) struct Asked {
    pub(in crate::correlate) frame: FrameRef,
    /// TTL that it was captured with.
    pub(in crate::correlate) ttl: u8,
    /// From it to the reply.
    pub(in crate::correlate) rtt: Option<Duration>,
    /// Where the reply is on its way back.
    pub(in crate::correlate) back: Back,
}

/// Where a reply is on its way back, where that leads through an address translation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::correlate) enum Back {
    /// It was translated, or never is, as far as is known.
    Translated,
    /// It goes to who translated its request.
    Untranslated,
    /// It was captured untranslated before, and was translated since.
    JustTranslated,
}

impl Open {
    /// The first reply, which came after `rtt`.
    fn answer(&mut self, query: &Query<'_>, seen: &Sighting, rtt: Option<Duration>) {
        self.end = Some(ExchangeEnd::Reply(seen.frame));
        self.refusal = query.refusal();
        self.reply_place = seen.place;
        self.reply_passage = seen.passage;
        self.reply_sent = seen.sent;
        self.reply_from = query.addrs.dst();
        self.rtt = Rtt::from(rtt);
        self.end_shown = seen.shown;
    }
}

impl Exchanges {
    pub(super) fn reply(
        &mut self,
        query: &Query<'_>,
        seen: &Sighting,
        tell: &mut impl FnMut(ExchangeEvent),
    ) -> (Relation, Option<Asked>) {
        let (mut found, mut miss) = (self.asked_for(query, seen), None);
        if found.is_none() {
            miss = self.near_miss(query.key);
            found = miss.and_then(|(_, slot)| self.answered_by_another(slot, query));
        }
        let Some((newest, key)) = found.and_then(|slot| Some((slot, *self.table.key_at(slot)?)))
        else {
            self.early.add(query, seen);
            return (self.unsolicited(query.key, miss), None);
        };
        let timeout = self.timeout;
        let slot = self.answered_by(newest, query, seen);
        let Some(open) = self.table.at_mut(slot) else {
            return (Relation::None, None);
        };
        if open.is_told_unasked(query, seen) {
            return (Relation::None, None);
        }
        let was_at = open.reply().map(|_| open.reply_place.side);
        let asked = |open: &Open, rtt| {
            Some(Asked {
                frame: open.request,
                ttl: open.place.ttl,
                rtt,
                back: match (was_at, seen.place.side) {
                    (_, Side::Translator) => Back::Untranslated,
                    (Some(Side::Translator), Side::Asker) => Back::JustTranslated,
                    (_, Side::Asker) => Back::Translated,
                },
            })
        };
        let differs = open.differs(query, seen);
        let is_bad = differs || seen.checksum_bad;
        if let Some(of) = self.points.further_copied(open, query, seen) {
            return (Relation::Copy { of }, None);
        }
        let copied =
            (open.reply_copied(query, seen)).filter(|_| !self.points.came_again(open, seen));
        if let Some(of) = copied {
            let resent = open.is_reply_resent(seen, of);
            let mirrored = !resent && !seen.place.is_copy_of(open.reply_place);
            if !resent {
                if self.points.answered_again(&key, open, seen) && is_bad {
                    // It was damaged on its way, behind the point where it was seen first.
                    open.corrupted = open.corrupted.max(1);
                }
                if open.reply() == Some(seen.frame) {
                    self.undelivered.came(open.request, seen);
                } else {
                    self.undelivered.noticed(open.request, seen);
                }
            }
            open.repeats -= u8::from(mirrored);
            return (Relation::Copy { of }, asked(open, open.rtt.get()));
        }
        let rtt = seen.ts.since(self.points.requested(open, seen));
        let asked = asked(open, rtt);
        let change = differs
            .then(|| self.payloads.change(open.kept, query.octets))
            .flatten();
        let answer = |outcome| {
            Relation::Answer(Answer {
                request: Some(open.request),
                rtt,
                outcome,
                change,
            })
        };
        if open.is_closed() || rtt.is_some_and(|rtt| rtt > timeout) {
            let late = answer(AnswerOutcome::Late);
            self.points.came_further(open.request, query, seen);
            return (late, asked);
        }
        if key.kind == ExchangeKind::Router && open.end.is_some() {
            // Routers advertise when they like; only the first answers.
            return (Relation::None, asked);
        }
        // Raw sockets get replies with a bad checksum, and ping counts them: answered, not lost.
        let outcome = if is_bad {
            open.corrupted = open.corrupted.saturating_add(1);
            AnswerOutcome::Corrupted
        } else if open.reply().is_some() {
            AnswerOutcome::Duplicate
        } else {
            AnswerOutcome::Answered
        };
        let relation = answer(outcome);
        if open.reply().is_some() {
            open.duplicates = open.duplicates.saturating_add(1);
            self.points.came_further(open.request, query, seen);
            return (relation, asked);
        }
        open.answer(query, seen, rtt);
        self.undelivered.noticed(open.request, seen);
        if open.request_shown && !seen.shown && seen.dropped.is_none() {
            let outcome = open.outcome().unwrap_or(ExchangeOutcome::Answered);
            tell(ExchangeEvent::Decided(exchange(&key, open, outcome)));
        }
        if slot != newest {
            self.expect(newest, rtt);
        }
        (relation, asked)
    }

    /// The newest request that a reply may answer by its key.
    fn asked_for(&self, query: &Query<'_>, seen: &Sighting) -> Option<Slot> {
        let by_key = |key: QueryKey| {
            let found = self.find(key, self.table.hash(&key), seen.place);
            found.filter(|newest| self.may_be_answered(*newest, query, seen))
        };
        let by_either = |key: QueryKey| {
            by_key(key).or_else(|| {
                (self.multicast > 0)
                    .then(|| by_key(key.to_group()))
                    .flatten()
            })
        };
        by_either(query.key).or_else(|| {
            let asked = by_either(query.key.of_nobody()?)?;
            let mut waiting = self.newest_first(asked);
            let is_one = waiting.any(|(_, open)| !seen.stations[1].is_other_than(open.asked_by));
            is_one.then_some(asked)
        })
    }

    /// An error about the request under `key`, of this IPv4 identification, that gives this reason: ends it
    /// unless a reply did. Who waits for fragments waits for half a minute and more: one that was told as lost got
    /// the error all the same.
    pub(in crate::correlate) fn error(
        &mut self,
        key: QueryKey,
        (ip_id, reason): (Option<u32>, DropReason),
        seen: Sighting,
        tell: &mut impl FnMut(ExchangeEvent),
    ) -> CameTo {
        let key = self.stored(self.translations.before(key));
        let Some(newest) = self.find(key, self.table.hash(&key), seen.place) else {
            return CameTo::Open;
        };
        let slot = self.refused_by(newest, ip_id, seen.ts);
        let Some(open) = self.table.at_mut(slot) else {
            return CameTo::Open;
        };
        if open.end.and_then(ExchangeEnd::reply).is_some() {
            return CameTo::Answered;
        }
        let is_late = open.window == Window::ClosedOnLost;
        if open.is_closed() && !is_late || open.end.is_some() {
            return CameTo::Open;
        }
        open.end = Some(ExchangeEnd::Error(seen.frame));
        open.refused = Some(reason);
        open.rtt = Rtt::from(seen.ts.since(open.requested));
        open.end_shown = seen.shown;
        let ended = exchange(&key, open, ExchangeOutcome::Error);
        // The line of one that came before its request does not tell.
        let is_early = seen.ts < open.requested;
        if open.request_shown && (!seen.shown || is_early) {
            tell(ExchangeEvent::Decided(ended));
        }
        if is_late {
            tell(ExchangeEvent::Late(ended));
        }
        CameTo::Open
    }

    /// In which octets `payload` differs from that of the request under this key, which came in `request`;
    /// `None` if that is gone, or in none.
    pub(in crate::correlate) fn change(
        &self,
        key: QueryKey,
        request: FrameRef,
        payload: &[u8],
    ) -> Option<PayloadChange> {
        let open = self.table.at(self.under(key)?)?;
        let is_it = open.request == request;
        is_it
            .then(|| self.payloads.change(open.kept, payload))
            .flatten()
    }

    /// A reply without a request: unsolicited, or nearly the answer to an open one.
    fn unsolicited(&self, key: QueryKey, miss: Option<(NearMiss, Slot)>) -> Relation {
        // Advertising unasked is how Neighbor Discovery works (RFC 4861 section 7.2.6). And the
        // request may be what the filter kept out.
        if key.kind.is_discovery() || self.blind.is_always() {
            return Relation::None;
        }
        Relation::Answer(Answer {
            request: None,
            rtt: None,
            outcome: AnswerOutcome::Unsolicited(miss.map(|(miss, _)| miss)),
            change: None,
        })
    }

    /// The open request of which the reply under `key` misses one thing.
    fn near_miss(&self, key: QueryKey) -> Option<(NearMiss, Slot)> {
        if key.kind.is_discovery() {
            return None;
        }
        let newest_first = std::iter::successors(self.table.newest(), |&s| self.table.older(s));
        let mut by_sender = None;
        for slot in newest_first.take(NEAR_MISS_DEPTH) {
            let (Some(open_key), Some(open)) = (self.table.key_at(slot), self.table.at(slot))
            else {
                continue;
            };
            let asked_alike = open_key.kind == key.kind
                && open_key.addrs.src() == key.addrs.src()
                && open_key.seq == key.seq
                && open.end.is_none();
            if asked_alike && open_key.addrs.dst() == key.addrs.dst() {
                return Some((NearMiss::Identifier(open.request), slot));
            }
            if asked_alike && open_key.id == key.id {
                let miss = (NearMiss::Sender(open.request), slot);
                if broadcast::host_bits_with(open_key.addrs.dst(), key.addrs.dst()).is_some() {
                    return Some(miss);
                }
                by_sender = by_sender.or(Some(miss));
            }
        }
        by_sender
    }
}
