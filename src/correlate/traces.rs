//! Finds traceroutes: packets to one destination with different TTLs, some of which ran out, or to a
//! neighbor, which answers all of them.

mod answer;
mod course;
mod early;
mod gathered;
mod key;
mod pending;
mod tcp;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::time::Duration;

use super::aftermath::is_of_tunnel;
use super::copies::{before_translation, nearest};
use super::flows::{Fingerprint, Marks, Ring, has_ports, is_icmp};
use super::lead::Lead;
use super::observation::Observation;
use super::table::{Displaced, Table};
use super::trace::{HopRouter, MAX_TTL, Path};
use crate::icmp::kind::{v4, v6};
use crate::model::{AddrPair, FlowKey, FrameRef, Timestamp};
use crate::wire::ip::protocol::TCP;
use crate::wire::tcp::SYN;
pub(super) use answer::{Again, Known, ProbeAnswer};
pub(super) use early::EarlyAnswer;
use early::EarlyAnswers;
use gathered::{HopState, PENDING_MEMORY, Trace};
pub(super) use key::TraceKey;
use key::Whose;
use tcp::tcp_answer;

/// How many packets before the first answer are searched for probes already sent.
const PROBES_BEFORE: usize = 1024;
/// ... and how far back in time.
const PROBE_AGE: Duration = Duration::from_secs(10);
/// Who begins at the first hop again after such a silence traces anew: tools wait five seconds for the
/// last answer (traceroute(8), option -w), and mtr(8) probes each hop once a second.
const SILENCE: Duration = Duration::from_secs(6);
/// Of how many runs copies and late answers are known for what they are.
const RUNS: u16 = 16;

/// The traceroutes being gathered.
///
/// Each has an entry for the two hosts and the protocol. Of ICMP each identifier has another one: most
/// tools keep theirs, so that two who trace at once are told apart. So has, of what is sent to ports, each
/// run. What makes no trace by itself, as of tools that give each probe an identifier of its own, is in the
/// end a part of the first.
#[derive(Debug)]
pub(super) struct Traces {
    open: Table<TraceKey, Trace>,
    pairs: Marks,
    early: EarlyAnswers,
}

impl Traces {
    pub(super) fn new(memory: usize) -> Self {
        /// Every hop with one router and all its round trips; few traces come near.
        const HOPS: usize = MAX_TTL as usize
            * (size_of::<HopState>()
                + size_of::<HopRouter>()
                + HopRouter::RTTS * size_of::<Duration>())
            + PENDING_MEMORY;
        Self {
            open: Table::with_memory_and_heap(memory, HOPS),
            pairs: Marks::default(),
            early: EarlyAnswers::default(),
        }
    }

    /// A TTL ran out: begins a trace, or goes on with one. Gives what there was no room for any more.
    pub(super) fn expired(&mut self, ring: &Ring, answer: &ProbeAnswer<'_>) -> Vec<Path> {
        if answer.ttl > MAX_TTL {
            return Vec::new();
        }
        self.begin(ring, answer)
    }

    fn begin(&mut self, ring: &Ring, answer: &ProbeAnswer<'_>) -> Vec<Path> {
        let any = answer.key().any();
        let mut displaced = Vec::new();
        if self.open.get(&any).is_none() {
            let pair = ring.pair_hash(&any.addrs);
            self.pairs.mark(pair);
            self.pairs.mark(ring.pair_hash(&any.addrs.reversed()));
            self.entry(any, (answer.probe_ts(), answer.probe), &mut displaced);
            let is_sought = |seen: &&Fingerprint| {
                let recent = answer.ts.since(seen.ts).is_some_and(|age| age < PROBE_AGE);
                recent
                    && seen.pair == pair
                    && seen.protocol == any.protocol
                    && is_probe(seen.protocol, seen.ttl, seen.lead)
            };
            let newest_first: Vec<_> = ring.recent(PROBES_BEFORE).filter(is_sought).collect();
            for seen in newest_first.into_iter().rev() {
                self.probe(ring, seen, any.addrs, &mut displaced);
            }
        }
        displaced.extend(self.go_on(Some(ring), answer));
        displaced
    }

    /// Another answer, which counts only where a trace is under way, or a neighbor's begins. Gives what
    /// there was no room for any more.
    pub(super) fn answered(&mut self, ring: Option<&Ring>, answer: &ProbeAnswer<'_>) -> Vec<Path> {
        match ring {
            Some(ring) if answer.is_by_neighbor() => self.begin(ring, answer),
            _ => self.go_on(ring, answer),
        }
    }

    /// An answer to a probe that was captured before its source was translated as well: what was sent
    /// behind that is a trace like any, and told as who sent it sees it.
    pub(super) fn note(&mut self, answer: &ProbeAnswer<'_>) {
        if let Some(any) = self.open.get_mut(&answer.key().any()) {
            any.note_answer(answer);
        }
    }

    fn go_on(&mut self, ring: Option<&Ring>, answer: &ProbeAnswer<'_>) -> Vec<Path> {
        let mut displaced = Vec::new();
        // What else the two hosts do is no part of it.
        if (1..=MAX_TTL).contains(&answer.ttl)
            && let Some(any) = self.open.get_mut(&answer.key().any())
        {
            any.note_answer(answer);
            if ring.is_some_and(|ring| answer.before_translation(ring).is_some()) {
                return displaced;
            }
            let known = self.find(answer.key(), |trace| trace.has_probe(answer.probe));
            let key = known.unwrap_or_else(|| self.newest(answer.key()));
            let begun = (answer.probe_ts(), answer.probe);
            if let Some(trace) = self.entry(key, begun, &mut displaced) {
                trace.answer(answer);
            }
            self.note_trace(key);
        }
        displaced
    }

    /// Takes a probe between these addresses that was captured, where they are traced. Gives its trace.
    fn probe(
        &mut self,
        ring: &Ring,
        probe: &Fingerprint,
        addrs: AddrPair,
        displaced: &mut Vec<Path>,
    ) -> Option<&mut Trace> {
        let key = TraceKey::new(addrs, probe.protocol, probe.lead);
        let port = has_ports(probe.protocol).then(|| probe.lead.half(1));
        // What a tunnel carries may begin with any TTL: that is no course of its own.
        let has_course = !is_of_tunnel(&FlowKey {
            protocol: probe.protocol,
            addrs,
            ports: probe.lead.ports(probe.protocol),
        });
        let any = self.open.get_mut(&key.any())?;
        if before_translation(ring, addrs, probe).is_some() {
            any.course.sent(probe, port);
            return None;
        }
        let known = self.find(key, |trace| trace.knows(probe, addrs));
        let key = if let Some(known) = known {
            self.open.get_mut(&known)?.sent_again(probe, addrs);
            known
        } else if nearest(ring, addrs, probe).ttl > MAX_TTL || self.goes_on_from(key, probe) {
            return None;
        } else {
            let newest = self.newest(key);
            let is_over = self
                .open
                .get(&newest)
                .is_some_and(|trace| port.is_some_and(|port| trace.is_over(probe, port)));
            let any = self.open.get_mut(&key.any())?;
            if has_course {
                any.course.sent(probe, port);
            }
            any.runs = any.runs.wrapping_add(is_over.into());
            let key = self.newest(key);
            let trace = self.entry(key, (probe.ts, probe.frame), displaced)?;
            trace.sent(probe);
            if has_course {
                trace.course.sent(probe, port);
            }
            self.note_trace(key);
            key
        };
        let trace = self.open.get_mut(&key)?;
        trace.begun_by(probe.ts, probe.frame);
        Some(trace)
    }

    /// Whether a packet goes on with a connection that a probe opened: mtr(8) has the system do that, and
    /// close it, all with the TTL of its probe.
    fn goes_on_from(&self, key: TraceKey, packet: &Fingerprint) -> bool {
        packet.protocol == TCP
            && packet.flags & SYN == 0
            && (self.find(key, |trace| trace.has_begun(packet))).is_some()
    }

    /// The one that is under way for such probes.
    fn newest(&self, key: TraceKey) -> TraceKey {
        match (key.whose, self.open.get(&key.any())) {
            (Whose::All, Some(any)) => key.run(any.runs),
            _ => key,
        }
    }

    /// The newest for such probes that `fits`.
    fn find(&self, key: TraceKey, fits: impl Fn(&Trace) -> bool) -> Option<TraceKey> {
        let mut newest_first = self.newest_first(key);
        newest_first.find(|key| self.open.get(key).is_some_and(&fits))
    }

    /// The last ones for such probes.
    fn newest_first(&self, key: TraceKey) -> impl Iterator<Item = TraceKey> + use<> {
        let newest = self.newest(key);
        let more = match newest.whose {
            Whose::Run(run) => run.min(RUNS - 1),
            Whose::All | Whose::Identifier(_) => 0,
        };
        (0..=more).map(move |ago| match newest.whose {
            Whose::Run(run) => newest.run(run.wrapping_sub(ago)),
            Whose::All | Whose::Identifier(_) => newest,
        })
    }

    /// What one of them tells of what the two hosts do.
    fn note_trace(&mut self, key: TraceKey) {
        if self.open.get(&key).is_some_and(Trace::is_trace)
            && let Some(any) = self.open.get_mut(&key.any())
        {
            any.is_told = true;
        }
    }

    /// A router answered one of these probes, and it is not known which: of what was answered nothing is
    /// told then. Gives what there was no room for any more.
    pub(super) fn blur(&mut self, probes: TraceKey, at: (Timestamp, FrameRef)) -> Vec<Path> {
        let mut displaced = Vec::new();
        if let Some(trace) = self.entry(probes.any(), at, &mut displaced) {
            trace.is_blurred = true;
        }
        let newest = self.newest(probes);
        if let Some(trace) = self.open.get_mut(&newest) {
            trace.is_blurred = true;
        }
        displaced
    }

    /// Which probes an error in `frame` answers that quotes these: of a quote that is not translated back,
    /// who gets the error sent them.
    pub(super) fn probes_of(&self, quoted: TraceKey, to: IpAddr, frame: FrameRef) -> TraceKey {
        let sent = quoted.sent_by(to);
        let is_known = self.find(sent, |trace| trace.has_answer(frame)).is_some();
        if is_known { sent } else { quoted }
    }

    /// An answer to one of these probes, captured again. A capture whose clock is behind may have had it
    /// before anything told of a trace.
    pub(super) fn answered_again(&mut self, probes: TraceKey, again: &Again) -> Known {
        if let Some(key) = self.find(probes, |trace| trace.has_answer(again.of)) {
            if let Some(trace) = self.open.get_mut(&key) {
                trace.again(again);
            }
            return Known::Before;
        }
        let is_open = self.find(probes, |_| true).is_some();
        // What was settled is not known any more.
        if is_open && self.find(probes, |trace| trace.has_settled).is_none() {
            Known::Not
        } else {
            Known::Before
        }
    }

    /// What an answer says beyond what its first fragment said, which was counted.
    pub(super) fn says_more(&mut self, answer: &ProbeAnswer<'_>) {
        for key in self.newest_first(answer.key()) {
            if let Some(trace) = self.open.get_mut(&key) {
                trace.labels(answer);
            }
        }
    }

    /// A reply that fits no request so far.
    pub(super) fn unasked(&mut self, answer: EarlyAnswer) {
        self.early.add(answer);
    }

    /// Whether there is such a reply that may be of now.
    #[inline]
    pub(super) fn has_unasked(&self) -> bool {
        !self.early.is_empty()
    }

    /// The reply to this request, if it was captured a moment before.
    pub(super) fn answered_before(
        &mut self,
        request: &Observation,
    ) -> Option<ProbeAnswer<'static>> {
        self.early.take(request)
    }

    /// Whether packets between the addresses of this hash may be of a trace.
    #[inline]
    pub(super) fn may_know(&self, pair: u32) -> bool {
        self.pairs.is_marked(pair)
    }

    /// Any packet, the last of the ring: a probe, or the answer of a TCP destination,
    /// where a trace of its addresses and protocol is under way. Gives what there was no room for any
    /// more.
    #[inline(never)]
    pub(super) fn packet(&mut self, ring: &Ring, packet: &Observation, shown: bool) -> Vec<Path> {
        let mut displaced = Vec::new();
        if is_probe(packet.protocol, packet.ttl, packet.lead)
            && let Some(seen) = ring.recent(1).next()
        {
            if let Some(trace) = self.probe(ring, seen, packet.addrs(), &mut displaced) {
                trace.last = packet.ts;
                trace.shown |= shown;
            }
            let any = TraceKey::all(packet.addrs(), packet.protocol);
            if let Some(any) = self.open.get_mut(&any) {
                any.last = packet.ts;
            }
        }
        if packet.protocol == TCP {
            let answer = match tcp_answer(ring, packet) {
                Some(Ok(answer)) => Some(answer),
                Some(Err(early)) => {
                    self.early.add(early);
                    None
                }
                None => self.early.take(packet),
            };
            displaced.extend(
                answer
                    .iter()
                    .flat_map(|answer| self.go_on(Some(ring), answer)),
            );
        }
        displaced
    }

    /// Whether packets of these addresses and protocol are a traceroute's.
    pub(super) fn is_trace(&self, addrs: AddrPair, protocol: u8) -> bool {
        let key = TraceKey::all(addrs, protocol);
        (self.open.get(&key)).is_some_and(|any| !any.is_blurred && any.is_trace())
    }

    /// Takes out the traces that nothing happened to for `quiet` before `clock`.
    pub(super) fn quiet(&mut self, clock: Timestamp, quiet: Duration) -> Vec<Path> {
        self.take_out(|trace| trace.last.after(quiet) < clock)
    }

    /// Takes out all traces.
    pub(super) fn finish(&mut self) -> Vec<Path> {
        self.take_out(|_| true)
    }

    /// Takes out the traces that `are_over`, in order of their first probes.
    fn take_out(&mut self, are_over: impl Fn(&Trace) -> bool) -> Vec<Path> {
        let mut done = Vec::new();
        // Those of one first: they may become a part of the others.
        for is_of_all in [false, true] {
            let mut slot = self.open.oldest();
            while let Some(at) = slot {
                slot = self.open.newer(at);
                let is_next = (self.open.key_at(at))
                    .is_some_and(|key| (key.whose == Whose::All) == is_of_all);
                if is_next
                    && self.open.at(at).is_some_and(&are_over)
                    && let Some((key, trace)) = self.open.remove_at(at)
                {
                    let begun = trace.begun;
                    done.extend(self.end(&key, trace).map(|path| (begun, path)));
                }
            }
        }
        done.sort_by_key(|(begun, path)| (*begun, path.first_probe));
        done.into_iter().map(|(_, path)| path).collect()
    }

    /// The trace of `key`, new where there is none, with the probe that began it.
    fn entry(
        &mut self,
        key: TraceKey,
        (begun, first_probe): (Timestamp, FrameRef),
        displaced: &mut Vec<Path>,
    ) -> Option<&mut Trace> {
        if self.open.find(&key).is_none() {
            self.insert(key, Trace::new(begun, first_probe), displaced);
        }
        self.open.get_mut(&key)
    }

    fn insert(&mut self, key: TraceKey, trace: Trace, displaced: &mut Vec<Path>) {
        if let Some(Displaced::Oldest(oldest, trace)) = self.open.insert(key, trace) {
            if oldest == key.any() {
                // What makes room has to be taken in by it.
                self.insert(oldest, trace, displaced);
            } else {
                displaced.extend(self.end(&oldest, trace));
            }
        }
    }

    /// What a trace that was taken out came to.
    fn end(&mut self, key: &TraceKey, mut trace: Trace) -> Option<Path> {
        trace.settle();
        if key.whose != Whose::All
            && !trace.is_path()
            && let Some(any) = self.open.get_mut(&key.any())
        {
            any.take_in(trace);
            return None;
        }
        trace.path(key)
    }
}

/// Whether a packet may be a probe: of ICMP only requests are, echo of ICMP and ICMPv6.
fn is_probe(protocol: u8, ttl: u8, lead: Lead) -> bool {
    ttl <= MAX_TTL
        && (!is_icmp(protocol) || matches!(lead.icmp_type(), v4::ECHO_REQUEST | v6::ECHO_REQUEST))
}
