//! What stands in the place of LLC in a data frame of IEEE 802.11.

use super::{LinkHeader, Vlans, ether};
use crate::wire::Undecodable;
use crate::wire::bytes::{array_at, u8_at, u16_at};

/// The addresses and the sequence control of the frame that an MSDU came in.
pub(super) struct Around {
    pub(super) dst: Option<[u8; 6]>,
    pub(super) src: Option<[u8; 6]>,
    pub(super) sequence: Option<u16>,
}

/// An MSDU: LLC, but for what stands there without it (IEEE 802.11 annex E.2.3), whole Ethernet
/// frames of early drivers, and two octets that some put before it.
pub(super) fn msdu(data: &[u8], at: usize, around: &Around) -> Result<LinkHeader, Undecodable> {
    const SNAP: u16 = 0xaaaa;
    const PADDING: usize = 2;
    let llc = |at| ether::llc(data, Vlans::default(), at);
    let start = u16_at(data, at).ok_or(Undecodable::Short)?;
    if start == SNAP {
        return llc(at);
    }
    let is =
        |place, address: Option<[u8; 6]>| address.is_some() && array_at(data, place) == address;
    if is(at, around.dst) || is(at + 6, around.src) {
        return ether::ethernet(data, at);
    }
    let is_padding = start == 0 || Some(start) == around.sequence;
    if is_padding && u16_at(data, at + PADDING) == Some(SNAP) {
        return llc(at + PADDING);
    }
    match start {
        ether::ether_type::IPV4 | ether::ether_type::IPV6 => {
            ether::from_ether_type(data, Vlans::default(), at)
        }
        _ => llc(at),
    }
}

/// Octets of mesh control at `at` (IEEE 802.11 section 9.2.4.8.3): flags, hops to live, sequence
/// number, and up to two more addresses. None where what is there cannot be one, as the bit that
/// announces it is one of a queue's size, too: LLC has flags that are reserved here.
pub(super) fn mesh_control(data: &[u8], at: usize) -> usize {
    match u8_at(data, at) {
        Some(0) => 6,
        Some(1) => 12,
        Some(2) => 18,
        _ => 0,
    }
}
