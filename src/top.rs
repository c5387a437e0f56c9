//! The life of the `--top` screen beside a run.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, Builder, JoinHandle};
use std::time::Duration;

use icmpdump::pipeline::Control;
use icmpdump::sink::top::{self, Shared, TopSink};

/// Makes standard input the terminal, for keys, where packets came from it or it was something
/// else: before files can no longer be opened. To be called with the inputs open.
///
/// # Errors
///
/// There is no terminal to read keys from.
pub(crate) fn keys_from_terminal() -> io::Result<()> {
    if io::stdin().is_terminal() {
        return Ok(());
    }
    let terminal = File::options().read(true).write(true).open("/dev/tty")?;
    Ok(rustix::stdio::dup2_stdin(&terminal)?)
}

/// How often it is looked whether somebody has quit, and how many times when the run was stopped: a
/// terminal may take no more characters, or be gone.
const LOOK: Duration = Duration::from_millis(20);
const LOOKS_WHEN_STOPPED: u32 = 50;

/// A screen, drawn or not.
pub(crate) struct Screen {
    shared: Arc<Shared>,
    control: Control,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Screen {
    /// One that is not drawn yet, and what fills it.
    pub(crate) fn new(control: &Control) -> (Self, TopSink) {
        let shared = Arc::new(Shared::default());
        let sink = TopSink::new(Arc::clone(&shared));
        let screen = Self {
            shared,
            control: control.clone(),
            thread: None,
        };
        (screen, sink)
    }

    /// Draws from now on, until somebody quits or the run is stopped. To be called when all is given
    /// up that is not needed. `let_go` is called when the terminal is given back.
    ///
    /// # Errors
    ///
    /// No thread could be started.
    pub(crate) fn start(&mut self, let_go: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let (shared, control) = (Arc::clone(&self.shared), self.control.clone());
        let thread = Builder::new().name("screen".to_owned());
        self.thread = Some(thread.spawn(move || {
            let shown = top::run(&shared, &control);
            let_go();
            shown
        })?);
        Ok(())
    }

    /// Waits until somebody quits, if it is drawn; at once where `failed` says that there is no more
    /// to see.
    ///
    /// # Errors
    ///
    /// What the terminal said.
    pub(crate) fn end(self, failed: bool) -> io::Result<()> {
        let Some(thread) = self.thread else {
            return Ok(());
        };
        if failed {
            self.control.stop.store(true, Ordering::Relaxed);
        }
        let mut looks = 0;
        while !thread.is_finished() {
            if self.control.stop.load(Ordering::Relaxed) {
                looks += 1;
            }
            if looks > LOOKS_WHEN_STOPPED {
                return Err(io::Error::other("terminal: it takes no more characters"));
            }
            thread::sleep(LOOK);
        }
        thread
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("the screen's thread ended early")))
            .map_err(|error| io::Error::new(error.kind(), format!("terminal: {error}")))
    }
}
