//! Options and extension headers of IP packets: in records, in lines, in dumps; tcpdump's words
//! where it has any.

use std::fs;
use std::process::Command;

use icmpdump::icmp::cause::Proven;
use icmpdump::icmp::ip_header;
use icmpdump::icmp::layout;
use icmpdump::icmp::{Message, field::Field};
use icmpdump::wire::checksum::{icmpv6_pseudo_header, internet};
use icmpdump::wire::ip::OptionSpace;
use icmpdump::wire::{Ip, Limit};
use serde_json::{Value, json};

use crate::corpus::Packet;
use crate::oracle::pcap;
use crate::shown::{records, run, v4, v6, verbose};

/// What tcpdump says of a header.
#[derive(Clone, Copy, PartialEq)]
enum Tcpdump {
    /// The same as we do.
    Same,
    /// Less, or nothing.
    Less,
}

struct Header {
    /// Protocol number of what is behind the fixed header; 4: IPv4 options.
    first: u8,
    octets: Vec<u8>,
    /// `options` or `extension_headers` of the record.
    says: Value,
    /// What a line with `-v` has.
    line: &'static str,
    tcpdump: Tcpdump,
    /// What the rows of `-X` have.
    rows: &'static [&'static str],
}

fn address(last: u8) -> [u8; 16] {
    [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]
}

fn options4() -> Vec<Header> {
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
            json!([{"type": 130, "name": "security", "classification": 0xab, "protection_authority": "80"}]),
            "options (security: classification 0xab, protection authority 80)",
            Less,
            &["classification 0xab", "protection authority"],
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
fn extension_headers() -> Vec<Header> {
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

const ECHO: [u8; 12] = [128, 0, 0, 0, 0, 7, 0, 9, b'a', b'b', b'c', b'd'];

/// An echo request behind the header.
fn packet(header: &Header) -> Vec<u8> {
    if header.first == 4 {
        let message = [&[8], &ECHO[1..]].concat();
        let mut packet = v4([192, 0, 2, 1], [203, 0, 113, 9], 1, &message);
        packet.splice(20..20, header.octets.iter().copied());
        let added = u8::try_from(header.octets.len()).unwrap();
        packet[0] += added / 4;
        packet[3] += added;
        packet
    } else {
        let mut packet = v6(header.first, &[&header.octets[..], &ECHO].concat());
        let ip = Ip::parse(&packet, Limit::Frame).unwrap();
        let sum = internet(&[&icmpv6_pseudo_header(&ip).unwrap(), &ECHO]);
        let at = packet.len() - ECHO.len() + 2;
        packet[at..at + 2].copy_from_slice(&sum.to_be_bytes());
        packet
    }
}

fn headers() -> Vec<(Header, Vec<u8>)> {
    let headers = options4().into_iter().chain(extension_headers());
    headers
        .map(|header| {
            let packet = packet(&header);
            (header, packet)
        })
        .collect()
}

/// The record of each of these packets, all of which are messages.
fn messages(packets: &[Vec<u8>]) -> Vec<Value> {
    let mut records = records(packets);
    records.retain(|record| record["type"] == "icmp");
    assert_eq!(records.len(), packets.len());
    records
}

#[test]
fn records_tell_options_and_extension_headers() {
    let headers = headers();
    let packets: Vec<_> = headers.iter().map(|(_, packet)| packet.clone()).collect();
    let records = messages(&packets);
    for ((header, _), record) in headers.iter().zip(&records) {
        let key = if header.first == 4 {
            "options"
        } else {
            "extension_headers"
        };
        assert_eq!(record["ip"][key], header.says);
    }
    // Of a quoted packet it is the same.
    let quoting: Vec<_> = (packets.iter())
        .filter(|packet| packet[0] >> 4 == 4)
        .map(|packet| {
            let message = [&[11, 0, 0, 0, 0, 0, 0, 0], &packet[..]].concat();
            v4([192, 0, 2, 254], [192, 0, 2, 1], 1, &message)
        })
        .collect();
    for ((header, _), record) in headers.iter().zip(&messages(&quoting)) {
        assert_eq!(record["quoted"]["ip"]["options"], header.says);
    }
}

#[test]
fn lines_tell_them_in_the_words_of_tcpdump() {
    let headers = headers();
    for (header, packet) in &headers {
        let packets = [packet.clone()];
        let ours = run(&packets, &["-tvvv"]);
        assert!(ours.contains(header.line), "{} in\n{ours}", header.line);
        let file = tempfile::NamedTempFile::new().unwrap();
        let owned = Packet {
            file: String::new(),
            number: 1,
            on_wire: packet.len(),
            octets: packet.clone(),
        };
        fs::write(file.path(), pcap(&[owned])).unwrap();
        let output = Command::new("tcpdump")
            .args(["-tnvvv", "-r"])
            .arg(file.path())
            .output()
            .expect("tcpdump is installed");
        let theirs = String::from_utf8_lossy(&output.stdout).into_owned();
        let same = theirs.contains(header.line);
        assert_eq!(same, header.tcpdump == Tcpdump::Same, "tcpdump: {theirs}");
        let dump = run(&packets, &["-tX"]);
        for row in header.rows {
            assert!(dump.contains(row), "{row} in\n{dump}");
        }
    }
}

/// What a header says however short it was cut.
#[test]
fn every_prefix_keeps_what_it_has() {
    for (_, packet) in headers() {
        let ip = Ip::parse(&packet, Limit::Frame).unwrap();
        let behind = if packet[0] >> 4 == 4 { 20 } else { 40 };
        let whole = fields(&ip);
        for end in behind..packet.len() {
            let cut = Ip::parse_on_wire(&packet[..end], packet.len(), Limit::Frame).unwrap();
            for (place, field) in fields(&cut) {
                assert!(place <= end);
                // Lists are as long as they were captured.
                let is_list = !whole.contains(&(place, field.clone()));
                assert!(!is_list || end < ip.header.len(), "{end}: {field:?}");
            }
            let message = Message::parse(&cut);
            let laid = layout::fields(&cut, &message, None, Proven::default());
            let covered = laid.iter().map(|field| field.range.end).max();
            assert_eq!(covered, Some(end), "every octet has a row");
        }
    }
}

/// The fields of all options and extension headers, by where they end.
fn fields<'a>(ip: &Ip<'a>) -> Vec<(usize, Field<'a>)> {
    let mut items: Vec<_> = ip_header::options(ip).collect();
    for header in ip.extension_headers() {
        items.push(ip_header::extension_header(&header));
        items.extend(header.options().map(|option| ip_header::option(&option)));
    }
    let at = |octets: &[u8]| octets.as_ptr().addr() - ip.header.as_ptr().addr();
    let all = items.iter().flat_map(|item| {
        let start = at(item.bytes);
        item.fields()
            .map(move |field| (start + field.range.end, field))
    });
    all.collect()
}

#[test]
fn every_type_is_a_value() {
    for kind in 0..=u8::MAX {
        for (first, octets) in [
            (4, vec![kind, 8, 4, 1, 2, 3, 4, 5]),
            (
                0,
                vec![58, 1, kind, 12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
            ),
            (
                60,
                vec![58, 1, kind, 12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
            ),
            (
                43,
                vec![58, 1, kind, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
            ),
            (
                43,
                vec![
                    58, 3, 4, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, kind,
                    6, 1, 2, 3, 4, 5, 6,
                ],
            ),
        ] {
            let header = Header {
                first,
                octets,
                says: Value::Null,
                line: "",
                tcpdump: Tcpdump::Less,
                rows: &[],
            };
            let packet = packet(&header);
            let ip = Ip::parse(&packet, Limit::Frame).unwrap();
            let told = fields(&ip);
            assert!(!told.is_empty(), "{first} {kind}");
            assert_eq!(
                Message::parse(&ip).bytes.len(),
                ECHO.len(),
                "{first} {kind}"
            );
        }
    }
    for space in [
        OptionSpace::Ipv4,
        OptionSpace::Ipv6,
        OptionSpace::SegmentRouting,
        OptionSpace::DynamicSourceRouting,
    ] {
        assert!(ip_header::option_types(space).count() >= 3);
    }
}

/// Neither number nor value is made up of an authentication header that the quote cuts.
#[test]
fn what_a_cut_authentication_header_lacks_is_not_told() {
    let header = [
        &[17, 4, 0, 0, 0, 0, 0x12, 0x34, 0, 0, 0, 9][..],
        &[0xaa; 12],
    ]
    .concat();
    for (octets, told) in [
        (8, "spi=0x00001234, [|ah])"),
        (12, "spi=0x00001234,seq=0x9, [|ah])"),
        (16, "spi=0x00001234,seq=0x9,icv=0xaaaaaaaa)"),
    ] {
        let mut quoted = v4([192, 0, 2, 1], [203, 0, 113, 9], 51, &[0; 32]);
        quoted.truncate(20);
        quoted.extend(&header[..octets]);
        let message = [&[11, 0, 0, 0, 0, 0, 0, 0], &quoted[..]].concat();
        let line = verbose(&v4([192, 0, 2, 254], [192, 0, 2, 1], 1, &message));
        assert!(line.contains(told), "{line}");
    }
}
