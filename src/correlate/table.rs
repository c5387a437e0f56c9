//! The one table type of correlation: keyed, in order of insertion, and bounded in octets.
//!
//! Entries live in a slab and are linked from oldest to newest, and to the next of those whose hash
//! leads to the same place. What does not fit pushes out the oldest, so eviction follows input order
//! and never the hash, whose seed differs from run to run.

use std::hash::{BuildHasher, Hash};
use std::mem;

use foldhash::fast::RandomState;

use super::exchanges::{BATCH, Batch};
use crate::prefetch::prefetch;

/// A position in a [`Table`], valid until the entry there is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot(u32);

impl Slot {
    /// That of no entry.
    pub(super) const NONE: Self = Self(NONE);
}

const NONE: u32 = u32::MAX;
/// No position either.
const HIDDEN: u32 = NONE - 1;

/// Chains of a table that is empty.
const FEWEST_CHAINS: usize = 32;

/// The hash of a key in a [`Table`], so that it need not be made twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct KeyHash(u32);

impl KeyHash {
    /// Which of `chains` it leads to, a power of two.
    const fn chain(self, chains: usize) -> usize {
        self.0 as usize & (chains - 1)
    }
}

#[derive(Debug)]
struct Entry<K, V> {
    key: K,
    /// `None` marks a free place, kept for the next insertion.
    value: Option<V>,
}

/// How an entry hangs together with others.
#[derive(Clone, Copy, Debug)]
struct Links {
    hash: KeyHash,
    older: u32,
    newer: u32,
    /// The one before it in the chain of its hash, [`NONE`] at its head; [`HIDDEN`] where it is in none.
    chained_before: u32,
    /// The one behind it there.
    chained_behind: u32,
}

/// A bounded map in order of insertion.
#[derive(Debug)]
pub(super) struct Table<K, V> {
    /// Where the chains of entries by hash begin. There are twice as many as entries at least: who is
    /// not there is seldom looked for in an entry, which is far away in memory.
    chains: Vec<u32>,
    entries: Vec<Entry<K, V>>,
    /// Those of each entry, apart from them: to walk a chain and to mend an order takes no entry, which
    /// is likelier to be far away in memory.
    links: Vec<Links>,
    /// Head of the free list, linked through `newer`.
    free: u32,
    oldest: u32,
    newest: u32,
    held: usize,
    capacity: usize,
    hasher: RandomState,
}

impl<K: Hash + Eq + Copy, V> Table<K, V> {
    /// A table that stays within `bytes` octets; it holds at least 16 entries.
    pub(super) fn with_memory(bytes: usize) -> Self {
        Self::with_memory_and_heap(bytes, 0)
    }

    /// The same for values that own up to `heap` octets elsewhere.
    pub(super) fn with_memory_and_heap(bytes: usize, heap: usize) -> Self {
        // Four chains to an entry, where their number was just doubled.
        let per_entry = size_of::<Entry<K, V>>() + size_of::<Links>() + 4 * size_of::<u32>() + heap;
        Self {
            chains: vec![NONE; FEWEST_CHAINS],
            entries: Vec::new(),
            links: Vec::new(),
            free: NONE,
            oldest: NONE,
            newest: NONE,
            held: 0,
            capacity: (bytes / per_entry).clamp(16, HIDDEN as usize),
            hasher: RandomState::default(),
        }
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.held
    }

    /// How many entries fit.
    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    /// The hash of `key` in this table.
    #[allow(clippy::cast_possible_truncation)] // half of it, by design
    pub(super) fn hash(&self, key: &K) -> KeyHash {
        KeyHash(self.hasher.hash_one(key) as u32)
    }

    /// Where `key` is.
    pub(super) fn find(&self, key: &K) -> Option<Slot> {
        self.find_hashed(key, self.hash(key))
    }

    /// Where `key` is, whose hash is known.
    pub(super) fn find_hashed(&self, key: &K, hash: KeyHash) -> Option<Slot> {
        let mut at = *self.chains.get(hash.chain(self.chains.len()))?;
        while let Some(links) = self.links.get(at as usize) {
            if links.hash == hash && self.entries.get(at as usize)?.key == *key {
                return Some(Slot(at));
            }
            at = links.chained_behind;
        }
        None
    }

    /// The value of `key`.
    pub(super) fn get(&self, key: &K) -> Option<&V> {
        self.at(self.find(key)?)
    }

    /// The value of `key`, to change.
    pub(super) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let slot = self.find(key)?;
        self.at_mut(slot)
    }

    /// The value at `slot`.
    pub(super) fn at(&self, slot: Slot) -> Option<&V> {
        self.entries.get(slot.0 as usize)?.value.as_ref()
    }

    /// The value at `slot`, to change.
    pub(super) fn at_mut(&mut self, slot: Slot) -> Option<&mut V> {
        self.entries.get_mut(slot.0 as usize)?.value.as_mut()
    }

    /// The key at `slot`.
    pub(super) fn key_at(&self, slot: Slot) -> Option<&K> {
        let entry = self.entries.get(slot.0 as usize)?;
        entry.value.is_some().then_some(&entry.key)
    }

    /// The slot of the oldest entry.
    pub(super) fn oldest(&self) -> Option<Slot> {
        (self.oldest != NONE).then_some(Slot(self.oldest))
    }

    /// The slot of the newest entry.
    pub(super) fn newest(&self) -> Option<Slot> {
        (self.newest != NONE).then_some(Slot(self.newest))
    }

    /// The slot of the entry inserted after that at `slot`.
    pub(super) fn newer(&self, slot: Slot) -> Option<Slot> {
        let next = self.links.get(slot.0 as usize)?.newer;
        (next != NONE).then_some(Slot(next))
    }

    /// The slot of the entry inserted before that at `slot`.
    pub(super) fn older(&self, slot: Slot) -> Option<Slot> {
        let next = self.links.get(slot.0 as usize)?.older;
        (next != NONE).then_some(Slot(next))
    }

    /// Asks memory for what it takes to find `key`.
    pub(super) fn prefetch_for(&self, key: &K) {
        let chain = self.hash(key).chain(self.chains.len());
        prefetch(self.chains.get(chain));
    }

    /// Asks memory for what tells whether there is an entry at `slot`.
    pub(super) fn prefetch(&self, slot: Slot) {
        prefetch((self.entries.get(slot.0 as usize)).map(|entry| &entry.value));
        prefetch(self.links.get(slot.0 as usize));
    }

    /// Asks memory for what the entry at `slot` hangs together with.
    pub(super) fn prefetch_linked(&self, slot: Slot) {
        if let Some(links) = self.links.get(slot.0 as usize) {
            prefetch(self.chains.get(links.hash.chain(self.chains.len())));
            prefetch(self.links.get(links.chained_behind as usize));
        }
    }

    /// Entries from oldest to newest.
    #[cfg(test)]
    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        std::iter::successors(self.oldest(), |&slot| self.newer(slot))
            .filter_map(|slot| Some((self.key_at(slot)?, self.at(slot)?)))
    }

    /// Adds an entry as the newest; one under the same key, or the oldest where the table is full,
    /// is handed back with the reason.
    pub(super) fn insert(&mut self, key: K, value: V) -> Option<Displaced<K, V>> {
        let hash = self.hash(&key);
        if let Some(slot) = self.find_hashed(&key, hash) {
            let (before, old) = self.remove_at(slot)?;
            self.insert_new(key, hash, value);
            return Some(Displaced::SameKey(before, old));
        }
        let (oldest, old) = self.insert_new(key, hash, value)?;
        Some(Displaced::Oldest(oldest, old))
    }

    /// Adds an entry under a key that is known not to be there, with its hash; the oldest is handed
    /// back where the table is full.
    pub(super) fn insert_new(&mut self, key: K, hash: KeyHash, value: V) -> Option<(K, V)> {
        let oldest = if self.len() >= self.capacity {
            self.pop_oldest()
        } else {
            None
        };
        let links = Links {
            hash,
            older: self.newest,
            newer: NONE,
            chained_before: HIDDEN,
            chained_behind: NONE,
        };
        let value = Some(value);
        let at = self.place(Entry { key, value }, links);
        match self.links.get_mut(self.newest as usize) {
            Some(last) => last.newer = at,
            None => self.oldest = at,
        }
        self.newest = at;
        self.held += 1;
        self.chain(at, hash);
        oldest
    }

    /// Puts an entry that is in no chain at the head of that of its hash.
    fn chain(&mut self, at: u32, hash: KeyHash) {
        if self.held * 2 > self.chains.len() {
            self.double_chains();
        }
        self.lead_chain(at, hash);
    }

    fn lead_chain(&mut self, at: u32, hash: KeyHash) {
        let chain = hash.chain(self.chains.len());
        let head = self.chains.get_mut(chain);
        let behind = head.map_or(NONE, |head| mem::replace(head, at));
        if let Some(links) = self.links.get_mut(at as usize) {
            links.chained_before = NONE;
            links.chained_behind = behind;
        }
        if let Some(second) = self.links.get_mut(behind as usize) {
            second.chained_before = at;
        }
    }

    #[cold]
    fn double_chains(&mut self) {
        let twice = vec![NONE; self.chains.len() * 2];
        for mut at in mem::replace(&mut self.chains, twice) {
            while let Some(links) = self.links.get(at as usize) {
                let behind = links.chained_behind;
                self.lead_chain(at, links.hash);
                at = behind;
            }
        }
    }

    /// No key finds the entry at `slot` any more, which keeps its place in the order: another may
    /// come under the same key.
    pub(super) fn hide(&mut self, slot: Slot) {
        let Some(links) = self.links.get_mut(slot.0 as usize) else {
            return;
        };
        let (hash, behind) = (links.hash, links.chained_behind);
        let before = mem::replace(&mut links.chained_before, HIDDEN);
        if before == HIDDEN {
            return;
        }
        let chain = hash.chain(self.chains.len());
        if let Some(first) = self.links.get_mut(before as usize) {
            first.chained_behind = behind;
        } else if let Some(head) = self.chains.get_mut(chain) {
            *head = behind;
        }
        if let Some(second) = self.links.get_mut(behind as usize) {
            second.chained_before = before;
        }
    }

    /// Its key finds the hidden entry at `slot` again; none may be there under the same key.
    pub(super) fn show(&mut self, slot: Slot) {
        if let Some(links) = self.links.get(slot.0 as usize)
            && links.chained_before == HIDDEN
            && self.at(slot).is_some()
        {
            self.chain(slot.0, links.hash);
        }
    }

    /// The entry at `slot` is found by `key` from now on, under which none may be there; it keeps
    /// its place in the order.
    pub(super) fn rename(&mut self, slot: Slot, key: K) {
        self.hide(slot);
        let hash = self.hash(&key);
        if let Some(entry) = self.entries.get_mut(slot.0 as usize)
            && let Some(links) = self.links.get_mut(slot.0 as usize)
        {
            (entry.key, links.hash) = (key, hash);
        }
        self.show(slot);
    }

    /// Takes the oldest entry out.
    pub(super) fn pop_oldest(&mut self) -> Option<(K, V)> {
        self.remove_at(self.oldest()?)
    }

    /// Takes out the entries that `fits` says yes to, the oldest first, a batch of them.
    pub(super) fn take_out(&mut self, fits: impl Fn(&V) -> bool) -> (Vec<V>, Batch) {
        let mut taken = Vec::new();
        let mut slot = self.oldest();
        while let Some(at) = slot {
            if taken.len() == BATCH {
                return (taken, Batch::MoreToCome);
            }
            slot = self.newer(at);
            if self.at(at).is_some_and(&fits)
                && let Some((_, value)) = self.remove_at(at)
            {
                taken.push(value);
            }
        }
        (taken, Batch::Last)
    }

    /// Takes the entry under `key` out.
    pub(super) fn remove(&mut self, key: &K) -> Option<(K, V)> {
        self.remove_at(self.find(key)?)
    }

    /// Takes the entry at `slot` out.
    pub(super) fn remove_at(&mut self, slot: Slot) -> Option<(K, V)> {
        let entry = self.entries.get_mut(slot.0 as usize)?;
        let taken = (entry.key, entry.value.take()?);
        self.unlink(slot);
        Some(taken)
    }

    /// Drops the entry at `slot`, if there is one.
    pub(super) fn discard(&mut self, slot: Slot) {
        if let Some(entry) = self.entries.get_mut(slot.0 as usize)
            && entry.value.is_some()
        {
            entry.value = None;
            self.unlink(slot);
        }
    }

    /// Frees the place at `slot`, whose value is gone already.
    fn unlink(&mut self, slot: Slot) {
        self.hide(slot);
        let Some(links) = self.links.get_mut(slot.0 as usize) else {
            return;
        };
        let (older, newer) = (links.older, links.newer);
        links.newer = self.free;
        self.free = slot.0;
        self.held -= 1;
        match self.links.get_mut(older as usize) {
            Some(before) => before.newer = newer,
            None => self.oldest = newer,
        }
        match self.links.get_mut(newer as usize) {
            Some(after) => after.older = older,
            None => self.newest = older,
        }
    }

    fn place(&mut self, entry: Entry<K, V>, links: Links) -> u32 {
        let at = self.free;
        if let Some(free) = self.entries.get_mut(at as usize)
            && let Some(freed) = self.links.get_mut(at as usize)
        {
            self.free = freed.newer;
            (*free, *freed) = (entry, links);
            return at;
        }
        // `capacity` keeps the length below NONE.
        let at = u32::try_from(self.entries.len()).unwrap_or(NONE);
        if self.entries.len() == self.entries.capacity() {
            // Growing by halves, never beyond the bound: doubling would overshoot it.
            let more = (self.entries.len() / 2)
                .max(16)
                .min(self.capacity.saturating_sub(self.entries.len()).max(1));
            self.entries.reserve_exact(more);
            self.links.reserve_exact(more);
        }
        self.entries.push(entry);
        self.links.push(links);
        at
    }
}

/// What an insertion pushed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Displaced<K, V> {
    /// The entry that stood under the same key.
    SameKey(K, V),
    /// The oldest, for want of room.
    Oldest(K, V),
}

#[cfg(test)]
mod tests;
