//! What the packets of tunnels carried: an error often quotes no more of them than their own headers.

use std::collections::VecDeque;

use super::aftermath::{Hit, is_of_tunnel};
use super::flows::{is_icmp, is_told_apart};
use super::lead::Lead;
use super::network::{Network, Networks};
use super::numbered::{Named, Numbered};
use super::observation::Observation;
use super::trace::MAX_TTL;
use super::traces::ProbeAnswer;
use super::verdict::DropReason;
use super::{Correlator, MatchKind, Original};
use crate::icmp::Quote;
use crate::model::{FlowKey, Frame, FrameRef};
use crate::wire::ip::protocol::TCP;
use crate::wire::tunnel::{Tunnel, TunnelKind};
use crate::wire::{Packet, is_reported};

/// The innermost packets of the last tunnel packets.
#[derive(Debug, Default)]
pub(super) struct Carried {
    recent: VecDeque<Inside>,
    /// Whether any of them ever was decrypted.
    has_sealed: bool,
}

/// The innermost packet of a tunnel's.
#[derive(Debug)]
struct Inside {
    packet: Observation,
    network: Network,
    /// What the packet is about, where that is not in what leads it.
    named: Option<Named>,
    /// The flow of the packet that it was encrypted in: its octets do not tell that it is a tunnel's.
    sealed: Option<FlowKey>,
}

/// The packet in all the tunnels of one that an error quotes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Inner {
    /// Its flow, and what the error tells of it.
    pub(super) hit: Hit,
    /// What it asks or answers, if it does.
    pub(super) query: Option<Numbered>,
    /// IPv4 identification.
    pub(super) id: Option<u32>,
}

/// Whether tunnels of this kind are known by what was read of their packets, not by their flows.
const fn is_sealed(kind: TunnelKind) -> bool {
    matches!(
        kind,
        TunnelKind::Esp { .. } | TunnelKind::EspNull { .. } | TunnelKind::WireGuard { .. }
    )
}

impl Inner {
    /// Whether a quote ends before the sequence number of its segment or query.
    fn lacks_number(&self) -> bool {
        match self.hit.flow.protocol {
            TCP => self.hit.dropped().is_none(),
            protocol if is_icmp(protocol) => self.query.is_none(),
            _ => false,
        }
    }
}

impl Carried {
    /// How many are remembered: errors come a round trip after their cause.
    const RECENT: usize = 1 << 12;

    /// Takes note of the packet in `frame`, which is in tunnels.
    pub(super) fn push(&mut self, frame: &Frame<'_>, packet: &Packet<'_>) {
        if self.recent.len() >= Self::RECENT {
            self.recent.pop_front();
        }
        let around = packet.tunnels.encapsulations();
        let mut sealed = around.filter(|around| is_sealed(around.tunnel.kind));
        let sealed = sealed.find_map(|around| Some(Observation::of(frame, &around.outer?).flow()));
        self.has_sealed |= sealed.is_some();
        self.recent.push_back(Inside {
            packet: Observation::of(frame, &packet.ip),
            network: Network::of(packet),
            named: Named::of(&packet.ip),
            sealed,
        });
    }

    /// Whether a flow is a tunnel's, by what it is or because a packet of it was decrypted.
    fn is_tunnel(&self, flow: &FlowKey) -> bool {
        let is_sealed = |seen: &Inside| seen.sealed.as_ref() == Some(flow);
        is_of_tunnel(flow) || self.has_sealed && self.recent.iter().rev().any(is_sealed)
    }

    /// Whether an error quotes a tunnel's packet, by its flow, or because what it encrypts was read.
    fn quotes_tunnel(&self, quote: &Quote<'_>) -> bool {
        let outermost = || quote.tunnels()?.iter().next();
        let shows = |tunnel: Tunnel| is_sealed(tunnel.kind);
        self.is_tunnel(&quote.flow()) || outermost().is_some_and(shows)
    }

    /// What a tunnel's packet that an error quotes carries: as quoted, or else as it was captured, if
    /// it is known which packet that was, and that it held one packet only.
    pub(super) fn in_quote(&self, quote: &Quote<'_>, original: Option<Original>) -> Option<Inner> {
        if !self.quotes_tunnel(quote) {
            return None;
        }
        let innermost = quote.innermost();
        let quoted = (innermost.bytes.len() < quote.bytes.len()).then(|| Inner {
            hit: Hit::of(&innermost, innermost.flow()),
            query: Numbered::of_quote(&innermost),
            id: innermost.ip.id,
        });
        let is_told = quoted.is_some_and(|inner| is_told_apart(&inner.hit.flow));
        if is_told && !quoted.is_some_and(|inner| inner.lacks_number()) {
            return quoted;
        }
        let captured = match original {
            Some(Original::Found {
                match_kind: MatchKind::Exact,
                frame,
                ..
            }) => self.in_frame(frame),
            _ => None,
        };
        let captured = captured.map(|Inside { packet, named, .. }| Inner {
            hit: Hit::of_packet(packet),
            query: Numbered::of_lead(
                packet.version,
                packet.addrs(),
                packet.protocol,
                (packet.lead, *named),
            ),
            id: packet.id(),
        });
        let fits = |inner: &Inner| match quoted {
            Some(quoted) if is_told => inner.hit.flow == quoted.hit.flow,
            // Of a tunnel in it the packet itself may be the innermost that was read.
            _ => inner.hit.flow != quote.flow(),
        };
        captured.filter(fits).or(quoted)
    }

    /// What an error about a tunnel's packet answers: that of the probe in it, if the tunnel's TTL began
    /// with that of what it carries. Of another it is no hop.
    pub(super) fn answered<'a>(
        &self,
        (answer, reason): (ProbeAnswer<'a>, DropReason),
    ) -> (ProbeAnswer<'a>, DropReason) {
        let around = FlowKey {
            protocol: answer.protocol,
            addrs: answer.addrs,
            ports: answer.lead.ports(answer.protocol),
        };
        // No port is closed but the tunnel's own.
        let may_answer = reason != DropReason::PortUnreachable && self.is_tunnel(&around);
        let probe = may_answer.then(|| self.in_frame(answer.probe)).flatten();
        let probe = probe.map(|inside| &inside.packet);
        let is_copied = |probe: &&Observation| (answer.ttl..=MAX_TTL).contains(&probe.ttl);
        let answer = probe.filter(is_copied).map_or(answer, |probe| ProbeAnswer {
            addrs: probe.addrs(),
            protocol: probe.protocol,
            lead: probe.lead,
            ttl: probe.ttl,
            tunnel: Some(answer.addrs),
            ..answer
        });
        (answer, reason)
    }

    /// Whether a tunnel's packet in `frame` carries something else than the one that an error quotes.
    pub(super) fn is_of_other(&self, quote: &Quote<'_>, frame: FrameRef) -> bool {
        let quoted = quote.innermost();
        let flow = quoted.flow();
        if quoted.bytes.len() == quote.bytes.len() || !is_told_apart(&flow) {
            return false;
        }
        let Some(Inside { packet, named, .. }) = self.in_frame(frame) else {
            return false;
        };
        let (key, addrs) = (|it: Numbered| it.key, packet.addrs());
        let lead = (packet.lead, *named);
        let captured = Numbered::of_lead(packet.version, addrs, packet.protocol, lead).map(key);
        let quoted = Numbered::of_quote(&quoted).map(key);
        packet.flow() != flow || quoted.is_some_and(|quoted| captured != Some(quoted))
    }

    /// The network of what a tunnel's packet in `frame` carries, which is of `flow`, and the last other one
    /// that has a flow like that.
    pub(super) fn networks(&self, frame: FrameRef, flow: &FlowKey) -> Networks {
        if self.recent.is_empty() {
            return Networks::default();
        }
        let own = self.in_frame(frame).map(|inside| inside.network);
        let own = own.unwrap_or(Network::NONE);
        let is_like = |seen: &&Inside| seen.network.is_other_than(own) && seen.packet.is_of(flow);
        let other = self.recent.iter().rev().find(is_like);
        Networks {
            own,
            other: other.map_or(Network::NONE, |seen| seen.network),
        }
    }

    fn in_frame(&self, frame: FrameRef) -> Option<&Inside> {
        let recent = self.recent.iter().rev();
        let mut there = recent.filter(|seen| seen.packet.frame == frame);
        let found = there.next()?;
        there.next().is_none().then_some(found)
    }
}

impl Correlator {
    /// The flow of the packet that `quote` quotes: that of a later fragment as its first one tells.
    pub fn quoted_flow(&mut self, quote: &Quote<'_>) -> FlowKey {
        self.datagrams.flow(self.ring.as_ref(), quote)
    }

    /// The flow in all the tunnels of a packet that an error in `frame` quotes, as quoted or as captured.
    pub fn carried_by(&self, frame: &Frame<'_>, quote: &Quote<'_>) -> Option<FlowKey> {
        if is_reported(frame) || !self.carried.quotes_tunnel(quote) {
            return None;
        }
        let mut room = [0; Lead::OCTETS];
        let quote = &self.made_whole(quote, frame.ts, &mut room);
        let (original, _) = self.original(quote, (frame.reference(), frame.ts));
        let inner = self.carried.in_quote(quote, original)?;
        Some(inner.hit.flow)
    }
}

#[cfg(test)]
mod tests {
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
}
