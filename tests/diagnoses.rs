//! Findings about traffic that no lab records: floods, forgeries, tunnels. Each is there where it
//! should be, and not where traffic is only like it.

mod common;

#[path = "common/fragmented.rs"]
mod fragmented;

#[path = "diagnoses/forged.rs"]
mod forged;
#[path = "diagnoses/lost.rs"]
mod lost;
#[path = "diagnoses/many.rs"]
mod many;
#[path = "diagnoses/pmtu.rs"]
mod pmtu;

use std::net::Ipv4Addr;

use common::crafted::{Crafted, echo_reply, echo_request, error, tcp, udp};
use common::{of_type, records, run};
use etherparse::{IpNumber, PacketBuilder};
use serde_json::Value;

const A: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const B: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 9);
const ROUTER: Ipv4Addr = Ipv4Addr::new(10, 0, 1, 1);
const PAYLOAD: &[u8] = b"as sent, so received";

/// The records of one type.
fn of_kind(capture: &Crafted, kind: &str) -> Vec<Value> {
    let file = capture.file();
    let path = file.path().to_str().expect("UTF-8");
    of_type(&records(&["-r", path]), kind)
        .into_iter()
        .cloned()
        .collect()
}

/// Names of the findings, with their severity, in order.
fn told(capture: &Crafted) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("a word").to_owned();
    of_kind(capture, "finding")
        .into_iter()
        .map(|finding| (text(&finding["finding"]), text(&finding["severity"])))
        .collect()
}

/// The severity of the first finding of this name, if there is one.
fn severity(capture: &Crafted, name: &str) -> Option<String> {
    let mut told = told(capture).into_iter();
    told.find_map(|(found, severity)| (found == name).then_some(severity))
}

#[track_caller]
fn assert_told(capture: &Crafted, expected: &[(&str, &str)]) {
    let told = told(capture);
    let told: Vec<_> = told.iter().map(|(name, s)| (&**name, &**s)).collect();
    assert_eq!(told, expected);
}

/// A ping of `count` requests, one each `gap` milliseconds, from `start` on, answered after `rtt`
/// microseconds with this TTL.
fn ping(capture: &mut Crafted, (start, gap): (u64, u64), count: u16, rtt: u64, ttl: u8) -> u64 {
    let first = u16::try_from(start / 7 % 30_000).expect("16 bits");
    for seq in 0..count {
        let micros = (start + gap * u64::from(seq)) * 1000;
        let named = (7, first.wrapping_add(seq));
        capture.push(micros, &echo_request((A, B), 64, named, PAYLOAD));
        capture.push(micros + rtt, &echo_reply((A, B), ttl, named, PAYLOAD));
    }
    start + gap * u64::from(count)
}

#[test]
fn a_ping_that_goes_on_as_it_began_tells_nothing() {
    let mut capture = Crafted::new();
    ping(&mut capture, (0, 1000), 200, 9_000, 60);
    assert_told(&capture, &[]);
}

#[test]
fn another_way_and_longer_round_trips() {
    let mut capture = Crafted::new();
    let end = ping(&mut capture, (0, 1000), 40, 9_000, 60);
    ping(&mut capture, (end, 1000), 40, 31_000, 57);
    assert_told(&capture, &[("path_change", "info"), ("rtt_shift", "info")]);
    // One reply of another host, or one slow minute of a queue that empties, is no change.
    let mut capture = Crafted::new();
    let mut end = ping(&mut capture, (0, 1000), 40, 9_000, 60);
    for round in 0..20 {
        end = ping(&mut capture, (end, 1000), 4, 31_000, 57 + round % 2);
        end = ping(&mut capture, (end, 1000), 4, 9_000, 60);
    }
    assert_told(&capture, &[]);
}

#[test]
fn many_pings_that_fail_alike_are_one_finding() {
    // A script pings a host again and again, each time with a new identifier.
    let mut capture = Crafted::new();
    for n in 0..40_u16 {
        let at = u64::from(n) * 20_000;
        capture.at(at, &echo_request((A, B), 64, (n, 1), PAYLOAD));
        if n % 2 == 0 {
            capture.at(at + 9, &echo_reply((A, B), 60, (n, 1), PAYLOAD));
        }
    }
    capture.at(900_000, &udp((A, B), 64, (1, 2)));
    assert_told(&capture, &[("ping_loss", "critical")]);
    // Of pings to many hosts the capture has the requests only.
    let requests = |hosts: u32| {
        let mut capture = Crafted::new();
        for host in 0..hosts {
            let to = Ipv4Addr::from_bits(0x0a01_0000 + host);
            capture.at(0, &echo_request((A, to), 64, (7, 1), PAYLOAD));
        }
        capture.at(60_000, &udp((A, B), 64, (1, 2)));
        told(&capture)
    };
    let unanswered = ("ping_unanswered".to_owned(), "warning".to_owned());
    assert_eq!(requests(3), vec![unanswered.clone(); 3]);
    assert_eq!(requests(30), [unanswered]);
}

#[test]
fn an_answer_to_a_closed_socket_is_no_missing_service() {
    const CLIENT: (Ipv4Addr, Ipv4Addr) = (A, B);
    const SERVER: (Ipv4Addr, Ipv4Addr) = (B, A);
    // Twice asked, and the first answer was enough; whatever the ports, the client asked first.
    for service in [53, 49_000] {
        let mut capture = Crafted::new();
        let late = udp(SERVER, 60, (service, 50_000));
        capture.at(0, &udp(CLIENT, 64, (50_000, service)));
        capture.at(5, &udp(CLIENT, 64, (50_000, service)));
        capture.at(9, &late);
        capture.at(14, &late);
        capture.at(15, &error(A, (3, 3), 0, &late));
        assert_told(&capture, &[("closed_socket", "info")]);
        let drops = of_kind(&capture, "drop");
        assert_eq!(drops[0]["was_open"]["last"]["frame"], 2);
        assert_eq!(drops[0]["was_open"]["role"], "client");
    }
    // The question came before the capture: its system port tells.
    let mut capture = Crafted::new();
    let late = udp(SERVER, 60, (53, 50_000));
    capture.at(14, &late);
    capture.at(15, &error(A, (3, 3), 0, &late));
    assert_told(&capture, &[("closed_socket", "info")]);
    assert_eq!(of_kind(&capture, "finding")[0]["confidence"], "suspected");
}

#[test]
fn a_service_that_ends_is_one_that_is_missing() {
    for service in [443, 49_000] {
        let mut capture = Crafted::new();
        let asked = udp((A, B), 64, (50_000, service));
        capture.at(0, &asked);
        capture.at(5, &udp((B, A), 60, (service, 50_000)));
        capture.at(1000, &asked);
        capture.at(1005, &error(B, (3, 3), 0, &asked));
        assert_told(&capture, &[("closed_port", "warning")]);
        let title = of_kind(&capture, "finding")[0]["title"].clone();
        let expected = format!("Nothing listens at UDP 10.0.2.9 port {service} any more");
        assert_eq!(title, expected);
        assert_eq!(of_kind(&capture, "drop")[0]["was_open"]["role"], "server");
    }
    // One that never was is not there any less.
    let mut capture = Crafted::new();
    let asked = udp((A, B), 64, (50_000, 443));
    capture.at(0, &asked);
    capture.at(5, &error(B, (3, 3), 0, &asked));
    assert_told(&capture, &[("closed_port", "warning")]);
    assert_eq!(
        of_kind(&capture, "finding")[0]["title"],
        "Nothing listens at UDP 10.0.2.9 port 443"
    );
    assert!(of_kind(&capture, "drop")[0].get("was_open").is_none());
}

#[test]
fn a_service_that_answers_later_is_not_missing() {
    let mut capture = Crafted::new();
    let asked = udp((A, B), 64, (50_000, 443));
    capture.at(0, &asked);
    // One packet, refused twice.
    capture.at(5, &error(B, (3, 3), 0, &asked));
    capture.at(8, &error(B, (3, 3), 0, &asked));
    capture.at(1000, &asked);
    capture.at(1005, &udp((B, A), 60, (443, 50_000)));
    assert_told(&capture, &[("closed_port", "warning")]);
    let finding = &of_kind(&capture, "finding")[0];
    let expected = "Nothing listened at UDP 10.0.2.9 port 443 for a while";
    assert_eq!(finding["title"], expected);
    let verdict = &of_kind(&capture, "drop")[0];
    assert_eq!(
        (&verdict["count"], &verdict["original_count"]),
        (&2.into(), &1.into())
    );
    let file = capture.file();
    let lines = run(&["-q", "-r", file.path().to_str().expect("UTF-8")]).good();
    assert!(lines.contains("errors #2 #3 about #1;"), "{lines}");
}

#[test]
fn a_traceroute_of_which_only_the_errors_were_captured_is_no_missing_service() {
    let mut capture = Crafted::new();
    for hop in 1..=3_u8 {
        let router = Ipv4Addr::new(10, 0, hop, 1);
        for n in 0..3 {
            let at = u64::from(hop) * 10 + u64::from(n);
            let probe = udp((A, B), 1, (50_000, 33434 + u16::from(3 * hop + n)));
            let answer = match hop {
                3 => error(B, (3, 3), 0, &probe),
                _ => error(router, (11, 0), 0, &probe),
            };
            capture.at(at, &answer);
        }
    }
    assert_told(&capture, &[("traceroute", "info")]);
    let finding = &of_kind(&capture, "finding")[0];
    assert_eq!(
        finding["title"],
        "10.0.0.1 seems to have traced the route to 10.0.2.9, which was reached: 2 routers sent \
         errors, and the capture has none of the probes"
    );
    assert_eq!(finding["confidence"], "suspected");
    let file = capture.file();
    let lines = run(&["-q", "-r", file.path().to_str().expect("UTF-8")]).good();
    assert!(
        lines.contains("-- info: 10.0.0.1 seems to have traced"),
        "{lines}"
    );
    // That is all there is to tell of what each probe met.
    assert!(!lines.contains("-- drop:"), "{lines}");
    let each = run(&["-q", "-v", "-r", file.path().to_str().expect("UTF-8")]).good();
    assert_eq!(each.matches("-- drop:").count(), 9, "{each}");
    // A probe that was captured, and with the TTL of any packet, is none.
    let mut capture = Crafted::new();
    let sent = udp((A, B), 64, (50_000, 33434));
    capture.at(0, &sent);
    capture.at(5, &error(B, (3, 3), 0, &sent));
    assert_told(&capture, &[("closed_port", "warning")]);
}

/// The errors about a tunnel's packets are about its sender, whatever is in them.
#[test]
fn a_tunnel_that_goes_on_with_large_packets_is_a_black_hole() {
    let packet = |number: u16, length: usize| {
        let mut packet = Vec::new();
        let builder = PacketBuilder::ipv4(A.octets(), B.octets(), 64);
        let carried = [&[0, 0, 0x12, 0x34][..], &vec![0; length - 24]].concat();
        (builder.write(&mut packet, IpNumber::GRE, &carried)).expect("a packet");
        packet[4..6].copy_from_slice(&number.to_be_bytes());
        packet
    };
    for (gap, smaller, expected) in [
        (1000, 0, &[("pmtu_black_hole", "critical")][..]),
        // All of it was on its way when the first error was sent.
        (20, 0, &[]),
        (1000, 6, &[]),
    ] {
        let mut capture = Crafted::new();
        for number in 1..=6 {
            let large = packet(number, 1400);
            capture.at(u64::from(number) * gap, &large);
            capture.at(
                u64::from(number) * gap + 10,
                &error(ROUTER, (3, 4), 1300, &large),
            );
        }
        for number in 7..7 + smaller {
            capture.at(u64::from(number) * gap, &packet(number, 1300));
        }
        assert_told(&capture, expected);
    }
}

/// Who answers a request with a bad checksum did not see that; nobody answers a reply.
#[test]
fn a_bad_checksum_of_a_reply_is_none_that_is_filled_in() {
    const CHECKSUM: usize = 22;
    let damaged = |mut packet: Vec<u8>, is_damaged: bool| {
        packet[CHECKSUM] ^= u8::from(is_damaged);
        packet
    };
    let (harmless, trouble) = (("bad_checksums", "info"), ("bad_checksums", "warning"));
    for (request, reply, expected) in [
        (true, false, &[harmless][..]),
        (false, true, &[trouble]),
        (true, true, &[trouble, harmless]),
    ] {
        let mut capture = Crafted::new();
        for seq in 1..=4 {
            let at = u64::from(seq) * 1000;
            let asked = echo_request((A, B), 64, (7, seq), PAYLOAD);
            capture.at(at, &damaged(asked, request));
            let answered = echo_reply((A, B), 60, (7, seq), PAYLOAD);
            capture.at(at + 5, &damaged(answered, reply));
        }
        assert_told(&capture, expected);
    }
}

/// What the value itself tells of a bad checksum is not contradicted, though nobody answers.
#[test]
fn a_checksum_that_is_left_to_the_network_card_is_no_faulty_memory() {
    const CHECKSUM: usize = 42;
    let request = |seq| {
        let mut packet = Vec::new();
        let [src, dst] = [[0x20; 16], [0x30; 16]];
        PacketBuilder::ipv6(src, dst, 64)
            .icmpv6_echo_request(7, seq)
            .write(&mut packet, PAYLOAD)
            .unwrap();
        packet
    };
    let value = |value: u16, seq| {
        let mut packet = request(seq);
        packet[CHECKSUM..][..2].copy_from_slice(&value.to_be_bytes());
        packet
    };
    // The sum of the two addresses, the length and the protocol.
    let length = 8 + u32::try_from(PAYLOAD.len()).unwrap();
    let sum = 8 * (0x2020 + 0x3030) + length + 58;
    let pseudo = u16::try_from((sum >> 16) + (sum & 0xffff)).unwrap();
    let damaged = |seq| {
        let mut packet = request(seq);
        *packet.last_mut().unwrap() ^= 0x30;
        packet
    };
    for (packets, severity, confidence, advised) in [
        (
            [value(pseudo, 1), value(pseudo, 2)],
            "info",
            "suspected",
            "Nothing to do if",
        ),
        (
            [value(pseudo, 1), value(0, 2)],
            "warning",
            "suspected",
            "Nothing to do if",
        ),
        (
            [value(pseudo, 1), damaged(2)],
            "warning",
            "confirmed",
            "discard the others",
        ),
        (
            [damaged(1), damaged(2)],
            "warning",
            "confirmed",
            "Receivers discard these",
        ),
    ] {
        let mut capture = Crafted::new();
        for packet in &packets {
            capture.at(0, packet);
        }
        let found = of_kind(&capture, "finding");
        let [found] = &found[..] else {
            panic!("{found:?}");
        };
        assert_eq!(found["finding"], "bad_checksums");
        assert_eq!(
            (&found["severity"], &found["confidence"]),
            (&severity.into(), &confidence.into())
        );
        let advice = found["advice"].as_str().unwrap();
        assert!(advice.contains(advised), "{advice}");
    }
}

/// A stack that writes 0 for the sum of zeros (RFC 1071 section 2) is no faulty memory.
#[test]
fn a_checksum_of_zeros_is_its_senders() {
    let mut capture = Crafted::new();
    capture.at(0, &echo_request((A, B), 64, (0, 0), b""));
    let mut answer = echo_reply((A, B), 64, (0, 0), b"");
    answer[22..24].fill(0);
    capture.at(5, &answer);
    let found = of_kind(&capture, "finding");
    let advice = found[0]["advice"].as_str().unwrap();
    assert!(advice.contains("The sender computes"), "{advice}");
}

#[test]
fn a_host_is_no_hop_away_from_itself() {
    let mut capture = Crafted::new();
    let asked = udp((A, A), 64, (50_000, 443));
    capture.at(0, &asked);
    capture.at(5, &error(A, (3, 3), 0, &asked));
    let hops = of_kind(&capture, "drop")[0]["hops_to_dropper"].clone();
    assert_eq!(hops, serde_json::json!({"count": 0, "estimate": false}));
}

/// A host that answers whoever wants to connect, and whom nobody hears.
#[test]
fn answers_to_syns_that_vanish_on_their_way_back() {
    let asked = |times: &[u64]| {
        let mut capture = Crafted::new();
        for at in times {
            capture.at(
                *at,
                &tcp(
                    (A, B),
                    (4000, 5001),
                    100,
                    etherparse::PacketBuilderStep::syn,
                    &[],
                ),
            );
            let answer = tcp((B, A), (5001, 4000), 900, |tcp| tcp.syn().ack(101), &[]);
            capture.at(*at + 1, &answer);
        }
        ping(&mut capture, (9000, 1000), 2, 900, 60);
        of_kind(&capture, "finding")
    };
    // One answer that is lost is no more than that.
    assert_eq!(asked(&[0]), [] as [Value; 0]);
    let found = asked(&[0, 1000, 3000, 7000]);
    let [finding] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!(
        (&finding["finding"], &finding["severity"], &finding["title"]),
        (
            &"silent_drop".into(),
            &"warning".into(),
            &"10.0.0.1 gets no answer from 10.0.2.9 port 5001, which does answer, and no ICMP error: 4 \
              SYNs; the answers were lost on their way back"
                .into()
        )
    );
}

/// The frames that a verdict names are those of dropped packets, not of others of their flow.
#[test]
fn a_verdict_names_no_other_packet_of_the_flow_as_dropped() {
    let syn = tcp(
        (A, B),
        (4000, 443),
        100,
        etherparse::PacketBuilderStep::syn,
        &[],
    );
    let data = tcp((A, B), (4000, 443), 101, |tcp| tcp.ack(1), &[0; 1460]);
    for (captured, frames) in [
        (false, serde_json::json!([])),
        (true, serde_json::json!([{"frame": 2}])),
    ] {
        let mut capture = Crafted::new();
        capture.at(0, &syn);
        if captured {
            capture.at(90, &data);
        }
        capture.at(100, &error(ROUTER, (3, 4), 1400, &data));
        let drops = of_kind(&capture, "drop");
        assert_eq!(drops[0]["original_frames"], frames);
        let count = u64::from(captured);
        assert_eq!(drops[0]["original_count"], count);
    }
}
