//! Where records go.

mod alike;
pub mod capture;
pub mod json;
pub mod patient;
mod story;
mod summary;
pub mod text;
#[cfg(feature = "top")]
pub mod top;
mod verdict;
mod wrap;

use std::io::{self, Write};

use crate::model::{Frame, Timestamp};
use crate::record::{IcmpEvent, Interim, Kinds, Record};
use crate::source::{Secrets, SourceInfo};
pub use json::{Emit, EmitSet, JsonOptions, JsonSink};
pub use text::{TextOptions, TextSink};

/// Takes records in the order they are told.
///
/// No method has a default: a sink that hands on to another one, and forgot a method, would fall
/// back to it in silence.
pub trait Sink {
    /// Writes one record.
    ///
    /// # Errors
    ///
    /// What the writer behind it says: a closed pipe, a full disk.
    fn write(&mut self, record: &Record<'_>) -> io::Result<()>;

    /// Hands on what is buffered.
    ///
    /// # Errors
    ///
    /// As [`Sink::write`].
    fn flush(&mut self) -> io::Result<()>;

    /// No packet follows: what is told from here on closes the run.
    fn closing(&mut self);

    /// What makes a difference to it; all else need not be written to it.
    fn interest(&self) -> Kinds;

    /// Whether it wants to know how the run stands: [`Sink::interim`] follows then.
    fn wants_interim(&self) -> bool;

    /// How the run stands.
    ///
    /// # Errors
    ///
    /// As [`Sink::write`].
    fn interim(&mut self, interim: &Interim) -> io::Result<()>;
}

/// Takes selected frames as they are: `-w`. A fault is kept by whoever takes them, and answered with
/// [`Room::Enough`]: the run then ends in order, with all that is known by then.
pub trait FrameSink {
    /// Frames of these sources will follow.
    fn begin(&mut self, _sources: &[SourceInfo]) -> Room {
        Room::More
    }

    /// Takes secrets for the frames that follow, be it before [`FrameSink::begin`].
    fn secrets(&mut self, _secrets: &Secrets) {}

    /// Capture time has come to `now`, by a frame that is selected or not.
    fn advance(&mut self, _now: Timestamp) -> Room {
        Room::More
    }

    /// Nothing is captured for now, as [`Step::Tick`](crate::source::Step::Tick) tells it: the moment to flush.
    fn idle(&mut self, _now: Timestamp) -> Room {
        Room::More
    }

    /// Takes one frame; with what is known of it now where it is a message.
    fn frame(
        &mut self,
        frame: &Frame<'_>,
        sources: &[SourceInfo],
        event: Option<&IcmpEvent<'_>>,
    ) -> Room;

    /// Takes what is known of a message in a frame that holds several packets, before that is taken.
    fn message(&mut self, _event: &IcmpEvent<'_>) -> Room {
        Room::More
    }

    /// Hands on what is buffered: SIGUSR2.
    fn flush(&mut self) -> Room {
        Room::More
    }

    /// Goes on in a new file if the old one was moved away: SIGHUP.
    fn reopen(&mut self) -> Room {
        Room::More
    }
}

/// Whether the run is to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// More can be written.
    More,
    /// Nothing more is taken: as many files as asked for, or a fault.
    Enough,
}

/// Octets that sinks gather before they write.
const BUFFER: usize = 64 * 1024;

/// Writes out what `buffer` holds once it is worth a system call.
fn drain_if_full(buffer: &mut Vec<u8>, out: &mut impl Write) -> io::Result<()> {
    if buffer.len() < BUFFER {
        return Ok(());
    }
    drain(buffer, out)
}

/// Writes out what `buffer` holds; after an error it is given up, so that nothing is written twice.
fn drain(buffer: &mut Vec<u8>, out: &mut impl Write) -> io::Result<()> {
    let written = out.write_all(buffer);
    buffer.clear();
    written
}
