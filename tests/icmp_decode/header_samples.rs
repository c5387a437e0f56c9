//! Options and extension headers of IP packets, each with what is told of it.

use serde_json::{Value, json};

/// What tcpdump says of a header.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Tcpdump {
    /// The same as we do.
    Same,
    /// Less, or nothing.
    Less,
}

pub(crate) struct Header {
    /// Protocol number of what is behind the fixed header; 4: IPv4 options.
    pub(crate) first: u8,
    pub(crate) octets: Vec<u8>,
    /// `options` or `extension_headers` of the record.
    pub(crate) says: Value,
    /// What a line with `-v` has.
    pub(crate) line: &'static str,
    pub(crate) tcpdump: Tcpdump,
    /// What the rows of `-X` have.
    pub(crate) rows: &'static [&'static str],
}

fn address(last: u8) -> [u8; 16] {
    [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]
}

#[allow(clippy::too_many_lines)] // One row for each kind of option.
pub(crate) fn options4() -> Vec<Header> {
    use Tcpdump::{Less, Same};
    let made = |octets: &[u8], says, line, tcpdump, rows| Header {
        first: 4,
        octets: octets.to_vec(),
        says,
        line,
        tcpdump,
        rows,
    };
    vec![
        made(
            &[7, 11, 8, 10, 0, 0, 1, 0, 0, 0, 0, 0],
            json!([{"type": 7, "name": "record_route", "pointer": 8, "addresses": ["10.0.0.1", "0.0.0.0"]}]),
            "options (RR 10.0.0.1, 0.0.0.0,EOL)",
            Same,
            &[
                "record route: type 7",
                "pointer 8",
                "addresses 10.0.0.1 0.0.0.0",
                "end of options: type 0",
            ],
        ),
        made(
            &[131, 11, 4, 10, 0, 0, 1, 10, 0, 0, 2, 1],
            json!([{"type": 131, "name": "loose_source_route", "pointer": 4, "addresses": ["10.0.0.1", "10.0.0.2"]}]),
            "options (LSRR 10.0.0.1 10.0.0.2,NOP)",
            Same,
            &["loose source route: type 131"],
        ),
        made(
            &[1, 137, 11, 12, 10, 0, 0, 1, 10, 0, 0, 2],
            json!([{"type": 137, "name": "strict_source_route", "pointer": 12, "addresses": ["10.0.0.1", "10.0.0.2"]}]),
            "options (NOP,SSRR 10.0.0.1, 10.0.0.2,)",
            Same,
            &["no operation: type 1", "strict source route: type 137"],
        ),
        made(
            &[68, 12, 9, 0, 0, 0, 3, 232, 0, 0, 0, 0],
            json!([{"type": 68, "name": "timestamp", "pointer": 9, "overflow": 0, "flag": 0, "timestamps": [1000, 0]}]),
            "options (timestamp TS{TSONLY 1000@ ^ 0@})",
            Same,
            &["timestamps 1000 0"],
        ),
        made(
            &[
                68, 20, 13, 0x11, 10, 0, 0, 1, 0, 0, 3, 232, 0, 0, 0, 0, 0, 0, 0, 0,
            ],
            json!([{"type": 68, "name": "timestamp", "pointer": 13, "overflow": 1, "flag": 1, "timestamps": [
                {"address": "10.0.0.1", "time": 1000}, {"address": "0.0.0.0", "time": 0}]}]),
            // tcpdump puts a blank behind the brace.
            "options (timestamp TS{TS+ADDR 1000@10.0.0.1 ^ 0@0.0.0.0 [1 hops not recorded]})",
            Less,
            &["overflow 1, flag 1", "timestamps 1000@10.0.0.1 0@0.0.0.0"],
        ),
        made(
            &[68, 12, 5, 3, 10, 0, 0, 1, 0, 0, 0, 0],
            json!([{"type": 68, "name": "timestamp", "pointer": 5, "overflow": 0, "flag": 3, "timestamps": [{"address": "10.0.0.1", "time": 0}]}]),
            "options (timestamp TS{PRESPEC ^ 0@10.0.0.1})",
            Same,
            &["flag 3"],
        ),
        made(
            &[68, 8, 9, 0, 0, 0, 3, 232],
            json!([{"type": 68, "name": "timestamp", "pointer": 9, "overflow": 0, "flag": 0, "timestamps": [1000]}]),
            "options (timestamp TS{TSONLY 1000@ ^ })",
            Same,
            &["timestamps 1000"],
        ),
        made(
            &[148, 4, 0, 0],
            json!([{"type": 148, "name": "router_alert", "value": 0}]),
            "options (RA)",
            Same,
            &["router alert: type 148", "value 0"],
        ),
        made(
            &[130, 4, 0xab, 0x80],
            json!([{"type": 130, "name": "security", "classification": 0xab, "classification_name": "unclassified",
                "genser": true, "siop_esi": false, "sci": false, "nsa": false, "doe": false, "more_authorities": false}]),
            "options (security: classification 0xab unclassified, genser yes, siop esi no, sci no, nsa no, doe no, more authorities no)",
            Less,
            &[
                "classification 0xab unclassified",
                "genser yes, siop esi no",
            ],
        ),
        // Of RFC 791.
        made(
            &[130, 11, 0xf1, 0x35, 0, 7, b'A', b'B', b'X', b'Y', b'Z', 1],
            json!([{"type": 130, "name": "security", "security": 0xf135, "security_name": "confidential",
                "compartments": 7, "handling_restrictions": "AB", "transmission_control_code": "XYZ"}]),
            "options (security: security 0xf135 confidential, compartments 0x7, handling restrictions AB, transmission control code XYZ,NOP)",
            Less,
            &[
                "security 0xf135 confidential",
                "compartments 0x7",
                "handling restrictions AB",
                "transmission control code XYZ",
            ],
        ),
        made(
            &[200, 4, 1, 2],
            json!([{"type": 200, "data": "0102"}]),
            "options (unknown 200: data 0102)",
            Less,
            &["unknown option: type 200", "data"],
        ),
        made(
            &[7, 1, 0, 0],
            json!([{"type": 7, "name": "record_route"}]),
            "options (RR)",
            Less,
            &["record route: type 7"],
        ),
    ]
}

#[allow(clippy::too_many_lines)] // One row for each kind of header.
pub(crate) fn extension_headers() -> Vec<Header> {
    use Tcpdump::{Less, Same};
    let made = |first, octets: &[&[u8]], says, line, tcpdump, rows| Header {
        first,
        octets: octets.concat(),
        says,
        line,
        tcpdump,
        rows,
    };
    let (near, far) = (address(2), address(9));
    let routing = |kind: u8, left: u8, words: u8| [58, words, kind, left];
    vec![
        made(
            0,
            &[&[58, 0, 5, 2, 0, 0, 1, 0]],
            json!([{"type": 0, "name": "hop_by_hop_options", "options": [{"type": 5, "name": "router_alert", "value": 0, "value_name": "mld"}]}]),
            ": HBH (rtalert: 0x0000) (padn) [icmp6",
            Same,
            &[
                "hop by hop options: next header 58 ICMPv6",
                "router alert: type 5",
                "padn: type 1",
            ],
        ),
        made(
            60,
            &[&[58, 2, 1, 2, 0, 0, 0xc9, 16], &far],
            json!([{"type": 60, "name": "destination_options", "options": [{"type": 201, "name": "home_address", "address": "2001:db8::9"}]}]),
            // tcpdump writes no blank between the options.
            ": DSTOPT (padn) (homeaddr: 2001:db8::9) ",
            Less,
            &[
                "destination options: next header 58",
                "home address: type 201",
                "address 2001:db8::9",
            ],
        ),
        made(
            0,
            &[&[58, 0, 0x63, 4, 0x80, 3, 1, 0]],
            json!([{"type": 0, "name": "hop_by_hop_options", "options": [{"type": 99, "name": "rpl", "down": true,
                "rank_error": false, "forwarding_error": false, "projected_route": false,
                "instance": 3, "sender_rank": 256}]}]),
            ": HBH (rpl: down yes, rank error no, forwarding error no, projected route no, instance 3, sender rank 256) ",
            Less,
            &["rpl: type 99", "down yes, rank error no", "sender rank 256"],
        ),
        made(
            60,
            &[&[
                58, 1, 0x0f, 10, 40, 49, 0, 7, 0, 3, 0x8d, 0x88, 0xe0, 0x33, 0, 0,
            ]],
            json!([{"type": 60, "name": "destination_options", "options": [{"type": 15,
                "name": "performance_and_diagnostic_metrics", "scale_last_received": 40, "scale_last_sent": 49,
                "packet_sequence": 7, "last_received_sequence": 3, "delta_last_received": 0x8d88,
                "delta_last_received_ns": 39_837_505, "delta_last_sent": 0xe033,
                "delta_last_sent_ns": 32_310_512_576_u64}]}]),
            "last received sequence 3, delta last received 36232, delta last received 39.838 ms, delta last sent 57395, delta last sent 32.3 s) ",
            Less,
            &["delta last received 36232", "delta last received 39.838 ms"],
        ),
        made(
            0,
            &[
                &[58, 2, 7, 16, 0, 0, 0, 9, 2, 0x55, 0x7d, 0x96],
                &[0xa5, 0, 0, 1, 0, 0, 0, 3, 1, 2, 0, 0],
            ],
            json!([{"type": 0, "name": "hop_by_hop_options", "options": [{"type": 7, "name": "calipso",
                "domain_of_interpretation": 9, "compartment_words": 2, "sensitivity": 0x55, "body_checksum": 0x7d96,
                "checksum_status": "good", "compartments": "a500000100000003"}]}]),
            ": HBH (calipso: domain of interpretation 9, compartment words 2, sensitivity 85, checksum 0x7d96 good, compartments a500000100000003) ",
            Less,
            &["checksum 0x7d96 good", "compartments"],
        ),
        made(
            0,
            &[&[58, 0, 1, 4], b"leak"],
            json!([{"type": 0, "name": "hop_by_hop_options", "options": [{"type": 1, "name": "padn", "data": "6c65616b"}]}]),
            ": HBH (padn: data 6c65616b) ",
            Less,
            &["padn: type 1", "leak"],
        ),
        made(
            0,
            &[&[58, 0, 0x77, 2, 9, 9, 0, 0]],
            json!([{"type": 0, "name": "hop_by_hop_options", "options": [{"type": 0x77, "data": "0909"}]}]),
            ": HBH (unknown 119: data 0909) (pad1) (pad1) ",
            Less,
            &["unknown option: type 119", "pad1: type 0"],
        ),
        made(
            43,
            &[&routing(2, 1, 2), &[0; 4], &near],
            json!([{"type": 43, "name": "routing", "routing_type": 2, "segments_left": 1, "segments": ["2001:db8::2"]}]),
            ": RT6 (len=2, type=2, segleft=1, rsv=0x0, [0]2001:db8::2) [icmp6",
            Same,
            &[
                "routing: next header 58",
                "routing type 2 mobile ipv6",
                "segments 2001:db8::2",
            ],
        ),
        made(
            43,
            &[
                &routing(4, 1, 5),
                &[1, 8, 0, 7],
                &near,
                &far,
                &[4, 6, 0, 0, 0, 0, 0, 0],
            ],
            json!([{"type": 43, "name": "routing", "routing_type": 4, "segments_left": 1, "last_entry": 1, "flags": 8,
                "tag": 7, "segments": ["2001:db8::2", "2001:db8::9"]}]),
            ": RT6 (len=5, type=4, segleft=1, last-entry=1, flags=0x8, tag=7, [0]2001:db8::2, [1]2001:db8::9) (padn) ",
            Less,
            &[
                "routing type 4 segment routing",
                "last entry 1",
                "padn: type 4",
            ],
        ),
        made(
            43,
            &[
                &routing(3, 1, 1),
                &[0xff, 0x60, 0, 0],
                &[2, 0, 0, 0, 0, 0, 0, 0],
            ],
            json!([{"type": 43, "name": "routing", "routing_type": 3, "segments_left": 1, "common_octets": 15,
                "common_octets_of_last": 15, "padding_octets": 6, "segments": ["2001:db8::2", "2001:db8::"]}]),
            ": RT6 (len=1, type=3, segleft=1, common octets 15, common octets of last 15, padding octets 6, [0]2001:db8::2, [1]2001:db8::",
            Less,
            &["routing type 3 rpl source route"],
        ),
        made(
            44,
            &[&[58, 0, 0, 0, 0, 0, 0, 0x77]],
            json!([{"type": 44, "name": "fragment", "offset": 0, "more": false, "id": 0x77}]),
            ": frag (0x00000077:0|12) ",
            Same,
            &["fragment: next header 58", "offset 0, more no", "id 0x77"],
        ),
        made(
            44,
            &[&[58, 0x61, 0, 4, 0, 0, 0, 0x79]],
            json!([{"type": 44, "name": "fragment", "reserved": 0x61, "offset": 0, "reserved2": 2,
                "more": false, "id": 0x79}]),
            ": frag (0x00000079:0|12, reserved 0x61, reserved2 0x2) ",
            Less,
            &["fragment: next header 58", "reserved 0x61", "id 0x79"],
        ),
        made(
            44,
            &[&[60, 0, 0, 0, 0, 0, 0, 0x78], &[58, 0, 1, 4, 0, 0, 0, 0]],
            json!([{"type": 44, "name": "fragment", "offset": 0, "more": false, "id": 0x78},
                {"type": 60, "name": "destination_options"}]),
            ": frag (0x00000078:0|20) DSTOPT (padn) ",
            Same,
            &[
                "fragment: next header 60",
                "destination options: next header 58",
            ],
        ),
        made(
            51,
            &[&[58, 4, 0, 0, 0, 0, 0x12, 0x34, 0, 0, 0, 9], &[0xaa; 12]],
            json!([{"type": 51, "name": "authentication", "spi": 0x1234, "sequence": 9, "integrity_check_value": "aaaaaaaaaaaaaaaaaaaaaaaa"}]),
            ": AH(length=4(24-bytes),spi=0x00001234,seq=0x9,icv=0xaaaaaaaaaaaaaaaaaaaaaaaa): ",
            Same,
            &[
                "authentication: next header 58",
                "spi 0x1234",
                "integrity check value",
            ],
        ),
        made(
            139,
            &[&[58, 0, 1, 2, 3, 4, 5, 6]],
            json!([{"type": 139, "name": "host_identity", "data": "010203040506"}]),
            ": host identity: data 010203040506 ",
            Less,
            &["host identity: next header 58"],
        ),
    ]
}
