//! What the program shows of packets made for it, as records and as lines.

use std::fs;
use std::process::Command;

use icmpdump::wire::checksum::{icmpv6_pseudo_header, internet};
use icmpdump::wire::{Ip, Limit};
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::corpus::Packet;
use crate::oracle::pcap;

/// An IPv4 packet with good checksums, that of ICMP included.
pub(crate) fn v4(src: [u8; 4], dst: [u8; 4], protocol: u8, payload: &[u8]) -> Vec<u8> {
    let total = u16::try_from(20 + payload.len()).unwrap();
    let mut packet = vec![0x45, 0];
    packet.extend(total.to_be_bytes());
    packet.extend([0, 7, 0, 0, 64, protocol, 0, 0]);
    packet.extend(src);
    packet.extend(dst);
    let sum = internet(&[&packet]);
    packet[10..12].copy_from_slice(&sum.to_be_bytes());
    packet.extend(payload);
    if protocol == 1 && payload.len() >= 4 && payload[2..4] == [0, 0] {
        let sum = internet(&[payload]);
        packet[22..24].copy_from_slice(&sum.to_be_bytes());
    }
    packet
}

/// An IPv6 packet from `2001:db8::1` to `2001:db8::2`; with a good checksum if it is ICMPv6.
pub(crate) fn v6(next: u8, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x60, 0, 0, 0];
    packet.extend(u16::try_from(payload.len()).unwrap().to_be_bytes());
    packet.extend([next, 64]);
    for last in [1, 2] {
        packet.extend([0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]);
    }
    packet.extend(payload);
    if next == 58 && payload.len() >= 4 {
        let ip = Ip::parse(&packet, Limit::Frame).unwrap();
        let pseudo = icmpv6_pseudo_header(&ip).unwrap();
        let sum = internet(&[&pseudo, payload]);
        packet[42..44].copy_from_slice(&sum.to_be_bytes());
    }
    packet
}

/// What the RFC of a message asks of the packet around it.
#[derive(Clone, Copy)]
pub(crate) enum Hop {
    /// Nothing.
    Any,
    /// Hop limit 255, from a link-local address: Neighbor Discovery.
    Neighbor,
    /// Hop limit 1, from a link-local address, with a router alert: MLD and its kin.
    Link,
    /// The same, to the group `ff02::` with a last octet.
    LinkGroup(u8),
    /// Hop limit 255, from a link-local address, to such a group.
    NeighborGroup(u8),
    /// An option for the destination.
    Option(&'static [u8]),
    /// A type 2 routing header to an address.
    Route([u8; 16]),
}

/// An ICMPv6 message in the packet it belongs in, to `2001:db8::1` or its kind.
pub(crate) fn v6_hop(hop: Hop, message: &[u8]) -> Vec<u8> {
    let link_local = |last| [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last];
    let mut packet = v6(58, message);
    match hop {
        Hop::Any => return packet,
        Hop::Option(option) => {
            let mut header = [&[58, 0][..], option].concat();
            header.resize(header.len().next_multiple_of(8), 0);
            header[1] = u8::try_from(header.len() / 8 - 1).unwrap();
            return behind(60, &header, message);
        }
        Hop::Route(home) => {
            return behind(
                43,
                &[&[58, 2, 2, 1, 0, 0, 0, 0], &home[..]].concat(),
                message,
            );
        }
        Hop::Neighbor | Hop::NeighborGroup(_) => packet[7] = 255,
        Hop::Link | Hop::LinkGroup(_) => packet[7] = 1,
    }
    packet[8..24].copy_from_slice(&link_local(1));
    packet[24..40].copy_from_slice(&link_local(2));
    if let Hop::LinkGroup(last) | Hop::NeighborGroup(last) = hop {
        packet[24..40].copy_from_slice(&[0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]);
    }
    sum(&mut packet, 40);
    if matches!(hop, Hop::Link | Hop::LinkGroup(_)) {
        packet.splice(40..40, [58, 0, 5, 2, 0, 0, 1, 0]);
        packet[6] = 0;
        packet[5] += 8;
    }
    packet
}

/// An ICMPv6 message behind an extension header.
fn behind(protocol: u8, header: &[u8], message: &[u8]) -> Vec<u8> {
    let mut packet = v6(protocol, &[header, message].concat());
    sum(&mut packet, 40 + header.len());
    packet
}

/// Fills in the checksum of the message at `at`.
fn sum(packet: &mut [u8], at: usize) {
    packet[at + 2..at + 4].fill(0);
    let ip = Ip::parse(packet, Limit::Frame).unwrap();
    let pseudo = icmpv6_pseudo_header(&ip).unwrap();
    let sum = internet(&[&pseudo, &packet[at..]]);
    packet[at + 2..at + 4].copy_from_slice(&sum.to_be_bytes());
}

/// A capture of packets that are there whole.
pub(crate) fn capture<'a>(packets: impl IntoIterator<Item = &'a Vec<u8>>) -> NamedTempFile {
    let packets: Vec<_> = packets
        .into_iter()
        .map(|octets| Packet {
            file: String::new(),
            number: 1,
            on_wire: octets.len(),
            octets: octets.clone(),
        })
        .collect();
    let file = NamedTempFile::new().unwrap();
    fs::write(file.path(), pcap(&packets)).unwrap();
    file
}

pub(crate) fn run(packets: &[Vec<u8>], arguments: &[&str]) -> String {
    let file = capture(packets);
    let output = Command::new(env!("CARGO_BIN_EXE_icmpdump"))
        .args(arguments)
        .arg("-r")
        .arg(file.path())
        .output()
        .unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

pub(crate) fn records(packets: &[Vec<u8>]) -> Vec<Value> {
    let text = run(packets, &["--json"]);
    let all = text.lines().map(|line| serde_json::from_str(line).unwrap());
    all.collect()
}

/// The record of the only message.
pub(crate) fn record(packet: &[u8]) -> Value {
    let all = records(&[packet.to_vec()]);
    let mut messages = all.into_iter().filter(|record| record["type"] == "icmp");
    messages.next().unwrap()
}

/// Its line.
pub(crate) fn line(packet: &[u8]) -> String {
    let text = run(&[packet.to_vec()], &["-t"]);
    text.lines().next().unwrap().to_owned()
}

/// All that `-v` tells of it.
pub(crate) fn verbose(packet: &[u8]) -> String {
    run(&[packet.to_vec()], &["-t", "-v"])
}

pub(crate) const A: [u8; 4] = [192, 0, 2, 1];
pub(crate) const B: [u8; 4] = [192, 0, 2, 2];
pub(crate) const C: [u8; 4] = [10, 0, 0, 1];
pub(crate) const D: [u8; 4] = [10, 0, 0, 2];

/// An error that quotes these octets.
pub(crate) fn unreachable(quote: &[u8]) -> Vec<u8> {
    v4(B, A, 1, &[&[3, 1, 0, 0, 0, 0, 0, 0], quote].concat())
}

#[test]
fn pointers_of_the_old_types() {
    let quote = v4(A, D, 6, &[0; 8]);
    for (kind, pointer) in [(31, [0, 0, 0, 9]), (40, [0, 0, 0, 9])] {
        let message = [&[kind, 1, 0, 0], &pointer[..], &quote].concat();
        assert_eq!(
            record(&v4(B, A, 1, &message))["icmp"]["pointer"],
            9,
            "{kind}"
        );
    }
}

#[test]
fn tags_inside_of_a_tunnel() {
    let mut vxlan = vec![0xc0, 0, 0x12, 0xb5, 0, 64, 0, 0, 8, 0, 0, 0, 0, 0, 7, 0];
    vxlan.extend([2; 12]);
    vxlan.extend([0x88, 0xa8, 0, 3, 0x81, 0, 0, 42, 8, 0]);
    vxlan.extend(v4(C, D, 1, &[8, 0, 0, 0, 0, 1, 0, 1]));
    let packet = v4(A, B, 17, &vxlan);
    assert_eq!(record(&packet)["tunnel"][0]["vlan"], json!([3, 42]));
    let line = line(&packet);
    assert!(
        line.contains("in vxlan vni 7 192.0.2.1 > 192.0.2.2 with vlan 3, 42 inside"),
        "{line}"
    );
}

#[test]
fn why_a_checksum_is_bad() {
    let mut packet = v4(A, B, 1, &[8, 0, 0, 0, 0, 1, 0, 1]);
    packet[25] ^= 4;
    assert_eq!(record(&packet)["icmp"]["checksum"]["cause"], "flipped_bit");
    assert!(
        line(&packet).contains("; probably one bit flipped)"),
        "{}",
        line(&packet)
    );
    packet[27] ^= 0x30;
    assert!(record(&packet)["icmp"]["checksum"]["cause"].is_null());
}

#[test]
fn fragments_behind_options_and_what_became_of_them() {
    let mut part = vec![58, 0, 1, 4, 0, 0, 0, 0];
    let message = v6(58, &[&[128, 0, 0, 0, 0, 1, 0, 1], &[7; 24][..]].concat());
    part.extend(&message[40..]);
    let piece = |id: u8, offset: u8, more: u8, octets: &[u8]| {
        v6(
            44,
            &[&[60, 0, 0, offset | more, 0, 0, 0, id], octets].concat(),
        )
    };
    let packets = [
        piece(1, 0, 1, &part[..16]),
        piece(1, 16, 0, &part[16..]),
        piece(2, 0, 1, &part[..16]),
    ];
    let all = records(&packets);
    let messages: Vec<_> = all
        .iter()
        .filter(|record| record["type"] == "icmp")
        .collect();
    assert_eq!(messages.len(), 3);
    let whole = &messages[1]["reassembly"];
    assert_eq!(whole["status"], "complete");
    assert_eq!(whole["frames"], json!([{"frame": 1}, {"frame": 2}]));
    assert_eq!(whole["icmp"]["checksum"]["status"], "good");
    let summary = all.last().unwrap();
    assert_eq!(
        (
            &summary["reassembly"]["complete"],
            &summary["reassembly"]["waiting"]
        ),
        (&json!(1), &json!(1))
    );
    let text = run(&packets, &["-t"]);
    assert!(
        text.contains("-- fragmented messages: 1 put together, 1 incomplete at the end"),
        "{text}"
    );
}

#[test]
fn numbers_in_little_endian_order() {
    let packet = v4(A, B, 1, &[8, 0, 0, 0, 1, 0, 3, 0]);
    assert_eq!(
        record(&packet)["inferred"]["little_endian"],
        json!({"id": 1, "seq": 3})
    );
    let text = run(&[packet], &["-tv"]);
    assert!(
        text.contains("probably little-endian: id 1 seq 3"),
        "{text}"
    );
}

/// As hping3 writes those of every type.
#[test]
fn numbers_in_little_endian_order_of_other_queries() {
    for (kind, rest) in [(13, 12), (15, 0), (17, 4)] {
        let query = |seq| {
            let mut message = vec![kind, 0, 0, 0, 0xf6, 0x77, seq, 0];
            message.resize(8 + rest, 0);
            v4(A, B, 1, &message)
        };
        let packets = [query(0), query(1), query(2)];
        let told = |records: Vec<Value>| -> Vec<Value> {
            let messages = records.into_iter().filter(|told| told["type"] == "icmp");
            messages
                .map(|mut told| told["inferred"]["little_endian"].take())
                .collect()
        };
        let told = told(records(&packets));
        let meant = |seq| json!({"id": 0x77f6, "seq": seq});
        assert_eq!(told, [Value::Null, meant(1), meant(2)]);
        let text = run(&packets, &["-tv"]);
        let meant = "probably little-endian: id 30710 seq ";
        assert_eq!(text.matches(meant).count(), 2, "{text}");
        // Of one alone it is told where both read like that.
        let mut message = vec![kind, 0, 0, 0, 1, 0, 3, 0];
        message.resize(8 + rest, 0);
        let packet = v4(A, B, 1, &message);
        let meant = json!({"id": 1, "seq": 3});
        assert_eq!(record(&packet)["inferred"]["little_endian"], meant);
        message[6..8].copy_from_slice(&[0, 3]);
        assert!(record(&v4(A, B, 1, &message))["inferred"].is_null());
    }
}

/// At four in the afternoon: what another answers to Windows, and Windows to another.
#[test]
fn times_in_little_endian_order() {
    const CAPTURED: u32 = 1_764_000_000;
    const TIME: u32 = 57_600_000;
    let reply = |times: [[u8; 4]; 3]| {
        let message = [&[14, 0, 0, 0, 0, 1, 0, 1][..], &times.concat()].concat();
        v4(A, B, 1, &message)
    };
    let [asked, came, went] = [TIME, TIME + 3, TIME + 1004];
    let right = reply([asked, came, went].map(u32::to_be_bytes));
    let wrong = reply([asked.to_be_bytes(), came.to_le_bytes(), went.to_le_bytes()]);
    let file = capture([&wrong, &right]);
    let mut octets = fs::read(file.path()).unwrap();
    for record in [24, 24 + 16 + wrong.len()] {
        octets[record..record + 4].copy_from_slice(&CAPTURED.to_le_bytes());
    }
    fs::write(file.path(), octets).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_icmpdump"));
        command.args(arguments).arg("-r").arg(file.path());
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let told = run(&["--json", "--emit", "icmp"]);
    let record = |line: &str| serde_json::from_str::<Value>(line).unwrap();
    let told: Vec<_> = told.lines().map(record).collect();
    assert_eq!(
        told[1]["inferred"]["little_endian_times"],
        json!({"receive": came, "transmit": went})
    );
    assert!(told[2]["inferred"].is_null());
    // What the octets say stays.
    assert_eq!(told[1]["icmp"]["timestamps"]["receive"], came.swap_bytes());
    let text = run(&["-tv"]);
    let meant = ", probably little-endian times: receive 16:00:00.003 transmit 16:00:01.004";
    assert_eq!(text.matches(meant).count(), 1, "{text}");
    assert_eq!(text.matches("little-endian").count(), 1, "{text}");
    let text = run(&["-tX"]);
    for meant in [
        "receive 65564163, probably little-endian 16:00:00.003",
        ", probably little-endian 16:00:01.004",
    ] {
        assert_eq!(text.matches(meant).count(), 1, "{text}");
    }
    assert_eq!(text.matches("little-endian").count(), 2, "{text}");
    // Captures whose times begin at 0 do not tell the time of day.
    assert!(super::shown::record(&wrong)["inferred"].is_null());
}

#[test]
fn the_header_of_hipercontracer() {
    const SENT: u32 = 1_700_000_000;
    let mut message = vec![8, 0, 0, 0, 0, 1, 0, 3, 1, 2, 3, 4, 9, 2, 0xab, 0xcd];
    message.extend(1_487_196_800_000_250_u64.to_be_bytes());
    message.extend([0; 28]);
    let packet = v4(A, B, 1, &message);
    assert!(record(&packet)["inferred"]["sender"].is_null());
    let file = capture([&packet]);
    let mut octets = fs::read(file.path()).unwrap();
    octets[24..28].copy_from_slice(&SENT.to_le_bytes());
    fs::write(file.path(), octets).unwrap();
    let run = |argument| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_icmpdump"));
        command.args(["-t", argument, "-r"]).arg(file.path());
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let told = run("--json");
    let record = |line: &str| serde_json::from_str::<Value>(line).unwrap();
    let told = told.lines().map(record).find(|told| told["type"] == "icmp");
    let inferred = &told.unwrap()["inferred"];
    assert_eq!(inferred["sender"], "hipercontracer");
    assert_eq!(inferred["sent"], "2023-11-14T22:13:20.000250000Z");
    assert_eq!(
        inferred["header"],
        json!({
            "magic": 0x0102_0304,
            "send_ttl": 9,
            "round": 2,
            "checksum_tweak": 0xabcd,
            "send_time_us": 1_487_196_800_000_250_u64,
        })
    );
    let text = run("-v");
    let told = ", magic 0x1020304, send ttl 9, round 2, checksum tweak 0xabcd, send time us";
    assert!(text.contains(told), "{text}");
    let dump = run("-X");
    for field in ["probable magic", "probable send ttl 9", "probable round 2"] {
        assert!(dump.contains(field), "{dump}");
    }
}

/// RFC 1256 section 3: an entry may have more than the two words of today.
#[test]
fn routers_stand_an_entry_size_apart() {
    let entries = [
        [10, 0, 0, 1],
        [0, 0, 0, 5],
        [9; 4],
        [10, 0, 0, 2],
        [0xff; 4],
        [9; 4],
    ];
    let message = [&[9, 0, 0, 0, 2, 3, 0, 60][..], entries.as_flattened()].concat();
    let expected = json!([
        {"address": "10.0.0.1", "preference": 5, "unread": "09090909"},
        {"address": "10.0.0.2", "preference": -1, "unread": "09090909"},
    ]);
    assert_eq!(
        record(&v4(B, A, 1, &message))["icmp"]["addresses"],
        expected
    );
}

#[test]
fn identifiers_are_told_once() {
    let numbers: &[u8] = &[0x12, 0x34, 0x56, 0x78];
    for kind in [0, 8, 13, 15, 16, 17, 18, 30, 37, 38, 42] {
        let packet = v4(B, A, 1, &[&[kind, 0, 0, 0], numbers, &[0; 12]].concat());
        let text = run(&[packet], &["-t", "-v"]);
        let message: Vec<_> = text.lines().take(3).skip(1).collect();
        let told = message.join(" ").matches("id 4660").count();
        assert_eq!(told, 1, "{kind}: {text}");
    }
    for kind in [128, 145, 147, 148, 149, 154, 160] {
        let packet = v6(58, &[&[kind, 0, 0, 0], numbers].concat());
        // Here flags stand before the identifier.
        let packet = if kind == 154 {
            v6(58, &[154, 0, 0, 0, 2, 0, 0x12, 0x34])
        } else {
            packet
        };
        let text = run(&[packet], &["-t", "-v"]);
        let message: Vec<_> = text.lines().take(2).collect();
        let told = message.join(" ").matches("id 4660").count();
        assert_eq!(told, 1, "{kind}: {text}");
    }
}

/// Below 128 all are errors; one without a name may quote nothing.
#[test]
fn an_unknown_error_without_a_quote_shows_its_octets() {
    let packet = v6(58, &[102, 2, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(record(&packet)["icmp"]["data"], "0102030405060708");
    let text = run(&[packet], &["-t", "-v"]);
    assert!(text.contains("data 0102030405060708"), "{text}");
}

/// RFC 3971 section 6.4.3.
#[test]
fn the_name_of_a_trust_anchor_is_told() {
    let option = |kind: u8| [&[15, 2, kind, 4][..], b"\x06anchor\0\0\0\0\0"].concat();
    let options = [option(1), option(2)].concat();
    let packet = v6(
        58,
        &[&[148, 0, 0, 0, 0, 1, 0xff, 0xff], &options[..]].concat(),
    );
    let options = &record(&packet)["icmp"]["options"];
    assert_eq!(options[0]["anchor"], "06616e63686f7200");
    assert_eq!(options[0]["name_type_name"], "der_encoded_x501_name");
    assert_eq!(options[1]["domains"], json!(["anchor"]));
}
