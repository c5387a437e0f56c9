//! IEEE 802.11 data frames, behind the headers that capture tools put before them.

use super::msdu::{Around, mesh_control, msdu};
use super::{LinkHeader, Network, Vlans, ether, linktype as lt};
use crate::model::{Frame, LinkType};
use crate::wire::bytes::{array_at, u8_at, u16_at, u32_at};
use crate::wire::ip::protocol;
use crate::wire::{Encryption, Undecodable};

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
    /// LLC, for data frames that are not encrypted; that of the first packet of an aggregate.
    pub(super) llc: Option<usize>,
    /// Whether it is a data frame that is encrypted.
    is_encrypted: bool,
    /// Whether several packets follow, each with a header of its own (A-MSDU).
    aggregate: bool,
}

impl MacHeader {
    /// What an MSDU may repeat of the header, which starts at `at`.
    fn around(&self, data: &[u8], at: usize) -> Around {
        let address = |place: Option<usize>| array_at(data, place?);
        Around {
            dst: address(self.dst),
            src: address(self.src),
            sequence: u16_at(data, at + 22),
        }
    }
}

/// A frame of one of the four link types of 802.11, from `at` on. Only data frames in the clear lead
/// on. Of an aggregate the first packet that is ICMP is read, or the first; see [`packets_unread`].
pub(super) fn parse(link: LinkType, data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    let (at, padding) = start(link, data, at)?;
    let header = mac_header(data, at, padding).ok_or(Undecodable::Short)?;
    if header.is_encrypted {
        return Err(Undecodable::Encrypted(Encryption::Ieee802_11));
    }
    let Some(llc) = header.llc else {
        return Ok(LinkHeader::at(Network::Other(0), at));
    };
    let parse = |llc| ether::llc(data, Vlans::default(), llc);
    let mut all = Subframes::of(data, &header).filter_map(|llc| parse(llc).ok());
    match all.find(|found| is_icmp(data, found)) {
        Some(found) => Ok(found),
        None if header.aggregate => parse(llc),
        None => msdu(data, llc, &header.around(data, at)),
    }
}

/// A frame of IEEE 802.11 in a tunnel. Access controllers that Cisco builds have the two octets of
/// frame control in the other order (RFC 5416 tells nothing of it): what leads to a packet is right.
pub(in crate::wire) fn ieee802_11(data: &[u8], at: usize) -> Option<LinkHeader> {
    let [control, flags] = array_at(data, at)?;
    [[control, flags], [flags, control]]
        .into_iter()
        .filter_map(|control| mac_header_of(control, data, at, HeaderPadding::None)?.llc)
        .filter_map(|llc| ether::llc(data, Vlans::default(), llc).ok())
        .find(|found| !matches!(found.network, Network::Other(_)))
}

/// Where the header of a frame of 802.11 starts, and where its LLC does, unless it is an aggregate.
pub fn llc_of_802_11(frame: &Frame<'_>) -> Option<(usize, usize)> {
    let (at, padding) = start(frame.link, frame.data, 0).ok()?;
    let header = mac_header(frame.data, at, padding).filter(|header| !header.aggregate)?;
    Some((at, header.llc?))
}

/// Packets of an aggregate (A-MSDU) besides the one that [`super::parse`] leads to.
pub fn packets_unread(frame: &Frame<'_>) -> usize {
    let header = match frame.link {
        lt::IEEE802_11 | lt::IEEE802_11_RADIOTAP | lt::IEEE802_11_PRISM | lt::IEEE802_11_AVS => {
            start(frame.link, frame.data, 0)
                .ok()
                .and_then(|(at, padding)| mac_header(frame.data, at, padding))
        }
        _ => None,
    };
    let packets = header.map_or(0, |header| Subframes::of(frame.data, &header).count());
    packets.saturating_sub(1)
}

/// Where the LLC of each packet of an aggregate stands: behind two addresses and a length; the next
/// one begins at a multiple of four octets (IEEE 802.11 section 9.3.2.2.2).
struct Subframes<'a> {
    data: &'a [u8],
    next: Option<usize>,
}

impl<'a> Subframes<'a> {
    /// None where the frame is no aggregate, or is encrypted.
    fn of(data: &'a [u8], header: &MacHeader) -> Self {
        let next = header.llc.filter(|_| header.aggregate);
        Self { data, next }
    }
}

impl Iterator for Subframes<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let llc = self.next.take()?;
        let length = u16_at(self.data, llc.checked_sub(2)?)?;
        if length == 0 {
            return None;
        }
        let whole = SUBFRAME_HEADER + usize::from(length);
        self.next = Some(llc + whole.next_multiple_of(4));
        Some(llc)
    }
}

/// Octets of a subframe before its LLC.
const SUBFRAME_HEADER: usize = 14;

/// Whether the packet is ICMP, as far as its first header tells, and a hop-by-hop header behind it.
fn is_icmp(data: &[u8], found: &LinkHeader) -> bool {
    const IPV6_HEADER: usize = 40;
    let octet = |at| u8_at(data, found.offset + at);
    if found.network != Network::Ip {
        return false;
    }
    match octet(0).map(|first| first >> 4) {
        Some(4) => octet(9) == Some(protocol::ICMP),
        Some(6) => match octet(6) {
            Some(protocol::HOPOPT) => octet(IPV6_HEADER) == Some(protocol::IPV6_ICMP),
            next => next == Some(protocol::IPV6_ICMP),
        },
        _ => false,
    }
}

/// Where the 802.11 header of a frame starts that starts at `at`, and how it is padded.
fn start(link: LinkType, data: &[u8], at: usize) -> Result<(usize, HeaderPadding), Undecodable> {
    match link {
        lt::IEEE802_11_RADIOTAP => behind_radiotap(data, at),
        lt::IEEE802_11_PRISM => Ok((behind_prism(data, at)?, HeaderPadding::None)),
        lt::IEEE802_11_AVS => Ok((behind_avs(data, at)?, HeaderPadding::None)),
        _ => Ok((at, HeaderPadding::None)),
    }
}

/// Where the 802.11 header behind a radiotap header starts, and how it is padded. Radiotap: version,
/// padding, length and present bits in little-endian numbers.
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
fn behind_prism(data: &[u8], at: usize) -> Result<usize, Undecodable> {
    const PRISM: usize = 144;
    const AVS_MAGIC: u32 = 0x8021_1000;
    let cookie = u32_at(data, at).ok_or(Undecodable::Short)?;
    if cookie & 0xffff_f000 == AVS_MAGIC & 0xffff_f000 {
        return behind_avs(data, at);
    }
    Ok(at + PRISM)
}

/// AVS: version, then the header's length, both u32.
fn behind_avs(data: &[u8], at: usize) -> Result<usize, Undecodable> {
    let length = u32_at(data, at + 4).ok_or(Undecodable::Short)?;
    let at = usize::try_from(length)
        .ok()
        .and_then(|length| at.checked_add(length))
        .ok_or(Undecodable::Malformed)?;
    if at > data.len() {
        return Err(Undecodable::Short);
    }
    Ok(at)
}

/// IEEE 802.11 section 9.2 (frame format) and table 9-30 (address fields).
pub(super) fn mac_header(data: &[u8], at: usize, padding: HeaderPadding) -> Option<MacHeader> {
    mac_header_of(array_at(data, at)?, data, at, padding)
}

/// The same with a frame control field that is not as it stands there.
fn mac_header_of(
    [control, flags]: [u8; 2],
    data: &[u8],
    at: usize,
    padding: HeaderPadding,
) -> Option<MacHeader> {
    const DATA: u8 = 2;
    const NO_DATA: u8 = 0x4;
    const QOS: u8 = 0x8;
    const TO_DS: u8 = 0x01;
    const FROM_DS: u8 = 0x02;
    const PROTECTED: u8 = 0x40;
    const ORDER: u8 = 0x80;
    const AGGREGATE: u8 = 0x80;
    const MESH: u8 = 0x01;
    let (kind, subtype) = (control >> 2 & 3, control >> 4);
    let address = |n: usize| Some(at + [4, 10, 16, 24][n & 3]);
    if kind != DATA {
        // Management frames have both; control frames may have the receiver alone.
        return Some(MacHeader {
            dst: address(0),
            src: if kind == 0 { address(1) } else { None },
            llc: None,
            is_encrypted: false,
            aggregate: false,
        });
    }
    let (dst, src, four) = match (flags & TO_DS != 0, flags & FROM_DS != 0) {
        (false, false) => (address(0), address(1), false),
        (false, true) => (address(0), address(2), false),
        (true, false) => (address(2), address(1), false),
        (true, true) => (address(2), address(3), true),
    };
    let mut length = if four { 30 } else { 24 };
    let (mut aggregate, mut mesh) = (false, false);
    if subtype & QOS != 0 {
        let [low, high] = array_at(data, at + length)?;
        aggregate = low & AGGREGATE != 0;
        // Towards an access point the bit is one of a queue's size.
        let is_group = || u8_at(data, at + 4).is_some_and(|first| first & 1 != 0);
        mesh = high & MESH != 0 && !aggregate && (four || flags & FROM_DS != 0 && is_group());
        length += 2;
        if flags & ORDER != 0 {
            length += 4; // HT control
        }
    }
    if padding == HeaderPadding::FourOctets {
        length = length.next_multiple_of(4);
    }
    if mesh {
        length += mesh_control(data, at + length)?;
    }
    if aggregate {
        length += SUBFRAME_HEADER;
    }
    let (has_data, is_protected) = (subtype & NO_DATA == 0, flags & PROTECTED != 0);
    Some(MacHeader {
        dst,
        src,
        llc: (has_data && !is_protected).then_some(at + length),
        is_encrypted: has_data && is_protected,
        aggregate,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::link;

    const TCP: u8 = 6;

    fn frame(link: LinkType, data: &[u8]) -> Frame<'_> {
        Frame::alone(link, data)
    }

    /// A packet of these headers' numbers, IPv4 or IPv6.
    fn packet(version: u8, numbers: [u8; 2]) -> Vec<u8> {
        let mut packet = vec![0; if version == 4 { 21 } else { 48 }];
        packet[0] = version << 4 | 5;
        if version == 4 {
            packet[9] = numbers[0];
        } else {
            (packet[6], packet[40]) = (numbers[0], numbers[1]);
        }
        packet
    }

    /// An aggregate of these packets, and where the IP header of each is.
    fn aggregate(packets: &[Vec<u8>]) -> (Vec<u8>, Vec<usize>) {
        let mut data = vec![0x88, 1];
        data.resize(24, 0);
        data.extend([0x80, 0]);
        let begin = data.len();
        let mut places = Vec::new();
        for packet in packets {
            data.resize(begin + (data.len() - begin).next_multiple_of(4), 0);
            data.extend([2; 12]);
            data.extend(u16::try_from(packet.len() + 8).unwrap().to_be_bytes());
            let kind = if packet[0] >> 4 == 4 {
                [8, 0]
            } else {
                [0x86, 0xdd]
            };
            data.extend([0xaa, 0xaa, 3, 0, 0, 0]);
            data.extend(kind);
            places.push(data.len());
            data.extend(packet);
        }
        (data, places)
    }

    #[test]
    fn of_an_aggregate_the_first_packet_that_is_icmp_is_read() {
        let tcp = || packet(4, [TCP, 0]);
        for (packets, read) in [
            (vec![tcp()], 0),
            (vec![tcp(), tcp(), tcp()], 0),
            (vec![tcp(), packet(4, [1, 0]), tcp()], 1),
            (vec![packet(6, [TCP, 0]), tcp(), packet(6, [58, 0])], 2),
            (vec![tcp(), packet(6, [0, TCP]), packet(6, [0, 58])], 2),
            (vec![packet(4, [1, 0]), packet(4, [1, 0])], 0),
        ] {
            let (data, places) = aggregate(&packets);
            let plain = frame(lt::IEEE802_11, &data);
            assert_eq!(link::parse(&plain).unwrap().offset, places[read]);
            assert_eq!(packets_unread(&plain), packets.len() - 1);
            let radiotap = [&[0, 0, 8, 0, 0, 0, 0, 0][..], &data].concat();
            let behind = frame(lt::IEEE802_11_RADIOTAP, &radiotap);
            assert_eq!(link::parse(&behind).unwrap().offset, places[read] + 8);
            assert_eq!(packets_unread(&behind), packets.len() - 1);
            for length in 0..data.len() {
                let cut = frame(lt::IEEE802_11, &data[..length]);
                let _ = link::parse(&cut);
                assert!(packets_unread(&cut) < packets.len());
            }
        }
    }

    #[test]
    fn what_is_no_aggregate_has_nothing_unread() {
        let (mut data, _) = aggregate(&[packet(4, [1, 0]), packet(4, [1, 0])]);
        data[24] = 0;
        assert_eq!(packets_unread(&frame(lt::IEEE802_11, &data)), 0);
        (data[24], data[1]) = (0x80, 0x41);
        assert_eq!(
            packets_unread(&frame(lt::IEEE802_11, &data)),
            0,
            "encrypted"
        );
        assert_eq!(packets_unread(&frame(lt::ETHERNET, &data)), 0);
    }
}
