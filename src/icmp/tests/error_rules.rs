//! Errors that are not as their RFCs have them.

use super::errors::tcp_quote;
use super::*;

/// The rules that an ICMPv6 message breaks, sent by a router.
fn told(octets: &[u8]) -> Vec<&'static str> {
    let packet = v6_between("2001:db8::7", "2001:db8::1", 64, octets);
    every_prefix(&packet);
    rules(&parse(&packet))
}

/// RFC 1122 section 3.2.1.3, RFC 4443 section 2.2.
#[test]
fn errors_come_from_a_host() {
    const RULE: &str = "source of an error is no single host";
    let quote = ipv6("2001:db8::1", "2001:db8::2", 1, 59, &[]);
    let octets = [&[3, 0, 0, 0, 0, 0, 0, 0], &quote[..]].concat();
    let quote = ipv4("192.0.2.1", "203.0.113.9", 17, &[0, 53, 0, 99, 0, 8, 0, 0]);
    let octets4 = [&[11, 0, 0, 0, 0, 0, 0, 0], &quote[..]].concat();
    for (src, src4, expected) in [
        ("2001:db8::7", "192.0.2.7", &[][..]),
        ("ff02::1", "224.0.0.1", &[RULE]),
        ("::", "0.0.0.0", &[RULE]),
    ] {
        let packet = v6_between(src, "2001:db8::1", 64, &octets);
        assert_eq!(rules(&parse(&packet)), expected);
        let packet = ipv4(src4, "192.0.2.1", 1, &octets4);
        assert_eq!(rules(&parse(&packet)), expected);
    }
    // RFC 4861 section 4.4.
    let advertisement = [&[136, 0, 0, 0, 0, 0, 0, 0], &[0x20; 16][..]].concat();
    for (src, expected) in [
        ("fe80::1", &[][..]),
        (
            "::",
            &["source of a neighbor advertisement is no single host"],
        ),
        (
            "ff02::1",
            &["source of a neighbor advertisement is no single host"],
        ),
    ] {
        let packet = v6_between(src, "ff02::1", 255, &advertisement);
        assert_eq!(rules(&parse(&packet)), expected);
    }
}

/// RFC 4443 section 3.2.
#[test]
fn a_packet_that_fits_is_not_too_big() {
    let about = |length: u16, mtu: u16| {
        let mut quote = ipv6("2001:db8::1", "2001:db8::2", 1, 59, &[0; 20]);
        quote[4..6].copy_from_slice(&(length - 40).to_be_bytes());
        let mtu = u32::from(mtu).to_be_bytes();
        told(&[&[2, 0, 0, 0], &mtu[..], &quote].concat())
    };
    let rule = "MTU not under the length of the quoted packet";
    assert_eq!(about(1341, 1340), [""; 0]);
    assert_eq!(about(1340, 1340), [rule]);
    assert_eq!(about(1340, 9000), [rule]);
}

/// RFC 1191 sections 4 and 5.
#[test]
fn a_packet_that_fits_is_not_too_big_for_ipv4() {
    let about = |length: u16, mtu: u16, is_summed: bool| {
        let mut quote = ipv4("10.0.0.1", "10.0.0.2", 17, &[0; 8]);
        quote[2..4].copy_from_slice(&length.to_be_bytes());
        // DF.
        quote[6] = 0x40;
        quote[10..12].fill(0);
        if is_summed {
            let sum = internet(&[&quote[..20]]);
            quote[10..12].copy_from_slice(&sum.to_be_bytes());
        }
        rules(&parse(&v4(&[
            &[3, 4, 0, 0, 0, 0][..],
            &mtu.to_be_bytes(),
            &quote,
        ]
        .concat())))
    };
    let rule = "MTU not under the length of the quoted packet";
    assert_eq!(about(1341, 1340, true), [""; 0]);
    assert_eq!(about(1340, 1340, true), [rule]);
    assert_eq!(about(1340, 9000, true), [rule]);
    // It is not told.
    assert_eq!(about(1340, 0, true), [""; 0]);
    // As an old system leaves it: less than it was.
    assert_eq!(about(1340, 1340, false), [""; 0]);
}

/// RFC 792, RFC 1812 section 5.2.7.1.
#[test]
fn a_packet_without_df_is_fragmented() {
    let about = |kind: [u8; 2], flags: u8, is_summed: bool| {
        let mut quote = ipv4("10.0.0.1", "10.0.0.2", 17, &[0; 8]);
        quote[2..4].copy_from_slice(&1500_u16.to_be_bytes());
        quote[6] = flags;
        quote[10..12].fill(0);
        let sum = internet(&[&quote[..20]]).wrapping_add(u16::from(!is_summed));
        quote[10..12].copy_from_slice(&sum.to_be_bytes());
        rules(&parse(&v4(&[
            &kind[..],
            &[0, 0, 0, 0],
            &1400_u16.to_be_bytes(),
            &quote,
        ]
        .concat())))
    };
    let rule = "packet without DF is told to be too big";
    assert_eq!(about([3, 4], 0, true), [rule]);
    assert_eq!(about([3, 4], 0x40, true), [""; 0]);
    assert_eq!(about([3, 13], 0, true), [""; 0]);
    // What was changed on its way may have had it.
    assert_eq!(about([3, 4], 0, false), [""; 0]);
}

/// RFC 4443 section 2.4 (e.3).
#[test]
fn an_option_asks_for_errors_about_multicast() {
    let about = |option: u8, pointer: u8| {
        let quote = ipv6(
            "2001:db8::1",
            "ff0e::1",
            1,
            60,
            &[59, 0, option, 4, 0, 0, 0, 0],
        );
        told(&[&[4, 2, 0, 0, 0, 0, 0, pointer], &quote[..]].concat())
    };
    let rule = "error about a multicast packet";
    assert_eq!(about(0x87, 42), [""; 0]);
    for option in [0x07, 0x47, 0xc7] {
        assert_eq!(about(option, 42), [rule]);
        // Which option is meant, the quote does not show.
        assert_eq!(about(option, 48), [""; 0]);
    }
}

/// RFC 7112 section 5.
#[test]
fn an_incomplete_header_chain_is_not_pointed_into() {
    let quote = ipv6(
        "2001:db8::1",
        "2001:db8::2",
        1,
        44,
        &[60, 0, 0, 1, 0, 0, 0, 9],
    );
    let about =
        |code: u8, pointer: u8| told(&[&[4, code, 0, 0, 0, 0, 0, pointer], &quote[..]].concat());
    assert_eq!(about(3, 0), [""; 0]);
    assert_eq!(
        about(3, 40),
        ["pointer of an incomplete header chain is not 0"]
    );
    assert_eq!(about(0, 40), [""; 0]);
}

/// RFC 8883 section 3.1.
#[test]
fn headers_too_long_come_with_a_pointer() {
    let mut quote = ipv6("2001:db8::1", "2001:db8::2", 1, 59, &[0; 88]);
    let about = |code: u8, length: u8, quote: &[u8], extensions: &[u8]| {
        told(&[&[1, code, 0, 0, length, 0, 0, 0], quote, extensions].concat())
    };
    let pointer = [0x20, 0, 0, 0, 0, 8, 4, 1, 0, 0, 0, 40];
    let other = [0x20, 0, 0, 0, 0, 8, 5, 1, 0, 0, 0, 40];
    let rule = "headers too long without a pointer";
    assert_eq!(quote.len(), 128);
    assert_eq!(about(8, 16, &quote, &pointer), [""; 0]);
    assert_eq!(about(8, 16, &quote, &other), [rule]);
    assert_eq!(about(8, 0, &quote, &[]), [rule]);
    assert_eq!(about(0, 0, &quote, &[]), [""; 0]);
    // Of one that was cut nobody knows.
    quote.extend(pointer);
    let octets = [&[1, 8, 0, 0, 16, 0, 0, 0], &quote[..]].concat();
    let packet = v6_between("2001:db8::7", "2001:db8::1", 64, &octets);
    assert_eq!(rules(&parse_cut(&packet, 100)), [""; 0]);
}

#[test]
fn errors_that_must_not_be_sent() {
    let about = |src: &str, dst: &str| {
        let quote = ipv4(src, dst, 17, &[0, 53, 0, 99, 0, 8, 0, 0]);
        let packet = v4(&[&[3, 3, 0, 0, 0, 0, 0, 0], &quote[..]].concat());
        rules(&parse(&packet))
    };
    assert!(about("192.0.2.1", "203.0.113.9").is_empty());
    for dst in ["224.0.0.1", "255.255.255.255"] {
        assert_eq!(
            about("192.0.2.1", dst),
            ["error about a multicast or broadcast packet"]
        );
    }
    for src in ["0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.1", "240.0.0.1"] {
        assert_eq!(
            about(src, "192.0.2.9"),
            ["error about a packet whose source is no single host"]
        );
    }
    // On a host's loopback interface.
    let quote = ipv4("127.0.0.1", "127.0.0.1", 17, &[0, 53, 0, 99, 0, 8, 0, 0]);
    let message = [&[3, 3, 0, 0, 0, 0, 0, 0], &quote[..]].concat();
    let packet = ipv4("127.0.0.1", "127.0.0.1", 1, &message);
    assert!(rules(&parse(&packet)).is_empty());
}

/// RFC 1812 section 5.2.7.2.
#[test]
fn redirects_that_a_router_must_not_send() {
    let quote = tcp_quote(8);
    let redirect = |code: u8, quote: &[u8]| {
        let head = [5, code, 0, 0, 192, 0, 2, 254];
        rules(&parse(&v4(&[&head[..], quote].concat())))
    };
    for (code, told) in [
        (0, &["redirect for a network"][..]),
        (1, &[]),
        (2, &["redirect for a network"]),
        (3, &[]),
    ] {
        assert_eq!(redirect(code, &quote), told, "{code}");
    }
    for (kind, told) in [
        (131, &["redirect of a packet with a source route"][..]),
        (137, &["redirect of a packet with a source route"]),
        (7, &[]),
    ] {
        let mut routed = quote.clone();
        routed[0] += 2;
        routed[2] += 1;
        routed.splice(20..20, [kind, 7, 4, 198, 51, 100, 9, 0]);
        assert_eq!(redirect(1, &routed), told, "{kind}");
    }
}
