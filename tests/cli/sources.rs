//! Where packets come from: standard input, several files as one, link types nobody knows.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::common::{
    assert_accounted, assert_none, command, complaints, finish, of_type, parse, public, recorded,
    recorded_and_scenarios, records, run, run_with_input, shown, summary, tcpdump_count, testdata,
    tool,
};

#[test]
fn standard_input_gives_what_the_file_gives() {
    for name in [
        "demo.pcap",
        "formats.pcapng",
        "formats.pcap.gz",
        "formats.pcap.zst",
        "formats.pcap.xz",
        "formats.pcap.lz4",
        "two-links.pcapng",
    ] {
        let path = testdata(name);
        let content = fs::read(&path).expect("a capture");
        let file = run(&["-r", &path]).good();
        assert_eq!(
            run_with_input(&["-r", "-"], &content).good(),
            file,
            "{name}"
        );
        let file = run(&["-r", &path, "--json"]).good();
        let file = file.replace(&format!("\"{name}\""), "\"-\"");
        let piped = run_with_input(&["-r", "-", "--json"], &content).good();
        assert_eq!(piped, file, "{name}");
    }
}

/// Joined by `cat`, also through a pipe, and of several link types.
#[test]
fn captures_joined_by_cat_are_read_as_one_with_a_warning() {
    let (pings, raw) = (testdata("ping4.pcap"), testdata("tun.pcap"));
    let [first, second] = [&pings, &raw].map(|path| fs::read(path).expect("a capture"));
    let joined = [&first[..], &second, &first].concat();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("joined.pcap");
    fs::write(&path, &joined).expect("written");
    let frames = |records: &[Value]| summary(records)["frames"].clone();
    let alone = [&pings, &raw].map(|path| frames(&records(&["-r", path])));
    let whole = run(&[OsStr::new("-r"), path.as_os_str(), OsStr::new("--json")]);
    let warning = format!(
        "warning: joined.pcap: another pcap file begins at offset {}, frame {}",
        first.len(),
        alone[0]["read"].as_u64().expect("a number") + 1
    );
    assert_eq!(whole.err.matches("another pcap file").count(), 1);
    let whole = whole.exits(0).says(&warning);
    for key in ["read", "icmp", "other"] {
        let [once, of_raw] = alone
            .each_ref()
            .map(|frames| frames[key].as_u64().expect("a number"));
        assert_eq!(frames(&whole.records())[key], once * 2 + of_raw, "{key}");
    }
    let lines = whole.out.replace("\"joined.pcap\"", "\"-\"");
    let piped = run_with_input(&["-r", "-", "--json"], &joined).exits(0);
    assert_eq!(piped.says("warning: -: another").out, lines);
    // The others stop behind the first.
    assert_eq!(tcpdump_count(&path, ""), None);
    let tshark = tool("tshark", &[OsStr::new("-nr"), path.as_os_str()]);
    assert!(!tshark.status.success());
    let read = String::from_utf8_lossy(&tshark.stdout).lines().count() as u64;
    // The header is a packet to it, without an octet.
    assert!(read <= alone[0]["read"].as_u64().expect("a number") + 1);
}

/// The snap length left no flow to look for; the error is in the account all the same.
#[test]
fn an_error_that_quotes_too_little_is_counted() {
    let all = records(&["-r", &testdata("ping-short.pcap")]);
    let errors = &summary(&all)["errors"];
    assert_eq!(errors["port_unreachable"]["not_looked_for"], 1, "{errors}");
}

/// pcapng's simple packet blocks have no time, and read as the zero that other formats leave.
#[test]
fn packets_without_a_time_have_no_round_trip() {
    let mut octets = fs::read(testdata("ping4.pcap")).expect("a capture");
    let mut at = 24;
    while let Some(record) = octets.get_mut(at..at + 16) {
        record[..8].fill(0);
        let [.., a, b, c, d, _, _, _, _] = *record else {
            unreachable!("sixteen octets");
        };
        at += 16 + u32::from_le_bytes([a, b, c, d]) as usize;
    }
    let text = run_with_input(&["-r", "-"], &octets).good();
    assert!(text.contains(" | answers #3\n"), "{text}");
    assert!(text.contains("no packet tells when"), "{text}");
    assert!(!text.contains("rtt"), "{text}");
    let written = run_with_input(&["-r", "-", "--json"], &octets).records();
    let exchanges = of_type(&written, "exchange");
    assert_eq!(exchanges.len(), 5);
    for exchange in exchanges {
        assert_eq!(exchange["outcome"], "answered");
        assert_eq!(exchange.get("rtt_ns"), None);
    }
    assert_eq!(summary(&written).get("time_backwards"), None);
}

#[test]
fn standard_input_beside_a_file() {
    let inside = testdata("nat-inside.pcap");
    let outside = testdata("nat-outside.pcap");
    let content = fs::read(&inside).expect("a capture");
    let piped = run_with_input(&["-r", "-", "-r", &outside, "--json"], &content).good();
    let files = run(&["-r", &inside, "-r", &outside, "--json"]).good();
    assert_eq!(piped, files.replace("\"nat-inside.pcap\"", "\"-\""));
}

#[test]
fn merged_records_name_their_source_in_the_order_of_time() {
    let names = ["nat-inside.pcap", "nat-outside.pcap"];
    let paths = names.map(testdata);
    let all = records(&["-r", &paths[0], "-r", &paths[1]]);
    assert_eq!(all[0]["sources"][0]["name"], names[0]);
    assert_eq!(all[0]["sources"][1]["name"], names[1]);
    assert_accounted(summary(&all), "merged");
    let icmp = of_type(&all, "icmp");
    let times: Vec<&str> = icmp.iter().filter_map(|r| r["ts"].as_str()).collect();
    assert!(times.is_sorted(), "merged by time");
    for (name, path) in names.iter().zip(&paths) {
        let alone = records(&["-r", path]);
        // The message itself is told the same; what it is related to may lie in the other file.
        let messages = |records: &[&Value]| -> Vec<Value> {
            records
                .iter()
                .map(|r| serde_json::json!([r["frame"], r["ts"], r["source"], r["ip"], r["icmp"]]))
                .collect()
        };
        let of_this: Vec<&Value> = icmp
            .iter()
            .filter(|r| r["source"] == *name)
            .copied()
            .collect();
        assert_eq!(
            messages(&of_this),
            messages(&of_type(&alone, "icmp")),
            "{name}"
        );
    }
    let text = run(&["-r", &paths[0], "-r", &paths[1]]).good();
    assert!(
        names.iter().all(|name| text.contains(name)),
        "references name their source"
    );
}

#[test]
fn files_of_one_name_are_told_apart() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let paths = ["left", "right"].map(|side| {
        let folder = folder.path().join(side);
        fs::create_dir(&folder).expect("a folder");
        let path = folder.join("capture.pcap");
        fs::copy(testdata("ping4.pcap"), &path).expect("room");
        path.to_str().expect("UTF-8").to_owned()
    });
    let all = records(&["-r", &paths[0], "-r", &paths[1]]);
    let sources = all[0]["sources"].as_array().expect("sources");
    assert_eq!(sources.len(), 2);
    assert_ne!(sources[0]["name"], sources[1]["name"]);
    for source in sources {
        let of_it = of_type(&all, "icmp")
            .iter()
            .filter(|r| r["source"] == source["name"])
            .count();
        assert_eq!(of_it, 10, "{source}");
    }
}

/// Pieces of a capture by editcap, with how many frames stand before each.
fn pieces(capture: &str, how: &[&str], folder: &Path) -> Vec<(PathBuf, u64)> {
    let out = folder.join("piece.pcap");
    let mut arguments = how.to_vec();
    arguments.extend(["-F", "pcap", capture, out.to_str().expect("UTF-8")]);
    let output = tool("editcap", &arguments);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    let mut before = 0;
    paths
        .into_iter()
        .map(|path| {
            let start = before;
            before += tcpdump_count(&path, "").expect("a capture of editcap's");
            (path, start)
        })
        .collect()
}

/// Takes the sources out of a record, and counts frames through all pieces.
fn joined(record: &Value, source: &str, before: &BTreeMap<String, u64>) -> Value {
    match record {
        Value::Object(fields) => {
            let own = fields
                .get("source")
                .and_then(Value::as_str)
                .unwrap_or(source);
            let fields = fields.iter().filter(|(name, _)| *name != "source");
            let fields = fields.map(|(name, value)| {
                let value = match value.as_u64().filter(|_| name == "frame") {
                    Some(frame) => (frame + before[own]).into(),
                    None => joined(value, own, before),
                };
                (name.clone(), value)
            });
            Value::Object(fields.collect())
        }
        Value::Array(items) => Value::Array(
            items
                .iter()
                .map(|item| joined(item, source, before))
                .collect(),
        ),
        other => other.clone(),
    }
}

#[test]
fn a_capture_in_pieces_tells_the_same_as_the_whole() {
    let cases = [
        ("demo.pcap", ["-c", "50"]),
        ("demo.pcap", ["-c", "7"]),
        ("demo.pcap", ["-i", "1"]),
        ("loop4.pcap", ["-c", "10"]),
        ("mtr6.pcap", ["-i", "1"]),
        ("frag-needed-tcp4.pcap", ["-c", "20"]),
        ("ping-reorder.pcap", ["-c", "13"]),
    ];
    for (name, how) in cases {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let whole = testdata(name);
        let pieces = pieces(&whole, &how, folder.path());
        assert!(pieces.len() > 1, "{name} {how:?} gives one piece");
        let mut command = command();
        let mut before = BTreeMap::new();
        for (path, start) in &pieces {
            command.arg("-r").arg(path);
            let name = path.file_name().expect("a name").to_string_lossy();
            before.insert(name.into_owned(), *start);
        }
        let parts = parse(&finish(command.arg("--json")).good());
        let whole = records(&["-r", &whole]);
        let of_whole = BTreeMap::from([(name.to_owned(), 0)]);
        for kind in ["icmp", "exchange", "drop", "path", "finding"] {
            let part: Vec<_> = of_type(&parts, kind)
                .iter()
                .map(|r| joined(r, "", &before))
                .collect();
            let whole: Vec<_> = of_type(&whole, kind)
                .iter()
                .map(|r| joined(r, "", &of_whole))
                .collect();
            for (part, whole) in part.iter().zip(&whole) {
                assert_eq!(part, whole, "{name} {how:?} {kind}");
            }
            assert_eq!(part.len(), whole.len(), "{name} {how:?} {kind}");
        }
    }
}

/// A pcap of three frames with a link type.
fn pcap(link: u32) -> Vec<u8> {
    let mut octets = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65535, link] {
        octets.extend(word.to_le_bytes());
    }
    for second in 0..3_u32 {
        for word in [1_700_000_000 + second, 0, 20, 20] {
            octets.extend(word.to_le_bytes());
        }
        octets.extend([0x45; 20]);
    }
    octets
}

#[test]
fn an_unknown_link_type_is_warned_of_once() {
    // USER0, DBUS, and one that nobody has registered.
    for (link, name) in [(147, "USER0"), (231, "DBUS"), (65000, "")] {
        for flags in [&["--json"] as &[&str], &["-q"]] {
            let mut arguments = vec!["-r", "-"];
            arguments.extend(flags);
            let run = run_with_input(&arguments, &pcap(link)).exits(0);
            assert_eq!(run.err.lines().count(), 1, "{}", run.err);
            let run = run.says("warning").says(&link.to_string()).says(name);
            if flags == ["--json"] {
                let all = run.records();
                let frames = &summary(&all)["frames"];
                assert_eq!(frames["read"], 3);
                assert_eq!(frames["undecodable"], 3);
                assert_accounted(summary(&all), name);
            } else {
                assert!(run.out.contains("3 frames read"), "{}", run.out);
            }
        }
    }
    // Two of them: two warnings. One beside a known one: the known one is read.
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |link: u32| {
        let path = folder.path().join(format!("{link}.pcap"));
        fs::write(&path, pcap(link)).expect("room");
        path.to_str().expect("UTF-8").to_owned()
    };
    let (one, other, ping) = (path(147), path(231), testdata("ping4.pcap"));
    let run = run(&["-r", &one, "-r", &other, "-r", &ping, "-r", &one, "--json"]).exits(0);
    assert_eq!(run.err.lines().count(), 2, "{}", run.err);
    // Each with its file, and what to do where somebody may know more.
    let convert = format!("editcap -T ether {one} copy.pcapng");
    for (file, link, remedy) in [
        (one.as_str(), "147 (USER0)", convert.as_str()),
        ("231.pcap", "231 (DBUS)", "count as undecodable\n"),
    ] {
        let words = format!("warning: {file}: link type {link} cannot be decoded, from frame 1 on");
        assert!(
            run.err.contains(&words) && run.err.contains(remedy),
            "{}",
            run.err
        );
    }
    let all = run.records();
    assert_eq!(summary(&all)["frames"]["undecodable"], 9);
    assert_eq!(summary(&all)["frames"]["icmp"], 10);
}

/// Captures that tcpdump does not read to the end, or not at all.
const NOT_FOR_TCPDUMP: &[&str] = &[
    "formats-cut.pcap",
    "formats-two-members.pcap.gz",
    "formats-two-sections.pcapng",
    "formats.pcap.gz",
    "formats.pcap.lz4",
    "formats.pcap.xz",
    "formats.pcap.zst",
    "two-links.pcapng",
];

#[test]
fn count_is_tcpdumps() {
    let found = complaints(&recorded(), |path| {
        let name = shown(path);
        let ours = finish(command().arg("-r").arg(path).arg("--count"));
        let Some(theirs) = tcpdump_count(path, "") else {
            let listed = NOT_FOR_TCPDUMP.contains(&name.as_str());
            return if listed {
                vec![]
            } else {
                vec![format!("{name}: tcpdump fails")]
            };
        };
        let expected = format!("{theirs} packet{}\n", if theirs == 1 { "" } else { "s" });
        if ours.code == Some(0) && ours.out == expected && ours.err.is_empty() {
            return vec![];
        }
        vec![format!("{name}: {expected:?} by tcpdump, here {ours:?}")]
    });
    assert_none(&found);
}

#[test]
fn each_frame_of_each_capture_is_accounted_for() {
    let filters = [
        "",
        "icmp",
        "host 10.0.1.1 or host 2001:db8:1::1",
        "len > 100",
    ];
    let mut cases: Vec<(PathBuf, &str)> = Vec::new();
    for path in recorded_and_scenarios() {
        cases.extend(filters.iter().map(|filter| (path.clone(), *filter)));
    }
    for path in public() {
        cases.extend([(path.clone(), ""), (path, "ip or ip6")]);
    }
    let found = complaints(&cases, |(path, filter)| {
        let what = format!("{} '{filter}'", shown(path));
        let run = finish(command().arg("-r").arg(path).args([
            "--json",
            "--emit",
            "icmp,summary",
            filter,
        ]));
        match run.code {
            Some(0 | 3) => {}
            // No capture; or of a link type for which the filter does not compile.
            Some(1 | 2) if run.out.is_empty() && !run.err.is_empty() => return vec![],
            _ => return vec![format!("{what}: {run:?}")],
        }
        let all = run.records();
        let summary = summary(&all);
        let count = |name: &str| summary["frames"][name].as_u64().unwrap_or(u64::MAX / 8);
        let parts = count("undecodable") + count("other") + count("filtered") + count("icmp");
        let shown = of_type(&all, "icmp").len() as u64;
        if count("read") == parts && count("icmp") == shown {
            return vec![];
        }
        vec![format!("{what}: {}, {shown} records", summary["frames"])]
    });
    assert_none(&found);
}
