//! What belongs to the other version of IP, which no stack takes: shown, with what is wrong, and
//! correlated with nothing.

use std::process::Command;

use icmpdump::wire::{Ip, Limit};
use serde_json::{Value, json};

use crate::shown::{capture, line, record, records, run, v4, v6};

const A: [u8; 4] = [192, 0, 2, 1];
const B: [u8; 4] = [192, 0, 2, 2];
const REQUEST: [u8; 12] = [8, 0, 0x35, 0x31, 0, 1, 0, 9, 0x61, 0x62, 0x61, 0x62];

/// A header that names this one next, around padding.
const fn padded(next: u8) -> [u8; 8] {
    [next, 0, 1, 4, 0, 0, 0, 0]
}

fn behind(kind: u8) -> Vec<u8> {
    let header = match kind {
        // All of its packet.
        44 => [1, 0, 0, 0, 0, 0, 0, 7],
        _ => padded(1),
    };
    v4(A, B, kind, &[&header[..], &REQUEST].concat())
}

#[test]
fn messages_are_shown_with_what_is_wrong() {
    let wrong = "ipv4 at 9: extension headers require IPv6";
    for (packet, text) in [
        (
            behind(0),
            format!("HBH ICMP echo request, id 1, seq 9, length 12 | {wrong}"),
        ),
        (
            behind(60),
            format!("DSTOPT ICMP echo request, id 1, seq 9, length 12 | {wrong}"),
        ),
        (
            v4(A, B, 58, &[128, 0, 0, 0, 0, 1, 0, 9]),
            "ICMP6, echo request, id 1, seq 9, length 8 | icmp at 0: ICMPv6 requires IPv6"
                .to_owned(),
        ),
        (
            v6(1, &REQUEST),
            "ICMP echo request, id 1, seq 9, length 12 | icmp at 0: ICMP requires IPv4".to_owned(),
        ),
    ] {
        let line = line(&packet);
        assert!(line.contains(&format!(": {text}")), "{line}");
    }
    let dumped = run(&[v6(1, &REQUEST), behind(60)], &["-X"]);
    for row in [
        "-- IPv6\n",
        "-- ICMP\n",
        "destination options: next header 1 ICMP\n",
    ] {
        assert!(dumped.contains(row), "{dumped}");
    }
    let record = record(&v4(A, B, 58, &[128, 0, 0, 0, 0, 1, 0, 9]));
    assert_eq!(
        (&record["ip"]["version"], &record["icmp"]["version"]),
        (&4.into(), &6.into())
    );
    assert_eq!(record["icmp"]["checksum"]["reason"], "pseudo_header");
}

/// What stands behind number 0 is data, unless it proves to be a header.
#[test]
fn a_quoted_packet_of_protocol_0_is_of_no_other() {
    let quoted = v4(A, B, 0, b"abcdefgh");
    let error = [&[3, 1, 0, 0, 0, 0, 0, 0][..], &quoted].concat();
    let packet = v4(B, A, 1, &error);
    let text = run(std::slice::from_ref(&packet), &["-t"]);
    for told in [
        "| quotes protocol 0 192.0.2.1 > 192.0.2.2 ttl 64",
        "drop: protocol 0 192.0.2.1 > 192.0.2.2 by 192.0.2.2",
    ] {
        assert!(text.contains(told), "{text}");
    }
    let record = record(&packet);
    assert_eq!(record["quoted"]["protocol"], "hopopt");
    assert_eq!(
        record["quoted"]["defects"][0]["rule"],
        "extension headers require IPv6"
    );
    assert!(record["quoted"]["ip"]["extension_headers"].is_null());
}

/// Requests and replies that nobody took are no exchange.
#[test]
fn nothing_is_correlated() {
    let mut reply = REQUEST;
    (reply[0], reply[2]) = (0, 0x3d);
    let pair =
        |around: &dyn Fn(bool, &[u8]) -> Vec<u8>| [around(true, &REQUEST), around(false, &reply)];
    let turned = |asks: bool| if asks { (A, B) } else { (B, A) };
    for (packets, exchanges) in [
        (
            pair(&|asks, data| {
                let (src, dst) = turned(asks);
                v4(src, dst, 1, data)
            }),
            1,
        ),
        (
            pair(&|asks, data| {
                let (src, dst) = turned(asks);
                v4(src, dst, 60, &[&padded(1)[..], data].concat())
            }),
            0,
        ),
        (pair(&|_, data| v6(1, data)), 0),
    ] {
        let all = records(&packets);
        let of = |kind| all.iter().filter(|record| record["type"] == kind).count();
        assert_eq!((of("icmp"), of("exchange")), (2, exchanges), "{packets:x?}");
    }
    // An error that nobody hears of drops nothing; one that answers such a packet does.
    let quote = v4(B, A, 17, &[0, 53, 0, 53, 0, 8, 0, 0]);
    let error = [&[3, 3, 0, 0, 0, 0, 0, 0][..], &quote].concat();
    let drops = |packets: &[Vec<u8>]| {
        records(packets)
            .into_iter()
            .filter(|r| r["type"] == "drop")
            .count()
    };
    assert_eq!(drops(&[quote.clone(), v6(1, &error)]), 0);
    let answer = [&[3, 2, 0, 0, 0, 0, 0, 0][..], &behind(60)].concat();
    let packets = [behind(60), v4(B, A, 1, &answer)];
    assert_eq!(drops(&packets), 1);
    let text = run(&packets, &["-t"]);
    assert!(
        text.contains("ICMP 192.0.2.2 protocol 60 unreachable, length"),
        "{text}"
    );
    let found = records(&packets)
        .into_iter()
        .find(|r| !r["original"].is_null());
    assert_eq!(found.unwrap()["original"]["frame"], 1);
}

/// The sequence number and another field of each packet, as tshark has them.
fn tshark(file: &tempfile::NamedTempFile, field: &str) -> Vec<u8> {
    Command::new("tshark")
        .args(["-n", "-T", "fields", "-e", "icmp.seq", "-e", field, "-r"])
        .arg(file.path())
        .output()
        .expect("tshark is installed")
        .stdout
}

/// Each is told as tshark does; and what stands before ICMP in IPv4 as tcpdump does.
#[test]
fn both_peers_see_the_same() {
    let ah = [&[1, 1, 0, 0, 0, 0, 0, 7, 0, 0, 0, 2][..], &REQUEST].concat();
    let packets = [
        behind(0),
        behind(44),
        behind(60),
        v6(1, &REQUEST),
        v4(A, B, 51, &ah),
    ];
    let file = capture(&packets);
    let theirs = tshark(&file, "icmp.checksum.status");
    let ours: Vec<_> = (records(&packets).iter())
        .filter(|record| record["type"] == "icmp")
        .map(|record| {
            let good = i32::from(record["icmp"]["checksum"]["status"] == "good");
            format!("{}\t{good}", record["icmp"]["seq"])
        })
        .collect();
    let theirs = String::from_utf8(theirs).unwrap();
    assert_eq!(ours, theirs.lines().collect::<Vec<_>>());

    let mut tcpdump = Command::new("tcpdump");
    let theirs = tcpdump
        .args(["-n", "-t", "-v", "-r"])
        .arg(file.path())
        .arg("ip proto 51");
    let theirs = theirs.output().expect("tcpdump is installed").stdout;
    let theirs = String::from_utf8(theirs).unwrap();
    let ours = run(&packets[4..], &["-t", "-v"]);
    assert!(
        theirs.contains("proto AH (51)") && ours.contains(theirs.trim_end()),
        "{theirs}{ours}"
    );
    let headers = record(&packets[4])["ip"]["extension_headers"].clone();
    assert_eq!(headers[0]["name"], Value::from("authentication"));
}

/// RFC 4728: each option by its name, as tshark has it; the addresses of the IP header are the ends of
/// the route.
#[test]
fn dynamic_source_routing_stands_before_its_message() {
    let around = |header: &[u8], src, dst, message: &[u8]| {
        let length = u8::try_from(header.len()).unwrap();
        v4(
            src,
            dst,
            48,
            &[&[1, 0, 0, length], header, message].concat(),
        )
    };
    let route = [96, 10, 0x80, 0x42, 10, 0, 0, 7, 10, 0, 0, 8];
    let packet = around(&route, A, B, &REQUEST);
    let header = &record(&packet)["ip"]["extension_headers"][0];
    assert_eq!(header["name"], "dynamic_source_routing");
    let expected = json!({"type": 96, "name": "source_route", "first_hop_external": true,
        "last_hop_external": false, "salvage": 1, "segments_left": 2,
        "addresses": ["10.0.0.7", "10.0.0.8"]});
    assert_eq!(header["options"], json!([expected]));
    let mut reply = REQUEST;
    (reply[0], reply[2]) = (0, 0x3d);
    let all = records(&[packet.clone(), around(&[], B, A, &reply)]);
    let answered = all.iter().find(|record| record["type"] == "exchange");
    assert_eq!(answered.unwrap()["outcome"], "answered");

    let others = [
        &[1, 6, 0, 7, 10, 0, 0, 9][..],
        &[2, 5, 0x80, 10, 0, 0, 7],
        &[3, 14, 1, 2, 10, 0, 0, 1, 10, 0, 0, 2, 10, 0, 0, 3],
        &[32, 10, 0, 9, 10, 0, 0, 1, 10, 0, 0, 2],
        &[160, 2, 0, 9, 224, 0, 1, 0],
    ]
    .concat();
    let text = run(&[around(&others, A, B, &REQUEST)], &["-t", "-v"]);
    let told = "(route request: id 7, target 10.0.0.9) \
        (route reply: last hop external yes, addresses 10.0.0.7) \
        (route error: error 1, salvage 2, src 10.0.0.1, dst 10.0.0.2, data 0a000003) \
        (acknowledgment: id 9, src 10.0.0.1, dst 10.0.0.2) \
        (acknowledgment request: id 9) (pad1) (padn) ICMP echo request";
    assert!(
        text.contains(told) && text.contains("proto DSR (48)"),
        "{text}"
    );
    // A header of flow state has no options, and four octets whatever they say.
    let flow = v4(A, B, 48, &[&[1, 0x85, 0xff, 9][..], &REQUEST].concat());
    let text = run(std::slice::from_ref(&flow), &["-t", "-X"]);
    assert!(
        text.contains("dynamic source routing: next header 1 ICMP\n"),
        "{text}"
    );
    assert!(
        text.contains("flow state yes, hops 5\n") && text.contains("flow 65289\n"),
        "{text}"
    );

    // An error about such a packet is about its message; the header may be cut anywhere.
    let error = [&[3, 1, 0, 0, 0, 0, 0, 0][..], &packet].concat();
    let all = records(&[packet.clone(), v4(B, A, 1, &error)]);
    let told = all
        .iter()
        .find(|record| !record["original"].is_null())
        .unwrap();
    assert_eq!(
        (&told["quoted"]["protocol"], &told["quoted"]["icmp_seq"]),
        (&json!("icmp"), &json!(9))
    );
    assert_eq!(told["original"]["frame"], 1);
    for length in 20..packet.len() {
        let ip = Ip::parse_on_wire(&packet[..length], packet.len(), Limit::Frame).unwrap();
        assert_eq!(ip.payload, &packet[..length][length.min(36)..], "{length}");
    }
    let file = capture(&[packet, around(&others, A, B, &REQUEST), flow]);
    let theirs = tshark(&file, "dsr.option.type");
    let theirs = String::from_utf8(theirs).unwrap();
    assert_eq!(theirs, "9\t96\n9\t1,2,3,32,160,224,0\n9\t\n");
}
