//! A capture in pieces tells the same as the whole: every scenario cut in two, and dealt out to two
//! files that are merged by time.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A frame of a piece: name of the piece, number in it.
type Place = (String, u64);

/// The octets of a classic little-endian capture file: its header, its records.
struct Capture {
    header: Vec<u8>,
    records: Vec<Vec<u8>>,
}

fn word(octets: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(octets[at..at + 4].try_into().unwrap())
}

impl Capture {
    fn read(path: &Path) -> Self {
        let octets = fs::read(path).unwrap();
        assert!(
            [0xa1b2_c3d4, 0xa1b2_3c4d].contains(&word(&octets, 0)),
            "{}",
            path.display()
        );
        let mut records = Vec::new();
        let mut at = 24;
        while at < octets.len() {
            let end = at + 16 + word(&octets, at + 8) as usize;
            records.push(octets[at..end].to_vec());
            at = end;
        }
        Self {
            header: octets[..24].to_vec(),
            records,
        }
    }

    fn time(&self, at: usize) -> (u32, u32) {
        let record = &self.records[at];
        (word(record, 0), word(record, 4))
    }

    /// Deals the records out to two files, and tells where each one of the whole went.
    fn deal(&self, folder: &Path, is_second: impl Fn(usize) -> bool) -> Pieces {
        let names = ["one.pcap", "two.pcap"];
        let mut files = [self.header.clone(), self.header.clone()];
        let mut counts = [0; 2];
        let mut whole = HashMap::new();
        for ((at, record), number) in self.records.iter().enumerate().zip(1u64..) {
            let file = usize::from(is_second(at));
            files[file].extend_from_slice(record);
            counts[file] += 1;
            whole.insert((names[file].to_owned(), counts[file]), number);
        }
        let paths = names.map(|name| folder.join(name));
        for (path, octets) in paths.iter().zip(files) {
            fs::write(path, octets).unwrap();
        }
        Pieces {
            paths: paths.to_vec(),
            whole,
        }
    }
}

struct Pieces {
    paths: Vec<PathBuf>,
    whole: HashMap<Place, u64>,
}

/// All records but the first, which names the files.
fn records(paths: &[PathBuf]) -> Vec<Value> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_icmpdump"));
    command.arg("--json");
    for path in paths {
        command.arg("-r").arg(path);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .skip(1)
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Names every frame by its number in the whole capture, and no source.
fn rename(value: &mut Value, own: &str, whole: &HashMap<Place, u64>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, own, whole)),
        Value::Object(map) => {
            let source = map.remove("source");
            let source = source.as_ref().and_then(Value::as_str).unwrap_or(own);
            if let Some(frame) = map.get_mut("frame")
                && let Some(number) = frame.as_u64()
            {
                *frame = whole[&(source.to_owned(), number)].into();
            }
            for item in map.values_mut() {
                rename(item, source, whole);
            }
            // Evidence stands in the order of files.
            if let Some(Value::Array(evidence)) = map.get_mut("evidence") {
                evidence.sort_by_key(|frame| frame["frame"].as_u64());
            }
        }
        _ => {}
    }
}

fn told(pieces: &Pieces) -> Vec<Value> {
    let mut records = records(&pieces.paths);
    for record in &mut records {
        rename(record, "", &pieces.whole);
    }
    records
}

fn scenarios() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/scenarios");
    let mut captures: Vec<_> = fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap().path().join("capture.pcap"))
        .filter(|path| path.exists())
        .collect();
    captures.sort();
    assert!(captures.len() >= 30, "{} scenarios", captures.len());
    captures
}

/// Whether packets come twice: at one point of capture that is the network's doing, at two points
/// it is the same packet seen at both.
fn has_repetitions(records: &[Value]) -> bool {
    records.iter().any(|record| {
        record["copy_of"].is_object()
            || record["answers"]["outcome"] == "duplicate"
            || record["duplicates"].as_u64().is_some_and(|count| count > 0)
    })
}

/// Fragments are put together within their source, as each point of capture sees all of them.
fn has_fragments(records: &[Value]) -> bool {
    records
        .iter()
        .any(|record| record["ip"]["fragment"].is_object())
}

#[track_caller]
fn assert_same(what: &str, whole: &[Value], pieces: &[Value]) {
    for (whole, pieces) in whole.iter().zip(pieces) {
        assert_eq!(whole, pieces, "{what}");
    }
    assert_eq!(whole.len(), pieces.len(), "{what}");
}

#[test]
fn one_file_cut_in_two_tells_the_same() {
    let folder = tempfile::tempdir().unwrap();
    for path in scenarios() {
        let capture = Capture::read(&path);
        let count = capture.records.len();
        let whole = told(&capture.deal(folder.path(), |_| false));
        let is_later_fragment = |at: usize| {
            let frame = at as u64 + 1;
            let offset = |record: &Value| record["ip"]["fragment"]["offset"].as_u64();
            whole
                .iter()
                .any(|record| record["frame"] == frame && offset(record).is_some_and(|at| at > 0))
        };
        let is_copy = |at: usize| {
            let frame = at as u64 + 1;
            let mut records = whole.iter().filter(|record| record["frame"] == frame);
            records.any(|record| record["copy_of"].is_object())
        };
        for cut in [count / 3, count / 2, count * 4 / 5] {
            // Not in the middle of a packet, nor between one and its copy: a round trip is that at one
            // point of capture.
            let cut = (cut..count)
                .find(|at| !is_later_fragment(*at) && !is_copy(*at))
                .unwrap_or(cut);
            // Merging by time puts in order what the capture has out of order.
            let before = (0..cut).map(|at| capture.time(at)).max();
            let after = (cut..count).map(|at| capture.time(at)).min();
            if before > after {
                continue;
            }
            let pieces = told(&capture.deal(folder.path(), |at| at >= cut));
            let what = format!("{} cut before frame {}", path.display(), cut + 1);
            assert_same(&what, &whole, &pieces);
        }
    }
}

#[test]
fn two_files_merged_by_time_tell_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let mut compared = 0;
    for path in scenarios() {
        let capture = Capture::read(&path);
        let count = capture.records.len();
        let ordered = (1..count).all(|at| capture.time(at - 1) < capture.time(at));
        let whole = told(&capture.deal(folder.path(), |_| false));
        if !ordered || has_repetitions(&whole) || has_fragments(&whole) {
            continue;
        }
        for turn in 0..2 {
            // Any dealing will do that mixes requests, replies and errors.
            let pieces = told(&capture.deal(folder.path(), |at| (at * 7 + turn) % 5 < 2));
            let what = format!("{} dealt out ({turn})", path.display());
            assert_same(&what, &whole, &pieces);
        }
        compared += 1;
    }
    assert!(compared >= 30, "{compared} scenarios");
}
