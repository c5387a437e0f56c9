//! Field by field against tshark: every ICMP packet of the captures, as raw IP.

use std::collections::BTreeSet;
use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::process::Command;

use icmpdump::icmp::{Body, Direction, Message};
use icmpdump::wire::checksum::internet;

use crate::corpus::{self, Packet};
use crate::ek_messages;
use crate::ours::{Said, ours};
use crate::shown::v4;

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
const EXCEPTIONS: [(&str, u64, &str); 2] = [
    (
        "icmp-icmp_print-oobr-2.pcap",
        3,
        "a message of two octets has a type and a code (RFC 792); tshark gives it up, tcpdump reads it",
    ),
    (
        "icmpv6-length-zero.pcapng",
        1,
        "a payload length of 0 does not count the octets behind the header, as RFC 8200 section 3 wants \
         it to: what is in the frame is read",
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

/// Whether it is of the structure that Linux sends back with an extended echo reply, whose format in
/// RFC 8335 section 3 has none: tshark shows nothing of it.
fn is_sent_back(packet: &Packet, field: &str) -> bool {
    let ip = packet.ip();
    let message = Message::parse(&ip);
    let of_structure = field.starts_with("icmp.ext.c") || field.starts_with("icmp.int_ident.");
    let is_reply =
        matches!(&message.body, Body::ExtendedEcho(echo) if echo.direction == Direction::Reply);
    of_structure && is_reply && message.extensions().is_some()
}

/// What is said of a field of a packet.
type Rule = fn(&Packet, &str) -> bool;

/// Differences of one kind, wherever they occur.
const RULES: [(&str, Rule); 2] = [
    ("no structure", is_no_structure),
    ("a structure that is sent back", is_sent_back),
];

/// A pcap file of raw IP packets.
pub(crate) fn pcap(packets: &[Packet]) -> Vec<u8> {
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

/// What neither captures have nor [`ek_messages`]: an error that quotes ESP, and an extended echo
/// request that names its interface by an IPv6 address (RFC 8335 section 2.1).
fn made() -> [Vec<u8>; 2] {
    let (a, b) = ([10, 0, 0, 1], [10, 0, 0, 2]);
    let esp = v4(a, b, 50, &[0, 0, 0x12, 0x34, 0, 0, 0, 9]);
    let quoting = [&[11, 0, 0, 0, 0, 0, 0, 0], &esp[..]].concat();
    let mut request = vec![42, 0, 0, 0, 0, 7, 9, 1, 0x20, 0, 0, 0];
    request.extend([0, 24, 3, 3, 0, 2, 16, 0]);
    request.extend([0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9]);
    [v4([10, 0, 0, 9], a, 1, &quoting), v4(a, b, 1, &request)]
}

#[test]
fn tshark_reads_the_same_fields() {
    let mut packets = corpus::packets();
    let made = ek_messages::packets().into_iter().chain(made());
    packets.extend(made.zip(1..).map(|(octets, number)| Packet {
        file: "made".to_owned(),
        number,
        on_wire: octets.len(),
        octets,
    }));
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), pcap(&packets)).unwrap();
    let theirs = theirs(file.path());
    assert_eq!(theirs.len(), packets.len(), "tshark reads every packet");
    let mut different = Vec::new();
    let mut excepted = BTreeSet::new();
    let mut idle: BTreeSet<_> = FIELDS.into_iter().collect();
    let mut unused: Vec<_> = RULES.iter().collect();
    for (packet, their) in packets.iter().zip(&theirs) {
        let our = ours(packet);
        for field in FIELDS {
            let (our, their) = (our.get(field), their.get(field));
            if our == their {
                if our.is_some() {
                    idle.remove(field);
                }
                continue;
            }
            if let Some((name, _)) = RULES.iter().find(|(_, covers)| covers(packet, field)) {
                unused.retain(|(other, _)| other != name);
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
    let unused: Vec<_> = unused.iter().map(|(name, _)| name).collect();
    assert!(unused.is_empty(), "no difference any more: {unused:?}");
    assert!(idle.is_empty(), "never seen: {idle:?}");
    eprintln!("compared {} packets", packets.len());
}
