//! Reassembly of fragmented ICMP messages (RFC 791 section 3.2, RFC 8200 section 4.5), bounded in
//! octets and in capture time.
//!
//! A message is whole when every octet of it came exactly once. Overlapping fragments are told and
//! never merged: which octets the receiver kept is not known (RFC 1858, RFC 5722).

mod partial;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasher;
use std::time::Duration;

use foldhash::fast::RandomState;

use super::ip::{Fragment, Ip, IpVersion, fragmentable_part, protocol};
use super::link::Vlans;
use super::tunnel::{Packet, TunnelPath};
use crate::model::{AddrPair, FrameRef, InterfaceId, Timestamp};
use partial::{Fate, Partial, Piece};

/// What a fragment came to.
#[derive(Clone, Debug)]
pub enum Reassembly {
    /// The packet is not a fragment of an ICMP message, as far as is known by now.
    NotIcmpFragment,
    /// More must come before the message is whole.
    Incomplete,
    /// It made the message whole.
    Complete(Box<Reassembled>),
    /// The same octets at the same place came before: the packet was captured or sent twice.
    Duplicate {
        /// Where they came.
        of: FrameRef,
    },
    /// It covers, differently, octets that came before. The message is not put together.
    Overlap {
        /// The frame of the fragment that it overlaps.
        with: FrameRef,
    },
    /// It cannot be part of a message, or the message not be made whole with it.
    Refused(Refusal),
}

impl Reassembly {
    /// The word that records use.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NotIcmpFragment => "not_icmp",
            Self::Incomplete => "incomplete",
            Self::Complete(_) => "complete",
            Self::Duplicate { .. } => "duplicate",
            Self::Overlap { .. } => "overlap",
            Self::Refused(_) => "refused",
        }
    }
}

impl Refusal {
    /// The word that records use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cut => "cut",
            Self::Empty => "empty",
            Self::Length => "length",
            Self::TooLong => "too_long",
            Self::End => "end",
            Self::Overlapped => "overlapped",
        }
    }
}

/// Why a fragment was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Octets of it were not captured.
    Cut,
    /// It has no octets.
    Empty,
    /// Its length is no multiple of 8 though more follow (RFC 8200 section 4.5, RFC 4944 section 5.3).
    Length,
    /// It ends beyond the 65535 octets that a packet may have: the ping of death.
    TooLong,
    /// It lies beyond the message's end, or puts that elsewhere than an earlier one.
    End,
    /// Others of the message overlapped before it came (RFC 5722 section 4).
    Overlapped,
}

/// A message put together.
#[derive(Clone, Debug)]
pub struct Reassembled {
    /// The first fragment's header: fields, then octets.
    fields: Ip<'static>,
    header: Vec<u8>,
    /// The fragmentable part, and how many of its octets are extension headers.
    octets: Vec<u8>,
    skip: usize,
    frames: Vec<FrameRef>,
}

impl Reassembled {
    /// The packet as it was before it was fragmented: the first fragment's header, the whole
    /// message as payload. Its `length` counts the octets of that header and of the payload.
    pub fn ip(&self) -> Ip<'_> {
        let payload = self.octets.get(self.skip..).unwrap_or_default();
        self.fields.with_octets(&self.header, payload)
    }

    /// The frames of its fragments, in the order of their octets.
    pub fn frames(&self) -> &[FrameRef] {
        &self.frames
    }
}

/// What became of fragmented messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fates {
    /// Put together.
    pub complete: u64,
    /// Still waiting for fragments.
    pub waiting: u64,
    /// Not whole after [`Reassembler::EXPIRY`].
    pub expired: u64,
    /// Given up for newer ones as memory ran out.
    pub evicted: u64,
    /// Fragments of them overlapped.
    pub overlapping: u64,
}

/// Puts fragments together.
#[derive(Debug)]
pub struct Reassembler {
    /// Hardly ever is there more than one for a key.
    partials: HashMap<Key, Vec<Partial>, RandomState>,
    /// Oldest first; an entry whose serial number is none of the map's is stale.
    order: VecDeque<(Key, u64)>,
    serial: u64,
    waiting: usize,
    memory: usize,
    memory_limit: usize,
    fates: Fates,
}

/// What the fragments of a packet have in common: equal ones of two networks are kept apart.
///
/// Not the source: the fragments of a packet may lie in two files, where a capture was cut. Those
/// of one packet that was captured into several files at once are kept apart by [`Partial`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    interface: Option<InterfaceId>,
    vlans: Vlans,
    /// A hash of the tunnels around it, 0 if there is none. That it is seeded makes it as good as
    /// the tunnels themselves.
    tunnels: u64,
    addrs: AddrPair,
    id: u32,
}

impl Reassembler {
    /// How long fragments are kept, in capture time (RFC 8200 section 4.5).
    pub const EXPIRY: Duration = Duration::from_mins(1);

    /// Octets that a message takes beside its fragments.
    const ENTRY: usize =
        size_of::<(Key, Vec<Partial>)>() + size_of::<Partial>() + size_of::<(Key, u64)>() * 2;

    /// Keeps within `memory_limit` octets; 0 puts nothing together.
    pub fn new(memory_limit: usize) -> Self {
        Self {
            partials: HashMap::default(),
            order: VecDeque::new(),
            serial: 0,
            waiting: 0,
            memory: 0,
            memory_limit,
            fates: Fates::default(),
        }
    }

    /// Takes a fragment, captured as `frame` on `interface` at `now`. Any packet may be given: those
    /// that are no fragments of ICMP messages are told apart at once.
    ///
    /// In IPv6 a later fragment may name another extension header where ICMPv6 stands behind that,
    /// so fragments among the packets that are not ICMP belong here too. They are kept, and told to
    /// be [`Reassembly::NotIcmpFragment`] until one that names ICMPv6 has come.
    pub fn feed(
        &mut self,
        packet: &Packet<'_>,
        frame: FrameRef,
        interface: Option<InterfaceId>,
        now: Timestamp,
    ) -> Reassembly {
        let ip = &packet.ip;
        let Some(fragment) = ip.fragment.filter(|_| may_be_icmp(ip)) else {
            return Reassembly::NotIcmpFragment;
        };
        self.expire(now);
        let key = Key {
            interface,
            vlans: packet.link.vlans,
            tunnels: self.hash(packet.tunnels),
            addrs: ip.addrs,
            id: ip.id.unwrap_or_default(),
        };
        let (outcome, is_icmp) = self.place(key, ip, fragment, frame, now);
        if is_icmp {
            outcome
        } else {
            Reassembly::NotIcmpFragment
        }
    }

    fn hash(&self, tunnels: TunnelPath<'_>) -> u64 {
        let hasher = self.partials.hasher();
        tunnels
            .iter()
            .fold(0, |hash, tunnel| hasher.hash_one((hash, tunnel)))
    }

    /// What the fragment came to, and whether its message is known to be ICMP.
    fn place(
        &mut self,
        key: Key,
        ip: &Ip<'_>,
        fragment: Fragment,
        frame: FrameRef,
        now: Timestamp,
    ) -> (Reassembly, bool) {
        let Some(part) = fragmentable_part(ip) else {
            return (Reassembly::Refused(Refusal::Cut), names_icmp(ip));
        };
        let piece = match Piece::new(ip, fragment, part, frame) {
            Ok(piece) => piece,
            Err(refusal) => {
                let known = self.partials.get(&key).into_iter().flatten();
                let is_icmp = names_icmp(ip) || known.into_iter().any(Partial::is_icmp);
                return (Reassembly::Refused(refusal), is_icmp);
            }
        };
        let there = self.partials.entry(key).or_default();
        let own = there
            .iter()
            .position(|p| p.source() == Some(frame.source()));
        let found = own.or_else(|| there.iter().position(|p| p.lacks(&piece)));
        let index = found.unwrap_or_else(|| {
            self.serial += 1;
            self.order.push_back((key, self.serial));
            self.waiting += 1;
            self.memory += Self::ENTRY;
            there.push(Partial::new(self.serial, now));
            there.len() - 1
        });
        let Some(partial) = there.get_mut(index) else {
            return (Reassembly::NotIcmpFragment, false);
        };
        let before = partial.memory();
        let outcome = partial.add(&piece, part, ip);
        let (serial, is_icmp) = (partial.serial(), partial.is_icmp());
        self.memory = (self.memory + partial.memory()).saturating_sub(before);
        if let Reassembly::Complete(_) = outcome {
            self.fates.complete += 1;
            self.remove(&key, serial);
        }
        self.shrink();
        (outcome, is_icmp)
    }

    /// Gives up what is older than [`Reassembler::EXPIRY`]. Time that goes backwards expires
    /// nothing.
    pub fn expire(&mut self, now: Timestamp) {
        while let Some((key, partial)) = self.oldest() {
            let age = now.since(partial.started());
            if age.is_none_or(|age| age < Self::EXPIRY) {
                break;
            }
            let serial = partial.serial();
            match partial.fate() {
                Some(Fate::Overlapping) => self.fates.overlapping += 1,
                Some(Fate::Waiting) => self.fates.expired += 1,
                None => {}
            }
            self.remove(&key, serial);
        }
    }

    /// What became of all messages so far. Counts what waits by going through it.
    pub fn fates(&self) -> Fates {
        let mut fates = self.fates;
        for partial in self.partials.values().flatten() {
            match partial.fate() {
                Some(Fate::Overlapping) => fates.overlapping += 1,
                Some(Fate::Waiting) => fates.waiting += 1,
                None => {}
            }
        }
        fates
    }

    /// How many messages wait for fragments.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// Octets in use.
    pub fn memory(&self) -> usize {
        self.memory
    }

    /// The oldest message, stale places in the order dropped.
    fn oldest(&mut self) -> Option<(Key, &Partial)> {
        while let Some(&(key, serial)) = self.order.front() {
            if find(&self.partials, &key, serial).is_some() {
                break;
            }
            self.order.pop_front();
        }
        let &(key, serial) = self.order.front()?;
        Some((key, find(&self.partials, &key, serial)?))
    }

    fn remove(&mut self, key: &Key, serial: u64) {
        let Some(there) = self.partials.get_mut(key) else {
            return;
        };
        if let Some(index) = there.iter().position(|p| p.serial() == serial) {
            let partial = there.remove(index);
            self.waiting -= 1;
            self.memory = self.memory.saturating_sub(Self::ENTRY + partial.memory());
        }
        if there.is_empty() {
            self.partials.remove(key);
        }
    }

    /// Gives up the oldest until what is kept fits, and tidies the order when most of it is stale.
    fn shrink(&mut self) {
        while self.memory > self.memory_limit {
            let Some((key, partial)) = self.oldest() else {
                break;
            };
            let serial = partial.serial();
            match partial.fate() {
                Some(Fate::Overlapping) => self.fates.overlapping += 1,
                Some(Fate::Waiting) => self.fates.evicted += 1,
                None => {}
            }
            self.remove(&key, serial);
        }
        if self.order.len() > 2 * self.waiting + 16 {
            let partials = &self.partials;
            self.order
                .retain(|(key, serial)| find(partials, key, *serial).is_some());
        }
    }
}

fn find<'a>(
    partials: &'a HashMap<Key, Vec<Partial>, RandomState>,
    key: &Key,
    serial: u64,
) -> Option<&'a Partial> {
    let mut there = partials.get(key)?.iter();
    there.find(|partial| partial.serial() == serial)
}

/// Whether the message that `ip` is a fragment of may be ICMP, as far as this fragment tells.
fn may_be_icmp(ip: &Ip<'_>) -> bool {
    let names_extension = matches!(ip.protocol, protocol::DEST_OPTIONS | protocol::AH);
    names_icmp(ip) || ip.version == IpVersion::V6 && ip.is_later_fragment() && names_extension
}

fn names_icmp(ip: &Ip<'_>) -> bool {
    matches!(ip.protocol, protocol::ICMP | protocol::IPV6_ICMP)
}
