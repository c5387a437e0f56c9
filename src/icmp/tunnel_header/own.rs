//! Which header a kind of tunnel begins with.

use super::{Part, Under};
use crate::wire::bytes::u16_at;
use crate::wire::tunnel::TunnelKind;

/// UDP ports that tell headers of one kind apart.
mod port {
    pub(super) const LISP_CONTROL: u16 = 4342;
    pub(super) const GSMTAP: u16 = 4729;
    pub(super) const VXLAN_GPE: u16 = 4790;
    pub(super) const LWAPP_FRAME: u16 = 12220;
    pub(super) const LWAPP_CONTROL: u16 = 12223;
}

/// Which of those a datagram has, the destination's first; 0 for others.
pub(super) fn telling_port(udp: &[u8]) -> u16 {
    use port::{GSMTAP, LISP_CONTROL, LWAPP_CONTROL, LWAPP_FRAME, VXLAN_GPE};
    let ports = [2, 0].map(|at| u16_at(udp, at).unwrap_or(0));
    let tells = |port: &u16| match *port {
        LWAPP_CONTROL => *port == ports[0],
        port => matches!(port, LISP_CONTROL | GSMTAP | VXLAN_GPE | LWAPP_FRAME),
    };
    ports.into_iter().find(tells).unwrap_or(ANY_PORT)
}

/// Of UDP, and none of [`port`].
const ANY_PORT: u16 = 1;

/// The header that a kind begins with, behind this UDP port; 0 where there is none.
pub(super) const fn own(kind: TunnelKind, port: u16) -> Part {
    match kind {
        TunnelKind::IpInIp => Part::End,
        TunnelKind::IpComp { .. } => Part::IpComp,
        TunnelKind::EtherIp => Part::EtherIp,
        TunnelKind::PimRegister => Part::PimRegister,
        TunnelKind::Gre { .. }
        | TunnelKind::Pptp { .. }
        | TunnelKind::Erspan { .. }
        | TunnelKind::Eoip { .. } => Part::Gre,
        TunnelKind::Mpls { .. } => Part::Mpls,
        TunnelKind::Pppoe { .. } => Part::Pppoe,
        TunnelKind::L2tp { .. } => Part::L2tp,
        TunnelKind::L2tpV3 { .. } if port == 0 => Part::L2tpV3 { over: Under::Ip },
        TunnelKind::L2tpV3 { .. } => Part::L2tpV3 { over: Under::Udp },
        TunnelKind::Nsh { .. } => Part::Nsh,
        TunnelKind::Gue => Part::Gue,
        TunnelKind::Vxlan { .. } if port == port::VXLAN_GPE => Part::VxlanGpe,
        TunnelKind::Vxlan { .. } => Part::Vxlan,
        TunnelKind::Geneve { .. } => Part::Geneve,
        TunnelKind::GtpU { .. } => Part::GtpU,
        TunnelKind::GtpV0 { .. } => Part::GtpV0,
        TunnelKind::Teredo => Part::TeredoAuthentication,
        TunnelKind::EthernetInIp | TunnelKind::Msrcp => Part::Ethernet,
        TunnelKind::IsoIp => Part::Nlpid,
        TunnelKind::Ax25 => Part::Ax25,
        TunnelKind::X25 { .. } => Part::X25,
        TunnelKind::Xot => Part::Xot,
        TunnelKind::Lisp { .. } if port == port::LISP_CONTROL => Part::LispControl,
        TunnelKind::Lisp { .. } => Part::Lisp,
        TunnelKind::WireGuard { .. } => Part::WireGuard,
        TunnelKind::Esp { .. } | TunnelKind::EspNull { .. } => Part::Esp,
        TunnelKind::Amt => Part::Amt,
        TunnelKind::Ayiya => Part::Ayiya,
        TunnelKind::MobileIp => Part::MobileIp,
        TunnelKind::BatmanGateway => Part::BatmanGateway,
        TunnelKind::Batman => Part::Batman,
        TunnelKind::Trill => Part::Trill,
        TunnelKind::Tecmp => Part::Mobile(super::mobile::Header::Tecmp),
        TunnelKind::GeoNetworking => Part::Mobile(super::mobile::Header::GeoNetworking),
        TunnelKind::Roofnet => Part::Mobile(super::mobile::Header::Roofnet),
        TunnelKind::Capwap { .. } => Part::Capwap,
        TunnelKind::Lwapp if port == port::LWAPP_FRAME => Part::Ethernet,
        TunnelKind::Lwapp if port == port::LWAPP_CONTROL => Part::AccessPoint,
        TunnelKind::Lwapp => Part::Lwapp,
        TunnelKind::Mint if port == 0 => Part::MintLength,
        TunnelKind::Mint => Part::Mint,
        TunnelKind::Tzsp => Part::Tzsp,
        TunnelKind::PeekRemote => Part::PeekRemote,
        TunnelKind::E100 => Part::E100,
        TunnelKind::Rftap => Part::Rftap,
        TunnelKind::Tipc => Part::Tipc,
        TunnelKind::RedbackLi { .. } => Part::RedbackLi,
        TunnelKind::JuniperMirror { .. } => Part::JuniperMirror,
        TunnelKind::BroadcomLi { .. } => Part::BroadcomLi,
        TunnelKind::Sndcp { .. } if port == port::GSMTAP => Part::Gsmtap,
        TunnelKind::Sndcp { .. } => Part::GprsNs,
        TunnelKind::Llc => Part::Llc,
        TunnelKind::Ieee80211 => Part::Ieee80211,
        TunnelKind::PppBridged => Part::Bridged,
        TunnelKind::PppMultilink => Part::Multilink,
        TunnelKind::PppMultiplexed => Part::Multiplexed,
        TunnelKind::Zep { .. } => Part::Zep,
        TunnelKind::Scop => Part::Scop,
        TunnelKind::NxpSniffer { .. } => Part::NxpSniffer,
        TunnelKind::EtherCat => Part::EtherCat,
        TunnelKind::Fcip | TunnelKind::Ifcp => Part::FcEncapsulation,
        TunnelKind::MpegTs => Part::Rtp,
        TunnelKind::Sflow
        | TunnelKind::OpenFlow
        | TunnelKind::Kismet
        | TunnelKind::Rpcap
        | TunnelKind::Msdp
        | TunnelKind::Nhrp
        | TunnelKind::Ipfix => Part::Report(0),
    }
}
