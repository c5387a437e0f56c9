//! Multicast Listener Discovery.

use super::*;
use crate::icmp::field::Value;
use crate::icmp::mld::{Mld, max_response_ms, query_interval_s};
use crate::wire::Layer;

fn group() -> [u8; 16] {
    "ff05::1:3".parse::<Ipv6Addr>().unwrap().octets()
}

fn mld(packet: &[u8]) -> Mld<'_> {
    match parse(packet).body {
        Body::Mld(mld) => mld,
        other => panic!("{other:?}"),
    }
}

#[test]
fn version_1() {
    for kind in [130, 131, 132] {
        let octets = [&[kind, 0, 0, 0, 0x27, 0x10, 0, 0], &group()[..]].concat();
        let packet = with_router_alert("fe80::1", "ff02::1", &octets);
        let Mld::V1 {
            max_response,
            group: found,
        } = mld(&packet)
        else {
            panic!();
        };
        assert_eq!((max_response, found.octets()), (10_000, group()));
        assert!(parse(&packet).defects.is_empty(), "{:?}", parse(&packet));
        every_prefix(&packet);
        every_code(&packet);
    }
}

#[test]
fn queries_of_version_2_list_sources() {
    let mut octets = vec![130, 0, 0, 0, 0x8f, 0xff, 0, 0];
    octets.extend(group());
    octets.extend([0x0a, 0x9f, 0, 2]);
    octets.extend([0x20; 32]);
    let packet = with_router_alert("fe80::1", "ff02::1", &octets);
    let Mld::QueryV2(query) = mld(&packet) else {
        panic!();
    };
    assert!(query.suppress);
    assert_eq!((query.robustness, query.interval_code), (2, 0x9f));
    assert_eq!((query.count, query.sources().len()), (2, 2));
    assert_eq!(max_response_ms(query.max_response), 0x1fff << 3);
    assert_eq!(query_interval_s(0x9f), 0x1f << 4);
    assert_eq!(
        (max_response_ms(0x7fff), query_interval_s(125)),
        (0x7fff, 125)
    );
    let fields: Vec<_> = parse(&packet).fields().map(|f| (f.name, f.value)).collect();
    for stood_for in [
        ("max_response_ms", 0x1fff << 3),
        ("query_interval_s", 0x1f << 4),
    ] {
        assert!(fields.contains(&(stood_for.0, Value::Number(stood_for.1))));
    }
    assert!(parse(&packet).defects.is_empty());
    every_prefix(&packet);
    every_code(&packet);
    octets[27] = 3;
    let packet = with_router_alert("fe80::1", "ff02::1", &octets);
    assert_eq!(parse(&packet).defects.count(), 1);
    octets.truncate(26);
    let packet = with_router_alert("fe80::1", "ff02::1", &octets);
    assert_eq!(
        rules(&parse(&packet)),
        ["query is of neither version's length"]
    );
}

#[test]
fn reports_of_version_2_list_records() {
    let mut octets = vec![143, 0, 0, 0, 0, 0, 0, 2];
    octets.extend([6, 1, 0, 2]); // one word of auxiliary data
    octets.extend(group());
    octets.extend([0x20; 32]);
    octets.extend([9; 4]);
    octets.extend([4, 0, 0, 0]);
    octets.extend(group());
    let packet = with_router_alert("::", "ff02::16", &octets);
    let report = mld(&packet);
    let records: Vec<_> = report.records().collect();
    assert_eq!(records.len(), 2);
    assert_eq!(records[0].name(), Some("block_old_sources"));
    assert_eq!(records[0].sources().len(), 2);
    assert_eq!(records[0].auxiliary, [9; 4]);
    assert_eq!(records[1].name(), Some("change_to_exclude"));
    assert_eq!(records[1].sources().len(), 0);
    // RFC 3810 section 5.2.10.
    assert_eq!(rules(&parse(&packet)), ["auxiliary data in MLDv2"]);
    let item = parse(&packet).items().next().unwrap();
    let fields: Vec<_> = item.fields().map(|f| (f.name, f.value)).collect();
    assert!(fields.contains(&("sources", Value::V6List(&[0x20; 32]))));
    assert!(fields.contains(&("auxiliary", Value::Octets(&[9; 4]))));
    every_prefix(&packet);
    every_code(&packet);

    octets[7] = 9;
    let packet = with_router_alert("::", "ff02::16", &octets);
    assert_eq!(mld(&packet).records().count(), 2);
    assert_eq!(parse(&packet).defects.count(), 2);
    octets[7] = 1;
    let packet = with_router_alert("::", "ff02::16", &octets);
    assert_eq!(mld(&packet).records().count(), 1);
    octets[8 + 2] = 0xff;
    let packet = with_router_alert("::", "ff02::16", &octets);
    assert_eq!(mld(&packet).records().next().unwrap().sources().len(), 3);
    assert_eq!(parse(&packet).defects.count(), 2);
}

/// RFC 9279 section 3.
#[test]
fn extensions_stand_behind_sources_and_records() {
    let query = [
        &[130, 0, 0, 0, 0, 9, 0, 0],
        &group()[..],
        &[0x82, 125, 0, 1],
    ]
    .concat();
    let query = [&query[..], &[0x20; 16]].concat();
    let report = [&[143, 0, 0, 0, 0x80, 0, 0, 1, 4, 0, 0, 0], &group()[..]].concat();
    for (plain, flag) in [(query, 24), (report, 4)] {
        let told = |behind: &[u8]| {
            let octets = [&plain[..], behind].concat();
            let packet = with_router_alert("fe80::1", "ff02::16", &octets);
            let extensions: Vec<_> = mld(&packet).extensions().collect();
            let told: Vec<_> = extensions
                .iter()
                .map(|it| (it.kind, it.bytes.len()))
                .collect();
            let message = parse(&packet);
            let defects: Vec<_> = { message.defects.iter() }
                .map(|found| (found.layer, found.offset))
                .collect();
            (told, defects)
        };
        let both = [0, 0, 0, 0, 0, 7, 0, 2, 0xab, 0xcd];
        assert_eq!(told(&both), (vec![(0, 4), (7, 6)], vec![]));
        let end = u32::try_from(plain.len()).unwrap();
        assert_eq!(told(&[]), (vec![], vec![(Layer::Icmp, end)]));
        let cut = (vec![(0, 4), (7, 5)], vec![(Layer::MldExtension, end + 4)]);
        assert_eq!(told(&both[..9]), cut);
        let no_header = (vec![(0, 4)], vec![(Layer::MldExtension, end + 4)]);
        assert_eq!(told(&both[..6]), no_header);

        let mut octets = [&plain[..], &both].concat();
        let packet = with_router_alert("fe80::1", "ff02::16", &octets);
        let message = parse(&packet);
        let items: Vec<_> = message
            .items()
            .filter(|it| it.group == "mld_extensions")
            .collect();
        assert_eq!(items[0].name, Some("no_op"));
        assert_eq!(items[1].number, Some(7));
        let value = items[1].fields().last().unwrap();
        assert_eq!(
            (value.name, value.value),
            ("value", Value::Octets(&[0xab, 0xcd]))
        );
        assert!(
            message
                .fields()
                .any(|f| (f.name, f.value) == ("extended", Value::Flag(true)))
        );
        assert!(message.unread().is_none());
        every_prefix(&packet);
        every_code(&packet);
        // Without the flag they are octets that receivers ignore (RFC 3810 section 5.1.12).
        octets[flag] &= 0x7f;
        let packet = with_router_alert("fe80::1", "ff02::16", &octets);
        assert_eq!(mld(&packet).extensions().count(), 0);
        assert_eq!(parse(&packet).unread(), Some(&both[..]));
    }
    // Behind records that are not all there nothing is known to be one.
    let octets = [&[143, 0, 0, 0, 0x80, 0, 0, 2, 4, 0, 0, 0], &group()[..]].concat();
    let packet = with_router_alert("fe80::1", "ff02::16", &octets);
    assert_eq!(mld(&packet).extensions().count(), 0);
    assert_eq!(parse(&packet).defects.count(), 1);
}

#[test]
fn rules_of_mld() {
    let octets = [&[131, 0, 0, 0, 0, 0, 0, 0], &[0xfe; 16][..]].concat();
    assert_eq!(
        rules(&parse(&v6_between("2001:db8::1", "ff02::1", 64, &octets))),
        [
            "hop limit of MLD is not 1",
            "MLD without router alert",
            "source of MLD is not link-local",
            "group is no multicast address"
        ]
    );
}

/// RFC 2711 section 2.1: a hop-by-hop option, whose value says what the packet holds.
#[test]
fn a_router_alert_that_no_router_reads() {
    let octets = [&[131, 0, 0, 0, 0, 0, 0, 0], &[0xff; 16][..]].concat();
    let mut packet = with_router_alert("fe80::1", "ff02::1", &octets);
    assert!(rules(&parse(&packet)).is_empty());
    packet[45] = 1;
    assert_eq!(
        rules(&parse(&packet)),
        ["router alert of MLD has another value than 0"]
    );
    packet[45] = 0;
    packet[6] = 60;
    assert_eq!(rules(&parse(&packet)), ["MLD without router alert"]);
}

/// RFC 2710 section 5, RFC 3810 section 6.
#[test]
fn groups_that_nobody_reports() {
    for (group, expected) in [
        ("ff02::1", &["group is that of all nodes"][..]),
        ("ff00::1:3", &["scope of the group is 0 or 1"]),
        ("ff11::1:3", &["scope of the group is 0 or 1"]),
        ("ff02::1:3", &[]),
        ("ff03::1", &[]),
    ] {
        let group = group.parse::<Ipv6Addr>().unwrap().octets();
        let told = |octets: &[u8]| rules(&parse(&with_router_alert("fe80::1", "ff02::16", octets)));
        for kind in [130, 131, 132] {
            assert_eq!(
                told(&[&[kind, 0, 0, 0, 0, 9, 0, 0], &group[..]].concat()),
                expected
            );
        }
        let head = [143, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0, 0];
        assert_eq!(told(&[&head[..], &group].concat()), expected);
    }
}

/// RFC 3810 sections 5.1.11, 5.1.13, 5.2.9 and 5.2.12.
#[test]
fn sources_that_are_none() {
    let broken = |octets: &[u8]| {
        let packet = with_router_alert("fe80::1", "ff02::16", octets);
        every_prefix(&packet);
        told(&parse(&packet))
    };
    let query = |group: [u8; 16], sources: &[[u8; 16]]| {
        let mut octets = [&[130, 0, 0, 0, 0, 9, 0, 0], &group[..], &[2, 125, 0]].concat();
        octets.push(u8::try_from(sources.len()).unwrap());
        octets.extend(sources.concat());
        broken(&octets)
    };
    let none = "source is no unicast address";
    assert_eq!(query(group(), &[[0x20; 16]]), []);
    assert_eq!(query(group(), &[[0x20; 16], group()]), [(28 + 16, none)]);
    assert_eq!(query([0; 16], &[]), []);
    assert_eq!(
        query([0; 16], &[[0x20; 16]]),
        [(26, "general query with sources")]
    );
    let record = |kind: u8, sources: &[[u8; 16]]| {
        let mut octets = vec![143, 0, 0, 0, 0, 0, 0, 1, kind, 0, 0];
        octets.push(u8::try_from(sources.len()).unwrap());
        octets.extend(group());
        octets.extend(sources.concat());
        broken(&octets)
    };
    assert_eq!(record(1, &[[0x20; 16]]), []);
    assert_eq!(
        record(1, &[]),
        [(10, "record of mode INCLUDE without sources")]
    );
    // It is how a group is left.
    assert_eq!(record(3, &[]), []);
    assert_eq!(record(5, &[[0; 16]]), [(28, none)]);
}
