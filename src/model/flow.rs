//! Who talks to whom: address pairs and flows.

use std::hash::{Hash, Hasher};
use std::net::{IpAddr, Ipv6Addr};

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
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        AddrBits::from(*self).hash(state);
    }
}

/// What stands before an IPv4-mapped address.
const MAPPED: u128 = 0xffff;

/// An [`AddrPair`] in two words, for the packets that are only taken note of; an IPv4 address as
/// an IPv4-mapped one (RFC 4291 section 2.5.5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddrBits {
    src: u128,
    dst: u128,
}

impl AddrBits {
    /// That of two IPv4 addresses.
    #[inline]
    pub const fn v4(src: u32, dst: u32) -> Self {
        Self {
            src: MAPPED << 32 | src as u128,
            dst: MAPPED << 32 | dst as u128,
        }
    }

    /// That of two IPv6 addresses.
    #[inline]
    pub const fn v6(src: u128, dst: u128) -> Self {
        Self { src, dst }
    }

    /// The destination twice.
    #[must_use]
    #[inline]
    pub const fn destination(self) -> Self {
        Self {
            src: self.dst,
            dst: self.dst,
        }
    }

    /// The pair of IPv4 addresses it was made of.
    pub fn pair_v4(self) -> AddrPair {
        self.pair_by(|addr| addr.to_canonical())
    }

    /// The pair of IPv6 addresses it was made of.
    pub fn pair_v6(self) -> AddrPair {
        self.pair_by(IpAddr::V6)
    }

    fn pair_by(self, addr: impl Fn(Ipv6Addr) -> IpAddr) -> AddrPair {
        let addr = |bits| addr(Ipv6Addr::from_bits(bits));
        AddrPair {
            src: addr(self.src),
            dst: addr(self.dst),
        }
    }
}

impl From<AddrPair> for AddrBits {
    #[inline]
    fn from(pair: AddrPair) -> Self {
        match (pair.src, pair.dst) {
            (IpAddr::V4(src), IpAddr::V4(dst)) => Self::v4(src.to_bits(), dst.to_bits()),
            (src, dst) => Self::v6(bits(src), bits(dst)),
        }
    }
}

impl Hash for AddrBits {
    // Whole words instead of the octet-wise derived form: this runs for every packet.
    #[inline]
    #[allow(clippy::cast_possible_truncation)] // the IPv4 address is the lower part
    fn hash<H: Hasher>(&self, state: &mut H) {
        if self.src >> 32 == MAPPED && self.dst >> 32 == MAPPED {
            state.write_u64(u64::from(self.src as u32) << 32 | u64::from(self.dst as u32));
        } else {
            state.write_u128(self.src);
            state.write_u128(self.dst);
        }
    }
}

/// The address as one word.
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
