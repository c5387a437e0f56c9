//! IPFIX (RFC 7011) and `NetFlow` version 9 (RFC 3954): records of flows, of which a field may be the
//! first octets of a packet. What fields a record has is told by a template, which came before.

use std::collections::VecDeque;
use std::ops::Range;

use super::{Held, Report, ReportHeader, ReportMessage, Span, TunnelKind};
use crate::model::AddrPair;
use crate::model::frame::{Section, SectionStart};
use crate::wire::bytes::{u8_at, u16_at, u32_at};
use crate::wire::ip::Ip;
use crate::wire::link::linktype;

/// That of IPFIX, and those that `NetFlow` is mostly sent to.
pub(super) const fn is_port(number: u16) -> bool {
    matches!(number, 2055 | 4739 | 9995 | 9996)
}

/// Octets of UDP's header.
const UDP: usize = 8;
const NETFLOW_9: u16 = 9;
const IPFIX: u16 = 10;

/// The templates that lead to packets, by who sends them.
#[derive(Debug, Default)]
pub(super) struct Templates {
    /// The latest last.
    known: VecDeque<Template>,
}

/// The fields of a record.
#[derive(Debug)]
struct Template {
    exporter: Exporter,
    id: u16,
    /// How long each is; [`VARIABLE`] where the record tells.
    lengths: Vec<u16>,
    /// Which ones are packets, and what each begins with.
    sections: Vec<(usize, SectionStart)>,
}

/// Whose templates are one set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Exporter {
    addrs: AddrPair,
    ports: u32,
    version: u16,
    domain: u32,
}

/// A field that begins with its length (RFC 7011 section 7).
const VARIABLE: u16 = u16::MAX;

impl Templates {
    /// More exporters than that send packets to nobody.
    const MOST: usize = 64;
    const MOST_FIELDS: u16 = 128;

    /// Learns the templates that a datagram brings, and tells which of its octets are packets, as far as
    /// the templates are known.
    pub(super) fn sections(&mut self, ip: &Ip<'_>) -> Option<Vec<Section>> {
        let bytes = ip.payload;
        let (exporter, start) = header(ip)?;
        let templates_in = if exporter.version == IPFIX { 2 } else { 0 };
        let mut found = Vec::new();
        let mut at = start;
        while let (Some(id), Some(length)) = (u16_at(bytes, at), u16_at(bytes, at + 2)) {
            let end = at + usize::from(length);
            if length < 4 || end > bytes.len() {
                break;
            }
            let set = bytes.get(..end)?;
            if id == templates_in {
                self.learn(exporter, set, at + 4);
            } else if let Some(template) = self.find(exporter, id) {
                template.sections(set, at + 4, &mut found);
            }
            at = end;
        }
        Some(found)
    }

    fn find(&self, exporter: Exporter, id: u16) -> Option<&Template> {
        let mut known = self.known.iter();
        known.find(|known| known.id == id && known.exporter == exporter)
    }

    /// Learns the templates of a set from `at` on. One without a packet replaces one with it.
    fn learn(&mut self, exporter: Exporter, set: &[u8], mut at: usize) {
        while let (Some(id), Some(count)) = (u16_at(set, at), u16_at(set, at + 2)) {
            if id < 256 || count > Self::MOST_FIELDS {
                return;
            }
            at += 4;
            let mut lengths = Vec::with_capacity(count.into());
            let mut sections = Vec::new();
            for field in 0..usize::from(count) {
                const ENTERPRISE: u16 = 0x8000;
                let (Some(element), Some(length)) = (u16_at(set, at), u16_at(set, at + 2)) else {
                    return;
                };
                at += 4;
                lengths.push(length);
                if exporter.version == IPFIX && element & ENTERPRISE != 0 {
                    at += 4;
                } else if let Some(start) = section_of(element) {
                    sections.push((field, start));
                }
            }
            self.known
                .retain(|known| known.id != id || known.exporter != exporter);
            if !sections.is_empty() {
                if self.known.len() == Self::MOST {
                    self.known.pop_front();
                }
                self.known.push_back(Template {
                    exporter,
                    id,
                    lengths,
                    sections,
                });
            }
        }
    }
}

impl Template {
    /// The packets in the records of a set from `at` on.
    fn sections(&self, set: &[u8], mut at: usize, found: &mut Vec<Section>) {
        while at < set.len() && found.len() < super::Reports::MOST as usize {
            let begin = at;
            let before = found.len();
            let mut sections = self.sections.iter().peekable();
            for (field, &length) in self.lengths.iter().enumerate() {
                let Some((start, end)) = self.place(set, at, length) else {
                    found.truncate(before);
                    return;
                };
                if let Some((_, begins)) = sections.next_if(|(section, _)| *section == field) {
                    found.extend(section_at(start, end, *begins));
                }
                at = end;
            }
            // What is cut is no record.
            if at == begin || at > set.len() {
                found.truncate(before);
                return;
            }
        }
    }

    /// Where the field at `at` starts and ends.
    fn place(&self, set: &[u8], at: usize, length: u16) -> Option<(usize, usize)> {
        if length != VARIABLE || self.exporter.version != IPFIX {
            return Some((at, at + usize::from(length)));
        }
        let (start, length) = match u8_at(set, at)? {
            u8::MAX => (at + 3, u16_at(set, at + 1)?),
            short => (at + 1, short.into()),
        };
        Some((start, start + usize::from(length)))
    }
}

fn section_at(start: usize, end: usize, begins: SectionStart) -> Option<Section> {
    Some(Section {
        at: u16::try_from(start).ok()?,
        octets: u16::try_from(end - start)
            .ok()
            .filter(|octets| *octets > 0)?,
        begins,
    })
}

/// What a field of this number holds: `layer2packetSectionData`, `ipHeaderPacketSection`,
/// `dataLinkFrameSection`.
const fn section_of(element: u16) -> Option<SectionStart> {
    match element {
        104 | 315 => Some(SectionStart::Ethernet),
        313 => Some(SectionStart::Ip),
        _ => None,
    }
}

/// Whose message a datagram is, and where its sets begin.
fn header(ip: &Ip<'_>) -> Option<(Exporter, usize)> {
    let bytes = ip.payload;
    let version = u16_at(bytes, UDP)?;
    let octets = header_octets(version)?;
    Some((
        Exporter {
            addrs: ip.addrs,
            ports: u32_at(bytes, 0)?,
            version,
            domain: u32_at(bytes, UDP + octets - 4)?,
        },
        UDP + octets,
    ))
}

const fn header_octets(version: u16) -> Option<usize> {
    match version {
        NETFLOW_9 => Some(20),
        IPFIX => Some(16),
        _ => None,
    }
}

/// The packet of which `ip` reports this section.
pub(super) fn held(ip: &Ip<'_>, section: Section) -> Option<Held> {
    let version = u16_at(ip.payload, UDP)?;
    let octets = header_octets(version)?;
    let Range { start, end } = section.range();
    let header = Span {
        header: match version {
            IPFIX => ReportHeader::Ipfix,
            _ => ReportHeader::Netflow9,
        },
        at: UDP,
        octets,
    };
    // What is between belongs to other fields and records.
    let link = Span {
        header: ReportHeader::Section(section.begins),
        at: start,
        octets: 0,
    };
    let report = Report {
        message: ReportMessage::PacketSection,
        by: ip.src(),
        sampling_rate: None,
        input: None,
        output: None,
        spans: [Some(header), Some(link), None],
    };
    Some(Held {
        kind: TunnelKind::Ipfix,
        report: Some(report),
        start,
        end,
        // No field of all exporters tells how long the packet was.
        on_wire: usize::from(u16::MAX),
        link: match section.begins {
            SectionStart::Ethernet => linktype::ETHERNET,
            _ => linktype::RAW,
        },
    })
}
