//! Packets in the messages of TCP streams: those that a protocol carries or reports in messages of its
//! own, of which one may begin in a segment and end in a later one, and several be in one.
//!
//! A stream is cut into messages in the order of its octets, for known ports alone, and within a fixed
//! amount of memory. A message that a segment holds whole is read where it lies; one that several
//! hold is put into a segment of its own.

mod carriers;
mod stretch;
mod table;
#[cfg(test)]
mod tests;

use std::ops::Range;

use super::position::{Entered, Position, Rest};
use super::report::{self, Held, Known, kismet, msdp, openflow, rpcap};
use super::{Packet, TunnelKind, x25};
use crate::model::frame::{Place, Section, SectionStart};
use crate::model::{Expanded, Form, Frame, FrameRef, Part};
use crate::wire::bytes::{array_at, tail, u8_at, u32_at};
use crate::wire::defect::Limit;
use crate::wire::ip::{Ip, protocol, unfragmented};
use crate::wire::link::{LinkHeader, Network};
use crate::wire::tcp::SYN;
use carriers::Inside;
use stretch::{Cut, Data};
use table::{Came, Key, Table};

/// A protocol whose messages may hold packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    OpenFlow,
    Msdp,
    Kismet,
    Rpcap,
    Fcip,
    Ifcp,
    Gtp,
    Scop,
    EtherCat,
    Xot,
}

/// What the octets that a message begins with tell of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// Too little: so many are needed.
    Short(usize),
    /// It has so many octets, and may hold a packet.
    Holds(usize),
    /// It has so many, and holds none.
    Other(usize),
    /// No message begins so.
    None,
}

/// What becomes of the packet in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// It travels there.
    Carried,
    /// It is told of.
    Reported,
}

/// TCP ports.
mod port {
    pub(super) const MSDP: u16 = 639;
    /// `OpenFlow`, before it was assigned a port.
    pub(super) const OPENFLOW_OLD: u16 = 6633;
    pub(super) const OPENFLOW: u16 = 6653;
    pub(super) const GTP_C: u16 = 2123;
    pub(super) const GTP_U: u16 = 2152;
    pub(super) const GTP_0: u16 = 3386;
    pub(super) const KISMET: u16 = 2502;
    pub(super) const FCIP: u16 = 3225; // RFC 3821 section 8
    pub(super) const IFCP: u16 = 3420; // RFC 4172 section 4.1
    pub(super) const SCOP: u16 = 17755;
    pub(super) const SCOP_SECURED: u16 = 17756;
    pub(super) const ETHERCAT: u16 = 34980; // IEC 61158-4-12
}

impl Protocol {
    /// The longest message that is put together: as much as an IP packet holds.
    const LONGEST: usize = 65_000;

    /// That of a port.
    const fn of_port(number: u16) -> Option<Self> {
        Some(match number {
            port::MSDP => Self::Msdp,
            port::OPENFLOW | port::OPENFLOW_OLD => Self::OpenFlow,
            port::GTP_C | port::GTP_U | port::GTP_0 => Self::Gtp,
            port::KISMET => Self::Kismet,
            rpcap::PORT | rpcap::PORT_ACTIVE => Self::Rpcap,
            port::FCIP => Self::Fcip,
            port::IFCP => Self::Ifcp,
            port::SCOP | port::SCOP_SECURED => Self::Scop,
            port::ETHERCAT => Self::EtherCat,
            x25::XOT_PORT => Self::Xot,
            _ => return None,
        })
    }

    /// That of a segment, by either of its ports.
    fn of(segment: &[u8]) -> Option<Self> {
        let [a, b, c, d] = array_at(segment, 0)?;
        Self::of_port(u16::from_be_bytes([c, d])).or(Self::of_port(u16::from_be_bytes([a, b])))
    }

    const fn manner(self) -> Manner {
        match self {
            Self::OpenFlow | Self::Msdp | Self::Kismet | Self::Rpcap => Manner::Reported,
            Self::Fcip | Self::Ifcp | Self::Gtp | Self::Scop | Self::EtherCat | Self::Xot => {
                Manner::Carried
            }
        }
    }

    /// What a message that begins so is: where it tells its length, at least an octet more than it
    /// takes to tell that.
    fn start(self, octets: &[u8]) -> Start {
        let start = match self {
            Self::OpenFlow => openflow::start(octets),
            Self::Msdp => msdp::start(octets),
            Self::Kismet => kismet::start(octets),
            Self::Rpcap => rpcap::start(octets),
            Self::Fcip => carriers::fibre_channel_start(octets, carriers::FCIP),
            Self::Ifcp => carriers::fibre_channel_start(octets, carriers::IFCP),
            Self::Gtp => carriers::gtp_start(octets),
            Self::Scop => carriers::scop_start(octets),
            Self::EtherCat => carriers::ethercat_start(octets),
            Self::Xot => x25::xot_start(octets),
        };
        match start {
            Start::Holds(0) | Start::Other(0) => Start::None,
            Start::Short(needed) if needed <= octets.len() => Start::None,
            start => start,
        }
    }

    /// The packet that the message reports which lies there in the payload of `ip`.
    fn held(self, ip: &Ip<'_>, message: Range<usize>) -> Option<Held> {
        match self {
            Self::OpenFlow => openflow::held(ip.payload, message, ip.src()),
            Self::Msdp => msdp::held(ip.payload, message),
            Self::Kismet => kismet::held(ip.payload, message, ip.src()),
            // What link a frame of RPCAP is of another message tells.
            Self::Rpcap
            | Self::Fcip
            | Self::Ifcp
            | Self::Gtp
            | Self::Scop
            | Self::EtherCat
            | Self::Xot => None,
        }
    }

    /// What the packet is in that travels in a message of so many octets, and where; of others than
    /// packets nothing is told.
    fn carried(self, message: &[u8], on_wire: usize) -> Option<Inside> {
        let inside = match self {
            Self::Fcip => carriers::fibre_channel(message, on_wire, TunnelKind::Fcip),
            Self::Ifcp => carriers::fibre_channel(message, on_wire, TunnelKind::Ifcp),
            Self::Gtp => carriers::gtp(message),
            Self::Scop => carriers::scop(message),
            Self::EtherCat => carriers::ethercat(message),
            Self::Xot => x25::xot(message),
            Self::OpenFlow | Self::Msdp | Self::Kismet | Self::Rpcap => None,
        };
        inside.filter(|(_, inside)| !matches!(inside.network, Network::Other(_)))
    }

    /// Octets behind the packet in such a message.
    const fn behind_packet(self) -> usize {
        match self {
            Self::Fcip | Self::Ifcp => carriers::BEHIND_FIBRE_CHANNEL,
            _ => 0,
        }
    }
}

/// By the higher half of a port, whether there may be messages.
static HIGHER_HALVES: [bool; 256] = {
    let mut halves = [false; 256];
    let mut number: u16 = 0;
    loop {
        if Protocol::of_port(number).is_some() {
            halves[(number >> 8) as usize] = true;
        }
        if number == u16::MAX {
            break halves;
        }
        number += 1;
    }
};

/// Whether packets are looked for in a segment of TCP, by either of its ports.
#[expect(
    clippy::inline_always,
    reason = "every segment asks; a call costs more"
)]
#[inline(always)]
pub(in crate::wire) fn has_port(segment: &[u8]) -> bool {
    let Some(&[a, _, c, _]) = segment.first_chunk::<4>() else {
        return false;
    };
    // Nearly all are told by half of each port.
    let may_be = |high: u8| HIGHER_HALVES[usize::from(high)];
    (may_be(a) | may_be(c)) && is_one(segment)
}

#[cold]
fn is_one(segment: &[u8]) -> bool {
    Protocol::of(segment).is_some()
}

/// A segment of TCP (RFC 9293 section 3.1).
#[derive(Clone, Copy)]
struct Segment<'a> {
    protocol: Protocol,
    /// What its messages begin with.
    begins: SectionStart,
    /// Sequence number of its first octet of data.
    sequence: u32,
    /// Whether it begins a connection.
    is_first: bool,
    /// Where its data start.
    start: usize,
    data: Data<'a>,
}

impl<'a> Segment<'a> {
    /// That in `ip`, if messages are looked for in it.
    fn of(ip: &Ip<'a>, frame: FrameRef, known: &Known) -> Option<Self> {
        const SHORTEST: usize = 20;
        if ip.protocol != protocol::TCP || ip.fragment.is_some() {
            return None;
        }
        let (protocol, begins) = match known.captures.link_in(ip) {
            Some(link) => (Protocol::Rpcap, SectionStart::Captured(link)),
            None => (Protocol::of(ip.payload)?, SectionStart::Message),
        };
        let [offset, flags] = array_at(ip.payload, 12)?;
        let start = usize::from(offset >> 4) * 4;
        let end = usize::try_from(ip.payload_length).ok()?;
        let on_wire = end.checked_sub(start).filter(|_| start >= SHORTEST)?;
        // The number of what begins a connection comes first.
        let is_first = flags & SYN != 0;
        Some(Self {
            protocol,
            begins,
            sequence: u32_at(ip.payload, 4)?.wrapping_add(is_first.into()),
            is_first,
            start,
            data: Data {
                captured: ip.payload.get(start..).unwrap_or_default(),
                on_wire,
                frame,
            },
        })
    }

    /// What was captured of a message.
    fn octets_of<'c>(&'c self, cut: &'c Cut) -> &'c [u8] {
        match cut {
            Cut::Made { octets, .. } => octets,
            Cut::Here { at, octets } => self.data.behind(*at).up_to(*octets).captured,
        }
    }
}

/// A message that is whole with a segment, and leads to a packet.
#[derive(Debug)]
pub struct Message {
    manner: Manner,
    place: Place,
    /// It in a segment of its own, where it has none; and the frames that its octets came in, where
    /// those are several.
    pub made: Option<(Box<Expanded>, Vec<FrameRef>)>,
}

impl Message {
    /// `frame`, in which its segment was, to be read as what it is about.
    pub fn frame<'a>(&'a self, frame: &Frame<'a>) -> Frame<'a> {
        let made = self.made.as_ref().map(|(made, _)| &**made);
        Frame {
            part: Some(match self.manner {
                Manner::Carried => Part::Carried(self.place),
                Manner::Reported => Part::Reported(self.place),
            }),
            expanded: made.or(frame.expanded),
            ..*frame
        }
    }

    /// Whether its packet travels in it, and is not told of only.
    pub fn is_carried(&self) -> bool {
        self.manner == Manner::Carried
    }
}

/// The streams that messages are looked for in.
#[derive(Debug, Default)]
pub struct TcpStreams {
    table: Table,
}

impl TcpStreams {
    /// Takes the segment in `packet`, the innermost one of `frame`, and tells the messages that are
    /// whole with it and lead to packets: the first thousand. `None` where it is no such segment, or
    /// in a message itself.
    pub fn take(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        known: &mut Known,
    ) -> Option<Vec<Message>> {
        /// As many as a reference to a frame tells apart.
        const MOST: usize = 1023;
        if frame.place().is_some() {
            return None;
        }
        let ip = &packet.ip;
        let segment = Segment::of(ip, frame.reference(), known)?;
        let came = Came {
            key: Key::of(frame, packet, self.table.hash_tunnels(packet.tunnels)),
            at: frame.ts,
        };
        let cuts = self.table.take(&came, &segment);
        if segment.protocol == Protocol::Rpcap {
            for cut in &cuts {
                known.captures.learn(ip, segment.octets_of(cut));
            }
        }
        let messages = (1..).zip(cuts).take(MOST);
        Some(
            messages
                .filter_map(|(number, cut)| message(&segment, frame, packet, number, cut))
                .collect(),
        )
    }

    /// How many messages that may hold packets lack octets, as far as is known by now.
    pub fn incomplete(&self) -> u64 {
        self.table.incomplete()
    }

    /// Octets in use.
    pub fn memory(&self) -> usize {
        self.table.memory()
    }
}

/// The message of this number that was cut out, if it leads to a packet.
fn message(
    segment: &Segment<'_>,
    frame: &Frame<'_>,
    packet: &Packet<'_>,
    number: u32,
    cut: Cut,
) -> Option<Message> {
    let Segment {
        protocol,
        begins,
        start,
        ..
    } = *segment;
    let manner = protocol.manner();
    let ip = &packet.ip;
    let place = |at: usize, octets: usize| {
        Some(Place {
            number: number.try_into().ok()?,
            section: Some(Section {
                at: at.try_into().ok()?,
                octets: octets.try_into().ok()?,
                begins,
            }),
        })
    };
    let alone = |octets: &[u8], on_wire: usize, frames| {
        let header = ip.payload.get(..start)?;
        let mut part = [header, octets].concat();
        let captured = ip.header.len() + part.len();
        part.resize(start + on_wire, 0);
        let mut made = Expanded::default();
        unfragmented(ip.version, (ip.header, None), &part, &mut made.octets);
        made.set_wire_len(made.octets.len());
        made.octets.truncate(captured);
        made.form = Form::Message;
        made.depth = u8::try_from(packet.tunnels.len()).ok()?;
        made.around = frame.expanded.cloned().map(Box::new);
        Some(Message {
            manner,
            place: place(start, on_wire)?,
            made: Some((Box::new(made), frames)),
        })
    };
    if manner == Manner::Carried {
        let octets = segment.octets_of(&cut);
        let on_wire = match &cut {
            Cut::Made { octets, .. } => octets.len(),
            Cut::Here { octets, .. } => *octets,
        };
        protocol.carried(octets, on_wire)?;
        return match cut {
            Cut::Here { at: 0, .. } => Some(Message {
                manner,
                place: place(start, on_wire)?,
                made: None,
            }),
            // What is before it in the segment is no header of its own.
            Cut::Here { .. } => alone(octets, on_wire, Vec::new()),
            Cut::Made { ref octets, frames } => alone(octets, on_wire, frames),
        };
    }
    let message = match cut {
        Cut::Made { octets, frames } => alone(&octets, octets.len(), frames)?,
        Cut::Here { at, octets } => Message {
            manner,
            place: place(start + at, octets)?,
            made: None,
        },
    };
    let made = message.made.as_ref().map(|(made, _)| Position::made(made));
    let ip = &made.map_or(Some(*ip), |made| made.rest.ip().ok())?;
    report::enter(ip, message.place)?;
    Some(message)
}

/// The message that this section of the payload of `ip` is.
pub(super) fn octets_of<'a>(ip: &Ip<'a>, section: Section) -> &'a [u8] {
    let Range { start, end } = section.range();
    tail(ip.payload.get(..end).unwrap_or(ip.payload), start)
}

/// The way into the packet in the message that this section of the payload of `ip` is.
pub(super) fn enter<'a>(ip: &Ip<'a>, section: Section) -> Option<Entered<'a>> {
    let protocol = Protocol::of(ip.payload)?;
    let Range { start, end } = section.range();
    if protocol.manner() == Manner::Reported {
        let held = protocol.held(ip, start..end)?;
        return held.enter(ip.payload);
    }
    let (kind, inside) = protocol.carried(octets_of(ip, section), end - start)?;
    let header = LinkHeader {
        offset: start + inside.offset,
        ..inside
    };
    let on_wire = end.checked_sub(protocol.behind_packet())?;
    let rest = Rest {
        bytes: ip.payload.get(..on_wire).unwrap_or(ip.payload),
        on_wire,
        limit: Limit::Frame,
    };
    Some(Entered::new(kind, &header, rest))
}

/// Whether a message begins in a segment that tells of frames to come, by ports that it tells.
#[cold]
pub(in crate::wire) fn tells_of_captures(segment: &[u8]) -> bool {
    let data = || Some(tail(segment, usize::from(u8_at(segment, 12)? >> 4) * 4));
    Protocol::of(segment) == Some(Protocol::Rpcap)
        && data().is_some_and(|data| matches!(rpcap::start(data), Start::Holds(_)))
}

/// The packet in the first message of a segment that reports one.
pub(super) fn first_reported(ip: &Ip<'_>) -> Option<Held> {
    let segment = Segment::of(
        ip,
        FrameRef::new(crate::model::SourceId(0), 0),
        &Known::default(),
    )?;
    let Segment {
        protocol,
        start,
        data,
        ..
    } = segment;
    let mut at = 0;
    while protocol.manner() == Manner::Reported && at < data.on_wire {
        let octets = match protocol.start(data.behind(at).captured) {
            Start::Other(octets) => octets,
            Start::Holds(octets) if octets <= data.on_wire - at => {
                let message = start + at..start + at + octets;
                if let Some(held) = protocol.held(ip, message) {
                    return Some(held);
                }
                octets
            }
            Start::Short(_) | Start::Holds(_) | Start::None => return None,
        };
        at += octets;
    }
    None
}
