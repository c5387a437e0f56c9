//! Every frame of the captures goes into one file, and tshark and we say what is in each.

use std::collections::BTreeMap;
use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::process::Command;

use icmpdump::model::Expanded;
use icmpdump::wire::lowpan::{Expander, is_lowpan};
use icmpdump::wire::{self, Classified, Ip, IpVersion};

use crate::frames::{self, OwnedFrame};

/// Frames where tshark says something else, and why we are right; by file, all of its frames that
/// differ.
const EXCEPTIONS: [(&str, usize, &str); 11] = [
    (
        "bcm-li.pcap",
        20,
        "tshark does not read Broadcom's LI; tcpdump finds these packets too",
    ),
    (
        "cisco-fabric-path.pcap",
        8,
        "tshark takes the last four octets for a check sequence, and so the IPv6 header for cut: a \
         pcap file says in its link type whether frames have one (draft-ietf-opsawg-pcap section 4)",
    ),
    (
        "802_15_4-data.pcap",
        1,
        "a next header compressed by RFC 7400 section 3.1, which is not read: tshark makes up an IPv6 \
         packet with nothing in it",
    ),
    (
        "brcm-tag.pcap",
        17,
        "tshark does not read LINKTYPE_DSA_TAG_BRCM (tcpdump.org's registry of link types); tcpdump does",
    ),
    (
        "edsa-high-vid.pcap",
        4,
        "tshark does not read LINKTYPE_DSA_TAG_EDSA (tcpdump.org's registry of link types); tcpdump does",
    ),
    (
        "cve2015-0261-crash.pcap",
        1,
        "tshark does not read SLIP (RFC 1055); tcpdump finds IPv6 at octet 16 too",
    ),
    (
        "icmp6_nodeinfo_oobr.pcap",
        1,
        "tshark does not read SLIP (RFC 1055); tcpdump finds ICMPv6 too",
    ),
    (
        "LINKTYPE_IPV4_invalid.pcap",
        1,
        "an IPv6 packet under the link type of IPv4: the version tells (RFC 8200 section 3)",
    ),
    (
        "LINKTYPE_IPV6_invalid.pcap",
        1,
        "an IPv4 packet under the link type of IPv6: the version tells (RFC 791 section 3.1)",
    ),
    (
        "ipv4_invalid_total_length_2.pcap",
        1,
        "the header is all there but for a total length under its own, which RFC 791 section 3.1 has \
         count the header: tshark gives it up",
    ),
    (
        "ipv4-truncated-broken-header.pcap",
        1,
        "the addresses were captured, the options behind them (RFC 791 section 3.1) were not: tshark \
         gives it up",
    ),
];

/// What is said of a frame.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    /// Of the outermost IP packet: source, destination, protocol or next header.
    outer: Option<(IpAddr, IpAddr, u8)>,
    vlans: Vec<u16>,
    /// Source and destination of an ICMP message that is not quoted.
    icmp: Option<(IpAddr, IpAddr)>,
}

fn ours(frame: &OwnedFrame) -> Said {
    let said = |packet: &wire::Packet<'_>, icmp| {
        let outer: Ip<'_> = packet.outermost().unwrap_or(packet.ip);
        let protocol = match outer.version {
            IpVersion::V4 => outer.header[9],
            IpVersion::V6 => outer.header[6],
        };
        Said {
            outer: Some((outer.src(), outer.dst(), protocol)),
            vlans: packet.link.vlans.as_slice().to_vec(),
            // What a later fragment belongs to is nothing that tshark tells.
            icmp: (icmp && !packet.ip.is_later_fragment())
                .then(|| (packet.ip.src(), packet.ip.dst())),
        }
    };
    let mut packet = Expanded::default();
    let mut frame = frame.frame();
    if is_lowpan(&frame) && Expander::default().expand(&frame, &mut packet) == Ok(true) {
        frame.expanded = Some(&packet);
    }
    match wire::classify(&frame) {
        Classified::Icmp(packet) => said(&packet, true),
        Classified::OtherIp(packet) => said(&packet, false),
        Classified::NotIp | Classified::Undecodable(_) => Said {
            outer: None,
            vlans: Vec::new(),
            icmp: None,
        },
    }
}

fn theirs(pcapng: &Path) -> Vec<(Said, String)> {
    let fields = [
        "frame.protocols",
        "ip.src",
        "ip.dst",
        "ip.proto",
        "ipv6.src",
        "ipv6.dst",
        "ipv6.nxt",
        "vlan.id",
        "ieee8021ad.id",
    ];
    let mut command = Command::new("tshark");
    command
        .arg("-n")
        .arg("-r")
        .arg(pcapng)
        .args(["-T", "fields"]);
    command.args(["-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE"]);
    // The port that Linux takes for VXLAN by default.
    command.args(["-d", "udp.port==8472,vxlan"]);
    for field in fields {
        command.args(["-e", field]);
    }
    let output = command.output().expect("tshark is installed");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let protocols: Vec<&str> = fields[0].split(':').collect();
            let first = |at: usize| fields[at].split(',').next().unwrap_or_default();
            let ip_at = protocols.iter().position(|p| matches!(*p, "ip" | "ipv6"));
            let outer = ip_at.and_then(|at| {
                let base = if protocols[at] == "ip" { 1 } else { 4 };
                Some((
                    first(base).parse().ok()?,
                    first(base + 1).parse().ok()?,
                    first(base + 2).parse().ok()?,
                ))
            });
            let mut customer = fields[7].split(',').filter_map(|id| id.parse().ok());
            let mut provider = fields[8].split(',').filter_map(|id| id.parse().ok());
            let vlans = protocols[..ip_at.unwrap_or(0)]
                .iter()
                .filter_map(|protocol| match *protocol {
                    "vlan" => customer.next(),
                    "ieee8021ad" => provider.next(),
                    _ => None,
                })
                .collect();
            let icmp_at = protocols
                .iter()
                .position(|p| matches!(*p, "icmp" | "icmpv6"));
            let icmp = icmp_at.and_then(|at| {
                let before = &protocols[..at];
                let carrier = *before.iter().rfind(|p| matches!(**p, "ip" | "ipv6"))?;
                let nth = before.iter().filter(|p| **p == carrier).count() - 1;
                let base = if carrier == "ip" { 1 } else { 4 };
                let nth = |field: &str| field.split(',').nth(nth)?.parse().ok();
                Some((nth(fields[base])?, nth(fields[base + 1])?))
            });
            let said = Said { outer, vlans, icmp };
            (said, fields[0].to_owned())
        })
        .collect()
}

#[test]
fn tshark_finds_the_same_ip_packets() {
    let frames = frames::of_all(&frames::files());
    if frames.is_empty() {
        return;
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), frames::pcapng(&frames)).unwrap();
    let theirs = theirs(file.path());
    assert_eq!(theirs.len(), frames.len(), "tshark reads every frame");
    let mut different: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (frame, (their, protocols)) in frames.iter().zip(&theirs) {
        let our = ours(frame);
        if our != *their {
            different.entry(&frame.file).or_default().push(format!(
                "{} #{} (link type {}): we say {our:?}, tshark {their:?} {protocols}",
                frame.file, frame.number, frame.link.0
            ));
        }
    }
    for (file, count, _) in EXCEPTIONS {
        let found = different.get(file).map_or(0, Vec::len);
        if found == count {
            different.remove(file);
        }
        let is_there = frames.iter().any(|frame| frame.file == file);
        assert!(found > 0 || !is_there, "{file} is no exception any more");
    }
    let different: Vec<String> = different.into_values().flatten().collect();
    assert!(
        different.is_empty(),
        "{} of {} frames:\n{}",
        different.len(),
        frames.len(),
        different.join("\n")
    );
    eprintln!("compared {} frames", frames.len());
}
