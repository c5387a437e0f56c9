//! The innermost packets of the last tunnel packets, found by their frames and by their flows.
//!
//! They are chained by hashes, from the newest back. A chain of flows has the last packet of each flow in
//! each network alone, so that it is short however many there are of them.

use std::collections::VecDeque;
use std::hash::{BuildHasher, Hash};
use std::{iter, mem};

use foldhash::fast::RandomState;

use super::Inside;
use crate::correlate::network::Network;
use crate::model::{FlowKey, FrameRef};

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Recent {
    packets: VecDeque<Inside>,
    /// How many are gone, which is the number of the last of those; they are numbered from 1.
    gone: u64,
    frames: Heads,
    flows: Heads,
    /// By what they were encrypted in.
    sealed: Heads,
}

/// How a packet hangs together with others, by their numbers; 0 is that of none.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Links {
    frame: u64,
    flow: u64,
    sealed: u64,
}

/// The numbers of the packets where chains begin.
#[derive(Debug, Default)]
struct Heads {
    /// Nothing as long as there is no packet.
    first: Vec<u64>,
    hasher: RandomState,
}

impl Heads {
    /// Where the chain of `key` begins.
    fn get(&self, key: &impl Hash) -> u64 {
        if self.first.is_empty() {
            return 0;
        }
        self.first.get(self.place(key)).copied().unwrap_or(0)
    }

    fn get_mut(&mut self, key: &impl Hash) -> Option<&mut u64> {
        if self.first.is_empty() {
            self.first.resize(Recent::MOST, 0);
        }
        let place = self.place(key);
        self.first.get_mut(place)
    }

    #[allow(clippy::cast_possible_truncation)] // masked
    fn place(&self, key: &impl Hash) -> usize {
        self.hasher.hash_one(key) as usize & (Recent::MOST - 1)
    }
}

impl Recent {
    /// How many there are: errors come a round trip after their cause.
    const MOST: usize = 1 << 12;

    /// Takes a packet.
    pub(super) fn push(&mut self, mut packet: Inside) {
        if self.packets.len() >= Self::MOST {
            self.packets.pop_front();
            self.gone += 1;
        }
        let number = self.gone + self.packets.len() as u64 + 1;
        if let Some(head) = self.frames.get_mut(&packet.packet.frame) {
            packet.links.frame = mem::replace(head, number);
        }
        if let Some(sealed) = &packet.sealed
            && let Some(head) = self.sealed.get_mut(sealed)
        {
            packet.links.sealed = mem::replace(head, number);
        }
        // Of no network there is nothing to tell.
        if packet.network() != Network::NONE {
            let flow = packet.packet.flow();
            self.unlink(&flow, packet.network());
            if let Some(head) = self.flows.get_mut(&flow) {
                packet.links.flow = mem::replace(head, number);
            }
        }
        self.packets.push_back(packet);
    }

    /// Takes the last packet of a flow in a network out of its chain.
    fn unlink(&mut self, flow: &FlowKey, network: Network) {
        let mut newer = None;
        let mut number = self.flows.get(flow);
        while let Some(known) = self.at(number) {
            let older = known.links.flow;
            if known.network() == network && known.packet.is_of(flow) {
                let link = match newer {
                    None => self.flows.get_mut(flow),
                    Some(newer) => self.at_mut(newer).map(|newer| &mut newer.links.flow),
                };
                if let Some(link) = link {
                    *link = older;
                }
                return;
            }
            newer = Some(number);
            number = older;
        }
    }

    fn place(&self, number: u64) -> Option<usize> {
        let place = number.checked_sub(self.gone + 1)?;
        usize::try_from(place).ok()
    }

    /// That of this number, unless it is gone, and with it all older ones.
    fn at(&self, number: u64) -> Option<&Inside> {
        self.packets.get(self.place(number)?)
    }

    fn at_mut(&mut self, number: u64) -> Option<&mut Inside> {
        let place = self.place(number)?;
        self.packets.get_mut(place)
    }

    /// Those in `frame`, the newest first.
    pub(super) fn in_frame(&self, frame: FrameRef) -> impl Iterator<Item = &Inside> {
        let first = self.at(self.frames.get(&frame));
        iter::successors(first, |seen| self.at(seen.links.frame))
            .filter(move |seen| seen.packet.frame == frame)
    }

    /// The last one of `flow` in each network that is told, the newest first.
    pub(super) fn of_flow<'r>(&'r self, flow: &'r FlowKey) -> impl Iterator<Item = &'r Inside> {
        let first = self.at(self.flows.get(flow));
        iter::successors(first, |seen| self.at(seen.links.flow))
            .filter(|seen| seen.packet.is_of(flow))
    }

    /// Whether a packet was encrypted in one of this flow.
    pub(super) fn has_sealed(&self, flow: &FlowKey) -> bool {
        let first = self.at(self.sealed.get(flow));
        iter::successors(first, |seen| self.at(seen.links.sealed))
            .any(|seen| seen.sealed.as_ref() == Some(flow))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::correlate::network::{Domain, Link};
    use crate::correlate::observation::Observation;
    use crate::correlate::replay;
    use crate::correlate::verdict::Within;
    use crate::model::{SourceId, Timestamp};
    use crate::wire::{Ip, Limit};

    const CLIENT: [u8; 4] = [10, 0, 0, 1];
    const SERVER: [u8; 4] = [10, 0, 2, 1];

    /// A segment from this port in a network.
    fn inside(frame: u64, port: u16, network: Network) -> Inside {
        let packet = replay::segment((CLIENT, port), (SERVER, 443), (1, 1), 0);
        let frame = FrameRef::new(SourceId(0), frame);
        let ip = Ip::parse(&packet, Limit::Frame).unwrap();
        Inside {
            packet: Observation::of_packet(frame, Timestamp::default(), &ip),
            domain: Domain {
                link: Link::in_tunnel(network),
                within: Within::Unknown,
            },
            named: None,
            sealed: None,
            links: Links::default(),
        }
    }

    fn all(recent: &Recent) -> impl Iterator<Item = &Inside> {
        recent.packets.iter().rev()
    }

    #[test]
    fn chains_lead_to_what_is_there() {
        let mut recent = Recent::default();
        // Flows and networks of which some stop to come, and two packets in some frames.
        let packets = 3 * Recent::MOST as u64;
        for at in 0..packets {
            let port = u16::try_from(at * at % 97 + at / 5000 * 40).unwrap();
            let network = match u8::try_from(at * 7 % 11 / (1 + at / 9000)).unwrap() {
                0 => Network::NONE,
                network => Network::for_tests(network),
            };
            let sealed = |at: u64| inside(0, u16::try_from(at % 9).unwrap(), network);
            recent.push(Inside {
                sealed: (at < 4000).then(|| sealed(at).packet.flow()),
                ..inside(at - at % 4 / 3, port, network)
            });
            if at % 1501 != 0 && at + 1 < packets {
                continue;
            }
            let key = |seen: &Inside| (seen.packet.frame, seen.packet.flow(), seen.network());
            for port in 0..180 {
                let flow = inside(0, port, Network::NONE).packet.flow();
                let mut expected: Vec<(FrameRef, FlowKey, Network)> = Vec::new();
                for seen in all(&recent).map(key).filter(|(_, of, _)| *of == flow) {
                    let is_known = expected.iter().any(|(.., network)| *network == seen.2);
                    if seen.2 != Network::NONE && !is_known {
                        expected.push(seen);
                    }
                }
                let found: Vec<_> = recent.of_flow(&flow).map(key).collect();
                assert_eq!(found, expected, "{at} {port}");
                let is_sealed = all(&recent).any(|seen| seen.sealed == Some(flow));
                assert_eq!(recent.has_sealed(&flow), is_sealed, "{at} {port}");
            }
            for frame in (0..=at).rev().step_by(37) {
                let frame = FrameRef::new(SourceId(0), frame);
                let expected: Vec<_> = (all(&recent).map(key))
                    .filter(|(seen, ..)| *seen == frame)
                    .collect();
                let found: Vec<_> = recent.in_frame(frame).map(key).collect();
                assert_eq!(found, expected, "{at} {frame:?}");
            }
        }
    }
}
