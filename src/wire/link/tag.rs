//! What tells frames of one link apart: tags, circuits, directions.

use crate::wire::bytes::{array_at, u8_at, u32_at};

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

/// Whether a frame came in at the capturing host or went out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// It came in.
    In,
    /// It went out.
    Out,
}

impl Direction {
    /// By the first octet of SLIP's header, of pppd's log, and of link types "with direction": 0
    /// came in, 1 went out in the one, any other in the others.
    pub const fn of(octet: u8) -> Self {
        if octet == 0 { Self::In } else { Self::Out }
    }

    /// The word that records use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
        }
    }
}

/// The tag of a frame that `MACsec` protects (IEEE 802.1AE section 9.3), without its EtherType.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SecTag {
    control: u8,
    /// Octets of the protected data where they are few; 0 where they are not.
    pub short_length: u8,
    /// Packet number.
    pub packet_number: u32,
    /// Secure channel identifier: the sender's address and port, where it is told.
    pub channel: Option<[u8; 8]>,
}

impl SecTag {
    const CHANNEL: u8 = 0x20;
    /// Octets of the integrity check value that the frame ends in, with each cipher suite of the standard
    /// (sections 14.5 to 14.8).
    pub(super) const CHECK_VALUE: u8 = 16;
    /// The control bit of data that are encrypted.
    pub(super) const ENCRYPTED: u8 = 0x08;
    /// That of data which are not the user's as they were, though in the clear.
    pub(super) const CHANGED: u8 = 0x04;

    /// The tag at `at`, as far as the channel's identifier; `None` where it does not reach that.
    pub fn parse(data: &[u8], at: usize) -> Option<Self> {
        let control = u8_at(data, at)?;
        Some(Self {
            control,
            short_length: u8_at(data, at + 1)? & 0x3f,
            packet_number: u32_at(data, at + 2)?,
            channel: if control & Self::CHANNEL == 0 {
                None
            } else {
                Some(array_at(data, at + 6)?)
            },
        })
    }

    /// Octets of it.
    pub const fn octets(self) -> usize {
        if self.channel.is_some() { 14 } else { 6 }
    }

    /// Association number, 0 to 3.
    pub const fn association(self) -> u8 {
        self.control & 3
    }

    /// Whether the data are encrypted.
    pub const fn encrypted(self) -> bool {
        self.control & Self::ENCRYPTED != 0
    }

    /// Whether the data are other than the user's, even if they are not encrypted.
    pub const fn changed(self) -> bool {
        self.control & Self::CHANGED != 0
    }

    /// Whether the sender is the end station that its address names.
    pub const fn end_station(self) -> bool {
        self.control & 0x40 != 0
    }

    /// Whether the channel is the single copy broadcast of EPON.
    pub const fn single_copy_broadcast(self) -> bool {
        self.control & 0x10 != 0
    }
}

/// The address field of Frame Relay (Q.922 section 3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FrameRelay {
    /// Data link connection identifier.
    pub dlci: u32,
    /// Octets of the field, 2 to 4.
    pub octets: usize,
    /// Its first octet and its second.
    flags: [u8; 2],
    /// Whether the last octet holds core control in the place of low bits.
    pub control: bool,
}

impl FrameRelay {
    /// The field at `at`; `None` where it is cut or goes on for too long.
    pub fn parse(data: &[u8], at: usize) -> Option<Self> {
        const LAST: u8 = 1;
        let [first, second] = array_at(data, at)?;
        let mut found = Self {
            dlci: u32::from(first & 0xfc) << 2 | u32::from(second >> 4),
            octets: 2,
            flags: [first, second],
            control: false,
        };
        if first & LAST != 0 {
            return None;
        }
        if second & LAST != 0 {
            return Some(found);
        }
        let mut octet = u8_at(data, at + 2)?;
        found.octets = 3;
        if octet & LAST == 0 {
            found.dlci = found.dlci << 7 | u32::from(octet >> 1);
            found.octets = 4;
            octet = u8_at(data, at + 3)?;
        }
        // What is core control is no part of the identifier.
        found.control = octet & 2 != 0;
        if !found.control {
            found.dlci = found.dlci << 6 | u32::from(octet >> 2);
        }
        (octet & LAST != 0).then_some(found)
    }

    /// Command or response.
    pub const fn command_response(self) -> bool {
        self.flags[0] & 0x02 != 0
    }

    /// Forward explicit congestion notification.
    pub const fn forward_congestion(self) -> bool {
        self.flags[1] & 0x08 != 0
    }

    /// Backward explicit congestion notification.
    pub const fn backward_congestion(self) -> bool {
        self.flags[1] & 0x04 != 0
    }

    /// Whether the frame may be dropped before others.
    pub const fn discard_eligible(self) -> bool {
        self.flags[1] & 0x02 != 0
    }
}
