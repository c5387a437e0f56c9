//! Tunnels in quotes that end inside of their headers, or before there is a packet behind these.

use serde_json::{Value, json};

use crate::quoted_icmp::{
    FAR, HOST, about, datagram, every_octet_is_laid, quoted, quoted_ever_longer,
};
use crate::shown::{run, v4, v6};

const LABELS: [u8; 8] = [0x03, 0xe8, 0x1a, 9, 0, 1, 0x01, 63];

fn inner() -> Vec<u8> {
    v4([1, 1, 1, 1], [2, 2, 2, 2], 17, &[0, 5, 0, 53, 0, 8, 0, 0])
}

fn inner6() -> Vec<u8> {
    v6(17, &[0, 5, 0, 53, 0, 8, 0, 0])
}

fn over_gre(header: &[u8], inside: &[u8]) -> Vec<u8> {
    v4(HOST, FAR, 47, &[header, inside].concat())
}

fn over_udp(port: u16, header: &[u8], inside: &[u8]) -> Vec<u8> {
    datagram(port, &[header, inside].concat())
}

fn with_labels(header: &[u8]) -> Vec<u8> {
    [header, &LABELS].concat()
}

/// The kinds of the tunnels of a quote, outermost first.
fn kinds(quoted: &Value) -> Vec<&str> {
    let tunnels = quoted["tunnel"].as_array().into_iter().flatten();
    tunnels
        .map(|tunnel| tunnel["kind"].as_str().unwrap())
        .collect()
}

/// A packet in tunnels, the length of its quote from which on each of these is told, where the packet
/// inside begins, and what the line of a quote that ends there calls them.
type Sample = (Vec<u8>, Vec<(&'static str, usize)>, usize, &'static str);

fn samples() -> Vec<Sample> {
    let key = [0x20, 0, 0x88, 0x47, 0, 0, 0, 9];
    let service = [0x0f, 0xc2, 2, 1, 0, 0, 7, 254];
    let frame = [&[2; 12][..], &[0x88, 0x64, 0x11, 0, 0, 7, 0, 30, 0, 0x21]].concat();
    let labels = "mpls label 16";
    vec![
        (
            over_udp(6635, &LABELS, &inner()),
            vec![("mpls", 32)],
            36,
            labels,
        ),
        (
            over_udp(6635, &LABELS, &inner6()),
            vec![("mpls", 32)],
            36,
            labels,
        ),
        (
            v4(HOST, FAR, 137, &[&LABELS, &inner()[..]].concat()),
            vec![("mpls", 24)],
            28,
            labels,
        ),
        (
            over_gre(&with_labels(&[0, 0, 0x88, 0x47]), &inner()),
            vec![("gre", 28), ("mpls", 28)],
            32,
            "gre, mpls label 16",
        ),
        (
            over_gre(&with_labels(&key), &inner6()),
            vec![("gre", 32), ("mpls", 32)],
            36,
            "gre key 9, mpls label 16",
        ),
        (
            over_udp(6080, &with_labels(&[0, 137, 0, 0]), &inner()),
            vec![("gue", 32), ("mpls", 36)],
            40,
            "gue, mpls label 16",
        ),
        (
            over_udp(6080, &[0, 4, 0, 0], &inner()),
            vec![("gue", 32)],
            32,
            "gue",
        ),
        (
            over_udp(6080, &[1, 41, 0x80, 0, 1, 2, 3, 4], &inner6()),
            vec![("gue", 32)],
            36,
            "gue",
        ),
        (
            over_udp(
                6081,
                &with_labels(&[1, 0, 0x88, 0x47, 0, 0, 5, 0, 1, 2, 3, 0]),
                &inner(),
            ),
            vec![("geneve", 35), ("mpls", 44)],
            48,
            "geneve vni 5, mpls label 16",
        ),
        (
            over_udp(4790, &with_labels(&[0x0c, 0, 0, 5, 0, 0, 5, 0]), &inner()),
            vec![("vxlan", 35), ("mpls", 40)],
            44,
            "vxlan vni 5, mpls label 16",
        ),
        (
            over_udp(
                4790,
                &[&[0x0c, 0, 0, 4, 0, 0, 5, 0], &service[..]].concat(),
                &inner(),
            ),
            vec![("vxlan", 35), ("nsh", 44)],
            44,
            "vxlan vni 5, nsh service path 7",
        ),
        (
            over_udp(
                4789,
                &[&[8, 0, 0, 0, 0, 0, 5, 0], &frame[..]].concat(),
                &inner(),
            ),
            vec![("vxlan", 35), ("pppoe", 56)],
            58,
            "vxlan vni 5, pppoe session 7",
        ),
    ]
}

#[test]
fn labels_in_gre_and_generic_encapsulation_are_told_by_their_headers_alone() {
    for (packet, tunnels, start, words) in samples() {
        let (fixed, checked) = if packet[start] >> 4 == 4 {
            (20, 10)
        } else {
            (40, 7)
        };
        for (length, told, line) in quoted_ever_longer(&packet) {
            let expected: Vec<_> = (tunnels.iter())
                .filter_map(|&(kind, from)| (length >= from).then_some(kind))
                .collect();
            assert_eq!(kinds(&told), expected, "{words} {length}: {told}");
            let inside = &told["inner"];
            assert_eq!(
                inside.is_null(),
                length <= start,
                "{words} {length}: {told}"
            );
            if length > start + checked {
                assert_eq!(inside["ip"]["ttl"], 64, "{words} {length}: {told}");
                assert_eq!(inside["protocol"], "udp", "{words} {length}: {told}");
            }
            if length > start && length < start + fixed {
                let cut = json!([{"layer": "quote", "offset": 0, "needed": fixed,
                                  "available": length - start, "limit": "quote"}]);
                assert_eq!(inside["defects"], cut, "{words} {length}: {told}");
            }
            if length >= start {
                assert!(
                    line.contains(&format!("in its {words}")),
                    "{words} in\n{line}"
                );
            }
            if length >= start && words.ends_with("label 16") {
                let headers = told["tunnel"].as_array().unwrap().last().unwrap();
                let stack = &headers["headers"].as_array().unwrap().last().unwrap()["labels"];
                assert_eq!(stack[0]["label"], 16001, "{length}: {told}");
                assert_eq!(stack[1]["bottom"], true, "{length}: {told}");
            }
        }
        let right_before = [about(&packet, start)];
        if words.ends_with("label 16") {
            for flags in ["-tv", "-tX"] {
                let told = run(&right_before, &[flags]);
                assert!(told.contains("label 16001"), "{told}");
            }
        }
        every_octet_is_laid(&packet);
    }
}

#[test]
fn a_stack_that_is_cut_tells_the_labels_that_are_there() {
    let packet = over_udp(
        6635,
        &[&LABELS[..4], &LABELS[..4], &LABELS].concat(),
        &inner(),
    );
    let told = quoted(&about(&packet, 38));
    let stack = &told["tunnel"][0]["headers"][1]["labels"];
    assert_eq!(stack.as_array().unwrap().len(), 2, "{told}");
    assert_eq!(stack[1]["bottom"], false, "{told}");
    assert!(told["inner"].is_null(), "{told}");
}

/// RFC 2661 sections 3.1 and 4.1: of what a control message tells the last may be quoted in part.
#[test]
fn an_attribute_of_l2tp_that_is_cut_is_told_as_cut() {
    let attribute = |kind: u8, value: &[u8]| {
        let length = u8::try_from(6 + value.len()).unwrap();
        [&[0x80, length, 0, 0, 0, kind], value].concat()
    };
    let behind = |last: &[u8]| {
        let attributes = [&attribute(0, &[0, 2]), last].concat();
        let length = u8::try_from(12 + attributes.len()).unwrap();
        let header = [0xc8, 2, 0, length, 0, 5, 0, 0, 0, 0, 0, 1];
        over_udp(1701, &header, &attributes)
    };
    // The quote ends with the first three octets of the value.
    let cut = |packet: &[u8], there: usize| {
        let error = about(packet, 28 + 12 + 8 + 6 + there);
        let list = quoted(&error)["tunnel"][0]["headers"][1].clone();
        assert_eq!(list["attributes"][0]["message_name"], "sccrp", "{list}");
        assert_eq!(list["unread"], Value::Null, "{list}");
        (list["attributes"][1].clone(), run(&[error], &["-tv"]))
    };
    let name = behind(&attribute(7, b"lac.example"));
    let (told, text) = cut(&name, 3);
    assert_eq!(
        told,
        json!({"type": 7, "name": "host_name", "mandatory": true, "hidden": false, "text": "lac", "cut": true})
    );
    assert!(
        text.contains("host name (7): flags [mandatory], text lac, cut\n"),
        "{text}"
    );
    let (told, _) = cut(&name, 11);
    assert_eq!(told["text"], "lac.example", "{told}");
    assert_eq!(told["cut"], Value::Null, "{told}");
    let (told, text) = cut(&behind(&attribute(11, &[0xaa; 16])), 3);
    assert_eq!(
        told,
        json!({"type": 11, "name": "challenge", "mandatory": true, "hidden": false, "unread": "aaaaaa",
               "cut": true})
    );
    assert!(text.contains("unread aaaaaa, cut\n"), "{text}");
    // Nothing is told of a password.
    let (told, text) = cut(&behind(&attribute(33, b"hemmelig")), 3);
    assert_eq!(
        told,
        json!({"type": 33, "name": "proxy_authentication_response", "mandatory": true, "hidden": false,
               "cut": true})
    );
    assert!(text.contains("flags [mandatory], cut\n"), "{text}");
}

#[test]
fn options_of_a_packet_inside_may_be_cut() {
    let mut inner = inner();
    inner[0] = 0x46;
    inner[3] += 4;
    inner.splice(20..20, [148, 4, 0, 0]);
    inner[10..12].fill(0);
    let packet = over_udp(
        4789,
        &[&[8, 0, 0, 0, 0, 0, 5, 0], &[2; 12][..], &[8, 0]].concat(),
        &inner,
    );
    let mut behind_options = inner6();
    behind_options[6] = 60;
    behind_options[5] += 8;
    behind_options.splice(40..40, [17, 0, 1, 4, 0, 0, 0, 0]);
    let frame = [&[8, 0, 0, 0, 0, 0, 5, 0], &[2; 12][..], &[0x86, 0xdd]].concat();
    let packet6 = over_udp(4789, &frame, &behind_options);
    for (packet, last) in [(packet, "2.2.2.2"), (packet6, "2001:db8::2")] {
        let start = 50;
        let fixed = if packet[start] >> 4 == 4 { 20 } else { 40 };
        for length in start + fixed..packet.len() {
            let told = quoted(&about(&packet, length));
            assert_eq!(told["inner"]["ip"]["dst"], last, "{length}: {told}");
        }
    }
}

/// A packet whose length does not prove what it is in.
fn odd() -> Vec<u8> {
    let mut packet = inner();
    packet[3] += 1;
    packet
}

fn changed(first: u8) -> Vec<u8> {
    [&[first], &inner()[1..]].concat()
}

fn gtp_0(flags: u8, inside: &[u8]) -> Vec<u8> {
    let header = [flags, 255, 0, 28, 0, 1, 0, 2, 255, 255, 255, 255];
    over_udp(3386, &[&header, &[0; 8][..]].concat(), inside)
}

/// What contradicts that a packet is of a tunnel, and the length of a quote from which on it does.
type Contradicted = (&'static str, Vec<u8>, usize);

fn contradicted_in_gue() -> Vec<Contradicted> {
    let gue = |header: [u8; 4]| over_udp(6080, &header, &odd());
    let first = |packet: &[u8]| over_udp(6080, &[], packet);
    vec![
        ("version 2", gue([0x80, 4, 0, 0]), 28),
        ("version 3", gue([0xc0, 4, 0, 0]), 28),
        ("control", gue([0x20, 4, 0, 0]), 28),
        ("longer than its datagram", gue([0x1f, 4, 0, 0]), 28),
        ("flags without extensions", gue([0, 4, 0x80, 0]), 28),
        ("no tunnel's protocol", gue([0, 59, 0, 0]), 28),
        ("IPv6 that is not", gue([0, 41, 0, 0]), 33),
        ("version 5 of IP", first(&changed(0x55)), 28),
        ("a header of IP too short", first(&changed(0x44)), 28),
        ("a packet too long", first(&odd()), 32),
    ]
}

fn contradicted() -> Vec<Contradicted> {
    let eight = |port, header: [u8; 8]| over_udp(port, &header, &odd());
    let labels = |header: &[u8]| over_udp(6635, header, &[]);
    let of_version_0 = over_udp(4341, &[8, 0, 0, 0, 0, 0, 5, 0], &changed(0));
    let no_room = over_udp(3544, &[0, 0, 1, 2, 3, 4, 5, 6], &[0x60, 0]);
    vec![
        (
            "version of GPE",
            eight(4790, [0x1c, 0, 0, 1, 0, 0, 5, 0]),
            28,
        ),
        (
            "version of Geneve",
            eight(6081, [0x40, 0, 8, 0, 0, 0, 5, 0]),
            28,
        ),
        ("no EtherType", eight(6081, [0, 0, 0, 4, 0, 0, 5, 0]), 28),
        (
            "too many options",
            eight(6081, [0x3f, 0, 8, 0, 0, 0, 5, 0]),
            28,
        ),
        (
            "implicit null",
            eight(6635, [0, 0, 0x30, 64, 0, 1, 1, 64]),
            28,
        ),
        ("no bottom", labels(&[0, 1, 0, 64, 0, 1, 0, 64]), 36),
        ("nothing behind it", labels(&[0, 1, 1, 64]), 32),
        ("version 0 of IP in LISP", of_version_0, 37),
        ("a spare bit of GTP", gtp_0(0x16, &odd()), 28),
        ("no room for a packet", no_room, 28),
        ("no session", eight(1701, [0, 3, 0, 0, 0, 0, 0, 0]), 28),
    ]
}

#[test]
fn a_header_that_contradicts_its_port_is_no_tunnel() {
    for (why, packet, from) in contradicted().into_iter().chain(contradicted_in_gue()) {
        for length in from..=packet.len().min(47) {
            let told = quoted(&about(&packet, length));
            assert!(told["tunnel"].is_null(), "{why} {length}: {told}");
        }
    }
    // What says the same without the fault is one.
    let eight = |port, header: [u8; 8]| over_udp(port, &header, &inner());
    for packet in [
        over_udp(6080, &[0, 4, 0, 0], &inner()),
        over_udp(6080, &[], &inner()),
        eight(4790, [0x0c, 0, 0, 1, 0, 0, 5, 0]),
        eight(6081, [0, 0, 8, 0, 0, 0, 5, 0]),
        eight(6635, [0, 1, 0, 64, 0, 1, 1, 64]),
        eight(4341, [8, 0, 0, 0, 0, 0, 5, 0]),
        gtp_0(0x1e, &inner()),
    ] {
        let told = quoted(&about(&packet, 44));
        assert!(told["tunnel"].is_array(), "{told}");
    }
}

#[test]
fn what_contradicts_a_header_ends_the_way_before_it() {
    let session = [0x88, 0x64, 0x22, 0, 0, 7, 0, 30, 0, 0x21];
    let frame = [&[8, 0, 0, 0, 0, 0, 5, 0], &[2; 12][..], &session].concat();
    let told = quoted(&about(&over_udp(4789, &frame, &inner()), 60));
    assert_eq!(kinds(&told), ["vxlan"], "{told}");
    let told = quoted(&about(&over_udp(6635, &LABELS, &odd()), 44));
    assert_eq!(kinds(&told), ["mpls"], "{told}");
    assert!(told["inner"].is_null(), "{told}");
}
