//! Octets between the fields of an option: each is told.

use super::*;
use crate::icmp::svc_param;

/// Fields of the only option in a message that may have defects.
fn told(octets: &[u8], name: &str) -> Vec<String> {
    let packet = with(octets);
    every_prefix(&packet);
    let option = options(&packet).next().unwrap();
    (option.fields().filter(|field| field.name == name))
        .map(|field| format!("{:?} {:x?}", field.range, field.value))
        .collect()
}

/// RFC 8801 section 3.1.
#[test]
fn padding_behind_the_name_of_a_domain() {
    let of = |padding: [u8; 5], behind: &[u8]| {
        let words = u8::try_from(2 + behind.len() / 8).unwrap();
        let head = [21, words, 0, 0, 0, 7];
        [&head[..], b"\x03abc\0", &padding, behind].concat()
    };
    let mtu = [5, 1, 0, 0, 0, 0, 5, 220];
    assert_eq!(
        told(&of([0xaa; 5], &mtu), "reserved2"),
        ["11..16 Hex(aaaaaaaaaa)"]
    );
    assert!(told(&of([0; 5], &mtu), "reserved2").is_empty());
    // What nothing follows is unread.
    assert!(told(&of([0xaa; 5], &[]), "reserved2").is_empty());
    let packet = with(&of([0xaa; 5], &[]));
    let unread = options(&packet).next().unwrap().item().unread().is_some();
    assert!(unread);
}

/// RFC 9463 section 6.1.
#[test]
fn addresses_that_are_not_whole() {
    let name = b"\x03dns\0";
    for (length, expected) in [(15, "17..32"), (17, "33..34"), (16, ""), (0, "")] {
        let mut octets = vec![144, 0, 0, 1, 0, 0, 0, 9, 0, 5];
        octets.extend(name);
        octets.extend([0, length]);
        octets.extend((0..length).map(|n| n | 0x20));
        octets.extend([0, 6, 0, 3, 0, 2, 3, 0x55]);
        octets.resize(octets.len().next_multiple_of(8), 0);
        octets[1] = u8::try_from(octets.len() / 8).unwrap();
        let data = told(&octets, "data");
        assert_eq!(data.len(), usize::from(!expected.is_empty()), "{length}");
        assert!(data.iter().all(|data| data.starts_with(expected)));
        assert_eq!(told(&octets, "parameters").len(), 1, "what follows");
    }
}

#[test]
fn names_of_protocols_that_do_not_fill_their_value() {
    let parts = |octets| {
        let item = svc_param::items(octets).next().unwrap();
        let names = item.fields().find_map(|field| match field.value {
            Value::Strings(octets) => Some(octets),
            _ => None,
        });
        (names, item.unread(), item.odd_length())
    };
    assert_eq!(
        parts(b"\0\x01\0\x06\x02h2\x02h3"),
        (Some(&b"\x02h2\x02h3"[..]), None, None)
    );
    assert_eq!(
        parts(b"\0\x01\0\x06\x02h2\x03h3"),
        (Some(&b"\x02h2"[..]), Some(&b"\x03h3"[..]), Some(10))
    );
    assert_eq!(
        parts(b"\0\x01\0\x04\xffh2x"),
        (None, Some(&b"\xffh2x"[..]), Some(8))
    );
    // Nine octets are stated, and four are there.
    let (_, _, length) = parts(b"\0\x01\0\x09\x03dot");
    assert_eq!(length, Some(13));
}
