//! IEEE 802.11 data frames, behind the headers that capture tools put before them.

use super::{LinkHeader, Network, Vlans, ether};
use crate::wire::Undecodable;
use crate::wire::bytes::{array_at, u8_at, u32_at};

/// Whether the MAC header is padded to a multiple of four octets, as some radios do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeaderPadding {
    /// It is not.
    None,
    /// It is.
    FourOctets,
}

/// Where the parts of an 802.11 header lie, from its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MacHeader {
    /// Destination address, where the frame tells it.
    pub(super) dst: Option<usize>,
    /// Source address, where the frame tells it.
    pub(super) src: Option<usize>,
    /// LLC, for data frames that are not encrypted.
    pub(super) llc: Option<usize>,
}

/// Radiotap: version, padding, length and present bits in little-endian numbers.
pub(super) fn radiotap(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    let (at, padding) = behind_radiotap(data, at)?;
    ieee802_11(data, at, padding)
}

/// Where the 802.11 header behind a radiotap header starts, and how it is padded.
pub(super) fn behind_radiotap(
    data: &[u8],
    at: usize,
) -> Result<(usize, HeaderPadding), Undecodable> {
    const TIMER: u32 = 1;
    const FLAGS: u32 = 1 << 1;
    const MORE_BITS: u32 = 1 << 31;
    const DATA_PAD: u8 = 0x20;
    const SHORTEST: usize = 8;
    let [version, _, low, high] = array_at(data, at).ok_or(Undecodable::Short)?;
    let length = usize::from(u16::from_le_bytes([low, high]));
    if version != 0 || length < SHORTEST {
        return Err(Undecodable::Malformed);
    }
    let word = |at| array_at(data, at).map(u32::from_le_bytes);
    let present = word(at + 4).ok_or(Undecodable::Short)?;
    let mut fields = at + 8;
    let mut bits = present;
    while bits & MORE_BITS != 0 && fields < at + length {
        bits = word(fields).ok_or(Undecodable::Short)?;
        fields += 4;
    }
    let mut padding = HeaderPadding::None;
    if present & FLAGS != 0 {
        // The timer is 8 octets, aligned from the header's start.
        let flags = if present & TIMER == 0 {
            fields
        } else {
            at + (fields - at).next_multiple_of(8) + 8
        };
        if flags < at + length && u8_at(data, flags).is_some_and(|f| f & DATA_PAD != 0) {
            padding = HeaderPadding::FourOctets;
        }
    }
    Ok((at + length, padding))
}

/// Prism: 144 octets, or an AVS header in its place.
pub(super) fn prism(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    const PRISM: usize = 144;
    const AVS_MAGIC: u32 = 0x8021_1000;
    let cookie = u32_at(data, at).ok_or(Undecodable::Short)?;
    if cookie & 0xffff_f000 == AVS_MAGIC & 0xffff_f000 {
        return avs(data, at);
    }
    ieee802_11(data, at + PRISM, HeaderPadding::None)
}

/// AVS: version, then the header's length, both u32.
pub(super) fn avs(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    let length = u32_at(data, at + 4).ok_or(Undecodable::Short)?;
    let at = usize::try_from(length)
        .ok()
        .and_then(|length| at.checked_add(length))
        .ok_or(Undecodable::Malformed)?;
    if at > data.len() {
        return Err(Undecodable::Short);
    }
    ieee802_11(data, at, HeaderPadding::None)
}

/// An 802.11 header at `at`. Only data frames in the clear lead on.
pub(super) fn ieee802_11(
    data: &[u8],
    at: usize,
    padding: HeaderPadding,
) -> Result<LinkHeader, Undecodable> {
    let header = mac_header(data, at, padding).ok_or(Undecodable::Short)?;
    match header.llc {
        Some(llc) => ether::llc(data, Vlans::default(), llc),
        None => Ok(LinkHeader::at(Network::Other(0), at)),
    }
}

/// IEEE 802.11 section 9.2 (frame format) and table 9-30 (address fields).
pub(super) fn mac_header(data: &[u8], at: usize, padding: HeaderPadding) -> Option<MacHeader> {
    const DATA: u8 = 2;
    const NO_DATA: u8 = 0x4;
    const QOS: u8 = 0x8;
    const TO_DS: u8 = 0x01;
    const FROM_DS: u8 = 0x02;
    const PROTECTED: u8 = 0x40;
    const ORDER: u8 = 0x80;
    const AGGREGATE: u8 = 0x80;
    let [control, flags] = array_at(data, at)?;
    let (kind, subtype) = (control >> 2 & 3, control >> 4);
    let address = |n: usize| Some(at + [4, 10, 16, 24][n & 3]);
    if kind != DATA {
        // Management frames have both; control frames may have the receiver alone.
        return Some(MacHeader {
            dst: address(0),
            src: if kind == 0 { address(1) } else { None },
            llc: None,
        });
    }
    let (dst, src, four) = match (flags & TO_DS != 0, flags & FROM_DS != 0) {
        (false, false) => (address(0), address(1), false),
        (false, true) => (address(0), address(2), false),
        (true, false) => (address(2), address(1), false),
        (true, true) => (address(2), address(3), true),
    };
    let mut length = if four { 30 } else { 24 };
    let mut aggregate = false;
    if subtype & QOS != 0 {
        aggregate = u8_at(data, at + length)? & AGGREGATE != 0;
        length += 2;
        if flags & ORDER != 0 {
            length += 4; // HT control
        }
    }
    if padding == HeaderPadding::FourOctets {
        length = length.next_multiple_of(4);
    }
    if aggregate {
        length += 14; // addresses and length of the first subframe
    }
    let clear = subtype & NO_DATA == 0 && flags & PROTECTED == 0;
    Some(MacHeader {
        dst,
        src,
        llc: clear.then_some(at + length),
    })
}
