//! Packets, what tunnels make of them, and their fragments.

// Each crate of tests uses only part of this.
#![allow(dead_code)]

use etherparse::{IpNumber, PacketBuilder};
use icmpdump::wire::checksum::internet;

const HOSTS: ([u8; 4], [u8; 4]) = ([10, 0, 0, 1], [10, 0, 0, 2]);
const HOSTS6: ([u8; 16], [u8; 16]) = (address(1), address(2));
/// Those of a tunnel.
pub(crate) const ENDS: ([u8; 4], [u8; 4]) = ([192, 0, 2, 1], [192, 0, 2, 2]);
const ENDS6: ([u8; 16], [u8; 16]) = (address(0x11), address(0x12));
const GRE: u8 = 47;
const FRAGMENT: u8 = 44;

const fn address(last: u8) -> [u8; 16] {
    [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]
}

fn payload(octets: usize) -> Vec<u8> {
    (0..octets)
        .map(|n| u8::try_from(n % 251).unwrap())
        .collect()
}

/// An echo request (8), or the reply to it.
pub(crate) fn echo(kind: u8, seq: u16, octets: usize) -> Vec<u8> {
    let payload = payload(octets);
    let mut packet = Vec::new();
    if kind == 8 {
        let builder = PacketBuilder::ipv4(HOSTS.0, HOSTS.1, 64).icmpv4_echo_request(7, seq);
        builder.write(&mut packet, &payload).unwrap();
    } else {
        let builder = PacketBuilder::ipv4(HOSTS.1, HOSTS.0, 64).icmpv4_echo_reply(7, seq);
        builder.write(&mut packet, &payload).unwrap();
    }
    packet
}

/// An echo request (128) of ICMPv6, or the reply to it.
pub(crate) fn echo6(kind: u8, seq: u16, octets: usize) -> Vec<u8> {
    let payload = payload(octets);
    let mut packet = Vec::new();
    if kind == 128 {
        let builder = PacketBuilder::ipv6(HOSTS6.0, HOSTS6.1, 64).icmpv6_echo_request(7, seq);
        builder.write(&mut packet, &payload).unwrap();
    } else {
        let builder = PacketBuilder::ipv6(HOSTS6.1, HOSTS6.0, 64).icmpv6_echo_reply(7, seq);
        builder.write(&mut packet, &payload).unwrap();
    }
    packet
}

pub(crate) fn ip4((src, dst): ([u8; 4], [u8; 4]), protocol: u8, payload: &[u8]) -> Vec<u8> {
    let mut packet = Vec::new();
    PacketBuilder::ipv4(src, dst, 64)
        .write(&mut packet, IpNumber(protocol), payload)
        .unwrap();
    packet
}

fn is_v6(packet: &[u8]) -> bool {
    packet[0] >> 4 == 6
}

/// `EtherType` of an IP packet.
fn ether_type(packet: &[u8]) -> [u8; 2] {
    if is_v6(packet) { [0x86, 0xdd] } else { [8, 0] }
}

/// The protocol number of an IP packet in another.
fn in_ip(packet: &[u8]) -> u8 {
    if is_v6(packet) { 41 } else { 4 }
}

/// IP in IPv4 (RFC 2003, RFC 4213).
pub(crate) fn in_v4(packet: &[u8]) -> Vec<u8> {
    ip4(ENDS, in_ip(packet), packet)
}

/// IP in IPv6 (RFC 2473).
pub(crate) fn in_v6(packet: &[u8]) -> Vec<u8> {
    let mut outer = Vec::new();
    PacketBuilder::ipv6(ENDS6.0, ENDS6.1, 64)
        .write(&mut outer, IpNumber(in_ip(packet)), packet)
        .unwrap();
    outer
}

pub(crate) fn gre(packet: &[u8]) -> Vec<u8> {
    ip4(
        ENDS,
        GRE,
        &[&[0, 0], &ether_type(packet)[..], packet].concat(),
    )
}

pub(crate) fn udp(port: u16, payload: &[u8]) -> Vec<u8> {
    let mut packet = Vec::new();
    PacketBuilder::ipv4(ENDS.0, ENDS.1, 64)
        .udp(port, port)
        .write(&mut packet, payload)
        .unwrap();
    packet
}

pub(crate) fn vxlan(packet: &[u8]) -> Vec<u8> {
    let stations = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];
    let header = [8, 0, 0, 0, 0, 0, 7, 0];
    udp(
        4789,
        &[&header[..], &stations, &ether_type(packet), packet].concat(),
    )
}

/// The fragments of a packet, of so many octets behind the header.
pub(crate) fn cut(packet: &[u8], id: u16, size: usize) -> Vec<Vec<u8>> {
    let (header, part) = packet.split_at(if is_v6(packet) { 40 } else { 20 });
    let last = part.len().div_ceil(size) - 1;
    let piece = |(n, octets): (usize, &[u8])| {
        let offset = u16::try_from(n * size / 8).unwrap();
        if is_v6(packet) {
            fragment6(header, octets, id, offset << 3 | u16::from(n < last))
        } else {
            fragment4(header, octets, id, offset | u16::from(n < last) << 13)
        }
    };
    part.chunks(size).enumerate().map(piece).collect()
}

/// `place` is the word of RFC 791 section 3.1 with offset and flags.
fn fragment4(header: &[u8], octets: &[u8], id: u16, place: u16) -> Vec<u8> {
    let mut piece = [header, octets].concat();
    let length = u16::try_from(piece.len()).unwrap();
    piece[2..4].copy_from_slice(&length.to_be_bytes());
    piece[4..6].copy_from_slice(&id.to_be_bytes());
    piece[6..8].copy_from_slice(&place.to_be_bytes());
    piece[10..12].fill(0);
    let sum = internet(&[&piece[..20]]);
    piece[10..12].copy_from_slice(&sum.to_be_bytes());
    piece
}

/// `place` is the word of RFC 8200 section 4.5 with offset and flag.
fn fragment6(header: &[u8], octets: &[u8], id: u16, place: u16) -> Vec<u8> {
    let mut piece = header.to_vec();
    piece[4..6].copy_from_slice(&u16::try_from(8 + octets.len()).unwrap().to_be_bytes());
    piece[6] = FRAGMENT;
    piece.extend([header[6], 0]);
    piece.extend(place.to_be_bytes());
    piece.extend(u32::from(id).to_be_bytes());
    piece.extend(octets);
    piece
}
