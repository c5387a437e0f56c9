//! One error captured on both sides of an address translation: it quotes two flows.
//!
//! The translator rewrites the source of the quoted packet and the destination of the error; what
//! else tells packets apart it leaves alone: identifications, lengths, the destination's port and
//! the sequence number (RFC 5508 section 4.2). Translation of the destination is not looked for.

use std::collections::VecDeque;
use std::hash::BuildHasher;

use foldhash::fast::RandomState;

use super::sighting::COPY_WINDOW;
use super::verdict::OtherSide;
use super::verdicts::Reported;
use crate::icmp::QuotedTransport;
use crate::model::flow::FlowPorts;
use crate::model::{FlowKey, FrameRef, Timestamp};

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
    /// Hash of what translation leaves alone.
    hash: u64,
    flow: FlowKey,
    frame: FrameRef,
    ts: Timestamp,
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
        if !(numbered(error.ip.id) || numbered(quoted.id) || is_tcp) {
            // Nothing tells it from the next one.
            return None;
        }
        let port = match flow.ports {
            FlowPorts::Ports { dst, .. } => Some(dst),
            _ => None,
        };
        let hash = self.hasher.hash_one((
            (error.ip.src(), error.ip.id, message.kind, message.code),
            (quoted.dst(), quoted.protocol, quoted.id, quoted.length),
            (port, seq),
        ));
        let known = (self.seen.iter().rev())
            .take_while(|seen| {
                error
                    .ts
                    .since(seen.ts)
                    .is_none_or(|apart| apart <= COPY_WINDOW)
            })
            .find(|seen| seen.hash == hash && seen.flow.addrs.src != flow.addrs.src)
            .map(|seen| OtherSide {
                flow: seen.flow,
                error: seen.frame,
            });
        if self.seen.len() == REMEMBERED {
            self.seen.pop_front();
        }
        self.seen.push_back(Seen {
            hash,
            flow,
            frame: error.frame,
            ts: error.ts,
        });
        known
    }
}
