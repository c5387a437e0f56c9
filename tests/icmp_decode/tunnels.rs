//! The headers of tunnels against tshark's: of all captures, and of packets made for it.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::frames;
use crate::shown::{capture, v4, v6};
use crate::tcpdump::our_records;

/// What tshark calls a field, and where it is in our record: the header, or one of several, and the
/// field.
const FIELDS: &[(&str, &str, &str)] = &[
    ("udp.srcport", "udp", "src_port"),
    ("udp.dstport", "udp", "dst_port"),
    ("udp.length", "udp", "udp_length"),
    ("udp.checksum", "udp", "body_checksum"),
    ("gre.flags.checksum", "gre", "checksum_present"),
    ("gre.flags.routing", "gre", "routing_present"),
    ("gre.flags.key", "gre", "key_present"),
    ("gre.flags.sequence_number", "gre", "sequence_present"),
    (
        "gre.flags.strict_source_route",
        "gre",
        "strict_source_route",
    ),
    ("gre.flags.ack", "gre", "acknowledgment_present"),
    ("gre.flags.version", "gre", "body_version"),
    ("gre.proto", "gre", "protocol"),
    ("gre.checksum", "gre", "body_checksum"),
    ("gre.key", "gre", "key"),
    ("gre.sequence_number", "gre", "sequence"),
    ("gre.ack_number", "gre", "acknowledgment"),
    ("gre.key.call_id", "gre", "call"),
    ("gre.key.payload_length", "gre", "payload_length"),
    ("gre.wccp.service_id", "wccp", "service"),
    ("erspan.version", "erspan", "body_version"),
    ("erspan.vlan", "erspan", "vlan"),
    ("erspan.cos", "erspan", "class_of_service"),
    ("erspan.encap", "erspan", "encapsulation"),
    ("erspan.bso", "erspan", "bad_short_oversized"),
    ("erspan.truncated", "erspan", "truncated"),
    ("erspan.spanid", "erspan", "session"),
    ("erspan.index", "erspan", "index"),
    ("erspan.timestamp", "erspan", "timestamp"),
    ("erspan.sgt", "erspan", "security_group_tag"),
    ("erspan.ft", "erspan", "frame_type"),
    ("erspan.hw", "erspan", "hardware_id"),
    ("erspan.direction", "erspan", "egress"),
    ("erspan.gra", "erspan", "timestamp_granularity"),
    ("erspan.platid", "erspan_platform", "platform"),
    ("erspan.pid5.switchid", "erspan_platform", "switch"),
    ("mpls.label", "mpls", "label"),
    ("mpls.exp", "mpls", "traffic_class"),
    ("mpls.bottom", "mpls", "bottom"),
    ("mpls.ttl", "mpls", "ttl"),
    ("pppoe.session_id", "pppoe", "session"),
    ("pppoe.payload_length", "pppoe", "payload_length"),
    ("ppp.protocol", "ppp", "protocol"),
    ("vxlan.vni", "vxlan|vxlan_gpe", "vni"),
    ("vxlan.gbp", "vxlan", "group_policy"),
    ("geneve.vni", "geneve", "vni"),
    ("geneve.proto_type", "geneve", "protocol"),
    ("geneve.flags.critical", "geneve", "critical"),
    ("geneve.option.class", "geneve_option", "class"),
    ("geneve.option.type", "geneve_option", "type"),
    ("geneve.option.unknown.data", "geneve_option", "data"),
    ("gtp.teid", "gtp_u", "teid"),
    ("gtp.flags.version", "gtp_u|gtp_v0", "body_version"),
    ("gtp.flags.payload", "gtp_u|gtp_v0", "protocol_type"),
    ("gtp.flags.e", "gtp_u", "extension_present"),
    ("gtp.flags.s", "gtp_u", "sequence_present"),
    ("gtp.flags.pn", "gtp_u", "n_pdu_present"),
    ("gtp.length", "gtp_u|gtp_v0", "payload_length"),
    ("gtp.seq_number", "gtp_u|gtp_v0", "sequence"),
    (
        "gtp.ext_hdr.pdu_ses_con.pdu_type",
        "pdu_session_container",
        "pdu_type",
    ),
    (
        "gtp.ext_hdr.pdu_ses_con.qos_flow_id",
        "pdu_session_container",
        "qfi",
    ),
    (
        "gtp.ext_hdr.pdu_ses_cont.rqi",
        "pdu_session_container",
        "reflective_qos",
    ),
    ("gtp.flow_label", "gtp_v0", "flow_label"),
    ("gtp.tid", "gtp_v0", "tid"),
    ("l2tp.type", "l2tp", "control"),
    ("l2tp.length_bit", "l2tp", "length_present"),
    ("l2tp.seq_bit", "l2tp", "sequence_present"),
    ("l2tp.offset_bit", "l2tp", "offset_present"),
    ("l2tp.priority", "l2tp", "priority"),
    ("l2tp.length", "l2tp", "message_length"),
    ("l2tp.tunnel", "l2tp", "tunnel"),
    ("l2tp.session", "l2tp", "session"),
    ("l2tp.Ns", "l2tp", "ns"),
    ("l2tp.Nr", "l2tp", "nr"),
    ("l2tp.sid", "l2tpv3", "session"),
    ("nsh.spi", "nsh", "service_path"),
    ("nsh.si", "nsh", "service_index"),
    ("nsh.ttl", "nsh", "ttl"),
    ("nsh.mdtype", "nsh", "metadata_type"),
    ("lisp-data.nonce", "lisp", "nonce"),
    ("lisp-data.iid", "lisp", "instance"),
    ("amt.type", "amt", "body_type"),
    ("amt.response_mac", "amt", "response_mac"),
    ("amt.request_nonce", "amt", "nonce"),
    ("ayiya.nextheader", "ayiya", "next_protocol"),
    ("tzsp.type", "tzsp", "body_type"),
    ("capwap.header.fragment.id", "capwap", "fragment_id"),
    ("lwapp.Length", "lwapp", "payload_length"),
    ("mint.header.dstport", "mint", "dst_type"),
    ("peekremote.frequency", "peekremote", "frequency"),
    ("peekremote.channel", "peekremote", "channel"),
    ("e100.port_recv", "e100", "port"),
    ("e100.seq_num", "e100", "sequence"),
    ("e100.ip", "e100", "address"),
    ("e100.mon_pkt_id", "e100", "packet_id"),
    ("e100.bytes_cap", "e100", "captured_length"),
    ("e100.bytes_orig", "e100", "original_length"),
    ("redbackli.seqno", "redback_li", "sequence"),
    ("redbackli.liid", "redback_li", "li_id"),
    ("redbackli.sessid", "redback_li", "session"),
    ("redbackli.dir", "redback_li", "direction"),
    ("redbackli.acctid", "redback_li", "accounting_session"),
    ("jmirror.mid", "juniper_mirror", "mirror"),
    ("jmirror.sid", "juniper_mirror", "session"),
    ("gsmtap.ts", "gsmtap", "timeslot"),
    ("gsmtap.frame_nr", "gsmtap", "frame_number"),
    ("llcgprs.sapi", "gprs_llc", "sapi"),
    ("sndcp.segment", "sndcp", "segment"),
    ("mip.nattt.nexthdr", "mobile_ip", "next_protocol"),
    ("pim.version", "pim", "body_version"),
    ("pim.type", "pim", "body_type"),
    ("pim.cksum", "pim", "body_checksum"),
    ("pim.register_flag.border", "pim", "border"),
    ("teredo.orig.port", "teredo_origin", "port"),
    ("teredo.orig.addr", "teredo_origin", "address"),
];

/// Fields that tshark reads where nothing is, and why we are right.
const RESERVED: [(&str, &str, &str); 1] = [(
    "vxlan.gbp",
    "0",
    "RFC 7348 section 5 reserves these octets: draft-smith-vxlan-group-policy section 2.1 makes a \
     group of them where flag G is set",
)];

/// A value as both programs can write it.
fn plain(value: &str) -> String {
    if let Some(digits) = value.strip_prefix("0x")
        && let Ok(number) = u64::from_str_radix(digits, 16)
    {
        return number.to_string();
    }
    match value {
        "True" | "true" => "1".to_owned(),
        "False" | "false" => "0".to_owned(),
        other => other.to_owned(),
    }
}

/// All our values of a field.
fn ours(record: &Value, header: &str, field: &str) -> Vec<String> {
    // tshark does not know Broadcom's LI, nor what is in it; tcpdump does.
    let tunnels = record["tunnel"].as_array().unwrap();
    let known = tunnels
        .iter()
        .position(|tunnel| tunnel["kind"] == "broadcom_li");
    let tunnels = tunnels[..known.map_or(tunnels.len(), |at| at + 1)].iter();
    let headers = tunnels.flat_map(|tunnel| tunnel["headers"].as_array().into_iter().flatten());
    let headers = headers.filter(|each| header.split('|').any(|header| each["name"] == header));
    let values = headers.flat_map(|header| match header["labels"].as_array() {
        Some(labels) => labels.iter().map(|label| &label[field]).collect(),
        None => vec![&header[field]],
    });
    let told = values.filter(|value| !value.is_null());
    told.map(|value| plain(&value.to_string().replace('"', "")))
        .collect()
}

/// Our records of the messages in tunnels.
pub(crate) fn tunnelled(path: &Path) -> Vec<Value> {
    let mut records = our_records(path);
    // A quoted packet has fields of the same names.
    records.retain(|record| record["tunnel"].is_array() && record["quoted"].is_null());
    records
}

/// Compares what both tell of the tunnels in a capture; of how many messages, and what differs.
fn compare(path: &Path) -> (usize, Vec<String>) {
    let records = tunnelled(path);
    if records.is_empty() {
        return (0, Vec::new());
    }
    let mut command = Command::new("tshark");
    command.args([
        "-n",
        "-T",
        "fields",
        "-E",
        "separator=|",
        "-E",
        "aggregator=,",
    ]);
    // The port that Linux takes for VXLAN by default.
    command.args(["-d", "udp.port==8472,vxlan", "-r"]).arg(path);
    for (name, ..) in FIELDS {
        command.args(["-e", name]);
    }
    let output = command.output().expect("tshark is installed");
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<_> = text.lines().collect();
    let name = path.file_name().unwrap().to_string_lossy();
    let mut different = Vec::new();
    for record in &records {
        let frame = usize::try_from(record["frame"].as_u64().unwrap()).unwrap();
        for ((field, header, our), theirs) in FIELDS.iter().zip(lines[frame - 1].split('|')) {
            let ours = ours(record, header, our);
            let theirs: Vec<_> = (theirs.split(',').filter(|value| !value.is_empty()))
                .map(plain)
                .collect();
            let is_reserved = (RESERVED.iter())
                .any(|(name, value, _)| name == field && ours.is_empty() && theirs == [*value]);
            if ours != theirs && !is_reserved {
                different.push(format!(
                    "{name} #{frame} {field}: {ours:?}, tshark {theirs:?}"
                ));
            }
        }
    }
    (records.len(), different)
}

fn check(told: impl Iterator<Item = (usize, Vec<String>)>) {
    let (mut compared, mut different) = (0, Vec::new());
    for (messages, more) in told {
        compared += messages;
        different.extend(more);
    }
    assert!(compared > 0);
    assert!(
        different.is_empty(),
        "{} differences in {compared} messages:\n{}",
        different.len(),
        different.join("\n")
    );
    eprintln!("compared {compared} messages");
}

#[test]
fn tunnels_of_the_captures_are_told_as_tshark_does() {
    check(frames::files().iter().map(|path| compare(path)));
}

fn udp(dst: u16, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(8 + payload.len()).unwrap();
    let mut datagram = vec![0xc0, 0];
    datagram.extend(dst.to_be_bytes());
    datagram.extend(length.to_be_bytes());
    datagram.extend([0, 0]);
    datagram.extend(payload);
    datagram
}

/// What no capture has.
fn crafted() -> Vec<Vec<u8>> {
    let (a, b) = ([192, 0, 2, 1], [192, 0, 2, 2]);
    let echo = v4([10, 0, 0, 1], [10, 0, 0, 2], 1, &[8, 0, 0, 0, 0, 1, 0, 1]);
    let echo6 = v6(58, &[128, 0, 0, 0, 0, 1, 0, 1]);
    let frame = [&[2; 12][..], &[8, 0], &echo].concat();
    let over =
        |protocol, header: &[u8], inner: &[u8]| v4(a, b, protocol, &[header, inner].concat());
    let over_udp =
        |port, header: &[u8], inner: &[u8]| v4(a, b, 17, &udp(port, &[header, inner].concat()));
    vec![
        over(137, &[0x03, 0xe8, 0x1a, 9, 0, 1, 0x01, 63], &echo),
        over(
            47,
            &[
                0xb0, 0, 0x65, 0x58, 0x2b, 0x88, 0, 0, 0, 0, 0, 7, 0, 0, 0, 9,
            ],
            &frame,
        ),
        over(
            47,
            &[
                0x30, 0x81, 0x88, 0x0b, 0, 34, 0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 2, 0xff, 3, 0, 0x21,
            ],
            &echo,
        ),
        over(
            47,
            &[
                0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 42, 0xac, 5, 0, 0, 0, 9,
            ],
            &frame,
        ),
        over(
            47,
            &[
                0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 1, 0xff, 0xff, 0, 0, 1, 0, 0, 7, 0x80, 0x2d,
                0x14, 3, 0, 4, 0, 0, 0, 5,
            ],
            &frame,
        ),
        over(47, &[0, 0, 0x88, 0x3e, 0x80, 1, 2, 3], &echo),
        over_udp(4789, &[0x88, 0x48, 0, 7, 0, 0, 5, 0], &frame),
        over_udp(
            6081,
            &[
                4, 0x40, 0x65, 0x58, 0, 0, 5, 0, 1, 2, 0x83, 1, 9, 8, 7, 6, 1, 3, 4, 1, 1, 1, 1, 1,
            ],
            &frame,
        ),
        over_udp(
            2152,
            &[
                0x36, 255, 0, 40, 0, 0, 0, 9, 0, 5, 0, 0x85, 1, 0, 0x49, 0x85, 1, 0x10, 7, 0,
            ],
            &echo,
        ),
        over_udp(
            1701,
            &[
                0x4a, 2, 0, 48, 0, 3, 0, 4, 0, 1, 0, 2, 0, 2, 9, 9, 0xff, 3, 0, 0x21,
            ],
            &echo,
        ),
        over(115, &[0, 0, 0, 9], &frame),
        over(
            47,
            &[0, 0, 0x89, 0x4f, 0x0f, 0xc2, 2, 3, 0, 0, 7, 254],
            &frame,
        ),
        over_udp(4790, &[0x0c, 0, 0, 5, 0, 0, 5, 0, 0, 1, 1, 64], &echo),
        over_udp(3544, &[0, 0, 0xff, 0xfe, 0x3f, 0xff, 0xfd, 0xfe], &echo6),
    ]
}

/// What every header of Redback's lawful interception holds.
const INTERCEPTED: [u8; 18] = [1, 4, 0, 0, 0, 1, 2, 4, 0, 1, 4, 0x6a, 3, 4, 0, 0, 0, 3];

/// What access points, mirrors and networks of other kinds have around packets.
fn crafted_newer() -> Vec<Vec<u8>> {
    let (a, b) = ([192, 0, 2, 1], [192, 0, 2, 2]);
    let echo = v4([10, 0, 0, 1], [10, 0, 0, 2], 1, &[8, 0, 0, 0, 0, 1, 0, 1]);
    let echo6 = v6(58, &[128, 0, 0, 0, 0, 1, 0, 1]);
    let frame = [&[2; 12][..], &[8, 0], &echo].concat();
    let mut wireless = vec![0x08, 0x02, 0, 0];
    wireless.extend([
        2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 3, 2, 0, 0, 0, 0, 1, 0x10, 0,
    ]);
    wireless.extend([0xaa, 0xaa, 3, 0, 0, 0, 8, 0]);
    wireless.extend(&echo);
    let over =
        |protocol, header: &[u8], inner: &[u8]| v4(a, b, protocol, &[header, inner].concat());
    let over_udp =
        |port, header: &[u8], inner: &[u8]| v4(a, b, 17, &udp(port, &[header, inner].concat()));
    vec![
        // tshark takes what comes from this port later for L2TP as well.
        over_udp(
            5072,
            &[&[0x44, 0x52, 0x11, 41, 0, 0, 0, 1], &[1; 36][..]].concat(),
            &echo6,
        ),
        over(143, &[], &frame),
        over_udp(37008, &[1, 0, 0, 1, 0, 10, 1, 0xc4, 1], &frame),
        over_udp(37008, &[1, 0, 0, 0x12, 1], &wireless),
        over_udp(5247, &[0, 0x10, 0, 0, 0, 9, 0, 0], &frame),
        over_udp(12222, &[0, 0, 0, 68, 50, 20], &wireless),
        over_udp(
            24577,
            &[1, 1, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 0, 1, 0, 1, 0, 0],
            &frame,
        ),
        over_udp(
            5000,
            &[
                &[
                    0, 0xff, 0xab, 0xcd, 2, 0, 0, 0, 55, 0, 0, 0, 6, 0, 7, 0, 11, 0, 0, 9, 0x9e,
                ],
                &[0; 34][..],
            ]
            .concat(),
            &[&wireless[..], &[1, 2, 3, 4]].concat(),
        ),
        over_udp(30030, &[0, 0, 0, 1, 0, 0, 0, 7], &echo),
        over_udp(4341, &[0x88, 0, 0, 0, 0, 0, 7, 1], &echo6),
        over_udp(4341, &[0x80, 1, 2, 3, 0, 0, 0, 0], &echo),
        over_udp(4754, &[0x20, 0, 8, 0, 0, 0, 0, 9], &echo),
        over_udp(2268, &[6, 0], &echo),
        over_udp(2268, &[4, 0, 1, 2, 3, 4, 5, 6, 0, 0, 0, 9], &echo6),
        over_udp(2268, &[5, 0, 1, 2, 3, 4, 5, 6, 0, 0, 0, 9], &echo6),
        over_udp(434, &[4, 4, 0, 0], &echo),
        over_udp(4306, &[1], &echo),
        over_udp(12000, &[0xaa, 0xaa, 3, 0, 0, 0, 8, 0], &echo),
        over_udp(
            4729,
            &[
                2, 4, 9, 3, 0x40, 5, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0x65, 0, 0, 2,
            ],
            &echo,
        ),
        over_udp(
            9999,
            &[
                1, 3, 0, 9, 10, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0, 42, 0, 0, 0,
                46,
            ],
            &frame,
        ),
        over_udp(9998, &[&INTERCEPTED[..], &[0, 1, 0]].concat(), &echo),
        over_udp(
            9998,
            &[
                &[20, 2, 65, 66, 4, 1, 1],
                &INTERCEPTED[..],
                &[40, 1, 7, 0, 0],
            ]
            .concat(),
            &echo,
        ),
    ]
}

#[test]
fn tunnels_of_every_kind_are_told_as_tshark_does() {
    let packets = [crafted_newer(), crafted()].concat();
    let file = capture(&packets);
    let (messages, different) = compare(file.path());
    assert_eq!(messages, packets.len());
    check([(messages, different)].into_iter());
}
