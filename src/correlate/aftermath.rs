//! Flows that were hit by an error, followed forward: what did they do next?

use super::flows::{Chain, Hashes, Lead, PairMarks, Ring, has_ports, is_icmp, tcp_data};
use super::table::{Displaced, Table};
use super::verdict::{Aftermath, AftermathOutcome};
use crate::icmp::{Quote, QuotedTransport};
use crate::model::flow::FlowPorts;
use crate::model::{AddrPair, FlowKey, Timestamp};
use crate::wire::{Ip, IpVersion, bytes};

const TCP: u8 = 6;
const ESP: u8 = 50;
const FIN: u8 = 0x01;
const RST: u8 = 0x04;
const ACK: u8 = 0x10;

/// How many packets before an error are asked for their size.
const SIZES_BEFORE: usize = 256;

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
    size_after: Option<u32>,
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
    pairs: PairMarks,
    evicted: u64,
}

impl Followed {
    pub(super) fn new(memory: usize) -> Self {
        Self {
            flows: Table::with_memory(memory),
            pairs: PairMarks::default(),
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
            return;
        }
        let hashes = ring.hashes(key.addrs, key.protocol, Lead::of(&quote.ip));
        self.pairs.mark(hashes.pair);
        self.pairs.mark(ring.pair_hash(&key.addrs.reversed()));
        let flow = Tracked {
            first_error: ts,
            dropped,
            sender_seen: found,
            packets: 0,
            retransmissions: 0,
            size_before: largest_before(ring, &hashes, quote),
            size_after: None,
            acknowledged: false,
            close: None,
            last_packet: None,
        };
        if let Some(Displaced::Oldest(..)) = self.flows.insert(key, flow) {
            self.evicted += 1;
        }
    }

    /// Takes any packet, with the hash of its addresses.
    pub(super) fn packet(&mut self, ip: &Ip<'_>, pair: u32, ts: Timestamp) {
        if self.pairs.is_marked(pair) {
            self.follow(ip, ts);
        }
    }

    #[cold]
    fn follow(&mut self, ip: &Ip<'_>, ts: Timestamp) {
        let (forward, backward) = keys(ip);
        if let Some(flow) = self.flows.get_mut(&forward) {
            flow.sent(ip, ts);
        }
        if let Some(flow) = backward.and_then(|key| self.flows.get_mut(&key)) {
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
            size_after: self.size_after,
            acknowledged: self.acknowledged,
            lasted: self.last_packet.and_then(|ts| ts.since(self.first_error)),
        }
    }
}

/// The flow a packet belongs to, and the flow that it answers.
fn keys(ip: &Ip<'_>) -> (FlowKey, Option<FlowKey>) {
    let lead = Lead::of(ip);
    let (forward, backward) = if has_ports(ip.protocol) && lead.word() != 0 {
        let (src, dst) = (lead.half(0), lead.half(1));
        (
            FlowPorts::Ports { src, dst },
            Some(FlowPorts::Ports { src: dst, dst: src }),
        )
    } else if is_icmp(ip.protocol) {
        let (kind, id) = (lead.icmp_type(), lead.half(2));
        (
            FlowPorts::Query { kind, id },
            request_of(ip.version, kind).map(|kind| FlowPorts::Query { kind, id }),
        )
    } else if ip.protocol == ESP {
        (FlowPorts::Spi(lead.word()), None)
    } else {
        (FlowPorts::None, Some(FlowPorts::None))
    };
    let key = |addrs: AddrPair, ports| FlowKey {
        protocol: ip.protocol,
        addrs,
        ports,
    };
    (
        key(ip.addrs, forward),
        backward.map(|ports| key(ip.addrs.reversed(), ports)),
    )
}

/// The type of the request that a reply type answers.
fn request_of(version: IpVersion, reply: u8) -> Option<u8> {
    match (version, reply) {
        (IpVersion::V4, 0) => Some(8),
        (IpVersion::V4, 14 | 16 | 18 | 43) | (IpVersion::V6, 129 | 161) => Some(reply - 1),
        _ => None,
    }
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
