//! Why fragments are not put together.

use super::missing::Missing;

/// Why a fragment was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Octets of it were not captured.
    Cut,
    /// It has no octets.
    Empty,
    /// Its length is no multiple of 8 though more follow (RFC 8200 section 4.5, RFC 4944 section 5.3).
    Length,
    /// It ends beyond the 65535 octets that a packet may have: the ping of death.
    TooLong,
    /// It lies beyond the message's end, or puts that elsewhere than an earlier one.
    End,
    /// Others of the message overlapped before it came (RFC 5722 section 4).
    Overlapped(Missing),
    /// What it makes whole holds no message, though its first fragment told of one: damaged, or forged.
    NotAsTold,
}

impl Refusal {
    /// The word that records use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cut => "cut",
            Self::Empty => "empty",
            Self::Length => "length",
            Self::TooLong => "too_long",
            Self::End => "end",
            Self::Overlapped(_) => "overlapped",
            Self::NotAsTold => "not_as_told",
        }
    }

    /// The same for people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Cut => "not captured whole",
            Self::Empty => "no octets in it",
            Self::Length => "length no multiple of 8 though more follows",
            Self::TooLong => "ends beyond 65535 octets",
            Self::End => "ends elsewhere than an earlier one tells",
            Self::Overlapped(_) => "octets of others overlap",
            Self::NotAsTold => "what it completes is no ICMP message",
        }
    }
}
