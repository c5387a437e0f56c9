//! MPEG-2 transport streams (ISO/IEC 13818-1 section 2.4.3): packets of 188 octets, each of a program
//! by its identifier (PID), in which units follow each other.
//!
//! What carries packets are sections of multiprotocol encapsulation (ETSI EN 301 192 section 7.1),
//! units of ULE (RFC 4326) and frames of DOCSIS (its physical layer, section 7). Nothing but tables
//! elsewhere would tell which programs have which, so that is told by the first octets of a unit.

use std::net::IpAddr;

use super::unit::{Begin, Carried, Plan, Unit};
use super::units::Units;
use super::{Point, Streams, ule};
use crate::model::{Frame, LinkType};
use crate::wire::bytes::{array_at, tail, u8_at, u16_at};
use crate::wire::ip::protocol;
use crate::wire::link::{self, Network, linktype};
use crate::wire::tunnel::outer_ports;
use crate::wire::{Packet, TunnelPath};

/// Octets of a packet of the stream.
const PACKET: usize = 188;
/// What it begins with.
pub(in crate::wire) const SYNC: u8 = 0x47;

/// What a stream goes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Via {
    /// The link alone.
    Link,
    /// Audio and video over Ethernet (IEEE 1722), by the identifier of the stream.
    Avtp(u64),
    /// UDP, by addresses and ports.
    Udp((IpAddr, IpAddr), (u16, u16)),
}

/// A program of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    point: Point,
    via: Via,
    pid: u16,
}

/// How far a program has been read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stream {
    /// The continuity counter of its last packet.
    counter: u8,
    kind: Kind,
    /// Whether there was a packet in it.
    has_packets: bool,
    /// The unit that is not over.
    unit: Option<Unit>,
}

/// What the units of a program are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Sections of tables.
    Section,
    /// ULE.
    Ule,
    /// DOCSIS.
    Docsis,
}

/// Packets of a stream, one behind the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run<'a> {
    octets: &'a [u8],
    /// Octets from the beginning of one to that of the next.
    step: usize,
    /// Octets before each.
    before: usize,
    /// How many there were on the wire.
    count: usize,
    via: Via,
    pub(super) depth: u8,
}

impl<'a> Run<'a> {
    /// Those in a frame that is not IP's.
    pub(super) fn in_frame(frame: &Frame<'a>) -> Option<Self> {
        if let Some((octets, on_wire)) = link::usb::data(frame) {
            return Self::over_link(octets, on_wire)
                .filter(|run| run.packets().all(|packet| packet.first() == Some(&SYNC)));
        }
        if frame.link == linktype::MPEG_2_TS {
            let on_wire = usize::try_from(frame.wire_len).unwrap_or(usize::MAX);
            return Self::over_link(frame.data, on_wire);
        }
        if let Some(inside) = link::frame_inside(frame) {
            return Self::in_frame(&inside);
        }
        match link::parse(frame).ok()? {
            header if header.network == Network::Other(AVTP) => {
                avtp(tail(frame.data, header.offset))
            }
            _ => None,
        }
    }

    fn over_link(octets: &'a [u8], on_wire: usize) -> Option<Self> {
        (u8_at(octets, 0)? == SYNC).then_some(Self {
            octets,
            step: PACKET,
            before: 0,
            count: on_wire.div_ceil(PACKET),
            via: Via::Link,
            depth: 0,
        })
    }

    /// Those in the datagram that `packet` is.
    pub(super) fn in_datagram(packet: &Packet<'a>) -> Option<Self> {
        let ip = &packet.ip;
        if ip.protocol != protocol::UDP
            || ip.fragment.is_some()
            || packet.tunnels.len() >= TunnelPath::CAPACITY
        {
            return None;
        }
        let (header, count) = datagram(ip.payload)?;
        Some(Self {
            octets: tail(ip.payload, header),
            step: PACKET,
            before: 0,
            count,
            via: Via::Udp((ip.src(), ip.dst()), outer_ports(ip)?),
            depth: u8::try_from(packet.tunnels.len() + 1).ok()?,
        })
    }

    /// Those of which anything was captured.
    fn packets(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let before = self.before;
        let packet = move |octets: &'a [u8]| {
            let octets = tail(octets, before);
            octets.get(..PACKET).unwrap_or(octets)
        };
        self.octets.chunks(self.step).take(self.count).map(packet)
    }
}

/// The EtherType of IEEE 1722.
const AVTP: u16 = 0x22f0;

/// Packets of a stream in IEEE 1722: the header, with the identifier of the stream and how long it is,
/// that of IEC 61883-1, and packets each behind a time (IEC 61883-4).
fn avtp(bytes: &[u8]) -> Option<Run<'_>> {
    const IEC_61883: u8 = 0;
    const STREAM: usize = 4;
    const LENGTH: usize = 20;
    const HEADER: usize = 24;
    const COMMON_HEADER: usize = 8;
    const FORMAT: usize = HEADER + 4;
    const MPEG_2: u8 = 0xa0;
    const TIME: usize = 4;
    let length = usize::from(u16_at(bytes, LENGTH)?);
    let is_stream = u8_at(bytes, 0)? == IEC_61883 && u8_at(bytes, FORMAT)? == MPEG_2;
    let octets = tail(bytes, HEADER + COMMON_HEADER);
    let on_wire = length.checked_sub(COMMON_HEADER).filter(|_| is_stream)?;
    (u8_at(octets, TIME)? == SYNC).then_some(Run {
        octets,
        step: TIME + PACKET,
        before: TIME,
        count: on_wire / (TIME + PACKET),
        via: Via::Avtp(array_at(bytes, STREAM).map(u64::from_be_bytes)?),
        depth: 0,
    })
}

/// Octets of the headers of UDP and, if it has one, RTP (RFC 2250 section 2, with no extension and of
/// one source) before the packets of a stream in a datagram, and how many there are: each begins with
/// the same octet.
fn datagram(datagram: &[u8]) -> Option<(usize, usize)> {
    const UDP: usize = 8;
    const RTP: usize = 12;
    const PLAIN: u8 = 0x80;
    const MPEG_2: u8 = 33;
    let [first, kind] = array_at(datagram, UDP)?;
    let header = match first {
        SYNC => UDP,
        PLAIN if kind & 0x7f == MPEG_2 => UDP + RTP,
        _ => return None,
    };
    let octets = usize::from(u16_at(datagram, 4)?).checked_sub(header)?;
    let mut begins = tail(datagram, header).iter().step_by(PACKET);
    let is_stream = octets > 0
        && octets % PACKET == 0
        && begins.len() > 0
        && begins.all(|first| *first == SYNC);
    is_stream.then_some((header, octets / PACKET))
}

/// Whether there are packets of a stream in a datagram, and octets before them.
pub(in crate::wire) fn is_in_datagram(octets: &[u8]) -> Option<usize> {
    datagram(octets).map(|(header, _)| header)
}

/// Reads what `run` holds of each of its programs.
pub(super) fn take(streams: &mut Streams, point: Point, run: &Run<'_>, into: &mut Units) {
    let is_cut = run.packets().count() < run.count
        || run.packets().last().is_some_and(|last| last.len() < PACKET);
    let headers = || run.packets().map(Header::of);
    for (n, header) in headers().enumerate() {
        let Some(Header { pid, .. }) = header else {
            continue;
        };
        // Each program is read by itself, or its parts would be apart.
        let is_first = !headers().take(n).flatten().any(|before| before.pid == pid);
        if !is_first {
            continue;
        }
        let place = Place {
            point,
            via: run.via,
            pid,
        };
        let mut stream = streams.transport.get(&place);
        for (header, packet) in headers().zip(run.packets()) {
            if let Some(header) = header.filter(|header| header.pid == pid) {
                stream = header.read(stream, packet, &mut streams.units, into);
            }
        }
        if is_cut
            && let Some(stream) = &mut stream
            && stream.unit.take().is_some()
        {
            into.cut();
        }
        match stream.filter(Stream::is_followed) {
            Some(stream) => streams.transport.set(place, stream),
            None => streams.transport.remove(&place),
        }
    }
}

/// The header of a packet.
#[derive(Clone, Copy, Debug)]
struct Header {
    pid: u16,
    /// A unit begins.
    begins: bool,
    counter: u8,
    /// Where the payload is, if there is any in the clear.
    payload: Option<usize>,
}

impl Header {
    fn of(packet: &[u8]) -> Option<Self> {
        const ERROR: u8 = 0x80;
        const BEGINS: u8 = 0x40;
        const SCRAMBLED: u8 = 0xc0;
        const ADAPTATION: u8 = 0x20;
        const PAYLOAD: u8 = 0x10;
        const HEADER: usize = 4;
        const NONE: u16 = 0x1fff;
        let [sync, high, low, control] = array_at(packet, 0)?;
        let pid = u16::from_be_bytes([high & 0x1f, low]);
        if sync != SYNC || high & ERROR != 0 || pid == NONE {
            return None;
        }
        let has_payload = control & PAYLOAD != 0 && control & SCRAMBLED == 0;
        let payload = if control & ADAPTATION == 0 {
            Some(HEADER)
        } else {
            u8_at(packet, HEADER).map(|octets| HEADER + 1 + usize::from(octets))
        };
        Some(Self {
            pid,
            begins: high & BEGINS != 0,
            counter: control & 0x0f,
            payload: payload.filter(|_| has_payload),
        })
    }

    /// Reads a packet of a program, and says how far that has been read then.
    fn read(
        self,
        stream: Option<Stream>,
        packet: &[u8],
        units: &mut u64,
        into: &mut Units,
    ) -> Option<Stream> {
        let Some(payload) = self.payload.map(|at| tail(packet, at)) else {
            return stream;
        };
        let (rest, begun) = match (self.begins, payload.split_first()) {
            (false, _) => (payload, None),
            // Where the first unit begins stands before all.
            (true, Some((at, octets))) => match octets.split_at_checked((*at).into()) {
                Some((rest, begun)) => (rest, Some(begun)),
                None => (octets, None),
            },
            (true, None) => return None,
        };
        let mut stream = stream;
        if let Some(stream) = &mut stream {
            let is_again = self.counter == stream.counter;
            if is_again && !self.begins {
                return Some(*stream);
            }
            if self.counter != (stream.counter + 1) & 0x0f {
                stream.unit = None;
            }
            stream.counter = self.counter;
            if !is_again {
                stream.go_on(rest, into);
            }
        }
        match begun {
            Some(octets) => Stream::begin(stream, self, octets, units, into),
            None => stream,
        }
    }
}

impl Stream {
    /// Whether anything may come of it.
    fn is_followed(&self) -> bool {
        self.has_packets || self.unit.is_some_and(|unit| unit.may_carry())
    }

    /// Reads on in the unit that is not over.
    fn go_on(&mut self, octets: &[u8], into: &mut Units) {
        let kind = self.kind;
        match &mut self.unit {
            Some(unit) => {
                let is_unit = (unit.take(octets, |head| kind.begin(head), into)).is_some();
                self.has_packets |= unit.carries();
                self.unit = self.unit.filter(|unit| is_unit && !unit.is_over());
            }
            None if self.has_packets && octets.iter().any(|octet| *octet != STUFFING) => {
                into.add_lost();
            }
            None => {}
        }
    }

    /// Reads the units that begin in a packet.
    fn begin(
        stream: Option<Self>,
        header: Header,
        octets: &[u8],
        units: &mut u64,
        into: &mut Units,
    ) -> Option<Self> {
        let mut stream = stream.unwrap_or(Self {
            counter: header.counter,
            kind: Kind::Section,
            has_packets: false,
            unit: None,
        });
        stream.unit = None;
        stream.kind = Kind::of(header.pid, stream.kind, octets)?;
        let kind = stream.kind;
        let mut rest = octets;
        while let Some(at) = rest.iter().position(|octet| *octet != STUFFING) {
            rest = tail(rest, at);
            *units += 1;
            let mut unit = Unit::new(*units);
            let Some(own) = unit.take(rest, |head| kind.begin(head), into) else {
                break;
            };
            stream.has_packets |= unit.carries();
            rest = tail(rest, own);
            if !unit.is_over() {
                stream.unit = Some(unit);
                break;
            }
        }
        Some(stream)
    }
}

/// What fills a packet, or stands before a unit.
const STUFFING: u8 = 0xff;

impl Kind {
    /// What the units of this program are, which begin with these octets; `None` where it is one of
    /// pictures or sound.
    fn of(pid: u16, known: Self, octets: &[u8]) -> Option<Self> {
        const DOCSIS: u16 = 0x1ffe;
        const ELEMENTARY: [u8; 3] = [0, 0, 1];
        if pid == DOCSIS {
            Some(Self::Docsis)
        } else if octets.starts_with(&ELEMENTARY) {
            None
        } else if known == Self::Ule || ule::is_certain(octets) {
            Some(Self::Ule)
        } else {
            Some(Self::Section)
        }
    }

    fn begin(self, head: &[u8]) -> Begin {
        match self {
            Self::Section => section(head),
            Self::Ule => ule::begin(head),
            Self::Docsis => docsis(head),
        }
    }
}

/// A section (ISO/IEC 13818-1 section 2.4.4.10), perhaps of multiprotocol encapsulation (ETSI EN 301 192
/// section 7.1): scrambled ones are not read, and of a datagram in several the first.
fn section(head: &[u8]) -> Begin {
    const DATAGRAM: u8 = 0x3e;
    const FIXED: usize = 3;
    const HEADER: usize = 12;
    const CHECK: usize = 4;
    const SCRAMBLED: u8 = 0x3c;
    const LLC: u8 = 0x02;
    let Some([table, high, low]) = array_at(head, 0) else {
        return Begin::Open;
    };
    let total = FIXED + usize::from(u16::from_be_bytes([high & 0x0f, low]));
    if table != DATAGRAM {
        return Begin::Unit(Plan::skipped(total));
    }
    let Some([flags, number]) = array_at(head, FIXED + 2) else {
        return Begin::Open;
    };
    let octets = total.checked_sub(HEADER + CHECK);
    let Some(octets) = octets.filter(|_| flags & SCRAMBLED == 0 && number == 0) else {
        return Begin::Unit(Plan::skipped(total));
    };
    let link = if flags & LLC == 0 {
        linktype::RAW
    } else {
        linktype::ATM_RFC1483
    };
    carried(HEADER, octets, CHECK, link)
}

/// A frame of DOCSIS (MULPI section 6.2): control, parameter, and the octets behind the header, or else
/// which service asks for room to send.
fn docsis(head: &[u8]) -> Begin {
    const HEADER: usize = 6;
    const KIND: u8 = 0xc0;
    const PACKETS: u8 = 0x00;
    const EXTENDED: u8 = 0x01;
    const REQUESTS: [u8; 2] = [0xc4, 0xc8];
    let Some([control, _, high, low]) = array_at(head, 0) else {
        return Begin::Open;
    };
    let octets = usize::from(u16::from_be_bytes([high, low]));
    if REQUESTS.contains(&(control & !EXTENDED)) {
        return Begin::Unit(Plan::skipped(HEADER));
    }
    if control & KIND == PACKETS {
        carried(0, HEADER + octets, 0, linktype::DOCSIS)
    } else {
        Begin::Unit(Plan::skipped(HEADER + octets))
    }
}

fn carried(before: usize, octets: usize, behind: usize, link: LinkType) -> Begin {
    Begin::Unit(Plan {
        before,
        octets,
        behind,
        carries: Some(Carried::alone(link)),
    })
}
