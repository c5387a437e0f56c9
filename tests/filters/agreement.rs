//! How many packets a filter selects, against tcpdump over every capture.

use std::path::PathBuf;

use crate::common::{
    assert_none, command, complaints, count_in, finish, public, recorded_and_scenarios, records,
    run, shown, summary, tcpdump_count, testdata,
};

const FILTERS: &[&str] = &[
    "icmp[icmptype]==8",
    "icmp",
    "icmp6",
    "icmp[icmptype] == icmp-unreach and icmp[icmpcode] == 4",
    "ip6[6] == 0 and ip6[40] == 58",
    "ip and ip[6:2] & 0x3fff != 0",
    "vlan and (icmp or icmp6)",
    "tcp[tcpflags] & tcp-rst != 0",
    "len > 1000 and not tcp",
];

/// For the many public captures, on which `tests/filter.rs` compares many more without running
/// the command.
const PUBLIC_FILTERS: &[&str] = &["icmp[icmptype]==8"];

/// Compares; the number that both count beside the complaint, if there is one.
fn compare(path: &PathBuf, filter: &str) -> (u64, Option<String>) {
    let ours = finish(command().arg("-r").arg(path).args(["--count", filter]));
    let Some(theirs) = tcpdump_count(path, filter) else {
        return (0, None);
    };
    if count_in(&ours.out) == Some(theirs) {
        return (theirs, None);
    }
    let name = shown(path);
    (
        0,
        Some(format!(
            "{name} '{filter}': {theirs} by tcpdump, here {ours:?}"
        )),
    )
}

#[test]
fn counts_are_tcpdumps() {
    let mut cases: Vec<(PathBuf, &str)> = Vec::new();
    for path in recorded_and_scenarios() {
        cases.extend(FILTERS.iter().map(|filter| (path.clone(), *filter)));
    }
    for path in public() {
        cases.extend(PUBLIC_FILTERS.iter().map(|filter| (path.clone(), *filter)));
    }
    let selected: Vec<_> = FILTERS
        .iter()
        .map(|_| std::sync::atomic::AtomicU64::new(0))
        .collect();
    let found = complaints(&cases, |(path, filter)| {
        let (count, complaint) = compare(path, filter);
        if let Some(at) = FILTERS.iter().position(|known| known == filter) {
            selected[at].fetch_add(count, std::sync::atomic::Ordering::Relaxed);
        }
        complaint.into_iter().collect()
    });
    assert_none(&found);
    for (filter, selected) in FILTERS.iter().zip(selected) {
        assert!(
            selected.into_inner() > 0,
            "no capture has what '{filter}' selects"
        );
    }
}

/// A capture of 60 octets a frame: `len` asks for what was on the wire.
#[test]
fn lengths_are_those_on_the_wire() {
    let short = testdata("ping-short.pcap");
    for (filter, some) in [
        ("len > 60", true),
        ("greater 90", true),
        ("len == 98", true),
        ("len == 118", true),
        ("len == 60", false),
        ("less 60", false),
        ("len > 98 and icmp6", true),
        ("icmp and len <= 60", false),
    ] {
        let theirs = tcpdump_count(std::path::Path::new(&short), filter).expect("tcpdump reads it");
        assert_eq!(theirs > 0, some, "'{filter}'");
        let ours = run(&["-r", &short, "--count", filter]).good();
        assert_eq!(count_in(&ours), Some(theirs), "'{filter}'");
    }
    let all = records(&["-r", &short, "len == 98"]);
    assert_eq!(summary(&all)["frames"]["icmp"], 6);
}

/// Messages shown, not packets counted.
#[test]
fn messages_shown_are_those_tcpdump_selects() {
    for name in [
        "demo.pcap",
        "ping4.pcap",
        "fping.pcap",
        "nat-both.pcap",
        "qinq.pcap",
        "vlan.pcap",
    ] {
        let capture = testdata(name);
        for filter in ["icmp[icmptype]==8", "icmp", "icmp6", "vlan and icmp"] {
            let theirs = tcpdump_count(std::path::Path::new(&capture), filter);
            let Some(theirs) = theirs else { continue };
            let all = records(&["-r", &capture, filter]);
            assert_eq!(summary(&all)["frames"]["icmp"], theirs, "{name} '{filter}'");
        }
    }
}
