//! Errors that nobody sends in earnest.

use std::net::Ipv4Addr;

use crate::common::crafted::{Crafted, echo_reply, echo_request, error, tcp, udp, with_ttl};
use crate::{A, B, PAYLOAD, ROUTER, assert_told, of_kind, severity, told};

#[test]
fn errors_that_nobody_sends_in_earnest() {
    let sent = tcp(
        (A, B),
        (4000, 443),
        1,
        etherparse::PacketBuilderStep::syn,
        &[],
    );
    let too_big = |mtu| {
        let mut capture = Crafted::new();
        capture.at(0, &sent);
        capture.at(1, &error(ROUTER, (3, 4), mtu, &sent));
        told(&capture)
            .into_iter()
            .any(|(name, _)| name == "invalid_error")
    };
    assert!(too_big(67) && too_big(1));
    // Of an old router, of a radio link, of a tunnel.
    assert!(!too_big(0) && !too_big(68) && !too_big(1400));

    let mut capture = Crafted::new();
    capture.at(0, &sent);
    let first = error(ROUTER, (3, 13), 0, &sent);
    capture.at(1, &first);
    capture.at(2, &error(B, (3, 3), 0, &first));
    assert!(told(&capture).contains(&("invalid_error".to_owned(), "warning".to_owned())));
}

/// A connection that goes on, and errors about packets that do not belong to it.
fn forged(begins: u64, errors: u16, protocol_seen: bool) -> Crafted {
    let mut capture = Crafted::new();
    for second in 0..20_u32 {
        let at = u64::from(second) * 1000;
        if protocol_seen {
            capture.at(
                at,
                &tcp((A, B), (4000, 443), second, |tcp| tcp.ack(1), b"data"),
            );
            capture.at(
                at + 10,
                &tcp((B, A), (443, 4000), 1, |tcp| tcp.ack(second + 4), &[]),
            );
        } else {
            capture.at(at, &echo_request((A, B), 64, (7, 1), PAYLOAD));
            capture.at(at + 1, &echo_reply((A, B), 60, (7, 1), PAYLOAD));
        }
        if at >= begins && at < begins + 1000 {
            for port in 0..errors {
                let never = tcp((A, B), (5000 + port, 443), 77, |tcp| tcp.ack(1), b"data");
                capture.at(at + 20 + u64::from(port), &error(ROUTER, (3, 1), 0, &never));
            }
        }
    }
    capture
}

#[test]
fn errors_about_packets_that_were_never_sent() {
    let spoofed = |capture: &Crafted| severity(capture, "spoofed_error");
    assert_eq!(
        spoofed(&forged(10_000, 5, true)).as_deref(),
        Some("warning")
    );
    assert_eq!(spoofed(&forged(10_000, 1, true)).as_deref(), Some("info"));
    // They may have been sent before the capture began.
    assert_eq!(spoofed(&forged(1000, 5, true)), None);
    // The capture has ICMP only, or was filtered otherwise.
    assert_eq!(spoofed(&forged(10_000, 5, false)), None);
    // The capture has one port only (`udp port 53 or icmp`).
    let mut capture = Crafted::new();
    for n in 0..30_u16 {
        capture.at(u64::from(n) * 1000, &udp((A, B), 64, (4000 + n, 53)));
        let kept_out = udp((A, B), 64, (5000 + n, 161));
        let refused = error(B, (3, 3), 0, &kept_out);
        capture.at(u64::from(n) * 1000 + 500, &refused);
    }
    assert_eq!(spoofed(&capture), None);
}

/// The redirect of a router, as it arrives with this TTL.
fn redirect(ttl: u8) -> Crafted {
    let mut capture = Crafted::new();
    let sent = udp((A, B), 64, (4000, 53));
    capture.at(0, &sent);
    let gateway = u32::from(Ipv4Addr::new(10, 0, 0, 254));
    capture.at(
        1,
        &with_ttl(
            error(Ipv4Addr::new(10, 0, 0, 2), (5, 1), gateway, &sent),
            ttl,
        ),
    );
    capture
}

#[test]
fn a_redirect_from_far_away_is_forged() {
    for ttl in [64, 255, 128] {
        assert_told(&redirect(ttl), &[("redirect", "info")]);
    }
    for ttl in [63, 250, 50] {
        assert_told(&redirect(ttl), &[("redirect", "warning")]);
    }
}

/// An MTU of 0 is told by IPv6 (RFC 8201 section 4), and by IPv4 it is not (RFC 1191 section 5).
#[test]
fn an_mtu_of_zero_of_ipv6() {
    let (a, b) = ([0xfd; 16], [0xfe; 16]);
    let mut capture = Crafted::new();
    for port in 4000..4002 {
        let mut sent = Vec::new();
        etherparse::PacketBuilder::ipv6(a, b, 64)
            .udp(port, 53)
            .write(&mut sent, &[0; 1300])
            .expect("a packet");
        let mut error = Vec::new();
        etherparse::PacketBuilder::ipv6([0xfc; 16], a, 64)
            .icmpv6_raw(2, 0, [0; 4])
            .write(&mut error, sent.get(..1200).expect("so many"))
            .expect("a packet");
        capture.at(u64::from(port), &sent);
        capture.at(u64::from(port), &error);
    }
    let findings = of_kind(&capture, "finding");
    let title = findings[0]["title"].as_str().expect("a title");
    assert!(
        title.ends_with("of an MTU of 0, which is less than any link has (2 packets)"),
        "{title}"
    );
}

/// A redirect of IPv6 is no error, and may not be answered by one (RFC 4443 section 2.4 e.2).
#[test]
fn an_error_about_a_redirect_of_ipv6() {
    let (a, b) = ([0xfd; 16], [0xfe; 16]);
    let packet = |(src, dst), kind, behind: &[u8]| {
        let mut packet = Vec::new();
        etherparse::PacketBuilder::ipv6(src, dst, 255)
            .icmpv6_raw(kind, 3, [0; 4])
            .write(&mut packet, behind)
            .expect("a packet");
        packet
    };
    let mut capture = Crafted::new();
    capture.at(0, &packet((b, a), 1, &packet((a, b), 137, &[0xfd; 32])));
    let findings = of_kind(&capture, "finding");
    let mut titles = (findings.iter()).filter_map(|finding| finding["title"].as_str());
    let is_told = titles.any(|title| title.contains(" answers a redirect with an error, "));
    assert!(is_told, "{findings:?}");
}

/// The answers prove that the requests arrived.
#[test]
fn a_loop_of_what_was_answered() {
    for (answers, severity_of, told) in [
        (3, "warning", "though all of these were answered before"),
        (2, "critical", "(3 packets of 3 flows)"),
    ] {
        let mut capture = Crafted::new();
        for seq in 1..=3_u16 {
            let at = u64::from(seq) * 2000;
            let asked = echo_request((A, B), 64, (7, seq), PAYLOAD);
            capture.at(at, &asked);
            if seq <= answers {
                capture.at(at + 10, &echo_reply((A, B), 60, (7, seq), PAYLOAD));
            }
            let router = Ipv4Addr::new(10, 0, 1, u8::try_from(seq).expect("small"));
            let spent = with_ttl(asked, 1);
            capture.at(at + 20, &error(router, (11, 0), 0, &spent));
        }
        capture.at(60_000, &echo_request((B, A), 64, (9, 1), PAYLOAD));
        assert_eq!(
            severity(&capture, "routing_loop").as_deref(),
            Some(severity_of)
        );
        let findings = of_kind(&capture, "finding");
        let title = findings
            .iter()
            .find(|it| it["finding"] == "routing_loop")
            .expect("a loop")["title"]
            .to_string();
        assert!(title.contains(told), "{title}");
        let answered = of_kind(&capture, "drop")
            .iter()
            .filter(|it| it["answered"] == 1)
            .count();
        assert_eq!(answered, usize::from(answers));
    }
}
