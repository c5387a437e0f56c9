//! Namespaces, and captures in them.

use std::ffi::OsStr;
use std::io::Read;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::common::{PATIENCE, command, project, tool, wait_until};

/// A network namespace, removed when it goes out of scope.
pub(crate) struct Net {
    pub(crate) name: String,
}

impl Net {
    /// A new one, with loopback up and no address resolution that a test has not asked for.
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let net = Self {
            name: format!("icmpdump-live-{}-{number}", std::process::id()),
        };
        let added = tool("ip", &["netns", "add", &net.name]);
        assert!(
            added.status.success(),
            "network namespaces need root: {}",
            String::from_utf8_lossy(&added.stderr)
        );
        net.ip("link set lo up");
        let quiet = [
            "net.ipv4.icmp_ratelimit=0",
            "net.ipv4.icmp_msgs_per_sec=1000000",
            "net.ipv4.icmp_msgs_burst=1000000",
            "net.ipv6.icmp.ratelimit=0",
            "net.ipv6.conf.all.accept_dad=0",
            "net.ipv6.conf.default.accept_dad=0",
            "net.ipv6.conf.default.router_solicitations=0",
            "net.ipv4.ping_group_range=0 2147483647",
        ];
        for setting in quiet {
            net.run(&["sysctl", "-qw", setting]);
        }
        net
    }

    /// `ip` in this namespace; must succeed.
    #[track_caller]
    pub(crate) fn ip(&self, words: &str) {
        let mut all = vec!["-n", self.name.as_str()];
        all.extend(words.split_whitespace());
        let done = tool("ip", &all);
        assert!(
            done.status.success(),
            "ip {words}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
    }

    fn command<S: AsRef<OsStr>>(&self, words: &[S]) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name]).args(words);
        command.stdin(Stdio::null());
        command
    }

    /// Runs a program here to its end; must succeed.
    #[track_caller]
    pub(crate) fn run<S: AsRef<OsStr> + std::fmt::Debug>(&self, words: &[S]) -> Output {
        let done = self.try_run(words);
        assert!(done.status.success(), "{words:?}: {done:?}");
        done
    }

    /// Runs a program here to its end.
    #[track_caller]
    pub(crate) fn try_run<S: AsRef<OsStr>>(&self, words: &[S]) -> Output {
        let done = self.command(words).output();
        done.unwrap_or_else(|e| panic!("ip is needed (make test installs it): {e}"))
    }

    /// A probe of the lab in this namespace; must succeed.
    #[track_caller]
    pub(crate) fn probe(&self, name: &str, words: &[&str]) {
        let path = project("tests/lab/probes").join(name);
        let mut all = vec![OsStr::new("python3"), OsStr::new("-B"), path.as_os_str()];
        all.extend(words.iter().map(OsStr::new));
        self.run(&all);
    }

    /// Pings until all requests are answered, and gives their number.
    ///
    /// The kernel counts the replies: ping itself waits for the last for an interval only, and on a
    /// busy machine that is not always enough.
    #[track_caller]
    pub(crate) fn ping(&self, words: &str) -> u64 {
        let mut all = vec!["ping", "-q", "-n"];
        all.extend(words.split_whitespace());
        let before = self.echo_replies();
        let done = self.try_run(&all);
        let text = String::from_utf8_lossy(&done.stdout).into_owned();
        let sent = text.lines().find_map(|line| {
            let (sent, _) = line.split_once(" packets transmitted")?;
            sent.parse().ok()
        });
        let sent = sent.unwrap_or_else(|| panic!("ping {words}: {done:?}"));
        wait_until(&format!("replies to ping {words}: {text}"), || {
            self.echo_replies() - before >= sent
        });
        sent
    }

    /// Replies to pings that the kernel received here.
    fn echo_replies(&self) -> u64 {
        let done = self.run(&["cat", "/proc/net/snmp", "/proc/net/snmp6"]);
        let text = String::from_utf8_lossy(&done.stdout);
        let mut lines = text.lines();
        let mut count = 0;
        while let Some(names) = lines.next() {
            let number = if names.starts_with("Icmp: ") {
                // A line of names is followed by one of numbers.
                let numbers = lines.next().unwrap_or_default();
                let mut counts = names.split(' ').zip(numbers.split(' '));
                let replies = counts.find(|(name, _)| *name == "InEchoReps");
                replies.map(|(_, number)| number)
            } else {
                names.strip_prefix("Icmp6InEchoReplies")
            };
            count += number.map_or(0, |number| number.trim().parse().expect("a number"));
        }
        count
    }

    /// Starts a program that is ended with the test.
    pub(crate) fn spawn(&self, words: &[&str]) -> Running {
        let mut command = self.command(words);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        Running(command.spawn().expect("ip starts"))
    }

    /// Captures here; returns once it listens.
    #[track_caller]
    pub(crate) fn capture(&self, arguments: &[&str]) -> Capture {
        let capture = self.start(arguments, Reading::AtOnce);
        capture.wait_for_message("listening on");
        capture
    }

    /// As [`Self::capture`], and nobody reads what it prints before its end.
    #[track_caller]
    pub(crate) fn capture_unread(&self, arguments: &[&str]) -> Capture {
        let capture = self.start(arguments, Reading::AtTheEnd);
        capture.wait_for_message("listening on");
        capture
    }

    /// As [`Self::capture`], started by another program.
    #[track_caller]
    pub(crate) fn capture_by(&self, starter: &[&str], arguments: &[&str]) -> Capture {
        let capture = self.start_by(starter, arguments, Reading::AtOnce);
        capture.wait_for_message("listening on");
        capture
    }

    /// Starts icmpdump here.
    pub(crate) fn start(&self, arguments: &[&str], reading: Reading) -> Capture {
        self.start_by(&[], arguments, reading)
    }

    fn start_by(&self, starter: &[&str], arguments: &[&str], reading: Reading) -> Capture {
        let built = command();
        let mut words: Vec<_> = starter.iter().map(OsStr::new).collect();
        words.push(built.get_program());
        let mut command = self.command(&words);
        command.args(arguments).env("TZ", "UTC");
        command.env("RUST_BACKTRACE", "1");
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("ip starts");
        let (go, gate) = std::sync::mpsc::channel();
        if reading == Reading::AtOnce {
            go.send(()).expect("nobody hung up");
        }
        let stdout = child.stdout.take().expect("a pipe");
        let stderr = child.stderr.take().expect("a pipe");
        let (out, read_out) = collect(stdout, Some(gate));
        let (err, read_err) = collect(stderr, None);
        Capture {
            child,
            what: format!("{arguments:?}"),
            out,
            err,
            readers: vec![read_out, read_err],
            go,
        }
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        tool("ip", &["netns", "del", &self.name]);
    }
}

/// When standard output is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    AtOnce,
    AtTheEnd,
}

/// A program that is killed when it goes out of scope.
pub(crate) struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // `ip netns exec` has become the program.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

type Text = Arc<Mutex<Vec<u8>>>;

fn collect(
    mut from: impl Read + Send + 'static,
    gate: Option<std::sync::mpsc::Receiver<()>>,
) -> (Text, JoinHandle<()>) {
    let text = Text::default();
    let into = Arc::clone(&text);
    let reader = std::thread::spawn(move || {
        // Whoever hangs up without a word wants it read, too.
        gate.map(|gate| gate.recv());
        let mut some = [0; 4096];
        while let Ok(read @ 1..) = from.read(&mut some) {
            into.lock()
                .expect("no reader panics")
                .extend_from_slice(&some[..read]);
        }
    });
    (text, reader)
}

/// icmpdump at work.
pub(crate) struct Capture {
    child: Child,
    what: String,
    out: Text,
    err: Text,
    readers: Vec<JoinHandle<()>>,
    go: std::sync::mpsc::Sender<()>,
}

/// What became of it.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Capture {
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, name: &str) {
        let sent = tool("kill", &[&format!("-{name}"), &self.id().to_string()]);
        assert!(sent.status.success(), "{sent:?}");
    }

    pub(crate) fn messages(&self) -> String {
        text(&self.err)
    }

    pub(crate) fn output(&self) -> String {
        text(&self.out)
    }

    /// The records so far that are there as a whole.
    pub(crate) fn records(&self) -> Vec<Value> {
        let output = self.output();
        let (whole, _) = output.rsplit_once('\n').unwrap_or_default();
        crate::common::parse(whole)
    }

    /// Waits until standard error holds `words`.
    #[track_caller]
    pub(crate) fn wait_for_message(&self, words: &str) {
        self.wait_until(|| self.messages().contains(words), words);
    }

    /// Waits until standard output holds `words`.
    #[track_caller]
    pub(crate) fn wait_for_output(&self, words: &str) {
        self.wait_until(|| self.output().contains(words), words);
    }

    #[track_caller]
    pub(crate) fn wait_until(&self, holds: impl Fn() -> bool, what: &str) {
        let start = Instant::now();
        while !holds() {
            assert!(
                start.elapsed() < PATIENCE,
                "{}: no {what:?} in\nstdout: {}\nstderr: {}",
                self.what,
                self.output(),
                self.messages()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Interrupts it, and waits for its end.
    #[track_caller]
    pub(crate) fn interrupt(self) -> Ended {
        self.signal("INT");
        self.end()
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn end(mut self) -> Ended {
        let _ = self.go.send(());
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                break status;
            }
            if start.elapsed() > PATIENCE {
                let _ = self.child.kill();
                let _ = self.child.wait();
                panic!("{} does not end: {}", self.what, self.messages());
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        for reader in self.readers.drain(..) {
            reader.join().expect("a reader ends");
        }
        Ended {
            code: status.code(),
            out: text(&self.out),
            err: text(&self.err),
        }
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

impl Ended {
    /// Checks the exit status.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.out, self.err);
        self
    }

    /// Standard output as JSON records.
    #[track_caller]
    pub(crate) fn records(&self) -> Vec<Value> {
        crate::common::parse(&self.out)
    }
}

fn text(octets: &Text) -> String {
    String::from_utf8_lossy(&octets.lock().expect("no reader panics")).into_owned()
}

/// Two namespaces and a cable: `v0` with 10.9.0.1 and `fd09::1`, `v1` with 10.9.0.2 and `fd09::2`.
pub(crate) struct Pair {
    pub(crate) left: Net,
    pub(crate) right: Net,
}

impl Pair {
    pub(crate) fn new() -> Self {
        let (left, right) = (Net::new(), Net::new());
        let peer = format!("link add v0 type veth peer name v1 netns {}", right.name);
        left.ip(&peer);
        for (net, port, host) in [(&left, "v0", 1), (&right, "v1", 2)] {
            net.ip(&format!("link set {port} up"));
            net.ip(&format!("addr add 10.9.0.{host}/24 dev {port}"));
            net.ip(&format!("-6 addr add fd09::{host}/64 dev {port} nodad"));
        }
        let pair = Self { left, right };
        // Neighbors are known, and links are up, before anything is counted.
        assert_eq!(pair.left.ping("-c1 -W10 10.9.0.2"), 1);
        assert_eq!(pair.left.ping("-c1 -W10 fd09::2"), 1);
        pair
    }
}

/// A router between two hosts, `h0` with 10.8.1.2 and `h0` with 10.8.2.2; what passes it, at `r0` and
/// `r1`, is seen twice, and is one packet.
pub(crate) fn router() -> (Net, Net, Net) {
    let (left, middle, right) = (Net::new(), Net::new(), Net::new());
    for (host, port, subnet) in [(&left, "r0", 1), (&right, "r1", 2)] {
        let cable = format!(
            "link add h0 type veth peer name {port} netns {}",
            middle.name
        );
        host.ip(&cable);
        host.ip("link set h0 up");
        host.ip(&format!("addr add 10.8.{subnet}.2/24 dev h0"));
        middle.ip(&format!("link set {port} up"));
        middle.ip(&format!("addr add 10.8.{subnet}.1/24 dev {port}"));
        host.ip(&format!("route add default via 10.8.{subnet}.1"));
    }
    middle.run(&["sysctl", "-qw", "net.ipv4.ip_forward=1"]);
    assert_eq!(left.ping("-c1 -W10 10.8.2.2"), 1);
    (left, middle, right)
}
