use etherparse::PacketBuilder;

use super::*;
use crate::correlate::replay;
use crate::icmp::Message;
use crate::model::{AddrPair, FrameRef, SourceId};
use crate::wire::{Ip, Limit};

const CLIENT: [u8; 4] = [10, 0, 0, 1];
const SERVER: [u8; 4] = [10, 0, 2, 1];
const ROUTER: [u8; 4] = [10, 0, 1, 1];

/// A capture with one flow in it.
struct Capture {
    ring: Ring,
    followed: Followed,
    frames: u64,
    /// That of the last error.
    verdict: Option<VerdictKey>,
}

impl Capture {
    fn new() -> Self {
        Self {
            ring: Ring::new(1 << 20),
            followed: Followed::new(1 << 20),
            frames: 0,
            verdict: None,
        }
    }

    fn tick(&mut self) -> Timestamp {
        self.frames += 1;
        Timestamp::from_nanos(i64::try_from(self.frames).unwrap() * 1_000_000)
    }

    fn packet(&mut self, octets: &[u8]) {
        let ts = self.tick();
        self.take(ts, octets);
    }

    fn packet_at(&mut self, micros: i64, octets: &[u8]) {
        self.frames += 1;
        self.take(Timestamp::from_nanos(micros * 1000), octets);
    }

    fn take(&mut self, ts: Timestamp, octets: &[u8]) {
        let ip = Ip::parse(octets, Limit::Frame).unwrap();
        let frame = FrameRef::new(SourceId(0), self.frames);
        let packet = Observation::of_packet(frame, ts, &ip);
        let hashes = self.ring.hashes_of(&packet);
        self.ring.push(&packet, &hashes, true);
        self.followed.packet(&packet, hashes.flow(), Link::UNKNOWN);
    }

    /// A router refuses `packet`, of which it quotes 28 octets.
    fn error(&mut self, packet: &[u8]) {
        self.error_by(ROUTER, packet);
    }

    /// The same of another one.
    fn error_by(&mut self, dropper: [u8; 4], packet: &[u8]) {
        let ts = self.tick();
        self.refuse(dropper, ts, packet);
    }

    fn error_at(&mut self, micros: i64, packet: &[u8]) {
        self.frames += 1;
        self.refuse(ROUTER, Timestamp::from_nanos(micros * 1000), packet);
    }

    fn refuse(&mut self, dropper: [u8; 4], ts: Timestamp, packet: &[u8]) {
        let error = replay::error(dropper, [3, 4, 0, 0, 0, 0, 5, 0x78], &packet[..28]);
        let ip = Ip::parse(&error, Limit::Frame).unwrap();
        let message = Message::parse(&ip);
        let quote = message.quote().unwrap();
        let verdict = VerdictKey::for_tests(quote.flow(), dropper.into());
        self.verdict = Some(verdict);
        let hit = Hit::of(quote, verdict.flow);
        let hit = (&hit, Captured::Packet);
        let elsewhere = (|_: &Fingerprint| false, |_: &Fingerprint| false);
        (self.followed).error(&self.ring, verdict, hit, ts, elsewhere);
    }

    fn aftermath(&self) -> Aftermath {
        let verdict = self.verdict.unwrap();
        (self.followed).aftermath((verdict.flow, Link::UNKNOWN), &verdict)
    }

    /// What came after the errors of another router about the same flow.
    fn aftermath_by(&self, dropper: [u8; 4]) -> Aftermath {
        let flow = self.verdict.unwrap().flow;
        (self.followed).aftermath(
            (flow, Link::UNKNOWN),
            &VerdictKey::for_tests(flow, dropper.into()),
        )
    }
}

/// A numbered packet with so many hops left.
fn numbered(mut packet: Vec<u8>, id: u16, ttl: u8) -> Vec<u8> {
    packet[4..6].copy_from_slice(&id.to_be_bytes());
    packet[8] = ttl;
    packet
}

/// A segment of the client.
fn segment(seq: u32, payload: usize, id: u16) -> Vec<u8> {
    let packet = replay::segment((CLIENT, 4000), (SERVER, 443), (seq, 1), payload);
    numbered(packet, id, 64)
}

fn syn(id: u16) -> Vec<u8> {
    let mut packet = Vec::new();
    PacketBuilder::ipv4(CLIENT, SERVER, 64)
        .tcp(4000, 443, 99, 1000)
        .syn()
        .write(&mut packet, &[])
        .unwrap();
    numbered(packet, id, 64)
}

/// The server acknowledges up to `ack`.
fn acknowledgement(ack: u32) -> Vec<u8> {
    replay::segment((SERVER, 443), (CLIENT, 4000), (1, ack), 0)
}

fn datagram(src: [u8; 4], dst: [u8; 4], ports: (u16, u16)) -> Vec<u8> {
    let mut packet = Vec::new();
    PacketBuilder::ipv4(src, dst, 64)
        .udp(ports.0, ports.1)
        .write(&mut packet, b"question")
        .unwrap();
    packet
}

#[test]
fn smaller_segments_that_are_acknowledged_are_a_recovery() {
    let mut capture = Capture::new();
    let large = [segment(100, 1460, 1), segment(1560, 1460, 2)];
    for packet in &large {
        capture.packet(packet);
    }
    for packet in &large {
        capture.error(packet);
    }
    for (seq, id) in [(100, 3), (1460, 4)] {
        capture.packet(&segment(seq, 1360, id));
    }
    capture.packet(&segment(2820, 200, 5));
    capture.packet(&acknowledgement(3020));
    let after = capture.aftermath();
    assert_eq!(after.outcome, AftermathOutcome::Recovered);
    assert_eq!((after.packets, after.retransmissions), (3, 3));
    assert_eq!(after.size_before, Some(1500));
    assert_eq!(after.size_after, Some(1400));
}

#[test]
fn an_acknowledgement_of_what_came_before_is_no_recovery() {
    let mut capture = Capture::new();
    capture.packet(&segment(100, 100, 1));
    let large = segment(200, 1460, 2);
    capture.packet(&large);
    capture.error(&large);
    capture.packet(&acknowledgement(200));
    capture.packet(&segment(200, 1460, 3));
    capture.error(&segment(200, 1460, 3));
    let after = capture.aftermath();
    assert_eq!(after.outcome, AftermathOutcome::Retransmitting);
    assert_eq!(after.retransmissions, 1);
    // The last error came after the last packet: the size is that of what it dropped.
    assert_eq!(after.size_after, Some(1500));
}

#[test]
fn what_is_dropped_after_a_recovery_counts_again() {
    let mut capture = Capture::new();
    let first = segment(100, 1460, 1);
    capture.packet(&first);
    capture.error(&first);
    capture.packet(&segment(100, 1360, 2));
    capture.packet(&acknowledgement(1460));
    assert_eq!(capture.aftermath().outcome, AftermathOutcome::Recovered);
    let second = segment(1460, 1360, 3);
    capture.packet(&second);
    capture.error(&second);
    capture.packet(&segment(1460, 1360, 4));
    assert_eq!(
        capture.aftermath().outcome,
        AftermathOutcome::Retransmitting
    );
}

#[test]
fn packets_on_their_way_tell_nothing_of_the_size_after() {
    let mut capture = Capture::new();
    let large = [segment(100, 1460, 1), segment(1560, 1460, 2)];
    capture.packet(&large[0]);
    capture.error(&large[0]);
    // Sent before the sender heard of the first error, and dropped as well.
    capture.packet(&large[1]);
    capture.error(&large[1]);
    capture.packet(&segment(100, 1360, 3));
    assert_eq!(capture.aftermath().size_after, Some(1400));
}

#[test]
fn a_connection_attempt_is_repeated() {
    let mut capture = Capture::new();
    capture.packet(&syn(1));
    capture.error(&syn(1));
    assert_eq!(capture.aftermath().outcome, AftermathOutcome::Silent);
    capture.packet(&syn(2));
    let after = capture.aftermath();
    assert_eq!(after.outcome, AftermathOutcome::Retransmitting);
    assert_eq!(after.retransmissions, 1);
}

#[test]
fn a_packet_captured_twice_was_sent_once() {
    let mut capture = Capture::new();
    let large = segment(100, 1460, 1);
    capture.packet(&large);
    capture.error(&large);
    capture.packet(&segment(100, 1360, 2));
    capture.packet(&numbered(segment(100, 1360, 2), 2, 63));
    let after = capture.aftermath();
    assert_eq!((after.packets, after.retransmissions), (1, 1));
    // Without a number only another hop is evidence.
    capture.packet(&numbered(segment(1460, 1360, 0), 0, 64));
    capture.packet(&numbered(segment(1460, 1360, 0), 0, 63));
    assert_eq!(capture.aftermath().packets, 2);
    capture.packet(&numbered(segment(1460, 1360, 0), 0, 64));
    assert_eq!(capture.aftermath().packets, 3);
}

#[test]
fn sequence_numbers_wrap() {
    let mut capture = Capture::new();
    let last = segment(u32::MAX - 99, 1000, 1);
    capture.packet(&last);
    capture.error(&last);
    capture.packet(&segment(u32::MAX - 99, 1000, 2));
    assert_eq!(capture.aftermath().retransmissions, 1);
    capture.packet(&acknowledgement(900));
    assert_eq!(capture.aftermath().outcome, AftermathOutcome::Recovered);
}

#[test]
fn a_datagram_is_answered_or_sent_again() {
    let asked = datagram(CLIENT, SERVER, (5000, 53));
    let mut capture = Capture::new();
    capture.packet(&asked);
    capture.error(&asked);
    assert_eq!(capture.aftermath().outcome, AftermathOutcome::Silent);
    capture.packet(&asked);
    assert_eq!(
        capture.aftermath().outcome,
        AftermathOutcome::Retransmitting
    );
    capture.packet(&datagram(SERVER, CLIENT, (53, 5000)));
    assert_eq!(capture.aftermath().outcome, AftermathOutcome::Recovered);
    // The service is gone again.
    capture.error(&asked);
    assert_ne!(capture.aftermath().outcome, AftermathOutcome::Recovered);
}

#[test]
fn a_flow_no_error_was_about_is_not_known() {
    let capture = Capture::new();
    let flow = FlowKey {
        protocol: TCP,
        addrs: AddrPair::new(CLIENT.into(), SERVER.into()),
        ports: FlowPorts::Ports { src: 1, dst: 2 },
    };
    let verdict = VerdictKey::for_tests(flow, ROUTER.into());
    assert_eq!(
        capture.followed.aftermath((flow, Link::UNKNOWN), &verdict),
        Aftermath::UNKNOWN
    );
}

/// A datagram from this port, and the error about it.
fn refused(capture: &mut Capture, port: u16, service: u16) -> FlowKey {
    let mut datagram = Vec::new();
    PacketBuilder::ipv4(CLIENT, SERVER, 64)
        .udp(port, service)
        .write(&mut datagram, b"who are you?")
        .unwrap();
    capture.packet(&datagram);
    capture.error(&datagram);
    capture.verdict.unwrap().flow
}

#[test]
fn another_port_is_a_new_try() {
    let mut capture = Capture::new();
    let first = refused(&mut capture, 4000, 53);
    let second = refused(&mut capture, 4001, 53);
    refused(&mut capture, 4001, 53);
    let other = refused(&mut capture, 4002, 99);
    let retried = |capture: &Capture, flow| {
        let verdict = VerdictKey::for_tests(flow, ROUTER.into());
        capture
            .followed
            .aftermath((flow, Link::UNKNOWN), &verdict)
            .retried
    };
    let of = |flow| retried(&capture, flow);
    assert_eq!((of(first), of(second), of(other)), (1, 0, 0));
    // A connection that is begun, whatever becomes of it; its SYN sent again is no other try.
    let FlowPorts::Ports { dst, .. } = second.ports else {
        unreachable!()
    };
    let from = |src| FlowKey {
        ports: FlowPorts::Ports { src, dst },
        ..second
    };
    for port in [4005, 4005, 4006] {
        let ts = Timestamp::from_nanos(60_000_000);
        capture
            .followed
            .tried(&capture.ring, (&from(port), Link::UNKNOWN), ts);
    }
    // Much later there are other reasons.
    let ts = Timestamp::from_parts(100, 0);
    capture
        .followed
        .tried(&capture.ring, (&from(4007), Link::UNKNOWN), ts);
    assert_eq!(retried(&capture, second), 2);
}

/// Another router, further on.
const BEYOND: [u8; 4] = [10, 0, 3, 1];

#[test]
fn each_verdict_about_a_flow_has_an_aftermath_of_its_own() {
    let mut capture = Capture::new();
    let large = segment(100, 1460, 1);
    capture.packet(&large);
    capture.error_by(ROUTER, &large);
    capture.packet(&segment(100, 1360, 2));
    capture.packet(&acknowledgement(1460));
    let refused = segment(1460, 1360, 3);
    capture.packet(&refused);
    capture.error_by(BEYOND, &refused);
    // What the first router dropped came through, what the second one did never.
    assert_eq!(
        capture.aftermath_by(ROUTER).outcome,
        AftermathOutcome::Recovered
    );
    let beyond = capture.aftermath_by(BEYOND);
    assert_eq!(beyond.outcome, AftermathOutcome::Silent);
    assert_eq!((beyond.packets, beyond.acknowledged), (0, false));
    assert_eq!(beyond.size_before, Some(1500));
    capture.packet(&segment(1460, 1360, 4));
    let (first, beyond) = (capture.aftermath_by(ROUTER), capture.aftermath_by(BEYOND));
    assert_eq!((first.packets, first.retransmissions), (3, 3));
    assert_eq!(beyond.outcome, AftermathOutcome::Retransmitting);
    assert_eq!((beyond.packets, beyond.retransmissions), (1, 1));
}

#[test]
fn an_answer_between_errors_is_one() {
    let asked = datagram(CLIENT, SERVER, (5000, 53));
    let mut capture = Capture::new();
    capture.packet(&asked);
    capture.error(&asked);
    capture.packet(&asked);
    capture.packet(&datagram(SERVER, CLIENT, (53, 5000)));
    // An error of somebody else takes nothing from the answer.
    capture.error_by(BEYOND, &asked);
    let first = capture.aftermath_by(ROUTER);
    assert_eq!(first.outcome, AftermathOutcome::Recovered);
    assert_eq!(capture.aftermath_by(BEYOND).answers, 0);
    capture.error(&asked);
    let first = capture.aftermath();
    assert_eq!(first.outcome, AftermathOutcome::Retransmitting);
    assert_eq!((first.packets, first.answers), (1, 1));
}

#[test]
fn a_verdict_that_was_told_begins_anew() {
    let asked = datagram(CLIENT, SERVER, (5000, 53));
    let mut capture = Capture::new();
    capture.packet(&asked);
    capture.error(&asked);
    capture.packet(&asked);
    let verdict = capture.verdict.unwrap();
    capture
        .followed
        .told((verdict.flow, Link::UNKNOWN), &verdict);
    assert_eq!(capture.aftermath(), Aftermath::UNKNOWN);
    capture.error(&asked);
    assert_eq!(capture.aftermath().outcome, AftermathOutcome::Silent);
}

#[test]
fn verdicts_about_a_flow_are_bounded() {
    let large = segment(100, 1460, 1);
    let mut capture = Capture::new();
    capture.packet(&large);
    for hop in 0..=u8::try_from(VERDICTS).unwrap() {
        capture.error_by([10, 9, 0, hop], &large);
    }
    assert_eq!(capture.aftermath(), Aftermath::UNKNOWN);
    assert_eq!(capture.followed.evicted(), 1);
    let of_first = capture.aftermath_by([10, 9, 0, 0]);
    assert_eq!(of_first.outcome, AftermathOutcome::Silent);
    assert_eq!(capture.followed.further, VERDICTS - 1);
    let flow = capture.verdict.unwrap().flow;
    let first = VerdictKey::for_tests(flow, [10, 9, 0, 0].into());
    capture.followed.told((flow, Link::UNKNOWN), &first);
    assert_eq!(capture.followed.further, VERDICTS - 2);
}

/// A mirror gives what was dropped again behind the error, and what is sent then, too.
#[test]
fn what_is_captured_again_behind_the_error_was_sent_once() {
    let large = [segment(100, 1460, 1), segment(1560, 1460, 2)];
    let mut capture = Capture::new();
    for packet in &large {
        capture.packet(packet);
    }
    capture.error(&large[0]);
    for packet in &large {
        capture.packet(packet);
    }
    let aftermath = capture.aftermath();
    assert_eq!((aftermath.packets, aftermath.retransmissions), (0, 0));
    assert_eq!(aftermath.size_after, None);
    let small = [segment(100, 1300, 3), segment(1400, 1300, 4)];
    for packet in small.iter().chain(&small) {
        capture.packet(packet);
    }
    let aftermath = capture.aftermath();
    assert_eq!((aftermath.packets, aftermath.retransmissions), (2, 2));
    // Numbered anew it was sent anew.
    capture.packet(&segment(100, 1300, 5));
    assert_eq!(capture.aftermath().packets, 3);
}

#[test]
fn what_has_no_number_is_one_packet_for_a_moment_only() {
    for (protocol_checksum, micros, packets) in [
        (Some(0x1234), 900, 0),
        (Some(0x1234), 1000, 1),
        // No checksum: two of the same length need not be the same.
        (None, 900, 1),
    ] {
        let mut packet = numbered(datagram(CLIENT, SERVER, (4000, 53)), 0, 64);
        packet[26..28].copy_from_slice(&u16::to_be_bytes(protocol_checksum.unwrap_or(0)));
        let mut capture = Capture::new();
        capture.packet_at(0, &packet);
        capture.error_at(100, &packet);
        capture.packet_at(micros, &packet);
        assert_eq!(capture.aftermath().packets, packets, "{micros}");
    }
    // The interface is to fill the checksum in: it is that of the addresses and lengths.
    let mut packet = numbered(datagram(CLIENT, SERVER, (4000, 53)), 0, 64);
    let sum = 0x0a00 + 1 + 0x0a00 + 0x0201 + 17 + 16;
    packet[26..28].copy_from_slice(&u16::to_be_bytes(sum));
    let mut capture = Capture::new();
    capture.packet_at(0, &packet);
    capture.error_at(100, &packet);
    capture.packet_at(500, &packet);
    assert_eq!(capture.aftermath().packets, 1);
}

#[test]
fn an_answer_captured_again_is_one() {
    let asked = numbered(datagram(CLIENT, SERVER, (5000, 53)), 1, 64);
    let mut capture = Capture::new();
    capture.packet(&asked);
    capture.error(&asked);
    for (id, ttl) in [(7, 64), (7, 63), (8, 64), (8, 64), (7, 62), (9, 64)] {
        capture.packet(&numbered(datagram(SERVER, CLIENT, (53, 5000)), id, ttl));
    }
    assert_eq!(capture.aftermath().answers, 3);
}

#[test]
fn the_size_of_what_is_sent_again_is_told_and_no_other() {
    let large = [segment(100, 7240, 1), segment(7340, 7240, 2)];
    let mut capture = Capture::new();
    capture.packet(&large[0]);
    capture.error(&large[0]);
    // New octets, as offload hands them over.
    capture.packet(&large[1]);
    capture.error(&large[1]);
    for id in 3..6 {
        let again = segment(100, 1448, id);
        capture.packet(&again);
        capture.error(&again);
    }
    let aftermath = capture.aftermath();
    assert_eq!(aftermath.outcome, AftermathOutcome::Retransmitting);
    assert_eq!(aftermath.retransmissions, 3);
    assert_eq!(aftermath.size_after, Some(1488));
}
