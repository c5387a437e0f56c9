//! Packets that are data of another protocol: it tells of them and does not carry them anywhere. They
//! were sent elsewhere, or before, and may be on this wire as well.

mod export;
mod msdp;
mod nhrp;
mod openflow;
mod sflow;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::ops::Range;

use super::TunnelKind;
use super::position::{Entered, Position, Rest};
use crate::model::frame::{Reported, Section, SectionStart};
use crate::model::{Frame, LinkType, Part};
use crate::wire::bytes::{array_at, tail, u8_at};
use crate::wire::defect::Limit;
use crate::wire::ip::{Ip, protocol};
use crate::wire::link::{self, linktype};
use crate::wire::{IpVersion, Packet};
pub use export::Templates;
pub(super) use nhrp::PROTOCOL as NHRP;

/// What a message of another protocol tells of a packet in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// Which message.
    pub message: ReportMessage,
    /// Who tells: as the message says, else who sent it.
    pub by: IpAddr,
    /// One packet of so many is told of.
    pub sampling_rate: Option<u32>,
    /// Number of the port or interface that it came in by.
    pub input: Option<u32>,
    /// Where it went.
    pub output: Option<Output>,
    spans: [Option<Span>; Self::SPANS],
}

/// Messages that hold packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReportMessage {
    /// A sample of sFlow.
    FlowSample,
    /// A packet that an agent of sFlow saw dropped.
    DiscardedPacket,
    /// What a switch of `OpenFlow` hands its controller.
    PacketIn,
    /// What a controller has a switch send.
    PacketOut,
    /// The data that an MSDP message tells a source by.
    SourceActive,
    /// A field of a flow record of IPFIX or `NetFlow`.
    PacketSection,
    /// What a router of NHRP tells of a packet for which there is a shorter way.
    TrafficIndication,
}

/// Where a packet went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// To the port or interface of this number.
    Port(u32),
    /// To so many.
    Ports(u32),
    /// To none: dropped, for a reason by the numbers of sFlow.
    Discarded(u32),
}

/// Octets that belong to a report, by their place in the payload of the IP packet with the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Which ones.
    pub header: ReportHeader,
    /// Where they begin.
    pub at: usize,
    /// How many they are.
    pub octets: usize,
}

/// The headers before a packet in a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportHeader {
    /// The datagram's of sFlow.
    Sflow {
        /// Its version.
        version: u8,
        /// Of IP, whose address the agent has.
        agent: IpVersion,
    },
    /// A flow sample of sFlow version 2 or 4.
    OldSample,
    /// A sampled header of sFlow version 2 or 4.
    OldSampledHeader,
    /// A flow sample of sFlow version 5.
    FlowSample,
    /// The same with interfaces of 32 bits.
    ExpandedFlowSample,
    /// A packet that was discarded.
    DiscardedPacket,
    /// A sampled header of sFlow version 5.
    SampledHeader,
    /// A packet from a switch of `OpenFlow`.
    PacketIn {
        /// Its version on the wire.
        version: u8,
    },
    /// A packet for such a switch.
    PacketOut {
        /// Its version on the wire.
        version: u8,
    },
    /// A match of `OpenFlow`.
    OpenFlowMatch,
    /// Actions of `OpenFlow`.
    OpenFlowActions,
    /// A source-active message of MSDP, with its entries.
    SourceActive,
    /// A message of IPFIX, without its sets.
    Ipfix,
    /// The same of `NetFlow` version 9.
    Netflow9,
    /// What a field of a record begins with.
    Section(SectionStart),
    /// A message of NHRP, up to what it quotes.
    Nhrp,
}

impl Report {
    const SPANS: usize = 3;

    /// The headers before the packet, in the order of their octets.
    pub fn spans(&self) -> impl Iterator<Item = Span> + Clone + use<> {
        self.spans.into_iter().flatten()
    }
}

/// A packet in a message, by places in the payload of the IP packet with that.
#[derive(Clone, Copy, Debug)]
struct Held {
    kind: TunnelKind,
    report: Report,
    /// Where it starts.
    start: usize,
    /// Where its octets end in the message, captured or not.
    end: usize,
    /// Its length when it was sent, as far as the message tells.
    on_wire: usize,
    link: LinkType,
}

impl Held {
    /// A packet with nothing of it cut away.
    fn whole(kind: TunnelKind, report: Report, octets: Range<usize>, link: LinkType) -> Self {
        Self {
            kind,
            report,
            start: octets.start,
            end: octets.end,
            on_wire: octets.len(),
            link,
        }
    }

    /// The way into the packet in `payload`.
    fn enter(self, payload: &[u8]) -> Option<Entered<'_>> {
        let bytes = payload.get(..self.end).unwrap_or(payload);
        let header = match self.link {
            linktype::IEEE802_11 => link::ieee802_11(bytes, self.start)?,
            link => link::dispatch(link, bytes, self.start).ok()?,
        };
        let on_wire = self.on_wire.max(self.end - self.start);
        Some(Entered {
            kind: self.kind,
            vlans: header.vlans,
            header: bytes.get(..header.offset).unwrap_or(bytes),
            inside: Position {
                network: header.network,
                rest: Rest {
                    bytes: tail(bytes, header.offset),
                    on_wire: (self.start + on_wire).saturating_sub(header.offset),
                    limit: Limit::Frame,
                },
            },
            report: Some(self.report),
        })
    }
}

/// Whether packets are looked for in the datagrams of this UDP port.
pub(super) const fn is_reporting_port(number: u16) -> bool {
    number == sflow::PORT || export::is_port(number)
}

/// TCP ports of protocols that report packets.
mod port {
    pub(super) const MSDP: u16 = 639;
    /// `OpenFlow`, before it was assigned a port.
    pub(super) const OPENFLOW_OLD: u16 = 6633;
    pub(super) const OPENFLOW: u16 = 6653;
}

const fn is_tcp_port(number: u16) -> bool {
    matches!(number, port::MSDP | port::OPENFLOW_OLD | port::OPENFLOW)
}

/// Whether packets are looked for in a segment of TCP, by either of its ports.
// Every segment asks; a call costs more.
#[inline(always)]
pub(in crate::wire) fn has_reporting_port(segment: &[u8]) -> bool {
    const HIGH_OF_MSDP: u8 = (port::MSDP >> 8) as u8;
    const HIGH_OF_OPENFLOW: u8 = (port::OPENFLOW >> 8) as u8;
    const { assert!(port::OPENFLOW >> 8 == port::OPENFLOW_OLD >> 8) };
    let Some(&[a, _, c, _]) = segment.first_chunk::<4>() else {
        return false;
    };
    // Nearly all are told by half of each port.
    let may_be = |high| matches!(high, HIGH_OF_MSDP | HIGH_OF_OPENFLOW);
    (may_be(a) || may_be(c)) && has_port(segment, is_tcp_port)
}

/// Whether either port is such a one.
#[cold]
fn has_port(transport: &[u8], is_one: fn(u16) -> bool) -> bool {
    array_at(transport, 0).is_some_and(|[a, b, c, d]| {
        is_one(u16::from_be_bytes([c, d])) || is_one(u16::from_be_bytes([a, b]))
    })
}

/// The packets in the messages that a packet carries.
enum Messages<'a> {
    Sflow(sflow::Samples<'a>),
    OpenFlow(openflow::Messages<'a>),
    Msdp(msdp::Messages<'a>),
    Nhrp(Option<Held>),
}

impl<'a> Messages<'a> {
    fn of(ip: &Ip<'a>) -> Option<Self> {
        const SHORTEST_TCP: usize = 20;
        if ip.is_later_fragment() {
            return None;
        }
        let payload = ip.payload;
        let has = |is_one| has_port(payload, is_one);
        match ip.protocol {
            protocol::UDP if has(|port| port == sflow::PORT) => {
                sflow::Samples::of(payload).map(Self::Sflow)
            }
            protocol::TCP if has_reporting_port(payload) => {
                let start = usize::from(u8_at(payload, 12)? >> 4) * 4;
                let end = usize::try_from(ip.payload_length).ok()?;
                if start < SHORTEST_TCP || ip.fragment.is_some() {
                    return None;
                }
                Some(if has(|port| port == port::MSDP) {
                    Self::Msdp(msdp::Messages::of(payload, start..end))
                } else {
                    Self::OpenFlow(openflow::Messages::of(payload, start..end, ip.src()))
                })
            }
            NHRP | protocol::GRE => nhrp::held(ip).map(|held| Self::Nhrp(Some(held))),
            _ => None,
        }
    }
}

impl Iterator for Messages<'_> {
    type Item = Held;

    fn next(&mut self) -> Option<Held> {
        match self {
            Self::Sflow(samples) => samples.next(),
            Self::OpenFlow(messages) => messages.next(),
            Self::Msdp(messages) => messages.next(),
            Self::Nhrp(held) => held.take(),
        }
    }
}

/// The way into this one of the packets that `ip` reports.
pub(super) fn enter<'a>(ip: &Ip<'a>, which: Reported) -> Option<Entered<'a>> {
    let Reported { number, section } = which;
    if let Some(section) = section {
        return export::held(ip, section)?.enter(ip.payload);
    }
    let before = usize::try_from(number.get() - 1).ok()?;
    Messages::of(ip)?.nth(before)?.enter(ip.payload)
}

/// The packets that a frame reports, each as the frame with its number. The first thousand: more there
/// are in hostile frames alone, and each is looked for from the start.
pub struct Reports<'a> {
    frame: Frame<'a>,
    ip: Ip<'a>,
    found: Found<'a>,
    number: u32,
}

/// The packets that are still to be told.
enum Found<'a> {
    Messages(Messages<'a>),
    Sections(std::vec::IntoIter<Section>),
}

impl<'a> Reports<'a> {
    const MOST: u32 = 1023;

    /// Those in `packet`, the innermost one of `frame`; none where it is a reported one itself. Templates
    /// that it brings are learnt.
    pub fn of(frame: &Frame<'a>, packet: &Packet<'a>, templates: &mut Templates) -> Option<Self> {
        if frame.reported().is_some() {
            return None;
        }
        Some(Self {
            frame: *frame,
            ip: packet.ip,
            found: Found::of(&packet.ip, templates)?,
            number: 0,
        })
    }
}

impl<'a> Found<'a> {
    fn of(ip: &Ip<'a>, templates: &mut Templates) -> Option<Self> {
        let is_export = ip.protocol == protocol::UDP
            && ip.fragment.is_none()
            && has_port(ip.payload, export::is_port);
        if is_export {
            let sections = templates.sections(ip)?;
            return Some(Self::Sections(sections.into_iter()));
        }
        Messages::of(ip).map(Self::Messages)
    }
}

impl<'a> Iterator for Reports<'a> {
    type Item = Frame<'a>;

    /// The next one that leads to an IP packet, or to a tunnel's header.
    fn next(&mut self) -> Option<Frame<'a>> {
        while self.number < Self::MOST {
            let (held, section) = match &mut self.found {
                Found::Messages(messages) => (messages.next()?, None),
                Found::Sections(sections) => {
                    let section = sections.next()?;
                    (export::held(&self.ip, section)?, Some(section))
                }
            };
            self.number += 1;
            let leads_on = held.enter(self.ip.payload).is_some();
            if let Some(number) = NonZeroU32::new(self.number).filter(|_| leads_on) {
                return Some(Frame {
                    part: Some(Part::Reported(Reported { number, section })),
                    ..self.frame
                });
            }
        }
        None
    }
}
