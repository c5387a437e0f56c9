//! What icmpdump tells, as values: each record of the output is one of [`Record`].
//!
//! [`json`] gives them their stable JSON names (schema version [`SCHEMA`]); sinks write them out.

pub mod app_error;
pub mod collect;
pub mod community;
pub mod escape;
mod interim;
pub mod json;
pub mod summary;
pub mod words;
pub mod write;

use crate::correlate::Relation;
use crate::correlate::exchange::Exchange;
use crate::correlate::trace::Path;
use crate::correlate::verdict::DropVerdict;
use crate::findings::Finding;
use crate::icmp::Message;
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
    /// The sources, for names of files and interfaces.
    pub sources: &'a [SourceInfo],
}

impl IcmpEvent<'_> {
    /// The source the frame came from.
    pub fn source(&self) -> Option<&SourceInfo> {
        let SourceId(index) = self.frame.source;
        self.sources.get(usize::from(index))
    }
}
