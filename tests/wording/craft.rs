//! A capture that holds a message of every type, and of every code where codes matter.

use std::net::{Ipv4Addr, Ipv6Addr};

fn checksum(parts: &[&[u8]]) -> u16 {
    let mut sum = 0_u64;
    for part in parts {
        for pair in part.chunks(2) {
            sum += u64::from(pair[0]) << 8 | u64::from(pair.get(1).copied().unwrap_or(0));
        }
    }
    while sum >> 16 != 0 {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap()
}

/// An IPv4 packet; `fragment` is the word of flags and offset.
fn ip4(protocol: u8, src: [u8; 4], dst: [u8; 4], fragment: u16, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(20 + payload.len()).unwrap();
    let mut header = vec![0x45, 0];
    header.extend(length.to_be_bytes());
    header.extend([0, 7]);
    header.extend(fragment.to_be_bytes());
    header.extend([64, protocol, 0, 0]);
    header.extend(src);
    header.extend(dst);
    let sum = checksum(&[&header]).to_be_bytes();
    header[10..12].copy_from_slice(&sum);
    header.extend(payload);
    header
}

fn ip6(next: u8, src: Ipv6Addr, dst: Ipv6Addr, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x60, 0, 0, 0];
    packet.extend(u16::try_from(payload.len()).unwrap().to_be_bytes());
    packet.extend([next, 255]);
    packet.extend(src.octets());
    packet.extend(dst.octets());
    packet.extend(payload);
    packet
}

/// An echo request in IPv4.
pub(crate) fn echo_request() -> Vec<u8> {
    icmp4(8, 0, &[0, 1, 0, 2, 1, 2, 3, 4])
}

const A: [u8; 4] = [10, 0, 0, 1];
const B: [u8; 4] = [10, 0, 0, 2];
const FAR: [u8; 4] = [192, 0, 2, 9];

fn a6() -> Ipv6Addr {
    "2001:db8::1".parse().unwrap()
}

fn b6() -> Ipv6Addr {
    "2001:db8::2".parse().unwrap()
}

fn far6() -> Ipv6Addr {
    "2001:db8:9::9".parse().unwrap()
}

fn icmp4(kind: u8, code: u8, rest: &[u8]) -> Vec<u8> {
    let mut message = vec![kind, code, 0, 0];
    message.extend(rest);
    let sum = checksum(&[&message]).to_be_bytes();
    message[2..4].copy_from_slice(&sum);
    ip4(1, A, B, 0x4000, &message)
}

fn message6(kind: u8, code: u8, rest: &[u8]) -> Vec<u8> {
    let mut message = vec![kind, code, 0, 0];
    message.extend(rest);
    let mut pseudo = Vec::new();
    pseudo.extend(a6().octets());
    pseudo.extend(b6().octets());
    pseudo.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
    pseudo.extend([0, 0, 0, 58]);
    let sum = checksum(&[&pseudo, &message]).to_be_bytes();
    message[2..4].copy_from_slice(&sum);
    message
}

fn icmp6(kind: u8, code: u8, rest: &[u8]) -> Vec<u8> {
    ip6(58, a6(), b6(), &message6(kind, code, rest))
}

fn join(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

fn udp() -> Vec<u8> {
    let mut datagram = vec![0x9c, 0x40, 0, 53, 0, 40, 0, 0];
    datagram.resize(40, 0);
    datagram
}

fn tcp() -> Vec<u8> {
    vec![
        0x9c, 0x40, 1, 187, 0, 0, 3, 232, 0, 0, 0, 0, 0x50, 2, 0, 100, 0, 0, 0, 0,
    ]
}

fn ipv4_messages(packets: &mut Vec<Vec<u8>>) {
    let quote = |protocol, payload: &[u8]| ip4(protocol, B, FAR, 0x4000, payload);
    let (about_udp, about_tcp, about_sctp) =
        (quote(17, &udp()), quote(6, &tcp()), quote(132, &udp()));
    let field = [0, 5, 5, 120];
    for kind in 0..=255 {
        let codes = if matches!(kind, 3 | 5 | 11 | 12 | 40 | 43) {
            18
        } else {
            1
        };
        for code in 0..codes {
            packets.push(icmp4(kind, code, &join(&[&field, &about_udp])));
        }
    }
    packets.push(icmp4(3, 3, &join(&[&[0; 4], &about_tcp])));
    packets.push(icmp4(3, 3, &join(&[&[0; 4], &about_sctp])));
    packets.push(icmp4(3, 4, &join(&[&[0; 4], &about_tcp])));
    let routers = [10, 0, 0, 1, 0, 0, 0, 5, 10, 0, 0, 9, 0x80, 0, 0, 0];
    packets.push(icmp4(9, 0, &join(&[&[2, 2, 7, 8], &routers])));
    packets.push(icmp4(9, 0, &join(&[&[1, 2, 0, 30], &routers[..8]])));
    packets.push(icmp4(9, 0, &join(&[&[1, 3, 28, 132], &routers[..12]])));
    for first in [45_296_789_u32, 0x8000_0005] {
        let mut times = vec![0, 9, 0, 1];
        for time in [first, 45_296_790, 45_296_791] {
            times.extend(time.to_be_bytes());
        }
        packets.push(icmp4(14, 0, &times));
    }
    // Fragments: the first, and one behind it.
    let echo = [8, 0, 0, 0, 0, 5, 0, 6, 1, 2, 3, 4, 5, 6, 7, 8];
    packets.push(ip4(1, A, B, 0x2000, &echo));
    packets.push(ip4(1, A, B, 0x0005, &[0; 32]));
}

fn ipv6_messages(packets: &mut Vec<Vec<u8>>) {
    let quote = |next, payload: &[u8]| ip6(next, b6(), far6(), payload);
    let field = [0, 5, 5, 120];
    for kind in 0..=255 {
        let codes = if matches!(kind, 1 | 3 | 4 | 138 | 139 | 140 | 155 | 157) {
            11
        } else {
            1
        };
        for code in 0..codes {
            packets.push(icmp6(kind, code, &join(&[&field, &quote(17, &udp())])));
        }
    }
    packets.push(icmp6(1, 4, &join(&[&[0; 4], &quote(6, &tcp())])));
    let group: Ipv6Addr = "ff02::5".parse().unwrap();
    let source: Ipv6Addr = "2001:db8::7".parse().unwrap();
    let (group, source) = (group.octets(), source.octets());
    for kind in 130..=132 {
        packets.push(icmp6(kind, 0, &join(&[&[3, 232, 0, 0], &group])));
    }
    let query = join(&[&[3, 232, 0, 0], &group, &[2, 125, 0, 1], &source]);
    packets.push(icmp6(130, 0, &query));
    packets.push(icmp6(
        130,
        0,
        &join(&[&[3, 232, 0, 0], &[0; 16], &[2, 125, 0, 0]]),
    ));
    let report = join(&[
        &[0, 0, 0, 2],
        &[4, 0, 0, 0],
        &group,
        &[3, 0, 0, 1],
        &group,
        &source,
    ]);
    packets.push(icmp6(143, 0, &report));
    let link = [1, 1, 2, 0, 0, 0, 0, 1];
    packets.push(icmp6(133, 0, &join(&[&[0; 4], &link])));
    packets.push(icmp6(134, 0, &join(&[&[64, 0xc0, 7, 8], &[0; 8], &link])));
    packets.push(icmp6(135, 0, &join(&[&[0; 4], &source, &link])));
    packets.push(icmp6(136, 0, &join(&[&[0x60, 0, 0, 0], &source, &link])));
    packets.push(icmp6(137, 0, &join(&[&[0; 4], &source, &group])));
    let nonce = [0; 8];
    packets.push(icmp6(139, 0, &join(&[&[0, 0, 0, 0], &nonce])));
    packets.push(icmp6(139, 0, &join(&[&[0, 3, 0, 0x2a], &nonce, &source])));
    packets.push(icmp6(140, 1, &join(&[&[0, 2, 0, 0], &nonce])));
    names_and_prefixes(packets);
    extension_headers(packets);
}

/// Names that are asked for, and commands that renumber routers.
fn names_and_prefixes(packets: &mut Vec<Vec<u8>>) {
    let nonce = [0; 8];
    for name in [
        &b"\x04host\x07example\0"[..],
        b"\x04host\0\0",
        b"\x04host\x07exam",
        b"\x04host",
    ] {
        packets.push(icmp6(139, 1, &join(&[&[0, 2, 0, 0], &nonce, name])));
    }
    let head = [0, 0, 0, 9, 1, 0x40, 0, 100, 0, 0, 0, 0];
    let (old, new) = (far6().octets(), a6().octets());
    for (code, uses, flags) in [
        (1, 1, 0),
        (2, 2, 0x80),
        (3, 0, 0),
        (9, 1, 0xc0),
        (1, 1, 0x40),
    ] {
        let mut message = join(&[&head, &[code, 3 + 4 * uses, 0, 48, 48, 64, 0, 0], &old]);
        for _ in 0..uses {
            message.extend([48, 16, 0, 0, 0, 0, 0, 9, 0, 0, 0, 8, flags, 0, 0, 0]);
            message.extend(new);
        }
        packets.push(icmp6(138, 0, &message));
    }
}

fn extension_headers(packets: &mut Vec<Vec<u8>>) {
    let echo = message6(128, 0, &[0, 5, 0, 6, 1, 2, 3, 4, 5, 6, 7, 8]);
    let behind = |next, header: &[u8]| ip6(next, a6(), b6(), &join(&[header, &echo]));
    packets.push(behind(0, &[58, 0, 5, 2, 0, 0, 1, 0]));
    packets.push(behind(60, &[58, 0, 1, 4, 0, 0, 0, 0]));
    packets.push(behind(44, &[58, 0, 0, 1, 0, 0, 0, 9]));
    packets.push(ip6(
        44,
        a6(),
        b6(),
        &[58, 0, 0, 16, 0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8],
    ));
    let segment = far6().octets();
    packets.push(behind(43, &join(&[&[58, 2, 0, 1, 0, 0, 0, 0], &segment])));
    packets.push(behind(43, &join(&[&[58, 2, 4, 1, 0, 0, 0, 0], &segment])));
    let both = join(&[&[60, 0, 5, 2, 0, 0, 1, 0], &[58, 0, 1, 4, 0, 0, 0, 0]]);
    packets.push(behind(0, &both));
    let authentication = [1, 4, 0, 0, 0, 0, 0, 0x77, 0, 0, 0, 9];
    packets.push(ip4(
        51,
        A,
        B,
        0x4000,
        &join(&[&authentication, &[0xaa; 12], &echo_request()[20..]]),
    ));
}

/// The packets as a pcap file of raw IP.
pub(crate) fn capture() -> Vec<u8> {
    let mut packets = Vec::new();
    ipv4_messages(&mut packets);
    ipv6_messages(&mut packets);
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 0x4_0000, 101] {
        file.extend(word.to_le_bytes());
    }
    for (i, packet) in packets.iter().enumerate() {
        let length = u32::try_from(packet.len()).unwrap();
        let second = 1_700_000_000 + u32::try_from(i).unwrap();
        for word in [second, 0, length, length] {
            file.extend(word.to_le_bytes());
        }
        file.extend(packet);
    }
    let _ = Ipv4Addr::from(A);
    file
}
