//! What correlation takes note of in a packet of any protocol: facts, no octets.

use super::content::Content;
use super::flows::Fingerprint;
use super::lead::Lead;
use crate::model::flow::AddrBits;
use crate::model::{AddrPair, FlowKey, Frame, FrameRef, Timestamp};
use crate::wire::ip::protocol::TCP;
use crate::wire::tcp::{ACK, CONTROL_BITS, FIN, SYN, first_sacked};
use crate::wire::{Ip, IpVersion, Plain, bytes, is_esp};

/// An IP packet as correlation remembers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observation {
    /// When it was captured.
    pub ts: Timestamp,
    /// The frame that holds it.
    pub frame: FrameRef,
    pub(super) addrs: AddrBits,
    pub(super) lead: Lead,
    /// See [`label`].
    pub(super) label: u32,
    /// Length of the IP packet in octets, as captured or claimed.
    pub(super) length: u32,
    /// Octets of TCP payload by the lengths of the headers.
    pub(super) data: u32,
    pub(super) content: Content,
    /// How far behind what it acknowledges the block begins that it acknowledges selectively; 0 where
    /// there is none, or farther than this can tell.
    sacked: u16,
    /// How much of the transport was captured, in octets up to 255.
    captured: u8,
    /// TCP flags; 0 for other protocols.
    pub(super) flags: u8,
    pub(super) protocol: u8,
    pub(super) ttl: u8,
    pub(super) version: IpVersion,
    /// Whether it carries ESP.
    pub is_esp: bool,
}

impl Observation {
    /// Takes note of the packet in `frame`.
    pub fn of(frame: &Frame<'_>, ip: &Ip<'_>) -> Self {
        Self::of_packet(frame.reference(), frame.ts, ip)
    }

    pub(super) fn of_packet(frame: FrameRef, ts: Timestamp, ip: &Ip<'_>) -> Self {
        let packet = Plain {
            version: ip.version,
            addrs: ip.ends().into(),
            ttl: ip.ttl,
            protocol: ip.protocol,
            label: label(ip),
            length: ip.length,
            payload: ip.payload,
            payload_length: ip.payload_length,
            is_esp: is_esp(ip),
        };
        if ip.is_later_fragment() {
            let packet = Plain {
                payload: &[],
                payload_length: 0,
                ..packet
            };
            return Self {
                lead: Lead::of_ip(ip),
                ..Self::of_plain(frame, ts, &packet)
            };
        }
        Self::of_plain(frame, ts, &packet)
    }

    /// Takes note of a packet that is as most are.
    #[expect(
        clippy::inline_always,
        reason = "what the caller has in registers need not be written first"
    )]
    #[inline(always)]
    pub fn of_plain(frame: FrameRef, ts: Timestamp, packet: &Plain<'_>) -> Self {
        let (mut data, mut flags, mut sacked) = (0, 0, 0);
        let content = Content::of(packet.protocol, packet.payload);
        if packet.protocol == TCP {
            // A header that is cut short is taken for one without options.
            let offset = bytes::u8_at(packet.payload, 12);
            let header = offset.map_or(20, |octet| u32::from(octet >> 4) * 4);
            data = packet.payload_length.saturating_sub(header);
            flags = bytes::u8_at(packet.payload, CONTROL_BITS).unwrap_or(0);
            if data == 0 && may_sack(packet.payload, header) {
                let first = first_sacked(packet.payload, header);
                let behind = first.map(|first| first.wrapping_sub(content.ack()));
                sacked = behind.and_then(|it| u16::try_from(it).ok()).unwrap_or(0);
            }
        }
        Self {
            ts,
            frame,
            addrs: packet.addrs,
            lead: Lead::of(packet.payload),
            label: packet.label,
            length: packet.length,
            data,
            content,
            sacked,
            captured: u8::try_from(packet.payload.len()).unwrap_or(u8::MAX),
            flags,
            protocol: packet.protocol,
            ttl: packet.ttl,
            version: packet.version,
            is_esp: packet.is_esp,
        }
    }

    /// The same, known to be a tunnel's.
    pub(super) fn carrying(self, ip: &Ip<'_>) -> Self {
        let content = Content::of_carrier(ip);
        Self { content, ..self }
    }

    pub(super) fn addrs(&self) -> AddrPair {
        match self.version {
            IpVersion::V4 => self.addrs.pair_v4(),
            IpVersion::V6 => self.addrs.pair_v6(),
        }
    }

    /// Whether anything of the transport is there: in later fragments nothing is that leads it.
    pub(super) const fn shows_transport(&self) -> bool {
        self.captured > 0
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
        (self.protocol == TCP && self.captured >= 12).then(|| self.content.ack())
    }

    /// The first octet of the block that it acknowledges selectively, behind those that it acknowledges.
    pub(super) fn sacked(&self) -> Option<u32> {
        (self.sacked > 0).then(|| self.content.ack().wrapping_add(self.sacked.into()))
    }

    /// Whether it left this fingerprint, of those in one frame.
    pub(super) fn left(&self, seen: &Fingerprint) -> bool {
        (self.frame, self.protocol, self.lead) == (seen.frame, seen.protocol, seen.lead)
            && (self.label, self.length, self.ttl) == (seen.label, seen.length, seen.ttl)
    }

    /// Whether it is of this flow.
    pub(super) fn is_of(&self, flow: &FlowKey) -> bool {
        self.protocol == flow.protocol && self.addrs() == flow.addrs && self.flow() == *flow
    }

    /// Whether it is a SYN that answers none.
    pub(super) fn begins(&self) -> bool {
        self.flags & (SYN | ACK) == SYN
    }

    /// The flow it belongs to.
    pub(super) fn flow(&self) -> FlowKey {
        FlowKey {
            protocol: self.protocol,
            addrs: self.addrs(),
            ports: self.lead.ports(self.protocol),
        }
    }
}

/// Whether a header of so many octets may hold blocks: the most hold none, or timestamps.
#[inline]
fn may_sack(segment: &[u8], header: u32) -> bool {
    /// Those of one block, and what most stacks begin timestamps with (RFC 7323 appendix A).
    const ONE_BLOCK: u32 = 32;
    const TIMESTAMPS: u32 = 0x0101_080a;
    header >= ONE_BLOCK && (header > ONE_BLOCK || bytes::u32_at(segment, 20) != Some(TIMESTAMPS))
}

/// How many sequence numbers a TCP segment takes that has so many octets: SYN and FIN take one each
/// (RFC 9293 section 3.4).
pub(super) fn occupied(data: u32, flags: u8) -> u32 {
    data.max(u32::from(flags & (FIN | SYN) != 0))
}

/// What numbers the packets of a host: the identification of IPv4, that of the fragments of an IPv6
/// packet, or else its flow label.
pub(super) fn label(ip: &Ip<'_>) -> u32 {
    match ip.version {
        IpVersion::V4 => ip.id.unwrap_or(0),
        IpVersion::V6 => ip.fragment_id().unwrap_or(ip.flow_label),
    }
}

#[cfg(test)]
mod tests {
    use etherparse::PacketBuilder;

    use super::*;
    use crate::model::{LinkType, Options, SourceId};
    use crate::wire::{Classified, classify, plain};

    #[test]
    fn plain_packets_leave_the_note_that_full_parsing_would() {
        let payload = [7; 40];
        let v4 = || PacketBuilder::ethernet2([1; 6], [2; 6]).ipv4([10, 0, 0, 1], [10, 0, 0, 2], 9);
        let v6 = || PacketBuilder::ethernet2([1; 6], [2; 6]).ipv6([3; 16], [4; 16], 9);
        let mut frames = vec![Vec::new(); 4];
        let [a, b, c, d] = frames.as_mut_slice() else {
            unreachable!()
        };
        (v4().tcp(80, 81, 5, 6).ack(9).write(a, &payload)).unwrap();
        (v4().udp(80, 81).write(b, &payload)).unwrap();
        (v6().tcp(80, 81, 5, 6).syn().write(c, &payload)).unwrap();
        (v6().udp(80, 81).write(d, &payload)).unwrap();
        for whole in frames {
            let mut seen = 0;
            for cut in 0..=whole.len() {
                let frame = Frame {
                    source: SourceId(1),
                    number: 2,
                    interface: None,
                    ts: Timestamp::from_nanos(3),
                    link: LinkType(1),
                    wire_len: u32::try_from(whole.len()).unwrap(),
                    fcs_len: 0,
                    data: &whole[..cut],
                    options: Options::NONE,
                    transfer: None,
                    cipher: None,
                    expanded: None,
                    part: None,
                };
                let Some(packet) = plain(&frame) else {
                    continue;
                };
                let Classified::OtherIp(full) = classify(&frame) else {
                    panic!("{cut}: no IP");
                };
                seen += 1;
                assert_eq!(
                    Observation::of_plain(frame.reference(), frame.ts, &packet),
                    Observation::of(&frame, &full.ip),
                    "{cut}"
                );
            }
            assert!(seen >= 40, "{seen}");
        }
    }

    #[test]
    fn an_observation_stays_small() {
        assert!(size_of::<Observation>() <= 80);
    }
}
