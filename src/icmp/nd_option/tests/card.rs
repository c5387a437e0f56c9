//! Options of the discovery of candidate access routers (RFC 4066 section 5.1).

use super::*;

/// What a part of a request or reply is called, and its fields behind type and length.
type Part<'a> = (Option<&'static str>, Vec<(&'static str, Value<'a>)>);

/// What is within the first option.
fn parts(packet: &[u8]) -> Vec<Part<'_>> {
    let option = options(packet).next().unwrap();
    let within = option.fields().find(|f| f.name == "sub_options");
    let Some(Value::Parts(parts, octets)) = within.map(|field| field.value) else {
        return Vec::new();
    };
    let mut told = Vec::new();
    for item in parts.items(octets) {
        let fields = item.fields().skip(2).map(|f| (f.name, f.value));
        told.push((item.name, fields.collect()));
    }
    told
}

/// A request or reply with these octets behind its head.
fn option(kind: u8, flags: u8, within: &[u8]) -> Vec<u8> {
    let words = u8::try_from(1 + within.len() / 8).unwrap();
    [&[kind, words, 0x20 | flags, 0, 0, 0, 0, 7][..], within].concat()
}

const L2_ID: [u8; 16] = [
    1, 2, 9, 1, 0, 3, 0x02, 0, 0, 0, 0, 0xaa, 0, 0, 0, 0, // padding
];

#[test]
fn a_request_tells_what_it_asks_for() {
    let packet = with(&option(138, 0x18, &L2_ID));
    let message = parse(&packet);
    let item = message.items().next().unwrap();
    let fields: Vec<_> = item.fields().skip(2).map(|f| (f.name, f.value)).collect();
    assert_eq!(
        fields[..6],
        [
            ("version", Value::Number(1)),
            ("piggybacking", Value::Flag(true)),
            ("capabilities", Value::Flag(true)),
            ("no_address_translation", Value::Flag(false)),
            ("all_certificates", Value::Flag(false)),
            ("sequence", Value::Number(7)),
        ]
    );
    assert_eq!(
        parts(&packet),
        [(
            Some("l2_id"),
            vec![
                ("context_id", Value::Number(9)),
                ("status", Value::Number(1)),
                ("l2_type", Value::Number(3)),
                ("id", Value::Octets(&[2, 0, 0, 0, 0, 0xaa])),
            ]
        )]
    );
    assert!(message.defects.is_empty(), "{:?}", message.defects);
    every_prefix(&packet);
}

#[test]
fn a_reply_tells_addresses_and_capabilities() {
    let address: [u8; 16] = *b"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01";
    let within = [
        &[2, 1, 9, 1, 192, 0, 2, 1][..],
        &[2, 3, 9, 2],
        &address,
        &[0; 4],
        &[3, 1, 9, 0x80, 1, 2, 3, 4],
        // Nobody knows this one.
        &[99, 1, 1, 2, 3, 4, 5, 6],
    ]
    .concat();
    let packet = with(&option(139, 0x14, &within));
    let v4 = std::net::IpAddr::from([192, 0, 2, 1]);
    let v6 = std::net::IpAddr::from(address);
    assert_eq!(
        parts(&packet),
        [
            (
                Some("address"),
                vec![
                    ("context_id", Value::Number(9)),
                    ("address_type", Value::Number(1)),
                    ("address", Value::Address(v4)),
                ]
            ),
            (
                Some("address"),
                vec![
                    ("context_id", Value::Number(9)),
                    ("address_type", Value::Number(2)),
                    ("address", Value::Address(v6)),
                ]
            ),
            (
                Some("capability_container"),
                vec![
                    ("context_id", Value::Number(9)),
                    ("piggybacking", Value::Flag(true)),
                    ("capabilities", Value::Octets(&[1, 2, 3, 4])),
                ]
            ),
            (None, vec![("data", Value::Octets(&[1, 2, 3, 4, 5, 6]))]),
        ]
    );
    let message = parse(&packet);
    let item = message.items().next().unwrap();
    let last = item.fields().find(|f| f.name == "last").unwrap();
    assert_eq!(last.value, Value::Flag(true));
    assert!(message.defects.is_empty(), "{:?}", message.defects);
    every_prefix(&packet);
}

/// An attribute of 0 ends the preferences (section 5.1.3.2).
#[test]
fn preferences_end_with_an_attribute_of_0() {
    let packet = with(&option(138, 0x08, &[4, 1, 0, 5, 0, 6, 0, 0]));
    let list = Value::NumberList(2, &[0, 5, 0, 6]);
    assert_eq!(
        parts(&packet),
        [(Some("preferences"), vec![("attributes", list)])]
    );
    assert!(parse(&packet).defects.is_empty());
    every_prefix(&packet);
    let packet = with(&option(138, 0x08, &[5, 1, 0, 5, 0, 8, 0, 1]));
    let octets = Value::Octets(&[0, 5, 0, 8, 0, 1]);
    assert_eq!(
        parts(&packet),
        [(Some("requirements"), vec![("requirements", octets)])]
    );
}

#[test]
fn an_anchor_and_a_certificate_are_read() {
    let name = [0x30, 12, 0x31, 10, 0x30, 8, 6, 3, 0x55, 4, 10, 12, 1, b'L'];
    let anchor = [&[6, 3, 0xff, 0xff][..], &name, &[0; 6]].concat();
    let packet = with(&option(138, 0x08, &anchor));
    let [(kind, fields)] = &parts(&packet)[..] else {
        panic!();
    };
    assert_eq!(*kind, Some("trusted_anchor"));
    assert_eq!(
        fields[..2],
        [
            ("component", Value::Number(0xffff)),
            ("anchor", Value::Octets(&name)),
        ]
    );
    assert_eq!(fields[2].0, "anchor_name");
    assert!(parse(&packet).defects.is_empty());
    every_prefix(&packet);
    let certificate = [7, 2, 9, 0, 0, 3, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8];
    let packet = with(&option(139, 0, &certificate));
    assert_eq!(
        parts(&packet),
        [(
            Some("router_certificate"),
            vec![
                ("context_id", Value::Number(9)),
                ("all_components", Value::Number(3)),
                ("component", Value::Number(2)),
                ("certificate", Value::Octets(&certificate[8..])),
            ]
        )]
    );
    assert_eq!(rules(&parse(&packet)), ["no certificate"]);
    every_prefix(&packet);
}

#[test]
fn what_a_request_or_reply_must_not_hold_is_told() {
    let told = |option: &[u8]| rules(&parse(&with(option)));
    let of_routers = "flag that is valid between routers only";
    assert_eq!(told(&option(138, 0x02, &[])), [of_routers]);
    assert_eq!(told(&option(139, 0x08, &[])), [of_routers]);
    assert_eq!(
        told(&option(138, 0x04, &[])),
        ["request for neither addresses nor capabilities"]
    );
    assert!(told(&option(138, 0x0c, &[])).is_empty());
    for (within, rule) in [
        (&[1, 0, 0, 0, 0, 0, 0, 0], "option length 0"),
        (&[1, 2, 0, 0, 0, 0, 0, 0], "part longer than its option"),
        (
            &[2, 1, 0, 2, 1, 2, 3, 4],
            "option length wrong for its type",
        ),
    ] {
        let packet = with(&option(138, 0x08, within));
        assert_eq!(rules(&parse(&packet)), [rule]);
        every_prefix(&packet);
    }
    // Of another version nothing more is known.
    let packet = with(&[138, 1, 0x46, 0, 0, 0, 0, 7]);
    let option = options(&packet).next().unwrap();
    let fields: Vec<_> = option.fields().map(|f| (f.name, f.value)).collect();
    assert_eq!(
        fields,
        [
            ("version", Value::Number(2)),
            ("data", Value::Octets(&[0x46, 0, 0, 0, 0, 7]))
        ]
    );
    assert!(parse(&packet).defects.is_empty());
}
