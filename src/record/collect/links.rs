//! Link types that cannot be decoded.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::model::LinkType;

/// Frames by link type that is not known.
#[derive(Clone, Debug, Default)]
pub struct UnknownLinks(BTreeMap<LinkType, u64>);

impl UnknownLinks {
    /// Link types that are listed.
    pub(super) const LISTED: usize = 64;

    /// Counts a frame, and tells whether it is the first of a type that is listed.
    pub fn count(&mut self, link: LinkType) -> bool {
        // A pcapng file may make up any number of link types.
        let room = self.0.len() < Self::LISTED;
        match self.0.entry(link) {
            Entry::Occupied(mut count) => *count.get_mut() += 1,
            Entry::Vacant(first) if room => {
                first.insert(1);
                return true;
            }
            Entry::Vacant(_) => {}
        }
        false
    }

    /// The frames by link type.
    pub fn counts(&self) -> &BTreeMap<LinkType, u64> {
        &self.0
    }
}
