//! Queries of which fragments are missing, or overlap.

use super::exchange::{Began, Exchange, ExchangeEnd, ExchangeOutcome, ReplyPart};
use super::table::Table;
use crate::model::FrameRef;
use crate::wire::reassembly::{Gaps, InPart, Missing};

/// Octets for them, at most.
pub(super) const MEMORY: usize = 256 << 10;

/// Requests and replies that came in part so far.
#[derive(Debug)]
pub(super) struct Parts {
    /// Why the message is not put together, by the fragment that begins it.
    parts: Table<FrameRef, InPart>,
    /// The fragment that begins the reply to a request, by that.
    replies: Table<FrameRef, FrameRef>,
}

impl Parts {
    /// Those that fit into so many octets.
    pub(super) fn new(memory: usize) -> Self {
        Self {
            parts: Table::with_memory(memory / 2),
            replies: Table::with_memory(memory / 2),
        }
    }

    /// The fragment `first` begins a request or a reply that is not put together.
    pub(super) fn begins(&mut self, first: FrameRef, missing: &Missing) {
        let mut part = missing.part;
        if missing.first != Some(first) {
            // What comes from now on is told of the one that began it before.
            part.gaps = Gaps::UNKNOWN;
        }
        self.parts.insert(first, part);
    }

    /// The message that `first` begins answers `request`.
    pub(super) fn answers(&mut self, request: FrameRef, first: FrameRef) {
        if self.replies.get(&request).is_none() {
            self.replies.insert(request, first);
        }
    }

    /// Another fragment came.
    pub(super) fn goes_on(&mut self, missing: &Missing) {
        if let Some(part) = (missing.first).and_then(|first| self.parts.get_mut(&first)) {
            *part = missing.part;
        }
    }

    /// The message that `first` begins is whole, or was given up: nothing tells any more what is missing of
    /// it.
    pub(super) fn is_over(&mut self, first: FrameRef) {
        self.parts.remove(&first);
    }

    /// Tells what keeps the messages of `exchange` from being put together.
    pub(super) fn tell(&self, exchange: &mut Exchange) {
        if self.parts.len() == 0 && exchange.reply_began == Began::NotSeen {
            return;
        }
        exchange.request_part = self.parts.get(&exchange.request).copied();
        let reply = exchange.end.and_then(ExchangeEnd::reply);
        let first = reply.or_else(|| self.replies.get(&exchange.request).copied());
        exchange.reply_part = first.and_then(|first| {
            Some(ReplyPart {
                first,
                part: *self.parts.get(&first)?,
            })
        });
        if exchange.outcome == ExchangeOutcome::Lost
            && exchange.reply_began == Began::Seen
            && exchange.end.is_none()
            && exchange.reply_part.is_none()
        {
            // All of the reply may have come, and what there was no room for is not known.
            exchange.outcome = ExchangeOutcome::Evicted;
        }
        if exchange.outcome == ExchangeOutcome::Lost
            && exchange.addrs.src().is_ipv4()
            && exchange.is_reply_all_there()
        {
            // Receivers of IPv4 differ in what they make of it.
            exchange.outcome = ExchangeOutcome::Unknown;
        }
    }
}
