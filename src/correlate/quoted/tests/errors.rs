//! Errors about errors: which is the one that was dropped.

use super::*;

/// An error of `src` to `dst`, numbered 7, that quotes a datagram of this number and length.
fn refusal(
    [src, dst]: [[u8; 4]; 2],
    code: u8,
    (from, to): ([u8; 4], [u8; 4]),
    (number, payload): (u16, usize),
) -> Vec<u8> {
    let mut quoted = Vec::new();
    PacketBuilder::ipv4(from, to, 60)
        .udp(5000, 53)
        .write(&mut quoted, &vec![7; payload])
        .unwrap();
    let message = [
        &[3, code, 0, 0, 0, 0, 0, 0][..],
        &with_id(quoted, number)[..28],
    ]
    .concat();
    let mut packet = Vec::new();
    PacketBuilder::ipv4(src, dst, 63)
        .write(&mut packet, etherparse::IpNumber::ICMP, &message)
        .unwrap();
    with_id(packet, 7)
}

/// Of two errors with one identification the quotes tell whether they are one, on both sides of a
/// translation.
#[test]
fn an_error_before_its_translation_is_known_by_what_it_quotes() {
    const INSIDE: [u8; 4] = [192, 168, 1, 9];
    const OUTSIDE: [u8; 4] = [203, 0, 113, 9];
    let before = refusal([INSIDE, SERVER], 3, (SERVER, INSIDE), (100, 20));
    let after = refusal([CLIENT, SERVER], 3, (SERVER, CLIENT), (100, 20));
    let rewritten = refusal([CLIENT, OUTSIDE], 3, (OUTSIDE, CLIENT), (100, 20));
    for (error, seen) in [(&after, &before), (&rewritten, &after)] {
        let mut capture = Capture::new();
        capture.add(seen);
        assert_eq!(capture.match_of(error, 64), (MatchKind::Translated, 1));
        // Too little of it tells nothing.
        let cut = capture.find(error, 28);
        assert!(matches!(cut, Original::None(_)), "{cut:?}");
    }
    for other in [
        // Another code, another number or length of what it quotes, and other hosts altogether.
        refusal([INSIDE, SERVER], 1, (SERVER, INSIDE), (100, 20)),
        refusal([INSIDE, SERVER], 3, (SERVER, INSIDE), (101, 20)),
        refusal([INSIDE, SERVER], 3, (SERVER, INSIDE), (100, 21)),
        refusal([INSIDE, OUTSIDE], 3, (OUTSIDE, INSIDE), (100, 20)),
    ] {
        let mut capture = Capture::new();
        capture.add(&other);
        let found = capture.find(&after, 64);
        assert!(matches!(found, Original::None(_)), "{found:?}");
    }
}
