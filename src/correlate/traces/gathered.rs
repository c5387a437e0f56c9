//! One traceroute while it is gathered.

use std::collections::VecDeque;
use std::net::IpAddr;

use super::course::Course;
use super::pending::{Answer, Probe, probe_in};
use super::{Again, ProbeAnswer, TraceKey};
use crate::correlate::flows::{Fingerprint, has_ports};
use crate::correlate::trace::{Hop, HopRouter, MAX_TTL, Path};
use crate::icmp::payload;
use crate::model::{AddrPair, FrameRef, SourceId, Timestamp};
use crate::wire::ip::protocol::TCP;
use crate::wire::tcp::SYN;

/// Different TTLs that make a traceroute.
const DISTINCT_TTLS: usize = 2;
/// Answers of a neighbor to ports counted up that make one: mtr(8) sends no other TTL then.
const PORTS_IN_ORDER: u8 = 3;
/// How far apart two of these are at most, where not all are answered.
const PORTS_APART: u16 = 16;
/// MPLS labels kept per router.
const LABELS: usize = 8;
/// Routers kept per hop.
const ROUTERS: usize = 8;
/// Probes, and answers, of which copies are waited for: those of some seconds.
const PENDING: usize = 128;
/// Copies of an answer whose frames are known.
const COPIES: usize = 8;
/// Captures with answers that are kept.
const CAPTURES: usize = 8;
/// Octets of what is pending, at most.
pub(super) const PENDING_MEMORY: usize = PENDING
    * (size_of::<Probe>()
        + size_of::<Answer>()
        + LABELS * size_of::<u32>()
        + COPIES * size_of::<FrameRef>());

/// What was sent with one TTL, and what answered.
#[derive(Debug, Default)]
pub(super) struct HopState {
    sent: u32,
    answers: u32,
    routers: Vec<HopRouter>,
    /// Whether a probe came to the destination.
    is_end: bool,
}

/// One traceroute: what was sent and what answered, by TTL.
#[allow(clippy::struct_excessive_bools)] // each a fact of its own
#[derive(Debug)]
pub(super) struct Trace {
    pub(super) first_probe: FrameRef,
    pub(super) begun: Timestamp,
    pub(super) last: Timestamp,
    /// By TTL, but for what copies may tell more of.
    hops: Vec<HopState>,
    probes: VecDeque<Probe>,
    answers: VecDeque<Answer>,
    /// Which captures have answers.
    heard: Vec<SourceId>,
    /// Whether some answers were settled.
    pub(super) has_settled: bool,
    /// A bit per TTL, see [`Trace::note_answer`].
    answered: u64,
    pub(super) course: Course,
    /// How many runs were over, of all that is sent between two hosts.
    pub(super) runs: u16,
    /// One of an identifier, or a run, is a traceroute.
    pub(super) is_told: bool,
    /// Some router answered, and it is not known which probe.
    pub(super) is_blurred: bool,
    neighbor: Neighbor,
    pub(super) shown: bool,
}

/// Answers of the destination to probes that no router would have passed on.
#[derive(Clone, Copy, Debug, Default)]
struct Neighbor {
    /// The port of the last.
    port: u16,
    in_order: u8,
}

impl Neighbor {
    fn answer(&mut self, port: u16) {
        match port.checked_sub(self.port) {
            Some(0) => {}
            Some(1..=PORTS_APART) => self.in_order = self.in_order.saturating_add(1),
            _ if self.is_traced() => {}
            _ => self.in_order = 1,
        }
        self.port = port;
    }

    fn is_traced(self) -> bool {
        self.in_order >= PORTS_IN_ORDER
    }
}

impl HopState {
    /// A router that answered here, if there is room for it.
    fn router(&mut self, router: IpAddr) -> Option<&mut HopRouter> {
        let known = self.routers.iter().position(|known| known.router == router);
        if known.is_none() && self.routers.len() < ROUTERS {
            self.routers.push(HopRouter {
                router,
                rtts: Vec::new(),
                answers: 0,
                mpls: Vec::new(),
                refusal: None,
                return_hops: None,
                tunnel: None,
            });
            return self.routers.last_mut();
        }
        self.routers.get_mut(known?)
    }
}

impl Trace {
    /// One that this probe began.
    pub(super) fn new(begun: Timestamp, first_probe: FrameRef) -> Self {
        Self {
            first_probe,
            begun,
            last: begun,
            hops: Vec::new(),
            probes: VecDeque::new(),
            answers: VecDeque::new(),
            heard: Vec::new(),
            has_settled: false,
            answered: 0,
            course: Course::default(),
            runs: 0,
            is_told: false,
            is_blurred: false,
            neighbor: Neighbor::default(),
            shown: false,
        }
    }

    fn hop(&mut self, ttl: u8) -> Option<&mut HopState> {
        if ttl > MAX_TTL {
            return None;
        }
        let at = usize::from(ttl.checked_sub(1)?);
        if self.hops.len() <= at {
            self.hops.resize_with(at + 1, HopState::default);
        }
        self.hops.get_mut(at)
    }

    /// Whether a probe was seen before, at another point.
    pub(super) fn knows(&self, probe: &Fingerprint, addrs: AddrPair) -> bool {
        self.place_of(probe, addrs).is_some()
    }

    /// Where it stands among the probes. Of several alike captures have the same one first.
    fn place_of(&self, probe: &Fingerprint, addrs: AddrPair) -> Option<usize> {
        let is_known = |known: &Probe| known.is_seen_again(probe, addrs);
        let known = self.probes.iter().rposition(is_known);
        known.or_else(|| (self.probes.iter()).position(|known| known.may_be_elsewhere(probe)))
    }

    /// A probe that it knows: that one or this may be nearer.
    pub(super) fn sent_again(&mut self, probe: &Fingerprint, addrs: AddrPair) {
        let known = self.place_of(probe, addrs);
        let Some(known) = known.and_then(|at| self.probes.get_mut(at)) else {
            return;
        };
        known.sent_again(probe);
    }

    /// Another probe.
    pub(super) fn sent(&mut self, probe: &Fingerprint) {
        if self.probes.len() == PENDING {
            self.settle_probe();
        }
        self.probes.push_back(Probe::new(probe));
    }

    /// Counts the oldest probe where it was sent.
    fn settle_probe(&mut self) {
        let Some(probe) = self.probes.pop_front() else {
            return;
        };
        let ttl = probe.nearest.ttl;
        for answer in &mut self.answers {
            if probe.is_in(answer.probe) {
                answer.ttl = ttl;
            }
        }
        if let Some(hop) = self.hop(ttl) {
            hop.sent = hop.sent.saturating_add(1);
        }
    }

    /// Counts the oldest answer where its probe was sent.
    fn settle_answer(&mut self) {
        let Some(answer) = self.answers.pop_front() else {
            return;
        };
        self.has_settled = true;
        let probe = probe_in(&self.probes, answer.probe);
        // Where who probes has answers, and not this one, no time is theirs. A file that has the answer alone
        // goes on with that of the probe.
        let is_elsewhere = probe.is_some_and(|probe| {
            probe.is_known_in(answer.timed_in)
                && probe.near_in(answer.timed_in).is_none()
                && self.heard.contains(&probe.nearest.source())
        });
        let ttl = probe.map_or(answer.ttl, |probe| probe.nearest.ttl);
        let Some(hop) = self.hop(ttl) else {
            return;
        };
        hop.answers = hop.answers.saturating_add(1);
        hop.is_end |= answer.reaches;
        let Some(router) = hop.router(answer.from) else {
            return;
        };
        router.answers = router.answers.saturating_add(1);
        router.refusal = router.refusal.or(answer.fate.refusal());
        router.tunnel = router.tunnel.or(answer.tunnel);
        router.return_hops = (router.return_hops).or_else(|| answer.ttl_back.map(payload::hops));
        if router.rtts.len() < HopRouter::RTTS {
            router.rtts.extend(answer.rtt.filter(|_| !is_elsewhere));
        }
        if router.mpls.is_empty() {
            router.mpls = answer.mpls;
        }
    }

    /// No copy is waited for any more.
    pub(super) fn settle(&mut self) {
        while !self.answers.is_empty() {
            self.settle_answer();
        }
        while !self.probes.is_empty() {
            self.settle_probe();
        }
    }

    /// Takes the earlier probe for the first; frames of several files do not tell by their numbers.
    pub(super) fn begun_by(&mut self, ts: Timestamp, probe: FrameRef) {
        if (ts, probe) < (self.begun, self.first_probe) {
            (self.begun, self.first_probe) = (ts, probe);
        }
    }

    /// Whether a probe is the first of another run, see [`Course::is_over`].
    pub(super) fn is_over(&self, probe: &Fingerprint, port: u16) -> bool {
        self.course.is_over(probe, port, self.last)
    }

    /// Whether `frame` holds one of the last probes.
    pub(super) fn has_probe(&self, frame: FrameRef) -> bool {
        probe_in(&self.probes, frame).is_some()
    }

    /// Whether one of the last probes is the SYN of the connection of this segment.
    pub(super) fn has_begun(&self, segment: &Fingerprint) -> bool {
        self.probes.iter().any(|probe| {
            probe.nearest.flags & SYN != 0 && probe.nearest.lead.word() == segment.lead.word()
        })
    }

    /// Whether `frame` holds one of the last answers.
    pub(super) fn has_answer(&self, frame: FrameRef) -> bool {
        self.answers.iter().any(|answer| answer.is_in(frame))
    }

    /// That something answered, here or a probe of an identifier of its own.
    pub(super) fn note_answer(&mut self, answer: &ProbeAnswer<'_>) {
        self.last = self.last.max(answer.ts);
        self.answered |= 1_u64 << answer.ttl.min(MAX_TTL);
        if answer.is_by_neighbor() && has_ports(answer.protocol) {
            self.neighbor.answer(answer.lead.half(1));
        }
    }

    /// Whether what the two hosts do is tracing.
    pub(super) fn is_trace(&self) -> bool {
        self.is_told
            || self.answered.count_ones() as usize >= DISTINCT_TTLS
            || self.answered & self.course.climbed() != 0
            || self.neighbor.is_traced()
    }

    /// An answer to a probe of this trace.
    pub(super) fn answer(&mut self, answer: &ProbeAnswer<'_>) {
        self.note_answer(answer);
        self.shown |= answer.shown;
        self.begun_by(answer.probe_ts(), answer.probe);
        let source = answer.frame.source();
        self.hears_in(source);
        let is_copy = |known: &Answer| answer.protocol == TCP || known.frame.source() != source;
        if let Some(known) = self.answer_that(answer, is_copy) {
            // Sent again, or seen at another point.
            let of = known.frame;
            self.again(&answer.again(of));
            return;
        }
        if self.answers.len() == PENDING {
            self.settle_answer();
        }
        // What a tunnel's packet is answered takes that long from the probe that went into it.
        let entered = answer.tunnel.and_then(|_| {
            let probe = probe_in(&self.probes, answer.probe)?;
            answer.ts.since(probe.near_in(source)?.ts)
        });
        self.answers.push_back(Answer {
            probe: answer.probe,
            ttl: answer.ttl,
            from: answer.from,
            rtt: entered.or(answer.rtt),
            ttl_back: answer.ttl_back,
            fate: answer.fate,
            reaches: answer.reaches(),
            tunnel: answer.tunnel,
            mpls: Vec::new(),
            frame: answer.frame,
            copies: Vec::new(),
            timed_in: source,
        });
        self.labels(answer);
    }

    /// That this capture has answers.
    fn hears_in(&mut self, source: SourceId) {
        if self.heard.len() < CAPTURES && !self.heard.contains(&source) {
            self.heard.push(source);
        }
    }

    /// What the same one answered to the same probe.
    fn answer_of(&mut self, answer: &ProbeAnswer<'_>) -> Option<&mut Answer> {
        self.answer_that(answer, |_| true)
    }

    /// The same, if it `fits`.
    fn answer_that(
        &mut self,
        answer: &ProbeAnswer<'_>,
        fits: impl Fn(&Answer) -> bool,
    ) -> Option<&mut Answer> {
        let probe = probe_in(&self.probes, answer.probe).copied();
        let is_alike = |known: &&mut Answer| {
            let same = probe.map_or(known.probe == answer.probe, |it| it.is_in(known.probe));
            same && known.from == answer.from && fits(known)
        };
        self.answers.iter_mut().rev().find(is_alike)
    }

    /// An answer nearer to who probes: the round trip is that from where the probe was seen nearest.
    pub(super) fn again(&mut self, again: &Again) {
        self.hears_in(again.frame.source());
        let mut newest_first = self.answers.iter_mut().rev();
        let Some(answer) = newest_first.find(|answer| answer.is_in(again.of)) else {
            return;
        };
        if answer.copies.len() < COPIES {
            answer.copies.push(again.frame);
        }
        let source = again.frame.source();
        let Some(probe) = probe_in(&self.probes, answer.probe) else {
            return;
        };
        let rtt = probe.near_in(source).and_then(|at| again.ts.since(at.ts));
        let is_nearer = if answer.timed_in == source {
            again.ttl < answer.ttl_back
        } else {
            // Where it takes longest is nearest to who probes.
            probe.near_in(answer.timed_in).is_none() || rtt > answer.rtt
        };
        if is_nearer && rtt.is_some() {
            answer.rtt = rtt;
            answer.ttl_back = again.ttl;
            answer.timed_in = source;
        }
    }

    /// The labels that an answer tells of.
    pub(super) fn labels(&mut self, answer: &ProbeAnswer<'_>) {
        if let Some(labels) = answer.mpls
            && let Some(known) = self.answer_of(answer)
            && known.mpls.is_empty()
        {
            let labels = labels.iter().take(LABELS).map(|label| label.label);
            known.mpls.extend(labels);
        }
    }

    /// Adds what makes no trace by itself, and is settled.
    pub(super) fn take_in(&mut self, other: Self) {
        self.last = self.last.max(other.last);
        self.shown |= other.shown;
        self.is_blurred |= other.is_blurred;
        if self.hops.is_empty() && self.probes.is_empty() && self.answers.is_empty() {
            (self.begun, self.first_probe) = (other.begun, other.first_probe);
        }
        self.begun_by(other.begun, other.first_probe);
        for (theirs, ttl) in other.hops.into_iter().zip(1..) {
            let Some(hop) = self.hop(ttl) else {
                return;
            };
            hop.sent = hop.sent.saturating_add(theirs.sent);
            hop.answers = hop.answers.saturating_add(theirs.answers);
            hop.is_end |= theirs.is_end;
            for their in theirs.routers {
                let Some(router) = hop.router(their.router) else {
                    continue;
                };
                router.answers = router.answers.saturating_add(their.answers);
                router.refusal = router.refusal.or(their.refusal);
                router.tunnel = router.tunnel.or(their.tunnel);
                router.return_hops = router.return_hops.or(their.return_hops);
                let room = HopRouter::RTTS.saturating_sub(router.rtts.len());
                router.rtts.extend(their.rtts.into_iter().take(room));
                if router.mpls.is_empty() {
                    router.mpls = their.mpls;
                }
            }
        }
    }

    /// Whether it is one by what was sent and answered here alone, once that is settled: several hops
    /// answered, or one did and nobody behind it.
    pub(super) fn is_path(&self) -> bool {
        let bits = |is_one: fn(&HopState) -> bool| {
            let hops = self.hops.iter().zip(1_u32..);
            hops.filter(|(hop, _)| is_one(hop))
                .fold(0_u64, |bits, (_, ttl)| bits | 1 << ttl.min(63))
        };
        let answered = bits(|hop| hop.answers > 0);
        let climbed = self.course.climbed();
        answered.count_ones() as usize >= DISTINCT_TTLS
            || self.neighbor.is_traced()
            || climbed != 0 && climbed & !bits(|hop| hop.sent > 0) == 0 && climbed & answered != 0
    }

    pub(super) fn path(self, key: &TraceKey) -> Option<Path> {
        if self.is_blurred || !self.is_path() {
            return None;
        }
        let reached_at = self.hops.iter().position(|hop| hop.is_end);
        let last = match reached_at {
            Some(at) => at,
            // Probes beyond the last answer were sent in vain: they are part of the story.
            None => self
                .hops
                .iter()
                .rposition(|hop| hop.sent > 0 || hop.answers > 0)?,
        };
        let first = self
            .hops
            .iter()
            .position(|hop| hop.sent > 0 || hop.answers > 0)?;
        let hops = self
            .hops
            .into_iter()
            .zip(1u8..)
            .take(last + 1)
            .skip(first)
            .map(|(hop, ttl)| Hop {
                ttl,
                unanswered: hop.sent.saturating_sub(hop.answers),
                routers: hop.routers,
            })
            .collect();
        Some(Path {
            src: key.addrs.src(),
            dst: key.addrs.dst(),
            protocol: key.protocol,
            id: key.id(),
            hops,
            reached: reached_at.is_some(),
            first_probe: self.first_probe,
            shown: self.shown,
        })
    }
}
