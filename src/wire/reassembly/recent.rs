//! Packets that were put together a little while ago: what comes of them again are copies.

use std::collections::VecDeque;
use std::time::Duration;

use super::partial::Piece;
use super::table::Key;
use crate::model::{FrameRef, SourceId, Timestamp};

/// Copies of a fragment come within this time.
const COPY_WINDOW: Duration = Duration::from_millis(100);
/// Packets that are remembered, at most.
const PACKETS: usize = 32;
/// Those of more fragments are not.
const FRAGMENTS: usize = 128;

/// What is known of the packet that a fragment is a copy of a part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    /// The frame that the fragment came in before.
    pub(super) of: FrameRef,
    pub(super) is_icmp: bool,
}

#[derive(Debug)]
struct Packet {
    key: Key,
    source: SourceId,
    at: Timestamp,
    is_icmp: bool,
    /// Each with the hash of its octets.
    parts: Vec<(Piece, u64)>,
}

/// The latest packets, the newest in front.
#[derive(Debug, Default)]
pub(super) struct Recent {
    packets: VecDeque<Packet>,
}

impl Recent {
    /// Takes note of a packet that is whole since `at`.
    pub(super) fn add(&mut self, key: Key, is_icmp: bool, parts: Vec<(Piece, u64)>, at: Timestamp) {
        let Some((last, _)) = parts.last().filter(|_| parts.len() <= FRAGMENTS) else {
            return;
        };
        let source = last.frame().source();
        self.packets.truncate(PACKETS - 1);
        self.packets.push_front(Packet {
            key,
            source,
            at,
            is_icmp,
            parts,
        });
    }

    /// The newest turned out to carry ICMP.
    pub(super) fn newest_is_icmp(&mut self) {
        if let Some(newest) = self.packets.front_mut() {
            newest.is_icmp = true;
        }
    }

    /// The fragment that `piece` is a copy of; `hash` gives that of its octets.
    pub(super) fn find(
        &mut self,
        key: &Key,
        piece: &Piece,
        hash: impl FnOnce() -> u64,
        now: Timestamp,
    ) -> Option<Known> {
        while self
            .packets
            .back()
            .is_some_and(|oldest| !is_recent(oldest.at, now))
        {
            self.packets.pop_back();
        }
        let same = |packet: &&Packet| packet.key == *key && packet.source == piece.frame().source();
        let packet = self.packets.iter().find(same)?;
        let (there, octets) = packet.parts.iter().find(|(there, _)| there.is_at(piece))?;
        (*octets == hash()).then(|| Known {
            of: there.frame(),
            is_icmp: packet.is_icmp,
        })
    }
}

/// Whether `now` is no later than copies come; time that goes backwards is no evidence against.
pub(super) fn is_recent(since: Timestamp, now: Timestamp) -> bool {
    now.since(since).is_none_or(|apart| apart <= COPY_WINDOW)
}
