//! Replies that were dropped on their way back, and errors that come late.

use super::*;
use crate::correlate::exchange::ReplyDrop;
use crate::model::options::LocalDrop;

/// The identification of the replies that [`Play::reply`] takes.
const REPLY_ID: u32 = 7;

fn error_of(frame: u64) -> ReplyDrop {
    ReplyDrop::Error {
        frame: FrameRef::new(SourceId(0), frame),
        dropper: "192.0.2.9".parse().unwrap(),
    }
}

impl Play {
    /// The reply of this identification to a ping was dropped.
    fn dropped(&mut self, ip_id: Option<u32>, by: ReplyDrop) {
        let reply = DroppedReply {
            key: ping(1),
            ip_id,
            captured: None,
            by,
        };
        let seen = self.sighting(2, Place::default());
        (self.exchanges).reply_dropped(&reply, &seen, None, &mut |_| {});
    }
}

fn only(closed: &[Exchange]) -> Exchange {
    assert_eq!(closed.len(), 1);
    closed[0]
}

#[test]
fn an_error_about_a_reply_makes_its_request_lost() {
    for (is_captured, ip_id, is_lost) in [
        (true, Some(REPLY_ID), true),
        (true, None, true),
        // Of another reply.
        (true, Some(REPLY_ID + 1), false),
        (false, Some(REPLY_ID), true),
    ] {
        let mut play = Play::new();
        play.request(0, ping(1));
        if is_captured {
            play.reply(1, ping(1));
        }
        let dropped = error_of(9);
        play.dropped(ip_id, dropped);
        let closed = only(&play.finish(60_000));
        if is_lost {
            assert_eq!(closed.outcome, ExchangeOutcome::Lost);
            assert_eq!(closed.reply_dropped, Some(dropped));
            assert!(closed.lost_on_way_back());
            assert_eq!(closed.rtt, None);
            assert_eq!(closed.end.is_some(), is_captured);
        } else {
            assert_eq!(closed.outcome, ExchangeOutcome::Answered);
            assert_eq!(closed.reply_dropped, None);
        }
    }
}

#[test]
fn another_reply_that_comes_through_answers() {
    let mut play = Play::new();
    play.request(0, ping(1));
    play.reply(1, ping(1));
    play.dropped(Some(REPLY_ID), error_of(9));
    assert_eq!(outcome_of(play.reply(3, ping(1))), AnswerOutcome::Duplicate);
    let closed = only(&play.finish(60_000));
    assert_eq!(closed.outcome, ExchangeOutcome::Answered);
}

#[test]
fn a_reply_dropped_where_it_was_captured_answers_nothing() {
    // Captured again nowhere, where the request came from, elsewhere before it, and further on its way.
    for (then, is_lost) in [
        (None, true),
        (Some(64), false),
        (Some(61), true),
        (Some(59), false),
    ] {
        let mut play = Play::new();
        let place = |ttl| Place {
            ip_id: Some(REPLY_ID),
            ttl,
            interface: u32::from(ttl),
            ..Place::default()
        };
        play.take(Direction::Request, ping(1), 0, place(64));
        play.take(Direction::Request, ping(1), 0, place(60));
        let seen = Sighting {
            dropped: Some(LocalDrop::XdpDrop),
            ..play.sighting(2, place(60))
        };
        play.take_seen(Direction::Reply, ping(1), (None, 0), seen);
        if let Some(ttl) = then {
            let again = play.take(Direction::Reply, ping(1), 3, place(ttl));
            assert!(matches!(again, Relation::Copy { .. }), "{again:?}");
        }
        let closed = only(&play.finish(60_000));
        let dropped = ReplyDrop::WhereCaptured(LocalDrop::XdpDrop);
        assert_eq!(closed.reply_dropped, is_lost.then_some(dropped), "{then:?}");
        let outcome = if is_lost {
            ExchangeOutcome::Lost
        } else {
            ExchangeOutcome::Answered
        };
        assert_eq!(closed.outcome, outcome, "{then:?}");
    }
}

/// Who puts fragments together waits for half a minute before it says that some are missing.
#[test]
fn an_error_after_the_window_is_told() {
    for (is_answered, errors, late) in [(false, 1, 1), (false, 2, 1), (true, 1, 0)] {
        let mut play = Play::new();
        play.request(0, ping(1));
        if is_answered {
            play.reply(1, ping(1));
        }
        play.request(20_000, ping(2));
        for _ in 0..errors {
            play.error(30_000, ping(1));
        }
        let told: Vec<_> = (play.told.iter())
            .filter_map(|event| match event {
                ExchangeEvent::Late(exchange) => Some(*exchange),
                _ => None,
            })
            .collect();
        assert_eq!(told.len(), late);
        for exchange in told {
            assert_eq!(exchange.outcome, ExchangeOutcome::Error);
            assert_eq!(exchange.seq, Some(1));
            assert_eq!(exchange.rtt, Some(Duration::from_secs(30)));
        }
        assert_eq!(play.finish(60_000).len(), 2, "each once");
    }
}
