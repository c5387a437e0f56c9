//! Queries of which fragments are missing.

use super::exchange::{Exchange, ExchangeEnd, ReplyPart};
use super::table::Table;
use crate::model::FrameRef;
use crate::wire::reassembly::{Gaps, Missing};

/// Octets for them, at most.
pub(super) const MEMORY: usize = 256 << 10;

/// Requests and replies that came in part so far.
#[derive(Debug)]
pub(super) struct Parts {
    /// What is missing, by the fragment that begins the message.
    missing: Table<FrameRef, Gaps>,
    /// The fragment that begins the reply to a request, by that.
    replies: Table<FrameRef, FrameRef>,
}

impl Parts {
    /// Those that fit into so many octets.
    pub(super) fn new(memory: usize) -> Self {
        Self {
            missing: Table::with_memory(memory / 2),
            replies: Table::with_memory(memory / 2),
        }
    }

    /// The fragment `first` begins a request or a reply of which this is missing.
    pub(super) fn begins(&mut self, first: FrameRef, missing: &Missing) {
        self.missing.insert(first, missing.gaps);
    }

    /// The message that `first` begins answers `request`.
    pub(super) fn answers(&mut self, request: FrameRef, first: FrameRef) {
        if self.replies.get(&request).is_none() {
            self.replies.insert(request, first);
        }
    }

    /// Another fragment came.
    pub(super) fn goes_on(&mut self, missing: &Missing) {
        if let Some(gaps) = (missing.first).and_then(|first| self.missing.get_mut(&first)) {
            *gaps = missing.gaps;
        }
    }

    /// The message that `first` begins is whole.
    pub(super) fn is_whole(&mut self, first: FrameRef) {
        self.missing.remove(&first);
    }

    /// Tells what is missing of the messages of `exchange`.
    pub(super) fn tell(&self, exchange: &mut Exchange) {
        if self.missing.len() == 0 {
            return;
        }
        exchange.request_missing = self.missing.get(&exchange.request).copied();
        let reply = exchange.end.and_then(ExchangeEnd::reply);
        let first = reply.or_else(|| self.replies.get(&exchange.request).copied());
        exchange.reply_part = first.and_then(|first| {
            Some(ReplyPart {
                first,
                missing: *self.missing.get(&first)?,
            })
        });
    }
}
