//! The filter that a file says its packets passed.

use super::SourceInfo;
use super::filter::tokens;
use crate::model::{InterfaceId, SourceId};

/// A filter as a pcapng file records it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordedFilter {
    /// In libpcap's language, as it came.
    Expression(String),
    /// A program of the packet filter, of so many octets. What it takes is not known.
    Program(usize),
}

impl RecordedFilter {
    /// Whether it may have kept out what answers the packets that it took.
    fn may_take_one_way(&self) -> bool {
        match self {
            Self::Expression(expression) => !tokens::takes_both_ways(expression),
            Self::Program(_) => true,
        }
    }
}

/// The interfaces on which a filter may have kept out what answers the packets that it took.
pub fn one_way_interfaces(
    sources: &[SourceInfo],
) -> impl Iterator<Item = (SourceId, InterfaceId, &RecordedFilter)> {
    sources.iter().flat_map(|source| {
        let interfaces = (0..).map(InterfaceId).zip(&source.interfaces);
        interfaces.filter_map(|(id, interface)| {
            let filter = interface.filter.as_ref()?;
            filter.may_take_one_way().then_some((source.id, id, filter))
        })
    })
}

/// Whether that holds of all interfaces.
pub fn all_are_one_way(sources: &[SourceInfo]) -> bool {
    let all: usize = sources.iter().map(|source| source.interfaces.len()).sum();
    all > 0 && one_way_interfaces(sources).count() == all
}
