//! Flows that were hit by an error, followed forward: what did they do next?

mod account;
mod ahead;
mod before;
mod hit;
mod opened;
mod outstanding;
mod recent;
mod retries;

use self::account::{Account, Closed};
use self::before::Before;
pub(super) use self::hit::Hit;
use self::recent::{Recent, Sent};
use self::retries::{RETRIED_WITHIN, Service};
use super::flows::{Fingerprint, Marks, Ring, is_told_apart};
use super::in_flight::Captured;
use super::lead::Lead;
use super::network::{Link, Networks};
use super::numbered;
use super::observation::{Observation, occupied};
use super::segment::Segment;
use super::table::{Displaced, Table};
use super::verdict::{Aftermath, AftermathOutcome, Back, WasOpen};
use super::verdicts::VerdictKey;
use crate::model::flow::FlowPorts;
use crate::model::{FlowKey, Timestamp};
use crate::wire::IpVersion;
use crate::wire::ip::protocol::TCP;
use crate::wire::tunnel;

/// How many packets of a flow, and of those that answer it, are remembered, to know them by when they
/// are captured again.
const SENT_BEFORE: usize = 8;
const ANSWERS_BEFORE: usize = 4;

/// Of how many verdicts about one flow it is told apart what came after: a traceroute whose probes
/// are one flow has one from each hop.
const VERDICTS: usize = 32;

/// A flow that is followed: the first of those with these addresses and ports, or that of a link that is told
/// apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Whose {
    flow: FlowKey,
    apart: Link,
}

impl Whose {
    const fn first(flow: FlowKey) -> Self {
        Self {
            flow,
            apart: Link::UNKNOWN,
        }
    }
}

/// A flow that errors are about.
#[derive(Debug)]
struct Tracked {
    /// What came after, for each verdict about it that is not told yet.
    accounts: Vec<Account>,
    /// Behind the furthest octet that was sent.
    sent_up_to: Option<u32>,
    /// The last packets sent, those before the error too.
    recent: Recent<SENT_BEFORE>,
    /// The last answers, but for TCP, whose acknowledgements say the same each time.
    answers: Recent<ANSWERS_BEFORE>,
    /// Whether the flow's own direction was ever captured.
    sender_seen: bool,
    last_packet: Option<Timestamp>,
    /// The source port of the last other flow to its service.
    tried_from: Option<u16>,
    /// When it began, where that was looked for.
    began: Option<Timestamp>,
    /// Whether it is known which packets answer it.
    can_be_answered: bool,
    link: Link,
    networks: Networks,
}

/// The flows being followed.
#[derive(Debug)]
pub(super) struct Followed {
    flows: Table<Whose, Tracked>,
    /// Whether any were told apart by their links.
    has_apart: bool,
    /// Hashes of the flows: most packets are told by these alone.
    sent: Marks,
    /// Hashes of the flows that answer them.
    answers: Marks,
    /// By service the flow that met the last error, and when.
    refused: Table<Service, (Whose, Timestamp)>,
    /// Accounts beyond the first of each flow, and how many fit.
    further: usize,
    room: usize,
    evicted: u64,
}

impl Followed {
    pub(super) fn new(memory: usize) -> Self {
        // A vector that grows takes twice what it holds at the most.
        let further = 2 * size_of::<Account>();
        Self {
            flows: Table::with_memory_and_heap(memory / 8 * 6, size_of::<Account>()),
            has_apart: false,
            refused: Table::with_memory(memory / 8),
            sent: Marks::default(),
            answers: Marks::default(),
            further: 0,
            room: memory / 8 / further,
            evicted: 0,
        }
    }

    /// How many flows were given up for want of room.
    pub(super) fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Whose a packet of `flow` on this link is.
    #[inline]
    fn whose(&self, flow: FlowKey, link: Link) -> Whose {
        let first = Whose::first(flow);
        if self.has_apart && !link.is_unknown() {
            let apart = Whose { flow, apart: link };
            if self.flows.get(&apart).is_some() {
                return apart;
            }
        }
        first
    }

    /// The same of the packet that an error hits, whose verdict is told apart by `apart`.
    fn whose_hit(&mut self, hit: &Hit, apart: Link) -> Whose {
        let known = self.whose(hit.flow, hit.link);
        let first = self.flows.get(&known);
        let is_of_other = |first: &Tracked| {
            apart != Link::UNKNOWN && first.link.is_other_than(hit.link)
                || first.networks.own.is_other_than(hit.networks.own)
        };
        if known.apart == Link::UNKNOWN && first.is_some_and(is_of_other) {
            self.has_apart = true;
            return Whose {
                flow: hit.flow,
                apart: hit.link,
            };
        }
        known
    }

    /// Begins, or goes on, to follow the flow that an error at `ts` hits, for the verdict that the
    /// error belongs to; `captured` tells what the capture has of the packet, `is_elsewhere` which packets are
    /// of another network, and `answers_elsewhere` which of those that answer.
    pub(super) fn error(
        &mut self,
        ring: &Ring,
        verdict: VerdictKey,
        (hit, captured): (&Hit, Captured),
        ts: Timestamp,
        (is_elsewhere, answers_elsewhere): (
            impl Fn(&Fingerprint) -> bool,
            impl Fn(&Fingerprint) -> bool,
        ),
    ) {
        let (key, dropped) = (hit.flow, hit.dropped);
        if !is_told_apart(&key) {
            return;
        }
        // A connection that is there was not begun for what another one met.
        if hit.segment.is_none_or(|segment| segment == Segment::Syn) {
            self.tried(ring, (&key, hit.link), ts);
        }
        let whose = self.whose_hit(hit, verdict.apart);
        if let Some((service, _)) = Service::of(&key) {
            match self.refused.get_mut(&service) {
                Some(known) => *known = (whose, ts),
                None => drop(self.refused.insert(service, (whose, ts))),
            }
        }
        if let Some(flow) = self.flows.get_mut(&whose)
            && let sent = flow.sent_up_to
            && let Some(account) = flow.account_mut(&verdict)
        {
            account.error(dropped, ts);
            account.quoted(dropped, captured, sent);
            return;
        }
        let hashes = ring.hashes(key.addrs, key.protocol, Lead::of_flow(key.ports));
        let answer = answering(&key, hit.version);
        let before = Before::of(ring, &hashes, hit, &is_elsewhere);
        let mut account = Account {
            size_before: before.largest,
            back: if answer.is_none() && answered(&key, hit.version).is_some() {
                Back::NotExpected
            } else {
                Back::Unknown
            },
            was_open: answer.and_then(|answer| {
                let answers = (&answer, answers_elsewhere);
                opened::was_open(ring, (&key, is_elsewhere), answers)
            }),
            ..Account::new(verdict, dropped, ts)
        };
        account.quoted(dropped, captured, before.sent_up_to);
        if let Some(flow) = self.flows.get_mut(&whose) {
            let is_first = flow.accounts.is_empty();
            if is_first || (self.further < self.room && flow.accounts.len() < VERDICTS) {
                self.further += usize::from(!is_first);
                flow.accounts.push(account);
            } else {
                self.evicted += 1;
            }
            return;
        }
        self.sent.mark(hashes.flow());
        if let Some(answer) = answer {
            let lead = Lead::of_flow(answer.ports);
            let hashes = ring.hashes(answer.addrs, answer.protocol, lead);
            self.answers.mark(hashes.flow());
        }
        let flow = Tracked {
            // With room for no more: most flows are refused by one host for one reason.
            accounts: vec![account],
            // A SYN has no octets, and is one on its own. What was not captured need not have been sent.
            sent_up_to: match (before.sent_up_to, captured) {
                (Some(_), Captured::No | Captured::Other | Captured::Empty) => before.sent_up_to,
                (None, Captured::Empty) => dropped,
                (sent, _) => furthest(sent, dropped.map(|seq| seq.wrapping_add(1))),
            },
            recent: before.recent,
            answers: Recent::default(),
            sender_seen: captured != Captured::No || before.largest.is_some(),
            last_packet: None,
            tried_from: None,
            began: None,
            can_be_answered: answer.is_some(),
            link: hit.link,
            networks: hit.networks,
        };
        if let Some(Displaced::Oldest(_, oldest)) = self.flows.insert(whose, flow) {
            self.further -= oldest.further();
            self.evicted += 1;
        }
    }

    /// A verdict is told, for which a flow was followed: errors that come begin another part of it.
    pub(super) fn told(&mut self, (flow, link): (FlowKey, Link), verdict: &VerdictKey) {
        let whose = self.whose(flow, link);
        if let Some(flow) = self.flows.get_mut(&whose) {
            self.further -= flow.further();
            flow.accounts.retain(|account| account.verdict != *verdict);
            self.further += flow.further();
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

    /// Takes a packet of a flow that may be known, on the link that tells its network, if any does.
    #[inline(never)]
    pub(super) fn packet(&mut self, packet: &Observation, hash: u32, link: Link) {
        let whose = self.whose(packet.flow(), link);
        if self.sent.is_marked(hash)
            && let Some(flow) = self.flows.get_mut(&whose)
            && !flow.networks.sends_elsewhere(link.network)
        {
            flow.sent(packet, None);
        }
        if self.answers.is_marked(hash)
            && let Some(key) = answered(&whose.flow, packet.version)
            && let whose = self.whose(key, link)
            && let Some(flow) = self.flows.get_mut(&whose)
            && !flow.networks.is_answered_elsewhere(link.network)
        {
            flow.answered(packet);
        }
    }

    /// Takes a packet of a flow on this link whose error came before it, at `error`.
    pub(super) fn dropped_before(&mut self, packet: &Observation, link: Link, error: Timestamp) {
        let whose = self.whose(packet.flow(), link);
        if let Some(flow) = self.flows.get_mut(&whose) {
            flow.sent(packet, Some(error));
        }
    }

    /// A mirror gave an error about a flow twice: so it does with what that sends, and is sent.
    pub(super) fn mirrored(&mut self, flow: FlowKey, link: Link) {
        let whose = self.whose(flow, link);
        if let Some(flow) = self.flows.get_mut(&whose) {
            flow.recent.is_mirrored();
            flow.answers.is_mirrored();
        }
    }

    /// When the flow last sent or received a packet since its first error.
    pub(super) fn last_packet(&self, flow: FlowKey, link: Link) -> Option<Timestamp> {
        self.flows.get(&self.whose(flow, link))?.last_packet
    }

    /// Whether the flow's destination sent from its port before the first error of a verdict.
    pub(super) fn was_open(
        &self,
        (flow, link): (FlowKey, Link),
        verdict: &VerdictKey,
    ) -> Option<WasOpen> {
        let flow = self.flows.get(&self.whose(flow, link))?;
        flow.account(verdict)?.was_open
    }

    /// What became of the flow after the errors of a verdict.
    pub(super) fn aftermath(
        &self,
        (flow, link): (FlowKey, Link),
        verdict: &VerdictKey,
    ) -> Aftermath {
        let is_tcp = flow.protocol == TCP;
        let flow = self.flows.get(&self.whose(flow, link));
        flow.and_then(|flow| Some(flow.aftermath(flow.account(verdict)?, is_tcp)))
            .unwrap_or(Aftermath::UNKNOWN)
    }
}

impl Tracked {
    fn account(&self, verdict: &VerdictKey) -> Option<&Account> {
        self.accounts
            .iter()
            .find(|account| account.verdict == *verdict)
    }

    fn account_mut(&mut self, verdict: &VerdictKey) -> Option<&mut Account> {
        self.accounts
            .iter_mut()
            .find(|account| account.verdict == *verdict)
    }

    /// Accounts beyond the first.
    fn further(&self) -> usize {
        self.accounts.len().saturating_sub(1)
    }

    /// A packet in the direction of the dropped ones, whose own error came before it, if that did.
    fn sent(&mut self, packet: &Observation, error: Option<Timestamp>) {
        self.sender_seen = true;
        let occupied = occupied(packet.data, packet.flags);
        if occupied > 0
            && let Some(seq) = packet.seq()
        {
            let outstanding = self.accounts.iter_mut().map(|it| &mut it.outstanding);
            outstanding.for_each(|outstanding| outstanding.seen(seq, occupied));
        }
        if self.recent.knows(Sent::now(packet)) {
            return;
        }
        self.last_packet = Some(packet.ts);
        let mut again = false;
        if occupied > 0
            && let Some(seq) = packet.seq()
        {
            let to = seq.wrapping_add(occupied);
            if let Some(end) = self.sent_up_to {
                again = is_beyond(end, seq);
                let ahead = self.accounts.iter_mut().map(|account| &mut account.ahead);
                ahead.for_each(|ahead| ahead.sent((seq, to), end));
            }
            self.sent_up_to = furthest(self.sent_up_to, Some(to));
        }
        for account in &mut self.accounts {
            if error.is_some_and(|error| error <= account.first_error) {
                account.size_before = account.size_before.max(Some(packet.length));
                continue;
            }
            account.sent(packet);
            if again {
                account.sent_again(packet);
            }
            if error.is_some() {
                account.settle_sizes();
            }
        }
    }

    /// A packet from the other end.
    fn answered(&mut self, packet: &Observation) {
        if packet.protocol != TCP && self.answers.knows(Sent::now(packet)) {
            return;
        }
        self.last_packet = Some(packet.ts);
        (self.accounts.iter_mut()).for_each(|account| account.answered(packet));
    }

    fn aftermath(&self, account: &Account, is_tcp: bool) -> Aftermath {
        let acknowledged = account.got_through();
        let outcome = if acknowledged {
            AftermathOutcome::Recovered
        } else if account.reset {
            AftermathOutcome::Reset
        } else if self.sender_seen && account.closed() == Closed::InOrder {
            AftermathOutcome::Ended
        } else if !self.sender_seen || (account.dropped.is_none() && account.acked().is_some()) {
            // Or something got through, and the quote does not tell whether that was dropped.
            AftermathOutcome::Unknown
        } else if account.retransmissions > 0
            || (!is_tcp && account.packets > 0 && self.can_be_answered)
        {
            AftermathOutcome::Retransmitting
        } else if account.closed() == Closed::InPart && account.acked().is_some() {
            AftermathOutcome::HalfClosed
        } else if account.packets == 0 {
            AftermathOutcome::Silent
        } else {
            AftermathOutcome::Unknown
        };
        Aftermath {
            outcome,
            packets: account.packets,
            answers: account.answers,
            back: account.back,
            retransmissions: account.retransmissions,
            size_before: account.size_before,
            size_after: match outcome {
                AftermathOutcome::Retransmitting if account.retransmissions > 0 => {
                    account.sizes_again.largest()
                }
                AftermathOutcome::Recovered if is_tcp => account.arrived.largest(),
                _ => account.sizes.largest(),
            },
            acknowledged,
            in_part: account.sacked && !acknowledged,
            retried: account.retried,
            lasted: (account.last_packet).and_then(|ts| ts.since(account.first_error)),
        }
    }
}

/// The flow of the packets that answer those of `flow`; `None` where they cannot be told.
fn answering(flow: &FlowKey, version: IpVersion) -> Option<FlowKey> {
    turned(flow, |request| numbered::reply_to(version, request))
}

/// The flow that the packets of `flow` answer.
fn answered(flow: &FlowKey, version: IpVersion) -> Option<FlowKey> {
    turned(flow, |reply| numbered::request_of(version, reply))
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
            FlowPorts::Spi(_) | FlowPorts::Message(_) => return None,
            FlowPorts::None => FlowPorts::None,
        },
    })
}

/// Whether the packets of a flow are likely a tunnel's.
pub(super) fn is_of_tunnel(flow: &FlowKey) -> bool {
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
pub(super) fn furthest(a: Option<u32>, b: Option<u32>) -> Option<u32> {
    match (a, b) {
        (Some(a), Some(b)) if is_beyond(b, a) => Some(b),
        (Some(a), _) => Some(a),
        (None, b) => b,
    }
}

#[cfg(test)]
mod tests;
