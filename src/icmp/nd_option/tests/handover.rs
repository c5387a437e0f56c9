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
    let prefix = |length: u8| [&[17, 3, 4, length, 0, 0, 0, 0], &[0x20; 16][..]].concat();
    assert!(broken(&prefix(128)).is_empty());
    assert_eq!(broken(&prefix(129)), ["prefix length over 128"]);
    let answer = |words: u8, status: u8| {
        let mut option = vec![20, words, 0, status];
        option.resize(usize::from(words) * 8, 0);
        broken(&option)
    };
    assert!(answer(1, 1).is_empty() && answer(3, 2).is_empty());
    assert_eq!(answer(1, 2), ["no new care-of address supplied"]);
    assert_eq!(answer(2, 1), ["option length wrong for its type"]);
}
