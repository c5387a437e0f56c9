//! A message that was put together.

use std::ops::Range;

use super::partial::Whole;
use crate::model::FrameRef;
use crate::wire::ip::Ip;

/// A message put together.
#[derive(Clone, Debug)]
pub struct Reassembled {
    pub(super) fields: Ip<'static>,
    /// Those of the packet, or of a tunnel's around it.
    pub(super) octets: Vec<u8>,
    /// Where header and payload of the packet are.
    pub(super) header: Range<usize>,
    pub(super) payload: Range<usize>,
    /// The frame that told of the first fragment.
    pub(super) begins: Option<FrameRef>,
    pub(super) frames: Vec<FrameRef>,
    pub(super) told_as_other: u64,
    /// Octets of the payload that the first fragment told of.
    pub(super) told: usize,
    /// Where the last of its fragments was captured before.
    pub(super) copy_of: Option<FrameRef>,
}

impl Reassembled {
    /// The message of fragments that are its own.
    pub(super) fn message(whole: Whole) -> Self {
        let Whole {
            first,
            octets: part,
            first_end,
            begins,
            frames,
            told_as_other,
            copy_of,
        } = whole;
        let mut octets = first.header;
        let start = octets.len();
        octets.extend_from_slice(part.get(first.skip..).unwrap_or_default());
        let (header, payload) = octets.split_at_checked(start).unwrap_or_default();
        Self {
            fields: first.fields.with_octets(header, payload).moved_to(&[], &[]),
            header: 0..start,
            payload: start..octets.len(),
            octets,
            begins,
            frames,
            told_as_other,
            told: first_end.saturating_sub(first.skip).min(first.told),
            copy_of,
        }
    }

    /// A packet that was put together of these frames, the first of which told so many octets of its
    /// payload.
    pub(super) fn of_pieces(ip: &Ip<'_>, frames: Vec<FrameRef>, told: usize) -> Self {
        let start = ip.header.len();
        let octets = [ip.header, ip.payload].concat();
        Self {
            fields: ip.moved_to(&[], &[]),
            header: 0..start,
            payload: start..octets.len(),
            octets,
            begins: frames.first().copied(),
            frames,
            told_as_other: 0,
            told,
            copy_of: None,
        }
    }

    /// The packet as it was before it was fragmented: the first fragment's header, the whole
    /// message as payload. Its `length` counts the octets of that header and of the payload. Where it
    /// was a tunnel's packet that was fragmented it is the one inside.
    pub fn ip(&self) -> Ip<'_> {
        let octets = |range: &Range<usize>| self.octets.get(range.clone()).unwrap_or_default();
        (self.fields).moved_to(octets(&self.header), octets(&self.payload))
    }

    /// The octets of that packet, or of that of the tunnel: [`Self::ip`] lies in them.
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// What its first fragment told of the packet, where that came in another frame than `last`, which
    /// made it whole.
    pub fn told_before(&self, last: FrameRef) -> Option<Ip<'_>> {
        let is_told = self.told > 0 && self.begins.is_some_and(|first| first != last);
        let ip = self.ip();
        let told = ip.payload.get(..self.told).filter(|_| is_told)?;
        Some(ip.first_of_pieces(told))
    }

    /// The frames of its fragments, in the order of their octets.
    pub fn frames(&self) -> &[FrameRef] {
        &self.frames
    }

    /// Where the fragment that made it whole was captured before, if all of them were.
    pub fn copy_of(&self) -> Option<FrameRef> {
        self.copy_of
    }

    /// The frame that told of its first fragment: not the one in which that begins, where it was in a
    /// fragmented packet that showed nothing of it before it was whole.
    pub fn begins(&self) -> Option<FrameRef> {
        self.begins
    }
}
