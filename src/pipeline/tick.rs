//! What is done when nothing is there to be read.

use std::io;

use super::Run;
use crate::model::Timestamp;
use crate::source::{Notice, Source};

impl Run<'_, '_, '_, '_> {
    /// Nothing is there to be read for now, or a second has passed.
    pub(super) fn tick(
        &mut self,
        source: &mut (impl Source + ?Sized),
        ts: Timestamp,
    ) -> io::Result<()> {
        self.notices(source);
        if let Some(frames) = &mut self.pipe.frames {
            self.room = frames.idle(ts);
        }
        if ts > Timestamp::MIN {
            self.pipe.correlator.tick(ts);
            self.outcomes()?;
        }
        self.interim(&*source)?;
        self.teller.flush()
    }

    pub(super) fn notices(&mut self, source: &mut (impl Source + ?Sized)) {
        for notice in source.notices() {
            match notice {
                Notice::Drops {
                    counts,
                    from,
                    until,
                    ..
                } if counts.dropped > 0 => self.pipe.correlator.missed(from, until),
                Notice::Missed { from, until } => self.pipe.correlator.missed(from, until),
                Notice::Whole { since } => {
                    self.pipe.correlator.missed(Timestamp::MIN, since);
                }
                Notice::ClockStep { before, after } => {
                    self.pipe.correlator.clock_set(before, after);
                }
                Notice::Drops { .. }
                | Notice::Down { .. }
                | Notice::Up { .. }
                | Notice::Removed { .. }
                | Notice::Joined { .. }
                | Notice::Version { .. }
                | Notice::Secrets { .. } => {}
            }
            self.pipe.observer.notice(&notice, &self.sources);
        }
    }
}
