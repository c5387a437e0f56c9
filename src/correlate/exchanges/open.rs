//! A request as it is kept, and what is told of it.

use std::net::IpAddr;
use std::time::Duration;

use super::ExchangeEvent;
use super::reused::Beside;
use crate::correlate::exchange::{
    Began, Exchange, ExchangeEnd, ExchangeKind, ExchangeOutcome, ReplyDrop,
};
use crate::correlate::network::Link;
use crate::correlate::payloads::{Kept, Payloads};
use crate::correlate::query::{PayloadPrint, Query, QueryKey};
use crate::correlate::sighting::{
    COPY_WINDOW, Extent, MIRROR_WINDOW, Passage, Place, Sent, Sighting,
};
use crate::correlate::station::Station;
use crate::correlate::verdict::DropReason;
use crate::icmp::{field, payload};
use crate::model::options::LocalDrop;
use crate::model::{AddrPair, FrameRef, Timestamp};
use crate::prefetch::prefetch;

#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    /// Who asked whom; the key leaves out what replies do not tell.
    pub(super) addrs: AddrPair,
    pub(super) request: FrameRef,
    pub(super) requested: Timestamp,
    /// When its window opened, in correlation time.
    pub(super) opened: Timestamp,
    pub(super) place: Place,
    /// The link, as far as it and its copies tell.
    pub(super) link: Link,
    pub(super) passage: Passage,
    pub(super) sent: Sent,
    /// In Neighbor Discovery, and of who has no address.
    pub(super) asked_by: Station,
    pub(super) payload: Option<PayloadPrint>,
    pub(super) rest: u32,
    pub(super) kept: Kept,
    /// See [`Query::length`].
    pub(super) length: Option<u32>,
    pub(super) end: Option<ExchangeEnd>,
    /// Why its packet was dropped, if that is an error.
    pub(super) refused: Option<DropReason>,
    pub(super) reply_place: Place,
    pub(super) reply_passage: Passage,
    pub(super) reply_sent: Sent,
    /// Who sent it: many may answer what went to a group. Before there is one, who was asked, or
    /// who answered in the place of that last.
    pub(super) reply_from: IpAddr,
    /// That of its end; before there is one, the last of a request under the same key.
    pub(super) rtt: Rtt,
    pub(super) duplicates: u32,
    pub(super) corrupted: u32,
    /// How often the request was captured again where it had been, less the replies that were.
    pub(super) repeats: u8,
    /// At how many points of capture its reply was seen, once there is one.
    pub(super) reply_points: u8,
    pub(super) request_shown: bool,
    pub(super) end_shown: bool,
    pub(super) reply_told: ReplyTold,
    /// Of a reply, while there was none.
    pub(super) reply_began: Began,
    pub(super) history: History,
    /// At how many points of capture the request was seen.
    pub(super) points: u8,
    pub(super) window: Window,
    /// The code of its reply, where that says why it tells nothing; else 0.
    pub(super) refusal: u8,
    /// How much of the request was seen.
    pub(super) extent: Extent,
    pub(super) beside: Beside,
    /// What dropped it where it was captured, last of all.
    pub(super) dropped: Option<LocalDrop>,
}

/// What the line of a reply said, if anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReplyTold {
    /// What it is.
    Reply,
    /// That nobody had asked: it was captured a moment before the request.
    Unsolicited,
}

/// What was asked before under the same key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum History {
    /// Nothing, or something else.
    New,
    /// The same in all, down to the number of the packet: who asks so will again.
    Repeated,
}

/// Whether what comes for a request still decides it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Window {
    Open,
    Closed,
    /// It was told as lost.
    ClosedOnLost,
}

impl Open {
    /// Whether a reply is one packet with the first, captured twice at one place as its request was:
    /// a switch that mirrors both ports gives everything twice. Whoever answers a request that did
    /// come twice numbers the two replies, in IPv4; where there is no number, time and content have to
    /// tell.
    fn is_mirrored(&self, seen: &Sighting, payload: Option<PayloadPrint>) -> bool {
        let is_alike = || {
            (self.since_end(seen.ts)).is_some_and(|apart| apart <= MIRROR_WINDOW)
                && payload == self.payload
                && self.corrupted == 0
                && !seen.checksum_bad
        };
        self.repeats > 0
            && seen.place == self.reply_place
            && (seen.place.is_numbered() || is_alike())
    }

    /// Asks memory for all of it, which takes several lines of the cache.
    #[inline]
    pub(super) fn prefetch(&self) {
        prefetch(Some(&self.addrs));
        prefetch(Some(&self.end));
        prefetch(Some(&self.requested));
        prefetch(Some(&self.place));
        prefetch(Some(&self.window));
    }

    /// Whether its window closed.
    #[inline]
    pub(super) fn is_closed(&self) -> bool {
        self.window != Window::Open
    }

    /// The reply that ended it.
    pub(super) fn reply(&self) -> Option<FrameRef> {
        self.end.and_then(ExchangeEnd::reply)
    }

    /// How long before `now` its end came, as far as the round trip tells.
    pub(super) fn since_end(&self, now: Timestamp) -> Option<Duration> {
        now.since(self.requested.after(self.rtt.get()?))
    }

    /// Whether a reply is one with the first, which the link sent again.
    pub(super) fn is_reply_resent(&self, seen: &Sighting, first: FrameRef) -> bool {
        seen.sent.repeats(self.reply_sent) && !seen.frame.is_beside(first)
    }

    /// The reply that this one is, captured again.
    pub(super) fn reply_copied(&self, query: &Query<'_>, seen: &Sighting) -> Option<FrameRef> {
        let first = self.reply()?;
        let is_copy = || {
            seen.place.is_copy_of(self.reply_place)
                || self.is_reply_resent(seen, first)
                || self.is_mirrored(seen, query.payload)
        };
        (query.addrs.dst() == self.reply_from && is_copy()).then_some(first)
    }

    /// Whether an advertisement is no answer: a station tells all of the address that it asked
    /// about, as nobody else has that (RFC 4862 section 5.4), or a router is not asked by whom it
    /// tells, or not then.
    pub(super) fn is_told_unasked(&self, query: &Query<'_>, seen: &Sighting) -> bool {
        match query.key.kind {
            ExchangeKind::Neighbor => {
                let is_detection = self.addrs.src().is_unspecified();
                is_detection && (self.is_closed() || self.asked_by.is_among(seen.stations))
            }
            ExchangeKind::Router => match query.advertised_within() {
                Some(within) => (seen.ts.since(self.requested)).is_some_and(|after| after > within),
                None => query.addrs.src() != self.addrs.src(),
            },
            _ => false,
        }
    }

    /// What its end makes of it.
    pub(super) fn outcome(&self) -> Option<ExchangeOutcome> {
        Some(match self.end? {
            ExchangeEnd::Reply(_) if self.refusal != 0 => ExchangeOutcome::Refused,
            ExchangeEnd::Reply(_) => ExchangeOutcome::Answered,
            ExchangeEnd::Error(_) => ExchangeOutcome::Error,
        })
    }

    /// Whether a message of discovery, or one like it, came on another link: none leaves its own (RFC
    /// 4861 section 7.1, RFC 1256 section 3).
    #[inline]
    pub(super) fn is_on_other_link(&self, query: &Query<'_>, link: Link) -> bool {
        query.key.kind.is_discovery() && self.link.is_other_than(link)
    }

    /// Whether a message of discovery has another TTL than this one, and so is another: no router lowers it
    /// (RFC 4861 section 3.1).
    fn is_from_other_hop(&self, query: &Query<'_>, seen: &Sighting) -> bool {
        query.key.kind.is_discovery() && self.place.ttl != seen.place.ttl
    }

    /// Whether a request asks the same in all.
    pub(super) fn asks_alike(&self, query: &Query<'_>) -> bool {
        self.payload == query.payload && self.rest == query.rest
    }

    /// Whether a reply brings back something else. Of a fragment as much can be said only where the
    /// other has as many octets.
    pub(super) fn differs(&self, query: &Query<'_>, seen: &Sighting) -> bool {
        let parts = self.extent == Extent::Begun || seen.extent == Extent::Begun;
        match (self.payload, query.payload) {
            (Some(a), Some(b)) if parts => a.is_as_long_as(b) && a.differs(b),
            (Some(a), Some(b)) => a.differs(b),
            _ => false,
        }
    }
}

/// A round trip in eight octets: there are many of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rtt(u64);

impl Rtt {
    pub(super) const UNKNOWN: Self = Self(u64::MAX);

    pub(super) fn get(self) -> Option<Duration> {
        (self != Self::UNKNOWN).then(|| Duration::from_nanos(self.0))
    }
}

impl From<Option<Duration>> for Rtt {
    fn from(rtt: Option<Duration>) -> Self {
        rtt.and_then(|rtt| u64::try_from(rtt.as_nanos()).ok())
            .map_or(Self::UNKNOWN, Self)
    }
}

/// Tells that a request came to this, with what dropped its reply.
pub(super) fn close(
    key: &QueryKey,
    open: &Open,
    (outcome, reply_dropped): (ExchangeOutcome, Option<ReplyDrop>),
    tell: &mut impl FnMut(ExchangeEvent),
) {
    let closed = Exchange {
        reply_dropped,
        ..exchange(key, open, outcome)
    };
    let is_news = open.end.is_none() || closed.lost_on_way_back();
    if open.request_shown && is_news {
        tell(ExchangeEvent::Decided(closed));
    }
    tell(ExchangeEvent::Closed(closed));
}

pub(super) fn exchange(key: &QueryKey, open: &Open, outcome: ExchangeOutcome) -> Exchange {
    Exchange {
        kind: key.kind,
        addrs: open.addrs,
        id: key.kind.has_id().then_some(key.id),
        seq: key.kind.has_id().then_some(key.seq),
        request: open.request,
        requested: open.requested,
        end: open.end,
        // What is not known to have come back took no known time.
        rtt: (open.end.and_then(|_| open.rtt.get()))
            .filter(|_| !matches!(outcome, ExchangeOutcome::Lost | ExchangeOutcome::Unknown)),
        request_length: open.length,
        refused: open.refused,
        message_length: open.payload.map(PayloadPrint::message_length),
        request_ttl: open.place.ttl,
        request_points: open.points,
        reply_ttl: open.reply().map(|_| open.reply_place.ttl),
        outcome,
        refusal: (open.refusal != 0).then_some(open.refusal),
        duplicates: open.duplicates,
        corrupted: open.corrupted,
        one_sided_possible: false,
        request_part: None,
        reply_part: None,
        dropped: open.dropped,
        reply_dropped: None,
        reply_began: open.reply_began,
        told_unsolicited: open.reply_told == ReplyTold::Unsolicited,
        shown: open.request_shown || open.end_shown,
    }
}

/// Whether `query` is the request `open`, captured again.
pub(super) fn is_same_packet(
    open: &Open,
    (query, seen): (&Query<'_>, &Sighting),
    is_timed: impl Fn() -> bool,
    payloads: &Payloads,
) -> bool {
    let same_id = match (open.place.ip_id, seen.place.ip_id) {
        // Identification 0 with "don't fragment" is no evidence (RFC 6864 section 4).
        (Some(a), Some(b)) => a == b,
        _ => true,
    };
    // What comes again at the same place when the answer was there already was sent again, unless it
    // comes as soon as a mirror gives it: programs that make their own packets may number all alike.
    let is_mirrored = || (seen.ts.since(open.requested)).is_none_or(|apart| apart < MIRROR_WINDOW);
    let again = open.end.is_some()
        && !seen.place.is_copy_of(open.place)
        && !seen.sent.repeats(open.sent)
        && !is_mirrored();
    // A frame that holds it twice was sent with it twice.
    let together = seen.frame.is_beside(open.request);
    let soon = is_soon(open, seen) && !open.is_closed() && !again;
    same_id
        && !together
        && !open.is_on_other_link(query, seen.place.link())
        && !open.is_from_other_hop(query, seen)
        && !seen.stations[0].is_other_than(open.asked_by)
        && (soon || is_proven(open, seen) || is_timed())
        && (open.asks_alike(query) || is_part(open, query, seen, payloads))
}

/// Whether `seen` came so soon after the request that being alike makes it a copy.
pub(super) fn is_soon(open: &Open, seen: &Sighting) -> bool {
    let is_like_before = open.history == History::Repeated
        && seen.place == open.place
        && !seen.sent.repeats(open.sent);
    let window = if is_like_before {
        MIRROR_WINDOW
    } else {
        COPY_WINDOW
    };
    (seen.ts.since(open.requested)).is_none_or(|apart| apart <= window)
}

/// Whether a copy may come later than that, by where the two were seen.
pub(super) fn may_be_late(open: &Open, seen: &Sighting) -> bool {
    seen.place.ttl < open.place.ttl || seen.place.is_apart_from(open.place)
}

/// Whether being alike makes `seen` a copy however late. What waited at a hop, for address resolution
/// or in a queue, goes on before it is answered.
fn is_proven(open: &Open, seen: &Sighting) -> bool {
    let goes_on = seen.place.ttl < open.place.ttl && open.end.is_none() && !open.is_closed();
    seen.place.proves_copy_of(open.place) || goes_on
}

/// Whether a request has the time in its data at which it was sent: none like it is sent later.
pub(super) fn is_timed(query: &Query<'_>, seen: &Sighting) -> bool {
    let guess = payload::guess(query.octets, field::Extent::Cut, seen.ts);
    guess.is_some_and(|guess| guess.sent.is_some())
}

/// Whether one of the two is a fragment of a message that the other can be, whole or cut otherwise: at
/// the next hop less may fit into a packet.
pub(super) fn is_part(
    open: &Open,
    query: &Query<'_>,
    seen: &Sighting,
    payloads: &Payloads,
) -> bool {
    let part = open.extent == Extent::Begun || seen.extent == Extent::Begun;
    part && open.rest == query.rest && payloads.change(open.kept, query.octets).is_none()
}
