//! A ping at several points of capture: its round trip, and replies that never came back.

use etherparse::PacketBuilder;

use super::*;
use crate::correlate::Outcome;
use crate::correlate::network::Network;
use crate::correlate::replay::{Replay, segment};

/// Where a packet of this number was seen: hops left, interface and capture.
fn seen(ip_id: u32, (ttl, interface, source): (u8, u32, u16)) -> Place {
    Place {
        ip_id: Some(ip_id),
        ttl,
        interface,
        source: SourceId(source),
        ..Place::default()
    }
}

/// Two points of capture: what tells them apart, where requests and replies are seen.
const POINTS: [[(u8, u32, u16); 4]; 3] = [
    // By hops, by interfaces, and by captures: request here and there, reply there and here.
    [(64, 0, 0), (54, 0, 0), (64, 0, 0), (54, 0, 0)],
    [(64, 1, 0), (54, 2, 0), (64, 2, 0), (54, 1, 0)],
    [(64, 0, 0), (54, 0, 1), (64, 0, 1), (54, 0, 0)],
];

/// One ping of a round trip of 181 ms, 1 ms of it behind the second point, whose clock is so far
/// behind; or as much of it as is seen.
fn play_ping(play: &mut Play, seq: u16, points: [(u8, u32, u16); 4], behind: i64, count: usize) {
    let begun = i64::from(seq) * 1000;
    let [a, b, c, d] = points;
    let (request, reply) = (u32::from(seq), 100 + u32::from(seq));
    let mut steps = [
        (Direction::Request, begun, seen(request, a)),
        (Direction::Request, begun + 90 - behind, seen(request, b)),
        (Direction::Reply, begun + 91 - behind, seen(reply, c)),
        (Direction::Reply, begun + 181, seen(reply, d)),
    ];
    let steps = &mut steps[..count];
    steps.sort_by_key(|(_, millis, _)| *millis);
    for (direction, millis, place) in steps {
        let relation = play.take(*direction, ping(seq), *millis, *place);
        if let Relation::Answer(answer) = relation {
            assert_eq!(answer.rtt, Some(Duration::from_millis(1)));
        }
    }
}

#[test]
fn a_round_trip_is_that_at_the_point_nearest_to_who_asks() {
    for (points, behind) in [
        (POINTS[0], 0),
        (POINTS[1], 0),
        (POINTS[2], 0),
        // In one file, so that who asks comes second.
        (POINTS[0], 120),
        (POINTS[1], 120),
        (POINTS[2], 120),
        (POINTS[2], 500),
    ] {
        let mut play = Play::new();
        for seq in 1..=3 {
            play_ping(&mut play, seq, points, behind, 4);
        }
        let closed = play.finish(20_000);
        let rtts: Vec<_> = closed.iter().filter_map(|exchange| exchange.rtt).collect();
        let whole = Duration::from_millis(181);
        assert_eq!(rtts, [whole; 3], "{points:?}, {behind} ms behind");
    }
}

#[test]
fn a_reply_that_does_not_come_back_as_others_do_is_lost() {
    use ExchangeOutcome::{Answered, Lost, Unknown};
    for points in POINTS {
        // How much is seen of each ping, and what becomes of the second.
        for (counts, expected) in [
            ([4, 3, 4], Lost),
            ([4, 4, 4], Answered),
            // The point may be no good for replies.
            ([3, 3, 3], Unknown),
            // The last one, of which more below.
            ([4, 4, 3], Answered),
        ] {
            let mut play = Play::new();
            for (seq, count) in (1..).zip(counts) {
                play_ping(&mut play, seq, points, 0, count);
            }
            let closed = play.finish(20_000);
            let second = closed[1];
            assert_eq!(second.outcome, expected, "{points:?} {counts:?}");
            let last = closed[2].outcome;
            let several = points[0].2 != points[1].2;
            match (counts, several) {
                // The other capture may have ended, or never see that direction.
                ([4, 4, 3], true) | ([3, 3, 3], _) => assert_eq!(last, Unknown),
                ([4, 4, 3], false) => assert_eq!(last, Lost),
                _ => assert_eq!(last, Answered),
            }
            if expected == Lost {
                // The reply where it was seen last.
                let reply = ExchangeEnd::Reply(FrameRef::new(SourceId(0), 7));
                assert_eq!(second.end, Some(reply));
                assert!(second.lost_on_way_back() && second.rtt.is_none());
            }
        }
    }
}

const HERE: [u8; 4] = [10, 0, 1, 1];
const THERE: [u8; 4] = [10, 0, 3, 2];

/// A request with so many hops left.
fn echo(seq: u16, left: u8) -> Vec<u8> {
    let mut packet = Vec::new();
    PacketBuilder::ipv4(HERE, THERE, left)
        .icmpv4_echo_request(7, seq)
        .write(&mut packet, b"ping")
        .unwrap();
    packet[4..6].copy_from_slice(&seq.to_be_bytes());
    packet
}

/// Its reply, the same.
fn reply(seq: u16, left: u8) -> Vec<u8> {
    let mut packet = Vec::new();
    PacketBuilder::ipv4(THERE, HERE, left)
        .icmpv4_echo_reply(7, seq)
        .write(&mut packet, b"ping")
        .unwrap();
    packet[4..6].copy_from_slice(&(100 + seq).to_be_bytes());
    packet
}

/// What became of the pings in a capture.
fn outcomes(capture: Replay) -> Vec<ExchangeOutcome> {
    let closed = capture.end().into_iter();
    let told = closed.filter_map(|outcome| match outcome {
        Outcome::Exchange(exchange) if exchange.seq != Some(9) => Some(exchange.outcome),
        _ => None,
    });
    told.collect()
}

/// The last of two pings, whose reply was captured near who was asked, and not near who asked, where that of
/// the first was.
#[test]
fn a_reply_that_later_packets_of_its_host_came_back_without_is_lost() {
    let (near, far) = (SourceId(0), SourceId(1));
    for (other, expected) in [
        (Some(2500), ExchangeOutcome::Lost),
        (Some(1500), ExchangeOutcome::Unknown),
        (None, ExchangeOutcome::Unknown),
    ] {
        let mut capture = Replay::new();
        let mut events = Vec::new();
        for seq in 1..=2 {
            let at = i64::from(seq) * 1000;
            events.push((at, near, echo(seq, 64)));
            events.push((at + 1, far, echo(seq, 62)));
            events.push((at + 2, far, reply(seq, 64)));
        }
        events.push((1003, near, reply(1, 62)));
        if let Some(at) = other {
            events.push((at, near, segment((THERE, 80), (HERE, 4000), (1, 2), 0)));
        }
        events.push((20_000, far, echo(9, 62)));
        events.sort_by_key(|(at, ..)| *at);
        for (at, source, packet) in events {
            capture.seen_in(source, at, &packet);
        }
        let told = outcomes(capture);
        assert_eq!(told, [ExchangeOutcome::Answered, expected], "{other:?}");
    }
}

#[test]
fn replies_that_others_came_back_where_they_did_not_are_lost() {
    // In two captures and in one; whether something else went the way of the replies.
    for (source, others) in [(1, true), (0, true), (1, false), (0, false)] {
        let (near, far) = (SourceId(0), SourceId(source));
        let mut capture = Replay::new();
        if others {
            let mut other = segment((THERE, 80), (HERE, 4000), (1, 2), 0);
            capture.seen_in(far, 0, &other);
            other[8] -= 2;
            capture.seen_in(near, 1, &other);
        }
        for seq in 1..=3 {
            let at = i64::from(seq) * 1000;
            capture.seen_in(near, at, &echo(seq, 64));
            capture.seen_in(far, at + 1, &echo(seq, 62));
            capture.seen_in(far, at + 2, &reply(seq, 64));
        }
        capture.seen_in(near, 9000, &echo(9, 64));
        let expected = if others {
            ExchangeOutcome::Lost
        } else {
            ExchangeOutcome::Unknown
        };
        let told = outcomes(capture);
        assert_eq!(told, [expected; 3], "source {source}, others: {others}");
    }
}

#[test]
fn a_reply_that_a_router_takes_and_does_not_send_on_is_not_answered() {
    use Passage::{Entered, Left};
    // The other host is so many hops away that the hop limits of its replies tell nothing.
    let request = [(64, Entered), (63, Left)];
    for (replies, expected) in [
        (&[(50, Entered)][..], ExchangeOutcome::Unknown),
        (&[(50, Entered), (49, Left)], ExchangeOutcome::Answered),
        (&[(49, Left), (50, Entered)], ExchangeOutcome::Answered),
    ] {
        let mut play = Play::new();
        let packets = [
            (Direction::Request, &request[..]),
            (Direction::Reply, replies),
        ];
        for (direction, points) in packets {
            for (ttl, passage) in points {
                let mut at_point = play.sighting(1, seen(7, (*ttl, 0, 0)));
                at_point.passage = *passage;
                play.take_seen(direction, ping(1), (None, 0), at_point);
            }
        }
        let closed = play.finish(20_000);
        assert_eq!(closed.len(), 1, "{replies:?}");
        assert_eq!(closed[0].outcome, expected, "{replies:?}");
        let is_timed = expected == ExchangeOutcome::Answered;
        assert_eq!(closed[0].rtt.is_some(), is_timed, "{replies:?}");
    }
}

#[test]
fn further_replies_count_once_wherever_they_are_seen() {
    for points in POINTS {
        let mut play = Play::new();
        play_ping(&mut play, 1, points, 0, 4);
        let [.., there, here] = points;
        let again = [(1200, seen(900, there)), (1210, seen(900, here))];
        let told = again.map(|(at, place)| play.take(Direction::Reply, ping(1), at, place));
        assert_eq!(outcome_of(told[0]), AnswerOutcome::Duplicate, "{points:?}");
        assert!(matches!(told[1], Relation::Copy { of } if of.number() == 5));
        // One more of its own.
        let more = play.take(Direction::Reply, ping(1), 1300, seen(901, there));
        assert_eq!(outcome_of(more), AnswerOutcome::Duplicate, "{points:?}");
        // And late ones.
        play_ping(&mut play, 2, points, 0, 2);
        let late = [(20_000, seen(102, there)), (20_010, seen(102, here))];
        let told = late.map(|(at, place)| play.take(Direction::Reply, ping(2), at, place));
        assert_eq!(outcome_of(told[0]), AnswerOutcome::Late, "{points:?}");
        assert!(matches!(told[1], Relation::Copy { .. }), "{points:?}");
        let closed = play.finish(40_000);
        let counts: Vec<_> = (closed.iter())
            .map(|exchange| (exchange.duplicates, exchange.request_points))
            .collect();
        assert_eq!(counts, [(2, 2), (0, 2)], "{points:?}");
    }
}

#[test]
fn a_reply_damaged_on_its_way_back_is_corrupted() {
    for points in POINTS {
        let mut play = Play::new();
        play_ping(&mut play, 1, points, 0, 3);
        let mut damaged = play.sighting(1181, seen(101, points[3]));
        damaged.checksum_bad = true;
        let relation = play.take_seen(Direction::Reply, ping(1), (None, 0), damaged);
        assert!(matches!(relation, Relation::Copy { .. }));
        let closed = play.finish(20_000);
        assert_eq!(closed[0].outcome, ExchangeOutcome::Answered);
        assert_eq!(closed[0].corrupted, 1, "{points:?}");
    }
}

#[test]
fn a_duplicate_with_the_number_of_the_reply_is_told_where_it_is_seen_first() {
    for points in POINTS {
        let mut play = Play::new();
        play_ping(&mut play, 1, points, 0, 4);
        let [.., there, here] = points;
        for round in 0..2 {
            let first = play.frame + 1;
            let again = [there, here]
                .map(|point| play.take(Direction::Reply, ping(1), 1200, seen(101, point)));
            let outcome = outcome_of(again[0]);
            assert_eq!(outcome, AnswerOutcome::Duplicate, "{points:?}, {round}");
            assert!(matches!(again[1], Relation::Copy { of } if of.number() == first));
        }
        assert_eq!(play.finish(20_000)[0].duplicates, 2, "{points:?}");
    }
}

#[test]
fn a_packet_in_a_tunnel_and_out_of_it_is_one() {
    // The end of a tunnel is captured on all interfaces; IPv6 has no numbers.
    for ip_id in [Some(7), None] {
        let place = |(ttl, depth)| Place {
            ip_id,
            ttl,
            depth,
            ..Place::default()
        };
        let mut play = Play::new();
        let points = |ends: [(u8, u8); 3]| ends.map(place);
        for place in points([(64, 0), (63, 0), (63, 1)]) {
            play.take(Direction::Request, ping(1), 1, place);
        }
        let back = points([(63, 1), (63, 0), (62, 0)]);
        let first = play.take(Direction::Reply, ping(1), 2, back[0]);
        assert_eq!(outcome_of(first), AnswerOutcome::Answered);
        for place in &back[1..] {
            let again = play.take(Direction::Reply, ping(1), 2, *place);
            assert!(matches!(again, Relation::Copy { .. }), "{ip_id:?}");
        }
        // One that was sent twice is no copy.
        let more = play.take(Direction::Reply, ping(1), 3, back[0]);
        assert_eq!(outcome_of(more), AnswerOutcome::Duplicate, "{ip_id:?}");
        let closed = play.finish(20_000);
        assert_eq!((closed.len(), closed[0].duplicates), (1, 1), "{ip_id:?}");
    }
}

/// One of two captures is at a router in the tunnel, which has what comes in and what goes out: inside
/// nothing tells the two apart.
#[test]
fn a_reply_seen_twice_in_a_tunnel_as_its_request_was_is_one() {
    for times in [1, 2] {
        let mut play = Play::new();
        let near = |number, ttl| seen(number, (ttl, 0, 0));
        let inside = |number, ttl| Place {
            depth: 1,
            ..seen(number, (ttl, 0, 1))
        };
        play.take(Direction::Request, ping(1), 0, near(7, 64));
        for _ in 0..times {
            play.take(Direction::Request, ping(1), 2, inside(7, 63));
        }
        let first = play.take(Direction::Reply, ping(1), 4, inside(9, 63));
        assert_eq!(outcome_of(first), AnswerOutcome::Answered);
        let again = play.take(Direction::Reply, ping(1), 4, inside(9, 63));
        assert_eq!(matches!(again, Relation::Copy { .. }), times == 2);
        let home = play.take(Direction::Reply, ping(1), 6, near(9, 62));
        assert!(matches!(home, Relation::Copy { .. }));
        let closed = play.finish(20_000);
        assert_eq!(closed[0].duplicates, u32::from(times == 1));
        if times == 2 {
            assert_eq!(closed[0].outcome, ExchangeOutcome::Answered);
            assert_eq!(closed[0].rtt, Some(Duration::from_millis(6)));
        }
    }
}

/// What tells where a packet was seen at the end of tunnels: the network in one, or none; hops left.
fn at_end(ip_id: u32, (network, ttl): (u8, u8)) -> Place {
    Place {
        ip_id: Some(ip_id),
        ttl,
        depth: u8::from(network != 0),
        network: Network::for_tests(network),
        ..Place::default()
    }
}

/// Of two captures the other is at a router that gives the tunnel of the request other ends, and that of the
/// reply none (SRv6, RFC 8986 section 4.1).
#[test]
fn a_router_that_gives_a_tunnel_other_ends_sends_one_packet_on() {
    let mut play = Play::new();
    let inside = |ip_id, network| Place {
        source: SourceId(1),
        ..at_end(ip_id, (network, 64))
    };
    let points = [
        (Direction::Request, at_end(7, (0, 64))),
        (Direction::Request, inside(7, 1)),
        (Direction::Request, inside(7, 2)),
        (Direction::Reply, inside(9, 3)),
        (Direction::Reply, inside(9, 3)),
        (Direction::Reply, at_end(9, (0, 63))),
    ];
    for (millis, (direction, place)) in (0..).zip(points) {
        let relation = play.take(direction, ping(1), millis, place);
        let is_first = [0, 3].contains(&millis);
        let is_copy = matches!(relation, Relation::Copy { .. });
        assert_eq!(is_copy, !is_first, "{millis}: {relation:?}");
    }
    let closed = play.finish(20_000);
    assert_eq!((closed.len(), closed[0].duplicates), (1, 0));
    assert_eq!(closed[0].outcome, ExchangeOutcome::Answered);
    assert_eq!(closed[0].rtt, Some(Duration::from_millis(5)));
}

/// The points of a request, and of its reply.
type Ways = (&'static [(u8, u8)], &'static [(u8, u8)]);

/// What became of pings 1 s apart that went these ways, 1 ms from each point to the next.
fn play_at_end(pings: &[Ways]) -> Vec<(ExchangeOutcome, Option<Duration>)> {
    let mut play = Play::new();
    for (seq, (request, reply)) in (1_u16..).zip(pings) {
        let asked = request.iter().map(|point| (Direction::Request, 7, point));
        let answered = reply.iter().map(|point| (Direction::Reply, 9, point));
        for (millis, (direction, number, point)) in (0..).zip(asked.chain(answered)) {
            let place = at_end(number + u32::from(seq) * 16, *point);
            play.take(direction, ping(seq), i64::from(seq) * 1000 + millis, place);
        }
    }
    let closed = play.finish(20_000);
    let told = closed.iter().map(|ping| (ping.outcome, ping.rtt));
    told.collect()
}

#[test]
fn a_reply_that_leaves_by_another_tunnel_than_its_request_came_by_goes_back() {
    use ExchangeOutcome::{Answered, Lost};
    let whole = (Answered, Some(Duration::from_millis(3)));
    // Whether the end of the tunnel takes a hop of what comes out of it, and of what goes in.
    let ways: [Ways; 4] = [
        (&[(1, 64), (0, 63)], &[(0, 64), (2, 63)]),
        (&[(1, 64), (0, 64)], &[(0, 64), (2, 63)]),
        (&[(1, 64), (0, 63)], &[(0, 64), (2, 64)]),
        (&[(1, 64), (0, 64)], &[(0, 64), (2, 64)]),
    ];
    for (request, reply) in ways {
        let told = play_at_end(&[(request, reply)]);
        assert_eq!(told, [whole], "{request:?} {reply:?}");
        // One that does not go where others go.
        let short = &reply[..1];
        let told = play_at_end(&[(request, reply), (request, short), (request, reply)]);
        let expected = [whole, (Lost, None), whole];
        assert_eq!(told, expected, "{request:?} {reply:?}");
    }
}

#[test]
fn a_router_may_send_a_reply_back_by_another_interface() {
    // A bridge and a queue may show it on one that is not further on.
    for (left, expected) in [
        (63, ExchangeOutcome::Answered),
        (64, ExchangeOutcome::Unknown),
    ] {
        let mut play = Play::new();
        let point = |direction, (ttl, interface)| (direction, seen(7, (ttl, interface, 0)));
        let points = [
            point(Direction::Request, (64, 1)),
            point(Direction::Request, (63, 2)),
            point(Direction::Reply, (64, 2)),
            point(Direction::Reply, (left, 3)),
        ];
        for (direction, place) in points {
            play.take(direction, ping(1), 1, place);
        }
        assert_eq!(play.finish(20_000)[0].outcome, expected, "{left}");
    }
}

#[test]
fn a_reply_that_comes_to_where_its_request_passed_by_is_not_back_yet() {
    let request = &[(1, 64), (2, 63), (0, 62)][..];
    for (reply, expected) in [
        (&[(0, 64), (2, 63)][..], ExchangeOutcome::Unknown),
        (&[(0, 64), (2, 63), (1, 62)], ExchangeOutcome::Answered),
        (&[(0, 64), (3, 63)], ExchangeOutcome::Answered),
    ] {
        let told = play_at_end(&[(request, reply)]);
        assert_eq!(told[0].0, expected, "{reply:?}");
    }
}
