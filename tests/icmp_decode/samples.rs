//! A message of every type that has a name: its octets, and what they say.

use icmpdump::icmp::field::Field;
use icmpdump::icmp::{Message, names};
use icmpdump::wire::{ChecksumStatus, Ip, IpVersion, Limit};
use serde_json::{Value, json};

use crate::shown::{Hop, records, v4, v6_hop};

/// A message as its RFC draws it.
pub(crate) struct Sample {
    version: IpVersion,
    /// The packet.
    pub(crate) octets: Vec<u8>,
    /// The fields that its record has among those of `icmp`, beside type, code and checksum.
    says: Value,
}

const QUOTE4: [u8; 28] = [
    0x45, 0, 0, 28, 0, 9, 0, 0, 1, 17, 0xb0, 0x0f, 192, 0, 2, 1, 203, 0, 113, 9, 0xa8, 0xca, 0x82,
    0x9a, 0, 8, 0, 0,
];

fn quote6() -> Vec<u8> {
    let mut quote = vec![0x60, 0, 0, 0, 0, 8, 17, 1];
    quote.extend(address(1));
    quote.extend(address(9));
    quote.extend([0xa8, 0xca, 0x82, 0x9a, 0, 8, 0, 0]);
    quote
}

/// The address `2001:db8::` with a last octet.
fn address(last: u8) -> [u8; 16] {
    [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]
}

/// A group of the link.
const GROUP: [u8; 16] = [0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0, 0, 5];

/// The home address of a mobile node, in an option for the destination.
const HOME: [u8; 18] = [
    0xc9, 16, 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5,
];

/// A prefix of the link.
const PREFIX: [u8; 32] = [
    3, 4, 64, 0xc0, 0, 0, 0, 9, 0, 0, 0, 8, 0, 0, 0, 0, 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0,
];

/// Type, code and an empty checksum, then the parts.
fn message(kind: u8, code: u8, parts: &[&[u8]]) -> Vec<u8> {
    [&[kind, code, 0, 0], &parts.concat()[..]].concat()
}

fn samples4() -> Vec<Sample> {
    let echo = json!({"id": 7, "seq": 9, "payload_length": 4});
    let query = json!({"id": 7, "seq": 9});
    let numbers: &[u8] = &[0, 7, 0, 9];
    let times: &[u8] = &[0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
    let timestamps = json!({"originate": 1, "receive": 2, "transmit": 3});
    let rest = json!({"data": "00070009"});
    [
        (0, 0, vec![numbers, b"abcd"], echo.clone()),
        (3, 4, vec![&[0, 0, 5, 220], &QUOTE4], json!({"mtu": 1500})),
        (4, 0, vec![&[0; 4], &QUOTE4], json!({})),
        (5, 1, vec![&[10, 0, 0, 9], &QUOTE4], json!({"gateway": "10.0.0.9"})),
        (6, 0, vec![numbers], rest.clone()),
        (8, 0, vec![numbers, b"abcd"], echo),
        (9, 16, vec![&[1, 2, 7, 8], &[10, 0, 0, 9, 0x80, 0, 0, 0]],
            json!({"address_count": 1, "entry_words": 2, "lifetime": 1800, "addresses": [{"address": "10.0.0.9", "preference": -2_147_483_648}]})),
        (10, 0, vec![&[0; 4]], json!({})),
        (11, 0, vec![&[0; 4], &QUOTE4], json!({})),
        (12, 0, vec![&[20, 0, 0, 0], &QUOTE4], json!({"pointer": 20})),
        (13, 0, vec![numbers, times], json!({"id": 7, "seq": 9, "timestamps": timestamps})),
        (14, 0, vec![numbers, times], json!({"id": 7, "seq": 9, "timestamps": timestamps})),
        (15, 0, vec![numbers], query.clone()),
        (16, 0, vec![numbers], query.clone()),
        (17, 0, vec![numbers, &[0; 4]], json!({"id": 7, "seq": 9, "mask": "0.0.0.0"})),
        (18, 0, vec![numbers, &[255, 255, 254, 0]], json!({"id": 7, "seq": 9, "mask": "255.255.254.0"})),
        (30, 0, vec![&[0, 7, 0, 0, 0, 3, 0, 4, 0, 0, 0x30, 0xd4, 0, 0, 5, 220]],
            json!({"id": 7, "outbound_hops": 3, "return_hops": 4, "speed": 12500, "mtu": 1500})),
        (31, 3, vec![&[0, 0, 0, 20], &QUOTE4], json!({"pointer": 20})),
        (32, 0, vec![numbers], rest.clone()),
        (33, 0, vec![numbers], rest.clone()),
        (34, 0, vec![numbers], rest.clone()),
        (35, 0, vec![numbers], rest.clone()),
        (36, 0, vec![numbers], rest.clone()),
        (37, 0, vec![numbers], query),
        (38, 0, vec![numbers, &[0, 0, 0, 60], b"\x03lab\x04test\0"],
            json!({"id": 7, "seq": 9, "ttl": 60, "names": ["lab.test"]})),
        (39, 0, vec![numbers], rest.clone()),
        (40, 0, vec![&[0, 0, 0, 20], &QUOTE4], json!({"pointer": 20})),
        (41, 0, vec![&[5, 0, 0, 0], b"seam"], json!({"subtype": 5})),
        (42, 0, vec![&[0, 7, 9, 1], &[0x20, 0, 0xd3, 0xf3, 0, 8, 3, 2, 0, 0, 0, 2]],
            json!({"id": 7, "seq": 9, "local": true,
                "extensions": [{"class": 3, "c_type": 2, "name": "interface_identification", "length": 8, "interface_index": 2}]})),
        (43, 0, vec![&[0, 7, 9, 0x40]], json!({"id": 7, "seq": 9, "state": 2, "state_name": "reachable", "active": false, "ipv4": false, "ipv6": false})),
        (253, 0, vec![numbers], rest.clone()),
        (254, 0, vec![numbers], rest),
    ]
    .into_iter()
    .map(|(kind, code, parts, says)| Sample {
        version: IpVersion::V4,
        octets: v4([192, 0, 2, 254], [192, 0, 2, 1], 1, &message(kind, code, &parts)),
        says,
    })
    .collect()
}

fn samples6() -> Vec<Sample> {
    let quote = quote6();
    // Of 1500 octets, which do not fit through 1280.
    let mut large = quote.clone();
    large[4..6].copy_from_slice(&1460u16.to_be_bytes());
    let (near, far, last) = (address(1), address(9), address(5));
    let numbers: &[u8] = &[0, 7, 0, 9];
    let echo = json!({"id": 7, "seq": 9, "payload_length": 4});
    let rest = json!({"data": "00070009"});
    let link: &[u8] = &[1, 1, 2, 0, 0, 0, 0, 1];
    let option =
        json!([{"type": 1, "name": "source_link_layer_address", "address": "02:00:00:00:00:01"}]);
    let prefix = json!([{
        "type": 3, "name": "prefix_information", "prefix_length": 64, "on_link": true,
        "autonomous": true, "router_address": false, "prefix_delegation_preferred": false,
        "valid_lifetime": 9, "preferred_lifetime": 8, "prefix": "2001:db8::",
    }]);
    // Of a packet that the receiver of the redirect sent.
    let redirected = [
        &quote[..8],
        &[0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2],
        &quote[24..],
    ]
    .concat();
    // A trust anchor by the identifier of its key.
    let anchor: &[u8] = &[15, 1, 3, 0, 1, 2, 3, 4];
    let nonce: &[u8] = &[1, 2, 3, 4, 5, 6, 7, 8];
    let dao: &[u8] = &[1, 0, 0, 7];
    let renumbering: &[u8] = &[0, 0, 0, 5, 1, 0x60, 0, 10, 0, 0, 0, 0];
    [
        (1, 4, Hop::Any, vec![&[0; 4][..], &quote], json!({})),
        (2, 0, Hop::Any, vec![&[0, 0, 5, 0], &large], json!({"mtu": 1280})),
        (3, 0, Hop::Any, vec![&[0; 4], &quote], json!({})),
        (4, 1, Hop::Any, vec![&[0, 0, 0, 40], &quote], json!({"pointer": 40})),
        (100, 0, Hop::Any, vec![&[0; 4], &quote], json!({})),
        (101, 0, Hop::Any, vec![&[0; 4], &quote], json!({})),
        (127, 0, Hop::Any, vec![&[0; 4], &quote], json!({})),
        (128, 0, Hop::Any, vec![numbers, b"abcd"], echo.clone()),
        (129, 0, Hop::Any, vec![numbers, b"abcd"], echo),
        (130, 0, Hop::Link, vec![&[0x27, 0x10, 0, 0], &GROUP, &[0x0a, 125, 0, 1], &far],
            json!({"max_response": 10000, "max_response_ms": 10000, "group": "ff02::1:ff00:5", "suppress": true, "robustness": 2, "interval_code": 125,
                "query_interval_s": 125, "source_count": 1, "sources": ["2001:db8::9"]})),
        (131, 0, Hop::Link, vec![&[0; 4], &GROUP], json!({"max_response": 0, "group": "ff02::1:ff00:5"})),
        (132, 0, Hop::Link, vec![&[0; 4], &GROUP], json!({"max_response": 0, "group": "ff02::1:ff00:5"})),
        (133, 0, Hop::Neighbor, vec![&[0; 4], link], json!({"options": option})),
        (134, 0, Hop::Neighbor, vec![&[64, 0xc8, 7, 8, 0, 0, 0, 1, 0, 0, 0, 2], link],
            json!({"hop_limit": 64, "managed": true, "other_config": true, "home_agent": false, "preference": 1, "proxy": false,
                "lifetime": 1800, "reachable": 1, "retransmit": 2, "options": option})),
        (135, 0, Hop::Neighbor, vec![&[0; 4], &last, link], json!({"target": "2001:db8::5", "options": option})),
        (136, 0, Hop::Neighbor, vec![&[0xe0, 0, 0, 0], &last, &[2, 1, 2, 0, 0, 0, 0, 1]],
            json!({"router": true, "solicited": true, "override": true, "target": "2001:db8::5",
                "options": [{"type": 2, "name": "target_link_layer_address", "address": "02:00:00:00:00:01"}]})),
        (137, 0, Hop::Neighbor, vec![&[0; 4], &[0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9], &far, &[4, 7, 0, 0, 0, 0, 0, 0], &redirected],
            json!({"target": "fe80::9", "destination": "2001:db8::9"})),
        (138, 0, Hop::Any, vec![renumbering, &[2, 3, 7, 48, 0, 128, 0, 0], &near],
            json!({"sequence": 5, "segment": 1, "test": false, "result_requested": true, "all_interfaces": true, "max_delay": 10})),
        (139, 0, Hop::Any, vec![&[0, 2, 0, 0], nonce, &far], json!({"qtype": 2, "flags": 0, "nonce": "0102030405060708", "subject": "2001:db8::9"})),
        (140, 0, Hop::Any, vec![&[0, 3, 0, 0], nonce, &[0, 0, 0, 0], &far],
            json!({"qtype": 3, "flags": 0, "nonce": "0102030405060708"})),
        (141, 0, Hop::Neighbor, vec![&[0; 4], link, &[2, 1, 2, 0, 0, 0, 0, 2]], json!({})),
        (142, 0, Hop::Neighbor, vec![&[0; 4], link, &[2, 1, 2, 0, 0, 0, 0, 2], &[10, 3, 0, 0, 0, 0, 0, 0], &far], json!({})),
        (143, 0, Hop::Link, vec![&[0, 0, 0, 1], &[3, 0, 0, 1], &GROUP, &far],
            json!({"record_count": 1, "records": [{"type": 3, "name": "change_to_include", "group": "ff02::1:ff00:5", "source_count": 1, "sources": ["2001:db8::9"]}]})),
        (144, 0, Hop::Any, vec![&[0, 7, 0, 0]], json!({"id": 7, "mobile_router": false})),
        (145, 0, Hop::Any, vec![&[0, 7, 0x80, 0], &far], json!({"id": 7, "mobile_router": true, "home_agents": ["2001:db8::9"]})),
        (146, 0, Hop::Option(&HOME), vec![&[0, 7, 0, 0]], json!({"id": 7})),
        (147, 0, Hop::Route(last), vec![&[0, 7, 0x80, 0], &PREFIX],
            json!({"id": 7, "managed": true, "other_config": false, "options": prefix})),
        (148, 0, Hop::Neighbor, vec![&[0, 7, 0, 9], anchor], json!({"id": 7, "component": 9})),
        (149, 0, Hop::Neighbor, vec![&[0, 7, 0, 3, 0, 2, 0, 0]], json!({"id": 7, "components": 3, "component": 2})),
        (150, 0, Hop::Any, vec![&[5, 0, 0, 0], b"seam"], json!({"subtype": 5})),
        (151, 20, Hop::LinkGroup(0x6a), vec![&[0, 125, 0, 2]], json!({"interval": 20, "query_interval": 125, "robustness": 2})),
        (152, 0, Hop::LinkGroup(2), vec![], json!({})),
        (153, 0, Hop::LinkGroup(0x6a), vec![], json!({})),
        (154, 0, Hop::Neighbor, vec![&[2, 0, 0, 7], &[19, 1, 1, 2, 0, 0, 0, 0]], json!({"subtype": 2, "subtype_name": "proxy_router_solicitation", "id": 7})),
        (155, 2, Hop::Any, vec![dao], json!({"instance": 1, "sequence": 7})),
        (156, 0, Hop::Option(&[0x8b, 4, 1, 2, 3, 4]), vec![&[1, 1, 0, 0], &[0x20, 1, 0x0d, 0xb8, 0, 0, 0, 5], &[0, 10, 0, 60]],
            json!({"locator_count": 1, "operation": 1, "operation_name": "advertisement", "locators": [{"locator": "20010db800000005", "preference": 10, "lifetime": 60}]})),
        (157, 0, Hop::Any, vec![&[0, 0, 0, 60], nonce, &far],
            json!({"address_kind": 0, "transaction": 0, "lifetime": 60, "owner": "0102030405060708", "address": "2001:db8::9"})),
        (158, 0, Hop::Any, vec![&[1, 0, 0, 60], nonce, &far], json!({"status": 1, "status_name": "duplicate_address", "lifetime": 60, "address": "2001:db8::9"})),
        (159, 0, Hop::NeighborGroup(0xfc), vec![&[4, 0x04, 0x80]], json!({})),
        (160, 0, Hop::Any, vec![&[0, 7, 9, 1], &[0x20, 0, 0xd3, 0xf3, 0, 8, 3, 2, 0, 0, 0, 2]], json!({"id": 7, "seq": 9, "local": true})),
        (161, 2, Hop::Any, vec![&[0, 7, 9, 0]], json!({"code_name": "no_such_interface", "id": 7, "seq": 9, "state": 0})),
        (200, 0, Hop::Any, vec![numbers], rest.clone()),
        (201, 0, Hop::Any, vec![numbers], rest.clone()),
        (255, 0, Hop::Any, vec![numbers], rest),
    ]
    .into_iter()
    .map(|(kind, code, hop, parts, says)| Sample {
        version: IpVersion::V6,
        octets: v6_hop(hop, &message(kind, code, &parts)),
        says,
    })
    .collect()
}

pub(crate) fn samples() -> Vec<Sample> {
    let mut all = samples4();
    all.extend(samples6());
    all
}

fn parse(octets: &[u8], on_wire: usize) -> Option<(Message<'_>, Ip<'_>)> {
    let ip = Ip::parse_on_wire(octets, on_wire, Limit::Frame).ok()?;
    Some((Message::parse(&ip), ip))
}

#[test]
fn every_named_type_has_a_sample() {
    let samples = samples();
    let packets: Vec<_> = samples.iter().map(|sample| sample.octets.clone()).collect();
    let records: Vec<_> = records(&packets);
    let mut records = records.iter().filter(|record| record["type"] == "icmp");
    let mut seen = Vec::new();
    for sample in &samples {
        let record = records.next().unwrap();
        let icmp = &record["icmp"];
        let kind = u8::try_from(icmp["type"].as_u64().unwrap()).unwrap();
        assert_eq!(
            icmp["name"],
            names::type_name(sample.version, kind).unwrap()
        );
        assert_eq!(icmp["checksum"]["status"], "good", "{icmp}");
        for (field, value) in sample.says.as_object().unwrap() {
            assert_eq!(icmp[field], *value, "{field} of {icmp}");
        }
        assert!(record["defects"].is_null(), "{record}");
        seen.push((sample.version, kind));
    }
    for version in [IpVersion::V4, IpVersion::V6] {
        for named in names::types(version) {
            assert!(
                seen.contains(&(version, named.kind)),
                "no sample of {version:?} {}",
                named.name
            );
        }
    }
}

/// The options, records and objects of a message that end within its first `octets`, with their fields.
fn items<'a>(message: &Message<'a>, octets: usize) -> Vec<(&'a [u8], Vec<Field<'a>>)> {
    let end = message.bytes.as_ptr().wrapping_add(octets);
    let items = message.items();
    let kept = items.filter(|item| item.bytes.as_ptr_range().end <= end);
    kept.map(|item| (item.bytes, item.fields().collect()))
        .collect()
}

/// What a cut or changed message must hold on to, and what may not be said of it.
#[test]
fn every_prefix_of_every_sample_keeps_what_it_has() {
    for Sample {
        version, octets, ..
    } in samples()
    {
        let (whole, ip) = parse(&octets, octets.len()).unwrap();
        let header = ip.header.len();
        let all: Vec<_> = whole.fields().collect();
        for end in header..octets.len() {
            let (cut, _) = parse(&octets[..end], octets.len()).unwrap();
            assert_eq!(cut.bytes.len(), end - header);
            assert_eq!(cut.length, whole.length);
            assert_ne!(
                cut.checksum.status,
                ChecksumStatus::Good,
                "{version:?} {} cut at {end}",
                whole.kind
            );
            let kept = |field: &Field<'_>| field.range.end <= end - header;
            // Which fields there are may hang on octets behind them: of those that both have, the
            // values are the same.
            for field in cut.fields() {
                if let Some(same) = all
                    .iter()
                    .find(|known| known.name == field.name && kept(known))
                {
                    assert_eq!(field, *same, "{version:?} {} cut at {end}", whole.kind);
                }
            }
            if end - header >= 8 {
                for field in all.iter().filter(|field| kept(field)) {
                    assert!(
                        cut.fields().any(|known| known == *field),
                        "{version:?} {} cut at {end}: {field:?}",
                        whole.kind
                    );
                }
                let (items, there) = (items(&cut, end), items(&whole, end - header));
                assert!(
                    items.starts_with(&there),
                    "{version:?} {} cut at {end}: {items:?} for {there:?}",
                    whole.kind
                );
            }
        }
    }
}

#[test]
fn every_code_of_every_sample_is_decoded() {
    for Sample {
        version, octets, ..
    } in samples()
    {
        let (whole, ip) = parse(&octets, octets.len()).unwrap();
        let at = ip.header.len() + 1;
        for code in 0..=u8::MAX {
            let mut changed = octets.clone();
            changed[at] = code;
            let (message, _) = parse(&changed, changed.len()).unwrap();
            assert_eq!((message.kind, message.code), (whole.kind, Some(code)));
            assert_eq!(
                message.code_name(),
                names::code_name(version, whole.kind, code)
            );
            let same = Some(code) == whole.code;
            assert_eq!(message.checksum.status == ChecksumStatus::Good, same);
            // All octets stay accounted for, whatever the code makes of them.
            assert!(
                message
                    .fields()
                    .all(|field| field.range.end <= message.bytes.len())
            );
            assert_eq!(message.header_fields().count(), 3);
        }
    }
}
