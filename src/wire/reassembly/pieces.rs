//! The pieces of packets that a link or a tunnel took apart below IP, bounded in octets and in
//! capture time.
//!
//! A piece takes a range of places: octets where its carrier counts these, or else one number. A
//! packet is whole when its pieces follow each other from the one that begins it to the one that
//! ends it. Pieces that differ in the same place are told and never merged.

use std::collections::{HashMap, VecDeque};

use foldhash::fast::RandomState;

use super::{Fates, Reassembler};
use crate::model::{Expanded, Form, FrameRef, InterfaceId, Timestamp};
use crate::wire::piece::{Carrier, Numbers, Piece};

/// What the pieces of a packet have in common.
type Key = (Option<InterfaceId>, Carrier);

/// Where and when a piece was captured.
#[derive(Clone, Copy, Debug)]
pub struct Captured {
    /// The frame.
    pub frame: FrameRef,
    /// Its interface.
    pub interface: Option<InterfaceId>,
    /// When.
    pub at: Timestamp,
}

/// What the piece that begins a packet told of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Told {
    /// Nothing.
    #[default]
    Nothing,
    /// That it is an IP packet, and not ICMP.
    OtherIp,
    /// That it is ICMP.
    Icmp,
}

/// What a piece came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It begins a packet, of which more must come.
    Begins,
    /// More must come.
    Waits {
        /// Whether those from the beginning on are there.
        begun: bool,
    },
    /// The packet is whole.
    Whole {
        /// The frames of its pieces, in their order.
        frames: Vec<FrameRef>,
        /// What was told of it.
        told: Told,
        /// Of how many pieces those before were not there when they came.
        apart: u64,
        /// Where the first piece ends in the packet that is made.
        first_end: usize,
    },
    /// The same octets at the same place came before.
    Duplicate {
        /// Where they came.
        of: FrameRef,
    },
    /// Others came at the same place before. The packet is not put together.
    Overlap {
        /// Where they came.
        with: FrameRef,
        /// What was told of the packet. Where that is ICMP, it is made up to this piece.
        told: Told,
    },
}

/// A piece that was kept.
#[derive(Debug)]
struct Kept {
    start: u32,
    end: u32,
    begins: bool,
    ends: bool,
    octets: Vec<u8>,
    captured: Captured,
    told: Told,
    /// Those before it were not there when it came.
    apart: bool,
}

impl Kept {
    fn memory(&self) -> usize {
        size_of::<Self>() + 2 * size_of::<Key>() + self.octets.len()
    }

    fn meets(&self, piece: &Piece<'_>) -> bool {
        self.start < piece.end && piece.start < self.end
    }
}

/// Pieces that wait for others.
#[derive(Debug)]
pub(super) struct Pieces {
    kept: HashMap<Key, Vec<Kept>, RandomState>,
    /// Their keys, in the order they came; that of a piece which is gone is stale.
    order: VecDeque<(Key, FrameRef)>,
    /// How many are kept.
    count: usize,
    memory: usize,
    memory_limit: usize,
    /// The latest bundles whose sequence numbers are short.
    short: VecDeque<Key>,
    fates: Fates,
}

impl Pieces {
    /// The most pieces of one carrier that wait.
    const MOST: usize = 256;

    pub(super) fn new(memory_limit: usize) -> Self {
        Self {
            kept: HashMap::default(),
            order: VecDeque::new(),
            count: 0,
            memory: 0,
            memory_limit,
            short: VecDeque::new(),
            fates: Fates::default(),
        }
    }

    /// Takes a piece. What begins there, or is whole with it, is made in `into`.
    pub(super) fn feed(
        &mut self,
        piece: &Piece<'_>,
        captured: Captured,
        into: &mut Expanded,
    ) -> Outcome {
        self.expire(captured.at);
        let key = (captured.interface, piece.carrier);
        let piece = &self.with_numbers_of_bundle(key, piece);
        let there = self.kept.get(&key).map(Vec::as_slice).unwrap_or_default();
        if let Some(other) = there.iter().find(|kept| kept.meets(piece)) {
            let of = other.captured.frame;
            let is_same = (other.start, other.end) == (piece.start, piece.end)
                && (other.begins, other.ends) == (piece.begins, piece.ends);
            if is_same && other.octets == piece.octets {
                return Outcome::Duplicate { of };
            }
            if piece.carrier.numbers_all() {
                // The number is taken again, as all others were.
                self.drop_those(key, |kept| kept.meets(piece), |fates| &mut fates.expired);
            } else if piece.begins {
                self.drop_those(key, |_| true, |fates| &mut fates.expired);
            } else {
                let told = make_up_to(there, key.1, piece, into);
                self.give_up(key);
                return Outcome::Overlap { with: of, told };
            }
        }
        self.keep(key, piece, captured);
        let outcome = self.put_together(key, piece, into);
        if outcome == (Outcome::Waits { begun: false })
            && let Some(kept) = self.kept.get_mut(&key).and_then(|there| there.last_mut())
        {
            kept.apart = true;
        }
        self.shrink();
        if self.order.len() > 2 * self.count + 64 {
            let kept = &self.kept;
            self.order
                .retain(|(key, frame)| since(kept, key, *frame).is_some());
        }
        outcome
    }

    /// The piece as its bundle numbers it, which one that begins a packet tells.
    fn with_numbers_of_bundle<'a>(&mut self, key: Key, piece: &Piece<'a>) -> Piece<'a> {
        const BUNDLES: usize = 64;
        let known = self.short.iter().position(|known| *known == key);
        match (piece.numbers, known) {
            (Numbers::Either { short }, Some(_)) => return piece.with_short_number(short),
            (Numbers::Long, Some(at)) => {
                self.short.remove(at);
            }
            (Numbers::Short, None) => {
                self.short.truncate(BUNDLES);
                self.short.push_front(key);
            }
            _ => {}
        }
        *piece
    }

    /// Takes note of a message that is whole.
    pub(super) fn completed(&mut self) {
        self.fates.complete += 1;
    }

    /// Takes note of what the piece in this frame, which begins a packet, told of it.
    pub(super) fn note(&mut self, carrier: Carrier, captured: Captured, told: Told) {
        let there = self.kept.get_mut(&(captured.interface, carrier));
        let mut there = there.into_iter().flatten();
        if let Some(kept) = there.find(|kept| kept.captured.frame == captured.frame) {
            kept.told = told;
        }
    }

    fn keep(&mut self, key: Key, piece: &Piece<'_>, captured: Captured) {
        let kept = Kept {
            start: piece.start,
            end: piece.end,
            begins: piece.begins,
            ends: piece.ends,
            octets: piece.octets.to_vec(),
            captured,
            told: Told::Nothing,
            apart: false,
        };
        self.memory += kept.memory();
        self.count += 1;
        self.order.push_back((key, captured.frame));
        let there = self.kept.entry(key).or_default();
        there.push(kept);
        if there.len() > Self::MOST
            && let Some(oldest) = there.first().map(|kept| kept.captured.frame)
        {
            self.drop_frame(key, oldest, |fates| &mut fates.evicted);
        }
    }

    /// Puts the packet of a piece together that was kept, if it is whole.
    fn put_together(&mut self, key: Key, piece: &Piece<'_>, into: &mut Expanded) -> Outcome {
        let there = self.kept.get(&key).map(Vec::as_slice).unwrap_or_default();
        let mut parts = VecDeque::new();
        parts.extend(there.last());
        let mut is_whole = piece.ends;
        while let Some(first) = parts.front().filter(|kept| !kept.begins) {
            let joins = |kept: &&Kept| !kept.ends && key.1.joins(kept.end, first.start);
            let Some(before) = there.iter().find(joins) else {
                let begun = is_begun(there, key.1, first);
                return Outcome::Waits { begun };
            };
            parts.push_front(before);
        }
        while let Some(last) = parts.back().filter(|kept| !kept.ends) {
            let joins = |kept: &&Kept| !kept.begins && key.1.joins(last.end, kept.start);
            let behind = there.iter().find(joins);
            match behind {
                Some(kept) => parts.push_back(kept),
                None => break,
            }
        }
        is_whole |= parts.back().is_some_and(|kept| kept.ends);
        if !is_whole {
            if piece.begins {
                piece.make(piece.octets, into);
                return Outcome::Begins;
            }
            return Outcome::Waits { begun: true };
        }
        let octets: Vec<u8> = parts
            .iter()
            .flat_map(|kept| &kept.octets)
            .copied()
            .collect();
        piece.make(&octets, into);
        into.form = Form::Whole;
        let first = parts.front();
        let told = first.map(|kept| kept.told).unwrap_or_default();
        let behind_first = octets.len() - first.map_or(0, |kept| kept.octets.len());
        let first_end = into.octets.len() - behind_first;
        let frames: Vec<_> = parts.iter().map(|kept| kept.captured.frame).collect();
        let apart = parts.iter().filter(|kept| kept.apart).count() as u64;
        let before = self.fates;
        self.drop_those(
            key,
            |kept| frames.contains(&kept.captured.frame),
            |fates| &mut fates.complete,
        );
        // Whether it is a message those tell who look into it.
        self.fates = before;
        Outcome::Whole {
            frames,
            told,
            apart,
            first_end,
        }
    }

    /// Gives up a packet of which pieces differ; what else comes of it meets what is left in its place.
    fn give_up(&mut self, key: Key) {
        let first = (self.kept.get(&key)).and_then(|there| there.first());
        let left = first.map(|kept| Kept {
            start: 0,
            end: u32::MAX,
            begins: false,
            ends: false,
            octets: Vec::new(),
            captured: kept.captured,
            apart: false,
            told: Told::Nothing,
        });
        self.drop_those(key, |_| true, |fates| &mut fates.overlapping);
        if let Some(left) = left {
            self.memory += left.memory();
            self.count += 1;
            self.kept.entry(key).or_default().push(left);
        }
    }

    fn drop_frame(&mut self, key: Key, frame: FrameRef, fate: fn(&mut Fates) -> &mut u64) {
        self.drop_those(key, |kept| kept.captured.frame == frame, fate);
    }

    fn drop_those(
        &mut self,
        key: Key,
        which: impl Fn(&Kept) -> bool,
        fate: fn(&mut Fates) -> &mut u64,
    ) {
        let Some(there) = self.kept.get_mut(&key) else {
            return;
        };
        let (memory, count, fates) = (&mut self.memory, &mut self.count, &mut self.fates);
        there.retain(|kept| {
            let is_dropped = which(kept);
            if is_dropped {
                *memory = memory.saturating_sub(kept.memory());
                *count -= 1;
                *fate(fates) += u64::from(kept.told == Told::Icmp);
            }
            !is_dropped
        });
        if there.is_empty() {
            self.kept.remove(&key);
        }
    }

    /// Gives up what is older than [`Reassembler::EXPIRY`].
    pub(super) fn expire(&mut self, now: Timestamp) {
        while let Some(&(key, frame)) = self.order.front() {
            if let Some(since) = since(&self.kept, &key, frame) {
                if (now.since(since)).is_none_or(|age| age < Reassembler::EXPIRY) {
                    break;
                }
                self.drop_frame(key, frame, |fates| &mut fates.expired);
            }
            self.order.pop_front();
        }
    }

    /// Gives up the oldest until what is kept fits.
    fn shrink(&mut self) {
        while self.memory > self.memory_limit
            && let Some((key, frame)) = self.order.pop_front()
        {
            self.drop_frame(key, frame, |fates| &mut fates.evicted);
        }
    }

    /// What became of all packets that are known to be ICMP.
    pub(super) fn fates(&self) -> Fates {
        let mut fates = self.fates;
        let waiting = self.kept.values().flatten();
        fates.waiting += waiting.filter(|kept| kept.told == Told::Icmp).count() as u64;
        fates
    }

    pub(super) fn waiting(&self) -> usize {
        self.count
    }

    pub(super) fn memory(&self) -> usize {
        self.memory
    }
}

/// Whether the packet of `piece`, of which those right before it are not there, is one that began. Where
/// numbers count all pieces, one that is missing does not keep that from being told: it neither ended a
/// packet, as none begins behind it, nor began one, as none ended before it.
fn is_begun(there: &[Kept], carrier: Carrier, piece: &Kept) -> bool {
    if !carrier.numbers_all() {
        return there.iter().any(|kept| kept.begins);
    }
    let before_missing = |kept: &&Kept| !kept.ends && carrier.joins(kept.end + 1, piece.start);
    let mut found = there.iter().find(before_missing);
    while let Some(kept) = found
        && !kept.begins
    {
        let joins = |before: &&Kept| !before.ends && carrier.joins(before.end, kept.start);
        found = there.iter().find(joins);
    }
    found.is_some()
}

/// Makes a packet up to a piece that cannot be part of it, and says what was told of it.
fn make_up_to(there: &[Kept], carrier: Carrier, piece: &Piece<'_>, into: &mut Expanded) -> Told {
    let Some(first) = there.iter().find(|kept| kept.begins) else {
        return Told::Nothing;
    };
    let mut octets = first.octets.clone();
    let mut last = first;
    while last.end < piece.start
        && let Some(next) = (there.iter()).find(|kept| carrier.joins(last.end, kept.start))
    {
        octets.extend_from_slice(&next.octets);
        last = next;
    }
    if last.end < piece.start {
        return Told::Nothing;
    }
    if !carrier.numbers_all() && last.end > piece.start {
        // It covers octets of this one.
        let covered = usize::try_from(last.end - piece.start).unwrap_or(usize::MAX);
        octets.truncate(octets.len().saturating_sub(covered));
    }
    octets.extend_from_slice(piece.octets);
    piece.make(&octets, into);
    into.form = Form::Later;
    first.told
}

/// Whether a piece of this frame is kept, and since when.
fn since(
    kept: &HashMap<Key, Vec<Kept>, RandomState>,
    key: &Key,
    frame: FrameRef,
) -> Option<Timestamp> {
    let mut there = kept.get(key)?.iter();
    let kept = there.find(|kept| kept.captured.frame == frame)?;
    Some(kept.captured.at)
}
