//! Packets that were put together a little while ago: what comes of them again are copies, or forged.

use std::collections::VecDeque;
use std::time::Duration;

use super::Reassembly;
use super::overlap::{Common, Kept, Octets};
use super::partial::Piece;
use super::table::Key;
use crate::model::{FrameRef, SourceId, Timestamp};
use crate::wire::ip::FragmentablePart;

/// Copies of a fragment, and others in its place, come within this time.
const COPY_WINDOW: Duration = Duration::from_millis(100);
/// Packets that are remembered, at most.
const PACKETS: usize = 32;
/// Those of more fragments are not.
const FRAGMENTS: usize = 128;
/// Octets that are remembered of them, at most.
const OCTETS: usize = 1 << 19;

/// What is known of the packet a part of which has the place of a fragment, or contradicts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    /// The frame that the part came in.
    pub(super) of: FrameRef,
    pub(super) common: Common,
    pub(super) is_icmp: bool,
}

impl Known {
    pub(super) fn is_copy(&self) -> bool {
        self.common.octets == Octets::Same
    }

    /// What such a fragment comes to.
    pub(super) fn outcome(&self) -> Reassembly {
        match self.common.octets {
            Octets::Same => Reassembly::Duplicate { of: self.of },
            Octets::Other => Reassembly::Overlap {
                with: self.of,
                common: Some(self.common),
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
    pieces: Vec<Piece>,
    octets: Vec<u8>,
}

impl Packet {
    fn kept(&self) -> Kept<'_> {
        Kept {
            pieces: &self.pieces,
            octets: &self.octets,
        }
    }
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
        (pieces, octets): (Vec<Piece>, Vec<u8>),
        at: Timestamp,
    ) {
        let Some(last) = pieces.last().filter(|_| pieces.len() <= FRAGMENTS) else {
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
            pieces,
            octets,
        });
        let memory = |packet: &Packet| packet.octets.capacity();
        while self.packets.iter().map(memory).sum::<usize>() > OCTETS {
            self.packets.pop_back();
        }
    }

    /// The newest turned out to carry ICMP.
    pub(super) fn newest_is_icmp(&mut self) {
        if let Some(newest) = self.packets.front_mut() {
            newest.is_icmp = true;
        }
    }

    /// The fragment in whose place `piece` comes again, or some of whose octets it contradicts; `lead` is
    /// that of a first one. That of a message with another lead is of a new one: some programs never
    /// count their identifications. One that has the same octets and begins or ends elsewhere is of
    /// the packet at the next hop, which cut it anew.
    pub(super) fn find(
        &mut self,
        key: &Key,
        (piece, lead): (&Piece, Option<Lead>),
        part: FragmentablePart<'_>,
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
        let (there, common) = packet.kept().overlap(piece, part)?;
        let is_its = match common.octets {
            Octets::Same => there.is_at(piece),
            Octets::Other => !piece.begins() || packet.lead == lead,
        };
        is_its.then_some(Known {
            of: there.frame(),
            common,
            is_icmp: packet.is_icmp,
        })
    }
}

/// Whether `now` is no later than copies come; time that goes backwards is no evidence against.
pub(super) fn is_recent(since: Timestamp, now: Timestamp) -> bool {
    now.since(since).is_none_or(|apart| apart <= COPY_WINDOW)
}
