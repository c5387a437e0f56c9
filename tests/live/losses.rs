//! What the capture itself misses.

use serde_json::Value;

use crate::common::{assert_accounted, of_type, summary};
use crate::net::Pair;

fn count(value: &Value) -> u64 {
    value
        .as_u64()
        .unwrap_or_else(|| panic!("no count: {value}"))
}

/// What was left unread, as summary and closing line tell: a machine may be too busy to read it in
/// time.
fn unread(summary: &Value, err: &str) -> u64 {
    let mut parts = err.split([';', '\n']).map(str::trim);
    let left = parts.find_map(|part| {
        part.strip_suffix(" were left unread, as the end was not to wait for them")
    });
    let told = summary["kernel"]["interfaces"][0]["unread"].as_u64();
    assert_eq!(left, told.map(|told| told.to_string()).as_deref());
    told.unwrap_or(0)
}

/// Whatever the kernel received was read, dropped or left unread; how much of each is for the
/// machine to say.
fn assert_all_counted(summary: &Value, err: &str) {
    let kernel = &summary["kernel"];
    assert_eq!(
        count(&kernel["received"]),
        count(&kernel["dropped"]) + count(&summary["frames"]["read"]) + unread(summary, err),
        "{summary}"
    );
}

/// A flood into a buffer that nobody empties: what was dropped is told, and not called lost.
#[test]
fn drops_of_the_kernel_are_told_and_are_no_network_loss() {
    let pair = Pair::new();
    let arguments = ["-i", "v0", "-B", "64", "--json", "--reply-timeout", "500ms"];
    let capture = pair.left.capture_unread(&arguments);
    assert_eq!(pair.left.ping("-f -c 30000 10.9.0.2"), 30_000);
    capture.signal("INT");
    let ended = capture.end().exits(0);
    let records = ended.records();
    let summary = summary(&records);
    assert_accounted(summary, "a flood");
    let kernel = &summary["kernel"];
    let dropped = count(&kernel["dropped"]);
    assert!(dropped > 0, "nothing was dropped: {kernel}");
    assert_eq!(kernel["interfaces"][0]["name"], "v0");
    assert_eq!(kernel["interfaces"][0]["dropped"], dropped);
    let read = count(&summary["frames"]["read"]);
    assert_eq!(kernel["interfaces"][0]["read"], read);
    assert_all_counted(summary, &ended.err);
    // ping got every reply: whatever was not answered, the capture missed.
    let echo = &summary["exchanges"]["echo"];
    assert_eq!(echo["lost"], Value::Null, "{echo}");
    let missed = count(&echo["answered"]) < 30_000;
    assert!(missed, "{echo}");
    assert!(
        ended.err.contains("warning: v0: ") && ended.err.contains("the kernel dropped"),
        "{}",
        ended.err
    );
    let findings = of_type(&records, "finding");
    let quality = findings
        .iter()
        .find(|finding| finding["finding"] == "capture_quality");
    let quality = quality.unwrap_or_else(|| panic!("{findings:?}"));
    assert_eq!(quality["severity"], "warning");
    assert!(quality["title"].to_string().contains(&dropped.to_string()));
    assert!(
        !findings.iter().any(|f| f["finding"] == "ping_loss"),
        "{findings:?}"
    );
}

/// A flood that is read: every packet the kernel handed over is in the account.
#[test]
fn every_packet_of_a_flood_is_accounted_for() {
    let pair = Pair::new();
    let capture = pair
        .left
        .capture(&["-i", "v0", "-q", "--json", "--emit", "summary"]);
    assert_eq!(pair.left.ping("-f -c 30000 10.9.0.2"), 30_000);
    let ended = capture.interrupt().exits(0);
    let records = ended.records();
    let summary = summary(&records);
    assert_accounted(summary, "a flood");
    let kernel = &summary["kernel"];
    assert_all_counted(summary, &ended.err);
    if count(&kernel["dropped"]) + unread(summary, &ended.err) == 0 {
        assert_eq!(summary["exchanges"]["echo"]["answered"], 30_000);
    }
}

/// Messages that wait for whoever takes the output are all told, and in order.
#[test]
fn a_flood_is_told_whole_whether_its_output_is_taken_at_once_or_late() {
    let pair = Pair::new();
    let arguments = ["-i", "v0", "--json", "--emit", "icmp,summary"];
    for is_late in [false, true] {
        let captured = if is_late {
            pair.left.capture_unread(&arguments)
        } else {
            pair.left.capture(&arguments)
        };
        assert_eq!(pair.left.ping("-f -c 20000 10.9.0.2"), 20_000);
        let ended = captured.interrupt().exits(0);
        let records = ended.records();
        let summary = summary(&records);
        assert_accounted(summary, "a flood");
        let told = of_type(&records, "icmp");
        let told: Vec<_> = told.iter().map(|record| count(&record["frame"])).collect();
        let read: Vec<_> = (1..=count(&summary["frames"]["icmp"])).collect();
        assert_eq!(told, read);
        assert_all_counted(summary, &ended.err);
    }
}

/// What a filter in the kernel keeps out is not known to be lost.
#[test]
fn with_only_filter_nothing_is_called_lost() {
    let pair = Pair::new();
    let arguments = [
        "-i",
        "v0",
        "--only-filter",
        "--json",
        "--reply-timeout",
        "200ms",
        "icmp[icmptype] == 8",
    ];
    let capture = pair.left.capture(&arguments);
    assert_eq!(pair.left.ping("-c10 -i0.05 10.9.0.2"), 10);
    capture.wait_for_output("\"outcome\":\"unknown\"");
    let ended = capture.interrupt().exits(0);
    let records = ended.records();
    assert_eq!(summary(&records)["frames"]["read"], 10, "only requests");
    let echo = &summary(&records)["exchanges"]["echo"];
    assert_eq!(echo["unknown"], 10, "{echo}");
    assert_eq!(echo["lost"], Value::Null);
}

/// Without it, silence on the wire is loss, and told while the capture runs.
#[test]
fn a_request_without_a_reply_is_lost_while_the_link_is_idle() {
    let pair = Pair::new();
    pair.left
        .ip("neigh add 10.9.0.77 lladdr 02:00:00:00:00:77 dev v0");
    let capture = pair
        .left
        .capture(&["-i", "v0", "--json", "--reply-timeout", "300ms"]);
    let pings = ["ping", "-q", "-c3", "-i0.05", "-W1", "10.9.0.77"];
    assert!(!pair.left.try_run(&pings).status.success());
    // Not one packet follows that would move the time on.
    capture.wait_for_output("\"outcome\":\"lost\"");
    let ended = capture.interrupt().exits(0);
    let records = ended.records();
    let echo = &summary(&records)["exchanges"]["echo"];
    assert_eq!(echo["lost"], 3, "{echo}");
}

/// In the middle of a flood some requests come while the filter is being set, and some replies go
/// missing then: those are not of the capture.
#[test]
fn a_capture_that_starts_in_a_flood_calls_nothing_lost() {
    let pair = Pair::new();
    let flood = pair.left.spawn(&["ping", "-q", "-i0.0005", "10.9.0.2"]);
    for run in 0..10 {
        let arguments = ["-i", "v0", "--json", "--emit", "exchange,summary"];
        let capture = pair.left.capture(&arguments);
        std::thread::sleep(std::time::Duration::from_millis(50));
        let ended = capture.interrupt().exits(0);
        let records = ended.records();
        let summary = summary(&records);
        let echo = &summary["exchanges"]["echo"];
        assert_eq!(echo["lost"], Value::Null, "{run}: {}", ended.out);
        assert_all_counted(summary, &ended.err);
    }
    drop(flood);
}
