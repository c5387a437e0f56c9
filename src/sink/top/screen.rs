//! The thread that owns the terminal.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::Shared;
use super::keys::{Choices, Flowing, Next};
use super::model::Snapshot;
use super::view;
use crate::pipeline::Control;

/// How long keys are waited for before the screen is drawn again: soon enough for what changes, and
/// for who stops the run from outside.
const REDRAW: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 200_000_000,
};

/// How long a key that is there is waited for; for no time at all crossterm does not look.
const AT_ONCE: Duration = Duration::from_millis(1);

/// Shows what `shared` tells until somebody quits, or the run is stopped; then sees to it that it is.
/// The terminal is as before on every way out, panics included.
///
/// Standard input and output have to be terminals.
///
/// # Errors
///
/// What the terminal says.
pub fn run(shared: &Shared, control: &Control) -> io::Result<()> {
    /// Whatever ends the screen ends the run.
    struct Ending<'c>(&'c Control);
    impl Drop for Ending<'_> {
        fn drop(&mut self) {
            self.0.stop.store(true, Ordering::Relaxed);
            self.0.attention.store(true, Ordering::Relaxed);
        }
    }
    let _ending = Ending(control);
    // Restores the terminal before a panic of any thread is told.
    let mut terminal = ratatui::try_init()?;
    let shown = show(&mut terminal, shared, &control.stop);
    let restored = ratatui::try_restore();
    shown.and(restored)
}

fn show(terminal: &mut DefaultTerminal, shared: &Shared, stop: &AtomicBool) -> io::Result<()> {
    let mut choices = Choices::default();
    let mut shown = Box::<Snapshot>::default();
    while !stop.load(Ordering::Relaxed) {
        if choices.flowing == Flowing::Running
            && let Some(latest) = shared.take()
        {
            shown = latest;
        }
        terminal.draw(|frame| view::draw(frame, &shown, &mut choices))?;
        if keys()? == Keys::Gone {
            return Ok(());
        }
        // All that was typed meanwhile, then one picture.
        while event::poll(AT_ONCE)? {
            if let Event::Key(key) = event::read()?
                && choices.press(key) == Next::Quit
            {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// What there is of a terminal to read keys from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keys {
    There,
    /// Its window was closed, or the connection to it lost.
    Gone,
}

/// Waits for a key or for the time to redraw. Asked here and not of crossterm, which reads on without
/// end from a terminal that is gone.
fn keys() -> io::Result<Keys> {
    let input = io::stdin();
    let mut asked = [PollFd::new(&input, PollFlags::IN)];
    match poll(&mut asked, Some(&REDRAW)) {
        Ok(_) | Err(rustix::io::Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    let [answer] = asked;
    let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
    Ok(if answer.revents().intersects(gone) {
        Keys::Gone
    } else {
        Keys::There
    })
}
