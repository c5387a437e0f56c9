//! IEEE 802.11 data frames, behind the headers that capture tools put before them.

use super::inside::{Inside, inside};
use super::msdu::{Around, mesh_control, msdu};
use super::{FrameForm, LinkHeader, Network, Vlans, ether, linktype as lt};
use crate::model::{Frame, LinkType};
use crate::wire::bytes::{array_at, tail, u8_at, u16_at, u32_at};
use crate::wire::{Encryption, Undecodable};

/// Whether the MAC header is padded to a multiple of four octets, as some radios do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HeaderPadding {
    /// It is not.
    None,
    /// It is.
    FourOctets,
}

/// Where the parts of an 802.11 header lie, from the frame's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MacHeader {
    /// Where it starts itself.
    pub(super) at: usize,
    /// Destination address, where the header tells it.
    pub(super) dst: Option<usize>,
    /// Source address, where the header tells it.
    pub(super) src: Option<usize>,
    /// What follows, in frames that carry data.
    pub(super) body: Option<Body>,
    /// Where that starts.
    pub(super) body_at: usize,
    /// Where the traffic identifier is.
    pub(super) tid_at: Option<usize>,
}

/// A part of a packet (IEEE 802.11 section 10.4), the frame's or all of it.
pub(in crate::wire) struct PartOfPacket<'a> {
    /// From the frame's control field on.
    pub(in crate::wire) header: &'a [u8],
    /// What there is of the packet.
    pub(in crate::wire) body: &'a [u8],
    /// Whether more of it follows.
    pub(in crate::wire) more: bool,
    /// Traffic identifier, 0 if there is none.
    pub(in crate::wire) tid: u8,
}

/// Flag in the second octet of the control field.
const MORE_FRAGMENTS: u8 = 0x04;

/// The part of a packet that a data frame carries in the clear.
pub(in crate::wire) fn part_of_802_11<'a>(frame: &Frame<'a>) -> Option<PartOfPacket<'a>> {
    let (header, end) = header_and_end(frame)?;
    let Some(Body::Packet(_)) = header.body else {
        return None;
    };
    Some(PartOfPacket {
        header: tail(frame.data, header.at),
        body: frame.data.get(header.body_at..end)?,
        more: u8_at(frame.data, header.at + 1)? & MORE_FRAGMENTS != 0,
        tid: (header.tid_at)
            .and_then(|at| u8_at(frame.data, at))
            .map_or(0, |octet| octet & 0x0f),
    })
}

/// Whether the frame whose header starts at `at` carries a part of a packet that is not its first.
fn is_later_part(data: &[u8], at: usize) -> bool {
    const NUMBER: u8 = 0x0f;
    u8_at(data, at + 22).is_some_and(|octet| octet & NUMBER != 0)
}

/// The header of a frame that carries all of a packet of which another carries a part. It has no
/// fourth address and no traffic identifier.
pub(in crate::wire) fn unfragmented_802_11(mut header: [u8; 24]) -> [u8; 24] {
    const QOS: u8 = 0x80;
    const ORDER: u8 = 0x80;
    const NUMBER: u8 = 0x0f;
    const BOTH_DS: u8 = 0x03;
    header[0] &= !QOS;
    header[1] &= !(MORE_FRAGMENTS | ORDER);
    if header[1] & BOTH_DS == BOTH_DS {
        header[1] &= !1;
    }
    header[22] &= !NUMBER;
    header
}

/// What the headers of capture tools tell of a frame.
#[derive(Clone, Copy)]
struct Tools {
    padding: HeaderPadding,
    /// Whether it ends in its check sequence.
    has_fcs: bool,
}

impl Tools {
    const NOTHING: Self = Self {
        padding: HeaderPadding::None,
        has_fcs: false,
    };
}

/// What follows the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// One packet: where its LLC is.
    Packet(usize),
    /// Several, each with a header of its own.
    Aggregate(Aggregate),
    /// Any of that, encrypted.
    Encrypted,
}

/// An aggregate of packets (A-MSDU).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Aggregate {
    /// Where its first subframe starts.
    pub(super) start: usize,
    /// Where the octet of the header is that says so.
    pub(super) told_at: usize,
    /// Whether its subframes have mesh control fields.
    pub(super) mesh: Mesh,
}

/// Whether the header says that mesh control fields are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mesh {
    No,
    Yes,
}

impl Aggregate {
    /// Octets of a subframe before its mesh control: two addresses and a length (IEEE 802.11
    /// section 9.3.2.2.2).
    pub(super) const HEADER: usize = 14;

    /// Octets before the LLC of the subframe at `at`.
    pub(super) fn header_at(&self, data: &[u8], at: usize) -> usize {
        let control = match self.mesh {
            Mesh::No => 0,
            Mesh::Yes => mesh_control(data, at + Self::HEADER),
        };
        Self::HEADER + control
    }

    /// Where the LLC of its first packet is.
    pub(super) fn first_llc(&self, data: &[u8]) -> usize {
        self.start + self.header_at(data, self.start)
    }
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
/// on, aggregates to their first packet.
pub(super) fn parse(link: LinkType, data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    let (at, tools) = start(link, data, at)?;
    let header = mac_header(data, at, tools.padding).ok_or(Undecodable::Short)?;
    match header.body {
        Some(Body::Packet(start)) if is_later_part(data, at) => {
            Ok(LinkHeader::at(Network::Other(0), start))
        }
        None => Ok(LinkHeader::at(Network::Other(0), at)),
        Some(Body::Encrypted) => Err(Undecodable::Encrypted(Encryption::Ieee802_11)),
        Some(Body::Packet(start)) => msdu(data, start, &header.around(data, at)),
        Some(Body::Aggregate(all)) => ether::llc(data, Vlans::default(), all.first_llc(data)),
    }
}

/// A frame of IEEE 802.11 in a tunnel. Access controllers that Cisco builds have the two octets of
/// frame control in the other order (RFC 5416 tells nothing of it): what leads to a packet is right.
pub(in crate::wire) fn ieee802_11(data: &[u8], at: usize) -> Option<LinkHeader> {
    let [control, flags] = array_at(data, at)?;
    let bodies = [[control, flags], [flags, control]]
        .map(|control| mac_header_of(control, data, at, HeaderPadding::None)?.body);
    let packet = bodies
        .iter()
        .filter_map(|body| match body.as_ref()? {
            Body::Packet(llc) => Some(*llc),
            Body::Aggregate(all) => Some(all.first_llc(data)),
            Body::Encrypted => None,
        })
        .filter_map(|llc| ether::llc(data, Vlans::default(), llc).ok())
        .find(|found| !matches!(found.network, Network::Other(_)))
        .map(|found| found.in_frame(FrameForm::Ieee80211, at));
    let is_encrypted = || {
        matches!(
            bodies,
            [Some(Body::Encrypted), _] | [None, Some(Body::Encrypted)]
        )
    };
    packet.or_else(|| {
        let encrypted = Network::Encrypted(Encryption::Ieee802_11);
        is_encrypted().then(|| LinkHeader::at(encrypted, at))
    })
}

/// Whether frames of this link type are those of 802.11, perhaps behind a header of a capture tool.
pub(super) const fn is_ieee802_11(link: LinkType) -> bool {
    matches!(
        link,
        lt::IEEE802_11 | lt::IEEE802_11_RADIOTAP | lt::IEEE802_11_PRISM | lt::IEEE802_11_AVS
    )
}

/// Where the 802.11 header of such a frame starts.
pub(super) fn start_of(link: LinkType, data: &[u8]) -> Option<usize> {
    start(link, data, 0).ok().map(|(at, _)| at)
}

/// Where the header of a frame of 802.11 starts, and where its LLC does, or that of its first packet.
pub fn llc_of_802_11(frame: &Frame<'_>) -> Option<(usize, usize)> {
    let (at, tools) = start(frame.link, frame.data, 0).ok()?;
    match mac_header(frame.data, at, tools.padding)?.body {
        Some(Body::Packet(llc)) => Some((at, llc)),
        Some(Body::Aggregate(all)) => Some((at, all.first_llc(frame.data))),
        Some(Body::Encrypted) | None => None,
    }
}

/// Where the first packet of an aggregate starts: its addresses, destination first.
pub fn packet_of_aggregate(frame: &Frame<'_>) -> Option<usize> {
    match header(frame.link, frame.data)?.body {
        Some(Body::Aggregate(all)) => Some(all.start),
        _ => None,
    }
}

/// The 802.11 header of a frame of a link type that has one, behind the headers that capture tools
/// put before it.
pub(super) fn header(link: LinkType, data: &[u8]) -> Option<MacHeader> {
    header_and_tools(link, data).map(|(header, _)| header)
}

/// The same, and where the frame ends: before its check sequence, if that was captured.
pub(super) fn header_and_end(frame: &Frame<'_>) -> Option<(MacHeader, usize)> {
    const FCS: usize = 4;
    let (header, tools) = header_and_tools(frame.link, frame.data)?;
    let check = match frame.fcs_len {
        _ if frame.is_cut() => 0,
        0 if tools.has_fcs => FCS,
        told => told.into(),
    };
    Some((header, frame.data.len().checked_sub(check)?))
}

/// The header, and what those before it tell.
fn header_and_tools(link: LinkType, data: &[u8]) -> Option<(MacHeader, Tools)> {
    let (link, at) = match inside(link, data, 0) {
        Some(Ok((Inside::Frame(link), at))) => (link, at),
        Some(_) => return None,
        None => (link, 0),
    };
    if !is_ieee802_11(link) {
        return None;
    }
    let (at, tools) = start(link, data, at).ok()?;
    Some((mac_header(data, at, tools.padding)?, tools))
}

/// The aggregate in a frame of 802.11 in a tunnel; see [`ieee802_11()`] for its control field.
pub(super) fn aggregate(link: LinkType, data: &[u8], at: usize) -> Option<Aggregate> {
    if !is_ieee802_11(link) {
        return None;
    }
    let (at, tools) = start(link, data, at).ok()?;
    let [control, flags] = array_at(data, at)?;
    [[control, flags], [flags, control]]
        .into_iter()
        .find_map(
            |control| match mac_header_of(control, data, at, tools.padding)?.body? {
                Body::Aggregate(all) => Some(all),
                Body::Packet(_) | Body::Encrypted => None,
            },
        )
}

/// Where the 802.11 header of a frame starts that starts at `at`, and what stands before it tells.
fn start(link: LinkType, data: &[u8], at: usize) -> Result<(usize, Tools), Undecodable> {
    match link {
        lt::IEEE802_11_RADIOTAP => behind_radiotap(data, at),
        lt::IEEE802_11_PRISM => Ok((behind_prism(data, at)?, Tools::NOTHING)),
        lt::IEEE802_11_AVS => Ok((behind_avs(data, at)?, Tools::NOTHING)),
        _ => Ok((at, Tools::NOTHING)),
    }
}

/// Where the 802.11 header behind a radiotap header starts, and how it is padded. Radiotap: version,
/// padding, length and present bits in little-endian numbers.
fn behind_radiotap(data: &[u8], at: usize) -> Result<(usize, Tools), Undecodable> {
    const HAS_FCS: u8 = 0x10;
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
    let mut tools = Tools::NOTHING;
    if present & FLAGS != 0 {
        // The timer is 8 octets, aligned from the header's start.
        let flags = if present & TIMER == 0 {
            fields
        } else {
            at + (fields - at).next_multiple_of(8) + 8
        };
        if let Some(flags) = u8_at(data, flags).filter(|_| flags < at + length) {
            tools.has_fcs = flags & HAS_FCS != 0;
            if flags & DATA_PAD != 0 {
                tools.padding = HeaderPadding::FourOctets;
            }
        }
    }
    Ok((at + length, tools))
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
fn mac_header(data: &[u8], at: usize, padding: HeaderPadding) -> Option<MacHeader> {
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
            at,
            dst: address(0),
            src: if kind == 0 { address(1) } else { None },
            body: None,
            body_at: at,
            tid_at: None,
        });
    }
    let (to_ds, from_ds) = (flags & TO_DS != 0, flags & FROM_DS != 0);
    let (dst, src, mut length) = match (to_ds, from_ds) {
        (false, false) => (address(0), address(1), 24),
        (false, true) => (address(0), address(2), 24),
        (true, false) => (address(2), address(1), 24),
        (true, true) => (address(2), address(3), 30),
    };
    let (mut aggregate, mut mesh) = (None, Mesh::No);
    let tid_at = (subtype & QOS != 0).then_some(at + length);
    if subtype & QOS != 0 {
        let [low, high] = array_at(data, at + length)?;
        aggregate = (low & AGGREGATE != 0).then_some(at + length);
        // Towards an access point the bit is one of a queue's size.
        let is_group = || u8_at(data, at + 4).is_some_and(|first| first & 1 != 0);
        if high & MESH != 0 && from_ds && (to_ds || is_group()) {
            mesh = Mesh::Yes;
        }
        length += 2;
        if flags & ORDER != 0 {
            length += 4; // HT control
        }
    }
    if padding == HeaderPadding::FourOctets {
        length = length.next_multiple_of(4);
    }
    let start = at + length;
    let body = match (aggregate, mesh) {
        _ if subtype & NO_DATA != 0 => None,
        _ if flags & PROTECTED != 0 => Some(Body::Encrypted),
        (Some(told_at), mesh) => Some(Body::Aggregate(Aggregate {
            start,
            told_at,
            mesh,
        })),
        (None, Mesh::Yes) => Some(Body::Packet(start + mesh_control(data, start))),
        (None, Mesh::No) => Some(Body::Packet(start)),
    };
    Some(MacHeader {
        at,
        dst,
        src,
        body,
        body_at: start,
        tid_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::link;

    /// Where the packet begins in a frame of this control field and `QoS` control, with such octets
    /// behind that.
    fn packet_at(control: [u8; 2], qos: [u8; 2], control_octets: &[u8]) -> Option<usize> {
        let header = if control[1] & 3 == 3 { 30 } else { 24 };
        let mut data = control.to_vec();
        // To a group, which meshes send without a fourth address.
        data.resize(header, 1);
        data[22] = 0;
        data.extend(qos);
        let before = data.len() + control_octets.len();
        data.extend(control_octets);
        data.extend([0xaa, 0xaa, 3, 0, 0, 0, 8, 0, 0x45]);
        let found = link::parse(&Frame::alone(lt::IEEE802_11, &data)).ok()?;
        assert_eq!(found.offset, before + 8);
        (found.network == Network::Ip).then_some(found.offset)
    }

    #[test]
    fn mesh_control_is_stepped_over() {
        for (mode, octets) in [(0, 6), (1, 12), (2, 18)] {
            let mut control = vec![0; octets];
            control[0] = mode;
            for flags in [2, 3] {
                assert!(packet_at([0x88, flags], [0, 1], &control).is_some());
            }
        }
    }

    #[test]
    fn what_cannot_be_mesh_control_is_none() {
        // Queue sizes have the same bits.
        for flags in [0, 1, 2, 3] {
            assert!(packet_at([0x88, flags], [0, 0xff], &[]).is_some());
        }
    }
}
