//! The README: its commands run and print what it shows, its tables say what the program does.
//!
//! Code blocks marked `console` hold commands behind `$ ` and their output; a line `...` stands for
//! lines left out. Code blocks marked `sh` hold commands that must succeed, one a line. Blocks with
//! another mark, or none, are not run: they need the network, root, or a program that tests do not
//! install. Commands run in a folder that holds nothing but `testdata/` and `tests/`, in UTC, with the program
//! first in `PATH`.
//!
//! After an intended change write tables and output anew, look at the difference, and commit it
//! with the change; output with `...` in it is changed by hand:
//!
//! ```text
//! ICMPDUMP_README=write cargo test --test readme
//! git diff README.md
//! ```

mod commands;
mod document;
mod records;
mod types;

use document::Document;

/// All in one test: each part may write the document.
#[test]
fn says_what_the_program_does() {
    let mut readme = Document::read();
    let schema = records::Schema::read();
    readme.section("records", &schema.reference());
    readme.section("types", &types::table());
    commands::run(&mut readme);
    readme.finish();
}

/// What `make demo` runs is the first command of the README.
#[test]
fn shows_the_demo() {
    let makefile = std::fs::read_to_string(document::project().join("Makefile")).unwrap();
    let filter = makefile
        .lines()
        .find_map(|line| line.strip_prefix("DEMO_FILTER ?= "))
        .unwrap();
    let command = format!("```console\n$ icmpdump -r testdata/demo.pcap '{filter}'\n");
    let readme = Document::read();
    let first = readme.text().find("```console").unwrap();
    assert!(readme.text()[first..].starts_with(&command), "{command}");
}

/// Every link within the page leads to a heading, and every relative one to a file.
#[test]
fn links_lead_somewhere() {
    let readme = Document::read();
    let mut fenced = false;
    let prose = readme.text().lines().filter(|line| {
        fenced ^= line.starts_with("```");
        !fenced
    });
    let prose: Vec<&str> = prose.collect();
    // As GitHub makes them.
    let anchor = |heading: &str| -> String {
        let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
        let text: String = heading.chars().filter(kept).collect();
        text.to_lowercase().replace(' ', "-")
    };
    let headings: Vec<String> = prose
        .iter()
        .filter(|line| line.starts_with('#'))
        .map(|line| anchor(line.trim_start_matches('#').trim_start()))
        .collect();
    let mut links = 0;
    for target in prose.iter().flat_map(|line| line.split("](").skip(1)) {
        let target = target.split(')').next().unwrap_or_default();
        links += 1;
        if let Some(wanted) = target.strip_prefix('#') {
            assert!(
                headings.iter().any(|h| h == wanted),
                "no heading for #{wanted}"
            );
        } else if !target.starts_with("https://") {
            assert!(
                document::project().join(target).exists(),
                "no file {target}"
            );
        }
    }
    assert!(links > 20, "{links}");
}

/// CONTRIBUTING.md has a row for each command of the Makefile.
#[test]
fn contributing_names_every_command() {
    let read = |name| std::fs::read_to_string(document::project().join(name)).unwrap();
    let (makefile, contributing) = (read("Makefile"), read("CONTRIBUTING.md"));
    let targets: Vec<_> = makefile
        .lines()
        .filter(|line| line.contains(" ## ") && !line.starts_with(char::is_whitespace))
        .filter_map(|line| line.split_once(':'))
        .collect();
    assert!(targets.len() > 8, "{targets:?}");
    for (target, _) in targets {
        let row = format!("\n| `make {target}` |");
        assert!(contributing.contains(&row), "CONTRIBUTING.md: no row{row}");
    }
}

/// Every finding that the program knows is explained.
#[test]
fn explains_every_finding() {
    let readme = Document::read();
    let findings = records::findings();
    assert!(findings.len() > 5, "found only {findings:?}");
    for name in findings {
        let row = format!("\n| `{name}` |");
        assert!(
            readme.text().contains(&row),
            "no row of the README begins with {row}"
        );
    }
}
