//! Requests that come twice within a moment: captured twice only where nothing tells them apart.

use etherparse::{IcmpEchoHeader, Icmpv4Type, IpNumber, PacketBuilder};
use serde_json::Value;

use crate::common::crafted::Crafted;
use crate::common::{of_type, records};

const ECHO_REQUEST: u8 = 8;
const INFORMATION_REQUEST: u8 = 15;
const EXTENDED_ECHO_REQUEST: u8 = 42;

/// A message of identifier 7 and sequence number 1.
fn message(kind: u8, code: u8, rest: &[u8]) -> Vec<u8> {
    let mut packet = Vec::new();
    PacketBuilder::ipv4([192, 0, 2, 1], [192, 0, 2, 2], 64)
        .icmpv4(Icmpv4Type::Unknown {
            type_u8: kind,
            code_u8: code,
            bytes5to8: [0, 7, 1, 1],
        })
        .write(&mut packet, rest)
        .expect("a packet");
    packet
}

/// Whether the second of two packets, one right behind the other, is told as a copy.
fn is_told_as_copy(packets: [&[u8]; 2]) -> bool {
    let mut capture = Crafted::new();
    for (micros, packet) in (0..).zip(packets) {
        capture.push(micros, packet);
    }
    let file = capture.file();
    let told = records(&["-r", file.path().to_str().unwrap()]);
    let messages: Vec<_> = of_type(&told, "icmp").into_iter().collect();
    assert_eq!(messages.len(), 2, "{told:?}");
    assert_eq!(messages[0]["copy_of"], Value::Null);
    messages[1]["copy_of"].is_object()
}

#[test]
fn requests_that_differ_in_anything_are_two() {
    // An extension structure with the interface asked about, by index (RFC 8335 section 2.1).
    let about = |index| [0x20, 0, 0, 0, 0, 8, 3, 2, 0, 0, 0, index];
    let first = message(EXTENDED_ECHO_REQUEST, 0, &about(1));
    assert!(is_told_as_copy([&first, &first]));
    let other = message(EXTENDED_ECHO_REQUEST, 0, &about(2));
    assert!(!is_told_as_copy([&first, &other]));
    // Neighbor solicitations for one target, with and without a nonce.
    let solicitation = |nonce: &[u8]| {
        let mut packet = Vec::new();
        let message = [&[135, 0, 0, 0, 0, 0, 0, 0][..], &[0xfe; 16], nonce].concat();
        PacketBuilder::ipv6([0xfd; 16], [0xfe; 16], 255)
            .write(&mut packet, IpNumber::IPV6_ICMP, &message)
            .expect("a packet");
        packet
    };
    let (first, other) = (solicitation(&[]), solicitation(&[14, 1, 1, 2, 3, 4, 5, 6]));
    assert!(is_told_as_copy([&first, &first]));
    assert!(!is_told_as_copy([&first, &other]));
    for kind in [ECHO_REQUEST, INFORMATION_REQUEST, EXTENDED_ECHO_REQUEST] {
        let first = message(kind, 0, &[]);
        assert!(is_told_as_copy([&first, &first]), "type {kind}");
        let other = message(kind, 1, &[]);
        assert!(!is_told_as_copy([&first, &other]), "type {kind}");
    }
}

/// No router forwards messages of discovery, and no translation rewrites them (RFC 4861 section 3.1).
#[test]
fn discovery_of_other_hosts_groups_or_hop_limits_is_no_copy() {
    let asks = |kind, [src, dst]: [[u8; 16]; 2], hops| {
        let mut packet = Vec::new();
        let message = [&[kind, 0, 0, 0, 0, 0, 0, 0][..], &[0x20; 16]].concat();
        PacketBuilder::ipv6(src, dst, hops)
            .write(&mut packet, IpNumber::IPV6_ICMP, &message)
            .expect("a packet");
        packet
    };
    let (host, group) = ([0xfd; 16], [0xff; 16]);
    for kind in [133, 135] {
        let first = asks(kind, [host, group], 255);
        assert!(is_told_as_copy([&first, &first]), "type {kind}");
        for (ends, hops) in [
            ([[0xfc; 16], group], 255),
            ([host, [0xfe; 16]], 255),
            ([host, group], 64),
        ] {
            let other = asks(kind, ends, hops);
            assert!(!is_told_as_copy([&first, &other]), "type {kind}, {ends:?}");
        }
    }
    let solicits = |src| {
        let mut packet = Vec::new();
        let message = [10, 0, 0, 0, 0, 0, 0, 0];
        PacketBuilder::ipv4(src, [224, 0, 0, 2], 1)
            .write(&mut packet, IpNumber::ICMP, &message)
            .expect("a packet");
        packet
    };
    let first = solicits([192, 0, 2, 1]);
    assert!(is_told_as_copy([&first, &first]));
    assert!(!is_told_as_copy([&first, &solicits([192, 0, 2, 9])]));
}

/// What asks and answers nothing is captured twice as any packet is.
#[test]
fn reports_and_advertisements_come_twice_as_well() {
    const REPORT: u8 = 143;
    const ADVERTISEMENT: u8 = 134;
    let message = |kind: u8, last: u8| {
        let mut packet = Vec::new();
        let message = [kind, 0, 0, 0, 64, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last];
        PacketBuilder::ipv6([0xfe; 16], [0xff; 16], 255)
            .write(&mut packet, IpNumber::IPV6_ICMP, &message)
            .expect("a packet");
        packet
    };
    for kind in [REPORT, ADVERTISEMENT] {
        let first = message(kind, 0);
        assert!(is_told_as_copy([&first, &first]), "type {kind}");
        assert!(!is_told_as_copy([&first, &message(kind, 1)]), "type {kind}");
    }
}

const ASKER: [u8; 4] = [192, 0, 2, 1];
const ASKED: [u8; 4] = [192, 0, 2, 2];

/// The fragments of an echo message that is too long for one packet, seen with this TTL.
fn fragments(src: [u8; 4], dst: [u8; 4], ttl: u8, (kind, seq): (&Icmpv4Type, u16)) -> [Vec<u8>; 2] {
    let mut whole = Vec::new();
    PacketBuilder::ipv4(src, dst, ttl)
        .icmpv4(kind.clone())
        .write(&mut whole, &[7; 40])
        .expect("a packet");
    let (header, message) = whole.split_at(20);
    [(0, 0x2000), (3, 0)].map(|(offset, more): (u16, u16)| {
        let at = usize::from(offset) * 8;
        let part = if more > 0 {
            &message[..24]
        } else {
            &message[at..]
        };
        let mut packet = [header, part].concat();
        let length = u16::try_from(packet.len()).unwrap();
        packet[2..4].copy_from_slice(&length.to_be_bytes());
        packet[4..6].copy_from_slice(&(100 + seq).to_be_bytes());
        packet[6..8].copy_from_slice(&(offset | more).to_be_bytes());
        packet
    })
}

/// What became of pings in fragments, seen where they are sent and where they arrive, whose replies are seen
/// there in this order: each by the number of its fragment and its TTL.
fn outcome_of_fragmented(replies: &[(usize, u8)]) -> Value {
    let mut capture = Crafted::new();
    for seq in 1..=3 {
        let begin = u64::from(seq) * 1_000_000;
        let header = IcmpEchoHeader { id: 7, seq };
        let asks = (&Icmpv4Type::EchoRequest(header), seq);
        let requests = [64, 62]
            .map(|ttl| fragments(ASKER, ASKED, ttl, asks))
            .concat();
        for (micros, packet) in (begin..).zip(&requests) {
            capture.push(micros, packet);
        }
        let answers = (&Icmpv4Type::EchoReply(header), seq);
        for (micros, &(part, ttl)) in (begin + 50..).zip(replies) {
            capture.push(micros, &fragments(ASKED, ASKER, ttl, answers)[part]);
        }
    }
    // Something else comes all the way back, and the capture goes on.
    let mut other = Vec::new();
    let datagram = PacketBuilder::ipv4(ASKED, ASKER, 62).udp(53, 4000);
    datagram.write(&mut other, b"here").expect("a packet");
    capture.push(30_000_000, &other);
    let file = capture.file();
    let told = records(&["-r", file.path().to_str().unwrap()]);
    let exchanges = of_type(&told, "exchange");
    assert_eq!(exchanges.len(), 3, "{told:?}");
    exchanges[1]["outcome"].clone()
}

#[test]
fn replies_in_fragments_come_back_where_they_are_seen_again() {
    let (at_sender, at_asker) = (64, 62);
    let lost = [(0, at_sender), (1, at_sender)];
    assert_eq!(outcome_of_fragmented(&lost), "lost");
    for order in [[0, 1, 2, 3], [0, 2, 1, 3]] {
        let all = [(0, at_sender), (1, at_sender), (0, at_asker), (1, at_asker)];
        let seen = order.map(|at| all[at]);
        assert_eq!(outcome_of_fragmented(&seen), "answered", "{order:?}");
    }
}
