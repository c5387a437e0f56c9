//! What belongs to what: requests and replies, errors and the packets that caused them.
//!
//! [`Correlator`] sees every packet in input order and answers at once with what is known of it
//! ([`Relation`]); what can only be told later (an exchange that closed, a drop verdict) it hands
//! to the caller as [`Outcome`]s.

mod aftermath;
mod blind;
mod carried;
pub mod clock;
mod content;
mod copies;
mod datagrams;
mod errors;
pub mod exchange;
mod exchanges;
mod flows;
mod fragments;
mod furthest;
mod hasty;
mod in_flight;
mod lead;
mod limits;
mod network;
mod noted;
mod numbered;
pub mod observation;
mod pairs;
mod parts;
mod passing;
mod payloads;
mod probed;
mod query;
mod quoted;
mod relation;
mod repeats;
#[cfg(test)]
mod replay;
mod resolution;
pub mod segment;
mod sighting;
pub mod stalled;
mod station;
mod table;
pub mod trace;
mod traces;
mod translated;
pub mod transmissions;
pub mod unanswered;
mod undelivered;
mod unmended;
pub mod verdict;
mod verdicts;
mod whole;

use std::time::Duration;

use self::aftermath::Followed;
use self::blind::Blind;
use self::carried::Carried;
use self::clock::Clock;
use self::datagrams::Datagrams;
use self::exchange::Exchange;
use self::exchanges::Exchanges;
use self::flows::Ring;
pub use self::fragments::Fragment;
use self::hasty::HastyErrors;
pub use self::limits::{Config, Evictions, Originals, Sight};
use self::network::Link;
use self::parts::Parts;
use self::query::{Query, Recognizer};
use self::quoted::Completed;
pub use self::relation::{
    Answer, AnswerOutcome, MatchKind, NearMiss, NoOriginal, Original, PayloadChange, Relation,
};
use self::repeats::{Repeats, Spot};
use self::resolution::Resolutions;
use self::sighting::{Extent, Mirror, Sighting};
use self::stalled::{Stalled, Stalls};
use self::trace::{MAX_TTL, Path};
use self::traces::Traces;
use self::unanswered::{Attempts, Unanswered};
use self::undelivered::SentErrors;
use self::verdict::{AftermathOutcome, DropReason, DropVerdict, Evidence};
use self::verdicts::{QUIET, VerdictKey, Verdicts};
use crate::icmp::{Body, Message};
use crate::model::{Frame, FrameRef, InterfaceId, SourceId, Timestamp};
use crate::wire::{Ip, Packet, is_reported};

/// What is told later than the packet it is about.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A frame that the filter hides decided a request that it shows, or the request was decided
    /// without one.
    Decided(Exchange),
    /// The window of a request closed.
    Exchange(Exchange),
    /// An error came about a request whose window had closed, and which was told as lost; or about the
    /// reply to one that was told as answered, which is lost by that.
    LateError(Exchange),
    /// A drop verdict is complete.
    Drop(Box<DropVerdict>),
    /// A traceroute is complete.
    Path(Path),
    /// A connection that nobody answered was given up.
    Unanswered(Unanswered),
    /// A connection whose data nobody acknowledged was given up.
    Stalled(Stalled),
}

/// Who sends nothing for so long is silent: TCP waits for as long before it sends again (RFC 6298 section 2).
const SILENCE: Duration = Duration::from_secs(1);

/// The state of correlation.
#[derive(Debug)]
pub struct Correlator {
    clock: Clock,
    recognizer: Recognizer,
    exchanges: Exchanges,
    parts: Parts,
    /// Errors.
    repeats: Repeats,
    /// What neither asks nor answers nor quotes.
    notices: Repeats,
    ring: Option<Ring>,
    /// The last frame of which the tunnels were taken.
    carried_by: Option<FrameRef>,
    carried: Carried,
    datagrams: Datagrams,
    followed: Followed,
    verdicts: Verdicts,
    hasty: HastyErrors,
    sent_errors: SentErrors,
    resolutions: Resolutions,
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
        let for_parts = parts::MEMORY.min(share(1));
        let mut exchanges = Exchanges::new(config.reply_timeout, share(5) - for_parts);
        exchanges.blind = Blind::new(config.sight == Sight::Filtered);
        Self {
            clock: Clock::default(),
            recognizer: Recognizer::default(),
            exchanges,
            parts: Parts::new(for_parts),
            repeats: Repeats::default(),
            notices: Repeats::default(),
            ring: (config.originals == Originals::Track).then(|| Ring::new(share(4))),
            carried_by: None,
            carried: Carried::default(),
            datagrams: Datagrams::default(),
            followed: Followed::new(share(1)),
            verdicts: Verdicts::new(share(2)),
            hasty: HastyErrors::default(),
            sent_errors: SentErrors::default(),
            resolutions: Resolutions::default(),
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

    /// Only part of the traffic is captured, as it turns out: see [`Sight::Filtered`].
    pub fn part_is_captured(&mut self) {
        self.sight = Sight::Filtered;
        self.exchanges.blind.part_is_captured();
    }

    /// Only part of the traffic is captured on an interface: requests that were seen there alone may
    /// have been answered.
    pub fn part_is_captured_on(&mut self, source: SourceId, interface: InterfaceId) {
        self.exchanges.blind.part_is_captured_on(source, interface);
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

    /// Takes an ICMP message; `shown` tells whether it passed the filter.
    pub fn icmp(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        message: &Message<'_>,
        shown: bool,
    ) -> Relation {
        self.packet(frame, packet, message, Extent::Packet, shown)
    }

    fn packet(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        message: &Message<'_>,
        extent: Extent,
        shown: bool,
    ) -> Relation {
        if is_reported(frame) {
            if let Some(quote) = message.quote() {
                self.reported_error(frame, packet, message, quote, shown);
            }
            return Relation::Reported;
        }
        let query = self.recognize(&packet.ip, message);
        let noted = self.note(frame, &packet.ip);
        let completed = self.quoted_in_part(message, frame.ts);
        let completed = completed.as_ref().and_then(Completed::quote);
        let relation = match message.quote().or(completed.as_ref()) {
            Some(quote) if packet.ip.is_acceptable() => {
                self.error(frame, packet, message, quote, None, shown)
            }
            _ => self.without_quote(frame, packet, (message, query.as_ref()), extent, shown),
        };
        self.around(frame, packet, shown);
        if let Some((observed, hashes)) = &noted {
            self.any_packet(observed, hashes, (shown, Link::of(packet)));
        }
        relation
    }

    /// What a message asks or answers, if anything.
    #[inline]
    fn recognize<'a>(&self, ip: &Ip<'_>, message: &Message<'a>) -> Option<Query<'a>> {
        let query = self.recognizer.query(ip, message)?;
        self.exchanges.prefetch(&query);
        Some(query)
    }

    /// Relates a message that quotes nothing, or that nobody hears of.
    #[inline]
    fn without_quote(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        (message, query): (&Message<'_>, Option<&Query<'_>>),
        extent: Extent,
        shown: bool,
    ) -> Relation {
        match message.body {
            // It quotes too little to look for: one all the same.
            Body::Error(_) => self.vague_error(frame, packet, message, shown),
            Body::Redirect { .. } => Relation::Error { original: None },
            _ if packet.ip.is_acceptable() => {
                if let Body::Ndp(ndp) = &message.body {
                    self.resolutions.neighbors(frame, packet, ndp);
                }
                self.query(frame, packet, (message, query), extent, shown)
            }
            _ => Relation::None,
        }
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

    fn query(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        (message, query): (&Message<'_>, Option<&Query<'_>>),
        extent: Extent,
        shown: bool,
    ) -> Relation {
        let ip = &packet.ip;
        let Some(query) = query else {
            if query::is_vague_reply(message) {
                let asked = ip.ends().reversed();
                self.exchanges.blind.add_vague(asked, frame.ts);
            }
            return self.notice(frame, packet, message);
        };
        let seen = Sighting::of(frame, packet, message, extent, shown);
        let (ring, parts, outcomes) = (&self.ring, &self.parts, &mut self.outcomes);
        let (relation, asked) = self.exchanges.query(query, &seen, &mut |event| {
            outcomes.push(event.told(ring.as_ref(), parts));
        });
        if matches!(relation, Relation::None) {
            return self.notice(frame, packet, message);
        }
        self.probed((relation, asked), (frame, ip, message), shown);
        relation
    }

    /// Relates a message that asks and answers nothing: who sends the same again waits for longer than a
    /// mirror does.
    fn notice(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        message: &Message<'_>,
    ) -> Relation {
        let seen = (&Spot::of(frame, packet), |_| Mirror::AtWork);
        let addrs = packet.ip.addrs;
        // Fragments of one message may be alike.
        let offset = packet.ip.fragment.map_or(0, |fragment| fragment.offset);
        let octets = (offset, message.bytes);
        let known = (self.notices).copy_of(Evidence::Captured, addrs, octets, seen);
        known.map_or(Relation::None, |of| Relation::Copy { of })
    }

    /// Hands out a verdict.
    fn complete(&mut self, verdict: DropVerdict) {
        let verdict = Box::new(self.completed(verdict));
        let key = VerdictKey::of(&verdict);
        // Not all of its errors may have told the same.
        let scope = verdict.scope;
        (self.followed).told((verdict.followed(), scope.followed()), &key);
        (self.followed).told((verdict.flow, scope.link()), &key);
        self.outcomes.push(Outcome::Drop(verdict));
    }

    /// Adds to a verdict what only time tells.
    fn completed(&self, mut verdict: DropVerdict) -> DropVerdict {
        let key = VerdictKey::of(&verdict);
        if !verdict.carried.is_of_several() {
            let followed = (verdict.followed(), verdict.scope.followed());
            verdict.aftermath = self.followed.aftermath(followed, &key);
            verdict.arrived_later =
                (self.followed.arrived_later(followed, &key)).min(verdict.count);
            // Of those whose packet was captured after them the clocks of two captures may tell otherwise.
            let known = verdict.unheard().max(verdict.original_count);
            let others = verdict.count.saturating_sub(known);
            verdict.out_of_window += self.followed.ahead(followed, &key).min(others);
        }
        if verdict.reason == DropReason::PortUnreachable {
            let dropped = (verdict.dropped(), verdict.scope.link());
            verdict.was_open = self.followed.was_open(dropped, &key);
        }
        // Who sends nothing for less may just not have had the time.
        let is_over = (self.end().since(verdict.last)).is_some_and(|time| time >= SILENCE);
        if verdict.aftermath.outcome == AftermathOutcome::Silent
            && verdict.aftermath.retried == 0
            && !is_over
        {
            verdict.aftermath.outcome = AftermathOutcome::Unknown;
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
        let (addrs, protocol) = verdict.probed();
        verdict.probe = may_be_probe && self.traces.is_trace(addrs, protocol);
        verdict
    }
}
