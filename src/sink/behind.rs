//! Much output is put into words behind the one who tells it, by a thread of its own.
//!
//! A message crosses as its frame and is decoded there once more, which costs less than to copy what
//! was decoded. Records keep their order. Whoever flushes waits until all is written, so that a disk
//! that is full or a pipe that is closed is told then, and nothing is held back where the input
//! waits; without that a fault is told some thousand records later.

use std::panic::resume_unwind;
use std::thread::{self, JoinHandle};
use std::{io, mem};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::{Interest, Sink};
use crate::correlate::Relation;
use crate::correlate::exchange::Exchange;
use crate::correlate::trace::Path;
use crate::correlate::verdict::DropVerdict;
use crate::findings::Finding;
use crate::icmp::Message;
use crate::model::StoredFrames;
use crate::record::{IcmpEvent, Interim, Record, Start, Summary};
use crate::source::SourceInfo;
use crate::wire::reassembly::Reassembly;
use crate::wire::{Classified, classify};

/// Records after which output is much: for less no thread is started.
const MUCH: usize = 1 << 12;
/// Records in a batch.
const ITEMS: usize = 512;
/// Octets of frames after which a batch is handed over.
const OCTETS: usize = 128 << 10;
/// Batches under way: few enough to stay in the cache.
const BATCHES: usize = 8;

/// A record that belongs to itself. What there is many of lies beside, in lists of one kind.
enum Item {
    Start(Box<Start>),
    /// The sources of the messages from here on.
    Sources(Vec<SourceInfo>),
    /// The next of the frames stored, and the next of the relations.
    Icmp,
    /// The same for a fragment.
    Fragment(Box<Reassembly>),
    /// The next of the exchanges: closed.
    Exchange,
    /// The next of the exchanges: decided.
    Decided,
    Drop(Box<DropVerdict>),
    Path(Box<Path>),
    Finding(Box<Finding>),
    Summary(Box<Summary>),
    /// No packet follows.
    Closing,
}

/// What is to be done behind a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Then {
    #[default]
    GoOn,
    Flush,
}

/// What crosses at once.
#[derive(Default)]
struct Batch {
    items: Vec<Item>,
    frames: StoredFrames,
    relations: Vec<Relation>,
    exchanges: Vec<Exchange>,
    then: Then,
}

impl Batch {
    /// Forgets all and keeps the room.
    fn clear(&mut self) {
        self.items.clear();
        self.frames.clear();
        self.relations.clear();
        self.exchanges.clear();
    }
}

/// A used batch, and what the sink said.
type Answer = (Batch, io::Result<()>);

/// Hands records on to a sink: at first itself, then, where there are many, by a thread.
///
/// After a fault, which is told once, nothing more is written by the thread.
pub struct Behind<S> {
    interest: Interest,
    writes_exchanges: bool,
    /// Records so far that the sink takes.
    count: usize,
    state: State<S>,
}

enum State<S> {
    /// `None` for the moment in which the sink moves.
    Near(Option<S>),
    Far(Box<Far>),
}

impl<S: Sink + Send + 'static> Behind<S> {
    /// In front of `sink`.
    pub fn new(sink: S) -> Self {
        Self {
            interest: sink.interest(),
            writes_exchanges: sink.writes_exchanges(),
            count: 0,
            state: State::Near(Some(sink)),
        }
    }
}

impl<S: Sink + Send + 'static> Sink for Behind<S> {
    fn write(&mut self, record: &Record<'_>) -> io::Result<()> {
        if !(self.interest)(record) {
            return Ok(());
        }
        if let State::Near(near) = &mut self.state {
            self.count += 1;
            if self.count < MUCH {
                return near.as_mut().map_or(Ok(()), |sink| sink.write(record));
            }
            self.state = State::Far(Box::new(Far::start(near)?));
        }
        match &mut self.state {
            State::Near(_) => Ok(()),
            State::Far(far) => far.write(record),
        }
    }

    /// What was asked before: the sink may be with the thread by now.
    fn interest(&self) -> Interest {
        Interest::clone(&self.interest)
    }

    fn writes_exchanges(&self) -> bool {
        self.writes_exchanges
    }

    /// How the run stands is of no use behind time.
    fn wants_interim(&self) -> bool {
        false
    }

    fn interim(&mut self, _interim: &Interim) -> io::Result<()> {
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.state {
            State::Near(near) => near.as_mut().map_or(Ok(()), Sink::flush),
            State::Far(far) => far.hand_over(Then::Flush),
        }
    }

    fn closing(&mut self) {
        match &mut self.state {
            State::Near(near) => {
                if let Some(sink) = near {
                    sink.closing();
                }
            }
            State::Far(far) => far.batch.items.push(Item::Closing),
        }
    }
}

/// The near end of the thread. Dropping it waits for the thread.
struct Far {
    batch: Batch,
    /// Sources and interfaces that the thread knows of.
    known: usize,
    /// `None` once nothing more will be written.
    full: Option<Sender<Batch>>,
    answers: Receiver<Answer>,
    /// Batches that wait for their answer.
    under_way: usize,
    writer: Option<JoinHandle<()>>,
}

impl Far {
    /// Starts the thread and moves `near` there.
    ///
    /// # Errors
    ///
    /// That the system gives no thread.
    fn start<S: Sink + Send + 'static>(near: &mut Option<S>) -> io::Result<Self> {
        let (full, taken) = bounded(BATCHES);
        let (answer, answers) = bounded(BATCHES);
        let sink = near.take();
        let writer = thread::Builder::new()
            .name("write-behind".to_owned())
            .spawn(move || {
                if let Some(sink) = sink {
                    take_all(sink, &taken, &answer);
                }
            })?;
        Ok(Self {
            batch: Batch::default(),
            known: 0,
            full: Some(full),
            answers,
            under_way: 0,
            writer: Some(writer),
        })
    }

    fn write(&mut self, record: &Record<'_>) -> io::Result<()> {
        let batch = &mut self.batch;
        let items = &mut batch.items;
        let item = match *record {
            Record::Start(start) => Item::Start(Box::new(start.clone())),
            Record::Icmp(event) => {
                let extent = (event.sources.iter()).map(|source| 1 + source.interfaces.len());
                let extent = extent.sum();
                // Sources and interfaces are added, and stay as they are.
                if extent != self.known {
                    self.known = extent;
                    items.push(Item::Sources(event.sources.to_vec()));
                }
                batch.frames.push(event.frame);
                batch.relations.push(event.relation);
                match event.reassembly {
                    None => Item::Icmp,
                    Some(reassembly) => Item::Fragment(Box::new(reassembly.clone())),
                }
            }
            Record::Exchange(exchange) => {
                batch.exchanges.push(*exchange);
                Item::Exchange
            }
            Record::Decided(exchange) => {
                batch.exchanges.push(*exchange);
                Item::Decided
            }
            Record::Drop(verdict) => Item::Drop(Box::new(verdict.clone())),
            Record::Path(path) => Item::Path(Box::new(path.clone())),
            Record::Finding(finding) => Item::Finding(Box::new(finding.clone())),
            Record::Summary(summary) => Item::Summary(Box::new(summary.clone())),
        };
        items.push(item);
        if batch.items.len() < ITEMS && batch.frames.octets() < OCTETS {
            return Ok(());
        }
        self.hand_over(Then::GoOn)
    }

    /// Hands the batch over; waits until no more are under way than may be: with [`Then::Flush`]
    /// none.
    fn hand_over(&mut self, then: Then) -> io::Result<()> {
        let mut batch = mem::take(&mut self.batch);
        batch.then = then;
        if let Some(full) = &self.full {
            // Only a panic ends the thread before: the answer that is missing tells of it.
            let _ = full.send(batch);
            self.under_way += 1;
        }
        let may_wait = match then {
            Then::GoOn => BATCHES - 1,
            Then::Flush => 0,
        };
        let mut said = Ok(());
        while self.under_way > may_wait {
            self.under_way -= 1;
            match self.answers.recv() {
                Ok((batch, answer)) => {
                    self.batch = batch;
                    said = said.and(answer);
                }
                Err(_) => self.end(),
            }
        }
        said
    }

    /// Waits for the end of the thread, and panics as it did.
    fn end(&mut self) {
        self.full = None;
        if let Some(Err(panic)) = self.writer.take().map(JoinHandle::join) {
            resume_unwind(panic);
        }
    }
}

impl Drop for Far {
    fn drop(&mut self) {
        self.full = None;
        if let Some(writer) = self.writer.take() {
            // Who drops it while unwinding has a panic already.
            let _ = writer.join();
        }
    }
}

/// The thread: writes batch by batch until no more can come.
fn take_all(mut sink: impl Sink, full: &Receiver<Batch>, answers: &Sender<Answer>) {
    let mut sources = Vec::new();
    let mut at_fault = false;
    for mut batch in full {
        let mut said = Ok(());
        if !at_fault {
            said = put_into_words(&mut batch, &mut sink, &mut sources);
            at_fault = said.is_err();
        }
        batch.clear();
        if answers.send((batch, said)).is_err() {
            return;
        }
    }
}

fn put_into_words(
    batch: &mut Batch,
    sink: &mut impl Sink,
    sources: &mut Vec<SourceInfo>,
) -> io::Result<()> {
    let mut exchanges = batch.exchanges.iter();
    let mut messages = (0..).zip(&batch.relations);
    for item in &mut batch.items {
        match item {
            Item::Start(start) => sink.write(&Record::Start(start))?,
            Item::Sources(new) => *sources = mem::take(new),
            Item::Icmp | Item::Fragment(_) => {
                let Some((at, relation)) = messages.next() else {
                    continue;
                };
                let Some(frame) = batch.frames.get(at) else {
                    continue;
                };
                // Matched in place: a packet with all its views is not to be moved about.
                let (Classified::Icmp(packet) | Classified::OtherIp(packet)) = &classify(&frame)
                else {
                    continue;
                };
                sink.write(&Record::Icmp(&IcmpEvent {
                    frame: &frame,
                    packet,
                    message: &Message::parse(&packet.ip),
                    relation: *relation,
                    reassembly: match item {
                        Item::Fragment(reassembly) => Some(reassembly),
                        _ => None,
                    },
                    sources,
                }))?;
            }
            Item::Exchange => {
                if let Some(exchange) = exchanges.next() {
                    sink.write(&Record::Exchange(exchange))?;
                }
            }
            Item::Decided => {
                if let Some(exchange) = exchanges.next() {
                    sink.write(&Record::Decided(exchange))?;
                }
            }
            Item::Drop(verdict) => sink.write(&Record::Drop(verdict))?,
            Item::Path(path) => sink.write(&Record::Path(path))?,
            Item::Finding(finding) => sink.write(&Record::Finding(finding))?,
            Item::Summary(summary) => sink.write(&Record::Summary(summary))?,
            Item::Closing => sink.closing(),
        }
    }
    match batch.then {
        Then::GoOn => Ok(()),
        Then::Flush => sink.flush(),
    }
}
