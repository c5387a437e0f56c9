//! What it costs to tell what a frame is, in nanoseconds: the best of many short runs.
//!
//! `cargo run --release --example classify_speed`

use std::hint::black_box;
use std::time::Instant;

use icmpdump::model::{Frame, LinkType};
use icmpdump::wire::{Classified, classify};

const FRAMES: u32 = 100_000;
const RUNS: u32 = 60;

fn main() {
    let v4 = |protocol: u8| {
        let mut ip = vec![0x45, 0, 0, 140, 0, 1, 0x40, 0, 64, protocol, 0, 0];
        ip.resize(140, 1);
        ip
    };
    let mut v6 = vec![0x60, 0, 0, 0, 0, 120, 6, 64];
    v6.resize(160, 1);
    let ether = |kind: &[u8], ip: &[u8]| [&[2; 12], kind, ip].concat();
    for (name, frame) in [
        ("IPv4 TCP", ether(&[8, 0], &v4(6))),
        ("IPv4 UDP", ether(&[8, 0], &v4(17))),
        ("IPv4 ICMP", ether(&[8, 0], &v4(1))),
        ("IPv6 TCP", ether(&[0x86, 0xdd], &v6)),
        ("VLAN, IPv4 TCP", ether(&[0x81, 0, 0, 5, 8, 0], &v4(6))),
    ] {
        println!("{name}: {:.1} ns", best(&frame));
    }
}

fn best(data: &[u8]) -> f64 {
    let frame = Frame::alone(LinkType(1), data);
    let mut best = f64::MAX;
    for _ in 0..RUNS {
        let start = Instant::now();
        let mut octets = 0;
        for _ in 0..FRAMES {
            if let Classified::OtherIp(packet) | Classified::Icmp(packet) =
                classify(black_box(&frame))
            {
                octets += packet.ip.payload.len();
            }
        }
        black_box(octets);
        best = best.min(start.elapsed().as_secs_f64() * 1e9 / f64::from(FRAMES));
    }
    best
}
