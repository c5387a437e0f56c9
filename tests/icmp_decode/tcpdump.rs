//! What `tcpdump -vvv` tells of a message beyond its first line, against our records.
//!
//! The first line is held to tcpdump's word by word elsewhere (`tests/wording`). Here is what `-v`
//! adds: IP header fields, checksums, the quoted packet, options, records. All that tcpdump tells
//! must be in our record with the same value, and the headers in our own lines too.

#[path = "tcpdump/facts.rs"]
mod facts;
#[path = "tcpdump/ours.rs"]
mod ours;
#[path = "tcpdump/theirs.rs"]
mod theirs;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::frames;
use ours::ours;
use theirs::{heads, theirs};

fn is_of_header(field: &str) -> bool {
    ["ip ", "quoted ", "tunnel "]
        .iter()
        .any(|part| field.starts_with(part))
}

/// Whether a defect is that of an option of an IPv4 header.
fn is_of_option(defect: &Value) -> bool {
    let rule = defect["rule"].as_str();
    defect["layer"] == "ipv4" && rule.is_some_and(|rule| rule.contains("option "))
}

/// The lines of each frame, as either program prints them.
fn blocks(program: &str, options: &[&str], path: &Path) -> BTreeMap<u64, String> {
    let output = Command::new(program)
        .args(options)
        .args(["-#", "-r"])
        .arg(path)
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}; 'make test' installs it"));
    let mut blocks: BTreeMap<u64, String> = BTreeMap::new();
    let mut last = None;
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let numbered = line.trim_start_matches(' ').split_once("  ");
        let number = numbered.and_then(|(number, rest)| Some((number.parse().ok()?, rest)));
        match (number, last) {
            (Some((number, rest)), _) => {
                blocks.insert(number, rest.to_owned());
                last = Some(number);
            }
            (None, Some(number)) => {
                let block = blocks.entry(number).or_default();
                block.push('\n');
                block.push_str(line);
            }
            (None, None) => {}
        }
    }
    blocks
}

pub(crate) fn our_records(path: &Path) -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_icmpdump"))
        .args(["--json", "--emit", "icmp", "-r"])
        .arg(path)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|record| record["type"] == "icmp")
        .collect()
}

/// Messages in tunnels that tcpdump does not look into: captures, and why we are right.
const CLOSED: [(&str, &str); 6] = [
    (
        "wireguard.pcapng",
        "WireGuard, whose keys the capture brings along (draft-ietf-opsawg-pcapng, Decryption Secrets \
         Block): a tag of ChaCha20-Poly1305 (RFC 8439 section 2.8) proves what is inside",
    ),
    (
        "various_gre.pcap",
        "GRE with a protocol type of Cisco's, 0x8909, for frames of its switches (RFC 2784 section \
         2.4 has the type name the payload's)",
    ),
    (
        "Teredo.pcap",
        "Teredo clients send from and to ports of their choice (RFC 4380 section 5.1.1): only the \
         packet inside tells",
    ),
    (
        "gre-erspan3-dot1q.pcap",
        "ERSPAN type III, which draft-foschiano-erspan section 4.3 describes, in GRE (RFC 2784)",
    ),
    (
        "gtp_control_prime.pcap",
        "GTP version 0 on its own port (GSM 09.60 section 13)",
    ),
    (
        "gtp7_ipv6.pcap",
        "GTP-U on its own port (3GPP TS 29.281 section 4.4.2)",
    ),
];

#[test]
fn what_tcpdump_tells_in_detail_is_in_our_records() {
    let (mut compared, mut values) = (0, 0);
    let mut different = Vec::new();
    let mut closed = BTreeSet::new();
    for path in &frames::files() {
        let records = our_records(path);
        if records.is_empty() {
            continue;
        }
        let blocks_of_tcpdump = blocks("tcpdump", &["-tnvvv"], path);
        let our_blocks = blocks(env!("CARGO_BIN_EXE_icmpdump"), &["-tvvv"], path);
        let name = path.file_name().unwrap().to_string_lossy();
        for record in &records {
            let frame = record["frame"].as_u64().unwrap();
            // tcpdump gives up on some files before their end.
            let Some(block) = blocks_of_tcpdump.get(&frame) else {
                continue;
            };
            let is_inside = record["tunnel"].is_array();
            if is_inside && !block.contains(": ICMP ") && !block.contains("ICMP6,") {
                closed.insert(name.clone().into_owned());
                continue;
            }
            compared += 1;
            let theirs = theirs(block);
            let ours = ours(record);
            let our_lines = heads(&our_blocks[&frame]);
            for (field, their) in &theirs.0 {
                values += their.len();
                let our = ours.0.get(field);
                // Lists of options and the tunnel's protocol number are in our lines as tcpdump has
                // them, and in our records in another form.
                let of_lines = [
                    "options",
                    "extension headers",
                    "tunnel protocol",
                    "tcp flags",
                    "tcp window",
                ];
                let is_of_lines = of_lines.iter().any(|name| field.ends_with(name));
                if our != Some(their) && !is_of_lines {
                    let said = format!("our record {our:?}, tcpdump {their:?}");
                    different.push(format!("{name} #{frame} {field}: {said}"));
                }
                let ours = our_lines.0.get(field);
                // An option of a wrong length tcpdump tells in its place, we as a defect.
                let broken = ["[bad length", "[truncated-option"];
                if broken.iter().any(|word| their[0].contains(word)) {
                    let defects = record["defects"].as_array();
                    let is_told = defects.is_some_and(|all| all.iter().any(is_of_option));
                    assert!(is_told, "{name} #{frame} {their:?}: {defects:?}");
                } else if is_of_header(field) && ours != Some(their) {
                    let said = format!("our lines {ours:?}, tcpdump {their:?}");
                    different.push(format!("{name} #{frame} {field}: {said}"));
                }
            }
        }
    }
    assert!(
        different.is_empty(),
        "{} differences in {compared} messages:\n{}",
        different.len(),
        different.join("\n")
    );
    for name in &closed {
        assert!(CLOSED.iter().any(|(known, _)| known == name), "{name}");
    }
    for (name, _) in CLOSED {
        let is_there = frames::files().iter().any(|path| path.ends_with(name));
        assert!(
            !is_there || closed.contains(name),
            "{name} is no exception any more"
        );
    }
    eprintln!("compared {values} values of {compared} messages");
}
