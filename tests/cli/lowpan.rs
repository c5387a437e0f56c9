//! A network of IEEE 802.15.4 nodes: packets that are not among a frame's octets as they were.

use std::fs;
use std::net::Ipv6Addr;
use std::path::{Path, PathBuf};

use crate::common::{of_type, records, run, summary};
use crate::nodes::{
    ZEP_2, crc, icmpv6, ipv6, mac, over_udp, plain_fragments, recoverable_fragments,
};

const SRC: &str = "fe80::212:4b00:1122:3344";
const DST: &str = "fe80::212:4b00:5566:7788";

/// A pcap file of frames a millisecond apart, and the folder that it lies in.
fn capture(frames: &[Vec<u8>]) -> (tempfile::TempDir, PathBuf) {
    capture_of(230, frames)
}

fn capture_of(link: u32, frames: &[Vec<u8>]) -> (tempfile::TempDir, PathBuf) {
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 0xffff, link] {
        file.extend(word.to_le_bytes());
    }
    for (frame, n) in frames.iter().zip(0_u32..) {
        let length = u32::try_from(frame.len()).unwrap();
        for word in [1_700_000_000, n * 1000, length, length] {
            file.extend(word.to_le_bytes());
        }
        file.extend(frame);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lowpan.pcap");
    fs::write(&path, file).unwrap();
    (folder, path)
}

fn echo(kind: u8, from: &str, to: &str, payload: &[u8]) -> Vec<u8> {
    let (from, to): (Ipv6Addr, Ipv6Addr) = (from.parse().unwrap(), to.parse().unwrap());
    icmpv6(
        from,
        to,
        &[&[kind, 0, 0, 0, 0, 7, 0, 1][..], payload].concat(),
    )
}

/// An echo request of which all addresses are left out, and its reply, whose frame names its
/// sender first.
fn ping() -> [Vec<u8>; 2] {
    let elided = |message: &[u8]| [&[0x7a, 0x33, 58][..], message].concat();
    let request = mac(false, false, &elided(&echo(128, SRC, DST, b"abcdefgh")));
    let mut reply = mac(false, false, &elided(&echo(129, DST, SRC, b"abcdefgh")));
    let (to, from) = (5..13, 13..21);
    let addresses = [reply[from.clone()].to_vec(), reply[to].to_vec()].concat();
    reply[5..21].copy_from_slice(&addresses);
    [request, reply]
}

fn lines(path: &Path, arguments: &[&str]) -> String {
    let mut all = vec!["-r", path.to_str().unwrap(), "-t"];
    all.extend(arguments);
    run(&all).good()
}

#[test]
fn a_ping_is_answered_and_its_link_shown() {
    let (_folder, path) = capture(&ping());
    let out = lines(&path, &["-e"]);
    assert!(
        out.starts_with(
            "802.15.4 without FCS, 00:12:4b:00:11:22:33:44 > 00:12:4b:00:55:66:77:88, length 40: \
             fe80::212:4b00:1122:3344 > fe80::212:4b00:5566:7788: ICMP6, echo request, id 7, seq 1, \
             length 16\n"
        ),
        "{out}"
    );
    assert!(out.contains("| rtt 1 ms, answers #1"), "{out}");
}

/// What is filtered is the packet, as it is in raw IP: libpcap has no programs for these frames.
#[test]
fn a_filter_selects_by_the_packet() {
    let (_folder, path) = capture(&ping());
    for (filter, shown) in [
        ("icmp6[0] == 129", "1 ICMP shown + 1 hidden"),
        (
            "src host fe80::212:4b00:1122:3344",
            "1 ICMP shown + 1 hidden",
        ),
        ("ip6", "2 ICMP shown + 0 hidden"),
        ("ip or greater 57", "0 ICMP shown + 2 hidden"),
    ] {
        let out = lines(&path, &[filter]);
        assert!(out.contains(shown), "{filter}: {out}");
    }
}

/// `-x` shows what was sent; `-X` that and, apart from it, the packet that was made of it, where
/// the fields are.
#[test]
fn octets_of_the_frame_and_of_the_packet_are_told_apart() {
    let (_folder, path) = capture(&ping()[..1]);
    let out = lines(&path, &["-x"]);
    assert!(
        out.contains("\t0x0000:  7a33 3a80 00") && out.contains("0x0010:  6667 68\n"),
        "{out}"
    );
    let out = lines(&path, &["-XX"]);
    let rows: Vec<_> = out.lines().filter(|line| line.starts_with('\t')).collect();
    let expected = [
        ("\t-- link header", ""),
        ("\t0x0002:  07", "sequence 0x7"),
        ("\t0x0015:  7a33 3a80", "6LoWPAN, as it was sent"),
        ("\t-- 6LoWPAN: the packet with its headers expanded", ""),
        (
            "\t0x0008:  fe80 0000 0000 0000 0212 4b00 1122 3344",
            "src fe80::212:4b00:1122:3344",
        ),
        ("\t0x0028:  80", "type 128 echo request"),
        ("\t0x0030:  6162 6364 6566 6768", "payload"),
    ];
    for (start, end) in expected {
        let found = rows
            .iter()
            .any(|row| row.starts_with(start) && row.ends_with(end));
        assert!(found, "{start} {end}: {out}");
    }
}

/// The frames of a datagram that is longer than one are told as fragments, the last with the whole
/// message; its checksum covers what was put together.
#[test]
fn fragments_are_put_together() {
    let payload = [0x5a; 200];
    let (src, dst) = ("2001:db8::1", "2001:db8::2");
    let message = echo(128, src, dst, &payload);
    let packet = ipv6(
        0,
        0,
        58,
        64,
        src.parse().unwrap(),
        dst.parse().unwrap(),
        &message,
    );
    let size = u16::try_from(packet.len()).unwrap();
    let first = [
        &(0xc000 | size).to_be_bytes()[..],
        &[0, 9, 0x41],
        &packet[..88],
    ]
    .concat();
    let later = |at: usize, end: usize| {
        let header = [
            &(0xe000 | size).to_be_bytes()[..],
            &[0, 9, u8::try_from(at / 8).unwrap()],
        ];
        [&header.concat(), &packet[at..end]].concat()
    };
    let parts = [first, later(88, 168), later(168, packet.len())];
    let (_folder, path) = capture(&parts.map(|part| mac(false, false, &part)));
    let found = records(&["-r", path.to_str().unwrap(), "--json"]);
    let messages = of_type(&found, "icmp");
    assert_eq!(messages.len(), 3);
    assert_eq!(messages[0]["icmp"]["checksum"]["reason"], "fragment");
    assert_eq!(messages[1]["link_fragment"]["offset"], 88);
    assert_eq!(messages[1]["ip"]["fragment"]["offset"], 48);
    let whole = &messages[2]["reassembly"];
    assert_eq!(whole["status"], "complete");
    assert_eq!(whole["frames"].as_array().unwrap().len(), 3);
    assert_eq!(whole["icmp"]["length"], 208);
    assert_eq!(whole["icmp"]["checksum"]["status"], "good");

    let out = lines(&path, &[]);
    let last = out.lines().nth(2).unwrap();
    assert_eq!(
        last,
        "IP6 2001:db8::1 > 2001:db8::2: 6LoWPAN fragment | completes echo request #1 #2 #3, length \
         208, checksum good, octets from 168 of 248, 6LoWPAN tag 9"
    );
}

/// A fragment that came before the first one cannot be told what it is of, and counts as
/// undecodable; when the first one has come, it is part of the message.
#[test]
fn fragments_before_the_first_are_put_to_it() {
    let message = echo(128, SRC, DST, &[0x5a; 200]);
    let (src, dst) = (SRC.parse().unwrap(), DST.parse().unwrap());
    let packet = ipv6(0, 0, 58, 64, src, dst, &message);
    let sent = [&[0x7a, 0x33, 58][..], &message].concat();
    for parts in [
        plain_fragments(&packet, 9, &[88, 168, packet.len()]),
        recoverable_fragments(&sent, 9, &[80, 151, sent.len()]),
    ] {
        let order = [&parts[2], &parts[0], &parts[1]];
        let lost = plain_fragments(&packet, 10, &[88, packet.len()])[1].clone();
        let frames: Vec<_> = order
            .into_iter()
            .chain([&lost])
            .map(|part| mac(false, false, part))
            .collect();
        let (_folder, path) = capture(&frames);
        let found = records(&["-r", path.to_str().unwrap(), "--json"]);
        let messages = of_type(&found, "icmp");
        let numbers: Vec<_> = messages.iter().map(|m| m["frame"].as_u64()).collect();
        assert_eq!(numbers, [Some(2), Some(3)]);
        assert_eq!(messages[0]["reassembly"]["status"], "incomplete");
        let whole = &messages[1]["reassembly"];
        assert_eq!(whole["status"], "complete");
        let of = |frame: &serde_json::Value| frame["frame"].as_u64();
        let frames = whole["frames"].as_array().unwrap();
        assert_eq!(
            frames.iter().map(of).collect::<Vec<_>>(),
            [2, 3, 1].map(Some)
        );
        assert_eq!(whole["icmp"]["checksum"]["status"], "good");
        let frames = &of_type(&found, "summary")[0]["frames"];
        assert_eq!(frames["read"], 4);
        assert_eq!(frames["undecodable"], 1);
        assert_eq!(frames["icmp"], 3);

        // With the first one last, that is where the message becomes whole.
        let order = [&parts[2], &parts[1], &parts[0]].map(|part| mac(false, false, part));
        let (_folder, path) = capture(&order);
        let out = lines(&path, &[]);
        assert!(
            out.contains("| completes echo request #3 #2 #1, length 208, checksum good"),
            "{out}"
        );
    }
}

/// A later fragment whose first one did not come is told of as one that may hold ICMP.
#[test]
fn a_later_fragment_alone_that_a_sniffer_sent_on() {
    let packet = ipv6(
        0,
        0,
        58,
        64,
        SRC.parse().unwrap(),
        DST.parse().unwrap(),
        &echo(128, SRC, DST, &[0x5a; 200]),
    );
    let later = mac(
        false,
        false,
        &plain_fragments(&packet, 9, &[88, 168, packet.len()])[1],
    );
    let length = u8::try_from(later.len() + 2).unwrap();
    let sent_on = [&ZEP_2[..], &[length], &later, &[0, 0]].concat();
    let (_folder, path) = capture_of(1, &[over_udp((17754, 17754), &sent_on)]);
    let records = records(&["-r", path.to_str().unwrap()]);
    let summary = summary(&records);
    assert_eq!(summary["frames"]["other"], 1);
    assert_eq!(summary["in_tunnels"]["first_fragment"], 1);
}

/// What sniffers send on in UDP is answered, put together and told with its tunnel, as if it had
/// been captured from the air.
#[test]
fn a_ping_that_a_sniffer_sent_on() {
    let sent_on = |frame: &Vec<u8>| {
        let length = u8::try_from(frame.len() + 2).unwrap();
        over_udp(
            (17754, 17754),
            &[&ZEP_2[..], &[length], frame, &[0, 0]].concat(),
        )
    };
    let message = echo(128, SRC, DST, &[0x5a; 200]);
    let packet = ipv6(
        0,
        0,
        58,
        64,
        SRC.parse().unwrap(),
        DST.parse().unwrap(),
        &message,
    );
    let parts = plain_fragments(&packet, 9, &[88, 168, packet.len()]);
    let fragments = [1, 0, 2].map(|part: usize| mac(false, false, &parts[part]));
    let frames: Vec<_> = ping().iter().chain(&fragments).map(sent_on).collect();
    let (_folder, path) = capture_of(1, &frames);
    let out = lines(&path, &[]);
    let told = [
        "echo request, id 7, seq 1, length 16 | in zep channel 26 192.0.2.1 > 192.0.2.2",
        "| rtt 1 ms, answers #1, in zep channel 26",
        "completes echo request #4 #3 #5, length 208, checksum good",
        "5 frames read = 5 ICMP shown + 0 hidden by the filter + 0 not ICMP + 0 undecodable",
    ];
    for told in told {
        assert!(out.contains(told), "{told}: {out}");
    }
    let out = lines(&path, &["src host 192.0.2.1 and udp port 17754"]);
    assert!(out.contains("5 ICMP shown + 0 hidden"), "{out}");
    let out = lines(&path, &["-v"]);
    assert!(
        out.contains(
            "\n\t  zep: preamble EX, version 2, message type 1, channel 26, device 4660, crc mode 1"
        ),
        "{out}"
    );
    assert!(
        out.contains("\n\t  ieee802154: frame control 0xdc41, sequence 0x7, dst pan 0xabcd"),
        "{out}"
    );
    let out = lines(&path, &["-X"]);
    for told in [
        "zep: preamble EX",
        "src address 0x124b0011223344",
        "6LoWPAN, as it was sent",
    ] {
        assert!(out.contains(told), "{told}: {out}");
    }
    let found = records(&["-r", path.to_str().unwrap(), "--json"]);
    let tunnel = &of_type(&found, "icmp")[0]["tunnel"][0];
    assert_eq!(tunnel["kind"], "zep");
    assert_eq!(tunnel["channel"], 26);
    assert_eq!(tunnel["headers"][1]["device"], 0x1234);
}

/// Other links lead to 6LoWPAN by a type: to the packet itself (RFC 7973), or to a frame of
/// IEEE 802.15.4 with or without check sequence.
#[test]
fn other_links_lead_to_lowpan() {
    const ETHERNET: [u8; 12] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
    let elided = |src, dst| [&[0x7a, 0x33, 58][..], &echo(128, src, dst, b"abcd")].concat();
    let radio = mac(false, false, &elided(SRC, DST));
    let with_fcs = [&radio[..], &crc(&radio).to_le_bytes()].concat();
    // The identifiers of 48-bit addresses are those of RFC 2464 section 4.
    let packet = elided("fe80::ff:fe00:1", "fe80::ff:fe00:2");
    let ethernet = |kind: &[u8], rest: &[u8]| [&ETHERNET[..], kind, rest].concat();
    let cooked = |rest: &[u8]| [&[0, 0, 3, 0x24, 0, 8][..], &[1; 8], &[0, 0xf6], rest].concat();
    let mut encrypted = radio.clone();
    encrypted[0] |= 8;
    for (link, frames) in [
        (
            1,
            [
                ethernet(&[0xa0, 0xed], &packet),
                ethernet(&[0x81, 0, 0, 5, 0xa0, 0xed], &packet),
                ethernet(&[0x80, 0x9a], &with_fcs),
                ethernet(&[0x80, 0x9a], &radio),
                ethernet(&[0x80, 0x9a], &encrypted),
            ],
        ),
        (
            113,
            [
                cooked(&with_fcs),
                cooked(&radio),
                cooked(&with_fcs),
                cooked(&radio),
                cooked(&encrypted),
            ],
        ),
    ] {
        let (_folder, path) = capture_of(link, &frames);
        let found = records(&["-r", path.to_str().unwrap(), "--json"]);
        let messages = of_type(&found, "icmp");
        assert_eq!(messages.len(), 4, "{link}");
        for message in messages {
            assert_eq!(message["icmp"]["name"], "echo_request");
            assert_eq!(message["icmp"]["length"], 12);
            assert_eq!(message["icmp"]["checksum"]["status"], "good");
        }
        let frames = &of_type(&found, "summary")[0]["frames"];
        assert_eq!(
            (&frames["read"], &frames["undecodable"]),
            (&5.into(), &1.into())
        );
    }
}

/// The prefix of an address that nobody told is not made up.
#[test]
fn an_unknown_prefix_is_said_to_be_unknown() {
    let message = echo(
        128,
        "2001:db8::212:4b00:1122:3344",
        "2001:db8::212:4b00:5566:7788",
        b"",
    );
    let frame = mac(
        false,
        false,
        &[&[0x7a, 0xf7, 0x3c, 58][..], &message].concat(),
    );
    let (_folder, path) = capture(&[frame]);
    let found = records(&["-r", path.to_str().unwrap(), "--json"]);
    let message = of_type(&found, "icmp")[0];
    assert_eq!(message["ip"]["unknown_prefix"]["src"], 3);
    assert_eq!(message["ip"]["unknown_prefix"]["dst"], 12);
    assert_eq!(message["icmp"]["checksum"]["reason"], "prefix");
    let out = lines(&path, &[]);
    assert!(
        out.contains("source prefix of context 3 not known, destination prefix of context 12 not"),
        "{out}"
    );
}

/// Ethernet pads short frames, and the header that was compressed does not tell the length: without
/// that each of these had a bad checksum, as in tshark.
#[test]
fn padding_of_ethernet_is_not_the_message_s() {
    let frame = |payload: &[u8], pad: bool| {
        let message = echo(128, "fe80::1", "fe80::2", payload);
        let header = [
            0x7a, 0x11, 58, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2,
        ];
        let start = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0xa0, 0xed];
        let mut frame = [&start[..], &header, &message].concat();
        if pad && frame.len() < 60 {
            frame.resize(60, 0);
        }
        frame
    };
    let payloads: Vec<Vec<u8>> = (0..30_u8)
        .flat_map(|length| {
            [
                (1..=length).collect(),
                vec![0; length.into()],
                vec![0xff; length.into()],
            ]
        })
        .collect();
    for pad in [false, true] {
        let frames: Vec<_> = payloads.iter().map(|payload| frame(payload, pad)).collect();
        let (_folder, path) = capture_of(1, &frames);
        let all = records(&["-r", path.to_str().unwrap(), "--json"]);
        let told = of_type(&all, "icmp");
        assert_eq!(told.len(), payloads.len());
        for (record, payload) in told.iter().zip(&payloads) {
            assert_eq!(
                record["icmp"]["checksum"]["status"], "good",
                "{pad} {payload:?}"
            );
            assert_eq!(record["icmp"]["length"], 8 + payload.len(), "{pad}");
            assert_eq!(record["ip"]["length"], 48 + payload.len(), "{pad}");
        }
    }
    // A message that was corrupted stays so.
    let mut corrupt = frame(&[1, 2, 3], true);
    corrupt[38] ^= 0x40;
    let (_folder, path) = capture_of(1, &[corrupt]);
    let all = records(&["-r", path.to_str().unwrap(), "--json"]);
    assert_eq!(
        of_type(&all, "icmp")[0]["icmp"]["checksum"]["status"],
        "bad"
    );
}
