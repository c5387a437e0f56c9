//! Errors, redirects and their quotes.

use super::*;
use crate::wire::{DefectKind, Layer};

/// A quoted IPv4 packet with this much of a TCP segment.
pub(super) fn tcp_quote(length: usize) -> Vec<u8> {
    let tcp = [0xa8, 0xca, 0x01, 0xbb, 0x11, 0x22, 0x33, 0x44, 0, 0, 0, 0];
    let mut packet = ipv4("192.0.2.1", "203.0.113.9", 6, &[0; 1000]);
    packet.truncate(20);
    packet.extend(&tcp[..length.min(12)]);
    packet.resize(20 + length, 0);
    packet
}

#[test]
fn tcp_quotes_of_every_length() {
    for length in 0..=40 {
        let quote = &tcp_quote(20)[..length];
        let packet = v4(&[&[3, 1, 0, 0, 0, 0, 0, 0], quote].concat());
        let message = parse(&packet);
        let Some(quote) = message.quote() else {
            assert!(length < 20);
            assert!(matches!(
                message.defects.iter().next().unwrap(),
                crate::wire::Defect {
                    layer: crate::wire::Layer::Quote,
                    kind: DefectKind::Short {
                        needed: 20,
                        limit: Limit::Quote,
                        ..
                    },
                    ..
                }
            ));
            continue;
        };
        match length {
            20..24 => assert_eq!(quote.transport, QuotedTransport::None),
            24..28 => assert!(matches!(
                quote.transport,
                QuotedTransport::Tcp {
                    seq: None,
                    src_port: 43210,
                    dst_port: 443
                }
            )),
            _ => assert!(matches!(
                quote.transport,
                QuotedTransport::Tcp {
                    seq: Some(0x1122_3344),
                    ..
                }
            )),
        }
        assert_eq!(message.defects.is_empty(), length >= 28);
    }
}

#[test]
fn options_shift_the_ports_and_fragments_have_none() {
    let mut quote = tcp_quote(8);
    quote[0] = 0x47;
    quote.splice(20..20, [7, 7, 4, 0, 0, 0, 0, 0]);
    let packet = v4(&[&[3, 1, 0, 0, 0, 0, 0, 0], &quote[..]].concat());
    assert!(matches!(
        parse(&packet).quote().unwrap().transport,
        QuotedTransport::Tcp {
            src_port: 43210,
            ..
        }
    ));
    let mut quote = tcp_quote(8);
    quote[7] = 0x10;
    let packet = v4(&[&[11, 0, 0, 0, 0, 0, 0, 0], &quote[..]].concat());
    let message = parse(&packet);
    assert_eq!(message.quote().unwrap().transport, QuotedTransport::None);
    assert_eq!(
        rules(&message),
        ["error about a fragment that is not the first"]
    );
}

fn transport(protocol: u8, payload: &[u8]) -> QuotedTransport {
    let quote = ipv4("192.0.2.1", "203.0.113.9", protocol, payload);
    let packet = v4(&[&[3, 1, 0, 0, 0, 0, 0, 0], &quote[..]].concat());
    every_prefix(&packet);
    parse(&packet).quote().unwrap().transport
}

#[test]
fn other_transports() {
    let octets = [0, 53, 0x12, 0x34, 0, 0, 0, 9];
    for protocol in [17, 33, 132, 136] {
        let ports = QuotedTransport::Ports {
            src_port: 53,
            dst_port: 0x1234,
        };
        assert_eq!(transport(protocol, &octets), ports);
    }
    assert_eq!(transport(50, &octets), QuotedTransport::Spi(0x0035_1234));
    assert_eq!(transport(51, &octets), QuotedTransport::Spi(9));
    assert_eq!(transport(89, &octets), QuotedTransport::None);
    let echo = [8, 0, 1, 2, 0, 7, 0, 9];
    let icmp = QuotedTransport::Icmp {
        kind: 8,
        code: 0,
        id: Some(7),
        seq: Some(9),
    };
    assert_eq!(transport(1, &echo), icmp);
    let extended = [42, 0, 1, 2, 0, 7, 9, 1];
    let icmp = QuotedTransport::Icmp {
        kind: 42,
        code: 0,
        id: Some(7),
        seq: Some(9),
    };
    assert_eq!(transport(1, &extended), icmp);
}

#[test]
fn sctp_esp_and_dccp_tell_more_than_ports_and_index() {
    let quoted = |protocol: u8, payload: &[u8]| {
        let quote = ipv4("192.0.2.1", "203.0.113.9", protocol, payload);
        let packet = v4(&[&[3, 1, 0, 0, 0, 0, 0, 0], &quote[..]].concat());
        every_prefix(&packet);
        let message = parse(&packet);
        let quote = message.quote().unwrap();
        (quote.verification_tag(), quote.sequence())
    };
    let eight = [0, 53, 0x12, 0x34, 1, 2, 3, 4];
    assert_eq!(quoted(132, &eight), (Some(0x0102_0304), None));
    assert_eq!(quoted(132, &eight[..7]), (None, None));
    assert_eq!(quoted(50, &eight), (None, Some(0x0102_0304)));
    // RFC 4340 section 5.1: the X bit tells how long the number is.
    let short = [&eight[..], &[0x04, 0x11, 0x22, 0x33]].concat();
    assert_eq!(quoted(33, &short), (None, Some(0x11_2233)));
    let long = [&eight[..], &[0x05, 0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66]].concat();
    assert_eq!(quoted(33, &long), (None, Some(0x1122_3344_5566)));
    assert_eq!(quoted(33, &long[..15]), (None, None));
    assert_eq!(quoted(33, &eight), (None, None));
    assert_eq!(quoted(17, &eight), (None, None));
}

#[test]
fn half_a_translation_shows() {
    let quote = ipv4("192.0.2.1", "203.0.113.9", 17, &[0, 53, 0, 99, 0, 8, 0, 0]);
    let message = [&[3, 3, 0, 0, 0, 0, 0, 0], &quote[..]].concat();
    for (dst, expected) in [
        ("192.0.2.1", Translation::None),
        ("10.0.0.5", Translation::HalfOfSource),
    ] {
        let packet = ipv4("203.0.113.9", dst, 1, &message);
        let ip = Ip::parse(&packet, Limit::Frame).unwrap();
        let decoded = Message::parse(&ip);
        assert_eq!(decoded.quote().unwrap().translation(&ip), expected);
    }
}

#[test]
fn gre_keys() {
    let gre = |payload: &[u8]| {
        let quote = ipv4("192.0.2.1", "203.0.113.9", 47, payload);
        let packet = v4(&[&[3, 1, 0, 0, 0, 0, 0, 0], &quote[..]].concat());
        let gre = parse(&packet).quote().unwrap().gre();
        gre.map(|gre| (gre.protocol, gre.key, gre.header_length))
    };
    let keyed = [0x30, 0, 0x08, 0, 0, 0, 0, 5, 0, 0, 0, 1];
    assert_eq!(gre(&keyed), Some((0x0800, Some(5), 12)));
    let summed = [0xa0, 0, 0x86, 0xdd, 1, 2, 0, 0, 0, 0, 0, 6];
    assert_eq!(gre(&summed), Some((0x86dd, Some(6), 12)));
    assert_eq!(gre(&summed[..8]), Some((0x86dd, None, 12)));
    assert_eq!(gre(&[0, 0, 8, 0]), Some((0x0800, None, 4)));
    assert_eq!(gre(&[0, 0, 8]), None);
    let pptp = [0x30, 1, 0x88, 0x0b, 0, 80, 0x12, 0x34, 0, 0, 0, 1];
    assert_eq!(gre(&pptp), Some((0x880b, None, 12)));
}

/// RFC 4443 section 2.4 (e.2): a redirect is no error, and not to be answered by one.
#[test]
fn an_error_about_a_redirect_is_told() {
    let (src, dst) = ("fe80::1", "2001:db8::1");
    let redirect = [&[137, 0, 0, 0, 0, 0, 0, 0][..], &[0x20; 32]].concat();
    let quote = ipv6(src, dst, 255, 58, &redirect);
    let packet = v6_between(
        dst,
        src,
        64,
        &[&[1, 3, 0, 0, 0, 0, 0, 0], &quote[..]].concat(),
    );
    assert_eq!(rules(&parse(&packet)), ["error about a redirect"]);
}

#[test]
fn an_error_about_an_error_is_told_and_decoded_one_level() {
    let inner = ipv4("203.0.113.9", "192.0.2.1", 17, &[0, 53, 0, 99, 0, 8, 0, 0]);
    let error = [&[3, 3, 0, 0, 0, 0, 0, 0], &inner[..]].concat();
    let quote = ipv4("192.0.2.1", "203.0.113.9", 1, &error);
    let packet = v4(&[&[11, 0, 0, 0, 0, 0, 0, 0], &quote[..]].concat());
    let message = parse(&packet);
    assert_eq!(rules(&message), ["error about an error"]);
    let quote = message.quote().unwrap();
    assert!(matches!(
        quote.transport,
        QuotedTransport::Icmp {
            kind: 3,
            code: 3,
            id: None,
            ..
        }
    ));
    let inner = quote.inner().unwrap();
    assert_eq!(
        inner.transport,
        QuotedTransport::Ports {
            src_port: 53,
            dst_port: 99
        }
    );
    assert!(inner.inner().is_none());
    every_prefix(&packet);
}

/// Errors about errors, as routers send that break the rule: each is told, to a depth.
#[test]
fn errors_in_errors() {
    let mut packet = ipv4("10.0.0.1", "10.0.0.2", 17, &[0, 53, 0, 99, 0, 8, 0, 0]);
    for levels in 0..Quote::NESTED + 3 {
        let message = [&[3, 3, 0, 0, 0, 0, 0, 0], &packet[..]].concat();
        let outer = v4(&message);
        let parsed = parse(&outer);
        let nested: Vec<_> = parsed.quote().unwrap().nested().collect();
        assert_eq!(nested.len(), levels.min(Quote::NESTED));
        let ports = QuotedTransport::Ports {
            src_port: 53,
            dst_port: 99,
        };
        if (1..=Quote::NESTED).contains(&levels) {
            assert_eq!(nested[levels - 1].transport, ports);
        }
        packet = ipv4("192.0.2.1", "203.0.113.9", 1, &message);
    }
}

#[test]
fn what_a_quoted_tunnel_carries() {
    let inner = ipv4("10.0.0.1", "10.0.0.2", 17, &[0, 53, 0, 99, 0, 8, 0, 0]);
    let gre = [&[0x20, 0, 0x08, 0, 0, 0, 0, 5], &inner[..]].concat();
    for (protocol, payload) in [(4, &inner), (47, &gre)] {
        let quote = ipv4("192.0.2.1", "203.0.113.9", protocol, payload);
        let packet = v4(&[&[3, 1, 0, 0, 0, 0, 0, 0], &quote[..]].concat());
        let message = parse(&packet);
        let inner = message.quote().unwrap().inner().unwrap();
        assert_eq!(inner.ip.dst(), IpAddr::from([10, 0, 0, 2]));
        assert_eq!(
            inner.transport,
            QuotedTransport::Ports {
                src_port: 53,
                dst_port: 99
            }
        );
    }
}

#[test]
fn a_length_short_by_the_header_does_not_hide_the_ports() {
    let mut quote = tcp_quote(8);
    quote[2..4].copy_from_slice(&20u16.to_be_bytes());
    let packet = v4(&[&[3, 1, 0, 0, 0, 0, 0, 0], &quote[..]].concat());
    let message = parse(&packet);
    assert!(matches!(
        message.quote().unwrap().transport,
        QuotedTransport::Tcp {
            src_port: 43210,
            ..
        }
    ));
    assert!(!message.quote().unwrap().ip.defects().is_empty());
}

#[test]
fn the_fields_that_errors_add() {
    let mut quote = tcp_quote(8);
    // DF.
    quote[6] = 0x40;
    let error = |header: &[u8]| v4(&[header, &quote[..]].concat());
    let class = |packet: &[u8]| match parse(packet).body {
        Body::Error(error) => error.class,
        other => panic!("{other:?}"),
    };
    let too_big = error(&[3, 4, 0, 0, 0, 0, 0x05, 0xa0]);
    assert_eq!(class(&too_big), ErrorClass::TooBig { mtu: Some(1440) });
    assert_eq!(
        class(&error(&[3, 13, 0, 0, 0, 0, 0, 0])),
        ErrorClass::Unreachable
    );
    assert_eq!(
        class(&error(&[4, 0, 0, 0, 0, 0, 0, 0])),
        ErrorClass::SourceQuench
    );
    assert_eq!(
        class(&error(&[11, 1, 0, 0, 0, 0, 0, 0])),
        ErrorClass::TimeExceeded
    );
    assert_eq!(
        class(&error(&[12, 0, 0, 0, 9, 0, 0, 0])),
        ErrorClass::ParameterProblem { pointer: Some(9) }
    );
    assert_eq!(class(&error(&[31, 0, 0, 0, 9, 0, 0, 0])), ErrorClass::Other);
    for mtu in [1u8, 67] {
        assert_eq!(
            rules(&parse(&error(&[3, 4, 0, 0, 0, 0, 0, mtu]))),
            ["next-hop MTU under 68"]
        );
    }
    assert!(rules(&parse(&error(&[3, 4, 0, 0, 0, 0, 0, 0]))).is_empty());
    for kind in [3, 4, 5, 11, 12, 31, 40] {
        let packet = error(&[kind, 0, 0, 0, 0, 0, 0, 0]);
        assert!(parse(&packet).quote().is_some());
        every_prefix(&packet);
        every_code(&packet);
    }
    // An MTU that was captured is shown though the quote is not.
    let cut = parse_cut(&too_big, 28);
    assert!(matches!(
        cut.body,
        Body::Error(Error {
            class: ErrorClass::TooBig { mtu: Some(1440) },
            quote: None,
            ..
        })
    ));
}

#[test]
fn errors_of_icmpv6() {
    // Of 1500 octets, of which the first are quoted.
    let mut quote = ipv6("2001:db8::1", "2001:db8::2", 1, 6, &tcp_quote(20)[20..]);
    quote[4..6].copy_from_slice(&1460u16.to_be_bytes());
    let error = |kind, field: [u8; 4]| {
        let message = [&[kind, 0, 0, 0], &field[..], &quote[..]].concat();
        v6_between("2001:db8::7", "2001:db8::1", 64, &message)
    };
    for (kind, field, class) in [
        (1, [0; 4], ErrorClass::Unreachable),
        (2, [0, 0, 5, 0], ErrorClass::TooBig { mtu: Some(1280) }),
        (3, [0; 4], ErrorClass::TimeExceeded),
        (
            4,
            [0, 0, 0, 40],
            ErrorClass::ParameterProblem { pointer: Some(40) },
        ),
        (100, [0; 4], ErrorClass::Other),
        (127, [0; 4], ErrorClass::Other),
    ] {
        let packet = error(kind, field);
        let message = parse(&packet);
        let Body::Error(error) = message.body else {
            panic!("{message:?}");
        };
        assert_eq!(error.class, class);
        assert!(matches!(
            error.quote.unwrap().transport,
            QuotedTransport::Tcp {
                src_port: 43210,
                ..
            }
        ));
        assert!(message.defects.is_empty(), "{:?}", message.defects);
        every_prefix(&packet);
        every_code(&packet);
    }
    assert_eq!(rules(&parse(&error(2, [0, 0, 4, 0]))), ["MTU under 1280"]);
}

/// Nothing tells the version of a packet of which nothing is quoted: it is the error's (RFC 4443
/// section 3, RFC 792).
#[test]
fn an_empty_quote_lacks_a_header_of_its_version() {
    for (packet, header) in [
        (v4(&[3, 1, 0, 0, 0, 0, 0, 0]), 20),
        (v6(&[1, 0, 0, 0, 0, 0, 0, 0]), 40),
    ] {
        let message = parse(&packet);
        let [defect] = message.defects.iter().collect::<Vec<_>>()[..] else {
            panic!("{message:?}");
        };
        let DefectKind::Short { needed, .. } = defect.kind else {
            panic!("{defect:?}");
        };
        assert_eq!((defect.layer, needed), (Layer::Quote, header));
    }
}

#[test]
fn extension_headers_of_a_quote_are_walked() {
    // Hop-by-hop, destination options, fragment (first), UDP.
    let mut payload = vec![60, 0, 1, 4, 0, 0, 0, 0];
    payload.extend([44, 0, 1, 4, 0, 0, 0, 0]);
    payload.extend([17, 0, 0, 1, 0, 0, 0, 9]);
    payload.extend([0, 53, 0, 99, 0, 8, 0, 0]);
    let quote = ipv6("2001:db8::1", "2001:db8::2", 1, 0, &payload);
    let message = [&[1, 0, 0, 0, 0, 0, 0, 0], &quote[..]].concat();
    let packet = v6_between("2001:db8::7", "2001:db8::1", 64, &message);
    let decoded = parse(&packet);
    assert_eq!(
        decoded.quote().unwrap().transport,
        QuotedTransport::Ports {
            src_port: 53,
            dst_port: 99
        }
    );
    every_prefix(&packet);
}

#[test]
fn redirects() {
    let quote = tcp_quote(8);
    let message = [&[5, 1, 0, 0, 192, 0, 2, 254], &quote[..]].concat();
    let packet = v4(&message);
    let decoded = parse(&packet);
    let Body::Redirect {
        gateway,
        quote: Some(_),
    } = decoded.body
    else {
        panic!("{decoded:?}");
    };
    assert_eq!(gateway, Some(Ipv4Addr::new(192, 0, 2, 254)));
    assert_eq!(decoded.code_name(), Some("host"));
    assert!(decoded.defects.is_empty());
    let to = |gateway: [u8; 4]| {
        let packet = v4(&[&[5, 1, 0, 0], &gateway[..], &quote[..]].concat());
        rules(&parse(&packet))
    };
    for gateway in [[0; 4], [127, 0, 0, 1], [240, 0, 0, 1]] {
        assert_eq!(to(gateway), ["gateway is no host address"]);
    }
    assert_eq!(
        to([192, 0, 2, 1]),
        ["redirect to the sender of the quoted packet"]
    );
}

/// RFC 768: the length counts the header too, and the checksum covers so many octets.
#[test]
fn udp_that_is_longer_than_its_packet_is_told() {
    use crate::wire::Unverified;
    use crate::wire::checksum::upper_checksum;
    let told = |length: u8, more: bool| {
        let udp = [0, 53, 0, 99, 0, length, 0x12, 0x34, 1, 2];
        let mut quote = ipv4("192.0.2.1", "203.0.113.9", 17, &udp);
        quote[6] |= if more { 0x20 } else { 0 };
        let packet = v4(&[&[11, 0, 0, 0, 0, 0, 0, 0], &quote[..]].concat());
        let message = parse(&packet);
        let status = upper_checksum(&message.quote().unwrap().ip).unwrap().status;
        (rules(&message), status)
    };
    let unverified = ChecksumStatus::Unverified;
    let beyond = vec!["udp length beyond its ip packet"];
    for length in [11, 100] {
        assert_eq!(
            told(length, false),
            (beyond.clone(), unverified(Unverified::Truncated))
        );
        // The rest is in the other fragments.
        assert_eq!(
            told(length, true),
            (vec![], unverified(Unverified::Fragment))
        );
    }
    for length in [8, 10] {
        let (rules, status) = told(length, false);
        assert!(rules.is_empty() && matches!(status, ChecksumStatus::Bad { .. }));
    }
}
