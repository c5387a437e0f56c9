//! Addresses with ports, as tcpdump joins them.

use std::net::IpAddr;

use crate::icmp::{CutHeader, Quote, QuotedTransport, names, upper_header};
use crate::model::FlowKey;
use crate::model::flow::FlowPorts;
use crate::record::{words, write};
use crate::wire::IpVersion;
use crate::wire::ip::protocol;

/// `10.9.1.2.43210`.
pub(crate) fn with_port(out: &mut Vec<u8>, addr: IpAddr, port: u16) {
    write::ip(out, addr);
    out.push(b'.');
    write::decimal(out, port.into());
}

/// `a > b`, with ports where there are any.
pub(crate) fn pair(out: &mut Vec<u8>, src: IpAddr, dst: IpAddr, ports: Option<(u16, u16)>) {
    if let Some((from, to)) = ports {
        with_port(out, src, from);
        out.extend_from_slice(b" > ");
        with_port(out, dst, to);
    } else {
        write::ip(out, src);
        out.extend_from_slice(b" > ");
        write::ip(out, dst);
    }
}

/// `UDP`, or `protocol 200`.
pub(crate) fn protocol(out: &mut Vec<u8>, number: u8) {
    if number == protocol::NO_NEXT_HEADER {
        out.extend_from_slice(b"no next header");
    } else if let Some(title) = words::protocol_title(number) {
        out.extend_from_slice(title.as_bytes());
    } else {
        out.extend_from_slice(b"protocol ");
        write::decimal(out, number.into());
    }
}

/// The protocol of a packet; where a header of IPv6 was cut, which names it, that header.
fn carried(out: &mut Vec<u8>, number: u8) {
    out.extend_from_slice(match number {
        protocol::HOPOPT => b"hop-by-hop options",
        protocol::ROUTE => b"routing header",
        protocol::FRAG => b"fragment header",
        protocol::DEST_OPTIONS => b"destination options",
        other => return protocol(out, other),
    });
}

/// `UDP 10.9.1.2.43210 > 10.9.2.2.33434`, `ICMP echo request 10.9.1.2 > 10.9.2.2 id 5`, `UDP 10.9.1.2 > ?`.
pub(crate) fn flow(out: &mut Vec<u8>, flow: &FlowKey) {
    carried(out, flow.protocol);
    let ports = match flow.ports {
        FlowPorts::Ports { src, dst } => Some((src, dst)),
        _ => None,
    };
    if let FlowPorts::Query { kind, .. } | FlowPorts::Message(kind) = flow.ports {
        out.push(b' ');
        icmp_kind(out, IpVersion::of(flow.addrs.src()), kind);
    }
    out.push(b' ');
    if flow.has_destination() {
        pair(out, flow.addrs.src(), flow.addrs.dst(), ports);
    } else {
        write::ip(out, flow.addrs.src());
        out.extend_from_slice(b" > ?");
    }
    match flow.ports {
        FlowPorts::Query { id, .. } => {
            out.extend_from_slice(b" id ");
            write::decimal(out, id.into());
        }
        FlowPorts::Spi(spi) => {
            out.extend_from_slice(b" spi 0x");
            write::hex(out, spi.into(), 8);
        }
        FlowPorts::Ports { .. } | FlowPorts::Message(_) | FlowPorts::None => {}
    }
}

/// The type's name in words, or its number.
pub(crate) fn icmp_kind(out: &mut Vec<u8>, version: IpVersion, kind: u8) {
    if let Some(name) = names::type_name(version, kind) {
        words_of(out, name);
    } else {
        out.extend_from_slice(b"type ");
        write::decimal(out, kind.into());
    }
}

/// A snake-case name with blanks.
pub(crate) fn words_of(out: &mut Vec<u8>, name: &str) {
    out.extend(name.bytes().map(|b| if b == b'_' { b' ' } else { b }));
}

/// What is there of a quoted header that was cut.
pub(crate) fn cut_quote(out: &mut Vec<u8>, header: &CutHeader) {
    match header.protocol {
        Some(number) => carried(out, number),
        None => out.extend_from_slice(b"part of an IP header"),
    }
    if let Some(src) = header.src {
        out.push(b' ');
        write::ip(out, src);
        out.extend_from_slice(b" > ?");
    }
    if let Some(ttl) = header.ttl {
        out.extend_from_slice(b" ttl ");
        write::decimal(out, ttl.into());
    }
}

/// What an error quotes: flow, sequence numbers, TTL.
pub(crate) fn quote(out: &mut Vec<u8>, quote: &Quote<'_>) {
    let ip = &quote.ip;
    carried(out, ip.protocol);
    let mut ports = None;
    let number = |out: &mut Vec<u8>, label: &[u8], value: Option<u32>| {
        if let Some(value) = value {
            out.extend_from_slice(label);
            write::decimal(out, value.into());
        }
    };
    match quote.transport {
        QuotedTransport::Tcp {
            src_port, dst_port, ..
        }
        | QuotedTransport::Ports { src_port, dst_port } => ports = Some((src_port, dst_port)),
        QuotedTransport::Icmp { kind, .. } => {
            out.push(b' ');
            icmp_kind(out, ip.version, kind);
        }
        QuotedTransport::Spi(_) | QuotedTransport::None => {}
    }
    if quote.is_of_other_protocol()
        && let Some(name) = upper_header::of(quote).and_then(|header| header.message)
    {
        out.push(b' ');
        words_of(out, name);
    }
    out.push(b' ');
    pair(out, ip.addrs.src(), ip.addrs.dst(), ports);
    match quote.transport {
        QuotedTransport::Tcp { seq, .. } => number(out, b" seq ", seq),
        QuotedTransport::Icmp { id, seq, .. } => {
            number(out, b" id ", id.map(u32::from));
            number(out, b" seq ", seq.map(u32::from));
        }
        _ => {}
    }
    if let Some(spi) = quote.spi() {
        out.extend_from_slice(b" spi 0x");
        write::hex(out, spi.into(), 8);
    }
    if let Some(gre) = quote.gre() {
        number(out, b" key ", gre.key);
    }
    if let Some(fragment) = ip.fragment
        && fragment.offset > 0
    {
        number(out, b" fragment at ", Some(fragment.offset.into()));
    }
    number(out, b" ttl ", Some(ip.ttl.into()));
}
