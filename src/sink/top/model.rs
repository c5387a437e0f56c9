//! What the view knows: rows of pings, droppers and flows, filled by records.

use std::net::IpAddr;

use super::ping::Forgotten;
pub use super::ping::{HISTORY, Ping, Sample};
use super::rows::{Row, Rows};
use crate::correlate::exchange::{Exchange, ExchangeEnd, ExchangeKind, ExchangeOutcome};
use crate::correlate::verdict::{AftermathOutcome, DropReason, DropVerdict};
use crate::correlate::{AnswerOutcome, Original, Relation};
use crate::findings::Finding;
use crate::icmp::{Body, Direction, Error, ErrorClass, Message, mtu};
use crate::model::{AddrPair, FlowKey, Timestamp};
use crate::record::{FrameCounts, IcmpEvent, Interim, Record};
use crate::source::{InterfaceCounts, KernelCounts};
use crate::wire::IpVersion;

/// Everything that one screen is drawn from.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The inputs by name, and the filter.
    pub title: String,
    /// Pings in order of their first request.
    pub pings: Vec<Ping>,
    /// Droppers in order of their first error.
    pub droppers: Vec<Dropper>,
    /// Flows in order of the first error about them.
    pub flows: Vec<Flow>,
    /// What would be found by now, the worst first.
    pub findings: Vec<Finding>,
    /// The frames so far.
    pub frames: FrameCounts,
    /// What the kernel counted on all interfaces.
    pub kernel: Option<KernelCounts>,
    /// Time of the latest frame.
    pub now: Option<Timestamp>,
    /// Whether more will come.
    pub phase: Phase,
    /// Messages that belong to no row, for want of room.
    pub omitted: u64,
}

/// Whether more will come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// It may.
    #[default]
    Reading,
    /// The input has come to its end.
    Ended,
}

/// A router or host that sends errors of one type and code.
#[derive(Clone, Debug)]
pub struct Dropper {
    /// Who.
    pub address: IpAddr,
    /// Why.
    pub reason: DropReason,
    /// ICMP or ICMPv6.
    pub version: IpVersion,
    /// Type and code.
    pub kind: (u8, u8),
    /// Errors.
    pub errors: u64,
    /// Flows they are about.
    pub flows: u64,
    /// The smallest MTU reported, in octets.
    pub mtu: Option<u32>,
    /// Time of the last error.
    pub last: Timestamp,
}

impl Row for Dropper {
    fn last(&self) -> Timestamp {
        self.last
    }
}

/// A flow that errors are about, by who sends them and why.
#[derive(Clone, Debug)]
pub struct Flow {
    /// The flow.
    pub flow: FlowKey,
    /// Who drops it.
    pub dropper: IpAddr,
    /// Why.
    pub reason: DropReason,
    /// Errors.
    pub errors: u64,
    /// The smallest MTU reported, in octets.
    pub mtu: Option<u32>,
    /// What it did next, as far as is known.
    pub aftermath: AftermathOutcome,
    /// Time of the last error.
    pub last: Timestamp,
}

impl Row for Flow {
    fn last(&self) -> Timestamp {
        self.last
    }
}

type PingKey = (AddrPair, u16);
type DropperKey = (IpAddr, IpVersion, u8, u8);
type FlowRowKey = (FlowKey, IpAddr, DropReason);

/// The rows, with what is needed to fill them.
#[derive(Debug)]
pub struct Model {
    pings: Rows<PingKey, Ping>,
    droppers: Rows<DropperKey, Dropper>,
    flows: Rows<FlowRowKey, Flow>,
    /// All but the rows.
    rest: Snapshot,
}

impl Default for Model {
    fn default() -> Self {
        Self {
            pings: Rows::new(Self::PINGS),
            droppers: Rows::new(Self::DROPPERS),
            flows: Rows::new(Self::FLOWS),
            rest: Snapshot::default(),
        }
    }
}

impl Model {
    /// Pings that get a row.
    const PINGS: usize = 4096;
    /// Droppers that get a row.
    const DROPPERS: usize = 1024;
    /// Flows that get a row.
    const FLOWS: usize = 4096;

    /// What is to be shown.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            pings: self.pings.to_vec(),
            droppers: self.droppers.to_vec(),
            flows: self.flows.to_vec(),
            omitted: self.pings.omitted() + self.droppers.omitted() + self.flows.omitted(),
            ..self.rest.clone()
        }
    }

    /// Takes a record.
    pub fn record(&mut self, record: &Record<'_>) {
        match record {
            Record::Start(start) => {
                let names: Vec<_> = start
                    .sources
                    .iter()
                    .map(|source| match source.name.as_str() {
                        "-" => "standard input",
                        name => name,
                    })
                    .collect();
                self.rest.title = names.join(", ");
                if let Some(filter) = &start.filter {
                    self.rest.title.push_str(": ");
                    self.rest.title.push_str(filter);
                }
            }
            Record::Icmp(event) => self.icmp(event),
            Record::Exchange(exchange) => self.exchange(exchange),
            Record::Decided(exchange) => self.decided(exchange),
            Record::Drop(verdict) => self.verdict(verdict),
            Record::Path(_) => {}
            Record::Finding(finding) => {
                // The final ones; before the first of them, those of the last interim go.
                if self.rest.phase == Phase::Reading {
                    self.rest.phase = Phase::Ended;
                    self.rest.findings.clear();
                }
                self.rest.findings.push((*finding).clone());
            }
            Record::Summary(summary) => {
                if self.rest.phase == Phase::Reading {
                    self.rest.phase = Phase::Ended;
                    self.rest.findings.clear();
                }
                self.rest.frames = summary.frames;
                self.rest.kernel = sum(summary.kernel.as_deref());
                self.rest.now = summary.last;
            }
        }
    }

    /// Takes how the run stands.
    pub fn interim(&mut self, interim: &Interim) {
        self.rest.frames = interim.frames;
        self.rest.kernel = sum(interim.kernel.as_deref());
        self.rest.now = interim.now;
        self.rest.findings.clone_from(&interim.findings);
        for verdict in &interim.growing {
            self.verdict(verdict);
        }
    }

    fn icmp(&mut self, event: &IcmpEvent<'_>) {
        let (addrs, at) = (event.packet.ip.addrs, event.frame.ts);
        let (message, relation) = event.news();
        let message = match relation {
            // What came in fragments answers when it is whole.
            Relation::Answer(_) => event.said(),
            _ => message,
        };
        match (relation, &message.body) {
            (Relation::Request, Body::Echo(echo)) if echo.direction == Direction::Request => {
                let new = || Ping::new(addrs, echo.id, at);
                if let Some(ping) = self.pings.entry((addrs, echo.id), at, new) {
                    ping.last = at;
                    ping.sent(event.frame.reference());
                }
            }
            (Relation::Answer(answer), Body::Echo(echo)) => {
                let Some(ping) = self.pings.get_mut(&(addrs.reversed(), echo.id)) else {
                    return;
                };
                ping.last = at;
                match (answer.outcome, answer.request) {
                    (AnswerOutcome::Answered, Some(request)) => {
                        let sample = Sample::Answered(answer.rtt);
                        ping.decide(request, sample, Forgotten::Counts);
                    }
                    (AnswerOutcome::Duplicate, _) => ping.duplicates += 1,
                    _ => {}
                }
            }
            (Relation::Error { original }, _) => self.error(event, message, original),
            _ => {}
        }
    }

    fn error(&mut self, event: &IcmpEvent<'_>, message: &Message<'_>, original: Option<Original>) {
        let (Some(quote), Some(reason), Some(code)) = (
            message.quote(),
            DropReason::of_message(message),
            message.code,
        ) else {
            return;
        };
        let (flow, dropper, at) = (quote.flow(), event.packet.ip.src(), event.frame.ts);
        let mtu = match message.body {
            Body::Error(Error {
                class: ErrorClass::TooBig { mtu },
                ..
            }) => mtu,
            _ => None,
        };
        let mut is_new = false;
        let new = || {
            is_new = true;
            Flow {
                flow,
                dropper,
                reason,
                errors: 0,
                mtu: None,
                aftermath: AftermathOutcome::Unknown,
                last: at,
            }
        };
        if let Some(row) = self.flows.entry((flow, dropper, reason), at, new) {
            row.errors += 1;
            row.last = at;
            row.mtu = mtu::smaller(row.mtu, mtu);
        }
        let new = || Dropper {
            address: dropper,
            reason,
            version: message.version,
            kind: (message.kind, code),
            errors: 0,
            flows: 0,
            mtu: None,
            last: at,
        };
        let key = (dropper, message.version, message.kind, code);
        if let Some(row) = self.droppers.entry(key, at, new) {
            row.errors += 1;
            row.flows += u64::from(is_new);
            row.last = at;
            row.mtu = mtu::smaller(row.mtu, mtu);
        }
        // At once, where the error is about a request: its exchange is told when its window closes.
        if let (
            Some(Original::Found { frame, .. }),
            crate::model::flow::FlowPorts::Query { id, .. },
        ) = (original, flow.ports)
            && let Some(ping) = self.pings.get_mut(&(flow.addrs, id))
        {
            ping.decide(frame, Sample::Error, Forgotten::Passes);
        }
    }

    /// A reply that the filter hides, or a loss, before the window closes.
    fn decided(&mut self, exchange: &Exchange) {
        let sample = sample(exchange);
        let forgotten = match sample {
            Sample::Answered(_) => Forgotten::Counts,
            _ => Forgotten::Passes,
        };
        self.ping(exchange, sample, |ping| {
            ping.decide(exchange.request, sample, forgotten);
        });
    }

    /// The window of a request closed: what was not decided is now. Replies were counted when
    /// they came.
    fn exchange(&mut self, exchange: &Exchange) {
        let sample = sample(exchange);
        let forgotten = match sample {
            Sample::Answered(_) => Forgotten::Passes,
            _ if exchange.end.and_then(ExchangeEnd::reply).is_some() => Forgotten::WasAnswered,
            _ => Forgotten::Counts,
        };
        self.ping(exchange, sample, |ping| {
            ping.decide(exchange.request, sample, forgotten);
            ping.close(sample);
        });
    }

    /// Calls `note` with the ping that a request belongs to which came to something.
    fn ping(&mut self, exchange: &Exchange, sample: Sample, note: impl FnOnce(&mut Ping)) {
        if exchange.kind != ExchangeKind::Echo || sample == Sample::Waiting {
            return;
        }
        let key = (exchange.addrs, exchange.id.unwrap_or(0));
        if let Some(ping) = self.pings.get_mut(&key) {
            note(ping);
        }
    }

    fn verdict(&mut self, verdict: &DropVerdict) {
        let key = (verdict.flow, verdict.dropper, verdict.reason);
        if let Some(row) = self.flows.get_mut(&key) {
            row.aftermath = verdict.aftermath.outcome;
        }
    }
}

fn sample(exchange: &Exchange) -> Sample {
    match exchange.outcome {
        ExchangeOutcome::Answered | ExchangeOutcome::Refused => Sample::Answered(exchange.rtt),
        ExchangeOutcome::Lost => Sample::Lost,
        ExchangeOutcome::Error => Sample::Error,
        ExchangeOutcome::Pending => Sample::Waiting,
        ExchangeOutcome::Evicted | ExchangeOutcome::Unknown | ExchangeOutcome::NoReplyExpected => {
            Sample::Unknown
        }
    }
}

fn sum(kernel: Option<&[InterfaceCounts]>) -> Option<KernelCounts> {
    let counts = kernel?.iter().map(|interface| interface.counts);
    Some(counts.fold(KernelCounts::default(), KernelCounts::plus))
}
