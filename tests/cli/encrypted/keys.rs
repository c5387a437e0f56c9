//! Keys: of files, of captures, and as they come.

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use serde_json::Value;

use super::blocks::{INTERFACE, PACKET, SECRETS, SECTION_HEADER, blocks, file, key_log, kind};
use super::told;
use crate::common::{command, of_type, records, run, summary, testdata};

#[test]
fn files_of_keys_are_refused_in_words() {
    let plain = testdata("wireguard.pcap");
    let with = |path: &str| run(&["-q", "-r", &plain, "--wireguard-keys", path]);
    with("/nowhere.keys")
        .exits(2)
        .says("--wireguard-keys /nowhere.keys: no such file");
    with("/")
        .exits(2)
        .says("--wireguard-keys /: is a directory");
    let (_file, path) = file(b"PRESHARED_KEY=AAAA\nno key\n");
    with(&path).exits(0).says(&format!(
        "warning: {path}: line 1 has no key of 32 octets in base64"
    ));
    with(&path)
        .exits(0)
        .says("no WireGuard key in it; a key log has lines such as LOCAL_STATIC_PRIVATE_KEY=");
    // Several files, each with some of the keys.
    let log = key_log();
    let at = log.find("LOCAL_EPHEMERAL").expect("keys");
    let (_one, one) = file(&log.as_bytes()[..at]);
    let (_other, other) = file(&log.as_bytes()[at..]);
    let arguments = [
        "-r",
        &plain,
        "--wireguard-keys",
        &one,
        "--wireguard-keys",
        &other,
    ];
    assert_eq!(of_type(&records(&arguments), "icmp").len(), 15);
}

/// Where most packets are not ICMP another thread reads, and takes notes of those that are no
/// message of WireGuard: also where it meets the keys, and where the keys came before it started.
#[test]
fn keys_hold_for_what_is_read_ahead() {
    let recorded = fs::read(testdata("wireguard.pcapng")).expect("a capture");
    let all = blocks(&recorded);
    // A datagram that is none of the tunnel's.
    let mut other = all.last().expect("a packet").to_vec();
    let udp = 28 + 14 + 20;
    other[udp..udp + 9].copy_from_slice(&[0xc0, 0, 0xc0, 1, 0, 8, 0, 0, 9]);
    let filler = other.repeat(6000);
    let expected = told(&records(&["-r", &testdata("wireguard.pcapng")]));
    let is = |wanted: u32| all.iter().position(|block| kind(block) == wanted);
    let [section, interface, keys] =
        [SECTION_HEADER, INTERFACE, SECRETS].map(|wanted| all[is(wanted).expect("a block")]);
    let packets: Vec<_> = all
        .iter()
        .filter(|block| kind(block) == PACKET)
        .copied()
        .collect();
    let (handshake, rest) = (packets[..2].concat(), packets[2..].concat());
    // Of a handshake before any key nothing is kept.
    for (parts, messages) in [
        ([keys, &filler, &handshake, &rest], 15),
        ([&filler, keys, &handshake, &rest], 15),
        ([&filler, &handshake, keys, &rest], 4),
        ([&handshake, &filler, keys, &rest], 4),
    ] {
        let octets = [section, interface, &parts.concat()].concat();
        let (_file, path) = file(&octets);
        let records = records(&["-r", &path]);
        let of = |messages: &[Value]| -> Vec<_> {
            let parts = messages
                .iter()
                .map(|m| (m["icmp"].clone(), m["tunnel"].clone()));
            parts.collect()
        };
        let found = told(&records);
        assert_eq!(found.len(), messages);
        assert!(of(&found) == of(&expected[15 - messages..]));
        assert_eq!(summary(&records)["frames"]["read"], 6020);
    }
    // Of several files the keys of one are those of all.
    let (_file, keys) = file(&[section, keys].concat());
    let both = records(&["-r", &testdata("wireguard.pcap"), "-r", &keys]);
    assert_eq!(of_type(&both, "icmp").len(), 15);
}

/// Live, a host logs its keys as it makes them: what the file has when a handshake comes is used.
#[test]
fn a_file_of_keys_may_grow() {
    let log = key_log();
    let second = log.rfind("LOCAL_EPHEMERAL").expect("keys");
    let (keys, path) = file(&log.as_bytes()[..second]);
    let octets = fs::read(testdata("wireguard.pcap")).expect("a capture");
    // The second handshake is frame 15.
    let mut at = 24;
    for _ in 0..14 {
        let length = u32::from_le_bytes(octets[at + 8..at + 12].try_into().expect("a length"));
        at += 16 + usize::try_from(length).expect("a length");
    }
    let mut command = command();
    command.args(["-l", "-t", "-r", "-", "--wireguard-keys", &path]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut messages = lines
        .map(|line| line.expect("UTF-8"))
        .filter(|line| line.contains("in wireguard") && !line.starts_with("-- "));
    stdin.write_all(&octets[..at]).expect("it reads");
    stdin.flush().expect("it reads");
    assert_eq!(messages.by_ref().take(11).count(), 11);
    let mut keys = OpenOptions::new()
        .append(true)
        .open(keys.path())
        .expect("a file");
    keys.write_all(&log.as_bytes()[second..]).expect("room");
    stdin.write_all(&octets[at..]).expect("it reads");
    drop(stdin);
    assert_eq!(messages.count(), 4);
    assert!(child.wait().expect("the end").success());
}
