//! Captures of every format, whole and damaged, read by the library.

#[path = "formats/corpus.rs"]
mod corpus;
#[path = "formats/read.rs"]
mod read;
