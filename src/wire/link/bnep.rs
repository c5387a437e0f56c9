//! The header of the network encapsulation protocol of Bluetooth (BNEP 1.0 section 2.4): a type, the
//! addresses that are not those of the connection, an EtherType, perhaps headers that extend it.

use crate::wire::Undecodable;
use crate::wire::bytes::{array_at, u8_at, u16_at};

const ADDRESS: usize = 6;

/// A header, behind which stands what a frame of Ethernet would have.
#[derive(Clone, Copy, Debug)]
pub(in crate::wire) struct Bnep {
    /// The addresses that are sent.
    pub(in crate::wire) dst: Option<[u8; ADDRESS]>,
    pub(in crate::wire) src: Option<[u8; ADDRESS]>,
    pub(in crate::wire) ether_type: u16,
    pub(in crate::wire) octets: usize,
}

impl Bnep {
    /// The header that `bytes` begin with.
    pub(in crate::wire) fn parse(bytes: &[u8]) -> Result<Self, Undecodable> {
        const EXTENDED: u8 = 0x80;
        const GENERAL: u8 = 0;
        const COMPRESSED: u8 = 2;
        const SOURCE: u8 = 3;
        const DESTINATION: u8 = 4;
        let kind = u8_at(bytes, 0).ok_or(Undecodable::Short)?;
        let (dst, src) = match kind & !EXTENDED {
            GENERAL => (Some(1), Some(1 + ADDRESS)),
            COMPRESSED => (None, None),
            SOURCE => (None, Some(1)),
            DESTINATION => (Some(1), None),
            _ => return Err(Undecodable::Malformed),
        };
        let addresses = [dst, src].into_iter().flatten().count() * ADDRESS;
        let ether_type = u16_at(bytes, 1 + addresses).ok_or(Undecodable::Short)?;
        let mut octets = 1 + addresses + 2;
        let mut more = kind & EXTENDED != 0;
        while more {
            let [kind, length] = array_at(bytes, octets).ok_or(Undecodable::Short)?;
            more = kind & EXTENDED != 0;
            octets += 2 + usize::from(length);
        }
        let address = |at: Option<usize>| array_at(bytes, at?);
        Ok(Self {
            dst: address(dst),
            src: address(src),
            ether_type,
            octets,
        })
    }
}
