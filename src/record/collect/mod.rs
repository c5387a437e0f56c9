//! Fills the closing account while records go by.
//!
//! Counting a message costs a few loads and an addition; memory is bounded whatever the capture
//! holds. What no shown frame belongs to is left out, as it is from the output.

mod links;
mod rtt;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::net::IpAddr;

use foldhash::fast::RandomState;

use super::summary::{
    DropperSummary, ErrorOutcome, MessageCounts, MessageKind, PairSummary, Summary,
};
use super::{IcmpEvent, Record};
use crate::correlate::exchange::{Exchange, ExchangeKind, ExchangeOutcome};
use crate::correlate::trace::Path;
use crate::correlate::verdict::{DropReason, DropVerdict, Evidence};
use crate::correlate::{AnswerOutcome, Relation};
use crate::icmp::{Body, Message, Whole, mtu};
use crate::model::{AddrPair, FlowKey, FrameRef};
use crate::wire::{ChecksumStatus, IpVersion};
pub use links::UnknownLinks;
use rtt::{EXACT, Room, Rtts};

/// Messages of one type by code.
type Codes = [MessageCounts; NO_CODE + 1];

/// Where those are counted whose code was not captured.
const NO_CODE: usize = 256;

/// What tells droppers' rows apart.
type DropperKey = (IpAddr, IpVersion, u8, u8, Evidence);

/// Gathers what the summary tells of messages, exchanges and verdicts.
#[derive(Clone)]
pub struct Collector {
    /// By version and type; a type's codes are allocated when its first message is seen.
    messages: Vec<Option<Box<Codes>>>,
    fragments: u64,
    /// By reason and outcome, in the order first seen: at most 143 of them, mostly one.
    errors: Vec<((DropReason, ErrorOutcome), u64)>,
    /// As what the latest errors count of which only the first fragment was told, by its frame.
    begun: VecDeque<(FrameRef, (DropReason, ErrorOutcome))>,
    exchanges: BTreeMap<ExchangeKind, BTreeMap<ExchangeOutcome, u64>>,
    unsolicited: u64,
    late: u64,
    bounds: Bounds,
    pairs: Vec<Pair>,
    pair_index: HashMap<(AddrPair, u16), usize, RandomState>,
    requests_omitted: u64,
    /// Who traced whom with echo requests.
    traced: HashSet<AddrPair, RandomState>,
    room: Room,
    droppers: Vec<DropperSummary>,
    dropper_index: HashMap<DropperKey, usize, RandomState>,
    /// Flows that verdicts told of, so that a flow with several parts counts once.
    flows: HashSet<(usize, FlowKey), RandomState>,
    errors_omitted: u64,
}

#[derive(Clone)]
struct Pair {
    summary: PairSummary,
    rtts: Rtts,
    /// A request was none of a traceroute's, by its TTL.
    pings: bool,
}

impl Collector {
    /// Traced pairs remembered.
    const TRACED: usize = 10_000;
    /// Errors remembered of which fragments are missing.
    const BEGUN: usize = 256;

    /// With nothing counted. Rows and round trips take at most `memory` octets; what finds no
    /// room is counted without a row.
    pub fn new(memory: usize) -> Self {
        Self {
            bounds: Bounds::new(memory),
            messages: (0..512).map(|_| None).collect(),
            fragments: 0,
            errors: Vec::new(),
            begun: VecDeque::new(),
            exchanges: BTreeMap::new(),
            unsolicited: 0,
            late: 0,
            pairs: Vec::new(),
            pair_index: HashMap::default(),
            requests_omitted: 0,
            room: Room::new(memory / 4),
            traced: HashSet::default(),
            droppers: Vec::new(),
            dropper_index: HashMap::default(),
            flows: HashSet::default(),
            errors_omitted: 0,
        }
    }

    /// Counts a record; those that hold nothing to count are passed over.
    pub fn record(&mut self, record: &Record<'_>) {
        match record {
            Record::Icmp(event) => self.icmp(event),
            Record::Exchange(exchange) => self.exchange(exchange),
            Record::Drop(verdict) => self.verdict(verdict),
            Record::Path(path) => self.path(path),
            Record::Start(_) | Record::Decided(_) | Record::Finding(_) | Record::Summary(_) => {}
        }
    }

    /// Counts a shown message.
    pub fn icmp(&mut self, event: &IcmpEvent<'_>) {
        let message = event.message;
        if matches!(event.relation, Relation::Reported) {
            if let Some(counts) = self.counts(message) {
                counts.reported += 1;
            }
            return;
        }
        if message.bytes.is_empty() || matches!(message.body, Body::Fragment) {
            self.fragments += 1;
            if let Some(whole) = event.whole {
                self.whole_later(whole, event.relation);
            }
            self.answer(event.relation);
            return;
        }
        if let Some(counts) = self.counts(message) {
            // Where later fragments came before the first one, the message is whole with this.
            *state(counts, event.said().checksum.status) += 1;
        }
        self.answer(event.relation);
        if let Relation::Error { original } = event.relation
            && let Some(reason) = DropReason::of_message(message)
        {
            self.error(reason, original.into());
            if event.reassembly.is_some() && event.whole.is_none() {
                self.begun.truncate(Self::BEGUN - 1);
                let counted = (reason, original.into());
                self.begun.push_front((event.frame.reference(), counted));
            }
        }
    }

    fn answer(&mut self, relation: Relation) {
        if let Relation::Answer(answer) = relation {
            match answer.outcome {
                AnswerOutcome::Unsolicited(_) => self.unsolicited += 1,
                AnswerOutcome::Late => self.late += 1,
                AnswerOutcome::Answered | AnswerOutcome::Duplicate | AnswerOutcome::Corrupted => {}
            }
        }
    }

    /// The first fragment of a message was counted as unverified, and of an error as one whose original
    /// that fragment led to; now the message is whole.
    fn whole_later(&mut self, whole: &Whole<'_>, relation: Relation) {
        let message = &whole.message;
        let told = whole.told.as_ref().filter(|told| !told.bytes.is_empty());
        let was_counted = told.is_none_or(|told| match self.counts(told) {
            Some(counts) if counts.unverified > 0 => {
                counts.unverified -= 1;
                true
            }
            _ => false,
        });
        if was_counted && let Some(counts) = self.counts(message) {
            *state(counts, message.checksum.status) += 1;
        }
        if let Relation::Error { original } = relation
            && let Some(reason) = DropReason::of_message(message)
        {
            let begun = self
                .begun
                .iter()
                .position(|(frame, _)| Some(*frame) == whole.begins);
            let counted = begun.and_then(|at| self.begun.remove(at));
            if let Some((_, before)) = counted {
                self.errors
                    .iter_mut()
                    .filter(|(known, _)| *known == before)
                    .for_each(|(_, count)| *count -= 1);
                self.errors.retain(|(_, count)| *count > 0);
            }
            if counted.is_some() || whole.quotes_anew() {
                self.error(reason, original.into());
            }
        }
    }

    fn counts(&mut self, message: &Message<'_>) -> Option<&mut MessageCounts> {
        let index = usize::from(message.version == IpVersion::V6) << 8 | usize::from(message.kind);
        let codes = self.messages.get_mut(index)?;
        let codes = codes.get_or_insert_with(|| Box::new([MessageCounts::default(); NO_CODE + 1]));
        codes.get_mut(message.code.map_or(NO_CODE, usize::from))
    }

    fn error(&mut self, reason: DropReason, outcome: ErrorOutcome) {
        let key = (reason, outcome);
        match self.errors.iter_mut().find(|(known, _)| *known == key) {
            Some((_, count)) => *count += 1,
            None => self.errors.push((key, 1)),
        }
    }

    /// Counts a request that was decided.
    pub fn exchange(&mut self, exchange: &Exchange) {
        if !exchange.shown {
            return;
        }
        *self.count(exchange.kind, exchange.outcome) += 1;
        if exchange.told_unsolicited {
            self.unsolicited = self.unsolicited.saturating_sub(1);
        }
        if exchange.kind != ExchangeKind::Echo {
            return;
        }
        let id = exchange.id.unwrap_or(0);
        let key = (exchange.addrs, id);
        let index = match self.pair_index.get(&key) {
            Some(index) => *index,
            None if self.pairs.len() >= self.bounds.pairs => {
                self.requests_omitted += 1;
                return;
            }
            None => {
                self.pairs.push(Pair {
                    summary: PairSummary::new(exchange.addrs, id),
                    rtts: Rtts::default(),
                    pings: false,
                });
                self.pair_index.insert(key, self.pairs.len() - 1);
                self.pairs.len() - 1
            }
        };
        if let Some(pair) = self.pairs.get_mut(index) {
            pair.add(exchange, &mut self.room);
        }
    }

    /// An error came about a request that was counted as lost, or about the reply to one that was counted
    /// as answered.
    pub fn late_error(&mut self, exchange: &Exchange) {
        let counted = match (exchange.outcome, exchange.refusal) {
            (ExchangeOutcome::Lost, None) => ExchangeOutcome::Answered,
            (ExchangeOutcome::Lost, Some(_)) => ExchangeOutcome::Refused,
            _ => ExchangeOutcome::Lost,
        };
        let before = self.count(exchange.kind, counted);
        *before = before.saturating_sub(1);
        *self.count(exchange.kind, exchange.outcome) += 1;
        let key = (exchange.addrs, exchange.id.unwrap_or(0));
        if exchange.kind == ExchangeKind::Echo
            && let Some(index) = self.pair_index.get(&key)
            && let Some(pair) = self.pairs.get_mut(*index)
        {
            pair.recount(exchange, counted);
        }
    }

    fn count(&mut self, kind: ExchangeKind, outcome: ExchangeOutcome) -> &mut u64 {
        let outcomes = self.exchanges.entry(kind).or_default();
        outcomes.entry(outcome).or_default()
    }

    /// Remembers who traced whom with echo requests.
    pub fn path(&mut self, path: &Path) {
        if let Some(addrs) = path.of_echoes()
            && self.traced.len() < Self::TRACED
        {
            self.traced.insert(addrs);
        }
    }

    /// Counts a verdict.
    pub fn verdict(&mut self, verdict: &DropVerdict) {
        if !verdict.shown {
            return;
        }
        let key = (
            verdict.dropper,
            verdict.version,
            verdict.kind,
            verdict.code,
            verdict.evidence,
        );
        let index = match self.dropper_index.get(&key) {
            Some(index) => *index,
            None if self.droppers.len() >= self.bounds.droppers => {
                self.errors_omitted += verdict.count;
                return;
            }
            None => {
                self.droppers.push(DropperSummary {
                    dropper: verdict.dropper,
                    version: verdict.version,
                    kind: verdict.kind,
                    code: verdict.code,
                    reason: verdict.reason,
                    first: verdict.first,
                    count: 0,
                    flows: 0,
                    probes: 0,
                    mtu: None,
                    evidence: verdict.evidence,
                });
                self.dropper_index.insert(key, self.droppers.len() - 1);
                self.droppers.len() - 1
            }
        };
        let is_new =
            self.flows.len() >= self.bounds.flows || self.flows.insert((index, verdict.flow));
        if let Some(row) = self.droppers.get_mut(index) {
            row.count += verdict.count;
            row.flows += u64::from(is_new);
            if verdict.is_told_by_path() {
                row.probes += verdict.count;
            }
            row.first = row.first.min(verdict.first);
            row.mtu = mtu::smaller(row.mtu, verdict.mtu);
        }
    }

    /// The account, with what only the caller knows (frames, times, evictions) left empty.
    pub fn summary(self) -> Summary {
        let mut summary = Summary {
            fragments: self.fragments,
            exchanges: self.exchanges,
            unsolicited: self.unsolicited,
            late: self.late,
            pairs: (self.pairs.into_iter())
                .map(|pair| pair.finish(&self.traced))
                .collect(),
            requests_omitted: self.requests_omitted,
            droppers: self.droppers,
            errors_omitted: self.errors_omitted,
            ..Summary::default()
        };
        // Verdicts are told when they are complete, which is not the order in which they began.
        summary.droppers.sort_by_key(|dropper| dropper.first);
        for ((reason, outcome), count) in self.errors {
            summary
                .errors
                .entry(reason)
                .or_default()
                .insert(outcome, count);
        }
        for (index, codes) in self.messages.iter().enumerate() {
            let version = if index < 256 {
                IpVersion::V4
            } else {
                IpVersion::V6
            };
            let kind = u8::try_from(index % 256).unwrap_or(u8::MAX);
            for (code, counts) in codes.iter().flat_map(|codes| codes.iter()).enumerate() {
                if counts.total() > 0 || counts.reported > 0 {
                    let code = u8::try_from(code).ok();
                    let message = MessageKind {
                        version,
                        kind,
                        code,
                    };
                    summary.messages.insert(message, *counts);
                }
            }
        }
        summary
    }
}

/// How many of each there is room for.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    /// Ping pairs that get a row.
    pairs: usize,
    /// Droppers that get a row.
    droppers: usize,
    /// Flows that are told apart when they are counted; beyond that each verdict counts as one.
    flows: usize,
}

impl Bounds {
    /// Half of the memory for pairs and their first round trips; a quarter is for histograms.
    const fn new(memory: usize) -> Self {
        // A hash table has up to twice as many places as entries, and a list half as many more.
        const PAIR: usize = size_of::<Pair>() * 3 / 2
            + EXACT * size_of::<u64>()
            + 2 * size_of::<((AddrPair, u16), usize)>();
        const DROPPER: usize =
            size_of::<DropperSummary>() * 3 / 2 + 2 * size_of::<(DropperKey, usize)>();
        const FLOW: usize = 2 * size_of::<(usize, FlowKey)>();
        Self {
            pairs: memory / 2 / PAIR,
            droppers: memory / 8 / DROPPER,
            flows: memory / 8 / FLOW,
        }
    }
}

impl Pair {
    fn add(&mut self, exchange: &Exchange, room: &mut Room) {
        let pair = &mut self.summary;
        pair.sent += 1;
        *count(pair, exchange.outcome) += 1;
        pair.duplicates += u64::from(exchange.duplicates);
        pair.corrupted += u64::from(exchange.corrupted);
        pair.one_sided_possible |= exchange.one_sided_possible;
        self.pings |= !exchange.may_be_probe();
        if exchange.outcome == ExchangeOutcome::Answered
            && let Some(rtt) = exchange.rtt
        {
            self.rtts.add(rtt, room);
        }
    }

    /// A request that was counted as `counted` came to something else.
    fn recount(&mut self, exchange: &Exchange, counted: ExchangeOutcome) {
        let before = count(&mut self.summary, counted);
        *before = before.saturating_sub(1);
        *count(&mut self.summary, exchange.outcome) += 1;
        if counted == ExchangeOutcome::Answered
            && let Some(rtt) = exchange.rtt
        {
            self.rtts.take_back(rtt);
        }
    }

    fn finish(self, traced: &HashSet<AddrPair, RandomState>) -> PairSummary {
        PairSummary {
            rtt: self.rtts.summary(),
            probe: !self.pings && traced.contains(&self.summary.addrs),
            ..self.summary
        }
    }
}

fn count(pair: &mut PairSummary, outcome: ExchangeOutcome) -> &mut u64 {
    match outcome {
        ExchangeOutcome::Answered | ExchangeOutcome::Refused => &mut pair.answered,
        ExchangeOutcome::Lost => &mut pair.lost,
        ExchangeOutcome::Error => &mut pair.errors,
        ExchangeOutcome::Pending => &mut pair.pending,
        ExchangeOutcome::Evicted | ExchangeOutcome::Unknown => &mut pair.unknown,
        ExchangeOutcome::NoReplyExpected => &mut pair.no_reply_expected,
    }
}

fn state(counts: &mut MessageCounts, status: ChecksumStatus) -> &mut u64 {
    match status {
        ChecksumStatus::Good => &mut counts.good,
        ChecksumStatus::Bad { .. } => &mut counts.bad,
        ChecksumStatus::Unverified(_) => &mut counts.unverified,
        ChecksumStatus::Absent => &mut counts.absent,
    }
}
