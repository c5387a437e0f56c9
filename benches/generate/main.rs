//! Writes the two captures that speed is measured with, the same octets for the same seed:
//!
//! - `mixed.pcap`: TCP and UDP flows, IPv4 and IPv6, with 1 % ICMP: pings, and errors that quote
//!   packets of those flows; 2.7 million packets, 2 GB. Flows are as on a link that people use,
//!   long-tailed and refused mostly at their first packet (`flow.rs` and `mixed.rs` say how): a
//!   capture of a few flows of like size would measure the cache, and one in which errors hit all of
//!   them the writing of verdicts.
//! - `pings.pcap`: nothing but echo requests and replies; 2.76 million packets, 300 MB.
//!
//! Beside each lies `NAME.txt`, which says what is in it.
//!
//! `cargo bench --bench generate -- write FOLDER [--seed N] [--scale PERCENT]`
//!
//! Or a flood of made-up addresses to standard output, to see that memory stays bounded:
//!
//! `cargo bench --bench generate -- spoofed requests|quotes PACKETS [--seed N]`

mod flow;
mod mixed;
mod output;
mod packet;
mod pings;
mod random;
mod spoofed;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use spoofed::Flood;

/// What the command line asks for.
struct Order {
    /// The words that are no options.
    words: Vec<String>,
    seed: u64,
    /// Percent of the packets of the full size.
    scale: u64,
}

fn main() -> ExitCode {
    // Cargo adds `--bench`; without a command this is a test run over all targets: nothing to do.
    let words = std::env::args().skip(1).filter(|word| word != "--bench");
    match order(words).and_then(|order| carry_out(&order)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("generate: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn order(mut words: impl Iterator<Item = String>) -> Result<Order> {
    let mut order = Order {
        words: Vec::new(),
        seed: 1,
        scale: 100,
    };
    while let Some(word) = words.next() {
        let mut number = || -> Result<u64> {
            let value = words
                .next()
                .with_context(|| format!("{word} needs a value"))?;
            value.parse().with_context(|| format!("{word} {value}"))
        };
        match word.as_str() {
            "--seed" => order.seed = number()?,
            "--scale" => order.scale = number()?,
            _ => order.words.push(word),
        }
    }
    Ok(order)
}

fn carry_out(order: &Order) -> Result<()> {
    let words: Vec<_> = order.words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["write", folder] => write(Path::new(folder), order),
        ["spoofed", flood, packets] => {
            let packets = packets
                .parse()
                .with_context(|| format!("not a number of packets: {packets}"))?;
            spoofed::write(flood.parse::<Flood>()?, order.seed, packets)
        }
        ["write" | "spoofed", ..] => bail!("see the head of benches/generate/main.rs"),
        _ => Ok(()),
    }
}

fn write(folder: &Path, order: &Order) -> Result<()> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot create {}", folder.display()))?;
    let packets = |full: u64| (full * order.scale).div_ceil(100);
    mixed::write(folder, order.seed, packets(2_700_000))?;
    pings::write(folder, order.seed, packets(2_760_000))
}
