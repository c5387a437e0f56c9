//! Names in place of addresses, looked up in a world of the test's own: a mount namespace with its
//! own files in /etc, and for the DNS a network namespace with a server on loopback.
#![cfg(target_os = "linux")]

mod common;

use std::fs;
use std::process::Command;

use crate::common::{Run, finish, project, run, testdata};

/// Who has which name in demo.pcap.
const HOSTS: &str = "\
    10.0.1.1 client.lab.example\n\
    10.0.2.2 router.lab.example\n\
    10.0.4.2 evil\x1b[31m.example\n\
    10.99.0.9 10.1.1.1\n\
    2001:db8:2::2 router6.lab.example\n";

/// Runs a shell script in which `$icmpdump` is the command, with these files in /etc.
fn in_a_world(files: &[(&str, &str)], unshare: &[&str], script: &str) -> Run {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut prepared = String::from("set -e\n");
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::write(&path, content).expect("room");
        // A file to mount it over may be missing, as in a bare container.
        let mount = format!(
            "[ -e /etc/{name} ] || {{ mount -t tmpfs none /etc/; : > /etc/{name}; }}\n\
             mount --bind {} /etc/{name}\n",
            path.display()
        );
        prepared.push_str(&mount);
    }
    let mut command = Command::new("unshare");
    command.arg("--mount").args(unshare);
    command.args(["sh", "-c", &format!("{prepared}{script}")]);
    command
        .env("TZ", "UTC")
        .env("icmpdump", env!("CARGO_BIN_EXE_icmpdump"));
    command.current_dir(project(""));
    finish(&mut command)
}

fn with_hosts(arguments: &str) -> String {
    let files = [("hosts", HOSTS), ("nsswitch.conf", "hosts: files\n")];
    in_a_world(&files, &[], &format!("\"$icmpdump\" {arguments}")).good()
}

#[test]
fn every_part_of_the_text_names_hosts() {
    let demo = "-r testdata/demo.pcap 'host 10.0.4.2 and tcp port 443 or host 10.99.0.9'";
    let text = with_hosts(&format!("--resolve {demo}"));
    for part in [
        "IP router.lab.example > client.lab.example: ICMP host 10.0.4.2 unreachable - admin",
        "quotes TCP client.lab.example.40443 > 10.0.4.2.443 seq",
        "-- drop: TCP client.lab.example.40443 > 10.0.4.2.443 by router.lab.example (~2 hops",
        "seen at router.lab.example (2 packets)",
        "Look for the rule on router.lab.example that",
        "--   client.lab.example > 10.99.0.9 id 21793",
        "--   router.lab.example  admin prohibited",
    ] {
        assert!(text.contains(part), "{part} is not in:\n{text}");
    }
    // Every address that has a name is told by it, and what is no host name is none.
    for address in ["10.0.1.1", "10.0.2.2", "evil", "10.1.1.1", "\x1b"] {
        assert!(!text.contains(address), "{address} is in:\n{text}");
    }
    // Names change words, no facts.
    let numbers = text
        .replace("client.lab.example", "10.0.1.1")
        .replace("router.lab.example", "10.0.2.2");
    let words = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.starts_with("-- "));
        lines.map(str::to_owned).collect()
    };
    let plain = with_hosts(demo);
    assert_eq!(words(&numbers), words(&plain));

    assert_eq!(with_hosts(&format!("--resolve -n {demo}")), plain);
    assert_eq!(with_hosts(&format!("-N {demo}")), plain);
    let short = with_hosts(&format!("--resolve -N {demo}"));
    assert!(short.contains("IP router > client: ICMP"), "{short}");
    assert!(!short.contains(".lab."), "{short}");
}

#[test]
fn paths_name_their_routers_and_verbose_lines_the_quoted_hosts() {
    let path = with_hosts("--resolve -q -r testdata/traceroute-dead-end.pcap");
    assert!(path.contains("traceroute client.lab.example > "), "{path}");
    assert!(path.contains("--     2 router.lab.example 0.0"), "{path}");
    let quoted = with_hosts("--resolve -v -r testdata/demo.pcap 'tcp port 5001'");
    assert!(quoted.contains("IP6 (flowlabel"), "{quoted}");
    assert!(quoted.contains("router6.lab.example > 2001:db8:1::1: "));
}

/// Octets are what they are, and records are the same on every host.
#[test]
fn octets_records_and_files_keep_addresses() {
    let dumped = with_hosts("--resolve -c 1 -X -r testdata/demo.pcap");
    assert!(dumped.contains("client.lab.example > "));
    assert!(dumped.contains("src 10.0.1.1"), "{dumped}");
    let refused = run(&["--resolve", "--json", "-r", &testdata("demo.pcap")]).exits(2);
    assert!(refused.err.contains("--json"), "{}", refused.err);
    let count = with_hosts("--resolve --count -r testdata/demo.pcap");
    assert_eq!(count, "95 packets\n");
}

/// Answers that come, that never come, and that are no host names.
#[test]
fn names_of_the_dns() {
    let files = [
        ("nsswitch.conf", "hosts: dns\n"),
        (
            "resolv.conf",
            "nameserver 127.0.0.1\noptions timeout:30 attempts:1\n",
        ),
    ];
    let script = r#"
        ip link set lo up
        coproc=$(mktemp -u); mkfifo "$coproc"
        tests/resolve/dns.py 10.0.1.1=client.lab.example '10.0.3.2=?' \
            '10.0.2.2=evil\x1b[31m.example' > "$coproc" &
        server=$!
        trap 'kill $server; rm -f "$coproc"' EXIT
        read ready < "$coproc"
        "$icmpdump" --resolve -r testdata/ping4.pcap
        "$icmpdump" --resolve -q -r testdata/traceroute-dead-end.pcap
    "#;
    let run = in_a_world(&files, &["--net"], script).exits(0);
    // The server that does not answer holds nothing up for good: this end is reached long before
    // its time is over.
    assert!(
        run.out
            .contains(" IP client.lab.example > 10.0.3.2: ICMP echo request"),
        "{}",
        run.out
    );
    assert!(run.out.contains("--     2 10.0.2.2 "), "{}", run.out);
    assert!(!run.out.contains("evil"), "{}", run.out);
}

#[test]
fn without_a_resolver_addresses_stay_numbers() {
    let plain = run(&["-r", &testdata("ping4.pcap")]).good();
    let files = [("nsswitch.conf", "hosts:\n")];
    let none = in_a_world(
        &files,
        &[],
        "\"$icmpdump\" --resolve -r testdata/ping4.pcap",
    );
    assert_eq!(none.good(), plain);
}
