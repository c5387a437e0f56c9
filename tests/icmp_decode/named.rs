//! Numbers that are told in words, and octets that are told as what they are.

use serde_json::json;

use crate::shown::{Hop, line, record, run, v4, v6, v6_hop, verbose};

const A: [u8; 4] = [192, 0, 2, 1];
const B: [u8; 4] = [192, 0, 2, 2];

/// RFC 8335 section 3: a reply says by its code that it tells nothing, else what it tells.
#[test]
fn extended_echo_replies_say_what_they_found() {
    for (code, state, said) in [
        (0, 0x06, ", active, ipv4"),
        (0, 0x07, ", active, ipv4, ipv6"),
        (0, 0x40, ", neighbor reachable"),
        (0, 0, ", not active"),
        (2, 0, ", no such interface"),
        (4, 0x40, ", multiple interfaces"),
        (9, 0, ", code 9"),
    ] {
        let expected = format!("extended echo reply, id 7, seq 1{said}, length 8");
        let told = line(&v4(A, B, 1, &[43, code, 0, 0, 0, 7, 1, state]));
        assert!(told.contains(&expected), "{told}");
        let told = line(&v6(58, &[161, code, 0, 0, 0, 7, 1, state]));
        assert!(told.contains(&expected), "{told}");
    }
    let request = v4(A, B, 1, &[42, 0, 0, 0, 0, 7, 1, 1, 0x20, 0, 0, 0]);
    assert!(line(&request).contains("request, id 7, seq 1, length 12"));
}

/// A summary counts a reply that says "no such interface" apart from those that tell something.
#[test]
fn requests_that_were_refused_are_counted_as_such() {
    let asked = |seq| v4(A, B, 1, &[42, 0, 0, 0, 0, 7, seq, 1, 0x20, 0, 0, 0]);
    let said = |seq, code, state| v4(B, A, 1, &[43, code, 0, 0, 0, 7, seq, state]);
    let packets = [asked(1), said(1, 0, 6), asked(2), said(2, 2, 0)];
    let told = run(&packets, &["-t"]);
    assert!(
        told.contains("extended echo 2 (1 answered, 1 refused)"),
        "{told}"
    );
    let told = run(&packets, &["--json", "--emit", "exchange"]);
    let refused = r#""outcome":"refused","reply_code":2,"reply_code_name":"no_such_interface""#;
    assert!(told.contains(refused), "{told}");
}

/// The codes of other types stand behind what is known.
#[test]
fn a_code_that_no_wording_tells_has_its_name() {
    let told = line(&v4(A, B, 1, &[40, 2, 0, 0, 0, 0, 0, 0]));
    assert!(told.contains("| code 2 "), "{told}");
}

#[test]
fn statuses_of_registrations_have_names() {
    for (status, name) in [
        (1, "duplicate address"),
        (2, "neighbor cache full"),
        (10, "validation failed"),
        (200, "status 200"),
    ] {
        let head = [158, 0, 0, 0, status, 0, 0, 60, 2, 0, 0, 0xff, 0xfe, 0, 0, 1];
        let packet = v6(58, &[&head[..], &[0x20; 16]].concat());
        let told = line(&packet);
        let address = "2020:2020:2020:2020:2020:2020:2020:2020";
        let expected = format!("duplicate address confirmation, {address}, {name}, length 32");
        assert!(told.contains(&expected), "{told}");
        let told = verbose(&packet);
        assert!(told.contains("owner 02:00:00:ff:fe:00:00:01"), "{told}");
    }
    let mut solicitation = vec![135, 0, 0, 0, 0, 0, 0, 0];
    solicitation.extend([0x20; 16]);
    solicitation.extend([33, 2, 1, 0, 0, 0, 0, 60, 2, 0, 0, 0xff, 0xfe, 0, 0, 1]);
    let packet = v6_hop(Hop::Neighbor, &solicitation);
    let option = &record(&packet)["icmp"]["options"][0];
    assert_eq!(option["status_name"], "duplicate_address");
    assert!(verbose(&packet).contains("status 1 duplicate address, opaque 0"));
    // RFC 9685 section 7.1.
    for (flags, kind) in [
        (0x00, "unicast"),
        (0x13, "multicast"),
        (0x21, "anycast"),
        (0x7f, "prefix"),
    ] {
        solicitation[28] = flags;
        let packet = v6_hop(Hop::Neighbor, &solicitation);
        // RFC 9927 section 3.
        let option = &record(&packet)["icmp"]["options"][0];
        assert_eq!(option["crypto_id"], flags & 0x40 != 0);
        assert_eq!(option["address_kind_name"], kind);
        // RFC 8505 section 4.1: all but 0 are reserved.
        assert_eq!(option["opaque_kind"], flags >> 2 & 3);
        let opaque = (flags & 0x0c == 0).then_some("topology");
        assert_eq!(option["opaque_kind_name"].as_str(), opaque);
    }
}

/// RFC 5568 section 6, RFC 5268 section 6.2.
#[test]
fn fast_handovers_are_told_in_words() {
    let with = |code, subtype, flags| v6(58, &[154, code, 0, 0, subtype, flags, 0, 7]);
    let packet = with(130, 5, 0);
    let told = line(&packet);
    assert!(
        told.contains("fmipv6 handover acknowledge, id 7, length 8"),
        "{told}"
    );
    assert!(told.contains("code 130 insufficient resources"), "{told}");
    let icmp = &record(&packet)["icmp"];
    assert_eq!(icmp["code_name"], "insufficient_resources");
    assert_eq!(icmp["subtype_name"], "handover_acknowledge");
    let told = verbose(&with(0, 4, 0xc0));
    assert!(
        told.contains("flags 0xc0 [assign address, buffer]"),
        "{told}"
    );
    assert!(record(&with(99, 5, 0))["icmp"]["code_name"].is_null());
    assert!(line(&with(0, 9, 0)).contains("fmipv6 subtype 9, id 7"));
    let options = [
        17, 3, 2, 64, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 19, 1, 2, 2, 0,
        0, 0, 1, 20, 1, 0, 128, 0, 0, 0, 0,
    ];
    let head = [154, 0, 0, 0, 5, 0, 0, 7];
    let told = verbose(&v6(58, &[&head[..], &options].concat()));
    for part in [
        "option code 2 new care of address",
        "option code 2 mobile node",
        "status 128 link layer address unrecognized",
    ] {
        assert!(told.contains(part), "{told}");
    }
}

/// RFC 6550 section 6, RFC 6997, RFC 9009.
#[test]
fn routes_of_low_power_networks_are_told_in_words() {
    for (code, title) in [
        (4, "(CLR)discovery reply object,"),
        (7, "(CLR)destination cleanup object,"),
        (0x8a, "(SEC)consistency check"),
        (0x33, "unknown code 51"),
    ] {
        let told = line(&v6(58, &[&[155, code, 0, 0][..], &[0; 40]].concat()));
        assert!(told.contains(title), "{told}");
    }
    let object = [
        &[155, 1, 0, 0, 30, 240, 1, 0, 0x88, 5, 0, 0][..],
        &[0x20; 16],
    ]
    .concat();
    let packet = v6(58, &object);
    assert_eq!(record(&packet)["icmp"]["mode_name"], "non_storing");
    assert!(verbose(&packet).contains("mode of operation 1 non storing"));
    let ack = v6(58, &[155, 3, 0, 0, 30, 0, 9, 128]);
    assert!(verbose(&ack).contains("status 128 unqualified rejection"));
}

/// RFC 6997 section 7: what is left out of addresses is that of the DODAGID.
#[test]
fn a_discovered_route_has_a_target_and_a_way() {
    let id = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    let with = |code: u8, elided: u8, addresses: &[u8]| {
        let length = u8::try_from(2 + addresses.len()).unwrap();
        let base = match code {
            1 => vec![200, 0, 1, 0, 0xa0, 0, 0, 0],
            _ => vec![200, 0, 0x40, 0],
        };
        let option = [&[10, length, elided, 0x4a][..], addresses].concat();
        v6(58, &[&[155, code, 0, 0][..], &base, &id, &option].concat())
    };
    let near = |last: u8| [&id[..15], &[last]].concat();
    let whole = with(1, 0, &[near(0x99), near(2), near(3)].concat());
    let short = [
        [0, 0, 0, 0, 0, 0, 0, 0x99],
        [0, 0, 0, 0, 0, 0, 0, 2],
        [0, 0, 0, 0, 0, 0, 0, 3],
    ];
    for packet in [whole, with(1, 8, short.as_flattened())] {
        let option = &record(&packet)["icmp"]["options"][0];
        assert_eq!(option["target"], "2001:db8::99");
        assert_eq!(option["route"], json!(["2001:db8::2", "2001:db8::3"]));
        assert_eq!(
            (&option["max_rank"], &option["lifetime"]),
            (&json!(10), &json!(4))
        );
        let told = verbose(&packet);
        assert!(
            told.contains("lifetime code 1, lifetime 4 s, max rank 10"),
            "{told}"
        );
        assert!(
            told.contains("target 2001:db8::99, route 2001:db8::2 2001:db8::3"),
            "{told}"
        );
    }
    let reply = &record(&with(4, 8, short.as_flattened()))["icmp"]["options"][0];
    assert_eq!(
        (&reply["next_hop"], &reply["max_rank"]),
        (&json!(10), &json!(null))
    );
}

/// RFC 8801 section 3.1.
#[test]
fn a_provisioning_domain_has_a_name() {
    let with = |flags: u8, behind: &[u8]| {
        let words = u8::try_from(2 + behind.len() / 8).unwrap();
        let option = [
            &[21, words, flags, 3, 0, 5][..],
            b"\x03pvd\x03lab\0\0",
            behind,
        ]
        .concat();
        v6_hop(
            Hop::Neighbor,
            &[&[133, 0, 0, 0, 0, 0, 0, 0][..], &option].concat(),
        )
    };
    let option = |packet: &[u8]| record(packet)["icmp"]["options"][0].clone();
    let told = option(&with(0xc0, &[]));
    assert_eq!(
        (&told["domains"], &told["sequence"]),
        (&json!(["pvd.lab"]), &json!(5))
    );
    assert!(
        told["options"].is_null() && told["unread"].is_null(),
        "{told}"
    );
    let header = [134, 0, 0, 0, 64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0];
    let told = option(&with(
        0xe0,
        &[&header[..], &[5, 1, 0, 0, 0, 0, 5, 120]].concat(),
    ));
    let (header, mtu) = (&told["header"][0], &told["options"][0]);
    assert_eq!(
        (&header["name"], &header["hop_limit"], &header["lifetime"]),
        (&json!("router_advertisement"), &json!(64), &json!(1800))
    );
    assert_eq!((&mtu["name"], &mtu["mtu"]), (&json!("mtu"), &json!(1400)));
    assert!(verbose(&with(0xc0, &[])).contains("sequence 5, domains pvd.lab"));
    let mut broken = with(0xc0, &[]);
    let at = broken.len() - 10;
    broken[at] = 63;
    assert_eq!(
        record(&broken)["defects"][0]["rule"],
        "name is not in DNS wire format"
    );
}

/// RFC 3971 section 5.3.1.
#[test]
fn the_time_of_a_secure_message_is_told_as_one() {
    let stamped = |seconds: u64| {
        let mut octets = vec![135, 0, 0, 0, 0, 0, 0, 0];
        octets.extend([0x20; 16]);
        octets.extend([13, 2, 0, 0, 0, 0, 0, 0]);
        octets.extend((seconds << 16 | 0x8000).to_be_bytes());
        v6_hop(Hop::Neighbor, &octets)
    };
    let packet = stamped(1_700_000_000);
    let option = &record(&packet)["icmp"]["options"][0];
    assert_eq!(option["time"], "2023-11-14T22:13:20.500000000Z");
    assert!(verbose(&packet).contains("time 2023-11-14T22:13:20.5"));
    // Beyond what 64 bits of nanoseconds reach.
    let option = &record(&stamped(1 << 47))["icmp"]["options"][0];
    assert_eq!(
        (&option["time"], &option["seconds"]),
        (&json!(null), &json!(1_u64 << 47))
    );
}

/// RFC 4944 section 8.
#[test]
fn a_link_address_of_eight_octets_comes_without_its_padding() {
    let mut octets = vec![133, 0, 0, 0, 0, 0, 0, 0];
    octets.extend([1, 2, 2, 0, 0, 0xff, 0xfe, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    let option = &record(&v6_hop(Hop::Neighbor, &octets))["icmp"]["options"][0];
    assert_eq!(option["address"], "02:00:00:ff:fe:00:00:01");
}

/// RFC 4620 sections 6.2 to 6.4.
#[test]
fn the_answer_to_a_node_information_query_is_in_the_line() {
    let reply = |qtype: u8, data: &[u8]| {
        let head = [140, 0, 0, 0, 0, qtype, 0, 0];
        v6(58, &[&head[..], b"12345678", &[0, 0, 2, 88], data].concat())
    };
    let told = line(&reply(2, b"\x04host\x07example\0"));
    assert!(
        told.contains(r#"(DNS name, "host.example."), length"#),
        "{told}"
    );
    // A pointer counts from the time to live on (section 6.2).
    let told = line(&reply(2, b"\x04host\x07example\0\x05other\xc0\x09"));
    assert!(
        told.contains(r#"(DNS name, "host.example.", "other.example."), length"#),
        "{told}"
    );
    let packet = reply(3, &[0x20; 16]);
    let address = "2020:2020:2020:2020:2020:2020:2020:2020";
    assert!(line(&packet).contains(&format!("(node addresses {address}(600)), length")));
    assert!(verbose(&packet).contains(&format!("address: ttl 600 s, address {address}")));
    let told = line(&reply(4, &A));
    assert!(
        told.contains("(IPv4 addresses 192.0.2.1(600)), length"),
        "{told}"
    );
}

/// RFC 4884 section 7 describes version 2; what the length field leads to, and ends where the message
/// does, is a structure, whatever its checksum.
#[test]
fn a_structure_of_another_version_is_told() {
    let with = |checksum: [u8; 2]| {
        let mut quote = v4(A, B, 17, &[0; 8]);
        quote.resize(128, 0);
        let structure = [0x10, 0, checksum[0], checksum[1], 0, 8, 1, 1, 0, 6, 0x4b, 1];
        v4(
            B,
            A,
            1,
            &[&[11, 0, 0, 0, 0, 32, 0, 0][..], &quote, &structure].concat(),
        )
    };
    let packet = with([0xa3, 0xef]);
    let told = record(&packet);
    assert_eq!(
        told["quoted"]["extension_structure"]["version"], 1,
        "{told}"
    );
    assert_eq!(told["quoted"]["extensions"][0]["labels"][0]["label"], 100);
    assert_eq!(told["defects"][0]["rule"], "version is not 2");
    assert!(verbose(&packet).contains("found by length, version 1, "));
    let spoilt = record(&with([0xa3, 0xec]));
    let quoted = &spoilt["quoted"];
    assert_eq!(quoted["extensions"][0]["labels"][0]["label"], 100);
    let checksum = &quoted["extension_structure"]["checksum"];
    assert_eq!(checksum["status"], "bad", "{spoilt}");
}

#[test]
fn an_operation_of_router_renumbering_has_a_name() {
    let head = [138, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    let matched = [&[2, 7, 1, 48, 0, 128, 0, 0][..], &[0x20; 16]].concat();
    let used = [
        &[48, 16, 0xc0, 0x80, 0, 0, 0, 9, 0, 0, 0, 8, 0, 0, 0, 0][..],
        &[0x20; 16],
    ]
    .concat();
    let packet = v6(58, &[&head[..], &matched, &used].concat());
    let parts = &record(&packet)["icmp"]["parts"];
    assert_eq!(parts[0]["operation_name"], "change");
    assert_eq!(
        (&parts[1]["on_link"], &parts[1]["autonomous"]),
        (&json!(true), &json!(false))
    );
    assert!(verbose(&packet).contains("operation 2 change, "));
}

#[test]
fn a_quoted_packet_may_have_no_next_header() {
    let quoted = v6(59, &[]);
    let told = line(&v6(58, &[&[1, 0, 0, 0, 0, 0, 0, 0][..], &quoted].concat()));
    assert!(
        told.contains("| quotes no next header 2001:db8::"),
        "{told}"
    );
}

/// RFC 7731 section 6.2.
#[test]
fn the_messages_that_a_seed_buffers_are_listed() {
    let packet = v6(
        58,
        &[
            159, 0, 0, 0, 254, 0x08, 0xa0, 0x01, 5, 0x05, 0x12, 0x34, 0x80,
        ],
    );
    let seeds = &record(&packet)["icmp"]["seeds"];
    assert_eq!(seeds[0]["sequences"], json!([254, 0, 13]));
    assert_eq!(seeds[0]["seed_id_kind_name"], "source_address");
    assert_eq!(seeds[1]["sequences"], json!([5]));
    let told = verbose(&packet);
    assert!(
        told.contains("seed id kind 0 source address, buffered a001, sequences 254 0 13"),
        "{told}"
    );
}
