use std::net::Ipv6Addr;

use etherparse::{IpNumber, PacketBuilder};

use crate::correlate::flows::Ring;
use crate::correlate::observation::Observation;
use crate::correlate::quoted::find;
use crate::correlate::{MatchKind, Original};
use crate::icmp::Message;
use crate::model::{FrameRef, SourceId, Timestamp};
use crate::wire::ip::protocol::{GRE, IPV6, IPV6_ICMP, SCTP, UDP};
use crate::wire::{Ip, Limit};

const CLIENT: [u8; 16] = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).octets();
const SERVER: [u8; 16] = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 9).octets();
const ROUTER: [u8; 16] = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 5).octets();
/// Nothing hides the payload behind a checksum.
const NO_SUM: u16 = 0;
/// More than the quote that IPv4 asks for, and not the datagram's end.
const ALL: usize = usize::MAX;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_nanos(millis * 1_000_000)
}

fn packet6(protocol: u8, transport: &[u8]) -> Vec<u8> {
    let mut packet = Vec::new();
    PacketBuilder::ipv6(CLIENT, SERVER, 64)
        .write(&mut packet, IpNumber(protocol), transport)
        .unwrap();
    packet
}

/// A datagram's transport with this checksum and payload.
fn datagram(checksum: u16, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(8 + payload.len()).unwrap();
    let halves = [4000, 33435, length, checksum].map(u16::to_be_bytes);
    [halves.as_flattened(), payload].concat()
}

/// The checksum of what a card is to finish: that of the addresses and the length.
fn partial(payload: &[u8]) -> u16 {
    let length = u16::try_from(8 + payload.len()).unwrap().to_be_bytes();
    !crate::wire::checksum::internet(&[&CLIENT, &SERVER, &[0, UDP], &length])
}

/// What an error about the first `quoted` octets of `dropped` finds, captured 100 ms apart.
fn found(captured: &[&[u8]], dropped: &[u8], quoted: usize) -> (MatchKind, u64, bool) {
    let mut ring = Ring::new(1 << 20);
    for (number, octets) in (1..).zip(captured) {
        let frame = FrameRef::new(SourceId(0), number);
        let ip = Ip::parse(octets, Limit::Frame).unwrap();
        let millis = i64::try_from(number).unwrap() * 100 + 100;
        let packet = Observation::of_packet(frame, at(millis), &ip);
        ring.push(&packet, &ring.hashes_of(&packet), false);
    }
    let quote = dropped.get(..quoted).unwrap_or(dropped);
    let mut error = Vec::new();
    if quote[0] >> 4 == 6 {
        PacketBuilder::ipv6(ROUTER, CLIENT, 64)
            .icmpv6_raw(1, 1, [0; 4])
            .write(&mut error, quote)
            .unwrap();
    } else {
        PacketBuilder::ipv4([10, 0, 0, 5], [10, 0, 0, 1], 64)
            .icmpv4_raw(3, 13, [0; 4])
            .write(&mut error, quote)
            .unwrap();
    }
    let ip = Ip::parse(&error, Limit::Frame).unwrap();
    let message = Message::parse(&ip);
    let frame = FrameRef::new(SourceId(0), 99);
    match find(
        &ring,
        message.quote().unwrap(),
        (frame, at(1000)),
        at(0),
        |_| false,
    ) {
        Original::Found {
            match_kind,
            frame,
            is_other,
            ..
        } => (match_kind, frame.number(), is_other),
        Original::None(why) => panic!("nothing found: {why:?}"),
    }
}

/// Of packets a, b and a the error about b is, and where a alone was captured, it is about another.
fn assert_told(name: &str, (a, b): (&[u8], &[u8]), quoted: usize) {
    let all = found(&[a, b, a], b, quoted);
    assert_eq!(all, (MatchKind::Exact, 2, false), "{name}");
    let alone = found(&[a], b, quoted);
    assert_eq!(alone, (MatchKind::Flow, 1, true), "{name}");
}

#[test]
fn what_an_ipv6_quote_shows_behind_the_ports_tells_the_packet() {
    let message = |kind, second: [u8; 4], body: &[u8]| {
        let mut packet = Vec::new();
        PacketBuilder::ipv6(CLIENT, SERVER, 64)
            .icmpv6_raw(kind, 0, second)
            .write(&mut packet, body)
            .unwrap();
        packet
    };
    let gre = |seq| {
        let head = [0x30, 0, 0x65, 0x58, 0, 0, 0, 9, 0, 0, 0, seq];
        packet6(GRE, &[&head[..], &[0; 40]].concat())
    };
    let sctp = |tsn| {
        let head = [0, 5, 0, 6, 0, 0, 0, 1];
        packet6(
            SCTP,
            &[&head[..], &[tsn; 4], &[0, 3, 0, 20, 0, 0, 0, tsn], &[0; 12]].concat(),
        )
    };
    let inner = |seq| packet6(IPV6, &message(128, [0, 5, 0, seq], &[0; 40]));
    let own = |checksum, octet| packet6(UDP, &datagram(checksum, &[octet; 40]));
    let later = |octet| {
        packet6(
            UDP,
            &datagram(NO_SUM, &[&[7; 20][..], &[octet; 20]].concat()),
        )
    };
    let same = partial(&[0; 40]);
    for (name, a, b) in [
        (
            "target",
            message(135, [0; 4], &[0xaa; 16]),
            message(135, [0; 4], &[0xbb; 16]),
        ),
        (
            "options",
            message(133, [0; 4], &[1, 1, 1, 1, 1, 1, 1, 1]),
            message(133, [0; 4], &[1, 1, 2, 2, 2, 2, 2, 2]),
        ),
        (
            "quoted error",
            message(1, [0; 4], &packet6(UDP, &datagram(1, &[1; 9]))),
            message(1, [0; 4], &packet6(UDP, &datagram(2, &[2; 9]))),
        ),
        ("sum", own(0x1111, 1), own(0x2222, 1)),
        ("no sum", own(NO_SUM, 1), own(NO_SUM, 2)),
        ("no sum, later", later(1), later(2)),
        ("offload", own(same, 1), own(same, 2)),
        ("GRE sequence number", gre(1), gre(2)),
        ("SCTP chunk", sctp(1), sctp(2)),
        ("sequence number in a tunnel", inner(1), inner(2)),
    ] {
        assert_told(name, (&a, &b), ALL);
    }
    // To the eighth octet of the transport.
    assert_told("sum", (&own(0x1111, 1), &own(0x2222, 1)), 48);
}

#[test]
fn offload_is_why_a_checksum_differs() {
    let captured = packet6(UDP, &datagram(partial(b"who is there"), b"who is there"));
    let other = packet6(UDP, &datagram(partial(b"who is here?"), b"who is here?"));
    let wire = packet6(UDP, &datagram(0x1234, b"who is there"));
    let sent: [&[u8]; 3] = [&other, &captured, &other];
    assert_eq!(found(&sent, &wire, ALL), (MatchKind::Exact, 2, false));
    // Nothing else is shown: it may be any of them.
    assert_eq!(found(&sent, &wire, 48), (MatchKind::Flow, 3, false));
    // The capture has what the card made of it.
    let done = packet6(UDP, &datagram(0x1235, b"who is there"));
    let last: [&[u8]; 1] = [&done];
    assert_eq!(found(&last, &wire, ALL), (MatchKind::Flow, 1, true));
}

/// Of what a card is to finish, eight quoted octets tell the ports and the length: that is the packet, unless
/// another can be.
#[test]
fn where_no_other_has_its_length_that_tells_the_packet() {
    let octets = |count, octet: u8| vec![octet; count];
    let sent = |payload: &[u8]| packet6(UDP, &datagram(partial(payload), payload));
    let wire = packet6(UDP, &datagram(0x1234, &octets(40, 1)));
    let own = sent(&octets(40, 1));
    let shorter = sent(&octets(30, 1));
    let first: [&[u8]; 3] = [&shorter, &own, &shorter];
    assert_eq!(found(&first, &wire, 48), (MatchKind::Exact, 2, false));
    // One of the same length, and one that the card may have taken apart, whose checksums it finishes.
    let (alike, several) = (sent(&octets(40, 2)), sent(&octets(80, 1)));
    for other in [&alike, &several] {
        let after = found(&[&own, other], &wire, 48);
        assert_eq!((after.0, after.2), (MatchKind::Flow, false));
        let before = found(&[other, &own], &wire, 48);
        assert_eq!(before, (MatchKind::Flow, 2, false));
    }
    // Of a checksum that is there nobody takes the datagram apart.
    let whole = packet6(UDP, &datagram(0x4321, &octets(80, 1)));
    assert_eq!(
        found(&[&whole, &own], &wire, 48),
        (MatchKind::Exact, 2, false)
    );
}

#[test]
fn a_packet_that_holds_no_more_is_told_by_that() {
    let empty = packet6(59, &[]);
    assert_eq!(found(&[&empty], &empty, ALL), (MatchKind::Exact, 1, false));
    let captured = packet6(UDP, &datagram(partial(&[]), &[]));
    let wire = packet6(UDP, &datagram(0x1234, &[]));
    assert_eq!(
        found(&[&captured], &wire, ALL),
        (MatchKind::Exact, 1, false)
    );
}

#[test]
fn zeros_behind_a_short_quote_may_be_padding() {
    let a = packet6(UDP, &datagram(partial(&[7; 40]), &[7; 40]));
    let mut quote = packet6(UDP, &datagram(0x1234, &[7; 40]));
    quote[48..].fill(0);
    assert_eq!(
        found(&[&a], &quote[..80], ALL),
        (MatchKind::Exact, 1, false)
    );
    quote[79] = 8;
    assert_eq!(found(&[&a], &quote[..80], ALL), (MatchKind::Flow, 1, true));
}

/// With this flow label, of less than an octet.
fn labelled(mut packet: Vec<u8>, label: u8) -> Vec<u8> {
    packet[3] = label;
    packet
}

/// RFC 7915 section 4.1: what a translator quotes has no flow label.
#[test]
fn a_quote_without_a_flow_label_is_of_a_packet_with_one_that_the_rest_tells() {
    let (a, b) = (
        packet6(UDP, &datagram(0x1111, &[1; 40])),
        packet6(UDP, &datagram(0x2222, &[1; 40])),
    );
    let sent = |packet: &[u8]| labelled(packet.to_vec(), 5);
    for quoted in [48, ALL] {
        let all = found(&[&sent(&a), &sent(&b), &sent(&a)], &b, quoted);
        assert_eq!(all, (MatchKind::Exact, 2, false), "{quoted}");
        let other = found(&[&sent(&a)], &b, quoted);
        assert_eq!(other, (MatchKind::Flow, 1, true), "{quoted}");
    }
    // Another label than the sender's is another packet's.
    let other = found(&[&sent(&a)], &labelled(a.clone(), 6), ALL);
    assert_eq!(other, (MatchKind::Flow, 1, true));
    // Two that are alike, and of these the one that was sent without a label.
    let alike = found(&[&sent(&a), &sent(&a)], &a, ALL);
    assert_eq!(alike, (MatchKind::Flow, 2, false));
    for (sent, number) in [([&a, &sent(&a)], 1), ([&sent(&a), &a], 2)] {
        let sent = sent.map(Vec::as_slice);
        assert_eq!(found(&sent, &a, ALL), (MatchKind::Exact, number, false));
    }
    // A card is to finish the checksum: of one that is alone of its length the ports tell.
    let partial = sent(&packet6(UDP, &datagram(partial(&[1; 40]), &[1; 40])));
    assert_eq!(found(&[&partial], &a, 48), (MatchKind::Exact, 1, false));
    let alike = found(&[&partial, &partial], &a, 48);
    assert_eq!(alike, (MatchKind::Flow, 2, false));
}

/// What fragments have instead tells them apart, also where it is 0.
#[test]
fn the_number_of_fragments_is_no_flow_label() {
    let fragment = |id: u8| {
        let header = [UDP, 0, 0, 1, 0, 0, 0, id];
        let datagram = datagram(0x1111, &[1; 40]);
        packet6(44, &[&header[..], &datagram].concat())
    };
    let same = found(&[&fragment(5)], &fragment(5), ALL);
    assert_eq!(same, (MatchKind::Exact, 1, false));
    let other = found(&[&fragment(5)], &fragment(0), ALL);
    assert_eq!(other, (MatchKind::Flow, 1, true));
}

#[test]
fn of_packets_with_the_same_octets_none_is_the_very_one() {
    let a = packet6(UDP, &datagram(0x1111, &[1; 40]));
    assert_eq!(found(&[&a], &a, ALL), (MatchKind::Exact, 1, false));
    assert_eq!(found(&[&a, &a], &a, ALL), (MatchKind::Flow, 2, false));
    let mut ping = Vec::new();
    PacketBuilder::ipv6(CLIENT, SERVER, 64)
        .icmpv6_echo_request(7, 1)
        .write(&mut ping, &[1; 40])
        .unwrap();
    assert_eq!(ping[6], IPV6_ICMP);
    assert_eq!(
        found(&[&ping, &ping], &ping, ALL),
        (MatchKind::Segment, 2, false)
    );
}

/// An IPv4 datagram with this identification.
fn numbered(id: u16, checksum: u16, octet: u8) -> Vec<u8> {
    let mut packet = Vec::new();
    PacketBuilder::ipv4([10, 0, 0, 1], [10, 0, 0, 9], 64)
        .write(
            &mut packet,
            IpNumber::UDP,
            &datagram(checksum, &[octet; 40]),
        )
        .unwrap();
    packet[4..6].copy_from_slice(&id.to_be_bytes());
    packet
}

#[test]
fn where_a_sender_does_not_count_the_octets_tell_the_packet() {
    // RFC 6864 section 4.1: atomic datagrams may have any identification.
    for id in [0, 1] {
        let (a, b) = (numbered(id, 0x1111, 1), numbered(id, 0x2222, 2));
        for quoted in [28, ALL] {
            let all = found(&[&a, &b, &a], &b, quoted);
            assert_eq!(all, (MatchKind::Exact, 2, false), "{id} {quoted}");
        }
        assert_eq!(found(&[&a], &b, ALL), (MatchKind::Flow, 1, true), "{id}");
    }
}

#[test]
fn a_translation_may_be_why_a_checksum_differs() {
    let (a, b) = (numbered(7, 0x1111, 1), numbered(7, 0x2222, 1));
    assert_eq!(found(&[&a], &b, ALL), (MatchKind::Exact, 1, false));
    // It leaves no checksum behind that is right.
    let mut whole = Vec::new();
    PacketBuilder::ipv4([10, 0, 0, 1], [10, 0, 0, 9], 64)
        .udp(4000, 33435)
        .write(&mut whole, &[1; 40])
        .unwrap();
    whole[4..6].copy_from_slice(&[0, 7]);
    assert_eq!(found(&[&a], &whole, ALL), (MatchKind::Flow, 1, true));
    assert_eq!(found(&[&a], &whole, 28), (MatchKind::Exact, 1, false));
}

#[test]
fn acknowledgements_that_carry_nothing_differ_in_what_they_acknowledge() {
    let segment = |ack| {
        let mut packet = Vec::new();
        PacketBuilder::ipv6(CLIENT, SERVER, 64)
            .tcp(4000, 443, 100, 1000)
            .ack(ack)
            .write(&mut packet, &[])
            .unwrap();
        packet
    };
    let (a, b) = (segment(1), segment(2));
    assert_eq!(found(&[&a, &b, &a], &b, ALL), (MatchKind::Exact, 2, false));
    assert_eq!(found(&[&a], &b, ALL), (MatchKind::Flow, 1, true));
}

/// Who puts a datagram together and then refuses it quotes it without its fragment header.
#[test]
fn a_datagram_of_ipv6_that_was_put_together_is_that_of_its_first_fragment() {
    let payload = |last: u8| [&[1; 63][..], &[last]].concat();
    let fragment = |id: u8, checksum| {
        let header = [UDP, 0, 0, 1, 0, 0, 0, id];
        let first = &datagram(checksum, &payload(0))[..40];
        packet6(44, &[&header[..], first].concat())
    };
    let mut whole = packet6(UDP, &datagram(0x2222, &payload(9)));
    whole[3] = 7;
    for quoted in [48, 80, ALL] {
        let (a, b) = (fragment(1, 0x1111), fragment(2, 0x2222));
        let all = found(&[&a, &b, &a], &whole, quoted);
        assert_eq!(all, (MatchKind::Exact, 2, false), "{quoted}");
        let other = found(&[&a], &whole, quoted);
        assert_eq!(other, (MatchKind::Flow, 1, true), "{quoted}");
    }
    // Sent twice, neither is the very one.
    let twice = found(&[&fragment(1, 0x2222), &fragment(2, 0x2222)], &whole, ALL);
    assert_eq!(twice, (MatchKind::Flow, 2, false));
    // Without a checksum the ports tell no more than the flow.
    let mut untold = whole.clone();
    untold[46..48].fill(0);
    let flow = found(&[&fragment(1, 0)], &untold, ALL);
    assert_eq!(flow, (MatchKind::Flow, 1, true));
}
