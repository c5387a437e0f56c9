//! A request and its reply at several points of capture: where a round trip is measured, and which
//! replies never got back to where others did.

use super::open::{Open, Rtt, SeenAt};
use super::{End, Exchanges};
use crate::correlate::exchange::{ExchangeEnd, ExchangeOutcome};
use crate::correlate::query::QueryKey;
use crate::correlate::sighting::{MIRROR_WINDOW, Place, Sighting};
use crate::correlate::table::Table;
use crate::icmp::payload;
use crate::model::{AddrPair, FrameRef, SourceId, Timestamp};

/// Octets for requests that were seen at several points, at most: thousands of them.
const ASKED: usize = 1 << 20;
/// Octets for pairs whose replies were seen at several points.
const HOMES: usize = 1 << 18;

/// What is known of points of capture.
#[derive(Debug)]
pub(super) struct Points {
    /// Where a request was seen again, by the capture that has it there.
    asked: Table<(FrameRef, SourceId), Asked>,
    homes: Table<AddrPair, Home>,
}

/// Where and when a request was seen.
#[derive(Clone, Copy, Debug)]
struct Point {
    place: Place,
    ts: Timestamp,
}

/// The points of one capture where a request was seen: that nearest to who asks, and the last.
#[derive(Clone, Copy, Debug)]
struct Asked {
    nearest: Point,
    last: Point,
}

/// How far the replies to one who asks come.
#[derive(Clone, Copy, Debug)]
struct Home {
    /// At how many points they are seen.
    points: u8,
    /// The last of those.
    place: Place,
    /// When the newest request was sent whose reply came there.
    asked: Timestamp,
}

/// Whether a reply came back to who asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WayBack {
    /// As far as is known.
    Made,
    /// It was seen on its way only, and one to a later request all the way.
    Lost,
    /// It was seen on its way only, so far.
    Awaited,
    /// The same, and the capture of the rest of it may have ended.
    Unknown,
}

impl Points {
    pub(super) fn new(memory: usize) -> Self {
        Self {
            asked: Table::with_memory(memory.min(ASKED)),
            homes: Table::with_memory((memory / 4).min(HOMES)),
        }
    }

    /// The request `open` was seen at another point.
    pub(super) fn asked_at(&mut self, open: &mut Open, seen: &Sighting) {
        let point = Point {
            place: seen.place,
            ts: seen.ts,
        };
        let mut asked = self.asked(open, seen.place.source).unwrap_or(Asked {
            nearest: point,
            last: point,
        });
        if seen.place.ttl > asked.nearest.place.ttl {
            asked.nearest = point;
        }
        asked.last = point;
        open.seen_at = SeenAt::Several;
        self.asked.insert((open.request, seen.place.source), asked);
    }

    /// Where the capture `source` has a request, if it does.
    fn asked(&self, open: &Open, source: SourceId) -> Option<Asked> {
        let again = match open.seen_at {
            SeenAt::One => None,
            SeenAt::Several => self.asked.get(&(open.request, source)).copied(),
        };
        let first = Point {
            place: open.place,
            ts: open.requested,
        };
        again.or_else(|| {
            (source == open.place.source).then_some(Asked {
                nearest: first,
                last: first,
            })
        })
    }

    /// When the request was where its reply is seen now, by the same clock where there is one.
    #[inline]
    pub(super) fn requested(&self, open: &Open, seen: &Sighting) -> Timestamp {
        match open.seen_at {
            SeenAt::One => open.requested,
            SeenAt::Several => self.requested_there(open, seen),
        }
    }

    fn requested_there(&self, open: &Open, seen: &Sighting) -> Timestamp {
        let Some(Asked { nearest, last }) = self.asked(open, seen.place.source) else {
            return open.requested;
        };
        let way = nearest.place.ttl.saturating_sub(last.place.ttl);
        let is_behind = if nearest.place.scope() == last.place.scope() {
            // It has not come as far as the request went between the two.
            payload::hops(seen.place.ttl) < way
        } else {
            seen.place.scope() == last.place.scope()
        };
        if is_behind { last.ts } else { nearest.ts }
    }

    /// Whether a reply is seen nearer to who asked than it was before; when the request was there.
    fn nearer(&self, open: &Open, seen: &Sighting) -> Option<Timestamp> {
        let before = open.reply_place;
        let here = self.asked(open, seen.place.source)?;
        let nearest = here.nearest.place;
        let is_nearer = if before.source != seen.place.source {
            match self.asked(open, before.source) {
                Some(there) if there.nearest.place.ttl != nearest.ttl => {
                    there.nearest.place.ttl < nearest.ttl
                }
                _ => seen.place.source == open.place.source,
            }
        } else if before.scope() != seen.place.scope() && nearest.scope() != here.last.place.scope()
        {
            seen.place.scope() == nearest.scope()
        } else if before.ttl == seen.place.ttl {
            // Two ends of one link: longer no mirror holds what it gives twice.
            let apart = open.since_end(seen.ts);
            before == seen.place && apart.is_some_and(|apart| apart > MIRROR_WINDOW)
        } else {
            seen.place.ttl < before.ttl && here.last.place.ttl < nearest.ttl
        };
        is_nearer.then_some(here.nearest.ts)
    }

    /// The reply that answered a request, captured again: the round trip is that at the point nearest
    /// to who asked, if both were there.
    pub(super) fn answered_again(&mut self, key: &QueryKey, open: &mut Open, seen: &Sighting) {
        let rtt = (self.nearer(open, seen)).and_then(|requested| seen.ts.since(requested));
        if rtt.is_some() {
            open.end = Some(ExchangeEnd::Reply(seen.frame));
            open.reply_place = seen.place;
            open.reply_sent = seen.sent;
            open.rtt = Rtt::from(rtt);
            open.end_shown |= seen.shown;
        }
        open.reply_points = open.reply_points.saturating_add(1);
        let known = self.homes.get_mut(&key.addrs);
        let asked = (known.as_ref()).map_or(open.requested, |home| home.asked.max(open.requested));
        if let Some(home) = known.filter(|home| home.points > open.reply_points) {
            let is_there = !home.place.is_apart_from(open.reply_place);
            if is_there && home.place.ttl == open.reply_place.ttl {
                home.asked = asked;
            }
            return;
        }
        let home = Home {
            points: open.reply_points,
            place: open.reply_place,
            asked,
        };
        self.homes.insert(key.addrs, home);
    }

    /// What became of the reply to a request that was answered somewhere.
    pub(super) fn way_back(&self, key: &QueryKey, open: &Open) -> WayBack {
        if open.seen_at == SeenAt::One {
            return WayBack::Made;
        }
        let Some(home) = self.homes.get(&key.addrs) else {
            return WayBack::Made;
        };
        let (last, home_is) = (open.reply_place, home.place);
        let is_short = open.reply_points < home.points
            && (last.is_apart_from(home_is) || last.ttl > home_is.ttl)
            && self.asked(open, home_is.source).is_some();
        if !is_short {
            WayBack::Made
        } else if open.requested < home.asked {
            WayBack::Lost
        } else if last.source == home_is.source {
            WayBack::Awaited
        } else {
            WayBack::Unknown
        }
    }
}

impl Exchanges {
    /// What the end of a request makes of it, once its window closes.
    pub(super) fn settled(
        &self,
        key: &QueryKey,
        open: &Open,
        end: Option<&End>,
    ) -> Option<ExchangeOutcome> {
        let outcome = open.outcome();
        if outcome != Some(ExchangeOutcome::Error) && self.undelivered.reply_to(open).is_some() {
            return Some(ExchangeOutcome::Lost);
        }
        let outcome = outcome?;
        if open.reply().is_none() {
            return Some(outcome);
        }
        let is_over = || end.is_none_or(|end| end.settles(key.addrs, open.requested));
        let is_blind = || (self.blind).hides(key.addrs, open.requested, self.timeout);
        Some(match self.points.way_back(key, open) {
            WayBack::Made => outcome,
            WayBack::Unknown => ExchangeOutcome::Unknown,
            WayBack::Lost | WayBack::Awaited if is_blind() => ExchangeOutcome::Unknown,
            WayBack::Awaited if !is_over() => ExchangeOutcome::Pending,
            WayBack::Lost | WayBack::Awaited => ExchangeOutcome::Lost,
        })
    }
}
