//! Open requests, and how each is decided: once.

mod answers;
mod broadcast;
mod early;
mod end;
mod fragments;
mod late;
mod links;
mod open;
mod points;
mod reused;
mod translated;
mod undelivered;
mod windows;

use std::collections::VecDeque;
use std::time::Duration;

pub(super) use self::answers::{Asked, Back};
use self::broadcast::Broadcasts;
use self::early::EarlyReplies;
use self::end::End;
use self::open::{History, Open, ReplyTold, Rtt, Window, exchange};
use self::points::Points;
use self::reused::Beside;
use self::translated::Translations;
pub(super) use self::undelivered::DroppedReply;
use self::undelivered::Undelivered;
use super::blind::Blind;
use super::exchange::{Began, Exchange, ExchangeOutcome};
use super::flows::Ring;
use super::parts::Parts;
use super::payloads::Payloads;
use super::query::{Query, QueryKey};
use super::sighting::{Mirror, Place, Scope, Sighting};
use super::table::{KeyHash, Slot, Table};
use super::{Outcome, Relation};
use crate::icmp::Direction;
use crate::model::{FrameRef, Timestamp};

/// Whether all was told that there is to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Batch {
    /// It was.
    Last,
    /// There is more: call again.
    MoreToCome,
}

/// What an error came to that is about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CameTo {
    /// It may have ended it.
    Open,
    /// It was answered before.
    Answered,
}

/// What is told at once of windows that close together: a flood's all do.
pub(super) const BATCH: usize = 1024;

/// What is told of an exchange, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ExchangeEvent {
    /// A frame decided it just now; the window is still open.
    Decided(Exchange),
    /// Its window closed.
    Closed(Exchange),
    /// It was told as lost, and an error came after its window; or as answered, and an error that its reply
    /// was dropped, of which it tells the round trip that was told.
    Late(Exchange),
}

impl ExchangeEvent {
    /// As it is told, with what `ring` knows of the way back, and what is missing of fragments.
    pub(super) fn told(self, ring: Option<&Ring>, parts: &Parts) -> Outcome {
        match self {
            Self::Decided(mut exchange) => {
                parts.tell(&mut exchange);
                Outcome::Decided(exchange)
            }
            Self::Closed(mut exchange) => {
                parts.tell(&mut exchange);
                // A neighbor that does not answer need not be there at all.
                exchange.one_sided_possible = exchange.outcome == ExchangeOutcome::Lost
                    && exchange.kind.has_id()
                    && exchange.reply_dropped.is_none()
                    && ring.is_some_and(|ring| !ring.direction_seen(&exchange.addrs.reversed()));
                Outcome::Exchange(exchange)
            }
            Self::Late(exchange) => Outcome::LateError(exchange),
        }
    }
}

/// Open requests and those that closed a little while ago.
#[derive(Debug)]
pub(super) struct Exchanges {
    table: Table<QueryKey, Open>,
    payloads: Payloads,
    /// The oldest entry whose window is open.
    cursor: Option<Slot>,
    timeout: Duration,
    /// Nothing closes and nothing is forgotten before this: most packets are told by it alone.
    wake: Timestamp,
    /// What is known of the end of the capture, while there is more to close.
    end: Option<End>,
    /// Multicast requests not yet forgotten; anybody may answer those.
    multicast: usize,
    /// Requests kept by their scope, as others with the same key are open elsewhere.
    scoped: usize,
    evicted: u64,
    /// Where and when a request was captured twice at one place last.
    mirrored: Option<(Scope, Timestamp)>,
    /// The first fragments that were told as replies.
    begun: VecDeque<FrameRef>,
    /// Replies that were captured at another point before they were whole.
    begun_beside: VecDeque<(FrameRef, Sighting)>,
    early: EarlyReplies,
    broadcasts: Broadcasts,
    points: Points,
    undelivered: Undelivered,
    translations: Translations,
    /// Up to when it is known what the capture missed; of a file all is.
    known: Timestamp,
    /// When answers may have been missed.
    pub(super) blind: Blind,
}

/// Octets of payloads kept at most: a few thousand ordinary pings.
const PAYLOADS: usize = 128 << 10;
/// Requests without an answer are remembered for this many windows more.
const LATE_WINDOWS: u32 = 6;

impl Exchanges {
    pub(super) fn new(timeout: Duration, memory: usize) -> Self {
        Self {
            table: Table::with_memory(memory / 16 * 15),
            payloads: Payloads::new((memory / 32).min(PAYLOADS)),
            cursor: None,
            timeout,
            wake: Timestamp::MAX,
            end: None,
            multicast: 0,
            scoped: 0,
            evicted: 0,
            mirrored: None,
            begun: VecDeque::new(),
            begun_beside: VecDeque::new(),
            early: EarlyReplies::default(),
            broadcasts: Broadcasts::default(),
            points: Points::new(memory / 32),
            undelivered: Undelivered::new(memory / 32),
            translations: Translations::new(memory / 32),
            known: Timestamp::MAX,
            blind: Blind::default(),
        }
    }

    /// How many requests were given up for want of room before their window closed.
    pub(super) fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Asks memory for what it takes to relate a query message.
    pub(super) fn prefetch(&self, query: &Query<'_>) {
        self.table.prefetch_for(&query.key);
    }

    /// Takes a query message; `tell` hears of exchanges that this decides or closes. Gives what a
    /// reply asks about, where it found a request.
    pub(super) fn query(
        &mut self,
        query: &Query<'_>,
        seen: &Sighting,
        tell: &mut impl FnMut(ExchangeEvent),
    ) -> (Relation, Option<Asked>) {
        if let Some((query, seen)) = self.before_translation(query, seen) {
            return self.take(&query, &seen, tell);
        }
        self.take(query, seen, tell)
    }

    fn take(
        &mut self,
        query: &Query<'_>,
        seen: &Sighting,
        tell: &mut impl FnMut(ExchangeEvent),
    ) -> (Relation, Option<Asked>) {
        match query.direction {
            Direction::Request => (self.request(query, seen, tell), None),
            Direction::Reply => self.reply(query, seen, tell),
        }
    }

    fn request(
        &mut self,
        query: &Query<'_>,
        seen: &Sighting,
        tell: &mut impl FnMut(ExchangeEvent),
    ) -> Relation {
        if seen.broadcast {
            self.broadcasts.learn(query.key.addrs.dst());
        }
        let mut key = self.stored(query.key);
        if key != query.key {
            self.asked_all_after_all(query, seen);
        }
        let mut hash = self.table.hash(&key);
        self.make_room(seen.ts, tell);
        let mut rtt = Rtt::UNKNOWN;
        let mut history = History::New;
        let mut beside = None;
        if let Some(slot) = self.find(key, hash, seen.place) {
            if let Some(slot) = self.copied(slot, query, seen)
                && let Some(open) = self.table.at_mut(slot)
            {
                let of = open.request;
                open.dropped = open.dropped.or(seen.dropped);
                open.link = open.link.or(seen.place.link());
                let is_twice =
                    !seen.place.is_copy_of(open.place) || self.points.asked_at(open, seen);
                if is_twice && !seen.sent.repeats(open.sent) {
                    open.repeats = open.repeats.saturating_add(1);
                    self.mirrored = Some((seen.place.scope(), seen.ts));
                }
                return Relation::Copy { of };
            }
            let Some(open) = self.table.at(slot) else {
                return Relation::None;
            };
            if self.is_asked_elsewhere(slot, open, query, seen.place) {
                // Another host of the same address, in a network of its own.
                key = key.within(scope_of(&key, seen.place));
                hash = self.table.hash(&key);
            } else {
                // The identifier came round, or another process took it.
                rtt = open.rtt;
                if open.asks_alike(query) && open.place.ip_id == seen.place.ip_id {
                    history = History::Repeated;
                }
                key = *self.table.key_at(slot).unwrap_or(&key);
                hash = self.table.hash(&key);
                beside = self.ask_again(slot, query, seen.ts, tell);
            }
        }
        self.scoped += usize::from(key.scope != Scope::ANY);
        if key.is_to_group() {
            self.multicast += 1;
        }
        self.table.insert_new(
            key,
            hash,
            Open {
                addrs: query.addrs,
                request: seen.frame,
                requested: seen.ts,
                opened: seen.ts,
                place: seen.place,
                link: seen.place.link(),
                passage: seen.passage,
                sent: seen.sent,
                asked_by: seen.stations[0],
                payload: query.payload,
                rest: query.rest,
                refusal: 0,
                kept: self.payloads.keep(query.octets),
                length: query.length(seen.extent),
                end: None,
                refused: None,
                reply_place: seen.place,
                reply_passage: seen.passage,
                reply_sent: seen.sent,
                reply_from: query.addrs.dst(),
                rtt,
                duplicates: 0,
                corrupted: 0,
                repeats: 0,
                reply_points: 1,
                request_shown: seen.shown,
                end_shown: false,
                reply_told: ReplyTold::Reply,
                reply_began: Began::NotSeen,
                history,
                points: 1,
                window: Window::Open,
                extent: seen.extent,
                beside: Beside::ALONE,
                dropped: seen.dropped,
            },
        );
        if let (Some(older), Some(newest)) = (beside, self.table.newest()) {
            self.put_beside(older, newest);
        }
        if self.cursor.is_none() {
            self.cursor = self.table.newest();
        }
        self.wake = self.wake.min(seen.ts.after(self.timeout));
        if !self.early.is_empty() {
            self.answered_before(query, seen, tell);
        }
        Relation::Request
    }

    /// Makes room for one more at `now`.
    fn make_room(&mut self, now: Timestamp, tell: &mut impl FnMut(ExchangeEvent)) {
        if self.table.len() < self.table.capacity() {
            return;
        }
        let Some(slot) = self.table.oldest() else {
            return;
        };
        if let (Some(key), Some(open)) = (self.table.key_at(slot), self.table.at(slot))
            && !open.is_closed()
        {
            let dropped = self.undelivered.reply_to(open);
            let outcome = match dropped {
                Some(_) => ExchangeOutcome::Lost,
                None => (open.outcome()).unwrap_or_else(|| self.given_up(slot, now)),
            };
            self.evicted += u64::from(outcome != ExchangeOutcome::Lost);
            tell(ExchangeEvent::Closed(Exchange {
                reply_dropped: dropped,
                ..exchange(key, open, outcome)
            }));
        }
        self.forget(slot);
    }

    fn forget(&mut self, slot: Slot) {
        if self.cursor == Some(slot) {
            self.cursor = self.table.newer(slot);
        }
        if let Some(key) = self.table.key_at(slot) {
            self.multicast -= usize::from(key.is_to_group());
            self.scoped -= usize::from(key.scope != Scope::ANY);
        }
        self.take_from_beside(slot);
        self.table.discard(slot);
    }

    /// What was missed up to `ts` is known.
    pub(super) fn known(&mut self, ts: Timestamp) {
        self.known = ts;
    }

    /// What the request that is quoted by an error, or any other a moment before `now`, tells of a
    /// mirror at `place`.
    pub(super) fn mirror(&self, key: Option<QueryKey>, place: Place, now: Timestamp) -> Mirror {
        /// For so long what was mirrored tells of what is.
        const TELLS: Duration = Duration::from_secs(1);
        let open = key.and_then(|key| self.find(key, self.table.hash(&key), place));
        let asked_twice =
            (open.and_then(|slot| self.table.at(slot))).is_some_and(|open| open.repeats > 0);
        let just_now = self.mirrored.is_some_and(|(scope, at)| {
            scope == place.scope() && now.since(at).is_some_and(|ago| ago <= TELLS)
        });
        if asked_twice || just_now {
            Mirror::AtWork
        } else {
            Mirror::Unknown
        }
    }

    /// The request under `key`, with its hash, that a packet seen at `place` is about.
    fn find(&self, key: QueryKey, hash: KeyHash, place: Place) -> Option<Slot> {
        let scoped = (self.scoped > 0)
            .then(|| self.table.find(&key.within(scope_of(&key, place))))
            .flatten();
        scoped.or_else(|| self.table.find_hashed(&key, hash))
    }
}

/// The network that a packet about the request under `key` is of, seen at `place`.
fn scope_of(key: &QueryKey, place: Place) -> Scope {
    if key.kind.is_discovery() {
        Scope::of_link(place.link())
    } else {
        place.scope()
    }
}

#[cfg(test)]
mod tests;
