//! What is told behind the messages: decisions, drop verdicts, paths, findings.

use std::borrow::Cow;
use std::fmt::Write;
use std::net::IpAddr;

use super::text::{Lines, Naming, Palette, Verbosity, addr, note};
use super::wrap::{Paragraph, TIE};
use crate::correlate::exchange::{Exchange, ExchangeEnd, ExchangeOutcome};
use crate::correlate::trace::{Hop, HopRouter, Path, PathEnd};
use crate::correlate::verdict::{Aftermath, AftermathOutcome, DropReason, DropVerdict, Hops};
use crate::findings::{Confidence, Finding, Severity};
use crate::icmp::names;
use crate::model::FrameRef;
use crate::model::flow::FlowPorts;
use crate::record::app_error::AppError;
use crate::record::json::SourceNames;
use crate::record::words::Word;
use crate::record::write;
use crate::wire::IpVersion;

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
    fn frame(&self, frame: FrameRef) -> String {
        text(|out| note::frame(out, frame, self.names))
    }

    /// With names of hosts, where they are wanted and known.
    pub(super) fn named<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.hosts.named(text)
    }

    /// Whether it is to fit a screen: `-q` without `-v`.
    pub(super) fn is_brief(&self) -> bool {
        self.lines == Lines::VerdictsOnly && !self.is_verbose()
    }

    fn is_verbose(&self) -> bool {
        self.verbosity > Verbosity::Plain
    }

    /// `#1 #2 #3 and 5 more`.
    fn frames(&self, frames: &[FrameRef], total: u64) -> String {
        let mut list = String::new();
        let frames = match self.verbosity {
            Verbosity::Plain => frames.get(..FRAMES).unwrap_or(frames),
            _ => frames,
        };
        for frame in frames {
            if !list.is_empty() {
                list.push(' ');
            }
            list.push_str(&self.frame(*frame));
        }
        let more = total.saturating_sub(frames.len() as u64);
        if more > 0 {
            let _ = write!(list, " and {more} more");
        }
        list
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
        Some(ExchangeEnd::Reply(frame)) => {
            out.extend_from_slice(b" answered by ");
            note::frame(out, frame, page.names);
        }
        Some(ExchangeEnd::Error(frame)) => {
            out.extend_from_slice(b" got the error ");
            note::frame(out, frame, page.names);
        }
        None => out.extend_from_slice(match exchange.outcome {
            ExchangeOutcome::Lost => b" lost: no reply was captured",
            ExchangeOutcome::Pending => b" pending: the capture ended too early to tell".as_slice(),
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

/// What was dropped, by whom and why; how often and what came of it; what the program saw: a line each,
/// or all in one.
pub(super) fn drop(out: &mut Vec<u8>, verdict: &DropVerdict, page: &Page<'_>) {
    let mut lines = Paragraph::new(out, page.width, 3);
    lines.head("drop:", page.palette);
    lines.words(&page.named(&text(|out| addr::flow(out, &verdict.flow))));
    lines.words(&page.named(&format!("by {}:", dropper(verdict))));
    lines.words(&reason(verdict));
    let next_part = |lines: &mut Paragraph<'_>| {
        if page.is_brief() {
            lines.append(";");
        } else {
            lines.line();
        }
    };
    next_part(&mut lines);
    let often = how_often(verdict, page);
    lines.words(&match aftermath(verdict) {
        Some(next) => format!("{often}; then {next}"),
        None => format!("{often}; what came next is not known"),
    });
    if let Some(there) = verdict.same_as {
        next_part(&mut lines);
        lines.words(&format!(
            "the same as {} on the other side of an address translation, error {}",
            page.named(&text(|out| addr::flow(out, &there.flow))),
            page.frame(there.error)
        ));
    }
    let seen = AppError::of(
        verdict.version,
        verdict.kind,
        verdict.code,
        verdict.flow.protocol,
    );
    // Where no program is told there is little to tell of.
    if let Some(seen) = seen.filter(|seen| !page.is_brief() || seen.is_told()) {
        next_part(&mut lines);
        let sentence = seen.sentence();
        // What other kinds of sockets see takes room.
        let first = sentence
            .split_once(';')
            .map_or(&*sentence, |(first, _)| first);
        lines.words(if page.is_brief() { first } else { &sentence });
    }
    lines.end();
}

/// `10.9.1.1 (the destination, ~3 hops away)`.
fn dropper(verdict: &DropVerdict) -> String {
    let mut facts = Vec::new();
    if verdict.dropper == verdict.flow.addrs.dst {
        facts.push("the destination".to_owned());
    }
    // How many hops a packet lived tells nothing of a distance if it went round in a loop.
    if verdict.reason != DropReason::TtlExceeded
        && let Some(Hops { count, estimate }) = verdict.hops_to_dropper
    {
        let about = if estimate { "~" } else { "" };
        facts.push(format!("{about}{} away", plural(count.into(), "hop")));
    }
    let name = ip(verdict.dropper);
    if facts.is_empty() {
        name
    } else {
        format!("{name} ({})", facts.join(", "))
    }
}

pub(super) fn plural(count: u64, what: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {what}{s}")
}

pub(super) fn times(count: u64) -> String {
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        n => format!("{n} times"),
    }
}

/// `admin prohibited (ICMP 3/13)`, with the MTU where there is one.
pub(super) fn reason(verdict: &DropVerdict) -> String {
    let words = match verdict.reason {
        DropReason::NoRoute => "no route".to_owned(),
        DropReason::HostUnreachable => "host unreachable".to_owned(),
        DropReason::ProtocolUnreachable => "protocol unreachable".to_owned(),
        DropReason::PortUnreachable => match verdict.flow.ports {
            FlowPorts::Ports { dst, .. } => format!("port {dst} unreachable"),
            _ => "port unreachable".to_owned(),
        },
        DropReason::FragmentationNeeded => match verdict.mtu {
            Some(0) => "too big, MTU not told".to_owned(),
            Some(mtu) => format!("too big, MTU {mtu}"),
            None => "too big".to_owned(),
        },
        DropReason::SourceRouteFailed => "source route failed".to_owned(),
        DropReason::AdminProhibited => "admin prohibited".to_owned(),
        DropReason::TtlExceeded => {
            let limit = match verdict.version {
                IpVersion::V4 => "TTL",
                IpVersion::V6 => "hop limit",
            };
            match verdict.hops_to_dropper {
                Some(Hops { count, .. }) => {
                    format!("{limit} ran out after {}", plural(count.into(), "hop"))
                }
                None => format!("{limit} ran out"),
            }
        }
        DropReason::ReassemblyTimeout => "fragments missing at reassembly".to_owned(),
        DropReason::ParameterProblem => "header not understood".to_owned(),
        DropReason::HeadersTooLong => "headers too long".to_owned(),
        DropReason::SourceQuench => "source quench (congestion)".to_owned(),
        DropReason::Other => "another error".to_owned(),
    };
    let DropVerdict {
        version,
        kind,
        code,
        ..
    } = *verdict;
    if says_it_all(version, kind, code) {
        format!("{words} ({}{TIE}{kind}/{code})", protocol(version))
    } else {
        format!("{words} ({})", icmp(version, kind, code))
    }
}

/// Whether the reason's words leave nothing for the code's own to add.
const fn says_it_all(version: IpVersion, kind: u8, code: u8) -> bool {
    match version {
        IpVersion::V4 => matches!((kind, code), (3, 0..=5 | 13) | (11, 0 | 1) | (4, 0)),
        IpVersion::V6 => matches!(
            (kind, code),
            (1, 0 | 1 | 3 | 4 | 7 | 8) | (2, 0) | (3, 0 | 1)
        ),
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
    let protocol = protocol(version);
    let title = names::code_title(version, kind, code).or_else(|| names::type_title(version, kind));
    match title {
        Some(title) => format!("{protocol} {kind}/{code} {title}"),
        None => format!("{protocol} {kind}/{code}"),
    }
}

/// `3 times in 1.2 s, errors #4 #6 #8 about #3 #5 #7;`
fn how_often(verdict: &DropVerdict, page: &Page<'_>) -> String {
    let mut told = String::new();
    if verdict.count > 1 {
        told.push_str(&times(verdict.count));
        if let Some(span) = verdict.last.since(verdict.first) {
            told.push_str(" in ");
            told.push_str(&text(|out| write::span(out, span)));
        }
        told.push_str(", ");
    }
    if verdict.part > 1 {
        let _ = write!(told, "part {}, ", verdict.part);
    }
    if page.is_verbose() && verdict.bytes > 0 {
        let _ = write!(told, "{} octets, ", verdict.bytes);
    }
    told.push_str(if verdict.count == 1 {
        "error "
    } else {
        "errors "
    });
    told.push_str(&page.frames(&verdict.error_frames, verdict.count));
    if verdict.original_frames.is_empty() {
        told.push_str("; the dropped packets were not captured");
    } else {
        told.push_str(" about ");
        told.push_str(&page.frames(&verdict.original_frames, verdict.original_count));
    }
    told
}

/// What the flow did next, behind "then"; `None` if the capture does not tell.
fn aftermath(verdict: &DropVerdict) -> Option<String> {
    let Aftermath {
        outcome,
        packets,
        retransmissions,
        size_before,
        size_after,
        acknowledged,
        retried,
        ..
    } = verdict.aftermath;
    let next = match outcome {
        AftermathOutcome::Recovered => match (size_before, size_after) {
            (Some(before), Some(after)) if after < before => {
                format!("data got through in smaller packets ({before} -> {after} octets)")
            }
            _ if acknowledged => "data got through: acknowledged".to_owned(),
            _ => "data got through".to_owned(),
        },
        AftermathOutcome::Retransmitting if retransmissions == 0 => {
            format!("{} more, no answer", plural(packets, "packet"))
        }
        AftermathOutcome::Retransmitting => {
            let size = match (size_before, size_after) {
                (Some(before), Some(after)) if after >= before => format!(", still {after} octets"),
                (_, Some(after)) => format!(", {after} octets"),
                _ => String::new(),
            };
            format!(
                "sent again {}{size}: nothing got through",
                times(retransmissions)
            )
        }
        AftermathOutcome::Reset => "reset".to_owned(),
        AftermathOutcome::Silent => "silence".to_owned(),
        AftermathOutcome::Ended => "closed in order".to_owned(),
        AftermathOutcome::Unknown => return None,
    };
    Some(match retried {
        0 => next,
        1 => format!("{next}, and a new try from another port"),
        more => format!("{next}, and {more} new tries from other ports"),
    })
}

/// A traceroute: one line, then one per hop.
pub(super) fn path(out: &mut Vec<u8>, path: &Path, page: &Page<'_>) {
    let mut lines = Paragraph::new(out, page.width, 3);
    lines.head("path:", page.palette);
    lines.words(&page.named(&text(|out| {
        addr::protocol(out, path.protocol);
        out.extend_from_slice(b" traceroute ");
        addr::pair(out, path.src, path.dst, None);
    })));
    lines.words(&format!("from {},", page.frame(path.first_probe)));
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
        PathEnd::Loop { router, other } => {
            format!(": in a loop, from {} to {} and back", ip(router), ip(other))
        }
        PathEnd::Silent { after } => format!(": nobody answers behind hop {after}"),
    }
}

/// Hops that an answer may have come back over more or less than its probe went, and it is no news:
/// what an answer's TTL began with is a guess, and load is balanced.
const SAME_WAY: u8 = 2;

fn router_words(lines: &mut Paragraph<'_>, router: &HopRouter, ttl: u8, page: &Page<'_>) {
    lines.word(&page.named(&ip(router.router)));
    for rtt in router.rtts.iter().take(3) {
        lines.word(&text(|out| write::millis_fixed(out, *rtt)));
    }
    if !router.rtts.is_empty() {
        lines.word("ms");
    }
    let more = u64::from(router.answers).saturating_sub(3);
    if more > 0 {
        lines.words(&format!("({more} more)"));
    }
    if !router.mpls.is_empty() {
        let labels: Vec<String> = router.mpls.iter().map(u32::to_string).collect();
        lines.words(&format!("MPLS {}", labels.join(",")));
    }
    // The hop itself counts on the way there.
    let back = router.return_hops.map(|hops| hops.saturating_add(1));
    if let Some(back) = back.filter(|back| back.abs_diff(ttl) > SAME_WAY) {
        lines.words(&format!("(back over ~{back} hops)"));
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
        facts.push(page.frames(&finding.evidence, finding.evidence.len() as u64));
    }
    lines.words(&format!("[{}]", facts.join(", ")));
    if is_told && !finding.advice.is_empty() {
        lines.line();
        lines.words(&page.named(&finding.advice));
    }
    lines.end();
}
