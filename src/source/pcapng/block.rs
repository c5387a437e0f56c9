//! Block bodies. The library's own readers refuse what others read on over: options of a wrong
//! length, text that is not UTF-8, reserved fields that are not zero.

use super::clock::Clock;
use crate::model::byteorder::Order;
use crate::model::options::{self, PacketFlags, counter};
use crate::model::{LinkType, Options, Timestamp};
use crate::source::losses::Statistics;
use crate::source::{RecordedFilter, SecretsFault, SecretsKind};

/// How many interfaces of a section are kept.
pub(super) const INTERFACES_MAX: usize = 1 << 16;
/// How many interfaces of a file are described; those of later sections have no name.
pub(super) const DESCRIBED_MAX: usize = 1 << 14;
/// How much of an interface's name is kept, in octets.
const NAME_MAX: usize = 255;
/// The same of its filter, and the first octet of one in libpcap's language; others are programs.
const FILTER_MAX: usize = 1024;
const FILTER_EXPRESSION: u8 = 0;

const MAJOR_VERSION: u16 = 1;

/// Octets of the option that ends them.
const END_LEN: usize = 4;
const IF_NAME: u16 = 2;
const IF_TSRESOL: u16 = 9;
const IF_FILTER: u16 = 11;
const IF_FCSLEN: u16 = 13;
const IF_TSOFFSET: u16 = 14;
const ISB_IFRECV: u16 = 4;
const ISB_IFDROP: u16 = 5;
const ISB_OSDROP: u16 = 7;

/// What is needed of an interface to read its packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interface {
    pub(super) link: LinkType,
    pub(super) snaplen: u32,
    pub(super) fcs_len: u8,
    pub(super) clock: Clock,
}

/// What a section header and the interface blocks behind it say.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) order: Order,
    pub(super) interfaces: Vec<Interface>,
    /// How many interfaces the sections before declared.
    pub(super) first: u32,
}

/// A packet, with the place of its octets in the body.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Packet {
    /// Number of the interface in its section.
    pub(super) interface: u32,
    pub(super) ts: Timestamp,
    pub(super) wire_len: u32,
    pub(super) fcs_len: u8,
    /// Packets that were dropped before it.
    pub(super) lost: u64,
    /// Whether an option claims more octets than the block has.
    pub(super) overrun: bool,
    pub(super) link: LinkType,
    pub(super) from: usize,
    pub(super) to: usize,
    /// Where its options start, up to the end of the body; 0 where it has none.
    pub(super) options: usize,
}

/// The kinds of block that hold packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PacketBlock {
    Enhanced,
    Simple,
    /// Of the first drafts, with 16 bits each of interface and drops.
    Old,
}

impl PacketBlock {
    /// The kind by its block type.
    #[inline]
    pub(super) fn from_type(block_type: u32) -> Option<Self> {
        match block_type {
            6 => Some(Self::Enhanced),
            3 => Some(Self::Simple),
            2 => Some(Self::Old),
            _ => None,
        }
    }
}

/// What a decryption secrets block holds.
pub(super) struct SecretsBlock {
    pub(super) kind: SecretsKind,
    pub(super) octets: Vec<u8>,
    pub(super) fault: Option<SecretsFault>,
}

/// The secrets of a block, as far as they are there.
pub(super) fn secrets(order: Order, body: &[u8]) -> SecretsBlock {
    let kind = order.u32(body, 0).unwrap_or(0);
    let held = body.get(8..).unwrap_or_default();
    let claimed = order.u32(body, 4).unwrap_or(0);
    let octets = held.get(..octets(claimed)).unwrap_or(held);
    let found = u32::try_from(octets.len()).unwrap_or(u32::MAX);
    SecretsBlock {
        kind: SecretsKind::from_number(kind),
        octets: octets.to_vec(),
        fault: (found < claimed).then_some(SecretsFault::Cut { claimed, found }),
    }
}

/// The options of a section header.
pub(super) fn section_options(order: Order, body: &[u8]) -> Options<'_> {
    const FIXED: usize = 16;
    Options::new(order, body.get(FIXED..).unwrap_or_default())
}

/// Those of an interface description.
pub(super) fn interface_options(order: Order, body: &[u8]) -> Options<'_> {
    const FIXED: usize = 8;
    Options::new(order, body.get(FIXED..).unwrap_or_default())
}

/// An interface description: the interface, and its name where it has one.
#[derive(Debug)]
pub(super) struct Described {
    pub(super) interface: Interface,
    pub(super) name: Option<String>,
    /// The filter of its packets, where the file has that.
    pub(super) filter: Option<RecordedFilter>,
    /// What of it could not be read.
    pub(super) fault: Option<String>,
}

/// The interface that a block describes. It counts even where the block is too short to tell its link
/// type, as others are numbered behind it.
pub(super) fn interface(order: Order, body: &[u8]) -> Described {
    let (mut name, mut filter) = (None, None);
    let mut fault = (body.len() < 8)
        .then(|| format!("the interface description has only {} octets", body.len()));
    let mut interface = Interface {
        link: LinkType::from_registry(order.u16(body, 0).unwrap_or(u16::MAX)),
        snaplen: order.u32(body, 4).unwrap_or(0),
        fcs_len: 0,
        clock: Clock::default(),
    };
    let mut options = interface_options(order, body).iter();
    for (code, value) in options.by_ref() {
        let clock = interface.clock;
        match (code, value) {
            (IF_NAME, _) => {
                let kept = value.get(..NAME_MAX).unwrap_or(value);
                name = Some(String::from_utf8_lossy(kept).into_owned());
            }
            (IF_FILTER, [FILTER_EXPRESSION, expression @ ..]) => {
                let kept = expression.get(..FILTER_MAX).unwrap_or(expression);
                let expression = String::from_utf8_lossy(kept).into_owned();
                filter = Some(RecordedFilter::Expression(expression));
            }
            (IF_FILTER, [_, program @ ..]) => {
                filter = Some(RecordedFilter::Program(program.len()));
            }
            (IF_TSRESOL, [resolution, ..]) => {
                interface.clock = clock.with_resolution(*resolution);
            }
            (IF_TSOFFSET, _) => {
                interface.clock = clock.with_offset(order.i64(value, 0).unwrap_or(0));
            }
            // The specification long left open whether it counts octets or bits.
            (IF_FCSLEN, [len, ..]) => {
                interface.fcs_len = if *len < 8 { *len } else { *len / 8 };
            }
            _ => {}
        }
    }
    if options.overrun() {
        fault = Some(OVERRUN.to_owned());
    }
    Described {
        interface,
        name,
        filter,
        fault,
    }
}

impl Section {
    /// The section that a header block opens behind this one.
    ///
    /// # Errors
    ///
    /// As for [`Section::packet`].
    pub(super) fn next(&self, order: Option<Order>, body: &[u8]) -> Result<Self, String> {
        let order = order.ok_or("the section header tells no byte order")?;
        let version = order.u16(body, 4).zip(order.u16(body, 6));
        let (major, minor) = version.ok_or("the section header holds no version")?;
        if major != MAJOR_VERSION {
            return Err(format!(
                "the section is of version {major}.{minor}, and only 1 is known"
            ));
        }
        let declared = u32::try_from(self.interfaces.len()).unwrap_or(u32::MAX);
        Ok(Self {
            order,
            interfaces: Vec::new(),
            first: self.first.saturating_add(declared),
        })
    }

    #[cold]
    fn not_described(&self, what_is: &str, interface: u32) -> String {
        let described = match self.interfaces.len() {
            0 => "none".to_owned(),
            count => format!("only {count}"),
        };
        format!(
            "{what_is} of interface {interface}, counted from 0, and its section has described {described}"
        )
    }

    /// The packet of a block. `body` may lack octets at its end if the block is larger than what
    /// is kept of one.
    ///
    /// # Errors
    ///
    /// What the block says that cannot be, in a sentence.
    #[inline]
    pub(super) fn packet(
        &self,
        kind: PacketBlock,
        body: &[u8],
        len: usize,
    ) -> Result<Packet, String> {
        let order = self.order;
        let field = |at| {
            order
                .u32(body, at)
                .ok_or_else(|| format!("the packet block has only {} octets", body.len()))
        };
        let number = match kind {
            PacketBlock::Enhanced => field(0)?,
            PacketBlock::Simple => 0,
            PacketBlock::Old => u32::from(order.u16(body, 0).unwrap_or(0)),
        };
        let interface = usize::try_from(number)
            .ok()
            .and_then(|number| self.interfaces.get(number))
            .ok_or_else(|| self.not_described("the packet is", number))?;
        let from = if kind == PacketBlock::Simple { 4 } else { 20 };
        let room = len.saturating_sub(from);
        let (stamp, captured, wire_len) = if kind == PacketBlock::Simple {
            let wire_len = field(0)?;
            // It does not say how much was captured: the snap length does, or the block's.
            let limit = match interface.snaplen {
                0 => room,
                snaplen => octets(snaplen).min(room),
            };
            (None, octets(wire_len).min(limit), wire_len)
        } else {
            let stamp = u64::from(field(4)?) << 32 | u64::from(field(8)?);
            (Some(stamp), octets(field(12)?), field(16)?)
        };
        if captured > room {
            return Err(format!(
                "the packet claims {captured} captured octets, and its block has room for {room}"
            ));
        }
        let to = from.saturating_add(captured).min(body.len());
        let behind = captured.next_multiple_of(4).saturating_add(from);
        let mut packet = Packet {
            interface: number,
            // A simple packet has no time.
            ts: stamp.map_or(Timestamp::default(), |stamp| interface.clock.at(stamp)),
            wire_len: wire_len.max(u32::try_from(captured).unwrap_or(u32::MAX)),
            fcs_len: interface.fcs_len,
            lost: 0,
            overrun: false,
            link: interface.link,
            from,
            to,
            options: 0,
        };
        if let Some(rest) = body.get(behind..)
            && kind != PacketBlock::Simple
            && rest.len() > END_LEN
        {
            let told = Options::new(order, rest);
            packet.options = behind;
            packet.take_options(told);
            // Of a large block the end is not kept.
            packet.overrun &= body.len() == len;
        }
        if kind == PacketBlock::Old {
            let lost = order.u16(body, 2).filter(|lost| *lost != u16::MAX);
            packet.lost = lost.map_or(0, u64::from);
        }
        Ok(packet)
    }
}

impl Packet {
    /// Takes what options tell that reading asks for.
    fn take_options(&mut self, told: Options<'_>) {
        let mut each = told.iter();
        for (code, value) in each.by_ref() {
            match code {
                options::FLAGS => {
                    let flags = told.order().u32(value, 0).map(PacketFlags::new);
                    let len = flags.and_then(PacketFlags::fcs_len);
                    self.fcs_len = len.unwrap_or(self.fcs_len);
                }
                options::DROP_COUNT => self.lost = counter(told.order(), value).unwrap_or(0),
                _ => {}
            }
        }
        self.overrun = each.overrun();
    }
}

fn octets(len: u32) -> usize {
    usize::try_from(len).unwrap_or(usize::MAX)
}

/// The statistics of an interface.
///
/// # Errors
///
/// As for [`Section::packet`].
pub(super) fn statistics(section: &Section, body: &[u8]) -> Result<Statistics, String> {
    let order = section.order;
    let field = |at| {
        (order.u32(body, at))
            .ok_or_else(|| format!("the statistics block has only {} octets", body.len()))
    };
    let (interface, stamp) = (field(0)?, u64::from(field(4)?) << 32 | u64::from(field(8)?));
    let described = section.interfaces.get(octets(interface));
    let clock = described
        .ok_or_else(|| section.not_described("the statistics are", interface))?
        .clock;
    let mut told = Statistics {
        interface,
        ts: clock.at(stamp),
        ..Statistics::default()
    };
    let mut options = Options::new(order, body.get(12..).unwrap_or_default()).iter();
    for (code, value) in options.by_ref() {
        match code {
            ISB_IFRECV => told.received = counter(order, value),
            ISB_IFDROP => told.interface_dropped = counter(order, value),
            ISB_OSDROP => told.dropped = counter(order, value),
            _ => {}
        }
    }
    told.overrun = options.overrun();
    Ok(told)
}

/// What is wrong where an option claims more octets than its block has.
pub(super) const OVERRUN: &str =
    "an option claims more octets than the block has, and none from there on is read";
