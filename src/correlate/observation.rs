//! What correlation takes note of in a packet of any protocol: facts, no octets.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::flows::{Lead, has_ports, is_icmp};
use crate::model::flow::FlowPorts;
use crate::model::{AddrPair, FlowKey, Frame, FrameRef, Timestamp};
use crate::wire::ip::protocol::{ESP, TCP};
use crate::wire::{Ip, IpVersion, bytes};

/// An IP packet as correlation remembers it.
#[derive(Clone, Copy, Debug)]
pub struct Observation {
    /// When it was captured.
    pub ts: Timestamp,
    /// The frame that holds it.
    pub frame: FrameRef,
    /// IPv4 addresses as IPv4-mapped ones (RFC 4291 section 2.5.5.2): this type is copied much.
    src: Ipv6Addr,
    dst: Ipv6Addr,
    pub(super) lead: Lead,
    /// IPv4 identification, or IPv6 flow label.
    pub(super) label: u32,
    /// Length of the IP packet in octets, as captured or claimed.
    pub(super) length: u32,
    /// Octets of TCP payload by the lengths of the headers.
    pub(super) data: u32,
    ack: u32,
    /// How much of the transport was captured, in octets up to 255.
    captured: u8,
    /// TCP flags; 0 for other protocols.
    pub(super) flags: u8,
    pub(super) protocol: u8,
    pub(super) ttl: u8,
    pub(super) version: IpVersion,
}

impl Observation {
    /// Takes note of the packet in `frame`.
    // Inlined, so that what a caller has in registers need not be written as an `Ip` first.
    #[expect(
        clippy::inline_always,
        reason = "what the caller does not ask for is never made"
    )]
    #[inline(always)]
    pub fn of(frame: &Frame<'_>, ip: &Ip<'_>) -> Self {
        Self::of_packet(frame.reference(), frame.ts, ip)
    }

    #[expect(
        clippy::inline_always,
        reason = "what the caller does not ask for is never made"
    )]
    #[inline(always)]
    pub(super) fn of_packet(frame: FrameRef, ts: Timestamp, ip: &Ip<'_>) -> Self {
        let payload = if ip.is_later_fragment() {
            &[]
        } else {
            ip.payload
        };
        let (mut data, mut flags, mut ack) = (0, 0, 0);
        if ip.protocol == TCP && !ip.is_later_fragment() {
            // A header that is cut short is taken for one without options.
            let header = bytes::u8_at(payload, 12).map_or(20, |octet| u32::from(octet >> 4) * 4);
            data = ip.payload_length.saturating_sub(header);
            flags = bytes::u8_at(payload, 13).unwrap_or(0);
            ack = bytes::u32_at(payload, 8).unwrap_or(0);
        }
        Self {
            ts,
            frame,
            src: mapped(ip.src()),
            dst: mapped(ip.dst()),
            lead: Lead::of(payload),
            label: match ip.version {
                IpVersion::V4 => ip.id.unwrap_or(0),
                IpVersion::V6 => ip.flow_label,
            },
            length: ip.length,
            data,
            ack,
            captured: u8::try_from(payload.len()).unwrap_or(u8::MAX),
            flags,
            protocol: ip.protocol,
            ttl: ip.ttl,
            version: ip.version,
        }
    }

    pub(super) fn addrs(&self) -> AddrPair {
        let addr = |addr: Ipv6Addr| match self.version {
            IpVersion::V4 => {
                let [.., a, b, c, d] = addr.octets();
                IpAddr::V4(Ipv4Addr::new(a, b, c, d))
            }
            IpVersion::V6 => IpAddr::V6(addr),
        };
        AddrPair {
            src: addr(self.src),
            dst: addr(self.dst),
        }
    }

    /// IPv4 identification.
    pub(super) fn id(&self) -> Option<u32> {
        (self.version == IpVersion::V4).then_some(self.label)
    }

    /// TCP sequence number.
    pub(super) fn seq(&self) -> Option<u32> {
        (self.protocol == TCP && self.captured >= 8).then(|| self.lead.seq())
    }

    /// TCP acknowledgement number, whether or not the flags say that it counts.
    pub(super) fn ack(&self) -> Option<u32> {
        (self.protocol == TCP && self.captured >= 12).then_some(self.ack)
    }

    /// The flow it belongs to.
    pub(super) fn flow(&self) -> FlowKey {
        let lead = self.lead;
        let ports = match self.protocol {
            protocol if has_ports(protocol) && lead.word() != 0 => FlowPorts::Ports {
                src: lead.half(0),
                dst: lead.half(1),
            },
            protocol if is_icmp(protocol) => FlowPorts::Query {
                kind: lead.icmp_type(),
                id: lead.half(2),
            },
            ESP => FlowPorts::Spi(lead.word()),
            _ => FlowPorts::None,
        };
        FlowKey {
            protocol: self.protocol,
            addrs: self.addrs(),
            ports,
        }
    }
}

#[inline]
fn mapped(addr: IpAddr) -> Ipv6Addr {
    match addr {
        IpAddr::V4(addr) => addr.to_ipv6_mapped(),
        IpAddr::V6(addr) => addr,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_observation_stays_small() {
        assert!(size_of::<Observation>() <= 80);
    }
}
