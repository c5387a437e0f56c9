//! TIPC: messages between the nodes of a cluster, of which those of data may hold a packet.

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

/// A message with a packet, or a bundle of messages, of which the first with one leads on.
pub(super) fn tipc(bytes: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    const VERSION: u32 = 2;
    const BUNDLE: u32 = 6;
    const ALIGNMENT: usize = 4;
    let nowhere = LinkHeader::at(Network::Other(0), 0);
    let message = Message::parse(bytes)?;
    let inside = if (message.version, message.user) == (VERSION, BUNDLE) {
        let bytes = bytes.get(..message.octets).unwrap_or(bytes);
        let mut at = message.header.max(Message::SHORTEST);
        loop {
            let rest = tail(bytes, at);
            let Some(message) = Message::parse(rest).filter(|message| message.octets > 0) else {
                break None;
            };
            if let Some(inside) = message.packet(rest) {
                break Some(LinkHeader::at(Network::Ip, at + inside.offset));
            }
            at += message.octets.next_multiple_of(ALIGNMENT);
        }
    } else {
        message.packet(bytes)
    };
    Some((TunnelKind::Tipc, inside.unwrap_or(nowhere)))
}
