//! What the tests of the built command share.

// Each file of tests/ is a crate of its own and uses only part of this.
#![allow(dead_code)]

pub(crate) mod crafted;

pub(crate) mod terminal;

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use serde_json::Value;

/// Where the public captures are, if they are.
const PUBLIC: &str = "../shared/captures";

/// How long anything may take that is to happen; the machine may be busy.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// Waits for what `look` finds.
#[track_caller]
pub(crate) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Waits until `holds`.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    wait_for(what, || holds().then_some(()));
}

/// A folder or file of the project.
pub(crate) fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A recorded capture, as an argument.
pub(crate) fn testdata(name: &str) -> String {
    let path = project("testdata").join(name);
    assert!(path.is_file(), "no capture {}", path.display());
    path.into_os_string()
        .into_string()
        .expect("a path in UTF-8")
}

/// Captures directly in testdata/, sorted.
pub(crate) fn recorded() -> Vec<PathBuf> {
    let files = captures_in(&project("testdata"), Depth::This);
    assert!(files.len() > 60, "testdata/ holds captures");
    files
}

/// Captures in testdata/ with its scenarios, sorted.
pub(crate) fn recorded_and_scenarios() -> Vec<PathBuf> {
    let files = captures_in(&project("testdata"), Depth::All);
    assert!(files.len() > 120, "testdata/ holds captures and scenarios");
    files
}

/// The public captures; none, said on standard error, where their folder is not there.
pub(crate) fn public() -> Vec<PathBuf> {
    let root = project(PUBLIC);
    if !root.is_dir() {
        eprintln!("{PUBLIC} is not there: its captures are NOT tested");
        return Vec::new();
    }
    let files = captures_in(&root, Depth::All);
    assert!(!files.is_empty(), "{PUBLIC} holds captures");
    files
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    This,
    All,
}

fn captures_in(root: &Path, depth: Depth) -> Vec<PathBuf> {
    let mut folders = vec![root.to_owned()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the folder can be listed") {
            let path = entry.expect("the entry can be read").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if path.is_dir() {
                if depth == Depth::All {
                    folders.push(path);
                }
            } else if name.contains(".pcap") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// How a file is called in messages: its path below the project or the public captures.
pub(crate) fn shown(path: &Path) -> String {
    let text = path.to_string_lossy();
    let below = |folder: &str| Some(text.split_once(folder)?.1.to_owned());
    below("testdata/")
        .or_else(|| below("captures/"))
        .unwrap_or_else(|| text.into_owned())
}

/// The built command in an environment that is the same everywhere.
pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_icmpdump"));
    // A backtrace would show up if there were one.
    command.env("TZ", "UTC").env("RUST_BACKTRACE", "1");
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS"] {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

/// A run that has ended.
#[derive(Debug)]
pub(crate) struct Run {
    /// Exit status; `None` after a signal.
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
    what: String,
}

impl Run {
    fn new(what: String, output: &Output) -> Self {
        let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        Self {
            code: output.status.code(),
            out: text(&output.stdout),
            err: text(&output.stderr),
            what,
        }
    }

    /// Checks the exit status.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "exit status of {}\nstdout: {}\nstderr: {}",
            self.what,
            self.out,
            self.err
        );
        self
    }

    /// Checks that it went well and said nothing on standard error, but for the line of `-v` about
    /// the sandbox, which differs by kernel and user; gives standard output.
    #[track_caller]
    pub(crate) fn good(self) -> String {
        let run = self.exits(0);
        assert_eq!(without_sandbox_line(&run.err), "", "{}", run.what);
        run.out
    }

    /// Checks that standard error holds `words`.
    #[track_caller]
    pub(crate) fn says(self, words: &str) -> Self {
        assert!(
            self.err.contains(words),
            "{} should say {words:?} and says: {}",
            self.what,
            self.err
        );
        self
    }

    /// Standard output as JSON records.
    #[track_caller]
    pub(crate) fn records(&self) -> Vec<Value> {
        parse(&self.out)
    }

    /// What was run.
    pub(crate) fn what(&self) -> &str {
        &self.what
    }
}

/// Standard error without the line in which `-v` tells of the sandbox.
pub(crate) fn without_sandbox_line(err: &str) -> String {
    err.lines()
        .filter(|line| !line.starts_with("icmpdump: sandbox: "))
        .collect::<Vec<_>>()
        .join("\n")
}

/// A copy of the command in `folder` that everybody may run. By another process: while this one
/// starts others, they hold open what it writes, and the system refuses to run that.
pub(crate) fn copied_program(folder: &Path) -> PathBuf {
    let program = folder.join("icmpdump");
    let copied = Command::new("install")
        .args(["-m", "755", env!("CARGO_BIN_EXE_icmpdump")])
        .arg(&program)
        .status();
    assert!(
        copied.is_ok_and(|status| status.success()),
        "room for a copy"
    );
    program
}

/// Runs the command to its end.
pub(crate) fn run<S: AsRef<OsStr>>(arguments: &[S]) -> Run {
    let mut command = command();
    command.args(arguments);
    finish(&mut command)
}

/// Runs a command prepared by [`command`] to its end.
pub(crate) fn finish(command: &mut Command) -> Run {
    let output = command.output().expect("the command starts");
    Run::new(format!("{command:?}"), &output)
}

/// As [`run`] with `input` on standard input.
pub(crate) fn run_with_input<S: AsRef<OsStr>>(arguments: &[S], input: &[u8]) -> Run {
    let mut command = command();
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the command starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_vec();
    // A command that ends early closes the pipe: no fault of the test.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().expect("the command ends");
    writer.join().expect("the writer ends");
    Run::new(format!("{command:?}"), &output)
}

/// The JSON records of a run that goes well, the first thousand of them as the schema has them.
#[track_caller]
pub(crate) fn records<S: AsRef<OsStr>>(arguments: &[S]) -> Vec<Value> {
    static SCHEMA: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
        let schema = std::fs::read_to_string(project("schema/icmpdump.schema.json")).unwrap();
        jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap()
    });
    let mut all: Vec<&OsStr> = arguments.iter().map(AsRef::as_ref).collect();
    all.push(OsStr::new("--json"));
    let records = parse(&run(&all).good());
    for record in records.iter().take(1000) {
        assert!(SCHEMA.is_valid(record), "not in the schema: {record}");
    }
    records
}

/// JSON lines.
#[track_caller]
pub(crate) fn parse(lines: &str) -> Vec<Value> {
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
        .collect()
}

/// The records of one type.
pub(crate) fn of_type<'r>(records: &'r [Value], kind: &str) -> Vec<&'r Value> {
    records.iter().filter(|r| r["type"] == kind).collect()
}

/// The last record, which must be the summary.
#[track_caller]
pub(crate) fn summary(records: &[Value]) -> &Value {
    let last = records.last().expect("records");
    assert_eq!(last["type"], "summary", "{last}");
    last
}

/// Checks that each frame read, each further packet in one, and each message that it reports, is counted
/// once, as far as a summary tells.
#[track_caller]
pub(crate) fn assert_accounted(summary: &Value, what: &str) {
    let count = |name: &str| {
        summary["frames"][name]
            .as_u64()
            .unwrap_or_else(|| panic!("{what}: no count of {name} frames in {summary}"))
    };
    let some = |name: &str| summary["frames"][name].as_u64().unwrap_or(0);
    assert_eq!(
        count("read") + some("further_packets") + some("reported"),
        count("undecodable") + count("other") + count("filtered") + count("icmp"),
        "{what}: {}",
        summary["frames"]
    );
}

/// Runs a tool that the tests need; `make test` installs it.
#[track_caller]
pub(crate) fn tool<S: AsRef<OsStr>>(name: &str, arguments: &[S]) -> Output {
    Command::new(name)
        .args(arguments)
        .env("TZ", "UTC")
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|e| panic!("{name} is needed for this test (make test installs it): {e}"))
}

/// How many packets tcpdump reads that match; `None` if it cannot read the file to its end.
#[track_caller]
pub(crate) fn tcpdump_count(file: &Path, filter: &str) -> Option<u64> {
    let file = file.to_string_lossy();
    let output = tool("tcpdump", &["-n", "-r", &file, "--count", filter]);
    if !output.status.success() {
        return None;
    }
    count_in(&String::from_utf8_lossy(&output.stdout))
}

/// The number in `12 packets`.
pub(crate) fn count_in(line: &str) -> Option<u64> {
    line.split_whitespace().next()?.parse().ok()
}

/// Calls `check` for each of `items`, on as many threads as there are processors, and gathers what
/// it complains about.
pub(crate) fn complaints<T: Sync>(
    items: &[T],
    check: impl Fn(&T) -> Vec<String> + Sync,
) -> Vec<String> {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let work = || {
        let mut all = Vec::new();
        while let Some(item) = items.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
            all.extend(check(item));
        }
        all
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let ends = workers.into_iter().map(std::thread::ScopedJoinHandle::join);
        ends.flat_map(|end| end.expect("a check ends")).collect()
    })
}

/// Fails with all that was complained about, at most `MOST` of it.
#[track_caller]
pub(crate) fn assert_none(complaints: &[String]) {
    const MOST: usize = 40;
    let more = complaints.len().saturating_sub(MOST);
    assert!(
        complaints.is_empty(),
        "{}\n({more} more)",
        complaints[..complaints.len() - more].join("\n")
    );
}
