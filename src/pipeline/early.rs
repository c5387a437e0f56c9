//! Frames that were counted before it was known what they are part of: counted anew when that is.

use std::ops::AddAssign;

use super::Run;
use crate::record::summary::{FrameCounts, Unread};
use crate::wire::Undecodable;

/// How many of them there are, by what they were counted as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Early {
    /// Not ICMP.
    pub(super) other: u64,
    /// Not ICMP, and hidden in a tunnel for want of the first fragment.
    pub(super) in_tunnels: u64,
    /// Undecodable for want of the first fragment.
    pub(super) undecodable: u64,
}

impl AddAssign for Early {
    fn add_assign(&mut self, more: Self) {
        self.other += more.other;
        self.in_tunnels += more.in_tunnels;
        self.undecodable += more.undecodable;
    }
}

impl Early {
    const fn sum(self) -> u64 {
        self.other + self.in_tunnels + self.undecodable
    }

    /// Takes them out of the account, and says how many there are.
    fn take_out(self, counts: &mut FrameCounts, unread: &mut Unread) -> u64 {
        counts.other = counts.other.saturating_sub(self.other + self.in_tunnels);
        counts.undecodable = counts.undecodable.saturating_sub(self.undecodable);
        unread.take_back(
            Undecodable::FirstFragment,
            self.undecodable,
            self.in_tunnels,
        );
        self.sum()
    }
}

impl Run<'_, '_, '_, '_> {
    /// The early frames are part of a message that is shown, or hidden.
    #[cold]
    pub(super) fn early_are_icmp(&mut self, shown: bool) {
        let early = std::mem::take(&mut self.early);
        let frames = early.take_out(&mut self.counts, &mut self.unread);
        if shown {
            self.counts.icmp += frames;
            self.named_later += frames;
        } else {
            self.counts.filtered += frames;
        }
    }

    /// The early frames are part of a packet that is not ICMP, if any are left.
    pub(super) fn early_are_other(&mut self) {
        let early = std::mem::take(&mut self.early);
        self.counts.other += early.take_out(&mut self.counts, &mut self.unread);
    }
}
