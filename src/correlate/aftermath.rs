//! Flows that were hit by an error, followed forward: what did they do next?

use super::flows::{Chain, Hashes, Lead, Marks, Ring, has_ports, is_icmp, tcp_data};
use super::table::{Displaced, Table};
use super::verdict::{Aftermath, AftermathOutcome};
use crate::icmp::{Quote, QuotedTransport};
use crate::model::flow::FlowPorts;
use crate::model::{FlowKey, Timestamp};
use crate::wire::{Ip, IpVersion, bytes};

const TCP: u8 = 6;
const ESP: u8 = 50;
const FIN: u8 = 0x01;
const RST: u8 = 0x04;
const ACK: u8 = 0x10;

/// How many packets before an error are asked for their size.
const SIZES_BEFORE: usize = 8;

/// What is known of a flow since the first error about it.
#[derive(Clone, Copy, Debug)]
struct Tracked {
    first_error: Timestamp,
    /// Sequence number of the octets that the last error dropped.
    dropped: Option<u32>,
    /// Whether the flow's own direction was ever captured.
    sender_seen: bool,
    packets: u64,
    retransmissions: u64,
    size_before: Option<u32>,
    /// Largest packet since the last error.
    size_after: Option<u32>,
    /// Largest packet between the first error and the last.
    size_between: Option<u32>,
    acknowledged: bool,
    close: Option<Close>,
    last_packet: Option<Timestamp>,
}

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
    evicted: u64,
}

impl Followed {
    pub(super) fn new(memory: usize) -> Self {
        Self {
            flows: Table::with_memory(memory),
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
        if let Some(flow) = self.flows.get_mut(&key) {
            flow.dropped = dropped;
            // What was on its way when the first error came says nothing about the sender.
            flow.size_between = flow.size_between.max(flow.size_after.take());
            return;
        }
        let hashes = ring.hashes(key.addrs, key.protocol, Lead::of(&quote.ip));
        self.sent.mark(hashes.flow());
        if let Some(answer) = answering(&key, quote.ip.version) {
            let lead = Lead::of_flow(answer.ports);
            let answer = ring.hashes(answer.addrs, answer.protocol, lead);
            self.answers.mark(answer.flow());
        }
        let flow = Tracked {
            first_error: ts,
            dropped,
            sender_seen: found,
            packets: 0,
            retransmissions: 0,
            size_before: largest_before(ring, &hashes, quote),
            size_after: None,
            size_between: None,
            acknowledged: false,
            close: None,
            last_packet: None,
        };
        if let Some(Displaced::Oldest(..)) = self.flows.insert(key, flow) {
            self.evicted += 1;
        }
    }

    /// Takes any packet, with the hash of its flow.
    pub(super) fn packet(&mut self, ip: &Ip<'_>, hash: u32, ts: Timestamp) {
        if self.sent.is_marked(hash)
            && let Some(flow) = self.flows.get_mut(&key(ip))
        {
            flow.sent(ip, ts);
        }
        if self.answers.is_marked(hash)
            && let Some(key) = answered(&key(ip), ip.version)
            && let Some(flow) = self.flows.get_mut(&key)
        {
            flow.answered(ip, ts);
        }
    }

    /// When the flow last sent or received a packet since its first error.
    pub(super) fn last_packet(&self, key: &FlowKey) -> Option<Timestamp> {
        self.flows.get(key)?.last_packet
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
    fn sent(&mut self, ip: &Ip<'_>, ts: Timestamp) {
        self.sender_seen = true;
        self.packets += 1;
        self.last_packet = Some(ts);
        let (data, flags) = tcp_data(ip);
        if ip.protocol != TCP || data > 0 {
            self.size_after = self.size_after.max(Some(ip.length));
        }
        self.close = self.close.max(Close::by(flags));
        if ip.protocol == TCP
            && let Some(dropped) = self.dropped
            && let Some(seq) = bytes::u32_at(ip.payload, 4)
        {
            // SYN and FIN take one sequence number each (RFC 9293 section 3.4).
            let occupied = data.max(u32::from(flags & 0x03 != 0));
            self.retransmissions += u64::from(dropped.wrapping_sub(seq) < occupied);
        }
    }

    /// A packet from the other end.
    fn answered(&mut self, ip: &Ip<'_>, ts: Timestamp) {
        self.last_packet = Some(ts);
        if ip.protocol != TCP {
            self.acknowledged = true;
            return;
        }
        let flags = bytes::u8_at(ip.payload, 13).unwrap_or(0);
        self.close = self.close.max(Close::by(flags));
        if flags & (ACK | RST) == ACK
            && let Some(dropped) = self.dropped
            && let Some(ack) = bytes::u32_at(ip.payload, 8)
        {
            // Beyond the dropped octets, in sequence space.
            let beyond = ack.wrapping_sub(dropped);
            self.acknowledged |= beyond > 0 && beyond < 1 << 31;
        }
    }

    fn aftermath(&self, key: &FlowKey) -> Aftermath {
        let outcome = if self.acknowledged {
            AftermathOutcome::Recovered
        } else if self.close == Some(Close::Reset) {
            AftermathOutcome::Reset
        } else if !self.sender_seen {
            AftermathOutcome::Unknown
        } else if self.retransmissions > 0 || (key.protocol != TCP && self.packets > 0) {
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
            acknowledged: self.acknowledged,
            lasted: self.last_packet.and_then(|ts| ts.since(self.first_error)),
        }
    }
}

/// The flow a packet belongs to.
fn key(ip: &Ip<'_>) -> FlowKey {
    let lead = Lead::of(ip);
    let ports = match ip.protocol {
        protocol if has_ports(protocol) && lead.word() != 0 => FlowPorts::Ports {
            src: lead.half(0),
            dst: lead.half(1),
        },
        protocol if is_icmp(protocol) => FlowPorts::Query {
            kind: lead.icmp_type(),
            id: lead.half(2),
        },
        ESP => FlowPorts::Spi(lead.word()),
        _ => FlowPorts::None,
    };
    FlowKey {
        protocol: ip.protocol,
        addrs: ip.addrs,
        ports,
    }
}

/// The flow of the packets that answer those of `flow`; `None` where they cannot be told.
fn answering(flow: &FlowKey, version: IpVersion) -> Option<FlowKey> {
    turned(flow, |request| match (version, request) {
        (IpVersion::V4, 8) => Some(0),
        (IpVersion::V4, 13 | 15 | 17 | 42) | (IpVersion::V6, 128 | 160) => Some(request + 1),
        _ => None,
    })
}

/// The flow that the packets of `flow` answer.
fn answered(flow: &FlowKey, version: IpVersion) -> Option<FlowKey> {
    turned(flow, |reply| match (version, reply) {
        (IpVersion::V4, 0) => Some(8),
        (IpVersion::V4, 14 | 16 | 18 | 43) | (IpVersion::V6, 129 | 161) => Some(reply - 1),
        _ => None,
    })
}

fn turned(flow: &FlowKey, counterpart: impl Fn(u8) -> Option<u8>) -> Option<FlowKey> {
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

fn largest_before(ring: &Ring, hashes: &Hashes, quote: &Quote<'_>) -> Option<u32> {
    let word = Lead::of(&quote.ip).flow_word(quote.ip.protocol);
    let mut largest = None;
    let mut looked = 0;
    ring.walk(Chain::Flow, hashes, |seen| {
        let same = seen.protocol == quote.ip.protocol
            && seen.pair == hashes.pair
            && seen.lead.flow_word(seen.protocol) == word;
        if same {
            largest = largest.max(Some(seen.length));
        }
        looked += 1;
        looked >= SIZES_BEFORE
    });
    largest
}
