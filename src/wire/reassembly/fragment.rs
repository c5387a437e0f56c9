//! One fragment: where its octets belong, and where it was captured.

use super::Refusal;
use super::missing::Gaps;
use crate::model::FrameRef;
use crate::wire::ip::{Fragment, FragmentablePart, Ip};

/// The most octets that the length field of either version allows.
const LONGEST: usize = 65_535;

/// Where the octets of a fragment belong.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Where they are kept.
    pub(super) at: usize,
    pub(super) last: bool,
    pub(super) frame: FrameRef,
    pub(super) hops: Hops,
}

/// How far a fragment had come where it was captured: its TTL, and that of the outermost packet of the tunnels
/// around it, 0 where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hops {
    pub(super) ttl: u8,
    pub(super) around: u8,
}

impl Piece {
    pub(super) fn new(
        ip: &Ip<'_>,
        fragment: Fragment,
        part: FragmentablePart<'_>,
        (frame, around): (FrameRef, u8),
    ) -> Result<Self, Refusal> {
        let start = usize::from(fragment.offset);
        let end = start + part.len();
        if !ip.is_whole() {
            Err(Refusal::Cut)
        } else if part.is_empty() {
            Err(Refusal::Empty)
        } else if fragment.more && !part.len().is_multiple_of(fragment.unit.max(1).into()) {
            Err(Refusal::Length)
        } else if end > LONGEST {
            Err(Refusal::TooLong)
        } else {
            Ok(Self {
                start,
                end,
                at: 0,
                last: !fragment.more,
                frame,
                hops: Hops {
                    ttl: ip.ttl,
                    around,
                },
            })
        }
    }

    pub(super) fn frame(&self) -> FrameRef {
        self.frame
    }

    /// Whether it may fill one of these gaps.
    pub(super) fn fits(&self, gaps: &Gaps) -> bool {
        gaps.may_hold(self.start, self.end)
    }

    /// How many octets it has.
    pub(super) fn len(&self) -> usize {
        self.end - self.start
    }

    /// Whether the packet ends with it.
    pub(super) fn is_last(&self) -> bool {
        self.last
    }

    /// Whether it is a first fragment.
    pub(super) fn begins(&self) -> bool {
        self.start == 0
    }

    /// Whether `other` has the same place.
    pub(super) fn is_at(&self, other: &Self) -> bool {
        (self.start, self.end, self.last) == (other.start, other.end, other.last)
    }
}
