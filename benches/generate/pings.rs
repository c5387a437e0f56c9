//! Pings between many hosts: requests at their pace, replies after each pair's own round trip.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

use anyhow::Result;

use crate::output::Output;
use crate::packet::{self, Icmp, Ip};
use crate::random::Random;

/// 2023-11-14 22:13:20 UTC.
pub(crate) const START: u64 = 1_700_000_000_000_000_000;
const MILLISECOND: u64 = 1_000_000;
const SECOND: u64 = 1_000_000_000;
const PAIRS: usize = 2000;

/// One running ping.
struct Pair {
    src: IpAddr,
    dst: IpAddr,
    id: u16,
    seq: u16,
    ip_id: u16,
    /// Octets of echo payload.
    payload: usize,
    /// Round trip without queueing, in nanoseconds.
    rtt: u64,
    /// Requests lost, in a million.
    loss: u64,
    /// TTL that replies arrive with.
    reply_ttl: u8,
}

/// What happens next to a pair.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Request,
    Reply { seq: u16, sent: u64 },
}

pub(crate) fn write(folder: &Path, seed: u64, packets: u64) -> Result<()> {
    let mut random = Random::new(seed ^ 0x70_69_6e_67);
    let mut pairs: Vec<Pair> = (0..PAIRS).map(|n| pair(n, &mut random)).collect();
    let mut output = Output::create(folder, "pings")?;
    let mut due = BinaryHeap::new();
    for number in 0..pairs.len() {
        let at = START + random.range(0, SECOND);
        due.push(Reverse((at, number, Event::Request)));
    }
    let mut frame = Vec::new();
    while output.packets() < packets {
        let Some(Reverse((now, number, event))) = due.pop() else {
            break;
        };
        let pair = &mut pairs[number];
        match event {
            Event::Request => {
                pair.seq = pair.seq.wrapping_add(1);
                pair.ip_id = pair.ip_id.wrapping_add(random.u16(1, 20));
                pair.frame(Direction::Request, pair.seq, now, &mut frame)?;
                output.frame(now, pair.kind(Direction::Request), &frame)?;
                let pause = SECOND + random.waiting(MILLISECOND);
                due.push(Reverse((now + pause, number, Event::Request)));
                if !random.chance(pair.loss) {
                    let reply = Event::Reply {
                        seq: pair.seq,
                        sent: now,
                    };
                    let rtt = pair.rtt + random.waiting(pair.rtt / 10);
                    due.push(Reverse((now + rtt, number, reply)));
                    if random.chance(500) {
                        let again = rtt + random.range(1000, MILLISECOND);
                        due.push(Reverse((now + again, number, reply)));
                    }
                }
            }
            Event::Reply { seq, sent } => {
                pair.frame(Direction::Reply, seq, sent, &mut frame)?;
                output.frame(now, pair.kind(Direction::Reply), &frame)?;
            }
        }
    }
    output.finish()
}

#[derive(Clone, Copy)]
enum Direction {
    Request,
    Reply,
}

fn pair(number: usize, random: &mut Random) -> Pair {
    let low = u16::try_from(number).unwrap_or(0);
    let [high, low_octet] = low.to_be_bytes();
    // Every 20th is IPv6; a fifth pings as Windows does, with 32 octets.
    let six = number % 20 == 19;
    let (src, dst): (IpAddr, IpAddr) = if six {
        (
            Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, low).into(),
            Ipv6Addr::new(0x2001, 0xdb8, 0, 2, 0, 0, 0, low).into(),
        )
    } else {
        (
            Ipv4Addr::new(10, 1, high, low_octet).into(),
            Ipv4Addr::new(198, 18, high, low_octet).into(),
        )
    };
    Pair {
        src,
        dst,
        id: random.u16(1, u16::MAX),
        seq: 0,
        ip_id: random.u16(0, u16::MAX),
        payload: if !six && number.is_multiple_of(5) {
            32
        } else {
            56
        },
        rtt: 1 << random.range(17, 27), // 0.13 to 67 ms
        loss: if number % 50 == 7 { 50_000 } else { 2000 },
        reply_ttl: 64 - random.u8(1, 20),
    }
}

impl Pair {
    fn kind(&self, direction: Direction) -> &'static str {
        match (self.src.is_ipv4(), direction) {
            (true, Direction::Request) => "ICMP echo request",
            (true, Direction::Reply) => "ICMP echo reply",
            (false, Direction::Request) => "ICMPv6 echo request",
            (false, Direction::Reply) => "ICMPv6 echo reply",
        }
    }

    /// Builds one message; the payload starts with the time of sending, as iputils does it.
    fn frame(&self, direction: Direction, seq: u16, sent: u64, out: &mut Vec<u8>) -> Result<()> {
        let (src, dst, ttl, kind) = match (direction, self.src.is_ipv4()) {
            (Direction::Request, true) => (self.src, self.dst, 64, 8),
            (Direction::Reply, true) => (self.dst, self.src, self.reply_ttl, 0),
            (Direction::Request, false) => (self.src, self.dst, 64, 128),
            (Direction::Reply, false) => (self.dst, self.src, self.reply_ttl, 129),
        };
        let ip = Ip {
            src,
            dst,
            id: if self.src.is_ipv4() { self.ip_id } else { 0 },
            ttl,
        };
        let [a, b] = self.id.to_be_bytes();
        let [c, d] = seq.to_be_bytes();
        let message = Icmp {
            kind,
            code: 0,
            rest: [a, b, c, d],
        };
        let mut payload = [0_u8; 56];
        if self.payload == 32 {
            for (octet, letter) in payload.iter_mut().zip((b'a'..=b'w').cycle()) {
                *octet = letter;
            }
        } else {
            payload[..8].copy_from_slice(&(sent / SECOND).to_le_bytes());
            payload[8..16].copy_from_slice(&(sent % SECOND / 1000).to_le_bytes());
            for (octet, count) in payload[16..].iter_mut().zip(0x10..) {
                *octet = count;
            }
        }
        packet::icmp(ip, message, &payload[..self.payload], out)
    }
}
