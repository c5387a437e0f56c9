//! A real terminal: tmux has it, types into it and reads its screen.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use super::{PATIENCE, wait_for};

/// A terminal of its own, with a shell in it.
pub(crate) struct Terminal {
    folder: tempfile::TempDir,
}

impl Terminal {
    pub(crate) fn new(width: u16, height: u16) -> Self {
        let terminal = Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
        };
        let (width, height) = (width.to_string(), height.to_string());
        terminal.tmux(&[
            "-f",
            "/dev/null",
            "new-session",
            "-d",
            "-x",
            &width,
            "-y",
            &height,
            "env",
            "PS1=ready>",
            "TZ=UTC",
            "LC_ALL=C.UTF-8",
            "sh",
        ]);
        terminal.sees("ready>");
        terminal
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn try_tmux(&self, arguments: &[&str]) -> Output {
        Command::new("tmux")
            .arg("-S")
            .arg(self.path("socket"))
            .args(arguments)
            .env("LC_ALL", "C.UTF-8")
            .env_remove("TMUX")
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|e| panic!("tmux is needed for this test (make test installs it): {e}"))
    }

    #[track_caller]
    pub(crate) fn tmux(&self, arguments: &[&str]) -> String {
        let output = self.try_tmux(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {errors}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    pub(crate) fn keys(&self, keys: &[&str]) {
        let mut arguments = vec!["send-keys"];
        arguments.extend(keys);
        self.tmux(&arguments);
    }

    /// Types a command line; the names of what it needs hold no blanks.
    pub(crate) fn types(&self, line: &str) {
        self.keys(&["-l", line]);
        self.keys(&["Enter"]);
    }

    pub(crate) fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    #[track_caller]
    pub(crate) fn sees_that(&self, what: &str, condition: impl Fn(&str) -> bool) -> String {
        let start = Instant::now();
        loop {
            let screen = self.screen();
            if condition(&screen) {
                return screen;
            }
            assert!(
                start.elapsed() < PATIENCE,
                "never saw {what}; screen:\n{screen}"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    #[track_caller]
    pub(crate) fn sees(&self, words: &str) -> String {
        self.sees_that(words, |screen| screen.contains(words))
    }

    /// The modes of the terminal as the shell's children find them.
    pub(crate) fn modes(&self, name: &str) -> String {
        let path = self.path(name);
        self.types(&format!("stty -a > {}", path.display()));
        // Its last line, whole.
        wait_for("an answer of stty", || {
            let modes = fs::read_to_string(&path).ok()?;
            (modes.contains("echo") && modes.ends_with('\n')).then_some(modes)
        })
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.try_tmux(&["kill-server"]);
    }
}
