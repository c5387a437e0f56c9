//! Requests of one identifier and sequence number that wait together: the numbers of a flood came
//! round, a program was started again, a health check never counts.
//!
//! The table finds the newest of them; those before it keep their place in its order, and hang
//! together with the newest in a ring. A reply belongs to the one whose content it brings back. Of
//! those that are alike in all, it belongs to the one that makes the round trip the usual one.

use std::cell::LazyCell;
use std::cmp::Reverse;
use std::time::Duration;

use super::end::SETTLED_AT_LEAST;
use super::open::{Open, Rtt, is_same_packet, is_soon, is_timed, may_be_late};
use super::{ExchangeEvent, Exchanges};
use crate::correlate::exchange::ExchangeOutcome;
use crate::correlate::query::{Query, QueryKey};
use crate::correlate::sighting::{COPY_WINDOW, Sighting};
use crate::correlate::table::Slot;
use crate::model::Timestamp;

/// How many of a ring are looked at: this many of the newest, and as many of the oldest.
const LOOKED_AT: usize = 32;

/// The neighbours of a request in its ring, in which the oldest follows upon the newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Beside {
    older: Slot,
    newer: Slot,
}

impl Beside {
    /// No other request has its key.
    pub(super) const ALONE: Self = Self {
        older: Slot::NONE,
        newer: Slot::NONE,
    };
}

impl Exchanges {
    /// The request that this one is, captured again, among those of the ring of `newest`.
    pub(super) fn copied(&self, newest: Slot, query: &Query<'_>, seen: &Sighting) -> Option<Slot> {
        let is_timed = LazyCell::new(|| is_timed(query, seen));
        let mut of_ring = self
            .newest_first(newest)
            .take_while(|(_, open)| is_soon(open, seen) || may_be_late(open, seen) || *is_timed);
        let is_same =
            |open: &Open| is_same_packet(open, (query, seen), || *is_timed, &self.payloads);
        let (slot, _) = of_ring.find(|(_, open)| is_same(open))?;
        Some(slot)
    }

    /// The same key is used again, at `now`, while the request at `newest` is kept: it gives its place
    /// up where nothing can come for it that would not be taken for the new one's. The newest of those
    /// that stay is hidden and told.
    pub(super) fn ask_again(
        &mut self,
        newest: Slot,
        query: &Query<'_>,
        now: Timestamp,
        tell: &mut impl FnMut(ExchangeEvent),
    ) -> Option<Slot> {
        let (key, open) = (self.table.key_at(newest)?, self.table.at(newest)?);
        let older = open.beside.older;
        let stays = !gives_way(key, open, query, now);
        if !stays {
            self.close(newest, (None, None), tell);
            self.forget(newest);
        }
        let stays = if stays { newest } else { older };
        self.table.hide(stays);
        (stays != Slot::NONE).then_some(stays)
    }

    /// Puts the request at `newest` into the ring whose newest was that at `older`.
    pub(super) fn put_beside(&mut self, older: Slot, newest: Slot) {
        let oldest = match self.beside(older) {
            Beside::ALONE => older,
            ring => ring.newer,
        };
        self.link(oldest, |it| it.older = newest);
        self.link(older, |it| it.newer = newest);
        self.link(newest, |it| {
            *it = Beside {
                older,
                newer: oldest,
            }
        });
    }

    /// Takes the request at `slot` out of its ring; where it was the newest, the one before it is
    /// found from now on.
    #[inline]
    pub(super) fn take_from_beside(&mut self, slot: Slot) {
        let ring = self.beside(slot);
        if ring != Beside::ALONE {
            self.take_from_ring(slot, ring);
        }
    }

    #[cold]
    fn take_from_ring(&mut self, slot: Slot, ring: Beside) {
        let was_newest = self.is_newest(slot);
        self.link(ring.older, |it| it.newer = ring.newer);
        self.link(ring.newer, |it| it.older = ring.older);
        if ring.older == ring.newer {
            self.link(ring.older, |it| *it = Beside::ALONE);
        }
        if was_newest {
            self.table.hide(slot);
            self.table.show(ring.older);
        }
    }

    /// The request that a reply answers, of the ring of `newest`.
    #[inline]
    pub(super) fn answered_by(&self, newest: Slot, query: &Query<'_>, seen: &Sighting) -> Slot {
        if self.beside(newest) == Beside::ALONE {
            return newest;
        }
        self.answered_of_several(newest, query, seen)
    }

    #[cold]
    fn answered_of_several(&self, newest: Slot, query: &Query<'_>, seen: &Sighting) -> Slot {
        let link = self.link_of_reply(query, seen);
        let copied = self.newest_first(newest).find(|(_, open)| {
            !open.is_on_other_link(query, link)
                && !open.differs(query, seen)
                && open.reply_copied(query, seen).is_some()
        });
        if let Some((slot, _)) = copied {
            return slot;
        }
        // Who asks for a neighbor asks again for want of an answer, which a neighbor gives at once.
        let at_once = (!query.key.kind.has_id()).then_some(Duration::ZERO);
        let usual = at_once.or_else(|| self.table.at(newest)?.rtt.get());
        // The link tells whom the reply goes to of those that have no address.
        let is_to = |open: &Open| {
            !query.key.kind.tells_addresses() || !seen.stations[1].is_other_than(open.asked_by)
        };
        let best = self.looked_at(newest).max_by_key(|(_, open)| {
            (
                !open.is_on_other_link(query, link),
                is_to(open),
                !open.differs(query, seen),
                open.reply().is_none() && !open.is_closed(),
                !open.is_closed(),
                open.rest == query.rest,
                Reverse(oddity(seen.ts.since(open.requested), usual)),
            )
        });
        best.map_or(newest, |(slot, _)| slot)
    }

    /// The request that an error quotes, whose IPv4 identification is `ip_id`.
    pub(super) fn refused_by(&self, newest: Slot, ip_id: Option<u32>, now: Timestamp) -> Slot {
        if self.beside(newest) == Beside::ALONE {
            return newest;
        }
        let usual = self.table.at(newest).and_then(|open| open.rtt.get());
        let best = self.looked_at(newest).max_by_key(|(_, open)| {
            (
                ip_id.is_some_and(|id| id != 0) && open.place.ip_id == ip_id,
                open.end.is_none() && !open.is_closed(),
                Reverse(oddity(now.since(open.requested), usual)),
            )
        });
        best.map_or(newest, |(slot, _)| slot)
    }

    /// A request before that at `newest` was answered after `rtt`: so may it be.
    pub(super) fn expect(&mut self, newest: Slot, rtt: Option<Duration>) {
        if let Some(open) = self.table.at_mut(newest)
            && open.end.is_none()
        {
            open.rtt = Rtt::from(rtt);
        }
    }

    /// What becomes of the request at `slot` when its place is needed at `now`. Whoever uses its
    /// number again does not wait for it any more: it is lost if it had the time that lets requests be
    /// lost at the end of a capture.
    pub(super) fn given_up(&self, slot: Slot, now: Timestamp) -> ExchangeOutcome {
        let reused = self.beside(slot) != Beside::ALONE && !self.is_newest(slot);
        let Some(open) = self.table.at(slot).filter(|_| reused) else {
            return ExchangeOutcome::Evicted;
        };
        let waited = self.known.min(now).since(open.requested);
        match waited {
            Some(waited) if waited >= SETTLED_AT_LEAST => {
                let addrs = self.table.key_at(slot).map(|key| key.addrs);
                if addrs.is_some_and(|addrs| self.blind.hides(addrs, open.requested, waited)) {
                    ExchangeOutcome::Unknown
                } else {
                    ExchangeOutcome::Lost
                }
            }
            _ => ExchangeOutcome::Evicted,
        }
    }

    fn is_newest(&self, slot: Slot) -> bool {
        (self.table.key_at(slot)).is_some_and(|key| self.table.find(key) == Some(slot))
    }

    fn beside(&self, slot: Slot) -> Beside {
        self.table.at(slot).map_or(Beside::ALONE, |it| it.beside)
    }

    fn link(&mut self, slot: Slot, change: impl FnOnce(&mut Beside)) {
        if let Some(open) = self.table.at_mut(slot) {
            change(&mut open.beside);
        }
    }

    pub(super) fn newest_first(&self, newest: Slot) -> impl Iterator<Item = (Slot, &Open)> {
        self.walk(newest, newest, |ring| ring.older)
    }

    fn looked_at(&self, newest: Slot) -> impl Iterator<Item = (Slot, &Open)> {
        let oldest_first = self.walk(self.beside(newest).newer, newest, |ring| ring.newer);
        self.newest_first(newest).chain(oldest_first)
    }

    /// Some of a ring from `first` on, up to the newest.
    fn walk(
        &self,
        first: Slot,
        newest: Slot,
        next: impl Fn(Beside) -> Slot,
    ) -> impl Iterator<Item = (Slot, &Open)> {
        let slots = std::iter::successors(Some(first), move |&at| {
            Some(next(self.beside(at))).filter(|&next| next != newest)
        });
        slots
            .take(LOOKED_AT)
            .filter_map(|slot| Some((slot, self.table.at(slot)?)))
    }
}

/// Whether a request that `query` asks again need not be kept beside it.
fn gives_way(key: &QueryKey, open: &Open, query: &Query<'_>, now: Timestamp) -> bool {
    if key.needs_no_reply() && !key.is_to_group() {
        return true;
    }
    let alike = open.asks_alike(query);
    if open.is_closed() {
        return alike;
    }
    if open.end.is_none() {
        return false;
    }
    // What comes twice comes soon.
    let fresh = (open.since_end(now)).is_some_and(|ago| ago <= COPY_WINDOW);
    alike || !fresh
}

/// How unlikely a round trip is beside the usual one. Where none is known, they are under a second,
/// and replies in the order of their requests.
fn oddity(rtt: Option<Duration>, usual: Option<Duration>) -> Duration {
    let rtt = rtt.unwrap_or_default();
    match usual {
        Some(usual) => rtt.abs_diff(usual),
        None => SETTLED_AT_LEAST.checked_sub(rtt).unwrap_or(rtt),
    }
}
