//! Several sources as one, ordered by time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::ControlFlow;

use super::{Damage, InterfaceCounts, Notice, Progress, Secrets, Source, SourceInfo, Step};
use crate::model::{Frame, Timestamp};

/// Merges `sources` by the time of their frames; at the same time the earlier source goes first.
///
/// Each source keeps its own order, also where its time goes backwards.
pub fn merge<S: Source>(mut sources: Vec<S>) -> Merged<S> {
    match sources.pop() {
        Some(only) if sources.is_empty() => Merged::One(only),
        last => {
            sources.extend(last);
            Merged::Several(Merge::new(sources))
        }
    }
}

/// What [`merge()`] made: a single source goes the direct way.
pub enum Merged<S> {
    /// There is but one.
    One(S),
    /// There are several, or none.
    Several(Merge<S>),
}

impl<S: Source> Source for Merged<S> {
    #[expect(clippy::inline_always, reason = "a frame need not go through memory")]
    #[inline(always)]
    fn advance(&mut self) -> Step {
        match self {
            Self::One(source) => source.advance(),
            Self::Several(merge) => merge.advance(),
        }
    }

    #[expect(clippy::inline_always, reason = "a frame need not go through memory")]
    #[inline(always)]
    fn frame(&self) -> Option<Frame<'_>> {
        match self {
            Self::One(source) => source.frame(),
            Self::Several(merge) => merge.frame(),
        }
    }

    #[expect(clippy::inline_always, reason = "a frame need not go through memory")]
    #[inline(always)]
    fn skim(&mut self, take: impl FnMut(&Frame<'_>) -> ControlFlow<()>) {
        match self {
            Self::One(source) => source.skim(take),
            // Each frame has to be held against those of the other sources.
            Self::Several(_) => {}
        }
    }

    fn describe(&self) -> Vec<SourceInfo> {
        match self {
            Self::One(source) => source.describe(),
            Self::Several(merge) => merge.describe(),
        }
    }

    fn damage(&self) -> Vec<Damage> {
        match self {
            Self::One(source) => source.damage(),
            Self::Several(merge) => merge.damage(),
        }
    }

    fn progress(&self) -> Progress {
        match self {
            Self::One(source) => source.progress(),
            Self::Several(merge) => merge.progress(),
        }
    }

    fn notices(&mut self) -> Vec<Notice> {
        match self {
            Self::One(source) => source.notices(),
            Self::Several(merge) => merge.notices(),
        }
    }

    fn kernel(&self) -> Option<Vec<InterfaceCounts>> {
        match self {
            Self::One(source) => source.kernel(),
            Self::Several(merge) => merge.kernel(),
        }
    }

    fn secrets(&mut self) -> Vec<Secrets> {
        match self {
            Self::One(source) => source.secrets(),
            Self::Several(merge) => merge.secrets(),
        }
    }
}

/// See [`merge()`].
pub struct Merge<S> {
    sources: Vec<S>,
    /// The frames that sources stopped at, the next one on top.
    heads: BinaryHeap<Reverse<(Timestamp, usize)>>,
    /// Sources to be moved on before a frame can be chosen, with the time that their last tick
    /// told: they have nothing older.
    behind: Vec<(usize, Timestamp)>,
    current: Option<usize>,
    damage: Vec<Damage>,
    /// Told as soon as they come: they may be for the frames of any source.
    secrets: Vec<Secrets>,
}

impl<S: Source> Merge<S> {
    fn new(sources: Vec<S>) -> Self {
        Self {
            heads: BinaryHeap::with_capacity(sources.len()),
            behind: (0..sources.len())
                .map(|index| (index, Timestamp::MIN))
                .collect(),
            sources,
            current: None,
            damage: Vec::new(),
            secrets: Vec::new(),
        }
    }

    /// Moves each source that is behind on by one step.
    fn catch_up(&mut self) {
        let mut behind = std::mem::take(&mut self.behind);
        behind.retain_mut(|(index, told)| {
            let Some(source) = self.sources.get_mut(*index) else {
                return false;
            };
            match source.advance() {
                Step::Frame => {
                    let ts = source.frame().map_or(Timestamp::MIN, |frame| frame.ts);
                    self.heads.push(Reverse((ts, *index)));
                    false
                }
                Step::Tick(ts) => {
                    *told = ts.max(*told);
                    true
                }
                Step::Secrets => {
                    self.secrets.append(&mut source.secrets());
                    true
                }
                Step::End => {
                    self.damage.extend(source.damage());
                    false
                }
            }
        });
        self.behind = behind;
    }
}

impl<S: Source> Source for Merge<S> {
    fn advance(&mut self) -> Step {
        if let Some(index) = self.current.take() {
            self.behind.push((index, Timestamp::MIN));
        }
        self.catch_up();
        if !self.secrets.is_empty() {
            return Step::Secrets;
        }
        let head = self.heads.peek().map(|Reverse(head)| *head);
        let told = self.behind.iter().map(|&(_, told)| told).min();
        match (head, told) {
            (Some((ts, _)), Some(told)) if told < ts => Step::Tick(told),
            (None, Some(told)) => Step::Tick(told),
            (Some((_, index)), _) => {
                self.heads.pop();
                self.current = Some(index);
                Step::Frame
            }
            (None, None) => Step::End,
        }
    }

    fn frame(&self) -> Option<Frame<'_>> {
        self.sources.get(self.current?)?.frame()
    }

    fn describe(&self) -> Vec<SourceInfo> {
        let mut all: Vec<_> = self.sources.iter().flat_map(Source::describe).collect();
        all.sort_by_key(|info| info.id);
        all
    }

    fn damage(&self) -> Vec<Damage> {
        self.damage.clone()
    }

    fn notices(&mut self) -> Vec<Notice> {
        self.sources.iter_mut().flat_map(Source::notices).collect()
    }

    fn kernel(&self) -> Option<Vec<InterfaceCounts>> {
        let told: Vec<_> = self.sources.iter().filter_map(Source::kernel).collect();
        (!told.is_empty()).then(|| told.concat())
    }

    fn secrets(&mut self) -> Vec<Secrets> {
        std::mem::take(&mut self.secrets)
    }

    fn progress(&self) -> Progress {
        let parts = self.sources.iter().map(Source::progress);
        parts
            .reduce(|sum, part| Progress {
                done: sum.done.saturating_add(part.done),
                total: sum.total.zip(part.total).map(|(a, b)| a.saturating_add(b)),
            })
            .unwrap_or_default()
    }
}
