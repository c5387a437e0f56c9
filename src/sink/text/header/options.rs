//! Options and extension headers of IP.

use super::super::fields::{name_value, unread};
use super::super::{Verbosity, addr};
use crate::icmp::field::{Extent, Value, numbers, v4_addresses, v4_times, v6_addresses};
use crate::icmp::ip_header;
use crate::icmp::item::Item;
use crate::record::write::{self, number};
use crate::wire::Ip;
use crate::wire::bytes::{array_at, tail, u8_at, u16_at, u32_at};
use crate::wire::ip::{ExtensionHeader, IpOption, OptionSpace, protocol};

/// Extension headers in front of the message, a blank behind each; their options where `detail`
/// asks for more than a line.
pub(in crate::sink::text) fn extension_headers(out: &mut Vec<u8>, ip: &Ip<'_>, detail: Verbosity) {
    let is_detailed = detail > Verbosity::Plain;
    for (i, header) in ip.extension_headers().enumerate() {
        let octets = header.bytes;
        match header.protocol {
            protocol::HOPOPT => out.extend_from_slice(b"HBH "),
            protocol::DEST_OPTIONS => out.extend_from_slice(b"DSTOPT "),
            protocol::ROUTE => routing(out, &header, is_detailed),
            protocol::FRAG => {
                let offset = u16_at(octets, 2).unwrap_or(0) & 0xfff8;
                out.extend_from_slice(b"frag (");
                if is_detailed {
                    out.extend_from_slice(b"0x");
                    write::hex(out, u32_at(octets, 4).unwrap_or(0).into(), 8);
                    out.push(b':');
                }
                write::decimal(out, offset.into());
                out.push(b'|');
                // It counts the headers behind it too (RFC 8200 section 4.5).
                let behind = ip.extension_headers().skip(i + 1);
                let headers: usize = behind.map(|header| header.bytes.len()).sum();
                write::decimal(out, u64::from(ip.own_payload_length()) + headers as u64);
                if is_detailed {
                    reserved(out, &header);
                }
                out.extend_from_slice(b") ");
            }
            protocol::AH => authentication(out, &header, is_detailed),
            _ => {
                unnamed(out, &ip_header::extension_header(&header));
                out.push(b' ');
            }
        }
        if is_detailed {
            for option in header.options() {
                option6(out, &option);
            }
        }
    }
}

/// Bits of a header that are to be 0, and are not.
fn reserved(out: &mut Vec<u8>, header: &ExtensionHeader<'_>) {
    for field in ip_header::extension_header(header).fields() {
        if field.name.starts_with("reserved") {
            out.extend_from_slice(b", ");
            name_value(out, &field);
        }
    }
}

/// An IPv4 option: `RR 10.0.0.1, 0.0.0.0`. tcpdump marks what was recorded with a comma.
pub(super) fn option4(out: &mut Vec<u8>, option: &IpOption<'_>) {
    let octets = option.bytes;
    let pointer = usize::from(u8_at(octets, 2).unwrap_or(0));
    let title: &[u8] = match option.kind {
        0 => b"EOL",
        1 => b"NOP",
        7 => b"RR",
        68 => b"timestamp",
        131 => b"LSRR",
        137 => b"SSRR",
        148 => b"RA",
        _ => b"",
    };
    let item = ip_header::option(option);
    if title.is_empty() {
        unnamed_title(out, &item);
    }
    out.extend_from_slice(title);
    let length = option.length().map_or(0, usize::from);
    if length > octets.len() {
        // What there is of it follows.
        number(out, b" [length ", length as u64);
        number(out, b", ", octets.len() as u64);
        out.extend_from_slice(b" there]");
    } else if !option.fits() {
        number(out, b" [bad length ", length as u64);
        out.push(b']');
    }
    match option.kind {
        0 | 1 => {}
        7 | 131 | 137 => {
            if octets.len() > 2 && (pointer < 4 || pointer % 4 != 0) {
                number(out, b" [bad ptr ", pointer as u64);
                out.push(b']');
            }
            let mut separator: &[u8] = b" ";
            for (i, address) in v4_addresses(tail(octets, 3)).enumerate() {
                out.extend_from_slice(separator);
                write::ipv4(out, address);
                separator = if pointer > 4 * (i + 1) { b", " } else { b" " };
            }
            if separator == b", " {
                out.push(b',');
            }
        }
        68 => timestamps(out, octets, pointer),
        148 => {
            if let Some(value) = u16_at(octets, 2).filter(|value| *value > 0) {
                number(out, b" value ", value.into());
            }
        }
        _ => unnamed_fields(out, &item),
    }
}

/// `TS{TS+ADDR 1000@10.0.0.1 ^ 0@0.0.0.0 [1 hops not recorded]}`: what is behind the circumflex
/// is still to be filled in (RFC 791 section 3.1), nothing where it ends the entries.
fn timestamps(out: &mut Vec<u8>, octets: &[u8], pointer: usize) {
    let Some(flag) = u8_at(octets, 3) else {
        return;
    };
    let size = if matches!(flag & 0x0f, 1 | 3) { 8 } else { 4 };
    out.extend_from_slice(b" TS{");
    // It leads to an entry, or behind the last (RFC 791 section 3.1).
    let leads_to_entry = pointer >= 5 && (pointer - 5).is_multiple_of(size);
    if !leads_to_entry || pointer > octets.len() + 1 {
        number(out, b"[bad ptr ", pointer as u64);
        out.push(b']');
    }
    out.extend_from_slice(match flag & 0x0f {
        0 => b"TSONLY".as_slice(),
        1 => b"TS+ADDR",
        3 => b"PRESPEC",
        _ => b"[bad ts type]",
    });
    let entry = |out: &mut Vec<u8>, i: usize| {
        let is_next = pointer == 5 + i * size;
        out.extend_from_slice(if is_next { b" ^ " } else { b" " });
    };
    let entries = tail(octets, 4);
    if size == 8 {
        for (i, (address, time)) in v4_times(entries).enumerate() {
            entry(out, i);
            write::decimal(out, time.into());
            out.push(b'@');
            write::ipv4(out, address);
        }
    } else {
        for (i, time) in numbers(4, entries).enumerate() {
            entry(out, i);
            write::decimal(out, time);
            out.push(b'@');
        }
    }
    if pointer == octets.len() + 1 {
        out.extend_from_slice(b" ^ ");
    }
    if flag >> 4 > 0 {
        number(out, b" [", (flag >> 4).into());
        out.extend_from_slice(b" hops not recorded]");
    }
    out.push(b'}');
}

/// What tcpdump has no words for: its name or number, then its fields.
pub(super) fn unnamed(out: &mut Vec<u8>, item: &Item<'_>) {
    unnamed_title(out, item);
    unnamed_fields(out, item);
}

fn unnamed_title(out: &mut Vec<u8>, item: &Item<'_>) {
    match item.name {
        Some(name) => addr::words_of(out, name),
        None => number(out, b"unknown ", item.number.unwrap_or(0).into()),
    }
}

fn unnamed_fields(out: &mut Vec<u8>, item: &Item<'_>) {
    let mut separator: &[u8] = b": ";
    for field in item.fields() {
        if !matches!(
            field.name,
            "type" | "length" | "next_header" | "header_extension_length"
        ) {
            out.extend_from_slice(separator);
            separator = b", ";
            name_value(out, &field);
        }
    }
    if item.group == "options"
        && item.extent == Extent::Cut
        && let Some(octets) = item.unread()
    {
        out.extend_from_slice(separator);
        unread(out, octets);
    }
}

fn authentication(out: &mut Vec<u8>, header: &ExtensionHeader<'_>, is_detailed: bool) {
    let octets = header.bytes;
    let words = u8_at(octets, 1).unwrap_or(0);
    let length = (usize::from(words) + 2) * 4;
    out.extend_from_slice(b"AH(");
    if is_detailed {
        number(out, b"length=", words.into());
        number(out, b"(", length as u64);
        out.extend_from_slice(b"-bytes),");
    }
    out.extend_from_slice(b"spi=0x");
    write::hex(out, u32_at(octets, 4).unwrap_or(0).into(), 8);
    if let Some(sequence) = u32_at(octets, 8) {
        out.extend_from_slice(b",seq=0x");
        write::hex(out, sequence.into(), 1);
    }
    match tail(octets, 12) {
        [] if octets.len() < length => out.extend_from_slice(b", [|ah]"),
        icv => {
            out.extend_from_slice(b",icv=0x");
            write::hex_octets(out, icv, b"");
        }
    }
    if is_detailed {
        reserved(out, header);
    }
    out.extend_from_slice(b"): ");
}

/// `(rtalert: 0x0000) `, and a blank.
fn option6(out: &mut Vec<u8>, option: &IpOption<'_>) {
    let data = tail(option.bytes, 2);
    out.push(b'(');
    let is_ipv6 = option.space == OptionSpace::Ipv6;
    match (option.kind, data.len()) {
        _ if option.is_padding() && option.bytes.len() == 1 => out.extend_from_slice(b"pad1"),
        _ if option.is_padding() => out.extend_from_slice(b"padn"),
        _ if !is_ipv6 => unnamed(out, &ip_header::option(option)),
        (0x05, 2) => {
            out.extend_from_slice(b"rtalert: 0x");
            write::hex(out, u16_at(data, 0).unwrap_or(0).into(), 4);
        }
        (0xc2, 4) => number(out, b"jumbo: ", u32_at(data, 0).unwrap_or(0).into()),
        (0xc9, 16) => {
            out.extend_from_slice(b"homeaddr: ");
            write::ipv6(out, array_at::<16>(data, 0).unwrap_or_default().into());
        }
        _ => unnamed(out, &ip_header::option(option)),
    }
    out.extend_from_slice(b") ");
}

/// A routing header: `RT6 (len=2, type=2, segleft=1, [0]2001:db8::5) `.
fn routing(out: &mut Vec<u8>, header: &ExtensionHeader<'_>, is_detailed: bool) {
    out.extend_from_slice(b"RT6 (");
    for field in ip_header::extension_header(header).fields() {
        match (field.name, field.value) {
            ("header_extension_length", Value::Number(words)) => number(out, b"len=", words),
            ("routing_type", Value::Number(kind)) => {
                number(out, b", type=", kind);
                out.extend_from_slice(if kind == 0 { b" [Deprecated]" } else { b"" });
            }
            ("segments_left", Value::Number(left)) => number(out, b", segleft=", left),
            ("last_entry", Value::Number(last)) => number(out, b", last-entry=", last),
            ("reserved", Value::Hex(word)) if is_detailed => labelled(out, b", rsv=0x", word),
            ("flags", Value::Hex(flags)) if flags != 0 || is_detailed => {
                labelled(out, b", flags=0x", flags);
            }
            ("tag", Value::Hex(tag)) => labelled(out, b", tag=", tag),
            ("segments", Value::V6List(octets)) => {
                for (i, segment) in v6_addresses(octets).enumerate() {
                    number(out, b", [", i as u64);
                    out.push(b']');
                    write::ipv6(out, segment);
                }
            }
            ("segments", Value::SourceRoute(route, octets)) if is_detailed => {
                for (i, segment) in route.addresses(octets).enumerate() {
                    number(out, b", [", i as u64);
                    out.push(b']');
                    write::ipv6(out, segment);
                }
            }
            ("next_header" | "reserved" | "flags", _) => {}
            _ if is_detailed => {
                out.extend_from_slice(b", ");
                name_value(out, &field);
            }
            _ => {}
        }
    }
    out.extend_from_slice(b") ");
}

fn labelled(out: &mut Vec<u8>, label: &[u8], value: u64) {
    out.extend_from_slice(label);
    write::hex(out, value, 1);
}
