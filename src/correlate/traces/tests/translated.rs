//! A traceroute on both sides of an address translation.

use super::*;

const TRANSLATOR: [u8; 4] = [192, 0, 2, 1];
/// The hop that translates.
const AT: u8 = 1;

/// A packet of the host with this TTL, as the translator sends it on.
fn sent_on(packet: &[u8]) -> Vec<u8> {
    let mut packet = packet.to_vec();
    packet[8] -= AT;
    packet[12..16].copy_from_slice(&TRANSLATOR);
    packet
}

/// A datagram of this number.
fn datagram(number: u16, ttl: u8) -> Vec<u8> {
    let mut packet = Vec::new();
    PacketBuilder::ipv4(HOST, TARGET, ttl)
        .udp(4000, 33434 + number)
        .write(&mut packet, b"probe")
        .unwrap();
    packet[4..6].copy_from_slice(&(100 + number).to_be_bytes());
    packet
}

/// What a router says of a packet.
fn refused(by: [u8; 4], kind: [u8; 2], packet: &[u8]) -> Vec<u8> {
    error(by, [kind[0], kind[1], 0, 0, 0, 0, 0, 0], packet)
}

/// The paths of one whose answers come back through the translator, but for that at one hop.
fn paths_without(lost: u8, echo: bool) -> Vec<Path> {
    let mut capture = Replay::new();
    for ttl in 1..=HOPS {
        let number = u16::from(ttl);
        let mut sent = if echo {
            probe(7, number, ttl)
        } else {
            datagram(number, ttl)
        };
        sent[4..6].copy_from_slice(&(100 + number).to_be_bytes());
        let at = i64::from(ttl) * 100;
        capture.at(at, &sent);
        if ttl == AT {
            capture.at(at + 1, &refused([10, 0, AT, 1], [11, 0], &sent));
            continue;
        }
        let there = sent_on(&sent);
        capture.at(at + 1, &there);
        let (mut outside, mut inside) = if ttl < HOPS {
            let router = [10, 0, ttl, 1];
            (
                refused(router, [11, 0], &there),
                refused(router, [11, 0], &sent),
            )
        } else if echo {
            let inside = answer(7, number, ttl);
            let mut outside = inside.clone();
            outside[16..20].copy_from_slice(&TRANSLATOR);
            (outside, inside)
        } else {
            (
                refused(TARGET, [3, 3], &there),
                refused(TARGET, [3, 3], &sent),
            )
        };
        for (packet, left) in [(&mut outside, 63), (&mut inside, 62)] {
            packet[8] = left;
            packet[4..6].copy_from_slice(&(200 + number).to_be_bytes());
        }
        capture.at(at + 2, &outside);
        if ttl != lost {
            capture.at(at + 3, &inside);
        }
    }
    paths_of(capture)
}

#[test]
fn a_trace_is_told_once_as_its_sender_sees_it() {
    for echo in [true, false] {
        for lost in [0, 3, HOPS] {
            let paths = paths_without(lost, echo);
            assert_eq!(paths.len(), 1, "echo: {echo}, lost: {lost}");
            let path = &paths[0];
            assert_eq!((path.src, path.dst), (HOST.into(), TARGET.into()));
            for hop in &path.hops {
                let answers: u32 = hop.routers.iter().map(|router| router.answers).sum();
                let came = u32::from(hop.ttl != lost);
                assert_eq!((answers, hop.unanswered), (came, 1 - came), "{hop:?}");
            }
            assert_eq!(path.hops.len(), usize::from(HOPS));
        }
    }
}
