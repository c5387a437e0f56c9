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

use super::sighting::COPY_WINDOW;
use super::verdict::OtherSide;
use super::verdicts::Reported;
use crate::icmp::QuotedTransport;
use crate::model::flow::FlowPorts;
use crate::model::{AddrPair, FlowKey, FrameRef, Timestamp};
use crate::wire::ChecksumStatus;

/// Errors that a new one is compared with.
const REMEMBERED: usize = 64;

/// The last errors.
#[derive(Debug, Default)]
pub(super) struct Translated {
    seen: VecDeque<Seen>,
    hasher: RandomState,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    /// Hashes of what translation leaves alone: of the source, and of the destination.
    hashes: [u64; 2],
    flow: FlowKey,
    dropper: IpAddr,
    frame: FrameRef,
    ts: Timestamp,
    is_damaged: bool,
}

impl Translated {
    /// The error that this one was before, or after, its translation; a new one is remembered.
    pub(super) fn other_side(&mut self, error: &Reported<'_, '_>) -> Option<OtherSide> {
        let flow = error.quote.flow();
        let (message, quoted) = (error.message, &error.quote.ip);
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
        if !(numbered(error.ip.id) || numbered(quoted.id) || is_tcp || labelled) {
            // Nothing tells it from the next one.
            return None;
        }
        let (src_port, dst_port) = match flow.ports {
            FlowPorts::Ports { src, dst } => (Some(src), Some(dst)),
            FlowPorts::Query { id, .. } => (Some(id), None),
            FlowPorts::Spi(_) | FlowPorts::Message(_) | FlowPorts::None => (None, None),
        };
        let same = (
            (error.ip.id, message.kind, message.code),
            (quoted.protocol, quoted.id, quoted.flow_label),
            (quoted.length, seq),
        );
        let hashes = [
            (self.hasher).hash_one((same, error.ip.src(), quoted.dst(), dst_port)),
            (self.hasher).hash_one((same, error.ip.dst(), quoted.src(), src_port)),
        ];
        let is_damaged = matches!(message.checksum.status, ChecksumStatus::Bad { .. });
        let is_other_side = |seen: &Seen| {
            // The same error with a bit of it flipped was translated by nobody.
            if (is_damaged || seen.is_damaged) && is_bit_apart(seen.flow.addrs, flow.addrs) {
                return false;
            }
            let [source, destination] = [0, 1].map(|at| seen.hashes[at] == hashes[at]);
            (source && seen.flow.addrs.src() != flow.addrs.src())
                || (destination && seen.flow.addrs.dst() != flow.addrs.dst())
        };
        let known = (self.seen.iter().rev())
            .take_while(|seen| {
                error
                    .ts
                    .since(seen.ts)
                    .is_none_or(|apart| apart <= COPY_WINDOW)
            })
            .find(|seen| is_other_side(seen))
            .map(|seen| OtherSide {
                flow: seen.flow,
                dropper: seen.dropper,
                error: seen.frame,
            });
        if self.seen.len() == REMEMBERED {
            self.seen.pop_front();
        }
        self.seen.push_back(Seen {
            hashes,
            flow,
            dropper: error.ip.src(),
            frame: error.frame,
            ts: error.ts,
            is_damaged,
        });
        known
    }
}

/// Whether the addresses of two packets differ in one bit.
fn is_bit_apart(a: AddrPair, b: AddrPair) -> bool {
    let bits = |addr: IpAddr| match addr {
        IpAddr::V4(addr) => addr.to_bits().into(),
        IpAddr::V6(addr) => addr.to_bits(),
    };
    let apart = |a, b| (bits(a) ^ bits(b)).count_ones();
    apart(a.src(), b.src()) + apart(a.dst(), b.dst()) == 1
}
