//! A drop verdict in words: verdicts come by the thousand, and are written without going through
//! strings.

mod cause;

use std::io::Write;

pub(super) use self::cause::Cause;
use super::story::{Page, counted, dropped_by, often};
use super::text::{addr, note};
use super::wrap::Paragraph;
use crate::correlate::NoOriginal;
use crate::correlate::verdict::{
    Aftermath, AftermathOutcome, Back, Carried, DropReason, DropVerdict, Evidence, Hops,
    Undelivered,
};
use crate::record::app_error::AppError;
use crate::record::write;
use crate::wire::ip::protocol::TCP;

/// Why errors are discarded that quote such segments: of one, of all, of some.
const OUT_OF_WINDOW: [&str; 3] = [
    "its sequence number, which was not in flight",
    "their sequence numbers, which were not in flight",
    "a sequence number that was not in flight",
];

/// What was dropped, by whom and why; how often and what came of it; what the program saw: a line each,
/// or all in one.
pub(super) fn drop(out: &mut Vec<u8>, verdict: &DropVerdict, page: &Page<'_>) {
    let mut lines = Paragraph::new(out, page.width, 3);
    lines.head("drop:", page.palette);
    lines.written(|out| {
        let from = out.len();
        addr::flow(out, &verdict.flow);
        note::within(out, verdict.scope.within());
        out.extend_from_slice(b" by ");
        dropper(out, verdict);
        out.push(b':');
        page.hosts.apply(out, from);
    });
    lines.written(|out| Cause::of(verdict).write(out));
    let next_part = |lines: &mut Paragraph<'_>| {
        if page.is_brief() {
            lines.append(";");
        } else {
            lines.line();
        }
    };
    next_part(&mut lines);
    lines.written(|out| {
        how_often(out, verdict, page);
        if let Some(open) = verdict.was_open {
            out.extend_from_slice(b"; the port was still open at ");
            note::frame(out, open.last, page.names);
        }
        if let Some(sent_as) = &verdict.sent_as {
            out.extend_from_slice(b"; sent as ");
            let from = out.len();
            addr::flow(out, sent_as);
            page.hosts.apply(out, from);
        }
        if let Carried::Flow(carried) = &verdict.carried {
            out.extend_from_slice(match verdict.count {
                1 => b"; it carried ",
                _ => b"; they carried ",
            });
            let from = out.len();
            addr::flow(out, carried);
            page.hosts.apply(out, from);
        }
        aftermath(out, verdict);
    });
    if let Some(there) = verdict.same_as {
        next_part(&mut lines);
        lines.written(|out| {
            out.extend_from_slice(b"the same as ");
            let from = out.len();
            addr::flow(out, &there.flow);
            page.hosts.apply(out, from);
            out.extend_from_slice(b" on the other side of an address translation, error ");
            note::frame(out, there.error, page.names);
        });
    }
    if verdict.discarded > 0 {
        const WHY: [&str; 3] = ["its bad checksum", "their bad checksums", "a bad checksum"];
        next_part(&mut lines);
        lines.written(|out| discarded(out, verdict, verdict.discarded, WHY));
    }
    if verdict.short_quotes > 0 {
        const WHY: [&str; 3] = ["its short quote", "their short quotes", "a short quote"];
        next_part(&mut lines);
        lines.written(|out| discarded(out, verdict, verdict.short_quotes, WHY));
    }
    if verdict.half_translated > 0 {
        next_part(&mut lines);
        lines.written(|out| half_translated(out, verdict, page));
    }
    if verdict.out_of_window > 0 {
        next_part(&mut lines);
        lines.written(|out| discarded(out, verdict, verdict.out_of_window, OUT_OF_WINDOW));
    }
    if verdict.arrived > 0 {
        next_part(&mut lines);
        lines.written(|out| arrived(out, verdict));
    }
    if verdict.arrived_later > 0 {
        next_part(&mut lines);
        lines.written(|out| arrived_later(out, verdict));
    }
    if let Some(lost) = verdict.undelivered {
        next_part(&mut lines);
        lines.written(|out| undelivered(out, verdict, lost, page));
    }
    let seen = AppError::of_verdict(verdict);
    // Where no program is told there is little to tell of.
    if let Some(seen) = seen.filter(|seen| !page.is_brief() || seen.is_told()) {
        next_part(&mut lines);
        lines.written(|out| {
            let from = out.len();
            // Memory does not fail.
            let _ = write!(out, "{seen}");
            let sentence = out.get(from..).unwrap_or_default();
            // What other kinds of sockets see takes room.
            if page.is_brief()
                && let Some(first) = sentence.iter().position(|octet| *octet == b';')
            {
                out.truncate(from + first);
            }
        });
    }
    lines.end();
}

/// Whether a program may hear of errors that are unfit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hearers {
    None,
    MayBe,
}

/// What is the matter with so many of them: all, where no program hears of any then, or some.
fn unfit(
    out: &mut Vec<u8>,
    verdict: &DropVerdict,
    (count, hearers): (u64, Hearers),
    matter: impl FnOnce(&mut Vec<u8>),
) {
    let is_all = count >= verdict.count;
    if !is_all {
        write::decimal(out, count);
        out.extend_from_slice(b" of them ");
    }
    matter(out);
    if is_all && hearers == Hearers::None {
        out.extend_from_slice(match verdict.count {
            1 => b": no program hears of it".as_slice(),
            _ => b": no program hears of them",
        });
    }
}

/// That receivers discard so many of them, and for what: what one of them is wrong in, what all of them are,
/// and what those are that are not all.
fn discarded(out: &mut Vec<u8>, verdict: &DropVerdict, count: u64, [its, their, a]: [&str; 3]) {
    unfit(out, verdict, (count, Hearers::None), |out| {
        out.extend_from_slice(b"discarded for ");
        let why = match (verdict.count, count >= verdict.count) {
            (1, _) => its,
            (_, true) => their,
            (_, false) => a,
        };
        out.extend_from_slice(why.as_bytes());
    });
}

/// That they tell a receiver of somebody else's packet. Who binds a socket to no address may hear of one of
/// another protocol than TCP.
fn half_translated(out: &mut Vec<u8>, verdict: &DropVerdict, page: &Page<'_>) {
    let count = verdict.half_translated;
    let (fits, hearers) = match verdict.dropped().protocol {
        TCP => ("connection", Hearers::None),
        _ => ("connected socket", Hearers::MayBe),
    };
    unfit(out, verdict, (count, hearers), |out| {
        out.extend_from_slice(b"translated on one side only, ");
        let is_named = |frame| verdict.error_frames.contains(frame);
        let halves = (verdict.halves.as_ref()).map_or(&[][..], |halves| &halves.frames);
        if !halves.iter().all(is_named) {
            out.extend_from_slice(b"in ");
            page.frames(out, halves, count);
            out.extend_from_slice(b", ");
        }
        for words in ["so that no ", fits, " fits what "] {
            out.extend_from_slice(words.as_bytes());
        }
        out.extend_from_slice(they_quote(count));
    });
}

fn they_quote(count: u64) -> &'static [u8] {
    match count {
        1 => b"it quotes",
        _ => b"they quote",
    }
}

/// That nobody dropped what they quote.
fn arrived(out: &mut Vec<u8>, verdict: &DropVerdict) {
    let count = verdict.arrived;
    unfit(out, verdict, (count, Hearers::None), |out| {
        out.extend_from_slice(b"discarded, as what ");
        out.extend_from_slice(they_quote(count));
        out.extend_from_slice(b" was acknowledged before, and so not dropped");
    });
}

/// The same, as it turned out.
fn arrived_later(out: &mut Vec<u8>, verdict: &DropVerdict) {
    let count = verdict.arrived_later;
    unfit(out, verdict, (count, Hearers::MayBe), |out| {
        out.extend_from_slice(match count {
            1 => b"about what was acknowledged after it".as_slice(),
            _ => b"about what was acknowledged after them",
        });
        out.extend_from_slice(b", though not sent again, and so not dropped");
    });
}

/// That a receiver never got them.
fn undelivered(out: &mut Vec<u8>, verdict: &DropVerdict, lost: Undelivered, page: &Page<'_>) {
    unfit(out, verdict, (lost.count, Hearers::None), |out| {
        out.extend_from_slice(match lost.count {
            1 => b"dropped on its way back ".as_slice(),
            _ => b"dropped on their way back, the first ",
        });
        dropped_by(out, lost.first, page);
    });
}

/// `10.9.1.1 (the destination, ~3 hops away)`.
fn dropper(out: &mut Vec<u8>, verdict: &DropVerdict) {
    write::ip(out, verdict.dropper);
    let is_destination = verdict.is_by_destination();
    // How many hops a packet lived tells nothing of a distance if it went round in a loop.
    let hops = (verdict.hops_to_dropper).filter(|_| verdict.reason != DropReason::TtlExceeded);
    if is_destination {
        out.extend_from_slice(b" (the destination");
    }
    if let Some(Hops { count, estimate }) = hops {
        out.extend_from_slice(if is_destination { b", " } else { b" (" });
        if estimate {
            out.push(b'~');
        }
        counted(out, count.into(), "hop");
        out.extend_from_slice(b" away");
    }
    if is_destination || hops.is_some() {
        out.push(b')');
    }
}

/// `3 times in 1.2 s, errors #4 #6 #8 about #3 #5 #7`.
fn how_often(out: &mut Vec<u8>, verdict: &DropVerdict, page: &Page<'_>) {
    if verdict.count > 1 {
        often(out, verdict.count);
        if let Some(span) = verdict.last.since(verdict.first) {
            out.extend_from_slice(b" in ");
            write::span(out, span);
        }
        out.extend_from_slice(b", ");
    }
    if verdict.part > 1 {
        write::number(out, b"part ", verdict.part.into());
        out.extend_from_slice(b", ");
    }
    if page.is_verbose() && verdict.bytes > 0 {
        write::decimal(out, verdict.bytes);
        out.extend_from_slice(b" octets, ");
    }
    if verdict.evidence == Evidence::Reported {
        out.extend_from_slice(b"reported in ");
        page.frames(out, &verdict.error_frames, verdict.count);
        return;
    }
    out.extend_from_slice(match (verdict.count, verdict.error_frames.len()) {
        (1, ..=1) => b"error ",
        (1, _) => b"error in ",
        _ => b"errors ".as_slice(),
    });
    page.frames(out, &verdict.error_frames, verdict.count);
    if !verdict.flow.has_destination() {
        out.extend_from_slice(match verdict.count {
            1 => b"; its quote ends before it tells where the dropped packet went".as_slice(),
            _ => b"; their quotes end before they tell where the dropped packets went",
        });
    } else if verdict.original_frames.is_empty() {
        out.extend_from_slice(missed(verdict));
    } else {
        out.extend_from_slice(b" about ");
        page.frames(out, &verdict.original_frames, verdict.original_count);
    }
    if verdict.answered > 0 {
        let told: &[u8] = match (verdict.count, verdict.answered >= verdict.count) {
            (1, _) => b"; the request was answered before",
            (_, true) => b"; the requests were answered before",
            (_, false) => {
                write::number(out, b"; ", verdict.answered);
                b" of the requests answered before"
            }
        };
        out.extend_from_slice(told);
    }
}

/// Why none of its packets was found.
fn missed(verdict: &DropVerdict) -> &'static [u8] {
    match (verdict.missed, verdict.count) {
        (Some(NoOriginal::QuoteCut), 1) => {
            b"; the dropped packet is not told apart, as the capture cuts its quote"
        }
        (Some(NoOriginal::QuoteCut), _) => {
            b"; the dropped packets are not told apart, as the capture cuts their quotes"
        }
        (Some(NoOriginal::QuoteWithoutPorts), 1) => {
            b"; the dropped packet is not told apart, as its quote is too short"
        }
        (Some(NoOriginal::QuoteWithoutPorts), _) => {
            b"; the dropped packets are not told apart, as their quotes are too short"
        }
        (Some(NoOriginal::Evicted), _) => b"; the dropped packets are no longer remembered",
        _ => b"; the dropped packets were not captured",
    }
}

/// What the flow did next.
fn aftermath(out: &mut Vec<u8>, verdict: &DropVerdict) {
    let Aftermath {
        outcome,
        packets,
        answers,
        back,
        retransmissions,
        size_before,
        size_after,
        acknowledged,
        in_part,
        retried,
        ..
    } = verdict.aftermath;
    let mtu = verdict.mtu.filter(|mtu| *mtu > 0);
    if outcome == AftermathOutcome::Unknown && packets > 0 {
        out.extend_from_slice(b"; ");
        counted(out, packets, "packet");
        out.extend_from_slice(b" more after the first error");
        out.extend_from_slice(match back {
            Back::Unknown => b"; what came back is not known".as_slice(),
            Back::Captured => b", and the other end sent, too",
            Back::NotExpected => b"",
        });
        return;
    }
    if outcome == AftermathOutcome::Unknown && verdict.still_too_large > 0 {
        out.extend_from_slice(b"; packets too large still came a second and more later");
        return;
    }
    if outcome == AftermathOutcome::Unknown {
        out.extend_from_slice(b"; what came next is not known");
        return;
    }
    let octets = match verdict.carried {
        Carried::Flow(_) => " octets inside the tunnel",
        Carried::Unknown | Carried::Between(..) | Carried::Several => " octets",
    };
    let repeated = outcome == AftermathOutcome::Retransmitting && retransmissions == 0;
    if repeated && verdict.count > 1 {
        // Of these packets, too, errors may tell.
        out.extend_from_slice(b"; ");
        counted(out, packets, "packet");
        out.extend_from_slice(b" more after the first error, ");
        if answers == 0 {
            out.extend_from_slice(b"no answer");
        } else {
            write::decimal(out, answers);
            out.extend_from_slice(b" came back, none since the last");
        }
        return retried_since(out, retried);
    }
    out.extend_from_slice(b"; then ");
    let words = match outcome {
        AftermathOutcome::Recovered => match (size_before, size_after) {
            // Segmentation offload shows what was sent before it was cut to size.
            (Some(before), Some(after)) if after < before && mtu.is_none_or(|mtu| after <= mtu) => {
                write::number(out, b"data got through in smaller packets (", before.into());
                write::number(out, b" -> ", after.into());
                out.extend_from_slice(octets.as_bytes());
                ")"
            }
            (_, None) if acknowledged && verdict.followed().protocol == TCP => {
                "it got through: acknowledged"
            }
            _ if acknowledged && verdict.followed().protocol == TCP => {
                "data got through: acknowledged"
            }
            _ if acknowledged => "data got through: answered",
            _ => "data got through",
        },
        AftermathOutcome::Retransmitting if repeated => {
            counted(out, packets, "packet");
            " more, no answer"
        }
        AftermathOutcome::Retransmitting => {
            out.extend_from_slice(b"sent again ");
            often(out, retransmissions);
            if let Some(after) = size_after {
                let is_smaller = size_before.is_none_or(|before| after < before);
                out.extend_from_slice(if is_smaller { b", " } else { b", still " });
                write::decimal(out, after.into());
                out.extend_from_slice(octets.as_bytes());
            }
            if in_part {
                ": acknowledged in part only"
            } else {
                ": nothing got through"
            }
        }
        AftermathOutcome::Reset => "reset",
        AftermathOutcome::Silent => "silence",
        AftermathOutcome::Ended => "closed in order",
        AftermathOutcome::HalfClosed => "half closed: what was dropped was not acknowledged",
        AftermathOutcome::Unknown => "",
    };
    out.extend_from_slice(words.as_bytes());
    retried_since(out, retried);
}

fn retried_since(out: &mut Vec<u8>, retried: u32) {
    match retried {
        0 => {}
        1 => out.extend_from_slice(b", and a new try from another port"),
        more => {
            write::number(out, b", and ", more.into());
            out.extend_from_slice(b" new tries from other ports");
        }
    }
}
