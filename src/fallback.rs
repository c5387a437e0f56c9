//! What is left to say when standard output cannot be written any more: a disk that is full takes
//! the lines, and not what is known by then.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::atomic::Ordering;

use jiff::tz::TimeZone;

use icmpdump::pipeline::Control;
use icmpdump::record::{Interim, Kinds, Record};
use icmpdump::sink::text::{Lines, TextOptions};
use icmpdump::sink::{Sink, TextSink};

/// Writes to a sink, and where that ends in a file keeps verdicts, findings and summary besides, to
/// be told elsewhere. A fault stops the run, which then ends in order.
pub(crate) struct Fallback<'s> {
    sink: Box<dyn Sink + Send>,
    story: Option<TextSink<Tail>>,
    fault: Option<io::Error>,
    control: &'s Control,
}

impl<'s> Fallback<'s> {
    /// Around `sink`, which writes to standard output.
    pub(crate) fn new(sink: Box<dyn Sink + Send>, control: &'s Control) -> Self {
        let options = || TextOptions {
            lines: Lines::VerdictsOnly,
            zone: TimeZone::system(),
            ..TextOptions::default()
        };
        Self {
            sink,
            story: is_file().then(|| TextSink::new(Tail::default(), options())),
            fault: None,
            control,
        }
    }

    /// Keeps the fault of a file; that of anything else ends the run at once.
    fn settle(&mut self, result: io::Result<()>) -> io::Result<()> {
        match result {
            Err(error) if self.story.is_some() => {
                self.control.stop.store(true, Ordering::Relaxed);
                self.control.attention.store(true, Ordering::Relaxed);
                self.fault.get_or_insert(error);
                Ok(())
            }
            result => result,
        }
    }

    /// The fault, and what could not be written because of it.
    pub(crate) fn finish(self) -> Option<(io::Error, Vec<u8>)> {
        let fault = self.fault?;
        let story = self.story.map(|story| story.into_inner().0);
        Some((fault, story.unwrap_or_default()))
    }
}

impl Sink for Fallback<'_> {
    fn write(&mut self, record: &Record<'_>) -> io::Result<()> {
        if let Some(story) = &mut self.story
            && story.interest().contains(record.kind())
        {
            story.write(record)?;
        }
        if self.fault.is_some() || !self.sink.interest().contains(record.kind()) {
            return Ok(());
        }
        let written = self.sink.write(record);
        self.settle(written)
    }

    fn closing(&mut self) {
        self.sink.closing();
    }

    /// The story is gathered whatever the sink makes of it.
    fn interest(&self) -> Kinds {
        let story = self.story.as_ref().map_or(Kinds::empty(), Sink::interest);
        self.sink.interest() | story
    }

    fn wants_interim(&self) -> bool {
        self.sink.wants_interim()
    }

    fn interim(&mut self, interim: &Interim) -> io::Result<()> {
        self.sink.interim(interim)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.fault.is_some() {
            return Ok(());
        }
        let flushed = self.sink.flush();
        self.settle(flushed)
    }
}

/// Whether standard output is a file, which a disk has to have room for.
fn is_file() -> bool {
    let stdout = io::stdout().as_fd().try_clone_to_owned().map(File::from);
    let metadata = stdout.and_then(|stdout| stdout.metadata());
    metadata.is_ok_and(|metadata| metadata.is_file())
}

/// The last of what was written.
#[derive(Debug, Default)]
struct Tail(Vec<u8>);

/// How much of it is kept, in octets.
const KEPT: usize = 1 << 20;

impl Write for Tail {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(octets);
        if self.0.len() > 2 * KEPT {
            // Whole lines, and not for every write.
            let from = self.0.len() - KEPT;
            let line = self.0.iter().skip(from).position(|&octet| octet == b'\n');
            self.0.drain(..line.map_or(from, |line| from + line + 1));
        }
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept_whole() {
        let mut tail = Tail::default();
        for number in 0..1_000_000 {
            writeln!(tail, "line {number}").unwrap();
        }
        assert!(tail.0.len() <= 2 * KEPT && tail.0.len() >= KEPT / 2);
        assert!(tail.0.starts_with(b"line ") && tail.0.ends_with(b"line 999999\n"));
    }
}
