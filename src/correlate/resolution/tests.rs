use std::net::IpAddr;

use etherparse::PacketBuilder;

use crate::correlate::replay::{Replay, error};
use crate::correlate::verdict::Unresolved;

const ROUTER: [u8; 4] = [192, 0, 2, 2];
/// The router's address on its other link.
const BEHIND: [u8; 4] = [198, 51, 100, 2];
const NEXT: [u8; 4] = [198, 51, 100, 1];
const HOST: [u8; 4] = [10, 2, 0, 2];
/// Link-layer addresses of the router, of its neighbor, and of all.
const MAC: [u8; 6] = [2, 0, 0, 0, 0, 2];
const OTHER: [u8; 6] = [2, 0, 0, 0, 0, 1];
const ALL: [u8; 6] = [0xff; 6];

fn frame(from: [u8; 6], kind: [u8; 2], packet: &[u8]) -> Vec<u8> {
    [&ALL[..], &from, &kind, packet].concat()
}

/// Who asks whom (1), or answers whom (2).
fn arp(from: [u8; 6], operation: u8, sender: [u8; 4], target: [u8; 4]) -> Vec<u8> {
    let kinds = [0, 1, 8, 0, 6, 4, 0, operation];
    let arp = [&kinds[..], &from, &sender, &[0; 6], &target].concat();
    frame(from, [8, 6], &arp)
}

fn unreachable(from: [u8; 6], ttl: u8) -> Vec<u8> {
    let mut datagram = Vec::new();
    PacketBuilder::ipv4([10, 1, 0, 2], HOST, 63)
        .udp(4000, 53)
        .write(&mut datagram, b"who")
        .unwrap();
    let mut error = error(ROUTER, [3, 1, 0, 0, 0, 0, 0, 0], &datagram);
    error[8] = ttl;
    frame(from, [8, 0], &error)
}

/// What comes of frames at these milliseconds.
fn told(frames: &[(i64, Vec<u8>)]) -> Unresolved {
    let mut play = Replay::new();
    for (millis, frame) in frames {
        play.on_ethernet(*millis, frame);
    }
    let verdicts = play.verdicts();
    assert_eq!(verdicts.len(), 1);
    verdicts[0].unresolved
}

/// Three requests of `sender` for `target`, and an error a second later.
fn after_three(sender: [u8; 4], target: [u8; 4]) -> Vec<(i64, Vec<u8>)> {
    let ask = |n: i64| (n * 1000, arp(MAC, 1, sender, target));
    let mut frames: Vec<_> = (0..3).map(ask).collect();
    frames.push((3000, unreachable(MAC, 64)));
    frames
}

#[test]
fn who_asked_for_the_next_hop_was_not_answered_by_that() {
    let next = Unresolved::NextHop(IpAddr::from(NEXT));
    // By its address on that link, and by the link.
    assert_eq!(told(&after_three(ROUTER, NEXT)), next);
    assert_eq!(told(&after_three(BEHIND, NEXT)), next);
}

#[test]
fn the_destination_that_was_asked_for_did_not_answer() {
    let mut frames = after_three(BEHIND, NEXT);
    frames.insert(1, (500, arp(OTHER, 1, NEXT, HOST)));
    frames.remove(2);
    assert_eq!(told(&frames), Unresolved::Destination);
    assert_eq!(told(&after_three(BEHIND, HOST)), Unresolved::Destination);
}

#[test]
fn what_may_be_another_matter_proves_nothing() {
    // Answered.
    let mut frames = after_three(BEHIND, NEXT);
    frames.insert(3, (2100, arp(OTHER, 2, NEXT, BEHIND)));
    assert_eq!(told(&frames), Unresolved::Unknown);
    // Asked for too long before, and once.
    let mut frames = after_three(BEHIND, NEXT);
    frames[3].0 = 4000;
    assert_eq!(told(&frames), Unresolved::Unknown);
    assert_eq!(told(&after_three(BEHIND, NEXT)[2..]), Unresolved::Unknown);
    // By somebody else, and by who passed the error on.
    let mut frames = after_three(BEHIND, NEXT);
    frames[3].1 = unreachable(OTHER, 64);
    assert_eq!(told(&frames), Unresolved::Unknown);
    frames[3].1 = unreachable(MAC, 63);
    assert_eq!(told(&frames), Unresolved::Unknown);
    // For two.
    let mut frames = after_three(BEHIND, NEXT);
    for n in 0..3_usize {
        let millis = i64::try_from(n).unwrap() * 1000 + 1;
        frames.insert(2 * n + 1, (millis, arp(MAC, 1, BEHIND, [198, 51, 100, 9])));
    }
    assert_eq!(told(&frames), Unresolved::Unknown);
}

#[test]
fn requests_are_bounded() {
    let mut play = Replay::new();
    for n in 0..1000_u16 {
        let [high, low] = n.to_be_bytes();
        play.on_ethernet(i64::from(n), &arp(MAC, 1, ROUTER, [10, 9, high, low]));
    }
    assert_eq!(play.correlator().resolutions.asked.len(), super::REMEMBERED);
}
