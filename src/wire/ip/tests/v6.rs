use super::*;

#[test]
fn an_ipv6_header_is_read_whole() {
    let message = echo6("2001:db8::1", "2001:db8::2");
    let packet = v6(58, &message);
    let ip = parse(&packet);
    assert_eq!(ip.version, IpVersion::V6);
    assert_eq!(ip.src(), "2001:db8::1".parse::<IpAddr>().unwrap());
    assert_eq!(ip.dst(), "2001:db8::2".parse::<IpAddr>().unwrap());
    assert_eq!((ip.traffic_class, ip.flow_label), (0xab, 0x12345));
    assert_eq!((ip.ttl, ip.protocol, ip.id), (64, 58, None));
    assert_eq!((ip.length, ip.payload_length), (51, 11));
    assert_eq!(ip.payload, message);
    assert_eq!(icmp_checksum(&ip).status, ChecksumStatus::Good);
    assert!(header_checksum(&ip).is_none());
    for length in 0..packet.len() {
        match Ip::parse(&packet[..length], Limit::Quote) {
            Err(e) => assert_eq!((e, length < 40), (Undecodable::Short, true)),
            Ok(ip) => {
                assert_eq!(ip.payload, &packet[40..length]);
                assert_eq!(ip.payload_length, 11);
                assert_eq!(ip.limit, Limit::Quote);
            }
        }
    }
}

/// A router alert, a home address, a routing header with a segment left, then ICMPv6.
fn extended() -> Vec<u8> {
    let mut chain = vec![protocol::DEST_OPTIONS, 0, 5, 2, 0, 0, 1, 0];
    chain.extend([protocol::ROUTE, 2, 1, 2, 0, 0, 0xc9, 16]);
    chain.extend("2001:db8::aaaa".parse::<Ipv6Addr>().unwrap().octets());
    chain.extend([58, 2, 0, 1, 0, 0, 0, 0]);
    chain.extend("2001:db8::ffff".parse::<Ipv6Addr>().unwrap().octets());
    chain.extend(echo6("2001:db8::aaaa", "2001:db8::ffff"));
    v6(protocol::HOPOPT, &chain)
}

#[test]
fn ipv6_extension_headers_are_stepped_over() {
    let packet = extended();
    let ip = parse(&packet);
    assert!(!ip.is_defective());
    assert!(ip.router_alert);
    assert_eq!((ip.protocol, ip.header.len()), (58, 40 + 56));
    assert_eq!(ip.home_address, Some("2001:db8::aaaa".parse().unwrap()));
    assert_eq!(
        ip.final_destination,
        Some("2001:db8::ffff".parse().unwrap())
    );
    assert_eq!(ip.ends().src(), ip.home_address.unwrap());
    assert_eq!(ip.ends().dst(), ip.final_destination.unwrap());
    assert_eq!(icmp_checksum(&ip).status, ChecksumStatus::Good);
    let mut arrived = packet.clone();
    arrived[40 + 32 + 3] = 0;
    let ip = parse(&arrived);
    assert_eq!(ip.final_destination, None);
    assert_eq!(ip.ends().dst(), ip.dst());
    assert!(matches!(
        icmp_checksum(&ip).status,
        ChecksumStatus::Bad { .. }
    ));
}

#[test]
fn every_prefix_of_a_header_chain_names_what_it_can() {
    let packet = extended();
    for length in 40..packet.len() {
        let ip = Ip::parse_on_wire(&packet[..length], packet.len(), Limit::Frame).unwrap();
        let expected = match length {
            0..42 => protocol::HOPOPT,
            42..50 => protocol::DEST_OPTIONS,
            50..74 => protocol::ROUTE,
            _ => 58,
        };
        assert_eq!(ip.protocol, expected, "{length} octets");
        assert_eq!(
            ip.defects().count(),
            usize::from(length < 96),
            "{length} octets"
        );
        assert_eq!(ip.payload.len(), length.saturating_sub(96));
        assert!(!ip.is_whole());
        for defect in ip.defects().iter() {
            assert!(matches!(
                defect.kind,
                DefectKind::Short {
                    limit: Limit::Capture,
                    ..
                }
            ));
        }
    }
}

#[test]
fn the_final_destination_of_each_routing_type() {
    let a = "2001:db8::aaaa".parse::<Ipv6Addr>().unwrap();
    let b = "2001:db8::bbbb".parse::<Ipv6Addr>().unwrap();
    let header = |kind: u8, left: u8, rest: [u8; 4]| {
        let mut header = vec![58, 4, kind, left];
        header.extend(rest);
        header.extend(a.octets());
        header.extend(b.octets());
        header
    };
    for (kind, left, expected) in [
        (0, 2, Some(b)),
        (0, 0, None),
        (2, 1, Some(b)),
        (4, 1, Some(a)),
        (4, 0, None),
        (99, 1, None),
    ] {
        let last_entry = u8::from(kind == 4);
        let packet = v6(protocol::ROUTE, &header(kind, left, [last_entry, 0, 0, 0]));
        let ip = parse(&packet);
        assert_eq!(ip.final_destination, expected, "type {kind} left {left}");
        // That of a mobile node has one address.
        assert_eq!(ip.is_defective(), kind == 2);
    }
    // RPL: 14 octets in common with the destination for all, 2 octets each, 4 of padding.
    let rpl = [58, 1, 3, 2, 0xee, 0x40, 0, 0, 0, 0x22, 0, 0x33, 9, 9, 9, 9];
    let packet = v6(protocol::ROUTE, &rpl);
    assert_eq!(
        parse(&packet).final_destination,
        Some("2001:db8::33".parse().unwrap())
    );
    // No address fits.
    for kind in [0, 2, 3, 4] {
        let packet = v6(protocol::ROUTE, &[58, 0, kind, 1, 0, 0, 0, 0]);
        let ip = parse(&packet);
        assert_eq!(ip.final_destination, None);
        assert_eq!(ip.defects().count(), 1, "type {kind}");
    }
}

/// RFC 8200 section 4.4, RFC 8754 section 4.3.1.1.
#[test]
fn routing_headers_that_count_more_segments_than_they_have() {
    let told = |kind: u8, left: u8, last: u8| {
        let mut header = vec![58, 4, kind, left, last, 0, 0, 0];
        header.extend([0x20; 16]);
        header.extend([0; 16]);
        rules(&parse(&v6(protocol::ROUTE, &header)))
    };
    let left = "more segments left than a routing header has";
    let last = "last entry of a routing header behind its end";
    assert_eq!(told(4, 5, 7), [left, last]);
    assert_eq!(told(4, 1, 2), [last]);
    assert_eq!(told(4, 2, 0), [left]);
    assert_eq!(told(0, 3, 0), [left]);
    // The first segment of a reduced header stands in the destination alone.
    assert!(told(4, 2, 1).is_empty());
    assert!(told(0, 2, 9).is_empty());
    assert!(told(4, 0, 9).is_empty(), "who it was for does not look");
}

/// RFC 6554 section 4.2, RFC 6275 section 6.4.1 and RFC 8754 section 2.1.
#[test]
fn routing_headers_of_one_type_that_break_its_rules() {
    let told = |header: &[u8]| rules(&parse(&v6(protocol::ROUTE, header)));
    // Two addresses of two octets, a last one of four.
    let rpl = |left: u8, first: u8| {
        let mut header = vec![58, 1, 3, left, 0xec, 0, 0, 0];
        header.extend([first, 0, 0, 2, 0, 0, 0, 3]);
        header
    };
    assert!(told(&rpl(3, 0)).is_empty());
    assert_eq!(
        told(&rpl(4, 0)),
        ["more segments left than a routing header has"]
    );
    let mut group = vec![58, 2, 3, 1, 0, 0, 0, 0, 0xff, 2];
    group.resize(24, 1);
    assert_eq!(told(&group), ["multicast address in a routing header"]);
    group[8] = 0x20;
    assert!(told(&group).is_empty());
    let home = |words: u8| {
        let mut header = vec![58, words, 2, 1, 0, 0, 0, 0];
        header.resize(8 + usize::from(words) * 8, 0x20);
        header
    };
    assert!(told(&home(2)).is_empty());
    assert_eq!(
        told(&home(4)),
        ["routing header of type 2 has other than one address"]
    );
    let segments = |value: &[u8]| {
        let mut header = vec![58, 3, 4, 1, 0, 0, 0, 0];
        header.resize(24, 0x20);
        header.extend(value);
        header
    };
    assert!(told(&segments(&[4, 6, 0, 0, 0, 0, 0, 0])).is_empty());
    assert!(told(&segments(&[0; 8])).is_empty());
    assert_eq!(
        told(&segments(&[4, 7, 0, 0, 0, 0, 0, 0])),
        ["option runs over the header's end"]
    );
    assert_eq!(
        told(&segments(&[5, 6, 0, 0, 0, 0, 0, 1])),
        ["option length wrong for its type"]
    );
}

/// A Home Address option counts in destination options alone (RFC 6275 section 6.3).
#[test]
fn a_home_address_stands_in_destination_options() {
    let mut header = vec![58, 2, 1, 2, 0, 0, 0xc9, 16];
    header.resize(24, 0x20);
    let home = |kind: u8| parse(&v6(kind, &header)).home_address;
    assert!(home(protocol::DEST_OPTIONS).is_some());
    assert_eq!(home(protocol::HOPOPT), None);
}

#[test]
fn options_that_do_not_hold_what_their_type_does() {
    let told = |option: &[u8]| {
        let mut header = vec![59, 0];
        header.extend(option);
        header.resize(header.len().next_multiple_of(8), 0);
        header[1] = u8::try_from(header.len() / 8 - 1).unwrap();
        rules(&parse(&v6(protocol::DEST_OPTIONS, &header)))
    };
    let whole: [&[u8]; 9] = [
        &[0x04, 1, 4],
        &[0x05, 2, 0, 0],
        &[0x0f, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        &[0x12, 4, 0, 0, 0, 0],
        &[0x26, 6, 0, 0, 0, 0, 0, 0],
        &[0x30, 4, 0, 0, 0, 0],
        &[0x63, 4, 0, 0, 0, 0],
        &[0xee, 3, 0, 0, 0],
        &[0x1e, 0],
    ];
    for option in whole {
        assert!(told(option).is_empty(), "{option:?}");
        let mut shorter = option.to_vec();
        if shorter[1] > 0 {
            shorter[1] -= 1;
            shorter.pop();
            assert_eq!(
                told(&shorter),
                ["option length wrong for its type"],
                "{option:?}"
            );
        }
    }
    assert!(
        told(&[0x63, 5, 0, 0, 0, 0, 0]).is_empty(),
        "parts may follow"
    );
}

/// RFC 2675 section 3.
#[test]
fn a_jumbogram_is_no_fragment() {
    let mut octets = vec![protocol::FRAG, 0, 0xc2, 4, 0, 1, 0, 0];
    octets.extend([59, 0, 0, 0, 0, 0, 0, 1]);
    let mut packet = v6(protocol::HOPOPT, &octets);
    packet[4..6].fill(0);
    assert_eq!(rules(&parse(&packet)), ["fragment header in a jumbogram"]);
}

/// RFC 2675 section 3.
#[test]
fn jumbo_payload_options_that_contradict_the_header() {
    let told = |length: [u8; 4]| {
        let mut header = vec![59, 0, 0xc2, 4];
        header.extend(length);
        rules(&parse(&v6(protocol::HOPOPT, &header)))
    };
    let beside = "jumbo payload option beside a payload length";
    assert_eq!(told([0, 1, 0, 0]), [beside]);
    assert_eq!(
        told([0, 0, 0xff, 0xff]),
        [beside, "jumbo payload length under 65536"]
    );
}

/// RFC 7731 section 6.1, RFC 9914 section 4.2.
#[test]
fn options_of_low_power_networks_that_contradict_themselves() {
    let told = |option: [u8; 6]| {
        let header = [&[59, 0][..], &option].concat();
        rules(&parse(&v6(protocol::HOPOPT, &header)))
    };
    assert_eq!(
        told([0x6d, 4, 0x10, 9, 0, 0]),
        ["MPL option of another version"]
    );
    assert!(told([0x6d, 4, 0xe0, 9, 0, 0]).is_empty());
    for kind in [0x23, 0x63] {
        for (flags, rank, is_told) in [
            (0x10, 0, false),
            (0xe0, 1, false),
            (0x10, 1, true),
            (0x30, 0, true),
            (0x50, 0, true),
            (0x90, 0, true),
        ] {
            let rule = "flags or rank beside the flag of a projected route";
            let expected = Vec::from_iter(is_told.then_some(rule));
            assert_eq!(told([kind, 4, flags, 7, 0, rank]), expected, "{flags:#x}");
        }
    }
}

/// Not to the padding before them.
#[test]
fn what_is_told_of_an_option_points_to_it() {
    let offset = |options: [u8; 6]| {
        let header = [&[59, 0][..], &options].concat();
        let packet = v6(protocol::HOPOPT, &header);
        let defects = parse(&packet).defects();
        assert_eq!(defects.iter().count(), 1);
        defects.iter().next().unwrap().offset
    };
    assert_eq!(offset([0x6d, 3, 0x10, 0, 0, 0]), 42);
    assert_eq!(offset([0, 0x6d, 3, 0x10, 0, 0]), 43);
    assert_eq!(offset([0, 0, 0x05, 1, 0, 0]), 45);
}

#[test]
fn ipv6_fragments() {
    let fragment = |field: u16, rest: &[u8]| {
        let mut header = vec![58, 0];
        header.extend(field.to_be_bytes());
        header.extend([0xde, 0xad, 0xbe, 0xef]);
        header.extend(rest);
        v6(protocol::FRAG, &header)
    };
    let packet = fragment(0x0001, &[128, 0, 1, 2]);
    let ip = parse(&packet);
    assert_eq!((ip.id, ip.protocol), (Some(0xdead_beef), 58));
    assert!(ip.fragment.is_some() && !ip.is_later_fragment());
    // In a later fragment what looks like an extension header is payload.
    let mut packet = fragment(0x05a8, &[60, 0, 0, 0, 0, 0, 0, 0]);
    packet[40] = protocol::DEST_OPTIONS;
    let ip = parse(&packet);
    assert_eq!(ip.fragment.unwrap().offset, 1448);
    assert_eq!((ip.protocol, ip.payload.len()), (60, 8));
    let packet = fragment(0, &[128, 0, 1, 2]);
    assert_eq!(parse(&packet).fragment, None, "an atomic fragment is none");
}

/// RFC 7112 section 5: a first fragment holds all headers, that of the upper layer included.
#[test]
fn a_first_fragment_that_lacks_headers_is_told() {
    let rule = "ipv6_extension at {}: first fragment without the whole header chain";
    let said = |packet: &[u8], limit| -> Vec<String> {
        let ip = Ip::parse(packet, limit).unwrap();
        ip.defects().iter().map(|found| found.to_string()).collect()
    };
    let fragment = |next: u8, field: u16, rest: &[u8]| {
        let head = [&[next, 0][..], &field.to_be_bytes(), &[0, 0, 0, 7]].concat();
        v6(protocol::FRAG, &[&head, rest].concat())
    };
    let padding = |next: u8| [next, 0, 1, 4, 0, 0, 0, 0];
    let mut tcp = [0; 24];
    tcp[12] = 0x60;
    for (next, rest) in [
        (58, &[][..]),
        (60, &padding(58)),
        (6, &tcp[..8]),
        (6, &tcp[..16]),
        (253, &[]),
    ] {
        for limit in [Limit::Frame, Limit::Quote] {
            let packet = fragment(next, 1, rest);
            let told = rule.replace("{}", &packet.len().to_string());
            assert_eq!(said(&packet, limit), [told], "{next}");
            // Of what the capture cut, too; but not of a later fragment, nor of one that is all.
            let cut = Ip::parse_on_wire(&packet[..48], packet.len(), limit).unwrap();
            assert_eq!(cut.defects().iter().count(), if next == 60 { 2 } else { 1 });
            assert!(said(&fragment(next, 9, rest), limit).is_empty());
        }
        assert!(!said(&fragment(next, 0, rest), Limit::Frame).contains(&rule.to_owned()));
    }
    // One that ends within an extension header.
    let packet = fragment(60, 1, &[58, 1, 1, 4, 0, 0, 0, 0]);
    assert!(said(&packet, Limit::Frame).contains(&rule.replace("{}", "56")));
    for (next, rest) in [
        (58, &[128, 0, 0, 0, 0, 0, 0, 0][..]),
        (60, &[&padding(17)[..], &[0; 8]].concat()),
        (6, &tcp),
        (17, &[0; 8]),
        (50, &[0; 8]),
        (59, &[]),
    ] {
        let packet = fragment(next, 1, rest);
        assert_eq!(said(&packet, Limit::Frame), [""; 0], "{next}");
        for length in 48..packet.len() {
            let cut = Ip::parse_on_wire(&packet[..length], packet.len(), Limit::Frame).unwrap();
            let has_rule = |found: crate::wire::Defect| found.to_string().contains("chain");
            assert!(!cut.defects().iter().any(has_rule), "{next} {length}");
        }
    }
}

#[test]
fn where_the_chain_stops() {
    for stop in [protocol::ESP, protocol::NO_NEXT_HEADER, protocol::TCP] {
        let packet = v6(protocol::DEST_OPTIONS, &[stop, 0, 1, 4, 0, 0, 0, 0, 9, 9]);
        let ip = parse(&packet);
        assert_eq!((ip.protocol, ip.payload), (stop, &[9, 9][..]));
    }
    let packet = v6(protocol::MOBILITY, &[59, 0, 1, 0, 0, 0, 0, 0]);
    let ip = parse(&packet);
    assert_eq!((ip.protocol, ip.payload.len()), (protocol::MOBILITY, 8));
    let packet = v6(protocol::AH, &[58, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 128, 0]);
    let ip = parse(&packet);
    assert_eq!((ip.protocol, ip.payload), (58, &[128, 0][..]));
}

#[test]
fn a_jumbogram_takes_its_length_from_the_option() {
    let mut packet = v6(protocol::HOPOPT, &[]);
    packet.extend([6, 0, 0xc2, 4, 0, 1, 0x11, 0x70]); // 70000 octets
    packet.extend(vec![1; 70_000 - 8]);
    let ip = parse(&packet);
    assert!(ip.length_from_frame && !ip.is_defective());
    assert_eq!((ip.length, ip.payload_length), (70_040, 69_992));
    assert!(ip.is_whole());
    let ip = Ip::parse_on_wire(&packet[..100], packet.len(), Limit::Frame).unwrap();
    assert_eq!((ip.payload.len(), ip.payload_length), (52, 69_992));
}

/// RFC 8200 section 3, RFC 2675 section 3.
#[test]
fn a_payload_length_of_0_before_octets_is_told() {
    const RULE: &str = "payload length 0 without a jumbo payload option";
    let told = |next, payload: &[u8], captured: usize| {
        let mut packet = v6(next, payload);
        packet[4..6].fill(0);
        let octets = &packet[..captured.min(packet.len())];
        let ip = Ip::parse_on_wire(octets, packet.len(), Limit::Frame).unwrap();
        (ip.payload_length, rules(&ip))
    };
    let icmp = [128; 32];
    assert_eq!(told(58, &icmp, 99), (32, vec![RULE]));
    // Padding of Ethernet's smallest frame, and nothing that would follow.
    assert_eq!(told(58, &icmp[..24], 99), (0, vec![]));
    assert_eq!(told(59, &icmp, 99), (0, vec![]));
    let options = [&[58, 0, 1, 4, 0, 0, 0, 0][..], &icmp].concat();
    assert_eq!(told(0, &options, 99), (32, vec![RULE]));
    // What was cut may have been the option.
    let cut = told(0, &options, 44);
    assert!(!cut.1.contains(&RULE), "{cut:?}");
    let jumbo = [&[58, 0, 0xc2, 4, 0, 1, 0, 0][..], &icmp].concat();
    assert!(!told(0, &jumbo, 99).1.contains(&RULE));
}

#[test]
fn misplaced_headers_and_overlong_options_are_told() {
    let packet = v6(
        protocol::DEST_OPTIONS,
        &[0, 0, 1, 4, 0, 0, 0, 0, 58, 0, 5, 2, 0, 0, 1, 9],
    );
    let ip = parse(&packet);
    assert_eq!(
        rules(&ip),
        [
            "hop-by-hop options are not the first header",
            "option runs over the header's end"
        ]
    );
    assert_eq!(ip.protocol, 58);
}
