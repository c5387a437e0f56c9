//! Files of keys: opened before the run gives up that it can open any.

use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::anyhow;
use icmpdump::model::KeyKind;
use icmpdump::pipeline::KeyLogFile;

use crate::cli::Cli;

/// A file of keys that is open.
#[derive(Debug)]
pub(crate) struct KeyLog {
    pub(crate) name: String,
    pub(crate) file: File,
    kind: KeyKind,
}

impl KeyLog {
    /// Who reads it.
    pub(crate) fn reader(self) -> KeyLogFile {
        KeyLogFile::new(self.file, self.kind)
    }
}

/// Opens the files.
///
/// # Errors
///
/// Which cannot be, and why.
pub(super) fn open(cli: &Cli) -> anyhow::Result<Vec<KeyLog>> {
    let wireguard = (cli.wireguard_keys.iter()).map(|path| one(path, KeyKind::WireGuard));
    let wlan = cli.wlan_keys.iter().map(|path| one(path, KeyKind::Wlan));
    let esp = cli.esp_keys.iter().map(|path| one(path, KeyKind::Esp));
    wireguard.chain(wlan).chain(esp).collect()
}

fn one(path: &Path, kind: KeyKind) -> anyhow::Result<KeyLog> {
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
        let (option, line) = match kind {
            KeyKind::WireGuard => ("--wireguard-keys", "LOCAL_STATIC_PRIVATE_KEY=..."),
            KeyKind::Wlan => ("--wlan-keys", "wpa-pwd:PASSPHRASE:SSID"),
            KeyKind::Esp => ("--esp-keys", "those of `ip xfrm state`"),
        };
        let expected = format!("{option} expects a text file of lines such as {line}");
        match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => {
                anyhow!("{option} {name}: no such file; {expected}")
            }
            ErrorKind::IsADirectory => {
                anyhow!("{option} {name}: is a directory; {expected}")
            }
            ErrorKind::PermissionDenied => anyhow!(
                "{option} {name}: permission denied; {expected}, and you must be able to read it"
            ),
            _ => anyhow!("{option} {name}: {error}; {expected}"),
        }
    })?;
    Ok(KeyLog { name, file, kind })
}
