//! Interfaces: which there are, several at once, all of them.

use serde_json::Value;

use crate::common::{of_type, parse, summary, tool};
use crate::net::{Net, Pair, Reading, router};

#[test]
fn the_interfaces_are_listed() {
    let pair = Pair::new();
    let listed = |arguments: &[&str]| {
        pair.left
            .start(arguments, Reading::AtOnce)
            .end()
            .exits(0)
            .out
    };
    let text = listed(&["-D"]);
    let line = text.lines().find(|line| line.contains(".v0"));
    let line = line.unwrap_or_else(|| panic!("{text}"));
    for words in ["10.9.0.1/24", "fd09::1/64", "up", "running"] {
        assert!(line.contains(words), "{line}");
    }
    let records = parse(&listed(&["-D", "--json"]));
    let lo = records.iter().find(|record| record["name"] == "lo");
    let lo = lo.expect("loopback");
    assert!(lo["state"].to_string().contains("loopback"), "{lo}");
    // By its number, too.
    let number = lo["number"].to_string();
    let capture = pair.left.capture(&["-i", &number]);
    assert!(capture.messages().contains("listening on lo,"));
    let text = listed(&["-L", "-i", "v0"]);
    assert!(text.contains("\n  EN10MB (Ethernet)\n"), "{text}");
    let links = parse(&listed(&["-L", "-i", "v0", "-i", "lo", "--json"]));
    for (link, interface) in [
        (&links[0], "v0"),
        (links.last().expect("a link type"), "lo"),
    ] {
        assert_eq!(link["type"], "link_type");
        assert_eq!(link["interface"], interface);
    }
    assert_eq!(links[0]["link_type"], 1);
    assert_eq!(links[0]["name"], "EN10MB");

    pair.left.ip("link add d0 type veth peer name d1");
    let text = listed(&["-D"]);
    let line = text.lines().find(|line| line.contains(".d0"));
    assert!(line.is_some_and(|line| line.contains("down")), "{text}");
}

#[test]
fn an_interface_named_twice_is_captured_once() {
    let pair = Pair::new();
    let capture = pair.left.capture(&["-i", "v0", "-i", "v0", "--json"]);
    assert_eq!(pair.left.ping("-c3 -i0.01 10.9.0.2"), 3);
    let ended = capture.interrupt().exits(0);
    let records = ended.records();
    let interfaces = records[0]["sources"][0]["interfaces"].as_array();
    assert_eq!(interfaces.map(Vec::len), Some(1), "{}", records[0]);
    let echoes = summary(&records)["exchanges"]["echo"]["answered"].clone();
    assert_eq!(echoes, 3);
    let copies = of_type(&records, "icmp").into_iter();
    assert_eq!(
        copies.filter(|record| !record["copy_of"].is_null()).count(),
        0
    );
}

#[test]
fn without_a_name_the_first_of_the_list_is_taken() {
    let pair = Pair::new();
    let first = pair.left.start(&["-D", "--json"], Reading::AtOnce).end();
    let first = first.records()[0]["name"]
        .as_str()
        .expect("a name")
        .to_owned();
    let capture = pair.left.capture(&["--json"]);
    assert!(
        capture
            .messages()
            .contains(&format!("listening on {first},")),
        "{}",
        capture.messages()
    );
}

fn seen_at<'r>(records: &'r [Value], interface: &str) -> Vec<&'r Value> {
    let icmp = of_type(records, "icmp").into_iter();
    icmp.filter(|record| record["interface"] == interface)
        // Hosts that have just come up report their groups.
        .filter(|record| record["ip"]["version"] == 4)
        .collect()
}

#[test]
fn several_interfaces_are_one_capture_in_order_of_time() {
    let (left, middle, _right) = router();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("both.pcapng");
    let file = file.to_str().expect("UTF-8");
    let arguments = [
        "-i", "r0", "-i", "r1", "--json", "--print", "-w", file, "-Z", "root",
    ];
    let capture = middle.capture(&arguments);
    assert_eq!(left.ping("-c10 -i0.05 10.8.2.2"), 10);
    let ended = capture.interrupt().exits(0);
    let records = ended.records();
    for interface in ["r0", "r1"] {
        assert_eq!(seen_at(&records, interface).len(), 20, "{}", ended.out);
    }
    let icmp = of_type(&records, "icmp");
    let times: Vec<_> = icmp.iter().map(|record| record["ts"].to_string()).collect();
    assert!(times.is_sorted(), "{times:?}");
    // Requests seen twice are copies, not twenty requests.
    let echo = &summary(&records)["exchanges"]["echo"];
    assert_eq!(echo["answered"], 10, "{echo}");
    // Numbered as in the file.
    let again = crate::common::records(&["-r", file]);
    let numbers = |records: &[Value]| -> Vec<(Value, Value)> {
        let icmp = of_type(records, "icmp").into_iter();
        icmp.map(|r| (r["frame"].clone(), r["ts"].clone()))
            .collect()
    };
    assert_eq!(numbers(&records), numbers(&again));
    let interfaces = tool(
        "tshark",
        &["-r", file, "-T", "fields", "-e", "frame.interface_name"],
    );
    let interfaces = String::from_utf8_lossy(&interfaces.stdout).into_owned();
    assert!(
        interfaces.contains("r0") && interfaces.contains("r1"),
        "{interfaces}"
    );
}

#[test]
fn any_tells_which_interface_it_was() {
    let (left, middle, _right) = router();
    let capture = middle.capture(&["-i", "any", "--json"]);
    assert_eq!(left.ping("-c3 -i0.01 10.8.2.2"), 3);
    let ended = capture.interrupt().exits(0);
    let records = ended.records();
    for interface in ["r0", "r1"] {
        assert_eq!(seen_at(&records, interface).len(), 6, "{}", ended.out);
    }
    let echo = &summary(&records)["exchanges"]["echo"];
    assert_eq!(echo["answered"], 3, "{echo}");
}

#[test]
fn one_direction_only() {
    let pair = Pair::new();
    for (direction, name) in [("in", "echo_reply"), ("out", "echo_request")] {
        let capture = pair
            .left
            .capture(&["-i", "v0", "-Q", direction, "--json", "icmp"]);
        assert_eq!(pair.left.ping("-c3 -i0.01 10.9.0.2"), 3);
        let ended = capture.interrupt().exits(0);
        let records = ended.records();
        let icmp = of_type(&records, "icmp");
        assert_eq!(icmp.len(), 3, "{}", ended.out);
        assert!(icmp.iter().all(|record| record["icmp"]["name"] == name));
        assert!(icmp.iter().all(|record| record["answers"].is_null()));
    }
}

/// Who looks one way does not see what comes back.
#[test]
fn in_one_direction_nothing_is_called_lost() {
    let pair = Pair::new();
    let arguments = ["-i", "v1", "-Q", "in", "--json", "--reply-timeout", "200ms"];
    let capture = pair.right.capture(&arguments);
    let told = capture.messages();
    assert!(told.contains("unknown, not lost"), "{told}");
    assert_eq!(pair.left.ping("-c3 -i0.01 10.9.0.2"), 3);
    capture.wait_for_output("\"outcome\":\"unknown\"");
    let ended = capture.interrupt().exits(0);
    let records = ended.records();
    let echo = &summary(&records)["exchanges"]["echo"];
    assert_eq!(echo["unknown"], 3, "{echo}");
    assert_eq!(echo["lost"], serde_json::Value::Null, "{echo}");
    assert!(of_type(&records, "finding").is_empty(), "{}", ended.out);
}

/// Of a frame's direction its octets do not tell: only the kernel can filter by it.
#[test]
fn a_filter_that_only_the_kernel_can_apply() {
    let pair = Pair::new();
    let words = "inbound and icmp";
    let refused = pair
        .left
        .start(&["-i", "v0", words], Reading::AtOnce)
        .end()
        .exits(2);
    assert!(refused.err.contains("--only-filter"), "{}", refused.err);
    let arguments = ["-i", "v0", "--only-filter", "--json", words];
    let capture = pair.left.capture(&arguments);
    // libpcap itself passes over the first block with such a filter: some more follow.
    let pings = pair.left.spawn(&["ping", "-q", "-i0.05", "10.9.0.2"]);
    capture.wait_for_output("echo_reply");
    drop(pings);
    let ended = capture.interrupt().exits(0);
    let records = ended.records();
    let icmp = of_type(&records, "icmp");
    // Nobody knows whether what was answered had been asked.
    assert!(icmp.iter().all(|record| record["answers"].is_null()));
    assert!(
        icmp.iter()
            .all(|record| record["icmp"]["name"] == "echo_reply")
    );
}

#[test]
fn options_that_reach_the_kernel() {
    let pair = Pair::new();
    let arguments = [
        "-i",
        "v0",
        "-s",
        "60",
        "-B",
        "128",
        "-p",
        "-j",
        "host",
        "--immediate-mode",
        "--time-stamp-precision",
        "micro",
        "--json",
    ];
    let capture = pair.left.capture(&arguments);
    assert_eq!(pair.left.ping("-c3 -i0.01 10.9.0.2"), 3);
    // Packet by packet: it is there before anything ends.
    capture.wait_for_output("echo_reply");
    let ended = capture.interrupt().exits(0);
    let records = ended.records();
    assert_eq!(records[0]["sources"][0]["interfaces"][0]["snaplen"], 60);
    let icmp = of_type(&records, "icmp");
    // Not of the system's own reports of its groups, which are cut before their checksum.
    let is_echo = |record: &&&serde_json::Value| {
        let name = record["icmp"]["name"].as_str();
        name.is_some_and(|name| name.starts_with("echo"))
    };
    let echoes: Vec<_> = icmp.iter().filter(is_echo).collect();
    assert_eq!(echoes.len(), 6);
    for record in echoes {
        let status = &record["icmp"]["checksum"]["status"];
        assert_eq!(status, "unverified", "{record}");
    }
    assert!(
        icmp.iter()
            .all(|record| record["ts"].to_string().ends_with("000Z\""))
    );
}

/// libpcap has no filters for it and makes an error of it when there is nothing to read yet; what a rule
/// logs comes in a batch, up to a second later.
#[test]
fn a_log_of_netfilter_is_listened_to() {
    let net = Net::new();
    for rule in [
        "add table inet t",
        "add chain inet t o { type filter hook output priority 0 ; }",
        "add rule inet t o icmp type { echo-request , echo-reply } log prefix \"OUT \" group 5",
    ] {
        let mut words = vec!["nft"];
        words.extend(rule.split(' '));
        net.run(&words);
    }
    let capture = net.capture(&["-i", "nflog:5", "--json"]);
    assert_eq!(net.ping("-c3 -i0.01 127.0.0.1"), 3);
    capture.wait_until(
        || of_type(&capture.records(), "icmp").len() == 6,
        "six messages",
    );
    assert!(capture.messages().contains("all packets, as libpcap"));
    let records = capture.interrupt().exits(0).records();
    for message in of_type(&records, "icmp") {
        let report = &message["report"];
        assert_eq!(report["message"], "netfilter_log", "{message}");
        assert_eq!(report["hook_name"], "output", "{message}");
    }
    assert!(of_type(&records, "exchange").is_empty());
    // One that nobody fills: it listens until it is told not to.
    let capture = net.capture(&["-i", "nfqueue:1"]);
    capture.interrupt().exits(0);
    // Ethernet of which it was only said that it is something else.
    net.ip("link add v0 up type veth peer name v1");
    net.ip("link set v1 up");
    let capture = net.capture(&["-i", "v1", "-y", "DOCSIS"]);
    assert!(capture.messages().contains("all packets, as libpcap"));
    capture.interrupt().exits(0);
}
