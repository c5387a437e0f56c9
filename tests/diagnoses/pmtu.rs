//! Packets that are too large for their way.

use std::net::Ipv4Addr;

use etherparse::PacketBuilderStep;
use serde_json::Value;

use crate::common::crafted::{Crafted, echo_reply, echo_request, error, tcp, udp};
use crate::common::run;
use crate::{A, B, ROUTER, assert_told, of_kind};

/// A connection of which octet 1 is the first.
struct Connection {
    capture: Crafted,
    /// Identification of the last packet.
    number: u16,
}

impl Connection {
    fn new() -> Self {
        let mut connection = Self {
            capture: Crafted::new(),
            number: 0,
        };
        let ports = (4000, 443);
        let syn = tcp((A, B), ports, 0, PacketBuilderStep::syn, &[]);
        connection.capture.at(0, &syn);
        let answer = tcp((B, A), (443, 4000), 0, |tcp| tcp.syn().ack(1), &[]);
        connection.capture.at(10, &answer);
        connection
    }

    /// Sends an IP packet of this length with octets from `seq` on.
    fn sends(&mut self, millis: u64, seq: u32, length: usize) -> Vec<u8> {
        self.number += 1;
        let mut packet = tcp(
            (A, B),
            (4000, 443),
            seq,
            |tcp| tcp.ack(1),
            &vec![0; length - 40],
        );
        packet[4..6].copy_from_slice(&self.number.to_be_bytes());
        self.capture.at(millis, &packet);
        packet
    }

    /// The same, and a router tells that it takes 1400 octets.
    fn is_refused(&mut self, millis: u64, seq: u32, length: usize) {
        self.is_refused_by(ROUTER, 1400, (millis, seq, length));
    }

    /// The same of this router and MTU.
    fn is_refused_by(&mut self, from: Ipv4Addr, mtu: u32, sent: (u64, u32, usize)) {
        let (millis, seq, length) = sent;
        let packet = self.sends(millis, seq, length);
        self.capture
            .at(millis + 5, &error(from, (3, 4), mtu, &packet));
    }

    /// All up to `ack` arrived.
    fn acknowledged(&mut self, millis: u64, ack: u32) {
        let packet = tcp((B, A), (443, 4000), 1, |tcp| tcp.ack(ack), &[]);
        self.capture.at(millis, &packet);
    }
}

/// Nothing on the way keeps a host from what it tells itself.
#[test]
fn who_reports_to_itself_is_not_behind_a_firewall() {
    for (from, advised) in [(ROUTER, "a firewall"), (A, "Make the MTU smaller")] {
        let mut connection = Connection::new();
        for millis in [100, 200, 3000, 6000] {
            connection.is_refused_by(from, 1400, (millis, 1, 1500));
        }
        let finding = &of_kind(&connection.capture, "finding")[0];
        assert_eq!(finding["finding"], "pmtu_black_hole");
        let advice = finding["advice"].as_str().unwrap();
        assert!(advice.contains(advised), "{advice}");
    }
}

/// TCP tries smaller segments by itself when nothing else helps.
#[test]
fn a_sender_that_hears_nothing_of_the_mtu_is_in_a_black_hole_though_it_finds_its_way() {
    for (last, expected) in [
        (3000, ("pmtu_black_hole", "warning")),
        (300, ("pmtu_discovery", "info")),
    ] {
        let mut connection = Connection::new();
        for millis in [100, 200, last] {
            connection.is_refused(millis, 1, 1500);
        }
        connection.sends(last + 3000, 1, 1076);
        connection.acknowledged(last + 3020, 1037);
        assert_told(&connection.capture, &[expected]);
    }
}

/// Nobody tells of the MTU.
#[test]
fn a_black_hole_without_errors_is_told_though_the_sender_finds_its_way() {
    for (in_the_end, expected) in [
        (1076, &[("pmtu_black_hole", "critical")][..]),
        // The way was interrupted.
        (1500, &[]),
    ] {
        let mut connection = Connection::new();
        for millis in [100, 300, 700, 1500, 3100] {
            connection.sends(millis, 1, 1500);
        }
        connection.sends(6400, 1, in_the_end);
        connection.acknowledged(6420, u32::try_from(in_the_end - 39).expect("a length"));
        assert_told(&connection.capture, expected);
    }
    let mut connection = Connection::new();
    for millis in [100, 300, 700, 1500, 3100] {
        connection.sends(millis, 1, 1500);
    }
    connection.sends(6400, 1, 1076);
    connection.acknowledged(6420, 1037);
    assert_eq!(
        of_kind(&connection.capture, "finding")[0]["title"],
        "Large packets from 10.0.0.1 to 10.0.2.9 port 443 vanish without an error: 1500 octets were sent 5 \
         times and never acknowledged, 1076 octets were"
    );
}

/// RFC 5927 section 7.
#[test]
fn an_error_about_what_arrives_is_not_true() {
    for sent_again in [false, true] {
        let mut connection = Connection::new();
        connection.is_refused(100, 1, 1500);
        if sent_again {
            connection.sends(110, 1, 1400);
        }
        connection.acknowledged(120, 1461 - if sent_again { 100 } else { 0 });
        connection.sends(130, 1461, 1500);
        connection.acknowledged(150, 2921);
        let expected = if sent_again {
            ("pmtu_discovery", "info")
        } else {
            ("invalid_error", "warning")
        };
        assert_told(&connection.capture, &[expected]);
        let drops = of_kind(&connection.capture, "drop");
        let arrived = drops[0]["arrived_later"].as_u64();
        assert_eq!(arrived, (!sent_again).then_some(1));
        // It told the sender nevertheless.
        assert!(drops[0].get("app_error").is_some());
    }
}

#[test]
fn a_size_got_through_if_it_was_acknowledged() {
    let far = Ipv4Addr::new(10, 0, 1, 2);
    let mut connection = Connection::new();
    connection.is_refused_by(ROUTER, 1400, (100, 1, 1500));
    connection.is_refused_by(far, 1300, (120, 1, 1400));
    connection.sends(140, 1, 1300);
    connection.sends(141, 1261, 240);
    connection.acknowledged(160, 1461);
    let drops = of_kind(&connection.capture, "drop");
    let sizes: Vec<_> = drops
        .iter()
        .map(|drop| (&drop["mtu"], &drop["aftermath"]["size_after"]))
        .collect();
    let of = |mtu: u32| (Value::from(mtu), Value::from(1300));
    let expected = [of(1400), of(1300)];
    assert_eq!(sizes, expected.each_ref().map(|(mtu, size)| (mtu, size)));
}

/// What a program that gives up sends last.
#[test]
fn the_end_of_a_connection_is_no_data() {
    let mut connection = Connection::new();
    let ports = (4000, 443);
    connection.capture.at(
        100,
        &tcp((B, A), (443, 4000), 1, |tcp| tcp.ack(1), &[0; 900]),
    );
    let acknowledgement = tcp((A, B), ports, 1, |tcp| tcp.ack(901), &[]);
    connection.capture.at(101, &acknowledgement);
    connection
        .capture
        .at(106, &error(ROUTER, (3, 13), 0, &acknowledgement));
    let end = tcp((A, B), ports, 1, |tcp| tcp.fin().ack(901), &[]);
    connection.capture.at(3000, &end);
    connection.capture.at(
        3010,
        &tcp((B, A), (443, 4000), 901, |tcp| tcp.ack(2), &[0; 900]),
    );
    let after = &of_kind(&connection.capture, "drop")[0]["aftermath"];
    assert_eq!(
        (&after["outcome"], &after["retransmissions"]),
        (&"half_closed".into(), &0.into())
    );
}

/// A connection that goes on was not refused.
#[test]
fn a_request_that_is_sent_again_and_answered_did_not_fail() {
    let mut capture = Crafted::new();
    let ports = (4000, 443);
    let syn = tcp((A, B), ports, 0, PacketBuilderStep::syn, &[]);
    capture.at(0, &syn);
    capture.at(5, &error(ROUTER, (3, 13), 0, &syn));
    capture.at(1000, &syn);
    let answer = tcp((B, A), (443, 4000), 0, |tcp| tcp.syn().ack(1), &[]);
    capture.at(1010, &answer);
    let file = capture.file();
    let told = run(&["-q", "-r", file.path().to_str().expect("UTF-8")]).good();
    assert!(told.contains("then it got through: acknowledged"), "{told}");
    let full = run(&["-q", "-v", "-r", file.path().to_str().expect("UTF-8")]).good();
    assert!(
        full.contains("no program is told: connect() went on, and was answered"),
        "{full}"
    );
}

/// RFC 1812 section 5.2.7.1.
#[test]
fn a_router_fragments_what_it_may() {
    for (df, expected) in [(false, "without DF, which it is to fragment"), (true, "")] {
        let mut capture = Crafted::new();
        for seq in 0..3 {
            let mut ping = echo_request((A, B), 64, (7, seq), &[0; 1472]);
            ping[6] = if df { 0x40 } else { 0 };
            ping[10..12].fill(0);
            let sum = crate::common::crafted::checksum(&ping[..20]);
            ping[10..12].copy_from_slice(&sum.to_be_bytes());
            let at = u64::from(seq) * 1000;
            capture.at(at, &ping);
            capture.at(at + 5, &error(ROUTER, (3, 4), 1400, &ping));
        }
        let findings = of_kind(&capture, "finding");
        let title = findings[0]["title"].as_str().expect("a title");
        assert!(title.contains(expected), "{title}");
        assert_eq!(title.contains("DF"), !df, "{title}");
    }
}

#[test]
fn pings_of_which_only_the_large_ones_are_lost_are_told_as_such() {
    let mut capture = Crafted::new();
    for seq in 0..8 {
        let (at, named) = (u64::from(seq) * 1000, (7, seq));
        if seq % 2 == 0 {
            capture.at(at, &echo_request((A, B), 64, named, &[0; 1472]));
        } else {
            capture.at(at, &echo_request((A, B), 64, named, &[0; 56]));
            capture.at(at + 9, &echo_reply((A, B), 60, named, &[0; 56]));
        }
    }
    let after = udp((A, B), 64, (4000, 53));
    capture.at(30_000, &after);
    assert_told(&capture, &[("ping_loss", "critical")]);
    let finding = &of_kind(&capture, "finding")[0];
    assert_eq!(
        finding["title"],
        "10.0.0.1 lost 4 of 8 pings to 10.0.2.9 (50.0 %), one at a time, all of length 1480 and more, while \
         length 64 and less is answered"
    );
    let advice = finding["advice"].as_str().expect("words");
    assert!(
        advice.starts_with("Only large packets are lost"),
        "{advice}"
    );
}

/// Nor was one whose request got there, whatever an error says of that.
#[test]
fn a_request_that_was_answered_did_not_fail() {
    let mut connection = Connection {
        capture: Crafted::new(),
        number: 0,
    };
    let syn = tcp((A, B), (4000, 443), 0, PacketBuilderStep::syn, &[]);
    connection.capture.at(0, &syn);
    (connection.capture).at(5, &error(ROUTER, (3, 13), 0, &syn));
    let answer = tcp((B, A), (443, 4000), 0, |tcp| tcp.syn().ack(1), &[]);
    connection.capture.at(10, &answer);
    connection.sends(20, 1, 140);
    connection.acknowledged(30, 101);
    let file = connection.capture.file();
    let told = run(&["-q", "-v", "-r", file.path().to_str().expect("UTF-8")]).good();
    assert!(!told.contains("connect() fails"), "{told}");
}
