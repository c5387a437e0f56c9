//! A filter selects what is shown; correlation sees everything.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::common::{assert_accounted, of_type, records, run, summary, testdata};
use crate::oracle::{numbers, shown};

/// Captures of every kind of correlation, and filters that hide one side of it.
const CAPTURES: &[&str] = &[
    "demo.pcap",
    "ping4.pcap",
    "ping6.pcap",
    "ping-loss4.pcap",
    "ping-duplicates.pcap",
    "ping-reorder.pcap",
    "ping-corrupt.pcap",
    "fping.pcap",
    "timestamp4.pcap",
    "loop4.pcap",
    "loop6.pcap",
    "mtr4.pcap",
    "traceroute-udp4.pcap",
    "traceroute-icmp6.pcap",
    "neighbor-discovery.pcap",
    "nat-inside.pcap",
    "nat-outside.pcap",
    "redirect4.pcap",
    "unreachable-route6.pcap",
    "frag-needed-ping4.pcap",
];

const FILTERS: &[&str] = &[
    "icmp[icmptype] == 8",
    "icmp[icmptype] == icmp-echoreply",
    "icmp[icmptype] == 11 or icmp[icmptype] == 3",
    "icmp6 and ip6[40] == 128",
    "icmp6 and ip6[40] < 128",
    "not icmp and not icmp6",
    "icmp and ip[8] < 64",
    "icmp[4:2] & 1 == 1",
    "less 1",
];

/// Every frame that a record names.
fn named(record: &Value, frames: &mut BTreeSet<u64>) {
    match record {
        Value::Object(fields) => {
            frames.extend(fields.get("frame").and_then(Value::as_u64));
            fields.values().for_each(|value| named(value, frames));
        }
        Value::Array(items) => items.iter().for_each(|item| named(item, frames)),
        _ => {}
    }
}

#[test]
fn shown_messages_know_all_that_they_know_without_a_filter() {
    for name in CAPTURES {
        let capture = testdata(name);
        let whole = records(&["-r", &capture]);
        let messages = shown(&whole);
        for filter in FILTERS {
            let some = records(&["-r", &capture, filter]);
            let selected = numbers(&capture, filter);
            let expected: Vec<&Value> = of_type(&whole, "icmp")
                .into_iter()
                .filter(|r| selected.contains(&r["frame"].as_u64().expect("a number")))
                .collect();
            assert_eq!(of_type(&some, "icmp"), expected, "{name} '{filter}'");
            let frames = &summary(&some)["frames"];
            assert_eq!(frames["icmp"], expected.len(), "{name} '{filter}'");
            assert_eq!(frames["filtered"], messages.len() - expected.len());
            assert_accounted(summary(&some), name);
            assert_eq!(some[0]["filter"], *filter);
        }
    }
}

#[test]
fn records_appear_when_any_frame_they_name_is_shown() {
    for name in CAPTURES {
        let capture = testdata(name);
        let whole = records(&["-r", &capture]);
        for filter in FILTERS {
            let some = records(&["-r", &capture, filter]);
            let visible = shown(&some);
            for kind in ["exchange", "drop"] {
                let expected: Vec<&Value> = of_type(&whole, kind)
                    .into_iter()
                    .filter(|record| {
                        let mut frames = BTreeSet::new();
                        named(record, &mut frames);
                        !frames.is_disjoint(&visible)
                    })
                    .collect();
                assert_eq!(of_type(&some, kind), expected, "{name} '{filter}' {kind}");
            }
        }
    }
}

/// A path names its first probe; that and the answers of its hops make it appear.
#[test]
fn a_path_appears_when_a_probe_or_an_answer_is_shown() {
    let mut paths = [0, 0];
    for name in CAPTURES {
        let capture = testdata(name);
        let whole = records(&["-r", &capture]);
        for filter in FILTERS {
            let some = records(&["-r", &capture, filter]);
            let messages = of_type(&some, "icmp");
            for path in of_type(&whole, "path") {
                let hops = path["hops"].as_array().expect("hops");
                let pings = path["protocol"]
                    .as_str()
                    .is_some_and(|p| p.starts_with("icmp"));
                let is_part = |message: &&&Value| {
                    let from = &message["ip"]["src"];
                    let asks = message["quoted"]["ip"]["dst"] == path["dst"];
                    message["frame"] == path["first_probe"]["frame"]
                        || hops.iter().any(|hop| hop["router"] == *from)
                            && (asks || pings && *from == path["dst"])
                };
                let is_shown = messages.iter().any(|message| is_part(&message));
                let appears = of_type(&some, "path").contains(&path);
                paths[usize::from(appears)] += 1;
                assert_eq!(appears, is_shown, "{name} '{filter}' {path}");
            }
        }
    }
    assert!(
        paths[0] > 10 && paths[1] > 10,
        "{paths:?} paths are hidden and shown"
    );
}

/// What is found is found in what is shown: other people's trouble is no answer to a filter.
#[test]
fn findings_are_about_what_is_shown() {
    let demo = testdata("demo.pcap");
    let names = |filter: &str| -> Vec<String> {
        of_type(&records(&["-r", &demo, filter]), "finding")
            .iter()
            .map(|finding| finding["finding"].as_str().expect("a name").to_owned())
            .collect()
    };
    assert!(names("").len() > 5);
    assert_eq!(names("less 1"), [""; 0]);
    assert_eq!(names("host 10.99.0.9"), ["routing_loop"]);
    let of_443 = names("tcp port 443");
    assert!(!of_443.is_empty());
    assert!(
        of_443.iter().all(|name| name == "admin_prohibited"),
        "{of_443:?}"
    );
    // The requests that are shown were lost; that no reply is shown is no loss.
    let of_requests = names("icmp[icmptype] == 8");
    assert!(
        of_requests.iter().any(|name| name == "ping_loss"),
        "{of_requests:?}"
    );
    let silence = records(&["-r", &testdata("ping4.pcap"), "icmp[icmptype] == 8"]);
    assert!(of_type(&silence, "finding").is_empty(), "{silence:?}");
}

/// The line that a shown request gets whose answer is hidden.
fn decision(exchange: &Value) -> String {
    let request = &exchange["request"]["frame"];
    let rtt = || {
        let nanos = exchange["rtt_ns"].as_u64().expect("a round trip time");
        let micros = format!("{}.{:03}", nanos / 1_000_000, nanos / 1000 % 1000);
        micros
            .trim_end_matches('0')
            .trim_end_matches('.')
            .to_owned()
    };
    match exchange["outcome"].as_str().expect("an outcome") {
        "answered" => format!(
            "-- #{request} answered by #{}, rtt {} ms",
            exchange["reply"]["frame"],
            rtt()
        ),
        "error" => format!(
            "-- #{request} got the error #{}, rtt {} ms",
            exchange["error"]["frame"],
            rtt()
        ),
        "lost" => format!("-- #{request} lost: no reply was captured in time"),
        "pending" => format!("-- #{request} pending: the capture ended too early to tell"),
        other => panic!("no such outcome in these captures: {other}"),
    }
}

#[test]
fn a_request_whose_reply_is_hidden_gets_a_line_of_its_own() {
    let mut decided = 0;
    for name in [
        "demo.pcap",
        "ping4.pcap",
        "ping6.pcap",
        "ping-loss4.pcap",
        "fping.pcap",
        "loop4.pcap",
        "ping-duplicates.pcap",
        "timestamp4.pcap",
    ] {
        let capture = testdata(name);
        for filter in [
            "icmp[icmptype] == 8 or icmp[icmptype] == 13",
            "icmp6 and ip6[40] == 128",
            "",
            "icmp[icmptype] == 0",
        ] {
            let all = records(&["-r", &capture, filter]);
            let visible = shown(&all);
            let is_visible = |frame: &Value| frame.as_u64().is_some_and(|n| visible.contains(&n));
            let mut expected: Vec<String> = of_type(&all, "exchange")
                .into_iter()
                .filter(|exchange| is_visible(&exchange["request"]["frame"]))
                .filter(|exchange| {
                    let end = exchange.get("reply").or(exchange.get("error"));
                    !end.is_some_and(|end| is_visible(&end["frame"]))
                })
                .map(decision)
                .collect();
            let text = run(&["-r", &capture, filter]).good();
            let mut lines: Vec<&str> = text.lines().filter(|l| l.starts_with("-- #")).collect();
            decided += lines.len();
            expected.sort();
            lines.sort_unstable();
            assert_eq!(lines, expected, "{name} '{filter}'");
        }
    }
    assert!(decided > 80, "{decided} decisions");
}

#[test]
fn the_line_stands_where_the_request_is_decided() {
    let text = run(&["-r", &testdata("ping4.pcap"), "icmp[icmptype] == 8"]).good();
    let lines: Vec<&str> = text.lines().take(10).collect();
    for pair in lines.chunks(2) {
        assert!(
            pair[0].contains("ICMP echo request") && !pair[0].contains(" | "),
            "{}",
            pair[0]
        );
        assert!(
            pair[1].starts_with("-- #") && pair[1].contains(" answered by #"),
            "{}",
            pair[1]
        );
    }
    // A shown reply tells it itself.
    let text = run(&["-r", &testdata("ping4.pcap"), "icmp[icmptype] == 0"]).good();
    assert_eq!(
        text.lines().filter(|line| line.contains("| rtt ")).count(),
        5
    );
    assert!(!text.contains("answered by"));
}

#[test]
fn several_words_are_one_filter() {
    let demo = testdata("demo.pcap");
    let quoted = run(&["-r", &demo, "icmp and host 10.99.0.9"]).good();
    assert_eq!(
        run(&["-r", &demo, "icmp", "and", "host", "10.99.0.9"]).good(),
        quoted
    );
    assert_eq!(
        run(&["-r", &demo, "icmp and", "host 10.99.0.9"]).good(),
        quoted
    );
    assert_eq!(
        run(&["icmp and host 10.99.0.9", "-r", &demo]).good(),
        quoted
    );
    assert_eq!(run(&["-r", &demo, ""]).good(), run(&["-r", &demo]).good());
    assert_eq!(run(&["-r", &demo, "  "]).good(), run(&["-r", &demo]).good());
}

#[test]
fn a_filter_from_a_file() {
    let demo = testdata("demo.pcap");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("filter");
    let path = path.to_str().expect("UTF-8");
    for content in [
        "icmp[icmptype] == 8\n",
        "icmp[icmptype] == 8",
        "# requests only\nicmp[icmptype]\n  == 8 # echo\n\n",
        "\n\nicmp[icmptype] == 8\r\n",
    ] {
        std::fs::write(path, content).expect("room");
        let file = records(&[
            "-r",
            &demo,
            "-F",
            path,
            "--emit",
            "icmp,exchange,drop,summary",
        ]);
        let words = [
            "-r",
            &demo,
            "icmp[icmptype] == 8",
            "--emit",
            "icmp,exchange,drop,summary",
        ];
        assert_eq!(file[1..], records(&words)[1..], "{content:?}");
    }
    // An empty one selects everything, as no filter does.
    std::fs::write(path, "# nothing\n").expect("room");
    assert_eq!(
        run(&["-r", &demo, "-F", path]).good(),
        run(&["-r", &demo]).good()
    );
}
