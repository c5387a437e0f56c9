//! LZ4 frames. The decoder hands out whole blocks, so nothing is lost before a fault; what it
//! does not tell is whether an end was an end mark or a cut between two blocks.

use std::io::{self, Read};

use lz4_flex::frame::{Error, FrameDecoder};

use super::{Codec, Fault, Raw};

pub(super) struct Reader {
    decoder: Box<FrameDecoder<Raw>>,
    /// Octets taken from the file up to the last end mark.
    complete: u64,
}

impl Reader {
    pub(super) fn new(raw: Raw) -> Self {
        Self {
            decoder: Box::new(FrameDecoder::new(raw)),
            complete: 0,
        }
    }

    pub(super) fn read(&mut self, output: &mut [u8]) -> Result<usize, Fault> {
        loop {
            let read = self.decoder.read(output).map_err(|e| self.explain(&e))?;
            if read > 0 || output.is_empty() {
                return Ok(read);
            }
            let raw = self.decoder.get_ref();
            if !raw.is_at_end() {
                // An end mark: a further frame may follow.
                self.complete = raw.taken();
            } else if raw.taken() == self.complete {
                return Ok(0);
            } else {
                return Err(Fault::cut(Codec::Lz4));
            }
        }
    }

    pub(super) fn taken(&self) -> u64 {
        self.decoder.get_ref().taken()
    }

    fn explain(&self, error: &io::Error) -> Fault {
        if let Some(fault) = self.decoder.get_ref().fault() {
            return fault.clone();
        }
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return Fault::cut(Codec::Lz4);
        }
        let cause = error.get_ref().and_then(|e| e.downcast_ref::<Error>());
        match cause {
            Some(Error::WrongMagicNumber) if self.taken() > self.complete && self.complete > 0 => {
                Fault::trailing(Codec::Lz4)
            }
            Some(Error::DictionaryNotSupported) => {
                Fault::corrupt(Codec::Lz4, "it needs a dictionary")
            }
            Some(
                Error::HeaderChecksumError
                | Error::BlockChecksumError
                | Error::ContentChecksumError,
            ) => Fault::corrupt(Codec::Lz4, "a checksum is wrong"),
            _ => Fault::corrupt(Codec::Lz4, "a block cannot be decompressed"),
        }
    }
}
