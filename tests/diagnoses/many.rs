//! Many messages: floods, tunnels in pings, sweeps, and what comes back to a forged sender.

use std::net::Ipv4Addr;

use crate::common::crafted::{Crafted, Varied, echo_reply, echo_request, error, tcp, udp};
use crate::{A, B, PAYLOAD, ROUTER, assert_told, severity, told};

#[test]
fn a_flood_by_many_is_a_warning_by_one_a_test() {
    let flood = |senders: u32, a_second: u64| {
        let mut capture = Crafted::new();
        let mut varied = Varied(3);
        for n in 0..3 * a_second {
            let from = Ipv4Addr::from_bits(0x0b00_0000 | varied.below(senders));
            let named = (7, u16::try_from(n % 60_000).expect("16 bits"));
            let micros = n * 1_000_000 / a_second;
            capture.push(micros, &echo_request((from, B), 60, named, PAYLOAD));
            capture.push(micros + 50, &echo_reply((from, B), 64, named, PAYLOAD));
        }
        severity(&capture, "icmp_flood")
    };
    assert_eq!(flood(1000, 3000).as_deref(), Some("warning"));
    assert_eq!(flood(1, 3000).as_deref(), Some("info"));
    assert_eq!(flood(1000, 400), None);
}

#[test]
fn replies_that_were_asked_for_and_copies_are_no_flood() {
    // Monitoring: each of 2500 hosts once a second.
    let mut capture = Crafted::new();
    for n in 0..7500_u32 {
        let to = Ipv4Addr::from_bits(0x0a01_0000 + n % 2500);
        let named = (7, u16::try_from(n / 2500).expect("16 bits"));
        let micros = u64::from(n) * 400;
        capture.push(micros, &echo_request((A, to), 64, named, PAYLOAD));
        capture.push(micros + 50, &echo_reply((A, to), 60, named, PAYLOAD));
    }
    assert_told(&capture, &[]);
    // `tcpdump -i any` on a router, which has each packet several times.
    let mut capture = Crafted::new();
    for n in 0..2700_u16 {
        for ttl in [64, 63, 62] {
            let micros = u64::from(n) * 1100 + u64::from(64 - ttl);
            capture.push(micros, &echo_request((A, B), ttl, (7, n), PAYLOAD));
        }
        let reply = echo_reply((A, B), 60, (7, n), PAYLOAD);
        capture.push(u64::from(n) * 1100 + 50, &reply);
    }
    assert_told(&capture, &[]);
}

#[test]
fn replies_with_data_of_their_own_are_a_tunnel() {
    let tunnel = |lengths: u32, own: bool| {
        let mut capture = Crafted::new();
        let mut varied = Varied(5);
        for seq in 0..200_u16 {
            let data = |varied: &mut Varied| -> Vec<u8> {
                let length = 40 + varied.below(lengths);
                (0..length)
                    .map(|_| varied.next().to_be_bytes()[0])
                    .collect()
            };
            let asked = data(&mut varied);
            let answered = if own {
                data(&mut varied)
            } else {
                asked.clone()
            };
            let at = u64::from(seq) * 100;
            capture.at(at, &echo_request((A, B), 64, (7, seq), &asked));
            capture.at(at + 9, &echo_reply((A, B), 60, (7, seq), &answered));
        }
        told(&capture)
    };
    let warning = ("echo_tunnel".to_owned(), "warning".to_owned());
    assert!(tunnel(900, true).contains(&warning));
    // Random data and sizes that come back as they were (`fping -R`).
    assert_eq!(tunnel(900, false), []);
    // Damage on the way leaves the length.
    assert!(!tunnel(1, true).contains(&warning));
    // Pings of many sizes, of which the capture has the replies only.
    let mut capture = Crafted::new();
    for seq in 0..60_u16 {
        let data = vec![0; usize::from(seq) * 7];
        let reply = echo_reply((A, B), 60, (7, seq), &data);
        capture.at(u64::from(seq) * 1000, &reply);
    }
    assert_told(&capture, &[]);
}

/// One request each to so many hosts, of which every `answers`th answers.
fn sweep(hosts: u32, answers: u32) -> Crafted {
    let mut capture = Crafted::new();
    for host in 0..hosts {
        let to = Ipv4Addr::from_bits(0x0a01_0000 + host);
        let at = u64::from(host) * 10;
        capture.at(at, &echo_request((A, to), 64, (7, 1), PAYLOAD));
        if host % answers == 0 {
            capture.at(at + 2, &echo_reply((A, to), 60, (7, 1), PAYLOAD));
        }
    }
    capture.at(60_000, &udp((A, B), 64, (1, 2)));
    capture
}

#[test]
fn who_looks_around_is_told_of() {
    let told_of = |capture: &Crafted| severity(capture, "ping_sweep");
    assert_eq!(told_of(&sweep(254, 10)).as_deref(), Some("info"));
    assert_eq!(told_of(&sweep(600, 10)).as_deref(), Some("warning"));
    // Monitoring of hosts that are there, and of a handful.
    assert_eq!(told_of(&sweep(600, 1)), None);
    assert_eq!(told_of(&sweep(20, 10)), None);
    // No reply at all: the capture may have one direction only.
    assert_eq!(told_of(&sweep(600, 1000)).as_deref(), Some("warning"));
    let mut requests = Crafted::new();
    for host in 0..600 {
        let to = Ipv4Addr::from_bits(0x0a01_0000 + host);
        requests.at(0, &echo_request((A, to), 64, (7, 1), PAYLOAD));
    }
    // It ended before they could answer.
    assert_eq!(told_of(&requests), None);
    requests.at(60_000, &udp((A, B), 64, (1, 2)));
    assert_eq!(told_of(&requests).as_deref(), Some("info"));
}

#[test]
fn what_comes_back_to_a_forged_sender() {
    let mut capture = Crafted::new();
    let mut varied = Varied(7);
    for n in 0..60 {
        let to = varied.addr();
        let ports = (4000 + u16::try_from(n).expect("16 bits"), 80);
        let never = tcp((A, to), ports, 9, etherparse::PacketBuilderStep::syn, &[]);
        capture.at(6000 + n * 20, &error(varied.addr(), (3, 10), 0, &never));
    }
    assert!(severity(&capture, "backscatter").is_some());
}

/// Replies to A from so many hosts that it did not ask, from `begin` on, while A, or nobody, pings B.
fn unasked(begin: u64, hosts: u32, pings: bool) -> Crafted {
    let mut capture = Crafted::new();
    let from = if pings { A } else { ROUTER };
    for seq in 0..2 {
        let at = u64::from(seq) * begin;
        capture.at(at, &echo_request((from, B), 64, (9, seq), PAYLOAD));
        capture.at(at + 1, &echo_reply((from, B), 60, (9, seq), PAYLOAD));
    }
    for n in 0..hosts {
        let host = Ipv4Addr::from_bits(0x0a02_0000 + n);
        let reply = echo_reply((A, host), 60, (7, 1), PAYLOAD);
        capture.at(begin + 2 + u64::from(n), &reply);
    }
    capture
}

#[test]
fn replies_from_many_that_were_not_asked() {
    assert_told(&unasked(6000, 60, true), &[("smurf", "warning")]);
    assert_told(&unasked(6000, 6, true), &[]);
    // The capture may have one direction only.
    assert_told(&unasked(6000, 60, false), &[("smurf", "info")]);
    // They may answer what was sent before the capture began.
    assert_told(&unasked(300, 60, true), &[]);
}

#[test]
fn those_whom_a_broadcast_reaches_are_asked() {
    let everybody = Ipv4Addr::new(10, 2, 0, 255);
    let mut capture = Crafted::new();
    for seq in 0..10_u16 {
        let at = u64::from(seq) * 1000;
        let request = echo_request((A, everybody), 64, (7, seq), PAYLOAD);
        capture.at(at, &request);
        for n in 0..30 {
            let host = Ipv4Addr::from_bits(0x0a02_0000 + n);
            let reply = echo_reply((A, host), 64, (7, seq), PAYLOAD);
            capture.at(at + 1 + u64::from(n), &reply);
        }
    }
    assert_eq!(severity(&capture, "smurf"), None);
}
