//! Messages that came in fragments: what the last of them to come makes of all.

use std::net::Ipv6Addr;
use std::slice;

use etherparse::PacketBuilder;
use serde_json::Value;

use crate::common::{of_type, records, run};
use crate::links::capture_of;
use crate::nodes::{checksum, ipv6, mac, plain_fragments};

const RAW: u32 = 101;
const PPP: u32 = 9;
const LOWPAN: u32 = 230;

fn sum(octets: &[u8]) -> [u8; 2] {
    let words = octets.chunks(2);
    let words = words.map(|pair| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0)));
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    (!u16::try_from(sum).unwrap()).to_be_bytes()
}

/// A datagram that a router at 192.0.2.9 will drop.
fn dropped(dst: [u8; 4]) -> Vec<u8> {
    let mut packet = Vec::new();
    PacketBuilder::ipv4([192, 0, 2, 1], dst, 3)
        .udp(1234, 33434)
        .write(&mut packet, &[7; 20])
        .unwrap();
    packet[5] = 55; // identification
    packet[10..12].fill(0);
    let found = sum(&packet[..20]);
    packet[10..12].copy_from_slice(&found);
    packet
}

/// The time exceeded message about it, with 128 octets where the quote is and MPLS labels behind.
fn exceeded(dropped: &[u8]) -> Vec<u8> {
    let mut message = vec![11, 0, 0, 0, 0, 32, 0, 0];
    message.extend(dropped);
    message[16] = 1; // time to live
    message.resize(8 + 128, 0);
    let mut extensions = vec![0x20, 0, 0, 0, 0, 8, 1, 1, 0, 1, 0x01, 0x40];
    let found = sum(&extensions);
    extensions[2..4].copy_from_slice(&found);
    message.extend(extensions);
    let found = sum(&message);
    message[2..4].copy_from_slice(&found);
    let mut packet = vec![0x45, 0];
    packet.extend(u16::try_from(20 + message.len()).unwrap().to_be_bytes());
    packet.extend([0, 9, 0, 0, 64, 1, 0, 0, 192, 0, 2, 9, 192, 0, 2, 1]);
    let found = sum(&packet);
    packet[10..12].copy_from_slice(&found);
    packet.extend(message);
    packet
}

/// IP fragments that end at these octets of the payload.
pub(crate) fn fragments(packet: &[u8], ends: &[usize]) -> Vec<Vec<u8>> {
    let payload = &packet[20..];
    let starts = [0].into_iter().chain(ends.iter().copied());
    let part = |(start, &end): (usize, &usize)| {
        let end = end.min(payload.len());
        let mut part = packet[..20].to_vec();
        part[2..4].copy_from_slice(&u16::try_from(20 + end - start).unwrap().to_be_bytes());
        let more = u16::from(end < payload.len()) << 13;
        let field = u16::try_from(start / 8).unwrap() | more;
        part[6..8].copy_from_slice(&field.to_be_bytes());
        part[10..12].fill(0);
        let found = sum(&part);
        part[10..12].copy_from_slice(&found);
        part.extend(&payload[start..end]);
        part
    };
    starts.zip(ends).map(part).collect()
}

/// PPP around a packet.
fn ppp(packet: &[u8]) -> Vec<u8> {
    [&[0xff, 3, 0, 0x21], packet].concat()
}

/// Pieces of PPP multilink that end at these octets of the packet.
fn multilink(packet: &[u8], ends: &[usize]) -> Vec<Vec<u8>> {
    let datagram = [&[0, 0x21], packet].concat();
    let starts = [0].into_iter().chain(ends.iter().map(|end| end + 2));
    let part = |((number, start), &end): ((u8, usize), &usize)| {
        let end = (end + 2).min(datagram.len());
        let flags = u8::from(start == 0) << 7 | u8::from(end == datagram.len()) << 6;
        let header = [0xff, 3, 0, 0x3d, flags, 0, 0, 100 + number];
        [&header[..], &datagram[start..end]].concat()
    };
    (0..).zip(starts).zip(ends).map(part).collect()
}

fn read(link: u32, frames: &[Vec<u8>]) -> Vec<Value> {
    let capture = capture_of(link, frames);
    records(&["-r", capture.path().to_str().unwrap(), "--json"])
}

fn text(link: u32, frames: &[Vec<u8>], flag: &str) -> String {
    let capture = capture_of(link, frames);
    run(&["-r", capture.path().to_str().unwrap(), "-t", flag]).good()
}

/// The lines below that of the last message.
fn below_last(text: &str) -> Vec<&str> {
    let messages = text.split("\n-- ").next().unwrap().lines();
    let below: Vec<_> = messages
        .rev()
        .take_while(|line| line.starts_with('\t'))
        .collect();
    below.into_iter().rev().collect()
}

const ALL: usize = usize::MAX - 2;

/// An error that came in pieces, wherever it was taken apart and in whichever order they came: it
/// finds its original, adds to one verdict and is told as if it had come in one.
#[test]
fn an_error_in_fragments_tells_what_it_tells_whole() {
    let sent = dropped([198, 51, 100, 9]);
    let whole = exceeded(&sent);
    let expected = read(RAW, &[sent.clone(), whole.clone()]);
    let message = of_type(&expected, "icmp")[0].clone();
    assert_eq!(message["quoted"]["dst_port"], 33434);
    assert_eq!(message["original"]["frame"], 1);
    assert_eq!(message["quoted"]["extensions"][0]["labels"][0]["label"], 16);
    let expected_text = text(RAW, &[sent.clone(), whole.clone()], "-v");
    let mut cases = Vec::new();
    // Within the quote's header, within its ports, behind them, and before the extensions.
    for first in [8, 24, 32, 40, 136] {
        cases.push((RAW, fragments(&whole, &[first, ALL])));
        cases.push((RAW, fragments(&whole, &[first, 144, ALL])));
    }
    for first in [21, 24, 28, 37, 48, 50, 60, 150] {
        cases.push((PPP, multilink(&whole, &[first, ALL])));
        cases.push((PPP, multilink(&whole, &[first, 152, ALL])));
    }
    for (link, pieces) in cases {
        let before = if link == PPP {
            ppp(&sent)
        } else {
            sent.clone()
        };
        for order in [pieces.clone(), pieces.iter().rev().cloned().collect()] {
            let frames: Vec<_> = [before.clone()].into_iter().chain(order).collect();
            let what = format!("link type {link}: {frames:02x?}");
            let found = read(link, &frames);
            let messages = of_type(&found, "icmp");
            let told = messages.last().unwrap();
            assert_eq!(told["frame"], frames.len(), "{what}");
            assert_eq!(told["reassembly"]["status"], "complete", "{what}");
            for part in ["quoted", "community_id", "defects"] {
                assert_eq!(told[part], message[part], "{part} of {what}");
            }
            assert_eq!(told["original"]["frame"], 1, "{what}");
            assert_eq!(told["original"]["match"], "exact", "{what}");

            let drops = of_type(&found, "drop");
            assert_eq!(drops.len(), 1, "{what}");
            let (drop, expected_drop) = (drops[0], of_type(&expected, "drop")[0]);
            for part in [
                "flow",
                "dropper",
                "reason",
                "count",
                "bytes",
                "original_frames",
            ] {
                assert_eq!(drop[part], expected_drop[part], "{part} of {what}");
            }
            assert_eq!(drop["original_count"], 1, "{what}");
            let named = drop["error_frames"].as_array().unwrap();
            assert_eq!(named.len(), frames.len() - 1, "{what}");
            let path = of_type(&found, "path");
            let hop = |path: &[&Value]| path.first().map(|path| path["hops"].clone());
            let expected_path = of_type(&expected, "path");
            let labels =
                |hops: Option<Value>| hops.map(|hops| hops[2]["routers"][0]["mpls"].clone());
            assert_eq!(labels(hop(&path)), labels(hop(&expected_path)), "{what}");
            let summary = of_type(&found, "summary")[0];
            let expected_summary = of_type(&expected, "summary")[0];
            for part in ["messages", "checksums", "errors"] {
                assert_eq!(summary[part], expected_summary[part], "{part} of {what}");
            }
            let out = text(link, &frames, "-v");
            let told = below_last(&out);
            for line in below_last(&expected_text) {
                assert!(told.contains(&line), "{line} of {what} in {out}");
            }
            assert!(
                out.contains("quotes UDP 192.0.2.1.1234 > 198.51.100.9.33434"),
                "{out}"
            );
        }
    }
}

/// Errors about two packets of one flow, one of which came in two fragments, are two.
#[test]
fn an_error_told_of_anew_counts_once() {
    let sent = dropped([198, 51, 100, 9]);
    let whole = exceeded(&sent);
    let mut other = sent.clone();
    other[5] = 77; // identification
    for first in [24, 32, 40] {
        let mut frames = vec![exceeded(&other)];
        frames.extend(fragments(&whole, &[first, ALL]));
        let found = read(RAW, &frames);
        let drops = of_type(&found, "drop");
        assert_eq!(drops.len(), 1, "{first}");
        assert_eq!(drops[0]["count"], 2, "{first}");
        let named = drops[0]["error_frames"].as_array().unwrap();
        assert_eq!(named.len(), 3, "{first}");
    }
}

/// What is wrong with a message stands where it is whole, and what is missing from its first fragment
/// is in another, not missing from the packet.
#[test]
fn fragments_are_not_accused_of_being_short() {
    let group = exceeded(&dropped([224, 0, 0, 9]));
    let found = read(RAW, &fragments(&group, &[24, ALL]));
    let messages = of_type(&found, "icmp");
    let rule = "error about a multicast or broadcast packet";
    assert_eq!(messages[1]["defects"][0]["rule"], rule);
    let limit = |record: &Value| record["defects"][0]["limit"].clone();
    assert_eq!(limit(messages[0]), "fragment");

    let (src, dst): (Ipv6Addr, Ipv6Addr) =
        ("fe80::1".parse().unwrap(), "ff02::1a".parse().unwrap());
    let mut dio = vec![155, 1, 0, 0, 30, 1, 1, 0, 0x88, 240, 0, 0];
    dio.extend("2001:db8::1".parse::<Ipv6Addr>().unwrap().octets());
    dio.extend([8, 30, 64, 0x40, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
    dio.extend("2001:db8::".parse::<Ipv6Addr>().unwrap().octets());
    let found = checksum(src, dst, 58, &dio);
    dio[2..4].copy_from_slice(&found.to_be_bytes());
    let packet = ipv6(0, 0, 58, 255, src, dst, &dio);
    let frames: Vec<_> = plain_fragments(&packet, 9, &[64, packet.len()])
        .iter()
        .map(|part| mac(false, false, part))
        .collect();
    let found = read(LOWPAN, &frames);
    let messages = of_type(&found, "icmp");
    assert_eq!(limit(messages[0]), "fragment");
    assert_eq!(messages[1]["defects"], Value::Null);
    for message in messages {
        assert_eq!(message["ip"]["length"], packet.len());
    }
    let out = text(LOWPAN, &frames, "-v");
    assert_eq!(out.matches("payload length: 60").count(), 2, "{out}");
    let told = below_last(&out).join("\n");
    assert!(told.contains("dodag id 2001:db8::1"), "{out}");
    let out = text(LOWPAN, &frames, "-X");
    let (_, made) = out.split_once("-- the message put together").unwrap();
    for told in [
        "next header 58 ICMPv6",
        "type 155 rpl control",
        "dodag id 2001:db8::1",
    ] {
        assert!(made.contains(told), "{told}: {out}");
    }
    assert!(told.contains("prefix 2001:db8::"), "{out}");
}

/// Behind the octets of the last fragment stand those of the message, named as if it had come in one.
#[test]
fn octets_of_a_message_in_fragments_are_named_where_it_is_whole() {
    const TITLE: &str = "-- the message put together";
    let fields = |dump: &str| {
        let (_, message) = dump.split_once("\t-- ICMP\n").unwrap();
        let rows = message.lines().take_while(|line| line.starts_with('\t'));
        rows.map(str::to_owned).collect::<Vec<_>>()
    };
    let whole = exceeded(&dropped([198, 51, 100, 9]));
    let expected = fields(&text(RAW, slice::from_ref(&whole), "-X"));
    assert!(expected.iter().any(|row| row.contains("label 16")));
    for ends in [&[8, ALL][..], &[24, 32, ALL], &[136, 144, ALL]] {
        let pieces = fragments(&whole, ends);
        for order in [pieces.clone(), pieces.into_iter().rev().collect()] {
            let out = text(RAW, &order, "-X");
            let (before, made) = out.split_once(TITLE).unwrap();
            assert_eq!(fields(made), expected, "{out}");
            assert!(!made.contains(TITLE), "{out}");
            // What the frame holds stands before, and above that the line.
            let last = before.lines().rev().find(|line| !line.starts_with('\t'));
            assert!(last.unwrap().contains("completes time exceeded"), "{out}");
        }
    }
    // Where the link took it apart that is told once.
    for pieces in [
        multilink(&whole, &[64, ALL]),
        multilink(&fragments(&whole, &[64])[0], &[50, ALL]),
    ] {
        let out = text(PPP, &pieces, "-X");
        let titles = out
            .lines()
            .filter(|row| row.starts_with("\t-- ") && row.contains(" put together"));
        assert_eq!(titles.count(), 1, "{out}");
    }
    let mut inner = multilink(&fragments(&whole, &[64, ALL])[1], &[50, ALL]);
    inner.splice(0..0, multilink(&fragments(&whole, &[64])[0], &[ALL]));
    let out = text(PPP, &inner, "-X");
    assert!(out.contains("-- the packet put together"), "{out}");
    assert_eq!(fields(out.split_once(TITLE).unwrap().1), expected, "{out}");
}

/// The same pieces with sequence numbers of 12 bits.
fn with_short_numbers(pieces: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let short = |piece: &Vec<u8>| [&piece[..5], &piece[7..]].concat();
    pieces.iter().map(short).collect()
}

/// A later piece has its number, and no header of the packet it is of (RFC 1990 section 3).
#[test]
fn later_pieces_have_the_headers_that_they_have() {
    let whole = exceeded(&dropped([198, 51, 100, 9]));
    let long = multilink(&whole, &[64, ALL]);
    for pieces in [with_short_numbers(&long), long] {
        let found = read(PPP, &pieces);
        let messages = of_type(&found, "icmp");
        let headers = |message: &Value| message["tunnel"][0]["headers"].clone();
        assert_eq!(headers(messages[0])[0]["sequence"], 100);
        assert_eq!(headers(messages[0])[1]["protocol"], 0x21);
        assert_eq!(headers(messages[1])[0]["sequence"], 101);
        assert_eq!(headers(messages[1])[0]["ending"], true);
        assert_eq!(headers(messages[1]).as_array().unwrap().len(), 1);
        let out = text(PPP, &pieces, "-X");
        assert!(
            out.contains("sequence 100") && out.contains("sequence 101"),
            "{out}"
        );
        for header in out.split("-- tunnel header").skip(1) {
            let (header, _) = header.split_once("\t-- ").unwrap();
            assert!(!header.contains("reserved"), "{out}");
        }
        let (_, made) = out.split_once("-- the packet put together").unwrap();
        assert!(made.contains("type 11 time exceeded"), "{out}");
        assert!(
            made.contains("-- quoted transport") && made.contains("label 16"),
            "{out}"
        );
        assert!(!made.contains("behind the packet"), "{out}");
    }
}

/// Only the first piece of a frame of multilink Frame Relay has its address (FRF.16.1 section 2.1).
#[test]
fn pieces_of_frame_relay_have_one_address() {
    const MFR: u32 = 182;
    let whole = exceeded(&dropped([198, 51, 100, 9]));
    let (first, last) = whole.split_at(64);
    let pieces = [
        [&[0x80, 100, 0x18, 0x41, 3, 0xcc], first].concat(),
        [&[0x40, 101], last].concat(),
    ];
    let capture = capture_of(MFR, &pieces);
    let path = capture.path().to_str().unwrap();
    let found = records(&["-r", path, "--json", "-e"]);
    let messages = of_type(&found, "icmp");
    assert_eq!(messages[0]["link"]["frame_relay"]["dlci"], 100);
    assert_eq!(messages[1]["link"]["frame_relay"], Value::Null);
    let out = text(MFR, &pieces, "-e");
    assert!(
        out.starts_with("FRF.16 Frag, seq 100, Flags [Begin], Q.922, hdr-len 2, DLCI 100, "),
        "{out}"
    );
    assert!(
        out.contains("\nFRF.16 Frag, seq 101, Flags [End], length 104: IP 192.0.2.9 > 192.0.2.1: "),
        "{out}"
    );
    let out = text(MFR, &pieces, "-n");
    assert!(
        out.starts_with("FRF.16 Frag, seq 100, Flags [Begin], IP "),
        "{out}"
    );
    assert!(
        out.contains("\nFRF.16 Frag, seq 101, Flags [End], IP "),
        "{out}"
    );
}

/// Another piece of Wi-Fi in the place of one that came is told of as an IP fragment is that overlaps;
/// what else comes of the packet is not one of which the first was not captured.
#[test]
fn pieces_that_differ_in_one_place_overlap() {
    const IEEE802_11: u32 = 105;
    let whole = exceeded(&dropped([198, 51, 100, 9]));
    let msdu = [&[0xaa, 0xaa, 3, 0, 0, 0, 8, 0], &whole[..]].concat();
    let piece = |number: u8, octets: &[u8], more: bool| {
        let mut frame = vec![8, if more { 5 } else { 1 }, 0, 0];
        for end in 1..=3 {
            frame.extend([2, 0, 0, 0, 0, end]);
        }
        frame.extend([0x50 | number, 0]);
        frame.extend(octets);
        frame
    };
    let pieces = [
        piece(0, &msdu[..64], true),
        piece(1, &msdu[64..128], true),
        piece(1, &[0xa5; 64], true),
        piece(2, &msdu[128..], false),
    ];
    let found = read(IEEE802_11, &pieces);
    let messages = of_type(&found, "icmp");
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[1]["frame"], 3);
    assert_eq!(messages[1]["ip"]["fragment"]["offset"], 64 - 8 - 20);
    assert_eq!(messages[1]["icmp"]["length"], 64);
    assert_eq!(messages[1]["reassembly"]["status"], "overlap");
    assert_eq!(messages[1]["reassembly"]["with"]["frame"], 2);
    assert_eq!(messages[1]["defects"], Value::Null);
    let summary = of_type(&found, "summary")[0];
    assert_eq!(summary["reassembly"]["overlapping"], 1);
    assert_eq!(summary["frames"]["undecodable"], 0);
    assert_eq!(summary["frames"]["other"], 2);
    let out = text(IEEE802_11, &pieces, "-n");
    assert!(out.contains("| overlaps #2"), "{out}");
    assert!(!out.contains("truncated-ip"), "{out}");
}
