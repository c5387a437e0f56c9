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
            "verification tag 0x00000000, checksum 0x01020304, init sctp chunk (1): flags 0x0, \
             chunk length 20, initiate tag 0x1234, receiver window 65536, outbound streams 10, \
             inbound streams 11, initial sequence 9, ",
        ),
        sample(
            132,
            &[
                0x0f, 0xa0, 0x0b, 0x59, 0, 0, 0, 7, 1, 2, 3, 4, 0, 3, 0, 20, 0, 0, 0x12, 0x34,
            ],
            json!({"type": 0, "name": "sctp_chunk", "message": "data", "flags": 3,
                   "chunk_length": 20, "immediate": false, "unordered": false,
                   "beginning": true, "ending": true, "sequence": 0x1234}),
            "quotes SCTP 192.0.2.1.4000 > 203.0.113.9.2905 ",
            "verification tag 0x00000007, checksum 0x01020304, data sctp chunk (0): flags 0x3 \
             [beginning, ending], chunk length 20, sequence 4660, ",
        ),
        sample(
            33,
            &[
                0x0f, 0xa0, 0, 53, 5, 0, 1, 2, 0x01, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 42,
            ],
            json!({"type": 0, "name": "dccp_packet", "message": "request",
                   "data_offset": 5, "ccval": 0, "checksum_coverage": 0,
                   "extended_sequence": true, "sequence": 7, "service_code": 42}),
            "quotes DCCP 192.0.2.1.4000 > 203.0.113.9.53 ",
            "request dccp packet (0): data offset 5, ccval 0, checksum coverage 0, \
             flags [extended sequence], sequence 7, service code 0x2a, ",
        ),
        sample(
            33,
            &[0x0f, 0xa0, 0, 53, 4, 0, 1, 2, 0x06, 0, 0, 7, 0, 0, 0, 6],
            json!({"type": 3, "name": "dccp_packet", "message": "ack",
                   "data_offset": 4, "ccval": 0, "checksum_coverage": 0,
                   "extended_sequence": false, "sequence": 7, "acknowledgment": 6}),
            "quotes DCCP 192.0.2.1.4000 > 203.0.113.9.53 ",
            "ack dccp packet (3): data offset 4, ccval 0, checksum coverage 0, \
             flags [none], sequence 7, acknowledgment 6, ",
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
            115,
            &[0, 0, 0, 9, 1, 2, 3, 4],
            json!({"name": "l2tp", "session": 9}),
            "quotes L2TP ",
            "l2tp: session 9",
        ),
        sample(
            47,
            &[0x30, 0, 8, 0, 0, 0, 0, 5, 0, 0, 0, 6],
            json!({"name": "gre", "checksum_present": false, "routing_present": false,
                   "key_present": true, "sequence_present": true, "strict_source_route": false,
                   "body_version": 0, "protocol": 0x0800, "key": 5, "sequence": 6}),
            "quotes GRE 192.0.2.1 > ",
            "gre: flags [key present, sequence present], version 0, protocol 0x800, key 5, sequence 6",
        ),
    ]
}

/// What routers say to each other, beyond the first octets.
fn routing_samples() -> Vec<Sample> {
    vec![
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
                   "flags": 7, "resynchronizes": false, "init": true, "more": true, "master": true,
                   "sequence": 9}),
            "quotes OSPF database description ",
            "mtu 1500, options 0x2, flags 0x7 [init, more, master], sequence 9, ",
        ),
    ]
}

/// What those of groups and their deputies say.
fn group_samples() -> Vec<Sample> {
    vec![
        sample(
            103,
            b"\x20\0\x12\x34\0\x01\0\x02\0\x69\0\x02\0\x04\x01\xf4\x09\xc4\
              \0\x13\0\x04\0\0\0\x01\0\x14\0\x04\0\0\0\x2a",
            json!({"type": 0, "name": "pim", "message": "hello", "body_version": 2,
                   "body_checksum": 0x1234, "options": [
                       {"type": 1, "name": "hold_time", "hold_time": 105},
                       {"type": 2, "name": "lan_prune_delay", "tracking": false,
                        "propagation_delay": 500, "override_interval": 2500},
                       {"type": 19, "name": "priority", "priority": 1},
                       {"type": 20, "name": "generation", "generation": 42}]}),
            "quotes PIM hello ",
            "options hold time (1): hold time 105 s; \
             lan prune delay (2): flags [none], propagation delay 500 ms, override interval 2500 ms; \
             priority (19): priority 1; generation (20): generation 0x2a, ",
        ),
        sample(
            103,
            b"\x23\0\x12\x34\x01\0\x0a\0\0\x01\0\x01\0\xd2\x01\0\0\x20\xef\x01\x01\x01\
              \0\x01\0\0\x01\0\x07\x20\x0a\0\0\x05",
            json!({"type": 3, "name": "pim", "message": "join_prune", "body_version": 2,
                   "body_checksum": 0x1234, "upstream": "10.0.0.1", "group_count": 1,
                   "hold_time": 210, "groups": [
                       {"bidirectional": false, "zone": false, "mask_length": 32,
                        "address": "239.1.1.1", "joined": 1, "pruned": 0, "joined_sources": [
                            {"sparse": true, "wildcard": true, "rendezvous_tree": true,
                             "mask_length": 32, "address": "10.0.0.5"}]}]}),
            "quotes PIM join prune ",
            "upstream 10.0.0.1, group count 1, hold time 210 s, groups group: flags [none], mask length 32, \
             address 239.1.1.1, joined 1, pruned 0, joined sources source: \
             flags [sparse, wildcard, rendezvous tree], mask length 32, address 10.0.0.5, ",
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
                   "sequence": 9, "flags": 0xc000, "acknowledge": true, "home_registration": true,
                   "link_local_compatible": false, "key_management": false,
                   "map_registration": false, "mobile_router": false, "proxy_registration": false,
                   "forces_udp": false, "tlv_header": false, "bulk_update": false,
                   "multicast_signaling": false, "lifetime": 240,
                   "options": [{"type": 1, "name": "padn"}]}),
            "quotes mobility header binding update 2001:db8::1 > ",
            "sequence 9, flags 0xc000 [acknowledge, home registration], lifetime 240 s, options padn (1), ",
        ),
        sample(
            135,
            b"\x3b\x01\x02\0\x12\x34\0\0\x01\x02\x03\x04\x05\x06\x07\x08",
            json!({"type": 2, "name": "mobility", "message": "care_of_test_init",
                   "payload_protocol": 59, "header_length": 1, "body_checksum": 0x1234,
                   "cookie": "0102030405060708"}),
            "quotes mobility header care of test init 2001:db8::1 > ",
            "checksum 0x1234, cookie 0102030405060708, ",
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
    let of_4 = (samples().into_iter())
        .chain(routing_samples())
        .chain(group_samples())
        .chain(transports());
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
fn each_octet_of_a_list_has_its_field() {
    let (_, sample) = all()
        .find(|(_, sample)| sample.verbose.contains("joined sources"))
        .unwrap();
    let dump = run(&[error(&sample, 4, sample.octets.len())], &["-tX"]);
    assert!(dump.contains("sparse yes, wildcard yes, rendezvous tree yes\n"));
    assert!(dump.contains("address 10.0.0.5\n"));
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
            let is_list = |field: &String| field.contains("V4List") || field.contains("Parts");
            let listed = some.last().is_some_and(is_list);
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

#[test]
fn what_is_behind_an_authentication_header_is_told() {
    let mut packet = vec![89, 4, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1];
    packet.extend([7; 12]);
    packet.extend(b"\x02\x01\0\x2c\x0a\0\0\x09\0\0\0\0\x12\x34\0\0");
    let quote = v4([192, 0, 2, 1], [203, 0, 113, 9], 51, &packet);
    let error = v4(
        [192, 0, 2, 254],
        [192, 0, 2, 1],
        1,
        &[&[11, 0, 0, 0, 0, 0, 0, 0], &quote[..]].concat(),
    );
    let records = records(std::slice::from_ref(&error));
    let quoted = &records.iter().find(|r| r["type"] == "icmp").unwrap()["quoted"];
    assert_eq!(quoted["spi"], 9);
    assert_eq!(quoted["header"]["message"], "hello");
    assert_eq!(quoted["header"]["router_id"], "10.0.0.9");
    let lines = run(&[error], &["-tv"]);
    assert!(lines.contains("quotes OSPF hello 192.0.2.1 > "), "{lines}");
    assert!(lines.contains("router id 10.0.0.9"), "{lines}");
}
