//! Errors that nobody sends in earnest.

use std::net::Ipv4Addr;

use crate::common::crafted::{Crafted, echo_reply, echo_request, error, tcp, udp, with_ttl};
use crate::{A, B, PAYLOAD, ROUTER, assert_told, severity, told};

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
