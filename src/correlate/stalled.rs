//! TCP connections whose data nobody acknowledges, and of which nobody said a word.
//!
//! A sender without acknowledgements sends its first unacknowledged segment again and again (RFC 6298
//! section 5). If it got through when it was sent in smaller packets, as TCP tries by itself (RFC 4821
//! section 7.7), that is told as well. A small table of the last segment of recent flows tells what is sent
//! again; all else happens for these few packets only, and for the answers to them.

use std::time::Duration;

use super::aftermath::{Followed, is_beyond};
use super::exchanges::Batch;
use super::flows::{Chain, Fingerprint, Hashes, Marks, Ring};
use super::furthest;
use super::lead::Lead;
use super::observation::Observation;
use super::table::{Displaced, Table};
use super::transmissions::Transmissions;
use super::unanswered::{Directions, GIVEN_UP, any_since};
use crate::model::flow::FlowPorts;
use crate::model::{FlowKey, FrameRef, Timestamp};
use crate::wire::ip::protocol::TCP;
use crate::wire::tcp::{ACK, FIN, RST};

/// Octets from which on a segment is data: probes of a closed window and of a connection that is kept
/// alive carry one at the most (RFC 9293 sections 3.8.4 and 3.8.6.1).
const DATA: u32 = 2;
/// The same segment sooner after the one before it is that one at another point of capture, or sent
/// again on a guess: timeouts take longer (Linux waits for 200 ms, RFC 6298 asks for a second).
const SHORTEST_TIMEOUT: Duration = Duration::from_millis(100);
/// Transmissions of the same octets, the first one included, from which on they are no accident.
const TRANSMISSIONS: u32 = 4;
/// ... and since the first one: what is lost for a moment is acknowledged by then.
const PATIENCE: Duration = Duration::from_secs(3);
/// Packets of the flow that are searched for earlier transmissions.
const SEARCHED: usize = 256;
/// Earlier transmissions that are taken up.
const EARLIER: usize = 8;

/// Whether whom data was for had more to send (RFC 9293 section 3.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// It had, as far as is known.
    Open,
    /// It had closed its side.
    Closed,
}

/// A connection whose data was sent again and again without an acknowledgement or an ICMP error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stalled {
    /// In the direction of the data.
    pub flow: FlowKey,
    /// The segments with the first unacknowledged octet.
    pub sent: Transmissions,
    /// IP length of the last one, in octets as captured.
    pub length: u32,
    /// The largest IP length among packets of the flow that were acknowledged, if any was captured.
    pub acknowledged: Option<u32>,
    /// Whether the capture can see acknowledgements.
    pub directions: Directions,
    /// Where they were last seen on their way, if other packets to the same host came further.
    pub last_seen: Option<FrameRef>,
    /// Whom the data was for.
    pub peer: Peer,
    seq: u32,
    /// What was sent before it was sent in smaller packets.
    larger: Option<Larger>,
}

/// Transmissions of one length, in octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Larger {
    sent: Transmissions,
    length: u32,
}

impl Stalled {
    /// Packets up to this many octets pass on any path (RFC 8200 section 5).
    pub const EVERY_PATH: u32 = 1280;

    fn begin(packet: &Transmission, flow: FlowKey, seq: u32) -> Self {
        Self {
            flow,
            sent: Transmissions::begin(packet.ts, packet.frame),
            length: packet.length,
            acknowledged: None,
            directions: Directions::OneSidedPossible,
            last_seen: None,
            peer: Peer::Open,
            seq,
            larger: None,
        }
    }

    /// One that the capture saw both directions of.
    #[cfg(test)]
    pub(crate) fn for_tests(flow: FlowKey, length: u32, acknowledged: u32) -> Self {
        let packet = Transmission {
            ts: Timestamp::MIN,
            frame: FrameRef::new(crate::model::SourceId(0), 1),
            length,
        };
        Self {
            acknowledged: Some(acknowledged),
            directions: Directions::Both,
            ..Self::begin(&packet, flow, 1)
        }
    }

    fn again(&mut self, packet: &Transmission) {
        let before = Larger {
            sent: self.sent,
            length: self.length,
        };
        if self.sent.add(packet.ts, packet.frame, SHORTEST_TIMEOUT) {
            self.length = packet.length;
            if packet.length < before.length && before.sent.count >= TRANSMISSIONS {
                self.larger.get_or_insert(before);
            }
        }
    }

    /// What was in vain, if smaller packets are acknowledged now.
    fn only_large(&self, now: Timestamp) -> Option<Self> {
        let Larger { mut sent, length } = self.larger?;
        let is_long = sent.first.after(PATIENCE) <= now;
        sent.last = now;
        let acknowledged = self.acknowledged.max(Some(self.length));
        let is_too_large = length > Stalled::EVERY_PATH && acknowledged < Some(length);
        (is_long && is_too_large).then_some(Self {
            sent,
            length,
            acknowledged,
            directions: Directions::Both,
            ..*self
        })
    }
}

/// One transmission of a segment.
#[derive(Clone, Copy, Debug)]
struct Transmission {
    ts: Timestamp,
    frame: FrameRef,
    length: u32,
}

/// The sequence number of the last segment of recent flows, by the hash of the flow; two flows share
/// a place before one is forgotten.
#[derive(Debug)]
struct LastSegments(Vec<[u64; 2]>);

impl LastSegments {
    /// 256 KiB, for some ten thousand flows at a time.
    const BITS: u32 = 14;

    fn new() -> Self {
        Self(vec![[0; 2]; 1 << Self::BITS])
    }

    /// Notes a segment, and tells whether the flow's last one was the same.
    #[inline]
    fn repeats(&mut self, flow: u32, seq: u32) -> bool {
        let this = u64::from(flow) << 32 | u64::from(seq);
        let Some([newest, older]) = self.0.get_mut((flow >> (32 - Self::BITS)) as usize) else {
            return false;
        };
        if *newest == this {
            return true;
        }
        let repeats = *older == this;
        if *newest >> 32 != u64::from(flow) {
            *older = *newest;
        }
        *newest = this;
        repeats
    }
}

/// Connections that wait for an acknowledgement.
#[derive(Debug)]
pub(super) struct Stalls {
    last_segments: LastSegments,
    open: Table<FlowKey, Stalled>,
    /// Those that got through in smaller packets.
    mended: Table<FlowKey, Stalled>,
    /// Destinations, with their ports, that an ICMP error was about.
    explained: Marks,
    evicted: u64,
}

impl Stalls {
    pub(super) fn new(memory: usize) -> Self {
        Self {
            last_segments: LastSegments::new(),
            open: Table::with_memory(memory / 4 * 3),
            mended: Table::with_memory(memory / 4),
            explained: Marks::default(),
            evicted: 0,
        }
    }

    /// How many connections were given up for want of room.
    pub(super) fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Whether a packet of the flow with this hash holds data that was sent before.
    #[inline]
    pub(super) fn is_again(&mut self, packet: &Observation, flow: u32) -> bool {
        packet.data >= DATA && self.last_segments.repeats(flow, packet.lead.seq())
    }

    /// Takes a packet for which [`Self::is_again`] held; what answers it is watched from now on.
    #[cold]
    pub(super) fn again(&mut self, ring: &Ring, packet: &Observation, followed: &mut Followed) {
        let (flow, Some(seq)) = (packet.flow(), packet.seq()) else {
            return;
        };
        let this = Transmission {
            ts: packet.ts,
            frame: packet.frame,
            length: packet.length,
        };
        // Another segment: the one before was acknowledged, seen or not, or was sent again on a guess.
        if let Some(stall) = self.open.get_mut(&flow)
            && stall.seq == seq
        {
            stall.again(&this);
            return;
        }
        let Some(stall) = begun(ring, &flow, seq, &this) else {
            return;
        };
        followed.watch(hashes(ring, &back(&flow)).flow());
        if let Some(Displaced::Oldest(..)) = self.open.insert(flow, stall) {
            self.evicted += 1;
        }
    }

    /// Takes a packet that may answer one of these connections.
    pub(super) fn answer(&mut self, packet: &Observation) {
        if packet.protocol != TCP || self.open.len() == 0 {
            return;
        }
        let Some(slot) = self.open.find(&back(&packet.flow())) else {
            return;
        };
        let Some(stall) = self.open.at(slot) else {
            return;
        };
        let acknowledged =
            packet.flags & ACK != 0 && (packet.ack()).is_some_and(|ack| is_beyond(ack, stall.seq));
        if acknowledged || packet.flags & RST != 0 {
            let mended = stall.only_large(packet.ts).filter(|_| acknowledged);
            self.open.discard(slot);
            if let Some(mended) = mended
                && let Some(Displaced::Oldest(..)) = self.mended.insert(mended.flow, mended)
            {
                self.evicted += 1;
            }
        }
    }

    /// An ICMP error is about a segment of this flow: whatever stalls on the way to its destination, or comes from
    /// there, somebody told of trouble.
    pub(super) fn error(&mut self, ring: &Ring, flow: &FlowKey) {
        self.explained.mark(destination(ring, flow));
    }

    /// Takes out what was given up before `now`, a batch of it, and whether there may be more.
    pub(super) fn quiet(&mut self, ring: &Ring, now: Timestamp) -> (Vec<Stalled>, Batch) {
        self.judge(ring, now, |stall| stall.sent.last.after(GIVEN_UP) < now)
    }

    /// Takes out what is open when the capture ends, in the same way.
    pub(super) fn finish(&mut self, ring: &Ring, end: Timestamp) -> (Vec<Stalled>, Batch) {
        self.judge(ring, end, |_| true)
    }

    fn judge(
        &mut self,
        ring: &Ring,
        now: Timestamp,
        is_over: impl Fn(&Stalled) -> bool,
    ) -> (Vec<Stalled>, Batch) {
        let (over, batch) = self.open.take_out(&is_over);
        let judged = over
            .iter()
            .filter_map(|stall| self.judged(ring, stall, now));
        let mut told: Vec<_> = judged.collect();
        if batch == Batch::MoreToCome {
            return (told, batch);
        }
        let (over, batch) = self.mended.take_out(&is_over);
        let judged = over.iter().filter(|stall| self.is_of_large(ring, stall));
        told.extend(judged.copied());
        (told, batch)
    }

    fn is_explained(&self, ring: &Ring, flow: &FlowKey) -> bool {
        let marked = |flow| self.explained.is_marked(destination(ring, flow));
        marked(flow) || marked(&back(flow))
    }

    /// Whether large packets still do not get through where smaller ones do: none was sent since, and nobody
    /// told why.
    fn is_of_large(&self, ring: &Ring, stall: &Stalled) -> bool {
        let flow = &stall.flow;
        let lead = Lead::of_flow(flow.ports);
        let is_large = |seen: &Fingerprint| seen.data > 0 && seen.length >= stall.length;
        !self.is_explained(ring, flow)
            && !any_since(ring, flow.addrs, lead, stall.sent.last, is_large)
    }

    /// The connection, if nobody acknowledged its data for long enough, and nobody told why.
    fn judged(&self, ring: &Ring, stall: &Stalled, now: Timestamp) -> Option<Stalled> {
        let flow = &stall.flow;
        if stall.sent.count < TRANSMISSIONS
            || stall.sent.first.after(PATIENCE) > now
            || self.is_explained(ring, flow)
            || goes_on(ring, stall)
        {
            return None;
        }
        let directions = if ring.direction_seen(&flow.addrs.reversed()) {
            Directions::Both
        } else {
            Directions::OneSidedPossible
        };
        let is_sent = |seen: &Fingerprint| {
            seen.data > 0 && seen.lead.seq() == stall.seq && seen.ts >= stall.sent.first
        };
        Some(Stalled {
            directions,
            last_seen: furthest::last_seen(ring, flow, is_sent),
            peer: peer(ring, flow),
            ..*stall
        })
    }
}

/// Whether the other end of a flow has closed its side.
fn peer(ring: &Ring, flow: &FlowKey) -> Peer {
    let back = back(flow);
    let lead = Lead::of_flow(back.ports);
    let is_close = |seen: &Fingerprint| seen.flags & FIN != 0;
    if any_since(ring, back.addrs, lead, Timestamp::MIN, is_close) {
        Peer::Closed
    } else {
        Peer::Open
    }
}

/// The connection with the earlier transmissions of this segment; `None` where it is a copy.
fn begun(ring: &Ring, flow: &FlowKey, seq: u32, this: &Transmission) -> Option<Stalled> {
    let hashes = hashes(ring, flow);
    let word = Lead::of_flow(flow.ports).flow_word(TCP);
    let mut earlier = Vec::new();
    let mut acknowledged = None;
    let mut searched = 0;
    ring.walk(Chain::Flow, &hashes, |seen| {
        searched += 1;
        let is_flow =
            seen.protocol == TCP && seen.pair == hashes.pair && seen.lead.flow_word(TCP) == word;
        if is_flow && seen.frame != this.frame {
            if seen.data > 0 && seen.lead.seq() == seq && earlier.len() < EARLIER {
                earlier.push(Transmission {
                    ts: seen.ts,
                    frame: seen.frame,
                    length: seen.length,
                });
            }
            // What is sent again is the first that is not acknowledged.
            if is_beyond(seq, seen.lead.seq()) {
                acknowledged = acknowledged.max(Some(seen.length));
            }
        }
        searched == SEARCHED
    });
    let before = earlier.first().copied().unwrap_or(*this);
    if (this.ts.since(before.ts)).is_none_or(|gap| gap < SHORTEST_TIMEOUT) {
        return None;
    }
    let mut transmissions = earlier.iter().rev().chain([this]);
    let mut stall = Stalled::begin(transmissions.next()?, *flow, seq);
    stall.acknowledged = acknowledged;
    for transmission in transmissions {
        stall.again(transmission);
    }
    Some(stall)
}

/// Whether other data followed: the acknowledgement took another way.
fn goes_on(ring: &Ring, stall: &Stalled) -> bool {
    let lead = Lead::of_flow(stall.flow.ports);
    any_since(ring, stall.flow.addrs, lead, stall.sent.last, |seen| {
        seen.data > 0 && is_beyond(seen.lead.seq(), stall.seq)
    })
}

/// The other direction of a TCP flow.
pub(super) fn back(flow: &FlowKey) -> FlowKey {
    FlowKey {
        addrs: flow.addrs.reversed(),
        ports: match flow.ports {
            FlowPorts::Ports { src, dst } => FlowPorts::Ports { src: dst, dst: src },
            other => other,
        },
        ..*flow
    }
}

fn hashes(ring: &Ring, flow: &FlowKey) -> Hashes {
    ring.hashes(flow.addrs, TCP, Lead::of_flow(flow.ports))
}

fn destination(ring: &Ring, flow: &FlowKey) -> u32 {
    hashes(ring, flow).destination()
}

#[cfg(test)]
mod tests;
