use etherparse::{IpNumber, PacketBuilder};

use super::*;
use crate::correlate::replay::{self, Replay};
use crate::correlate::verdict::AftermathOutcome;
use crate::model::{Frame, LinkType};
use crate::wire::tunnel::TunnelKind;
use crate::wire::{Classified, classify};

const HERE: [u8; 4] = [192, 0, 2, 1];
const THERE: [u8; 4] = [192, 0, 2, 2];
const ELSEWHERE: [u8; 4] = [192, 0, 2, 3];
const ETHERNET: [u8; 14] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];

fn ping() -> Vec<u8> {
    let mut packet = Vec::new();
    PacketBuilder::ipv4([10, 0, 0, 1], [10, 0, 0, 2], 64)
        .icmpv4_echo_request(1, 1)
        .write(&mut packet, b"abcd")
        .unwrap();
    packet
}

/// The network of a ping behind these octets, in IP of this protocol.
fn network((src, dst): ([u8; 4], [u8; 4]), protocol: u8, header: &[u8]) -> Network {
    let mut outer = Vec::new();
    PacketBuilder::ipv4(src, dst, 64)
        .write(&mut outer, IpNumber(protocol), &[header, &ping()].concat())
        .unwrap();
    match classify(&Frame::alone(LinkType(101), &outer)) {
        Classified::Icmp(packet) => Network::of(&packet),
        other => panic!("{other:?}"),
    }
}

/// VXLAN (RFC 7348 section 5) with that identifier, the frame inside perhaps of a VLAN.
fn vxlan(vni: u8, vlan: Option<u8>) -> Vec<u8> {
    let length = 8 + 8 + 14 + vlan.map_or(0, |_| 4) + ping().len();
    let length = u16::try_from(length).unwrap();
    let mut header = vec![0xc0, vni, 0x12, 0xb5];
    header.extend(length.to_be_bytes());
    header.extend([0, 0, 8, 0, 0, 0, 0, 0, vni, 0]);
    header.extend(&ETHERNET[..12]);
    header.extend(vlan.map(|id| [0x81, 0, 0, id]).into_iter().flatten());
    header.extend([8, 0]);
    header
}

#[test]
fn tunnels_tell_networks_in_both_directions() {
    let (there, back) = ((HERE, THERE), (THERE, HERE));
    let of_vni = |ends, vni| network(ends, 17, &vxlan(vni, None));
    assert_eq!(of_vni(there, 1), of_vni(back, 1));
    // Behind its gateway a VXLAN has any ends.
    assert_eq!(of_vni(there, 1), of_vni((HERE, ELSEWHERE), 1));
    assert!(of_vni(there, 1).is_other_than(of_vni(there, 2)));
    let of_vlan = |vlan| network(there, 17, &vxlan(1, Some(vlan)));
    assert!(of_vlan(10).is_other_than(of_vlan(20)));
    // GRE with a key (RFC 2890).
    let of_key = |ends, key| network(ends, 47, &[0x20, 0, 8, 0, 0, 0, 0, key]);
    assert_eq!(of_key(there, 1), of_key(back, 1));
    assert!(of_key(there, 1).is_other_than(of_key(there, 2)));
    assert!(!of_key(there, 1).is_other_link_than(of_key(back, 2)));
    assert!(of_key(there, 1).is_other_link_than(of_key((HERE, ELSEWHERE), 1)));
    assert!(of_vni(there, 1).is_other_link_than(of_vni(there, 2)));
    let of_ends = |ends| network(ends, 4, &[]);
    assert_eq!(of_ends(there), of_ends(back));
    assert!(of_ends(there).is_other_than(of_ends((HERE, ELSEWHERE))));
}

#[test]
fn what_mirrors_or_names_one_direction_tells_no_network() {
    // ERSPAN type I (no header of its own), behind GRE.
    let mirrored = [&[0, 0, 0x88, 0xbe][..], &ETHERNET].concat();
    assert_eq!(network((HERE, THERE), 47, &mirrored), Network::NONE);
    // MPLS in GRE: labels name the next hop's way.
    let ends = |label| network((HERE, THERE), 47, &[0, 0, 0x88, 0x47, 0, label, 1, 64]);
    assert_eq!(ends(1), ends(2));
}

#[test]
fn what_tells_nothing_may_be_any_link() {
    let link = |vlan, network| Link {
        vlan,
        network: Network::for_tests(network),
    };
    assert!(link(10, 0).is_other_than(link(20, 0)));
    assert!(link(0, 1).is_other_than(link(0, 2)));
    for (a, b) in [((10, 0), (0, 0)), ((10, 0), (0, 1)), ((10, 0), (10, 1))] {
        assert!(!link(a.0, a.1).is_other_than(link(b.0, b.1)));
    }
    let both = link(0, 1).or(link(10, 0));
    assert!(both.is_other_than(link(20, 0)) && both.is_other_than(link(0, 2)));
}

const CLIENT: ([u8; 4], u16) = ([10, 0, 0, 1], 4000);
const SERVER: ([u8; 4], u16) = ([10, 0, 0, 2], 80);
const SYN: u8 = 0x02;
const ACK: u8 = 0x10;

/// Where the client of VXLAN `vni` begins to count.
fn first(vni: u8) -> u32 {
    if vni == 1 { 500 } else { 100 }
}

/// A segment of the client in VXLAN `vni`.
fn sent(vni: u8, flags: u8, octets: usize) -> Vec<u8> {
    let mut inner = replay::segment(CLIENT, SERVER, (first(vni), 1), octets);
    inner[33] = flags;
    encapsulated(vni, true, &inner)
}

/// One that answers the client of VXLAN `of`.
fn answer(of: u8) -> Vec<u8> {
    replay::segment(SERVER, CLIENT, (1, first(of) + 1), 0)
}

fn encapsulated(vni: u8, from_client: bool, inner: &[u8]) -> Vec<u8> {
    let (src, dst) = if from_client {
        (HERE, THERE)
    } else {
        (THERE, HERE)
    };
    let mut packet = Vec::new();
    let header = [&[8, 0, 0, 0, 0, 0, vni, 0][..], &ETHERNET].concat();
    PacketBuilder::ipv4(src, dst, 64)
        .udp(50_000, 4789)
        .write(&mut packet, &[&header[..], inner].concat())
        .unwrap();
    packet[26..28].copy_from_slice(&[0, 0]);
    packet
}

/// What became of a SYN in VXLAN 2 that a router refuses, while other packets come.
fn became(before: &[Vec<u8>], after: &[Vec<u8>]) -> AftermathOutcome {
    let mut play = Replay::new();
    let mut millis = 0;
    let syn = sent(2, SYN, 0);
    for packet in before.iter().chain([&syn]) {
        play.at(millis, packet);
        millis += 1;
    }
    let refused = replay::error([10, 0, 0, 254], [3, 13, 0, 0, 0, 0, 0, 0], &syn[50..]);
    for packet in [encapsulated(2, false, &refused)].iter().chain(after) {
        play.at(millis, packet);
        millis += 1000;
    }
    play.verdicts().remove(0).aftermath.outcome
}

/// A router refuses a SYN of VXLAN `of`, by an error in VXLAN `through`, of this identification.
fn refusal((of, through): (u8, u8), id: u8) -> Vec<u8> {
    let syn = sent(of, SYN, 0);
    let head = [3, 13, 0, 0, 0, 0, 0, 0];
    let mut refused = replay::error([10, 0, 0, 254], head, &syn[50..]);
    refused[5] = id;
    encapsulated(through, false, &refused)
}

/// Of the verdicts the networks, how many errors, about which packets, and what came of each flow.
fn told(packets: &[Vec<u8>]) -> Vec<(Within, u64, Vec<u64>, AftermathOutcome)> {
    let mut play = Replay::new();
    for (at, packet) in (0..).zip(packets) {
        play.at(at * 1000, packet);
    }
    let told = play.verdicts().into_iter().map(|verdict| {
        let originals = verdict.original_frames.iter();
        (
            verdict.scope.within(),
            verdict.count,
            originals.map(|frame| frame.number()).collect(),
            verdict.aftermath.outcome,
        )
    });
    told.collect()
}

/// The same addresses and ports, refused in two networks; one goes on.
#[test]
fn flows_of_two_networks_have_a_verdict_each() {
    let back = |vni| encapsulated(vni, false, &answer(vni));
    let packets = [
        sent(1, SYN, 0),
        sent(2, SYN, 0),
        refusal((1, 1), 1),
        refusal((2, 2), 2),
        sent(2, SYN, 0),
        back(2),
        refusal((1, 1), 3),
        sent(1, SYN, 0),
    ];
    let told = told(&packets);
    let told: Vec<_> = told
        .into_iter()
        .map(|(within, count, originals, outcome)| match within {
            Within::Tunnel(tunnel) => (tunnel.kind, count, originals, outcome),
            other => panic!("{other:?}"),
        })
        .collect();
    let kind = |vni| TunnelKind::Vxlan { vni };
    let expected = [
        (kind(1), 2, vec![1], AftermathOutcome::Retransmitting),
        (kind(2), 1, vec![2], AftermathOutcome::Recovered),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_tunnel_in_a_tunnel_is_of_the_network_of_the_outer_one() {
    let mut outer = Vec::new();
    PacketBuilder::ipv4(CLIENT.0, SERVER.0, 64)
        .write(&mut outer, IpNumber::IPV4, &ping())
        .unwrap();
    outer[5] = 7;
    let refused = replay::error([10, 0, 0, 254], [3, 13, 0, 0, 0, 0, 0, 0], &outer);
    let told = told(&[
        encapsulated(1, true, &outer),
        encapsulated(1, false, &refused),
    ]);
    let originals: Vec<_> = told
        .into_iter()
        .map(|(_, _, originals, _)| originals)
        .collect();
    assert_eq!(originals, [[1]]);
}

/// RFC 9135 section 4.1.
#[test]
fn errors_that_come_back_through_another_network_are_about_the_flow_of_its_own() {
    let packets = [
        sent(1, SYN, 0),
        refusal((1, 2), 1),
        refusal((1, 1), 2),
        sent(1, SYN, 0),
    ];
    let mut told = told(&packets);
    assert_eq!(told.len(), 1, "{told:?}");
    let (within, count, ..) = told.remove(0);
    assert_eq!(count, 2);
    let Within::Tunnel(tunnel) = within else {
        panic!("{within:?}");
    };
    assert_eq!(tunnel.kind, TunnelKind::Vxlan { vni: 1 });
}

/// An Ethernet frame of a VLAN with that IP packet.
fn tagged(vlan: u8, packet: &[u8]) -> Vec<u8> {
    [&ETHERNET[..12], &[0x81, 0, 0, vlan, 8, 0], packet].concat()
}

/// A datagram of the client that the router refuses in two VLANs, with these TTLs.
fn refused_in_vlans(ttls: [u8; 2]) -> Vec<(Within, u64)> {
    let mut datagram = Vec::new();
    PacketBuilder::ipv4(CLIENT.0, SERVER.0, 64)
        .udp(4000, 53)
        .write(&mut datagram, b"who is there")
        .unwrap();
    let mut play = Replay::new();
    for (vlan, ttl) in [10, 20].into_iter().zip(ttls) {
        let at = i64::from(vlan) * 1000;
        datagram[5] = vlan;
        let head = [3, 13, 0, 0, 0, 0, 0, 0];
        let mut refused = replay::error([10, 0, 0, 254], head, &datagram);
        refused[5] = vlan;
        refused[8] = ttl;
        play.on_ethernet(at, &tagged(vlan, &datagram));
        play.on_ethernet(at + 1, &tagged(vlan, &refused));
    }
    datagram[5] = 21;
    play.on_ethernet(21_000, &tagged(20, &datagram));
    play.on_ethernet(40_000, &tagged(30, &ping()));
    let told = play.verdicts().into_iter();
    told.map(|verdict| (verdict.scope.within(), verdict.aftermath.packets))
        .collect()
}

#[test]
fn flows_of_two_vlans_have_a_verdict_each_unless_errors_were_routed() {
    // What came before the error in the other VLAN may have been the first one's.
    let expected = [(Within::Vlan(10), 1), (Within::Vlan(20), 1)];
    assert_eq!(refused_in_vlans([64, 64]), expected);
    assert_eq!(refused_in_vlans([63, 62]), [(Within::Vlan(10), 2)]);
}

#[test]
fn a_flow_goes_on_in_its_own_network() {
    let other = [sent(1, SYN, 0)];
    let back = |vni, of| encapsulated(vni, false, &answer(of));
    let goes_on = |vni| [back(vni, vni), sent(vni, ACK, 9), back(vni, vni)];
    assert_eq!(became(&other, &goes_on(1)), AftermathOutcome::Silent);
    assert_eq!(became(&other, &goes_on(2)), AftermathOutcome::Recovered);
    // Routers may answer another way, and what is in the tunnel be captured where that ends.
    for answer in [back(1, 2), answer(2)] {
        assert_eq!(became(&[], &[answer]), AftermathOutcome::Recovered);
    }
}

/// A SYN of the client from this port.
fn syn_from(vni: u8, port: u16) -> Vec<u8> {
    let mut inner = replay::segment((CLIENT.0, port), SERVER, (first(vni), 1), 0);
    inner[33] = SYN;
    encapsulated(vni, true, &inner)
}

/// A datagram of the client, or the server's answer.
fn datagram(vni: u8, from_client: bool) -> Vec<u8> {
    let (client, server) = (CLIENT.0, SERVER.0);
    let (src, dst, from, to) = if from_client {
        (client, server, 40_000, 40_001)
    } else {
        (server, client, 40_001, 40_000)
    };
    let mut inner = Vec::new();
    PacketBuilder::ipv4(src, dst, 64)
        .udp(from, to)
        .write(&mut inner, &[vni])
        .unwrap();
    encapsulated(vni, from_client, &inner)
}

#[test]
fn a_port_that_is_open_in_another_network_was_not_open() {
    for (vni, was_open) in [(1, None), (2, Some(2))] {
        let asked = datagram(2, true);
        let refused = replay::error(SERVER.0, [3, 3, 0, 0, 0, 0, 0, 0], &asked[50..]);
        let mut play = Replay::new();
        play.at(0, &datagram(vni, true));
        play.at(1, &datagram(vni, false));
        play.at(2, &asked);
        play.at(3, &encapsulated(2, false, &refused));
        let open = play.verdicts().remove(0).was_open;
        assert_eq!(open.map(|open| open.last.number()), was_open, "{vni}");
    }
}

#[test]
fn what_others_send_in_another_network_accuses_nobody() {
    for (vni, never_sent) in [(1, 0), (2, 1)] {
        let mut play = Replay::new();
        play.at(0, &syn_from(vni, 4001));
        play.at(6000, &syn_from(vni, 4002));
        play.at(6001, &refusal((2, 2), 1));
        assert_eq!(play.verdicts().remove(0).never_sent, never_sent, "{vni}");
    }
}

#[test]
fn nobody_tries_again_in_another_network() {
    for (vni, retried) in [(1, 0), (2, 1)] {
        let mut play = Replay::new();
        play.at(0, &sent(2, SYN, 0));
        play.at(1, &refusal((2, 2), 1));
        play.at(1000, &syn_from(vni, 4001));
        assert_eq!(
            play.verdicts().remove(0).aftermath.retried,
            retried,
            "{vni}"
        );
    }
}

/// The errors about the second flow come through a third network; a mirror gives all twice.
#[test]
fn a_mirror_is_told_of_the_flow_in_its_own_network() {
    // Its checksum is the card's to complete, so that the next one looks the same.
    let client = |vni| {
        let mut packet = datagram(vni, true);
        let sum: u16 = 0x0a00 + 1 + 0x0a00 + 2 + 17 + 9;
        packet[54..56].copy_from_slice(&[0, 0]);
        packet[76..78].copy_from_slice(&sum.to_be_bytes());
        packet
    };
    let refused = |vni, through, id| {
        let head = [3, 13, 0, 0, 0, 0, 0, 0];
        let mut error = replay::error([10, 0, 0, 254], head, &client(vni)[50..]);
        error[5] = id;
        encapsulated(through, false, &error)
    };
    let mut play = Replay::new();
    play.at(0, &client(1));
    play.at(1, &refused(1, 1, 1));
    for packet in [client(2), refused(2, 3, 2)] {
        play.at(1000, &packet);
        play.at(1000, &packet);
    }
    for millis in [1100, 1200, 1300] {
        play.at(millis, &client(2));
        play.at(millis, &client(2));
    }
    let verdicts = play.verdicts();
    let packets = verdicts.iter().map(|verdict| verdict.aftermath.packets);
    assert_eq!(packets.collect::<Vec<_>>(), [0, 3]);
}
