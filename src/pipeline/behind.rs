//! The thread that tells what is told behind time.
//!
//! A message crosses as its frame and is decoded there once more, which costs less than to copy what
//! was decoded; but its checksum, which covers all its octets, is not verified again. What is told keeps its order.

use std::panic::resume_unwind;
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};
use std::{io, mem};

use crossbeam_channel::{Receiver, Sender, TryRecvError, unbounded};

use super::backlog::{Backlog, Pressure};
use super::ledger::Entry;
use super::teller::Desk;
use crate::correlate::Relation;
use crate::correlate::exchange::Exchange;
use crate::correlate::stalled::Stalled;
use crate::correlate::trace::Path;
use crate::correlate::unanswered::Unanswered;
use crate::correlate::verdict::DropVerdict;
use crate::handover::start_on;
use crate::icmp::cause::Proven;
use crate::icmp::{Message, Quote, Whole};
use crate::model::{Expanded, StoredFrames};
use crate::record::IcmpEvent;
use crate::record::collect::Collector;
use crate::source::SourceInfo;
use crate::wire::reassembly::Reassembly;
use crate::wire::{Checksum, Classified, classify};

/// Entries in a batch.
const ITEMS: usize = 512;
/// Octets of frames after which a batch is handed over.
const OCTETS: usize = 128 << 10;
/// Used batches that are kept, so that nothing is allocated where not much waits.
const SPARE: usize = 8;

/// What comes next in a batch, of the lists of one kind that hold what belongs to itself. An octet,
/// so that it is not waited for: what is wider than the stores it was made by is slow to move.
#[derive(Clone, Copy)]
enum Item {
    /// A frame and its relation.
    Icmp,
    /// The same with what it came to as a fragment.
    Fragment,
    /// An exchange that is closed.
    Exchange,
    /// An exchange that is decided.
    Decided,
    /// One of the others.
    Other,
}

/// What there is few of.
enum Other {
    /// The sources of the messages from here on.
    Sources(Vec<SourceInfo>),
    LateError(Box<Exchange>),
    Drop(Box<DropVerdict>),
    Path(Box<Path>),
    Unanswered(Box<Unanswered>),
    Stalled(Box<Stalled>),
    /// No packet follows.
    Closing,
}

/// What is to be done behind a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Then {
    #[default]
    GoOn,
    Flush,
    /// Flush, and answer with what was counted up to here.
    Collect,
}

/// What whoever hands a batch over waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wait {
    /// Until no more waits than may.
    ForRoom,
    /// Until all is done.
    ForAll,
}

/// What is known of a message when it is seen.
struct Known {
    relation: Relation,
    checksum: Checksum,
    proven: Option<Box<Proven>>,
}

/// What crosses at once.
#[derive(Default)]
struct Batch {
    items: Vec<Item>,
    frames: StoredFrames,
    /// Of each message what correlation knows of it.
    known: Vec<Known>,
    /// What was decrypted of the packets that messages quote, with the numbers of those.
    opened: Vec<(usize, Vec<Expanded>)>,
    fragments: Vec<Reassembly>,
    exchanges: Vec<Exchange>,
    others: Vec<Other>,
    then: Then,
}

impl Batch {
    /// Octets of memory it holds, about: of what is boxed each counts as a verdict, which there are
    /// most of, above all at the end.
    fn octets(&self) -> usize {
        self.frames.memory()
            + self.items.capacity() * size_of::<Item>()
            + self.known.capacity() * size_of::<Known>()
            + octets_of(&self.opened)
            + self.fragments.capacity() * size_of::<Reassembly>()
            + self.exchanges.capacity() * size_of::<Exchange>()
            + self.others.capacity() * size_of::<Other>()
            + self.others.len() * size_of::<DropVerdict>()
    }

    /// Forgets all and keeps the room.
    fn clear(&mut self) {
        self.items.clear();
        self.frames.clear();
        self.known.clear();
        self.opened.clear();
        self.fragments.clear();
        self.exchanges.clear();
        self.others.clear();
    }

    fn push(&mut self, other: Other) {
        self.items.push(Item::Other);
        self.others.push(other);
    }
}

/// Octets that packets which were decrypted hold.
fn octets_of(opened: &[(usize, Vec<Expanded>)]) -> usize {
    let made = opened.iter().flat_map(|(_, made)| made);
    made.map(|made| size_of::<Expanded>() + made.octets.capacity())
        .sum()
}

/// A used batch, and what came of it.
struct Answer {
    batch: Batch,
    /// Octets it held.
    octets: usize,
    /// How long it took to tell it.
    took: Duration,
    said: io::Result<()>,
    /// Where it was asked for.
    collected: Option<Box<Collector>>,
}

/// The near end of the thread. After a fault, which is told once, nothing more is told there.
pub(super) struct Behind<'s, 'e> {
    batch: Batch,
    /// Sources and interfaces that the thread knows of.
    known: usize,
    /// `None` once nothing more will be told.
    full: Option<Sender<Batch>>,
    answers: Receiver<Answer>,
    /// Batches that wait for their answer.
    under_way: usize,
    backlog: Backlog,
    spare: Vec<Batch>,
    writer: Option<ScopedJoinHandle<'s, Option<Desk<'e>>>>,
}

impl<'s, 'e> Behind<'s, 'e> {
    /// Starts the thread and moves `desk` there.
    ///
    /// # Errors
    ///
    /// The desk, where the system gives no thread.
    pub(super) fn start(
        scope: &'s Scope<'s, 'e>,
        desk: Desk<'e>,
        pressure: Pressure,
    ) -> Result<Self, Desk<'e>> {
        let (full, taken) = unbounded();
        let (answer, answers) = unbounded();
        let writer = start_on(desk, |given| {
            thread::Builder::new()
                .name("write-behind".to_owned())
                .spawn_scoped(scope, move || {
                    let mut desk = given.recv().ok()?;
                    take_all(&mut desk, &taken, &answer);
                    Some(desk)
                })
        })?;
        Ok(Self {
            batch: Batch::default(),
            known: 0,
            full: Some(full),
            answers,
            under_way: 0,
            backlog: Backlog::new(pressure),
            spare: Vec::new(),
            writer: Some(writer),
        })
    }

    pub(super) fn tell(&mut self, entry: &Entry<'_>) -> io::Result<()> {
        let batch = &mut self.batch;
        match *entry {
            Entry::Icmp(event) => {
                let extent = (event.sources.iter()).map(|source| 1 + source.interfaces.len());
                let extent = extent.sum();
                // Sources and interfaces are added, and stay as they are.
                if extent != self.known {
                    self.known = extent;
                    batch.push(Other::Sources(event.sources.to_vec()));
                }
                batch.frames.push(event.frame);
                let opened = event.message.quote().map_or(&[][..], Quote::opened);
                if !opened.is_empty() {
                    batch.opened.push((batch.known.len(), opened.to_vec()));
                }
                batch.known.push(Known {
                    relation: event.relation,
                    checksum: event.message.checksum,
                    proven: event.proven.map(|proven| Box::new(*proven)),
                });
                batch.items.push(match event.reassembly {
                    None => Item::Icmp,
                    Some(reassembly) => {
                        batch.fragments.push(reassembly.clone());
                        Item::Fragment
                    }
                });
            }
            Entry::Exchange(exchange) => {
                batch.items.push(Item::Exchange);
                batch.exchanges.push(*exchange);
            }
            Entry::Decided(exchange) => {
                batch.items.push(Item::Decided);
                batch.exchanges.push(*exchange);
            }
            Entry::LateError(exchange) => batch.push(Other::LateError(Box::new(*exchange))),
            Entry::Drop(verdict) => batch.push(Other::Drop(Box::new(verdict.clone()))),
            Entry::Path(path) => batch.push(Other::Path(Box::new(path.clone()))),
            Entry::Unanswered(attempt) => batch.push(Other::Unanswered(Box::new(*attempt))),
            Entry::Stalled(stall) => batch.push(Other::Stalled(Box::new(*stall))),
        }
        if batch.items.len() < ITEMS && batch.frames.octets() < OCTETS {
            return Ok(());
        }
        self.hand_over(Then::GoOn, Wait::ForRoom).map(drop)
    }

    /// Hands on what is buffered, and waits for it unless that is much: then the next flush waits, and
    /// whoever reads loses no time in the midst of a burst.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        let wait = if self.backlog.is_long() {
            Wait::ForRoom
        } else {
            Wait::ForAll
        };
        self.hand_over(Then::Flush, wait).map(drop)
    }

    /// Messages and exchanges that wait, at the most.
    pub(super) fn waiting(&self) -> u64 {
        (self.under_way * ITEMS) as u64
    }

    pub(super) fn closing(&mut self) {
        self.batch.push(Other::Closing);
    }

    /// What was counted up to now; all of it is written then.
    pub(super) fn collected(&mut self) -> io::Result<Option<Box<Collector>>> {
        self.hand_over(Then::Collect, Wait::ForAll)
    }

    /// Waits for all that is under way, and for the thread, and gives back what went there.
    pub(super) fn end(mut self) -> io::Result<Option<Desk<'e>>> {
        self.hand_over(Then::GoOn, Wait::ForAll)?;
        Ok(self.join())
    }

    /// Hands the batch over, and waits for as many answers as is asked for.
    fn hand_over(&mut self, then: Then, wait: Wait) -> io::Result<Option<Box<Collector>>> {
        let mut batch = mem::take(&mut self.batch);
        batch.then = then;
        if let Some(full) = &self.full {
            self.backlog.add(batch.octets());
            // Only a panic ends the thread before: the answer that is missing tells of it.
            let _ = full.send(batch);
            self.under_way += 1;
        }
        let mut said = Ok(None);
        while self.under_way > 0 {
            let answer = if wait == Wait::ForAll || self.backlog.is_full() {
                self.answers.recv().ok()
            } else {
                match self.answers.try_recv() {
                    Err(TryRecvError::Empty) => break,
                    answer => answer.ok(),
                }
            };
            self.under_way -= 1;
            let Some(answer) = answer else {
                drop(self.join());
                continue;
            };
            self.backlog.told(answer.octets, answer.took);
            if self.spare.len() < SPARE {
                self.spare.push(answer.batch);
            }
            said = said.and(answer.said.map(|()| answer.collected));
        }
        // The last one used is the likeliest to be in the cache.
        self.batch = self.spare.pop().unwrap_or_default();
        said
    }

    /// Waits for the end of the thread, and panics as it did.
    fn join(&mut self) -> Option<Desk<'e>> {
        self.full = None;
        match self.writer.take()?.join() {
            Ok(desk) => desk,
            Err(panic) => resume_unwind(panic),
        }
    }
}

/// The thread: tells batch by batch until no more can come.
fn take_all(desk: &mut Desk<'_>, full: &Receiver<Batch>, answers: &Sender<Answer>) {
    let mut sources = Vec::new();
    let mut at_fault = false;
    for mut batch in full {
        let begun = Instant::now();
        let mut said = Ok(());
        if !at_fault {
            said = tell(&mut batch, desk, &mut sources);
            at_fault = said.is_err();
        }
        let collect = batch.then == Then::Collect;
        let octets = batch.octets();
        batch.clear();
        let answer = Answer {
            batch,
            octets,
            took: begun.elapsed(),
            said,
            collected: collect.then(|| Box::new(desk.ledger.collector.clone())),
        };
        if answers.send(answer).is_err() {
            return;
        }
    }
}

fn tell(batch: &mut Batch, desk: &mut Desk<'_>, sources: &mut Vec<SourceInfo>) -> io::Result<()> {
    let mut messages = (0..).zip(&batch.known);
    let mut opened = batch.opened.iter().peekable();
    let mut fragments = batch.fragments.iter();
    let mut exchanges = batch.exchanges.iter();
    let mut others = batch.others.iter_mut();
    for item in &batch.items {
        match item {
            Item::Icmp | Item::Fragment => {
                let reassembly = match item {
                    Item::Fragment => fragments.next(),
                    _ => None,
                };
                let Some((at, known)) = messages.next() else {
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
                let packet = &packet.as_told(&frame);
                let whole = reassembly.and_then(|came_to| Whole::of(came_to, frame.reference()));
                let mut message = Message::parse_verified(&packet.ip, known.checksum);
                message.check_on_link(&frame, packet);
                if let Some((_, opened)) = opened.next_if(|(of, _)| *of == at) {
                    message.open_quote(opened);
                }
                desk.tell(&Entry::Icmp(&IcmpEvent {
                    frame: &frame,
                    packet,
                    message: &message,
                    relation: known.relation,
                    reassembly,
                    whole: whole.as_ref(),
                    proven: known.proven.as_deref(),
                    sources,
                }))?;
            }
            Item::Exchange => {
                if let Some(exchange) = exchanges.next() {
                    desk.tell(&Entry::Exchange(exchange))?;
                }
            }
            Item::Decided => {
                if let Some(exchange) = exchanges.next() {
                    desk.tell(&Entry::Decided(exchange))?;
                }
            }
            Item::Other => match others.next() {
                Some(Other::Sources(new)) => *sources = mem::take(new),
                Some(Other::LateError(exchange)) => desk.tell(&Entry::LateError(exchange))?,
                Some(Other::Drop(verdict)) => desk.tell(&Entry::Drop(verdict))?,
                Some(Other::Path(path)) => desk.tell(&Entry::Path(path))?,
                Some(Other::Unanswered(attempt)) => desk.tell(&Entry::Unanswered(attempt))?,
                Some(Other::Stalled(stall)) => desk.tell(&Entry::Stalled(stall))?,
                Some(Other::Closing) => desk.sink.closing(),
                None => {}
            },
        }
    }
    match batch.then {
        Then::GoOn => Ok(()),
        Then::Flush | Then::Collect => desk.sink.flush(),
    }
}
