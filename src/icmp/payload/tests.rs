mod bsd;
mod hipercontracer;
mod scamper;

use self::hipercontracer::hipercontracer;
use super::*;
use crate::icmp::tests::{parse, parse_cut, v4};
use crate::icmp::{Body, Direction};

const NOW: i64 = 1_753_518_350;

fn captured() -> Timestamp {
    Timestamp::from_parts(NOW, 469_444_000)
}

fn counting(from: u8, length: u8) -> Vec<u8> {
    (from..from + length).collect()
}

fn sender(payload: &[u8]) -> Option<Sender> {
    guess(payload, Extent::Whole, captured()).map(|g| g.sender)
}

#[test]
fn iputils_in_every_order() {
    let sent = Timestamp::from_parts(NOW, 469_423_000);
    let (seconds, micros) = (NOW.unsigned_abs(), 469_423u64);
    let wide = counting(16, 40);
    for payload in [
        [&seconds.to_le_bytes()[..], &micros.to_le_bytes(), &wide].concat(),
        [&seconds.to_be_bytes()[..], &micros.to_be_bytes(), &wide].concat(),
        [
            &seconds.to_le_bytes()[..],
            &micros.to_le_bytes(),
            &wide[..8],
        ]
        .concat(),
    ] {
        assert_eq!(
            guess(&payload, Extent::Whole, captured()),
            Some(PayloadGuess {
                sender: Sender::Iputils,
                sent: Some(sent)
            })
        );
        for length in 0..payload.len() {
            let _ = guess(&payload[..length], Extent::Whole, captured());
        }
    }
    let far = [&0u64.to_le_bytes()[..], &micros.to_le_bytes(), &wide].concat();
    assert_eq!(
        guess(&far, Extent::Whole, captured()),
        Some(PayloadGuess {
            sender: Sender::Iputils,
            sent: None
        })
    );
}

/// With `ping -p` anything may follow, so that the time is no program's.
#[test]
fn a_wide_time_proves_no_program() {
    let sent = Timestamp::from_parts(NOW, 469_423_000);
    let (seconds, micros) = (NOW.unsigned_abs(), 469_423_u64);
    let little = [seconds.to_le_bytes(), micros.to_le_bytes()].concat();
    let big = [seconds.to_be_bytes(), micros.to_be_bytes()].concat();
    for time in [little, big] {
        for behind in [
            Vec::new(),
            counting(16, 1),
            counting(16, 7),
            counting(0, 7),
            [0xde, 0xad, 0xbe, 0xef].repeat(10),
            vec![10, 0],
            [&[10, 0][..], &[0; 21]].concat(),
            [&[10, 0][..], &[0; 50], &[1]].concat(),
            [10, 0].repeat(26),
        ] {
            let payload = [&time[..], &behind].concat();
            let found = guess(&payload, Extent::Whole, captured()).unwrap();
            assert_eq!((found.sender, found.sent), (Sender::Clock, Some(sent)));
            let laid: Vec<_> = found.laid(&payload).map(|f| (f.name, f.range)).collect();
            assert_eq!(laid, [("probable_send_time", 0..16)]);
        }
        for ten in [[10, 0], [0, 10]] {
            let payload = [&time[..], &ten, &[0; 50]].concat();
            let found = guess(&payload, Extent::Whole, captured()).unwrap();
            assert_eq!((found.sender, found.sent), (Sender::CheckIcmp, Some(sent)));
            assert_eq!(found.laid(&payload).count(), 1);
        }
    }
}

/// One octet of 256 is what any text may end in.
#[test]
fn few_octets_that_count_on_are_no_pattern() {
    for text in [&b"hello, my server\x10"[..], b"hello, my server\x10\x11"] {
        assert_eq!(sender(text), None);
    }
    let time = [7_u64.to_le_bytes(), 5_u64.to_le_bytes()].concat();
    for first in [16, 0] {
        let of = |length| [&time[..], &counting(first, length)].concat();
        assert_eq!(sender(&of(7)), None);
        assert!(sender(&of(8)).is_some());
    }
}

/// Captures whose times begin at 0, or that have none.
#[test]
fn small_numbers_are_no_times_of_1970() {
    let payloads = [
        vec![0; 56],
        vec![0; 8],
        [&[0; 8][..], b"some text behind zeros, long"].concat(),
        [&[0; 16][..], b"some text behind zeros, long"].concat(),
        [&7_u32.to_be_bytes()[..], &[0; 4], b"some text that follows"].concat(),
        [&7_u32.to_le_bytes()[..], &[0; 4], b"some text that follows"].concat(),
        [&7_u64.to_be_bytes()[..], b"some text that follows"].concat(),
        [&12_900_000_000_u64.to_be_bytes()[..], &[0x5a; 16]].concat(),
        [&77_u64.to_le_bytes()[..], &5_u64.to_le_bytes(), &[0x5a; 16]].concat(),
    ];
    for seconds in [0, 1, 77, 86_399, 999_999_999] {
        let captured = Timestamp::from_parts(seconds, 5_000);
        for payload in &payloads {
            let found = guess(payload, Extent::Whole, captured);
            let is_zeros = payload.iter().all(|&octet| octet == 0);
            let expected = is_zeros.then_some((Sender::Zeros, None));
            assert_eq!(found.map(|found| (found.sender, found.sent)), expected);
        }
    }
}

/// It counts from 0 on where iputils counts from 16.
#[test]
fn inetutils_counts_from_zero() {
    let (seconds, micros) = (NOW.unsigned_abs(), 469_423_u64);
    let payload = [
        &seconds.to_le_bytes()[..],
        &micros.to_le_bytes(),
        &counting(0, 40),
    ]
    .concat();
    let guessed = |captured| {
        let found = guess(&payload, Extent::Whole, captured).unwrap();
        (found.sender, found.sent)
    };
    let sent = Timestamp::from_parts(NOW, 469_423_000);
    assert_eq!(guessed(captured()), (Sender::Inetutils, Some(sent)));
    let far = Timestamp::from_parts(0, 0);
    assert_eq!(guessed(far), (Sender::Inetutils, None));
}

#[test]
fn a_timeval_of_32_bit_words_is_not_of_linux_alone() {
    let seconds = u32::try_from(NOW).unwrap().to_le_bytes();
    let bare = [&seconds[..], &469_423u32.to_le_bytes()].concat();
    for (payload, sender) in [
        ([&bare[..], &counting(8, 48)].concat(), Sender::Timeval32),
        ([&bare[..], &counting(8, 7)].concat(), Sender::Clock),
        (bare, Sender::Clock),
    ] {
        assert_eq!(
            guess(&payload, Extent::Whole, captured()),
            Some(PayloadGuess {
                sender,
                sent: Some(Timestamp::from_parts(NOW, 469_423_000))
            })
        );
    }
}

#[test]
fn what_tells_nothing_is_no_guess() {
    // A nonce of Teredo's test of connectivity (RFC 4380 section 5.2.9) may be anything.
    assert_eq!(sender(&[0; 4]), None);
    // Cisco IOS counts from the sequence number on in pings of IPv6.
    for first in [0, 1, 8, 200] {
        let payload: Vec<u8> = (0..52_u8).map(|n| n.wrapping_add(first)).collect();
        assert_eq!(sender(&payload), None);
    }
}

#[test]
fn bsd_has_two_big_endian_words() {
    let seconds = u32::try_from(NOW).unwrap().to_be_bytes();
    let payload = [&seconds[..], &5u32.to_be_bytes(), &counting(8, 48)].concat();
    let found = guess(&payload, Extent::Whole, captured()).unwrap();
    assert_eq!(found.sender, Sender::Bsd);
    assert_eq!(found.sent, Some(Timestamp::from_parts(NOW, 5_000)));
    assert_eq!(
        guess(&payload, Extent::Whole, Timestamp::from_parts(0, 0)),
        Some(PayloadGuess {
            sender: Sender::Bsd,
            sent: None
        })
    );
}

/// Microseconds are under a million.
#[test]
fn no_time_has_more_microseconds_than_a_second() {
    for (micros, expected) in [
        (999_999_u32.to_be_bytes(), Some(Sender::Bsd)),
        // As of a clock that counts nanoseconds since its machine was started in 64 bits.
        (0x3fb4_u32.to_le_bytes(), None),
        ([0xff; 4], None),
        (1_000_000_u32.to_be_bytes(), Some(Sender::FreeBsd)),
        (1_000_000_000_u32.to_be_bytes(), None),
    ] {
        let payload = [&[9; 4][..], &micros, &counting(8, 48)].concat();
        assert_eq!(sender(&payload), expected, "{micros:?}");
    }
}

#[test]
fn one_word_after_another_tells_of_busybox_and_toybox() {
    let addrs = AddrPair::new([192, 0, 2, 1].into(), [192, 0, 2, 2].into());
    let mut senders = Senders::default();
    let mut told = |unit: u32, seq: u16, extent| {
        let word = 0xdead_beef_u32.wrapping_add(u32::from(seq) * unit);
        let payload = [&word.to_le_bytes()[..], &[0; 52]].concat();
        let packet = v4(&[&[8, 0, 0, 0, 0, 1][..], &seq.to_be_bytes(), &payload].concat());
        let message = match extent {
            Extent::Whole => parse(&packet),
            Extent::Cut => parse_cut(&packet, packet.len() - 1),
        };
        let Body::Echo(echo) = &message.body else {
            panic!();
        };
        let captured = Timestamp::from_parts(NOW + i64::from(seq), 0);
        let found = senders.payload(addrs, &message, echo, captured);
        found.map(|guess| (guess.sender, guess.sent))
    };
    for (unit, sender) in [(1_000_000, Sender::BusyBox), (1_000, Sender::Toybox)] {
        assert_eq!(told(unit, 0, Extent::Whole), None);
        assert_eq!(told(unit, 1, Extent::Whole), Some((sender, None)));
        assert_eq!(told(unit, 2, Extent::Cut), None);
        assert_eq!(told(unit, 3, Extent::Whole), Some((sender, None)));
    }
}

#[test]
fn the_others() {
    assert_eq!(
        sender(b"abcdefghijklmnopqrstuvwabcdefghi"),
        Some(Sender::Windows)
    );
    assert_eq!(sender(&[0; 56]), Some(Sender::Zeros));
    assert_eq!(sender(&counting(0x48, 32)), Some(Sender::LinuxTraceroute));
    let long: Vec<u8> = (0x48..0x80).chain(0x40..0x80).chain(0x40..0x50).collect();
    assert_eq!(sender(&long), Some(Sender::LinuxTraceroute));
    assert_eq!(sender(&[b'X'; 100]), Some(Sender::Hping));
    assert_eq!(
        sender(b"liboping -- ICMP ping library <http://octo.it/liboping/>"),
        Some(Sender::Liboping)
    );
    assert_eq!(sender(b"liboping"), None);
    let exporter = [&b"Prometheus Blackbox Exporter"[..], &[0; 36]].concat();
    assert_eq!(sender(&exporter[..28]), Some(Sender::BlackboxExporter));
    assert_eq!(sender(&exporter), Some(Sender::BlackboxExporter));
    assert_eq!(sender(&exporter[..10]), None);
    let cisco = [
        &[0, 0, 0, 0, 0, 3, 0x4c, 0x3c][..],
        &[0xab, 0xcd].repeat(32),
    ]
    .concat();
    assert_eq!(sender(&cisco), Some(Sender::Cisco));
    // That of BusyBox; one packet alone does not tell it from any four octets.
    let busybox = [&[0xde, 0xad, 0xbe, 0xef][..], &[0; 52]].concat();
    assert_eq!(sender(&busybox), None);
    let nanos = u64::try_from(NOW).unwrap() * 1_000_000_000 + 7;
    let go = [&nanos.to_be_bytes()[..], &[0x5a; 16]].concat();
    assert_eq!(
        guess(&go, Extent::Whole, captured()),
        Some(PayloadGuess {
            sender: Sender::Go,
            sent: Some(Timestamp::from_parts(NOW, 7))
        })
    );
    assert_eq!(sender(b""), None);
    assert_eq!(sender(b"some text that nobody knows"), None);
}

#[test]
fn hops_are_never_negative() {
    for observed in 0..=u8::MAX {
        assert!(initial_ttl(observed) >= observed);
        assert_eq!(hops(observed), initial_ttl(observed) - observed);
    }
    assert_eq!((hops(64), hops(63), hops(117), hops(250)), (0, 1, 11, 5));
}

#[test]
fn the_ttl_of_a_traceroute_tells_no_distance() {
    for ttl in 0..=30 {
        assert_eq!(distance(Direction::Request, ttl), None);
    }
    assert_eq!(distance(Direction::Request, 62), Some((64, 2)));
    assert_eq!(distance(Direction::Reply, 30), Some((32, 2)));
    assert_eq!(distance(Direction::Reply, 5), None);
}

/// Those of an echo request.
fn numbers(id: u16, seq: u16) -> Numbers {
    let numbers = [id.to_be_bytes(), seq.to_be_bytes()].concat();
    let packet = v4(&[&[8, 0, 0, 0][..], &numbers].concat());
    Numbers::of(&parse(&packet)).unwrap()
}

#[test]
fn numbers_the_wrong_way_round() {
    let read = |id, seq, payload| {
        let of = |extent| {
            let guess = guess(payload, extent, Timestamp::from_parts(NOW, 0));
            little_endian(numbers(id, seq), extent, guess.map(|guess| guess.sender))
        };
        let of_cut = of(Extent::Cut);
        let found = of(Extent::Whole);
        assert!(of_cut.is_none() || of_cut == found);
        found
    };
    let cut = numbers(0x1200, 0x0300);
    assert_eq!(little_endian(cut, Extent::Cut, None), None);
    assert_eq!(read(0x0200, 0x0300, b"??"), Some((2, 3)));
    assert_eq!(read(0x1234, 0x0300, b""), None);
    assert_eq!(read(0x1234, 0x0300, &[b'X'; 4]), Some((0x3412, 3)));
    assert_eq!(read(0x0200, 0x0300, b"abcdefgh"), Some((2, 3)));
    // The 768th of Windows.
    assert_eq!(read(0x0001, 0x0300, b"abcdefgh"), None);
    // The 256th of iputils with the identifier 4352.
    let iputils = [
        &NOW.to_le_bytes()[..],
        &7_u64.to_le_bytes(),
        &(16..56).collect::<Vec<_>>(),
    ]
    .concat();
    assert_eq!(read(0x1100, 0x0100, &iputils), None);
    // The 256th of somebody who counts as he should.
    assert_eq!(read(0x1234, 0x0100, b"??"), None);
    assert_eq!(read(0x0100, 1, b""), None);
    assert_eq!(read(0x0100, 0, b""), None);
}

#[test]
fn a_time_alone_is_of_some_program() {
    let sent = Timestamp::from_parts(NOW, 469_423_000);
    let seconds = u32::try_from(NOW).unwrap();
    let pattern = [0xde, 0xad, 0xbe, 0xef].repeat(4);
    let of = |seconds: &[u8], rest: &[u8]| [seconds, rest, &pattern].concat();
    for payload in [
        of(&seconds.to_be_bytes(), &469_423_u32.to_be_bytes()),
        of(&seconds.to_le_bytes(), &469_423_u32.to_le_bytes()),
        of(
            &u64::from(seconds).to_le_bytes(),
            &469_423_000_u64.to_le_bytes(),
        ),
        of(
            &(u64::from(seconds) * 1_000_000 + 469_423).to_le_bytes(),
            &[],
        ),
        of(
            &(u64::from(seconds) * 1_000_000 + 469_423).to_be_bytes(),
            &[],
        ),
        of(
            &(u64::from(seconds) * 1_000_000_000 + 469_423_000).to_le_bytes(),
            &[],
        ),
    ] {
        let found = PayloadGuess {
            sender: Sender::Clock,
            sent: Some(sent),
        };
        assert_eq!(guess(&payload, Extent::Whole, captured()), Some(found));
        for length in 0..payload.len() {
            let of_prefix = guess(&payload[..length], Extent::Whole, captured());
            assert_eq!(of_prefix.is_some(), length >= 8, "{length}");
        }
        // A day and a second before that.
        let other = Timestamp::from_parts(NOW - 86_402, 0);
        assert_eq!(guess(&payload, Extent::Whole, other), None);
    }
    // More than a second's microseconds.
    let payload = of(&seconds.to_be_bytes(), &1_000_000_u32.to_be_bytes());
    assert_eq!(guess(&payload, Extent::Whole, captured()), None);
}

/// As Python's libraries have it.
#[test]
fn a_time_of_floating_point() {
    let seconds = f64::from(u32::try_from(NOW).unwrap()) + 0.5;
    for word in [seconds.to_le_bytes(), seconds.to_be_bytes()] {
        let payload = [&word[..], b"Q".repeat(48).as_slice()].concat();
        let found = guess(&payload, Extent::Whole, captured()).unwrap();
        let sent = Timestamp::from_parts(NOW, 500_000_000);
        assert_eq!((found.sender, found.sent), (Sender::Clock, Some(sent)));
        assert_eq!(found.laid(&payload).next().unwrap().range, 0..8);
    }
    for none in [f64::NAN, f64::INFINITY, -seconds, 0.0, seconds + 90_000.0] {
        let payload = [&none.to_le_bytes()[..], &[b'Q'; 48]].concat();
        assert_eq!(sender(&payload), None);
    }
}

#[test]
fn what_is_guessed_of_a_beginning_is_what_all_of_it_tells() {
    let seconds = u32::try_from(NOW).unwrap();
    let time = |words: [[u8; 4]; 2]| words.concat();
    let (big, little) = (
        time([seconds.to_be_bytes(), 5_u32.to_be_bytes()]),
        time([seconds.to_le_bytes(), 5_u32.to_le_bytes()]),
    );
    let wide = |fraction: u64| [u64::from(seconds).to_le_bytes(), fraction.to_le_bytes()].concat();
    let nanos = u64::from(seconds) * 1_000_000_000 + 7;
    let begins = [
        big,
        little,
        wide(469_423),
        wide(469_423_000),
        [u64::from(seconds).to_be_bytes(), 5_u64.to_be_bytes()].concat(),
        nanos.to_be_bytes().to_vec(),
        nanos.to_le_bytes().to_vec(),
        (nanos / 1_000).to_be_bytes().to_vec(),
        (nanos / 1_000_000).to_le_bytes().to_vec(),
        (f64::from(seconds) + 0.25).to_le_bytes().to_vec(),
        hipercontracer(7, NOW.unsigned_abs()),
        vec![0; 8],
        vec![0; 32],
        vec![1, 2, 3, 4],
        b"abcdefghijklmnopqrstuvwabcdefghi".to_vec(),
        vec![b'X'; 20],
        counting(0x48, 40),
        Vec::new(),
    ];
    let goes_on = [
        counting(8, 48),
        counting(8, 6),
        counting(8, 12),
        counting(16, 40),
        counting(16, 9),
        counting(0, 40),
        [&[10, 0][..], &[0; 50]].concat(),
        vec![0; 40],
        [0xab, 0xcd].repeat(12),
        vec![b'X'; 30],
        b"something else that is no pattern".to_vec(),
        Vec::new(),
    ];
    let mut guessed = 0;
    for begin in &begins {
        for (first, last) in goes_on
            .iter()
            .flat_map(|a| goes_on.iter().map(move |b| (a, b)))
        {
            let payload = [&begin[..], &first[..], &last[..]].concat();
            let whole = guess(&payload, Extent::Whole, captured());
            for length in 0..payload.len() {
                let cut = guess(&payload[..length], Extent::Cut, captured());
                let is_time_alone = cut.is_some_and(|cut| {
                    cut.sender == Sender::Clock && whole.is_some_and(|whole| cut.sent == whole.sent)
                });
                assert!(
                    cut.is_none() || cut == whole || is_time_alone,
                    "{payload:?} {length}: {cut:?}"
                );
                guessed += usize::from(cut.is_some());
            }
        }
    }
    assert!(guessed > 10_000, "{guessed}");
}
