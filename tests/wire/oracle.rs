//! Every frame of the captures goes into one file, and tshark and we say what is in each.

use std::collections::BTreeMap;
use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use icmpdump::model::{Frame, LinkType, SourceId, Timestamp};
use icmpdump::source::{self, Source, Step};
use icmpdump::wire::{self, Classified, Ip, IpVersion};

/// Frames where tshark says something else, and why we are right; by file, all of its frames that
/// differ.
const EXCEPTIONS: [(&str, usize, &str); 9] = [
    (
        "cisco-fabric-path.pcap",
        8,
        "tshark takes the last four octets for a check sequence, and so the IPv6 header for cut: a \
         pcap file says in its link type whether frames have one (draft-ietf-opsawg-pcap section 4)",
    ),
    (
        "PIM_register_register-stop.pcap",
        1,
        "a PIM register quotes a packet to the rendezvous point (RFC 7761 section 4.4): no tunnel",
    ),
    (
        "802_15_4-data.pcap",
        1,
        "6LoWPAN, which compresses headers (RFC 6282 section 3); its link type is not read",
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

/// Where the captures are, from the project's folder.
const CAPTURES: [&str; 2] = ["../shared/captures", "testdata"];

struct Captured {
    file: String,
    number: u64,
    link: LinkType,
    wire_len: u32,
    fcs_len: u8,
    data: Vec<u8>,
}

impl Captured {
    fn frame(&self) -> Frame<'_> {
        Frame {
            source: SourceId(0),
            number: self.number,
            interface: None,
            ts: Timestamp::from_nanos(0),
            link: self.link,
            wire_len: self.wire_len,
            fcs_len: self.fcs_len,
            data: &self.data,
        }
    }
}

/// What is said of a frame.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    /// Of the outermost IP packet: source, destination, protocol or next header.
    outer: Option<(IpAddr, IpAddr, u8)>,
    vlans: Vec<u16>,
    /// Source and destination of an ICMP message that is not quoted.
    icmp: Option<(IpAddr, IpAddr)>,
}

fn read(path: &Path) -> Vec<Captured> {
    let mut frames = Vec::new();
    let Ok(mut source) = source::open(path, SourceId(0)) else {
        return frames;
    };
    let file = path.file_name().unwrap().to_string_lossy();
    while source.advance() == Step::Frame {
        let frame = source.frame().unwrap();
        frames.push(Captured {
            file: file.clone().into_owned(),
            number: frame.number,
            link: frame.link,
            wire_len: frame.wire_len,
            fcs_len: frame.fcs_len,
            data: frame.data.to_vec(),
        });
    }
    frames
}

fn files(below: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(below)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// A pcapng file of all frames, with an interface for each link type (tcpdump.org's pcapng draft,
/// sections 4.1 to 4.3).
fn pcapng(frames: &[Captured]) -> Vec<u8> {
    fn block(out: &mut Vec<u8>, kind: u32, body: &[u8]) {
        let padded = body.len().next_multiple_of(4);
        let length = u32::try_from(padded + 12).unwrap().to_le_bytes();
        out.extend(kind.to_le_bytes());
        out.extend(length);
        out.extend(body);
        out.resize(out.len() + padded - body.len(), 0);
        out.extend(length);
    }
    let mut out = Vec::new();
    let mut section = Vec::new();
    section.extend(0x1a2b_3c4du32.to_le_bytes());
    section.extend([1, 0, 0, 0]);
    section.extend(u64::MAX.to_le_bytes());
    block(&mut out, 0x0a0d_0d0a, &section);
    let mut interfaces = BTreeMap::new();
    for frame in frames {
        let next = u32::try_from(interfaces.len()).unwrap();
        let id = *interfaces
            .entry((frame.link, frame.fcs_len))
            .or_insert_with(|| {
                let mut interface = Vec::new();
                interface.extend(u16::try_from(frame.link.0).unwrap().to_le_bytes());
                interface.extend([0; 6]);
                interface.extend([13, 0, 1, 0, frame.fcs_len, 0, 0, 0, 0, 0, 0, 0]);
                block(&mut out, 1, &interface);
                next
            });
        let mut packet = Vec::new();
        packet.extend(id.to_le_bytes());
        packet.extend([0; 8]);
        packet.extend(u32::try_from(frame.data.len()).unwrap().to_le_bytes());
        packet.extend(frame.wire_len.to_le_bytes());
        packet.extend(&frame.data);
        block(&mut out, 6, &packet);
    }
    out
}

fn ours(frame: &Captured) -> Said {
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
    match wire::classify(&frame.frame()) {
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

/// Every file of the captures; folders that are not there are told on the standard error.
pub(crate) fn capture_files() -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for folder in CAPTURES.map(Path::new) {
        if folder.is_dir() {
            files(folder, &mut paths);
        } else {
            eprintln!("NOT COMPARED: there is no folder {}", folder.display());
        }
    }
    paths
}

#[test]
fn tshark_finds_the_same_ip_packets() {
    let paths = capture_files();
    let frames: Vec<Captured> = paths.iter().flat_map(|path| read(path)).collect();
    if frames.is_empty() {
        return;
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), pcapng(&frames)).unwrap();
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
