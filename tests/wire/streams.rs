//! Packets in streams of MPEG-2, against tshark.

use std::process::Command;

use etherparse::PacketBuilder;
use serde_json::Value;

use crate::captured::{self, written};

const ETHERNET: u32 = 1;
const GFP: u32 = 171;
const USB_LINUX: u32 = 189;
const MPEG_2_TS: u32 = 243;
const PACKET: usize = 188;
const MAC: [[u8; 6]; 2] = [[2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]];

pub(crate) fn request(seq: u16, octets: usize) -> Vec<u8> {
    let mut packet = Vec::new();
    PacketBuilder::ipv4([10, 0, 0, 1], [10, 0, 0, 2], 64)
        .icmpv4_echo_request(7, seq)
        .write(&mut packet, &vec![0x55; octets])
        .unwrap();
    packet
}

/// A section of multiprotocol encapsulation (ETSI EN 301 192 section 7.1).
fn section(packet: &[u8]) -> Vec<u8> {
    let length = u16::try_from(9 + packet.len() + 4).unwrap() | 0xb000;
    let header = [2, 1, 0xc1, 0, 0, 0, 0, 0, 2];
    [&[0x3e], &length.to_be_bytes()[..], &header, packet, &[0; 4]].concat()
}

/// The same with LLC and SNAP.
fn section_with_llc(packet: &[u8]) -> Vec<u8> {
    let mut section = section(&[&[0xaa, 0xaa, 3, 0, 0, 0, 8, 0], packet].concat());
    section[5] |= 2;
    section
}

/// A unit of ULE (RFC 4326 section 4).
fn ule(packet: &[u8]) -> Vec<u8> {
    let length = u16::try_from(packet.len() + 4).unwrap() | 0x8000;
    [&length.to_be_bytes()[..], &[8, 0], packet, &[0; 4]].concat()
}

fn ethernet(kind: u16, packet: &[u8]) -> Vec<u8> {
    [&MAC.concat(), &kind.to_be_bytes()[..], packet].concat()
}

/// A check of as many bits as the polynomial has, the lowest first.
fn check(polynomial: u32, all: u32, octets: &[u8]) -> u32 {
    let shift = |check: u32| check >> 1 ^ if check & 1 == 0 { 0 } else { polynomial };
    !octets.iter().fold(all, |check, octet| {
        (0..8).fold(check ^ u32::from(*octet), |check, _| shift(check))
    }) & all
}

/// A frame of DOCSIS with the checks of its header and of Ethernet, which tshark asks for.
fn docsis(packet: &[u8]) -> Vec<u8> {
    let frame = ethernet(0x0800, packet);
    let of_frame = check(0xedb8_8320, u32::MAX, &frame).to_le_bytes();
    let [high, low] = u16::try_from(frame.len() + 4).unwrap().to_be_bytes();
    let header = [0, 0, high, low];
    let of_header = u16::try_from(check(0x8408, 0xffff, &header)).unwrap();
    [&header[..], &of_header.to_le_bytes(), &frame, &of_frame].concat()
}

/// Packets of a program that has these units, as full as they may be.
fn program(pid: u16, units: &[Vec<u8>]) -> Vec<Vec<u8>> {
    const PAYLOAD: usize = 184;
    let mut packets = Vec::new();
    let (mut rest, mut pending): (Vec<u8>, _) = (Vec::new(), units.iter());
    loop {
        let (mut payload, mut begins) = (Vec::new(), 0);
        if rest.len() < PAYLOAD - 1 {
            let pointer = rest.len();
            payload.append(&mut rest);
            while payload.len() < PAYLOAD - 1
                && let Some(unit) = pending.next()
            {
                begins = 0x40;
                payload.extend(unit);
            }
            if begins > 0 {
                payload.insert(0, u8::try_from(pointer).unwrap());
            }
            rest = payload.split_off(payload.len().min(PAYLOAD));
        } else {
            payload.extend(rest.drain(..PAYLOAD.min(rest.len())));
        }
        if payload.is_empty() {
            return packets;
        }
        let [high, low] = pid.to_be_bytes();
        let counter = u8::try_from(packets.len() % 16).unwrap();
        payload.resize(PAYLOAD, 0xff);
        packets.push([&[0x47, begins | high, low, 0x10 | counter], &payload[..]].concat());
    }
}

fn over_udp(header: &[u8], packets: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    PacketBuilder::ethernet2(MAC[0], MAC[1])
        .ipv4([192, 0, 2, 1], [239, 0, 0, 2], 64)
        .udp(40000, 1234)
        .write(&mut frame, &[header, packets].concat())
        .unwrap();
    frame
}

/// IEEE 1722 and IEC 61883-4, a time before each packet.
fn over_avtp(packets: &[u8]) -> Vec<u8> {
    let packets: Vec<_> = packets
        .chunks(PACKET)
        .flat_map(|packet| [&[0; 4], packet].concat())
        .collect();
    let length = u16::try_from(8 + packets.len()).unwrap().to_be_bytes();
    let header = [&[0, 0x81, 0, 0][..], &[0; 16], &length, &[0x5f, 0xa0]].concat();
    let common = [0x3f, 6, 0xc4, 0, 0xa0, 0, 0, 0];
    ethernet(0x22f0, &[&header[..], &common, &packets].concat())
}

fn over_usb(packets: &[u8]) -> Vec<u8> {
    let octets = u32::try_from(packets.len()).unwrap().to_le_bytes();
    let header = [
        &[0; 8][..],
        b"C\x03\x81\x05\x01\x00-\x00",
        &[0; 16],
        &octets,
        &octets,
        &[0; 8],
    ];
    [&header.concat(), packets].concat()
}

fn over_gfp(packets: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(4 + packets.len()).unwrap().to_be_bytes();
    [&[high, low, 0, 0, 0, 9, 0, 0], packets].concat()
}

/// Frames of so many packets each.
fn frames(packets: &[Vec<u8>], each: usize, carrier: fn(&[u8]) -> Vec<u8>) -> Vec<Vec<u8>> {
    packets
        .chunks(each)
        .map(|packets| carrier(&packets.concat()))
        .collect()
}

/// The records of frames of this link type, all of which are counted.
pub(crate) fn records(link: u32, frames: &[Vec<u8>]) -> Vec<Value> {
    let records = captured::records(&written(link, frames));
    let counts = &records.last().unwrap()["frames"];
    let count = |name: &str| counts[name].as_u64().unwrap_or(0);
    assert_eq!(count("read"), frames.len() as u64);
    assert_eq!(
        count("read") + count("further_packets"),
        count("icmp") + count("other") + count("undecodable"),
        "{counts}"
    );
    records
}

/// Frame and sequence number of each message that is whole; all of those are good.
pub(crate) fn ours(records: &[Value]) -> Vec<(u64, u64)> {
    let messages = records.iter().filter(|record| record["type"] == "icmp");
    messages
        .filter_map(|record| {
            let message = match record.get("reassembly") {
                None => &record["icmp"],
                Some(came_to) if came_to["status"] == "complete" => &came_to["icmp"],
                Some(_) => return None,
            };
            assert_eq!(message["checksum"]["status"], "good", "{record}");
            Some((record["frame"].as_u64()?, message["seq"].as_u64()?))
        })
        .collect()
}

/// The same as tshark has them.
fn theirs(link: u32, frames: &[Vec<u8>]) -> Vec<(u64, u64)> {
    let file = written(link, frames);
    let output = Command::new("tshark")
        .args(["-n", "-T", "fields", "-E", "aggregator=,"])
        .args(["-e", "frame.number", "-e", "icmp.seq", "-r"])
        .arg(file.path())
        .output()
        .expect("tshark is installed");
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .flat_map(|line| {
            let (frame, messages) = line.split_once('\t').unwrap();
            let frame = frame.parse().unwrap();
            let messages = messages.split(',').filter(|seq| !seq.is_empty());
            messages.map(move |seq| (frame, seq.parse().unwrap()))
        })
        .collect()
}

type Carry = fn(&[u8]) -> Vec<u8>;

/// What carries streams, and whether tshark reads them there.
fn carriers() -> [(u32, Carry, bool); 6] {
    [
        (MPEG_2_TS, <[u8]>::to_vec, true),
        (ETHERNET, |packets| over_udp(&[], packets), true),
        (
            ETHERNET,
            |packets| over_udp(&[0x80, 33, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9], packets),
            false,
        ),
        (ETHERNET, over_avtp, true),
        (USB_LINUX, over_usb, true),
        (GFP, over_gfp, true),
    ]
}

/// Programs by their units, and whether tshark knows those.
fn programs() -> [(u16, Vec<Vec<u8>>, bool); 4] {
    let units = |make: fn(&[u8]) -> Vec<u8>| {
        [(1, 8), (2, 1000), (3, 30), (4, 40), (5, 500), (6, 9)]
            .map(|(seq, octets)| make(&request(seq, octets)))
            .to_vec()
    };
    [
        (256, units(section), true),
        (257, units(section_with_llc), true),
        (0x1ffe, units(docsis), true),
        (258, units(ule), false),
    ]
}

#[test]
fn tshark_reads_the_same_packets_of_streams() {
    for (link, carry, in_tshark) in carriers() {
        for (pid, units, is_known) in programs() {
            for each in [1, 2, 7] {
                let frames = frames(&program(pid, &units), each, carry);
                let ours = ours(&records(link, &frames));
                let told: Vec<_> = ours.iter().map(|(_, seq)| *seq).collect();
                assert_eq!(told, [1, 2, 3, 4, 5, 6], "{link} {pid} {each}");
                if in_tshark && is_known {
                    let theirs = theirs(link, &frames);
                    // It does not put all together where frames have several packets.
                    assert!(each > 1 || ours.len() == theirs.len(), "{link} {pid}");
                    for (frame, seq) in theirs {
                        // A section's check, which may be in the next frame, is none of its packet.
                        let is_there =
                            ours.contains(&(frame, seq)) || ours.contains(&(frame - 1, seq));
                        assert!(is_there, "{link} {pid} {each} {frame} {seq}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_message_that_goes_on_names_its_frames() {
    for (link, carry, _) in carriers() {
        let packets = program(256, &[section(&request(1, 400)), section(&request(2, 8))]);
        let records = records(link, &frames(&packets, 1, carry));
        let messages: Vec<_> = records
            .iter()
            .filter(|record| record["type"] == "icmp")
            .collect();
        let [begun, whole, next] = messages[..] else {
            panic!("{messages:#?}");
        };
        assert_eq!(begun["reassembly"]["status"], "incomplete");
        assert_eq!(begun["icmp"]["checksum"]["reason"], "fragment");
        let places = whole["reassembly"]["frames"].as_array().unwrap();
        let frame = |place: &Value| (place["frame"].as_u64(), place["packet"].as_u64());
        let places: Vec<_> = places.iter().map(frame).collect();
        assert_eq!(
            places,
            [(Some(1), None), (Some(2), None), (Some(3), Some(1))]
        );
        assert_eq!(frame(next), (Some(3), Some(2)));
        assert!(next.get("reassembly").is_none());
        let is_in_udp = link == ETHERNET && carry(&packets[0])[12..14] == [8, 0];
        assert_eq!(next.get("tunnel").is_some(), is_in_udp);
        let summary = records.last().unwrap();
        assert_eq!(summary["frames"]["icmp"], 4);
        assert_eq!(summary["frames"]["further_packets"], 1);
    }
}

#[test]
fn what_is_lost_of_a_stream_is_counted() {
    for (link, carry, _) in carriers() {
        let mut packets = program(256, &[section(&request(1, 8)), section(&request(2, 900))]);
        packets.remove(2);
        let records = records(link, &frames(&packets, 1, carry));
        assert_eq!(ours(&records), [(1, 1)], "{link}");
        let summary = records.last().unwrap();
        let counted = [&summary["undecodable"], &summary["in_tunnels"]];
        let lost: u64 = counted
            .iter()
            .filter_map(|counted| counted["first_fragment"].as_u64())
            .sum();
        assert_eq!(lost, packets.len() as u64 - 2, "{link} {summary}");
        assert_eq!(summary["reassembly"]["waiting"], 1);
    }
}

#[test]
fn any_prefix_of_a_frame_of_a_stream_is_let_pass() {
    for (link, carry, _) in carriers() {
        for (pid, units, _) in programs() {
            let frame = carry(&program(pid, &units)[..2].concat());
            let prefixes: Vec<_> = (1..frame.len()).map(|end| frame[..end].to_vec()).collect();
            records(link, &prefixes);
        }
    }
}
