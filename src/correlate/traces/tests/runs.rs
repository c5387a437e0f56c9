//! Traceroutes that are not reached, that follow each other, or that are answered a moment too soon.

use std::net::IpAddr;

use etherparse::PacketBuilder;

use super::{HOPS, HOST, TARGET, answer, paths_of, probe, told};
use crate::correlate::Outcome;
use crate::correlate::exchange::ExchangeOutcome;
use crate::correlate::replay::{Replay, error};
use crate::correlate::trace::{Path, PathEnd};
use crate::correlate::verdict::DropReason;
use crate::model::SourceId;

const EXPIRED: [u8; 8] = [11, 0, 0, 0, 0, 0, 0, 0];
const REFUSED: [u8; 8] = [3, 3, 0, 0, 0, 0, 0, 0];

/// Who answers at that hop.
fn at_hop(ttl: u8) -> [u8; 4] {
    if ttl < HOPS { [10, 0, ttl, 1] } else { TARGET }
}

fn datagram(number: u16, port: u16, ttl: u8) -> Vec<u8> {
    let mut packet = Vec::new();
    PacketBuilder::ipv4(HOST, TARGET, ttl)
        .udp(4000 + number, port)
        .write(&mut packet, b"probe")
        .unwrap();
    packet[4..6].copy_from_slice(&(number + 1).to_be_bytes());
    packet
}

/// What a traceroute by datagrams makes of these probes, port and TTL of each, where those with no
/// higher TTL than that are answered.
fn by_datagrams(probes: impl IntoIterator<Item = (u16, u8, u8)>) -> Vec<Path> {
    let mut capture = Replay::new();
    for ((port, ttl, answered_up_to), number) in probes.into_iter().zip(0..) {
        let at = i64::from(number) * 2;
        capture.at(at, &datagram(number, port, ttl));
        let head = if ttl < HOPS { EXPIRED } else { REFUSED };
        if ttl <= answered_up_to {
            let back = error(at_hop(ttl), head, &datagram(number, port, 1));
            capture.at(at + 1, &back);
        }
    }
    paths_of(capture)
}

#[test]
fn a_traceroute_is_known_where_only_the_first_hop_answers() {
    let ttls = || (1..=6).flat_map(|ttl| [ttl; 2]);
    let end = PathEnd::Silent { after: 1 };
    let unanswered = |path: &Path| {
        path.hops
            .iter()
            .map(|hop| hop.unanswered)
            .collect::<Vec<_>>()
    };
    // One identifier, one for each probe, and ports.
    for (step, id) in [(0, Some(7)), (1, None)] {
        let mut capture = Replay::new();
        for (ttl, number) in ttls().zip(0u16..) {
            let at = i64::from(number) * 2;
            let id = 7 + number * step;
            capture.at(at, &probe(id, number, ttl));
            if ttl == 1 {
                capture.at(at + 1, &answer(id, number, ttl));
            }
        }
        let paths = paths_of(capture);
        assert_eq!(paths.len(), 1, "{step}");
        assert_eq!((paths[0].id, paths[0].end()), (id, end));
        assert_eq!(unanswered(&paths[0]), [0, 2, 2, 2, 2, 2]);
    }
    let paths = by_datagrams((33434..).zip(ttls()).map(|(port, ttl)| (port, ttl, 1)));
    assert_eq!(paths.len(), 1);
    assert_eq!(paths[0].end(), end);
    assert_eq!(unanswered(&paths[0]), [0, 2, 2, 2, 2, 2]);
}

#[test]
fn pings_with_several_ttls_of_which_one_runs_out_are_no_trace() {
    for ttls in [
        &[1, 1, 1, 1][..],
        &[1, 64, 1, 64],
        &[1, 2, 1, 2],
        &[1, 3, 5, 7],
    ] {
        let mut capture = Replay::new();
        for (&ttl, number) in ttls.iter().zip(0u16..) {
            let at = i64::from(number) * 2;
            capture.at(at, &probe(7, number, ttl));
            if ttl == 1 {
                capture.at(at + 1, &answer(7, number, ttl));
            }
        }
        let outcomes = capture.end();
        for outcome in &outcomes {
            match outcome {
                Outcome::Path(path) => panic!("{ttls:?}: {path:?}"),
                Outcome::Drop(verdict) => assert!(!verdict.probe, "{ttls:?}"),
                _ => {}
            }
        }
    }
}

#[test]
fn each_run_is_a_path_of_its_own() {
    let run = |first: u16, answered: u8| {
        let ttls = (1..=6).flat_map(|ttl| [ttl; 2]);
        (first..)
            .zip(ttls)
            .map(move |(port, ttl)| (port, ttl, answered))
    };
    let runs = run(33434, HOPS).chain(run(33434, 2)).chain(run(33434, 1));
    let ends: Vec<_> = by_datagrams(runs).iter().map(Path::end).collect();
    let expected = [
        PathEnd::Reached,
        PathEnd::Silent { after: 2 },
        PathEnd::Silent { after: 1 },
    ];
    assert_eq!(ends, expected);
}

/// An error that address resolution takes seconds for.
#[test]
fn a_late_answer_is_one_to_the_run_that_asked() {
    let mut capture = Replay::new();
    let mut number = 0;
    let mut late = Vec::new();
    for _ in 0..2 {
        for (ttl, port) in (1..=3).zip(33434..) {
            let at = i64::from(number) * 2;
            capture.at(at, &datagram(number, port, ttl));
            let back = error(at_hop(ttl), EXPIRED, &datagram(number, port, 1));
            if ttl < 3 {
                capture.at(at + 1, &back);
            } else {
                late.push(back);
            }
            number += 1;
        }
    }
    capture.at(3000, &late[0]);
    let told: Vec<_> = paths_of(capture).iter().map(|path| told(path).1).collect();
    assert_eq!(told, [[1, 1, 1], [1, 1, 0]]);
}

fn segment(number: u16, ttl: u8) -> Vec<u8> {
    let mut packet = Vec::new();
    PacketBuilder::ipv4(HOST, TARGET, ttl)
        .tcp(4000 + number, 80, 77, 0)
        .syn()
        .write(&mut packet, b"")
        .unwrap();
    packet[4..6].copy_from_slice(&(number + 1).to_be_bytes());
    packet
}

fn reset(number: u16) -> Vec<u8> {
    let mut packet = Vec::new();
    PacketBuilder::ipv4(TARGET, HOST, 61)
        .tcp(80, 4000 + number, 0, 0)
        .rst()
        .ack(78)
        .write(&mut packet, b"")
        .unwrap();
    packet
}

#[test]
fn answers_captured_a_moment_before_their_probes_are_answers() {
    for is_echo in [true, false] {
        for (late, is_reached) in [(1, true), (20, false)] {
            let mut capture = Replay::new();
            for (ttl, number) in (1..=HOPS).zip(0u16..) {
                let at = i64::from(number) * 100;
                let sent = |ttl| {
                    if !is_echo {
                        return segment(number, ttl);
                    }
                    let mut echo = probe(7, number, ttl);
                    echo[4..6].copy_from_slice(&(number + 1).to_be_bytes());
                    echo
                };
                let back = match (is_echo, ttl) {
                    (true, HOPS) => answer(7, number, ttl),
                    (false, HOPS) => reset(number),
                    _ => error(at_hop(ttl), EXPIRED, &sent(1)),
                };
                let late = if ttl < HOPS { 1 } else { late };
                capture.at(at, &back);
                capture.at(at + late, &sent(ttl));
            }
            let which = format!("echo: {is_echo}, {late} ms late");
            let paths = paths_of(capture);
            assert_eq!(paths.len(), 1, "{which}");
            assert_eq!(paths[0].reached, is_reached, "{which}");
            let last = paths[0].hops.last().unwrap();
            assert_eq!(last.unanswered, u32::from(!is_reached), "{which}");
        }
    }
}

#[test]
fn a_neighbor_that_answers_a_moment_before_it_is_asked_is_traced() {
    let mut capture = Replay::new();
    for (ttl, number) in [1, 1, 1, 2, 2, 2].into_iter().zip(0u16..) {
        let at = i64::from(number) * 100;
        capture.at(at, &answer(7, number, HOPS));
        capture.at(at + 1, &probe(7, number, ttl));
    }
    let (mut paths, mut answered) = (Vec::new(), 0);
    for outcome in capture.end() {
        match outcome {
            Outcome::Path(path) => paths.push(path),
            Outcome::Exchange(it) => {
                answered += u32::from(it.outcome == ExchangeOutcome::Answered);
            }
            _ => {}
        }
    }
    assert_eq!(answered, 6);
    assert_eq!(paths.len(), 1);
    assert!(paths[0].reached);
    assert_eq!(told(&paths[0]).1, [3]);
}

/// A firewall on the way plays dead, and the target itself does.
#[test]
fn port_unreachable_is_a_refusal_but_by_who_is_asked() {
    for (from, is_reached) in [([10, 0, 2, 1], false), (TARGET, true)] {
        let mut capture = Replay::new();
        for (ttl, number) in (1..=5).zip(0u16..) {
            let at = i64::from(number) * 2;
            capture.at(at, &segment(number, ttl));
            let back = if ttl < 3 {
                error(at_hop(ttl), EXPIRED, &segment(number, 1))
            } else {
                error(from, REFUSED, &segment(number, 1))
            };
            capture.at(at + 1, &back);
        }
        let paths = paths_of(capture);
        let refused = PathEnd::Refused {
            router: from.into(),
            reason: DropReason::PortUnreachable,
        };
        let expected = if is_reached {
            PathEnd::Reached
        } else {
            refused
        };
        assert_eq!(paths[0].end(), expected);
        let third = &paths[0].hops[2].routers[0];
        assert_eq!(third.refusal, Some(DropReason::PortUnreachable));
    }
}

/// Behind a translation of the destination all that answers has the address that is asked. A host discards
/// nothing because its TTL is small (RFC 1122 section 3.2.1.7).
#[test]
fn who_says_that_a_ttl_ran_out_is_not_the_destination() {
    for expired in [2, 3, 5] {
        let mut capture = Replay::new();
        for (ttl, number) in (1..=5).zip(0u16..) {
            let at = i64::from(number) * 2;
            capture.at(at, &segment(number, ttl));
            let back = match ttl {
                1 => error(at_hop(ttl), EXPIRED, &segment(number, 1)),
                ttl if ttl <= expired => error(TARGET, EXPIRED, &segment(number, 1)),
                _ => error(TARGET, REFUSED, &segment(number, 1)),
            };
            capture.at(at + 1, &back);
        }
        let paths = paths_of(capture);
        let hops = usize::from(expired + 1).min(5);
        assert_eq!(paths[0].hops.len(), hops);
        assert_eq!(paths[0].reached, expired < 5);
        let end = if expired < 5 {
            PathEnd::Reached
        } else {
            PathEnd::Silent { after: 5 }
        };
        assert_eq!(paths[0].end(), end);
        let second = &paths[0].hops[1].routers[0];
        assert_eq!(second.router, IpAddr::from(TARGET));
    }
}

/// Nor is it a neighbor, which would answer for itself.
#[test]
fn a_translator_at_the_first_hop_is_not_the_destination() {
    let mut capture = Replay::new();
    for (ttl, number) in (1..=3).zip(0u16..) {
        let at = i64::from(number) * 2;
        capture.at(at, &segment(number, ttl));
        capture.at(at + 1, &error(TARGET, EXPIRED, &segment(number, 1)));
    }
    let paths = paths_of(capture);
    assert_eq!((paths.len(), paths[0].reached), (1, false));
    assert_eq!(paths[0].hops.len(), 3);
}

const HERE: [u8; 16] = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
const THERE: [u8; 16] = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];

/// The card of who probes fills in what its own capture has no checksum of. Nothing but where it was
/// captured tells the same packet from another.
#[test]
fn a_second_point_counts_nothing_twice_whatever_its_clock_says() {
    for ahead in [0, 1, -1, 50, -50, 1000, -1000] {
        let mut seen = Vec::new();
        for (ttl, number) in [1, 1, 1, 2, 2, 2, 3, 3, 3].into_iter().zip(0u16..) {
            let datagram = |checksum: [u8; 2]| {
                let mut packet = Vec::new();
                PacketBuilder::ipv6(HERE, THERE, ttl)
                    .udp(4000 + number, 33434 + number)
                    .write(&mut packet, b"probe")
                    .unwrap();
                packet[46..48].copy_from_slice(&checksum);
                packet
            };
            let here = datagram([0, 0]);
            let there = datagram([7, 7]);
            let mut back = Vec::new();
            PacketBuilder::ipv6(THERE, HERE, 64)
                .icmpv6_raw(1, 4, [0; 4])
                .write(&mut back, &there)
                .unwrap();
            let at = 10_000 + i64::from(number) * 8;
            seen.extend([
                (at, SourceId(0), here),
                (at + ahead, SourceId(1), there),
                (at + 1 + ahead, SourceId(1), back.clone()),
                (at + 3, SourceId(0), back),
            ]);
        }
        seen.sort_by_key(|(millis, ..)| *millis);
        let mut capture = Replay::new();
        for (millis, source, packet) in seen {
            capture.seen_in(source, millis, &packet);
        }
        let paths = paths_of(capture);
        let told: Vec<_> = paths.iter().map(|path| told(path).1).collect();
        assert_eq!(told, [[3]], "{ahead} ms ahead");
        assert_eq!(paths[0].hops[0].unanswered, 0, "{ahead} ms ahead");
        let rtts = paths[0].hops[0].routers[0].rtts.iter();
        let millis: Vec<_> = rtts.map(std::time::Duration::as_millis).collect();
        assert_eq!(millis, [3; 3], "{ahead} ms ahead");
    }
}
