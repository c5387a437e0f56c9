//! What belongs to what: requests and replies, errors and the packets that caused them.
//!
//! [`Correlator`] sees every packet in input order and answers at once with what is known of it
//! ([`Relation`]); what can only be told later (an exchange that closed, a drop verdict) it hands
//! to the caller as [`Outcome`]s.

mod aftermath;
mod blind;
pub mod clock;
pub mod exchange;
mod exchanges;
mod flows;
pub mod observation;
mod payloads;
mod query;
mod quoted;
mod relation;
mod repeats;
mod sighting;
mod table;
pub mod trace;
mod traces;
mod translated;
pub mod unanswered;
pub mod verdict;
mod verdicts;

use std::net::IpAddr;
use std::time::Duration;

use self::aftermath::Followed;
use self::blind::Blind;
use self::clock::Clock;
use self::exchange::{Exchange, ExchangeOutcome};
use self::exchanges::{BATCH, Batch, ExchangeEvent, Exchanges};
use self::flows::Ring;
use self::observation::Observation;
use self::query::Recognizer;
pub use self::relation::{
    Answer, AnswerOutcome, MatchKind, NearMiss, NoOriginal, Original, PayloadChange, Relation,
};
use self::repeats::Repeats;
use self::sighting::{Place, Sighting};
use self::trace::Path;
use self::traces::{MAX_TTL, ProbeAnswer, Traces};
use self::unanswered::{Attempts, Unanswered};
use self::verdict::{AftermathOutcome, DropReason, DropVerdict};
use self::verdicts::{QUIET, Reported, Verdicts};
use crate::icmp::object::{ExtensionObject, Labels};
use crate::icmp::{Direction, Message, Quote};
use crate::model::{Frame, Timestamp};
use crate::wire::ip::protocol::TCP;
use crate::wire::{ChecksumStatus, Packet, link};

/// How correlation is to work.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// How long a request waits for its reply, in capture time.
    pub reply_timeout: Duration,
    /// Octets for all tables together.
    pub memory_limit: usize,
    /// Whether the packets that errors quote are looked for.
    pub originals: Originals,
    /// What of the traffic is there to be correlated.
    pub sight: Sight,
}

/// What of the traffic is there to be correlated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sight {
    /// All messages that passed the point of capture.
    #[default]
    Whole,
    /// What a filter let through: an answer that is not there may have been kept out by it.
    Filtered,
}

/// Whether a fingerprint of every packet is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Originals {
    /// It is: errors name the packet that caused them.
    Track,
    /// It is not: cheaper, and errors name the flow only.
    Ignore,
}

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
    swept: Timestamp,
    sweep_at: Timestamp,
    /// Up to when all is known, where the source tells: no window closes before.
    horizon: Timestamp,
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

/// How many entries each table gave up for want of room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evictions {
    /// Requests whose window was still open.
    pub exchanges: u64,
    /// Fingerprints overwritten; normal in a long capture.
    pub originals: u64,
    /// Flows whose aftermath was given up.
    pub flows: u64,
    /// Verdicts written early.
    pub verdicts: u64,
    /// TCP connections that waited for an answer.
    pub connections: u64,
}

impl Evictions {
    /// Each table's name with its count, those of nothing left out.
    pub fn by_table(&self) -> impl Iterator<Item = (&'static str, u64)> {
        [
            ("exchanges", self.exchanges),
            ("originals", self.originals),
            ("flows", self.flows),
            ("verdicts", self.verdicts),
            ("connections", self.connections),
        ]
        .into_iter()
        .filter(|(_, count)| *count > 0)
    }
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
            attempts: Attempts::new(share(1)),
            swept: Timestamp::MIN,
            sweep_at: Timestamp::MIN,
            horizon: Timestamp::MAX,
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
            connections: self.attempts.evicted(),
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
        let now = self.clock.frame(ts);
        if self.clock.went_back() {
            self.exchanges.step_back(now);
        }
        self.pass(now.min(self.horizon));
    }

    /// A live source knows everything up to `ts`: no older frame will follow, and what was not
    /// captured before was told by [`Self::missed`]. Closes the windows that end before.
    pub fn tick(&mut self, ts: Timestamp) {
        self.horizon = ts;
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
            .advance(now, &mut |event| outcomes.push(told(ring.as_ref(), event)));
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
        let relation = match message.quote() {
            Some(quote) => self.error(frame, packet, message, quote, shown),
            None => self.query(frame, packet, message, shown),
        };
        self.any_packet(&Observation::of(frame, ip), shown);
        if let Some(ring) = &self.ring {
            self.attempts.reaches(ring, ip.dst());
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
            .finish(end, &mut |event| outcomes.push(told(ring.as_ref(), event)));
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
            let is_last = silent.len() < BATCH;
            self.unanswered(silent);
            if is_last {
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

    /// What every IP packet leaves behind.
    #[inline]
    fn any_packet(&mut self, packet: &Observation, shown: bool) {
        let Some(ring) = &mut self.ring else {
            return;
        };
        let hashes = ring.push(packet, shown);
        if self.followed.may_know(hashes.flow()) {
            self.followed.packet(packet, hashes.flow());
        }
        if self.traces.may_know(hashes.pair) {
            self.traces.packet(ring, packet, shown);
        }
        if Attempts::concerns(packet.flags) {
            self.attempts.packet(ring, packet);
        }
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
        let seen = sighting(frame, packet, message, shown);
        let (ring, outcomes) = (&self.ring, &mut self.outcomes);
        let (relation, asked_ttl) = self.exchanges.query(query, seen, &mut |event| {
            outcomes.push(told(ring.as_ref(), event));
        });
        if query.direction == Direction::Reply
            && let Relation::Answer(Answer {
                request: Some(probe),
                rtt,
                ..
            }) = relation
        {
            self.traces.answered(&ProbeAnswer {
                addrs: ip.addrs.reversed(),
                protocol: ip.protocol,
                ttl: asked_ttl,
                probe,
                from: ip.src(),
                rtt,
                ts: frame.ts,
                mpls: None,
                refusal: None,
                shown,
            });
        }
        relation
    }

    fn error(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        message: &Message<'_>,
        quote: &Quote<'_>,
        shown: bool,
    ) -> Relation {
        let (ip, ts, start) = (&packet.ip, frame.ts, self.clock.first());
        let at = (frame.reference(), ts);
        if let Some(of) = (self.repeats).copy_of(ip.addrs, message.bytes, place(frame, packet), at)
        {
            return Relation::Copy { of };
        }
        let original = (self.ring.as_ref()).map(|ring| quoted::find(ring, quote, ts, start));
        let Some(reason) = DropReason::of(message.version, message.kind, message.code) else {
            return Relation::Error { original };
        };
        if let Some(key) = query::quoted_request(quote) {
            let seen = Sighting {
                frame: frame.reference(),
                ts,
                shown,
                checksum_bad: is_bad(message),
                broadcast: false,
                place: place(frame, packet),
            };
            let (ring, outcomes) = (&self.ring, &mut self.outcomes);
            self.exchanges.error(key, seen, &mut |event| {
                outcomes.push(told(ring.as_ref(), event));
            });
        }
        let reported = Reported {
            ip,
            message,
            quote,
            original,
            frame: frame.reference(),
            ts,
            shown,
        };
        self.attempts.error(quote);
        if let Some(ring) = &self.ring {
            let found = matches!(original, Some(Original::Found { .. }));
            self.followed.error(ring, quote, found, ts);
            let displaced = self.trace(ring_answer(&reported, reason));
            self.outcomes.extend(displaced.map(Outcome::Path));
        }
        if let Some(verdict) = self.verdicts.error(&reported) {
            self.complete(verdict);
        }
        Relation::Error { original }
    }

    fn trace(&mut self, answer: Option<(ProbeAnswer<'_>, DropReason)>) -> Option<Path> {
        let (answer, reason) = answer?;
        if reason == DropReason::TtlExceeded {
            return self.traces.expired(self.ring.as_ref()?, &answer);
        }
        self.traces.answered(&answer);
        None
    }

    /// Hands out a verdict.
    fn complete(&mut self, verdict: DropVerdict) {
        let verdict = Box::new(self.completed(verdict));
        self.outcomes.push(Outcome::Drop(verdict));
    }

    /// Adds to a verdict what only time tells.
    fn completed(&self, mut verdict: DropVerdict) -> DropVerdict {
        verdict.aftermath = self.followed.aftermath(&verdict.flow);
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

    /// Hands out the connections that went unanswered, but for probes and where the capture may have
    /// missed the answer.
    fn unanswered(&mut self, silent: Vec<(Unanswered, u8)>) {
        let told = silent.into_iter().filter(|(attempt, ttl)| {
            let watched = (attempt.last.since(attempt.first).unwrap_or_default())
                .saturating_add(unanswered::ANSWER_TIME);
            let is_probe = *ttl <= MAX_TTL && self.traces.is_trace(attempt.flow.addrs, TCP);
            !is_probe && !self.exchanges.blind.overlaps(attempt.first, watched)
        });
        let told = told.map(|(attempt, _)| Outcome::Unanswered(attempt));
        self.outcomes.extend(told);
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
            let is_last = silent.len() < BATCH;
            self.unanswered(silent);
            if !is_last {
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

/// The probe that an error answers, where its original was found.
fn ring_answer<'a>(
    error: &Reported<'_, 'a>,
    reason: DropReason,
) -> Option<(ProbeAnswer<'a>, DropReason)> {
    let Some(Original::Found {
        match_kind,
        frame,
        before,
        ttl,
        ..
    }) = error.original
    else {
        return None;
    };
    (match_kind != MatchKind::Flow || reason == DropReason::PortUnreachable).then_some((
        ProbeAnswer {
            addrs: error.quote.ip.addrs,
            protocol: error.quote.ip.protocol,
            ttl,
            probe: frame,
            from: error.ip.src(),
            rtt: before,
            ts: error.ts,
            mpls: labels(error.message),
            refusal: (!matches!(
                reason,
                DropReason::TtlExceeded | DropReason::PortUnreachable
            ))
            .then_some(reason),
            shown: error.shown,
        },
        reason,
    ))
}

/// The MPLS label stack an error reports (RFC 4950).
fn labels<'a>(message: &Message<'a>) -> Option<Labels<'a>> {
    message
        .extensions()?
        .objects()
        .find_map(|object| match object.kind {
            ExtensionObject::Mpls(labels) => Some(labels),
            _ => None,
        })
}

fn told(ring: Option<&Ring>, event: ExchangeEvent) -> Outcome {
    match event {
        ExchangeEvent::Decided(exchange) => Outcome::Decided(exchange),
        ExchangeEvent::Closed(mut exchange) => {
            // A neighbor that does not answer need not be there at all.
            exchange.one_sided_possible = exchange.outcome == ExchangeOutcome::Lost
                && exchange.kind.has_id()
                && ring.is_some_and(|ring| !ring.direction_seen(&exchange.addrs.reversed()));
            Outcome::Exchange(exchange)
        }
    }
}

fn sighting(
    frame: &Frame<'_>,
    packet: &Packet<'_>,
    message: &Message<'_>,
    shown: bool,
) -> Sighting {
    Sighting {
        frame: frame.reference(),
        ts: frame.ts,
        shown,
        checksum_bad: is_bad(message),
        broadcast: is_broadcast(frame, packet, message),
        place: place(frame, packet),
    }
}

fn place(frame: &Frame<'_>, packet: &Packet<'_>) -> Place {
    Place {
        ip_id: packet.ip.id,
        ttl: packet.ip.ttl,
        vlan: packet.link.vlans.as_slice().last().copied().unwrap_or(0),
        interface: frame.interface.map_or(0, |interface| interface.0 + 1),
        source: frame.source,
    }
}

/// Whether a message went to all hosts of its network; an address alone does not tell, as the
/// network's length is not known (RFC 919 section 7).
fn is_broadcast(frame: &Frame<'_>, packet: &Packet<'_>, message: &Message<'_>) -> bool {
    const ECHO: u8 = 8;
    match packet.ip.dst() {
        // A host part of two bits at the least, all ones.
        IpAddr::V4(dst) if message.kind == ECHO && dst.to_bits() & 3 == 3 => {
            packet.tunnels.is_empty() && link::is_broadcast(frame)
        }
        _ => false,
    }
}

fn is_bad(message: &Message<'_>) -> bool {
    matches!(message.checksum.status, ChecksumStatus::Bad { .. })
}
