//! IPv4 (RFC 791) and IPv6 (RFC 8200) headers, the same way for captured and for quoted packets.

mod behind;
mod fault;
mod fragment;
pub(crate) mod label;
mod mended;
pub mod protocol;
mod restored;
mod routing;
pub mod source_route;
#[cfg(test)]
mod tests;
mod v4;
mod v6;
mod whole;

use std::net::{IpAddr, Ipv6Addr};

use super::Undecodable;
use super::bytes::{u8_at, u16_at};
use super::checksum::{self, Checksum};
use super::defect::{Defects, Limit};
use crate::model::{AddrPair, LinkFragment, UnknownPrefix};
pub use behind::{ExtensionHeader, IpOption, IpOptions, OptionSpace};
use fault::Faults;
pub use fragment::{Fragment, Fragmentation};
pub(super) use fragment::{FragmentablePart, fragmentable_part, named_by_fragment_header};
pub(super) use restored::{restore, unmeasured};
pub(super) use v6::is_extension;
pub(super) use whole::unfragmented;

/// The two versions of IP, and so of ICMP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IpVersion {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl IpVersion {
    /// That of an address.
    pub const fn of(addr: IpAddr) -> Self {
        match addr {
            IpAddr::V4(_) => Self::V4,
            IpAddr::V6(_) => Self::V6,
        }
    }

    /// 4 or 6.
    pub const fn number(self) -> u8 {
        match self {
            Self::V4 => 4,
            Self::V6 => 6,
        }
    }
}

/// An IP packet: its header's fields and its payload as far as it was captured.
#[derive(Clone, Copy, Debug)]
pub struct Ip<'a> {
    /// Version.
    pub version: IpVersion,
    /// Addresses as in the fixed header.
    pub addrs: AddrPair,
    /// Time to live or hop limit.
    pub ttl: u8,
    /// Type of service or traffic class.
    pub traffic_class: u8,
    /// IPv4 identification, or that of an IPv6 fragment header.
    pub id: Option<u32>,
    /// IPv6 flow label.
    pub flow_label: u32,
    /// IPv4 "don't fragment".
    pub dont_fragment: bool,
    /// Position of this fragment, where the packet is one.
    pub fragment: Option<Fragment>,
    /// Protocol number of the upper layer, behind all extension headers.
    pub protocol: u8,
    /// Length of the whole packet in octets as its header claims.
    pub length: u32,
    /// Whether that length is taken from the frame because the header says 0 (offload) or is a jumbogram.
    pub length_from_frame: bool,
    /// Header octets: options and extension headers included.
    pub header: &'a [u8],
    /// Payload octets, bounded by the header's length and by what was captured.
    pub payload: &'a [u8],
    /// Length of the payload in octets as the headers claim; more than `payload.len()` where it was cut.
    pub payload_length: u32,
    /// What bounds the payload: [`Limit::IpLength`] where it is all there, else what cut it short.
    pub limit: Limit,
    /// Destination behind a routing header with segments left: the ICMPv6 checksum covers it.
    pub final_destination: Option<Ipv6Addr>,
    /// Address from a Home Address option (RFC 6275): the ICMPv6 checksum covers it.
    pub home_address: Option<Ipv6Addr>,
    /// A router alert option is there (RFC 2113), in IPv6 where routers look for it: in a header of
    /// hop-by-hop options (RFC 2711 section 2.1).
    pub router_alert: bool,
    /// What a compressed header (RFC 6282) does not tell of the addresses.
    pub unknown_prefix: UnknownPrefix,
    /// Where its fixed header comes from.
    pub origin: HeaderOrigin,
    faults: Faults,
}

/// Where the fixed header of a packet comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum HeaderOrigin {
    /// It was captured.
    #[default]
    Captured,
    /// It was made, as the capture has none: all that it tells are version and protocol, and those
    /// addresses that are not unspecified.
    Made,
}

impl<'a> Ip<'a> {
    /// Reads the IP packet at the start of `bytes`; `limit` tells what ends them.
    ///
    /// Captured packets, the inner packets of tunnels and the packets that ICMP errors quote are
    /// all read here. What is behind the fixed header may be missing: then the packet is as much
    /// of it as is there, with the defect told.
    ///
    /// # Errors
    ///
    /// [`Undecodable::Short`] if not even the fixed header is there, [`Undecodable::Malformed`] if
    /// it is no IP header: another version, or (but in a quote) an IPv4 header length under 5.
    pub fn parse(bytes: &'a [u8], limit: Limit) -> Result<Self, Undecodable> {
        Self::parse_on_wire(bytes, bytes.len(), limit)
    }

    /// Like [`Ip::parse`] where the snap length may have cut `bytes`: on the wire there were
    /// `on_wire` octets up to what `limit` tells of.
    ///
    /// # Errors
    ///
    /// As [`Ip::parse`].
    pub fn parse_on_wire(
        bytes: &'a [u8],
        on_wire: usize,
        limit: Limit,
    ) -> Result<Self, Undecodable> {
        let room = Room::new(bytes, on_wire, limit);
        match bytes.first().map(|b| b >> 4) {
            Some(4) => v4::parse(room),
            Some(6) => v6::parse(room),
            Some(_) => Err(Undecodable::Malformed),
            None => Err(Undecodable::Short),
        }
    }

    /// Reads a captured packet that has nothing out of the ordinary, without a copy; `None` tells
    /// nothing but that it is for [`Ip::parse_on_wire`].
    #[inline]
    pub(super) fn parse_ordinary(bytes: &'a [u8], on_wire: usize) -> Option<Self> {
        let room = Room::new(bytes, on_wire, Limit::Frame);
        match bytes.first()? >> 4 {
            4 => v4::parse_ordinary(room),
            6 => v6::parse_ordinary(room),
            _ => None,
        }
    }

    /// Source address.
    pub const fn src(&self) -> IpAddr {
        self.addrs.src()
    }

    /// Destination address.
    pub const fn dst(&self) -> IpAddr {
        self.addrs.dst()
    }

    /// Time to live or hop limit, if a header tells it.
    pub fn hop_limit(&self) -> Option<u8> {
        (self.origin == HeaderOrigin::Captured).then_some(self.ttl)
    }

    /// Whether the sender's address is not known, and the destination's.
    pub fn hides_addresses(&self) -> (bool, bool) {
        let is_made = self.origin == HeaderOrigin::Made;
        (
            is_made && self.src().is_unspecified(),
            is_made && self.dst().is_unspecified(),
        )
    }

    /// Whether the transport header is not in this packet but in an earlier fragment.
    pub fn is_later_fragment(&self) -> bool {
        self.fragment.is_some_and(|f| f.offset > 0)
    }

    /// What is wrong with the headers.
    pub fn defects(&self) -> Defects {
        self.faults.expand()
    }

    /// Whether anything is wrong with the headers.
    pub const fn is_defective(&self) -> bool {
        !self.faults.is_empty()
    }

    /// The protocol that the header names: that of the first extension header, where there is one.
    pub fn named_protocol(&self) -> u8 {
        let at = match self.version {
            IpVersion::V4 => 9,
            IpVersion::V6 => 6,
        };
        self.header.get(at).copied().unwrap_or(self.protocol)
    }

    /// Whether a stack takes its payload for what the protocol number says: none knows headers of IPv6
    /// behind IPv4, nor the ICMP of the other version.
    pub fn is_acceptable(&self) -> bool {
        match self.version {
            IpVersion::V4 => {
                self.protocol != protocol::IPV6_ICMP && !v4::is_foreign(self.named_protocol())
            }
            IpVersion::V6 => self.protocol != protocol::ICMP,
        }
    }

    /// What a piece of so many octets, in which this packet ends as far as it is there, holds of it;
    /// whether more follow, and the unit of such.
    pub(super) fn later_piece(&self, octets: usize, more: bool, unit: u8) -> Self {
        // It is not the first.
        let before = self.payload.len().saturating_sub(octets).max(1);
        Self {
            fragment: Some(Fragment {
                offset: u16::try_from(before).unwrap_or(u16::MAX),
                more,
                unit,
            }),
            payload: self.payload.get(before..).unwrap_or_default(),
            payload_length: narrow(self.payload.len().saturating_sub(before)),
            ..*self
        }
    }

    /// Length in octets of the payload that its own header tells: of a fragment inside a fragmented tunnel
    /// that is all of it, not what the tunnel's last fragment holds.
    pub fn own_payload_length(&self) -> u32 {
        match self.fragment {
            Some(Fragment {
                unit: Fragment::CARRIED,
                ..
            }) if self.own_fragment().is_some() => {
                self.length.saturating_sub(narrow(self.header.len()))
            }
            _ => self.payload_length,
        }
    }

    /// What the first piece holds of this packet: `payload`, the first of its octets.
    pub(super) fn first_of_pieces(&self, payload: &'a [u8]) -> Self {
        Self {
            fragment: Some(Fragment {
                offset: 0,
                more: true,
                unit: Fragment::PIECE_UNIT,
            }),
            payload,
            payload_length: narrow(payload.len()),
            limit: Limit::Fragment,
            ..*self
        }
    }

    /// The same packet, its octets in another place.
    pub(super) fn moved_to<'b>(&self, header: &'b [u8], payload: &'b [u8]) -> Ip<'b> {
        Ip {
            fragment: self.fragment,
            length: self.length,
            payload_length: self.payload_length,
            limit: self.limit,
            ..self.with_octets(header, payload)
        }
    }

    /// The same fields as a whole packet of other octets.
    pub(super) fn with_octets<'b>(&self, header: &'b [u8], payload: &'b [u8]) -> Ip<'b> {
        Ip {
            version: self.version,
            addrs: self.addrs,
            ttl: self.ttl,
            traffic_class: self.traffic_class,
            id: self.id,
            flow_label: self.flow_label,
            dont_fragment: self.dont_fragment,
            fragment: None,
            protocol: self.protocol,
            length: narrow(header.len() + payload.len()),
            length_from_frame: self.length_from_frame,
            header,
            payload,
            payload_length: narrow(payload.len()),
            limit: Limit::IpLength,
            final_destination: self.final_destination,
            home_address: self.home_address,
            router_alert: self.router_alert,
            unknown_prefix: self.unknown_prefix,
            origin: self.origin,
            faults: self.faults,
        }
    }

    /// Makes this the fragment of a datagram that the link took apart (RFC 4944 section 5.3): its
    /// header is that of the whole datagram, of which all but the fixed header counts as payload.
    /// With the header it has so many octets on the wire.
    pub(super) fn set_link_fragment(&mut self, fragment: LinkFragment, on_wire: u32) {
        let offset = fragment.offset.saturating_sub(v6::FIXED_OCTETS);
        let octets = on_wire.saturating_sub(v6::FIXED_OCTETS.into());
        self.payload_length = on_wire.saturating_sub(narrow(self.header.len()));
        self.limit = if self.is_whole() {
            Limit::IpLength
        } else {
            Limit::Capture
        };
        let end = u32::from(offset) + u32::from(v6::FIXED_OCTETS) + octets;
        let more = end < u32::from(fragment.size);
        if more || offset > 0 {
            self.fragment = Some(Fragment {
                offset,
                more,
                unit: fragment.unit,
            });
            self.id = Some(fragment.tag.into());
        }
    }

    /// The identification that the fragments of a packet have in common (RFC 791 section 3.2, RFC 8200
    /// section 4.5), where this is one that IP made.
    pub fn fragment_id(&self) -> Option<u32> {
        self.fragment?;
        match self.version {
            IpVersion::V4 => self.id,
            IpVersion::V6 => v6::fragment_id(self.header),
        }
    }

    /// Where it belongs, but for what the fragment of a tunnel's packet around it has: that one's own place is
    /// where that belongs.
    pub fn own_fragment(&self) -> Option<Fragment> {
        match (self.fragment?.unit, self.version) {
            (Fragment::CARRIED, IpVersion::V4) => {
                u16_at(self.header, 6).and_then(|word| Fragmentation::of(word).fragment)
            }
            (Fragment::CARRIED, IpVersion::V6) => v6::fragment(self.header),
            _ => self.fragment,
        }
    }

    /// Whether it is a fragment of a packet that is a fragment itself (RFC 8200 section 4.5 has no word
    /// against it). Place and identification are those of the outer one then.
    pub(super) fn is_fragmented_again(&self) -> bool {
        let is_one = |header: &ExtensionHeader<'_>| {
            header.protocol == protocol::FRAG
                && u16_at(header.bytes, 2)
                    .is_some_and(|word| !Fragment::of_header(word).is_atomic())
        };
        self.version == IpVersion::V6
            && self.fragment.is_some()
            && self.extension_headers().filter(is_one).nth(1).is_some()
    }

    /// Whether the bit of an IPv4 header is set that must be zero (RFC 791 section 3.1).
    pub fn reserved_flag(&self) -> bool {
        let word = u16_at(self.header, 6).filter(|_| self.version == IpVersion::V4);
        word.is_some_and(|word| Fragmentation::of(word).reserved_flag)
    }

    /// What ends the message that it carries: [`Self::limit`], or that it is a fragment and more follow.
    pub fn message_limit(&self) -> Limit {
        match self.fragment {
            Some(fragment) if fragment.more && self.limit == Limit::IpLength => Limit::Fragment,
            _ => self.limit,
        }
    }

    /// Whether it is not known what it carries: it ends in its extension headers.
    pub fn hides_protocol(&self) -> bool {
        self.version == IpVersion::V6 && is_extension(self.protocol) && !self.is_whole()
    }

    /// Whether it is a first fragment that may end before an extension header does.
    pub(super) fn may_be_cut_in_extension(&self) -> bool {
        self.payload.is_empty()
            && self.fragment.is_some_and(|place| place.offset == 0)
            && is_extension(self.named_protocol())
    }

    /// Whether the payload was captured whole.
    pub fn is_whole(&self) -> bool {
        self.payload.len() as u64 >= u64::from(self.payload_length)
    }
}

/// Where a packet may lie.
#[derive(Clone, Copy)]
struct Room<'a> {
    /// The octets that were captured.
    bytes: &'a [u8],
    /// How many there were on the wire, at least those.
    on_wire: usize,
    /// What ends them on the wire.
    limit: Limit,
}

impl<'a> Room<'a> {
    fn new(bytes: &'a [u8], on_wire: usize, limit: Limit) -> Self {
        Self {
            bytes,
            on_wire: on_wire.max(bytes.len()),
            limit,
        }
    }

    /// What kept octets up to `end` away; of those that a quote leaves out, the first ones.
    fn limit_at(&self, end: usize) -> Limit {
        let is_sent = end <= self.on_wire || self.limit == Limit::Quote;
        if is_sent && self.bytes.len() < self.on_wire {
            Limit::Capture
        } else {
            self.limit
        }
    }
}

/// How many octets the packet says it has that begins so.
pub(crate) fn stated_length(bytes: &[u8]) -> Result<usize, Undecodable> {
    let field = |at| u16_at(bytes, at).map(usize::from).ok_or(Undecodable::Short);
    match u8_at(bytes, 0).map(|first| first >> 4) {
        Some(4) => field(2),
        Some(6) => Ok(v6::FIXED + field(4)?),
        Some(_) => Err(Undecodable::Malformed),
        None => Err(Undecodable::Short),
    }
}

fn narrow(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// The IPv4 header checksum (RFC 791); `None` for IPv6, and where no header was captured. Computed when
/// asked for, not per packet.
pub fn header_checksum(ip: &Ip<'_>) -> Option<Checksum> {
    match ip.version {
        IpVersion::V4 if ip.origin == HeaderOrigin::Captured => {
            Some(checksum::ipv4_header(ip.header))
        }
        IpVersion::V4 | IpVersion::V6 => None,
    }
}
