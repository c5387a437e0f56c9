//! Quoted packets of protocols of which the first octets tell something, and what is told of them.

use serde_json::{Value, json};

/// A quoted packet's upper layer, what the record says of it, and what the line and `-v` do.
pub(super) struct Sample {
    pub(super) protocol: u8,
    pub(super) octets: &'static [u8],
    pub(super) header: Value,
    pub(super) line: &'static str,
    pub(super) verbose: &'static str,
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
pub(super) fn transports() -> Vec<Sample> {
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

#[allow(clippy::too_many_lines)] // A table.
pub(super) fn samples() -> Vec<Sample> {
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
                   "record_count": 1, "records": [{"type": 4, "name": "change_to_exclude",
                       "source_count": 0, "group": "224.0.0.251"}]}),
            "quotes IGMP v3 report ",
            "record count 1, records change to exclude (4): source count 0, group 224.0.0.251, ",
        ),
        sample(
            46,
            &[
                0x10, 1, 0x12, 0x34, 63, 0, 0, 200, 0, 12, 1, 1, 10, 0, 0, 2, 17, 0, 0, 9,
            ],
            json!({"type": 1, "name": "rsvp", "message": "path", "body_version": 1, "flags": 0,
                   "body_checksum": 0x1234, "send_ttl": 63, "message_length": 200, "objects": [
                       {"type": 1, "name": "session", "c_type": 1, "dst": "10.0.0.2",
                        "protocol": 17, "flags": 0, "dst_port": 9}]}),
            "quotes RSVP path ",
            "rsvp (1): version 1, flags 0, checksum 0x1234, send ttl 63, message length 200, \
             objects session (1): c type 1, dst 10.0.0.2, protocol 17, flags 0x0, dst port 9, ",
        ),
        sample(
            88,
            &[
                2, 5, 0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100, 0, 1, 0, 12, 1,
                0, 1, 0, 0, 0, 0, 15,
            ],
            json!({"type": 5, "name": "eigrp", "message": "hello", "body_version": 2,
                   "body_checksum": 0x1234, "flags": 1, "init": true,
                   "conditional_receive": false, "restart": false, "end_of_table": false,
                   "sequence": 0, "acknowledgment": 0, "virtual_router": 0,
                   "autonomous_system": 100, "parts": [
                       {"type": 1, "name": "parameters", "k1": 1, "k2": 0, "k3": 1, "k4": 0,
                        "k5": 0, "k6": 0, "hold_time": 15}]}),
            "quotes EIGRP hello ",
            "flags 0x1 [init], sequence 0, acknowledgment 0, virtual router 0, autonomous system 100, \
             parts parameters (1): k1 1, k2 0, k3 1, k4 0, k5 0, k6 0, hold time 15 s, ",
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
pub(super) fn routing_samples() -> Vec<Sample> {
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
                   "hello_interval": 10, "options": 0x12, "down": false, "opaque": false, "demand_circuits": false, "link_local_signaling": true, "nssa": false, "multicast": false, "external": true, "multi_topology": false, "priority": 1, "dead_interval": 40,
                   "designated_router": "10.0.0.9", "backup_router": "10.0.0.8",
                   "neighbors": ["10.0.0.7"]}),
            "quotes OSPF hello ",
            "hello interval 10 s, options 0x12 [link local signaling, external], priority 1, \
             dead interval 40 s, designated router 10.0.0.9, \
             backup router 10.0.0.8, neighbors 10.0.0.7, ",
        ),
        sample(
            89,
            b"\x03\x01\0\x28\x0a\0\0\x09\0\0\0\0\x12\x34\0\0\0\0\0\x05\x01\0\0\x13\
              \0\x0a\0\x28\x0a\0\0\x09\0\0\0\0\x0a\0\0\x07",
            json!({"type": 1, "name": "ospf", "message": "hello", "body_version": 3,
                   "packet_length": 40, "router_id": "10.0.0.9", "area": "0.0.0.0",
                   "body_checksum": 0x1234, "instance": 0, "interface": 5, "priority": 1,
                   "options": 0x13, "authentication_trailer": false, "link_local_signaling": false, "address_families": false, "demand_circuits": false, "router": true, "nssa": false, "external": true, "ipv6": true, "hello_interval": 10, "dead_interval": 40,
                   "designated_router": "10.0.0.9", "backup_router": "0.0.0.0",
                   "neighbors": ["10.0.0.7"]}),
            "quotes OSPF hello ",
            "interface 5, priority 1, options 0x13 [router, external, ipv6], hello interval 10 s, dead interval 40 s",
        ),
        sample(
            89,
            b"\x02\x02\0\x20\x0a\0\0\x09\0\0\0\0\x12\x34\0\0\0\0\0\0\0\0\0\0\
              \x05\xdc\x02\x07\0\0\0\x09",
            json!({"type": 2, "name": "ospf", "message": "database_description", "body_version": 2,
                   "packet_length": 32, "router_id": "10.0.0.9", "area": "0.0.0.0",
                   "body_checksum": 0x1234, "authentication_type": 0, "mtu": 1500, "options": 2, "down": false, "opaque": false, "demand_circuits": false, "link_local_signaling": false, "nssa": false, "multicast": false, "external": true, "multi_topology": false,
                   "flags": 7, "resynchronizes": false, "init": true, "more": true, "master": true,
                   "sequence": 9}),
            "quotes OSPF database description ",
            "mtu 1500, options 0x2 [external], flags 0x7 [init, more, master], sequence 9, ",
        ),
    ]
}

/// What those of groups and their deputies say.
pub(super) fn group_samples() -> Vec<Sample> {
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
pub(super) fn samples6() -> Vec<Sample> {
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
            &[
                59, 5, 1, 0x21, 0x12, 0x34, 0, 0, 0x20, 1, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                0, 1, 0x20, 1, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 0x81, 0, 4, 0, 0, 0,
                3,
            ],
            json!({"type": 1, "name": "hip", "message": "i1", "payload_protocol": 59,
                   "header_length": 5, "body_version": 2, "body_checksum": 0x1234,
                   "controls": 0, "sender": "2001:20::1", "receiver": "2001:20::2",
                   "parameters": [{"type": 385, "name": "seq", "contents_length": 4,
                                   "update_id": 3}]}),
            "quotes HIP i1 ",
            "sender 2001:20::1, receiver 2001:20::2, parameters seq (385): contents length 4, update id 3, ",
        ),
    ]
}
