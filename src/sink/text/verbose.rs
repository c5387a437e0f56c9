//! `-v`: IP fields and checksums in the line, and lines below it for what the message carries.

use super::{HeaderChecksums, TextOptions, Verbosity, addr, header};
use crate::icmp::field::{
    Field, Value, strings, u32_numbers, v4_addresses, v4_times, v6_addresses,
};
use crate::icmp::item::Item;
use crate::icmp::object::{
    Address, ExtensionObject, InterfaceIdentification, InterfaceInformation, Labels, Object,
};
use crate::icmp::{
    Body, Echo, ErrorClass, Extensions, Message, Quote, QuotedTransport, dns, ip_header, mld, mtu,
    payload, svc_param, tunnel_header, upper_header,
};
use crate::record::json::is_link_address;
use crate::record::words::Word;
use crate::record::{IcmpEvent, escape, write};
use crate::wire::checksum::upper_checksum;
use crate::wire::tunnel::Encapsulation;
use crate::wire::{Checksum, ChecksumStatus, IpVersion, TunnelPath};

pub(super) fn number(out: &mut Vec<u8>, label: &[u8], value: u64) {
    out.extend_from_slice(label);
    write::decimal(out, value);
}

/// Begins a line below the message's.
fn below(out: &mut Vec<u8>, depth: usize) {
    out.extend_from_slice(b"\n\t");
    out.resize(out.len() + 2 * depth, b' ');
}

/// `[icmp6 sum ok] `, which tcpdump tells before the message.
pub(super) fn checksum6(out: &mut Vec<u8>, message: &Message<'_>) {
    match message.checksum.status {
        ChecksumStatus::Good => out.extend_from_slice(b"[icmp6 sum ok] "),
        ChecksumStatus::Bad { expected } => {
            out.extend_from_slice(b"[bad icmp6 cksum 0x");
            write::hex(out, message.checksum.found.into(), 4);
            out.extend_from_slice(b" -> 0x");
            write::hex(out, expected.into(), 4);
            out.extend_from_slice(b"!] ");
        }
        ChecksumStatus::Unverified(_) | ChecksumStatus::Absent => {}
    }
}

/// The lines below the message's.
pub(super) fn lines(out: &mut Vec<u8>, event: &IcmpEvent<'_>, options: &TextOptions) {
    let message = event.message;
    for around in event.packet.tunnels.encapsulations() {
        if let Some(outer) = &around.outer {
            below(out, 0);
            out.extend_from_slice(b"in ");
            header::outer(out, outer, options.header_checksums);
        }
        tunnel(out, &around, 1);
    }
    if matches!(message.body, Body::Fragment) {
        return;
    }
    below(out, 0);
    out.extend_from_slice(b"checksum ");
    checksum(out, message.checksum);
    if let Some(name) = message.code_name() {
        number(out, b", code ", message.code.into());
        out.push(b' ');
        addr::words_of(out, name);
    }
    let full = options.verbosity >= Verbosity::Full;
    // The words of these types hold identifier and sequence number.
    let has_id = matches!(
        message.body,
        Body::Echo(_) | Body::Timestamp(_) | Body::ExtendedEcho(_)
    );
    for field in message.fields() {
        let told = match field.name {
            "payload" => !full,
            "id" | "seq" => has_id && !full,
            "sources" => true,
            _ => false,
        };
        if !told {
            out.extend_from_slice(b", ");
            name_value(out, &field);
        }
    }
    if let Body::Error(error) = &message.body
        && error.class == (ErrorClass::TooBig { mtu: Some(0) })
        && let Some(quote) = &error.quote
    {
        let estimate = mtu::estimate(quote.ip.length);
        number(out, b", estimated mtu ", estimate.into());
    }
    match &message.body {
        Body::Echo(echo) => guessed(out, echo, event),
        Body::Mld(mld) => {
            for record in mld.records() {
                below(out, 1);
                mld_record(out, &record, full);
            }
            if let mld::Mld::QueryV2(query) = mld {
                for source in query.sources() {
                    below(out, 1);
                    out.extend_from_slice(b"source ");
                    write::ipv6(out, source);
                }
            }
        }
        _ => {
            for part in message.items() {
                below(out, 1);
                item(out, &part);
            }
        }
    }
    if let Some(quote) = message.quote() {
        quoted(out, quote, 0, options.header_checksums);
    }
    if let Some(structure) = message.extensions() {
        extensions(out, structure);
    }
}

/// The headers between a tunnel's packet and the one inside, a line each.
fn tunnel(out: &mut Vec<u8>, around: &Encapsulation<'_>, depth: usize) {
    for part in tunnel_header::parts(around) {
        below(out, depth);
        if part.name == Some("udp") {
            // Its ports stand behind the addresses.
            let fields = part.fields().filter(|field| !field.name.ends_with("port"));
            item_with(out, &part, fields);
        } else {
            item(out, &part);
        }
    }
}

/// What payload and TTL let one guess, said as such.
fn guessed(out: &mut Vec<u8>, echo: &Echo<'_>, event: &IcmpEvent<'_>) {
    if let Some((initial, hops)) = payload::distance(echo.direction, event.packet.ip.ttl) {
        number(out, b", probably ", hops.into());
        out.extend_from_slice(if hops == 1 { b" hop" } else { b" hops" });
        number(out, b" from its sender (initial ttl ", initial.into());
        out.push(b')');
    }
    if let Some((id, seq)) = payload::little_endian(echo) {
        number(out, b", probably little-endian: id ", id.into());
        number(out, b" seq ", seq.into());
    }
    let Some(guess) = payload::guess(echo.payload, event.frame.ts) else {
        return;
    };
    out.extend_from_slice(b", payload as of ");
    out.extend_from_slice(guess.sender.title().as_bytes());
    if let Some(sent) = guess.sent {
        out.extend_from_slice(b", sent ");
        if let Some(before) = event.frame.ts.since(sent) {
            write::millis(out, before);
            out.extend_from_slice(b" before by its sender's clock");
        } else {
            write::millis(out, sent.since(event.frame.ts).unwrap_or_default());
            out.extend_from_slice(b" later by its sender's clock");
        }
    }
}

/// The packet that an error quotes, and the one inside it, if there is one.
fn quoted(out: &mut Vec<u8>, quote: &Quote<'_>, depth: usize, checksums: HeaderChecksums) {
    below(out, depth);
    header::ip(out, &quote.ip, checksums);
    below(out, depth + 1);
    addr::quote(out, quote);
    if let Some(tag) = quote.verification_tag() {
        out.extend_from_slice(b", verification tag 0x");
        write::hex(out, tag.into(), 8);
    }
    if let Some(sequence) = quote.sequence() {
        number(out, b", sequence ", sequence);
    }
    for header in quote
        .ip
        .extension_headers()
        .filter(|_| quote.ip.version == IpVersion::V4)
    {
        out.extend_from_slice(b", ");
        item(out, &ip_header::extension_header(&header));
    }
    if let Some(tcp) = quote.tcp() {
        header::tcp(out, &tcp);
    }
    if let Some(length) = quote.udp_length() {
        number(out, b", udp length ", length.into());
    }
    if let Some(sum) = upper_checksum(&quote.ip) {
        out.extend_from_slice(b", checksum ");
        checksum(out, sum);
    }
    if let Some(header) = upper_header::of(quote).filter(|_| is_told_by_table(quote)) {
        out.extend_from_slice(b", ");
        item(out, &header.item);
    }
    if let Some(dns) = quote.dns() {
        out.extend_from_slice(b", ");
        header::dns(out, &dns);
    }
    number(out, b", ", quote.bytes.len() as u64);
    out.extend_from_slice(b" octets quoted");
    for found in quote.ip.defects().iter() {
        out.extend_from_slice(b", ");
        super::note::defect(out, found);
    }
    if depth == 0
        && let Some(inner) = quote.inner()
    {
        for around in quote
            .tunnels()
            .into_iter()
            .flat_map(TunnelPath::encapsulations)
        {
            tunnel(out, &around, 1);
        }
        quoted(out, &inner, 1, checksums);
    }
}

/// Whether nothing but its table tells of a quoted packet's upper layer.
fn is_told_by_table(quote: &Quote<'_>) -> bool {
    quote.transport == QuotedTransport::None && quote.tunnels().is_none()
}

/// `0x4919 good`, `0x4919 bad (0x4918 expected)`.
pub(super) fn checksum(out: &mut Vec<u8>, checksum: Checksum) {
    if checksum.status != ChecksumStatus::Absent {
        out.extend_from_slice(b"0x");
        write::hex(out, checksum.found.into(), 4);
        out.push(b' ');
    }
    out.extend_from_slice(checksum.status.word().as_bytes());
    match checksum.status {
        ChecksumStatus::Bad { expected } => {
            out.extend_from_slice(b" (0x");
            write::hex(out, expected.into(), 4);
            out.extend_from_slice(b" expected)");
        }
        ChecksumStatus::Unverified(why) => {
            out.extend_from_slice(b" (");
            out.extend_from_slice(why.word().as_bytes());
            out.push(b')');
        }
        ChecksumStatus::Good | ChecksumStatus::Absent => {}
    }
}

/// `mtu 1400`.
pub(super) fn name_value(out: &mut Vec<u8>, field: &Field<'_>) {
    if !matches!(field.value, Value::Labels(_)) {
        addr::words_of(out, field.name);
        out.push(b' ');
    }
    match field.value {
        Value::Octets(octets) if is_link_address(field.name, octets) => {
            write::hex_octets(out, octets, b":");
        }
        other => value(out, other),
    }
}

/// A field's value.
pub(super) fn value(out: &mut Vec<u8>, value: Value<'_>) {
    /// Octets of a field that are worth a place in a line.
    const OCTETS: usize = 32;
    match value {
        Value::Number(n) => write::decimal(out, n),
        Value::Seconds(u32::MAX) => out.extend_from_slice(b"infinity"),
        Value::Seconds(n) => write::decimal(out, n.into()),
        Value::Hex(n) => {
            out.extend_from_slice(b"0x");
            write::hex(out, n, 1);
        }
        Value::Signed(n) => {
            if n < 0 {
                out.push(b'-');
            }
            write::decimal(out, n.unsigned_abs());
        }
        Value::Flag(set) => out.extend_from_slice(if set { b"yes" } else { b"no" }),
        Value::Address(addr) => write::ip(out, addr),
        Value::Octets(octets) => {
            write::hex_octets(out, octets.get(..OCTETS).unwrap_or(octets), b"");
            let more = octets.len().saturating_sub(OCTETS);
            if more > 0 {
                number(out, b"... (", more as u64);
                out.extend_from_slice(b" octets more)");
            }
        }
        Value::Text([]) => out.extend_from_slice(b"\"\""),
        Value::Text(text) => escape::push(out, text),
        Value::V4List(octets) => {
            for (i, addr) in v4_addresses(octets).enumerate() {
                out.extend_from_slice(if i == 0 { b"" } else { b" " });
                write::ipv4(out, addr);
            }
        }
        Value::U32List(octets) => {
            for (i, number) in u32_numbers(octets).enumerate() {
                out.extend_from_slice(if i == 0 { b"" } else { b" " });
                write::decimal(out, number.into());
            }
        }
        Value::V4Times(octets) => {
            for (i, (addr, time)) in v4_times(octets).enumerate() {
                out.extend_from_slice(if i == 0 { b"" } else { b" " });
                write::decimal(out, time.into());
                out.push(b'@');
                write::ipv4(out, addr);
            }
        }
        Value::V6List(octets) => {
            for (i, addr) in v6_addresses(octets).enumerate() {
                out.extend_from_slice(if i == 0 { b"" } else { b" " });
                write::ipv6(out, addr);
            }
        }
        Value::Labels(octets) => labels(out, &Labels(octets)),
        Value::Strings(octets) => {
            for (i, string) in strings(octets).enumerate() {
                out.extend_from_slice(if i == 0 { b"" } else { b" " });
                escape::push(out, string);
            }
        }
        Value::SvcParams(octets) => {
            for (i, parameter) in svc_param::items(octets).enumerate() {
                out.extend_from_slice(if i == 0 { b"" } else { b"; " });
                item(out, &parameter);
            }
        }
        Value::Preference(preference) => out.extend_from_slice(preference.name().as_bytes()),
        Value::SourceRoute(route, octets) => {
            for (i, addr) in route.addresses(octets).enumerate() {
                out.extend_from_slice(if i == 0 { b"" } else { b" " });
                write::ipv6(out, addr);
            }
        }
        Value::DnsNames(octets) => {
            for (i, name) in dns::names(octets).enumerate() {
                out.extend_from_slice(if i == 0 { b"" } else { b" " });
                dns_name(out, &name);
            }
        }
    }
}

/// `lab.test`.
pub(super) fn dns_name(out: &mut Vec<u8>, name: &dns::Name<'_>) {
    if name.is_root() {
        out.push(b'.');
    }
    for (i, label) in name.labels().enumerate() {
        out.extend_from_slice(if i == 0 { b"" } else { b"." });
        escape::push(out, label);
    }
}

/// `source link layer address (1): address 02:00:00:00:01:01`.
pub(super) fn item(out: &mut Vec<u8>, item: &Item<'_>) {
    item_with(out, item, item.fields());
}

fn item_with<'a>(out: &mut Vec<u8>, item: &Item<'a>, fields: impl Iterator<Item = Field<'a>>) {
    match item.name {
        Some(name) => addr::words_of(out, name),
        // "options" of one thing are an "option".
        None => addr::words_of(out, item.group.strip_suffix('s').unwrap_or(item.group)),
    }
    if let Some(number_of_kind) = item.number {
        number(out, b" (", number_of_kind.into());
        out.push(b')');
    }
    let mut separator: &[u8] = b": ";
    for field in fields {
        if matches!(field.name, "type" | "length") {
            continue;
        }
        out.extend_from_slice(separator);
        separator = b", ";
        name_value(out, &field);
    }
}

pub(super) fn mld_record(out: &mut Vec<u8>, record: &mld::Record<'_>, full: bool) {
    out.extend_from_slice(b"record ");
    match record.name() {
        Some(name) => addr::words_of(out, name),
        None => number(out, b"type ", record.kind.into()),
    }
    out.push(b' ');
    write::ipv6(out, record.group);
    number(out, b", ", record.count.into());
    out.extend_from_slice(b" source(s)");
    if full {
        for source in record.sources() {
            out.push(b' ');
            write::ipv6(out, source);
        }
    }
}

fn extensions(out: &mut Vec<u8>, structure: &Extensions<'_>) {
    below(out, 0);
    out.extend_from_slice(b"extensions (RFC 4884), found by ");
    addr::words_of(out, structure.located.name());
    out.extend_from_slice(b", checksum ");
    checksum(out, structure.checksum);
    for object in structure.objects() {
        below(out, 1);
        extension_object(out, &object);
    }
}

pub(super) fn extension_object(out: &mut Vec<u8>, object: &Object<'_>) {
    match object.name() {
        Some(name) => addr::words_of(out, name),
        None => out.extend_from_slice(b"object"),
    }
    number(out, b" (", object.class.into());
    number(out, b"/", object.c_type.into());
    number(out, b"), length ", object.length.into());
    out.push(b':');
    match object.kind {
        ExtensionObject::Mpls(stack) => {
            out.push(b' ');
            labels(out, &stack);
        }
        ExtensionObject::Interface(interface) => interface_information(out, &interface),
        ExtensionObject::Identification(identification) => match identification {
            InterfaceIdentification::Name(name) => {
                out.extend_from_slice(b" name ");
                escape::push(out, name);
            }
            InterfaceIdentification::Index(index) => number(out, b" index ", index.into()),
            InterfaceIdentification::Address(address) => object_address(out, address),
        },
        ExtensionObject::Pointer(pointer) => number(out, b" pointer ", pointer.into()),
        ExtensionObject::Unknown => {
            out.push(b' ');
            value(out, Value::Octets(object.bytes));
        }
    }
}

/// `label 16001 tc 0 [S] ttl 1`, for each entry.
fn labels(out: &mut Vec<u8>, stack: &Labels<'_>) {
    for (i, label) in stack.iter().enumerate() {
        out.extend_from_slice(if i == 0 { b"" } else { b" " });
        number(out, b"label ", label.label.into());
        number(out, b" tc ", label.traffic_class.into());
        out.extend_from_slice(if label.bottom { b" [S]" } else { b"" });
        number(out, b" ttl ", label.ttl.into());
    }
}

fn interface_information(out: &mut Vec<u8>, interface: &InterfaceInformation<'_>) {
    out.push(b' ');
    addr::words_of(out, interface.role.name());
    if let Some(index) = interface.index {
        number(out, b" index ", index.into());
    }
    if let Some(address) = interface.address {
        object_address(out, address);
    }
    if let Some(name) = interface.name {
        out.extend_from_slice(b" name ");
        escape::push(out, name);
    }
    if let Some(mtu) = interface.mtu {
        number(out, b" mtu ", mtu.into());
    }
}

fn object_address(out: &mut Vec<u8>, address: Address<'_>) {
    match address {
        Address::Ip(addr) => {
            out.extend_from_slice(b" address ");
            write::ip(out, addr);
        }
        Address::Other { family, bytes } => {
            number(out, b" address of family ", family.into());
            out.push(b' ');
            value(out, Value::Octets(bytes));
        }
    }
}
