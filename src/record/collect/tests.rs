//! What the collector counts.

use std::time::Duration;

use super::*;
use crate::model::flow::FlowPorts;
use crate::model::{LinkType, Timestamp};

const MEMORY: usize = 1 << 20;

fn addrs(last: u8) -> AddrPair {
    AddrPair::new([10, 0, 0, 1].into(), [10, 0, 1, last].into())
}

fn exchange(last: u8, id: u16, outcome: ExchangeOutcome, rtt_ms: u64) -> Exchange {
    Exchange {
        id: Some(id),
        rtt: (rtt_ms > 0).then(|| Duration::from_millis(rtt_ms)),
        duplicates: 1,
        ..Exchange::ping(addrs(last), 1, outcome)
    }
}

fn verdict(dropper: u8, port: u16, first: i64, mtu: Option<u32>) -> DropVerdict {
    let flow = FlowKey {
        protocol: 6,
        addrs: addrs(2),
        ports: FlowPorts::Ports {
            src: port,
            dst: 443,
        },
    };
    let dropper = [10, 9, 9, dropper].into();
    let kind = (IpVersion::V4, 3, 4);
    let reason = DropReason::FragmentationNeeded;
    let first = Timestamp::from_nanos(first);
    DropVerdict {
        count: 3,
        mtu,
        shown: true,
        ..DropVerdict::new(flow, dropper, kind, reason, first)
    }
}

#[test]
fn each_outcome_goes_to_its_own_count_of_its_pair() {
    let mut collector = Collector::new(MEMORY);
    let outcomes = [
        ExchangeOutcome::Answered,
        ExchangeOutcome::Lost,
        ExchangeOutcome::Error,
        ExchangeOutcome::Pending,
        ExchangeOutcome::Evicted,
        ExchangeOutcome::Unknown,
        ExchangeOutcome::NoReplyExpected,
    ];
    for outcome in outcomes {
        let rtt = u64::from(outcome == ExchangeOutcome::Answered) * 5;
        collector.exchange(&exchange(2, 7, outcome, rtt));
    }
    collector.exchange(&exchange(2, 8, ExchangeOutcome::Answered, 9));
    let summary = collector.summary();
    let [first, second] = &summary.pairs[..] else {
        panic!("two identifiers are two pairs");
    };
    assert_eq!((first.id, second.id), (7, 8));
    assert_eq!(first.sent, 7);
    assert_eq!(
        [first.answered, first.lost, first.errors, first.pending],
        [1; 4]
    );
    assert_eq!((first.unknown, first.no_reply_expected), (2, 1));
    assert_eq!(first.duplicates, 7);
    assert_eq!(first.loss(), Some(1.0 / 6.0));
    assert_eq!(first.rtt.unwrap().max, Duration::from_millis(5));
    let echo = &summary.exchanges[&ExchangeKind::Echo];
    assert_eq!(echo[&ExchangeOutcome::Answered], 2);
    assert_eq!(echo.values().sum::<u64>(), 8);
}

#[test]
fn a_late_error_counts_a_request_anew() {
    use ExchangeOutcome::{Answered, Error, Lost};
    let mut collector = Collector::new(MEMORY);
    for (outcome, rtt) in [(Answered, 5), (Answered, 9), (Lost, 0)] {
        collector.exchange(&exchange(2, 7, outcome, rtt));
    }
    collector.late_error(&exchange(2, 7, Error, 30_000));
    // Its reply took so long, and was dropped.
    collector.late_error(&exchange(2, 7, Lost, 9));
    let summary = collector.summary();
    let counts = summary.exchanges.get(&ExchangeKind::Echo).unwrap();
    let count = |outcome| counts.get(&outcome).copied();
    assert_eq!(
        [count(Answered), count(Lost), count(Error)],
        [Some(1), Some(1), Some(1)]
    );
    let pair = &summary.pairs[0];
    assert_eq!((pair.answered, pair.lost, pair.errors), (1, 1, 1));
    assert_eq!(pair.rtt.as_ref().unwrap().max, Duration::from_millis(5));
}

#[test]
fn what_is_hidden_or_no_echo_makes_no_row() {
    let mut collector = Collector::new(MEMORY);
    let mut hidden = exchange(2, 7, ExchangeOutcome::Lost, 0);
    hidden.shown = false;
    collector.exchange(&hidden);
    let mut neighbor = exchange(2, 0, ExchangeOutcome::Answered, 1);
    neighbor.kind = ExchangeKind::Neighbor;
    collector.exchange(&neighbor);
    let mut verdict = verdict(1, 1000, 5, None);
    verdict.shown = false;
    collector.verdict(&verdict);
    let summary = collector.summary();
    assert!(summary.pairs.is_empty() && summary.droppers.is_empty());
    assert!(!summary.exchanges.contains_key(&ExchangeKind::Echo));
    assert_eq!(summary.exchanges[&ExchangeKind::Neighbor].len(), 1);
}

#[test]
fn pairs_beyond_the_bound_are_counted_as_requests() {
    let mut collector = Collector::new(MEMORY);
    for id in 0..=u16::MAX {
        collector.exchange(&exchange(2, id, ExchangeOutcome::Answered, 1));
    }
    let bound = Bounds::new(MEMORY).pairs;
    assert!(bound > 100);
    assert_eq!(collector.pairs.len(), bound);
    let beyond = 65_536 - bound as u64;
    for _ in 0..3 {
        collector.exchange(&exchange(3, 1, ExchangeOutcome::Lost, 0));
    }
    collector.exchange(&exchange(2, 9, ExchangeOutcome::Lost, 0));
    let summary = collector.summary();
    assert_eq!(summary.pairs.len(), bound);
    assert_eq!(summary.requests_omitted, beyond + 3);
    assert_eq!(summary.pairs[9].sent, 2);
}

#[test]
fn droppers_gather_flows_and_the_smallest_mtu_in_order_of_first_error() {
    let mut collector = Collector::new(MEMORY);
    collector.verdict(&verdict(2, 1000, 50, Some(1400)));
    collector.verdict(&verdict(1, 1000, 40, None));
    collector.verdict(&verdict(2, 1000, 60, Some(1300)));
    collector.verdict(&verdict(2, 2000, 70, Some(1500)));
    let summary = collector.summary();
    let row = |i: usize| &summary.droppers[i];
    assert_eq!(row(0).dropper, IpAddr::from([10, 9, 9, 1]));
    assert_eq!((row(0).count, row(0).flows, row(0).mtu), (3, 1, None));
    assert_eq!((row(1).count, row(1).flows, row(1).mtu), (9, 2, Some(1300)));
}

#[test]
fn link_types_are_counted_and_their_number_is_bounded() {
    let mut links = UnknownLinks::default();
    for link in 0..1000 {
        assert_eq!(links.count(LinkType(link)), link < 64);
        assert!(!links.count(LinkType(0)));
    }
    let counts = links.counts();
    assert_eq!(counts.len(), UnknownLinks::LISTED);
    assert_eq!(counts[&LinkType(0)], 1001);
}
