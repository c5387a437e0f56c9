//! Where records go.

pub mod capture;
pub mod json;
pub mod summary;
pub mod text;

use std::io;

use crate::record::Record;

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
