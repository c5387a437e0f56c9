//! The upper-layer headers of quoted packets as items: with names, fields and places. A quote holds
//! eight octets of them at least (RFC 792), so that most fields come early in these tables.

pub mod eigrp;
mod hip;
mod igmp;
pub(super) mod l2tp;
pub mod listed;
mod mobility;
mod multicast;
pub mod ospf;
mod pim;
mod rsvp;
mod vrrp;

use super::field::{Extent, FieldSpec, spec};
use super::item::{Item, Specs};
use super::{Quote, QuotedTransport, tunnel_header};
use crate::wire::ip::protocol;

/// A header, and what the message that it begins is called.
#[derive(Clone, Debug)]
pub struct UpperHeader<'a> {
    /// Its name and fields.
    pub item: Item<'a>,
    /// The snake-case name of the message by its type, where the protocol has several.
    pub message: Option<&'static str>,
}

impl<'a> UpperHeader<'a> {
    /// One that begins `bytes`, with the number and the name of its type.
    pub(super) const fn new(
        name: &'static str,
        number: Option<u16>,
        message: Option<&'static str>,
        bytes: &'a [u8],
        specs: Specs,
    ) -> Self {
        let item = Item {
            group: "headers",
            number,
            name: Some(name),
            length: None,
            bytes,
            extent: Extent::Whole,
            specs,
        };
        Self { item, message }
    }
}

/// The header of the protocol that a quoted packet carries; of a later fragment there is none.
pub fn of<'a>(quote: &Quote<'a>) -> Option<UpperHeader<'a>> {
    let ip = &quote.ip;
    let octets = ip.payload;
    if ip.is_later_fragment() || octets.is_empty() {
        return None;
    }
    if ip.protocol == protocol::GRE {
        let item = tunnel_header::gre_header(octets)?;
        let message = None;
        return Some(UpperHeader { item, message });
    }
    let table = |name, table| (name, Specs::Table(table));
    let (name, specs) = match ip.protocol {
        protocol::TCP => table("tcp", TCP),
        protocol::UDP | protocol::UDP_LITE => table("udp", UDP),
        protocol::SCTP => table("sctp", SCTP),
        protocol::DCCP => table("dccp", DCCP),
        protocol::ICMP | protocol::IPV6_ICMP if has_id(quote) => ("icmp", Specs::Two(ICMP, QUERY)),
        protocol::ICMP | protocol::IPV6_ICMP => table("icmp", ICMP),
        protocol::ESP => table("esp", ESP),
        IGMP => return Some(igmp::header(octets, ip.payload_length)),
        RSVP => return Some(rsvp::header(octets)),
        EIGRP => return Some(eigrp::header(octets)),
        protocol::IP_COMP => table("ipcomp", tunnel_header::IP_COMP),
        OSPF => return ospf::header(octets),
        PIM => return pim::header(octets),
        protocol::VRRP => return vrrp::header(ip),
        PGM => return Some(multicast::pgm(octets)),
        protocol::L2TP => return Some(l2tp::in_ip(octets)),
        protocol::MOBILITY => return Some(mobility::header(octets)),
        protocol::HIP => return Some(hip::header(octets)),
        _ => return None,
    };
    Some(UpperHeader::new(name, None, None, octets, specs))
}

/// Whether a quoted ICMP message is a query with identifier and sequence number.
fn has_id(quote: &Quote<'_>) -> bool {
    matches!(quote.transport, QuotedTransport::Icmp { id: Some(_), .. })
}

/// IP protocols (IANA registry `Assigned Internet Protocol Numbers`).
const IGMP: u8 = 2;
const RSVP: u8 = 46;
const EIGRP: u8 = 88;
const OSPF: u8 = 89;
const PIM: u8 = 103;
const PGM: u8 = 113;

type Table = &'static [FieldSpec];
type Name = Option<&'static str>;

const TCP: Table = &[
    spec::u16(0, "src_port"),
    spec::u16(2, "dst_port"),
    spec::u32(4, "seq"),
    spec::u32(8, "ack"),
    spec::hex(12, 2, "header_words_and_flags"),
    spec::u16(14, "window"),
    spec::hex(16, 2, "checksum"),
    spec::u16(18, "urgent_pointer"),
];

const UDP: Table = &[
    spec::u16(0, "src_port"),
    spec::u16(2, "dst_port"),
    spec::u16(4, "length"),
    spec::hex(6, 2, "checksum"),
];

const SCTP: Table = &[
    spec::u16(0, "src_port"),
    spec::u16(2, "dst_port"),
    spec::hex(4, 4, "verification_tag"),
    spec::hex(8, 4, "checksum"),
];

/// The rest is behind that: see [`super::quoted_transport`].
const DCCP: Table = &[
    spec::u16(0, "src_port"),
    spec::u16(2, "dst_port"),
    spec::hex(6, 2, "checksum"),
];

const ICMP: Table = &[
    spec::u8(0, "type"),
    spec::u8(1, "code"),
    spec::hex(2, 2, "checksum"),
];

/// What a query has behind [`ICMP`].
const QUERY: Table = &[spec::u16(4, "id"), spec::u16(6, "seq")];

/// RFC 4303 section 2.
pub(super) const ESP: Table = &[spec::hex(0, 4, "spi"), spec::u32(4, "sequence")];

#[cfg(test)]
mod tests;
