//! MSDP: rendezvous points tell each other of sources, with a packet that came from one (RFC 3618
//! section 12.2.1).

use std::ops::Range;

use super::super::tcp::Start;
use super::{Held, Report, ReportHeader, ReportMessage, Span, TunnelKind};
use crate::wire::bytes::{array_at, u8_at, u16_at};
use crate::wire::link::linktype;

const SOURCE_ACTIVE: u8 = 1;

/// What the octets that a message begins with tell of it (section 12).
pub(in crate::wire::tunnel) fn start(octets: &[u8]) -> Start {
    const LAST_TYPE: u8 = 7;
    const SHORTEST: usize = 3;
    match (u8_at(octets, 0), u16_at(octets, 1).map(usize::from)) {
        (Some(kind), _) if kind == 0 || kind > LAST_TYPE => Start::None,
        (_, Some(..SHORTEST)) => Start::None,
        (Some(SOURCE_ACTIVE), Some(length)) => Start::Holds(length),
        (_, Some(length)) => Start::Other(length),
        _ => Start::Short(SHORTEST),
    }
}

/// The packet in the message that lies there.
pub(in crate::wire::tunnel) fn held(bytes: &[u8], message: Range<usize>) -> Option<Held> {
    const HEADER: usize = 8;
    const ENTRY: usize = 12;
    let Range { start: at, end } = message;
    let kind = u8_at(bytes, at)?;
    let entries = usize::from(u8_at(bytes, at + 3)?);
    let point: [u8; 4] = array_at(bytes, at + 4)?;
    let octets = HEADER + entries * ENTRY;
    let start = at + octets;
    if kind != SOURCE_ACTIVE || start >= end {
        return None;
    }
    let report = Report {
        message: ReportMessage::SourceActive,
        by: point.into(),
        sampling_rate: None,
        input: None,
        output: None,
        spans: [
            Some(Span {
                header: ReportHeader::SourceActive,
                at,
                octets,
            }),
            None,
            None,
        ],
    };
    Some(Held::whole(
        TunnelKind::Msdp,
        report,
        start..end,
        linktype::IPV4,
    ))
}
