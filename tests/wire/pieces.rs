//! Packets that a link or a tunnel took apart below IP, against tshark.

use std::path::Path;
use std::process::Command;

use etherparse::PacketBuilder;
use serde_json::{Value, json};

use crate::captured::{self, written};

const IEEE802_11: u32 = 105;
const ETHERNET: u32 = 1;
const PPP: u32 = 9;
const MFR: u32 = 182;
const GPRS_LLC: u32 = 169;
const FRAME_RELAY: u32 = 107;
const AX25: u32 = 3;
/// Receiver, transmitter, and who is meant.
const MAC: [[u8; 6]; 3] = [[2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2], [2, 0, 0, 0, 0, 3]];
const SNAP: [u8; 8] = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0];

fn request(seq: u16, octets: usize) -> Vec<u8> {
    let payload: Vec<u8> = (0..octets)
        .map(|n| u8::try_from(n % 251).unwrap())
        .collect();
    let mut packet = Vec::new();
    PacketBuilder::ipv4([10, 0, 0, 1], [10, 0, 0, 2], 64)
        .icmpv4_echo_request(7, seq)
        .write(&mut packet, &payload)
        .unwrap();
    packet
}

/// The parts of a packet with their places: how many octets are before, whether it begins, and ends.
fn parts(packet: &[u8], size: usize) -> Vec<(usize, bool, bool, &[u8])> {
    let last = packet.len().div_ceil(size) - 1;
    let part = |(n, octets)| (n * size, n == 0, n == last, octets);
    packet.chunks(size).enumerate().map(part).collect()
}

fn ieee802_11(sequence: u16, packet: &[u8], size: usize) -> Vec<Vec<u8>> {
    let msdu = [&SNAP, packet].concat();
    (0..)
        .zip(parts(&msdu, size))
        .map(|(number, (_, _, ends, octets)): (u16, _)| {
            let mut frame = vec![8, if ends { 1 } else { 5 }, 0, 0];
            frame.extend(MAC.concat());
            frame.extend((sequence << 4 | number).to_le_bytes());
            frame.extend(octets);
            frame
        })
        .collect()
}

fn capwap(id: u16, packet: &[u8], size: usize) -> Vec<Vec<u8>> {
    let frame = [&MAC[2][..], &MAC[1], &[8, 0], packet].concat();
    let one = |(before, _, ends, octets): (usize, _, bool, &[u8])| {
        let flags = if ends { 0xc0 } else { 0x80 };
        let mut payload = vec![0, 0x10, 0x42, flags];
        payload.extend(id.to_be_bytes());
        payload.extend(u16::try_from(before).unwrap().to_be_bytes());
        payload.extend(octets);
        let mut frame = Vec::new();
        PacketBuilder::ethernet2(MAC[0], MAC[1])
            .ipv4([192, 0, 2, 1], [192, 0, 2, 2], 64)
            .udp(40000, 5247)
            .write(&mut frame, &payload)
            .unwrap();
        frame
    };
    parts(&frame, size).into_iter().map(one).collect()
}

/// PPP multilink, numbered from `first` on.
fn multilink(first: u32, packet: &[u8], size: usize) -> Vec<Vec<u8>> {
    let datagram = [&[0, 0x21], packet].concat();
    let one = |(number, (_, begins, ends, octets)): (u32, (usize, bool, bool, &[u8]))| {
        let flags = u32::from(begins) << 31 | u32::from(ends) << 30;
        let header = (flags | number & 0x00ff_ffff).to_be_bytes();
        [&[0xff, 3, 0, 0x3d], &header[..], octets].concat()
    };
    (first..).zip(parts(&datagram, size)).map(one).collect()
}

/// The same with numbers of 12 bits.
fn multilink_short(first: u32, packet: &[u8], size: usize) -> Vec<Vec<u8>> {
    let short = |long: Vec<u8>| {
        let number = [long[4] & 0xc0 | long[6] & 0x0f, long[7]];
        [&long[..4], &number, &long[8..]].concat()
    };
    multilink(first, packet, size)
        .into_iter()
        .map(short)
        .collect()
}

/// Multilink Frame Relay with an address of two octets.
fn frame_relay(first: u32, packet: &[u8], size: usize) -> Vec<Vec<u8>> {
    let frame = [&[0x18, 0x41, 3, 0xcc], packet].concat();
    let one = |(number, (_, begins, ends, octets)): (u32, (usize, bool, bool, &[u8]))| {
        let [.., high, low] = (number & 0x0fff).to_be_bytes();
        let flags = u8::from(begins) << 7 | u8::from(ends) << 6 | high << 1;
        [&[flags, low], octets].concat()
    };
    (first..).zip(parts(&frame, size)).map(one).collect()
}

/// SNDCP in LLC, which ends in a check of its own.
fn sndcp(number: u16, packet: &[u8], size: usize) -> Vec<Vec<u8>> {
    let one = |(segment, (_, begins, ends, octets)): (u8, (usize, bool, bool, &[u8]))| {
        let flags = 0x25 | u8::from(begins) << 6 | u8::from(!ends) << 4;
        let compression: &[u8] = if begins { &[0] } else { &[] };
        let [high, low] = number.to_be_bytes();
        let numbers = [segment << 4 | high, low];
        [&[3, 0xc0, 1, flags], compression, &numbers, octets, &[0; 3]].concat()
    };
    (0..).zip(parts(packet, size)).map(one).collect()
}

/// The same in what GSM's tap sends.
fn sndcp_in_tap(number: u16, packet: &[u8], size: usize) -> Vec<Vec<u8>> {
    let one = |segment: Vec<u8>| {
        let tap = [2, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let mut frame = Vec::new();
        PacketBuilder::ethernet2(MAC[0], MAC[1])
            .ipv4([192, 0, 2, 1], [192, 0, 2, 2], 64)
            .udp(40000, 4729)
            .write(&mut frame, &[&tap[..], &segment].concat())
            .unwrap();
        frame
    };
    sndcp(number, packet, size).into_iter().map(one).collect()
}

/// Fragments between the ends of Frame Relay.
fn end_to_end(first: u32, packet: &[u8], size: usize) -> Vec<Vec<u8>> {
    let one = |piece: Vec<u8>| [&[0x18, 0x41, 3, 0xb1], &piece[..]].concat();
    // Without the address.
    let frame = [&[3, 0xcc], packet].concat();
    let header = |(number, (_, begins, ends, octets)): (u32, (usize, bool, bool, &[u8]))| {
        let [.., high, low] = (number & 0x0fff).to_be_bytes();
        let flags = u8::from(begins) << 7 | u8::from(ends) << 6 | high << 1;
        [&[flags, low], octets].concat()
    };
    (first..)
        .zip(parts(&frame, size))
        .map(header)
        .map(one)
        .collect()
}

fn ax25(packet: &[u8], size: usize) -> Vec<Vec<u8>> {
    let stations = [*b"\x82\x84\x86@@@`", *b"\x88\x8a\x8c@@@a"].concat();
    let payload = [&[0xcc], packet].concat();
    let parts = parts(&payload, size);
    let last = parts.len() - 1;
    let one = |(n, (_, begins, _, octets)): (usize, (usize, bool, bool, &[u8]))| {
        let flags = u8::from(begins) << 7 | u8::try_from(last - n).unwrap();
        [&stations[..], &[3, 8, flags], octets].concat()
    };
    parts.into_iter().enumerate().map(one).collect()
}

fn records(link: u32, frames: &[Vec<u8>]) -> Vec<Value> {
    let records = captured::records(&written(link, frames));
    let counts = &records.last().unwrap()["frames"];
    let count = |name: &str| counts[name].as_u64().unwrap();
    assert_eq!(count("read"), frames.len() as u64);
    assert_eq!(
        count("read"),
        count("icmp") + count("other") + count("undecodable")
    );
    records
}

/// Sequence number and frames of each message that was put together, all of which are good.
fn messages(records: &[Value]) -> Vec<(u64, Vec<u64>)> {
    let complete = records
        .iter()
        .filter(|record| record["reassembly"]["status"] == "complete");
    complete
        .map(|record| {
            let message = &record["reassembly"]["icmp"];
            assert_eq!(message["checksum"]["status"], "good", "{record}");
            let frames = record["reassembly"]["frames"].as_array().unwrap();
            let frames = frames.iter().map(|frame| frame["frame"].as_u64().unwrap());
            (message["seq"].as_u64().unwrap(), frames.collect())
        })
        .collect()
}

/// The frames in which tshark sees a message whose checksum is good, and its sequence number.
fn theirs(path: &Path, options: &[&str]) -> Vec<(u64, u64)> {
    let mut command = Command::new("tshark");
    command
        .args(["-n", "-o", "mp.max_fragments:64"])
        .args(options);
    command.args(["-Y", "icmp.checksum.status == 1", "-T", "fields"]);
    command
        .args(["-e", "icmp.seq", "-e", "frame.number", "-r"])
        .arg(path);
    let output = command.output().expect("tshark is installed");
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| {
            let (seq, frame) = line.split_once('\t').unwrap();
            (seq.parse().unwrap(), frame.parse().unwrap())
        })
        .collect()
}

type TakeApart = fn(u16, &[u8], usize) -> Vec<Vec<u8>>;

/// Each way to take a packet apart, with numbers that do not meet.
fn carriers() -> [(u32, TakeApart, &'static [&'static str]); 6] {
    [
        (IEEE802_11, ieee802_11, &[]),
        (ETHERNET, capwap, &[]),
        (
            PPP,
            |n, packet, size| multilink(u32::from(n) * 300, packet, size),
            &[],
        ),
        (
            PPP,
            |n, packet, size| multilink_short(4000 + u32::from(n) * 70, packet, size),
            &["-o", "mp.short_seqno:TRUE"],
        ),
        (GPRS_LLC, sndcp, &[]),
        (ETHERNET, sndcp_in_tap, &[]),
    ]
}

#[test]
fn tshark_puts_the_same_pieces_together() {
    for (link, take_apart, options) in carriers() {
        let mut frames = take_apart(1, &request(1, 1000), 400);
        frames.extend(take_apart(2, &request(2, 1000), 304));
        frames.extend(take_apart(3, &request(3, 100), 16));
        let file = written(link, &frames);
        let ours: Vec<_> = messages(&records(link, &frames))
            .into_iter()
            .map(|(seq, frames)| (seq, *frames.last().unwrap()))
            .collect();
        assert_eq!(ours.len(), 3, "{link} {options:?}");
        assert_eq!(ours, theirs(file.path(), options), "{link}");
    }
}

#[test]
fn a_message_is_told_once_with_all_its_frames_in_any_order() {
    let all: Vec<TakeApart> = carriers().into_iter().map(|(_, f, _)| f).collect();
    let links = carriers().map(|(link, ..)| link);
    let relay: TakeApart = |n, packet, size| frame_relay(4090 + u32::from(n) * 9, packet, size);
    let more: [(TakeApart, u32); 3] = [
        (relay, MFR),
        (
            |n, packet, size| end_to_end(4090 + u32::from(n) * 9, packet, size),
            FRAME_RELAY,
        ),
        (|_, packet, size| ax25(packet, size), AX25),
    ];
    let with_relay = all.into_iter().zip(links).chain(more);
    for (take_apart, link) in with_relay {
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [2, 1, 0], [1, 2, 0]] {
            let pieces = take_apart(1, &request(1, 1000), 400);
            let frames = order.map(|n: usize| pieces[n].clone());
            let records = records(link, &frames);
            let place = |n| 1 + order.iter().position(|at| *at == n).unwrap() as u64;
            let expected = (1, [0, 1, 2].map(place).to_vec());
            assert_eq!(messages(&records), [expected], "{link} {order:?}");
            let told = records.iter().filter(|record| record["icmp"]["seq"] == 1);
            assert_eq!(told.count(), 1, "{link} {order:?}");
            let summary = records.last().unwrap();
            assert_eq!(summary["reassembly"]["complete"], 1);
            assert_eq!(summary["checksums"]["good"], 1, "{link} {order:?}");
        }
    }
}

#[test]
fn what_stays_incomplete_is_unverified_and_pieces_without_a_first_are_counted() {
    for (link, take_apart, _) in carriers() {
        let pieces = take_apart(1, &request(1, 1000), 400);
        let begun = records(link, &pieces[..2]);
        let message = begun
            .iter()
            .find(|record| record["type"] == "icmp")
            .unwrap();
        assert_eq!(message["reassembly"]["status"], "incomplete");
        let checksum = &message["icmp"]["checksum"];
        assert_eq!(checksum["status"], "unverified");
        assert_eq!(checksum["reason"], "fragment");
        assert!(message.get("defects").is_none(), "{message}");
        assert_eq!(begun.last().unwrap()["reassembly"]["waiting"], 1);

        let later = records(link, &pieces[1..]);
        let summary = later.last().unwrap();
        let counted_as = if link == ETHERNET {
            "in_tunnels"
        } else {
            "undecodable"
        };
        assert_eq!(summary[counted_as]["first_fragment"], 2, "{link}");
    }
}

#[test]
fn a_lost_piece_does_not_make_the_first_one_missing() {
    for (link, take_apart, _) in carriers() {
        let mut pieces = take_apart(1, &request(1, 1000), 200);
        assert!(pieces.len() > 4);
        let lost = pieces.remove(2);
        let told = records(link, &pieces);
        let summary = told.last().unwrap();
        for counted in ["in_tunnels", "undecodable"] {
            assert!(summary.get(counted).is_none(), "{link}: {summary}");
        }
        assert_eq!(summary["reassembly"]["waiting"], 1, "{link}");
        assert_eq!(summary["frames"]["other"], pieces.len() - 1, "{link}");
        // It may come late.
        pieces.push(lost);
        let told = records(link, &pieces);
        let number = pieces.len() as u64;
        let frames = [1, 2].into_iter().chain([number]).chain(3..number);
        assert_eq!(messages(&told), [(1, frames.collect())], "{link}");
        let summary = told.last().unwrap();
        assert_eq!(summary["frames"]["icmp"], number, "{link}: {summary}");
    }
}

/// Where numbers count all pieces, those behind two that are lost may be another packet's.
#[test]
fn behind_two_lost_pieces_of_a_bundle_nobody_knows_which_packet_goes_on() {
    let mut pieces = multilink(7, &request(1, 1000), 200);
    pieces.drain(1..3);
    let told = records(PPP, &pieces);
    let counted = &told.last().unwrap()["undecodable"]["first_fragment"];
    assert_eq!(*counted, pieces.len() - 1);
}

/// SNDCP in LLC, in the network service of GPRS: unit data for a mobile.
fn sndcp_for(mobile: u32, number: u16, packet: &[u8], size: usize) -> Vec<Vec<u8>> {
    let one = |segment: Vec<u8>| {
        let length = u8::try_from(segment.len()).unwrap();
        let service = [0, 0, 0, 9, 0];
        let quality = [0, 0, 0, 0x0e, 0, length];
        let data = [&service[..], &mobile.to_be_bytes(), &quality, &segment].concat();
        let mut frame = Vec::new();
        PacketBuilder::ethernet2(MAC[0], MAC[1])
            .ipv4([192, 0, 2, 1], [192, 0, 2, 2], 64)
            .udp(40000, 2157)
            .write(&mut frame, &data)
            .unwrap();
        frame
    };
    sndcp(number, packet, size).into_iter().map(one).collect()
}

/// Each mobile numbers its packets, and all go through one tunnel.
#[test]
fn pieces_of_two_mobiles_are_not_mixed() {
    let one = sndcp_for(0xc000_0001, 1, &request(1, 400), 200);
    let other = sndcp_for(0xc000_0002, 1, &request(2, 400), 200);
    let frames: Vec<_> = one
        .into_iter()
        .zip(other)
        .flat_map(|(a, b)| [a, b])
        .collect();
    let told = records(ETHERNET, &frames);
    let last = frames.len() as u64;
    let every_second = |first| (first..=last).step_by(2).collect::<Vec<_>>();
    assert_eq!(
        messages(&told),
        [(1, every_second(1)), (2, every_second(2))]
    );
    assert_eq!(told.last().unwrap()["checksums"]["good"], 2);
}

#[test]
fn retries_are_duplicates_and_what_differs_is_not_merged() {
    let mut pieces = ieee802_11(1, &request(1, 1000), 400);
    for n in [0, 2, 4] {
        let mut again = pieces[n].clone();
        again[1] |= 8;
        pieces.insert(n, again);
    }
    let told = records(IEEE802_11, &pieces);
    assert_eq!(messages(&told), [(1, vec![1, 3, 5])]);
    let duplicate = told.iter().find(|record| record["frame"] == 2).unwrap();
    assert_eq!(
        duplicate["reassembly"],
        json!({"status": "duplicate", "with": {"frame": 1}})
    );

    let mut pieces = capwap(1, &request(1, 1000), 400);
    let mut other = pieces[1].clone();
    *other.last_mut().unwrap() ^= 1;
    pieces.insert(2, other);
    let told = records(ETHERNET, &pieces);
    assert_eq!(messages(&told), []);
    assert_eq!(told.last().unwrap()["reassembly"]["overlapping"], 1);
}

#[test]
fn fragments_of_ip_in_pieces() {
    let whole = request(5, 2000);
    let fragment = |at: usize, end: usize| {
        let mut piece = [&whole[..20], &whole[20 + at..20 + end]].concat();
        let length = u16::try_from(piece.len()).unwrap();
        let place = u16::try_from(at / 8).unwrap() | u16::from(end < 2008) << 13;
        piece[2..4].copy_from_slice(&length.to_be_bytes());
        piece[6..8].copy_from_slice(&place.to_be_bytes());
        piece
    };
    for (link, take_apart, _) in carriers() {
        let mut frames = take_apart(1, &fragment(0, 1480), 800);
        frames.extend(take_apart(2, &fragment(1480, 2008), 400));
        assert_eq!(
            messages(&records(link, &frames)),
            [(5, vec![2, 4])],
            "{link}"
        );
    }
}

#[test]
fn any_prefix_of_a_piece_is_let_pass() {
    for (link, take_apart, _) in carriers() {
        for piece in take_apart(1, &request(1, 100), 64) {
            let prefixes: Vec<_> = (1..piece.len()).map(|end| piece[..end].to_vec()).collect();
            records(link, &prefixes);
        }
    }
}
