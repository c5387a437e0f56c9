//! Fragments of tunnels' packets that were captured again.

use icmpdump::wire::checksum::internet;
use serde_json::{Value, json};

use crate::captured::{records, written};
use crate::fragmented::{cut, echo, gre, in_v4, in_v6, udp, vxlan};
use crate::tunnel_fragments::RAW;

/// The packet as it is so many hops further on.
fn hops_on(packet: &[u8], hops: u8) -> Vec<u8> {
    let mut packet = packet.to_vec();
    if packet[0] >> 4 == 6 {
        packet[7] -= hops;
        return packet;
    }
    packet[8] -= hops;
    packet[10..12].fill(0);
    let sum = internet(&[&packet[..20]]);
    packet[10..12].copy_from_slice(&sum.to_be_bytes());
    packet
}

/// Records of messages, and the summary's count of frames, which adds up.
fn told(packets: &[Vec<u8>]) -> (Vec<Value>, Value) {
    let mut records = records(&written(RAW, packets));
    let frames = records.pop().unwrap()["frames"].clone();
    let count = |name: &str| frames[name].as_u64().unwrap();
    assert_eq!(count("read"), packets.len() as u64);
    assert_eq!(count("read"), count("icmp") + count("other"));
    records.retain(|record| record["type"] == "icmp");
    (records, frames)
}

fn of_frame(records: &[Value], frame: u64) -> &Value {
    let found = records.iter().find(|record| record["frame"] == frame);
    found.unwrap_or_else(|| panic!("nothing of {frame}"))
}

/// What is told of a record but for where and when it was captured, and in what outer header.
fn without_place(record: &Value) -> Value {
    let mut record = record.clone();
    let told = record.as_object_mut().unwrap();
    for name in [
        "frame",
        "ts",
        "copy_of",
        "reassembly",
        "inferred",
        "answers",
    ] {
        told.remove(name);
    }
    told.remove("community_id");
    let around = told["tunnel"][0].as_object_mut().unwrap();
    around.remove("ip");
    record
}

#[test]
fn the_last_fragment_is_told_with_the_tunnel_each_time() {
    let message = echo(8, 1, 1400);
    for (packet, size) in [
        (vxlan(&message), 1280),
        (gre(&message), 1280),
        (in_v4(&message), 640),
        (in_v6(&message), 1280),
        (in_v6(&message), 480),
    ] {
        let pieces = cut(&packet, 5, size);
        let last = pieces.len() as u64 * 3 - 2;
        let packets: Vec<_> = pieces
            .iter()
            .flat_map(|piece| (0..3).map(|hops| hops_on(piece, hops)))
            .collect();
        let (records, frames) = told(&packets);
        assert_eq!(frames["other"], 0);
        let whole = of_frame(&records, last);
        assert_eq!(whole["reassembly"]["status"], "complete");
        for hops in [1, 2] {
            let copy = of_frame(&records, last + hops);
            assert_eq!(without_place(copy), without_place(whole));
            assert_eq!(copy["ip"]["src"], "10.0.0.1");
            assert_eq!(copy["icmp"]["name"], "fragment");
            // The header around it is its own.
            assert_eq!(copy["tunnel"][0]["ip"]["ttl"], 64 - hops);
            let fragment = &copy["tunnel"][0]["ip"]["fragment"];
            assert_eq!(*fragment, whole["tunnel"][0]["ip"]["fragment"]);
            assert!(fragment["offset"].as_u64() > Some(0));
            let of = json!({"frame": last});
            assert_eq!(copy["copy_of"], of);
            // Of its own hop's fragments.
            let frames = (0..pieces.len() as u64).map(|n| json!({"frame": n * 3 + 1 + hops}));
            assert_eq!(copy["reassembly"]["frames"], frames.collect::<Value>());
            assert_eq!(copy["reassembly"]["status"], "complete");
        }
    }
}

/// A later fragment of IPv6 may name any header: the first one's counts (RFC 8200 section 4.5).
#[test]
fn what_a_copy_names_itself_counts_for_nothing() {
    let mut packets = cut(&in_v6(&echo(8, 1, 1400)), 5, 1280);
    packets[1][40] = 59;
    packets.push(hops_on(&packets[1], 1));
    let (records, _) = told(&packets);
    let [whole, copy] = [2, 3].map(|frame| of_frame(&records, frame));
    assert_eq!(whole["reassembly"]["status"], "complete");
    assert_eq!(without_place(copy), without_place(whole));
}

/// No fragment before it told of what is inside.
#[test]
fn a_fragment_that_alone_shows_a_message_shows_it_again() {
    let message = echo(8, 1, 60);
    for packet in [vxlan(&message), gre(&message), in_v6(&message)] {
        let mut packets = cut(&packet, 5, 16);
        let last = packets.len() as u64;
        for hops in [1, 2] {
            packets.push(hops_on(&packets[packets.len() - usize::from(hops)], hops));
        }
        let (records, frames) = told(&packets);
        assert_eq!(frames["other"], 0);
        let whole = of_frame(&records, last);
        assert_eq!(whole["icmp"]["seq"], 1);
        for copy in [last + 1, last + 2].map(|frame| of_frame(&records, frame)) {
            assert_eq!(copy["icmp"], whole["icmp"]);
            assert_eq!(copy["copy_of"], json!({"frame": last}));
        }
    }
}

/// Nor do their copies, but for the last: what UDP begins with is no message.
#[test]
fn copies_of_fragments_that_show_no_message_show_none() {
    let packet = vxlan(&echo(8, 1, 60));
    let pieces = cut(&packet, 5, 16);
    let copies = pieces.iter().map(|piece| hops_on(piece, 1));
    let all: Vec<_> = pieces.iter().cloned().chain(copies).collect();
    let (records, frames) = told(&all);
    assert_eq!(frames["other"], 0);
    let count = pieces.len() as u64;
    let told_of: Vec<_> = records.iter().map(|record| &record["frame"]).collect();
    assert_eq!(told_of, [&json!(count), &json!(2 * count)]);
    let [first, again] = [count, 2 * count].map(|frame| of_frame(&records, frame));
    assert_eq!(first["icmp"], again["icmp"]);
    assert_eq!(again["reassembly"]["status"], "complete");
    // Whichever of the copies come, and in whatever order, each frame is counted once.
    for skip in 0..pieces.len() {
        let mut some = all.clone();
        some.remove(pieces.len() + skip);
        some[pieces.len()..].reverse();
        let (records, _) = told(&some);
        assert!(records.iter().all(|record| record["icmp"]["type"] != 15));
    }
}

/// One is forged: it is no message itself.
#[test]
fn a_first_fragment_that_overlaps_and_shows_no_message_is_none() {
    let pieces = cut(&vxlan(&echo(8, 1, 1400)), 5, 1280);
    let forged = cut(&udp(4789, &[0; 64]), 5, 16).swap_remove(0);
    let (records, _) = told(&[pieces[0].clone(), forged, pieces[1].clone()]);
    assert!(records.iter().all(|record| record["frame"] != 2));
    assert_eq!(of_frame(&records, 3)["reassembly"]["status"], "refused");
}
