//! Everything that `tshark -T ek` tells of a message is in our record of it: over all captures, and
//! over a message of every type.
//!
//! Values are looked for, so that none is missing: which field they belong to, the comparison by name
//! (`ek_named.rs`) tells.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::IpAddr;
use std::process::Command;

use serde_json::Value;

use crate::corpus::{self, Packet};
use crate::ek_paths::{PATHS, name_in_ek};
use crate::oracle::pcap;
use crate::samples::samples;

/// Fields that are left out, by the ends of their names, and why.
const LEFT_OUT: &[(&[&str], &str)] = &[
    (
        &["_checksum_status"],
        "a word in our records, of the four states that RFC 1071 and RFC 4443 section 2.3 leave: \
         tests/oracle.rs compares it by name",
    ),
    (
        &["_data_time", "_data_time_relative"],
        "an inference from the payload (RFC 792 gives it no format), here with the time of no capture",
    ),
    (
        &["_resp_to"],
        "packets of many captures in one file, where a reply's identifier (RFC 792) is that of another's \
         request: tests/oracle.rs compares it, capture by capture",
    ),
    (
        &["_ident_le", "_seq_le"],
        "the number once more in the order of octets that the Internet does not have (RFC 1700, Data \
         Notations)",
    ),
    (
        &["_opt_length", "_aux_data_len"],
        "how long that is which our records have, and how far it is to the next (RFC 4861 section 4.6, RFC \
         3810 section 5.2.6)",
    ),
];

/// Ends of the names of bits that are to be 0 (RFC 792, RFC 4443, RFC 4884 and others): our records
/// tell them where some are set.
const RESERVED: [&str; 2] = ["_unused", "_reserved"];

/// Where tshark is wrong: field, capture, frames (or types of samples), and why.
const WRONG: &[(&str, &str, &[u64], &str)] = &[
    (
        "icmpv6_icmpv6_ni_flag_l",
        "icmpv6_nodeinfo_queryipv4.pcap",
        &[1],
        "a query for addresses of IPv4 has one flag (RFC 4620 section 6.4), which is not this",
    ),
    (
        "icmpv6_icmpv6_ni_flag_rsv",
        "icmpv6_nodeinfo_queryipv4.pcap",
        &[1],
        "a query for addresses of IPv4 has one flag (RFC 4620 section 6.4), which is not this",
    ),
    (
        "icmpv6_icmpv6_ni_flag_s",
        "icmpv6_nodeinfo_queryipv4.pcap",
        &[1],
        "a query for addresses of IPv4 has one flag (RFC 4620 section 6.4), which is not this",
    ),
    (
        "icmpv6_icmpv6_ni_flag_t",
        "icmpv6_nodeinfo_queryipv4.pcap",
        &[1],
        "a query for addresses of IPv4 has one flag (RFC 4620 section 6.4), which is not this",
    ),
    (
        "icmpv6_icmpv6_ni_flag_c",
        "icmpv6_nodeinfo_queryipv4.pcap",
        &[1],
        "a query for addresses of IPv4 has one flag (RFC 4620 section 6.4), which is not this",
    ),
    (
        "icmpv6_icmpv6_ni_flag_g",
        "icmpv6_nodeinfo_queryipv4.pcap",
        &[1],
        "a query for addresses of IPv4 has one flag (RFC 4620 section 6.4), which is not this",
    ),
    (
        "icmp_icmp_int_info_index",
        "icmp_ext_oob_poc.pcap",
        &[1],
        "an object of 6 octets has no room for the index of 4 (RFC 5837 section 4): tshark reads on into the next",
    ),
    (
        "icmpv6_icmpv6_unknown_data",
        "rpl-19-pickdag.pcap",
        &[1],
        "an RPL target of more octets than its prefix has (RFC 6550 section 6.7.7): the prefix is there",
    ),
    (
        "icmpv6_icmpv6_opt_type",
        "a sample",
        &[150],
        "experimental mobility has options of Neighbor Discovery in one subtype only (RFC 4065 section 8)",
    ),
    (
        "icmpv6_icmpv6_reserved",
        "a sample",
        &[145],
        "the first bit asks for home agents that serve mobile routers (RFC 3963 section 7.2)",
    ),
    (
        "icmpv6_icmpv6_data",
        "rpl-dao-oobr.pcap",
        &[1],
        "no octets: the options fill the message (RFC 6550 section 6.7.1)",
    ),
    (
        "icmpv6_icmpv6_data",
        "a sample",
        &[100, 101, 127],
        "types below 128 are errors and quote (RFC 4443 section 2.1)",
    ),
];

/// Which of those ends the name of a field has.
fn left_out(name: &str) -> Option<&'static str> {
    let mut ends = LEFT_OUT.iter().flat_map(|(ends, _)| *ends);
    ends.find(|end| name.ends_with(*end)).copied()
}

/// Whether our record has no value for it, but what the comparison by name makes one of.
fn is_derived(name: &str) -> bool {
    let ends = [".?", ".#", ".low", ".high"];
    let is_derived = |path: &str| ends.iter().any(|end| path.ends_with(end));
    let mut derived = PATHS.iter().filter(|(_, path)| is_derived(path));
    derived.any(|(field, _)| name_in_ek(field) == name)
}

/// Whether it is a word of flags, of which tshark tells one by one as well.
fn is_word_of_flags(name: &str, fields: &[(String, String)]) -> bool {
    let has_flag = |other: &str| {
        let rest = other.strip_prefix(name);
        rest.is_some_and(|rest| rest.starts_with('_'))
    };
    name.ends_with("_flag") && fields.iter().any(|(other, _)| has_flag(other))
}

/// A value as both programs can write it: numbers in decimal, flags as 0 and 1, octets without
/// separators.
pub(crate) fn plain(value: &Value) -> Option<String> {
    Some(match value {
        Value::Bool(set) => u8::from(*set).to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => {
            if let Ok(address) = text.parse::<IpAddr>() {
                return Some(address.to_string());
            }
            if let Some(digits) = text.strip_prefix("0x")
                && let Ok(number) = u64::from_str_radix(digits, 16)
            {
                return Some(number.to_string());
            }
            match text.as_str() {
                "true" => "1".to_owned(),
                "false" => "0".to_owned(),
                other => octets(other),
            }
        }
        _ => return None,
    })
}

/// Octets with colons between them, some without their leading zero; eight of them are a number.
pub(crate) fn octets(text: &str) -> String {
    let parts = text.split(':').map(|part| match part.len() {
        1 if text.contains(':') => format!("0{part}"),
        _ => part.to_lowercase(),
    });
    let digits: String = parts.collect();
    match u64::from_str_radix(&digits, 16) {
        Ok(number) if digits.len() == 16 => number.to_string(),
        _ => digits,
    }
}

/// All values in a record.
fn leaves(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(all) => all.iter().for_each(|each| leaves(each, found)),
        Value::Object(all) => all.values().for_each(|each| leaves(each, found)),
        other => found.extend(plain(other)),
    }
}

/// The fields of tshark's layer, those of the packets it quotes left out.
pub(crate) fn theirs(layer: &Value, found: &mut Vec<(String, String)>) {
    match layer {
        Value::Array(all) => all.iter().for_each(|each| theirs(each, found)),
        Value::Object(all) => {
            for (name, value) in all {
                if !name.starts_with("icmp_icmp_") && !name.starts_with("icmpv6_icmpv6_") {
                    continue;
                }
                match value {
                    Value::Array(all) => {
                        found.extend(all.iter().filter_map(|v| Some((name.clone(), plain(v)?))));
                    }
                    Value::Object(_) => theirs(value, found),
                    other => found.extend(plain(other).map(|value| (name.clone(), value))),
                }
            }
        }
        _ => {}
    }
}

/// Our record of each packet, and what tshark says of it in `ek`.
pub(crate) fn told(packets: &[Packet]) -> Vec<(&Packet, Value, Value)> {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), pcap(packets)).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_icmpdump"))
        .args(["--json", "--emit", "icmp", "-r"])
        .arg(file.path())
        .output()
        .unwrap();
    let mut records: BTreeMap<u64, Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter_map(|record| Some((record["frame"].as_u64()?, record)))
        .collect();
    let output = Command::new("tshark")
        .args(["-n", "-T", "ek", "-o", "ip.defragment:FALSE"])
        .args(["-o", "ipv6.defragment:FALSE", "-r"])
        .arg(file.path())
        .output()
        .expect("tshark is installed");
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    let lines: Vec<Value> = lines
        .filter(|line: &Value| line["layers"].is_object())
        .collect();
    assert_eq!(lines.len(), packets.len(), "tshark reads every packet");
    let packets = packets.iter().zip(lines).zip(1..);
    packets
        .map(|((packet, line), number)| (packet, records.remove(&number).unwrap_or_default(), line))
        .collect()
}

#[test]
fn what_tshark_tells_in_ek_is_in_our_records() {
    let mut packets = corpus::packets();
    packets.extend(samples().into_iter().map(|sample| Packet {
        file: "a sample".to_owned(),
        number: u64::from(sample.octets[if sample.octets[0] >> 4 == 4 { 20 } else { 40 }]),
        on_wire: sample.octets.len(),
        octets: sample.octets,
    }));
    let (mut values, mut missing) = (0, BTreeMap::<String, Vec<String>>::new());
    let mut needed = BTreeSet::new();
    let mut wrong = BTreeSet::new();
    for (packet, record, line) in told(&packets) {
        let mut fields = Vec::new();
        for layer in ["icmp", "icmpv6"] {
            theirs(&line["layers"][layer], &mut fields);
        }
        let mut ours = BTreeSet::new();
        leaves(&record, &mut ours);
        for (name, value) in &fields {
            let reserved = RESERVED.iter().find(|end| name.ends_with(**end));
            let zero = reserved.filter(|_| value.bytes().all(|digit| digit == b'0'));
            if let Some(end) = left_out(name).or(zero.copied()) {
                if !ours.contains(value) {
                    needed.insert(end);
                }
                continue;
            }
            if is_word_of_flags(name, &fields) || is_derived(name) {
                continue;
            }
            let (is_reserved, value) = (reserved.is_some(), value.clone());
            // Some of these are octets there, and numbers in our records.
            let value = match u64::from_str_radix(&value, 16) {
                Ok(number) if is_reserved && value.starts_with('0') => number.to_string(),
                _ => value,
            };
            // Eight octets of one digit look like an address.
            let are_octets = ["_eui64", "_auxiliary_data"]
                .iter()
                .any(|end| name.ends_with(end));
            let value = if are_octets { octets(&value) } else { value };
            values += 1;
            let known = WRONG.iter().find(|(field, file, numbers, _)| {
                field == name && *file == packet.file && numbers.contains(&packet.number)
            });
            if !ours.contains(&value) && known.is_some() {
                wrong.insert((name.clone(), packet.file.clone(), packet.number));
            } else if !ours.contains(&value) {
                let what = format!("{value} of {} #{}", packet.file, packet.number);
                missing.entry(name.clone()).or_default().push(what);
            }
        }
    }
    let list: Vec<_> = (missing.iter())
        .map(|(name, all)| {
            format!(
                "{name}: {} times, {}",
                all.len(),
                all[..all.len().min(3)].join("; ")
            )
        })
        .collect();
    assert!(list.is_empty(), "of {values} values:\n{}", list.join("\n"));
    for (field, file, numbers, _) in WRONG {
        let present = packets.iter().any(|packet| packet.file == *file);
        for number in *numbers {
            let each = ((*field).to_owned(), (*file).to_owned(), *number);
            assert!(
                !present || wrong.contains(&each),
                "{each:?} is no exception any more"
            );
        }
    }
    let ends = LEFT_OUT.iter().flat_map(|(ends, _)| *ends).chain(&RESERVED);
    let idle: Vec<_> = ends.filter(|end| !needed.contains(**end)).collect();
    assert!(idle.is_empty(), "left out without need: {idle:?}");
    eprintln!("compared {values} values of {} packets", packets.len());
}
