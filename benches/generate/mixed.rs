//! The traffic of a link: TCP and UDP flows that come and go, pings, and routers that complain.
//!
//! Most errors are about the first packet of a flow, which somebody refuses: a host that is not
//! there, a filter, a closed port. Then it is sent again, a few times, and refused again. The others
//! hit flows on their way: a packet that is too large for the path, a route that has gone. That is a
//! matter of paths, so that large flows are hit no more often than small ones.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::path::Path;

use anyhow::Result;

use crate::flow::{Flow, LARGE, Sender, Transport, host};
use crate::output::Output;
use crate::packet::{self, Icmp, Ip};
use crate::pings::START;
use crate::random::Random;

/// Flows at a time.
const FLOWS: usize = 20_000;
/// Flow packets in which a ping is sent too, in a million; most get a reply.
const PINGS: u64 = 2_500;

/// A frame that is on its way.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Pending {
    at: u64,
    order: u64,
    kind: &'static str,
    frame: Vec<u8>,
}

struct Traffic {
    random: Random,
    flows: Vec<Flow>,
    /// When each flow sends its next packet.
    due: BinaryHeap<Reverse<(u64, usize)>>,
    pending: BinaryHeap<Reverse<Pending>>,
    order: u64,
    now: u64,
    /// Octets that payloads are cut from.
    noise: Vec<u8>,
    frame: Vec<u8>,
    pings: u16,
}

pub(crate) fn write(folder: &Path, seed: u64, packets: u64) -> Result<()> {
    let mut traffic = Traffic::new(seed);
    let mut output = Output::create(folder, "mixed")?;
    while output.packets() < packets {
        let Some(Reverse((now, at))) = traffic.due.pop() else {
            break;
        };
        traffic.now = now;
        while output.packets() < packets
            && let Some(Reverse(next)) = traffic.arrived()
        {
            output.frame(next.at, next.kind, &next.frame)?;
        }
        if output.packets() < packets {
            let kind = traffic.step(at)?;
            output.frame(now, kind, &traffic.frame)?;
        }
    }
    output.finish()
}

impl Traffic {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed ^ 0x6d_69_78);
        let noise = (0..16_384)
            .flat_map(|_| random.next().to_le_bytes())
            .collect();
        let flows: Vec<_> = (0..FLOWS).map(|_| Flow::new(&mut random)).collect();
        let due = (flows.iter().enumerate())
            .map(|(at, flow)| Reverse((START + flow.pause(&mut random), at)))
            .collect();
        Self {
            random,
            flows,
            due,
            pending: BinaryHeap::new(),
            order: 0,
            now: START,
            noise,
            frame: Vec::new(),
            pings: 0,
        }
    }

    /// Takes the next frame that has come by now.
    fn arrived(&mut self) -> Option<Reverse<Pending>> {
        let next = self.pending.peek_mut()?;
        (next.0.at <= self.now).then(|| PeekMut::pop(next))
    }

    /// Puts the next frame of a flow into `frame` and says what it is.
    fn step(&mut self, at: usize) -> Result<&'static str> {
        if self.random.chance(PINGS) {
            self.ping()?;
        }
        let Self {
            random,
            flows,
            noise,
            frame,
            ..
        } = self;
        let flow = &mut flows[at];
        if flow.remaining == 0 {
            *flow = Flow::new(random);
        }
        let sender = flow.packet(random, noise, frame)?;
        let kind = match flow.transport {
            Transport::Tcp => "TCP",
            Transport::Udp => "UDP",
        };
        let is_hit = flow.is_hit(frame.len());
        let pause = flow.pause(random);
        self.due.push(Reverse((self.now + pause, at)));
        if is_hit {
            self.complain(at, sender)?;
        }
        Ok(kind)
    }

    /// Sends a ping, and its reply later.
    fn ping(&mut self) -> Result<()> {
        let six = self.random.chance(200_000);
        let (src, dst) = (
            host(&mut self.random, six, 1),
            host(&mut self.random, six, 2),
        );
        self.pings = self.pings.wrapping_add(1);
        let [c, d] = self.pings.to_be_bytes();
        let rest = [0x12, 0x34, c, d];
        let (request, reply) = if six { (128, 129) } else { (8, 0) };
        let payload = self.noise[..56].to_vec();
        if !self.random.chance(20_000) {
            let ip = Ip {
                src: dst,
                dst: src,
                id: self.random.u16(1, u16::MAX),
                ttl: 57,
            };
            let mut frame = Vec::new();
            let message = Icmp {
                kind: reply,
                code: 0,
                rest,
            };
            packet::icmp(ip, message, &payload, &mut frame)?;
            let rtt = self.random.range(200_000, 40_000_000);
            self.later(rtt, "echo reply", frame);
        }
        let ip = Ip {
            src,
            dst,
            id: self.random.u16(1, u16::MAX),
            ttl: 64,
        };
        let message = Icmp {
            kind: request,
            code: 0,
            rest,
        };
        let mut frame = Vec::new();
        packet::icmp(ip, message, &payload, &mut frame)?;
        self.later(0, "echo request", frame);
        Ok(())
    }

    /// A router, or the receiver, answers the packet in `frame` with an error.
    fn complain(&mut self, at: usize, sender: Sender) -> Result<()> {
        let flow = &mut self.flows[at];
        let six = flow.client.is_ipv6();
        let (sender, receiver) = match sender {
            Sender::Client => (flow.client, flow.server),
            Sender::Server => (flow.server, flow.client),
        };
        let (router, roll) = (flow.router, flow.fate);
        let large = self.frame.len() > LARGE;
        let udp = flow.transport == Transport::Udp;
        let mtu: u16 = 1400;
        let [high, low] = mtu.to_be_bytes();
        let none = [0; 4];
        let (kind, dropper, v4, v6, rest) = match roll {
            _ if large => {
                flow.lower_segment(mtu);
                ("packet too big", router, (3, 4), (2, 0), [0, 0, high, low])
            }
            _ if udp && roll < 60 => {
                flow.remaining = flow.remaining.min(1);
                ("port unreachable", receiver, (3, 3), (1, 4), none)
            }
            0..10 => ("time exceeded", router, (11, 0), (3, 0), none),
            10..70 => ("host unreachable", router, (3, 1), (1, 3), none),
            _ => ("administratively prohibited", router, (3, 13), (1, 1), none),
        };
        let (kind_number, code) = if six { v6 } else { v4 };
        // Old routers quote 8 octets behind an IPv4 header, the others what they like.
        let octets = match (six, roll % 3) {
            (true, _) => 1232,
            (false, 0) => 28,
            (false, _) => 128,
        };
        let ttl = if kind == "time exceeded" { 1 } else { 60 };
        let quote = packet::quote(&self.frame, octets, ttl);
        let ip = Ip {
            src: dropper,
            dst: sender,
            id: self.random.u16(1, u16::MAX),
            ttl: 250,
        };
        let message = Icmp {
            kind: kind_number,
            code,
            rest,
        };
        let mut frame = Vec::new();
        packet::icmp(ip, message, &quote, &mut frame)?;
        let after = self.random.range(100_000, 20_000_000);
        self.later(after, kind, frame);
        Ok(())
    }

    fn later(&mut self, nanos: u64, kind: &'static str, frame: Vec<u8>) {
        self.order += 1;
        self.pending.push(Reverse(Pending {
            at: self.now + nanos,
            order: self.order,
            kind,
            frame,
        }));
    }
}
