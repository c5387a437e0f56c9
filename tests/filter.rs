//! Filters, against libpcap's own machine as the oracle.

use std::fs;
use std::path::{Path, PathBuf};

use icmpdump::model::{Frame, LinkType};
use icmpdump::source::filter::program::{Program, ProgramError};
use icmpdump::source::filter::{Filter, QuotedPolicy, dlt, is_filtered};
use icmpdump::wire::link::is_known;
use icmpdump::wire::link::usb::is_usb;
use pcap::{Capture, Linktype, Offline};
use proptest::prelude::*;

/// Expressions that together use every instruction libpcap generates.
const EXPRESSIONS: &[&str] = &[
    "icmp",
    "icmp6",
    "icmp or icmp6",
    "icmp[icmptype] == icmp-echo",
    "icmp6 and ip6[40] == 128",
    "tcp",
    "udp port 53",
    "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
    "tcp[((tcp[12] & 0xf0) >> 2):4] = 0x47455420",
    "host 10.0.0.1",
    "net 10.0.0.0/8 or net 192.168.0.0/16 or net 172.16.0.0 mask 255.240.0.0",
    "net fe80::/10",
    "src net 10 and dst net 10.0/16",
    "portrange 1000-2000 and not tcp",
    "ip proto 47",
    "ip6 protochain 58",
    "ip protochain 17",
    "ip[6:2] & 0x1fff != 0",
    "ip[0] & 0xf != 5",
    "len > 100",
    "less 64",
    "greater 1000 or len < 60",
    "len == ip[2:2] + 14",
    "ip[2:2] % 2 == 1",
    "(ip[8] ^ 0x40) * 3 - len / 2 > 7",
    "ip[ip[0] & 0xf] << 3 = 512",
    "-ip[8] & 0xff > 100",
    "len % 7 = ip[9] % 7 and len / 3 > ip[8] | 5",
    "ether multicast",
    "ether proto 0x88cc",
    "vlan",
    "vlan 5 and icmp",
    "vlan and vlan",
    "mpls",
    "mpls and icmp",
    "pppoes and ip",
    "arp",
    "ip multicast",
    "broadcast",
    "stp",
    "llc",
    "sctp or esp or ah",
    "inbound or outbound",
];

/// The public captures, if they are there.
fn captures() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/captures");
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    if files.is_empty() {
        eprintln!(
            "NOT TESTED on public captures: no folder {}",
            root.display()
        );
    }
    files
}

fn frame(link: LinkType, data: &[u8], wire_len: u32) -> Frame<'_> {
    Frame {
        wire_len,
        ..Frame::alone(link, data)
    }
}

/// All packets that libpcap reads: wire length and octets.
fn packets(mut capture: Capture<Offline>) -> Vec<(u32, Vec<u8>)> {
    let mut all = Vec::new();
    while let Ok(packet) = capture.next_packet() {
        all.push((packet.header.len, packet.data.to_vec()));
    }
    all
}

#[test]
fn the_expressions_are_valid() {
    for expression in EXPRESSIONS {
        let links = [LinkType(1), LinkType(113)];
        let mut filter = Filter::new(expression, QuotedPolicy::Auto);
        assert_eq!(filter.check(&links), Ok(()), "{expression}");
    }
}

#[test]
fn every_capture_gives_what_libpcap_selects() {
    let mut compared = 0_u64;
    let mut selected = 0_usize;
    for file in captures() {
        let Ok(capture) = Capture::from_file(&file) else {
            continue;
        };
        let link = dlt::to_linktype(capture.get_datalink().0);
        let all = packets(capture);
        for expression in EXPRESSIONS {
            let mut oracle = Capture::from_file(&file).unwrap();
            let compiled = oracle.filter(expression, true);
            let mut ours = Filter::new(expression, QuotedPolicy::Auto);
            if compiled.is_err() {
                // Where libpcap has no filters for a link, it compiles for the packet as for raw IP.
                let mut raw = Filter::new(expression, QuotedPolicy::Auto);
                let inside = LinkType(if is_usb(link) { 1 } else { 101 });
                let for_packet =
                    !is_filtered(link) && is_known(link) && raw.check(&[inside]).is_ok();
                let checked = ours.check(&[link]);
                assert_eq!(
                    checked.is_ok(),
                    for_packet,
                    "{} {expression}",
                    file.display()
                );
                continue;
            }
            let expected = packets(oracle);
            let found: Vec<_> = all
                .iter()
                .filter(|(len, data)| ours.matches(&frame(link, data, *len)))
                .cloned()
                .collect();
            assert_eq!(found, expected, "{} {expression}", file.display());
            compared += all.len() as u64;
            selected += expected.len();
        }
    }
    if !captures().is_empty() {
        assert!(
            compared > 100_000 && selected > 10_000,
            "{compared} {selected}"
        );
    }
}

/// A random expression of the language; most compile for Ethernet.
fn expression() -> impl Strategy<Value = String> {
    let number = prop_oneof![0..20_u32, 0..300_u32, any::<u32>()];
    let layer = prop::sample::select(vec!["ether", "ip", "ip6", "tcp", "udp", "icmp"]);
    let width = prop::sample::select(vec![1, 2, 4]);
    let value = prop_oneof![
        number.clone().prop_map(|n| n.to_string()),
        (layer, 0..60_u32, width).prop_map(|(l, at, w)| format!("{l}[{at}:{w}]")),
        Just("len".to_owned()),
    ];
    let sum = value.prop_recursive(3, 12, 2, |inner| {
        let op = prop::sample::select(vec!["+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>"]);
        (inner.clone(), op, inner).prop_map(|(a, op, b)| format!("({a} {op} {b})"))
    });
    let relation = prop::sample::select(vec!["=", "!=", "<", "<=", ">", ">="]);
    let primitive = prop_oneof![
        3 => (sum.clone(), relation, sum).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
        1 => prop::sample::select(EXPRESSIONS.to_vec()).prop_map(str::to_owned),
    ];
    primitive.prop_recursive(3, 10, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) and ({b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) or ({b})")),
            inner.prop_map(|a| format!("not ({a})")),
        ]
    })
}

/// Frames of random octets behind an Ethernet header that lets them be taken for IP.
fn octets() -> impl Strategy<Value = Vec<u8>> {
    let ether_type = prop::sample::select(vec![0x0800_u16, 0x86dd, 0x8100, 0x8847]);
    let first = prop::sample::select(vec![0x45_u8, 0x46, 0x4f, 0x60, 0x00]);
    (
        ether_type,
        first,
        prop::collection::vec(any::<u8>(), 0..120),
    )
        .prop_map(|(ether_type, first, rest)| {
            let mut frame = vec![2; 12];
            frame.extend_from_slice(&ether_type.to_be_bytes());
            frame.push(first);
            frame.extend_from_slice(&rest);
            frame
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// On frames captured whole the wrapper's own `filter` is right, and so are we.
    #[test]
    fn random_expressions_agree_with_libpcap(
        text in expression(),
        frames in prop::collection::vec(octets(), 1..10),
    ) {
        let ethernet = LinkType(1);
        let mut ours = Filter::new(&text, QuotedPolicy::No);
        let dead = Capture::dead(Linktype::ETHERNET).unwrap();
        // libpcap's optimizer breaks some of these; then what it was given is the oracle.
        let compiled = dead.compile(&text, true).and_then(|optimized| {
            match Program::new(optimized.get_instructions()) {
                Err(ProgramError::Memory) => dead.compile(&text, false),
                _ => Ok(optimized),
            }
        });
        match compiled {
            Ok(oracle) if ours.check(&[ethernet]).is_ok() => {
                for data in &frames {
                    let wire_len = u32::try_from(data.len()).unwrap();
                    let found = ours.matches(&frame(ethernet, data, wire_len));
                    prop_assert_eq!(found, oracle.filter(data), "{}", text);
                }
            }
            // What libpcap refuses, or refuses when it reads files.
            Ok(_) => prop_assert!(text.contains("inbound"), "{}", text),
            Err(_) => prop_assert!(ours.check(&[ethernet]).is_err(), "{}", text),
        }
    }
}
