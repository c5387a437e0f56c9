//! Captures whose snap length cuts what errors quote: what is not known is not claimed.

use std::path::Path;

use serde_json::Value;

use crate::common::{of_type, recorded, records};

/// A capture with no more than the first octets of each frame.
fn cut(whole: &[u8], snap_len: usize) -> tempfile::NamedTempFile {
    let word = |at: usize| u32::from_le_bytes(whole[at..at + 4].try_into().expect("a word"));
    let mut octets = whole[..24].to_vec();
    let mut at = 24;
    while at < whole.len() {
        let captured = usize::try_from(word(at + 8)).expect("a length");
        let kept = captured.min(snap_len);
        octets.extend(&whole[at..at + 8]);
        octets.extend(u32::try_from(kept).expect("a length").to_le_bytes());
        octets.extend(&whole[at + 12..at + 16]);
        octets.extend(&whole[at + 16..at + 16 + kept]);
        at += 16 + captured;
    }
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), octets).expect("room");
    file
}

/// What is told for certain, and is wrong with the network; and how many requests were lost.
fn claims(path: &Path) -> (Vec<String>, usize) {
    let told = records(&["-r", path.to_str().expect("a path")]);
    let certain = |finding: &&Value| {
        finding["severity"] == "critical" && finding["confidence"] == "confirmed"
    };
    let findings = of_type(&told, "finding").into_iter().filter(certain);
    let kinds = findings.map(|finding| finding["finding"].as_str().expect("a kind").to_owned());
    let exchanges = of_type(&told, "exchange").into_iter();
    let lost = exchanges.filter(|exchange| exchange["outcome"] == "lost");
    (kinds.collect(), lost.count())
}

#[test]
fn what_errors_do_not_quote_is_not_claimed() {
    let mut compared = 0;
    for path in recorded() {
        // One ends in the midst of a frame.
        let is_whole = path
            .file_name()
            .is_some_and(|name| name != "formats-cut.pcap");
        if !is_whole || path.extension().is_none_or(|extension| extension != "pcap") {
            continue;
        }
        let octets = std::fs::read(&path).expect("a recording");
        let (alarms, lost) = claims(&path);
        // What tcpdump captured of each frame unless told otherwise, for IPv4 and for IPv6.
        for snap_len in [68, 96] {
            let (told, also_lost) = claims(cut(&octets, snap_len).path());
            let place = format!("{} at {snap_len}", path.display());
            assert!(
                also_lost <= lost,
                "{place}: {also_lost} lost, {lost} of the whole"
            );
            for alarm in told {
                assert!(alarms.contains(&alarm), "{place}: {alarm}");
            }
        }
        compared += 1;
    }
    assert!(compared > 40, "only {compared} recordings");
}

/// What is told of dropped packets and of traceroutes, but for what octets tell that were cut.
fn drops(path: &Path) -> Vec<String> {
    let told = records(&["-r", path.to_str().expect("a path")]);
    let drops = of_type(&told, "drop").into_iter().map(|drop| {
        let facts = ["flow", "dropper", "reason", "mtu", "count"];
        facts.map(|fact| drop[fact].to_string()).join(" ")
    });
    let paths = (of_type(&told, "path").into_iter()).map(|path| path["hops"].to_string());
    let mut all: Vec<_> = drops.chain(paths).collect();
    all.sort_unstable();
    all
}

/// With 96 octets a quote of IPv6 ends in its destination.
#[test]
fn a_destination_that_was_cut_is_that_of_the_captured_packet() {
    for name in [
        "too-big-ping6",
        "too-big-udp6",
        "too-big-tcp6",
        "port-unreachable6",
        "traceroute-udp6",
        "no-route6",
        "mtr6",
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("testdata/{name}.pcap"));
        let octets = std::fs::read(&path).expect("a recording");
        let whole = drops(&path);
        assert!(!whole.is_empty(), "{name}");
        let cut = drops(cut(&octets, 96).path());
        if name == "mtr6" {
            // Nothing tells its probes apart: each router is told of, and no path.
            assert_eq!(cut.len(), 3, "{cut:?}");
            assert!(
                cut.iter()
                    .all(|drop| drop.contains("\"ttl_exceeded\" null 10"))
            );
            continue;
        }
        assert_eq!(cut, whole, "{name}");
    }
}
