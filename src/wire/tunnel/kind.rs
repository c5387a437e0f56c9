//! The kinds of tunnels, and how their headers name them.

/// Kinds of tunnel with what identifies one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TunnelKind {
    /// IP in IP (RFC 2003), 6in4 (RFC 4213), 4in6 (RFC 2473).
    IpInIp,
    /// A payload that is compressed (RFC 3173), in the packet that it was before.
    IpComp {
        /// Compression parameter index: the method.
        cpi: u16,
    },
    /// Ethernet in IP (RFC 3378).
    EtherIp,
    /// Generic routing encapsulation (RFC 2784).
    Gre {
        /// Key (RFC 2890), where there is one.
        key: Option<u32>,
    },
    /// The enhanced GRE of PPTP (RFC 2637).
    Pptp {
        /// Call identifier.
        call: u16,
    },
    /// A switch's mirrored traffic, types I to III, in GRE.
    Erspan {
        /// 10-bit session identifier; type I has none.
        session: Option<u16>,
    },
    /// MPLS: the innermost label of the path.
    Mpls {
        /// 20-bit label value.
        label: u32,
    },
    /// `PPPoE` (RFC 2516).
    Pppoe {
        /// Session identifier.
        session: u16,
    },
    /// L2TP version 2 over UDP (RFC 2661).
    L2tp {
        /// Tunnel identifier.
        tunnel: u16,
        /// Session identifier.
        session: u16,
    },
    /// L2TP version 3, over UDP or IP (RFC 3931).
    L2tpV3 {
        /// Session identifier.
        session: u32,
    },
    /// Network service header (RFC 8300).
    Nsh {
        /// 24-bit service path identifier.
        path: u32,
    },
    /// Generic UDP encapsulation (draft-ietf-intarea-gue).
    Gue,
    /// VXLAN (RFC 7348).
    Vxlan {
        /// 24-bit network identifier.
        vni: u32,
    },
    /// WireGuard.
    WireGuard {
        /// Index by which the receiver knows the session.
        receiver: u32,
    },
    /// ESP (RFC 4303).
    Esp {
        /// Security parameters index.
        spi: u32,
    },
    /// ESP that encrypts nothing (RFC 2410), as its packet shows.
    EspNull {
        /// Security parameters index.
        spi: u32,
    },
    /// Geneve (RFC 8926).
    Geneve {
        /// 24-bit network identifier.
        vni: u32,
    },
    /// GTP version 1, user plane (3GPP TS 29.281).
    GtpU {
        /// Tunnel endpoint identifier.
        teid: u32,
    },
    /// GTP version 0 (GSM 09.60).
    GtpV0 {
        /// Flow label.
        flow: u16,
    },
    /// Teredo (RFC 4380).
    Teredo,
    /// Ethernet over IP as `MikroTik` has it, in the GRE of PPTP.
    Eoip {
        /// Tunnel identifier.
        tunnel: u16,
    },
    /// Ethernet right behind IP (RFC 8986 section 10.1).
    EthernetInIp,
    /// The network layer protocols of ISO (ISO/IEC TR 9577) behind IP.
    IsoIp,
    /// Multicast packets on their way to a rendezvous point of PIM (RFC 7761 section 4.9.3).
    PimRegister,
    /// AX.25, the link of packet radio, over IP or Ethernet.
    Ax25,
    /// X.25 (RFC 1356).
    X25 {
        /// Group and number of the logical channel.
        channel: u16,
    },
    /// X.25 in TCP (RFC 1613).
    Xot,
    /// LISP (RFC 9300).
    Lisp {
        /// Instance identifier, where the packet tells one.
        instance: Option<u32>,
    },
    /// Automatic multicast tunneling (RFC 7450).
    Amt,
    /// Anything in anything (draft-massar-v6ops-ayiya-02).
    Ayiya,
    /// Tunnel data of Mobile IP over UDP (RFC 3519).
    MobileIp,
    /// To a gateway of the B.A.T.M.A.N. daemon.
    BatmanGateway,
    /// B.A.T.M.A.N. advanced.
    Batman,
    /// TRILL (RFC 6325).
    Trill,
    /// TECMP, which recorders in vehicles send frames by.
    Tecmp,
    /// `GeoNetworking` (ETSI EN 302 636-4-1).
    GeoNetworking,
    /// Roofnet.
    Roofnet,
    /// CAPWAP (RFC 5415).
    Capwap {
        /// Radio identifier.
        radio: u8,
    },
    /// LWAPP (RFC 5412).
    Lwapp,
    /// `MiNT` of Symbol, Motorola and Extreme.
    Mint,
    /// `TaZmen` sniffer protocol.
    Tzsp,
    /// `OmniPeek`'s remote adapters.
    PeekRemote,
    /// Packets that Juniper's `JUNOSe` mirrors.
    JuniperMirror {
        /// Session identifier.
        session: u32,
    },
    /// What Broadcom's switches copy for lawful interception.
    BroadcomLi {
        /// 22-bit identifier of the interception.
        id: u32,
    },
    /// What Arbor's E100 monitors.
    E100,
    /// What receivers of radio hand on (`RFtap`).
    Rftap,
    /// TIPC, between the nodes of a cluster.
    Tipc,
    /// What the virtual adapters of Windows clusters send each other (MSRCP).
    Msrcp,
    /// What Redback's routers copy for lawful interception.
    RedbackLi {
        /// Identifier of the interception.
        id: u32,
    },
    /// SNDCP of GPRS (3GPP TS 44.065), and what it goes over.
    Sndcp {
        /// Network service access point identifier.
        nsapi: u8,
    },
    /// LLC over UDP (RFC 2353), or in PPP (RFC 2043).
    Llc,
    /// A frame of IEEE 802.11 in one of Ethernet.
    Ieee80211,
    /// Frames bridged over PPP (RFC 3518).
    PppBridged,
    /// PPP multilink (RFC 1990).
    PppMultilink,
    /// PPP multiplexing (RFC 3153).
    PppMultiplexed,
    /// `ZigBee` Encapsulation Protocol.
    Zep {
        /// Radio channel.
        channel: u8,
    },
    /// `ZigBee`'s `SCoP`.
    Scop,
    /// What the server of NXP's sniffer sends.
    NxpSniffer {
        /// Radio channel.
        channel: u8,
    },
    /// `EtherCAT` over UDP.
    EtherCat,
    /// A transport stream of MPEG-2 over UDP, perhaps in RTP (RFC 2250).
    MpegTs,
    /// Samples of sFlow.
    Sflow,
    /// What `OpenFlow`'s switches and controllers hand each other.
    OpenFlow,
    /// Frames that Kismet's drones send their server.
    Kismet,
    /// Frames that one machine captures for another (RPCAP).
    Rpcap,
    /// Fibre Channel in TCP (RFC 3821).
    Fcip,
    /// The same between gateways (RFC 4172).
    Ifcp,
    /// Packets in the flow records of IPFIX and `NetFlow`.
    Ipfix,
    /// What MSDP's source-active messages hold (RFC 3618).
    Msdp,
    /// What NHRP's indications quote (RFC 2332).
    Nhrp,
}

impl TunnelKind {
    /// Whether its packets may be pieces of one, or several in one.
    #[inline]
    pub(super) const fn takes_apart(self) -> bool {
        matches!(
            self,
            Self::Capwap { .. }
                | Self::PppMultilink
                | Self::PppMultiplexed
                | Self::Lwapp
                | Self::Tzsp
                | Self::PeekRemote
                | Self::Rftap
                | Self::Ieee80211
                | Self::Tecmp
                | Self::Tipc
                | Self::EtherCat
        )
    }

    /// Its name in records.
    pub const fn name(self) -> &'static str {
        match self {
            Self::IpInIp => "ip_in_ip",
            Self::IpComp { .. } => "ipcomp",
            Self::EtherIp => "etherip",
            Self::Gre { .. } => "gre",
            Self::Pptp { .. } => "pptp",
            Self::Erspan { .. } => "erspan",
            Self::Mpls { .. } => "mpls",
            Self::Pppoe { .. } => "pppoe",
            Self::L2tp { .. } => "l2tp",
            Self::L2tpV3 { .. } => "l2tpv3",
            Self::Nsh { .. } => "nsh",
            Self::Gue => "gue",
            Self::Vxlan { .. } => "vxlan",
            Self::WireGuard { .. } => "wireguard",
            Self::Esp { .. } => "esp",
            Self::EspNull { .. } => "esp_null",
            Self::Geneve { .. } => "geneve",
            Self::GtpU { .. } => "gtp_u",
            Self::GtpV0 { .. } => "gtp_v0",
            Self::Teredo => "teredo",
            Self::Eoip { .. } => "eoip",
            Self::EthernetInIp => "ethernet_in_ip",
            Self::IsoIp => "iso_ip",
            Self::PimRegister => "pim_register",
            Self::Ax25 => "ax25",
            Self::X25 { .. } => "x25",
            Self::Xot => "xot",
            Self::Lisp { .. } => "lisp",
            Self::Amt => "amt",
            Self::Ayiya => "ayiya",
            Self::MobileIp => "mobile_ip",
            Self::BatmanGateway => "batman_gateway",
            Self::Batman => "batman_adv",
            Self::Trill => "trill",
            Self::Tecmp => "tecmp",
            Self::GeoNetworking => "geo_networking",
            Self::Roofnet => "roofnet",
            Self::Capwap { .. } => "capwap",
            Self::Lwapp => "lwapp",
            Self::Mint => "mint",
            Self::Tzsp => "tzsp",
            Self::PeekRemote => "peekremote",
            Self::JuniperMirror { .. } => "juniper_mirror",
            Self::BroadcomLi { .. } => "broadcom_li",
            Self::E100 => "e100",
            Self::Rftap => "rftap",
            Self::Tipc => "tipc",
            Self::Msrcp => "msrcp",
            Self::RedbackLi { .. } => "redback_li",
            Self::Sndcp { .. } => "sndcp",
            Self::Llc => "llc",
            Self::Ieee80211 => "ieee802_11",
            Self::PppBridged => "ppp_bridged",
            Self::PppMultilink => "ppp_multilink",
            Self::PppMultiplexed => "ppp_multiplexed",
            Self::Zep { .. } => "zep",
            Self::Scop => "scop",
            Self::NxpSniffer { .. } => "nxp_sniffer",
            Self::EtherCat => "ethercat",
            Self::MpegTs => "mpeg_ts",
            Self::Sflow => "sflow",
            Self::OpenFlow => "openflow",
            Self::Kismet => "kismet",
            Self::Rpcap => "rpcap",
            Self::Fcip => "fcip",
            Self::Ifcp => "ifcp",
            Self::Msdp => "msdp",
            Self::Nhrp => "nhrp",
            Self::Ipfix => "ipfix",
        }
    }

    /// What tells tunnels of this kind between the same ends apart, with the field's name.
    pub fn identifier(self) -> Option<(&'static str, u32)> {
        match self {
            Self::IpComp { cpi } => Some(("cpi", cpi.into())),
            Self::Eoip { tunnel } => Some(("tunnel", tunnel.into())),
            Self::X25 { channel } => Some(("logical_channel", channel.into())),
            Self::Lisp { instance } => instance.map(|instance| ("instance", instance)),
            Self::Capwap { radio } => Some(("radio", radio.into())),
            Self::BroadcomLi { id } | Self::RedbackLi { id } => Some(("li_id", id)),
            Self::Sndcp { nsapi } => Some(("nsapi", nsapi.into())),
            Self::L2tpV3 { session } | Self::JuniperMirror { session } => {
                Some(("session", session))
            }
            Self::Nsh { path } => Some(("service_path", path)),
            Self::Gre { key } => key.map(|key| ("key", key)),
            Self::Pptp { call } => Some(("call", call.into())),
            Self::Erspan { session } => session.map(|session| ("session", session.into())),
            Self::Mpls { label } => Some(("label", label)),
            Self::Pppoe { session } | Self::L2tp { session, .. } => {
                Some(("session", session.into()))
            }
            Self::Vxlan { vni } | Self::Geneve { vni } => Some(("vni", vni)),
            Self::WireGuard { receiver } => Some(("receiver", receiver)),
            Self::Esp { spi } | Self::EspNull { spi } => Some(("spi", spi)),
            Self::GtpU { teid } => Some(("teid", teid)),
            Self::GtpV0 { flow } => Some(("flow_label", flow.into())),
            Self::IpInIp
            | Self::EtherIp
            | Self::Gue
            | Self::Teredo
            | Self::EthernetInIp
            | Self::IsoIp
            | Self::PimRegister
            | Self::Ax25
            | Self::Xot
            | Self::Amt
            | Self::Ayiya
            | Self::MobileIp
            | Self::BatmanGateway
            | Self::Batman
            | Self::Trill
            | Self::Tecmp
            | Self::GeoNetworking
            | Self::Roofnet
            | Self::Lwapp
            | Self::Mint
            | Self::Tzsp
            | Self::PeekRemote
            | Self::E100
            | Self::Rftap
            | Self::Tipc
            | Self::Msrcp
            | Self::Llc
            | Self::Ieee80211
            | Self::PppBridged
            | Self::PppMultilink
            | Self::PppMultiplexed
            | Self::Scop
            | Self::EtherCat
            | Self::MpegTs
            | Self::Sflow
            | Self::OpenFlow
            | Self::Kismet
            | Self::Rpcap
            | Self::Fcip
            | Self::Ifcp
            | Self::Msdp
            | Self::Nhrp
            | Self::Ipfix => None,
            Self::Zep { channel } | Self::NxpSniffer { channel } => {
                Some(("channel", channel.into()))
            }
        }
    }
}
