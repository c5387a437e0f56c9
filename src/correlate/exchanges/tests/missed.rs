//! What the capture itself did not see.

use super::*;

/// Known in time: nothing is called lost that may have been missed, though its number came round.
#[test]
fn a_number_that_comes_round_waits_for_what_was_missed() {
    let mut play = Play::new();
    play.known(0);
    for millis in [100, 400, 700, 1000, 1300] {
        play.request(millis, ping(1));
    }
    assert_eq!(play.told, []);
    // Readings of the counters: nothing was dropped, then something.
    play.known(1000);
    play.exchanges.blind.add(at(1000), at(2000));
    play.known(2000);
    // From here on no reading waits.
    play.request(1900, ping(1));
    let closed = play.finish(9000);
    let outcomes: Vec<_> = closed.iter().map(|exchange| exchange.outcome).collect();
    let expected = [
        // Displaced at 400, 700 and 1000, where the drops began at the earliest.
        ExchangeOutcome::Lost,
        ExchangeOutcome::Lost,
        ExchangeOutcome::Lost,
        ExchangeOutcome::Unknown,
        ExchangeOutcome::Unknown,
        ExchangeOutcome::Unknown,
    ];
    assert_eq!(outcomes, expected);
    let frames: Vec<_> = closed.iter().map(|exchange| exchange.request).collect();
    assert!(frames.is_sorted(), "{frames:?}");
}

/// More of them than wait are not called lost.
#[test]
fn what_cannot_wait_is_unknown() {
    let mut play = Play::new();
    play.known(0);
    for millis in 0..5000 {
        play.request(millis * 10, ping(1));
    }
    let closed = play.finish(60_000);
    assert_eq!(closed.len(), 5000);
    let lost = |exchange: &&Exchange| exchange.outcome == ExchangeOutcome::Lost;
    let lost = closed.iter().filter(lost).count();
    assert!((1000..1100).contains(&lost), "{lost}");
    let frames: Vec<_> = closed.iter().map(|exchange| exchange.request).collect();
    assert!(frames.is_sorted());
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
