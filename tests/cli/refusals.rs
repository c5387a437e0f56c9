//! Input and arguments that cannot be used: a sentence that helps, and the exit status.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::common::{Run, command, copied_program, finish, run, run_with_input, testdata, tool};

/// Checks what holds for every refusal: its status, nothing on standard output, and on standard
/// error `words` in sentences for people.
#[track_caller]
pub(crate) fn refused(run: Run, code: i32, words: &[&str]) -> Run {
    let run = run.exits(code);
    assert_eq!(run.out, "", "{}", run.what());
    in_sentences(&run, words);
    run
}

/// Checks that standard error holds `words`, in sentences for people.
#[track_caller]
pub(crate) fn in_sentences(run: &Run, words: &[&str]) {
    for word in words {
        assert!(run.err.contains(word), "{word:?} is not in: {}", run.err);
    }
    for form in [
        "{",
        "Err(",
        "Some(",
        "Os {",
        "kind:",
        "panicked",
        "backtrace",
        "RUST_",
        "src/",
    ] {
        assert!(!run.err.contains(form), "{form:?} is in: {}", run.err);
    }
    assert!(run.err.ends_with('\n'), "{}", run.err);
}

/// What is expected of a capture, in each message about a file that is none.
pub(crate) const EXPECTED: &str =
    "expected a pcap or pcapng capture, plain or compressed by gzip, zstd, xz or lz4";

#[test]
fn files_that_are_no_captures() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let gz = |octets: &[u8]| {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        writer.write_all(octets).expect("memory");
        writer.finish().expect("memory")
    };
    let program = fs::read("/bin/sh").expect("a program");
    let cases: &[(&str, &[u8], &str)] = &[
        ("notes.pcap", b"the capture of Tuesday\n", "text"),
        ("picture.pcap", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "PNG"),
        ("photo.pcap", b"\xff\xd8\xff\xe0\0\x10JFIF\0", "JPEG"),
        (
            "program.pcap",
            &program,
            if cfg!(target_os = "linux") {
                "ELF"
            } else {
                "program"
            },
        ),
        ("archive.pcap", b"PK\x03\x04\x14\0\0\0\x08\0abcdefgh", "ZIP"),
        (
            "page.pcap",
            b"<!DOCTYPE html><html><body>404</body></html>",
            "HTML",
        ),
        ("report.pcap", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "PDF"),
        (
            "records.pcap",
            b"{\"type\":\"start\",\"schema\":\"1.0\"}\n",
            "JSON",
        ),
        ("zeros.pcap", &[0; 4096], "zero"),
        (
            "noise.pcap",
            b"\x01\x02\x03\x04\x05\x06\x07\x08\x09\xfe",
            "binary",
        ),
        ("text.gz", &gz(b"the capture of Tuesday\n"), "text"),
        ("one.pcap", b"\xd4", ""),
    ];
    for (name, content, looks) in cases {
        let path = folder.path().join(name);
        fs::write(&path, content).expect("room");
        let path = path.to_str().expect("UTF-8");
        refused(
            run(&["-r", path]),
            1,
            &[path, "not a capture", looks, EXPECTED],
        );
        refused(run(&["-r", path, "--json"]), 1, &[path, EXPECTED]);
    }
}

#[test]
fn files_that_are_not_there_or_hold_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let at = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    fs::write(at("empty.pcap"), b"").expect("room");
    fs::write(at("a-file"), b"x").expect("room");

    let missing = at("missing.pcap");
    refused(
        run(&["-r", &missing]),
        1,
        &[&missing, "no such file", "expects"],
    );
    let below_a_file = at("a-file/missing.pcap");
    refused(
        run(&["-r", &below_a_file]),
        1,
        &[&below_a_file, "a file that is no directory", "expects"],
    );
    let directory = folder.path().to_str().expect("UTF-8");
    refused(
        run(&["-r", directory]),
        1,
        &[directory, "directory", "expects"],
    );
    let empty = at("empty.pcap");
    refused(run(&["-r", &empty]), 1, &[&empty, "empty", EXPECTED]);
    refused(
        run_with_input(&["-r", "-"], b""),
        1,
        &["-", "empty", EXPECTED],
    );
    refused(
        run(&["-r", "/dev/null"]),
        1,
        &["/dev/null", "empty", EXPECTED],
    );
}

/// Runs as another user where this one may read everything.
#[test]
fn files_that_may_not_be_read() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mode = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("the mode changes");
    };
    mode(folder.path(), 0o755);
    let capture = folder.path().join("private.pcap");
    fs::copy(testdata("ping4.pcap"), &capture).expect("room");
    mode(&capture, 0o000);
    let root = tool("id", &["-u"]).stdout == b"0\n";
    let mut command = if root {
        // A copy, since the folder of the built one may be closed to others.
        let program = copied_program(folder.path());
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid", "65534", "--clear-groups"])
            .arg(program);
        command
    } else {
        Command::new(env!("CARGO_BIN_EXE_icmpdump"))
    };
    command.stdin(Stdio::null()).arg("-r").arg(&capture);
    let path = capture.to_str().expect("UTF-8");
    let run = crate::common::finish(&mut command);
    refused(run, 1, &[path, "permission denied", "readable"]);
}

#[test]
fn arguments_that_make_no_sense() {
    let ping = testdata("ping4.pcap");
    let with = |more: &[&str]| {
        let mut arguments = vec!["-r", &ping];
        arguments.extend(more);
        run(&arguments)
    };
    let cases: &[(&[&str], &[&str])] = &[
        (&["-i", "eth0"], &["-r", "--interface", "cannot be used"]),
        (&["--flows"], &["-r", "--flows", "cannot be used"]),
        (
            &["--duration", "5"],
            &["-r", "--duration", "cannot be used"],
        ),
        (&["--no-such-flag"], &["--no-such-flag", "--help"]),
        (&["-c", "0"], &["-c", "0"]),
        (&["-y", "FOO"], &["-y FOO", "no such link type", "-L"]),
        (&["-c", "many"], &["-c", "many"]),
        (&["-c", "-1"], &["-1"]),
        (
            &["--reply-timeout", "soon"],
            &["--reply-timeout", "soon", "seconds"],
        ),
        (&["--reply-timeout", "0"], &["--reply-timeout", "0"]),
        (&["--reply-timeout", "-5"], &["-5"]),
        (
            &["--memory-limit", "lots"],
            &["--memory-limit", "lots", "MiB"],
        ),
        (&["--memory-limit", "1"], &["--memory-limit", "1MiB"]),
        (
            &["--json", "--emit", "icmp,drops"],
            &["--emit", "drops", "icmp, exchange, drop"],
        ),
        (
            &["--json", "--emit", ""],
            &["--emit", "icmp, exchange, drop"],
        ),
        (&["--emit", "drop"], &["--json"]),
        (
            &["--quoted", "maybe"],
            &["--quoted", "maybe", "auto, yes, no"],
        ),
        (
            &["--originals", "maybe"],
            &["--originals", "maybe", "on, off"],
        ),
        (
            &["--color", "maybe"],
            &["--color", "maybe", "auto, always, never"],
        ),
        (&["-tttttt"], &["-t", "5 times"]),
        (&["--micro", "--nano"], &["--micro", "--nano"]),
        (&["--json", "--count"], &["--json", "--count"]),
        (
            &["-w", "-", "--print"],
            &["-w", "--print", "standard output"],
        ),
        (&["-r"], &["-r", "value"]),
    ];
    for (more, words) in cases {
        refused(with(more), 2, words);
    }
    refused(
        run(&["-i", "lo", "--only-filter"]),
        2,
        &["--only-filter", "filter"],
    );
    refused(
        run(&["-i", "lo", "--duration", "0"]),
        2,
        &["--duration", "'0'"],
    );
    refused(
        run(&["-i", "lo", "-Q", "up"]),
        2,
        &["--direction", "in, out, inout"],
    );
    refused(
        run(&["-i", "lo", "-B", "0"]),
        2,
        &["--buffer-size", "'0'", "from 1 to 2097151"],
    );
    refused(run(&["-r", "-", "-r", "-"]), 2, &["standard input", "once"]);
}

/// Each is told with its option, and with what that takes.
#[test]
fn negative_numbers() {
    let cases = [
        ("-s", "-1", "--snapshot-length", "from 0 to 4294967295"),
        ("-B", "-1", "--buffer-size", "from 1 to 2097151"),
        ("-c", "-1", "-c <N>", "1 or more"),
        ("-G", "-1", "-G <SECONDS>", "1 or more"),
        ("-W", "-1", "-W <N>", "1 or more"),
        ("-C", "-1", "-C:", "millions of octets"),
        ("--reply-timeout", "-1", "--reply-timeout:", "10s or 500ms"),
        (
            "--reply-timeout",
            "-10s",
            "--reply-timeout:",
            "10s or 500ms",
        ),
        ("--duration", "-1m", "--duration:", "10s or 500ms"),
        ("--memory-limit", "-64MiB", "--memory-limit:", "256MiB"),
    ];
    for (option, value, name, remedy) in cases {
        let mut arguments = vec![option, value, "-i", "lo"];
        if matches!(option, "-C" | "-G" | "-W") {
            arguments.extend(["-w", "never.pcap", "-C", "1"]);
        }
        // The last one counts.
        arguments.extend([option, value]);
        let run = refused(run(&arguments), 2, &[&format!("'{value}'"), name, remedy]);
        assert!(!run.err.contains("unexpected argument"), "{}", run.err);
    }
    // What is no number is an option.
    let run = run(&["-c", "-v", "-r", &testdata("ping4.pcap")]);
    refused(run, 2, &["-c <N>", "value is required"]);
}

#[test]
fn a_capture_without_its_r() {
    let ping = testdata("ping4.pcap");
    let remedy = format!("-r {ping}");
    for arguments in [&[ping.as_str()] as &[_], &["-r", &ping, &ping, &ping]] {
        refused(run(arguments), 2, &[&ping, "is a file", &remedy]);
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("icmp"), b"").expect("room");
    // A file that is called like a filter does not stand in its way.
    let mut command = command();
    command
        .args(["-r", &ping, "icmp"])
        .current_dir(folder.path());
    let selected = finish(&mut command).good();
    assert!(selected.contains("echo request"));
}

#[test]
fn filters_that_do_not_compile() {
    let ping = testdata("ping4.pcap");
    let cases: &[(&[&str], &str)] = &[
        (&["foo bar baz"], "syntax error"),
        (&["icmp[icmptype"], "syntax error"),
        (&["host", "and"], "syntax error"),
        (&["port 99999"], "illegal port number"),
        (&["net 10.0.0.1/8"], "non-network bits set"),
        (&["inbound"], "inbound"),
        (&["tcp[99999999999]"], ""),
    ];
    for (words, message) in cases {
        let mut arguments = vec!["-r", &ping];
        arguments.extend(*words);
        refused(run(&arguments), 2, &["filter", &words.join(" "), message]);
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("filter");
    fs::write(&path, "icmp and # a comment\n (").expect("room");
    let path = path.to_str().expect("UTF-8");
    refused(run(&["-r", &ping, "-F", path]), 2, &["syntax error"]);
    refused(
        run(&["-r", &ping, "-F", path, "icmp"]),
        2,
        &["-F", "command line"],
    );
}

#[test]
fn a_file_that_cannot_be_written() {
    let ping = testdata("ping4.pcap");
    let folder = tempfile::tempdir().expect("a temporary folder");
    for path in [
        folder.path().join("no/such/folder.pcap"),
        folder.path().to_owned(),
    ] {
        let path = path.to_str().expect("UTF-8");
        refused(run(&["-r", &ping, "-w", path]), 1, &[path]);
    }
}

#[test]
fn one_bad_file_among_several_is_told_and_the_others_run() {
    let ping = testdata("ping4.pcap");
    let demo = testdata("demo.pcap");
    let whole = run(&["-r", &ping, "-r", &demo, "-q"]).good();
    for (bad, words) in [("/nonexistent.pcap", "no such file"), ("/", "directory")] {
        for order in [
            [bad, &ping, &demo],
            [&ping, bad, &demo],
            [&ping, &demo, bad],
        ] {
            let [a, b, c] = order;
            let run = run(&["-r", a, "-r", b, "-r", c, "-q"]).exits(1).says(words);
            assert!(run.err.contains(bad), "{}", run.err);
            assert_eq!(run.err.lines().count(), 1, "{}", run.err);
            assert_eq!(run.out, whole);
        }
    }
    // None left: each is told.
    let run = refused(
        run(&["-r", "/nonexistent/a", "-r", "/nonexistent/b"]),
        1,
        &["/nonexistent/a"],
    );
    assert!(run.err.contains("/nonexistent/b"), "{}", run.err);
}

#[test]
fn help_and_version_go_to_standard_output() {
    let help = run(&["--help"]).good();
    for word in [
        "-r",
        "--json",
        "--emit",
        "--quoted",
        "Exit status",
        "Unlike tcpdump",
    ] {
        assert!(help.contains(word), "{word} is not in the help:\n{help}");
    }
    for flag in ["-h", "--help"] {
        let help = run(&[flag]).good();
        assert!(help.contains("icmpdump -r capture.pcap"), "{help}");
        for line in help.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
    let version = run(&["--version"]).good();
    assert_eq!(version, format!("icmpdump {}\n", env!("CARGO_PKG_VERSION")));
}
