mod cut_errors;
mod cut_quotes;
mod errors;
mod unnumbered;

use etherparse::PacketBuilder;

use std::net::Ipv6Addr;

use super::*;
use crate::correlate::observation::Observation;
use crate::correlate::replay::Replay;
use crate::icmp::Message;
use crate::model::{FrameRef, SourceId};
use crate::wire::{Ip, Limit};

const CLIENT: [u8; 4] = [10, 0, 0, 1];
const SERVER: [u8; 4] = [10, 0, 2, 1];
const ROUTER: [u8; 4] = [10, 0, 1, 1];

fn at(millis: i64) -> Timestamp {
    Timestamp::from_nanos(millis * 1_000_000)
}

/// A capture of packets; each error is looked up as it would be when it is captured.
struct Capture {
    ring: Ring,
    frames: u64,
}

impl Capture {
    fn new() -> Self {
        Self {
            ring: Ring::new(1 << 20),
            frames: 0,
        }
    }

    fn add(&mut self, octets: &[u8]) -> FrameRef {
        self.frames += 1;
        let frame = FrameRef::new(SourceId(0), self.frames);
        let ip = Ip::parse(octets, Limit::Frame).unwrap();
        let millis = i64::try_from(self.frames).unwrap();
        let packet = Observation::of_packet(frame, at(millis), &ip);
        let hashes = self.ring.hashes_of(&packet);
        self.ring.push(&packet, &hashes, false);
        frame
    }

    /// What an error that quotes the first `quoted` octets of `packet` finds.
    fn find(&self, packet: &[u8], quoted: usize) -> Original {
        let error = unreachable(&packet[..quoted.min(packet.len())]);
        let ip = Ip::parse(&error, Limit::Frame).unwrap();
        let message = Message::parse(&ip);
        let quote = message.quote().unwrap();
        // Ten minutes in, so that nothing can have been sent before the capture began.
        let frame = FrameRef::new(SourceId(0), self.frames + 1);
        find(&self.ring, quote, (frame, at(600_000)), at(0), |_| false)
    }

    fn match_of(&self, packet: &[u8], quoted: usize) -> (MatchKind, u64) {
        match self.find(packet, quoted) {
            Original::Found {
                match_kind, frame, ..
            } => (match_kind, frame.number()),
            Original::None(why) => panic!("nothing found: {why:?}"),
        }
    }
}

fn unreachable(quote: &[u8]) -> Vec<u8> {
    let mut payload = vec![3, 1, 0, 0, 0, 0, 0, 0];
    payload.extend_from_slice(quote);
    let mut packet = Vec::new();
    PacketBuilder::ipv4(ROUTER, CLIENT, 64)
        .write(&mut packet, etherparse::IpNumber::ICMP, &payload)
        .unwrap();
    packet
}

fn with_id(mut packet: Vec<u8>, id: u16) -> Vec<u8> {
    packet[4..6].copy_from_slice(&id.to_be_bytes());
    packet
}

fn tcp(src: [u8; 4], port: u16, seq: u32, payload: usize, id: u16) -> Vec<u8> {
    let mut packet = Vec::new();
    PacketBuilder::ipv4(src, SERVER, 64)
        .tcp(port, 443, seq, 1000)
        .write(&mut packet, &vec![0; payload])
        .unwrap();
    with_id(packet, id)
}

fn udp(src: [u8; 4], port: u16, id: u16) -> Vec<u8> {
    let mut packet = Vec::new();
    PacketBuilder::ipv4(src, SERVER, 64)
        .udp(port, 53)
        .write(&mut packet, b"question")
        .unwrap();
    with_id(packet, id)
}

#[test]
fn eight_octets_of_tcp_and_the_identification_name_the_very_packet() {
    let mut capture = Capture::new();
    let first = tcp(CLIENT, 4000, 100, 50, 7);
    let again = tcp(CLIENT, 4000, 100, 50, 8);
    capture.add(&first);
    capture.add(&again);
    assert_eq!(capture.match_of(&first, 28), (MatchKind::Exact, 1));
    assert_eq!(capture.match_of(&again, 28), (MatchKind::Exact, 2));
}

#[test]
fn a_packet_of_fewer_than_eight_octets_is_found_once_all_of_it_is_quoted() {
    let short = |octets: &[u8], id| {
        let mut packet = Vec::new();
        PacketBuilder::ipv4(CLIENT, SERVER, 64)
            .write(&mut packet, etherparse::IpNumber(253), octets)
            .unwrap();
        with_id(packet, id)
    };
    let mut capture = Capture::new();
    let (one, other, none) = (short(&[1, 2, 3], 7), short(&[1, 2, 4], 7), short(&[], 7));
    capture.add(&one);
    capture.add(&none);
    capture.add(&other);
    assert_eq!(capture.match_of(&one, 23), (MatchKind::Exact, 1));
    assert_eq!(capture.match_of(&none, 20), (MatchKind::Exact, 2));
    assert_eq!(capture.match_of(&other, 23), (MatchKind::Exact, 3));
    // Two of the three octets could be of either.
    assert!(matches!(capture.find(&one, 22), Original::None(_)));
}

#[test]
fn a_sequence_number_inside_a_super_segment_finds_it() {
    let mut capture = Capture::new();
    capture.add(&tcp(CLIENT, 4000, 100, 4000, 7));
    capture.add(&tcp(CLIENT, 4000, 4100, 4000, 9));
    // On the wire the second of three segments, with the next identification.
    let dropped = tcp(CLIENT, 4000, 1560, 1460, 8);
    assert_eq!(capture.match_of(&dropped, 28), (MatchKind::Segment, 1));
}

#[test]
fn sequence_numbers_wrap() {
    let mut capture = Capture::new();
    capture.add(&tcp(CLIENT, 4000, u32::MAX - 10, 1000, 7));
    let dropped = tcp(CLIENT, 4000, 5, 100, 99);
    assert_eq!(capture.match_of(&dropped, 28), (MatchKind::Segment, 1));
}

/// A datagram without a checksum.
fn unsummed(id: u16) -> Vec<u8> {
    let mut packet = udp(CLIENT, 4000, id);
    packet[26..28].copy_from_slice(&[0, 0]);
    packet
}

#[test]
fn identification_zero_is_no_evidence() {
    let mut capture = Capture::new();
    capture.add(&unsummed(0));
    assert_eq!(capture.match_of(&unsummed(0), 28), (MatchKind::Flow, 1));
}

/// A packet of the flow is told from the dropped one where anything tells them apart.
#[test]
fn another_packet_of_the_flow_is_not_the_quoted_one() {
    let is_other = |captured: &[Vec<u8>], dropped: &[u8], quoted| {
        let mut capture = Capture::new();
        for packet in captured {
            capture.add(packet);
        }
        match capture.find(dropped, quoted) {
            Original::Found {
                match_kind: MatchKind::Flow,
                is_other,
                ..
            } => is_other,
            original => panic!("{original:?}"),
        }
    };
    let syn = tcp(CLIENT, 4000, 100, 0, 7);
    // By sequence number, and where that is not quoted, by identification.
    assert!(is_other(
        std::slice::from_ref(&syn),
        &tcp(CLIENT, 4000, 101, 1460, 8),
        28
    ));
    assert!(is_other(
        std::slice::from_ref(&syn),
        &tcp(CLIENT, 4000, 101, 1460, 0),
        28
    ));
    assert!(is_other(
        std::slice::from_ref(&syn),
        &tcp(CLIENT, 4000, 101, 1460, 8),
        24
    ));
    assert!(!is_other(&[syn], &tcp(CLIENT, 4000, 101, 1460, 7), 24));
    // Datagrams without one may look alike: the last of them counts as little as the others.
    let alike = [unsummed(0), unsummed(5)];
    assert!(!is_other(&alike, &unsummed(0), 28));
    assert!(is_other(&alike, &unsummed(6), 28));
    // Offload captures several as one.
    let mut large = udp(CLIENT, 4000, 5);
    large.resize(3000, 0);
    large[2..4].copy_from_slice(&3000_u16.to_be_bytes());
    let large = [large];
    assert!(!is_other(&large, &udp(CLIENT, 4000, 6), 28));
    // By their numbers it was sent before that, or long after.
    assert!(is_other(&large, &udp(CLIENT, 4000, 4), 28));
    assert!(is_other(&large, &udp(CLIENT, 4000, 500), 28));
}

#[test]
fn another_flow_between_the_same_hosts_is_no_match() {
    let mut capture = Capture::new();
    capture.add(&udp(CLIENT, 4001, 5));
    assert_eq!(
        capture.find(&udp(CLIENT, 4000, 5), 28),
        Original::None(NoOriginal::NotCaptured)
    );
}

#[test]
fn a_rewritten_source_is_found_by_what_nat_leaves_alone() {
    let mut capture = Capture::new();
    capture.add(&tcp([192, 168, 1, 9], 51000, 777, 10, 3));
    capture.add(&udp([192, 168, 1, 9], 51001, 44));
    assert_eq!(
        capture.match_of(&tcp(CLIENT, 4000, 777, 10, 3), 28),
        (MatchKind::Translated, 1)
    );
    assert_eq!(
        capture.match_of(&udp(CLIENT, 4000, 44), 28),
        (MatchKind::Translated, 2)
    );
    assert_eq!(
        capture.find(&tcp(CLIENT, 4000, 778, 10, 3), 28),
        Original::None(NoOriginal::OneSided)
    );
}

#[test]
fn each_none_has_its_reason() {
    let mut capture = Capture::new();
    let dropped = udp(CLIENT, 4000, 5);
    assert_eq!(
        capture.find(&dropped, 28),
        Original::None(NoOriginal::OneSided)
    );
    capture.add(&udp(CLIENT, 4009, 6));
    assert_eq!(
        capture.find(&dropped, 28),
        Original::None(NoOriginal::NotCaptured)
    );
    assert_eq!(
        capture.find(&dropped, 22),
        Original::None(NoOriginal::QuoteWithoutPorts)
    );
    let error = unreachable(&dropped);
    let ip = Ip::parse(&error, Limit::Frame).unwrap();
    let message = Message::parse(&ip);
    assert_eq!(
        find(
            &capture.ring,
            message.quote().unwrap(),
            (FrameRef::new(SourceId(0), 9), at(1000)),
            at(0),
            |_| false
        ),
        Original::None(NoOriginal::BeforeCapture)
    );
}

#[test]
fn what_the_ring_has_overwritten_is_said_to_be_evicted() {
    let mut capture = Capture::new();
    capture.ring = Ring::new(0);
    let dropped = udp(CLIENT, 4000, 5);
    capture.add(&dropped);
    assert_eq!(capture.match_of(&dropped, 28), (MatchKind::Exact, 1));
    for _ in 0..300 {
        capture.add(&udp(CLIENT, 4000, 6));
    }
    assert!(capture.ring.overwritten() > 0);
    // The flow is still there, the packet is not.
    assert_eq!(capture.match_of(&dropped, 28), (MatchKind::Flow, 301));
    for _ in 0..300 {
        capture.add(&udp(CLIENT, 4001, 6));
    }
    let outcome = capture.find(&dropped, 28);
    assert!(
        matches!(
            outcome,
            Original::None(NoOriginal::Evicted | NoOriginal::NotCaptured)
        ),
        "{outcome:?}"
    );
}

#[test]
fn a_later_fragment_matches_by_identification_alone() {
    let mut capture = Capture::new();
    let mut fragment = udp(CLIENT, 4000, 21);
    fragment[6..8].copy_from_slice(&100u16.to_be_bytes());
    capture.add(&fragment);
    assert_eq!(capture.match_of(&fragment, 28), (MatchKind::Exact, 1));
}

/// What an error that quotes the first `quoted` octets of `packet` lacks, and the capture has.
fn missing(capture: &Capture, packet: &[u8], quoted: usize) -> Option<[u8; 8]> {
    let error = unreachable(&packet[..quoted]);
    let ip = Ip::parse(&error, Limit::Frame).unwrap();
    let message = Message::parse(&ip);
    let now = at(i64::try_from(capture.frames).unwrap() + 1);
    let told = cut::missing_octets(&capture.ring, message.quote().unwrap(), now)?;
    assert_eq!(told.known, 8);
    Some(told.lead.octets())
}

fn ping(seq: u16, id: u16) -> Vec<u8> {
    let mut packet = Vec::new();
    PacketBuilder::ipv4(CLIENT, SERVER, 64)
        .icmpv4_echo_request(9, seq)
        .write(&mut packet, b"ping")
        .unwrap();
    with_id(packet, id)
}

#[test]
fn the_ip_header_tells_what_was_cut_behind_it() {
    let mut capture = Capture::new();
    let sent = [
        tcp(CLIENT, 4000, 100, 50, 7),
        tcp(CLIENT, 4000, 150, 50, 8),
        udp(CLIENT, 4001, 9),
        ping(1, 10),
        ping(2, 11),
    ];
    for packet in &sent {
        capture.add(packet);
    }
    for packet in &sent {
        let lead: [u8; 8] = packet[20..28].try_into().unwrap();
        for quoted in 20..28 {
            assert_eq!(missing(&capture, packet, quoted), Some(lead), "{quoted}");
        }
        // Nothing is missing.
        assert_eq!(missing(&capture, packet, 28), None);
    }
    // Not sent, by number or length; and without a number.
    for other in [
        tcp(CLIENT, 4000, 100, 50, 70),
        tcp(CLIENT, 4000, 100, 51, 7),
        tcp(CLIENT, 4000, 100, 50, 0),
    ] {
        assert_eq!(missing(&capture, &other, 20), None);
    }
    assert_eq!(missing(&capture, &tcp(CLIENT, 4003, 100, 50, 7), 24), None);
}

#[test]
fn what_was_cut_is_not_guessed() {
    let mut capture = Capture::new();
    let (one, other) = (ping(1, 10), ping(2, 10));
    capture.add(&one);
    assert!(missing(&capture, &one, 20).is_some());
    // The same packet at the next hop.
    capture.add(&one);
    assert!(missing(&capture, &one, 20).is_some());
    capture.add(&other);
    assert_eq!(missing(&capture, &one, 20), None);
    // Without number and identifier nothing tells that it was not sent.
    assert!(!has_others_of(&capture, &ping(3, 12), 24));
    assert!(has_others_of(&capture, &ping(3, 12), 28));
}

fn has_others_of(capture: &Capture, packet: &[u8], quoted: usize) -> bool {
    let error = unreachable(&packet[..quoted]);
    let ip = Ip::parse(&error, Limit::Frame).unwrap();
    has_others(&capture.ring, Message::parse(&ip).quote().unwrap(), |_| {
        false
    })
}

/// In a loop it comes by again and again: it was sent when it had all its hops.
#[test]
fn a_packet_that_goes_round_is_found_where_it_came_first() {
    let echo = |ttl| {
        let mut packet = Vec::new();
        PacketBuilder::ipv4(CLIENT, SERVER, ttl)
            .icmpv4_echo_request(7, 1)
            .write(&mut packet, b"ping")
            .unwrap();
        with_id(packet, 0)
    };
    let numbered = |ttl| {
        let mut packet = udp(CLIENT, 4000, 7);
        packet[8] = ttl;
        packet
    };
    let passing: [&dyn Fn(u8) -> Vec<u8>; 2] = [&numbered, &echo];
    for packet in passing {
        let mut capture = Capture::new();
        for id in 100..140 {
            capture.add(&udp(CLIENT, 4000, id));
        }
        for ttl in (1..=64).rev() {
            capture.add(&packet(ttl));
        }
        let Original::Found {
            frame,
            ttl,
            last_ttl,
            ..
        } = capture.find(&packet(0), 28)
        else {
            panic!("found");
        };
        assert_eq!((frame.number(), ttl, last_ttl), (41, 64, 1));
    }
}

/// Two captures of one link, by one clock, and the error in a third.
#[test]
fn of_one_packet_on_a_link_the_sender_s_own_capture_is_named() {
    let client = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).octets();
    let server = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 2).octets();
    // As the card is to complete the checksum, datagrams that differ look alike.
    let sum = 2 * (0x2001 + 0x0db8) + 1 + 2 + 17 + 12;
    let [high, low] = u16::to_be_bytes(sum);
    let udp = [0x9c, 0x41, 0, 9, 0, 12, high, low, 1, 2, 3, 4];
    let mut sent = Vec::new();
    PacketBuilder::ipv6(client, server, 64)
        .write(&mut sent, etherparse::IpNumber::UDP, &udp)
        .unwrap();
    let mut error = Vec::new();
    PacketBuilder::ipv6(server, client, 64)
        .icmpv6_raw(1, 3, [0; 4])
        .write(&mut error, &sent)
        .unwrap();
    let mut play = Replay::new();
    // The one before is no copy of it.
    play.seen_in(SourceId(0), 1, &sent);
    play.seen_in(SourceId(0), 5, &sent);
    play.seen_in(SourceId(1), 5, &sent);
    // So it was at the next hop.
    let mut forwarded = sent.clone();
    forwarded[7] = 63;
    play.seen_in(SourceId(1), 5, &forwarded);
    play.seen_in(SourceId(2), 5, &forwarded);
    play.seen_in(SourceId(2), 6, &error);
    let verdicts = play.verdicts();
    assert_eq!(verdicts[0].original_frames, [FrameRef::new(SourceId(0), 2)]);
}
