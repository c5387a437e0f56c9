//! LZ4 frames. The decoder hands out whole blocks, so nothing is lost before a fault; what it
//! does not tell is whether an end was an end mark or a cut between two blocks.

use std::io::{self, Read};

use lz4_flex::frame::{Error, FrameDecoder};

use super::{Codec, Fault, Raw};

pub(super) struct Reader {
    /// Of the frame being read; there is always one.
    decoder: Option<FrameDecoder<Raw>>,
    /// Octets taken from the file up to the last end mark.
    complete: u64,
}

impl Reader {
    pub(super) fn new(raw: Raw) -> Self {
        Self {
            decoder: Some(FrameDecoder::new(raw)),
            complete: 0,
        }
    }

    pub(super) fn read(&mut self, output: &mut [u8]) -> Result<usize, Fault> {
        while let Some(decoder) = &mut self.decoder {
            match decoder.read(output) {
                Ok(0) if !output.is_empty() => {}
                Ok(read) => return Ok(read),
                Err(e) => return Err(self.explain(&e)),
            }
            let raw = decoder.get_ref();
            if !raw.is_at_end() {
                // An end mark: a further frame may follow. A decoder must not be used for two,
                // it counts on buffers of the size that the first asked for.
                self.complete = raw.taken();
                let decoder = self.decoder.take();
                self.decoder = decoder.map(|d| FrameDecoder::new(d.into_inner()));
            } else if raw.taken() == self.complete {
                break;
            } else {
                return Err(Fault::cut(Codec::Lz4));
            }
        }
        Ok(0)
    }

    pub(super) fn taken(&self) -> u64 {
        let raw = self.decoder.as_ref().map(FrameDecoder::get_ref);
        raw.map_or(0, Raw::taken)
    }

    fn explain(&self, error: &io::Error) -> Fault {
        let raw = self.decoder.as_ref().map(FrameDecoder::get_ref);
        if let Some(fault) = raw.and_then(Raw::fault) {
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
            ) => Fault::checksum(Codec::Lz4),
            _ => Fault::corrupt(Codec::Lz4, "its data cannot be decompressed"),
        }
    }
}
