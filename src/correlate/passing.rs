//! What passing time decides: windows that close, flows that have been quiet, the end.

use super::exchanges::{BATCH, Batch};
use super::stalled::Stalled;
use super::trace::MAX_TTL;
use super::unanswered::{self, Unanswered};
use super::verdicts::QUIET;
use super::{Correlator, Left, Outcome};
use crate::model::Timestamp;
use crate::wire::ip::protocol::TCP;

impl Correlator {
    /// Time moves on to that of the next frame. To be called for each frame, before the frame.
    #[inline]
    pub fn advance(&mut self, ts: Timestamp) {
        if !self.clock.has_begun() {
            self.begin(ts);
        }
        let now = self.clock.frame(ts);
        if self.clock.went_back() {
            self.exchanges.step_back(now);
        }
        self.pass(now.min(self.horizon));
    }

    #[cold]
    fn begin(&mut self, ts: Timestamp) {
        if let Some(ring) = &mut self.ring {
            ring.seed(ts);
        }
    }

    /// The same where that decides nothing, as for most frames; says whether it was so.
    #[inline]
    pub fn advance_quietly(&mut self, ts: Timestamp) -> bool {
        let Some(now) = self.clock.after(ts) else {
            return false;
        };
        let now = now.min(self.horizon);
        let quiet = self.exchanges.is_quiet(now) && self.sweep_at >= now && now >= self.swept;
        if quiet {
            self.clock.frame(ts);
        }
        quiet
    }

    /// A live source knows everything up to `ts`: no older frame will follow, and what was not
    /// captured before was told by [`Self::missed`]. Closes the windows that end before.
    pub fn tick(&mut self, ts: Timestamp) {
        self.horizon = ts;
        self.exchanges.known(ts);
        self.pass(ts);
    }

    /// Packets may have been missed between two times: who waits for an answer then, and gets
    /// none, is not known to have lost it.
    pub fn missed(&mut self, from: Timestamp, until: Timestamp) {
        self.exchanges.blind.add(from, until);
    }

    /// The system's clock was set, from `before` to `after`.
    pub fn clock_set(&mut self, before: Timestamp, after: Timestamp) {
        if after < before {
            self.exchanges.step_back(after);
            self.exchanges.blind.step_back(after);
        } else {
            // Windows that end in the time jumped over were never waited out.
            self.exchanges.blind.add(before, after);
        }
    }

    /// Tells what passing time decides, or notes that there is more.
    fn pass(&mut self, now: Timestamp) {
        let (ring, parts, outcomes) = (&self.ring, &self.parts, &mut self.outcomes);
        let batch = self.exchanges.advance(now, ring.as_ref(), &mut |event| {
            outcomes.push(event.told(ring.as_ref(), parts));
        });
        if batch == Batch::MoreToCome {
            self.left = Left::At(now);
        } else if self.sweep_at < now || now < self.swept {
            self.sweep(now);
        }
    }

    /// Tells more of what became known by [`Self::advance`] or [`Self::finish`], and whether there
    /// was any. To be called after each [`Self::outcomes`]: thousands of windows may close at once,
    /// and are told in batches.
    pub fn go_on(&mut self) -> bool {
        match std::mem::replace(&mut self.left, Left::Nothing) {
            Left::Nothing => {}
            Left::At(now) => self.pass(now),
            Left::End => self.finish(),
        }
        self.has_outcomes()
    }

    /// Until when the capture is known to have run.
    pub(super) fn end(&self) -> Timestamp {
        match self.horizon {
            Timestamp::MAX => self.clock.end(),
            // It ran on, though nothing came.
            horizon => self.clock.end().max(horizon),
        }
    }

    /// No frame follows: decides what is open.
    pub fn finish(&mut self) {
        let end = self.end();
        let (ring, parts, outcomes) = (&self.ring, &self.parts, &mut self.outcomes);
        let batch = self.exchanges.finish(end, ring.as_ref(), &mut |event| {
            outcomes.push(event.told(ring.as_ref(), parts));
        });
        self.left = Left::End;
        if batch == Batch::MoreToCome {
            return;
        }
        for _ in 0..BATCH {
            let Some(verdict) = self.verdicts.pop() else {
                self.left = Left::Nothing;
                break;
            };
            self.complete(verdict);
        }
        while self.left == Left::Nothing
            && let Some(ring) = &self.ring
        {
            let silent = self.attempts.finish(ring, end);
            let stalled = self.stalls.finish(ring, end);
            if self.given_up(silent, stalled) == Batch::Last {
                break;
            }
            if self.has_outcomes() {
                self.left = Left::End;
            }
        }
        if self.left == Left::Nothing {
            let paths = self.traces.finish();
            self.tell_paths(paths);
        }
    }

    /// Hands out the connections that went unanswered, and those that stalled, but for probes and
    /// where the capture may have missed the answer.
    fn given_up(
        &mut self,
        (silent, more_silent): (Vec<(Unanswered, u8)>, Batch),
        (stalled, more_stalled): (Vec<Stalled>, Batch),
    ) -> Batch {
        let told = silent.into_iter().filter(|(attempt, ttl)| {
            let watched = (attempt.sent.span()).saturating_add(unanswered::ANSWER_TIME);
            let is_probe = *ttl <= MAX_TTL && self.traces.is_trace(attempt.flow.addrs, TCP);
            let (blind, addrs) = (&self.exchanges.blind, attempt.flow.addrs);
            !is_probe && !blind.hides(addrs, attempt.sent.first, watched)
        });
        let told = told.map(|(attempt, _)| Outcome::Unanswered(attempt));
        self.outcomes.extend(told);
        let told = stalled.into_iter().filter(|stall| {
            let (blind, addrs) = (&self.exchanges.blind, stall.flow.addrs);
            !blind.hides(addrs, stall.sent.first, stall.sent.span())
        });
        self.outcomes.extend(told.map(Outcome::Stalled));
        if more_silent == Batch::Last {
            more_stalled
        } else {
            Batch::MoreToCome
        }
    }

    fn sweep(&mut self, now: Timestamp) {
        let quiet = self.verdicts.quiet(now, &self.followed);
        let is_last = quiet.len() < BATCH;
        for verdict in quiet {
            self.complete(verdict);
        }
        if !is_last {
            self.left = Left::At(now);
            return;
        }
        if let Some(ring) = &self.ring {
            let silent = self.attempts.quiet(ring, now);
            let stalled = self.stalls.quiet(ring, now);
            if self.given_up(silent, stalled) == Batch::MoreToCome {
                self.left = Left::At(now);
                return;
            }
        }
        self.swept = now;
        self.sweep_at = now.after(QUIET / 4);
        let paths = self.traces.quiet(now, QUIET);
        self.tell_paths(paths);
    }
}
