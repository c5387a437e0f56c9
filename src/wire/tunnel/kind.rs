//! The kinds of tunnels, and how their headers name them.

/// Kinds of tunnel with what identifies one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TunnelKind {
    /// IP in IP (RFC 2003), 6in4 (RFC 4213), 4in6 (RFC 2473).
    IpInIp,
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
    /// MPLS: the innermost label.
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
}

impl TunnelKind {
    /// Its name in records.
    pub const fn name(self) -> &'static str {
        match self {
            Self::IpInIp => "ip_in_ip",
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
            Self::Geneve { .. } => "geneve",
            Self::GtpU { .. } => "gtp_u",
            Self::GtpV0 { .. } => "gtp_v0",
            Self::Teredo => "teredo",
        }
    }

    /// What tells tunnels of this kind between the same ends apart, with the field's name.
    pub fn identifier(self) -> Option<(&'static str, u32)> {
        match self {
            Self::IpInIp | Self::EtherIp | Self::Gue | Self::Teredo => None,
            Self::L2tpV3 { session } => Some(("session", session)),
            Self::Nsh { path } => Some(("service_path", path)),
            Self::Gre { key } => key.map(|key| ("key", key)),
            Self::Pptp { call } => Some(("call", call.into())),
            Self::Erspan { session } => session.map(|session| ("session", session.into())),
            Self::Mpls { label } => Some(("label", label)),
            Self::Pppoe { session } | Self::L2tp { session, .. } => {
                Some(("session", session.into()))
            }
            Self::Vxlan { vni } | Self::Geneve { vni } => Some(("vni", vni)),
            Self::GtpU { teid } => Some(("teid", teid)),
            Self::GtpV0 { flow } => Some(("flow_label", flow.into())),
        }
    }
}
