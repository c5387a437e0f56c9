//! Versions of pcap, and what changed with them.

/// The version of the format that a file header tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// Major: 2.
    pub major: u16,
    /// Minor: 4.
    pub minor: u16,
}

/// Which of the two lengths of a record comes first. It changed in the course of version 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lengths {
    CapturedFirst,
    CapturedSecond,
    /// Version 2.3 was written in both ways: the smaller one is the captured.
    Smaller,
}

impl Version {
    /// Whether it is one of those that were written, which libpcap reads.
    pub(super) const fn is_known(self) -> bool {
        matches!((self.major, self.minor), (2, 0..=4) | (543, 0))
    }
}

impl Lengths {
    pub(super) const fn of(version: Version) -> Self {
        match (version.major, version.minor) {
            // 543.0 is what tcpdump of DG/UX wrote.
            (2, 0..=2) | (543, _) => Self::CapturedSecond,
            (2, 3) => Self::Smaller,
            _ => Self::CapturedFirst,
        }
    }
}
