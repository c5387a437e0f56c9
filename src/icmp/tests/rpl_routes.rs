//! Routes of RPL: measured ones (RFC 6998), discovered ones (RFC 9854), and those that the root projects
//! (RFC 9914).

use super::*;
use crate::icmp::field::Value;

const ID: [u8; 16] = [0x20; 16];
const START: [u8; 16] = [0x31; 16];
const END: [u8; 16] = [0x32; 16];
/// A DAG metric container: a hop count.
const METRICS: [u8; 8] = [2, 6, 3, 0, 0, 2, 0, 4];

fn value<'a>(message: &Message<'a>, name: &str) -> Option<Value<'a>> {
    message.fields().find(|f| f.name == name).map(|f| f.value)
}

/// The fields of the first option behind its type and length.
fn of_option<'a>(message: &Message<'a>) -> Vec<(&'static str, Value<'a>)> {
    let item = message.items().next().unwrap();
    item.fields().skip(2).map(|f| (f.name, f.value)).collect()
}

fn measurement(code: u8, elided: u8, flags: u8, hops: u8) -> Vec<u8> {
    let octets = 16 - usize::from(elided);
    let mut message = vec![
        155,
        code,
        0,
        0,
        30,
        elided << 4 | flags,
        0xc5,
        hops << 4 | 1,
    ];
    message.extend(&START[..octets]);
    message.extend(&END[..octets]);
    for hop in 0..hops {
        message.extend(&[0x40 + hop; 16][..octets]);
    }
    message
}

/// RFC 6998 section 3.1.
#[test]
fn a_measurement_object_tells_the_route_that_is_measured() {
    let packet = v6(&[measurement(6, 0, 0x09, 2), METRICS.to_vec()].concat());
    let message = parse(&packet);
    let fields: Vec<_> = message.fields().map(|f| (f.name, f.value)).collect();
    let address = |octets: [u8; 16]| Value::Address(Ipv6Addr::from(octets).into());
    let route = [[0x40; 16], [0x41; 16]].concat();
    assert_eq!(
        fields,
        [
            ("instance", Value::Number(30)),
            ("elided_octets", Value::Number(0)),
            ("request", Value::Flag(true)),
            ("hop_by_hop", Value::Flag(false)),
            ("accumulate_route", Value::Flag(false)),
            ("reverse", Value::Flag(true)),
            ("back_request", Value::Flag(true)),
            ("intermediate_reply", Value::Flag(true)),
            ("sequence", Value::Number(5)),
            ("hops", Value::Number(2)),
            ("index", Value::Number(1)),
            ("start_point", address(START)),
            ("end_point", address(END)),
            ("route", Value::V6List(&route)),
        ]
    );
    assert_eq!(
        of_option(&message),
        [("metrics", Value::RplMetrics(&METRICS[2..]))]
    );
    assert_eq!(message.code_name(), Some("mo"));
    assert!(message.defects.is_empty(), "{:?}", message.defects);
    every_prefix(&packet);
    every_code(&packet);
}

#[test]
fn a_measured_route_leaves_out_the_octets_that_it_says() {
    for elided in 0..16 {
        for hops in 0..16 {
            let packet = v6(&[measurement(6, elided, 8, hops), METRICS.to_vec()].concat());
            let message = parse(&packet);
            assert!(message.defects.is_empty(), "{elided} {hops}");
            assert_eq!(message.items().count(), 1, "{elided} {hops}");
            assert_eq!(message.unread(), None);
            let octets = 16 - usize::from(elided);
            if elided > 0 {
                let start = Value::Octets(&START[..octets]);
                assert_eq!(value(&message, "start_point_suffix"), Some(start));
                let end = Value::Octets(&END[..octets]);
                assert_eq!(value(&message, "end_point_suffix"), Some(end));
            }
            let name = if elided > 0 {
                "route_suffixes"
            } else {
                "route"
            };
            let route = match value(&message, name) {
                Some(Value::Octets(octets) | Value::V6List(octets)) => octets.len(),
                other => {
                    assert_eq!(other, None);
                    0
                }
            };
            assert_eq!(route, usize::from(hops) * octets, "{elided} {hops}");
        }
    }
    every_prefix(&v6(&measurement(6, 8, 0, 3)));
}

#[test]
fn a_secure_measurement_object_is_read_unless_it_is_encrypted() {
    for (level, encrypted) in [(2, false), (3, true)] {
        let plain = measurement(0x86, 0, 8, 1);
        let security = [0, 0, 1 << 6 | level, 0, 0, 0, 0, 9];
        let code: &[u8] = if encrypted { &[] } else { &[7; 8] };
        let packet = v6(&[&plain[..4], &security, &plain[4..], &METRICS, code].concat());
        let message = parse(&packet);
        assert_eq!(message.code_name(), Some("secure_mo"));
        assert_eq!(value(&message, "start_point").is_some(), !encrypted);
        assert_eq!(value(&message, "encrypted").is_some(), encrypted);
        assert!(message.defects.is_empty(), "{:?}", message.defects);
        every_prefix(&packet);
    }
}

/// RFC 9914 sections 5.1 and 5.2.
#[test]
fn a_projected_route_is_asked_for() {
    let target = [&[5, 18, 0, 128][..], &END].concat();
    let packet = v6(&[&[155, 9, 0, 0, 129, 0xc0, 60, 7][..], &target].concat());
    let message = parse(&packet);
    let fields: Vec<_> = message.fields().map(|f| (f.name, f.value)).collect();
    assert_eq!(
        fields,
        [
            ("instance", Value::Number(129)),
            ("ack_requested", Value::Flag(true)),
            ("redundant", Value::Flag(true)),
            ("requested_lifetime", Value::Number(60)),
            ("sequence", Value::Number(7)),
        ]
    );
    assert_eq!(message.code_name(), Some("pdr"));
    assert_eq!(message.items().count(), 1);
    every_prefix(&packet);
    every_code(&packet);
    // A bit of the status is reserved.
    for (status, name) in [
        (0u8, Some("unqualified_acceptance")),
        (0x81, Some("transient_failure")),
        (0xc1, Some("transient_failure")),
        (0x82, None),
    ] {
        let packet = v6(&[155, 10, 0, 0, 129, 0, 50, 7, status, 0, 0, 0, 1, 0]);
        let message = parse(&packet);
        assert_eq!(message.code_name(), Some("pdr_ack"));
        assert_eq!(value(&message, "lifetime"), Some(Value::Number(50)));
        let field = message.fields().find(|f| f.name == "status").unwrap();
        assert_eq!(field.value, Value::Number(status.into()));
        let told = field.word().map(|(_, word)| word);
        assert_eq!(told, name);
        let rejects = Some(Value::Flag(status & 0x80 != 0));
        assert_eq!(value(&message, "rejection"), rejects);
        let number = Value::Number((status & 0x3f).into());
        assert_eq!(value(&message, "status_value"), Some(number));
        let is_reserved_set = value(&message, "status_reserved").is_some();
        assert_eq!(is_reserved_set, status & 0x40 != 0);
        assert_eq!(message.items().count(), 1);
        assert!(message.defects.is_empty(), "{:?}", message.defects);
        every_prefix(&packet);
    }
}

/// RFC 9914 section 4.1: of the destination cleanup object nothing is projected.
#[test]
fn a_flag_tells_what_is_projected() {
    for (code, flag, is_there) in [
        (2, 0x20, true),
        (3, 0x40, true),
        (7, 0x20, false),
        (8, 0x40, false),
    ] {
        for flags in [0, flag] {
            let packet = v6(&[155, code, 0, 0, 30, flags, 0, 7]);
            let expected = is_there.then_some(Value::Flag(flags != 0));
            assert_eq!(value(&parse(&packet), "projected"), expected, "{code}");
        }
    }
}

/// A DODAG information object with this option.
fn dio(option: &[u8]) -> Vec<u8> {
    let head = [155, 1, 0, 0, 30, 240, 1, 0, 0xa0, 5, 0, 0];
    v6(&[&head[..], &ID, option].concat())
}

/// RFC 9854 section 4: what addresses leave out is that of the DODAGID.
#[test]
fn a_discovered_route_has_its_addresses() {
    let hops = [[7; 4], [8; 4]].concat();
    for (kind, behind) in [
        (11, vec![("sequence", Value::Number(0xfa))]),
        (
            12,
            vec![("delta", Value::Number(0x3e)), ("reserved2", Value::Hex(2))],
        ),
    ] {
        let option = [&[kind, 11, 0x80 | 12 << 1 | 1, 0x85, 0xfa][..], &hops].concat();
        let target = [&[13, 18, 9, 0][..], &END].concat();
        let dio = |option: &[u8]| dio(&[option, &target].concat());
        let packet = dio(&option);
        let message = parse(&packet);
        assert_eq!(value(&message, "mode_of_operation"), Some(Value::Number(4)));
        let first = if kind == 11 {
            "symmetric"
        } else {
            "gratuitous"
        };
        let mut expected = vec![
            (first, Value::Flag(true)),
            ("hop_by_hop", Value::Flag(false)),
            ("elided_octets", Value::Number(12)),
            ("lifetime_code", Value::Number(3)),
            ("rank_limit", Value::Number(5)),
        ];
        expected.extend(behind);
        let told = of_option(&message);
        assert_eq!(told[..expected.len()], expected);
        let Some(("route", Value::SourceRoute(route, octets))) = told.last() else {
            panic!("{told:?}");
        };
        let whole = |last: u8| {
            let mut address = ID;
            address[12..].fill(last);
            Ipv6Addr::from(address)
        };
        let addresses: Vec<_> = route.addresses(octets).collect();
        assert_eq!(addresses, [whole(7), whole(8)]);
        assert!(message.defects.is_empty(), "{:?}", message.defects);
        every_prefix(&packet);
        // Without addresses, and with a part of one.
        assert!(parse(&dio(&[kind, 3, 0, 0, 0])).defects.is_empty());
        assert_eq!(
            rules(&parse(&dio(&[kind, 4, 0, 0, 0, 9]))),
            ["option length wrong for its type"]
        );
    }
}

/// RFC 9854 section 4.3.
#[test]
fn a_discovery_tells_its_target() {
    for (bits, octets) in [(64, 8), (0, 16)] {
        let length = u8::try_from(2 + octets).unwrap();
        let request = [11, 3, 0, 0, 0];
        let packet = dio(&[&[13, length, 9, bits][..], &END[..octets], &request].concat());
        let message = parse(&packet);
        let mut whole = [0; 16];
        whole[..octets].copy_from_slice(&END[..octets]);
        let told = of_option(&message);
        assert_eq!(
            told,
            [
                ("sequence", Value::Number(9)),
                ("prefix_length", Value::Number(bits.into())),
                ("target", Value::Address(Ipv6Addr::from(whole).into())),
            ]
        );
        assert!(message.defects.is_empty(), "{:?}", message.defects);
        every_prefix(&packet);
        let short = [&[13, length - 1, 9, bits][..], &END[..octets - 1], &request];
        let short = dio(&short.concat());
        assert_eq!(rules(&parse(&short)), ["option length wrong for its type"]);
    }
}

/// RFC 9914 section 5.3, with the headers of RFC 8138 section 5.1.
#[test]
fn a_projected_route_tells_its_hops() {
    let dao = |option: &[u8]| v6(&[&[155, 2, 0, 0, 129, 0xa0, 0, 7][..], option].concat());
    let head = [1, 2, 60];
    let fixed = [
        ("route_id", Value::Number(1)),
        ("segment_sequence", Value::Number(2)),
        ("segment_lifetime", Value::Number(60)),
    ];
    let vias = [START, END].concat();
    let more = [0x80, 0, 9];
    for kind in [15, 16] {
        for (header, addresses, behind) in [
            (
                &[0x81, 4][..],
                &vias[..],
                vec![
                    ("size", Value::Number(1)),
                    ("routing_header_type", Value::Number(4)),
                    ("via", Value::V6List(&vias)),
                ],
            ),
            (
                &[0x81, 1],
                &[1, 2, 3, 4],
                vec![
                    ("size", Value::Number(1)),
                    ("routing_header_type", Value::Number(1)),
                    ("compressed_via", Value::Octets(&[1, 2, 3, 4])),
                ],
            ),
            // No path is left.
            (&[], &[], vec![]),
        ] {
            let data = [&[0][..], &head, header, addresses].concat();
            let length = u8::try_from(data.len()).unwrap();
            let packet = dao(&[&[kind, length][..], &data].concat());
            let message = parse(&packet);
            let expected: Vec<_> = fixed.iter().copied().chain(behind).collect();
            assert_eq!(of_option(&message), expected);
            assert!(message.defects.is_empty(), "{:?}", message.defects);
            assert_eq!(message.items().next().unwrap().unread(), None);
            every_prefix(&packet);
        }
        let data = [&[0][..], &head, &[0x80, 0, 5], &more].concat();
        let length = u8::try_from(data.len()).unwrap();
        let packet = dao(&[&[kind, length][..], &data].concat());
        let message = parse(&packet);
        let last = of_option(&message).last().copied();
        assert_eq!(last, Some(("more_headers", Value::Octets(&more))));
    }
}

/// RFC 9914 section 5.4.
#[test]
fn a_sibling_tells_its_address() {
    let dao = |option: &[u8]| v6(&[&[155, 2, 0, 0, 30, 0, 0, 7][..], option].concat());
    let address = |octets: [u8; 16]| Value::Address(Ipv6Addr::from(octets).into());
    for (flags, addresses, behind) in [
        (0xc4, END.to_vec(), vec![("sibling", address(END))]),
        (
            0x04,
            [ID, END].concat(),
            vec![("sibling_dodag_id", address(ID)), ("sibling", address(END))],
        ),
        (
            0x01,
            vec![1, 2, 3, 4],
            vec![
                ("compressed_sibling_dodag_id", Value::Octets(&[1, 2])),
                ("compressed_sibling", Value::Octets(&[3, 4])),
            ],
        ),
        (
            0x07,
            vec![1, 2, 3],
            vec![("compressed_addresses", Value::Octets(&[1, 2, 3]))],
        ),
    ] {
        let data = [&[flags, 0xee, 1, 0, 0, 0][..], &addresses].concat();
        let length = u8::try_from(data.len()).unwrap();
        let packet = dao(&[&[17, length][..], &data].concat());
        let message = parse(&packet);
        let fixed = [
            ("same_dodag", Value::Flag(flags & 0x80 != 0)),
            ("bidirectional", Value::Flag(flags & 0x40 != 0)),
            ("compression", Value::Number(u64::from(flags & 7))),
            ("opaque", Value::Number(0xee)),
            ("step_of_rank", Value::Number(256)),
        ];
        let expected: Vec<_> = fixed.into_iter().chain(behind).collect();
        assert_eq!(of_option(&message), expected);
        assert!(message.defects.is_empty(), "{:?}", message.defects);
        every_prefix(&packet);
        if flags & 7 <= 4 {
            let short = dao(&[&[17, length - 1][..], &data[..data.len() - 1]].concat());
            assert_eq!(rules(&parse(&short)), ["option length wrong for its type"]);
        }
    }
}

/// RFC 9866 section 4.2: two counters of the same length.
#[test]
fn a_root_failure_detection_has_two_counters() {
    let dis = |option: &[u8]| v6(&[&[155, 0, 0, 0, 0, 0][..], option].concat());
    let packet = dis(&[14, 4, 0xf0, 1, 0x70, 0]);
    let message = parse(&packet);
    assert_eq!(
        of_option(&message),
        [
            ("positive_counter", Value::Octets(&[0xf0, 1])),
            ("negative_counter", Value::Octets(&[0x70, 0])),
        ]
    );
    assert_eq!(
        message.items().next().unwrap().name,
        Some("root_failure_detection")
    );
    assert!(message.defects.is_empty(), "{:?}", message.defects);
    every_prefix(&packet);
    // With no counters the root is not watched.
    let packet = dis(&[14, 0]);
    assert_eq!(of_option(&parse(&packet)), []);
    assert!(parse(&packet).defects.is_empty());
    let packet = dis(&[14, 3, 1, 2, 3]);
    let message = parse(&packet);
    assert_eq!(rules(&message), ["option length wrong for its type"]);
    assert_eq!(message.items().next().unwrap().unread(), Some(&[3][..]));
}
