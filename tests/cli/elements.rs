//! Packets of 6LoWPAN in the multiplexed elements of IEEE 802.15.4, as networks of meters send them.

use etherparse::PacketBuilder;

use crate::common::{assert_accounted, of_type, records, summary, tool};
use crate::links::capture_of;

const NO_FCS: u32 = 230;
const WITH_FCS: u32 = 195;
/// All of a packet, by an EtherType.
const ALL: [u8; 3] = [0, 0xed, 0xa0];

/// An echo request in 6LoWPAN, nothing of it compressed.
fn packet() -> Vec<u8> {
    let (src, dst) = (
        [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
        [0xfd; 16],
    );
    let mut packet = vec![0x41];
    PacketBuilder::ipv6(src, dst, 64)
        .icmpv6_echo_request(7, 1)
        .write(&mut packet, &[0x55; 4])
        .expect("room");
    packet
}

/// An element of a payload.
fn element(group: u16, octets: &[u8]) -> Vec<u8> {
    let length = u16::try_from(octets.len()).expect("short");
    [&(0x8000 | group << 11 | length).to_le_bytes(), octets].concat()
}

fn multiplexed(control: &[u8]) -> Vec<u8> {
    element(3, &[control, &packet()].concat())
}

/// A frame of data with these elements.
fn frame(elements: &[u8], behind: &[u8]) -> Vec<u8> {
    let header = [
        &[0x01, 0xee, 9, 0xcd, 0xab][..],
        &[1; 8],
        &[2; 8],
        &[0, 0x3f],
    ]
    .concat();
    [&header, elements, behind].concat()
}

/// How many messages with a good checksum we find in a capture.
fn found(path: &str) -> usize {
    let records = records(&["-r", path]);
    assert_accounted(summary(&records), "elements");
    let good = (of_type(&records, "icmp").into_iter())
        .filter(|message| message["icmp"]["checksum"]["status"] == "good");
    good.count()
}

/// The same of one frame, and whether tshark shows one.
fn counts(link: u32, frame: &[u8]) -> (usize, bool) {
    let capture = capture_of(link, [frame]);
    let path = capture.path().to_str().expect("a path");
    let told = tool("tshark", &["-r", path, "-T", "fields", "-e", "icmpv6.type"]);
    let theirs = String::from_utf8(told.stdout).expect("text").trim_end() == "128";
    (found(path), theirs)
}

#[test]
fn a_packet_is_read_wherever_its_element_stands() {
    let other = element(4, b"abcd");
    let last = element(15, &[]);
    for elements in [
        multiplexed(&ALL),
        multiplexed(&[0xf8, 0xed, 0xa0]),
        [multiplexed(&ALL), last.clone()].concat(),
        [other.clone(), multiplexed(&ALL)].concat(),
        [multiplexed(&ALL), other.clone(), last].concat(),
    ] {
        assert_eq!(
            counts(NO_FCS, &frame(&elements, &[])),
            (1, true),
            "{elements:x?}"
        );
        assert_eq!(
            counts(WITH_FCS, &frame(&elements, &[9, 0])).0,
            1,
            "{elements:x?}"
        );
    }
}

#[test]
fn what_is_no_packet_of_6lowpan_is_none() {
    for elements in [
        // A part of one, and other protocols.
        multiplexed(&[2, 0xed, 0xa0]),
        multiplexed(&[0, 0xee, 0xa0]),
        element(4, &[&ALL[..], &packet()].concat()),
        element(3, &ALL[..2]),
        element(3, &ALL),
    ] {
        assert_eq!(counts(NO_FCS, &frame(&elements, &[])).0, 0, "{elements:x?}");
    }
    let whole = frame(&multiplexed(&ALL), &[]);
    let prefixes = (0..whole.len()).map(|end| &whole[..end]);
    let capture = capture_of(NO_FCS, prefixes);
    assert_eq!(found(capture.path().to_str().expect("a path")), 0);
}
