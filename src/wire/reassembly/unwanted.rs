//! Packets whose first fragment told that they carry no ICMP: later ones are not kept.

use super::Reassembler;
use crate::model::Timestamp;

/// The latest of them, by the hashes of their keys, each in a place that its hash tells. One that
/// lost its place to another costs the memory for its fragments, which is bounded.
#[derive(Debug, Default)]
pub(super) struct Unwanted {
    /// Empty until there is one.
    places: Vec<Option<(u64, Timestamp)>>,
}

impl Unwanted {
    const PLACES: usize = 1 << 12;

    fn place(hash: u64) -> usize {
        usize::try_from(hash & (Self::PLACES as u64 - 1)).unwrap_or(0)
    }

    pub(super) fn insert(&mut self, hash: u64, now: Timestamp) {
        self.places.resize(Self::PLACES, None);
        if let Some(place) = self.places.get_mut(Self::place(hash)) {
            *place = Some((hash, now));
        }
    }

    pub(super) fn remove(&mut self, hash: u64) {
        if let Some(place) = self.places.get_mut(Self::place(hash))
            && place.is_some_and(|(there, _)| there == hash)
        {
            *place = None;
        }
    }

    /// Whether it was told of this one, no longer ago than fragments are kept.
    pub(super) fn contains(&self, hash: u64, now: Timestamp) -> bool {
        let place = self.places.get(Self::place(hash)).copied().flatten();
        place.is_some_and(|(there, since)| {
            there == hash && now.since(since).is_none_or(|age| age < Reassembler::EXPIRY)
        })
    }
}
