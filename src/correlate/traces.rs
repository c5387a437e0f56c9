//! Finds traceroutes: packets to one destination with different TTLs, some of which ran out, or to a
//! neighbor, which answers all of them.

mod gathered;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::time::Duration;

use super::copies::{Copies, is_behind_translation};
use super::flows::{Chain, Fingerprint, Lead, Marks, Ring, is_icmp};
use super::observation::Observation;
use super::table::{Displaced, Table};
use super::trace::{HopRouter, MAX_TTL, Path};
use super::verdict::DropReason;
use crate::icmp::kind::{v4, v6};
use crate::icmp::object::Labels;
use crate::model::{AddrPair, FrameRef, Timestamp};
use crate::wire::ip::protocol::TCP;
use gathered::{HopState, PENDING_MEMORY, Trace};

/// How many packets before the first answer are searched for probes already sent.
const PROBES_BEFORE: usize = 1024;
/// ... and how far back in time.
const PROBE_AGE: Duration = Duration::from_secs(10);
/// Who begins at the first hop again after such a silence traces anew: tools wait five seconds for the
/// last answer (traceroute(8), option -w), and mtr(8) probes each hop once a second.
const SILENCE: Duration = Duration::from_secs(6);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct TraceKey {
    addrs: AddrPair,
    protocol: u8,
    /// Whose probes: of ICMP those of one identifier, or `None` for what else was sent between the two.
    id: Option<u16>,
}

impl TraceKey {
    pub(super) fn new(addrs: AddrPair, protocol: u8, lead: Lead) -> Self {
        Self {
            addrs,
            protocol,
            id: is_icmp(protocol).then(|| lead.half(2)),
        }
    }

    /// All that was sent between the two.
    fn any(self) -> Self {
        Self { id: None, ..self }
    }
}

/// An answer that was captured again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Again {
    /// Where it was before.
    pub(super) of: FrameRef,
    pub(super) frame: FrameRef,
    pub(super) ts: Timestamp,
    pub(super) ttl: Option<u8>,
}

/// Whether a trace took an answer before it was captured again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    Before,
    Not,
}

/// One answer to a probe.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProbeAnswer<'a> {
    /// Addresses and protocol of the probe, and how its transport begins.
    pub(super) addrs: AddrPair,
    pub(super) protocol: u8,
    pub(super) lead: Lead,
    /// TTL the probe was captured with.
    pub(super) ttl: u8,
    pub(super) probe: FrameRef,
    /// The frame that holds the answer.
    pub(super) frame: FrameRef,
    /// Who answered.
    pub(super) from: IpAddr,
    pub(super) rtt: Option<Duration>,
    /// TTL that the answer was captured with.
    pub(super) ttl_back: Option<u8>,
    pub(super) ts: Timestamp,
    /// The MPLS labels the router reported.
    pub(super) mpls: Option<Labels<'a>>,
    /// Why the probe went no further, other than that its TTL ran out or that it arrived.
    pub(super) refusal: Option<DropReason>,
    /// Whom the packet around the probe went between, if it was that which went no further.
    pub(super) tunnel: Option<AddrPair>,
    pub(super) shown: bool,
}

impl ProbeAnswer<'_> {
    pub(super) fn key(&self) -> TraceKey {
        TraceKey::new(self.addrs, self.protocol, self.lead)
    }

    /// As the one captured in `of` again.
    pub(super) fn again(&self, of: FrameRef) -> Again {
        Again {
            of,
            frame: self.frame,
            ts: self.ts,
            ttl: self.ttl_back,
        }
    }

    /// Whether the destination itself answers what no router would have passed on: the trace of a
    /// neighbor, where no TTL runs out.
    fn is_by_neighbor(&self) -> bool {
        self.ttl == 1 && self.from == self.addrs.dst()
    }

    /// Whether its probe was captured before its source was translated as well.
    fn is_behind_translation(&self, ring: &Ring) -> bool {
        let hashes = ring.hashes(self.addrs, self.protocol, self.lead);
        let mut probe = None;
        ring.walk(Chain::Flow, &hashes, |seen| {
            probe = (seen.frame == self.probe).then_some(*seen);
            probe.is_some() || self.ts.since(seen.ts) > Some(PROBE_AGE)
        });
        probe.is_some_and(|probe| is_behind_translation(ring, self.addrs, &probe))
    }

    /// When the probe was captured.
    fn probe_ts(&self) -> Timestamp {
        self.rtt.map_or(self.ts, |rtt| self.ts.before(rtt))
    }
}

/// The traceroutes being gathered.
///
/// Each has an entry for the two hosts and the protocol. Of ICMP each identifier has another one: most
/// tools keep theirs, so that two who trace at once are told apart. What makes no trace by itself, as of
/// tools that give each probe an identifier of its own, is in the end a part of the first.
#[derive(Debug)]
pub(super) struct Traces {
    open: Table<TraceKey, Trace>,
    pairs: Marks,
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
                if is_behind_translation(ring, any.addrs, seen) {
                    continue;
                }
                let key = TraceKey::new(any.addrs, any.protocol, seen.lead);
                let trace = self.entry(key, (seen.ts, seen.frame), &mut displaced);
                if let Some(trace) = trace {
                    trace.sent(seen, any.addrs);
                    trace.begun_by(seen.ts, seen.frame);
                }
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
        let key = answer.key();
        // What else the two hosts do is no part of it.
        if (1..=MAX_TTL).contains(&answer.ttl)
            && let Some(any) = self.open.get_mut(&key.any())
        {
            any.note_answer(answer);
            if ring.is_some_and(|ring| answer.is_behind_translation(ring)) {
                return displaced;
            }
            let begun = (answer.probe_ts(), answer.probe);
            if let Some(trace) = self.entry(key, begun, &mut displaced) {
                trace.answer(answer);
            }
        }
        displaced
    }

    /// A router answered one of these probes, and it is not known which: of what was answered nothing is
    /// told then. Gives what there was no room for any more.
    pub(super) fn blur(&mut self, probes: TraceKey, at: (Timestamp, FrameRef)) -> Vec<Path> {
        let mut displaced = Vec::new();
        if let Some(trace) = self.entry(probes.any(), at, &mut displaced) {
            trace.is_blurred = true;
        }
        if let Some(trace) = self.open.get_mut(&probes) {
            trace.is_blurred = true;
        }
        displaced
    }

    /// An answer to one of these probes, captured again. A capture whose clock is behind may have had it
    /// before anything told of a trace.
    pub(super) fn answered_again(&mut self, probes: &TraceKey, again: &Again) -> Known {
        match self.open.get_mut(probes) {
            Some(trace) if trace.may_have_missed(again) => Known::Not,
            Some(trace) => {
                trace.again(again);
                Known::Before
            }
            None => Known::Before,
        }
    }

    /// What an answer says beyond what its first fragment said, which was counted.
    pub(super) fn says_more(&mut self, answer: &ProbeAnswer<'_>) {
        if let Some(trace) = self.open.get_mut(&answer.key()) {
            trace.labels(answer);
        }
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
        if is_probe(packet.protocol, packet.ttl, packet.lead) {
            let key = TraceKey::new(packet.addrs(), packet.protocol, packet.lead);
            if let Some(any) = self.open.get_mut(&key.any()) {
                let silence = packet.ts.since(any.last);
                if key.id.is_none() && silence.is_some_and(|silence| silence > SILENCE) {
                    any.settle();
                    if any.begins_anew(packet.ttl) {
                        let before = any.begin_anew(packet.ts, packet.frame);
                        displaced.extend(before.path(&key));
                    }
                }
                any.last = packet.ts;
                let begun = (packet.ts, packet.frame);
                let seen = (ring.recent(1).next())
                    .filter(|seen| !is_behind_translation(ring, packet.addrs(), seen));
                if let Some(seen) = seen
                    && let Some(trace) = self.entry(key, begun, &mut displaced)
                {
                    trace.sent(seen, packet.addrs());
                    trace.last = packet.ts;
                    trace.shown |= shown;
                }
            }
        }
        if let Some(answer) = tcp_answer(ring, packet) {
            displaced.extend(self.go_on(Some(ring), &answer));
        }
        displaced
    }

    /// Whether packets of these addresses and protocol are a traceroute's.
    pub(super) fn is_trace(&self, addrs: AddrPair, protocol: u8) -> bool {
        let key = TraceKey {
            addrs,
            protocol,
            id: None,
        };
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
        // Those of an identifier first: they may become a part of the others.
        for is_of_one in [true, false] {
            let mut slot = self.open.oldest();
            while let Some(at) = slot {
                slot = self.open.newer(at);
                let is_next = (self.open.key_at(at)).is_some_and(|k| k.id.is_some() == is_of_one);
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
        if key.id.is_some()
            && !trace.is_path()
            && let Some(any) = self.open.get_mut(&key.any())
        {
            any.take_in(trace);
            return None;
        }
        trace.path(key)
    }
}

/// The probe that a TCP packet of a destination answers: the last one sent on that connection.
fn tcp_answer<'a>(ring: &Ring, packet: &Observation) -> Option<ProbeAnswer<'a>> {
    const SYN: u8 = 0x02;
    const RST: u8 = 0x04;
    if packet.protocol != TCP || packet.flags & (SYN | RST) == 0 {
        return None;
    }
    let asked = Lead::of_ports(packet.lead.half(1), packet.lead.half(0));
    let hashes = ring.hashes(packet.addrs().reversed(), TCP, asked);
    let mut probe: Option<Copies> = None;
    ring.walk(Chain::Flow, &hashes, |seen| {
        let sent =
            seen.protocol == TCP && seen.pair == hashes.pair && seen.lead.word() == asked.word();
        match &mut probe {
            Some(copies) if sent => return copies.met(seen),
            None if sent => {
                let source = packet.frame.source();
                probe = Some(Copies::of(*seen, source, packet.addrs().reversed()));
            }
            _ => {}
        }
        false
    });
    let Copies { nearest, timed, .. } = probe?;
    Some(ProbeAnswer {
        addrs: packet.addrs().reversed(),
        protocol: TCP,
        lead: nearest.lead,
        ttl: nearest.ttl,
        probe: nearest.frame,
        frame: packet.frame,
        from: packet.addrs().src(),
        rtt: packet.ts.since(timed.ts),
        // None is sent with 0: that stands for a packet without its header.
        ttl_back: Some(packet.ttl).filter(|ttl| *ttl > 0),
        ts: packet.ts,
        mpls: None,
        refusal: None,
        tunnel: None,
        shown: false,
    })
}

/// Whether a packet may be a probe: of ICMP only requests are, echo of ICMP and ICMPv6.
fn is_probe(protocol: u8, ttl: u8, lead: Lead) -> bool {
    ttl <= MAX_TTL
        && (!is_icmp(protocol) || matches!(lead.icmp_type(), v4::ECHO_REQUEST | v6::ECHO_REQUEST))
}
