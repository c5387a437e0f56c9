//! What a filter means on the command line, with libpcap's own selection as the oracle.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use pcap::Capture;
use serde_json::Value;

fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata")
        .join(name)
}

fn icmpdump(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_icmpdump"))
        .args(arguments)
        .env("TZ", "UTC")
        .output()
        .unwrap()
}

/// The records of one type that a successful run writes.
fn records(kind: &str, arguments: &[&str]) -> Vec<Value> {
    let output = icmpdump(&[&["--json", "--emit", kind], arguments].concat());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|record| record["type"] == kind)
        .collect()
}

/// Numbers of the frames that are shown.
fn shown(arguments: &[&str]) -> BTreeSet<u64> {
    records("icmp", arguments)
        .iter()
        .filter_map(|record| record["frame"].as_u64())
        .collect()
}

/// Numbers of the frames that libpcap selects, and their octets; `None` where it cannot compile
/// the filter for the file or cannot read the file.
fn selected(file: &Path, filter: &str) -> Option<Vec<(u64, Vec<u8>)>> {
    let mut all = Capture::from_file(file).ok()?;
    let mut some = Capture::from_file(file).ok()?;
    some.filter(filter, true).ok()?;
    let mut numbers = Vec::new();
    let mut number = 0;
    while let Ok(wanted) = some.next_packet() {
        // Both go through the same file in order: skip to the next that was selected.
        loop {
            number += 1;
            let packet = all.next_packet().unwrap();
            let (a, b) = (packet.header.ts, wanted.header.ts);
            if (a.tv_sec, a.tv_usec, packet.data) == (b.tv_sec, b.tv_usec, wanted.data) {
                break;
            }
        }
        numbers.push((number, wanted.data.to_vec()));
    }
    Some(numbers)
}

fn pcap_files() -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(testdata(""))
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "pcap"))
        .filter(|path| {
            path.file_name()
                .is_some_and(|name| name != "formats-cut.pcap")
        })
        .collect();
    files.sort();
    assert!(files.len() > 50);
    files
}

#[test]
fn a_filter_for_icmp_shows_what_tcpdump_shows() {
    let mut compared = 0;
    for file in pcap_files() {
        for filter in [
            "icmp or icmp6",
            "icmp[icmptype] == icmp-echo",
            "icmp6 and ip6[40] == 135",
            "icmp and len > 90",
            "(icmp or icmp6) and not host 10.0.1.1",
            "icmp and host 10.0.1.1",
        ] {
            let Some(expected) = selected(&file, filter) else {
                continue;
            };
            let path = file.to_str().unwrap();
            let expected: BTreeSet<_> = expected.iter().map(|(number, _)| *number).collect();
            assert_eq!(shown(&["-r", path, filter]), expected, "{path} {filter}");
            compared += expected.len();
        }
    }
    assert!(compared > 1000, "{compared}");
}

#[test]
fn an_error_is_found_by_what_it_quotes() {
    let demo = testdata("demo.pcap");
    let demo = demo.to_str().unwrap();
    // Libpcap selects none of them: routers sent them, and no port is theirs.
    let icmp_of = |filter: &str| {
        let both = format!("({filter}) and (icmp or icmp6)");
        selected(Path::new(demo), &both).unwrap_or_default()
    };
    for (filter, errors) in [
        ("tcp port 443", 2),
        ("host 10.0.4.2 and tcp port 8443", 8),
        ("udp and net 10.0.0.0/8 and dst port 53", 2),
        ("dst 2001:db8:66::53", 1),
    ] {
        assert_eq!(icmp_of(filter).len(), 0, "{filter}");
        assert_eq!(shown(&["-r", demo, filter]).len(), errors, "{filter}");
        assert_eq!(
            shown(&["-r", demo, "--quoted", "yes", filter]).len(),
            errors
        );
        assert_eq!(shown(&["-r", demo, "--quoted", "no", filter]).len(), 0);
    }
    // These ask for packets of a certain shape, and mean what they mean in tcpdump.
    for filter in [
        "tcp port 443 and not udp",
        "tcp[2:2] = 443",
        "tcp port 443 and greater 1",
        "ether proto 0x800 and tcp port 443",
    ] {
        assert_eq!(shown(&["-r", demo, filter]).len(), 0, "{filter}");
    }
    // Octets of TCP are those over IPv4 for libpcap.
    let forced = ["-r", demo, "--quoted", "yes", "tcp[2:2] = 443"];
    assert_eq!(shown(&forced).len(), 1);
}

#[test]
fn correlation_sees_what_the_filter_hides() {
    let demo = testdata("demo.pcap");
    let demo = demo.to_str().unwrap();
    let requests = "icmp[icmptype] == icmp-echo";
    let all = records("exchange", &["-r", demo]);
    let some = records("exchange", &["-r", demo, requests]);
    let echo = |of: &[Value]| -> Vec<Value> {
        let echo = of.iter().filter(|r| r["kind"] == "echo");
        let v4 = echo.filter(|r| r["dst"].as_str().is_some_and(|dst| dst.contains('.')));
        v4.cloned().collect()
    };
    assert_eq!(echo(&some), echo(&all));
    assert!(echo(&some).iter().any(|r| r["outcome"] == "answered"));
    // In text a request whose reply is hidden says what became of it.
    let output = icmpdump(&["-r", demo, requests]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(!text.contains("echo reply,"), "{text}");
    assert!(text.contains("answered by #"), "{text}");
}

#[test]
fn every_frame_that_matches_is_written() {
    let folder = tempfile::tempdir().unwrap();
    for (input, filter) in [
        ("demo.pcap", "tcp"),
        ("demo.pcap", "icmp or arp"),
        ("demo.pcap", "len > 1000"),
        ("vlan.pcap", "vlan and icmp"),
        ("cooked-v2.pcap", "icmp6"),
        ("loopback.pcap", "udp"),
        ("formats-nano.pcap", "icmp"),
    ] {
        let file = testdata(input);
        let expected = selected(&file, filter).unwrap();
        assert!(!expected.is_empty(), "{input} {filter}");
        for name in ["out.pcap", "out.pcapng"] {
            let out = folder.path().join(name);
            let out = out.to_str().unwrap();
            let input_path = file.to_str().unwrap();
            let run = icmpdump(&["-r", input_path, "-w", out, "--quoted", "no", filter]);
            assert_eq!(run.status.code(), Some(0), "{run:?}");
            assert_eq!(String::from_utf8_lossy(&run.stdout), "", "no lines with -w");
            let written = selected(Path::new(out), "").unwrap();
            let octets = |of: &[(u64, Vec<u8>)]| -> Vec<Vec<u8>> {
                of.iter().map(|(_, data)| data.clone()).collect()
            };
            assert_eq!(
                octets(&written),
                octets(&expected),
                "{input} {filter} {name}"
            );
        }
    }
}

#[test]
fn errors_about_a_flow_are_written_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.pcap");
    let demo = testdata("demo.pcap");
    let filter = "tcp port 443";
    let run = icmpdump(&[
        "-r",
        demo.to_str().unwrap(),
        "-w",
        out.to_str().unwrap(),
        filter,
    ]);
    assert_eq!(run.status.code(), Some(0), "{run:?}");
    let written = |filter: &str| selected(&out, filter).unwrap_or_default().len();
    assert_eq!(written(filter), selected(&demo, filter).unwrap().len());
    assert_eq!(written("icmp or icmp6"), 2);
    assert_eq!(written(""), written(filter) + 2);
}

#[test]
fn a_filter_that_compiles_for_no_link_type_is_a_usage_error() {
    let ethernet = testdata("demo.pcap");
    let raw = testdata("tun.pcap");
    for (file, filter, words) in [
        (&ethernet, "icmp and", "syntax error"),
        (&ethernet, "port 99999", "illegal port number"),
        (&raw, "vlan 5", "VLAN"),
    ] {
        let run = icmpdump(&["-r", file.to_str().unwrap(), filter]);
        let text = String::from_utf8_lossy(&run.stderr);
        assert_eq!(run.status.code(), Some(2), "{text}");
        assert!(text.contains(words) && text.contains(filter), "{text}");
        assert!(run.stdout.is_empty());
    }
    // For one of two link types is enough; the frames of the other match nothing.
    let both = testdata("two-links.pcapng");
    let both = both.to_str().unwrap();
    let icmp = |filter: &str| shown(&["-r", both, filter]);
    // Libpcap has no VLAN tags on raw IP.
    let ethernet = icmp("not vlan 5");
    assert!(!ethernet.is_empty());
    assert!(ethernet.is_subset(&icmp("icmp or icmp6")) && ethernet != icmp("icmp or icmp6"));
    // So is one that a file tells of only as it is read.
    let arguments = [
        "-r",
        raw.to_str().unwrap(),
        "-r",
        both,
        "ether src 02:00:00:00:02:01",
    ];
    assert_eq!(records("icmp", &arguments).len(), 3);
}

#[test]
fn a_filter_comes_from_a_file_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("filter");
    fs::write(
        &path,
        "# errors about one service\ntcp # not UDP\n  and port 443\n",
    )
    .unwrap();
    let demo = testdata("demo.pcap");
    let arguments = ["-r", demo.to_str().unwrap(), "-F", path.to_str().unwrap()];
    assert_eq!(shown(&arguments).len(), 2);
}
