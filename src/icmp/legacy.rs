//! Types of ICMP for IPv4 that RFC 6918 deprecated, but that have a format.

use super::decode::Decoder;
use super::dns;
use super::field::{FieldSpec, spec};
use super::{Body, Direction};
use crate::wire::bytes::{array_at, tail, u16_at, u32_at};

/// A traceroute message (RFC 1393 section 2).
#[derive(Clone, Copy, Debug)]
pub struct Traceroute<'a> {
    bytes: &'a [u8],
}

impl Traceroute<'_> {
    /// Identifier of the outbound packet's traceroute option.
    pub fn id(&self) -> Option<u16> {
        u16_at(self.bytes, 4)
    }

    /// Routers that the outbound packet passed.
    pub fn outbound_hops(&self) -> Option<u16> {
        u16_at(self.bytes, 8)
    }

    /// Routers that the return packet passed, 65535 for an outbound one.
    pub fn return_hops(&self) -> Option<u16> {
        u16_at(self.bytes, 10)
    }

    /// Octets per second of the link that the packet left by, 0 unknown.
    pub fn speed(&self) -> Option<u32> {
        u32_at(self.bytes, 12)
    }

    /// Its MTU in octets, 0 unknown.
    pub fn mtu(&self) -> Option<u32> {
        u32_at(self.bytes, 16)
    }
}

pub(super) fn traceroute<'a>(decoder: &mut Decoder<'_, 'a>) -> Body<'a> {
    decoder.need(20);
    Body::Traceroute4(Traceroute {
        bytes: decoder.bytes,
    })
}

pub(super) const TRACEROUTE_FIELDS: &[FieldSpec] = &[
    spec::u16(4, "id"),
    spec::reserved(6, 2, 0xffff, "unused"),
    spec::u16(8, "outbound_hops"),
    spec::u16(10, "return_hops"),
    spec::u32(12, "speed"),
    spec::u32(16, "mtu"),
];

/// A domain name request or reply (RFC 1788 sections 2 and 3).
#[derive(Clone, Copy, Debug)]
pub struct DomainName<'a> {
    /// Whether it asks (type 37) or answers (38).
    pub direction: Direction,
    bytes: &'a [u8],
}

impl<'a> DomainName<'a> {
    /// Identifier.
    pub fn id(&self) -> Option<u16> {
        u16_at(self.bytes, 4)
    }

    /// Sequence number.
    pub fn seq(&self) -> Option<u16> {
        u16_at(self.bytes, 6)
    }

    /// Seconds that the names of a reply may be kept; negative where there are none.
    pub fn ttl(&self) -> Option<i32> {
        match self.direction {
            Direction::Request => None,
            Direction::Reply => array_at(self.bytes, 8).map(i32::from_be_bytes),
        }
    }

    /// The names of a reply.
    pub fn names(&self) -> impl Iterator<Item = dns::Name<'a>> + Clone + use<'a> {
        dns::names(match self.direction {
            Direction::Request => &[],
            Direction::Reply => tail(self.bytes, NAMES),
        })
    }

    pub(super) const fn table(&self) -> &'static [FieldSpec] {
        match self.direction {
            Direction::Request => DOMAIN_REQUEST,
            Direction::Reply => DOMAIN_REPLY,
        }
    }
}

/// Octets before the names of a reply.
const NAMES: usize = 12;

pub(super) fn domain_name<'a>(decoder: &mut Decoder<'_, 'a>, direction: Direction) -> Body<'a> {
    decoder.need(match direction {
        Direction::Request => 8,
        Direction::Reply => NAMES,
    });
    decoder.expect_code_0();
    let message = DomainName {
        direction,
        bytes: decoder.bytes,
    };
    // What is not there is told already, where the capture ends it.
    if decoder.is_whole() && message.names().any(|name| !name.complete) {
        decoder.rule(NAMES, dns::RULE);
    }
    Body::DomainName(message)
}

const DOMAIN_REQUEST: &[FieldSpec] = &[spec::u16(4, "id"), spec::u16(6, "seq")];
const DOMAIN_REPLY: &[FieldSpec] = &[
    spec::u16(4, "id"),
    spec::u16(6, "seq"),
    spec::signed_seconds(8, "ttl"),
    spec::dns_names(12, "names"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::icmp::tests::{every_code, every_prefix, parse, rules, v4};

    #[test]
    fn traceroute_messages() {
        let packet = v4(&[
            30, 0, 0, 0, 0, 7, 0, 0, 0, 3, 255, 255, 0, 0, 0x30, 0xd4, 0, 0, 5, 220,
        ]);
        let Body::Traceroute4(message) = parse(&packet).body else {
            panic!();
        };
        assert_eq!(message.id(), Some(7));
        assert_eq!(
            (message.outbound_hops(), message.return_hops()),
            (Some(3), Some(65535))
        );
        assert_eq!((message.speed(), message.mtu()), (Some(12500), Some(1500)));
        assert!(parse(&packet).defects.is_empty());
        every_prefix(&packet);
        every_code(&packet);
    }

    #[test]
    fn domain_names() {
        let request = v4(&[37, 0, 0, 0, 0, 7, 0, 9]);
        let reply = v4(b"\x26\0\0\0\0\x07\0\x09\0\0\0\x3c\x03lab\x04test\0\x01a\0");
        for (packet, ttl, names) in [(&request, None, 0), (&reply, Some(60), 2)] {
            let Body::DomainName(message) = parse(packet).body else {
                panic!();
            };
            assert_eq!((message.id(), message.seq()), (Some(7), Some(9)));
            assert_eq!(message.ttl(), ttl);
            assert_eq!(message.names().count(), names);
            assert!(parse(packet).defects.is_empty());
            every_prefix(packet);
            every_code(packet);
        }
        for names in [&b"\x04host\x07exam"[..], b"\x04host\xc0\x0c"] {
            let packet = v4(&[&b"\x26\0\0\0\0\x07\0\x09\0\0\0\x3c"[..], names].concat());
            assert_eq!(rules(&parse(&packet)), [dns::RULE]);
            every_prefix(&packet);
        }
    }
}
