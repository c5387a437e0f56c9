//! Packets that are data of another protocol: it tells of them and does not carry them anywhere. They
//! were sent elsewhere, or before, and may be on this wire as well.

mod export;
pub(super) mod kismet;
pub(super) mod msdp;
mod nhrp;
pub(super) mod openflow;
pub(super) mod rpcap;
mod sflow;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::ops::Range;

use super::position::{Entered, Position, Rest};
use super::{TunnelKind, tcp};
use crate::model::frame::{Place, Section, SectionStart};
use crate::model::{Frame, LinkType, Part};
use crate::wire::bytes::array_at;
use crate::wire::defect::Limit;
use crate::wire::ip::{Ip, protocol};
use crate::wire::link::{self, linktype};
use crate::wire::{IpVersion, Packet};
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
    /// A frame that another machine captured and sends on.
    RemoteCapture,
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
    /// A frame that a drone of Kismet heard, with what it tells of that.
    Kismet {
        /// The frame's link type.
        link: LinkType,
    },
    /// A frame that a machine captured for another (RPCAP).
    Rpcap {
        /// The frame's link type.
        link: LinkType,
    },
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
pub(super) struct Held {
    kind: TunnelKind,
    /// What is told of it, if it is no more than that.
    report: Option<Report>,
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
            report: Some(report),
            start: octets.start,
            end: octets.end,
            on_wire: octets.len(),
            link,
        }
    }

    /// The way into the packet in `payload`.
    pub(super) fn enter(self, payload: &[u8]) -> Option<Entered<'_>> {
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
            frame: header.frame_in(bytes),
            inside: Position {
                network: header.network,
                rest: Rest {
                    bytes,
                    on_wire: self.start + on_wire,
                    limit: Limit::Frame,
                }
                .inside(&header),
            },
            report: self.report,
        })
    }
}

/// Whether packets are looked for in the datagrams of this UDP port.
pub(super) const fn is_reporting_port(number: u16) -> bool {
    number == sflow::PORT || export::is_port(number)
}

/// Whether either port is such a one.
#[cold]
fn has_port(transport: &[u8], is_one: fn(u16) -> bool) -> bool {
    array_at(transport, 0).is_some_and(|[a, b, c, d]| {
        is_one(u16::from_be_bytes([c, d])) || is_one(u16::from_be_bytes([a, b]))
    })
}

/// The packets in the messages of a packet.
enum Messages<'a> {
    Sflow(sflow::Samples<'a>),
    Nhrp(Option<Held>),
}

impl<'a> Messages<'a> {
    fn of(ip: &Ip<'a>) -> Option<Self> {
        if ip.is_later_fragment() {
            return None;
        }
        let payload = ip.payload;
        match ip.protocol {
            protocol::UDP if has_port(payload, |port| port == sflow::PORT) => {
                sflow::Samples::of(payload).map(Self::Sflow)
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
            Self::Nhrp(held) => held.take(),
        }
    }
}

/// The way into this one of the packets that `ip` reports, or carries in messages.
pub(super) fn enter<'a>(ip: &Ip<'a>, which: Place) -> Option<Entered<'a>> {
    let Place { number, section } = which;
    let held = match section {
        Some(section) if section.begins == SectionStart::Message => return tcp::enter(ip, section),
        Some(section) => held_at(ip, section),
        None if ip.protocol == protocol::TCP => tcp::first_reported(ip),
        None => Messages::of(ip)?.nth(usize::try_from(number.get() - 1).ok()?),
    };
    held?.enter(ip.payload)
}

/// The packet in this section.
fn held_at(ip: &Ip<'_>, section: Section) -> Option<Held> {
    match section.begins {
        SectionStart::Captured(link) => rpcap::held(ip.payload, section.range(), ip.src(), link),
        _ => export::held(ip, section),
    }
}

/// What was learnt of messages that are to come.
#[derive(Debug, Default)]
pub struct Known {
    /// What flow records look like.
    templates: export::Templates,
    /// Which machines capture for others.
    pub(super) captures: rpcap::RemoteCaptures,
}

/// The packets that a packet reports, each as the frame with its number. The first thousand: more there
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
    /// that it brings become known.
    pub fn of(frame: &Frame<'a>, packet: &Packet<'a>, known: &mut Known) -> Option<Self> {
        if frame.place().is_some() {
            return None;
        }
        Some(Self {
            frame: *frame,
            ip: packet.ip,
            found: Found::of(&packet.ip, known)?,
            number: 0,
        })
    }
}

impl<'a> Found<'a> {
    fn of(ip: &Ip<'a>, known: &mut Known) -> Option<Self> {
        let is_export = ip.protocol == protocol::UDP
            && ip.fragment.is_none()
            && has_port(ip.payload, export::is_port);
        if is_export {
            let sections = known.templates.sections(ip)?;
            return Some(Self::Sections(sections.into_iter()));
        }
        if let Some(message) = known.captures.in_datagram(ip) {
            return Some(Self::Sections(vec![message].into_iter()));
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
                    (held_at(&self.ip, section)?, Some(section))
                }
            };
            self.number += 1;
            let leads_on = held.enter(self.ip.payload).is_some();
            if let Some(number) = NonZeroU32::new(self.number).filter(|_| leads_on) {
                return Some(Frame {
                    part: Some(Part::Reported(Place { number, section })),
                    ..self.frame
                });
            }
        }
        None
    }
}
