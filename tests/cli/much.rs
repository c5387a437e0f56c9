//! Much output is put into words by a thread of its own: nothing of it may show.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::Ipv4Addr;
use std::process::{Command, Stdio};

use crate::common::crafted::{Crafted, echo_request, udp};
use crate::common::{command, copied_program, finish, recorded, tool};

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

/// The thread that writes then also counts.
#[test]
fn an_account_that_is_asked_for_behind_much_output_holds_all_of_it() {
    const REQUESTS: u16 = 6000;
    let mut capture = Crafted::new();
    let ends = (Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 0, 0, 2));
    for seq in 0..REQUESTS {
        capture.push(
            u64::from(seq),
            &echo_request(ends, 64, (7, seq), b"whatever"),
        );
    }
    let file = capture.file();
    let mut child = command()
        .args(["-r", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let octets = fs::read(file.path()).expect("a capture");
    let writer = std::thread::spawn(move || {
        stdin.write_all(&octets).expect("it reads");
        stdin
    });
    let mut stdout = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    for line in 0..REQUESTS {
        let line = stdout.next().unwrap_or_else(|| panic!("line {line}"));
        assert!(line.expect("UTF-8").contains("ICMP echo request"));
    }
    assert!(
        tool("kill", &["-USR1", &child.id().to_string()])
            .status
            .success()
    );
    let mut account = String::new();
    let mut stderr = BufReader::new(child.stderr.take().expect("a pipe"));
    while !account.contains("echo request") {
        let read = stderr.read_line(&mut account).expect("UTF-8");
        assert!(read > 0, "{account}");
    }
    assert!(account.contains("6000 ICMP shown"), "{account}");
    // Counted once all the same.
    drop(writer.join().expect("it is done"));
    let rest: Vec<_> = stdout.map(|line| line.expect("UTF-8")).collect();
    let rest = rest.join("\n");
    assert!(rest.contains("6000 ICMP shown"), "{rest}");
    stderr.read_to_string(&mut account).expect("UTF-8");
    assert!(child.wait().expect("it ends").success(), "{account}");
}

/// Where a user may have no more processes, threads among them, all is done by the one there is.
#[cfg(target_os = "linux")]
#[test]
fn nothing_needs_a_thread() {
    use std::os::unix::fs::PermissionsExt;

    const MESSAGES: u16 = 6000;
    let mut capture = Crafted::new();
    let ends = (Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 0, 0, 2));
    for seq in 0..MESSAGES {
        let micros = u64::from(seq);
        capture.push(micros, &udp(ends, 64, (4000, 5000)));
        capture.push(micros, &udp(ends, 64, (4000, 5001)));
        capture.push(micros, &echo_request(ends, 64, (7, seq), &[0; 200]));
    }
    let file = capture.file();
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (path, mode) in [(folder.path(), 0o777), (file.path(), 0o644)] {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("the mode changes");
    }
    // The limit does not hold for root.
    let root = tool("id", &["-u"]).stdout == b"0\n";
    let program = copied_program(folder.path());
    let run = |prepared: &[&str], flags: &[&str]| {
        let mut command = Command::new("env");
        if root {
            command.args(["setpriv", "--reuid", "65534", "--clear-groups"]);
        }
        command.args(prepared).arg(&program).args(["-r"]);
        let run = finish(command.arg(file.path()).args(flags).stdin(Stdio::null()));
        run.exits(0)
    };
    let written = folder.path().join("out.pcap");
    let path = written.to_str().expect("UTF-8");
    for flags in [
        &[][..],
        &["--json"],
        &["--originals", "off"],
        &["--print", "-w", path],
        &["--print", "-C", "100k", "-w", path],
    ] {
        let (free, bound) = (run(&[], flags), run(&["prlimit", "--nproc=1"], flags));
        assert!(free.out.lines().count() > MESSAGES.into(), "{}", free.out);
        assert!(free.out == bound.out, "{flags:?}");
        assert_eq!(free.err, bound.err, "{flags:?}");
        if flags.contains(&path) {
            assert!(fs::metadata(&written).is_ok_and(|file| file.len() > 100_000));
            fs::remove_file(&written).expect("it is there");
        }
    }
}
