//! Starting a thread on something that is not to be lost where the system gives no thread.

use std::io;

use crossbeam_channel::{Receiver, bounded};

/// Starts a thread by `spawn`, which receives `given`: once, and first of all.
///
/// # Errors
///
/// What was given, where the system gives no thread.
pub(crate) fn start_on<T, H>(
    given: T,
    spawn: impl FnOnce(Receiver<T>) -> io::Result<H>,
) -> Result<H, T> {
    let (give, received) = bounded(1);
    let Ok(handle) = spawn(received) else {
        return Err(given);
    };
    // The thread waits for it.
    let _ = give.send(given);
    Ok(handle)
}
