//! sFlow: an agent in a switch sends the first octets of every so-manieth packet to a collector.
//! Version 5 is sFlow.org's, version 4 that of RFC 3176; 2 differs little from 4.

use std::net::IpAddr;

use super::{Held, Output, Report, ReportHeader, ReportMessage, Span, TunnelKind};
use crate::model::LinkType;
use crate::wire::IpVersion;
use crate::wire::bytes::{array_at, u32_at};
use crate::wire::link::linktype as lt;

/// Its UDP port.
pub(super) const PORT: u16 = 6343;

/// Octets of UDP's header.
const UDP: usize = 8;

const WORD: usize = 4;

/// More than that no datagram has room for.
const MOST_SAMPLES: u32 = 4096;

/// A header as it stands in a sample, by what it starts with.
const fn header_link(protocol: u32) -> Option<LinkType> {
    Some(match protocol {
        1 => lt::ETHERNET,
        3 => lt::IEEE802_5,
        4 => lt::FDDI,
        5 => lt::FRELAY,
        7 => lt::PPP,
        9 => lt::ATM_RFC1483,
        10..=12 => lt::RAW,
        13 => lt::MPLS,
        14 => lt::PPP_HDLC,
        15 => lt::IEEE802_11,
        _ => return None,
    })
}

/// The sampled headers of a datagram, in their order.
pub(super) struct Samples<'a> {
    /// The datagram, UDP's header included.
    bytes: &'a [u8],
    version: u32,
    agent: IpAddr,
    header: Span,
    /// Where the next sample starts.
    at: usize,
    /// Samples that are still to come.
    left: u32,
    /// The one that is being read (version 5).
    sample: Option<Sample>,
}

/// A sample, of which the next record is to be read.
#[derive(Clone, Copy)]
struct Sample {
    report: Report,
    at: usize,
    end: usize,
    records: u32,
}

impl<'a> Samples<'a> {
    /// Those of `bytes`, if that is a datagram of a known version.
    pub(super) fn of(bytes: &'a [u8]) -> Option<Self> {
        const V4: u32 = 1;
        const V6: u32 = 2;
        let version = u32_at(bytes, UDP)?;
        let agent: IpAddr = match u32_at(bytes, UDP + WORD)? {
            V4 => array_at::<4>(bytes, UDP + 2 * WORD)?.into(),
            V6 => array_at::<16>(bytes, UDP + 2 * WORD)?.into(),
            _ => return None,
        };
        // Behind the agent: its part (version 5 alone), sequence number, uptime, samples.
        let words = match version {
            2 | 4 => 3,
            5 => 4,
            _ => return None,
        };
        let (agent_version, address) = match agent {
            IpAddr::V4(_) => (IpVersion::V4, 4),
            IpAddr::V6(_) => (IpVersion::V6, 16),
        };
        let octets = 2 * WORD + address + words * WORD;
        let at = UDP + octets;
        let left = u32_at(bytes, at - WORD)?;
        let version_octet = u8::try_from(version).ok()?;
        (1..=MOST_SAMPLES).contains(&left).then_some(Self {
            bytes,
            version,
            agent,
            header: Span {
                header: ReportHeader::Sflow {
                    version: version_octet,
                    agent: agent_version,
                },
                at: UDP,
                octets,
            },
            at,
            left,
            sample: None,
        })
    }

    /// A report of the agent, by a sample's header.
    fn report(&self, message: ReportMessage, sample: Span) -> Report {
        Report {
            message,
            by: self.agent,
            sampling_rate: None,
            input: None,
            output: None,
            spans: [Some(self.header), Some(sample), None],
        }
    }

    fn word(&self, at: usize) -> Option<u32> {
        u32_at(self.bytes, at)
    }

    /// Where the octets behind a length at `at` end.
    fn end_of(&self, at: usize) -> Option<usize> {
        let length = usize::try_from(self.word(at)?).ok()?;
        (at + WORD).checked_add(length)
    }

    /// The header of the next sample of version 5; `None` ends the datagram. Those that hold no
    /// packet have no records.
    fn sample(&mut self) -> Option<Sample> {
        const FLOW: u32 = 1;
        const EXPANDED_FLOW: u32 = 3;
        const DISCARDED: u32 = 5;
        let at = self.at;
        let format = self.word(at)?;
        let end = self.end_of(at + WORD)?;
        self.at = end;
        let word = |number: usize| self.word(at + number * WORD);
        let span = |header, words| Span {
            header,
            at,
            octets: words * WORD,
        };
        let (report, words) = match format {
            FLOW => {
                let span = span(ReportHeader::FlowSample, 10);
                let report = Report {
                    sampling_rate: word(4),
                    input: interface(word(7)? >> 30, word(7)? & 0x3fff_ffff),
                    output: output(word(8)? >> 30, word(8)? & 0x3fff_ffff),
                    ..self.report(ReportMessage::FlowSample, span)
                };
                (report, 10)
            }
            EXPANDED_FLOW => {
                let span = span(ReportHeader::ExpandedFlowSample, 13);
                let report = Report {
                    sampling_rate: word(5),
                    input: interface(word(8)?, word(9)?),
                    output: output(word(10)?, word(11)?),
                    ..self.report(ReportMessage::FlowSample, span)
                };
                (report, 13)
            }
            DISCARDED => {
                let span = span(ReportHeader::DiscardedPacket, 10);
                let report = Report {
                    input: interface(0, word(6)?),
                    output: Some(Output::Discarded(word(8)?)),
                    ..self.report(ReportMessage::DiscardedPacket, span)
                };
                (report, 10)
            }
            _ => {
                let span = span(ReportHeader::FlowSample, 0);
                let report = self.report(ReportMessage::FlowSample, span);
                return Some(Sample {
                    report,
                    at: end,
                    end,
                    records: 0,
                });
            }
        };
        Some(Sample {
            report,
            at: at + words * WORD,
            end,
            records: word(words - 1)?,
        })
    }

    /// The next sampled header among the records of `sample`.
    fn record(&self, sample: &mut Sample) -> Option<Held> {
        const SAMPLED_HEADER: u32 = 1;
        while sample.records > 0 {
            let at = sample.at;
            let format = self.word(at)?;
            let end = self.end_of(at + WORD).filter(|end| *end <= sample.end)?;
            sample.records -= 1;
            sample.at = end;
            if format == SAMPLED_HEADER
                && let Some(held) = self.sampled_header(sample.report, at, 2, end)
            {
                return Some(held);
            }
        }
        None
    }

    /// A sampled header whose protocol stands `words` behind `at`, in octets up to `end`.
    fn sampled_header(&self, report: Report, at: usize, words: usize, end: usize) -> Option<Held> {
        let protocol = at + words * WORD;
        let link = header_link(self.word(protocol)?)?;
        let mut length_at = protocol + 2 * WORD;
        let mut on_wire = usize::try_from(self.word(protocol + WORD)?).ok()?;
        let header = if self.version == 5 {
            // What was taken away, as the check sequence, belongs to the length.
            on_wire = on_wire.saturating_sub(usize::try_from(self.word(length_at)?).ok()?);
            length_at += WORD;
            ReportHeader::SampledHeader
        } else {
            ReportHeader::OldSampledHeader
        };
        let start = length_at + WORD;
        let held_end = self.end_of(length_at).filter(|held| *held <= end)?;
        let [datagram, sample, _] = report.spans;
        let span = Span {
            header,
            at,
            octets: start - at,
        };
        Some(Held {
            kind: TunnelKind::Sflow,
            report: Some(Report {
                spans: [datagram, sample, Some(span)],
                ..report
            }),
            start,
            end: held_end,
            on_wire,
            link,
        })
    }

    /// The next sampled header of versions before 5, whose samples tell no length: where one ends is found
    /// by reading it.
    fn next_old(&mut self) -> Option<Held> {
        const FLOW: u32 = 1;
        const COUNTERS: u32 = 2;
        loop {
            self.left = self.left.checked_sub(1)?;
            let (held, end) = match self.word(self.at)? {
                FLOW => self.old_flow_sample(self.at)?,
                COUNTERS => (None, self.behind_counters(self.at)),
                _ => return None,
            };
            match end {
                Some(end) => self.at = end,
                None => self.left = 0,
            }
            if held.is_some() {
                return held;
            }
        }
    }

    /// The sampled header in a flow sample at `at`, and where that ends, if its end is found.
    fn old_flow_sample(&self, at: usize) -> Option<(Option<Held>, Option<usize>)> {
        const HEADER: u32 = 1;
        const FIELDS_OF_V4: u32 = 2;
        const FIELDS_OF_V6: u32 = 3;
        let word = |number: usize| self.word(at + number * WORD);
        let span = Span {
            header: ReportHeader::OldSample,
            at,
            octets: 9 * WORD,
        };
        let report = Report {
            sampling_rate: word(3),
            input: interface(0, word(6)?),
            output: output(word(7)? >> 31 << 1, word(7)? & 0x7fff_ffff),
            ..self.report(ReportMessage::FlowSample, span)
        };
        let behind = at + 9 * WORD;
        let (held, behind) = match word(8)? {
            HEADER => {
                let end = self.end_of(behind + 2 * WORD)?;
                let held = self.sampled_header(report, behind, 0, end);
                (held, end.checked_next_multiple_of(WORD)?)
            }
            FIELDS_OF_V4 => (None, behind + 8 * WORD),
            FIELDS_OF_V6 => (None, behind + 14 * WORD),
            _ => return None,
        };
        Some((held, self.behind_extensions(behind)))
    }

    /// Where what an agent adds to a sample ends (RFC 3176 section 4).
    fn behind_extensions(&self, at: usize) -> Option<usize> {
        let mut end = at + WORD;
        for _ in 0..self.word(at)?.min(MOST_SAMPLES) {
            let kind = self.word(end)?;
            end += WORD;
            end = match kind {
                // VLAN and priority, before and after.
                1 => end + 4 * WORD,
                // The next hop, the lengths of both prefixes.
                2 => match self.word(end)? {
                    1 => end + 4 * WORD,
                    2 => end + 7 * WORD,
                    _ => return None,
                },
                3 => self.behind_gateway(end)?,
                // Names of source and destination.
                4 => self.behind_text(self.behind_text(end)?)?,
                // A direction and an address of the web.
                5 => self.behind_text(end + WORD)?,
                _ => return None,
            };
        }
        Some(end)
    }

    /// The autonomous systems that a packet passes.
    fn behind_gateway(&self, at: usize) -> Option<usize> {
        let words = |at: usize| {
            let count = usize::try_from(self.word(at)?).ok()?;
            (at + WORD).checked_add(count.checked_mul(WORD)?)
        };
        let path = at + 3 * WORD;
        if self.version == 2 {
            return words(path);
        }
        let mut end = path + WORD;
        for _ in 0..self.word(path)?.min(MOST_SAMPLES) {
            end = words(end + WORD)?;
        }
        // Communities, then the local preference.
        Some(words(end)? + WORD)
    }

    fn behind_text(&self, at: usize) -> Option<usize> {
        self.end_of(at)?.checked_next_multiple_of(WORD)
    }

    /// Counters begin with sequence number, source and interval; their kind tells how many follow.
    fn behind_counters(&self, at: usize) -> Option<usize> {
        const GENERIC: usize = 22;
        let own = match self.word(at + 4 * WORD)? {
            // Of the interface, which is all of FDDI and WAN; of Ethernet, Token Ring, 100VG, a VLAN.
            1 | 4 | 6 => GENERIC,
            2 => GENERIC + 13,
            3 => GENERIC + 18,
            5 => GENERIC + 20,
            7 => 7,
            _ => return None,
        };
        Some(at + (5 + own) * WORD)
    }
}

impl Iterator for Samples<'_> {
    type Item = Held;

    fn next(&mut self) -> Option<Held> {
        if self.version != 5 {
            return self.next_old();
        }
        loop {
            if let Some(mut sample) = self.sample.take()
                && let Some(held) = self.record(&mut sample)
            {
                self.sample = Some(sample);
                return Some(held);
            }
            self.left = self.left.checked_sub(1)?;
            self.sample = Some(self.sample()?);
        }
    }
}

/// An interface by its format and number; which one is not told by 0 and by what stands for the
/// agent itself.
fn interface(format: u32, number: u32) -> Option<u32> {
    const UNKNOWN: [u32; 3] = [0, 0x3fff_ffff, u32::MAX];
    (format == 0 && !UNKNOWN.contains(&number)).then_some(number)
}

fn output(format: u32, number: u32) -> Option<Output> {
    match format {
        0 => interface(format, number).map(Output::Port),
        1 => Some(Output::Discarded(number)),
        2 => Some(Output::Ports(number)),
        _ => None,
    }
}
