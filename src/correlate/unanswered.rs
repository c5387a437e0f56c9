//! TCP connections that were tried again and again, and of which nobody said a word, or whose answers did
//! not arrive.
//!
//! Only packets with SYN or RST are looked at: what carries data costs nothing. A connection is
//! known by its destination and the initial sequence number, which answers and ICMP errors bring
//! back and which address translation leaves alone.

use std::hash::{Hash, Hasher};
use std::net::IpAddr;
use std::time::Duration;

use super::exchanges::Batch;
use super::flows::{Chain, Fingerprint, Marks, Ring};
use super::furthest;
use super::lead::Lead;
use super::observation::Observation;
use super::segment::Segment;
use super::table::{Displaced, Table};
use super::transmissions::Transmissions;
use crate::model::flow::FlowPorts;
use crate::model::{AddrPair, FlowKey, FrameRef, Timestamp};
use crate::wire::ip::protocol::TCP;
use crate::wire::tcp::{ACK, RST, SYN};

/// A SYN sooner after the one before it is that one at another point of capture: stacks wait for a
/// second (RFC 6298 section 2.1).
pub(super) const SHORTEST_TIMEOUT: Duration = Duration::from_millis(500);
/// When the second retransmission is due: before that, silence proves nothing.
const SECOND_RETRANSMISSION: Duration = Duration::from_secs(3);
/// How long the last SYN may wait for its answer.
pub(super) const ANSWER_TIME: Duration = Duration::from_secs(1);
/// Gaps between retransmissions double to no more than this (Linux sends the last one after 32 s
/// and gives up 64 s later): who is silent for longer has given up.
pub(super) const GIVEN_UP: Duration = Duration::from_mins(2);

/// A connection that nobody answered, and of which no ICMP error told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unanswered {
    /// From who wanted to connect.
    pub flow: FlowKey,
    /// The SYNs.
    pub sent: Transmissions,
    /// Whether the capture can see answers to this host.
    pub directions: Directions,
    /// Where they were last seen on their way, if other packets to the same host came further.
    pub last_seen: Option<FrameRef>,
    /// The last answer, if there were several that did not arrive: who asked went on asking.
    pub in_vain: Option<FrameRef>,
    seq: u32,
}

/// What the capture shows of the way back to a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Directions {
    /// Packets to it were captured.
    Both,
    /// None was: the capture may see one side only.
    OneSidedPossible,
}

/// What a SYN, its answers and errors about it have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct AttemptKey {
    dst: IpAddr,
    port: u16,
    seq: u32,
}

impl Hash for AttemptKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        AddrPair::of_one(self.dst).hash(state);
        state.write_u64(u64::from(self.port) << 32 | u64::from(self.seq));
    }
}

#[derive(Clone, Copy, Debug)]
struct Attempt {
    told: Unanswered,
    /// IP identification of the last SYN.
    id: Option<u32>,
    ttl: u8,
    answers: Option<Answers>,
}

/// What accepted a connection.
#[derive(Clone, Copy, Debug)]
struct Answers {
    /// How many, but for those at other points of capture.
    count: u32,
    last: Timestamp,
    frame: FrameRef,
    /// The hash of their flow.
    flow: u32,
}

/// Connections that wait for an answer.
#[derive(Debug)]
pub(super) struct Attempts {
    open: Table<AttemptKey, Attempt>,
    /// Those whose first SYN was answered: nearly all are begun, and of no interest any more. The latest
    /// are kept for the one that is not.
    answered: Table<AttemptKey, Attempt>,
    /// Flows that errors are about, by their hash.
    explained: Marks,
    evicted: u64,
}

impl Attempts {
    pub(super) fn new(memory: usize) -> Self {
        Self {
            open: Table::with_memory(memory / 8 * 7),
            answered: Table::with_memory(memory / 8),
            explained: Marks::default(),
            evicted: 0,
        }
    }

    /// How many connections were given up for want of room.
    pub(super) fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Whether a packet with these TCP flags says anything here.
    #[inline]
    pub(super) fn concerns(flags: u8) -> bool {
        flags & (SYN | RST) != 0
    }

    /// Takes a packet that [`Self::concerns`].
    #[cold]
    pub(super) fn packet(&mut self, ring: &Ring, packet: &Observation) {
        let (Some(seq), FlowPorts::Ports { src, dst }) = (packet.seq(), packet.flow().ports) else {
            return;
        };
        if packet.flags & (SYN | RST | ACK) == SYN {
            let key = AttemptKey {
                dst: packet.addrs().dst(),
                port: dst,
                seq,
            };
            self.asked(key, packet);
            return;
        }
        // What answers a SYN acknowledges it, and nothing else does (RFC 9293 section 3.10.7).
        if packet.flags & ACK != 0
            && let Some(ack) = packet.ack()
        {
            let key = AttemptKey {
                dst: packet.addrs().src(),
                port: src,
                seq: ack.wrapping_sub(1),
            };
            if packet.flags & RST != 0 {
                self.is_over(&key);
            } else {
                self.accepted(key, ring, packet);
            }
        }
    }

    /// An ICMP error is about a segment of this flow and number: of that connection somebody told.
    pub(super) fn error(&mut self, ring: &Ring, flow: &FlowKey, seq: u32) {
        if let FlowPorts::Ports { dst, .. } = flow.ports {
            self.explained.mark(flow_hash(ring, flow));
            self.is_over(&AttemptKey {
                dst: flow.addrs.dst(),
                port: dst,
                seq,
            });
        }
    }

    fn asked(&mut self, key: AttemptKey, packet: &Observation) {
        if let Some(attempt) = self.open.get_mut(&key) {
            attempt.again(packet);
            return;
        }
        if let Some((_, mut attempt)) = self.answered.remove(&key) {
            attempt.again(packet);
            self.keep(key, attempt);
            return;
        }
        let told = Unanswered {
            flow: packet.flow(),
            sent: Transmissions::begin(packet.ts, packet.frame),
            directions: Directions::OneSidedPossible,
            last_seen: None,
            in_vain: None,
            seq: key.seq,
        };
        let attempt = Attempt {
            told,
            id: packet.id(),
            ttl: packet.ttl,
            answers: None,
        };
        self.keep(key, attempt);
    }

    /// An attempt goes where it belongs.
    fn keep(&mut self, key: AttemptKey, attempt: Attempt) {
        if attempt.answers.is_some() && attempt.told.sent.count == 1 {
            self.answered.insert(key, attempt);
        } else if let Some(Displaced::Oldest(..)) = self.open.insert(key, attempt) {
            self.evicted += 1;
        }
    }

    /// A SYN is answered with one.
    fn accepted(&mut self, key: AttemptKey, ring: &Ring, packet: &Observation) {
        let flow = || flow_hash(ring, &packet.flow());
        if let Some(attempt) = self.answered.get_mut(&key) {
            attempt.accepted(packet, flow());
        } else if let Some(slot) = self.open.find(&key)
            && let Some(attempt) = self.open.at_mut(slot)
        {
            attempt.accepted(packet, flow());
            if attempt.told.sent.count == 1
                && let Some((key, attempt)) = self.open.remove_at(slot)
            {
                self.keep(key, attempt);
            }
        }
    }

    /// Somebody told what becomes of the connection.
    fn is_over(&mut self, key: &AttemptKey) {
        if let Some(slot) = self.open.find(key) {
            self.open.discard(slot);
        } else if let Some(slot) = self.answered.find(key) {
            self.answered.discard(slot);
        }
    }

    /// Takes out what was given up before `now`, a batch of it, each with the TTL of its SYN; and
    /// whether there may be more.
    pub(super) fn quiet(&mut self, ring: &Ring, now: Timestamp) -> (Vec<(Unanswered, u8)>, Batch) {
        self.judge(ring, now, |attempt| {
            attempt.told.sent.last.after(GIVEN_UP) < now
        })
    }

    /// Takes out what is open when the capture ends, in the same way.
    pub(super) fn finish(&mut self, ring: &Ring, end: Timestamp) -> (Vec<(Unanswered, u8)>, Batch) {
        self.judge(ring, end, |_| true)
    }

    fn judge(
        &mut self,
        ring: &Ring,
        now: Timestamp,
        is_over: impl Fn(&Attempt) -> bool,
    ) -> (Vec<(Unanswered, u8)>, Batch) {
        let (over, batch) = self.open.take_out(is_over);
        let judged = over
            .iter()
            .filter_map(|attempt| self.judged(ring, attempt, now));
        (judged.collect(), batch)
    }

    /// The connection, if it went unanswered for long enough, with the TTL of its SYN.
    fn judged(&self, ring: &Ring, attempt: &Attempt, now: Timestamp) -> Option<(Unanswered, u8)> {
        let told = attempt.told;
        let silent = told.sent.count > 1
            && told.sent.first.after(SECOND_RETRANSMISSION) <= now
            && told.sent.last.after(ANSWER_TIME) <= now;
        if !silent || goes_on(ring, &told) {
            return None;
        }
        if let Some(answers) = attempt.answers {
            return (self.is_in_vain(ring, &told, answers)).then_some((
                Unanswered {
                    directions: Directions::Both,
                    in_vain: Some(answers.frame),
                    ..told
                },
                attempt.ttl,
            ));
        }
        if is_answered(ring, &told) {
            return None;
        }
        let host = told.flow.addrs.src();
        let directions = if ring.is_reached(host) {
            Directions::Both
        } else {
            Directions::OneSidedPossible
        };
        let is_syn = |seen: &Fingerprint| seen.lead.seq() == told.seq && seen.ts >= told.sent.first;
        let judged = Unanswered {
            directions,
            last_seen: furthest::last_seen(ring, &told.flow, is_syn),
            ..told
        };
        Some((judged, attempt.ttl))
    }
}

impl Attempts {
    /// Whether who asked got none of several answers, and of none of them an error told.
    fn is_in_vain(&self, ring: &Ring, told: &Unanswered, answers: Answers) -> bool {
        let FlowPorts::Ports { src, dst } = told.flow.ports else {
            return false;
        };
        let (addrs, back) = (told.flow.addrs.reversed(), Lead::of_ports(dst, src));
        let is_explained = self.explained.is_marked(answers.flow)
            || (self.explained).is_marked(ring.hashes(addrs, TCP, back).flow());
        let is_more = |seen: &Fingerprint| Segment::with(seen.flags) != Some(Segment::SynAck);
        answers.count > 1
            && !is_explained
            && !any_since(ring, addrs, back, told.sent.first, is_more)
    }
}

impl Attempt {
    /// An answer in this flow.
    fn accepted(&mut self, packet: &Observation, flow: u32) {
        let (last, frame) = (packet.ts, packet.frame);
        let Some(answers) = &mut self.answers else {
            self.answers = Some(Answers {
                count: 1,
                last,
                frame,
                flow,
            });
            return;
        };
        if (last.since(answers.last)).is_some_and(|gap| gap >= SHORTEST_TIMEOUT) {
            answers.count = answers.count.saturating_add(1);
            answers.last = last;
        }
        (answers.frame, answers.flow) = (frame, flow);
    }

    /// The SYN comes again: sent again, or the same packet at another hop, interface or file.
    fn again(&mut self, packet: &Observation) {
        let told = &mut self.told;
        let same_packet = packet.id().is_some_and(|id| id != 0) && packet.id() == self.id;
        if !same_packet
            && packet.flow() == told.flow
            && told.sent.add(packet.ts, packet.frame, SHORTEST_TIMEOUT)
        {
            self.id = packet.id();
        }
    }
}

fn flow_hash(ring: &Ring, flow: &FlowKey) -> u32 {
    ring.hashes(flow.addrs, TCP, Lead::of_flow(flow.ports))
        .flow()
}

/// Whether the connection was used: the answer took another way.
fn goes_on(ring: &Ring, told: &Unanswered) -> bool {
    let lead = Lead::of_flow(told.flow.ports);
    any_since(ring, told.flow.addrs, lead, told.sent.first, |seen| {
        seen.lead.seq() != told.seq
    })
}

/// Whether anything came back, though it is no answer to a SYN; an answer to one that was sent
/// before these counts, too.
fn is_answered(ring: &Ring, told: &Unanswered) -> bool {
    let FlowPorts::Ports { src, dst } = told.flow.ports else {
        return false;
    };
    let back = Lead::of_ports(dst, src);
    any_since(
        ring,
        told.flow.addrs.reversed(),
        back,
        told.sent.first.before(GIVEN_UP),
        |_| true,
    )
}

/// Whether a packet that fits was captured since then, among those of a TCP flow.
pub(super) fn any_since(
    ring: &Ring,
    addrs: AddrPair,
    lead: Lead,
    since: Timestamp,
    fits: impl Fn(&Fingerprint) -> bool,
) -> bool {
    let hashes = ring.hashes(addrs, TCP, lead);
    let mut found = false;
    ring.walk(Chain::Flow, &hashes, |seen| {
        let is_flow = seen.protocol == TCP
            && seen.pair == hashes.pair
            && seen.lead.flow_word(TCP) == lead.flow_word(TCP);
        found |= is_flow && seen.ts >= since && fits(seen);
        found || seen.ts < since
    });
    found
}

#[cfg(test)]
mod tests;
