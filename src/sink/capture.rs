//! Selected frames, written as a capture: `-w`.
//!
//! What is handed to the system always ends with a whole record, so that a file stays readable
//! whenever the program is killed, and whatever the disk does.

mod encode;

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use crate::model::{Frame, LinkType};
use crate::source::SourceInfo;
use crate::source::filter::dlt;
pub use encode::Format;
use encode::{Encoder, Kind};

/// When written frames are handed to the system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flush {
    /// When some ten thousand octets have come together, and when asked to.
    #[default]
    WhenFull,
    /// After each packet: `-U`.
    EachPacket,
}

/// Why frames cannot be written; always with the file's name.
#[derive(Debug, thiserror::Error)]
enum CaptureError {
    #[error("{}: {error}", shown(path))]
    System { path: PathBuf, error: io::Error },
    #[error(
        "{}: a pcap file holds frames of one kind, and these are {} and {}; \
         with a name that ends in .pcapng all of them can be written",
        shown(path), told(*first), told(*other)
    )]
    Mixed {
        path: PathBuf,
        first: Kind,
        other: Kind,
    },
}

/// A capture file, or standard output, that frames are written to.
pub struct CaptureSink {
    path: PathBuf,
    file: File,
    flush: Flush,
    encoder: Encoder,
    /// Whole records that the system does not have yet.
    pending: Vec<u8>,
}

impl CaptureSink {
    /// Octets that are collected before they are handed to the system.
    const CHUNK: usize = 64 << 10;

    /// Creates or empties the file at `path`; `-` is standard output. The name decides the
    /// format: see [`Format::by_name`].
    ///
    /// # Errors
    ///
    /// What the system says, with the path.
    pub fn create(path: &Path, flush: Flush) -> io::Result<Self> {
        let file = if path == Path::new("-") {
            // Not through `Stdout`, which would look for line breaks.
            io::stdout().as_fd().try_clone_to_owned().map(File::from)
        } else {
            File::create(path)
        };
        Ok(Self {
            file: file.map_err(|error| system(path, error))?,
            path: path.to_owned(),
            flush,
            encoder: Encoder::new(Format::by_name(path)),
            pending: Vec::new(),
        })
    }

    /// Writes what stands before the first frame, as far as `sources` tell it: a reader at the
    /// other end of a pipe can start.
    ///
    /// # Errors
    ///
    /// What the system says, with the path.
    pub fn begin(&mut self, sources: &[SourceInfo]) -> io::Result<()> {
        self.encoder.begin(sources, &mut self.pending);
        self.flush()
    }

    /// Writes one frame; `sources` tell of its interface.
    ///
    /// # Errors
    ///
    /// What the system says, with the path; of the kind `InvalidData` where the format cannot
    /// hold this frame beside those before it.
    pub fn write(&mut self, frame: &Frame<'_>, sources: &[SourceInfo]) -> io::Result<()> {
        self.encoder
            .frame(frame, sources, &mut self.pending)
            .map_err(|(first, other)| {
                let path = self.path.clone();
                let error = CaptureError::Mixed { path, first, other };
                io::Error::new(io::ErrorKind::InvalidData, error)
            })?;
        if self.flush == Flush::EachPacket || self.pending.len() >= Self::CHUNK {
            return self.flush();
        }
        Ok(())
    }

    /// Hands all that was written to the system.
    ///
    /// # Errors
    ///
    /// What the system says, with the path.
    pub fn flush(&mut self) -> io::Result<()> {
        let written = self.file.write_all(&self.pending);
        self.pending.clear();
        written.map_err(|error| system(&self.path, error))
    }

    /// Ends the file: one without frames is a capture, too.
    ///
    /// # Errors
    ///
    /// What the system says, with the path.
    pub fn finish(mut self) -> io::Result<()> {
        self.encoder.end(&mut self.pending);
        self.flush()
    }

    /// Frames whose time the format could not hold and that carry the nearest one it can.
    pub fn times_clamped(&self) -> u64 {
        self.encoder.times_clamped()
    }
}

/// The same kind of error, with the path before its text.
fn system(path: &Path, error: io::Error) -> io::Error {
    let path = path.to_owned();
    io::Error::new(error.kind(), CaptureError::System { path, error })
}

fn shown(path: &Path) -> String {
    if path == Path::new("-") {
        "standard output".to_owned()
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
