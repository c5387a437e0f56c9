//! `OpenFlow`: a switch hands packets that it knows no rule for to its controller, which has it send
//! others.

use std::net::IpAddr;
use std::ops::Range;

use super::super::tcp::Start;
use super::{Held, Output, Report, ReportHeader, ReportMessage, Span, TunnelKind};
use crate::wire::bytes::{array_at, u8_at, u16_at, u32_at};
use crate::wire::link::linktype;

/// Versions on the wire.
const V1_0: u8 = 1;
const V1_1: u8 = 2;
const V1_2: u8 = 3;
const V1_5: u8 = 6;

const PACKET_IN: u8 = 10;
const PACKET_OUT: u8 = 13;

/// What the octets that a message begins with tell of it.
pub(in crate::wire::tunnel) fn start(octets: &[u8]) -> Start {
    const HEADER: usize = 8;
    /// A controller's status, of version 1.5.
    const LAST_TYPE: u8 = 35;
    let is_version = |version: u8| (V1_0..=V1_5).contains(&version);
    let (Some(kind), Some(length)) = (u8_at(octets, 1), u16_at(octets, 2)) else {
        return match u8_at(octets, 0) {
            Some(version) if !is_version(version) => Start::None,
            _ => Start::Short(4),
        };
    };
    match (kind, usize::from(length)) {
        _ if !u8_at(octets, 0).is_some_and(is_version) => Start::None,
        (_, ..HEADER) => Start::None,
        (kind, _) if kind > LAST_TYPE => Start::None,
        (PACKET_IN | PACKET_OUT, length) => Start::Holds(length),
        (_, length) => Start::Other(length),
    }
}

/// The packet in the message that lies there, from this sender.
pub(in crate::wire::tunnel) fn held(
    bytes: &[u8],
    message: Range<usize>,
    sender: IpAddr,
) -> Option<Held> {
    let Range { start: at, end } = message;
    let message = Message { bytes, sender };
    let version = u8_at(bytes, at)?;
    let layout = match u8_at(bytes, at + 1)? {
        PACKET_IN => message.packet_in(at, version),
        PACKET_OUT => message.packet_out(at, version),
        _ => None,
    };
    let layout = layout.filter(|layout| layout.data < end)?;
    let held = Held::whole(
        TunnelKind::OpenFlow,
        layout.report,
        layout.data..end,
        linktype::ETHERNET,
    );
    Some(Held {
        on_wire: layout.on_wire.map_or(held.on_wire, usize::from),
        ..held
    })
}

/// A message in a segment.
struct Message<'a> {
    /// The segment, TCP's header included.
    bytes: &'a [u8],
    sender: IpAddr,
}

/// Where things are in a message.
struct Layout {
    report: Report,
    /// Where the packet starts.
    data: usize,
    /// The packet's length, where the message tells it.
    on_wire: Option<u16>,
}

impl Message<'_> {
    fn report(&self, message: ReportMessage, spans: [Option<Span>; Report::SPANS]) -> Report {
        Report {
            message,
            by: self.sender,
            sampling_rate: None,
            input: None,
            output: None,
            spans,
        }
    }

    /// A packet from a switch.
    fn packet_in(&self, at: usize, version: u8) -> Option<Layout> {
        let header = |octets| Span {
            header: ReportHeader::PacketIn { version },
            at,
            octets,
        };
        let of = |headers| self.report(ReportMessage::PacketIn, headers);
        Some(match version {
            V1_0 => Layout {
                report: Report {
                    input: Some(port_16(u16_at(self.bytes, at + 14)?)),
                    ..of([Some(header(18)), None, None])
                },
                data: at + 18,
                on_wire: u16_at(self.bytes, at + 12),
            },
            V1_1 => Layout {
                report: Report {
                    input: u32_at(self.bytes, at + 12),
                    ..of([Some(header(24)), None, None])
                },
                data: at + 24,
                on_wire: u16_at(self.bytes, at + 20),
            },
            _ => {
                let matched = at + if version == V1_2 { 16 } else { 24 };
                let behind = self.behind_match(matched)?;
                let span = Span {
                    header: ReportHeader::OpenFlowMatch,
                    at: matched,
                    octets: behind + 2 - matched,
                };
                Layout {
                    report: Report {
                        input: self.port_matched(matched),
                        ..of([Some(header(matched - at)), Some(span), None])
                    },
                    data: behind + 2,
                    on_wire: u16_at(self.bytes, at + 12),
                }
            }
        })
    }

    /// A packet for a switch to send, also where the switch is told to take one that it has kept.
    fn packet_out(&self, at: usize, version: u8) -> Option<Layout> {
        let (input, matched, actions_at) = match version {
            V1_0 => (u16_at(self.bytes, at + 12).map(port_16), None, at + 16),
            V1_5 => {
                let matched = at + 16;
                let behind = self.behind_match(matched)?;
                (self.port_matched(matched), Some(matched), behind)
            }
            _ => (u32_at(self.bytes, at + 12), None, at + 24),
        };
        let length_at = match version {
            V1_0 => at + 14,
            V1_5 => at + 12,
            _ => at + 16,
        };
        let actions = usize::from(u16_at(self.bytes, length_at)?);
        let data = actions_at + actions;
        let header = Span {
            header: ReportHeader::PacketOut { version },
            at,
            octets: matched.unwrap_or(actions_at) - at,
        };
        let matched = matched.map(|start| Span {
            header: ReportHeader::OpenFlowMatch,
            at: start,
            octets: actions_at - start,
        });
        let acted = (actions > 0).then_some(Span {
            header: ReportHeader::OpenFlowActions,
            at: actions_at,
            octets: actions,
        });
        Some(Layout {
            report: Report {
                input,
                output: self.output(version, actions_at..data),
                ..self.report(
                    ReportMessage::PacketOut,
                    [Some(header), matched.or(acted), matched.and(acted)],
                )
            },
            data,
            on_wire: None,
        })
    }

    /// Where the match at `at` ends, with its padding.
    fn behind_match(&self, at: usize) -> Option<usize> {
        let length = usize::from(u16_at(self.bytes, at + 2)?);
        (length >= 4).then(|| at + length.next_multiple_of(8))
    }

    /// The port in a match of extensible fields, if that is their first: it comes first by the rules
    /// of all that depend on it.
    fn port_matched(&self, at: usize) -> Option<u32> {
        const EXTENSIBLE: [u8; 2] = [0, 1];
        const IN_PORT: [u8; 4] = [0x80, 0x00, 0x00, 0x04];
        let is_port = array_at(self.bytes, at)? == EXTENSIBLE
            && array_at(self.bytes, at + 4)? == IN_PORT
            && u16_at(self.bytes, at + 2)? >= 12;
        is_port.then(|| u32_at(self.bytes, at + 8)).flatten()
    }

    /// Where the first action to send it sends it.
    fn output(&self, version: u8, actions: Range<usize>) -> Option<Output> {
        const OUTPUT: u16 = 0;
        let mut at = actions.start;
        while at < actions.end {
            let [kind, length] = [0, 2].map(|field| u16_at(self.bytes, at + field));
            if kind? == OUTPUT {
                return Some(Output::Port(match version {
                    V1_0 => port_16(u16_at(self.bytes, at + 4)?),
                    _ => u32_at(self.bytes, at + 4)?,
                }));
            }
            at += usize::from(length?).max(4);
        }
        None
    }
}

/// A port of version 1.0 by the numbers of later ones, whose reserved ports are the same in 32 bits.
const fn port_16(port: u16) -> u32 {
    const FIRST_RESERVED: u16 = 0xff00;
    if port < FIRST_RESERVED {
        port as u32
    } else {
        0xffff_0000 | port as u32
    }
}
