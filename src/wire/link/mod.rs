//! Link-layer headers: from the first octet of a frame to its network header.
//!
//! Numbers and layouts are those of the registry at <https://www.tcpdump.org/linktypes.html>.

mod address;
pub mod aggregate;
mod carried;
mod carrier;
mod detail;
mod ether;
mod exported;
mod fcs;
mod fibre_channel;
mod frame_control;
pub mod ieee802154;
mod infiniband;
mod inside;
mod juniper;
mod mobile;
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
    AddressForm, Addresses, LinkAddress, Repeater, addresses, is_broadcast, repeaters,
};
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

pub(crate) use carried::in_ethercat;
pub(super) use ether::{
    NLPID_IPV4, NLPID_IPV6,
    ether_type::{CISCO_METADATA, LOWPAN},
    ethernet, follow, llc, untagged_ip,
};
pub(super) use exported::named;
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
        }
    }
}

/// The link types that are read, by the number of the registry.
pub mod linktype {
    use crate::model::LinkType;

    /// BSD loopback, address family in the byte order of the capturing host.
    pub const NULL: LinkType = LinkType(0);
    /// Ethernet.
    pub const ETHERNET: LinkType = LinkType(1);
    /// AX.25.
    pub const AX25: LinkType = LinkType(3);
    /// IEEE 802.5 Token Ring.
    pub const IEEE802_5: LinkType = LinkType(6);
    /// ARCNET as BSD gives it.
    pub const ARCNET_BSD: LinkType = LinkType(7);
    /// SLIP behind a header of 16 octets.
    pub const SLIP: LinkType = LinkType(8);
    /// PPP, perhaps with address and control octets.
    pub const PPP: LinkType = LinkType(9);
    /// FDDI.
    pub const FDDI: LinkType = LinkType(10);
    /// LLC/SNAP over ATM (RFC 2684).
    pub const ATM_RFC1483: LinkType = LinkType(100);
    /// Redback's `SmartEdge`.
    pub const REDBACK: LinkType = LinkType(32);
    /// PPP in HDLC framing (RFC 1662), or Cisco's HDLC.
    pub const PPP_HDLC: LinkType = LinkType(50);
    /// `PPPoE`: starts at its header.
    pub const PPP_ETHER: LinkType = LinkType(51);
    /// Symantec's firewalls.
    pub const SYMANTEC_FIREWALL: LinkType = LinkType(99);
    /// Raw IP.
    pub const RAW: LinkType = LinkType(101);
    /// SLIP of BSD/OS.
    pub const SLIP_BSDOS: LinkType = LinkType(102);
    /// PPP of BSD/OS.
    pub const PPP_BSDOS: LinkType = LinkType(103);
    /// Cisco HDLC.
    pub const C_HDLC: LinkType = LinkType(104);
    /// IEEE 802.11.
    pub const IEEE802_11: LinkType = LinkType(105);
    /// LLC/SNAP over ATM as Linux has it.
    pub const ATM_CLIP: LinkType = LinkType(106);
    /// Frame Relay (Q.922).
    pub const FRELAY: LinkType = LinkType(107);
    /// `OpenBSD` loopback, address family in network byte order.
    pub const LOOP: LinkType = LinkType(108);
    /// `OpenBSD` encapsulation of IP security.
    pub const ENC: LinkType = LinkType(109);
    /// Linux cooked capture.
    pub const LINUX_SLL: LinkType = LinkType(113);
    /// The log of the packet filter `pf`.
    pub const PFLOG: LinkType = LinkType(117);
    /// 802.11 behind a Prism header.
    pub const IEEE802_11_PRISM: LinkType = LinkType(119);
    /// RFC 2625 IP over Fibre Channel.
    pub const IP_OVER_FC: LinkType = LinkType(122);
    /// ATM behind a header of 4 octets, as `SunATM` gives it.
    pub const SUNATM: LinkType = LinkType(123);
    /// 802.11 behind a radiotap header.
    pub const IEEE802_11_RADIOTAP: LinkType = LinkType(127);
    /// TZSP, a header that names the link type of what follows.
    pub const TZSP: LinkType = LinkType(128);
    /// ARCNET as Linux gives it.
    pub const ARCNET_LINUX: LinkType = LinkType(129);
    /// Juniper's multilink PPP.
    pub const JUNIPER_MLPPP: LinkType = LinkType(130);
    /// Juniper's multilink Frame Relay, between two ends.
    pub const JUNIPER_MLFR: LinkType = LinkType(131);
    /// Juniper's encryption services.
    pub const JUNIPER_ES: LinkType = LinkType(132);
    /// Juniper's GGSN.
    pub const JUNIPER_GGSN: LinkType = LinkType(133);
    /// Juniper's multilink Frame Relay, between networks.
    pub const JUNIPER_MFR: LinkType = LinkType(134);
    /// Juniper's second module for ATM.
    pub const JUNIPER_ATM2: LinkType = LinkType(135);
    /// Juniper's services.
    pub const JUNIPER_SERVICES: LinkType = LinkType(136);
    /// Juniper's first module for ATM.
    pub const JUNIPER_ATM1: LinkType = LinkType(137);
    /// Apple's IP over IEEE 1394.
    pub const APPLE_IP_OVER_IEEE1394: LinkType = LinkType(138);
    /// DOCSIS.
    pub const DOCSIS: LinkType = LinkType(143);
    /// Private use, under which Darwin writes its packet tap.
    pub const USER2: LinkType = LinkType(149);
    /// 802.11 behind an AVS header.
    pub const IEEE802_11_AVS: LinkType = LinkType(163);
    /// Juniper's passive monitor.
    pub const JUNIPER_MONITOR: LinkType = LinkType(164);
    /// PPP whose first octet tells the direction.
    pub const PPP_PPPD: LinkType = LinkType(166);
    /// Juniper's `PPPoE`: Ethernet.
    pub const JUNIPER_PPPOE: LinkType = LinkType(167);
    /// Juniper's `PPPoE` over ATM: an EtherType.
    pub const JUNIPER_PPPOE_ATM: LinkType = LinkType(168);
    /// LLC of GPRS.
    pub const GPRS_LLC: LinkType = LinkType(169);
    /// Generic framing procedure, transparent.
    pub const GFP_T: LinkType = LinkType(170);
    /// Generic framing procedure, mapped by frame.
    pub const GFP_F: LinkType = LinkType(171);
    /// Ethernet behind Juniper's header.
    pub const JUNIPER_ETHER: LinkType = LinkType(178);
    /// PPP behind Juniper's header.
    pub const JUNIPER_PPP: LinkType = LinkType(179);
    /// Frame Relay behind Juniper's header.
    pub const JUNIPER_FRELAY: LinkType = LinkType(180);
    /// Cisco HDLC behind Juniper's header.
    pub const JUNIPER_CHDLC: LinkType = LinkType(181);
    /// Multilink Frame Relay (FRF.16).
    pub const MFR: LinkType = LinkType(182);
    /// Juniper's voice module.
    pub const JUNIPER_VP: LinkType = LinkType(183);
    /// Juniper's virtual networks.
    pub const JUNIPER_VN: LinkType = LinkType(184);
    /// Transfers of USB as Linux gives them.
    pub const USB_LINUX: LinkType = LinkType(189);
    /// The same with a longer header.
    pub const USB_LINUX_MMAPPED: LinkType = LinkType(220);
    /// Transfers of USB as `USBPcap` gives them.
    pub const USBPCAP: LinkType = LinkType(249);
    /// Transfers of USB as macOS gives them.
    pub const USB_DARWIN: LinkType = LinkType(266);
    /// Packets of USB 2.0.
    pub const USB_2_0: LinkType = LinkType(288);
    /// The same at low speed.
    pub const USB_2_0_LOW_SPEED: LinkType = LinkType(293);
    /// The same at full speed.
    pub const USB_2_0_FULL_SPEED: LinkType = LinkType(294);
    /// The same at high speed.
    pub const USB_2_0_HIGH_SPEED: LinkType = LinkType(295);
    /// Bluetooth between host and controller.
    pub const BLUETOOTH_HCI_H4: LinkType = LinkType(187);
    /// Per-packet information: a header that names the link type of what follows.
    pub const PPI: LinkType = LinkType(192);
    /// IEEE 802.15.4 with its frame check sequence.
    pub const IEEE802_15_4_WITHFCS: LinkType = LinkType(195);
    /// SITA's recorders of wide area networks.
    pub const SITA: LinkType = LinkType(196);
    /// Endace's extensible record format.
    pub const ERF: LinkType = LinkType(197);
    /// Juniper's secure tunnels.
    pub const JUNIPER_ST: LinkType = LinkType(200);
    /// Bluetooth between host and controller, behind a word of direction.
    pub const BLUETOOTH_HCI_H4_WITH_PHDR: LinkType = LinkType(201);
    /// Bluetooth of low energy on the air.
    pub const BLUETOOTH_LE_LL: LinkType = LinkType(251);
    /// Bluetooth between host and controllers, as Linux's monitor gives it.
    pub const BLUETOOTH_LINUX_MONITOR: LinkType = LinkType(254);
    /// Bluetooth of low energy on the air, behind what the radio tells.
    pub const BLUETOOTH_LE_LL_WITH_PHDR: LinkType = LinkType(256);
    /// AX.25 in KISS.
    pub const AX25_KISS: LinkType = LinkType(202);
    /// PPP behind an octet of direction.
    pub const PPP_WITH_DIR: LinkType = LinkType(204);
    /// Cisco HDLC behind an octet of direction.
    pub const C_HDLC_WITH_DIR: LinkType = LinkType(205);
    /// Frame Relay behind an octet of direction.
    pub const FRELAY_WITH_DIR: LinkType = LinkType(206);
    /// IEEE 802.15.4 from the preamble on.
    pub const IEEE802_15_4_NONASK_PHY: LinkType = LinkType(215);
    /// Solaris's ipnet.
    pub const IPNET: LinkType = LinkType(226);
    /// MPLS, from the label stack on.
    pub const MPLS: LinkType = LinkType(219);
    /// Fibre Channel.
    pub const FC_2: LinkType = LinkType(224);
    /// Fibre Channel between the words that start and end a frame.
    pub const FC_2_WITH_FRAME_DELIMS: LinkType = LinkType(225);
    /// IPv4.
    pub const IPV4: LinkType = LinkType(228);
    /// IPv6.
    pub const IPV6: LinkType = LinkType(229);
    /// IEEE 802.15.4 without its frame check sequence.
    pub const IEEE802_15_4_NOFCS: LinkType = LinkType(230);
    /// The multiplexer of mobile telephones (3GPP TS 27.010) behind a header of its own.
    pub const MUX27010: LinkType = LinkType(236);
    /// Linux netfilter log.
    pub const NFLOG: LinkType = LinkType(239);
    /// Hilscher netANALYZER: Ethernet behind 4 octets.
    pub const NETANALYZER: LinkType = LinkType(240);
    /// The same with preamble and start of frame.
    pub const NETANALYZER_TRANSPARENT: LinkType = LinkType(241);
    /// IP over `InfiniBand` (RFC 4391).
    pub const IPOIB: LinkType = LinkType(242);
    /// MPEG-2 transport stream.
    pub const MPEG_2_TS: LinkType = LinkType(243);
    /// `InfiniBand`, from the local routing header on.
    pub const INFINIBAND: LinkType = LinkType(247);
    /// What Wireshark exported of a protocol.
    pub const WIRESHARK_UPPER_PDU: LinkType = LinkType(252);
    /// Linux netlink.
    pub const NETLINK: LinkType = LinkType(253);
    /// Apple's packet tap: a header that names the link type of what follows.
    pub const PKTAP: LinkType = LinkType(258);
    /// Ethernet behind the preamble of EPON.
    pub const EPON: LinkType = LinkType(259);
    /// DOCSIS behind the header of Excentis's analyser.
    pub const DOCSIS31_XRA31: LinkType = LinkType(273);
    /// IEEE 802.3br: preamble, then Ethernet.
    pub const ETHERNET_MPACKET: LinkType = LinkType(274);
    /// Linux cooked capture, version 2.
    pub const LINUX_SLL2: LinkType = LinkType(276);
    /// Elektrobit's recorders.
    pub const EBHSCR: LinkType = LinkType(279);
    /// The trace of VPP.
    pub const VPP_DISPATCH: LinkType = LinkType(280);
    /// Ethernet with the tag of a Broadcom switch behind the addresses.
    pub const DSA_TAG_BRCM: LinkType = LinkType(281);
    /// Ethernet with the tag of a Broadcom switch before it.
    pub const DSA_TAG_BRCM_PREPEND: LinkType = LinkType(282);
    /// Ethernet with the tag of a Marvell switch.
    pub const DSA_TAG_DSA: LinkType = LinkType(284);
    /// The same behind an EtherType.
    pub const DSA_TAG_EDSA: LinkType = LinkType(285);
    /// IEEE 802.15.4 behind a header of type, length and value.
    pub const IEEE802_15_4_TAP: LinkType = LinkType(283);
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
