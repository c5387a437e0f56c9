//! TIPC: messages between the nodes of a cluster, of which those of data may hold a packet.

use std::iter;
use std::ops::Range;

use super::TunnelKind;
use super::header::leads_to_certain_ip;
use crate::wire::bytes::{tail, u32_at};
use crate::wire::link::{LinkHeader, Network};

/// A message: what it is, and where what it holds lies.
struct Message {
    version: u32,
    user: u32,
    header: usize,
    octets: usize,
}

impl Message {
    /// The first word (draft-maloy-tipc section 3.1): version, user, words of the header, octets in all.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let word = u32_at(bytes, 0)?;
        Some(Self {
            version: word >> 29,
            user: word >> 25 & 0x0f,
            header: usize::try_from(word >> 21 & 0x0f).ok()? * 4,
            octets: usize::try_from(word & 0x1_ffff).ok()?,
        })
    }

    /// Octets of the shortest header.
    const SHORTEST: usize = 24;

    /// The packet that it holds as data; nothing but the packet tells that it is one.
    fn packet(&self, bytes: &[u8]) -> Option<LinkHeader> {
        const LAST_OF_DATA: u32 = 3;
        if self.user > LAST_OF_DATA || self.header < Self::SHORTEST {
            return None;
        }
        let there = bytes.get(..self.octets).unwrap_or(bytes);
        let inside = LinkHeader::at(Network::Ip, self.header);
        leads_to_certain_ip(there, &inside, self.octets - there.len()).then_some(inside)
    }
}

/// Where the messages with packets are in a bundle of messages, and where the first of all starts.
pub(super) fn bundled(bytes: &[u8]) -> Option<(usize, impl Iterator<Item = Range<usize>>)> {
    const VERSION: u32 = 2;
    const BUNDLE: u32 = 6;
    const ALIGNMENT: usize = 4;
    let bundle = Message::parse(bytes)?;
    if (bundle.version, bundle.user) != (VERSION, BUNDLE) {
        return None;
    }
    let bytes = bytes.get(..bundle.octets).unwrap_or(bytes);
    let start = bundle.header.max(Message::SHORTEST);
    let mut at = start;
    let messages = iter::from_fn(move || {
        let message = Message::parse(tail(bytes, at)).filter(|message| message.octets > 0)?;
        let place = at;
        at += message.octets.next_multiple_of(ALIGNMENT);
        Some((message, place))
    });
    let with_packets = messages.filter_map(move |(message, place)| {
        message.packet(tail(bytes, place))?;
        Some(place..place + message.octets)
    });
    Some((start, with_packets))
}

/// A message with a packet, or a bundle of messages, of which the first with one leads on.
pub(super) fn tipc(bytes: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    let nowhere = LinkHeader::at(Network::Other(0), 0);
    let inside = match bundled(bytes) {
        Some((_, mut messages)) => messages.next().and_then(|place| {
            let inside = Message::parse(tail(bytes, place.start))?.header;
            Some(LinkHeader::at(Network::Ip, place.start + inside))
        }),
        None => Message::parse(bytes)?.packet(bytes),
    };
    Some((TunnelKind::Tipc, inside.unwrap_or(nowhere)))
}
