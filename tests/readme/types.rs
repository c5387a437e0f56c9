//! The table of ICMP types: names from the decoder's own tables, fields from what the program makes
//! of a message of that type.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use icmpdump::icmp::names::{Standing, TypeNames, types};
use icmpdump::icmp::{agent, ip_header, nd_option, object, rpl_metric, rpl_option};
use icmpdump::wire::IpVersion;
use icmpdump::wire::ip::OptionSpace;
use serde_json::Value;

/// Names of fields, in the order they came.
type Fields = Vec<String>;
/// What a number is called.
type NameOf = fn(u8) -> Option<&'static str>;

/// The tables of both versions, the options and the extension objects.
pub(crate) fn table() -> String {
    let fields = fields();
    let mut out = String::new();
    for (version, title) in [(IpVersion::V4, "ICMP"), (IpVersion::V6, "ICMPv6")] {
        writeln!(
            out,
            "| {title} | `name` | codes | fields |\n|---|---|---|---|"
        )
        .unwrap();
        for names in types(version) {
            let decoded = fields.get(&(number(version), names.kind));
            row(&mut out, names, decoded.map_or(&[], Vec::as_slice));
        }
        out.push('\n');
    }
    let options: Vec<String> = nd_option::option_types()
        .map(|(kind, name)| format!("{kind} `{name}`"))
        .collect();
    writeln!(
        out,
        "Options of Neighbor Discovery: {}.\n",
        options.join(", ")
    )
    .unwrap();
    for (space, title) in [
        (OptionSpace::Ipv4, "Options of IPv4"),
        (OptionSpace::Ipv6, "Options of IPv6 extension headers"),
        (
            OptionSpace::SegmentRouting,
            "Options of segment routing headers",
        ),
        (
            OptionSpace::DynamicSourceRouting,
            "Options of dynamic source routing",
        ),
        (OptionSpace::Tcp, "Options of quoted TCP headers"),
    ] {
        let options: Vec<String> = ip_header::option_types(space)
            .map(|(kind, name)| format!("{kind} `{name}`"))
            .collect();
        writeln!(out, "{title}: {}.\n", options.join(", ")).unwrap();
    }
    let routing: Vec<String> = (0..=u8::MAX)
        .filter_map(|kind| Some(format!("{kind} `{}`", ip_header::routing_type_name(kind)?)))
        .collect();
    writeln!(out, "Types of routing headers: {}.\n", routing.join(", ")).unwrap();
    let lists: [(&str, NameOf); 4] = [
        ("Options of RPL", rpl_option::option_name),
        ("Objects of RPL metric containers", rpl_metric::object_name),
        ("Extensions of mobility agents", agent::extension_name),
        ("Classes of extension objects", object::class_name),
    ];
    let lists = lists.map(|(title, name)| {
        let named: Vec<String> = (0..=u8::MAX)
            .filter_map(|kind| Some(format!("{kind} `{}`", name(kind)?)))
            .collect();
        format!("{title}: {}.", named.join(", "))
    });
    out.push_str(&lists.join("\n\n"));
    out
}

fn row(out: &mut String, names: &TypeNames, fields: &[String]) {
    let standing = match names.standing {
        Standing::Current => "",
        Standing::Deprecated => " †",
        Standing::Experimental => " (experimental)",
        Standing::Reserved => " (reserved)",
    };
    let codes: Vec<String> = names
        .codes
        .iter()
        .map(|code| format!("{} {}", code.code, code.title))
        .collect();
    writeln!(
        out,
        "| {}{standing} | `{}` | {} | {} |",
        names.kind,
        names.name,
        codes.join(", "),
        fields.join(", ")
    )
    .unwrap();
}

const fn number(version: IpVersion) -> u8 {
    match version {
        IpVersion::V4 => 4,
        IpVersion::V6 => 6,
    }
}

/// Which fields the program tells of each type, over several messages of each code.
fn fields() -> BTreeMap<(u8, u8), Fields> {
    let mut capture = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0];
    capture.extend([0; 8]);
    // Snap length 262144; raw IP.
    capture.extend([0, 0, 4, 0, 101, 0, 0, 0]);
    for version in [IpVersion::V4, IpVersion::V6] {
        for names in types(version) {
            let named = names.codes.iter().map(|code| code.code);
            let codes: Vec<u8> = std::iter::once(0).chain(named).collect();
            for code in codes {
                for body in bodies(version) {
                    let mut message = vec![names.kind, code, 0, 0];
                    message.extend(body);
                    record(&mut capture, &packet(version, &message));
                }
            }
        }
    }
    let mut fields: BTreeMap<(u8, u8), Fields> = BTreeMap::new();
    for line in json(&capture).lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        if event["type"] == "start" {
            continue;
        }
        let number = |name: &str| u8::try_from(event["icmp"][name].as_u64().unwrap()).unwrap();
        let known = fields
            .entry((number("version"), number("type")))
            .or_default();
        collect(known, &event);
    }
    fields
}

/// Adds what is new of the fields of an `icmp` record.
fn collect(known: &mut Fields, event: &Value) {
    const COMMON: &[&str] = &[
        "version",
        "type",
        "code",
        "name",
        "code_name",
        "length",
        "checksum",
        // What no field tells.
        "data",
        "reserved",
        "unread",
    ];
    let message = event["icmp"].as_object().unwrap();
    let told = message.iter().map(|(name, value)| match value {
        Value::Array(_) => format!("`{name}[]`"),
        _ => format!("`{name}`"),
    });
    let quoted = event.get("quoted").map(|quoted| {
        if quoted.get("extensions").is_some() {
            "the quoted packet and its extensions".to_owned()
        } else {
            "the quoted packet".to_owned()
        }
    });
    for field in told.chain(quoted) {
        let name = field.trim_matches(['`', '[', ']']);
        if COMMON.contains(&name) || known.contains(&field) {
            continue;
        }
        known.push(field);
    }
    if known.iter().any(|field| field.ends_with("extensions")) {
        known.retain(|field| field != "the quoted packet");
    }
}

/// Bodies of messages, behind type, code and checksum, of which each makes sense to some types.
fn bodies(version: IpVersion) -> Vec<Vec<u8>> {
    let filled = |head: &[u8], pattern: &[u8]| {
        let mut body = head.to_vec();
        body.extend(pattern.iter().copied().cycle().take(192));
        body
    };
    let mut bodies = vec![
        filled(&[], &[0]),
        filled(&[], &[1]),
        // All bits, those that are reserved among them; and those of the first octets alone.
        filled(&[], &[0xff]),
        filled(&[0xff; 4], &[0]),
        filled(&[0, 0, 0, 0, 0xff], &[0]),
        filled(&[0, 0xff], &[0]),
        // Options of 8 octets, aligned as Neighbor Discovery has them.
        filled(&[0, 0, 0, 0], &[1, 1, 0, 0, 0, 0, 0, 0]),
        // One entry of two words: router advertisements.
        filled(&[1, 2, 0, 0], &[0]),
        // One record: MLDv2.
        filled(&[0, 0, 0, 1], &[0]),
        // Node information: names, IPv6 addresses, IPv4 addresses.
        filled(&[0, 2, 0, 0], &[0]),
        filled(&[0, 3, 0, 0], &[0]),
        filled(&[0, 4, 0, 0], &[0]),
        // A fast handover's messages with flags.
        filled(&[3, 0, 0, 0], &[0]),
        filled(&[4, 0, 0, 0], &[0]),
        // A state in an extended echo's reply.
        vec![0, 0, 0, 0x20],
        // A router's address, then the extension of an agent.
        vec![
            1, 2, 0, 0, 192, 0, 2, 1, 0, 0, 0, 0, 16, 6, 0, 0, 0, 1, 0, 0,
        ],
        // Extensions of multicast listeners, behind no source and no record.
        [&[0; 20][..], &[0x80, 0, 0, 0, 0, 0, 0, 0]].concat(),
        vec![0x80, 0, 0, 0, 0, 0, 0, 0],
        // A key of a source: secure messages of RPL.
        filled(&[0, 0, 0x80, 0], &[0]),
        // An extension structure in place of a quote, with an object: replies as Linux sends them.
        vec![0, 0, 0, 4, 0x20, 0, 0, 0, 0, 8, 3, 2, 0, 0, 0, 1],
    ];
    if version == IpVersion::V6 {
        // A redirect: target and destination, then the packet in an option of six words.
        let quoted = packet(version, &[]);
        bodies.push([&[0; 36][..], &[4, 6, 0, 0, 0, 0, 0, 0], &quoted].concat());
    }
    let mut quoting = vec![0; 4];
    match version {
        IpVersion::V4 => quoting[1] = 32,
        IpVersion::V6 => quoting[0] = 16,
    }
    // An extension structure with one label, behind 128 octets of quote.
    let mut quote = packet(version, &[8; 100]);
    quote.resize(128, 0);
    quoting.extend(quote);
    quoting.extend([0x20, 0, 0, 0, 0, 8, 1, 1, 0, 1, 1, 1]);
    bodies.push(quoting);
    bodies
}

/// A packet with an ICMP message in it.
fn packet(version: IpVersion, message: &[u8]) -> Vec<u8> {
    let length = |octets: usize| u16::try_from(octets).unwrap().to_be_bytes();
    let mut packet;
    match version {
        IpVersion::V4 => {
            packet = vec![
                0x45, 0, 0, 0, 0, 1, 0, 0, 64, 1, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
            ];
            packet[2..4].copy_from_slice(&length(20 + message.len()));
        }
        IpVersion::V6 => {
            packet = vec![0x60, 0, 0, 0, 0, 0, 58, 255];
            packet[4..6].copy_from_slice(&length(message.len()));
            for host in [1, 2] {
                packet.extend([0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host]);
            }
        }
    }
    packet.extend(message);
    packet
}

fn record(capture: &mut Vec<u8>, packet: &[u8]) {
    let length = u32::try_from(packet.len()).unwrap().to_le_bytes();
    capture.extend([0; 8]);
    capture.extend(length);
    capture.extend(length);
    capture.extend(packet);
}

/// The `icmp` records of a capture.
fn json(capture: &[u8]) -> String {
    let mut program = Command::new(env!("CARGO_BIN_EXE_icmpdump"))
        .args(["-r", "-", "--json", "--emit", "icmp"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = program.stdin.take().unwrap();
    let capture = capture.to_vec();
    let feeder = std::thread::spawn(move || stdin.write_all(&capture).unwrap());
    let output = program.wait_with_output().unwrap();
    feeder.join().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}
