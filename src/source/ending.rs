//! How a file is read no further: it ends, or nothing tells how to read what follows.

use super::input::Input;
use super::{Damage, DamageKind, Octets, Step};
use crate::model::SourceId;

/// Where in a capture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    source: SourceId,
    /// Octets before it.
    pub(super) offset: u64,
    /// The number of the frame that would have been next.
    frame: u64,
}

impl Place {
    /// So many octets into a source, behind so many frames.
    pub(super) const fn new(source: SourceId, offset: u64, frames: u64) -> Self {
        Self {
            source,
            offset,
            frame: frames + 1,
        }
    }

    /// What is wrong there.
    pub(super) fn damage(self, kind: DamageKind, why: String) -> Damage {
        Damage {
            source: self.source,
            offset: self.offset,
            of: Octets::default(),
            frame: self.frame,
            kind,
            why,
        }
    }
}

/// Whether a file is read no further, and what is wrong with it there.
#[derive(Debug, Default)]
pub(super) struct Ending {
    is_reached: bool,
    damage: Option<Damage>,
}

impl Ending {
    pub(super) const fn is_reached(&self) -> bool {
        self.is_reached
    }

    pub(super) const fn damage(&self) -> Option<&Damage> {
        self.damage.as_ref()
    }

    /// The input ends before all of `what`, which begins at `place`, is there.
    pub(super) fn run_short(&mut self, input: &Input, place: Place, what: &str) -> Step {
        self.is_reached = true;
        self.damage = input.shortage(place, what);
        Step::End
    }

    /// Nothing tells how to go on from `place`.
    pub(super) fn stop(&mut self, place: Place, kind: DamageKind, why: String) -> Step {
        self.is_reached = true;
        self.damage = Some(place.damage(kind, why));
        Step::End
    }
}
