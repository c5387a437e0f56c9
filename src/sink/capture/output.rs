//! One file being written: where it lies meanwhile, what is left of it after a fault, its end.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Seek, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use super::encode::Format;
use super::error::{CaptureError, Stage};
use crate::sink::patient::Patient;

/// What becomes of a file that is there already under the final name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Existing {
    /// It is replaced once the new one is complete.
    Replace,
    /// It stays, and the new one gets a number behind its name.
    Keep,
}

/// A file, or a stream, that takes whole records.
#[derive(Debug)]
pub(super) struct Output {
    file: File,
    /// Where the octets go now.
    path: PathBuf,
    /// The name that it gets when it is complete.
    target: Option<PathBuf>,
    existing: Existing,
    /// Octets handed to the system.
    length: u64,
    failed: bool,
}

/// How many names are tried before giving up: so many runs have been killed here.
const NAMES: u32 = 1000;

impl Output {
    /// Standard output.
    pub(super) fn stdout() -> Result<Self, CaptureError> {
        let path = Path::new("-");
        // Not through `Stdout`, which would look for line breaks.
        let file = io::stdout().as_fd().try_clone_to_owned().map(File::from);
        Self::of(file, path)
    }

    /// The file at `path`, created or emptied; or the device or pipe that it is.
    pub(super) fn direct(path: &Path) -> Result<Self, CaptureError> {
        Self::of(File::create(path), path)
    }

    fn of(file: io::Result<File>, path: &Path) -> Result<Self, CaptureError> {
        let file = file.map_err(|error| CaptureError::system(path, Stage::Create, error))?;
        Ok(Self {
            file,
            path: path.to_owned(),
            target: None,
            existing: Existing::Replace,
            length: 0,
            failed: false,
        })
    }

    /// A file that is called `target` when it is complete, and `target.part` until then: found by
    /// whoever looks, and by no pattern for finished captures. What a killed run left under that
    /// name stays.
    pub(super) fn part(target: &Path, existing: Existing) -> Result<Self, CaptureError> {
        let name = |count| numbered(target, ".part", count);
        for count in 1..NAMES {
            let path = name(count);
            match File::create_new(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                file => {
                    let mut output = Self::of(file, &path)?;
                    output.target = Some(target.to_owned());
                    output.existing = existing;
                    return Ok(output);
                }
            }
        }
        let error = io::ErrorKind::AlreadyExists.into();
        Err(CaptureError::system(&name(1), Stage::Create, error))
    }

    /// Octets written so far.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Where it lies now.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Where its name is kept; empty for the one that the run began in.
    pub(super) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// The file's name without folders: the one it will have.
    pub(super) fn name(&self) -> OsString {
        let path = self.target.as_deref().unwrap_or(&self.path);
        path.file_name().unwrap_or(path.as_os_str()).to_owned()
    }

    /// Whether `path` leads to this very file, so that creating it anew would empty it.
    pub(super) fn is_at(&self, path: &Path) -> bool {
        use std::os::unix::fs::MetadataExt;
        let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
        let here = self.file.metadata().map(identity);
        let there = path.metadata().map(identity);
        matches!((here, there), (Ok(here), Ok(there)) if here == there)
    }

    /// Hands `records` to the system. After a fault the file ends with the last record that went
    /// in whole, as far as the file system allows.
    pub(super) fn write(&mut self, records: &[u8], format: Format) -> io::Result<()> {
        let mut written = 0;
        while let Some(rest) = records.get(written..).filter(|rest| !rest.is_empty()) {
            let error = match Patient(&self.file).write(rest) {
                Ok(0) => io::ErrorKind::WriteZero.into(),
                Ok(count) => {
                    written += count;
                    continue;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => error,
            };
            self.cut(format.torn_octets(records, written, self.length == 0));
            return Err(error);
        }
        self.length += written as u64;
        Ok(())
    }

    /// Takes the last `octets` away again. A stream cannot be shortened; its reader sees where it
    /// ends.
    fn cut(&mut self, octets: usize) {
        self.failed = true;
        if octets > 0 && self.is_regular() {
            let _ = self
                .file
                .stream_position()
                .and_then(|end| self.file.set_len(end.saturating_sub(octets as u64)));
        }
    }

    fn is_regular(&self) -> bool {
        self.file
            .metadata()
            .is_ok_and(|metadata| metadata.is_file())
    }

    /// Brings the file to the disk and to its final name, which it gives, and which is on the disk
    /// after [`sync_folder`].
    ///
    /// One that could not be written to its end takes nobody's place: where another one has the
    /// name, it stays where it is.
    pub(super) fn finish(self) -> Result<PathBuf, CaptureError> {
        let fault = |error| CaptureError::system(&self.path, Stage::Finish, error);
        if self.is_regular() {
            // Some file systems tell only here that there is no room.
            let synced = self.file.sync_all();
            if !self.failed {
                synced.map_err(fault)?;
            }
        }
        let Some(target) = &self.target else {
            return Ok(self.path);
        };
        if self.failed && self.length == 0 {
            // Nothing of it reached the disk.
            let _ = fs::remove_file(&self.path);
            return Ok(target.clone());
        }
        let target = match self.existing {
            Existing::Replace if self.failed && target.exists() => return Ok(self.path),
            Existing::Replace => target.clone(),
            Existing::Keep => (1..NAMES)
                .map(|count| numbered(target, "", count))
                .find(|name| !name.exists())
                .unwrap_or_else(|| target.clone()),
        };
        fs::rename(&self.path, &target).map_err(fault)?;
        Ok(target)
    }
}

/// Brings the names in `folder` to the disk; not every file system lets one ask for that.
pub(super) fn sync_folder(folder: &Path) {
    let here = folder.as_os_str().is_empty();
    let folder = if here { Path::new(".") } else { folder };
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
}

/// `path` with `suffix`, and from the second on with `.count`.
fn numbered(path: &Path, suffix: &str, count: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    if count > 1 {
        name.push(format!(".{count}"));
    }
    name.into()
}
