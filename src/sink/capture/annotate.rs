//! What is known of a message, as a comment on its frame: `--annotate`.
//!
//! A frame is written when it is read, so a comment tells what was known then: a reply and an error
//! name what came before them; a request cannot name its reply. Numbers are those of the frames in
//! the file itself, which is what its reader sees; of a frame that is not there, source and time
//! are told.

use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt;

use super::numbers::{Numbers, Place};
use crate::correlate::verdict::DropReason;
use crate::correlate::{
    Answer, AnswerOutcome, MatchKind, NearMiss, NoOriginal, Original, Relation,
};
use crate::icmp::ndp::{Ndp, NdpKind};
use crate::icmp::{Body, Error, ErrorClass};
use crate::model::{FrameRef, Timestamp};
use crate::record::json::SourceNames;
use crate::record::{IcmpEvent, escape, write};
use crate::sink::text::addr;

/// Whether frames carry comments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Annotate {
    /// They do not.
    #[default]
    No,
    /// ICMP messages of which something is known do; only pcapng can hold that.
    Yes,
}

/// Writes comments, and remembers which frame became which.
#[derive(Debug, Default)]
pub(super) struct Annotator {
    pub(super) numbers: Numbers,
    names: SourceNames,
    comment: Vec<u8>,
}

impl Annotator {
    /// The comment on a message; empty if there is nothing to say.
    pub(super) fn comment(&mut self, event: &IcmpEvent<'_>) -> &[u8] {
        if self.names.len() != event.sources.len() {
            self.names = SourceNames::new(event.sources);
        }
        self.comment.clear();
        let mut text = Text {
            out: &mut self.comment,
            numbers: &self.numbers,
            names: &self.names,
            ts: event.frame.ts,
        };
        match event.relation {
            Relation::None | Relation::Request => {}
            Relation::Answer(answer) => text.answer(answer),
            Relation::Copy { of } => {
                text.words("the same packet as ");
                text.place(of, None);
            }
            Relation::Error { original } => text.error(event, original),
        }
        &self.comment
    }
}

struct Text<'t> {
    out: &'t mut Vec<u8>,
    numbers: &'t Numbers,
    names: &'t SourceNames,
    /// Time of the frame commented on.
    ts: Timestamp,
}

impl Text<'_> {
    fn words(&mut self, words: &str) {
        self.out.extend_from_slice(words.as_bytes());
    }

    /// `#41`, or where else the frame is; `ts` is its time.
    fn place(&mut self, frame: FrameRef, ts: Option<Timestamp>) {
        let lacking = match self.numbers.find(frame) {
            Place::Here(number) => return self.number(number),
            Place::Earlier(number, name) => {
                self.number(number);
                self.words(" of ");
                match name {
                    Some(name) => escape::push(self.out, name.as_bytes()),
                    None => self.words("an earlier file"),
                }
                return;
            }
            Place::Nowhere => "not in this file)",
            Place::Forgotten => "its number here is forgotten)",
        };
        self.words("frame ");
        write::decimal(self.out, frame.number());
        self.words(" of ");
        self.words(self.names.get(frame.source()));
        self.words(" (");
        if let Some(ts) = ts {
            write::rfc3339(self.out, ts);
            self.words(", ");
        }
        self.words(lacking);
    }

    fn number(&mut self, number: u64) {
        self.words("#");
        write::decimal(self.out, number);
    }

    fn answer(&mut self, answer: Answer) {
        self.words(match answer.outcome {
            AnswerOutcome::Answered => "",
            AnswerOutcome::Duplicate => "duplicate, ",
            AnswerOutcome::Late => "late, ",
            AnswerOutcome::Corrupted => "payload differs from the request's, ",
            AnswerOutcome::Unsolicited(_) => "unsolicited: no request for it was captured",
        });
        if let AnswerOutcome::Unsolicited(Some(miss)) = answer.outcome {
            let (request, differs) = match miss {
                NearMiss::Identifier(request) => (request, " but for its id"),
                NearMiss::Sender(request) => (request, " but for its sender"),
            };
            self.words(", would answer ");
            self.place(request, None);
            self.words(differs);
        }
        if let Some(request) = answer.request {
            self.words("answers ");
            self.place(request, answer.rtt.map(|rtt| self.ts.before(rtt)));
        }
        if let Some(rtt) = answer.rtt {
            self.words(", rtt ");
            write::millis(self.out, rtt);
        }
    }

    fn error(&mut self, event: &IcmpEvent<'_>, original: Option<Original>) {
        let message = event.message;
        let Some(quote) = message.quote() else {
            return;
        };
        let reason = DropReason::of(message.version, message.kind, message.code);
        let hop = better_hop(&message.body);
        self.words(match (reason, hop) {
            (Some(_), _) => "drops ",
            (None, Some(_)) => "redirects ",
            (None, None) => "about ",
        });
        addr::quote(self.out, quote);
        if let Some(reason) = reason {
            self.words(", ");
            addr::words_of(self.out, reason.name());
        }
        if let Body::Error(Error {
            class: ErrorClass::TooBig { mtu: Some(mtu) },
            ..
        }) = message.body
        {
            self.words(", MTU ");
            write::decimal(self.out, mtu.into());
        }
        if let Some(hop) = hop {
            self.words(" to ");
            write::ip(self.out, hop);
        }
        match original {
            None => {}
            Some(Original::Found {
                match_kind,
                frame,
                before,
                ..
            }) => {
                self.words(match match_kind {
                    MatchKind::Exact | MatchKind::Segment => ", original ",
                    MatchKind::Flow => ", same flow as ",
                    MatchKind::Translated => ", original before translation ",
                });
                self.place(frame, before.map(|before| self.ts.before(before)));
                if let Some(before) = before {
                    self.words(" ");
                    write::millis(self.out, before);
                    self.words(" before");
                }
            }
            Some(Original::None(why)) => self.words(match why {
                NoOriginal::NotCaptured => ", original not captured",
                NoOriginal::BeforeCapture => ", original sent before the capture",
                NoOriginal::OneSided => ", original not captured (one direction only)",
                NoOriginal::Evicted => ", original no longer remembered",
                NoOriginal::FragmentWithoutPorts => {
                    ", original not told apart (quote without ports)"
                }
            }),
        }
    }
}

/// Where a redirect sends packets.
fn better_hop(body: &Body<'_>) -> Option<IpAddr> {
    match body {
        Body::Redirect { gateway, .. } => gateway.map(IpAddr::V4),
        Body::Ndp(Ndp {
            kind: NdpKind::Redirect { target, .. },
            ..
        }) => Some(IpAddr::V6(*target)),
        _ => None,
    }
}
