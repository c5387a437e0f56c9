//! Who has a say in a run while it goes on, and who hears of it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Run;
use crate::model::Frame;
use crate::record::Record;
use crate::source::{Notice, Progress, Source, SourceInfo};

/// What is asked for from outside while a pipeline runs, by signals mostly. Whoever sets one of
/// the others sets `attention` after it.
#[derive(Clone, Debug, Default)]
pub struct Control {
    /// Something below was set.
    pub attention: Arc<AtomicBool>,
    /// Stop: what was captured already is still taken, then verdicts and summary follow.
    pub stop: Arc<AtomicBool>,
    /// Tell the account so far and the verdicts that are open.
    pub report: Arc<AtomicBool>,
    /// Hand on all output.
    pub flush: Arc<AtomicBool>,
    /// Go on in a new file if the old one was moved away.
    pub reopen: Arc<AtomicBool>,
}

/// Hears how a run goes: for progress bars and warnings, which are no data.
pub trait Observer {
    /// Some thousand frames were read since the last call.
    fn progress(&mut self, progress: Progress);

    /// The link type of this frame cannot be decoded; told of the first of each link type.
    fn unknown_link(&mut self, frame: &Frame<'_>, sources: &[SourceInfo]);

    /// Something happened to the capture.
    fn notice(&mut self, _notice: &Notice, _sources: &[SourceInfo]) {}

    /// Whether the terminal is gone from which the run was watched: then [`Control::reopen`] came of
    /// that, and the run is to end.
    fn is_hung_up(&self) -> bool {
        false
    }

    /// What was asked for by [`Control::report`]: a start record, open verdicts, and a summary as
    /// if the run had ended, in this order.
    fn report(&mut self, _records: &[Record<'_>]) {}
}

impl Run<'_, '_, '_, '_> {
    /// Does what was asked for from outside; says whether to go on.
    pub(super) fn attend(&mut self, source: &mut (impl Source + ?Sized)) -> io::Result<bool> {
        let asked = |what: &AtomicBool| what.swap(false, Ordering::Relaxed);
        let control = self.pipe.control;
        asked(&control.attention);
        if asked(&control.report) {
            self.report(source)?;
        }
        if asked(&control.flush) {
            if let Some(frames) = &mut self.pipe.frames {
                self.room = frames.flush();
            }
            self.teller.flush()?;
        }
        if asked(&control.reopen) {
            if self.pipe.observer.is_hung_up() {
                control.stop.store(true, Ordering::Relaxed);
            } else if let Some(frames) = &mut self.pipe.frames {
                self.room = frames.reopen();
            }
        }
        Ok(!control.stop.load(Ordering::Relaxed) || source.stop())
    }
}
