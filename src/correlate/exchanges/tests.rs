mod groups;
mod missed;
mod places;
mod points;
mod reused;
mod undelivered;

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::correlate::exchange::{ExchangeEnd, ExchangeKind};
use crate::correlate::query::PayloadPrint;
use crate::correlate::sighting::{Extent, Sent};
use crate::correlate::station::Station;
use crate::correlate::{Answer, AnswerOutcome, NearMiss};
use crate::model::{AddrPair, FrameRef, SourceId};
use crate::wire::IpVersion;

const TIMEOUT: Duration = Duration::from_secs(10);

/// A ping between two hosts, played step by step.
struct Play {
    exchanges: Exchanges,
    told: Vec<ExchangeEvent>,
    frame: u64,
}

impl Play {
    fn new() -> Self {
        Self::with_memory(1 << 20)
    }

    fn with_memory(memory: usize) -> Self {
        Self {
            exchanges: Exchanges::new(TIMEOUT, memory),
            told: Vec::new(),
            frame: 0,
        }
    }

    fn sighting(&mut self, millis: i64, place: Place) -> Sighting {
        self.sighting_at(at(millis), place)
    }

    fn sighting_at(&mut self, ts: Timestamp, place: Place) -> Sighting {
        self.frame += 1;
        Sighting {
            frame: FrameRef::new(SourceId(0), self.frame),
            ts,
            shown: true,
            checksum_bad: false,
            broadcast: false,
            extent: Extent::Packet,
            place,
            sent: Sent::default(),
            dropped: None,
            stations: [Station::default(); 2],
        }
    }

    fn request(&mut self, millis: i64, key: QueryKey) -> Relation {
        let place = Place {
            ip_id: Some(u32::try_from(self.frame).unwrap()),
            ttl: 64,
            ..Place::default()
        };
        self.take(Direction::Request, key, millis, place)
    }

    fn reply(&mut self, millis: i64, key: QueryKey) -> Relation {
        let place = Place {
            ip_id: Some(7),
            ttl: 60,
            ..Place::default()
        };
        self.take(Direction::Reply, key, millis, place)
    }

    fn take(&mut self, direction: Direction, key: QueryKey, millis: i64, place: Place) -> Relation {
        self.take_with(direction, key, (None, 0), (millis, place))
    }

    fn take_at(
        &mut self,
        direction: Direction,
        key: QueryKey,
        ts: Timestamp,
        place: Place,
    ) -> Relation {
        let seen = self.sighting_at(ts, place);
        self.take_seen(direction, key, (None, 0), seen)
    }

    /// The same with a payload and what else requests differ in.
    fn take_with(
        &mut self,
        direction: Direction,
        key: QueryKey,
        content: (Option<PayloadPrint>, u32),
        (millis, place): (i64, Place),
    ) -> Relation {
        let seen = self.sighting(millis, place);
        self.take_seen(direction, key, content, seen)
    }

    fn take_seen(
        &mut self,
        direction: Direction,
        key: QueryKey,
        (payload, rest): (Option<PayloadPrint>, u32),
        seen: Sighting,
    ) -> Relation {
        let query = Query {
            direction,
            key,
            addrs: key.addrs,
            payload,
            octets: &[],
            rest,
        };
        let told = &mut self.told;
        self.exchanges
            .advance(seen.ts, None, &mut |event| told.push(event));
        let (relation, _) = self
            .exchanges
            .query(&query, &seen, &mut |event| told.push(event));
        relation
    }

    fn error(&mut self, millis: i64, key: QueryKey) {
        let seen = self.sighting(millis, Place::default());
        let told = &mut self.told;
        self.exchanges
            .error(key, None, seen, &mut |event| told.push(event));
    }

    /// What was missed is known up to `millis`.
    fn known(&mut self, millis: i64) {
        self.exchanges.known(at(millis));
    }

    /// Ends the capture and gives the closed exchanges.
    fn finish(mut self, millis: i64) -> Vec<Exchange> {
        let told = &mut self.told;
        self.exchanges
            .finish(at(millis), None, &mut |event| told.push(event));
        self.told
            .into_iter()
            .filter_map(|event| match event {
                ExchangeEvent::Closed(exchange) => Some(exchange),
                ExchangeEvent::Decided(_) | ExchangeEvent::Late(_) => None,
            })
            .collect()
    }
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_nanos(millis * 1_000_000)
}

fn ping(seq: u16) -> QueryKey {
    QueryKey {
        kind: ExchangeKind::Echo,
        version: IpVersion::V4,
        addrs: AddrPair::new("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap()),
        id: 19,
        seq,
        scope: Scope::ANY,
    }
}

fn outcome_of(relation: Relation) -> AnswerOutcome {
    match relation {
        Relation::Answer(answer) => answer.outcome,
        other => panic!("not an answer: {other:?}"),
    }
}

/// RFC 8335 section 4, RFC 4620 section 4: a reply's code may say that it tells nothing.
#[test]
fn a_reply_may_refuse() {
    let reply = Place {
        ip_id: Some(7),
        ttl: 60,
        ..Place::default()
    };
    for (kind, code, expected, name) in [
        (
            ExchangeKind::ExtendedEcho,
            0,
            ExchangeOutcome::Answered,
            None,
        ),
        (
            ExchangeKind::ExtendedEcho,
            2,
            ExchangeOutcome::Refused,
            Some("no_such_interface"),
        ),
        (
            ExchangeKind::ExtendedEcho,
            99,
            ExchangeOutcome::Refused,
            None,
        ),
        (
            ExchangeKind::NodeInformation,
            1,
            ExchangeOutcome::Refused,
            Some("refused"),
        ),
        // The code of an echo says nothing.
        (ExchangeKind::Echo, 2, ExchangeOutcome::Answered, None),
    ] {
        let mut play = Play::new();
        let key = QueryKey { kind, ..ping(1) };
        play.request(0, key);
        let relation = play.take_with(Direction::Reply, key, (None, code), (3, reply));
        assert_eq!(outcome_of(relation), AnswerOutcome::Answered);
        let closed = play.finish(60_000);
        assert_eq!(closed[0].outcome, expected, "{kind:?} {code}");
        assert_eq!(closed[0].refusal_name(), name);
        let told = closed[0].refusal.map(u32::from);
        assert_eq!(told, (expected == ExchangeOutcome::Refused).then_some(code));
    }
}

#[test]
fn what_is_asked_again_after_the_answer_is_no_copy() {
    let place = |ttl| Place {
        ip_id: Some(1),
        ttl,
        ..Place::default()
    };
    let mut play = Play::new();
    let ask =
        |play: &mut Play, ttl, millis| play.take(Direction::Request, ping(1), millis, place(ttl));
    assert_eq!(ask(&mut play, 64, 0), Relation::Request);
    // Mirrored, or seen at the next hop, before the answer and after it.
    let copy = Relation::Copy {
        of: FrameRef::new(SourceId(0), 1),
    };
    assert_eq!(ask(&mut play, 64, 0), copy);
    assert_eq!(ask(&mut play, 63, 1), copy);
    assert_eq!(outcome_of(play.reply(2, ping(1))), AnswerOutcome::Answered);
    assert_eq!(ask(&mut play, 63, 3), copy);
    // The same place again, as a program that numbers nothing sends it.
    assert_eq!(ask(&mut play, 64, 4), Relation::Request);
    assert_eq!(outcome_of(play.reply(5, ping(1))), AnswerOutcome::Answered);
    assert_eq!(play.finish(6).len(), 2);
}

#[test]
fn a_reply_answers_and_a_second_one_is_a_duplicate() {
    let mut play = Play::new();
    assert_eq!(play.request(0, ping(1)), Relation::Request);
    assert_eq!(
        play.reply(3, ping(1)),
        Relation::Answer(Answer {
            request: Some(FrameRef::new(SourceId(0), 1)),
            rtt: Some(Duration::from_millis(3)),
            outcome: AnswerOutcome::Answered,
            change: None,
        })
    );
    assert_eq!(outcome_of(play.reply(4, ping(1))), AnswerOutcome::Duplicate);
    let closed = play.finish(5);
    assert_eq!(closed.len(), 1);
    assert_eq!(closed[0].outcome, ExchangeOutcome::Answered);
    assert_eq!(closed[0].duplicates, 1);
    assert_eq!(closed[0].rtt, Some(Duration::from_millis(3)));
}

#[test]
fn a_reply_after_the_window_is_late_and_the_request_lost() {
    let mut play = Play::new();
    play.request(0, ping(1));
    assert_eq!(outcome_of(play.reply(10_500, ping(1))), AnswerOutcome::Late);
    let closed = play.finish(10_600);
    assert_eq!(closed.len(), 1);
    assert_eq!(closed[0].outcome, ExchangeOutcome::Lost);
}

#[test]
fn a_capture_that_ends_early_leaves_requests_pending() {
    let mut play = Play::new();
    play.request(0, ping(1));
    play.reply(400, ping(1));
    play.request(1000, ping(2));
    play.request(2900, ping(3));
    // Four times the largest round trip of 400 ms: request 2 had that long, request 3 did not.
    let outcomes: Vec<_> = play.finish(3000).iter().map(|e| e.outcome).collect();
    assert_eq!(
        outcomes,
        [
            ExchangeOutcome::Answered,
            ExchangeOutcome::Lost,
            ExchangeOutcome::Pending
        ]
    );
}

#[test]
fn an_error_ends_a_request_unless_a_reply_comes_after_all() {
    let mut play = Play::new();
    play.request(0, ping(1));
    play.error(1, ping(1));
    play.request(2, ping(2));
    play.error(3, ping(2));
    play.reply(4, ping(2));
    let closed = play.finish(5);
    assert_eq!(closed[0].outcome, ExchangeOutcome::Error);
    assert_eq!(
        closed[0].end,
        Some(ExchangeEnd::Error(FrameRef::new(SourceId(0), 2)))
    );
    assert_eq!(closed[1].outcome, ExchangeOutcome::Answered);
}

#[test]
fn a_reply_that_fits_but_for_one_field_is_a_near_miss() {
    let mut play = Play::new();
    let request = FrameRef::new(SourceId(0), 1);
    play.request(0, ping(1));
    let other_id = QueryKey { id: 20, ..ping(1) };
    assert_eq!(
        outcome_of(play.reply(1, other_id)),
        AnswerOutcome::Unsolicited(Some(NearMiss::Identifier(request)))
    );
    let other_sender = QueryKey {
        addrs: ping(1).addrs.with_dst("192.0.2.77".parse().unwrap()),
        ..ping(1)
    };
    assert_eq!(
        outcome_of(play.reply(2, other_sender)),
        AnswerOutcome::Unsolicited(Some(NearMiss::Sender(request)))
    );
    assert_eq!(
        outcome_of(play.reply(3, ping(2))),
        AnswerOutcome::Unsolicited(None)
    );
}

#[test]
fn an_evicted_request_is_never_lost() {
    let mut play = Play::with_memory(0);
    for seq in 0..40 {
        play.request(i64::from(seq), ping(seq));
    }
    let evicted = play.exchanges.evicted();
    let closed = play.finish(60_000);
    assert_eq!(closed.len(), 40);
    let mut by_outcome = BTreeMap::new();
    for exchange in &closed {
        *by_outcome.entry(exchange.outcome).or_insert(0) += 1u64;
    }
    assert_eq!(by_outcome[&ExchangeOutcome::Evicted], evicted);
    assert_eq!(by_outcome[&ExchangeOutcome::Lost], 40 - evicted);
    assert_eq!(closed[0].outcome, ExchangeOutcome::Evicted);
}

#[test]
fn a_reply_before_its_request_in_time_has_no_round_trip() {
    let mut play = Play::new();
    play.request(100, ping(1));
    let Relation::Answer(answer) = play.reply(40, ping(1)) else {
        panic!("no answer");
    };
    assert_eq!(answer.rtt, None);
    assert_eq!(answer.outcome, AnswerOutcome::Answered);
}

#[test]
fn a_reply_captured_a_moment_before_its_request_answers_it() {
    // When the reply was captured and when the request, which came behind it; the round trip.
    for (replied, asked, rtt) in [(3, 3, Some(0)), (3, 2, Some(1)), (3, 4, None)] {
        let mut play = Play::new();
        let early = outcome_of(play.reply(replied, ping(1)));
        assert_eq!(early, AnswerOutcome::Unsolicited(None));
        assert_eq!(play.request(asked, ping(1)), Relation::Request);
        // The answer to it is the first, not what comes again.
        assert_eq!(outcome_of(play.reply(5, ping(1))), AnswerOutcome::Duplicate);
        let closed = play.finish(60_000);
        assert_eq!(closed.len(), 1);
        assert_eq!(closed[0].outcome, ExchangeOutcome::Answered);
        let reply = ExchangeEnd::Reply(FrameRef::new(SourceId(0), 1));
        assert_eq!(closed[0].end, Some(reply));
        assert_eq!(closed[0].rtt, rtt.map(Duration::from_millis));
        assert!(closed[0].told_unsolicited);
    }
    // Of another request, or of one long before.
    for (number, millis) in [(2, 3), (1, 30)] {
        let mut play = Play::new();
        play.reply(3, ping(1));
        play.request(millis, ping(number));
        let closed = play.finish(60_000);
        assert_eq!(closed[0].outcome, ExchangeOutcome::Lost);
        assert!(!closed[0].told_unsolicited);
    }
}

/// A host answers its own broadcast, too, and may be captured to do so before it is captured to ask.
#[test]
fn the_sender_of_a_broadcast_answers_it_as_well() {
    let of = |dst: [u8; 4], seq| QueryKey {
        addrs: ping(1).addrs.with_dst(dst.into()),
        ..ping(seq)
    };
    let content = |seq| (Some(PayloadPrint::for_tests(u64::from(seq))), 0);
    for (to, answers) in [
        ([192, 0, 2, 255], true),
        ([255; 4], true),
        ([224, 0, 0, 1], true),
        // Not one of the network's all.
        ([192, 0, 2, 9], false),
        ([198, 51, 100, 255], false),
    ] {
        let mut play = Play::new();
        for seq in [1, 2] {
            let millis = i64::from(seq) * 1000;
            let place = Place::default();
            let own = of([192, 0, 2, 1], seq);
            play.take_with(Direction::Reply, own, content(seq), (millis, place));
            play.take_with(
                Direction::Request,
                of(to, seq),
                content(seq),
                (millis, place),
            );
        }
        let closed = play.finish(60_000);
        assert_eq!(closed.len(), 2);
        for exchange in closed {
            let is_answered = exchange.outcome == ExchangeOutcome::Answered;
            assert_eq!(is_answered, answers, "{to:?}");
            assert_eq!(exchange.told_unsolicited, answers, "{to:?}");
        }
    }
}

#[test]
fn two_repliers_at_different_distances_are_no_copies() {
    let mut play = Play::new();
    let to = |dst: &str| QueryKey {
        version: IpVersion::V6,
        addrs: AddrPair::new("fe80::1".parse().unwrap(), dst.parse().unwrap()),
        ..ping(1)
    };
    let place = |ttl| Place {
        ttl,
        ..Place::default()
    };
    play.take(Direction::Request, to("ff02::1"), 0, place(64));
    let first = play.take(Direction::Reply, to("fe80::2"), 1, place(64));
    assert_eq!(outcome_of(first), AnswerOutcome::Answered);
    let second = play.take(Direction::Reply, to("fe80::3"), 2, place(255));
    assert_eq!(outcome_of(second), AnswerOutcome::Duplicate);
    let copy = play.take(Direction::Reply, to("fe80::2"), 3, place(63));
    assert!(matches!(copy, Relation::Copy { .. }), "{copy:?}");
}

proptest! {
    /// Whatever is asked, answered, refused and waited for, with room for a few requests only: each
    /// request is told of exactly once when its window closes.
    #[test]
    fn every_request_is_closed_once(
        steps in prop::collection::vec((0u8..3, 0u16..3, 0u16..12, 0i64..4000), 1..200),
    ) {
        let mut play = Play::with_memory(0);
        let mut asked = Vec::new();
        let mut millis = 0;
        for (what, id, seq, step) in steps {
            millis += step;
            let key = QueryKey { id, ..ping(seq) };
            match what {
                0 => {
                    if play.request(millis, key) == Relation::Request {
                        asked.push(FrameRef::new(SourceId(0), play.frame));
                    }
                }
                1 => {
                    play.reply(millis, key);
                }
                _ => play.error(millis, key),
            }
        }
        let mut told: Vec<_> = play.finish(millis).iter().map(|e| e.request).collect();
        told.sort_unstable();
        prop_assert_eq!(told, asked);
    }

    /// Whatever is dropped and however packets interleave: one exchange per request, and every
    /// reply of a request that is there belongs to it.
    #[test]
    fn one_exchange_per_request(
        seqs in prop::collection::vec((0u16..30, any::<bool>(), 0i64..30), 1..80),
    ) {
        let mut play = Play::new();
        let mut requests = 0;
        let mut millis = 0;
        for (seq, is_request, step) in seqs {
            millis += 200 + step;
            if is_request {
                prop_assert_eq!(play.request(millis, ping(seq)), Relation::Request);
                requests += 1;
            } else {
                prop_assert!(matches!(play.reply(millis, ping(seq)), Relation::Answer(_)));
            }
        }
        let closed = play.finish(millis);
        prop_assert_eq!(closed.len(), requests);
        let mut frames: Vec<_> = closed.iter().map(|e| e.request).collect();
        frames.sort_unstable();
        frames.dedup();
        prop_assert_eq!(frames.len(), requests);
    }
}
