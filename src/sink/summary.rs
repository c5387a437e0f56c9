//! The closing account for people.

use std::time::Duration;

use super::story::{Page, icmp, ip, plural, text};
use super::text::{Clock, Precision};
use super::wrap::{Paragraph, Table};
use crate::record::summary::{FrameCounts, PairSummary, RttSummary, Summary};
use crate::record::words::Word;
use crate::record::{escape, write};

/// Rows of a table that are written; the others are counted.
const ROWS: usize = 20;

/// The width from which on the table of pings has room for the upper percentiles.
const PERCENTILES_FROM: usize = 96;

/// Writes the account.
pub(super) fn write(out: &mut Vec<u8>, summary: &Summary, page: &Page<'_>, clock: &mut Clock) {
    head(out, summary, page, clock);
    messages(out, summary, page);
    exchanges(out, summary, page);
    pairs(out, summary, page);
    droppers(out, summary, page);
    shortcomings(out, summary, page);
}

fn head(out: &mut Vec<u8>, summary: &Summary, page: &Page<'_>, clock: &mut Clock) {
    let FrameCounts {
        read,
        undecodable,
        other,
        filtered,
        icmp,
    } = summary.frames;
    let mut lines = Paragraph::new(out, page.width, 3);
    lines.head("summary:", page.palette);
    lines.words(&format!(
        "{} read = {icmp} ICMP shown + {filtered} ICMP hidden by the filter + {other} not ICMP + \
         {undecodable} undecodable",
        plural(read, "frame")
    ));
    if let (Some(first), Some(last)) = (summary.first, summary.last) {
        lines.line();
        lines.words("from");
        lines.words(&text(|out| clock.date_clock(out, first, Precision::Micro)));
        lines.words("to");
        lines.words(&text(|out| clock.date_clock(out, last, Precision::Micro)));
        if let Some(span) = last.since(first) {
            lines.words(&format!("({})", text(|out| write::span(out, span))));
        }
    }
    if let Some(kernel) = summary.kernel {
        lines.line();
        lines.words(&format!(
            "kernel: {} received, {} dropped for want of buffer space, {} dropped by the interface",
            kernel.received, kernel.dropped, kernel.interface_dropped
        ));
    }
    lines.end();
}

fn messages(out: &mut Vec<u8>, summary: &Summary, page: &Page<'_>) {
    if summary.messages.is_empty() {
        return;
    }
    let mut table = Table::new(&["messages", "count", "good", "bad", "unverified", "absent"]);
    for (kind, counts) in summary.messages.iter().take(ROWS) {
        table.row(vec![
            icmp(kind.version, kind.kind, kind.code),
            counts.total().to_string(),
            counts.good.to_string(),
            counts.bad.to_string(),
            counts.unverified.to_string(),
            counts.absent.to_string(),
        ]);
    }
    table.write(out, page.width, page.palette);
    omitted(out, summary.messages.len().saturating_sub(ROWS), page);
    if summary.fragments > 0 {
        let mut lines = Paragraph::new(out, page.width, 2);
        lines.words(&format!(
            "and {} without an ICMP header",
            plural(summary.fragments, "later fragment")
        ));
        lines.end();
    }
}

fn omitted(out: &mut Vec<u8>, count: usize, page: &Page<'_>) {
    if count > 0 {
        let mut lines = Paragraph::new(out, page.width, 2);
        lines.words(&format!("... and {count} more (all of them with --json)"));
        lines.end();
    }
}

/// `-- echo: 10 answered, 2 lost`.
fn exchanges(out: &mut Vec<u8>, summary: &Summary, page: &Page<'_>) {
    for (kind, outcomes) in &summary.exchanges {
        let total: u64 = outcomes.values().sum();
        let told: Vec<String> = outcomes
            .iter()
            .filter(|(_, count)| **count > 0)
            .map(|(outcome, count)| format!("{count} {}", outcome.word().replace('_', " ")))
            .collect();
        let mut lines = Paragraph::new(out, page.width, 3);
        lines.words(&format!(
            "{}: {}: {}",
            kind.word().replace('_', " "),
            plural(total, "request"),
            told.join(", ")
        ));
        lines.end();
    }
    if summary.unsolicited > 0 || summary.late > 0 {
        let mut lines = Paragraph::new(out, page.width, 3);
        lines.words(&format!(
            "replies without a request: {}, after their window: {}",
            summary.unsolicited, summary.late
        ));
        lines.end();
    }
}

fn pairs(out: &mut Vec<u8>, summary: &Summary, page: &Page<'_>) {
    if summary.pairs.is_empty() {
        return;
    }
    let mut head = vec![
        "ping", "sent", "answ", "lost", "loss", "err", "pend", "dup", "min", "med",
    ];
    let percentiles = page.width == 0 || page.width >= PERCENTILES_FROM;
    if percentiles {
        head.extend(["p95", "p99"]);
    }
    head.push("max ms");
    let mut table = Table::new(&head);
    for pair in summary.pairs.iter().take(ROWS) {
        table.row(pair_row(pair, percentiles));
    }
    table.write(out, page.width, page.palette);
    omitted(out, summary.pairs.len().saturating_sub(ROWS), page);
    if summary.requests_omitted > 0 {
        let mut lines = Paragraph::new(out, page.width, 2);
        lines.words(&format!(
            "... and {} of further pings",
            plural(summary.requests_omitted, "request")
        ));
        lines.end();
    }
    for pair in summary.pairs.iter().take(ROWS) {
        if pair.one_sided_possible {
            let mut lines = Paragraph::new(out, page.width, 3);
            lines.words(&format!(
                "{} > {}: nothing was captured in the reverse direction; the replies may have \
                 taken another way",
                ip(pair.addrs.src),
                ip(pair.addrs.dst)
            ));
            lines.end();
        }
    }
}

fn pair_row(pair: &PairSummary, percentiles: bool) -> Vec<String> {
    let loss = pair.loss().map_or_else(|| "-".to_owned(), percent);
    let mut cells = vec![
        format!(
            "{} > {} id {}",
            ip(pair.addrs.src),
            ip(pair.addrs.dst),
            pair.id
        ),
        pair.sent.to_string(),
        pair.answered.to_string(),
        pair.lost.to_string(),
        loss,
        pair.errors.to_string(),
        pair.pending.to_string(),
        pair.duplicates.to_string(),
    ];
    let time = |of: fn(&RttSummary) -> Duration| match &pair.rtt {
        Some(rtt) => text(|out| write::millis_fixed(out, of(rtt))),
        None => "-".to_owned(),
    };
    cells.push(time(|rtt| rtt.min));
    cells.push(time(|rtt| rtt.median));
    if percentiles {
        cells.push(time(|rtt| rtt.p95));
        cells.push(time(|rtt| rtt.p99));
    }
    cells.push(time(|rtt| rtt.max));
    cells
}

/// `12.5%`.
fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}

fn droppers(out: &mut Vec<u8>, summary: &Summary, page: &Page<'_>) {
    if summary.droppers.is_empty() {
        return;
    }
    let mut table = Table::new(&["dropper", "reason", "ICMP", "errors", "flows", "MTU"]);
    for dropper in summary.droppers.iter().take(ROWS) {
        let version = match dropper.version {
            crate::wire::IpVersion::V4 => "",
            crate::wire::IpVersion::V6 => "v6 ",
        };
        table.row(vec![
            ip(dropper.dropper),
            dropper.reason.word().replace('_', " "),
            format!("{version}{}/{}", dropper.kind, dropper.code),
            dropper.count.to_string(),
            dropper.flows.to_string(),
            dropper
                .mtu
                .map_or_else(|| "-".to_owned(), |mtu| mtu.to_string()),
        ]);
    }
    table.write(out, page.width, page.palette);
    omitted(out, summary.droppers.len().saturating_sub(ROWS), page);
    if summary.errors_omitted > 0 {
        let mut lines = Paragraph::new(out, page.width, 2);
        lines.words(&format!(
            "... and {} of further droppers",
            plural(summary.errors_omitted, "error")
        ));
        lines.end();
    }
}

/// What keeps the account from being the whole truth.
fn shortcomings(out: &mut Vec<u8>, summary: &Summary, page: &Page<'_>) {
    let mut say = |sentence: &str| {
        let mut lines = Paragraph::new(out, page.width, 3);
        lines.words(sentence);
        lines.end();
    };
    for (table, count) in summary.evictions.by_table() {
        say(&format!(
            "given up for want of memory: {count} {table} (see --memory-limit)"
        ));
    }
    if summary.time_backwards > 0 {
        let step = text(|out| write::span(out, summary.largest_step_back));
        say(&format!(
            "time went backwards {}, at most by {step}",
            plural(summary.time_backwards, "time")
        ));
    }
    for (link, count) in &summary.unknown_links {
        say(&format!(
            "link type {} is not known: {} not decoded",
            link.0,
            plural(*count, "frame")
        ));
    }
    for damage in &summary.damaged {
        let why = text(|out| escape::push(out, damage.why.as_bytes()));
        say(&format!(
            "{} is damaged at offset {}, frame {}: {why}",
            page.names.get(damage.source),
            damage.offset,
            damage.frame
        ));
    }
}
