//! Requests whose identifier came round before it was known whether the capture missed their answer.
//!
//! What the kernel dropped is known a second later, and the 65,536 numbers of a flood come round
//! sooner than that.

use std::collections::VecDeque;

use super::{ExchangeEvent, Exchanges, Open, close};
use crate::correlate::exchange::ExchangeOutcome;
use crate::correlate::query::QueryKey;
use crate::correlate::table::Slot;
use crate::model::Timestamp;

/// Requests that wait, at most.
const WAITING: usize = 1024;

/// Requests that gave their place to others, in order.
#[derive(Debug)]
pub(super) struct Displaced {
    /// With the time at which they did.
    waiting: VecDeque<(QueryKey, Open, Timestamp)>,
    /// Up to when it is known what was missed.
    known: Timestamp,
}

impl Default for Displaced {
    /// Of a file all is known.
    fn default() -> Self {
        Self {
            waiting: VecDeque::new(),
            known: Timestamp::MAX,
        }
    }
}

impl Displaced {
    /// Time went back to `clock`.
    pub(super) fn step_back(&mut self, clock: Timestamp) {
        for (.., at) in &mut self.waiting {
            *at = clock.min(*at);
        }
    }
}

impl Exchanges {
    /// Another request takes the place of one at `at`: what was is decided now, or once it is known
    /// what was missed up to then.
    pub(super) fn displace(
        &mut self,
        slot: Slot,
        at: Timestamp,
        tell: &mut impl FnMut(ExchangeEvent),
    ) {
        let waits = self.displaced.known < at;
        match (self.table.key_at(slot), self.table.at(slot)) {
            (Some(key), Some(open))
                if waits && !open.closed && open.end.is_none() && !key.needs_no_reply() =>
            {
                self.displaced.waiting.push_back((*key, *open, at));
            }
            _ => self.close(slot, None, tell),
        }
        self.forget(slot);
        if self.displaced.waiting.len() > WAITING
            && let Some((key, open, _)) = self.displaced.waiting.pop_front()
        {
            close(&key, &open, ExchangeOutcome::Unknown, tell);
        }
    }

    /// What was missed up to `ts` is known.
    pub(in crate::correlate) fn known(
        &mut self,
        ts: Timestamp,
        tell: &mut impl FnMut(ExchangeEvent),
    ) {
        self.displaced.known = ts;
        let waiting = &mut self.displaced.waiting;
        while let Some((key, open, at)) = waiting.pop_front_if(|(.., at)| *at <= ts) {
            let waited = at.since(open.requested).unwrap_or_default();
            let outcome = if self.blind.overlaps(open.requested, waited) {
                ExchangeOutcome::Unknown
            } else {
                ExchangeOutcome::Lost
            };
            close(&key, &open, outcome, tell);
        }
    }
}
