//! Compressed captures: told by their magic, decompressed as a stream, within bounded memory.
//!
//! The decoders are driven through their block interfaces where they have one. Their `Read`
//! adapters drop what a failing call had already written, and that may be whole packets.

mod gzip;
mod lz4;
mod raw;
mod xz;
mod zstd;

use std::fmt;

pub(super) use raw::Raw;

use super::DamageKind;

/// The largest window or dictionary that a decompressor may ask for, in octets.
pub const WINDOW_MAX: u64 = 128 << 20;

/// The compressions that captures come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// RFC 1952, of one or more members.
    Gzip,
    /// RFC 8878, of one or more frames.
    Zstd,
    /// The .xz format, of one or more streams.
    Xz,
    /// The LZ4 frame format, of one or more frames.
    Lz4,
}

impl Codec {
    /// Octets that [`Codec::detect`] wants to see.
    pub const MAGIC_LEN: usize = 6;

    /// Which compression `head`, the first octets of a file, announces.
    pub fn detect(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            // The second is a skippable frame, which may come before the first.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstd),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Self::Xz),
            [0x04, 0x22, 0x4d, 0x18, ..] => Some(Self::Lz4),
            _ => None,
        }
    }

    /// The command that decompresses to standard output, however large the window.
    pub(super) fn command(self) -> &'static str {
        match self {
            Self::Gzip => "gzip -dc",
            Self::Zstd => "zstd --long=31 -dc",
            Self::Xz => "xz -dc",
            Self::Lz4 => "lz4 -dc",
        }
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Xz => "xz",
            Self::Lz4 => "lz4",
        })
    }
}

/// Why no further octet can be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) kind: FaultKind,
    /// One sentence without a final stop.
    pub(super) why: String,
}

/// The kinds of fault of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FaultKind {
    /// It ends too early.
    Cut,
    /// It is not what its format asks for.
    Corrupt,
    /// It asks for more memory than [`WINDOW_MAX`].
    Memory,
    /// The system could not read on.
    Io,
}

impl Fault {
    fn new(kind: FaultKind, why: impl Into<String>) -> Self {
        Self {
            kind,
            why: why.into(),
        }
    }

    fn cut(codec: Codec) -> Self {
        Self::new(
            FaultKind::Cut,
            format!("the {codec} stream ends before its end mark"),
        )
    }

    fn corrupt(codec: Codec, why: &str) -> Self {
        Self::new(
            FaultKind::Corrupt,
            format!("the {codec} stream is damaged: {why}"),
        )
    }

    /// As [`Self::corrupt`], where its own checksum tells.
    fn checksum(codec: Codec) -> Self {
        Self::corrupt(codec, "its checksum does not fit what it holds")
    }

    fn memory(codec: Codec) -> Self {
        Self::new(
            FaultKind::Memory,
            format!(
                "the {codec} stream needs a window of more than {} MiB",
                WINDOW_MAX >> 20
            ),
        )
    }

    fn trailing(codec: Codec) -> Self {
        Self::corrupt(codec, "octets that are not part of it follow its end")
    }
}

impl From<FaultKind> for DamageKind {
    fn from(kind: FaultKind) -> Self {
        match kind {
            FaultKind::Cut => Self::Cut,
            FaultKind::Corrupt | FaultKind::Memory => Self::Corrupt,
            FaultKind::Io => Self::Io,
        }
    }
}

/// What one run of an [`Engine`] came to; the counts hold beside a fault.
#[derive(Debug, Default)]
struct Run {
    consumed: usize,
    produced: usize,
    fault: Option<Fault>,
}

/// A decompressor that is handed octets.
trait Engine {
    /// Decompresses from `input` to `output`. `last` says that nothing follows `input`.
    fn run(&mut self, input: &[u8], output: &mut [u8], last: bool) -> Run;

    /// Whether the stream may end here.
    fn is_complete(&self) -> bool;
}

/// A file's octets with the compression, if there is one, taken off.
pub(super) struct Stream {
    form: Form,
    fault: Option<Fault>,
}

enum Form {
    Plain(Raw),
    Driven(Driven),
    Lz4(lz4::Reader),
}

struct Driven {
    raw: Raw,
    codec: Codec,
    engine: Box<dyn Engine + Send>,
    /// The last output was filled: there may be more without further input.
    pending: bool,
}

impl Stream {
    /// A stream over `raw`, whose first octets told `codec`.
    pub(super) fn new(raw: Raw, codec: Option<Codec>) -> Result<Self, Fault> {
        let driven = |raw, codec, engine| {
            Form::Driven(Driven {
                raw,
                codec,
                engine,
                pending: false,
            })
        };
        let form = match codec {
            None => Form::Plain(raw),
            Some(Codec::Gzip) => driven(raw, Codec::Gzip, Box::new(gzip::Gzip::new())),
            Some(Codec::Zstd) => driven(raw, Codec::Zstd, Box::new(zstd::Zstd::new()?)),
            Some(Codec::Xz) => driven(raw, Codec::Xz, Box::new(xz::Xz::new())),
            Some(Codec::Lz4) => Form::Lz4(lz4::Reader::new(raw)),
        };
        Ok(Self { form, fault: None })
    }

    /// Reads some octets into `output`; 0 at the proper end of the stream.
    ///
    /// What stood before a fault is handed out first. A fault stays.
    pub(super) fn read(&mut self, output: &mut [u8]) -> Result<usize, Fault> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        let (produced, fault) = match &mut self.form {
            Form::Plain(raw) => match raw.read_through(output) {
                Ok(n) => (n, None),
                Err(fault) => (0, Some(fault)),
            },
            Form::Driven(driven) => driven.read(output),
            Form::Lz4(reader) => match reader.read(output) {
                Ok(n) => (n, None),
                Err(fault) => (0, Some(fault)),
            },
        };
        match fault {
            Some(fault) if produced == 0 => {
                self.fault = Some(fault.clone());
                Err(fault)
            }
            fault => {
                self.fault = fault;
                Ok(produced)
            }
        }
    }

    pub(super) fn is_compressed(&self) -> bool {
        !matches!(self.form, Form::Plain(_))
    }

    /// Octets taken from the file as stored.
    pub(super) fn taken(&self) -> u64 {
        match &self.form {
            Form::Plain(raw) => raw.taken(),
            Form::Driven(driven) => driven.raw.taken(),
            Form::Lz4(reader) => reader.taken(),
        }
    }
}

impl Driven {
    fn read(&mut self, output: &mut [u8]) -> (usize, Option<Fault>) {
        loop {
            if !self.pending
                && let Err(fault) = self.raw.fill()
            {
                return (0, Some(fault));
            }
            let input = self.raw.buffered();
            let last = input.is_empty() && self.raw.is_at_end();
            let run = self.engine.run(input, output, last);
            self.raw.consume(run.consumed);
            self.pending = run.produced == output.len();
            if run.produced > 0 || run.fault.is_some() {
                return (run.produced, run.fault);
            }
            if last {
                let fault = (!self.engine.is_complete()).then(|| Fault::cut(self.codec));
                return (0, fault);
            }
        }
    }
}
