//! Decoding allocates nothing: shown by counting.

use std::collections::BTreeSet;

use allocation_counter::measure;
use icmpdump::icmp::names;
use icmpdump::model::{Frame, LinkType};
use icmpdump::wire::{Classified, Ip, Limit, classify};
use serde_json::Value;

use crate::corpus;
use crate::frames;
use crate::look::{look, look_at_frame};
use crate::samples::samples;
use crate::shown::{v4, v6};
use crate::tunnel_samples;

#[test]
fn decoding_the_corpus_does_not_allocate() {
    let packets = corpus::packets();
    let mut seen = 0;
    let counted = measure(|| {
        for packet in &packets {
            seen += look(&packet.ip());
        }
    });
    assert_eq!(counted.count_total, 0, "over {} packets", packets.len());
    assert!(packets.is_empty() || seen > 0);
}

#[test]
fn frames_of_the_corpus_do_not_allocate() {
    let frames = frames::of_all(&frames::files());
    let mut seen = 0;
    let counted = measure(|| {
        for frame in &frames {
            seen += look_at_frame(&frame.frame());
        }
    });
    assert_eq!(counted.count_total, 0, "over {} frames", frames.len());
    assert!(seen > 0);
}

/// Every type, plain and in each kind of tunnel, whole and cut.
#[test]
fn samples_of_all_types_in_all_tunnels_do_not_allocate() {
    for sample in samples() {
        for (what, packet) in tunnelled(&sample.octets) {
            for length in [packet.len(), packet.len() - 3] {
                let frame = Frame {
                    wire_len: u32::try_from(packet.len()).unwrap(),
                    ..Frame::alone(LinkType(101), &packet[..length])
                };
                assert!(matches!(classify(&frame), Classified::Icmp(_)), "{what}");
                let counted = measure(|| {
                    look_at_frame(&frame);
                });
                assert_eq!(counted.count_total, 0, "{what}");
            }
        }
    }
}

/// The packet, and the packet in tunnels.
fn tunnelled(packet: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let is_v6 = packet[0] >> 4 == 6;
    let kind: [u8; 2] = if is_v6 { [0x86, 0xdd] } else { [8, 0] };
    let (a, b) = ([192, 0, 2, 1], [192, 0, 2, 2]);
    let udp = |port: u16, header: &[u8], inner: &[u8]| {
        let length = u16::try_from(8 + header.len() + inner.len()).unwrap();
        let mut datagram = vec![0xc0, 0];
        datagram.extend(port.to_be_bytes());
        datagram.extend(length.to_be_bytes());
        datagram.extend([0, 0]);
        datagram.extend(header);
        datagram.extend(inner);
        v4(a, b, 17, &datagram)
    };
    let ethernet = [&[2; 12], &kind[..], packet].concat();
    let gre = [&[0x20, 0, kind[0], kind[1], 0, 0, 0, 5], packet].concat();
    let gtp_length = u16::try_from(packet.len()).unwrap().to_be_bytes();
    let gtp = [0x30, 255, gtp_length[0], gtp_length[1], 0, 0, 0, 9];
    let geneve = [0, 0, 0x65, 0x58, 0, 0, 5, 0];
    vec![
        ("plain", packet.to_vec()),
        ("IP in IP", v4(a, b, if is_v6 { 41 } else { 4 }, packet)),
        ("IP in IPv6", v6(if is_v6 { 41 } else { 4 }, packet)),
        ("GRE", v4(a, b, 47, &gre)),
        ("VXLAN", udp(4789, &[8, 0, 0, 0, 0, 0, 5, 0], &ethernet)),
        ("Geneve", udp(6081, &geneve, &ethernet)),
        ("GTP-U", udp(2152, &gtp, packet)),
        ("twice", v4(a, b, 4, &v4(a, b, 47, &gre))),
    ]
}

/// Kinds that no frame shows alone, which have tests of their own.
const NOT_ALONE: [&str; 18] = [
    // What is in these is made anew, or needs a key.
    "ipcomp",
    "wireguard",
    "esp",
    "esp_null",
    "zep",
    "scop",
    "nxp_sniffer",
    "mpeg_ts",
    // Streams of TCP.
    "xot",
    "openflow",
    "kismet",
    "rpcap",
    "fcip",
    "ifcp",
    "msdp",
    // Reports, of which one may hold several messages.
    "sflow",
    "nhrp",
    "ipfix",
];

/// The kinds that records may name.
fn kinds() -> BTreeSet<String> {
    let schema = include_str!("../../schema/icmpdump.schema.json");
    let schema: Value = serde_json::from_str(schema).unwrap();
    let kinds = schema["$defs"]["tunnel"]["properties"]["kind"]["enum"].clone();
    serde_json::from_value(kinds).unwrap()
}

/// An echo request, whole and however it is cut.
#[test]
fn tunnels_of_every_kind_do_not_allocate() {
    let mut seen: BTreeSet<String> = NOT_ALONE.map(str::to_owned).into();
    for packet in tunnel_samples::samples() {
        let cut = |length| Frame {
            wire_len: u32::try_from(packet.len()).unwrap(),
            ..Frame::alone(LinkType(101), &packet[..length])
        };
        let whole = cut(packet.len());
        let Classified::Icmp(found) = classify(&whole) else {
            panic!("no message in {packet:x?}");
        };
        let kinds = found.tunnels.iter().map(|tunnel| tunnel.kind.name());
        seen.extend(kinds.map(str::to_owned));
        for length in 0..=packet.len() {
            let counted = measure(|| {
                look_at_frame(&cut(length));
            });
            assert_eq!(counted.count_total, 0, "{length} of {packet:x?}");
        }
    }
    assert_eq!(seen, kinds());
}

#[test]
fn decoding_any_type_does_not_allocate() {
    let mut packet = vec![0x45, 0, 0, 220, 0, 0, 0, 0, 64, 1, 0, 0];
    packet.extend([192, 0, 2, 1, 192, 0, 2, 2]);
    packet.resize(220, 0x11);
    for protocol in [1, 58] {
        packet[9] = protocol;
        for kind in 0..=u8::MAX {
            packet[20] = kind;
            let counted = measure(|| {
                look(&Ip::parse(&packet, Limit::Frame).unwrap());
            });
            assert_eq!(counted.count_total, 0, "{protocol} {kind}");
        }
    }
}

#[test]
fn the_counter_counts() {
    let counted = measure(|| {
        std::hint::black_box(vec![names::types(icmpdump::wire::IpVersion::V4).len()]);
    });
    assert_eq!(counted.count_total, 1);
}
