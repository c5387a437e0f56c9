//! Netlink: packets that Linux hands to programs, which log or queue them, or are told of samples and of
//! drops.

use std::iter;
use std::ops::Range;

use super::ether::ether_type as et;
use super::inside::Inside;
use super::system::{Dropped, Dropper, SystemMessage, SystemReport, nfula};
use super::{ether, linktype as lt};
use crate::model::Timestamp;
use crate::model::byteorder::Order;
use crate::wire::Undecodable;
use crate::wire::bytes::{tail, text, u8_at, u16_at, u32_at};

/// A frame behind the header of cooked captures, whose protocol is the family of netlink. Of several
/// packets in it the first leads on.
pub(super) fn netlink(data: &[u8], at: usize) -> Result<(Inside, usize), Undecodable> {
    let protocol = u16_at(data, at + PROTOCOL).ok_or(Undecodable::Short)?;
    message(data, at + BEFORE_MESSAGES, protocol)
}

/// Octets before the first message of a frame.
pub(in crate::wire) const BEFORE_MESSAGES: usize = 16;

/// Where the messages of a frame are that lead to packets; each ends where its length says.
pub(in crate::wire) fn messages_with_packets(data: &[u8]) -> impl Iterator<Item = Range<usize>> {
    const SHORTEST: usize = 16;
    const ALIGNMENT: usize = 4;
    let protocol = u16_at(data, PROTOCOL);
    let mut at = BEFORE_MESSAGES;
    let messages = iter::from_fn(move || {
        let (_, length) = order_of(data, at).ok()?;
        let start = at;
        let end = start.checked_add(length)?;
        at = start.checked_add(length.checked_next_multiple_of(ALIGNMENT)?)?;
        (length >= SHORTEST).then_some(start..end)
    });
    messages.filter(move |place| {
        let found = protocol.map(|protocol| message(data, place.start, protocol));
        matches!(
            found,
            Some(Ok((Inside::Frame(_) | Inside::EtherType(_), _)))
        )
    })
}

/// Where the header of cooked captures has the family.
const PROTOCOL: usize = 14;

/// A message of this family: length, type, flags, number and port in the byte order of the host, then
/// what the family has (RFC 3549 section 2.3).
pub(super) fn message(
    data: &[u8],
    at: usize,
    protocol: u16,
) -> Result<(Inside, usize), Undecodable> {
    let Message {
        kind,
        own,
        attributes,
    } = Message::parse(data, at)?;
    let found = match protocol {
        NETFILTER => netfilter(kind, attributes)?,
        GENERIC => match u8_at(data, own).ok_or(Undecodable::Short)? {
            dropped::ALERT => dropped(attributes)?,
            sampled::SAMPLE => sampled(attributes)?,
            _ => None,
        },
        _ => None,
    };
    Ok(found.unwrap_or((Inside::Other(protocol), own)))
}

/// The families whose packets are read.
const NETFILTER: u16 = 12;
const GENERIC: u16 = 16;
/// Kinds of message of netfilter.
const LOGGED: u16 = 0x0400;
const QUEUED: u16 = 0x0300;

/// A message.
struct Message<'a> {
    kind: u16,
    /// Where the header of its family is.
    own: usize,
    attributes: Attributes<'a>,
}

impl<'a> Message<'a> {
    fn parse(data: &'a [u8], at: usize) -> Result<Self, Undecodable> {
        const HEADER: usize = 16;
        const SUBHEADER: usize = 4;
        let (order, length) = order_of(data, at)?;
        let own = at + HEADER;
        let end = at.saturating_add(length);
        Ok(Self {
            kind: order.u16(data, at + 4).ok_or(Undecodable::Short)?,
            own,
            attributes: Attributes::new(data, order, own + SUBHEADER, end),
        })
    }
}

/// What a message of this family tells of its packet.
pub(super) fn told(data: &[u8], at: usize, protocol: u16) -> Option<SystemReport<'_>> {
    let message = Message::parse(data, at).ok()?;
    let (own, attributes) = (message.own, message.attributes);
    match (protocol, message.kind) {
        (NETFILTER, LOGGED | QUEUED) => {
            let family = u8_at(data, own)?;
            let group = u16_at(data, own + 2).map(u32::from);
            let report = told_by_netfilter(message.kind, family, attributes);
            Some(SystemReport { group, ..report })
        }
        (GENERIC, _) => match u8_at(data, own)? {
            dropped::ALERT => Some(told_of_drop(attributes)),
            sampled::SAMPLE => Some(told_of_sample(attributes)),
            _ => None,
        },
        _ => None,
    }
}

/// What a log or a queue of netfilter tells.
fn told_by_netfilter(kind: u16, family: u8, mut attributes: Attributes<'_>) -> SystemReport<'_> {
    /// Numbers of a queue (`linux/netfilter/nfnetlink_queue.h`), of which those before the packet's
    /// come one later than in a log.
    mod nfqa {
        pub(super) const MARK: u16 = 3;
        pub(super) const HARDWARE_ADDRESS: u16 = 9;
        pub(super) const UID: u16 = 16;
        pub(super) const GID: u16 = 17;
    }
    let is_log = kind == LOGGED;
    let mut told = SystemReport::new(if is_log {
        SystemMessage::NetfilterLog
    } else {
        SystemMessage::NetfilterQueue
    });
    while let Ok(Some((attribute, value))) = attributes.next_value() {
        match attribute {
            nfula::PACKET_HEADER => {
                let before = if is_log { 0 } else { 4 };
                told.packet_id = u32_at(value, 0).filter(|_| !is_log);
                told.hook = u8_at(value, before + 2).map(|hook| (family, hook));
            }
            _ if is_log => told.read_netfilter(attribute, value),
            nfqa::MARK..=nfqa::HARDWARE_ADDRESS => told.read_netfilter(attribute - 1, value),
            nfqa::UID => told.uid = u32_at(value, 0),
            nfqa::GID => told.gid = u32_at(value, 0),
            _ => {}
        }
    }
    told
}

/// The byte order in which the length of a message is the smaller, and that length.
fn order_of(data: &[u8], at: usize) -> Result<(Order, usize), Undecodable> {
    let big = u32_at(data, at).ok_or(Undecodable::Short)?;
    let little = big.swap_bytes();
    let (order, length) = if little <= big {
        (Order::Little, little)
    } else {
        (Order::Big, big)
    };
    Ok((order, usize::try_from(length).unwrap_or(usize::MAX)))
}

/// The attributes of a message.
pub(super) struct Attributes<'a> {
    data: &'a [u8],
    order: Order,
    at: usize,
    end: usize,
}

/// One of them: what it is, where its value starts, and how many octets that has.
pub(super) struct Attribute {
    kind: u16,
    value: usize,
    octets: usize,
}

impl<'a> Attributes<'a> {
    /// Those in `data` from `at` to `end`.
    pub(super) const fn new(data: &'a [u8], order: Order, at: usize, end: usize) -> Self {
        Self {
            data,
            order,
            at,
            end,
        }
    }

    /// The next one: what it is, and its value.
    pub(super) fn next_value(&mut self) -> Result<Option<(u16, &'a [u8])>, Undecodable> {
        let data = self.data;
        let next = self.next()?;
        Ok(next.map(
            |Attribute {
                 kind,
                 value,
                 octets,
             }| {
                let rest = tail(data, value);
                (kind, rest.get(..octets).unwrap_or(rest))
            },
        ))
    }

    fn u16(&self, at: usize) -> Result<u16, Undecodable> {
        self.order.u16(self.data, at).ok_or(Undecodable::Short)
    }

    /// The next one: length and type, two bits above which are flags, then a value that is padded.
    fn next(&mut self) -> Result<Option<Attribute>, Undecodable> {
        const HEADER: usize = 4;
        const KIND: u16 = 0x3fff;
        if self.at + HEADER > self.end {
            return Ok(None);
        }
        let length = usize::from(self.u16(self.at)?);
        let kind = self.u16(self.at + 2)? & KIND;
        let octets = length.checked_sub(HEADER).ok_or(Undecodable::Malformed)?;
        let value = self.at + HEADER;
        self.at += length.next_multiple_of(4);
        Ok(Some(Attribute {
            kind,
            value,
            octets,
        }))
    }
}

/// Where a packet is, and what it is.
type Found = Result<Option<(Inside, usize)>, Undecodable>;

/// A packet that netfilter logs, or queues for a program to decide on.
fn netfilter(kind: u16, mut attributes: Attributes<'_>) -> Found {
    const HEADER: u16 = 1;
    // Where its EtherType stands in the header, and which attribute the packet is.
    let (protocol_at, payload) = match kind {
        LOGGED => (0, 9),
        QUEUED => (4, 10),
        _ => return Ok(None),
    };
    let mut protocol = None;
    while let Some(attribute) = attributes.next()? {
        if attribute.kind == HEADER {
            protocol = u16_at(attributes.data, attribute.value + protocol_at);
        } else if attribute.kind == payload {
            let inside = Inside::EtherType(protocol.unwrap_or_default());
            return Ok(Some((inside, attribute.value)));
        }
    }
    Ok(None)
}

/// The command and the attributes of the drop monitor (`linux/net_dropmon.h`).
mod dropped {
    pub(super) const ALERT: u8 = 5;
    pub(super) const SYMBOL: u16 = 3;
    pub(super) const IN_PORT: u16 = 4;
    pub(super) const TIMESTAMP: u16 = 5;
    pub(super) const PROTOCOL: u16 = 6;
    pub(super) const PAYLOAD: u16 = 7;
    pub(super) const ORIGIN: u16 = 14;
    pub(super) const TRAP_GROUP: u16 = 15;
    pub(super) const TRAP: u16 = 16;
    pub(super) const REASON: u16 = 23;
    /// In the port.
    pub(super) const PORT_INDEX: u16 = 0;
    pub(super) const PORT_NAME: u16 = 1;
}

/// What the drop monitor tells.
fn told_of_drop(mut attributes: Attributes<'_>) -> SystemReport<'_> {
    const HARDWARE: u16 = 1;
    let order = attributes.order;
    let mut told = SystemReport::new(SystemMessage::PacketDrop);
    let mut drop = Dropped {
        by: Dropper::Kernel,
        reason: None,
        symbol: None,
        trap: None,
        trap_group: None,
    };
    while let Ok(Some((attribute, value))) = attributes.next_value() {
        match attribute {
            dropped::ORIGIN if order.u16(value, 0) == Some(HARDWARE) => drop.by = Dropper::Hardware,
            dropped::SYMBOL => drop.symbol = Some(text(value)),
            dropped::REASON => drop.reason = Some(text(value)),
            dropped::TRAP => drop.trap = Some(text(value)),
            dropped::TRAP_GROUP => drop.trap_group = Some(text(value)),
            dropped::TIMESTAMP => told.ts = nanoseconds(order, value),
            dropped::IN_PORT => {
                let mut port = Attributes::new(value, order, 0, value.len());
                while let Ok(Some((attribute, value))) = port.next_value() {
                    match attribute {
                        dropped::PORT_INDEX => told.input = order.u32(value, 0),
                        dropped::PORT_NAME => told.interface = Some(text(value)),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    told.dropped = Some(drop);
    told
}

/// A time since 1970.
fn nanoseconds(order: Order, value: &[u8]) -> Option<Timestamp> {
    order.i64(value, 0).map(Timestamp::from_nanos)
}

/// A packet that the drop monitor tells of. Which number its family has is agreed on with every program;
/// the EtherType that it tells must be that of the frame.
fn dropped(mut attributes: Attributes<'_>) -> Found {
    let mut protocol = None;
    while let Some(attribute) = attributes.next()? {
        match attribute.kind {
            dropped::PROTOCOL => {
                protocol = Some(attributes.u16(attribute.value)?);
            }
            dropped::PAYLOAD => return frame_of(attributes.data, attribute.value, protocol),
            _ => {}
        }
    }
    Ok(None)
}

/// The command and the attributes of samples (`linux/psample.h`).
mod sampled {
    pub(super) const SAMPLE: u8 = 0;
    pub(super) const INPUT: u16 = 0;
    pub(super) const OUTPUT: u16 = 1;
    pub(super) const ORIGINAL_SIZE: u16 = 2;
    pub(super) const GROUP: u16 = 3;
    pub(super) const SEQUENCE: u16 = 4;
    pub(super) const RATE: u16 = 5;
    pub(super) const DATA: u16 = 6;
    pub(super) const TIMESTAMP: u16 = 13;
    pub(super) const PROTOCOL: u16 = 14;
    /// The rate is a probability, in parts of 2^32 - 1.
    pub(super) const PROBABILITY: u16 = 16;
}

/// What a sample tells.
fn told_of_sample(mut attributes: Attributes<'_>) -> SystemReport<'_> {
    let order = attributes.order;
    let mut told = SystemReport::new(SystemMessage::PacketSample);
    let mut is_probability = false;
    // Of 16 bits first, of 32 since Linux 6.3.
    let number = |value: &[u8]| match value.len() {
        2 => order.u16(value, 0).map(u32::from),
        _ => order.u32(value, 0),
    };
    while let Ok(Some((attribute, value))) = attributes.next_value() {
        match attribute {
            sampled::INPUT => told.input = number(value),
            sampled::OUTPUT => told.output = number(value),
            sampled::GROUP => told.group = order.u32(value, 0),
            sampled::SEQUENCE => told.sequence = order.u32(value, 0),
            sampled::RATE => told.sampling_rate = order.u32(value, 0),
            sampled::TIMESTAMP => told.ts = nanoseconds(order, value),
            sampled::PROBABILITY => is_probability = true,
            _ => {}
        }
    }
    if is_probability {
        let rate = told.sampling_rate.filter(|parts| *parts > 0);
        told.sampling_rate = rate.map(|parts| u32::MAX / parts);
    }
    told
}

/// A packet that was sampled, which is told with the rate and its size; see [`dropped()`]. The EtherType
/// is told since Linux 5.13.
fn sampled(mut attributes: Attributes<'_>) -> Found {
    const WORD: usize = 4;
    let mut protocol = None;
    let mut words = 0;
    while let Some(attribute) = attributes.next()? {
        match attribute.kind {
            sampled::ORIGINAL_SIZE | sampled::RATE if attribute.octets == WORD => words += 1,
            sampled::PROTOCOL => {
                protocol = Some(attributes.u16(attribute.value)?);
            }
            sampled::DATA if words == 2 => {
                let data = attributes.data;
                let told = protocol.or_else(|| u16_at(data, attribute.value + 12));
                return frame_of(data, attribute.value, told);
            }
            _ => {}
        }
    }
    Ok(None)
}

/// The frame of Ethernet with this EtherType at `at`, or where the interface has no link header the
/// packet.
fn frame_of(data: &[u8], at: usize, protocol: Option<u16>) -> Found {
    let Some(protocol) = protocol else {
        return Ok(None);
    };
    let first = u8_at(data, at).ok_or(Undecodable::Short)?;
    let kind = u16_at(data, at + 12).ok_or(Undecodable::Short)?;
    let is_packet = matches!(
        (protocol, first),
        (et::IPV4, 0x45..=0x4f) | (et::IPV6, 0x60..=0x6f)
    );
    Ok(if kind == protocol || ether::is_vlan(kind) {
        Some((Inside::Frame(lt::ETHERNET), at))
    } else if is_packet {
        Some((Inside::EtherType(protocol), at))
    } else {
        None
    })
}
