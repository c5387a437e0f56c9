//! Replies that never came to who asked, as an ICMP error about them says, or the verdict with which
//! they were captured.

use super::open::{Open, Window};
use super::{ExchangeEvent, Exchanges};
use crate::correlate::exchange::{ExchangeEnd, ReplyDrop};
use crate::correlate::flows::Ring;
use crate::correlate::query::QueryKey;
use crate::correlate::sighting::Sighting;
use crate::correlate::table::Table;
use crate::model::{FrameRef, Timestamp};

/// Octets for what dropped them, at most.
const DROPS: usize = 128 << 10;
/// Octets for requests that came to something else, at most.
const ELSE: usize = 64 << 10;

/// What dropped the replies to requests.
#[derive(Debug)]
pub(super) struct Undelivered {
    drops: Table<FrameRef, ReplyDrop>,
    /// Requests that were told as something else than answered, though a reply was captured.
    not_answered: Table<FrameRef, ()>,
}

impl Undelivered {
    pub(super) fn new(memory: usize) -> Self {
        Self {
            drops: Table::with_memory((memory / 2).min(DROPS)),
            not_answered: Table::with_memory((memory / 4).min(ELSE)),
        }
    }

    /// The reply to `request` was dropped.
    pub(super) fn add(&mut self, request: FrameRef, dropped: ReplyDrop) {
        self.drops.insert(request, dropped);
    }

    /// A request is told as something else than answered, though a reply was captured.
    #[cold]
    pub(super) fn told_as_not_answered(&mut self, request: FrameRef) {
        self.not_answered.insert(request, ());
    }

    /// Whether a request is known to be told as something else than answered.
    pub(super) fn is_told_of(&self, request: FrameRef) -> bool {
        self.drops.get(&request).is_some() || self.not_answered.get(&request).is_some()
    }

    /// What dropped the reply to `request`, if that was the only one.
    #[inline]
    pub(super) fn reply_to(&self, request: &Open) -> Option<ReplyDrop> {
        if self.drops.len() == 0 || request.duplicates > 0 {
            return None;
        }
        self.drops.get(&request.request).copied()
    }

    /// The reply to `request` was captured nearer to who asked than before.
    #[inline]
    pub(super) fn came(&mut self, request: FrameRef, seen: &Sighting) {
        match seen.dropped {
            Some(dropped) => self.add(request, ReplyDrop::WhereCaptured(dropped)),
            None if self.drops.len() == 0 => {}
            None => drop(self.drops.remove(&request)),
        }
    }

    /// The reply to `request` was captured, for the first time or no nearer to who asked.
    #[inline]
    pub(super) fn noticed(&mut self, request: FrameRef, seen: &Sighting) {
        if seen.dropped.is_some() {
            self.came(request, seen);
        }
    }
}

/// A reply that was dropped, as an error says.
#[derive(Clone, Copy, Debug)]
pub(in crate::correlate) struct DroppedReply {
    /// That of its request.
    pub(in crate::correlate) key: QueryKey,
    /// Its IPv4 identification.
    pub(in crate::correlate) ip_id: Option<u32>,
    /// When it was captured, if it is known which packet it is.
    pub(in crate::correlate) captured: Option<Timestamp>,
    pub(in crate::correlate) by: ReplyDrop,
}

impl Exchanges {
    /// A reply was dropped, as the error that is seen so says.
    pub(in crate::correlate) fn reply_dropped(
        &mut self,
        reply: &DroppedReply,
        seen: &Sighting,
        ring: Option<&Ring>,
        tell: &mut impl FnMut(ExchangeEvent),
    ) {
        let key = self.translations.before(reply.key);
        let reply = DroppedReply { key, ..*reply };
        match self.request_of(&reply, seen) {
            Some((_, Window::Closed | Window::ClosedOnLost)) => {}
            Some((request, Window::Open)) => self.undelivered.add(request, reply.by),
            None => self.reply_dropped_late(&reply, seen, ring, tell),
        }
    }

    /// The request of which a reply was dropped among those that are kept, with its window.
    fn request_of(&self, reply: &DroppedReply, seen: &Sighting) -> Option<(FrameRef, Window)> {
        let by_key = |key: QueryKey| self.find(key, self.table.hash(&key), seen.place);
        let newest = by_key(reply.key).or_else(|| by_key(reply.key.to_group()))?;
        let differs = |of: Option<u32>| matches!((of, reply.ip_id), (Some(a), Some(b)) if a != b);
        // By one clock.
        let is_later = |open: &Open| {
            open.request.source() == seen.frame.source()
                && (reply.captured).is_some_and(|captured| captured < open.requested)
        };
        let is_asked = |open: &Open| match open.end {
            _ if is_later(open) => false,
            Some(ExchangeEnd::Reply(_)) => !differs(open.reply_place.ip_id),
            Some(ExchangeEnd::Error(_)) => false,
            None => true,
        };
        let mut asked = self.newest_first(newest);
        let (_, open) = asked.find(|(_, open)| is_asked(open))?;
        Some((open.request, open.window))
    }
}
