//! The record reference, made from the JSON Schema.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;

use serde_json::Value;

use super::document::project;

/// The records in the order they come in.
const RECORDS: &[&str] = &[
    "start", "icmp", "exchange", "drop", "path", "finding", "summary",
];
/// What several records hold, with what the reference says of it beside the schema.
const PARTS: &[&str] = &[
    "frame",
    "ip",
    "extension_header",
    "icmp_message",
    "item",
    "quoted",
    "extension",
    "icmp_kind",
    "checksum",
    "tunnel",
    "defect",
];

/// The schema of the records.
pub(crate) struct Schema(Value);

impl Schema {
    pub(crate) fn read() -> Self {
        let path = project().join("schema/icmpdump.schema.json");
        Self(serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap())
    }

    /// All tables.
    pub(crate) fn reference(&self) -> String {
        let mut out = String::new();
        for name in RECORDS {
            self.table(&mut out, name, "###");
        }
        for name in PARTS {
            self.table(&mut out, name, "####");
        }
        let told: BTreeSet<&str> = RECORDS.iter().chain(PARTS).copied().collect();
        for (name, definition) in self.0["$defs"].as_object().unwrap() {
            assert!(
                told.contains(name.as_str()) || definition.get("properties").is_none(),
                "the reference has no table for {name}"
            );
        }
        out.trim_end().to_owned()
    }

    fn definition(&self, name: &str) -> &Value {
        &self.0["$defs"][name]
    }

    fn table(&self, out: &mut String, name: &str, level: &str) {
        let definition = self.definition(name);
        let description = definition["description"].as_str().unwrap();
        write!(out, "{level} `{name}`\n\n{description}\n\n").unwrap();
        out.push_str("| field | type | always | |\n|---|---|---|---|\n");
        self.rows(out, "", definition, true);
        out.push('\n');
    }

    /// Rows for the properties of an object; `always` whether the object itself is always there.
    fn rows(&self, out: &mut String, prefix: &str, object: &Value, always: bool) {
        let required: BTreeSet<&str> = object["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        for (name, property) in object["properties"].as_object().unwrap() {
            let path = format!("{prefix}{name}");
            let there = always && required.contains(name.as_str());
            let (kind, inner) = Self::kind(property);
            writeln!(
                out,
                "| `{path}` | {kind} | {} | {} |",
                if there { "yes" } else { "" },
                self.meaning(property).replace('|', "\\|"),
            )
            .unwrap();
            if let Some((inner, list)) = inner {
                let prefix = format!("{path}{}.", if list { "[]" } else { "" });
                self.rows(out, &prefix, inner, there);
            }
        }
    }

    /// What a value is, and the object in it whose fields are told in the same table, with whether
    /// it is a list of them.
    fn kind(property: &Value) -> (String, Option<(&Value, bool)>) {
        if let Some(name) = reference(property) {
            let kind = match name {
                "time" | "address" | "text" | "hex" | "protocol" => name.to_owned(),
                "community_id" => "text".to_owned(),
                "span" => "nanoseconds".to_owned(),
                "defects" => "list of [`defect`](#defect)".to_owned(),
                // Fields whose names the type decides.
                "field" => "any".to_owned(),
                _ => format!("[`{name}`](#{name})"),
            };
            return (kind, None);
        }
        match property["type"].as_str() {
            Some("array") => {
                let (kind, inner) = Self::kind(&property["items"]);
                let inner = inner.map(|(object, _)| (object, true));
                (format!("list of {kind}"), inner)
            }
            Some("object") if property.get("properties").is_some() => {
                ("object".to_owned(), Some((property, false)))
            }
            Some("object") => ("object".to_owned(), None),
            Some("integer") => ("number".to_owned(), None),
            Some("string") => ("text".to_owned(), None),
            Some("boolean") => ("true or false".to_owned(), None),
            Some(other) => (other.to_owned(), None),
            None => match (&property["const"], property["enum"].as_array()) {
                (Value::String(word), _) => (format!("`{word}`"), None),
                (Value::Bool(true), _) => ("true".to_owned(), None),
                (_, Some(values)) if values.iter().all(Value::is_number) => {
                    ("number".to_owned(), None)
                }
                (_, Some(_)) => ("word".to_owned(), None),
                _ => panic!("what is {property}?"),
            },
        }
    }

    /// The description, with the words that are possible and not told in it.
    fn meaning(&self, property: &Value) -> String {
        // What a simple type is the reference tells once.
        let inherited = reference(property)
            .map(|name| self.definition(name))
            .filter(|definition| definition.get("properties").is_some())
            .and_then(|definition| definition["description"].as_str());
        let mut meaning = property["description"]
            .as_str()
            .or(inherited)
            .unwrap_or_default()
            .to_owned();
        let words: Vec<String> = property["enum"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(|word| format!("`{word}`"))
            .collect();
        let elsewhere = meaning.contains("as in `");
        if !elsewhere && words.iter().any(|word| !meaning.contains(word)) {
            write!(meaning, " {}.", words.join(", ")).unwrap();
        }
        meaning
    }
}

fn reference(property: &Value) -> Option<&str> {
    property["$ref"].as_str()?.strip_prefix("#/$defs/")
}

/// The names of all findings, as they stand in the source of the diagnoses.
pub(crate) fn findings() -> BTreeSet<String> {
    let mut paths = vec![project().join("src/findings")];
    let mut names = BTreeSet::new();
    while let Some(path) = paths.pop() {
        if path.is_dir() {
            let inside = fs::read_dir(path).unwrap();
            paths.extend(inside.map(|entry| entry.unwrap().path()));
            continue;
        }
        let source = fs::read_to_string(path).unwrap();
        // Tests come last in a file; what they make up is no finding.
        let source = source.split("#[cfg(test)]").next().unwrap();
        for (at, _) in source.match_indices("name: \"") {
            let name = source[at + "name: \"".len()..].split('"').next().unwrap();
            names.insert(name.to_owned());
        }
    }
    names
}
