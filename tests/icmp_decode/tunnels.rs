//! The headers of tunnels against tshark's: of all captures, and of packets made for it.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::frames;
use crate::shown::capture;
use crate::tcpdump::our_records;
use crate::tunnel_fields::FIELDS;
use crate::tunnel_samples::{restored, samples};

/// Values that tshark tells otherwise: of which field, what we tell, what tshark does, and why we are
/// right.
const OTHERWISE: [(&str, &[&str], &[&str], &str); 6] = [
    (
        "vxlan.gbp",
        &[],
        &["0"],
        "RFC 7348 section 5 reserves these octets: draft-smith-vxlan-group-policy section 2.1 makes a \
         group of them where flag G is set",
    ),
    (
        "path",
        &["192.0.2.1 > 192.0.2.2", "192.0.2.2 > 192.0.2.1"],
        &["192.0.2.1 > 192.0.2.2"],
        "frame type 2 is an IP packet (draft-foschiano-erspan section 4.3)",
    ),
    ("gre.flags.ack", &["0"], &[], EOIP),
    ("gre.key.payload_length", &["42"], &[], EOIP),
    ("gre.key", &[], &["2754305"], EOIP),
    (
        "ppp.protocol",
        &["89", "33"],
        &["89"],
        "each subframe of a multiplexed one has a protocol (RFC 3153 section 1.1), which tshark names \
         otherwise",
    ),
];

const EOIP: &str = "the header is that of RFC 2637 section 4.1, flags and version, with a protocol type \
     that tshark does not know in it";

/// Kinds of tunnels that tshark does not follow.
const NOT_FOLLOWED: [(&str, &str); 4] = [
    (
        "broadcom_li",
        "tcpdump knows Broadcom's LI, and finds an IPv4 header (RFC 791 section 3.1) in it",
    ),
    (
        "gue",
        "tshark does not know GUE (draft-ietf-intarea-gue section 3)",
    ),
    (
        "l2tpv3",
        "what a session carries its ends agree on (RFC 3931 section 5.4.4); tshark wants to be told",
    ),
    (
        "x25",
        "a call names what it carries (RFC 1356 section 3.2); tshark gives up where it saw none",
    ),
];

/// Fields that no message has set.
const NEVER_SET: [(&str, &str); 2] = [
    (
        "l2tp.type",
        "a control message carries no packet (RFC 2661 section 3.2)",
    ),
    (
        "sndcp.segment",
        "a packet in segments is put together (3GPP TS 44.065 section 6.7)",
    ),
];

/// What tshark tells of the layers around a message.
const LAYERS: [&str; 7] = [
    "frame.protocols",
    "ip.src",
    "ip.dst",
    "ipv6.src",
    "ipv6.dst",
    "vlan.id",
    "ieee8021ad.id",
];

/// A value as both programs can write it.
fn plain(value: &str) -> String {
    if let Some(digits) = value.strip_prefix("0x")
        && let Ok(number) = u64::from_str_radix(digits, 16)
    {
        return number.to_string();
    }
    match value {
        "True" | "true" => "1".to_owned(),
        "False" | "false" => "0".to_owned(),
        other => other.to_owned(),
    }
}

/// A message in tunnels, as far as tshark follows these.
struct Ours<'r> {
    record: &'r Value,
    tunnels: &'r [Value],
    /// Where that ends before the message.
    ends_in: Option<&'static str>,
}

impl<'r> Ours<'r> {
    fn new(record: &'r Value) -> Self {
        let all = record["tunnel"].as_array().unwrap();
        let known = |tunnel: &Value| {
            let mut kinds = NOT_FOLLOWED.iter().map(|(kind, _)| *kind);
            kinds.find(|kind| tunnel["kind"] == *kind)
        };
        let end = (1..).zip(all).find_map(|(n, one)| Some((n, known(one)?)));
        Self {
            record,
            tunnels: &all[..end.map_or(all.len(), |(n, _)| n)],
            ends_in: end.map(|(_, kind)| kind),
        }
    }

    /// All values of a field in headers of these names.
    fn values(&self, names: &str, field: &str) -> Vec<String> {
        let headers = self.tunnels.iter().flat_map(headers);
        let headers = headers.filter(|each| names.split('|').any(|name| each["name"] == name));
        let values = headers.flat_map(|header| match header["labels"].as_array() {
            Some(labels) => labels.iter().map(|label| &label[field]).collect(),
            None => vec![&header[field]],
        });
        let told = values.filter(|value| !value.is_null());
        told.map(|value| plain(&value.to_string().replace('"', "")))
            .collect()
    }

    /// The VLANs and the addresses around the message, and its own.
    fn path(&self) -> Vec<String> {
        let vlan = |id: &Value| format!("VLAN {id}");
        let of_link = self.record["vlan"].as_array().into_iter().flatten();
        let mut path: Vec<_> = of_link.map(vlan).collect();
        let mut was_compressed = false;
        for tunnel in self.tunnels {
            // The packet that was compressed has the same addresses.
            path.extend(addresses(tunnel).filter(|_| !was_compressed));
            was_compressed = tunnel["kind"] == "ipcomp";
            let tags = headers(tunnel).filter(|header| header["name"] == "vlan_tag");
            let tags = tags.filter(|_| tunnel["kind"] != self.ends_in.unwrap_or_default());
            path.extend(tags.map(|tag| vlan(&tag["vlan"])));
        }
        if self.ends_in.is_none() {
            path.extend(addresses(&self.record["ip"]));
        }
        path
    }
}

fn headers(tunnel: &Value) -> impl Iterator<Item = &Value> {
    tunnel["headers"].as_array().into_iter().flatten()
}

fn addresses(of: &Value) -> Option<String> {
    Some(format!("{} > {}", of["src"].as_str()?, of["dst"].as_str()?))
}

/// The same by tshark, from the columns of [`LAYERS`].
fn their_path(columns: &[&str]) -> Vec<String> {
    let mut values: Vec<_> = columns.iter().map(|column| column.split(',')).collect();
    let mut path = Vec::new();
    for layer in columns[0].split(':') {
        let mut next = |name: &str| {
            let at = LAYERS.iter().position(|known| *known == name)?;
            values[at].next().filter(|value| !value.is_empty())
        };
        match layer {
            "icmp" | "icmpv6" => break,
            "ip" | "ipv6" => {
                let [src, dst] = ["src", "dst"].map(|end| next(&format!("{layer}.{end}")));
                // Where a layer of IPv4 turns out to be IPv6 it has no addresses.
                path.extend(src.zip(dst).map(|(src, dst)| format!("{src} > {dst}")));
            }
            "vlan" | "ieee8021ad" => {
                let id = next(&format!("{layer}.id"));
                path.extend(id.map(|id| format!("VLAN {id}")));
            }
            _ => {}
        }
    }
    path
}

/// What came of a comparison.
#[derive(Default)]
struct Compared {
    messages: usize,
    different: Vec<String>,
    /// The fields that both told with a value other than 0, and the exceptions that were needed.
    used: BTreeSet<&'static str>,
}

impl Compared {
    /// Compares what both tell of the tunnels in a capture.
    fn capture(&mut self, path: &Path) {
        let mut records = our_records(path);
        records.retain(|record| record["tunnel"].is_array());
        self.messages += records.len();
        if records.is_empty() {
            return;
        }
        let text = theirs(path);
        let lines: Vec<_> = text.lines().collect();
        let file = path.file_name().unwrap().to_string_lossy();
        for record in &records {
            let frame = usize::try_from(record["frame"].as_u64().unwrap()).unwrap();
            let columns: Vec<_> = lines[frame - 1].split('|').collect();
            let (layers, fields) = columns.split_at(LAYERS.len());
            let ours = Ours::new(record);
            self.used.extend(ours.ends_in);
            let what = format!("{file} #{frame}");
            self.values("path", &ours.path(), &their_path(layers), &what);
            for ((field, names, our), theirs) in FIELDS.iter().zip(fields) {
                let ours = ours.values(names, our);
                let mut theirs: Vec<_> = (theirs.split(','))
                    .filter(|value| !value.is_empty())
                    .map(plain)
                    .collect();
                if !record["quoted"].is_null() {
                    // Those of the quoted packet follow.
                    theirs.truncate(ours.len());
                }
                self.values(field, &ours, &theirs, &what);
            }
        }
    }

    /// Compares what both tell in a field.
    fn values(&mut self, field: &'static str, ours: &[String], theirs: &[String], what: &str) {
        let known = OTHERWISE
            .iter()
            .find(|known| known.0 == field && ours == known.1 && theirs == known.2);
        if let Some((.., reason)) = known {
            self.used.insert(reason);
        } else if ours != theirs {
            self.different
                .push(format!("{what} {field}: {ours:?}, tshark {theirs:?}"));
        } else if ours.iter().any(|value| value != "0") {
            assert!(NEVER_SET.iter().all(|(never, _)| *never != field));
            self.used.insert(field);
        }
    }
}

/// What tshark says of [`LAYERS`] and [`FIELDS`], a line for each frame.
fn theirs(path: &Path) -> String {
    let mut command = Command::new("tshark");
    command.args(["-n", "-T", "fields"]);
    command.args(["-E", "separator=|", "-E", "aggregator=,"]);
    // The port that Linux takes for VXLAN by default.
    command.args(["-d", "udp.port==8472,vxlan"]);
    command.args(["-o", "esp.enable_null_encryption_decode_heuristic:TRUE"]);
    command.arg("-r").arg(path);
    for name in LAYERS.iter().chain(FIELDS.iter().map(|(name, ..)| name)) {
        command.args(["-e", name]);
    }
    let output = command.output().expect("tshark is installed");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn tunnels_are_told_as_tshark_does() {
    let packets = [restored(), samples()].concat();
    let file = capture(&packets);
    let mut compared = Compared::default();
    compared.capture(file.path());
    assert_eq!(compared.messages, packets.len());
    for path in frames::files() {
        compared.capture(&path);
    }
    assert!(
        compared.different.is_empty(),
        "{} differences in {} messages:\n{}",
        compared.different.len(),
        compared.messages,
        compared.different.join("\n")
    );
    let fields = FIELDS.iter().map(|(field, ..)| *field);
    let excused = OTHERWISE.iter().map(|(.., reason)| *reason);
    let kinds = NOT_FOLLOWED.iter().map(|(kind, _)| *kind);
    let expected: BTreeSet<_> = fields.chain(excused).chain(kinds).collect();
    let idle = expected.difference(&compared.used);
    let idle: Vec<_> = idle
        .filter(|field| NEVER_SET.iter().all(|(never, _)| never != *field))
        .collect();
    assert!(idle.is_empty(), "never seen with a value: {idle:?}");
    eprintln!("compared {} messages", compared.messages);
}
