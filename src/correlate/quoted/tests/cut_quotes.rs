//! Errors that were cut between the IP header of the packet that they quote and its ports.

use std::net::Ipv6Addr;

use etherparse::PacketBuilder;

use super::{CLIENT, ROUTER, SERVER, with_id};
use crate::correlate::exchange::{Exchange, ExchangeOutcome};
use crate::correlate::replay::{self, Replay};
use crate::correlate::verdict::DropVerdict;
use crate::correlate::{NoOriginal, Outcome};
use crate::model::flow::FlowPorts;

const SENDER: [u8; 16] = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).octets();
const RECEIVER: [u8; 16] = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 2).octets();
const HOP: [u8; 16] = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 3).octets();
/// Octets before a quote over IPv6, and over IPv4.
const BEFORE: usize = 40 + 8;
const BEFORE_V4: usize = 20 + 8;

/// A datagram from this port with this flow label.
fn datagram(port: u16, label: u8, octets: &[u8]) -> Vec<u8> {
    let mut packet = Vec::new();
    PacketBuilder::ipv6(SENDER, RECEIVER, 64)
        .udp(port, 53)
        .write(&mut packet, octets)
        .unwrap();
    packet[3] = label;
    packet
}

/// A ping of IPv6 with this identifier and sequence number.
fn ping6(id: u16, seq: u16) -> Vec<u8> {
    let mut packet = Vec::new();
    PacketBuilder::ipv6(SENDER, RECEIVER, 64)
        .icmpv6_echo_request(id, seq)
        .write(&mut packet, b"ping")
        .unwrap();
    packet[3] = 7;
    packet
}

/// Says that there is no way for this packet, of which it quotes so much as `longest` allows.
fn unreachable(packet: &[u8], longest: usize) -> Vec<u8> {
    let mut quoted = packet.to_vec();
    quoted[7] -= 1;
    quoted.truncate(longest);
    let mut error = Vec::new();
    PacketBuilder::ipv6(HOP, SENDER, 64)
        .icmpv6_raw(1, 0, [0; 4])
        .write(&mut error, &quoted)
        .unwrap();
    error
}

/// What is made of an error that has its last octet at `cut`, where these were sent before it.
fn verdict(sent: &[Vec<u8>], error: &[u8], cut: usize) -> DropVerdict {
    let mut play = Replay::new();
    for (packet, millis) in sent.iter().zip(1..) {
        play.at(millis, packet);
    }
    play.at_cut(900, error, cut);
    let mut told = play.verdicts();
    assert_eq!(told.len(), 1);
    told.remove(0)
}

#[test]
fn a_quote_cut_between_its_addresses_and_its_ports_finds_its_packet_by_the_flow_label() {
    let sent = [
        datagram(4000, 1, b"who is there"),
        datagram(4001, 2, b"who is there"),
        datagram(4002, 3, b"who is there, and where"),
        ping6(5, 1),
    ];
    for (packet, number) in sent.iter().zip(1..) {
        for quoted in 38..48 {
            let told = verdict(&sent, &unreachable(packet, 100), BEFORE + quoted);
            let frames: Vec<_> = (told.original_frames.iter())
                .map(|frame| frame.number())
                .collect();
            assert_eq!(frames, [number], "{quoted}");
            assert_eq!(told.missed, None);
            assert!(told.slowest.is_some(), "the very packet");
            assert!(!matches!(
                told.flow.ports,
                FlowPorts::None | FlowPorts::Message(_)
            ));
        }
    }
}

#[test]
fn of_several_packets_that_a_cut_quote_may_be_of_what_they_agree_in_is_told() {
    let twice = [datagram(4000, 1, b"one"), datagram(4000, 1, b"two")];
    let flow = verdict(&twice, &unreachable(&twice[0], 100), BEFORE + 40);
    let ports = FlowPorts::Ports { src: 4000, dst: 53 };
    assert_eq!(flow.flow.ports, ports);
    assert_eq!((flow.original_count, flow.slowest), (1, None), "either");
    let pings = [ping6(5, 1), ping6(5, 2)];
    let flow = verdict(&pings, &unreachable(&pings[0], 100), BEFORE + 41);
    assert_eq!(flow.flow.ports, FlowPorts::Query { kind: 128, id: 5 });
    assert_eq!((flow.original_count, flow.slowest), (1, None), "either");
    let other = [datagram(4000, 1, b"one"), datagram(4001, 1, b"two")];
    let none = verdict(&other, &unreachable(&other[0], 100), BEFORE + 40);
    assert_eq!(none.flow.ports, FlowPorts::None);
    assert_eq!(none.missed, Some(NoOriginal::QuoteCut));
    // Half of the ports tell which.
    let half = verdict(&other, &unreachable(&other[0], 100), BEFORE + 42);
    assert_eq!((half.flow.ports, half.original_count), (ports, 1));
}

#[test]
fn a_cut_quote_is_not_of_another_packet() {
    let error = unreachable(&datagram(4000, 1, b"who is there"), 100);
    let mut too_far = datagram(4000, 1, b"who is there");
    too_far[7] = 62;
    for other in [
        datagram(4000, 2, b"who is there"),
        datagram(4000, 1, b"who was there"),
        too_far,
    ] {
        for quoted in 40..44 {
            let told = verdict(std::slice::from_ref(&other), &error, BEFORE + quoted);
            assert_eq!((told.flow.ports, told.original_count), (FlowPorts::None, 0));
            assert_eq!(told.missed, Some(NoOriginal::QuoteCut));
        }
    }
}

#[test]
fn who_cut_a_quote_before_the_ports_is_told() {
    let packet = datagram(4000, 1, &[0; 200]);
    // Of a packet that is not quoted whole either.
    let told = verdict(&[], &unreachable(&packet, 150), BEFORE + 41);
    assert_eq!(told.missed, Some(NoOriginal::QuoteCut));
    let told = verdict(&[], &unreachable(&packet, 41), BEFORE + 41);
    assert_eq!(told.missed, Some(NoOriginal::QuoteWithoutPorts));
    // Of IPv4 nothing but the identification tells packets apart.
    let unnumbered = with_id(
        replay::segment((CLIENT, 4000), (SERVER, 443), (1, 1), 10),
        0,
    );
    let error = replay::error(ROUTER, [3, 1, 0, 0, 0, 0, 0, 0], &unnumbered);
    let sent = std::slice::from_ref(&unnumbered);
    let told = verdict(sent, &error, BEFORE_V4 + 21);
    assert_eq!(told.missed, Some(NoOriginal::QuoteCut));
    // Here the flow is known.
    let told = verdict(&[], &error, BEFORE_V4 + 24);
    assert_eq!(told.missed, Some(NoOriginal::BeforeCapture));
}

#[test]
fn quotes_cut_before_the_destination_are_no_other_side_of_a_translation() {
    let packet = datagram(4000, 1, b"who is there");
    let mut play = Replay::new();
    play.at_cut(10, &unreachable(&packet, 38), 1000);
    play.at_cut(20, &unreachable(&packet, 40), 1000);
    let told = play.verdicts();
    assert_eq!(told.len(), 2);
    assert!(told.iter().all(|verdict| verdict.same_as.is_none()));
}

/// What ends in its extension headers may be the ping that was not answered.
#[test]
fn a_quote_that_does_not_tell_the_protocol_may_be_about_any_packet() {
    let mut fragment = ping6(5, 1);
    fragment[6] = 44;
    fragment.splice(40..40, [58, 0, 0, 1, 0, 0, 0, 9]);
    fragment[5] += 8;
    for quoted in 40..48 {
        let mut play = Replay::new();
        play.at(0, &ping6(5, 1));
        play.at_cut(5, &unreachable(&fragment, 100), BEFORE + quoted);
        play.at(20_000, &ping6(5, 2));
        let told = play.end().into_iter().find_map(|outcome| match outcome {
            Outcome::Exchange(Exchange { outcome, .. }) => Some(outcome),
            _ => None,
        });
        assert_eq!(told, Some(ExchangeOutcome::Unknown), "{quoted}");
    }
}
