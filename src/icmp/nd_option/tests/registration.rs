//! Options of nodes that register addresses: RFC 8505, RFC 8928, RFC 9685 and RFC 9926.

use super::*;

/// RFC 8928 section 4.3: what is behind the key pads it.
#[test]
fn parameters_of_a_crypto_id_have_a_key_without_its_padding() {
    let of_type = |kind: u8, words: u8, length: u8, key: &[u8]| {
        let mut octets = [&[39, words, 0, length, kind, 9, 4][..], key].concat();
        octets.resize(usize::from(words) * 8, 0);
        octets
    };
    let option = |words, length, key: &[u8]| of_type(1, words, length, key);
    let key = [7; 32];
    fields(
        &option(5, 32, &key),
        &[
            ("public_key_length", Value::Number(32)),
            ("crypto_type", Value::Number(1)),
            ("modifier", Value::Number(9)),
            ("registration_length", Value::Number(4)),
            ("public_key", Value::Octets(&key)),
        ],
    );
    let told = |octets: &[u8]| rules(&parse(&with(octets)));
    let wrong_key = "key length wrong for its type";
    assert_eq!(
        told(&option(5, 34, &key)),
        ["part longer than its option", wrong_key]
    );
    for (kind, length, expected) in [
        (0, 33, &[][..]),
        (1, 33, &[wrong_key]),
        (2, 32, &[wrong_key]),
        (3, 32, &[]),
    ] {
        assert_eq!(told(&of_type(kind, 5, length, &key)), expected, "{kind}");
    }
    // More padding than aligns it.
    assert_eq!(
        told(&option(6, 32, &key)),
        ["option length wrong for its type"]
    );
    let packet = with(&option(5, 32, &key));
    let option = options(&packet).next().unwrap();
    let kind = option.fields().find(|f| f.name == "crypto_type").unwrap();
    assert_eq!(kind.word(), Some(("crypto_type_name", "ed25519")));
    // Of a key that was cut nothing is told but its octets.
    let cut = with(&[39, 5, 0, 32, 1, 9, 4, 7, 7]);
    let message = parse(&cut);
    let item = message.items().next().unwrap();
    assert!(item.fields().all(|f| f.name != "public_key"));
    assert_eq!(item.unread(), Some(&[7, 7][..]));
    assert_eq!(message.defects.count(), 1);
}

/// RFC 8928 section 4.4; the upper bits of its length are reserved.
#[test]
fn a_signature_comes_without_its_padding() {
    let octets = [
        40, 2, 0x08, 5, 0, 0, 0, 1, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0, 0, 0,
    ];
    fields(
        &octets,
        &[
            ("reserved1", Value::Hex(1)),
            ("signature_length", Value::Number(5)),
            ("reserved2", Value::Hex(1)),
            ("signature", Value::Octets(&octets[8..13])),
        ],
    );
    let mut longer = octets;
    longer[3] = 9;
    assert_eq!(
        rules(&parse(&with(&longer))),
        ["part longer than its option"]
    );
}

/// RFC 9685 section 10: the mantissa counts in units of two to the power of the exponent.
#[test]
fn an_uptime_is_in_milliseconds() {
    let octets = [42, 1, 10 << 2, 5, 0xc0, 0x12, 0x34, 0x56];
    fields(
        &octets,
        &[
            ("uptime_exponent", Value::Number(10)),
            ("uptime_mantissa", Value::Number(5)),
            ("uptime", Value::Number(5 << 10)),
            ("sleeps", Value::Flag(true)),
            ("knows_peer", Value::Flag(true)),
            ("state_sequence", Value::Number(0x123)),
            ("peer_state_sequence", Value::Number(0x456)),
        ],
    );
    // More than there can be is no time.
    let packet = with(&[42, 1, 0xff, 0xff, 0, 0, 0, 0]);
    let option = options(&packet).next().unwrap();
    assert!(option.fields().all(|f| f.name != "uptime"));
    assert_eq!(
        rules(&parse(&with(&[[42, 2].as_slice(), &[0; 14]].concat()))),
        ["option too long for its type"]
    );
}

/// RFC 7400 section 3.3: bits 8, 9 and 16 are those of RFC 9685, RFC 8928 and RFC 9926.
#[test]
fn capabilities_of_6lowpan_have_their_names() {
    let set = |octets: [u8; 3]| {
        let [first, second, third] = octets;
        let packet = with(&[36, 1, first, second, third, 0, 0, 0]);
        let option = options(&packet).next().unwrap();
        let flags = option.fields().filter(|f| f.value == Value::Flag(true));
        flags.map(|f| f.name).collect::<Vec<_>>()
    };
    assert_eq!(set([0, 0x80, 0]), ["multicast_and_anycast_registration"]);
    assert_eq!(set([0, 0x40, 0]), ["address_protection"]);
    assert_eq!(set([0, 0, 0x80]), ["prefix_registration"]);
    assert!(set([0xff, 0, 0x7f]).is_empty());
}

/// RFC 9926 section 7.2: a solicitation has the length of a prefix where an advertisement has a status,
/// of six bits (RFC 9010 section 8).
#[test]
fn a_registration_of_a_prefix_tells_how_long_it_is() {
    let packet = |kind: u8, octet: u8, flags: u8| {
        let mut octets = vec![kind, 0, 0, 0, 0, 0, 0, 0];
        octets.extend([0x20; 16]);
        octets.extend([33, 2, octet, 0, flags, 1, 0, 60, 1, 2, 3, 4, 5, 6, 7, 8]);
        v6(&octets)
    };
    let prefix = 0x30;
    for (kind, octet, flags, expected) in [
        (
            135,
            0xc0,
            prefix,
            &[
                ("forwarding", Value::Flag(true)),
                ("prefix_length", Value::Number(64)),
            ][..],
        ),
        (
            136,
            0xc1,
            prefix,
            &[
                ("status_reserved", Value::Hex(3)),
                ("status", Value::Number(1)),
            ],
        ),
        (135, 0, 0, &[("status", Value::Number(0))]),
    ] {
        let packet = packet(kind, octet, flags);
        every_prefix(&packet);
        let option = options(&packet).next().unwrap();
        let fields = option.fields().take(expected.len());
        let told: Vec<_> = fields.map(|f| (f.name, f.value)).collect();
        assert_eq!(told, expected);
    }
}

/// RFC 8505 section 4.1.
#[test]
fn a_registration_that_asks_has_no_status() {
    let message = |kind: u8, status: u8, flags: u8| {
        let head = [&[kind, 0, 0, 0, 0, 0, 0, 0][..], &[0x20; 16]].concat();
        let link = [1, 1, 2, 0, 0, 0, 0, 9];
        let registration = [
            33, 2, status, 0, flags, 5, 0, 60, 2, 0, 0, 0xff, 0xfe, 0, 0, 1,
        ];
        rules(&parse(&v6(&[&head[..], &link, &registration].concat())))
    };
    assert!(message(135, 0, 3).is_empty());
    assert_eq!(message(135, 3, 3), ["status in a solicitation"]);
    assert!(message(136, 3, 3).is_empty());
    // Of a prefix it is the length (RFC 9926 section 7.2).
    assert!(message(135, 64, 0x33).is_empty());
    for kind in [135, 136] {
        for flags in [0x04, 0x08, 0x0c] {
            assert_eq!(
                message(kind, 0, flags),
                ["reserved kind of an opaque octet"]
            );
        }
    }
}
