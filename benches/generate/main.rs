//! Writes the two captures that speed is measured with, the same octets for the same seed:
//!
//! - `mixed.pcap`: TCP and UDP flows, IPv4 and IPv6, with 1 % ICMP: pings, and errors that quote
//!   packets of those flows; 2.7 million packets, 2 GB.
//! - `pings.pcap`: nothing but echo requests and replies; 2.76 million packets, 300 MB.
//!
//! Beside each lies `NAME.txt`, which says what is in it.
//!
//! `cargo bench --bench generate -- write FOLDER [--seed N] [--scale PERCENT]`

mod mixed;
mod output;
mod packet;
mod pings;
mod random;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

/// What the command line asks for.
struct Order {
    folder: PathBuf,
    seed: u64,
    /// Percent of the packets of the full size.
    scale: u64,
}

fn main() -> ExitCode {
    // Cargo adds `--bench`; without `write` this is a test run over all targets: nothing to do.
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    if words.first().is_none_or(|word| word != "write") {
        return ExitCode::SUCCESS;
    }
    match order(&words).and_then(|order| write(&order)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("generate: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn order(words: &[String]) -> Result<Order> {
    let mut order = Order {
        folder: PathBuf::new(),
        seed: 1,
        scale: 100,
    };
    let mut rest = words.iter().skip(1);
    while let Some(word) = rest.next() {
        let mut number = || -> Result<u64> {
            let value = rest
                .next()
                .with_context(|| format!("{word} needs a value"))?;
            value.parse().with_context(|| format!("{word} {value}"))
        };
        match word.as_str() {
            "--seed" => order.seed = number()?,
            "--scale" => order.scale = number()?,
            _ => order.folder = PathBuf::from(word),
        }
    }
    if order.folder.as_os_str().is_empty() {
        bail!("no folder to write to");
    }
    Ok(order)
}

fn write(order: &Order) -> Result<()> {
    std::fs::create_dir_all(&order.folder)
        .with_context(|| format!("cannot create {}", order.folder.display()))?;
    let packets = |full: u64| (full * order.scale).div_ceil(100);
    mixed::write(&order.folder, order.seed, packets(2_700_000))?;
    pings::write(&order.folder, order.seed, packets(2_760_000))
}
