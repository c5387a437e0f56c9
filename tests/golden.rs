//! The output for every recorded capture, word by word, and every JSON record against the schema.
//!
//! Expected output is in `tests/golden/`: `NAME.txt`, `NAME.json` and, for some, `NAME.v.txt`
//! (`-v`), `NAME.q.txt` (`-q`), `NAME.e.txt` (`-e`), `NAME.X.txt` (`-X`), where NAME is a file of `testdata/`. After an
//! intended change write it anew, look at the difference, and commit it with the change:
//!
//! ```text
//! ICMPDUMP_GOLDEN=write cargo test --test golden
//! git diff --stat tests/golden
//! ```

mod common;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use common::{
    assert_none, command, complaints, finish, project, recorded, shown, testdata,
    without_sandbox_line,
};
use serde_json::Value;

/// Set to `write` to write the expected output instead of comparing with it.
const SWITCH: &str = "ICMPDUMP_GOLDEN";

/// Captures whose text is also kept with `-v`.
const VERBOSE: &[&str] = &[
    "demo.pcap",
    "extended-echo4.pcap",
    "frag-needed-tcp4.pcap",
    "mld.pcap",
    "neighbor-discovery.pcap",
    "parameter-problem4.pcap",
    "parameter-problem6.pcap",
    "ping-corrupt.pcap",
    "ping-fragments6.pcap",
    "ping-short.pcap",
    "ping4.pcap",
    "redirect4.pcap",
    "redirect6.pcap",
    "timestamp4.pcap",
    "vxlan.pcap",
    "wireguard.pcapng",
];

/// With `-q`.
const QUIET: &[&str] = &[
    "demo.pcap",
    "fping.pcap",
    "mtr4.pcap",
    "nft-reject4.pcap",
    "traceroute-dead-end.pcap",
];

/// With `-e`: one of each link type.
const LINK: &[&str] = &[
    "cooked-v1.pcap",
    "cooked-v2.pcap",
    "qinq.pcap",
    "two-links.pcapng",
    "vlan.pcap",
];

/// With `-X`.
const HEX: &[&str] = &["ping4.pcap", "port-unreachable6.pcap", "qinq.pcap"];

/// One run and the file that holds what it must print.
struct Case {
    capture: PathBuf,
    flags: &'static [&'static str],
    golden: String,
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for capture in recorded() {
        let name = capture.file_name().unwrap_or_default().to_string_lossy();
        let mut add = |flags, suffix| {
            cases.push(Case {
                capture: capture.clone(),
                flags,
                golden: format!("{name}.{suffix}"),
            });
        };
        add(&[], "txt");
        add(&["--json"], "json");
        for (names, flags, suffix) in [
            (VERBOSE, &["-v"] as &[_], "v.txt"),
            (LINK, &["-e"], "e.txt"),
            (QUIET, &["-q"], "q.txt"),
            (HEX, &["-X"], "X.txt"),
        ] {
            if names.contains(&&*name) {
                add(flags, suffix);
            }
        }
    }
    cases
}

/// Standard output, then standard error if there is any, then the exit status unless it is 0.
fn output(case: &Case) -> String {
    let mut command = command();
    command.arg("-r").arg(&case.capture).args(case.flags);
    let run = finish(&mut command);
    // A new version of the program is no reason to write 200 files anew.
    let version = format!("\"version\":\"{}\"", env!("CARGO_PKG_VERSION"));
    let mut text = run.out.replacen(&version, "\"version\":\"VERSION\"", 1);
    let err = without_sandbox_line(&run.err);
    if !err.is_empty() {
        let folder = format!("{}/", project("testdata").display());
        text.push_str("stderr: ");
        text.push_str(&err.replace(&folder, ""));
        text.push('\n');
    }
    if run.code != Some(0) {
        let _ = writeln!(text, "exit status: {:?}", run.code);
    }
    text
}

fn compare(case: &Case) -> Vec<String> {
    let path = project("tests/golden").join(&case.golden);
    let found = output(case);
    if std::env::var_os(SWITCH).is_some_and(|value| value == "write") {
        std::fs::write(&path, found).expect("tests/golden can be written to");
        return Vec::new();
    }
    let Ok(expected) = std::fs::read_to_string(&path) else {
        return vec![format!(
            "{}: no such file; {SWITCH}=write cargo test --test golden writes it",
            case.golden
        )];
    };
    difference(&expected, &found)
        .map(|difference| format!("{}: {difference}", case.golden))
        .into_iter()
        .collect()
}

/// The first line that differs, with where in the line it begins to.
fn difference(expected: &str, found: &str) -> Option<String> {
    if expected == found {
        return None;
    }
    let (mut left, mut right) = (expected.lines(), found.lines());
    for number in 1.. {
        match (left.next(), right.next()) {
            (None, None) => break,
            (a, b) if a == b => {}
            (a, b) => {
                let around = |line: Option<&str>| line.map_or("no more lines", |l| l).to_owned();
                let (a, b) = (around(a), around(b));
                let same = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
                let part = |line: &str| -> String {
                    let skip = same.saturating_sub(40);
                    let cut = if skip > 0 { "..." } else { "" };
                    let text: String = line.chars().skip(skip).take(160).collect();
                    format!("{cut}{text}")
                };
                return Some(format!(
                    "line {number} differs at column {}\n  expected: {}\n  found:    {}",
                    same + 1,
                    part(&a),
                    part(&b)
                ));
            }
        }
    }
    Some("only the line breaks at the end differ".to_owned())
}

#[test]
fn output_is_what_it_was() {
    let mut found = complaints(&cases(), compare);
    if !found.is_empty() {
        found.push(format!(
            "If the change is intended: {SWITCH}=write cargo test --test golden, then look at git diff"
        ));
    }
    assert_none(&found);
}

#[test]
fn each_golden_file_belongs_to_a_capture() {
    let known: BTreeSet<String> = cases().into_iter().map(|case| case.golden).collect();
    let there = std::fs::read_dir(project("tests/golden")).expect("tests/golden is there");
    let stale: Vec<String> = there
        .map(|entry| entry.expect("an entry").file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .filter(|name| !known.contains(name))
        .collect();
    assert!(stale.is_empty(), "of no capture: {stale:?}");
    let text: BTreeSet<&str> = [VERBOSE, LINK, HEX].concat().into_iter().collect();
    for name in text {
        testdata(name);
    }
}

/// Text in one time zone, and JSON in any, does not depend on where and when it is made.
#[test]
fn output_depends_on_nothing_but_the_capture() {
    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    let names = [
        "demo.pcap",
        "fping.pcap",
        "mtr6.pcap",
        "nat-both.pcap",
        "neighbor-discovery.pcap",
        "ping-reorder.pcap",
        "two-links.pcapng",
    ];
    let check = |name: &&str| {
        let mut found = Vec::new();
        for flags in [&["-v"] as &[&str], &["--json"]] {
            let capture = testdata(name);
            let here = finish(command().args(flags).args(["-r", &capture])).good();
            // Other hash seeds come by themselves.
            let mut other = command();
            other.args(flags).args(["-r", &capture]);
            other.current_dir(elsewhere.path());
            for (variable, value) in [
                ("COLUMNS", "40"),
                ("LINES", "10"),
                ("LANG", "de_DE.UTF-8"),
                ("LC_ALL", "tr_TR.UTF-8"),
                ("TERM", "xterm-256color"),
                ("COLORTERM", "truecolor"),
                ("HOME", "/nonexistent"),
                ("HOSTNAME", "elsewhere"),
            ] {
                other.env(variable, value);
            }
            if flags.contains(&"--json") {
                other.env("TZ", "Asia/Kathmandu");
            }
            let there = finish(&mut other).good();
            found.extend(
                difference(&here, &there).map(|d| format!("{name} {flags:?} elsewhere: {d}")),
            );
        }
        found
    };
    assert_none(&complaints(&names, check));
}

/// The schema of all records, and of each type alone: its complaints are to the point.
struct Schema {
    whole: jsonschema::Validator,
    each: Vec<(&'static str, jsonschema::Validator)>,
}

const TYPES: &[&str] = &[
    "start", "icmp", "exchange", "drop", "path", "finding", "summary",
];

impl Schema {
    fn compile() -> Self {
        let path = project("schema/icmpdump.schema.json");
        let text = std::fs::read_to_string(path).expect("the schema is there");
        let schema: Value = serde_json::from_str(&text).expect("the schema is JSON");
        let one = |kind: &&'static str| {
            assert!(schema["$defs"][kind].is_object(), "no schema of {kind}");
            let alone = serde_json::json!({
                "$schema": schema["$schema"],
                "$defs": schema["$defs"],
                "$ref": format!("#/$defs/{kind}"),
            });
            (*kind, jsonschema::validator_for(&alone).expect("a schema"))
        };
        Self {
            whole: jsonschema::validator_for(&schema).expect("a schema"),
            each: TYPES.iter().map(one).collect(),
        }
    }

    /// What is wrong with a record.
    fn complaint(&self, record: &Value) -> Option<String> {
        if self.whole.is_valid(record) {
            return None;
        }
        let kind = record["type"].as_str().unwrap_or("a record without type");
        let Some((_, alone)) = self.each.iter().find(|(known, _)| *known == kind) else {
            return Some(format!("{kind} is no type of the schema"));
        };
        let errors: Vec<String> = alone
            .iter_errors(record)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        Some(format!("{kind}: {} in {record}", errors.join("; ")))
    }
}

/// Complaints about the records of one capture, of each kind the first.
fn records_of(
    capture: &Path,
    schema: &Schema,
    seen: &[std::sync::atomic::AtomicU64],
) -> Vec<String> {
    let run = finish(command().arg("-r").arg(capture).arg("--json"));
    let mut found = Vec::new();
    // A capture may be damaged; nothing may be worse than that.
    let no_capture =
        run.code == Some(1) && run.out.is_empty() && run.err.contains("is not a capture");
    if !no_capture && !matches!(run.code, Some(0 | 3)) {
        found.push(format!("exit status {:?}: {}", run.code, run.err));
    }
    for line in run.out.lines() {
        let record: Value = match serde_json::from_str(line) {
            Ok(record) => record,
            Err(error) => {
                found.push(format!("{error}: {line}"));
                continue;
            }
        };
        if let Some(at) = TYPES.iter().position(|kind| record["type"] == *kind) {
            seen[at].fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
        found.extend(schema.complaint(&record));
    }
    found.truncate(3);
    let name = shown(capture);
    found.iter().map(|what| format!("{name}: {what}")).collect()
}

#[test]
fn every_record_of_every_capture_follows_the_schema() {
    let schema = Schema::compile();
    let mut captures = common::recorded_and_scenarios();
    captures.extend(common::public());
    let seen: Vec<_> = TYPES.iter().map(|_| 0.into()).collect();
    let found = complaints(&captures, |capture| records_of(capture, &schema, &seen));
    assert_none(&found);
    for (kind, seen) in TYPES.iter().zip(seen) {
        assert!(seen.into_inner() > 10, "hardly any record of type {kind}");
    }
}

#[test]
fn the_schema_refuses_what_is_no_record() {
    let schema = Schema::compile();
    let capture = testdata("demo.pcap");
    let records = common::records(&["-r", &capture]);
    assert!(!records.is_empty());
    for record in &records {
        let mut without_type = record.clone();
        without_type
            .as_object_mut()
            .expect("an object")
            .remove("type");
        let mut null = record.clone();
        null["source"] = Value::Null;
        let mut other_type = record.clone();
        other_type["type"] = "something".into();
        for wrong in [without_type, null, other_type] {
            assert!(schema.complaint(&wrong).is_some(), "{wrong}");
        }
    }
}
