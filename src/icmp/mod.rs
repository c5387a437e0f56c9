//! ICMP (RFC 792) and ICMPv6 (RFC 4443) messages, decoded in place.
//!
//! [`Message::parse`] is total: it keeps whatever could be read and lists what is wrong. Names of
//! types and codes live in [`names`] alone.

pub mod agent;
pub mod application;
pub mod cause;
mod decode;
mod describe;
pub mod dns;
pub mod dns_record;
mod error;
mod extended_echo;
pub mod extension;
pub mod field;
pub mod handover;
pub mod ilnp;
pub mod ip_header;
pub mod item;
pub mod kind;
pub mod layout;
pub mod legacy;
pub mod lowpan;
pub mod mld;
pub mod mobile;
pub mod mtu;
pub mod multicast_router;
pub mod names;
pub mod nd_option;
pub mod ndp;
pub mod node_info;
pub mod node_name;
pub mod object;
pub mod payload;
pub mod quote;
pub mod quoted_dns;
mod quoted_inside;
mod quoted_rules;
pub mod quoted_transport;
pub mod renumbering;
pub mod rpl;
mod rpl_measurement;
pub mod rpl_metric;
pub mod rpl_option;
mod rpl_route_option;
pub mod send;
pub mod svc_param;
pub mod tcp;
pub mod tunnel_header;
mod type_length;
pub mod upper_header;
pub mod v4;
pub mod v6;
mod whole;
pub mod x509;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub use error::{is_error, may_be_fragmented};
pub use extension::Extensions;
use field::Extent;
use ndp::NdpKind;
pub use quote::{CutHeader, Quote, QuotedTransport, Translation};
pub use quoted_inside::TunnelsAlone;
pub use whole::Whole;

use crate::model::{Expanded, Frame};
use crate::wire::{Checksum, ChecksumStatus, Defects, Ip, IpVersion, Packet, Unverified, checksum};

/// One ICMP or ICMPv6 message.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// ICMP or ICMPv6.
    pub version: IpVersion,
    /// Type field; 0 if not even that was captured, or an earlier fragment has it.
    pub kind: u8,
    /// Code field, where it was captured.
    pub code: Option<u8>,
    /// The captured octets, from the type field on.
    pub bytes: &'a [u8],
    /// Length of the whole message in octets, as IP tells; more than `bytes.len()` where it was cut.
    pub length: u32,
    /// Checksum and what it proved to be.
    pub checksum: Checksum,
    /// What the type makes of the rest.
    pub body: Body<'a>,
    /// What is wrong with the message.
    pub defects: Defects,
}

/// The part of a message that its type decides.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    /// Echo request or reply.
    Echo(Echo<'a>),
    /// Timestamp request or reply (RFC 792).
    Timestamp(Timestamp),
    /// Information request or reply (RFC 792), address mask request or reply (RFC 950).
    Query(Query),
    /// Extended echo request or reply (RFC 8335).
    ExtendedEcho(ExtendedEcho<'a>),
    /// A message that quotes the packet that caused it.
    Error(Error<'a>),
    /// IPv4 redirect (RFC 792); the IPv6 one is [`Body::Ndp`].
    Redirect {
        /// The better router.
        gateway: Option<Ipv4Addr>,
        /// The packet that took the detour.
        quote: Option<Quote<'a>>,
    },
    /// Router discovery for IPv4 (RFC 1256).
    RouterAdvertisement4(v4::RouterAdvertisement<'a>),
    /// It asks routers to advertise themselves (RFC 1256); it has no fields.
    RouterSolicitation4,
    /// One of Neighbor Discovery's five (RFC 4861).
    Ndp(ndp::Ndp<'a>),
    /// Inverse neighbor discovery (RFC 3122).
    InverseNeighbor(ndp::InverseNeighbor<'a>),
    /// Multicast Listener Discovery (RFC 2710, RFC 3810).
    Mld(mld::Mld<'a>),
    /// Traceroute (RFC 1393).
    Traceroute4(legacy::Traceroute<'a>),
    /// Domain name request or reply (RFC 1788).
    DomainName(legacy::DomainName<'a>),
    /// Experimental mobility protocols (RFC 4065), in both versions.
    Seamoby(mobile::Seamoby<'a>),
    /// Router renumbering (RFC 2894).
    RouterRenumbering(renumbering::RouterRenumbering<'a>),
    /// Node information (RFC 4620).
    NodeInformation(node_info::NodeInformation<'a>),
    /// Home agent and prefix discovery of Mobile IPv6 (RFC 6275).
    MobileIp(mobile::MobileIp<'a>),
    /// Certification paths of secure neighbor discovery (RFC 3971).
    CertificationPath(send::CertificationPath<'a>),
    /// Multicast router discovery (RFC 4286).
    MulticastRouter(multicast_router::MulticastRouter),
    /// Fast handovers (RFC 5568).
    FastHandover(handover::FastHandover<'a>),
    /// RPL control (RFC 6550).
    Rpl(rpl::Rpl<'a>),
    /// ILNP locator update (RFC 6743).
    LocatorUpdate(ilnp::LocatorUpdate<'a>),
    /// Duplicate address request or confirmation (RFC 6775).
    DuplicateAddress(lowpan::DuplicateAddress<'a>),
    /// MPL control (RFC 7731).
    Mpl(lowpan::Mpl<'a>),
    /// A query too short for its fixed fields.
    Short {
        /// The identifier, where the message has one and it was captured.
        id: Option<u16>,
    },
    /// A fragment that is not the first: no ICMP header in it.
    Fragment,
    /// Known by name and number only, or not even that.
    Other,
}

/// Echo request or reply (RFC 792, RFC 4443 section 4).
#[derive(Clone, Copy, Debug)]
pub struct Echo<'a> {
    /// Whether it asks or answers.
    pub direction: Direction,
    /// Identifier, big-endian.
    pub id: u16,
    /// Sequence number, big-endian.
    pub seq: u16,
    /// The captured payload.
    pub payload: &'a [u8],
}

/// Whether a query message asks or answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// It asks.
    Request,
    /// It answers.
    Reply,
}

/// Timestamps in milliseconds since midnight UTC; the high bit marks a non-standard value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timestamp {
    /// Whether it asks or answers.
    pub direction: Direction,
    /// Identifier.
    pub id: u16,
    /// Sequence number.
    pub seq: u16,
    /// Originate, receive, transmit, as far as captured.
    pub originate: Option<u32>,
    /// When the request arrived.
    pub receive: Option<u32>,
    /// When the reply was sent.
    pub transmit: Option<u32>,
}

impl Timestamp {
    /// Whether a timestamp is marked as something else than milliseconds since midnight UTC (RFC 792).
    pub const fn is_non_standard(timestamp: u32) -> bool {
        timestamp & 0x8000_0000 != 0
    }
}

/// A query with identifier, sequence number and at most an address mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Query {
    /// Whether it asks or answers.
    pub direction: Direction,
    /// Identifier.
    pub id: u16,
    /// Sequence number.
    pub seq: u16,
    /// The address mask, for types 17 and 18.
    pub mask: Option<Ipv4Addr>,
}

/// Extended echo (RFC 8335 sections 2 and 3).
#[derive(Clone, Copy, Debug)]
pub struct ExtendedEcho<'a> {
    /// Whether it asks or answers.
    pub direction: Direction,
    /// Identifier.
    pub id: u16,
    /// Sequence number.
    pub seq: u8,
    /// Octet 7: the L bit of a request; state and A, 4, 6 bits of a reply.
    pub flags: u8,
    /// The interface identification object of a request.
    pub extensions: Option<Extensions<'a>>,
}

/// An error message: everything that quotes, but redirects.
#[derive(Clone, Copy, Debug)]
pub struct Error<'a> {
    /// Which of the errors.
    pub class: ErrorClass,
    /// The quoted packet, as far as there is one.
    pub quote: Option<Quote<'a>>,
    /// RFC 4884 extensions behind the quote.
    pub extensions: Option<Extensions<'a>>,
}

/// The errors with the one field that some of them add.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// Destination unreachable but for code 4 of IPv4.
    Unreachable,
    /// Fragmentation needed (RFC 1191) or packet too big (RFC 4443): the next hop's MTU in octets;
    /// 0 from an old router.
    TooBig {
        /// MTU, where it was captured.
        mtu: Option<u32>,
    },
    /// Time exceeded.
    TimeExceeded,
    /// Parameter problem: the offset of the octet complained of.
    ParameterProblem {
        /// Pointer, where it was captured.
        pointer: Option<u32>,
    },
    /// Source quench (deprecated by RFC 6633).
    SourceQuench,
    /// Another error type: IPv4 type 31, ICMPv6 types below 128 without a name here.
    Other,
}

impl<'a> Message<'a> {
    /// Decodes the ICMP message that `ip` carries: ICMP or ICMPv6 by its protocol number, by the
    /// version of IP where that is neither.
    pub fn parse(ip: &Ip<'a>) -> Self {
        Self::parse_verified(ip, checksum::icmp_checksum(ip))
    }

    /// The same where it is known what its checksum proved to be.
    pub(crate) fn parse_verified(ip: &Ip<'a>, checksum: Checksum) -> Self {
        decode::message(ip, checksum)
    }

    /// Adds what the link tells to be wrong with it: its packet came in `frame`.
    #[inline]
    pub(crate) fn check_on_link(&mut self, frame: &Frame<'_>, packet: &Packet<'_>) {
        if self.kind == kind::v6::NEIGHBOR_SOLICITATION {
            ndp::check_on_link(self, frame, packet);
        }
    }

    /// Whether its end is there: the capture may have cut it, or the rest be in other fragments.
    pub fn end(&self) -> Extent {
        match self.checksum.status {
            ChecksumStatus::Unverified(Unverified::Truncated | Unverified::Fragment) => Extent::Cut,
            _ => Extent::Whole,
        }
    }

    /// The packet this message quotes, whatever its type.
    pub fn quote(&self) -> Option<&Quote<'a>> {
        match &self.body {
            Body::Error(error) => error.quote.as_ref(),
            Body::Redirect { quote, .. } => quote.as_ref(),
            Body::Ndp(ndp) => ndp.redirected(),
            _ => None,
        }
    }

    /// Takes what was decrypted of the packet that it quotes: see [`Quote::opened`].
    pub(crate) fn open_quote(&mut self, opened: &'a [Expanded]) {
        let quote = match &mut self.body {
            Body::Error(error) => &mut error.quote,
            Body::Redirect { quote, .. } => quote,
            Body::Ndp(ndp) => &mut ndp.redirected,
            _ => return,
        };
        if let Some(quote) = quote {
            quote.opened = opened;
        }
    }

    /// Extensions, whatever the message's type.
    pub fn extensions(&self) -> Option<&Extensions<'a>> {
        match &self.body {
            Body::Error(error) => error.extensions.as_ref(),
            Body::ExtendedEcho(echo) => echo.extensions.as_ref(),
            _ => None,
        }
    }

    /// The contexts for 6LoWPAN that a router advertises.
    pub fn contexts(&self) -> impl Iterator<Item = lowpan::AdvertisedContext> + use<'a> {
        let options = match &self.body {
            Body::Ndp(ndp) if matches!(ndp.kind, NdpKind::RouterAdvertisement { .. }) => {
                Some(ndp.options())
            }
            _ => None,
        };
        let options = options.into_iter().flatten();
        options.filter_map(|option| lowpan::advertised_context(&option))
    }

    /// The RPL instance that a DIO tells of, with the address of its root (RFC 6550 section 6.3.1).
    pub fn rpl_root(&self) -> Option<(u8, Ipv6Addr)> {
        match &self.body {
            Body::Rpl(rpl) if rpl.kind == rpl::RplKind::Dio => {
                Some((rpl.instance()?, rpl.dodag_id()?))
            }
            _ => None,
        }
    }

    /// The snake-case name of the type; `unknown` where it has none, `fragment` where the type is
    /// in an earlier fragment.
    pub fn name(&self) -> &'static str {
        match self.body {
            Body::Fragment => "fragment",
            _ if self.bytes.is_empty() => "unknown",
            _ => names::type_name(self.version, self.kind).unwrap_or("unknown"),
        }
    }

    /// The snake-case name of the code within its type.
    pub fn code_name(&self) -> Option<&'static str> {
        match &self.body {
            Body::FastHandover(handover) => handover.code_name(self.code?),
            _ => names::code_name(self.version, self.kind, self.code?),
        }
    }

    /// The title of the code within its type.
    pub fn code_title(&self) -> Option<&'static str> {
        names::code_title(self.version, self.kind, self.code?)
    }
}

/// An address of either version, from a field of the message.
pub fn unspecified(version: IpVersion) -> IpAddr {
    match version {
        IpVersion::V4 => Ipv4Addr::UNSPECIFIED.into(),
        IpVersion::V6 => Ipv6Addr::UNSPECIFIED.into(),
    }
}

#[cfg(test)]
mod tests;
