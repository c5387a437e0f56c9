//! Truth and output side by side.

use std::fmt::Debug;

use serde_json::Value;

use crate::output::Output;
use crate::pings;
use crate::truth::{Drop, Offload, Path_, Redirect, Transfer, Truth};

/// Findings that scenarios expect and that no diagnosis makes yet, each with the reason.
pub(crate) const NOT_YET_THERE: &[(&str, &str)] = &[];

/// Octets of IP and TCP headers with the timestamp option, which Linux always uses.
const HEADERS_V4: u64 = 20 + 32;
const HEADERS_V6: u64 = 40 + 32;

/// One thing told otherwise than it was.
pub(crate) struct Difference {
    pub(crate) what: String,
    pub(crate) truth: String,
    pub(crate) found: String,
}

/// Collects differences of one scenario.
#[derive(Default)]
pub(crate) struct Differences(Vec<Difference>);

impl Difference {
    /// Of a truth that could not be read.
    pub(crate) fn unreadable(why: String) -> Self {
        Self {
            what: "truth.toml".to_owned(),
            truth: "readable".to_owned(),
            found: why,
        }
    }
}

impl Differences {
    pub(crate) fn add(&mut self, what: impl Into<String>, truth: impl Debug, found: impl Debug) {
        self.0.push(Difference {
            what: what.into(),
            truth: format!("{truth:?}"),
            found: format!("{found:?}"),
        });
    }

    pub(crate) fn equal<T: PartialEq + Debug>(
        &mut self,
        what: impl Into<String>,
        truth: T,
        found: T,
    ) {
        if truth != found {
            self.add(what, truth, found);
        }
    }
}

/// All that differs.
pub(crate) fn all(truth: &Truth, output: &Output) -> Vec<Difference> {
    let mut differences = Differences::default();
    let d = &mut differences;
    let summary = output.of_type("summary").next().unwrap();
    d.equal(
        "frames",
        Some(truth.frames),
        summary["frames"]["read"].as_u64(),
    );
    if truth.drops_listed {
        drops(truth, output, d);
    }
    pings::compare(&truth.pings, output, d);
    for transfer in &truth.transfers {
        compare_transfer(transfer, truth.offload, output, d);
    }
    paths(truth, output, d);
    for redirect in &truth.redirects {
        compare_redirect(redirect, output, d);
    }
    findings(truth, output, d);
    differences.0
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "absent".to_owned(),
        other => other.to_string(),
    }
}

/// A flow in words, the same for both sides.
fn flow_of(drop: &Drop) -> String {
    let end = |host: &str, port: Option<u16>| match port {
        Some(port) => format!("{host} port {port}"),
        None => host.to_owned(),
    };
    let id = drop.id.map(|id| format!(" id {id}")).unwrap_or_default();
    format!(
        "{} {} > {}{id} dropped by {} ({})",
        drop.protocol,
        end(&drop.src, drop.src_port),
        end(&drop.dst, drop.dst_port),
        drop.dropper,
        drop.reason
    )
}

fn flow_told(record: &Value) -> String {
    let flow = &record["flow"];
    let end = |host: &Value, port: &Value| match port {
        Value::Null => text(host),
        port => format!("{} port {port}", text(host)),
    };
    let id = match &flow["id"] {
        Value::Null => String::new(),
        id => format!(" id {id}"),
    };
    format!(
        "{} {} > {}{id} dropped by {} ({})",
        text(&flow["protocol"]),
        end(&flow["src"], &flow["src_port"]),
        end(&flow["dst"], &flow["dst_port"]),
        text(&record["dropper"]),
        text(&record["reason"])
    )
}

fn drops(truth: &Truth, output: &Output, d: &mut Differences) {
    let told: Vec<_> = output.of_type("drop").map(|r| (flow_told(r), r)).collect();
    let listed: Vec<_> = truth.drops.iter().map(|t| (flow_of(t), t)).collect();
    for (flow, drop) in &listed {
        let mut found = told.iter().filter(|(name, _)| name == flow);
        match (found.next(), found.next()) {
            (Some((_, record)), None) => compare_drop(drop, flow, record, output, d),
            (None, _) => d.add(flow, "dropped", "no such verdict"),
            (Some(_), Some(_)) => d.add(flow, "one verdict", "several"),
        }
    }
    for (flow, _) in &told {
        if listed.iter().all(|(name, _)| name != flow) {
            d.add(flow, "no such drop", "a verdict");
        }
    }
    let both = |names: Vec<&String>, others: Vec<&String>| {
        names
            .into_iter()
            .filter(|n| others.contains(n))
            .cloned()
            .collect::<Vec<_>>()
    };
    let (listed, told) = (
        || listed.iter().map(|(flow, _)| flow).collect(),
        || told.iter().map(|(flow, _)| flow).collect(),
    );
    d.equal(
        "order of drops",
        both(listed(), told()),
        both(told(), listed()),
    );
}

fn compare_drop(drop: &Drop, flow: &str, record: &Value, output: &Output, d: &mut Differences) {
    let icmp = &record["icmp"];
    d.equal(
        format!("{flow}: type/code"),
        format!("{}/{}", drop.kind, drop.code),
        format!("{}/{}", icmp["type"], icmp["code"]),
    );
    d.equal(
        format!("{flow}: count"),
        Some(drop.count),
        record["count"].as_u64(),
    );
    d.equal(
        format!("{flow}: mtu"),
        drop.mtu.map(u64::from),
        record["mtu"].as_u64(),
    );
    let originals = record["original_count"].as_u64().unwrap();
    if let Some(truth) = drop.hops {
        let told = &record["hops_to_dropper"];
        // Packets captured at one point, their errors at another.
        let two_points = drop.match_kind.as_deref() == Some("translated");
        let may_differ = u64::from(two_points && told["estimate"] == true);
        let agrees = match told["count"].as_u64() {
            Some(hops) => hops.abs_diff(truth.into()) <= may_differ,
            None => originals == 0,
        };
        if !agrees {
            d.add(format!("{flow}: hops"), truth, told);
        }
    }
    let mut matches: Vec<_> = record["error_frames"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|error| output.message(&error["frame"]))
        .map(|message| text(&message["original"]["match"]))
        .collect();
    matches.dedup();
    match &drop.match_kind {
        Some(kind) => d.equal(format!("{flow}: match"), vec![kind.clone()], matches),
        // Where nothing is said the packets are in the capture as they were sent.
        None if matches
            .iter()
            .any(|kind| kind == "none" || kind == "translated") =>
        {
            d.add(format!("{flow}: match"), "found", matches);
        }
        None => {}
    }
    if let (Some(socket), Some(errno)) = (drop.socket, &drop.errno) {
        let told = &record["app_error"][socket.word()];
        let seen = match text(&told["raised"]).as_str() {
            "never" => "none".to_owned(),
            // A connection that did not time out yet has nothing to tell.
            "on_timeout" if errno == "none" => "none".to_owned(),
            "at_once" | "at_once_or_on_retry" | "on_timeout" => text(&told["errno"]),
            other => other.to_owned(),
        };
        d.equal(format!("{flow}: errno of {socket:?}"), errno.clone(), seen);
    }
    if let Some(aftermath) = &drop.aftermath {
        let told = &record["aftermath"];
        // What has not come within a second may still come, unless the program began anew.
        let is_early = aftermath == "silent"
            && told["retried"].is_null()
            && output.ends_soon_after(&record["last"]);
        let truth = if is_early { "unknown" } else { aftermath };
        if text(&told["outcome"]) != truth {
            d.add(format!("{flow}: aftermath"), truth, told);
        }
    }
}

fn compare_transfer(transfer: &Transfer, offload: Offload, output: &Output, d: &mut Differences) {
    let what = format!(
        "transfer {} port {} > {} port {}",
        transfer.src, transfer.src_port, transfer.dst, transfer.dst_port
    );
    for record in output.of_type("drop") {
        let flow = &record["flow"];
        let same = flow["src"] == *transfer.src
            && flow["dst"] == *transfer.dst
            && flow["src_port"] == transfer.src_port
            && flow["dst_port"] == transfer.dst_port;
        if !same {
            continue;
        }
        let after = &record["aftermath"];
        d.equal(
            format!("{what}: recovered"),
            transfer.delivered == transfer.bytes,
            after["outcome"] == "recovered",
        );
        // With offload the captured segments are larger than any packet.
        if offload == Offload::Off {
            let headers = if transfer.src.contains(':') {
                HEADERS_V6
            } else {
                HEADERS_V4
            };
            let most = transfer.segment_size_at_connect + headers;
            let before = after["size_before"].as_u64();
            // What met a smaller MTU was as large as it gets; what met another end may be shorter.
            if before > Some(most) || record["mtu"].is_number() && before != Some(most) {
                d.add(format!("{what}: largest packet before"), most, before);
            }
            if let Some(segment) = transfer.segment_size_at_end {
                d.equal(
                    format!("{what}: largest packet after"),
                    Some(segment + headers),
                    after["size_after"].as_u64(),
                );
            }
        }
    }
}

fn paths(truth: &Truth, output: &Output, d: &mut Differences) {
    let told: Vec<_> = output.of_type("path").collect();
    d.equal("paths", truth.paths.len(), told.len());
    for path in &truth.paths {
        let what = format!("path to {} with {}", path.dst, path.protocol);
        // The tools' word for the probes is the same for ICMP and ICMPv6.
        let is_it = |r: &Value| {
            let protocol = text(&r["protocol"]);
            r["dst"] == *path.dst && protocol.trim_end_matches("v6") == path.protocol
        };
        let record = told.iter().find(|r| is_it(r));
        match record {
            Some(record) => compare_path(path, &what, record, d),
            None => d.add(what, &path.hops, "no such path"),
        }
    }
}

fn compare_path(path: &Path_, what: &str, record: &Value, d: &mut Differences) {
    let hops = record["hops"].as_array().unwrap();
    let routers: Vec<_> = hops
        .iter()
        .map(|hop| hop["router"].as_str().unwrap_or("*").to_owned())
        .collect();
    d.equal(format!("{what}: hops"), path.hops.clone(), routers);
    d.equal(
        format!("{what}: reached"),
        Some(path.reached),
        record["reached"].as_bool(),
    );
    let counts = |hop: &Value| {
        let of = |field: &Value| field.as_u64().unwrap_or(0);
        let others = hop["alternatives"].as_array().into_iter().flatten();
        let answered = of(&hop["answers"]) + others.map(|r| of(&r["answers"])).sum::<u64>();
        (answered, of(&hop["unanswered"]))
    };
    if let Some(sent) = &path.sent {
        let told = hops
            .iter()
            .map(counts)
            .map(|(answered, not)| answered + not)
            .collect();
        d.equal(format!("{what}: sent"), sent.clone(), told);
    }
    if let Some(loss) = &path.loss_percent {
        #[allow(clippy::cast_precision_loss)] // some hundred at most
        let told: Vec<f64> = hops
            .iter()
            .map(counts)
            .map(|(answered, not)| 100.0 * not as f64 / (answered + not).max(1) as f64)
            .collect();
        let alike = loss.len() == told.len()
            // mtr prints one decimal
            && loss.iter().zip(&told).all(|(a, b)| (a - b).abs() <= 0.1);
        if !alike {
            d.add(format!("{what}: loss in percent"), loss, told);
        }
    }
}

fn compare_redirect(redirect: &Redirect, output: &Output, d: &mut Differences) {
    let told = output.of_type("icmp").any(|r| {
        let icmp = &r["icmp"];
        let redirects = icmp["name"] == "redirect"
            && r["ip"]["src"] == *redirect.router
            && r["ip"]["dst"] == *redirect.host;
        // IPv4 quotes the packet; ICMPv6 names its destination (RFC 4861 section 4.5).
        redirects
            && if icmp["version"] == 4 {
                icmp["gateway"] == *redirect.gateway && r["quoted"]["ip"]["dst"] == *redirect.dst
            } else {
                icmp["target"] == *redirect.gateway && icmp["destination"] == *redirect.dst
            }
    });
    if !told {
        d.add("redirect", redirect, "no such message");
    }
}

fn severity(word: &str) -> usize {
    let known = ["info", "warning", "critical"];
    known
        .iter()
        .position(|w| *w == word)
        .unwrap_or_else(|| panic!("severity {word}"))
}

fn findings(truth: &Truth, output: &Output, d: &mut Differences) {
    let found: Vec<_> = output.of_type("finding").collect();
    let is_there = |name: &str| found.iter().any(|f| f["finding"] == name);
    for name in &truth.expected {
        let not_yet = NOT_YET_THERE.iter().any(|(other, _)| other == name);
        if !not_yet && !is_there(name) {
            let names: Vec<_> = found.iter().map(|f| text(&f["finding"])).collect();
            d.add(format!("finding {name}"), "expected", names);
        }
    }
    for finding in &found {
        let name = text(&finding["finding"]);
        let title = text(&finding["title"]);
        if truth.not_expected.contains(&name) {
            d.add(format!("finding {name}"), "must not be there", &title);
        }
        let told = text(&finding["severity"]);
        if let Some(most) = &truth.max_severity
            && severity(&told) > severity(most)
        {
            d.add(
                format!("finding {name}"),
                format!("at most {most}"),
                (told, title),
            );
        }
    }
}
