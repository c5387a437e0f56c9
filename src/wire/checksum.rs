//! The Internet checksum (RFC 1071) and what can be said of one.

/// What a checksum proved to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checksum {
    /// The verdict.
    pub status: ChecksumStatus,
    /// The value the packet carries.
    pub found: u16,
}

/// The four states of a checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChecksumStatus {
    /// It verifies.
    Good,
    /// It does not; `expected` is what the octets call for.
    Bad {
        /// The value that would verify.
        expected: u16,
    },
    /// It covers octets that are not there.
    Unverified(Unverified),
    /// The packet carries none.
    Absent,
}

/// Why a checksum could not be verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unverified {
    /// The snap length, or a length field that claims more than the frame holds.
    Truncated,
    /// The packet is a fragment and was not reassembled.
    Fragment,
}
