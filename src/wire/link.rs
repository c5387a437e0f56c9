//! Link-layer headers: from the first octet of a frame to its network header.

use crate::model::Frame;

/// VLAN identifiers, outermost first, in place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Vlans {
    ids: [u16; Self::CAPACITY],
    len: u8,
}

impl Vlans {
    /// How many are kept; deeper stacks are walked but not listed.
    pub const CAPACITY: usize = 4;

    /// Adds one on the inside; the low 12 bits count.
    pub fn push(&mut self, id: u16) {
        if let Some(slot) = self.ids.get_mut(usize::from(self.len)) {
            *slot = id & 0x0fff;
            self.len += 1;
        }
    }

    /// The identifiers, outermost first.
    pub fn as_slice(&self) -> &[u16] {
        &self.ids[..usize::from(self.len)]
    }
}

/// What stands behind the link header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// IPv4 or IPv6: the version nibble tells.
    Ip,
    /// An MPLS label stack.
    Mpls,
    /// Another EtherType (or an 802.3 length, or LLC).
    Other(u16),
}

/// A link header: what it says of the packet, and where that packet starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkHeader {
    /// VLAN tags.
    pub vlans: Vlans,
    /// What follows.
    pub network: Network,
    /// Octets before the network header.
    pub offset: usize,
}

/// Reads the link header of a frame.
///
/// # Errors
///
/// Tells why where the octets do not lead to a network header.
pub fn parse(_frame: &Frame<'_>) -> Result<LinkHeader, super::Undecodable> {
    Err(super::Undecodable::LinkType)
}
