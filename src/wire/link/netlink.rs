//! Netlink: packets that Linux hands to programs, which log or queue them, or are told of samples and of
//! drops.

use std::iter;
use std::ops::Range;

use super::ether::ether_type as et;
use super::inside::Inside;
use super::{ether, linktype as lt};
use crate::wire::Undecodable;
use crate::wire::byteorder::Order;
use crate::wire::bytes::{u8_at, u16_at, u32_at};

/// A frame behind the header of cooked captures, whose protocol is the family of netlink. Of several
/// packets in it the first leads on.
pub(super) fn netlink(data: &[u8], at: usize) -> Result<(Inside, usize), Undecodable> {
    const PROTOCOL: usize = 14;
    let protocol = u16_at(data, at + PROTOCOL).ok_or(Undecodable::Short)?;
    message(data, at + BEFORE_MESSAGES, protocol)
}

/// Octets before the first message of a frame.
pub(in crate::wire) const BEFORE_MESSAGES: usize = 16;

/// Where the messages of a frame are that lead to packets; each ends where its length says.
pub(in crate::wire) fn messages_with_packets(data: &[u8]) -> impl Iterator<Item = Range<usize>> {
    const PROTOCOL: usize = 14;
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

/// A message of this family: length, type, flags, number and port in the byte order of the host, then
/// what the family has (RFC 3549 section 2.3).
pub(super) fn message(
    data: &[u8],
    at: usize,
    protocol: u16,
) -> Result<(Inside, usize), Undecodable> {
    const NETFILTER: u16 = 12;
    const GENERIC: u16 = 16;
    const HEADER: usize = 16;
    const SUBHEADER: usize = 4;
    let (order, length) = order_of(data, at)?;
    let kind = order.u16(data, at + 4).ok_or(Undecodable::Short)?;
    let own = at + HEADER;
    let attributes = Attributes {
        data,
        order,
        at: own + SUBHEADER,
        end: at + length,
    };
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
struct Attributes<'a> {
    data: &'a [u8],
    order: Order,
    at: usize,
    end: usize,
}

/// One of them: what it is, where its value starts, and how many octets that has.
struct Attribute {
    kind: u16,
    value: usize,
    octets: usize,
}

impl Attributes<'_> {
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
    const LOGGED: u16 = 0x0400;
    const QUEUED: u16 = 0x0300;
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

/// Attributes of the drop monitor.
mod dropped {
    pub(super) const ALERT: u8 = 5;
    pub(super) const PROTOCOL: u16 = 6;
    pub(super) const PAYLOAD: u16 = 7;
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

/// Attributes of samples.
mod sampled {
    pub(super) const SAMPLE: u8 = 0;
    pub(super) const ORIGINAL_SIZE: u16 = 2;
    pub(super) const RATE: u16 = 5;
    pub(super) const DATA: u16 = 6;
    pub(super) const PROTOCOL: u16 = 14;
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
