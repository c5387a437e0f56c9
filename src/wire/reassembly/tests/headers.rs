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

/// Feeds a first and a last fragment, which must make the message.
fn completes(first: &[u8], last: &[u8], message: &[u8]) -> Reassembly {
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
    outcome
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

/// RFC 7112: the first fragment should hold all headers; it is shown as what it is all the same.
#[test]
fn fragments_of_a_cut_chain_of_headers_are_the_message_s_own() {
    let (part, message) = ping6(&[58, 0, 1, 4, 0, 0, 0, 0]);
    let first = fragment6(60, 0, true, &part[..8]);
    let last = fragment6(60, 8, false, &part[8..]);
    let Reassembly::Complete(whole) = completes(&first, &last, &message) else {
        panic!("not whole");
    };
    assert!(whole.untold().is_none() && whole.told_in_tunnel().is_none());
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
