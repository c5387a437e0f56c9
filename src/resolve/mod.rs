//! `--resolve`: names of addresses, looked up in a process of its own.
//!
//! A lookup opens files and connections and parses what strangers answer, all of which the process
//! that decodes packets gives up. So before anything else is opened another one is started, which
//! gives up what it can ([`process`]); the two share a pair of sockets. An address goes there in a
//! line, and comes back in one with its name, if it has one. Nothing here waits for more than it has
//! patience for.

pub(crate) mod process;

use std::collections::{HashMap, VecDeque};
use std::io::{self, ErrorKind, Read, Write};
use std::net::IpAddr;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use foldhash::fast::RandomState;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use icmpdump::sink::text::{HostName, Names};

/// How names are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Domain {
    Shown,
    /// `-N`.
    Hidden,
}

/// What may wait for a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// Lines, too: a file stays as it is.
    Lines,
    /// What closes the run: nothing holds up a capture, or a pipe that may be one.
    Closing,
}

/// `--resolve`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) domain: Domain,
    pub(crate) patience: Patience,
}

/// How long lines wait for names, all of them together.
const FOR_LINES: Duration = Duration::from_secs(2);
/// How long what closes the run waits, in all.
const FOR_CLOSING: Duration = Duration::from_millis(500);
/// Addresses that are remembered with or without a name.
const REMEMBERED: usize = 8192;
/// Addresses that are asked for at a time.
const IN_FLIGHT: usize = 256;
/// The longest answer: an address, a blank, a name (RFC 1035 section 2.3.4).
const ANSWER_MAX: usize = 46 + 1 + 1025;

/// What is known of an address.
#[derive(Debug)]
enum Known {
    Asked,
    Nameless,
    Named(HostName),
}

/// Asks the process that looks names up.
pub(crate) struct Resolver {
    /// To it, not blocking; none once it is gone.
    channel: Option<UnixStream>,
    /// The beginning of an answer.
    received: Vec<u8>,
    known: HashMap<IpAddr, Known, RandomState>,
    /// In the order they were asked for.
    order: VecDeque<IpAddr>,
    in_flight: usize,
    domain: Domain,
    patience: Duration,
}

impl Resolver {
    /// `channel` leads to whoever answers.
    fn new(channel: UnixStream, options: Options) -> io::Result<Self> {
        channel.set_nonblocking(true)?;
        Ok(Self {
            channel: Some(channel),
            received: Vec::new(),
            known: HashMap::default(),
            order: VecDeque::new(),
            in_flight: 0,
            domain: options.domain,
            patience: match options.patience {
                Patience::Lines => FOR_LINES,
                Patience::Closing => Duration::ZERO,
            },
        })
    }

    /// Takes the answers that are there.
    fn receive(&mut self) {
        let mut chunk = [0; 4096];
        while let Some(channel) = &mut self.channel {
            match channel.read(&mut chunk) {
                Ok(0) => self.channel = None,
                Ok(read) => self
                    .received
                    .extend_from_slice(chunk.get(..read).unwrap_or_default()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(_) => self.channel = None,
            }
        }
        let received = std::mem::take(&mut self.received);
        let mut lines = received.split(|&octet| octet == b'\n');
        let rest = lines.next_back().unwrap_or_default();
        for line in lines {
            self.answer(line);
        }
        if rest.len() > ANSWER_MAX {
            self.channel = None;
            return;
        }
        self.received = rest.to_vec();
    }

    fn answer(&mut self, line: &[u8]) {
        self.in_flight = self.in_flight.saturating_sub(1);
        let Ok(line) = std::str::from_utf8(line) else {
            return;
        };
        let (addr, name) = line.split_once(' ').unwrap_or((line, ""));
        let Ok(addr) = addr.parse() else {
            return;
        };
        if let Some(known @ Known::Asked) = self.known.get_mut(&addr) {
            *known = match (HostName::new(name), self.domain) {
                (Some(name), Domain::Shown) => Known::Named(name),
                (Some(name), Domain::Hidden) => Known::Named(name.without_domain()),
                (None, _) => Known::Nameless,
            };
        }
    }

    /// Waits for answers as long as there is patience and `addr` has none.
    fn wait(&mut self, addr: IpAddr) {
        let is_asked = |known: &HashMap<_, _, _>| matches!(known.get(&addr), Some(Known::Asked));
        while is_asked(&self.known)
            && !self.patience.is_zero()
            && let Some(channel) = &self.channel
        {
            let begin = Instant::now();
            let mut asked = [PollFd::new(channel, PollFlags::IN)];
            let patience = Timespec::try_from(self.patience).unwrap_or_default();
            // Whatever the end, the answers that are there are taken.
            let _ = poll(&mut asked, Some(&patience));
            self.patience = self.patience.saturating_sub(begin.elapsed());
            self.receive();
        }
    }
}

impl Names for Resolver {
    fn ask(&mut self, addr: IpAddr) {
        if self.known.contains_key(&addr) {
            return;
        }
        if self.in_flight >= IN_FLIGHT {
            self.receive();
        }
        let Some(channel) = self.channel.as_mut().filter(|_| self.in_flight < IN_FLIGHT) else {
            return;
        };
        let line = format!("{addr}\n");
        match channel.write(line.as_bytes()) {
            Ok(written) if written == line.len() => {}
            // Asked for again when it is met again.
            Err(error) if error.kind() == ErrorKind::WouldBlock => return,
            _ => {
                self.channel = None;
                return;
            }
        }
        self.in_flight += 1;
        if self.order.len() >= REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        self.order.push_back(addr);
        self.known.insert(addr, Known::Asked);
    }

    fn name(&mut self, addr: IpAddr) -> Option<&HostName> {
        if self.in_flight > 0 {
            self.receive();
            self.wait(addr);
        }
        match self.known.get(&addr) {
            Some(Known::Named(name)) => Some(name),
            _ => None,
        }
    }

    fn closing(&mut self) {
        self.patience = self.patience.max(FOR_CLOSING);
    }
}

#[cfg(test)]
mod tests;
