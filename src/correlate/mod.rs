//! What belongs to what: requests and replies, errors and the packets that caused them.
//!
//! [`Correlator`] sees every packet in input order and answers at once with what is known of it
//! ([`Relation`]); what can only be told later (an exchange that closed, a drop verdict) it hands
//! to the caller as [`Outcome`]s.

mod aftermath;
mod blind;
pub mod clock;
mod errors;
pub mod exchange;
mod exchanges;
mod flows;
mod limits;
pub mod observation;
mod payloads;
mod query;
mod quoted;
mod relation;
mod repeats;
#[cfg(test)]
mod replay;
mod sighting;
pub mod stalled;
mod table;
pub mod trace;
mod traces;
mod translated;
pub mod transmissions;
pub mod unanswered;
pub mod verdict;
mod verdicts;

use self::aftermath::Followed;
use self::blind::Blind;
use self::clock::Clock;
use self::exchange::Exchange;
use self::exchanges::{BATCH, Batch, Exchanges};
use self::flows::{Hashes, Lead, Ring};
pub use self::limits::{Config, Evictions, Originals, Sight};
use self::observation::Observation;
use self::query::Recognizer;
pub use self::relation::{
    Answer, AnswerOutcome, MatchKind, NearMiss, NoOriginal, Original, PayloadChange, Relation,
};
use self::repeats::Repeats;
use self::sighting::Sighting;
use self::stalled::{Stalled, Stalls};
use self::trace::MAX_TTL;
use self::trace::Path;
use self::traces::{ProbeAnswer, Traces};
use self::unanswered::{Attempts, Unanswered};
use self::verdict::{AftermathOutcome, DropReason, DropVerdict};
use self::verdicts::{QUIET, Verdicts};
use crate::icmp::{Body, Direction, Message};
use crate::model::{Frame, Timestamp};
use crate::wire::Packet;
use crate::wire::ip::protocol::TCP;

/// What is told later than the packet it is about.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A frame that the filter hides decided a request that it shows, or the request was decided
    /// without one.
    Decided(Exchange),
    /// The window of a request closed.
    Exchange(Exchange),
    /// A drop verdict is complete.
    Drop(Box<DropVerdict>),
    /// A traceroute is complete.
    Path(Path),
    /// A connection that nobody answered was given up.
    Unanswered(Unanswered),
    /// A connection whose data nobody acknowledged was given up.
    Stalled(Stalled),
}

/// The state of correlation.
#[derive(Debug)]
pub struct Correlator {
    clock: Clock,
    recognizer: Recognizer,
    exchanges: Exchanges,
    repeats: Repeats,
    ring: Option<Ring>,
    followed: Followed,
    verdicts: Verdicts,
    traces: Traces,
    attempts: Attempts,
    stalls: Stalls,
    swept: Timestamp,
    sweep_at: Timestamp,
    /// Up to when all is known, where the source tells: no window closes before.
    horizon: Timestamp,
    sight: Sight,
    for_summary: usize,
    left: Left,
    outcomes: Vec<Outcome>,
}

/// What a batch of outcomes left to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    Nothing,
    /// What time passing has decided.
    At(Timestamp),
    /// What the end of the capture decides.
    End,
}

impl Correlator {
    /// An empty correlator.
    pub fn new(config: &Config) -> Self {
        // Shares of the limit, in sixteenths.
        let share = |sixteenths| config.memory_limit / 16 * sixteenths;
        let mut exchanges = Exchanges::new(config.reply_timeout, share(5));
        exchanges.blind = Blind::new(config.sight == Sight::Filtered);
        Self {
            clock: Clock::default(),
            recognizer: Recognizer::default(),
            exchanges,
            repeats: Repeats::default(),
            ring: (config.originals == Originals::Track).then(|| Ring::new(share(4))),
            followed: Followed::new(share(1)),
            verdicts: Verdicts::new(share(2)),
            traces: Traces::new(share(1)),
            attempts: Attempts::new(share(1) / 2),
            stalls: Stalls::new(share(1) / 2),
            swept: Timestamp::MIN,
            sweep_at: Timestamp::MIN,
            horizon: Timestamp::MAX,
            sight: config.sight,
            for_summary: share(2),
            left: Left::Nothing,
            outcomes: Vec::new(),
        }
    }

    /// Octets that the limit leaves for the account of what was told.
    pub fn memory_for_summary(&self) -> usize {
        self.for_summary
    }

    /// Whether packets leave a note, for originals.
    pub fn tracks_originals(&self) -> bool {
        self.ring.is_some()
    }

    /// The clock of the capture.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// What was given up for want of room.
    pub fn evictions(&self) -> Evictions {
        Evictions {
            exchanges: self.exchanges.evicted(),
            originals: self.ring.as_ref().map_or(0, Ring::overwritten),
            flows: self.followed.evicted(),
            verdicts: self.verdicts.evicted(),
            connections: self.attempts.evicted() + self.stalls.evicted(),
        }
    }

    /// Takes what became known since the last call, in order.
    pub fn outcomes(&mut self) -> std::vec::Drain<'_, Outcome> {
        self.outcomes.drain(..)
    }

    /// Whether anything became known since the last call of [`Self::outcomes`].
    pub fn has_outcomes(&self) -> bool {
        !self.outcomes.is_empty()
    }

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
        let (ring, outcomes) = (&self.ring, &mut self.outcomes);
        let batch = self
            .exchanges
            .advance(now, &mut |event| outcomes.push(event.told(ring.as_ref())));
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

    /// Takes an IP packet that is not ICMP.
    #[inline]
    pub fn other(&mut self, packet: &Observation) {
        self.any_packet(packet, false);
    }

    /// Takes an ICMP message; `shown` tells whether it passed the filter.
    pub fn icmp(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        message: &Message<'_>,
        shown: bool,
    ) -> Relation {
        let ip = &packet.ip;
        if frame.reported().is_some() {
            if let Some(quote) = message.quote() {
                self.reported_error(frame, packet, message, quote, shown);
            }
            return Relation::Reported;
        }
        let relation = match message.quote() {
            // Nobody hears of it.
            _ if !ip.is_acceptable() => match message.body {
                Body::Error(_) | Body::Redirect { .. } => Relation::Error { original: None },
                _ => Relation::None,
            },
            Some(quote) => self.error(frame, packet, message, quote, shown),
            // It quotes too little to look for: one all the same.
            None if matches!(message.body, Body::Error(_) | Body::Redirect { .. }) => {
                Relation::Error { original: None }
            }
            None => self.query(frame, packet, message, shown),
        };
        if let Some(hashes) = self.any_packet(&Observation::of(frame, ip), shown) {
            self.attempts.reaches(hashes.host);
        }
        relation
    }

    /// The verdicts that are not told yet, as they stand, the oldest first.
    pub fn open_verdicts(&self) -> Vec<DropVerdict> {
        let open = self.verdicts.open().cloned();
        open.map(|verdict| self.completed(verdict)).collect()
    }

    /// As [`Self::open_verdicts`], but the newest, and at most `limit`: what can be asked for often.
    pub fn newest_verdicts(&self, limit: usize) -> Vec<DropVerdict> {
        let newest = self.verdicts.newest().take(limit).cloned();
        newest.map(|verdict| self.completed(verdict)).collect()
    }

    /// No frame follows: decides what is open.
    pub fn finish(&mut self) {
        let end = match self.horizon {
            Timestamp::MAX => self.clock.end(),
            // The capture ran on, though nothing came.
            horizon => self.clock.end().max(horizon),
        };
        let (ring, outcomes) = (&self.ring, &mut self.outcomes);
        let batch = self
            .exchanges
            .finish(end, &mut |event| outcomes.push(event.told(ring.as_ref())));
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
            self.outcomes.extend(paths.into_iter().map(Outcome::Path));
        }
    }

    /// What every IP packet leaves behind, and its hashes, where originals are tracked.
    #[inline]
    fn any_packet(&mut self, packet: &Observation, shown: bool) -> Option<Hashes> {
        let ring = self.ring.as_mut()?;
        let hashes = ring.push(packet, shown);
        if self.followed.may_know(hashes.flow()) {
            self.followed.packet(packet, hashes.flow());
            self.stalls.answer(packet);
        }
        if self.stalls.is_again(packet, hashes.flow()) {
            self.stalls.again(ring, packet, &mut self.followed);
        }
        if self.traces.may_know(hashes.pair) {
            let displaced = self.traces.packet(ring, packet, shown);
            self.outcomes
                .extend(displaced.into_iter().map(Outcome::Path));
        }
        if Attempts::concerns(packet.flags) {
            self.attempts.packet(ring, packet);
            if packet.begins() {
                self.followed.tried(&packet.flow(), packet.ts);
            }
        }
        Some(hashes)
    }

    fn query(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        message: &Message<'_>,
        shown: bool,
    ) -> Relation {
        let ip = &packet.ip;
        let Some(query) = self.recognizer.query(ip, message) else {
            return Relation::None;
        };
        let seen = Sighting::of(frame, packet, message, shown);
        let (ring, outcomes) = (&self.ring, &mut self.outcomes);
        let (relation, asked_ttl) = self.exchanges.query(query, seen, &mut |event| {
            outcomes.push(event.told(ring.as_ref()));
        });
        if query.direction == Direction::Reply
            && let Relation::Answer(Answer {
                request: Some(probe),
                rtt,
                ..
            }) = relation
        {
            let displaced = self.traces.answered(&ProbeAnswer {
                addrs: ip.addrs.reversed(),
                protocol: ip.protocol,
                lead: Lead::of(message.bytes),
                ttl: asked_ttl,
                probe,
                from: ip.src(),
                rtt,
                ttl_back: ip.hop_limit(),
                ts: frame.ts,
                mpls: None,
                refusal: None,
                shown,
            });
            self.outcomes
                .extend(displaced.into_iter().map(Outcome::Path));
        }
        relation
    }

    /// Hands out a verdict.
    fn complete(&mut self, verdict: DropVerdict) {
        let verdict = Box::new(self.completed(verdict));
        self.outcomes.push(Outcome::Drop(verdict));
    }

    /// Adds to a verdict what only time tells.
    fn completed(&self, mut verdict: DropVerdict) -> DropVerdict {
        verdict.aftermath = self.followed.aftermath(&verdict.flow);
        if verdict.reason == DropReason::PortUnreachable {
            verdict.was_open = self.followed.was_open(&verdict.flow);
        }
        let watched = (verdict.last.since(verdict.first).unwrap_or_default()).saturating_add(QUIET);
        if verdict.aftermath.outcome == AftermathOutcome::Silent
            && self.exchanges.blind.overlaps(verdict.first, watched)
        {
            // What the flow sent then may be what was not captured.
            verdict.aftermath.outcome = AftermathOutcome::Unknown;
        }
        // The same two hosts may well have other business beside a traceroute.
        let ttl = verdict.original_ttl;
        let may_be_probe = match verdict.reason {
            DropReason::TtlExceeded | DropReason::PortUnreachable => {
                ttl.is_none_or(|ttl| ttl <= MAX_TTL)
            }
            // A refusal is what any packet meets: only the TTL makes a probe of it.
            DropReason::NoRoute | DropReason::HostUnreachable | DropReason::AdminProhibited => {
                ttl.is_some_and(|ttl| ttl <= MAX_TTL)
            }
            _ => false,
        };
        verdict.probe = may_be_probe
            && self
                .traces
                .is_trace(verdict.flow.addrs, verdict.flow.protocol);
        verdict
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
            !is_probe && !self.exchanges.blind.overlaps(attempt.sent.first, watched)
        });
        let told = told.map(|(attempt, _)| Outcome::Unanswered(attempt));
        self.outcomes.extend(told);
        let told = stalled.into_iter().filter(|stall| {
            !self
                .exchanges
                .blind
                .overlaps(stall.sent.first, stall.sent.span())
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
        self.outcomes.extend(paths.into_iter().map(Outcome::Path));
    }
}
