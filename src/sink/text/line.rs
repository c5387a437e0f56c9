//! The line of a message up to ` | `: tcpdump's.

use super::palette::{Palette, Role};
use super::{LinkHeader, TextOptions, Verbosity, addr, verbose, wording4, wording6};
use crate::icmp::Body;
use crate::record::{IcmpEvent, write};
use crate::wire::bytes::{u8_at, u16_at, u32_at};
use crate::wire::{Ip, IpVersion};

/// IP addresses and the ICMP message.
pub(super) fn message(
    out: &mut Vec<u8>,
    event: &IcmpEvent<'_>,
    options: &TextOptions,
    palette: &Palette,
) {
    let ip = &event.packet.ip;
    // With -e, tcpdump's link header has told the protocol already.
    let told = options.link_header == LinkHeader::Shown && super::link::tells_protocol(event);
    if !told {
        out.extend_from_slice(match ip.version {
            IpVersion::V4 => b"IP ",
            IpVersion::V6 => b"IP6 ",
        });
    }
    let missing = missing(event);
    match ip.version {
        IpVersion::V4 => {
            if missing > 0 {
                out.extend_from_slice(b"truncated-ip - ");
                write::decimal(out, missing);
                out.extend_from_slice(b" bytes missing! ");
            }
            if options.verbosity > Verbosity::Plain {
                verbose::ipv4(out, ip, options.header_checksums);
                out.extend_from_slice(b"\n    ");
            }
            addr::pair(out, ip.src(), ip.dst(), None);
            out.extend_from_slice(b": ");
        }
        IpVersion::V6 => {
            // The length of a jumbogram stands in an option: tcpdump tells behind that.
            let is_jumbogram = u16_at(ip.header, 4) == Some(0);
            if !is_jumbogram {
                truncated6(out, missing);
            }
            if options.verbosity > Verbosity::Plain {
                verbose::ipv6(out, ip);
                out.push(b' ');
            }
            addr::pair(out, ip.src(), ip.dst(), None);
            out.extend_from_slice(b": ");
            if ip.header.len() > 40 {
                extension_headers(out, ip);
            }
            if is_jumbogram {
                truncated6(out, missing);
            }
        }
    }
    let message = event.message;
    if matches!(message.body, Body::Fragment) {
        match ip.version {
            IpVersion::V4 => {
                out.extend_from_slice(b"ip-proto-");
                write::decimal(out, ip.protocol.into());
            }
            // tcpdump ends with the fragment header, told above.
            IpVersion::V6 => {
                out.pop_if(|last| *last == b' ');
            }
        }
        return;
    }
    let is_error = message.quote().is_some();
    if is_error {
        palette.start(out, Role::Error);
    }
    match message.version {
        IpVersion::V4 => wording4::message(out, message),
        IpVersion::V6 => {
            if options.verbosity > Verbosity::Plain {
                verbose::checksum6(out, message);
            }
            wording6::message(out, message);
        }
    }
    if is_error {
        palette.end(out);
    }
}

fn truncated6(out: &mut Vec<u8>, missing: u64) {
    if missing > 0 {
        out.extend_from_slice(b"truncated-ip6 - ");
        write::decimal(out, missing);
        out.extend_from_slice(b" bytes missing!");
    }
}

/// Octets that the IP length claims beyond the frame's end on the wire.
fn missing(event: &IcmpEvent<'_>) -> u64 {
    if !event.packet.tunnels.is_empty() {
        return 0;
    }
    let on_wire = u64::from(event.frame.wire_len).saturating_sub(event.packet.link.offset as u64);
    u64::from(event.packet.ip.length).saturating_sub(on_wire)
}

/// IPv6 extension headers in front of the message.
fn extension_headers(out: &mut Vec<u8>, ip: &Ip<'_>) {
    let header = ip.header;
    let mut next = u8_at(header, 6).unwrap_or(0);
    let mut at = 40;
    // Eight are more than any packet that is worth showing holds.
    for _ in 0..8 {
        let Some(following) = u8_at(header, at) else {
            return;
        };
        let length = usize::from(u8_at(header, at + 1).unwrap_or(0));
        match next {
            0 => {
                out.extend_from_slice(b"HBH ");
                at += (length + 1) * 8;
            }
            60 => {
                out.extend_from_slice(b"DSTOPT ");
                at += (length + 1) * 8;
            }
            43 => {
                routing(out, &header[at.min(header.len())..]);
                at += (length + 1) * 8;
            }
            44 => {
                let offset = u16_at(header, at + 2).unwrap_or(0) & 0xfff8;
                out.extend_from_slice(b"frag (");
                write::decimal(out, offset.into());
                out.push(b'|');
                write::decimal(out, ip.payload_length.into());
                out.extend_from_slice(b") ");
                at += 8;
            }
            51 => {
                out.extend_from_slice(b"AH(spi=0x");
                write::hex(out, u32_at(header, at + 4).unwrap_or(0).into(), 8);
                out.extend_from_slice(b",seq=0x");
                write::hex(out, u32_at(header, at + 8).unwrap_or(0).into(), 1);
                out.extend_from_slice(b"): ");
                at += (length + 2) * 4;
            }
            _ => return,
        }
        next = following;
    }
}

/// A routing header.
fn routing(out: &mut Vec<u8>, header: &[u8]) {
    let field = |at| u64::from(u8_at(header, at).unwrap_or(0));
    let kind = field(2);
    out.extend_from_slice(b"RT6 (len=");
    write::decimal(out, field(1));
    out.extend_from_slice(b", type=");
    write::decimal(out, kind);
    if kind == 0 {
        out.extend_from_slice(b" [Deprecated]");
    }
    out.extend_from_slice(b", segleft=");
    write::decimal(out, field(3));
    if kind == 4 {
        out.extend_from_slice(b", last-entry=");
        write::decimal(out, field(4));
        if field(5) != 0 {
            out.extend_from_slice(b", flags=0x");
            write::hex(out, field(5), 1);
        }
        out.extend_from_slice(b", tag=");
        write::hex(out, u16_at(header, 6).unwrap_or(0).into(), 1);
    }
    if matches!(kind, 0 | 2 | 4) {
        for (i, octets) in header
            .get(8..)
            .unwrap_or_default()
            .chunks_exact(16)
            .enumerate()
        {
            if i as u64 >= field(1) / 2 {
                break;
            }
            out.extend_from_slice(b", [");
            write::decimal(out, i as u64);
            out.push(b']');
            if let Ok(octets) = <[u8; 16]>::try_from(octets) {
                write::ipv6(out, octets.into());
            }
        }
    }
    out.extend_from_slice(b") ");
}
