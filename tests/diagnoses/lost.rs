//! Pings that are lost beside others that errors are about.

use serde_json::Value;

use crate::common::crafted::{Crafted, checksum, echo_reply, echo_request, error};
use crate::common::run;
use crate::fragmented::{cut, echo, echo6, vxlan};
use crate::{A, B, ROUTER, of_kind};

/// What fits into the packets of a path, in octets of a ping's data.
const FITS: usize = 1272;

/// The two fragments of a packet that is too long for the path.
fn fragments(packet: &[u8], id: u8) -> [Vec<u8>; 2] {
    const HEADER: usize = 20;
    const MORE: u16 = 0x2000;
    let (header, message) = packet.split_at(HEADER);
    let (first, rest) = message.split_at(8 + FITS);
    [
        (MORE, first),
        (u16::try_from(first.len() / 8).unwrap(), rest),
    ]
    .map(|(field, part)| {
        let mut packet = [header, part].concat();
        let length = u16::try_from(packet.len()).unwrap();
        packet[2..4].copy_from_slice(&length.to_be_bytes());
        packet[5] = id;
        packet[6..8].copy_from_slice(&field.to_be_bytes());
        packet[10..12].fill(0);
        let sum = checksum(&packet[..HEADER]);
        packet[10..12].copy_from_slice(&sum.to_be_bytes());
        packet
    })
}

/// A packet that is too big tells nothing of fragments that fit.
#[test]
fn fragments_are_not_lost_for_what_a_longer_packet_met() {
    for in_fragments in [true, false] {
        let mut capture = Crafted::new();
        let ping = |seq| echo_request((A, B), 64, (7, seq), &[7; FITS + 100]);
        capture.at(0, &ping(0));
        capture.at(1, &error(ROUTER, (3, 4), 1300, &ping(0)));
        for seq in 1..=5 {
            let at = u64::from(seq) * 1000;
            if in_fragments {
                let id = u8::try_from(seq).unwrap();
                for part in fragments(&ping(seq), id) {
                    capture.at(at, &part);
                }
            } else {
                capture.at(at, &ping(seq));
            }
        }
        capture.at(60_000, &echo_request((B, A), 64, (9, 1), b"goes on"));
        let told = of_kind(&capture, "finding");
        let lost: Vec<_> = (told.iter())
            .filter(|finding| finding["finding"] == "ping_loss")
            .map(|finding| finding["title"].to_string())
            .collect();
        assert_eq!(lost.len(), usize::from(in_fragments), "{told:?}");
        assert!(lost.iter().all(|it| it.contains(" lost 5 of 6 pings ")));
    }
}

/// A router that has fragments come in and go out has one reply, that goes back to who asked.
#[test]
fn fragments_at_both_sides_of_a_router_are_of_one_reply() {
    let (mut asker, mut router) = (Crafted::new(), Crafted::new());
    for seq in 0..3_u16 {
        let begun = u64::from(seq) * 300;
        let id = u8::try_from(seq).expect("few") + 1;
        let mut at = begun;
        let payload = [7; FITS + 100];
        let requests = |ttl| fragments(&echo_request((A, B), ttl, (7, seq), &payload), id);
        let replies = |ttl| fragments(&echo_reply((A, B), ttl, (7, seq), &payload), id + 100);
        let mut seen = |capture: &mut Crafted, packets: [Vec<u8>; 2]| {
            for packet in packets {
                at += 1;
                capture.at(at, &packet);
            }
        };
        seen(&mut asker, requests(64));
        seen(&mut router, requests(63));
        seen(&mut router, requests(62));
        seen(&mut router, replies(63));
        seen(&mut router, replies(62));
        seen(&mut asker, replies(61));
    }
    let ((_asker, asker), (_router, router)) = (asker.path(), router.path());
    let told = run(&["-q", "-r", &asker, "-r", &router]).good();
    assert!(told.contains("requests: echo 3 (3 answered)\n"), "{told}");
}

/// A bridge gives a request twice behind the tunnel that it comes in by, and the reply, too.
#[test]
fn replies_at_both_ports_of_a_bridge_are_one_whether_requests_come_in_fragments_in_a_tunnel_or_not()
{
    let told = |version, size| {
        let mut bridge = Crafted::new();
        for seq in 0..3_u16 {
            let (request, reply) = match version {
                4 => (echo(8, seq, 1440), numbered(echo(0, seq, 1440), 500 + seq)),
                _ => (echo6(128, seq, 1440), echo6(129, seq, 1440)),
            };
            let mut at = u64::from(seq) * 1_000_000;
            let mut seen = |packet: &[u8]| {
                at += 10;
                bridge.push(at, packet);
            };
            for part in cut(&request, 100 + seq, size) {
                seen(&vxlan(&part));
                seen(&part);
                seen(&part);
            }
            seen(&reply);
            seen(&reply);
        }
        let exchanges = of_kind(&bridge, "exchange").into_iter();
        let became = |it: Value| (it["outcome"].clone(), it["duplicates"].clone());
        exchanges.map(became).collect::<Vec<_>>()
    };
    for version in [4, 6] {
        let whole = told(version, 1480);
        assert_eq!(whole.len(), 3);
        assert!(whole.iter().all(|(_, duplicates)| *duplicates == 0));
        assert_eq!(told(version, 1400), whole);
    }
}

/// An IPv4 packet with this identification.
fn numbered(mut packet: Vec<u8>, id: u16) -> Vec<u8> {
    packet[4..6].copy_from_slice(&id.to_be_bytes());
    packet[10..12].fill(0);
    let sum = checksum(&packet[..20]);
    packet[10..12].copy_from_slice(&sum.to_be_bytes());
    packet
}
