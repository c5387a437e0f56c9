//! Every folder of `testdata/scenarios` against what is true in it.
//!
//! No scenario is known by name: what to compare is what `truth.toml` claims, as
//! `testdata/scenarios/README.md` describes it.

#[path = "scenarios/compare.rs"]
mod compare;
#[path = "scenarios/output.rs"]
mod output;
#[path = "scenarios/pings.rs"]
mod pings;
#[path = "scenarios/truth.rs"]
mod truth;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, thread};

use compare::{Difference, NOT_YET_THERE};
use output::Output;
use truth::Truth;

/// The issues ask for at least this many.
const AT_LEAST: usize = 30;

fn scenarios() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/scenarios");
    let mut folders: Vec<_> = fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
}

fn name(folder: &Path) -> String {
    folder.file_name().unwrap().to_string_lossy().into_owned()
}

fn check(folder: &Path) -> Vec<Difference> {
    match Truth::read(&folder.join("truth.toml")) {
        Ok(truth) => compare::all(&truth, &Output::of(&folder.join("capture.pcap"))),
        Err(why) => vec![Difference::unreadable(why)],
    }
}

#[test]
fn every_scenario_is_told_as_it_was() {
    let folders = scenarios();
    assert!(folders.len() >= AT_LEAST, "{} scenarios", folders.len());
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some(folder) = folders.get(next.fetch_add(1, Ordering::Relaxed)) {
            done.push((name(folder), check(folder)));
        }
        done
    };
    let mut checked: Vec<_> = thread::scope(|scope| {
        let threads = [scope.spawn(work), scope.spawn(work)];
        threads
            .map(|thread| thread.join().unwrap())
            .into_iter()
            .flatten()
            .collect()
    });
    checked.sort_by(|a, b| a.0.cmp(&b.0));

    let mut table = String::new();
    for (name, differences) in checked.iter().filter(|(_, found)| !found.is_empty()) {
        writeln!(table, "{name}").unwrap();
        for Difference { what, truth, found } in differences {
            writeln!(table, "    {what}: truth {truth}, icmpdump {found}").unwrap();
        }
    }
    let wrong = checked
        .iter()
        .filter(|(_, found)| !found.is_empty())
        .count();
    assert!(
        table.is_empty(),
        "{wrong} of {} scenarios are told otherwise than they were:\n{table}",
        checked.len()
    );
}

/// A finding that exists by now has no place in the list of those that do not.
#[test]
fn findings_not_yet_there_are_not_there() {
    for folder in scenarios() {
        let output = Output::of(&folder.join("capture.pcap"));
        for finding in output.of_type("finding") {
            let found = finding["finding"].as_str().unwrap();
            assert!(
                NOT_YET_THERE.iter().all(|(name, _)| *name != found),
                "{found} is there: {}",
                folder.display()
            );
        }
    }
}
