//! Packets that travel in messages of TCP: they count as captured, whatever segments they came in.

use std::net::Ipv4Addr;

use etherparse::PacketBuilder;
use serde_json::{Value, json};

use crate::common::crafted::{self, Crafted};
use crate::common::{assert_accounted, of_type, records, run, summary, tool};

const A: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const B: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);

/// A segment to a port, so many octets of its stream before it.
fn segment(port: u16, before: usize, data: &[u8]) -> Vec<u8> {
    let sequence = u32::try_from(1 + before).expect("few");
    let ends = (Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(192, 0, 2, 2));
    crafted::tcp(ends, (50000, port), sequence, |tcp| tcp.ack(1), data)
}

/// A frame of Fibre Channel in FCIP (RFC 3821).
fn fcip(packet: &[u8]) -> Vec<u8> {
    let mut frame = vec![4, 1, 2, 3, 0, 4, 5, 6, 5, 0x38, 0, 0, 0, 0, 0, 0];
    frame.extend([0, 1, 0xff, 0xff, 0, 0, 0, 0, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0]);
    frame.extend(packet);
    frame.resize(frame.len().next_multiple_of(4) + 4, 0);
    let words = u16::try_from(28 + 4 + frame.len() + 4).expect("short") / 4;
    let mut message = [1, 1, 0xfe, 0xfe].repeat(2);
    message.extend([0, 0, 0xff, 0xff]);
    message.extend(words.to_be_bytes());
    message.extend((!words).to_be_bytes());
    message.extend([0; 12]);
    message.extend([0x2e, 0x2e, 0xd1, 0xd1]);
    message.extend(frame);
    message.extend([0x42, 0x42, 0xbd, 0xbd]);
    message
}

/// A ping and its answer, of which a segment ends in the midst of each, and one is sent again.
fn split() -> Crafted {
    let request = fcip(&crafted::echo_request((A, B), 64, (7, 1), &[7; 8]));
    let reply = fcip(&crafted::echo_reply((A, B), 64, (7, 1), &[7; 8]));
    let stream = [request, reply].concat();
    let mut capture = Crafted::new();
    for (millis, before, end) in [(1, 0, 70), (2, 0, 70), (3, 70, 140), (4, 140, stream.len())] {
        capture.at(millis, &segment(3225, before, &stream[before..end]));
    }
    capture
}

#[test]
fn a_ping_in_a_stream_is_answered() {
    let (_file, path) = split().path();
    let records = records(&["-r", &path]);
    let messages = of_type(&records, "icmp");
    let frames = |message: &Value| message["reassembly"]["frames"].clone();
    assert_eq!(messages.len(), 2);
    assert_eq!(frames(messages[0]), json!([{"frame": 1}, {"frame": 3}]));
    assert_eq!(frames(messages[1]), json!([{"frame": 3}, {"frame": 4}]));
    for message in &messages {
        assert_eq!(message["tunnel"][0]["kind"], "fcip");
        assert_eq!(message["tunnel"][0]["dst_port"], 3225);
        assert!(message.get("report").is_none());
    }
    let exchanges = of_type(&records, "exchange");
    assert_eq!(exchanges.len(), 1);
    assert_eq!(exchanges[0]["outcome"], "answered");
    assert_eq!(exchanges[0]["rtt_ns"], 1_000_000);
    let summary = summary(&records);
    let frames = json!({"read": 4, "further_packets": 2, "icmp": 2, "other": 4, "filtered": 0,
                        "undecodable": 0});
    assert_eq!(summary["frames"], frames);
    assert_accounted(summary, "streams");
}

#[test]
fn what_is_written_holds_the_same() {
    let (_file, path) = split().path();
    let folder = tempfile::tempdir().expect("a folder");
    let written = folder.path().join("w.pcap");
    let name = written.to_str().expect("a path");
    run(&["-r", &path, "-w", name]).good();
    assert_eq!(of_type(&records(&["-r", name]), "icmp").len(), 2);
    let hidden = records(&["-r", &path, "udp"]);
    assert_accounted(summary(&hidden), "filtered");
    assert_eq!(of_type(&hidden, "icmp").len(), 0);
}

/// IEEE 802.15.4 with an IPv6 header as it is (RFC 4944 section 5.1), behind that of `SCoP`.
#[test]
fn a_frame_that_carries_compressed_headers_may_be_in_a_stream() {
    let mut frame = vec![0x41, 0x88, 1, 0xcd, 0xab, 2, 0, 1, 0, 0x41];
    PacketBuilder::ipv6([0x20; 16], [0x21; 16], 64)
        .icmpv6_echo_request(7, 1)
        .write(&mut frame, &[7; 8])
        .expect("room");
    let length = u16::try_from(5 + frame.len()).expect("short").to_be_bytes();
    let message = [&[2, 1, length[0], length[1], 1][..], &frame].concat();
    let stream = [&message[..], &message].concat();
    let mut capture = Crafted::new();
    for (millis, before, end) in [
        (1, 0, message.len() + 9),
        (2, message.len() + 9, stream.len()),
    ] {
        capture.at(millis, &segment(17755, before, &stream[before..end]));
    }
    let (_file, path) = capture.path();
    let records = records(&["-r", &path]);
    let messages = of_type(&records, "icmp");
    assert_eq!(messages.len(), 2);
    for message in &messages {
        assert_eq!(message["tunnel"][0]["kind"], "scop");
        assert_eq!(message["icmp"]["checksum"]["status"], "good");
    }
    assert_accounted(summary(&records), "scop");
    let lines = run(&["-n", "-v", "-X", "-r", &path]).good();
    assert_eq!(
        lines.matches("ICMP6, echo request, id 7, seq 1").count(),
        2,
        "{lines}"
    );
}

/// Frame by frame what tshark tells, which puts segments together as well.
#[test]
fn tshark_finds_the_same_packets() {
    let (_file, path) = split().path();
    let told = tool(
        "tshark",
        &[
            "-r",
            &path,
            "-Y",
            "icmp",
            "-T",
            "fields",
            "-e",
            "frame.number",
            "-e",
            "icmp.type",
        ],
    );
    let theirs = String::from_utf8(told.stdout).expect("text");
    let records = records(&["-r", &path]);
    let ours: Vec<_> = (of_type(&records, "icmp").iter())
        .map(|message| format!("{}\t{}", message["frame"], message["icmp"]["type"]))
        .collect();
    assert_eq!(ours, theirs.lines().collect::<Vec<_>>());
}
