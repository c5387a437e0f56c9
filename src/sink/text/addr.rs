//! Addresses with ports, as tcpdump joins them.

use std::net::IpAddr;

use crate::icmp::field::Value;
use crate::icmp::{CutHeader, Quote, QuotedTransport, names, tunnel_header, upper_header};
use crate::model::FlowKey;
use crate::model::flow::FlowPorts;
use crate::record::{words, write};
use crate::wire::ip::protocol;
use crate::wire::tunnel::Encapsulation;
use crate::wire::{Ip, IpVersion};

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
    match protocol_title(number) {
        Some(title) => out.extend_from_slice(title.as_bytes()),
        None => write::number(out, b"protocol ", number.into()),
    }
}

/// `UDP (17)`, or `unknown (200)`.
pub(super) fn numbered_protocol(out: &mut Vec<u8>, number: u8) {
    let title = protocol_title(number).unwrap_or("unknown");
    out.extend_from_slice(title.as_bytes());
    write::number(out, b" (", number.into());
    out.push(b')');
}

fn protocol_title(number: u8) -> Option<&'static str> {
    match number {
        protocol::NO_NEXT_HEADER => Some("no next header"),
        _ => words::protocol_title(number),
    }
}

/// What a packet of this version is of: its protocol, of IP in IP both versions; where a header of IPv6
/// was cut, which names it, that header.
pub(crate) fn carried(out: &mut Vec<u8>, version: IpVersion, number: u8) {
    out.extend_from_slice(match (number, version) {
        (protocol::IPV6, IpVersion::V4) => b"6in4".as_slice(),
        (protocol::IPV6, IpVersion::V6) => b"6in6",
        (protocol::IPV4, IpVersion::V6) => b"4in6",
        (protocol::HOPOPT, IpVersion::V6) => b"hop-by-hop options",
        (protocol::ROUTE, _) => b"routing header",
        (protocol::FRAG, _) => b"fragment header",
        (protocol::DEST_OPTIONS, _) => b"destination options",
        (other, _) => return protocol(out, other),
    });
}

/// `UDP 10.9.1.2.43210 > 10.9.2.2.33434`, `ICMP echo request 10.9.1.2 > 10.9.2.2 id 5`, `UDP 10.9.1.2 > ?`.
pub(crate) fn flow(out: &mut Vec<u8>, flow: &FlowKey) {
    let version = IpVersion::of(flow.addrs.src());
    carried(out, version, flow.protocol);
    let ports = match flow.ports {
        FlowPorts::Ports { src, dst } => Some((src, dst)),
        _ => None,
    };
    if let FlowPorts::Query { kind, .. } | FlowPorts::Message(kind) = flow.ports {
        out.push(b' ');
        icmp_kind(out, version, kind);
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
            write::number(out, b" id ", id.into());
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
        write::number(out, b"type ", kind.into());
    }
}

/// A snake-case name with blanks.
pub(crate) fn words_of(out: &mut Vec<u8>, name: &str) {
    out.extend(name.bytes().map(|b| if b == b'_' { b' ' } else { b }));
}

/// `udp port 53`: where a quoted packet was to go; `?` where the quote ends before it.
pub(super) fn destination_port(out: &mut Vec<u8>, quote: &Quote<'_>) {
    match quote.ip.protocol {
        protocol::TCP => out.extend_from_slice(b"tcp"),
        protocol::UDP => out.extend_from_slice(b"udp"),
        other => write::number(out, b"protocol ", other.into()),
    }
    out.extend_from_slice(b" port ");
    match quote.transport {
        QuotedTransport::Tcp { dst_port, .. } | QuotedTransport::Ports { dst_port, .. } => {
            write::decimal(out, dst_port.into());
        }
        _ => out.push(b'?'),
    }
}

/// What is there of a quoted header that was cut.
pub(crate) fn cut_quote(out: &mut Vec<u8>, header: &CutHeader) {
    match header.protocol {
        Some(number) => carried(out, header.version, number),
        None => out.extend_from_slice(b"part of an IP header"),
    }
    if let Some(src) = header.src {
        out.push(b' ');
        write::ip(out, src);
        out.extend_from_slice(b" > ?");
    }
    if let Some(ttl) = header.ttl {
        write::number(out, b" ttl ", ttl.into());
    }
}

/// Where a packet goes behind its destination: ` then 2001:db8:3::2`.
pub(crate) fn segments(out: &mut Vec<u8>, ip: &Ip<'_>) {
    /// So many are worth a place in a line.
    const SHOWN: usize = 3;
    let ahead = || {
        ip.extension_headers()
            .flat_map(|header| header.segments_ahead())
    };
    for (i, segment) in ahead().take(SHOWN).enumerate() {
        out.extend_from_slice(if i == 0 { b" then " } else { b" " });
        write::ipv6(out, segment);
    }
    let more = ahead().count().saturating_sub(SHOWN);
    if more > 0 {
        write::number(out, b" and ", more as u64);
        out.extend_from_slice(b" more");
    }
}

/// What a tunnel carries in place of an IP packet, by the last header that is there: ` ARP request`,
/// ` ethertype 0x88cc`.
pub(crate) fn other_than_ip(out: &mut Vec<u8>, around: &Encapsulation<'_>) {
    let Some(last) = tunnel_header::parts(around).last() else {
        return;
    };
    let number = |name| {
        let field = last.fields().find(|field| field.name == name)?;
        match field.value {
            Value::Hex(number) => Some(number),
            _ => None,
        }
    };
    match last.name {
        Some("arp") => {
            out.extend_from_slice(b" ARP");
            if let Some((_, word)) = last.fields().find_map(|field| field.word()) {
                out.push(b' ');
                words_of(out, word);
            }
        }
        Some("ppp") => {
            if let Some(protocol) = number("protocol") {
                out.extend_from_slice(b" PPP protocol 0x");
                write::hex(out, protocol, 4);
            }
        }
        name => {
            if let Some(kind) = number("ether_type") {
                out.extend_from_slice(b" ethertype 0x");
                write::hex(out, kind, 4);
            } else if name == Some("llc") {
                out.extend_from_slice(b" LLC");
            }
        }
    }
}

/// What an error quotes: flow, sequence numbers, TTL.
pub(crate) fn quote(out: &mut Vec<u8>, quote: &Quote<'_>) {
    let ip = &quote.ip;
    carried(out, ip.version, ip.protocol);
    let mut ports = None;
    let number = |out: &mut Vec<u8>, label: &[u8], value: Option<u32>| {
        if let Some(value) = value {
            write::number(out, label, value.into());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::icmp::Message;
    use crate::record::write::text;
    use crate::wire::Limit;

    fn ipv6(next: u8, payload: &[u8]) -> Vec<u8> {
        let length = u8::try_from(payload.len()).unwrap();
        let addresses = [[0xfd; 16], [0xfe; 16]].concat();
        [
            &[0x60, 0, 0, 0, 0, length, next, 64],
            &addresses[..],
            payload,
        ]
        .concat()
    }

    /// RFC 8754 section 2: the last segment comes first.
    #[test]
    fn segments_that_are_ahead_are_told_in_the_order_of_travel() {
        let told = |left, segments: u8| {
            let mut routing = vec![59, segments * 2, 4, left, segments - 1, 0, 0, 0];
            for n in 0..segments {
                routing.extend([&[0xfc][..], &[0; 14], &[n]].concat());
            }
            let packet = ipv6(43, &routing);
            text(|out| segments_of(out, &packet))
        };
        assert_eq!(told(0, 2), "");
        assert_eq!(told(1, 2), " then fc00::");
        assert_eq!(told(2, 2), " then fc00::1 fc00::");
        assert_eq!(told(5, 6), " then fc00::4 fc00::3 fc00::2 and 2 more");
        assert_eq!(told(3, 2), "", "more left than there are");
    }

    fn segments_of(out: &mut Vec<u8>, packet: &[u8]) {
        segments(out, &Ip::parse(packet, Limit::Frame).unwrap());
    }

    #[test]
    fn what_a_quoted_tunnel_carries_in_place_of_ip() {
        let told = |behind: &[u8]| {
            let gre = [&[0, 0, 0x65, 0x58], &[2; 12][..], behind].concat();
            let message = [&[1, 4, 0, 0, 0, 0, 0, 0], &ipv6(47, &gre)[..]].concat();
            let packet = ipv6(58, &message);
            let ip = Ip::parse(&packet, Limit::Frame).unwrap();
            let message = Message::parse(&ip);
            let alone = message.quote().unwrap().tunnels_alone().unwrap();
            let innermost = alone.headers.encapsulations().last().unwrap();
            text(|out| other_than_ip(out, &innermost))
        };
        let arp = [&[8, 6, 0, 1, 8, 0, 6, 4, 0, 1], &[0; 20][..]].concat();
        assert_eq!(told(&arp), " ARP request");
        assert_eq!(
            told(&[0x81, 0, 0, 5, 0x88, 0xcc, 2, 7]),
            " ethertype 0x88cc"
        );
        assert_eq!(told(&[0, 38, 0x42, 0x42, 3, 0, 0]), " LLC");
    }
}
