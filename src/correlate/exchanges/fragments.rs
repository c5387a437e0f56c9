//! Requests and replies in fragments.

use super::Exchanges;
use super::open::Open;
use crate::correlate::exchange::Began;
use crate::correlate::query::{Query, QueryKey};
use crate::correlate::sighting::{Extent, Sighting};
use crate::correlate::table::Slot;
use crate::correlate::{Answer, AnswerOutcome, Relation};
use crate::icmp::Direction;
use crate::model::FrameRef;

/// Replies that are told by their first fragment and may be put together: this many of the last.
const BEGUN: usize = 64;

/// Whether a request that was seen at several points, in tunnels and outside of them, is this one by its
/// number: the fragment that begins it at one of those may be known by itself.
fn is_known_elsewhere(open: &Open, seen: &Sighting) -> bool {
    open.points > 1 && seen.place.is_numbered() && open.place.ip_id == seen.place.ip_id
}

impl Exchanges {
    /// The request under this key was put together, as `query` has it: whether its first fragment is
    /// known.
    pub(in crate::correlate) fn asked_all(&mut self, query: &Query<'_>, seen: &Sighting) -> bool {
        let key = self.stored(query.key);
        let Some(slot) = self.find(key, self.table.hash(&key), seen.place) else {
            return false;
        };
        let Some(open) = self.table.at_mut(slot) else {
            return false;
        };
        if open.extent == Extent::Packet || open.place.ip_id != seen.place.ip_id {
            return false;
        }
        open.extent = Extent::PutTogether;
        open.payload = query.payload;
        open.rest = query.rest;
        open.kept = self.payloads.keep(query.octets);
        true
    }

    /// The reply that begins in `first` goes by what that shows.
    pub(in crate::correlate) fn answered_in_part(&mut self, first: FrameRef) {
        if self.begun.len() == BEGUN {
            self.begun.pop_front();
        }
        self.begun.push_back(first);
    }

    /// The reply that begins in `first` was put together, as `query` has it: what that adds, if `first`
    /// was told as the reply.
    pub(in crate::correlate) fn answered_all(
        &mut self,
        query: &Query<'_>,
        seen: &Sighting,
        first: FrameRef,
    ) -> Option<Relation> {
        let at = self.begun.iter().position(|begun| *begun == first)?;
        self.begun.remove(at);
        let found = self.answered(query.key, |open| open.reply() == Some(first));
        let Some(open) = found.and_then(|slot| self.table.at_mut(slot)) else {
            return Some(Relation::None);
        };
        let differs = open.differs(query, seen);
        if !differs && !seen.checksum_bad {
            return Some(Relation::None);
        }
        open.corrupted = open.corrupted.saturating_add(1);
        let change = differs.then(|| self.payloads.change(open.kept, query.octets));
        Some(Relation::Answer(Answer {
            request: Some(open.request),
            rtt: open.rtt.get(),
            outcome: AnswerOutcome::Corrupted,
            change: change.flatten(),
        }))
    }

    /// Whether the reply to the request under this key is known by its beginning in `first`, where that
    /// came again nearer to who asked.
    pub(in crate::correlate) fn is_answered_in(&self, key: QueryKey, first: FrameRef) -> bool {
        (self.answered(key, |open| open.reply() == Some(first))).is_some()
    }

    /// The first fragment of a reply came: to the request under this key, unless that has one.
    pub(in crate::correlate) fn answer_begins(&mut self, key: QueryKey) -> Option<FrameRef> {
        let slot = self.under(key)?;
        let open = self.table.at_mut(slot)?;
        if open.reply().is_some() {
            return None;
        }
        open.reply_began = Began::Seen;
        Some(open.request)
    }

    /// Whether replies to the request under this key are to be put together: all of it was captured.
    pub(in crate::correlate) fn expects_all(&self, key: QueryKey) -> bool {
        (self.under(key).and_then(|slot| self.table.at(slot)))
            .is_none_or(|open| open.extent != Extent::Begun)
    }

    /// The fragment that begins a message, and that `of` has, was captured again.
    pub(in crate::correlate) fn begun_again(
        &mut self,
        query: &Query<'_>,
        of: FrameRef,
        seen: &Sighting,
    ) {
        match query.direction {
            Direction::Request => self.asked_again(query.key, of, seen),
            Direction::Reply => {
                if !self.answered_there(query.key, seen) {
                    if self.begun_beside.len() == BEGUN {
                        self.begun_beside.pop_front();
                    }
                    self.begun_beside.push_back((of, *seen));
                }
            }
        }
    }

    /// The reply that begins in `first` is whole: it was where that was captured again before.
    pub(in crate::correlate) fn answered_beside(&mut self, key: QueryKey, first: FrameRef) {
        while let Some(at) = (self.begun_beside.iter()).position(|(of, _)| *of == first)
            && let Some((_, seen)) = self.begun_beside.remove(at)
        {
            self.answered_there(key, &seen);
        }
    }

    /// The reply to the request under this key was seen there, too; whether there is one.
    fn answered_there(&mut self, key: QueryKey, seen: &Sighting) -> bool {
        let found = self.answered(key, |open| open.reply_place.ip_id == seen.place.ip_id);
        let Some(open) = found.and_then(|slot| self.table.at_mut(slot)) else {
            return false;
        };
        if seen.place.is_copy_of(open.reply_place) {
            self.points.answered_again(&key, open, seen);
        }
        true
    }

    fn asked_again(&mut self, key: QueryKey, of: FrameRef, seen: &Sighting) {
        let Some(open) = (self.under(key).and_then(|slot| self.table.at_mut(slot)))
            .filter(|open| open.request == of || is_known_elsewhere(open, seen))
        else {
            return;
        };
        if !seen.place.is_copy_of(open.place) || self.points.asked_at(open, seen) {
            open.repeats = open.repeats.saturating_add(1);
        }
    }

    /// The newest request under this key that has a reply and `fits`.
    fn answered(&self, key: QueryKey, fits: impl Fn(&Open) -> bool) -> Option<Slot> {
        let mut newest_first = self.newest_first(self.under(key)?);
        let found = newest_first.find(|(_, open)| open.reply().is_some() && fits(open));
        found.map(|(slot, _)| slot)
    }

    pub(super) fn under(&self, key: QueryKey) -> Option<Slot> {
        self.table
            .find(&key)
            .or_else(|| self.table.find(&key.to_group()))
    }
}
