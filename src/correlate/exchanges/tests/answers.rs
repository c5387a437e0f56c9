//! What ends a request, and what comes of it.

use super::*;

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
