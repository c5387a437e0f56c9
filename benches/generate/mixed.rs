//! The traffic of a link: TCP and UDP flows that come and go, pings, and routers that complain.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

use anyhow::Result;
use etherparse::TcpHeader;

use crate::output::Output;
use crate::packet::{self, Icmp, Ip};
use crate::pings::START;
use crate::random::Random;

const FLOWS: usize = 10_000;
const MEAN_GAP: u64 = 100_000;
/// Flow packets that a router complains about, in a million.
const ERRORS: u64 = 5_000;
/// Steps that are a ping instead of a flow packet, in a million; most get a reply.
const PINGS: u64 = 2_500;

/// One flow, both directions.
struct Flow {
    client: IpAddr,
    server: IpAddr,
    ports: (u16, u16),
    transport: Transport,
    /// IPv4 identifications of client and server.
    ids: (u16, u16),
    /// Sequence numbers of client and server.
    seqs: (u32, u32),
    /// Largest payload in octets.
    segment: usize,
    sent: u32,
    remaining: u32,
    server_ttl: u8,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Transport {
    Tcp,
    Udp,
}

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
    pending: BinaryHeap<Reverse<Pending>>,
    order: u64,
    now: u64,
    /// Octets that payloads are cut from.
    noise: Vec<u8>,
    frame: Vec<u8>,
    pings: u16,
}

pub(crate) fn write(folder: &Path, seed: u64, packets: u64) -> Result<()> {
    let mut random = Random::new(seed ^ 0x6d_69_78);
    let noise = (0..16_384)
        .flat_map(|_| random.next().to_le_bytes())
        .collect();
    let flows = (0..FLOWS).map(|_| flow(&mut random)).collect();
    let mut traffic = Traffic {
        random,
        flows,
        pending: BinaryHeap::new(),
        order: 0,
        now: START,
        noise,
        frame: Vec::new(),
        pings: 0,
    };
    let mut output = Output::create(folder, "mixed")?;
    while output.packets() < packets {
        traffic.now += traffic.random.waiting(MEAN_GAP);
        while traffic
            .pending
            .peek()
            .is_some_and(|Reverse(next)| next.at <= traffic.now)
            && output.packets() < packets
        {
            if let Some(Reverse(next)) = traffic.pending.pop() {
                output.frame(next.at, next.kind, &next.frame)?;
            }
        }
        if output.packets() < packets {
            let kind = traffic.step()?;
            output.frame(traffic.now, kind, &traffic.frame)?;
        }
    }
    output.finish()
}

fn host(random: &mut Random, six: bool, net: u8) -> IpAddr {
    let number = random.u16(1, 20_000);
    if six {
        Ipv6Addr::new(0x2001, 0xdb8, u16::from(net), 0, 0, 0, 0, number).into()
    } else {
        let [high, low] = number.to_be_bytes();
        Ipv4Addr::new(10, net, high, low).into()
    }
}

fn flow(random: &mut Random) -> Flow {
    let six = random.chance(200_000);
    let transport = if random.chance(800_000) {
        Transport::Tcp
    } else {
        Transport::Udp
    };
    let server_port = match transport {
        Transport::Tcp => [443, 80, 22, 5432, 8080][random.index(5)],
        Transport::Udp => [53, 443, 123, 4500, 33434][random.index(5)],
    };
    Flow {
        client: host(random, six, 1),
        server: host(random, six, 2),
        ports: (random.u16(32_768, 60_999), server_port),
        transport,
        ids: (random.u16(1, u16::MAX), random.u16(1, u16::MAX)),
        seqs: (random.u32(), random.u32()),
        segment: if six { 1428 } else { 1448 },
        sent: 0,
        remaining: u32::try_from(random.waiting(200)).unwrap_or(0) + 4,
        server_ttl: 64 - random.u8(1, 20),
    }
}

impl Traffic {
    /// Puts the next frame into `frame` and says what it is.
    fn step(&mut self) -> Result<&'static str> {
        if self.random.chance(PINGS) {
            return self.ping();
        }
        let at = self.random.index(self.flows.len());
        if self.flows[at].remaining == 0 {
            self.flows[at] = flow(&mut self.random);
        }
        let Self {
            random,
            flows,
            noise,
            frame,
            ..
        } = self;
        let flow = &mut flows[at];
        let (from_client, kind) = match flow.transport {
            Transport::Tcp => (flow.tcp(random, noise, frame)?, "TCP"),
            Transport::Udp => (flow.udp(random, noise, frame)?, "UDP"),
        };
        flow.sent += 1;
        flow.remaining -= 1;
        if self.random.chance(ERRORS) {
            self.complain(at, from_client)?;
        }
        Ok(kind)
    }

    fn ping(&mut self) -> Result<&'static str> {
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
        packet::icmp(ip, message, &payload, &mut self.frame)?;
        Ok("echo request")
    }

    /// A router, or the receiver, answers the packet in `frame` with an error.
    fn complain(&mut self, at: usize, from_client: bool) -> Result<()> {
        let flow = &mut self.flows[at];
        let six = flow.client.is_ipv6();
        let (sender, receiver) = if from_client {
            (flow.client, flow.server)
        } else {
            (flow.server, flow.client)
        };
        let router = host(&mut self.random, six, 9);
        let large = self.frame.len() > 1400;
        let udp = flow.transport == Transport::Udp;
        let mtu: u16 = 1400;
        let [high, low] = mtu.to_be_bytes();
        let none = [0; 4];
        let roll = self.random.range(0, 100);
        let (kind, dropper, v4, v6, rest) = match roll {
            _ if large => {
                flow.segment = usize::from(mtu) - if six { 72 } else { 52 };
                ("packet too big", router, (3, 4), (2, 0), [0, 0, high, low])
            }
            _ if udp && roll < 60 => {
                flow.remaining = flow.remaining.min(1);
                ("port unreachable", receiver, (3, 3), (1, 4), none)
            }
            0..50 => ("time exceeded", router, (11, 0), (3, 0), none),
            50..80 => ("host unreachable", router, (3, 1), (1, 3), none),
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

impl Flow {
    /// The header of the next packet, with the sender's identification moved on.
    fn ip(&mut self, from_client: bool) -> Ip {
        let (src, dst, id, ttl) = if from_client {
            self.ids.0 = self.ids.0.wrapping_add(1);
            (self.client, self.server, self.ids.0, 64)
        } else {
            self.ids.1 = self.ids.1.wrapping_add(1);
            (self.server, self.client, self.ids.1, self.server_ttl)
        };
        Ip { src, dst, id, ttl }
    }

    /// The next TCP segment: handshake, then mostly data one way and acknowledgements the other.
    fn tcp(&mut self, random: &mut Random, noise: &[u8], out: &mut Vec<u8>) -> Result<bool> {
        let from_client = match self.sent {
            0 | 2 => true,
            1 => false,
            _ => random.chance(480_000),
        };
        let length = match (self.sent, from_client) {
            (0..3, _) => 0,
            (_, true) if random.chance(60_000) => random.index(600),
            (_, true) => 0,
            (_, false) if random.chance(60_000) => random.index(self.segment),
            (_, false) => self.segment,
        };
        let (source, destination) = if from_client {
            self.ports
        } else {
            (self.ports.1, self.ports.0)
        };
        let (seq, ack) = if from_client {
            self.seqs
        } else {
            (self.seqs.1, self.seqs.0)
        };
        let mut header = TcpHeader::new(source, destination, seq, 501);
        header.syn = self.sent < 2;
        header.ack = self.sent > 0;
        header.psh = length > 0;
        header.fin = self.remaining == 1;
        header.acknowledgment_number = if header.ack { ack } else { 0 };
        // Timestamps, as every current stack sends them.
        header.set_options(&[
            etherparse::TcpOptionElement::Noop,
            etherparse::TcpOptionElement::Noop,
            etherparse::TcpOptionElement::Timestamp(seq, ack),
        ])?;
        let by = u32::try_from(length)? + u32::from(header.syn) + u32::from(header.fin);
        if from_client {
            self.seqs.0 = seq.wrapping_add(by);
        } else {
            self.seqs.1 = seq.wrapping_add(by);
        }
        let start = random.index(noise.len() - length);
        let ip = self.ip(from_client);
        packet::tcp(ip, &header, &noise[start..start + length], out)?;
        Ok(from_client)
    }

    fn udp(&mut self, random: &mut Random, noise: &[u8], out: &mut Vec<u8>) -> Result<bool> {
        let from_client = self.sent == 0 || random.chance(500_000);
        let (length, ports) = if from_client {
            (40 + random.index(160), self.ports)
        } else {
            (80 + random.index(1170), (self.ports.1, self.ports.0))
        };
        let start = random.index(noise.len() - length);
        let ip = self.ip(from_client);
        packet::udp(ip, ports, &noise[start..start + length], out)?;
        Ok(from_client)
    }
}
