//! SIGHUP and SIGUSR2.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Child, ChildStdin, Stdio};

use crate::common::{command, tool, wait_until};
use crate::{header, names, packets, record, text};

fn signal(child: &Child, name: &str) {
    let sent = tool("kill", &[&format!("-{name}"), &child.id().to_string()]);
    assert!(sent.status.success(), "{sent:?}");
}

/// A run that writes what it reads from a pipe, and has written a first packet.
fn writing(path: &Path) -> (Child, ChildStdin) {
    let mut child = command()
        .args(["-r", "-", "-w", &text(path.to_owned())])
        .stdin(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(&header()).expect("it reads");
    stdin.write_all(&record(0, 0, 0, 60)).expect("it reads");
    wait_until("the first packet", || holds(path, 1));
    (child, stdin)
}

fn holds(path: &Path, packets: u64) -> bool {
    fs::metadata(path).is_ok_and(|file| file.len() == 24 + packets * 76)
}

#[test]
fn a_file_that_was_moved_away_is_begun_anew() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (path, moved) = (folder.path().join("t.pcap"), folder.path().join("t.pcap.1"));
    let (mut child, mut stdin) = writing(&path);
    fs::rename(&path, &moved).expect("it moves");
    signal(&child, "HUP");
    wait_until("the new file", || holds(&path, 0));
    stdin.write_all(&record(1, 1, 0, 60)).expect("it reads");
    drop(stdin);
    assert!(child.wait().expect("it ends").success());
    assert_eq!((packets(&moved), packets(&path)), (1, 1));
}

#[test]
fn a_file_that_was_not_moved_goes_on() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("t.pcap");
    let (mut child, mut stdin) = writing(&path);
    for number in 1..=5 {
        signal(&child, "HUP");
        signal(&child, "USR2");
        stdin
            .write_all(&record(number, 1, 0, 60))
            .expect("it reads");
        wait_until("the packet", || holds(&path, u64::from(number) + 1));
    }
    drop(stdin);
    assert!(child.wait().expect("it ends").success());
    assert_eq!(packets(&path), 6);
    assert_eq!(names(folder.path()), ["t.pcap"]);
}
