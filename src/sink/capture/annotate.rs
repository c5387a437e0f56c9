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
use crate::sink::text::{addr, note};

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
    /// The comment on the frame that is written next; empty if there is nothing to say.
    pub(super) fn comment(&self) -> &[u8] {
        &self.comment
    }

    /// The frame is written.
    pub(super) fn written(&mut self, frame: FrameRef) {
        self.numbers.write(frame);
        self.comment.clear();
    }

    /// Adds what is known of a message to the comment: `packet 2: answers packet 1, rtt 0 ms`, or without
    /// the number where there is one packet only.
    pub(super) fn comment_on(&mut self, event: &IcmpEvent<'_>) {
        if self.names.len() != event.sources.len() {
            self.names = SourceNames::new(event.sources);
        }
        let before = self.comment.len();
        if let Some(packet) = event.frame.packet() {
            if before > 0 {
                self.comment.extend_from_slice(b"; ");
            }
            self.comment.extend_from_slice(b"packet ");
            write::decimal(&mut self.comment, packet.get().into());
            self.comment.extend_from_slice(b": ");
        }
        let begun = self.comment.len();
        let mut text = Text {
            out: &mut self.comment,
            numbers: &self.numbers,
            names: &self.names,
            ts: event.frame.ts,
            own: event.frame.reference(),
        };
        match event.relation {
            Relation::None | Relation::Request | Relation::Reported => {}
            Relation::Answer(answer) => text.answer(answer),
            Relation::Copy { of } => {
                text.words("the same packet as ");
                text.place(of, None);
            }
            Relation::Error { original } => text.error(event, original),
        }
        if self.comment.len() == begun {
            self.comment.truncate(before);
        }
    }
}

struct Text<'t> {
    out: &'t mut Vec<u8>,
    numbers: &'t Numbers,
    names: &'t SourceNames,
    /// Time of the frame commented on.
    ts: Timestamp,
    /// That frame, or the packet of it.
    own: FrameRef,
}

impl Text<'_> {
    fn words(&mut self, words: &str) {
        self.out.extend_from_slice(words.as_bytes());
    }

    /// `#41`, or `#41.2` for a packet of several, or where else that is; `ts` is its time.
    fn place(&mut self, frame: FrameRef, ts: Option<Timestamp>) {
        if frame.is_beside(self.own)
            && let Some(packet) = frame.packet()
        {
            self.words("packet ");
            return write::decimal(self.out, packet.get().into());
        }
        let lacking = match self.numbers.find(frame) {
            Place::Here(number) => return self.number(number, frame),
            Place::Earlier(number, name) => {
                self.number(number, frame);
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
        note::packet(self.out, frame.packet());
        self.words(" of ");
        self.words(self.names.get(frame.source()));
        self.words(" (");
        if let Some(ts) = ts {
            write::rfc3339(self.out, ts);
            self.words(", ");
        }
        self.words(lacking);
    }

    /// The number of a frame in the file, with the packet that is meant.
    fn number(&mut self, number: u64, frame: FrameRef) {
        self.words("#");
        write::decimal(self.out, number);
        note::packet(self.out, frame.packet());
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
        let message = event.said();
        let Some(quote) = message.quote() else {
            return;
        };
        let reason = DropReason::of_message(message);
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
                NoOriginal::BeforeCapture => ", original sent before the capture or filtered out",
                NoOriginal::OneSided => ", original not captured (one direction only)",
                NoOriginal::RefusedAtSender => ", original refused before it was sent",
                NoOriginal::Evicted => ", original no longer remembered",
                NoOriginal::FragmentWithoutPorts => {
                    ", original not told apart (fragment without ports)"
                }
                NoOriginal::QuoteWithoutPorts => ", original not told apart (quote without ports)",
                NoOriginal::QuoteCut => ", original not told apart (quote cut by the capture)",
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
