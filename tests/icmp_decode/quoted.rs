//! What the first octets of a quoted packet's upper layer tell, protocol by protocol.

use icmpdump::icmp::{Message, upper_header};
use icmpdump::wire::{Ip, Limit};
use serde_json::{Value, json};

use crate::shown::{records, run, v4, v6};

/// A quoted packet's upper layer, what the record says of it, and what the line and `-v` do.
struct Sample {
    protocol: u8,
    octets: &'static [u8],
    header: Value,
    line: &'static str,
    verbose: &'static str,
}

fn sample(
    protocol: u8,
    octets: &'static [u8],
    header: Value,
    line: &'static str,
    verbose: &'static str,
) -> Sample {
    Sample {
        protocol,
        octets,
        header,
        line,
        verbose,
    }
}

/// What SCTP and DCCP say behind their ports.
fn transports() -> Vec<Sample> {
    vec![
        sample(
            132,
            &[
                0x0f, 0xa0, 0x0b, 0x59, 0, 0, 0, 0, 1, 2, 3, 4, 1, 0, 0, 20, 0, 0, 0x12, 0x34, 0,
                1, 0, 0, 0, 10, 0, 11, 0, 0, 0, 9,
            ],
            json!({"type": 1, "name": "sctp_chunk", "message": "init", "flags": 0,
                   "chunk_length": 20, "initiate_tag": 0x1234, "receiver_window": 65536,
                   "outbound_streams": 10, "inbound_streams": 11, "initial_sequence": 9}),
            "quotes SCTP 192.0.2.1.4000 > 203.0.113.9.2905 ",
            "verification tag 0x00000000, init sctp chunk (1): flags 0x0, chunk length 20, \
             initiate tag 0x1234, receiver window 65536, outbound streams 10, inbound streams 11, \
             initial sequence 9, ",
        ),
        sample(
            132,
            &[
                0x0f, 0xa0, 0x0b, 0x59, 0, 0, 0, 7, 1, 2, 3, 4, 0, 3, 0, 20, 0, 0, 0x12, 0x34,
            ],
            json!({"type": 0, "name": "sctp_chunk", "message": "data", "flags": 3,
                   "chunk_length": 20, "sequence": 0x1234}),
            "quotes SCTP 192.0.2.1.4000 > 203.0.113.9.2905 ",
            "verification tag 0x00000007, data sctp chunk (0): flags 0x3, chunk length 20, \
             sequence 4660, ",
        ),
        sample(
            33,
            &[
                0x0f, 0xa0, 0, 53, 5, 0, 1, 2, 0x01, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 42,
            ],
            json!({"type": 0, "name": "dccp_packet", "message": "request",
                   "extended_sequence": true, "sequence": 7, "service_code": 42}),
            "quotes DCCP 192.0.2.1.4000 > 203.0.113.9.53 ",
            "request dccp packet (0): flags [extended sequence], sequence 7, service code 0x2a, ",
        ),
        sample(
            33,
            &[0x0f, 0xa0, 0, 53, 4, 0, 1, 2, 0x06, 0, 0, 7, 0, 0, 0, 6],
            json!({"type": 3, "name": "dccp_packet", "message": "ack",
                   "extended_sequence": false, "sequence": 7, "acknowledgment": 6}),
            "quotes DCCP 192.0.2.1.4000 > 203.0.113.9.53 ",
            "ack dccp packet (3): flags [none], sequence 7, acknowledgment 6, ",
        ),
    ]
}

fn samples() -> Vec<Sample> {
    vec![
        sample(
            2,
            &[0x16, 5, 0x12, 0x34, 224, 0, 0, 251],
            json!({"type": 22, "name": "igmp", "message": "v2_report", "max_response_tenths": 5,
                   "body_checksum": 0x1234, "group": "224.0.0.251"}),
            "quotes IGMP v2 report 192.0.2.1 > ",
            "igmp (22): max response tenths 5, checksum 0x1234, group 224.0.0.251",
        ),
        sample(
            2,
            &[0x22, 0, 0x12, 0x34, 0, 0, 0, 1, 4, 0, 0, 0, 224, 0, 0, 251],
            json!({"type": 34, "name": "igmp", "message": "v3_report", "body_checksum": 0x1234,
                   "record_count": 1, "record_type": 4, "group": "224.0.0.251"}),
            "quotes IGMP v3 report ",
            "record count 1, record type 4, group 224.0.0.251",
        ),
        sample(
            46,
            &[0x10, 1, 0x12, 0x34, 63, 0, 0, 200],
            json!({"type": 1, "name": "rsvp", "message": "path", "body_version": 1, "flags": 0,
                   "body_checksum": 0x1234, "send_ttl": 63, "message_length": 200}),
            "quotes RSVP path ",
            "rsvp (1): version 1, flags 0, checksum 0x1234, send ttl 63, message length 200",
        ),
        sample(
            88,
            &[2, 5, 0x12, 0x34, 0, 0, 0, 1],
            json!({"type": 5, "name": "eigrp", "message": "hello", "body_version": 2,
                   "body_checksum": 0x1234, "flags": 1}),
            "quotes EIGRP hello ",
            "eigrp (5): version 2, checksum 0x1234, flags 0x1",
        ),
        sample(
            89,
            &[2, 1, 0, 44, 10, 0, 0, 9],
            json!({"type": 1, "name": "ospf", "message": "hello", "body_version": 2,
                   "packet_length": 44, "router_id": "10.0.0.9"}),
            "quotes OSPF hello ",
            "ospf (1): version 2, packet length 44, router id 10.0.0.9",
        ),
        sample(
            89,
            &[3, 4, 0, 44, 10, 0, 0, 9, 0, 0, 0, 1, 0x12, 0x34, 7],
            json!({"type": 4, "name": "ospf", "message": "link_state_update", "body_version": 3,
                   "packet_length": 44, "router_id": "10.0.0.9", "area": "0.0.0.1",
                   "body_checksum": 0x1234, "instance": 7}),
            "quotes OSPF link state update ",
            "router id 10.0.0.9, area 0.0.0.1, checksum 0x1234, instance 7",
        ),
        sample(
            103,
            &[0x23, 0, 0x12, 0x34, 1, 0x0a, 0, 0],
            json!({"type": 3, "name": "pim", "message": "join_prune", "body_version": 2,
                   "body_checksum": 0x1234}),
            "quotes PIM join prune ",
            "pim (3): version 2, checksum 0x1234",
        ),
        sample(
            108,
            &[6, 0, 0, 2, 1, 2, 3, 4],
            json!({"name": "ipcomp", "next_protocol": 6, "flags": 0, "compression_parameter_index": 2}),
            "quotes IPComp ",
            "ipcomp: next protocol 6, flags 0x0, compression parameter index 0x2",
        ),
        sample(
            112,
            &[0x21, 7, 100, 1, 0, 3, 0x12, 0x34],
            json!({"type": 1, "name": "vrrp", "message": "advertisement", "body_version": 2,
                   "virtual_router": 7, "priority": 100, "ip_address_count": 1,
                   "authentication_type": 0, "advertisement_interval": 3,
                   "body_checksum": 0x1234}),
            "quotes VRRP advertisement ",
            "vrrp (1): version 2, virtual router 7, priority 100, ip address count 1",
        ),
        sample(
            112,
            &[0x31, 7, 100, 1, 0x01, 0x2c, 0x12, 0x34],
            json!({"type": 1, "name": "vrrp", "message": "advertisement", "body_version": 3,
                   "virtual_router": 7, "priority": 100, "ip_address_count": 1,
                   "advertisement_centiseconds": 300, "body_checksum": 0x1234}),
            "quotes VRRP advertisement ",
            "advertisement centiseconds 300, checksum 0x1234",
        ),
        sample(
            89,
            b"\x02\x01\0\x30\x0a\0\0\x09\0\0\0\x01\x12\x34\0\0\0\0\0\0\0\0\0\0\
              \xff\xff\xff\0\0\x0a\x12\x01\0\0\0\x28\x0a\0\0\x09\x0a\0\0\x08\x0a\0\0\x07",
            json!({"type": 1, "name": "ospf", "message": "hello", "body_version": 2,
                   "packet_length": 48, "router_id": "10.0.0.9", "area": "0.0.0.1",
                   "body_checksum": 0x1234, "authentication_type": 0, "mask": "255.255.255.0",
                   "hello_interval": 10, "options": 0x12, "priority": 1, "dead_interval": 40,
                   "designated_router": "10.0.0.9", "backup_router": "10.0.0.8",
                   "neighbors": ["10.0.0.7"]}),
            "quotes OSPF hello ",
            "hello interval 10 s, options 0x12, priority 1, dead interval 40 s, designated router 10.0.0.9, \
             backup router 10.0.0.8, neighbors 10.0.0.7, ",
        ),
        sample(
            89,
            b"\x03\x01\0\x28\x0a\0\0\x09\0\0\0\0\x12\x34\0\0\0\0\0\x05\x01\0\0\x13\
              \0\x0a\0\x28\x0a\0\0\x09\0\0\0\0\x0a\0\0\x07",
            json!({"type": 1, "name": "ospf", "message": "hello", "body_version": 3,
                   "packet_length": 40, "router_id": "10.0.0.9", "area": "0.0.0.0",
                   "body_checksum": 0x1234, "instance": 0, "interface": 5, "priority": 1,
                   "options": 0x13, "hello_interval": 10, "dead_interval": 40,
                   "designated_router": "10.0.0.9", "backup_router": "0.0.0.0",
                   "neighbors": ["10.0.0.7"]}),
            "quotes OSPF hello ",
            "interface 5, priority 1, options 0x13, hello interval 10 s, dead interval 40 s",
        ),
        sample(
            89,
            b"\x02\x02\0\x20\x0a\0\0\x09\0\0\0\0\x12\x34\0\0\0\0\0\0\0\0\0\0\
              \x05\xdc\x02\x07\0\0\0\x09",
            json!({"type": 2, "name": "ospf", "message": "database_description", "body_version": 2,
                   "packet_length": 32, "router_id": "10.0.0.9", "area": "0.0.0.0",
                   "body_checksum": 0x1234, "authentication_type": 0, "mtu": 1500, "options": 2,
                   "flags": 7, "sequence": 9}),
            "quotes OSPF database description ",
            "mtu 1500, options 0x2, flags 0x7, sequence 9, ",
        ),
        sample(
            103,
            b"\x20\0\x12\x34\0\x01\0\x02\0\x69\0\x02\0\x04\x01\xf4\x09\xc4\
              \0\x13\0\x04\0\0\0\x01\0\x14\0\x04\0\0\0\x2a",
            json!({"type": 0, "name": "pim", "message": "hello", "body_version": 2,
                   "body_checksum": 0x1234, "hold_time": 105, "propagation_delay": 500,
                   "override_interval": 2500, "priority": 1, "generation": 42}),
            "quotes PIM hello ",
            "hold time 105 s, propagation delay 500 ms, override interval 2500 ms, priority 1, generation 0x2a, ",
        ),
        sample(
            103,
            b"\x23\0\x12\x34\x01\0\x0a\0\0\x01\0\x01\0\xd2\x01\0\0\x20\xef\x01\x01\x01\
              \0\x01\0\0",
            json!({"type": 3, "name": "pim", "message": "join_prune", "body_version": 2,
                   "body_checksum": 0x1234, "upstream": "10.0.0.1", "group_count": 1,
                   "hold_time": 210, "mask_length": 32, "group": "239.1.1.1", "joined": 1,
                   "pruned": 0}),
            "quotes PIM join prune ",
            "upstream 10.0.0.1, group count 1, hold time 210 s, mask length 32, group 239.1.1.1, joined 1, pruned 0, ",
        ),
        sample(
            112,
            b"\x21\x07\x64\x02\x01\x03\x12\x34\x0a\0\0\x01\x0a\0\0\x02password",
            json!({"type": 1, "name": "vrrp", "message": "advertisement", "body_version": 2,
                   "virtual_router": 7, "priority": 100, "ip_address_count": 2,
                   "authentication_type": 1, "advertisement_interval": 3, "body_checksum": 0x1234,
                   "addresses": ["10.0.0.1", "10.0.0.2"], "password": "password"}),
            "quotes VRRP advertisement ",
            "advertisement interval 3 s, checksum 0x1234, addresses 10.0.0.1 10.0.0.2, password password, ",
        ),
        sample(
            113,
            b"\x34\x08\x15\xbb\0\0\x12\x34\x33\x29\x04\x1e\xba\x74\0\0\
              \0\x01\x68\x1e\0\0\x54\x72\0\0\xd6\xa6\0\x01\0\0\x0a\0\0\x2d",
            json!({"type": 0, "name": "pgm", "message": "source_path", "src_port": 13320,
                   "dst_port": 5563, "options": 0, "body_checksum": 0x1234,
                   "source": "3329041eba74", "data_length": 0, "sequence": 92190, "trail": 21618,
                   "lead": 54950, "path": "10.0.0.45"}),
            "quotes ",
            "sequence 92190, trail 21618, lead 54950, path 10.0.0.45, ",
        ),
        sample(
            115,
            &[0, 0, 0, 9, 1, 2, 3, 4],
            json!({"name": "l2tp", "session": 9}),
            "quotes L2TP ",
            "l2tp: session 9",
        ),
        sample(
            47,
            &[0x30, 0, 8, 0, 0, 0, 0, 5, 0, 0, 0, 6],
            json!({"name": "gre", "flags_and_version": 0x3000, "protocol": 0x0800, "key": 5,
                   "sequence": 6}),
            "quotes GRE 192.0.2.1 > ",
            "gre: flags and version 0x3000, protocol 0x800, key 5, sequence 6",
        ),
    ]
}

/// Extension headers of IPv6 that are messages of their own.
fn samples6() -> Vec<Sample> {
    vec![
        sample(
            135,
            &[59, 1, 5, 0, 0x12, 0x34, 0, 9, 0xc0, 0, 0, 60, 1, 2, 0, 0],
            json!({"type": 5, "name": "mobility", "message": "binding_update",
                   "payload_protocol": 59, "header_length": 1, "body_checksum": 0x1234,
                   "sequence": 9, "flags": 0xc000, "lifetime": 60}),
            "quotes mobility header binding update 2001:db8::1 > ",
            "mobility (5): payload protocol 59, header length 1, checksum 0x1234, sequence 9",
        ),
        sample(
            139,
            &[59, 4, 1, 0x21, 0x12, 0x34, 0, 0],
            json!({"type": 1, "name": "hip", "message": "i1", "payload_protocol": 59,
                   "header_length": 4, "body_version": 2, "body_checksum": 0x1234,
                   "controls": 0}),
            "quotes HIP i1 ",
            "hip (1): payload protocol 59, header length 4, version 2, checksum 0x1234",
        ),
    ]
}

fn error(sample: &Sample, version: u8, quoted: usize) -> Vec<u8> {
    let octets = &sample.octets[..quoted];
    if version == 4 {
        let quote = v4([192, 0, 2, 1], [203, 0, 113, 9], sample.protocol, octets);
        v4(
            [192, 0, 2, 254],
            [192, 0, 2, 1],
            1,
            &[&[11, 0, 0, 0, 0, 0, 0, 0], &quote[..]].concat(),
        )
    } else {
        let quote = v6(sample.protocol, octets);
        v6(58, &[&[3, 0, 0, 0, 0, 0, 0, 0], &quote[..]].concat())
    }
}

fn all() -> impl Iterator<Item = (u8, Sample)> {
    let of_6 = samples6().into_iter().map(|sample| (6, sample));
    let of_4 = samples().into_iter().chain(transports());
    of_4.map(|sample| (4, sample)).chain(of_6)
}

#[test]
fn every_protocol_tells_what_was_quoted_of_it() {
    for (version, sample) in all() {
        let packet = [error(&sample, version, sample.octets.len())];
        let records = records(&packet);
        let record = records.iter().find(|r| r["type"] == "icmp").unwrap();
        assert_eq!(record["quoted"]["header"], sample.header);
        let lines = run(&packet, &["-t"]);
        assert!(lines.contains(sample.line), "{} in {lines}", sample.line);
        let lines = run(&packet, &["-tv"]);
        assert!(
            lines.contains(sample.verbose),
            "{} in {lines}",
            sample.verbose
        );
        let dump = run(&packet, &["-tX"]);
        assert!(dump.contains("-- quoted transport"), "{dump}");
    }
}

#[test]
fn every_prefix_of_every_protocol_keeps_what_it_has() {
    for (version, sample) in all() {
        let whole = error(&sample, version, sample.octets.len());
        let fields = |packet: &[u8]| {
            let ip = Ip::parse(packet, Limit::Frame).unwrap();
            let message = Message::parse(&ip);
            let header = message.quote().and_then(upper_header::of);
            let told = header.iter().flat_map(|header| header.item.fields());
            told.map(|field| format!("{field:?}")).collect::<Vec<_>>()
        };
        let all = fields(&whole);
        for quoted in 0..=sample.octets.len() {
            let some = fields(&error(&sample, version, quoted));
            if some.iter().any(|field| field.contains("Octets")) {
                continue;
            }
            // Of a list there are as many as were quoted.
            let listed = some.last().is_some_and(|field| field.contains("V4List"));
            let whole = some.len() - usize::from(listed);
            assert!(
                all.starts_with(&some[..whole]),
                "{quoted}: {some:?} of {all:?}"
            );
            assert!(some.len() <= all.len());
        }
        assert!(!all.is_empty());
    }
}

#[test]
fn every_type_of_every_protocol_is_a_value() {
    for (version, sample) in all() {
        for at in 0..3 {
            for octet in 0..=u8::MAX {
                let mut packet = error(&sample, version, sample.octets.len());
                let start = packet.len() - sample.octets.len();
                packet[start + at] = octet;
                let ip = Ip::parse(&packet, Limit::Frame).unwrap();
                let message = Message::parse(&ip);
                let header = message.quote().and_then(upper_header::of);
                if let Some(header) = header {
                    assert!(header.item.fields().count() > 0);
                }
            }
        }
    }
}

/// A query for `lab.test` of type 28, recursion desired.
const QUERY: &[u8] =
    b"\xc0\0\0\x35\0\x22\0\0\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x03lab\x04test\0\0\x1c\0\x01";

fn dns_error(datagram: &[u8]) -> Vec<u8> {
    let quote = v4([192, 0, 2, 1], [203, 0, 113, 9], 17, datagram);
    let message = [&[3, 3, 0, 0, 0, 0, 0, 0], &quote[..]].concat();
    v4([203, 0, 113, 9], [192, 0, 2, 1], 1, &message)
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

#[test]
fn the_checksum_of_vrrp_is_verified() {
    let message = b"\x21\x2a\xbf\x01\0\x0a\0\0\x0a\x04\x2a\x01\0\0\0\0\0\0\0\0";
    let told = |octets: &[u8]| {
        let quote = v4([192, 0, 2, 1], [224, 0, 0, 18], 112, octets);
        let message = [&[3, 2, 0, 0, 0, 0, 0, 0], &quote[..]].concat();
        let all = records(&[v4([192, 0, 2, 2], [192, 0, 2, 1], 1, &message)]);
        let record = all.into_iter().find(|r| r["type"] == "icmp").unwrap();
        record["quoted"]["checksum"].clone()
    };
    for first in [0x21, 0x31] {
        let mut octets = message.to_vec();
        octets[0] = first;
        let bad = told(&octets);
        assert_eq!(bad["status"], "bad");
        let expected = u16::try_from(bad["expected"].as_u64().unwrap()).unwrap();
        octets[6..8].copy_from_slice(&expected.to_be_bytes());
        assert_eq!(told(&octets)["status"], "good");
        if first == 0x21 {
            assert_eq!(expected, {
                let words = octets
                    .chunks(2)
                    .map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1]));
                let sum: u32 = words.sum::<u32>() - u32::from(expected);
                !u16::try_from((sum & 0xffff) + (sum >> 16)).unwrap()
            });
        }
    }
    assert!(told(&message[..7]).is_null());
}

#[test]
fn the_reserved_flag_of_ipv4_is_told() {
    let mut packet = v4([192, 0, 2, 1], [192, 0, 2, 2], 1, &[8, 0, 0, 0, 0, 1, 0, 1]);
    packet[6] |= 0xc0;
    let all = records(&[packet.clone()]);
    let record = all.iter().find(|r| r["type"] == "icmp").unwrap();
    assert_eq!(record["ip"]["reserved_flag"], true);
    let lines = run(&[packet], &["-tv"]);
    assert!(lines.contains("flags [DF, rsvd]"), "{lines}");
}
