//! Frames of IEEE 802.11 that are encrypted, read with keys from a file: as tshark reads them.

use std::fs;

use serde_json::{Value, json};

use crate::common::{assert_accounted, of_type, project, records, run, summary, tool};

/// A file that `tests/wlan/make.py` wrote.
fn crafted(name: &str) -> String {
    let path = project("tests/wlan").join(name);
    path.to_str().expect("UTF-8").to_owned()
}

/// What tshark shows of ICMP, with these keys.
fn tshark(capture: &str, keys: &str) -> Vec<u64> {
    let given = fs::read_to_string(keys).expect("keys");
    let keys = given.lines().map(|line| {
        let (kind, key) = line.split_once(':').expect("a key");
        format!("uat:80211_keys:\"{kind}\",\"{key}\"")
    });
    let decrypt = ["wlan.enable_decryption:TRUE".to_owned()];
    icmp_by_tshark(capture, decrypt.into_iter().chain(keys))
}

/// In which frames tshark shows ICMP, with these preferences.
pub(crate) fn icmp_by_tshark(capture: &str, preferences: impl Iterator<Item = String>) -> Vec<u64> {
    let mut all = vec!["-n".to_owned(), "-r".to_owned(), capture.to_owned()];
    all.extend(preferences.flat_map(|what| ["-o".to_owned(), what]));
    let fields = ["-Y", "icmp || icmpv6", "-T", "fields", "-e", "frame.number"];
    all.extend(fields.map(str::to_owned));
    let output = tool(
        "tshark",
        &all.iter().map(String::as_str).collect::<Vec<_>>(),
    );
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines()
        .map(|line| line.parse().expect("a number"))
        .collect()
}

/// In which frames there are messages.
pub(crate) fn frames(records: &[Value]) -> Vec<u64> {
    let number = |message: &&Value| match &message["frame"] {
        Value::Number(number) => number.as_u64().expect("a number"),
        other => panic!("{other}"),
    };
    of_type(records, "icmp").iter().map(number).collect()
}

#[test]
fn frames_that_ccmp_encrypts_are_read_as_tshark_reads_them() {
    let (capture, keys) = (crafted("wlan.pcap"), crafted("wlan.keys"));
    let ours = records(&["-r", &capture, "--wlan-keys", &keys]);
    assert_accounted(summary(&ours), "wlan");
    // In an aggregate tshark tells the last protocol, and of a packet in fragments the last frame.
    let theirs = tshark(&capture, &keys);
    assert_eq!(theirs, [6, 7, 8, 9, 10, 12]);
    assert_eq!(frames(&ours), [6, 7, 8, 9, 10, 11, 12]);
    for message in of_type(&ours, "icmp") {
        assert_eq!(message["decrypted"], "ccmp_128", "{message}");
        let whole = &message["reassembly"]["icmp"];
        let icmp = if whole.is_object() {
            whole
        } else {
            &message["icmp"]
        };
        let is_first_piece = message["frame"] == 11;
        let status = &icmp["checksum"]["status"];
        assert_eq!(status == "good", !is_first_piece, "{message}");
    }
    let damaged = json!({"encrypted_802_11_not_authentic": 1});
    assert_eq!(summary(&ours)["undecodable"], damaged);
    // Without keys nothing is read, and it is told how much that may be.
    let without = records(&["-r", &capture]);
    assert!(of_type(&without, "icmp").is_empty());
    assert_eq!(
        summary(&without)["undecodable"],
        json!({"encrypted_802_11": 8})
    );
}

#[test]
fn what_stays_closed_is_told_by_why() {
    let capture = crafted("wlan.pcap");
    let folder = tempfile::tempdir().expect("a folder");
    let keys = folder.path().join("keys");
    fs::write(&keys, "wpa-pwd:another phrase:icmpdump\n").expect("room");
    let keys = keys.to_str().expect("UTF-8");
    let ours = records(&["-r", &capture, "--wlan-keys", keys]);
    assert_eq!(
        summary(&ours)["undecodable"],
        json!({"encrypted_802_11_no_key": 7, "encrypted_802_11_no_handshake": 1})
    );
    fs::write(keys, "wpa-pwd:short:icmpdump\n").expect("room");
    let told = run(&["-r", &capture, "--wlan-keys", keys]).err;
    assert!(
        told.contains("line 1 has no passphrase of 8 to 63 characters"),
        "{told}"
    );
    assert!(
        told.contains("no Wi-Fi key in it") && !told.contains("short:"),
        "{told}"
    );
}

#[test]
fn what_is_written_is_what_was_captured() {
    /// Octets of the file's header.
    const HEADER: usize = 24;
    let (capture, keys) = (crafted("wlan.pcap"), crafted("wlan.keys"));
    let folder = tempfile::tempdir().expect("a folder");
    let written = folder.path().join("written.pcap");
    let to = written.to_str().expect("UTF-8");
    run(&[
        "-r",
        &capture,
        "--wlan-keys",
        &keys,
        "-w",
        to,
        "icmp[icmptype] == icmp-unreach",
    ]);
    let octets = fs::read(&written).expect("a capture");
    let all = fs::read(&capture).expect("a capture");
    assert!(octets.len() > HEADER && octets.len() < all.len());
    let frame = &octets[HEADER + 16..];
    assert!(all.windows(frame.len()).any(|window| window == frame));
}
