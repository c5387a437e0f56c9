//! The network and the link that a packet is of, by the tunnels around it and the tags of its frame.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;

use super::verdict::Within;
use crate::wire::tunnel::{Separation, Tunnel};
use crate::wire::{Packet, TunnelPath, Vlans};

/// The network in the innermost tunnel that tells one, reduced to what tells two apart, in either
/// direction; none's where there is no such tunnel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Network(u32);

impl Network {
    /// Bits of it that count.
    pub(super) const BITS: u32 = 29;

    /// The lowest of them are those of a key between two ends.
    const KEY_BITS: u32 = 10;

    /// No tunnel tells.
    pub(super) const NONE: Self = Self(0);

    /// That of `packet`.
    #[inline]
    pub(super) fn of(packet: &Packet<'_>) -> Self {
        if packet.tunnels.is_empty() {
            Self::NONE
        } else {
            Self::within(packet.tunnels, packet.link.vlans).0
        }
    }

    /// The same, and the tunnel that tells it.
    #[cold]
    fn within(tunnels: TunnelPath<'_>, vlans: Vlans) -> (Self, Option<Tunnel>) {
        let hashed = |parts| {
            let hash = FixedState::default().hash_one(parts) >> (u64::BITS - Self::BITS);
            #[allow(clippy::cast_possible_truncation)] // its upper bits
            Self(hash as u32 | 1 << Self::KEY_BITS)
        };
        tunnels
            .iter()
            .fold((Self::NONE, None), |(around, told), tunnel| {
                let ends = tunnel
                    .outer
                    .map(|(a, b)| if a <= b { (a, b) } else { (b, a) });
                // Sessions without an IP packet around them are of the VLAN that they are in.
                let outside = if tunnel.outer.is_none() {
                    vlans
                } else {
                    Vlans::default()
                };
                let network = match (tunnel.kind.separation(), ends) {
                    (by @ Separation::Identifier(_), _) => {
                        hashed((tunnel.kind.name(), by, None, tunnel.vlans, outside, 0))
                    }
                    (by @ Separation::Ends(_), Some(_)) => {
                        hashed((tunnel.kind.name(), by, ends, tunnel.vlans, outside, 0))
                    }
                    (Separation::Key(key), Some(_)) => {
                        let by = Separation::Ends(None);
                        hashed((tunnel.kind.name(), by, ends, tunnel.vlans, outside, 0))
                            .with_key(key)
                    }
                    _ if tunnel.vlans.as_slice().is_empty() => return (around, told),
                    _ => hashed((
                        "",
                        Separation::Nothing,
                        None,
                        tunnel.vlans,
                        outside,
                        around.0,
                    )),
                };
                (network, Some(tunnel))
            })
    }

    /// The same, its lowest bits by a key.
    fn with_key(self, key: u32) -> Self {
        let hash = FixedState::default().hash_one(key) >> (u64::BITS - Self::KEY_BITS);
        #[allow(clippy::cast_possible_truncation)] // its upper bits
        Self(self.0 >> Self::KEY_BITS << Self::KEY_BITS | hash as u32)
    }

    /// Whether both are told, and not the same.
    pub(super) fn is_other_than(self, other: Self) -> bool {
        self != Self::NONE && other != Self::NONE && self != other
    }

    /// Whether both are told, and not the same link: with another key they may be.
    fn is_other_link_than(self, other: Self) -> bool {
        let without_key = |network: Self| Self(network.0 >> Self::KEY_BITS);
        without_key(self).is_other_than(without_key(other))
    }

    /// One of the networks of a test.
    #[cfg(test)]
    pub(super) const fn for_tests(number: u8) -> Self {
        Self((number as u32) << Self::KEY_BITS)
    }

    /// Its bits.
    pub(super) const fn bits(self) -> u32 {
        self.0
    }
}

/// The network in a tunnel that a flow is of, and the last other one that was seen to have its like.
///
/// Routers may send what comes back through another network (asymmetric IRB, RFC 9135 section 4.1): only
/// one that has packets of the flow's own direction as well has a flow of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Networks {
    pub(super) own: Network,
    pub(super) other: Network,
}

impl Networks {
    /// Whether a packet of the flow's own direction, in `network`, is not the flow's.
    pub(super) fn sends_elsewhere(&mut self, network: Network) -> bool {
        let is_other = self.own.is_other_than(network);
        if is_other {
            self.other = network;
        }
        is_other
    }

    /// Whether what goes the other way in `network` answers another one.
    pub(super) fn is_answered_elsewhere(self, network: Network) -> bool {
        network != Network::NONE && network == self.other
    }
}

/// The link that a packet was seen on, as far as that is told.
///
/// A frame is seen untagged on the interface of its VLAN and tagged on the one below, and in a tunnel where
/// that ends: what tells nothing may be any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Link {
    /// The innermost tag; 0 where there is none.
    pub(super) vlan: u16,
    pub(super) network: Network,
}

impl Link {
    /// Nothing tells it.
    pub(super) const UNKNOWN: Self = Self {
        vlan: 0,
        network: Network::NONE,
    };

    /// That of `packet`.
    #[inline]
    pub(super) fn of(packet: &Packet<'_>) -> Self {
        let innermost = packet.link.vlans.as_slice().last();
        Self::new(innermost.copied().unwrap_or(0), Network::of(packet))
    }

    /// That of a packet in `network` whose frame has this tag: in a tunnel that says nothing of it.
    #[inline]
    pub(super) fn new(vlan: u16, network: Network) -> Self {
        if network == Network::NONE {
            Self { vlan, network }
        } else {
            Self::in_tunnel(network)
        }
    }

    /// A network in a tunnel.
    pub(super) const fn in_tunnel(network: Network) -> Self {
        Self { vlan: 0, network }
    }

    /// Whether nothing tells it.
    pub(super) fn is_unknown(self) -> bool {
        self == Self::default()
    }

    /// Whether the two are told, and not the same.
    pub(super) fn is_other_than(self, other: Self) -> bool {
        let is_other_vlan = self.vlan != 0 && other.vlan != 0 && self.vlan != other.vlan;
        is_other_vlan || self.network.is_other_link_than(other.network)
    }

    /// The link of a packet that was seen in two ways.
    #[must_use]
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            vlan: if self.vlan == 0 {
                other.vlan
            } else {
                self.vlan
            },
            network: if self.network == Network::NONE {
                other.network
            } else {
                self.network
            },
        }
    }
}

/// The link of a packet, and what it is called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Domain {
    pub(super) link: Link,
    pub(super) within: Within,
}

impl Domain {
    /// That of `packet`.
    pub(super) fn of(packet: &Packet<'_>) -> Self {
        let (network, tunnel) = Network::within(packet.tunnels, packet.link.vlans);
        if let Some(tunnel) = tunnel {
            return Self {
                link: Link::in_tunnel(network),
                within: Within::Tunnel(tunnel),
            };
        }
        let link = Link::of(packet);
        Self {
            link,
            within: match link.vlan {
                0 => Within::Unknown,
                vlan => Within::Vlan(vlan),
            },
        }
    }
}

#[cfg(test)]
mod tests;
