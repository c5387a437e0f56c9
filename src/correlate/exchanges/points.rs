//! A request and its reply at several points of capture: where a round trip is measured, and which
//! replies never got back to where others did.

use std::net::IpAddr;

use super::open::{Open, Rtt};
use super::{End, Exchanges};
use crate::correlate::exchange::{ExchangeEnd, ExchangeOutcome};
use crate::correlate::flows::Ring;
use crate::correlate::network::Network;
use crate::correlate::query::{Query, QueryKey};
use crate::correlate::sighting::{
    COPY_WINDOW, Extent, MIRROR_WINDOW, Passage, Place, Scope, Side, Sighting,
};
use crate::correlate::table::Table;
use crate::icmp::payload;
use crate::model::{AddrPair, FrameRef, SourceId, Timestamp};

/// Octets for requests that were seen at several points, at most: thousands of them.
const ASKED: usize = 1 << 20;
/// Octets for pairs whose replies were seen at several points.
const HOMES: usize = 1 << 18;
/// Octets for replies that were seen at several points.
const PASSED: usize = 1 << 18;
/// Octets for requests that got more replies than one, or late ones.
const FURTHER: usize = 1 << 16;
/// Captures that are looked at for where a request was seen.
const SOURCES: u16 = 16;
/// How many packets are searched for others that went the way of a reply.
const OTHERS: usize = 1 << 12;

/// What is known of points of capture.
#[derive(Debug)]
pub(super) struct Points {
    /// Where a request was seen again, by the capture that has it there.
    asked: Table<(FrameRef, SourceId), Asked>,
    homes: Table<AddrPair, Home>,
    /// Where a reply was seen on its way, before or beside where it was seen nearest to who asked.
    passed: Table<FrameRef, Place>,
    /// The last reply to a request that did not end it.
    further: Table<FrameRef, Further>,
    /// The last of the captures that requests were seen in.
    last_source: SourceId,
}

/// A reply that did not end its request.
#[derive(Clone, Copy, Debug)]
struct Further {
    frame: FrameRef,
    from: IpAddr,
    place: Place,
    ts: Timestamp,
}

/// Where and when a request was seen.
#[derive(Clone, Copy, Debug)]
struct Point {
    place: Place,
    passage: Passage,
    ts: Timestamp,
}

/// The points of one capture where a request was seen: that nearest to who asks, and the last.
#[derive(Clone, Copy, Debug)]
struct Asked {
    nearest: Point,
    last: Point,
    /// The networks that it was seen in; where there is no room left, not all of them.
    networks: [Scope; 6],
}

impl Asked {
    /// At one point.
    fn once(at: Point) -> Self {
        const NONE: Scope = Scope::ANY;
        let networks = [at.place.scope(), NONE, NONE, NONE, NONE, NONE];
        Self {
            nearest: at,
            last: at,
            networks,
        }
    }

    /// It was seen in this network as well.
    fn came_by(&mut self, scope: Scope) {
        let is_its = |known: &&mut Scope| [scope, Scope::ANY].contains(known);
        if let Some(its) = self.networks.iter_mut().find(is_its) {
            *its = scope;
        }
    }

    /// Whether a packet that goes back left what is behind the last of these points for a network that the
    /// request was not in: the two ways of a tunnel may have other numbers and ends (RFC 9135 section 4.1),
    /// and routers may send it back by another interface.
    fn is_left_otherwise(&self, before: Place, seen: Place) -> bool {
        let ends_tunnel = [self.nearest.place, seen].map(|it| it.network) != [Network::NONE; 2];
        let is_sent_on = seen.ttl < before.ttl || seen.ttl == before.ttl && ends_tunnel;
        is_sent_on
            && before.scope() == self.last.place.scope()
            && self.networks.contains(&Scope::ANY)
            && !self.networks.contains(&seen.scope())
    }

    /// Whether a packet that goes back was not seen as far as where the request was nearest to who
    /// asks.
    fn is_behind(&self, seen: Place) -> bool {
        let (nearest, last) = (self.nearest.place, self.last.place);
        if nearest.scope() == last.scope() {
            // It has not come as far as the request went between the two.
            payload::hops(seen.ttl) < nearest.ttl.saturating_sub(last.ttl)
        } else {
            seen.scope() == last.scope()
        }
    }

    /// Whether a packet that goes back came in at the router that let the request through, and did not
    /// leave it again.
    fn keeps(&self, seen: Passage) -> bool {
        let ways = (self.nearest.passage, self.last.passage, seen);
        ways == (Passage::Entered, Passage::Left, Passage::Entered)
            && self.last.place.ttl < self.nearest.place.ttl
    }
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
    /// The same, and the capture of the rest of it may have ended, or never see that direction.
    Unknown,
}

impl Points {
    pub(super) fn new(memory: usize) -> Self {
        Self {
            asked: Table::with_memory(memory.min(ASKED)),
            homes: Table::with_memory((memory / 4).min(HOMES)),
            passed: Table::with_memory((memory / 4).min(PASSED)),
            further: Table::with_memory((memory / 8).min(FURTHER)),
            last_source: SourceId(0),
        }
    }

    /// The request `open` was seen at another point than first. Says whether it was there before.
    pub(super) fn asked_at(&mut self, open: &mut Open, seen: &Sighting) -> bool {
        let point = Point {
            place: seen.place,
            passage: seen.passage,
            ts: seen.ts,
        };
        let before = self.asked(open, seen.place.source);
        // In a tunnel a router may change its ends, and leave the packet inside as it is.
        let was_there = before.is_some_and(|before| {
            let at = [before.nearest.place, before.last.place];
            at.iter().any(|at| !seen.place.is_copy_of(*at))
        });
        let mut asked = before.unwrap_or_else(|| Asked::once(point));
        asked.came_by(seen.place.scope());
        if seen.place.ttl > asked.nearest.place.ttl {
            asked.nearest = point;
        }
        // Of several clocks, time does not tell the order.
        if seen.place.ttl <= asked.last.place.ttl {
            asked.last = point;
        }
        open.points = open.points.saturating_add(1);
        self.last_source = self
            .last_source
            .max(seen.place.source)
            .max(open.place.source);
        self.asked.insert((open.request, seen.place.source), asked);
        was_there
    }

    /// Whether the capture `source` has a request behind an address translation.
    pub(super) fn is_translated(&self, open: &Open, source: SourceId) -> bool {
        let asked = self.asked(open, source);
        asked.is_some_and(|asked| asked.last.place.side == Side::Translator)
    }

    /// Where the capture `source` has a request, if it does.
    fn asked(&self, open: &Open, source: SourceId) -> Option<Asked> {
        let again = if open.points > 1 {
            self.asked.get(&(open.request, source)).copied()
        } else {
            None
        };
        let first = Point {
            place: open.place,
            passage: open.passage,
            ts: open.requested,
        };
        again.or_else(|| (source == open.place.source).then(|| Asked::once(first)))
    }

    /// When the request was where its reply is seen now, by the same clock where there is one.
    #[inline]
    pub(super) fn requested(&self, open: &Open, seen: &Sighting) -> Timestamp {
        if open.points > 1 {
            self.requested_there(open, seen)
        } else {
            open.requested
        }
    }

    fn requested_there(&self, open: &Open, seen: &Sighting) -> Timestamp {
        let Some(asked) = self.asked(open, seen.place.source) else {
            return open.requested;
        };
        let is_behind = asked.is_behind(seen.place);
        let point = if is_behind { asked.last } else { asked.nearest };
        point.ts
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
            seen.place.scope() == nearest.scope() || here.is_left_otherwise(before, seen.place)
        } else if before.ttl == seen.place.ttl && before.depth != seen.place.depth {
            // What comes out of a tunnel at a router, or goes into one, is on its way through.
            here.last.place.ttl < nearest.ttl
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
    /// to who asked, if both were there. Says whether it is seen nearer now.
    pub(super) fn answered_again(
        &mut self,
        key: &QueryKey,
        open: &mut Open,
        seen: &Sighting,
    ) -> bool {
        let rtt = (self.nearer(open, seen)).and_then(|requested| seen.ts.since(requested));
        let is_nearer = rtt.is_some();
        if open.reply_points == 1 {
            let passed = if is_nearer {
                open.reply_place
            } else {
                seen.place
            };
            self.passed.insert(open.request, passed);
        }
        if is_nearer {
            open.end = Some(ExchangeEnd::Reply(seen.frame));
            open.reply_place = seen.place;
            open.reply_passage = seen.passage;
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
            return is_nearer;
        }
        let home = Home {
            points: open.reply_points,
            place: open.reply_place,
            asked,
        };
        self.homes.insert(key.addrs, home);
        is_nearer
    }

    /// Whether a reply is another with the number of the first, which was seen here on its way and nearer
    /// to who asked since: packets do not come back to where they were.
    #[inline]
    pub(super) fn came_again(&self, open: &Open, seen: &Sighting) -> bool {
        // What was put together was seen there by its first fragment.
        seen.extent != Extent::PutTogether
            && open.reply_points > 1
            && open.repeats == 0
            && self.passed.get(&open.request) == Some(&seen.place)
    }

    /// A reply to `request` came that did not end it.
    pub(super) fn came_further(&mut self, request: FrameRef, query: &Query<'_>, seen: &Sighting) {
        let further = Further {
            frame: seen.frame,
            from: query.addrs.dst(),
            place: seen.place,
            ts: seen.ts,
        };
        self.further.insert(request, further);
    }

    /// The last reply that did not end the request, if this is that one at another point.
    pub(super) fn further_copied(
        &self,
        open: &Open,
        query: &Query<'_>,
        seen: &Sighting,
    ) -> Option<FrameRef> {
        if open.duplicates == 0 && !open.is_closed() {
            return None;
        }
        let known = self.further.get(&open.request)?;
        let soon = (seen.ts.since(known.ts)).is_none_or(|apart| apart <= COPY_WINDOW);
        let is_copy = soon && known.from == query.addrs.dst() && seen.place.is_copy_of(known.place);
        is_copy.then_some(known.frame)
    }

    /// What became of the reply to a request that was answered somewhere.
    pub(super) fn way_back(&self, key: &QueryKey, open: &Open, ring: Option<&Ring>) -> WayBack {
        if open.points == 1 {
            return WayBack::Made;
        }
        let others = || self.way_of_others(key, open, ring);
        let Some(home) = self.homes.get(&key.addrs) else {
            return others();
        };
        let (last, home_is) = (open.reply_place, home.place);
        let is_short = open.reply_points < home.points
            && (last.is_apart_from(home_is) || last.ttl > home_is.ttl)
            && self.asked(open, home_is.source).is_some();
        if !is_short {
            others()
        } else if open.requested < home.asked {
            WayBack::Lost
        } else if last.source == home_is.source {
            WayBack::Awaited
        } else if self.others_came(key, open, home_is.source, ring) {
            WayBack::Lost
        } else {
            WayBack::Unknown
        }
    }

    /// Whether the capture `home` has packets that came back from who was asked after the request.
    fn others_came(
        &self,
        key: &QueryKey,
        open: &Open,
        home: SourceId,
        ring: Option<&Ring>,
    ) -> bool {
        let (Some(ring), Some(asked)) = (ring, self.asked(open, home)) else {
            return false;
        };
        let back = ring.pair_hash(&key.addrs.reversed());
        let mut there = (ring.recent(OTHERS)).filter(|seen| seen.source() == home);
        there.any(|seen| seen.pair == back && seen.ts > asked.nearest.ts)
    }

    /// What became of it where no reply of that pair came back: others that went the same way tell
    /// whether the capture would have it. That none did may be as it sees one direction only.
    fn way_of_others(&self, key: &QueryKey, open: &Open, ring: Option<&Ring>) -> WayBack {
        let reply = open.reply_place;
        let sources = (0..=self.last_source.0.min(SOURCES)).map(SourceId);
        let asked = sources.filter_map(|source| Some((source, self.asked(open, source)?)));
        let Some((home, nearest)) = asked.max_by_key(|(_, asked)| asked.nearest.place.ttl) else {
            return WayBack::Made;
        };
        let here = home == reply.source;
        let is_short = (self.asked(open, reply.source)).is_some_and(|there| {
            there.keeps(open.reply_passage) && open.duplicates == 0
                || if here {
                    there.is_behind(reply)
                } else {
                    there.nearest.place.ttl < nearest.nearest.place.ttl
                }
        });
        if !is_short {
            return WayBack::Made;
        }
        let Some(ring) = ring else {
            return WayBack::Unknown;
        };
        let back = ring.pair_hash(&key.addrs.reversed());
        let hops = payload::hops(reply.ttl);
        let (mut came, mut ran_on) = (false, false);
        for seen in ring.recent(OTHERS).filter(|seen| seen.source() == home) {
            came |= seen.pair == back && (!here || payload::hops(seen.ttl) > hops);
            ran_on |= seen.ts > nearest.nearest.ts;
            if came && ran_on {
                return WayBack::Lost;
            }
        }
        match came {
            // Who translated the request sends its reply on, or nobody does.
            false if here && reply.side == Side::Translator => WayBack::Awaited,
            true if here => WayBack::Awaited,
            _ => WayBack::Unknown,
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
        ring: Option<&Ring>,
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
        let replied = open.requested.after(open.rtt.get().unwrap_or_default());
        let way = (key.addrs.reversed(), open.reply_place.source);
        Some(match self.points.way_back(key, open, ring) {
            WayBack::Made if (self.blind).doubts(way.0, way.1, (replied, self.timeout)) => {
                ExchangeOutcome::Unknown
            }
            WayBack::Made => outcome,
            WayBack::Unknown => ExchangeOutcome::Unknown,
            WayBack::Lost | WayBack::Awaited if is_blind() => ExchangeOutcome::Unknown,
            WayBack::Awaited if !is_over() => ExchangeOutcome::Pending,
            WayBack::Lost | WayBack::Awaited => ExchangeOutcome::Lost,
        })
    }
}
