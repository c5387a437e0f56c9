//! Streams by their ends, each direction apart, bounded in octets.

use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasher;

use foldhash::fast::RandomState;

use super::Segment;
use super::stretch::{Before, Cut, Stretch};
use crate::model::{AddrPair, Frame, InterfaceId, Timestamp};
use crate::wire::Packet;
use crate::wire::bytes::u32_at;
use crate::wire::link::Vlans;
use crate::wire::reassembly::Reassembler;
use crate::wire::tunnel::TunnelPath;

/// One direction of a connection. As with fragments, not the source: a capture may be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    interface: Option<InterfaceId>,
    vlans: Vlans,
    /// A hash of the tunnels around it.
    tunnels: u64,
    addrs: AddrPair,
    ports: u32,
}

impl Key {
    pub(super) fn of(frame: &Frame<'_>, packet: &Packet<'_>, tunnels: u64) -> Self {
        Self {
            interface: frame.interface,
            vlans: packet.link.vlans,
            tunnels,
            addrs: packet.ip.addrs,
            ports: u32_at(packet.ip.payload, 0).unwrap_or_default(),
        }
    }
}

/// A segment's stream, and when it came.
pub(super) struct Came {
    pub(super) key: Key,
    pub(super) at: Timestamp,
}

#[derive(Debug)]
struct Stream {
    /// Parts of it that are apart, the latest last.
    stretches: VecDeque<Stretch>,
    /// When the latest segment came.
    at: Timestamp,
    /// Segments that came in all when it did.
    turn: u64,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Table {
    streams: HashMap<Key, Stream, RandomState>,
    /// The oldest first; a stream of which more came since has its place anew.
    order: VecDeque<(Key, u64)>,
    turn: u64,
    memory: usize,
    given_up: u64,
}

impl Stream {
    /// Parts of a stream that are known at once: what lies between may still come.
    const STRETCHES: usize = 4;

    fn memory(&self) -> usize {
        let kept = self.stretches.iter().map(Stretch::memory);
        size_of::<(Key, Self)>() + Self::STRETCHES * size_of::<Stretch>() + kept.sum::<usize>()
    }

    /// Takes note of messages that were given up.
    fn given_up(&mut self) -> u64 {
        let each = self.stretches.iter_mut();
        each.map(|stretch| std::mem::take(&mut stretch.given_up))
            .sum()
    }

    fn waiting(&self) -> u64 {
        let waiting = self.stretches.iter().filter(|stretch| stretch.waits());
        waiting.count() as u64
    }

    /// Takes a segment, and tells which messages are whole with it.
    fn take(&mut self, segment: &Segment<'_>) -> Vec<Cut> {
        let mut found = Vec::new();
        let Segment {
            protocol,
            sequence,
            data,
            ..
        } = *segment;
        let is_known = |stretch: &Stretch| stretch.has(sequence).is_some();
        if segment.is_first && !self.stretches.iter().any(is_known) {
            let given_up = self.waiting() + self.given_up();
            let mut first = Stretch::at_message(sequence);
            first.given_up = given_up;
            self.stretches.clear();
            self.stretches.push_back(first);
        }
        if data.on_wire == 0 {
            return found;
        }
        let mut stretches = self.stretches.iter();
        let known = stretches.find_map(|stretch| Some((stretch.start(), stretch.has(sequence)?)));
        let (start, known) = known.unwrap_or_else(|| {
            let is_behind = |stretch: &Stretch| stretch.ahead(sequence).is_some();
            let before = if self.stretches.iter().any(is_behind) {
                Before::Gap
            } else {
                Before::Nothing
            };
            if self.stretches.len() == Self::STRETCHES
                && let Some(mut oldest) = self.stretches.pop_front()
            {
                oldest.give_up();
                if let Some(next) = self.stretches.front_mut() {
                    next.given_up += oldest.given_up;
                }
            }
            (self.stretches).push_back(Stretch::begin(sequence, before, protocol, &data));
            (sequence, 0)
        });
        // What another part has of it, it does not need.
        let end = (self.stretches.iter())
            .filter(|stretch| stretch.start() != start)
            .filter_map(|stretch| {
                let octets = stretch.start().wrapping_sub(sequence);
                usize::try_from(octets).ok()
            })
            .fold(data.on_wire, usize::min);
        let new = data.up_to(end).behind(known);
        if known >= end {
            return found;
        }
        let at = (self.stretches.iter()).position(|stretch| stretch.start() == start);
        let Some(mut stretch) = at.and_then(|at| self.stretches.remove(at)) else {
            return found;
        };
        stretch.take(protocol, new, &mut found);
        for cut in &mut found {
            if let Cut::Here { at, .. } = cut {
                *at += known;
            }
        }
        let joins = |other: &Stretch| other.start() == stretch.next;
        if let Some(behind) = self.stretches.iter().position(joins)
            && let Some(behind) = self.stretches.remove(behind)
        {
            stretch.join(protocol, behind, &mut found);
        }
        self.stretches.push_back(stretch);
        found
    }
}

impl Table {
    /// Octets that streams may take.
    const MEMORY: usize = 4 << 20;

    /// A hash of tunnels.
    pub(super) fn hash_tunnels(&self, tunnels: TunnelPath<'_>) -> u64 {
        let hasher = self.streams.hasher();
        (tunnels.iter()).fold(0, |hash, tunnel| hasher.hash_one((hash, tunnel)))
    }

    /// Takes a segment, and tells which messages are whole with it.
    pub(super) fn take(&mut self, came: &Came, segment: &Segment<'_>) -> Vec<Cut> {
        self.turn += 1;
        let is_known = self.streams.contains_key(&came.key);
        if !is_known && segment.data.on_wire == 0 && !segment.is_first {
            return Vec::new();
        }
        let stream = self.streams.entry(came.key).or_insert_with(|| Stream {
            stretches: VecDeque::new(),
            at: came.at,
            turn: self.turn,
        });
        if is_known {
            self.memory = self.memory.saturating_sub(stream.memory());
        } else {
            self.order.push_back((came.key, self.turn));
        }
        if (came.at.since(stream.at)).is_some_and(|age| age >= Reassembler::EXPIRY) {
            for stretch in &mut stream.stretches {
                stretch.expire();
            }
        }
        stream.at = came.at;
        stream.turn = self.turn;
        let found = stream.take(segment);
        self.given_up += stream.given_up();
        self.memory += stream.memory();
        self.shrink();
        found
    }

    /// See [`super::TcpStreams::incomplete`].
    pub(super) fn incomplete(&self) -> u64 {
        let waiting = self.streams.values().map(Stream::waiting);
        self.given_up + waiting.sum::<u64>()
    }

    pub(super) const fn memory(&self) -> usize {
        self.memory
    }

    fn remove(&mut self, key: &Key) {
        if let Some(stream) = self.streams.remove(key) {
            self.given_up += stream.waiting();
            self.memory = self.memory.saturating_sub(stream.memory());
        }
    }

    /// Gives up the streams of which nothing came for longest, until what is kept fits.
    fn shrink(&mut self) {
        while self.memory > Self::MEMORY
            && let Some((key, turn)) = self.order.pop_front()
        {
            match self.streams.get_mut(&key) {
                Some(stream) if stream.turn != turn => {
                    self.order.push_back((key, stream.turn));
                }
                Some(_) => self.remove(&key),
                None => {}
            }
        }
    }
}
