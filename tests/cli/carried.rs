//! ICMP behind headers that tshark reads, and tcpdump does not: whether both show it.

use std::process::Command;

use crate::common::{of_type, records, run};
use crate::links::{ECHO, capture};

/// What tshark shows of these headers before an echo request, and what we do.
#[test]
fn ethernet_over_infiniband_smartedge_and_exported_units_are_read() {
    let count = |number, header: &[u8], tail: &[u8]| {
        let capture = capture(number, &[header, &ECHO, tail].concat());
        let path = capture.path().to_str().unwrap();
        let mut command = Command::new("tshark");
        let command = command.args(["-r", path, "-T", "fields", "-e", "icmp.type"]);
        let output = command.output().expect("tshark is installed");
        let theirs = String::from_utf8(output.stdout).unwrap();
        let ours = of_type(&records(&["-r", path, "--json"]), "icmp").len();
        (ours, usize::from(theirs.trim_end() == "8"))
    };
    let frame = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0];
    let in_infiniband = |operation, headers: &[&[u8]], tail: &[u8]| {
        let extended: &[u8] = match operation {
            0x64 => &[0, 0, 0, 1, 0, 0, 0, 0x49],
            0x65 => &[0, 0, 0, 1, 0, 0, 0, 0x49, 0, 0, 0, 0],
            _ => &[],
        };
        let parts = [
            &[0, 2, 0, 2, 0, 20, 0, 1],
            &[operation, 0, 0xff, 0xff, 0, 0, 0, 0x48, 0, 0, 0, 1][..],
            extended,
            &headers.concat(),
        ]
        .concat();
        let length = u8::try_from(parts.len() + ECHO.len() + tail.len()).unwrap();
        let erf = [&[0; 8][..], &[21, 0, 0, 16 + length, 0, 0, 0, length]].concat();
        count(197, &[erf, parts].concat(), tail)
    };
    for (operation, header, is_read) in [
        (0x64, [0xc0, 0, 0, 1], true),
        (0x65, [0xc5, 0x80, 0, 1], true),
        // The first part of a longer frame, a later one, and what is no datagram.
        (0x64, [0xc0, 0x40, 0, 1], true),
        (0x64, [0xc0, 0x01, 0, 1], false),
        (0x04, [0xc0, 0, 0, 1], false),
    ] {
        let read = usize::from(is_read);
        assert_eq!(
            in_infiniband(operation, &[&header, &frame], &[0; 6]),
            (read, read),
            "{operation} {header:x?}"
        );
    }
    // Fibre Channel, by its signature and how a frame starts; what ends it, and the sums of both.
    for (signature, start, is_read) in
        [(0x40, 0x2e, true), (0x40, 0x2f, false), (0x80, 0x2e, false)]
    {
        let mut header = [0; 16];
        (header[0], header[15]) = (signature, start);
        let mut fibre_channel = [0; 24];
        fibre_channel[8] = 5;
        let llc = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0];
        let tail = [0, 0, 0, 0, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let read = usize::from(is_read);
        let counts = in_infiniband(0x64, &[&header, &fibre_channel, &llc], &tail);
        assert_eq!(counts, (read, read), "{signature:x} {start:x}");
    }
    for (protocol, start, packet, before) in [
        (1, 24, 24, &[][..]),
        (1, 24, 38, &frame),
        (3, 24, 24, &frame),
        (4, 24, 24, &frame),
        (8, 24, 24, &frame),
        (9, 28, 28, &[0; 4]),
    ] {
        let mut header = vec![0; 24];
        (header[19], header[21], header[23]) = (protocol, start, packet);
        header.extend(before);
        // Which of the protocols are IPv6's alone tshark tells, and we read by the version.
        let read = usize::from(protocol != 9);
        assert_eq!(count(32, &header, &[]), (1, read), "protocol {protocol}");
    }
    let field = |tag: u8, value: &[u8]| {
        let padding = vec![0; value.len().wrapping_neg() % 4];
        let length = u8::try_from(value.len() + padding.len()).unwrap();
        [&[0, tag, 0, length][..], value, &padding].concat()
    };
    let place = |number: u32| field(32, &number.to_be_bytes());
    let token_ring = [&[0x10, 0x40], &frame[..12], &[0xaa, 0xaa, 3, 0, 0, 0, 8, 0]].concat();
    for (tags, before) in [
        (field(12, b"vlan"), &[0, 5, 8, 0][..]),
        (field(12, b"tr"), &token_ring),
        (
            field(12, b"sll_v1"),
            &[0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0],
        ),
        (
            [field(14, b"ethertype"), place(0x8100)].concat(),
            &[0, 5, 8, 0],
        ),
        (
            [field(14, b"ethertype"), place(0x8847)].concat(),
            &[0, 1, 1, 64],
        ),
        ([field(14, b"gre.proto"), place(0x0800)].concat(), &[]),
        ([field(14, b"chdlc.protocol"), place(0x0800)].concat(), &[]),
        ([field(14, b"ppp.protocol"), place(0x21)].concat(), &[]),
        ([field(14, b"fr.nlpid"), place(0xcc)].concat(), &[]),
        ([field(14, b"ip.proto"), place(4)].concat(), &[]),
    ] {
        let header = [&tags[..], &[0; 4], before].concat();
        assert_eq!(count(252, &header, &[]), (1, 1), "{tags:?}");
    }
}

#[test]
fn recorders_in_vehicles_geonetworking_and_roofnet_are_read() {
    let mac = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
    let behind =
        |kind: u16, rest: &[&[u8]]| [&mac[..], &kind.to_be_bytes(), &rest.concat()].concat();
    let tecmp = |message, data| {
        let entry = [&[0; 13][..], &[42, 0, 0]].concat();
        let header = [0, 1, 0, 2, 3, message, 0, data, 0, 0, 0, 0];
        behind(0x99fe, &[&header, &entry, &mac, &[8, 0], &ECHO])
    };
    let echo6 = [
        &[0x60, 0, 0, 0, 0, 8, 58, 64][..],
        &[0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
        &[0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2],
        &[128, 0, 0x82, 0xb6, 0, 1, 0, 1],
    ]
    .concat();
    let geo = |next: u8, carried: u8, kind, octets: usize| {
        let header = [
            0x10 | next,
            0,
            0x1a,
            1,
            carried << 4,
            kind,
            0,
            0,
            0,
            48,
            1,
            0,
        ];
        behind(0x8947, &[&header, &vec![0; octets], &echo6])
    };
    let roofnet = |kind: u16, links: usize, octets: u8| {
        let header = [
            1,
            4,
            u8::try_from(links).unwrap(),
            0,
            0,
            9,
            0,
            0,
            0,
            0,
            0,
            octets,
        ];
        behind(kind, &[&header, &[0; 12], &vec![0; 20 * links], &ECHO])
    };
    for (frame, is_read) in [
        (tecmp(3, 0x80), true),
        (tecmp(10, 0x80), true),
        // Its own status, and a frame of CAN.
        (tecmp(1, 0x80), false),
        (tecmp(3, 2), false),
        (geo(1, 3, 0x20, 48), true),
        (geo(1, 3, 0x30, 44), true),
        (geo(1, 3, 0x40, 44), true),
        (geo(1, 3, 0x50, 28), true),
        (geo(1, 3, 0x51, 28), true),
        (geo(1, 3, 0x10, 24), true),
        // Ports behind it, and a secured one.
        (geo(1, 2, 0x50, 28), false),
        (geo(2, 3, 0x50, 28), false),
        (roofnet(0x0641, 1, 28), true),
        (roofnet(0x0643, 3, 28), true),
        (roofnet(0x0645, 0, 28), true),
        (roofnet(0x0643, 1, 0), false),
        (roofnet(0x0642, 1, 28), false),
    ] {
        let capture = capture(1, &frame);
        let path = capture.path().to_str().unwrap();
        let mut command = Command::new("tshark");
        let fields = ["-T", "fields", "-e", "icmp.type", "-e", "icmpv6.type"];
        let output = command.args(["-r", path]).args(fields).output();
        let theirs = String::from_utf8(output.expect("tshark is installed").stdout).unwrap();
        let all = records(&["-r", path, "--json"]);
        let ours = of_type(&all, "icmp");
        assert_eq!(!theirs.trim().is_empty(), is_read, "{frame:x?}");
        assert_eq!(ours.len(), usize::from(is_read), "{frame:x?}");
        if let [record] = ours[..] {
            assert_eq!(record["icmp"]["checksum"]["status"], "good", "{frame:x?}");
            assert_carrier(&frame, record, path);
        }
    }
}

/// The carrier by its type, with the header that stands before the packet.
#[track_caller]
fn assert_carrier(frame: &[u8], record: &serde_json::Value, path: &str) {
    let tunnel = &record["tunnel"][0];
    let (kind, last) = match frame[12..14] {
        [0x99, 0xfe] => ("tecmp", "ethernet"),
        [0x89, 0x47] => ("geo_networking", "geo_addressing"),
        _ => ("roofnet", "roofnet"),
    };
    assert_eq!(tunnel["kind"], kind);
    let headers = tunnel["headers"].as_array().expect("headers");
    assert_eq!(headers[0]["name"], kind);
    let innermost = headers.last().expect("one");
    assert_eq!(innermost["name"], last);
    if kind == "tecmp" {
        // The frame that was recorded, as its addresses were.
        assert_eq!(innermost["dst_address"], "02:00:00:00:00:02");
        assert_eq!(innermost["src_address"], "02:00:00:00:00:01");
    }
    let hex = run(&["-n", "-X", "-r", path]).good();
    assert!(!hex.contains("unread"), "{hex}");
    // By tcpdump's name for the type.
    let told = run(&["-n", "-e", "-r", path]).good();
    let name = match kind {
        "geo_networking" => "GeoNet",
        _ => "Unknown",
    };
    assert!(told.contains(&format!("ethertype {name} (0x")), "{told}");
}
