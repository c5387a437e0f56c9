//! Generic header compression: the examples of RFC 7400, and what a compressor of our own makes.

use icmpdump::model::{Expanded, Frame};
use icmpdump::wire::lowpan::Expander;
use icmpdump::wire::{
    ChecksumStatus, Classified, Undecodable, Unverified, classify, icmp_checksum,
};
use proptest::prelude::*;

use crate::lowpan::{NO_FCS, frame};
use crate::nodes::{icmpv6, ipv6, mac};

/// An example of RFC 7400 appendix A.
struct Example {
    figure: u8,
    header: &'static str,
    payload: &'static str,
    compressed: &'static str,
}

const EXAMPLES: &[Example] = &[
    Example {
        figure: 8,
        header: "60 00 00 00 00 08 3a ff fe 80 00 00 00 00 00 00 02 1c da ff fe 00 20 24 \
            ff 02 00 00 00 00 00 00 00 00 00 00 00 00 00 1a",
        payload: "9b 00 6b de 00 00 00 00",
        compressed: "04 9b 00 6b de 82",
    },
    Example {
        figure: 9,
        header: "60 00 00 00 00 5c 3a ff fe 80 00 00 00 00 00 00 02 1c da ff fe 00 30 23 \
            ff 02 00 00 00 00 00 00 00 00 00 00 00 00 00 1a",
        payload: "9b 01 7a 5f 00 f0 01 00 88 00 00 00 20 02 0d b8 00 00 00 00 00 00 00 ff \
            fe 00 fa ce 04 0e 00 14 09 ff 00 00 01 00 00 00 00 00 00 00 08 1e 80 20 \
            ff ff ff ff ff ff ff ff 00 00 00 00 20 02 0d b8 00 00 00 00 00 00 00 ff \
            fe 00 fa ce 03 0e 40 00 ff ff ff ff 20 02 0d b8 00 00 00 00",
        compressed: "06 9b 01 7a 5f 00 f0 c7 01 88 81 04 20 02 0d b8 85 a7 c9 08 fa ce 04 0e \
            00 14 09 ff a4 da 83 06 08 1e 80 20 ff ff c0 d0 82 b4 f0 03 03 0e 40 c7 \
            a3 c9 a2 f0",
    },
    Example {
        figure: 10,
        header: "60 00 00 00 00 32 3a ff 20 02 0d b8 00 00 00 00 00 00 00 ff fe 00 33 44 \
            20 02 0d b8 00 00 00 00 00 00 00 ff fe 00 11 22",
        payload: "9b 02 58 7d 01 80 00 f1 05 12 00 80 20 02 0d b8 00 00 00 00 00 00 00 ff \
            fe 00 33 44 06 14 00 80 f1 00 fe 80 00 00 00 00 00 00 00 00 00 ff fe 00 \
            11 22",
        compressed: "0c 9b 02 58 7d 01 80 00 f1 05 12 00 80 b5 f4 08 06 14 00 80 f1 00 fe 80 \
            87 a7 dd",
    },
    Example {
        figure: 11,
        header: "60 00 00 00 00 30 3a ff 20 02 0d b8 00 00 00 00 00 00 00 ff fe 00 3b d3 \
            fe 80 00 00 00 00 00 00 02 1c da ff fe 00 30 23",
        payload: "87 00 a7 68 00 00 00 00 fe 80 00 00 00 00 00 00 02 1c da ff fe 00 30 23 \
            01 01 3b d3 00 00 00 00 1f 02 00 00 00 00 00 06 00 1c da ff fe 00 20 24",
        compressed: "04 87 00 a7 68 82 b3 f0 04 01 01 3b d3 82 02 1f 02 83 02 06 00 a2 db 02 \
            20 24",
    },
    Example {
        figure: 12,
        header: "60 00 00 00 00 30 3a fe fe 80 00 00 00 00 00 00 02 1c da ff fe 00 30 23 \
            20 02 0d b8 00 00 00 00 00 00 00 ff fe 00 3b d3",
        payload: "88 00 26 6c c0 00 00 00 fe 80 00 00 00 00 00 00 02 1c da ff fe 00 30 23 \
            02 01 fa ce 00 00 00 00 1f 02 00 00 00 00 00 06 00 1c da ff fe 00 20 24",
        compressed: "05 88 00 26 6c c0 81 b5 f0 04 02 01 fa ce 82 02 1f 02 83 02 06 00 a2 db \
            02 20 24",
    },
    Example {
        figure: 13,
        header: "60 00 00 00 00 18 3a ff fe 80 00 00 00 00 00 00 ae de 48 00 00 00 00 01 \
            ff 02 00 00 00 00 00 00 00 00 00 00 00 00 00 02",
        payload: "85 00 90 65 00 00 00 00 01 02 ac de 48 00 00 00 00 01 00 00 00 00 00 00",
        compressed: "04 85 00 90 65 de 02 02 ac a5 eb 84",
    },
    Example {
        figure: 14,
        header: "60 00 00 00 00 60 3a ff fe 80 00 00 00 00 00 00 10 34 00 ff fe 00 11 22 \
            fe 80 00 00 00 00 00 00 ae de 48 00 00 00 00 01",
        payload: "86 00 55 c9 40 00 0f a0 1c 5a 38 17 00 00 07 d0 01 01 11 22 00 00 00 00 \
            03 04 40 40 ff ff ff ff ff ff ff ff 00 00 00 00 20 02 0d b8 00 00 00 00 \
            00 00 00 00 00 00 00 00 20 02 40 10 00 00 03 e8 20 02 0d b8 00 00 00 00 \
            21 03 00 01 00 00 00 00 20 02 0d b8 00 00 00 00 00 00 00 ff fe 00 11 22",
        compressed: "0c 86 00 55 c9 40 00 0f a0 1c 5a 38 17 80 06 07 d0 01 01 11 22 82 06 03 \
            04 40 40 ff ff c0 d0 82 04 20 02 0d b8 8a 04 20 02 40 10 a4 cb 01 e8 a2 \
            f0 02 21 03 a9 e6 b3 cd af db",
    },
    Example {
        figure: 15,
        header: "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 \
            00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00",
        payload: "17 fe fd 00 01 00 00 00 00 00 01 00 1d 00 01 00 00 00 00 00 01 09 b2 0e \
            82 c1 6e b6 96 c5 1f 36 8d 17 61 e2 b5 d4 22 d4 ed 2b",
        compressed: "b0 d1 01 1d f2 15 09 b2 0e 82 c1 6e b6 96 c5 1f 36 8d 17 61 e2 b5 d4 22 \
            d4 ed 2b",
    },
    Example {
        figure: 16,
        header: "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 \
            00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00",
        payload: "17 fe fd 00 01 00 00 00 00 00 05 00 16 00 01 00 00 00 00 00 05 ae a0 15 \
            56 67 92 4d ff 8a 24 e4 cb 35 b9",
        compressed: "b0 c3 03 05 00 16 f2 0e ae a0 15 56 67 92 4d ff 8a 24 e4 cb 35 b9",
    },
    Example {
        figure: 17,
        header: "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 \
            00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00",
        payload: "16 fe fd 00 00 00 00 00 00 00 00 00 36 01 00 00 2a 00 00 00 00 00 00 00 \
            2a fe fd 51 52 ed 79 a4 20 c9 62 56 11 47 c9 39 ee 6c c0 a4 fe c6 89 2f \
            32 26 9a 16 4e 31 7e 9f 20 92 92 00 00 00 02 c0 a8 01 00",
        compressed: "a1 cd 87 01 36 a1 cd 01 2a 85 23 2a fe fd 51 52 ed 79 a4 20 c9 62 56 11 \
            47 c9 39 ee 6c c0 a4 fe c6 89 2f 32 26 9a 16 4e 31 7e 9f 20 92 92 81 05 \
            02 c0 a8 01 00",
    },
];

const EXTENSION: u8 = 0b1011_0000;
const UDP: u8 = 0b1101_0000;
const ICMPV6: u8 = 0b1101_1111;
const STOP: u8 = 0b1001_0000;

fn octets(hex: &str) -> Vec<u8> {
    let digits = hex.split_whitespace();
    digits
        .map(|two| u8::from_str_radix(two, 16).unwrap())
        .collect()
}

/// A frame with an IPv6 header whose addresses are there in full, then `behind`.
fn compressed(header: &[u8], behind: &[u8]) -> Vec<u8> {
    let multicast = if header[24] == 0xff { 0x08 } else { 0 };
    let start = [&[0x7c, multicast, header[7]], &header[8..40]].concat();
    mac(false, false, &[&start, behind].concat())
}

fn expand(octets: &[u8]) -> Result<Vec<u8>, Undecodable> {
    let mut into = Expanded::default();
    let made = Expander::default().expand(&frame(NO_FCS, octets), &mut into)?;
    assert!(made);
    Ok(into.octets)
}

fn packet(header: &[u8], next: u8, payload: &[u8]) -> Vec<u8> {
    let address = |at: usize| <[u8; 16]>::try_from(&header[at..at + 16]).unwrap().into();
    ipv6(0, 0, next, header[7], address(8), address(24), payload)
}

#[test]
fn the_examples_of_the_rfc_come_back() {
    for example in EXAMPLES {
        let header = octets(example.header);
        let (payload, short) = (octets(example.payload), octets(example.compressed));
        let figure = example.figure;
        if header[6] != 58 {
            // Those that are no ICMPv6 have no header: UDP carries them (section 3.1).
            let ports = [0x12, 0x34, 0x56, 0x78, 0xab, 0xcd];
            let behind = [&[UDP][..], &ports, &short].concat();
            let length = u16::try_from(8 + payload.len()).unwrap().to_be_bytes();
            let udp = [&ports[..4], &length, &ports[4..], &payload].concat();
            let expected = packet(&header, 17, &udp);
            assert_eq!(
                expand(&compressed(&header, &behind)).unwrap(),
                expected,
                "{figure}"
            );
            continue;
        }
        let made = compressed(&header, &[&[ICMPV6][..], &short].concat());
        assert_eq!(
            expand(&made).unwrap(),
            [header, payload].concat(),
            "{figure}"
        );
        let mut into = Expanded::default();
        let frame = frame(NO_FCS, &made);
        Expander::default().expand(&frame, &mut into).unwrap();
        let Classified::Icmp(packet) = classify(&Frame {
            expanded: Some(&into),
            ..frame
        }) else {
            panic!("{figure}");
        };
        // The checksum of figure 14 is not that of its octets in the RFC either.
        let expected = match figure {
            14 => ChecksumStatus::Bad { expected: 0x4595 },
            _ => ChecksumStatus::Good,
        };
        assert_eq!(icmp_checksum(&packet.ip).status, expected, "{figure}");
    }
}

#[test]
fn a_cut_example_gives_the_beginning_of_its_packet() {
    for example in EXAMPLES.iter().filter(|example| example.figure < 15) {
        let (header, short) = (octets(example.header), octets(example.compressed));
        let whole = [&header[..], &octets(example.payload)].concat();
        let made = compressed(&header, &[&[ICMPV6][..], &short].concat());
        let mut into = Expanded::default();
        for length in 0..made.len() {
            let mut frame = frame(NO_FCS, &made[..length]);
            frame.wire_len = u32::try_from(made.len()).unwrap();
            match Expander::default().expand(&frame, &mut into) {
                Ok(found) => assert!(found),
                Err(why) => {
                    assert_eq!(why, Undecodable::Short, "{} at {length}", example.figure);
                    continue;
                }
            }
            let differ = (into.octets.iter().zip(&whole).enumerate())
                .filter(|(at, (found, sent))| found != sent && !(4..7).contains(at))
                .count();
            assert_eq!(differ, 0, "{} at {length}", example.figure);
            let is_cut = (into.wire_len as usize) > into.octets.len();
            assert!(is_cut, "{} at {length}", example.figure);
        }
    }
}

/// An extension header ends with a stop code, its length is counted anew, and what follows may be
/// compressed or not (section 3.2).
#[test]
fn extension_headers_end_with_a_stop_code() {
    let (src, dst) = ("fe80::1".parse().unwrap(), "fe80::2".parse().unwrap());
    let echo = icmpv6(src, dst, &[128, 0, 0, 0, 0, 1, 0, 2]);
    // A router alert, and 8 octets of padding.
    let options = [5, 2, 0, 0, 1, 8, 0, 0, 0, 0, 0, 0, 0, 0];
    let short = [4, 5, 2, 0, 0, 2, 1, 8, 0x86, STOP];
    for (kind, number) in [(0, 0), (1, 43), (3, 60)] {
        for next_is_compressed in [false, true] {
            let header = packet_with(number, &options, &echo);
            let encoding = EXTENSION | kind << 1;
            let behind = if next_is_compressed {
                let icmp = [&[ICMPV6, 8][..], &echo].concat();
                [&[encoding | 1][..], &short, &icmp].concat()
            } else {
                [&[encoding, 58][..], &short, &echo].concat()
            };
            assert_eq!(
                expand(&compressed(&header, &behind)).unwrap(),
                header,
                "{kind} {next_is_compressed}"
            );
        }
    }
}

fn packet_with(number: u8, options: &[u8], echo: &[u8]) -> Vec<u8> {
    let (src, dst) = ("fe80::1".parse().unwrap(), "fe80::2".parse().unwrap());
    let extension = [&[58, 1][..], options].concat();
    ipv6(0, 0, number, 64, src, dst, &[&extension, echo].concat())
}

/// Codes that mean nothing, references to before the dictionary and literals that are not there end
/// the packet: what was before them is there, and it was longer.
#[test]
fn what_is_before_a_fault_is_kept() {
    let header = octets(EXAMPLES[0].header);
    let behind = |codes: &[u8]| compressed(&header, &[&[ICMPV6][..], codes].concat());
    let mut into = Expanded::default();
    let mut ends_with = |codes: &[u8], expected: &[u8]| {
        let made = behind(codes);
        let frame = frame(NO_FCS, &made);
        assert_eq!(Expander::default().expand(&frame, &mut into), Ok(true));
        assert_eq!(into.octets[40..], *expected, "{codes:x?}");
        assert_eq!(into.wire_len as usize, into.octets.len() + 1, "{codes:x?}");
        let expanded = Some(&into);
        let Classified::Icmp(packet) = classify(&Frame { expanded, ..frame }) else {
            panic!("{codes:x?}");
        };
        let truncated = ChecksumStatus::Unverified(Unverified::Truncated);
        assert_eq!(icmp_checksum(&packet.ip).status, truncated);
    };
    for code in (0x60..0x80).chain(0x91..0xa0) {
        ends_with(&[code], &[]);
        ends_with(&[2, 128, 0, code, 1, 7, 7], &[128, 0]);
        ends_with(&[2, 128, 0, 0x82, code], &[128, 0, 0, 0, 0, 0]);
    }
    ends_with(&[3, 128, 0], &[128, 0]);
    // 48 octets are before the first: all may be referred to, and none before them.
    assert!(expand(&behind(&[0xa5, 0xc6])).is_ok());
    ends_with(&[0xa5, 0xc7], &[]);
    // Of an extension header too what was before is there; what follows it is not known.
    let made = compressed(
        &header,
        &[EXTENSION | 1, 4, 5, 2, 0, 0, 0x7f, ICMPV6, 1, 128],
    );
    let found = expand(&made).unwrap();
    assert_eq!(found[40..], [59, 0, 5, 2, 0, 0]);
    // No packet is longer than its length field can say.
    let zeros = [0x8f; 4000];
    assert_eq!(expand(&behind(&zeros)).unwrap().len(), 40 + 65_535);
}

/// A compressor that knows literals, zeros and the longest references.
fn compress(addresses: &[u8], payload: &[u8]) -> Vec<u8> {
    let dictionary = [
        0x16, 0xfe, 0xfd, 0x17, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0,
    ];
    let all = [addresses, &dictionary, payload].concat();
    let start = all.len() - payload.len();
    let (mut made, mut literal, mut at) = (Vec::new(), Vec::new(), start);
    let flush = |made: &mut Vec<u8>, literal: &mut Vec<u8>| {
        for part in literal.chunks(95) {
            made.push(u8::try_from(part.len()).unwrap());
            made.extend(part);
        }
        literal.clear();
    };
    while at < all.len() {
        let zeros = all[at..]
            .iter()
            .take(17)
            .take_while(|octet| **octet == 0)
            .count();
        let best = (0..at)
            .map(|from| {
                let there = all[at..].iter().zip(&all[from..at]);
                (there.take_while(|(a, b)| a == b).count(), from)
            })
            .max_by_key(|(length, from)| (*length, *from))
            .unwrap();
        if zeros > 1 && zeros + 1 >= best.0 {
            flush(&mut made, &mut literal);
            made.push(0x80 | u8::try_from(zeros - 2).unwrap());
            at += zeros;
        } else if best.0 > 3 {
            flush(&mut made, &mut literal);
            let (length, from) = best;
            let (mut n, mut s) = (length - 2, at - from - length);
            while n > 7 || s > 7 {
                let (more_n, more_s) = (usize::from(n > 7), (s >> 3).min(15));
                made.push(0xa0 | u8::try_from(more_n << 4 | more_s).unwrap());
                (n, s) = (n - 8 * more_n, s - 8 * more_s);
            }
            made.push(0xc0 | u8::try_from(n << 3 | s).unwrap());
            at += length;
        } else {
            literal.push(all[at]);
            at += 1;
        }
    }
    flush(&mut made, &mut literal);
    made
}

proptest! {
    /// What is compressed comes back, whatever it is.
    #[test]
    fn what_was_compressed_comes_back(
        addresses in prop::array::uniform32(0_u8..4),
        payload in prop::collection::vec(prop_oneof![0_u8..3, any::<u8>()], 0..400),
    ) {
        let header = [&[0x60, 0, 0, 0, 0, 0, 58, 64][..], &addresses].concat();
        let short = compress(&addresses, &payload);
        let found = expand(&compressed(&header, &[&[ICMPV6][..], &short].concat())).unwrap();
        prop_assert_eq!(found, packet(&header, 58, &payload));
    }

    /// Any codes: no panic, and no more than what they can mean.
    #[test]
    fn hostile_codes_make_no_more_than_they_can(
        encoding in prop::sample::select(vec![ICMPV6, UDP, UDP | 3, EXTENSION, EXTENSION | 1]),
        codes in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let header = octets(EXAMPLES[0].header);
        let made = compressed(&header, &[&[encoding][..], &codes].concat());
        if let Ok(found) = expand(&made) {
            prop_assert!(found.len() <= 40 + 8 + 17 * codes.len() + 8);
        }
    }
}
