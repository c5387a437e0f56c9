//! Messages built octet by octet, for the tests of all decoders.

mod cut_headers;
mod error_rules;
mod errors;
mod extended_echo;
mod extension_rules;
mod extensions;
mod layout;
mod multicast;
mod neighbors;
mod objects;
mod queries;
mod quoted_rules;
mod rpl;
mod rpl_routes;
mod rpl_rules;
mod tunnels;

use std::net::{Ipv4Addr, Ipv6Addr};

use super::*;
use crate::wire::checksum::internet;
use crate::wire::{DefectKind, Limit};

/// An IPv4 packet around an ICMP message whose checksum is filled in.
pub(super) fn v4(message: &[u8]) -> Vec<u8> {
    let mut message = message.to_vec();
    seal(&mut message, &[]);
    ipv4("198.51.100.7", "192.0.2.1", 1, &message)
}

pub(super) fn ipv4(src: &str, dst: &str, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(20 + payload.len()).unwrap();
    let mut packet = vec![0x45, 0];
    packet.extend(length.to_be_bytes());
    packet.extend([0x12, 0x34, 0, 0, 64, protocol, 0, 0]);
    packet.extend(src.parse::<Ipv4Addr>().unwrap().octets());
    packet.extend(dst.parse::<Ipv4Addr>().unwrap().octets());
    let sum = internet(&[&packet]);
    packet[10..12].copy_from_slice(&sum.to_be_bytes());
    packet.extend(payload);
    packet
}

/// An IPv6 packet around an ICMPv6 message whose checksum is filled in.
pub(super) fn v6(message: &[u8]) -> Vec<u8> {
    v6_between("fe80::1", "fe80::2", 255, message)
}

pub(super) fn v6_between(src: &str, dst: &str, hops: u8, message: &[u8]) -> Vec<u8> {
    let mut message = message.to_vec();
    let mut pseudo = Vec::new();
    pseudo.extend(src.parse::<Ipv6Addr>().unwrap().octets());
    pseudo.extend(dst.parse::<Ipv6Addr>().unwrap().octets());
    pseudo.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
    pseudo.extend([0, 0, 0, 58]);
    seal(&mut message, &pseudo);
    ipv6(src, dst, hops, 58, &message)
}

pub(super) fn ipv6(src: &str, dst: &str, hops: u8, next: u8, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x60, 0, 0, 0];
    packet.extend(u16::try_from(payload.len()).unwrap().to_be_bytes());
    packet.extend([next, hops]);
    packet.extend(src.parse::<Ipv6Addr>().unwrap().octets());
    packet.extend(dst.parse::<Ipv6Addr>().unwrap().octets());
    packet.extend(payload);
    packet
}

/// An IPv6 packet that stays on the link, with a router alert, around an ICMPv6 message.
pub(super) fn with_router_alert(src: &str, dst: &str, message: &[u8]) -> Vec<u8> {
    let mut packet = v6_between(src, dst, 1, message);
    packet.splice(40..40, [58, 0, 5, 2, 0, 0, 1, 0]);
    packet[6] = 0;
    packet[5] += 8;
    packet
}

/// An IPv6 packet with an option for its destination around an ICMPv6 message.
pub(super) fn with_destination_option(option: &[u8], message: &[u8]) -> Vec<u8> {
    let mut header = [&[58, 0][..], option].concat();
    while header.len() % 8 != 0 {
        header.push(0); // Pad1
    }
    header[1] = u8::try_from(header.len() / 8 - 1).unwrap();
    behind(60, &header, message)
}

/// An IPv6 packet with an extension header around an ICMPv6 message.
pub(super) fn behind(protocol: u8, header: &[u8], message: &[u8]) -> Vec<u8> {
    let mut packet = v6(message);
    packet.splice(40..40, header.iter().copied());
    packet[6] = protocol;
    packet[5] += u8::try_from(header.len()).unwrap();
    packet
}

fn seal(message: &mut [u8], pseudo: &[u8]) {
    if message.len() >= 4 {
        message[2..4].fill(0);
        let sum = internet(&[pseudo, message]);
        message[2..4].copy_from_slice(&sum.to_be_bytes());
    }
}

pub(super) fn parse(packet: &[u8]) -> Message<'_> {
    Message::parse(&Ip::parse(packet, Limit::Frame).unwrap())
}

/// The message as if the snap length had left `length` octets of the packet.
pub(super) fn parse_cut(packet: &[u8], length: usize) -> Message<'_> {
    let ip = Ip::parse_on_wire(&packet[..length], packet.len(), Limit::Frame).unwrap();
    Message::parse(&ip)
}

pub(super) fn rules(message: &Message<'_>) -> Vec<&'static str> {
    message
        .defects
        .iter()
        .filter_map(|defect| match defect.kind {
            DefectKind::Rule(rule) => Some(rule),
            DefectKind::Short { .. } => None,
        })
        .collect()
}

/// The rules that are broken, by their offset; nothing is short.
pub(super) fn told(message: &Message<'_>) -> Vec<(u32, &'static str)> {
    let rule = |defect: crate::wire::Defect| match defect.kind {
        DefectKind::Rule(rule) => (defect.offset, rule),
        DefectKind::Short { .. } => panic!("{defect:?}"),
    };
    message.defects.iter().map(rule).collect()
}

/// An extension structure of these objects, with its checksum.
pub(super) fn structure(objects: &[u8]) -> Vec<u8> {
    let mut octets = [&[0x20, 0, 0, 0][..], objects].concat();
    let sum = internet(&[&octets]);
    octets[2..4].copy_from_slice(&sum.to_be_bytes());
    octets
}

/// Decodes a packet cut at every length behind its IP header: every field that a prefix shows is
/// a field of the whole, unless it is one that runs to the end.
pub(super) fn every_prefix(packet: &[u8]) {
    let whole = parse(packet);
    let header = packet.len() - whole.bytes.len();
    let all: Vec<_> = whole.fields().collect();
    for length in header..packet.len() {
        let cut = parse_cut(packet, length);
        assert_eq!(cut.bytes.len(), length - header);
        assert_eq!(cut.length, whole.length);
        assert!(
            !matches!(cut.checksum.status, crate::wire::ChecksumStatus::Good),
            "{length}"
        );
        for field in cut.fields() {
            let same = all.iter().find(|f| f.name == field.name).unwrap();
            // What runs on to the end is as long as there are octets.
            let shorter = field.range.start == same.range.start && field.range.end < same.range.end;
            assert!(field == *same || shorter, "{length}: {field:?}");
        }
        if let (Some(some), Some(all)) = (cut.quote(), whole.quote()) {
            // Extensions that only a whole message proves are quote until then.
            let common = all.bytes.len().min(some.bytes.len());
            assert_eq!(all.bytes[..common], some.bytes[..common]);
            assert_eq!(some.ip.addrs, all.ip.addrs);
        }
    }
}

/// Decodes a message with every code there is.
pub(super) fn every_code(packet: &[u8]) {
    let start = packet.len() - parse(packet).bytes.len();
    for code in 0..=u8::MAX {
        let mut packet = packet.to_vec();
        packet[start + 1] = code;
        let message = parse(&packet);
        assert_eq!(message.code, Some(code));
        assert_eq!(
            message.code_name(),
            names::code_name(message.version, message.kind, code)
        );
    }
}

#[test]
fn every_type_and_length_is_decoded_to_something() {
    for version in [IpVersion::V4, IpVersion::V6] {
        for kind in 0..=u8::MAX {
            for length in [0, 1, 3, 4, 5, 6, 7, 8, 12, 20, 24, 28, 40, 48, 200] {
                let mut message = vec![kind; length];
                if let Some(code) = message.get_mut(1) {
                    *code = 0;
                }
                let packet = match version {
                    IpVersion::V4 => v4(&message),
                    IpVersion::V6 => v6(&message),
                };
                let decoded = parse(&packet);
                assert_eq!(decoded.version, version);
                if length == 0 {
                    assert_eq!(decoded.name(), "unknown");
                    assert!(!decoded.defects.is_empty());
                } else {
                    assert_eq!(decoded.kind, kind);
                }
                if length < 4 {
                    assert!(matches!(decoded.body, Body::Short { id: None }));
                } else {
                    assert_eq!(decoded.checksum.status, crate::wire::ChecksumStatus::Good);
                }
            }
        }
    }
}

#[test]
fn a_later_fragment_has_no_type() {
    let mut packet = v4(&[8, 0, 0, 0, 0, 1, 0, 2, 1, 2, 3, 4]);
    packet[6..8].copy_from_slice(&[0, 3]);
    let message = parse(&packet);
    assert!(matches!(message.body, Body::Fragment));
    assert_eq!(message.name(), "fragment");
    assert_eq!(message.code_name(), None);
    assert_eq!(message.fields().count(), 0);
}

#[test]
fn the_protocol_number_tells_icmp_from_icmpv6() {
    let packet = ipv4("192.0.2.1", "192.0.2.2", 58, &[128, 0, 0, 0, 0, 1, 0, 2]);
    let message = parse(&packet);
    assert_eq!(message.name(), "echo_request");
    assert_eq!(message.version, IpVersion::V6);
    let first = message.defects.iter().next().unwrap().kind;
    assert_eq!(first, DefectKind::Rule("ICMPv6 requires IPv6"));
    let packet = ipv6("fe80::1", "fe80::2", 64, 1, &[8, 0, 0, 0, 0, 1, 0, 2]);
    let message = parse(&packet);
    assert_eq!(message.version, IpVersion::V4);
    let first = message.defects.iter().next().unwrap().kind;
    assert_eq!(first, DefectKind::Rule("ICMP requires IPv4"));
}
