//! What RFC 4884 and RFC 5837 ask of extensions and of the quote before them.

use super::*;

/// Where each rule is broken, and which, by a time exceeded with this quote and these objects.
fn broken_by(quote: &[u8], objects: &[u8]) -> Vec<(u32, &'static str)> {
    let is_v4 = quote[0] >> 4 == 4;
    let mut message = if is_v4 {
        vec![11, 0, 0, 0, 0, 32, 0, 0]
    } else {
        vec![3, 0, 0, 0, 16, 0, 0, 0]
    };
    message.extend(quote);
    message.resize(8 + 128, 0);
    message.extend(structure(objects));
    let packet = if is_v4 {
        v4(&message)
    } else {
        v6_between("2001:db8::7", "2001:db8::1", 64, &message)
    };
    every_prefix(&packet);
    told(&parse(&packet))
}

fn datagram4() -> Vec<u8> {
    ipv4("192.0.2.1", "203.0.113.9", 17, &[0, 53, 0, 99, 0, 8, 0, 0])
}

fn datagram6() -> Vec<u8> {
    let datagram = [0, 53, 0, 99, 0, 8, 0, 0];
    ipv6("2001:db8::1", "2001:db8::2", 1, 17, &datagram)
}

/// RFC 5837 section 4.5: each role once.
#[test]
fn interfaces_of_one_role() {
    let index = |c_type: u8| [0, 8, 2, c_type, 0, 0, 0, 7];
    let all = [0x08, 0x48, 0x88, 0xc8].map(index).concat();
    assert_eq!(broken_by(&datagram4(), &all), []);
    let named = [0, 12, 2, 0x02, 8, b'e', b't', b'h', b'0', 0, 0, 0];
    let two = [&all[..], &named].concat();
    let rule = "another interface of the same role";
    assert_eq!(broken_by(&datagram4(), &two), [(4 + 32 + 3, rule)]);
    // The class of another object has no roles.
    let nodes = [[0, 8, 5, 0, 0, 0, 0, 7]; 2].concat();
    assert_eq!(broken_by(&datagram4(), &nodes), []);
}

/// RFC 5837 section 4.2.
#[test]
fn addresses_of_interfaces_are_of_the_version_of_the_packet() {
    let index = [0, 8, 2, 0x08, 0, 0, 0, 7];
    let v4 = [0, 12, 2, 0x44, 0, 1, 0, 0, 192, 0, 2, 9];
    let v6 = [&[0, 24, 2, 0x44, 0, 2, 0, 0][..], &[0x20; 16]].concat();
    let behind = |object: &[u8]| [&index[..], object].concat();
    assert_eq!(broken_by(&datagram4(), &behind(&v4)), []);
    assert_eq!(broken_by(&datagram6(), &behind(&v6)), []);
    let other = [(
        16,
        "interface address is not of the quoted packet's IP version",
    )];
    assert_eq!(broken_by(&datagram4(), &behind(&v6)), other);
    assert_eq!(broken_by(&datagram6(), &behind(&v4)), other);
    let mac = [0, 16, 2, 0x44, 0, 6, 0, 0, 2, 0, 0, 0, 0, 1, 0, 0];
    assert_eq!(
        broken_by(&datagram4(), &behind(&mac)),
        [(16, "interface address of neither IPv4 nor IPv6")]
    );
}

/// RFC 5837 section 4.3: the length counts its own octet.
#[test]
fn an_interface_name_of_length_0() {
    let name = [
        0, 16, 2, 0x0a, 0, 0, 0, 7, 0, b'e', b't', b'h', b'0', 0, 0, 0,
    ];
    let rule = "interface name length 0";
    assert_eq!(broken_by(&datagram4(), &name), [(4 + 8, rule)]);
    // Of an address that nobody knows the length of the octets behind it are no name.
    let behind = [0, 12, 2, 0x06, 0, 9, 0, 0, 0, 0, 0, 0];
    let rule = "interface address of neither IPv4 nor IPv6";
    assert_eq!(broken_by(&datagram4(), &behind), [(8, rule)]);
}

/// RFC 4884 section 7.
#[test]
fn a_structure_without_objects() {
    let rule = "structure without objects";
    assert_eq!(broken_by(&datagram4(), &[]), [(4, rule)]);
    let mut message = vec![11, 0, 0, 0, 0, 32, 0, 0];
    message.extend(datagram4());
    message.resize(8 + 128, 0);
    message.extend(structure(&[0, 8, 1, 1, 0, 0, 0x11, 1]));
    let packet = v4(&message);
    // What was cut may have had some.
    let cut = parse_cut(&packet, 20 + 8 + 128 + 4);
    assert!(rules(&cut).is_empty(), "{:?}", cut.defects);
}

/// RFC 4884 section 4.
#[test]
fn padding_of_a_quote_is_zero() {
    let label = [0, 8, 1, 1, 0, 0, 0x11, 1];
    let dirty = [&datagram4()[..], &[0, 0, 7]].concat();
    let rule = "padding before extensions is not zero";
    assert_eq!(broken_by(&datagram4(), &label), []);
    assert_eq!(broken_by(&dirty, &label), [(28, rule)]);
    // A header that does not tell how long its packet is leaves open what pads it.
    let mut unknown = dirty.clone();
    unknown[2..4].fill(0);
    unknown[10..12].fill(0);
    let sum = internet(&[&unknown[..20]]);
    unknown[10..12].copy_from_slice(&sum.to_be_bytes());
    assert_eq!(broken_by(&unknown, &label), []);
    for (quote, unread) in [(&dirty, true), (&datagram4(), false)] {
        let mut message = vec![11, 0, 0, 0, 0, 32, 0, 0];
        message.extend(quote);
        message.resize(8 + 128, 0);
        let whole = [&message[..], &structure(&label)].concat();
        for message in [message, whole] {
            let packet = v4(&message);
            let octets = parse(&packet).unread();
            assert_eq!(
                octets.map(|octets| (octets[..4].to_vec(), octets.len())),
                unread.then(|| (vec![0, 0, 7, 0], 100))
            );
        }
    }
}

/// RFC 4884 section 7, and for ICMPv6 RFC 4443 section 2.4 (c).
#[test]
fn errors_that_are_too_long() {
    let label = [0, 8, 1, 1, 0, 0, 0x11, 1];
    let long4 = ipv4(
        "192.0.2.1",
        "203.0.113.9",
        17,
        &[&[0, 53, 0, 99, 7, 8][..], &[1; 1794]].concat(),
    );
    let time_exceeded = |words: u8| {
        let quote = &long4[..usize::from(words) * 4];
        [&[11, 0, 0, 0, 0, words, 0, 0], quote, &structure(&label)].concat()
    };
    let rule = "error with extensions over 576 octets";
    for (words, expected) in [(139, &[][..]), (140, &[(0, rule)])] {
        let packet = v4(&time_exceeded(words));
        assert_eq!(told(&parse(&packet)), expected, "{words}");
    }
    let plain = v4(&[&[11, 0, 0, 0, 0, 0, 0, 0][..], &long4[..1400]].concat());
    assert_eq!(told(&parse(&plain)), []);
    let long6 = ipv6(
        "2001:db8::1",
        "2001:db8::2",
        1,
        17,
        &[&[0, 53, 0, 99, 7, 8][..], &[1; 1794]].concat(),
    );
    let rule = "packet of an error over 1280 octets";
    for (quoted, expected) in [(1232, &[][..]), (1233, &[(0, rule)])] {
        let message = [&[3, 0, 0, 0, 0, 0, 0, 0][..], &long6[..quoted]].concat();
        let packet = v6_between("2001:db8::7", "2001:db8::1", 64, &message);
        assert_eq!(told(&parse(&packet)), expected, "{quoted}");
    }
}
