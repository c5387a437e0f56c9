//! What belongs to the other version of IP, which no stack takes: shown, with what is wrong, and
//! correlated with nothing.

use std::process::Command;

use serde_json::Value;

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
    let mut tshark = Command::new("tshark");
    tshark.args([
        "-n",
        "-T",
        "fields",
        "-e",
        "icmp.seq",
        "-e",
        "icmp.checksum.status",
        "-r",
    ]);
    let theirs = tshark
        .arg(file.path())
        .output()
        .expect("tshark is installed")
        .stdout;
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
