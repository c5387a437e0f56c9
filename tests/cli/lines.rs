//! What flags make of the output.

use serde_json::Value;

use crate::common::{command, finish, of_type, records, run, run_with_input, testdata, tool};

/// The time column of each line about a packet: what stands before ` IP` or ` IP6`.
fn stamps(text: &str) -> Vec<String> {
    text.lines()
        .filter(|line| !line.starts_with("-- "))
        .filter_map(|line| {
            let line = format!(" {line}");
            let at = line
                .find(" IP ")
                .into_iter()
                .chain(line.find(" IP6 "))
                .min()?;
            Some(line[..at].trim_start().to_owned())
        })
        .collect()
}

fn tcpdump_stamps(capture: &str, flags: &[&str], zone: &str) -> Vec<String> {
    let mut command = std::process::Command::new("tcpdump");
    command
        .args(["-n", "-r", capture])
        .args(flags)
        .env("TZ", zone);
    command.arg("icmp or icmp6");
    let output = command.output().expect("tcpdump is needed for this test");
    assert!(output.status.success(), "{command:?}");
    stamps(&String::from_utf8_lossy(&output.stdout))
}

#[test]
fn times_look_as_tcpdump_writes_them() {
    let styles = [
        &[] as &[&str],
        &["-t"],
        &["-tt"],
        &["-ttt"],
        &["-tttt"],
        &["-ttttt"],
        &["--nano"],
        &["-tt", "--nano"],
        &["-ttt", "--nano"],
        &["-tttt", "--nano"],
        &["-ttttt", "--nano"],
        &["--micro"],
        &["-t", "-t", "-t"],
    ];
    for name in [
        "ping4.pcap",
        "formats-nano.pcap",
        "ping6.pcap",
        "loop4.pcap",
    ] {
        let capture = testdata(name);
        for flags in styles {
            // Of nanoseconds tcpdump cuts off three digits before it takes the difference, which
            // makes it one microsecond wrong now and then.
            let differences = matches!(flags, ["-ttt" | "-ttttt", ..] | ["-t", "-t", "-t"]);
            if name == "formats-nano.pcap" && differences && !flags.contains(&"--nano") {
                continue;
            }
            for zone in ["UTC", "Asia/Kathmandu", "America/St_Johns"] {
                let mut command = command();
                command.args(["-r", &capture]).args(flags).env("TZ", zone);
                let ours = stamps(&finish(&mut command).good());
                assert!(ours.len() >= 8, "{name} {flags:?}");
                let theirs = tcpdump_stamps(&capture, flags, zone);
                assert_eq!(ours, theirs, "{name} {flags:?} {zone}");
            }
        }
    }
}

/// Line by line, what we add behind ` | ` and after the lines left out.
#[test]
fn flags_and_their_combinations_give_the_lines_of_tcpdump() {
    let combinations: &[&[&str]] = &[
        &["-e"],
        &["-x"],
        &["-xx"],
        &["-xxx"],
        &["-A"],
        &["-AA"],
        &["-x", "-A"],
        &["-xx", "-AA"],
        &["-e", "-xx", "-tttt", "--nano"],
        &["-e", "-e", "-l", "-l", "-p", "-p"],
        &["-c", "3"],
        &["-c", "1", "-c", "4"],
        &["-ttt", "-c", "3", "--nano"],
        &["-tttt", "-A", "-c", "2"],
        &["-K", "-U", "-N", "-nn", "-s", "0", "-s", "96"],
        &["--print"],
        &["--count"],
        &["--count", "-c", "3"],
    ];
    for name in [
        "ping4.pcap",
        "ping6.pcap",
        "demo.pcap",
        "formats-nano.pcap",
        "neighbor-discovery.pcap",
        "traceroute-udp4.pcap",
    ] {
        let capture = testdata(name);
        for flags in combinations {
            let all = [&["-n", "-r", &capture], *flags, &["icmp or icmp6"]].concat();
            let theirs = tool("tcpdump", &all);
            let theirs = String::from_utf8_lossy(&theirs.stdout);
            let ours = run(&all).good();
            let ours: Vec<&str> = ours
                .lines()
                .filter(|line| !line.starts_with("-- "))
                .map(|line| line.split(" | ").next().unwrap_or_default())
                .collect();
            assert!(!ours.is_empty(), "{name} {flags:?}");
            assert_eq!(ours, theirs.lines().collect::<Vec<_>>(), "{name} {flags:?}");
        }
    }
}

#[test]
fn json_times_are_utc_nanoseconds_whatever_the_flags() {
    let capture = testdata("formats-nano.pcap");
    let plain = run(&["-r", &capture, "--json"]).good();
    let mut command = command();
    command.args(["-r", &capture, "--json", "-tttt", "--micro", "-v", "-#"]);
    assert_eq!(finish(command.env("TZ", "Asia/Tokyo")).good(), plain);
    let epochs = tcpdump_stamps(&capture, &["-tt", "--nano"], "UTC");
    let all = crate::common::parse(&plain);
    for (record, epoch) in of_type(&all, "icmp").iter().zip(&epochs) {
        let ts = record["ts"].as_str().expect("a time");
        let (_, ours) = ts.split_once('.').expect("decimals");
        let (_, theirs) = epoch.split_once('.').expect("decimals");
        assert_eq!(ours, format!("{theirs}Z"));
    }
}

#[test]
fn numbers_are_those_of_the_frames() {
    for (name, filter) in [
        ("demo.pcap", ""),
        ("demo.pcap", "icmp[icmptype] == 11"),
        ("ping4.pcap", ""),
    ] {
        let capture = testdata(name);
        let frames: Vec<u64> = of_type(&records(&["-r", &capture, filter]), "icmp")
            .iter()
            .map(|record| record["frame"].as_u64().expect("a number"))
            .collect();
        for flag in ["-#", "--number"] {
            let text = run(&["-r", &capture, flag, filter]).good();
            let lines = text.lines().filter(|line| !line.starts_with("-- "));
            let numbers: Vec<u64> = lines
                .map(|line| {
                    line.split_whitespace()
                        .next()
                        .expect("a word")
                        .parse()
                        .expect("a number")
                })
                .collect();
            assert_eq!(numbers, frames, "{name} {filter}");
        }
    }
    // In tcpdump's column.
    let capture = testdata("ping6.pcap");
    let ours = run(&["-r", &capture, "-#"]).good();
    let theirs = tool("tcpdump", &["-n", "-#", "-r", &capture]);
    let theirs = String::from_utf8_lossy(&theirs.stdout).into_owned();
    let cut = |text: &str| -> Vec<String> {
        text.lines()
            .filter(|line| line.contains("ICMP6, echo"))
            .map(|line| line.split(" IP6").next().expect("a part").to_owned())
            .collect()
    };
    assert_eq!(cut(&ours), cut(&theirs));
}

#[test]
fn quiet_tells_what_matters_first_and_leaves_out_the_messages() {
    for name in [
        "demo.pcap",
        "ping-loss4.pcap",
        "mtr6.pcap",
        "nat-both.pcap",
        "redirect4.pcap",
    ] {
        let capture = testdata(name);
        let whole = run(&["-r", &capture]).good();
        let quiet = run(&["-r", &capture, "-q"]).good();
        assert!(quiet.lines().all(|line| line.starts_with("-- ")), "{name}");
        let summary = |text: &str| text.find("-- summary:").map(|at| text[at..].to_owned());
        assert!(summary(&quiet).is_some(), "{name}");
        assert_eq!(summary(&quiet), summary(&whole), "{name}");
        // Findings are the same, and stand before what they are drawn from.
        let is_finding = |line: &str| {
            ["critical", "warning", "info"]
                .iter()
                .any(|word| line.starts_with(&format!("-- {word}:")))
        };
        let findings = |text: &str| -> String {
            let mut kept = String::new();
            let mut within = false;
            for line in text.lines() {
                within = is_finding(line) || (within && line.starts_with("--    "));
                if within {
                    kept = kept + line + "\n";
                }
            }
            kept
        };
        assert_eq!(findings(&quiet), findings(&whole), "{name}");
        assert!(quiet.starts_with(&findings(&quiet)), "{name}");
        // Each flow is told of.
        for head in ["-- drop: ", "-- path: "] {
            let count = |text: &str| text.lines().filter(|line| line.starts_with(head)).count();
            assert_eq!(count(&quiet), count(&whole), "{name} {head}");
        }
    }
}

#[test]
fn quiet_json_has_no_record_per_message() {
    let demo = testdata("demo.pcap");
    let all = records(&["-r", &demo]);
    let quiet = records(&["-r", &demo, "-q"]);
    let kept = all
        .iter()
        .filter(|record| record["type"] != "icmp" && record["type"] != "exchange");
    assert!(kept.eq(&quiet));
    // What is asked for by name is there.
    let asked = records(&["-r", &demo, "-q", "--emit", "icmp"]);
    assert_eq!(of_type(&asked, "icmp"), of_type(&all, "icmp"));
}

#[test]
fn emit_picks_record_types() {
    let demo = testdata("demo.pcap");
    let all = records(&["-r", &demo]);
    let types = ["icmp", "exchange", "drop", "path", "finding", "summary"];
    for kind in types {
        assert!(
            !of_type(&all, kind).is_empty(),
            "demo.pcap has {kind} records"
        );
        let some = records(&["-r", &demo, "--emit", kind]);
        let expected: Vec<&Value> = all
            .iter()
            .filter(|record| record["type"] == "start" || record["type"] == kind)
            .collect();
        assert_eq!(some.iter().collect::<Vec<_>>(), expected, "{kind}");
    }
    let two = records(&["-r", &demo, "--emit", "summary,drop"]);
    assert_eq!(two.len(), 2 + of_type(&all, "drop").len());
    assert_eq!(records(&["-r", &demo, "--emit", &types.join(",")]), all);
}

#[test]
fn the_first_record_is_start_and_the_last_one_summary() {
    for name in ["demo.pcap", "two-links.pcapng", "tun.pcap"] {
        let all = records(&["-r", &testdata(name)]);
        assert_eq!(all[0]["type"], "start");
        assert_eq!(of_type(&all, "start").len(), 1);
        assert_eq!(of_type(&all, "summary").len(), 1);
        assert_eq!(all[all.len() - 1]["type"], "summary");
    }
}

#[test]
fn no_colour_where_there_is_no_terminal_unless_asked() {
    let demo = testdata("demo.pcap");
    let plain = run(&["-r", &demo]).good();
    assert!(!plain.contains('\x1b'));
    assert_eq!(run(&["-r", &demo, "--color", "never"]).good(), plain);
    let coloured = run(&["-r", &demo, "--color", "always"]).good();
    assert!(coloured.contains("\x1b["));
    // Taken out again, nothing else differs.
    let mut bare = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, behind)) = rest.split_once("\x1b[") {
        bare.push_str(before);
        rest = behind.split_once('m').expect("an end of the sequence").1;
    }
    bare.push_str(rest);
    assert_eq!(bare, plain);
}

#[test]
fn wrong_header_checksums_go_unsaid_with_upper_case_k() {
    // As a network card fills them in.
    let mut octets = std::fs::read(testdata("ping4.pcap")).expect("a capture");
    let first = [0x40, 0x01, 0x7a, 0x78, 10, 0, 1, 1];
    let at = octets.windows(8).position(|found| found == first);
    let at = at.expect("the header of the first request");
    octets[at + 2..at + 4].fill(0);
    let verbose = |flags: &[&str]| {
        let flags = [flags, &["-v", "-c", "1", "-r", "-"]].concat();
        run_with_input(&flags, &octets).exits(0).out
    };
    let bad = ", bad cksum 0 (->7a78)!, probably never filled in, or left to the network card";
    assert!(verbose(&[]).contains(&format!("{bad})")));
    assert_eq!(verbose(&["-K"]), verbose(&[]).replace(bad, ""));
}

#[test]
fn packet_buffered_lines_are_the_same_lines() {
    let ping = testdata("ping4.pcap");
    assert_eq!(run(&["-U", "-r", &ping]).good(), run(&["-r", &ping]).good());
}
