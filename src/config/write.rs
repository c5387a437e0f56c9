//! What `-w` and the options around it ask for.

use std::ffi::{OsStr, OsString};
use std::io::IsTerminal;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use jiff::tz::TimeZone;

use crate::cli::Cli;
use icmpdump::model::Timestamp;
use icmpdump::sink::capture::{Annotate, CaptureOptions, Flush, Format, Rotation, is_stream};

/// What is to be written where; `None` without `-w`.
///
/// # Errors
///
/// What does not fit together, in a sentence with the remedy.
pub(super) fn options(cli: &Cli) -> anyhow::Result<Option<CaptureOptions>> {
    let Some(path) = &cli.write else {
        return Ok(None);
    };
    if path.as_os_str() == "-" && std::io::stdout().is_terminal() {
        bail!(
            "-w - would put packets on the terminal: name a file, or pipe them on, as in \
             -w - | wireshark -k -i -"
        );
    }
    let mut options = CaptureOptions::new(path);
    options.spare.clone_from(&cli.read);
    if cli.unbuffered {
        options.flush = Flush::EachPacket;
    }
    if cli.annotate {
        annotate(&mut options)?;
    }
    options.rotation = rotation(cli, path)?;
    Ok(Some(options))
}

/// Comments need pcapng, which a name may rule out; one that tells nothing does not.
fn annotate(options: &mut CaptureOptions) -> anyhow::Result<()> {
    let path = &options.path;
    let extension = path.extension().map(OsStr::to_ascii_lowercase);
    let is_pcap =
        |extension: &OsString| ["pcap", "cap", "dmp"].iter().any(|&pcap| extension == pcap);
    if extension.as_ref().is_some_and(is_pcap) {
        bail!(
            "--annotate needs a format that holds comments, and -w {} is to be pcap: write to {}",
            path.display(),
            path.with_extension("pcapng").display()
        );
    }
    options.format = Format::Pcapng;
    options.annotate = Annotate::Yes;
    Ok(())
}

fn rotation(cli: &Cli, path: &Path) -> anyhow::Result<Rotation> {
    let rotation = Rotation {
        size: cli
            .rotate_size
            .as_deref()
            .map(size)
            .transpose()
            .context("-C")?,
        every: cli.rotate_seconds.map(Duration::from_secs),
        files: cli.rotate_files,
        zone: cli.rotate_seconds.map(|_| TimeZone::system()),
    };
    if rotation.files.is_some() && !rotation.is_wanted() {
        bail!("-W limits the files of -C or -G: give one of them, for example -C 100 -W 10");
    }
    // For a while, as in -G 60 -W 1, anything can be written.
    let for_a_while = rotation.size.is_none() && rotation.files.is_some_and(|n| n.get() == 1);
    if rotation.is_wanted() && is_stream(path) && !for_a_while {
        bail!(
            "-w {} is no file, and cannot be followed by another one: leave out -C and -G, or \
             write to a file",
            path.display()
        );
    }
    if let Some(every) = rotation.every
        && !is_stream(path)
    {
        // What is wrong with the format is told before anything is captured.
        let first = rotation.name_at(path, Timestamp::default())?;
        let second = rotation.name_at(path, Timestamp::default().after(every))?;
        if first == second && !for_a_while {
            crate::messages::complain(&format!(
                "warning: with -G {} each file takes the place of the one before: put the time into \
                 the name, as in -w trace-%Y%m%d-%H%M%S.pcap",
                every.as_secs()
            ));
        }
    }
    Ok(rotation)
}

/// The size of `-C` in octets: millions of them, or with a suffix KiB, MiB, GiB, as tcpdump has it.
fn size(text: &str) -> anyhow::Result<u64> {
    let (number, unit) = match text.char_indices().next_back() {
        Some((at, unit)) if unit.is_ascii_alphabetic() => (text.get(..at), unit),
        _ => (Some(text), ' '),
    };
    let octets = match unit.to_ascii_lowercase() {
        ' ' => 1_000_000,
        'k' => 1 << 10,
        'm' => 1 << 20,
        'g' => 1 << 30,
        _ => 0,
    };
    number
        .and_then(|number| number.parse::<u64>().ok()?.checked_mul(octets))
        .filter(|&octets| octets > 0)
        .with_context(|| {
            format!(
                "'{text}' is not a size: give millions of octets, or a number with k, m or g \
                 (KiB, MiB, GiB)"
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_the_units_of_tcpdump() {
        assert_eq!(size("1").unwrap(), 1_000_000);
        assert_eq!(size("100").unwrap(), 100_000_000);
        assert_eq!(size("3k").unwrap(), 3 << 10);
        assert_eq!(size("3M").unwrap(), 3 << 20);
        assert_eq!(size("3g").unwrap(), 3 << 30);
        for bad in [
            "",
            "0",
            "-1",
            "k",
            "1.5",
            "3t",
            "3MiB",
            "99999999999999999999",
            "é",
        ] {
            assert!(size(bad).is_err(), "{bad}");
        }
    }
}
