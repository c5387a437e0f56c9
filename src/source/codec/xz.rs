//! The .xz format: streams one behind the other, with zero octets allowed as padding.

use liblzma::stream::{Action, Error, Status, Stream};

use super::{Codec, Engine, Fault, FaultKind, Run, WINDOW_MAX};

/// What the decoder needs beside its dictionary, in octets.
const OVERHEAD: u64 = 1 << 20;
/// The first octet of a stream.
const STREAM: u8 = 0xfd;

/// The streams are told apart here and not by the library: it has one error for a damaged stream
/// and for what is none.
pub(super) struct Xz {
    /// The stream being read; none between two.
    stream: Option<Stream>,
}

impl Xz {
    pub(super) fn new() -> Self {
        Self { stream: None }
    }
}

impl Engine for Xz {
    fn run(&mut self, input: &[u8], output: &mut [u8], last: bool) -> Run {
        let Some(stream) = &mut self.stream else {
            let mut run = Run {
                consumed: input.iter().take_while(|&&octet| octet == 0).count(),
                ..Run::default()
            };
            match input.get(run.consumed) {
                Some(&STREAM) => match Stream::new_stream_decoder(WINDOW_MAX + OVERHEAD, 0) {
                    Ok(stream) => self.stream = Some(stream),
                    Err(e) => run.fault = Some(Fault::new(FaultKind::Io, e.to_string())),
                },
                Some(_) => run.fault = Some(Fault::trailing(Codec::Xz)),
                None => {}
            }
            return run;
        };
        let before = (stream.total_in(), stream.total_out());
        let action = if last { Action::Finish } else { Action::Run };
        let result = stream.process(input, output, action);
        let count = |now: u64, then: u64| usize::try_from(now.saturating_sub(then)).unwrap_or(0);
        let mut run = Run {
            consumed: count(stream.total_in(), before.0),
            produced: count(stream.total_out(), before.1).min(output.len()),
            fault: None,
        };
        match result {
            Ok(Status::StreamEnd) => self.stream = None,
            Ok(Status::Ok | Status::GetCheck | Status::MemNeeded) => {}
            Err(Error::MemLimit | Error::Mem) => run.fault = Some(Fault::memory(Codec::Xz)),
            Err(Error::Format) => run.fault = Some(Fault::trailing(Codec::Xz)),
            Err(Error::Options) => {
                let why = "it uses options that are not supported";
                run.fault = Some(Fault::corrupt(Codec::Xz, why));
            }
            Err(_) => {
                let why = "its data or checksums are wrong";
                run.fault = Some(Fault::corrupt(Codec::Xz, why));
            }
        }
        run
    }

    fn is_complete(&self) -> bool {
        self.stream.is_none()
    }
}
