//! Opening captures: what a file is, and what to say of one that is not a capture.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, IsTerminal};
use std::os::fd::AsFd;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use thiserror::Error;

use super::codec::{Codec, Fault, FaultKind, Raw, Stream, WINDOW_MAX};
use super::input::{Input, Need, Waiting};
use super::pcap::{self, PcapSource};
use super::pcapng::{self, PcapNgSource};
use super::{FileSource, sniff};
use crate::model::SourceId;

/// What was expected, told wherever something else was found.
const EXPECTED: &str = "a pcap or pcapng capture, plain or compressed by gzip, zstd, xz or lz4";

/// How much of a file is looked at to tell what it is, in octets.
const SNIFF_LEN: usize = 512;

/// How many octets of a file are shown that is no capture.
const SHOWN_LEN: usize = 16;

/// What standard input is called in messages.
const STANDARD_INPUT: &str = "- (standard input)";

/// What a file of that name is called in a command.
fn operand(name: &str) -> &str {
    match name {
        STANDARD_INPUT => "-",
        name => name,
    }
}

/// Why a capture could not be opened. Each tells the file, what was expected, and the remedy.
#[derive(Debug, Error)]
pub enum OpenError {
    /// A part of the path is a file.
    #[error(
        "{name}: leads through a file that is no directory; -r expects the path of a capture, or - for standard input"
    )]
    NotADirectory {
        /// As it was given.
        name: String,
    },
    /// No file of that name.
    #[error("{name}: no such file; -r expects the path of a capture, or - for standard input")]
    NotFound {
        /// The path as given.
        name: String,
    },
    /// Standard input, with nobody to write a capture to it.
    #[error("{STANDARD_INPUT}: is a terminal; pipe a capture into it, or name a file with -r")]
    Terminal,
    /// A directory.
    #[error("{name}: is a directory; -r expects a capture file, so name one inside it")]
    Directory {
        /// The path as given.
        name: String,
    },
    /// A socket.
    #[error("{name}: is a socket, which -r cannot read; name a capture file, or pipe into -r -")]
    Socket {
        /// The path as given.
        name: String,
    },
    /// The system does not allow it to be read.
    #[error(
        "{name}: permission denied; a capture must be readable by the user who runs icmpdump, so change its mode or run as its owner"
    )]
    Permission {
        /// The path as given.
        name: String,
    },
    /// Another error of the system.
    #[error("{name}: cannot be read: {error}; expected {EXPECTED}")]
    Io {
        /// The path as given.
        name: String,
        /// What the system said.
        error: String,
    },
    /// No octets in it.
    #[error(
        "{name}: {what}; expected {EXPECTED}, so check that the capture ran and was flushed to it"
    )]
    Empty {
        /// The path as given.
        name: String,
        /// What is empty.
        what: String,
    },
    /// Something else.
    #[error("{name}: is not a capture: {looks} (first octets {head}); expected {EXPECTED}{remedy}")]
    NotACapture {
        /// The path as given.
        name: String,
        /// What it looks like.
        looks: String,
        /// Its first octets in hexadecimal.
        head: String,
        /// What to do about it, with a leading separator; may be empty.
        remedy: String,
    },
    /// It ends before the format could be told.
    #[error(
        "{name}: is cut short: {why}, before the capture's first octets; expected {EXPECTED}, so fetch the whole file"
    )]
    Cut {
        /// The path as given.
        name: String,
        /// Where.
        why: String,
    },
    /// The compressed stream is damaged from the start.
    #[error("{name}: is damaged: {why}; expected {EXPECTED}, so fetch the file again")]
    Damaged {
        /// The path as given.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// Decompression would take too much memory.
    #[error(
        "{name}: refused: {why}, and icmpdump allows {} MiB; decompress it outside and pass the result on: {} {} | icmpdump -r -",
        WINDOW_MAX >> 20,
        codec.command(),
        operand(name)
    )]
    Window {
        /// The path as given.
        name: String,
        /// What it asks for.
        why: String,
        /// Its compression.
        codec: Codec,
    },
    /// A compressed stream in a compressed stream.
    #[error(
        "{name}: holds {inner} inside {outer}, and only one compression is taken off; undo the outer one: {} {} | icmpdump -r -",
        outer.command(),
        operand(name)
    )]
    Nested {
        /// The path as given.
        name: String,
        /// Compression of the file.
        outer: Codec,
        /// Compression of what was in it.
        inner: Codec,
    },
}

/// The names of sources in records: the last component of each path, or the whole path where
/// two files share that; a file that is named twice gets a number the second time.
pub fn names(paths: &[impl AsRef<Path>]) -> Vec<String> {
    let count = |names: &[String]| {
        names.iter().fold(HashMap::new(), |mut count, name| {
            *count.entry(name.clone()).or_insert(0_u32) += 1;
            count
        })
    };
    let mut names: Vec<_> = paths.iter().map(|path| short_name(path.as_ref())).collect();
    let short = count(&names);
    for (name, path) in names.iter_mut().zip(paths) {
        if short.get(name).is_some_and(|&n| n > 1) {
            *name = path.as_ref().to_string_lossy().into_owned();
        }
    }
    let mut seen = HashMap::new();
    for name in &mut names {
        let nth = seen.entry(name.clone()).or_insert(0_u32);
        *nth += 1;
        if *nth > 1 {
            let _ = write!(name, "#{nth}");
        }
    }
    names
}

fn short_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

/// Opens the capture at `path`, `-` being standard input, under its file name.
///
/// # Errors
///
/// Tells why it is no capture that can be read; see [`OpenError`].
pub fn open(path: &Path, id: SourceId) -> Result<FileSource, OpenError> {
    open_as(path, id, short_name(path))
}

/// As [`open`], with the name that records shall tell, from [`names`].
///
/// It reads no further than the file header of a pcap, and the first records where that is a regular file, or the
/// first block's head of a pcapng.
///
/// # Errors
///
/// As [`open`].
pub fn open_as(path: &Path, id: SourceId, name: String) -> Result<FileSource, OpenError> {
    let is_stdin = path.as_os_str() == "-";
    let given = if is_stdin {
        STANDARD_INPUT.to_owned()
    } else {
        path.to_string_lossy().into_owned()
    };
    let failed = |error: &io::Error| system_error(&given, error);
    let file = if is_stdin {
        if io::stdin().is_terminal() {
            return Err(OpenError::Terminal);
        }
        let stdin = io::stdin().as_fd().try_clone_to_owned();
        File::from(stdin.map_err(|e| failed(&e))?)
    } else {
        File::open(path).map_err(|error| match path.metadata() {
            Ok(metadata) if metadata.file_type().is_socket() => OpenError::Socket {
                name: given.clone(),
            },
            _ => failed(&error),
        })?
    };
    let metadata = file.metadata().map_err(|e| failed(&e))?;
    if metadata.is_dir() {
        return Err(OpenError::Directory { name: given });
    }
    let size = metadata.is_file().then_some(metadata.len());
    let pipe = match size {
        Some(_) => None,
        None => Some(file.try_clone().map_err(|e| failed(&e))?),
    };
    Opening { given, size, pipe }.open(Raw::new(Box::new(file)), id, name)
}

struct Opening {
    given: String,
    /// Of a regular file.
    size: Option<u64>,
    /// What is none, to be asked whether there is something to read.
    pipe: Option<File>,
}

impl Opening {
    fn open(mut self, mut raw: Raw, id: SourceId, name: String) -> Result<FileSource, OpenError> {
        let head = raw.peek(Codec::MAGIC_LEN);
        let head = head.map_err(|fault| self.fault(fault, None))?;
        if head.is_empty() {
            return Err(self.empty("is empty".to_owned()));
        }
        let codec = Codec::detect(head);
        let stream = Stream::new(raw, codec).map_err(|fault| self.fault(fault, codec))?;
        let mut input = Input::new(stream, self.size);

        self.require(&mut input, pcap::Magic::LEN, codec)?;
        if let Some(magic) = pcap::Magic::detect(input.bytes()) {
            let mut source = PcapSource::new(input, magic, id, name);
            source.tell_before_waiting(self.waiting(codec));
            return Ok(FileSource::Pcap(Box::new(source)));
        }
        if pcapng::detect(input.bytes()) {
            self.require(&mut input, pcapng::MAGIC_LEN, codec)?;
            if pcapng::detect(input.bytes()) {
                input.tell_before_waiting(self.waiting(codec));
                return Ok(FileSource::PcapNg(Box::new(PcapNgSource::new(
                    input, id, name,
                ))));
            }
        }
        Err(self.not_a_capture(&mut input, codec))
    }

    fn waiting(&mut self, codec: Option<Codec>) -> Waiting {
        match (self.pipe.take(), codec) {
            (None, _) => Waiting::Never,
            (Some(_), Some(_)) => Waiting::Unknown { told: false },
            (Some(file), None) => Waiting::Pipe { file, told: false },
        }
    }

    /// Reads until `len` octets are there or there are no more; an error if there are none.
    fn require(
        &self,
        input: &mut Input,
        len: usize,
        codec: Option<Codec>,
    ) -> Result<(), OpenError> {
        if input.need(len) == Need::Ready || !input.bytes().is_empty() {
            return Ok(());
        }
        Err(match (input.fault(), codec) {
            (Some(fault), _) => self.fault(fault.clone(), codec),
            (None, Some(codec)) => self.empty(format!("holds nothing inside its {codec} stream")),
            (None, None) => self.empty("is empty".to_owned()),
        })
    }

    fn empty(&self, what: String) -> OpenError {
        OpenError::Empty {
            name: self.given.clone(),
            what,
        }
    }

    fn fault(&self, fault: Fault, codec: Option<Codec>) -> OpenError {
        let name = self.given.clone();
        match (fault.kind, codec) {
            (FaultKind::Memory, Some(codec)) => OpenError::Window {
                name,
                why: fault.why,
                codec,
            },
            (FaultKind::Cut, _) => OpenError::Cut {
                name,
                why: fault.why,
            },
            (FaultKind::Io, _) => OpenError::Io {
                name,
                error: fault.why,
            },
            _ => OpenError::Damaged {
                name,
                why: fault.why,
            },
        }
    }

    fn not_a_capture(&self, input: &mut Input, codec: Option<Codec>) -> OpenError {
        // Of a pipe only what is there: its writer may be slow.
        if self.size.is_some() {
            input.need(SNIFF_LEN);
        }
        let head = input.bytes();
        if let Some(fault) = input.fault().filter(|_| head.len() < pcap::Magic::LEN) {
            return self.fault(fault.clone(), codec);
        }
        if let (Some(outer), Some(inner)) = (codec, Codec::detect(head)) {
            return OpenError::Nested {
                name: self.given.clone(),
                outer,
                inner,
            };
        }
        if let Some(why) = pcapng::damaged(head) {
            return OpenError::Damaged {
                name: self.given.clone(),
                why,
            };
        }
        let found = sniff::sniff(head);
        let looks = match codec {
            Some(codec) => format!(
                "the {codec} stream in it holds what looks like {}",
                found.looks
            ),
            None => format!("it looks like {}", found.looks),
        };
        OpenError::NotACapture {
            name: self.given.clone(),
            looks,
            head: hex(head),
            remedy: found.remedy.map_or(String::new(), |how| {
                format!("; {}", how.replace("FILE", operand(&self.given)))
            }),
        }
    }
}

fn system_error(name: &str, error: &io::Error) -> OpenError {
    let name = name.to_owned();
    match error.kind() {
        io::ErrorKind::NotFound => OpenError::NotFound { name },
        io::ErrorKind::NotADirectory => OpenError::NotADirectory { name },
        io::ErrorKind::PermissionDenied => OpenError::Permission { name },
        io::ErrorKind::IsADirectory => OpenError::Directory { name },
        _ => OpenError::Io {
            name,
            error: error.to_string(),
        },
    }
}

pub(super) fn hex(octets: &[u8]) -> String {
    let mut text = String::new();
    for octet in octets.iter().take(SHOWN_LEN) {
        let separator = if text.is_empty() { "" } else { " " };
        let _ = write!(text, "{separator}{octet:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::source::Source;
    use crate::source::{DamageKind, Step};

    /// Gives its octets and then an error of the system.
    struct Failing(&'static [u8]);

    impl Read for Failing {
        fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
            match self.0.read(output)? {
                0 => Err(io::Error::from_raw_os_error(5)),
                read => Ok(read),
            }
        }
    }

    fn open_failing(octets: &'static [u8]) -> Result<FileSource, OpenError> {
        let opening = Opening {
            given: "a.pcap".to_owned(),
            size: Some(1000),
            pipe: None,
        };
        let raw = Raw::new(Box::new(Failing(octets)));
        opening.open(raw, SourceId(3), "a.pcap".to_owned())
    }

    const HEADER: &[u8] = b"\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\x04\0\x01\0\0\0\
        \x01\0\0\0\x02\0\0\0\x01\0\0\0\x01\0\0\0x";

    #[test]
    fn an_error_of_the_system_ends_the_frames_before_it() {
        let mut source = open_failing(HEADER).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(source.advance(), Step::Frame);
        assert_eq!(source.advance(), Step::End);
        let [damage] = source.damage().try_into().expect("one damage");
        assert_eq!(damage.kind, DamageKind::Io);
        assert_eq!((damage.offset, damage.frame), (41, 2));
        assert_eq!(damage.source, SourceId(3));
        assert!(damage.why.starts_with("reading failed: "), "{}", damage.why);

        let refused = open_failing(b"").err().map(|e| e.to_string());
        let text = refused.unwrap_or_default();
        assert!(text.starts_with("a.pcap: cannot be read: "), "{text}");
        assert!(text.contains("expected a pcap"), "{text}");
    }

    #[test]
    fn errors_of_the_system_have_names() {
        let told = |kind| system_error("a.pcap", &io::Error::from(kind)).to_string();
        let denied = told(io::ErrorKind::PermissionDenied);
        assert!(
            denied.starts_with("a.pcap: permission denied; "),
            "{denied}"
        );
        assert!(told(io::ErrorKind::NotFound).contains("no such file"));
        assert!(told(io::ErrorKind::NotADirectory).contains("a file that is no directory"));
        assert!(told(io::ErrorKind::IsADirectory).contains("is a directory"));
        assert!(told(io::ErrorKind::OutOfMemory).contains("cannot be read"));
    }
}
