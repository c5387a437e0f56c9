//! A fingerprint of every IP packet of the recent past, so that an error finds what caused it.
//!
//! Fingerprints lie in a ring in input order. Each is chained to the one before it of the same
//! flow, and to the one before it with the same destination and port, whoever sent it: the second
//! chain finds packets whose source a NAT rewrote. Chains are kept as sequence numbers modulo
//! 2^32, so a link to what the ring has overwritten is known for what it is.

use std::hash::{BuildHasher, Hasher};
use std::mem;
use std::net::IpAddr;

use foldhash::fast::FixedState;

use super::content::Content;
use super::lead::Lead;
use super::observation::Observation;
use super::pairs::Pairs;
use crate::model::flow::{AddrBits, FlowPorts};
use crate::model::{AddrPair, FlowKey, FrameRef, Timestamp};
use crate::prefetch::prefetch;
pub(super) use crate::wire::ip::protocol::is_icmp;
use crate::wire::ip::protocol::{DCCP, ESP, SCTP, TCP, UDP, UDP_LITE};

/// Whether the first four octets of the transport are two ports.
pub(super) fn has_ports(protocol: u8) -> bool {
    matches!(protocol, TCP | UDP | DCCP | SCTP | UDP_LITE)
}

/// Where UDP and its kin have their checksum in the leading octets: offload falsifies it at the sender.
/// Nowhere for other protocols.
pub(super) fn datagram_checksum(protocol: u8) -> u64 {
    if matches!(protocol, UDP | UDP_LITE | DCCP) {
        0x0000_0000_0000_ffff
    } else {
        0
    }
}

/// Whether all packets of a flow are known by its key, as quotes and packets have it.
pub(super) fn is_told_apart(flow: &FlowKey) -> bool {
    match flow.ports {
        FlowPorts::Ports { .. } | FlowPorts::Query { .. } => true,
        FlowPorts::Spi(_) => flow.protocol == ESP,
        FlowPorts::Message(_) => false,
        FlowPorts::None => {
            !has_ports(flow.protocol) && !is_icmp(flow.protocol) && flow.protocol != ESP
        }
    }
}

/// What is kept of a packet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fingerprint {
    pub(super) ts: Timestamp,
    pub(super) frame: FrameRef,
    pub(super) lead: Lead,
    pub(super) content: Content,
    /// Hash of the addresses.
    pub(super) pair: u32,
    /// See [`label`](super::observation::label).
    pub(super) label: u32,
    /// Length of the IP packet in octets, as captured or claimed.
    pub(super) length: u32,
    /// Octets of TCP payload.
    pub(super) data: u32,
    pub(super) protocol: u8,
    pub(super) ttl: u8,
    /// TCP flags; 0 for other protocols.
    pub(super) flags: u8,
    /// Passed the filter: only ICMP messages do.
    pub(super) shown: bool,
    same_flow: u32,
    same_destination: u32,
}

/// The hashes of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hashes {
    /// Of protocol, addresses and ports.
    flow: u64,
    /// Of protocol, destination and destination port.
    destination: u64,
    /// Of the addresses.
    pub(super) pair: u32,
    /// Of the destination.
    host: u32,
}

impl Hashes {
    /// Of the flow, as [`Marks`] take it.
    pub(super) fn flow(&self) -> u32 {
        high(self.flow)
    }

    /// Of protocol, destination and destination port, as [`Marks`] take it.
    pub(super) fn destination(&self) -> u32 {
        high(self.destination)
    }
}

/// Which chain to walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chain {
    Flow,
    Destination,
}

/// What a walk came to when it ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WalkEnd {
    /// Everything of that chain was seen.
    Complete,
    /// The ring no longer holds what came before.
    Overwritten,
}

/// Where a chain of flows begins.
#[derive(Clone, Copy, Debug, Default)]
struct FlowHead {
    /// Sequence number of its newest packet.
    sequence: u32,
    /// [`Hashes::flow`] of that: most packets follow one of their own flow.
    flow: u32,
}

/// The word of [`Ring::directions`], and the bit there, of a hash.
const fn direction(pair: u32) -> (usize, u64) {
    let bit = pair >> (32 - DIRECTION_BITS);
    ((bit >> 6) as usize, 1 << (bit & 63))
}

/// The ring with its chains.
#[derive(Debug)]
pub(super) struct Ring {
    slots: Vec<Fingerprint>,
    /// Sequence number of the next fingerprint; those in the ring are the last `slots.len()`.
    next: u64,
    mask: usize,
    flow_heads: Vec<FlowHead>,
    destination_heads: Vec<u32>,
    /// One bit per hash of (source, destination): what was never set was never seen.
    directions: Vec<u64>,
    /// Hosts to which packets came, by the hash of their address.
    reached: Marks,
    pairs: Pairs,
    /// Seeded by [`Ring::seed`].
    hasher: FixedState,
}

/// Chains longer than this are walked no further: no packet may cost the time of all packets.
const LONGEST_WALK: usize = 1 << 12;
/// Fingerprints to one chain head.
const FINGERPRINTS_PER_HEAD: usize = 32;
const DIRECTION_BITS: u32 = 20;

impl Ring {
    /// A ring that takes at most `memory` octets, and room only as packets come.
    pub(super) fn new(memory: usize) -> Self {
        let per_packet = size_of::<Fingerprint>() + 1;
        let for_packets = memory - Pairs::share(memory);
        let capacity = (for_packets / per_packet).clamp(1 << 8, 1 << 24);
        // A power of two, so that places follow from sequence numbers by masking.
        let capacity = 1 << capacity.ilog2();
        // Few heads stay in the cache, and errors are rare enough to walk longer chains.
        let heads = (capacity / FINGERPRINTS_PER_HEAD).max(1 << 8);
        Self {
            slots: Vec::new(),
            next: 1,
            mask: capacity - 1,
            flow_heads: vec![FlowHead::default(); heads],
            destination_heads: vec![0; heads],
            directions: vec![0; 1 << (DIRECTION_BITS - 6)],
            reached: Marks::default(),
            pairs: Pairs::new(memory),
            hasher: FixedState::default(),
        }
    }

    /// Seeds the hashes, before the first one is taken, by the time of the first packet. Directions
    /// and chains are told by hashes alone, and what they tell is seen: it has to be the same for the
    /// same input. Who sends the packets does not know when the capture begins.
    pub(super) fn seed(&mut self, first: Timestamp) {
        self.hasher = FixedState::with_seed(first.as_nanos().cast_unsigned());
    }

    /// How many fingerprints were overwritten.
    pub(super) fn overwritten(&self) -> u64 {
        (self.next - 1).saturating_sub(self.mask as u64 + 1)
    }

    /// The hashes of a packet whose transport begins with `lead`.
    pub(super) fn hashes(&self, addrs: impl Into<AddrBits>, protocol: u8, lead: Lead) -> Hashes {
        let addrs = addrs.into();
        let word = lead.flow_word(protocol);
        let port = if has_ports(protocol) {
            word & 0xffff
        } else {
            0
        };
        let protocol = u64::from(protocol);
        let pair = self.hasher.hash_one(addrs);
        let host = self.hasher.hash_one(addrs.destination());
        Hashes {
            flow: self.mix(pair, u64::from(word) << 8 | protocol),
            destination: self.mix(host, u64::from(port) << 8 | protocol),
            pair: high(pair),
            host: high(host),
        }
    }

    /// Takes note of the first packet from one host to another.
    #[cold]
    fn note_direction(&mut self, packet: &Observation, hashes: &Hashes) {
        self.reached.mark(hashes.host);
        let pair = hashes.pair;
        let (word, bit) = direction(pair);
        if let Some(word) = self.directions.get_mut(word) {
            *word |= bit;
        }
        self.pairs.add(pair, packet.addrs());
    }

    /// Whether a packet from `addrs.src()` to `addrs.dst()` was seen. May err towards yes.
    pub(super) fn direction_seen(&self, addrs: &AddrPair) -> bool {
        self.is_noted(self.pair_hash(addrs))
    }

    /// Whether a packet to `host` was seen. May err towards yes.
    pub(super) fn is_reached(&self, host: IpAddr) -> bool {
        self.reached
            .is_marked(self.pair_hash(&AddrPair::of_one(host)))
    }

    #[inline]
    fn is_noted(&self, pair: u32) -> bool {
        let (word, bit) = direction(pair);
        (self.directions.get(word)).is_some_and(|word| word & bit != 0)
    }

    /// The addresses of a hash, if they are known.
    pub(super) fn addrs_of(&self, pair: u32) -> Option<AddrPair> {
        self.pairs.get(pair)
    }

    /// The flow of a packet, as long as its addresses are known.
    pub(super) fn flow_of(&self, seen: &Fingerprint) -> Option<FlowKey> {
        Some(FlowKey {
            protocol: seen.protocol,
            addrs: self.addrs_of(seen.pair)?,
            ports: seen.lead.ports(seen.protocol),
        })
    }

    /// The hash of an address pair, as fingerprints keep it.
    pub(super) fn pair_hash(&self, addrs: &AddrPair) -> u32 {
        high(self.hasher.hash_one(addrs))
    }

    /// The hashes of a packet.
    pub(super) fn hashes_of(&self, packet: &Observation) -> Hashes {
        self.hashes(packet.addrs, packet.protocol, packet.lead)
    }

    /// Asks memory for what it takes to add a packet with these hashes.
    pub(super) fn prefetch(&self, hashes: &Hashes) {
        let flow = bucket(hashes.flow, self.flow_heads.len());
        prefetch(self.flow_heads.get(flow));
        let destination = bucket(hashes.destination, self.destination_heads.len());
        prefetch(self.destination_heads.get(destination));
        prefetch(self.directions.get(direction(hashes.pair).0));
    }

    /// Adds a packet with its hashes; `shown` tells whether it is a message that passed the filter.
    pub(super) fn push(&mut self, packet: &Observation, hashes: &Hashes, shown: bool) {
        #[allow(clippy::cast_possible_truncation)] // modulo 2^32 by design
        let sequence = self.next as u32;
        let before = self.lead_flow(hashes, sequence);
        // Behind one of its own flow nothing is new about a packet, and no table is to be asked.
        let is_known = before.sequence != 0 && before.flow == hashes.flow();
        if !is_known && !self.is_noted(hashes.pair) {
            self.note_direction(packet, hashes);
        }
        let fingerprint = Fingerprint {
            ts: packet.ts,
            frame: packet.frame,
            lead: packet.lead,
            content: packet.content,
            pair: hashes.pair,
            label: packet.label,
            length: packet.length,
            data: packet.data,
            protocol: packet.protocol,
            ttl: packet.ttl,
            flags: packet.flags,
            shown,
            same_flow: before.sequence,
            same_destination: self.lead_destination(hashes, sequence),
        };
        let at = self.place(sequence);
        match self.slots.get_mut(at) {
            Some(slot) => *slot = fingerprint,
            None => self.slots.push(fingerprint),
        }
        self.next += 1;
    }

    /// Puts a packet at the head of the chain of its flow, and gives what was there.
    fn lead_flow(&mut self, hashes: &Hashes, sequence: u32) -> FlowHead {
        let at = bucket(hashes.flow, self.flow_heads.len());
        let flow = hashes.flow();
        let head = self.flow_heads.get_mut(at);
        head.map_or_else(FlowHead::default, |head| {
            mem::replace(head, FlowHead { sequence, flow })
        })
    }

    /// The same with the chain of its destination.
    fn lead_destination(&mut self, hashes: &Hashes, sequence: u32) -> u32 {
        let at = bucket(hashes.destination, self.destination_heads.len());
        let head = self.destination_heads.get_mut(at);
        head.map_or(0, |head| mem::replace(head, sequence))
    }

    /// Walks a chain from the newest packet back, until `visit` is content (`true`).
    pub(super) fn walk(
        &self,
        chain: Chain,
        hashes: &Hashes,
        mut visit: impl FnMut(&Fingerprint) -> bool,
    ) -> WalkEnd {
        let head = match chain {
            Chain::Flow => {
                let at = bucket(hashes.flow, self.flow_heads.len());
                self.flow_heads.get(at).map(|head| head.sequence)
            }
            Chain::Destination => {
                let at = bucket(hashes.destination, self.destination_heads.len());
                self.destination_heads.get(at).copied()
            }
        };
        let mut link = head.unwrap_or(0);
        #[allow(clippy::cast_possible_truncation)] // modulo 2^32 by design
        let mut newer = self.next as u32;
        let longest = match chain {
            Chain::Flow => LONGEST_WALK,
            Chain::Destination => LONGEST_WALK / 4,
        };
        for _ in 0..longest {
            if link == 0 {
                return WalkEnd::Complete;
            }
            // A link must lead back, and not beyond what the ring holds.
            #[allow(clippy::cast_possible_truncation)]
            let age = (self.next as u32).wrapping_sub(link) as usize;
            if newer == link || age > self.mask + 1 {
                return WalkEnd::Overwritten;
            }
            let Some(found) = self.slots.get(self.place(link)) else {
                return WalkEnd::Overwritten;
            };
            if visit(found) {
                return WalkEnd::Complete;
            }
            newer = link;
            link = match chain {
                Chain::Flow => found.same_flow,
                Chain::Destination => found.same_destination,
            };
        }
        WalkEnd::Overwritten
    }

    /// The last `count` fingerprints, newest first.
    pub(super) fn recent(&self, count: usize) -> impl Iterator<Item = &Fingerprint> {
        #[allow(clippy::cast_possible_truncation)] // modulo 2^32 by design
        let next = self.next as u32;
        (1u32..)
            .take(count.min(self.slots.len()))
            .filter_map(move |back| self.slots.get(self.place(next.wrapping_sub(back))))
    }

    /// Where the fingerprint with that sequence number lies.
    fn place(&self, sequence: u32) -> usize {
        sequence.wrapping_sub(1) as usize & self.mask
    }

    fn mix(&self, seed: u64, word: u64) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write_u64(seed);
        hasher.write_u64(word);
        hasher.finish()
    }
}

/// One bit per hash: tells most packets of no interest by a glance. Never wrong about a hash that
/// was marked.
#[derive(Debug)]
pub(super) struct Marks {
    words: Vec<u64>,
    /// Nothing is marked: then no word has to be fetched to know.
    is_empty: bool,
}

impl Default for Marks {
    fn default() -> Self {
        Self {
            words: vec![0; Self::WORDS],
            is_empty: true,
        }
    }
}

impl Marks {
    /// 64 KiB: they stay in the cache.
    const WORDS: usize = 1 << 13;

    /// Marks a hash.
    pub(super) fn mark(&mut self, hash: u32) {
        self.is_empty = false;
        if let Some(word) = self.words.get_mut((hash >> 19) as usize) {
            *word |= 1 << (hash >> 13 & 63);
        }
    }

    /// Whether a hash may have been marked.
    pub(super) fn is_marked(&self, hash: u32) -> bool {
        !self.is_empty
            && (self.words.get((hash >> 19) as usize))
                .is_some_and(|word| word >> (hash >> 13 & 63) & 1 == 1)
    }
}

#[allow(clippy::cast_possible_truncation)] // the upper half, by design
fn high(hash: u64) -> u32 {
    (hash >> 32) as u32
}

#[allow(clippy::cast_possible_truncation)] // masked
fn bucket(hash: u64, count: usize) -> usize {
    hash as usize & (count - 1)
}
