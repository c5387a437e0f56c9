//! What `icmpdump --json` says.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::Value;

use crate::captures::{CaptureFile, Captures};
use crate::fields::{Facts, Field, Fragments};

/// A message as icmpdump tells it.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) facts: Facts,
    pub(crate) record: Value,
}

/// The messages of all captures, by index of their frame.
pub(crate) fn messages(captures: &Captures, fragments: Fragments) -> BTreeMap<usize, Told> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut found = Vec::new();
        while let Some(file) = captures.files.get(next.fetch_add(1, Ordering::Relaxed)) {
            found.extend(of(file, fragments));
        }
        found
    };
    thread::scope(|scope| {
        let threads = [scope.spawn(work), scope.spawn(work)];
        threads
            .map(|thread| thread.join().unwrap())
            .into_iter()
            .flatten()
            .collect()
    })
}

fn of(file: &CaptureFile, fragments: Fragments) -> Vec<(usize, Told)> {
    if file.frames == 0 {
        return Vec::new();
    }
    let run = Command::new(env!("CARGO_BIN_EXE_icmpdump"))
        .args(["--json", "--emit", "icmp", "-r"])
        .arg(&file.path)
        .output()
        .unwrap();
    // 3: the file is damaged, and all before that was told.
    assert!(
        matches!(run.status.code(), Some(0 | 3)),
        "{}: {} {}",
        file.name,
        run.status,
        String::from_utf8_lossy(&run.stderr)
    );
    String::from_utf8(run.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|record| record["type"] == "icmp")
        .filter(|record| {
            fragments == Fragments::Alone || record["reassembly"]["status"] == "complete"
        })
        .map(|record| {
            let number = usize::try_from(record["frame"].as_u64().unwrap()).unwrap();
            (
                file.first + number - 1,
                Told {
                    facts: facts(&record, fragments),
                    record,
                },
            )
        })
        .collect()
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

fn facts(record: &Value, fragments: Fragments) -> Facts {
    let (mut icmp, quoted, answers) = (&record["icmp"], &record["quoted"], &record["answers"]);
    let reassembly = &record["reassembly"];
    // Where a tunnel was in fragments, the message in it may have been whole.
    if fragments == Fragments::Together && reassembly["icmp"].is_object() {
        icmp = &reassembly["icmp"];
    }
    let mut facts = Facts::default();
    let values = [
        (Field::Version, &icmp["version"]),
        (Field::Type, &icmp["type"]),
        (Field::Code, &icmp["code"]),
        (Field::Checksum, &icmp["checksum"]["status"]),
        (Field::Identifier, &icmp["id"]),
        (Field::Sequence, &icmp["seq"]),
        (Field::Mtu, &icmp["mtu"]),
        (Field::Gateway, &icmp["gateway"]),
        (Field::Pointer, &icmp["pointer"]),
        (Field::Originate, &icmp["timestamps"]["originate"]),
        (Field::Receive, &icmp["timestamps"]["receive"]),
        (Field::Transmit, &icmp["timestamps"]["transmit"]),
        (Field::Mask, &icmp["mask"]),
        (Field::Target, &icmp["target"]),
        (Field::Group, &icmp["group"]),
        (Field::Request, &answers["frame"]),
        (Field::RoundTrip, &answers["rtt_ns"]),
        (Field::QuotedSource, &quoted["ip"]["src"]),
        (Field::QuotedDestination, &quoted["ip"]["dst"]),
        (Field::QuotedSourcePort, &quoted["src_port"]),
        (Field::QuotedDestinationPort, &quoted["dst_port"]),
        (Field::CommunityId, &record["community_id"]),
    ];
    for (field, value) in values {
        facts.put(field, text(value));
    }
    if fragments == Fragments::Together {
        let frames = reassembly["frames"].as_array().unwrap().iter();
        let numbers: Vec<_> = frames.map(|frame| frame["frame"].to_string()).collect();
        facts.put(Field::Frames, Some(numbers.join(" ")));
    }
    // That of a packet whose source was rewritten is another.
    if matches!(
        text(&record["original"]["match"]).as_deref(),
        Some("exact" | "segment" | "flow")
    ) {
        facts.put(Field::QuotedCommunityId, text(&quoted["community_id"]));
    }
    facts
}
