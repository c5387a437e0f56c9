//! Certification paths of secure neighbor discovery (RFC 3971 section 6.4).

use super::decode::Decoder;
use super::field::{FieldSpec, spec};
use super::nd_option::{self, CERTIFICATE, NdOptions, TRUST_ANCHOR};
use super::x509::{self, Part, Told};
use super::{Body, Direction, ndp};
use crate::wire::Layer;
use crate::wire::bytes::{tail, u8_at, u16_at};

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
    match direction {
        Direction::Request => solicitation_rules(decoder),
        Direction::Reply => advertisement_rules(decoder),
    }
    // Advertisements, whose certificates may be long, are to be taken all the same (RFC 6980 section 5).
    if direction == Direction::Request {
        decoder.expect_no_fragment_header("certification path solicitation with a fragment header");
    }
    let options = tail(decoder.bytes, fixed);
    nd_option::check(options, decoder.limit(), decoder.defects);
    match direction {
        Direction::Request => trust_anchor_rules(decoder, options, fixed),
        Direction::Reply => certificate_rules(decoder, options),
    }
    Body::CertificationPath(CertificationPath {
        direction,
        bytes: decoder.bytes,
    })
}

/// The fields of a solicitation and its source (RFC 3971 section 6.4.1).
fn solicitation_rules(decoder: &mut Decoder<'_, '_>) {
    if u16_at(decoder.bytes, 4) == Some(0) {
        decoder.rule(4, "identifier of a certification path solicitation is 0");
    }
    if decoder
        .source6()
        .is_some_and(|source| !source.is_unspecified() && !source.is_unicast_link_local())
    {
        let rule = "source of a certification path solicitation is not link-local";
        decoder.rule(0, rule);
    }
}

/// The fields of an advertisement and its addresses (RFC 3971 section 6.4.2).
fn advertisement_rules(decoder: &mut Decoder<'_, '_>) {
    let field = |at| u16_at(decoder.bytes, at);
    let (id, components, component) = (field(4), field(6), field(8));
    if decoder
        .source6()
        .is_some_and(|source| !source.is_unicast_link_local())
    {
        let rule = "source of a certification path advertisement is not link-local";
        decoder.rule(0, rule);
    }
    let is_to_all = (decoder.destination6()).map(|destination| destination == ndp::ALL_NODES);
    match id {
        Some(0) if is_to_all == Some(false) => {
            let rule = "identifier of a certification path advertisement is 0";
            decoder.rule(4, rule);
        }
        Some(1..) if is_to_all == Some(true) => {
            let rule = "identifier of an advertisement to all nodes is not 0";
            decoder.rule(4, rule);
        }
        _ => {}
    }
    // Section 6.4.5: where no path is found there are no certificates, and no components.
    if let (Some(components), Some(component)) = (components, component)
        && component >= components.max(1)
    {
        decoder.rule(8, "component beyond all components");
    }
}

/// The trust anchors of a solicitation (RFC 3971 section 6.4.1).
fn trust_anchor_rules(decoder: &mut Decoder<'_, '_>, options: &[u8], fixed: usize) {
    const DOMAIN: u8 = 2;
    let mut anchors = nd_option::placed(options).filter(|(_, option)| option.kind == TRUST_ANCHOR);
    match anchors.next() {
        // RFC 6495 lets the identifier of a key stand for a name of X.501.
        Some((at, anchor)) if u8_at(anchor.bytes, 2) == Some(DOMAIN) => {
            let rule = "first trust anchor is no X.501 name";
            decoder.defects.rule(Layer::NdOption, at + 2, rule);
        }
        // It may be in what is not there.
        None if decoder.is_whole() => {
            decoder.rule(
                fixed,
                "certification path solicitation without a trust anchor",
            );
        }
        _ => {}
    }
}

/// The certificate of the sender: the last one of the last component (RFC 3971 sections 6.3.1, 6.4.2).
fn certificate_rules(decoder: &mut Decoder<'_, '_>, options: &[u8]) {
    if u16_at(decoder.bytes, 8) != Some(0) || !decoder.is_whole() {
        return;
    }
    let certificates = nd_option::placed(options).filter(|(_, option)| option.kind == CERTIFICATE);
    if let Some((at, option)) = certificates.last()
        && let Some(algorithm) = x509::find(Part::KeyAlgorithm, tail(option.bytes, X509_AT))
        && let Some(Told::Text(name)) = x509::told(Part::KeyAlgorithm, algorithm)
        && name != "rsaEncryption"
    {
        let rule = "certificate of the sender without a key of RSA";
        decoder.defects.rule(Layer::NdOption, at + X509_AT, rule);
    }
}

/// Octets of a certificate option before the certificate (RFC 3971 section 6.4.4).
const X509_AT: usize = 4;

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

    /// A trust anchor by the name `O=L`.
    const NAME: [u8; 24] = [
        15, 3, 1, 6, 0x30, 12, 0x31, 10, 0x30, 8, 6, 3, 0x55, 4, 10, 12, 1, b'L', 0, 0, 0, 0, 0, 0,
    ];

    #[test]
    fn paths_are_asked_for_and_given() {
        let anchor = [15, 1, 2, 0, 1, b'a', 0, 0];
        let request = v6(&[&[148, 0, 0, 0, 0, 7, 0xff, 0xff], &NAME[..]].concat());
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
        let solicitation = |hops, id| {
            let message = [&[148, 0, 0, 0, 0, id, 0, 0], &NAME[..]].concat();
            v6_between("fe80::1", "ff02::2", hops, &message)
        };
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
    /// RFC 3971 sections 6.4.1 and 6.4.2.
    #[test]
    fn what_path_messages_hold_and_whom_they_go_between() {
        let told = |from: &str, to: &str, parts: &[&[u8]]| {
            rules(&parse(&v6_between(from, to, 255, &parts.concat())))
        };
        let asked = [148, 0, 0, 0, 0, 7, 0xff, 0xff];
        let domain = [15, 1, 2, 0, 1, b'a', 0, 0];
        assert!(told("fe80::1", "ff02::2", &[&asked, &NAME, &domain]).is_empty());
        assert!(told("::", "ff02::2", &[&asked, &NAME]).is_empty());
        assert_eq!(
            told("2001:db8::1", "ff02::2", &[&asked, &NAME]),
            ["source of a certification path solicitation is not link-local"]
        );
        assert_eq!(
            told("fe80::1", "ff02::2", &[&asked]),
            ["certification path solicitation without a trust anchor"]
        );
        assert_eq!(
            told("fe80::1", "ff02::2", &[&asked, &domain, &NAME]),
            ["first trust anchor is no X.501 name"]
        );
        let given = |from: &str, to: &str, id: u8, all: u8, component: u8| {
            let head = [149, 0, 0, 0, 0, id, 0, all, 0, component, 0, 0];
            told(from, to, &[&head])
        };
        assert!(given("fe80::1", "ff02::1", 0, 2, 1).is_empty());
        assert!(given("fe80::1", "ff02::1", 0, 0, 0).is_empty(), "no path");
        assert!(given("fe80::1", "ff02::1:ff00:2", 7, 2, 0).is_empty());
        assert_eq!(
            given("2001:db8::1", "ff02::1", 0, 2, 1),
            ["source of a certification path advertisement is not link-local"]
        );
        assert_eq!(
            given("fe80::1", "ff02::1", 7, 2, 1),
            ["identifier of an advertisement to all nodes is not 0"]
        );
        assert_eq!(
            given("fe80::1", "ff02::1:ff00:2", 0, 2, 1),
            ["identifier of a certification path advertisement is 0"]
        );
        assert_eq!(
            given("fe80::1", "ff02::1", 0, 2, 2),
            ["component beyond all components"]
        );
    }

    /// RFC 3971 section 6.3.1.
    #[test]
    fn who_signs_advertisements_has_a_key_of_rsa() {
        let certificate = x509::tests::octets(x509::tests::CERTIFICATE);
        let told = |component: u8| {
            let mut option = [&[16, 0, 1, 0], &certificate[..]].concat();
            option.resize(option.len().next_multiple_of(8), 0);
            option[1] = u8::try_from(option.len() / 8).unwrap();
            let head = [149, 0, 0, 0, 0, 0, 0, 2, 0, component, 0, 0];
            let message = [&head[..], &option].concat();
            rules(&parse(&v6_between("fe80::1", "ff02::1", 255, &message)))
        };
        assert!(told(1).is_empty(), "of another than the sender");
        assert_eq!(told(0), ["certificate of the sender without a key of RSA"]);
    }
}
