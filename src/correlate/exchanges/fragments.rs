//! Requests and replies in fragments.

use super::Exchanges;
use crate::correlate::query::{Query, QueryKey};
use crate::correlate::sighting::{Extent, Sighting};
use crate::correlate::table::Slot;
use crate::model::FrameRef;

impl Exchanges {
    /// The request under this key was put together, as `query` has it: whether its first fragment is
    /// known.
    pub(in crate::correlate) fn asked_all(&mut self, query: &Query<'_>, seen: &Sighting) -> bool {
        let key = query.key.stored(seen.broadcast);
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

    /// Whether replies to the request under this key are to be put together: all of it was captured.
    pub(in crate::correlate) fn expects_all(&self, key: QueryKey) -> bool {
        (self.under(key).and_then(|slot| self.table.at(slot)))
            .is_none_or(|open| open.extent != Extent::Begun)
    }

    /// A fragment of the request that `of` told of was captured again.
    pub(in crate::correlate) fn asked_again(&mut self, key: QueryKey, of: FrameRef) {
        if let Some(slot) = self.under(key)
            && let Some(open) = self.table.at_mut(slot)
            && open.request == of
        {
            open.repeats = open.repeats.saturating_add(1);
        }
    }

    fn under(&self, key: QueryKey) -> Option<Slot> {
        self.table
            .find(&key)
            .or_else(|| self.table.find(&key.to_group()))
    }
}
