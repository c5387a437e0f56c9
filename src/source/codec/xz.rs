//! The .xz format: streams one behind the other, with padding.

use liblzma::stream::{Action, CONCATENATED, Error, Status, Stream};

use super::{Codec, Engine, Fault, FaultKind, Run, WINDOW_MAX};

/// What the decoder needs beside its dictionary, in octets.
const OVERHEAD: u64 = 1 << 20;

pub(super) struct Xz {
    stream: Stream,
    ended: bool,
}

impl Xz {
    pub(super) fn new() -> Result<Self, Fault> {
        let stream = Stream::new_stream_decoder(WINDOW_MAX + OVERHEAD, CONCATENATED)
            .map_err(|e| Fault::new(FaultKind::Io, e.to_string()))?;
        Ok(Self {
            stream,
            ended: false,
        })
    }
}

impl Engine for Xz {
    fn run(&mut self, input: &[u8], output: &mut [u8], last: bool) -> Run {
        if self.ended {
            return Run::default();
        }
        let before = (self.stream.total_in(), self.stream.total_out());
        let action = if last { Action::Finish } else { Action::Run };
        let result = self.stream.process(input, output, action);
        let count = |now: u64, then: u64| usize::try_from(now.saturating_sub(then)).unwrap_or(0);
        let fault = match result {
            Ok(Status::StreamEnd) => {
                self.ended = true;
                None
            }
            Ok(Status::Ok | Status::GetCheck | Status::MemNeeded) => None,
            Err(Error::MemLimit | Error::Mem) => Some(Fault::memory(Codec::Xz)),
            Err(Error::Format) => Some(Fault::trailing(Codec::Xz)),
            Err(Error::Options) => Some(Fault::corrupt(
                Codec::Xz,
                "it uses options that are not supported",
            )),
            Err(_) => Some(Fault::corrupt(Codec::Xz, "its data or checksums are wrong")),
        };
        Run {
            consumed: count(self.stream.total_in(), before.0),
            produced: count(self.stream.total_out(), before.1).min(output.len()),
            fault,
        }
    }

    fn is_complete(&self) -> bool {
        self.ended
    }
}
