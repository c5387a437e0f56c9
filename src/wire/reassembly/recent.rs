//! Packets that were put together a little while ago: what comes of them again are copies, or forged.

use std::collections::VecDeque;
use std::time::Duration;

use super::Reassembly;
use super::partial::Piece;
use super::table::Key;
use crate::model::{FrameRef, SourceId, Timestamp};

/// Copies of a fragment, and others in its place, come within this time.
const COPY_WINDOW: Duration = Duration::from_millis(100);
/// Packets that are remembered, at most.
const PACKETS: usize = 32;
/// Those of more fragments are not.
const FRAGMENTS: usize = 128;

/// What is known of the packet a part of which has the place of a fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    /// The frame that the part came in.
    pub(super) of: FrameRef,
    pub(super) octets: Octets,
    pub(super) is_icmp: bool,
}

/// What a fragment holds beside one that came in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Octets {
    /// The same: it is a copy.
    Same,
    /// Others: one of the two is forged, or the identification is used again too early.
    Other,
}

impl Known {
    pub(super) fn is_copy(&self) -> bool {
        self.octets == Octets::Same
    }

    /// What such a fragment comes to.
    pub(super) fn outcome(&self) -> Reassembly {
        match self.octets {
            Octets::Same => Reassembly::Duplicate { of: self.of },
            Octets::Other => Reassembly::Overlap {
                with: self.of,
                missing: None,
            },
        }
    }
}

/// What tells messages apart that follow each other: type, code, and the word behind the checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lead([u8; 6]);

impl Lead {
    /// Of the message that begins so.
    pub(super) fn of(message: &[u8]) -> Option<Self> {
        let &[kind, code, _, _, a, b, c, d] = message.first_chunk()?;
        Some(Self([kind, code, a, b, c, d]))
    }
}

#[derive(Debug)]
struct Packet {
    key: Key,
    source: SourceId,
    at: Timestamp,
    is_icmp: bool,
    /// Of its first fragment.
    lead: Option<Lead>,
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
    pub(super) fn add(
        &mut self,
        (key, is_icmp): (Key, bool),
        lead: Option<Lead>,
        parts: Vec<(Piece, u64)>,
        at: Timestamp,
    ) {
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
            lead,
            parts,
        });
    }

    /// The newest turned out to carry ICMP.
    pub(super) fn newest_is_icmp(&mut self) {
        if let Some(newest) = self.packets.front_mut() {
            newest.is_icmp = true;
        }
    }

    /// The fragment in whose place `piece` comes again; `hash` gives that of its octets, `lead` is that of
    /// a first one. That of a message with another lead is of a new one: some programs never count
    /// their identifications.
    pub(super) fn find(
        &mut self,
        key: &Key,
        (piece, lead): (&Piece, Option<Lead>),
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
        let octets = if *octets == hash() {
            Octets::Same
        } else if piece.begins() && packet.lead != lead {
            return None;
        } else {
            Octets::Other
        };
        Some(Known {
            of: there.frame(),
            octets,
            is_icmp: packet.is_icmp,
        })
    }
}

/// Whether `now` is no later than copies come; time that goes backwards is no evidence against.
pub(super) fn is_recent(since: Timestamp, now: Timestamp) -> bool {
    now.since(since).is_none_or(|apart| apart <= COPY_WINDOW)
}
