//! `--annotate`, as tshark reads it.

use std::collections::HashMap;
use std::path::Path;

use crate::common::{of_type, records, run, testdata, tool};
use crate::{names, text};

/// The given fields of each frame of a file, as tshark tells them.
fn fields(path: &Path, fields: &[&str]) -> Vec<Vec<String>> {
    let path = text(path.to_owned());
    let mut arguments = vec!["-n", "-r", &path, "-T", "fields", "-E", "occurrence=f"];
    for field in fields {
        arguments.extend(["-e", field]);
    }
    let told = tool("tshark", &arguments);
    assert!(told.status.success(), "{told:?}");
    let lines = String::from_utf8(told.stdout).expect("UTF-8");
    lines
        .lines()
        .map(|line| line.split('\t').map(str::to_owned).collect())
        .collect()
}

fn comments(path: &Path) -> Vec<String> {
    let lines = fields(path, &["frame.number", "frame.comment"]);
    lines.into_iter().map(|mut line| line.remove(1)).collect()
}

#[test]
fn comments_say_what_the_records_say() {
    let mut told = 0;
    for name in [
        "demo.pcap",
        "ping-duplicates.pcap",
        "ping-corrupt.pcap",
        "too-big-tcp6.pcap",
        "redirect4.pcap",
        "redirect6.pcap",
    ] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let to = folder.path().join("a.pcapng");
        let read = testdata(name);
        run(&["-r", &read, "--annotate", "-w", &text(to.clone())]).good();
        let comments = comments(&to);
        let records = records(&["-r", &read]);
        for record in of_type(&records, "icmp") {
            let frame =
                usize::try_from(record["frame"].as_u64().expect("a number")).expect("small");
            let comment = &comments[frame - 1];
            let has = |part: &str| {
                assert!(
                    comment.contains(part),
                    "{name} {frame}: {comment:?} lacks {part:?}"
                );
            };
            if let Some(answered) = record["answers"]["frame"].as_u64() {
                has(&format!("answers #{answered}"));
                has(", rtt ");
                told += 1;
            }
            for (outcome, word) in [("duplicate", "duplicate"), ("corrupted", "differs")] {
                if record["answers"]["outcome"] == outcome {
                    has(word);
                }
            }
            if let Some(original) = record["original"]["frame"].as_u64() {
                has(&format!(" #{original}"));
                told += 1;
            }
            if let Some(mtu) = record["icmp"]["mtu"].as_u64() {
                has(&format!("MTU {mtu}"));
            }
            if let Some(port) = record["quoted"]["dst_port"].as_u64() {
                has(&format!(".{port}"));
            }
            let kind = record["icmp"]["name"].as_str().expect("a name");
            assert_eq!(
                comment.starts_with("redirects "),
                kind == "redirect",
                "{comment}"
            );
            assert!(kind != "echo_request" || comment.is_empty(), "{comment}");
        }
    }
    assert!(told > 60, "{told}");
}

#[test]
fn a_sentence_as_it_is() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let to = folder.path().join("a.pcapng");
    let demo = testdata("demo.pcap");
    run(&["-r", &demo, "--annotate", "-w", &text(to.clone())]).good();
    let all = comments(&to);
    assert_eq!(all[1], "answers #1, rtt 16.108 ms");
    assert_eq!(
        all[37],
        "drops TCP 2001:db8:1::1.40501 > 2001:db8:4::2.5001 seq 3088399639 ttl 63, \
         fragmentation needed, MTU 1400, original #34 9.297 ms before"
    );
    // What the file does not hold is named by where it was.
    run(&[
        "-r",
        &demo,
        "--annotate",
        "-w",
        &text(to.clone()),
        "icmp[icmptype] == 3",
    ])
    .good();
    let all = comments(&to);
    let last = all.last().expect("a comment");
    assert_eq!(
        last,
        "drops UDP 10.0.1.1.40053 > 10.0.4.2.53 ttl 61, port unreachable, original frame 88 of \
         demo.pcap (2026-11-22T07:25:54.549593000Z, not in this file) 9.556 ms before"
    );
}

/// Numbers in comments are those of the file: the frame they name is the request indeed.
#[test]
fn numbers_are_those_of_the_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let to = folder.path().join("a.pcapng");
    let mut arguments = vec!["--annotate".to_owned(), "-w".to_owned(), text(to.clone())];
    for name in ["demo.pcap", "ping-loss4.pcap", "ping6.pcap"] {
        arguments.extend(["-r".to_owned(), testdata(name)]);
    }
    arguments.push("icmp or icmp6 and not icmp6[icmp6type] == 135".to_owned());
    run(&arguments).good();
    let echo = [
        "ip.src",
        "ipv6.src",
        "ip.dst",
        "ipv6.dst",
        "icmp.ident",
        "icmpv6.echo.identifier",
        "icmp.seq",
        "icmpv6.echo.sequence_number",
        "frame.comment",
    ];
    let frames = fields(&to, &echo);
    let mut checked = 0;
    for frame in &frames {
        let Some((_, rest)) = frame[8].split_once("answers #") else {
            continue;
        };
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        let request = &frames[digits.parse::<usize>().expect("a number") - 1];
        let sides = |frame: &[String]| [frame[0].clone() + &frame[1], frame[2].clone() + &frame[3]];
        let [from, to] = sides(frame);
        assert_eq!(sides(request), [to, from], "{}", frame[8]);
        assert_eq!(request[4..8], frame[4..8], "{}", frame[8]);
        checked += 1;
    }
    assert!(checked > 30, "{checked}");
}

#[test]
fn frames_of_earlier_files_are_named_with_the_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let to = text(folder.path().join("a.pcapng"));
    run(&[
        "-r",
        &testdata("demo.pcap"),
        "--annotate",
        "-C",
        "1k",
        "-w",
        &to,
    ])
    .good();
    let mut counts = HashMap::new();
    let mut across = 0;
    for name in names(folder.path()) {
        let comments = comments(&folder.path().join(&name));
        for comment in &comments {
            if let Some((before, file)) = comment.split_once(" of a.pcapng") {
                let number = before.rsplit_once('#').expect("a number").1;
                let file: String = file.chars().take_while(char::is_ascii_digit).collect();
                across += 1;
                counts.insert(
                    format!("a.pcapng{file}"),
                    number.parse::<usize>().expect("digits"),
                );
            }
        }
    }
    assert!(across > 5, "{across}");
    for (file, number) in counts {
        assert!(comments(&folder.path().join(file)).len() >= number);
    }
}

#[test]
fn comments_need_a_format_that_holds_them() {
    let ping = testdata("ping4.pcap");
    for name in ["a.pcap", "a.PCAP", "a.cap"] {
        let run = run(&["-r", &ping, "--annotate", "-w", name]).exits(2);
        run.says("--annotate").says("a.pcapng");
    }
    run(&["-r", &ping, "--annotate"]).exits(2).says("-w");
    // A pipe has no name to go by.
    let piped = run_to_file(&["-r", &ping, "--annotate", "-w", "-"]);
    assert!(
        comments(piped.path())
            .iter()
            .any(|comment| comment.starts_with("answers #"))
    );
}

fn run_to_file(arguments: &[&str]) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let to = file.reopen().expect("the same");
    crate::common::finish(crate::common::command().args(arguments).stdout(to)).good();
    file
}
