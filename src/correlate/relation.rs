//! What is known of a message at the moment it is seen.

use std::time::Duration;

use crate::icmp::cause::Altered;
use crate::model::FrameRef;

/// What is known of an ICMP message at the moment it is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// Nothing to relate it to.
    None,
    /// It asks; an exchange was opened.
    Request,
    /// It answers, well or badly.
    Answer(Answer),
    /// The same packet was captured before (other interface, other hop).
    Copy {
        /// Where.
        of: FrameRef,
    },
    /// It is data of another protocol: what is told of it, not what was captured. It asks nothing,
    /// answers nothing and is not counted with those that were captured.
    Reported,
    /// It is an error about another packet.
    Error {
        /// What was found of the packet it quotes; `None` where that was not looked for.
        original: Option<Original>,
    },
}

/// How a reply relates to requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The request, where there is one.
    pub request: Option<FrameRef>,
    /// Time since the request; `None` where time went backwards or there is no request.
    pub rtt: Option<Duration>,
    /// What kind of answer.
    pub outcome: AnswerOutcome,
    /// How its payload differs from the request's, where that is still known.
    pub change: Option<PayloadChange>,
}

/// The octets of a reply's payload that are not those of its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayloadChange {
    /// How many differ.
    pub octets: u16,
    /// Offset of the first in the payload.
    pub first: u16,
    /// Offset of the last.
    pub last: u16,
    /// What all of them differ by, if it is the same.
    pub xor: Option<u8>,
    /// What the request has in the word of the first, as a checksum takes it.
    pub was: u16,
}

impl PayloadChange {
    /// The word that was altered in a message whose payload begins at `start`, if it is one alone.
    pub(super) fn altered(self, start: usize) -> Option<Altered> {
        let [first, last] = [self.first, self.last].map(|at| at & !1);
        (first == last).then_some(Altered {
            at: start + usize::from(first),
            was: self.was,
        })
    }
}

/// Kinds of answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerOutcome {
    /// The first in time.
    Answered,
    /// Another one to the same request.
    Duplicate,
    /// It came after the reply timeout.
    Late,
    /// Its payload differs from the request's.
    Corrupted,
    /// No request was seen for it.
    Unsolicited(Option<NearMiss>),
}

/// The one thing in which an unsolicited reply misses a request that is still open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NearMiss {
    /// Addresses and sequence number fit, the identifier does not.
    Identifier(FrameRef),
    /// Identifier and sequence number fit, the sender is not the one asked.
    Sender(FrameRef),
}

/// What was found of the packet an error quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Original {
    /// A captured packet that fits.
    Found {
        /// How well.
        match_kind: MatchKind,
        /// Which frame.
        frame: FrameRef,
        /// Time from it to the error; `None` where time went backwards.
        before: Option<Duration>,
        /// Its TTL as captured, nearest to its sender.
        ttl: u8,
        /// Its TTL where the capture that has the error saw it last.
        last_ttl: u8,
        /// Its TCP flags; 0 for other protocols.
        flags: u8,
        /// It is a message that passed the filter.
        shown: bool,
        /// Another packet of the flow than the quoted one, as the quote tells.
        is_other: bool,
    },
    /// None, and why.
    None(NoOriginal),
}

impl Original {
    /// The frame of the very packet.
    pub(super) const fn exact(self) -> Option<FrameRef> {
        match self {
            Self::Found {
                match_kind: MatchKind::Exact,
                frame,
                ..
            } => Some(frame),
            _ => None,
        }
    }
}

/// The match ladder, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MatchKind {
    /// This very packet.
    Exact,
    /// The segment that holds the quoted sequence number, or the echo with its id and sequence.
    Segment,
    /// A packet of the same flow.
    Flow,
    /// One end, with its port, and the sequence fit; the other end was rewritten.
    Translated,
}

/// Why no original was found; further down less is claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoOriginal {
    /// The capture covers the time and both directions, and the packet is not in it.
    NotCaptured,
    /// The packet may have been sent before the capture began, or a filter kept it out.
    BeforeCapture,
    /// Nothing of the flow's direction was captured.
    OneSided,
    /// Its own host refused it, and told itself: it reached no interface.
    RefusedAtSender,
    /// The ring no longer holds that time.
    Evicted,
    /// The quote is a later fragment, and its datagram was not captured.
    FragmentWithoutPorts,
    /// The error quotes so little that the ports are not among it.
    QuoteWithoutPorts,
    /// The snap length cut the quote before the ports.
    QuoteCut,
}
