//! Mutated frames through the whole pipeline, for as long as one likes.
//!
//! `cargo run --release --example hammer -- SECONDS [SEED]`; what fails prints its seed.

#[path = "../tests/hostile/hammer.rs"]
mod hammer;

use std::env;
use std::time::{Duration, Instant};

use hammer::{Corpus, hammer};

const FRAMES: u64 = 50_000;

fn main() {
    let mut arguments = env::args().skip(1).map(|text| text.parse::<u64>());
    let seconds = arguments.next().and_then(Result::ok).unwrap_or(60);
    let mut seed = arguments.next().and_then(Result::ok).unwrap_or(1);
    let corpus = Corpus::read(&["testdata", "../shared/captures"]);
    let (start, mut frames, mut icmp) = (Instant::now(), 0, 0);
    while start.elapsed() < Duration::from_secs(seconds) {
        eprint!("\rseed {seed} ");
        let summary = hammer(&corpus, seed, FRAMES);
        frames += summary.frames.read;
        icmp += summary.frames.icmp;
        seed += 1;
    }
    println!(
        "\n{frames} frames, {icmp} of them ICMP, in {:?}: all held",
        start.elapsed()
    );
}
