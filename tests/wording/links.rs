//! A capture for each kind of link: the same echo request behind each form that its header has.

use std::fs;
use std::path::{Path, PathBuf};

use super::craft;

/// Addresses of an Ethernet frame, destination first.
const MAC: [u8; 12] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
/// LLC and SNAP before IPv4.
const SNAP: [u8; 8] = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0];

/// Link types with headers before an IPv4 packet.
#[allow(clippy::too_many_lines)] // one entry a link type
fn headers() -> Vec<(u32, Vec<Vec<u8>>)> {
    let behind = |start: &[u8], rest: &[u8]| [start, rest].concat();
    let ether = |rest: &[u8]| behind(&MAC, rest);
    let slip = |start: [u8; 2]| behind(&start, &[0; 14]);
    let fc = |octet| [0, 0, 2, 0, 0, 0, 0, octet];
    let juniper = |flags, rest: &[u8]| behind(&[0x4d, 0x47, 0x43, flags], rest);
    // Three addresses and the sequence control.
    let station = [&MAC[..], &MAC[..6], &[0x10, 0]].concat();
    let marvell = || {
        let octets = |mode: u8| {
            (0..16).map(move |bits: u8| [mode << 5 | 3, bits & 7 | 0x28, bits << 4 | 5, 0x39])
        };
        (0..8).flat_map(octets)
    };
    let broadcom = || {
        (0..6_u8).flat_map(|shift| {
            [
                [0, 9, 1 << shift, 0x47],
                [0x20, shift, 1, 0x47],
                [0x01, 9, 3, 0xff],
            ]
        })
    };
    vec![
        (
            6,
            vec![
                [&[0x10, 0x40][..], &MAC, &SNAP].concat(),
                [
                    &[0x10, 0x40][..],
                    &MAC[..6],
                    &[0x82],
                    &MAC[7..],
                    &[6, 0x30, 0, 0x11, 0, 0x20],
                    &SNAP,
                ]
                .concat(),
            ],
        ),
        (
            8,
            vec![
                slip([0, 0x45]),
                slip([1, 0x45]),
                slip([2, 0x45]),
                vec![0; 16],
            ],
        ),
        (9, vec![vec![0xff, 3, 0, 0x21], vec![0, 0x21], vec![0x21]]),
        (
            10,
            vec![
                [&[0x50][..], &MAC, &SNAP].concat(),
                [&[0x57][..], &MAC, &[6, 6, 3]].concat(),
                [&[0x50][..], &MAC, &[0xfe, 0xfe, 3, 0xcc]].concat(),
            ],
        ),
        (
            50,
            vec![
                vec![0xff, 3, 0, 0x21],
                vec![0x0f, 0, 8, 0],
                vec![0x8f, 0, 8, 0],
            ],
        ),
        (
            100,
            vec![
                SNAP.to_vec(),
                vec![6, 6, 3],
                vec![0xfe, 0xfe, 3, 0xcc],
                vec![0xfe, 0xfe, 3, 0xcf, 0, 0x21],
                [
                    &[0xaa, 0xaa, 3, 0, 0x80, 0xc2, 0, 7, 0, 0][..],
                    &MAC,
                    &[8, 0],
                ]
                .concat(),
            ],
        ),
        (
            104,
            vec![
                vec![0x0f, 0, 8, 0],
                vec![0x8f, 0, 8, 0],
                vec![0x05, 0, 8, 0],
            ],
        ),
        (106, vec![SNAP.to_vec()]),
        (107, {
            let mut all = vec![
                vec![0x18, 0x41, 3, 0, 0xcc],
                vec![0x18, 0x41, 8, 0],
                vec![0x18, 0x41, 3, 0, 0x80, 0, 0, 0, 8, 0],
                vec![0x18, 0x41, 3, 0xcf, 0, 0x21],
                vec![0x18, 0x40, 5, 3, 0xcc],
                vec![0x18, 0x40, 5, 3, 0, 0xcc],
                vec![0x18, 0x40, 2, 5, 3, 0xcc],
            ];
            // Command or response, and the three bits behind the identifier.
            all.extend(
                (0..16).map(|bits| vec![0x1c | bits >> 2 & 2, 0x41 | bits << 1 & 0x0e, 3, 0xcc]),
            );
            all
        }),
        (122, vec![[&fc(2)[..], &fc(1), &SNAP].concat()]),
        (138, vec![[&fc(2)[..], &fc(1), &[8, 0]].concat()]),
        (166, vec![vec![0, 3, 0, 0x21], vec![1, 3, 0, 0x21]]),
        (240, vec![behind(&[0; 4], &ether(&[8, 0]))]),
        (242, vec![behind(&[0; 40], &[8, 0, 0, 0])]),
        (
            281,
            broadcom()
                .map(|tag| ether(&behind(&tag, &[8, 0])))
                .collect(),
        ),
        (
            282,
            broadcom()
                .map(|tag| behind(&tag, &ether(&[8, 0])))
                .collect(),
        ),
        (
            284,
            marvell().map(|tag| ether(&behind(&tag, &[8, 0]))).collect(),
        ),
        (
            285,
            marvell()
                .map(|tag| ether(&[&[0xda, 0xda, 0, 1][..], &tag, &[8, 0]].concat()))
                .collect(),
        ),
        (
            7,
            vec![
                vec![1, 2, 212, 0, 0, 9],
                vec![1, 2, 240],
                vec![1, 2, 212, 0xff, 0xff, 0xff, 212, 0, 0x12, 0x34],
            ],
        ),
        (
            99,
            vec![[&[10, 0, 0, 1, 0, 0, 8, 0], &[0; 36][..]].concat()],
        ),
        (105, {
            let mut all = vec![
                behind(&[8, 0, 0, 0], &behind(&station, &SNAP)),
                behind(&[8, 1, 0, 0], &behind(&station, &SNAP)),
                behind(&[8, 3, 0, 0], &[&station[..], &MAC[..6], &SNAP].concat()),
            ];
            // What else a frame with data does: acknowledges, polls.
            for also in [0, 0x10, 0x20, 0x30] {
                all.push(behind(&[8 | also, 1, 0, 0], &behind(&station, &SNAP)));
                let qos = [&station[..], &[0, 0], &SNAP].concat();
                all.push(behind(&[0x88 | also, 2, 0, 0], &qos));
            }
            all
        }),
        (
            127,
            radiotap()
                .map(|tap| [&tap[..], &[8, 1, 0, 0], &station, &SNAP].concat())
                .collect(),
        ),
        (
            163,
            vec![
                [
                    &[0x80, 0x21, 0x10, 1, 0, 0, 0, 64][..],
                    &[0; 56],
                    &[8, 2, 0, 0],
                    &station,
                    &SNAP,
                ]
                .concat(),
            ],
        ),
        (
            109,
            [[0, 0, 0, 0], [0, 0, 8, 0], [0, 0, 4, 0], [0, 0, 12, 0]]
                .map(|flags| [&[0, 0, 0, 2, 0, 0, 1, 0x23][..], &flags].concat())
                .into(),
        ),
        (
            119,
            vec![
                [
                    &[0, 0, 0, 0x44],
                    &[0; 140][..],
                    &[8, 2, 0, 0],
                    &station,
                    &SNAP,
                ]
                .concat(),
            ],
        ),
        (
            123,
            vec![
                behind(&[2, 0, 0, 100], &SNAP),
                behind(&[0x82, 3, 0, 100], &SNAP),
                behind(&[0x81, 0, 0, 100, 1, 1], &ether(&[8, 0])),
            ],
        ),
        (
            130,
            vec![
                juniper(0, &[0x47, 0, 0, 0, 0, 0, 0, 0x18]),
                juniper(1, &[0x54, 5, 0, 0, 0, 0x21]),
                juniper(1, &[0, 5, 0, 0x21]),
                juniper(0, &[0xff, 3, 0, 0x21]),
            ],
        ),
        (
            131,
            vec![
                juniper(0, &[0x54, 5, 0, 0, 3, 0xcc]),
                juniper(1, &[3, 5, 3, 0xcc]),
            ],
        ),
        (133, vec![juniper(0, &[0x47, 0, 2, 0, 0, 5, 0, 0])]),
        (
            134,
            vec![
                juniper(0, &[0x47, 0, 0, 0, 0, 0, 0, 0x18]),
                juniper(1, &[0xc0, 1, 0x18, 0x41, 3, 0xcc]),
                juniper(1, &[0x54, 5, 0, 0, 0, 0, 3, 0xcc]),
            ],
        ),
        (
            135,
            vec![
                juniper(1, &behind(&[0; 8], &SNAP)),
                juniper(1, &behind(&[0; 8], &[3, 0xcc])),
                juniper(1, &behind(&[0; 8], &[0xfe, 0xfe, 3, 0xcc])),
                juniper(1, &behind(&[0; 8], &[0, 0x21])),
                juniper(1, &[0; 8]),
                juniper(0, &behind(&[0, 0, 0, 1, 0, 0, 0, 0], &ether(&[8, 0]))),
                juniper(3, &[2, 0, 0, 0]),
            ],
        ),
        (
            137,
            vec![
                juniper(1, &behind(&[0; 4], &SNAP)),
                juniper(0, &behind(&[0; 4], &[3, 0xcc])),
                juniper(1, &behind(&[0; 4], &[0xfe, 0xfe, 3, 0xcf, 0, 0x21])),
                juniper(0, &[0; 4]),
            ],
        ),
        (167, vec![juniper(1, &ether(&[8, 0]))]),
        (168, vec![juniper(1, &[8, 0])]),
        (
            178,
            vec![
                juniper(1, &ether(&[8, 0])),
                juniper(0x81, &behind(&[0, 3, 1, 1, 1], &ether(&[8, 0]))),
            ],
        ),
        (179, vec![juniper(0, &[0xff, 3, 0, 0x21])]),
        (180, vec![juniper(0, &[0x18, 0x41, 3, 0xcc])]),
        (181, vec![juniper(0, &[0x0f, 0, 8, 0])]),
        (
            182,
            vec![
                vec![0xc0, 1, 0x18, 0x41, 3, 0xcc],
                vec![0xde, 7, 0x18, 0x41, 3, 0xcc],
            ],
        ),
        (
            192,
            vec![behind(&[0, 0, 8, 0, 1, 0, 0, 0], &ether(&[8, 0]))],
        ),
        (
            226,
            vec![[&[1, 2], &[0; 14][..], &[0, 0, 0, 3, 0, 0, 0, 4]].concat()],
        ),
        (
            258,
            vec![
                [
                    &[108, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0],
                    &[0; 96][..],
                    &ether(&[8, 0]),
                ]
                .concat(),
            ],
        ),
        (
            1,
            vec![
                ether(&[0, 35, 6, 6, 3]),
                ether(&[&[0, 40][..], &SNAP].concat()),
                ether(&[0, 40, 0xaa, 0xaa, 3, 0, 0, 0xf8, 8, 0]),
                // MACsec with and without a channel's identifier, the check value behind the packet.
                ether(&[
                    0x88, 0xe5, 0x20, 0, 0, 0, 0, 68, 2, 0, 0, 0, 0, 1, 0, 1, 8, 0,
                ]),
                ether(&[0x88, 0xe5, 0x53, 0, 0, 0, 1, 0, 8, 0]),
            ],
        ),
    ]
}

/// Headers of radiotap with each field, and with each value of those that have words. tcpdump reads
/// one octet of field 9, which has two, and ends at 15 to 17 and from 22 on.
fn radiotap() -> impl Iterator<Item = Vec<u8>> {
    let tap = |present: &[u32], fields: &[u8]| {
        let words = present.iter().flat_map(|word| word.to_le_bytes());
        let length = u16::try_from(4 + 4 * present.len() + fields.len()).unwrap();
        let start = [0, 0].into_iter().chain(length.to_le_bytes());
        start
            .chain(words)
            .chain(fields.iter().copied())
            .collect::<Vec<u8>>()
    };
    // From the timer on to the flags of what was received, each aligned to its size.
    let all = [
        [8, 7, 6, 5, 4, 3, 2, 1, 0x00, 12, 0x6c, 9, 0xa0, 0, 3, 4].as_slice(),
        &[0xd6, 0xa0, 80, 0, 2, 1, 15, 2, 40, 50, 1, 0],
    ]
    .concat();
    let mut taps = vec![tap(&[0], &[]), tap(&[0x7dff], &all)];
    taps.extend((0..=255).map(|flags| tap(&[2], &[flags & !0xa0])));
    taps.extend((0..=255).map(|rate| tap(&[4], &[rate])));
    let channel = |flags: u16| [&[0x6c, 9][..], &flags.to_le_bytes()].concat();
    taps.extend((0..0x1000).map(|flags| tap(&[8], &channel(flags << 4))));
    let extended = |flags: u32| [&flags.to_le_bytes()[..], &[0x3c, 20, 36, 0]].concat();
    taps.extend((0..8).map(|flags| tap(&[1 << 18], &extended(flags << 16 | 0x140))));
    taps.push(tap(
        &[1 << 18 | 8],
        &[channel(0x140), extended(0x140)].concat(),
    ));
    // A channel as 802.11n has it, and its schemes.
    taps.push(tap(
        &[1 << 19 | 8],
        &[&channel(0x480)[..], &[7, 0, 7]].concat(),
    ));
    taps.extend((0..=255).map(|known| tap(&[1 << 19], &[known, 0x15, 5])));
    taps.extend((0..=255).map(|flags| tap(&[1 << 19], &[0x3f, flags, 5])));
    for scheme in 0..=80 {
        taps.extend((0..8).map(|flags| tap(&[1 << 19], &[7, flags, scheme])));
    }
    // Those of 802.11ac.
    taps.extend((0..64).map(|width| {
        tap(
            &[1 << 21],
            &[0x44, 0, 4, width, 0x91, 0, 0x72, 0, 5, 0, 0, 0],
        )
    }));
    taps.push(tap(&[1 << 21], &[4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
    // More words: of the same fields again, of a vendor, of fields that nobody knows, of none.
    taps.push(tap(&[0xa000_0020, 0x820], &[0xd6, 0xd7, 1]));
    taps.push(tap(
        &[0xc000_0020, 0xa000_0003, 0x20],
        &[0xd6, 0, 0, 0, 0, 1, 3, 0, 9, 9, 9, 0xd7],
    ));
    taps.push(tap(&[0x8000_0020, 1], &[0xd6, 0xd7]));
    taps.push(tap(&[0xe000_0020, 1], &[0xd6, 0xd7]));
    // A field that is cut off, and a vendor's.
    taps.push(tap(&[0x28], &[0x6c, 9]));
    taps.push(tap(&[0xc000_0020, 1, 0x20], &[0xd6, 0, 0, 0, 0, 1, 9, 0]));
    taps.into_iter()
}

/// The captures, one a link type, in a folder.
pub(crate) fn captures() -> (tempfile::TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().unwrap();
    let packet = craft::echo_request();
    let write = |(link, headers): (u32, Vec<Vec<u8>>)| {
        let mut file = Vec::new();
        for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 0xffff, link] {
            file.extend(word.to_le_bytes());
        }
        for header in headers {
            // That of MACsec, or of a frame of 802.11 whose flags in radiotap tell of one.
            let is_macsec = header.get(12..14) == Some(&[0x88, 0xe5]);
            let has_sequence = link == 127 && header[4..8] == [2, 0, 0, 0] && header[8] & 0x10 != 0;
            let check_value: &[u8] = match (is_macsec, has_sequence) {
                (true, _) => &[7; 16],
                (_, true) => &[7; 4],
                _ => &[],
            };
            let frame = [&header, &packet[..], check_value].concat();
            let length = u32::try_from(frame.len()).unwrap();
            for word in [1_700_000_000, 0, length, length] {
                file.extend(word.to_le_bytes());
            }
            file.extend(frame);
        }
        let path = folder.path().join(format!("{link}.pcap"));
        fs::write(&path, file).unwrap();
        path
    };
    let paths = headers().into_iter().map(write).collect();
    (folder, paths)
}

/// Whether tcpdump tells something of the link without being asked.
pub(crate) fn tells_unasked(path: &Path) -> bool {
    let link = path.file_stem().unwrap().to_str().unwrap();
    matches!(link, "109" | "182" | "281" | "282" | "284" | "285")
}
