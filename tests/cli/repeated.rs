//! Requests that come twice within a moment: captured twice only where nothing tells them apart.

use etherparse::{Icmpv4Type, IpNumber, PacketBuilder};
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
