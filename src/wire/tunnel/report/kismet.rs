//! Kismet: a drone sends its server the frames that it hears. There is no public specification but the
//! programs, and Wireshark's dissector.

use std::net::IpAddr;
use std::ops::Range;

use super::super::tcp::Start;
use super::{Held, Report, ReportHeader, ReportMessage, Span, TunnelKind};
use crate::model::LinkType;
use crate::wire::bytes::{u16_at, u32_at};

/// Octets of the header: how each begins, command, length of what follows.
const HEADER: usize = 12;
const CAPTURED_PACKET: u32 = 3;

/// What the octets that a message begins with tell of it.
pub(in crate::wire::tunnel) fn start(octets: &[u8]) -> Start {
    const BEGINS: [u8; 4] = [0xde, 0xad, 0xbe, 0xef];
    let known = octets.get(..BEGINS.len()).unwrap_or(octets);
    if !BEGINS.starts_with(known) {
        return Start::None;
    }
    let (Some(command), Some(length)) = (u32_at(octets, 4), u32_at(octets, 8)) else {
        return Start::Short(HEADER);
    };
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let length = length.saturating_add(HEADER);
    match command {
        CAPTURED_PACKET => Start::Holds(length),
        _ => Start::Other(length),
    }
}

/// The frame in the message that lies there, from this drone: behind what the drone tells of the radio,
/// of its place, and of the frame itself.
pub(in crate::wire::tunnel) fn held(
    bytes: &[u8],
    message: Range<usize>,
    drone: IpAddr,
) -> Option<Held> {
    const FRAME: u32 = 1 << 31;
    const CHECK_SEQUENCE: u32 = 1 << 2;
    const PLACE: u32 = 1 << 1;
    const RADIO: u32 = 1;
    let Range { start: at, end } = message;
    if u32_at(bytes, at + 4)? != CAPTURED_PACKET {
        return None;
    }
    let parts = u32_at(bytes, at + HEADER)?;
    let mut place = at + HEADER + 8;
    if parts & CHECK_SEQUENCE != 0 {
        place += 4;
    }
    for part in [RADIO, PLACE] {
        if parts & part != 0 {
            place += usize::from(u16_at(bytes, place)?);
        }
    }
    if parts & FRAME == 0 {
        return None;
    }
    let told = About::parse(bytes, place)?;
    let octets = told.end - at;
    let report = Report {
        message: ReportMessage::RemoteCapture,
        by: drone,
        sampling_rate: None,
        input: None,
        output: None,
        spans: [
            Some(Span {
                header: ReportHeader::Kismet { link: told.link },
                at,
                octets,
            }),
            None,
            None,
        ],
    };
    let end = told.length.map_or(end, |length| end.min(told.end + length));
    (told.end < end).then(|| Held::whole(TunnelKind::Kismet, report, told.end..end, told.link))
}

/// What is told of a frame.
struct About {
    link: LinkType,
    length: Option<usize>,
    /// Where that ends.
    end: usize,
}

impl About {
    /// Its length, a bit for each field, and those: source, length, seconds and microseconds of its time,
    /// link type.
    fn parse(bytes: &[u8], at: usize) -> Option<Self> {
        const FIXED: usize = 6;
        const SOURCE: u32 = 1 << 4;
        const LENGTH: u32 = 1 << 3;
        const SECONDS: u32 = 1 << 2;
        const MICROSECONDS: u32 = 1 << 1;
        const LINK: u32 = 1;
        let end = at + usize::from(u16_at(bytes, at)?);
        let fields = u32_at(bytes, at + 2)?;
        let mut place = at + FIXED;
        let mut length = None;
        if fields & SOURCE != 0 {
            place += 16;
        }
        if fields & LENGTH != 0 {
            length = Some(usize::from(u16_at(bytes, place)?));
            place += 2;
        }
        for time in [SECONDS, MICROSECONDS] {
            if fields & time != 0 {
                place += 8;
            }
        }
        let link = u32_at(bytes, place).filter(|_| fields & LINK != 0 && place + 4 <= end)?;
        Some(Self {
            link: LinkType(link),
            length,
            end,
        })
    }
}
