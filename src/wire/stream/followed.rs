//! Which streams are followed: no more than so many.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

use foldhash::fast::RandomState;

/// Streams by their places. Where there is no room for another, the one is given up that has been
/// followed for the longest time.
#[derive(Debug)]
pub(super) struct Followed<K, S> {
    streams: HashMap<K, (u64, S), RandomState>,
    /// Each with its number; that of a stream which is gone is stale.
    order: VecDeque<(K, u64)>,
    number: u64,
}

impl<K, S> Default for Followed<K, S> {
    fn default() -> Self {
        Self {
            streams: HashMap::default(),
            order: VecDeque::new(),
            number: 0,
        }
    }
}

impl<K: Copy + Eq + Hash, S: Copy> Followed<K, S> {
    /// How many there are at most, of some 300 octets each.
    pub(super) const MOST: usize = 4096;

    pub(super) fn get(&self, place: &K) -> Option<S> {
        self.streams.get(place).map(|(_, stream)| *stream)
    }

    pub(super) fn set(&mut self, place: K, stream: S) {
        if let Some((_, there)) = self.streams.get_mut(&place) {
            *there = stream;
            return;
        }
        self.number += 1;
        self.streams.insert(place, (self.number, stream));
        self.order.push_back((place, self.number));
        while self.streams.len() > Self::MOST
            && let Some((place, number)) = self.order.pop_front()
        {
            if self.is_there(&place, number) {
                self.streams.remove(&place);
            }
        }
        if self.order.len() > 2 * Self::MOST {
            let mut order = std::mem::take(&mut self.order);
            order.retain(|(place, number)| self.is_there(place, *number));
            self.order = order;
        }
    }

    pub(super) fn remove(&mut self, place: &K) {
        self.streams.remove(place);
    }

    fn is_there(&self, place: &K, number: u64) -> bool {
        (self.streams.get(place)).is_some_and(|(there, _)| *there == number)
    }

    /// How many there are, and how many were.
    #[cfg(test)]
    pub(super) fn len(&self) -> (usize, usize) {
        (self.streams.len(), self.order.len())
    }
}
