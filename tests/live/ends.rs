//! Signals, limits, and interfaces that go away.

use std::fs;
use std::io::Read;
use std::process::Stdio;
use std::time::Duration;

use crate::common::{assert_accounted, command, of_type, summary, tool, wait_for, wait_until};
use crate::net::{Net, Pair, Reading};

/// Processor time of a process so far.
fn processor_time(id: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).expect("it runs");
    let (_, fields) = stat.rsplit_once(')').expect("a name in parentheses");
    let ticks = |at: usize| -> u64 {
        let field = fields.split_whitespace().nth(at).expect("a field");
        field.parse().expect("a number")
    };
    // User and system time, in hundredths of a second.
    Duration::from_millis(10 * (ticks(11) + ticks(12)))
}

/// A set of signals as the first thread of a process has it, a bit for each.
fn signals(id: u32, set: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).expect("it runs");
    let bits = status.lines().find_map(|line| line.strip_prefix(set));
    let bits = bits.unwrap_or_else(|| panic!("no {set} in {status}"));
    u64::from_str_radix(bits.trim(), 16).expect("a number")
}

/// Whether a process has a handler for the signal of this number.
fn handles(id: u32, number: u32) -> bool {
    signals(id, "SigCgt:") >> (number - 1) & 1 == 1
}

/// Whether each signal sent was handled and all threads sleep: a handler does not.
fn is_at_rest(id: u32) -> bool {
    let is_asleep = |task: fs::DirEntry| {
        let stat = fs::read_to_string(task.path().join("stat")).unwrap_or_default();
        stat.rsplit_once(") ")
            .is_some_and(|(_, fields)| fields.starts_with('S'))
    };
    let mut tasks = fs::read_dir(format!("/proc/{id}/task")).expect("it runs");
    signals(id, "ShdPnd:") == 0 && tasks.all(|task| task.is_ok_and(is_asleep))
}

#[test]
fn an_interface_that_is_removed_ends_it_with_one_message() {
    let net = Net::new();
    net.ip("link add v0 type veth peer name v1");
    net.ip("link set v0 up");
    net.ip("link set v1 up");
    let capture = net.capture(&["-i", "v0", "--json"]);
    net.ip("link del v0");
    let ended = capture.end().exits(1);
    let gone = ended.err.lines().filter(|line| line.contains("is gone"));
    assert_eq!(gone.count(), 1, "{}", ended.err);
    // It goes down before it goes.
    assert!(!ended.err.contains("is down"), "{}", ended.err);
    let records = ended.records();
    let damaged = &summary(&records)["damaged"][0];
    assert_eq!(damaged["kind"], "gone");
    assert_eq!(damaged["source"], "v0");
    assert_accounted(summary(&records), "removed");
}

#[test]
fn of_two_interfaces_the_other_goes_on() {
    let net = Net::new();
    net.ip("link add v0 type veth peer name v1");
    net.ip("link set v0 up");
    net.ip("link set v1 up");
    let capture = net.capture(&["-i", "v0", "-i", "lo", "--json"]);
    net.ip("link del v0");
    // Before that is told, and after it.
    assert_eq!(net.ping("-c10 -i0.002 127.0.0.1"), 10);
    capture.wait_for_message("v0: the interface was removed; capture goes on with the others");
    assert_eq!(net.ping("-c10 -i0.002 127.0.0.1"), 10);
    let ended = capture.interrupt().exits(1);
    let records = ended.records();
    assert_eq!(
        summary(&records)["exchanges"]["echo"]["answered"],
        20,
        "{}",
        ended.err
    );
    assert!(ended.err.contains("the interface v0 is gone"));
}

#[test]
fn down_and_up_are_told_and_the_capture_goes_on() {
    let pair = Pair::new();
    let capture = pair.left.capture(&["-i", "v0", "--json"]);
    assert_eq!(pair.left.ping("-c2 -i0.01 10.9.0.2"), 2);
    pair.left.ip("link set v0 down");
    capture.wait_for_message("v0: the interface is down");
    let before = processor_time(capture.id());
    std::thread::sleep(Duration::from_secs(2));
    let spent = processor_time(capture.id()).saturating_sub(before);
    assert!(spent < Duration::from_secs(1), "it spins: {spent:?}");
    pair.left.ip("link set v0 up");
    capture.wait_for_message("v0: the interface is up again");
    // The other end hears of it later.
    let other = || pair.right.try_run(&["ip", "link", "show", "v1"]).stdout;
    wait_until("a carrier", || {
        String::from_utf8_lossy(&other()).contains("state UP")
    });
    assert_eq!(pair.left.ping("-c3 -i0.2 10.9.0.2"), 3);
    let ended = capture.interrupt().exits(0);
    let records = ended.records();
    let echo = &summary(&records)["exchanges"]["echo"];
    assert_eq!(echo["answered"], 5, "{}", ended.err);
}

#[test]
fn a_storm_of_signals_disturbs_nothing() {
    let net = Net::new();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("all.pcapng");
    let file = file.to_str().expect("UTF-8");
    let capture = net.capture(&["-i", "lo", "-Z", "root", "-w", file, "--print", "--json"]);
    let id = capture.id().to_string();
    let storm = std::thread::spawn(move || {
        for _ in 0..100 {
            for signal in ["-USR1", "-USR2", "-HUP"] {
                tool("kill", &[signal, &id]);
            }
        }
    });
    assert_eq!(net.ping("-c500 -i0.002 127.0.0.1"), 500);
    storm.join().expect("it ends");
    let ended = capture.interrupt().exits(0);
    let records = ended.records();
    assert_eq!(of_type(&records, "icmp").len(), 1000);
    assert_eq!(summary(&records)["exchanges"]["echo"]["answered"], 500);
    assert_accounted(summary(&records), "a storm");
    assert!(ended.err.contains("-- summary: "), "{}", ended.err);
    let counted = tool("tcpdump", &["-r", file, "--count"]);
    assert!(String::from_utf8_lossy(&counted.stdout).starts_with("1000 packets"));
}

#[test]
fn sigusr1_tells_verdicts_so_far_and_counts_nothing_twice() {
    let pair = Pair::new();
    let capture = pair.left.capture(&["-i", "v0", "--json", "--flows"]);
    let udp = "exec 3>/dev/udp/10.9.0.2/9; echo a >&3; sleep 0.3; echo b >&3";
    pair.left.try_run(&["bash", "-c", udp]);
    capture.wait_for_output("\"original\"");
    for round in 1..=2 {
        capture.signal("USR1");
        capture.wait_until(
            || capture.messages().matches("v0: ").count() >= round,
            "an account",
        );
    }
    let told = capture.messages();
    // Counted to this very moment, and the lines counted are out.
    let account = told.lines().rfind(|line| line.contains(" ICMP shown"));
    let account = account.unwrap_or_else(|| panic!("{told}"));
    capture.wait_until(
        || {
            let shown = of_type(&capture.records(), "icmp").len();
            account.contains(&format!(" = {shown} ICMP shown"))
        },
        account,
    );
    assert!(!told.contains(" 0 received by the filter"), "{told}");
    assert!(told.contains("port unreachable"), "{told}");
    assert!(told.contains("v0: "), "{told}");
    assert!(!capture.output().contains("\"type\":\"drop\""));
    let ended = capture.interrupt().exits(0);
    let records = ended.records();
    let drops = of_type(&records, "drop");
    assert_eq!(drops.len(), 1, "{}", ended.out);
    assert!(drops[0]["count"].as_u64() >= Some(1));
}

/// Who loses the connection to a machine wants to know what was seen there.
#[test]
fn a_hangup_ends_it_in_order_unless_it_was_to_be_ignored() {
    let net = Net::new();
    let capture = net.capture(&["-i", "lo", "--json"]);
    assert_eq!(net.ping("-c3 -i0.002 127.0.0.1"), 3);
    capture.signal("HUP");
    let ended = capture.end().exits(0);
    let records = ended.records();
    assert_eq!(summary(&records)["exchanges"]["echo"]["answered"], 3);

    let capture = net.capture_by(&["nohup"], &["-i", "lo", "--json"]);
    assert_eq!(net.ping("-c3 -i0.002 127.0.0.1"), 3);
    capture.signal("HUP");
    assert_eq!(net.ping("-c3 -i0.002 127.0.0.1"), 3);
    let ended = capture.interrupt().exits(0);
    let records = ended.records();
    assert_eq!(summary(&records)["exchanges"]["echo"]["answered"], 6);
}

/// A capture into a file that nobody watches any more would fill the disk. Who only moved the file
/// away, or had it started by `nohup`, wants it to go on.
#[test]
fn a_terminal_that_is_gone_ends_a_capture_into_a_file() {
    const PROGRAM: &str = "\
import os,pty,signal,sys,time
ignored, program, file = sys.argv[1] == 'ignored', sys.argv[2], sys.argv[3]
if ignored: signal.signal(signal.SIGHUP, signal.SIG_IGN)
id, terminal = pty.fork()
if id == 0: os.execv(program, [program, '-i', 'lo', '-U', '-Z', 'root', '-w', file])
signal.signal(signal.SIGALRM, lambda *_: os.kill(id, signal.SIGKILL))
signal.alarm(60)
said = b''
while b'listening' not in said: said += os.read(terminal, 4096)
def is_there():
    while not os.path.exists(file): time.sleep(0.01)
def goes_on():
    os.rename(file, file + '.moved')
    os.kill(id, signal.SIGHUP)
    is_there()
is_there()
goes_on()
os.close(terminal)
if ignored:
    goes_on()
    os.kill(id, signal.SIGINT)
print('ended', os.waitstatus_to_exitcode(os.waitpid(id, 0)[1]))
";
    let net = Net::new();
    let program = command().get_program().to_string_lossy().into_owned();
    for how in ["ignored", "not"] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("all.pcap");
        let file = file.to_str().expect("UTF-8");
        let done = net.run(&["python3", "-c", PROGRAM, how, &program, file]);
        assert_eq!(String::from_utf8_lossy(&done.stdout), "ended 0\n", "{how}");
        // An orderly end: it is a capture.
        assert!(tool("tcpdump", &["-r", file, "--count"]).status.success());
    }
}

#[test]
fn a_second_interrupt_ends_it_at_once() {
    let net = Net::new();
    // Nobody reads: it is stuck with more output than a pipe holds.
    let capture = net.capture_unread(&["-i", "lo", "-l", "-v"]);
    net.ping("-c400 -i0.001 127.0.0.1");
    capture.signal("INT");
    wait_until("the first to be taken", || is_at_rest(capture.id()));
    capture.signal("INT");
    // Standard output is read only after its end, so that only the second can have ended it.
    let stat = format!("/proc/{}/stat", capture.id());
    wait_until("its end", || {
        fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z "))
    });
    assert_eq!(capture.end().code, Some(130));
}

#[test]
fn an_interrupt_before_the_first_octet_of_a_pipe() {
    for (signal, number) in [("INT", 2), ("TERM", 15)] {
        let mut command = command();
        command.args(["-r", "-"]).stdin(Stdio::piped());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        // Until its handlers are there, a signal ends it the other way.
        wait_until("its handlers", || handles(child.id(), number));
        let id = child.id().to_string();
        tool("kill", &[&format!("-{signal}"), &id]);
        let status = wait_for("its end", || child.try_wait().expect("a child"));
        assert_eq!(status.code(), Some(0), "{signal}");
        let mut err = String::new();
        let mut stderr = child.stderr.take().expect("a pipe");
        stderr.read_to_string(&mut err).expect("UTF-8");
        assert_eq!(err, "");
    }
}

#[test]
fn limits_of_time_and_number() {
    let net = Net::new();
    // It ends by itself, whether anything comes or not.
    let capture = net.capture(&["-i", "lo", "--duration", "1", "--json"]);
    let ended = capture.end().exits(0);
    assert_eq!(summary(&ended.records())["frames"]["icmp"], 0);
    let pings = net.spawn(&["ping", "-q", "-i0.002", "127.0.0.1"]);
    let capture = net.capture(&["-i", "lo", "--duration", "1", "--json"]);
    let ended = capture.end().exits(0);
    drop(pings);
    let records = ended.records();
    let frames = &summary(&records)["frames"];
    assert!(frames["icmp"].as_u64() > Some(10), "{frames}");

    let capture = net.capture(&["-i", "lo", "-c", "3", "--json"]);
    net.ping("-c3 -i0.002 127.0.0.1");
    let ended = capture.end().exits(0);
    let records = ended.records();
    assert_eq!(of_type(&records, "icmp").len(), 3);
    assert_eq!(summary(&records)["kernel"]["received"], 3);
}

#[test]
fn a_closed_pipe_ends_it_quietly() {
    let net = Net::new();
    let exe = command().get_program().to_string_lossy().into_owned();
    let script = format!("{exe} -l -i lo | head -1");
    let pings = net.spawn(&["ping", "-q", "-i0.1", "127.0.0.1"]);
    let done = net.run(&["bash", "-c", &script]);
    drop(pings);
    assert_eq!(String::from_utf8_lossy(&done.stdout).lines().count(), 1);
    let err = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(
        err.lines().all(|line| line.contains("listening on")),
        "{err}"
    );
}

#[test]
fn what_cannot_be_captured_on() {
    let net = Net::new();
    net.ip("link add v0 type veth peer name v1");
    let refused = |arguments: &[&str], code: i32, words: &str| {
        let ended = net.start(arguments, Reading::AtOnce).end().exits(code);
        assert!(ended.err.contains(words), "{arguments:?}: {}", ended.err);
        assert_eq!(ended.err.lines().count(), 1, "{}", ended.err);
    };
    refused(&["-i", "v9"], 1, "did you mean v");
    refused(&["-i", "v0"], 1, "v0: the interface is down");
    refused(&["-i", "lo", "nonsense words"], 2, "nonsense words");
    refused(&["-i", "lo", "-y", "NONSENSE"], 2, "NONSENSE");
    refused(&["-i", "lo,v0"], 1, "-i lo -i v0");
    let exe = command().get_program().to_owned();
    let words = [
        "setpriv",
        "--bounding-set=-net_raw,-net_admin",
        "--inh-caps=-all",
        "--",
    ];
    let mut all: Vec<_> = words.iter().map(std::ffi::OsString::from).collect();
    all.extend([exe, "-i".into(), "lo".into()]);
    let done = net.try_run(&all);
    assert_eq!(done.status.code(), Some(1));
    let err = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(err.contains("CAP_NET_RAW is missing"), "{err}");
}
