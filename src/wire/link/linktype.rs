//! The link types that are read, by the number of the registry.

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
/// LAPD of ISDN, behind a cooked header of Linux's.
pub const LINUX_LAPD: LinkType = LinkType(177);
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
/// LAPD of ISDN.
pub const LAPD: LinkType = LinkType(203);
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
/// Bluetooth low energy as Nordic's sniffer has it.
pub const NORDIC_BLE: LinkType = LinkType(272);
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
