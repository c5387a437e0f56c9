use etherparse::{PacketBuilder, PacketBuilderStep, TcpHeader};

use crate::correlate::Outcome;
use crate::correlate::replay::{self, Replay};
use crate::correlate::stalled::{Peer, Stalled};
use crate::correlate::unanswered::Directions;

const CLIENT: [u8; 4] = [10, 0, 0, 1];
const SERVER: [u8; 4] = [10, 0, 2, 1];
const ROUTER: [u8; 4] = [10, 0, 1, 1];
/// So that sequence numbers come round in the middle of it.
const ISN: u32 = u32::MAX - 1000;

type Tcp = PacketBuilderStep<TcpHeader>;

fn tcp(from: [u8; 4], to: [u8; 4], head: impl Fn(Tcp) -> Tcp, seq: u32, data: usize) -> Vec<u8> {
    let ports = if from == CLIENT {
        (4000, 443)
    } else {
        (443, 4000)
    };
    let mut packet = Vec::new();
    head(PacketBuilder::ipv4(from, to, 64).tcp(ports.0, ports.1, seq, 1000))
        .write(&mut packet, &vec![7; data])
        .unwrap();
    packet
}

/// `data` octets from the client, at so many behind its first.
fn sent(at: u32, data: usize) -> Vec<u8> {
    let seq = ISN.wrapping_add(1).wrapping_add(at);
    tcp(CLIENT, SERVER, |tcp| tcp.ack(1), seq, data)
}

/// The server has so many octets.
fn acked(octets: u32) -> Vec<u8> {
    let ack = ISN.wrapping_add(1).wrapping_add(octets);
    tcp(SERVER, CLIENT, |tcp| tcp.ack(ack), 1, 0)
}

/// A connection that is open, and on which the server has 100 octets.
fn open() -> Replay {
    let mut capture = Replay::new();
    capture.at(0, &tcp(CLIENT, SERVER, Tcp::syn, ISN, 0));
    let answer = |tcp: Tcp| tcp.syn().ack(ISN.wrapping_add(1));
    capture.at(1, &tcp(SERVER, CLIENT, answer, 0, 0));
    capture.at(2, &sent(0, 100));
    capture.at(3, &acked(100));
    capture
}

/// Sends the same `data` octets at these times.
fn send_at(capture: &mut Replay, data: usize, millis: &[i64]) {
    for &millis in millis {
        capture.at(millis, &sent(100, data));
    }
}

/// As a stack does after a flight of segments.
const TIMEOUTS: [i64; 6] = [1000, 1200, 1600, 2400, 4000, 7200];

fn stalls(capture: Replay) -> Vec<Stalled> {
    let told = capture.end().into_iter();
    told.filter_map(|outcome| match outcome {
        Outcome::Stalled(stall) => Some(stall),
        _ => None,
    })
    .collect()
}

#[test]
fn what_nobody_acknowledges_is_told() {
    let mut capture = open();
    send_at(&mut capture, 1400, &TIMEOUTS);
    let [stall] = stalls(capture)[..] else {
        panic!("one connection")
    };
    assert_eq!((stall.sent.count, stall.length), (6, 1440));
    assert_eq!(stall.acknowledged, Some(140));
    assert_eq!(stall.directions, Directions::Both);
    assert_eq!(stall.peer, Peer::Open);
    assert_eq!(stall.sent.first.as_nanos(), 1_000_000_000);
    let frames: Vec<_> = stall
        .sent
        .frames()
        .iter()
        .map(|frame| frame.number())
        .collect();
    assert_eq!(frames, [5, 6, 7, 8]);
}

#[test]
fn what_gets_through_in_smaller_packets_was_too_large() {
    for (before, smaller, is_large_after, told) in [
        (5, 1024, false, true),
        // It was sent so again, and got there: the way was interrupted.
        (5, 1400, false, false),
        (5, 1024, true, false),
        // For a moment.
        (3, 1024, false, false),
    ] {
        let mut capture = open();
        send_at(&mut capture, 1400, &TIMEOUTS[..before]);
        capture.at(7200, &sent(100, smaller));
        let mut end = 100 + u32::try_from(smaller).unwrap();
        capture.at(7210, &acked(end));
        if is_large_after {
            capture.at(7220, &sent(end, 1400));
            end += 1400;
            capture.at(7230, &acked(end));
        }
        let stalls = stalls(capture);
        assert_eq!(stalls.len(), usize::from(told), "{before} {smaller}");
        if let Some(stall) = stalls.first() {
            assert_eq!((stall.sent.count, stall.length), (5, 1440));
            assert_eq!(stall.acknowledged, Some(1064));
            assert_eq!(stall.directions, Directions::Both);
        }
    }
}

#[test]
fn whom_it_was_for_may_have_closed_its_side() {
    let mut capture = open();
    let close = |tcp: Tcp| tcp.fin().ack(ISN.wrapping_add(101));
    capture.at(500, &tcp(SERVER, CLIENT, close, 1, 0));
    send_at(&mut capture, 1400, &TIMEOUTS);
    let [stall] = stalls(capture)[..] else {
        panic!("one connection")
    };
    assert_eq!(stall.peer, Peer::Closed);
    // Who sends it may close at any time.
    let mut capture = open();
    send_at(&mut capture, 1400, &TIMEOUTS);
    let close = |tcp: Tcp| tcp.fin().ack(1);
    capture.at(
        7300,
        &tcp(CLIENT, SERVER, close, ISN.wrapping_add(101), 1400),
    );
    let [stall] = stalls(capture)[..] else {
        panic!("one connection")
    };
    assert_eq!(stall.peer, Peer::Open);
}

#[test]
fn the_first_of_a_flight_is_what_comes_again() {
    let mut capture = open();
    for segment in 0..10 {
        capture.at(1000, &sent(100 + segment * 1400, 1400));
    }
    // The last one as a probe for loss, then the first ones.
    capture.at(1150, &sent(100 + 9 * 1400, 1400));
    send_at(&mut capture, 1400, &TIMEOUTS[1..]);
    let [stall] = stalls(capture)[..] else {
        panic!("one connection")
    };
    assert_eq!((stall.sent.count, stall.acknowledged), (6, Some(140)));
    assert_eq!(stall.sent.first.as_nanos(), 1_000_000_000);
}

#[test]
fn what_is_acknowledged_in_the_end_is_not() {
    let mut capture = open();
    send_at(&mut capture, 1400, &TIMEOUTS);
    capture.at(7201, &acked(100));
    capture.at(7300, &acked(1500));
    assert!(stalls(capture).is_empty());
    // The acknowledgement is on another way, but the sender had it.
    let mut capture = open();
    send_at(&mut capture, 1400, &TIMEOUTS);
    capture.at(7300, &sent(1500, 1400));
    assert!(stalls(capture).is_empty());
    let mut capture = open();
    send_at(&mut capture, 1400, &TIMEOUTS);
    capture.at(7300, &tcp(SERVER, CLIENT, Tcp::rst, 1, 0));
    assert!(stalls(capture).is_empty());
}

#[test]
fn few_or_quick_transmissions_are_no_stall() {
    for millis in [&TIMEOUTS[..3], &[1000, 1200, 1600, 2400]] {
        let mut capture = open();
        send_at(&mut capture, 1400, millis);
        assert!(stalls(capture).is_empty(), "{millis:?}");
    }
    // The same packets at two points of capture.
    let mut capture = open();
    for millis in [1000, 3000] {
        send_at(&mut capture, 1400, &[millis, millis + 1, millis + 2]);
    }
    capture.at(9000, &acked(100));
    assert!(stalls(capture).is_empty());
}

#[test]
fn probes_of_a_closed_window_are_no_data() {
    for data in [0, 1] {
        let mut capture = open();
        for millis in TIMEOUTS {
            capture.at(millis, &sent(100, data));
            capture.at(millis + 1, &acked(100));
        }
        assert!(stalls(capture).is_empty(), "{data} octets");
    }
}

/// An error of this type about a packet.
fn error(kind: u8, quoted: &[u8]) -> Vec<u8> {
    replay::error(ROUTER, [kind, 1, 0, 0, 0, 0, 0, 0], &quoted[..28])
}

#[test]
fn any_error_about_one_of_the_ends_explains_it() {
    let other_client = {
        let mut packet = sent(100, 1400);
        packet[15] = 99;
        packet
    };
    for quoted in [sent(100, 1400), other_client, acked(100)] {
        let mut capture = open();
        send_at(&mut capture, 1400, &TIMEOUTS);
        capture.at(7300, &error(3, &quoted));
        assert!(stalls(capture).is_empty());
    }
    // Another port of the server is another matter.
    let mut elsewhere = sent(100, 1400);
    elsewhere[23] += 1;
    let mut capture = open();
    send_at(&mut capture, 1400, &TIMEOUTS);
    capture.at(7300, &error(3, &elsewhere));
    assert_eq!(stalls(capture).len(), 1);
}

#[test]
fn one_direction_proves_nothing() {
    let mut capture = Replay::new();
    send_at(&mut capture, 1400, &TIMEOUTS);
    let [stall] = stalls(capture)[..] else {
        panic!("one connection")
    };
    assert_eq!(stall.directions, Directions::OneSidedPossible);
    assert_eq!(stall.acknowledged, None);
}

#[test]
fn who_gave_up_is_told_before_the_capture_ends() {
    let mut capture = open();
    send_at(&mut capture, 1400, &TIMEOUTS);
    // Somebody else's, minutes later.
    for millis in [200_000, 400_000, 400_001] {
        capture.at(millis, &tcp([10, 9, 9, 9], SERVER, |tcp| tcp.ack(1), 5, 0));
    }
    assert_eq!(stalls(capture).len(), 1);
}
