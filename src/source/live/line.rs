//! One interface of a capture, with what was read from it.

use std::time::Duration;

use super::batch::Batch;
use super::counters::Counters;
use crate::model::{InterfaceId, LinkType, Timestamp};
use crate::source::notice::KernelCounts;

/// Why no frame will follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum LineEnd {
    Gone,
    Failed(String),
}

/// How an interface is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineState {
    Up,
    Down,
    /// It was removed at this uptime; what it brought before is still read.
    Leaving(Duration),
    /// No frame will follow.
    Done,
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
    pub(super) state: LineState,
    /// When it went down, by both clocks, while that is not told: what is removed goes down first.
    pub(super) down_since: Option<(Timestamp, Duration)>,
    /// A frame of the capture's own time came: none before it is left.
    pub(super) has_begun: bool,
    /// Frames that were wanted may have been left unread.
    pub(super) is_cut: bool,
}

impl<T> Line<T> {
    /// Nothing older will come.
    pub(super) fn horizon(&self) -> Timestamp {
        self.batch
            .head()
            .unwrap_or_else(|| self.quiet_until.max(self.last))
    }

    pub(super) fn is_done(&self) -> bool {
        self.state == LineState::Done
    }

    /// What the kernel counted and nobody read.
    pub(super) fn unread(&self) -> u64 {
        let total = self.counters.total();
        let left = total.received.saturating_sub(total.dropped);
        left.saturating_sub(self.read)
    }

    /// What the kernel counted of the frames that were wanted: once all of them were read, what it
    /// counted beside them came after the stop, or was not for this capture.
    pub(super) fn final_counts(&self) -> KernelCounts {
        let total = self.counters.total();
        if self.is_cut {
            return total;
        }
        KernelCounts {
            received: self.read.saturating_add(total.dropped),
            ..total
        }
    }
}
