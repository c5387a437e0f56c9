//! Block bodies. The library's own readers refuse what others read on over: options of a wrong
//! length, text that is not UTF-8, reserved fields that are not zero.

use super::clock::Clock;
use super::losses::Statistics;
use crate::model::{LinkType, Timestamp};
use crate::source::{SecretsFault, SecretsKind};
use crate::wire::byteorder::Order;

/// How many interfaces of a section are kept.
pub(super) const INTERFACES_MAX: usize = 1 << 16;
/// How many interfaces of a file are described; those of later sections have no name.
pub(super) const DESCRIBED_MAX: usize = 1 << 14;
/// How much of an interface's name is kept, in octets.
const NAME_MAX: usize = 255;

const MAJOR_VERSION: u16 = 1;

const OPTION_END: u16 = 0;
const IF_NAME: u16 = 2;
const IF_TSRESOL: u16 = 9;
const IF_FCSLEN: u16 = 13;
const IF_TSOFFSET: u16 = 14;
const EPB_FLAGS: u16 = 2;
const EPB_DROPCOUNT: u16 = 4;
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
    pub(super) link: LinkType,
    pub(super) from: usize,
    pub(super) to: usize,
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

/// An interface description: the interface, and its name where it has one.
pub(super) fn interface(order: Order, body: &[u8]) -> Option<(Interface, Option<String>)> {
    let mut name = None;
    let mut interface = Interface {
        link: LinkType::from_registry(order.u16(body, 0)?),
        snaplen: order.u32(body, 4)?,
        fcs_len: 0,
        clock: Clock::default(),
    };
    for (code, value) in options(order, body.get(8..).unwrap_or_default()) {
        let clock = interface.clock;
        match (code, value) {
            (IF_NAME, _) => {
                let kept = value.get(..NAME_MAX).unwrap_or(value);
                name = Some(String::from_utf8_lossy(kept).into_owned());
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
    Some((interface, name))
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
            .ok_or_else(|| {
                format!(
                    "the packet is of interface {number}, counted from 0, and its section has \
                     described only {}",
                    self.interfaces.len()
                )
            })?;
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
        let (fcs_len, lost) = match body.get(behind..) {
            Some(rest) if kind != PacketBlock::Simple && rest.len() > 4 => {
                let told = of_packet(order, rest);
                (told.fcs_len.unwrap_or(interface.fcs_len), told.lost)
            }
            _ => (interface.fcs_len, 0),
        };
        let lost = match kind {
            PacketBlock::Old => order
                .u16(body, 2)
                .filter(|lost| *lost != u16::MAX)
                .map_or(0, u64::from),
            _ => lost,
        };
        Ok(Packet {
            interface: number,
            // A simple packet has no time.
            ts: stamp.map_or(Timestamp::default(), |stamp| interface.clock.at(stamp)),
            wire_len: wire_len.max(u32::try_from(captured).unwrap_or(u32::MAX)),
            fcs_len,
            lost,
            link: interface.link,
            from,
            to,
        })
    }
}

fn octets(len: u32) -> usize {
    usize::try_from(len).unwrap_or(usize::MAX)
}

/// What options tell of a packet.
#[derive(Clone, Copy, Default)]
struct OfPacket {
    /// The length of its frame check sequence.
    fcs_len: Option<u8>,
    /// Packets that were dropped before it.
    lost: u64,
}

fn of_packet(order: Order, rest: &[u8]) -> OfPacket {
    let mut told = OfPacket::default();
    for (code, value) in options(order, rest) {
        match code {
            // Bits 5 to 8; 0 is unknown.
            EPB_FLAGS => {
                let len = order.u32(value, 0).map(|flags| flags >> 5 & 0xf);
                let len = len.and_then(|len| u8::try_from(len).ok());
                told.fcs_len = len.filter(|len| *len > 0);
            }
            EPB_DROPCOUNT => told.lost = counter(order, value).unwrap_or(0),
            _ => {}
        }
    }
    told
}

/// A counter of 64 bits; all ones are what some write for one that is not kept.
fn counter(order: Order, value: &[u8]) -> Option<u64> {
    let count = order.i64(value, 0)?.cast_unsigned();
    (count != u64::MAX).then_some(count)
}

/// The statistics of an interface, but for those that no interface is described for.
pub(super) fn statistics(section: &Section, body: &[u8]) -> Option<Statistics> {
    let order = section.order;
    let interface = order.u32(body, 0)?;
    let clock = section.interfaces.get(octets(interface))?.clock;
    let stamp = u64::from(order.u32(body, 4)?) << 32 | u64::from(order.u32(body, 8)?);
    let mut told = Statistics {
        interface,
        ts: clock.at(stamp),
        ..Statistics::default()
    };
    for (code, value) in options(order, body.get(12..)?) {
        match code {
            ISB_IFRECV => told.received = counter(order, value),
            ISB_IFDROP => told.interface_dropped = counter(order, value),
            ISB_OSDROP => told.dropped = counter(order, value),
            _ => {}
        }
    }
    Some(told)
}

/// The options in `bytes`, up to the end mark or the first that does not fit.
fn options(order: Order, bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let code = order.u16(rest, 0).filter(|&code| code != OPTION_END)?;
        let len = usize::from(order.u16(rest, 2)?);
        let value = rest.get(4..)?.get(..len)?;
        rest = rest.get(4 + len.next_multiple_of(4)..).unwrap_or_default();
        Some((code, value))
    })
}
