//! Ordinary traffic raises no alarm: no finding of warning or above; silence does.

mod common;

use common::{command, finish, testdata};
use serde_json::Value;

/// Recordings in which nothing is wrong: pings that are answered, routes that are traced, hosts that
/// find each other. By name, so that a new recording is put here, or not, by who knows what it holds.
const ORDINARY: &[&str] = &[
    "address-mask4.pcap",
    "extended-echo4.pcap",
    "fping.pcap",
    "mld.pcap",
    "mtr4.pcap",
    "mtr6.pcap",
    "neighbor-discovery.pcap",
    "ping-broadcast4.pcap",
    "ping-duplicates.pcap",
    "ping-fragments4.pcap",
    "ping-fragments6.pcap",
    "ping-multicast6.pcap",
    "ping-reorder.pcap",
    "ping-short.pcap",
    "ping4.pcap",
    "ping6.pcap",
    "redirect4.pcap",
    "redirect6.pcap",
    "timestamp4.pcap",
    "traceroute-icmp4.pcap",
    "traceroute-icmp6.pcap",
    "traceroute-mtu4.pcap",
    "traceroute-mtu6.pcap",
    "traceroute-silent-hop.pcap",
    "traceroute-tcp4.pcap",
    "traceroute-tcp6.pcap",
    "traceroute-udp4.pcap",
    "traceroute-udp6.pcap",
    "traceroutes-icmp4.pcap",
    "traceroutes-icmp6.pcap",
    // Path MTU discovery that works.
    "frag-needed-ping4.pcap",
    "frag-needed-tcp4-offload.pcap",
    "frag-needed-tcp4.pcap",
    "frag-needed-udp4.pcap",
    "too-big-ping6.pcap",
    "too-big-tcp6-offload.pcap",
    "too-big-tcp6.pcap",
    "too-big-udp6.pcap",
];

#[test]
fn ordinary_traffic_raises_no_alarm() {
    let mut alarms = Vec::new();
    for name in ORDINARY {
        let mut run = command();
        run.args(["--json", "-r", &testdata(name)]);
        let output = finish(&mut run).good();
        let records = output
            .lines()
            .map(|line| serde_json::from_str(line).unwrap());
        let (mut messages, mut last) = (0, String::new());
        for record in records {
            let record: Value = record;
            record["type"].as_str().unwrap().clone_into(&mut last);
            messages += usize::from(last == "icmp");
            if last == "finding" && record["severity"] != "info" {
                alarms.push(format!(
                    "{name}: {} {}",
                    record["severity"], record["title"]
                ));
            }
        }
        assert!(messages > 0 && last == "summary", "{name} is read");
    }
    assert!(alarms.is_empty(), "false alarms:\n{}", alarms.join("\n"));
}

/// A filter for hosts and ports finds a silent drop by its flow; any other asks for messages.
#[test]
fn a_filter_selects_silent_drops_by_their_flow() {
    for family in [4, 6] {
        let capture = testdata(&format!("scenarios/drop-rule-tcp{family}/capture.pcap"));
        for (filter, told) in [
            ("", true),
            ("tcp port 443", true),
            ("tcp src port 40443", true),
            ("tcp port 5001", false),
            ("icmp or icmp6", false),
        ] {
            let mut run = command();
            run.args(["--json", "--emit", "finding", "-r", &capture, filter]);
            let found = finish(&mut run).good().contains("\"silent_drop\"");
            assert_eq!(found, told, "IPv{family} '{filter}'");
        }
    }
}
