//! A fingerprint of every IP packet of the recent past, so that an error finds what caused it.
//!
//! Fingerprints lie in a ring in input order. Each is chained to the one before it of the same
//! flow, and to the one before it with the same destination and port, whoever sent it: the second
//! chain finds packets whose source a NAT rewrote. Chains are kept as sequence numbers modulo
//! 2^32, so a link to what the ring has overwritten is known for what it is.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;

use super::observation::Observation;
use super::pairs::Pairs;
use crate::icmp::quote::has_id;
use crate::model::flow::{AddrBits, FlowPorts};
use crate::model::{AddrPair, FlowKey, FrameRef, Timestamp};
pub(super) use crate::wire::ip::protocol::is_icmp;
use crate::wire::ip::protocol::{DCCP, ESP, ICMP, IPV6_ICMP, SCTP, TCP, UDP, UDP_LITE};
use crate::wire::{Ip, IpVersion};

/// Whether the first four octets of the transport are two ports.
pub(super) fn has_ports(protocol: u8) -> bool {
    matches!(protocol, TCP | UDP | DCCP | SCTP | UDP_LITE)
}

/// Where UDP and its kin have their checksum in the leading octets: offload falsifies it at the sender.
/// Nowhere for other protocols.
pub(super) fn datagram_checksum(protocol: u8) -> u64 {
    if has_ports(protocol) && protocol != TCP {
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

/// The first eight octets of a transport header as one big-endian word: whatever an error quotes at
/// the least (RFC 792). Zero where there are fewer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lead(u64);

impl Lead {
    /// How many octets it has.
    pub(super) const OCTETS: usize = 8;

    /// The octets themselves.
    pub(super) fn octets(self) -> [u8; Self::OCTETS] {
        self.0.to_be_bytes()
    }

    /// That of a packet; a later fragment has where it belongs instead, in octets that tell no flow.
    pub(super) fn of_ip(ip: &Ip<'_>) -> Self {
        match ip.fragment {
            Some(place) if place.offset > 0 => Self(place.offset.into()),
            _ => Self::of(ip.payload),
        }
    }

    /// That of a transport that begins with these octets.
    #[inline]
    pub(super) fn of(transport: &[u8]) -> Self {
        match transport.first_chunk() {
            Some(octets) => Self(u64::from_be_bytes(*octets)),
            None => Self::of_short(transport),
        }
    }

    #[cold]
    fn of_short(transport: &[u8]) -> Self {
        let mut octets = [0; 8];
        for (to, from) in octets.iter_mut().zip(transport) {
            *to = *from;
        }
        Self(u64::from_be_bytes(octets))
    }

    /// That of a packet between two ports.
    pub(super) fn of_ports(src: u16, dst: u16) -> Self {
        Self(u64::from(src) << 48 | u64::from(dst) << 32)
    }

    /// That of a TCP segment between two ports, with this sequence number.
    pub(super) fn of_segment(src: u16, dst: u16, seq: u32) -> Self {
        Self(Self::of_ports(src, dst).0 | u64::from(seq))
    }

    /// That of a packet of a flow, as far as the flow tells.
    pub(super) fn of_flow(ports: FlowPorts) -> Self {
        match ports {
            FlowPorts::Ports { src, dst } => Self::of_ports(src, dst),
            FlowPorts::Query { kind, id } => Self(u64::from(kind) << 56 | u64::from(id) << 16),
            FlowPorts::Message(kind) => Self(u64::from(kind) << 56),
            FlowPorts::Spi(spi) => Self(u64::from(spi) << 32),
            FlowPorts::None => Self::default(),
        }
    }

    /// What it adds to protocol and addresses of a packet's flow.
    pub(super) fn ports(self, protocol: u8) -> FlowPorts {
        match protocol {
            _ if has_ports(protocol) && self.word() != 0 => FlowPorts::Ports {
                src: self.half(0),
                dst: self.half(1),
            },
            _ if is_icmp(protocol) => {
                let (kind, id) = (self.icmp_type(), self.half(2));
                let version = if protocol == ICMP {
                    IpVersion::V4
                } else {
                    IpVersion::V6
                };
                if has_id(version, kind) {
                    FlowPorts::Query { kind, id }
                } else {
                    FlowPorts::Message(kind)
                }
            }
            ESP => FlowPorts::Spi(self.word()),
            _ => FlowPorts::None,
        }
    }

    /// The 16-bit field at `2 * at` octets: ports at 0 and 1, ICMP identifier and sequence number
    /// at 2 and 3.
    #[allow(clippy::cast_possible_truncation)] // the field is cut out by design
    pub(super) fn half(self, at: u32) -> u16 {
        (self.0 >> (48 - 16 * at)) as u16
    }

    /// The first 32 bits: two ports, or the SPI of ESP.
    pub(super) fn word(self) -> u32 {
        high(self.0)
    }

    /// TCP sequence number.
    #[allow(clippy::cast_possible_truncation)]
    pub(super) fn seq(self) -> u32 {
        self.0 as u32
    }

    /// ICMP type.
    #[allow(clippy::cast_possible_truncation)]
    pub(super) fn icmp_type(self) -> u8 {
        (self.0 >> 56) as u8
    }

    /// Whether all octets agree for which `mask` has ones.
    pub(super) fn agrees(self, other: Self, mask: u64) -> bool {
        (self.0 ^ other.0) & mask == 0
    }

    /// What tells flows of one protocol between two hosts apart.
    pub(super) fn flow_word(self, protocol: u8) -> u32 {
        match protocol {
            // Queries by type and identifier.
            ICMP | IPV6_ICMP => u32::from(self.icmp_type()) << 16 | u32::from(self.half(2)),
            ESP => self.word(),
            _ if has_ports(protocol) => self.word(),
            _ => 0,
        }
    }
}

/// What is kept of a packet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fingerprint {
    pub(super) ts: Timestamp,
    pub(super) frame: FrameRef,
    pub(super) lead: Lead,
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
    /// Of the destination, as that of a host with itself.
    pub(super) host: u32,
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

/// The ring with its chains.
#[derive(Debug)]
pub(super) struct Ring {
    slots: Vec<Fingerprint>,
    /// Sequence number of the next fingerprint; those in the ring are the last `slots.len()`.
    next: u64,
    mask: usize,
    flow_heads: Vec<u32>,
    destination_heads: Vec<u32>,
    /// One bit per hash of (source, destination): what was never set was never seen.
    directions: Vec<u64>,
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
            flow_heads: vec![0; heads],
            destination_heads: vec![0; heads],
            directions: vec![0; 1 << (DIRECTION_BITS - 6)],
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
    fn note_direction(&mut self, packet: &Observation, pair: u32) {
        let bit = pair >> (32 - DIRECTION_BITS);
        if let Some(word) = self.directions.get_mut((bit >> 6) as usize) {
            *word |= 1 << (bit & 63);
        }
        if packet.version == IpVersion::V6 {
            self.pairs.add(pair, packet.addrs());
        }
    }

    /// Whether a packet from `addrs.src()` to `addrs.dst()` was seen. May err towards yes.
    pub(super) fn direction_seen(&self, addrs: &AddrPair) -> bool {
        self.is_noted(self.pair_hash(addrs))
    }

    #[inline]
    fn is_noted(&self, pair: u32) -> bool {
        let bit = pair >> (32 - DIRECTION_BITS);
        self.directions
            .get((bit >> 6) as usize)
            .is_some_and(|word| word >> (bit & 63) & 1 == 1)
    }

    /// The addresses of a hash, of IPv6, if they are known.
    pub(super) fn addrs_of(&self, pair: u32) -> Option<AddrPair> {
        self.pairs.get(pair)
    }

    /// The hash of an address pair, as fingerprints keep it.
    pub(super) fn pair_hash(&self, addrs: &AddrPair) -> u32 {
        high(self.hasher.hash_one(addrs))
    }

    /// Adds a packet and gives its hashes; `shown` tells whether it is a message that passed the
    /// filter.
    pub(super) fn push(&mut self, packet: &Observation, shown: bool) -> Hashes {
        let hashes = self.hashes(packet.addrs, packet.protocol, packet.lead);
        if !self.is_noted(hashes.pair) {
            self.note_direction(packet, hashes.pair);
        }
        #[allow(clippy::cast_possible_truncation)] // modulo 2^32 by design
        let sequence = self.next as u32;
        let fingerprint = Fingerprint {
            ts: packet.ts,
            frame: packet.frame,
            lead: packet.lead,
            pair: hashes.pair,
            label: packet.label,
            length: packet.length,
            data: packet.data,
            protocol: packet.protocol,
            ttl: packet.ttl,
            flags: packet.flags,
            shown,
            same_flow: replace_head(&mut self.flow_heads, hashes.flow, sequence),
            same_destination: replace_head(
                &mut self.destination_heads,
                hashes.destination,
                sequence,
            ),
        };
        let at = self.place(sequence);
        match self.slots.get_mut(at) {
            Some(slot) => *slot = fingerprint,
            None => self.slots.push(fingerprint),
        }
        self.next += 1;
        hashes
    }

    /// Walks a chain from the newest packet back, until `visit` is content (`true`).
    pub(super) fn walk(
        &self,
        chain: Chain,
        hashes: &Hashes,
        mut visit: impl FnMut(&Fingerprint) -> bool,
    ) -> WalkEnd {
        let heads = match chain {
            Chain::Flow => (&self.flow_heads, hashes.flow),
            Chain::Destination => (&self.destination_heads, hashes.destination),
        };
        let mut link = heads
            .0
            .get(bucket(heads.1, heads.0.len()))
            .copied()
            .unwrap_or(0);
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

fn replace_head(heads: &mut [u32], hash: u64, sequence: u32) -> u32 {
    let at = bucket(hash, heads.len());
    heads
        .get_mut(at)
        .map_or(0, |head| std::mem::replace(head, sequence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_without_an_identifier_have_none() {
        let ports = |kind, protocol| Lead::of(&[kind, 0, 0, 0, 1, 2, 3, 4]).ports(protocol);
        for (kind, protocol) in [(3, ICMP), (10, ICMP), (1, IPV6_ICMP), (143, IPV6_ICMP)] {
            assert_eq!(ports(kind, protocol), FlowPorts::Message(kind));
        }
        for (kind, protocol) in [(8, ICMP), (13, ICMP), (128, IPV6_ICMP), (161, IPV6_ICMP)] {
            assert_eq!(ports(kind, protocol), FlowPorts::Query { kind, id: 0x102 });
        }
    }
}
