//! Runs what the README shows.

use std::path::Path;
use std::process::{Command, Stdio};

use super::document::{Document, project};

/// A code block with what it is marked as.
struct Block {
    mark: String,
    lines: Vec<String>,
}

/// A command with the output that is shown below it.
struct Shown {
    command: String,
    output: Vec<String>,
}

/// Runs all commands and compares what they print with what is shown.
pub(crate) fn run(readme: &mut Document) {
    let folder = tempfile::tempdir().unwrap();
    for captures in ["testdata", "tests"] {
        let here = folder.path().join(captures);
        std::os::unix::fs::symlink(project().join(captures), here).unwrap();
    }
    let mut count = 0;
    for block in blocks(readme.text()) {
        match block.mark.as_str() {
            "sh" => {
                for command in block.lines.iter().filter(|line| !line.starts_with('#')) {
                    count += 1;
                    run_unseen(command, folder.path(), readme);
                }
            }
            "console" => {
                for shown in commands(&block.lines) {
                    count += 1;
                    run_shown(&shown, folder.path(), readme);
                }
            }
            _ => {}
        }
    }
    if count < 10 {
        readme.complain(format!("only {count} commands were found"));
    }
}

fn run_unseen(command: &str, folder: &Path, readme: &mut Document) {
    let (succeeded, output) = execute(command, folder);
    if !succeeded {
        readme.complain(format!("fails: {command}\n{output}"));
    }
}

fn run_shown(shown: &Shown, folder: &Path, readme: &mut Document) {
    let (succeeded, output) = execute(&shown.command, folder);
    if !succeeded {
        readme.complain(format!("fails: {}\n{output}", shown.command));
        return;
    }
    let lines: Vec<&str> = output.lines().collect();
    let expected: Vec<&str> = shown.output.iter().map(String::as_str).collect();
    if matches(&expected, &lines) {
        return;
    }
    if readme.writes() && !expected.contains(&"...") {
        let block = |lines: &[&str]| {
            let mut block = format!("$ {}\n", shown.command);
            for line in lines {
                block.push_str(line);
                block.push('\n');
            }
            block
        };
        readme.replace(&block(&expected), &block(&lines));
        return;
    }
    readme.complain(format!(
        "prints something else: {}\n--- README\n{}\n--- now\n{output}",
        shown.command,
        shown.output.join("\n"),
    ));
}

/// Whether it went well, and what it printed, standard error included.
fn execute(command: &str, folder: &Path) -> (bool, String) {
    let program = Path::new(env!("CARGO_BIN_EXE_icmpdump"));
    let mut path = program.parent().unwrap().as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let output = Command::new("bash")
        .args(["-c", &format!("set -o pipefail; exec 2>&1; {command}")])
        .current_dir(folder)
        .env("PATH", path)
        .env("TZ", "UTC")
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    (
        output.status.success(),
        String::from_utf8(output.stdout).unwrap(),
    )
}

/// Whether the lines are those expected, where `...` stands for at least one line.
fn matches(expected: &[&str], lines: &[&str]) -> bool {
    match (expected.split_first(), lines.split_first()) {
        (None, None) => true,
        (Some((&"...", rest)), Some((_, more))) => {
            (0..=more.len()).any(|skipped| matches(rest, &more[skipped..]))
        }
        (Some((first, rest)), Some((line, more))) => first == line && matches(rest, more),
        _ => false,
    }
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for line in text.lines() {
        match (line.strip_prefix("```"), open.take()) {
            (Some(_), Some(block)) => blocks.push(block),
            (Some(mark), None) => {
                open = Some(Block {
                    mark: mark.to_owned(),
                    lines: Vec::new(),
                });
            }
            (None, Some(mut block)) => {
                block.lines.push(line.to_owned());
                open = Some(block);
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a code block is not closed");
    blocks
}

fn commands(lines: &[String]) -> Vec<Shown> {
    let mut commands: Vec<Shown> = Vec::new();
    for line in lines {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(command), _) => commands.push(Shown {
                command: command.to_owned(),
                output: Vec::new(),
            }),
            // A command that goes on behind a backslash.
            (None, Some(last)) if last.command.ends_with('\\') => {
                last.command.push('\n');
                last.command.push_str(line);
            }
            (None, Some(last)) => last.output.push(line.clone()),
            (None, None) => panic!("output without a command: {line}"),
        }
    }
    commands
}

#[test]
fn dots_stand_for_lines() {
    assert!(matches(&["a", "...", "d"], &["a", "b", "c", "d"]));
    assert!(matches(&["..."], &["a", "b"]));
    assert!(!matches(&["a", "...", "d"], &["a", "d"]));
    assert!(!matches(&["a"], &["a", "b"]));
    assert!(!matches(&["a", "..."], &["a"]));
}
