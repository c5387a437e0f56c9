//! The filter: from the arguments or from a file.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use anyhow::{anyhow, bail};

use crate::cli::{Cli, Quoted};
use icmpdump::source::filter::{self, QuotedPolicy};

/// What is read of a filter file, in octets: more than libpcap compiles.
const FILTER_MAX: u64 = 1 << 20;

/// The expression; empty where everything is selected.
///
/// # Errors
///
/// Why the file cannot be used.
pub(super) fn given(cli: &Cli) -> anyhow::Result<String> {
    let words = cli.filter.join(" ");
    let Some(path) = &cli.filter_file else {
        return Ok(words);
    };
    if !words.trim().is_empty() {
        bail!("-F and a filter on the command line exclude each other: give one of them");
    }
    let content = filter_file(path).map_err(|error| {
        let name = path.display();
        let expected = "-F expects a text file that holds a filter expression";
        match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => {
                anyhow!("-F {name}: no such file; {expected}")
            }
            ErrorKind::IsADirectory => anyhow!("-F {name}: is a directory; {expected}"),
            ErrorKind::InvalidData => anyhow!("-F {name}: is not text in UTF-8; {expected}"),
            ErrorKind::FileTooLarge => {
                anyhow!("-F {name}: holds more than {FILTER_MAX} octets; {expected}")
            }
            ErrorKind::PermissionDenied => {
                anyhow!("-F {name}: permission denied; {expected}, and you must be able to read it")
            }
            _ => anyhow!("-F {name}: {error}; {expected}"),
        }
    })?;
    Ok(filter::strip_comments(&content))
}

fn filter_file(path: &Path) -> io::Result<String> {
    let mut content = String::new();
    File::open(path)?
        .take(FILTER_MAX + 1)
        .read_to_string(&mut content)?;
    if content.len() as u64 > FILTER_MAX {
        return Err(ErrorKind::FileTooLarge.into());
    }
    Ok(content)
}

pub(super) fn quoted(quoted: Quoted) -> QuotedPolicy {
    match quoted {
        Quoted::Auto => QuotedPolicy::Auto,
        Quoted::Yes => QuotedPolicy::Yes,
        Quoted::No => QuotedPolicy::No,
    }
}
