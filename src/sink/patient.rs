//! Output that somebody else set not to block.

use std::io::{self, ErrorKind, Write};
use std::os::fd::{AsFd, BorrowedFd};

use rustix::event::{PollFd, PollFlags, poll};

/// Waits where the system says that it would have to be waited. `O_NONBLOCK` is a property of what
/// is open, not of who has it open: another program that shares a terminal or a pipe may have set
/// it.
#[derive(Debug)]
pub struct Patient<W>(pub W);

impl<W: Write + AsFd> Patient<W> {
    fn once_writable<T>(
        &mut self,
        mut attempt: impl FnMut(&mut W) -> io::Result<T>,
    ) -> io::Result<T> {
        loop {
            match attempt(&mut self.0) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => wait(self.0.as_fd())?,
                done => return done,
            }
        }
    }
}

impl<W: Write + AsFd> Write for Patient<W> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.once_writable(|inner| inner.write(octets))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.once_writable(Write::flush)
    }
}

/// Waits until `descriptor` takes more, or nobody takes it any more: the next write tells which.
fn wait(descriptor: BorrowedFd<'_>) -> io::Result<()> {
    let mut asked = [PollFd::from_borrowed_fd(descriptor, PollFlags::OUT)];
    match poll(&mut asked, None) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
