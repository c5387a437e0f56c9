//! Lost or pending: what the end of a capture tells of requests that still wait.

use std::collections::HashMap;
use std::time::Duration;

use foldhash::fast::RandomState;

use crate::model::{AddrPair, Timestamp};

/// A request is lost at the end of a capture only if the capture ran on for this long.
pub(super) const SETTLED_AT_LEAST: Duration = Duration::from_secs(1);
/// ... and for this many times the pair's largest round trip.
const SETTLED_RTTS: u32 = 4;

/// The end of the capture.
#[derive(Debug)]
pub(super) struct End {
    pub(super) at: Timestamp,
    pub(super) slow: Slow,
}

impl End {
    /// Whether the capture ran on long enough after a request to call it lost.
    pub(super) fn settles(&self, addrs: AddrPair, requested: Timestamp) -> bool {
        let enough = SETTLED_AT_LEAST.max(self.slow.largest(addrs).saturating_mul(SETTLED_RTTS));
        self.at.since(requested).is_some_and(|ran| ran >= enough)
    }
}

/// Pairs of addresses by their largest round trip, where it matters.
#[derive(Debug, Default)]
pub(super) struct Slow {
    pairs: HashMap<AddrPair, Duration, RandomState>,
    /// The largest of the pairs for which there was no room.
    others: Duration,
}

impl Slow {
    /// Pairs told apart.
    const PAIRS: usize = 1 << 14;

    pub(super) fn add(&mut self, addrs: AddrPair, rtt: Duration) {
        if rtt.saturating_mul(SETTLED_RTTS) <= SETTLED_AT_LEAST {
            return;
        }
        if self.pairs.len() < Self::PAIRS || self.pairs.contains_key(&addrs) {
            let largest = self.pairs.entry(addrs).or_default();
            *largest = rtt.max(*largest);
        } else {
            self.others = rtt.max(self.others);
        }
    }

    fn largest(&self, addrs: AddrPair) -> Duration {
        self.pairs.get(&addrs).copied().unwrap_or(self.others)
    }
}
