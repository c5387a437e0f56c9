//! What `-e` shows of a link header: addresses, tags, type. Read only when it is asked for.

use std::fmt::{self, Write};

use super::juniper::Payload;
use super::switch::SwitchTag;
use super::tag::{Direction, FrameRelay, PacketType, SecTag, VlanTag};
use super::wireless::{self, Body};
use super::{aggregate, carrier, ether, ieee802154, linktype as lt, ppp, switch};
use crate::model::Frame;
use crate::wire::bytes::{array_at, u8_at, u16_at, u32_at};

/// A hardware address of up to eight octets, in place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct LinkAddress {
    octets: [u8; Self::CAPACITY],
    len: u8,
    form: AddressForm,
}

/// How an address is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AddressForm {
    /// Two hexadecimal digits an octet, colons between, as tcpdump does.
    #[default]
    Octets,
    /// As tshark writes that of AX.25: six letters and digits, each a bit to the left, and the number
    /// of the station unless it is 0.
    CallSign,
}

impl LinkAddress {
    /// The longest that is kept, in octets: EUI-64.
    pub const CAPACITY: usize = 8;

    /// The address in `octets`; none where they are none, or too many.
    pub fn new(octets: &[u8]) -> Option<Self> {
        let mut address = Self {
            octets: [0; Self::CAPACITY],
            len: u8::try_from(octets.len()).ok()?,
            form: AddressForm::Octets,
        };
        address
            .octets
            .get_mut(..octets.len())?
            .copy_from_slice(octets);
        (!octets.is_empty()).then_some(address)
    }

    /// The address of an amateur station at `at`.
    fn call_sign(data: &[u8], at: usize) -> Option<Self> {
        let octets: [u8; carrier::CALL_SIGN] = array_at(data, at)?;
        Some(Self {
            form: AddressForm::CallSign,
            ..Self::new(&octets)?
        })
    }

    /// How it is written.
    pub const fn form(&self) -> AddressForm {
        self.form
    }

    /// Its octets.
    pub fn as_slice(&self) -> &[u8] {
        self.octets.get(..usize::from(self.len)).unwrap_or_default()
    }
}

impl fmt::Display for LinkAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (AddressForm::CallSign, [letters @ .., last]) = (self.form, self.as_slice()) {
            for letter in letters.iter().map(|octet| char::from(octet >> 1)) {
                match letter {
                    ' ' => {}
                    _ if letter.is_ascii_graphic() => f.write_char(letter)?,
                    _ => f.write_char('?')?,
                }
            }
            return match last >> 1 & 0x0f {
                0 => Ok(()),
                station => write!(f, "-{station}"),
            };
        }
        for (n, octet) in self.as_slice().iter().enumerate() {
            if n > 0 {
                f.write_str(":")?;
            }
            write!(f, "{octet:02x}")?;
        }
        Ok(())
    }
}

/// What a link header says beside where it leads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    /// Who sent the frame, where the link tells.
    pub src: Option<LinkAddress>,
    /// Whom it was for, where the link tells; cooked captures do not.
    pub dst: Option<LinkAddress>,
    /// EtherType behind all tags, or the 802.3 length, or the PPP protocol, where there is one.
    pub ether_type: Option<u16>,
    /// How the packet came by, in cooked captures.
    pub packet_type: Option<PacketType>,
    /// The capturing host's number of the interface, in cooked captures of version 2.
    pub interface_index: Option<u32>,
    /// Identifier of the network that the receiver is in, in IEEE 802.15.4.
    pub pan: Option<u16>,
    /// The tag of `MACsec`, of which there is one.
    pub macsec: Option<SecTag>,
    /// The tag of a switch's chip.
    pub switch: Option<SwitchTag>,
    /// The circuit, in Frame Relay.
    pub frame_relay: Option<FrameRelay>,
    /// The first octet of Cisco HDLC: 15 unicast, 143 broadcast.
    pub hdlc_address: Option<u8>,
    /// Which way the frame went, where the link's header tells.
    pub direction: Option<Direction>,
    tags: [Option<VlanTag>; super::Vlans::CAPACITY],
}

impl Addresses {
    /// VLAN tags, outermost first; at most [`super::Vlans::CAPACITY`].
    pub fn tags(&self) -> impl Iterator<Item = VlanTag> + '_ {
        self.tags.iter().flatten().copied()
    }

    fn read_types(&mut self, data: &[u8], mut kind: Option<u16>, mut at: usize) {
        let mut slots = self.tags.iter_mut();
        while let Some(tpid) = kind {
            if ether::is_vlan(tpid)
                && let Some(tci) = u16_at(data, at)
            {
                if let Some(slot) = slots.next() {
                    *slot = Some(VlanTag { tpid, tci });
                }
                at += 2;
            } else if tpid == ether::ether_type::MACSEC
                && let Some(tag) = SecTag::parse(data, at)
                && self.macsec.is_none()
            {
                self.macsec = Some(tag);
                if tag.encrypted() || tag.changed() {
                    break;
                }
                at += tag.octets();
            } else {
                break;
            }
            kind = u16_at(data, at);
            at += 2;
        }
        self.ether_type = kind;
    }

    /// Of links that are old.
    fn read_old(&mut self, frame: &Frame<'_>) {
        let data = frame.data;
        let address =
            |at: usize, length: usize| data.get(at..at + length).and_then(LinkAddress::new);
        match frame.link {
            lt::ARCNET_BSD | lt::ARCNET_LINUX => {
                self.src = address(0, 1);
                self.dst = address(1, 1);
            }
            lt::SUNATM => {
                const SENT: u8 = 0x80;
                const KIND: u8 = 0x0f;
                const LANE: u8 = 1;
                let kind = u8_at(data, 0);
                if kind.is_some_and(|kind| kind & KIND == LANE) {
                    // Behind the number of a client, a frame of Ethernet.
                    self.dst = address(6, 6);
                    self.src = address(12, 6);
                    self.read_types(data, u16_at(data, 18), 20);
                }
                self.direction = kind.map(|kind| Direction::of(kind & SENT));
            }
            _ => {
                let at = carrier::call_signs_at(frame.link, data);
                self.dst = at.and_then(|at| LinkAddress::call_sign(data, at));
                self.src = at.and_then(|at| LinkAddress::call_sign(data, at + carrier::CALL_SIGN));
            }
        }
    }

    fn read_hdlc(&mut self, data: &[u8], at: usize) {
        self.hdlc_address = u8_at(data, at);
        self.ether_type = u16_at(data, at + 2);
    }
}

/// Reads addresses and tags of a frame; what is not there, or not in this kind of link, is `None`.
pub fn addresses(frame: &Frame<'_>) -> Addresses {
    if let Some(inside) = super::frame_inside(frame) {
        return addresses(&inside);
    }
    let data = frame.data;
    let mut found = Addresses::default();
    let address = |at: usize, length: usize| data.get(at..at + length).and_then(LinkAddress::new);
    found.switch = SwitchTag::parse(frame.link, data);
    let mut ethernet = |at: usize, tag: usize| {
        found.dst = address(at, 6);
        found.src = address(at + 6, 6);
        let kind = at + 12 + tag;
        found.read_types(data, u16_at(data, kind), kind + 2);
    };
    match frame.link {
        lt::ETHERNET => ethernet(0, 0),
        lt::NETANALYZER | lt::DSA_TAG_BRCM_PREPEND => ethernet(4, 0),
        lt::NETANALYZER_TRANSPARENT => ethernet(12, 0),
        lt::ETHERNET_MPACKET | lt::EPON => ethernet(8, 0),
        link if super::is_juniper(link) => {
            if let Some(header) = super::juniper(frame) {
                if header.payload == Payload::Ethernet {
                    ethernet(header.at, 0);
                }
                found.direction = Some(if header.came_in() {
                    Direction::In
                } else {
                    Direction::Out
                });
            }
        }
        link if let Some((_, length)) = switch::tag(link) => ethernet(0, length),
        lt::LINUX_SLL => {
            let length = u16_at(data, 4).map_or(0, |n| usize::from(n).min(8));
            found.packet_type = u16_at(data, 0).and_then(PacketType::of);
            found.src = address(6, length);
            found.read_types(data, u16_at(data, 14), 16);
        }
        lt::LINUX_SLL2 => {
            let length = u8_at(data, 11).map_or(0, |n| usize::from(n).min(8));
            found.packet_type = u8_at(data, 10).map(u16::from).and_then(PacketType::of);
            found.interface_index = u32_at(data, 4);
            found.src = address(12, length);
            found.read_types(data, u16_at(data, 0), 20);
        }
        lt::FDDI => {
            found.dst = address(1, 6);
            found.src = address(7, 6);
        }
        lt::IEEE802_5 => {
            found.dst = address(2, 6);
            // The first bit tells that a route follows.
            found.src = array_at::<6>(data, 8).and_then(|mut src| {
                src[0] &= 0x7f;
                LinkAddress::new(&src)
            });
        }
        // RFC 4338 section 4: each behind 16 bits that tell its kind.
        lt::IP_OVER_FC => {
            found.dst = address(2, 6);
            found.src = address(10, 6);
        }
        lt::APPLE_IP_OVER_IEEE1394 => {
            found.dst = address(0, 8);
            found.src = address(8, 8);
            found.ether_type = u16_at(data, 16);
        }
        // Behind a global routing header.
        lt::IPOIB => found.ether_type = u16_at(data, 40),
        lt::C_HDLC => found.read_hdlc(data, 0),
        lt::PPP_HDLC if ppp::is_cisco(data, 0) => found.read_hdlc(data, 0),
        lt::C_HDLC_WITH_DIR => {
            found.direction = u8_at(data, 0).map(Direction::of);
            found.read_hdlc(data, 1);
        }
        lt::FRELAY => found.frame_relay = FrameRelay::parse(data, 0),
        lt::FRELAY_WITH_DIR => {
            found.direction = u8_at(data, 0).map(Direction::of);
            found.frame_relay = FrameRelay::parse(data, 1);
        }
        lt::ARCNET_BSD | lt::ARCNET_LINUX | lt::SUNATM | lt::AX25 | lt::AX25_KISS => {
            found.read_old(frame);
        }
        // The address is in the piece that a frame begins with (FRF.16.1 section 2.1).
        lt::MFR if u8_at(data, 0).is_some_and(|flags| flags & 0x80 != 0) => {
            found.frame_relay = FrameRelay::parse(data, 2);
        }
        lt::SLIP => {
            found.direction = u8_at(data, 0).filter(|way| *way < 2).map(Direction::of);
        }
        lt::PPP_PPPD | lt::PPP_WITH_DIR => found.direction = u8_at(data, 0).map(Direction::of),
        link if aggregate::may_hold(link) => {
            if let Some(header) = wireless::header(link, data) {
                (found.dst, found.src, found.ether_type) = wireless_addresses(&header, data);
            }
        }
        _ => {
            if let Some(header) = ieee802154::mac_header_of(frame) {
                (found.src, found.dst, found.pan) = (header.src, header.dst, header.pan);
            }
        }
    }
    found
}

/// A station of AX.25 that a frame goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeater {
    /// Its call sign.
    pub address: LinkAddress,
    /// Whether it sent the frame on already.
    pub has_repeated: bool,
}

/// The stations that a frame of AX.25 goes by, in their order: up to eight (AX.25 2.0 section
/// 2.2.13.3), none in other links.
pub fn repeaters<'a>(frame: &Frame<'a>) -> impl Iterator<Item = Repeater> + use<'a> {
    const REPEATED: u8 = 0x80;
    const LAST: u8 = 1;
    let data = frame.data;
    let first = match frame.link {
        lt::AX25 | lt::AX25_KISS => carrier::call_signs_at(frame.link, data),
        _ => None,
    };
    (2..).take(carrier::REPEATERS).map_while(move |n| {
        let at = first? + n * carrier::CALL_SIGN;
        // The last bit of an address tells that none follows.
        u8_at(data, at - 1).filter(|octet| octet & LAST == 0)?;
        let has_repeated = u8_at(data, at + carrier::CALL_SIGN - 1)? & REPEATED != 0;
        Some(Repeater {
            address: LinkAddress::call_sign(data, at)?,
            has_repeated,
        })
    })
}

/// Whether the link says that the frame went to every host on it.
pub fn is_broadcast(frame: &Frame<'_>) -> bool {
    /// First octet of Cisco HDLC.
    const HDLC: u8 = 0x8f;
    if frame.link == lt::ETHERNET {
        return frame.data.starts_with(&[0xff; 6]);
    }
    let all = match frame.link {
        lt::ARCNET_BSD | lt::ARCNET_LINUX => 0,
        _ => 0xff,
    };
    let found = addresses(frame);
    let is_to_all = |dst: LinkAddress| dst.as_slice().iter().all(|octet| *octet == all);
    found.dst.is_some_and(is_to_all)
        || found.packet_type == Some(PacketType::Broadcast)
        || found.hdlc_address == Some(HDLC)
}

/// Destination, source and EtherType. Those of an aggregate's packet stand before that.
fn wireless_addresses(
    header: &wireless::MacHeader,
    data: &[u8],
) -> (Option<LinkAddress>, Option<LinkAddress>, Option<u16>) {
    /// LLC and SNAP's OUI.
    const BEFORE_TYPE: usize = 6;
    let (dst, src, llc) = match header.body {
        Some(Body::Aggregate(all)) => (
            Some(all.start),
            Some(all.start + 6),
            Some(all.first_llc(data)),
        ),
        Some(Body::Packet(llc)) => (header.dst, header.src, Some(llc)),
        Some(Body::Encrypted) | None => (header.dst, header.src, None),
    };
    let address = |at: Option<usize>| at.and_then(|at| LinkAddress::new(data.get(at..at + 6)?));
    let snap = llc.filter(|llc| u16_at(data, *llc) == Some(0xaaaa));
    let kind = snap.and_then(|llc| u16_at(data, llc + BEFORE_TYPE));
    (address(dst), address(src), kind)
}
