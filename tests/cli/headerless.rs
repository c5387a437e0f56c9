//! Units that Wireshark exported without the header of their IP packet, beside what tshark shows.

use std::process::Command;

use serde_json::Value;

use crate::common::{of_type, records, run};
use crate::links::{ECHO, capture_of};

const ECHO6: [u8; 8] = [128, 0, 0x82, 0xb6, 0, 1, 0, 1];
const FIRST: [u8; 16] = [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
const SECOND: [u8; 16] = [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];

/// A field of the header.
fn field(tag: u8, value: &[u8]) -> Vec<u8> {
    let padding = vec![0; value.len().wrapping_neg() % 4];
    let length = u8::try_from(value.len() + padding.len()).unwrap();
    [&[0, tag, 0, length][..], value, &padding].concat()
}

fn named(name: &str) -> Vec<u8> {
    field(12, name.as_bytes())
}

fn placed(table: &str, place: u32) -> Vec<u8> {
    [field(14, table.as_bytes()), field(32, &place.to_be_bytes())].concat()
}

/// The frame of a unit behind these fields.
fn exported(fields: &[u8], unit: &[u8]) -> Vec<u8> {
    [fields, &[0; 4], unit].concat()
}

/// The type that tshark shows of each frame, and whom from and to.
fn of_tshark(path: &str) -> Vec<(String, [String; 2])> {
    let fields = [
        "icmp.type",
        "icmpv6.type",
        "_ws.col.Source",
        "_ws.col.Destination",
    ];
    let mut command = Command::new("tshark");
    command.args(["-r", path, "-T", "fields"]);
    for field in fields {
        command.args(["-e", field]);
    }
    let output = command.output().expect("tshark is installed");
    let lines = String::from_utf8(output.stdout).unwrap();
    let told = lines.lines().map(|line| {
        let told: Vec<_> = line.split('\t').collect();
        (told[..2].concat(), [told[2].to_owned(), told[3].to_owned()])
    });
    told.collect()
}

/// What is told of these frames, one message each, and what tshark says of them.
fn told(frames: &[Vec<u8>]) -> Vec<(Value, (String, [String; 2]))> {
    let capture = capture_of(252, frames);
    let path = capture.path().to_str().unwrap();
    let records = records(&["-r", path, "--json"]);
    let ours = of_type(&records, "icmp");
    let numbers: Vec<_> = ours
        .iter()
        .map(|record| record["frame"].as_u64().unwrap())
        .collect();
    let all: Vec<_> = (1..=frames.len() as u64).collect();
    assert_eq!(numbers, all);
    let theirs = of_tshark(path);
    assert_eq!(theirs.len(), frames.len());
    ours.into_iter().cloned().zip(theirs).collect()
}

/// What IPv4 carries in `ECHO`.
fn message() -> &'static [u8] {
    &ECHO[20..]
}

#[test]
fn messages_without_an_ip_header_are_those_of_tshark() {
    let v4 = [field(20, &[192, 0, 2, 1]), field(21, &[192, 0, 2, 2])].concat();
    let v6 = [field(22, &FIRST), field(23, &SECOND)].concat();
    let options = [&[58, 0, 5, 2, 0, 0, 1, 0][..], &ECHO6].concat();
    let gre = [&[0, 0, 8, 0][..], &ECHO].concat();
    let units = [
        (named("icmp"), message()),
        (named("icmpv6"), &ECHO6),
        (placed("ip.proto", 1), message()),
        (placed("ip.proto", 58), &ECHO6),
        (placed("ip.proto", 0), &options),
        (placed("ip.proto", 60), &options),
    ];
    let addresses = [&[][..], &v4, &v6, &v6[..20]];
    let frames: Vec<_> = (units.iter())
        .flat_map(|(dissector, unit)| {
            addresses.map(|addresses| exported(&[dissector, addresses].concat(), unit))
        })
        .collect();
    for (record, (kind, theirs)) in told(&frames) {
        assert_eq!(record["icmp"]["type"].to_string(), kind, "{record}");
        let ours = ["src", "dst"].map(|end| record["ip"][end].as_str().unwrap());
        for (ours, theirs) in ours.iter().zip(&theirs) {
            match theirs.as_str() {
                "" => assert!(matches!(*ours, "0.0.0.0" | "::"), "{record}"),
                theirs => assert_eq!(*ours, theirs),
            }
        }
        assert_eq!(record["ip"]["headerless"], true);
    }
    let fields = [placed("ip.proto", 47), v4].concat();
    let (record, theirs) = told(&[exported(&fields, &gre)]).remove(0);
    assert_eq!(theirs.0, "8");
    assert_eq!(record["tunnel"][0]["src"], "192.0.2.1");
    assert_eq!(record["ip"]["ttl"], 64);
}

#[test]
fn units_of_any_table_that_leads_to_packets_are_read() {
    let mac = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0];
    let frame = [&mac[..], &ECHO].concat();
    let vxlan = [&[8, 0, 0, 0, 0, 0, 5, 0][..], &frame].concat();
    let length = u8::try_from(ECHO.len()).unwrap();
    let gtp = [&[0x30, 255, 0, length, 0, 0, 0, 5][..], &ECHO].concat();
    let octets = u8::try_from(vxlan.len() + 8).unwrap();
    let udp = [&[4, 210, 0x12, 0xb5, 0, octets, 0, 0][..], &vxlan].concat();
    let tables = [
        ("arcnet.protocol_id", 240, &ECHO[..]),
        ("enc", 2, &ECHO),
        ("gre.proto", 0x6400, &frame),
        ("gre.proto", 0x883e, &ECHO),
        ("ip.proto", 4, &ECHO),
        ("ip.proto", 143, &frame),
        ("juniper.proto", 3, &ECHO),
        ("l2tp.pw_type", 11, &ECHO),
        ("llc.dsap", 6, &ECHO),
        ("mcc.proto", 0x21, &ECHO),
        ("nsh.next_proto", 3, &frame),
        ("null.type", 2, &ECHO),
        ("osinl.excl", 0xcc, &ECHO),
        ("ppp.protocol", 0x0800, &ECHO),
        ("sflow_245.header_protocol", 1, &frame),
        ("sll.ltype", 3, &frame),
        ("udp.port", 2152, &gtp),
        ("udp.port", 4789, &vxlan),
        ("vxlan.next_proto", 1, &ECHO),
        ("x.25.spi", 0xcc, &ECHO),
    ];
    let mut frames = vec![exported(&named("gtp"), &gtp), exported(&named("udp"), &udp)];
    let in_tables = tables.map(|(table, place, unit)| exported(&placed(table, place), unit));
    frames.extend(in_tables);
    for (record, (theirs, _)) in told(&frames) {
        assert_eq!(theirs, "8", "{record}");
    }
}

/// What is not known is not told.
#[test]
fn nothing_is_made_up_of_a_header_that_was_not_exported() {
    // Of an advertisement nothing tells that its hop limit is not 255, nor where it comes from.
    let advertisement = [&[134, 0, 0, 0, 64, 0, 0, 0][..], &[0; 8]].concat();
    let units = [&ECHO6[..], &advertisement];
    let capture = capture_of(252, units.map(|unit| exported(&named("icmpv6"), unit)));
    let path = capture.path().to_str().unwrap();
    let records = records(&["-r", path, "--json"]);
    let [echo, advertisement] = of_type(&records, "icmp")[..] else {
        panic!("two messages");
    };
    let ip = echo["ip"].as_object().unwrap();
    assert_eq!(
        ip.keys().collect::<Vec<_>>(),
        ["version", "src", "dst", "headerless"]
    );
    let checksum = &echo["icmp"]["checksum"];
    assert_eq!(
        (&checksum["status"], &checksum["reason"]),
        (&"unverified".into(), &"address".into())
    );
    assert!(echo.get("defects").is_none(), "{echo}");
    assert!(advertisement.get("defects").is_none(), "{advertisement}");
    let text = run(&["-r", path, "-v"]).good();
    for words in [
        "IP6 (no header captured) :: > ::: ICMP6, echo request",
        "without its IP header, addresses not known",
    ] {
        assert!(text.contains(words), "{text}");
    }
}

/// No address is held against a message whose addresses nobody knows.
#[test]
fn rules_about_addresses_are_for_those_that_are_known() {
    const LINK_LOCAL: [u8; 16] = FIRST;
    let group = [&[0xff, 2][..], &[0; 13], &[9]].concat();
    let link: &[u8] = &[1, 1, 2, 0, 0, 0, 0, 1];
    let units = [
        [&[133, 0, 0, 0, 0, 0, 0, 0], link].concat(),
        [&[134, 0, 0, 0, 64, 0, 7, 8][..], &[0; 8]].concat(),
        [&[135, 0, 0, 0, 0, 0, 0, 0], &LINK_LOCAL[..], link].concat(),
        [&[136, 0, 0, 0, 0, 0, 0, 0], &LINK_LOCAL[..]].concat(),
        [&[137, 0, 0, 0, 0, 0, 0, 0], &LINK_LOCAL[..], &SECOND].concat(),
        [&[131, 0, 0, 0, 0, 0, 0, 0], &group[..]].concat(),
        [&[132, 0, 0, 0, 0, 0, 0, 0], &group[..]].concat(),
        vec![149, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0],
        vec![149, 0, 0, 0, 0, 7, 0, 1, 0, 0, 0, 0],
        vec![151, 20, 0, 0, 0, 125, 0, 2],
        vec![159, 0, 0, 0, 4, 4, 0x80],
    ];
    let frames = units.map(|unit| exported(&named("icmpv6"), &unit));
    for (record, _) in told(&frames) {
        assert!(record.get("defects").is_none(), "{record}");
    }
}
