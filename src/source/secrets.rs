//! Secrets that a capture brings for the traffic in it.

use crate::model::{KeyKind, SourceId, UnreadLines};

/// A block of secrets (pcapng, decryption secrets block). What it holds has no words.
#[derive(Clone, PartialEq, Eq)]
pub struct Secrets {
    /// Which source it came in.
    pub source: SourceId,
    /// Where, in octets into the (decompressed) capture.
    pub offset: u64,
    /// What the octets are.
    pub kind: SecretsKind,
    /// The secrets, as far as they are there.
    pub octets: Vec<u8>,
    /// What is wrong with the block.
    pub fault: Option<SecretsFault>,
}

/// The kinds of secrets, by the numbers of pcapng.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretsKind {
    /// A key log of WireGuard.
    WireGuard,
    /// Any other.
    Other(u32),
}

impl SecretsKind {
    const WIREGUARD: u32 = 0x5747_4b4c;

    /// The kind of this number.
    pub const fn from_number(number: u32) -> Self {
        match number {
            Self::WIREGUARD => Self::WireGuard,
            other => Self::Other(other),
        }
    }

    /// Its number.
    pub const fn number(self) -> u32 {
        match self {
            Self::WireGuard => Self::WIREGUARD,
            Self::Other(number) => number,
        }
    }
}

/// Where secrets came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretsOrigin {
    /// A block of a capture.
    Block {
        /// Which source.
        source: SourceId,
        /// Where, in octets into the (decompressed) capture.
        offset: u64,
    },
    /// A file of its own, by its number among those given, from 0.
    File(u16),
}

/// What is wrong with secrets. What can be used of them is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretsFault {
    /// The block claims to hold more octets than it has room for.
    Cut {
        /// Octets that it claims.
        claimed: u32,
        /// Octets that there are.
        found: u32,
    },
    /// Lines could not be used.
    Lines(UnreadLines),
    /// There is no key in it, of this kind.
    NoKey(KeyKind),
    /// The system could not read on.
    Unreadable,
}
