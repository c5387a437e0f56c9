//! Clocks and waiting: the only place of this crate that reads a clock.

use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::links::{LinkChange, Links};
use crate::model::Timestamp;

/// What a capture asks of the machine it runs on; tests bring their own.
pub(super) trait Machine {
    /// The time of day, which somebody may set.
    fn now(&self) -> Timestamp;

    /// A clock that nobody sets, from any start.
    fn uptime(&self) -> Duration;

    /// Waits until there is something to read or to hear, for no longer than `at_most`.
    fn wait(&mut self, descriptors: &[BorrowedFd<'_>], at_most: Duration);

    /// What happened to interfaces, by number, since the last call.
    fn link_changes(&mut self) -> Vec<(u32, LinkChange)>;

    /// The name of an interface by number, if there is one.
    fn interface_name(&self, index: u32) -> Option<String>;
}

/// The machine as it is.
#[derive(Debug)]
pub(super) struct System {
    start: Instant,
    /// Becomes readable when a signal came, so that none is slept through.
    waker: Option<UnixStream>,
    links: Links,
}

impl System {
    pub(super) fn new(waker: Option<UnixStream>) -> Self {
        Self {
            start: Instant::now(),
            waker,
            links: Links::listen(),
        }
    }

    /// The number of an interface by name.
    pub(super) fn interface_index(&self, name: &str) -> Option<u32> {
        self.links.index(name)
    }
}

impl Machine for System {
    fn now(&self) -> Timestamp {
        let nanos = |span: Duration| i128::try_from(span.as_nanos()).unwrap_or(i128::MAX);
        Timestamp::from_nanos_wide(match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => nanos(since),
            Err(before) => -nanos(before.duration()),
        })
    }

    fn uptime(&self) -> Duration {
        self.start.elapsed()
    }

    fn wait(&mut self, descriptors: &[BorrowedFd<'_>], at_most: Duration) {
        let also = [
            self.waker.as_ref().map(AsFd::as_fd),
            self.links.descriptor(),
        ];
        let mut asked: Vec<_> = descriptors
            .iter()
            .chain(also.iter().flatten())
            .map(|descriptor| PollFd::from_borrowed_fd(*descriptor, PollFlags::IN))
            .collect();
        let at_most = Timespec {
            tv_sec: i64::try_from(at_most.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: at_most.subsec_nanos().into(),
        };
        // An interrupt is a reason to look, any other error too: reading tells of it.
        let _ = poll(&mut asked, Some(&at_most));
        if let Some(waker) = &mut self.waker {
            let mut calls = [0; 64];
            while matches!(waker.read(&mut calls), Ok(read) if read > 0) {}
        }
    }

    fn link_changes(&mut self) -> Vec<(u32, LinkChange)> {
        self.links.changes()
    }

    fn interface_name(&self, index: u32) -> Option<String> {
        self.links.name(index)
    }
}
