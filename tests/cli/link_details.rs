//! What `-e` tells in JSON of links that are few, and units of any link that Wireshark exported.

use serde_json::json;

use crate::links::link;

/// JSON has what the text tells of links that are few.
#[test]
fn what_stands_beside_addresses_is_told() {
    let mac = [2, 0, 0, 0, 0, 2, 0x82, 0, 0, 0, 0, 1];
    let snap = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0];
    for (number, header, key, expected) in [
        (
            109,
            vec![0, 0, 0, 2, 0, 0, 1, 0x23, 0, 0, 8, 0],
            "ipsec",
            json!({"spi": 0x123, "authentic": true}),
        ),
        (
            123,
            [&[0x82, 3, 0, 100][..], &snap].concat(),
            "atm",
            json!({"vpi": 3, "vci": 100}),
        ),
        (
            226,
            [&[1, 2], &[0; 14][..], &[0, 0, 0, 3, 0, 0, 0, 4]].concat(),
            "zones",
            json!({"src": 3, "dst": 4}),
        ),
        (
            6,
            [&[0x10, 0x40][..], &mac, &[6, 0x30, 0, 0x11, 0, 0x20], &snap].concat(),
            "token_ring",
            json!({
                "access_control": 0x10,
                "frame_control": 0x40,
                "route": {"control": 0x630, "largest_frame": 4472, "segments": [0x11, 0x20]},
            }),
        ),
        (
            10,
            [&[0x57][..], &mac, &snap].concat(),
            "fddi",
            json!({"frame_control": 0x57}),
        ),
        (
            7,
            vec![1, 2, 212, 0, 0, 9],
            "arcnet",
            json!({"protocol": 212, "sequence": 9}),
        ),
        (
            182,
            vec![0xc2, 7, 0x18, 0x41, 3, 0xcc],
            "multilink",
            json!({"sequence": 0x107, "begins": true, "ends": true}),
        ),
    ] {
        let (told, _) = link(number, &header, &["frame.number"]);
        assert_eq!(told[key], expected, "{number} {told}");
    }
    let lane = [&[0x81, 0, 0, 100, 1, 1][..], &mac, &[8, 0]].concat();
    let (told, _) = link(123, &lane, &["frame.number"]);
    let expected = json!({
        "src": "82:00:00:00:00:01",
        "dst": "02:00:00:00:00:02",
        "direction": "out",
        "atm": {"vpi": 0, "vci": 100, "lane_client": 257},
        "ether_type": 0x800,
    });
    assert_eq!(told, expected);
    let (told, _) = link(129, &[1, 2, 0, 0, 212, 0, 0, 9], &["frame.number"]);
    let expected = json!({"src": "01", "dst": "02", "arcnet": {"protocol": 212}});
    assert_eq!(told, expected);
}

/// The number that tshark gives each link type's frames is that of the same link type in a unit.
#[test]
fn units_of_wiretaps_encapsulations_are_read() {
    let mac = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
    let snap = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0];
    let unit = |fields: &[u8], frame: &[u8]| [fields, &[0; 4], frame].concat();
    for (number, header) in [
        (1, [&mac[..], &[8, 0]].concat()),
        (6, [&[0x10, 0x40][..], &mac, &snap].concat()),
        (10, [&[0x50][..], &mac, &snap].concat()),
        (50, vec![0xff, 3, 0, 0x21]),
        (101, vec![]),
        (104, vec![0x0f, 0, 8, 0]),
        (107, vec![0x18, 0x41, 3, 0xcc]),
        (109, vec![0, 0, 0, 2, 0, 0, 1, 0x23, 0, 0, 8, 0]),
        (113, [&[0; 14][..], &[8, 0]].concat()),
        (138, [&[0; 16][..], &[8, 0]].concat()),
        (276, [&[8, 0][..], &[0; 18]].concat()),
    ] {
        let (_, theirs) = link(number, &header, &["frame.encap_type"]);
        let place: u8 = theirs[0].parse().unwrap();
        let fields = [
            &[0, 14, 0, 12][..],
            b"wtap_encap\0\0",
            &[0, 32, 0, 4, 0, 0, 0, place],
        ]
        .concat();
        let (told, theirs) = link(252, &unit(&fields, &header), &["icmp.type"]);
        assert!(told.is_object(), "{number} {place}");
        assert_eq!(theirs, ["8"], "{number} {place}");
    }
    let name = |name: &[u8]| [&[0, 12, 0, u8::try_from(name.len()).unwrap()], name].concat();
    let ethernet = [&mac[..], &[8, 0]].concat();
    for (name, frame) in [
        (name(b"pw_eth_nocw\0"), ethernet.clone()),
        (name(b"btbnep\0\0"), [&[0][..], &ethernet].concat()),
        (name(b"btbnep\0\0"), vec![0x82, 8, 0, 0, 2, 9, 9]),
    ] {
        let (told, theirs) = link(252, &unit(&name, &frame), &["icmp.type"]);
        assert!(told.is_object());
        assert_eq!(theirs, ["8"], "{frame:?}");
    }
}
