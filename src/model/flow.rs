//! Who talks to whom: address pairs and flows.

use std::net::IpAddr;

/// Source and destination of a packet, in its own direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddrPair {
    /// Who sent it.
    pub src: IpAddr,
    /// Whom it was for.
    pub dst: IpAddr,
}

impl AddrPair {
    /// The pair of the packets that go the other way.
    #[must_use]
    pub const fn reversed(self) -> Self {
        Self {
            src: self.dst,
            dst: self.src,
        }
    }
}

/// What identifies one direction of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlowKey {
    /// IP protocol number of the transport.
    pub protocol: u8,
    /// Addresses.
    pub addrs: AddrPair,
    /// What the transport adds.
    pub ports: FlowPorts,
}

/// What tells flows of one protocol between two hosts apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FlowPorts {
    /// TCP, UDP, SCTP, DCCP, UDP-Lite.
    Ports {
        /// Source port.
        src: u16,
        /// Destination port.
        dst: u16,
    },
    /// ICMP queries: type and identifier.
    Query {
        /// ICMP type of the message.
        kind: u8,
        /// Identifier.
        id: u16,
    },
    /// ESP and AH: security parameters index.
    Spi(u32),
    /// Nothing to tell them apart by: other protocols, or a fragment that is not the first.
    None,
}
