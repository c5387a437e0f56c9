//! Ethernet with what switches and access networks add: tags towards the switch's own processor,
//! and the header of DOCSIS.

use super::inside::Inside;
use super::{LinkHeader, Vlans, ether, linktype as lt};
use crate::model::LinkType;
use crate::wire::Undecodable;
use crate::wire::bytes::{array_at, tail};

/// Octets of the two addresses.
const ADDRESSES: usize = 12;

/// Whose chip a switch has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SwitchChip {
    /// Broadcom's.
    Broadcom,
    /// Marvell's.
    Marvell,
}

/// The tag by which a switch's chip tells its processor where a frame came from, or is told where
/// it is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SwitchTag {
    /// Whose it is.
    pub chip: SwitchChip,
    /// The tag.
    pub octets: [u8; 4],
}

impl SwitchTag {
    /// The tag in a frame; `None` where the link has none, or it is cut.
    pub(super) fn parse(link: LinkType, data: &[u8]) -> Option<Self> {
        let (at, length) = tag(link)?;
        let chip = match link {
            lt::DSA_TAG_DSA | lt::DSA_TAG_EDSA => SwitchChip::Marvell,
            _ => SwitchChip::Broadcom,
        };
        let octets = array_at(data, at + length - 4)?;
        Some(Self { chip, octets })
    }

    /// Whether a Broadcom tag is one that the processor made: it names ports by a map.
    pub const fn names_ports_by_map(self) -> bool {
        matches!(self.chip, SwitchChip::Broadcom) && self.octets[0] & 0x20 != 0
    }

    /// Number of the port; of a link of several where [`Self::is_trunk`].
    pub const fn port(self) -> Option<u8> {
        match self.chip {
            SwitchChip::Marvell => Some(self.octets[1] >> 3),
            SwitchChip::Broadcom if self.names_ports_by_map() => None,
            SwitchChip::Broadcom => Some(self.octets[3] & 0x1f),
        }
    }

    /// Number of the switch, where several are one behind the other.
    pub const fn device(self) -> Option<u8> {
        match self.chip {
            SwitchChip::Marvell => Some(self.octets[0] & 0x1f),
            SwitchChip::Broadcom => None,
        }
    }

    /// Whether a Marvell tag of a forwarded frame names a link of several ports.
    pub const fn is_trunk(self) -> bool {
        matches!(self.chip, SwitchChip::Marvell)
            && self.octets[0] >> 6 == 3
            && self.octets[1] & 0x04 != 0
    }

    /// VLAN identifier, which a Marvell tag always has.
    pub const fn vlan(self) -> Option<u16> {
        match self.chip {
            SwitchChip::Marvell => {
                Some((self.octets[2] as u16 & 0x0f) << 8 | self.octets[3] as u16)
            }
            SwitchChip::Broadcom => None,
        }
    }

    /// Whether the frame had a VLAN tag, in whose place this one stands.
    pub const fn is_vlan_tagged(self) -> bool {
        matches!(self.chip, SwitchChip::Marvell) && self.octets[0] & 0x20 != 0
    }
}

/// Where the tag of a switch's chip stands, and its length in octets.
pub(super) const fn tag(link: LinkType) -> Option<(usize, usize)> {
    Some(match link {
        lt::DSA_TAG_BRCM | lt::DSA_TAG_DSA => (ADDRESSES, 4),
        lt::DSA_TAG_EDSA => (ADDRESSES, 8),
        lt::DSA_TAG_BRCM_PREPEND => (0, 4),
        _ => return None,
    })
}

/// Ethernet with the tag of a switch's chip, `length` octets long.
pub(super) fn tagged(
    link: LinkType,
    data: &[u8],
    at: usize,
    length: usize,
) -> Result<LinkHeader, Undecodable> {
    let behind = at + ADDRESSES + length;
    let tag = SwitchTag::parse(link, tail(data, at)).ok_or(Undecodable::Short)?;
    let mut vlans = Vlans::default();
    if let Some(vlan) = tag.vlan().filter(|_| tag.is_vlan_tagged()) {
        vlans.push(vlan);
    }
    ether::from_ether_type(data, vlans, behind)
}

/// DOCSIS: frame control, parameter, length u16, an extended header as long as the parameter tells,
/// check sequence of the header; then Ethernet (DOCSIS 3.0 MULPI section 6.2).
pub(super) fn docsis(data: &[u8], at: usize) -> Result<(Inside, usize), Undecodable> {
    const EXTENDED: u8 = 0x01;
    const FIXED: usize = 6;
    let [control, parameter] = array_at(data, at).ok_or(Undecodable::Short)?;
    let extension = match control {
        0 => 0,
        EXTENDED => usize::from(parameter),
        _ => return Ok((Inside::Other(control.into()), at + FIXED)),
    };
    Ok((Inside::Frame(lt::ETHERNET), at + FIXED + extension))
}

/// DOCSIS behind the header of Excentis's analyser: version, kind of packet, and so many octets of type,
/// length and value.
pub(super) fn excentis(data: &[u8], at: usize) -> Result<(Inside, usize), Undecodable> {
    const HEADER: usize = 4;
    /// Frames in either direction, of one carrier or many, and what asks for grants.
    const DOCSIS: [u8; 5] = [1, 8, 11, 74, 75];
    let [_, kind, high, low] = array_at(data, at).ok_or(Undecodable::Short)?;
    let behind = at + HEADER + usize::from(u16::from_be_bytes([high, low]));
    if DOCSIS.contains(&kind) {
        docsis(data, behind)
    } else {
        Ok((Inside::Other(kind.into()), behind))
    }
}
