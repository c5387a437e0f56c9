//! Replies captured a moment before their requests: a host that captures on several interfaces, or with
//! several queues, does not get packets in their order.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Duration;

use super::broadcast::host_bits_with;
use super::open::{ReplyTold, Rtt, exchange};
use super::{ExchangeEvent, Exchanges};
use crate::correlate::exchange::{ExchangeEnd, ExchangeOutcome};
use crate::correlate::network::Link;
use crate::correlate::query::{PayloadPrint, Query, QueryKey};
use crate::correlate::sighting::{COPY_WINDOW, Passage, Place, Sighting};
use crate::model::{FrameRef, Timestamp};

/// A reply and its request out of order have times that differ by no more: some tenths of a
/// millisecond were seen.
const OUT_OF_ORDER: Duration = Duration::from_millis(1);
/// Replies that fit no request: this many of the last.
const KEPT: usize = 16;

/// The last replies that fit no request.
#[derive(Debug, Default)]
pub(super) struct EarlyReplies {
    last: VecDeque<EarlyReply>,
}

#[derive(Clone, Copy, Debug)]
struct EarlyReply {
    key: QueryKey,
    payload: Option<PayloadPrint>,
    from: IpAddr,
    frame: FrameRef,
    ts: Timestamp,
    place: Place,
    passage: Passage,
    shown: bool,
    checksum_bad: bool,
    /// See [`Query::refusal`].
    refusal: u8,
    /// See [`Query::rest`].
    rest: u32,
}

impl EarlyReplies {
    pub(super) fn add(&mut self, query: &Query<'_>, seen: &Sighting) {
        if self.last.len() == KEPT {
            self.last.pop_front();
        }
        self.last.push_back(EarlyReply {
            key: query.key,
            payload: query.payload,
            from: query.addrs.dst(),
            frame: seen.frame,
            ts: seen.ts,
            place: seen.place,
            passage: seen.passage,
            shown: seen.shown,
            checksum_bad: seen.checksum_bad,
            refusal: query.refusal(),
            rest: query.rest,
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.last.is_empty()
    }

    /// The link of a reply that was captured a moment ago, where that is told, if this is a copy of it.
    pub(super) fn link_of(&self, query: &Query<'_>, seen: &Sighting) -> Option<Link> {
        let is_it = |reply: &&EarlyReply| {
            (reply.key, reply.from, reply.rest) == (query.key, query.addrs.dst(), query.rest)
                && (seen.ts.since(reply.ts)).is_none_or(|apart| apart <= COPY_WINDOW)
                && seen.place.is_copy_of(reply.place)
        };
        let copies = self.last.iter().rev().filter(is_it);
        let mut links = copies.map(|reply| reply.place.link());
        links.find(|link| !link.is_unknown())
    }

    /// The reply to the request that is captured now, which goes to whom the key tells that it is kept
    /// under, or to all hosts of a network, if the sender itself answers it.
    fn take(
        &mut self,
        query: &Query<'_>,
        stored: &QueryKey,
        seen: &Sighting,
    ) -> Option<EarlyReply> {
        let is_near = |reply: &EarlyReply| {
            (reply.ts.apart(seen.ts)).is_some_and(|apart| apart <= OUT_OF_ORDER)
        };
        if !self.last.back().is_some_and(is_near) {
            self.last.clear();
            return None;
        }
        let addrs = query.key.addrs;
        let goes_to = |reply: &EarlyReply| {
            let is_all =
                || stored.is_to_group() || host_bits_with(addrs.dst(), addrs.src()).is_some();
            reply.key == query.key
                || reply.from == addrs.src()
                    && reply.payload.is_some()
                    && reply.key.to_group() == query.key.to_group()
                    && is_all()
        };
        let is_elsewhere = |reply: &EarlyReply| {
            let (asked, told) = (seen.place.link(), reply.place.link());
            stored.kind.is_discovery() && asked.is_other_than(told)
        };
        let answers = |reply: &EarlyReply| {
            let is_its = goes_to(reply) && !is_elsewhere(reply);
            is_its && reply.payload == query.payload && is_near(reply)
        };
        let at = self.last.iter().position(answers)?;
        self.last.remove(at)
    }
}

impl Exchanges {
    /// The newest request, `query`, may have been answered already.
    #[cold]
    pub(super) fn answered_before(
        &mut self,
        query: &Query<'_>,
        seen: &Sighting,
        tell: &mut impl FnMut(ExchangeEvent),
    ) {
        let newest = self.table.newest();
        let Some((slot, key)) = newest.and_then(|slot| Some((slot, *self.table.key_at(slot)?)))
        else {
            return;
        };
        let Some(reply) = self.early.take(query, &key, seen) else {
            return;
        };
        if reply.from != query.key.addrs.dst() && !key.is_to_group() {
            self.goes_to_all(slot, key);
        }
        let Some(open) = self.table.at_mut(slot) else {
            return;
        };
        open.end = Some(ExchangeEnd::Reply(reply.frame));
        open.refusal = reply.refusal;
        open.reply_place = reply.place;
        open.reply_passage = reply.passage;
        open.reply_from = reply.from;
        open.rtt = Rtt::from(reply.ts.since(open.requested));
        open.corrupted = u32::from(reply.checksum_bad);
        open.end_shown = reply.shown;
        if reply.shown {
            open.reply_told = ReplyTold::Unsolicited;
        }
        if open.request_shown {
            let outcome = open.outcome().unwrap_or(ExchangeOutcome::Answered);
            tell(ExchangeEvent::Decided(exchange(&key, open, outcome)));
        }
    }
}
