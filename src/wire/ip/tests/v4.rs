use super::*;

#[test]
fn an_ipv4_header_is_read_whole() {
    let ip = parse(&ECHO4);
    assert_eq!(ip.version, IpVersion::V4);
    assert_eq!(ip.src(), "192.0.2.1".parse::<IpAddr>().unwrap());
    assert_eq!(ip.dst(), "192.0.2.2".parse::<IpAddr>().unwrap());
    assert_eq!((ip.ttl, ip.id, ip.protocol), (64, Some(0x1234), 1));
    assert_eq!((ip.length, ip.payload_length), (32, 12));
    assert!(ip.dont_fragment && ip.fragment.is_none() && !ip.length_from_frame);
    assert_eq!((ip.header, ip.payload), (&ECHO4[..20], &ECHO4[20..]));
    assert_eq!(ip.limit, Limit::IpLength);
    assert!(!ip.is_defective());
    assert_eq!(
        header_checksum(&ip).unwrap().status,
        ChecksumStatus::Good,
        "{:x?}",
        header_checksum(&ip)
    );
    assert_eq!(icmp_checksum(&ip).status, ChecksumStatus::Good);
}

#[test]
fn every_ipv4_prefix_gives_what_is_there() {
    for length in 0..ECHO4.len() {
        let bytes = &ECHO4[..length];
        for (limit, on_wire, told) in [
            (Limit::Frame, length, Limit::Frame),
            (Limit::Frame, ECHO4.len(), Limit::Capture),
            (Limit::Quote, length, Limit::Quote),
        ] {
            match Ip::parse_on_wire(bytes, on_wire, limit) {
                Err(e) => {
                    assert!(length < 20);
                    assert_eq!(e, Undecodable::Short);
                }
                Ok(ip) => {
                    assert!(length >= 20);
                    assert_eq!(ip.payload, &ECHO4[20..length]);
                    assert_eq!(ip.payload_length, 12);
                    assert_eq!(ip.limit, told);
                    assert!(!ip.is_whole());
                    assert_eq!(ip.is_defective(), told == Limit::Frame);
                    assert_eq!(
                        icmp_checksum(&ip).status,
                        ChecksumStatus::Unverified(Unverified::Truncated)
                    );
                }
            }
        }
    }
}

#[test]
fn padding_is_never_payload() {
    let mut padded = ECHO4.to_vec();
    padded.extend([0xff; 14]);
    let ip = parse(&padded);
    assert_eq!(ip.payload, &ECHO4[20..]);
    assert_eq!(icmp_checksum(&ip).status, ChecksumStatus::Good);

    let mut empty = v6(protocol::IPV6_ICMP, &[]);
    empty.extend([0; 6]);
    let ip = parse(&empty);
    assert!(ip.payload.is_empty() && !ip.length_from_frame);
}

#[test]
fn a_length_of_zero_is_what_the_frame_holds() {
    let mut offload = ECHO4;
    offload[2..4].fill(0);
    let ip = parse(&offload);
    assert!(ip.length_from_frame && ip.is_whole() && !ip.is_defective());
    assert_eq!((ip.length, ip.payload_length), (32, 12));
    assert_eq!(icmp_checksum(&ip).status, ChecksumStatus::Good);
    // What the snap length cut still counts.
    let ip = Ip::parse_on_wire(&offload[..28], 32, Limit::Frame).unwrap();
    assert_eq!((ip.payload.len(), ip.payload_length), (8, 12));
    assert_eq!(ip.limit, Limit::Capture);

    let mut offload = v6(protocol::TCP, &[7; 1400]);
    offload[4..6].fill(0);
    let ip = parse(&offload);
    assert!(ip.length_from_frame);
    assert_eq!((ip.length, ip.payload.len()), (1440, 1400));
}

#[test]
fn header_lengths_that_lie() {
    for words in 0..16u8 {
        let mut packet = ECHO4;
        packet[0] = 0x40 | words;
        let whole = Ip::parse(&packet, Limit::Frame);
        let quoted = Ip::parse(&packet, Limit::Quote).unwrap();
        match usize::from(words) * 4 {
            0..20 => {
                assert_eq!(whole.unwrap_err(), Undecodable::Malformed);
                assert_eq!(rules(&quoted), ["header length under 5 words"]);
                assert_eq!(quoted.payload, &packet[20..]);
            }
            length @ 20..=32 => assert_eq!(whole.unwrap().payload, &packet[length..]),
            _ => {
                let whole = whole.unwrap();
                assert!(whole.payload.is_empty());
                assert_eq!(whole.payload_length, 0);
                assert!(rules(&whole).contains(&"total length too small"));
            }
        }
    }
    let mut short = ECHO4;
    short[3] = 19;
    let ip = parse(&short);
    assert_eq!(rules(&ip), ["total length too small"]);
    assert_eq!((ip.payload_length, ip.length), (0, 19));
    for version in (0..16u8).filter(|v| ![4, 6].contains(v)) {
        short[0] = version << 4 | 5;
        assert_eq!(
            Ip::parse(&short, Limit::Quote).unwrap_err(),
            Undecodable::Malformed
        );
    }
}

#[test]
fn a_quote_whose_length_was_tampered_with_keeps_its_ports() {
    for total in [13u16, 0x2100, 20] {
        let mut quote = ECHO4;
        quote[2..4].copy_from_slice(&total.to_be_bytes());
        let ip = Ip::parse(&quote, Limit::Quote).unwrap();
        assert_eq!(ip.payload, &ECHO4[20..], "total length {total}");
        assert_eq!(ip.length, u32::from(total));
    }
}

/// What old stacks do to a header before they quote it.
fn damaged(packet: &[u8], swapped: &[usize], is_short: bool) -> Vec<u8> {
    let mut quote = packet.to_vec();
    if is_short {
        quote[3] -= (quote[0] & 0x0f) * 4;
    }
    for at in swapped {
        quote.swap(*at, at + 1);
    }
    quote
}

/// A SYN of 10.0.0.1 with "don't fragment" and 5 octets behind its header.
const SYN: [u8; 45] = [
    0x45, 0, 0, 45, 0x4d, 1, 0x40, 0, 64, 6, 0xd9, 0xc7, 10, 0, 0, 1, 10, 0, 0, 2, // IPv4
    4, 0x57, 8, 0xae, 1, 2, 3, 4, 0, 0, 0, 9, 0x50, 2, 0x20, 0, 0x26, 0xf5, 0, 0, // TCP
    b'h', b'e', b'l', b'l', b'o',
];

#[test]
fn headers_that_old_stacks_quote_are_read_as_they_were() {
    const LENGTH: usize = 2;
    const ID: usize = 4;
    const OFFSET: usize = 6;
    const SHORT: &str = "total length short by the header";
    const HOST_ORDER: &str = "fields of 16 bits with their octets swapped";
    let as_it_was = parse(&SYN);
    assert_eq!(
        header_checksum(&as_it_was).unwrap().status,
        ChecksumStatus::Good
    );
    assert_eq!(
        upper_checksum(&as_it_was).unwrap().status,
        ChecksumStatus::Good
    );
    for (swapped, is_short, told) in [
        (&[][..], true, &[SHORT][..]),
        (&[LENGTH], false, &["total length with its octets swapped"]),
        (&[ID], false, &["identification with its octets swapped"]),
        (
            &[OFFSET],
            false,
            &["fragment offset with its octets swapped"],
        ),
        (&[LENGTH, OFFSET], false, &[HOST_ORDER]),
        (&[LENGTH, ID, OFFSET], true, &[HOST_ORDER, SHORT]),
    ] {
        let quote = damaged(&SYN, swapped, is_short);
        // The header's checksum proves it, however little there is, also of a few hops before; of a
        // whole one that of the transport does, which knows of no identification.
        let hops = (60..=64).map(|ttl| (ttl, 28..=45));
        for (ttl, lengths) in hops.chain([(59, 45..=45)]) {
            let mut quote = quote.clone();
            quote[8] = ttl;
            if ttl == 59 && swapped.contains(&ID) {
                continue;
            }
            for length in lengths {
                let ip = Ip::parse(&quote[..length], Limit::Quote).unwrap();
                assert_eq!(rules(&ip), told, "{length} octets of {quote:x?}");
                assert_eq!((ip.length, ip.id), (45, Some(0x4d01)));
                assert!(ip.dont_fragment && ip.fragment.is_none());
                assert_eq!(ip.payload, &SYN[20..length]);
                assert_eq!(ip.payload_length, 25);
            }
        }
        // What was captured itself is what it is.
        assert_ne!(rules(&Ip::parse(&quote, Limit::Frame).unwrap()), told);
        // Neither proves it.
        let mut unproven = quote;
        unproven[8] = 59;
        assert_ne!(
            rules(&Ip::parse(&unproven[..28], Limit::Quote).unwrap()),
            told
        );
    }
}

#[test]
fn the_length_of_udp_proves_that_of_a_quoted_header() {
    let mut datagram = SYN.to_vec();
    datagram[9] = 17;
    // No checksum of UDP, and a stale one of IP.
    datagram[20..28].copy_from_slice(&[4, 0x57, 0, 53, 0, 25, 0, 0]);
    for (swapped, is_short) in [
        (&[][..], true),
        (&[2], false),
        (&[6], false),
        (&[2, 6], true),
    ] {
        let quote = damaged(&datagram, swapped, is_short);
        for length in 26..=45 {
            let ip = Ip::parse(&quote[..length], Limit::Quote).unwrap();
            assert!(ip.is_defective());
            assert_eq!((ip.length, ip.fragment), (45, None));
        }
        // Another length of UDP proves nothing.
        let mut unproven = quote;
        unproven[25] = 26;
        let ip = Ip::parse(&unproven[..28], Limit::Quote).unwrap();
        assert_ne!((ip.length, ip.fragment), (45, None));
    }
    // A first fragment has a part of the datagram.
    let mut first = datagram;
    (first[3], first[6]) = (25, 0x20);
    let ip = Ip::parse(&first[..28], Limit::Quote).unwrap();
    assert_eq!(ip.length, 25);
}

#[test]
fn ipv4_options() {
    let with = |options: &[u8]| {
        let mut packet = ECHO4[..20].to_vec();
        packet[0] = 0x45 + u8::try_from(options.len() / 4).unwrap();
        packet[3] = u8::try_from(ECHO4.len() + options.len()).unwrap();
        packet.extend(options);
        packet.extend(&ECHO4[20..]);
        packet
    };
    let alert = with(&[1, 148, 4, 0, 0, 0, 0, 0]);
    let ip = parse(&alert);
    assert!(ip.router_alert && !ip.is_defective());
    assert_eq!((ip.header.len(), ip.payload), (28, &ECHO4[20..]));
    for (options, rule) in [
        ([7, 0, 148, 4], "option length under 2"),
        ([7, 1, 148, 4], "option length under 2"),
        ([7, 5, 4, 0], "option runs over the header's end"),
        ([1, 1, 7, 3], "option runs over the header's end"),
    ] {
        let packet = with(&options);
        let ip = parse(&packet);
        assert_eq!(rules(&ip), [rule]);
        assert!(!ip.router_alert);
        assert_eq!(ip.payload, &ECHO4[20..]);
    }
    for length in 20..28 {
        let ip = Ip::parse(&alert[..length], Limit::Quote).unwrap();
        assert!(ip.payload.is_empty());
        assert_eq!(ip.payload_length, 12);
        assert_eq!(ip.defects().count(), 1);
    }
}

#[test]
fn fragments_and_authentication_headers() {
    let mut packet = ECHO4;
    packet[6..8].copy_from_slice(&[0x20, 0x00]);
    let first = parse(&packet);
    assert_eq!(
        first.fragment,
        Some(Fragment {
            offset: 0,
            more: true,
            unit: 8,
        })
    );
    assert_eq!(
        icmp_checksum(&first).status,
        ChecksumStatus::Unverified(Unverified::Fragment)
    );
    packet[6..8].copy_from_slice(&[0x1f, 0xff]);
    let last = parse(&packet);
    assert_eq!(last.fragment.unwrap().offset, 0xfff8);
    assert!(last.is_later_fragment());
    assert_eq!(icmp_checksum(&last).found, None);

    let mut ah = ECHO4[..20].to_vec();
    ah[9] = protocol::AH;
    ah[3] += 12;
    ah.extend([1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
    ah.extend(&ECHO4[20..]);
    let ip = parse(&ah);
    assert_eq!((ip.protocol, ip.payload), (1, &ECHO4[20..]));
    assert_eq!(header_checksum(&ip).unwrap().found, Some(0xa4a5));
    for length in 20..32 {
        let ip = Ip::parse(&ah[..length], Limit::Quote).unwrap();
        assert_eq!(ip.protocol, if length < 22 { protocol::AH } else { 1 });
        assert!(ip.payload.is_empty());
    }
}

/// Of number 0 only a whole header of hop-by-hop options is one.
#[test]
fn data_of_protocol_0_is_no_header() {
    let of = |data: &[u8]| {
        let mut packet = ECHO4[..20].to_vec();
        packet[9] = 0;
        packet[3] = u8::try_from(20 + data.len()).unwrap();
        packet.extend(data);
        packet
    };
    for data in [
        &b"abcdefgh"[..],
        b"",
        b"\x01\0",
        &[0; 16],
        // An option that runs over the end, one of another length than its type has, and half a header.
        &[1, 0, 1, 5, 0, 0, 0, 0],
        &[1, 0, 5, 3, 0, 0, 0, 0],
        &[1, 1, 1, 4, 0, 0, 0, 0],
    ] {
        for limit in [Limit::Frame, Limit::Quote] {
            let packet = of(data);
            let ip = Ip::parse(&packet, limit).unwrap();
            assert_eq!((ip.protocol, ip.payload), (0, data));
            assert_eq!(ip.upper_protocol(), Some(0));
            assert_eq!(ip.extension_headers().count(), 0);
            assert!(!ip.is_acceptable());
            let said: Vec<_> = ip.defects().iter().map(|found| found.to_string()).collect();
            assert_eq!(said, ["ipv4 at 9: extension headers require IPv6"]);
        }
    }
    // A router alert.
    let packet = of(&[1, 0, 5, 2, 0, 0, 1, 0, 8, 0]);
    assert_eq!(parse(&packet).protocol, 1);
}

/// What no stack takes is read all the same: the other version's ICMP, and its extension headers.
#[test]
fn headers_of_the_other_version() {
    let good = ChecksumStatus::Good;
    let behind = |kind: u8, header: &[u8]| {
        let mut packet = ECHO4[..20].to_vec();
        packet[9] = kind;
        packet[3] += u8::try_from(header.len()).unwrap();
        packet.extend(header);
        packet.extend(&ECHO4[20..]);
        packet
    };
    let padded = |next| [next, 0, 1, 4, 0, 0, 0, 0];
    for kind in [0, 43, 44, 60, 135, 140] {
        let header = match kind {
            // All of its packet.
            44 => [1, 0, 0, 0, 0, 0, 0, 7],
            _ => padded(1),
        };
        let packet = behind(kind, &header);
        let ip = parse(&packet);
        assert_eq!((ip.protocol, ip.payload), (1, &ECHO4[20..]), "{kind}");
        assert_eq!(icmp_checksum(&ip).status, good);
        assert!(!ip.is_acceptable() && ip.named_protocol() == kind);
        let said: Vec<_> = ip.defects().iter().map(|found| found.to_string()).collect();
        assert_eq!(said, ["ipv4 at 9: extension headers require IPv6"]);
        for length in 20..packet.len() {
            let cut = Ip::parse_on_wire(&packet[..length], packet.len(), Limit::Frame).unwrap();
            let header = if kind == 0 && length < 28 { 20 } else { 28 };
            assert_eq!(cut.payload.len(), length.saturating_sub(header));
            assert_eq!(cut.named_protocol(), kind);
        }
    }
    // Of IPv6 alone are home, final destination and identification.
    let home = [&[1, 2, 1, 2, 0, 0, 0xc9, 16][..], &[7; 16]].concat();
    let segments = [&[60, 2, 0, 1, 0, 0, 0, 0][..], &[8; 16], &home].concat();
    let packet = behind(43, &segments);
    let ip = parse(&packet);
    assert_eq!((ip.protocol, ip.id), (1, parse(&ECHO4).id));
    assert_eq!(ip.ends(), ip.addrs);
    let fragment = behind(44, &[1, 0, 0, 9, 0, 0, 0, 7]);
    let ip = parse(&fragment);
    assert!(ip.is_later_fragment() && ip.id == parse(&ECHO4).id);
    // HIP is at home in both versions.
    assert!(parse(&behind(139, &padded(1))).is_acceptable());

    let message = &ECHO4[20..];
    let mut bare = ECHO4;
    bare[9] = 58;
    let ip = parse(&bare);
    assert!(!ip.is_acceptable() && !ip.is_defective());
    assert_eq!(icmp_checksum(&ip).status, good);
    bare[22..24].copy_from_slice(&[0x12, 0x34]);
    let unknown = ChecksumStatus::Unverified(Unverified::PseudoHeader);
    assert_eq!(icmp_checksum(&parse(&bare)).status, unknown);
    let packet = v6(1, message);
    let ip = parse(&packet);
    assert!(!ip.is_acceptable() && ip.protocol == 1);
    assert_eq!(icmp_checksum(&ip).status, good);
}

/// Its checksum may be that over the addresses there are, as of UDP.
#[test]
fn icmpv6_in_ipv4_with_its_addresses() {
    let mut packet = ECHO4;
    packet[9] = 58;
    packet[22..24].fill(0);
    let length = u8::try_from(packet.len() - 20).unwrap();
    let sum = crate::wire::checksum::internet(&[&packet[12..], &[0, 58, 0, length]]);
    packet[22..24].copy_from_slice(&sum.to_be_bytes());
    assert_eq!(icmp_checksum(&parse(&packet)).status, ChecksumStatus::Good);
}

/// RFC 791 section 3.1, RFC 1122 section 3.2.1.8.
#[test]
fn options_that_a_header_has_but_once() {
    let told = |options: &[u8]| {
        let mut packet = vec![0x45; 1];
        packet.resize(20, 0);
        packet.extend(options);
        packet[0] = 0x40 | u8::try_from(packet.len() / 4).unwrap();
        packet[3] = u8::try_from(packet.len()).unwrap();
        packet[9] = protocol::ICMP;
        rules(&Ip::parse(&packet, Limit::Frame).unwrap())
    };
    let [record, loose, strict] = [7, 131, 137].map(|kind| [kind, 7, 4, 0, 0, 0, 0, 1]);
    assert!(told(&[record, loose].concat()).is_empty());
    assert_eq!(
        told(&[loose, strict].concat()),
        ["more than one source route"]
    );
    assert_eq!(
        told(&[record, record].concat()),
        ["more than one record route"]
    );
    let layout = "option length wrong for its type";
    for (whole, short) in [(8, 25), (12, 82), (4, 11), (4, 12), (3, 133)] {
        let option = |length: u8| {
            let mut option = vec![short, length];
            option.resize(12, 1);
            option
        };
        assert!(told(&option(whole)).is_empty(), "{short}");
        assert_eq!(told(&option(whole - 1)), [layout], "{short}");
    }
}
