//! Seeds for fuzzing: frames of recorded captures, as the targets of `fuzz/` read them.
//!
//! `cargo run --release --example fuzz_corpus`; what it writes to `fuzz/corpus` is not committed.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use icmpdump::wire::{Classified, classify};

#[path = "../tests/common/frames.rs"]
mod frames;

/// Frames of a capture in one seed of `pipeline`.
const FRAMES: usize = 6;
/// Octets of a frame that a length in `pipeline` can tell.
const LONGEST: usize = 0x7ff;

fn main() -> io::Result<()> {
    let [decode, pipeline] = ["decode", "pipeline"].map(|name| Path::new("fuzz/corpus").join(name));
    fs::create_dir_all(&decode)?;
    fs::create_dir_all(&pipeline)?;
    // One frame of a length from each capture is enough to begin with.
    let (mut seeds, mut sequences) = (BTreeSet::new(), 0);
    for captured in frames::files().iter().filter_map(|path| frames::of(path)) {
        let mut lengths = BTreeSet::new();
        let mut sequence = Vec::new();
        let mut left = FRAMES;
        for frame in captured {
            // The link types that `pipeline` knows, and `decode` has first.
            let link = match frame.link.0 {
                1 => 0,
                101 => 1,
                _ => continue,
            };
            let is_icmp = matches!(classify(&frame.frame()), Classified::Icmp(_));
            if is_icmp && lengths.insert(frame.data.len()) && frame.data.len() <= LONGEST {
                seeds.insert([&[link, 0], &frame.data[..]].concat());
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
    for (n, frame) in seeds.iter().enumerate() {
        fs::write(decode.join(format!("seed-{n}")), frame)?;
    }
    println!("{} seeds for decode, {sequences} for pipeline", seeds.len());
    Ok(())
}
