//! The closing account for people.

use std::time::Duration;

use super::story::{Page, icmp, ip, plural, protocol, text, times};
use super::text::{Clock, Precision};
use super::wrap::{Paragraph, Table};
use crate::correlate::verdict::Evidence;
use crate::icmp::names;
use crate::model::Permille;
use crate::record::summary::{FrameCounts, MessageCounts, PairSummary, RttSummary, Summary};
use crate::record::words::Word;
use crate::record::{escape, write};
use crate::source::DamageKind;
use crate::wire::reassembly::Fates;
use crate::wire::{Encryption, IpVersion, Locked, TunnelPath, Undecodable};

/// Rows of a table that are written; the others are counted.
const ROWS: usize = 20;

/// The width from which on the table of pings has room for the upper percentiles.
const PERCENTILES_FROM: usize = 96;

/// The head of a column of counts, and where they are.
type Column<T> = (&'static str, fn(&T) -> u64);

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
        further_packets,
        reported,
        undecodable,
        other,
        filtered,
        icmp,
    } = summary.frames;
    let mut lines = Paragraph::new(out, page.width, 3);
    lines.head("summary:", page.palette);
    let further = match further_packets {
        0 => String::new(),
        more => format!(" + {} in them", plural(more, "further packet")),
    };
    let reported = match reported {
        0 => String::new(),
        some => format!(" + {} that they report", plural(some, "message")),
    };
    lines.words(&format!(
        "{} read{further}{reported} = {icmp} ICMP shown + {filtered} hidden by the filter + {other} not ICMP + \
         {undecodable} undecodable",
        plural(read, "frame")
    ));
    if let (Some(first), Some(last)) = (summary.first, summary.last) {
        lines.line();
        let span = last.since(first);
        if first == last && span.is_none() {
            lines.words("no packet tells when it was captured");
        } else {
            lines.words("from");
            lines.words(&text(|out| clock.date_clock(out, first, Precision::Micro)));
            lines.words("to");
            lines.words(&text(|out| clock.date_clock(out, last, Precision::Micro)));
        }
        if let Some(span) = span {
            lines.words(&format!("({})", text(|out| write::span(out, span))));
        }
    }
    if let Some(kernel) = summary.kernel_total() {
        lines.line();
        let by_packets = summary.missing_as_packets_tell();
        let (who, missing) = match by_packets {
            0 => ("kernel", String::new()),
            some => ("counts", format!(" {some} missing as packets tell,")),
        };
        lines.words(&format!(
            "{who}: {} received,{missing} {} dropped for want of buffer space, {} dropped by the interface",
            kernel.received,
            kernel.dropped.saturating_sub(by_packets),
            kernel.interface_dropped
        ));
    }
    lines.end();
}

fn messages(out: &mut Vec<u8>, summary: &Summary, page: &Page<'_>) {
    let columns: [Column<MessageCounts>; 5] = [
        ("good", |counts| counts.good),
        ("bad", |counts| counts.bad),
        ("unverified", |counts| counts.unverified),
        ("absent", |counts| counts.absent),
        ("reported", |counts| counts.reported),
    ];
    // States that no message is in need no column.
    let columns: Vec<_> = columns
        .into_iter()
        .filter(|(_, of)| summary.messages.iter().any(|(_, counts)| of(counts) > 0))
        .collect();
    let (head, states) = match columns.as_slice() {
        [("good", _)] => ("messages (all checksums good)", &[][..]),
        several => ("messages", several),
    };
    let mut heads = vec![head, "count"];
    heads.extend(states.iter().map(|(state, _)| *state));
    let mut table = Table::new(&heads);
    for (kind, counts) in summary.messages.iter().take(ROWS) {
        let mut row = vec![
            message(kind.version, kind.kind, kind.code),
            counts.total().to_string(),
        ];
        row.extend(states.iter().map(|(_, of)| of(counts).to_string()));
        table.row(row);
    }
    if !summary.messages.is_empty() {
        table.write(out, page.width, page.palette);
    }
    omitted(out, summary.messages.len().saturating_sub(ROWS), page);
    if summary.fragments > 0 {
        let mut lines = Paragraph::new(out, page.width, 2);
        if !summary.messages.is_empty() {
            lines.word("and");
        }
        lines.words(&format!(
            "{} without an ICMP header",
            plural(summary.fragments, "frame")
        ));
        lines.end();
    }
    fragmented(out, summary.reassembly, page);
}

/// `-- fragmented messages: 3 put together, 1 incomplete`.
fn fragmented(out: &mut Vec<u8>, fates: Fates, page: &Page<'_>) {
    let told: Vec<String> = [
        (fates.complete, "put together"),
        (fates.waiting, "incomplete at the end"),
        (fates.expired, "incomplete after a minute"),
        (fates.evicted, "given up for want of memory"),
        (fates.overlapping, "with overlapping fragments"),
    ]
    .iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{count} {what}"))
    .collect();
    if !told.is_empty() {
        let mut lines = Paragraph::new(out, page.width, 3);
        lines.words(&format!("fragmented messages: {}", told.join(", ")));
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

/// `-- requests: echo 12 (10 answered, 2 lost), neighbor 1 (1 answered)`.
fn exchanges(out: &mut Vec<u8>, summary: &Summary, page: &Page<'_>) {
    let told: Vec<String> = summary
        .exchanges
        .iter()
        .map(|(kind, outcomes)| {
            let total: u64 = outcomes.values().sum();
            let outcomes: Vec<String> = outcomes
                .iter()
                .filter(|(_, count)| **count > 0)
                .map(|(outcome, count)| format!("{count} {}", outcome.word().replace('_', " ")))
                .collect();
            let kind = kind.word().replace('_', " ");
            format!("{kind} {total} ({})", outcomes.join(", "))
        })
        .collect();
    if !told.is_empty() {
        let mut lines = Paragraph::new(out, page.width, 3);
        lines.words(&format!("requests: {}", told.join(", ")));
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
    let columns: [Column<PairSummary>; 5] = [
        ("err", |pair| pair.errors),
        ("pend", |pair| pair.pending),
        ("unkn", |pair| pair.unknown),
        ("dup", |pair| pair.duplicates),
        ("corr", |pair| pair.corrupted),
    ];
    // What happened to no ping needs no column.
    let columns: Vec<_> = columns
        .into_iter()
        .filter(|(_, of)| summary.pairs.iter().any(|pair| of(pair) > 0))
        .collect();
    let mut heads = vec!["ping", "sent", "answ", "lost", "loss"];
    heads.extend(columns.iter().map(|(head, _)| *head));
    let has_percentiles = page.width == 0 || page.width >= PERCENTILES_FROM;
    heads.extend(if has_percentiles {
        &["min", "med", "p95", "p99", "max ms"][..]
    } else {
        &["min", "med", "max ms"]
    });
    let mut table = Table::new(&heads);
    for pair in summary.pairs.iter().take(ROWS) {
        let mut row = fate(pair, page);
        row.extend(columns.iter().map(|(_, of)| of(pair).to_string()));
        if has_percentiles {
            row.extend(round_trips(pair, |rtt| {
                [rtt.min, rtt.median, rtt.p95, rtt.p99, rtt.max]
            }));
        } else {
            row.extend(round_trips(pair, |rtt| [rtt.min, rtt.median, rtt.max]));
        }
        table.row(row);
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
}

/// Who pinged whom, and what became of the requests.
fn fate(pair: &PairSummary, page: &Page<'_>) -> Vec<String> {
    // Where errors came back for all, a loss of 0 % would sound as if the ping worked.
    let loss = Permille::of(pair.lost, pair.decided())
        .filter(|_| pair.answered + pair.lost > 0)
        .map_or_else(|| "-".to_owned(), |share| format!("{share}%"));
    // A traceroute's probes need no answer, and how many got one is the path's matter.
    let loss = if pair.probe { "trace".to_owned() } else { loss };
    vec![
        format!(
            "{} > {} id {}",
            page.named(&ip(pair.addrs.src())),
            page.named(&ip(pair.addrs.dst())),
            pair.id
        ),
        pair.sent.to_string(),
        pair.answered.to_string(),
        pair.lost.to_string(),
        loss,
    ]
}

/// Round trips in milliseconds.
fn round_trips<const N: usize>(
    pair: &PairSummary,
    of: impl FnOnce(&RttSummary) -> [Duration; N],
) -> [String; N] {
    pair.rtt.as_ref().map_or_else(
        || std::array::from_fn(|_| "-".to_owned()),
        |rtt| of(rtt).map(|time| text(|out| write::millis_fixed(out, time))),
    )
}

/// `ICMP 5/1 redirect for the host`: with the type where the code's title does not tell it.
fn message(version: IpVersion, kind: u8, code: Option<u8>) -> String {
    let Some(code) = code else {
        return without_code(version, kind);
    };
    let tells_itself = match version {
        IpVersion::V4 => matches!(kind, 3 | 11),
        IpVersion::V6 => matches!(kind, 1 | 3 | 4),
    };
    let titles = (
        names::type_title(version, kind),
        names::code_title(version, kind, code),
    );
    match titles {
        (Some(title), Some(of_code)) if !tells_itself => {
            let protocol = protocol(version);
            format!("{protocol} {kind}/{code} {title}: {of_code}")
        }
        _ => icmp(version, kind, code),
    }
}

/// `ICMP 3/? destination unreachable`: of messages that were cut before their code.
fn without_code(version: IpVersion, kind: u8) -> String {
    let protocol = protocol(version);
    match names::type_title(version, kind) {
        Some(title) => format!("{protocol} {kind}/? {title}"),
        None => format!("{protocol} {kind}/?"),
    }
}

fn droppers(out: &mut Vec<u8>, summary: &Summary, page: &Page<'_>) {
    if summary.droppers.is_empty() {
        return;
    }
    let mut table = Table::new(&["dropper", "reason", "ICMP", "errors", "flows", "MTU"]);
    for dropper in summary.droppers.iter().take(ROWS) {
        let version = match dropper.version {
            IpVersion::V4 => "",
            IpVersion::V6 => "v6 ",
        };
        let reason = dropper.reason.word().replace('_', " ");
        table.row(vec![
            page.named(&ip(dropper.dropper)).into_owned(),
            match dropper.evidence {
                Evidence::Captured => reason,
                Evidence::Reported => format!("{reason} (reported)"),
            },
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

/// `1 frame is`, `2 frames are`.
fn are(count: u64, what: &str) -> String {
    let verb = if count == 1 { "is" } else { "are" };
    format!("{} {verb}", plural(count, what))
}

/// Why a frame was not read; `None` where the link type is not known, which is told by type.
fn hidden_by(why: Undecodable) -> Option<&'static str> {
    Some(match why {
        Undecodable::LinkType => return None,
        Undecodable::Short => "too short for a link or IP header",
        Undecodable::Malformed => "malformed in the link or IP header",
        Undecodable::Encrypted(Encryption::Ieee802_11) => "encrypted (802.11), and may hold ICMP",
        Undecodable::Encrypted(Encryption::Wlan(why)) => match why {
            Locked::NoHandshake => {
                "encrypted (802.11, whose handshake was not captured), and may hold ICMP"
            }
            Locked::NoKey => "encrypted (802.11, no key for it), and may hold ICMP",
            Locked::NotAuthentic => {
                "encrypted (802.11, no key fits: a later handshake was not captured, or the frame is \
                 damaged, forged or cut), and may hold ICMP"
            }
        },
        Undecodable::Encrypted(Encryption::Ieee802_15_4) => {
            "encrypted (802.15.4), and may hold ICMP"
        }
        Undecodable::Encrypted(Encryption::MacSec) => "encrypted (MACsec), and may hold ICMP",
        Undecodable::Encrypted(Encryption::GprsLlc) => "encrypted (GPRS LLC), and may hold ICMP",
        Undecodable::Encrypted(Encryption::WireGuard(why)) => match why {
            Locked::NoHandshake => {
                "encrypted (WireGuard, whose handshake was not captured), and may hold ICMP"
            }
            Locked::NoKey => "encrypted (WireGuard, no key for it), and may hold ICMP",
            Locked::NotAuthentic => "encrypted (WireGuard, damaged or forged), and may hold ICMP",
        },
        Undecodable::Encrypted(Encryption::Esp(why)) => match why {
            Locked::NoHandshake | Locked::NoKey => {
                "encrypted (ESP, no key for it), and may hold ICMP"
            }
            Locked::NotAuthentic => {
                "encrypted (ESP, damaged, forged, cut or of another key), and may hold ICMP"
            }
        },
        Undecodable::Compression => "compressed in a way that is not known, or damaged",
        Undecodable::FirstFragment => "fragments of which the first was not captured",
    })
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
            times(summary.time_backwards)
        ));
    }
    for (why, count) in &summary.unread.undecodable {
        if let Some(what) = hidden_by(*why) {
            say(&format!("{} {what}", are(*count, "frame")));
        }
    }
    for (why, count) in &summary.unread.in_tunnels {
        let what = match why {
            Undecodable::Short => {
                Some("cut before or in the header of the packet inside, and may hold ICMP")
            }
            why => hidden_by(*why),
        };
        if let Some(what) = what {
            say(&format!("{} {what}", are(*count, "tunnelled packet")));
        }
    }
    if summary.unread.esp > 0 {
        let packets = are(summary.unread.esp, "packet");
        say(&format!("{packets} encrypted (ESP), and may hold ICMP"));
    }
    if summary.unread.deep > 0 {
        let packets = are(summary.unread.deep, "packet");
        say(&format!(
            "{packets} in more than {} tunnels, and may hold ICMP",
            TunnelPath::CAPACITY
        ));
    }
    if summary.unread.messages > 0 {
        let messages = are(summary.unread.messages, "message");
        say(&format!(
            "{messages} incomplete (in TCP streams that carry packets), and may hold ICMP"
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
        if damage.kind == DamageKind::Gone {
            say(&format!("the capture ended early: {why}"));
            continue;
        }
        say(&format!(
            "{} is damaged at {}, frame {}: {why}",
            page.names.get(damage.source),
            damage.place(),
            damage.frame
        ));
    }
}
