//! Small sinks: one that hands on each record at once, and one that forgets all.

use std::io;

use icmpdump::record::{Interim, Kinds, Record};
use icmpdump::sink::Sink;

/// Hands on each record at once: `-l`.
pub(crate) struct EachRecord<S>(pub(crate) S);

impl<S: Sink> Sink for EachRecord<S> {
    fn write(&mut self, record: &Record<'_>) -> io::Result<()> {
        self.0.write(record)?;
        self.0.flush()
    }

    fn closing(&mut self) {
        self.0.closing();
    }

    fn interest(&self) -> Kinds {
        self.0.interest()
    }

    fn wants_interim(&self) -> bool {
        self.0.wants_interim()
    }

    fn interim(&mut self, interim: &Interim) -> io::Result<()> {
        self.0.interim(interim)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Takes records and forgets them.
#[derive(Debug)]
pub(crate) struct Nothing;

impl Sink for Nothing {
    fn write(&mut self, _record: &Record<'_>) -> io::Result<()> {
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn closing(&mut self) {}

    fn interest(&self) -> Kinds {
        Kinds::empty()
    }

    fn wants_interim(&self) -> bool {
        false
    }

    fn interim(&mut self, _interim: &Interim) -> io::Result<()> {
        Ok(())
    }
}
