//! `--top` on interfaces: real pings and errors, its screen captured by tmux.
#![cfg(feature = "top")]

use crate::common::command;
use crate::common::terminal::Terminal;
use crate::net::{Net, Pair};

/// Loads rules of nftables into a namespace.
fn filter(net: &Net, rules: &str) {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(&file, rules).expect("room");
    net.run(&["nft".as_ref(), "-f".as_ref(), file.path().as_os_str()]);
}

#[test]
fn pings_droppers_findings_and_an_interface_that_goes() {
    let pair = Pair::new();
    filter(
        &pair.right,
        "table ip f { chain i { type filter hook input priority 0;\n\
         ip saddr 10.9.0.1 icmp type echo-request numgen inc mod 4 == 0 drop\n\
         tcp dport 8080 reject with icmp admin-prohibited\n }\n }\n",
    );
    let terminal = Terminal::new(80, 24);
    let before = terminal.modes("before");
    let program = command().get_program().to_string_lossy().into_owned();
    terminal.types(&format!(
        "ip netns exec {} {program} -i v0 --reply-timeout 300ms --top; echo status=$?",
        pair.left.name
    ));
    terminal.sees("icmpdump  v0  running  dropped: 0 by kernel, 0 by interface");
    let _four = pair.left.spawn(&["ping", "-q", "-i0.05", "10.9.0.2"]);
    let _six = pair.left.spawn(&["ping", "-q", "-i0.1", "fd09::2"]);
    let connect = "exec 3<>/dev/tcp/10.9.0.2/8080";
    pair.left.try_run(&["bash", "-c", connect]);

    // As they come, the reader of the screen sees loss, round trips and errors.
    let ping = |screen: &str| {
        let line = screen
            .lines()
            .find(|line| line.starts_with("10.9.0.1 > 10.9.0.2 "));
        line.unwrap_or_default().to_owned()
    };
    let screen = terminal.sees_that("loss in the history", |screen| {
        ping(screen).contains('x') && ping(screen).contains('█')
    });
    assert!(ping(&screen).contains('%'), "{screen}");
    assert!(screen.contains("fd09::1 > fd09::2"), "{screen}");
    terminal.sees("10.9.0.2 admin prohibited");
    terminal.sees("ping_loss");
    terminal.sees("admin_prohibited");

    // Larger, the picture is; and capture goes on behind one that stands still.
    terminal.tmux(&["resize-window", "-x", "120", "-y", "40"]);
    terminal.sees("mean ms");
    terminal.keys(&["p"]);
    let paused = terminal.sees("paused");
    terminal.keys(&["/"]);
    terminal.keys(&["-l", "fd09"]);
    let filtered = terminal.sees("Pings (1 of 2)");
    let count = |screen: &str| screen.lines().nth(1).unwrap_or_default().to_owned();
    assert_eq!(count(&filtered), count(&paused));
    terminal.keys(&["Escape"]);
    terminal.keys(&["p"]);
    terminal.sees_that("more frames", |screen| count(screen) != count(&paused));

    // What ends the capture leaves the screen to be read, and is told behind it.
    pair.left.ip("link del v0");
    terminal.sees("v0  end of input");
    terminal.keys(&["q"]);
    terminal.sees("the interface v0 is gone");
    terminal.sees("status=1");
    terminal.tmux(&["resize-window", "-x", "80", "-y", "24"]);
    assert_eq!(terminal.modes("after"), before);
}

/// What the capture misses is on the screen while it does.
#[test]
fn drops_are_on_the_screen() {
    let pair = Pair::new();
    let terminal = Terminal::new(80, 24);
    let program = command().get_program().to_string_lossy().into_owned();
    // What is stopped below is no job of the shell's.
    terminal.types("set +m");
    terminal.types(&format!(
        "sh -c 'echo $$ > {}; exec ip netns exec {} {program} -i v0 -B 64 --top'; echo status=$?",
        terminal.path("pid").display(),
        pair.left.name
    ));
    terminal.sees("running  dropped: 0 by kernel");
    let id = std::fs::read_to_string(terminal.path("pid")).expect("the shell wrote it");
    // Stopped, it does not empty its buffer.
    assert!(
        crate::common::tool("kill", &["-STOP", id.trim()])
            .status
            .success()
    );
    assert_eq!(pair.left.ping("-f -c 20000 10.9.0.2"), 20_000);
    assert!(
        crate::common::tool("kill", &["-CONT", id.trim()])
            .status
            .success()
    );
    terminal.sees_that("drops", |screen| {
        let head = screen.lines().next().unwrap_or_default();
        head.contains(" by kernel") && !head.contains("dropped: 0 ")
    });
    terminal.keys(&["q"]);
    terminal.sees("status=0");
}
