//! Rows by key, bounded: the ones that were quiet make room.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use foldhash::fast::RandomState;

use crate::model::Timestamp;

/// A row that remembers when it last changed.
pub(super) trait Row {
    /// Time of its last packet.
    fn last(&self) -> Timestamp;
}

/// Rows in order of their first packet.
#[derive(Debug)]
pub(super) struct Rows<K, R> {
    index: HashMap<K, usize, RandomState>,
    entries: Vec<(K, R)>,
    capacity: usize,
    /// From when on making room may be tried again: it looks at each row.
    retry: Timestamp,
    /// What found no room.
    omitted: u64,
}

impl<K: Copy + Eq + Hash, R: Row + Clone> Rows<K, R> {
    /// Rows that nothing came for in this time make room for others.
    const QUIET: Duration = Duration::from_mins(1);
    /// Between two tries to make room.
    const PAUSE: Duration = Duration::from_secs(1);

    /// With room for so many.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            index: HashMap::default(),
            entries: Vec::new(),
            capacity,
            retry: Timestamp::MIN,
            omitted: 0,
        }
    }

    pub(super) fn get_mut(&mut self, key: &K) -> Option<&mut R> {
        let at = *self.index.get(key)?;
        self.entries.get_mut(at).map(|(_, row)| row)
    }

    /// The row of `key`, made by `new` if there is none and room for it.
    pub(super) fn entry(
        &mut self,
        key: K,
        now: Timestamp,
        new: impl FnOnce() -> R,
    ) -> Option<&mut R> {
        if !self.index.contains_key(&key) {
            if self.entries.len() >= self.capacity && !self.make_room(now) {
                self.omitted += 1;
                return None;
            }
            self.index.insert(key, self.entries.len());
            self.entries.push((key, new()));
        }
        self.get_mut(&key)
    }

    fn make_room(&mut self, now: Timestamp) -> bool {
        // Also where time went far back.
        if now < self.retry && self.retry < now.after(Self::PAUSE) {
            return false;
        }
        self.retry = now.after(Self::PAUSE);
        let oldest = now.before(Self::QUIET);
        self.entries.retain(|(_, row)| row.last() > oldest);
        self.index.clear();
        for (at, (key, _)) in self.entries.iter().enumerate() {
            self.index.insert(*key, at);
        }
        self.entries.len() < self.capacity
    }

    /// Copies of all rows.
    pub(super) fn to_vec(&self) -> Vec<R> {
        self.entries.iter().map(|(_, row)| row.clone()).collect()
    }

    /// How often something had no room.
    pub(super) fn omitted(&self) -> u64 {
        self.omitted
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    #[derive(Clone, Debug)]
    struct At(Timestamp);

    impl Row for At {
        fn last(&self) -> Timestamp {
            self.0
        }
    }

    #[test]
    fn rows_are_bounded_and_quiet_ones_make_room() {
        let mut rows = Rows::new(100);
        let time = |seconds: i64| Timestamp::from_parts(seconds, 0);
        for host in 0..1000_u32 {
            let key = IpAddr::V4(Ipv4Addr::from_bits(host));
            rows.entry(key, time(0), || At(time(0)));
        }
        assert_eq!((rows.to_vec().len(), rows.omitted()), (100, 900));
        // All of them were quiet for long by now.
        for host in 0..50_u32 {
            let key = IpAddr::V4(Ipv4Addr::from_bits(5000 + host));
            rows.entry(key, time(1000), || At(time(1000)));
        }
        assert_eq!((rows.to_vec().len(), rows.omitted()), (50, 900));
        // And back in time.
        for host in 0..200_u32 {
            let key = IpAddr::V4(Ipv4Addr::from_bits(9000 + host));
            rows.entry(key, time(5), || At(time(5)));
        }
        assert_eq!(rows.to_vec().len(), 100);
    }
}
