//! What is told behind the messages: decisions, paths, findings; and what they share with drop
//! verdicts.

use std::borrow::Cow;
use std::net::IpAddr;

use super::text::{Lines, Naming, Palette, Verbosity, addr, note, options};
use super::wrap::Paragraph;
use crate::correlate::exchange::{Began, Exchange, ExchangeEnd, ExchangeOutcome, ReplyDrop};
use crate::correlate::trace::{Hop, HopRouter, Path, PathEnd};
use crate::findings::{Confidence, Finding, Severity};
use crate::icmp::names;
use crate::model::FrameRef;
use crate::record::json::SourceNames;
use crate::record::words::Word;
use crate::record::write;
use crate::wire::IpVersion;
use crate::wire::reassembly::InPart;

/// What all of them need.
pub(super) struct Page<'a> {
    pub(super) names: &'a SourceNames,
    pub(super) hosts: &'a Naming,
    pub(super) palette: &'a Palette,
    pub(super) width: usize,
    pub(super) verbosity: Verbosity,
    pub(super) lines: Lines,
}

/// Frames that a list names unless everything is wanted.
const FRAMES: usize = 3;

/// Text made by one of the writers that append to a buffer.
pub(super) fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8(out).unwrap_or_default()
}

pub(super) fn ip(addr: IpAddr) -> String {
    text(|out| write::ip(out, addr))
}

impl Page<'_> {
    /// With names of hosts, where they are wanted and known.
    pub(super) fn named<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.hosts.named(text)
    }

    /// Whether a verdict is one short paragraph: `-q` without `-v`.
    pub(super) fn is_brief(&self) -> bool {
        self.lines == Lines::VerdictsOnly && !self.is_verbose()
    }

    pub(super) fn is_verbose(&self) -> bool {
        self.verbosity > Verbosity::Plain
    }

    /// `#1 #2 #3 and 5 more`.
    pub(super) fn frames(&self, out: &mut Vec<u8>, frames: &[FrameRef], total: u64) {
        let frames = match self.verbosity {
            Verbosity::Plain => frames.get(..FRAMES).unwrap_or(frames),
            _ => frames,
        };
        for (i, frame) in frames.iter().enumerate() {
            if i > 0 {
                out.push(b' ');
            }
            note::frame(out, *frame, self.names);
        }
        let more = total.saturating_sub(frames.len() as u64);
        if more > 0 {
            write::number(out, b" and ", more);
            out.extend_from_slice(b" more");
        }
    }
}

/// `-- #1 answered by #2, rtt 0.028 ms`.
pub(super) fn decided(out: &mut Vec<u8>, exchange: &Exchange, page: &Page<'_>) {
    if exchange.outcome == ExchangeOutcome::NoReplyExpected {
        return;
    }
    out.extend_from_slice(b"-- ");
    note::frame(out, exchange.request, page.names);
    match exchange.end {
        Some(ExchangeEnd::Reply(frame)) if exchange.lost_on_way_back() => {
            if let Some(dropped) = exchange.reply_dropped {
                out.extend_from_slice(b" lost: its reply ");
                note::frame(out, frame, page.names);
                reply_dropped(out, dropped, page);
            } else {
                out.extend_from_slice(b" lost: its reply was last seen in ");
                note::frame(out, frame, page.names);
                out.extend_from_slice(b", not where it was asked");
            }
        }
        Some(ExchangeEnd::Reply(frame)) => {
            out.extend_from_slice(match exchange.outcome {
                ExchangeOutcome::Refused => b" refused by ",
                _ => b" answered by ".as_slice(),
            });
            note::frame(out, frame, page.names);
            if let Some(name) = exchange.refusal_name() {
                out.extend_from_slice(b": ");
                addr::words_of(out, name);
            }
        }
        Some(ExchangeEnd::Error(frame)) => {
            out.extend_from_slice(b" got the error ");
            note::frame(out, frame, page.names);
        }
        None if exchange.outcome == ExchangeOutcome::Lost => {
            out.extend_from_slice(b" lost: ");
            unanswered(out, exchange, page);
        }
        None if exchange.outcome == ExchangeOutcome::Unknown && exchange.is_reply_all_there() => {
            out.extend_from_slice(b" unknown: ");
            unanswered(out, exchange, page);
        }
        None => out.extend_from_slice(match exchange.outcome {
            ExchangeOutcome::Pending => b" pending: the capture ended too early to tell".as_slice(),
            ExchangeOutcome::Evicted if exchange.reply_began == Began::Seen => {
                b" evicted: there was no room for the fragments of its reply"
            }
            ExchangeOutcome::Evicted => b" evicted: the table of requests was full",
            _ => b" unknown: the capture does not tell",
        }),
    }
    if let Some(rtt) = exchange.rtt {
        out.extend_from_slice(b", rtt ");
        write::millis(out, rtt);
    }
    out.push(b'\n');
}

/// Why a request has no reply: also what is missing of fragments.
fn unanswered(out: &mut Vec<u8>, exchange: &Exchange, page: &Page<'_>) {
    let version = IpVersion::of(exchange.addrs.src());
    if let Some(part) = &exchange.request_part {
        out.extend_from_slice(if part.is_all_there() {
            b"it came ".as_slice()
        } else {
            b"it came in part itself, "
        });
        in_part(out, (part, version), page.names);
        out.extend_from_slice(b"; ");
    }
    if let Some(reply) = &exchange.reply_part {
        out.extend_from_slice(if reply.part.is_all_there() {
            b"its reply came, ".as_slice()
        } else {
            b"its reply came in part, "
        });
        note::frame(out, reply.first, page.names);
        out.push(b' ');
        in_part(out, (&reply.part, version), page.names);
    } else if let Some(dropped) = exchange.reply_dropped {
        out.extend_from_slice(b"its reply");
        reply_dropped(out, dropped, page);
    } else if let Some(dropped) = exchange.dropped {
        out.extend_from_slice(b"dropped ");
        options::by_local_drop(out, dropped);
    } else {
        out.extend_from_slice(b"no reply was captured in time");
    }
}

/// ` was dropped on its way back by 192.0.2.1, error #3`.
fn reply_dropped(out: &mut Vec<u8>, dropped: ReplyDrop, page: &Page<'_>) {
    out.extend_from_slice(match dropped {
        ReplyDrop::Error { .. } => b" was dropped on its way back ".as_slice(),
        ReplyDrop::WhereCaptured(_) => b" was dropped ",
    });
    dropped_by(out, dropped, page);
}

/// `by 192.0.2.1, error #3`.
pub(super) fn dropped_by(out: &mut Vec<u8>, dropped: ReplyDrop, page: &Page<'_>) {
    match dropped {
        ReplyDrop::Error { frame, dropper } => {
            out.extend_from_slice(b"by ");
            let from = out.len();
            write::ip(out, dropper);
            page.hosts.apply(out, from);
            out.extend_from_slice(b", error ");
            note::frame(out, frame, page.names);
        }
        ReplyDrop::WhereCaptured(dropped) => options::by_local_drop(out, dropped),
    }
}

/// `without octets 1480 to 2959, from 4440 on`, `in fragments of which #4 covers others (receivers
/// discard these)`.
fn in_part(out: &mut Vec<u8>, (part, version): (&InPart, IpVersion), names: &SourceNames) {
    if let Some(overlap) = part.overlap {
        out.extend_from_slice(b"in fragments of which ");
        note::frame(out, overlap, names);
        out.extend_from_slice(match version {
            IpVersion::V4 => b" covers others (receivers differ on these)".as_slice(),
            IpVersion::V6 => b" covers others (receivers discard these)",
        });
        if part.is_all_there() {
            return;
        }
        out.extend_from_slice(b", ");
    }
    let missing = &part.gaps;
    out.extend_from_slice(b"without ");
    if missing.told().is_empty() {
        out.extend_from_slice(b"the rest");
    } else {
        out.extend_from_slice(b"octets ");
    }
    for (i, gap) in missing.told().iter().enumerate() {
        out.extend_from_slice(if i == 0 { b"" } else { b", " });
        if gap.end.is_none() {
            out.extend_from_slice(b"from ");
        }
        write::decimal(out, gap.start.into());
        match gap.end {
            Some(end) => {
                write::number(out, b" to ", u64::from(end).saturating_sub(1));
            }
            None => out.extend_from_slice(b" on"),
        }
    }
    if missing.more() > 0 {
        out.extend_from_slice(b" and others");
    }
}

/// `1 hop`, `2 hops`.
pub(super) fn counted(out: &mut Vec<u8>, count: u64, what: &str) {
    write::decimal(out, count);
    out.push(b' ');
    out.extend_from_slice(what.as_bytes());
    if count != 1 {
        out.push(b's');
    }
}

pub(super) fn plural(count: u64, what: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {what}{s}")
}

pub(super) fn times(count: u64) -> String {
    text(|out| often(out, count))
}

/// `once`, `twice`, `3 times`.
pub(super) fn often(out: &mut Vec<u8>, count: u64) {
    match count {
        1 => out.extend_from_slice(b"once"),
        2 => out.extend_from_slice(b"twice"),
        n => counted(out, n, "time"),
    }
}

pub(super) const fn protocol(version: IpVersion) -> &'static str {
    match version {
        IpVersion::V4 => "ICMP",
        IpVersion::V6 => "ICMPv6",
    }
}

/// `ICMP 3/13 communication_administratively_prohibited`.
pub(super) fn icmp(version: IpVersion, kind: u8, code: u8) -> String {
    text(|out| write_icmp(out, version, kind, code))
}

pub(super) fn write_icmp(out: &mut Vec<u8>, version: IpVersion, kind: u8, code: u8) {
    type_and_code(out, version, kind, code, ' ');
    let title = names::code_title(version, kind, code).or_else(|| names::type_title(version, kind));
    if let Some(title) = title {
        out.push(b' ');
        out.extend_from_slice(title.as_bytes());
    }
}

pub(super) fn type_and_code(
    out: &mut Vec<u8>,
    version: IpVersion,
    kind: u8,
    code: u8,
    blank: char,
) {
    out.extend_from_slice(protocol(version).as_bytes());
    out.extend_from_slice(blank.encode_utf8(&mut [0; 4]).as_bytes());
    write::decimal(out, kind.into());
    out.push(b'/');
    write::decimal(out, code.into());
}

/// A traceroute: one line, then one per hop.
pub(super) fn path(out: &mut Vec<u8>, path: &Path, page: &Page<'_>) {
    let mut lines = Paragraph::new(out, page.width, 3);
    lines.head("path:", page.palette);
    lines.words(&page.named(&text(|out| {
        addr::protocol(out, path.protocol);
        out.extend_from_slice(b" traceroute ");
        addr::pair(out, path.src, path.dst, None);
        if let Some(id) = path.id {
            write::number(out, b" id ", id.into());
        }
    })));
    lines.written(|out| {
        out.extend_from_slice(b"from ");
        note::frame(out, path.first_probe, page.names);
        out.push(b',');
    });
    let hops = path.hops.last().map_or(0, |hop| u64::from(hop.ttl));
    lines.words(&if path.reached {
        format!("reached in {}", plural(hops, "hop"))
    } else {
        format!(
            "not reached, {} probed{}",
            plural(hops, "hop"),
            why_ended(path.end())
        )
    });
    let is_silent = |hop: &&Hop| hop.routers.is_empty();
    let mut hops = path.hops.iter().peekable();
    while let Some(hop) = hops.next() {
        lines.line();
        lines.word(&format!("{:>2}", hop.ttl));
        if is_silent(&hop) {
            let (mut last, mut unanswered) = (hop.ttl, hop.unanswered);
            while let Some(next) = hops.next_if(is_silent) {
                last = next.ttl;
                unanswered = unanswered.saturating_add(next.unanswered);
            }
            if last > hop.ttl {
                lines.words(&format!("to {last}"));
            }
            lines.words(&format!("* ({unanswered} unanswered)"));
            continue;
        }
        for router in &hop.routers {
            router_words(&mut lines, router, hop.ttl, page);
        }
        if hop.unanswered > 0 {
            lines.words(&format!("({} unanswered)", hop.unanswered));
        }
    }
    lines.end();
}

/// Why a path did not reach its destination, behind a colon.
fn why_ended(end: PathEnd) -> String {
    match end {
        PathEnd::Reached => String::new(),
        PathEnd::Refused { router, reason } => {
            format!(
                ": {} refuses, {}",
                ip(router),
                reason.word().replace('_', " ")
            )
        }
        PathEnd::Loop {
            router,
            other: Some(other),
        } => format!(": in a loop, from {} to {} and back", ip(router), ip(other)),
        PathEnd::Loop {
            router,
            other: None,
        } => format!(": in a loop, to {} again and again", ip(router)),
        PathEnd::Silent { after } => format!(": nobody answers behind hop {after}"),
    }
}

/// Hops that an answer may have come back over more or less than its probe went, and it is no news:
/// what an answer's TTL began with is a guess, and load is balanced.
const SAME_WAY: u8 = 2;

fn router_words(lines: &mut Paragraph<'_>, router: &HopRouter, ttl: u8, page: &Page<'_>) {
    lines.word(&page.named(&ip(router.router)));
    let mut told = 0;
    for rtt in router.rtts.iter().take(3) {
        lines.word(&text(|out| write::millis_fixed(out, *rtt)));
        told += 1;
    }
    if !router.rtts.is_empty() {
        lines.word("ms");
    }
    // The name alone tells of one.
    let more = router.answers.saturating_sub(told.max(1));
    if more > 0 {
        lines.words(&format!("({more} more)"));
    }
    if !router.mpls.is_empty() {
        let labels: Vec<String> = router.mpls.iter().map(u32::to_string).collect();
        lines.words(&format!("MPLS {}", labels.join(",")));
    }
    if let Some(ends) = router.tunnel {
        let ends = format!("{} > {}", ip(ends.src()), ip(ends.dst()));
        lines.words(&format!("(in the tunnel {})", page.named(&ends)));
    }
    // The hop itself counts on the way there.
    let back = router.return_hops.map(|hops| hops.saturating_add(1));
    if let Some(back) = back.filter(|back| back.abs_diff(ttl) > SAME_WAY) {
        lines.words(&format!("(back over ~{})", plural(back.into(), "hop")));
    }
    if let Some(refusal) = router.refusal {
        lines.words(&format!("({})", refusal.word().replace('_', " ")));
    }
}

/// A diagnosis: title and evidence, then advice unless there is nothing to do.
pub(super) fn finding(out: &mut Vec<u8>, finding: &Finding, page: &Page<'_>) {
    let mut lines = Paragraph::new(out, page.width, 3);
    lines.head(&format!("{}:", finding.severity.word()), page.palette);
    lines.words(&page.named(&finding.title));
    let mut facts = vec![finding.name.to_owned()];
    // A confirmed one is the rule; doubt is what has to be told.
    if page.is_verbose() || finding.confidence != Confidence::Confirmed {
        facts.push(finding.confidence.word().to_owned());
    }
    let is_told = finding.severity > Severity::Info || page.is_verbose();
    if is_told && !finding.evidence.is_empty() {
        let frames = &finding.evidence;
        facts.push(text(|out| page.frames(out, frames, frames.len() as u64)));
    }
    lines.words(&format!("[{}]", facts.join(", ")));
    if is_told && !finding.advice.is_empty() {
        lines.line();
        lines.words(&page.named(&finding.advice));
    }
    lines.end();
}
