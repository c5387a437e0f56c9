//! What a quoted packet carries: an ICMP message, and the packet inside, of a tunnel or quoted again.

use super::field::Value;
use super::item::Item;
use super::quote::of_ip;
use super::{CutHeader, Message, Quote, QuotedTransport, error, tunnel_header};
use crate::model::Expanded;
use crate::wire::bytes::{offset_in, tail};
use crate::wire::ip::protocol;
use crate::wire::tunnel::{self, Encapsulation, TunnelKind, TunnelPath};
use crate::wire::{Ip, IpVersion};

/// The header of a tunnel that a quote ends in or behind, or that carries something else than IP.
#[derive(Clone, Copy, Debug)]
pub struct TunnelAlone<'a> {
    /// The tunnel, and all octets of the quote behind its IP header.
    pub around: Encapsulation<'a>,
    /// What is there of the IP header inside, if one was begun.
    pub inside: Option<CutHeader>,
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

    /// The tunnel that the quoted packet is of by its header, where [`Quote::tunnels`] finds none
    /// because no packet inside is there.
    pub fn tunnel_alone(&self) -> Option<TunnelAlone<'a>> {
        let around = tunnel::header_alone(&self.ip)?;
        if self.tunnels().is_some() {
            return None;
        }
        let parts = || tunnel_header::parts(&around);
        let end: usize = parts().map(|part| part.bytes.len()).sum();
        let is_ip_in_ip = around.tunnel.kind == TunnelKind::IpInIp;
        let leads_to_ip = is_ip_in_ip || parts().any(|part| announces_ip(&part));
        let is_cut = !self.ip.is_whole();
        let inside = CutHeader::read(tail(around.header, end)).filter(|_| leads_to_ip && is_cut);
        // The header of GRE is told of itself.
        let told = usize::from(self.ip.protocol == protocol::GRE);
        if inside.is_none() && parts().count() <= told {
            return None;
        }
        Some(TunnelAlone { around, inside })
    }
}

/// Whether a header of a tunnel says that IP is what is carried.
fn announces_ip(part: &Item<'_>) -> bool {
    const IPV4: u64 = 0x0800;
    const IPV6: u64 = 0x86dd;
    const G_PDU: u64 = 255;
    const NAMES_NEXT: u64 = 0x04;
    part.fields().any(|field| {
        let (Value::Number(number) | Value::Hex(number)) = field.value else {
            return false;
        };
        match (part.name, field.name) {
            (Some("ethernet" | "vlan_tag"), "ether_type")
            | (Some("geneve" | "gre"), "protocol") => matches!(number, IPV4 | IPV6),
            (Some("ppp"), "protocol") => matches!(number, 0x21 | 0x57),
            (Some("gtp_u"), "message_type") => number == G_PDU,
            (Some("vxlan_gpe"), "next_protocol") => matches!(number, 1 | 2),
            (Some("lisp"), "flags") => number & NAMES_NEXT == 0,
            _ => false,
        }
    })
}
