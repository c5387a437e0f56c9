//! The columns of each part.

use std::cmp::Reverse;
use std::net::IpAddr;
use std::time::Duration;

use ratatui::layout::Constraint;
use ratatui::style::{Color, Modifier, Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::Cell;

use super::keys::Order;
use super::model::{self, Dropper, Flow, Ping, Sample};
use crate::findings::{Finding, Severity};
use crate::model::Timestamp;
use crate::record::escape::Escaped;
use crate::record::words::Word;
use crate::record::write;
use crate::sink::story::{ip, text};
use crate::sink::text::addr;

/// How rows of one kind are shown.
pub(super) struct Columns<R: 'static> {
    pub(super) title: &'static str,
    pub(super) empty: &'static str,
    pub(super) heads: &'static [&'static str],
    /// Of the columns behind the leading ones, which take what their texts need.
    pub(super) widths: &'static [Constraint],
    /// Those of them that a narrow screen does without, the most useful first.
    pub(super) spare: &'static [usize],
    /// The leading columns: names, never cut without a mark.
    pub(super) names: fn(&R) -> Vec<String>,
    /// What the filter looks at, and names are sorted by.
    pub(super) name: fn(&R) -> String,
    /// Sorts copies of references; stable, so that equal rows stay in order of their first packet.
    pub(super) sort: fn(&mut [&R], Order),
    /// How a row is to look.
    pub(super) style: fn(&R) -> Style,
    /// The columns behind.
    pub(super) cells: fn(&R, Option<Timestamp>) -> Vec<Cell<'static>>,
}

/// Cells of a ping's history.
const HISTORY: u16 = 48;
/// The longest reason.
const REASON: u16 = 20;
const _: () = assert!(HISTORY as usize == model::HISTORY);

pub(super) const PINGS: Columns<Ping> = Columns {
    title: "Pings",
    empty: "no echo request yet",
    heads: &[
        "source > destination",
        "id",
        "  sent",
        "  lost",
        " loss",
        "   err",
        "  last ms",
        "  mean ms",
        "   max ms",
        "latest requests",
    ],
    widths: &[
        Constraint::Length(5),
        Constraint::Length(6),
        Constraint::Length(6),
        Constraint::Length(6),
        Constraint::Length(6),
        Constraint::Length(9),
        Constraint::Length(9),
        Constraint::Length(9),
        Constraint::Max(HISTORY),
    ],
    // Lost, identifier, mean, maximum.
    spare: &[2, 0, 6, 7],
    style: |_| Style::new(),
    names: |ping| vec![pair(ping)],
    name: |ping| format!("{} {}", pair(ping), ping.id),
    sort: |pings, order| match order {
        Order::Rtt => pings.sort_by_key(|ping| Reverse(ping.rtt)),
        Order::Recent => pings.sort_by_key(|ping| Reverse(ping.last)),
        Order::Count => pings.sort_by_key(|ping| Reverse(ping.sent)),
        _ => pings.sort_by_key(|ping| Reverse((ping.loss(), ping.errors))),
    },
    cells: |ping, _now| {
        let loss = (ping.loss()).map_or_else(|| "-".to_owned(), |loss| format!("{loss}%"));
        let lost = if ping.lost > 0 { bad() } else { Style::new() };
        let failed = if ping.errors > 0 { bad() } else { Style::new() };
        vec![
            Cell::new(ping.id.to_string()),
            right(ping.sent, 6),
            right(ping.lost, 6).style(lost),
            right(loss, 6).style(lost),
            right(ping.errors, 6).style(failed),
            right(millis(ping.rtt), 9),
            right(millis(ping.mean()), 9),
            right(millis(ping.max), 9),
            // What does not fit is cut on the left: the latest matters.
            Cell::new(Line::from(sparkline(ping)).right_aligned()),
        ]
    },
};

pub(super) const DROPPERS: Columns<Dropper> = Columns {
    title: "Droppers",
    empty: "no ICMP error yet",
    heads: &[
        "dropper", "reason", "ICMP", " errors", "  flows", "  MTU", " seen",
    ],
    widths: &[
        Constraint::Length(REASON),
        Constraint::Length(7),
        Constraint::Length(7),
        Constraint::Length(7),
        Constraint::Length(5),
        Constraint::Length(5),
    ],
    // MTU, flows, time, type and code.
    spare: &[4, 3, 5, 1],
    style: |_| Style::new(),
    names: |dropper| vec![ip(dropper.address)],
    name: |dropper| format!("{} {}", ip(dropper.address), words(dropper.reason.word())),
    sort: |droppers, order| match order {
        Order::Recent => droppers.sort_by_key(|dropper| Reverse(dropper.last)),
        _ => droppers.sort_by_key(|dropper| Reverse(dropper.errors)),
    },
    cells: |dropper, now| {
        let (kind, code) = dropper.kind;
        vec![
            Cell::new(words(dropper.reason.word())),
            Cell::new(match dropper.address {
                IpAddr::V4(_) => format!("{kind}/{code}"),
                // As in the summary.
                IpAddr::V6(_) => format!("v6 {kind}/{code}"),
            }),
            right(dropper.errors, 7),
            right(dropper.flows, 7),
            right(dropper.mtu.map_or("-".to_owned(), |mtu| mtu.to_string()), 5),
            right(ago(dropper.last, now), 5),
        ]
    },
};

pub(super) const FLOWS: Columns<Flow> = Columns {
    title: "Dropped flows",
    empty: "no ICMP error yet",
    heads: &["flow", "by", "reason", " errors", "  MTU", "then", " seen"],
    widths: &[
        Constraint::Length(REASON),
        Constraint::Length(7),
        Constraint::Length(5),
        Constraint::Length(14),
        Constraint::Length(5),
    ],
    // Aftermath, MTU, time.
    spare: &[3, 2, 4],
    style: |_| Style::new(),
    names: |flow| vec![told(flow), ip(flow.dropper)],
    name: |flow| {
        let reason = words(flow.reason.word());
        format!("{} {} {reason}", told(flow), ip(flow.dropper))
    },
    sort: |flows, order| match order {
        Order::Recent => flows.sort_by_key(|flow| Reverse(flow.last)),
        _ => flows.sort_by_key(|flow| Reverse(flow.errors)),
    },
    cells: |flow, now| {
        vec![
            Cell::new(words(flow.reason.word())),
            right(flow.errors, 7),
            right(flow.mtu.map_or("-".to_owned(), |mtu| mtu.to_string()), 5),
            Cell::new(words(flow.aftermath.word())),
            right(ago(flow.last, now), 5),
        ]
    },
};

pub(super) const FINDINGS: Columns<Finding> = Columns {
    title: "Findings",
    empty: "nothing yet",
    heads: &["severity", "finding", "what"],
    widths: &[],
    spare: &[],
    style: |finding| match finding.severity {
        Severity::Critical => bad(),
        Severity::Warning => Style::new().fg(Color::Yellow),
        Severity::Info => Style::new(),
    },
    names: |finding| {
        vec![
            finding.severity.word().to_owned(),
            finding.name.to_owned(),
            Escaped(finding.title.as_bytes()).to_string(),
        ]
    },
    name: |finding| {
        let severity = finding.severity.word();
        format!("{severity} {} {}", finding.title, finding.name)
    },
    sort: |findings, _| findings.sort_by_key(|finding| Reverse(finding.severity)),
    cells: |_, _now| Vec::new(),
};

fn pair(ping: &Ping) -> String {
    format!("{} > {}", ip(ping.addrs.src()), ip(ping.addrs.dst()))
}

fn told(flow: &Flow) -> String {
    text(|out| addr::flow(out, &flow.flow))
}

fn words(word: &str) -> String {
    word.replace('_', " ")
}

fn right(value: impl std::fmt::Display, width: usize) -> Cell<'static> {
    Cell::new(format!("{value:>width$}"))
}

fn millis(time: Option<Duration>) -> String {
    time.map_or("-".to_owned(), |time| {
        text(|out| write::millis_fixed(out, time))
    })
}

/// How long ago, by the time of the capture: `3s`, `12m`, `5h`.
fn ago(last: Timestamp, now: Option<Timestamp>) -> String {
    let past = now.and_then(|now| now.since(last)).unwrap_or_default();
    match past.as_secs() {
        0 => "now".to_owned(),
        seconds @ 1..=99 => format!("{seconds}s"),
        seconds @ 100..=5_999 => format!("{}m", seconds / 60),
        seconds => format!("{}h", seconds / 3600),
    }
}

/// A bar for each of the latest requests, as high as its round trip is long beside the longest of
/// them; what was not answered has a letter.
fn sparkline(ping: &Ping) -> Vec<Span<'static>> {
    const BARS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
    let longest = ping
        .history()
        .filter_map(|sample| match sample {
            Sample::Answered(rtt) => rtt,
            _ => None,
        })
        .max()
        .map_or(0, |rtt| rtt.as_nanos());
    let bar = |rtt: Duration| {
        let step = (rtt.as_nanos() * 7).checked_div(longest).unwrap_or(0);
        let at = usize::try_from(step).unwrap_or(0);
        BARS.get(at).copied().unwrap_or("█")
    };
    ping.history()
        .map(|sample| match sample {
            Sample::Answered(Some(rtt)) => Span::styled(bar(rtt), Style::new().fg(Color::Green)),
            Sample::Answered(None) => Span::raw("+"),
            Sample::Waiting => Span::raw(".").dim(),
            Sample::Lost => Span::styled("x", bad()),
            Sample::Error => Span::styled("!", bad()),
            Sample::Unknown => Span::raw("?"),
        })
        .collect()
}

/// What is bad news.
pub(super) fn bad() -> Style {
    Style::new().fg(Color::Red).add_modifier(Modifier::BOLD)
}
