//! Flows that were hit by an error, followed forward: what did they do next?

use std::time::Duration;

use self::recent::{Recent, Sent};
use super::flows::{Chain, Hashes, Lead, Marks, Ring};
use super::observation::Observation;
use super::table::{Displaced, Table};
use super::verdict::{Aftermath, AftermathOutcome, WasOpen};
use crate::icmp::kind::{v4, v6};
use crate::icmp::{Quote, QuotedTransport};
use crate::model::flow::FlowPorts;
use crate::model::{AddrPair, FlowKey, Timestamp};
use crate::wire::IpVersion;
use crate::wire::ip::protocol::TCP;
use crate::wire::tunnel;

const FIN: u8 = 0x01;
const RST: u8 = 0x04;
const ACK: u8 = 0x10;

/// How many packets before an error are asked for their size.
const SIZES_BEFORE: usize = 8;

/// What is known of a flow since the first error about it.
#[derive(Clone, Copy, Debug)]
struct Tracked {
    first_error: Timestamp,
    /// The furthest sequence number among the dropped segments.
    dropped: Option<u32>,
    /// The furthest one that the other end acknowledged since the first error.
    acked: Option<u32>,
    /// Behind the furthest octet that was sent.
    sent_up_to: Option<u32>,
    /// The last packets sent, those before the error too.
    recent: Recent,
    /// Whether the flow's own direction was ever captured.
    sender_seen: bool,
    packets: u64,
    retransmissions: u64,
    size_before: Option<u32>,
    /// Largest packet since the last error.
    size_after: Option<u32>,
    /// Largest packet between the first error and the last.
    size_between: Option<u32>,
    /// For other protocols than TCP: the other end sent something since the last error.
    answered: bool,
    close: Option<Close>,
    last_packet: Option<Timestamp>,
    retried: u32,
    /// The source port of the last new try.
    retried_from: Option<u16>,
    was_open: Option<WasOpen>,
    /// Whether it is known which packets answer it.
    can_be_answered: bool,
}

/// A service as one host sees it: what a program tries again to reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Service {
    addrs: AddrPair,
    protocol: u8,
    port: u16,
}

impl Service {
    /// The service of a flow, with the source port.
    fn of(flow: &FlowKey) -> Option<(Self, u16)> {
        let FlowPorts::Ports { src, dst } = flow.ports else {
            return None;
        };
        if is_of_tunnel(flow) {
            return None;
        }
        let service = Self {
            addrs: flow.addrs,
            protocol: flow.protocol,
            port: dst,
        };
        Some((service, src))
    }
}

/// A new try later than this after an error has other reasons.
const RETRIED_WITHIN: Duration = Duration::from_mins(1);

/// How a connection was closed, the rougher way last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Close {
    Fin,
    Reset,
}

impl Close {
    fn by(flags: u8) -> Option<Self> {
        match flags {
            _ if flags & RST != 0 => Some(Self::Reset),
            _ if flags & FIN != 0 => Some(Self::Fin),
            _ => None,
        }
    }
}

/// The flows being followed.
#[derive(Debug)]
pub(super) struct Followed {
    flows: Table<FlowKey, Tracked>,
    /// Hashes of the flows: most packets are told by these alone.
    sent: Marks,
    /// Hashes of the flows that answer them.
    answers: Marks,
    /// By service the flow that met the last error, and when.
    refused: Table<Service, (FlowKey, Timestamp)>,
    evicted: u64,
}

impl Followed {
    pub(super) fn new(memory: usize) -> Self {
        Self {
            flows: Table::with_memory(memory / 4 * 3),
            refused: Table::with_memory(memory / 4),
            sent: Marks::default(),
            answers: Marks::default(),
            evicted: 0,
        }
    }

    /// How many flows were given up for want of room.
    pub(super) fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Begins, or goes on, to follow the flow that an error at `ts` quotes.
    pub(super) fn error(&mut self, ring: &Ring, quote: &Quote<'_>, found: bool, ts: Timestamp) {
        let dropped = match quote.transport {
            QuotedTransport::Tcp { seq, .. } => seq,
            _ => None,
        };
        let key = quote.flow();
        self.tried(&key, ts);
        if let Some((service, _)) = Service::of(&key) {
            match self.refused.get_mut(&service) {
                Some(known) => *known = (key, ts),
                None => drop(self.refused.insert(service, (key, ts))),
            }
        }
        if let Some(flow) = self.flows.get_mut(&key) {
            flow.dropped = furthest(flow.dropped, dropped);
            flow.answered = false;
            // What was on its way when the first error came says nothing about the sender.
            flow.size_between = flow.size_between.max(flow.size_after.take());
            return;
        }
        let hashes = ring.hashes(key.addrs, key.protocol, Lead::of_quote(&quote.ip));
        self.sent.mark(hashes.flow());
        let mut was_open = None;
        let answer = answering(&key, quote.ip.version);
        if let Some(answer) = answer {
            let lead = Lead::of_flow(answer.ports);
            let hashes = ring.hashes(answer.addrs, answer.protocol, lead);
            self.answers.mark(hashes.flow());
            was_open = opened::was_open(ring, &key, &answer);
        }
        let before = before(ring, &hashes, quote);
        let flow = Tracked {
            first_error: ts,
            dropped,
            acked: None,
            // A SYN has no octets, and is one on its own.
            sent_up_to: furthest(before.sent_up_to, dropped.map(|seq| seq.wrapping_add(1))),
            recent: before.recent,
            sender_seen: found,
            packets: 0,
            retransmissions: 0,
            size_before: before.largest,
            size_after: None,
            size_between: None,
            answered: false,
            close: None,
            last_packet: None,
            retried: 0,
            retried_from: None,
            was_open,
            can_be_answered: answer.is_some(),
        };
        if let Some(Displaced::Oldest(..)) = self.flows.insert(key, flow) {
            self.evicted += 1;
        }
    }

    /// A flow was begun, or met an error: where another one to the same service was refused a little
    /// while ago, the program tries again.
    pub(super) fn tried(&mut self, flow: &FlowKey, ts: Timestamp) {
        let Some((service, port)) = Service::of(flow) else {
            return;
        };
        let Some(&(refused, error)) = self.refused.get(&service) else {
            return;
        };
        let soon = ts.since(error).is_some_and(|gap| gap <= RETRIED_WITHIN);
        if soon
            && refused != *flow
            && let Some(before) = self.flows.get_mut(&refused)
            && before.retried_from != Some(port)
        {
            before.retried = before.retried.saturating_add(1);
            before.retried_from = Some(port);
        }
    }

    /// From now on [`Self::may_know`] a flow of this hash, whose packets answer another one.
    pub(super) fn watch(&mut self, hash: u32) {
        self.answers.mark(hash);
    }

    /// Whether a flow of this hash may be one that is followed, or answer one.
    #[inline]
    pub(super) fn may_know(&self, hash: u32) -> bool {
        self.sent.is_marked(hash) || self.answers.is_marked(hash)
    }

    /// Takes a packet of a flow that may be known.
    #[inline(never)]
    pub(super) fn packet(&mut self, packet: &Observation, hash: u32) {
        if self.sent.is_marked(hash)
            && let Some(flow) = self.flows.get_mut(&packet.flow())
        {
            flow.sent(packet);
        }
        if self.answers.is_marked(hash)
            && let Some(key) = answered(&packet.flow(), packet.version)
            && let Some(flow) = self.flows.get_mut(&key)
        {
            flow.answered(packet);
        }
    }

    /// When the flow last sent or received a packet since its first error.
    pub(super) fn last_packet(&self, key: &FlowKey) -> Option<Timestamp> {
        self.flows.get(key)?.last_packet
    }

    /// Whether the flow's destination sent from its port before the first error.
    pub(super) fn was_open(&self, key: &FlowKey) -> Option<WasOpen> {
        self.flows.get(key)?.was_open
    }

    /// What became of the flow.
    pub(super) fn aftermath(&self, key: &FlowKey) -> Aftermath {
        self.flows
            .get(key)
            .map_or(Aftermath::UNKNOWN, |flow| flow.aftermath(key))
    }
}

impl Tracked {
    /// A packet in the direction of the dropped ones.
    fn sent(&mut self, packet: &Observation) {
        self.sender_seen = true;
        if self.recent.knows(Sent::now(packet)) {
            return;
        }
        self.packets += 1;
        self.last_packet = Some(packet.ts);
        if packet.protocol != TCP || packet.data > 0 {
            self.size_after = self.size_after.max(Some(packet.length));
        }
        self.close = self.close.max(Close::by(packet.flags));
        // SYN and FIN take one sequence number each (RFC 9293 section 3.4).
        let occupied = packet.data.max(u32::from(packet.flags & 0x03 != 0));
        if occupied > 0
            && let Some(seq) = packet.seq()
        {
            let again = (self.sent_up_to).is_some_and(|end| is_beyond(end, seq));
            self.retransmissions += u64::from(again);
            self.sent_up_to = furthest(self.sent_up_to, Some(seq.wrapping_add(occupied)));
        }
    }

    /// A packet from the other end.
    fn answered(&mut self, packet: &Observation) {
        self.last_packet = Some(packet.ts);
        if packet.protocol != TCP {
            self.answered = true;
            return;
        }
        self.close = self.close.max(Close::by(packet.flags));
        if packet.flags & (ACK | RST) == ACK {
            self.acked = furthest(self.acked, packet.ack());
        }
    }

    /// Whether all that was dropped arrived in the end, or for other protocols than TCP, whether the
    /// other end answers.
    fn got_through(&self) -> bool {
        let acked = matches!((self.acked, self.dropped), (Some(a), Some(b)) if is_beyond(a, b));
        acked || self.answered
    }

    fn aftermath(&self, key: &FlowKey) -> Aftermath {
        let acknowledged = self.got_through();
        let outcome = if acknowledged {
            AftermathOutcome::Recovered
        } else if self.close == Some(Close::Reset) {
            AftermathOutcome::Reset
        } else if !self.sender_seen || (self.dropped.is_none() && self.acked.is_some()) {
            // Or something got through, and the quote does not tell whether that was dropped.
            AftermathOutcome::Unknown
        } else if self.retransmissions > 0
            || (key.protocol != TCP && self.packets > 0 && self.can_be_answered)
        {
            AftermathOutcome::Retransmitting
        } else if self.close == Some(Close::Fin) {
            AftermathOutcome::Ended
        } else if self.packets == 0 {
            AftermathOutcome::Silent
        } else {
            AftermathOutcome::Unknown
        };
        Aftermath {
            outcome,
            packets: self.packets,
            retransmissions: self.retransmissions,
            size_before: self.size_before,
            size_after: self.size_after.or(self.size_between),
            acknowledged,
            retried: self.retried,
            lasted: self.last_packet.and_then(|ts| ts.since(self.first_error)),
        }
    }
}

/// The flow of the packets that answer those of `flow`; `None` where they cannot be told.
fn answering(flow: &FlowKey, version: IpVersion) -> Option<FlowKey> {
    turned(flow, |request| match (version, request) {
        (IpVersion::V4, v4::ECHO_REQUEST) => Some(v4::ECHO_REPLY),
        // Every other reply is the number behind its request.
        (
            IpVersion::V4,
            v4::TIMESTAMP_REQUEST
            | v4::INFORMATION_REQUEST
            | v4::ADDRESS_MASK_REQUEST
            | v4::EXTENDED_ECHO_REQUEST,
        )
        | (IpVersion::V6, v6::ECHO_REQUEST | v6::EXTENDED_ECHO_REQUEST) => Some(request + 1),
        _ => None,
    })
}

/// The flow that the packets of `flow` answer.
fn answered(flow: &FlowKey, version: IpVersion) -> Option<FlowKey> {
    turned(flow, |reply| match (version, reply) {
        (IpVersion::V4, v4::ECHO_REPLY) => Some(v4::ECHO_REQUEST),
        (
            IpVersion::V4,
            v4::TIMESTAMP_REPLY
            | v4::INFORMATION_REPLY
            | v4::ADDRESS_MASK_REPLY
            | v4::EXTENDED_ECHO_REPLY,
        )
        | (IpVersion::V6, v6::ECHO_REPLY | v6::EXTENDED_ECHO_REPLY) => Some(reply - 1),
        _ => None,
    })
}

fn turned(flow: &FlowKey, counterpart: impl Fn(u8) -> Option<u8>) -> Option<FlowKey> {
    // What comes back through a tunnel may belong to anything in it, and over UDP has ports of its
    // own (RFC 7348 section 5).
    if is_of_tunnel(flow) {
        return None;
    }
    Some(FlowKey {
        protocol: flow.protocol,
        addrs: flow.addrs.reversed(),
        ports: match flow.ports {
            FlowPorts::Ports { src, dst } => FlowPorts::Ports { src: dst, dst: src },
            FlowPorts::Query { kind, id } => FlowPorts::Query {
                kind: counterpart(kind)?,
                id,
            },
            // Each direction of a security association has its own index.
            FlowPorts::Spi(_) => return None,
            FlowPorts::None => FlowPorts::None,
        },
    })
}

/// Whether the packets of a flow are likely a tunnel's.
fn is_of_tunnel(flow: &FlowKey) -> bool {
    let to = match flow.ports {
        FlowPorts::Ports { dst, .. } => Some(dst),
        _ => None,
    };
    tunnel::is_to_tunnel(flow.protocol, to)
}

/// Whether sequence number `a` lies beyond `b` (RFC 9293 section 3.4).
pub(super) fn is_beyond(a: u32, b: u32) -> bool {
    let ahead = a.wrapping_sub(b);
    ahead > 0 && ahead < 1 << 31
}

/// The one of two sequence numbers that lies beyond the other.
fn furthest(a: Option<u32>, b: Option<u32>) -> Option<u32> {
    match (a, b) {
        (Some(a), Some(b)) if is_beyond(b, a) => Some(b),
        (Some(a), _) => Some(a),
        (None, b) => b,
    }
}

/// What a flow did before its first error.
#[derive(Default)]
struct Before {
    largest: Option<u32>,
    /// Behind the furthest octet of TCP payload.
    sent_up_to: Option<u32>,
    recent: Recent,
}

fn before(ring: &Ring, hashes: &Hashes, quote: &Quote<'_>) -> Before {
    let word = Lead::of_quote(&quote.ip).flow_word(quote.ip.protocol);
    let mut before = Before::default();
    let mut looked = 0;
    ring.walk(Chain::Flow, hashes, |seen| {
        let same = seen.protocol == quote.ip.protocol
            && seen.pair == hashes.pair
            && seen.lead.flow_word(seen.protocol) == word;
        if same {
            before.largest = before.largest.max(Some(seen.length));
            let (version, addrs) = (quote.ip.version, quote.ip.addrs);
            before.recent.knows(Sent::before(seen, version, addrs));
            if seen.data > 0 {
                let end = seen.lead.seq().wrapping_add(seen.data);
                before.sent_up_to = furthest(before.sent_up_to, Some(end));
            }
        }
        looked += 1;
        looked >= SIZES_BEFORE
    });
    before
}

mod opened;
mod recent;
#[cfg(test)]
mod tests;
