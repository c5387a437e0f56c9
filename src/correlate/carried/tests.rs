use etherparse::{IpNumber, PacketBuilder};

use crate::correlate::Outcome;
use crate::correlate::exchange::ExchangeOutcome;
use crate::correlate::replay::{self, Replay};
use crate::correlate::verdict::{AftermathOutcome, Carried as Carries, DropVerdict};
use crate::model::AddrPair;
use crate::model::flow::FlowPorts;
use crate::wire::ip::protocol::TCP;

const HERE: [u8; 4] = [192, 0, 2, 1];
const THERE: [u8; 4] = [192, 0, 2, 2];
const CLIENT: [u8; 4] = [10, 0, 0, 1];
const SERVER: [u8; 4] = [10, 0, 2, 1];
const ROUTER: [u8; 4] = [198, 51, 100, 1];

/// IP in IP (RFC 2003), with that identification.
fn tunnelled(src: [u8; 4], dst: [u8; 4], id: u16, inner: &[u8]) -> Vec<u8> {
    let mut packet = Vec::new();
    (PacketBuilder::ipv4(src, dst, 64).write(&mut packet, IpNumber::IPV4, inner)).unwrap();
    packet[4..6].copy_from_slice(&id.to_be_bytes());
    packet
}

fn too_big(quoted: &[u8]) -> Vec<u8> {
    replay::error(ROUTER, [3, 4, 0, 0, 0, 0, 5, 0x78], quoted)
}

fn segment(seq: u32, port: u16) -> Vec<u8> {
    replay::segment((CLIENT, port), (SERVER, 443), (seq, 1), 1000)
}

fn acknowledgement(ack: u32) -> Vec<u8> {
    replay::segment((SERVER, 443), (CLIENT, 4000), (1, ack), 0)
}

/// What is told of a segment in a tunnel that a router refuses, of which it quotes so many octets,
/// then sent again and acknowledged.
fn verdict(quoted: usize, answered: bool) -> DropVerdict {
    let mut play = Replay::new();
    let outer = tunnelled(HERE, THERE, 7, &segment(100, 4000));
    play.at(0, &outer);
    play.at(5, &too_big(&outer[..quoted]));
    play.at(9, &tunnelled(HERE, THERE, 8, &segment(100, 4000)));
    // Of another flow in the tunnel.
    play.at(10, &tunnelled(HERE, THERE, 9, &segment(9, 4001)));
    if answered {
        play.at(20, &tunnelled(THERE, HERE, 1, &acknowledgement(1100)));
    }
    let mut verdicts = play.verdicts();
    assert_eq!(verdicts.len(), 1);
    verdicts.remove(0)
}

#[test]
fn the_flow_in_a_tunnel_tells_what_came_of_it() {
    // To the inner IP header, the ports, the sequence number, and all of it.
    for quoted in [20 + 8, 20 + 24, 20 + 28, 500] {
        let told = verdict(quoted, true);
        let Carries::Flow(carried) = told.carried else {
            panic!("{quoted}: {:?}", told.carried);
        };
        assert_eq!(carried.addrs.src(), std::net::IpAddr::from(CLIENT));
        let ports = FlowPorts::Ports {
            src: 4000,
            dst: 443,
        };
        assert_eq!(carried.ports, ports, "{quoted}");
        assert_eq!(told.flow.ports, FlowPorts::None);
        assert_eq!(told.aftermath.outcome, AftermathOutcome::Recovered);
        assert_eq!(told.aftermath.packets, 1, "{quoted}");
        let silent = verdict(quoted, false).aftermath;
        assert_eq!(silent.outcome, AftermathOutcome::Retransmitting);
    }
}

#[test]
fn the_flow_in_esp_that_encrypts_nothing_is_told_from_the_quote() {
    let mut esp = vec![0, 0, 0x10, 1, 0, 0, 0, 1];
    esp.extend(segment(100, 4000));
    // Padding, its length, IPv4, and a check value.
    esp.extend([1, 2, 2, 4]);
    esp.extend([0xa5; 12]);
    let mut outer = Vec::new();
    let ip = PacketBuilder::ipv4(HERE, THERE, 64);
    (ip.write(&mut outer, IpNumber::ENCAPSULATING_SECURITY_PAYLOAD, &esp)).unwrap();
    let mut play = Replay::new();
    play.at(5, &too_big(&outer));
    let Carries::Flow(carried) = play.verdicts().remove(0).carried else {
        panic!("it carried something");
    };
    assert_eq!(carried.addrs.src(), std::net::IpAddr::from(CLIENT));
}

#[test]
fn several_flows_in_a_tunnel_tell_nothing() {
    let mut play = Replay::new();
    for (millis, port) in [(0, 4000), (10, 4001)] {
        let outer = tunnelled(HERE, THERE, port, &segment(100, port));
        play.at(millis, &outer);
        play.at(millis + 5, &too_big(&outer[..28]));
    }
    let verdicts = play.verdicts();
    assert_eq!(verdicts.len(), 1);
    let hosts = AddrPair::new(CLIENT.into(), SERVER.into());
    assert_eq!(verdicts[0].carried, Carries::Between(hosts, TCP));
    assert_eq!(verdicts[0].aftermath.outcome, AftermathOutcome::Unknown);
}

/// Too large, as errors tell at these milliseconds.
#[test]
fn a_tunnel_goes_on_where_errors_do_for_long() {
    for (errors, goes_on) in [
        (&[0, 999][..], false),
        (&[0, 1000], true),
        // What tries again after minutes may do so (RFC 1191 section 6.3).
        (&[0, 400, 280_000], false),
        (&[0, 400, 280_000, 281_000], true),
    ] {
        let mut play = Replay::new();
        for (port, millis) in (4000..).zip(errors) {
            let large = replay::segment((CLIENT, port), (SERVER, 443), (100, 1), 1400);
            let outer = tunnelled(HERE, THERE, port, &large);
            play.at(*millis, &outer);
            play.at(*millis, &too_big(&outer[..28]));
        }
        let verdicts = play.verdicts();
        assert!(matches!(verdicts[0].carried, Carries::Between(..)));
        assert_eq!(verdicts[0].still_too_large > 0, goes_on, "{errors:?}");
    }
}

#[test]
fn a_short_quote_ends_the_request_in_the_tunnel() {
    let mut ping = Vec::new();
    PacketBuilder::ipv4(CLIENT, SERVER, 64)
        .icmpv4_echo_request(7, 3)
        .write(&mut ping, b"who is there")
        .unwrap();
    for quoted in [28, 46, 48] {
        let mut play = Replay::new();
        let outer = tunnelled(HERE, THERE, 7, &ping);
        play.at(0, &outer);
        play.at(5, &too_big(&outer[..quoted]));
        // Not numbered: nothing tells which packet was dropped.
        let again = tunnelled(HERE, THERE, 0, &ping);
        play.at(30_000, &again);
        play.at(30_005, &too_big(&again[..28]));
        play.at(60_000, &acknowledgement(1));
        let expected = [ExchangeOutcome::Error, ExchangeOutcome::Lost];
        assert_eq!(outcomes(play), expected, "{quoted}");
    }
}

/// 6in4 (RFC 4213), with that identification.
fn in_ipv4(src: [u8; 4], dst: [u8; 4], id: u16, inner: &[u8]) -> Vec<u8> {
    let mut packet = Vec::new();
    (PacketBuilder::ipv4(src, dst, 64).write(&mut packet, IpNumber::IPV6, inner)).unwrap();
    packet[4..6].copy_from_slice(&id.to_be_bytes());
    packet
}

/// A message about the neighbor with the last octet of `target`, of that type and flags.
fn neighbor(src: u8, dst: u8, (kind, flags): (u8, u8), target: u8) -> Vec<u8> {
    let addr = |last| [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last];
    let mut packet = Vec::new();
    PacketBuilder::ipv6(addr(src), addr(dst), 255)
        .icmpv6_raw(kind, 0, [flags, 0, 0, 0])
        .write(&mut packet, &addr(target))
        .unwrap();
    packet
}

#[test]
fn an_error_is_about_the_solicitation_in_the_tunnel() {
    // To the outer header, to the target, and all of it.
    for quoted in [28, 20 + 48, 20 + 64] {
        let mut play = Replay::new();
        for (millis, target) in [(0, 2), (1, 3)] {
            let asks = neighbor(1, target, (135, 0), target);
            play.at(millis, &in_ipv4(HERE, THERE, target.into(), &asks));
        }
        let refused = in_ipv4(HERE, THERE, 3, &neighbor(1, 3, (135, 0), 3));
        play.at(5, &too_big(&refused[..quoted]));
        play.at(60_000, &acknowledgement(1));
        let expected = [ExchangeOutcome::Lost, ExchangeOutcome::Error];
        assert_eq!(outcomes(play), expected, "{quoted}");
    }
}

#[test]
fn a_solicitation_whose_advertisement_was_dropped_in_the_tunnel_is_lost() {
    for (quoted, refused, expected) in [
        (28, 2, ExchangeOutcome::Lost),
        (20 + 64, 2, ExchangeOutcome::Lost),
        (20 + 64, 3, ExchangeOutcome::Answered),
    ] {
        let mut play = Replay::new();
        let asks = neighbor(1, 2, (135, 0), 2);
        // Solicited (RFC 4861 section 4.4).
        let tells = |target| neighbor(2, 1, (136, 0x40), target);
        play.at(0, &in_ipv4(HERE, THERE, 7, &asks));
        play.at(2, &in_ipv4(THERE, HERE, 2, &tells(2)));
        let dropped = in_ipv4(THERE, HERE, refused.into(), &tells(refused));
        play.at(5, &too_big(&dropped[..quoted]));
        play.at(60_000, &acknowledgement(1));
        assert_eq!(outcomes(play), [expected], "{quoted}");
    }
}

/// VXLAN (RFC 7348), whose packets nothing numbers.
fn in_vxlan(inner: &[u8]) -> Vec<u8> {
    let header = [8, 0, 0, 0, 0, 0, 7, 0];
    let ethernet = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
    let mut packet = Vec::new();
    PacketBuilder::ipv4(HERE, THERE, 64)
        .udp(50_000, 4789)
        .write(&mut packet, &[&header[..], &ethernet, inner].concat())
        .unwrap();
    // Without a checksum, as VXLAN is.
    packet[26..28].copy_from_slice(&[0, 0]);
    packet
}

#[test]
fn a_packet_of_the_tunnel_that_carries_another_was_not_dropped() {
    let ping = |id, seq| {
        let mut packet = Vec::new();
        PacketBuilder::ipv4(CLIENT, SERVER, 64)
            .icmpv4_echo_request(id, seq)
            .write(&mut packet, b"who is there")
            .unwrap();
        packet
    };
    for (refused, count) in [((7, 3), 1), ((7, 4), 0), ((8, 3), 0)] {
        let mut play = Replay::new();
        play.at(0, &in_vxlan(&ping(7, 3)));
        play.at(5, &too_big(&in_vxlan(&ping(refused.0, refused.1))));
        assert_eq!(play.verdicts()[0].original_count, count, "{refused:?}");
    }
}

/// What became of the requests.
fn outcomes(play: Replay) -> Vec<ExchangeOutcome> {
    let outcomes = play.end().into_iter().filter_map(|outcome| match outcome {
        Outcome::Exchange(exchange) => Some(exchange.outcome),
        _ => None,
    });
    outcomes.collect()
}
