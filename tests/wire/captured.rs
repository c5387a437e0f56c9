//! Captures of made frames, and what the program tells of them.

use std::fs;
use std::process::Command;

use icmpdump::model::{LinkType, Timestamp};
use serde_json::Value;

use crate::frames::{OwnedFrame, pcapng};

/// A capture of frames of this link type, a microsecond apart.
pub(crate) fn written(link: u32, frames: &[Vec<u8>]) -> tempfile::NamedTempFile {
    let owned: Vec<_> = (1..)
        .zip(frames)
        .map(|(number, data): (u32, _)| OwnedFrame {
            file: String::new(),
            number: number.into(),
            ts: Timestamp::from_parts(1_700_000_000, 1000 * number),
            link: LinkType(link),
            wire_len: u32::try_from(data.len()).unwrap(),
            fcs_len: 0,
            data: data.clone(),
        })
        .collect();
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), pcapng(&owned)).unwrap();
    file
}

/// The records of a capture.
pub(crate) fn records(file: &tempfile::NamedTempFile) -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_icmpdump"))
        .args(["--json", "-r"])
        .arg(file.path())
        .output()
        .unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}
