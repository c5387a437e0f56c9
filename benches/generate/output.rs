//! A capture file in the making, and the account of what went into it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Octets before the first packet of a pcap file.
const FILE_HEADER: u64 = 24;
/// ... and before the octets of each.
const RECORD_HEADER: u64 = 16;

/// A pcap file with microseconds, and counts by kind.
pub(crate) struct Output {
    file: BufWriter<File>,
    path: PathBuf,
    account: PathBuf,
    octets: u64,
    packets: u64,
    kinds: BTreeMap<&'static str, u64>,
}

impl Output {
    pub(crate) fn create(folder: &Path, name: &str) -> Result<Self> {
        let path = folder.join(format!("{name}.pcap"));
        // Under another name until it is whole, so that no half file is ever measured.
        let partial = path.with_extension("partial");
        let file =
            File::create(&partial).with_context(|| format!("cannot write {}", path.display()))?;
        let mut output = Self {
            file: BufWriter::with_capacity(1 << 20, file),
            path,
            account: folder.join(format!("{name}.txt")),
            octets: FILE_HEADER,
            packets: 0,
            kinds: BTreeMap::new(),
        };
        begin(&mut output.file)
            .with_context(|| format!("cannot write {}", output.path.display()))?;
        Ok(output)
    }

    pub(crate) fn packets(&self) -> u64 {
        self.packets
    }

    /// Appends an Ethernet frame captured `nanos` after the epoch.
    pub(crate) fn frame(&mut self, nanos: u64, kind: &'static str, frame: &[u8]) -> Result<()> {
        record(&mut self.file, nanos, frame)
            .with_context(|| format!("cannot write {}", self.path.display()))?;
        self.octets += RECORD_HEADER + frame.len() as u64;
        self.packets += 1;
        *self.kinds.entry(kind).or_default() += 1;
        Ok(())
    }

    /// Writes the account and gives the file its name.
    pub(crate) fn finish(mut self) -> Result<()> {
        self.file
            .flush()
            .with_context(|| format!("cannot write {}", self.path.display()))?;
        let mut account = format!("{} octets, {} packets\n", self.octets, self.packets);
        for (kind, count) in &self.kinds {
            let _ = writeln!(account, "{count:>9} {kind}");
        }
        fs::write(&self.account, &account)
            .with_context(|| format!("cannot write {}", self.account.display()))?;
        fs::rename(self.path.with_extension("partial"), &self.path)
            .with_context(|| format!("cannot rename {}", self.path.display()))?;
        println!("{}: {account}", self.path.display());
        Ok(())
    }
}

/// Writes the header of a pcap file: microseconds, Ethernet.
pub(crate) fn begin(out: &mut impl Write) -> Result<()> {
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 262_144, 1] {
        out.write_all(&word.to_le_bytes())?;
    }
    Ok(())
}

/// Writes a frame captured `nanos` after the epoch.
pub(crate) fn record(out: &mut impl Write, nanos: u64, frame: &[u8]) -> Result<()> {
    let narrow = |n: u64| u32::try_from(n).context("a time or length over 32 bits");
    let length = narrow(frame.len() as u64)?;
    let seconds = narrow(nanos / 1_000_000_000)?;
    let micros = narrow(nanos % 1_000_000_000 / 1000)?;
    for word in [seconds, micros, length, length] {
        out.write_all(&word.to_le_bytes())?;
    }
    Ok(out.write_all(frame)?)
}
