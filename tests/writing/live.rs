//! The same on an interface: an idle link, kills under a flood. On loopback, in a namespace of the
//! test's own.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::common::{assert_accounted, finish, summary, tool, wait_until};
use crate::faults::Disk;
use crate::kills::{End, random, read};
use crate::{names, packets, text};

/// A network namespace, there as long as this is.
struct Namespace(String);

impl Namespace {
    fn new(name: &str) -> Self {
        let this = Self(format!("icmpdump-{name}-{}", std::process::id()));
        let added = tool("ip", &["netns", "add", &this.0]);
        assert!(
            added.status.success(),
            "a namespace is made, which takes root: {added:?}"
        );
        let up = tool("ip", &["-n", &this.0, "link", "set", "lo", "up"]);
        assert!(up.status.success(), "{up:?}");
        this
    }

    /// A command that is to run in it.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.0, program]);
        command.env("TZ", "UTC").stdin(Stdio::null());
        command
    }

    fn icmpdump(&self) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_icmpdump"));
        // The folders of the tests are root's.
        command.args(["-i", "lo", "-Z", "root"]);
        command
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        tool("ip", &["netns", "del", &self.0]);
    }
}

/// A program that is ended with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn files_of_an_idle_link_end_at_their_second() {
    let namespace = Namespace::new("idle");
    for name in ["%s.pcap", "%s.pcapng"] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let to = text(folder.path().join(name));
        let run = finish(namespace.icmpdump().args(["-w", &to, "-G", "1", "-W", "3"]));
        run.exits(0);
        let seconds: Vec<u64> = names(folder.path())
            .iter()
            .map(|name| {
                assert_eq!(packets(&folder.path().join(name)), 0);
                let second = name.split_once('.').expect("a name with an end").0;
                second.parse().expect("seconds")
            })
            .collect();
        // A machine that is busy may miss one; it does not wait for packets.
        let [first, _, last] = seconds[..] else {
            panic!("{seconds:?}");
        };
        assert!((2..10).contains(&(last - first)), "{seconds:?}");
    }
}

/// How many packets a file holds; nothing where it cannot be read.
fn held(path: &Path) -> Option<(u64, End)> {
    let mut count = 0;
    let counted = read(path, |_| {
        count += 1;
        Ok(())
    });
    counted.ok().map(|end| (count, end))
}

/// The capture ends with the disk's room, by itself and in order.
#[test]
fn a_full_disk_ends_it_with_what_is_known() {
    let namespace = Namespace::new("full");
    let mut flood = namespace.command("ping");
    flood.args(["-f", "-q", "127.0.0.1"]).stdout(Stdio::null());
    let _flood = Running(flood.spawn().expect("ping is needed for this test"));
    for (name, more) in [
        ("full.pcap", &[][..]),
        ("full.pcapng", &["--annotate"]),
        ("%s.pcap", &["-G", "600"]),
    ] {
        let disk = Disk::new("64k");
        let mut command = namespace.icmpdump();
        command.args(["-w", &disk.at(name), "--print", "--json"]);
        let run = finish(command.args(more)).exits(1);
        let run = run.says("No space left").says("whole packet");
        let records = run.records();
        assert_accounted(summary(&records), name);
        let count = |part: &str, name: &str| summary(&records)[part][name].as_u64();
        let received = count("kernel", "received").expect("a number");
        let dropped = count("kernel", "dropped").expect("a number");
        assert_eq!(count("frames", "read"), Some(received - dropped));
        let left = names(Path::new(&disk.at("")));
        let [left] = &left[..] else {
            panic!("{left:?}");
        };
        assert!(packets(Path::new(&disk.at(left))) > 50, "{left}");
    }
}

#[test]
fn kills_under_a_flood_leave_all_that_was_handed_over() {
    let namespace = Namespace::new("kill");
    let mut flood = namespace.command("ping");
    flood.args(["-f", "-q", "127.0.0.1"]).stdout(Stdio::null());
    let _flood = Running(flood.spawn().expect("ping is needed for this test"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let ways: [&[&str]; 3] = [&[], &["-U"], &["--annotate"]];
    for (number, way) in (0..30).zip(ways.iter().cycle()) {
        let path = folder.path().join(format!("{number}.pcapng"));
        let mut command = namespace.icmpdump();
        command.args(["-w", &text(path.clone())]).args(*way);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut run = Running(command.spawn().expect("it starts"));
        wait_until("packets in the file", || {
            held(&path).is_some_and(|(count, _)| count > 0)
        });
        std::thread::sleep(Duration::from_micros(random() % 20_000));
        let before = held(&path);
        run.0.kill().expect("it runs");
        run.0.wait().expect("it ends");
        let after = held(&path);
        let counts = before
            .zip(after)
            .map(|((before, _), (after, _))| (before, after));
        // What is read while it is written may end anywhere; what is left does not.
        assert!(
            counts.is_none_or(|(before, after)| before <= after) && after.is_some(),
            "{number} {way:?}: {before:?} {after:?}"
        );
    }
}
