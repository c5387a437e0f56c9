//! Nothing in a message goes untold: whichever bit of it differs, the record differs.

use serde_json::Value;

use crate::common::crafted::Crafted;
use crate::common::{assert_none, of_type, records};
use crate::samples::{Sample, Version, samples};

/// What is told of a message but for its checksum and its relation to others.
fn told(packets: &[Vec<u8>]) -> Vec<String> {
    let mut capture = Crafted::new();
    for (seconds, packet) in (0..).zip(packets) {
        capture.at(1000 * seconds, packet);
    }
    let file = capture.file();
    let all = records(&[
        "--emit",
        "icmp",
        "-r",
        file.path().to_str().expect("a path"),
    ]);
    let messages = of_type(&all, "icmp").into_iter();
    let told = messages.map(|record| {
        let mut kept = ["icmp", "quoted", "defects"].map(|key| record[key].clone());
        if let Some(icmp) = kept[0].as_object_mut() {
            icmp.remove("checksum");
        }
        Value::from(kept.to_vec()).to_string()
    });
    told.collect()
}

#[test]
fn every_bit_of_a_message_is_told() {
    let mut untold = Vec::new();
    for sample in samples() {
        let is_error = matches!(
            (sample.version, sample.kind),
            (Version::V4, 3..=5 | 11 | 12 | 31 | 40) | (Version::V6, 1..=4)
        );
        let bits = if is_error { 32 } else { sample.rest.len() * 8 };
        let mut packets = vec![sample.packet()];
        packets.extend((0..bits).map(|bit| sample.flipped(bit).packet()));
        let told = told(&packets);
        assert_eq!(told.len(), packets.len());
        let (original, flipped) = told.split_first().expect("a message");
        let same = flipped
            .iter()
            .enumerate()
            .filter(|(_, told)| *told == original);
        untold.extend(same.map(|(bit, _)| {
            let (octet, bit) = (4 + bit / 8, bit % 8);
            let Sample {
                kind, code, rest, ..
            } = &sample;
            format!("type {kind} code {code}, octet {octet} bit {bit}: {rest:02x?}")
        }));
    }
    assert_none(&untold);
}
