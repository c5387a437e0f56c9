//! Captures of made frames, and what the program tells of them.

use std::fs;
use std::process::Command;

use icmpdump::model::{LinkType, Timestamp};
use serde_json::Value;

use crate::frames::{OwnedFrame, pcapng};

/// A capture of frames of this link type, a microsecond apart.
pub(crate) fn written(link: u32, frames: &[Vec<u8>]) -> tempfile::NamedTempFile {
    written_at(link, (1..).zip(frames.iter().cloned()))
}

/// A capture of these frames, each so many microseconds after its begin.
pub(crate) fn written_at(
    link: u32,
    frames: impl Iterator<Item = (u32, Vec<u8>)>,
) -> tempfile::NamedTempFile {
    let owned: Vec<_> = (1..)
        .zip(frames)
        .map(|(number, (micros, data))| OwnedFrame {
            file: String::new(),
            number,
            ts: Timestamp::from_parts(
                1_700_000_000 + i64::from(micros / 1_000_000),
                micros % 1_000_000 * 1000,
            ),
            link: LinkType(link),
            wire_len: u32::try_from(data.len()).unwrap(),
            fcs_len: 0,
            data,
        })
        .collect();
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), pcapng(&owned)).unwrap();
    file
}

/// The records of a capture.
pub(crate) fn records(file: &tempfile::NamedTempFile) -> Vec<Value> {
    parsed(&told(file, &["--json"]))
}

/// The records of two captures together.
pub(crate) fn records_of_both(
    first: &tempfile::NamedTempFile,
    second: &tempfile::NamedTempFile,
) -> Vec<Value> {
    parsed(&told(
        second,
        &["--json", "-r", first.path().to_str().unwrap()],
    ))
}

fn parsed(lines: &str) -> Vec<Value> {
    let values = lines.lines().map(serde_json::from_str);
    values.map(Result::unwrap).collect()
}

/// What the program prints of a capture.
pub(crate) fn text(file: &tempfile::NamedTempFile) -> String {
    told(file, &[])
}

pub(crate) fn told(file: &tempfile::NamedTempFile, flags: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_icmpdump"))
        .args(flags)
        .arg("-r")
        .arg(file.path())
        .output()
        .unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}
