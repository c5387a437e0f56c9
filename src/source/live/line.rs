//! One interface of a capture, with what was read from it.

use super::batch::Batch;
use super::counters::Counters;
use crate::model::{InterfaceId, LinkType, Timestamp};

/// Why no frame will follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum LineEnd {
    Gone,
    Failed(String),
}

/// A tap with what was read from it.
pub(super) struct Line<T> {
    pub(super) tap: T,
    /// The interface it stands for.
    pub(super) id: InterfaceId,
    /// The system's number of it; `None` for `any`.
    pub(super) index: Option<u32>,
    pub(super) name: String,
    pub(super) link: LinkType,
    pub(super) batch: Batch,
    pub(super) counters: Counters,
    /// Frames handed on.
    pub(super) read: u64,
    /// Time of the last frame handed on.
    pub(super) last: Timestamp,
    /// It has nothing older, as far as it was asked.
    pub(super) quiet_until: Timestamp,
    pub(super) is_down: bool,
    pub(super) is_done: bool,
}

impl<T> Line<T> {
    /// Nothing older will come.
    pub(super) fn horizon(&self) -> Timestamp {
        self.batch
            .head()
            .unwrap_or_else(|| self.quiet_until.max(self.last))
    }
}
