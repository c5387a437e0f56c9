//! Reassembly of fragmented ICMP messages (RFC 791 section 3.2, RFC 8200 section 4.5), and of the
//! packets of tunnels that may carry one, bounded in octets and in capture time.
//!
//! A packet is whole when every octet of it came exactly once. Overlapping fragments are told and
//! never merged: which octets the receiver kept is not known (RFC 1858, RFC 5722).

mod came;
mod carried;
mod counted;
mod fragment;
mod given_up;
mod missing;
mod overlap;
mod partial;
mod pieces;
mod reassembled;
mod recent;
mod refusal;
mod table;
#[cfg(test)]
mod tests;
mod unwanted;

use std::time::Duration;

use foldhash::fast::RandomState;

use super::Opener;
use super::ip::{Fragment, Ip, IpVersion, fragmentable_part, protocol};
use super::piece::{Carrier, Piece};
use super::tunnel::{self, Packet, TunnelPath};
use crate::model::{Expanded, FrameRef, InterfaceId, SourceId, Timestamp};
use came::{Around, Came, Tells, key};
pub use carried::Carried;
use fragment::Piece as Part;
pub use missing::{Gap, Gaps, InPart, Missing};
pub use overlap::{Common, Octets};
use partial::{Added, Partial};
use pieces::Pieces;
pub use pieces::{Captured, Outcome, Told};
pub use reassembled::Reassembled;
pub use refusal::Refusal;
use table::{Key, Table};
use unwanted::Unwanted;

/// What a fragment came to.
#[derive(Clone, Debug)]
pub enum Reassembly {
    /// The packet is not a fragment of an ICMP message, as far as is known by now.
    NotIcmpFragment,
    /// More must come before the message is whole.
    Incomplete(Missing),
    /// It made the message whole.
    Complete(Box<Reassembled>),
    /// The same octets at the same place came before: the packet was captured or sent twice.
    Duplicate {
        /// Where they came.
        of: FrameRef,
    },
    /// It covers, differently, octets that came before. The message is not put together, unless it was
    /// whole already.
    Overlap {
        /// The frame of the fragment that it overlaps.
        with: FrameRef,
        /// Which octets of that; `None` for pieces of what was taken apart below IP.
        common: Option<Common>,
        /// The message, unless it was whole already.
        missing: Option<Missing>,
    },
    /// It cannot be part of a message, or the message not be made whole with it.
    Refused(Refusal),
}

impl Reassembly {
    /// The word that records use.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NotIcmpFragment => "not_icmp",
            Self::Incomplete(_) => "incomplete",
            Self::Complete(_) => "complete",
            Self::Duplicate { .. } => "duplicate",
            Self::Overlap { .. } => "overlap",
            Self::Refused(_) => "refused",
        }
    }

    /// The message that the fragment is of, unless that is whole or cannot be put together with it.
    pub fn missing(&self) -> Option<&Missing> {
        match self {
            Self::Incomplete(missing) | Self::Refused(Refusal::Overlapped(missing)) => {
                Some(missing)
            }
            Self::Overlap { missing, .. } => missing.as_ref(),
            Self::NotIcmpFragment
            | Self::Complete(_)
            | Self::Duplicate { .. }
            | Self::Refused(_) => None,
        }
    }

    /// How many fragments of a message that is whole were told to be [`Reassembly::NotIcmpFragment`]
    /// before it was known to be ICMP.
    pub fn told_as_other(&self) -> u64 {
        match self {
            Self::Complete(whole) => whole.told_as_other,
            _ => 0,
        }
    }
}

/// What became of fragmented messages. One that was captured at several points counts once, and as whole if it
/// is whole at any.
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
pub struct Reassembler {
    /// Messages of ICMP that are fragmented themselves.
    messages: Table,
    /// Packets of tunnels, which may carry one.
    carriers: Table,
    /// Those that carry none.
    unwanted: Unwanted,
    /// What the latest fragment made whole of those.
    carried: Carried,
    /// What was taken apart below IP.
    pieces: Pieces,
    /// When captures began, by their number.
    begun: Vec<Option<Timestamp>>,
    /// For tunnels' packets that are compressed or encrypted.
    pub opener: Opener,
}

impl Reassembler {
    /// How long fragments are kept, in capture time (RFC 8200 section 4.5).
    pub const EXPIRY: Duration = Duration::from_mins(1);

    /// Keeps within `memory_limit` octets for messages, the same for packets of tunnels, and the same
    /// for pieces of either; 0 puts no fragments together.
    pub fn new(memory_limit: usize) -> Self {
        let messages = Table::new(memory_limit, RandomState::default());
        Self {
            carriers: Table::new(memory_limit, messages.hasher()),
            messages,
            unwanted: Unwanted::default(),
            carried: Carried::default(),
            pieces: Pieces::new(memory_limit),
            begun: Vec::new(),
            opener: Opener::default(),
        }
    }

    /// The first frame of a capture came, at `now`. Of a packet whose fragments lie in two captures the
    /// second begins behind the first; what ran beside it has its own.
    pub fn capture_begins(&mut self, source: SourceId, now: Timestamp) {
        let at = usize::from(source.0);
        if self.begun.len() <= at {
            self.begun.resize(at + 1, None);
        }
        if let Some(begun) = self.begun.get_mut(at) {
            begun.get_or_insert(now);
        }
    }

    /// The first fragments of the messages that were given up for want of memory as the last one came.
    pub fn evicted(&self) -> impl Iterator<Item = FrameRef> + '_ {
        let evicted = [self.messages.evicted(), self.carriers.evicted()];
        evicted.into_iter().flatten().copied()
    }

    /// Takes a fragment, captured as `frame` on `interface` at `now`. Any packet may be given: those
    /// that are no fragments of ICMP messages are told apart at once.
    ///
    /// A later fragment of IPv6 may name anything, and one of IPv4 an extension header behind which ICMP
    /// stands, and a tunnel's packet may carry ICMP, so fragments among the packets that are not ICMP belong
    /// here too. They are kept, and told to be [`Reassembly::NotIcmpFragment`] until one that names
    /// ICMP has come. [`Self::take_carried`] tells of a tunnel's packet that is whole.
    pub fn feed(
        &mut self,
        packet: &Packet<'_>,
        frame: FrameRef,
        interface: Option<InterfaceId>,
        now: Timestamp,
    ) -> Reassembly {
        let came = Came {
            frame,
            interface,
            now,
            begun: (self.begun.get(usize::from(frame.source().0)).copied()).flatten(),
            told: usize::MAX,
            within: &[],
        };
        self.carried = Carried::default();
        self.messages.forget_evicted();
        self.carriers.forget_evicted();
        self.part(packet, Around::default(), came)
    }

    /// What is a fragment, or inside of one, with `around` around it.
    fn part(&mut self, packet: &Packet<'_>, around: Around, came: Came<'_>) -> Reassembly {
        if let Some((tunnels, outer)) = packet.tunnels.fragment() {
            let inside = self.around(around, packet.tunnels);
            let around = self.around(around, tunnels);
            let outcome = self.carrier(packet, around, &outer, came);
            if matches!(outcome, Reassembly::Incomplete(_)) && is_part_of_message(&packet.ip) {
                let key = key(packet, &packet.ip, inside, came.interface);
                self.messages.expect(key, came.now);
            }
            return outcome;
        }
        let around = self.around(around, packet.tunnels);
        let is_of_message = if tells_of_message(&packet.ip) {
            !self.is_of_carrier(packet, around, came)
        } else {
            self.is_of_message(packet, around, came.interface)
        };
        if is_of_message {
            return self.message(packet, around, came);
        }
        self.carrier(packet, around, &packet.ip, came)
    }

    /// `tunnels` and what is around them.
    fn around(&self, around: Around, tunnels: TunnelPath<'_>) -> Around {
        let outermost = || tunnels.encapsulations().find_map(|around| around.outer);
        let ttl = if around.depth == 0 && !tunnels.is_empty() {
            outermost().map_or(0, |ip| ip.ttl)
        } else {
            around.ttl
        };
        Around {
            hash: self.messages.hash_tunnels(around.hash, tunnels),
            depth: around.depth + tunnels.len(),
            ttl,
            ..around
        }
    }

    /// Whether it is a later fragment of a message that others told of, whatever it names itself: only the
    /// first fragment's next header counts (RFC 8200 section 4.5).
    fn is_of_message(
        &self,
        packet: &Packet<'_>,
        around: Around,
        interface: Option<InterfaceId>,
    ) -> bool {
        let ip = &packet.ip;
        self.messages.waiting() > 0
            && ip.is_later_fragment()
            && (self.messages).is_icmp(&key(packet, ip, around, interface))
    }

    /// The other way round: whether it is a later fragment of a packet whose first told that it is no
    /// message.
    fn is_of_carrier(&self, packet: &Packet<'_>, around: Around, came: Came<'_>) -> bool {
        let ip = &packet.ip;
        if ip.version != IpVersion::V6 || !ip.is_later_fragment() {
            return false;
        }
        let key = key(packet, ip, around, came.interface);
        !self.messages.begins(&key)
            && (self.carriers.begins(&key)
                || self.unwanted.contains(self.carriers.hash(&key), came.now))
    }

    /// What the fragment that was fed last made whole of tunnels' packets.
    pub fn take_carried(&mut self) -> Carried {
        std::mem::take(&mut self.carried)
    }

    /// A fragment of a message.
    fn message(&mut self, packet: &Packet<'_>, around: Around, came: Came<'_>) -> Reassembly {
        let ip = &packet.ip;
        let Some(fragment) = ip.fragment else {
            return Reassembly::NotIcmpFragment;
        };
        self.messages.expire(came.now);
        let key = key(packet, ip, around, came.interface);
        let is_icmp = names_icmp(ip);
        if is_icmp && self.carriers.waiting() > 0 {
            // Those before it named something else, or an extension header.
            let early = self.carriers.hand_over(&key, Partial::is_unknown);
            self.messages.take_over(&key, early);
        }
        let tells = if is_icmp {
            Tells::Message
        } else {
            Tells::Nothing
        };
        let seen = (came, around.ttl);
        match place(&mut self.messages, key, (ip, fragment), tells, seen) {
            (Added::Whole(whole), true) => {
                self.messages.completed();
                Reassembly::Complete(Box::new(Reassembled::message(*whole)))
            }
            (Added::Outcome(outcome), true) => outcome,
            (Added::Again(known), true) => known.outcome(),
            (_, false) => Reassembly::NotIcmpFragment,
        }
    }

    /// A fragment of a packet that may be a tunnel's.
    fn carrier(
        &mut self,
        packet: &Packet<'_>,
        around: Around,
        outer: &Ip<'_>,
        came: Came<'_>,
    ) -> Reassembly {
        // What fragments of IPv6 name tells nothing but of the first.
        let is_kept = outer.version == IpVersion::V6 || tunnel::may_be_fragment_of_carrier(outer);
        let fragment = outer.fragment.filter(|_| is_kept);
        let Some(fragment) = fragment else {
            return Reassembly::NotIcmpFragment;
        };
        self.carriers.expire(came.now);
        let key = key(packet, outer, around, came.interface);
        let hash_of_key = self.carriers.hash(&key);
        if !outer.is_later_fragment() {
            // What those before it named counts for nothing.
            let early = if outer.version == IpVersion::V6 && self.messages.waiting() > 0 {
                self.messages.hand_over(&key, Partial::is_headless)
            } else {
                Vec::new()
            };
            if !tunnel::may_lead_to_icmp(packet, outer) && !self.opener.may_open(&packet.ip) {
                self.unwanted.insert(hash_of_key, came.now);
                self.carriers.forget(&key);
                return Reassembly::NotIcmpFragment;
            }
            self.unwanted.remove(hash_of_key);
            self.carriers.take_over(&key, early);
        } else if self.unwanted.contains(hash_of_key, came.now) {
            return Reassembly::NotIcmpFragment;
        }
        let tells = if outer.is_later_fragment() || !names_icmp(&packet.ip) {
            Tells::Nothing
        } else if is_part_of_message(&packet.ip) {
            Tells::Part
        } else {
            Tells::Message
        };
        let seen = (came, around.ttl);
        let (added, is_icmp) = place(&mut self.carriers, key, (outer, fragment), tells, seen);
        match added {
            Added::Whole(whole) => self.inside((packet, outer), around, *whole, is_icmp, came),
            Added::Again(known) => self.again((packet, outer), around, (&key, known), came),
            // What is no message cannot be told as one.
            Added::Outcome(outcome)
                if is_icmp && (outer.is_later_fragment() || names_icmp(&packet.ip)) =>
            {
                outcome
            }
            Added::Outcome(_) => Reassembly::NotIcmpFragment,
        }
    }

    /// Takes a piece of a packet. What begins with it, or is whole with it, is made in `into`.
    pub fn piece(&mut self, piece: &Piece<'_>, captured: Captured, into: &mut Expanded) -> Outcome {
        self.pieces.feed(piece, captured, into)
    }

    /// The message in `ip`, which was put together in `made` of pieces in these frames; the first of
    /// them, if it told of it, did so up to `told_end`.
    pub fn complete(
        &mut self,
        ip: &Ip<'_>,
        made: &Expanded,
        frames: Vec<FrameRef>,
        told_end: usize,
    ) -> Reassembly {
        self.pieces.completed();
        let start = super::bytes::offset_in(&made.octets, ip.payload).unwrap_or(told_end);
        let told = told_end.saturating_sub(start).min(ip.payload.len());
        Reassembly::Complete(Box::new(Reassembled::of_pieces(ip, frames, told)))
    }

    /// Takes note of what the piece that was captured so, which begins a packet, told of it.
    pub fn note_told(&mut self, carrier: Carrier, captured: Captured, told: Told) {
        self.pieces.note(carrier, captured, told);
    }

    /// Gives up what is older than [`Reassembler::EXPIRY`]. Time that goes backwards expires
    /// nothing.
    pub fn expire(&mut self, now: Timestamp) {
        self.messages.expire(now);
        self.carriers.expire(now);
        self.pieces.expire(now);
    }

    /// What became of all messages so far. Counts what waits by going through it.
    pub fn fates(&self) -> Fates {
        let all = [
            self.messages.fates(),
            self.carriers.fates(),
            self.pieces.fates(),
        ];
        let sum = |of: fn(&Fates) -> u64| all.iter().map(of).sum();
        Fates {
            complete: sum(|fates| fates.complete),
            waiting: sum(|fates| fates.waiting),
            expired: sum(|fates| fates.expired),
            evicted: sum(|fates| fates.evicted),
            overlapping: sum(|fates| fates.overlapping),
        }
    }

    /// How many packets wait for fragments.
    pub fn waiting(&self) -> usize {
        self.messages.waiting() + self.carriers.waiting() + self.pieces.waiting()
    }

    /// Octets in use.
    pub fn memory(&self) -> usize {
        self.messages.memory() + self.carriers.memory() + self.pieces.memory()
    }
}

/// What a fragment came to among those of `table`, and whether its packet is known to be ICMP's.
fn place(
    table: &mut Table,
    key: Key,
    (ip, fragment): (&Ip<'_>, Fragment),
    tells: Tells,
    (came, around): (Came<'_>, u8),
) -> (Added, bool) {
    let refused = |why| Added::Outcome(Reassembly::Refused(why));
    let Some(part) = fragmentable_part(ip) else {
        return (refused(Refusal::Cut), tells != Tells::Nothing);
    };
    match Part::new(ip, fragment, part, (came.frame, around)) {
        Ok(piece) => table.place(key, &piece, (part, ip), tells, came),
        Err(why) => (refused(why), tells != Tells::Nothing || table.is_icmp(&key)),
    }
}

/// Whether `ip` tells that it is a fragment of an ICMP message. One of a fragment of such is not: what it
/// is of has the message as a tunnel's packet has.
fn tells_of_message(ip: &Ip<'_>) -> bool {
    names_icmp(ip) && !ip.may_be_cut_in_extension() && !ip.is_fragmented_again()
}

fn is_part_of_message(ip: &Ip<'_>) -> bool {
    ip.fragment.is_some() && tells_of_message(ip)
}

fn names_icmp(ip: &Ip<'_>) -> bool {
    protocol::is_icmp(ip.protocol)
}
