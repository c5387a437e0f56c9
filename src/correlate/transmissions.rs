//! How often a segment that nobody answers was sent.

use std::time::Duration;

use crate::model::{FrameRef, Timestamp};

/// Transmissions of the same segment, with the frames of the first of them. The segment at another
/// point of capture is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transmissions {
    /// How many.
    pub count: u32,
    /// When the first one was captured.
    pub first: Timestamp,
    /// When the last one was.
    pub last: Timestamp,
    frames: [FrameRef; Self::FRAMES],
}

impl Transmissions {
    /// How many frames are named.
    pub const FRAMES: usize = 4;

    /// The frames of the first ones.
    pub fn frames(&self) -> &[FrameRef] {
        let count = usize::try_from(self.count).unwrap_or(Self::FRAMES);
        self.frames.get(..count).unwrap_or(&self.frames)
    }

    /// From the first to the last one.
    pub(super) fn span(&self) -> Duration {
        self.last.since(self.first).unwrap_or_default()
    }

    pub(super) fn begin(ts: Timestamp, frame: FrameRef) -> Self {
        Self {
            count: 1,
            first: ts,
            last: ts,
            frames: [frame; Self::FRAMES],
        }
    }

    /// Counts another one, unless it comes so soon after the last that no timeout can have sent it;
    /// says whether it did.
    pub(super) fn add(&mut self, ts: Timestamp, frame: FrameRef, timeout: Duration) -> bool {
        if ts.since(self.last).is_none_or(|gap| gap < timeout) {
            return false;
        }
        if let Ok(at) = usize::try_from(self.count)
            && let Some(place) = self.frames.get_mut(at)
        {
            *place = frame;
        }
        self.count = self.count.saturating_add(1);
        self.last = ts;
        true
    }
}
