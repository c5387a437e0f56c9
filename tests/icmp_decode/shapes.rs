//! The six shapes of RFC 4884 extensions that routers send, and what others make of them.

use std::fs;
use std::process::Command;

use icmpdump::icmp::Message;
use icmpdump::icmp::extension::Located;
use icmpdump::icmp::object::ExtensionObject;
use icmpdump::wire::checksum::{icmpv6_pseudo_header, internet};
use icmpdump::wire::{ChecksumStatus, Ip, Limit};

use crate::corpus::Packet;
use crate::oracle::pcap;

/// A shape, and how many of its two labels each decoder shows.
struct Shape {
    what: &'static str,
    /// Length field; quote in octets; whether the structure has a checksum; version of IP.
    length: u8,
    quote: usize,
    checksum: bool,
    version: u8,
    located: Located,
    /// Labels that tcpdump 4.99 prints.
    tcpdump: usize,
    /// Labels that tshark 4.0 shows by default, and with `icmp.favor_icmp_mpls`.
    tshark: [usize; 2],
}

const SHAPES: [Shape; 6] = [
    Shape {
        what: "length field of 32 words",
        length: 32,
        quote: 128,
        checksum: true,
        version: 4,
        located: Located::Length,
        tcpdump: 1,
        tshark: [0, 2],
    },
    Shape {
        what: "no length field, structure behind 128 octets",
        length: 0,
        quote: 128,
        checksum: true,
        version: 4,
        located: Located::Legacy,
        tcpdump: 1,
        tshark: [0, 2],
    },
    Shape {
        what: "quote of 200 octets",
        length: 50,
        quote: 200,
        checksum: true,
        version: 4,
        located: Located::Length,
        tcpdump: 0,
        tshark: [0, 2],
    },
    Shape {
        what: "length field in octets, no checksum",
        length: 128,
        quote: 128,
        checksum: false,
        version: 4,
        located: Located::LengthInOctets,
        tcpdump: 1,
        tshark: [0, 0],
    },
    Shape {
        what: "length field of 17 words, structure behind 128 octets",
        length: 17,
        quote: 128,
        checksum: true,
        version: 4,
        located: Located::Legacy,
        tcpdump: 1,
        tshark: [0, 0],
    },
    Shape {
        what: "ICMPv6, length field of 16 words of 8 octets",
        length: 16,
        quote: 128,
        checksum: true,
        version: 6,
        located: Located::Length,
        tcpdump: 0,
        tshark: [2, 2],
    },
];

const LABELS: [u32; 2] = [16_001, 16_002];

fn ip(version: u8, protocol: u8, length: usize, payload: &[u8]) -> Vec<u8> {
    let total = u16::try_from(length).unwrap();
    let mut packet = if version == 4 {
        let mut header = vec![0x45, 0];
        header.extend((total + 20).to_be_bytes());
        header.extend([0, 7, 0, 0, 64, protocol, 0, 0, 192, 0, 2, 1, 203, 0, 113, 9]);
        let sum = internet(&[&header]);
        header[10..12].copy_from_slice(&sum.to_be_bytes());
        header
    } else {
        let mut header = vec![0x60, 0, 0, 0];
        header.extend(total.to_be_bytes());
        header.extend([protocol, 64]);
        for last in [1, 2] {
            header.extend([0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]);
        }
        header
    };
    packet.extend(payload);
    packet
}

fn build(shape: &Shape) -> Vec<u8> {
    let mut structure = vec![0x20, 0, 0, 0, 0, 12, 1, 1];
    structure.extend((LABELS[0] << 12 | 1).to_be_bytes());
    structure.extend((LABELS[1] << 12 | 0x1fe).to_be_bytes());
    if shape.checksum {
        let sum = internet(&[&structure]);
        structure[2..4].copy_from_slice(&sum.to_be_bytes());
    }
    let udp = [0xa8, 0xca, 0x82, 0x9a, 0x03, 0xe8, 0, 0];
    let mut message = if shape.version == 4 {
        vec![11, 0, 0, 0, 0, shape.length, 0, 0]
    } else {
        vec![3, 0, 0, 0, shape.length, 0, 0, 0]
    };
    message.extend(ip(shape.version, 17, 1000, &udp));
    message.resize(8 + shape.quote, 0);
    message.extend(structure);
    let protocol = if shape.version == 4 { 1 } else { 58 };
    let mut packet = ip(shape.version, protocol, message.len(), &message);
    let pseudo = icmpv6_pseudo_header(&Ip::parse(&packet, Limit::Frame).unwrap());
    let pseudo: &[u8] = pseudo.as_ref().map_or(&[], |octets| octets);
    let sum = internet(&[pseudo, &message]);
    let at = packet.len() - message.len() + 2;
    packet[at..at + 2].copy_from_slice(&sum.to_be_bytes());
    packet
}

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|e| panic!("{program}: {e}"));
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn shown(text: &str) -> usize {
    let labels = LABELS.map(|label| label.to_string());
    labels.iter().filter(|label| text.contains(*label)).count()
}

/// The labels that tshark shows of each packet.
fn tshark(path: &str, preference: &str) -> Vec<usize> {
    let fields = [
        "-T",
        "fields",
        "-e",
        "frame.number",
        "-e",
        "icmp.mpls.label",
    ];
    let read = ["-n", "-r", path, "-o", preference];
    let text = output("tshark", &[&read[..], &fields].concat());
    let lines = text.lines().filter(|line| line.contains('\t'));
    lines.map(shown).collect()
}

/// The labels that tcpdump prints of each packet.
fn tcpdump(path: &str) -> Vec<usize> {
    let text = output("tcpdump", &["-tnvvvr", path]);
    text.split("\nIP").map(shown).collect()
}

#[test]
fn all_labels_of_every_shape_where_others_show_fewer() {
    let packets = SHAPES.each_ref().map(|shape| {
        let octets = build(shape);
        Packet {
            file: String::new(),
            number: 1,
            on_wire: octets.len(),
            octets,
        }
    });
    for (shape, packet) in SHAPES.iter().zip(&packets) {
        let decoded = Message::parse(&packet.ip());
        assert_eq!(
            decoded.checksum.status,
            ChecksumStatus::Good,
            "{}",
            shape.what
        );
        let extensions = decoded.extensions().expect(shape.what);
        assert_eq!(extensions.located, shape.located, "{}", shape.what);
        let labels: Vec<u32> = extensions
            .objects()
            .filter_map(|object| match object.kind {
                ExtensionObject::Mpls(labels) => Some(labels),
                _ => None,
            })
            .flat_map(|labels| labels.iter().map(|l| l.label).collect::<Vec<_>>())
            .collect();
        assert_eq!(labels, LABELS, "{}", shape.what);
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), pcap(&packets)).unwrap();
    let path = file.path().to_str().unwrap();
    let found = [
        tcpdump(path),
        tshark(path, "icmp.favor_icmp_mpls:FALSE"),
        tshark(path, "icmp.favor_icmp_mpls:TRUE"),
    ];
    // Other versions may do better; ours has to hold whatever they do.
    let known = output("tcpdump", &["--version"]).contains("version 4.99")
        && output("tshark", &["--version"]).contains(" 4.0.");
    for (i, shape) in SHAPES.iter().enumerate() {
        let found = found.each_ref().map(|labels| labels.get(i).copied());
        let table = [shape.tcpdump, shape.tshark[0], shape.tshark[1]].map(Some);
        eprintln!(
            "{}: tcpdump and tshark (twice) show {found:?} of 2",
            shape.what
        );
        assert!(!known || found == table, "{}: {found:?}", shape.what);
    }
}
