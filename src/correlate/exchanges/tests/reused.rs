//! Several requests of one identifier and sequence number that wait together.

use super::*;

fn content(n: u64) -> PayloadPrint {
    PayloadPrint::for_tests(n)
}

/// Steps: `(milliseconds, direction, content, code)`. What each answers, as the number of the request's
/// frame with its outcome.
fn played(steps: &[(i64, Direction, u64, u32)]) -> (Vec<(u64, AnswerOutcome)>, Vec<Exchange>) {
    let mut play = Play::new();
    let mut answers = Vec::new();
    for &(millis, direction, n, code) in steps {
        let place = Place {
            ip_id: Some(u32::try_from(play.frame).unwrap() + 1),
            ttl: 64,
            ..Place::default()
        };
        match play.take_with(
            direction,
            ping(1),
            (Some(content(n)), code),
            (millis, place),
        ) {
            Relation::Answer(answer) => {
                answers.push((answer.request.unwrap().number(), answer.outcome));
            }
            relation => assert_eq!(relation, Relation::Request),
        }
    }
    let last = steps.last().map_or(0, |step| step.0);
    let mut closed = play.finish(last + 60_000);
    closed.sort_by_key(|exchange| exchange.request);
    (answers, closed)
}

use AnswerOutcome::{Answered, Corrupted, Duplicate, Late};
use Direction::{Reply, Request};

#[test]
fn a_reply_belongs_to_the_request_whose_content_it_brings_back() {
    let (answers, closed) = played(&[
        (0, Request, 1, 0),
        (10, Request, 1, 9),
        (20, Request, 2, 0),
        (30, Request, 3, 0),
        (40, Reply, 2, 0),
        (50, Reply, 1, 9),
        (60, Reply, 1, 0),
        (70, Reply, 3, 0),
        (75, Reply, 2, 0),
        (80, Reply, 9, 0),
    ]);
    let expected = [
        (3, Answered),
        (2, Answered),
        (1, Answered),
        (4, Answered),
        (3, Duplicate),
        (4, Corrupted),
    ];
    assert_eq!(answers, expected);
    let rtts: Vec<_> = closed.iter().filter_map(|exchange| exchange.rtt).collect();
    assert_eq!(rtts, [60, 40, 20, 40].map(Duration::from_millis));
}

/// A health check that never counts, whose replies take longer than the time between two.
#[test]
fn what_is_alike_in_all_is_answered_in_order() {
    let mut steps = Vec::new();
    for n in 0..40 {
        steps.push((n * 100, Request, 1, 0));
        steps.push((n * 100 + 350, Reply, 1, 0));
    }
    steps.sort_by_key(|step| step.0);
    let (answers, closed) = played(&steps);
    assert!(
        answers.iter().all(|(_, outcome)| *outcome == Answered),
        "{answers:?}"
    );
    assert_eq!(closed.len(), 40);
    let rtt = Some(Duration::from_millis(350));
    assert!(
        closed.iter().all(|exchange| exchange.rtt == rtt),
        "{closed:?}"
    );
}

/// Solicitations of a neighbor that is slow to come up, asked again twice a second: it answers the last.
#[test]
fn a_neighbor_answers_what_was_asked_last() {
    let key = QueryKey {
        kind: ExchangeKind::Neighbor,
        version: IpVersion::V6,
        addrs: AddrPair::new(
            "2001:db8::1".parse().unwrap(),
            "2001:db8::2".parse().unwrap(),
        ),
        id: 0,
        seq: 0,
        scope: Scope::ANY,
    };
    let mut play = Play::new();
    for millis in [0, 500, 1000] {
        let seen = (millis, Place::default());
        let relation = play.take_with(Request, key, (None, 0), seen);
        assert_eq!(relation, Relation::Request);
    }
    play.take_with(Reply, key, (None, 0), (1001, Place::default()));
    let mut closed = play.finish(60_000);
    closed.sort_by_key(|exchange| exchange.request);
    let told: Vec<_> = closed.iter().map(|it| (it.outcome, it.rtt)).collect();
    let lost = (ExchangeOutcome::Lost, None);
    let answered = (ExchangeOutcome::Answered, Some(Duration::from_millis(1)));
    assert_eq!(told, [lost, lost, answered]);
}

/// One is lost: those after it keep their own replies, and it is lost when its time is over.
#[test]
fn a_lost_one_does_not_shift_the_others() {
    for (interval, rtt) in [(1000, 2), (500, 900), (100, 30), (100, 350)] {
        let mut steps = Vec::new();
        for n in 0..40 {
            steps.push((n * interval, Request, 1, 0));
            if n != 7 {
                steps.push((n * interval + rtt, Reply, 1, 0));
            }
        }
        steps.sort_by_key(|step| step.0);
        let (answers, closed) = played(&steps);
        assert!(
            answers.iter().all(|(_, outcome)| *outcome == Answered),
            "{answers:?}"
        );
        for (n, exchange) in closed.iter().enumerate() {
            let expected = (n != 7).then(|| Duration::from_millis(rtt.unsigned_abs()));
            assert_eq!(exchange.rtt, expected, "{n} of {interval}, {rtt}");
        }
        assert_eq!(closed[7].outcome, ExchangeOutcome::Lost);
    }
}

#[test]
fn a_reply_after_the_window_is_late_for_its_own_request() {
    let (answers, closed) = played(&[
        (0, Request, 1, 0),
        (10_200, Request, 2, 0),
        (10_300, Reply, 1, 0),
        (10_400, Reply, 2, 0),
    ]);
    assert_eq!(answers, [(1, Late), (2, Answered)]);
    assert_eq!(closed[0].outcome, ExchangeOutcome::Lost);
}

#[test]
fn what_was_answered_long_ago_gives_way() {
    let mut play = Play::new();
    for n in 0..100i64 {
        let seen = (
            n * 1000,
            Place {
                ip_id: Some(7),
                ..Place::default()
            },
        );
        play.take_with(Request, ping(1), (Some(content(n.unsigned_abs())), 0), seen);
        let seen = (
            n * 1000 + 1,
            Place {
                ip_id: Some(9),
                ..Place::default()
            },
        );
        play.take_with(Reply, ping(1), (Some(content(n.unsigned_abs())), 0), seen);
        assert_eq!(play.exchanges.table.len(), 1);
    }
}

#[test]
fn an_error_ends_the_request_of_the_identification_that_it_quotes() {
    let mut play = Play::new();
    for ip_id in [5, 6, 7] {
        let place = Place {
            ip_id: Some(ip_id),
            ..Place::default()
        };
        play.take_with(Request, ping(1), (Some(content(1)), 0), (0, place));
    }
    let error = play.sighting(3, Place::default());
    play.exchanges.error(
        ping(1),
        (Some(6), DropReason::HostUnreachable),
        error,
        &mut |_| {},
    );
    let outcomes: Vec<_> = play.finish(4000).iter().map(|e| e.outcome).collect();
    let [lost, error] = [ExchangeOutcome::Lost, ExchangeOutcome::Error];
    assert_eq!(outcomes, [lost, error, lost]);
}

proptest! {
    /// Whatever is asked again and answered, with room for few or many: each request is told once,
    /// and each ring holds what the order of the table does.
    #[test]
    fn every_request_of_one_number_is_told_once(
        steps in prop::collection::vec((any::<bool>(), 0u64..4, 0i64..3000), 1..300),
        memory in prop::sample::select(vec![0, 1 << 20]),
    ) {
        let mut play = Play::with_memory(memory);
        let mut asked = Vec::new();
        let mut millis = 0;
        for (is_request, n, step) in steps {
            millis += step;
            let direction = if is_request { Request } else { Reply };
            let place = Place { ip_id: Some(u32::try_from(play.frame).unwrap()), ..Place::default() };
            let seen = (millis, place);
            if play.take_with(direction, ping(1), (Some(content(n)), 0), seen) == Relation::Request {
                asked.push(FrameRef::new(SourceId(0), play.frame));
            }
            let newest = play.exchanges.table.find(&ping(1));
            prop_assert_eq!(newest, play.exchanges.table.newest());
            let ring = newest.map_or(0, |newest| play.exchanges.newest_first(newest).count());
            prop_assert_eq!(ring, play.exchanges.table.len().min(32));
        }
        let mut told: Vec<_> = play.finish(millis).iter().map(|e| e.request).collect();
        told.sort_unstable();
        prop_assert_eq!(told, asked);
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
