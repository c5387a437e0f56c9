//! Much output is put into words by a thread of its own: nothing of it may show.

use std::fs::File;
use std::process::Command;

use crate::common::{command, finish, recorded};

/// Reads all recorded captures so often that thousands of records come behind those with which that
/// thread begins.
fn much(flags: &[&str]) -> Command {
    const TIMES: usize = 6;
    let mut command = command();
    let captures = recorded();
    for capture in captures.iter().cycle().take(TIMES * captures.len()) {
        command.arg("-r").arg(capture);
    }
    command.args(flags);
    command
}

/// With `-l` each record is written by who tells it.
#[test]
fn much_output_is_what_it_would_be_record_by_record() {
    for flags in [&[][..], &["-v", "-e", "-X"], &["--json"]] {
        let output = |more: &[&str]| {
            let done = much(flags).args(more).output().expect("it runs");
            String::from_utf8(done.stdout).expect("UTF-8")
        };
        let (behind, at_once) = (output(&[]), output(&["-l"]));
        assert!(behind.lines().count() > 8000, "not much");
        let differs = behind.lines().zip(at_once.lines()).find(|(a, b)| a != b);
        assert_eq!(differs, None, "{flags:?}");
        assert_eq!(behind.len(), at_once.len(), "{flags:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_full_in_the_midst_of_much_output_is_told() {
    for flags in [&[][..], &["--json"]] {
        let full = File::options().write(true).open("/dev/full");
        let run = finish(much(flags).stdout(full.expect("/dev/full")));
        let run = run.exits(1).says("output").says("No space left");
        assert!(!run.err.contains("panicked"), "{}", run.err);
    }
}
