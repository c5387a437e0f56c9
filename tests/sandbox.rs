//! What the process gives up, seen from outside: in `/proc`, in the owners of files, in its output.
#![cfg(target_os = "linux")]

mod common;

use std::collections::HashMap;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::common::{
    Run, command, copied_program, finish, recorded, run, shown, testdata, tool, wait_for,
};

/// The user and group that every system has for this.
const NOBODY: u32 = 65534;

/// Ends the test where it does not run as root, which it needs.
#[track_caller]
fn needs_root() {
    let id = String::from_utf8_lossy(&tool("id", &["-u"]).stdout).into_owned();
    assert_eq!(
        id.trim(),
        "0",
        "this test gives root up and has to run as root: sudo -E env PATH=\"$PATH\" make test"
    );
}

type Status = HashMap<String, String>;

/// What `/proc` says of each thread of a process.
fn threads(pid: u32) -> Vec<Status> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return Vec::new();
    };
    tasks
        .filter_map(|task| fs::read_to_string(task.ok()?.path().join("status")).ok())
        .map(|status| {
            let lines = status.lines().filter_map(|line| line.split_once(':'));
            lines
                .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
                .collect()
        })
        .collect()
}

fn is_confined(thread: &Status) -> bool {
    thread.get("Seccomp").is_some_and(|mode| mode == "2")
}

/// Checks that a thread can do no more than it must.
#[track_caller]
fn assert_confined(thread: &Status) {
    for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
        let bits = thread[set].trim_start_matches('0');
        assert_eq!(bits, "", "{set} of {}", thread["Name"]);
    }
    assert_eq!(thread["NoNewPrivs"], "1", "{}", thread["Name"]);
    assert_eq!(thread["Seccomp"], "2", "{}", thread["Name"]);
}

/// Checks real, effective, saved and file system IDs.
#[track_caller]
fn assert_user(thread: &Status, id: u32) {
    for name in ["Uid", "Gid"] {
        let all: Vec<_> = thread[name].split_whitespace().collect();
        assert_eq!(all, [id.to_string().as_str(); 4], "{name}");
    }
}

/// The command with a pipe on standard input, out of which it has read the head of a capture.
fn reading(prepare: impl FnOnce(&mut Command)) -> Child {
    let mut command = command();
    command.args(["-r", "-"]).stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    prepare(&mut command);
    let mut child = command.spawn().expect("the command starts");
    let capture = fs::read(testdata("ping4.pcap")).expect("a capture");
    let stdin = child.stdin.as_mut().expect("a pipe");
    stdin.write_all(&capture).expect("it reads");
    child
}

/// The main thread of a child, once all of its threads are confined.
#[track_caller]
fn confined(child: &Child) -> Status {
    let threads = wait_for("seccomp", || {
        Some(threads(child.id())).filter(|all| all.iter().all(is_confined))
    });
    let main = child.id().to_string();
    let is_main = |thread: &Status| thread["Pid"] == main;
    threads.into_iter().find(is_main).expect("a main thread")
}

/// Ends the input of a child and checks that it read it to the end.
#[track_caller]
fn ends_well(mut child: Child) -> String {
    drop(child.stdin.take());
    let output = child.wait_with_output().expect("the end");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{errors}");
    text
}

#[test]
fn a_reader_of_a_pipe_can_do_nothing_else() {
    let child = reading(|_| {});
    assert_confined(&confined(&child));
    assert!(ends_well(child).contains("ICMP echo request"));
}

#[test]
fn the_thread_that_reads_ahead_is_confined_as_well() {
    let mut child = reading(|command| {
        command.arg("-q");
    });
    // Packets that are not ICMP, more than are looked at before that thread is worth while.
    let whole = fs::read(testdata("frag-needed-tcp4.pcap")).expect("a capture");
    let (_, packets) = whole.split_at(24);
    let stdin = child.stdin.as_mut().expect("a pipe");
    stdin.write_all(&packets.repeat(100)).expect("it reads");
    let all = wait_for("a second thread", || {
        Some(threads(child.id())).filter(|all| all.len() > 1)
    });
    for thread in &all {
        assert_confined(thread);
    }
    assert!(ends_well(child).contains("ICMP"));
}

#[test]
fn output_is_the_same_with_and_without() {
    for file in recorded() {
        for flags in [&["--json"] as &[&str], &["-X", "-e", "-tttt"], &["-q"]] {
            let with = |more: &[&str]| {
                let mut command = command();
                command.arg("-r").arg(&file).args(flags).args(more);
                let run = finish(&mut command);
                (run.code, run.out, run.err)
            };
            let name = shown(&file);
            assert_eq!(with(&[]), with(&["--no-sandbox"]), "{name} {flags:?}");
        }
    }
}

#[test]
fn captures_written_are_the_same_with_and_without() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let written = |name: &str, more: &[&str]| {
        let path = folder.path().join(name);
        let mut command = command();
        command
            .args(["-r", &testdata("demo.pcap"), "-w"])
            .arg(&path);
        assert_eq!(finish(command.args(more)).good(), "");
        fs::read(path).expect("it was written")
    };
    for name in ["a.pcap", "a.pcapng"] {
        let with = written(name, &[]);
        assert!(with.len() > 1000);
        assert_eq!(with, written(name, &["--no-sandbox"]), "{name}");
    }
}

/// The line that `-v` says on standard error.
#[track_caller]
fn told(run: &Run) -> &str {
    let mut lines = run.err.lines().filter(|line| line.contains("sandbox: "));
    let line = lines.next().expect("a line about the sandbox");
    assert_eq!(lines.next(), None, "one line");
    line
}

#[test]
fn what_is_in_force_is_said_when_asked() {
    let file = testdata("ping4.pcap");
    let run = run(&["-r", &file, "-q", "-v"]).exits(0);
    let line = told(&run);
    for word in ["no capabilities", "no_new_privs", "Landlock", "seccomp"] {
        assert!(line.contains(word), "{word}: {line}");
    }
    let has_landlock = !line.contains("no Landlock");
    assert_eq!(
        line.contains("no file can be written"),
        has_landlock,
        "{line}"
    );
    let off = crate::common::run(&["-r", &file, "-q", "-v", "--no-sandbox"]).exits(0);
    assert!(
        told(&off).ends_with("all else is off: --no-sandbox"),
        "{}",
        off.err
    );
    let quiet = crate::common::run(&["-r", &file, "-q"]);
    assert!(!quiet.good().is_empty());

    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("a.pcap");
    let path = path.to_str().expect("UTF-8");
    let writing = crate::common::run(&["-r", &file, "-v", "-w", path]).exits(0);
    let where_ = format!("files only in {}", folder.path().display());
    assert_eq!(
        told(&writing).contains(&where_),
        has_landlock,
        "{}",
        writing.err
    );
}

#[test]
fn without_a_sandbox_nothing_is_given_up() {
    let child = reading(|command| {
        command.args(["--no-sandbox", "-l"]);
    });
    // It is past the place by the time it prints.
    let mut child = child;
    let mut some = [0; 10];
    let stdout = child.stdout.as_mut().expect("a pipe");
    stdout.read_exact(&mut some).expect("a line");
    let own = threads(std::process::id());
    for thread in threads(child.id()) {
        assert_eq!(thread["Seccomp"], own[0]["Seccomp"]);
        assert_eq!(thread["NoNewPrivs"], own[0]["NoNewPrivs"]);
        assert_eq!(thread["CapEff"], own[0]["CapEff"]);
    }
    ends_well(child);
}

#[test]
fn root_goes_to_who_called_sudo() {
    needs_root();
    let id = NOBODY.to_string();
    let child = reading(|command| {
        command.env("SUDO_UID", &id).env("SUDO_GID", &id);
    });
    let thread = confined(&child);
    assert_user(&thread, NOBODY);
    assert_confined(&thread);
    let groups: Vec<_> = thread["Groups"].split_whitespace().collect();
    assert_eq!(groups, [id.as_str()], "no group of root's is left");
    ends_well(child);
}

#[test]
fn a_user_that_no_database_knows_will_do() {
    needs_root();
    let child = reading(|command| {
        command.env("SUDO_UID", "54321").env("SUDO_GID", "54321");
    });
    let thread = confined(&child);
    assert_user(&thread, 54321);
    assert_eq!(thread["Groups"], "54321");
    ends_well(child);
}

#[test]
fn root_goes_to_the_user_named() {
    needs_root();
    // Before whoever called sudo.
    let child = reading(|command| {
        command.env("SUDO_UID", "54321").env("SUDO_GID", "54321");
        command.args(["-Z", "nobody"]);
    });
    let thread = confined(&child);
    let all: Vec<_> = thread["Uid"].split_whitespace().collect();
    assert_eq!(all, [NOBODY.to_string().as_str(); 4]);
    ends_well(child);

    let child = reading(|command| {
        command.env("SUDO_UID", "54321").env("SUDO_GID", "54321");
        command.args(["-Z", "root"]);
    });
    let thread = confined(&child);
    assert_user(&thread, 0);
    assert_confined(&thread);
    ends_well(child);

    run(&["-r", &testdata("ping4.pcap"), "-Z", "no-such-user"])
        .exits(1)
        .says("-Z no-such-user: no such user");
    let mut command = command();
    command.args(["-r", &testdata("ping4.pcap")]);
    finish(command.env("SUDO_UID", "alice"))
        .exits(1)
        .says("SUDO_UID is 'alice', not a number");
}

/// The process that a child has started, once all of its threads are confined.
#[track_caller]
fn started_by(child: &Child) -> Vec<Status> {
    let parent = child.id().to_string();
    wait_for("another process", || {
        let entries = fs::read_dir("/proc").ok()?.flatten();
        let mut pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let started = pids.find_map(|pid| {
            let threads = threads(pid);
            let is_child = threads
                .first()
                .is_some_and(|thread| thread["PPid"] == parent);
            is_child.then_some(threads)
        })?;
        started.iter().all(is_confined).then_some(started)
    })
}

#[test]
fn who_looks_names_up_gives_up_as_much() {
    needs_root();
    let child = reading(|command| {
        let id = NOBODY.to_string();
        command.env("SUDO_UID", &id).env("SUDO_GID", &id);
        command.arg("--resolve");
    });
    let other = started_by(&child);
    for thread in &other {
        assert_confined(thread);
        assert_user(thread, NOBODY);
    }
    let other: u32 = other[0]["Tgid"].parse().expect("a number");
    assert_confined(&confined(&child));
    ends_well(child);
    // It ends with whom it answers.
    wait_for("its end", || threads(other).is_empty().then_some(()));
}

/// A folder that belongs to `owner`, or to nobody else.
fn folder_of(owner: u32) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::os::unix::fs::chown(folder.path(), Some(owner), Some(owner)).expect("root may");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("root may");
    folder
}

fn write_as_nobody(input: &Path, path: &Path, more: &[&str]) -> Run {
    let id = NOBODY.to_string();
    let mut command = command();
    command.arg("-r").arg(input).arg("-w").arg(path).args(more);
    finish(command.env("SUDO_UID", &id).env("SUDO_GID", &id))
}

#[test]
fn files_belong_to_who_called_sudo() {
    needs_root();
    let folder = folder_of(NOBODY);
    // Only root can read the input: it is opened before.
    let input = folder.path().join("input.pcap");
    fs::copy(testdata("ping4.pcap"), &input).expect("a copy");
    fs::set_permissions(&input, fs::Permissions::from_mode(0o600)).expect("a mode");
    let path = folder.path().join("out.pcap");
    write_as_nobody(&input, &path, &[]).good();
    let metadata = path.metadata().expect("it was written");
    assert_eq!((metadata.uid(), metadata.gid()), (NOBODY, NOBODY));
}

#[test]
fn a_folder_of_roots_is_told_with_the_remedy() {
    needs_root();
    let folder = folder_of(0);
    let path = folder.path().join("out.pcap");
    let input = testdata("ping4.pcap");
    let refused = write_as_nobody(Path::new(&input), &path, &[]).exits(1);
    for words in ["ermission denied", "root is given up before", "-Z root"] {
        assert!(refused.err.contains(words), "{words}: {}", refused.err);
    }
    assert!(!path.exists());
    write_as_nobody(Path::new(&input), &path, &["-Z", "root"]).good();
    assert_eq!(path.metadata().expect("it was written").uid(), 0);
}

#[test]
fn root_keeps_what_it_takes_to_create_files_in_folders_of_others() {
    needs_root();
    let folder = folder_of(NOBODY);
    let child = reading(|command| {
        command.args(["-Z", "root", "-w"]);
        command.arg(folder.path().join("out.pcap"));
    });
    let thread = confined(&child);
    assert_eq!(thread["CapEff"], "0000000000000002", "CAP_DAC_OVERRIDE");
    ends_well(child);
}

#[test]
fn a_user_without_privileges_loses_nothing() {
    needs_root();
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
    command.args(["--inh-caps=-all", "--bounding-set=-all"]);
    // The folder of the build may be root's alone.
    let folder = folder_of(NOBODY);
    let binary = copied_program(folder.path());
    let input = folder.path().join("input.pcap");
    fs::copy(testdata("ping4.pcap"), &input).expect("a copy");
    command
        .arg(&binary)
        .arg("-r")
        .arg(&input)
        .args(["-q", "-v"]);
    let run = finish(&mut command).exits(0);
    let line = told(&run);
    assert!(
        line.contains("sandbox: uid 65534, no capabilities, "),
        "{line}"
    );
    assert!(run.out.contains("summary"), "{}", run.out);
}

#[test]
fn rotation_and_reopening_go_on_confined() {
    needs_root();
    let folder = folder_of(NOBODY);
    let id = NOBODY.to_string();
    let path = folder.path().join("out.pcap");
    let mut child = reading(|command| {
        command.env("SUDO_UID", &id).env("SUDO_GID", &id);
        command.args(["-U", "-w"]).arg(&path);
    });
    confined(&child);
    // As logrotate does.
    wait_for("the file", || path.exists().then_some(()));
    fs::rename(&path, folder.path().join("old.pcap")).expect("root may");
    let hup = tool("kill", &["-HUP", &child.id().to_string()]);
    assert!(hup.status.success());
    let stdin = child.stdin.as_mut().expect("a pipe");
    let capture = fs::read(testdata("ping4.pcap")).expect("a capture");
    wait_for("the file again", || {
        stdin.write_all(capture.get(24..)?).expect("it reads");
        path.exists().then_some(())
    });
    assert_eq!(path.metadata().expect("it is there").uid(), NOBODY);
    ends_well(child);

    // A file for each kilobyte, renamed when it is complete, in a thread of its own.
    let input = testdata("demo.pcap");
    let each = folder.path().join("each.pcap");
    write_as_nobody(Path::new(&input), &each, &["-C", "4k"]).good();
    let names: Vec<_> = fs::read_dir(folder.path())
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name())
        .filter_map(|name| name.into_string().ok())
        .filter(|name| name.starts_with("each"))
        .collect();
    assert!(names.len() > 3, "{names:?}");
    assert!(names.iter().all(|name| !name.contains("part")), "{names:?}");
}
