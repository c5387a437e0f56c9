//! Requests to all hosts of a network or to a group, and what hosts and routers advertise unasked.

use super::*;

/// A ping from 10.0.0.1 to this host of its network.
fn ping_of(last: u8, seq: u16) -> QueryKey {
    QueryKey {
        addrs: AddrPair::new([10, 0, 0, 1].into(), [10, 0, 0, last].into()),
        ..ping(seq)
    }
}

fn discovery(kind: ExchangeKind, src: &str, dst: &str) -> QueryKey {
    QueryKey {
        kind,
        version: IpVersion::V6,
        addrs: AddrPair::new(src.parse().unwrap(), dst.parse().unwrap()),
        id: 0,
        seq: 0,
        scope: Scope::ANY,
    }
}

#[test]
fn a_group_is_answered_by_all_of_it() {
    let mut play = Play::new();
    let seen = Sighting {
        broadcast: true,
        ..play.sighting(0, Place::default())
    };
    let asked = QueryKey {
        addrs: ping(1).addrs.with_dst("192.0.2.255".parse().unwrap()),
        ..ping(1)
    };
    let query = Query {
        direction: Direction::Request,
        key: asked,
        addrs: asked.addrs,
        payload: None,
        octets: &[],
        rest: 0,
    };
    play.exchanges.query(&query, &seen, &mut |_| ());
    assert_eq!(outcome_of(play.reply(3, ping(1))), AnswerOutcome::Answered);
    let other = QueryKey {
        addrs: ping(1).addrs.with_dst("192.0.2.3".parse().unwrap()),
        ..ping(1)
    };
    assert_eq!(outcome_of(play.reply(4, other)), AnswerOutcome::Duplicate);
    let closed = play.finish(5);
    assert_eq!(closed.len(), 1);
    assert_eq!(closed[0].addrs.dst(), asked.addrs.dst());
    assert_eq!(closed[0].duplicates, 1);
}

#[test]
fn anybody_may_answer_a_group_and_nobody_must() {
    let group = |seq| QueryKey {
        addrs: ping(seq).addrs.with_dst("224.0.0.1".parse().unwrap()),
        ..ping(seq)
    };
    let mut play = Play::new();
    play.request(0, group(1));
    assert_eq!(outcome_of(play.reply(1, ping(1))), AnswerOutcome::Answered);
    play.request(100, group(2));
    let closed = play.finish(60_000);
    assert_eq!(closed[0].outcome, ExchangeOutcome::Answered);
    assert_eq!(closed[0].addrs, group(1).addrs);
    assert_eq!(closed[1].outcome, ExchangeOutcome::NoReplyExpected);
}

#[test]
fn answers_of_others_prove_a_broadcast() {
    let mut play = Play::new();
    // Before it is known and after, answered or not.
    for seq in 1..=3 {
        let millis = i64::from(seq) * 1000;
        play.request(millis, ping_of(255, seq));
        if seq != 2 {
            continue;
        }
        let first = play.reply(millis + 1, ping_of(7, seq));
        assert_eq!(outcome_of(first), AnswerOutcome::Answered);
        let Relation::Answer(first) = first else {
            unreachable!()
        };
        assert_eq!(first.request, Some(FrameRef::new(SourceId(0), 2)));
        let second = play.reply(millis + 2, ping_of(9, seq));
        assert_eq!(outcome_of(second), AnswerOutcome::Duplicate);
    }
    let closed = play.finish(60_000);
    let outcomes: Vec<_> = closed.iter().map(|exchange| exchange.outcome).collect();
    assert_eq!(
        outcomes,
        [
            ExchangeOutcome::NoReplyExpected,
            ExchangeOutcome::Answered,
            ExchangeOutcome::NoReplyExpected
        ]
    );
    assert_eq!(closed[1].addrs, ping_of(255, 2).addrs);
}

/// A host may answer from another of its addresses.
#[test]
fn of_a_small_network_two_have_to_answer() {
    let mut play = Play::new();
    play.request(0, ping_of(15, 1));
    for millis in [1, 2] {
        let miss = NearMiss::Sender(FrameRef::new(SourceId(0), 1));
        let relation = play.reply(millis, ping_of(3, 1));
        let expected = AnswerOutcome::Unsolicited(Some(miss));
        assert_eq!(outcome_of(relation), expected);
    }
    let other = play.reply(3, ping_of(4, 1));
    assert_eq!(outcome_of(other), AnswerOutcome::Answered);
    assert_eq!(play.finish(4)[0].outcome, ExchangeOutcome::Answered);
}

#[test]
fn another_network_or_an_address_of_one_host_proves_nothing() {
    for (asked, from) in [(15, 16), (255, 255), (14, 3), (254, 7), (13, 3)] {
        let mut play = Play::new();
        play.request(0, ping_of(asked, 1));
        let elsewhere = QueryKey {
            addrs: AddrPair::new([10, 0, 0, 1].into(), [10, 0, 1, from].into()),
            ..ping(1)
        };
        let other = if asked == from {
            elsewhere
        } else {
            ping_of(from, 1)
        };
        for millis in [1, 2] {
            let relation = play.reply(millis, other);
            assert!(
                matches!(outcome_of(relation), AnswerOutcome::Unsolicited(Some(_))),
                "{asked} {from}"
            );
        }
        let closed = play.finish(60_000);
        assert_eq!(closed[0].outcome, ExchangeOutcome::Lost, "{asked} {from}");
    }
}

/// The sender's own interface does not tell whom it was for, those behind a bridge do.
#[test]
fn a_broadcast_that_is_seen_to_be_one_at_its_second_place_only_is_one_request() {
    let place = |interface| Place {
        ip_id: Some(5),
        ttl: 64,
        interface,
        ..Place::default()
    };
    let mut play = Play::new();
    let key = ping_of(31, 1);
    play.take(Direction::Request, key, 0, place(1));
    let query = Query {
        direction: Direction::Request,
        key,
        addrs: key.addrs,
        payload: None,
        octets: &[],
        rest: 0,
    };
    for interface in [2, 3] {
        let seen = Sighting {
            broadcast: interface == 2,
            ..play.sighting(0, place(interface))
        };
        let (relation, _) = play.exchanges.query(&query, &seen, &mut |_| ());
        assert!(matches!(relation, Relation::Copy { .. }), "{relation:?}");
    }
    let answer = play.reply(1, ping_of(3, 1));
    assert_eq!(outcome_of(answer), AnswerOutcome::Answered);
    assert_eq!(play.finish(2).len(), 1);
}

#[test]
fn an_error_about_a_broadcast_ends_it() {
    let mut play = Play::new();
    play.request(0, ping_of(255, 1));
    play.reply(1, ping_of(7, 1));
    play.request(1000, ping_of(255, 2));
    play.error(1001, ping_of(255, 2));
    assert_eq!(play.finish(60_000)[1].outcome, ExchangeOutcome::Error);
}

/// RFC 4620 section 5: who has the name answers from its own address.
#[test]
fn a_node_answers_what_went_to_the_group_of_its_name() {
    let query = |node: &str| QueryKey {
        id: 0x1234,
        seq: 0x5678,
        ..discovery(ExchangeKind::NodeInformation, "2001:db8::1", node)
    };
    let mut play = Play::new();
    play.request(0, query("ff02::2:ff12:3456"));
    let answer = play.reply(10, query("2001:db8::2"));
    assert_eq!(outcome_of(answer), AnswerOutcome::Answered);
    let other = QueryKey {
        seq: 1,
        ..query("ff02::2:ff12:3456")
    };
    play.request(20, other);
    let outcomes: Vec<_> = play.finish(60_000).iter().map(|e| e.outcome).collect();
    assert_eq!(
        outcomes,
        [ExchangeOutcome::Answered, ExchangeOutcome::NoReplyExpected]
    );
}

/// RFC 4862 section 5.4: only what another station says of the address tells that it has it.
#[test]
fn a_station_does_not_answer_its_own_question_for_its_address() {
    let [me, other, nobody] = [Station::of(b"me"), Station::of(b"you"), Station::default()];
    let key = discovery(ExchangeKind::Neighbor, "::", "fe80::1");
    let place = Place::default();
    for (asked_by, said_by, millis, conflict) in [
        (me, [me, me], 944, false),
        (me, [me, nobody], 944, false),
        (me, [other, me], 944, false),
        (me, [other, other], 5, true),
        (me, [other, nobody], 5, true),
        // Links that tell no address.
        (nobody, [nobody, nobody], 5, true),
        // It has the address by then.
        (me, [other, other], 20_000, false),
    ] {
        let mut play = Play::new();
        let mut told = Relation::None;
        for (direction, stations, at) in [
            (Direction::Request, [asked_by, nobody], 0),
            (Direction::Reply, said_by, millis),
        ] {
            let seen = Sighting {
                stations,
                ..play.sighting(at, place)
            };
            let query = Query {
                direction,
                key,
                addrs: key.addrs,
                payload: None,
                octets: &[],
                rest: 0,
            };
            play.exchanges.advance(seen.ts, None, &mut |_| ());
            (told, _) = play.exchanges.query(&query, &seen, &mut |_| ());
        }
        assert_eq!(told != Relation::None, conflict, "{said_by:?} {millis}");
        if millis < 10_000 {
            let expected = if conflict {
                ExchangeOutcome::Answered
            } else {
                ExchangeOutcome::NoReplyExpected
            };
            assert_eq!(play.finish(60_000)[0].outcome, expected);
        }
    }
}

/// RFC 4861 section 6.2.6, RFC 1256 section 6: what comes later comes by itself.
#[test]
fn routers_answer_all_soon_and_a_host_when_they_can() {
    let all = ("ff02::1", "224.0.0.1");
    let (host, other) = (("fe80::1", "192.0.2.1"), ("fe80::2", "192.0.2.2"));
    for (to, millis, v6, v4) in [
        (all, 400, true, true),
        (all, 1999, true, true),
        (all, 2001, true, false),
        (all, 3500, true, false),
        (all, 3501, false, false),
        (all, 30_000, false, false),
        (host, 5000, true, true),
        (other, 5, false, false),
    ] {
        for (version, asked_by, to, answers) in [
            (IpVersion::V6, host.0, to.0, v6),
            (IpVersion::V4, host.1, to.1, v4),
        ] {
            let any = crate::icmp::unspecified(version);
            let key = QueryKey {
                version,
                addrs: AddrPair::of_one(any),
                ..discovery(ExchangeKind::Router, "::", "::")
            };
            let mut play = Play::new();
            let mut told = Relation::None;
            for (direction, asker, at) in [
                (Direction::Request, asked_by, 0),
                (Direction::Reply, to, millis),
            ] {
                let seen = play.sighting(at, Place::default());
                let query = Query {
                    direction,
                    key,
                    addrs: AddrPair::new(asker.parse().unwrap(), any),
                    payload: None,
                    octets: &[],
                    rest: 0,
                };
                play.exchanges.advance(seen.ts, None, &mut |_| ());
                (told, _) = play.exchanges.query(&query, &seen, &mut |_| ());
            }
            assert_eq!(told != Relation::None, answers, "{to} {millis}");
        }
    }
}
