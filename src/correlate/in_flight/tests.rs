use crate::correlate::replay::{self, Replay};
use crate::correlate::segment::Segment;
use crate::correlate::verdict::{AftermathOutcome, DropVerdict};
use crate::model::SourceId;
use crate::wire::tcp::{ACK, SYN};

const CLIENT: [u8; 4] = [10, 0, 0, 1];
const SERVER: [u8; 4] = [10, 0, 2, 1];
const ROUTER: [u8; 4] = [10, 0, 1, 1];

fn client(seq: u32, octets: usize) -> Vec<u8> {
    replay::segment((CLIENT, 4000), (SERVER, 443), (seq, 501), octets)
}

fn server(ack: u32) -> Vec<u8> {
    replay::segment((SERVER, 443), (CLIENT, 4000), (501, ack), 0)
}

fn refusal(seq: u32) -> Vec<u8> {
    replay::error(ROUTER, [3, 13, 0, 0, 0, 0, 0, 0], &client(seq, 100)[..28])
}

/// A connection of which 200 octets from 1001 on are acknowledged; the first are sent `times` times.
fn connection(times: usize) -> Replay {
    let mut play = Replay::new();
    let with = |mut packet: Vec<u8>, flags| {
        packet[33] = flags;
        packet
    };
    play.at(0, &with(client(1000, 0), SYN));
    play.at(10, &with(server(1001), SYN | ACK));
    play.at(20, &client(1001, 0));
    for _ in 0..times {
        play.at(30, &client(1001, 100));
    }
    play.at(40, &server(1101));
    play.at(50, &client(1101, 100));
    play.at(60, &server(1201));
    play
}

fn told(play: Replay) -> DropVerdict {
    let mut verdicts = play.verdicts();
    assert_eq!(verdicts.len(), 1, "{verdicts:?}");
    verdicts.remove(0)
}

#[test]
fn an_error_about_what_was_not_in_flight_is_discarded() {
    for (seq, out_of_window) in [
        (5, 1),
        // Next, or acknowledged up to here: `between()` of Linux takes that.
        (1201, 0),
        (1202, 1),
        (50_000, 1),
        (0xf000_0000, 1),
    ] {
        let mut play = connection(1);
        play.at(70, &refusal(seq));
        let verdict = told(play);
        assert_eq!(
            (verdict.out_of_window, verdict.arrived),
            (out_of_window, 0),
            "{seq}"
        );
        assert_eq!(verdict.is_unheard(), out_of_window > 0);
        assert_eq!(verdict.is_unfounded(), out_of_window > 0);
    }
}

#[test]
fn what_comes_after_it_is_not_sent_again() {
    for seq in [1201, 1202, 50_000, 1_000_000_000] {
        let mut play = connection(1);
        play.at(70, &refusal(seq));
        for (millis, from) in [(80, 1201), (100, 1301)] {
            play.at(millis, &client(from, 100));
            play.at(millis + 10, &server(from + 100));
        }
        let after = told(play).aftermath;
        assert_eq!(after.outcome, AftermathOutcome::Recovered, "{seq}");
        assert_eq!((after.packets, after.retransmissions), (2, 0), "{seq}");
    }
}

#[test]
fn what_was_acknowledged_before_was_not_dropped() {
    for (times, arrived) in [(1, 1), (2, 0)] {
        let mut play = connection(times);
        play.at(70, &refusal(1001));
        let verdict = told(play);
        assert_eq!(
            (verdict.arrived, verdict.out_of_window),
            (arrived, 1 - arrived)
        );
        assert_eq!(verdict.arrived_later, 0);
        assert!(verdict.is_unheard());
        // Sent twice, one of them may well have been dropped.
        assert_eq!(verdict.is_unfounded(), arrived == 1);
    }
}

#[test]
fn what_was_acknowledged_afterwards_was_not_dropped_unless_it_was_sent_again() {
    for (again, arrived_later) in [(false, 1), (true, 0)] {
        let mut play = connection(1);
        play.at(65, &client(1201, 100));
        play.at(70, &refusal(1201));
        if again {
            play.at(75, &client(1201, 100));
        }
        play.at(80, &server(1301));
        let verdict = told(play);
        assert_eq!(verdict.arrived_later, arrived_later);
        assert_eq!(verdict.is_unfounded(), arrived_later == 1);
        assert!(!verdict.is_unheard());
    }
}

/// The one end need not send again what it sent at once, at once.
#[test]
fn what_was_sent_again_in_part_may_have_been_dropped() {
    for (again, before, arrived_later) in [
        ((1300, 50), false, 0),
        ((1250, 150), false, 0),
        ((1200, 50), false, 0),
        ((1299, 101), true, 0),
        // Next to it.
        ((1400, 100), false, 1),
        ((1151, 50), true, 1),
    ] {
        let mut play = connection(1);
        play.at(62, &client(1201, 199));
        if before {
            play.at(65, &client(again.0, again.1));
        }
        play.at(70, &refusal(1201));
        play.at(80, &server(1250));
        if !before {
            play.at(85, &client(again.0, again.1));
        }
        play.at(90, &server(1500));
        let told = told(play).arrived_later;
        assert_eq!(told, arrived_later, "{again:?} {before}");
    }
}

#[test]
fn a_connection_that_began_was_not_refused() {
    for (times, arrived) in [(1, 1), (2, 0)] {
        let mut play = Replay::new();
        let mut syn = client(1000, 0);
        syn[33] = SYN;
        for _ in 0..times {
            play.at(0, &syn);
        }
        let mut accepted = server(1001);
        accepted[33] = SYN | ACK;
        play.at(10, &accepted);
        play.at(20, &client(1001, 0));
        play.at(
            30,
            &replay::error(ROUTER, [3, 13, 0, 0, 0, 0, 0, 0], &syn[..28]),
        );
        let verdict = told(play);
        assert_eq!(
            (verdict.arrived, verdict.is_unfounded()),
            (arrived, arrived == 1)
        );
    }
}

/// It has the number before the next one (RFC 9293 section 3.8.4), and nobody answers this.
#[test]
fn what_refuses_a_keep_alive_probe_is_not_unfounded() {
    let mut play = connection(1);
    play.at(60_000, &client(1200, 0));
    play.at(60_010, &refusal(1200));
    let verdict = told(play);
    assert_eq!((verdict.out_of_window, verdict.arrived), (1, 0));
    assert!(verdict.is_unheard() && !verdict.is_unfounded());
}

#[test]
fn what_the_capture_may_have_missed_was_in_flight() {
    // Something is on its way: more may be.
    let mut play = connection(1);
    play.at(65, &client(1201, 100));
    play.at(70, &refusal(1401));
    assert_eq!(told(play).out_of_window, 0);
    // Octets before it are missing.
    let mut play = connection(1);
    play.at(65, &client(1301, 100));
    play.at(66, &server(1401));
    play.at(70, &refusal(1501));
    assert_eq!(told(play).out_of_window, 0);
    // But no window is as large.
    let mut play = connection(1);
    play.at(65, &client(1201, 100));
    play.at(70, &refusal(1201 + (1 << 30)));
    assert_eq!(told(play).out_of_window, 1);
    // Another point of capture has another time.
    let mut play = connection(1);
    play.seen_in(SourceId(1), 70, &refusal(1001));
    assert_eq!(told(play).out_of_window, 0);
    // Nobody acknowledged anything.
    let mut play = Replay::new();
    play.at(0, &client(1001, 100));
    play.at(70, &refusal(5));
    assert_eq!(told(play).out_of_window, 0);
}

/// Who had sent up to there would not go on from here.
#[test]
fn what_a_flow_was_far_from_sending_was_not_in_flight() {
    let far = 1301 + 0xffff;
    for (seq, sent, out_of_window) in [
        (far + 1, &[1301, 1401][..], 1),
        (9_999_999, &[1201, 1301], 1),
        (far + 1, &[1302, 1402], 1),
        // A window of that size may be in flight.
        (far, &[1301, 1401], 0),
        // It sends nothing new, or the capture misses what it sent.
        (far + 1, &[1201], 0),
        (far + 1, &[1302], 0),
        (far + 1, &[far, far + 100], 0),
        (far + 1, &[far - 98, far + 2], 0),
    ] {
        let mut play = connection(1);
        play.at(65, &client(1201, 100));
        play.at(70, &refusal(seq));
        for (millis, from) in (80..).zip(sent) {
            play.at(millis, &client(*from, 100));
        }
        play.at(90, &server(sent[sent.len() - 1] + 100));
        let verdict = told(play);
        assert_eq!(verdict.out_of_window, out_of_window, "{seq} {sent:?}");
        assert_eq!(verdict.is_unfounded(), out_of_window == 1);
        assert_eq!(verdict.is_unheard(), out_of_window == 1);
    }
    // Nobody knows what would have come next.
    let mut play = connection(1);
    play.at(65, &client(1201, 100));
    play.at(70, &refusal(far + 1));
    assert_eq!(told(play).out_of_window, 0);
}

#[test]
fn an_error_may_be_captured_before_what_it_is_about() {
    let mut play = connection(1);
    let mut late = client(1301, 100);
    late[4..6].copy_from_slice(&[7, 7]);
    play.at(
        70,
        &replay::error(ROUTER, [3, 13, 0, 0, 0, 0, 0, 0], &late[..28]),
    );
    play.at(71, &client(1201, 100));
    play.at(71, &late);
    let verdict = told(play);
    assert_eq!((verdict.hasty, verdict.out_of_window), (1, 0));
}

#[test]
fn ports_may_be_used_again() {
    let mut play = connection(1);
    let mut begun = client(9000, 0);
    begun[33] = SYN;
    play.at(65_000, &begun);
    play.at(65_010, &refusal(9000));
    let verdict = told(play);
    assert_eq!(
        (verdict.out_of_window, verdict.segment),
        (0, Some(Segment::Syn))
    );
}

#[test]
fn a_quote_without_flags_is_of_the_connection_that_is_there() {
    let mut play = connection(1);
    play.at(70, &refusal(1201));
    assert_eq!(told(play).segment, Some(Segment::Connected));
}
