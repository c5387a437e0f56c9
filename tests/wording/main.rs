//! Lines up to ` | ` against those of `tcpdump -nr`, over the public captures, our own recordings
//! and crafted messages of every type and code.

mod craft;
mod links;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use icmpdump::correlate::Relation;
use icmpdump::icmp::Message;
use icmpdump::model::SourceId;
use icmpdump::record::{IcmpEvent, Record};
use icmpdump::sink::Sink;
use icmpdump::sink::text::{LinkHeader, Numbers, TextOptions, TextSink, TimestampStyle};
use icmpdump::source::{Source, Step, open};
use icmpdump::wire::{Classified, classify};

/// Our lines by frame number, up to ` | `, of the messages that travel in no tunnel: for those
/// tcpdump shows the outer packet.
fn ours(path: &Path, link_header: LinkHeader) -> BTreeMap<u64, String> {
    let mut lines = BTreeMap::new();
    let Ok(mut source) = open::open(path, SourceId(0)) else {
        return lines;
    };
    while source.advance() == Step::Frame {
        let sources = source.describe();
        let Some(frame) = source.frame() else { break };
        let Classified::Icmp(packet) = classify(&frame) else {
            continue;
        };
        if !packet.tunnels.is_empty() {
            continue;
        }
        let message = Message::parse(&packet.ip);
        let event = IcmpEvent {
            frame: &frame,
            packet: &packet,
            message: &message,
            relation: Relation::None,
            reassembly: None,
            whole: None,
            proven: None,
            sources: &sources,
        };
        let mut text = Vec::new();
        let mut sink = TextSink::new(
            &mut text,
            TextOptions {
                timestamps: TimestampStyle::None,
                numbers: Numbers::Hidden,
                link_header,
                ..TextOptions::default()
            },
        );
        sink.write(&Record::Icmp(&event)).unwrap();
        sink.flush().unwrap();
        drop(sink);
        let text = String::from_utf8(text).unwrap();
        let line = text.lines().next().unwrap_or_default();
        let line = line.split(" | ").next().unwrap_or_default();
        lines.insert(frame.number, line.to_owned());
    }
    lines
}

/// tcpdump's lines by frame number, without what it adds below them.
fn theirs(path: &Path, link_header: LinkHeader) -> BTreeMap<u64, String> {
    let output = Command::new("tcpdump")
        .args(["-n", "-t", "-#"])
        .args((link_header == LinkHeader::Shown).then_some("-e"))
        .arg("-r")
        .arg(path)
        .env("TZ", "UTC")
        .output()
        .expect("tcpdump runs: 'make test' installs it");
    let text = String::from_utf8_lossy(&output.stdout);
    let mut lines = BTreeMap::new();
    for line in text.lines() {
        let Some((number, rest)) = line.trim_start_matches(' ').split_once("  ") else {
            continue;
        };
        if let Ok(number) = number.parse() {
            lines.insert(number, rest.to_owned());
        }
    }
    lines
}

/// What came of comparisons.
#[derive(Default)]
struct Compared {
    lines: usize,
    /// What differs without an excuse.
    wrong: Vec<String>,
    /// The reasons of excuses that were needed.
    excuses: BTreeSet<&'static str>,
}

impl Compared {
    /// Compares the lines of one capture.
    fn capture(&mut self, path: &Path, link_header: LinkHeader) {
        let ours = ours(path, link_header);
        if ours.is_empty() {
            return;
        }
        let theirs = theirs(path, link_header);
        for (number, ours) in &ours {
            let Some(theirs) = theirs.get(number) else {
                // tcpdump gave up on the file before this frame.
                continue;
            };
            self.lines += 1;
            match verdict(ours, theirs) {
                Verdict::Same => {}
                Verdict::Excused(excuse) => {
                    self.excuses.insert(excuse.reason);
                }
                Verdict::Different => self.wrong.push(format!(
                    "{} #{number}\n  ours:    {ours}\n  tcpdump: {theirs}",
                    path.display()
                )),
            }
        }
    }

    /// Checks that at least so many more lines were compared than those before.
    #[track_caller]
    fn assert_more(&self, before: usize, least: usize) {
        let compared = self.lines - before;
        assert!(compared > least, "only {compared} lines were compared");
    }
}

enum Verdict {
    Same,
    /// They differ in a way that is right.
    Excused(&'static Excuse),
    Different,
}

fn verdict(ours: &str, theirs: &str) -> Verdict {
    let theirs = without_interface(theirs);
    if ours == theirs {
        return Verdict::Same;
    }
    let excuse = EXCUSES.iter().find(|excuse| (excuse.holds)(ours, theirs));
    excuse.map_or(Verdict::Different, Verdict::Excused)
}

/// The line without the interface's name and, without a link header, without the direction. In
/// cooked captures tcpdump begins with the name that the interface's index has on the machine that
/// reads the file, which need not be the one that captured it.
fn without_interface(theirs: &str) -> &str {
    for direction in ["In ", "Out ", "B ", "M ", "P "] {
        let Some((name, rest)) = theirs.split_once(direction) else {
            continue;
        };
        if name.trim_end().contains(' ') || !name.ends_with(' ') {
            continue;
        }
        let rest = rest.trim_start();
        if rest.starts_with("IP") {
            return rest;
        }
        if rest.starts_with("ifindex ") {
            return &theirs[name.len()..];
        }
    }
    theirs
}

/// A way in which our line may differ from tcpdump's.
struct Excuse {
    /// Why ours is right.
    reason: &'static str,
    holds: fn(&str, &str) -> bool,
}

/// The addresses up to the message are the same in both.
fn same_until(ours: &str, theirs: &str, word: &str) -> bool {
    match (ours.split_once(word), theirs.split_once(word)) {
        (Some((ours, _)), Some((theirs, _))) => ours == theirs,
        _ => false,
    }
}

const EXCUSES: &[Excuse] = &[
    Excuse {
        reason: "bandwidth 21 of 802.11ac is the lower half's upper quarter's upper eighth \
                 (radiotap.org, VHT), where tcpdump repeats the name of bandwidth 25",
        holds: |ours, theirs| {
            ours.contains("160 MHz (LUU)") && ours.replace("(LUU)", "(UUU)") == theirs
        },
    },
    Excuse {
        reason: "IANA names types and codes that tcpdump shows by number (registries `ICMP Type Numbers`, \
                 `ICMPv6 type Numbers` and `RPL Control Codes`)",
        holds: |ours, theirs| {
            [
                "type-#",
                "unknown icmp6 type (",
                "unknown unreach code (",
                "code-#",
                "RPL message, unknown code ",
            ]
            .iter()
            .any(|unknown| theirs.contains(unknown) && !ours.contains(unknown))
                && same_until(ours, theirs, ": ")
        },
    },
    Excuse {
        reason: "IANA and RFC 4443 section 6.2 leave ICMPv6's types 200 and 201 to private experiments; tcpdump \
                 has the names of a draft, as of types 146 and 147, which ask for prefixes (RFC 6275 sections \
                 6.7 and 6.8)",
        holds: |ours, theirs| {
            let names = [
                ("mobile router ", "mobile prefix "),
                ("mtrace response", "private information 1"),
                ("mtrace message", "private information 2"),
            ];
            (names.iter()).any(|(theirs_is, is)| ours == theirs.replace(theirs_is, is))
        },
    },
    Excuse {
        reason: "a timestamp whose first bit is set is none since midnight (RFC 792), and no day has 1193 hours",
        holds: |ours, theirs| {
            ours.contains(" (non-standard)") && same_until(ours, theirs, ": org ")
        },
    },
    Excuse {
        reason: "a router's preference is signed, the least says that it is never to be a default (RFC 1256 \
                 section 3)",
        holds: |ours, theirs| ours.replace(" -2147483648}", " 2147483648}") == theirs,
    },
    Excuse {
        reason: "RFC 4620 section 5 names the query type that tcpdump calls unknown, that for IPv4 addresses",
        holds: |ours, theirs| ours == theirs.replace("query (unknown, ", "query (IPv4 addresses, "),
    },
    Excuse {
        reason: "the name of the message and that of its field are two words, which tcpdump runs \
                 together (RFC 2710 section 3.4, Maximum Response Delay)",
        holds: |ours, theirs| ours == theirs.replace("max resp delay", " max resp delay"),
    },
    Excuse {
        reason: "where octets are missing, we keep what was captured and tell the length, which the IP \
                 header holds (RFC 791 section 3.1, RFC 8200 section 3)",
        holds: |ours, theirs| match theirs.split_once(" [|icmp") {
            Some((told, _)) => ours.starts_with(told.trim_end()) && ours.contains(" [|icmp"),
            None => false,
        },
    },
    Excuse {
        reason: "for a code it does not know, tcpdump dumps the message instead of the destination, which \
                 is quoted whatever the code (RFC 4443 section 3.1)",
        holds: |ours, theirs| theirs.contains("unknown unreach code (") && ours.starts_with(theirs),
    },
    Excuse {
        reason: "a name is labels of any octets (RFC 1035 section 3.1): those that are no text we escape \
                 as everywhere, tcpdump with ^ and M-",
        holds: |ours, theirs| {
            let label = ", subject=DNS name, \"";
            same_until(ours, theirs, label)
                && theirs
                    .split_once(label)
                    .is_some_and(|(_, name)| name.contains(['^', '-']))
        },
    },
    Excuse {
        reason: "a payload length of 0 does not count the octets behind the header, as RFC 8200 section 3 \
                 wants it to: they are read",
        holds: |_, theirs| theirs.ends_with("ICMP6, length 0 (invalid)"),
    },
];

fn captures(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else {
        return files;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(captures(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

#[test]
fn lines_read_as_in_tcpdump() {
    let mut compared = Compared::default();
    our_recordings(&mut compared);
    every_link(&mut compared);
    every_type_and_code(&mut compared);
    let has_public = public_captures(&mut compared);
    assert!(compared.wrong.is_empty(), "{}", compared.wrong.join("\n"));
    let reasons = EXCUSES.iter().map(|excuse| excuse.reason);
    let idle: Vec<_> = reasons
        .filter(|reason| !compared.excuses.contains(reason))
        .collect();
    assert!(idle.is_empty() || !has_public, "excuse nothing: {idle:#?}");
}

fn our_recordings(compared: &mut Compared) {
    for link_header in [LinkHeader::Hidden, LinkHeader::Shown] {
        let before = compared.lines;
        for path in captures(Path::new("testdata")) {
            compared.capture(&path, link_header);
        }
        compared.assert_more(before, 1000);
    }
}

/// Whether there are any.
fn public_captures(compared: &mut Compared) -> bool {
    let folder = Path::new("../shared/captures");
    if !folder.is_dir() {
        eprintln!("{} is not there: not compared", folder.display());
        return false;
    }
    let before = compared.lines;
    for path in captures(folder) {
        compared.capture(&path, LinkHeader::Hidden);
    }
    compared.assert_more(before, 50);
    true
}

/// Header by header, with `-e` and without.
fn every_link(compared: &mut Compared) {
    let (_folder, paths) = links::captures();
    let before = compared.lines;
    for path in &paths {
        compared.capture(path, LinkHeader::Shown);
        // Without -e, of other links tcpdump tells oddities alone: "Pad!", a source route.
        if links::tells_unasked(path) {
            compared.capture(path, LinkHeader::Hidden);
        }
    }
    compared.assert_more(before, 6000);
}

fn every_type_and_code(compared: &mut Compared) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crafted.pcap");
    fs::write(&path, craft::capture()).unwrap();
    let before = compared.lines;
    compared.capture(&path, LinkHeader::Hidden);
    compared.assert_more(before, 700);
}
