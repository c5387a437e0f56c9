//! Who tells what was found: enters it in the ledger and hands it on to the sink. At first the one
//! who found it, then, where there is much to be written, a thread behind.
//!
//! Whoever flushes waits until all is written, so that a disk that is full or a pipe that is closed
//! is told then, and nothing is held back where the input waits; without that a fault is told some
//! thousand records later. In the midst of a burst it is not waited for.

use std::thread::Scope;
use std::{io, mem};

use super::backlog::Pressure;
use super::behind::Behind;
use super::ledger::{Entry, Ledger};
use crate::record::collect::Collector;
use crate::record::{Kinds, Record};
use crate::sink::Sink;

/// Records after which there is much to be written: for less no thread is started.
const MUCH: usize = 1 << 12;

/// Who tells what a run finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    /// The run itself: each record is with the sink before the next packet is looked at.
    Here,
    /// A thread of its own, where there is much. Whoever reads waits for it.
    Behind,
    /// The same, where packets are lost that are not read in time: those of a burst wait in memory, up
    /// to 64 MiB, if the output is taken fast enough for the end not to wait for long.
    BehindBursts,
}

/// What it takes to tell.
pub(super) struct Desk<'e> {
    pub(super) ledger: Box<Ledger>,
    pub(super) sink: &'e mut (dyn Sink + Send),
    interest: Kinds,
}

impl Desk<'_> {
    pub(super) fn tell(&mut self, entry: &Entry<'_>) -> io::Result<()> {
        self.ledger.enter(entry);
        entry.record().map_or(Ok(()), |record| self.write(&record))
    }

    /// Writes what is no entry.
    pub(super) fn write(&mut self, record: &Record<'_>) -> io::Result<()> {
        if self.interest.contains(record.kind()) {
            self.sink.write(record)
        } else {
            Ok(())
        }
    }
}

enum Place<'s, 'e> {
    Here(Desk<'e>),
    Behind(Box<Behind<'s, 'e>>),
    /// For the moment in which it changes; for good if that fails.
    Nowhere,
}

/// Tells what a run finds; `'s` is the scope of the thread.
pub(super) struct Teller<'s, 'e> {
    scope: &'s Scope<'s, 'e>,
    interest: Kinds,
    /// Records that are still told here, if a thread may take over then.
    until_behind: Option<usize>,
    pressure: Pressure,
    place: Place<'s, 'e>,
}

impl<'s, 'e> Teller<'s, 'e> {
    /// Tells `sink`; rows of the ledger take at most `memory` octets.
    pub(super) fn new(
        scope: &'s Scope<'s, 'e>,
        sink: &'e mut (dyn Sink + Send),
        telling: Telling,
        memory: usize,
    ) -> Self {
        let interest = sink.interest();
        Self {
            scope,
            interest,
            until_behind: (telling != Telling::Here).then_some(MUCH),
            pressure: match telling {
                Telling::Here | Telling::Behind => Pressure::Waits,
                Telling::BehindBursts => Pressure::Bursts,
            },
            place: Place::Here(Desk {
                ledger: Box::new(Ledger::new(memory)),
                sink,
                interest,
            }),
        }
    }

    /// Records that are still to be written at the end, at the most: of those `open` requests, if each
    /// exchange is written, and of what waits already.
    pub(super) fn owed(&self, open: u64) -> u64 {
        let exchanges = if self.interest.contains(Kinds::EXCHANGE) {
            open
        } else {
            0
        };
        match &self.place {
            Place::Behind(behind) => exchanges + behind.waiting(),
            Place::Here(_) | Place::Nowhere => exchanges,
        }
    }

    /// Tells one more.
    ///
    /// # Errors
    ///
    /// What the sink says, of this or of some that were told before.
    pub(super) fn tell(&mut self, entry: &Entry<'_>) -> io::Result<()> {
        match &mut self.place {
            Place::Here(desk) => desk.tell(entry)?,
            Place::Behind(behind) => return behind.tell(entry),
            Place::Nowhere => return Err(gone()),
        }
        if let Some(left) = self.until_behind
            && entry
                .record()
                .is_some_and(|record| self.interest.contains(record.kind()))
        {
            self.until_behind = left.checked_sub(1);
            if left == 0 {
                self.move_behind();
            }
        }
        Ok(())
    }

    /// From here on a thread tells. Where none is to be had all goes on here.
    fn move_behind(&mut self) {
        self.place = match mem::replace(&mut self.place, Place::Nowhere) {
            Place::Here(desk) => match Behind::start(self.scope, desk, self.pressure) {
                Ok(behind) => Place::Behind(Box::new(behind)),
                Err(desk) => Place::Here(desk),
            },
            place => place,
        };
    }

    /// Waits until all is told, and gives what it takes to tell the rest here.
    ///
    /// # Errors
    ///
    /// What the sink says.
    pub(super) fn come_back(&mut self) -> io::Result<&mut Desk<'e>> {
        self.until_behind = None;
        self.place = match mem::replace(&mut self.place, Place::Nowhere) {
            Place::Behind(behind) => behind.end()?.map_or(Place::Nowhere, Place::Here),
            place => place,
        };
        self.here().ok_or_else(gone)
    }

    /// What it takes to tell, unless a thread has it.
    pub(super) fn here(&mut self) -> Option<&mut Desk<'e>> {
        match &mut self.place {
            Place::Here(desk) => Some(desk),
            Place::Behind(_) | Place::Nowhere => None,
        }
    }

    /// What was counted up to now; all that is behind it is written.
    ///
    /// # Errors
    ///
    /// What the sink says.
    pub(super) fn collected(&mut self) -> io::Result<Collector> {
        match &mut self.place {
            Place::Here(desk) => {
                desk.sink.flush()?;
                Ok(desk.ledger.collector.clone())
            }
            Place::Behind(behind) => behind.collected()?.map(|it| *it).ok_or_else(gone),
            Place::Nowhere => Err(gone()),
        }
    }

    /// Hands on what is buffered.
    ///
    /// # Errors
    ///
    /// What the sink says.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        match &mut self.place {
            Place::Here(desk) => desk.sink.flush(),
            Place::Behind(behind) => behind.flush(),
            Place::Nowhere => Err(gone()),
        }
    }

    /// No packet follows.
    pub(super) fn closing(&mut self) {
        match &mut self.place {
            Place::Here(desk) => desk.sink.closing(),
            Place::Behind(behind) => behind.closing(),
            Place::Nowhere => {}
        }
    }
}

fn gone() -> io::Error {
    io::Error::other("what was found cannot be told any more")
}
