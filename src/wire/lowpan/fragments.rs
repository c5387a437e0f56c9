//! The fragments of a datagram that is longer than a frame (RFC 4944 section 5.3, RFC 8931).
//!
//! Only the first has the IPv6 header. It is kept for those behind it, so that each is a fragment
//! of that packet; [`super::super::reassembly`] puts them together as it does IP's. Those that come
//! before it are kept for it.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Duration;

use super::Pan;
use super::make::put_length;
use crate::model::{Expanded, FrameRef, LinkFragment, Timestamp, UnknownPrefix};
use crate::wire::Undecodable;
use crate::wire::defect::Limit;
use crate::wire::ip::Ip;
use crate::wire::link::LinkAddress;
use crate::wire::reassembly::Reassembler;

/// What the fragments of a datagram have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) pan: Pan,
    /// The ends of the tunnel that it was captured in.
    pub(super) tunnel: Option<(IpAddr, IpAddr)>,
    pub(super) src: Option<LinkAddress>,
    pub(super) dst: Option<LinkAddress>,
    pub(super) tag: u16,
    pub(super) kind: Kind,
}

/// Which of the two ways a datagram is fragmented in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// RFC 4944: every fragment tells the size of the datagram.
    Plain { size: u16 },
    /// RFC 8931: places are those in the compressed datagram.
    Recoverable,
}

impl Kind {
    /// Octets that the lengths of all fragments but the last are a multiple of.
    pub(super) const fn unit(self) -> u8 {
        match self {
            Self::Plain { .. } => 8,
            Self::Recoverable => 1,
        }
    }
}

/// A fragment without a header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Later<'a> {
    /// Octets of the datagram before it, as its header counts them.
    pub(super) offset: usize,
    pub(super) octets: &'a [u8],
    pub(super) on_wire: usize,
}

/// What a first fragment tells of those behind it.
#[derive(Clone, Copy, Debug)]
struct First {
    key: Key,
    since: Timestamp,
    /// The IPv6 header, naming the upper layer.
    header: [u8; 40],
    unknown_prefix: UnknownPrefix,
    /// Octets of the datagram.
    size: u16,
    /// By how much the packet is longer than what was sent of it.
    shift: isize,
}

/// A fragment whose first one did not come yet.
#[derive(Debug)]
struct Early {
    key: Key,
    frame: FrameRef,
    since: Timestamp,
    offset: usize,
    on_wire: usize,
    octets: Vec<u8>,
}

impl Early {
    fn memory(&self) -> usize {
        size_of::<Self>() + self.octets.capacity()
    }
}

/// What is kept of fragments, latest last.
#[derive(Debug, Default)]
pub(super) struct Fragments {
    firsts: VecDeque<First>,
    early: VecDeque<Early>,
    early_memory: usize,
    /// The first fragment that came last, as long as early ones may be asked for.
    begun: Option<Key>,
}

impl Fragments {
    /// How many first fragments are kept.
    const FIRSTS: usize = 256;
    /// What early fragments may take, in octets.
    const EARLY_MEMORY: usize = 256 << 10;
    /// How long either is kept, in capture time (RFC 4944 section 5.3).
    const EXPIRY: Duration = Reassembler::EXPIRY;

    /// Another frame comes, at `now`: gives up what is too old for it. Time that goes backwards
    /// gives up nothing.
    pub(super) fn advance(&mut self, now: Timestamp) {
        self.begun = None;
        let is_old = |since| (now.since(since)).is_some_and(|age| age >= Self::EXPIRY);
        while (self.firsts.front()).is_some_and(|first| is_old(first.since)) {
            self.firsts.pop_front();
        }
        while (self.early.front()).is_some_and(|early| is_old(early.since)) {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        if let Some(early) = self.early.pop_front() {
            self.early_memory -= early.memory();
        }
    }

    /// Keeps the header of the first fragment in `made`, whose packet is longer by `shift` octets
    /// than what was sent of it.
    pub(super) fn add(&mut self, key: Key, now: Timestamp, shift: isize, made: &Expanded) {
        const NEXT_HEADER: usize = 6;
        let Ok(ip) = Ip::parse(&made.octets, Limit::Frame) else {
            return;
        };
        let (Some(mut header), Some(fragment)) =
            (made.octets.first_chunk().copied(), made.fragment)
        else {
            return;
        };
        header[NEXT_HEADER] = ip.protocol;
        self.forget(key);
        if self.firsts.len() == Self::FIRSTS {
            self.firsts.pop_front();
        }
        self.firsts.push_back(First {
            key,
            since: now,
            header,
            unknown_prefix: made.unknown_prefix,
            size: fragment.size,
            shift,
        });
        self.begun = Some(key);
    }

    /// A datagram is given up by its sender (RFC 8931 section 5.1).
    pub(super) fn abort(&mut self, key: Key) {
        self.forget(key);
        self.early.retain(|early| early.key != key);
        self.early_memory = self.early.iter().map(Early::memory).sum();
    }

    fn forget(&mut self, key: Key) {
        self.firsts.retain(|first| first.key != key);
    }

    /// Makes a packet of a later fragment with the header that came before, or else keeps the
    /// fragment for that.
    pub(super) fn behind(
        &mut self,
        key: Key,
        later: &Later<'_>,
        (frame, now): (FrameRef, Timestamp),
        into: &mut Expanded,
    ) -> Result<(), Undecodable> {
        if let Some(first) = self.firsts.iter().rev().find(|first| first.key == key) {
            return first.with(later, into);
        }
        let early = Early {
            key,
            frame,
            since: now,
            offset: later.offset,
            on_wire: later.on_wire,
            octets: later.octets.to_vec(),
        };
        self.early_memory += early.memory();
        self.early.push_back(early);
        while self.early_memory > Self::EARLY_MEMORY {
            self.drop_oldest();
        }
        Err(Undecodable::FirstFragment)
    }

    /// Makes a packet of a fragment that came before the first one, if that came last and such a
    /// one is left; says in which frame that was.
    pub(super) fn earlier(&mut self, into: &mut Expanded) -> Option<FrameRef> {
        let key = self.begun?;
        let first = *self.firsts.back().filter(|first| first.key == key)?;
        loop {
            let at = self.early.iter().position(|early| early.key == key)?;
            let early = self.early.remove(at)?;
            self.early_memory -= early.memory();
            let later = Later {
                offset: early.offset,
                octets: &early.octets,
                on_wire: early.on_wire,
            };
            into.clear();
            if first.with(&later, into).is_ok() {
                return Some(early.frame);
            }
        }
    }
}

impl First {
    /// The packet that a later fragment makes behind this one's header.
    fn with(&self, later: &Later<'_>, into: &mut Expanded) -> Result<(), Undecodable> {
        let offset = later.offset.checked_add_signed(self.shift);
        // In the place of the header there is no fragment.
        let offset = offset.filter(|offset| *offset >= self.header.len());
        let offset = u16::try_from(offset.ok_or(Undecodable::Malformed)?);
        into.octets.extend_from_slice(&self.header);
        into.octets.extend_from_slice(later.octets);
        let length = usize::from(self.size).saturating_sub(self.header.len());
        put_length(&mut into.octets, 4, length);
        into.set_wire_len(self.header.len() + later.on_wire);
        into.unknown_prefix = self.unknown_prefix;
        into.fragment = Some(LinkFragment {
            tag: self.key.tag,
            size: self.size,
            offset: offset.map_err(|_| Undecodable::Malformed)?,
            unit: self.key.kind.unit(),
        });
        Ok(())
    }
}
