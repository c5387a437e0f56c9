//! What `-e` shows of a link header: addresses, tags, type. Read only when it is asked for.

use std::fmt;

use super::{ether, ieee802154, linktype as lt, wireless};
use crate::model::{Frame, LinkType};
use crate::wire::bytes::{tail, u8_at, u16_at, u32_at};

/// A hardware address of up to eight octets, in place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct LinkAddress {
    octets: [u8; Self::CAPACITY],
    len: u8,
}

impl LinkAddress {
    /// The longest that is kept, in octets: EUI-64.
    pub const CAPACITY: usize = 8;

    /// The address in `octets`; none where they are none, or too many.
    pub fn new(octets: &[u8]) -> Option<Self> {
        let mut address = Self {
            octets: [0; Self::CAPACITY],
            len: u8::try_from(octets.len()).ok()?,
        };
        address
            .octets
            .get_mut(..octets.len())?
            .copy_from_slice(octets);
        (!octets.is_empty()).then_some(address)
    }

    /// Its octets.
    pub fn as_slice(&self) -> &[u8] {
        self.octets.get(..usize::from(self.len)).unwrap_or_default()
    }
}

/// As tcpdump writes it: two hexadecimal digits an octet, colons between.
impl fmt::Display for LinkAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, octet) in self.as_slice().iter().enumerate() {
            if n > 0 {
                f.write_str(":")?;
            }
            write!(f, "{octet:02x}")?;
        }
        Ok(())
    }
}

/// A VLAN tag (IEEE 802.1Q section 9.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VlanTag {
    /// Tag protocol identifier: 0x8100, 0x88a8, ...
    pub tpid: u16,
    /// Tag control information.
    pub tci: u16,
}

impl VlanTag {
    /// VLAN identifier.
    pub const fn id(self) -> u16 {
        self.tci & 0x0fff
    }

    /// Priority code point, 0 to 7.
    pub const fn priority(self) -> u8 {
        (self.tci >> 13) as u8
    }

    /// Drop eligible indicator.
    pub const fn drop_eligible(self) -> bool {
        self.tci & 0x1000 != 0
    }
}

/// How a cooked capture says that a packet came by, or went out (`if_packet.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PacketType {
    /// To the capturing host.
    Host,
    /// To all on the link.
    Broadcast,
    /// To a group on the link.
    Multicast,
    /// To another host.
    OtherHost,
    /// From the capturing host.
    Outgoing,
}

impl PacketType {
    /// The type of this number.
    pub const fn of(number: u16) -> Option<Self> {
        Some(match number {
            0 => Self::Host,
            1 => Self::Broadcast,
            2 => Self::Multicast,
            3 => Self::OtherHost,
            4 => Self::Outgoing,
            _ => return None,
        })
    }

    /// The snake-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Broadcast => "broadcast",
            Self::Multicast => "multicast",
            Self::OtherHost => "other_host",
            Self::Outgoing => "outgoing",
        }
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
    tags: [Option<VlanTag>; super::Vlans::CAPACITY],
}

impl Addresses {
    /// VLAN tags, outermost first; at most [`super::Vlans::CAPACITY`].
    pub fn tags(&self) -> impl Iterator<Item = VlanTag> + '_ {
        self.tags.iter().flatten().copied()
    }

    fn read_types(&mut self, data: &[u8], mut kind: Option<u16>, mut at: usize) {
        let mut slots = self.tags.iter_mut();
        while let Some(tpid) = kind.filter(|&kind| ether::is_vlan(kind)) {
            let Some(tci) = u16_at(data, at) else {
                break;
            };
            if let Some(slot) = slots.next() {
                *slot = Some(VlanTag { tpid, tci });
            }
            kind = u16_at(data, at + 2);
            at += 4;
        }
        self.ether_type = kind;
    }
}

/// Reads addresses and tags of a frame; what is not there, or not in this kind of link, is `None`.
pub fn addresses(frame: &Frame<'_>) -> Addresses {
    let data = frame.data;
    let mut found = Addresses::default();
    let address = |at: usize, length: usize| data.get(at..at + length).and_then(LinkAddress::new);
    let mut ethernet = |at: usize| {
        found.dst = address(at, 6);
        found.src = address(at + 6, 6);
        found.read_types(data, u16_at(data, at + 12), at + 14);
    };
    match frame.link {
        lt::ETHERNET => ethernet(0),
        lt::NETANALYZER => ethernet(4),
        lt::NETANALYZER_TRANSPARENT => ethernet(12),
        lt::ETHERNET_MPACKET => ethernet(8),
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
            found.src = address(8, 6);
        }
        lt::APPLE_IP_OVER_IEEE1394 => {
            found.dst = address(0, 8);
            found.src = address(8, 8);
            found.ether_type = u16_at(data, 16);
        }
        // Behind a global routing header.
        lt::IPOIB => found.ether_type = u16_at(data, 40),
        lt::C_HDLC => found.ether_type = u16_at(data, 2),
        lt::IEEE802_11 | lt::IEEE802_11_RADIOTAP => {
            if let Some(header) = wireless_header(frame.link, data) {
                found.dst = header.dst.and_then(|at| address(at, 6));
                found.src = header.src.and_then(|at| address(at, 6));
                // Behind SNAP's OUI.
                let kind = header.llc.map(|llc| llc + 6);
                found.ether_type = kind.and_then(|at| u16_at(data, at));
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

/// Whether the link says that the frame went to every host on it.
pub fn is_broadcast(frame: &Frame<'_>) -> bool {
    /// Packet type of cooked captures (`if_packet.h`).
    const BROADCAST: u16 = 1;
    let data = frame.data;
    match frame.link {
        lt::ETHERNET => data.starts_with(&[0xff; 6]),
        lt::LINUX_SLL => u16_at(data, 0) == Some(BROADCAST),
        lt::LINUX_SLL2 => u8_at(data, 10).map(u16::from) == Some(BROADCAST),
        _ => ieee802154::mac_header_of(frame)
            .and_then(|header| header.dst)
            .is_some_and(|dst| dst.as_slice() == [0xff, 0xff]),
    }
}

fn wireless_header(link: LinkType, data: &[u8]) -> Option<wireless::MacHeader> {
    let (at, padding) = if link == lt::IEEE802_11_RADIOTAP {
        wireless::behind_radiotap(data, 0).ok()?
    } else {
        (0, wireless::HeaderPadding::None)
    };
    if tail(data, at).is_empty() {
        return None;
    }
    wireless::mac_header(data, at, padding)
}
