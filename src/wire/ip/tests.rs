mod v4;
mod v6;

use std::net::IpAddr;

use proptest::prelude::*;

use super::*;
use crate::wire::checksum::upper_checksum;
use crate::wire::defect::DefectKind;
use crate::wire::{ChecksumStatus, Unverified, icmp_checksum};

/// An echo request over IPv4, both checksums right.
const ECHO4: [u8; 32] = [
    0x45, 0x00, 0x00, 0x20, 0x12, 0x34, 0x40, 0x00, 0x40, 0x01, 0xa4, 0xa5, 192, 0, 2, 1, 192, 0,
    2, 2, 8, 0, 0xb4, 0x25, 0x00, 0x13, 0x00, 0x01, 0xab, 0xcd, 0x97, 0xf8,
];

fn v6(next: u8, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x6a, 0xb1, 0x23, 0x45];
    packet.extend(u16::try_from(payload.len()).unwrap().to_be_bytes());
    packet.extend([next, 64]);
    packet.extend("2001:db8::1".parse::<Ipv6Addr>().unwrap().octets());
    packet.extend("2001:db8::2".parse::<Ipv6Addr>().unwrap().octets());
    packet.extend(payload);
    packet
}

/// An ICMPv6 echo request with the checksum for these ends of its path.
fn echo6(src: &str, dst: &str) -> Vec<u8> {
    let mut message = vec![128, 0, 0, 0, 0, 7, 0, 9, 1, 2, 3];
    let mut pseudo = Vec::new();
    pseudo.extend(src.parse::<Ipv6Addr>().unwrap().octets());
    pseudo.extend(dst.parse::<Ipv6Addr>().unwrap().octets());
    pseudo.extend([0, 0, 0, 11, 0, 0, 0, 58]);
    let checksum = checksum::internet(&[&pseudo, &message]);
    message[2..4].copy_from_slice(&checksum.to_be_bytes());
    message
}

fn rules(ip: &Ip<'_>) -> Vec<&'static str> {
    ip.defects()
        .iter()
        .filter_map(|d| match d.kind {
            DefectKind::Rule(rule) => Some(rule),
            DefectKind::Short { .. } => None,
        })
        .collect()
}

fn parse(bytes: &[u8]) -> Ip<'_> {
    Ip::parse(bytes, Limit::Frame).unwrap()
}

proptest! {
    #[test]
    fn no_octets_panic(
        mut bytes in proptest::collection::vec(any::<u8>(), 0..200),
        version in prop_oneof![Just(0x45u8), Just(0x4fu8), Just(0x60u8)],
        next in prop_oneof![any::<u8>(), Just(0u8), Just(43), Just(44), Just(51), Just(60)],
        length in prop_oneof![Just(0u8), any::<u8>()],
        more in 0usize..2000,
    ) {
        if let Some(first) = bytes.first_mut() {
            *first = version;
        }
        for (at, value) in [(2, 0), (3, length), (4, 0), (5, length), (6, next), (9, next)] {
            if let Some(octet) = bytes.get_mut(at) {
                *octet = value;
            }
        }
        for limit in [Limit::Frame, Limit::Capture, Limit::IpLength, Limit::OwnLength, Limit::Quote] {
            if let Ok(ip) = Ip::parse_on_wire(&bytes, bytes.len() + more, limit) {
                prop_assert!(ip.header.len() + ip.payload.len() <= bytes.len());
                prop_assert!(ip.is_whole() || ip.payload.len() < ip.payload_length as usize);
                let _ = (icmp_checksum(&ip), header_checksum(&ip));
                for defect in ip.defects().iter() {
                    prop_assert!(!defect.to_string().is_empty());
                }
            }
        }
    }
}
