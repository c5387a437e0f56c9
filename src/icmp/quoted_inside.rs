//! What a quoted packet carries: an ICMP message, and the packet inside, of a tunnel or quoted again.

use super::quote::of_ip;
use super::{CutHeader, Message, Quote, QuotedTransport, error, tunnel_header};
use crate::model::Expanded;
use crate::wire::bytes::offset_in;
use crate::wire::ip::protocol;
use crate::wire::tunnel::{self, HeadersAlone, TunnelPath};
use crate::wire::{Ip, IpVersion};

/// The headers of tunnels that a quote ends in or behind, or that carry something else than IP.
#[derive(Clone, Copy, Debug)]
pub struct TunnelsAlone<'a> {
    /// The tunnels.
    pub headers: HeadersAlone<'a>,
    /// What is there of the IP header inside, if one was begun, and its octets.
    pub inside: Option<(CutHeader, &'a [u8])>,
}

impl<'a> Quote<'a> {
    /// The packet inside the quoted one: what a quoted ICMP error quotes itself, or what a quoted
    /// tunnel packet carries. One level, decoded when asked for.
    pub fn inner(&self) -> Option<Quote<'a>> {
        let version = match self.ip.protocol {
            protocol::ICMP => IpVersion::V4,
            protocol::IPV6_ICMP => IpVersion::V6,
            _ => return self.carried(),
        };
        match self.transport {
            QuotedTransport::Icmp { kind, .. } if error::is_error(version, kind) => {
                self.message()?.quote().copied()
            }
            _ => None,
        }
    }

    /// The ICMP message that the quoted packet carries, as far as it was quoted. One level, decoded
    /// when asked for.
    pub fn message(&self) -> Option<Message<'a>> {
        let is_one = matches!(self.transport, QuotedTransport::Icmp { .. });
        is_one.then(|| Message::parse(&self.ip))
    }

    /// How many packets in the quoted one are followed.
    pub const NESTED: usize = 8;

    /// The packets inside the quoted one, each in the one before it: [`Quote::inner`] of each.
    pub fn nested(&self) -> impl Iterator<Item = Quote<'a>> + use<'a> {
        std::iter::successors(self.inner(), Quote::inner).take(Self::NESTED)
    }

    /// The packets that were decrypted of it: what the innermost of its own octets carries, what the
    /// innermost of that carries, and so on.
    pub(crate) const fn opened(&self) -> &'a [Expanded] {
        self.opened
    }

    /// The packet inside, the tunnels that lead there, the octets that it lies in, and what was decrypted
    /// of it in turn.
    fn inside(&self) -> Option<(TunnelPath<'a>, Ip<'a>, &'a [u8], &'a [Expanded])> {
        if let Some((tunnels, ip)) = tunnel::inside(&self.ip, self.bytes) {
            return Some((tunnels, ip, self.bytes, self.opened));
        }
        let (made, opened) = self.opened.split_first()?;
        let (tunnels, ip) = tunnel::inside_made(&self.ip, self.bytes, made)?;
        Some((tunnels, ip, &made.octets, opened))
    }

    /// What a quoted tunnel packet carries.
    fn carried(&self) -> Option<Quote<'a>> {
        let (_, ip, octets, opened) = self.inside()?;
        let start = offset_in(octets, ip.header)?;
        let end = start + ip.header.len() + ip.payload.len();
        Some(Quote {
            opened,
            ..of_ip(octets.get(start..end)?, ip)
        })
    }

    /// The packet in all the tunnels of the quoted one, as far as they are quoted.
    #[must_use]
    pub fn innermost(&self) -> Self {
        let mut quote = *self;
        for _ in 0..TunnelPath::CAPACITY {
            match quote.carried() {
                Some(carried) => quote = carried,
                None => break,
            }
        }
        quote
    }

    /// The tunnels between the quoted packet and [`Quote::inner`].
    pub fn tunnels(&self) -> Option<TunnelPath<'a>> {
        self.inside().map(|(tunnels, ..)| tunnels)
    }

    /// The tunnels that the quoted packet is of by their headers, where [`Quote::tunnels`] finds none
    /// because no packet inside is there.
    pub fn tunnels_alone(&self) -> Option<TunnelsAlone<'a>> {
        let headers = HeadersAlone::of(&self.ip)?;
        if self.tunnels().is_some() {
            return None;
        }
        let begun = headers.begun().filter(|_| !self.ip.is_whole());
        let inside = begun.and_then(|octets| Some((CutHeader::read(octets)?, octets)));
        let parts = || {
            let tunnels = headers.encapsulations();
            tunnels.flat_map(|around| tunnel_header::parts(&around))
        };
        // The header of GRE is told of itself.
        let told = usize::from(self.ip.protocol == protocol::GRE);
        (inside.is_some() || parts().nth(told).is_some())
            .then_some(TunnelsAlone { headers, inside })
    }
}
