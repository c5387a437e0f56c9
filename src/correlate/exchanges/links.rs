//! The networks and links that requests are of: discovery never leaves its link, where who asks on one is
//! not answered on another.

use super::Exchanges;
use super::open::Open;
use crate::correlate::network::Link;
use crate::correlate::query::Query;
use crate::correlate::sighting::{Place, Sighting};
use crate::correlate::table::Slot;

impl Exchanges {
    /// Whether a request seen at `place` is of another network than `open`, at `newest` of a ring. What has
    /// no identifier is asked again as it is, and may be seen somewhere else first this time.
    pub(super) fn is_asked_elsewhere(
        &self,
        newest: Slot,
        open: &Open,
        query: &Query<'_>,
        place: Place,
    ) -> bool {
        let kind = query.key.kind;
        if kind.is_discovery() {
            return !self.may_be_on(newest, query, place.link());
        }
        let waits = !open.is_closed() && open.end.is_none();
        waits && open.place.scope() != place.scope() && kind.has_id()
    }

    /// Whether a request of the ring of `newest` may have been asked on `link`, if it is one of discovery.
    pub(super) fn may_be_on(&self, newest: Slot, query: &Query<'_>, link: Link) -> bool {
        let mut ring = self.newest_first(newest);
        ring.any(|(_, open)| !open.is_on_other_link(query, link))
    }

    /// Whether a reply may answer a request of that ring, as far as links tell.
    #[inline]
    pub(super) fn may_be_answered(&self, newest: Slot, query: &Query<'_>, seen: &Sighting) -> bool {
        !query.key.kind.is_discovery()
            || self.may_be_on(newest, query, self.link_of_reply(query, seen))
    }

    /// The link of a reply, which another interface may have told a moment before.
    pub(super) fn link_of_reply(&self, query: &Query<'_>, seen: &Sighting) -> Link {
        let link = seen.place.link();
        if link.is_unknown() {
            self.early.link_of(query, seen).unwrap_or(link)
        } else {
            link
        }
    }
}
