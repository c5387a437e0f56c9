//! What `tshark -T ek` tells in each field is in that field of our records, in its order: over all
//! captures, and over messages whose fields have all different values.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::corpus::{self, Packet};
use crate::ek::{self, octets, plain, theirs};
use crate::ek_messages;
use crate::ek_paths::{PATHS, name_in_ek};

/// The values at a path; see [`PATHS`].
fn at(value: &Value, path: &str) -> Vec<String> {
    let Some((step, rest)) = path
        .split_once('.')
        .or((!path.is_empty()).then_some((path, "")))
    else {
        return plain(value).map(number_of_role).into_iter().collect();
    };
    match step {
        "?" => return vec![u8::from(!value.is_null()).to_string()],
        "#" => return vec![value.as_array().map_or(0, Vec::len).to_string()],
        "low" => {
            return value
                .as_u64()
                .map(|n| (n & 0xffff).to_string())
                .into_iter()
                .collect();
        }
        "high" => {
            return value
                .as_u64()
                .map(|n| (n >> 16).to_string())
                .into_iter()
                .collect();
        }
        _ => {}
    }
    let Some((name, kinds)) = step.trim_end_matches(']').split_once('[') else {
        return at(&value[step], rest);
    };
    let elements = value[name].as_array().into_iter().flatten();
    let is_meant = |element: &&Value| {
        let kind = element.get("type").or(element.get("class"));
        let kind = kind.map(Value::to_string);
        kinds == "*" || kind.is_some_and(|kind| kinds.split('|').any(|known| known == kind))
    };
    let elements = elements.filter(is_meant);
    elements.flat_map(|element| at(element, rest)).collect()
}

/// RFC 5837 section 4.1 numbers the roles of an interface.
fn number_of_role(value: String) -> String {
    let roles = ["incoming", "sub_ip", "outgoing", "next_hop"];
    let number = roles.iter().position(|role| *role == value);
    number.map_or(value, |number| number.to_string())
}

/// Whether tshark looks for a structure of RFC 4884 where there is none: `oracle.rs` has these.
fn is_no_structure(record: &Value, field: &str) -> bool {
    let is_of_structure = ["icmp.ext.version", "icmp.ext.length", "icmp.ext.class"]
        .contains(&field)
        || field == "icmp.ext.ctype"
        || field.starts_with("icmp.int_info.");
    is_of_structure && record["quoted"]["extension_structure"].is_null()
}

#[test]
fn what_tshark_tells_in_ek_is_in_the_same_field() {
    let mut packets = corpus::packets();
    packets.extend(
        ek_messages::packets()
            .into_iter()
            .zip(1..)
            .map(|(octets, number)| Packet {
                file: "made".to_owned(),
                number,
                on_wire: octets.len(),
                octets,
            }),
    );
    let (mut compared, mut different) = (0, Vec::new());
    let mut idle: BTreeSet<_> = PATHS.iter().map(|(field, _)| *field).collect();
    for (packet, record, line) in ek::told(&packets) {
        let mut told = Vec::new();
        for layer in ["icmp", "icmpv6"] {
            theirs(&line["layers"][layer], &mut told);
        }
        for (field, paths) in PATHS {
            let name = name_in_ek(field);
            // Eight octets look like an address.
            let value = |value: &String| {
                if field.ends_with("nonce") || field.ends_with("eui64") {
                    octets(value)
                } else {
                    value.clone()
                }
            };
            let their = told.iter().filter(|(known, _)| *known == name);
            let their: Vec<String> = their.map(|(_, told)| value(told)).collect();
            if their.is_empty() || is_no_structure(&record, field) {
                continue;
            }
            let mut our: Vec<String> = paths.split(" or ").flat_map(|p| at(&record, p)).collect();
            match *field {
                "icmp.int_info.ipv4" => our.retain(|address| !address.contains(':')),
                "icmp.int_info.ipv6" => our.retain(|address| address.contains(':')),
                // Our records tell one that is fully qualified (RFC 4620 section 6.2).
                "icmpv6.ni.reply.node_name" => {
                    for name in &mut our {
                        name.truncate(name.trim_end_matches('.').len());
                    }
                }
                _ => {}
            }
            compared += 1;
            if our != their {
                different.push(format!(
                    "{} #{} {field}: we say {our:?}, tshark {their:?}",
                    packet.file, packet.number
                ));
            } else if their.iter().any(|value| value != "0") {
                idle.remove(field);
            }
        }
    }
    assert!(
        different.is_empty(),
        "{} differences:\n{}",
        different.len(),
        different.join("\n")
    );
    assert!(idle.is_empty(), "never seen with a value: {idle:?}");
    eprintln!("compared {compared} fields of {} packets", packets.len());
}
