//! RPL control messages and their options.

use super::*;
use crate::icmp::field::Value;
use crate::icmp::rpl::{Rpl, RplKind};

fn rpl(packet: &[u8]) -> Rpl<'_> {
    match parse(packet).body {
        Body::Rpl(rpl) => rpl,
        other => panic!("{other:?}"),
    }
}

fn value<'a>(message: &Message<'a>, name: &str) -> Option<Value<'a>> {
    message.fields().find(|f| f.name == name).map(|f| f.value)
}

const ID: [u8; 16] = [0x20; 16];

#[test]
fn an_information_object_with_every_option() {
    let mut octets = vec![155, 1, 0, 0, 30, 240, 1, 0, 0x88, 5, 0, 0];
    octets.extend(ID);
    octets.extend([0, 1, 2, 0, 0]);
    octets.extend([2, 6, 7, 0, 0, 2, 0, 128]);
    octets.extend([
        3, 14, 64, 0x08, 0, 0, 0, 60, 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0,
    ]);
    octets.extend([4, 14, 0, 8, 12, 10, 7, 0, 1, 0, 0, 1, 0, 255, 255, 255]);
    octets.extend([5, 18, 0, 128]);
    octets.extend(ID);
    octets.extend([6, 20, 0x80, 1, 2, 3]);
    octets.extend(ID);
    octets.extend([7, 19, 30, 0xe0]);
    octets.extend(ID);
    octets.push(9);
    octets.extend([8, 30, 64, 0x40, 0, 0, 0, 9, 0, 0, 0, 8, 0, 0, 0, 0]);
    octets.extend(ID);
    octets.extend([9, 4, 0xde, 0xad, 0xbe, 0xef]);
    octets.extend([99, 2, 1, 2]);
    let packet = v6(&octets);
    let message = parse(&packet);
    let dio = rpl(&packet);
    assert_eq!(dio.kind, RplKind::Dio);
    assert_eq!((dio.instance(), dio.rank()), (Some(30), Some(256)));
    assert_eq!(dio.dodag_id(), Some(ID.into()));
    let kinds: Vec<_> = dio.options().map(|o| o.kind).collect();
    assert_eq!(kinds, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 99]);
    assert_eq!(value(&message, "mode_of_operation"), Some(Value::Number(1)));
    assert_eq!(value(&message, "grounded"), Some(Value::Flag(true)));
    let items: Vec<_> = message.items().collect();
    assert_eq!(items.len(), 11);
    assert!(items.iter().all(|item| item.fields().count() > 0));
    assert!(items[6].fields().any(|f| f.name == "parent"));
    assert_eq!(message.code_name(), Some("dio"));
    assert!(message.defects.is_empty(), "{:?}", message.defects);
    every_prefix(&packet);
    every_code(&packet);
}

#[test]
fn a_flag_announces_the_dodag_id() {
    for (code, kind, flag) in [
        (2, RplKind::Dao, 0x40),
        (3, RplKind::DaoAck, 0x80),
        (7, RplKind::Dco, 0x40),
        (8, RplKind::DcoAck, 0x80),
    ] {
        for flags in [0, flag] {
            let mut octets = vec![155, code, 0, 0, 30, flags, 7, 7];
            if flags != 0 {
                octets.extend(ID);
            }
            octets.extend([1, 0]);
            let packet = v6(&octets);
            let message = rpl(&packet);
            assert_eq!(message.kind, kind);
            assert_eq!(message.dodag_id(), (flags != 0).then_some(ID.into()));
            assert_eq!(message.options().count(), 1);
            assert_eq!(
                value(&parse(&packet), "dodag_id").is_some(),
                message.dodag_id().is_some()
            );
            assert_eq!(value(&parse(&packet), "sequence"), Some(Value::Number(7)));
            assert!(parse(&packet).defects.is_empty());
            every_prefix(&packet);
        }
    }
}

#[test]
fn solicitations_checks_and_replies() {
    let dis = v6(&[155, 0, 0, 0, 0, 0, 1, 0]);
    assert_eq!(rpl(&dis).options().count(), 1);
    every_prefix(&dis);
    let mut octets = vec![155, 4, 0, 0, 30, 1, 0xc0, 0];
    octets.extend(ID);
    let dro = v6(&octets);
    assert_eq!(rpl(&dro).dodag_id(), Some(ID.into()));
    every_prefix(&dro);
    every_code(&dro);
    let unknown = v6(&[155, 0x33, 0, 0, 1, 2, 3]);
    assert_eq!(
        value(&parse(&unknown), "data"),
        Some(Value::Octets(&[1, 2, 3]))
    );
}

#[test]
fn secure_messages_are_read_unless_they_are_encrypted() {
    for (mode, level, key, code, encrypted) in [
        (0u8, 0u8, 1, 4, false),
        (1, 2, 0, 8, false),
        (2, 0, 9, 4, false),
        (3, 0, 0, 384, false),
        (3, 1, 9, 0, true),
        (0, 1, 1, 0, true),
    ] {
        let mut octets = vec![155, 0x8a, 0, 0, 0x80, 0, mode << 6 | level, 0, 0, 0, 0, 9];
        octets.extend(vec![0xee; key]);
        octets.extend([30, 0x80, 0, 5]);
        octets.extend(ID);
        octets.extend([0, 0, 0, 6]);
        octets.extend(vec![0xcc; code]);
        let packet = v6(&octets);
        let message = rpl(&packet);
        assert_eq!(message.kind, RplKind::ConsistencyCheck);
        let security = message.security.unwrap();
        assert_eq!(
            (security.key_mode(), security.level()),
            (Some(mode), Some(level))
        );
        assert_eq!(security.is_encrypted(), encrypted);
        assert_eq!(message.dodag_id(), (!encrypted).then_some(ID.into()));
        assert_eq!(value(&parse(&packet), "counter"), Some(Value::Number(9)));
        assert_eq!(value(&parse(&packet), "encrypted").is_some(), encrypted);
        assert!(parse(&packet).defects.is_empty());
        every_prefix(&packet);
        every_code(&packet);
    }
}

#[test]
fn an_option_that_was_cut_is_told() {
    let packet = v6(&[155, 0, 0, 0, 0, 0, 5, 18, 0, 128, 0x20]);
    assert_eq!(parse(&packet).defects.count(), 1);
    assert_eq!(rpl(&packet).options().next().unwrap().bytes.len(), 5);
}

/// RFC 6997 section 10.
#[test]
fn a_discovery_reply_is_acknowledged() {
    let packet = v6(&[&[155, 5, 0, 0, 30, 2, 0xc0, 0][..], &ID, &[1, 0]].concat());
    let ack = rpl(&packet);
    assert_eq!((ack.kind, ack.instance()), (RplKind::DroAck, Some(30)));
    assert_eq!(
        (ack.dodag_id(), ack.options().count()),
        (Some(ID.into()), 1)
    );
    assert_eq!(value(&parse(&packet), "version"), Some(Value::Number(2)));
    assert_eq!(value(&parse(&packet), "sequence"), Some(Value::Number(3)));
    every_prefix(&packet);
}

/// RFC 6997 section 7.
#[test]
fn a_discovered_route_has_addresses_unless_octets_are_elided() {
    let option = |elided: u8| {
        let head = [10, 34, 0xd0 | elided, 0x45];
        v6(&[&[155, 0, 0, 0, 0, 0][..], &head, &ID, &ID].concat())
    };
    for (elided, expected) in [
        (0, ("route", Value::V6List(&ID))),
        (
            5,
            ("elided_addresses", Value::Octets([ID, ID].as_flattened())),
        ),
    ] {
        let packet = option(elided);
        let item = parse(&packet).items().next().unwrap();
        let last = item.fields().last().map(|f| (f.name, f.value));
        assert_eq!(last, Some(expected));
        every_prefix(&packet);
    }
}

/// RFC 6997 section 8.2.
#[test]
fn a_discovery_reply_sets_no_more_than_it_may() {
    let reply = |code: u8, flags: u8, rank: u8| {
        let option = [&[10, 18, flags, rank][..], &ID].concat();
        let head = [&[155, code, 0, 0, 30, 0, 0x40, 0][..], &ID].concat();
        let (src, dst) = match code {
            4 => ("fe80::1", "ff02::1a"),
            _ => ("2001:db8::1", "2001:db8::2"),
        };
        rules(&parse(&v6_between(src, dst, 255, &[head, option].concat())))
    };
    assert!(reply(4, 0x40, 10).is_empty());
    assert_eq!(
        reply(4, 0xa0, 0x4a),
        [
            "reply flag or number of routes in a discovery reply",
            "lifetime in a discovery reply"
        ]
    );
    assert!(reply(5, 0xa0, 0x4a).is_empty());
}

#[test]
fn options_that_break_the_rules_of_their_type() {
    let told = |option: &[u8]| rules(&parse(&v6(&[&[155, 0, 0, 0, 0, 0][..], option].concat())));
    let prefix = [8, 30, 129, 0, 0, 0, 0, 8, 0, 0, 0, 9, 0, 0, 0, 0];
    assert_eq!(
        told(&[prefix, ID].concat()),
        [
            "prefix length over 128",
            "preferred lifetime above the valid lifetime"
        ]
    );
    assert_eq!(
        told(&[3, 6, 0, 0x10, 0, 0, 0, 9]),
        ["reserved route preference"]
    );
    let target = [&[5, 18, 0, 129][..], &ID].concat();
    assert!(told(&target).contains(&"prefix length over 128"));
}

/// RFC 6551 section 2.1.
#[test]
fn a_metric_container_tells_its_objects() {
    let option = [2, 12, 7, 0x05, 0xa3, 2, 0x01, 0x80, 3, 0, 0, 2, 0, 4];
    let packet = v6(&[&[155, 0, 0, 0, 0, 0][..], &option].concat());
    let item = parse(&packet).items().next().unwrap();
    let fields: Vec<_> = item.fields().skip(2).map(|f| (f.name, f.value)).collect();
    assert_eq!(fields, [("metrics", Value::RplMetrics(&option[2..]))]);
    assert_eq!(rpl_metric::items(&option[2..]).count(), 2);
    every_prefix(&packet);
}

/// RFC 6550 section 6.1, figures 10 and 11: mode and level tell what the key identifier holds.
#[test]
fn a_secure_message_tells_its_key() {
    let source = [1, 2, 3, 4, 5, 6, 7, 8];
    for (mode, level, has_source, has_index) in [
        (0, 0, false, true),
        (0, 1, false, true),
        (1, 0, false, false),
        (1, 3, false, false),
        (2, 2, true, true),
        (2, 3, true, true),
        (3, 0, false, false),
        (3, 1, true, true),
    ] {
        let mut octets = vec![155, 0x80, 0, 0, 0x80, 0, mode << 6 | level, 0, 0, 0, 0, 9];
        if has_source {
            octets.extend(source);
        }
        if has_index {
            octets.push(77);
        }
        octets.extend([0x0f, 0]);
        let packet = v6(&octets);
        let message = parse(&packet);
        assert_eq!(value(&message, "counter"), Some(Value::Number(9)));
        assert_eq!(
            value(&message, "key_source"),
            has_source.then_some(Value::Octets(&source))
        );
        assert_eq!(
            value(&message, "key_index"),
            has_index.then_some(Value::Number(77))
        );
        let behind = match level % 2 {
            0 => ("flags", Value::Hex(0x0f)),
            _ => ("encrypted", Value::Octets(&[0x0f, 0])),
        };
        assert_eq!(value(&message, behind.0), Some(behind.1));
        every_prefix(&packet);
        every_code(&packet);
    }
}

/// RFC 9010 section 6.1.
#[test]
fn a_target_has_the_owner_of_its_address() {
    let owner: [u8; 32] = std::array::from_fn(|n| u8::try_from(n).unwrap());
    for (flags, bits, prefix, octets, expected) in [
        (0xc1, 128, 16, 8, "2020:2020:2020:2020:2020:2020:2020:2020"),
        (0x82, 64, 16, 16, "2020:2020:2020:2020:2020:2020:2020:2020"),
        (0x04, 32, 4, 32, "2020:2020::"),
        (0x00, 32, 4, 0, "2020:2020::"),
    ] {
        let length = u8::try_from(2 + prefix + octets).unwrap();
        let option = [&[5, length, flags, bits], &ID[..prefix], &owner[..octets]].concat();
        let packet = v6(&[&[155, 0, 0, 0, 0, 0][..], &option].concat());
        let message = parse(&packet);
        assert!(message.defects.is_empty(), "{:?}", message.defects);
        let item = message.items().next().unwrap();
        let field = |name| item.fields().find(|f| f.name == name).map(|f| f.value);
        let address: Ipv6Addr = expected.parse().unwrap();
        assert_eq!(field("prefix"), Some(Value::Address(address.into())));
        let whose = (octets > 0).then(|| Value::Octets(&owner[..octets]));
        assert_eq!(field("owner"), whose);
        assert_eq!(field("full_address"), Some(Value::Flag(flags & 0x80 != 0)));
        assert_eq!(item.unread(), None);
        every_prefix(&packet);
    }
    // RFC 9685 section 14.4.
    for (flags, kind) in [
        (0, "unicast"),
        (0x10, "multicast"),
        (0x20, "anycast"),
        (0x30, "prefix"),
    ] {
        let packet = v6(&[&[155, 0, 0, 0, 0, 0, 5, 18, flags, 128][..], &ID].concat());
        let item = parse(&packet).items().next().unwrap();
        let field = item.fields().find(|f| f.name == "address_kind").unwrap();
        assert_eq!(field.word(), Some(("address_kind_name", kind)));
    }
    // One octet of the owner is missing; the full address is not there; a size that is not defined.
    let told = |option: &[u8]| rules(&parse(&v6(&[&[155, 0, 0, 0, 0, 0][..], option].concat())));
    let wrong = ["option length wrong for its type"];
    assert_eq!(
        told(&[&[5, 25, 0xc1, 128], &ID[..], &owner[..7]].concat()),
        wrong
    );
    assert_eq!(
        told(&[&[5, 14, 0x81, 32], &ID[..4], &owner[..8]].concat()),
        wrong
    );
    assert!(told(&[&[5, 14, 0x05, 32], &ID[..4], &owner[..8]].concat()).is_empty());
}

/// Of a code that is not whole nothing tells where it begins: behind options that are.
#[test]
fn a_secure_message_says_that_its_authentication_code_is_not_whole() {
    let target = [&[5, 18, 0, 128][..], &ID].concat();
    let behind_option = [&target[..], &[0xaa; 100]].concat();
    for (mode, level, key, whole, behind) in [
        (3u8, 2u8, 0, 256, &behind_option[..]),
        (3, 0, 0, 384, &[0; 100]),
        (0, 2, 1, 8, &[0xaa; 3]),
        (0, 0, 1, 4, &[]),
    ] {
        let mut octets = vec![155, 0x82, 0, 0, 0, 0, mode << 6 | level, 0, 0, 0, 0, 9];
        octets.extend(vec![7; key]);
        octets.extend([7, 0, 0, 241]);
        let needed = u32::try_from(octets.len()).unwrap() + whole;
        octets.extend(behind);
        let packet = v6(&octets);
        let message = parse(&packet);
        let told: Vec<_> = message.defects.iter().map(|defect| defect.kind).collect();
        let short = DefectKind::Short {
            needed,
            available: u32::try_from(octets.len()).unwrap(),
            limit: Limit::IpLength,
        };
        assert_eq!(told, [short]);
        let kinds: Vec<_> = rpl(&packet).options().map(|o| o.kind).collect();
        assert_eq!(kinds, if behind.len() > 100 { vec![5] } else { vec![] });
        assert_eq!(value(&message, "authentication_code"), None);
        every_prefix(&packet);
    }
}

/// RFC 9010 section 6.3: bits tell whether it rejects, and whose values its value is one of.
#[test]
fn a_status_may_be_one_of_address_registration() {
    for (status, name) in [
        (0u8, Some("unqualified_acceptance")),
        (0x01, None),
        (0x40, Some("success")),
        (0x41, Some("duplicate_address")),
        (0x4c, Some("invalid_registration")),
        (0x4d, None),
        (0x81, Some("no_routing_entry")),
        (0x85, Some("unreachable_target")),
        (0xc1, Some("duplicate_address")),
        (0xcd, None),
    ] {
        for octets in [
            [155, 3, 0, 0, 7, 0, 9, status],
            [155, 7, 0, 0, 7, 0, status, 9],
            [155, 8, 0, 0, 7, 0, 9, status],
        ] {
            let packet = v6(&octets);
            let message = parse(&packet);
            let field = message.fields().find(|f| f.name == "status").unwrap();
            assert_eq!(field.value, Value::Number(status.into()));
            let told = field.word().map(|(_, word)| word);
            assert_eq!(told, name, "{status:#x}");
            let is_set = |mask: u8| Some(Value::Flag(status & mask != 0));
            assert_eq!(value(&message, "rejection"), is_set(0x80));
            assert_eq!(value(&message, "address_registration"), is_set(0x40));
            let number = Value::Number((status & 0x3f).into());
            assert_eq!(value(&message, "status_value"), Some(number));
            every_prefix(&packet);
        }
    }
}

/// IANA registry "Mode of Operation": 5 is that of RFC 9685.
#[test]
fn a_mode_of_operation_has_its_name() {
    for (mode, name) in [
        (3u8, Some("storing_with_multicast")),
        (4, Some("p2p_route_discovery")),
        (5, Some("non_storing_with_ingress_replication")),
        (6, None),
    ] {
        let head = [155, 1, 0, 0, 30, 240, 1, 0, mode << 3, 5, 0, 0];
        let packet = v6(&[&head[..], &ID].concat());
        let message = parse(&packet);
        let mut fields = message.fields();
        let field = fields.find(|f| f.name == "mode_of_operation").unwrap();
        assert_eq!(field.word().map(|(_, word)| word), name);
    }
}

/// RFC 6550 figure 11: key mode and level tell how long the code is.
#[test]
fn a_secure_message_ends_with_its_authentication_code() {
    // Both begin like options.
    let long = [4; 384];
    for (mode, level, key, code) in [
        (0u8, 0u8, 1, &[5, 9, 0xbe, 0xef][..]),
        (1, 2, 0, &long[..8]),
        (3, 0, 0, &long),
        (3, 2, 0, &long[..256]),
    ] {
        let mut octets = vec![155, 0x80, 0, 0, 0, 0, mode << 6 | level, 0, 0, 0, 0, 9];
        octets.extend(vec![7; key]);
        octets.extend([0, 0, 1, 0]);
        octets.extend(code);
        let packet = v6(&octets);
        let message = parse(&packet);
        assert!(message.defects.is_empty(), "{:?}", message.defects);
        let kinds: Vec<_> = rpl(&packet).options().map(|o| o.kind).collect();
        assert_eq!(kinds, [1]);
        let told = value(&message, "authentication_code");
        assert_eq!(told, Some(Value::Octets(code)));
        assert_eq!(message.unread(), None);
        // What was cut has its options all the same.
        let cut = parse_cut(&packet, packet.len() - 1);
        assert_eq!(cut.items().count(), 1);
        assert_eq!(value(&cut, "authentication_code"), None);
        assert_eq!(cut.unread(), Some(&code[..code.len() - 1]));
        every_prefix(&packet);
    }
}
