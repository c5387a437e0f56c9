//! How packets that are not ICMP, and hold none, are had from a source.

use std::ops::ControlFlow;

use super::ahead::Ahead;
use crate::correlate::observation::Observation;
use crate::source::Source;
use crate::wire;

/// One of the ways; each has a loop of its own.
pub(super) trait Way<S> {
    /// Hands the notes of those that come next to `take`, until it breaks off: that packet is not
    /// taken.
    fn skim(source: &mut S, take: impl FnMut(&Observation) -> ControlFlow<()>);

    /// The note of the packet that the last step stopped at, if that is all there is of it.
    fn noted(source: &S) -> Option<&Observation>;
}

/// Notes are taken of the frames.
pub(super) struct Direct;

impl<S: Source> Way<S> for Direct {
    #[expect(
        clippy::inline_always,
        reason = "what is not asked of a packet is not read"
    )]
    #[inline(always)]
    fn skim(source: &mut S, mut take: impl FnMut(&Observation) -> ControlFlow<()>) {
        source.skim(|frame| match wire::plain(frame) {
            Some(packet) => take(&Observation::of_plain(frame.reference(), frame.ts, &packet)),
            None => ControlFlow::Break(()),
        });
    }

    fn noted(_: &S) -> Option<&Observation> {
        None
    }
}

/// Notes were taken ahead.
pub(super) struct Noted;

impl Way<Ahead> for Noted {
    #[inline]
    fn skim(source: &mut Ahead, take: impl FnMut(&Observation) -> ControlFlow<()>) {
        source.skim_notes(take);
    }

    #[inline]
    fn noted(source: &Ahead) -> Option<&Observation> {
        source.plain()
    }
}
