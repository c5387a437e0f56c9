//! IP headers in detail, and headers behind them, in tcpdump's words where it has any.

mod dns;
mod options;

use super::{HeaderChecksums, Verbosity, addr, note};
use crate::icmp::cause;
use crate::icmp::tcp::{FLAGS, TcpHeader};
use crate::icmp::{CutHeader, ip_header};
use crate::record::json::SourceNames;
use crate::record::write::{self, number};
use crate::wire::bytes::{u8_at, u16_at, u32_at};
use crate::wire::ip::{Fragmentation, IpOption, header_checksum};
use crate::wire::tunnel::outer_ports;
use crate::wire::{ChecksumStatus, HeaderOrigin, Ip, IpVersion};
pub(super) use dns::dns;
pub(super) use options::extension_headers;
use options::{option4, unnamed};

/// `IP (tos 0x0, ...)`, `IP6 (hlim 64, ...) HBH (padn)`: a header that stands for itself.
pub(super) fn ip(
    out: &mut Vec<u8>,
    ip: &Ip<'_>,
    checksums: HeaderChecksums,
    explain: impl FnOnce(&mut Vec<u8>),
) {
    match ip.version {
        IpVersion::V4 => {
            out.extend_from_slice(b"IP ");
            ipv4(out, ip, checksums, explain);
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
pub(super) fn outer(
    out: &mut Vec<u8>,
    packet: &Ip<'_>,
    checksums: HeaderChecksums,
    names: &SourceNames,
) {
    ip(out, packet, checksums, |out| {
        note::cause(out, b", ", cause::of_header(packet, None), names);
    });
    out.push(b' ');
    addr::pair(out, packet.src(), packet.dst(), outer_ports(packet));
}

/// What stands for a header that was not captured.
const NO_HEADER: &[u8] = b"(no header captured)";

/// `(tos 0x0, ttl 64, id 5228, offset 0, flags [DF], proto ICMP (1), length 84)`.
/// `explain` writes why its checksum is bad.
pub(super) fn ipv4(
    out: &mut Vec<u8>,
    ip: &Ip<'_>,
    checksums: HeaderChecksums,
    explain: impl FnOnce(&mut Vec<u8>),
) {
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
        fragment: ip.own_fragment(),
    };
    fragmentation(out, word);
    out.extend_from_slice(b", proto ");
    addr::numbered_protocol(out, ip.named_protocol());
    number(out, b", length ", ip.length.into());
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
        explain(out);
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
        addr::numbered_protocol(out, protocol);
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
        0 => out.extend_from_slice(b"Options (0)"),
        43 => out.extend_from_slice(b"Routing (43)"),
        44 => out.extend_from_slice(b"Fragment (44)"),
        60 => out.extend_from_slice(b"DSTOPT (60)"),
        other => addr::numbered_protocol(out, other),
    }
    out.extend_from_slice(b" payload length: ");
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

/// `, flags [S], ack 0, win 64240, options [mss 1460,nop,wscale 7], length 0`.
pub(super) fn tcp(out: &mut Vec<u8>, header: &TcpHeader<'_>) {
    out.extend_from_slice(b", flags [");
    let letters = FLAGS.iter().enumerate();
    out.extend(letters.filter_map(|(bit, (_, letter))| {
        let is_set = header.flags >> bit & 1 != 0;
        is_set.then_some(*letter)
    }));
    if out.ends_with(b"[") {
        out.extend_from_slice(b"none");
    }
    out.push(b']');
    if let Some(bits) = header.reserved() {
        out.extend_from_slice(b", reserved 0x");
        write::hex(out, bits.into(), 1);
    }
    number(out, b", ack ", header.acknowledgment.into());
    if let Some(window) = header.window {
        number(out, b", win ", window.into());
    }
    if let Some(urgent) = header.urgent {
        number(out, b", urg ", urgent.into());
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

fn tcp_option(out: &mut Vec<u8>, option: &IpOption<'_>) {
    let octets = option.bytes;
    // What runs over the header's end is not what is there.
    let length = (option.length()).map_or(0, usize::from);
    match (option.kind, length) {
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
