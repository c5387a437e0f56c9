//! What tcpdump or tshark say of a message that our records or lines once left out, or told less
//! clearly.

use serde_json::json;

use crate::shown::{Hop, line, record, run, v4, v6, v6_hop, verbose};

const A: [u8; 4] = [192, 0, 2, 1];
const B: [u8; 4] = [192, 0, 2, 2];

/// RFC 792 leaves octets unused, RFC 4443 and RFC 4861 reserve some: who sets them is told so.
#[test]
fn bits_that_should_be_zero_are_told_where_they_are_not() {
    let quote = v4(A, B, 17, &[0; 8]);
    let error = |head: [u8; 8]| v4(B, A, 1, &[&head[..], &quote].concat());
    for (head, unused) in [
        ([3, 1, 0, 0, 0, 0, 5, 0xdc], 0x05dc),
        ([3, 4, 0, 0, 7, 0, 5, 0xdc], 7),
        ([4, 0, 0, 0, 1, 2, 3, 4], 0x0102_0304),
        ([11, 0, 0, 0, 9, 0, 0, 0], 0x0900_0000),
        ([12, 0, 0, 0, 0, 0, 0, 3], 3),
    ] {
        let packet = error(head);
        assert_eq!(record(&packet)["icmp"]["unused"], unused, "{head:?}");
        let told = format!("unused 0x{unused:x}");
        assert!(verbose(&packet).contains(&told), "{}", verbose(&packet));
    }
    let packet = error([3, 1, 0, 0, 0, 0, 0, 0]);
    assert!(record(&packet)["icmp"]["unused"].is_null());
    assert!(!verbose(&packet).contains("unused"));
    let mut solicitation = vec![135, 0, 0, 0, 0, 0, 0, 5];
    solicitation.extend([0x20; 16]);
    let packet = v6_hop(Hop::Neighbor, &solicitation);
    assert_eq!(record(&packet)["icmp"]["reserved"], 5);
    let mut advertisement = vec![136, 0, 0, 0, 0xa0, 0x80, 0, 0];
    advertisement.extend([0x20; 16]);
    let packet = v6_hop(Hop::Neighbor, &advertisement);
    assert_eq!(record(&packet)["icmp"]["reserved"], 0x80_0000);
    assert!(verbose(&packet).contains("flags [router, override], reserved 0x800000"));
}

/// RFC 4884 section 7.
#[test]
fn the_head_of_an_extension_structure_is_told() {
    let body = [0x2d, 0x2e, 0, 0, 0, 8, 3, 2, 0, 0, 0, 1];
    let packet = v4(A, B, 1, &[&[42, 0, 0, 0, 0, 1, 1, 1][..], &body].concat());
    let structure = &record(&packet)["icmp"]["extension_structure"];
    assert_eq!(structure["version"], 2);
    assert_eq!(structure["reserved"], 0xd2e);
    assert!(verbose(&packet).contains("found by body, reserved 0xd2e, "));
}

/// RFC 5837 section 4: the c-type announces an index of four octets.
#[test]
fn an_object_too_short_for_its_fields_keeps_its_octets() {
    let body = [0x20, 0, 0, 0, 0, 6, 2, 0x08, 0x11, 0x22];
    let packet = v4(A, B, 1, &[&[42, 0, 0, 0, 0, 1, 1, 1][..], &body].concat());
    let record = record(&packet);
    assert_eq!(record["icmp"]["extensions"][0]["unread"], "1122");
    let rules: Vec<_> = (record["defects"].as_array().unwrap().iter())
        .map(|defect| defect["rule"].clone())
        .collect();
    assert!(rules.contains(&json!("object too short for its fields")));
    assert!(verbose(&packet).contains(", length 6: incoming, unread 1122"));
}

/// RFC 6550 section 6.7.7: as many octets as the prefix has, at most sixteen.
#[test]
fn an_option_longer_than_its_fields_says_so() {
    let dao = |length: u8, rest: &[u8]| {
        let target = [&[5, length, 0, 64][..], &[0x20; 8], rest].concat();
        v6(58, &[&[155, 2, 0, 0, 1, 0, 0, 1][..], &target].concat())
    };
    let packet = dao(23, &[0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5]);
    let told = record(&packet);
    assert_eq!(told["icmp"]["options"][0]["length"], 25);
    assert_eq!(told["icmp"]["options"][0]["unread"], "0102030405");
    assert_eq!(
        told["defects"][0]["rule"],
        "option length wrong for its type"
    );
    let said = "rpl target (5), length 25: flags [none], address kind 0 unicast, owner size 0, prefix length 64";
    assert!(verbose(&packet).contains(said));
    let right = record(&dao(10, &[]));
    assert!(right["defects"].is_null() && right["icmp"]["options"][0]["length"].is_null());
}

/// RFC 791 section 3.1: an entry of address and time has eight octets.
#[test]
fn an_ipv4_option_of_a_wrong_length_says_so() {
    let with = |option: [u8; 8]| {
        let mut packet = v4(A, B, 1, &[8, 0, 0, 0, 0, 1, 0, 1]);
        packet[0] = 0x47;
        packet[3] += 8;
        packet.splice(20..20, option);
        packet
    };
    let packet = with([68, 8, 5, 1, 10, 0, 0, 1]);
    let told = record(&packet);
    assert_eq!(
        told["defects"][0]["rule"],
        "option length wrong for its type"
    );
    assert!(
        verbose(&packet).contains("timestamp [bad length 8] TS{TS+ADDR"),
        "{}",
        verbose(&packet)
    );
    let packet = with([201, 255, 1, 2, 3, 4, 5, 6]);
    assert_eq!(record(&packet)["ip"]["options"][0]["length"], 255);
    assert!(verbose(&packet).contains("unknown 201 [length 255, 8 there]: unread 010203040506"));
}

/// RFC 4620 section 5.
#[test]
fn what_a_node_information_query_asks_for_has_a_name() {
    let query = |qtype: u8, flags: u8| {
        let head = [139, 2, 0, 0, 0, qtype, 0, flags];
        v6(58, &[&head[..], b"12345678", &[192, 0, 2, 1]].concat())
    };
    let packet = query(4, 2);
    assert_eq!(record(&packet)["icmp"]["qtype_name"], "ipv4_addresses");
    let told = verbose(&packet);
    let expected = "qtype 4 ipv4 addresses, flags 0x2 [all unicast addresses], nonce";
    assert!(told.contains(expected), "{told}");
    assert!(line(&packet).contains("query (IPv4 addresses, subject=192.0.2.1)"));
    assert!(record(&query(9, 0))["icmp"]["qtype_name"].is_null());
}

/// RFC 8335 section 3.
#[test]
fn the_state_of_a_neighbor_has_a_name() {
    let reply = |state: u8| v6(58, &[161, 0, 0, 0, 0, 7, 1, state << 5]);
    for (state, word) in [
        "incomplete",
        "reachable",
        "stale",
        "delay",
        "probe",
        "failed",
    ]
    .into_iter()
    .enumerate()
    {
        let state = u8::try_from(state + 1).unwrap();
        let packet = reply(state);
        assert_eq!(record(&packet)["icmp"]["state_name"], word);
        let told = format!("state {state} {word}");
        assert!(verbose(&packet).contains(&told), "{}", verbose(&packet));
        assert!(run(&[packet], &["-X"]).contains(&told));
    }
    for state in [0, 7] {
        assert!(record(&reply(state))["icmp"]["state_name"].is_null());
    }
}

#[test]
fn times_have_their_units() {
    let mut advertisement = vec![134, 0, 0, 0, 64, 0xc0, 7, 8, 0, 0, 0, 9, 0, 0, 0, 10];
    advertisement.extend([7, 1, 0, 0, 0, 0, 0x13, 0x88]);
    let told = verbose(&v6_hop(Hop::Neighbor, &advertisement));
    assert!(
        told.contains(
            "hop limit 64, flags [managed, other config], preference medium, \
             lifetime 1800 s, reachable 9 ms, retransmit 10 ms"
        ),
        "{told}"
    );
    assert!(
        told.contains("advertisement interval (7): interval 5000 ms"),
        "{told}"
    );
    let mut query = vec![130, 0, 0, 0, 0x27, 0x10, 0, 0];
    query.extend([0; 16]);
    query.extend([2, 60, 0, 0]);
    let told = verbose(&v6_hop(Hop::Link, &query));
    let expected =
        "max response 10000 ms, group ::, flags [none], robustness 2, query interval 60 s";
    assert!(told.contains(expected), "{told}");
}

/// RFC 8200 section 3: a jumbo payload option tells the length where the header holds 0; where none
/// does, it is the frame's.
#[test]
fn a_length_of_zero_is_told() {
    let mut packet = v6(58, &[&[128, 0, 0, 0, 0, 1, 0, 1], &[7; 24][..]].concat());
    packet[4..6].fill(0);
    assert!(verbose(&packet).contains("payload length: 32 [was 0])"));
    let mut packet = v4(A, B, 1, &[8, 0, 0, 0, 0, 1, 0, 1]);
    packet[2..4].fill(0);
    assert!(verbose(&packet).contains(", length 28 [was 0]"));
    let jumbo = [58, 0, 0xc2, 4, 0, 0, 0, 16];
    let mut packet = v6(0, &[&jumbo[..], &[128, 0, 0, 0, 0, 1, 0, 1]].concat());
    packet[4..6].fill(0);
    let told = verbose(&packet);
    assert!(told.contains("payload length: 0)") && told.contains("(jumbo: 16)"));
}

/// A checksum that is not there has no value.
#[test]
fn a_message_without_octets_has_no_checksum() {
    let mut packet = v4(A, B, 1, &[]);
    packet[6] = 0x20;
    let told = verbose(&packet);
    assert!(told.contains(": ICMP [|icmp], length 0"), "{told}");
    assert!(!told.contains("\n\tchecksum"), "{told}");
}

/// RFC 8201 section 4: of the table of MTUs to try next (RFC 1191 section 7.1) IPv6 has none.
#[test]
fn an_mtu_of_0_is_estimated_for_ipv4_alone() {
    let packet = v4(
        B,
        A,
        1,
        &[&[3, 4, 0, 0, 0, 0, 0, 0], &v4(A, B, 17, &[0; 8])[..]].concat(),
    );
    assert_eq!(record(&packet)["icmp"]["mtu_estimate"], 68);
    assert!(verbose(&packet).contains("estimated mtu 68"));
    let packet = v6(
        58,
        &[&[2, 0, 0, 0, 0, 0, 0, 0], &v6(17, &[0; 8])[..]].concat(),
    );
    assert_eq!(record(&packet)["icmp"]["mtu"], 0);
    assert!(record(&packet)["icmp"]["mtu_estimate"].is_null());
    assert!(!verbose(&packet).contains("estimated"));
}

/// A code that nobody named is told once, by tcpdump's words or behind them.
#[test]
fn a_code_without_a_name_is_told() {
    for (kind, code, told) in [
        (99, 7, "type-#99, length 8 | code 7"),
        (8, 3, "seq 0, length 8 | code 3, icmp at 1: code is not 0"),
        (11, 9, "time exceeded-#9"),
    ] {
        let line = line(&v4(A, B, 1, &[kind, code, 0, 0, 0, 0, 0, 0]));
        assert!(line.contains(told), "{line}");
        assert!(kind != 11 || !line.contains("code 9"), "{line}");
    }
    let line = line(&v6(58, &[128, 5, 0, 0, 0, 0, 0, 0]));
    assert!(line.contains("code 5, icmp at 1: code is not 0"), "{line}");
}

/// As tcpdump has it, which has no name for it either.
#[test]
fn a_protocol_without_a_name_is_unknown_in_an_ip_header() {
    let quote = v4(A, B, 253, &[0; 8]);
    let packet = v4(B, A, 1, &[&[3, 2, 0, 0, 0, 0, 0, 0], &quote[..]].concat());
    let told = verbose(&packet);
    assert!(told.contains(", proto unknown (253), length 28)"), "{told}");
    assert!(
        told.contains(" protocol 253 192.0.2.1 > 192.0.2.2"),
        "{told}"
    );
}
