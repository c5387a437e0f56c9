//! What tells the networks apart whose packets tunnels carry.

use super::TunnelKind;

/// What tells the network that a tunnel's packets are of, in either direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Separation {
    /// An identifier, whoever the ends of the tunnel are.
    Identifier(u32),
    /// The ends of the tunnel, and a number that both give it, where there is one.
    Ends(Option<u32>),
    /// The ends of the tunnel, and a key (RFC 2890), which may hold a number of the flow (RFC 7637 section
    /// 3.2), or be of one direction (`okey` of Linux).
    Key(u32),
    /// Nothing: it mirrors or reports what is of any network, or names one direction only.
    Nothing,
}

impl TunnelKind {
    /// What tells networks in tunnels of this kind apart. What names a receiver, a path or a session that
    /// each end numbers does not: requests and replies bear another.
    pub const fn separation(self) -> Separation {
        match self {
            Self::Vxlan { vni: id }
            | Self::Geneve { vni: id }
            | Self::Lisp { instance: Some(id) } => Separation::Identifier(id),
            Self::Pppoe { session } => Separation::Identifier(session as u32),
            Self::Gre { key: Some(key) } => Separation::Key(key),
            Self::Eoip { tunnel } => Separation::Ends(Some(tunnel as u32)),
            Self::Gre { key: None }
            | Self::IpInIp
            | Self::EtherIp
            | Self::EthernetInIp
            | Self::IsoIp
            | Self::Gue
            | Self::Pptp { .. }
            | Self::L2tp { .. }
            | Self::L2tpV3 { .. }
            | Self::WireGuard { .. }
            | Self::Esp { .. }
            | Self::EspNull { .. }
            | Self::GtpU { .. }
            | Self::GtpV0 { .. }
            | Self::Lisp { instance: None }
            | Self::MobileIp
            | Self::Ayiya => Separation::Ends(None),
            _ => Separation::Nothing,
        }
    }
}
