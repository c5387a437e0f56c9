//! The classic pcap format, in all the forms that libpcap reads and one more.

use std::ops::{ControlFlow, Range};

use pcap_file::pcap::PcapParser;

use super::input::{Input, Need, RECORD_MAX, Waiting};
use super::{
    Damage, DamageKind, InterfaceInfo, Progress, Resolution, Source, SourceInfo, Step,
    byteorder::Order, linktype,
};
use crate::model::{Frame, LinkType, SourceId, Timestamp};

const HEADER_LEN: usize = 24;
const RECORD_HEAD_LEN: usize = 16;
/// What the modified format adds behind the record head: interface index, protocol, packet type.
const MODIFIED_EXTRA: usize = 8;
/// What IXIA's format adds behind the file header: a length.
const IXIA_EXTRA: usize = 4;

/// What a magic number tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Magic {
    order: Order,
    dialect: Dialect,
    /// Nanoseconds in a unit of the fraction.
    unit: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialect {
    Standard,
    /// Alexey Kuznetzov's, with a longer record head.
    Modified,
    Ixia,
}

impl Magic {
    pub(super) const LEN: usize = 4;

    /// Reads the magic number at the front of `head`.
    pub(super) fn detect(head: &[u8]) -> Option<Self> {
        const MICRO: u32 = 1000;
        [Order::Big, Order::Little].into_iter().find_map(|order| {
            let (dialect, unit) = match order.u32(head, 0)? {
                0xa1b2_c3d4 => (Dialect::Standard, MICRO),
                0xa1b2_3c4d => (Dialect::Standard, 1),
                0xa1b2_cd34 => (Dialect::Modified, MICRO),
                // Hardware and software capture.
                0x1c00_01ac | 0x1c00_01ab => (Dialect::Ixia, 1),
                _ => return None,
            };
            Some(Self {
                order,
                dialect,
                unit,
            })
        })
    }

    /// The time that a record head tells.
    #[inline]
    fn time(self, seconds: u32, fraction: u32) -> Timestamp {
        // Both terms together stay below 2^63 for any value of the fields.
        let nanos = i64::from(seconds) * 1_000_000_000 + i64::from(fraction) * i64::from(self.unit);
        Timestamp::from_nanos(nanos)
    }
}

/// Which of the two lengths of a record comes first. It changed in the course of version 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lengths {
    CapturedFirst,
    CapturedSecond,
    /// Version 2.3 was written in both ways: the smaller one is the captured.
    Smaller,
}

/// A pcap file.
pub struct PcapSource {
    input: Input,
    magic: Magic,
    /// The library's parser, for the files that it reads.
    parser: Option<PcapParser>,
    info: SourceInfo,
    lengths: Lengths,
    link: LinkType,
    fcs_len: u8,
    frame_max: u32,
    number: u64,
    current: Option<Current>,
    damage: Option<Damage>,
    ended: bool,
}

struct Current {
    ts: Timestamp,
    wire_len: u32,
    data: Range<usize>,
}

struct RecordHead {
    seconds: u32,
    fraction: u32,
    captured: u32,
    wire: u32,
}

impl PcapSource {
    /// Reads the file header, whose magic was seen in `input`. A header that is cut short or of
    /// a version that is not known gives a source without frames that tells so.
    pub(super) fn new(mut input: Input, magic: Magic, id: SourceId, name: String) -> Self {
        let header_len = match magic.dialect {
            Dialect::Ixia => HEADER_LEN + IXIA_EXTRA,
            Dialect::Standard | Dialect::Modified => HEADER_LEN,
        };
        let whole = input.need(header_len) == Need::Ready;
        let damage = if whole {
            None
        } else {
            input.shortage(id, 0, 1, "the file header of 24 octets")
        };
        let header = input.bytes();
        let field = |at| magic.order.u32(header, at).unwrap_or(0);
        let version = |at| magic.order.u16(header, at).unwrap_or(0);
        let (major, minor) = (version(4), version(6));
        let (link, fcs_len) = linktype::from_header_word(field(20));
        let snaplen = field(16);
        let parser = match (magic.dialect, Lengths::of(major, minor)) {
            (Dialect::Standard, Lengths::CapturedFirst) => PcapParser::new(header).ok(),
            _ => None,
        };
        let mut source = Self {
            magic,
            parser: parser.map(|(_, parser)| parser),
            info: SourceInfo {
                id,
                name,
                format: "pcap",
                interfaces: vec![InterfaceInfo {
                    name: None,
                    link,
                    snaplen,
                    resolution: if magic.unit < 1000 {
                        Resolution::Nanoseconds
                    } else {
                        Resolution::Microseconds
                    },
                }],
            },
            lengths: Lengths::of(major, minor),
            link,
            fcs_len,
            frame_max: linktype::frame_max(link),
            number: 0,
            current: None,
            ended: damage.is_some() || !whole,
            damage,
            input,
        };
        if whole {
            source.input.take(header_len, 0, 0);
        }
        source
    }

    /// From now on a step may be a tick of [`Timestamp::MIN`], told before waiting for octets.
    pub(super) fn tell_before_waiting(&mut self, waiting: Waiting) {
        self.input.tell_before_waiting(waiting);
    }

    /// What the library does not read: other dialects, and records that are not all there yet.
    fn advance_by_hand(&mut self) -> Step {
        let head_len = match self.magic.dialect {
            Dialect::Modified => RECORD_HEAD_LEN + MODIFIED_EXTRA,
            Dialect::Standard | Dialect::Ixia => RECORD_HEAD_LEN,
        };
        let offset = self.input.offset();
        match self.input.need(head_len) {
            Need::Ready => {}
            Need::Idle => return Step::Tick(Timestamp::MIN),
            Need::Short => return self.run_short(offset, "a record head"),
        }
        let Some(head) = self.record_head() else {
            return self.run_short(offset, "a record head");
        };
        if head.captured > self.frame_max {
            return self.stop(
                DamageKind::Corrupt,
                format!(
                    "the record claims {} captured octets, more than the {} that a frame may have",
                    head.captured, self.frame_max
                ),
            );
        }
        let captured = usize::try_from(head.captured).unwrap_or(usize::MAX);
        let len = head_len.saturating_add(captured);
        let kept = len.min(RECORD_MAX);
        match self.input.need(kept) {
            Need::Ready => {}
            Need::Idle => return Step::Tick(Timestamp::MIN),
            Need::Short => return self.run_short(offset, &format!("a record of {len}")),
        }
        if len > kept && !self.input.drop_behind(kept, (len - kept) as u64) {
            return self.run_short(offset, &format!("a record of {len}"));
        }
        self.accept(&head, kept, head_len, kept)
    }

    #[inline]
    fn accept(&mut self, head: &RecordHead, len: usize, from: usize, to: usize) -> Step {
        self.number += 1;
        self.current = Some(Current {
            ts: self.magic.time(head.seconds, head.fraction),
            wire_len: head.wire.max(head.captured),
            data: self.input.take(len, from, to),
        });
        Step::Frame
    }

    fn record_head(&self) -> Option<RecordHead> {
        let bytes = self.input.bytes();
        let field = |at| self.magic.order.u32(bytes, at);
        let (first, second) = (field(8)?, field(12)?);
        let swapped = match self.lengths {
            Lengths::CapturedFirst => false,
            Lengths::CapturedSecond => true,
            Lengths::Smaller => first > second,
        };
        let (captured, wire) = if swapped {
            (second, first)
        } else {
            (first, second)
        };
        Some(RecordHead {
            seconds: field(0)?,
            fraction: field(4)?,
            captured,
            wire,
        })
    }

    fn run_short(&mut self, offset: u64, what: &str) -> Step {
        self.ended = true;
        self.damage = self
            .input
            .shortage(self.info.id, offset, self.number + 1, what);
        Step::End
    }

    fn stop(&mut self, kind: DamageKind, why: String) -> Step {
        self.ended = true;
        self.damage = Some(Damage {
            source: self.info.id,
            offset: self.input.offset(),
            frame: self.number + 1,
            kind,
            why,
        });
        Step::End
    }
}

impl Lengths {
    fn of(major: u16, minor: u16) -> Self {
        match (major, minor) {
            // 543.0 is what tcpdump of DG/UX wrote.
            (2, 0..=2) | (543, _) => Self::CapturedSecond,
            (2, 3) => Self::Smaller,
            _ => Self::CapturedFirst,
        }
    }
}

impl Source for PcapSource {
    #[expect(clippy::inline_always, reason = "a frame need not go through memory")]
    #[inline(always)]
    fn advance(&mut self) -> Step {
        self.current = None;
        if self.ended {
            return Step::End;
        }
        // The raw packet: validation would refuse what libpcap reads, and never move on.
        if let Some(parser) = &self.parser
            && let Ok((_, raw)) = parser.next_raw_packet(self.input.bytes())
            && raw.incl_len <= self.frame_max
            && RECORD_HEAD_LEN + raw.data.len() <= RECORD_MAX
        {
            let len = RECORD_HEAD_LEN + raw.data.len();
            let head = RecordHead {
                seconds: raw.ts_sec,
                fraction: raw.ts_frac,
                captured: raw.incl_len,
                wire: raw.orig_len,
            };
            return self.accept(&head, len, RECORD_HEAD_LEN, len);
        }
        self.advance_by_hand()
    }

    #[expect(clippy::inline_always, reason = "a frame need not go through memory")]
    #[inline(always)]
    fn frame(&self) -> Option<Frame<'_>> {
        let current = self.current.as_ref()?;
        Some(Frame {
            source: self.info.id,
            number: self.number,
            interface: None,
            ts: current.ts,
            link: self.link,
            wire_len: current.wire_len,
            fcs_len: self.fcs_len,
            data: self.input.get(&current.data),
        })
    }

    #[expect(clippy::inline_always, reason = "a frame need not go through memory")]
    #[inline(always)]
    fn skim(&mut self, mut take: impl FnMut(&Frame<'_>) -> ControlFlow<()>) {
        let Some(parser) = self.parser.as_ref().filter(|_| !self.ended) else {
            return;
        };
        self.current = None;
        let buffered = self.input.bytes();
        let mut rest = buffered;
        while let Ok((behind, raw)) = parser.next_raw_packet(rest)
            && raw.incl_len <= self.frame_max
            && RECORD_HEAD_LEN + raw.data.len() <= RECORD_MAX
        {
            let taken = take(&Frame {
                source: self.info.id,
                number: self.number + 1,
                interface: None,
                ts: self.magic.time(raw.ts_sec, raw.ts_frac),
                link: self.link,
                wire_len: raw.orig_len.max(raw.incl_len),
                fcs_len: self.fcs_len,
                data: &raw.data,
            });
            if taken.is_break() {
                break;
            }
            self.number += 1;
            rest = behind;
        }
        let taken = buffered.len() - rest.len();
        self.input.take(taken, 0, 0);
    }

    fn describe(&self) -> Vec<SourceInfo> {
        vec![self.info.clone()]
    }

    fn damage(&self) -> Vec<Damage> {
        self.damage.iter().cloned().collect()
    }

    fn progress(&self) -> Progress {
        self.input.progress()
    }
}
