//! What we say of a packet, in tshark's terms.

use std::collections::BTreeMap;
use std::net::IpAddr;

use icmpdump::icmp::field::Value;
use icmpdump::icmp::mld::Mld;
use icmpdump::icmp::nd_option::NdValue;
use icmpdump::icmp::object::{ExtensionObject, Objects};
use icmpdump::icmp::{Body, ErrorClass, Message, Quote, QuotedTransport};
use icmpdump::wire::{ChecksumStatus, Ip, IpVersion};

use crate::corpus::Packet;

/// What is said of a packet: for each field the values, outermost first.
pub(crate) type Said = BTreeMap<&'static str, Vec<String>>;

#[allow(clippy::needless_pass_by_value)] // It makes the many calls shorter.
fn add(said: &mut Said, field: &'static str, value: impl ToString) {
    said.entry(field).or_default().push(value.to_string());
}

fn maybe(said: &mut Said, field: &'static str, value: Option<impl ToString>) {
    if let Some(value) = value {
        add(said, field, value);
    }
}

/// What we say of a packet, by tshark's names of fields.
pub(crate) fn ours(packet: &Packet) -> Said {
    let mut said = Said::new();
    let ip = packet.ip();
    let message = Message::parse(&ip);
    addresses(&mut said, &ip);
    if matches!(message.body, Body::Fragment) {
        return said;
    }
    header(&mut said, &message);
    body(&mut said, &message);
    options(&mut said, &message);
    if let Some(quote) = message.quote() {
        quoted(&mut said, quote);
    }
    for field in message.short_quote() {
        match (field.name, field.value) {
            ("src", Value::Address(src @ IpAddr::V4(_))) => add(&mut said, "ip.src", src),
            ("src", Value::Address(src)) => add(&mut said, "ipv6.src", src),
            _ => {}
        }
    }
    if let Some(extensions) = message.extensions() {
        objects(&mut said, extensions.objects());
    }
    said
}

fn addresses(said: &mut Said, ip: &Ip<'_>) {
    let (src, dst) = match ip.version {
        IpVersion::V4 => ("ip.src", "ip.dst"),
        IpVersion::V6 => ("ipv6.src", "ipv6.dst"),
    };
    add(said, src, ip.src());
    add(said, dst, ip.dst());
}

fn header(said: &mut Said, message: &Message<'_>) {
    let fields = match message.version {
        IpVersion::V4 => [
            "icmp.type",
            "icmp.code",
            "icmp.checksum",
            "icmp.checksum.status",
        ],
        IpVersion::V6 => [
            "icmpv6.type",
            "icmpv6.code",
            "icmpv6.checksum",
            "icmpv6.checksum.status",
        ],
    };
    let length = message.bytes.len();
    maybe(said, fields[0], (length > 0).then_some(message.kind));
    maybe(said, fields[1], message.code);
    if let Some(found) = message.checksum.found {
        add(said, fields[2], found);
        add(
            said,
            fields[3],
            match message.checksum.status {
                ChecksumStatus::Bad { .. } => 0,
                ChecksumStatus::Good => 1,
                ChecksumStatus::Unverified(_) => 2,
                ChecksumStatus::Absent => 3,
            },
        );
    }
}

fn body(said: &mut Said, message: &Message<'_>) {
    let v6 = message.version == IpVersion::V6;
    let id = if v6 {
        "icmpv6.echo.identifier"
    } else {
        "icmp.ident"
    };
    let seq = if v6 {
        "icmpv6.echo.sequence_number"
    } else {
        "icmp.seq"
    };
    match &message.body {
        Body::Echo(echo) => {
            add(said, id, echo.id);
            add(said, seq, echo.seq);
        }
        Body::Timestamp(timestamp) => {
            add(said, id, timestamp.id);
            add(said, seq, timestamp.seq);
            maybe(said, "icmp.originate_timestamp", timestamp.originate);
            maybe(said, "icmp.receive_timestamp", timestamp.receive);
            maybe(said, "icmp.transmit_timestamp", timestamp.transmit);
        }
        Body::Query(query) => {
            add(said, id, query.id);
            add(said, seq, query.seq);
            maybe(said, "icmp.address_mask", query.mask);
        }
        Body::ExtendedEcho(echo) => add(said, id, echo.id),
        Body::Short { id: Some(found) } => add(said, id, found),
        Body::Error(error) => match error.class {
            ErrorClass::TooBig { mtu } => {
                maybe(said, if v6 { "icmpv6.mtu" } else { "icmp.mtu" }, mtu);
            }
            ErrorClass::ParameterProblem { pointer } => {
                let field = if v6 { "icmpv6.pointer" } else { "icmp.pointer" };
                maybe(said, field, pointer);
            }
            _ => {}
        },
        Body::Redirect { gateway, .. } => maybe(said, "icmp.redir_gw", *gateway),
        Body::RouterAdvertisement4(routers) => {
            for (router, _) in routers.routers() {
                add(said, "icmp.router_address", router);
            }
        }
        Body::Ndp(_) => neighbor(said, message),
        Body::Mld(Mld::V1 { group, .. }) => add(said, "icmpv6.mld.multicast_address", group),
        Body::Mld(Mld::QueryV2(query)) => {
            add(said, "icmpv6.mld.multicast_address", query.group);
        }
        Body::Mld(report) => {
            for record in report.records() {
                add(said, "icmpv6.mldr.mar.record_type", record.kind);
                add(said, "icmpv6.mldr.mar.multicast_address", record.group);
                for source in record.sources() {
                    add(said, "icmpv6.mldr.mar.source_address", source);
                }
            }
        }
        Body::NodeInformation(node) => {
            maybe(said, "icmpv6.ni.qtype", node.qtype());
            maybe(
                said,
                "icmpv6.ni.nonce",
                node.nonce().map(u64::from_be_bytes),
            );
        }
        Body::Rpl(rpl) => maybe(said, "icmpv6.rpl.dio.rank", rpl.rank()),
        _ => {}
    }
}

/// By the tables of fields, which tell those too that a message too short for its type has.
fn neighbor(said: &mut Said, message: &Message<'_>) {
    for field in message.fields() {
        let name = match (message.kind, field.name) {
            (134, "hop_limit") => "icmpv6.nd.ra.cur_hop_limit",
            (134, "lifetime") => "icmpv6.nd.ra.router_lifetime",
            (134, "reachable") => "icmpv6.nd.ra.reachable_time",
            (134, "retransmit") => "icmpv6.nd.ra.retrans_timer",
            (135, "target") => "icmpv6.nd.ns.target_address",
            (136, "target") => "icmpv6.nd.na.target_address",
            (137, "target") => "icmpv6.nd.rd.target_address",
            (137, "destination") => "icmpv6.rd.na.destination_address",
            _ => continue,
        };
        match field.value {
            Value::Number(number) => add(said, name, number),
            Value::Address(address) => add(said, name, address),
            other => panic!("{name}: {other:?}"),
        }
    }
}

fn options(said: &mut Said, message: &Message<'_>) {
    let options = match &message.body {
        Body::Ndp(ndp) => ndp.options(),
        Body::InverseNeighbor(inverse) => inverse.options(),
        Body::MobileIp(mobile) => mobile.options(),
        Body::CertificationPath(path) => path.options(),
        Body::FastHandover(handover) => handover.options(),
        Body::Rpl(rpl) => {
            for option in rpl.options() {
                add(said, "icmpv6.rpl.opt.type", option.kind);
            }
            return;
        }
        _ => return,
    };
    for option in options {
        add(said, "icmpv6.opt.type", option.kind);
        match option.value() {
            NdValue::Prefix { length, prefix, .. } => {
                add(said, "icmpv6.opt.prefix", prefix);
                add(said, "icmpv6.opt.prefix.length", length);
            }
            NdValue::Route {
                length,
                lifetime,
                prefix,
                ..
            } => {
                add(said, "icmpv6.opt.prefix", prefix);
                add(said, "icmpv6.opt.prefix.length", length);
                add(said, "icmpv6.opt.route_lifetime", lifetime);
            }
            NdValue::Mtu(mtu) => add(said, "icmpv6.opt.mtu", mtu),
            NdValue::Rdnss { servers, .. } => {
                for server in servers.iter() {
                    add(said, "icmpv6.opt.rdnss", server);
                }
            }
            _ => {}
        }
    }
}

fn quoted(said: &mut Said, quote: &Quote<'_>) {
    addresses(said, &quote.ip);
    let udp = quote.ip.protocol == 17;
    match quote.transport {
        QuotedTransport::Tcp {
            src_port,
            dst_port,
            seq,
        } => {
            add(said, "tcp.srcport", src_port);
            add(said, "tcp.dstport", dst_port);
            maybe(said, "tcp.seq", seq);
        }
        QuotedTransport::Ports { src_port, dst_port } if udp => {
            add(said, "udp.srcport", src_port);
            add(said, "udp.dstport", dst_port);
        }
        QuotedTransport::Icmp {
            kind,
            code,
            id,
            seq,
        } => {
            let v6 = quote.ip.protocol == 58;
            add(said, if v6 { "icmpv6.type" } else { "icmp.type" }, kind);
            add(said, if v6 { "icmpv6.code" } else { "icmp.code" }, code);
            let checksum = quote
                .ip
                .payload
                .get(2..4)
                .map(|c| u16::from_be_bytes([c[0], c[1]]));
            maybe(
                said,
                if v6 {
                    "icmpv6.checksum"
                } else {
                    "icmp.checksum"
                },
                checksum,
            );
            maybe(
                said,
                if v6 {
                    "icmpv6.echo.identifier"
                } else {
                    "icmp.ident"
                },
                id,
            );
            maybe(
                said,
                if v6 {
                    "icmpv6.echo.sequence_number"
                } else {
                    "icmp.seq"
                },
                seq,
            );
        }
        QuotedTransport::Spi(spi) => add(said, "esp.spi", spi),
        _ => {}
    }
    if let Some(inner) = quote.inner() {
        quoted(said, &inner);
    }
}

fn objects(said: &mut Said, objects: Objects<'_>) {
    use icmpdump::icmp::object::{Address, InterfaceIdentification};
    for object in objects {
        add(said, "icmp.ext.class", object.class);
        add(said, "icmp.ext.ctype", object.c_type);
        match object.kind {
            ExtensionObject::Mpls(labels) => {
                for label in labels.iter() {
                    add(said, "icmp.mpls.label", label.label);
                    add(said, "icmp.mpls.ttl", label.ttl);
                }
            }
            ExtensionObject::Identification(InterfaceIdentification::Name(name)) => {
                add(said, "icmp.int_ident.name", String::from_utf8_lossy(name));
            }
            ExtensionObject::Identification(InterfaceIdentification::Index(index)) => {
                add(said, "icmp.int_ident.index", index);
            }
            ExtensionObject::Identification(InterfaceIdentification::Address(Address::Ip(ip))) => {
                let v6 = ip.is_ipv6();
                add(
                    said,
                    if v6 {
                        "icmp.int_ident.ipv6"
                    } else {
                        "icmp.int_ident.ipv4"
                    },
                    ip,
                );
            }
            _ => {}
        }
    }
}
