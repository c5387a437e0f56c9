//! What a live capture gives up: root, capabilities, and each right that it does not need.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::process::Command;

use crate::common::{copied_program, finish};
use crate::net::Net;

/// The user and group that every system has for this.
const NOBODY: &str = "65534";

/// A line of `/proc/ID/task/*/status`, of each thread.
fn status(id: u32, name: &str) -> Vec<String> {
    let tasks = fs::read_dir(format!("/proc/{id}/task")).expect("it runs");
    tasks
        .filter_map(|task| fs::read_to_string(task.ok()?.path().join("status")).ok())
        .filter_map(|status| {
            let line = status.lines().find(|line| line.starts_with(name))?;
            Some(line[name.len()..].trim().to_owned())
        })
        .collect()
}

#[test]
fn capture_goes_on_without_any_right() {
    let net = Net::new();
    let folder = tempfile::tempdir().expect("a temporary folder");
    chown(folder.path(), Some(65534), Some(65534)).expect("root may");
    let template = folder.path().join("%s.pcap");
    let template = template.to_str().expect("UTF-8");
    let capture = net.capture(&[
        "-i", "lo", "-Z", "nobody", "-v", "-l", "-w", template, "-G", "1", "-U", "--print",
    ]);
    net.run(&["ping", "-c", "3", "-i", "1", "127.0.0.1"]);
    capture.wait_for_output("seq 3");

    for ids in ["Uid:", "Gid:"] {
        for line in status(capture.id(), ids) {
            let all: Vec<_> = line.split_whitespace().collect();
            assert_eq!(all, [NOBODY; 4], "{ids}");
        }
    }
    for (name, value) in [
        ("Groups:", NOBODY),
        ("CapEff:", "0000000000000000"),
        ("CapPrm:", "0000000000000000"),
        ("NoNewPrivs:", "1"),
        ("Seccomp:", "2"),
    ] {
        let threads = status(capture.id(), name);
        assert!(!threads.is_empty());
        assert!(
            threads.iter().all(|line| line == value),
            "{name} {threads:?}"
        );
    }

    // The counters of the kernel are still to be had, and files begun later belong to the user.
    let ended = capture.interrupt().exits(0);
    assert!(ended.err.contains("sandbox: "), "{}", ended.err);
    assert!(
        ended.err.contains("0 dropped by the kernel"),
        "{}",
        ended.err
    );
    let files: Vec<_> = fs::read_dir(folder.path())
        .expect("a folder")
        .map(|entry| entry.expect("an entry").metadata().expect("metadata"))
        .collect();
    assert!(files.len() > 1, "{files:?}");
    assert!(files.iter().all(|file| file.uid().to_string() == NOBODY));
}

#[test]
fn without_permission_the_command_that_gives_it_is_told() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::set_permissions(
        folder.path(),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .expect("a mode");
    let program = copied_program(folder.path());
    let refused = |privileges: &[&str]| {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"]);
        command.args(privileges).arg(&program).args(["-i", "lo"]);
        finish(&mut command).exits(1).err
    };
    let told = refused(&["--inh-caps=-all"]);
    let setcap = format!(
        "sudo setcap cap_net_raw,cap_net_admin+eip {}",
        program.display()
    );
    assert!(told.contains("CAP_NET_RAW is missing"), "{told}");
    assert!(told.contains(&setcap), "{told}");

    // As in a container that may not have it: then that command would not help.
    let told = refused(&["--inh-caps=-all", "--bounding-set=-net_raw"]);
    assert!(told.contains("--cap-add=NET_RAW"), "{told}");
    assert!(!told.contains("setcap"), "{told}");
    let told = refused(&["--inh-caps=-all", "--no-new-privs"]);
    assert!(told.contains("no_new_privs"), "{told}");
}
