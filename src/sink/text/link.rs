//! `-e`: the link-layer header as tcpdump shows it.

use crate::model::LinkType;
use crate::record::{IcmpEvent, write};
use crate::wire::bytes::{array_at, u8_at, u16_at, u32_at};
use crate::wire::{IpVersion, link};

const NULL: LinkType = LinkType(0);
const LOOP: LinkType = LinkType(108);
const ETHERNET: LinkType = LinkType(1);
const LINUX_SLL: LinkType = LinkType(113);
const LINUX_SLL2: LinkType = LinkType(276);

/// What is no larger in the place of an EtherType is a length (IEEE 802.3 section 3.2.6).
const LONGEST_802_3: u16 = 1500;

/// Whether the header ends with the protocol, so that the line need not begin with `IP `.
pub(super) fn tells_protocol(event: &IcmpEvent<'_>) -> bool {
    // What is inside a tunnel is not what the link header tells of.
    event.packet.tunnels.is_empty()
}

/// The header, with what separates it from the packet.
pub(super) fn header(out: &mut Vec<u8>, event: &IcmpEvent<'_>) {
    let data = event.frame.data;
    let length = event.frame.wire_len;
    match event.frame.link {
        ETHERNET => ethernet(out, data, length),
        LINUX_SLL => {
            direction(out, u16_at(data, 0).unwrap_or(0).into(), Align::Right);
            address(out, data, 6, u16_at(data, 4).unwrap_or(0));
            ether_types(out, data, 14, length);
        }
        LINUX_SLL2 => {
            direction(out, u8_at(data, 10).unwrap_or(0).into(), Align::Left);
            out.extend_from_slice(b"ifindex ");
            write::decimal(out, u32_at(data, 4).unwrap_or(0).into());
            out.push(b' ');
            address(out, data, 12, u8_at(data, 11).unwrap_or(0).into());
            let protocol = u16_at(data, 0).unwrap_or(0);
            ether_type(out, protocol);
            end(out, length);
            tags(out, data, 20, protocol);
        }
        NULL | LOOP => {
            let (name, family): (&[u8], u64) = match event.packet.ip.version {
                IpVersion::V4 => (b"IPv4", 2),
                // The number is the capturing system's own: 10, 24, 28 or 30.
                IpVersion::V6 => (b"IPv6", data.iter().take(4).map(|b| u64::from(*b)).sum()),
            };
            out.extend_from_slice(b"AF ");
            out.extend_from_slice(name);
            out.extend_from_slice(b" (");
            write::decimal(out, family);
            out.push(b')');
            end(out, length);
        }
        // Without a link header there is nothing but the packet.
        LinkType(12 | 14 | 101 | 228 | 229) => out.extend_from_slice(b"ip: "),
        _ => other(out, event),
    }
}

/// `802.11, 02:00:00:00:00:01 > 02:00:00:00:00:02, ethertype IPv4 (0x0800), length 116: `, without
/// what the link does not tell. tcpdump has words of its own for each kind of link.
fn other(out: &mut Vec<u8>, event: &IcmpEvent<'_>) {
    let name = link::description(event.frame.link).unwrap_or("link");
    out.extend_from_slice(name.as_bytes());
    let told = link::addresses(event.frame);
    if let (Some(src), Some(dst)) = (told.src, told.dst) {
        out.extend_from_slice(b", ");
        write::hex_octets(out, src.as_slice(), b":");
        out.extend_from_slice(b" > ");
        write::hex_octets(out, dst.as_slice(), b":");
    }
    if let Some(protocol) = told.ether_type {
        out.extend_from_slice(b", ");
        ether_type(out, protocol);
    }
    end(out, event.frame.wire_len);
}

/// Where tcpdump puts the kind of packet in its three columns: it differs by version.
#[derive(Clone, Copy)]
enum Align {
    Left,
    Right,
}

/// The kind of packet in a cooked header, in tcpdump's width.
fn direction(out: &mut Vec<u8>, kind: u32, align: Align) {
    let word: &[u8] = match kind {
        0 => b"In",
        1 => b"B",
        2 => b"M",
        3 => b"P",
        4 => b"Out",
        _ => b"?",
    };
    let blanks = &b"  "[..3 - word.len()];
    let (before, behind): (&[u8], &[u8]) = match align {
        Align::Left => (b"", blanks),
        Align::Right => (blanks, b""),
    };
    for part in [before, word, behind, b" "] {
        out.extend_from_slice(part);
    }
}

fn address(out: &mut Vec<u8>, data: &[u8], at: usize, length: u16) {
    let octets = data.get(at..at + usize::from(length.min(8)));
    if let Some(octets) = octets.filter(|octets| !octets.is_empty()) {
        write::hex_octets(out, octets, b":");
        out.push(b' ');
    }
}

fn ethernet(out: &mut Vec<u8>, data: &[u8], length: u32) {
    write::hex_octets(out, data.get(6..12).unwrap_or_default(), b":");
    out.extend_from_slice(b" > ");
    write::hex_octets(out, data.get(..6).unwrap_or_default(), b":");
    out.extend_from_slice(b", ");
    ether_types(out, data, 12, length);
}

/// `ethertype 802.1Q (0x8100), length 102: vlan 10, p 0, ethertype IPv4 (0x0800), `.
fn ether_types(out: &mut Vec<u8>, data: &[u8], at: usize, length: u32) {
    let protocol = u16_at(data, at).unwrap_or(0);
    if protocol <= LONGEST_802_3 {
        return llc(out, data, at + 2, protocol);
    }
    ether_type(out, protocol);
    end(out, length);
    tags(out, data, at + 2, protocol);
}

/// `802.3, length 92: `, and what SNAP says where an EtherType is in it.
fn llc(out: &mut Vec<u8>, data: &[u8], at: usize, length: u16) {
    const SNAP: [u8; 6] = [0xaa, 0xaa, 0x03, 0, 0, 0];
    out.extend_from_slice(b"802.3");
    end(out, length.into());
    if array_at(data, at) == Some(SNAP) {
        out.extend_from_slice(
            b"LLC, dsap SNAP (0xaa) Individual, ssap SNAP (0xaa) Command, ctrl 0x03: \
              oui Ethernet (0x000000), ",
        );
        ether_type(out, u16_at(data, at + 6).unwrap_or(0));
        end(out, u32::from(length).saturating_sub(8));
    }
}

fn end(out: &mut Vec<u8>, length: u32) {
    out.extend_from_slice(b", length ");
    write::decimal(out, length.into());
    out.extend_from_slice(b": ");
}

/// The VLAN tags that stand at `at`, if `protocol` announces one.
fn tags(out: &mut Vec<u8>, data: &[u8], mut at: usize, mut protocol: u16) {
    while matches!(protocol, 0x8100 | 0x88a8 | 0x9100 | 0x9200) {
        let Some(tag) = u16_at(data, at) else { return };
        out.extend_from_slice(b"vlan ");
        write::decimal(out, (tag & 0x0fff).into());
        out.extend_from_slice(b", p ");
        write::decimal(out, (tag >> 13).into());
        if tag & 0x1000 != 0 {
            out.extend_from_slice(b", DEI");
        }
        protocol = u16_at(data, at + 2).unwrap_or(0);
        at += 4;
        out.extend_from_slice(b", ");
        ether_type(out, protocol);
        out.extend_from_slice(b", ");
    }
}

fn ether_type(out: &mut Vec<u8>, protocol: u16) {
    let name: &[u8] = match protocol {
        0x0800 => b"IPv4",
        0x86dd => b"IPv6",
        0x8100 => b"802.1Q",
        0x88a8 => b"802.1Q-QinQ",
        0x9100 => b"802.1Q-9100",
        0x9200 => b"802.1Q-9200",
        0x8847 => b"MPLS unicast",
        0x8848 => b"MPLS multicast",
        0x8864 => b"PPPoE S",
        _ => b"Unknown",
    };
    out.extend_from_slice(b"ethertype ");
    out.extend_from_slice(name);
    out.extend_from_slice(b" (0x");
    write::hex(out, protocol.into(), 4);
    out.push(b')');
}
