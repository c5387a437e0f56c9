//! Captures of messages in fragments, made for the comparison: in tunnels of several kinds, which
//! may be in fragments themselves.

use std::fs;

use tempfile::TempDir;

use icmpdump::model::{LinkType, Timestamp};
use icmpdump::wire::checksum::internet;

use crate::fragmented::{cut, echo, echo6, gre, in_v4, in_v6, ip4, vxlan};
use crate::frames::{self, OwnedFrame};

/// The link type of packets without a link header.
const RAW: LinkType = LinkType(101);

/// Puts a packet into one of a tunnel.
type Tunnel = fn(&[u8]) -> Vec<u8>;

const TUNNELS: [(&str, Tunnel); 8] = [
    ("none", <[u8]>::to_vec),
    ("IPv4", in_v4),
    ("IPv6", in_v6),
    ("GRE", gre),
    ("VXLAN", vxlan),
    ("GRE in IPv6", |packet| in_v6(&gre(packet))),
    ("VXLAN in GRE", |packet| gre(&vxlan(packet))),
    ("IPv6 in VXLAN", |packet| vxlan(&in_v6(packet))),
];

/// A time exceeded message that quotes the whole of a packet.
fn time_exceeded(seq: u16) -> Vec<u8> {
    let mut message = vec![11, 0, 0, 0, 0, 0, 0, 0];
    message.extend(echo(8, seq, 900));
    let sum = internet(&[&message]);
    message[2..4].copy_from_slice(&sum.to_be_bytes());
    ip4(([10, 0, 0, 9], [10, 0, 0, 1]), 1, &message)
}

/// A request with a checksum that is not right.
fn broken(seq: u16) -> Vec<u8> {
    let mut packet = echo(8, seq, 1200);
    packet[22] ^= 0x40;
    packet
}

/// How often each message is cut: into two to five fragments, in all [`orders`].
const TIMES: u16 = 4 * 5;

/// The messages that are cut, numbered one after the other; replies answer those before them.
const MESSAGES: [fn(u16) -> Vec<u8>; 6] = [
    |seq| echo(8, seq, 1200),
    |seq| echo(0, seq - TIMES, 1200),
    |seq| echo6(128, seq, 1300),
    |seq| echo6(129, seq - TIMES, 1300),
    time_exceeded,
    broken,
];

/// In order, the last first, with others in the first place, and the first twice.
fn orders(pieces: &[Vec<u8>]) -> [Vec<Vec<u8>>; 5] {
    let backwards = pieces.iter().rev().cloned().collect();
    let mut turned = pieces.to_vec();
    turned.rotate_left(1);
    let mut swapped = pieces.to_vec();
    swapped.swap(0, pieces.len() / 2);
    let mut twice = pieces.to_vec();
    twice.insert(1, pieces[0].clone());
    [pieces.to_vec(), backwards, turned, swapped, twice]
}

/// What is in fragments.
#[derive(Clone, Copy)]
enum Cut {
    /// The message.
    Message,
    /// The packet of the tunnel that is around it.
    Tunnel,
    /// Both.
    Both,
}

impl Cut {
    /// How the message travels, in a tunnel and in so many fragments; all numbers are other ones for
    /// another message.
    fn packets(self, number: u16, message: &[u8], tunnel: Tunnel, count: usize) -> Vec<Vec<u8>> {
        let into = |packet: &[u8], id, count: usize| {
            let size = packet.len().div_ceil(count).next_multiple_of(8);
            cut(packet, id, size)
        };
        let id = number * 8;
        match self {
            Self::Tunnel => into(&tunnel(message), id, count),
            Self::Message | Self::Both => {
                let pieces = into(message, id, count);
                let packets = pieces.iter().map(|piece| tunnel(piece));
                if matches!(self, Self::Message) {
                    return packets.collect();
                }
                let cut = packets.zip(1..).map(|(packet, n)| into(&packet, id + n, 2));
                cut.flatten().collect()
            }
        }
    }
}

/// Captures of all messages in all tunnels, a file for each tunnel and what of it is cut, in a
/// folder; with the count of messages.
pub(crate) fn captures() -> (TempDir, usize) {
    let folder = tempfile::tempdir().unwrap();
    let mut messages = 0;
    for (name, tunnel) in TUNNELS {
        let all = [
            ("message", Cut::Message),
            ("tunnel", Cut::Tunnel),
            ("both", Cut::Both),
        ];
        let possible = if name == "none" { &all[..1] } else { &all };
        for (what, of) in possible {
            let mut packets = Vec::new();
            let mut number = 0;
            for message in MESSAGES {
                for count in 2..=5 {
                    for order in 0..5 {
                        number += 1;
                        let pieces = of.packets(number, &message(number), tunnel, count);
                        packets.extend(orders(&pieces)[order].clone());
                    }
                }
            }
            let path = folder.path().join(format!("{name}, {what}.pcapng"));
            fs::write(path, frames::pcapng(&frames_of(packets))).unwrap();
            messages += usize::from(number);
        }
    }
    (folder, messages)
}

/// A millisecond apart.
fn frames_of(packets: Vec<Vec<u8>>) -> Vec<OwnedFrame> {
    let frame = |(number, data): (u32, Vec<u8>)| OwnedFrame {
        file: String::new(),
        number: number.into(),
        ts: Timestamp::from_parts(
            1_700_000_000 + i64::from(number / 1000),
            number % 1000 * 1_000_000,
        ),
        link: RAW,
        wire_len: u32::try_from(data.len()).unwrap(),
        fcs_len: 0,
        data,
    };
    (1..).zip(packets).map(frame).collect()
}
