//! The progress bar of long reads: on a terminal only, and not for short ones.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use icmpdump::source;

/// Files shorter than this are done before a bar is drawn, in octets.
const WORTH_A_BAR: u64 = 64 << 20;

/// A bar, or none where it would be in the way.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    watched: bool,
}

impl Progress {
    /// Draws nothing yet.
    pub(crate) fn new() -> Self {
        Self {
            bar: None,
            watched: crate::app::is_watched(),
        }
    }

    /// One that never draws.
    pub(crate) fn none() -> Self {
        Self {
            bar: None,
            watched: false,
        }
    }

    /// How far the source has come.
    pub(crate) fn set(&mut self, progress: source::Progress) {
        let Some(total) = progress.total.filter(|&total| total >= WORTH_A_BAR) else {
            return;
        };
        if !self.watched {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| {
            let bar =
                ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(5));
            let style = "{bar:30} {percent}% of {total_bytes}, {bytes_per_sec}, {eta} left";
            if let Ok(style) = ProgressStyle::with_template(style) {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(500));
            bar
        });
        bar.set_position(progress.done);
    }

    /// Writes something else to standard error, with the bar out of the way.
    pub(crate) fn suspend(&self, write: impl FnOnce()) {
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
