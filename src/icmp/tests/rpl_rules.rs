//! What RPL control messages hold or lack against their RFCs.

use super::*;

const ID: [u8; 16] = [0x20; 16];
const OTHER: [u8; 16] = [0x21; 16];

fn told(message: &[u8]) -> Vec<&'static str> {
    rules(&parse(&v6(message)))
}

/// A DIO of a DODAG with this identifier.
fn information(mode: u8, id: [u8; 16]) -> Vec<u8> {
    [
        &[155, 1, 0, 0, 30, 0, 1, 0, 0x80 | mode << 3, 5, 0, 0][..],
        &id,
    ]
    .concat()
}

/// An option whose data are these octets.
fn option(kind: u8, data: &[u8]) -> Vec<u8> {
    let length = u8::try_from(data.len()).unwrap();
    [&[kind, length][..], data].concat()
}

fn target() -> Vec<u8> {
    option(5, &[&[0, 128][..], &OTHER].concat())
}

/// RFC 6550 section 6.3.1.
#[test]
fn a_dodag_is_named_by_an_address_that_is_routable() {
    let mut ids = [[0xff, 2], [0xfe, 0x80], [0, 0]].map(|head| {
        let mut id = [0; 16];
        id[..2].copy_from_slice(&head);
        id
    });
    for id in ids {
        assert_eq!(told(&information(1, id)), ["DODAGID is not routable"]);
    }
    ids[0][0] = 0xfd;
    assert!(told(&information(1, ids[0])).is_empty());
}

/// RFC 6550 section 6.4.1, RFC 9009 section 4.3, RFC 9914 section 4.1.1.
#[test]
fn a_local_instance_is_told_with_its_dodag() {
    let rule = ["local instance without a DODAGID"];
    for (code, instance, flags, expected) in [
        (2u8, 0x81, 0, &rule[..]),
        (2, 0x01, 0, &[]),
        (2, 0x81, 0x40, &[]),
        (2, 0x81, 0x20, &[]),
        (7, 0x81, 0, &rule),
        (7, 0x81, 0x20, &rule),
        (7, 0x81, 0x40, &[]),
    ] {
        let message = [&[155, code, 0, 0, instance, flags, 0, 7][..], &ID].concat();
        let end = if flags & 0x40 == 0 { 8 } else { 24 };
        assert_eq!(told(&message[..end]), expected, "{code} {instance} {flags}");
    }
}

/// RFC 6550 section 6.7.8, RFC 9009 section 4.2.
#[test]
fn transit_information_is_about_a_target() {
    let transit = option(6, &[0, 0, 1, 2]);
    let with_parent = option(6, &[&[0, 0, 1, 2][..], &ID].concat());
    let message = |code: u8, options: &[Vec<u8>]| {
        told(&[&[155, code, 0, 0, 30, 0, 0, 7][..], &options.concat()].concat())
    };
    for code in [2, 7] {
        assert!(message(code, &[target(), transit.clone(), transit.clone()]).is_empty());
        assert_eq!(
            message(code, &[vec![1, 0], transit.clone(), target()]),
            ["transit information without a target before it"]
        );
    }
    assert!(message(2, &[target(), with_parent.clone()]).is_empty());
    assert_eq!(
        message(7, &[target(), with_parent]),
        ["parent in a destination cleanup"]
    );
}

/// RFC 9009 section 4.2.
#[test]
fn transit_information_may_invalidate_the_route_before() {
    let transit = option(6, &[0x41, 0, 1, 2]);
    let packet = v6(&[&[155, 2, 0, 0, 30, 0, 0, 7][..], &target(), &transit].concat());
    let message = parse(&packet);
    let item = message.items().nth(1).unwrap();
    let fields: Vec<_> = item.fields().map(|f| (f.name, f.value)).collect();
    assert!(fields.contains(&("invalidate_previous_route", field::Value::Flag(true))));
    assert!(fields.contains(&("reserved", field::Value::Hex(1))));
}

/// RFC 6550 section 6.7.6.
#[test]
fn authentication_needs_secure_messages() {
    let configuration = option(4, &[0x0d, 20, 8, 10, 0, 7, 1, 0, 0, 1, 0, 255, 0, 60]);
    let plain = [information(1, ID), configuration].concat();
    let packet = v6(&plain);
    assert_eq!(
        rules(&parse(&packet)),
        ["authentication in a message that is not secure"]
    );
    let item = parse(&packet).items().next().unwrap();
    let words: Vec<_> = item.fields().filter_map(|f| f.word()).collect();
    assert_eq!(words, [("objective_function", "mrhof")]);
    let security = [0, 0, 1 << 6, 0, 0, 0, 0, 9];
    let secure = [&[155, 0x81, 0, 0][..], &security, &plain[4..], &[7; 4]].concat();
    assert!(told(&secure).is_empty());
}

/// RFC 6550 section 6.7.3.
#[test]
fn padding_is_short_and_zero() {
    let padded = |data: &[u8]| told(&[information(1, ID), option(1, data)].concat());
    assert!(padded(&[0; 5]).is_empty());
    assert_eq!(padded(&[0; 6]), ["padding over 7 octets"]);
    assert_eq!(padded(&[0, 0, 1]), ["padding is not 0"]);
}

/// RFC 6997 sections 6.1 and 8.
#[test]
fn a_discovered_route_stands_in_one_option() {
    let route = option(10, &[&[0, 5][..], &OTHER].concat());
    let rule = ["route discovery without exactly one option for it"];
    for (mode, options, expected) in [(4, 0, &rule[..]), (4, 1, &[]), (4, 2, &rule), (1, 0, &[])] {
        let message = [information(mode, ID), route.repeat(options)].concat();
        assert_eq!(told(&message), expected, "{mode} {options}");
        // What is missing may be in what was cut.
        let packet = v6(&message);
        assert!(rules(&parse_cut(&packet, packet.len() - 1)).is_empty());
    }
    let reply = |code: u8, version: u8, src: &str, dst: &str, options: usize| {
        let head = [&[155, code, 0, 0, 129, version, 0x40, 0][..], &ID].concat();
        let message = [head, route.repeat(options)].concat();
        rules(&parse(&v6_between(src, dst, 255, &message)))
    };
    let all = "ff02::1a";
    assert!(reply(4, 0, "fe80::1", all, 1).is_empty());
    for options in [0, 2] {
        assert_eq!(
            reply(4, 0, "fe80::1", all, options),
            ["discovery reply without exactly one route"]
        );
    }
    assert_eq!(
        reply(4, 1, "fe80::1", all, 1),
        ["version of a discovered route is not 0"]
    );
    assert_eq!(
        reply(4, 0, "2001:db8::1", all, 1),
        ["source of a discovery reply is not link-local"]
    );
    assert_eq!(
        reply(4, 0, "fe80::1", "fe80::2", 1),
        ["discovery reply not to all RPL nodes"]
    );
    assert!(reply(5, 0, "2001:db8::1", "fd00::1", 0).is_empty());
    assert_eq!(
        reply(5, 3, "2001:db8::1", "fd00::1", 0),
        ["version of a discovered route is not 0"]
    );
    for (src, dst) in [("fe80::1", "fd00::1"), ("2001:db8::1", all)] {
        assert_eq!(
            reply(5, 0, src, dst, 0),
            ["discovery reply acknowledged between addresses of a link"]
        );
    }
}

/// RFC 6282 section 3.1.1: an address may have been compressed by a context that the capture does not tell.
#[test]
fn an_address_that_is_not_known_breaks_no_rule() {
    let head = [&[155, 5, 0, 0, 129, 0, 0x40, 0][..], &ID].concat();
    let packet = v6_between("::ff:fe00:1", "fe80::2", 255, &head);
    let mut ip = Ip::parse(&packet, Limit::Frame).unwrap();
    assert_eq!(rules(&Message::parse(&ip)).len(), 1);
    ip.unknown_prefix.src = Some(3);
    assert!(rules(&Message::parse(&ip)).is_empty());
}

/// A secure reply is held to the same (RFC 6997 section 8.1), as far as its options are there.
#[test]
fn a_secure_discovery_reply_is_held_to_the_rules_of_others() {
    let message = |level: u8, options: &[u8], code: &[u8]| {
        let security = [0, 0, 1 << 6 | level, 0, 0, 0, 0, 9];
        let head = [&[155, 0x84, 0, 0][..], &security, &[129, 0, 0x40, 0], &ID].concat();
        let message = [&head[..], options, code].concat();
        rules(&parse(&v6_between("fe80::1", "ff02::1a", 255, &message)))
    };
    let route = |flags| option(10, &[&[flags, 5][..], &OTHER].concat());
    assert!(message(0, &route(0), &[7; 4]).is_empty());
    assert_eq!(
        message(0, &route(0x80), &[7; 4]),
        ["reply flag or number of routes in a discovery reply"]
    );
    assert_eq!(
        message(0, &[], &[7; 4]),
        ["discovery reply without exactly one route"]
    );
    // The code is not whole; it is none that is known; all is encrypted.
    assert!(message(2, &[], &[7; 4]).is_empty());
    assert!(message(4, &[], &[7; 4]).is_empty());
    assert!(message(1, &[], &[7; 4]).is_empty());
}

/// RFC 9854 sections 4.1 to 4.3.
#[test]
fn a_route_request_and_a_route_reply_have_their_targets() {
    let with = |options: &[Vec<u8>]| told(&[information(4, ID), options.concat()].concat());
    let [request, reply] = [11, 12].map(|kind| option(kind, &[0x80, 5, 9]));
    let target = option(13, &[&[7, 0][..], &OTHER].concat());
    for (options, expected) in [
        (vec![&request, &target], &[][..]),
        (vec![&request, &target, &target], &[]),
        (vec![&request], &["route request without a target"]),
        (
            vec![&request, &request, &target],
            &["more than one route request or reply"],
        ),
        (vec![&reply, &target], &[]),
        (vec![&reply], &["route reply without exactly one target"]),
        (
            vec![&reply, &target, &target],
            &["route reply without exactly one target"],
        ),
        (
            vec![&reply, &reply, &target],
            &["more than one route request or reply"],
        ),
    ] {
        let options: Vec<_> = options.into_iter().cloned().collect();
        assert_eq!(with(&options), expected, "{options:?}");
    }
    for kind in [11, 12] {
        let hops = |flags: u8, route: &[u8]| {
            let option = option(kind, &[&[flags, 5, 9][..], route].concat());
            with(&[option, target.clone()])
        };
        assert!(hops(0, &OTHER).is_empty());
        assert!(hops(4 << 1, &OTHER[4..]).is_empty());
        assert!(hops(0x40, &[]).is_empty());
        assert_eq!(hops(0x40, &OTHER), ["route beside the hop-by-hop flag"]);
        assert_eq!(
            hops(0x40 | 4 << 1, &[]),
            ["elided octets beside the hop-by-hop flag"]
        );
    }
}

/// RFC 9914 section 5.1.
#[test]
fn a_request_for_a_route_has_a_target() {
    let head = [155, 9, 0, 0, 129, 0xc0, 60, 7];
    assert_eq!(told(&head), ["request for a route without a target"]);
    assert!(told(&[&head[..], &target()].concat()).is_empty());
}

/// RFC 6998 section 3.1.
#[test]
fn a_measurement_request_sets_no_more_than_its_route_allows() {
    let metrics = [2, 6, 3, 0, 0, 2, 0, 4];
    let message = |instance: u8, flags: u8, more: u8, options: &[u8]| {
        let head = [155, 6, 0, 0, instance, flags, more, 0];
        told(&[&head[..], &ID, &OTHER, options].concat())
    };
    let accumulated = "route accumulated along none of a local instance";
    for (instance, flags, more, expected) in [
        (0x81, 0x0e, 0, &[][..]),
        (0x81, 0x0a, 0, &[accumulated]),
        (0x01, 0x0e, 0, &[accumulated]),
        (0x81, 0x09, 0, &[]),
        (0x81, 0x0d, 0, &["reverse flag of a hop-by-hop route"]),
        (0x01, 0x0c, 0x40, &[]),
        (
            0x81,
            0x0c,
            0x40,
            &["intermediate reply in a local instance"],
        ),
        // A reply.
        (0x81, 0x05, 0x40, &[]),
    ] {
        assert_eq!(
            message(instance, flags, more, &metrics),
            expected,
            "{flags}"
        );
    }
    assert_eq!(
        message(1, 0x0c, 0, &[]),
        ["measurement request without a metric container"]
    );
    assert!(message(1, 0x04, 0, &[]).is_empty());
}

/// RFC 6550 sections 5.1 and 6.1, figures 9 to 11.
#[test]
fn numbers_of_instance_and_security_have_their_names() {
    let words = |mode: u8, level: u8, instance: u8| {
        let head = [155, 0x82, 0, 0, 0, 0, mode << 6 | level, 0, 0, 0, 0, 9];
        let key = match mode {
            0 => 1,
            2 => 9,
            _ => 0,
        };
        let code = [7; 384];
        let packet = v6(&[&head[..], &code[..key], &[instance, 0x20, 0, 7], &code].concat());
        let message = parse(&packet);
        let words = message.fields().filter_map(|f| f.word());
        words.collect::<Vec<_>>()
    };
    for (mode, level, instance, key, protection, scope) in [
        (0, 0, 0x7f, "group_key_by_index", "mac_32", "global"),
        (1, 2, 0x80, "key_of_pair", "mac_64", "local"),
        (
            2,
            2,
            0xff,
            "group_key_by_source_and_index",
            "mac_64",
            "local",
        ),
        (3, 0, 0, "signature_key", "sign_3072", "global"),
        (3, 2, 0, "signature_key", "sign_2048", "global"),
    ] {
        assert_eq!(
            words(mode, level, instance),
            [
                ("algorithm_name", "aes_128_ccm_and_rsa_sha_256"),
                ("key_mode_name", key),
                ("security_level_name", protection),
                ("instance_scope", scope),
            ]
        );
    }
}
