//! Open requests, and how each is decided: once.

mod answers;
mod displaced;
mod end;

use std::net::IpAddr;
use std::time::Duration;

use self::displaced::Displaced;
use self::end::{End, Slow};
use super::blind::Blind;
use super::exchange::{Exchange, ExchangeEnd, ExchangeOutcome};
use super::flows::Ring;
use super::payloads::{Kept, Payloads};
use super::query::{PayloadPrint, Query, QueryKey};
use super::sighting::{COPY_WINDOW, MIRROR_WINDOW, Mirror, Place, Scope, Sighting};
use super::table::{KeyHash, Slot, Table};
use super::{Outcome, Relation};
use crate::icmp::Direction;
use crate::model::{AddrPair, FrameRef, Timestamp};

/// Whether all was told that there is to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Batch {
    /// It was.
    Last,
    /// There is more: call again.
    MoreToCome,
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
}

impl ExchangeEvent {
    /// As it is told, with what `ring` knows of the way back.
    pub(super) fn told(self, ring: Option<&Ring>) -> Outcome {
        match self {
            Self::Decided(exchange) => Outcome::Decided(exchange),
            Self::Closed(mut exchange) => {
                // A neighbor that does not answer need not be there at all.
                exchange.one_sided_possible = exchange.outcome == ExchangeOutcome::Lost
                    && exchange.kind.has_id()
                    && ring.is_some_and(|ring| !ring.direction_seen(&exchange.addrs.reversed()));
                Outcome::Exchange(exchange)
            }
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Open {
    /// Who asked whom; the key leaves out what replies do not tell.
    addrs: AddrPair,
    request: FrameRef,
    requested: Timestamp,
    /// When its window opened, in correlation time.
    opened: Timestamp,
    place: Place,
    payload: Option<PayloadPrint>,
    rest: u32,
    kept: Kept,
    end: Option<ExchangeEnd>,
    reply_place: Place,
    /// Who sent it: many may answer what went to a group.
    reply_from: IpAddr,
    rtt: Rtt,
    duplicates: u32,
    corrupted: u32,
    /// How often the request was captured again where it had been, less the replies that were.
    repeats: u8,
    request_shown: bool,
    end_shown: bool,
    closed: bool,
}

impl Open {
    /// Whether a reply is one packet with the first, captured twice at one place as its request was:
    /// a switch that mirrors both ports gives everything twice. Whoever answers a request that did
    /// come twice numbers the two replies, in IPv4; where there is no number, time and content have to
    /// tell.
    fn is_mirrored(&mut self, seen: &Sighting, payload: Option<PayloadPrint>) -> bool {
        let numbered = seen.place.ip_id.is_some_and(|id| id != 0);
        let is_alike = || {
            let first = self.rtt.get().map(|rtt| self.requested.after(rtt));
            let apart = first.and_then(|first| seen.ts.since(first));
            apart.is_some_and(|apart| apart <= MIRROR_WINDOW)
                && payload == self.payload
                && self.corrupted == 0
                && !seen.checksum_bad
        };
        let mirrored =
            self.repeats > 0 && seen.place == self.reply_place && (numbered || is_alike());
        self.repeats -= u8::from(mirrored);
        mirrored
    }
}

/// A round trip in eight octets: there are many of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rtt(u64);

impl Rtt {
    const UNKNOWN: Self = Self(u64::MAX);

    fn get(self) -> Option<Duration> {
        (self != Self::UNKNOWN).then(|| Duration::from_nanos(self.0))
    }
}

impl From<Option<Duration>> for Rtt {
    fn from(rtt: Option<Duration>) -> Self {
        rtt.and_then(|rtt| u64::try_from(rtt.as_nanos()).ok())
            .map_or(Self::UNKNOWN, Self)
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
    displaced: Displaced,
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
            payloads: Payloads::new((memory / 16).min(PAYLOADS)),
            cursor: None,
            timeout,
            wake: Timestamp::MAX,
            end: None,
            multicast: 0,
            scoped: 0,
            evicted: 0,
            displaced: Displaced::default(),
            blind: Blind::default(),
        }
    }

    /// How many requests were given up for want of room before their window closed.
    pub(super) fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Takes a query message; `tell` hears of exchanges that this decides or closes. The number is
    /// the TTL of the request, where a reply found one.
    pub(super) fn query(
        &mut self,
        query: Query<'_>,
        seen: Sighting,
        tell: &mut impl FnMut(ExchangeEvent),
    ) -> (Relation, u8) {
        match query.direction {
            Direction::Request => (self.request(query, seen, tell), seen.place.ttl),
            Direction::Reply => self.reply(query, seen, tell),
        }
    }

    fn request(
        &mut self,
        query: Query<'_>,
        seen: Sighting,
        tell: &mut impl FnMut(ExchangeEvent),
    ) -> Relation {
        let mut key = query.key.stored(seen.broadcast);
        let mut hash = self.table.hash(&key);
        if let Some(slot) = self.find(key, hash, seen.place)
            && let Some(open) = self.table.at(slot)
        {
            if is_same_packet(open, &query, &seen) {
                let of = open.request;
                if !seen.place.is_copy_of(open.place)
                    && let Some(open) = self.table.at_mut(slot)
                {
                    open.repeats = open.repeats.saturating_add(1);
                }
                return Relation::Copy { of };
            }
            let scope = seen.place.scope();
            let elsewhere = open.place.scope() != scope;
            if elsewhere && !open.closed && open.end.is_none() && key.kind.has_id() {
                // Another host of the same address, in a network of its own. What has no identifier
                // is asked again as it is, and may be seen somewhere else first this time.
                key = key.within(scope);
                hash = self.table.hash(&key);
            } else {
                // The identifier came round, or another process took it.
                key = *self.table.key_at(slot).unwrap_or(&key);
                hash = self.table.hash(&key);
                self.displace(slot, seen.ts, tell);
            }
        }
        self.make_room(tell);
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
                payload: query.payload,
                rest: query.rest,
                kept: self.payloads.keep(query.octets),
                end: None,
                reply_place: seen.place,
                reply_from: query.addrs.dst(),
                rtt: Rtt::UNKNOWN,
                duplicates: 0,
                corrupted: 0,
                repeats: 0,
                request_shown: seen.shown,
                end_shown: false,
                closed: false,
            },
        );
        if self.cursor.is_none() {
            self.cursor = self.table.newest();
        }
        self.wake = self.wake.min(seen.ts.after(self.timeout));
        Relation::Request
    }

    /// Whether no window closes up to `clock`.
    #[inline]
    pub(super) fn is_quiet(&self, clock: Timestamp) -> bool {
        clock <= self.wake
    }

    /// Closes the windows that have passed at `clock`, a batch of them.
    pub(super) fn advance(
        &mut self,
        clock: Timestamp,
        tell: &mut impl FnMut(ExchangeEvent),
    ) -> Batch {
        if self.is_quiet(clock) {
            return Batch::Last;
        }
        let mut told = 0;
        while let Some(slot) = self.cursor
            && let Some(open) = self.table.at(slot)
            && open.opened.after(self.timeout) < clock
        {
            if told == BATCH {
                return Batch::MoreToCome;
            }
            told += 1;
            let answered = open.end.is_some();
            self.cursor = self.table.newer(slot);
            self.close(slot, None, tell);
            if answered {
                // Only the unanswered are remembered: a late reply is to be told as such.
                self.forget(slot);
            }
        }
        let remembered = self.timeout.saturating_mul(LATE_WINDOWS + 1);
        while let Some(slot) = self.table.oldest()
            && let Some(open) = self.table.at(slot)
            && open.closed
            && open.opened.after(remembered) < clock
        {
            self.forget(slot);
        }
        let since = |slot: Option<Slot>| Some(self.table.at(slot?)?.opened);
        let closes = since(self.cursor).map(|opened| opened.after(self.timeout));
        let fades = since(self.table.oldest()).map(|opened| opened.after(remembered));
        self.wake = (closes.into_iter().chain(fades)).fold(Timestamp::MAX, Timestamp::min);
        Batch::Last
    }

    /// Time went back to `clock`: windows opened in what is now the future opened now.
    pub(super) fn step_back(&mut self, clock: Timestamp) {
        self.wake = Timestamp::MIN;
        self.displaced.step_back(clock);
        let mut slot = self.table.newest();
        while let Some(at) = slot
            && let Some(open) = self.table.at_mut(at)
            && open.opened > clock
        {
            open.opened = clock;
            slot = self.table.older(at);
        }
    }

    /// Closes what is open at the end of the capture, a batch of it.
    pub(super) fn finish(&mut self, end: Timestamp, tell: &mut impl FnMut(ExchangeEvent)) -> Batch {
        let end = self.end.take().unwrap_or_else(|| {
            self.known(Timestamp::MAX, tell);
            End {
                at: end,
                slow: self.slow(),
            }
        });
        for _ in 0..BATCH {
            let Some(slot) = self.cursor else {
                return Batch::Last;
            };
            self.cursor = self.table.newer(slot);
            self.close(slot, Some(&end), tell);
        }
        self.end = Some(end);
        Batch::MoreToCome
    }

    /// The pairs of addresses whose round trips, among the exchanges whose windows are open, are so
    /// long that they settle later than others.
    fn slow(&self) -> Slow {
        let mut pairs = Slow::default();
        let mut slot = self.cursor;
        while let Some(at) = slot {
            if let (Some(key), Some(open)) = (self.table.key_at(at), self.table.at(at))
                && let Some(rtt) = open.rtt.get()
            {
                pairs.add(key.addrs, rtt);
            }
            slot = self.table.newer(at);
        }
        pairs
    }

    fn close(&mut self, slot: Slot, end: Option<&End>, tell: &mut impl FnMut(ExchangeEvent)) {
        let Some(&key) = self.table.key_at(slot) else {
            return;
        };
        let Some(open) = self.table.at_mut(slot).filter(|open| !open.closed) else {
            return;
        };
        open.closed = true;
        let open = *open;
        let outcome = match open.end {
            Some(ExchangeEnd::Reply(_)) => ExchangeOutcome::Answered,
            Some(ExchangeEnd::Error(_)) => ExchangeOutcome::Error,
            None if key.needs_no_reply() => ExchangeOutcome::NoReplyExpected,
            // The answer may have come, and the capture missed it.
            None if self.blind.overlaps(open.requested, self.timeout) => ExchangeOutcome::Unknown,
            None if end.is_some_and(|end| !end.settles(key.addrs, open.requested)) => {
                ExchangeOutcome::Pending
            }
            None => ExchangeOutcome::Lost,
        };
        close(&key, &open, outcome, tell);
    }

    fn make_room(&mut self, tell: &mut impl FnMut(ExchangeEvent)) {
        if self.table.len() < self.table.capacity() {
            return;
        }
        let Some(slot) = self.table.oldest() else {
            return;
        };
        if let (Some(key), Some(open)) = (self.table.key_at(slot), self.table.at(slot))
            && !open.closed
        {
            let outcome = match open.end {
                Some(ExchangeEnd::Reply(_)) => ExchangeOutcome::Answered,
                Some(ExchangeEnd::Error(_)) => ExchangeOutcome::Error,
                None => ExchangeOutcome::Evicted,
            };
            self.evicted += 1;
            tell(ExchangeEvent::Closed(exchange(key, open, outcome)));
        }
        self.forget(slot);
    }

    fn forget(&mut self, slot: Slot) {
        if self.cursor == Some(slot) {
            self.cursor = self.table.newer(slot);
        }
        if self.table.key_at(slot).is_some_and(QueryKey::is_to_group) {
            self.multicast = self.multicast.saturating_sub(1);
        }
        if (self.table.key_at(slot)).is_some_and(|key| key.scope != Scope::ANY) {
            self.scoped = self.scoped.saturating_sub(1);
        }
        self.table.discard(slot);
    }

    /// What the request that is quoted by an error at `place` tells of a mirror.
    pub(super) fn mirror(&self, key: QueryKey, place: Place) -> Mirror {
        let open = self.find(key, self.table.hash(&key), place);
        match open.and_then(|slot| self.table.at(slot)) {
            Some(open) if open.repeats > 0 => Mirror::AtWork,
            _ => Mirror::Unknown,
        }
    }

    /// The request under `key`, with its hash, that a packet seen at `place` is about.
    fn find(&self, key: QueryKey, hash: KeyHash, place: Place) -> Option<Slot> {
        let scoped = (self.scoped > 0)
            .then(|| self.table.find(&key.within(place.scope())))
            .flatten();
        scoped.or_else(|| self.table.find_hashed(&key, hash))
    }
}

/// Tells that a request came to `outcome`.
fn close(
    key: &QueryKey,
    open: &Open,
    outcome: ExchangeOutcome,
    tell: &mut impl FnMut(ExchangeEvent),
) {
    let closed = exchange(key, open, outcome);
    if open.request_shown && open.end.is_none() {
        tell(ExchangeEvent::Decided(closed));
    }
    tell(ExchangeEvent::Closed(closed));
}

fn exchange(key: &QueryKey, open: &Open, outcome: ExchangeOutcome) -> Exchange {
    Exchange {
        kind: key.kind,
        addrs: open.addrs,
        id: key.kind.has_id().then_some(key.id),
        seq: key.kind.has_id().then_some(key.seq),
        request: open.request,
        requested: open.requested,
        end: open.end,
        rtt: open.rtt.get(),
        request_ttl: open.place.ttl,
        reply_ttl: matches!(open.end, Some(ExchangeEnd::Reply(_))).then_some(open.reply_place.ttl),
        outcome,
        duplicates: open.duplicates,
        corrupted: open.corrupted,
        one_sided_possible: false,
        shown: open.request_shown || open.end_shown,
    }
}

fn is_same_packet(open: &Open, query: &Query<'_>, seen: &Sighting) -> bool {
    let soon = seen
        .ts
        .since(open.requested)
        .is_none_or(|apart| apart <= COPY_WINDOW);
    let same_id = match (open.place.ip_id, seen.place.ip_id) {
        // Identification 0 with "don't fragment" is no evidence (RFC 6864 section 4).
        (Some(a), Some(b)) => a == b,
        _ => true,
    };
    // What comes again at the same place when the answer was there already was sent again.
    let again = open.end.is_some() && !seen.place.is_copy_of(open.place);
    // A frame that holds it twice was sent with it twice.
    let together = seen.frame.is_beside(open.request);
    let alike = open.payload == query.payload && open.rest == query.rest;
    soon && same_id && alike && !open.closed && !again && !together
}

#[cfg(test)]
mod tests;
