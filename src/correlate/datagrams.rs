//! The datagram of which an error quotes a fragment that is not the first: the ports are in another.

use std::collections::VecDeque;

use super::flows::Ring;
use super::quoted;
use crate::icmp::Quote;
use crate::model::flow::FlowPorts;
use crate::model::{AddrPair, FlowKey};

/// First fragments of which errors told, of late: often nothing but ICMP is captured.
#[derive(Debug, Default)]
pub(super) struct Datagrams {
    quoted: VecDeque<(Datagram, FlowPorts)>,
}

/// What the fragments of a datagram have in common (RFC 791 section 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Datagram {
    addrs: AddrPair,
    protocol: u8,
    id: u32,
}

impl Datagrams {
    /// How many are remembered.
    const QUOTED: usize = 64;

    /// The flow of the packet that is quoted; of a later fragment that of its datagram, where it is
    /// known.
    pub(super) fn flow(&mut self, ring: Option<&Ring>, quote: &Quote<'_>) -> FlowKey {
        let flow = quote.flow();
        let Some(id) = quote.ip.fragment_id().filter(|id| *id != 0) else {
            return flow;
        };
        let datagram = Datagram {
            addrs: flow.addrs,
            protocol: flow.protocol,
            id,
        };
        if !quote.ip.is_later_fragment() {
            self.note(datagram, flow.ports);
            return flow;
        }
        let ports = ring
            .and_then(|ring| quoted::datagram(ring, quote))
            .map(|seen| seen.lead.ports(flow.protocol))
            .or_else(|| self.quoted(datagram));
        FlowKey {
            ports: ports.unwrap_or(flow.ports),
            ..flow
        }
    }

    fn note(&mut self, datagram: Datagram, ports: FlowPorts) {
        if ports == FlowPorts::None || self.quoted(datagram) == Some(ports) {
            return;
        }
        if self.quoted.len() >= Self::QUOTED {
            self.quoted.pop_front();
        }
        self.quoted.push_back((datagram, ports));
    }

    fn quoted(&self, datagram: Datagram) -> Option<FlowPorts> {
        let newest_first = self.quoted.iter().rev();
        let mut found = newest_first.filter(|(known, _)| *known == datagram);
        found.next().map(|(_, ports)| *ports)
    }
}

#[cfg(test)]
mod tests {
    use etherparse::{IpNumber, PacketBuilder};

    use crate::correlate::Outcome;
    use crate::correlate::exchange::ExchangeOutcome;
    use crate::correlate::replay::{self, Replay};
    use crate::correlate::verdict::{AftermathOutcome, DropVerdict};
    use crate::model::flow::FlowPorts;
    use crate::wire::ip::protocol;

    const CLIENT: [u8; 16] = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    const SERVER: [u8; 16] = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];
    const ROUTER: [u8; 16] = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3];
    const PORTS: FlowPorts = FlowPorts::Ports { src: 5000, dst: 53 };
    const HEADER: [u8; 8] = [0x13, 0x88, 0, 53, 0, 0, 0, 0];

    /// The part at `offset` of a datagram of IPv4 with this identification.
    fn part4(id: u16, offset: u16, more: bool) -> Vec<u8> {
        let mut packet = Vec::new();
        let payload = if offset == 0 { HEADER } else { [9; 8] };
        let payload = payload.repeat(if offset == 0 && !more { 5 } else { 2 });
        PacketBuilder::ipv4([10, 0, 0, 1], [10, 0, 0, 2], 64)
            .write(&mut packet, IpNumber::UDP, &payload)
            .unwrap();
        packet[4..6].copy_from_slice(&id.to_be_bytes());
        let place = (u16::from(more) << 13) | (offset / 8);
        packet[6..8].copy_from_slice(&place.to_be_bytes());
        packet
    }

    fn error4(quoted: &[u8]) -> Vec<u8> {
        replay::error([10, 0, 0, 9], [3, 13, 0, 0, 0, 0, 0, 0], &quoted[..28])
    }

    /// The same of IPv6, with a fragment header (RFC 8200 section 4.5).
    fn part6(id: u32, offset: u16, more: bool) -> Vec<u8> {
        let mut packet = Vec::new();
        let payload = if offset == 0 { HEADER } else { [9; 8] };
        let fragment = [protocol::UDP, 0, 0, 0];
        let mut payload = [&fragment[..], &id.to_be_bytes(), &payload, &payload].concat();
        payload[2..4].copy_from_slice(&(offset | u16::from(more)).to_be_bytes());
        PacketBuilder::ipv6(CLIENT, SERVER, 64)
            .write(&mut packet, IpNumber::IPV6_FRAGMENTATION_HEADER, &payload)
            .unwrap();
        packet
    }

    fn error6(quoted: &[u8]) -> Vec<u8> {
        let mut packet = Vec::new();
        PacketBuilder::ipv6(ROUTER, CLIENT, 64)
            .icmpv6_raw(2, 0, [0, 0, 5, 0])
            .write(&mut packet, quoted)
            .unwrap();
        packet
    }

    fn told(packets: &[Vec<u8>]) -> Vec<DropVerdict> {
        let mut play = Replay::new();
        for (millis, packet) in (0..).zip(packets) {
            play.at(millis, packet);
        }
        let other = replay::segment(([10, 9, 9, 9], 1), ([10, 9, 9, 8], 2), (1, 1), 0);
        play.at(5000, &other);
        play.verdicts()
    }

    /// Checks that one verdict tells of `count` errors about the datagrams' flow, and gives it.
    #[track_caller]
    fn assert_one(packets: &[Vec<u8>], count: u64) -> DropVerdict {
        let mut verdicts = told(packets);
        assert_eq!(verdicts.len(), 1);
        assert_eq!((verdicts[0].flow.ports, verdicts[0].count), (PORTS, count));
        verdicts.remove(0)
    }

    #[test]
    fn errors_about_parts_of_a_datagram_are_one_verdict() {
        let [first, second, third] =
            [(0, true), (16, true), (32, false)].map(|(o, m)| part4(7, o, m));
        let errors = [&first, &third, &second].map(|part| error4(part));
        let parts = [first, second, third];
        let verdict = assert_one(&[&parts[..], &errors].concat(), 3);
        let frames: Vec<_> = (verdict.original_frames.iter())
            .map(|frame| frame.number())
            .collect();
        assert_eq!(frames, [1, 3, 2]);
        assert_eq!(verdict.aftermath.outcome, AftermathOutcome::Silent);
        // Only the errors were captured.
        assert_one(&errors, 3);
        let parts = [(0, true), (16, false)].map(|(o, m)| part6(7, o, m));
        let errors = parts.each_ref().map(|part| error6(part));
        let verdict = assert_one(&[parts, errors].concat(), 2);
        assert_eq!(verdict.original_count, 2);
    }

    #[test]
    fn a_part_of_a_datagram_that_a_router_took_apart_is_of_its_flow() {
        let whole = part4(7, 0, false);
        let error = error4(&part4(7, 16, true));
        let next = part4(8, 0, false);
        let verdict = assert_one(&[whole.clone(), error, next], 1);
        assert_eq!(verdict.original_frames.first().map(|f| f.number()), Some(1));
        assert_eq!(verdict.aftermath.packets, 1);
        // Another datagram of the same hosts.
        let verdicts = told(&[whole, error4(&part4(9, 16, true))]);
        assert_eq!(verdicts[0].flow.ports, FlowPorts::None);
        assert_eq!(verdicts[0].aftermath.outcome, AftermathOutcome::Unknown);
    }

    #[test]
    fn an_error_about_a_later_part_of_a_ping_ends_it() {
        for (id, expected) in [(7, ExchangeOutcome::Error), (8, ExchangeOutcome::Unknown)] {
            let mut play = Replay::new();
            let ping = |id: u16, offset: u16| {
                let mut part = part4(id, offset, true);
                part[9] = protocol::ICMP;
                part[20..28].copy_from_slice(&[8, 0, 0, 0, 0, 5, 0, 9]);
                part
            };
            play.at(0, &ping(7, 0));
            play.at(1, &error4(&ping(id, 16)));
            play.at(60_000, &part4(9, 0, false));
            let outcomes = play.end().into_iter().filter_map(|outcome| match outcome {
                Outcome::Exchange(exchange) => Some(exchange.outcome),
                _ => None,
            });
            assert_eq!(outcomes.collect::<Vec<_>>(), [expected], "{id}");
        }
    }

    #[test]
    fn a_part_alone_tells_nothing_of_what_came_after() {
        let part = part4(7, 16, false);
        let verdicts = told(&[part.clone(), error4(&part)]);
        assert_eq!(verdicts[0].flow.ports, FlowPorts::None);
        assert_eq!(verdicts[0].original_count, 1);
        assert_eq!(verdicts[0].aftermath.outcome, AftermathOutcome::Unknown);
    }
}
