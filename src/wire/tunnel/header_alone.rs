//! The headers of tunnels where there is no packet behind them: what quotes end in, and what tunnels
//! carry beside IP.

mod datagram;
mod stack;

use std::iter;

use super::header::{announced, ethernet};
use super::path::{Encapsulation, Tunnel, TunnelPath};
use super::position::{Entered, Position, Rest};
use super::shim::{nsh, shim};
use super::{TunnelKind, gre};
use crate::wire::Undecodable;
use crate::wire::bytes::{u8_at, u16_at, u32_at};
use crate::wire::defect::Limit;
use crate::wire::ip::{Ip, protocol, stated_length};
use crate::wire::link::{self, LinkHeader, Network, Vlans};

/// The tunnels that the headers in a packet name, though no packet is there behind them.
#[derive(Clone, Copy, Debug)]
pub struct HeadersAlone<'a> {
    outermost: Ip<'a>,
}

/// A tunnel, and what stands behind its header, if that is another or a packet.
type Told<'a> = (Encapsulation<'a>, Option<Position<'a>>);

impl<'a> HeadersAlone<'a> {
    /// Those in `ip`. Only where [`super::inside`] finds no packet, which proves more.
    pub fn of(ip: &Ip<'a>) -> Option<Self> {
        let headers = Self { outermost: *ip };
        headers.walk().next().map(|_| headers)
    }

    /// The tunnels, outermost first, each with the octets that make up its header. Those of the last may
    /// be all that are left, of what it carries in place of a packet too.
    pub fn encapsulations(self) -> impl Iterator<Item = Encapsulation<'a>> + use<'a> {
        self.walk().map(|(around, _)| around)
    }

    /// What is there of the IP packet that the last of them leads to, if one does.
    pub fn begun(self) -> Option<&'a [u8]> {
        let (_, inside) = self.walk().last()?;
        let at = inside.filter(|at| at.network == Network::Ip)?;
        Some(at.rest.bytes)
    }

    fn walk(self) -> impl Iterator<Item = Told<'a>> + use<'a> {
        let ip = self.outermost;
        let mut rest = Rest::of(&ip, 0);
        if ip.fragment.is_some() {
            // Its own lengths are those of all fragments.
            rest.limit = Limit::Fragment;
        }
        let mut next = first(&ip, rest).map(|named| named.told(Some(ip), rest));
        let walk = iter::from_fn(move || {
            let told = next.take()?;
            next = told.1.and_then(|at| {
                let named = behind(at.network, at.rest)?;
                Some(named.told(None, at.rest))
            });
            Some(told)
        });
        walk.take(TunnelPath::CAPACITY)
    }
}

/// A tunnel that a header names.
#[derive(Clone, Copy)]
pub(super) struct Named {
    kind: TunnelKind,
    then: Then,
}

/// What stands behind a header.
#[derive(Clone, Copy)]
enum Then {
    /// A packet, or another header.
    Leads(LinkHeader),
    /// The header, or the next one, is cut, or there is none: all octets are told as far as they go.
    Any,
    /// Nobody knows; the header has so many octets.
    Ends(usize),
}

impl Named {
    pub(super) const fn new(kind: TunnelKind, then: LinkHeader) -> Self {
        let then = Then::Leads(then);
        Self { kind, then }
    }

    /// With what `then` is, if all headers up to there are.
    pub(super) fn leading(kind: TunnelKind, then: Option<LinkHeader>) -> Self {
        let is_known = |inside: &LinkHeader| {
            !matches!(
                inside.network,
                Network::Other(_)
                    | Network::Encrypted(_)
                    | Network::Compressed
                    | Network::Headerless
                    | Network::Lowpan
                    | Network::Ieee802154
                    | Network::SndcpSegment { .. }
            )
        };
        match then.filter(is_known) {
            Some(inside) => Self::new(kind, inside),
            None => Self::any(kind),
        }
    }

    pub(super) const fn any(kind: TunnelKind) -> Self {
        let then = Then::Any;
        Self { kind, then }
    }

    pub(super) const fn ending(kind: TunnelKind, octets: usize) -> Self {
        let then = Then::Ends(octets);
        Self { kind, then }
    }

    /// The same behind so many octets.
    fn behind(self, octets: usize) -> Self {
        let then = match self.then {
            Then::Leads(inside) => Then::Leads(LinkHeader {
                offset: inside.offset + octets,
                ..inside
            }),
            Then::Any => Then::Any,
            Then::Ends(at) => Then::Ends(at + octets),
        };
        Self { then, ..self }
    }

    fn told<'a>(self, outer: Option<Ip<'a>>, rest: Rest<'a>) -> Told<'a> {
        let (kind, bytes) = (self.kind, rest.bytes);
        let (header, entered) = match self.then {
            Then::Leads(inside) => {
                let entered = Entered::new(kind, &inside, rest);
                (entered.header, Some(entered))
            }
            Then::Any => (bytes, None),
            Then::Ends(at) => (bytes.get(..at).unwrap_or(bytes), None),
        };
        let shown = outer.filter(|ip| ip.hides_addresses() != (true, true));
        let around = Encapsulation {
            tunnel: Tunnel {
                kind,
                outer: shown.map(|ip| (ip.src(), ip.dst())),
                vlans: (entered.as_ref()).map_or(Vlans::default(), |entered| entered.vlans),
            },
            outer,
            fragment: None,
            header,
            frame: entered.as_ref().and_then(|entered| entered.frame),
            behind: None,
            report: None,
            sealing: None,
        };
        (around, entered.map(|entered| entered.inside))
    }
}

/// The tunnel that `ip` is of, whose payload is `rest`.
fn first(ip: &Ip<'_>, rest: Rest<'_>) -> Option<Named> {
    let bytes = rest.bytes;
    if ip.is_later_fragment() || bytes.is_empty() {
        return None;
    }
    match ip.protocol {
        protocol::UDP | protocol::UDP_LITE => datagram::named(ip, rest),
        protocol::GRE => gre::named(bytes),
        protocol::IPV4 | protocol::IPV6 => {
            let inside = LinkHeader::at(Network::Ip, 0);
            Some(Named::new(TunnelKind::IpInIp, inside))
        }
        protocol::ETHER_IP if u8_at(bytes, 0)? >> 4 == 3 => {
            Some(Named::leading(TunnelKind::EtherIp, ethernet(bytes, 2)))
        }
        super::header::ETHERNET => {
            let kind = TunnelKind::EthernetInIp;
            Some(Named::leading(kind, ethernet(bytes, 0)))
        }
        protocol::MPLS_IN_IP => stack::named(rest),
        // What follows the session is agreed on, or compressed.
        protocol::L2TP | protocol::IP_COMP => None,
        _ => {
            let (kind, inside) = announced(ip)?;
            Some(match inside.network {
                Network::Other(_) => Named::ending(kind, inside.offset),
                _ => Named::leading(kind, Some(inside)),
            })
        }
    }
}

/// The tunnel that the header is of which `network` announces, with which `rest` begins.
fn behind(network: Network, rest: Rest<'_>) -> Option<Named> {
    let bytes = rest.bytes;
    match network {
        Network::Mpls => stack::named(rest),
        Network::Pppoe => pppoe(bytes),
        Network::Nsh => service(bytes),
        Network::Ieee80211 => radio_frame(bytes),
        _ => {
            let (kind, inside) = shim(network, bytes)?.ok()?;
            Some(match inside.network {
                Network::Other(_) if inside.frame.is_none() => Named::ending(kind, inside.offset),
                _ => Named::leading(kind, Some(inside)),
            })
        }
    }
}

/// A session of version 1 (RFC 2516 section 4).
fn pppoe(bytes: &[u8]) -> Option<Named> {
    const HEADER: usize = 6;
    const VERSION_1_SESSION: u16 = 0x1100;
    let session = u16_at(bytes, 2)?;
    let is_whole = bytes.len() >= HEADER && u16_at(bytes, 0) == Some(VERSION_1_SESSION);
    is_whole.then(|| {
        let inside = link::from_ppp_protocol(bytes, Vlans::default(), HEADER);
        Named::leading(TunnelKind::Pppoe { session }, inside.ok())
    })
}

/// A network service header of version 0 (RFC 8300 section 2.2), its metadata there or not.
fn service(bytes: &[u8]) -> Option<Named> {
    let path = u32_at(bytes, 4)? >> 8;
    let is_known = u8_at(bytes, 0)? >> 6 == 0;
    match nsh(bytes) {
        Ok((kind, inside)) if is_known => Some(Named::leading(kind, Some(inside))),
        Err(Undecodable::Short) if is_known => Some(Named::any(TunnelKind::Nsh { path })),
        _ => None,
    }
}

/// Data of IEEE 802.11 (section 9.2), of which the header without what is optional is there.
fn radio_frame(bytes: &[u8]) -> Option<Named> {
    const HEADER: usize = 24;
    const VERSION_AND_TYPE: u8 = 0x0f;
    const DATA: u8 = 0x08;
    let is_data = u8_at(bytes, 0)? & VERSION_AND_TYPE == DATA && bytes.len() >= HEADER;
    is_data.then(|| Named::leading(TunnelKind::Ieee80211, link::ieee802_11(bytes, 0)))
}

/// Whether `rest` is the beginning of an IP header which fits what it lies in. Nothing but that tells a
/// packet where no field does, and a whole header would have led to it.
fn begins_ip(rest: Rest<'_>) -> bool {
    let bytes = rest.bytes;
    let Some(first) = u8_at(bytes, 0) else {
        return false;
    };
    let (fixed, header) = match first >> 4 {
        4 => (20, usize::from(first & 0x0f) * 4),
        6 => (40, 40),
        _ => return false,
    };
    let fits = |length| rest.limit == Limit::Fragment || length <= rest.on_wire;
    bytes.len() < fixed
        && header >= fixed
        && fits(header)
        && stated_length(bytes).map_or(true, |length| length >= header && fits(length))
}
