//! The network that dropped packets are of: the same addresses may mean other hosts in another one.

use std::net::IpAddr;

use crate::correlate::network::{Domain, Link};
use crate::wire::Vlans;
use crate::wire::tunnel::{Separation, Tunnel, TunnelKind};

/// What tells the network of a flow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Within {
    /// Nothing does.
    #[default]
    Unknown,
    /// The innermost VLAN tag.
    Vlan(u16),
    /// The innermost tunnel that tells one.
    Tunnel(Tunnel),
}

/// What a tunnel tells of a network, in either direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TunnelNetwork {
    /// What kind of tunnel it is.
    pub kind: TunnelKind,
    /// Whether the identifier in that is the network's.
    pub is_identified: bool,
    /// The ends of the tunnel, the lower address first, where these tell the network.
    pub ends: Option<(IpAddr, IpAddr)>,
    /// Tags of the frame in it.
    pub vlans: Vlans,
}

impl TunnelNetwork {
    /// Of a tunnel.
    pub fn of(tunnel: Tunnel) -> Self {
        let separation = tunnel.kind.separation();
        let ends = tunnel
            .outer
            .map(|(a, b)| if a <= b { (a, b) } else { (b, a) });
        Self {
            kind: tunnel.kind,
            is_identified: match separation {
                Separation::Identifier(_) | Separation::Key(_) => true,
                Separation::Ends(key) => key.is_some(),
                Separation::Nothing => false,
            },
            ends: ends.filter(|_| matches!(separation, Separation::Ends(_) | Separation::Key(_))),
            vlans: tunnel.vlans,
        }
    }
}

/// The network of a verdict's packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    within: Within,
    link: Link,
    /// That of the flow whose packets tell what came of it, which may be in a tunnel.
    followed: Link,
    /// What tells it from a verdict about the same addresses and ports that was there before.
    apart: Link,
}

impl Scope {
    /// One that is told so, alone.
    pub fn of(within: Within) -> Self {
        Self {
            within,
            ..Self::default()
        }
    }

    /// One that is told apart so.
    pub(in crate::correlate) fn apart(apart: Link) -> Self {
        Self {
            apart,
            ..Self::default()
        }
    }

    /// What tells it.
    pub const fn within(&self) -> Within {
        self.within
    }

    /// The link, as far as it is told.
    pub(in crate::correlate) const fn link(&self) -> Link {
        self.link
    }

    /// That of the flow whose packets tell what came of the verdict's.
    pub(in crate::correlate) const fn followed(&self) -> Link {
        self.followed
    }

    /// What tells it from another one.
    pub(in crate::correlate) const fn told_apart(&self) -> Link {
        self.apart
    }

    /// Adds what an error tells of it.
    pub(in crate::correlate) fn add(&mut self, domain: Domain, followed: Link) {
        self.link = self.link.or(domain.link);
        self.followed = self.followed.or(followed);
        if self.within == Within::Unknown {
            self.within = domain.within;
        }
    }
}
