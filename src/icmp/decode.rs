//! What the decoding of every message begins with, and the state it hands on.

use std::net::{IpAddr, Ipv6Addr};

use super::{Body, Echo, Message, v4, v6};
use crate::wire::bytes::{u8_at, u16_at};
use crate::wire::ip::protocol;
use crate::wire::{Checksum, Defects, HeaderOrigin, Ip, IpVersion, Layer, Limit};

/// A message in the course of being decoded.
pub(super) struct Decoder<'i, 'a> {
    /// The packet that carries it.
    pub(super) ip: &'i Ip<'a>,
    /// ICMP or ICMPv6.
    pub(super) version: IpVersion,
    /// Type field; 0 if it is missing.
    pub(super) kind: u8,
    /// Code field; 0 if it is missing.
    pub(super) code: u8,
    /// The captured octets, from the type field on.
    pub(super) bytes: &'a [u8],
    /// What is wrong so far.
    pub(super) defects: &'i mut Defects,
}

impl Decoder<'_, '_> {
    /// Tells of a message that does not reach its first `needed` octets.
    pub(super) fn need(&mut self, needed: usize) {
        let available = self.bytes.len();
        if available < needed {
            self.defects
                .short(Layer::Icmp, 0, needed, available, self.limit());
        }
    }

    /// What ends the octets of the message.
    pub(super) fn limit(&self) -> Limit {
        self.ip.message_limit()
    }

    /// Tells of a broken rule about the octet at `offset`.
    pub(super) fn rule(&mut self, offset: usize, rule: &'static str) {
        self.defects.rule(Layer::Icmp, offset, rule);
    }

    /// Tells of a code other than 0 in a type that defines only that.
    pub(super) fn expect_code_0(&mut self) {
        if self.code != 0 {
            self.rule(1, "code is not 0");
        }
    }

    /// Tells of a packet that a router may have forwarded.
    pub(super) fn expect_hop_limit_255(&mut self, rule: &'static str) {
        let ip = self.ip;
        if ip.version == IpVersion::V6 && ip.hop_limit().is_some_and(|hops| hops != 255) {
            self.rule(0, rule);
        }
    }

    /// The IPv6 address that the packet comes from, if that is known.
    pub(super) fn source6(&self) -> Option<Ipv6Addr> {
        match (self.ip.src(), self.ip.hides_addresses()) {
            (IpAddr::V6(source), (false, _)) => Some(source),
            _ => None,
        }
    }

    /// The same of where it goes.
    pub(super) fn destination6(&self) -> Option<Ipv6Addr> {
        match (self.ip.dst(), self.ip.hides_addresses()) {
            (IpAddr::V6(destination), (_, false)) => Some(destination),
            _ => None,
        }
    }

    /// Tells of a packet with a fragment header (RFC 8200 section 4.5), be it in one fragment.
    pub(super) fn expect_no_fragment_header(&mut self, rule: &'static str) {
        let mut headers = self.ip.extension_headers();
        if headers.any(|header| header.protocol == protocol::FRAG) {
            self.rule(0, rule);
        }
    }

    /// Whether an IPv6 packet whose headers are all here lacks this option for its destination.
    pub(super) fn lacks_destination_option(&self, kind: u8) -> bool {
        let mut headers = self.ip.extension_headers();
        self.has_all_headers()
            && !headers.any(|header| {
                header.protocol == protocol::DEST_OPTIONS
                    && header.options().any(|option| option.kind == kind)
            })
    }

    /// Whether nothing of what is before the message was lost.
    pub(super) fn has_all_headers(&self) -> bool {
        self.ip.version == IpVersion::V6 && self.ip.origin == HeaderOrigin::Captured
    }

    /// A query that is too short for its fixed fields.
    pub(super) fn short_query<'b>(&self) -> Body<'b> {
        Body::Short {
            id: u16_at(self.bytes, 4),
        }
    }

    /// Whether all octets of the message are here, none cut and none in another fragment.
    pub(super) fn is_whole(&self) -> bool {
        self.ip.fragment.is_none() && self.ip.is_whole()
    }
}

pub(super) fn message<'a>(ip: &Ip<'a>, checksum: Checksum) -> Message<'a> {
    // Most are echoes with nothing to be said about them: made where they are returned, and not
    // copied there with the room of all other bodies.
    match Echo::ordinary(ip) {
        Some(echo) => Message {
            version: ip.version,
            kind: u8_at(ip.payload, 0).unwrap_or(0),
            code: Some(0),
            bytes: ip.payload,
            length: ip.payload_length,
            checksum,
            body: Body::Echo(echo),
            defects: Defects::default(),
        },
        None => any_message(ip, checksum),
    }
}

#[inline(never)]
fn any_message<'a>(ip: &Ip<'a>, checksum: Checksum) -> Message<'a> {
    let version = match ip.protocol {
        protocol::ICMP => IpVersion::V4,
        protocol::IPV6_ICMP => IpVersion::V6,
        _ => ip.version,
    };
    let bytes = ip.payload;
    let header = if ip.is_later_fragment() { &[] } else { bytes };
    let (kind, code) = (u8_at(header, 0).unwrap_or(0), u8_at(header, 1));
    let mut message = Message {
        version,
        kind,
        code,
        bytes,
        length: ip.payload_length,
        checksum,
        body: Body::Other,
        defects: Defects::default(),
    };
    let mut decoder = Decoder {
        ip,
        version,
        kind,
        code: code.unwrap_or(0),
        bytes,
        defects: &mut message.defects,
    };
    if version != ip.version {
        decoder.rule(
            0,
            match version {
                IpVersion::V4 => "ICMP requires IPv4",
                IpVersion::V6 => "ICMPv6 requires IPv6",
            },
        );
    }
    if ip.is_later_fragment() {
        message.body = Body::Fragment;
    } else if bytes.len() < 4 {
        decoder.need(4);
        message.body = Body::Short { id: None };
    } else {
        message.body = match version {
            IpVersion::V4 => v4::body(&mut decoder),
            IpVersion::V6 => v6::body(&mut decoder),
        };
    }
    message
}
