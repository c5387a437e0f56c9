//! Fragments whose headers lead astray: another next header, a chain that is cut, one within another.

use super::*;

/// A ping over IPv6 behind these extension headers, and its message alone.
fn ping6(extensions: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let mut message = vec![128, 0, 0, 0, 0, 7, 0, 1];
    message.extend([5; 40]);
    let data = fragment6(58, 0, false, &message);
    let pseudo = crate::wire::checksum::icmpv6_pseudo_header(&packet(&data).ip).unwrap();
    let checksum = internet(&[&pseudo, &message]);
    message[2..4].copy_from_slice(&checksum.to_be_bytes());
    ([extensions, &message].concat(), message)
}

/// Feeds a first and a last fragment, which must make the message; what else they make.
fn completes(first: &[u8], last: &[u8], message: &[u8]) -> Carried {
    let mut reassembler = Reassembler::new(ROOM);
    let outcome = reassembler.feed(&packet(first), frame_ref(1), None, at(0));
    assert!(matches!(outcome, Reassembly::Incomplete(_)), "{outcome:?}");
    let outcome = reassembler.feed(&packet(last), frame_ref(2), None, at(0));
    let Reassembly::Complete(whole) = &outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(whole.ip().payload, message);
    assert_eq!(icmp_checksum(&whole.ip()).status, ChecksumStatus::Good);
    assert_eq!(whole.frames(), [1, 2].map(frame_ref));
    assert_eq!(reassembler.fates().complete, 1);
    assert_eq!(reassembler.fates().waiting, 0);
    reassembler.take_carried()
}

#[test]
fn only_the_next_header_of_the_first_fragment_counts() {
    let (_, message) = ping6(&[]);
    let first = fragment6(58, 0, true, &message[..16]);
    for next in [58, 60, 17, 6, 59] {
        let last = fragment6(next, 16, false, &message[16..]);
        completes(&first, &last, &message);
    }
    // That of another packet stays what it says.
    let mut reassembler = Reassembler::new(ROOM);
    reassembler.feed(&packet(&first), frame_ref(1), None, at(0));
    let mut other = fragment6(17, 16, false, &message[16..]);
    other[47] = 10;
    let outcome = reassembler.feed(&packet(&other), frame_ref(2), None, at(0));
    assert!(
        matches!(outcome, Reassembly::NotIcmpFragment),
        "{outcome:?}"
    );
}

/// What comes before the first fragment may name anything.
#[test]
fn what_earlier_fragments_name_does_not_count() {
    let (_, message) = ping6(&[]);
    let parts = [
        (0, true, &message[..16]),
        (16, true, &message[16..32]),
        (32, false, &message[32..]),
    ];
    for (named, order) in [
        ([58, 17, 17], [1, 2, 0]),
        ([58, 6, 6], [2, 1, 0]),
        ([58, 6, 58], [1, 0, 2]),
        ([58, 6, 58], [1, 2, 0]),
        ([58, 60, 17], [2, 1, 0]),
        ([58, 59, 60], [1, 2, 0]),
    ] {
        let mut reassembler = Reassembler::new(ROOM);
        let outcomes = order.map(|which| {
            let (offset, more, octets) = parts[which];
            let data = fragment6(named[which], offset, more, octets);
            reassembler.feed(&packet(&data), frame_ref(which as u64), None, at(0))
        });
        let [.., Reassembly::Complete(whole)] = &outcomes else {
            panic!("{named:?} {order:?}: {outcomes:?}");
        };
        assert_eq!(whole.ip().payload, message);
        assert_eq!(whole.frames(), [0, 1, 2].map(frame_ref));
        let is_other = |outcome: &&Reassembly| matches!(outcome, Reassembly::NotIcmpFragment);
        let other = outcomes.iter().filter(is_other).count() as u64;
        assert_eq!(whole.told_as_other, other, "{named:?} {order:?}");
        assert_eq!((reassembler.waiting(), reassembler.memory()), (0, 0));
        assert_eq!(reassembler.fates().complete, 1);
    }
    // Those of what the first fragment tells to be no ICMP are not kept.
    let mut reassembler = Reassembler::new(ROOM);
    for data in [
        fragment6(6, 16, true, &[1; 16]),
        fragment6(6, 0, true, &[0; 16]),
        fragment6(6, 32, false, &[2; 16]),
    ] {
        let outcome = reassembler.feed(&packet(&data), frame_ref(1), None, at(0));
        assert!(
            matches!(outcome, Reassembly::NotIcmpFragment),
            "{outcome:?}"
        );
    }
    assert_eq!((reassembler.waiting(), reassembler.memory()), (0, 0));
}

/// RFC 7112: the first fragment should hold all headers; it is shown as what it is all the same.
#[test]
fn fragments_of_a_cut_chain_of_headers_are_the_message_s_own() {
    let (part, message) = ping6(&[58, 0, 1, 4, 0, 0, 0, 0]);
    let first = fragment6(60, 0, true, &part[..8]);
    let last = fragment6(60, 8, false, &part[8..]);
    assert!(completes(&first, &last, &message).made.is_none());
}

/// The identification of the fragments tells the message from another with the same octets.
#[test]
fn a_message_of_a_cut_chain_of_headers_keeps_its_identification() {
    let (part, _) = ping6(&[58, 0, 1, 4, 0, 0, 0, 0]);
    let mut reassembler = Reassembler::new(ROOM);
    let mut feed = |data: &[u8]| reassembler.feed(&packet(data), frame_ref(1), None, at(0));
    feed(&fragment6(60, 0, true, &part[..8]));
    let Reassembly::Complete(whole) = feed(&fragment6(60, 8, false, &part[8..])) else {
        panic!("all of it came");
    };
    assert_eq!(whole.ip().id, Some(9));
}

/// A fragment header that says that it is all of its packet, within fragments.
#[test]
fn an_atomic_fragment_within_fragments_leaves_them_their_places() {
    let (part, message) = ping6(&[58, 0, 0, 0, 0, 0, 0, 99]);
    let first = fragment6(44, 0, true, &part[..24]);
    let ip = packet(&first).ip;
    assert_eq!(ip.id, Some(9));
    assert!(
        ip.fragment
            .is_some_and(|place| place.offset == 0 && place.more)
    );
    completes(&first, &fragment6(44, 24, false, &part[24..]), &message);
}

/// A fragment header.
fn header(next: u8, offset: u16, more: bool, id: u8) -> [u8; 8] {
    let [high, low] = (offset | u16::from(more)).to_be_bytes();
    [next, 0, high, low, 0, 0, 0, id]
}

/// Fragments that are fragmented again, each in two.
#[test]
fn fragments_of_fragments_make_the_message() {
    let (_, message) = ping6(&[]);
    let inner = [
        [&header(58, 0, true, 99)[..], &message[..24]].concat(),
        [&header(58, 24, false, 99)[..], &message[24..]].concat(),
    ];
    let halves = |id: u8, part: &[u8]| {
        let cut = |offset: usize, more, octets: &[u8]| {
            let mut data = fragment6(44, offset, more, octets);
            data[47] = id;
            data
        };
        [cut(0, true, &part[..16]), cut(16, false, &part[16..])]
    };
    let pieces = [halves(5, &inner[0]), halves(6, &inner[1])].concat();
    let ip = packet(&pieces[0]).ip;
    assert_eq!((ip.protocol, ip.id), (58, Some(5)));
    assert!(ip.is_fragmented_again() && !packet(&pieces[1]).ip.is_fragmented_again());
    // It begins with no message.
    assert_eq!(packet(&pieces[2]).ip.protocol, 44);
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]] {
        let mut reassembler = Reassembler::new(ROOM);
        let mut other = 0;
        let outcomes = order.map(|which| {
            let frame = frame_ref(which as u64);
            let outcome = reassembler.feed(&packet(&pieces[which]), frame, None, at(0));
            other += reassembler.take_carried().told_as_other;
            outcome
        });
        let [.., Reassembly::Complete(whole)] = &outcomes else {
            panic!("{order:?}: {outcomes:?}");
        };
        assert_eq!(whole.ip().payload, message);
        assert_eq!(icmp_checksum(&whole.ip()).status, ChecksumStatus::Good);
        assert_eq!(whole.frames(), [0, 1, 2, 3].map(frame_ref));
        let is_other = |outcome: &&Reassembly| matches!(outcome, Reassembly::NotIcmpFragment);
        assert_eq!(other, outcomes.iter().filter(is_other).count() as u64);
        assert_eq!(
            (reassembler.waiting(), reassembler.fates().complete),
            (0, 1)
        );
    }
}

/// Packets each of which has the last fragment of the next one, which the last fragment of the first makes
/// whole one after the other.
#[test]
fn a_chain_of_fragments_of_fragments_is_followed_so_far() {
    let (_, message) = ping6(&[]);
    for (packets, is_whole) in [(TunnelPath::CAPACITY, true), (5000, false)] {
        let mut reassembler = Reassembler::new(100 * ROOM);
        let fragment = |id: usize, next, offset, more, octets: &[u8]| {
            let mut data = fragment6(next, offset, more, octets);
            data[46..48].copy_from_slice(&u16::try_from(id).unwrap().to_be_bytes());
            data
        };
        for id in 0..=packets {
            let mut inner = header(44, 8, false, 0);
            inner[6..].copy_from_slice(&u16::try_from(id + 1).unwrap().to_be_bytes());
            let data = if id == packets {
                fragment(id, 58, 0, true, &message[..8])
            } else {
                fragment(id, 44, 0, true, &inner)
            };
            reassembler.feed(&packet(&data), frame_ref(id as u64), None, at(0));
        }
        let last = fragment(0, 44, 8, false, &message[8..]);
        let outcome = reassembler.feed(&packet(&last), frame_ref(9999), None, at(0));
        assert_eq!(
            matches!(outcome, Reassembly::Complete(_)),
            is_whole,
            "{packets}"
        );
    }
}

/// RFC 8200 section 4.5: the first fragment's next header counts, also where a later one names ICMPv6.
#[test]
fn what_later_fragments_of_a_tunnels_packet_name_does_not_count() {
    let (_, message) = ping6(&[]);
    let inside = fragment6(58, 0, false, &message);
    let first = fragment6(41, 0, true, &inside[..64]);
    let last = fragment6(58, 64, false, &inside[64..]);
    for order in [[&first, &last], [&last, &first]] {
        let mut reassembler = Reassembler::new(ROOM);
        reassembler.feed(&packet(order[0]), frame_ref(1), None, at(0));
        let outcome = reassembler.feed(&packet(order[1]), frame_ref(2), None, at(0));
        let Reassembly::Complete(whole) = &outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(whole.ip().payload, message);
        assert_eq!(reassembler.fates().complete, 1);
        assert_eq!((reassembler.waiting(), reassembler.memory()), (0, 0));
    }
}

#[test]
fn later_fragments_that_name_icmpv6_of_a_packet_of_another_protocol() {
    let first = fragment6(6, 0, true, &[0; 64]);
    let last = fragment6(58, 64, false, &[0; 64]);
    let mut reassembler = Reassembler::new(ROOM);
    reassembler.feed(&packet(&first), frame_ref(1), None, at(0));
    let outcome = reassembler.feed(&packet(&last), frame_ref(2), None, at(0));
    assert!(
        matches!(outcome, Reassembly::NotIcmpFragment),
        "{outcome:?}"
    );
    assert_eq!(reassembler.fates(), Fates::default());
    // What came before it was told of one, and is none.
    let mut reassembler = Reassembler::new(ROOM);
    let outcome = reassembler.feed(&packet(&last), frame_ref(1), None, at(0));
    assert!(matches!(outcome, Reassembly::Incomplete(_)), "{outcome:?}");
    reassembler.feed(&packet(&first), frame_ref(2), None, at(0));
    assert_eq!(reassembler.fates(), Fates::default());
    assert_eq!((reassembler.waiting(), reassembler.memory()), (0, 0));
    // A message that has the same identification later is one.
    let (_, message) = ping6(&[]);
    let first = fragment6(58, 0, true, &message[..16]);
    let last = fragment6(58, 16, false, &message[16..]);
    reassembler.feed(&packet(&first), frame_ref(3), None, at(1));
    let outcome = reassembler.feed(&packet(&last), frame_ref(4), None, at(1));
    assert!(matches!(outcome, Reassembly::Complete(_)), "{outcome:?}");
}
