//! Every ICMP message of the captures as icmpdump and as tshark tell it, field by field.
//!
//! Where the two differ a rule (`oracle/rules.rs`) or an exception (`oracle/exceptions.rs`) says why
//! icmpdump is right; one without a difference fails as a difference without one does.

#[path = "oracle/captures.rs"]
mod captures;
#[path = "oracle/exceptions.rs"]
mod exceptions;
#[path = "oracle/fields.rs"]
mod fields;
#[path = "common/frames.rs"]
mod frames;
#[path = "oracle/icmpdump.rs"]
mod icmpdump;
#[path = "oracle/rules.rs"]
mod rules;
#[path = "oracle/tshark.rs"]
mod tshark;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use serde_json::Value;

use captures::Captures;
use exceptions::EXCEPTIONS;
use fields::{Facts, Field};
use icmpdump::Told;
use rules::{NOTHING, RULES};
use tshark::Said;

/// A field that the two tell differently.
struct Difference<'a> {
    file: &'a str,
    frame: u64,
    field: Field,
    ours: Option<String>,
    theirs: Option<String>,
    /// Our record of the message, of the request that we say it answers, and of the one that tshark
    /// says.
    told: &'a Value,
    request: &'a Value,
    their_request: &'a Value,
}

impl fmt::Display for Difference<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |said: &Option<String>| said.clone().unwrap_or_else(|| "nothing".to_owned());
        write!(
            f,
            "{} #{} {:?}: icmpdump {}, tshark {}",
            self.file,
            self.frame,
            self.field,
            word(&self.ours),
            word(&self.theirs)
        )
    }
}

/// How many messages were compared, and what differs.
fn compare<'a>(
    captures: &'a Captures,
    ours: &'a BTreeMap<usize, Told>,
    theirs: &Said,
) -> (usize, Vec<Difference<'a>>) {
    let (no_record, no_facts) = (Told::default(), Facts::default());
    let mut differences = Vec::new();
    let mut compared = 0;
    for (index, frame) in captures.frames.iter().enumerate() {
        if !ours.contains_key(&index) && !theirs.messages.contains_key(&index) {
            continue;
        }
        compared += 1;
        let file = captures.file_of(index);
        let our_facts = ours
            .get(&index)
            .map_or(&no_record.facts, |told| &told.facts);
        let mut their_facts = theirs.messages.get(&index).unwrap_or(&no_facts).clone();
        let record = |index| ours.get(&index).map_or(NOTHING, |told: &Told| &told.record);
        let request_of = |facts: &Facts| {
            let number = facts.get(Field::Request)?.parse::<usize>().unwrap();
            Some(record(file.first + number - 1))
        };
        if our_facts.get(Field::QuotedCommunityId).is_some()
            && let Some(number) = record(index)["original"]["frame"].as_u64()
        {
            let original = file.first + usize::try_from(number).unwrap() - 1;
            let id = theirs.community_ids.get(&original).cloned();
            their_facts.put(Field::QuotedCommunityId, id);
        }
        for (field, ours, theirs) in our_facts.differences(&their_facts) {
            differences.push(Difference {
                file: &file.name,
                frame: frame.number,
                field,
                ours,
                theirs,
                told: record(index),
                request: request_of(our_facts).unwrap_or(NOTHING),
                their_request: request_of(&their_facts).unwrap_or(NOTHING),
            });
        }
    }
    (compared, differences)
}

/// Compares all captures below the folders. Rules are judged over all of them together.
fn check(folders: &[&str]) {
    let mut idle: Vec<_> = RULES.iter().map(|rule| (rule.reason, true)).collect();
    let mut unexplained = Vec::new();
    for folder in folders {
        let captures = Captures::read(Path::new(folder));
        let ours = icmpdump::messages(&captures);
        let theirs = tshark::said(&captures);
        let (compared, differences) = compare(&captures, &ours, &theirs);
        assert!(compared > 0, "no ICMP below {folder}");
        let mut used = BTreeSet::new();
        for difference in &differences {
            if let Some(at) = RULES.iter().position(|rule| (rule.covers)(difference)) {
                idle[at].1 = false;
            } else if EXCEPTIONS.iter().any(|e| e.covers(difference)) {
                used.insert((difference.file, difference.frame, difference.field));
            } else {
                unexplained.push(difference.to_string());
            }
        }
        let here = EXCEPTIONS.iter().filter(|e| captures.has(e.file));
        for exception in here.flat_map(exceptions::Exception::all) {
            if !used.contains(&exception) {
                unexplained.push(format!("no difference any more: {exception:?}"));
            }
        }
        eprintln!(
            "{folder}: {compared} messages in {} files, {} differences",
            captures.files.len(),
            differences.len()
        );
    }
    let idle = idle.iter().filter(|(_, idle)| *idle);
    unexplained.extend(idle.map(|(reason, _)| format!("no difference any more: {reason}")));
    assert!(
        unexplained.is_empty(),
        "{} differences without a reason:\n{}",
        unexplained.len(),
        unexplained.join("\n")
    );
}

#[test]
fn tshark_agrees_on_every_message() {
    let public = "../shared/captures";
    if Path::new(public).is_dir() {
        check(&["testdata", public]);
    } else {
        eprintln!("NOT COMPARED: there is no folder {public}");
        check(&["testdata"]);
    }
}
