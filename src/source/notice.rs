//! What a source tells beside its frames: how the capture itself goes.

use super::pcap::Version;
use super::{SecretsFault, SecretsOrigin};
use crate::model::{InterfaceId, SourceId, Timestamp};

/// What happened to a capture, to be had from [`super::Source::notices`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// From now on nothing is missed but what is told as [`Notice::Drops`]. Before, packets were: the
    /// kernel takes its filter only once the capture runs, and lets nothing pass for a moment then.
    Whole {
        /// When all filters stood.
        since: Timestamp,
    },
    /// Packets that would have been captured between two times were not.
    Drops {
        /// On which interface.
        interface: InterfaceId,
        /// How many were dropped between the two times.
        counts: KernelCounts,
        /// The reading of the counters before this one.
        from: Timestamp,
        /// This reading.
        until: Timestamp,
    },
    /// The file says that packets are missing that were sent between two times.
    Missed {
        /// The packet, or the count, before.
        from: Timestamp,
        /// The packet, or the count, that tells.
        until: Timestamp,
    },
    /// An interface was taken down; capture goes on once it is up again.
    Down {
        /// Which.
        interface: InterfaceId,
        /// When it was noticed.
        at: Timestamp,
    },
    /// It is up again.
    Up {
        /// Which.
        interface: InterfaceId,
        /// When it was noticed.
        at: Timestamp,
    },
    /// It was removed, and capture goes on with the others.
    Removed {
        /// Which.
        interface: InterfaceId,
        /// When it was noticed.
        at: Timestamp,
    },
    /// Behind the records of a pcap file the header of another one stands, and the source goes on
    /// with that: told of the first.
    Joined {
        /// Which source.
        source: SourceId,
        /// Where, in octets into the (decompressed) capture.
        offset: u64,
        /// The number of the frame behind it.
        frame: u64,
    },
    /// The header of a pcap file tells a version that nobody wrote; it is read as the last, 2.4.
    Version {
        /// Which source.
        source: SourceId,
        /// Of the format.
        version: Version,
    },
    /// Something is wrong with secrets.
    Secrets {
        /// Where they came from.
        origin: SecretsOrigin,
        /// What is wrong.
        fault: SecretsFault,
    },
    /// The system's clock was set.
    ClockStep {
        /// When it was last seen to run evenly, in the time before.
        before: Timestamp,
        /// When the step was noticed, in the time after.
        after: Timestamp,
    },
}

/// What the kernel counted, in 64 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KernelCounts {
    /// Packets that passed the kernel's filter, dropped ones included.
    pub received: u64,
    /// Packets dropped for want of buffer space; with [`DropsTold::WithPackets`] whatever dropped them.
    pub dropped: u64,
    /// Packets dropped by the interface or its driver.
    pub interface_dropped: u64,
}

impl KernelCounts {
    /// Whether packets are missing.
    #[must_use]
    pub const fn any_dropped(self) -> bool {
        self.dropped > 0 || self.interface_dropped > 0
    }

    /// The sum of two accounts.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            received: self.received.saturating_add(other.received),
            dropped: self.dropped.saturating_add(other.dropped),
            interface_dropped: self
                .interface_dropped
                .saturating_add(other.interface_dropped),
        }
    }
}

/// When it was told that packets are missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DropsTold {
    /// Before the requests were decided that may have been answered by them.
    #[default]
    AsTheyCame,
    /// The same, by packets of a file that tell how many are missing before them, and not why.
    WithPackets,
    /// By a count that a file has behind its packets, or among them: requests may have been decided by
    /// then.
    InSum,
}

/// What the kernel counted on one interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterfaceCounts {
    /// Its name as it was asked for.
    pub name: String,
    /// The counts since the capture began.
    pub counts: KernelCounts,
    /// When those dropped were told of.
    pub drops: DropsTold,
    /// Frames of it that were handed on.
    pub read: u64,
    /// Frames that were wanted and left in the kernel's buffer, at the most: the end did not wait for
    /// them.
    pub unread: u64,
}
