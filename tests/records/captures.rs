//! What the command writes for whole captures, against the schema.

use super::records_support::{self, Schema};

fn captures(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(captures(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// What the command writes for every capture in a folder; how many records.
fn check_captures(folder: &str) -> usize {
    let schema = Schema::load();
    let mut count = 0;
    for path in captures(std::path::Path::new(folder)) {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_icmpdump"))
            .args(["--json", "-e", "-x", "-r"])
            .arg(&path)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        for line in text.lines() {
            let record = records_support::parse(line);
            records_support::no_nulls(&record);
            if let Some(errors) = schema.errors(&record) {
                panic!("{}: {errors}\nin {record}", path.display());
            }
            count += 1;
        }
    }
    count
}

#[test]
fn all_that_is_written_of_our_recordings_fits_the_schema() {
    let count = check_captures("testdata");
    assert!(count > 2000, "only {count} records");
}

#[test]
fn all_that_is_written_of_public_captures_fits_the_schema() {
    let folder = "../shared/captures";
    if !std::path::Path::new(folder).is_dir() {
        eprintln!("{folder} is not there: not checked");
        return;
    }
    let count = check_captures(folder);
    assert!(count > 500, "only {count} records");
}
