//! Link-layer headers in records (`-e`), against tshark's.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Recordings with tags, cooked captures of both versions, two kinds of link in one.
const FILES: [&str; 5] = [
    "testdata/vlan.pcap",
    "testdata/qinq.pcap",
    "testdata/cooked-v1.pcap",
    "testdata/cooked-v2.pcap",
    "testdata/two-links.pcapng",
];

const FIELDS: [&str; 12] = [
    "eth.src",
    "eth.dst",
    "sll.src.eth",
    "sll.pkttype",
    "sll.ifindex",
    // A service tag (IEEE 802.1Q section 9.5) has names of its own, and is the outer one.
    "ieee8021ad.id",
    "ieee8021ad.priority",
    "ieee8021ad.dei",
    "vlan.id",
    "vlan.priority",
    "vlan.dei",
    "frame.protocols",
];

fn records(path: &Path, options: &[&str]) -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_icmpdump"))
        .args(["--json", "--emit", "icmp", "-r"])
        .arg(path)
        .args(options)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let all = text.lines().map(|line| serde_json::from_str(line).unwrap());
    all.filter(|record: &Value| record["type"] == "icmp")
        .collect()
}

fn number(text: &str) -> u64 {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).unwrap(),
        None => text.parse().unwrap(),
    }
}

/// Our record's link header has what tshark tells.
fn compare(record: &Value, theirs: &[&str]) {
    let link = &record["link"];
    let [
        src,
        dst,
        cooked,
        kind,
        index,
        outer @ ..,
        ids,
        priorities,
        dei,
        protocols,
    ] = theirs
    else {
        panic!("{theirs:?}");
    };
    let is_cooked = protocols.starts_with("sll");
    let address = |told: &Value| told.as_str().unwrap_or("").to_owned();
    let (their_src, their_dst) = if is_cooked { (cooked, &"") } else { (src, dst) };
    assert_eq!(address(&link["src"]), *their_src, "{record}");
    assert_eq!(address(&link["dst"]), *their_dst, "{record}");
    let kinds = ["host", "broadcast", "multicast", "other_host", "outgoing"];
    let our_kind = kinds.iter().position(|word| link["packet_type"] == *word);
    assert_eq!(our_kind.map(|n| n as u64), is_cooked.then(|| number(kind)));
    assert_eq!(
        link["interface_index"].as_u64(),
        (!index.is_empty()).then(|| number(index))
    );
    let tags = link["tags"].as_array();
    let column = |name: &str| {
        let tags = tags.into_iter().flatten();
        let values = tags.map(|tag| match &tag[name] {
            Value::Bool(set) => u64::from(*set),
            other => other.as_u64().unwrap(),
        });
        values.collect::<Vec<_>>()
    };
    let their_column = |outer: &str, inner: &str| {
        let values = outer.split(',').chain(inner.split(','));
        let values = values.filter(|value| !value.is_empty());
        values.map(number).collect::<Vec<_>>()
    };
    assert_eq!(column("vlan"), their_column(outer[0], ids));
    assert_eq!(column("priority"), their_column(outer[1], priorities));
    assert_eq!(column("drop_eligible"), their_column(outer[2], dei));
}

#[test]
fn link_headers_are_told_as_tshark_tells_them() {
    let mut compared = 0;
    for file in FILES {
        let path = Path::new(file);
        let mut command = Command::new("tshark");
        command
            .args(["-n", "-T", "fields", "-E", "separator=|", "-r"])
            .arg(path);
        for field in FIELDS {
            command.args(["-e", field]);
        }
        let output = command.output().expect("tshark is installed");
        let text = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<_> = text.lines().collect();
        for record in records(path, &["-e"]) {
            let frame = usize::try_from(record["frame"].as_u64().unwrap()).unwrap();
            compare(&record, &lines[frame - 1].split('|').collect::<Vec<_>>());
            compared += 1;
        }
        let without = records(path, &[]);
        assert!(without.iter().all(|record| record["link"].is_null()));
    }
    assert!(compared > 50, "{compared}");
}
