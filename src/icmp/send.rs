//! Certification paths of secure neighbor discovery (RFC 3971 section 6.4).

use super::decode::Decoder;
use super::field::{FieldSpec, spec};
use super::nd_option::{self, NdOptions};
use super::{Body, Direction};
use crate::wire::bytes::{tail, u16_at};

/// A certification path solicitation or advertisement.
#[derive(Clone, Copy, Debug)]
pub struct CertificationPath<'a> {
    /// Whether it asks (type 148) or answers (149).
    pub direction: Direction,
    bytes: &'a [u8],
}

impl<'a> CertificationPath<'a> {
    /// Identifier.
    pub fn id(&self) -> Option<u16> {
        u16_at(self.bytes, 4)
    }

    /// Which component is asked for (65535: all) or given.
    pub fn component(&self) -> Option<u16> {
        match self.direction {
            Direction::Request => u16_at(self.bytes, 6),
            Direction::Reply => u16_at(self.bytes, 8),
        }
    }

    /// How many components an advertisement says there are.
    pub fn components(&self) -> Option<u16> {
        match self.direction {
            Direction::Request => None,
            Direction::Reply => u16_at(self.bytes, 6),
        }
    }

    /// The options, in the format of Neighbor Discovery.
    pub fn options(&self) -> NdOptions<'a> {
        NdOptions::new(tail(self.bytes, header(self.direction)))
    }

    pub(super) const fn table(&self) -> &'static [FieldSpec] {
        match self.direction {
            Direction::Request => SOLICITATION_FIELDS,
            Direction::Reply => ADVERTISEMENT_FIELDS,
        }
    }
}

/// Octets before the options.
const fn header(direction: Direction) -> usize {
    match direction {
        Direction::Request => 8,
        Direction::Reply => 12,
    }
}

pub(super) fn body<'a>(decoder: &mut Decoder<'_, 'a>, direction: Direction) -> Body<'a> {
    let fixed = header(direction);
    decoder.need(fixed);
    decoder.expect_code_0();
    // RFC 3971 sections 6.4.1 and 6.4.2.
    decoder.expect_hop_limit_255("hop limit of a certification path message is not 255");
    if direction == Direction::Request && u16_at(decoder.bytes, 4) == Some(0) {
        decoder.rule(4, "identifier of a certification path solicitation is 0");
    }
    // Advertisements, whose certificates may be long, are to be taken all the same (RFC 6980 section 5).
    if direction == Direction::Request {
        decoder.expect_no_fragment_header("certification path solicitation with a fragment header");
    }
    let options = tail(decoder.bytes, fixed);
    nd_option::check(options, decoder.limit(), decoder.defects);
    Body::CertificationPath(CertificationPath {
        direction,
        bytes: decoder.bytes,
    })
}

const SOLICITATION_FIELDS: &[FieldSpec] = &[spec::u16(4, "id"), spec::u16(6, "component")];
const ADVERTISEMENT_FIELDS: &[FieldSpec] = &[
    spec::u16(4, "id"),
    spec::u16(6, "components"),
    spec::u16(8, "component"),
    spec::reserved(10, 2, 0xffff, "reserved"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::icmp::tests::{every_code, every_prefix, parse, rules, v6, v6_between};

    #[test]
    fn paths_are_asked_for_and_given() {
        let anchor = [15, 1, 2, 0, 1, b'a', 0, 0];
        let request = v6(&[&[148, 0, 0, 0, 0, 7, 0xff, 0xff], &anchor[..]].concat());
        let reply = v6(&[&[149, 0, 0, 0, 0, 7, 0, 3, 0, 2, 0, 0], &anchor[..]].concat());
        for (packet, component, components) in [(&request, 65535, None), (&reply, 2, Some(3))] {
            let Body::CertificationPath(path) = parse(packet).body else {
                panic!();
            };
            assert_eq!(path.id(), Some(7));
            assert_eq!(path.component(), Some(component));
            assert_eq!(path.components(), components);
            assert_eq!(path.options().next().unwrap().kind, 15);
            assert!(parse(packet).defects.is_empty());
            every_prefix(packet);
            every_code(packet);
        }
    }

    #[test]
    fn what_a_path_message_must_not_be() {
        let solicitation =
            |hops, id| v6_between("fe80::1", "ff02::2", hops, &[148, 0, 0, 0, 0, id, 0, 0]);
        assert!(parse(&solicitation(255, 7)).defects.is_empty());
        let forwarded = "hop limit of a certification path message is not 255";
        assert_eq!(rules(&parse(&solicitation(254, 7))), [forwarded]);
        assert_eq!(
            rules(&parse(&solicitation(255, 0))),
            ["identifier of a certification path solicitation is 0"]
        );
        let advertisement = [149, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0];
        let packet = v6_between("fe80::1", "ff02::1", 64, &advertisement);
        assert_eq!(rules(&parse(&packet)), [forwarded]);
    }
}
