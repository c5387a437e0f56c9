//! What correlation takes note of in a packet of any protocol: facts, no octets.

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
    pub(super) addrs: AddrPair,
    pub(super) lead: Lead,
    /// Identification: that of an IPv6 packet stands in its fragment header.
    pub(super) id: Option<u32>,
    pub(super) flow_label: u32,
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
            addrs: ip.addrs,
            lead: Lead::of(payload),
            id: ip.id,
            flow_label: ip.flow_label,
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
            addrs: self.addrs,
            ports,
        }
    }
}
