//! The classic pcap format, in all the forms that libpcap reads and some more.

mod dialect;
mod version;

use std::mem;
use std::ops::{ControlFlow, Range};

use pcap_file::pcap::PcapParser;

use self::dialect::Dialect;
use self::version::Lengths;
pub use self::version::Version;
use super::ending::{Ending, Place};
use super::input::{Input, Need, RECORD_MAX, Waiting};
use super::losses::{self, Losses};
use super::{
    Damage, DamageKind, InterfaceCounts, InterfaceInfo, Notice, Progress, Resolution, Source,
    SourceInfo, Step, linktype,
};
use crate::model::byteorder::Order;
use crate::model::{Frame, LinkType, Options, SourceId, Timestamp};
use crate::wire::bytes::tail;
use crate::wire::link::linktype::ERF;

const HEADER_LEN: usize = 24;
const RECORD_HEAD_LEN: usize = 16;
/// Octets of records that are looked at to tell what they are.
const LOOKED_AT: usize = 64 << 10;
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

    /// The magic number of a file header at the front of `head`, which is a record head's length or
    /// more, if there is one and no record: version 2, and two fields that nobody fills in.
    fn joined(head: &[u8]) -> Option<Self> {
        let magic = Self::detect(head)?;
        let order = magic.order;
        let version = (order.u16(head, 4)?, order.u16(head, 6)?);
        let unused = (order.u32(head, 8)?, order.u32(head, 12)?);
        (matches!(version, (2, ..=4)) && unused == (0, 0)).then_some(magic)
    }

    /// Length of the file header, in octets.
    fn header_len(self) -> usize {
        match self.dialect {
            Dialect::Ixia => HEADER_LEN + IXIA_EXTRA,
            _ => HEADER_LEN,
        }
    }

    /// The time that a record head tells.
    #[inline]
    fn time(self, seconds: u32, fraction: u32) -> Timestamp {
        // Both terms together stay below 2^63 for any value of the fields.
        let nanos = i64::from(seconds) * 1_000_000_000 + i64::from(fraction) * i64::from(self.unit);
        Timestamp::from_nanos(nanos)
    }
}

/// How the records behind a file header are to be read.
struct Format {
    magic: Magic,
    /// The library's parser, for the files that it reads.
    parser: Option<PcapParser>,
    version: Version,
    lengths: Lengths,
    link: LinkType,
    fcs_len: u8,
    frame_max: u32,
}

impl Format {
    /// That of a file header whose magic was seen.
    fn of(magic: Magic, header: &[u8]) -> Self {
        let field = |at| magic.order.u32(header, at).unwrap_or(0);
        let half = |at| magic.order.u16(header, at).unwrap_or(0);
        let version = Version {
            major: half(4),
            minor: half(6),
        };
        let lengths = Lengths::of(version);
        let (link, fcs_len) = linktype::from_header_word(field(20));
        let parser = match (magic.dialect, lengths) {
            // Its records tell what was lost before them.
            _ if link == ERF => None,
            (Dialect::Standard, Lengths::CapturedFirst) => PcapParser::new(header).ok(),
            _ => None,
        };
        Self {
            magic,
            parser: parser.map(|(_, parser)| parser),
            version,
            lengths,
            link,
            fcs_len,
            frame_max: linktype::frame_max(link),
        }
    }

    /// Whether a record of so many captured octets is one that the library's parser may give. An
    /// empty one may be the header of another file.
    #[inline]
    fn is_plain(&self, captured: u32) -> bool {
        captured.wrapping_sub(1) < self.frame_max
    }
}

/// A pcap file.
pub struct PcapSource {
    input: Input,
    format: Format,
    info: SourceInfo,
    number: u64,
    current: Option<Current>,
    /// Told behind the notice that packets before it are missing.
    held: Option<Current>,
    /// Of records that tell how many before them were lost.
    losses: Losses,
    /// Another file began behind the first.
    is_joined: bool,
    notices: Vec<Notice>,
    ending: Ending,
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

impl RecordHead {
    fn read(format: &Format, octets: &[u8]) -> Option<Self> {
        let field = |at| format.magic.order.u32(octets, at);
        let (first, second) = (field(8)?, field(12)?);
        let swapped = match format.lengths {
            Lengths::CapturedFirst => false,
            Lengths::CapturedSecond => true,
            Lengths::Smaller => first > second,
        };
        let (captured, wire) = if swapped {
            (second, first)
        } else {
            (first, second)
        };
        Some(Self {
            seconds: field(0)?,
            fraction: field(4)?,
            captured,
            wire,
        })
    }
}

impl PcapSource {
    /// Reads the file header, whose magic was seen in `input`, and the first records that are there, which
    /// tell some dialects. A header that is cut short gives a source without frames that tells so.
    pub(super) fn new(mut input: Input, mut magic: Magic, id: SourceId, name: String) -> Self {
        let header_len = magic.header_len();
        let whole = input.need(header_len) == Need::Ready;
        let mut ending = Ending::default();
        if !whole {
            let what = "the file header of 24 octets";
            ending.run_short(&input, Place::new(id, 0, 0), what);
        }
        if whole {
            // Of what is no regular file only what is there: its writer may be slow.
            if input.is_regular() {
                input.need(header_len + LOOKED_AT);
            }
            let records = tail(input.bytes(), header_len);
            magic.dialect = dialect::of_records(&Format::of(magic, input.bytes()), records);
        }
        let header = input.bytes();
        let format = Format::of(magic, header);
        let version = format.version;
        let mut source = Self {
            info: SourceInfo {
                id,
                name,
                format: "pcap",
                comments: Vec::new(),
                interfaces: vec![InterfaceInfo {
                    name: None,
                    link: format.link,
                    filter: None,
                    comments: Vec::new(),
                    snaplen: magic.order.u32(header, 16).unwrap_or(0),
                    fcs_len: format.fcs_len,
                    resolution: if magic.unit < 1000 {
                        Resolution::Nanoseconds
                    } else {
                        Resolution::Microseconds
                    },
                }],
            },
            format,
            number: 0,
            current: None,
            held: None,
            losses: Losses::default(),
            is_joined: false,
            notices: Vec::new(),
            ending,
            input,
        };
        if whole {
            if !version.is_known() {
                source.notices.push(Notice::Version {
                    source: id,
                    version,
                });
            }
            source.input.take(header_len, 0, 0);
        }
        source
    }

    /// From now on a step may be a tick of [`Timestamp::MIN`], told before waiting for octets.
    pub(super) fn tell_before_waiting(&mut self, waiting: Waiting) {
        self.input.tell_before_waiting(waiting);
    }

    /// See [`FileSource::read_ahead`](super::FileSource::read_ahead).
    pub(super) fn read_ahead(&mut self) {
        self.input.read_ahead();
    }

    /// What the library does not read: other dialects, and records that are not all there yet.
    fn advance_by_hand(&mut self) -> Step {
        if let Some(held) = self.held.take() {
            self.current = Some(held);
            return Step::Frame;
        }
        if let Some(step) = self.pass_joined_headers() {
            return step;
        }
        let head_len = self.format.magic.dialect.head_len();
        let offset = self.input.offset();
        match self.input.need(head_len) {
            Need::Ready => {}
            Need::Idle => return Step::Tick(Timestamp::MIN),
            Need::Short => return self.run_short(offset, "a record head"),
        }
        let Some(head) = RecordHead::read(&self.format, self.input.bytes()) else {
            return self.run_short(offset, "a record head");
        };
        if head.captured > self.format.frame_max {
            let why = format!(
                "the record claims {} captured octets, more than the {} that a frame may have",
                head.captured, self.format.frame_max
            );
            let place = self.at(offset);
            return self.ending.stop(place, DamageKind::Corrupt, why);
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
        let step = self.accept(&head, kept, head_len, kept);
        if self.format.link == ERF {
            self.behind_losses()
        } else {
            step
        }
    }

    /// Tells first that records before the current one are missing, if it says so.
    fn behind_losses(&mut self) -> Step {
        if self.losses.len() == 0 {
            self.losses.describe();
        }
        let notice = self.current.as_ref().and_then(|current| {
            let lost = losses::before_record(self.input.get(&current.data));
            self.losses.packet(0, current.ts, lost)
        });
        if notice.is_none() {
            return Step::Frame;
        }
        self.notices.extend(notice);
        self.held = self.current.take();
        Step::Tick(Timestamp::MIN)
    }

    /// Goes on behind file headers that stand where a record should: `cat` joins captures so. Says
    /// what came in between.
    fn pass_joined_headers(&mut self) -> Option<Step> {
        loop {
            let offset = self.input.offset();
            match self.input.need(RECORD_HEAD_LEN) {
                Need::Ready => {}
                Need::Idle => return Some(Step::Tick(Timestamp::MIN)),
                // Too little for a header, and for a record head.
                Need::Short => return None,
            }
            let magic = Magic::joined(self.input.bytes())?;
            let len = magic.header_len();
            match self.input.need(len) {
                Need::Ready => {}
                Need::Idle => return Some(Step::Tick(Timestamp::MIN)),
                Need::Short => {
                    return Some(self.run_short(offset, "a file header of 24 octets"));
                }
            }
            self.format = Format::of(magic, self.input.bytes());
            self.input.take(len, 0, 0);
            if !mem::replace(&mut self.is_joined, true) {
                self.notices.push(Notice::Joined {
                    source: self.info.id,
                    offset,
                    frame: self.number + 1,
                });
            }
        }
    }

    #[inline]
    fn accept(&mut self, head: &RecordHead, len: usize, from: usize, to: usize) -> Step {
        self.number += 1;
        self.current = Some(Current {
            ts: self.format.magic.time(head.seconds, head.fraction),
            wire_len: head.wire.max(head.captured),
            data: self.input.take(len, from, to),
        });
        Step::Frame
    }

    fn at(&self, offset: u64) -> Place {
        Place::new(self.info.id, offset, self.number)
    }

    fn run_short(&mut self, offset: u64, what: &str) -> Step {
        let place = self.at(offset);
        self.ending.run_short(&self.input, place, what)
    }
}

impl Source for PcapSource {
    #[expect(clippy::inline_always, reason = "a frame need not go through memory")]
    #[inline(always)]
    fn advance(&mut self) -> Step {
        self.current = None;
        if self.ending.is_reached() {
            return Step::End;
        }
        // The raw packet: validation would refuse what libpcap reads, and never move on.
        if let Some(parser) = &self.format.parser
            && let Ok((_, raw)) = parser.next_raw_packet(self.input.bytes())
            && self.format.is_plain(raw.incl_len)
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
            link: self.format.link,
            wire_len: current.wire_len,
            fcs_len: self.format.fcs_len,
            data: self.input.get(&current.data),
            options: Options::NONE,
            transfer: None,
            cipher: None,
            expanded: None,
            part: None,
        })
    }

    #[expect(clippy::inline_always, reason = "a frame need not go through memory")]
    #[inline(always)]
    fn skim(&mut self, mut take: impl FnMut(&Frame<'_>) -> ControlFlow<()>) {
        let Some(parser) = self
            .format
            .parser
            .as_ref()
            .filter(|_| !self.ending.is_reached())
        else {
            return;
        };
        self.current = None;
        let buffered = self.input.bytes();
        let mut rest = buffered;
        while let Ok((behind, raw)) = parser.next_raw_packet(rest)
            && self.format.is_plain(raw.incl_len)
            && RECORD_HEAD_LEN + raw.data.len() <= RECORD_MAX
        {
            let taken = take(&Frame {
                source: self.info.id,
                number: self.number + 1,
                interface: None,
                ts: self.format.magic.time(raw.ts_sec, raw.ts_frac),
                link: self.format.link,
                wire_len: raw.orig_len.max(raw.incl_len),
                fcs_len: self.format.fcs_len,
                data: &raw.data,
                options: Options::NONE,
                transfer: None,
                cipher: None,
                expanded: None,
                part: None,
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
        self.input.placed(self.ending.damage().cloned().into_iter())
    }

    fn progress(&self) -> Progress {
        self.input.progress()
    }

    fn kernel(&self) -> Option<Vec<InterfaceCounts>> {
        self.losses.counts(&self.info.interfaces)
    }

    fn notices(&mut self) -> Vec<Notice> {
        mem::take(&mut self.notices)
    }
}
