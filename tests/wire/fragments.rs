//! Messages put together from fragments, against tshark's.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use icmpdump::model::SourceId;
use icmpdump::source::{self, Source, Step};
use icmpdump::wire::reassembly::{Reassembler, Reassembly};
use icmpdump::wire::{ChecksumStatus, Classified, classify, icmp_checksum};

use crate::frames;

/// The frames of each message, in the order of their octets, by the frame that made it whole;
/// and whether its checksum is good.
pub(crate) type Messages = BTreeMap<u64, (Vec<u64>, bool)>;

/// Our messages, and whether there were fragments at all.
pub(crate) fn ours(path: &Path) -> (Messages, bool) {
    let mut messages = Messages::new();
    let mut fragments = false;
    let Ok(mut source) = source::open(path, SourceId(0)) else {
        return (messages, false);
    };
    let mut reassembler = Reassembler::new(1 << 20);
    while source.advance() == Step::Frame {
        let frame = source.frame().unwrap();
        let (Classified::Icmp(packet) | Classified::OtherIp(packet)) = classify(&frame) else {
            continue;
        };
        match reassembler.feed(&packet, frame.reference(), frame.interface, frame.ts) {
            Reassembly::NotIcmpFragment => {}
            Reassembly::Complete(whole) => {
                fragments = true;
                let frames = whole.frames().iter().map(|f| f.number()).collect();
                let good = icmp_checksum(&whole.ip()).status == ChecksumStatus::Good;
                messages.insert(frame.number, (frames, good));
            }
            _ => fragments = true,
        }
    }
    (messages, fragments)
}

pub(crate) fn theirs(path: &Path) -> Messages {
    let mut command = Command::new("tshark");
    command.arg("-n").arg("-r").arg(path).args(["-T", "fields"]);
    command.args(["-Y", "(icmp && ip.fragment) || (icmpv6 && ipv6.fragment)"]);
    for field in [
        "frame.number",
        "ip.fragment",
        "ipv6.fragment",
        "icmp.checksum.status",
        "icmpv6.checksum.status",
    ] {
        command.args(["-e", field]);
    }
    let output = command.output().expect("tshark is installed");
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let frames = [fields[1], fields[2]]
                .join(",")
                .split(',')
                .filter_map(|number| number.parse().ok())
                .collect();
            let good = [fields[3], fields[4]].concat().starts_with('1');
            (fields[0].parse().unwrap(), (frames, good))
        })
        .collect()
}

#[test]
fn tshark_puts_the_same_messages_together() {
    let paths: Vec<PathBuf> = frames::files();
    let mut compared = 0;
    let mut different = Vec::new();
    for path in paths {
        let (ours, fragments) = ours(&path);
        if !fragments {
            continue;
        }
        let theirs = theirs(&path);
        compared += theirs.len();
        if ours != theirs {
            different.push(format!(
                "{}: we say {ours:?}, tshark {theirs:?}",
                path.display()
            ));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
    eprintln!("compared {compared} messages");
}

/// The status of each fragment and the frames of each message, for files given in this order.
fn told(paths: &[&Path]) -> Vec<(String, usize)> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_icmpdump"));
    command.args(["--json", "--emit", "icmp"]);
    for path in paths {
        command.arg("-r").arg(path);
    }
    let output = command.output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|record| record["reassembly"].is_object())
        .map(|record| {
            let frames = record["reassembly"]["frames"].as_array();
            let status = record["reassembly"]["status"].as_str().unwrap().to_owned();
            (status, frames.map_or(0, Vec::len))
        })
        .collect()
}

#[test]
fn cutting_a_capture_between_fragments_changes_nothing() {
    for name in ["ping-fragments4.pcap", "ping-fragments6.pcap"] {
        let path = Path::new("testdata").join(name);
        let octets = fs::read(&path).unwrap();
        let whole = told(&[&path]);
        assert!(
            whole
                .iter()
                .filter(|(status, _)| status == "complete")
                .count()
                > 2
        );
        let folder = tempfile::tempdir().unwrap();
        let [before, behind] = ["a", "b"].map(|name| folder.path().join(name));
        let mut at = 24;
        while at < octets.len() {
            let captured = octets[at + 8..at + 12].try_into().unwrap();
            at += 16 + usize::try_from(u32::from_le_bytes(captured)).unwrap();
            fs::write(&before, &octets[..at]).unwrap();
            fs::write(&behind, [&octets[..24], &octets[at..]].concat()).unwrap();
            assert_eq!(told(&[&before, &behind]), whole, "{name} cut at {at}");
        }
    }
}
