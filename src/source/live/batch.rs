//! Frames of one reading, copied out of the kernel's buffer together.

use std::ops::Range;

use crate::model::Timestamp;

/// Frames that are read at once: enough to spread the cost of a call, few enough to stay in
/// cache. At the largest snap length they hold 16 MiB.
pub(super) const BATCH: usize = 64;

/// The frames of one reading.
#[derive(Debug, Default)]
pub(super) struct Batch {
    octets: Vec<u8>,
    frames: Vec<Captured>,
    next: usize,
}

/// One frame of a [`Batch`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Captured {
    pub(super) ts: Timestamp,
    pub(super) wire_len: u32,
    octets: Range<usize>,
}

impl Batch {
    /// Forgets what is there, to be filled again.
    pub(super) fn clear(&mut self) {
        self.octets.clear();
        self.frames.clear();
        self.next = 0;
    }

    /// Adds a frame. The length on the wire is never less than what was captured.
    pub(super) fn push(&mut self, ts: Timestamp, wire_len: u32, octets: &[u8]) {
        let start = self.octets.len();
        self.octets.extend_from_slice(octets);
        self.frames.push(Captured {
            ts,
            wire_len: wire_len.max(u32::try_from(octets.len()).unwrap_or(u32::MAX)),
            octets: start..self.octets.len(),
        });
    }

    /// The time of the next frame, if there is one.
    pub(super) fn head(&self) -> Option<Timestamp> {
        self.frames.get(self.next).map(|frame| frame.ts)
    }

    /// Moves on to the next frame.
    pub(super) fn advance(&mut self) {
        self.next += 1;
    }

    /// Passes over the frames at its start that are older than `ts`.
    pub(super) fn skip_before(&mut self, ts: Timestamp) {
        let rest = self.frames.get(self.next..).unwrap_or_default();
        self.next += rest.iter().take_while(|frame| frame.ts < ts).count();
    }

    /// The frame that was last moved on to, with its octets.
    pub(super) fn current(&self) -> Option<(&Captured, &[u8])> {
        let frame = self.frames.get(self.next.checked_sub(1)?)?;
        Some((frame, self.octets.get(frame.octets.clone())?))
    }
}
