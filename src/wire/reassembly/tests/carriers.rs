//! Fragments of the packets of tunnels.

use super::*;
use crate::model::{Expanded, Form};

/// GRE (RFC 2784).
const GRE: u8 = 47;
const UDP: u8 = 17;

fn ip4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let mut data = fragment4(1, 0, false, payload);
    data[9] = protocol;
    data
}

/// What a tunnel's packet carries behind its IP header.
fn in_gre(packet: &[u8]) -> Vec<u8> {
    [&[0, 0, 8, 0][..], packet].concat()
}

fn in_vxlan(packet: &[u8]) -> Vec<u8> {
    let mut data = vec![0x12, 0x34, 0x12, 0xb5];
    data.extend(
        u16::try_from(8 + 8 + 14 + packet.len())
            .unwrap()
            .to_be_bytes(),
    );
    data.extend([0, 0, 8, 0, 0, 0, 0, 0, 7, 0]);
    data.extend([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0]);
    data.extend(packet);
    data
}

/// Cut into pieces of `size`, as fragments of a packet of this protocol.
fn pieces(protocol: u8, id: u16, part: &[u8], size: usize) -> Vec<Vec<u8>> {
    let mut pieces = pieces4(id, part, size);
    for piece in &mut pieces {
        piece[9] = protocol;
    }
    pieces
}

/// What each comes to, by its number from 1.
fn feed(reassembler: &mut Reassembler, pieces: &[Vec<u8>]) -> Vec<Reassembly> {
    let numbered = (1..).zip(pieces);
    numbered
        .map(|(number, data)| reassembler.feed(&packet(data), frame_ref(number), None, at(0)))
        .collect()
}

/// The packet that is told of with the fragment that was fed last, and how.
fn made(reassembler: &mut Reassembler) -> Option<(Form, Expanded)> {
    let made = *reassembler.take_carried().made?;
    Some((made.form, made))
}

/// The frames of a message that is whole and good.
fn whole(outcome: &Reassembly, message: &[u8]) -> Vec<u64> {
    let Reassembly::Complete(whole) = outcome else {
        panic!("{outcome:?}");
    };
    let ip = whole.ip();
    assert_eq!(ip.payload, message);
    assert!(ip.is_whole() && ip.fragment.is_none());
    assert_eq!(icmp_checksum(&ip).status, ChecksumStatus::Good);
    whole.frames().iter().map(|frame| frame.number()).collect()
}

#[test]
fn a_message_in_a_fragmented_packet_of_a_tunnel_is_put_together() {
    let message = echo(400);
    let inside = ip4(1, &message);
    for (protocol, part) in [
        (GRE, in_gre(&inside)),
        (4, inside.clone()),
        (UDP, in_vxlan(&inside)),
    ] {
        let pieces = pieces(protocol, 7, &part, 160);
        let mut reassembler = Reassembler::new(ROOM);
        let outcomes = feed(&mut reassembler, &pieces);
        assert!(matches!(outcomes[0], Reassembly::Incomplete(_)));
        assert!(matches!(outcomes[1], Reassembly::Incomplete(_)));
        assert_eq!(whole(&outcomes[2], &message), [1, 2, 3]);
        assert!(matches!(made(&mut reassembler), Some((Form::Last, _))));
        assert_eq!((reassembler.waiting(), reassembler.memory()), (0, 0));
        assert_eq!(reassembler.fates().complete, 1);

        // The other way round only the last one that comes tells that it is ICMP.
        let backwards: Vec<_> = pieces.into_iter().rev().collect();
        let mut reassembler = Reassembler::new(ROOM);
        let outcomes = feed(&mut reassembler, &backwards);
        assert!(matches!(outcomes[0], Reassembly::NotIcmpFragment));
        assert!(matches!(outcomes[1], Reassembly::NotIcmpFragment));
        assert_eq!(whole(&outcomes[2], &message), [3, 2, 1]);
        let carried = reassembler.take_carried();
        assert!(carried.made.is_none() && carried.told_as_other == 2);
    }
}

#[test]
fn a_message_of_which_no_fragment_tells_is_news() {
    let message = echo(40);
    let inside = ip4(1, &message);
    for (protocol, part) in [(GRE, in_gre(&inside)), (UDP, in_vxlan(&inside))] {
        let pieces = pieces(protocol, 7, &part, 16);
        let mut reassembler = Reassembler::new(ROOM);
        let mut outcomes = feed(&mut reassembler, &pieces);
        let last = outcomes.pop().unwrap();
        assert!(
            outcomes
                .iter()
                .all(|outcome| matches!(outcome, Reassembly::NotIcmpFragment))
        );
        assert_eq!(whole(&last, &message).len(), pieces.len());
        let Some((Form::Whole, made)) = made(&mut reassembler) else {
            panic!("{protocol}");
        };

        // The packet that was made stands in the last fragment's place.
        let frame = Frame {
            expanded: Some(&made),
            ..Frame::alone(LinkType(101), pieces.last().unwrap())
        };
        let Classified::Icmp(packet) = classify(&frame) else {
            panic!("{protocol}");
        };
        assert_eq!((packet.ip.payload, packet.tunnels.len()), (&message[..], 1));
        assert!(!packet.is_of_fragment());
        let around: Vec<_> = packet.tunnels.encapsulations().collect();
        assert_eq!(around[0].outer.unwrap().payload, part);
        // The frame itself has no more than the last fragment.
        let captured = around[0].captured().unwrap();
        assert_eq!(captured.header, &pieces.last().unwrap()[..20]);
        assert!(captured.is_later_fragment());
    }
}

#[test]
fn fragments_of_a_message_in_fragments_of_packets() {
    let message = echo(600);
    let mut pieces_of_all = Vec::new();
    for (n, inner) in (10..).zip(pieces4(9, &message, 304)) {
        pieces_of_all.extend(pieces(GRE, n, &in_gre(&inner), 200));
    }
    let mut reassembler = Reassembler::new(ROOM);
    let outcomes = feed(&mut reassembler, &pieces_of_all);
    assert_eq!(outcomes.len(), 4);
    assert!(
        matches!(outcomes[1], Reassembly::Incomplete(missing) if missing.first == Some(frame_ref(1)))
    );
    assert_eq!(whole(&outcomes[3], &message), [1, 2, 3, 4]);
    let Reassembly::Complete(all) = &outcomes[3] else {
        unreachable!();
    };
    // The first of them told of part of the first fragment.
    let told = all.told_before(frame_ref(4)).unwrap();
    assert_eq!(told.payload, &message[..200 - 4 - 20]);
    assert_eq!(reassembler.fates().complete, 1);
    assert_eq!(reassembler.waiting(), 0);

    // The frames that make a fragment whole show it as what it is, and where the frame's own lies.
    let mut reassembler = Reassembler::new(ROOM);
    for (number, form) in [
        (1, None),
        (2, Some(Form::Last)),
        (3, None),
        (4, Some(Form::Last)),
    ] {
        let data = &pieces_of_all[number - 1];
        reassembler.feed(&packet(data), frame_ref(number as u64), None, at(0));
        let made = made(&mut reassembler);
        assert_eq!(made.as_ref().map(|(form, _)| *form), form);
        let Some((_, made)) = &made else {
            continue;
        };
        let frame = Frame {
            expanded: Some(made),
            ..Frame::alone(LinkType(101), data)
        };
        let Classified::Icmp(packet) = classify(&frame) else {
            panic!("{number}");
        };
        let told = packet.as_told(&frame);
        assert!(told.ip.is_later_fragment());
        assert_eq!(told.ip.own_fragment(), packet.ip.fragment);
        assert!(told.ip.payload_length < packet.ip.payload_length);
        assert_eq!(told.ip.own_payload_length(), packet.ip.payload_length);
        let around: Vec<_> = packet.tunnels.encapsulations().collect();
        assert_eq!(around[0].captured().unwrap().header, &data[..20]);
    }
}

/// Where no frame but that one shows of a fragment what it is.
#[test]
fn a_fragment_of_which_no_fragment_tells_begins_where_it_is_whole() {
    let message = echo(64);
    let [first, last] = pieces4(9, &message, 32).try_into().unwrap();
    let mut all = pieces(GRE, 3, &in_gre(&first), 16);
    all.extend(pieces(GRE, 4, &in_gre(&last), 200));
    let mut reassembler = Reassembler::new(ROOM);
    let outcomes = feed(&mut reassembler, &all);
    let before: Vec<_> = outcomes.iter().map(Reassembly::name).collect();
    assert_eq!(
        before,
        ["not_icmp", "not_icmp", "not_icmp", "incomplete", "complete"]
    );
    assert_eq!(whole(&outcomes[4], &message), [1, 2, 3, 4, 5]);
    let Reassembly::Complete(all) = &outcomes[4] else {
        unreachable!();
    };
    assert_eq!(all.begins(), Some(frame_ref(4)));
    assert_eq!(
        all.told_before(frame_ref(5)).unwrap().payload,
        &message[..32]
    );
}

#[test]
fn what_carries_no_icmp_is_not_kept() {
    let tcp = ip4(6, &[0; 400]);
    let udp = [0x12, 0x34, 0x56, 0x78];
    for (protocol, part) in [
        (GRE, in_gre(&tcp)),
        (UDP, in_vxlan(&tcp)),
        (UDP, [&udp[..], &[0; 400]].concat()),
    ] {
        let pieces = pieces(protocol, 7, &part, 160);
        let mut reassembler = Reassembler::new(ROOM);
        for number in 1..4 {
            let outcomes = feed(&mut reassembler, &pieces[..number]);
            assert!(
                outcomes
                    .iter()
                    .all(|o| matches!(o, Reassembly::NotIcmpFragment))
            );
            assert_eq!(reassembler.waiting(), 0, "{protocol} {number}");
        }
        // What came too early is kept until the first comes.
        let mut reassembler = Reassembler::new(ROOM);
        feed(&mut reassembler, &pieces[1..]);
        assert_eq!(reassembler.waiting(), 1);
        feed(&mut reassembler, &pieces[..1]);
        assert_eq!((reassembler.waiting(), reassembler.memory()), (0, 0));
        assert_eq!(reassembler.fates(), Fates::default());
    }
}

#[test]
fn the_identifier_serves_each_protocol_of_version_4_by_itself() {
    let message = echo(400);
    let inside = ip4(1, &message);
    let gre = pieces(GRE, 7, &in_gre(&inside), 240);
    let own = pieces4(7, &message, 240);
    let mixed: Vec<_> = gre.into_iter().zip(own).flat_map(|(a, b)| [a, b]).collect();
    let outcomes = feed(&mut Reassembler::new(ROOM), &mixed);
    assert_eq!(whole(&outcomes[2], &message), [1, 3]);
    assert_eq!(whole(&outcomes[3], &message), [2, 4]);
}

#[test]
fn overlapping_fragments_of_a_tunnel_are_told() {
    let inside = ip4(1, &echo(400));
    let pieces = pieces(GRE, 7, &in_gre(&inside), 160);
    let mut changed = pieces[1].clone();
    changed[40] ^= 1;
    let mut reassembler = Reassembler::new(ROOM);
    let all = [
        pieces[0].clone(),
        pieces[1].clone(),
        changed,
        pieces[2].clone(),
    ];
    let outcomes = feed(&mut reassembler, &all);
    assert!(matches!(outcomes[2], Reassembly::Overlap { with, .. } if with == frame_ref(2)));
    assert!(matches!(
        outcomes[3],
        Reassembly::Refused(Refusal::Overlapped(_))
    ));
    assert_eq!(reassembler.fates().overlapping, 1);
}

#[test]
fn any_prefix_of_a_fragment_is_let_pass() {
    let inside = ip4(1, &echo(100));
    for part in [in_gre(&inside), in_vxlan(&inside)] {
        let protocol = if part[0] == 0 { GRE } else { UDP };
        for piece in pieces(protocol, 7, &part, 64) {
            for length in 20..piece.len() {
                let mut reassembler = Reassembler::new(ROOM);
                let outcomes = feed(&mut reassembler, &[piece[..length].to_vec()]);
                assert!(
                    !matches!(
                        outcomes[0],
                        Reassembly::Complete(_) | Reassembly::Incomplete(_)
                    ),
                    "{length}"
                );
                assert_eq!(reassembler.waiting(), 0);
            }
        }
    }
}

#[test]
fn packets_of_tunnels_do_not_take_the_memory_of_messages() {
    let message = echo(64);
    let own = pieces4(7, &message, 32);
    let mut reassembler = Reassembler::new(20_000);
    reassembler.feed(&packet(&own[0]), frame_ref(1), None, at(0));
    for id in 0..2000 {
        let mut later = fragment4(id, 800, false, &[0; 1000]);
        later[9] = UDP;
        reassembler.feed(&packet(&later), frame_ref(2), None, at(0));
        assert!(reassembler.memory() <= 40_000);
    }
    let outcome = reassembler.feed(&packet(&own[1]), frame_ref(3), None, at(0));
    assert_eq!(whole(&outcome, &message), [1, 3]);
    assert_eq!(reassembler.fates().evicted, 0);
}

#[test]
fn packets_of_tunnels_in_fragments_of_packets_of_tunnels() {
    let message = echo(400);
    for part in [in_gre(&ip4(1, &message)), in_vxlan(&ip4(1, &message))] {
        let protocol = if part[0] == 0 { GRE } else { UDP };
        let half = part.len().div_ceil(2).next_multiple_of(8);
        let mut all = Vec::new();
        for (n, inner) in (20..).zip(pieces(protocol, 7, &part, half)) {
            all.extend(pieces(4, n, &inner, 104));
        }
        let count = all.len() as u64;
        for is_backwards in [false, true] {
            let mut frames: Vec<_> = (1..=count).zip(&all).collect();
            if is_backwards {
                frames.reverse();
            }
            let mut reassembler = Reassembler::new(ROOM);
            let (mut unknown, mut told_as_other) = (0, 0);
            let mut last = None;
            for (number, data) in frames {
                let outcome = reassembler.feed(&packet(data), frame_ref(number), None, at(0));
                if matches!(outcome, Reassembly::NotIcmpFragment) {
                    unknown += 1;
                } else {
                    told_as_other += reassembler.take_carried().told_as_other;
                }
                last = Some(outcome);
            }
            assert_eq!(
                whole(&last.unwrap(), &message),
                (1..=count).collect::<Vec<_>>()
            );
            assert_eq!(told_as_other, unknown);
            assert!(unknown > 0);
            assert_eq!((reassembler.waiting(), reassembler.memory()), (0, 0));
            assert_eq!(reassembler.fates().complete, 1);
        }
        // Around what is told of with the last one are both packets, of which that has a fragment.
        let mut reassembler = Reassembler::new(ROOM);
        feed(&mut reassembler, &all);
        let Some((Form::Last, made)) = made(&mut reassembler) else {
            panic!("{protocol}");
        };
        let frame = Frame {
            expanded: Some(&made),
            ..Frame::alone(LinkType(101), all.last().unwrap())
        };
        let Classified::Icmp(packet) = classify(&frame) else {
            panic!("{protocol}");
        };
        assert_eq!(packet.ip.payload, message);
        let around: Vec<_> = packet.tunnels.encapsulations().collect();
        let offsets: Vec<_> = around
            .iter()
            .map(|around| {
                around
                    .captured()
                    .unwrap()
                    .fragment
                    .map(|place| place.offset)
            })
            .collect();
        assert_eq!(offsets, [208, half].map(|at| u16::try_from(at).ok()));
    }
}

/// Fragments of a message, each in fragments of a tunnel's packet.
#[test]
fn what_is_incomplete_inside_and_outside_counts_once() {
    let message = echo(400);
    let mut all = Vec::new();
    for (id, inner) in (20..).zip(pieces4(7, &message, 208)) {
        all.extend(pieces(4, id, &inner, 120));
    }
    let begins = |data: &[u8]| packet(data).tunnels.len() == 1;
    assert_eq!(all.iter().filter(|data| begins(data)).count(), 2);
    for is_backwards in [false, true] {
        if is_backwards {
            all.reverse();
        }
        for mask in 1..1_u32 << all.len() {
            let of_mask = |n: &usize| mask >> n & 1 == 1;
            let came: Vec<_> = { 0..all.len() }
                .filter(of_mask)
                .map(|n| all[n].clone())
                .collect();
            let is_all = came.len() == all.len();
            let is_told = came.iter().any(|data| begins(data));
            let once = u64::from(is_told && !is_all);
            let mut reassembler = Reassembler::new(ROOM);
            feed(&mut reassembler, &came);
            let fates = reassembler.fates();
            assert_eq!(fates.complete, u64::from(is_all), "{mask:b}");
            assert_eq!(fates.waiting, once, "{mask:b}");
            // A minute later what is left comes, and nothing of it is new.
            reassembler.expire(at(61));
            assert_eq!(reassembler.fates().expired, once, "{mask:b}");
            assert_eq!(reassembler.fates().waiting, 0, "{mask:b}");
        }
    }
}

#[test]
fn the_frames_of_a_fragment_in_fragments_are_told_with_it() {
    let message = echo(400);
    let inner = pieces4(7, &message, 208);
    let outer = pieces(4, 20, &inner[0], 120);
    let mut reassembler = Reassembler::new(ROOM);
    let outcomes = feed(&mut reassembler, &outer);
    assert!(matches!(outcomes.last(), Some(Reassembly::Incomplete(_))));
    let Some((_, made)) = made(&mut reassembler) else {
        panic!("{outcomes:?}");
    };
    assert_eq!(made.frames, [1, 2].map(frame_ref));
}

/// At both sides of a router each fragment comes twice: what ends a fragment inside is a copy of what
/// ended it before, not of what began it.
#[test]
fn the_copy_of_what_ends_a_fragment_inside_is_no_copy_of_its_beginning() {
    let inner = pieces4(7, &echo(400), 208);
    let mut outer = Vec::new();
    for piece in pieces(4, 20, &inner[0], 120) {
        let mut copy = piece.clone();
        copy[8] -= 1;
        outer.extend([piece, copy]);
    }
    let mut reassembler = Reassembler::new(ROOM);
    let outcomes = feed(&mut reassembler, &outer);
    let copies = [&outcomes[1], &outcomes[3]].map(|outcome| match outcome {
        Reassembly::Duplicate { of } => of.number(),
        other => panic!("{other:?}"),
    });
    assert_eq!(copies, [1, 3]);
    let Some((form, made)) = made(&mut reassembler) else {
        panic!("{outcomes:?}");
    };
    assert_eq!(
        (form, made.frames),
        (Form::Last, vec![2, 4].into_iter().map(frame_ref).collect())
    );
}
