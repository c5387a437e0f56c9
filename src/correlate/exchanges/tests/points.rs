//! A ping at several points of capture: its round trip, and replies that never came back.

use super::*;

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
            // The point is no good for replies.
            ([3, 3, 3], Answered),
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
                // The other capture may have ended.
                ([4, 4, 3], true) => assert_eq!(last, Unknown),
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
