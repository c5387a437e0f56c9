//! Files of keys: opened before the run gives up that it can open any.

use std::fs::File;
use std::io::ErrorKind;
use std::path::PathBuf;

use anyhow::anyhow;
use icmpdump::pipeline::KeyLogFile;

/// A file of keys that is open.
#[derive(Debug)]
pub(crate) struct KeyLog {
    pub(crate) name: String,
    pub(crate) file: File,
}

impl KeyLog {
    /// Who reads it.
    pub(crate) fn reader(self) -> KeyLogFile {
        KeyLogFile::new(self.file)
    }
}

/// Opens the files.
///
/// # Errors
///
/// Which cannot be, and why.
pub(super) fn open(paths: &[PathBuf]) -> anyhow::Result<Vec<KeyLog>> {
    paths.iter().map(one).collect()
}

fn one(path: &PathBuf) -> anyhow::Result<KeyLog> {
    let name = path.display().to_string();
    let opened = File::open(path).and_then(|file| {
        let is_dir = file.metadata()?.is_dir();
        if is_dir {
            Err(ErrorKind::IsADirectory.into())
        } else {
            Ok(file)
        }
    });
    let file = opened.map_err(|error| {
        let expected = "--wireguard-keys expects a text file of lines such as \
                        LOCAL_STATIC_PRIVATE_KEY=...";
        match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => {
                anyhow!("--wireguard-keys {name}: no such file; {expected}")
            }
            ErrorKind::IsADirectory => {
                anyhow!("--wireguard-keys {name}: is a directory; {expected}")
            }
            ErrorKind::PermissionDenied => anyhow!(
                "--wireguard-keys {name}: permission denied; {expected}, and you must be able to \
                 read it"
            ),
            _ => anyhow!("--wireguard-keys {name}: {error}; {expected}"),
        }
    })?;
    Ok(KeyLog { name, file })
}
