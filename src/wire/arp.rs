//! ARP for IPv4, as far as it tells who asks a link for whom (RFC 826).

use std::net::Ipv4Addr;

use super::bytes::{array_at, u8_at, u16_at};
use super::link::{self, Network};
use crate::model::Frame;

/// A message of ARP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arp {
    /// What it does.
    pub operation: ArpOperation,
    /// Address of who sends it; 0.0.0.0 where it has none yet (RFC 5227 section 2.1.1).
    pub sender: Ipv4Addr,
    /// Whom it asks for, or answers.
    pub target: Ipv4Addr,
}

/// What a message of ARP does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArpOperation {
    /// It asks.
    Request,
    /// It answers.
    Reply,
}

impl Arp {
    /// The message that a frame has, of whatever kind its link-layer addresses are.
    pub fn of(frame: &Frame<'_>) -> Option<Self> {
        const ETHER_TYPE: u16 = 0x0806;
        const IPV4: u16 = 0x0800;
        /// Behind kinds, lengths and operation.
        const ADDRESSES: usize = 8;
        let header = link::parse(frame).ok()?;
        if header.network != Network::Other(ETHER_TYPE) {
            return None;
        }
        let octets = frame.data.get(header.offset..)?;
        if u16_at(octets, 2)? != IPV4 || usize::from(u8_at(octets, 5)?) != size_of::<Ipv4Addr>() {
            return None;
        }
        let hardware = usize::from(u8_at(octets, 4)?);
        let sender = ADDRESSES + hardware;
        let target = sender + size_of::<Ipv4Addr>() + hardware;
        Some(Self {
            operation: match u16_at(octets, 6)? {
                1 => ArpOperation::Request,
                2 => ArpOperation::Reply,
                _ => return None,
            },
            sender: array_at::<4>(octets, sender)?.into(),
            target: array_at::<4>(octets, target)?.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::link::linktype;

    fn request(kinds: [u8; 6], operation: u8) -> Vec<u8> {
        let mut frame = [[0xff; 6], [2; 6]].concat();
        frame.extend([0x81, 0, 0, 7, 8, 6]);
        frame.extend(kinds);
        frame.extend([0, operation]);
        frame.extend([2, 2, 2, 2, 2, 2, 10, 0, 0, 1]);
        frame.extend([0, 0, 0, 0, 0, 0, 10, 0, 0, 9]);
        frame
    }

    #[test]
    fn who_asks_for_whom_is_read() {
        let read = |octets: &[u8]| Arp::of(&Frame::alone(linktype::ETHERNET, octets));
        let whole = request([0, 1, 8, 0, 6, 4], 1);
        let asked = Arp {
            operation: ArpOperation::Request,
            sender: [10, 0, 0, 1].into(),
            target: [10, 0, 0, 9].into(),
        };
        assert_eq!(read(&whole), Some(asked));
        for end in 0..whole.len() {
            assert_eq!(read(&whole[..end]), None, "{end}");
        }
        // Not of IPv4, and what asks and answers nothing.
        assert_eq!(read(&request([0, 1, 0x86, 0xdd, 6, 4], 1)), None);
        assert_eq!(read(&request([0, 1, 8, 0, 6, 16], 1)), None);
        assert_eq!(read(&request([0, 1, 8, 0, 6, 4], 3)), None);
    }
}
