//! Datagrams that nothing numbers, behind a translator.

use super::*;

const INSIDE: [u8; 4] = [192, 168, 1, 9];
const OUTSIDE: [u8; 4] = [203, 0, 113, 1];
const QUESTION: &[u8] = b"who is there, and since when?";
const NONE: Original = Original::None(NoOriginal::OneSided);

/// A datagram between these ends, from 599 s on.
fn datagram(src: ([u8; 4], u16), dst: ([u8; 4], u16), payload: &[u8]) -> Vec<u8> {
    let mut packet = Vec::new();
    PacketBuilder::ipv4(src.0, dst.0, 64)
        .udp(src.1, dst.1)
        .write(&mut packet, payload)
        .unwrap();
    with_id(packet, 0)
}

/// What errors about `quoted` find where these were captured of late.
fn found(sent: &[&[u8]], quoted: &[u8], octets: usize) -> Original {
    let mut capture = Capture::new();
    capture.frames = 599_000;
    for packet in sent {
        capture.add(packet);
    }
    capture.find(quoted, octets)
}

#[track_caller]
fn assert_found(sent: &[&[u8]], quoted: &[u8], number: u64) {
    match found(sent, quoted, usize::MAX) {
        Original::Found {
            match_kind: MatchKind::Translated,
            frame,
            ..
        } => assert_eq!(frame.number(), 599_000 + number),
        told => panic!("{told:?}"),
    }
}

#[test]
fn what_a_datagram_holds_tells_it_before_its_translation() {
    let sent = datagram((INSIDE, 51000), (SERVER, 53), QUESTION);
    let source = datagram((CLIENT, 4000), (SERVER, 53), QUESTION);
    let destination = datagram((INSIDE, 51000), (OUTSIDE, 53), QUESTION);
    let other = datagram(
        (INSIDE, 51001),
        (SERVER, 53),
        b"where were you, and until when",
    );
    // At another point.
    let mut further = sent.clone();
    further[8] -= 1;
    for quoted in [&source, &destination] {
        assert_found(&[&other, &sent, &other], quoted, 2);
        assert_found(&[&sent, &further], quoted, 1);
        // What RFC 792 asks for shows nothing of it.
        assert_eq!(found(&[&sent], quoted, 28), NONE);
        let mut old = Capture::new();
        old.add(&sent);
        assert_eq!(old.find(quoted, usize::MAX), NONE);
    }
    // Behind the octets that are kept the checksum tells.
    let late = datagram(
        (INSIDE, 51000),
        (SERVER, 53),
        b"who is there, and since then?",
    );
    assert_eq!(found(&[&late], &source, usize::MAX), NONE);
}

#[test]
fn of_two_that_hold_the_same_that_with_the_quoted_ports_is_it() {
    let first = datagram((INSIDE, 51000), (SERVER, 53), QUESTION);
    let second = datagram(([192, 168, 1, 10], 51002), (SERVER, 53), QUESTION);
    for sent in [[&first[..], &second], [&second, &first]] {
        let rewritten = datagram((CLIENT, 4000), (SERVER, 53), QUESTION);
        assert_eq!(found(&sent, &rewritten, usize::MAX), NONE);
        let number = if sent[0] == first { 1 } else { 2 };
        let kept = datagram((CLIENT, 51000), (SERVER, 53), QUESTION);
        assert_found(&sent, &kept, number);
    }
}
