//! How correlation is to work, and what it gave up to stay within its limit.

use std::time::Duration;

/// How correlation is to work.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// How long a request waits for its reply, in capture time.
    pub reply_timeout: Duration,
    /// Octets for all tables together.
    pub memory_limit: usize,
    /// Whether the packets that errors quote are looked for.
    pub originals: Originals,
    /// What of the traffic is there to be correlated.
    pub sight: Sight,
}

/// What of the traffic is there to be correlated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sight {
    /// All messages that passed the point of capture.
    #[default]
    Whole,
    /// All ICMP, and of the rest little or nothing: a packet that is not there may have been sent.
    Icmp,
    /// What a filter let through: an answer that is not there may have been kept out by it.
    Filtered,
}

/// Whether a fingerprint of every packet is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Originals {
    /// It is: errors name the packet that caused them.
    Track,
    /// It is not: cheaper, and errors name the flow only.
    Ignore,
}

/// How many entries each table gave up for want of room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evictions {
    /// Requests whose window was still open.
    pub exchanges: u64,
    /// Fingerprints overwritten; normal in a long capture.
    pub originals: u64,
    /// Flows whose aftermath was given up.
    pub flows: u64,
    /// Verdicts written early.
    pub verdicts: u64,
    /// TCP connections that waited for an answer, or for an acknowledgement.
    pub connections: u64,
}

impl Evictions {
    /// Each table's name with its count, those of nothing left out.
    pub fn by_table(&self) -> impl Iterator<Item = (&'static str, u64)> {
        [
            ("exchanges", self.exchanges),
            ("originals", self.originals),
            ("flows", self.flows),
            ("verdicts", self.verdicts),
            ("connections", self.connections),
        ]
        .into_iter()
        .filter(|(_, count)| *count > 0)
    }
}
