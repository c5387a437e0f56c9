//! Who talks to whom: address pairs and flows.

use std::hash::{Hash, Hasher};
use std::net::IpAddr;

/// Source and destination of a packet, in its own direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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

impl Hash for AddrPair {
    // Whole words instead of the octet-wise derived form: this runs for every packet.
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        match (self.src, self.dst) {
            (IpAddr::V4(src), IpAddr::V4(dst)) => {
                state.write_u64(u64::from(src.to_bits()) << 32 | u64::from(dst.to_bits()));
            }
            (src, dst) => {
                state.write_u128(bits(src));
                state.write_u128(bits(dst));
            }
        }
    }
}

/// The address as one word; IPv4 as IPv4-mapped IPv6 (RFC 4291 section 2.5.5.2).
#[inline]
fn bits(addr: IpAddr) -> u128 {
    match addr {
        IpAddr::V4(addr) => addr.to_ipv6_mapped().to_bits(),
        IpAddr::V6(addr) => addr.to_bits(),
    }
}

/// What identifies one direction of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FlowKey {
    /// IP protocol number of the transport.
    pub protocol: u8,
    /// Addresses.
    pub addrs: AddrPair,
    /// What the transport adds.
    pub ports: FlowPorts,
}

impl Hash for FlowKey {
    // In one word beside the addresses, for the same reason.
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.addrs.hash(state);
        let ports = match self.ports {
            FlowPorts::Ports { src, dst } => u64::from(src) << 16 | u64::from(dst) | 1 << 40,
            FlowPorts::Query { kind, id } => u64::from(kind) << 16 | u64::from(id) | 2 << 40,
            FlowPorts::Spi(spi) => u64::from(spi) | 3 << 40,
            FlowPorts::None => 0,
        };
        state.write_u64(ports | u64::from(self.protocol) << 32);
    }
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
