//! Datagrams and segments that an error quotes: DNS messages, payloads, checksums.

use icmpdump::icmp::Message;
use icmpdump::wire::{Ip, Limit};
use serde_json::{Value, json};

use crate::shown::{records, run, v4};

/// A query for `lab.test` of type 28, recursion desired.
const QUERY: &[u8] =
    b"\xc0\0\0\x35\0\x22\0\0\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x03lab\x04test\0\0\x1c\0\x01";

fn dns_error(datagram: &[u8]) -> Vec<u8> {
    let quote = v4([192, 0, 2, 1], [203, 0, 113, 9], 17, datagram);
    let message = [&[3, 3, 0, 0, 0, 0, 0, 0], &quote[..]].concat();
    v4([203, 0, 113, 9], [192, 0, 2, 1], 1, &message)
}

/// With the length in UDP's header.
fn with_length(mut datagram: Vec<u8>) -> Vec<u8> {
    let length = u16::try_from(datagram.len()).unwrap();
    datagram[4..6].copy_from_slice(&length.to_be_bytes());
    datagram
}

fn dns(datagram: &[u8]) -> (Value, String) {
    let packet = [dns_error(datagram)];
    let records = records(&packet);
    let record = records.iter().find(|r| r["type"] == "icmp").unwrap();
    (record["quoted"]["dns"].clone(), run(&packet, &["-tv"]))
}

#[test]
fn a_quoted_dns_message_tells_its_name() {
    let (record, lines) = dns(QUERY);
    assert_eq!(
        record,
        json!({"id": 0x1234, "response": false, "flags": ["rd"], "questions": 1, "name": "lab.test",
            "query_type": "AAAA", "query_class": "IN"})
    );
    assert!(
        lines.contains("DNS query 4660 AAAA? lab.test, flags [rd], "),
        "{lines}"
    );
    let dump = run(&[dns_error(QUERY)], &["-tX"]);
    for row in [
        "dns id 4660",
        "question lab.test",
        "query type 28",
        "query class 1",
    ] {
        assert!(dump.contains(row), "{row} in\n{dump}");
    }
    // Cut within the name.
    let (record, lines) = dns(&QUERY[..26]);
    assert_eq!(
        record,
        json!({"id": 0x1234, "response": false, "flags": ["rd"], "questions": 1, "name": "lab.t",
            "name_cut": true})
    );
    assert!(
        lines.contains("DNS query 4660 lab.t..., flags [rd], "),
        "{lines}"
    );
    // The root, of a type without a name; a response.
    let root = [
        &QUERY[..10],
        &[0x81, 0x83],
        &QUERY[12..20],
        &[0, 0xff, 0, 0, 1],
    ]
    .concat();
    let (record, lines) = dns(&root);
    assert_eq!(
        record,
        json!({"id": 0x1234, "response": true, "flags": ["rd", "ra"], "questions": 1, "name": ".",
            "query_type": "TYPE65280", "query_class": "IN", "rcode": 3, "rcode_name": "NXDomain"})
    );
    assert!(
        lines.contains("DNS response 4660 TYPE65280? ., flags [rd, ra], NXDomain, "),
        "{lines}"
    );
    // No port of it, no header of it, no label of it.
    let mut other = QUERY.to_vec();
    other[3] = 54;
    assert!(dns(&other).0.is_null() && dns(&QUERY[..11]).0.is_null());
    // What a probe may send to that port.
    let probe = [&QUERY[..8], b"a probe of 32 octets ..........."].concat();
    assert!(dns(&probe).0.is_null());
    let mut pointer = QUERY.to_vec();
    pointer[20] = 0xc0;
    assert_eq!(
        dns(&pointer).0,
        json!({"id": 0x1234, "response": false, "flags": ["rd"], "questions": 1})
    );
}

#[test]
fn a_quoted_dns_response_tells_its_records() {
    let response = [
        &QUERY[..10],
        b"\x81\x80\0\x01\0\x02\0\0\0\x01",
        &QUERY[20..],
        b"\xc0\x0c\0\x05\0\x01\0\0\x01\x2c\0\x05\x02w\x1b\xc0\x10",
        b"\xc0\x26\0\x1c\0\x01\0\0\0\x3c\0\x10\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07",
        b"\0\0\x29\x04\xd0\0\0\x80\0\0\0",
    ]
    .concat();
    let response = with_length(response);
    let (record, lines) = dns(&response);
    assert_eq!(record["rcode_name"], "NoError");
    assert_eq!(record["answers"], 2);
    assert_eq!(
        record["records"],
        json!([
            {"section": "answer", "name": "lab.test", "type": "CNAME", "class": "IN", "ttl": 300, "data": "w\\x1b.test"},
            {"section": "answer", "name": "w\\x1b.test", "type": "AAAA", "class": "IN", "ttl": 60,
                "data": "2001:db8::7"},
            {"section": "additional", "name": ".", "type": "OPT", "udp_size": 1232, "dnssec_ok": true,
                "data": ""}
        ])
    );
    let text = "DNS response 4660 AAAA? lab.test, flags [rd, ra], NoError, answers 2, additional 1: lab.test CNAME \
                w\\x1b.test ttl 300; w\\x1b.test AAAA 2001:db8::7 ttl 60; . OPT udp size 1232 do, ";
    assert!(lines.contains(text), "{lines}");
    let dump = run(&[dns_error(&response)], &["-tX"]);
    for row in ["record type 5", "record ttl 300", "record data 2001:db8::7"] {
        assert!(dump.contains(row), "{row} in\n{dump}");
    }
    // A record whose data are cut.
    let (record, _) = dns(&response[..response.len() - 20]);
    assert_eq!(record["records"].as_array().unwrap().len(), 2);
    assert_eq!(record["records"][1].get("data"), None);
}

#[test]
fn a_name_that_leads_nowhere_is_no_root() {
    // The record's own octets, behind a question of the root.
    let response = [
        &QUERY[..10],
        b"\x81\x80\0\x01\0\x01\0\0\0\0\0\0\x01\0\x01",
        b"\xc0\x11\0\x01\0\x01\0\0\0\x01\0\x04\x01\x02\x03\x04",
    ]
    .concat();
    let (record, lines) = dns(&with_length(response));
    assert_eq!(
        record["records"],
        json!([{"section": "answer", "name": "<bad pointer>", "bad_name": true, "type": "A",
            "class": "IN", "ttl": 1, "data": "1.2.3.4"}])
    );
    assert!(
        lines.contains(": <bad pointer> A 1.2.3.4 ttl 1, "),
        "{lines}"
    );
}

#[test]
fn what_is_behind_the_end_of_a_datagram_is_none_of_it() {
    let mut short = QUERY.to_vec();
    short[5] = 8;
    assert!(dns(&short).0.is_null());
    short[5] = 12;
    assert_eq!(
        dns(&short).0,
        json!({"id": 0x1234, "response": false, "flags": ["rd"]})
    );
}

#[test]
fn a_quoted_dns_message_tells_what_it_is_for() {
    let of = |flags: [u8; 2], class: u8| {
        let header = [&QUERY[..10], &flags, &QUERY[12..33], &[class]].concat();
        dns(&header)
    };
    let (record, lines) = of([0x28, 0], 1);
    assert_eq!(
        (&record["opcode"], &record["opcode_name"], &record["flags"]),
        (&json!(5), &json!("update"), &json!([]))
    );
    assert!(
        lines.contains("DNS update 4660 AAAA? lab.test, 5"),
        "{lines}"
    );
    let (record, lines) = of([0xa4, 0], 1);
    assert_eq!(record["opcode_name"], "notify");
    assert!(
        lines.contains("DNS notify response 4660 AAAA? lab.test, flags [aa], NoError, "),
        "{lines}"
    );
    let (record, lines) = of([0x03, 0x30], 3);
    assert_eq!(record["flags"], json!(["tc", "rd", "ad", "cd"]));
    assert_eq!(record["query_class"], "CH");
    assert!(
        lines.contains("DNS query 4660 AAAA CH? lab.test, "),
        "{lines}"
    );
    assert!(of([0, 0], 17).1.contains("AAAA CLASS17? lab.test"));
    // Identifier and flags, and what a probe has in their places.
    let (record, lines) = dns(&QUERY[..13]);
    assert_eq!(
        record,
        json!({"id": 0x1234, "response": false, "flags": ["rd"]})
    );
    assert!(lines.contains("DNS query 4660, flags [rd], "), "{lines}");
    assert!(dns(&[&QUERY[..8], b"HIJK"].concat()).0.is_null());
}

#[test]
fn multicast_dns_asks_several_at_once() {
    let mut query = b"\x14\xe9\x14\xe9\0\0\0\0\0\0\0\0\0\x03\0\x01\0\0\0\0".to_vec();
    query.extend(b"\x01a\x05local\0\0\x0c\x80\x01");
    query.extend(b"\x01b\xc0\x0e\0\x0c\0\x01");
    query.extend(b"\x01c\xc0\x0e\0\xff\x80\x01");
    query.extend(b"\xc0\x0c\0\x0c\x80\x01\0\0\0\x09\0\x04\x01x\xc0\x0e");
    let (record, lines) = dns(&query);
    assert_eq!(record["questions"], 3);
    assert_eq!(record["unicast_response"], true);
    assert_eq!(
        record["further_questions"],
        json!([
            {"name": "b.local", "query_type": "PTR", "query_class": "IN"},
            {"name": "c.local", "query_type": "ANY", "query_class": "IN", "unicast_response": true},
        ])
    );
    assert_eq!(record["records"][0]["cache_flush"], true);
    let text = "DNS query 0 [3 questions] PTR (QU)? a.local, PTR? b.local, ANY (QU)? c.local, answers 1: \
                a.local PTR (cache flush) x.local ttl 9, ";
    assert!(lines.contains(text), "{lines}");
    for length in 0..query.len() {
        dns(&query[..length]);
    }
    // Without port 5353 that bit is one of the class.
    query[1] = 0;
    query[..4].copy_from_slice(&[0xc0, 0, 0, 53]);
    assert_eq!(dns(&query).0["query_class"], "CLASS32769");
}

#[test]
fn a_quoted_segment_may_begin_with_a_dns_message() {
    let segment = |octets: &[u8]| {
        let header = b"\xc0\0\0\x35\0\0\0\x01\0\0\0\x02\x50\x18\x01\0\0\0\0\0";
        let quote = v4(
            [192, 0, 2, 1],
            [203, 0, 113, 9],
            6,
            &[&header[..], octets].concat(),
        );
        let message = [&[3, 3, 0, 0, 0, 0, 0, 0], &quote[..]].concat();
        let packet = [v4([203, 0, 113, 9], [192, 0, 2, 1], 1, &message)];
        let records = records(&packet);
        let record = records.iter().find(|r| r["type"] == "icmp").unwrap();
        (record["quoted"]["dns"].clone(), run(&packet, &["-tvX"]))
    };
    let message = [&[0, 26], &QUERY[8..]].concat();
    let (record, lines) = segment(&message);
    assert_eq!(record["name"], "lab.test");
    assert!(
        lines.contains("DNS query 4660 AAAA? lab.test, ") && lines.contains("question lab.test"),
        "{lines}"
    );
    for length in 0..message.len() {
        assert_eq!(
            segment(&message[..length]).0.is_null(),
            length < 14,
            "{length}"
        );
    }
    assert!(
        segment(b"\0\x20what is in the middle of an answer")
            .0
            .is_null()
    );
}

#[test]
fn json_has_the_octets_of_payloads_where_they_are_asked_for() {
    let echo = v4(
        [192, 0, 2, 1],
        [203, 0, 113, 9],
        1,
        b"\x08\0\0\0\0\x07\0\x01abc",
    );
    let packets = [dns_error(QUERY), echo];
    let payloads = |arguments: &[&str]| {
        let all = run(&packets, arguments);
        let records = all
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        let messages: Vec<_> = records.filter(|record| record["type"] == "icmp").collect();
        let [error, echo] = &messages[..] else {
            panic!("{all}");
        };
        assert!(error["icmp"]["payload"].is_null() && echo["quoted"].is_null());
        [
            error["quoted"]["payload"].clone(),
            echo["icmp"]["payload"].clone(),
        ]
    };
    let query = QUERY[8..]
        .iter()
        .fold(String::new(), |text, octet| format!("{text}{octet:02x}"));
    for option in ["-x", "-X", "-A"] {
        assert_eq!(
            payloads(&["--json", option]),
            [json!(query), json!("616263")]
        );
    }
    assert_eq!(payloads(&["--json"]), [Value::Null, Value::Null]);
}

#[test]
fn every_prefix_of_a_quoted_dns_message() {
    for length in 0..=QUERY.len() {
        let packet = dns_error(&QUERY[..length]);
        let ip = Ip::parse(&packet, Limit::Frame).unwrap();
        let message = Message::parse(&ip);
        let dns = message.quote().unwrap().dns();
        assert_eq!(dns.is_some(), length >= 12, "{length}");
        let Some(dns) = dns else { continue };
        assert_eq!(dns.name.is_some(), length > 20, "{length}");
        assert_eq!(dns.query_type, (length >= 32).then_some(28), "{length}");
    }
}

#[test]
fn checksums_of_quoted_packets_are_verified_where_that_is_possible() {
    let mut datagram = QUERY.to_vec();
    for (sum, cut, told, text) in [
        (
            [0xaf, 0xf1],
            0,
            json!({"status": "bad", "value": 0xaff1}),
            "checksum 0xaff1 bad (",
        ),
        ([0, 0], 0, json!({"status": "absent"}), ", checksum absent"),
        (
            [0xaf, 0xf1],
            1,
            json!({"status": "unverified", "reason": "truncated", "value": 0xaff1}),
            ", checksum 0xaff1 unverified (truncated)",
        ),
    ] {
        datagram[6..8].copy_from_slice(&sum);
        let mut packet = dns_error(&datagram);
        packet.truncate(packet.len() - cut);
        let told_of = |packet: &[u8]| {
            let all = records(&[packet.to_vec()]);
            all.into_iter().find(|r| r["type"] == "icmp").unwrap()["quoted"].clone()
        };
        let quoted = told_of(&packet);
        assert_eq!(quoted["udp_length"], 34);
        for (key, value) in told.as_object().unwrap() {
            assert_eq!(quoted["checksum"][key], *value);
        }
        let lines = run(&[packet.clone()], &["-tv"]);
        assert!(
            lines.contains(", udp length 34") && lines.contains(text),
            "{lines}"
        );
        if let Some(expected) = quoted["checksum"]["expected"].as_u64() {
            let expected = u16::try_from(expected).unwrap();
            datagram[6..8].copy_from_slice(&expected.to_be_bytes());
            let quoted = told_of(&dns_error(&datagram));
            assert_eq!(
                quoted["checksum"],
                json!({"status": "good", "value": expected})
            );
        }
    }
}

/// RFC 4795 section 2.1.1: the bits of LLMNR are a conflict's and that of who is not sure of its name.
#[test]
fn flags_of_llmnr_are_its_own() {
    let mut datagram = QUERY.to_vec();
    datagram[2..4].copy_from_slice(&5355u16.to_be_bytes());
    datagram[10..12].copy_from_slice(&0x8700u16.to_be_bytes());
    let (record, lines) = dns(&datagram);
    assert_eq!(record["flags"], json!(["c", "tc", "t"]));
    assert!(lines.contains("flags [c, tc, t], "), "{lines}");
}
