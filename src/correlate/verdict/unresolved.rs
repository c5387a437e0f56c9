//! Whose link-layer address the sender of an error did not get.

use std::net::IpAddr;

/// Whose link-layer address who sent an error asked for in vain before, as far as that was captured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Unresolved {
    /// The capture does not tell.
    #[default]
    Unknown,
    /// That of the packet's destination.
    Destination,
    /// That of one other address: by the time, the next hop's on the way there.
    NextHop(IpAddr),
}

impl Unresolved {
    /// The same with what another error about packets to that host tells.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (known, Self::Unknown) | (Self::Unknown, known) => known,
            (Self::Destination, _) | (_, Self::Destination) => Self::Destination,
            (known, other) if known == other => known,
            _ => Self::Unknown,
        }
    }
}
