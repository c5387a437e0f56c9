//! Packets that come by on the same link again and again, their TTL lower each time.

use std::collections::VecDeque;

use crate::model::{Frame, FrameRef, InterfaceId, SourceId};
use crate::wire::Packet;
use crate::wire::link::{self, LinkAddress};

/// How often a packet comes by on one way, after it was first seen, until that is a loop: no way leads
/// over the same link twice.
const PASSES: u8 = 3;
/// The same where only the sender of the frames is known, which may have several links, or only the
/// interface, which may have several senders.
const PASSES_OF_SENDER: u8 = 6;
/// The same where the link has no addresses: so many hops are not captured into one file.
const PASSES_OF_NOBODY: u8 = 15;
/// Packets on their way from one station to another that are remembered.
const REMEMBERED: usize = 128;

/// The packets that came by more than once.
#[derive(Clone, Debug, Default)]
pub(super) struct Laps {
    seen: VecDeque<Lap>,
}

#[derive(Clone, Debug)]
struct Lap {
    first: FrameRef,
    way: Way,
    /// The lowest so far.
    ttl: u8,
    passes: u8,
}

/// From one station to another, as far as the link tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Way {
    from: Option<LinkAddress>,
    to: Option<LinkAddress>,
    /// Of those of the capturing host.
    interface: Option<u32>,
    /// Where the link tells no addresses, of which capture and interface it is.
    captured: Option<(SourceId, Option<InterfaceId>)>,
}

impl Way {
    fn of(frame: &Frame<'_>) -> Self {
        let addresses = link::addresses(frame);
        let captured = (frame.source, frame.interface);
        Self {
            from: addresses.src,
            to: addresses.dst,
            interface: addresses.interface_index,
            captured: addresses.src.is_none().then_some(captured),
        }
    }

    /// How many passes make a loop.
    fn needed(&self) -> u8 {
        match (self.from, self.to, self.interface) {
            (Some(_), Some(_), _) | (Some(_), _, Some(_)) => PASSES,
            (Some(_), None, None) | (None, _, Some(_)) => PASSES_OF_SENDER,
            (None, _, None) => PASSES_OF_NOBODY,
        }
    }
}

impl Laps {
    /// Takes the packet of `frame`, which is that of the frame `first` once more; gives the stations
    /// among which it goes round, as far as the link tells, as soon as that is known.
    pub(super) fn pass(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        first: FrameRef,
    ) -> Option<Vec<LinkAddress>> {
        let way = Way::of(frame);
        let ttl = packet.ip.hop_limit()?;
        let mut laps = self.seen.iter_mut().rev();
        let known = laps.find(|lap| (lap.first, lap.way) == (first, way));
        let Some(lap) = known else {
            if self.seen.len() == REMEMBERED {
                self.seen.pop_front();
            }
            self.seen.push_back(Lap {
                first,
                way,
                ttl,
                passes: 1,
            });
            return None;
        };
        if ttl >= lap.ttl {
            return None;
        }
        lap.ttl = ttl;
        lap.passes = lap.passes.saturating_add(1);
        if lap.passes != way.needed() {
            return None;
        }
        let laps = || self.seen.iter().filter(|lap| lap.first == first);
        if laps().any(|lap| lap.passes >= lap.way.needed() && lap.way != way) {
            return None;
        }
        let mut stations = Vec::new();
        for lap in laps().filter(|lap| lap.passes + 1 >= lap.way.needed()) {
            for station in [lap.way.from, lap.way.to].into_iter().flatten() {
                if !stations.contains(&station) {
                    stations.push(station);
                }
            }
        }
        Some(stations)
    }
}

#[cfg(test)]
mod tests {
    use etherparse::PacketBuilder;

    use super::*;
    use crate::model::{LinkType, SourceId};
    use crate::wire::{Classified, classify};

    /// Ethernet, and what captures of all interfaces have, in both forms.
    const ETHERNET: LinkType = LinkType(1);
    const COOKED: LinkType = LinkType(113);
    const COOKED_2: LinkType = LinkType(276);
    const RAW: LinkType = LinkType(101);

    /// How many loops are told of a packet that comes by with these senders, receivers and TTLs.
    fn loops(passes: &[(u8, u8, u8)]) -> usize {
        loops_on(ETHERNET, passes)
    }

    /// The same on another link, where for the receiver stands the interface, if any.
    fn loops_on(link: LinkType, passes: &[(u8, u8, u8)]) -> usize {
        let mut laps = Laps::default();
        let found = passes.iter().filter(|(from, to, ttl)| {
            let mut data = match link {
                RAW => Vec::new(),
                COOKED => [&[0, 0, 0, 1, 0, 6][..], &[*from; 6], &[0, 0, 8, 0]].concat(),
                COOKED_2 => [
                    &[8, 0, 0, 0, 0, 0, 0, *to, 0, 1, 0, 6][..],
                    &[*from; 6],
                    &[0, 0],
                ]
                .concat(),
                _ => [[*to; 6], [*from; 6]]
                    .concat()
                    .into_iter()
                    .chain([8, 0])
                    .collect(),
            };
            PacketBuilder::ipv4([10, 0, 0, 1], [10, 2, 0, 1], *ttl)
                .icmpv4_echo_request(9, 1)
                .write(&mut data, b"round")
                .unwrap();
            let frame = Frame::alone(link, &data);
            let Classified::Icmp(packet) = classify(&frame) else {
                panic!("ICMP");
            };
            let first = FrameRef::new(SourceId(0), 1);
            laps.pass(&frame, &packet, first).is_some()
        });
        found.count()
    }

    #[test]
    fn the_same_way_again_with_a_lower_ttl_is_a_loop() {
        let round: Vec<_> = (0..20)
            .map(|at| {
                if at % 2 == 0 {
                    (1, 2, 60 - at)
                } else {
                    (2, 1, 60 - at)
                }
            })
            .collect();
        assert_eq!(loops(&round), 1);
        assert_eq!(loops(&round[..4]), 0);
        // Three routers on a link.
        let triangle: Vec<_> = (0..20u8)
            .map(|at| (at % 3 + 1, (at + 1) % 3 + 1, 60 - at))
            .collect();
        assert_eq!(loops(&triangle), 1);
    }

    #[test]
    fn hops_on_the_way_and_what_a_mirror_gives_twice_are_none() {
        let hops: Vec<_> = (1..10).map(|at| (at, at + 1, 64 - at)).collect();
        assert_eq!(loops(&hops), 0);
        assert_eq!(loops(&[(1, 2, 60); 10]), 0);
        // A firewall on a stick, mirrored on both of its ports.
        assert_eq!(loops(&[(1, 2, 63), (2, 1, 62), (1, 2, 63), (2, 1, 62)]), 0);
    }

    #[test]
    fn a_link_without_addresses_tells_a_loop_by_more_passes() {
        let round: Vec<_> = (0..30u8).map(|at| (0, 0, 60 - at)).collect();
        assert_eq!(loops_on(RAW, &round), 1);
        // One packet at the hops of a long way, captured into one file.
        assert_eq!(loops_on(RAW, &round[..12]), 0);
        // A mirror gives it twice each time.
        assert_eq!(loops_on(RAW, &[(0, 0, 60); 30]), 0);
    }

    #[test]
    fn captures_of_all_interfaces_tell_a_loop() {
        // Of a router: in from its neighbor, and out to it, on interface 3.
        let round: Vec<_> = (0..20u8).map(|at| (at % 2 + 1, 3, 60 - at)).collect();
        for link in [COOKED, COOKED_2] {
            assert_eq!(loops_on(link, &round), 1, "{link:?}");
        }
        // In at one interface, through three more of the host itself, and out.
        let hops: Vec<_> = (0..5).map(|at| (7, at + 1, 60 - at)).collect();
        for link in [COOKED, COOKED_2] {
            assert_eq!(loops_on(link, &hops), 0, "{link:?}");
        }
    }
}
