//! `-v`: IP fields and checksums in the line, and lines below it for what the message carries.

mod quoted;

use super::fields::{Flags, item, item_with, name_value, unread, value};
use super::{TextOptions, Verbosity, addr, header, note, options as file, wording4};
use crate::icmp::cause;
use crate::icmp::field::{Extent, Value};
use crate::icmp::object::{
    Address, ExtensionObject, InterfaceIdentification, InterfaceInformation, Labels, Object,
    family_name,
};
use crate::icmp::payload::{LittleEndianTimes, PayloadGuess, Senders};
use crate::icmp::{Body, Echo, Extensions, Message, mld, mtu, node_info, payload, tunnel_header};
use crate::record::json::SourceNames;
use crate::record::words::Word;
use crate::record::write::{self, number};
use crate::record::{IcmpEvent, escape};
use crate::wire::link::{self, CheckSequence};
use crate::wire::tunnel::Encapsulation;
use crate::wire::{Checksum, ChecksumStatus};

/// Begins a line below the message's.
fn below(out: &mut Vec<u8>, depth: usize) {
    out.extend_from_slice(b"\n\t");
    out.resize(out.len() + 2 * depth, b' ');
}

/// `[icmp6 sum ok] `, which tcpdump tells before the message.
pub(super) fn checksum6(out: &mut Vec<u8>, message: &Message<'_>) {
    let Checksum { status, found } = message.checksum;
    match (status, found) {
        (ChecksumStatus::Good, _) => out.extend_from_slice(b"[icmp6 sum ok] "),
        (ChecksumStatus::Bad { expected }, Some(found)) => {
            out.extend_from_slice(b"[bad icmp6 cksum 0x");
            write::hex(out, found.into(), 4);
            out.extend_from_slice(b" -> 0x");
            write::hex(out, expected.into(), 4);
            out.extend_from_slice(b"!] ");
        }
        _ => {}
    }
}

/// `frame check sequence 0x884b1bb1 good`, `frame check sequence 0x01020304, should be 0x884b1bb1`.
pub(super) fn check_sequence(out: &mut Vec<u8>, sequence: CheckSequence) {
    out.extend_from_slice(b"frame check sequence ");
    let value = |out: &mut Vec<u8>, value: u32, digits| {
        out.extend_from_slice(b"0x");
        write::hex(out, value.into(), digits);
    };
    let digits = |largest| if largest > 0xffff { 8 } else { 4 };
    match sequence {
        CheckSequence::Good { found } => {
            value(out, found, digits(found));
            out.extend_from_slice(b" good");
        }
        CheckSequence::Bad { found, expected } => {
            let digits = digits(found.max(expected));
            value(out, found, digits);
            out.extend_from_slice(b", should be ");
            value(out, expected, digits);
        }
        CheckSequence::Cut => out.extend_from_slice(b"unverified (truncated)"),
    }
}

/// The lines below the message's.
pub(super) fn lines(
    out: &mut Vec<u8>,
    event: &IcmpEvent<'_>,
    options: &TextOptions,
    senders: &mut Senders,
    names: &SourceNames,
) {
    let message = event.said();
    // A bad one stands in the line itself.
    if let Some(sequence @ (CheckSequence::Good { .. } | CheckSequence::Cut)) =
        link::check_sequence(event.frame)
    {
        below(out, 0);
        check_sequence(out, sequence);
    }
    file::lines(out, event.frame.options, |out| below(out, 0));
    for around in event.packet.tunnels.encapsulations() {
        if let Some(outer) = around.captured() {
            below(out, 0);
            out.extend_from_slice(b"in ");
            header::outer(out, outer, options.header_checksums, names);
        }
        tunnel(out, &around, 1, names);
    }
    if matches!(message.body, Body::Fragment) {
        return;
    }
    if message.bytes.is_empty() {
        return;
    }
    below(out, 0);
    out.extend_from_slice(b"checksum ");
    checksum(out, message.checksum);
    if let (Some(code), Some(name)) = (message.code, message.code_name()) {
        number(out, b", code ", code.into());
        out.push(b' ');
        addr::words_of(out, name);
    }
    let full = options.verbosity >= Verbosity::Full;
    // The words of these types hold identifier and sequence number.
    let has_id = !matches!(event.message.body, Body::Fragment)
        && matches!(
            message.body,
            Body::Echo(_) | Body::Timestamp(_) | Body::ExtendedEcho(_) | Body::FastHandover(_)
        );
    fields(out, message, |field| match field {
        "payload" => !full,
        "id" | "seq" => has_id && !full,
        _ => false,
    });
    if let Body::Echo(echo) = &message.body {
        guessed(out, echo, event, senders);
    } else {
        little_endian(out, event, senders, None);
    }
    parts(out, message, 1, full);
    if let Some(quote) = message.quote() {
        let by = Some(event.quoted_by());
        quoted::lines(out, (quote, by), 0, options, names);
    } else if let Some(cut) = message.cut_quote() {
        below(out, 0);
        header::cut(out, &cut);
    }
    if let Some(structure) = message.extensions() {
        extensions(out, structure, 0);
    }
}

/// `, mtu 1400`: the fields of a message but for those that are told elsewhere.
fn fields(out: &mut Vec<u8>, message: &Message<'_>, is_told: impl Fn(&str) -> bool) {
    let mut flags = Flags::new(message.fields());
    for field in message.fields() {
        if flags.put(out, &field, b", ") {
            continue;
        }
        let told = match field.name {
            // Below; of codes the time that they are for stands behind them.
            "sources" | "interval_code" => true,
            "max_response" => message.kind == 130,
            name => is_told(name),
        };
        if !told {
            out.extend_from_slice(b", ");
            name_value(out, &field);
        }
        if field.name == "qtype"
            && let Value::Number(qtype) = field.value
            && let Some(name) = u16::try_from(qtype).ok().and_then(node_info::qtype_name)
        {
            out.push(b' ');
            addr::words_of(out, name);
        }
    }
    if let Some(octets) = message.unread() {
        out.extend_from_slice(b", ");
        unread(out, octets);
    }
    if let Some(estimate) = mtu::untold(message) {
        number(out, b", estimated mtu ", estimate.into());
    }
}

/// What repeats in a message, a line each; the sources of records if all is to be told.
fn parts(out: &mut Vec<u8>, message: &Message<'_>, depth: usize, full: bool) {
    let Body::Mld(mld) = &message.body else {
        for part in message.items() {
            below(out, depth);
            item(out, &part);
        }
        return;
    };
    for record in mld.records() {
        below(out, depth);
        mld_record(out, &record, full);
    }
    if let mld::Mld::QueryV2(query) = mld {
        for source in query.sources() {
            below(out, depth);
            out.extend_from_slice(b"source ");
            write::ipv6(out, source);
        }
    }
    for extension in mld.extensions() {
        below(out, depth);
        item(out, &extension.item());
    }
}

/// The headers between a tunnel's packet and the one inside, a line each.
fn tunnel(out: &mut Vec<u8>, around: &Encapsulation<'_>, depth: usize, names: &SourceNames) {
    // It is of the first header.
    let mut sum = around.checksum();
    for part in tunnel_header::parts(around) {
        below(out, depth);
        // The ports of UDP and TCP stand behind the addresses.
        let has_ports = matches!(part.name, Some("udp" | "tcp"));
        let told = sum.take();
        let fields = part.fields().filter(|field| match field.name {
            "src_port" | "dst_port" => !has_ports,
            "checksum" => told.is_none(),
            _ => true,
        });
        item_with(out, &part, fields);
        if let Some(told) = told {
            out.extend_from_slice(b", checksum ");
            checksum(out, told);
            let outer = around.outer.as_ref();
            let why = outer.and_then(|outer| cause::of_quoted(told, outer, None));
            note::cause(out, b", ", why, names);
        }
    }
}

/// What payload and TTL let one guess, said as such.
fn guessed(out: &mut Vec<u8>, echo: &Echo<'_>, event: &IcmpEvent<'_>, senders: &mut Senders) {
    let ttl = event.packet.ip.hop_limit();
    if let Some((initial, hops)) = ttl.and_then(|ttl| payload::distance(echo.direction, ttl)) {
        number(out, b", probably ", hops.into());
        out.extend_from_slice(if hops == 1 { b" hop" } else { b" hops" });
        number(out, b" from its sender (initial ttl ", initial.into());
        out.push(b')');
    }
    let addrs = event.packet.ip.addrs;
    let sent = event.sent_payload(echo);
    let echo = &Echo {
        payload: &sent,
        ..*echo
    };
    let guess = senders.payload(addrs, event.said(), echo, event.frame.ts);
    little_endian(out, event, senders, guess);
    let Some(guess) = guess else {
        return;
    };
    out.extend_from_slice(b", payload as of ");
    out.extend_from_slice(guess.sender.title().as_bytes());
    if let Some(sent) = guess.sent {
        out.extend_from_slice(b", sent ");
        if let Some(before) = event.frame.ts.since(sent) {
            write::span(out, before);
            out.extend_from_slice(b" before by its sender's clock");
        } else {
            write::span(out, sent.since(event.frame.ts).unwrap_or_default());
            out.extend_from_slice(b" later by its sender's clock");
        }
    }
    for field in guess.header(echo.payload) {
        out.extend_from_slice(b", ");
        name_value(out, &field);
    }
}

/// `, probably little-endian: id 2 seq 3`, of a message whose payload is as `guess` tells; the same of times.
fn little_endian(
    out: &mut Vec<u8>,
    event: &IcmpEvent<'_>,
    senders: &mut Senders,
    guess: Option<PayloadGuess>,
) {
    let addrs = event.packet.ip.addrs;
    if let Some((id, seq)) = senders.little_endian(addrs, event.said(), guess) {
        number(out, b", probably little-endian: id ", id.into());
        number(out, b" seq ", seq.into());
    }
    if let Body::Timestamp(timestamp) = &event.said().body
        && let Some(times) = LittleEndianTimes::of(timestamp, event.frame.ts)
    {
        out.extend_from_slice(b", probably little-endian times:");
        for field in ["originate", "receive", "transmit"] {
            if let Some(time) = times.named(field) {
                out.push(b' ');
                out.extend_from_slice(field.as_bytes());
                out.push(b' ');
                wording4::time_of_day(out, time);
            }
        }
    }
}

/// `0x4919 good`, `0x4919 bad (0x4918 expected)`.
pub(super) fn checksum(out: &mut Vec<u8>, checksum: Checksum) {
    if let Some(found) = checksum.found
        && checksum.status != ChecksumStatus::Absent
    {
        out.extend_from_slice(b"0x");
        write::hex(out, found.into(), 4);
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
    if !record.auxiliary.is_empty() {
        out.extend_from_slice(b", auxiliary ");
        value(out, Value::Octets(record.auxiliary));
    } else if record.auxiliary_length > 0 {
        number(out, b", auxiliary of ", record.auxiliary_length.into());
        out.extend_from_slice(b" octets");
    }
    if let Some(octets) = record.item().unread() {
        out.extend_from_slice(b", ");
        unread(out, octets);
    }
}

/// The version of the structures that RFC 4884 section 7 describes.
const RFC_4884: u8 = 2;

fn extensions(out: &mut Vec<u8>, structure: &Extensions<'_>, depth: usize) {
    below(out, depth);
    out.extend_from_slice(b"extensions (RFC 4884), found by ");
    addr::words_of(out, structure.located.name());
    if structure.version != RFC_4884 {
        number(out, b", version ", structure.version.into());
    }
    if structure.reserved != 0 {
        out.extend_from_slice(b", reserved 0x");
        write::hex(out, structure.reserved.into(), 1);
    }
    out.extend_from_slice(b", checksum ");
    checksum(out, structure.checksum);
    for object in structure.objects() {
        below(out, depth + 1);
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
        ExtensionObject::Unknown if object.extent() == Extent::Whole => {
            out.push(b' ');
            value(out, Value::Octets(object.bytes));
        }
        ExtensionObject::Unknown => {}
    }
    if let Some(bits) = object.c_type_reserved() {
        out.extend_from_slice(b", c type reserved 0x");
        write::hex(out, bits, 1);
    }
    if let Some(bits) = object.reserved() {
        out.extend_from_slice(b", reserved 0x");
        write::hex(out, bits, 1);
    }
    if let Some(octets) = object.padding() {
        out.extend_from_slice(b", padding ");
        value(out, Value::Octets(octets));
    }
    if let Some(octets) = object.unread() {
        out.extend_from_slice(b", ");
        unread(out, octets);
    }
}

/// `label 16001 tc 0 [S] ttl 1`, for each entry.
pub(super) fn labels(out: &mut Vec<u8>, stack: &Labels<'_>) {
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
            if let Some(name) = family_name(family) {
                out.push(b' ');
                addr::words_of(out, name);
            }
            out.push(b' ');
            value(out, Value::Octets(bytes));
        }
    }
}
