//! What our record says, in the same facts.

use serde_json::Value;

use super::facts::{Facts, Names, OUTER, QUOTED, TUNNEL};

fn told(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// What our record says.
pub(super) fn ours(record: &Value) -> Facts {
    let mut facts = Facts::default();
    header(&mut facts, &OUTER, &record["ip"]);
    let outer = &record["tunnel"][0]["ip"];
    if outer.is_object() {
        header(&mut facts, &TUNNEL, outer);
        facts.maybe("tunnel src port", told(&record["tunnel"][0]["src_port"]));
        facts.maybe("tunnel dst port", told(&record["tunnel"][0]["dst_port"]));
    }
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
        let sum = &quoted["checksum"];
        facts.maybe("status of the quoted checksum", told(&sum["status"]));
        facts.maybe("sum in the quote", told(&sum["value"]));
        facts.maybe("sum expected in the quote", told(&sum["expected"]));
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
