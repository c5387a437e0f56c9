//! One error captured on both sides of an address translation: it quotes two flows.
//!
//! A translator rewrites one end of the quoted packet: the source, with the destination of the error;
//! or the destination, with the source of the error (Linux does so whoever sent it). What else tells
//! packets apart it leaves alone: identifications, lengths, the other end with its port, and the
//! sequence number (RFC 5508 section 4.2).

use std::collections::VecDeque;
use std::hash::BuildHasher;
use std::net::IpAddr;

use foldhash::fast::RandomState;

use super::Correlator;
use super::sighting::COPY_WINDOW;
use super::verdict::OtherSide;
use crate::icmp::cause::arithmetic::Sum;
use crate::icmp::{Message, Quote, QuotedTransport, Translation};
use crate::model::flow::FlowPorts;
use crate::model::{AddrPair, FlowKey, FrameRef, Timestamp};
use crate::wire::bytes::u16_at;
use crate::wire::checksum::checksum_at;
use crate::wire::{Checksum, ChecksumStatus, Ip, IpVersion};

/// Errors that a new one is compared with.
const REMEMBERED: usize = 64;

/// The last errors.
#[derive(Debug, Default)]
pub(super) struct Translated {
    seen: VecDeque<Seen>,
    /// Whether any was the other side of another.
    is_met: bool,
    hasher: RandomState,
}

/// An error as it is remembered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    /// Hashes of what translation leaves alone: of the source, and of the destination.
    hashes: [u64; 2],
    /// That of the quoted packet.
    pub(super) flow: FlowKey,
    /// The error's own.
    pub(super) addrs: AddrPair,
    pub(super) frame: FrameRef,
    ts: Timestamp,
    pub(super) ttl: u8,
    checksum: Checksum,
    /// Its own identification, where that tells something (RFC 6864 section 4).
    id: Option<u32>,
    /// What the quoted checksums add to a sum.
    pub(super) quoted_checksums: Sum,
}

impl Seen {
    pub(super) fn is_good(&self) -> bool {
        self.checksum.status == ChecksumStatus::Good
    }

    fn is_damaged(&self) -> bool {
        matches!(self.checksum.status, ChecksumStatus::Bad { .. })
    }

    /// Whether it is the same message in another header: it was translated, and what it quotes was not.
    fn is_half_of(&self, other: &Self) -> bool {
        self.id.is_some() && (self.flow, self.checksum) == (other.flow, other.checksum)
    }
}

/// What tells one error from others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look<'m, 'a> {
    pub(super) ip: &'m Ip<'a>,
    pub(super) message: &'m Message<'a>,
    pub(super) quote: &'m Quote<'a>,
    pub(super) frame: FrameRef,
    pub(super) ts: Timestamp,
}

impl Correlator {
    /// What a NAT did to an error about a packet that was captured as one of the flow `sent_as` before it
    /// was translated, if it was.
    pub(super) fn translation(
        &self,
        error: &Look<'_, '_>,
        sent_as: Option<FlowKey>,
    ) -> Translation {
        let quoted = error.quote.translation(error.ip);
        let from = error.ip.ends().src();
        if quoted != Translation::None || from == error.quote.ip.ends().dst() {
            return quoted;
        }
        let was_sent_there = sent_as.is_some_and(|flow| flow.addrs.dst() == from);
        if was_sent_there || self.verdicts.translated().came_from_another(error) {
            Translation::HalfOfDestination
        } else {
            Translation::None
        }
    }
}

impl Translated {
    /// The error that this one was before, or after, its translation; a new one is remembered.
    pub(super) fn other_side(&mut self, error: &Look<'_, '_>) -> Option<OtherSide> {
        let seen = self.seen(error)?;
        let known = self.other_sides(seen).next().map(|other| OtherSide {
            flow: other.flow,
            dropper: other.addrs.src(),
            error: other.frame,
        });
        self.is_met |= known.is_some();
        if self.seen.len() == REMEMBERED {
            self.seen.pop_front();
        }
        self.seen.push_back(seen);
        known
    }

    /// Whether errors were captured on both sides.
    pub(super) fn is_met(&self) -> bool {
        self.is_met
    }

    /// Those of late that this one may have been before its translation, the last first.
    pub(super) fn before(&self, error: Seen) -> impl Iterator<Item = &Seen> {
        self.other_sides(error)
            .filter(move |other| other.ttl > error.ttl && other.frame != error.frame)
    }

    /// Whether the same message was captured before as another's, to the same receiver.
    fn came_from_another(&self, error: &Look<'_, '_>) -> bool {
        self.seen(error).is_some_and(|own| {
            let to = own.addrs.dst();
            let mut before = self.before(own);
            before.any(|seen| seen.is_half_of(&own) && seen.addrs.dst() == to)
        })
    }

    fn other_sides(&self, error: Seen) -> impl Iterator<Item = &Seen> {
        let is_other_side = move |seen: &&Seen| {
            // The same error with a bit of it flipped was translated by nobody.
            let is_damaged = error.is_damaged() || seen.is_damaged();
            if is_damaged && is_bit_apart(seen.flow.addrs, error.flow.addrs) {
                return false;
            }
            let [source, destination] = [0, 1].map(|at| seen.hashes[at] == error.hashes[at]);
            if seen.is_half_of(&error) {
                return (source && seen.addrs.dst() != error.addrs.dst())
                    || (destination && seen.addrs.src() != error.addrs.src());
            }
            (source && seen.flow.addrs.src() != error.flow.addrs.src())
                || (destination && seen.flow.addrs.dst() != error.flow.addrs.dst())
        };
        let ts = error.ts;
        (self.seen.iter().rev())
            .take_while(move |seen| ts.since(seen.ts).is_none_or(|apart| apart <= COPY_WINDOW))
            .filter(is_other_side)
    }

    /// What is remembered of an error; `None` where nothing tells it from the next one.
    pub(super) fn seen(&self, error: &Look<'_, '_>) -> Option<Seen> {
        let flow = error.quote.flow();
        if !flow.has_destination() {
            // Cut before that, it is as little another's.
            return None;
        }
        let (ip, message, quoted) = (error.ip, error.message, &error.quote.ip);
        let seq = match error.quote.transport {
            QuotedTransport::Tcp { seq, .. } => seq,
            QuotedTransport::Icmp { seq, .. } => seq.map(u32::from),
            _ => None,
        };
        let numbered = |id: Option<u32>| id.is_some_and(|id| id != 0);
        let is_tcp = matches!(
            error.quote.transport,
            QuotedTransport::Tcp { seq: Some(_), .. }
        );
        // Of IPv6, flow labels are what comes nearest to an identification (RFC 6437 section 2).
        let labelled = quoted.flow_label != 0;
        if !(numbered(ip.id) || numbered(quoted.id) || is_tcp || labelled) {
            return None;
        }
        let (src_port, dst_port) = match flow.ports {
            FlowPorts::Ports { src, dst } => (Some(src), Some(dst)),
            FlowPorts::Query { id, .. } => (Some(id), None),
            FlowPorts::Spi(_) | FlowPorts::Message(_) | FlowPorts::None => (None, None),
        };
        let same = (
            (ip.id, message.kind, message.code),
            (quoted.protocol, quoted.id, quoted.flow_label),
            (quoted.length, seq),
        );
        let hashes = [
            (self.hasher).hash_one((same, ip.src(), quoted.dst(), dst_port)),
            (self.hasher).hash_one((same, ip.dst(), quoted.src(), src_port)),
        ];
        Some(Seen {
            hashes,
            flow,
            addrs: ip.addrs,
            frame: error.frame,
            ts: error.ts,
            ttl: ip.ttl,
            checksum: message.checksum,
            id: ip.id.filter(|id| *id != 0),
            quoted_checksums: quoted_checksums(quoted),
        })
    }
}

/// The sum of the checksums of a quoted packet: that of its IPv4 header, and that of what it carries.
pub(super) fn quoted_checksums(ip: &Ip<'_>) -> Sum {
    const IN_HEADER: usize = 10;
    let header = match ip.version {
        IpVersion::V4 => u16_at(ip.header, IN_HEADER),
        IpVersion::V6 => None,
    };
    let upper = checksum_at(ip).and_then(|at| u16_at(ip.payload, at));
    let [header, upper] = [header, upper].map(|sum| Sum::of(sum.unwrap_or(0)));
    header.plus(upper)
}

/// Whether the addresses of two packets differ in one bit.
pub(super) fn is_bit_apart(a: AddrPair, b: AddrPair) -> bool {
    let bits = |addr: IpAddr| match addr {
        IpAddr::V4(addr) => addr.to_bits().into(),
        IpAddr::V6(addr) => addr.to_bits(),
    };
    let apart = |a, b| (bits(a) ^ bits(b)).count_ones();
    apart(a.src(), b.src()) + apart(a.dst(), b.dst()) == 1
}
