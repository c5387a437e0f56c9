//! What reading takes beside the state of correlation, whose limit is set to the least.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::{assert_none, complaints, public, recorded, shown};

/// The most that any file may take, in octets.
const MOST: usize = 64 << 20;

/// Runs where the system gives out no more than [`MOST`]: who asks for more is aborted.
fn complaint(path: &Path) -> Vec<String> {
    let output = Command::new("prlimit")
        .arg(format!("--data={MOST}"))
        .arg(env!("CARGO_BIN_EXE_icmpdump"))
        .args(["-q", "--json", "--memory-limit", "1MiB", "-r"])
        .arg(path)
        .output()
        .expect("prlimit is needed for this test (make test installs it)");
    match output.status.code() {
        Some(0 | 3) => Vec::new(),
        code => {
            let err = String::from_utf8_lossy(&output.stderr);
            vec![format!("{}: {code:?}: {err}", shown(path))]
        }
    }
}

#[test]
fn no_capture_takes_more_than_64_mib() {
    let mut files = public();
    files.extend(recorded());
    assert_none(&complaints(&files, |path| complaint(path)));
}

/// A block of a little-endian pcapng.
pub(crate) fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 12).expect("a small block");
    let length = length.to_le_bytes();
    [&kind.to_le_bytes(), &length[..], body, &length].concat()
}

/// Captures that declare without end.
#[test]
fn nor_does_one_that_was_made_to() {
    let section = [&0x1a2b_3c4d_u32.to_le_bytes()[..], &[1, 0, 0, 0], &[255; 8]].concat();
    let section = block(0x0a0d_0d0a, &section);
    let bare = block(1, &[1, 0, 0, 0, 0, 0, 0, 0]);
    // if_description, as long as an option can be.
    let option = [&[3, 0, 0xfc, 0xff][..], &vec![b'a'; 0xfffc], &[0; 4]].concat();
    let described = block(1, &[&[1, 0, 0, 0, 0, 0, 0, 0], &option[..]].concat());
    let comment = block(0x0000_0bad, &vec![0; 900_000]);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = |name: &str, repeated: &[u8], times: usize| -> PathBuf {
        let path = folder.path().join(name);
        fs::write(&path, [&section[..], &repeated.repeat(times)].concat()).expect("room");
        path
    };
    let files = [
        file("interfaces", &bare, 400_000),
        file("described", &described, 1100),
        file("sections", &[&section[..], &bare].concat(), 200_000),
        file("blocks", &comment, 80),
    ];
    assert_none(&complaints(&files, |path| complaint(path)));
}
