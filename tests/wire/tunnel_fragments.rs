//! Packets of tunnels that were fragmented, against tshark.

use flate2::{Compress, Compression, FlushCompress};
use serde_json::json;

use crate::captured::{records, written};
use crate::fragmented::{ENDS, cut, echo, gre, in_v4, ip4, udp, vxlan};
use crate::fragments::{ours, theirs};

/// The link type of packets without a link header.
pub(crate) const RAW: u32 = 101;

const AH: u8 = 51;
const IP_COMP: u8 = 108;
/// Messages in tunnels that are not fragmented again.
const ALONE: u64 = 40;

fn request(seq: u16, octets: usize) -> Vec<u8> {
    echo(8, seq, octets)
}

fn gtp(packet: &[u8]) -> Vec<u8> {
    let length = u16::try_from(packet.len()).unwrap().to_be_bytes();
    let header = [0x30, 255, length[0], length[1], 0, 0, 0, 5];
    udp(2152, &[&header, packet].concat())
}

/// A payload of this protocol, compressed (RFC 3173).
fn compressed(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let mut data = vec![protocol, 0, 0, 2];
    data.reserve(payload.len() + 64);
    Compress::new(Compression::best(), false)
        .compress_vec(payload, &mut data, FlushCompress::Finish)
        .unwrap();
    data
}

/// The same behind an authentication header, which IPv4 fragments as its payload (RFC 4302 section
/// 3.1.1).
fn authenticated(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let mut header = vec![protocol, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1];
    header.extend([9; 12]);
    [&header, payload].concat()
}

/// Puts a packet into one of a tunnel.
type Tunnel = fn(&[u8]) -> Vec<u8>;

/// Of each kind of tunnel: in order, the last first, and in pieces too small for a header.
fn packets() -> Vec<Vec<u8>> {
    let tunnels: [Tunnel; 10] = [
        |packet| ip4(ENDS, 4, packet),
        gre,
        vxlan,
        gtp,
        |packet| gre(&vxlan(packet)),
        |packet| ip4(ENDS, IP_COMP, &compressed(4, packet)),
        |packet| ip4(ENDS, IP_COMP, &compressed(1, &packet[20..])),
        |packet| ip4(ENDS, IP_COMP, &compressed(IP_COMP, &compressed(4, packet))),
        |packet| ip4(ENDS, AH, &authenticated(1, &packet[20..])),
        |packet| {
            ip4(
                ENDS,
                AH,
                &authenticated(IP_COMP, &compressed(1, &packet[20..])),
            )
        },
    ];
    let mut packets = Vec::new();
    let mut seq = 0;
    for tunnel in tunnels {
        for size in [200, 16] {
            for is_backwards in [false, true] {
                seq += 1;
                let mut pieces = cut(&tunnel(&request(seq, 1400)), seq, size);
                if is_backwards {
                    pieces.reverse();
                }
                packets.extend(pieces);
            }
        }
    }
    // The tunnel is inside of another, which is not fragmented.
    packets.extend(
        cut(&vxlan(&request(90, 1000)), 90, 800)
            .iter()
            .map(|piece| gre(piece)),
    );
    // The message is in fragments as well.
    for (n, piece) in (100..).zip(cut(&request(91, 3000), 91, 1480)) {
        packets.extend(cut(&gre(&piece), n, 1000));
    }
    packets
}

#[test]
fn tshark_puts_the_same_packets_together() {
    let file = written(RAW, &packets());
    let (mut ours, _) = ours(file.path());
    assert_eq!(ours.len() as u64, ALONE + 2);
    let bad: Vec<_> = ours.iter().filter(|(_, (_, is_good))| !is_good).collect();
    assert!(bad.is_empty(), "{bad:?}");
    // Of fragments that came in several frames tshark names the last of those alone.
    let mut theirs = theirs(file.path());
    let (last, (all, _)) = ours.pop_last().unwrap();
    let of_tshark = theirs.remove(&last).unwrap();
    assert_eq!(all, (last - 4..=last).collect::<Vec<_>>());
    assert_eq!(of_tshark, (vec![last - 3, last - 1, last], true));
    assert_eq!(ours, theirs);
}

#[test]
fn each_message_is_told_once_and_all_frames_are_accounted_for() {
    let packets = packets();
    let records = records(&written(RAW, &packets));
    let messages: Vec<_> = records
        .iter()
        .filter(|record| record["type"] == "icmp")
        .collect();
    let mut sequence: Vec<_> = messages
        .iter()
        .filter_map(|m| m["icmp"]["seq"].as_u64())
        .collect();
    sequence.sort_unstable();
    // The first pieces of two end in an authentication header.
    let shown = (1..=ALONE).filter(|seq| ![35, 36].contains(seq));
    assert_eq!(sequence, shown.chain([90, 91]).collect::<Vec<_>>());
    let complete = messages
        .iter()
        .filter(|m| m["reassembly"]["status"] == "complete");
    let mut whole: Vec<_> = complete
        .map(|m| {
            (
                m["reassembly"]["icmp"]["seq"].clone(),
                m["reassembly"]["icmp"]["checksum"]["status"].clone(),
            )
        })
        .collect();
    whole.sort_by_key(|(seq, _)| seq.as_u64());
    let expected = (1..=ALONE)
        .chain([90, 91])
        .map(|seq| (json!(seq), json!("good")));
    assert_eq!(whole, expected.collect::<Vec<_>>());
    let summary = records.last().unwrap();
    let fates =
        json!({"complete": ALONE + 2, "waiting": 0, "expired": 0, "evicted": 0, "overlapping": 0});
    assert_eq!(summary["reassembly"], fates);
    let frames = &summary["frames"];
    let count = |name: &str| frames[name].as_u64().unwrap();
    assert_eq!(count("read"), packets.len() as u64);
    assert_eq!(count("read"), count("icmp") + count("other"));
    // Early fragments have no record of their own.
    assert_eq!(count("icmp"), packets.len() as u64);
    assert!(count("icmp") > messages.len() as u64);
    let counted = &summary["checksums"];
    assert_eq!(
        (&counted["good"], &counted["unverified"]),
        (&json!(ALONE + 2), &json!(0))
    );
}

#[test]
fn a_message_of_which_no_fragment_told_is_shown_with_the_tunnel_around_it() {
    let records = records(&written(RAW, &cut(&gre(&request(1, 100)), 5, 16)));
    let message = records
        .iter()
        .find(|record| record["type"] == "icmp")
        .unwrap();
    assert_eq!(message["frame"], 9);
    assert_eq!(message["icmp"]["checksum"]["status"], "good");
    assert_eq!(message["ip"]["src"], "10.0.0.1");
    let around = &message["tunnel"][0];
    assert_eq!(
        (&around["kind"], &around["src"]),
        (&json!("gre"), &json!("192.0.2.1"))
    );
    let frames: Vec<_> = (1..=9).map(|n| json!({"frame": n})).collect();
    assert_eq!(message["reassembly"]["frames"], json!(frames));
}

#[test]
fn the_outermost_header_that_is_told_is_the_frame_s_own() {
    let packets = packets();
    let records = records(&written(RAW, &packets));
    let in_tunnels: Vec<_> = records
        .iter()
        .filter(|record| record["type"] == "icmp" && record["tunnel"].is_array())
        .collect();
    let mut later = 0;
    for record in &in_tunnels {
        let number = usize::try_from(record["frame"].as_u64().unwrap()).unwrap();
        let sent = &packets[number - 1];
        let word = |at: usize| u16::from_be_bytes([sent[at], sent[at + 1]]);
        let told = &record["tunnel"][0]["ip"];
        assert_eq!(
            (&told["length"], &told["id"], &told["checksum"]["value"]),
            (&json!(word(2)), &json!(word(4)), &json!(word(10))),
            "{number}"
        );
        let offset = (word(6) & 0x1fff) * 8;
        let place = &told["fragment"]["offset"];
        assert!(
            *place == json!(offset) || place.is_null() && offset == 0,
            "{number}"
        );
        later += u64::from(offset > 0);
        // A packet that only a tunnel had in fragments is none itself.
        if record["ip"]["id"] != 91 {
            assert!(record["ip"]["fragment"].is_null(), "{number}");
        }
    }
    // AH is no tunnel, and a payload that is compressed is told of by the packet's own header.
    assert!(later > 15, "{later}");
}

/// An error about a fragment that is not the first of a tunnel's packet is about what the first one shows.
#[test]
fn what_a_later_fragment_of_a_tunnels_packet_carried_the_first_one_tells() {
    let datagram = |packet: &[u8]| {
        let mut packet = packet.to_vec();
        packet[9] = 17;
        packet[20..24].copy_from_slice(&[4, 87, 8, 174]);
        packet
    };
    let tunnels: [Tunnel; 3] = [in_v4, gre, vxlan];
    for tunnel in tunnels {
        for (inside, is_echo) in [(request(1, 400), true), (datagram(&request(1, 400)), false)] {
            let mut packets = cut(&tunnel(&inside), 9, 200);
            let last = packets.len() as u64;
            let mut error = vec![3, 13, 0, 0, 0, 0, 0, 0];
            error.extend(&packets[packets.len() - 1][..28]);
            let sum = icmpdump::wire::checksum::internet(&[&error]);
            error[2..4].copy_from_slice(&sum.to_be_bytes());
            packets.push(ip4(([198, 51, 100, 1], ENDS.0), 1, &error));
            let told = records(&written(RAW, &packets));
            let find = |kind: &str| told.iter().find(|record| record["type"] == kind);
            let drop = find("drop").unwrap();
            assert_eq!(drop["original_frames"], json!([{"frame": last}]));
            let carried = &drop["carried"];
            if is_echo {
                assert_eq!(
                    (&carried["icmp_type"], &carried["id"]),
                    (&json!(8), &json!(7))
                );
                assert_eq!(find("exchange").unwrap()["outcome"], "error");
            } else {
                let ports = (&carried["src_port"], &carried["dst_port"]);
                assert_eq!(ports, (&json!(1111), &json!(2222)));
            }
        }
    }
}
