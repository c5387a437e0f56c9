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
use serde_json::Value;

use crate::corpus::Packet;
use crate::header_samples::{Header, Tcpdump, extension_headers, options4};
use crate::oracle::pcap;
use crate::shown::{records, run, v4, v6, verbose};

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
