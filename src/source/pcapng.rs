//! The pcapng format.

mod block;
mod clock;
mod faults;

use std::ops::Range;

use byteorder_slice::{BigEndian, LittleEndian};
use pcap_file::pcapng::{PcapNgFormatError, RawBlock, RawBlockParseError};

use self::block::{DESCRIBED_MAX, Described, INTERFACES_MAX, OVERRUN, PacketBlock, Section};
use self::faults::Faults;
use super::ending::{Ending, Place};
use super::input::{Input, Need, RECORD_MAX};
use super::losses::{self, Losses};
use super::open::hex;
use super::{
    Damage, DamageKind, InterfaceCounts, InterfaceInfo, Notice, Progress, Secrets, Source,
    SourceInfo, Step,
};
use crate::model::byteorder::Order;
use crate::model::{Frame, InterfaceId, LinkType, Options, SourceId, Timestamp};
use crate::wire::link::linktype;

/// The block type of a section header, the same in both byte orders.
const SECTION_HEADER: u32 = 0x0a0d_0d0a;
/// The least that one has, in octets.
const SECTION_HEADER_MIN: u64 = 28;
/// What tells the byte order of a section.
const BYTE_ORDER_MAGIC: u32 = 0x1a2b_3c4d;
const INTERFACE_DESCRIPTION: u32 = 1;
const INTERFACE_STATISTICS: u32 = 5;
const DECRYPTION_SECRETS: u32 = 10;
/// Type and length of a block.
const BLOCK_HEAD_LEN: usize = 8;
const BLOCK_TAIL_LEN: usize = 4;
/// Where a length is taken for damage, in octets: the largest frame that libpcap reads, with
/// room for the block around it.
const BLOCK_MAX: u64 = (128 << 20) + (1 << 20);

/// Octets of comments on sections and interfaces that are kept of a file.
const COMMENTS_MAX: usize = 64 << 10;

/// Octets that [`detect`] wants to see.
pub(super) const MAGIC_LEN: usize = 12;

/// Whether `head` is that of a section header block, as far as it goes.
pub(super) fn detect(head: &[u8]) -> bool {
    head.starts_with(&SECTION_HEADER.to_be_bytes())
        && (head.len() < MAGIC_LEN || byte_order(head).is_some())
}

/// The byte order of the section that the header block `head` opens.
fn byte_order(head: &[u8]) -> Option<Order> {
    [Order::Big, Order::Little]
        .into_iter()
        .find(|order| order.u32(head, BLOCK_HEAD_LEN) == Some(BYTE_ORDER_MAGIC))
}

/// What is wrong with the section header block that `head` begins with, if it is one and damaged.
pub(super) fn damaged(head: &[u8]) -> Option<String> {
    /// Its type as it becomes where line ends are changed: LF to CRLF, CRLF to LF, CR to LF, CR to nothing.
    /// To tell that is what it is for (draft-ietf-opsawg-pcapng section 4.1).
    const IN_TEXT_MODE: [&[u8]; 4] = [b"\r\n\r\r\r\n", b"\n\r\n", b"\n\n\n\n", b"\n\n"];
    let length = |order: Order, block: &[u8]| order.u32(block, 4).map(u64::from);
    let is_block = |order: Order| {
        length(order, head).is_some_and(|length| {
            (SECTION_HEADER_MIN..=BLOCK_MAX).contains(&length) && length % 4 == 0
        })
    };
    if head.starts_with(&SECTION_HEADER.to_be_bytes()) {
        let found = head.get(BLOCK_HEAD_LEN..MAGIC_LEN)?;
        let is_one = [Order::Big, Order::Little].into_iter().any(is_block);
        return is_one.then(|| {
            format!(
                "the byte-order magic of its section header, at offset 8, is {}, not 1a 2b 3c 4d or \
                 4d 3c 2b 1a",
                hex(found)
            )
        });
    }
    let changed = |start: &[u8]| {
        (head.strip_prefix(start)).is_some_and(|behind| {
            let mut orders = [Order::Big, Order::Little].into_iter();
            orders.any(|order| order.u32(behind, 4) == Some(BYTE_ORDER_MAGIC))
        })
    };
    IN_TEXT_MODE.iter().any(|start| changed(start)).then(|| {
        "the line ends in this pcapng capture were changed, at offset 0 and perhaps elsewhere, as a \
         transfer in text mode does; transfer it in binary mode"
            .to_owned()
    })
}

/// A pcapng file.
pub struct PcapNgSource {
    input: Input,
    info: SourceInfo,
    section: Section,
    number: u64,
    current: Option<Current>,
    ending: Ending,
    faults: Faults,
    secrets: Option<Secrets>,
    losses: Losses,
    /// Octets of comments on sections and interfaces that are kept yet.
    comments_left: usize,
    /// Told with the next tick.
    notice: Option<Notice>,
    /// The current packet is told behind that.
    held: bool,
}

struct Current {
    interface: InterfaceId,
    ts: Timestamp,
    link: LinkType,
    wire_len: u32,
    fcs_len: u8,
    data: Range<usize>,
    options: Range<usize>,
    order: Order,
}

/// What a block came to.
enum Content {
    Packet(Current),
    Secrets(block::SecretsBlock),
    Other,
}

/// A block at the front of the buffer.
struct BlockAt {
    block_type: u32,
    len: usize,
    /// How much of it is buffered: less than `len` if that is beyond [`RECORD_MAX`].
    kept: usize,
}

impl PcapNgSource {
    /// Begins with the section header that was seen at the front of `input`.
    pub(super) fn new(input: Input, id: SourceId, name: String) -> Self {
        Self {
            input,
            info: SourceInfo {
                id,
                name,
                format: "pcapng",
                comments: Vec::new(),
                interfaces: Vec::new(),
            },
            section: Section {
                order: Order::Little,
                interfaces: Vec::new(),
                first: 0,
            },
            number: 0,
            current: None,
            ending: Ending::default(),
            faults: Faults::default(),
            secrets: None,
            losses: Losses::default(),
            comments_left: COMMENTS_MAX,
            notice: None,
            held: false,
        }
    }

    /// See [`FileSource::read_ahead`](super::FileSource::read_ahead).
    pub(super) fn read_ahead(&mut self) {
        self.input.read_ahead();
    }

    /// Finds the next block and has it buffered, or says why there is none.
    #[inline]
    fn next_block(&mut self) -> Result<BlockAt, Step> {
        loop {
            let bytes = self.input.bytes();
            let parsed = match self.section.order {
                Order::Big => RawBlock::from_slice::<BigEndian>(bytes),
                Order::Little => RawBlock::from_slice::<LittleEndian>(bytes),
            };
            let have = bytes.len();
            match parsed {
                Ok((_, raw)) => {
                    let len = BLOCK_HEAD_LEN + raw.body.len() + BLOCK_TAIL_LEN;
                    return Ok(BlockAt {
                        block_type: raw.type_,
                        len,
                        kept: len,
                    });
                }
                Err(RawBlockParseError::IncompleteBuffer(..)) if have < MAGIC_LEN => {
                    self.wait_for(MAGIC_LEN, "a block head")?;
                }
                Err(RawBlockParseError::IncompleteBuffer(rest, _)) => {
                    let len = BLOCK_HEAD_LEN.saturating_add(rest);
                    if let Some(block) = self.incomplete_block(len)? {
                        return Ok(block);
                    }
                }
                Err(RawBlockParseError::InvalidFormat(e)) => {
                    let offset = self.input.offset();
                    return Err(self.stop(offset, explain(&e)));
                }
            }
        }
    }

    /// Buffers a block of `len` octets: all of it, or as much as is kept of a large one, which is
    /// then returned.
    fn incomplete_block(&mut self, len: usize) -> Result<Option<BlockAt>, Step> {
        let offset = self.input.offset();
        if len as u64 > BLOCK_MAX {
            let why = format!("the block claims {len} octets, more than the {BLOCK_MAX} allowed");
            return Err(self.stop(offset, why));
        }
        let kept = len.min(RECORD_MAX);
        self.wait_for(kept, &format!("a block of {len}"))?;
        if kept == len {
            return Ok(None);
        }
        if !self.input.drop_behind(kept, (len - kept) as u64) {
            return Err(self.run_short(offset, &format!("a block of {len}")));
        }
        let block_type = self.section.order.u32(self.input.bytes(), 0).unwrap_or(0);
        Ok(Some(BlockAt {
            block_type,
            len,
            kept,
        }))
    }

    fn wait_for(&mut self, len: usize, what: &str) -> Result<(), Step> {
        match self.input.need(len) {
            Need::Ready => Ok(()),
            Need::Idle => Err(Step::Tick(Timestamp::MIN)),
            Need::Short => Err(self.run_short(self.input.offset(), what)),
        }
    }

    /// Reads the body of `block`, which lies at `offset`, and takes the block off the front.
    ///
    /// # Errors
    ///
    /// What is wrong with all of it, in a sentence; then it stays there.
    #[inline]
    fn read(&mut self, block: &BlockAt, offset: u64) -> Result<Content, String> {
        let bytes = self.input.bytes();
        let end = block.kept.min(block.len - BLOCK_TAIL_LEN);
        let body = bytes.get(BLOCK_HEAD_LEN..end).unwrap_or_default();
        let mut fault = None;
        let content = if let Some(kind) = PacketBlock::from_type(block.block_type) {
            let body_len = block.len - BLOCK_HEAD_LEN - BLOCK_TAIL_LEN;
            let packet = self.section.packet(kind, body, body_len)?;
            let (from, to) = (BLOCK_HEAD_LEN + packet.from, BLOCK_HEAD_LEN + packet.to);
            let options = match packet.options {
                0 => 0..0,
                start => self.input.place(BLOCK_HEAD_LEN + start, end),
            };
            let interface = self.section.first.saturating_add(packet.interface);
            let lost = match packet.link {
                linktype::ERF => {
                    let frame = body.get(packet.from..packet.to).unwrap_or_default();
                    packet.lost.saturating_add(losses::before_record(frame))
                }
                _ => packet.lost,
            };
            self.notice = self.losses.packet(interface, packet.ts, lost);
            if packet.overrun {
                fault = Some(OVERRUN.to_owned());
            }
            Content::Packet(Current {
                interface: InterfaceId(interface),
                ts: packet.ts,
                link: packet.link,
                wire_len: packet.wire_len,
                fcs_len: packet.fcs_len,
                data: self.input.take(block.kept, from, to),
                options,
                order: self.section.order,
            })
        } else {
            let mut content = Content::Other;
            match block.block_type {
                SECTION_HEADER => {
                    self.section = self.section.next(byte_order(bytes), body)?;
                    let told = block::section_options(self.section.order, body);
                    keep_comments(told, &mut self.info.comments, &mut self.comments_left);
                }
                INTERFACE_DESCRIPTION => {
                    fault = describe_interface(&mut self.section, &mut self.info.interfaces, body);
                    if let Some(last) = self.info.interfaces.last_mut() {
                        let told = block::interface_options(self.section.order, body);
                        keep_comments(told, &mut last.comments, &mut self.comments_left);
                    }
                    if self.losses.len() < self.info.interfaces.len() {
                        self.losses.describe();
                    }
                }
                INTERFACE_STATISTICS => {
                    let told = block::statistics(&self.section, body)?;
                    let interface = self.section.first.saturating_add(told.interface);
                    self.notice = self.losses.statistics(interface, &told);
                    fault = told.overrun.then(|| OVERRUN.to_owned());
                }
                DECRYPTION_SECRETS => {
                    content = Content::Secrets(block::secrets(self.section.order, body));
                }
                _ => {}
            }
            self.input.take(block.kept, 0, 0);
            content
        };
        if let Some(why) = fault {
            self.fault(offset, why);
        }
        Ok(content)
    }

    /// The block at `offset` is broken, and others behind it need not be.
    #[cold]
    fn fault(&mut self, offset: u64, why: String) {
        (self.faults).push(self.info.id, offset, self.number + 1, why);
    }

    fn at(&self, offset: u64) -> Place {
        Place::new(self.info.id, offset, self.number)
    }

    fn run_short(&mut self, offset: u64, what: &str) -> Step {
        let place = self.at(offset);
        self.ending.run_short(&self.input, place, what)
    }

    fn stop(&mut self, offset: u64, why: String) -> Step {
        let place = self.at(offset);
        self.ending.stop(place, DamageKind::Corrupt, why)
    }
}

/// Takes the interface that a block describes, and tells what is wrong with it.
fn describe_interface(
    section: &mut Section,
    described: &mut Vec<InterfaceInfo>,
    body: &[u8],
) -> Option<String> {
    let Described {
        interface,
        name,
        filter,
        fault,
    } = block::interface(section.order, body);
    if section.interfaces.len() < INTERFACES_MAX {
        section.interfaces.push(interface);
    }
    if described.len() < DESCRIBED_MAX {
        described.push(InterfaceInfo {
            name,
            link: interface.link,
            snaplen: interface.snaplen,
            filter,
            comments: Vec::new(),
            fcs_len: interface.fcs_len,
            resolution: interface.clock.resolution(),
        });
    }
    fault
}

/// Keeps the comments of a block, as many as there is room for.
fn keep_comments(told: Options<'_>, kept: &mut Vec<String>, left: &mut usize) {
    for comment in told.comments() {
        if let Some(rest) = left.checked_sub(comment.len()) {
            *left = rest;
            kept.push(String::from_utf8_lossy(comment).into_owned());
        }
    }
}

/// Why the library could not make a block of the octets.
fn explain(error: &PcapNgFormatError) -> String {
    match error {
        PcapNgFormatError::InvalidMagicNumber(magic) => {
            format!("the section header's byte-order magic is {magic:#010x}, not 0x1a2b3c4d")
        }
        PcapNgFormatError::BlockNotAligned(len) => {
            format!("the block length {len} is not a multiple of 4")
        }
        PcapNgFormatError::BlockTooShort(least, len) => {
            format!("the block length {len} is below the least possible, {least}")
        }
        PcapNgFormatError::BlockLengthMismatch(head, tail) => {
            format!("the block length is {head} at the block's head and {tail} at its tail")
        }
        other => other.to_string(),
    }
}

impl Source for PcapNgSource {
    fn advance(&mut self) -> Step {
        if self.held {
            self.held = false;
            return Step::Frame;
        }
        self.current = None;
        while !self.ending.is_reached() {
            let block = match self.next_block() {
                Ok(block) => block,
                Err(step) => return step,
            };
            let dropped = (block.len - block.kept) as u64;
            let offset = self.input.offset() - dropped;
            match self.read(&block, offset) {
                Ok(Content::Packet(current)) => {
                    self.number += 1;
                    self.current = Some(current);
                    if self.notice.is_some() {
                        self.held = true;
                        return Step::Tick(Timestamp::MIN);
                    }
                    return Step::Frame;
                }
                Ok(Content::Secrets(block)) => {
                    self.secrets = Some(Secrets {
                        source: self.info.id,
                        offset,
                        kind: block.kind,
                        octets: block.octets,
                        fault: block.fault,
                    });
                    return Step::Secrets;
                }
                Ok(Content::Other) if self.notice.is_some() => {
                    return Step::Tick(Timestamp::MIN);
                }
                Ok(Content::Other) => {}
                // Nothing tells how to read what follows.
                Err(why) if block.block_type == SECTION_HEADER => return self.stop(offset, why),
                Err(why) => {
                    self.input.take(block.kept, 0, 0);
                    self.fault(offset, format!("{why}; it was passed over"));
                    if PacketBlock::from_type(block.block_type).is_some() {
                        self.notice = self.losses.passed_over();
                        return Step::Tick(Timestamp::MIN);
                    }
                }
            }
        }
        Step::End
    }

    fn frame(&self) -> Option<Frame<'_>> {
        let current = self.current.as_ref()?;
        Some(Frame {
            source: self.info.id,
            number: self.number,
            interface: Some(current.interface),
            ts: current.ts,
            link: current.link,
            wire_len: current.wire_len,
            fcs_len: current.fcs_len,
            data: self.input.get(&current.data),
            options: Options::new(current.order, self.input.get(&current.options)),
            transfer: None,
            cipher: None,
            expanded: None,
            part: None,
        })
    }

    fn describe(&self) -> Vec<SourceInfo> {
        vec![self.info.clone()]
    }

    fn damage(&self) -> Vec<Damage> {
        let faults = self.faults.damage().into_iter();
        self.input
            .placed(faults.chain(self.ending.damage().cloned()))
    }

    fn progress(&self) -> Progress {
        self.input.progress()
    }

    fn notices(&mut self) -> Vec<Notice> {
        self.notice.take().into_iter().collect()
    }

    fn kernel(&self) -> Option<Vec<InterfaceCounts>> {
        self.losses.counts(&self.info.interfaces)
    }

    fn secrets(&mut self) -> Vec<Secrets> {
        self.secrets.take().into_iter().collect()
    }
}
