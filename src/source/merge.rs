//! Several sources as one, ordered by time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::{Damage, Progress, Source, SourceInfo, Step};
use crate::model::{Frame, Timestamp};

/// Merges `sources` by the time of their frames; at the same time the earlier source goes first.
///
/// Each source keeps its own order, also where its time goes backwards.
pub fn merge(mut sources: Vec<Box<dyn Source>>) -> Box<dyn Source> {
    match sources.pop() {
        Some(only) if sources.is_empty() => only,
        last => {
            sources.extend(last);
            Box::new(Merge::new(sources))
        }
    }
}

/// See [`merge`].
pub struct Merge {
    sources: Vec<Box<dyn Source>>,
    /// The frames that sources stopped at, the next one on top.
    heads: BinaryHeap<Reverse<(Timestamp, usize)>>,
    /// Sources to be moved on before a frame can be chosen, with the time that their last tick
    /// told: they have nothing older.
    behind: Vec<(usize, Timestamp)>,
    current: Option<usize>,
    damage: Vec<Damage>,
}

impl Merge {
    fn new(sources: Vec<Box<dyn Source>>) -> Self {
        Self {
            heads: BinaryHeap::with_capacity(sources.len()),
            behind: (0..sources.len())
                .map(|index| (index, Timestamp::MIN))
                .collect(),
            sources,
            current: None,
            damage: Vec::new(),
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
                Step::End => {
                    self.damage.extend(source.damage());
                    false
                }
            }
        });
        self.behind = behind;
    }
}

impl Source for Merge {
    fn advance(&mut self) -> Step {
        if let Some(index) = self.current.take() {
            self.behind.push((index, Timestamp::MIN));
        }
        self.catch_up();
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
        let mut all: Vec<_> = self.sources.iter().flat_map(|s| s.describe()).collect();
        all.sort_by_key(|info| info.id);
        all
    }

    fn damage(&self) -> Vec<Damage> {
        self.damage.clone()
    }

    fn progress(&self) -> Progress {
        let parts = self.sources.iter().map(|source| source.progress());
        parts
            .reduce(|sum, part| Progress {
                done: sum.done.saturating_add(part.done),
                total: sum.total.zip(part.total).map(|(a, b)| a.saturating_add(b)),
            })
            .unwrap_or_default()
    }
}
