//! MSDP: rendezvous points tell each other of sources, with a packet that came from one (RFC 3618
//! section 12.2.1). The messages are read that begin with a segment or behind another one, and end in
//! it.

use std::ops::Range;

use super::{Held, Report, ReportHeader, ReportMessage, Span, TunnelKind};
use crate::wire::bytes::{array_at, u8_at, u16_at};
use crate::wire::link::linktype;

/// The packets in the messages of a segment.
pub(super) struct Messages<'a> {
    /// The segment, TCP's header included.
    bytes: &'a [u8],
    /// Where the next message starts.
    at: usize,
    /// Where the segment ends on the wire.
    end: usize,
}

impl<'a> Messages<'a> {
    pub(super) fn of(bytes: &'a [u8], data: Range<usize>) -> Self {
        Self {
            bytes,
            at: data.start,
            end: data.end,
        }
    }
}

impl Iterator for Messages<'_> {
    type Item = Held;

    fn next(&mut self) -> Option<Held> {
        const SOURCE_ACTIVE: u8 = 1;
        const LAST_TYPE: u8 = 7;
        const SHORTEST: usize = 3;
        const HEADER: usize = 8;
        const ENTRY: usize = 12;
        loop {
            let at = self.at;
            let kind = u8_at(self.bytes, at).filter(|kind| (1..=LAST_TYPE).contains(kind))?;
            let length = usize::from(u16_at(self.bytes, at + 1)?);
            let end = at + length;
            if length < SHORTEST || end > self.end {
                return None;
            }
            self.at = end;
            if kind != SOURCE_ACTIVE {
                continue;
            }
            let entries = usize::from(u8_at(self.bytes, at + 3)?);
            let point: [u8; 4] = array_at(self.bytes, at + 4)?;
            let octets = HEADER + entries * ENTRY;
            let start = at + octets;
            if start < end {
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
                return Some(Held::whole(
                    TunnelKind::Msdp,
                    report,
                    start..end,
                    linktype::IPV4,
                ));
            }
        }
    }
}
