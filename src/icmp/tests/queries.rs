//! Echo, timestamp, mask, information, router discovery.

use super::*;

const ECHO: [u8; 12] = [8, 0, 0, 0, 0x00, 0x13, 0x00, 0x01, 0xde, 0xad, 0xbe, 0xef];

#[test]
fn echo_in_both_versions() {
    for (packet, direction) in [
        (v4(&ECHO), Direction::Request),
        (v4(&[&[0], &ECHO[1..]].concat()), Direction::Reply),
        (v6(&[&[128], &ECHO[1..]].concat()), Direction::Request),
        (v6(&[&[129], &ECHO[1..]].concat()), Direction::Reply),
    ] {
        let message = parse(&packet);
        let Body::Echo(echo) = message.body else {
            panic!("{message:?}");
        };
        assert_eq!((echo.id, echo.seq, echo.direction), (0x13, 1, direction));
        assert_eq!(echo.payload, [0xde, 0xad, 0xbe, 0xef]);
        assert!(message.defects.is_empty());
        every_prefix(&packet);
        every_code(&packet);
    }
}

#[test]
fn an_echo_cut_in_its_header_keeps_its_identifier() {
    let packet = v4(&ECHO);
    for length in 4..8 {
        let message = parse_cut(&packet, 20 + length);
        let Body::Short { id } = message.body else {
            panic!("{message:?}");
        };
        assert_eq!(id.is_some(), length >= 6);
        assert!(matches!(
            message.defects.iter().next().unwrap().kind,
            DefectKind::Short {
                needed: 8,
                limit: Limit::Capture,
                ..
            }
        ));
    }
}

#[test]
fn a_code_that_must_be_0_is_told() {
    let mut message = ECHO;
    message[1] = 9;
    assert_eq!(rules(&parse(&v4(&message))), ["code is not 0"]);
}

#[test]
fn timestamps() {
    let mut message = vec![14, 0, 0, 0, 0, 5, 0, 6];
    message.extend(1000u32.to_be_bytes());
    message.extend(2000u32.to_be_bytes());
    message.extend(0x8000_0001u32.to_be_bytes());
    let packet = v4(&message);
    let decoded = parse(&packet);
    let Body::Timestamp(timestamp) = decoded.body else {
        panic!("{decoded:?}");
    };
    assert_eq!(timestamp.direction, Direction::Reply);
    assert_eq!((timestamp.id, timestamp.seq), (5, 6));
    assert_eq!(timestamp.originate, Some(1000));
    assert_eq!(timestamp.receive, Some(2000));
    assert_eq!(timestamp.transmit, Some(0x8000_0001));
    assert!(decoded.defects.is_empty());
    every_prefix(&packet);
    every_code(&packet);
    let Body::Timestamp(cut) = parse_cut(&packet, 33).body else {
        panic!();
    };
    assert_eq!((cut.originate, cut.receive), (Some(1000), None));

    message[8..12].copy_from_slice(&86_400_000u32.to_be_bytes());
    message.push(0);
    assert_eq!(
        rules(&parse(&v4(&message))),
        [
            "octets behind the transmit timestamp",
            "timestamp over a day without the high bit"
        ]
    );
}

#[test]
fn masks_and_information() {
    for (kind, direction) in [(17, Direction::Request), (18, Direction::Reply)] {
        let packet = v4(&[kind, 0, 0, 0, 0, 5, 0, 6, 255, 255, 240, 0]);
        let message = parse(&packet);
        let Body::Query(query) = message.body else {
            panic!("{message:?}");
        };
        assert_eq!(query.direction, direction);
        assert_eq!(query.mask, Some(Ipv4Addr::new(255, 255, 240, 0)));
        assert!(message.defects.is_empty());
        every_prefix(&packet);
        every_code(&packet);
    }
    for mask in [[0; 4], [255; 4], [128, 0, 0, 0]] {
        let message = [&[17, 0, 0, 0, 0, 0, 0, 0], &mask[..]].concat();
        assert!(parse(&v4(&message)).defects.is_empty(), "{mask:?}");
    }
    let gaps = v4(&[18, 0, 0, 0, 0, 0, 0, 0, 255, 0, 255, 0]);
    assert_eq!(rules(&parse(&gaps)), ["address mask with gaps"]);
    for kind in [15, 16] {
        let packet = v4(&[kind, 0, 0, 0, 0, 5, 0, 6]);
        assert!(matches!(
            parse(&packet).body,
            Body::Query(Query {
                id: 5,
                seq: 6,
                mask: None,
                ..
            })
        ));
        every_prefix(&packet);
        every_code(&packet);
    }
}

#[test]
fn router_discovery() {
    let message = [
        9, 0, 0, 0, 2, 2, 0x07, 0x08, 192, 0, 2, 1, 0, 0, 0, 5, 192, 0, 2, 2, 0x80, 0, 0, 0,
    ];
    let packet = v4(&message);
    let decoded = parse(&packet);
    let Body::RouterAdvertisement4(routers) = decoded.body else {
        panic!("{decoded:?}");
    };
    assert_eq!(routers.lifetime, 1800);
    assert_eq!(routers.entries, &message[8..]);
    assert!(decoded.defects.is_empty());
    every_prefix(&packet);
    every_code(&packet);
    let packet = v4(&[10, 0, 0, 0, 0, 0, 0, 0]);
    assert!(matches!(parse(&packet).body, Body::RouterSolicitation4));
    every_prefix(&packet);
    every_code(&packet);
    // RFC 1256 section 3.
    let solicitation = [10, 0, 0, 0, 0, 0, 0, 0];
    for octets in [&message[..], &solicitation] {
        for (dst, ttl, told) in [
            ("224.0.0.2", 1, &[][..]),
            (
                "224.0.0.2",
                64,
                &["TTL of router discovery to a group is not 1"],
            ),
            ("255.255.255.255", 64, &[]),
        ] {
            let mut packet = ipv4("192.0.2.1", dst, 1, octets);
            packet[8] = ttl;
            assert_eq!(rules(&parse(&packet)), told, "{dst} {ttl}");
        }
    }
}
