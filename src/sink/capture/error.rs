//! Why frames cannot be written, and what to do about it.

use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::encode::Kind;
use crate::model::LinkType;
use crate::source::filter::dlt;

/// When it went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Create,
    Write,
    Finish,
}

/// Why frames cannot be written; always with the file's name.
#[derive(Debug, thiserror::Error)]
pub(super) enum CaptureError {
    #[error("-w {}: {}{error}{}", shown(path), stage.told(), Remedy { error, path })]
    System {
        path: PathBuf,
        stage: Stage,
        error: io::Error,
    },
    #[error(
        "-w {}: a pcap file holds frames of one kind, and these are {} and {}; \
         with a name that ends in .pcapng all of them can be written",
        shown(path), told(*first), told(*other)
    )]
    Mixed {
        path: PathBuf,
        first: Kind,
        other: Kind,
    },
    #[error("-w {}: {why}", shown(path))]
    Name { path: PathBuf, why: String },
}

impl CaptureError {
    pub(super) fn system(path: &Path, stage: Stage, error: io::Error) -> Self {
        Self::System {
            path: path.to_owned(),
            stage,
            error,
        }
    }
}

impl From<CaptureError> for io::Error {
    fn from(error: CaptureError) -> Self {
        let kind = match &error {
            CaptureError::System { error, .. } => error.kind(),
            CaptureError::Mixed { .. } => ErrorKind::InvalidData,
            CaptureError::Name { .. } => ErrorKind::InvalidInput,
        };
        Self::new(kind, error)
    }
}

impl Stage {
    const fn told(self) -> &'static str {
        match self {
            Self::Create => "cannot be created: ",
            Self::Write => "cannot be written any more: ",
            Self::Finish => "cannot be finished: ",
        }
    }
}

/// What to do about it, where that is known.
struct Remedy<'e> {
    error: &'e io::Error,
    path: &'e Path,
}

impl fmt::Display for Remedy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let folder = || match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.display().to_string(),
            _ => ".".to_owned(),
        };
        match self.error.kind() {
            ErrorKind::NotFound => write!(f, "; make the folder first: mkdir -p {}", folder()),
            ErrorKind::PermissionDenied => {
                write!(f, "; write to a folder that you may write to, or change it")
            }
            ErrorKind::StorageFull | ErrorKind::WriteZero => write!(
                f,
                "; it ends with the last whole packet. Make room, or keep a ring of files: -C 100 -W 10"
            ),
            ErrorKind::QuotaExceeded => write!(
                f,
                "; it ends with the last whole packet. Make room within the quota ('quota' shows \
                 it), or keep a ring of files: -C 100 -W 10"
            ),
            ErrorKind::FileTooLarge => write!(
                f,
                "; it ends with the last whole packet. Raise the limit ('ulimit -f' shows it), or \
                 write smaller files: -C 100"
            ),
            // The system tells no more by a kind of its own; EIO is what it says of a disk.
            _ if self.error.raw_os_error() == Some(EIO) => write!(
                f,
                "; it ends with the last whole packet. The disk or its connection is at fault: \
                 'dmesg' tells more"
            ),
            ErrorKind::IsADirectory => write!(f, "; name a file in it"),
            ErrorKind::ReadOnlyFilesystem => write!(f, "; write to another file system"),
            _ => Ok(()),
        }
    }
}

/// The number of an input/output error, on all systems that libpcap runs on.
const EIO: i32 = 5;

fn shown(path: &Path) -> String {
    if path == Path::new("-") {
        "- (standard output)".to_owned()
    } else {
        path.display().to_string()
    }
}

/// A kind of frame in words.
fn told(kind: Kind) -> String {
    let LinkType(number) = kind.link;
    let name = pcap::Linktype(dlt::from_linktype(kind.link)).get_name();
    let name = name.unwrap_or_else(|_| "unknown".to_owned());
    match kind.fcs_len {
        0 => format!("{name} (link type {number})"),
        octets => format!("{name} with {octets} octets of check sequence (link type {number})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a disk says in the middle of a capture: each with the file, and what to do.
    #[test]
    fn faults_of_a_disk_are_told_with_the_remedy() {
        for (kind, remedy) in [
            (ErrorKind::StorageFull, "Make room, or keep a ring"),
            (ErrorKind::QuotaExceeded, "Make room within the quota"),
            (ErrorKind::FileTooLarge, "Raise the limit ('ulimit -f'"),
        ] {
            told(io::Error::from(kind), remedy);
        }
        told(io::Error::from_raw_os_error(EIO), "'dmesg' tells more");
    }

    #[track_caller]
    fn told(error: io::Error, remedy: &str) {
        let path = Path::new("/var/t.pcap");
        let told = CaptureError::system(path, Stage::Write, error).to_string();
        let start = "-w /var/t.pcap: cannot be written any more: ";
        assert!(told.starts_with(start), "{told}");
        assert!(told.contains("ends with the last whole packet"), "{told}");
        assert!(told.contains(remedy), "{told}");
    }
}
