//! Replies captured before their requests.

use super::*;

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
