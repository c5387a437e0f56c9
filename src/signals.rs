//! Signals: each sets a flag, and wakes who waits for packets.

use std::io;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGXFSZ};
use signal_hook::flag;
use signal_hook::low_level::pipe;

use icmpdump::pipeline::Control;

/// What SIGHUP is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hangup {
    /// A file is written: it is reopened, as programs that rotate files ask for. Only where the
    /// terminal is gone, too, the run ends.
    Reopens,
    /// The terminal is gone, or the connection to it: the run ends in order, unless it was started
    /// to outlive that, as by `nohup`.
    Ends,
}

/// Who is in the way of an end at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Terminal {
    /// Nobody.
    Free,
    /// A screen, which has to give the terminal back first, and then calls [`Signals::let_go`].
    Taken,
}

/// What signals ask for.
pub(crate) struct Signals {
    pub(crate) control: Control,
    /// Set while sources are opened, when there is nothing to end in order yet.
    opening: Arc<AtomicBool>,
    /// Set when the next signal that ends the run ends it at once.
    at_once: Arc<AtomicBool>,
    pub(crate) watched: Watched,
    /// Becomes readable with each signal.
    waker: Option<UnixStream>,
}

/// Whether the run is to outlive its terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Watched {
    /// It is: `nohup` or the like started it, or nobody can tell.
    Never,
    /// It ends with the terminal.
    UntilHangup,
}

impl Signals {
    /// From now on signals set flags. The first SIGINT or SIGTERM stops the run, which then ends in
    /// order; the second ends it at once, as any does before [`Self::opened`]. A file that grows
    /// beyond its limit is an error, not the end.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub(crate) fn catch(hangup: Hangup, terminal: Terminal) -> io::Result<Self> {
        let control = Control::default();
        let watched = match is_ignored(SIGHUP) {
            Some(false) => Watched::UntilHangup,
            _ => Watched::Never,
        };
        let opening = Arc::new(AtomicBool::new(true));
        let at_once = Arc::new(AtomicBool::new(false));
        let (waker, called) = UnixStream::pair()?;
        waker.set_nonblocking(true)?;
        let mut asked = vec![
            (SIGINT, &control.stop),
            (SIGTERM, &control.stop),
            (SIGUSR1, &control.report),
            (SIGUSR2, &control.flush),
        ];
        match hangup {
            Hangup::Reopens => asked.push((SIGHUP, &control.reopen)),
            Hangup::Ends if watched == Watched::UntilHangup => {
                asked.push((SIGHUP, &control.stop));
            }
            Hangup::Ends => {}
        }
        flag::register(SIGXFSZ, Arc::default())?;
        for (signal, asked) in asked {
            if Arc::ptr_eq(asked, &control.stop) {
                flag::register_conditional_shutdown(signal, 0, Arc::clone(&opening))?;
                flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&at_once))?;
                if terminal == Terminal::Free {
                    flag::register(signal, Arc::clone(&at_once))?;
                }
            }
            flag::register(signal, Arc::clone(asked))?;
            flag::register(signal, Arc::clone(&control.attention))?;
            pipe::register(signal, called.try_clone()?)?;
        }
        Ok(Self {
            control,
            opening,
            at_once,
            watched,
            waker: Some(waker),
        })
    }

    /// Sources are open: from now on there is something to end in order.
    pub(crate) fn opened(&self) {
        self.opening.store(false, Ordering::SeqCst);
    }

    /// What to do once the terminal is given back: the next signal that ends the run ends it at
    /// once.
    #[cfg_attr(not(feature = "top"), allow(dead_code))]
    pub(crate) fn let_go(&self) -> impl FnOnce() + Send + 'static + use<> {
        let at_once = Arc::clone(&self.at_once);
        move || at_once.store(true, Ordering::SeqCst)
    }

    /// What becomes readable with each signal; once.
    pub(crate) fn waker(&mut self) -> Option<UnixStream> {
        self.waker.take()
    }
}

/// Whether whoever started the process had it ignore a signal, where the system tells.
fn is_ignored(signal: i32) -> Option<bool> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))?;
    let mask = u64::from_str_radix(mask.trim(), 16).ok()?;
    let bit = u32::try_from(signal).ok()?.checked_sub(1)?;
    Some(mask.checked_shr(bit)? & 1 == 1)
}
