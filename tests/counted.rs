//! What counts: each message once, and what its receiver discards for nobody.

mod common;

use std::net::Ipv4Addr;

use common::crafted::{Crafted, echo_reply, echo_request, error, udp};
use common::{of_type, records, run};
use serde_json::Value;

const A: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const B: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 9);
const ROUTER: Ipv4Addr = Ipv4Addr::new(10, 0, 1, 1);
/// Where in a packet its identification, its TTL and the checksum of ICMP are.
const ID: usize = 5;
const ICMP_CHECKSUM: usize = 22;
/// Where the destination of a quoted packet is.
const QUOTED_DESTINATION: usize = 28 + 16;

fn of_kind(capture: &Crafted, kind: &str) -> Vec<Value> {
    let (_file, path) = capture.path();
    let records = records(&["-r", &path]);
    of_type(&records, kind).into_iter().cloned().collect()
}

fn names(capture: &Crafted) -> Vec<String> {
    let findings = of_kind(capture, "finding");
    let name = |finding: &Value| finding["finding"].as_str().expect("a name").to_owned();
    findings.iter().map(name).collect()
}

/// Refused datagrams, of whose errors these are damaged.
fn refused(damaged: &[bool]) -> Crafted {
    let mut capture = Crafted::new();
    for (n, is_damaged) in (0u8..).zip(damaged) {
        let mut sent = udp((A, B), 64, (4000, 53));
        sent[ID] = n + 1;
        let mut answer = error(B, (3, 3), 0, &sent);
        answer[ICMP_CHECKSUM] ^= u8::from(*is_damaged) << 3;
        let at = u64::from(n) * 1000;
        capture.at(at, &sent);
        capture.at(at + 5, &answer);
    }
    capture
}

#[test]
fn no_program_hears_of_an_error_with_a_bad_checksum() {
    let all = refused(&[true]);
    assert_eq!(names(&all), ["bad_checksums"]);
    let verdict = &of_kind(&all, "drop")[0];
    assert_eq!(verdict["discarded"], 1);
    assert!(verdict.get("app_error").is_none(), "{verdict}");
    let (_file, path) = all.path();
    let text = run(&["-r", &path]).out;
    let text = text.replace("\n--   ", "");
    assert!(
        text.contains("discarded for its bad checksum: no program hears of it"),
        "{text}"
    );
    assert!(!text.contains("ECONNREFUSED"), "{text}");
    // Of two it hears one.
    let one = refused(&[true, false]);
    assert_eq!(names(&one), ["closed_port", "bad_checksums"]);
    let verdict = &of_kind(&one, "drop")[0];
    assert_eq!(
        (&verdict["count"], &verdict["discarded"]),
        (&2.into(), &1.into())
    );
    assert!(verdict.get("app_error").is_some(), "{verdict}");
}

#[test]
fn a_flipped_bit_is_no_translation() {
    let mut sent = udp((A, B), 1, (4000, 33_434));
    sent[ID] = 9;
    let good = error(ROUTER, (11, 0), 0, &sent);
    let mut flipped = good.clone();
    flipped[QUOTED_DESTINATION + 1] ^= 0x10;
    for packets in [[&good, &flipped], [&flipped, &good]] {
        let mut capture = Crafted::new();
        capture.at(0, &sent);
        capture.at(5, packets[0]);
        capture.at(6, packets[1]);
        for verdict in of_kind(&capture, "drop") {
            assert!(verdict.get("same_as").is_none(), "{verdict}");
        }
    }
}

/// Packets of which each is captured again a moment later.
fn mirrored(packets: &[Vec<u8>]) -> Crafted {
    let mut capture = Crafted::new();
    for (n, packet) in (0u64..).zip(packets) {
        capture.push(n * 500_000, packet);
        capture.push(n * 500_000 + 20, packet);
    }
    capture
}

/// How many a finding with this name says there are, in front of these words.
fn told(capture: &Crafted, name: &str, words: &str) -> String {
    let findings = of_kind(capture, "finding");
    let finding = findings.iter().find(|finding| finding["finding"] == name);
    let title = finding.expect(name)["title"].as_str().expect("a title");
    let (before, _) = title.split_once(words).expect(title);
    let count = before.rsplit([' ', '(']).next();
    count.unwrap_or_default().to_owned()
}

#[test]
fn what_is_captured_twice_counts_once() {
    let numbered = |mut packet: Vec<u8>, number: u8| {
        packet[ID] = number;
        packet
    };
    let sent = numbered(udp((A, B), 64, (4000, 53)), 1);
    let gateway = u32::from(Ipv4Addr::new(10, 0, 1, 2));
    let redirects: Vec<_> = (1..=2)
        .map(|number| numbered(error(ROUTER, (5, 1), gateway, &sent), number))
        .collect();
    assert_eq!(told(&mirrored(&redirects), "redirect", " times"), "2");
    let small: Vec<_> = (1..=3)
        .map(|number| numbered(error(ROUTER, (3, 4), 20, &sent), number))
        .collect();
    let capture = mirrored(&small);
    let finding = &of_kind(&capture, "finding")[0];
    assert_eq!(
        finding["evidence"].as_array().map(Vec::len),
        Some(3),
        "{finding}"
    );
    let damaged: Vec<_> = (1..=3)
        .map(|seq| {
            let mut packet = numbered(echo_request((A, B), 64, (7, seq.into()), b"data"), seq);
            packet[ICMP_CHECKSUM] ^= 1;
            packet
        })
        .collect();
    let count = |capture: &Crafted| told(capture, "bad_checksums", " ICMP messages");
    assert_eq!(count(&mirrored(&damaged)), "3");
    // Replies on their way, each a copy of the last.
    let mut capture = Crafted::new();
    for seq in 1..=3 {
        let at = u64::from(seq) * 500_000;
        capture.push(at, &echo_request((A, B), 64, (7, seq.into()), b"data"));
        for hop in 1..=3 {
            let mut reply = numbered(echo_reply((A, B), 64 - hop, (7, seq.into()), b"data"), seq);
            reply[ICMP_CHECKSUM] ^= 1;
            capture.push(at + 1000 * u64::from(hop), &reply);
        }
    }
    assert_eq!(count(&capture), "3");
    // Whole where they were captured first, they were damaged behind.
    let mut capture = Crafted::new();
    for (seq, packet) in (0u64..).zip(&damaged) {
        let mut whole = packet.clone();
        whole[ICMP_CHECKSUM] ^= 1;
        capture.push(seq * 500_000, &whole);
        capture.push(seq * 500_000 + 20, packet);
        capture.push(seq * 500_000 + 40, packet);
    }
    assert_eq!(count(&capture), "3");
}

/// The errors of a host are counted in its finding as they are beside it.
#[test]
fn a_limit_is_told_of_all_flows_together() {
    let mut capture = Crafted::new();
    for (port, errors) in [(4000, 3), (4001, 8), (4002, 1)] {
        let packets = if errors == 1 { 1 } else { 12 };
        for n in 0..packets {
            let mut sent = udp((A, B), 64, (port, 53));
            sent[ID] = u8::try_from(n).expect("an octet") + 1;
            let at = u64::from(port) * 20_000 + n * 100;
            capture.at(at, &sent);
            if n < errors {
                capture.at(at + 5, &error(B, (3, 3), 0, &sent));
            }
        }
    }
    let finding = of_kind(&capture, "finding");
    let mut limited = finding
        .iter()
        .filter(|it| it["finding"] == "icmp_rate_limited");
    let title = &limited.next().expect("a limit")["title"];
    assert!(
        title
            .as_str()
            .expect("text")
            .contains(": 12 for 25 packets "),
        "{title}"
    );
}
