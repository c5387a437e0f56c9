//! Reassembly of fragmented ICMP messages (RFC 791 section 3.2, RFC 8200 section 4.5), and of the
//! packets of tunnels that may carry one, bounded in octets and in capture time.
//!
//! A packet is whole when every octet of it came exactly once. Overlapping fragments are told and
//! never merged: which octets the receiver kept is not known (RFC 1858, RFC 5722).

mod missing;
mod partial;
mod pieces;
mod reassembled;
mod recent;
mod table;
#[cfg(test)]
mod tests;
mod unwanted;

use std::time::Duration;

use super::Opener;
use super::ip::{Fragment, Ip, IpVersion, fragmentable_part, is_extension, protocol, unfragmented};
use super::piece::{Carrier, Piece};
use super::tunnel::{self, Packet, TunnelPath};
use crate::model::{Expanded, Form, FrameRef, InterfaceId, Timestamp};
pub use missing::{Gap, Gaps, Missing};
use partial::{Added, Piece as Part, Whole};
use pieces::Pieces;
pub use pieces::{Captured, Outcome, Told};
use reassembled::Fragmented;
pub use reassembled::Reassembled;
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

    /// How many fragments of a message that is whole were told to be [`Reassembly::NotIcmpFragment`]
    /// before it was known to be ICMP.
    pub fn told_as_other(&self) -> u64 {
        match self {
            Self::Complete(whole) => whole.told_as_other,
            _ => 0,
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
            Self::NotAsTold => "not_as_told",
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
    /// What it makes whole holds no message, though its first fragment told of one: damaged, or forged.
    NotAsTold,
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
pub struct Reassembler {
    /// Messages of ICMP that are fragmented themselves.
    messages: Table,
    /// Packets of tunnels, which may carry one.
    carriers: Table,
    /// Those that carry none.
    unwanted: Unwanted,
    /// What was taken apart below IP.
    pieces: Pieces,
    /// For tunnels' packets that are compressed or encrypted.
    pub opener: Opener,
}

impl Reassembler {
    /// How long fragments are kept, in capture time (RFC 8200 section 4.5).
    pub const EXPIRY: Duration = Duration::from_mins(1);

    /// Keeps within `memory_limit` octets for messages, the same for packets of tunnels, and the same
    /// for pieces of either; 0 puts no fragments together.
    pub fn new(memory_limit: usize) -> Self {
        Self {
            messages: Table::new(memory_limit),
            carriers: Table::new(memory_limit),
            unwanted: Unwanted::default(),
            pieces: Pieces::new(memory_limit),
            opener: Opener::default(),
        }
    }

    /// Takes a fragment, captured as `frame` on `interface` at `now`. Any packet may be given: those
    /// that are no fragments of ICMP messages are told apart at once.
    ///
    /// A later fragment may name an extension header where ICMP stands behind that,
    /// and a tunnel's packet may carry ICMP, so fragments among the packets that are not ICMP belong
    /// here too. They are kept, and told to be [`Reassembly::NotIcmpFragment`] until one that names
    /// ICMP has come.
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
        };
        if let Some((around, outer)) = packet.tunnels.fragment() {
            return self.carrier(packet, around, &outer, came);
        }
        let hash = self.messages.hash_tunnels(0, packet.tunnels);
        if may_be_icmp(&packet.ip) || self.is_of_message(packet, hash, interface) {
            let outcome = self.message(packet, hash, came);
            if !matches!(outcome, Reassembly::NotIcmpFragment) || names_icmp(&packet.ip) {
                return outcome;
            }
        }
        self.carrier(packet, packet.tunnels, &packet.ip, came)
    }

    /// Whether it is a later fragment of a message that others told of, whatever it names itself: only the
    /// first fragment's next header counts (RFC 8200 section 4.5).
    fn is_of_message(
        &self,
        packet: &Packet<'_>,
        tunnels: u64,
        interface: Option<InterfaceId>,
    ) -> bool {
        let ip = &packet.ip;
        ip.version == IpVersion::V6
            && ip.is_later_fragment()
            && (self.messages).is_icmp(&key(packet, ip, tunnels, interface))
    }

    /// A fragment of a message, inside of tunnels that have this hash.
    fn message(&mut self, packet: &Packet<'_>, tunnels: u64, came: Came) -> Reassembly {
        let ip = &packet.ip;
        let Some(fragment) = ip.fragment else {
            return Reassembly::NotIcmpFragment;
        };
        self.messages.expire(came.now);
        let key = key(packet, ip, tunnels, came.interface);
        let is_icmp = names_icmp(ip);
        match place(&mut self.messages, key, (ip, fragment), is_icmp, came) {
            (Added::Whole(whole), true) => {
                self.messages.completed();
                Reassembly::Complete(Box::new(Reassembled::message(*whole)))
            }
            (Added::Outcome(outcome), true) => outcome,
            (_, false) => Reassembly::NotIcmpFragment,
        }
    }

    /// A fragment of a packet that may be a tunnel's.
    fn carrier(
        &mut self,
        packet: &Packet<'_>,
        around: TunnelPath<'_>,
        outer: &Ip<'_>,
        came: Came,
    ) -> Reassembly {
        let fragment = (outer.fragment).filter(|_| tunnel::may_be_fragment_of_carrier(outer));
        let Some(fragment) = fragment else {
            return Reassembly::NotIcmpFragment;
        };
        self.carriers.expire(came.now);
        let hash = self.carriers.hash_tunnels(0, around);
        let key = key(packet, outer, hash, came.interface);
        let hash_of_key = self.carriers.hash(&key);
        if !outer.is_later_fragment() {
            if !tunnel::may_lead_to_icmp(packet, outer) && !self.opener.may_open(&packet.ip) {
                self.unwanted.insert(hash_of_key, came.now);
                self.carriers.forget(&key);
                return Reassembly::NotIcmpFragment;
            }
            self.unwanted.remove(hash_of_key);
        } else if self.unwanted.contains(hash_of_key, came.now) {
            return Reassembly::NotIcmpFragment;
        }
        let is_icmp = !outer.is_later_fragment() && names_icmp(&packet.ip);
        let (added, is_icmp) = place(&mut self.carriers, key, (outer, fragment), is_icmp, came);
        match added {
            Added::Whole(whole) => self.inside(packet, around, *whole, is_icmp, came),
            Added::Outcome(outcome) if is_icmp => outcome,
            Added::Outcome(_) => Reassembly::NotIcmpFragment,
        }
    }

    /// What a tunnel's packet came to that is whole, the last fragment of which is `last`; whether
    /// another told that it carries ICMP.
    fn inside(
        &mut self,
        last: &Packet<'_>,
        around: TunnelPath<'_>,
        whole: Whole,
        is_told: bool,
        came: Came,
    ) -> Reassembly {
        let mut octets = Vec::new();
        let Whole {
            first,
            octets: part,
            first_end,
            frames,
            told_as_other,
        } = whole;
        let unfragmentable = first.header.len().saturating_sub(first.skip);
        unfragmented(
            first.fields.version,
            first.header.get(..unfragmentable).unwrap_or_default(),
            &part,
            &mut octets,
        );
        let mut made = self.opener.open_all(Expanded::whole(octets));
        let Some((tunnels, ip)) = tunnel::innermost(&made).filter(|(_, ip)| names_icmp(ip)) else {
            return if is_told {
                Reassembly::Refused(Refusal::NotAsTold)
            } else {
                Reassembly::NotIcmpFragment
            };
        };
        if is_told && ip.fragment.is_some() {
            let around = self.messages.hash_tunnels(0, around);
            let hash = self.messages.hash_tunnels(around, tunnels);
            let packet = Packet { ip, ..*last };
            return self.message(&packet, hash, came);
        }
        let place = |part: &[u8]| {
            let start = super::bytes::offset_in(&made.octets, part).unwrap_or_default();
            start..start + part.len()
        };
        if ip.fragment.is_none() {
            self.carriers.completed();
        }
        self.carriers.newest_is_icmp();
        // The fragments are the message's own where its first one ends before ICMP's header.
        let is_own = tunnels.is_empty() && made.around.is_none();
        let (header, payload) = (place(ip.header), place(ip.payload));
        let told = if !is_told {
            0
        } else if let Some(sent) = made.and_around().skip(1).last() {
            let end = sent.octets.len().saturating_sub(part.len()) + first_end;
            let beginning = sent.octets.get(..end).unwrap_or_default().to_vec();
            let beginning = self.opener.open_all(Expanded::whole(beginning));
            tunnel::innermost(&beginning).map_or(0, |(_, ip)| ip.payload.len())
        } else {
            let end = made.octets.len().saturating_sub(part.len()) + first_end;
            end.saturating_sub(payload.start)
        };
        let told = told.min(payload.len());
        let fields = ip.moved_to(&[], &[]);
        let fragmented = match (is_own, is_told) {
            (true, _) if ip.fragment.is_none() => Fragmented::Message,
            (_, true) => Fragmented::Told,
            (_, false) => Fragmented::Untold,
        };
        made.move_in(u8::try_from(around.len()).unwrap_or(u8::MAX));
        (made.form, made.piece) = match (is_told, last.ip.fragment) {
            (true, Some(_)) => (Form::Last, last.ip.payload.len()),
            _ => (Form::Whole, 0),
        };
        Reassembly::Complete(Box::new(Reassembled {
            fields,
            made,
            header,
            payload,
            frames,
            told_as_other,
            told,
            fragmented,
        }))
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

/// Where and when a fragment was captured.
#[derive(Clone, Copy)]
struct Came {
    frame: FrameRef,
    interface: Option<InterfaceId>,
    now: Timestamp,
}

fn key(packet: &Packet<'_>, ip: &Ip<'_>, tunnels: u64, interface: Option<InterfaceId>) -> Key {
    Key {
        interface,
        vlans: packet.link.vlans,
        tunnels,
        addrs: ip.addrs,
        protocol: match ip.version {
            IpVersion::V4 => ip.named_protocol(),
            IpVersion::V6 => 0,
        },
        id: ip.id.unwrap_or_default(),
    }
}

/// What a fragment came to among those of `table`, and whether its packet is known to be ICMP's.
fn place(
    table: &mut Table,
    key: Key,
    (ip, fragment): (&Ip<'_>, Fragment),
    is_icmp: bool,
    came: Came,
) -> (Added, bool) {
    let refused = |why| Added::Outcome(Reassembly::Refused(why));
    let Some(part) = fragmentable_part(ip) else {
        return (refused(Refusal::Cut), is_icmp);
    };
    match Part::new(ip, fragment, part, came.frame) {
        Ok(piece) => table.place(key, &piece, (part, ip), is_icmp, came.now),
        Err(why) => (refused(why), is_icmp || table.is_icmp(&key)),
    }
}

/// Whether the message that `ip` is a fragment of may be ICMP, as far as this fragment tells.
fn may_be_icmp(ip: &Ip<'_>) -> bool {
    names_icmp(ip) && !ip.may_be_cut_in_extension()
        || ip.is_later_fragment() && is_extension(ip.protocol)
}

fn names_icmp(ip: &Ip<'_>) -> bool {
    protocol::is_icmp(ip.protocol)
}
