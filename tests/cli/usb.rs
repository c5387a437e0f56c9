//! Networks over USB: several packets in one transfer, beside what tshark shows.

use std::process::Command;

use serde_json::json;

use crate::common::{of_type, records, run};
use crate::links::{ECHO, capture_of};

/// A bulk transfer behind the header of one system.
fn transfer(link: u32, data: &[u8]) -> Vec<u8> {
    let octets = u32::try_from(data.len()).unwrap().to_le_bytes();
    let mut header = match link {
        249 => [&[27, 0][..], &[0; 20], &[3]].concat(),
        // One header for all systems; what it tells of the length stands before the endpoint.
        266 => {
            let header = [&[0, 1, 32, 1][..], &octets, &[0; 20], &[3, 5, 0x81, 2]].concat();
            return [header, data.to_vec()].concat();
        }
        _ => [
            &[0; 8][..],
            b"C\x03\x81\x05\x01\x00-\x00",
            &[0; 16],
            &octets,
        ]
        .concat(),
    };
    header.extend(octets);
    match link {
        189 => header.resize(48, 0),
        220 => header.resize(64, 0),
        _ => {}
    }
    [header, data.to_vec()].concat()
}

/// A block of two packets.
fn block(signature: &[u8], packet: &[u8]) -> Vec<u8> {
    let octets = u8::try_from(packet.len()).unwrap();
    let (second, table) = (12 + octets, 12 + 2 * octets);
    let header = [&b"NCMH\x0c\0\0\0"[..], &[table + 20, 0, table, 0]].concat();
    let pointers = [12, 0, octets, 0, second, 0, octets, 0, 0, 0, 0, 0];
    [
        &header[..],
        packet,
        packet,
        signature,
        &[20, 0, 0, 0],
        &pointers,
    ]
    .concat()
}

#[test]
fn all_packets_of_a_block_are_those_of_tshark() {
    let mac = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0];
    let frame = [&mac[..], &ECHO].concat();
    for link in [189, 220, 249, 266] {
        let blocks = [block(b"NCM0", &frame), block(b"IPS\0", &ECHO)];
        let capture = capture_of(link, blocks.map(|block| transfer(link, &block)));
        let path = capture.path().to_str().unwrap();
        let mut command = Command::new("tshark");
        let command = command.args(["-r", path, "-T", "fields", "-e", "icmp.type"]);
        let output = command.output().expect("tshark is installed");
        assert_eq!(
            String::from_utf8(output.stdout).unwrap(),
            "8,8\n8,8\n",
            "{link}"
        );
        let records = records(&["-r", path, "--json"]);
        let places: Vec<_> = of_type(&records, "icmp")
            .iter()
            .map(|record| (record["frame"].as_u64(), record["packet"].as_u64()))
            .collect();
        let all =
            [(1, 1), (1, 2), (2, 1), (2, 2)].map(|(frame, packet)| (Some(frame), Some(packet)));
        assert_eq!(places, all, "{link}");
    }
}

/// Whose transfer it was is told with `-e`, and its header named octet by octet with `-XX`.
#[test]
fn the_transfer_around_a_packet_is_told() {
    let mac = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0];
    let frame = [&mac[..], &ECHO].concat();
    for (link, bus, device, endpoint) in [
        (189, 1, 5, 1),
        (220, 1, 5, 1),
        (249, 0, 0, 0),
        (266, 0, 5, 1),
    ] {
        let blocks = [block(b"NCM0", &frame), block(b"IPS\x07", &ECHO)];
        let capture = capture_of(link, blocks.map(|block| transfer(link, &block)));
        let path = capture.path().to_str().unwrap();
        let records = records(&["-e", "-r", path]);
        let told: Vec<_> = of_type(&records, "icmp")
            .iter()
            .map(|record| record["link"]["usb"].clone())
            .collect();
        let direction = if link == 249 { "out" } else { "in" };
        let of = |session: Option<u8>| {
            let mut usb = json!({"bus": bus, "device": device, "endpoint": endpoint,
                                 "direction": direction});
            if let Some(session) = session {
                usb["session"] = session.into();
            }
            usb
        };
        assert_eq!(
            told,
            [of(None), of(None), of(Some(7)), of(Some(7))],
            "{link}"
        );
        let text = run(&["-e", "-XX", "-r", path]).exits(0).out;
        let header = format!("USB bus {bus}, device {device}, endpoint {endpoint} {direction}, ");
        assert!(text.contains(&header), "{header} in {text}");
        assert!(text.contains(", session 7, ip: "), "{text}");
        for name in [
            "usb: ",
            "endpoint ",
            "transfer 3 bulk",
            "ethernet: dst address",
        ] {
            let is_darwin = link == 266 && name == "transfer 3 bulk";
            assert!(text.contains(name) || is_darwin, "{link}: {name} in {text}");
        }
    }
}

/// A filter and `-w` see them as Ethernet.
#[test]
fn packets_are_filtered_and_their_transfers_written() {
    let mac = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0];
    let mut frame = [&mac[..], &ECHO].concat();
    // Without a header of the transfer's its checksum has to be good.
    frame[25] = 0xde;
    let block = block(b"NCM0", &frame);
    let transfers = [
        transfer(220, &block),
        transfer(220, &frame),
        transfer(220, &[1, 2, 3]),
    ];
    let capture = capture_of(220, &transfers);
    let path = capture.path().to_str().unwrap();
    let count = |filter: &str| {
        let records = records(&["-r", path, "--json", filter]);
        of_type(&records, "icmp").len()
    };
    assert_eq!(count("icmp[icmptype] = 8"), 3);
    assert_eq!(
        count("ether src 02:00:00:00:00:01 and dst host 10.0.0.2"),
        3
    );
    assert_eq!(count("udp"), 0);
    let folder = tempfile::tempdir().unwrap();
    let written = folder.path().join("written.pcap");
    let written = written.to_str().unwrap();
    crate::common::run(&["-r", path, "-w", written, "icmp"]).exits(0);
    let again = records(&["-r", written, "--json"]);
    assert_eq!(of_type(&again, "icmp").len(), 3);
    assert_eq!(again.last().unwrap()["frames"]["read"], 2);
}
