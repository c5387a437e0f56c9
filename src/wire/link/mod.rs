//! Link-layer headers: from the first octet of a frame to its network header.
//!
//! Numbers and layouts are those of the registry at <https://www.tcpdump.org/linktypes.html>.

mod address;
pub mod aggregate;
mod bnep;
mod carried;
mod carrier;
mod detail;
mod ether;
pub(in crate::wire) mod ethercat;
mod exported;
mod fcs;
mod fibre_channel;
mod frame_control;
pub mod ieee802154;
mod infiniband;
mod inside;
mod juniper;
mod lap;
pub mod linktype;
mod mobile;
pub(super) mod mpdu;
mod msdu;
mod names;
pub(super) mod netlink;
mod packet_tap;
mod ppp;
mod pseudo;
pub mod radio;
mod recorder;
mod switch;
mod system;
mod tag;
#[cfg(test)]
mod tests;
pub mod usb;
mod wireless;

pub use address::{
    AddressForm, Addresses, LinkAddress, Repeater, addresses, goes_out, is_broadcast, repeaters,
};
pub(super) use bnep::Bnep;
pub(super) use carrier::segment_of_ax25;
pub use detail::{Detail, SourceRoute, detail};
pub use exported::Headerless;
pub use fcs::{CheckSequence, check_sequence, check_sequence_octets, ends_in_fcs};
pub use frame_control::{FrameFlag, MeshControl, WirelessHeader};
pub use inside::frame_inside;
pub use juniper::{Juniper, Payload as JuniperPayload};
pub use names::{description, name};
pub use packet_tap::{PacketTap, Process};
pub use switch::{SwitchChip, SwitchTag};
pub use system::{Dropped, Dropper, PfRule, SystemMessage, SystemReport, is_system_report};
pub use tag::{Direction, FrameRelay, PacketType, SecTag, VlanTag};
pub use wireless::{llc_of_802_11, packet_of_aggregate};

pub(super) use ether::{
    NLPID_IPV4, NLPID_IPV6,
    ether_type::{CISCO_METADATA, LOWPAN},
    ethernet, follow, llc, untagged_ip,
};
pub(crate) use ethercat::in_ethercat;
pub(super) use exported::named;
pub(super) use fcs::CRC_32;
pub(super) use inside::inside_tzsp;
pub(super) use mobile::behind as behind_mobile;
pub(super) use ppp::{from_ppp_protocol, ppp, ppp_or_hdlc};
pub(super) use wireless::{ieee802_11, part_of_802_11, unfragmented_802_11};

use ether::from_ether_type;

use super::{Encryption, Undecodable};
use crate::model::{Frame, LinkType};

/// VLAN identifiers, outermost first, in place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Vlans {
    ids: [u16; Self::CAPACITY],
    len: u8,
}

impl Vlans {
    /// How many are kept; deeper stacks are walked but not listed.
    pub const CAPACITY: usize = 4;

    /// Adds one on the inside; the low 12 bits count.
    pub fn push(&mut self, id: u16) {
        if let Some(slot) = self.ids.get_mut(usize::from(self.len)) {
            *slot = id & 0x0fff;
            self.len += 1;
        }
    }

    /// The identifiers, outermost first.
    pub fn as_slice(&self) -> &[u16] {
        self.ids.get(..usize::from(self.len)).unwrap_or_default()
    }
}

/// What stands behind the link header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// IPv4 or IPv6: the version nibble tells.
    Ip,
    /// An MPLS label stack.
    Mpls,
    /// A `PPPoE` session header (RFC 2516 section 4).
    Pppoe,
    /// A network service header (RFC 8300 section 2).
    Nsh,
    /// A TRILL header (RFC 6325 section 3).
    Trill,
    /// A frame of TECMP that carries one of Ethernet.
    Tecmp,
    /// A packet of `GeoNetworking` that carries one of IPv6.
    GeoNetworking,
    /// A packet of Roofnet that carries one of IPv4.
    Roofnet,
    /// A packet of B.A.T.M.A.N. advanced.
    Batman,
    /// LWAPP (RFC 5412).
    Lwapp,
    /// `MiNT`, behind its length.
    Mint,
    /// A message of TIPC.
    Tipc,
    /// A frame of IEEE 802.11.
    Ieee80211,
    /// A frame of AX.25.
    Ax25,
    /// `EtherCAT`.
    EtherCat,
    /// A packet of X.25.
    X25,
    /// LLC in PPP (RFC 2043).
    Llc,
    /// A frame of the PPP bridging control protocol (RFC 3518 section 4.2).
    Bridged,
    /// A fragment of PPP multilink (RFC 1990 section 3), which may be all of a packet.
    Multilink,
    /// Several packets of PPP in one (RFC 3153).
    Multiplexed,
    /// A packet whose headers are compressed (6LoWPAN, RFC 4944).
    Lowpan,
    /// A frame of IEEE 802.15.4, which may have such a packet.
    Ieee802154,
    /// What the payload of an IP packet was before it was compressed (`IPComp`, RFC 3173).
    Compressed,
    /// A segment of SNDCP (3GPP TS 44.065 section 7.2).
    SndcpSegment {
        /// Octets behind it that are no part of it.
        check: u8,
    },
    /// What an IP packet carries, without the header of that.
    Headerless,
    /// What nobody can read without the key.
    Encrypted(Encryption),
    /// Another EtherType, or the SAPs of an LLC header, or a PPP protocol.
    Other(u16),
}

/// A link header: what it says of the packet, and where that packet starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkHeader {
    /// VLAN tags.
    pub vlans: Vlans,
    /// What follows.
    pub network: Network,
    /// Octets before what follows.
    pub offset: usize,
    /// Octets behind what follows that are no part of it: the integrity check value of `MACsec`.
    pub check: u8,
    /// The frame right around what follows, where another may be around that.
    pub frame: Option<FrameHeader>,
}

/// The header of a frame, which names its ends, up to the packet in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// How it is to be read.
    pub form: FrameForm,
    /// Octets from its start to the packet.
    pub length: u16,
}

/// Frames that name their ends and travel in others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameForm {
    /// IEEE 802.3.
    Ethernet,
    /// IEEE 802.11.
    Ieee80211,
}

impl FrameForm {
    /// The link type of frames that are not in others.
    pub const fn link(self) -> LinkType {
        match self {
            Self::Ethernet => linktype::ETHERNET,
            Self::Ieee80211 => linktype::IEEE802_11,
        }
    }
}

impl LinkHeader {
    pub(super) const fn at(network: Network, offset: usize) -> Self {
        Self {
            vlans: Vlans {
                ids: [0; Vlans::CAPACITY],
                len: 0,
            },
            network,
            offset,
            check: 0,
            frame: None,
        }
    }

    /// The same where a frame starts at `at`, unless there is another in it.
    fn in_frame(self, form: FrameForm, at: usize) -> Self {
        let length = u16::try_from(self.offset.saturating_sub(at)).ok();
        let frame = length.map(|length| FrameHeader { form, length });
        Self {
            frame: self.frame.or(frame),
            ..self
        }
    }

    /// The header of the frame right around what follows, of `octets`, from which this was read.
    pub(super) fn frame_in<'a>(&self, octets: &'a [u8]) -> Option<(LinkType, &'a [u8])> {
        let frame = self.frame?;
        let start = self.offset.checked_sub(frame.length.into())?;
        let end = self.offset.min(octets.len());
        Some((frame.form.link(), octets.get(start..end)?))
    }
}

/// Reads the link header of a frame.
///
/// # Errors
///
/// Tells why where the octets do not lead to a network header.
pub fn parse(frame: &Frame<'_>) -> Result<LinkHeader, Undecodable> {
    dispatch(frame.link, frame.data, 0)
}

/// The link header of a frame that was put together; one of IEEE 802.11 may come from a tunnel.
pub(super) fn header_of_made(link: LinkType, octets: &[u8]) -> LinkHeader {
    let nowhere = LinkHeader::at(Network::Other(0), 0);
    let read = dispatch(link, octets, 0).unwrap_or(nowhere);
    match read.network {
        Network::Other(_) if link == linktype::IEEE802_11 => ieee802_11(octets, 0).unwrap_or(read),
        _ => read,
    }
}

/// The octet that tells the direction of a frame of PPP, where its link type has one.
pub(super) fn direction_of_ppp(frame: &Frame<'_>) -> Option<u8> {
    let has_direction = matches!(frame.link, linktype::PPP_PPPD | linktype::PPP_WITH_DIR);
    frame.data.first().copied().filter(|_| has_direction)
}

/// Whether frames of this link type have the tag of a switch's chip.
pub const fn has_switch_tag(link: LinkType) -> bool {
    switch::tag(link).is_some()
}

/// Whether frames of this link type have Juniper's header.
pub const fn is_juniper(link: LinkType) -> bool {
    matches!(link.0, 130..=137 | 164 | 167 | 168 | 178..=181 | 183 | 200)
}

/// What Juniper's header of a frame says, if its link type has one.
pub fn juniper(frame: &Frame<'_>) -> Option<Juniper> {
    is_juniper(frame.link)
        .then(|| Juniper::parse(frame.link, frame.data, 0).ok())
        .flatten()
}

/// Whether frames of this link type may hold several packets.
#[inline]
pub const fn may_hold_packets(link: LinkType) -> bool {
    aggregate::may_hold(link) || usb::is_usb(link) || link.0 == linktype::NETLINK.0
}

/// Whether frames of this link type are read.
pub fn is_known(link: LinkType) -> bool {
    !matches!(dispatch(link, &[], 0), Err(Undecodable::LinkType))
}

/// Reads a header of `link` that starts at `at`.
pub(super) fn dispatch(link: LinkType, data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    use linktype as lt;
    match link {
        lt::ETHERNET => ethernet(data, at),
        lt::NETANALYZER => ethernet(data, at + 4),
        lt::NETANALYZER_TRANSPARENT => ethernet(data, at + 12),
        lt::ETHERNET_MPACKET | lt::EPON => ethernet(data, at + 8),
        lt::LINUX_SLL => pseudo::cooked(data, at),
        lt::LINUX_SLL2 => pseudo::cooked2(data, at),
        // 12 and 14 are what raw IP is called on the systems where it is not 101.
        lt::RAW | LinkType(12 | 14) => pseudo::raw(data, at),
        lt::IPV4 | lt::IPV6 => Ok(LinkHeader::at(Network::Ip, at)),
        lt::NULL | lt::LOOP => pseudo::family(data, at, 4),
        lt::ENC => pseudo::family(data, at, 12),
        lt::PFLOG => pseudo::pflog(data, at),
        lt::IPNET => pseudo::ipnet(data, at),
        lt::NFLOG => pseudo::nflog(data, at),
        lt::SLIP => Ok(LinkHeader::at(Network::Ip, at + 16)),
        lt::PPP => ppp(data, at),
        lt::PPP_HDLC => ppp::ppp_or_hdlc(data, at),
        lt::PPP_PPPD | lt::PPP_WITH_DIR => ppp::behind_direction(data, at),
        lt::MPLS => Ok(LinkHeader::at(Network::Mpls, at)),
        lt::PPP_ETHER => Ok(LinkHeader::at(Network::Pppoe, at)),
        lt::C_HDLC => ppp::c_hdlc(data, at),
        lt::C_HDLC_WITH_DIR => ppp::c_hdlc(data, at + 1),
        lt::FRELAY => ppp::frame_relay(data, at),
        lt::FRELAY_WITH_DIR => ppp::frame_relay(data, at + 1),
        lt::MFR => ppp::multilink_frame_relay(data, at),
        lt::IEEE802_11 | lt::IEEE802_11_RADIOTAP | lt::IEEE802_11_PRISM | lt::IEEE802_11_AVS => {
            wireless::parse(link, data, at)
        }
        lt::ATM_RFC1483 => ether::llc_over_atm(data, at),
        lt::ATM_CLIP => pseudo::atm_clip(data, at),
        lt::SUNATM => ether::sun_atm(data, at),
        lt::FDDI => ether::llc(data, Vlans::default(), at + 13),
        lt::IEEE802_5 => ether::token_ring(data, at),
        lt::IP_OVER_FC => ether::llc(data, Vlans::default(), at + 16),
        lt::APPLE_IP_OVER_IEEE1394 => from_ether_type(data, Vlans::default(), at + 16),
        lt::IPOIB => pseudo::ip_over_infiniband(data, at),
        lt::ARCNET_LINUX => pseudo::arcnet_linux(data, at),
        lt::JUNIPER_VN => juniper::virtual_networks(data, at),
        link if is_juniper(link) => Juniper::parse(link, data, at)?.follow(data),
        lt::SLIP_BSDOS => Ok(pseudo::slip_bsdos(data, at)),
        lt::PPP_BSDOS => pseudo::ppp_bsdos(data, at),
        lt::ARCNET_BSD => pseudo::arcnet(data, at),
        lt::SYMANTEC_FIREWALL => recorder::symantec(data, at),
        lt::AX25 => carrier::ax25(data, at),
        lt::AX25_KISS => carrier::ax25_kiss(data, at),
        lt::LAPD => lap::lapd(data, at),
        // Behind what cooked frames of Linux have there.
        lt::LINUX_LAPD => lap::lapd(data, at + 16),
        lt::GPRS_LLC => carrier::gprs_llc(data, at),
        lt::MPEG_2_TS => carrier::transport_stream(data, at),
        lt::FC_2 => fibre_channel::fibre_channel(data, at),
        // Behind the word that a frame starts with.
        lt::FC_2_WITH_FRAME_DELIMS => fibre_channel::fibre_channel(data, at + 4),
        link if carrier::is_bluetooth(link) => carrier::bluetooth(data, at),
        // What is in it has a link type of its own.
        link if usb::is_usb(link) => Ok(LinkHeader::at(Network::Other(0), at)),
        link if let Some((_, length)) = switch::tag(link) => switch::tagged(link, data, at, length),
        link if ieee802154::is_ieee802_15_4(link) => ieee802154::parse(link, data, at),
        link => inside::follow(
            data,
            inside::inside(link, data, at).ok_or(Undecodable::LinkType)??,
        ),
    }
}
