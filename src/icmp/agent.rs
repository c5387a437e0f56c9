//! What mobility agents add to router advertisements for IPv4 (RFC 5944 section 2.1, IANA registry
//! `Extensions appearing in ICMP messages` of Mobile IPv4).

use super::decode::Decoder;
use super::field::{FieldSpec, spec};
use super::item::{Item, Specs};
use super::type_length::{self, HEADER, PADDING};

/// Takes the first extension off `rest`; one that claims more than is there is given as far as it
/// goes.
pub(super) fn next<'a>(rest: &mut &'a [u8]) -> Option<Item<'a>> {
    let (bytes, length) = type_length::next(rest)?;
    let kind = *bytes.first()?;
    let (name, table) = format(kind);
    Some(Item {
        group: "agent_extensions",
        number: Some(kind.into()),
        name,
        length: length.and_then(|length| u32::try_from(length).ok()),
        bytes,
        specs: match kind {
            PADDING => Specs::Table(KIND),
            _ => Specs::Two(KIND_AND_LENGTH, table),
        },
        extent: type_length::extent(bytes),
    })
}

/// The extension that makes a router advertisement an agent's (RFC 5944 section 2.1.1).
const MOBILITY_AGENT_TYPE: u8 = 16;
/// A length for the prefix of each router address (section 2.1.2).
const PREFIX_LENGTHS: u8 = 19;
/// That it asks for registration, in any case.
const REQUIRED: u8 = 0x80;
/// That it is too busy to register more.
const BUSY: u8 = 0x40;
const HOME_AGENT: u8 = 0x20;
const FOREIGN_AGENT: u8 = 0x10;

/// Whether an agent advertises itself in what is behind the addresses of routers.
pub(super) fn is_advertised(mut behind: &[u8]) -> bool {
    std::iter::from_fn(|| type_length::next(&mut behind))
        .any(|(extension, _)| extension.first() == Some(&MOBILITY_AGENT_TYPE))
}

/// Tells of an extension that is not all there or breaks rules; `at` is where `octets` stand in the
/// message, behind so many `addresses` of routers.
pub(super) fn check(octets: &[u8], at: usize, addresses: u8, decoder: &mut Decoder<'_, '_>) {
    // RFC 5944 section 2.1.1: 6, and 4 for each care-of address.
    let fits = |extension: &[u8], length: usize| {
        extension.first() != Some(&MOBILITY_AGENT_TYPE)
            || length >= HEADER + 6 && length.is_multiple_of(4)
    };
    let rule = "extension length wrong for its type";
    type_length::check(octets, at, decoder, fits, rule);
    let mut start = at;
    let mut rest = octets;
    while let Some((extension, stated)) = type_length::next(&mut rest) {
        // What is not there is told already.
        if stated == Some(extension.len()) {
            faults(extension, addresses, &mut |offset, rule| {
                decoder.rule(start + offset, rule);
            });
        }
        start += extension.len();
    }
}

fn faults(extension: &[u8], addresses: u8, tell: &mut dyn FnMut(usize, &'static str)) {
    /// Octets before the care-of addresses.
    const FIXED: usize = 8;
    match extension.first() {
        Some(&MOBILITY_AGENT_TYPE) => {
            let Some(&flags) = extension.get(6) else {
                return;
            };
            let has = |mask| flags & mask != 0;
            if !has(FOREIGN_AGENT) && !has(HOME_AGENT) {
                tell(6, "agent that is neither home agent nor foreign agent");
            }
            if has(FOREIGN_AGENT) && extension.len() <= FIXED {
                tell(6, "foreign agent without a care-of address");
            }
            if has(BUSY) && !has(FOREIGN_AGENT) {
                tell(6, "busy flag without that of a foreign agent");
            }
            if has(REQUIRED) && !has(FOREIGN_AGENT) {
                tell(6, "registration required without a foreign agent");
            }
        }
        Some(&PREFIX_LENGTHS) if extension.len() != HEADER + usize::from(addresses) => {
            tell(1, "not one prefix length for each router address");
        }
        _ => {}
    }
}

const KIND: &[FieldSpec] = &[spec::u8(0, "type")];
const KIND_AND_LENGTH: &[FieldSpec] = &[spec::u8(0, "type"), spec::u8(1, "length")];

/// The snake-case name of an extension type.
pub fn extension_name(kind: u8) -> Option<&'static str> {
    format(kind).0
}

/// The name of a type, and the fields behind its length.
const fn format(kind: u8) -> (Option<&'static str>, &'static [FieldSpec]) {
    match kind {
        PADDING => (Some("one_byte_padding"), &[]),
        MOBILITY_AGENT_TYPE => (Some("mobility_agent_advertisement"), MOBILITY_AGENT),
        // RFC 5944 section 2.1.2: one for each router address.
        PREFIX_LENGTHS => (
            Some("prefix_lengths"),
            const { &[spec::number_list(2, 1, "prefix_lengths")] },
        ),
        // RFC 4721 section 2.
        24 => (Some("challenge"), const { &[spec::rest(2, "challenge")] }),
        _ => (None, const { &[spec::rest(2, "data")] }),
    }
}

/// RFC 5944 section 2.1.1; the flags behind `reverse_tunneling` are of RFC 3519 section 3.4, RFC 3543
/// section 3 and RFC 4857 section 8.1.
const MOBILITY_AGENT: &[FieldSpec] = &[
    spec::u16(2, "sequence"),
    spec::seconds_of(4, 2, "registration_lifetime"),
    spec::flag(6, REQUIRED, "registration_required"),
    spec::flag(6, BUSY, "busy"),
    spec::flag(6, HOME_AGENT, "home_agent"),
    spec::flag(6, FOREIGN_AGENT, "foreign_agent"),
    spec::flag(6, 0x08, "minimal_encapsulation"),
    spec::flag(6, 0x04, "gre_encapsulation"),
    spec::reserved(6, 1, 0x02, "reserved"),
    spec::flag(6, 0x01, "reverse_tunneling"),
    spec::flag(7, 0x80, "udp_tunneling"),
    spec::flag(7, 0x40, "revocation"),
    spec::flag(7, 0x20, "regional_registration"),
    spec::reserved(7, 1, 0x1f, "reserved2"),
    spec::v4_list(8, "care_of_addresses"),
];

#[cfg(test)]
mod tests {
    use crate::icmp::field::Value;
    use crate::icmp::tests::{every_code, every_prefix, parse, rules, v4};

    fn advertisement(extensions: &[u8]) -> Vec<u8> {
        let head = [9, 16, 0, 0, 1, 2, 0x07, 0x08, 192, 0, 2, 1, 0, 0, 0, 5];
        let mut packet = v4(&[&head[..], extensions].concat());
        packet[8] = 1;
        packet
    }

    #[test]
    fn an_agent_tells_what_it_offers() {
        let agent = [
            16, 10, 0, 9, 0xff, 0xff, 0x91, 0x80, 203, 0, 113, 7, 19, 1, 24, 0, 24, 4, 1, 2, 3, 4,
            200, 1, 7,
        ];
        let packet = advertisement(&agent);
        let message = parse(&packet);
        assert!(message.defects.is_empty(), "{:?}", message.defects);
        let extensions: Vec<_> = message.items().skip(1).collect();
        let names: Vec<_> = extensions.iter().map(|item| item.name).collect();
        let known = [
            "mobility_agent_advertisement",
            "prefix_lengths",
            "one_byte_padding",
            "challenge",
        ];
        assert_eq!(names[..4], known.map(Some));
        assert_eq!(names[4..], [None]);
        let fields: Vec<_> = extensions[0].fields().map(|f| (f.name, f.value)).collect();
        assert!(fields.contains(&("sequence", Value::Number(9))));
        assert!(fields.contains(&("registration_lifetime", Value::Number(65535))));
        let flags: Vec<_> = fields
            .iter()
            .filter(|(_, value)| *value == Value::Flag(true))
            .map(|(name, _)| *name)
            .collect();
        let set = [
            "registration_required",
            "foreign_agent",
            "reverse_tunneling",
            "udp_tunneling",
        ];
        assert_eq!(flags, set);
        assert!(fields.contains(&("care_of_addresses", Value::V4List(&[203, 0, 113, 7]))));
        every_prefix(&packet);
        every_code(&packet);
    }

    #[test]
    fn an_extension_of_a_wrong_length_is_told() {
        let cut_behind_a_whole_one = &[16, 6, 0, 9, 0, 0, 0x20, 0, 24];
        for (agent, items) in [
            (&[16, 4, 0, 9, 0, 0][..], 2),
            (&[16, 20, 0, 9], 2),
            (cut_behind_a_whole_one, 3),
        ] {
            let packet = advertisement(agent);
            let message = parse(&packet);
            assert!(!message.defects.is_empty(), "{agent:?}");
            assert_eq!(message.items().count(), items);
        }
    }

    /// RFC 1256 section 5.2 and RFC 5944 section 2.1: what is behind the addresses of routers counts
    /// where an agent is, which need not be a router.
    #[test]
    fn an_agent_need_not_be_a_router_and_a_router_no_agent() {
        let behind = [0xff, 0xff, 0xff];
        let packet = advertisement(&behind);
        let message = parse(&packet);
        assert!(message.defects.is_empty());
        assert_eq!(message.items().count(), 1);
        assert_eq!(message.unread(), Some(&behind[..]));
        let told = |behind: &[u8]| {
            let mut packet = v4(&[&[9, 0, 0, 0, 0, 2, 0x07, 0x08], behind].concat());
            packet[8] = 1;
            parse(&packet).defects.count()
        };
        assert_eq!(told(&[16, 6, 0, 9, 0, 0, 0x20, 0]), 0);
        assert_eq!(told(&[]), 1);
    }

    /// RFC 5944 section 2.1.1.
    #[test]
    fn flags_of_an_agent_that_its_role_forbids() {
        let busy = "busy flag without that of a foreign agent";
        let required = "registration required without a foreign agent";
        for (flags, care_of, told) in [
            (0x10, 1, &[][..]),
            (0xd0, 1, &[]),
            (0x20, 0, &[]),
            (0x10, 0, &["foreign agent without a care-of address"]),
            (
                0x00,
                0,
                &["agent that is neither home agent nor foreign agent"],
            ),
            (0x60, 0, &[busy]),
            (0xa0, 0, &[required]),
        ] {
            let head = [16, 6 + 4 * care_of, 0, 9, 0, 9, flags, 0];
            let addresses = [203, 0, 113, 7].repeat(care_of.into());
            let packet = advertisement(&[&head[..], &addresses].concat());
            assert_eq!(rules(&parse(&packet)), told, "{flags:#x}");
        }
    }

    /// RFC 5944 sections 2.1 and 2.1.2.
    #[test]
    fn an_agent_advertises_itself_on_its_link() {
        let agent = [16, 6, 0, 9, 0, 9, 0x20, 0];
        let with = |lengths: &[u8]| advertisement(&[&agent, lengths].concat());
        assert!(rules(&parse(&with(&[19, 1, 24]))).is_empty());
        for lengths in [&[19, 0][..], &[19, 2, 24, 24]] {
            assert_eq!(
                rules(&parse(&with(lengths))),
                ["not one prefix length for each router address"]
            );
        }
        let mut packet = with(&[]);
        packet[8] = 64;
        assert_eq!(
            rules(&parse(&packet)),
            ["TTL of an agent advertisement is not 1"]
        );
    }
}
