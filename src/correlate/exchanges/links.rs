//! Discovery, whose messages never leave their link: who asks on one is not answered on another.

use super::Exchanges;
use crate::correlate::network::Link;
use crate::correlate::query::Query;
use crate::correlate::sighting::Sighting;
use crate::correlate::table::Slot;

impl Exchanges {
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
