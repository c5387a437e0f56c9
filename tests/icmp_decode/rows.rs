//! The README's table of types: that a row has each field that a message of its type may have.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use icmpdump::icmp::names;
use icmpdump::wire::{Ip, IpVersion, Limit};

use crate::samples::samples;
use crate::shown::{A, B, records, v4, v6};

/// A version of IP, and a type.
type Kind = (u64, u64);

/// What messages of each type are told to have, by the table; lists without their brackets.
fn rows() -> BTreeMap<Kind, BTreeSet<String>> {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let table = readme.split("<!-- types: ").nth(1).unwrap();
    let table = table.split("Options of Neighbor Discovery").next().unwrap();
    let mut version = 0;
    let mut rows = BTreeMap::new();
    for line in table.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<_> = line.split(" | ").collect();
        match cells[0] {
            "| ICMP" => version = 4,
            "| ICMPv6" => version = 6,
            first => {
                let kind: String = first.chars().filter(char::is_ascii_digit).collect();
                let fields = cells.last().unwrap().split('`').skip(1).step_by(2);
                let fields = fields.map(|field| field.trim_end_matches("[]").to_owned());
                rows.insert((version, kind.parse().unwrap()), fields.collect());
            }
        }
    }
    rows
}

/// The samples, and messages of each type and code that has a name, made of the octets of its sample, zeros
/// behind them, and one octet changed.
fn messages() -> Vec<Vec<u8>> {
    /// Fields with a place of their own come early.
    const LENGTH: usize = 40;
    let mut all = Vec::new();
    for sample in samples() {
        let octets = sample.octets;
        let ip = Ip::parse(&octets, Limit::Frame).unwrap();
        let mut message = ip.payload.to_vec();
        message.resize(message.len().max(LENGTH), 0);
        message[2..4].fill(0);
        let mut types = names::types(ip.version).iter();
        let named = types.find(|named| named.kind == message[0]);
        let codes: Vec<_> = named.unwrap().codes.iter().map(|code| code.code).collect();
        for code in codes.into_iter().chain([message[1]]) {
            message[1] = code;
            for at in 4..LENGTH {
                for octet in [0, 1, 0xff] {
                    let mut changed = message.clone();
                    changed[at] = octet;
                    all.push(match ip.version {
                        IpVersion::V4 => v4(A, B, 1, &changed),
                        IpVersion::V6 => v6(58, &changed),
                    });
                }
            }
        }
        all.push(octets);
    }
    all
}

/// Said of all types in front of the table.
const OF_ALL: [&str; 10] = [
    "version",
    "type",
    "code",
    "code_name",
    "name",
    "length",
    "checksum",
    "data",
    "reserved",
    "unread",
];

#[test]
fn the_row_of_a_type_has_each_field_of_its_messages() {
    let rows = rows();
    assert!(rows.len() > 60, "{}", rows.len());
    let mut missing = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for record in records(&messages()) {
        if record["type"] != "icmp" {
            continue;
        }
        let icmp = record["icmp"].as_object().unwrap();
        let number = |name: &str| icmp[name].as_u64().unwrap();
        let kind = (number("version"), number("type"));
        seen.insert(kind);
        for field in icmp
            .keys()
            .filter(|field| !OF_ALL.contains(&field.as_str()))
        {
            if !rows[&kind].contains(field) {
                missing.insert((kind, field.clone()));
            }
        }
    }
    let named = [IpVersion::V4, IpVersion::V6].map(|version| names::types(version).len());
    assert_eq!(seen.len(), named.iter().sum::<usize>());
    assert!(missing.is_empty(), "{missing:#?}");
}
