//! Captures of every format, whole and damaged, read by the library.

#[path = "formats/ahead.rs"]
mod ahead;
#[path = "formats/build.rs"]
mod build;
#[path = "formats/classic.rs"]
mod classic;
#[path = "formats/compressed.rs"]
mod compressed;
#[path = "formats/corpus.rs"]
mod corpus;
#[path = "formats/hostile.rs"]
mod hostile;
#[path = "formats/merging.rs"]
mod merging;
#[path = "formats/ng.rs"]
mod ng;
#[path = "formats/opening.rs"]
mod opening;
#[path = "formats/read.rs"]
mod read;
#[path = "formats/secrets.rs"]
mod secrets;
