//! Which addresses a hash of two stands for: fingerprints keep the hash alone. An error of whose quote the
//! snap length left no whole address tells the rest by it, and a checksum what it covered before an address
//! was translated.

use super::table::Table;
use crate::model::AddrPair;

/// The last pairs of addresses that were met.
#[derive(Debug)]
pub(super) struct Pairs(Table<u32, AddrPair>);

impl Pairs {
    /// Octets that it takes of so much for the ring.
    pub(super) fn share(memory: usize) -> usize {
        const MOST: usize = 1 << 20;
        (memory / 16).min(MOST)
    }

    pub(super) fn new(memory: usize) -> Self {
        Self(Table::with_memory(Self::share(memory)))
    }

    /// Takes note of a pair that was not met before; of more than there is room for the oldest go.
    pub(super) fn add(&mut self, hash: u32, addrs: AddrPair) {
        self.0.insert(hash, addrs);
    }

    /// The pair of a hash, if that is known.
    pub(super) fn get(&self, hash: u32) -> Option<AddrPair> {
        self.0.get(&hash).copied()
    }
}
