//! Windows that close: as time passes, and at the end of the capture.

use super::end::{End, Slow};
use super::open::{Window, close};
use super::{BATCH, Batch, ExchangeEvent, Exchanges, LATE_WINDOWS};
use crate::correlate::exchange::ExchangeOutcome;
use crate::correlate::flows::Ring;
use crate::correlate::table::Slot;
use crate::model::Timestamp;
use crate::prefetch::prefetch;

impl Exchanges {
    /// Whether no window closes up to `clock`.
    #[inline]
    pub(in crate::correlate) fn is_quiet(&self, clock: Timestamp) -> bool {
        clock <= self.wake
    }

    /// Closes the windows that have passed at `clock`, a batch of them; `ring` has what else was
    /// captured.
    pub(in crate::correlate) fn advance(
        &mut self,
        clock: Timestamp,
        ring: Option<&Ring>,
        tell: &mut impl FnMut(ExchangeEvent),
    ) -> Batch {
        if self.is_quiet(clock) {
            return Batch::Last;
        }
        let mut told = 0;
        while let Some(slot) = self.cursor
            && let Some(open) = self.table.at(slot)
            && open.opened.after(self.timeout) < clock
        {
            if told == BATCH {
                return Batch::MoreToCome;
            }
            told += 1;
            let answered = open.end.is_some();
            self.prefetch_behind(slot);
            self.cursor = self.table.newer(slot);
            self.close(slot, (None, ring), tell);
            if answered {
                // Only the unanswered are remembered: a late reply is to be told as such.
                self.forget(slot);
            }
        }
        let remembered = self.timeout.saturating_mul(LATE_WINDOWS + 1);
        while let Some(slot) = self.table.oldest()
            && let Some(open) = self.table.at(slot)
            && open.is_closed()
            && open.opened.after(remembered) < clock
        {
            self.forget(slot);
        }
        let since = |slot: Option<Slot>| Some(self.table.at(slot?)?.opened);
        let closes = since(self.cursor).map(|opened| opened.after(self.timeout));
        let fades = since(self.table.oldest()).map(|opened| opened.after(remembered));
        self.wake = (closes.into_iter().chain(fades)).fold(Timestamp::MAX, Timestamp::min);
        Batch::Last
    }

    /// Asks memory for the requests whose windows close after that of `closing`: of the second what tells
    /// that it is there, and of the first, where that has come by now, the rest.
    fn prefetch_behind(&self, closing: Slot) {
        let Some(first) = self.table.newer(closing) else {
            return;
        };
        if let Some(second) = self.table.newer(first) {
            self.table.prefetch(second);
        }
        prefetch(self.table.key_at(first));
        if let Some(open) = self.table.at(first) {
            open.prefetch();
        }
        self.table.prefetch_linked(first);
    }

    /// Time went back to `clock`: windows opened in what is now the future opened now.
    pub(in crate::correlate) fn step_back(&mut self, clock: Timestamp) {
        self.wake = Timestamp::MIN;
        let mut slot = self.table.newest();
        while let Some(at) = slot
            && let Some(open) = self.table.at_mut(at)
            && open.opened > clock
        {
            open.opened = clock;
            slot = self.table.older(at);
        }
    }

    /// Closes what is open at the end of the capture, a batch of it.
    pub(in crate::correlate) fn finish(
        &mut self,
        end: Timestamp,
        ring: Option<&Ring>,
        tell: &mut impl FnMut(ExchangeEvent),
    ) -> Batch {
        let end = self.end.take().unwrap_or_else(|| End {
            at: end,
            slow: self.slow(),
        });
        for _ in 0..BATCH {
            let Some(slot) = self.cursor else {
                return Batch::Last;
            };
            self.cursor = self.table.newer(slot);
            self.close(slot, (Some(&end), ring), tell);
        }
        self.end = Some(end);
        Batch::MoreToCome
    }

    /// The pairs of addresses whose round trips, among the exchanges whose windows are open, are so
    /// long that they settle later than others.
    fn slow(&self) -> Slow {
        let mut pairs = Slow::default();
        let mut slot = self.cursor;
        while let Some(at) = slot {
            if let (Some(key), Some(open)) = (self.table.key_at(at), self.table.at(at))
                && open.end.is_some()
                && let Some(rtt) = open.rtt.get()
            {
                pairs.add(key.addrs, rtt);
            }
            slot = self.table.newer(at);
        }
        pairs
    }

    pub(super) fn close(
        &mut self,
        slot: Slot,
        (end, ring): (Option<&End>, Option<&Ring>),
        tell: &mut impl FnMut(ExchangeEvent),
    ) {
        let (Some(key), Some(open)) = (self.table.key_at(slot), self.table.at(slot)) else {
            return;
        };
        if open.is_closed() {
            return;
        }
        let outcome = match self.settled(key, open, end, ring) {
            Some(outcome) => outcome,
            None if key.needs_no_reply() || self.broadcasts.is_one(key.addrs.dst()) => {
                ExchangeOutcome::NoReplyExpected
            }
            // The answer may have come, and the capture missed it.
            None if self.blind.hides(key.addrs, open.requested, self.timeout)
                || open.points == 1 && self.blind.hides_at(open.place) =>
            {
                ExchangeOutcome::Unknown
            }
            None if end.is_some_and(|end| !end.settles(key.addrs, open.requested)) => {
                ExchangeOutcome::Pending
            }
            None => ExchangeOutcome::Lost,
        };
        let dropped = self.undelivered.reply_to(open);
        close(key, open, (outcome, dropped), tell);
        let is_answered = matches!(
            outcome,
            ExchangeOutcome::Answered | ExchangeOutcome::Refused
        );
        if !is_answered && open.reply().is_some() {
            self.undelivered.told_as_not_answered(open.request);
        }
        if let Some(open) = self.table.at_mut(slot) {
            open.window = match outcome {
                ExchangeOutcome::Lost => Window::ClosedOnLost,
                _ => Window::Closed,
            };
        }
    }
}
