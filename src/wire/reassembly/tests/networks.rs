//! Equal fragments of several networks, and those of one packet in several files.

use super::*;
use crate::model::InterfaceId;

/// The same packet in a VXLAN with this identifier.
fn in_vxlan(vni: u8, inner: &[u8]) -> Vec<u8> {
    let mut data = vec![0x45, 0];
    let length = u16::try_from(20 + 8 + 8 + 14 + inner.len()).unwrap();
    data.extend(length.to_be_bytes());
    data.extend([0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
    data.extend([0xc0, 0, 0x12, 0xb5]);
    data.extend((length - 20).to_be_bytes());
    data.extend([0, 0, 8, 0, 0, 0, 0, 0, vni, 0]);
    data.extend([2; 12]);
    data.extend([8, 0]);
    data.extend(inner);
    data
}

/// A frame of VLAN `id`.
fn in_vlan(id: u8, inner: &[u8]) -> Vec<u8> {
    [&[2; 12][..], &[0x81, 0, 0, id, 8, 0], inner].concat()
}

fn of_link(link: u32, data: &[u8]) -> Packet<'_> {
    let frame = Frame::alone(LinkType(link), data);
    match classify(&frame) {
        Classified::Icmp(packet) => packet,
        other => panic!("{other:?}"),
    }
}

/// Two pings that agree in all that a fragment's header says, in two networks, interleaved: each
/// must come out with its own octets.
fn both_come_out(network: impl Fn(usize, &[u8]) -> (u32, Vec<u8>, Option<InterfaceId>)) {
    let messages = [echo(64), echo(80)];
    let pieces = messages.each_ref().map(|message| pieces4(7, message, 32));
    let mut reassembler = Reassembler::new(ROOM);
    let mut whole = Vec::new();
    for piece in 0..3 {
        for (which, pieces) in pieces.iter().enumerate() {
            let Some(octets) = pieces.get(piece) else {
                continue;
            };
            let (link, data, interface) = network(which, octets);
            let outcome = reassembler.feed(&of_link(link, &data), frame_ref(1), interface, at(0));
            match outcome {
                Reassembly::Complete(message) => {
                    assert_eq!(message.ip().payload, messages[which]);
                    whole.push(which);
                }
                outcome => assert!(matches!(outcome, Reassembly::Incomplete(_)), "{outcome:?}"),
            }
        }
    }
    assert_eq!(whole, [0, 1]);
    assert_eq!((reassembler.waiting(), reassembler.memory()), (0, 0));
}

#[test]
fn tunnels_vlans_and_interfaces_keep_packets_apart() {
    both_come_out(|which, octets| {
        let vni = u8::try_from(which).unwrap();
        (101, in_vxlan(vni, octets), None)
    });
    both_come_out(|which, octets| {
        let id = u8::try_from(which).unwrap();
        (1, in_vlan(id, octets), None)
    });
    both_come_out(|which, octets| {
        let interface = u32::try_from(which).unwrap();
        (101, octets.to_vec(), Some(InterfaceId(interface)))
    });
    // In a tunnel and without one.
    both_come_out(|which, octets| match which {
        0 => (101, in_vxlan(5, octets), None),
        _ => (101, octets.to_vec(), None),
    });
}

fn in_file(source: u16, number: u64) -> FrameRef {
    FrameRef::new(SourceId(source), number)
}

#[test]
fn a_packet_whose_fragments_lie_in_several_files_becomes_whole() {
    let message = echo(96);
    let pieces = pieces4(7, &message, 32);
    let mut reassembler = Reassembler::new(ROOM);
    let mut outcome = Reassembly::NotIcmpFragment;
    for (n, piece) in (0u16..).zip(&pieces) {
        let frame = in_file(n, u64::from(n) + 1);
        outcome = reassembler.feed(&packet(piece), frame, None, at(i64::from(n)));
    }
    let Reassembly::Complete(whole) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(whole.ip().payload, message);
    assert_eq!(
        whole.frames(),
        [in_file(0, 1), in_file(1, 2), in_file(2, 3)]
    );
    assert_eq!((reassembler.waiting(), reassembler.memory()), (0, 0));
}

#[test]
fn a_packet_captured_into_two_files_becomes_whole_twice() {
    let message = echo(96);
    let pieces = pieces4(7, &message, 32);
    // In any order that two points of a network can give, each point's own order kept.
    for order in 0u8..1 << 6 {
        if order.count_ones() != 3 {
            continue;
        }
        let mut reassembler = Reassembler::new(ROOM);
        let mut next = [0, 0];
        let mut whole = 0;
        for step in 0..6 {
            let file = usize::from(order >> step & 1);
            let piece = &pieces[next[file]];
            next[file] += 1;
            let frame = in_file(u16::try_from(file).unwrap(), next[file] as u64);
            match reassembler.feed(&packet(piece), frame, None, at(0)) {
                Reassembly::Complete(message) => {
                    assert!(
                        message
                            .frames()
                            .iter()
                            .all(|f| f.source() == frame.source())
                    );
                    whole += 1;
                }
                outcome => assert!(matches!(outcome, Reassembly::Incomplete(_)), "{outcome:?}"),
            }
        }
        assert_eq!((whole, reassembler.waiting()), (2, 0), "{order:06b}");
    }
}

/// A router captures what comes in and what goes out, and the host behind it captures as well.
#[test]
fn copies_in_one_file_take_nothing_from_another() {
    const ROUTER: u16 = 0;
    const HOST: u16 = 1;
    let pieces = pieces4(7, &echo(64), 32);
    let hop = |piece: usize, ttl: u8| {
        let mut data = pieces[piece].clone();
        data[8] = ttl;
        data
    };
    for order in [
        // The fragments pass one after the other, and the first before the second comes.
        [
            (ROUTER, 0, 64),
            (ROUTER, 1, 64),
            (ROUTER, 0, 63),
            (HOST, 0, 62),
            (ROUTER, 1, 63),
            (HOST, 1, 62),
        ],
        [
            (ROUTER, 0, 64),
            (ROUTER, 0, 63),
            (HOST, 0, 62),
            (ROUTER, 1, 64),
            (ROUTER, 1, 63),
            (HOST, 1, 62),
        ],
    ] {
        let mut reassembler = Reassembler::new(ROOM);
        let mut whole = Vec::new();
        for (number, (file, piece, ttl)) in (1..).zip(order) {
            let frame = in_file(file, number);
            match reassembler.feed(&packet(&hop(piece, ttl)), frame, None, at(0)) {
                Reassembly::Complete(message) => {
                    let sources = message.frames().iter().map(|frame| frame.source().0);
                    whole.push(sources.collect::<Vec<_>>());
                }
                outcome => assert!(
                    matches!(
                        outcome,
                        Reassembly::Incomplete(_) | Reassembly::Duplicate { .. }
                    ),
                    "{outcome:?}"
                ),
            }
        }
        // What goes out may be put together as well.
        whole.dedup();
        assert_eq!(whole, [[ROUTER; 2], [HOST; 2]], "{order:?}");
        assert_eq!(reassembler.fates().waiting, 0);
    }
}

#[test]
fn overlaps_are_told_across_files_as_within_one() {
    let message = echo(64);
    let first = fragment4(7, 0, true, &message[..32]);
    // It begins where the first has not ended, in the same file.
    let overlapping = fragment4(7, 24, false, &message[24..]);
    let mut reassembler = Reassembler::new(ROOM);
    reassembler.feed(&packet(&first), in_file(0, 1), None, at(0));
    let outcome = reassembler.feed(&packet(&overlapping), in_file(0, 2), None, at(0));
    assert!(matches!(outcome, Reassembly::Overlap { with, .. } if with == in_file(0, 1)));
    // In another file it is another packet: nothing of it is merged with the first.
    let mut reassembler = Reassembler::new(ROOM);
    reassembler.feed(&packet(&first), in_file(0, 1), None, at(0));
    let outcome = reassembler.feed(&packet(&overlapping), in_file(1, 1), None, at(0));
    assert!(matches!(outcome, Reassembly::Incomplete(_)));
    assert_eq!(reassembler.waiting(), 2);
}

/// As seen at the next hop.
fn hop_on(mut packet: Vec<u8>) -> Vec<u8> {
    packet[8] -= 1;
    packet
}

#[test]
fn a_packet_that_the_next_hop_cuts_anew_becomes_whole_at_both() {
    let message = echo(96);
    let here = pieces4(7, &message, 48);
    let there: Vec<_> = pieces4(7, &message, 32).into_iter().map(hop_on).collect();
    // What goes out came in before: in any order that allows it.
    for order in 0u8..1 << 5 {
        if order.count_ones() != 3 {
            continue;
        }
        let mut reassembler = Reassembler::new(ROOM);
        let mut next = [0, 0];
        let mut whole = 0;
        for step in 0..5 {
            let hop = usize::from(order >> step & 1);
            let piece = &[&here[..], &there[..]][hop][next[hop]];
            next[hop] += 1;
            let frame = frame_ref(u64::try_from(step).unwrap() + 1);
            match reassembler.feed(&packet(piece), frame, None, at(0)) {
                Reassembly::Complete(made) => {
                    assert_eq!(made.ip().payload, message);
                    whole += 1;
                }
                outcome => assert!(
                    matches!(outcome, Reassembly::Incomplete(_)),
                    "{order:05b} {outcome:?}"
                ),
            }
        }
        assert_eq!((whole, reassembler.waiting()), (2, 0), "{order:05b}");
        assert_eq!(reassembler.fates().overlapping, 0);
    }
}

#[test]
fn what_contradicts_another_hop_overlaps() {
    let message = echo(96);
    let mut other = message.clone();
    other[40] ^= 1;
    let mut reassembler = Reassembler::new(ROOM);
    let first = fragment4(7, 0, true, &message[..48]);
    reassembler.feed(&packet(&first), frame_ref(1), None, at(0));
    let forged = hop_on(fragment4(7, 32, true, &other[32..64]));
    let outcome = reassembler.feed(&packet(&forged), frame_ref(2), None, at(0));
    assert!(matches!(outcome, Reassembly::Overlap { with, .. } if with == frame_ref(1)));
    assert_eq!(reassembler.fates().overlapping, 1);
}

#[test]
fn fragments_that_took_ways_of_different_length_make_one_packet() {
    let message = echo(96);
    let mut reassembler = Reassembler::new(ROOM);
    let mut outcome = Reassembly::NotIcmpFragment;
    for (n, piece) in (1..).zip(pieces4(7, &message, 32)) {
        let piece = if n == 2 { hop_on(piece) } else { piece };
        outcome = reassembler.feed(&packet(&piece), frame_ref(n), None, at(0));
    }
    assert!(matches!(outcome, Reassembly::Complete(_)), "{outcome:?}");
}

#[test]
fn what_the_first_fragment_of_a_tunnels_packet_cuts_is_no_defect() {
    // The outer packet is the fragment: what is inside ends where it does.
    let inner = fragment4(9, 0, false, &echo(64));
    let mut data = in_vxlan(5, &inner);
    data.truncate(20 + 8 + 8 + 14 + 20 + 30);
    data[2..4].copy_from_slice(&100u16.to_be_bytes());
    data[6] = 0x20;
    let packet = of_link(101, &data);
    assert!(!packet.ip.is_defective() && !packet.ip.is_whole());
    assert_eq!(
        icmp_checksum(&packet.ip).status,
        ChecksumStatus::Unverified(crate::wire::Unverified::Fragment)
    );
}

/// What is captured of a packet.
type SeenAs = dyn Fn(Vec<u8>) -> Vec<u8>;

/// The frames of the packets that these fragments make, and where the last was captured before: each by which
/// piece it is, and what was done to it.
fn wholes(pieces: &[Vec<u8>], came: &[(usize, &SeenAs)]) -> Vec<(Vec<u64>, Option<u64>)> {
    let mut reassembler = Reassembler::new(ROOM);
    let mut whole = Vec::new();
    for (number, (piece, seen_as)) in (1..).zip(came) {
        let data = seen_as(pieces[*piece].clone());
        match reassembler.feed(&packet(&data), frame_ref(number), None, at(0)) {
            Reassembly::Complete(made) => {
                let frames = made.frames().iter().map(|frame| frame.number());
                whole.push((frames.collect(), made.copy_of().map(FrameRef::number)));
            }
            outcome => assert!(
                matches!(
                    outcome,
                    Reassembly::Incomplete(_) | Reassembly::Duplicate { .. }
                ),
                "{outcome:?}"
            ),
        }
    }
    assert_eq!(reassembler.fates().waiting, 0);
    whole
}

/// A router captures on all its interfaces, and a host behind it into the same file.
#[test]
fn fragments_of_one_hop_make_a_packet_however_hops_interleave() {
    let (here, next) = (|data: Vec<u8>| data, hop_on);
    let after = |data| hop_on(hop_on(data));
    let pieces = pieces4(7, &echo(64), 32);
    let told = wholes(
        &pieces,
        &[
            (0, &here),
            (0, &next),
            (1, &here),
            (1, &next),
            (0, &after),
            (1, &after),
        ],
    );
    let again = Some(3);
    assert_eq!(
        told,
        [(vec![1, 3], None), (vec![2, 4], again), (vec![5, 6], again)]
    );
    let told = wholes(
        &pieces,
        &[
            (0, &here),
            (0, &next),
            (0, &after),
            (1, &here),
            (1, &next),
            (1, &after),
        ],
    );
    let again = Some(4);
    assert_eq!(
        told,
        [(vec![1, 4], None), (vec![2, 5], again), (vec![3, 6], again)]
    );
    let pieces = pieces4(7, &echo(96), 32);
    let told = wholes(
        &pieces,
        &[
            (0, &here),
            (1, &here),
            (0, &next),
            (2, &here),
            (1, &next),
            (2, &next),
        ],
    );
    assert_eq!(told, [(vec![1, 2, 4], None), (vec![3, 5, 6], again)]);
}

/// Routers do not touch the packet in a tunnel: the TTL of the one around it tells the hop.
#[test]
fn fragments_in_a_tunnel_are_of_the_hop_that_it_tells() {
    let here = |data: Vec<u8>| in_vxlan(5, &data);
    let next = |data: Vec<u8>| hop_on(in_vxlan(5, &data));
    let after = |data: Vec<u8>| hop_on(hop_on(in_vxlan(5, &data)));
    let pieces = pieces4(7, &echo(64), 32);
    let told = wholes(
        &pieces,
        &[
            (0, &here),
            (0, &next),
            (1, &here),
            (1, &next),
            (0, &after),
            (1, &after),
        ],
    );
    let again = Some(3);
    assert_eq!(
        told,
        [(vec![1, 3], None), (vec![2, 4], again), (vec![5, 6], again)]
    );
}

/// A capture that was cut goes on in the next file; what ran beside it has fragments of its own.
#[test]
fn captures_that_ran_at_once_share_no_packet() {
    let pieces = pieces4(7, &echo(64), 32);
    for (begun, is_whole) in [(0, false), (1, false), (2, true), (3, true)] {
        let mut reassembler = Reassembler::new(ROOM);
        reassembler.capture_begins(SourceId(0), at(0));
        reassembler.feed(&packet(&pieces[0]), in_file(0, 9), None, at(2));
        reassembler.capture_begins(SourceId(1), at(begun));
        let outcome = reassembler.feed(&packet(&pieces[1]), in_file(1, 9), None, at(3));
        assert_eq!(matches!(outcome, Reassembly::Complete(_)), is_whole);
    }
}

/// One capture has each fragment twice, and another has them later.
#[test]
fn what_is_left_of_copies_in_one_file_is_no_part_of_another() {
    let pieces = pieces4(7, &echo(64), 32);
    let mut reassembler = Reassembler::new(ROOM);
    let mut whole: Vec<Vec<u64>> = Vec::new();
    let came = [(0, 0), (0, 0), (0, 1), (0, 1), (1, 0), (1, 1)];
    for (number, (file, piece)) in (1..).zip(came) {
        let frame = in_file(file, number);
        let outcome = reassembler.feed(&packet(&pieces[piece]), frame, None, at(0));
        if let Reassembly::Complete(made) = outcome {
            whole.push(made.frames().iter().map(|frame| frame.number()).collect());
        }
    }
    assert_eq!(whole, [vec![1, 3], vec![5, 6]]);
    assert_eq!(reassembler.fates().waiting, 0);
}
