//! Seeds for fuzzing: frames of recorded captures, as the targets of `fuzz/` read them.
//!
//! `cargo run --release --example fuzz_corpus`; what it writes to `fuzz/corpus` is not committed.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use icmpdump::model::SourceId;
use icmpdump::source::{self, Source, Step};
use icmpdump::wire::{Classified, classify};

/// Frames of a capture in one seed of `pipeline`.
const FRAMES: usize = 6;
/// Octets of a frame that a length in `pipeline` can tell.
const LONGEST: usize = 0x7ff;

fn main() -> io::Result<()> {
    let [decode, pipeline] = ["decode", "pipeline"].map(|name| Path::new("fuzz/corpus").join(name));
    fs::create_dir_all(&decode)?;
    fs::create_dir_all(&pipeline)?;
    let mut paths = Vec::new();
    for folder in ["testdata", "../shared/captures"] {
        files(Path::new(folder), &mut paths);
    }
    paths.sort();
    // One frame of a length from each capture is enough to begin with.
    let (mut frames, mut sequences) = (BTreeSet::new(), 0);
    for path in paths {
        let Ok(mut source) = source::open(&path, SourceId(0)) else {
            continue;
        };
        let mut lengths = BTreeSet::new();
        let mut sequence = Vec::new();
        let mut left = FRAMES;
        while source.advance() == Step::Frame {
            let frame = source.frame().expect("a step to a frame has one");
            // The link types that `pipeline` knows, and `decode` has first.
            let link = match frame.link.0 {
                1 => 0,
                101 => 1,
                _ => continue,
            };
            let is_icmp = matches!(classify(&frame), Classified::Icmp(_));
            if is_icmp && lengths.insert(frame.data.len()) && frame.data.len() <= LONGEST {
                frames.insert([&[link, 0], frame.data].concat());
            }
            if left > 0 && frame.data.len() <= LONGEST {
                left -= 1;
                let length = u16::try_from(frame.data.len()).unwrap_or(0).to_be_bytes();
                // A millisecond, nearly.
                sequence.extend([length[0], length[1], 20, link]);
                sequence.extend(frame.data);
            }
        }
        if !sequence.is_empty() {
            fs::write(pipeline.join(format!("seed-{sequences}")), sequence)?;
            sequences += 1;
        }
    }
    for (n, frame) in frames.iter().enumerate() {
        fs::write(decode.join(format!("seed-{n}")), frame)?;
    }
    println!(
        "{} seeds for decode, {sequences} for pipeline",
        frames.len()
    );
    Ok(())
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}
