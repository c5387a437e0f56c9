use super::*;
use crate::icmp::field::Value;
use crate::icmp::tests::{parse, parse_cut, v4, v6};
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
    for first in [16, 0] {
        let of = |length| [b"hello, my server", &counting(first, length)[..]].concat();
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
        (1_000_000_u32.to_be_bytes(), None),
    ] {
        let payload = [&[9; 4][..], &micros, &counting(8, 48)].concat();
        assert_eq!(sender(&payload), expected, "{micros:?}");
    }
}

#[test]
fn one_word_after_another_tells_of_busybox() {
    let addrs = AddrPair::new([192, 0, 2, 1].into(), [192, 0, 2, 2].into());
    let mut senders = Senders::default();
    let mut told = |seq: u16, extent| {
        let word = 0xdead_beef_u32.wrapping_add(u32::from(seq) * 1_000_000);
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
    assert_eq!(told(0, Extent::Whole), None);
    assert_eq!(told(1, Extent::Whole), Some((Sender::BusyBox, None)));
    assert_eq!(told(2, Extent::Cut), None);
    assert_eq!(told(3, Extent::Whole), Some((Sender::BusyBox, None)));
}

/// Who is told of an echo by all of its message.
fn sender_of(packet: &[u8]) -> Option<Sender> {
    let message = parse(packet);
    let Body::Echo(echo) = &message.body else {
        panic!();
    };
    let found = of_echo(&message, echo, captured())?;
    assert_eq!(found.sent, None);
    Some(found.sender)
}

/// An echo request that scamper sends, and its reply.
fn scamper(make: fn(&[u8]) -> Vec<u8>, kinds: [u8; 2], id: u16, zeros: usize) -> [Vec<u8>; 2] {
    let checksum_at = |packet: &[u8]| packet.len() - zeros - 8;
    let request = |tweak: u16| {
        let head = [kinds[0], 0, 0, 0];
        let numbers = [id.to_be_bytes(), 5_u16.to_be_bytes(), tweak.to_be_bytes()].concat();
        make(&[&head[..], &numbers, &vec![0; zeros]].concat())
    };
    // What the checksum would be is what to add for it to be the identifier.
    let plain = request(id);
    let at = checksum_at(&plain);
    let request = request(u16::from_be_bytes([plain[at], plain[at + 1]]));
    let at = checksum_at(&request);
    assert_eq!(request[at..at + 2], id.to_be_bytes());
    let mut reply = request[at - 2..].to_vec();
    reply[0] = kinds[1];
    [make(&reply), request]
}

#[test]
fn the_checksum_of_scamper_is_its_identifier() {
    for id in [1, 0x8001, 0xfdb9, 0xfdc0, 0xf7ff, 0xfeff] {
        for packet in scamper(v4, [8, 0], id, 14) {
            assert_eq!(sender_of(&packet), Some(Sender::Scamper), "{id:#x}");
        }
        for packet in scamper(v6, [128, 129], id, 10) {
            assert_eq!(sender_of(&packet), Some(Sender::Scamper), "{id:#x}");
            // The last octet is part of the proof.
            let message = parse_cut(&packet, packet.len() - 1);
            let Body::Echo(echo) = &message.body else {
                panic!();
            };
            assert_eq!(of_echo(&message, echo, captured()), None);
        }
    }
    let [_, request] = scamper(v4, [8, 0], 0xfdb9, 14);
    // A bad checksum, another identifier, and what is behind.
    let mut bad = request.clone();
    bad[29] ^= 1;
    assert_eq!(sender_of(&bad), None);
    for at in [4, 8, 10, 23] {
        let mut message = request[20..].to_vec();
        message[at] ^= 0x11;
        assert_eq!(sender_of(&v4(&message)), None, "{at}");
    }
    let [_, few] = scamper(v4, [8, 0], 0xfdb9, 6);
    assert_eq!(sender_of(&few), None);
}

#[test]
fn zeros_and_what_begins_with_a_word_are_not_of_scamper() {
    let (mut zeros, mut words) = (0, 0);
    for id in 0..=u16::MAX {
        let head = [&[8, 0, 0, 0][..], &id.to_be_bytes(), &[0, 1]].concat();
        let of = |payload: &[u8]| sender_of(&v4(&[&head[..], payload].concat()));
        zeros += u32::from(of(&[0; 16]) != Some(Sender::Zeros));
        let word = [&[0x12, 0x34, 0x56, 0x78][..], &[0; 12]].concat();
        words += u32::from(of(&word).is_some());
        let text = [&[0x12, 0x34][..], b"nothing but zero"].concat();
        words += u32::from(of(&text).is_some());
    }
    assert_eq!((zeros, words), (0, 0));
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

/// What `HiPerConTracer` sends at so many seconds since 1970.
fn hipercontracer(send_ttl: u8, seconds: u64) -> Vec<u8> {
    let micros = (seconds - 212_803_200) * 1_000_000 + 250;
    let mut payload = vec![0x12, 0x34, 0x56, 0x78, send_ttl, 2, 0xab, 0xcd];
    payload.extend(micros.to_be_bytes());
    payload.resize(44, 0);
    payload
}

#[test]
fn the_header_of_hipercontracer() {
    let payload = hipercontracer(7, 1_700_000_000);
    let captured = Timestamp::from_parts(1_700_000_000, 0);
    let found = guess(&payload, Extent::Whole, captured).unwrap();
    assert_eq!(found.sender, Sender::HiPerConTracer);
    assert_eq!(
        found.sent,
        Some(Timestamp::from_parts(1_700_000_000, 250_000))
    );
    let told: Vec<_> = (found.header(&payload))
        .map(|field| (field.name, field.range, field.value))
        .collect();
    assert_eq!(
        told,
        [
            ("magic", 0..4, Value::Hex(0x1234_5678)),
            ("send_ttl", 4..5, Value::Number(7)),
            ("round", 5..6, Value::Number(2)),
            ("checksum_tweak", 6..8, Value::Hex(0xabcd)),
            ("send_time_us", 8..16, Value::Number(1_487_196_800_000_250)),
        ]
    );
    let laid: Vec<_> = found.laid(&payload).map(|field| field.name).collect();
    assert_eq!(
        laid,
        [
            "probable_magic",
            "probable_send_ttl",
            "probable_round",
            "probable_checksum_tweak",
            "probable_send_time_us"
        ]
    );
    for length in 0..payload.len() {
        let of_prefix = guess(&payload[..length], Extent::Whole, captured);
        assert_eq!(of_prefix.is_some(), length >= 16, "{length}");
    }
}

#[test]
fn what_hipercontracer_would_not_send_is_none_of_its() {
    let now = NOW.unsigned_abs();
    assert_eq!(sender(&hipercontracer(0, now)), None);
    for (seconds, is_one) in [
        (now, true),
        (now + 86_400, true),
        (now - 86_400, false),
        (now + 86_401, false),
        (1_700_000_000, false),
        (4_102_441_199, false),
        (u64::MAX / 1_000_000, false),
    ] {
        let found = sender(&hipercontracer(1, seconds)) == Some(Sender::HiPerConTracer);
        assert_eq!(found, is_one, "{seconds}");
    }
    // A list of types and lengths, whose numbers are a time of 2018.
    let list = [
        &[1, 2, 0, 4][..],
        b"abcd",
        &[0, 6, 0, 0, 0, 0, 0, 0],
        &[0; 8],
    ]
    .concat();
    assert_eq!(sender(&list), None);
    // Others have no header.
    let windows = guess(
        b"abcdefghijklmnopqrstuvwabcdefghi",
        Extent::Whole,
        captured(),
    )
    .unwrap();
    assert_eq!(windows.header(&[1; 32]).count(), 0);
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
