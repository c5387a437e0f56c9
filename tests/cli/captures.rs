//! Frames that one machine captures for another (RPCAP): told as tshark does, wherever the port by which
//! they come is learnt.

use std::net::Ipv4Addr;

use serde_json::json;

use crate::common::crafted::{echo_request, tcp, udp};
use crate::common::{assert_accounted, of_type, records, run, summary, tool};
use crate::links::capture_of;

const CAPTURES: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const ASKS: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 9);

fn ethernet(packet: &[u8]) -> Vec<u8> {
    [&[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0], packet].concat()
}

fn rpcap(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).expect("a length").to_be_bytes();
    [&[0, kind, 0, 0], &length[..], body].concat()
}

/// A frame with an echo request of this number.
fn captured(seq: u16) -> Vec<u8> {
    let ends = (Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(192, 0, 2, 2));
    let frame = ethernet(&echo_request(ends, 64, (7, seq), &[7; 8]));
    let length = u32::try_from(frame.len()).expect("a length");
    let words = [1000, 5, length, length, u32::from(seq)];
    let head: Vec<u8> = words.into_iter().flat_map(u32::to_be_bytes).collect();
    rpcap(7, &[head, frame].concat())
}

/// A segment of the machine that captures, so many octets after the first.
fn segment(ports: (u16, u16), before: u32, data: &[u8]) -> Vec<u8> {
    ethernet(&tcp(
        (CAPTURES, ASKS),
        ports,
        1 + before,
        |tcp| tcp.ack(1),
        data,
    ))
}

/// A capture is asked for, and its frames come by the port that the answer tells.
fn frames() -> Vec<Vec<u8>> {
    let opened = rpcap(0x83, &[0, 0, 0, 1, 0, 0, 0, 0]);
    let started = rpcap(0x84, &[0, 0, 4, 0, 0x79, 0x18, 0, 0]);
    let stream = [captured(1), captured(2), captured(3)].concat();
    vec![
        segment((2002, 40000), 0, &opened),
        segment((2002, 40000), 16, &started),
        segment((31000, 50000), 0, &stream[..30]),
        segment((31000, 50000), 30, &stream[30..170]),
        segment((31000, 50000), 170, &stream[170..]),
        segment((31001, 50000), 0, &captured(4)),
    ]
}

#[test]
fn tshark_finds_the_same_frames() {
    let capture = capture_of(1, frames());
    let path = capture.path().to_str().expect("a path");
    let told = tool("tshark", &["-r", path, "-T", "fields", "-e", "icmp.seq"]);
    let told = String::from_utf8(told.stdout).expect("text");
    let theirs: Vec<u64> = (told.split([',', '\n']))
        .filter_map(|seq| seq.parse().ok())
        .collect();
    let records = records(&["-r", path, "-e"]);
    let messages = of_type(&records, "icmp");
    let ours: Vec<_> = (messages.iter())
        .filter_map(|message| message["icmp"]["seq"].as_u64())
        .collect();
    // By its form alone tshark takes the last one for another frame of the capture.
    assert_eq!(
        (ours.as_slice(), theirs.as_slice()),
        (&[1, 2, 3][..], &[1, 2, 3, 4][..])
    );
    for message in &messages {
        let report = json!({"message": "remote_capture", "by": "10.0.0.1"});
        assert_eq!(message["report"], report);
        assert_eq!(message["tunnel"][0]["kind"], "rpcap");
        let headers = message["tunnel"][0]["headers"].as_array().expect("headers");
        let names: Vec<_> = headers.iter().map(|header| &header["name"]).collect();
        assert_eq!(names, ["tcp", "rpcap", "ethernet"]);
        assert_eq!(headers[1]["captured_length"], 50);
    }
    let summary = summary(&records);
    assert_eq!(summary["frames"]["reported"], 3);
    assert_accounted(summary, "rpcap");
    let hex = run(&["-n", "-X", "-r", path]).good();
    assert!(!hex.contains("unread"), "{hex}");
    assert!(hex.contains("ether type 0x800 IPv4"), "{hex}");
}

/// Behind so many packets that another thread sorts them, of which these are none.
#[test]
fn frames_that_come_by_a_learnt_port_are_not_skimmed_over() {
    let other = ethernet(&udp((CAPTURES, ASKS), 64, (5000, 5001)));
    let datagram = |data: &[u8]| {
        let mut packet = Vec::new();
        etherparse::PacketBuilder::ipv4(CAPTURES.octets(), ASKS.octets(), 64)
            .udp(31000, 50000)
            .write(&mut packet, data)
            .expect("room");
        ethernet(&packet)
    };
    for before in [0, 5000, 20_000] {
        let mut all = vec![other.clone(); before];
        all.extend(frames());
        all.extend(vec![other.clone(); 3000]);
        all.push(datagram(&captured(5)));
        let capture = capture_of(1, all);
        let path = capture.path().to_str().expect("a path");
        let records = records(&["-r", path]);
        let seqs: Vec<_> = (of_type(&records, "icmp").iter())
            .filter_map(|message| message["icmp"]["seq"].as_u64())
            .collect();
        assert_eq!(seqs, [1, 2, 3, 5], "{before}");
        assert_accounted(summary(&records), "rpcap");
    }
}
