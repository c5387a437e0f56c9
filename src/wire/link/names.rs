//! Names of link types, from the registry at <https://www.tcpdump.org/linktypes.html>.

use crate::model::LinkType;

/// The name of a link type in the registry, without `LINKTYPE_` before it.
pub fn name(link: LinkType) -> Option<&'static str> {
    entry(link).map(|&(_, name, _)| name)
}

/// What a link type is, in a few words.
pub fn description(link: LinkType) -> Option<&'static str> {
    entry(link).map(|&(_, _, description)| description)
}

fn entry(link: LinkType) -> Option<&'static (u32, &'static str, &'static str)> {
    let at = TABLE.binary_search_by_key(&link.0, |&(number, _, _)| number);
    at.ok().and_then(|at| TABLE.get(at))
}

/// Number, name, description; in order of number. Those that are read, and those that are met.
const TABLE: &[(u32, &str, &str)] = &[
    (0, "NULL", "BSD loopback"),
    (1, "ETHERNET", "Ethernet"),
    (3, "AX25", "AX.25 layer 2"),
    (6, "IEEE802_5", "Token ring"),
    (7, "ARCNET_BSD", "ARCNET"),
    (8, "SLIP", "SLIP"),
    (9, "PPP", "PPP"),
    (10, "FDDI", "FDDI"),
    (12, "RAW", "Raw IP"),
    (14, "RAW", "Raw IP"),
    (32, "REDBACK_SMARTEDGE", "Redback SmartEdge"),
    (50, "PPP_HDLC", "PPP in HDLC framing"),
    (51, "PPP_ETHER", "PPPoE"),
    (99, "SYMANTEC_FIREWALL", "Symantec firewall"),
    (100, "ATM_RFC1483", "LLC over ATM"),
    (101, "RAW", "Raw IP"),
    (102, "SLIP_BSDOS", "BSD/OS SLIP"),
    (103, "PPP_BSDOS", "BSD/OS PPP"),
    (104, "C_HDLC", "Cisco HDLC"),
    (105, "IEEE802_11", "802.11"),
    (106, "ATM_CLIP", "Linux classical IP over ATM"),
    (107, "FRELAY", "Frame Relay"),
    (108, "LOOP", "OpenBSD loopback"),
    (109, "ENC", "OpenBSD IPsec"),
    (113, "LINUX_SLL", "Linux cooked v1"),
    (114, "LTALK", "LocalTalk"),
    (117, "PFLOG", "OpenBSD pf log"),
    (119, "IEEE802_11_PRISM", "802.11 with Prism header"),
    (122, "IP_OVER_FC", "IP over Fibre Channel"),
    (123, "SUNATM", "Sun raw ATM"),
    (127, "IEEE802_11_RADIOTAP", "802.11 with radiotap header"),
    (128, "TZSP", "TZSP"),
    (129, "ARCNET_LINUX", "ARCNET as Linux gives it"),
    (130, "JUNIPER_MLPPP", "Juniper multi-link PPP"),
    (131, "JUNIPER_MLFR", "Juniper multi-link Frame Relay"),
    (132, "JUNIPER_ES", "Juniper encryption services"),
    (133, "JUNIPER_GGSN", "Juniper GGSN"),
    (134, "JUNIPER_MFR", "Juniper multi-link Frame Relay UNI/NNI"),
    (135, "JUNIPER_ATM2", "Juniper ATM2"),
    (136, "JUNIPER_SERVICES", "Juniper services"),
    (137, "JUNIPER_ATM1", "Juniper ATM1"),
    (138, "APPLE_IP_OVER_IEEE1394", "IP over IEEE 1394"),
    (139, "MTP2_WITH_PHDR", "SS7 MTP2 with pseudo-header"),
    (140, "MTP2", "SS7 MTP2"),
    (141, "MTP3", "SS7 MTP3"),
    (142, "SCCP", "SS7 SCCP"),
    (143, "DOCSIS", "DOCSIS"),
    (144, "LINUX_IRDA", "Linux IrDA"),
    (147, "USER0", "private use 0"),
    (148, "USER1", "private use 1"),
    (149, "USER2", "private use 2"),
    (150, "USER3", "private use 3"),
    (151, "USER4", "private use 4"),
    (152, "USER5", "private use 5"),
    (153, "USER6", "private use 6"),
    (154, "USER7", "private use 7"),
    (155, "USER8", "private use 8"),
    (156, "USER9", "private use 9"),
    (157, "USER10", "private use 10"),
    (158, "USER11", "private use 11"),
    (159, "USER12", "private use 12"),
    (160, "USER13", "private use 13"),
    (161, "USER14", "private use 14"),
    (162, "USER15", "private use 15"),
    (163, "IEEE802_11_AVS", "802.11 with AVS header"),
    (164, "JUNIPER_MONITOR", "Juniper passive monitor"),
    (165, "BACNET_MS_TP", "BACnet MS/TP"),
    (166, "PPP_PPPD", "PPP as pppd logs it"),
    (167, "JUNIPER_PPPOE", "Juniper PPPoE"),
    (168, "JUNIPER_PPPOE_ATM", "Juniper PPPoE over ATM"),
    (169, "GPRS_LLC", "GPRS LLC"),
    (170, "GFP_T", "GFP, transparent"),
    (171, "GFP_F", "GFP, frame-mapped"),
    (177, "LINUX_LAPD", "Linux vISDN LAPD"),
    (178, "JUNIPER_ETHER", "Juniper Ethernet"),
    (179, "JUNIPER_PPP", "Juniper PPP"),
    (180, "JUNIPER_FRELAY", "Juniper Frame Relay"),
    (181, "JUNIPER_CHDLC", "Juniper Cisco HDLC"),
    (182, "MFR", "Multilink Frame Relay"),
    (183, "JUNIPER_VP", "Juniper voice"),
    (184, "JUNIPER_VN", "Juniper virtual network"),
    (187, "BLUETOOTH_HCI_H4", "Bluetooth HCI"),
    (189, "USB_LINUX", "USB as Linux gives it"),
    (192, "PPI", "Per-packet information"),
    (195, "IEEE802_15_4_WITHFCS", "802.15.4 with FCS"),
    (196, "SITA", "SITA"),
    (197, "ERF", "Endace ERF"),
    (200, "JUNIPER_ST", "Juniper secure tunnel"),
    (
        201,
        "BLUETOOTH_HCI_H4_WITH_PHDR",
        "Bluetooth HCI with direction",
    ),
    (202, "AX25_KISS", "AX.25 with KISS header"),
    (203, "LAPD", "ISDN LAPD"),
    (204, "PPP_WITH_DIR", "PPP with direction"),
    (205, "C_HDLC_WITH_DIR", "Cisco HDLC with direction"),
    (206, "FRELAY_WITH_DIR", "Frame Relay with direction"),
    (215, "IEEE802_15_4_NONASK_PHY", "802.15.4 with PHY header"),
    (219, "MPLS", "MPLS label stack"),
    (220, "USB_LINUX_MMAPPED", "USB as Linux gives it, padded"),
    (224, "FC_2", "Fibre Channel"),
    (
        225,
        "FC_2_WITH_FRAME_DELIMS",
        "Fibre Channel with delimiters",
    ),
    (226, "IPNET", "Solaris ipnet"),
    (227, "CAN_SOCKETCAN", "CAN bus"),
    (228, "IPV4", "Raw IPv4"),
    (229, "IPV6", "Raw IPv6"),
    (230, "IEEE802_15_4_NOFCS", "802.15.4 without FCS"),
    (231, "DBUS", "D-Bus"),
    (235, "DVB_CI", "DVB common interface"),
    (236, "MUX27010", "3GPP multiplexer"),
    (237, "STANAG_5066_D_PDU", "STANAG 5066"),
    (239, "NFLOG", "Linux netfilter log"),
    (240, "NETANALYZER", "Ethernet with netANALYZER header"),
    (
        241,
        "NETANALYZER_TRANSPARENT",
        "Ethernet with netANALYZER header and preamble",
    ),
    (242, "IPOIB", "IP over InfiniBand"),
    (243, "MPEG_2_TS", "MPEG-2 transport stream"),
    (245, "NFC_LLCP", "NFC LLCP"),
    (247, "INFINIBAND", "InfiniBand"),
    (248, "SCTP", "SCTP without lower layers"),
    (249, "USBPCAP", "USB as USBPcap gives it"),
    (251, "BLUETOOTH_LE_LL", "Bluetooth Low Energy"),
    (252, "WIRESHARK_UPPER_PDU", "Wireshark upper PDU"),
    (253, "NETLINK", "Linux netlink"),
    (
        254,
        "BLUETOOTH_LINUX_MONITOR",
        "Bluetooth as Linux gives it",
    ),
    (
        256,
        "BLUETOOTH_LE_LL_WITH_PHDR",
        "Bluetooth Low Energy with radio header",
    ),
    (257, "PROFIBUS_DL", "PROFIBUS"),
    (258, "PKTAP", "Apple packet tap"),
    (259, "EPON", "Ethernet with EPON preamble"),
    (264, "ISO_14443", "ISO 14443 contactless cards"),
    (266, "USB_DARWIN", "USB as macOS gives it"),
    (270, "LORATAP", "LoRaWAN with LoRaTap header"),
    (271, "VSOCK", "Linux vsock"),
    (272, "NORDIC_BLE", "Nordic Bluetooth sniffer"),
    (273, "DOCSIS31_XRA31", "DOCSIS with Excentis header"),
    (274, "ETHERNET_MPACKET", "Ethernet with 802.3br preamble"),
    (276, "LINUX_SLL2", "Linux cooked v2"),
    (279, "EBHSCR", "Elektrobit capture"),
    (280, "VPP_DISPATCH", "VPP dispatch trace"),
    (281, "DSA_TAG_BRCM", "Ethernet with Broadcom switch tag"),
    (
        282,
        "DSA_TAG_BRCM_PREPEND",
        "Ethernet behind Broadcom switch tag",
    ),
    (283, "IEEE802_15_4_TAP", "802.15.4 with TAP header"),
    (284, "DSA_TAG_DSA", "Ethernet with Marvell DSA tag"),
    (285, "DSA_TAG_EDSA", "Ethernet with Marvell EDSA tag"),
    (288, "USB_2_0", "USB 2.0"),
    (290, "ETW", "Windows event trace"),
    (292, "ZBOSS_NCP", "ZBOSS NCP"),
    (293, "USB_2_0_LOW_SPEED", "USB 2.0, low speed"),
    (294, "USB_2_0_FULL_SPEED", "USB 2.0, full speed"),
    (295, "USB_2_0_HIGH_SPEED", "USB 2.0, high speed"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order() {
        assert!(TABLE.windows(2).all(|w| w[0].0 < w[1].0));
    }

    #[test]
    fn whatever_is_read_has_a_name() {
        for number in 0..0x1_0000 {
            let link = LinkType(number);
            if super::super::is_known(link) {
                assert!(
                    name(link).is_some() && description(link).is_some(),
                    "{number}"
                );
            }
        }
        assert_eq!(name(LinkType(160)), Some("USER13"));
        assert_eq!(name(LinkType(9999)), None);
    }
}
