//! The fragments of one packet.

use super::counted::{Appearance, Became};
use super::fragment::{Hops, Piece};
use super::missing::{Gaps, Holes, InPart, Missing};
use super::overlap::{Kept, Octets};
use super::recent::{Known, Lead, ToldBy};
use super::table::Key;
use super::{Came, Reassembly, Refusal, Tells};
use crate::model::{FrameRef, SourceId, Timestamp};
use crate::wire::ip::{FragmentablePart, Ip, named_by_fragment_header};

/// A packet of which fragments came.
#[derive(Debug)]
pub(super) struct Partial {
    serial: u64,
    started: Timestamp,
    /// In order of their place; no two overlap.
    pieces: Vec<Piece>,
    /// Their octets, in the order they came.
    octets: Vec<u8>,
    /// The frames of pieces that came in several, by where those start.
    within: Vec<(usize, FrameRef)>,
    received: usize,
    holes: Holes,
    /// Where the packet ends, once its last fragment came.
    end: Option<usize>,
    first: Option<First>,
    /// The first fragment that covered octets of others: then nothing more is kept, and only holes are
    /// filled.
    overlap: Option<FrameRef>,
    /// The most that a fragment told.
    tells: Tells,
    kin: Kin,
    /// Whether all that came is what a packet lacked that was given up, and counted then.
    is_rest: bool,
    /// Fragments that came before one that is known to be ICMP's.
    told_as_other: u64,
    /// Those of the latest fragment.
    seen_as: Option<(SourceId, Hops)>,
    /// The fragment that came before the others.
    earliest: Option<FrameRef>,
    /// The one that begins it.
    begins_in: Option<FrameRef>,
}

/// What its fragments are to a packet that was put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kin {
    /// Those of another.
    None,
    /// All of them were captured before.
    Copy,
    /// All of them have the places of its own, the first that came with other octets.
    Rival,
}

/// What only the first fragment tells.
#[derive(Debug)]
pub(super) struct First {
    /// Its header: fields, then octets.
    pub(super) fields: Ip<'static>,
    pub(super) header: Vec<u8>,
    /// How many octets of the fragmentable part are extension headers.
    pub(super) skip: usize,
    /// How many octets behind those it told of, at most.
    pub(super) told: usize,
}

impl First {
    /// The header that its fragment header names, if it has one.
    pub(super) fn next(&self) -> Option<u8> {
        named_by_fragment_header(self.fields.version, &self.header)
    }
}

/// What a fragment came to.
pub(super) enum Added {
    /// The packet is not whole.
    Outcome(Reassembly),
    /// It is a copy of what is known of a packet that was put together.
    Again(Known),
    /// It is.
    Whole(Box<Whole>),
}

/// All the fragments of a packet.
pub(super) struct Whole {
    pub(super) first: First,
    /// The fragmentable part.
    pub(super) octets: Vec<u8>,
    /// Where the first fragment ends in it.
    pub(super) first_end: usize,
    /// The frame that told of the first fragment.
    pub(super) begins: Option<FrameRef>,
    /// The frames, in the order of their octets.
    pub(super) frames: Vec<FrameRef>,
    /// How many of them came before one that is known to be ICMP's.
    pub(super) told_as_other: u64,
    /// Where the last fragment to come was captured before, if all of them were.
    pub(super) copy_of: Option<FrameRef>,
}

impl Partial {
    pub(super) fn new(serial: u64, started: Timestamp) -> Self {
        Self {
            serial,
            started,
            pieces: Vec::new(),
            octets: Vec::new(),
            within: Vec::new(),
            received: 0,
            holes: Holes::default(),
            end: None,
            first: None,
            overlap: None,
            tells: Tells::Nothing,
            kin: Kin::None,
            is_rest: false,
            told_as_other: 0,
            seen_as: None,
            earliest: None,
            begins_in: None,
        }
    }

    /// A message of which nothing came yet that is whole.
    pub(super) fn expected(serial: u64, started: Timestamp) -> Self {
        Self {
            tells: Tells::Message,
            ..Self::new(serial, started)
        }
    }

    /// Whether nothing has come of it.
    pub(super) fn is_expected(&self) -> bool {
        self.pieces.is_empty() && self.overlap.is_none()
    }

    pub(super) fn is_icmp(&self) -> bool {
        self.tells != Tells::Nothing
    }

    /// Whether all that came of it is in the places of a packet that was put together.
    pub(super) fn is_kin(&self) -> bool {
        self.kin != Kin::None
    }

    /// Whether all that came of it was captured before.
    pub(super) fn is_copy(&self) -> bool {
        self.kin == Kin::Copy
    }

    /// The next fragment is in the place of one of a packet that was put together, or not.
    pub(super) fn takes(&mut self, known: Option<Known>) {
        let begins = self.is_expected();
        let kin = match (self.kin, known.map(|known| known.common.octets)) {
            (Kin::None, Some(Octets::Same)) if begins => Kin::Copy,
            (Kin::None, Some(Octets::Other)) if begins => Kin::Rival,
            (Kin::Copy, Some(Octets::Same)) => Kin::Copy,
            (Kin::Rival, Some(_)) => Kin::Rival,
            _ => Kin::None,
        };
        if kin == Kin::None && self.is_kin() {
            // What copies told is not known of another packet.
            self.tells = Tells::Nothing;
        }
        if kin != Kin::None && known.is_some_and(|known| known.is_icmp()) {
            self.tells = self.tells.max(Tells::Message);
        }
        self.kin = kin;
    }

    /// The latest of its fragments, which came in so many frames, is told to be ICMP's.
    pub(super) fn is_told(&mut self, frames: u64) {
        self.told_as_other = self.told_as_other.saturating_sub(frames);
    }

    /// Whether the fragment was captured where the others were, by file and TTL.
    pub(super) fn was_seen_as(&self, piece: &Piece) -> bool {
        self.seen_as == Some((piece.frame.source(), piece.hops))
    }

    /// What is known of a fragment that was captured into the same file before, at another hop, while its
    /// packet waits for others there.
    pub(super) fn copied(&self, piece: &Piece, part: FragmentablePart<'_>) -> Option<Known> {
        if !self.is_of_source_of(piece) || self.was_seen_as(piece) || self.is_kin() {
            return None;
        }
        let (there, common) = self.kept().overlap(piece, part)?;
        let is_copy = there.is_at(piece) && common.octets == Octets::Same;
        is_copy.then_some(Known {
            of: there.frame,
            common,
            told_by: if self.is_icmp() {
                ToldBy::Fragment
            } else {
                ToldBy::Nothing
            },
            shows: false,
        })
    }

    /// Whether it may go on with a fragment that was captured elsewhere: what was put together where it came
    /// before goes on with its own only.
    pub(super) fn lacks_of_any(&self, piece: &Piece) -> bool {
        !self.is_kin() && self.lacks(piece)
    }

    /// Whether the fragment was captured into the same file as the latest.
    pub(super) fn is_of_source_of(&self, piece: &Piece) -> bool {
        (self.seen_as).is_some_and(|(source, _)| source == piece.frame.source())
    }

    /// Whether the fragment, captured into the same file, is the same as one that came, or another in
    /// the place of what came. Where it is the same but for where it begins and ends it is of the same
    /// packet at the next hop, which cut it anew: that has all its fragments.
    pub(super) fn meets(&self, piece: &Piece, part: FragmentablePart<'_>) -> bool {
        self.is_of_source_of(piece) && (self.overlap.is_some() || self.meets_octets(piece, part))
    }

    /// Whether octets came in its place that it repeats, all of them, or contradicts.
    fn meets_octets(&self, piece: &Piece, part: FragmentablePart<'_>) -> bool {
        (self.kept().overlap(piece, part))
            .is_some_and(|(there, common)| there.is_at(piece) || common.octets == Octets::Other)
    }

    fn kept(&self) -> Kept<'_> {
        Kept {
            pieces: &self.pieces,
            octets: &self.octets,
        }
    }

    /// Whether the fragment may be one that is missing. The same packet captured into another file
    /// has all its fragments, so that the first of them is not.
    pub(super) fn lacks(&self, piece: &Piece) -> bool {
        let overlaps = |p: &Piece| p.start < piece.end && piece.start < p.end;
        self.overlap.is_none() && !self.pieces.iter().any(overlaps) && self.has_room_for(piece)
    }

    /// Whether the fragment lies before the end, and puts that nowhere else than earlier ones did.
    fn has_room_for(&self, piece: &Piece) -> bool {
        if let Some(end) = self.end {
            return !piece.last && piece.end <= end;
        }
        let highest = self.pieces.last().map_or(0, |p| p.end);
        !piece.last || highest <= piece.end
    }

    /// The next fragment is one that a packet lacked that was given up, or not.
    pub(super) fn takes_rest(&mut self, is_rest: bool) {
        self.is_rest = is_rest && (self.is_rest || self.pieces.is_empty());
    }

    /// Whether nothing that came tells what packet it is.
    pub(super) fn is_unknown(&self) -> bool {
        self.first.is_none() && !self.is_icmp() && !self.is_kin()
    }

    /// Whether its first fragment came.
    pub(super) fn begins(&self) -> bool {
        self.first.is_some()
    }

    /// The frame of that.
    pub(super) fn begins_in(&self) -> Option<FrameRef> {
        self.begins_in
    }

    /// Whether all that came of it are later fragments.
    pub(super) fn is_headless(&self) -> bool {
        !self.begins() && !self.is_expected() && !self.is_kin()
    }

    /// Takes its place among others, which tell what it is.
    pub(super) fn begins_anew(&mut self, serial: u64) {
        self.serial = serial;
        self.tells = Tells::Nothing;
    }

    /// What it lacks.
    pub(super) fn gaps(&self) -> Gaps {
        self.holes.gaps()
    }

    /// What became of it, as `of_waiting` says unless fragments overlapped. `None` for what was never known to be
    /// ICMP, for fragments of a message's fragment, for what came beside a packet that is whole, and for what
    /// came of one of which that is said.
    pub(super) fn became(&self, of_waiting: Became) -> Option<Became> {
        let counts = self.tells == Tells::Message && !self.is_kin() && !self.is_rest;
        counts.then_some(if self.overlap.is_some() {
            Became::Overlapping
        } else {
            of_waiting
        })
    }

    /// As it was captured, among those of this key.
    pub(super) fn appearance(&self, key: Key) -> Appearance {
        let skip = self.first.as_ref().map_or(0, |first| first.skip);
        let first = self.pieces.first().filter(|piece| piece.begins());
        let begins = first.and_then(|first| self.kept().octets_of(first).get(skip..));
        Appearance {
            key,
            seen_as: self.seen_as,
            since: self.started,
            lead: begins.and_then(Lead::of),
            content: None,
        }
    }

    pub(super) fn serial(&self) -> u64 {
        self.serial
    }

    pub(super) fn started(&self) -> Timestamp {
        self.started
    }

    /// Octets on the heap.
    pub(super) fn memory(&self) -> usize {
        self.pieces.capacity() * size_of::<Piece>()
            + self.octets.capacity()
            + self.within.capacity() * size_of::<(usize, FrameRef)>()
            + self.holes.memory()
            + self
                .first
                .as_ref()
                .map_or(0, |first| first.header.capacity())
    }

    pub(super) fn add(
        &mut self,
        piece: &Piece,
        part: FragmentablePart<'_>,
        ip: &Ip<'_>,
        tells: Tells,
        came: Came<'_>,
    ) -> Added {
        self.tells = self.tells.max(tells);
        self.seen_as = Some((piece.frame.source(), piece.hops));
        let earliest = *self.earliest.get_or_insert(piece.frame);
        if self.overlap.is_some() {
            self.covers(piece);
            let missing = self.missing(earliest);
            return Added::Outcome(Reassembly::Refused(Refusal::Overlapped(missing)));
        }
        if let Some(met) = self.meet(piece, part, earliest) {
            return Added::Outcome(met);
        }
        if !self.has_room_for(piece) {
            return Added::Outcome(Reassembly::Refused(Refusal::End));
        }
        if piece.last {
            self.end = Some(piece.end);
        }
        let behind = self.pieces.partition_point(|p| p.end <= piece.start);
        let at = self.octets.len();
        part.extend(&mut self.octets);
        self.pieces.insert(behind, Piece { at, ..*piece });
        let within = came.within.iter().map(|frame| (piece.start, *frame));
        self.within.extend(within);
        self.received += piece.len();
        self.covers(piece);
        if piece.start == 0 {
            self.first = Some(First {
                fields: ip.with_octets(&[], &[]),
                header: ip.header.to_vec(),
                skip: part.extension_headers.len(),
                told: came.told,
            });
        }
        if self.end == Some(self.received) {
            self.put_together(earliest)
        } else {
            if !self.is_icmp() {
                self.told_as_other += came.frames();
            }
            Added::Outcome(Reassembly::Incomplete(self.missing(earliest)))
        }
    }

    /// A fragment where another came before.
    fn meet(
        &mut self,
        piece: &Piece,
        part: FragmentablePart<'_>,
        earliest: FrameRef,
    ) -> Option<Reassembly> {
        let (there, common) = self.kept().overlap(piece, part)?;
        let with = there.frame;
        if there.is_at(piece) && common.octets == Octets::Same {
            return Some(Reassembly::Duplicate { of: with });
        }
        self.overlap = Some(piece.frame);
        self.covers(piece);
        self.pieces = Vec::new();
        self.octets = Vec::new();
        self.within = Vec::new();
        self.first = None;
        Some(Reassembly::Overlap {
            with,
            common: Some(common),
            missing: Some(self.missing(earliest)),
        })
    }

    /// Takes note of where a fragment lies.
    fn covers(&mut self, piece: &Piece) {
        self.holes.fill(piece.start, piece.end, piece.last);
        if piece.begins() {
            self.begins_in.get_or_insert(piece.frame);
        }
    }

    fn missing(&self, earliest: FrameRef) -> Missing {
        Missing {
            earliest,
            first: self.begins_in,
            part: InPart {
                gaps: self.holes.gaps(),
                overlap: self.overlap,
            },
        }
    }

    fn put_together(&mut self, earliest: FrameRef) -> Added {
        // Pieces do not overlap, lie before the end and sum up to it: they are all there.
        let Some(first) = self.first.take() else {
            return Added::Outcome(Reassembly::Incomplete(self.missing(earliest)));
        };
        let mut octets = Vec::with_capacity(self.received);
        for piece in &self.pieces {
            octets.extend_from_slice(self.kept().octets_of(piece));
        }
        Added::Whole(Box::new(Whole {
            first,
            octets,
            first_end: self.pieces.first().map_or(0, |piece| piece.end),
            begins: self.pieces.first().map(Piece::frame),
            frames: self.frames(),
            told_as_other: self.told_as_other,
            copy_of: None,
        }))
    }

    /// The frames of its fragments, in the order of their octets.
    fn frames(&mut self) -> Vec<FrameRef> {
        self.within.sort_by_key(|(start, _)| *start);
        let mut frames = Vec::with_capacity(self.pieces.len() + self.within.len());
        for piece in &self.pieces {
            let from = self
                .within
                .partition_point(|(start, _)| *start < piece.start);
            let within = self.within.get(from..).unwrap_or_default().iter();
            let mut within = within
                .take_while(|(start, _)| *start == piece.start)
                .peekable();
            if within.peek().is_none() {
                frames.push(piece.frame);
            }
            frames.extend(within.map(|(_, frame)| *frame));
        }
        frames
    }

    /// Its fragments, and their octets.
    pub(super) fn into_kept(self) -> (Vec<Piece>, Vec<u8>) {
        (self.pieces, self.octets)
    }
}
