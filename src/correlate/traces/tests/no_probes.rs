//! What has the TTL of a probe, goes between the same hosts, and was not sent to find routers.

use etherparse::PacketBuilder;

use super::{HOST, TARGET, paths_of};
use crate::correlate::replay::{Replay, error};
use crate::correlate::trace::{Path, PathEnd};

const EXPIRED: [u8; 8] = [11, 0, 0, 0, 0, 0, 0, 0];

/// How many probes nobody answered at each hop.
fn unanswered(path: &Path) -> Vec<u32> {
    path.hops.iter().map(|hop| hop.unanswered).collect()
}

/// A datagram goes round between two routers, one of which is captured, and then somebody traces the way.
#[test]
fn laps_of_a_datagram_that_was_sent_with_more_are_no_probes() {
    for number in [[7, 7], [0, 0]] {
        let datagram = |port, ttl, number: [u8; 2]| {
            let mut packet = Vec::new();
            PacketBuilder::ipv4(HOST, TARGET, ttl)
                .udp(4000, port)
                .write(&mut packet, b"probe")
                .unwrap();
            packet[4..6].copy_from_slice(&number);
            packet
        };
        let (mut capture, mut at) = (Replay::new(), 0);
        let mut goes_round = |capture: &mut Replay, port, ttl: u8, number| {
            for left in (1..=ttl).rev() {
                capture.at(at, &datagram(port, left, number));
                // Two hops each.
                at += i64::from(left % 2);
            }
            let back = error([10, 0, 1, 1 + ttl % 2], EXPIRED, &datagram(port, 1, number));
            capture.at(at, &back);
            at += 10;
        };
        goes_round(&mut capture, 99, 64, number);
        for ttl in 1..=6 {
            goes_round(&mut capture, 33_434 + u16::from(ttl), ttl, [1, ttl]);
        }
        let paths = paths_of(capture);
        assert_eq!(paths.len(), 1);
        assert_eq!(unanswered(&paths[0]), [0; 6], "{number:?}");
        assert!(matches!(paths[0].end(), PathEnd::Loop { .. }));
        assert_eq!(paths[0].first_probe.number(), 64 + 1 + 1);
    }
}

/// mtr(8) has the system connect: what follows the answer has the TTL of the probe.
#[test]
fn what_goes_on_with_a_connection_is_no_probe() {
    let segment =
        |port, ttl, seq: u32| PacketBuilder::ipv4(HOST, TARGET, ttl).tcp(port, 80, seq, 0);
    let write = |builder: etherparse::PacketBuilderStep<etherparse::TcpHeader>| {
        let mut packet = Vec::new();
        builder.write(&mut packet, b"").unwrap();
        packet
    };
    let mut capture = Replay::new();
    for ttl in 1..=3_u8 {
        let (port, at) = (4000 + u16::from(ttl), i64::from(ttl) * 10);
        let mut syn = write(segment(port, ttl, 76).syn());
        capture.at(at, &syn);
        if ttl < 3 {
            syn[8] = 1;
            capture.at(at + 1, &error([10, 0, ttl, 1], EXPIRED, &syn));
            continue;
        }
        let mut accepts = Vec::new();
        PacketBuilder::ipv4(TARGET, HOST, 62)
            .tcp(80, port, 900, 1000)
            .syn()
            .ack(77)
            .write(&mut accepts, b"")
            .unwrap();
        capture.at(at + 1, &accepts);
        capture.at(at + 2, &write(segment(port, ttl, 77).ack(901)));
        capture.at(at + 3, &write(segment(port, ttl, 77).fin().ack(901)));
    }
    // A probe that opens nothing.
    capture.at(50, &write(segment(5000, 3, 77).ack(901)));
    let paths = paths_of(capture);
    assert_eq!(paths.len(), 1);
    assert!(paths[0].reached);
    assert_eq!(unanswered(&paths[0]), [0, 0, 1]);
}
