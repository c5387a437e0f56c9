//! What `tcpdump -vvv` tells of a message beyond its first line, against our records.
//!
//! The first line is held to tcpdump's word by word elsewhere (`tests/wording`). Here is what `-v`
//! adds: IP header fields, checksums, the quoted packet, options, records. All that tcpdump tells
//! must be in our record with the same value, and the headers in our own lines too.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use icmpdump::record::words;
use serde_json::Value;

use crate::corpus;

/// What is said of a message: for each field the values in their order.
#[derive(Debug, Default)]
struct Facts(BTreeMap<&'static str, Vec<String>>);

impl Facts {
    #[allow(clippy::needless_pass_by_value)] // It makes the many calls shorter.
    fn put(&mut self, field: &'static str, value: impl ToString) {
        self.0.entry(field).or_default().push(value.to_string());
    }

    fn maybe(&mut self, field: &'static str, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.put(field, value);
        }
    }
}

/// What stands behind `label` up to a character that ends a value.
fn behind<'a>(text: &'a str, label: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(label)?;
    let end = rest
        .find([',', ')', ']', ' ', '\n', ';'])
        .unwrap_or(rest.len());
    Some(&rest[..end])
}

fn hex(digits: &str) -> Option<u64> {
    u64::from_str_radix(digits.trim_start_matches("0x"), 16).ok()
}

/// The header fields in the first pair of parentheses of `text`.
fn head(facts: &mut Facts, names: &Names, text: &str) {
    let Some((_, told)) = text.split_once('(') else {
        return;
    };
    // Parentheses nest once: `proto ICMP (1)`.
    let mut depth = 1;
    let end = told.find(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth == 0
    });
    let told = &told[..end.unwrap_or(told.len())];
    if told.starts_with("tos ") {
        // A TTL of 0 goes untold.
        facts.put(names.ttl, behind(told, "ttl ").unwrap_or("0"));
        facts.maybe(names.class, behind(told, "tos ").and_then(hex));
        facts.maybe(names.id, behind(told, " id "));
        facts.maybe(names.offset, behind(told, " offset "));
        let flags = told.split_once("flags [").map_or("", |(_, rest)| rest);
        let flags = flags.split(']').next().unwrap_or("");
        facts.put(names.df, flags.contains("DF"));
        facts.put(names.more, flags.contains('+'));
        let proto = told
            .split_once("proto ")
            .and_then(|(_, rest)| behind(rest, "("));
        facts.maybe(names.protocol, proto.map(protocol));
        facts.maybe(names.length, behind(told, "), length "));
        if let Some((_, sums)) = told.split_once("bad cksum ") {
            let found = sums.split(' ').next().and_then(hex);
            let expected = behind(sums, "(->").and_then(hex);
            facts.maybe(names.found, found);
            facts.maybe(names.expected, expected);
        }
    } else {
        facts.put(names.ttl, behind(told, "hlim ").unwrap_or("0"));
        facts.put(
            names.class,
            behind(told, "class ").and_then(hex).unwrap_or(0),
        );
        facts.put(
            names.label,
            behind(told, "flowlabel ").and_then(hex).unwrap_or(0),
        );
        let length = behind(told, "payload length: ").and_then(|n| n.parse::<u64>().ok());
        facts.maybe(names.length, length.filter(|n| *n > 0).map(|n| n + 40));
    }
}

fn protocol(number: &str) -> String {
    let word = number.parse().ok().and_then(words::protocol);
    word.unwrap_or(number).to_owned()
}

/// What the fields of an IP header are called.
struct Names {
    ttl: &'static str,
    class: &'static str,
    label: &'static str,
    id: &'static str,
    offset: &'static str,
    df: &'static str,
    more: &'static str,
    protocol: &'static str,
    length: &'static str,
    found: &'static str,
    expected: &'static str,
    src: &'static str,
    dst: &'static str,
}

const OUTER: Names = Names {
    ttl: "ip ttl",
    class: "ip class",
    label: "ip flow label",
    id: "ip id",
    offset: "ip offset",
    df: "ip df",
    more: "ip more",
    protocol: "ip protocol",
    length: "ip length",
    found: "ip checksum",
    expected: "ip checksum expected",
    src: "ip src",
    dst: "ip dst",
};

const QUOTED: Names = Names {
    ttl: "quoted ttl",
    class: "quoted class",
    label: "quoted flow label",
    id: "quoted id",
    offset: "quoted offset",
    df: "quoted df",
    more: "quoted more",
    protocol: "quoted protocol",
    length: "quoted length",
    found: "quoted checksum",
    expected: "quoted checksum expected",
    src: "quoted src",
    dst: "quoted dst",
};

fn is_of_header(field: &str) -> bool {
    field.starts_with("ip ") || field.starts_with("quoted ")
}

/// What tcpdump says of a frame in `text`, its lines.
fn theirs(text: &str) -> Facts {
    let mut facts = heads(text);
    checksum(&mut facts, text);
    router(&mut facts, text);
    for line in text.lines() {
        option(&mut facts, line);
    }
    records(&mut facts, text);
    facts
}

/// What is said of the IP headers, the packet's and the quoted one's.
fn heads(text: &str) -> Facts {
    let mut facts = Facts::default();
    let Some(start) = text.find("IP") else {
        return facts;
    };
    let (message, quote) = match text.split_once("\n\tIP ") {
        Some((message, quote)) => (message, Some(quote)),
        None => (text, None),
    };
    head(&mut facts, &OUTER, &message[start..]);
    addresses(&mut facts, &OUTER, message, None);
    if let Some(quote) = quote {
        head(&mut facts, &QUOTED, quote);
        let protocol = facts.0.get(QUOTED.protocol).and_then(|all| all.first());
        let has_ports = matches!(protocol.map(String::as_str), Some("tcp" | "udp"));
        let ports = has_ports.then_some(["quoted src port", "quoted dst port"]);
        addresses(&mut facts, &QUOTED, quote, ports);
    }
    facts
}

/// `a > b:`, with ports behind a point where there are any.
fn addresses(facts: &mut Facts, names: &Names, text: &str, ports: Option<[&'static str; 2]>) {
    let Some((before, after)) = text.split_once(" > ") else {
        return;
    };
    let src = before.rsplit([' ', '\n', '\t']).next().unwrap_or("");
    let dst = after
        .split(": ")
        .next()
        .unwrap_or("")
        .trim_end_matches(':')
        .trim_end();
    let dst = dst
        .split(['\n', ' '])
        .next()
        .unwrap_or(dst)
        .trim_end_matches(':');
    let sides = [(names.src, src), (names.dst, dst)];
    for (i, (field, told)) in sides.into_iter().enumerate() {
        let points = told.matches('.').count();
        match (ports, told.rsplit_once('.')) {
            (Some(ports), Some((address, port))) if points == 4 => {
                facts.put(field, address);
                facts.put(ports[i], port);
            }
            _ => facts.put(field, told),
        }
    }
}

/// ICMPv6: good or bad; ICMP: only told if it is bad.
fn checksum(facts: &mut Facts, message: &str) {
    if message.contains("[icmp6 sum ok]") {
        facts.put("checksum", "good");
    }
    for (label, separator) in [
        ("(wrong icmp cksum ", " (->"),
        ("[bad icmp6 cksum ", " -> "),
    ] {
        if let Some((_, rest)) = message.split_once(label)
            && let Some((found, rest)) = rest.split_once(separator)
        {
            facts.put("checksum", "bad");
            facts.maybe("checksum found", hex(found));
            facts.maybe(
                "checksum expected",
                rest.split([')', '!']).next().and_then(hex),
            );
        }
    }
}

/// The line of a router advertisement's own fields.
fn router(facts: &mut Facts, text: &str) {
    let Some((_, told)) = text.split_once("\thop limit ") else {
        return;
    };
    facts.maybe("hop limit", told.split(',').next());
    facts.maybe(
        "router lifetime",
        behind(told, "router lifetime ").map(|t| t.trim_end_matches('s')),
    );
    facts.maybe(
        "reachable",
        behind(told, "reachable time ").map(|t| t.trim_end_matches("ms")),
    );
    facts.maybe(
        "retransmit",
        behind(told, "retrans timer ").map(|t| t.trim_end_matches("ms")),
    );
    let flags = told.split_once("Flags [").map_or("", |(_, rest)| rest);
    let flags = flags.split(']').next().unwrap_or("");
    facts.put("managed", flags.contains("managed"));
    facts.put("other config", flags.contains("other stateful"));
    facts.put("home agent", flags.contains("home agent"));
}

/// `  mtu option (5), length 8 (1):  1500`.
fn option(facts: &mut Facts, line: &str) {
    let Some((_, rest)) = line.split_once(" option (") else {
        return;
    };
    let Some((kind, told)) = rest.split_once(')') else {
        return;
    };
    facts.put("option", kind);
    let told = told.split_once("):").map_or("", |(_, told)| told.trim());
    let seconds = |label| behind(told, label).map(|value| value.trim_end_matches('s'));
    match kind {
        "1" | "2" => facts.put("link address", told),
        "3" => {
            facts.maybe("prefix", told.split(',').next());
            facts.put("on link", told.contains("onlink"));
            facts.put("autonomous", told.contains("auto"));
            facts.maybe("valid", seconds("valid time "));
            facts.maybe("preferred", seconds("pref. time "));
        }
        "5" => facts.put("option mtu", told),
        "7" => facts.put("interval", told.trim_end_matches("ms")),
        "24" => {
            facts.maybe("route", told.split(',').next());
            facts.maybe("route lifetime", seconds("lifetime="));
        }
        "25" => {
            facts.maybe("rdnss lifetime", seconds("lifetime "));
            for server in told.split("addr: ").skip(1) {
                facts.put("server", server.trim());
            }
        }
        "31" => {
            facts.maybe("dnssl lifetime", seconds("lifetime "));
            let names = told
                .split_once("domain(s): ")
                .map_or("", |(_, names)| names);
            for name in names.split(' ') {
                facts.put("domain", name.trim_end_matches('.'));
            }
        }
        _ => {}
    }
}

/// `[gaddr ff02::16 to_ex { 2001:db8::1 }]`.
fn records(facts: &mut Facts, text: &str) {
    for told in text.split("[gaddr ").skip(1) {
        let (told, _) = told.split_once(']').unwrap_or((told, ""));
        let mut words = told.split(' ');
        facts.maybe("group", words.next());
        let Some(mode) = words.next().filter(|word| !word.contains('=')) else {
            continue;
        };
        facts.put("mode", mode);
        let sources = told
            .split_once("{ ")
            .and_then(|(_, rest)| rest.split_once('}'));
        for source in sources
            .map_or("", |(sources, _)| sources)
            .split_whitespace()
        {
            facts.put("source", source);
        }
    }
}

fn told(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// What our record says.
fn ours(record: &Value) -> Facts {
    let mut facts = Facts::default();
    header(&mut facts, &OUTER, &record["ip"]);
    let (icmp, quoted) = (&record["icmp"], &record["quoted"]);
    facts.put(
        OUTER.protocol,
        if icmp["version"] == 4 {
            "icmp"
        } else {
            "icmpv6"
        },
    );
    if quoted.is_object() && record["icmp"]["version"] == 4 {
        header(&mut facts, &QUOTED, &quoted["ip"]);
        facts.maybe(QUOTED.protocol, told(&quoted["protocol"]));
        facts.maybe("quoted src port", told(&quoted["src_port"]));
        facts.maybe("quoted dst port", told(&quoted["dst_port"]));
    }
    let sum = &icmp["checksum"];
    if matches!(told(&sum["status"]).as_deref(), Some("good" | "bad")) {
        facts.maybe("checksum", told(&sum["status"]));
        if sum["status"] == "bad" {
            facts.maybe("checksum found", told(&sum["value"]));
            facts.maybe("checksum expected", told(&sum["expected"]));
        }
    }
    if icmp["type"] == 134 {
        for (field, name) in [
            ("hop limit", "hop_limit"),
            ("router lifetime", "lifetime"),
            ("reachable", "reachable"),
            ("retransmit", "retransmit"),
            ("managed", "managed"),
            ("other config", "other_config"),
            ("home agent", "home_agent"),
        ] {
            facts.maybe(field, told(&icmp[name]));
        }
    }
    for option in icmp["options"].as_array().into_iter().flatten() {
        our_option(&mut facts, option);
    }
    facts.maybe("group", told(&icmp["group"]));
    for record in icmp["records"].as_array().into_iter().flatten() {
        facts.maybe("group", told(&record["group"]));
        let modes = ["is_in", "is_ex", "to_in", "to_ex", "allow", "block"];
        let mode = record["type"]
            .as_u64()
            .and_then(|kind| modes.get(usize::try_from(kind).ok()?.checked_sub(1)?));
        facts.maybe("mode", mode);
        for source in record["sources"].as_array().into_iter().flatten() {
            facts.maybe("source", told(source));
        }
    }
    facts
}

fn header(facts: &mut Facts, names: &Names, ip: &Value) {
    let number = |name: &str| told(&ip[name]).unwrap_or_else(|| "0".to_owned());
    facts.put(names.ttl, number("ttl"));
    facts.put(names.class, number("traffic_class"));
    facts.put(names.label, number("flow_label"));
    facts.maybe(names.id, told(&ip["id"]));
    facts.put(
        names.offset,
        told(&ip["fragment"]["offset"]).unwrap_or_else(|| "0".to_owned()),
    );
    facts.put(
        names.df,
        told(&ip["df"]).unwrap_or_else(|| "false".to_owned()),
    );
    facts.put(
        names.more,
        told(&ip["fragment"]["more"]).unwrap_or_else(|| "false".to_owned()),
    );
    if ip["length_from_frame"] != true {
        facts.maybe(names.length, told(&ip["length"]));
    }
    facts.maybe(names.src, told(&ip["src"]));
    facts.maybe(names.dst, told(&ip["dst"]));
    if ip["checksum"]["status"] == "bad" {
        facts.maybe(names.found, told(&ip["checksum"]["value"]));
        facts.maybe(names.expected, told(&ip["checksum"]["expected"]));
    }
}

fn our_option(facts: &mut Facts, option: &Value) {
    facts.maybe("option", told(&option["type"]));
    let prefix = || {
        let address = told(&option["prefix"])?;
        Some(format!("{address}/{}", option["prefix_length"]))
    };
    match option["type"].as_u64() {
        Some(1 | 2) => facts.maybe("link address", told(&option["address"])),
        Some(3) => {
            facts.maybe("prefix", prefix());
            facts.maybe("on link", told(&option["on_link"]));
            facts.maybe("autonomous", told(&option["autonomous"]));
            facts.maybe("valid", told(&option["valid_lifetime"]));
            facts.maybe("preferred", told(&option["preferred_lifetime"]));
        }
        Some(5) => facts.maybe("option mtu", told(&option["mtu"])),
        Some(7) => facts.maybe("interval", told(&option["interval"])),
        Some(24) => {
            facts.maybe("route", prefix());
            facts.maybe("route lifetime", told(&option["lifetime"]));
        }
        Some(25) => {
            facts.maybe("rdnss lifetime", told(&option["lifetime"]));
            for server in option["servers"].as_array().into_iter().flatten() {
                facts.maybe("server", told(server));
            }
        }
        Some(31) => {
            facts.maybe("dnssl lifetime", told(&option["lifetime"]));
            for domain in option["domains"].as_array().into_iter().flatten() {
                facts.maybe("domain", told(domain));
            }
        }
        _ => {}
    }
}

/// The lines of each frame, as either program prints them.
fn blocks(program: &str, options: &[&str], path: &Path) -> BTreeMap<u64, String> {
    let output = Command::new(program)
        .args(options)
        .args(["-#", "-r"])
        .arg(path)
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}; 'make test' installs it"));
    let mut blocks: BTreeMap<u64, String> = BTreeMap::new();
    let mut last = None;
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let numbered = line.trim_start_matches(' ').split_once("  ");
        let number = numbered.and_then(|(number, rest)| Some((number.parse().ok()?, rest)));
        match (number, last) {
            (Some((number, rest)), _) => {
                blocks.insert(number, rest.to_owned());
                last = Some(number);
            }
            (None, Some(number)) => {
                let block = blocks.entry(number).or_default();
                block.push('\n');
                block.push_str(line);
            }
            (None, None) => {}
        }
    }
    blocks
}

/// Our records of the messages that travel in no tunnel: of those tcpdump shows the outer packet.
fn our_records(path: &Path) -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_icmpdump"))
        .args(["--json", "--emit", "icmp", "-r"])
        .arg(path)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|record| record["type"] == "icmp" && record["tunnel"].is_null())
        .filter(|record| record["icmp"]["name"] != "fragment")
        .collect()
}

#[test]
fn what_tcpdump_tells_in_detail_is_in_our_records() {
    let (mut compared, mut values) = (0, 0);
    let mut different = Vec::new();
    for path in &corpus::captures() {
        let records = our_records(path);
        if records.is_empty() {
            continue;
        }
        let blocks_of_tcpdump = blocks("tcpdump", &["-tnvvv"], path);
        let our_blocks = blocks(env!("CARGO_BIN_EXE_icmpdump"), &["-tvvv"], path);
        let name = path.file_name().unwrap().to_string_lossy();
        for record in &records {
            let frame = record["frame"].as_u64().unwrap();
            // tcpdump gives up on some files before their end.
            let Some(block) = blocks_of_tcpdump.get(&frame) else {
                continue;
            };
            compared += 1;
            let theirs = theirs(block);
            let ours = ours(record);
            let our_lines = heads(&our_blocks[&frame]);
            for (field, their) in &theirs.0 {
                values += their.len();
                let our = ours.0.get(field);
                if our != Some(their) {
                    let said = format!("our record {our:?}, tcpdump {their:?}");
                    different.push(format!("{name} #{frame} {field}: {said}"));
                }
                let ours = our_lines.0.get(field);
                if is_of_header(field) && ours != Some(their) {
                    let said = format!("our lines {ours:?}, tcpdump {their:?}");
                    different.push(format!("{name} #{frame} {field}: {said}"));
                }
            }
        }
    }
    assert!(
        different.is_empty(),
        "{} differences in {compared} messages:\n{}",
        different.len(),
        different.join("\n")
    );
    eprintln!("compared {values} values of {compared} messages");
}
