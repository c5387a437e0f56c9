//! Packets that were put together a little while ago: what comes of them again are copies, or forged.

use std::collections::VecDeque;
use std::time::Duration;

use super::Reassembly;
use super::fragment::Piece;
use super::overlap::{Common, Kept, Octets};
use super::table::Key;
use crate::model::{FrameRef, SourceId, Timestamp};
use crate::wire::ip::FragmentablePart;

/// Copies of a fragment, and others in its place, come within this time.
pub(super) const COPY_WINDOW: Duration = Duration::from_millis(100);
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
    pub(super) told_by: ToldBy,
    /// Whether a copy of the part is told with what the packet carries: it made that whole, or ends it.
    pub(super) shows: bool,
}

/// By what a packet was known to carry ICMP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ToldBy {
    /// It was not.
    Nothing,
    /// By a fragment of it.
    Fragment,
    /// By all of it.
    Whole,
}

impl Known {
    pub(super) fn is_copy(&self) -> bool {
        self.common.octets == Octets::Same
    }

    /// Whether a fragment in that place is known to be ICMP's: a copy is when the part that it is a
    /// copy of was.
    pub(super) fn is_icmp(&self) -> bool {
        match self.told_by {
            ToldBy::Nothing => false,
            ToldBy::Fragment => true,
            ToldBy::Whole => !self.is_copy(),
        }
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
    told_by: ToldBy,
    /// Of its first fragment.
    lead: Option<Lead>,
    /// The header that the fragment header of that names, where there is one.
    next: Option<u8>,
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

    /// Whether a copy of `piece` is told with what the packet carries.
    fn shows_with(&self, piece: &Piece) -> bool {
        let made_whole = piece.at + piece.len() == self.octets.len();
        match self.told_by {
            ToldBy::Nothing => false,
            ToldBy::Fragment => made_whole || piece.is_last(),
            ToldBy::Whole => made_whole,
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
        (lead, next): (Option<Lead>, Option<u8>),
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
            told_by: if is_icmp {
                ToldBy::Fragment
            } else {
                ToldBy::Nothing
            },
            lead,
            next,
            pieces,
            octets,
        });
        let memory = |packet: &Packet| packet.octets.capacity();
        while self.packets.iter().map(memory).sum::<usize>() > OCTETS {
            self.packets.pop_back();
        }
    }

    /// The packet was put together again of copies, for which it is as if it came at `now`. Whether it is
    /// known.
    pub(super) fn came_again(&mut self, key: &Key, source: SourceId, now: Timestamp) -> bool {
        let is_it = |packet: &Packet| packet.key == *key && packet.source == source;
        let found = self.packets.iter().position(is_it);
        let Some(mut packet) = found.and_then(|at| self.packets.remove(at)) else {
            return false;
        };
        packet.at = now;
        self.packets.push_front(packet);
        true
    }

    /// The newest turned out to carry ICMP.
    pub(super) fn newest_is_icmp(&mut self) {
        if let Some(newest) = self.packets.front_mut()
            && newest.told_by == ToldBy::Nothing
        {
            newest.told_by = ToldBy::Whole;
        }
    }

    /// The fragmentable part of the packet of which `piece` was found to be a part, and the header that
    /// its fragment header names.
    pub(super) fn whole(&self, key: &Key, source: SourceId) -> Option<(Vec<u8>, Option<u8>)> {
        let packet = self.newest(key, source)?;
        let octets = packet
            .pieces
            .iter()
            .map(|piece| packet.kept().octets_of(piece));
        Some((octets.collect::<Vec<_>>().concat(), packet.next))
    }

    fn newest(&self, key: &Key, source: SourceId) -> Option<&Packet> {
        let same = |packet: &&Packet| packet.key == *key && packet.source == source;
        self.packets.iter().find(same)
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
        let packet = self.newest(key, piece.frame().source())?;
        let (there, common) = packet.kept().overlap(piece, part)?;
        let is_its = match common.octets {
            Octets::Same => there.is_at(piece),
            Octets::Other => !piece.begins() || packet.lead == lead,
        };
        is_its.then_some(Known {
            of: there.frame(),
            common,
            told_by: packet.told_by,
            shows: packet.shows_with(there),
        })
    }
}

/// Whether `now` is no later than copies come; time that goes backwards is no evidence against.
pub(super) fn is_recent(since: Timestamp, now: Timestamp) -> bool {
    now.since(since).is_none_or(|apart| apart <= COPY_WINDOW)
}
