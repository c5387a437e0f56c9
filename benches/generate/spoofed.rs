//! A flood from made-up addresses to standard output: what no table can hold.

use std::io::{self, BufWriter, ErrorKind, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use anyhow::{Result, bail};

use crate::output;
use crate::packet::{self, Icmp, Ip};
use crate::pings::START;
use crate::random::Random;

/// What each packet of the flood is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flood {
    /// Echo requests that nobody answers.
    Requests,
    /// Errors from everywhere, about flows that never were.
    Quotes,
}

impl FromStr for Flood {
    type Err = anyhow::Error;

    fn from_str(word: &str) -> Result<Self> {
        match word {
            "requests" => Ok(Self::Requests),
            "quotes" => Ok(Self::Quotes),
            _ => bail!("spoofed requests or spoofed quotes, not {word}"),
        }
    }
}

/// Nanoseconds between two packets.
const PAUSE: u64 = 1000;
/// Every so many are IPv6.
const SIX: u64 = 4;
const PORT_UNREACHABLE: Icmp = Icmp {
    kind: 3,
    code: 3,
    rest: [0; 4],
};
const PORT_UNREACHABLE6: Icmp = Icmp {
    kind: 1,
    code: 4,
    rest: [0; 4],
};

/// Writes a capture of `packets` packets. A reader that has enough ends it quietly.
pub(crate) fn write(flood: Flood, seed: u64, packets: u64) -> Result<()> {
    let mut random = Random::new(seed ^ 0x73_70_6f_6f);
    let mut out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    let mut frame = Vec::new();
    let mut write = || -> Result<()> {
        output::begin(&mut out)?;
        for number in 0..packets {
            build(flood, number, &mut random, &mut frame)?;
            output::record(&mut out, START + number * PAUSE, &frame)?;
        }
        Ok(out.flush()?)
    };
    match write() {
        Err(error) if is_closed_pipe(&error) => Ok(()),
        done => done,
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

fn build(flood: Flood, number: u64, random: &mut Random, frame: &mut Vec<u8>) -> Result<()> {
    let six = number % SIX == SIX - 1;
    let (made_up, victim) = (anybody(six, random), victim(six));
    let ip = |src, dst, random: &mut Random| Ip {
        src,
        dst,
        id: random.u16(0, u16::MAX),
        ttl: random.u8(32, 255),
    };
    match flood {
        Flood::Requests => {
            let rest = random.range(0, u64::from(u32::MAX)).to_be_bytes();
            let request = Icmp {
                kind: if six { 128 } else { 8 },
                code: 0,
                rest: [rest[4], rest[5], rest[6], rest[7]],
            };
            packet::icmp(ip(made_up, victim, random), request, &[0x61; 32], frame)
        }
        Flood::Quotes => {
            let ports = (random.u16(1, u16::MAX), random.u16(1, u16::MAX));
            let quoted = ip(victim, anybody(six, random), random);
            packet::udp(quoted, ports, &[0; 8], frame)?;
            let quote = packet::quote(frame, 1280, 1);
            let error = if six {
                PORT_UNREACHABLE6
            } else {
                PORT_UNREACHABLE
            };
            packet::icmp(ip(made_up, victim, random), error, &quote, frame)
        }
    }
}

fn victim(six: bool) -> IpAddr {
    if six {
        Ipv6Addr::new(0x2001, 0xdb8, 0, 9, 0, 0, 0, 9).into()
    } else {
        Ipv4Addr::new(192, 0, 2, 9).into()
    }
}

fn anybody(six: bool, random: &mut Random) -> IpAddr {
    let bits = random.range(0, u64::MAX - 1);
    if six {
        Ipv6Addr::from_bits(0x2001_0db8 << 96 | u128::from(bits)).into()
    } else {
        let [a, b, c, ..] = bits.to_be_bytes();
        // Public enough, and no group.
        Ipv4Addr::new(64 | a & 63, a, b, c).into()
    }
}
