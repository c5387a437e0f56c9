//! Neighbor Discovery for IPv6 (RFC 4861) and its options.

use std::net::Ipv6Addr;

use super::Quote;

/// One of the five messages.
#[derive(Clone, Copy, Debug)]
pub struct Ndp<'a> {
    /// Which of the five, with its fixed fields.
    pub kind: NdpKind,
    /// The options, as captured.
    pub options: &'a [u8],
    /// The packet in a redirected header option.
    pub redirected: Option<Quote<'a>>,
}

/// The five messages with their fixed fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NdpKind {
    /// Router solicitation.
    RouterSolicitation,
    /// Router advertisement.
    RouterAdvertisement {
        /// Hop limit for hosts to use, 0 unspecified.
        hop_limit: u8,
        /// M, O, H, preference and P flags as on the wire.
        flags: u8,
        /// Seconds the router may be a default router.
        lifetime: u16,
        /// Milliseconds a neighbor counts as reachable.
        reachable: u32,
        /// Milliseconds between solicitations.
        retransmit: u32,
    },
    /// Neighbor solicitation.
    NeighborSolicitation {
        /// Who is asked for.
        target: Ipv6Addr,
    },
    /// Neighbor advertisement.
    NeighborAdvertisement {
        /// Whose link-layer address it is.
        target: Ipv6Addr,
        /// R, S, O flags as on the wire (top three bits).
        flags: u8,
    },
    /// Redirect.
    Redirect {
        /// The better first hop.
        target: Ipv6Addr,
        /// The destination it is for.
        destination: Ipv6Addr,
    },
    /// Too short for its fixed fields.
    Short,
}

impl<'a> Ndp<'a> {
    /// The quoted packet of a redirect.
    pub fn redirected(&self) -> Option<&Quote<'a>> {
        self.redirected.as_ref()
    }
}
