//! The filter that a file says its packets passed.

use super::filter::tokens;
use super::{InterfaceInfo, SourceInfo};

/// Filters that are told.
const TOLD: usize = 4;

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

/// The filters of the interfaces, each once, if on each of them one may have kept out what answers
/// the packets that it took, the first ones; none where an interface has all.
pub fn one_way_filters(sources: &[SourceInfo]) -> Vec<&RecordedFilter> {
    let interfaces = || sources.iter().flat_map(|source| &source.interfaces);
    let one_way = |interface: &InterfaceInfo| {
        (interface.filter.as_ref()).is_some_and(RecordedFilter::may_take_one_way)
    };
    if !interfaces().all(one_way) {
        return Vec::new();
    }
    let mut filters: Vec<&RecordedFilter> = Vec::new();
    for filter in interfaces().filter_map(|interface| interface.filter.as_ref()) {
        if filters.len() < TOLD && !filters.contains(&filter) {
            filters.push(filter);
        }
    }
    filters
}
