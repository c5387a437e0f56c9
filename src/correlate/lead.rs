//! What leads a transport header: what errors quote at the least, and what tells flows apart.

use super::flows::has_ports;
use crate::icmp::quote::has_id;
use crate::model::flow::FlowPorts;
use crate::wire::ip::protocol::{ESP, ICMP, IPV6_ICMP, is_icmp};
use crate::wire::{Ip, IpVersion};

/// The first eight octets of a transport header as one big-endian word: whatever an error quotes at
/// the least (RFC 792). Zero where there are fewer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lead(u64);

impl Lead {
    /// How many octets it has.
    pub(super) const OCTETS: usize = 8;

    /// The octets themselves.
    pub(super) fn octets(self) -> [u8; Self::OCTETS] {
        self.0.to_be_bytes()
    }

    /// That of a packet; a later fragment has where it belongs instead, in octets that tell no flow.
    pub(super) fn of_ip(ip: &Ip<'_>) -> Self {
        match ip.fragment {
            Some(place) if place.offset > 0 => Self(place.offset.into()),
            _ => Self::of(ip.payload),
        }
    }

    /// That of a transport that begins with these octets.
    #[inline]
    pub(super) fn of(transport: &[u8]) -> Self {
        match transport.first_chunk() {
            Some(octets) => Self(u64::from_be_bytes(*octets)),
            None => Self::of_short(transport),
        }
    }

    #[cold]
    fn of_short(transport: &[u8]) -> Self {
        let mut octets = [0; 8];
        for (to, from) in octets.iter_mut().zip(transport) {
            *to = *from;
        }
        Self(u64::from_be_bytes(octets))
    }

    /// That of a packet between two ports.
    pub(super) fn of_ports(src: u16, dst: u16) -> Self {
        Self(u64::from(src) << 48 | u64::from(dst) << 32)
    }

    /// That of a TCP segment between two ports, with this sequence number.
    pub(super) fn of_segment(src: u16, dst: u16, seq: u32) -> Self {
        Self(Self::of_ports(src, dst).0 | u64::from(seq))
    }

    /// That of an ICMP query of this type, with identifier and what is behind it.
    pub(super) fn of_query(kind: u8, id: u16, behind: u16) -> Self {
        Self(u64::from(kind) << 56 | u64::from(id) << 16 | u64::from(behind))
    }

    /// That of a packet of a flow, as far as the flow tells.
    pub(super) fn of_flow(ports: FlowPorts) -> Self {
        match ports {
            FlowPorts::Ports { src, dst } => Self::of_ports(src, dst),
            FlowPorts::Query { kind, id } => Self::of_query(kind, id, 0),
            FlowPorts::Message(kind) => Self(u64::from(kind) << 56),
            FlowPorts::Spi(spi) => Self(u64::from(spi) << 32),
            FlowPorts::None => Self::default(),
        }
    }

    /// What it adds to protocol and addresses of a packet's flow.
    pub(super) fn ports(self, protocol: u8) -> FlowPorts {
        match protocol {
            _ if has_ports(protocol) && self.word() != 0 => FlowPorts::Ports {
                src: self.half(0),
                dst: self.half(1),
            },
            _ if is_icmp(protocol) => {
                let (kind, id) = (self.icmp_type(), self.half(2));
                let version = if protocol == ICMP {
                    IpVersion::V4
                } else {
                    IpVersion::V6
                };
                if has_id(version, kind) {
                    FlowPorts::Query { kind, id }
                } else {
                    FlowPorts::Message(kind)
                }
            }
            ESP => FlowPorts::Spi(self.word()),
            _ => FlowPorts::None,
        }
    }

    /// The 16-bit field at `2 * at` octets: ports at 0 and 1, ICMP identifier and sequence number
    /// at 2 and 3.
    #[allow(clippy::cast_possible_truncation)] // the field is cut out by design
    pub(super) fn half(self, at: u32) -> u16 {
        (self.0 >> (48 - 16 * at)) as u16
    }

    /// The first 32 bits: two ports, or the SPI of ESP.
    pub(super) fn word(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// TCP sequence number.
    #[allow(clippy::cast_possible_truncation)]
    pub(super) fn seq(self) -> u32 {
        self.0 as u32
    }

    /// ICMP type.
    #[allow(clippy::cast_possible_truncation)]
    pub(super) fn icmp_type(self) -> u8 {
        (self.0 >> 56) as u8
    }

    /// Whether all octets agree for which `mask` has ones.
    pub(super) fn agrees(self, other: Self, mask: u64) -> bool {
        (self.0 ^ other.0) & mask == 0
    }

    /// What tells flows of one protocol between two hosts apart.
    pub(super) fn flow_word(self, protocol: u8) -> u32 {
        match protocol {
            // Queries by type and identifier.
            ICMP | IPV6_ICMP => u32::from(self.icmp_type()) << 16 | u32::from(self.half(2)),
            ESP => self.word(),
            _ if has_ports(protocol) => self.word(),
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_without_an_identifier_have_none() {
        let ports = |kind, protocol| Lead::of(&[kind, 0, 0, 0, 1, 2, 3, 4]).ports(protocol);
        for (kind, protocol) in [(3, ICMP), (10, ICMP), (1, IPV6_ICMP), (143, IPV6_ICMP)] {
            assert_eq!(ports(kind, protocol), FlowPorts::Message(kind));
        }
        for (kind, protocol) in [(8, ICMP), (13, ICMP), (128, IPV6_ICMP), (161, IPV6_ICMP)] {
            assert_eq!(ports(kind, protocol), FlowPorts::Query { kind, id: 0x102 });
        }
    }
}
