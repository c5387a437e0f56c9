mod card;
mod forbidden;
mod handover;
mod left_over;
mod registration;
mod signed;

use super::*;
use crate::icmp::tests::{every_prefix, parse, rules, v6};
use crate::icmp::{Body, field::Value};
use crate::model::Timestamp;

/// A router solicitation with these options.
fn with(options: &[u8]) -> Vec<u8> {
    v6(&[&[133, 0, 0, 0, 0, 0, 0, 0], options].concat())
}

fn options(packet: &[u8]) -> NdOptions<'_> {
    match parse(packet).body {
        Body::Ndp(ndp) => ndp.options(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_length_of_0_ends_the_walk_and_is_told() {
    let packet = with(&[1, 1, 2, 3, 4, 5, 6, 7, 5, 0, 0, 0, 0, 0, 5, 220]);
    let all: Vec<_> = options(&packet).collect();
    assert_eq!(all.len(), 2);
    assert_eq!((all[1].kind, all[1].words), (5, 0));
    assert_eq!(all[1].value(), NdValue::Unknown);
    let fields: Vec<_> = all[1].fields().map(|field| field.value).collect();
    assert_eq!(fields, [Value::Octets(&[0, 0, 0, 0, 5, 220])], "no MTU");
    assert_eq!(rules(&parse(&packet)), ["option length 0"]);
}

#[test]
fn an_option_too_short_for_its_type_shows_what_is_there() {
    let shown = |octets: &[u8], expected: &[(&str, Value<'_>)]| {
        let packet = with(octets);
        let option = options(&packet).next().unwrap();
        let fields: Vec<_> = option.fields().map(|f| (f.name, f.value)).collect();
        assert_eq!(fields, expected);
        assert_eq!(rules(&parse(&packet)), ["option too short for its type"]);
    };
    shown(
        &[31, 1, 0, 0, 0xff, 0xff, 0xff, 0xff],
        &[("lifetime", Value::Seconds(u32::MAX))],
    );
    shown(
        &[12, 1, 0, 0, 1, 2, 3, 4],
        &[("data", Value::Octets(&[0, 0, 1, 2, 3, 4]))],
    );
    shown(
        &[3, 1, 64, 0xc0, 0, 0, 0, 9],
        &[
            ("prefix_length", Value::Number(64)),
            ("on_link", Value::Flag(true)),
            ("autonomous", Value::Flag(true)),
            ("router_address", Value::Flag(false)),
            ("prefix_delegation_preferred", Value::Flag(false)),
            ("valid_lifetime", Value::Seconds(9)),
        ],
    );
}

#[test]
fn options_that_break_the_rules_of_their_type() {
    let told = |octets: &[u8]| rules(&parse(&with(octets)));
    let prefix = |length: u8, valid: u8, preferred: u8, first: [u8; 2]| {
        let mut octets = vec![3, 4, length, 0xc0, 0, 0, 0, valid, 0, 0, 0, preferred];
        octets.extend([0; 4]);
        octets.extend(first);
        octets.extend([0; 14]);
        octets
    };
    assert!(told(&prefix(64, 9, 9, [0x20, 1])).is_empty());
    assert_eq!(
        told(&prefix(129, 8, 9, [0xfe, 0x80])),
        [
            "prefix length over 128",
            "preferred lifetime above the valid lifetime",
            "prefix of link-local addresses"
        ]
    );
    assert_eq!(told(&[5, 1, 0, 0, 0, 0, 4, 255]), ["MTU under 1280"]);
    assert!(told(&[5, 1, 0, 0, 0, 0, 5, 0]).is_empty());
    let mtu = [5, 2, 0, 0, 0, 0, 5, 220, 0, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(told(&mtu), ["option too long for its type"]);
    // RFC 6275 section 7.4.
    assert_eq!(told(&[8, 1, 0, 0, 0, 9, 0, 0]), ["home agent lifetime 0"]);
    assert!(told(&[8, 1, 0, 0, 0, 9, 0, 1]).is_empty());
    // Routes (RFC 4191 section 2.3).
    let longer = "prefix longer than its octets";
    assert_eq!(told(&[24, 1, 64, 0, 0, 0, 0, 9]), [longer]);
    assert_eq!(
        told(&[24, 2, 65, 0x10, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0]),
        [longer, "reserved route preference"]
    );
    assert!(told(&[24, 2, 64, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0]).is_empty());
    // Contexts (RFC 6775 section 4.2).
    assert_eq!(
        told(&[34, 2, 65, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0]),
        [longer]
    );
    // Servers and the names of domains (RFC 8106 section 5.3.1).
    let mut servers = vec![25, 4, 0, 0, 0, 0, 0, 9];
    servers.extend([0x20; 24]);
    assert_eq!(told(&servers), ["option length wrong for its type"]);
    let domains = b"\x1f\x02\0\0\0\0\0\x09\x3fabc\0\0\0\0";
    assert_eq!(told(domains), ["name is not in DNS wire format"]);
    assert!(told(b"\x1f\x02\0\0\0\0\0\x09\x03abc\0\0\0\0").is_empty());
    // RFC 3971 section 6.4.4.
    assert_eq!(
        told(&[16, 1, 2, 0, 1, 2, 3, 4]),
        ["certificate type is not 1"]
    );
    // RFC 8781 section 4.
    for code in 0..8 {
        let octets = [38, 2, 0, 8 | code, 0, 100, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let reserved = told(&octets) == ["reserved prefix length code"];
        assert_eq!(reserved, code > 5);
        assert!(reserved || told(&octets).is_empty());
    }
    // Identifiers (RFC 5271 section 6) and padding.
    let identifier = |length| told(&[29, 1, 0, length, 1, 2, 3, 4]);
    assert!(identifier(4).is_empty());
    assert_eq!(identifier(5), ["identifier longer than its option"]);
    let padding = "padding longer than its option";
    assert_eq!(told(&[27, 1, 5, 0, 1, 2, 3, 4]), [padding]);
    assert_eq!(told(&[28, 1, 3, 0, 1, 2, 3, 4]), [padding]);
    assert_eq!(told(&[15, 1, 3, 5, 1, 2, 3, 4]), [padding]);
    let cga = |pad| told(&[&[11, 5, pad, 0][..], &[0; 36]].concat());
    assert!(cga(11).is_empty());
    assert_eq!(cga(12), [padding]);
    // Encrypted DNS (RFC 9463 section 6.1).
    let dns =
        |length, name: &[u8; 6]| told(&[&[144, 2, 0, 1, 0, 0, 0, 9, 0, length][..], name].concat());
    assert!(dns(5, b"\x03abc\0\0").is_empty());
    assert_eq!(dns(7, b"\x03abc\0\0"), ["part longer than its option"]);
    assert_eq!(dns(4, b"\x03abc\0\0"), ["name is not in DNS wire format"]);
}

/// RFC 4191 section 2.3: a prefix of no bits takes no octets.
#[test]
fn a_default_route_has_a_prefix() {
    let unspecified = Value::Address(std::net::Ipv6Addr::UNSPECIFIED.into());
    let packet = with(&[24, 1, 0, 8, 0, 0, 0, 9]);
    let option = options(&packet).next().unwrap();
    let prefix = option.fields().last().unwrap();
    assert_eq!((prefix.name, prefix.value), ("prefix", unspecified));
    assert_eq!(prefix.range, 8..8);
    let cut = with(&[24, 2, 0, 8, 0, 0, 0, 9]);
    let option = options(&cut).next().unwrap();
    assert_eq!(option.fields().last().unwrap().name, "lifetime");
}

#[test]
fn every_type_and_length_is_an_option() {
    for kind in 0..=u8::MAX {
        for words in 1..=5u8 {
            let mut octets = vec![0x5a; usize::from(words) * 8];
            octets[0] = kind;
            octets[1] = words;
            let packet = with(&octets);
            let option = options(&packet).next().unwrap();
            assert_eq!((option.kind, option.words), (kind, words));
            assert_eq!(option.bytes, octets);
            assert_eq!(option.name().is_some(), tables::format(kind).is_some());
            let short = tables::format(kind).is_some_and(|f| words < f.min_words);
            assert_eq!(
                rules(&parse(&packet)).contains(&"option too short for its type"),
                short
            );
            if short {
                assert_eq!(option.value(), NdValue::Unknown);
            }
            every_prefix(&packet);
            let item = parse(&packet).items().next().unwrap();
            assert_eq!(
                item.fields().next().unwrap().value,
                Value::Number(kind.into())
            );
        }
    }
}

#[test]
fn an_unknown_option_shows_its_octets() {
    let packet = with(&[200, 1, 1, 2, 3, 4, 5, 6]);
    let option = options(&packet).next().unwrap();
    assert_eq!(option.value(), NdValue::Unknown);
    assert_eq!(
        option.fields().next().unwrap().value,
        Value::Octets(&[1, 2, 3, 4, 5, 6])
    );
}

#[test]
fn an_option_that_was_cut_is_given_as_far_as_it_goes() {
    let packet = with(&[25, 3, 0, 0, 0, 0, 0, 9, 0x20, 1]);
    let option = options(&packet).next().unwrap();
    assert_eq!(option.bytes.len(), 10);
    assert_eq!(parse(&packet).defects.count(), 1);
    assert_eq!(option.fields().next().unwrap().value, Value::Seconds(9));
}
/// RFC 8781 section 4: the lifetime counts in units of 8 seconds, a code tells the length.
#[test]
fn a_nat64_prefix_has_seconds_and_bits() {
    let shown = |code: u8| {
        let mut octets = [0; 16];
        octets[..8].copy_from_slice(&[38, 2, 0x02, 0x58 | code, 0, 0x64, 0xff, 0x9b]);
        let packet = with(&octets);
        let option = options(&packet).next().unwrap();
        let fields: Vec<_> = option.fields().map(|f| (f.name, f.value)).collect();
        assert_eq!(fields[0], ("lifetime", Value::Number(600)));
        assert_eq!(fields[1], ("length_code", Value::Number(code.into())));
        let prefix = "64:ff9b::".parse().unwrap();
        assert_eq!(
            *fields.last().unwrap(),
            ("prefix", Value::Address(std::net::IpAddr::V6(prefix)))
        );
        let length = fields.iter().find(|field| field.0 == "prefix_length");
        length.map(|field| match field.1 {
            Value::Number(bits) => bits,
            other => panic!("{other:?}"),
        })
    };
    for (code, bits) in [(0, 96), (1, 64), (2, 56), (3, 48), (4, 40), (5, 32)] {
        assert_eq!(shown(code), Some(bits));
    }
    assert_eq!((shown(6), shown(7)), (None, None));
}

/// RFC 9463 section 6.1.
#[test]
fn an_encrypted_resolver_has_a_name_addresses_and_parameters() {
    let name = b"\x03doh\x04test\0";
    let address: [u8; 16] = *b"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x53";
    let parameters = b"\0\x01\0\x07\x02h2\x03dot\0\x03\0\x02\x03\x55\0\x07\0\x04/dns";
    let mut octets = vec![144, 9, 0, 1, 0, 0, 0, 60, 0, 10];
    octets.extend(name);
    octets.extend([0, 16]);
    octets.extend(address);
    octets.extend([0, 25]);
    octets.extend(parameters);
    octets.resize(72, 0);
    fields(
        &octets,
        &[
            ("service_priority", Value::Number(1)),
            ("lifetime", Value::Seconds(60)),
            ("name_length", Value::Number(10)),
            ("domains", Value::DnsNames(name)),
            ("addresses_length", Value::Number(16)),
            ("addresses", Value::V6List(&address)),
            ("parameters_length", Value::Number(25)),
            ("parameters", Value::SvcParams(parameters)),
        ],
    );
    let told: Vec<_> = crate::icmp::svc_param::items(parameters)
        .map(|item| (item.name.unwrap(), item.fields().nth(2).unwrap().value))
        .collect();
    assert_eq!(
        told,
        [
            ("alpn", Value::Strings(b"\x02h2\x03dot")),
            ("port", Value::Number(853)),
            ("dohpath", Value::Text(b"/dns"))
        ]
    );
    let protocols = crate::icmp::field::strings(b"\x02h2\x03dot");
    assert_eq!(protocols.collect::<Vec<_>>(), [b"h2".as_slice(), b"dot"]);
    for length in 0..parameters.len() {
        let cut = crate::icmp::svc_param::items(&parameters[..length]);
        assert!(cut.map(|item| item.bytes.len()).sum::<usize>() <= length);
    }
    // A name alone (RFC 9463 section 3.1.6).
    fields(
        b"\x90\x02\0\x01\0\0\0\x3c\0\x05\x03doh\0\0",
        &[
            ("service_priority", Value::Number(1)),
            ("lifetime", Value::Seconds(60)),
            ("name_length", Value::Number(5)),
            ("domains", Value::DnsNames(b"\x03doh\0")),
        ],
    );
}

/// RFC 5271 section 6.2: what is behind the identifier pads it.
#[test]
fn an_identifier_comes_without_its_padding() {
    fields(
        &[
            30, 2, 1, 5, b'n', b'o', b'd', b'e', b'1', 0, 0, 0, 0, 0, 0, 0,
        ],
        &[
            ("option_code", Value::Number(1)),
            ("id_length", Value::Number(5)),
            ("id", Value::Octets(b"node1")),
            ("nai", Value::Text(b"node1")),
        ],
    );
}

fn fields(options_octets: &[u8], expected: &[(&str, Value<'_>)]) {
    let packet = with(options_octets);
    let option = options(&packet).next().unwrap();
    let fields: Vec<_> = option.fields().map(|f| (f.name, f.value)).collect();
    assert_eq!(fields, expected);
    assert!(parse(&packet).defects.is_empty());
    every_prefix(&packet);
}

/// RFC 6775 section 4.3.
#[test]
fn a_border_router_without_a_lifetime_has_the_usual_one() {
    let mut octets = vec![35, 3, 0, 1, 0, 0, 0, 0];
    octets.extend([0x20; 16]);
    let word = |octets: &[u8]| {
        let packet = with(octets);
        let option = options(&packet).next().unwrap();
        let lifetime = option.fields().find(|field| field.name == "lifetime");
        lifetime.and_then(|field| field.word())
    };
    let usual = ("lifetime_name", "default_of_10000_minutes");
    assert_eq!(word(&octets), Some(usual));
    octets[7] = 1;
    assert_eq!(word(&octets), None);
}

/// RFC 3971 section 6.4.3: type 1 is a name of X.501, type 2 one of the DNS.
#[test]
fn a_trust_anchor_is_named_by_its_name_type() {
    let named = |kind: u8| [&[15, 3, kind, 2][..], b"\x06anchor\x07example\0\0\0\0\0"].concat();
    let domain = named(2);
    for (kind, defects) in [
        (1, &["name cannot be decoded"][..]),
        // Of another kind nobody knows.
        (3, &[]),
    ] {
        let other = named(kind);
        let packet = with(&other);
        let option = options(&packet).next().unwrap();
        let told: Vec<_> = option.fields().map(|f| (f.name, f.value)).collect();
        assert_eq!(told[2], ("anchor", Value::Octets(&other[4..22])));
        assert_eq!(rules(&parse(&packet)), defects, "{kind}");
    }
    let name = [0x30, 12, 0x31, 10, 0x30, 8, 6, 3, 0x55, 4, 10, 12, 1, b'L'];
    let certain = [&[15, 3, 1, 6][..], &name, &[0; 6]].concat();
    assert!(parse(&with(&certain)).defects.is_empty());
    fields(
        &domain,
        &[
            ("name_type", Value::Number(2)),
            ("pad_length", Value::Number(2)),
            ("domains", Value::DnsNames(&domain[4..22])),
        ],
    );
    let list: Vec<_> = crate::icmp::dns::names(&domain[4..22]).collect();
    assert_eq!(list.len(), 1);
    assert_eq!(
        list[0].labels().collect::<Vec<_>>(),
        [b"anchor".as_slice(), b"example"]
    );
}

/// RFC 3971 section 5.1 with the parameters of RFC 3972 section 3; RFC 3971 section 5.3.1.
#[test]
fn generated_addresses_and_timestamps_have_fields() {
    let mut octets = vec![11, 5, 3, 0];
    octets.extend([0xaa; 16]);
    octets.extend([0x20, 1, 0x0d, 0xb8, 0, 1, 0, 2, 1]);
    octets.extend([0xbb; 11]);
    fields(
        &octets,
        &[
            ("pad_length", Value::Number(3)),
            ("modifier", Value::Octets(&[0xaa; 16])),
            ("subnet_prefix", Value::Octets(&octets[20..28])),
            ("collision_count", Value::Number(1)),
            // The last three are padding.
            ("public_key", Value::Octets(&[0xbb; 8])),
        ],
    );
    let time = [13, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0x65, 0x53, 0xf1, 0, 0x80, 0];
    fields(
        &time,
        &[
            (
                "time",
                Value::Time(Timestamp::from_nanos(1_700_000_000_500_000_000)),
            ),
            ("seconds", Value::Number(1_700_000_000)),
            ("fraction_in_65536ths", Value::Number(0x8000)),
        ],
    );
}

#[test]
fn a_key_tells_where_the_extension_behind_it_begins() {
    let key = [0x30, 3, 1, 2, 3];
    let extension = [0, 9, 0, 2, 0xaa, 0xbb];
    for (behind, told) in [(&extension[..], 3), (&[], 0), (&extension[..3], 0)] {
        let mut option = vec![11, 6, 0, 0];
        option.extend([7; 16]);
        option.extend([8; 8]);
        option.push(1);
        option.extend(key);
        option.extend(behind);
        option[2] = 48 - u8::try_from(option.len()).unwrap();
        option.resize(48, 0);
        let found = NdOptions::new(&option).next().unwrap();
        let is_of_key = |name: &str| matches!(name, "key_algorithm" | "key_bits" | "key_exponent");
        let fields: Vec<_> = (found.fields().filter(|f| !is_of_key(f.name)))
            .map(|f| (f.name, f.value))
            .collect();
        assert_eq!(fields[4], ("public_key", Value::Octets(&key)));
        let of_extension = [
            ("extension_kind", Value::Number(9)),
            ("extension_length", Value::Number(2)),
            ("extension", Value::Octets(&[0xaa, 0xbb])),
        ];
        assert_eq!(fields[5..], of_extension[..told], "{behind:?}");
    }
}

/// RFC 8801 section 3.1: a header of a router advertisement, and options, in the option.
#[test]
fn a_provisioning_domain_has_options_of_its_own() {
    let name = b"\x03abc\0";
    let mtu = [5, 1, 0, 0, 0, 0, 5, 220];
    let domain = |flags: u8, behind: &[u8]| {
        let words = u8::try_from(2 + behind.len() / 8).unwrap();
        let mut octets = vec![21, words, flags, 0, 0, 7];
        octets.extend(name);
        octets.resize(16, 0);
        octets.extend(behind);
        octets
    };
    let header = [134, 0, 0, 0, 64, 0x80, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0];
    let parts = |packet: &[u8], field: &str| -> Vec<(Option<&str>, usize)> {
        let option = options(packet).next().unwrap();
        let found = option.fields().find(|f| f.name == field).unwrap().value;
        let Value::Parts(parts, octets) = found else {
            panic!();
        };
        let named = |item: Item<'_>| (item.name, item.fields().count());
        parts.items(octets).map(named).collect()
    };
    let packet = with(&domain(0x20, &[&header[..], &mtu, &mtu].concat()));
    // Type, code, checksum and what has no reserved bit set.
    assert_eq!(
        parts(&packet, "header"),
        [(Some("router_advertisement"), 12)]
    );
    assert_eq!(parts(&packet, "options"), [(Some("mtu"), 3); 2]);
    assert!(parse(&packet).defects.is_empty());
    every_prefix(&packet);
    // A domain within is given as octets.
    let packet = with(&domain(0, &domain(0, &mtu)));
    assert_eq!(parts(&packet, "options"), [(Some("pvd_id"), 3)]);
    assert_eq!(rules(&parse(&packet)), ["provisioning domain in another"]);
    every_prefix(&packet);
    // A header that is announced, and is not all there.
    for there in [0, 8] {
        let packet = with(&domain(0x20, &header[..there]));
        assert_eq!(
            rules(&parse(&packet)),
            ["R flag without the header of a router advertisement"]
        );
        every_prefix(&packet);
    }
    for (behind, rule) in [
        (&[5, 0, 0, 0, 0, 0, 5, 220], "option length 0"),
        (&[5, 2, 0, 0, 0, 0, 5, 220], "part longer than its option"),
        (&[25, 1, 0, 0, 0, 0, 0, 9], "option too short for its type"),
        (&[5, 1, 0, 0, 0, 0, 0, 99], "MTU under 1280"),
    ] {
        let packet = with(&domain(0, behind));
        assert_eq!(rules(&parse(&packet)), [rule]);
        every_prefix(&packet);
    }
}
