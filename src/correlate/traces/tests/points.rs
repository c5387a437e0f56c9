//! A trace seen at several points: in front of a tunnel and in it, and in several captures.

use std::time::Duration;

use etherparse::{IpNumber, PacketBuilder};

use super::{HOST, TARGET, answer_with, paths_of, probe, told};
use crate::correlate::replay::{self, Replay};
use crate::correlate::trace::Path;
use crate::model::SourceId;

const ENDS: ([u8; 4], [u8; 4]) = ([192, 0, 2, 1], [198, 51, 100, 1]);

/// An echo request with a number of its own.
fn numbered(seq: u16, ttl: u8) -> Vec<u8> {
    let mut packet = probe(1, seq, ttl);
    packet[4..6].copy_from_slice(&(0x500 + seq).to_be_bytes());
    packet
}

/// In IP (RFC 2003), whose TTL begins with this.
fn tunnelled(inner: &[u8], ttl: u8) -> Vec<u8> {
    let mut packet = Vec::new();
    PacketBuilder::ipv4(ENDS.0, ENDS.1, ttl)
        .write(&mut packet, IpNumber::IPV4, inner)
        .unwrap();
    packet[4..6].copy_from_slice(&inner[4..6]);
    packet
}

fn expired(from: [u8; 4], quoted: &[u8]) -> Vec<u8> {
    replay::error(from, [11, 0, 0, 0, 0, 0, 0, 0], quoted)
}

/// Who answers at each hop, the round trips in milliseconds, and how many probes nobody answered.
fn hops(path: &Path) -> Vec<(Vec<u8>, Vec<u128>, u32)> {
    let hops = path.hops.iter().map(|hop| {
        let last = |addr: std::net::IpAddr| match addr {
            std::net::IpAddr::V4(addr) => addr.octets()[3],
            std::net::IpAddr::V6(_) => 0,
        };
        let who = hop.routers.iter().map(|it| last(it.router)).collect();
        let rtts = hop.routers.iter().flat_map(|it| &it.rtts);
        (who, rtts.map(Duration::as_millis).collect(), hop.unanswered)
    });
    hops.collect()
}

/// A router takes one from the TTL, and its tunnel begins with what is left (RFC 2983).
#[test]
fn a_router_in_a_tunnel_stands_at_the_hop_that_its_probe_was_sent_to() {
    let mut capture = Replay::new();
    capture.at(0, &numbered(1, 1));
    capture.at(1, &expired([10, 0, 0, 11], &numbered(1, 1)));
    for (seq, ttl) in [(2, 2), (3, 3)] {
        let at = i64::from(seq) * 10;
        let inner = numbered(seq, ttl - 1);
        let outer = tunnelled(&inner, ttl - 1);
        // As it comes, as it goes into the tunnel's device, and in the tunnel.
        capture.at(at, &numbered(seq, ttl));
        capture.at(at, &inner);
        capture.at(at + 2, &outer);
        let mut quoted = outer;
        quoted[8] = 1;
        capture.at(at + 5, &expired([192, 0, 2, 10 + ttl], &quoted[..28]));
    }
    let paths = paths_of(capture);
    assert_eq!(paths.len(), 1);
    let expected = [(11, 1), (12, 5), (13, 5)].map(|(who, rtt)| (vec![who], vec![rtt], 0));
    assert_eq!(hops(&paths[0]), expected);
}

/// The tunnel's end answers, and its own capture has that first; so many more probes are on their way.
#[test]
fn a_probe_is_known_wherever_it_was_seen() {
    for more in [0, 30] {
        let (near, far) = (SourceId(0), SourceId(1));
        let mut capture = Replay::new();
        capture.seen_in(near, 0, &numbered(1, 1));
        capture.seen_in(near, 1, &expired([10, 0, 0, 11], &numbered(1, 1)));
        let inner = numbered(2, 1);
        capture.seen_in(near, 10, &numbered(2, 2));
        capture.seen_in(near, 10, &inner);
        for seq in 100..100 + more {
            capture.seen_in(near, 10, &numbered(seq, 3));
        }
        capture.seen_in(near, 11, &tunnelled(&inner, 64));
        capture.seen_in(far, 12, &tunnelled(&inner, 63));
        capture.seen_in(far, 13, &inner);
        let back = expired([198, 51, 100, 12], &inner);
        capture.seen_in(far, 14, &back);
        capture.seen_in(near, 16, &back);
        let paths = paths_of(capture);
        assert_eq!(paths.len(), 1, "{more}");
        let expected = [(vec![11], vec![1], 0), (vec![12], vec![6], 0)];
        assert_eq!(hops(&paths[0])[..2], expected, "{more}");
    }
}

/// What the reply does not come back from has no round trip that who probes could have measured.
#[test]
fn round_trips_are_those_of_the_capture_that_is_nearest() {
    let (near, far) = (SourceId(0), SourceId(1));
    // Which answers come back to the capture of who probes.
    for (come, expected) in [
        ([true, true, true, true], vec![vec![9]; 4]),
        (
            [true, true, true, false],
            vec![vec![9], vec![9], vec![9], vec![]],
        ),
        (
            [false, true, true, true],
            vec![vec![], vec![9], vec![9], vec![9]],
        ),
        // It has probes only: nothing is nearer than the other.
        ([false; 4], vec![vec![3]; 4]),
    ] {
        let mut capture = Replay::new();
        for (ttl, comes) in (2..).zip(come) {
            let at = i64::from(ttl) * 20;
            let seq = u16::from(ttl);
            capture.seen_in(near, at, &numbered(seq, ttl));
            capture.seen_in(far, at + 3, &numbered(seq, ttl - 1));
            let back = |left| {
                if ttl == 5 {
                    return answer_with(1, seq, 4, left);
                }
                let mut back = expired([10, 0, ttl, 1], &numbered(seq, 1));
                back[8] = left;
                back
            };
            capture.seen_in(far, at + 6, &back(64));
            if comes {
                capture.seen_in(near, at + 9, &back(63));
            }
        }
        let paths = paths_of(capture);
        assert_eq!(paths.len(), 1, "{come:?}");
        assert_eq!(told(&paths[0]).1, [1; 4], "{come:?}");
        assert_eq!(paths[0].dst, std::net::IpAddr::from(TARGET));
        let rtts: Vec<_> = hops(&paths[0])
            .into_iter()
            .map(|(_, rtts, _)| rtts)
            .collect();
        assert_eq!(rtts, expected, "{come:?}");
    }
}

/// A translator that puts the address of who probes back into an answer, and not into what that quotes.
#[test]
fn an_answer_whose_quote_is_not_translated_back_is_timed_at_who_probes() {
    let (near, translator) = (SourceId(0), SourceId(1));
    let outside = [203, 0, 113, 50];
    let datagram = |src, number: u8, ttl| {
        let mut packet = Vec::new();
        PacketBuilder::ipv4(src, TARGET, ttl)
            .udp(4000, 33_434 + u16::from(number))
            .write(&mut packet, b"probe")
            .unwrap();
        packet[5] = number;
        packet
    };
    let mut capture = Replay::new();
    capture.seen_in(near, 0, &datagram(HOST, 1, 1));
    capture.seen_in(near, 9, &expired([10, 0, 0, 11], &datagram(HOST, 1, 1)));
    for (number, ttl) in [(2, 3), (3, 4)] {
        let at = i64::from(number) * 20;
        capture.seen_in(near, at, &datagram(HOST, number, ttl));
        capture.seen_in(translator, at + 2, &datagram(HOST, number, ttl - 1));
        capture.seen_in(translator, at + 2, &datagram(outside, number, ttl - 2));
        let mut back = expired([203, 0, 113, 10 + ttl], &datagram(outside, number, 1));
        back[4..6].copy_from_slice(&[9, number]);
        capture.seen_in(translator, at + 6, &back);
        back[16..20].copy_from_slice(&HOST);
        for (source, left, after) in [(translator, 63, 6), (near, 62, 9)] {
            back[8] = left;
            capture.seen_in(source, at + after, &back);
        }
    }
    let paths = paths_of(capture);
    assert_eq!(paths.len(), 1);
    let expected = [
        (vec![11], vec![9], 0),
        (vec![], vec![], 0),
        (vec![13], vec![9], 0),
        (vec![14], vec![9], 0),
    ];
    assert_eq!(hops(&paths[0]), expected);
}
