//! Signals: each sets a flag, and wakes who waits for packets.

use std::io;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGXFSZ};
use signal_hook::flag;
use signal_hook::low_level::pipe;

use icmpdump::pipeline::Control;

/// What signals ask for.
pub(crate) struct Signals {
    pub(crate) control: Control,
    /// Set while sources are opened, when there is nothing to end in order yet.
    opening: Arc<AtomicBool>,
    /// Becomes readable with each signal.
    waker: Option<UnixStream>,
}

impl Signals {
    /// From now on signals set flags. The first SIGINT or SIGTERM stops the run, which then ends in
    /// order; the second ends it at once, as any does before [`Self::opened`]. SIGHUP counts only
    /// where there is a file to reopen: a terminal that is closed ends other runs as it ends any
    /// program. A file that grows beyond its limit is an error, not the end.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub(crate) fn catch(writes: bool) -> io::Result<Self> {
        let control = Control::default();
        let opening = Arc::new(AtomicBool::new(true));
        let (waker, called) = UnixStream::pair()?;
        waker.set_nonblocking(true)?;
        for signal in [SIGINT, SIGTERM] {
            flag::register_conditional_shutdown(signal, 0, Arc::clone(&opening))?;
            flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&control.stop))?;
        }
        flag::register(SIGXFSZ, Arc::default())?;
        let asked = [
            (SIGINT, &control.stop),
            (SIGTERM, &control.stop),
            (SIGUSR1, &control.report),
            (SIGUSR2, &control.flush),
            (SIGHUP, &control.reopen),
        ];
        for (signal, asked) in asked {
            if signal == SIGHUP && !writes {
                continue;
            }
            flag::register(signal, Arc::clone(asked))?;
            flag::register(signal, Arc::clone(&control.attention))?;
            pipe::register(signal, called.try_clone()?)?;
        }
        Ok(Self {
            control,
            opening,
            waker: Some(waker),
        })
    }

    /// Sources are open: from now on there is something to end in order.
    pub(crate) fn opened(&self) {
        self.opening.store(false, Ordering::SeqCst);
    }

    /// What becomes readable with each signal; once.
    pub(crate) fn waker(&mut self) -> Option<UnixStream> {
        self.waker.take()
    }
}
