//! A ping on both sides of an address translation.

use super::*;
use crate::icmp::Direction::{Reply, Request};

const TRANSLATOR: &str = "198.51.100.1";

/// The key that a ping has behind its translation, with another identifier.
fn behind(seq: u16) -> QueryKey {
    let key = ping(seq);
    QueryKey {
        addrs: AddrPair::new(TRANSLATOR.parse().unwrap(), key.addrs.dst()),
        id: 1019,
        ..key
    }
}

fn place(ip_id: u32, ttl: u8) -> Place {
    Place {
        ip_id: Some(ip_id),
        ttl,
        ..Place::default()
    }
}

/// One ping through the translator, up to so many of its four sightings.
fn play_ping(play: &mut Play, seq: u16, count: usize) {
    let (request, reply) = (u32::from(seq), 100 + u32::from(seq));
    let steps = [
        (Request, ping(seq), place(request, 64)),
        (Request, behind(seq), place(request, 63)),
        (Reply, behind(seq), place(reply, 60)),
        (Reply, ping(seq), place(reply, 59)),
    ];
    let first = play.frame + 1;
    for ((direction, key, place), millis) in steps.into_iter().zip(0..).take(count) {
        let relation = play.take(direction, key, i64::from(seq) * 1000 + millis, place);
        let of = FrameRef::new(SourceId(0), first + if direction == Reply { 2 } else { 0 });
        match millis {
            0 => assert_eq!(relation, Relation::Request),
            2 => assert_eq!(outcome_of(relation), AnswerOutcome::Answered),
            _ => assert_eq!(relation, Relation::Copy { of }),
        }
    }
}

#[test]
fn both_sides_of_a_translation_are_one_request() {
    let mut play = Play::new();
    for seq in 1..=3 {
        play_ping(&mut play, seq, 4);
    }
    let closed = play.finish(20_000);
    assert_eq!(closed.len(), 3);
    for exchange in closed {
        assert_eq!(exchange.addrs, ping(1).addrs);
        assert_eq!(exchange.outcome, ExchangeOutcome::Answered);
        // At the point nearest to who asks.
        assert_eq!(exchange.rtt, Some(Duration::from_millis(3)));
    }
}

#[test]
fn a_reply_that_is_not_sent_on_behind_a_translation_is_lost() {
    use ExchangeOutcome::{Answered, Lost};
    let mut play = Play::new();
    for (seq, count) in [(1, 4), (2, 3), (3, 4)] {
        play_ping(&mut play, seq, count);
    }
    let closed = play.finish(20_000);
    let outcomes: Vec<_> = closed.iter().map(|exchange| exchange.outcome).collect();
    assert_eq!(outcomes, [Answered, Lost, Answered]);
    assert!(closed[1].lost_on_way_back());
}

#[test]
fn an_error_behind_a_translation_ends_the_request() {
    let mut play = Play::new();
    play_ping(&mut play, 1, 2);
    play.error(1500, behind(1));
    let closed = play.finish(20_000);
    assert_eq!(closed[0].outcome, ExchangeOutcome::Error);
    assert_eq!(closed.len(), 1);
}

#[test]
fn pings_of_two_hosts_are_no_translation_of_each_other() {
    let elsewhere = |place| Place {
        source: SourceId(1),
        ..place
    };
    for (first, second, millis, joins) in [
        (place(7, 64), place(7, 63), 1, true),
        (place(7, 64), elsewhere(place(7, 60)), 1, true),
        // Another number, none, no router between them, too many, and too late.
        (place(7, 64), place(8, 63), 1, false),
        (place(0, 64), place(0, 63), 1, false),
        (place(7, 64), place(7, 64), 1, false),
        (place(7, 64), place(7, 65), 1, false),
        (place(7, 64), place(7, 60), 1, false),
        (place(7, 64), place(7, 63), 200, false),
    ] {
        let mut play = Play::new();
        play.take(Request, ping(1), 0, first);
        let relation = play.take(Request, behind(1), millis, second);
        let of = FrameRef::new(SourceId(0), 1);
        assert_eq!(
            relation == Relation::Copy { of },
            joins,
            "{first:?} {second:?}"
        );
        assert_eq!(play.finish(20_000).len(), if joins { 1 } else { 2 });
    }
    for other in [
        QueryKey {
            seq: 2,
            ..behind(1)
        },
        QueryKey {
            kind: ExchangeKind::Timestamp,
            ..behind(1)
        },
        QueryKey {
            addrs: behind(1).addrs.with_dst(TRANSLATOR.parse().unwrap()),
            ..behind(1)
        },
    ] {
        let mut play = Play::new();
        play.take(Request, ping(1), 0, place(7, 64));
        let relation = play.take(Request, other, 1, place(7, 63));
        assert_eq!(relation, Relation::Request, "{other:?}");
    }
}

#[test]
fn a_request_is_translated_once() {
    let mut play = Play::new();
    play_ping(&mut play, 1, 2);
    let third = QueryKey { id: 5, ..behind(1) };
    let relation = play.take(Request, third, 1003, place(1, 63));
    assert_eq!(relation, Relation::Request);
}

#[test]
fn what_was_answered_is_translated_no_more() {
    let mut play = Play::new();
    play.take(Request, ping(1), 0, place(7, 64));
    play.take(Reply, ping(1), 1, place(8, 60));
    let relation = play.take(Request, behind(1), 2, place(7, 63));
    assert_eq!(relation, Relation::Request);
}

#[test]
fn a_number_of_the_translator_serves_the_next_request() {
    let mut play = Play::new();
    play_ping(&mut play, 1, 4);
    // Another host of the network asks now.
    let other = QueryKey {
        addrs: AddrPair::new("192.0.2.9".parse().unwrap(), ping(1).addrs.dst()),
        ..ping(1)
    };
    play.take(Request, other, 3000, place(9, 64));
    let copied = play.take(Request, behind(1), 3001, place(9, 63));
    let of = FrameRef::new(SourceId(0), 5);
    assert_eq!(copied, Relation::Copy { of });
    // The translator itself asks.
    let own = play.take(Request, behind(1), 6000, place(10, 64));
    assert_eq!(own, Relation::Request);
    let answered = play.take(Reply, behind(1), 6001, place(11, 60));
    assert_eq!(outcome_of(answered), AnswerOutcome::Answered);
    let closed = play.finish(20_000);
    let asked: Vec<_> = closed.iter().map(|exchange| exchange.addrs).collect();
    assert_eq!(asked, [ping(1).addrs, other.addrs, behind(1).addrs]);
}
