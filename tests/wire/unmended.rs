//! Pings on both sides of an address translation that left their checksum as it was.

use icmpdump::wire::checksum::internet;
use serde_json::{Value, json};

use crate::captured::{records, text, told, written};
use crate::fragmented::{echo, echo6, ip4};
use crate::tunnel_fragments::RAW;

/// Where they stand in the two headers.
pub(crate) const TTL: usize = 8;
pub(crate) const SOURCE: usize = 12;
pub(crate) const DESTINATION: usize = 16;
const HOP_LIMIT: usize = 7;
const SOURCE6: usize = 8;

/// The next hop has it with these octets at this place, and nothing but the IPv4 header's checksum mended.
fn beyond(packet: &[u8], changed: &[(usize, &[u8])]) -> Vec<u8> {
    let mut packet = packet.to_vec();
    for (at, octets) in changed {
        packet[*at..at + octets.len()].copy_from_slice(octets);
    }
    if packet[0] >> 4 == 4 {
        packet[TTL] -= 1;
        packet[10..12].fill(0);
        let sum = internet(&[&packet[..20]]);
        packet[10..12].copy_from_slice(&sum.to_be_bytes());
    } else {
        packet[HOP_LIMIT] -= 1;
    }
    packet
}

pub(crate) fn mend(packet: &mut [u8]) {
    packet[22..24].fill(0);
    let sum = internet(&[&packet[20..]]);
    packet[22..24].copy_from_slice(&sum.to_be_bytes());
}

/// With an identification, which tells it from others.
pub(crate) fn numbered(mut packet: Vec<u8>) -> Vec<u8> {
    packet[4..6].copy_from_slice(&[0x12, 0x34]);
    packet[10..12].fill(0);
    let sum = internet(&[&packet[..20]]);
    packet[10..12].copy_from_slice(&sum.to_be_bytes());
    packet
}

/// What is told of the checksum of the last of these.
fn checksum(packets: &[Vec<u8>]) -> Value {
    let told = records(&written(RAW, packets));
    let last = |record: &&Value| record["frame"] == packets.len();
    told.iter().find(last).unwrap()["icmp"]["checksum"].clone()
}

const ID: usize = 24;

/// Linux and others mend it; who turns the request around by hand may forget to. One flipped bit explains the
/// one packet as well.
#[test]
fn a_reply_with_the_checksum_of_its_request() {
    let turned = |request: &[u8], addresses: usize, length: usize, kind: usize, reply: u8| {
        let mut packet = request.to_vec();
        packet[addresses..addresses + 2 * length].rotate_left(length);
        packet[kind] = reply;
        packet
    };
    let request = echo(8, 3, 56);
    let reply = turned(&request, SOURCE, 4, 20, 0);
    let told = checksum(&[request.clone(), reply.clone()]);
    assert_eq!(told["cause"], "of_request");
    assert_eq!(told["captured_before"], json!({"frame": 1}));
    assert_eq!(
        checksum(std::slice::from_ref(&reply))["cause"],
        "flipped_bit"
    );
    let line = text(&written(RAW, &[request, reply]));
    assert!(line.contains("probably that of its request, #1"), "{line}");
    let request = echo6(128, 3, 56);
    let reply = turned(&request, SOURCE6, 16, 40, 129);
    assert_eq!(checksum(&[request, reply])["cause"], "of_request");
}

#[test]
fn a_request_whose_identifier_was_translated() {
    let inside = echo(8, 3, 56);
    let rewritten = [(SOURCE, &[203, 0, 113, 5][..]), (ID, &[0x30, 0x39])];
    let outside = beyond(&inside, &rewritten);
    let packets = [echo(8, 2, 56), inside.clone(), outside.clone()];
    let told = checksum(&packets);
    assert_eq!(told["cause"], "untranslated");
    assert_eq!(told["captured_before"], json!({"frame": 2}));
    let text = text(&written(RAW, &packets));
    assert!(
        text.contains("; probably right before its translation, #2)"),
        "{text}"
    );

    // Alone, behind another ping, or behind one that came no further it proves nothing.
    let mut other = inside.clone();
    other[40] ^= 0x10;
    mend(&mut other);
    let as_far = beyond(&inside, &[]);
    for before in [vec![], vec![echo(8, 2, 56)], vec![other], vec![as_far]] {
        let packets = [&before[..], std::slice::from_ref(&outside)].concat();
        assert_eq!(checksum(&packets)["cause"], Value::Null, "{before:?}");
    }
    // Damaged on the way as well.
    let damaged = beyond(&inside, &[&rewritten[..], &[(50, &[0xa5, 0x5a])]].concat());
    assert_eq!(
        checksum(&[inside.clone(), damaged])["captured_before"],
        Value::Null
    );
    // The same host with another identifier: no translation.
    let renumbered = beyond(&inside, &[(ID, &[0x30, 0x39])]);
    assert_eq!(
        checksum(&[inside.clone(), renumbered])["captured_before"],
        Value::Null
    );
    // Mended.
    let mut mended = outside;
    mend(&mut mended);
    assert_eq!(checksum(&[inside, mended])["status"], "good");
}

#[test]
fn a_reply_whose_identifier_was_translated_back() {
    let outside = beyond(&echo(0, 3, 56), &[(DESTINATION, &[203, 0, 113, 5])]);
    let inside = beyond(
        &outside,
        &[(DESTINATION, &[10, 0, 0, 1]), (ID, &[0x30, 0x39])],
    );
    let told = checksum(&[outside, inside]);
    assert_eq!(told["cause"], "untranslated");
    assert_eq!(told["captured_before"], json!({"frame": 1}));
}

/// ICMPv6 covers the addresses: no identifier has to change.
#[test]
fn an_address_that_icmpv6_covers() {
    let inside = echo6(128, 3, 56);
    let outside = beyond(&inside, &[(SOURCE6, &[0xfd, 0, 0, 0, 0, 0, 0, 9])]);
    let told = checksum(&[inside.clone(), outside.clone()]);
    assert_eq!(told["cause"], "untranslated");
    assert_eq!(told["captured_before"], json!({"frame": 1}));
    assert_eq!(checksum(&[outside])["cause"], Value::Null);
    // One bit of the identifier as well, which alone would be told as flipped.
    let inside = echo(8, 3, 56);
    let [high, low] = [inside[ID], inside[ID + 1] ^ 8];
    let outside = beyond(&inside, &[(SOURCE, &[203, 0, 113, 5]), (ID, &[high, low])]);
    assert_eq!(
        checksum(std::slice::from_ref(&outside))["cause"],
        "flipped_bit"
    );
    assert_eq!(checksum(&[inside, outside])["cause"], "untranslated");
}

/// What is told of the IPv4 header of the last of these.
fn header(packets: &[Vec<u8>]) -> Value {
    let told = records(&written(RAW, packets));
    let last = |record: &&Value| record["frame"] == packets.len();
    told.iter().find(last).unwrap()["ip"]["checksum"].clone()
}

/// The header's checksum as it was, but for the TTL that was counted down.
fn with_old_checksum(packet: &[u8], before: &[u8]) -> Vec<u8> {
    let mut packet = packet.to_vec();
    let old = u16::from_be_bytes([before[10], before[11]]);
    packet[10..12].copy_from_slice(&(old + 0x100).to_be_bytes());
    packet
}

#[test]
fn an_address_that_the_header_covers() {
    let inside = numbered(echo(8, 3, 56));
    let mended = beyond(&inside, &[(SOURCE, &[203, 0, 113, 5])]);
    let outside = with_old_checksum(&mended, &inside);
    let packets = [echo(8, 2, 56), inside.clone(), outside.clone()];
    let told = header(&packets);
    assert_eq!(told["cause"], "untranslated");
    assert_eq!(told["captured_before"], json!({"frame": 2}));
    assert_eq!(checksum(&packets)["status"], "good");
    let file = written(RAW, &packets);
    for flags in [["-v"], ["-X"]] {
        let told = self::told(&file, &flags);
        assert!(
            told.contains("probably right before its translation, #2"),
            "{told}"
        );
    }
    // With an identifier that was translated, and mended.
    let mut renumbered = beyond(&inside, &[(SOURCE, &[203, 0, 113, 5]), (ID, &[0x30, 0x39])]);
    mend(&mut renumbered);
    let renumbered = with_old_checksum(&renumbered, &inside);
    assert_eq!(
        header(&[inside.clone(), renumbered])["cause"],
        "untranslated"
    );
    // Nothing of it was mended.
    let mut left = mended.clone();
    left[10..12].copy_from_slice(&inside[10..12]);
    assert_eq!(header(&[inside.clone(), left])["cause"], "untranslated");
    // The reply, back in.
    let reply = beyond(
        &numbered(echo(0, 3, 56)),
        &[(DESTINATION, &[203, 0, 113, 5])],
    );
    let back = beyond(&reply, &[(DESTINATION, &[10, 0, 0, 1])]);
    let back = with_old_checksum(&back, &reply);
    let told = header(&[inside.clone(), mended.clone(), reply, back]);
    assert_eq!(told["captured_before"], json!({"frame": 3}));
    // Alone, behind another ping, or with one bit of the address flipped it proves nothing.
    let flipped = beyond(&inside, &[(SOURCE, &[10, 0, 0, 9])]);
    let flipped = with_old_checksum(&flipped, &inside);
    for packets in [
        vec![outside.clone()],
        vec![echo(8, 2, 56), outside],
        vec![inside, mended, flipped],
    ] {
        assert_ne!(header(&packets)["cause"], "untranslated", "{packets:?}");
    }
}

/// The error goes to the address that its quote had before the translation: with that the field is what
/// the sender left there.
#[test]
fn a_quote_that_is_half_translated_and_left_to_the_card() {
    const INSIDE: [u8; 4] = [10, 0, 0, 2];
    const ASKED: [u8; 4] = [9, 9, 9, 9];
    let mut udp = [15, 160, 0, 53, 0, 12, 0, 0, 1, 2, 3, 4];
    let partial = !internet(&[&INSIDE, &ASKED, &[0, 17, 0, 12]]);
    udp[6..8].copy_from_slice(&partial.to_be_bytes());
    let quote = ip4(([198, 51, 100, 7], ASKED), 17, &udp);
    let error = [&[11, 0, 0, 0, 0, 0, 0, 0], &quote[..]].concat();
    let mut packet = ip4(([203, 0, 113, 1], INSIDE), 1, &error);
    mend(&mut packet);
    let file = written(RAW, std::slice::from_ref(&packet));
    let quoted = &records(&file)[1]["quoted"];
    assert_eq!(quoted["half_translated"], true);
    assert_eq!(quoted["checksum"]["cause"], "offload_translated");
    for flags in [["-v"], ["-X"]] {
        let told = told(&file, &flags);
        let cause = "probably left to the sender's network card, before an address was translated";
        assert!(told.contains(cause), "{told}");
    }
    // To another host it proves nothing.
    packet[DESTINATION + 3] ^= 1;
    let quoted = &records(&written(RAW, &[packet]))[1]["quoted"];
    assert_eq!(quoted["checksum"]["cause"], Value::Null);
}
