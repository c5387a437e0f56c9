//! A ping on both sides of an address translation: a router that captures on all its interfaces has
//! each request and reply twice, between other addresses.
//!
//! Who translates the source rewrites that and may rewrite the identifier (RFC 3022 section 4.1, RFC
//! 5508 section 3.1). It leaves the rest alone, but for fragments, which it may cut anew, and lowers the TTL
//! as any router does.

use super::Exchanges;
use super::open::{Open, is_part, is_timed};
use crate::correlate::exchange::ExchangeKind;
use crate::correlate::query::{Query, QueryKey};
use crate::correlate::sighting::{COPY_WINDOW, Place, Side, Sighting};
use crate::correlate::table::{Slot, Table};
use crate::icmp::Direction;
use crate::model::AddrPair;

/// Octets for them, at most: thousands of pings.
const MEMORY: usize = 256 << 10;
/// How many requests under way are looked at for the one that a request was before its translation.
const LOOKED_AT: usize = 32;

/// What requests asked before their translation, by what they ask behind it.
#[derive(Debug)]
pub(super) struct Translations {
    known: Table<QueryKey, QueryKey>,
    /// The highest TTL of all requests: behind a translation it is lower than before.
    highest_ttl: u8,
}

impl Translations {
    pub(super) fn new(memory: usize) -> Self {
        Self {
            known: Table::with_memory(memory.min(MEMORY)),
            highest_ttl: 0,
        }
    }

    /// The key of a request before its translation; that itself, where none is known.
    #[inline]
    pub(super) fn before(&self, key: QueryKey) -> QueryKey {
        if self.known.len() == 0 {
            return key;
        }
        self.known.get(&key).copied().unwrap_or(key)
    }
}

impl Exchanges {
    /// Whether requests were captured on both sides of a translation.
    #[inline]
    pub(in crate::correlate) fn has_translations(&self) -> bool {
        self.translations.known.len() != 0
    }

    /// A request or reply behind a translation as it is before it, where a request that is waited for
    /// was seen there.
    #[inline]
    pub(super) fn before_translation<'a>(
        &mut self,
        query: &Query<'a>,
        seen: &Sighting,
    ) -> Option<(Query<'a>, Sighting)> {
        if query.key.kind != ExchangeKind::Echo {
            return None;
        }
        let key = match (query.direction, self.translations.before(query.key)) {
            (Direction::Request, known) => self.request_before(query, known, seen)?,
            (Direction::Reply, known) if known == query.key => return None,
            (Direction::Reply, known) => known,
        };
        Some(as_before(query, key, seen))
    }

    /// What a request asked before its translation, which was `known` so far.
    fn request_before(
        &mut self,
        query: &Query<'_>,
        known: QueryKey,
        seen: &Sighting,
    ) -> Option<QueryKey> {
        let highest_ttl = &mut self.translations.highest_ttl;
        *highest_ttl = seen.place.ttl.max(*highest_ttl);
        let is_first_hop = seen.place.ttl == *highest_ttl;
        if known != query.key {
            let (before, there) = as_before(query, known, seen);
            if self.is_captured_again(&before, &there) {
                return Some(known);
            }
            // Its number serves another request by now.
            self.translations.known.remove(&query.key);
        }
        if is_first_hop {
            return None;
        }
        let (slot, _) = std::iter::successors(self.table.newest(), |&slot| self.table.older(slot))
            .take(LOOKED_AT)
            .filter_map(|slot| Some((slot, self.table.at(slot)?)))
            .take_while(|(_, open)| {
                (open.requested.apart(seen.ts)).is_some_and(|apart| apart <= COPY_WINDOW)
            })
            .find(|(slot, open)| self.may_be_before(*slot, open, query, seen))?;
        if self.is_captured_again(query, seen) {
            return None;
        }
        let key = *self.table.key_at(slot)?;
        self.translations.known.insert(query.key, key);
        Some(key)
    }

    /// Whether a request was captured before under its key.
    fn is_captured_again(&self, query: &Query<'_>, seen: &Sighting) -> bool {
        let key = self.stored(query.key);
        let newest = self.find(key, self.table.hash(&key), seen.place);
        newest.is_some_and(|newest| self.copied(newest, query, seen).is_some())
    }

    /// Whether a request is that at `slot` with another source, further on its way. What nothing tells
    /// apart two hosts may send at the same time: it takes the time in its data, or a number, and the
    /// next hop or another capture.
    fn may_be_before(&self, slot: Slot, open: &Open, query: &Query<'_>, seen: &Sighting) -> bool {
        let (at, place) = (open.place, seen.place);
        let is_next = || {
            let apart = at.source != place.source;
            place.is_numbered() && (apart || place.ttl.checked_add(1) == Some(at.ttl))
        };
        let Some(key) = self.table.key_at(slot) else {
            return false;
        };
        place.ttl < at.ttl
            && at.ip_id == place.ip_id
            && open.end.is_none()
            && !open.is_closed()
            && (key.kind, key.seq) == (query.key.kind, query.key.seq)
            && key.addrs.dst() == query.key.addrs.dst()
            && key.addrs.src() != query.key.addrs.src()
            && (open.asks_alike(query) || is_part(open, query, seen, &self.payloads))
            && !self.points.is_translated(open, place.source)
            && (is_next() || is_timed(query, seen))
    }
}

/// A request or reply seen behind a translation, as that of the request under `key`.
fn as_before<'a>(query: &Query<'a>, key: QueryKey, seen: &Sighting) -> (Query<'a>, Sighting) {
    let addrs = AddrPair::new(key.addrs.src(), query.addrs.dst());
    let place = Place {
        side: Side::Translator,
        ..seen.place
    };
    (
        Query {
            key,
            addrs,
            ..*query
        },
        Sighting { place, ..*seen },
    )
}
