//! Reading ahead: another thread reads, decompresses and sorts, so that this one can correlate.
//!
//! What most packets are, TCP and UDP without tunnels, is handed over as what correlation notes of
//! them; the octets of all other frames are copied. So the capture's octets stay in the cache of
//! the core that read them.

use std::collections::VecDeque;
use std::mem;
use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use super::notes::Notes;
use crate::correlate::observation::Observation;
use crate::handover::start_on;
use crate::model::{Frame, KeyKind, StoredFrames, Timestamp};
use crate::source::{
    Damage, InterfaceCounts, Notice, Progress, Secrets, SecretsKind, Source, SourceInfo, Step,
};
use crate::wire;

/// What the reader hands over, in the order of the capture.
#[derive(Clone, Copy)]
enum Item {
    /// A packet of which its note is all that is needed.
    Plain(Observation),
    /// Any other frame, the next of those stored.
    Frame,
    /// The next of what stands between packets.
    Between,
}

/// What stands between packets.
enum Between {
    /// The sources as described from here on.
    Sources(Vec<SourceInfo>),
    /// Secrets for what follows.
    Secrets(Vec<Secrets>),
    /// The source waits, or has something to tell.
    Tick(Timestamp, Vec<Notice>),
    /// The last item.
    End(End),
}

/// What the source tells at its end.
struct End {
    damage: Vec<Damage>,
    notices: Vec<Notice>,
    kernel: Option<Vec<InterfaceCounts>>,
}

/// Items, and the octets of their frames.
#[derive(Default)]
struct Batch {
    // Without anything to be dropped: nobody walks them to clear it.
    items: Vec<Item>,
    between: VecDeque<Between>,
    frames: StoredFrames,
    /// How far the source was read for it.
    progress: Progress,
}

/// Items in a batch: few enough that those under way stay in the cache that cores share, and so many
/// that who takes them is seldom woken.
const ITEMS: usize = 4096;
/// Octets after which a batch is handed over.
const OCTETS: usize = 128 << 10;
/// Batches under way: so many that a batch has left the other core's cache when it is filled again.
const BATCHES: usize = 16;
/// How long a batch is waited for before the caller may look at what else is asked of it.
const PATIENCE: Duration = Duration::from_millis(100);

impl Batch {
    fn new() -> Self {
        Self {
            // One more for a description of the sources.
            items: Vec::with_capacity(ITEMS + 1),
            ..Self::default()
        }
    }

    #[inline]
    fn push(&mut self, frame: &Frame<'_>, notes: &mut Notes) {
        if let Some(packet) = wire::plain(frame)
            && notes.suffice_of(&packet)
        {
            let note = Observation::of_plain(frame.reference(), frame.ts, &packet);
            self.items.push(Item::Plain(note));
        } else {
            notes.learn(frame);
            self.items.push(Item::Frame);
            self.frames.push(frame);
        }
    }

    /// Takes note of a packet if that is all that is needed of it, and as long as there is room.
    #[inline]
    fn note(&mut self, frame: &Frame<'_>) -> ControlFlow<()> {
        if self.items.len() >= ITEMS {
            return ControlFlow::Break(());
        }
        let Some(packet) = wire::plain(frame) else {
            return ControlFlow::Break(());
        };
        let note = Observation::of_plain(frame.reference(), frame.ts, &packet);
        self.items.push(Item::Plain(note));
        ControlFlow::Continue(())
    }

    fn push_between(&mut self, between: Between) {
        self.items.push(Item::Between);
        self.between.push_back(between);
    }

    fn is_full(&self) -> bool {
        self.items.len() >= ITEMS || self.frames.octets() >= OCTETS
    }

    fn clear(&mut self) {
        self.items.clear();
        self.between.clear();
        self.frames.clear();
    }
}

/// The near end of the reading thread, a source itself. Dropping it ends the thread at its next
/// batch.
pub(super) struct Ahead {
    full: Receiver<Batch>,
    empty: Sender<Batch>,
    reader: Option<JoinHandle<()>>,
    batch: Batch,
    /// Items of the batch that were told.
    told: usize,
    /// How many of them were stored frames.
    frames_told: usize,
    sources: Vec<SourceInfo>,
    damage: Vec<Damage>,
    notices: Vec<Notice>,
    kernel: Option<Vec<InterfaceCounts>>,
    secrets: Vec<Secrets>,
}

impl Ahead {
    /// Starts to read `source`.
    ///
    /// # Errors
    ///
    /// The source, where the system gives no thread.
    pub(super) fn read<S: Source + Send + 'static>(source: S, notes: Notes) -> Result<Self, S> {
        let (sources, progress) = (source.describe(), source.progress());
        let (filled, full) = bounded(BATCHES);
        let (empty, emptied) = bounded(BATCHES);
        let reader = start_on(source, |given| {
            thread::Builder::new()
                .name("read-ahead".to_owned())
                .spawn(move || {
                    if let Ok(source) = given.recv() {
                        // Whoever takes the batches hangs up when it has seen enough.
                        let _ = read(source, notes, &filled, &emptied);
                    }
                })
        })?;
        for _ in 0..BATCHES {
            let _ = empty.send(Batch::new());
        }
        Ok(Self {
            full,
            empty,
            reader: Some(reader),
            batch: Batch {
                progress,
                ..Batch::default()
            },
            told: 0,
            frames_told: 0,
            sources,
            damage: Vec::new(),
            notices: Vec::new(),
            kernel: None,
            secrets: Vec::new(),
        })
    }

    /// The packet that the last [`Step::Frame`] stopped at, if its note is all there is of it.
    #[inline]
    pub(super) fn plain(&self) -> Option<&Observation> {
        match self.batch.items.get(self.told.checked_sub(1)?)? {
            Item::Plain(packet) => Some(packet),
            _ => None,
        }
    }

    /// Hands the notes that come next to `take`, until it breaks off: that one is not taken.
    #[inline]
    pub(super) fn skim_notes(&mut self, mut take: impl FnMut(&Observation) -> ControlFlow<()>) {
        while let Some(Item::Plain(packet)) = self.batch.items.get(self.told)
            && take(packet).is_continue()
        {
            self.told += 1;
        }
    }

    /// Takes what stands between packets: the step that it is, if it is one.
    #[cold]
    fn between(&mut self) -> Option<Step> {
        let Some(between) = self.batch.between.pop_front() else {
            // The end is told again to who asks again.
            return Some(Step::End);
        };
        if !matches!(between, Between::End(_)) {
            self.told += 1;
        }
        match between {
            Between::Sources(sources) => {
                self.sources = sources;
                None
            }
            Between::Secrets(mut secrets) => {
                self.secrets.append(&mut secrets);
                Some(Step::Secrets)
            }
            Between::Tick(ts, mut notices) => {
                self.notices.append(&mut notices);
                Some(Step::Tick(ts))
            }
            Between::End(mut end) => {
                self.damage.append(&mut end.damage);
                self.notices.append(&mut end.notices);
                self.kernel = end.kernel;
                Some(Step::End)
            }
        }
    }

    /// Takes the next batch; false if there is none yet.
    #[cold]
    fn next_batch(&mut self) -> bool {
        match self.full.recv_timeout(PATIENCE) {
            Ok(batch) => {
                let mut used = mem::replace(&mut self.batch, batch);
                used.clear();
                self.told = 0;
                self.frames_told = 0;
                // Nobody takes it where all has been read.
                let _ = self.empty.try_send(used);
                true
            }
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => {
                // The last batch has an end, so only a panic leads here.
                if let Some(Err(panic)) = self.reader.take().map(JoinHandle::join) {
                    resume_unwind(panic);
                }
                false
            }
        }
    }
}

impl Source for Ahead {
    #[inline]
    fn advance(&mut self) -> Step {
        loop {
            let Some(item) = self.batch.items.get(self.told) else {
                if self.next_batch() {
                    continue;
                }
                return Step::Tick(Timestamp::MIN);
            };
            match item {
                Item::Plain(_) => {
                    self.told += 1;
                    return Step::Frame;
                }
                Item::Frame => {
                    self.told += 1;
                    self.frames_told += 1;
                    return Step::Frame;
                }
                Item::Between => {
                    if let Some(step) = self.between() {
                        return step;
                    }
                }
            }
        }
    }

    fn frame(&self) -> Option<Frame<'_>> {
        match self.batch.items.get(self.told.checked_sub(1)?)? {
            Item::Frame => self.batch.frames.get(self.frames_told.checked_sub(1)?),
            _ => None,
        }
    }

    fn describe(&self) -> Vec<SourceInfo> {
        self.sources.clone()
    }

    fn damage(&self) -> Vec<Damage> {
        self.damage.clone()
    }

    fn progress(&self) -> Progress {
        self.batch.progress
    }

    fn notices(&mut self) -> Vec<Notice> {
        mem::take(&mut self.notices)
    }

    fn secrets(&mut self) -> Vec<Secrets> {
        mem::take(&mut self.secrets)
    }

    fn kernel(&self) -> Option<Vec<InterfaceCounts>> {
        self.kernel.clone()
    }
}

/// Nobody takes batches any more.
struct HungUp;

fn read(
    mut source: impl Source,
    mut notes: Notes,
    filled: &Sender<Batch>,
    emptied: &Receiver<Batch>,
) -> Result<(), HungUp> {
    let mut batch = emptied.recv().map_err(|_| HungUp)?;
    let mut sources = source.describe();
    loop {
        if notes.suffice() {
            source.skim(|frame| batch.note(frame));
        }
        if batch.is_full() {
            batch.progress = source.progress();
            filled.send(mem::take(&mut batch)).map_err(|_| HungUp)?;
            batch = emptied.recv().map_err(|_| HungUp)?;
            continue;
        }
        let step = source.advance();
        let mut hand_over = false;
        match step {
            Step::Frame => {
                if let Some(frame) = source.frame() {
                    if !super::describes(&sources, &frame) {
                        sources = source.describe();
                        batch.push_between(Between::Sources(sources.clone()));
                    }
                    batch.push(&frame, &mut notes);
                    hand_over = batch.is_full();
                }
            }
            Step::Secrets => {
                let secrets = source.secrets();
                if secrets
                    .iter()
                    .any(|secrets| secrets.kind == SecretsKind::WireGuard)
                {
                    notes.except(KeyKind::WireGuard);
                }
                batch.push_between(Between::Secrets(secrets));
                hand_over = batch.is_full();
            }
            Step::Tick(now) => {
                batch.push_between(Between::Tick(now, source.notices()));
                hand_over = true;
            }
            Step::End => {
                batch.push_between(Between::End(End {
                    damage: source.damage(),
                    notices: source.notices(),
                    kernel: source.kernel(),
                }));
                hand_over = true;
            }
        }
        if hand_over {
            batch.progress = source.progress();
            filled.send(mem::take(&mut batch)).map_err(|_| HungUp)?;
            if step == Step::End {
                return Ok(());
            }
            batch = emptied.recv().map_err(|_| HungUp)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_no_larger_than_what_is_noted_of_a_packet() {
        assert_eq!(size_of::<Item>(), size_of::<Observation>());
    }
}
