//! What the headers of quoted packets show to be broken.

use super::*;

/// The rules that time exceeded tells of this quote, by their place in it.
fn of_quote(quote: &[u8]) -> Vec<(u32, &'static str)> {
    let packet = if quote[0] >> 4 == 4 {
        v4(&[&[11, 0, 0, 0, 0, 0, 0, 0], quote].concat())
    } else {
        let message = [&[3, 0, 0, 0, 0, 0, 0, 0], quote].concat();
        v6_between("2001:db8::7", "2001:db8::1", 64, &message)
    };
    every_prefix(&packet);
    told(&parse(&packet))
}

/// The same of what a quoted IPv4 packet carries, by the place behind its header.
fn of(protocol: u8, octets: &[u8]) -> Vec<(u32, &'static str)> {
    let quote = ipv4("192.0.2.1", "203.0.113.9", protocol, octets);
    let found = of_quote(&quote).into_iter();
    found.map(|(at, rule)| (at - 20, rule)).collect()
}

/// A segment with these options in a header of so many words.
fn segment(words: u8, options: &[u8]) -> Vec<u8> {
    let head = [
        0xa8,
        0xca,
        1,
        0xbb,
        0,
        0,
        0,
        9,
        0,
        0,
        0,
        0,
        words << 4,
        2,
        3,
        0xe8,
        7,
        7,
        0,
        0,
    ];
    [&head[..], options].concat()
}

/// RFC 9293 section 3.1.
#[test]
fn tcp_options_end_in_the_header_and_hold_what_their_type_does() {
    let under = "tcp option length under 2";
    let over = "tcp option runs over the header's end";
    let wrong = "tcp option length wrong for its type";
    let shift = "window scale over 14";
    for (options, expected) in [
        (&[2, 4, 5, 0xb4][..], &[][..]),
        (&[2, 0, 1, 1], &[(21, under)]),
        (&[2, 1, 1, 1], &[(21, under)]),
        (&[2, 20, 1, 1], &[(21, over)]),
        (&[1, 1, 1, 2], &[(23, over)]),
        (&[2, 3, 5, 1], &[(21, wrong)]),
        (&[4, 3, 5, 1], &[(21, wrong)]),
        (&[28, 3, 5, 1], &[(21, wrong)]),
        (&[29, 3, 5, 1], &[(21, wrong)]),
        (&[34, 3, 5, 1], &[(21, wrong)]),
        (&[34, 2, 1, 1], &[]),
        (&[3, 3, 14, 1], &[]),
        (&[3, 3, 15, 1], &[(22, shift)]),
        (&[3, 4, 7, 1], &[(21, wrong)]),
        (&[5, 10, 0, 0, 0, 1, 0, 0, 0, 5, 1, 1], &[]),
        (&[5, 9, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1], &[(21, wrong)]),
        (&[1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 5], &[]),
        (&[1, 8, 9, 0, 0, 0, 1, 0, 0, 0, 5, 1], &[(22, wrong)]),
        (&[19, 3, 5, 1, 99, 4, 5, 6], &[(21, wrong)]),
        // What ends the options ends what is to be read.
        (&[0, 2, 0, 1], &[]),
        (&[77, 4, 5, 6], &[]),
    ] {
        let words = u8::try_from(5 + options.len() / 4).unwrap();
        let told = of(6, &segment(words, options));
        assert_eq!(told, expected, "{options:?}");
    }
    assert_eq!(
        of(6, &segment(4, &[])),
        [(12, "tcp data offset under 5 words")]
    );
}

/// What a router does not quote is no fault, nor are the zeros that it may put there.
#[test]
fn tcp_headers_that_the_quote_cuts() {
    let whole = ipv4(
        "192.0.2.1",
        "203.0.113.9",
        6,
        &segment(7, &[2, 4, 5, 0xb4, 3, 3, 7, 1]),
    );
    for length in 28..whole.len() {
        assert_eq!(of_quote(&whole[..length]), [], "{length}");
        let mut padded = whole[..length].to_vec();
        padded.resize(whole.len(), 0);
        assert_eq!(of_quote(&padded), [], "{length}");
    }
    let long = ipv4("192.0.2.1", "203.0.113.9", 6, &segment(6, &[2, 20, 1, 1]));
    let over = [(41, "tcp option runs over the header's end")];
    assert_eq!(of_quote(&long[..42]), over);
}

/// RFC 8200 section 8.1, and RFC 6935 section 5 of tunnels.
#[test]
fn a_datagram_over_ipv6_has_a_checksum() {
    let of = |ports: [u16; 2], checksum: [u8; 2], data: &[u8]| {
        let mut datagram = ports.map(u16::to_be_bytes).concat();
        datagram.extend([0, 12]);
        datagram.extend(checksum);
        datagram.extend(data);
        of_quote(&ipv6("2001:db8::1", "2001:db8::2", 1, 17, &datagram))
    };
    let expected = [(46, "udp checksum 0 over ipv6")];
    assert_eq!(of([40000, 53], [0, 0], b"abcd"), expected);
    assert_eq!(of([40000, 53], [0, 1], b"abcd"), []);
    for tunnel in [4789, 6081, 4341, 4500] {
        assert_eq!(of([40000, tunnel], [0, 0], b"abcd"), []);
    }
    // Zeros may pad a quote that ends before it.
    assert_eq!(of([40000, 53], [0, 0], &[0; 4]), []);
    let datagram = [0x9c, 0x40, 0, 53, 0, 12, 0, 0, 1, 2, 3, 4];
    assert_eq!(self::of(17, &datagram), []);
}

/// RFC 768, and RFC 2675 section 4; RFC 3828 section 3.1.
#[test]
fn lengths_of_datagrams() {
    let datagram = |length: u16| {
        let [high, low] = length.to_be_bytes();
        [0, 53, 0, 99, high, low, 7, 7, 1, 2, 3, 4]
    };
    let under = "udp length under 8";
    let over = "udp length beyond its ip packet";
    for (length, expected) in [
        (0, &[(4, under)][..]),
        (7, &[(4, under)]),
        (8, &[]),
        (12, &[]),
        (13, &[(4, over)]),
    ] {
        assert_eq!(of(17, &datagram(length)), expected, "{length}");
    }
    let quote = ipv6("2001:db8::1", "2001:db8::2", 1, 17, &datagram(0));
    assert_eq!(of_quote(&quote), [(44, under)]);
    let mut jumbo = ipv6(
        "2001:db8::1",
        "2001:db8::2",
        1,
        0,
        &[17, 0, 0xc2, 4, 0, 1, 0, 8],
    );
    jumbo[4..6].fill(0);
    jumbo.extend(datagram(0));
    assert_eq!(of_quote(&jumbo), []);
    let under = "checksum coverage from 1 to 7";
    let over = "checksum coverage beyond its ip packet";
    for (length, expected) in [
        (0, &[][..]),
        (1, &[(4, under)]),
        (7, &[(4, under)]),
        (8, &[]),
        (12, &[]),
        (13, &[(4, over)]),
    ] {
        assert_eq!(of(136, &datagram(length)), expected, "{length}");
    }
}

/// RFC 9260 sections 3.2, 3.3.2 and 3.3.3.
#[test]
fn first_chunks() {
    let packet = |chunk: &[u8]| [&[3, 0xe8, 7, 0xd0, 0, 0, 0, 1, 9, 9, 9, 9], chunk].concat();
    let short = "sctp chunk length under 4";
    assert_eq!(of(132, &packet(&[0, 3, 0, 4, 0, 0, 0, 1])), []);
    assert_eq!(of(132, &packet(&[0, 3, 0, 3, 0, 0, 0, 1])), [(14, short)]);
    for kind in [1, 2] {
        let init = [
            kind, 0, 0, 20, 0, 0, 0, 1, 0, 0, 5, 0xdc, 0, 1, 0, 1, 0, 0, 0, 1,
        ];
        assert_eq!(of(132, &packet(&init)), []);
        for (at, rule) in [
            (7, "initiate tag 0"),
            (11, "receiver window under 1500"),
            (13, "outbound streams 0"),
            (15, "inbound streams 0"),
        ] {
            let mut wrong = init;
            wrong[at] = 0;
            let field = if at < 12 { at - 3 } else { at - 1 };
            let field = u32::try_from(12 + field).unwrap();
            assert_eq!(of(132, &packet(&wrong)), [(field, rule)]);
        }
    }
}

/// RFC 4340 section 5.1.
#[test]
fn dccp_headers_by_their_type() {
    let packet = |words: u8, kind: u8| {
        let head = [3, 0xe8, 7, 0xd0, words, 0, 7, 7, kind];
        [&head[..], &[1; 27]].concat()
    };
    let within = "dccp data offset within its header";
    let short = "dccp packet of its type with short sequence numbers";
    let over = "dccp data offset beyond its ip packet";
    for kind in 0..10 {
        let extended = kind << 1 | 1;
        let least = match kind {
            0 => 5,
            1 | 7 => 7,
            2 => 4,
            _ => 6,
        };
        assert_eq!(of(33, &packet(least, extended)), [], "{kind}");
        assert_eq!(
            of(33, &packet(least - 1, extended)),
            [(4, within)],
            "{kind}"
        );
        assert_eq!(of(33, &packet(9, extended)), []);
        assert_eq!(of(33, &packet(10, extended)), [(4, over)]);
        let expected = match kind {
            2..=4 => &[][..],
            _ => &[(8, short)],
        };
        assert_eq!(of(33, &packet(4, kind << 1)), expected, "{kind}");
    }
    assert_eq!(of(33, &packet(2, 2 << 1)), [(4, within)]);
    assert_eq!(of(33, &packet(3, 2 << 1)), []);
    assert_eq!(of(33, &packet(3, 4 << 1)), [(4, within)]);
}

/// RFC 4302 sections 2.2 and 2.4, RFC 4303 section 2.1.
#[test]
fn indexes_and_lengths_of_security_headers() {
    assert_eq!(of(50, &[0, 0, 1, 0, 0, 0, 0, 1]), []);
    assert_eq!(of(50, &[0, 0, 0, 0, 0, 0, 0, 1]), [(0, "spi 0")]);
    let datagram = [0, 53, 0, 99, 0, 8, 7, 7];
    let header = |length: u8, spi: u8| {
        let head = [17, length, 0, 0, 0, 0, 1, spi, 0, 0, 0, 1];
        [&head[..], &[9; 12], &datagram].concat()
    };
    assert_eq!(of(51, &header(4, 9)), []);
    let mut none = header(4, 0);
    none[6] = 0;
    assert_eq!(of(51, &none), [(4, "spi 0")]);
    let rule = (1, "authentication header under 12 octets");
    assert_eq!(of(51, &header(0, 9)), [rule]);
}

/// RFC 8200 section 4.5.
#[test]
fn fragments_that_cannot_be_put_together() {
    let fragment = |place: u16, length: usize| {
        let [high, low] = place.to_be_bytes();
        let head = [17, 0, high, low, 0, 0, 0, 9, 0, 53, 0, 99, 0, 80, 7, 7];
        let octets = [&head[..], &[1; 80]].concat();
        ipv6("2001:db8::1", "2001:db8::2", 1, 44, &octets[..8 + length])
    };
    let odd = (4, "fragment before others no multiple of 8 octets");
    let end = (42, "fragment ends beyond 65535 octets");
    assert_eq!(of_quote(&fragment(1, 16)), []);
    assert_eq!(of_quote(&fragment(1, 13)), [odd]);
    assert_eq!(of_quote(&fragment(9, 13)), [odd]);
    assert_eq!(of_quote(&fragment(8, 13)), []);
    assert_eq!(of_quote(&fragment(0xfff8, 7)), []);
    assert_eq!(of_quote(&fragment(0xfff8, 8)), [end]);
    // What of it is quoted says nothing of its length.
    assert_eq!(of_quote(&fragment(1, 80)[..61]), []);
}

/// RFC 9293 section 3.1.
#[test]
fn the_reserved_bits_of_tcp() {
    let mut octets = segment(5, &[]);
    for (first, reserved) in [(0x50, None), (0x51, None), (0x5e, Some(7)), (0x52, Some(1))] {
        octets[12] = first;
        let packet = v4(&[
            &[11, 0, 0, 0, 0, 0, 0, 0][..],
            &ipv4("192.0.2.1", "203.0.113.9", 6, &octets),
        ]
        .concat());
        let message = parse(&packet);
        let header = message.quote().and_then(Quote::tcp).unwrap();
        assert_eq!(header.reserved(), reserved);
    }
}
