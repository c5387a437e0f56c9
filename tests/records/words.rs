//! The words of enumerations, as the source has them, against those that the schema allows.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

fn project(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The words that `name` or `word` of this `impl` gives.
fn words(source: &str, of: &str) -> BTreeSet<String> {
    let heading = format!("\nimpl {of} {{\n");
    let (_, body) = source
        .split_once(&heading)
        .unwrap_or_else(|| panic!("no {of}"));
    let body = body.split("\n}\n").next().unwrap();
    let mut functions = body
        .split("    }\n\n")
        .filter(|function| function.contains("fn name(") || function.contains("fn word("));
    let function = functions
        .next()
        .unwrap_or_else(|| panic!("{of} has no words"));
    let words = function.split('"').skip(1).step_by(2);
    words.map(str::to_owned).collect()
}

/// All enumerations of the schema.
fn enumerations(value: &Value, into: &mut Vec<BTreeSet<String>>) {
    match value {
        Value::Object(map) => {
            if let Some(Value::Array(words)) = map.get("enum") {
                let words = words.iter().filter_map(Value::as_str);
                into.push(words.map(str::to_owned).collect());
            }
            if let Some(Value::String(word)) = map.get("const") {
                into.push(BTreeSet::from([word.clone()]));
            }
            map.values().for_each(|value| enumerations(value, into));
        }
        Value::Array(list) => list.iter().for_each(|value| enumerations(value, into)),
        _ => {}
    }
}

#[test]
fn the_schema_has_the_words_of_enumerations() {
    /// Those of their values stand among others, or are names of fields.
    const AMONG_OTHERS: [&str; 3] = ["MatchKind", "ReportMessage", "SystemMessage"];
    const FIELDS: [&str; 2] = ["Undecodable", "ErrorOutcome"];
    let schema = serde_json::from_str(&project("schema/icmpdump.schema.json")).unwrap();
    let mut allowed = Vec::new();
    enumerations(&schema, &mut allowed);
    let of_records = project("src/record/words.rs");
    let of_records = of_records.lines().filter_map(|line| {
        let line = line.strip_prefix("impl ")?.strip_suffix(" {")?;
        let of = line.strip_prefix("Word for ")?;
        (!FIELDS.contains(&of)).then(|| ("src/record/words.rs", line.to_owned()))
    });
    let others = [
        ("src/correlate/verdict/reason.rs", "DropReason"),
        ("src/icmp/cause.rs", "ChecksumCause"),
        ("src/icmp/dns_record.rs", "Section"),
        ("src/icmp/extension.rs", "Located"),
        ("src/icmp/object.rs", "Role"),
        ("src/icmp/payload/sender.rs", "Sender"),
        ("src/model/options.rs", "PacketHash<'_>"),
        ("src/record/app_error.rs", "Raised"),
        ("src/wire/defect.rs", "Layer"),
        ("src/wire/link/tag.rs", "PacketType"),
        ("src/wire/link/tag.rs", "Direction"),
        ("src/wire/reassembly/mod.rs", "Reassembly"),
        ("src/wire/reassembly/refusal.rs", "Refusal"),
        ("src/wire/tunnel/kind.rs", "TunnelKind"),
    ];
    let others = others.map(|(file, of)| (file, of.to_owned()));
    let mut seen = 0;
    for (file, of) in of_records.chain(others) {
        let words = words(&project(file), &of);
        if words.is_empty() {
            // It has those of another.
            continue;
        }
        let is_among = AMONG_OTHERS.iter().any(|among| of.ends_with(among));
        let fits = |all: &BTreeSet<String>| *all == words || is_among && all.is_superset(&words);
        assert!(
            allowed.iter().any(fits),
            "no enum of the schema has all words of {of}, and these alone: {words:?}"
        );
        seen += words.len();
    }
    assert!(seen > 200, "{seen}");
}
