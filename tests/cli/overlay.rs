//! Errors about the packets of tunnels, and messages in those that were fragmented.

use std::net::Ipv4Addr;

use etherparse::{IpFragOffset, IpNumber, Ipv4Header, PacketBuilder};
use serde_json::Value;

use crate::common::crafted::{Crafted, echo_reply, echo_request, error, error_with, udp};
use crate::common::{of_type, records, summary};

const ENDS: ([u8; 4], [u8; 4]) = ([192, 0, 2, 1], [192, 0, 2, 2]);
const HOSTS: (Ipv4Addr, Ipv4Addr) = (Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 0, 0, 2));
const ROUTER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 254);
const FRAGMENTATION_NEEDED: (u8, u8) = (3, 4);

fn ping(seq: u16) -> Vec<u8> {
    echo_request(HOSTS, 64, (7, seq), &[9; 56])
}

/// A packet of IPv4 with this identification.
fn numbered(protocol: IpNumber, id: u16, payload: &[u8]) -> Vec<u8> {
    fragment(protocol, id, (0, false), payload)
}

/// A fragment of one: where it starts, in units of eight octets, and whether more follow.
fn fragment(protocol: IpNumber, id: u16, (at, more): (u16, bool), payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).expect("a packet");
    let mut header = Ipv4Header::new(length, 64, protocol, ENDS.0, ENDS.1).expect("a packet");
    header.identification = id;
    header.fragment_offset = IpFragOffset::try_new(at).expect("a fragment");
    header.more_fragments = more;
    header.header_checksum = header.calc_header_checksum();
    [&header.to_bytes()[..], payload].concat()
}

/// One packet in each kind of tunnel.
fn tunnels(id: u16, packet: &[u8]) -> [(&'static str, Vec<u8>); 3] {
    let gre = [&[0, 0, 8, 0], packet].concat();
    let ethernet = [&[2; 12][..], &[8, 0], packet].concat();
    let vxlan = [&[8, 0, 0, 0, 0, 0, 42, 0][..], &ethernet].concat();
    let mut udp = Vec::new();
    PacketBuilder::ipv4(ENDS.0, ENDS.1, 64)
        .udp(50_000, 4789)
        .write(&mut udp, &vxlan)
        .expect("a packet");
    [
        ("ip_in_ip", numbered(IpNumber::IPV4, id, packet)),
        ("gre", numbered(IpNumber::GRE, id, &gre)),
        ("vxlan", numbered(IpNumber::UDP, id, &udp[20..])),
    ]
}

fn told(capture: &Crafted) -> Vec<Value> {
    let file = capture.file();
    records(&["-r", file.path().to_str().expect("a path"), "--json"])
}

#[test]
fn an_error_about_a_tunnels_packet_finds_it_and_ends_the_request_inside() {
    let each = [1, 2].map(|seq| tunnels(100 + seq, &ping(seq)));
    for ((kind, first), (_, second)) in each[0].iter().zip(&each[1]) {
        let mut capture = Crafted::new();
        capture.at(0, first);
        capture.at(5, &error_with(ROUTER, FRAGMENTATION_NEEDED, 1400, first));
        capture.at(1000, second);
        capture.at(1005, &error(ROUTER, FRAGMENTATION_NEEDED, 1400, second));
        capture.at(
            2000,
            &tunnels(103, &echo_reply(HOSTS, 64, (8, 8), b"other"))[0].1,
        );
        let told = told(&capture);
        let errors: Vec<_> = of_type(&told, "icmp")
            .into_iter()
            .filter(|record| record["icmp"]["type"] == 3)
            .collect();
        for (error, frame) in errors.iter().zip([1, 3]) {
            assert_eq!(error["original"]["match"], "exact", "{kind}: {error}");
            assert_eq!(error["original"]["frame"], frame, "{kind}: {error}");
        }
        let echo = &summary(&told)["exchanges"]["echo"];
        // The quote of the second is too short to have the request, which the packet found has.
        assert_eq!(echo["error"], 2, "{kind}: {echo}");
        let drops = of_type(&told, "drop");
        assert_eq!(drops.len(), 1, "{kind}: {drops:?}");
        assert_eq!(drops[0]["original_count"], 2, "{kind}: {}", drops[0]);
        // What else is in the tunnel does not tell that this got through.
        let carried = &drops[0]["carried"];
        assert_eq!(carried["icmp_type"], 8, "{kind}: {}", drops[0]);
        let aftermath = &drops[0]["aftermath"];
        assert_eq!(
            aftermath["outcome"], "retransmitting",
            "{kind}: {aftermath}"
        );
        assert_eq!(aftermath["packets"], 1, "{kind}: {aftermath}");
    }
}

/// The last fragment of a tunnel's packet is told as what it is part of.
#[test]
fn a_message_in_a_fragmented_tunnel_keeps_its_addresses_and_its_tunnel() {
    let request = ping(1);
    let inside = error_with(HOSTS.1, (3, 1), 0, &request);
    let gre = [&[0, 0, 8, 0][..], &inside].concat();
    let mut capture = Crafted::new();
    let pieces = gre.chunks(48).enumerate();
    for (number, piece) in pieces {
        let at = u16::try_from(number * 6).expect("a fragment");
        let more = number < gre.len() / 48;
        let micros = u64::try_from(number).expect("a fragment");
        capture.push(micros, &fragment(IpNumber::GRE, 9, (at, more), piece));
    }
    let told = told(&capture);
    let last = of_type(&told, "icmp").into_iter().next_back();
    let last = last.expect("messages");
    assert_eq!(last["reassembly"]["status"], "complete", "{last}");
    assert_eq!(last["ip"]["src"], "10.0.0.2", "{last}");
    assert_eq!(last["ip"]["dst"], "10.0.0.1", "{last}");
    assert_eq!(last["tunnel"][0]["kind"], "gre", "{last}");
    assert_eq!(last["tunnel"][0]["src"], "192.0.2.1", "{last}");
    assert_eq!(last["quoted"]["half_translated"], Value::Null, "{last}");
    let drops = of_type(&told, "drop");
    assert_eq!(drops.len(), 1, "{told:?}");
    assert_eq!(drops[0]["flow"]["src"], "10.0.0.1");
}

/// Who asks for the flow inside finds the error and its verdict, by the quote if that has it, or else by
/// the packet that was captured, if something tells which that is.
#[test]
fn an_error_about_a_tunnels_packet_is_found_by_the_flow_inside() {
    const PROHIBITED: (u8, u8) = (3, 13);
    let inner = udp(HOSTS, 60, (4000, 9));
    let all = tunnels(7, &inner).into_iter().zip(tunnels(0, &inner));
    for ((kind, packet), (_, mut unnumbered)) in all {
        if unnumbered[9] == IpNumber::UDP.0 {
            // Its checksum would tell it as well.
            unnumbered[26..28].fill(0);
        }
        for (original, quoted, reaches_inside) in [
            (Some(&packet), packet.len(), true),
            (None, packet.len(), true),
            (Some(&packet), 28, true),
            (None, 28, false),
            (Some(&unnumbered), 28, false),
        ] {
            let packet = original.unwrap_or(&packet);
            let mut capture = Crafted::new();
            if original.is_some() {
                capture.at(0, packet);
            }
            capture.at(5, &error_with(ROUTER, PROHIBITED, 0, &packet[..quoted]));
            let file = capture.file();
            let path = file.path().to_str().expect("a path");
            for (filter, found) in [
                ("host 10.0.0.2", reaches_inside),
                ("src host 10.0.0.1 and udp port 9", reaches_inside),
                ("host 192.0.2.2", true),
                ("host 10.0.0.3", false),
                ("udp port 10", false),
            ] {
                let what = format!("{kind}, {quoted} octets, '{filter}'");
                let told = records(&["-r", path, filter]);
                let count = |kind| of_type(&told, kind).len();
                assert_eq!(count("icmp"), usize::from(found), "{what}");
                assert_eq!(count("drop"), usize::from(found), "{what}");
                let outer = records(&["-r", path, "--quoted", "no", filter]);
                assert_eq!(of_type(&outer, "icmp").len(), 0, "{what}");
            }
        }
    }
}

/// What became of a plain ping, if something comes back in a tunnel of which so many octets were captured.
fn came_back(packet: &[u8], captured: usize) -> (Value, Value) {
    let mut capture = Crafted::new();
    capture.at(0, &ping(1));
    capture.push_cut(10_000, packet, captured.min(packet.len()));
    // Long after.
    capture.at(60_000, &udp(HOSTS, 64, (4000, 9)));
    let told = told(&capture);
    let outcome = of_type(&told, "exchange")[0]["outcome"].clone();
    (outcome, summary(&told)["in_tunnels"]["short"].clone())
}

#[test]
fn a_reply_in_a_tunnel_that_was_cut_before_it_is_not_known_to_be_lost() {
    let reply = echo_reply(HOSTS, 64, (7, 1), &[9; 56]);
    let other = udp(HOSTS, 64, (4000, 9));
    for ((kind, packet), (_, other)) in tunnels(5, &reply).into_iter().zip(tunnels(5, &other)) {
        let inner = packet.len() - reply.len();
        for captured in 24..=inner + 20 + 8 {
            let (outcome, short) = came_back(&packet, captured);
            let is_told = captured == inner + 20 + 8;
            let expected = if is_told { "answered" } else { "unknown" };
            assert_eq!(outcome, expected, "{kind}, {captured} octets");
            let counted = captured < inner + 20;
            assert_eq!(short == 1, counted, "{kind}, {captured} octets: {short}");
        }
        // What is no ICMP answers nothing.
        for captured in [inner + 10, inner + 20, other.len()] {
            let (outcome, short) = came_back(&other, captured);
            assert_eq!(outcome, "lost", "{kind}, {captured} octets");
            assert_eq!(short, Value::Null, "{kind}, {captured} octets");
        }
    }
}
