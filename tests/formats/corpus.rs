//! The public captures: no fewer frames than tcpdump or capinfos read.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::read;

const CORPUS: &str = "../shared/captures";

/// Files of which more is read here than by both tools, with the reason.
const MORE_THAN_BOTH: &[(&str, &str)] = &[];

fn captures() -> Option<Vec<PathBuf>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(CORPUS);
    if !root.is_dir() {
        eprintln!("{CORPUS} is not there: its captures are NOT tested");
        return None;
    }
    let mut folders = vec![root];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the folder can be listed") {
            let path = entry.expect("the entry can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|e| e == "pcap" || e == "pcapng")
            {
                files.push(path);
            }
        }
    }
    files.sort();
    assert!(!files.is_empty(), "{CORPUS} holds captures");
    Some(files)
}

/// The first number in what a tool says, on the line that `marker` is on.
fn count(tool: &str, arguments: &[&str], file: &Path, marker: &str) -> u64 {
    let output = Command::new(tool).args(arguments).arg(file).output();
    let output = output.unwrap_or_else(|e| panic!("{tool} is needed for this test: {e}"));
    let text = String::from_utf8_lossy(&output.stdout);
    // A tool that refuses the file prints no count: it has read nothing.
    let line = text.lines().find(|line| line.contains(marker));
    let digits = line.and_then(|line| {
        let rest = line.trim_start_matches(|c: char| !c.is_ascii_digit());
        rest.split(|c: char| !c.is_ascii_digit()).next()
    });
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

fn by_tcpdump(file: &Path) -> u64 {
    count("tcpdump", &["-n", "--count", "-r"], file, "packet")
}

fn by_capinfos(file: &Path) -> u64 {
    // -M: numbers without separators; the file name stands on a line of its own.
    count("capinfos", &["-M", "-c"], file, "Number of packets")
}

#[test]
fn no_fewer_frames_than_tcpdump_and_capinfos() {
    let Some(files) = captures() else { return };
    let mut complaints = Vec::new();
    let mut total = 0;
    for file in files {
        let name = file.to_string_lossy();
        let name = name.split_once("captures/").map_or("", |(_, name)| name);
        let ours = match read::file(&file) {
            Ok(whole) => whole.frames.len() as u64,
            Err(e) => {
                complaints.push(format!("{name}: {e}"));
                0
            }
        };
        let most = by_tcpdump(&file).max(by_capinfos(&file));
        total += most;
        let listed = MORE_THAN_BOTH.iter().find(|(listed, _)| *listed == name);
        match (ours.cmp(&most), listed) {
            (std::cmp::Ordering::Less, _) => {
                complaints.push(format!("{name}: {ours} frames, and a tool reads {most}"));
            }
            (std::cmp::Ordering::Greater, None) => complaints.push(format!(
                "{name}: {ours} frames, more than the {most} of the tools, for no listed reason"
            )),
            (std::cmp::Ordering::Equal, Some((_, reason))) => complaints.push(format!(
                "{name}: {ours} frames like the tools, and listed as read further: {reason}"
            )),
            _ => {}
        }
    }
    assert!(
        total > 1000,
        "the tools read hardly anything: {total} frames"
    );
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
