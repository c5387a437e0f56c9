//! Every ICMP message of the captures as icmpdump and as tshark tell it, field by field: as each frame
//! has it, and put together from fragments.
//!
//! Where the two differ a rule (`oracle/rules.rs`) or an exception (`oracle/exceptions.rs`) says why
//! icmpdump is right; one without a difference fails as a difference without one does.

#[path = "oracle/captures.rs"]
mod captures;
#[path = "oracle/exceptions.rs"]
mod exceptions;
#[path = "oracle/fields.rs"]
mod fields;
#[path = "common/fragmented.rs"]
mod fragmented;
#[path = "common/frames.rs"]
mod frames;
#[path = "oracle/icmpdump.rs"]
mod icmpdump;
#[path = "oracle/made.rs"]
mod made;
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
use fields::{Facts, Field, Fragments};
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

/// What becomes of all differences. Rules are judged over all captures together.
#[derive(Default)]
struct Judged {
    rules: BTreeSet<&'static str>,
    exceptions: BTreeSet<(&'static str, u64, Field)>,
    unexplained: Vec<String>,
}

impl Judged {
    fn judge(&mut self, difference: &Difference<'_>) {
        if let Some(rule) = RULES.iter().find(|rule| (rule.covers)(difference)) {
            self.rules.insert(rule.reason);
        } else if let Some(e) = EXCEPTIONS.iter().find(|e| e.covers(difference)) {
            self.exceptions
                .insert((e.file, difference.frame, difference.field));
        } else {
            self.unexplained.push(difference.to_string());
        }
    }

    /// Every message as each frame has it.
    fn messages(&mut self, folder: &Path) {
        let captures = Captures::read(folder);
        let theirs = tshark::said(&captures, Fragments::Alone);
        let ours = icmpdump::messages(&captures, Fragments::Alone);
        let (compared, differences) = compare(&captures, &ours, &theirs);
        let (folder, files) = (folder.display(), captures.files.len());
        assert!(compared > 0, "no ICMP below {folder}");
        for each in &differences {
            self.judge(each);
        }
        let here = EXCEPTIONS.iter().filter(|e| captures.has(e.file));
        for exception in here.flat_map(exceptions::Exception::all) {
            if !self.exceptions.contains(&exception) {
                let idle = format!("no difference any more: {exception:?}");
                self.unexplained.push(idle);
            }
        }
        let count = differences.len();
        eprintln!("{folder}: {compared} messages in {files} files, {count} differences");
        let with_fragments = captures.each(|file| {
            let frames = file.first..file.first + file.frames;
            theirs.fragments.range(frames).next().is_some()
        });
        self.put_together(&with_fragments);
    }

    /// What messages in fragments came to: how many there are.
    fn put_together(&mut self, each: &[Captures]) -> usize {
        let (mut compared, mut count) = (0, 0);
        for captures in each {
            let ours = icmpdump::messages(captures, Fragments::Together);
            let theirs = tshark::said(captures, Fragments::Together);
            let (messages, differences) = compare(captures, &ours, &theirs);
            for each in &differences {
                self.judge(each);
            }
            compared += messages;
            count += differences.len();
        }
        let files = each.len();
        eprintln!("in fragments: {compared} messages in {files} files, {count} differences");
        compared
    }

    fn ends(mut self) {
        let reasons = RULES.iter().map(|rule| rule.reason);
        let idle = reasons.filter(|reason| !self.rules.contains(reason));
        let idle: Vec<_> = idle
            .map(|reason| format!("no difference any more: {reason}"))
            .collect();
        self.unexplained.extend(idle);
        assert!(
            self.unexplained.is_empty(),
            "{} differences without a reason:\n{}",
            self.unexplained.len(),
            self.unexplained.join("\n")
        );
    }
}

#[test]
fn tshark_agrees_on_every_message() {
    let mut judged = Judged::default();
    let (made, messages) = made::captures();
    let compared = judged.put_together(&Captures::read(made.path()).each(|_| true));
    assert_eq!(compared, messages);
    judged.messages(Path::new("testdata"));
    let public = Path::new("../shared/captures");
    if public.is_dir() {
        judged.messages(public);
    } else {
        eprintln!("NOT COMPARED: there is no folder {}", public.display());
    }
    judged.ends();
}
