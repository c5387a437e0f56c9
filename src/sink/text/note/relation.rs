//! What a message has to do with other frames: it completes fragments, answers a request, is about a
//! packet.

use std::fmt;
use std::io::Write as _;

use super::{Notes, frame, frames};
use crate::correlate::{
    Answer, AnswerOutcome, MatchKind, NearMiss, NoOriginal, Original, PayloadChange,
};
use crate::record::json::SourceNames;
use crate::record::{IcmpEvent, write};
use crate::sink::text::addr;
use crate::wire::ChecksumStatus;
use crate::wire::reassembly::{Common, Octets, Reassembly};

/// What a fragment came to; that more must come goes without saying.
pub(super) fn fragment(
    notes: &mut Notes<'_>,
    event: &IcmpEvent<'_>,
    reassembly: &Reassembly,
    names: &SourceNames,
) {
    match reassembly {
        Reassembly::Incomplete(_) => completes_fragment(notes, event, names),
        Reassembly::NotIcmpFragment => {}
        Reassembly::Complete(whole) => {
            let message = event.said();
            let out = notes.item();
            out.extend_from_slice(b"completes ");
            addr::words_of(out, message.name());
            frames(out, whole.frames(), names);
            write::number(out, b", length ", message.length.into());
            match message.checksum.status {
                ChecksumStatus::Good => out.extend_from_slice(b", checksum good"),
                ChecksumStatus::Unverified(_) => {
                    out.extend_from_slice(b", checksum unverified");
                }
                // Told below, as of any message.
                ChecksumStatus::Bad { .. } | ChecksumStatus::Absent => {}
            }
        }
        Reassembly::Duplicate { of } => {
            completes_fragment(notes, event, names);
            notes.text("same fragment as ");
            frame(notes.out, *of, names);
        }
        Reassembly::Overlap { with, common, .. } => {
            notes.fault(|out| {
                out.extend_from_slice(b"overlaps ");
                frame(out, *with, names);
                if let Some(common) = common {
                    overlap(out, common);
                }
            });
        }
        Reassembly::Refused(why) => notes.fault(|out| {
            out.extend_from_slice(b"not put together: ");
            out.extend_from_slice(why.words().as_bytes());
        }),
    }
}

/// Of which frames the tunnel's packet is that holds a fragment of a message, if this one made it whole.
fn completes_fragment(notes: &mut Notes<'_>, event: &IcmpEvent<'_>, names: &SourceNames) {
    if let Some(made) = event.frame.expanded
        && !made.frames.is_empty()
    {
        let out = notes.item();
        out.extend_from_slice(b"completes a fragment");
        frames(out, &made.frames, names);
    }
}

/// ` in octets 1400 to 1479, which differ`.
fn overlap(out: &mut Vec<u8>, common: &Common) {
    let which = match common.octets {
        Octets::Same => "which are the same",
        Octets::Other => "which differ",
    };
    let _ = write!(
        out,
        " in octets {} to {}, {which}",
        common.first, common.last
    );
}

/// `1 octet of the payload differs, at 40 by 0x10`.
struct Changed(PayloadChange);

impl fmt::Display for Changed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PayloadChange {
            octets,
            first,
            last,
            xor,
            was: _,
        } = self.0;
        if octets == 1 {
            write!(f, "1 octet of the payload differs, at {first}")?;
        } else {
            write!(
                f,
                "{octets} octets of the payload differ, from {first} to {last}"
            )?;
        }
        match xor {
            Some(xor) if octets > 1 => write!(f, ", each by {xor:#04x}"),
            Some(xor) => write!(f, " by {xor:#04x}"),
            None => Ok(()),
        }
    }
}

pub(super) fn tell_answer(notes: &mut Notes<'_>, answer: Answer, names: &SourceNames) {
    match answer.outcome {
        AnswerOutcome::Answered => {}
        AnswerOutcome::Duplicate => notes.text("duplicate"),
        AnswerOutcome::Late => notes.text("late"),
        AnswerOutcome::Corrupted => notes.fault(|out| {
            out.extend_from_slice(b"corrupted");
            if let Some(change) = answer.change {
                let _ = write!(out, ": {}", Changed(change));
            }
        }),
        AnswerOutcome::Unsolicited(miss) => {
            notes.text("unsolicited");
            if let Some(NearMiss::Identifier(request) | NearMiss::Sender(request)) = miss {
                notes.text("near miss of ");
                frame(notes.out, request, names);
                let differs: &[u8] = match miss {
                    Some(NearMiss::Sender(_)) => b": another sender",
                    _ => b": another id",
                };
                notes.out.extend_from_slice(differs);
            }
        }
    }
    if let Some(rtt) = answer.rtt {
        let out = notes.item();
        out.extend_from_slice(b"rtt ");
        write::millis(out, rtt);
    }
    if let Some(request) = answer.request {
        let out = notes.item();
        out.extend_from_slice(b"answers ");
        frame(out, request, names);
    }
}

pub(super) fn tell_original(notes: &mut Notes<'_>, original: Original, names: &SourceNames) {
    let out = notes.item();
    match original {
        Original::Found {
            match_kind,
            frame: found,
            before,
            ..
        } => {
            out.extend_from_slice(match match_kind {
                MatchKind::Exact | MatchKind::Segment => b"original ",
                MatchKind::Flow => b"same flow ".as_slice(),
                MatchKind::Translated => b"original before translation ",
            });
            frame(out, found, names);
            if let Some(before) = before {
                out.push(b' ');
                write::millis(out, before);
                out.extend_from_slice(b" before");
            }
        }
        Original::None(reason) => out.extend_from_slice(match reason {
            NoOriginal::NotCaptured => b"original not captured",
            NoOriginal::BeforeCapture => {
                b"original sent before the capture or filtered out".as_slice()
            }
            NoOriginal::OneSided => b"original not captured (one direction only)",
            NoOriginal::RefusedAtSender => b"original refused before it was sent",
            NoOriginal::Evicted => b"original no longer remembered",
            NoOriginal::FragmentWithoutPorts => b"original not told apart (fragment without ports)",
            NoOriginal::QuoteWithoutPorts => b"original not told apart (quote without ports)",
            NoOriginal::QuoteCut => b"original not told apart (quote cut by the capture)",
        }),
    }
}
