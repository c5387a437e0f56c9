//! The layout of packets: every octet has a name, and the names are right.

use proptest::prelude::*;

use super::*;
use crate::icmp::cause::Proven;
use crate::icmp::field::{Unit, Value};
use crate::icmp::layout::{LaidField, Part, fields};
use crate::model;

/// When the packets are captured, in seconds since 1970.
const NOW: i64 = 1_700_000_000;

fn laid(packet: &[u8]) -> Vec<LaidField<'_>> {
    let ip = Ip::parse(packet, Limit::Frame).unwrap();
    let found = of(&ip);
    assert_covers(&found, ip.header.len() + ip.payload.len());
    found
}

fn of<'a>(ip: &Ip<'a>) -> Vec<LaidField<'a>> {
    let message = Message::parse(ip);
    let guess = match &message.body {
        Body::Echo(echo) => {
            let extent = message.end();
            payload::guess(echo.payload, extent, model::Timestamp::from_parts(NOW, 0))
        }
        _ => None,
    };
    fields(ip, &message, guess.as_ref(), Proven::default())
}

/// Every octet is in a field, and fields share octets only if they are bits of the same.
fn assert_covers(found: &[LaidField<'_>], length: usize) {
    let mut at = 0;
    let mut last = 0..0;
    for field in found {
        assert!(!field.range.is_empty(), "{field:?}");
        assert!(
            field.range.start == at || field.range == last,
            "{at}: {field:?} in {found:#?}"
        );
        at = field.range.end;
        last = field.range.clone();
    }
    assert_eq!(at, length);
}

fn names(found: &[LaidField<'_>], part: Part) -> Vec<&'static str> {
    let in_part = found.iter().filter(|f| f.part == part);
    in_part.map(|f| f.name).collect()
}

#[test]
fn an_echo() {
    let packet = v4(&[8, 0, 0, 0, 0, 7, 0, 9, 1, 2, 3]);
    let found = laid(&packet);
    assert_eq!(
        names(&found, Part::Icmp),
        ["type", "code", "checksum", "id", "seq"]
    );
    assert_eq!(names(&found, Part::Payload), ["payload"]);
    assert_eq!(names(&found, Part::Ip).len(), 11);
    let seq = found.iter().find(|f| f.name == "seq").unwrap();
    assert_eq!(seq.range, 26..28);
}

#[test]
fn the_header_in_the_payload_of_an_echo() {
    let mut message = vec![8, 0, 0, 0, 0, 7, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8];
    message.extend(1_487_196_800_000_250_u64.to_be_bytes());
    message.extend([0; 28]);
    let packet = v4(&message);
    let found = laid(&packet);
    assert_eq!(
        names(&found, Part::Payload),
        [
            "probable_magic",
            "probable_send_ttl",
            "probable_round",
            "probable_checksum_tweak",
            "probable_send_time_us",
            "payload"
        ]
    );
    let ttl = found
        .iter()
        .find(|f| f.name == "probable_send_ttl")
        .unwrap();
    assert_eq!(
        (ttl.range.clone(), ttl.value),
        (32..33, Some(Value::Number(5)))
    );
    // In a shorter one there is none.
    let packet = v4(&message[..23]);
    assert_eq!(names(&laid(&packet), Part::Payload), ["payload"]);
}

#[test]
fn an_error_with_quote_padding_and_labels() {
    let mut message = vec![11, 0, 0, 0, 0, 32, 0, 0];
    message.extend(ipv4(
        "192.0.2.1",
        "203.0.113.9",
        17,
        &[0, 53, 0, 99, 0, 10, 0, 0, 1, 2],
    ));
    message.resize(8 + 128, 0);
    message.extend([0x20, 0, 0, 0, 0, 8, 1, 1, 0, 0, 0x11, 1]);
    let packet = v4(&message);
    let found = laid(&packet);
    assert_eq!(
        names(&found, Part::Icmp),
        [
            "type",
            "code",
            "checksum",
            "reserved",
            "quote_words",
            "reserved"
        ]
    );
    assert_eq!(names(&found, Part::QuotedIp)[9..], ["src", "dst"]);
    assert_eq!(
        names(&found, Part::QuotedTransport),
        ["src_port", "dst_port", "length", "checksum"]
    );
    assert_eq!(names(&found, Part::QuotedPayload), ["data", "padding"]);
    assert_eq!(
        names(&found, Part::Extension),
        [
            "version", "reserved", "checksum", "length", "class", "c_type", "labels"
        ]
    );
}

#[test]
fn every_checksum_of_an_error_has_its_state() {
    use ChecksumStatus::{Absent, Bad, Good, Unverified};
    let told = |packet: &[u8]| -> Vec<_> {
        let found = laid(packet);
        let sums = found.iter().filter(|field| field.name == "checksum");
        sums.map(|field| (field.part, field.checksum.unwrap()))
            .collect()
    };
    let mut message = vec![11, 0, 0, 0, 0, 32, 0, 0];
    let udp = [0, 53, 0, 99, 0, 8, 0, 0];
    message.extend(ipv4("192.0.2.1", "203.0.113.9", 17, &udp));
    message.resize(8 + 128, 0);
    let structure = [0x20, 0, 0, 0, 0, 8, 1, 1, 0, 0, 0x11, 1];
    message.extend(structure);
    let sum = internet(&[&structure]).to_be_bytes();
    message[8 + 128 + 2..][..2].copy_from_slice(&sum);
    let all = |ip, icmp, quoted, transport, extension| {
        vec![
            (Part::Ip, ip),
            (Part::Icmp, icmp),
            (Part::QuotedIp, quoted),
            (Part::QuotedTransport, transport),
            (Part::Extension, extension),
        ]
    };
    assert_eq!(told(&v4(&message)), all(Good, Good, Good, Absent, Good));
    message[8 + 8] -= 1;
    message[8 + 20 + 7] = 1;
    message[8 + 128 + 11] = 2;
    let bad = told(&v4(&message));
    assert_eq!(bad.len(), 5);
    let is_bad = |(_, status): &(Part, ChecksumStatus)| matches!(status, Bad { .. });
    assert_eq!(
        bad.iter().map(is_bad).collect::<Vec<_>>(),
        [false, false, true, true, true]
    );
    let cut = told(&v4(&message[..8 + 18]));
    assert!(matches!(cut[2], (Part::QuotedIp, Unverified(_))));
}

/// RFC 5837 section 4.1: the c-type says what the interface was, and which fields follow.
#[test]
fn the_c_type_of_interface_information_is_laid_out_in_its_bits() {
    let with = |c_type, behind: &[u8]| {
        let mut message = vec![3, 1, 0, 0, 0, 32, 0, 0];
        message.extend(ipv4("192.0.2.1", "203.0.113.9", 17, &[0; 8]));
        message.resize(8 + 128, 0);
        let length = u8::try_from(4 + behind.len()).unwrap();
        message.extend([0x20, 0, 0, 0, 0, length, 2, c_type]);
        message.extend(behind);
        v4(&message)
    };
    let packet = with(0xca, &[0, 0, 0, 7, 4, b'e', b't', b'h']);
    let found = laid(&packet);
    let object = |name| found.iter().find(|field| field.name == name).unwrap();
    assert_eq!(object("role").word, Some("next_hop"));
    let bits = ["has_if_index", "has_address", "has_name", "has_mtu"];
    assert_eq!(
        bits.map(|name| object(name).value),
        [true, false, true, false].map(|set| Some(Value::Flag(set)))
    );
    assert_eq!(object("role").range, object("c_type").range);
    assert_eq!(object("name").value, Some(Value::Text(b"eth")));
    assert!(rules(&parse(&packet)).is_empty());
    // Section 4.3.
    let odd = with(0x02, &[5, b'e', b't', b'h', b'0', 0, 0, 0]);
    assert_eq!(
        rules(&parse(&odd)),
        ["interface name length no multiple of 4"]
    );
    let long = [&[68][..], &[b'e'; 67]].concat();
    assert_eq!(
        rules(&parse(&with(0x02, &long))),
        ["interface name length over 64"]
    );
}

#[test]
fn the_type_of_a_quoted_chunk_has_its_name() {
    let sctp = [
        &[0, 1, 0, 2, 0, 0, 0, 9, 1, 2, 3, 4, 1, 0, 0, 20],
        &[0; 16][..],
    ]
    .concat();
    let quote = ipv4("192.0.2.1", "203.0.113.9", 132, &sctp);
    let packet = v4(&[&[3, 2, 0, 0, 0, 0, 0, 0], &quote[..]].concat());
    let found = laid(&packet);
    let mut transport = found
        .iter()
        .filter(|field| field.part == Part::QuotedTransport);
    let kind = transport.find(|field| field.name == "type").unwrap();
    assert_eq!(kind.word, Some("init"));
}

/// That of iputils: seconds and microseconds in words of 64 bits.
#[test]
fn the_time_in_a_payload_is_laid_out_where_it_stands() {
    let mut message = vec![8, 0, 0, 0, 0, 7, 0, 9];
    message.extend(NOW.to_le_bytes());
    message.extend(250_000_u64.to_le_bytes());
    message.extend(0x10..0x38);
    let packet = v4(&message);
    let found = laid(&packet);
    assert_eq!(
        names(&found, Part::Payload),
        ["probable_send_time", "payload"]
    );
    let time = model::Timestamp::from_parts(NOW, 250_000_000);
    let laid_time = found
        .iter()
        .find(|field| field.name == "probable_send_time");
    assert_eq!(laid_time.unwrap().value, Some(Value::Time(time)));
}

/// RFC 4861 section 4.6: an option's length counts in units of 8 octets.
#[test]
fn what_numbers_count_is_laid_out_beside_them() {
    let mut octets = vec![134, 0, 0, 0, 64, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 9];
    octets.extend([5, 1, 0, 0, 0, 0, 5, 0xdc]);
    let packet = v6(&octets);
    let found = laid(&packet);
    let units: Vec<_> = { found.iter() }
        .filter_map(|field| Some((field.name, field.unit?)))
        .collect();
    assert_eq!(
        units,
        [
            ("lifetime", Unit::Seconds),
            ("reachable", Unit::Milliseconds),
            ("retransmit", Unit::Milliseconds),
            ("length", Unit::EightOctets)
        ]
    );
}

/// What stands behind the length of a quote is not the message's own, nor what is no packet.
#[test]
fn what_no_quote_explains_is_called_unread() {
    let message = |behind: &[u8]| [&[3, 1, 0, 0, 0, 0, 0, 0][..], behind].concat();
    let datagram = ipv4("192.0.2.1", "203.0.113.9", 17, &[0, 53, 0, 99, 0, 8, 0, 0]);
    for (behind, name) in [([0; 3], "padding"), ([0, 0, 7], "unread")] {
        let packet = v4(&message(&[&datagram[..], &behind].concat()));
        let found = laid(&packet);
        assert!(names(&found, Part::QuotedPayload).contains(&name), "{name}");
    }
    let packet = v4(&message(&[0x55; 30]));
    assert!(names(&laid(&packet), Part::QuotedPayload).contains(&"unread"));
}

#[test]
fn options_records_and_their_reserved_octets() {
    let packet = v6(&[133, 0, 0, 0, 0, 0, 0, 0, 5, 1, 0, 0, 0, 0, 5, 220]);
    let found = laid(&packet);
    assert_eq!(
        names(&found, Part::Item),
        ["type", "length", "reserved", "mtu"]
    );
    // An option of a version that nothing more is known of (RFC 4065).
    let packet = v6(&[150, 0, 0, 0, 0, 0, 0, 7, 138, 1, 0x40, 1, 2, 3, 4, 5]);
    assert_eq!(
        names(&laid(&packet), Part::Item),
        ["type", "length", "version", "data"]
    );
    let mut octets = vec![143, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0, 1];
    octets.extend([0xff; 16]);
    octets.extend([0x20; 16]);
    let packet = with_router_alert("fe80::1", "ff02::16", &octets);
    let found = laid(&packet);
    let begun: Vec<_> = found.iter().filter_map(|field| field.begins).collect();
    assert_eq!(begun, ["hop_by_hop_options", "router_alert", "padn"]);
    assert_eq!(
        names(&found, Part::Ip)[6..],
        [
            "next_header",
            "header_extension_length",
            "type",
            "length",
            "value",
            "type",
            "length"
        ]
    );
    assert_eq!(
        names(&found, Part::Item),
        [
            "type",
            "auxiliary_words",
            "source_count",
            "group",
            "sources"
        ]
    );
}

#[test]
fn a_quote_in_an_option_is_laid_out_in_place_of_it() {
    let quote = ipv6("2001:db8::1", "2001:db8::2", 64, 6, &[0; 20]);
    let mut octets = vec![137, 0, 0, 0, 0, 0, 0, 0];
    octets.extend([0xfe; 32]);
    octets.extend([4, 9, 0, 0, 0, 0, 0, 0]);
    octets.extend(&quote);
    octets.extend([0; 4]);
    let packet = v6(&octets);
    let found = laid(&packet);
    assert_eq!(names(&found, Part::QuotedTransport).len(), TCP_FIELDS);
    assert!(!names(&found, Part::Item).contains(&"packet"));
}

#[test]
fn a_quote_that_was_cut_in_its_header_is_laid_out_as_far_as_it_goes() {
    let quote = ipv4("192.0.2.1", "203.0.113.9", 17, &[0; 8]);
    let packet = v4(&[&[3, 1, 0, 0, 0, 0, 0, 0], &quote[..18]].concat());
    let found = laid(&packet);
    let quoted = names(&found, Part::QuotedIp);
    assert_eq!(quoted[quoted.len() - 2..], ["src", "unread"]);
    let message = parse(&packet);
    assert_eq!(message.short_quote().last().unwrap().range, 20..24);
    assert!(message.quote().is_none());
}

const TCP_FIELDS: usize = 8;

#[test]
fn every_prefix_of_a_packet_is_covered() {
    let gre = [0xb0, 0, 8, 0, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, 9, 1, 2];
    let quote = ipv4("192.0.2.1", "203.0.113.9", 47, &gre);
    let packet = v4(&[&[3, 1, 0, 0, 0, 0, 0, 0], &quote[..]].concat());
    let found = laid(&packet);
    assert_eq!(
        names(&found, Part::QuotedTransport),
        [
            "checksum_present",
            "routing_present",
            "key_present",
            "sequence_present",
            "strict_source_route",
            "version",
            "protocol",
            "checksum",
            "key",
            "sequence"
        ]
    );
    for length in 20..packet.len() {
        let ip = Ip::parse_on_wire(&packet[..length], packet.len(), Limit::Frame).unwrap();
        assert_covers(&of(&ip), length);
    }
}

fn any_packet() -> impl Strategy<Value = Vec<u8>> {
    let header = (any::<bool>(), any::<u8>(), 0..20u8);
    (header, proptest::collection::vec(any::<u8>(), 2..300)).prop_map(
        |((is_v4, kind, code), mut octets)| {
            octets[0] = kind;
            octets[1] = code;
            if is_v4 { v4(&octets) } else { v6(&octets) }
        },
    )
}

/// What a quoted header lists has octets without a field of their own, which mean something all the same:
/// an address's family and encoding (RFC 7761 section 4.9.1), an attribute's length and vendor (RFC 2661
/// section 4.1). Some are reserved indeed (RFC 5059 section 4.1).
#[test]
fn nothing_with_a_meaning_is_called_reserved() {
    let pim = [
        0x24, 0, 0, 0, 0x04, 0xb0, 30, 10, 1, 0, 10, 0, 0, 9, 1, 0, 0, 8, 224, 0, 0, 0, 1, 1, 0, 0,
        1, 0, 10, 0, 0, 7, 0, 150, 192, 0,
    ];
    let l2tp = [
        0x06, 0xa5, 0x06, 0xa5, 0, 28, 0, 0, 0xc8, 2, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 8, 0, 0,
        0, 0, 0, 1,
    ];
    for (protocol, octets, places) in [
        (
            103,
            &pim[..],
            &[
                (14..16, "data"),
                (24..26, "reserved"),
                (26..28, "data"),
                (35..36, "reserved"),
            ][..],
        ),
        (17, &l2tp, &[(21..24, "message_type")]),
    ] {
        let quote = ipv4("192.0.2.1", "203.0.113.9", protocol, octets);
        let packet = v4(&[&[3, 3, 0, 0, 0, 0, 0, 0], &quote[..]].concat());
        let found = laid(&packet);
        let start = packet.len() - octets.len();
        let behind = found.iter().filter(|field| field.range.start >= start);
        let gaps = behind.filter(|field| field.value.is_none());
        let gaps: Vec<_> = gaps
            .map(|field| {
                (
                    field.range.start - start..field.range.end - start,
                    field.name,
                )
            })
            .collect();
        for place in places {
            assert!(gaps.contains(place), "{place:?}: {gaps:?}");
        }
        let reserved = |list: &[(std::ops::Range<usize>, &str)]| {
            list.iter().filter(|(_, name)| *name == "reserved").count()
        };
        assert_eq!(reserved(&gaps), reserved(places), "{gaps:?}");
    }
}

/// Random octets with a quote that parses and extensions that may.
fn any_error() -> impl Strategy<Value = Vec<u8>> {
    let kinds = prop_oneof![Just(3u8), Just(4), Just(5), Just(11), Just(12)];
    let tail = proptest::collection::vec(any::<u8>(), 0..200);
    (kinds, any::<[u8; 6]>(), any::<u8>(), tail.clone(), tail).prop_map(
        |(kind, header, protocol, payload, extensions)| {
            let mut message = vec![kind];
            message.extend(header);
            message.push(0);
            message.extend(ipv4("192.0.2.1", "203.0.113.9", protocol, &payload));
            message.extend([0x20, 0, 0, 0]);
            message.extend(extensions);
            v4(&message)
        },
    )
}

proptest! {
    #[test]
    fn any_octets_are_decoded_and_covered(packet in any_packet(), cut in any::<prop::sample::Index>()) {
        let header = if packet[0] >> 4 == 4 { 20 } else { 40 };
        laid(&packet);
        every_prefix(&packet);
        let length = header + cut.index(packet.len() - header);
        let ip = Ip::parse_on_wire(&packet[..length], packet.len(), Limit::Frame).unwrap();
        assert_covers(&of(&ip), length);
    }

    #[test]
    fn any_quote_is_decoded_and_covered(packet in any_error()) {
        laid(&packet);
        every_prefix(&packet);
    }
}
