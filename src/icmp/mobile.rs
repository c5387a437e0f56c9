//! Mobility: home agent discovery and mobile prefixes (RFC 6275 sections 6.5 to 6.8), and the
//! experimental protocols of RFC 4065.

use std::net::Ipv6Addr;

use super::decode::Decoder;
use super::field::{FieldSpec, Names, spec, v6_addresses};
use super::nd_option::{self, NdOptions, PREFIX_INFORMATION};
use super::{Body, Direction};
use crate::wire::IpVersion;
use crate::wire::bytes::{tail, u8_at, u16_at};

/// A message between a mobile node and its home agent.
#[derive(Clone, Copy, Debug)]
pub struct MobileIp<'a> {
    /// Which of the four.
    pub kind: MobileIpKind,
    bytes: &'a [u8],
}

/// The four messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MobileIpKind {
    /// Home agent address discovery.
    HomeAgents(Direction),
    /// Mobile prefix discovery.
    Prefixes(Direction),
}

impl<'a> MobileIp<'a> {
    /// Identifier.
    pub fn id(&self) -> Option<u16> {
        u16_at(self.bytes, 4)
    }

    /// M (0x80) and O (0x40) flags of a prefix advertisement.
    pub fn flags(&self) -> Option<u8> {
        match self.kind {
            MobileIpKind::Prefixes(Direction::Reply) => u8_at(self.bytes, 6),
            _ => None,
        }
    }

    /// The home agents that a discovery reply lists.
    pub fn home_agents(&self) -> impl ExactSizeIterator<Item = Ipv6Addr> + Clone + use<'a> {
        v6_addresses(match self.kind {
            MobileIpKind::HomeAgents(Direction::Reply) => tail(self.bytes, HEADER),
            _ => &[],
        })
    }

    /// The options of mobile prefix discovery, in the format of Neighbor Discovery (RFC 6275 sections
    /// 6.7 and 6.8).
    pub fn options(&self) -> NdOptions<'a> {
        NdOptions::new(match self.kind {
            MobileIpKind::Prefixes(_) => tail(self.bytes, HEADER),
            MobileIpKind::HomeAgents(_) => &[],
        })
    }

    pub(super) const fn table(&self) -> &'static [FieldSpec] {
        match self.kind {
            MobileIpKind::HomeAgents(Direction::Request) => DISCOVERY,
            MobileIpKind::HomeAgents(Direction::Reply) => HOME_AGENTS,
            MobileIpKind::Prefixes(Direction::Request) => ID,
            MobileIpKind::Prefixes(Direction::Reply) => PREFIXES,
        }
    }
}

/// What has to come with mobile prefixes (RFC 6275 sections 6.7, 6.8 and 11.4.3).
fn prefix_rules(decoder: &mut Decoder<'_, '_>, direction: Direction) {
    const HOME_ADDRESS: u8 = 0xc9;
    match direction {
        Direction::Request => {
            if decoder.lacks_destination_option(HOME_ADDRESS) {
                decoder.rule(0, "mobile prefix solicitation without home address");
            }
        }
        Direction::Reply => {
            let mut headers = decoder.ip.extension_headers();
            let is_routed = headers.any(|header| header.routing_type() == Some(2));
            if decoder.has_all_headers() && !is_routed {
                decoder.rule(
                    0,
                    "mobile prefix advertisement without type 2 routing header",
                );
            }
            let mut options = NdOptions::new(tail(decoder.bytes, HEADER));
            if decoder.is_whole() && !options.any(|option| option.kind == PREFIX_INFORMATION) {
                decoder.rule(HEADER, "mobile prefix advertisement without prefix");
            }
        }
    }
}

/// Octets before addresses and options.
const HEADER: usize = 8;
/// Octets of an address.
const ADDRESS: usize = 16;

pub(super) fn mobile_ip<'a>(decoder: &mut Decoder<'_, 'a>, kind: MobileIpKind) -> Body<'a> {
    decoder.need(HEADER);
    decoder.expect_code_0();
    if kind == MobileIpKind::HomeAgents(Direction::Reply) {
        // Section 6.6: whole addresses, as many as there is room for.
        let rest = tail(decoder.bytes, HEADER).len() % ADDRESS;
        if rest != 0 {
            decoder.need(decoder.bytes.len() - rest + ADDRESS);
        }
    }
    if let MobileIpKind::Prefixes(direction) = kind {
        let options = tail(decoder.bytes, HEADER);
        nd_option::check(options, decoder.limit(), decoder.defects);
        prefix_rules(decoder, direction);
    }
    Body::MobileIp(MobileIp {
        kind,
        bytes: decoder.bytes,
    })
}

const ID: &[FieldSpec] = &[spec::u16(4, "id"), spec::reserved(6, 2, 0xffff, "reserved")];
/// Whether home agents are asked for, or listed, that support mobile routers (RFC 3963 section 7).
const MOBILE_ROUTER: FieldSpec = spec::flag(6, 0x80, "mobile_router");
const RESERVED: FieldSpec = spec::reserved(6, 2, 0x7fff, "reserved");
const DISCOVERY: &[FieldSpec] = &[spec::u16(4, "id"), MOBILE_ROUTER, RESERVED];
const HOME_AGENTS: &[FieldSpec] = &[
    spec::u16(4, "id"),
    MOBILE_ROUTER,
    RESERVED,
    spec::v6_list(8, "home_agents"),
];
const PREFIXES: &[FieldSpec] = &[
    spec::u16(4, "id"),
    spec::flag(6, 0x80, "managed"),
    spec::flag(6, 0x40, "other_config"),
    spec::reserved(6, 2, 0x3fff, "reserved"),
];

/// A message of an experimental mobility protocol (RFC 4065 section 8), in either version of ICMP.
#[derive(Clone, Copy, Debug)]
pub struct Seamoby<'a> {
    bytes: &'a [u8],
    version: IpVersion,
}

impl<'a> Seamoby<'a> {
    /// Which protocol.
    pub fn subtype(&self) -> Option<u8> {
        u8_at(self.bytes, 4)
    }

    /// What the protocol makes of the rest.
    pub fn data(&self) -> &'a [u8] {
        tail(self.bytes, HEADER)
    }

    /// The options of candidate access router discovery, which have the format and, in IPv6, the numbers of
    /// Neighbor Discovery (RFC 4065 section 4, RFC 4066 section 5.1.1).
    pub fn options(&self) -> NdOptions<'a> {
        NdOptions::new(if self.has_options() { self.data() } else { &[] })
    }

    fn has_options(&self) -> bool {
        self.version == IpVersion::V6 && self.subtype() == Some(CARD)
    }

    pub(super) fn table(&self) -> &'static [FieldSpec] {
        if self.has_options() {
            SEAMOBY_HEADER
        } else {
            SEAMOBY_FIELDS
        }
    }
}

pub(super) fn seamoby<'a>(decoder: &mut Decoder<'_, 'a>) -> Body<'a> {
    decoder.need(HEADER);
    let message = Seamoby {
        bytes: decoder.bytes,
        version: decoder.version,
    };
    if message.has_options() {
        // RFC 4066 section 5.1.1.
        decoder.expect_hop_limit_255("hop limit of candidate access router discovery is not 255");
        decoder.expect_code_0();
        nd_option::check(message.data(), decoder.limit(), decoder.defects);
    }
    Body::Seamoby(message)
}

/// Candidate access router discovery.
const CARD: u8 = 0;

/// IANA registry of subtypes of experimental mobility protocols (RFC 4065 section 8).
const SEAMOBY_SUBTYPES: Names = Names {
    key: "subtype_name",
    words: &["card", "cxtp"],
};

const SUBTYPE: FieldSpec = spec::named(spec::u8(4, "subtype"), &SEAMOBY_SUBTYPES);
const SUBTYPE_RESERVED: FieldSpec = spec::reserved(5, 3, 0x00ff_ffff, "reserved");
const SEAMOBY_HEADER: &[FieldSpec] = &[SUBTYPE, SUBTYPE_RESERVED];
const SEAMOBY_FIELDS: &[FieldSpec] = &[SUBTYPE, SUBTYPE_RESERVED, spec::rest(8, "data")];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::icmp::tests::{
        behind, every_code, every_prefix, parse, rules, v4, v6, v6_between, with_destination_option,
    };
    use crate::wire::DefectKind;

    #[test]
    fn home_agents_are_asked_for_and_listed() {
        // Of home agents that support mobile routers.
        let request = v6(&[144, 0, 0, 0, 0xab, 0xcd, 0x80, 0]);
        let mut octets = vec![145, 0, 0, 0, 0xab, 0xcd, 0, 0];
        octets.extend([0x20; 32]);
        let reply = v6(&octets);
        for (packet, count) in [(&request, 0), (&reply, 2)] {
            let Body::MobileIp(message) = parse(packet).body else {
                panic!();
            };
            assert_eq!(message.id(), Some(0xabcd));
            assert_eq!(message.home_agents().len(), count);
            assert!(parse(packet).defects.is_empty());
            every_prefix(packet);
            every_code(packet);
        }
        // Zeros that are no whole address are told as well as others are.
        for rest in [[0; 7], [9; 7]] {
            let packet = v6(&[&octets[..], &rest].concat());
            let message = parse(&packet);
            let [defect] = message.defects.iter().collect::<Vec<_>>()[..] else {
                panic!("{message:?}");
            };
            let DefectKind::Short {
                needed, available, ..
            } = defect.kind
            else {
                panic!("{defect:?}");
            };
            assert_eq!((needed, available), (56, 47));
        }
    }

    #[test]
    fn mobile_prefixes_have_options() {
        let solicitation = v6(&[146, 0, 0, 0, 0, 9, 0, 0, 1, 1, 2, 0, 0, 0, 1, 1]);
        let mut octets = vec![147, 0, 0, 0, 0, 9, 0xc0, 0];
        octets.extend([3, 4, 64, 0xc0, 0, 0, 0, 9, 0, 0, 0, 8, 0, 0, 0, 0]);
        octets.extend([0x20; 16]);
        let advertisement = v6(&octets);
        for (packet, flags, options) in [(&solicitation, None, 1), (&advertisement, Some(0xc0), 1)]
        {
            let Body::MobileIp(message) = parse(packet).body else {
                panic!();
            };
            assert_eq!((message.id(), message.flags()), (Some(9), flags));
            assert_eq!(message.options().count(), options);
            every_prefix(packet);
            every_code(packet);
        }
    }

    #[test]
    fn proxy_router_messages_stay_on_their_link() {
        const OPTIONS: [u8; 40] = {
            let mut octets = [0; 40];
            octets[0] = 19; // new access point
            octets[1] = 1;
            octets[2] = 1;
            octets[8] = 19; // new router
            octets[9] = 1;
            octets[10] = 3;
            octets[16] = 17;
            octets[17] = 3;
            octets[18] = 3;
            octets
        };
        for (subtype, expected) in [
            (2, &["hop limit of a proxy router message is not 255"][..]),
            (3, &["hop limit of a proxy router message is not 255"]),
            // Between routers.
            (4, &[]),
        ] {
            let packet = |hops| {
                v6_between(
                    "fe80::1",
                    "fe80::2",
                    hops,
                    &[&[154, 0, 0, 0, subtype, 0, 0, 7], &OPTIONS[..]].concat(),
                )
            };
            assert!(parse(&packet(255)).defects.is_empty());
            assert_eq!(rules(&parse(&packet(64))), expected);
        }
    }

    /// RFC 5568 section 6.1.1, RFC 5271 section 6.1.
    #[test]
    fn solicitations_tell_an_access_point() {
        let told = |code: u8, options: &[&[u8]]| {
            let octets = [&[154, code, 0, 0, 2, 0, 0, 7], &options.concat()[..]].concat();
            let packet = v6(&octets);
            every_prefix(&packet);
            rules(&parse(&packet))
        };
        let wildcard = [19, 1, 0, 0, 0, 0, 0, 0];
        let point = [19, 1, 1, 2, 3, 4, 5, 6];
        let node = [19, 1, 2, 2, 3, 4, 5, 6];
        let sector = [29, 1, 2, 4, 1, 2, 3, 4];
        let one_of_each: [&[&[u8]]; 3] = [&[&node, &point, &point], &[&wildcard], &[&sector]];
        for options in one_of_each {
            assert!(told(0, options).is_empty());
        }
        assert_eq!(told(0, &[&node]), ["no new access point"]);
        assert_eq!(told(9, &[&point]), ["code is not 0"]);
        for options in [[&wildcard, &point], [&wildcard, &wildcard]] {
            let options = options.map(|option| &option[..]);
            assert_eq!(told(0, &options), ["wildcard beside another access point"]);
        }
    }

    /// RFC 5568 section 6.1.2.
    #[test]
    fn advertisements_tell_the_new_router() {
        let told = |src: &str, code: u8, options: &[&[u8]]| {
            let octets = [&[154, code, 0, 0, 3, 0, 0, 7], &options.concat()[..]].concat();
            let packet = v6_between(src, "fe80::2", 255, &octets);
            every_prefix(&packet);
            rules(&parse(&packet))
        };
        let router = [19, 1, 3, 2, 3, 4, 5, 6];
        let address = [&[17, 3, 3, 64, 0, 0, 0, 0], &[0x20; 16][..]].concat();
        let both: &[&[u8]] = &[&router, &address];
        for code in [0, 1] {
            assert!(told("fe80::1", code, both).is_empty());
            assert_eq!(
                told("fe80::1", code, &[&router]),
                ["no address of the new router"]
            );
            assert_eq!(
                told("fe80::1", code, &[&address]),
                ["no link-layer address of the new router"]
            );
        }
        assert!(told("fe80::1", 2, &[]).is_empty());
        assert_eq!(
            told("2001:db8::1", 0, both),
            ["source of a proxy router advertisement is not link-local"]
        );
    }

    /// RFC 6275 sections 6.7, 6.8 and 11.4.3.
    #[test]
    fn mobile_prefixes_come_with_the_home_address() {
        let home = [&[0xc9, 16][..], &[0x20; 16]].concat();
        let solicitation = [146, 0, 0, 0, 0, 9, 0, 0];
        let told = |packet: &[u8]| rules(&parse(packet));
        assert!(told(&with_destination_option(&home, &solicitation)).is_empty());
        assert_eq!(
            told(&v6(&solicitation)),
            ["mobile prefix solicitation without home address"]
        );
        let routing = [&[58, 2, 2, 1, 0, 0, 0, 0], &[0x20; 16][..]].concat();
        let mut octets = vec![147, 0, 0, 0, 0, 9, 0xc0, 0];
        assert_eq!(
            told(&behind(43, &routing, &octets)),
            ["mobile prefix advertisement without prefix"]
        );
        octets.extend([3, 4, 64, 0xc0, 0, 0, 0, 9, 0, 0, 0, 8, 0, 0, 0, 0]);
        octets.extend([[0x20; 8], [0; 8]].concat());
        assert!(told(&behind(43, &routing, &octets)).is_empty());
        assert_eq!(
            told(&v6(&octets)),
            ["mobile prefix advertisement without type 2 routing header"]
        );
    }

    #[test]
    fn experimental_protocols_of_both_versions() {
        for packet in [
            v4(&[41, 0, 0, 0, 3, 0, 0, 0, 1]),
            v6(&[150, 0, 0, 0, 3, 0, 0, 0, 1]),
        ] {
            let Body::Seamoby(message) = parse(&packet).body else {
                panic!();
            };
            assert_eq!((message.subtype(), message.data()), (Some(3), &[1][..]));
            every_prefix(&packet);
            every_code(&packet);
        }
    }

    /// RFC 4066 section 5.1.1, with the numbers of RFC 4065: in IPv6 those of Neighbor Discovery.
    #[test]
    fn candidate_access_routers_are_asked_for_with_options() {
        let octets = |kind: u8| {
            let head = [kind, 0, 0, 0, 0, 0, 0, 0];
            [&head[..], &[138, 1, 0x28, 0, 0, 0, 0, 7]].concat()
        };
        let packet = v6(&octets(150));
        let message = parse(&packet);
        let names: Vec<_> = message.items().map(|item| item.name).collect();
        assert_eq!(names, [Some("card_request")]);
        let subtype = message.fields().find(|f| f.name == "subtype").unwrap();
        assert_eq!(subtype.word(), Some(("subtype_name", "card")));
        assert!(message.fields().all(|f| f.name != "data"));
        assert!(message.defects.is_empty());
        every_prefix(&packet);
        let far = v6_between("fe80::1", "fe80::2", 64, &octets(150));
        assert_eq!(
            rules(&parse(&far)),
            ["hop limit of candidate access router discovery is not 255"]
        );
        let mut coded = octets(150);
        coded[1] = 9;
        assert_eq!(rules(&parse(&v6(&coded))), ["code is not 0"]);
        let of_v4 = v4(&octets(41));
        let message = parse(&of_v4);
        assert_eq!(message.items().count(), 0);
        assert!(message.fields().any(|f| f.name == "data"));
    }
}
