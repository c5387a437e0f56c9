//! WireGuard's packets, read with keys that the capture holds, or a file: as tshark reads them.

#[path = "encrypted/blocks.rs"]
mod blocks;
#[path = "encrypted/keys.rs"]
mod keys;
#[path = "encrypted/nested.rs"]
mod nested;
#[path = "../../src/wire/wireguard/tests/peer.rs"]
mod peer;
#[path = "encrypted/tshark.rs"]
mod tshark;

use std::fs;

use serde_json::{Value, json};

use self::blocks::{
    PACKET, SECRETS, SECTION_HEADER, WIREGUARD, blocks, file, key_log, kind, recorded_with, secrets,
};
use self::tshark::{ours, tshark};
use crate::common::crafted::{Crafted, error_with};
use crate::common::{
    assert_accounted, command, of_type, records, run, summary, testdata, tool, without_sandbox_line,
};
use crate::whole::fragments;

/// What each message says, without the names of sources.
fn told(records: &[Value]) -> Vec<Value> {
    let messages = of_type(records, "icmp").into_iter().cloned();
    messages
        .map(|mut message| {
            message.as_object_mut().expect("a record").remove("source");
            message
                .as_object_mut()
                .expect("a record")
                .remove("interface");
            message
        })
        .collect()
}

/// What an error quotes of a tunnel is read like what was captured, whole or cut.
#[test]
fn what_errors_quote_of_the_tunnel_is_read() {
    const FILE: usize = 24;
    const RECORD: usize = 16;
    const ETHERNET: usize = 14;
    /// Headers of IP, UDP and WireGuard, and of the packet inside.
    const LEAST: usize = 20 + 8 + 16 + 40;
    let octets = fs::read(testdata("wireguard.pcap")).expect("a capture");
    let (mut rest, mut capture, mut packets) = (&octets[FILE..], Crafted::new(), Vec::new());
    while rest.len() > RECORD {
        let captured: [u8; 4] = rest[8..12].try_into().expect("a length");
        let end = RECORD + usize::try_from(u32::from_le_bytes(captured)).expect("a length");
        let packet = rest[RECORD + ETHERNET..end].to_vec();
        capture.at(capture.packets, &packet);
        packets.push(packet);
        rest = &rest[end..];
    }
    let captured = capture.packets;
    let mut quoted = Vec::new();
    for (frame, packet) in (1..).zip(&packets) {
        for length in [LEAST, packet.len() - 1, packet.len()] {
            let quote = &packet[..length.min(packet.len())];
            let error = error_with([198, 51, 100, 1].into(), (3, 4), 1400, quote);
            capture.at(capture.packets, &error);
            quoted.push((frame, length == packet.len()));
        }
    }
    let (_kept, path) = capture.path();
    let records = records(&["-r", &path, "--wireguard-keys", &testdata("wireguard.keys")]);
    let messages = of_type(&records, "icmp");
    let (inside, errors): (Vec<&Value>, Vec<&Value>) = (messages.iter().copied())
        .partition(|message| message["frame"].as_u64().expect("a number") <= captured);
    assert_eq!(errors.len(), quoted.len());
    let mut read = 0;
    for (error, (frame, is_whole)) in errors.into_iter().zip(quoted) {
        let told = &error["quoted"];
        let Some(message) = inside.iter().find(|message| message["frame"] == frame) else {
            continue;
        };
        let tunnel = &told["tunnel"][0];
        assert_eq!(tunnel["kind"], "wireguard", "{error}");
        assert_eq!(tunnel["receiver"], message["tunnel"][0]["receiver"]);
        assert_eq!(tunnel["icv"], if is_whole { "good" } else { "unverified" });
        for end in ["src", "dst", "id"] {
            assert_eq!(told["inner"]["ip"][end], message["ip"][end], "{error}");
        }
        read += 1;
    }
    assert!(read >= 3 * 14, "{read}");
}

#[test]
fn a_recorded_tunnel_is_read_as_tshark_reads_it() {
    let (inside, plain, keys) = (
        testdata("wireguard.pcapng"),
        testdata("wireguard.pcap"),
        testdata("wireguard.keys"),
    );
    let by_capture = records(&["-r", &inside]);
    let by_file = records(&["-r", &plain, "--wireguard-keys", &keys]);
    assert_eq!(told(&by_capture), told(&by_file));
    for records in [&by_capture, &by_file] {
        let frames = &summary(records)["frames"];
        assert_eq!(
            *frames,
            json!({"read": 20, "icmp": 15, "other": 5, "filtered": 0, "undecodable": 0})
        );
        assert_eq!(summary(records)["in_tunnels"], Value::Null);
        assert_accounted(summary(records), "wireguard");
    }
    for message in told(&by_capture) {
        let checksum = &message["icmp"]["checksum"];
        let is_fragment = message["ip"]["fragment"].is_object();
        assert_eq!(checksum["status"] == "good", !is_fragment, "{message}");
    }
    let preference = format!("wg.keylog_file:{keys}");
    assert_eq!(ours(&by_capture), tshark(&["-r", &inside]));
    assert_eq!(ours(&by_file), tshark(&["-r", &plain, "-o", &preference]));
    // Without keys nothing is read, and nothing is known of what it may be.
    let without = records(&["-r", &plain]);
    assert!(of_type(&without, "icmp").is_empty() && tshark(&["-r", &plain]).is_empty());
    assert_eq!(summary(&without)["in_tunnels"], Value::Null);
}

#[test]
fn headers_and_octets_are_told_as_sent_and_decrypted() {
    let text = run(&[
        "-t",
        "-v",
        "-X",
        "-c",
        "1",
        "-r",
        &testdata("wireguard.pcapng"),
    ])
    .good();
    let rows = [
        "ICMP echo request, id 12510, seq 1, length 64 | in wireguard receiver 3854894042 10.0.0.1 > 10.0.0.2",
        "  wireguard: receiver 3854894042, counter 0\n",
        "wireguard: type 4\n",
        "counter 0\n",
        "encrypted packet and its tag\n",
        "-- WireGuard: the packet decrypted\n",
        "-- ICMP\n",
        "type 8 echo request\n",
        "behind the packet\n",
    ];
    let mut from = 0;
    for row in rows {
        from += text[from..]
            .find(row)
            .unwrap_or_else(|| panic!("{row} in {text}"));
    }
}

/// What is written is what was captured; a filter looks at that, as with other tunnels; the secrets
/// stay, where the format has a place for them.
#[test]
fn frames_are_written_as_they_were() {
    let inside = testdata("wireguard.pcapng");
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let (ng, classic) = (path("a.pcapng"), path("a.pcap"));
    run(&["-r", &inside, "-w", &ng]).good();
    run(&["-r", &inside, "-w", &classic]).good();
    let frames = |path: &str| {
        let output = tool(
            "tshark",
            &["-r", path, "-x", "-o", "wg.dissect_packet:FALSE"],
        );
        output.stdout
    };
    assert!(!frames(&inside).is_empty() && frames(&ng) == frames(&inside));
    assert_eq!(frames(&classic), frames(&testdata("wireguard.pcap")));
    assert_eq!(
        told(&records(&["-r", &ng])),
        told(&records(&["-r", &inside]))
    );
    assert!(told(&records(&["-r", &classic])).is_empty());
    // Each file of a rotation has them.
    let turns = path("t.pcapng");
    run(&["-r", &inside, "-w", &turns, "-C", "3k"]).good();
    let mut files = 0;
    for entry in fs::read_dir(folder.path()).expect("the folder") {
        let path = entry.expect("a file").path();
        if path.to_string_lossy().contains("t.pcapng") {
            files += 1;
            let octets = fs::read(&path).expect("a file");
            let kinds: Vec<_> = blocks(&octets).into_iter().map(kind).collect();
            assert_eq!(kinds[0], SECTION_HEADER);
            assert_eq!(kinds.iter().filter(|kind| **kind == SECRETS).count(), 1);
        }
    }
    assert!(files > 1, "{files}");
    let shown = |filter: &str| of_type(&records(&["-r", &inside, filter]), "icmp").len();
    assert_eq!(shown("udp port 51820"), 15);
    assert_eq!(shown("src host 10.0.0.2"), 8);
    assert_eq!(shown("host 10.7.0.1"), 1, "the error that quotes it");
}

/// Each message of the tunnel in two fragments of IP: the first shows what it holds, the other makes it
/// whole, and its tag is that of what was sent.
#[test]
fn messages_in_fragments_are_put_together() {
    const IP: usize = 14;
    const FIRST: usize = 80;
    let recorded = fs::read(testdata("wireguard.pcap")).expect("a capture");
    let (mut octets, mut rest) = (recorded[..24].to_vec(), &recorded[24..]);
    let mut number = 0;
    while let Some((head, behind)) = rest.split_first_chunk::<16>() {
        let length = u32::from_le_bytes(head[8..12].try_into().expect("a length"));
        let (frame, behind) = behind.split_at(usize::try_from(length).expect("a length"));
        rest = behind;
        number += 1;
        let mut packet = frame[IP..].to_vec();
        packet[4..6].copy_from_slice(&[7, number]);
        for fragment in fragments(&packet, &[FIRST, packet.len() - 20]) {
            let length = u32::try_from(IP + fragment.len()).expect("a length");
            octets.extend(&head[..8]);
            octets.extend([length.to_le_bytes(); 2].as_flattened());
            octets.extend([&frame[..IP], &fragment].concat());
        }
    }
    let keys = testdata("wireguard.keys");
    let read = |octets: &[u8]| {
        let (_file, path) = file(octets);
        let records = records(&["-r", &path, "--wireguard-keys", &keys]);
        assert_accounted(summary(&records), "fragments");
        records
    };
    let all = read(&octets);
    let messages = of_type(&all, "icmp");
    let is_first = |message: &&Value| message["frame"].as_u64().expect("a number") % 2 == 1;
    let (first, last): (Vec<&Value>, Vec<&Value>) = messages.iter().copied().partition(is_first);
    assert_eq!((first.len(), last.len()), (15, 15));
    for message in first {
        assert_eq!(message["reassembly"]["status"], "incomplete");
        // A fragment of a message has none.
        let status = &message["icmp"]["checksum"]["status"];
        assert!(*status == "unverified" || status.is_null(), "{message}");
    }
    let unbroken = records(&["-r", &testdata("wireguard.pcapng")]);
    for (message, sent) in last.iter().zip(of_type(&unbroken, "icmp")) {
        let whole = &message["reassembly"];
        if sent["ip"]["fragment"].is_object() {
            continue;
        }
        assert_eq!(whole["status"], "complete", "{message}");
        assert_eq!(whole["icmp"]["checksum"], sent["icmp"]["checksum"]);
        assert_eq!(whole["icmp"]["length"], sent["icmp"]["length"]);
    }
    let outcomes = |records: &[Value]| -> Vec<_> {
        let all = of_type(records, "exchange").into_iter();
        all.map(|exchange| exchange["outcome"].clone()).collect()
    };
    assert_eq!(outcomes(&all), outcomes(&unbroken));
    // What came is not what was sent: the first fragment alone does not tell.
    let at = octets.len() - 1;
    octets[at] ^= 1;
    let forged = read(&octets);
    let last = *of_type(&forged, "icmp").last().expect("a message");
    assert_eq!(last["reassembly"]["reason"], "not_as_told", "{last}");
}

#[test]
fn the_account_says_what_is_locked_and_why() {
    let log = key_log();
    let (all, [statics, first, second]) = (log.as_str(), {
        let lines: Vec<_> = log.lines().collect();
        [0..2, 2..4, 4..6].map(|part| lines[part].join("\n") + "\n")
    });
    let recorded = fs::read(testdata("wireguard.pcapng")).expect("a capture");
    let packets: Vec<_> = blocks(&recorded).into_iter().collect();
    let with = |log: &str, keep: &dyn Fn(usize) -> bool, damage: Option<usize>| {
        let mut octets = Vec::new();
        let mut number = 0;
        for block in &packets {
            match kind(block) {
                SECRETS => octets.extend(secrets(WIREGUARD, log.as_bytes(), log.len())),
                PACKET => {
                    number += 1;
                    if keep(number) {
                        let at = octets.len();
                        octets.extend(*block);
                        if damage == Some(number) {
                            octets[at + 28 + 70] ^= 1;
                        }
                    }
                }
                _ => octets.extend(*block),
            }
        }
        let (_file, path) = file(&octets);
        let records = records(&["-r", &path]);
        assert_accounted(summary(&records), "with other keys");
        let shown = of_type(&records, "icmp").len();
        (
            shown,
            summary(&records)["in_tunnels"].clone(),
            run(&["-q", "-r", &path]).good(),
        )
    };
    let every = |_| true;
    assert_eq!(with(all, &every, None).1, Value::Null);
    let (shown, locked, text) = with(&(statics.clone() + &first), &every, None);
    assert_eq!(
        (shown, locked),
        (11, json!({"encrypted_wireguard_no_key": 4}))
    );
    let words =
        "-- 4 tunnelled packets are encrypted (WireGuard, no key for it), and may hold ICMP\n";
    assert!(text.contains(words), "{text}");
    let (shown, locked, _) = with(&(statics.clone() + &second), &every, None);
    assert_eq!(
        (shown, locked),
        (4, json!({"encrypted_wireguard_no_key": 12}))
    );
    let (shown, locked, _) = with(&first, &every, None);
    assert_eq!(
        (shown, locked),
        (0, json!({"encrypted_wireguard_no_key": 16}))
    );
    for half in [1, 2] {
        let (shown, locked, _) = with(all, &|number| number != half, None);
        assert_eq!(
            (shown, locked),
            (4, json!({"encrypted_wireguard_no_handshake": 12}))
        );
    }
    let (shown, locked, _) = with(all, &every, Some(5));
    assert_eq!(
        (shown, locked),
        (14, json!({"encrypted_wireguard_not_authentic": 1}))
    );
}

/// What is wrong with secrets is told, by file and place, and not what is in them; the rest goes on.
#[test]
fn damaged_secrets_are_told_and_end_nothing() {
    let log = key_log();
    let octets = log.as_bytes();
    let cut = octets.len() - 10;
    let spoilt = log.replacen("LOCAL_STATIC", "OTHER_STATIC", 1);
    let shortened = log.replacen('=', "=A", 1);
    let recorded = fs::read(testdata("wireguard.pcapng")).expect("a capture");
    let before = blocks(&recorded)
        .into_iter()
        .take_while(|block| kind(block) != SECRETS);
    let offset: usize = before.map(<[u8]>::len).sum();
    let place = |what: &str| format!("secrets at offset {offset}: {what}");
    for (block, icmp, words) in [
        (secrets(WIREGUARD, octets, octets.len()), 15, None),
        (
            secrets(WIREGUARD, octets, 5000),
            15,
            Some(format!(
                "the block claims 5000 octets and has {}",
                octets.len().next_multiple_of(4)
            )),
        ),
        (
            secrets(WIREGUARD, &octets[..cut], cut),
            11,
            Some("line 6 has no key of 32 octets in base64".to_owned()),
        ),
        (
            secrets(WIREGUARD, spoilt.as_bytes(), spoilt.len()),
            0,
            Some("line 1 names no key that is known".to_owned()),
        ),
        (
            secrets(WIREGUARD, shortened.as_bytes(), shortened.len()),
            0,
            Some("line 1 has no key of 32 octets in base64".to_owned()),
        ),
        (
            secrets(WIREGUARD, b"CLIENT_RANDOM 00 00\n", 20),
            0,
            Some("no WireGuard key in it".to_owned()),
        ),
        (
            secrets(WIREGUARD, &[], 0),
            0,
            Some("no WireGuard key in it".to_owned()),
        ),
        (secrets(0x544c_534b, octets, octets.len()), 0, None),
        (secrets(0, &[0xff; 30], 30), 0, None),
    ] {
        let (_file, path) = file(&recorded_with(&block));
        let mut command = command();
        let output = command
            .args(["--json", "-v", "-r", &path])
            .output()
            .expect("it starts");
        assert_eq!(output.status.code(), Some(0));
        let err = without_sandbox_line(&String::from_utf8(output.stderr).expect("UTF-8"));
        let name = path.rsplit('/').next().expect("a name");
        match &words {
            Some(words) => {
                assert!(
                    err.contains(&format!("warning: {name}: {}", place(words))),
                    "{err}"
                );
            }
            None => assert_eq!(err, ""),
        }
        let out = String::from_utf8(output.stdout).expect("UTF-8");
        let found = out
            .lines()
            .filter(|line| line.starts_with(r#"{"type":"icmp""#))
            .count();
        assert_eq!(found, icmp, "{words:?}");
        for line in log.lines() {
            let (_, key) = line.split_once('=').expect("a key");
            assert!(!out.contains(&key[1..20]) && !err.contains(&key[1..20]));
        }
    }
}
