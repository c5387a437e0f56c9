//! Packets that were given up a while ago: what comes of them then is counted already.

use std::collections::{HashMap, VecDeque};

use super::Reassembler;
use super::fragment::Piece;
use super::missing::Gaps;
use crate::model::Timestamp;

/// Packets that are remembered, at most: the halves of those that came after them count anew.
const PACKETS: usize = 1 << 13;

/// Those that lack fragments, by the hashes of their keys, for as long as fragments are kept.
#[derive(Debug, Default)]
pub(super) struct GivenUp {
    gaps: HashMap<u64, (Timestamp, Gaps)>,
    /// Oldest first. One that was given up again has several places, of which the last counts.
    order: VecDeque<(u64, Timestamp)>,
}

impl GivenUp {
    /// The packet lacks these octets.
    pub(super) fn insert(&mut self, hash: u64, gaps: Gaps, now: Timestamp) {
        self.gaps.insert(hash, (now, gaps));
        self.order.push_back((hash, now));
        while self.order.len() > PACKETS
            || self.order.front().is_some_and(|&(_, at)| is_over(at, now))
        {
            let Some((oldest, at)) = self.order.pop_front() else {
                break;
            };
            if self
                .gaps
                .get(&oldest)
                .is_some_and(|&(since, _)| since == at)
            {
                self.gaps.remove(&oldest);
            }
        }
    }

    /// Whether the packet lacks the fragment.
    pub(super) fn lacks(&self, hash: u64, piece: &Piece, now: Timestamp) -> bool {
        (self.gaps.get(&hash))
            .is_some_and(|(since, gaps)| !is_over(*since, now) && piece.fits(gaps))
    }

    /// Whether it was given up.
    pub(super) fn knows(&self, hash: u64, now: Timestamp) -> bool {
        (self.gaps.get(&hash)).is_some_and(|(since, _)| !is_over(*since, now))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.gaps.is_empty()
    }
}

fn is_over(since: Timestamp, now: Timestamp) -> bool {
    now.since(since)
        .is_some_and(|age| age >= Reassembler::EXPIRY)
}
