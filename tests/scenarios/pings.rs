//! What ping printed, against the exchanges.

use std::cmp::Ordering;

use serde_json::Value;

use crate::compare::Differences;
use crate::output::Output;
use crate::truth::Ping;

/// Round-trip times agree this well, in milliseconds.
const RTT_TOLERANCE_MS: f64 = 0.2;
/// Compares every ping; runs with the same addresses and identifier count together.
pub(crate) fn compare(pings: &[Ping], output: &Output, d: &mut Differences) {
    let key = |ping: &Ping| (ping.src.clone(), ping.dst.clone(), ping.id);
    for (at, ping) in pings.iter().enumerate() {
        if pings[..at].iter().all(|before| key(before) != key(ping)) {
            let runs: Vec<_> = pings.iter().filter(|p| key(p) == key(ping)).collect();
            compare_pings(&runs, output, d);
        }
    }
}

/// Whether the capture has a message of that type between these two.
fn has_echo(output: &Output, types: [u8; 2], src: &str, dst: &str, id: u16) -> bool {
    output.of_type("icmp").any(|r| {
        types.iter().any(|kind| r["icmp"]["type"] == *kind)
            && r["ip"]["src"] == *src
            && r["ip"]["dst"] == *dst
            && r["icmp"]["id"] == id
    })
}

/// All runs of ping with the same addresses and identifier: their exchanges cannot be told apart.
fn compare_pings(runs: &[&Ping], output: &Output, d: &mut Differences) {
    let Some(ping) = runs.first() else { return };
    let what = format!("ping {} > {} id {}", ping.src, ping.dst, ping.id);
    let total = |field: fn(&Ping) -> u64| runs.iter().map(|run| field(run)).sum::<u64>();
    let requests: Vec<_> = output
        .of_type("exchange")
        .filter(|r| r["kind"] == "echo" && r["src"] == *ping.src && r["dst"] == *ping.dst)
        .filter(|r| r["id"] == ping.id)
        .collect();
    if !has_echo(output, [8, 128], &ping.src, &ping.dst, ping.id) {
        // Only the replies pass here.
        let unsolicited = output
            .of_type("icmp")
            .filter(|r| r["ip"]["src"] == *ping.dst && r["icmp"]["id"] == ping.id)
            .filter(|r| r["answers"]["outcome"] == "unsolicited")
            .count() as u64;
        d.equal(format!("{what}: exchanges"), 0, requests.len());
        d.equal(
            format!("{what}: replies without request"),
            total(|p| p.received),
            unsolicited,
        );
        return;
    }
    let outcome = |word: &str| requests.iter().filter(|r| r["outcome"] == word).count() as u64;
    let sum = |field: &str| {
        requests
            .iter()
            .filter_map(|r| r[field].as_u64())
            .sum::<u64>()
    };
    d.equal(
        format!("{what}: sent"),
        total(|p| p.sent),
        requests.len() as u64,
    );
    let received = total(|p| p.received);
    if received > 0 && received == outcome("lost") + outcome("pending") {
        // Only the requests pass here, and that must be said.
        let said = requests
            .iter()
            .filter(|r| r["one_sided_possible"] == true)
            .count() as u64;
        d.equal(format!("{what}: one_sided_possible"), outcome("lost"), said);
        d.equal(
            format!("{what}: replies in the capture"),
            false,
            has_echo(output, [0, 129], &ping.dst, &ping.src, ping.id),
        );
        return;
    }
    d.equal(
        format!("{what}: received or late"),
        received + total(|p| p.late),
        outcome("answered"),
    );
    d.equal(
        format!("{what}: errors"),
        total(|p| p.errors),
        outcome("error"),
    );
    d.equal(format!("{what}: lost"), total(|p| p.lost), outcome("lost"));
    // ping ends with the first reply to its last request and counts no further ones.
    let duplicates = sum("duplicates");
    let unseen = requests
        .last()
        .and_then(|r| r["duplicates"].as_u64())
        .unwrap_or(0);
    if !(duplicates - unseen..=duplicates).contains(&total(|p| p.duplicates)) {
        d.add(
            format!("{what}: duplicates"),
            total(|p| p.duplicates),
            duplicates,
        );
    }
    d.equal(
        format!("{what}: corrupted"),
        total(|p| p.corrupted),
        sum("corrupted"),
    );
    if let [ping] = runs
        && ping.late == 0
    {
        compare_round_trips(ping, &what, &requests, output, d);
    }
}

fn compare_round_trips(
    ping: &Ping,
    what: &str,
    requests: &[&Value],
    output: &Output,
    d: &mut Differences,
) {
    let rtts: Vec<f64> = output
        .of_type("icmp")
        .filter(|r| {
            // What is in fragments is answered by the last of them.
            let whole = &r["reassembly"]["icmp"]["id"];
            (r["icmp"]["id"] == ping.id || *whole == ping.id) && r["ip"]["dst"] == *ping.src
        })
        .filter(|r| {
            let answers = &r["answers"]["frame"];
            requests
                .iter()
                .any(|request| request["request"]["frame"] == *answers)
        })
        .filter_map(|r| r["answers"]["rtt_ns"].as_f64())
        .map(|ns| ns / 1e6)
        .collect();
    #[allow(clippy::cast_precision_loss)] // some hundred at most
    let average = rtts.iter().sum::<f64>() / rtts.len() as f64;
    for (name, truth, found) in [
        (
            "min",
            ping.rtt_min_ms,
            rtts.iter().copied().fold(f64::INFINITY, f64::min),
        ),
        ("avg", ping.rtt_avg_ms, average),
        (
            "max",
            ping.rtt_max_ms,
            rtts.iter().copied().fold(0.0, f64::max),
        ),
    ] {
        if let Some(truth) = truth
            // Not a number does not agree either.
            && (truth - found).abs().partial_cmp(&RTT_TOLERANCE_MS) != Some(Ordering::Less)
        {
            d.add(format!("{what}: rtt {name} in ms"), truth, found);
        }
    }
}
