mod alike;
mod no_probes;
mod points;
mod runs;
mod translated;

use etherparse::icmpv4::TimeExceededCode;
use etherparse::{Icmpv4Type, IpNumber, PacketBuilder};

use crate::correlate::Outcome;
use crate::correlate::replay::{self, Replay, error};
use crate::correlate::trace::Path;
use crate::correlate::verdict::DropVerdict;
use crate::model::{AddrPair, SourceId};

const HOST: [u8; 4] = [10, 0, 0, 1];
const TARGET: [u8; 4] = [10, 0, 9, 1];
const HOPS: u8 = 4;

fn probe(id: u16, seq: u16, ttl: u8) -> Vec<u8> {
    let mut packet = Vec::new();
    PacketBuilder::ipv4(HOST, TARGET, ttl)
        .icmpv4_echo_request(id, seq)
        .write(&mut packet, &[7; 32])
        .unwrap();
    packet
}

/// What the router at that TTL says of a probe, or the target.
fn answer(id: u16, seq: u16, ttl: u8) -> Vec<u8> {
    answer_with(id, seq, ttl, 64)
}

/// The same where it has so many hops left.
fn answer_with(id: u16, seq: u16, ttl: u8, left: u8) -> Vec<u8> {
    let mut packet = Vec::new();
    if ttl < HOPS {
        PacketBuilder::ipv4([10, 0, ttl, 1], HOST, left)
            .icmpv4(Icmpv4Type::TimeExceeded(
                TimeExceededCode::TtlExceededInTransit,
            ))
            .write(&mut packet, &probe(id, seq, 1))
            .unwrap();
    } else {
        PacketBuilder::ipv4(TARGET, HOST, left)
            .icmpv4_echo_reply(id, seq)
            .write(&mut packet, &[7; 32])
            .unwrap();
    }
    packet
}

/// The paths in a capture of these probes, identifier and TTL of each, one a millisecond.
fn paths(probes: impl IntoIterator<Item = (u16, u8)>) -> Vec<Path> {
    let mut capture = Replay::new();
    for ((id, ttl), number) in probes.into_iter().zip(0u16..) {
        capture.at(i64::from(number) * 2, &probe(id, number, ttl));
        capture.at(i64::from(number) * 2 + 1, &answer(id, number, ttl));
    }
    paths_of(capture)
}

fn paths_of(capture: Replay) -> Vec<Path> {
    let outcomes = capture.end().into_iter();
    let path = |outcome| match outcome {
        Outcome::Path(path) => Some(path),
        _ => None,
    };
    outcomes.filter_map(path).collect()
}

/// Identifier, and the answers at each hop.
fn told(path: &Path) -> (Option<u16>, Vec<u32>) {
    let answers = path
        .hops
        .iter()
        .map(|hop| hop.routers.iter().map(|router| router.answers).sum());
    (path.id, answers.collect())
}

#[test]
fn traces_at_once_are_told_apart_by_their_identifiers() {
    let first = (1..=HOPS).map(|ttl| (1, ttl));
    let second = (1..=HOPS).flat_map(|ttl| [(2, ttl), (2, ttl)]);
    // One behind the other, and each between the probes of the other.
    let behind: Vec<_> = first.clone().chain(second).collect();
    let mut between = behind.clone();
    between.sort_by_key(|(id, ttl)| (*ttl, *id));
    for probes in [behind, between] {
        let paths = paths(probes);
        let told: Vec<_> = paths.iter().map(told).collect();
        assert_eq!(told, [(Some(1), vec![1; 4]), (Some(2), vec![2; 4])]);
        assert!(paths.iter().all(|path| path.reached));
        assert!(paths[0].first_probe < paths[1].first_probe);
    }
}

#[test]
fn an_identifier_for_each_probe_makes_one_trace() {
    // For each TTL, and for each probe.
    for probes in [2, 1] {
        let ids = (0..).map(|number| 100 + number / probes);
        let ttls = (1..=HOPS).flat_map(|ttl| [ttl, ttl]);
        let told: Vec<_> = paths(ids.zip(ttls)).iter().map(told).collect();
        assert_eq!(
            told,
            [(None, vec![2; 4])],
            "{probes} probes of an identifier"
        );
    }
}

#[test]
fn a_ping_beside_a_trace_is_no_part_of_it() {
    let traced = (1..=HOPS).flat_map(|ttl| [(1, ttl), (2, 30)]);
    let paths = paths(traced);
    let told: Vec<_> = paths.iter().map(told).collect();
    assert_eq!(told, [(Some(1), vec![1; 4])]);
}

#[test]
fn more_identifiers_than_there_is_room_for_make_one_trace_still() {
    let ids = 0..10_000;
    let ttls = (1..=HOPS).cycle();
    let told: Vec<_> = paths(ids.zip(ttls)).iter().map(told).collect();
    assert_eq!(told, [(None, vec![2500; 4])]);
}

/// The paths of traceroutes with datagrams to one port, each begun at so many milliseconds, in a capture
/// with this snap length.
fn datagram_paths(begun: &[i64], snap_length: usize) -> Vec<Vec<u32>> {
    let mut capture = Replay::new();
    for &start in begun {
        for ttl in 1..=HOPS {
            let datagram = |ttl_now| {
                let mut packet = Vec::new();
                PacketBuilder::ipv4(HOST, TARGET, ttl_now)
                    .udp(4000, 53)
                    .write(&mut packet, b"probe")
                    .unwrap();
                packet[4..6].copy_from_slice(&[u8::try_from(start / 100).unwrap(), ttl]);
                packet
            };
            let (from, kind) = match ttl {
                HOPS => (TARGET, [3, 3]),
                _ => ([10, 0, ttl, 1], [11, 0]),
            };
            let mut answer = Vec::new();
            PacketBuilder::ipv4(from, HOST, 64)
                .icmpv4_raw(kind[0], kind[1], [0; 4])
                .write(&mut answer, &datagram(1))
                .unwrap();
            let at = start + i64::from(ttl) * 2;
            capture.at_cut(at, &datagram(ttl), snap_length);
            capture.at_cut(at + 1, &answer, snap_length);
        }
    }
    let outcomes = capture.end().into_iter();
    let paths = outcomes.filter_map(|outcome| match outcome {
        Outcome::Path(path) => Some(told(&path).1),
        Outcome::Drop(verdict) => {
            assert!(verdict.is_told_by_path(), "{verdict:?}");
            None
        }
        _ => None,
    });
    paths.collect()
}

#[test]
fn who_begins_again_after_a_silence_traces_anew() {
    let paths = |begun| datagram_paths(begun, usize::MAX);
    assert_eq!(paths(&[0]), [[1; 4]]);
    // One that goes round, as mtr(8).
    assert_eq!(paths(&[0, 1000, 2000]), [[3; 4]]);
    assert_eq!(paths(&[0, 1000, 10_000]), [[2; 4], [1; 4]]);
}

#[test]
fn quotes_that_end_with_the_ip_header_or_soon_behind_it_make_a_path() {
    /// Octets of IP, ICMP, and the IP header of the quote.
    const HEADERS: usize = 20 + 8 + 20;
    for snap_length in HEADERS..=HEADERS + 8 {
        assert_eq!(datagram_paths(&[0], snap_length), [[1; 4]], "{snap_length}");
    }
}

#[test]
fn a_trace_seen_at_two_points_is_the_one_its_sender_made() {
    // How many hops the second point is from the first, which capture has it, and by how much its
    // clock is behind.
    for (hops, source, behind) in [(1, 0, 0), (0, 0, 0), (1, 1, 0), (1, 1, 500), (2, 1, -500)] {
        let mut seen = Vec::new();
        for (ttl, number) in (1..=HOPS).zip(0u16..) {
            let millis = i64::from(number) * 20;
            let there = |after| (millis + after - behind, SourceId(source));
            let here = |after| (millis + after, SourceId(0));
            seen.push((here(0), probe(1, number, ttl)));
            if ttl > hops {
                seen.push((there(1), probe(1, number, ttl - hops)));
                seen.push((there(2), answer(1, number, ttl)));
            }
            seen.push((here(3), answer_with(1, number, ttl, 64 - hops)));
        }
        if hops == 0 {
            // A mirror gives both at once.
            for ((millis, _), _) in &mut seen {
                *millis -= *millis % 20 % 2;
            }
        }
        seen.sort_by_key(|((millis, _), _)| *millis);
        let mut capture = Replay::new();
        for ((millis, source), packet) in seen {
            capture.seen_in(source, millis, &packet);
        }
        let paths = paths_of(capture);
        let which = format!("{hops} hops, source {source}, {behind} ms");
        let told: Vec<_> = paths.iter().map(told).collect();
        assert_eq!(told, [(Some(1), vec![1; 4])], "{which}");
        let hops = &paths[0].hops;
        assert!(hops.iter().all(|hop| hop.unanswered == 0), "{which}");
        assert!(hops.iter().all(|hop| hop.routers.len() == 1), "{which}");
        let rtts = hops.iter().flat_map(|hop| &hop.routers[0].rtts);
        let millis: Vec<_> = rtts.map(std::time::Duration::as_millis).collect();
        let expected = if which.starts_with('0') { 2 } else { 3 };
        assert_eq!(millis, [expected; 4], "{which}");
    }
}

/// The path, and the verdicts, of probes in an IP tunnel (RFC 2003) of which each router quotes so many
/// octets; the tunnel's TTL begins with the probe's, or with this.
fn in_a_tunnel(quoted: usize, outer_ttl: Option<u8>) -> (Vec<Path>, Vec<DropVerdict>) {
    let mut capture = Replay::new();
    for ttl in 1..=HOPS {
        let mut inner = Vec::new();
        PacketBuilder::ipv4(HOST, TARGET, ttl)
            .udp(4000, 33_434 + u16::from(ttl))
            .write(&mut inner, b"probe")
            .unwrap();
        let mut outer = Vec::new();
        PacketBuilder::ipv4([192, 0, 2, 1], [192, 0, 2, 2], outer_ttl.unwrap_or(ttl))
            .write(&mut outer, IpNumber::IPV4, &inner)
            .unwrap();
        outer[4..6].copy_from_slice(&[1, ttl]);
        capture.at(i64::from(ttl) * 2, &outer);
        outer[8] = 1;
        let answer = match ttl {
            HOPS => replay::error(TARGET, [3, 3, 0, 0, 0, 0, 0, 0], &inner),
            _ => replay::error(
                [198, 51, 100, ttl],
                [11, 0, 0, 0, 0, 0, 0, 0],
                &outer[..quoted],
            ),
        };
        capture.at(i64::from(ttl) * 2 + 1, &answer);
    }
    let (mut paths, mut verdicts) = (Vec::new(), Vec::new());
    for outcome in capture.end() {
        match outcome {
            Outcome::Path(path) => paths.push(path),
            Outcome::Drop(verdict) => verdicts.push(*verdict),
            _ => {}
        }
    }
    (paths, verdicts)
}

#[test]
fn routers_in_a_tunnel_are_hops_of_the_trace_inside() {
    // All of it, or the octets that any router quotes.
    for quoted in [20 + 33, 28] {
        let (paths, verdicts) = in_a_tunnel(quoted, None);
        let told: Vec<_> = paths.iter().map(told).collect();
        assert_eq!(told, [(None, vec![1; 4])], "{quoted}");
        assert!(paths[0].reached);
        assert_eq!(
            [paths[0].src, paths[0].dst],
            [HOST, TARGET].map(std::net::IpAddr::from)
        );
        let tunnels = paths[0].hops.iter().map(|hop| hop.routers[0].tunnel);
        let outer = AddrPair::new([192, 0, 2, 1].into(), [192, 0, 2, 2].into());
        let expected = [Some(outer), Some(outer), Some(outer), None];
        assert!(tunnels.eq(expected), "{quoted}");
        assert_eq!(verdicts.len(), 4);
        assert!(
            verdicts.iter().all(DropVerdict::is_told_by_path),
            "{verdicts:?}"
        );
    }
}

#[test]
fn a_tunnel_with_a_ttl_of_its_own_is_one_hop() {
    // In a loop there.
    let (paths, verdicts) = in_a_tunnel(28, Some(60));
    assert_eq!(paths, []);
    assert!(!verdicts.iter().any(DropVerdict::is_told_by_path));
}

/// The hops of paths, and the verdicts that no path tells, of datagrams to a neighbor with these ports
/// and TTLs, all of them refused.
fn at_neighbor(probes: impl IntoIterator<Item = (u16, u8)>) -> (Vec<Vec<u32>>, usize) {
    let mut capture = Replay::new();
    for ((port, ttl), number) in probes.into_iter().zip(1u8..) {
        let mut packet = Vec::new();
        PacketBuilder::ipv4(HOST, TARGET, ttl)
            .udp(4000 + u16::from(number), port)
            .write(&mut packet, b"probe")
            .unwrap();
        packet[5] = number;
        let mut answer = Vec::new();
        PacketBuilder::ipv4(TARGET, HOST, 64)
            .icmpv4_raw(3, 3, [0; 4])
            .write(&mut answer, &packet)
            .unwrap();
        let at = i64::from(number) * 2;
        capture.at(at, &packet);
        capture.at(at + 1, &answer);
    }
    let outcomes = capture.end();
    let paths = outcomes.iter().filter_map(|outcome| match outcome {
        Outcome::Path(path) => Some(told(path).1),
        _ => None,
    });
    let is_told = |outcome: &&Outcome| match outcome {
        Outcome::Drop(verdict) => !verdict.is_told_by_path(),
        _ => false,
    };
    (paths.collect(), outcomes.iter().filter(is_told).count())
}

#[test]
fn a_neighbor_is_a_path_of_one_hop() {
    let traceroute = (33434..).zip([1, 1, 1, 2, 2, 2, 3, 3, 3]);
    assert_eq!(at_neighbor(traceroute), (vec![vec![3]], 0));
    // To one port.
    let traceroute = [1, 1, 1, 2, 2, 2].map(|ttl| (53, ttl));
    assert_eq!(at_neighbor(traceroute), (vec![vec![3]], 0));
    // Who knows after the first probe that it has arrived goes on with the same TTL.
    let mtr = (33000..33005).map(|port| (port, 1));
    assert_eq!(at_neighbor(mtr), (vec![vec![5]], 0));
}

#[test]
fn ordinary_datagrams_to_closed_ports_are_no_trace() {
    for ttl in [64, 128, 255] {
        let told = at_neighbor((33434..33440).map(|port| (port, ttl)));
        assert_eq!(told, (vec![], 6), "{ttl}");
    }
    // Of a protocol that stays on its link.
    assert_eq!(at_neighbor([(698, 1); 6]), (vec![], 6));
    assert_eq!(at_neighbor([(698, 1), (5353, 1), (698, 1)]), (vec![], 3));
}

/// The target's own capture, whose clock is behind, has all of its answers before anything tells of a
/// trace.
#[test]
fn answers_that_another_capture_had_before_a_trace_was_known_count() {
    /// Octets of a probe that an answer quotes, and the type and code of port unreachable.
    const REFUSED: [u8; 8] = [3, 3, 0, 0, 0, 0, 0, 0];
    let datagram = |number: u16, ttl: u8| {
        let mut packet = Vec::new();
        PacketBuilder::ipv4(HOST, TARGET, ttl)
            .udp(4000, 33434 + number)
            .write(&mut packet, b"probe")
            .unwrap();
        packet[4..6].copy_from_slice(&(number + 1).to_be_bytes());
        packet
    };
    for (is_echo, behind) in [
        (true, 1),
        (false, 1),
        (true, 100),
        (false, 100),
        (false, 2000),
    ] {
        let mut seen = Vec::new();
        for (ttl, number) in (1..=HOPS).zip(0u16..) {
            let at = i64::from(number) * 50;
            let (sent, arrived, back) = if is_echo {
                (
                    probe(1, number, ttl),
                    probe(1, number, 1),
                    answer_with(1, number, ttl, 64),
                )
            } else if ttl < HOPS {
                let from = [10, 0, ttl, 1];
                let head = [11, 0, 0, 0, 0, 0, 0, 0];
                let back = error(from, head, &datagram(number, 1));
                (datagram(number, ttl), datagram(number, 1), back)
            } else {
                let back = error(TARGET, REFUSED, &datagram(number, 1));
                (datagram(number, ttl), datagram(number, 1), back)
            };
            seen.push((at, SourceId(0), sent));
            if ttl == HOPS {
                // All of the trace takes less time than the clocks differ by.
                let there = at + 10 - i64::from(number) * 50 * i64::from(behind > 1) - behind;
                seen.push((there, SourceId(1), arrived));
                seen.push((there, SourceId(1), back.clone()));
                let mut home = back;
                home[8] -= 3;
                seen.push((at + 20, SourceId(0), home));
            } else {
                seen.push((at + 20, SourceId(0), back));
            }
        }
        seen.sort_by_key(|(millis, ..)| *millis);
        let mut capture = Replay::new();
        for (millis, source, packet) in seen {
            capture.seen_in(source, millis, &packet);
        }
        let which = format!("echo: {is_echo}, {behind} ms behind");
        let paths = paths_of(capture);
        assert_eq!(paths.len(), 1, "{which}");
        assert!(paths[0].reached, "{which}");
        assert_eq!(told(&paths[0]).1, [1; 4], "{which}");
        assert!(
            paths[0].hops.iter().all(|hop| hop.unanswered == 0),
            "{which}"
        );
    }
}

/// Two captures of one link, and one of a mirror.
#[test]
fn datagrams_of_ipv6_seen_twice_at_one_hop_are_one_probe() {
    const HERE: [u8; 16] = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    const THERE: [u8; 16] = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];
    // With its checksum, and where the card is to add it.
    for (is_left_to_card, other) in [(false, 1), (true, 1), (false, 0), (true, 0)] {
        let mut capture = Replay::new();
        for ttl in 1..=HOPS {
            let datagram = |left| {
                let mut packet = Vec::new();
                PacketBuilder::ipv6(HERE, THERE, left)
                    .udp(4000 + u16::from(ttl), 33434)
                    .write(&mut packet, b"probe")
                    .unwrap();
                if is_left_to_card {
                    let pseudo = [&HERE[..], &THERE, &[0, 17, 0, 13]].concat();
                    let sum = !crate::wire::checksum::internet(&[&pseudo]);
                    packet[46..48].copy_from_slice(&sum.to_be_bytes());
                }
                packet
            };
            let mut from = THERE;
            from[14] = ttl;
            let mut back = Vec::new();
            PacketBuilder::ipv6(from, HERE, 64)
                .icmpv6_raw(3, 0, [0; 4])
                .write(&mut back, &datagram(1))
                .unwrap();
            let at = i64::from(ttl) * 10;
            for source in [0, other] {
                capture.seen_in(SourceId(source), at, &datagram(ttl));
            }
            for source in [other, 0] {
                capture.seen_in(SourceId(source), at + 1, &back);
            }
        }
        let paths = paths_of(capture);
        let which = format!("left to card: {is_left_to_card}, other capture {other}");
        assert_eq!(
            paths.iter().map(told).collect::<Vec<_>>(),
            [(None, vec![1; 4])],
            "{which}"
        );
        assert!(
            paths[0].hops.iter().all(|hop| hop.unanswered == 0),
            "{which}"
        );
    }
}
