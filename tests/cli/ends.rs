//! How a run ends: at a limit, by a closed pipe, a full disk, a signal.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::common::{
    assert_accounted, command, count_in, finish, of_type, records, run, summary, testdata, tool,
    wait_until, without_sandbox_line,
};

/// The packets of a recorded capture, `times` over: more output than a pipe holds.
fn repeated(times: usize) -> Vec<u8> {
    let whole = fs::read(testdata("ping4.pcap")).expect("a capture");
    let (header, packets) = whole.split_at(24);
    let mut long = header.to_vec();
    long.extend(packets.repeat(times));
    long
}

fn repeated_file(times: usize) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(&repeated(times)).expect("room");
    file
}

/// Standard error and exit status of a child whose standard output is closed by now.
fn end_of(mut child: Child) -> (String, Option<i32>) {
    let mut err = String::new();
    let mut stderr = child.stderr.take().expect("a pipe");
    stderr.read_to_string(&mut err).expect("UTF-8");
    let code = child.wait().expect("the end").code();
    (without_sandbox_line(&err), code)
}

/// Another program that has the pipe open may have set it not to block.
#[test]
fn an_output_that_does_not_block_is_waited_for() {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
    use std::os::fd::AsFd;

    let long = repeated_file(2000);
    for flags in [&["-v"][..], &["--json"], &["-w", "-"]] {
        let arguments = || {
            let mut command = command();
            command.arg("-r").arg(long.path()).args(flags);
            command
        };
        let expected = arguments().output().expect("it runs").stdout;
        let (mut from, into) = std::io::pipe().expect("a pipe");
        let also = into.try_clone().expect("a descriptor");
        let set = fcntl_getfl(into.as_fd()).map(|flags| flags | OFlags::NONBLOCK);
        set.and_then(|flags| fcntl_setfl(into.as_fd(), flags))
            .expect("a pipe has flags");
        let mut command = arguments();
        command.stdout(into).stderr(Stdio::piped());
        let child = command.spawn().expect("the command starts");
        // It has the only other end that is open.
        drop(command);
        wait_until("a pipe that is full", || {
            let mut asked = [PollFd::new(&also, PollFlags::OUT)];
            poll(&mut asked, Some(&Timespec::default())).expect("a pipe") == 0
        });
        drop(also);
        let mut got = Vec::new();
        from.read_to_end(&mut got).expect("output");
        assert_eq!(end_of(child), (String::new(), Some(0)), "{flags:?}");
        assert!(got == expected, "{flags:?}: {} octets", got.len());
    }
}

#[test]
fn a_closed_pipe_ends_it_quietly() {
    let long = repeated_file(5000);
    for flags in [
        &[] as &[&str],
        &["-v"],
        &["--json"],
        &["-w", "-"],
        &["-l"],
        &["-X"],
    ] {
        let mut command = command();
        command.arg("-r").arg(long.path()).args(flags);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the command starts");
        let mut stdout = child.stdout.take().expect("a pipe");
        // As `head -1` does: some of it, then no more.
        let mut some = [0; 100];
        stdout.read_exact(&mut some).expect("output");
        drop(stdout);
        let (err, code) = end_of(child);
        assert_eq!((err.as_str(), code), ("", Some(0)), "{flags:?}");
    }
}

#[test]
fn a_pipe_closed_from_the_start() {
    for flags in [
        &[] as &[&str],
        &["--json"],
        &["--count"],
        &["-w", "-"],
        &["--help"],
    ] {
        let mut command = command();
        command.args(["-r", &testdata("demo.pcap")]).args(flags);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the command starts");
        drop(child.stdout.take());
        let (err, code) = end_of(child);
        assert_eq!((err.as_str(), code), ("", Some(0)), "{flags:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    let demo = testdata("demo.pcap");
    let full = || {
        File::options()
            .write(true)
            .open("/dev/full")
            .expect("/dev/full")
    };
    for flags in [
        &[] as &[&str],
        &["--json"],
        &["-q"],
        &["--count"],
        &["-w", "-"],
    ] {
        let run = finish(command().args(["-r", &demo]).args(flags).stdout(full()));
        let run = run.exits(1).says("output").says("No space left");
        let run = run.says("Make room");
        assert_eq!(run.err.lines().count(), 1, "{}", run.err);
        assert!(
            !run.err.contains('{') && !run.err.contains("panicked"),
            "{}",
            run.err
        );
    }
    for asked in ["--help", "-h", "--version", "-V", "-D"] {
        let run = finish(command().arg(asked).stdout(full())).exits(1);
        run.says("standard output: No space left").says("Make room");
    }
    let run = run(&["-r", &demo, "-w", "/dev/full"]).exits(1);
    run.says("/dev/full").says("No space left");
}

#[test]
fn a_limit_counts_what_is_shown() {
    let demo = testdata("demo.pcap");
    for limit in [1, 2, 3, 10, 46] {
        let text = limit.to_string();
        let all = records(&["-r", &demo, "-c", &text]);
        assert_eq!(of_type(&all, "icmp").len(), limit);
        assert_eq!(summary(&all)["frames"]["icmp"], limit);
        assert_accounted(summary(&all), "-c");
        let lines = run(&["-r", &demo, "-c", &text]).good();
        let lines = lines.lines().filter(|line| !line.starts_with("-- "));
        assert_eq!(lines.count(), limit);
    }
    // The last message shown is the last frame read.
    let all = records(&["-r", &demo, "-c", "3", "icmp[icmptype] == 11"]);
    let icmp = of_type(&all, "icmp");
    assert_eq!(icmp.len(), 3);
    assert_eq!(summary(&all)["frames"]["read"], icmp[2]["frame"]);
    assert_accounted(summary(&all), "-c with a filter");
    // More than there are.
    assert_eq!(
        run(&["-r", &demo, "-c", "9999"]).good(),
        run(&["-r", &demo]).good()
    );
}

#[test]
fn a_limit_counts_what_is_written_or_counted() {
    let demo = testdata("demo.pcap");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("out.pcap");
    let path = path.to_str().expect("UTF-8");
    assert_eq!(run(&["-r", &demo, "-c", "40", "-w", path]).good(), "");
    let counted = tool("tcpdump", &["-r", path, "--count"]);
    assert_eq!(
        count_in(&String::from_utf8_lossy(&counted.stdout)),
        Some(40)
    );
    assert_eq!(
        run(&["-r", &demo, "-c", "40", "--count"]).good(),
        "40 packets\n"
    );
    assert_eq!(
        run(&["-r", &demo, "-c", "1", "--count"]).good(),
        "1 packet\n"
    );
}

/// Feeds packets without end, and interrupts.
#[test]
fn an_interrupt_during_a_long_read_still_gives_the_summary() {
    let packets = repeated(100);
    for (signal, flags) in [
        ("INT", &[] as &[&str]),
        ("TERM", &["--json"]),
        ("INT", &["-q"]),
    ] {
        let mut command = command();
        command.args(["-r", "-"]).args(flags);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the command starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        let packets = packets.clone();
        let (told, given) = mpsc::channel();
        let writer = std::thread::spawn(move || {
            // Until nobody reads any more; the header only once.
            let mut next: &[u8] = &packets;
            while stdin.write_all(next).is_ok() {
                // Only one of the flags waits for it.
                let _ = told.send(next.len());
                next = &packets[24..];
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        let stdout = child.stdout.take().expect("a pipe");
        let mut stdout = BufReader::new(stdout);
        let mut first = String::new();
        if flags == ["-q"] {
            // Says nothing before the end; it is under way once it has taken more than what it looks
            // at beforehand and a pipe holds.
            let mut taken = 0;
            while taken < 4 << 20 {
                taken += given.recv().expect("it reads on");
            }
        } else {
            stdout.read_line(&mut first).expect("output");
        }
        let id = child.id().to_string();
        assert!(tool("kill", &[&format!("-{signal}"), &id]).status.success());
        let mut rest = String::new();
        stdout.read_to_string(&mut rest).expect("output");
        let (err, code) = end_of(child);
        writer.join().expect("the writer ends");
        assert_eq!((err.as_str(), code), ("", Some(0)), "{signal} {flags:?}");
        let out = first + &rest;
        if flags == ["--json"] {
            assert_accounted(summary(&crate::common::parse(&out)), signal);
        } else {
            let summary = out.lines().find(|line| line.starts_with("-- summary: "));
            assert!(
                summary.is_some_and(|line| line.contains("frames read")),
                "{out}"
            );
        }
    }
}

/// Nothing comes any more, and nobody closes the pipe.
#[test]
fn an_interrupt_while_waiting_for_a_pipe_gives_the_summary() {
    let capture = fs::read(testdata("ping4.pcap")).expect("a capture");
    // As it is, and in the middle of a record: an interrupt is no damage.
    for octets in [&capture[..], &capture[..capture.len() - 10]] {
        let mut command = command();
        command.args(["-r", "-"]);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the command starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(octets).expect("it reads");
        let stdout = child.stdout.take().expect("a pipe");
        let mut stdout = BufReader::new(stdout);
        // Lines come before it waits.
        let mut first = String::new();
        stdout.read_line(&mut first).expect("output");
        assert!(first.contains("ICMP echo request"), "{first}");
        let id = child.id().to_string();
        assert!(tool("kill", &["-INT", &id]).status.success());
        let mut rest = String::new();
        stdout.read_to_string(&mut rest).expect("output");
        let (err, code) = end_of(child);
        assert_eq!((err.as_str(), code), ("", Some(0)));
        assert!(rest.contains("-- summary: "), "{rest}");
        drop(stdin);
    }
}
