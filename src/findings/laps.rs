//! Packets that come by on the same link again and again, their TTL lower each time.

use std::collections::VecDeque;

use crate::model::{Frame, FrameRef};
use crate::wire::Packet;
use crate::wire::link::{self, LinkAddress};

/// How often a packet comes by from one station to another, after it was first seen, until that is a
/// loop: no way leads over the same link twice.
const PASSES: u8 = 3;
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
    from: LinkAddress,
    to: LinkAddress,
    /// The lowest so far.
    ttl: u8,
    passes: u8,
}

impl Laps {
    /// Takes the packet of `frame`, which is that of the frame `first` once more; gives the stations
    /// between which it goes round as soon as that is known.
    pub(super) fn pass(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        first: FrameRef,
    ) -> Option<[LinkAddress; 2]> {
        let addresses = link::addresses(frame);
        let (from, to) = (addresses.src?, addresses.dst?);
        let ttl = packet.ip.hop_limit()?;
        let mut laps = self.seen.iter_mut().rev();
        let known = laps.find(|lap| (lap.first, lap.from, lap.to) == (first, from, to));
        let Some(lap) = known else {
            if self.seen.len() == REMEMBERED {
                self.seen.pop_front();
            }
            self.seen.push_back(Lap {
                first,
                from,
                to,
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
        if lap.passes != PASSES {
            return None;
        }
        let mut others = self.seen.iter().filter(|lap| lap.first == first);
        let is_known = others.any(|lap| lap.passes >= PASSES && (lap.from, lap.to) != (from, to));
        (!is_known).then_some([from, to])
    }
}

#[cfg(test)]
mod tests {
    use etherparse::PacketBuilder;

    use super::*;
    use crate::model::{LinkType, SourceId};
    use crate::wire::{Classified, classify};

    /// How many loops are told of a packet that comes by with these senders, receivers and TTLs.
    fn loops(passes: &[(u8, u8, u8)]) -> usize {
        let mut laps = Laps::default();
        let found = passes.iter().filter(|(from, to, ttl)| {
            let mut data = Vec::new();
            PacketBuilder::ethernet2([*from; 6], [*to; 6])
                .ipv4([10, 0, 0, 1], [10, 2, 0, 1], *ttl)
                .icmpv4_echo_request(9, 1)
                .write(&mut data, b"round")
                .unwrap();
            let frame = Frame::alone(LinkType(1), &data);
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
}
