//! pcap, in all its dialects.

use icmpdump::model::{LinkType, SourceId};
use icmpdump::source::{DamageKind, Notice};

use crate::build::{
    Header, IXIA, MICRO, MODIFIED, NANO, ORDERS, Octets, Order, record, sample, sample_frame,
};
use crate::read::{Read, octets, whole};

const DATA: &[u8] = b"fourteen octet";

fn one(header: Header, fields: [u32; 4], data: &[u8]) -> Vec<u8> {
    let mut file = header.build();
    file.extend(record(header.order, fields, data));
    file
}

#[test]
fn both_byte_orders_and_both_units() {
    for order in ORDERS {
        for (magic, nanos) in [(MICRO, 7_000), (NANO, 7)] {
            let header = Header {
                order,
                magic,
                ..Header::default()
            };
            let read = whole(&one(header, [5, 7, 14, 60], DATA));
            let [frame] = read.frames.as_slice() else {
                panic!("{order:?}: {read:?}")
            };
            assert_eq!(frame.nanos, 5_000_000_000 + nanos, "{order:?}");
            assert_eq!((frame.number, frame.wire_len), (1, 60));
            assert_eq!(frame.link, LinkType(1));
            assert_eq!(frame.data, DATA);
            assert!(read.damage.is_empty());
            assert_eq!(read.info[0].format, "pcap");
            assert_eq!(read.info[0].interfaces.len(), 1);
        }
    }
}

#[test]
fn many_frames_in_order_with_their_numbers() {
    // More than the buffer holds, so that records lie across its end.
    let read = whole(&sample(20_000));
    assert_eq!(read.frames.len(), 20_000);
    for (i, frame) in (0..).zip(&read.frames) {
        assert_eq!(frame.data, sample_frame(i));
        assert_eq!(frame.number, u64::from(i) + 1);
        assert_eq!(
            frame.nanos,
            i64::from(1000 + i) * 1_000_000_000 + i64::from(i) * 1000
        );
    }
    assert!(read.damage.is_empty());
}

#[test]
fn the_modified_format_has_a_longer_record_head() {
    for order in ORDERS {
        let header = Header {
            order,
            magic: MODIFIED,
            ..Header::default()
        };
        let mut file = header.build();
        for second in 1..=3 {
            file.extend(record(order, [second, 2, 14, 20], b"interface"[..8].into()));
            file.extend(DATA);
        }
        let read = whole(&file);
        assert_eq!(read.data(), [DATA; 3]);
        assert_eq!(read.frames[2].nanos, 3_000_002_000);
        assert!(read.damage.is_empty());
    }
}

/// Nokia's, Red Hat's and `SuSE`'s have the magic number of another one: their records tell them.
#[test]
fn dialects_that_only_their_records_tell() {
    let build = |magic, extra: usize, count: u32| {
        let header = Header {
            magic,
            ..Header::default()
        };
        let mut file = header.build();
        for second in 1..=count {
            let time = 941_000_000 + second;
            file.extend(record(Order::Little, [time, 2, 14, 20], &vec![0; extra]));
            file.extend(DATA);
        }
        file
    };
    for (magic, extra) in [
        (MICRO, 0),
        (MICRO, 4),
        (MICRO, 8),
        (MODIFIED, 8),
        (MODIFIED, 12),
    ] {
        for count in [2, 3, 5000] {
            let file = build(magic, extra, count);
            let read = whole(&file);
            assert_eq!(read.data(), vec![DATA; count as usize], "{extra} {count}");
            assert_eq!(read.frames[1].nanos, 941_000_002_000_002_000);
            assert!(read.damage.is_empty());
            // Cut in the midst it is still the same.
            let read = whole(&file[..file.len() - 1]);
            let damage = read.only_damage();
            // But for two records, of which one is whole then.
            if count > 2 {
                assert_eq!(
                    (damage.kind, damage.frame),
                    (DamageKind::Cut, u64::from(count))
                );
            }
        }
    }
    // One record alone may as well be one of another dialect behind which a few octets are left.
    assert_eq!(
        whole(&build(MICRO, 4, 1)).only_damage().kind,
        DamageKind::Cut
    );
}

#[test]
fn ixias_format_has_a_longer_file_header() {
    let header = Header {
        magic: IXIA,
        ..Header::default()
    };
    let mut file = header.build();
    file.extend(Octets::new(Order::Little).u32(30).end());
    file.extend(record(Order::Little, [1, 2, 14, 14], DATA));
    let read = whole(&file);
    assert_eq!(read.data(), [DATA]);
    assert_eq!(read.frames[0].nanos, 1_000_000_002);
}

#[test]
fn fields_that_libpcap_lets_pass() {
    let snaplen = |snaplen| Header {
        snaplen,
        ..Header::default()
    };
    // Snap length 0, capture length over the snap length, original length below the captured.
    for (header, fields) in [
        (snaplen(0), [1, 2, 14, 14]),
        (snaplen(4), [1, 2, 14, 14]),
        (snaplen(u32::MAX), [1, 2, 14, 14]),
        (snaplen(65_535), [1, 2, 14, 3]),
    ] {
        let read = whole(&one(header, fields, DATA));
        assert_eq!(read.data(), [DATA], "{fields:?}");
        assert_eq!(read.frames[0].wire_len, 14);
        assert!(read.damage.is_empty());
    }
    // A fraction over a second carries, in both units up to the largest value.
    let read = whole(&one(Header::default(), [1, 2_500_000, 14, 14], DATA));
    assert_eq!(read.frames[0].nanos, 3_500_000_000);
    let read = whole(&one(Header::default(), [u32::MAX, u32::MAX, 14, 14], DATA));
    assert_eq!(
        read.frames[0].nanos,
        4_294_967_295_000_000_000 + 4_294_967_295_000
    );
    let header = Header {
        magic: NANO,
        ..Header::default()
    };
    let read = whole(&one(header, [1, 4_000_000_000, 14, 14], DATA));
    assert_eq!(read.frames[0].nanos, 5_000_000_000);
}

#[test]
fn versions_before_2_4_hold_the_lengths_the_other_way_round() {
    let read = |version, fields| {
        let header = Header {
            version,
            ..Header::default()
        };
        whole(&one(header, fields, DATA))
    };
    for (version, fields) in [
        ((2, 2), [1, 2, 60, 14]),
        ((543, 0), [1, 2, 60, 14]),
        // Written in both ways.
        ((2, 3), [1, 2, 60, 14]),
        ((2, 3), [1, 2, 14, 60]),
        ((2, 4), [1, 2, 14, 60]),
    ] {
        let read = read(version, fields);
        assert_eq!(read.data(), [DATA], "{version:?}");
        assert_eq!(read.frames[0].wire_len, 60);
        assert!(read.damage.is_empty());
    }
}

#[test]
fn flags_in_the_link_type_word() {
    for (word, link, fcs) in [
        (1, 1, 0),
        (0x2400_0001, 1, 4),
        (0x1400_0069, 105, 2),
        (0x2000_0001, 1, 0),
        (0x0003_0071, 113, 0),
        (12, 101, 0),
        (14, 101, 0),
        (228, 228, 0),
        (147, 147, 0),
    ] {
        let header = Header {
            link: word,
            ..Header::default()
        };
        let read = whole(&one(header, [1, 2, 14, 14], DATA));
        assert_eq!(read.frames[0].link, LinkType(link), "{word:#x}");
        assert_eq!(read.frames[0].fcs_len, fcs, "{word:#x}");
        assert_eq!(read.info[0].interfaces[0].link, LinkType(link));
    }
}

#[test]
fn a_length_that_cannot_be_is_damage_at_its_record() {
    for claimed in [262_145, u32::MAX] {
        let mut file = sample(3);
        let offset = file.len() as u64;
        file.extend(record(Order::Little, [9, 9, claimed, claimed], DATA));
        file.extend(vec![0; 300_000]);
        let read = whole(&file);
        assert_eq!(read.frames.len(), 3);
        let damage = read.only_damage();
        assert_eq!(damage.kind, DamageKind::Corrupt);
        assert_eq!((damage.offset, damage.frame), (offset, 4));
        assert!(damage.why.contains(&claimed.to_string()), "{}", damage.why);
    }
}

#[test]
fn frames_beyond_a_mebibyte_keep_their_beginning() {
    let transfers = Header {
        link: 249,
        ..Header::default()
    };
    let len = 3_000_000;
    let large: Vec<u8> = (0..len).map(|i: u32| i.to_be_bytes()[2]).collect();
    let mut file = one(transfers, [1, 2, len, len], &large);
    file.extend(record(Order::Little, [2, 2, 14, 14], DATA));
    let read = whole(&file);
    assert_eq!(read.frames.len(), 2);
    let first = &read.frames[0];
    assert_eq!(first.wire_len, len);
    assert!(first.data.len() > 1_000_000 && first.data.len() < 1 << 20);
    assert_eq!(first.data, large[..first.data.len()]);
    assert_eq!(read.frames[1].data, DATA);
    assert!(read.damage.is_empty());

    // Cut in what is read over: the frame was not there whole.
    file.truncate(2_500_000);
    let read = whole(&file);
    assert!(read.frames.is_empty());
    let damage = read.only_damage();
    assert_eq!(damage.kind, DamageKind::Cut);
    assert_eq!((damage.offset, damage.frame), (24, 1));
    assert!(damage.why.contains("2499976 octets"), "{}", damage.why);
}

#[test]
fn the_largest_ordinary_frame_is_whole() {
    let len = 262_144;
    let large = vec![7; 262_144];
    let mut file = sample(1);
    file.extend(record(Order::Little, [1, 2, len, len], &large));
    let read = whole(&file);
    assert_eq!(read.frames[1].data, large);
    assert!(read.damage.is_empty());
}

#[test]
fn a_file_header_alone_is_a_capture_without_frames() {
    let read = whole(&Header::default().build());
    assert!(read.frames.is_empty() && read.damage.is_empty());
}

#[test]
fn every_cut_gives_the_whole_packets_before_it() {
    for magic in [MICRO, MODIFIED] {
        let header = Header {
            magic,
            ..Header::default()
        };
        let mut file = header.build();
        let mut ends = Vec::new();
        for i in 0..5 {
            let data = sample_frame(i);
            let len = u32::try_from(data.len()).expect("short");
            let extra: &[u8] = if magic == MODIFIED { &[0; 8] } else { &[] };
            let body = [extra, &data].concat();
            file.extend(record(Order::Little, [i, i, len, len], &body));
            ends.push(file.len());
        }
        for cut in 4..=file.len() {
            let read = whole(&file[..cut]);
            let expected = ends.iter().filter(|&&end| end <= cut).count();
            assert_eq!(read.frames.len(), expected, "cut at {cut}");
            let start = [24].iter().chain(&ends).rev().find(|&&end| end <= cut);
            if cut == 24 || ends.contains(&cut) {
                assert!(read.damage.is_empty(), "cut at {cut}: {:?}", read.damage);
            } else {
                let damage = read.only_damage();
                assert_eq!(damage.kind, DamageKind::Cut);
                assert_eq!(damage.frame, expected as u64 + 1);
                assert_eq!(damage.offset, *start.unwrap_or(&0) as u64);
            }
        }
        for cut in 0..4 {
            assert!(octets(&file[..cut]).is_err());
        }
    }
}

/// One file behind the other, as `cat` joins them; neither tcpdump nor tshark reads on.
#[test]
fn a_file_header_in_the_place_of_a_record_is_read_past() {
    let headers = || {
        let magics = [MICRO, NANO, MODIFIED, IXIA];
        ORDERS.into_iter().flat_map(move |order| {
            magics.map(|magic| Header {
                order,
                magic,
                link: if magic == NANO { 101 } else { 1 },
                ..Header::default()
            })
        })
    };
    let start = |header: Header| {
        let extra: &[u8] = if header.magic == IXIA { &[0; 4] } else { &[] };
        [&header.build(), extra].concat()
    };
    let file = |header: Header| {
        let extra: &[u8] = if header.magic == MODIFIED {
            &[0; 8]
        } else {
            &[]
        };
        let body = [extra, DATA].concat();
        let records = record(header.order, [5, 7, 14, 60], &body).repeat(2);
        [start(header), records].concat()
    };
    for first in headers() {
        for second in headers() {
            let joined = [file(first), start(second), file(second), file(first)].concat();
            let alone = [whole(&file(first)), whole(&file(second))];
            let read = whole(&joined);
            assert_eq!(read.damage, []);
            let told = |frames: &[Read]| -> Vec<_> {
                let told = |f: &Read| (f.nanos, f.link, f.wire_len, f.data.clone());
                frames.iter().map(told).collect()
            };
            let expected = [&alone[0], &alone[1], &alone[0]].map(|read| told(&read.frames));
            assert_eq!(told(&read.frames), expected.concat());
            assert_eq!(read.frames[5].number, 6);
            let offset = file(first).len() as u64;
            let notice = Notice::Joined {
                source: SourceId(0),
                offset,
                frame: 3,
            };
            assert_eq!(read.notices, [notice]);
        }
    }
    let (first, second) = (file(Header::default()), file(Header::default()));
    for cut in 1..24 {
        let read = whole(&[&first, &second[..cut]].concat());
        assert_eq!(read.frames.len(), 2);
        let damage = read.only_damage();
        assert_eq!((damage.kind, damage.frame), (DamageKind::Cut, 3));
        assert_eq!(damage.offset, first.len() as u64);
    }
}

#[test]
fn what_only_begins_like_a_file_header_is_a_record() {
    for fields in [
        [MICRO, 0x0004_0002, 0, 60],
        [MICRO, 0x0004_0002, 14, 0],
        [MICRO, 5, 0, 0],
        [5, 0x0004_0002, 0, 0],
    ] {
        let data = if fields[2] == 0 { &[][..] } else { DATA };
        let mut file = one(Header::default(), fields, data);
        file.extend(record(Order::Little, [6, 7, 14, 14], DATA));
        let read = whole(&file);
        assert_eq!(read.frames.len(), 2, "{fields:x?}");
        assert_eq!((read.damage, read.notices), (vec![], vec![]));
    }
}
