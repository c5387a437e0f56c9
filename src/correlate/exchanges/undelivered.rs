//! Replies that never came to who asked, as an ICMP error about them says, or the verdict with which
//! they were captured.

use super::Exchanges;
use super::open::Open;
use crate::correlate::exchange::{ExchangeEnd, ReplyDrop};
use crate::correlate::query::QueryKey;
use crate::correlate::sighting::{Place, Sighting};
use crate::correlate::table::Table;
use crate::model::FrameRef;

/// Octets for them, at most.
const MEMORY: usize = 128 << 10;

/// What dropped the replies to requests whose windows are open.
#[derive(Debug)]
pub(super) struct Undelivered(Table<FrameRef, ReplyDrop>);

impl Undelivered {
    pub(super) fn new(memory: usize) -> Self {
        Self(Table::with_memory(memory.min(MEMORY)))
    }

    /// What dropped the reply to `request`, if that was the only one.
    #[inline]
    pub(super) fn reply_to(&self, request: &Open) -> Option<ReplyDrop> {
        if self.0.len() == 0 || request.duplicates > 0 {
            return None;
        }
        self.0.get(&request.request).copied()
    }

    /// The reply to `request` was captured nearer to who asked than before.
    #[inline]
    pub(super) fn came(&mut self, request: FrameRef, seen: &Sighting) {
        match seen.dropped {
            Some(dropped) => drop(self.0.insert(request, ReplyDrop::WhereCaptured(dropped))),
            None if self.0.len() == 0 => {}
            None => drop(self.0.remove(&request)),
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

impl Exchanges {
    /// The reply with this IPv4 identification to the request under `key` was dropped, as what was
    /// captured at this place says.
    pub(in crate::correlate) fn reply_dropped(
        &mut self,
        key: QueryKey,
        (ip_id, place): (Option<u32>, Place),
        dropped: ReplyDrop,
    ) {
        let key = self.translations.before(key);
        let by_key = |key: QueryKey| self.find(key, self.table.hash(&key), place);
        let Some(newest) = by_key(key).or_else(|| by_key(key.to_group())) else {
            return;
        };
        let differs = |of: Option<u32>| matches!((of, ip_id), (Some(a), Some(b)) if a != b);
        let is_asked = |open: &Open| match open.end {
            Some(ExchangeEnd::Reply(_)) => !differs(open.reply_place.ip_id),
            Some(ExchangeEnd::Error(_)) => false,
            None => true,
        };
        let asked = (self.newest_first(newest))
            .find(|(_, open)| is_asked(open))
            .filter(|(_, open)| !open.is_closed())
            .map(|(_, open)| open.request);
        if let Some(request) = asked {
            self.undelivered.0.insert(request, dropped);
        }
    }
}
