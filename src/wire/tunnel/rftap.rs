//! `RFtap`: what a receiver of radio hands on to any UDP port, with what it knows of the signal
//! (<https://rftap.github.io>).

use super::TunnelKind;
use super::header::or_encrypted;
use crate::model::LinkType;
use crate::wire::bytes::{array_at, text};
use crate::wire::link::{self, LinkHeader, linktype};

/// What the header begins with.
pub(super) const MAGIC: [u8; 4] = *b"RFta";

/// What the header tells of what is behind it.
pub(super) struct Header {
    pub(super) link: LinkType,
    pub(super) octets: usize,
}

impl Header {
    /// The link type, or the name of Wireshark's dissector where there is none. Its numbers are
    /// little-endian.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        const FIXED: usize = 8;
        const HAS_LINK_TYPE: u16 = 1;
        if array_at(bytes, 0) != Some(MAGIC) {
            return None;
        }
        let [words, flags] = [4, 6].map(|at| array_at(bytes, at).map(u16::from_le_bytes));
        let (octets, flags) = (usize::from(words?) * 4, flags?);
        let bytes = bytes.get(..octets)?;
        let link = if flags & HAS_LINK_TYPE != 0 {
            LinkType(u32::from_le_bytes(array_at(bytes, FIXED)?))
        } else {
            named(bytes, FIXED + parameters(flags)?)?
        };
        Some(Self { link, octets })
    }
}

/// Octets of what the flags say is there; `None` where one of them is of a meaning yet to come.
fn parameters(flags: u16) -> Option<usize> {
    /// Link type, frequencies, whether power is in dBm, powers, ratio, quality, whether time is of Unix,
    /// time, duration, place.
    const OCTETS: [usize; 13] = [4, 8, 8, 8, 0, 4, 4, 4, 4, 0, 16, 8, 24];
    if flags >> OCTETS.len() != 0 {
        return None;
    }
    let there = (0..).zip(OCTETS).filter(|(bit, _)| flags >> bit & 1 != 0);
    Some(there.map(|(_, octets)| octets).sum())
}

/// The dissector that the first parameter with a tag names: tag, octets, flags, then the name.
fn named(bytes: &[u8], at: usize) -> Option<LinkType> {
    const DISSECTOR: [u8; 2] = [16, 0];
    const ALL: u8 = 0xff;
    let [tag @ .., octets, flags]: [u8; 4] = array_at(bytes, at)?;
    if tag != DISSECTOR || flags != ALL {
        return None;
    }
    let name = bytes.get(at + 4..at + 4 + usize::from(octets))?;
    link::named(text(name))
}

/// The header, and where behind it the packet is.
pub(super) fn rftap(bytes: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    let Header { link, octets } = Header::parse(bytes)?;
    let inside = match link {
        linktype::IEEE802_11 => link::ieee802_11(bytes, octets)?,
        link => or_encrypted(link::dispatch(link, bytes, octets), octets)?,
    };
    Some((TunnelKind::Rftap, inside))
}
