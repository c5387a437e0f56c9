//! IEEE 802.15.4 frames, behind the headers that capture tools put before them.
//!
//! Sections are those of IEEE 802.15.4-2015; all numbers are little-endian.

use std::ops::Range;

use super::{LOWPAN, LinkAddress, LinkHeader, Network, linktype as lt};
use crate::model::{Frame, LinkType};
use crate::wire::bytes::{array_at, u8_at};
use crate::wire::{Encryption, Undecodable};

/// Whether frames of this link type are IEEE 802.15.4's.
pub const fn is_ieee802_15_4(link: LinkType) -> bool {
    matches!(
        link,
        lt::IEEE802_15_4_WITHFCS
            | lt::IEEE802_15_4_NOFCS
            | lt::IEEE802_15_4_NONASK_PHY
            | lt::IEEE802_15_4_TAP
    )
}

/// What a MAC header says (section 7.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MacHeader {
    /// Destination PAN identifier, or else the source's.
    pub pan: Option<u16>,
    /// Source PAN identifier; that of the destination where the frame leaves it out.
    pub src_pan: Option<u16>,
    /// Destination address, as people write it: most significant octet first.
    pub dst: Option<LinkAddress>,
    /// Source address.
    pub src: Option<LinkAddress>,
    /// What the frame is for.
    pub payload: Payload,
    /// Where in the frame the MAC payload starts.
    pub start: usize,
    /// Octets behind the MAC payload: integrity code and frame check sequence.
    pub trailer: usize,
}

/// What the MAC payload of a frame is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Payload {
    /// Data in the clear.
    Data,
    /// Data that is encrypted (section 9.3), or protected as in 2003, which does not say how.
    Encrypted,
    /// A beacon, an acknowledgment, a command.
    #[default]
    Other,
}

/// Reads the link header of a frame: only data in the clear leads on.
pub(in crate::wire) fn parse(
    link: LinkType,
    data: &[u8],
    at: usize,
) -> Result<LinkHeader, Undecodable> {
    let (at, fcs) = behind_capture_header(link, data, at)?;
    let header = mac_header(data, at, fcs).ok_or(Undecodable::Short)?;
    match header.payload {
        Payload::Data => Ok(LinkHeader::at(Network::Lowpan, header.start)),
        Payload::Encrypted => Err(Undecodable::Encrypted(Encryption::Ieee802_15_4)),
        Payload::Other => Ok(LinkHeader::at(Network::Other(0), header.start)),
    }
}

/// The MAC header of `frame`; `None` where the octets do not reach its end, or the link is another.
pub fn mac_header_of(frame: &Frame<'_>) -> Option<MacHeader> {
    let (at, fcs) = behind_capture_header(frame.link, frame.data, 0).ok()?;
    mac_header(frame.data, at, fcs)
}

/// Where the MAC header starts and how long the frame check sequence is, both in octets.
pub(super) fn behind_capture_header(
    link: LinkType,
    data: &[u8],
    at: usize,
) -> Result<(usize, usize), Undecodable> {
    match link {
        lt::IEEE802_15_4_WITHFCS => Ok((at, 2)),
        lt::IEEE802_15_4_NOFCS => Ok((at, 0)),
        // Preamble, start of frame, length.
        lt::IEEE802_15_4_NONASK_PHY => Ok((at + 6, 2)),
        lt::IEEE802_15_4_TAP => behind_tap(data, at),
        _ => Err(Undecodable::LinkType),
    }
}

/// The TAP header: version, padding, length u16, then fields of type u16, length u16 and a value
/// padded to 4 octets (<https://www.tcpdump.org/linktypes/LINKTYPE_IEEE802_15_4_TAP.html>).
fn behind_tap(data: &[u8], at: usize) -> Result<(usize, usize), Undecodable> {
    const FCS_TYPE: u16 = 0;
    const HEADER: usize = 4;
    let [version, _, low, high] = array_at(data, at).ok_or(Undecodable::Short)?;
    let length = usize::from(u16::from_le_bytes([low, high]));
    if version != 0 || length < HEADER {
        return Err(Undecodable::Malformed);
    }
    let (mut field, mut fcs) = (at + HEADER, 0);
    while field + HEADER <= at + length {
        let [a, b, c, d] = array_at(data, field).ok_or(Undecodable::Short)?;
        if u16::from_le_bytes([a, b]) == FCS_TYPE {
            fcs = match u8_at(data, field + HEADER).ok_or(Undecodable::Short)? {
                1 => 2,
                2 => 4,
                _ => 0,
            };
        }
        let value = usize::from(u16::from_le_bytes([c, d]));
        field += HEADER + value.next_multiple_of(4);
    }
    Ok((at + length, fcs))
}

/// How an address field is filled (section 7.2.2.9).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Absent,
    Short,
    Extended,
}

impl Mode {
    const fn of(bits: u16) -> Self {
        match bits & 3 {
            2 => Self::Short,
            3 => Self::Extended,
            _ => Self::Absent,
        }
    }

    const fn octets(self) -> u8 {
        match self {
            Self::Absent => 0,
            Self::Short => 2,
            Self::Extended => 8,
        }
    }
}

const PAN_COMPRESSION: u16 = 1 << 6;
const NO_SEQUENCE: u16 = 1 << 8;
const VERSION_2015: u16 = 2;

/// A MAC header at `at`, `fcs` octets of check sequence behind the frame.
fn mac_header(data: &[u8], at: usize, fcs: usize) -> Option<MacHeader> {
    const DATA: u16 = 1;
    const SECURITY: u16 = 1 << 3;
    const ELEMENTS: u16 = 1 << 9;
    const VERSION_2003: u16 = 0;
    let control = u16::from_le_bytes(array_at(data, at)?);
    let kind = control & 7;
    let version = control >> 12 & 3;
    if kind > 3 {
        // Multipurpose, fragment and extended frames have control fields of their own.
        return Some(MacHeader {
            start: at,
            ..MacHeader::default()
        });
    }
    let is_2015 = version == VERSION_2015;
    let mut header = MacHeader {
        trailer: fcs,
        ..MacHeader::default()
    };
    let places = Places::of(control);
    let mut next = Fields { data, at: at + 2 };
    next.at += usize::from(places.sequence);
    if places.dst_pan {
        header.pan = Some(next.u16()?);
    }
    if places.dst > 0 {
        header.dst = Some(next.address(places.dst)?);
    }
    if places.src_pan {
        header.src_pan = Some(next.u16()?);
    }
    if places.src > 0 {
        header.src = Some(next.address(places.src)?);
    }
    header.src_pan = header.src_pan.or(header.pan);
    header.pan = header.pan.or(header.src_pan);
    if kind == DATA {
        header.payload = Payload::Data;
    }
    if control & SECURITY != 0 {
        // In 2003 the header did not say how a frame is protected.
        let protection = if version == VERSION_2003 {
            Protection::Encrypted
        } else {
            next.auxiliary_security(is_2015)?
        };
        match protection {
            Protection::Signed(octets) => header.trailer += octets,
            Protection::Encrypted if kind == DATA => header.payload = Payload::Encrypted,
            Protection::Encrypted => {}
        }
    }
    if is_2015 && control & ELEMENTS != 0 && header.payload == Payload::Data {
        let end = data.len().saturating_sub(header.trailer);
        let payload = next.elements(end)?;
        header.start = payload.start;
        header.trailer += next.at - payload.end;
    } else {
        header.start = next.at;
    }
    Some(header)
}

/// Which fields a header has (section 7.2.2), in their order: whether the short ones are there, and
/// how long the addresses are, in octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Places {
    /// The sequence number.
    pub sequence: bool,
    /// The identifier of the receiver's network.
    pub dst_pan: bool,
    /// The receiver's address; 0 where there is none.
    pub dst: u8,
    /// The identifier of the sender's network.
    pub src_pan: bool,
    /// The sender's address.
    pub src: u8,
}

impl Places {
    /// Those that the frame control field tells of.
    const fn of(control: u16) -> Self {
        let (dst, src) = (Mode::of(control >> 10), Mode::of(control >> 14));
        let compressed = control & PAN_COMPRESSION != 0;
        let is_2015 = control >> 12 & 3 == VERSION_2015;
        let (dst_pan, src_pan) = if is_2015 {
            pans_of_2015(dst, src, compressed)
        } else {
            let has_dst = !matches!(dst, Mode::Absent);
            let has_src = !matches!(src, Mode::Absent);
            (has_dst, has_src && !(compressed && has_dst))
        };
        Self {
            sequence: !(is_2015 && control & NO_SEQUENCE != 0),
            dst_pan,
            dst: dst.octets(),
            src_pan,
            src: src.octets(),
        }
    }
}

/// The fields of the MAC header that `data` starts with.
pub fn mac_places(data: &[u8]) -> Option<Places> {
    array_at(data, 0).map(|control| Places::of(u16::from_le_bytes(control)))
}

/// Whether there are PAN identifiers of destination and source (table 7-2).
const fn pans_of_2015(dst: Mode, src: Mode, compressed: bool) -> (bool, bool) {
    match (dst, src) {
        (Mode::Absent, Mode::Absent) => (compressed, false),
        (_, Mode::Absent) | (Mode::Extended, Mode::Extended) => (!compressed, false),
        (Mode::Absent, _) => (false, !compressed),
        _ => (true, !compressed),
    }
}

/// How a frame is protected (table 9-6).
enum Protection {
    /// By an integrity code of so many octets behind the payload, which is in the clear.
    Signed(usize),
    Encrypted,
}

/// Fields that follow each other.
struct Fields<'a> {
    data: &'a [u8],
    at: usize,
}

impl Fields<'_> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let found = array_at(self.data, self.at)?;
        self.at += N;
        Some(found)
    }

    fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    /// An address of so many octets.
    fn address(&mut self, octets: u8) -> Option<LinkAddress> {
        if octets == 2 {
            return LinkAddress::new(&self.u16()?.to_be_bytes());
        }
        let mut octets: [u8; 8] = self.array()?;
        octets.reverse();
        LinkAddress::new(&octets)
    }

    /// Steps over the auxiliary security header (section 9.4).
    fn auxiliary_security(&mut self, is_2015: bool) -> Option<Protection> {
        const COUNTER_SUPPRESSED: u8 = 0x20;
        let [control] = self.array()?;
        if !(is_2015 && control & COUNTER_SUPPRESSED != 0) {
            self.at += 4;
        }
        self.at += [0, 1, 5, 9][usize::from(control >> 3 & 3)];
        Some(match control & 7 {
            level @ 0..=3 => Protection::Signed([0, 4, 8, 16][usize::from(level)]),
            _ => Protection::Encrypted,
        })
    }

    /// Steps over information elements up to `end` (section 7.4): header elements end with a
    /// termination, of which the first kind announces payload elements. Tells where the payload is: behind them, or
    /// one of these.
    fn elements(&mut self, end: usize) -> Option<Range<usize>> {
        const PAYLOAD_FOLLOWS: u16 = 0x7e;
        const DATA_FOLLOWS: u16 = 0x7f;
        const MULTIPLEXED: u16 = 0x3;
        const LAST_GROUP: u16 = 0xf;
        while self.at < end {
            let element = self.u16()?;
            self.at += usize::from(element & 0x7f);
            match element >> 7 & 0xff {
                DATA_FOLLOWS => return Some(self.at..self.at),
                PAYLOAD_FOLLOWS => break,
                _ => {}
            }
        }
        let mut packet = None;
        while self.at < end {
            let element = self.u16()?;
            let start = self.at;
            self.at += usize::from(element & 0x7ff);
            match element >> 11 & 0xf {
                MULTIPLEXED if self.is_lowpan(start) => packet = Some(start + 3..self.at),
                LAST_GROUP => break,
                _ => {}
            }
        }
        Some(packet.unwrap_or(self.at..self.at))
    }

    /// Whether a multiplexed element (IEEE 802.15.9 section 7.2) that starts there is all of a packet of
    /// 6LoWPAN, by its `EtherType`.
    fn is_lowpan(&self, start: usize) -> bool {
        const TRANSFER: u8 = 0x07;
        const ALL: u8 = 0;
        array_at(self.data, start).is_some_and(|[control, low, high]| {
            control & TRANSFER == ALL && u16::from_le_bytes([low, high]) == LOWPAN
        })
    }
}
