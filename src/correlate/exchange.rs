//! A request and what came of it.

use std::net::IpAddr;
use std::time::Duration;

use super::trace::MAX_TTL;
use super::verdict::DropReason;
use crate::icmp::{kind, names};
use crate::model::options::LocalDrop;
use crate::model::{AddrPair, FrameRef, Timestamp};
use crate::wire::IpVersion;
use crate::wire::reassembly::InPart;

/// The query types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExchangeKind {
    /// Echo, ICMP and ICMPv6.
    Echo,
    /// Timestamp (RFC 792).
    Timestamp,
    /// Address mask (RFC 950).
    Mask,
    /// Information (RFC 792).
    Information,
    /// Extended echo (RFC 8335).
    ExtendedEcho,
    /// Neighbor solicitation and advertisement.
    Neighbor,
    /// Router solicitation and advertisement.
    Router,
    /// Node information (RFC 4620).
    NodeInformation,
}

impl ExchangeKind {
    /// Whether identifier and sequence number are part of the message.
    pub const fn has_id(self) -> bool {
        !self.is_discovery() && !matches!(self, Self::NodeInformation)
    }

    /// Whether it is one of Neighbor Discovery, or of router discovery in IPv4, whose answers may
    /// come unasked.
    pub(super) const fn is_discovery(self) -> bool {
        matches!(self, Self::Neighbor | Self::Router)
    }

    /// Whether who has no address yet may ask so: the reply then goes to all, or to the address that it
    /// tells (RFC 792, RFC 950 appendix I).
    pub(super) const fn tells_addresses(self) -> bool {
        matches!(self, Self::Mask | Self::Information)
    }
}

/// Whether the fragment that begins a message was captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Began {
    /// It was not, or the message came in one packet.
    NotSeen,
    /// It was.
    Seen,
}

/// A request whose window has closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// Query type.
    pub kind: ExchangeKind,
    /// Addresses of the request.
    pub addrs: AddrPair,
    /// Identifier, for the types that have one.
    pub id: Option<u16>,
    /// Sequence number, for the types that have one.
    pub seq: Option<u16>,
    /// The request.
    pub request: FrameRef,
    /// When it was captured.
    pub requested: Timestamp,
    /// The first reply, where it was seen nearest to who asked; or the error that ended it.
    pub end: Option<ExchangeEnd>,
    /// Time from request to `end`, at one point of capture where both were seen at one.
    pub rtt: Option<Duration>,
    /// Octets of the request's message, or of the first fragment of it, for the types that echo a payload.
    pub request_length: Option<u32>,
    /// Why its packet was dropped, as the error says that ended it.
    pub refused: Option<DropReason>,
    /// Octets of the request, from its ICMP header on, where that is known of one of its kind.
    pub message_length: Option<u32>,
    /// TTL that the request was captured with.
    pub request_ttl: u8,
    /// At how many points of capture the request was seen.
    pub request_points: u8,
    /// TTL that the reply was captured with.
    pub reply_ttl: Option<u8>,
    /// What became of it.
    pub outcome: ExchangeOutcome,
    /// The code of its reply, where that says why it tells nothing.
    pub refusal: Option<u8>,
    /// Further replies within the window.
    pub duplicates: u32,
    /// Replies whose payload or checksum was wrong.
    pub corrupted: u32,
    /// No packet of the reverse direction was captured so far: the capture may see one side only.
    pub one_sided_possible: bool,
    /// Why the request, which came in fragments, is not put together.
    pub request_part: Option<InPart>,
    /// The reply, or the first that did not end it, where fragments of it are missing or overlap.
    pub reply_part: Option<ReplyPart>,
    /// What dropped the request where it was captured, if the capture says so.
    pub dropped: Option<LocalDrop>,
    /// What dropped its reply on the way back, if the capture says so.
    pub reply_dropped: Option<ReplyDrop>,
    /// Of a reply, while there was none.
    pub reply_began: Began,
    /// Its reply was captured a moment before it, and told as unsolicited.
    pub told_unsolicited: bool,
    /// Some frame it names passed the filter.
    pub shown: bool,
}

impl Exchange {
    /// A ping that was captured in frame `number` and came to this.
    #[cfg(test)]
    pub(crate) fn ping(addrs: AddrPair, number: u64, outcome: ExchangeOutcome) -> Self {
        Self {
            kind: ExchangeKind::Echo,
            addrs,
            id: Some(7),
            seq: Some(0),
            request: FrameRef::new(crate::model::SourceId(0), number),
            requested: Timestamp::default(),
            end: None,
            rtt: None,
            request_length: None,
            refused: None,
            message_length: None,
            request_ttl: 64,
            request_points: 1,
            reply_ttl: None,
            outcome,
            refusal: None,
            duplicates: 0,
            corrupted: 0,
            one_sided_possible: false,
            request_part: None,
            reply_part: None,
            dropped: None,
            reply_dropped: None,
            reply_began: Began::NotSeen,
            told_unsolicited: false,
            shown: true,
        }
    }

    /// The snake-case name of the code of its reply, where that says why it tells nothing.
    pub fn refusal_name(&self) -> Option<&'static str> {
        let (version, reply) = match (self.kind, self.addrs.src()) {
            (ExchangeKind::ExtendedEcho, IpAddr::V4(_)) => {
                (IpVersion::V4, kind::v4::EXTENDED_ECHO_REPLY)
            }
            (ExchangeKind::ExtendedEcho, IpAddr::V6(_)) => {
                (IpVersion::V6, kind::v6::EXTENDED_ECHO_REPLY)
            }
            _ => (IpVersion::V6, kind::v6::NODE_INFORMATION_RESPONSE),
        };
        names::code_name(version, reply, self.refusal?)
    }

    /// Whether its reply was captured, but not where it was asked, although others were; or is known to
    /// have been dropped.
    pub fn lost_on_way_back(&self) -> bool {
        self.outcome == ExchangeOutcome::Lost
            && (self.end.is_some() || self.reply_dropped.is_some())
    }

    /// Whether its reply came in fragments that lack nothing, and overlap.
    pub fn is_reply_all_there(&self) -> bool {
        (self.reply_part).is_some_and(|reply| reply.part.is_all_there())
    }

    /// Whether its TTL is that of a traceroute's probes.
    pub fn may_be_probe(&self) -> bool {
        self.request_ttl <= MAX_TTL
    }
}

/// A reply that came in fragments and is not put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplyPart {
    /// The fragment that begins it.
    pub first: FrameRef,
    /// Why.
    pub part: InPart,
}

/// What answered a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExchangeEnd {
    /// A reply.
    Reply(FrameRef),
    /// An ICMP error that quotes the request.
    Error(FrameRef),
}

impl ExchangeEnd {
    /// The reply, if it is one.
    pub const fn reply(self) -> Option<FrameRef> {
        match self {
            Self::Reply(frame) => Some(frame),
            Self::Error(_) => None,
        }
    }
}

/// How it is known that a reply, or an error, never came to whom it was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyDrop {
    /// An ICMP error that quotes it.
    Error {
        /// That error.
        frame: FrameRef,
        /// Who sent it.
        dropper: IpAddr,
    },
    /// The verdict with which it was captured.
    WhereCaptured(LocalDrop),
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExchangeOutcome {
    /// A reply came within the window.
    Answered,
    /// A reply came within the window whose code says why it tells nothing (RFC 8335 section 4, RFC
    /// 4620 section 4).
    Refused,
    /// No reply was captured though the capture ran on long enough; or one was, but not where the
    /// request and the replies to others were, or it was dropped on its way back.
    Lost,
    /// An ICMP error came instead.
    Error,
    /// The capture ended too early to tell.
    Pending,
    /// The table was full; what came later is not known.
    Evicted,
    /// The capture itself lost packets, or could not see replies; or the reply came in fragments of IPv4 that
    /// overlap, which one receiver takes and another does not.
    Unknown,
    /// Nobody has to answer: duplicate address detection, multicast, broadcast.
    NoReplyExpected,
}
