//! Requests that go by way of others: their replies come from where the route ends.

use std::net::Ipv6Addr;

use serde_json::Value;

use crate::common::crafted::{Crafted, echo_reply, echo_request};
use crate::common::{of_type, records};

const ECHO_REQUEST: u8 = 128;
const ECHO_REPLY: u8 = 129;

/// An ICMPv6 echo of identifier 7 and sequence number 1, behind `extension`, which `next` names.
/// The checksum is left out.
fn echo6(kind: u8, (src, dst): (Ipv6Addr, Ipv6Addr), next: u8, extension: &[u8]) -> Vec<u8> {
    let message = [kind, 0, 0, 0, 0, 7, 0, 1];
    let length = u8::try_from(extension.len() + message.len()).unwrap();
    let fixed = [0x60, 0, 0, 0, 0, length, next, 64];
    [
        &fixed[..],
        &src.octets(),
        &dst.octets(),
        extension,
        &message,
    ]
    .concat()
}

/// What is told of these packets.
fn told(packets: &[Vec<u8>]) -> Vec<Value> {
    let mut capture = Crafted::new();
    for (millis, packet) in (0..).step_by(10).zip(packets) {
        capture.at(millis, packet);
    }
    let file = capture.file();
    records(&["-r", file.path().to_str().unwrap()])
}

/// The exchanges among that.
fn exchanges(packets: &[Vec<u8>]) -> Vec<Value> {
    let told = told(packets);
    of_type(&told, "exchange").into_iter().cloned().collect()
}

#[test]
fn a_reply_over_a_routing_header_is_found() {
    let address = |last: u16| Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, last);
    let (asks, hop, asked) = (address(1), address(2), address(3));
    // RFC 8754 section 2: the last segment comes first.
    let route = |left: u8| {
        let head = [58, 4, 4, left, 1, 0, 0, 0];
        [&head[..], &asked.octets(), &hop.octets()].concat()
    };
    let requests = [
        echo6(ECHO_REQUEST, (asks, hop), 43, &route(1)),
        echo6(ECHO_REQUEST, (asks, asked), 43, &route(0)),
    ];
    let reply = echo6(ECHO_REPLY, (asked, asks), 58, &[]);
    for request in &requests {
        let told = exchanges(&[request.clone(), reply.clone()]);
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0]["outcome"], "answered");
        assert_eq!(told[0]["dst"], asked.to_string(), "{told:?}");
    }
}

#[test]
fn a_reply_over_a_source_route_is_found() {
    let ends = ([192, 0, 2, 1].into(), [198, 51, 100, 3].into());
    let hop = [203, 0, 113, 2];
    let request = echo_request(ends, 64, (7, 1), b"payload");
    // RFC 791 section 3.1: the route's next address is the destination, its last one the end.
    let routed = |pointer: u8| {
        let mut packet = request.clone();
        packet[0] = 0x47;
        packet[3] += 8;
        let option = [131, 7, pointer, 198, 51, 100, 3, 0];
        packet.splice(20..20, option);
        if pointer <= 7 {
            packet[16..20].copy_from_slice(&hop);
        }
        packet
    };
    let reply = echo_reply(ends, 64, (7, 1), b"payload");
    for pointer in [4, 8] {
        let told = exchanges(&[routed(pointer), reply.clone()]);
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0]["outcome"], "answered", "{told:?}");
        assert_eq!(told[0]["dst"], "198.51.100.3", "{told:?}");
    }
}

/// A router behind a segment quotes the packet with the next one as its destination.
#[test]
fn an_error_from_behind_a_segment_finds_the_packet() {
    let address = |last: u16| Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, last);
    let (asks, hop, asked, router) = (address(1), address(2), address(3), address(4));
    let packet = |dst: Ipv6Addr, left: u8| {
        let head = [58, 4, 4, left, 1, 0, 0, 0];
        let route = [&head[..], &asked.octets(), &hop.octets()].concat();
        echo6(ECHO_REQUEST, (asks, dst), 43, &route)
    };
    for quoted in [packet(hop, 1), packet(asked, 0)] {
        let length = u8::try_from(8 + quoted.len()).unwrap();
        let fixed = [0x60, 0, 0, 0, 0, length, 58, 64];
        let ends = [router.octets(), asks.octets()].concat();
        let error = [&fixed[..], &ends, &[3, 0, 0, 0, 0, 0, 0, 0], &quoted].concat();
        let told = told(&[packet(hop, 1), error]);
        let error = of_type(&told, "icmp")[1];
        assert_eq!(error["original"]["match"], "exact", "{error}");
        assert_eq!(error["original"]["frame"], 1);
        let exchange = of_type(&told, "exchange")[0];
        assert_eq!(exchange["outcome"], "error");
    }
}

/// What goes by way of a segment is of one flow, and of one path, to where the route ends.
#[test]
fn a_route_over_a_segment_is_one_path_to_its_end() {
    let address = |last: u16| Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, last);
    let (asks, hop, asked, router) = (address(1), address(2), address(3), address(4));
    let head = [58, 4, 4, 1, 1, 0, 0, 0];
    let route = [&head[..], &asked.octets(), &hop.octets()].concat();
    let probe = |hops: u8, seq: u8| {
        let mut packet = echo6(ECHO_REQUEST, (asks, hop), 43, &route);
        packet[7] = hops;
        *packet.last_mut().unwrap() = seq;
        packet
    };
    let expired = |quoted: &[u8]| {
        let length = u8::try_from(8 + quoted.len()).unwrap();
        let fixed = [0x60, 0, 0, 0, 0, length, 58, 64];
        let ends = [router.octets(), asks.octets()].concat();
        [&fixed[..], &ends, &[3, 0, 0, 0, 0, 0, 0, 0], quoted].concat()
    };
    let mut reply = echo6(ECHO_REPLY, (asked, asks), 58, &[]);
    *reply.last_mut().unwrap() = 2;
    let probes = [probe(1, 1), probe(2, 2)];
    let all = [
        probes[0].clone(),
        expired(&probes[0]),
        probes[1].clone(),
        reply,
    ];
    let all = told(&all);
    let paths = of_type(&all, "path");
    assert_eq!(paths.len(), 1, "{paths:?}");
    assert_eq!(paths[0]["dst"], asked.to_string());
    assert_eq!(paths[0]["reached"], true, "{}", paths[0]);
    let drops = of_type(&all, "drop");
    assert_eq!(drops.len(), 1, "{drops:?}");
    assert_eq!(drops[0]["flow"]["dst"], asked.to_string(), "{}", drops[0]);
}

/// The first router may put the segments in (RFC 8754 section 4.1): what was captured before it had none.
#[test]
fn a_datagram_that_got_its_segments_on_the_way_is_found() {
    let address = |last: u16| Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, last);
    let (asks, hop, asked, router) = (address(1), address(2), address(3), address(4));
    let datagram = [0x9c, 0x40, 0, 9, 0, 12, 0xbe, 0xef, 1, 2, 3, 4];
    let packet = |dst: Ipv6Addr, next: u8, extension: &[u8]| {
        let length = u8::try_from(extension.len() + datagram.len()).unwrap();
        let fixed = [0x60, 0x0a, 0, 7, 0, length, next, 64];
        let ends = [asks.octets(), dst.octets()].concat();
        [&fixed[..], &ends, extension, &datagram].concat()
    };
    let head = [17, 4, 4, 1, 1, 0, 0, 0];
    let route = [&head[..], &asked.octets(), &hop.octets()].concat();
    let quoted = packet(hop, 43, &route);
    let length = u8::try_from(8 + quoted.len()).unwrap();
    let fixed = [0x60, 0, 0, 0, 0, length, 58, 64];
    let ends = [router.octets(), asks.octets()].concat();
    let error = [&fixed[..], &ends, &[1, 0, 0, 0, 0, 0, 0, 0], &quoted].concat();
    let told = told(&[packet(asked, 17, &[]), error]);
    let error = of_type(&told, "icmp")[0];
    assert_eq!(error["original"]["frame"], 1, "{error}");
}
