//! What the first octets of a quoted packet's upper layer tell, protocol by protocol.

#[path = "quoted/samples.rs"]
mod samples;

use icmpdump::icmp::{Message, upper_header};
use icmpdump::wire::{Ip, Limit};

use crate::shown::{records, run, v4, v6};
use samples::{Sample, group_samples, routing_samples, samples, samples6, transports};

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
