//! The packets of which fragments wait for others, oldest first.

use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasher;

use foldhash::fast::RandomState;

use super::counted::{Appearance, Became, Counted};
use super::fragment::Piece;
use super::given_up::GivenUp;
use super::missing::Gaps;
use super::partial::{Added, Partial};
use super::recent::{self, Known, Lead, Recent};
use super::{Came, Fates, Reassembler, Reassembly, Tells};
use crate::model::{AddrPair, FrameRef, InterfaceId, SourceId, Timestamp};
use crate::wire::ip::{FragmentablePart, Ip};
use crate::wire::link::Vlans;
use crate::wire::tunnel::TunnelPath;

/// What the fragments of a packet have in common: equal ones of two networks are kept apart.
///
/// Not the source: the fragments of a packet may lie in two files, where a capture was cut. Those
/// of one packet that was captured into several files at once, or at several hops into one, are kept
/// apart by [`Partial`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) interface: Option<InterfaceId>,
    pub(super) vlans: Vlans,
    /// A hash of the tunnels around it, 0 if there is none. That it is seeded makes it as good as
    /// the tunnels themselves.
    pub(super) tunnels: u64,
    pub(super) addrs: AddrPair,
    /// Protocol of IPv4 (RFC 791 section 3.2); 0 in IPv6, whose identifiers serve all of them.
    pub(super) protocol: u8,
    pub(super) id: u32,
}

/// Packets of which fragments came.
#[derive(Debug)]
pub(super) struct Table {
    /// Hardly ever is there more than one for a key.
    partials: HashMap<Key, Vec<Partial>, RandomState>,
    /// Oldest first; an entry whose serial number is none of the map's is stale.
    pub(super) order: VecDeque<(Key, u64)>,
    serial: u64,
    waiting: usize,
    memory: usize,
    memory_limit: usize,
    counted: Counted,
    /// The packet that was put together last.
    whole: Option<Appearance>,
    recent: Recent,
    given_up: GivenUp,
    /// The first fragments of those that were evicted for the last one.
    evicted: Vec<FrameRef>,
}

impl Table {
    /// Octets that a packet takes beside its fragments.
    const ENTRY: usize =
        size_of::<(Key, Vec<Partial>)>() + size_of::<Partial>() + size_of::<(Key, u64)>() * 2;

    /// Keeps within `memory_limit` octets; 0 puts nothing together. Keys are the same for tables that have the
    /// same `hasher`.
    pub(super) fn new(memory_limit: usize, hasher: RandomState) -> Self {
        Self {
            partials: HashMap::with_hasher(hasher),
            order: VecDeque::new(),
            serial: 0,
            waiting: 0,
            memory: 0,
            memory_limit,
            counted: Counted::default(),
            whole: None,
            recent: Recent::default(),
            given_up: GivenUp::default(),
            evicted: Vec::new(),
        }
    }

    /// The first fragments of the messages that were evicted for the last one.
    pub(super) fn evicted(&self) -> &[FrameRef] {
        &self.evicted
    }

    /// Another fragment comes.
    pub(super) fn forget_evicted(&mut self) {
        self.evicted.clear();
    }

    pub(super) fn hasher(&self) -> RandomState {
        self.partials.hasher().clone()
    }

    /// The fragmentable part of the packet that was put together a little while ago and captured in
    /// `source`, and the header that its fragment header names.
    pub(super) fn whole(&self, key: &Key, source: SourceId) -> Option<(Vec<u8>, Option<u8>)> {
        self.recent.whole(key, source)
    }

    /// The packet that was put together last turned out to carry ICMP.
    pub(super) fn newest_is_icmp(&mut self) {
        self.recent.newest_is_icmp();
    }

    /// A hash of tunnels, inside of others of which `around` is one.
    pub(super) fn hash_tunnels(&self, around: u64, tunnels: TunnelPath<'_>) -> u64 {
        let hasher = self.partials.hasher();
        tunnels
            .iter()
            .fold(around, |hash, tunnel| hasher.hash_one((hash, tunnel)))
    }

    pub(super) fn hash(&self, key: &Key) -> u64 {
        self.partials.hasher().hash_one(key)
    }

    /// Whether a fragment of the packet is known to be ICMP's.
    pub(super) fn is_icmp(&self, key: &Key) -> bool {
        let mut known = self.partials.get(key).into_iter().flatten();
        known.any(Partial::is_icmp)
    }

    /// What the fragment came to, and whether its packet is known to be ICMP's.
    pub(super) fn place(
        &mut self,
        key: Key,
        piece: &Piece,
        (part, ip): (FragmentablePart<'_>, &Ip<'_>),
        tells: Tells,
        came: Came<'_>,
    ) -> (Added, bool) {
        let now = came.now;
        let lead = Lead::of(ip.payload);
        let waiting = self.partials.get(&key).into_iter().flatten();
        let mut copied = waiting.filter_map(|partial| partial.copied(piece, part));
        let copied = copied.next_back();
        let met = (self.recent)
            .find(&key, (piece, lead), part, now)
            .or(copied);
        let known = met.filter(Known::is_copy);
        self.forget_kin(&key, piece, known.is_none(), now);
        let is_rest = !self.given_up.is_empty() && self.given_up.lacks(self.hash(&key), piece, now);
        let there = self.partials.entry(key).or_default();
        let of = |is_it: &dyn Fn(&Partial) -> bool| there.iter().position(is_it);
        let is_new = copied.is_none();
        let found = of(&|p| p.was_seen_as(piece))
            .or_else(|| of(&|p| is_new && p.meets(piece, part)))
            .or_else(|| of(&|p| is_new && p.is_of_source_of(piece) && p.lacks_of_any(piece)))
            // A copy of what its own file has all of is no part of what another one has.
            .or_else(|| {
                let may_follow = |p: &Partial| {
                    (p.is_expected() || came.follows(p.started())) && p.lacks_of_any(piece)
                };
                of(&|p| known.is_none() && may_follow(p))
            });
        let index = found.unwrap_or_else(|| {
            self.serial += 1;
            self.order.push_back((key, self.serial));
            self.waiting += 1;
            self.memory += Self::ENTRY;
            there.push(Partial::new(self.serial, now));
            there.len() - 1
        });
        let Some(partial) = there.get_mut(index) else {
            return (Added::Outcome(Reassembly::NotIcmpFragment), false);
        };
        let before = partial.memory();
        partial.takes(met);
        partial.takes_rest(is_rest);
        let mut outcome = partial.add(piece, part, ip, tells, came);
        let (serial, is_icmp) = (partial.serial(), partial.is_icmp());
        self.memory = (self.memory + partial.memory()).saturating_sub(before);
        match (&mut outcome, met) {
            (Added::Whole(whole), _) => {
                let message = whole.octets.get(whole.first.skip..);
                let lead = message.and_then(Lead::of);
                let next = whole.first.next();
                whole.copy_of = met.filter(|_| partial.is_copy()).map(|met| met.of);
                self.whole = Some(Appearance {
                    lead,
                    content: message.map(|octets| self.counted.hash(octets)),
                    ..partial.appearance(key)
                });
                let is_copy = whole.copy_of.is_some();
                if let Some(partial) = self.remove(&key, serial)
                    && !(is_copy && self.recent.came_again(&key, piece.frame().source(), now))
                {
                    let kept = partial.into_kept();
                    self.recent.add((key, is_icmp), (lead, next), kept, now);
                }
            }
            (Added::Outcome(alone), Some(met)) if partial.is_kin() => {
                let is_first_copy = alone.missing().is_some();
                if met.is_copy() {
                    if is_first_copy && met.shows {
                        partial.is_told(came.frames());
                    }
                    outcome = Added::Again(met);
                } else if is_first_copy {
                    outcome = Added::Outcome(met.outcome());
                }
            }
            _ => {}
        }
        self.shrink(now);
        (outcome, is_icmp)
    }

    /// A fragment of the message is on its way in fragments of its own: from now on it counts, once for all
    /// of these.
    pub(super) fn expect(&mut self, key: Key, now: Timestamp) {
        let is_counted = !self.given_up.is_empty() && self.given_up.knows(self.hash(&key), now);
        if is_counted || self.partials.contains_key(&key) {
            return;
        }
        self.serial += 1;
        let partial = Partial::expected(self.serial, now);
        self.enter(key, partial);
        self.shrink(now);
    }

    /// Gives up copies of fragments, and others in their places, before `piece` of the same file if it does
    /// not fit behind them, or comes later than copies do: an identification that is used again.
    fn forget_kin(&mut self, key: &Key, piece: &Piece, is_new: bool, now: Timestamp) {
        let there = self.partials.get(key).into_iter().flatten();
        let mut kin = there.filter(|partial| {
            let is_late = !recent::is_recent(partial.started(), now);
            let is_other = is_new && partial.is_of_source_of(piece) && !partial.lacks(piece);
            partial.is_kin() && (is_late || is_other)
        });
        if let Some(serial) = kin.next().map(Partial::serial) {
            self.remove(key, serial);
        }
    }

    /// Whether a fragment is there that begins the packet.
    pub(super) fn begins(&self, key: &Key) -> bool {
        let mut there = self.partials.get(key).into_iter().flatten();
        there.any(Partial::begins)
    }

    /// Gives away fragments of a packet that turned out to be another than this table's.
    pub(super) fn hand_over(
        &mut self,
        key: &Key,
        is_other: impl Fn(&Partial) -> bool,
    ) -> Vec<Partial> {
        let Some(there) = self.partials.get_mut(key) else {
            return Vec::new();
        };
        let given: Vec<_> = there.extract_if(.., |partial| is_other(partial)).collect();
        if there.is_empty() {
            self.partials.remove(key);
        }
        for partial in &given {
            self.release(partial);
        }
        given
    }

    /// Takes what another table had of a packet.
    pub(super) fn take_over(&mut self, key: &Key, given: Vec<Partial>) {
        if given.is_empty() {
            return;
        }
        // They are of the one that is expected.
        let there = self.partials.get(key).into_iter().flatten();
        let expected = there.filter(|partial| partial.is_expected());
        for serial in expected.map(Partial::serial).collect::<Vec<_>>() {
            self.remove(key, serial);
        }
        for mut partial in given {
            self.serial += 1;
            partial.begins_anew(self.serial);
            self.enter(*key, partial);
        }
    }

    /// The newest.
    fn enter(&mut self, key: Key, partial: Partial) {
        self.order.push_back((key, partial.serial()));
        self.waiting += 1;
        self.memory += Self::ENTRY + partial.memory();
        self.partials.entry(key).or_default().push(partial);
    }

    /// The packet that was put together last is a message, or holds one.
    pub(super) fn completed(&mut self) {
        if let Some(whole) = self.whole.take() {
            self.counted.count(whole, Became::Whole);
        }
    }

    /// Gives up what came of a packet that turned out to hold no ICMP.
    pub(super) fn forget(&mut self, key: &Key) {
        if self.waiting == 0 {
            return;
        }
        for partial in self.partials.remove(key).into_iter().flatten() {
            if let Some(became) = partial.became(Became::Evicted) {
                self.counted.count(partial.appearance(*key), became);
            }
            self.release(&partial);
        }
    }

    /// Gives up what is older than [`Reassembler::EXPIRY`]. Time that goes backwards expires
    /// nothing.
    pub(super) fn expire(&mut self, now: Timestamp) {
        while let Some((key, partial)) = self.oldest() {
            let age = now.since(partial.started());
            if age.is_none_or(|age| age < Reassembler::EXPIRY) {
                break;
            }
            let (serial, gaps) = (partial.serial(), partial.gaps());
            let (message, became) = (partial.appearance(key), partial.became(Became::Expired));
            self.gave_up((message, became), gaps, now);
            self.remove(&key, serial);
        }
    }

    /// A packet that lacks these octets was given up. What comes of it yet is not to be counted again.
    fn gave_up(
        &mut self,
        (message, became): (Appearance, Option<Became>),
        gaps: Gaps,
        now: Timestamp,
    ) {
        let Some(became) = became else {
            return;
        };
        if became != Became::Overlapping {
            self.given_up.insert(self.hash(&message.key), gaps, now);
        }
        self.counted.count(message, became);
    }

    /// What became of all so far. Counts what waits by going through it.
    pub(super) fn fates(&self) -> Fates {
        let all = (self.partials.iter())
            .flat_map(|(key, there)| there.iter().map(|partial| (*key, partial)));
        let mut waiting: Vec<_> = all
            .filter_map(|(key, partial)| {
                let became = partial.became(Became::Waiting)?;
                Some((partial.serial(), (partial.appearance(key), became)))
            })
            .collect();
        waiting.sort_unstable_by_key(|(serial, _)| *serial);
        self.counted
            .fates(waiting.into_iter().map(|(_, message)| message))
    }

    /// How many packets wait for fragments.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// Octets in use.
    pub(super) fn memory(&self) -> usize {
        self.memory
    }

    /// The oldest packet, stale places in the order dropped.
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

    fn remove(&mut self, key: &Key, serial: u64) -> Option<Partial> {
        let there = self.partials.get_mut(key)?;
        let found = there.iter().position(|p| p.serial() == serial);
        let removed = found.map(|index| there.remove(index));
        if there.is_empty() {
            self.partials.remove(key);
        }
        if let Some(partial) = &removed {
            self.release(partial);
        }
        removed
    }

    fn release(&mut self, partial: &Partial) {
        self.waiting -= 1;
        self.memory = self.memory.saturating_sub(Self::ENTRY + partial.memory());
    }

    /// Gives up the oldest until what is kept fits, and tidies the order when most of it is stale.
    fn shrink(&mut self, now: Timestamp) {
        while self.memory > self.memory_limit {
            let Some((key, partial)) = self.oldest() else {
                break;
            };
            let (serial, gaps) = (partial.serial(), partial.gaps());
            let (message, became) = (partial.appearance(key), partial.became(Became::Evicted));
            let first = partial.begins_in().filter(|_| partial.is_icmp());
            self.evicted.extend(first);
            self.gave_up((message, became), gaps, now);
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
