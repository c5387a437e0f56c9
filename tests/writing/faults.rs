//! Full disks and limits: what is said, what stays readable, what is still told.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use crate::common::{
    Run, assert_accounted, command, finish, of_type, run, summary, testdata, tool,
};
use crate::{capture, input, names, packets, text};

/// A small disk, there as long as this is.
pub(crate) struct Disk {
    folder: tempfile::TempDir,
}

impl Disk {
    pub(crate) fn new(size: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let disk = Self { folder };
        let options = format!("size={size}");
        let mounted = tool(
            "mount",
            &["-t", "tmpfs", "-o", &options, "tmpfs", &disk.at("")],
        );
        assert!(
            mounted.status.success(),
            "a small disk is mounted, which takes root: {mounted:?}"
        );
        disk
    }

    pub(crate) fn at(&self, name: &str) -> String {
        text(self.folder.path().join(name))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        tool("umount", &[self.folder.path()]);
    }
}

/// The demo's incident, and many pings after it: more than the disk holds.
fn incident() -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let mut octets = fs::read(testdata("demo.pcap")).expect("a capture");
    let pings = fs::read(testdata("ping4.pcap")).expect("a capture");
    octets.extend(pings[24..].repeat(300));
    fs::write(file.path(), octets).expect("room");
    file
}

#[track_caller]
fn told(run: Run, path: &str, remedy: &str) -> Run {
    let run = run.exits(1).says(path).says(remedy).says("whole packet");
    assert_eq!(run.err.lines().count(), 1, "{}", run.err);
    run
}

#[test]
fn a_full_disk_loses_nothing_that_is_known() {
    let incident = incident();
    let read = text(incident.path().to_owned());
    for name in ["full.pcap", "full.pcapng"] {
        for more in [&[] as &[&str], &["-U"]] {
            let disk = Disk::new("64k");
            let to = disk.at(name);
            let mut arguments = vec!["-r", &read, "-w", &to, "--print", "--json"];
            arguments.extend(more);
            let run = told(run(&arguments), &to, "Make room");
            assert!(run.err.contains("No space left"), "{}", run.err);
            let records = run.records();
            let summary = summary(&records);
            assert_accounted(summary, name);
            let read = summary["frames"]["read"].as_u64().expect("a number");
            let written = packets(to.as_ref());
            // At most what was not handed over yet was not written.
            assert!(written > 95 && written <= read, "{written} of {read}");
            assert!(
                more.is_empty() || written + 1 == read,
                "{written} of {read}"
            );
            assert_eq!(of_type(&records, "drop").len(), 11);
            // All the room there is was used, but for a part of a packet.
            let length = fs::metadata(&to).expect("a file").len();
            assert!((65_536 - 1600..=65_536).contains(&length), "{length}");
        }
    }
}

#[test]
fn a_ring_on_a_full_disk_keeps_its_files() {
    let disk = Disk::new("192k");
    let times: Vec<_> = (0..100).map(|n| (n, 0)).collect();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let read = input(folder.path(), &capture(&times, 4000));
    let to = disk.at("t");
    let arguments = ["-r", &read, "-w", &to, "-C", "50k", "-W", "3"];
    // Three files, and the one that is to take the place of the first: one more than fits.
    let run = told(run(&arguments), &disk.at("t0.part"), "Make room");
    assert!(run.err.contains("No space left"), "{}", run.err);
    let kept = names(disk.folder.path());
    assert_eq!(kept, ["t0", "t0.part", "t1", "t2"]);
    let counts: Vec<_> = kept
        .iter()
        .map(|name| packets(disk.at(name).as_ref()))
        .collect();
    assert_eq!((counts[0], counts[2], counts[3]), (13, 13, 13));
    assert!((1..13).contains(&counts[1]), "{counts:?}");
}

#[test]
fn standard_output_on_a_full_disk_ends_with_a_whole_packet() {
    let disk = Disk::new("64k");
    let incident = incident();
    let to = disk.at("full.pcap");
    let file = File::create(&to).expect("a file");
    let run = finish(
        command()
            .args([Path::new("-r"), incident.path()])
            .args(["-w", "-"])
            .stdout(file),
    );
    told(run, "standard output", "Make room");
    assert!(packets(to.as_ref()) > 95);
}

#[test]
fn lines_on_a_full_disk_are_told_on_standard_error() {
    let incident = incident();
    for more in [&[] as &[&str], &["--json"], &["--json", "-l"], &["-v"]] {
        let disk = Disk::new("64k");
        let file = File::create(disk.at("lines")).expect("a file");
        let mut command = command();
        command.args([Path::new("-r"), incident.path()]).args(more);
        let run = finish(command.stdout(file)).exits(1);
        let run = run.says("standard output").says("No space left");
        let run = run.says("-- summary: ").says("frames read = ");
        let run = run.says("[pmtu_black_hole");
        run.says("-- drop: TCP 10.0.1.1.40443 > 10.0.4.2.443");
    }
    // One that takes nothing at all: what would have stood there is told.
    let disk = Disk::new("4k");
    fs::write(disk.at("filler"), [0; 4096]).expect("room");
    let file = File::create(disk.at("lines")).expect("a file");
    let run = finish(command().args(["-r", &testdata("demo.pcap")]).stdout(file)).exits(1);
    run.says("-- summary: 95 frames read").says("[routing_loop");
}

#[test]
fn a_capture_is_ended_though_nobody_takes_the_lines() {
    let disk = Disk::new("4k");
    let file = File::create(disk.at("lines")).expect("a file");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let to = text(folder.path().join("t.pcap"));
    let run = finish(
        command()
            .args(["-r", &testdata("demo.pcap"), "--print", "-w", &to])
            .stdout(file),
    );
    run.exits(1).says("standard output");
    assert_eq!(packets(to.as_ref()), 95);
}

#[test]
fn a_limit_on_the_size_of_files_is_an_error_and_no_end() {
    let incident = incident();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let to = text(folder.path().join("t.pcap"));
    // 32 blocks of 512 or 1024 octets, by the shell.
    let run = finish(
        Command::new("sh")
            .args(["-c", "ulimit -f 32; exec \"$@\"", "sh"])
            .arg(env!("CARGO_BIN_EXE_icmpdump"))
            .args([Path::new("-r"), incident.path()])
            .args(["-w", &to, "--print", "-q"]),
    );
    let run = told(run, &to, "ulimit -f");
    assert!(run.out.contains("-- summary: "), "{}", run.out);
    assert!(packets(to.as_ref()) > 20);
}

#[test]
fn what_cannot_be_written_to_is_told_with_the_remedy() {
    let ping = testdata("ping4.pcap");
    let refused = |to: &str| run(&["-r", &ping, "-w", to]).exits(1).says("-w ").says(to);
    refused("/nonexistent/a/t.pcap").says("mkdir -p /nonexistent/a");
    refused("/").says("name a file");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let both = run(&[
        "-r",
        &ping,
        "-r",
        &testdata("tun.pcap"),
        "-w",
        &text(folder.path().join("t.pcap")),
        "--print",
        "-q",
    ]);
    // Neither link type is more right than the other.
    let both = both.exits(1).says("EN10MB").says("RAW").says(".pcapng");
    assert!(both.out.contains("-- summary: "), "{}", both.out);
}
