//! `--top` on a real terminal: driven by tmux, its screen captured.
#![cfg(all(target_os = "linux", feature = "top"))]

mod common;

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::common::terminal::Terminal;
use crate::common::{PATIENCE, run, testdata, tool};

const ICMPDUMP: &str = env!("CARGO_BIN_EXE_icmpdump");

/// A `--top` whose process is known by the file that the shell writes.
struct Started(PathBuf);

impl Started {
    /// Types the command line that reads `capture`, with the trap `hangup` for SIGHUP and `then` behind.
    fn types(terminal: &Terminal, hangup: &str, capture: &Path, then: &str) -> Self {
        let pid = terminal.path("pid");
        terminal.types(&format!(
            "sh -c \"trap {hangup} HUP; echo \\$\\$ > {}; exec {ICMPDUMP} -r {} --top\"{then}",
            pid.display(),
            capture.display()
        ));
        Self(pid)
    }

    /// The number of the process, once it has shown something.
    fn number(&self) -> String {
        let number = fs::read_to_string(&self.0).expect("the shell wrote it");
        number.trim().to_owned()
    }

    fn kill(&self, signal: &str) -> bool {
        kill(signal, &self.number())
    }
}

/// Sends a signal; says whether there was somebody to send it to.
fn kill(signal: &str, pid: &str) -> bool {
    tool("kill", &[signal, pid]).status.success()
}

/// A named pipe that a capture is written to piece by piece.
struct Feed {
    pipe: fs::File,
    packets: Vec<Vec<u8>>,
}

impl Feed {
    /// Opens once somebody reads `path`. The head of the capture is written.
    fn new(path: &Path, capture: &str) -> Self {
        let whole = fs::read(testdata(capture)).expect("a capture");
        let (head, mut rest) = whole.split_at(24);
        let mut packets = Vec::new();
        while let Some(length) = rest.get(8..12) {
            let length = u32::from_le_bytes(length.try_into().expect("four octets"));
            let (packet, more) = rest.split_at(16 + usize::try_from(length).expect("it is short"));
            packets.push(packet.to_vec());
            rest = more;
        }
        packets.reverse();
        let mut pipe = OpenOptions::new().write(true).open(path).expect("a pipe");
        pipe.write_all(head).expect("somebody reads");
        Self { pipe, packets }
    }

    /// Writes the next packets, so many.
    fn give(&mut self, count: usize) {
        for _ in 0..count {
            let packet = self.packets.pop().expect("a packet is left");
            self.pipe.write_all(&packet).expect("somebody reads");
        }
    }

    fn left(&self) -> usize {
        self.packets.len()
    }
}

#[test]
fn a_capture_as_it_comes() {
    let terminal = Terminal::new(130, 40);
    let before = terminal.modes("before");
    let fifo = terminal.path("fifo");
    assert!(tool("mkfifo", &[&fifo]).status.success());

    // Packets from standard input, keys from the terminal.
    terminal.types(&format!("{ICMPDUMP} -r - --top < {}", fifo.display()));
    let mut feed = Feed::new(&fifo, "demo.pcap");
    feed.give(60);
    let screen = terminal.sees("60 frames: ");
    for words in [
        "icmpdump  standard input  running",
        "Pings (",
        "10.0.1.1 > 10.0.4.2",
        "q quit",
    ] {
        assert!(screen.contains(words), "{words}:\n{screen}");
    }
    assert!(!screen.contains("ready>"), "a screen of its own:\n{screen}");

    // The picture stands still, capture goes on.
    terminal.keys(&["p"]);
    terminal.sees("paused");
    feed.give(10);
    terminal.keys(&["Tab"]);
    let paused = terminal.sees_that("the focus on droppers", |s| s.contains("sort: count"));
    assert!(paused.contains("60 frames: "), "{paused}");
    terminal.keys(&["p"]);
    terminal.sees("70 frames: ");

    // Findings come before the end.
    let rest = feed.left();
    feed.give(rest);
    terminal.sees("95 frames: ");
    let screen = terminal.sees("pmtu_black_hole");
    assert!(screen.contains("running"), "{screen}");

    // What the keys do, and back to the parts.
    terminal.keys(&["?"]);
    terminal.sees("this part alone, and back");
    terminal.keys(&["Escape"]);
    terminal.sees("pmtu_black_hole");

    // Sort, and look for a text.
    terminal.keys(&["s"]);
    terminal.sees("Droppers (9), by latest");
    terminal.keys(&["/"]);
    terminal.keys(&["-l", "8443"]);
    terminal.sees("rows with: 8443_");
    terminal.sees("Dropped flows (1 of 11)");
    terminal.keys(&["Enter"]);
    terminal.sees("rows with '8443'");
    terminal.keys(&["Escape"]);
    terminal.sees("Dropped flows (11)");

    // Smaller than all parts need, tiny, and large again.
    terminal.tmux(&["resize-window", "-x", "60", "-y", "15"]);
    terminal.sees_that("one part alone", |s| {
        s.contains("Droppers (9)") && !s.contains("Pings")
    });
    terminal.tmux(&["resize-window", "-x", "9", "-y", "2"]);
    terminal.sees_that("what fits", |s| {
        s.starts_with("icmpdump") && !s.contains("Droppers")
    });
    terminal.tmux(&["resize-window", "-x", "130", "-y", "40"]);
    terminal.sees_that("all parts", |s| {
        s.contains("Droppers (9)") && s.contains("Pings (3)")
    });

    // A key right behind a change of size is a key.
    for (width, state) in [
        (120, "paused"),
        (125, "running"),
        (120, "paused"),
        (130, "running"),
    ] {
        let columns = width.to_string();
        let resize = ["resize-window", "-x", &columns, "-y", "40"];
        terminal.tmux(&[&resize[..], &[";", "send-keys", "p"]].concat());
        terminal.sees_that(&format!("{state} in {width} columns"), |s| {
            let mut lines = s.lines();
            s.contains(&format!("standard input  {state}"))
                && lines.any(|line| line.contains('─') && line.chars().count() == width)
        });
    }

    // The pipe is still open: it answers keys while it waits for input.
    terminal.keys(&["q"]);
    let after = terminal.sees("ready>");
    assert!(
        !after.contains("Droppers"),
        "the old screen is back:\n{after}"
    );
    assert_eq!(terminal.modes("after"), before);
}

#[test]
fn a_file_stays_until_somebody_quits() {
    let terminal = Terminal::new(120, 40);
    let before = terminal.modes("before");
    let capture = testdata("demo.pcap");
    terminal.types(&format!("{ICMPDUMP} -r {capture} --top; echo status=$?"));
    let screen = terminal.sees("demo.pcap  end of input");
    assert!(screen.contains("20.0%"), "{screen}");
    terminal.keys(&["q"]);
    terminal.sees("status=0");
    assert_eq!(terminal.modes("after"), before);

    // Control-C is a key like others there.
    terminal.types(&format!(
        "clear; {ICMPDUMP} -r {capture} --top; echo again=$?"
    ));
    terminal.sees("end of input");
    terminal.keys(&["C-c"]);
    terminal.sees("again=0");
    assert_eq!(terminal.modes("after-control-c"), before);
}

#[test]
fn a_key_after_a_long_paste_is_taken() {
    let terminal = Terminal::new(120, 40);
    // The shell is not to take the terminal back while the screen is stopped.
    terminal.types("set +m");
    let pid = Started::types(
        &terminal,
        "-",
        Path::new(&testdata("demo.pcap")),
        "; echo status=$?",
    );
    terminal.sees("demo.pcap  end of input");
    terminal.keys(&["/"]);
    terminal.sees("rows with: _");
    // All of it waits when the first of it is read.
    assert!(pid.kill("-STOP"));
    terminal.keys(&["-l", &"x".repeat(3000)]);
    terminal.keys(&["Enter"]);
    assert!(pid.kill("-CONT"));
    terminal.sees(&format!("rows with '{}'", "x".repeat(60)));
    terminal.keys(&["q"]);
    terminal.sees("status=0");
}

#[test]
fn the_terminal_is_restored_after_signals_and_faults() {
    let terminal = Terminal::new(120, 40);
    let before = terminal.modes("before");
    let fifo = terminal.path("fifo");
    assert!(tool("mkfifo", &[&fifo]).status.success());

    let pid = Started::types(&terminal, "-", &fifo, "; echo status=$?");
    let mut feed = Feed::new(&fifo, "demo.pcap");
    feed.give(5);
    terminal.sees("5 frames: ");
    assert!(pid.kill("-TERM"));
    terminal.sees("status=0");
    assert_eq!(terminal.modes("after-term"), before);
    drop(feed);

    // Two signals in a row end it no later, and leave the terminal as it was.
    for signals in ["-TERM", "-INT", "-HUP"] {
        terminal.types("clear");
        let pid = Started::types(&terminal, "-", &fifo, "; echo twice$?");
        let mut feed = Feed::new(&fifo, "demo.pcap");
        feed.give(5);
        terminal.sees("5 frames: ");
        for _ in 0..2 {
            pid.kill(signals);
        }
        // The second finds the terminal given back, and ends it at once, or comes before.
        let number = match signals {
            "-TERM" => 15,
            "-INT" => 2,
            _ => 1,
        };
        let at_once = format!("twice{}\n", 128 + number);
        terminal.sees_that("its end", |screen| {
            screen.contains("twice0\n") || screen.contains(&at_once)
        });
        assert_eq!(terminal.modes(&format!("after-two{signals}")), before);
    }

    // A disk without room ends the run: the message stands on the old screen.
    terminal.types(&format!(
        "clear; {ICMPDUMP} -r {} --top -w /dev/full; echo full=$?",
        testdata("demo.pcap")
    ));
    let screen = terminal.sees("full=1");
    assert!(screen.contains("/dev/full"), "{screen}");
    assert_eq!(terminal.modes("after-full"), before);
}

#[test]
fn it_ends_with_its_terminal() {
    // With SIGHUP as it is, and ignored: the terminal alone tells then.
    for hangup in ["-", "''"] {
        let terminal = Terminal::new(120, 40);
        let capture = testdata("demo.pcap");
        let pid = Started::types(&terminal, hangup, Path::new(&capture), "");
        terminal.sees("end of input");
        // The file that tells it goes with the terminal.
        let pid = pid.number();
        assert!(kill("-0", &pid));
        drop(terminal);
        let start = Instant::now();
        while kill("-0", &pid) {
            if start.elapsed() > PATIENCE {
                kill("-KILL", &pid);
                panic!("it goes on without a terminal, trap {hangup} HUP");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn what_is_no_terminal_is_told_with_the_remedy() {
    let refused = run(&["-r", &testdata("ping4.pcap"), "--top"]).exits(2);
    assert_eq!(refused.out, "");
    assert!(
        refused.err.contains("standard output is none"),
        "{}",
        refused.err
    );
    assert!(refused.err.contains("--json"), "{}", refused.err);
    for other in ["--json", "-q", "--count"] {
        let both = run(&["-r", &testdata("ping4.pcap"), "--top", other]).exits(2);
        assert!(both.err.contains("--top"), "{}", both.err);
    }
    let terminal = Terminal::new(120, 10);
    terminal.types(&format!(
        "TERM=dumb {ICMPDUMP} -r {} --top; echo status=$?",
        testdata("ping4.pcap")
    ));
    let screen = terminal.sees("status=2");
    assert!(screen.contains("TERM names none"), "{screen}");
    // Nor are packets for a terminal.
    terminal.types(&format!(
        "clear; {ICMPDUMP} -r {} -w -; echo packets=$?",
        testdata("ping4.pcap")
    ));
    let screen = terminal.sees("packets=2");
    assert!(screen.contains("-w - | wireshark -k -i -"), "{screen}");
}
