//! Options of fast handovers (RFC 5568 section 6.4, RFC 5269, RFC 5271).

use super::*;

/// The fields of the first option by name: numbers with their words, and text.
fn told(option: &[u8]) -> Vec<(&'static str, String)> {
    let packet = with(option);
    every_prefix(&packet);
    let found = options(&packet).next().unwrap();
    let fields = found.fields().map(|field| {
        let value = match (field.word(), field.value) {
            (Some((_, word)), _) => word.to_owned(),
            (None, Value::Text(text)) => String::from_utf8_lossy(text).into_owned(),
            (None, Value::X509(part, octets)) => {
                format!("{:?}", crate::icmp::x509::told(part, octets))
            }
            (None, value) => format!("{value:?}"),
        };
        (field.name, value)
    });
    fields.collect()
}

/// RFC 5271 sections 6.1 and 6.2.
#[test]
fn option_codes_tell_what_an_identifier_is() {
    let about = |kind: u8, code: u8, id: &[u8]| {
        let length = u8::try_from(id.len()).unwrap();
        let mut option = [&[kind, 0, code, length][..], id].concat();
        option.resize(option.len().next_multiple_of(8), 0);
        option[1] = u8::try_from(option.len() / 8).unwrap();
        let fields = told(&option);
        let text = { fields.iter() }.find(|(name, _)| matches!(*name, "nai" | "imsi"));
        (fields[0].1.clone(), text.cloned())
    };
    let text = |name, text: &str| Some((name, text.to_owned()));
    for (kind, code, id, word, expected) in [
        (29, 1, &b"abcdef"[..], "access_network_id", None),
        (29, 2, b"sect", "sector_id", None),
        (30, 1, b"user@lab.test", "nai", text("nai", "user@lab.test")),
        (
            30,
            2,
            b"440701234567890",
            "imsi",
            text("imsi", "440701234567890"),
        ),
        (30, 3, b"other", "Number(3)", None),
    ] {
        assert_eq!(about(kind, code, id), (word.to_owned(), expected));
    }
}

/// RFC 5269 section 4.1: the key has the format of a CGA's, which is that of X.509.
#[test]
fn the_key_of_a_request_tells_what_it_is() {
    let mut key = vec![0x30, 0x5c, 0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7];
    key.extend([
        0x0d, 1, 1, 1, 5, 0, 3, 0x4b, 0, 0x30, 0x48, 2, 0x41, 0, 0xc0,
    ]);
    key.extend([0; 62]);
    key.extend([1, 2, 3, 1, 0, 1]);
    let of = |kind: u8, head: &[u8]| {
        let mut option = [&[kind, 0][..], head, &key].concat();
        option[2] = u8::try_from(option.len().next_multiple_of(8) - option.len()).unwrap();
        option.resize(option.len().next_multiple_of(8), 0);
        option[1] = u8::try_from(option.len() / 8).unwrap();
        let mut fields = told(&option);
        fields.retain(|(name, _)| name.starts_with("key_"));
        fields
    };
    let expected = [
        ("key_algorithm", "Some(Text(\"rsaEncryption\"))".to_owned()),
        ("key_bits", "Some(Number(512))".to_owned()),
        ("key_exponent", "Some(Number(65537))".to_owned()),
    ];
    assert_eq!(of(27, &[0, 0x10]), expected);
    // That of a reply is encrypted.
    assert_eq!(of(28, &[0, 0x10, 0, 9]), []);
}

/// RFC 5568 sections 6.4.1 and 6.4.6.
#[test]
fn addresses_of_a_handover_are_whole() {
    let broken = |option: &[u8]| rules(&parse(&with(option)));
    let prefix = |kind: u8, code: u8, length: u8| {
        broken(&[&[kind, 3, code, length, 0, 0, 0, 0], &[0x20; 16][..]].concat())
    };
    // What is no prefix of a router has all its bits. The last that is set is the 123rd.
    for (kind, code, is_prefix) in [
        (17, 1, false),
        (17, 2, false),
        (17, 3, false),
        (17, 4, true),
        (18, 0, true),
    ] {
        for length in 0..=u8::MAX {
            let expected: &[_] = match length {
                129.. => &["prefix length over 128"],
                0..123 if is_prefix => &["bits set behind the prefix length"],
                _ => &[],
            };
            assert_eq!(
                prefix(kind, code, length),
                expected,
                "{kind} {code} {length}"
            );
        }
    }
    let answer = |words: u8, status: u8| {
        let mut option = vec![20, words, 0, status];
        option.resize(usize::from(words) * 8, 0);
        broken(&option)
    };
    assert!(answer(1, 1).is_empty() && answer(3, 2).is_empty());
    assert_eq!(answer(1, 2), ["no new care-of address supplied"]);
    assert_eq!(answer(2, 1), ["option length wrong for its type"]);
}

/// RFC 5568 section 6.4.3: nothing but zeros tells what pads an address.
#[test]
fn an_address_of_a_handover_comes_without_its_padding() {
    for (octets, address) in [
        (&[2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0], 6),
        (&[2, 0, 0, 0, 0, 1, 0, 9, 0, 0, 0, 0, 0], 8),
        (&[2, 0, 0, 0, 0, 1, 0, 9, 0, 0, 0, 0, 7], 13),
    ] {
        fields(
            &[&[19, 2, 2], &octets[..]].concat(),
            &[
                ("option_code", Value::Number(2)),
                ("address", Value::Octets(&octets[..address])),
            ],
        );
    }
    fields(
        &[19, 1, 2, 1, 2, 3, 4, 0],
        &[
            ("option_code", Value::Number(2)),
            ("address", Value::Octets(&[1, 2, 3, 4, 0])),
        ],
    );
}

/// RFC 5269 section 4.1.
#[test]
fn a_handover_key_comes_without_its_padding() {
    fields(
        &[27, 2, 3, 0x10, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 0],
        &[
            ("pad_length", Value::Number(3)),
            ("algorithm", Value::Number(1)),
            ("key", Value::Octets(&[1, 2, 3, 4, 5, 6, 7, 8, 9])),
        ],
    );
    fields(
        &[28, 2, 2, 0x10, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0],
        &[
            ("pad_length", Value::Number(2)),
            ("algorithm", Value::Number(1)),
            ("lifetime", Value::Number(9)),
            ("key", Value::Octets(&[1, 2, 3, 4, 5, 6, 7, 8])),
        ],
    );
}

/// RFC 4068 section 6.4.2.
#[test]
fn the_prefix_of_a_new_router_is_no_address() {
    let option = [&[18, 3, 0, 64, 0, 0, 0, 0], &[0x20; 16][..]].concat();
    let names: Vec<_> = told(&option).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["option_code", "prefix_length", "prefix"]);
}
