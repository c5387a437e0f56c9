//! What the capture itself did not see.

use super::*;

/// Nothing is called lost that may have been missed, though its number came round.
#[test]
fn a_number_that_comes_round_waits_for_what_was_missed() {
    let mut play = Play::new();
    play.known(0);
    for millis in [100, 400, 700] {
        play.request(millis, ping(1));
    }
    play.exchanges.blind.add(at(10_600), at(11_600));
    play.known(11_600);
    for millis in [11_500, 11_800] {
        play.request(millis, ping(1));
    }
    let closed = play.finish(40_000);
    let outcomes: Vec<_> = closed.iter().map(|exchange| exchange.outcome).collect();
    let expected = [
        // Their ten seconds were over before it was blind, those of the next were not.
        ExchangeOutcome::Lost,
        ExchangeOutcome::Lost,
        ExchangeOutcome::Unknown,
        ExchangeOutcome::Unknown,
        ExchangeOutcome::Lost,
    ];
    assert_eq!(outcomes, expected);
    let frames: Vec<_> = closed.iter().map(|exchange| exchange.request).collect();
    assert!(frames.is_sorted(), "{frames:?}");
}

/// With room for a few: who uses a number again does not wait for it, and it is lost after a second
/// of which all is known.
#[test]
fn what_cannot_wait_is_lost_if_it_waited_long_enough() {
    for (step, known, expected) in [
        (100, i64::MAX, ExchangeOutcome::Lost),
        (10, i64::MAX, ExchangeOutcome::Evicted),
        // Live: what was missed is not known yet.
        (100, 0, ExchangeOutcome::Evicted),
    ] {
        let mut play = Play::with_memory(0);
        if known == 0 {
            play.known(0);
        }
        for n in 0..40 {
            play.request(n * step, ping(1));
        }
        let evicted = play.exchanges.evicted();
        let closed = play.finish(60_000);
        assert_eq!(closed.len(), 40);
        let early = closed.iter().take(24).map(|exchange| exchange.outcome);
        assert!(early.into_iter().all(|outcome| outcome == expected));
        let late = closed.iter().skip(24).map(|exchange| exchange.outcome);
        assert!(
            late.into_iter()
                .all(|outcome| outcome == ExchangeOutcome::Lost)
        );
        let given_up = if expected == ExchangeOutcome::Lost {
            0
        } else {
            24
        };
        assert_eq!(evicted, given_up);
    }
}

/// Requests at seconds 0, 20, 40 and 60; those in whose ten seconds the capture was blind.
#[test]
fn what_the_capture_may_have_missed_is_not_lost() {
    let mut play = Play::new();
    for (n, millis) in (0..4).zip([0, 20_000, 40_000, 60_000]) {
        // Readings of the counters come before any window closes that they are about.
        if millis == 40_000 {
            play.exchanges.blind.add(at(29_000), at(30_000));
        }
        if millis == 60_000 {
            play.exchanges.blind.add(at(60_500), at(61_500));
        }
        play.request(millis, ping(n));
    }
    play.reply(60_700, ping(3));
    play.request(61_000, ping(9));
    let closed = play.finish(90_000);
    let outcomes: Vec<_> = closed.iter().map(|exchange| exchange.outcome).collect();
    let expected = [
        ExchangeOutcome::Lost,
        ExchangeOutcome::Unknown,
        ExchangeOutcome::Lost,
        // What was answered was answered.
        ExchangeOutcome::Answered,
        ExchangeOutcome::Unknown,
    ];
    assert_eq!(outcomes, expected);
}

#[test]
fn where_a_filter_keeps_answers_out_nothing_is_lost() {
    let mut play = Play::new();
    play.exchanges.blind = Blind::new(true);
    play.request(0, ping(1));
    play.request(1, ping(2));
    play.reply(5, ping(2));
    assert_eq!(play.reply(6, ping(3)), Relation::None);
    let outcomes: Vec<_> = play.finish(60_000).iter().map(|e| e.outcome).collect();
    assert_eq!(
        outcomes,
        [ExchangeOutcome::Unknown, ExchangeOutcome::Answered]
    );
}
