use etherparse::PacketBuilder;

use super::*;
use crate::correlate::replay::Replay;

const CLIENT: [u8; 16] = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
const SERVER: [u8; 16] = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];

fn datagram(payload: &[u8]) -> Vec<u8> {
    let mut packet = Vec::new();
    let builder = PacketBuilder::ipv6(CLIENT, SERVER, 64).udp(4000, 53);
    builder.write(&mut packet, payload).unwrap();
    packet
}

fn port_unreachable(quoted: &[u8]) -> Vec<u8> {
    let mut packet = Vec::new();
    let builder = PacketBuilder::ipv6(SERVER, CLIENT, 64).icmpv6_raw(1, 4, [0; 4]);
    builder.write(&mut packet, quoted).unwrap();
    packet
}

/// How many errors are told of what was played.
fn count(play: Replay) -> u64 {
    let outcomes = play.end().into_iter();
    let told = outcomes.filter_map(|outcome| match outcome {
        Outcome::Drop(verdict) => Some(verdict.count),
        _ => None,
    });
    told.sum()
}

/// How many are told of these: datagrams, then errors about them, each at so many
/// milliseconds.
fn errors(datagrams: &[i64], errors: &[i64]) -> u64 {
    let mut play = Replay::new();
    let sent = datagram(b"who is there");
    for &millis in datagrams {
        play.at(millis, &sent);
    }
    for &millis in errors {
        play.at(millis, &port_unreachable(&sent));
    }
    count(play)
}

#[test]
fn errors_of_ipv6_that_a_mirror_gives_twice_count_once() {
    // Both ports mirrored, and that to the server only.
    assert_eq!(errors(&[1, 1], &[5, 5]), 1);
    assert_eq!(errors(&[1], &[5, 6]), 1);
    // Sent twice, and refused twice at once, or later.
    assert_eq!(errors(&[1, 3], &[5, 5]), 2);
    assert_eq!(errors(&[1], &[5, 9]), 2);
    // Nothing tells.
    assert_eq!(errors(&[], &[5, 5]), 2);
}

/// Who is refused at once may ask at once again.
#[test]
fn what_was_sent_after_an_error_about_the_same_was_not_mirrored() {
    let sent = datagram(b"who is there");
    let refused = port_unreachable(&sent);
    // On the other side of the router.
    let mut further = sent.clone();
    further[7] -= 1;
    for (frames, expected) in [
        (&[&sent, &refused, &sent, &refused][..], 2),
        (&[&sent, &further, &refused, &sent, &further, &refused], 2),
        (&[&sent, &sent, &refused, &refused], 1),
        (&[&sent, &sent, &refused, &sent, &refused], 1),
    ] {
        let mut play = Replay::new();
        for frame in frames {
            play.at(1, frame);
        }
        assert_eq!(count(play), expected);
    }
}

/// Of errors alone, how many are told of these: each about a datagram of its own, at so many
/// milliseconds, and as often as this.
fn alone(errors: &[(i64, usize)]) -> u64 {
    let mut play = Replay::new();
    for (number, &(millis, times)) in (0..).zip(errors) {
        let error = port_unreachable(&datagram(&[number]));
        for _ in 0..times {
            play.at(millis, &error);
        }
    }
    count(play)
}

#[test]
fn errors_that_all_come_twice_tell_of_a_mirror() {
    let twice: Vec<_> = (1..=10).map(|n| (n * 10, 2)).collect();
    assert_eq!(alone(&twice), 3 + 10);
    // One came once, or more often.
    for times in [1, 3] {
        let mut other = twice.clone();
        other[0].1 = times;
        assert_eq!(alone(&other), 20 - 2 + u64::try_from(times).unwrap());
    }
}

/// Of ICMP alone nothing but a ping beside tells.
#[test]
fn pings_captured_twice_tell_of_the_mirror_beside_them() {
    let mut play = Replay::new();
    let mut ping = Vec::new();
    let builder = PacketBuilder::ipv6(CLIENT, SERVER, 64).icmpv6_echo_request(7, 1);
    builder.write(&mut ping, b"ping").unwrap();
    let error = port_unreachable(&datagram(b"who is there"));
    for packet in [&ping, &ping, &error, &error] {
        play.at(10, packet);
    }
    let outcomes = play.end();
    let told = outcomes.iter().find_map(|outcome| match outcome {
        Outcome::Drop(verdict) => Some(verdict.count),
        _ => None,
    });
    assert_eq!(told, Some(1));
}

/// On both sides of a router a packet and the error about it are seen: the hops to who refused it,
/// whose TTLs are these.
#[test]
fn hops_are_counted_from_the_first_side_of_a_router() {
    // Refused before the TTL was lowered by the next router, and after that.
    for (quoted, hops) in [(63, 2), (62, 2)] {
        let mut play = Replay::new();
        let sent = |ttl| {
            let mut packet = Vec::new();
            let builder = PacketBuilder::ipv4([10, 0, 1, 1], [10, 0, 3, 99], ttl);
            builder.udp(4000, 53).write(&mut packet, b"who").unwrap();
            packet[5] = 7;
            packet
        };
        let refused = crate::correlate::replay::error;
        let mut error = refused([10, 0, 2, 2], [3, 1, 0, 0, 0, 0, 0, 0], &sent(quoted));
        play.at(1, &sent(64));
        play.at(2, &sent(63));
        play.at(3, &error);
        error[8] = 63;
        play.at(4, &error);
        let told = play.verdicts();
        let counts = told
            .iter()
            .map(|verdict| verdict.hops_to_dropper.unwrap().count);
        assert_eq!(counts.collect::<Vec<_>>(), [hops], "{quoted}");
    }
}

/// A link behind a router takes less, or the tunnel that begins there: its device refuses what the router
/// has forwarded, and lowered the TTL of; what it lowered may have been captured as well.
#[test]
fn hops_to_where_a_packet_is_too_big_are_sure_if_the_error_came_back_over_as_many() {
    for (seen, quoted, left, count, estimate) in [
        (&[64][..], 64, 64, 1, false),
        (&[64], 63, 64, 1, true),
        (&[64], 63, 63, 2, false),
        (&[64], 62, 254, 2, true),
        // Another way back.
        (&[64], 63, 60, 2, true),
        (&[64, 63], 63, 64, 2, true),
    ] {
        let mut play = Replay::new();
        let mut sent = crate::correlate::replay::segment(
            ([10, 0, 1, 1], 4000),
            ([10, 0, 3, 99], 443),
            (100, 1),
            1460,
        );
        for ttl in seen {
            sent[8] = *ttl;
            play.at(1, &sent);
        }
        sent[8] = quoted;
        let head = [3, 4, 0, 0, 0, 0, 5, 0x78];
        let mut error = crate::correlate::replay::error([10, 0, 1, 2], head, &sent[..60]);
        error[8] = left;
        play.at(2, &error);
        let told = play.verdicts().remove(0).hops_to_dropper.unwrap();
        assert_eq!(
            (told.count, told.estimate),
            (count, estimate),
            "{quoted}, {left}"
        );
    }
}
