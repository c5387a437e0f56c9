//! What icmpdump tells, as values: each record of the output is one of [`Record`].
//!
//! [`json`] gives them their stable JSON names (schema version [`SCHEMA`]); sinks write them out.

pub mod app_error;
pub mod collect;
pub mod community;
pub mod dns;
pub mod escape;
mod interim;
pub mod json;
pub mod summary;
pub mod words;
pub mod write;

use std::borrow::Cow;

use bitflags::bitflags;

use crate::correlate::Relation;
use crate::correlate::exchange::Exchange;
use crate::correlate::trace::Path;
use crate::correlate::verdict::DropVerdict;
use crate::findings::Finding;
use crate::icmp::cause::{ChecksumCause, Proven, QuotedBy};
use crate::icmp::{Echo, Message, Quote, Translation, Whole};
use crate::model::{Frame, SourceId};
use crate::source::SourceInfo;
use crate::wire::Packet;
use crate::wire::reassembly::Reassembly;
pub use interim::Interim;
pub use summary::{FrameCounts, Summary};

/// Version of the JSON schema: the first number changes when a field changes its meaning.
pub const SCHEMA: &str = "1.0";

/// Whether the link-layer header is told (`-e`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LinkHeader {
    /// It is not.
    #[default]
    Hidden,
    /// It is.
    Shown,
}

impl From<bool> for LinkHeader {
    /// Whether the flag was given.
    fn from(given: bool) -> Self {
        if given { Self::Shown } else { Self::Hidden }
    }
}

/// Whether the octets of payloads are told (`-x`, `-X`, `-A`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Payloads {
    /// They are not.
    #[default]
    Hidden,
    /// They are.
    Shown,
}

/// One record of output.
#[derive(Clone, Copy, Debug)]
pub enum Record<'a> {
    /// The first: what is being read.
    Start(&'a Start),
    /// One ICMP message.
    Icmp(&'a IcmpEvent<'a>),
    /// One request, decided.
    Exchange(&'a Exchange),
    /// One request that was shown, decided by a frame that is not shown, or by none: for people,
    /// who would otherwise not learn of it. Its [`Record::Exchange`] follows when its window closes.
    Decided(&'a Exchange),
    /// One drop verdict.
    Drop(&'a DropVerdict),
    /// One traceroute.
    Path(&'a Path),
    /// One diagnosis.
    Finding(&'a Finding),
    /// The last: the account of it all.
    Summary(&'a Summary),
}

bitflags! {
    /// Kinds of [`Record`].
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Kinds: u8 {
        /// [`Record::Start`].
        const START = 1;
        /// [`Record::Icmp`].
        const ICMP = 1 << 1;
        /// [`Record::Exchange`].
        const EXCHANGE = 1 << 2;
        /// [`Record::Decided`].
        const DECIDED = 1 << 3;
        /// [`Record::Drop`].
        const DROP = 1 << 4;
        /// [`Record::Path`].
        const PATH = 1 << 5;
        /// [`Record::Finding`].
        const FINDING = 1 << 6;
        /// [`Record::Summary`].
        const SUMMARY = 1 << 7;
    }
}

impl Record<'_> {
    /// Its kind.
    pub const fn kind(&self) -> Kinds {
        match self {
            Self::Start(_) => Kinds::START,
            Self::Icmp(_) => Kinds::ICMP,
            Self::Exchange(_) => Kinds::EXCHANGE,
            Self::Decided(_) => Kinds::DECIDED,
            Self::Drop(_) => Kinds::DROP,
            Self::Path(_) => Kinds::PATH,
            Self::Finding(_) => Kinds::FINDING,
            Self::Summary(_) => Kinds::SUMMARY,
        }
    }
}

/// What is being read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// The sources, indexed by [`SourceId`].
    pub sources: Vec<SourceInfo>,
    /// The filter as given.
    pub filter: Option<String>,
}

/// One ICMP message with all that is known of it when it is seen.
#[derive(Clone, Copy, Debug)]
pub struct IcmpEvent<'a> {
    /// The frame it came in.
    pub frame: &'a Frame<'a>,
    /// What stood around it.
    pub packet: &'a Packet<'a>,
    /// The message.
    pub message: &'a Message<'a>,
    /// What it belongs to.
    pub relation: Relation,
    /// What the frame came to as a fragment, where it is one.
    pub reassembly: Option<&'a Reassembly>,
    /// The message that is whole with this frame, where it came in fragments.
    pub whole: Option<&'a Whole<'a>>,
    /// What another packet proves of it, as why its checksums are bad.
    pub proven: Option<&'a Proven>,
    /// The sources, for names of files and interfaces.
    pub sources: &'a [SourceInfo],
}

impl<'a> IcmpEvent<'a> {
    /// What explains a bad checksum of what is said, if anything does: two packets prove more than one.
    pub fn cause(&self) -> Option<ChecksumCause> {
        let ip = self.whole.map_or(&self.packet.ip, |whole| &whole.ip);
        self.proven().of_message(ip, self.said())
    }

    /// The same of the checksum of its IPv4 header.
    pub fn header_cause(&self) -> Option<ChecksumCause> {
        self.proven().of_header(&self.packet.ip, self.said())
    }

    /// The payload of the echo that is said, with the word put back that was altered on its way.
    pub fn sent_payload(&self, echo: &Echo<'a>) -> Cow<'a, [u8]> {
        let said = self.said();
        match self.cause() {
            Some(ChecksumCause::AlteredWord(word)) => {
                let start = said.bytes.len() - echo.payload.len();
                word.put_back(start, echo.payload)
            }
            _ => Cow::Borrowed(echo.payload),
        }
    }

    /// What another packet proves of causes.
    pub fn proven(&self) -> Proven {
        self.proven.copied().unwrap_or_default()
    }

    /// What a NAT did to the error that quotes `quote`.
    pub fn translation(&self, quote: &Quote<'_>) -> Translation {
        match quote.translation(&self.packet.ip) {
            Translation::None => self.proven().translation,
            half => half,
        }
    }

    /// The message, as far as it tells why checksums of what it quotes are bad.
    pub fn quoted_by(&self) -> QuotedBy {
        QuotedBy {
            addrs: self.packet.ip.ends(),
            checksum: self.said().checksum,
            proven: self.proven(),
        }
    }

    /// What is said: all of a message that is whole with this frame, or else as much as came in it.
    pub fn said(&self) -> &'a Message<'a> {
        self.whole.map_or(self.message, |whole| &whole.message)
    }

    /// What is said that no frame before said, and what it belongs to: of a message that came in
    /// fragments, all where its first one did not tell what it quotes.
    pub fn news(&self) -> (&'a Message<'a>, Relation) {
        match (self.whole, self.relation) {
            (Some(whole), relation) if whole.told.is_none() || whole.quotes_anew() => {
                (&whole.message, relation)
            }
            (Some(_), Relation::Error { .. }) => (self.message, Relation::None),
            (_, relation) => (self.message, relation),
        }
    }

    /// The source the frame came from.
    pub fn source(&self) -> Option<&'a SourceInfo> {
        let SourceId(index) = self.frame.source;
        self.sources.get(usize::from(index))
    }
}
