//! ICMP messages and the headers of tunnels in quotes, which end anywhere.

use icmpdump::icmp::Message;
use icmpdump::icmp::cause::Proven;
use icmpdump::icmp::layout::{self, Part};
use icmpdump::wire::{Ip, Limit};
use serde_json::{Value, json};

use crate::shown::{records, run, v4, v6};

pub(crate) const HOST: [u8; 4] = [10, 0, 0, 1];
pub(crate) const FAR: [u8; 4] = [10, 9, 9, 9];
const ROUTER: [u8; 4] = [192, 0, 2, 1];

/// An error about these octets, of which so many are quoted.
pub(crate) fn about(packet: &[u8], quoted: usize) -> Vec<u8> {
    let quote = &packet[..quoted];
    match packet[0] >> 4 {
        4 => v4(
            ROUTER,
            HOST,
            1,
            &[&[11, 0, 0, 0, 0, 0, 0, 0], quote].concat(),
        ),
        _ => v6(58, &[&[3, 0, 0, 0, 0, 0, 0, 0], quote].concat()),
    }
}

/// What errors tell of a packet that quote more and more of it, from 28 octets on: how many, the record of the
/// quote, and the line.
pub(crate) fn quoted_ever_longer(packet: &[u8]) -> Vec<(usize, Value, String)> {
    let errors: Vec<_> = (28..packet.len())
        .map(|length| about(packet, length))
        .collect();
    let records = records(&errors);
    let records = records.iter().filter(|record| record["type"] == "icmp");
    let text = run(&errors, &["-t"]);
    let lines = text.lines().filter(|line| !line.starts_with("--"));
    let told = (28..).zip(records.zip(lines));
    told.map(|(length, (record, line))| (length, record["quoted"].clone(), line.to_owned()))
        .collect()
}

pub(crate) fn quoted(packet: &[u8]) -> Value {
    let records = records(&[packet.to_vec()]);
    let record = records.iter().find(|record| record["type"] == "icmp");
    record.unwrap()["quoted"].clone()
}

/// That each octet has a field of its own or a name, at every length of the quote.
pub(crate) fn every_octet_is_laid(packet: &[u8]) {
    for length in 28..=packet.len() {
        let error = about(packet, length);
        let ip = Ip::parse(&error, Limit::Frame).unwrap();
        let message = Message::parse(&ip);
        let laid = layout::fields(&ip, &message, None, Proven::default());
        let mut end = 0;
        for field in &laid {
            assert!(field.range.start <= end, "{length}: {field:?}");
            end = end.max(field.range.end);
        }
        assert_eq!(end, error.len(), "{length}");
    }
}

/// A message, what its record has of it beside type, code, length and names, what `-v` tells, and a row of
/// `-X`.
type Sample = (Vec<u8>, Value, &'static [&'static str], &'static str);

fn samples() -> Vec<Sample> {
    let inside = v4(FAR, HOST, 17, &[0, 5, 0, 6, 0, 8, 0, 0]);
    let message = |octets: &[u8], behind: &[u8]| v4(HOST, FAR, 1, &[octets, behind].concat());
    let mut padded = inside.clone();
    padded.resize(128, 0);
    // The structure of RFC 4884 behind it: a label.
    padded.extend([0x20, 0, 0, 0, 0, 8, 1, 1, 0, 0x10, 1, 1]);
    let mut solicitation = vec![135, 0, 0, 0, 0, 0, 0, 0, 0x20, 1, 0x0d, 0xb8];
    solicitation.extend([0; 11]);
    solicitation.extend([0x77, 1, 1, 2, 0, 0, 0, 0, 1]);
    let mut report = vec![143, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0, 0, 0xff, 2];
    report.extend([0; 12]);
    report.extend([1, 3]);
    vec![
        (
            message(&[3, 4, 0, 0, 0, 0, 5, 120], &inside),
            json!({"code_name": "fragmentation_needed", "mtu": 1400}),
            &["code 4 fragmentation needed, quote words 0, mtu 1400, "],
            "mtu 1400",
        ),
        (
            message(&[3, 1, 0, 0, 0, 32, 0, 0], &padded),
            json!({"code_name": "host_unreachable", "quote_words": 32}),
            &["mpls label stack", "label 256 tc 0 [S] ttl 1"],
            "label 256, traffic class 0, bottom, ttl 1",
        ),
        (
            message(&[5, 1, 0, 0, 10, 0, 0, 254], &inside),
            json!({"code_name": "host", "gateway": "10.0.0.254"}),
            &["code 1 host, gateway 10.0.0.254, "],
            "gateway 10.0.0.254",
        ),
        (
            message(&[12, 0, 0, 0, 20, 0, 0, 7], &inside),
            json!({"pointer": 20, "unused": 7}),
            &["pointer 20, quote words 0, unused 0x7, "],
            "pointer 20",
        ),
        (
            message(
                &[13, 0, 0, 0, 0, 5, 0, 6],
                &[0, 0, 3, 232, 0, 0, 0, 1, 0, 0, 0, 2],
            ),
            json!({"timestamps": {"originate": 1000, "receive": 1, "transmit": 2}}),
            &[
                "id 5 seq 6 ttl 64, ",
                "originate 1000, receive 1, transmit 2, ",
            ],
            "originate 1000",
        ),
        (
            message(&[17, 0, 0, 0, 0, 5, 0, 6], &[255, 0, 0, 0]),
            json!({"mask": "255.0.0.0"}),
            &["mask 255.0.0.0, "],
            "mask 255.0.0.0",
        ),
        (
            v6(58, &solicitation),
            json!({"target": "2001:db8::77", "options": [
                {"type": 1, "name": "source_link_layer_address", "address": "02:00:00:00:00:01"}]}),
            &[
                "target 2001:db8::77, ",
                "source link layer address (1): address 02:00:00:00:00:01",
            ],
            "target 2001:db8::77",
        ),
        (
            v6(58, &report),
            json!({"records": [{"type": 4, "name": "change_to_exclude", "group": "ff02::103",
                "source_count": 0, "sources": []}]}),
            &["record change to exclude ff02::103, 0 source(s)"],
            "group ff02::103",
        ),
    ]
}

#[test]
fn a_quoted_message_tells_its_fields() {
    for (packet, fields, texts, row) in samples() {
        let error = about(&packet, packet.len());
        let told = &quoted(&error)["icmp"];
        for (key, value) in fields.as_object().unwrap() {
            assert_eq!(told[key], *value, "{told}");
        }
        assert_eq!(told["type"], quoted(&error)["icmp_type"]);
        let lines = run(std::slice::from_ref(&error), &["-tv"]);
        for text in texts {
            assert!(lines.contains(text), "{text} in\n{lines}");
        }
        let dump = run(&[error], &["-tX"]);
        assert!(dump.contains(row), "{row} in\n{dump}");
        every_octet_is_laid(&packet);
    }
    let with_label = &samples()[1].0;
    let extensions = &quoted(&about(with_label, with_label.len()))["icmp"]["extensions"];
    assert_eq!(extensions[0]["labels"][0]["label"], 256);
    // Cut before it is: none is told.
    let cut = quoted(&about(with_label, 60));
    assert!(cut["icmp"]["extensions"].is_null());
    assert_eq!(cut["inner"]["dst_port"], 6);
    // All of an echo is told by the packet's own fields.
    let echo = v4(HOST, FAR, 1, &[8, 0, 0, 0, 0, 5, 0, 6]);
    assert!(quoted(&about(&echo, 28))["icmp"].is_null());
}

#[test]
fn quotes_in_quotes_are_followed_to_a_depth() {
    let mut packet = v4(HOST, FAR, 17, &[0, 5, 0, 6, 0, 8, 0, 0]);
    for _ in 0..2000 {
        packet = v4(
            HOST,
            FAR,
            1,
            &[&[3, 1, 0, 0, 0, 0, 0, 0], &packet[..]].concat(),
        );
    }
    let ip = Ip::parse(&packet, Limit::Frame).unwrap();
    let laid = layout::fields(&ip, &Message::parse(&ip), None, Proven::default());
    let types = laid.iter().filter(|field| field.name == "type").count();
    assert_eq!(types, 1 + 8);
    assert!(laid.iter().any(|field| field.part == Part::QuotedPayload));
}

/// A datagram to a tunnel's port.
pub(crate) fn datagram(port: u16, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(8 + payload.len()).unwrap();
    let ports = [
        &[0x13, 0x88][..],
        &port.to_be_bytes(),
        &length.to_be_bytes(),
        &[0, 0],
    ]
    .concat();
    v4(HOST, FAR, 17, &[&ports[..], payload].concat())
}

const MACS: [u8; 12] = [2, 0, 0, 0, 0, 5, 2, 0, 0, 0, 0, 1];

#[test]
fn a_tunnel_is_told_by_its_header_alone() {
    let inner = v4([1, 1, 1, 1], [2, 2, 2, 2], 17, &[0, 5, 0, 53, 0, 8, 0, 0]);
    let frame = [&MACS[..], &[8, 0], &inner].concat();
    let eight = |first: [u8; 4], last: [u8; 4]| [first, last].concat();
    let vxlan = eight([8, 0, 0, 0], [0, 0, 5, 0]);
    let l2tp = eight([0, 2, 0, 7], [0, 5, 0, 0x21]);
    let l2tp_framed = [&l2tp[..6], &[0xff, 3, 0, 0x21]].concat();
    let gpe = |next| eight([0x0c, 0, 0, next], [0, 0, 5, 0]);
    let geneve = |kind: [u8; 2]| eight([0, 0, kind[0], kind[1]], [0, 0, 5, 0]);
    let lisp = eight([8, 0, 0, 0], [0, 0, 5, 1]);
    let gtp = eight([0x30, 255, 0, 28], [0, 0, 0, 5]);
    // What tells which, and how many octets of UDP's payload that takes.
    for (port, header, body, (kind, key, tells)) in [
        (4789, &vxlan, &frame, ("vxlan", "vni", 7)),
        (8472, &vxlan, &frame, ("vxlan", "vni", 7)),
        (4790, &gpe(3), &frame, ("vxlan", "vni", 7)),
        (4790, &gpe(1), &inner, ("vxlan", "vni", 7)),
        (6081, &geneve([0x65, 0x58]), &frame, ("geneve", "vni", 7)),
        (6081, &geneve([8, 0]), &inner, ("geneve", "vni", 7)),
        (4341, &lisp, &inner, ("lisp", "instance", 7)),
        (2152, &gtp, &inner, ("gtp_u", "teid", 8)),
        (1701, &l2tp, &inner, ("l2tp", "session", 6)),
        (1701, &l2tp_framed, &inner, ("l2tp", "session", 6)),
    ] {
        let packet = datagram(port, &[&header[..], body].concat());
        let before_ip = packet.len() - inner.len();
        for (length, told, line) in quoted_ever_longer(&packet) {
            assert_eq!(told["length"], length);
            if length < 28 + tells {
                assert!(told["tunnel"].is_null(), "{port} {length}: {told}");
                continue;
            }
            let tunnel = &told["tunnel"][0];
            assert_eq!(tunnel["kind"], kind, "{port} {length}: {told}");
            assert_eq!(tunnel[key], 5, "{port} {length}: {told}");
            let inside = &told["inner"]["ip"];
            assert_eq!(
                inside.is_null(),
                length <= before_ip,
                "{port} {length}: {told}"
            );
            if length >= before_ip + 16 {
                assert_eq!(inside["src"], "1.1.1.1", "{port} {length}");
            }
            let text = format!("in its {} ", kind.replace('_', " "));
            assert!(line.contains(&text), "{text} in\n{line}");
            let text = format!(" {key} 5");
            assert!(line.contains(&text), "{text} in\n{line}");
        }
        every_octet_is_laid(&packet);
    }
}

/// The packet that a quote begins with is called as its tunnel is.
#[test]
fn tunnels_without_ports_have_names() {
    let inner = v4([1, 1, 1, 1], [2, 2, 2, 2], 17, &[0, 5, 0, 53, 0, 8, 0, 0]);
    let inner6 = v6(17, &[0, 5, 0, 53, 0, 8, 0, 0]);
    let ether = |kind: [u8; 2], packet: &[u8]| [&[2; 12], &kind[..], packet].concat();
    let frame = ether([8, 0], &inner);
    for (packet, word, title) in [
        (v4(HOST, FAR, 4, &inner), "ipip", "IPIP"),
        (v4(HOST, FAR, 41, &inner6), "ipv6", "6in4"),
        (v6(4, &inner), "ipip", "4in6"),
        (v6(41, &inner6), "ipv6", "6in6"),
        (
            v4(HOST, FAR, 97, &[&[0x30, 0], &frame[..]].concat()),
            "etherip",
            "EtherIP",
        ),
        (v4(HOST, FAR, 143, &frame), "ethernet", "Ethernet"),
        (
            v4(HOST, FAR, 80, &[&[0xcc], &inner[..]].concat()),
            "iso_ip",
            "ISO-IP",
        ),
        (v4(HOST, FAR, 54, &[0, 1, 8, 0, 0, 0, 0, 0]), "nhrp", "NHRP"),
        (v4(HOST, FAR, 93, &[0; 8]), "ax25", "AX.25"),
    ] {
        let error = about(&packet, packet.len());
        assert_eq!(quoted(&error)["protocol"], word);
        let text = run(&[error], &["-t"]);
        let ends = if packet[0] >> 4 == 4 {
            "10.0.0.1 > 10.9.9.9"
        } else {
            ""
        };
        let text_of = format!("quotes {title} {ends}");
        assert!(text.contains(&text_of), "{text_of} in\n{text}");
    }
}

#[test]
fn what_is_there_of_a_packet_inside_another_is_told() {
    let inner = v4([1, 1, 1, 1], [2, 2, 2, 2], 17, &[0, 5, 0, 53, 0, 8, 0, 0]);
    let inner6 = v6(17, &[0, 5, 0, 53, 0, 8, 0, 0]);
    let gre = [&[0x20, 0, 8, 0, 0, 0, 0, 9], &inner[..]].concat();
    for (packet, header, text) in [
        (v4(HOST, FAR, 4, &inner), 0, "in its ip in ip UDP"),
        (v4(HOST, FAR, 41, &inner6), 0, "in its ip in ip UDP"),
        (v4(HOST, FAR, 47, &gre), 8, "in its gre key 9 UDP"),
    ] {
        // Up to the protocol, and a little more.
        let length = 20 + header + 10;
        let error = about(&packet, length);
        let told = quoted(&error);
        assert_eq!(told["inner"]["ip"]["ttl"], 64, "{told}");
        assert_eq!(told["inner"]["protocol"], "udp");
        let line = run(&[error], &["-t"]);
        assert!(line.contains(text), "{text} in\n{line}");
        let told = quoted(&about(&packet, 20 + header));
        assert!(told["tunnel"].is_null(), "{told}");
        every_octet_is_laid(&packet);
    }
}

#[test]
fn a_tunnel_of_anything_but_ip_is_told() {
    let mut arp = [&MACS[..], &[8, 6, 0, 1, 8, 0, 6, 4, 0, 1]].concat();
    arp.extend([2, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 2, 2, 2, 2]);
    let vxlan = datagram(4789, &[&[8, 0, 0, 0, 0, 0, 5, 0], &arp[..]].concat());
    let gre = v4(
        HOST,
        FAR,
        47,
        &[&[0x20, 0, 0x65, 0x58, 0, 0, 0, 9], &arp[..]].concat(),
    );
    let erspan = [0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 0, 0, 100, 0, 0, 0, 0];
    let erspan = v4(HOST, FAR, 47, &[&erspan[..], &arp].concat());
    let ether_ip = v4(HOST, FAR, 97, &[&[0x30, 0], &arp[..]].concat());
    for (packet, tunnel, line) in [
        (
            &vxlan,
            json!({"kind": "vxlan", "vni": 5}),
            "in its vxlan vni 5 ARP request, ",
        ),
        (
            &gre,
            json!({"kind": "gre", "key": 9}),
            "in its gre key 9 ARP request, ",
        ),
        (
            &erspan,
            json!({"kind": "erspan", "session": 100}),
            "in its erspan session 100 ARP request, ",
        ),
        (
            &ether_ip,
            json!({"kind": "etherip"}),
            "in its etherip ARP request, ",
        ),
    ] {
        let error = about(packet, packet.len());
        let told = quoted(&error);
        for (key, value) in tunnel.as_object().unwrap() {
            assert_eq!(told["tunnel"][0][key], *value, "{told}");
        }
        let headers = told["tunnel"][0]["headers"].as_array().unwrap();
        let [.., ethernet, inside] = &headers[..] else {
            panic!("{told}");
        };
        assert_eq!(
            (&inside["name"], &inside["dst"]),
            (&json!("arp"), &json!("2.2.2.2"))
        );
        assert_eq!(inside["operation_name"], "request");
        assert_eq!(ethernet["src_address"], "02:00:00:00:00:01");
        assert_eq!(ethernet["ether_type"], 0x0806);
        assert!(told["inner"].is_null());
        let lines = run(&[error], &["-tv"]);
        assert!(lines.contains(line), "{line} in\n{lines}");
        every_octet_is_laid(packet);
    }
    // GTP's own messages, and L2TP's.
    let echo = datagram(2152, &[0x32, 1, 0, 4, 0, 0, 0, 0, 0, 9, 0, 0]);
    let told = quoted(&about(&echo, echo.len()));
    assert_eq!(told["tunnel"][0]["headers"][1]["sequence"], 9);
    assert_eq!(
        told["tunnel"][0]["headers"][1]["message_type_name"],
        "echo_request"
    );
    assert!(told["inner"].is_null());
    let mut unknown = vec![0x32, 26, 0, 16, 0, 0, 0, 0, 0, 9, 0, 0];
    unknown.extend([16, 0, 0, 0, 7, 133, 0, 4, 10, 1, 0, 1]);
    let unknown = datagram(2152, &unknown);
    let told = quoted(&about(&unknown, unknown.len()));
    let headers = told["tunnel"][0]["headers"].as_array().unwrap();
    assert_eq!(headers[1]["message_type_name"], "error_indication");
    assert_eq!(
        (&headers[2]["teid"], &headers[3]["peer"]),
        (&json!(7), &json!("10.1.0.1"))
    );
    every_octet_is_laid(&unknown);
    let control = datagram(
        1701,
        &[
            0xc8, 2, 0, 20, 0, 7, 0, 0, 0, 0, 0, 0, 0x80, 8, 0, 0, 0, 0, 0, 1,
        ],
    );
    let told = quoted(&about(&control, control.len()));
    let headers = told["tunnel"][0]["headers"].as_array().unwrap();
    assert_eq!((headers.len(), &headers[1]["tunnel"]), (2, &json!(7)));
    // Nothing was cut of what is no IP packet.
    let text = datagram(2152, b"\x30\xff\0\x04\0\0\0\x05abcd");
    let told = quoted(&about(&text, text.len()));
    assert_eq!(told["tunnel"][0]["teid"], 5);
    assert!(told["inner"].is_null());
    // What goes from such a port is none.
    let mut from = datagram(53, &[0x30, 255, 0, 28, 0, 0, 0, 5]);
    for (port, is_tunnel) in [(2152_u16, true), (6081, false), (4789, false)] {
        from[20..22].copy_from_slice(&port.to_be_bytes());
        from[28] = if is_tunnel { 0x30 } else { 8 };
        let told = quoted(&about(&from, from.len()));
        assert_eq!(told["tunnel"].is_null(), !is_tunnel, "{port}: {told}");
    }
    // The ports alone are none.
    for port in [4789, 6081, 2152, 1701, 4341] {
        let other = datagram(port, &[0xc0; 40]);
        let told = quoted(&about(&other, other.len()));
        assert!(told["tunnel"].is_null(), "{port}: {told}");
    }
}
