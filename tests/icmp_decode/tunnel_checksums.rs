//! The checksums of tunnels against tshark's verdicts.

use std::path::Path;
use std::process::Command;

use icmpdump::wire::checksum::internet;
use serde_json::Value;

use crate::frames;
use crate::shown::{capture, v4, v6};
use crate::tcpdump::our_records;

/// The checksums that our records tell of the tunnels in a capture, by frame.
fn ours(path: &Path) -> Vec<(usize, Vec<Value>)> {
    let mut records = our_records(path);
    // A quoted packet has checksums of the same names.
    records.retain(|record| record["tunnel"].is_array() && record["quoted"].is_null());
    records
        .iter()
        .map(|record| {
            let frame = usize::try_from(record["frame"].as_u64().unwrap()).unwrap();
            let tunnels = record["tunnel"].as_array().unwrap().iter();
            let sums = tunnels.map(|tunnel| tunnel["checksum"].clone());
            (frame, sums.filter(|sum| !sum.is_null()).collect())
        })
        .collect()
}

/// What tshark calls the checksums of all frames of a capture.
fn theirs(path: &Path) -> Vec<Vec<&'static str>> {
    let mut command = Command::new("tshark");
    command.args(["-n", "-T", "fields", "-E", "separator=|"]);
    for preference in ["udp.check_checksum:TRUE", "udplite.check_checksum:TRUE"] {
        command.args(["-o", preference]);
    }
    command.args(["-d", "udp.port==8472,vxlan", "-r"]).arg(path);
    for field in [
        "udp.checksum.status",
        "gre.checksum.status",
        "pim.cksum.status",
    ] {
        command.args(["-e", field]);
    }
    let output = command.output().expect("tshark is installed");
    let text = String::from_utf8(output.stdout).unwrap();
    let statuses = |line: &str| {
        let all = line.split(['|', ',']);
        all.filter(|status| !status.is_empty()).map(word).collect()
    };
    text.lines().map(statuses).collect()
}

fn word(status: &str) -> &'static str {
    match status {
        "0" | "Bad" => "bad",
        "1" | "Good" => "good",
        "2" | "Unverified" => "unverified",
        "3" | "Not present" => "absent",
        other => panic!("{other:?}"),
    }
}

/// Asserts that both say the same of all tunnels of a capture, and tells what we say.
fn compare(path: &Path) -> Vec<Vec<Value>> {
    let ours = ours(path);
    if ours.iter().all(|(_, sums)| sums.is_empty()) {
        return Vec::new();
    }
    let theirs = theirs(path);
    for (frame, sums) in &ours {
        let words: Vec<_> = sums
            .iter()
            .map(|sum| sum["status"].as_str().unwrap())
            .collect();
        let theirs = theirs.get(frame - 1);
        assert_eq!(Some(&words), theirs, "{} #{frame}", path.display());
    }
    ours.into_iter().map(|(_, sums)| sums).collect()
}

#[test]
fn checksums_of_the_captures_are_told_as_tshark_does() {
    for path in frames::files() {
        compare(&path);
    }
}

/// Packets with a tunnel, and where the checksum of it is.
fn crafted() -> Vec<(usize, Vec<u8>)> {
    let (a, b) = ([192, 0, 2, 1], [192, 0, 2, 2]);
    let echo = v4([10, 0, 0, 1], [10, 0, 0, 2], 1, &[8, 0, 0, 0, 0, 1, 0, 1]);
    let behind = |header: &[u8]| [header, &echo].concat();
    let length = u8::try_from(16 + echo.len()).unwrap();
    let vxlan = |length| {
        [
            &[0xc0, 1, 0x12, 0xb5, 0, length, 0, 0, 8, 0, 0, 0, 0, 0, 9, 0][..],
            &[2; 12],
            &[8, 0],
        ]
        .concat()
    };
    let udp = behind(&vxlan(length + 14));
    let gre = behind(&[0x80, 0, 8, 0, 0, 0, 0, 0]);
    let pim = behind(&[0x21, 0, 0, 0, 0, 0, 0, 0]);
    // It covers its own header and that of VXLAN.
    let lite = behind(&vxlan(16));
    vec![
        (20 + 6, v4(a, b, 17, &udp)),
        (40 + 6, v6(17, &udp)),
        (20 + 6, v4(a, b, 136, &lite)),
        (40 + 6, v6(136, &lite)),
        (20 + 4, v4(a, b, 47, &gre)),
        (40 + 4, v6(47, &gre)),
        (20 + 2, v4(a, b, 103, &pim)),
        (40 + 2, v6(103, &pim)),
    ]
}

/// What both say of packets.
fn told(packets: &[(usize, Vec<u8>)]) -> Vec<Value> {
    let file = capture(packets.iter().map(|(_, octets)| octets));
    let told = compare(file.path());
    assert_eq!(told.len(), packets.len());
    told.into_iter().flatten().collect()
}

#[test]
fn wrong_checksums_are_bad_and_what_was_expected_is_good() {
    let mut packets = crafted();
    for (at, octets) in &mut packets {
        octets[*at..*at + 2].copy_from_slice(&[0x12, 0x34]);
    }
    let sums = told(&packets);
    assert_eq!(sums.len(), packets.len());
    for ((at, octets), sum) in packets.iter_mut().zip(sums) {
        assert_eq!(
            (&sum["status"], &sum["value"]),
            (&"bad".into(), &0x1234.into())
        );
        let expected = u16::try_from(sum["expected"].as_u64().unwrap()).unwrap();
        octets[*at..*at + 2].copy_from_slice(&expected.to_be_bytes());
    }
    let sums = told(&packets);
    assert_eq!(sums.len(), packets.len());
    assert!(sums.iter().all(|sum| sum["status"] == "good"), "{sums:?}");
}

#[test]
fn udp_may_have_no_checksum() {
    let packets = [crafted().swap_remove(0)];
    assert_eq!(told(&packets), [serde_json::json!({"status": "absent"})]);
}

#[test]
fn a_register_may_have_a_checksum_over_its_packet() {
    let (at, mut octets) = crafted().swap_remove(6);
    let sum = internet(&[&octets[20..]]);
    octets[at..at + 2].copy_from_slice(&sum.to_be_bytes());
    let file = capture([&octets]);
    assert_eq!(ours(file.path())[0].1[0]["status"], "good");
}
