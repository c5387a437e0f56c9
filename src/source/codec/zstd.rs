//! Zstandard (RFC 8878).

use zstd::stream::raw::{DParameter, Decoder, InBuffer, Operation, OutBuffer};

use super::{Codec, Engine, Fault, FaultKind, Run, WINDOW_MAX};

/// Enough of a frame to begin with: magic and frame header descriptor.
const FRAME_START: usize = 5;
/// What the decoder asks for beyond the block it is in.
const BLOCK_HEADER: usize = 3;

pub(super) struct Zstd {
    decoder: Decoder<'static>,
    /// Octets that the decoder asks for next.
    wanted: usize,
    /// A frame has begun.
    inside: bool,
    /// Output waits in the decoder.
    pending: bool,
}

impl Zstd {
    pub(super) fn new() -> Result<Self, Fault> {
        let failed = |e: std::io::Error| Fault::new(FaultKind::Io, e.to_string());
        let mut decoder = Decoder::new().map_err(failed)?;
        decoder
            .set_parameter(DParameter::WindowLogMax(WINDOW_MAX.ilog2()))
            .map_err(failed)?;
        Ok(Self {
            decoder,
            wanted: FRAME_START,
            inside: false,
            pending: false,
        })
    }
}

impl Engine for Zstd {
    /// A failing call forgets what it has written. So the decoder gets one block or one header at
    /// a time, and only when it has handed out all of the block before.
    fn run(&mut self, input: &[u8], output: &mut [u8], _last: bool) -> Run {
        let piece = if self.pending {
            &[]
        } else {
            input.get(..self.wanted).unwrap_or(input)
        };
        if piece.is_empty() && !self.pending {
            return Run::default();
        }
        let room = output.len();
        let mut from = InBuffer::around(piece);
        let mut to = OutBuffer::around(output);
        let result = self.decoder.run(&mut from, &mut to);
        let (consumed, produced) = (from.pos(), to.pos());
        self.pending = produced == room;
        let mut fault = None;
        match result {
            Ok(0) => {
                self.inside = false;
                self.wanted = FRAME_START;
            }
            Ok(hint) => {
                self.inside |= consumed > 0;
                self.wanted = if hint > BLOCK_HEADER {
                    hint - BLOCK_HEADER
                } else {
                    hint
                };
            }
            Err(e) => fault = Some(self.explain(&e.to_string())),
        }
        Run {
            consumed,
            produced,
            fault,
        }
    }

    fn is_complete(&self) -> bool {
        !self.inside
    }
}

impl Zstd {
    fn explain(&self, message: &str) -> Fault {
        // The library tells its errors by their names only.
        if message.contains("too much memory") {
            Fault::memory(Codec::Zstd)
        } else if message.contains("doesn't match checksum") {
            Fault::checksum(Codec::Zstd)
        } else if message.contains("ictionary") {
            Fault::corrupt(Codec::Zstd, "it needs a dictionary")
        } else if message.contains("nsupported") {
            Fault::corrupt(Codec::Zstd, "it uses options that are not supported")
        } else if message.contains("Unknown frame") && !self.inside {
            Fault::trailing(Codec::Zstd)
        } else {
            Fault::corrupt(Codec::Zstd, "its data cannot be decompressed")
        }
    }
}
