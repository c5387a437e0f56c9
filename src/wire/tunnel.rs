//! Packets in packets: the way from the link header to the innermost IP packet.

use std::net::IpAddr;

use super::ip::Ip;
use super::link::LinkHeader;
use super::{Classified, Undecodable};
use crate::model::Frame;

/// An IP packet with all that stood around it.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// The link header.
    pub link: LinkHeader,
    /// Tunnels around `ip`, outermost first; empty for most packets.
    pub tunnels: TunnelPath,
    /// The innermost IP packet.
    pub ip: Ip<'a>,
}

/// Up to [`TunnelPath::CAPACITY`] tunnels, in place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TunnelPath {
    tunnels: [Option<Tunnel>; Self::CAPACITY],
}

impl TunnelPath {
    /// How deep tunnels are followed.
    pub const CAPACITY: usize = 4;

    /// The tunnels, outermost first.
    pub fn iter(&self) -> impl Iterator<Item = &Tunnel> {
        self.tunnels.iter().flatten()
    }
}

/// One tunnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tunnel {
    /// What kind.
    pub kind: TunnelKind,
    /// Source and destination of the outer IP packet; `None` where there is none (MPLS, PPPoE).
    pub outer: Option<(IpAddr, IpAddr)>,
}

/// Kinds of tunnel with what identifies one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TunnelKind {
    /// IP in IP (RFC 2003), 6in4, 4in6.
    IpInIp,
    /// MPLS: the innermost label.
    Mpls {
        /// 20-bit label value.
        label: u32,
    },
}

/// Tells what `frame` is.
pub(super) fn classify<'a>(_frame: &Frame<'a>) -> Classified<'a> {
    Classified::Undecodable(Undecodable::LinkType)
}
