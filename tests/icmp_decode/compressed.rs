//! Payloads that `IPComp` compresses (RFC 3173): in lines, dumps and records, and as tshark reads them.

use std::process::Command;

use flate2::{Compress, Compression, FlushCompress};

use crate::shown::{capture, line, record, records, run, v4, v6};

const A: [u8; 4] = [192, 0, 2, 1];
const B: [u8; 4] = [192, 0, 2, 2];

fn deflate(next: u8, method: u8, data: &[u8]) -> Vec<u8> {
    let mut compressed = vec![next, 0, 0, method];
    compressed.reserve(data.len() + 64);
    Compress::new(Compression::best(), false)
        .compress_vec(data, &mut compressed, FlushCompress::Finish)
        .unwrap();
    compressed
}

/// An echo request, and the one that answers it.
fn messages() -> [Vec<u8>; 2] {
    [8, 0].map(|kind| {
        let mut message = vec![kind, 0, 0, 0, 0, 7, 0, 9];
        message.extend(b"said over and over, ".repeat(20));
        v4(A, B, 1, &message)[20..].to_vec()
    })
}

#[test]
fn in_both_modes_and_in_other_tunnels() {
    let [request, _] = messages();
    let inner = v4([10, 0, 0, 1], [10, 0, 0, 2], 1, &request);
    let echo6 = v6(58, &[128, 0, 0, 0, 0, 7, 0, 9]);
    let transport = v4(A, B, 108, &deflate(1, 2, &request));
    let gre = [&[0, 0, 8, 0], &transport[..]].concat();
    let packets = [
        (transport.clone(), "in ipcomp cpi 2 192.0.2.1 > 192.0.2.2"),
        (
            v4(A, B, 108, &deflate(4, 2, &inner)),
            "in ipcomp cpi 2 192.0.2.1 > 192.0.2.2, in ip 192.0.2.1 > 192.0.2.2",
        ),
        (
            v6(108, &deflate(58, 2, &echo6[40..])),
            "in ipcomp cpi 2 2001:db8::1 > 2001:db8::2",
        ),
        (
            v4([10, 0, 0, 1], [10, 0, 0, 2], 47, &gre),
            "in gre 10.0.0.1 > 10.0.0.2, in ipcomp cpi 2 192.0.2.1 > 192.0.2.2",
        ),
    ];
    for (packet, path) in &packets {
        let line = line(packet);
        assert!(line.ends_with(&format!(" | {path}")), "{line}");
        let record = record(packet);
        assert_eq!(record["icmp"]["checksum"]["status"], "good");
        assert_eq!(
            record["ip"]["checksum"]["status"] == "good",
            record["ip"]["version"] == 4
        );
    }
    let all: Vec<_> = packets.iter().map(|(packet, _)| packet.clone()).collect();
    let file = capture(&all);
    let mut tshark = Command::new("tshark");
    tshark
        .args(["-n", "-T", "fields", "-E", "separator=,", "-r"])
        .arg(file.path());
    for field in ["ipcomp.cpi", "icmp.seq", "icmpv6.echo.sequence_number"] {
        tshark.args(["-e", field]);
    }
    let theirs = tshark.output().expect("tshark is installed").stdout;
    let ours: Vec<_> = (records(&all).iter())
        .filter(|record| record["type"] == "icmp")
        .map(|record| {
            let mut tunnels = record["tunnel"].as_array().unwrap().iter();
            let cpi = tunnels.find_map(|tunnel| tunnel["cpi"].as_u64()).unwrap();
            let seq = &record["icmp"]["seq"];
            if record["icmp"]["version"] == 4 {
                format!("0x{cpi:04x},{seq},")
            } else {
                format!("0x{cpi:04x},,{seq}")
            }
        })
        .collect();
    let theirs = String::from_utf8(theirs).unwrap();
    assert_eq!(ours, theirs.lines().collect::<Vec<_>>());
}

#[test]
fn headers_and_octets_are_told_as_sent_and_as_they_were() {
    let [request, reply] = messages();
    let packets = [
        v4(A, B, 108, &deflate(1, 2, &request)),
        v4(B, A, 108, &deflate(1, 2, &reply)),
    ];
    let text = run(&packets, &["-t", "-v"]);
    let header = "  ipcomp: next protocol 1, flags 0x0, compression parameter index 0x2\n";
    assert!(
        text.contains(header) && text.contains("proto IPComp (108)"),
        "{text}"
    );
    assert!(text.contains("answers #1"), "{text}");
    let dump = run(&packets[..1], &["-t", "-X"]);
    let rows = [
        "-- outer IP header\n",
        "ipcomp: next protocol 1\n",
        "compression parameter index 0x2\n",
        "compressed payload\n",
        "-- IPComp: the packet with its payload expanded\n",
        "-- ICMP\n",
        "type 8 echo request\n",
    ];
    let mut from = 0;
    for row in rows {
        from += dump[from..]
            .find(row)
            .unwrap_or_else(|| panic!("{row} in {dump}"));
    }
    let record = record(&packets[0]);
    assert_eq!(
        record["tunnel"][0]["headers"][0]["compression_parameter_index"],
        2
    );

    // An error about such a packet quotes it as it was sent, and is about it.
    let error = [&[3, 1, 0, 0, 0, 0, 0, 0], &packets[0][..]].concat();
    let all = records(&[packets[0].clone(), v4(B, A, 1, &error)]);
    let told = all
        .iter()
        .find(|record| record["quoted"].is_object())
        .unwrap();
    assert_eq!(told["quoted"]["header"]["name"], "ipcomp");
    assert_eq!(told["quoted"]["protocol"], "ipcomp");
}

/// What the snap length cut, at every place.
#[test]
fn of_what_was_cut_the_beginning_is_shown() {
    let [request, _] = messages();
    let packet = v4(A, B, 108, &deflate(1, 2, &request));
    let whole = run(std::slice::from_ref(&packet), &["-t"]);
    assert!(whole.contains("seq 9, length 408 | in ipcomp"), "{whole}");
    let mut shown = 0;
    for length in 20..packet.len() {
        let file = capture(&[packet[..length].to_vec()]);
        let mut octets = std::fs::read(file.path()).unwrap();
        // The length on the wire, in the header of the only packet.
        octets[36..40].copy_from_slice(&u32::try_from(packet.len()).unwrap().to_le_bytes());
        std::fs::write(file.path(), octets).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_icmpdump"));
        let output = command
            .args(["--json", "-r"])
            .arg(file.path())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let all: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let summary = all.last().unwrap();
        if let Some(record) = all.iter().find(|record| record["type"] == "icmp") {
            shown += 1;
            assert_eq!(record["tunnel"][0]["kind"], "ipcomp");
            let checksum = &record["icmp"]["checksum"];
            assert!(
                checksum["status"] != "good" && checksum["status"] != "bad",
                "{checksum}"
            );
        } else {
            assert_eq!(summary["frames"]["other"], 1, "{length}");
            let told = summary["in_tunnels"]["compression"] == 1;
            assert_eq!(told, length >= 24, "{length}");
            assert_eq!(shown, 0);
        }
    }
    assert!(shown > 20, "{shown}");
}
