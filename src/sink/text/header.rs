//! IP headers in detail: fields, options and extension headers, in tcpdump's words where it has
//! any.

use super::fields::{dns_name, name_value, unread};
use super::verbose::number;
use super::{HeaderChecksums, Verbosity, addr};
use crate::icmp::field::{Extent, Value, numbers, v4_addresses, v4_times, v6_addresses};
use crate::icmp::item::Item;
use crate::icmp::quoted_dns::{QuotedDns, type_name};
use crate::icmp::tcp::{FLAGS, TcpHeader};
use crate::icmp::{CutHeader, ip_header};
use crate::record::write;
use crate::wire::bytes::{array_at, tail, u8_at, u16_at, u32_at};
use crate::wire::ip::{
    ExtensionHeader, Fragmentation, IpOption, OptionSpace, header_checksum, protocol,
};
use crate::wire::tunnel::outer_ports;
use crate::wire::{ChecksumStatus, HeaderOrigin, Ip, IpVersion};

/// `IP (tos 0x0, ...)`, `IP6 (hlim 64, ...) HBH (padn)`: a header that stands for itself.
pub(super) fn ip(out: &mut Vec<u8>, ip: &Ip<'_>, checksums: HeaderChecksums) {
    match ip.version {
        IpVersion::V4 => {
            out.extend_from_slice(b"IP ");
            ipv4(out, ip, checksums);
        }
        IpVersion::V6 => {
            out.extend_from_slice(b"IP6 ");
            ipv6(out, ip);
        }
    }
    out.push(b' ');
    extension_headers(out, ip, Verbosity::Verbose);
    out.pop();
}

/// The same of a tunnel's packet, with its addresses.
pub(super) fn outer(out: &mut Vec<u8>, packet: &Ip<'_>, checksums: HeaderChecksums) {
    ip(out, packet, checksums);
    out.push(b' ');
    addr::pair(out, packet.src(), packet.dst(), outer_ports(packet));
}

/// What stands for a header that was not captured.
const NO_HEADER: &[u8] = b"(no header captured)";

/// `(tos 0x0, ttl 64, id 5228, offset 0, flags [DF], proto ICMP (1), length 84)`.
pub(super) fn ipv4(out: &mut Vec<u8>, ip: &Ip<'_>, checksums: HeaderChecksums) {
    if ip.origin == HeaderOrigin::Made {
        return out.extend_from_slice(NO_HEADER);
    }
    out.push(b'(');
    type_of_service(out, ip.traffic_class);
    number(out, b", ttl ", ip.ttl.into());
    number(out, b", id ", ip.id.unwrap_or(0).into());
    let word = Fragmentation {
        dont_fragment: ip.dont_fragment,
        reserved_flag: ip.reserved_flag(),
        fragment: ip.fragment,
    };
    fragmentation(out, word);
    out.extend_from_slice(b", proto ");
    addr::protocol(out, ip.named_protocol());
    number(out, b" (", ip.named_protocol().into());
    number(out, b"), length ", ip.length.into());
    if ip.length_from_frame {
        out.extend_from_slice(WAS_ZERO);
    }
    for (i, option) in ip.options().enumerate() {
        out.extend_from_slice(if i == 0 { b", options (" } else { b"," });
        option4(out, &option);
    }
    if ip.options().next().is_some() {
        out.push(b')');
    }
    if checksums == HeaderChecksums::Verified
        && let Some(checksum) = header_checksum(ip)
        && let (ChecksumStatus::Bad { expected }, Some(found)) = (checksum.status, checksum.found)
    {
        bad_checksum(out, b", bad cksum ", found, expected);
        out.push(b'!');
    }
    out.push(b')');
}

fn bad_checksum(out: &mut Vec<u8>, label: &[u8], found: u16, expected: u16) {
    out.extend_from_slice(label);
    write::hex(out, found.into(), 1);
    out.extend_from_slice(b" (->");
    write::hex(out, expected.into(), 1);
    out.push(b')');
}

/// `tos 0x2,ECT(0)`.
fn type_of_service(out: &mut Vec<u8>, octet: u8) {
    out.extend_from_slice(b"tos 0x");
    write::hex(out, octet.into(), 1);
    out.extend_from_slice(match octet & 3 {
        0 => b"".as_slice(),
        1 => b",ECT(1)",
        2 => b",ECT(0)",
        _ => b",CE",
    });
}

/// `, offset 0, flags [DF]`.
fn fragmentation(out: &mut Vec<u8>, word: Fragmentation) {
    let Fragmentation {
        dont_fragment,
        reserved_flag,
        fragment,
    } = word;
    number(out, b", offset ", fragment.map_or(0, |f| f.offset.into()));
    out.extend_from_slice(b", flags [");
    let flags: [(bool, &[u8]); 3] = [
        (fragment.is_some_and(|f| f.more), b"+"),
        (dont_fragment, b"DF"),
        (reserved_flag, b"rsvd"),
    ];
    let mut separator: &[u8] = b"";
    for (_, flag) in flags.iter().filter(|(is_set, _)| *is_set) {
        out.extend_from_slice(separator);
        out.extend_from_slice(flag);
        separator = b", ";
    }
    out.extend_from_slice(if separator.is_empty() { b"none]" } else { b"]" });
}

/// What is there of a quoted header that was cut, as far as a line of its own tells more than its
/// error's does.
pub(super) fn cut(out: &mut Vec<u8>, header: &CutHeader) {
    out.extend_from_slice(match header.version {
        IpVersion::V4 => b"IP (",
        IpVersion::V6 => b"IP6 (",
    });
    match (header.version, header.traffic_class) {
        (IpVersion::V4, Some(octet)) => type_of_service(out, octet),
        (IpVersion::V6, Some(octet)) => {
            out.extend_from_slice(b"class 0x");
            write::hex(out, octet.into(), 2);
        }
        (version, None) => number(out, b"version ", version.number().into()),
    }
    if let Some(label) = header.flow_label {
        out.extend_from_slice(b", flowlabel 0x");
        write::hex(out, label.into(), 5);
    }
    let maybe = |out: &mut Vec<u8>, label: &[u8], value: Option<u32>| {
        if let Some(value) = value {
            number(out, label, value.into());
        }
    };
    maybe(out, b", ttl ", header.ttl.map(u32::from));
    maybe(out, b", id ", header.id.map(u32::from));
    if let Some(word) = header.fragmentation {
        fragmentation(out, word);
    }
    if let Some(protocol) = header.protocol {
        out.extend_from_slice(b", proto ");
        addr::protocol(out, protocol);
        number(out, b" (", protocol.into());
        out.push(b')');
    }
    maybe(out, b", length ", header.length);
    if let Some(found) = header.checksum.and_then(|checksum| checksum.found) {
        out.extend_from_slice(b", cksum 0x");
        write::hex(out, found.into(), 4);
        out.extend_from_slice(b" (unverified)");
    }
    out.extend_from_slice(b") [|ip]");
}

/// `(hlim 64, next-header ICMPv6 (58) payload length: 64)`.
pub(super) fn ipv6(out: &mut Vec<u8>, ip: &Ip<'_>) {
    if ip.origin == HeaderOrigin::Made {
        return out.extend_from_slice(NO_HEADER);
    }
    out.push(b'(');
    if ip.traffic_class != 0 {
        out.extend_from_slice(b"class 0x");
        write::hex(out, ip.traffic_class.into(), 2);
        out.extend_from_slice(b", ");
    }
    if ip.flow_label != 0 {
        out.extend_from_slice(b"flowlabel 0x");
        write::hex(out, ip.flow_label.into(), 5);
        out.extend_from_slice(b", ");
    }
    number(out, b"hlim ", ip.ttl.into());
    let next = ip.named_protocol();
    out.extend_from_slice(b", next-header ");
    match next {
        0 => out.extend_from_slice(b"Options"),
        43 => out.extend_from_slice(b"Routing"),
        44 => out.extend_from_slice(b"Fragment"),
        60 => out.extend_from_slice(b"DSTOPT"),
        other => addr::protocol(out, other),
    }
    number(out, b" (", next.into());
    out.extend_from_slice(b") payload length: ");
    // The option behind it tells that of a jumbogram (RFC 2675 section 3).
    if ip.length_from_frame && is_jumbogram(ip) {
        out.push(b'0');
    } else {
        write::decimal(out, ip.length.saturating_sub(40).into());
        if ip.length_from_frame {
            out.extend_from_slice(WAS_ZERO);
        }
    }
    out.push(b')');
}

/// A length that the header leaves open, and which the frame tells.
const WAS_ZERO: &[u8] = b" [was 0]";

fn is_jumbogram(ip: &Ip<'_>) -> bool {
    const JUMBO_PAYLOAD: u8 = 0xc2;
    let mut headers = ip.extension_headers();
    headers.any(|header| header.options().any(|option| option.kind == JUMBO_PAYLOAD))
}

/// An IPv4 option: `RR 10.0.0.1, 0.0.0.0`. tcpdump marks what was recorded with a comma.
fn option4(out: &mut Vec<u8>, option: &IpOption<'_>) {
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
/// is still to be filled in (RFC 791 section 3.1).
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
    if flag >> 4 > 0 {
        number(out, b" [", (flag >> 4).into());
        out.extend_from_slice(b" hops not recorded]");
    }
    out.push(b'}');
}

/// What tcpdump has no words for: its name or number, then its fields.
fn unnamed(out: &mut Vec<u8>, item: &Item<'_>) {
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

/// `, flags [S], ack 0, win 64240, options [mss 1460,nop,wscale 7], length 0`.
pub(super) fn tcp(out: &mut Vec<u8>, header: &TcpHeader<'_>) {
    out.extend_from_slice(b", flags [");
    let letters = FLAGS.iter().enumerate();
    out.extend(letters.filter_map(|(bit, (_, letter))| {
        let is_set = header.flags >> bit & 1 != 0;
        is_set.then_some(*letter)
    }));
    if header.flags == 0 {
        out.extend_from_slice(b"none");
    }
    number(out, b"], ack ", header.acknowledgment.into());
    if let Some(window) = header.window {
        number(out, b", win ", window.into());
    }
    for (i, option) in header.options().enumerate() {
        out.extend_from_slice(if i == 0 { b", options [" } else { b"," });
        tcp_option(out, &option);
    }
    if header.options().next().is_some() {
        out.push(b']');
    }
    number(out, b", length ", header.data_length.into());
}

/// `DNS query 4660 A? lab.test`: an ellipsis where the quote cuts the name.
pub(super) fn dns(out: &mut Vec<u8>, dns: &QuotedDns<'_>) {
    out.extend_from_slice(if dns.is_response {
        b"DNS response "
    } else {
        b"DNS query "
    });
    write::decimal(out, dns.id.into());
    match (dns.query_type, dns.query_type.and_then(type_name)) {
        (_, Some(name)) => {
            out.push(b' ');
            out.extend_from_slice(name.as_bytes());
        }
        (Some(kind), None) => number(out, b" TYPE", kind.into()),
        (None, None) => {}
    }
    if let Some(name) = &dns.name {
        out.extend_from_slice(if dns.query_type.is_some() {
            b"? "
        } else {
            b" "
        });
        dns_name(out, name);
        if !name.complete {
            out.extend_from_slice(b"...");
        }
    }
}

fn tcp_option(out: &mut Vec<u8>, option: &IpOption<'_>) {
    let octets = option.bytes;
    match (option.kind, octets.len()) {
        (0, _) => out.extend_from_slice(b"eol"),
        (1, _) => out.extend_from_slice(b"nop"),
        (2, 4) => number(out, b"mss ", u16_at(octets, 2).unwrap_or(0).into()),
        (3, 3) => number(out, b"wscale ", u8_at(octets, 2).unwrap_or(0).into()),
        (4, 2) => out.extend_from_slice(b"sackOK"),
        (8, 10) => {
            number(out, b"TS val ", u32_at(octets, 2).unwrap_or(0).into());
            number(out, b" ecr ", u32_at(octets, 6).unwrap_or(0).into());
        }
        _ => unnamed(out, &ip_header::option(option)),
    }
}

/// Extension headers in front of the message, a blank behind each; their options where `detail`
/// asks for more than a line.
pub(super) fn extension_headers(out: &mut Vec<u8>, ip: &Ip<'_>, detail: Verbosity) {
    let is_detailed = detail > Verbosity::Plain;
    for header in ip.extension_headers() {
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
                write::decimal(out, ip.payload_length.into());
                out.extend_from_slice(b") ");
            }
            protocol::AH => authentication(out, octets, is_detailed),
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

fn authentication(out: &mut Vec<u8>, octets: &[u8], is_detailed: bool) {
    out.extend_from_slice(b"AH(");
    if is_detailed {
        let words = u64::from(u8_at(octets, 1).unwrap_or(0));
        number(out, b"length=", words);
        number(out, b"(", (words + 2) * 4);
        out.extend_from_slice(b"-bytes),");
    }
    out.extend_from_slice(b"spi=0x");
    write::hex(out, u32_at(octets, 4).unwrap_or(0).into(), 8);
    out.extend_from_slice(b",seq=0x");
    write::hex(out, u32_at(octets, 8).unwrap_or(0).into(), 1);
    if is_detailed {
        out.extend_from_slice(b",icv=0x");
        write::hex_octets(out, tail(octets, 12), b"");
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
