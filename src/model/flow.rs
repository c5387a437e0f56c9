//! Who talks to whom: address pairs and flows.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Source and destination of a packet, in its own direction; both are of one family.
///
/// Kept in whole words and not as two [`IpAddr`]s: what is read again right after it was moved is
/// then read as it was written, where octets at odd places would have to wait for memory.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AddrPair {
    family: Family,
    bits: AddrBits,
}

/// As wide as a word, so that no padding is moved along.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u64)]
enum Family {
    V4,
    V6,
}

impl AddrPair {
    /// From who sent it, and whom it was for. Of two families an IPv4 address becomes an IPv4-mapped
    /// one (RFC 4291 section 2.5.5.2).
    #[inline]
    pub const fn new(src: IpAddr, dst: IpAddr) -> Self {
        match (src, dst) {
            (IpAddr::V4(src), IpAddr::V4(dst)) => Self {
                family: Family::V4,
                bits: AddrBits::v4(src.to_bits(), dst.to_bits()),
            },
            (src, dst) => Self {
                family: Family::V6,
                bits: AddrBits::v6(bits(src), bits(dst)),
            },
        }
    }

    /// The pair of one address with itself.
    pub const fn of_one(addr: IpAddr) -> Self {
        Self::new(addr, addr)
    }

    /// Who sent it.
    #[inline]
    pub const fn src(&self) -> IpAddr {
        self.addr(self.bits.src)
    }

    /// Whom it was for.
    #[inline]
    pub const fn dst(&self) -> IpAddr {
        self.addr(self.bits.dst)
    }

    /// The pair of the packets that go the other way.
    #[must_use]
    #[inline]
    pub const fn reversed(self) -> Self {
        Self {
            family: self.family,
            bits: self.bits.reversed(),
        }
    }

    /// The same to somebody else.
    #[must_use]
    pub const fn with_dst(self, dst: IpAddr) -> Self {
        Self::new(self.src(), dst)
    }

    #[inline]
    const fn addr(&self, words: Words) -> IpAddr {
        match self.family {
            #[allow(clippy::cast_possible_truncation)] // the IPv4 address is the lower part
            Family::V4 => IpAddr::V4(Ipv4Addr::from_bits(words.low as u32)),
            Family::V6 => IpAddr::V6(Ipv6Addr::from_bits(words.bits())),
        }
    }
}

impl fmt::Debug for AddrPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} > {}", self.src(), self.dst())
    }
}

impl Hash for AddrPair {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bits.hash(state);
    }
}

/// An IPv6 address, or an IPv4 one as an IPv4-mapped one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Words {
    high: u64,
    low: u64,
}

impl Words {
    /// What stands before an IPv4-mapped address.
    const MAPPED: u64 = 0xffff;

    #[inline]
    const fn v4(addr: u32) -> Self {
        Self {
            high: 0,
            low: Self::MAPPED << 32 | addr as u64,
        }
    }

    #[inline]
    #[allow(clippy::cast_possible_truncation)] // split in two
    const fn v6(addr: u128) -> Self {
        Self {
            high: (addr >> 64) as u64,
            low: addr as u64,
        }
    }

    #[inline]
    const fn bits(self) -> u128 {
        (self.high as u128) << 64 | self.low as u128
    }

    #[inline]
    const fn is_mapped(self) -> bool {
        self.high == 0 && self.low >> 32 == Self::MAPPED
    }
}

/// An [`AddrPair`] whose family is told beside it, for the packets that are only taken note of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AddrBits {
    src: Words,
    dst: Words,
}

impl AddrBits {
    /// That of two IPv4 addresses.
    #[inline]
    pub const fn v4(src: u32, dst: u32) -> Self {
        Self {
            src: Words::v4(src),
            dst: Words::v4(dst),
        }
    }

    /// That of two IPv6 addresses.
    #[inline]
    pub const fn v6(src: u128, dst: u128) -> Self {
        Self {
            src: Words::v6(src),
            dst: Words::v6(dst),
        }
    }

    /// That of the packets that go the other way.
    #[must_use]
    #[inline]
    pub const fn reversed(self) -> Self {
        Self {
            src: self.dst,
            dst: self.src,
        }
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
    #[inline]
    pub const fn pair_v4(self) -> AddrPair {
        AddrPair {
            family: Family::V4,
            bits: self,
        }
    }

    /// The pair of IPv6 addresses it was made of.
    #[inline]
    pub const fn pair_v6(self) -> AddrPair {
        AddrPair {
            family: Family::V6,
            bits: self,
        }
    }
}

impl From<AddrPair> for AddrBits {
    #[inline]
    fn from(pair: AddrPair) -> Self {
        pair.bits
    }
}

impl Hash for AddrBits {
    // Whole words instead of the octet-wise derived form: this runs for every packet.
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        if self.src.is_mapped() && self.dst.is_mapped() {
            state.write_u64(self.src.low << 32 | self.dst.low & 0xffff_ffff);
        } else {
            state.write_u128(self.src.bits());
            state.write_u128(self.dst.bits());
        }
    }
}

/// The address as one number.
#[inline]
const fn bits(addr: IpAddr) -> u128 {
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

impl FlowKey {
    /// Whether it is known where the packets went: no packet is sent to the unspecified address (RFC 4291
    /// section 2.5.2), which stands for that.
    pub const fn has_destination(&self) -> bool {
        !self.addrs.dst().is_unspecified()
    }
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
            FlowPorts::Message(kind) => u64::from(kind) | 4 << 40,
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
    /// ICMP messages without an identifier: their type.
    Message(u8),
    /// ESP and AH: security parameters index.
    Spi(u32),
    /// Nothing to tell them apart by: other protocols, or a fragment that is not the first.
    None,
}
