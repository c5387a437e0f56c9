//! Extended echo (RFC 8335).

use super::*;
use crate::icmp::field::Value;

#[test]
fn extended_echo() {
    // By name "eth0", with the structure's checksum.
    let mut structure = vec![0x20, 0, 0, 0, 0, 8, 3, 1, b'e', b't', b'h', b'0'];
    let sum = internet(&[&structure]);
    structure[2..4].copy_from_slice(&sum.to_be_bytes());
    let message = [&[42, 0, 0, 0, 0xab, 0xcd, 7, 1], &structure[..]].concat();
    let v6_message = [&[160], &message[1..]].concat();
    for packet in [v4(&message), v6(&v6_message)] {
        let decoded = parse(&packet);
        let Body::ExtendedEcho(echo) = decoded.body else {
            panic!("{decoded:?}");
        };
        assert_eq!((echo.id, echo.seq, echo.flags), (0xabcd, 7, 1));
        let extensions = echo.extensions.unwrap();
        assert_eq!(extensions.located, extension::Located::Body);
        assert_eq!(
            extensions.checksum.status,
            crate::wire::ChecksumStatus::Good
        );
        let object = extensions.objects().next().unwrap();
        assert_eq!(
            object.kind,
            object::ExtensionObject::Identification(object::InterfaceIdentification::Name(b"eth0"))
        );
        assert!(decoded.defects.is_empty(), "{:?}", decoded.defects);
        every_prefix(&packet);
        every_code(&packet);
    }
    let reply = v4(&[43, 0, 0, 0, 0xab, 0xcd, 7, 0b0000_0110]);
    let decoded = parse(&reply);
    let fields: Vec<_> = decoded.fields().map(|f| (f.name, f.value)).collect();
    assert!(fields.contains(&("state", Value::Number(0))));
    let sent_back = v4(&[&[43, 0, 0, 0, 0xab, 0xcd, 7, 2], &structure[..]].concat());
    let objects = parse(&sent_back)
        .extensions()
        .map(|structure| structure.objects().count());
    assert_eq!(objects, Some(1));
    every_prefix(&sent_back);
    assert!(fields.contains(&("active", Value::Flag(true))));
    assert!(fields.contains(&("ipv4", Value::Flag(true))));
    assert!(fields.contains(&("ipv6", Value::Flag(false))));
    every_prefix(&reply);
    every_code(&reply);
}

/// The rules that a request with these flags and objects breaks, and where.
fn request_breaks(flags: u8, objects: &[u8]) -> Vec<(u32, &'static str)> {
    let head = [42, 0, 0, 0, 0, 1, 2, flags];
    let message = [&head[..], &structure(objects)].concat();
    let packet = v4(&message);
    every_prefix(&packet);
    told(&parse(&packet))
}

const INDEX: [u8; 8] = [0, 8, 3, 2, 0, 0, 0, 7];
const ADDRESS: [u8; 12] = [0, 12, 3, 3, 0, 1, 4, 0, 192, 0, 2, 1];

/// RFC 8335 section 2.
#[test]
fn one_interface_is_identified() {
    let rule = [(8, "not exactly one interface identification")];
    let label = [0, 8, 1, 1, 0, 0, 0x11, 1];
    assert_eq!(request_breaks(1, &INDEX), []);
    assert_eq!(request_breaks(1, &[&INDEX[..], &label].concat()), []);
    assert_eq!(request_breaks(1, &[INDEX, INDEX].concat()), rule);
    assert_eq!(request_breaks(1, &label), rule);
    let none = [(4, "structure without objects")];
    assert_eq!(request_breaks(1, &[]), none);
    let head = [42, 0, 0, 0, 0, 1, 2, 1];
    let packet = v4(&[&head[..], &structure(&[label, INDEX].concat())].concat());
    // What was cut may have been one.
    let cut = parse_cut(&packet, packet.len() - 8);
    assert!(rules(&cut).is_empty(), "{:?}", cut.defects);
}

/// RFC 8335 section 2.
#[test]
fn an_interface_of_a_neighbor_is_identified_by_address() {
    let rule = [(7, "interface of a neighbor not identified by address")];
    let name = [0, 8, 3, 1, b'e', b't', b'h', b'0'];
    assert_eq!(request_breaks(0, &ADDRESS), []);
    assert_eq!(request_breaks(1, &ADDRESS), []);
    assert_eq!(request_breaks(0, &INDEX), rule);
    assert_eq!(request_breaks(0, &name), rule);
}

/// RFC 8335 section 2.1.
#[test]
fn identifications_of_every_kind() {
    let long = [0, 12, 3, 2, 0, 0, 0, 7, 0, 0, 0, 0];
    let rule = [(4, "length of an interface index is not 8")];
    assert_eq!(request_breaks(1, &long), rule);
    let other = [0, 8, 3, 4, 0, 0, 0, 7];
    let rule = [(7, "c-type of an interface identification not from 1 to 3")];
    assert_eq!(request_breaks(1, &other), rule);
    let rule = [(4 + 6, "address length is not its family's")];
    for length in [0, 3, 4] {
        let mut address = ADDRESS;
        address[6] = length;
        let expected = if length == 4 { &[][..] } else { &rule };
        assert_eq!(request_breaks(1, &address), expected, "{length}");
    }
    let v6 = |length| [&[0, 28, 3, 3, 0, 2, length, 0][..], &[0x20; 20]].concat();
    assert_eq!(request_breaks(1, &v6(17)), rule);
    let mut v6 = v6(16);
    v6.truncate(24);
    v6[1] = 24;
    assert_eq!(request_breaks(1, &v6), []);
    let mac = [0, 16, 3, 3, 0x40, 5, 6, 0, 2, 0, 0, 0, 0, 1, 0, 0];
    assert_eq!(request_breaks(1, &mac), []);
}

/// RFC 8335 section 2.
#[test]
fn requests_go_from_one_node_to_one() {
    let source = (0, "source of an extended echo request is not unicast");
    let destination = (0, "destination of an extended echo request is not unicast");
    let message = |kind| [&[kind, 0, 0, 0, 0, 1, 2, 1], &structure(&INDEX)[..]].concat();
    for (src, dst, expected) in [
        ("192.0.2.1", "192.0.2.2", &[][..]),
        ("127.0.0.1", "127.0.0.1", &[]),
        ("192.0.2.1", "224.0.0.1", &[destination]),
        ("192.0.2.1", "255.255.255.255", &[destination]),
        ("0.0.0.0", "192.0.2.2", &[source]),
        ("224.0.0.1", "192.0.2.2", &[source]),
    ] {
        let packet = ipv4(src, dst, 1, &message(42));
        assert_eq!(told(&parse(&packet)), expected, "{src} {dst}");
    }
    let packet = v6_between("2001:db8::1", "ff02::1", 64, &message(160));
    assert_eq!(told(&parse(&packet)), [destination]);
    let packet = v6_between("::", "2001:db8::1", 64, &message(160));
    assert_eq!(told(&parse(&packet)), [source]);
}

/// RFC 8335 section 3.
#[test]
fn replies_contradict_themselves() {
    let alone = "IPv4 or IPv6 flag without the active flag";
    let beside = "state beside the active flag";
    let over = "state over 6";
    for (code, flags, expected) in [
        (0, 0b0000_0000, &[][..]),
        (0, 0b0000_0111, &[]),
        (0, 0b1100_0000, &[]),
        (0, 0b0000_0010, &[alone]),
        (0, 0b0000_0001, &[alone]),
        (0, 0b0100_0100, &[beside]),
        (0, 0b1110_0000, &[over]),
        (1, 0b0000_0000, &[]),
        (1, 0b0000_0010, &["state or flags beside an error code"]),
    ] {
        let packet = v4(&[43, code, 0, 0, 0, 1, 2, flags]);
        let expected: Vec<_> = expected.iter().map(|&rule| (7, rule)).collect();
        assert_eq!(told(&parse(&packet)), expected, "{code} {flags:#b}");
    }
}
