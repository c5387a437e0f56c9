//! Where records go.

mod alike;
pub mod capture;
pub mod json;
mod story;
mod summary;
pub mod text;
mod wrap;

use std::io::{self, Write};

use crate::record::Record;
pub use json::{Emit, EmitSet, JsonOptions, JsonSink};
pub use text::{TextOptions, TextSink};

/// Takes records in the order they are told.
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
