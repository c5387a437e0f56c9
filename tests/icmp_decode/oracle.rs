//! Field by field against tshark: every ICMP packet of the captures, as raw IP.

use std::collections::BTreeSet;
use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::process::Command;

use icmpdump::icmp::{Body, Direction, Message};
use icmpdump::wire::checksum::internet;

use crate::corpus::{self, Packet};
use crate::ours::{Said, ours};

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
        "class and c-type of the object were captured, its end was not: they stand before it (RFC \
         4884 section 7.1); tshark gives the object up",
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
            if our == their || is_no_structure(packet, field) || is_sent_back(packet, field) {
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
