//! IP lengths that count fewer octets than the checksum of the message covers.

use serde_json::Value;

use crate::captured::{records, text, written};
use crate::fragmented::{echo, echo6};
use crate::tunnel_fragments::RAW;
use crate::unmended::numbered;

const ETHERNET: u32 = 1;

/// What is told of the checksum of a packet in a frame.
fn checksum(link: u32, frame: Vec<u8>) -> Value {
    let told = records(&written(link, &[frame]));
    let is_message = |record: &&Value| record["type"] == "icmp";
    told.iter().find(is_message).unwrap()["icmp"]["checksum"].clone()
}

/// A packet whose header counts so many octets less.
fn short_by(octets: u8, mut packet: Vec<u8>) -> Vec<u8> {
    if packet[0] >> 4 == 4 {
        packet[3] -= octets;
        numbered(packet)
    } else {
        packet[5] -= octets;
        packet
    }
}

fn framed(packet: &[u8], behind: &[u8]) -> Vec<u8> {
    let kind = if packet[0] >> 4 == 4 {
        [8, 0]
    } else {
        [0x86, 0xdd]
    };
    [&[2; 12][..], &kind, packet, behind].concat()
}

#[test]
fn octets_of_the_message_behind_the_packet() {
    for packet in [echo(8, 3, 57), echo6(128, 3, 57)] {
        for octets in [1, 4, 7, 20] {
            let short = short_by(octets, packet.clone());
            let told = checksum(RAW, short.clone());
            assert_eq!(told["status"], "bad");
            assert_eq!(told["cause"], "short_length", "{octets}");
            assert_eq!(
                checksum(ETHERNET, framed(&short, &[]))["cause"],
                "short_length"
            );
            // Others than the message was sent with.
            assert_eq!(
                checksum(ETHERNET, framed(&short, &[3, 1]))["cause"],
                Value::Null
            );
        }
    }
    let line = text(&written(RAW, &[short_by(4, echo(8, 3, 57))]));
    let words = "; probably right for more octets than the IP length counts)";
    assert!(line.contains(words), "{line}");
}

#[test]
fn padding_proves_nothing() {
    // A link fills up with zeros, which a sum does not see.
    for whole in [echo(8, 3, 5), echo6(128, 3, 5)] {
        let short = short_by(4, whole.clone());
        for zeros in [1, 13, 47] {
            let told = checksum(ETHERNET, framed(&short, &vec![0; zeros]));
            assert_eq!(told["cause"], "short_length", "{zeros}");
        }
        assert_eq!(
            checksum(ETHERNET, framed(&whole, &[0; 13]))["status"],
            "good"
        );
        // Of a message that is bad by another cause.
        let mut other = whole;
        let last = other.len() - 3;
        other[last] ^= 0x5a;
        for behind in [&[0; 13][..], &[7, 1, 2], &[7, 1, 0, 0], &[]] {
            let told = checksum(ETHERNET, framed(&other, behind));
            assert_eq!(
                (&told["status"], &told["cause"]),
                (&Value::from("bad"), &Value::Null)
            );
        }
    }
}

/// The pseudo-header of IPv6 has the length that the sender counted.
#[test]
fn the_length_that_the_checksum_covers_tells_padding_apart() {
    let short = short_by(4, echo6(128, 3, 57));
    let sent = short.len();
    for zeros in 0..64 {
        let told = checksum(ETHERNET, framed(&short, &vec![0; zeros]));
        let cause = if zeros <= 47 {
            Value::from("short_length")
        } else {
            Value::Null
        };
        assert_eq!(told["cause"], cause, "{zeros}");
    }
    // Of the message's own octets none is left out.
    let mut cut = short;
    cut[sent - 1] ^= 0x80;
    let told = checksum(ETHERNET, framed(&cut, &[0; 6]));
    assert_eq!(told["cause"], Value::Null);
    let all_zeros = [cut[..sent - 4].to_vec(), vec![0; 4]].concat();
    let told = checksum(ETHERNET, framed(&all_zeros, &[]));
    assert_eq!(told["cause"], Value::Null);
}
