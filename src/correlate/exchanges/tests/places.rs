//! The same packet seen twice, and the same addresses in two networks.

use super::*;

#[test]
fn the_same_reply_at_another_hop_is_a_copy() {
    let mut play = Play::new();
    play.request(0, ping(1));
    let first = Place {
        ip_id: Some(5),
        ttl: 62,
        ..Place::default()
    };
    play.take(Direction::Reply, ping(1), 3, first);
    let again = Place { ttl: 61, ..first };
    assert_eq!(
        play.take(Direction::Reply, ping(1), 3, again),
        Relation::Copy {
            of: FrameRef::new(SourceId(0), 2)
        }
    );
    let other = Place {
        ip_id: Some(6),
        ..again
    };
    assert_eq!(
        outcome_of(play.take(Direction::Reply, ping(1), 4, other)),
        AnswerOutcome::Duplicate
    );
    assert_eq!(play.finish(5)[0].duplicates, 1);
}

#[test]
fn a_reply_mirrored_as_its_request_was_is_a_copy() {
    let place = |ip_id| Place {
        ip_id: Some(ip_id),
        ttl: 64,
        ..Place::default()
    };
    let mut play = Play::new();
    play.take(Direction::Request, ping(1), 0, place(1));
    play.take(Direction::Request, ping(1), 0, place(1));
    play.take(Direction::Reply, ping(1), 3, place(5));
    let copy = Relation::Copy {
        of: FrameRef::new(SourceId(0), 3),
    };
    assert_eq!(play.take(Direction::Reply, ping(1), 3, place(5)), copy);
    // One more than the request had, and one that its sender numbered anew.
    for ip_id in [5, 6] {
        let reply = play.take(Direction::Reply, ping(1), 4, place(ip_id));
        assert_eq!(outcome_of(reply), AnswerOutcome::Duplicate);
    }
    assert_eq!(play.finish(5)[0].duplicates, 2);
}

#[test]
fn a_reply_without_a_number_is_a_copy_at_once_only() {
    // IPv6 has none, and 0 is none.
    for ip_id in [None, Some(0)] {
        for (requests, millis, duplicates) in [(2, 3, 0), (2, 5, 1), (1, 3, 1)] {
            let place = Place {
                ip_id,
                ttl: 64,
                ..Place::default()
            };
            let mut play = Play::new();
            for _ in 0..requests {
                play.take(Direction::Request, ping(1), 0, place);
            }
            for millis in [3, millis] {
                play.take(Direction::Reply, ping(1), millis, place);
            }
            let told = play.finish(6)[0].duplicates;
            assert_eq!(
                told, duplicates,
                "{ip_id:?}, {requests} requests, {millis} ms"
            );
        }
    }
}

/// A mirror gives the request again after the reply, which it then gives again.
#[test]
fn a_request_mirrored_after_its_reply_is_a_copy() {
    for (ip_id, micros, sent) in [
        (Some(9), 300, 1),
        (None, 300, 1),
        (Some(0), 300, 1),
        // As late as this: sent again.
        (None, 1000, 2),
        (Some(0), 50_000, 2),
        (Some(9), 50_000, 2),
    ] {
        let request = Place {
            ip_id,
            ttl: 64,
            ..Place::default()
        };
        let reply = Place { ttl: 60, ..request };
        let mut play = Play::new();
        let delay = Duration::from_micros(micros);
        for delay in [Duration::ZERO, delay] {
            play.take_at(Direction::Request, ping(1), at(0).after(delay), request);
            let answered = at(0).after(delay + Duration::from_micros(200));
            play.take_at(Direction::Reply, ping(1), answered, reply);
        }
        let closed = play.finish(90_000);
        assert_eq!(closed.len(), sent, "{ip_id:?} {micros}");
        for exchange in closed {
            assert_eq!(exchange.outcome, ExchangeOutcome::Answered);
            assert_eq!(exchange.duplicates, 0, "{ip_id:?} {micros}");
        }
    }
}

/// Where a packet of this identification was seen: VLAN, interface.
fn seen_in(ip_id: u32, (vlan, interface): (u16, u32)) -> Place {
    Place {
        ip_id: Some(ip_id),
        ttl: 64,
        vlan,
        interface,
        ..Place::default()
    }
}

#[test]
fn the_same_addresses_in_two_networks_are_two_pings() {
    for (here, there) in [
        ((10, 1), (20, 1)),
        ((0, 1), (20, 1)),
        ((10, 1), (0, 1)),
        ((0, 1), (0, 2)),
    ] {
        let mut play = Play::new();
        for seq in 1..=2 {
            let at = i64::from(seq) * 1000;
            let mut step = |direction, ip_id, place, millis| {
                play.take(direction, ping(seq), at + millis, seen_in(ip_id, place))
            };
            assert_eq!(step(Direction::Request, 1, here, 0), Relation::Request);
            assert_eq!(step(Direction::Request, 2, there, 1), Relation::Request);
            for (place, millis) in [(there, 5), (here, 8)] {
                let reply = step(Direction::Reply, 3, place, millis);
                assert_eq!(outcome_of(reply), AnswerOutcome::Answered);
            }
        }
        let closed = play.finish(4000);
        let rtts: Vec<_> = closed.iter().filter_map(|exchange| exchange.rtt).collect();
        let [a, b] = [8, 4].map(Duration::from_millis);
        assert_eq!(rtts, [a, b, a, b], "{here:?} {there:?}");
        assert!(closed.iter().all(|exchange| exchange.duplicates == 0));
    }
}

#[test]
fn an_error_ends_the_ping_of_its_own_network() {
    let mut play = Play::new();
    let (here, there) = ((10, 1), (20, 1));
    play.take(Direction::Request, ping(1), 0, seen_in(1, here));
    play.take(Direction::Request, ping(1), 1, seen_in(2, there));
    let error = play.sighting(2, seen_in(9, there));
    play.exchanges.error(
        ping(1),
        (None, DropReason::HostUnreachable),
        error,
        &mut |_| {},
    );
    play.take(Direction::Reply, ping(1), 3, seen_in(3, here));
    let outcomes: Vec<_> = play.finish(4).iter().map(|e| e.outcome).collect();
    assert_eq!(
        outcomes,
        [ExchangeOutcome::Answered, ExchangeOutcome::Error]
    );
}

#[test]
fn a_reply_on_another_interface_still_answers() {
    let mut play = Play::new();
    play.take(Direction::Request, ping(1), 0, seen_in(1, (10, 1)));
    let reply = play.take(Direction::Reply, ping(1), 3, seen_in(3, (0, 2)));
    assert_eq!(outcome_of(reply), AnswerOutcome::Answered);
}

#[test]
fn a_request_seen_again_at_once_is_a_copy_and_later_a_new_request() {
    let mut play = Play::new();
    let place = Place {
        ip_id: Some(9),
        ttl: 64,
        ..Place::default()
    };
    play.take(Direction::Request, ping(1), 0, place);
    let copy = play.take(Direction::Request, ping(1), 1, Place { ttl: 63, ..place });
    assert_eq!(
        copy,
        Relation::Copy {
            of: FrameRef::new(SourceId(0), 1)
        }
    );
    // The identifier came round: same key, much later.
    let again = play.take(Direction::Request, ping(1), 2000, place);
    assert_eq!(again, Relation::Request);
    assert_eq!(
        outcome_of(play.reply(2001, ping(1))),
        AnswerOutcome::Answered
    );
    let closed = play.finish(2002);
    assert_eq!(closed.len(), 2);
    assert_eq!(closed[0].outcome, ExchangeOutcome::Lost);
    assert_eq!(closed[1].outcome, ExchangeOutcome::Answered);
}

/// A request that was seen so, and 300 ms later so: whether it was seen again.
fn is_seen_again(first: Place, again: Place, answered: bool) -> bool {
    let mut play = Play::new();
    play.take(Direction::Request, ping(1), 0, first);
    if answered {
        play.reply(100, ping(1));
    }
    let relation = play.take(Direction::Request, ping(1), 300, again);
    let is_copy = matches!(relation, Relation::Copy { .. });
    assert!(is_copy || relation == Relation::Request, "{relation:?}");
    let sent = play.finish(60_000).len();
    assert_eq!(sent, if is_copy { 1 } else { 2 });
    is_copy
}

#[test]
fn a_request_that_waits_at_a_hop_is_one_request_however_long() {
    let place = |ip_id, ttl, interface, source| Place {
        ip_id,
        ttl,
        interface,
        source: SourceId(source),
        ..Place::default()
    };
    for (first, again, waiting, answered) in [
        // Numbered: at the next hop, or at another point of capture.
        (
            place(Some(9), 64, 1, 0),
            place(Some(9), 63, 1, 0),
            true,
            true,
        ),
        (
            place(Some(9), 64, 1, 0),
            place(Some(9), 64, 2, 0),
            true,
            true,
        ),
        (
            place(Some(9), 55, 1, 0),
            place(Some(9), 64, 1, 1),
            true,
            true,
        ),
        // Not numbered: at the next hop while nothing answers, or another hop at another point.
        (place(None, 64, 1, 0), place(None, 63, 1, 0), true, false),
        (
            place(Some(0), 64, 1, 0),
            place(Some(0), 63, 1, 0),
            true,
            false,
        ),
        (place(None, 55, 1, 0), place(None, 64, 1, 1), true, true),
        (place(None, 64, 1, 0), place(None, 64, 1, 1), false, false),
        // Sent again: with another number, or a larger TTL, or all as it was.
        (
            place(Some(9), 64, 1, 0),
            place(Some(8), 63, 1, 0),
            false,
            false,
        ),
        (
            place(Some(9), 1, 1, 0),
            place(Some(9), 2, 1, 0),
            false,
            false,
        ),
        (
            place(Some(9), 64, 1, 0),
            place(Some(9), 64, 1, 0),
            false,
            false,
        ),
        (place(None, 64, 1, 0), place(None, 64, 1, 0), false, false),
    ] {
        let told = [false, true].map(|answer| is_seen_again(first, again, answer));
        assert_eq!(told, [waiting, answered], "{first:?} {again:?}");
    }
}

#[test]
fn captures_whose_clocks_differ_tell_the_same_of_a_ping() {
    let place = |ip_id, ttl, source| Place {
        ip_id: Some(ip_id),
        ttl,
        source: SourceId(source),
        ..Place::default()
    };
    // The other end's clock is behind by seconds, or ahead.
    for other in [-2500, -150, 0, 150, 2500] {
        let mut steps: Vec<_> = (1..=5u16)
            .flat_map(|seq| {
                let at = 10_000 + i64::from(seq) * 1000;
                let (asked, answered) = (u32::from(seq), 100 + u32::from(seq));
                [
                    (at, Direction::Request, seq, place(asked, 64, 0)),
                    (
                        at + 20 + other,
                        Direction::Request,
                        seq,
                        place(asked, 55, 1),
                    ),
                    (
                        at + 21 + other,
                        Direction::Reply,
                        seq,
                        place(answered, 64, 1),
                    ),
                    (at + 41, Direction::Reply, seq, place(answered, 55, 0)),
                ]
            })
            .collect();
        steps.sort_by_key(|step| step.0);
        let mut play = Play::new();
        for (millis, direction, seq, place) in steps {
            play.take(direction, ping(seq), millis, place);
        }
        let closed = play.finish(90_000);
        assert_eq!(closed.len(), 5, "{other} ms");
        for exchange in closed {
            assert_eq!(exchange.outcome, ExchangeOutcome::Answered, "{other} ms");
            assert_eq!(exchange.duplicates, 0, "{other} ms");
        }
    }
}

#[test]
fn a_round_trip_is_that_of_one_source() {
    let place = |ip_id, ttl, source| Place {
        ip_id: Some(ip_id),
        ttl,
        source: SourceId(source),
        ..Place::default()
    };
    // The other end's clock is behind by so much: 20 ms away, it answers within 1 ms.
    for behind in [0, 19, 300, -300] {
        let mut play = Play::new();
        let mut steps = [
            (1000, Direction::Request, place(1, 64, 0)),
            (1020 - behind, Direction::Request, place(1, 55, 1)),
            (1021 - behind, Direction::Reply, place(2, 64, 1)),
            (1041, Direction::Reply, place(2, 55, 0)),
        ];
        steps.sort_by_key(|step| step.0);
        let mut told = Vec::new();
        for (millis, direction, place) in steps {
            if let Relation::Answer(answer) = play.take(direction, ping(1), millis, place) {
                told.push(answer.rtt);
            }
        }
        let closed = play.finish(90_000);
        assert_eq!(closed.len(), 1);
        // That of the source nearer to who asks, whichever was first.
        let (first, line) = (41, if behind == -300 { 41 } else { 1 });
        assert_eq!(
            closed[0].rtt,
            Some(Duration::from_millis(first)),
            "{behind}"
        );
        assert_eq!(told, [Some(Duration::from_millis(line))], "{behind}");
    }
}

/// A health check that never counts, nor numbers its packets (RFC 6864 section 4).
#[test]
fn what_is_asked_alike_again_and_again_is_no_copy() {
    let mut play = Play::new();
    let place = Place {
        ip_id: Some(0),
        ttl: 64,
        ..Place::default()
    };
    let mut ask = |millis, answered| {
        let asked = play.take(Direction::Request, ping(1), millis, place);
        assert_eq!(asked, Relation::Request, "{millis}");
        // A mirror gives it twice, at once.
        let copy = play.take(Direction::Request, ping(1), millis, place);
        assert!(matches!(copy, Relation::Copy { .. }), "{millis}");
        if answered {
            play.reply(millis + 10, ping(1));
        }
    };
    for (millis, answered) in [
        (0, true),
        (50, false),
        (100, true),
        (150, false),
        (200, true),
    ] {
        ask(millis, answered);
    }
    let mut closed = play.finish(60_000);
    closed.sort_by_key(|exchange| exchange.request);
    let told: Vec<_> = closed.iter().map(|e| (e.outcome, e.rtt)).collect();
    let answered = (ExchangeOutcome::Answered, Some(Duration::from_millis(10)));
    let lost = (ExchangeOutcome::Lost, None);
    assert_eq!(told, [answered, lost, answered, lost, answered]);
}

#[test]
fn a_time_in_its_data_tells_that_a_request_was_sent_once() {
    // `struct timeval` of iputils.
    let mut timed = [0; 56];
    timed[..4].copy_from_slice(&1_600_000_000_u32.to_le_bytes());
    for (octet, count) in timed[16..].iter_mut().zip(16..) {
        *octet = count;
    }
    // Of the third as much as a capture of 58 octets of a frame holds.
    for (octets, is_copy) in [(&timed[..], true), (&[0; 56], false), (&timed[..16], true)] {
        for ip_id in [Some(7), None] {
            let mut play = Play::new();
            let mut ask = |millis| {
                let place = Place {
                    ip_id,
                    ttl: 64,
                    ..Place::default()
                };
                let query = Query {
                    direction: Direction::Request,
                    key: ping(1),
                    addrs: ping(1).addrs,
                    payload: Some(PayloadPrint::for_tests(1)),
                    octets,
                    rest: 0,
                };
                let seen = play.sighting(millis, place);
                play.exchanges.query(&query, &seen, &mut |_| {}).0
            };
            assert_eq!(ask(1_600_000_000_100), Relation::Request);
            let told = ask(1_600_000_000_400);
            let copied = matches!(told, Relation::Copy { of } if of.number() == 1);
            assert_eq!(copied, is_copy, "{octets:?} {ip_id:?}");
        }
    }
}
