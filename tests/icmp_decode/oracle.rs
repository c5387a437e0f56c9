//! Field by field against tshark: every ICMP packet of the captures, as raw IP.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::process::Command;

use icmpdump::icmp::field::Value;
use icmpdump::icmp::mld::Mld;
use icmpdump::icmp::nd_option::NdValue;
use icmpdump::icmp::object::{ExtensionObject, Objects};
use icmpdump::icmp::{Body, ErrorClass, Message, Quote, QuotedTransport};
use icmpdump::wire::checksum::internet;
use icmpdump::wire::{ChecksumStatus, Ip, IpVersion};

use crate::corpus::{self, Packet};

/// What tshark is asked for, with what it calls each.
const FIELDS: [&str; 62] = [
    "icmp.type",
    "icmp.code",
    "icmp.checksum",
    "icmp.checksum.status",
    "icmp.ident",
    "icmp.seq",
    "icmp.mtu",
    "icmp.redir_gw",
    "icmp.pointer",
    "icmp.originate_timestamp",
    "icmp.receive_timestamp",
    "icmp.transmit_timestamp",
    "icmp.address_mask",
    "icmp.router_address",
    "icmp.ext.class",
    "icmp.ext.ctype",
    "icmp.mpls.label",
    "icmp.mpls.ttl",
    "icmp.int_ident.name",
    "icmp.int_ident.index",
    "icmp.int_ident.ipv4",
    "icmp.int_ident.ipv6",
    "icmpv6.type",
    "icmpv6.code",
    "icmpv6.checksum",
    "icmpv6.checksum.status",
    "icmpv6.echo.identifier",
    "icmpv6.echo.sequence_number",
    "icmpv6.mtu",
    "icmpv6.pointer",
    "icmpv6.nd.ra.cur_hop_limit",
    "icmpv6.nd.ra.router_lifetime",
    "icmpv6.nd.ra.reachable_time",
    "icmpv6.nd.ra.retrans_timer",
    "icmpv6.nd.ns.target_address",
    "icmpv6.nd.na.target_address",
    "icmpv6.nd.rd.target_address",
    "icmpv6.rd.na.destination_address",
    "icmpv6.opt.type",
    "icmpv6.opt.prefix",
    "icmpv6.opt.prefix.length",
    "icmpv6.opt.mtu",
    "icmpv6.opt.rdnss",
    "icmpv6.opt.route_lifetime",
    "icmpv6.mld.multicast_address",
    "icmpv6.mldr.mar.record_type",
    "icmpv6.mldr.mar.multicast_address",
    "icmpv6.mldr.mar.source_address",
    "icmpv6.ni.qtype",
    "icmpv6.ni.nonce",
    "icmpv6.rpl.dio.rank",
    "icmpv6.rpl.opt.type",
    "ip.src",
    "ip.dst",
    "ipv6.src",
    "ipv6.dst",
    "tcp.srcport",
    "tcp.dstport",
    "tcp.seq",
    "udp.srcport",
    "udp.dstport",
    "esp.spi",
];

/// Packets of which tshark says something else, and why we are right.
const EXCEPTIONS: [(&str, u64, &str); 3] = [
    (
        "icmp-icmp_print-oobr-2.pcap",
        3,
        "a message of two octets has a type and a code (RFC 792); tshark gives it up, tcpdump reads it",
    ),
    (
        "icmp-rfc8335-missing-bytes.pcap",
        1,
        "class and c-type of the object were captured, its end was not: tshark gives the object up",
    ),
    (
        "icmpv6-length-zero.pcapng",
        1,
        "a payload length of 0 without a jumbo option (RFC 2675 section 3) is one that offload left \
         to the network card: the frame tells how long the packet is",
    ),
];

/// Whether tshark finds objects that are none. Asked to look for extensions, it takes any octets
/// behind 128 of quote for a structure, though neither version (2) nor checksum of RFC 4884
/// section 7 are right.
fn is_no_structure(packet: &Packet, field: &str) -> bool {
    let ip = packet.ip();
    let message = Message::parse(&ip);
    field.starts_with("icmp.ext.")
        && message.extensions().is_none()
        && message.bytes.get(8 + 128..).is_some_and(|octets| {
            octets[0] >> 4 != 2 || octets.get(2..4) != Some(&[0, 0]) && internet(&[octets]) != 0
        })
}

/// What is said of a packet: for each field the values, outermost first.
type Said = BTreeMap<&'static str, Vec<String>>;

#[allow(clippy::needless_pass_by_value)] // It makes the many calls shorter.
fn add(said: &mut Said, field: &'static str, value: impl ToString) {
    said.entry(field).or_default().push(value.to_string());
}

fn maybe(said: &mut Said, field: &'static str, value: Option<impl ToString>) {
    if let Some(value) = value {
        add(said, field, value);
    }
}

fn ours(packet: &Packet) -> Said {
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
    maybe(said, fields[1], (length > 1).then_some(message.code));
    if length > 3 {
        add(said, fields[2], message.checksum.found);
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

/// A pcap file of raw IP packets.
fn pcap(packets: &[Packet]) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend(0xa1b2_c3d4u32.to_le_bytes());
    out.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    out.extend(0x0004_0000u32.to_le_bytes());
    out.extend(101u32.to_le_bytes());
    for packet in packets {
        out.extend([0; 8]);
        out.extend(u32::try_from(packet.octets.len()).unwrap().to_le_bytes());
        out.extend(u32::try_from(packet.on_wire).unwrap().to_le_bytes());
        out.extend(&packet.octets);
    }
    out
}

fn theirs(file: &Path) -> Vec<Said> {
    let mut command = Command::new("tshark");
    command.arg("-n").arg("-r").arg(file).args(["-T", "fields"]);
    for preference in [
        "ip.defragment:FALSE",
        "ipv6.defragment:FALSE",
        "ip.check_checksum:TRUE",
        "icmp.favor_icmp_mpls:TRUE",
        "tcp.relative_sequence_numbers:FALSE",
    ] {
        command.args(["-o", preference]);
    }
    for field in FIELDS {
        command.args(["-e", field]);
    }
    let output = command.output().expect("tshark is installed");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines()
        .map(|line| {
            let columns = line.split('\t');
            FIELDS
                .into_iter()
                .zip(columns)
                .filter(|(_, column)| !column.is_empty())
                .map(|(field, column)| {
                    // Of what is quoted a checksum proves nothing.
                    let only_first = field.ends_with("checksum.status");
                    let count = if only_first { 1 } else { usize::MAX };
                    (field, column.split(',').take(count).map(plain).collect())
                })
                .collect()
        })
        .collect()
}

/// Numbers in decimal, addresses as the standard library writes them.
fn plain(value: &str) -> String {
    if let Some(digits) = value.strip_prefix("0x")
        && let Ok(number) = u64::from_str_radix(digits, 16)
    {
        return number.to_string();
    }
    match value.parse::<IpAddr>() {
        Ok(address) => address.to_string(),
        Err(_) => value.to_owned(),
    }
}

#[test]
fn tshark_reads_the_same_fields() {
    let packets = corpus::packets();
    if packets.is_empty() {
        return;
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), pcap(&packets)).unwrap();
    let theirs = theirs(file.path());
    assert_eq!(theirs.len(), packets.len(), "tshark reads every packet");
    let mut different = Vec::new();
    let mut excepted = BTreeSet::new();
    for (packet, their) in packets.iter().zip(&theirs) {
        let our = ours(packet);
        for field in FIELDS {
            let (our, their) = (our.get(field), their.get(field));
            if our == their || is_no_structure(packet, field) {
                continue;
            }
            let exception = EXCEPTIONS
                .iter()
                .find(|(file, number, _)| *file == packet.file && *number == packet.number);
            match exception {
                Some((file, ..)) => {
                    excepted.insert(*file);
                }
                None => different.push(format!(
                    "{} #{} {field}: we say {our:?}, tshark {their:?}",
                    packet.file, packet.number
                )),
            }
        }
    }
    assert!(
        different.is_empty(),
        "{} differences in {} packets:\n{}",
        different.len(),
        packets.len(),
        different.join("\n")
    );
    for (file, ..) in EXCEPTIONS {
        let present = packets.iter().any(|packet| packet.file == file);
        assert!(
            !present || excepted.contains(file),
            "{file} is no exception any more"
        );
    }
    eprintln!("compared {} packets", packets.len());
}
