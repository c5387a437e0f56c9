//! Finds traceroutes: packets to one destination with different TTLs, some of which ran out.

use std::net::IpAddr;
use std::time::Duration;

use super::flows::{Chain, Fingerprint, Lead, Marks, Ring, is_icmp};
use super::observation::Observation;
use super::table::Table;
use super::trace::{Hop, HopRouter, MAX_TTL, Path};
use super::verdict::DropReason;
use crate::icmp::kind::{v4, v6};
use crate::icmp::object::Labels;
use crate::icmp::payload;
use crate::model::{AddrPair, FrameRef, Timestamp};
use crate::wire::ip::protocol::TCP;

/// How many packets before the first answer are searched for probes already sent.
const PROBES_BEFORE: usize = 1024;
/// ... and how far back in time.
const PROBE_AGE: Duration = Duration::from_secs(10);
/// Different TTLs that make a traceroute.
const DISTINCT_TTLS: u32 = 2;
/// MPLS labels kept per router.
const LABELS: usize = 8;
/// Routers kept per hop.
const ROUTERS: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct TraceKey {
    addrs: AddrPair,
    protocol: u8,
}

#[derive(Debug, Default)]
struct HopState {
    sent: u32,
    answers: u32,
    routers: Vec<HopRouter>,
}

#[derive(Debug)]
struct Trace {
    first_probe: FrameRef,
    begun: Timestamp,
    last: Timestamp,
    /// By TTL.
    hops: Vec<HopState>,
    /// A bit per TTL at which something answered.
    answered: u32,
    shown: bool,
}

/// One answer to a probe.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProbeAnswer<'a> {
    /// Addresses and protocol of the probe.
    pub(super) addrs: AddrPair,
    pub(super) protocol: u8,
    /// TTL the probe was captured with.
    pub(super) ttl: u8,
    pub(super) probe: FrameRef,
    /// Who answered.
    pub(super) from: IpAddr,
    pub(super) rtt: Option<Duration>,
    /// TTL that the answer was captured with.
    pub(super) ttl_back: u8,
    pub(super) ts: Timestamp,
    /// The MPLS labels the router reported.
    pub(super) mpls: Option<Labels<'a>>,
    /// Why the probe went no further, other than that its TTL ran out or that it arrived.
    pub(super) refusal: Option<DropReason>,
    pub(super) shown: bool,
}

impl ProbeAnswer<'_> {
    /// When the probe was captured.
    fn probe_ts(&self) -> Timestamp {
        self.rtt.map_or(self.ts, |rtt| self.ts.before(rtt))
    }
}

/// The traceroutes being gathered.
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
                + HopRouter::RTTS * size_of::<Duration>());
        Self {
            open: Table::with_memory_and_heap(memory, HOPS),
            pairs: Marks::default(),
        }
    }

    /// A TTL ran out: begins a trace, or goes on with one.
    pub(super) fn expired(&mut self, ring: &Ring, answer: &ProbeAnswer<'_>) -> Option<Path> {
        if answer.ttl > MAX_TTL {
            return None;
        }
        let key = TraceKey {
            addrs: answer.addrs,
            protocol: answer.protocol,
        };
        let mut displaced = None;
        if self.open.get(&key).is_none() {
            let mut trace = Trace {
                first_probe: answer.probe,
                begun: answer.probe_ts(),
                last: answer.ts,
                hops: Vec::new(),
                answered: 0,
                shown: false,
            };
            let pair = ring.pair_hash(&key.addrs);
            self.pairs.mark(pair);
            self.pairs.mark(ring.pair_hash(&key.addrs.reversed()));
            for seen in ring.recent(PROBES_BEFORE) {
                let recent = answer.ts.since(seen.ts).is_some_and(|age| age < PROBE_AGE);
                if recent && seen.pair == pair && seen.protocol == key.protocol && is_probe(seen) {
                    trace.sent(seen.ttl);
                    trace.begun_by(seen.ts, seen.frame);
                }
            }
            displaced = match self.open.insert(key, trace) {
                Some(super::table::Displaced::Oldest(key, trace)) => trace.path(&key),
                _ => None,
            };
        }
        if let Some(trace) = self.open.get_mut(&key) {
            trace.answer(answer);
        }
        displaced
    }

    /// Another answer, which counts only where a trace is under way.
    pub(super) fn answered(&mut self, answer: &ProbeAnswer<'_>) {
        let key = TraceKey {
            addrs: answer.addrs,
            protocol: answer.protocol,
        };
        if let Some(trace) = self.open.get_mut(&key) {
            trace.answer(answer);
        }
    }

    /// Whether packets between the addresses of this hash may be of a trace.
    #[inline]
    pub(super) fn may_know(&self, pair: u32) -> bool {
        self.pairs.is_marked(pair)
    }

    /// Any packet, with the hash of its addresses: a probe, or the answer of a TCP destination,
    /// where a trace of its addresses and protocol is under way.
    #[inline(never)]
    pub(super) fn packet(&mut self, ring: &Ring, packet: &Observation, shown: bool) {
        let key = TraceKey {
            addrs: packet.addrs(),
            protocol: packet.protocol,
        };
        if packet.ttl <= MAX_TTL
            && let Some(trace) = self.open.get_mut(&key)
        {
            trace.sent(packet.ttl);
            trace.last = packet.ts;
            trace.shown |= shown;
        }
        if let Some(answer) = tcp_answer(ring, packet) {
            self.answered(&answer);
        }
    }

    /// Whether packets of these addresses and protocol are a traceroute's.
    pub(super) fn is_trace(&self, addrs: AddrPair, protocol: u8) -> bool {
        self.open
            .get(&TraceKey { addrs, protocol })
            .is_some_and(Trace::is_trace)
    }

    /// Takes out the traces that nothing happened to for `quiet` before `clock`.
    pub(super) fn quiet(&mut self, clock: Timestamp, quiet: Duration) -> Vec<Path> {
        let mut done = Vec::new();
        let mut slot = self.open.oldest();
        while let Some(at) = slot {
            slot = self.open.newer(at);
            if self
                .open
                .at(at)
                .is_some_and(|t| t.last.after(quiet) < clock)
                && let Some((key, trace)) = self.open.remove_at(at)
            {
                done.extend(trace.path(&key));
            }
        }
        done
    }

    /// Takes out all traces.
    pub(super) fn finish(&mut self) -> Vec<Path> {
        std::iter::from_fn(|| self.open.pop_oldest())
            .filter_map(|(key, trace)| trace.path(&key))
            .collect()
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
    let mut probe = None;
    ring.walk(Chain::Flow, &hashes, |seen| {
        let sent =
            seen.protocol == TCP && seen.pair == hashes.pair && seen.lead.word() == asked.word();
        if sent {
            probe = Some(*seen);
        }
        sent
    });
    let probe = probe?;
    Some(ProbeAnswer {
        addrs: packet.addrs().reversed(),
        protocol: TCP,
        ttl: probe.ttl,
        probe: probe.frame,
        from: packet.addrs().src(),
        rtt: packet.ts.since(probe.ts),
        ttl_back: packet.ttl,
        ts: packet.ts,
        mpls: None,
        refusal: None,
        shown: false,
    })
}

fn is_probe(seen: &Fingerprint) -> bool {
    // Of ICMP only requests are probes: echo, ICMP and ICMPv6.
    seen.ttl <= MAX_TTL
        && (!is_icmp(seen.protocol)
            || matches!(seen.lead.icmp_type(), v4::ECHO_REQUEST | v6::ECHO_REQUEST))
}

impl Trace {
    fn hop(&mut self, ttl: u8) -> Option<&mut HopState> {
        if ttl == 0 || ttl > MAX_TTL {
            return None;
        }
        let at = usize::from(ttl - 1);
        if self.hops.len() <= at {
            self.hops.resize_with(at + 1, HopState::default);
        }
        self.hops.get_mut(at)
    }

    fn sent(&mut self, ttl: u8) {
        if let Some(hop) = self.hop(ttl) {
            hop.sent = hop.sent.saturating_add(1);
        }
    }

    /// Takes the earlier probe for the first; frames of several files do not tell by their numbers.
    fn begun_by(&mut self, ts: Timestamp, probe: FrameRef) {
        if (ts, probe) < (self.begun, self.first_probe) {
            (self.begun, self.first_probe) = (ts, probe);
        }
    }

    fn answer(&mut self, answer: &ProbeAnswer<'_>) {
        // What else the two hosts do is no part of it.
        if self.hop(answer.ttl).is_none() {
            return;
        }
        self.last = self.last.max(answer.ts);
        self.shown |= answer.shown;
        self.begun_by(answer.probe_ts(), answer.probe);
        let Some(hop) = self.hop(answer.ttl) else {
            return;
        };
        hop.answers = hop.answers.saturating_add(1);
        let known = hop.routers.iter().position(|r| r.router == answer.from);
        let at = match known {
            Some(at) => at,
            None if hop.routers.len() < ROUTERS => {
                hop.routers.push(HopRouter {
                    router: answer.from,
                    rtts: Vec::new(),
                    answers: 0,
                    mpls: Vec::new(),
                    refusal: None,
                    return_hops: Some(payload::hops(answer.ttl_back)),
                });
                hop.routers.len() - 1
            }
            None => return,
        };
        if let Some(router) = hop.routers.get_mut(at) {
            router.answers = router.answers.saturating_add(1);
            router.refusal = router.refusal.or(answer.refusal);
            if router.rtts.len() < HopRouter::RTTS {
                router.rtts.extend(answer.rtt);
            }
            if let Some(labels) = answer.mpls.filter(|_| router.mpls.is_empty()) {
                router
                    .mpls
                    .extend(labels.iter().take(LABELS).map(|label| label.label));
            }
        }
        self.answered |= 1 << (answer.ttl - 1);
    }

    fn is_trace(&self) -> bool {
        self.answered.count_ones() >= DISTINCT_TTLS
    }

    fn path(self, key: &TraceKey) -> Option<Path> {
        if !self.is_trace() {
            return None;
        }
        let target = key.addrs.dst();
        let is_target = |hop: &HopState| hop.routers.iter().any(|r| r.router == target);
        let reached_at = self.hops.iter().position(is_target);
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
            dst: target,
            protocol: key.protocol,
            hops,
            reached: reached_at.is_some(),
            first_probe: self.first_probe,
            shown: self.shown,
        })
    }
}
