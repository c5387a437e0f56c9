//! A frame of IEEE 802.11 that carries several packets (A-MSDU).

use std::fs;

use etherparse::PacketBuilder;

use crate::common::{of_type, records, run};

/// A file of one such frame, in which a ping follows a TCP packet, and another ping follows that.
fn capture() -> (tempfile::TempDir, String) {
    let ip = || PacketBuilder::ipv4([10, 0, 0, 1], [10, 0, 0, 2], 64);
    let mut packets = [vec![], vec![], vec![]];
    (ip().tcp(40000, 443, 1, 1000))
        .write(&mut packets[0], b"x")
        .unwrap();
    (ip().icmpv4_echo_request(7, 1))
        .write(&mut packets[1], b"abc")
        .unwrap();
    (ip().icmpv4_echo_request(7, 2))
        .write(&mut packets[2], b"abc")
        .unwrap();
    let header = [&[0x88, 1][..], &[0; 22], &[0x80, 0]].concat();
    let mut frame = header.clone();
    for packet in packets {
        let behind = frame.len() - header.len();
        frame.resize(header.len() + behind.next_multiple_of(4), 0);
        frame.extend([2; 12]);
        frame.extend(u16::try_from(packet.len() + 8).unwrap().to_be_bytes());
        frame.extend([0xaa, 0xaa, 3, 0, 0, 0, 8, 0]);
        frame.extend(packet);
    }
    let length = u32::try_from(frame.len()).unwrap();
    let words = [
        0xa1b2_c3d4,
        0x0004_0002,
        0,
        0,
        0xffff,
        105,
        1_700_000_000,
        0,
        length,
        length,
    ];
    let mut file: Vec<u8> = words.into_iter().flat_map(u32::to_le_bytes).collect();
    file.extend(frame);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("aggregate.pcap");
    fs::write(&path, file).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

#[test]
fn its_first_ping_is_read_and_the_rest_told_of() {
    let (_folder, path) = capture();
    let lines = run(&["-r", &path, "-t"]).good();
    let first = "IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 7, seq 1, length 11 | 2 more packets \
                 in the frame not read\n";
    assert!(lines.starts_with(first), "{lines}");
    let records = records(&["-r", &path]);
    assert_eq!(of_type(&records, "icmp")[0]["packets_unread"], 2);
}
