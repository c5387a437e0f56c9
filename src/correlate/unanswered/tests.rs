use etherparse::PacketBuilder;

use super::*;
use crate::correlate::replay;
use crate::icmp::{Message, Quote, QuotedTransport};
use crate::model::{FrameRef, SourceId};
use crate::wire::{Ip, Limit};

const CLIENT: [u8; 4] = [10, 0, 0, 1];
const SERVER: [u8; 4] = [10, 0, 2, 1];
const ROUTER: [u8; 4] = [10, 0, 1, 1];
const ISN: u32 = u32::MAX;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_nanos(millis * 1_000_000)
}

struct Capture {
    ring: Ring,
    attempts: Attempts,
    frames: u64,
}

impl Capture {
    /// An error about what it quotes.
    fn error(&mut self, quote: &Quote<'_>) {
        let QuotedTransport::Tcp { seq: Some(seq), .. } = quote.transport else {
            panic!("{quote:?}");
        };
        self.attempts.error(&self.ring, &quote.flow(), seq);
    }

    fn new() -> Self {
        Self {
            ring: Ring::new(1 << 20),
            attempts: Attempts::new(1 << 16),
            frames: 0,
        }
    }

    /// SYNs of one connection at these milliseconds, each with an identification of its own.
    fn of_syns(millis: &[i64]) -> Self {
        let mut capture = Self::new();
        for (&millis, id) in millis.iter().zip(1..) {
            capture.syn(millis, 64, id);
        }
        capture
    }

    fn take(&mut self, millis: i64, octets: &[u8]) {
        self.frames += 1;
        let frame = FrameRef::new(SourceId(0), self.frames);
        let ip = Ip::parse(octets, Limit::Frame).unwrap();
        let packet = Observation::of_packet(frame, at(millis), &ip);
        let hashes = self.ring.hashes_of(&packet);
        self.ring.push(&packet, &hashes, false);
        if Attempts::concerns(packet.flags) {
            self.attempts.packet(&self.ring, &packet);
        }
    }

    fn syn(&mut self, millis: i64, ttl: u8, id: u16) {
        let mut packet = from_client(CLIENT, ttl, Tcp::syn, ISN);
        packet[4..6].copy_from_slice(&id.to_be_bytes());
        self.take(millis, &packet);
    }

    /// What is told if the capture ends then.
    fn end(mut self, millis: i64) -> Vec<Unanswered> {
        let (told, _) = self.attempts.finish(&self.ring, at(millis));
        told.into_iter().map(|(attempt, _)| attempt).collect()
    }

    fn end_is_silent(self, millis: i64) -> bool {
        self.end(millis).is_empty()
    }
}

type Tcp = etherparse::PacketBuilderStep<etherparse::TcpHeader>;

fn from_client(src: [u8; 4], ttl: u8, flags: impl Fn(Tcp) -> Tcp, seq: u32) -> Vec<u8> {
    let mut packet = Vec::new();
    flags(PacketBuilder::ipv4(src, SERVER, ttl).tcp(4000, 443, seq, 1000))
        .write(&mut packet, &[])
        .unwrap();
    packet
}

fn from_server(port: u16, flags: impl Fn(Tcp) -> Tcp) -> Vec<u8> {
    let mut packet = Vec::new();
    flags(PacketBuilder::ipv4(SERVER, CLIENT, 60).tcp(443, port, 9, 1000))
        .write(&mut packet, &[])
        .unwrap();
    packet
}

#[test]
fn retransmissions_without_a_word_are_told() {
    let told = Capture::of_syns(&[0, 1000, 3000, 7000, 15_000]).end(20_000);
    let [attempt] = told.as_slice() else {
        panic!("{told:?}")
    };
    assert_eq!((attempt.sent.count, attempt.sent.last), (5, at(15_000)));
    assert_eq!(attempt.directions, Directions::OneSidedPossible);
    let frames: Vec<_> = attempt.sent.frames().iter().map(|f| f.number()).collect();
    assert_eq!(frames, [1, 2, 3, 4]);
}

#[test]
fn silence_takes_its_time() {
    assert!(Capture::of_syns(&[0]).end_is_silent(60_000));
    assert!(Capture::of_syns(&[0, 1000]).end_is_silent(2999));
    assert!(!Capture::of_syns(&[0, 1000]).end_is_silent(3000));
    assert!(Capture::of_syns(&[0, 1000, 3000]).end_is_silent(3999));
    assert!(!Capture::of_syns(&[0, 1000, 3000]).end_is_silent(4000));
}

#[test]
fn an_answer_ends_it_however_late() {
    let answers: [&[u8]; 3] = [
        &from_server(4000, |tcp| tcp.syn().ack(ISN.wrapping_add(1))),
        &from_server(4000, |tcp| tcp.rst().ack(ISN.wrapping_add(1))),
        // A connection from before, half open (RFC 9293 section 3.5.1).
        &from_server(4000, |tcp| tcp.ack(77)),
    ];
    for answer in answers {
        let mut capture = Capture::of_syns(&[0, 1000, 3000]);
        capture.take(3500, answer);
        capture.syn(7000, 64, 9);
        capture.syn(15_000, 64, 10);
        assert!(capture.end_is_silent(60_000));
    }
    let mut capture = Capture::of_syns(&[0, 1000, 3000]);
    let another = from_server(4001, |tcp| tcp.syn().ack(ISN.wrapping_add(1)));
    capture.take(500, &from_server(4002, |tcp| tcp.syn().ack(5)));
    let told = {
        capture.take(3500, &from_server(4002, |tcp| tcp.rst().ack(9)));
        capture.end(60_000)
    };
    assert_eq!(told[0].directions, Directions::Both);
    // What NAT makes of the port, the sequence number tells.
    let mut capture = Capture::of_syns(&[0, 1000, 3000]);
    capture.take(3500, &another);
    assert!(capture.end_is_silent(60_000));
}

/// SYNs that are answered each time, and sent again all the same.
fn answered(capture: &mut Capture) {
    let answer = from_server(4000, |tcp| tcp.syn().ack(ISN.wrapping_add(1)));
    for (millis, id) in [(0, 1), (1000, 2), (3000, 3)] {
        for (point, ttl) in [(0, 64), (1, 62)] {
            capture.syn(millis + point, ttl, id);
        }
        capture.take(millis + 2, &answer);
    }
    // Sent again by itself.
    capture.take(4100, &answer);
}

#[test]
fn answers_that_who_asked_never_gets_are_told() {
    let mut capture = Capture::new();
    answered(&mut capture);
    let told = capture.end(20_000);
    let [attempt] = told.as_slice() else {
        panic!("{told:?}")
    };
    assert_eq!(attempt.sent.count, 3);
    assert_eq!(attempt.in_vain.map(FrameRef::number), Some(10));
}

#[test]
fn answers_that_arrive_or_are_told_of_are_not_in_vain() {
    let ends: [Vec<u8>; 4] = [
        // It goes on, or is reset by either end.
        from_client(CLIENT, 64, |tcp| tcp.ack(10), ISN.wrapping_add(1)),
        from_client(CLIENT, 64, Tcp::rst, ISN.wrapping_add(1)),
        from_server(4000, |tcp| tcp.rst().ack(ISN.wrapping_add(1))),
        from_server(4000, |tcp| tcp.ack(ISN.wrapping_add(1))),
    ];
    for end in ends {
        let mut capture = Capture::new();
        answered(&mut capture);
        capture.take(4200, &end);
        assert!(capture.end_is_silent(20_000));
    }
    let mut capture = Capture::new();
    answered(&mut capture);
    let answer = from_server(4000, |tcp| tcp.syn().ack(ISN.wrapping_add(1)));
    let error = replay::error(ROUTER, [3, 10, 0, 0, 0, 0, 0, 0], &answer[..28]);
    let ip = Ip::parse(&error, Limit::Frame).unwrap();
    let message = Message::parse(&ip);
    capture.error(message.quote().unwrap());
    assert!(capture.end_is_silent(20_000));
}

#[test]
fn a_connection_that_goes_on_was_answered_elsewhere() {
    let mut capture = Capture::of_syns(&[0, 1000]);
    let ack = from_client(CLIENT, 64, |tcp| tcp.ack(10), ISN.wrapping_add(1));
    capture.take(1050, &ack);
    assert!(capture.end_is_silent(60_000));
}

#[test]
fn an_error_about_it_is_no_silence() {
    for src in [CLIENT, [192, 0, 2, 1]] {
        let mut capture = Capture::of_syns(&[0, 1000, 3000]);
        let syn = from_client(src, 63, Tcp::syn, ISN);
        let mut error = Vec::new();
        let mut octets = vec![3, 1, 0, 0, 0, 0, 0, 0];
        octets.extend(&syn[..28]);
        PacketBuilder::ipv4(ROUTER, src, 64)
            .write(&mut error, etherparse::IpNumber::ICMP, &octets)
            .unwrap();
        let ip = Ip::parse(&error, Limit::Frame).unwrap();
        let message = Message::parse(&ip);
        capture.error(message.quote().unwrap());
        assert!(capture.end_is_silent(60_000));
    }
}

#[test]
fn copies_are_not_sent_again() {
    let mut capture = Capture::new();
    for (millis, ttl, id) in [(0, 64, 7), (1, 63, 7), (2, 62, 0), (900, 61, 7)] {
        capture.syn(millis, ttl, id);
    }
    assert!(capture.end_is_silent(60_000));
    let mut capture = Capture::new();
    for (millis, ttl, id) in [(0, 64, 7), (1, 63, 7), (1000, 64, 8), (1001, 63, 8)] {
        capture.syn(millis, ttl, id);
    }
    assert_eq!(capture.end(60_000)[0].sent.count, 2);
}

#[test]
fn who_gave_up_is_told_before_the_capture_ends() {
    let mut capture = Capture::of_syns(&[0, 1000, 3000]);
    let mut quiet = |millis| {
        let (quiet, _) = capture.attempts.quiet(&capture.ring, at(millis));
        quiet.len()
    };
    assert_eq!(quiet(100_000), 0);
    assert_eq!(quiet(124_000), 1);
    assert!(capture.end_is_silent(200_000));
}

#[test]
fn what_has_no_room_is_counted() {
    let mut capture = Capture::new();
    let room = u32::try_from(capture.attempts.open.capacity()).unwrap();
    for seq in 0..room + 5 {
        capture.take(0, &from_client(CLIENT, 64, Tcp::syn, seq));
    }
    assert_eq!(capture.attempts.evicted(), 5);
}

/// SYNs that a router gets and does not send on, beside what comes further, if it is as it was `changed`.
fn where_seen(change: impl Fn(&mut [u8])) -> Option<u64> {
    let mut capture = Capture::new();
    let datagram = |ttl: u8| {
        let mut packet = Vec::new();
        let sent = PacketBuilder::ipv4(CLIENT, SERVER, ttl).udp(4000, 53);
        sent.write(&mut packet, b"who is there").unwrap();
        packet
    };
    capture.take(0, &datagram(64));
    let mut further = datagram(62);
    change(&mut further);
    capture.take(1, &further);
    for (millis, id) in [(10, 1), (1010, 2), (3010, 3)] {
        capture.syn(millis, 64, id);
        capture.syn(millis, 63, id);
    }
    let told = capture.end(20_000);
    assert_eq!(told.len(), 1);
    told[0].last_seen.map(FrameRef::number)
}

#[test]
fn where_packets_vanish_is_told_by_others_that_come_further() {
    assert_eq!(where_seen(|_| {}), Some(4));
    // No further than these, of another host, another datagram.
    assert_eq!(where_seen(|further| further[8] = 63), None);
    assert_eq!(where_seen(|further| further[15] += 1), None);
    assert_eq!(where_seen(|further| further[5] += 1), None);
}
