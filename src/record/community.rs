//! Community IDs: the flow hash that other tools (Zeek, Suricata, Arkime) write too.
//!
//! One is a SHA-1 over addresses, protocol and ports; ICMP puts type and counterpart type there.
//! It is a pure function of few values that repeat, so the last ones are kept.

use community_id::calculate_community_id;

use crate::icmp::{Message, Quote, QuotedTransport, is_error};
use crate::model::{AddrPair, FlowKey, flow::FlowPorts};
use crate::wire::IpVersion;
use crate::wire::ip::protocol;

/// A Community ID, version 1, as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommunityId([u8; Self::LENGTH]);

impl CommunityId {
    /// `1:` and 20 octets in base 64.
    const LENGTH: usize = 30;

    /// The text: ASCII.
    pub fn as_octets(&self) -> &[u8] {
        &self.0
    }
}

/// What a Community ID is computed from.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Input {
    addrs: AddrPair,
    protocol: u8,
    ports: Option<(u16, u16)>,
}

impl Input {
    fn compute(self) -> Option<CommunityId> {
        let (src, dst) = self.ports.unzip();
        let (from, to) = (self.addrs.src(), self.addrs.dst());
        let text = calculate_community_id(0, from, to, src, dst, self.protocol, false).ok()?;
        Some(CommunityId(text.as_bytes().try_into().ok()?))
    }

    /// A slot for it: any mixing does, a poor one only costs time.
    fn slot(&self) -> usize {
        let fold = |addr| match addr {
            std::net::IpAddr::V4(a) => u64::from(u32::from(a)),
            std::net::IpAddr::V6(a) => {
                let groups = a.segments().map(u64::from);
                groups
                    .iter()
                    .fold(0, |mixed: u64, group| mixed.rotate_left(13) ^ group)
            }
        };
        let (src, dst) = self.ports.unwrap_or_default();
        let mixed = fold(self.addrs.src())
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .wrapping_add(fold(self.addrs.dst()))
            .wrapping_mul(0xd6e8_feb8_6659_fd93)
            .wrapping_add(u64::from(src) << 24 | u64::from(dst) << 8 | u64::from(self.protocol))
            .wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> 48) as usize % CommunityIds::SLOTS
    }
}

/// Computes Community IDs and keeps the last of each slot.
pub struct CommunityIds {
    slots: Vec<Option<(Input, CommunityId)>>,
}

impl CommunityIds {
    const SLOTS: usize = 1 << 14;

    /// With nothing kept yet.
    pub fn new() -> Self {
        Self {
            slots: vec![None; Self::SLOTS],
        }
    }

    /// The ID of an ICMP message between two hosts; `None` for a fragment without its header.
    pub fn message(&mut self, addrs: AddrPair, message: &Message<'_>) -> Option<CommunityId> {
        self.get(Input {
            addrs,
            protocol: icmp_protocol(message.version),
            ports: Some((message.kind.into(), message.code?.into())),
        })
    }

    /// The ID of the flow that an error quotes; `None` where its ports, or what protocol it is, are not in the
    /// quote.
    pub fn quoted(&mut self, quote: &Quote<'_>) -> Option<CommunityId> {
        /// Octets of ports, with which TCP, UDP and SCTP begin.
        const PORTS: usize = 4;
        let ip = &quote.ip;
        let has_ports = matches!(
            ip.upper_protocol()?,
            protocol::TCP | protocol::UDP | protocol::SCTP
        );
        if has_ports && ip.payload.len() < PORTS && !ip.is_later_fragment() {
            return None;
        }
        let ports = match quote.transport {
            QuotedTransport::Icmp { kind, code, .. } => Some((kind.into(), code.into())),
            _ => return self.flow(&quote.flow()),
        };
        self.get(Input {
            addrs: quote.ip.addrs,
            protocol: quote.ip.protocol,
            ports,
        })
    }

    /// The ID of a flow; `None` where not all is known that it is made of.
    pub fn flow(&mut self, flow: &FlowKey) -> Option<CommunityId> {
        if !flow.has_destination() {
            return None;
        }
        let ports = match flow.ports {
            FlowPorts::Ports { src, dst } => Some((src, dst)),
            // The code of an error counts, and is not known.
            FlowPorts::Message(kind) if is_error(IpVersion::of(flow.addrs.src()), kind) => None,
            FlowPorts::Query { kind, .. } | FlowPorts::Message(kind) => Some((kind.into(), 0)),
            FlowPorts::Spi(_) | FlowPorts::None => None,
        };
        if ports.is_none() && matches!(flow.protocol, 1 | 58) {
            return None;
        }
        self.get(Input {
            addrs: flow.addrs,
            protocol: flow.protocol,
            ports,
        })
    }

    fn get(&mut self, input: Input) -> Option<CommunityId> {
        let slot = self.slots.get_mut(input.slot())?;
        if let Some((kept, id)) = slot
            && *kept == input
        {
            return Some(*id);
        }
        let id = input.compute()?;
        *slot = Some((input, id));
        Some(id)
    }
}

impl Default for CommunityIds {
    fn default() -> Self {
        Self::new()
    }
}

const fn icmp_protocol(version: IpVersion) -> u8 {
    match version {
        IpVersion::V4 => 1,
        IpVersion::V6 => 58,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(src: &str, dst: &str, protocol: u8, ports: FlowPorts) -> FlowKey {
        FlowKey {
            protocol,
            addrs: AddrPair::new(src.parse().unwrap(), dst.parse().unwrap()),
            ports,
        }
    }

    fn id(flow: &FlowKey) -> Option<String> {
        let mut ids = CommunityIds::new();
        let mut text = || {
            ids.flow(flow)
                .map(|id| String::from_utf8(id.as_octets().to_vec()).unwrap())
        };
        let (first, kept) = (text(), text());
        assert_eq!(first, kept);
        first
    }

    #[test]
    fn the_vectors_of_the_specification_hold() {
        // https://github.com/corelight/community-id-spec, baseline of seed 0.
        let ports = |src, dst| FlowPorts::Ports { src, dst };
        assert_eq!(
            id(&flow(
                "128.232.110.120",
                "66.35.250.204",
                6,
                ports(34855, 80)
            ))
            .as_deref(),
            Some("1:LQU9qZlK+B5F3KDmev6m5PMibrg=")
        );
        assert_eq!(
            id(&flow("192.168.1.52", "8.8.8.8", 17, ports(54585, 53))).as_deref(),
            Some("1:d/FP5EW3wiY1vCndhwleRRKHowQ=")
        );
        let query = FlowPorts::Query { kind: 8, id: 7 };
        assert_eq!(
            id(&flow("192.168.0.89", "192.168.0.1", 1, query)).as_deref(),
            Some("1:X0snYXpgwiv9TZtqg64sgzUn6Dk=")
        );
    }

    #[test]
    fn what_has_no_ports_has_no_id_where_the_protocol_needs_them() {
        assert_eq!(id(&flow("10.0.0.1", "10.0.0.2", 6, FlowPorts::None)), None);
        assert_eq!(id(&flow("10.0.0.1", "10.0.0.2", 1, FlowPorts::None)), None);
        let error = FlowPorts::Message(3);
        assert_eq!(id(&flow("10.0.0.1", "10.0.0.2", 1, error)), None);
        assert!(id(&flow("10.0.0.1", "10.0.0.2", 47, FlowPorts::None)).is_some());
        assert!(id(&flow("10.0.0.1", "10.0.0.2", 50, FlowPorts::Spi(5))).is_some());
    }

    #[test]
    fn both_directions_of_a_flow_have_the_same_id() {
        let ports = |src, dst| FlowPorts::Ports { src, dst };
        let there = flow("fe80::1", "fe80::2", 6, ports(1, 2));
        let back = flow("fe80::2", "fe80::1", 6, ports(2, 1));
        assert_eq!(id(&there), id(&back));
    }
}
