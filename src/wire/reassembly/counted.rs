//! What became of messages, each counted once: the same one may be captured on several interfaces, in several
//! files, at several hops, and in a tunnel and outside of it.

use std::cmp::Ordering;
use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasher;
use std::time::Duration;

use foldhash::fast::RandomState;

use super::fragment::Hops;
use super::recent::{COPY_WINDOW, Lead};
use super::table::Key;
use super::{Fates, Reassembler};
use crate::model::{AddrPair, SourceId, Timestamp};

/// Messages of one number that begin in so short a time, at different points of capture, are one; their clocks
/// may differ.
const SAME: Duration = Duration::from_secs(10);
/// Messages that are remembered, at most: copies that come after so many others count anew.
const MESSAGES: usize = 1 << 13;
/// Points of capture of one message that are told apart.
const POINTS: usize = 8;
/// Of the messages of one number a new one is compared with so many, the newest.
const ALIKE: usize = 8;

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Became {
    Whole,
    Waiting,
    Expired,
    Evicted,
    Overlapping,
}

impl Became {
    fn of(self, fates: &mut Fates) -> &mut u64 {
        match self {
            Self::Whole => &mut fates.complete,
            Self::Waiting => &mut fates.waiting,
            Self::Expired => &mut fates.expired,
            Self::Evicted => &mut fates.evicted,
            Self::Overlapping => &mut fates.overlapping,
        }
    }
}

/// What its fragments have in common wherever they are captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Number {
    addrs: AddrPair,
    protocol: u8,
    id: u32,
}

impl Number {
    const fn of(key: &Key) -> Self {
        Self {
            addrs: key.addrs,
            protocol: key.protocol,
            id: key.id,
        }
    }
}

/// A message as it was captured at one point.
#[derive(Clone, Copy, Debug)]
pub(super) struct Appearance {
    pub(super) key: Key,
    /// File and TTL, if any fragment of it came that counts.
    pub(super) seen_as: Option<(SourceId, Hops)>,
    pub(super) since: Timestamp,
    pub(super) lead: Option<Lead>,
    /// Hash of all of it, if it is whole.
    pub(super) content: Option<u64>,
}

/// A message that is counted.
#[derive(Clone, Debug)]
struct Message {
    lead: Option<Lead>,
    content: Option<u64>,
    seen: Vec<Seen>,
    became: Became,
}

/// Where and when it was captured.
#[derive(Clone, Copy, Debug)]
struct Seen {
    /// Hash of the key.
    key: u64,
    at: Option<(SourceId, Hops)>,
    since: Timestamp,
}

impl Message {
    /// Whether `other`, captured so, may be it once more: nothing that they hold differs, and all were captured at
    /// different points or, as by a mirror, at once.
    fn may_be(&self, other: &Appearance, seen: &Seen) -> bool {
        fn differ<T: PartialEq>(one: Option<T>, other: Option<T>) -> bool {
            one.zip(other).is_some_and(|(one, other)| one != other)
        }
        !differ(self.lead, other.lead)
            && !differ(self.content, other.content)
            && self.seen.iter().all(|before| before.may_be(seen))
    }

    /// Takes note of it as it was captured once more.
    fn takes(&mut self, other: &Appearance, seen: Seen) {
        self.lead = self.lead.or(other.lead);
        self.content = self.content.or(other.content);
        if self.seen.len() < POINTS {
            self.seen.push(seen);
        }
    }
}

impl Seen {
    /// Whether one message may be captured so and so. On its way TTLs only fall.
    fn may_be(&self, other: &Self) -> bool {
        // Where time is not told it is no evidence against.
        let apart = self.since.apart(other.since);
        if apart.is_some_and(|apart| apart >= SAME) {
            return false;
        }
        let Some(((source, hops), (other_source, other_hops))) = self.at.zip(other.at) else {
            return true;
        };
        if self.key != other.key || source != other_source {
            return true;
        }
        let lower = |one: Hops, other: Hops| one.ttl < other.ttl || one.around < other.around;
        let has_passed = match self.since.cmp(&other.since) {
            Ordering::Less => lower(other_hops, hops),
            Ordering::Equal => true,
            Ordering::Greater => lower(hops, other_hops),
        };
        has_passed || hops == other_hops && apart.is_none_or(|apart| apart <= COPY_WINDOW)
    }
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Counted {
    fates: Fates,
    messages: HashMap<Number, VecDeque<Message>, RandomState>,
    /// In the order in which they were counted, with when they began.
    order: VecDeque<(Number, Timestamp)>,
}

impl Counted {
    /// Of what a message holds: [`Appearance::content`].
    pub(super) fn hash(&self, content: &[u8]) -> u64 {
        self.messages.hasher().hash_one(content)
    }

    /// Takes note of what became of a message that was captured so. What was put together at one point is whole,
    /// whatever others lack of it.
    pub(super) fn count(&mut self, message: Appearance, became: Became) {
        let number = Number::of(&message.key);
        let seen = Seen {
            key: self.messages.hasher().hash_one(message.key),
            at: message.seen_as,
            since: message.since,
        };
        let there = self.messages.entry(number).or_default();
        let mut newest = there.iter_mut().rev().take(ALIKE);
        if let Some(known) = newest.find(|known| known.may_be(&message, &seen)) {
            known.takes(&message, seen);
            if became == Became::Whole && known.became != Became::Whole {
                *known.became.of(&mut self.fates) -= 1;
                *Became::Whole.of(&mut self.fates) += 1;
                known.became = Became::Whole;
            }
            return;
        }
        there.push_back(Message {
            lead: message.lead,
            content: message.content,
            seen: vec![seen],
            became,
        });
        *became.of(&mut self.fates) += 1;
        self.order.push_back((number, message.since));
        self.forget(message.since);
    }

    /// Forgets what no copy can be of any more.
    fn forget(&mut self, now: Timestamp) {
        let is_over = |since: Timestamp| {
            (now.since(since)).is_some_and(|age| age >= Reassembler::EXPIRY + SAME)
        };
        while self.order.len() > MESSAGES
            || (self.order.front()).is_some_and(|&(_, since)| is_over(since))
        {
            let Some((number, _)) = self.order.pop_front() else {
                break;
            };
            let Some(there) = self.messages.get_mut(&number) else {
                continue;
            };
            there.pop_front();
            if there.is_empty() {
                self.messages.remove(&number);
            }
        }
    }

    /// What became of all so far, where these wait for fragments, in the order in which they came.
    pub(super) fn fates(&self, waiting: impl Iterator<Item = (Appearance, Became)>) -> Fates {
        let mut waiting = waiting.peekable();
        if waiting.peek().is_none() {
            return self.fates;
        }
        let mut counted = self.clone();
        waiting.for_each(|(message, became)| counted.count(message, became));
        counted.fates
    }
}
