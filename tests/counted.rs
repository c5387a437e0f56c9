//! What counts: each message once, and what its receiver discards for nobody.

mod common;

use std::net::Ipv4Addr;

use common::crafted::{Crafted, error, udp};
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
