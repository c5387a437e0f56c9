//! What `-w` leaves behind: rotation, comments, full disks, signals and kills.

#[path = "../common/mod.rs"]
mod common;

mod annotate;
mod check_sequences;
#[cfg(target_os = "linux")]
mod faults;
mod idle;
mod kills;
#[cfg(target_os = "linux")]
mod live;
mod rotation;
mod signals;

use std::fs;
use std::path::{Path, PathBuf};
/// A pcap file of Ethernet frames with `length` octets each, one at each of these times: seconds
/// and microseconds.
fn capture(times: &[(u32, u32)], length: u32) -> Vec<u8> {
    let mut octets = header();
    for (number, &(second, micros)) in (0_u32..).zip(times) {
        octets.extend(record(number, second, micros, length));
    }
    octets
}

/// The header of a pcap file.
fn header() -> Vec<u8> {
    let mut octets = Vec::new();
    for word in [0xa1b2_c3d4, 4 << 16 | 2, 0, 0, 262_144, 1_u32] {
        octets.extend(word.to_le_bytes());
    }
    octets
}

/// One packet that begins with its number.
fn record(number: u32, second: u32, micros: u32, length: u32) -> Vec<u8> {
    let mut octets = Vec::new();
    for word in [second, micros, length, length] {
        octets.extend(word.to_le_bytes());
    }
    let mut data = number.to_be_bytes().to_vec();
    data.resize(usize::try_from(length).expect("a length"), 0);
    octets.extend(data);
    octets
}

/// The names of the files in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder can be listed");
    let name = |entry: std::io::Result<fs::DirEntry>| {
        let name = entry.expect("the entry can be read").file_name();
        name.into_string().expect("UTF-8")
    };
    let mut names: Vec<_> = entries.map(name).collect();
    names.sort();
    names
}

/// How many packets tcpdump reads from a file, which has to be whole.
#[track_caller]
fn packets(path: &Path) -> u64 {
    common::tcpdump_count(path, "")
        .unwrap_or_else(|| panic!("tcpdump does not read {} to its end", path.display()))
}

/// Writes a capture to read.
fn input(folder: &Path, octets: &[u8]) -> String {
    let path = folder.join("input");
    fs::write(&path, octets).expect("room");
    text(path)
}

fn text(path: PathBuf) -> String {
    path.into_os_string().into_string().expect("UTF-8")
}
