//! `--top`: a full-screen view for people.
//!
//! Two threads. The pipeline's fills a [`model::Model`] through [`TopSink`]; the one of `screen`
//! owns the terminal, reads keys and draws. Between them lies one [`Snapshot`] at a time: the
//! screen asks for the next one, the pipeline leaves it there and goes on, so that neither waits
//! for the other, and a pipe without input still answers keys.

mod columns;
mod fit;
mod keys;
pub mod model;
mod ping;
mod rows;
mod screen;
#[cfg(test)]
mod tests;
mod view;

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::Sink;
use crate::record::{Interim, Kinds, Record};
use model::{Model, Snapshot};
pub use screen::run;

/// What the two threads share.
#[derive(Debug, Default)]
pub struct Shared {
    wanted: AtomicBool,
    latest: Mutex<Option<Box<Snapshot>>>,
}

impl Shared {
    /// Takes the latest snapshot, if there is a new one, and asks for the next.
    fn take(&self) -> Option<Box<Snapshot>> {
        let taken = self.lock().take();
        self.wanted.store(true, Ordering::Relaxed);
        taken
    }

    fn put(&self, snapshot: Snapshot) {
        *self.lock() = Some(Box::new(snapshot));
    }

    /// A snapshot is whole whoever panicked.
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Box<Snapshot>>> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gathers what the screen shows.
pub struct TopSink {
    model: Model,
    shared: Arc<Shared>,
    /// Whether something came since the last snapshot.
    changed: bool,
}

impl TopSink {
    /// One with nothing gathered, for the screen that has the other end of `shared`.
    pub fn new(shared: Arc<Shared>) -> Self {
        Self {
            model: Model::default(),
            shared,
            changed: true,
        }
    }

    fn publish(&mut self) {
        self.shared.put(self.model.snapshot());
        self.changed = false;
    }
}

impl Sink for TopSink {
    fn write(&mut self, record: &Record<'_>) -> io::Result<()> {
        self.model.record(record);
        self.changed = true;
        if matches!(record, Record::Start(_) | Record::Summary(_)) {
            self.publish();
        }
        Ok(())
    }

    /// Input is about to be waited for: the screen gets what there is, asked for or not.
    fn flush(&mut self) -> io::Result<()> {
        if self.changed {
            self.publish();
        }
        Ok(())
    }

    fn closing(&mut self) {}

    fn interest(&self) -> Kinds {
        Kinds::all()
    }

    fn wants_interim(&self) -> bool {
        self.shared.wanted.load(Ordering::Relaxed)
    }

    fn interim(&mut self, interim: &Interim) -> io::Result<()> {
        self.shared.wanted.store(false, Ordering::Relaxed);
        self.model.interim(interim);
        self.publish();
        Ok(())
    }
}
